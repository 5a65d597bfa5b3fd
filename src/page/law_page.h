/* law_page.h - what law.html shows: library, reading page, proof. */
#ifndef PAGE_LAW_PAGE_H
#define PAGE_LAW_PAGE_H

#include "engine/control_open.h"
#include "engine/duty.h"
#include "engine/record.h"
#include "page/control_page.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct words_list {
    const struct words *ptr;
    size_t len;
};
struct library_law {
    str key, title, owner, when;
    int64_t version, clauses, cited, manual;
    struct words_list chapters;
};
struct library_page {
    struct {
        const struct library_law *ptr;
        size_t len;
    } laws;
};

struct law_use { /* what of the definition cites a clause */
    str type;
    str words;
};
struct law_control { /* whether it is kept */
    const struct control_result *r;
    str class; /* of the pill */
    str when;  /* it was judged, or answered */
};
struct law_duty { /* whether it is met */
    const struct duty_result *r;
    str class;
};
struct law_open { /* findings, or waivers, that are open there */
    int64_t n;
    str words;  /* "3 open findings", "500+ open findings" */
    str filter; /* of the list that has exactly these */
};
struct law_article {
    const struct clause *clause;
    struct words chapter; /* where it begins a new one */
    str class;            /* "alive", "manual" or "none" */
    bool more;            /* uses than are shown */
    struct {
        const struct law_control *ptr;
        size_t len;
    } controls;                /* that watch it; of the version in force only */
    struct mapping_list items; /* of standards, that it answers to */
    struct {
        const struct law_duty *ptr;
        size_t len;
    } duties;                          /* that carry it out, likewise */
    struct law_open findings, waivers; /* likewise */
    struct {
        const struct cdef *const *ptr;
        size_t len;
    } judged; /* the controls a waiver may name */
    bool ask; /* a waiver can be asked for: of one of these, else of the article */
    struct {
        const struct law_use *ptr;
        size_t len;
    } uses;
};
struct law_version {
    int64_t version;
    str when;
    bool here;
};
struct law_page {
    const struct visit *visit;
    const struct law *law;
    str key, title, owner, when;
    int64_t version, cited, manual;
    bool old;
    struct {
        const struct law_article *ptr;
        size_t len;
    } articles;
    struct {
        const struct law_version *ptr;
        size_t len;
    } versions;
};

struct proof_page {
    const struct visit *visit;
    struct record_ref record;
    struct record_ref who; /* id 0: the clock, or not at all a person */
    int64_t seq, size;
    str recorded, actor, object, digest, payload, checkpoint;
    bool ready;
};

/* Markdown of a regulation as HTML, in the reader's language. */
html_safe law_text(const struct visit *v, struct words w);

#endif
