/* list.h - lists of records: who may see what, filtered, ordered, in pages.
 *
 * Equals filtering record by record with `see`.  It stays fast because the
 * alternatives of `see` become one branch of a UNION per principal, each led by
 * an order index and limited; what has no key is read in windows of 5,000 rows,
 * at most 4 per request, and so are branches whose filters have to read the rows.
 *
 * Keyset pages: by (changed_at, id), the last changed first, or by id, which is
 * the order of creation; `cursor` is opaque text, at most 100 characters.
 * ERR_INVALID for a cursor, order, field or typed filter that is none.
 */
#ifndef ENGINE_LIST_H
#define ENGINE_LIST_H

#include "engine/record.h"

enum list_op { LIST_EQ, LIST_NE, LIST_LT, LIST_GE, LIST_HAS, LIST_EMPTY, LIST_FILLED };

struct list_query {
    const struct type *type;
    str filter;         /* typed expression, may be empty */
    struct list_where { /* filters built from fields; all must hold */
        str field;      /* field key, or state, creator, unit, number, name, created_at ... */
        enum list_op op;
        str value; /* several choices: comma separated, one of them */
    } where[16];
    size_t nwhere;
    bool open_only; /* not in a final state */
    bool mine;      /* creator or a person field is the actor */
    str search;     /* words to be found in name, number or text */
    str order;      /* empty or changed_at: last changed first; created_at, -created_at */
    str cursor;
    int limit;          /* rows; 1..200; 0: 50 */
    const str *columns; /* field keys to load; 0: the type's usual ones */
    size_t ncolumns;
    bool count;      /* also the number, exact up to 10,000 */
    bool brief;      /* rows are only shown: without version, creation, creator and unit */
    bool long_texts; /* columns may be Markdown, too: for exports */
    bool unasked;    /* the program itself reads: `see` is not asked.  Never for a request */
};

struct list_page {
    const struct record *rows; /* with the fields of `columns` only */
    size_t nrows;
    str next, prev;       /* cursors; empty: none */
    int64_t count;        /* -1: not asked; 10,001: more than 10,000 */
    bool count_part;      /* of the newest 100,000 only: there may be more */
    int64_t left_out;     /* rows for which the typed filter was unknown */
    bool searched_window; /* stopped after its windows: `searched_to` tells how far */
    int64_t searched_to;
    const struct field *const *columns;
    size_t ncolumns;
};

MUST_CHECK err list_page(const struct ctx *ctx, const struct list_query *q, struct list_page *ret);
/* Errors of a typed filter, in words with their column; no database. */
MUST_CHECK err list_check_filter(const struct ctx *ctx, const struct type *t, str filter,
                                 struct words *why);

struct saved_view {
    int64_t id;
    str name, columns, filter, sort;
    bool shared, own;
};
/* Asked along with the next batch, read when it has run. */
struct batch *list_views_ask(const struct ctx *ctx, const struct type *t);
MUST_CHECK err list_views_read(const struct ctx *ctx, struct batch *b, struct saved_view **ret,
                               size_t *n);

#endif
