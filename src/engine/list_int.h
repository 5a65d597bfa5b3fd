/* list_int.h - what the files of a listing share. */
#ifndef ENGINE_LIST_INT_H
#define ENGINE_LIST_INT_H

#include "engine/list.h"
#include "engine/record_load.h"

enum { BRANCHES_MAX = 64, LIST_WINDOW_ENDS = 32 };

struct branch {
    const struct see_alt *alt;
    int64_t id;
};

enum list_way { WAY_ALL, WAY_BRANCHES, WAY_WINDOWS };

struct listing {
    const struct ctx *ctx;
    const struct type *type;
    enum list_way way;
    struct branch *branches;
    size_t nbranches;
    const struct field **columns;
    size_t ncolumns;
    struct sql filters; /* conditions over r, joined by and; its parameters from $6 */
    struct sql others;  /* those of them that nobody typed */
    struct db_arg args[80];
    int nargs;
    struct cond typed; /* the typed filter, part of filters */
    bool reads_rows;   /* filters ask for more than the state, which every order index has */
    const struct see_alt
        *mine; /* columns that lead to what is his own; NULL: it is only filtered */
    size_t nmine;
    bool judge; /* the branches are not of `see`, so it is asked row by row */
    bool by_change, desc, back, unasked;
    int64_t at_change, at_id;   /* the place one comes from */
    int64_t end_change, end_id; /* of the window: its last row */
    bool last_window, end_known;
    bool end_tied;   /* what lies behind the window's end may be of the same moment */
    bool from_start; /* there is no place one comes from: all lies behind it */
    int base;        /* columns of every record: LOAD_BRIEF or LOAD_BASE */
    int limit;
    struct record *rows;
    size_t nrows;
    bool stopped; /* after its windows */
    int64_t stopped_change, stopped_id;
};

/* --- statements (list_sql.c): $1 to $3 as everywhere, $4 and $5 the place one comes
 * from, then the arguments of the filters, then ids of branches or a window's end. --- */

enum args_more { MORE_NONE, MORE_IDS, MORE_END };
struct db_args list_args(const struct listing *l, bool filters, enum args_more more);
/* One branch per id that leads to records, merged; of each only the next `most` rows
 * are looked at (0: all). */
struct sql list_branches_sql(const struct listing *l, int64_t most);
/* Where the first branch ends that has so many rows: its changed_at, or null. */
struct sql list_branch_ends_sql(const struct listing *l, int64_t most);
/* How many rows the longest branch has; counting stops at `most`. */
struct sql list_branch_sizes_sql(const struct listing *l, int64_t most);
/* How many records pass the filters, at most `most`; and more than 0 where only the
 * newest `among` (of each branch) were looked at. */
struct sql list_count_sql(const struct listing *l, int64_t most, int64_t among);
/* Of how many branches the statement is made. */
size_t list_branch_width(const struct listing *l);
/* The order index as it is: everything may be seen, nothing is filtered. */
struct sql list_all_sql(const struct listing *l);
/* The filters and `see` on the rows of the order index up to the window's end. */
struct sql list_window_sql(const struct listing *l);
/* The last row of a window of so many, if there are so many. */
struct sql list_window_end_sql(const struct listing *l, int64_t size);

/* --- names, columns, filters --- */

/* Are names looked up after the rows, or do they stand in the rows' statement? */
bool list_names_apart(const struct listing *l);
void list_put_names(const struct listing *l, struct sqlb *b);
void list_read_names(const struct listing *l, struct record *rec, const struct rows *r);
MUST_CHECK err list_find_names(struct listing *l);
/* The columns asked for, or the type's usual ones. */
MUST_CHECK err list_columns(struct listing *l, const struct list_query *q);
/* ERR_INVALID for a field that is not there or may not be seen by everyone who
 * sees the record. */
MUST_CHECK err list_filters(struct listing *l, const struct list_query *q);

#endif
