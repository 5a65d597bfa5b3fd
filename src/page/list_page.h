/* list_page.h - what list.html shows. */
#ifndef PAGE_LIST_PAGE_H
#define PAGE_LIST_PAGE_H

#include "engine/guard.h"
#include "engine/list.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct types_tile {
    str key, title, kind, icon;
};
struct types_group {
    str title, reg;
    struct frame_news news; /* what may be created */
    struct {
        const struct types_tile *ptr;
        size_t len;
    } tiles;
};
struct types_page {
    struct {
        const struct types_group *ptr;
        size_t len;
    } groups;
};

struct list_option {
    str key;
    struct words words;
    bool on;
};
struct list_options {
    const struct list_option *ptr;
    size_t len;
};
struct list_filter {
    str key;
    struct words words;
    struct list_options options;
};
struct list_condition { /* on a field, put together by the reader */
    str name, value;    /* as a parameter */
    str words, shown;
    struct words op;
    str without; /* the query without it */
};

struct list_view {
    const struct visit *visit;
    str type, title, csrf, key, search, filter, query, next, prev, count, searched_to;
    url here, csv, sheet; /* with that query: the list itself, its exports */
    struct words filter_error;
    const struct type *of;
    bool open_only, mine, filtered, has_state, has_number;
    bool labels, picks; /* labels can be printed; rows can be chosen for something */
    int64_t left_out;
    struct list_options states, columns_all, orders, bulk;
    struct {
        const struct list_filter *ptr;
        size_t len;
    } filters, filters_more; /* the first few stand in the bar */
    struct {
        const struct record *ptr;
        size_t len;
    } rows;
    struct {
        const struct field *const *ptr;
        size_t len;
    } columns; /* a row's fields are these, in this order */
    struct {
        const struct list_condition *ptr;
        size_t len;
    } conditions;
    struct {
        const struct saved_view *ptr;
        size_t len;
    } views;
    struct frame_news news;
};

struct list_cells {
    const struct record_field *ptr;
    size_t len;
};
struct list_cells list_cells(const struct record *row);
/* The address of a saved view. */
url list_view_url(const struct list_view *p, const struct saved_view *s);
/* The query of a list from the parameters of a request: shared by page, export
 * and saved views.  A condition whose value is none is left out; *filter_error says why,
 * else it is empty. */
void list_query_read(struct visit *v, const struct type *t, struct list_query *q,
                     struct words *filter_error);
/* The same for people: "State is In use; Place is ..."; empty: everything. */
str list_query_words(struct visit *v, const struct list_query *q);

#endif
