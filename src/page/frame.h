/* frame.h - what stands around the content of every page.
 *
 * A page fills its own view, calls frame_begin(), renders itself, and ends with
 * frame_end(): the frame's figures (tasks, unread) came with the visit's first
 * batch, so the frame costs no statement of its own.
 */
#ifndef PAGE_FRAME_H
#define PAGE_FRAME_H

#include "base/html.h"
#include "engine/refusal.h"
#include "http/assets.h"

#include "web/visit.h"

struct frame_link {
    url href;
    str icon;
    struct words words;
    int64_t count;
    bool here;
};
struct frame_links {
    const struct frame_link *ptr;
    size_t len;
};
struct frame_new { /* something the person may create */
    str type, action;
    struct words words;
};
struct frame_news {
    const struct frame_new *ptr;
    size_t len;
};

/* What may be asked for at a clause that the page cites, a link below its quotation: the form of
 * this type that already knows the record and the control. */
struct frame_ask {
    const struct clause *clause; /* by regulation and id, of whatever version */
    struct words words, of;      /* the action; the control */
    str type, about, control;
};
struct frame_asks {
    const struct frame_ask *ptr;
    size_t len;
};

struct frame {
    const struct visit *visit;
    str title;
    str theme, other_theme;
    str query, here, person, csrf, organisation;
    int64_t unread;
    struct frame_links links, tabs;
    struct frame_news news;
    struct frame_asks asks; /* of the page; empty at the beginning */
    url css, js, htmx, icon;
};

struct frame_error {
    str title, text;
    const struct refusal *refusal;
    int64_t request;
    bool search; /* it may be found under another address */
};

/* To whoever merely reads (engine/reading.h): until when, and what he is shown. */
struct words frame_reading(const struct frame *f);
/* "What · of which": no two addresses share a title (WCAG 2.2, 2.4.2). */
str frame_title(struct visit *v, struct words what, str of);
/* Starts a page.  `nav` names the entry of the rail that is lit ("home"). */
struct html frame_begin(struct visit *v, struct frame *f, str title, str nav);
/* Ends it and makes it the answer. */
void frame_end(struct visit *v, const struct frame *f, struct html *out, int status);
/* A page without the frame: sign-in. */
struct html frame_begin_bare(struct visit *v, struct frame *f, str title);
/* Ends it and makes it the answer. */
void frame_end_bare(struct visit *v, struct html *out, int status);
/* The page for an error, with the refusal if it has one. */
void frame_error(struct visit *v, err e);

/* Sets the mark of a clause, which then stands among the page's quotes, once; where there
 * are too many of them the mark is a mere link. */
void frame_clause(struct html *out, const struct clause *c);
struct frame_cited {
    const struct clause *const *ptr;
    size_t len;
};
struct frame_cited frame_cited(const struct html *out);                /* those clauses, in order */
html_safe frame_quote(const struct html *out, const struct clause *c); /* as it stands there,
                                                                           its end left open */
bool frame_asks_at(const struct frame_ask *a, const struct clause *c);
str frame_clause_mark(const struct clause *c, enum lang lang); /* "二十一" of "第二十一条" */
str frame_initial(str name);                                   /* of a person, for the disc */
str frame_lang_tag(const struct frame *f);                     /* of the page, for <html lang> */
bool frame_has_words(struct words w);                          /* in either language */
void frame_icon(struct html *out, str name); /* of icons.svg, by a name of letters and - */

#endif
