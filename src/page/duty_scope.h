/* duty_scope.h - which occurrences of duties an address means, and the way to those behind a
 * figure.
 *
 *   regulation clause duty post unit owner by     what: keys, the id of an article, numbers of
 *                                                 records (0: none)
 *   from to                                       periods that began on these days
 *   show                                          which of them are listed
 */
#ifndef PAGE_DUTY_SCOPE_H
#define PAGE_DUTY_SCOPE_H

#include "engine/duty_history.h"
#include "page/frame.h"
#include "page/show.h"

struct duty_param {
    str name, value;
};
struct duty_scope {
    struct duty_of of; /* with its window: the year that runs, where the address has none */
    str path;          /* "/duties", "/duties/KEY" */
    struct {
        struct duty_param *ptr;
        size_t len;
    } params;     /* those that say what, in the address */
    bool given;   /* the address has a window */
    str from, to; /* its days */
    str base;     /* address of all that is meant: path, what, window */
    str plain;    /* the same without the window */
};
/* Of this visit; `duty`: the one whose page it is, or NULL.  ERR_NOT_FOUND: it names what is not
 * there. */
MUST_CHECK err duty_scope_read(struct visit *v, const struct duty *duty, struct duty_scope *ret);

/* Occurrences of the last year: of a regulation (key), a unit (number), NULL: of all; of one duty.
 */
str duty_base(const struct visit *v, const char *what, str value);
str duty_base_of(const struct visit *v, const struct duty *d);
/* The list of those `show` says. */
url duty_link(const struct visit *v, str base, const char *show);
/* "83%" of those that ended; never 100% while one is missing. */
str duty_rate(const struct visit *v, const struct duty_counts *c);

/* --- what a list may show -------------------------------------------------------------------- */

struct duty_tab {
    str key;
    struct words words;
    url href;
    bool here;
};
struct duty_tabs {
    const struct duty_tab *ptr;
    size_t len;
};
/* The tabs, and what is asked for; the first is `all` on the page of one duty, else `open`. */
struct duty_ask duty_scope_tabs(struct visit *v, const struct duty_scope *s, struct duty_tabs *ret,
                                str *show);

/* --- the section -------------------------------------------------------------------------------
 */

struct duty_window {
    str words;
    url href;
    bool here;
};
struct duty_holder_line {
    const struct duty_holder *holder;
    str base;
    url did;
};
struct duty_post_line {
    const struct duty_post *post;
    str words, base;
    struct {
        const struct duty_holder_line *ptr;
        size_t len;
    } people;
};
struct duty_article_line {
    const struct duty_article *article;
    str base;
};
struct duty_history_view {
    const struct visit *visit;
    const struct duty_scope *scope;
    struct duty_history history;
    struct {
        const struct duty_window *ptr;
        size_t len;
    } windows;
    struct {
        const struct duty_post_line *ptr;
        size_t len;
    } posts; /* those with something to tell */
    struct {
        const struct duty_article_line *ptr;
        size_t len;
    } articles;
    struct {
        const str *ptr;
        size_t len;
    } chips;      /* what is asked for, in words */
    int64_t left; /* people that are not told of */
    url print;
};
/* What history holds is there; makes the rest of it. */
void duty_history_fill(struct visit *v, const struct duty_scope *s, struct duty_history_view *ret);

#endif
