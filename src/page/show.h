/* show.h - how one value, one time, one state looks; used by every page. */
#ifndef PAGE_SHOW_H
#define PAGE_SHOW_H

#include "base/html.h"
#include "engine/record.h"

#include "web/visit.h"

/* "今天 10:30", "11-24 10:30" ("24 Nov 10:30"), another year "2025-03-02": in the
 * installation's zone.  Of all times here (UTC ms) 0 is nothing. */
str show_when(const struct visit *v, int64_t ms);
/* Always whole: "2026-11-24 10:30". */
str show_time(const struct visit *v, int64_t ms);
/* "还剩 3 小时", "已超 2 天" */
str show_due(const struct visit *v, int64_t due_ms);
/* " late", " soon" (less than four hours) or "". */
str show_due_class(const struct visit *v, int64_t due_ms);
/* Class of the pill of a state of a type: "new", "go", "wait", "end" or "". */
str show_state_class(const struct type *t, const struct state *s);
str show_size(const struct visit *v, int64_t bytes);
/* A field's value as HTML: links of references, Markdown, rows; an article or control that a text
 * names stands there in words, with its link. */
void show_field(struct html *out, const struct visit *v, const struct record_field *f);
/* The same, one line, for lists. */
void show_cell(struct html *out, const struct visit *v, const struct record_field *f);
/* "/r/TYPE/ID" */
url show_ref_url(const struct visit *v, const struct record_ref *r);
str show_ref_name(const struct record_ref *r);
/* A QR code as SVG; nothing when the text is too long for one. */
html_safe show_qr(const struct visit *v, str text);
/* Bars as SVG, stretched to the room they get; nothing for what they cannot hold
 * (base/code128.h). */
html_safe show_code128(const struct visit *v, str text);
/* ISO with offset, for <time datetime>. */
str show_iso(const struct visit *v, int64_t ms);

#endif
