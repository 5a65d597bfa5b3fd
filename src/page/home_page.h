/* home_page.h - what home.html shows: home, inbox, notifications, search. */
#ifndef PAGE_HOME_PAGE_H
#define PAGE_HOME_PAGE_H

#include "engine/desk.h"
#include "engine/phrase.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct task_rows {
    const struct task_row *ptr;
    size_t len;
};
struct home_law {
    str key, title;
    int64_t version, clauses, cited;
};
struct home_page {
    const struct visit *visit;
    str hello, date;
    int64_t tasks, late, unread;
    struct frame_news news;
    struct task_rows todo, mine;
    bool begin, first; /* has nothing here yet; and is an administrator */
    struct {
        const struct home_law *ptr;
        size_t len;
    } laws;
};
struct inbox_tab {
    str key;
    struct words words;
    bool here;
};
struct inbox_kind { /* of decisions that wait here: one kind at once */
    str key;
    struct words type, action;
};
struct inbox_page {
    const struct visit *visit;
    str title, box, next, nothing, csrf, key;
    bool cases; /* records of one's own, not things to do */
    int64_t tasks;
    enum desk_box of;
    struct {
        const struct inbox_tab *ptr;
        size_t len;
    } tabs;
    struct task_rows rows;
    struct {
        const struct inbox_kind *ptr;
        size_t len;
    } kinds; /* some can be decided on at once; none: no boxes to tick */
    struct str_list phrases;
};
struct notifications_page {
    const struct visit *visit;
    str csrf;
    int64_t last, older;
    struct {
        const struct notification_row *ptr;
        size_t len;
    } rows;
};
struct search_page {
    const struct visit *visit;
    str query;
    int64_t older;
    struct {
        const struct search_hit *ptr;
        size_t len;
    } hits;
};

url home_task_url(const struct visit *v, const struct task_row *t);
str home_late(const struct visit *v, const struct task_row *t); /* " late", " soon" or nothing */
/* The text around what was found, the words marked. */
html_safe search_snippet(const struct visit *v, const struct search_hit *h);

#endif
