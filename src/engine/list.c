/* list.c - lists: who may see what, in pages.
 *
 * Three ways, chosen by what `see` comes to for this actor:
 *   all       everybody may see every record, or a constant alternative holds:
 *             the order index is walked
 *   branches  every alternative names a column and at most 64 ids in all: one
 *             branch per id, each led by the index (column, changed_at, id) and
 *             limited, their union merged; padded to 1, 2, 4 ... 64 branches so
 *             that the statement stays prepared.  Where filters read more than the
 *             state, of each branch 250 rows, then its share of 5,000 at a time
 *   windows   the rest, and filters no index leads: 250, then 5,000 rows of the
 *             order index at a time, at most 5 windows a request; the page says how
 *             far it came and goes on from there
 * So the cost of a page does not grow with the table, and a list always equals
 * what asking `see` record by record would give.
 */
#include "base/arena.h"
#include "engine/list_int.h"
#include "engine/reading.h"
#include "model/ddl.h"

enum {
    FIRST_WINDOW = 250,
    WINDOW = 5000,
    WINDOWS_MAX = 5,
    COUNT_MAX = 10000,
    COUNT_AMONG = 100000
};

/* The end of a window is the same for everybody: no time, nobody. */
static struct db_args end_args(const struct listing *l)
{
    struct db_arg *args = arena_array(l->ctx->arena, struct db_arg, 5);
    args[0] = args[1] = args[2] = db_null_i64();
    args[3] = db_i64(l->at_change);
    args[4] = db_i64(l->at_id);
    return (struct db_args){args, 5};
}

/* Where a window ends: with the moment of its last row, if that has few more.  Without such a
 * row it is the last. */
static void read_end(struct listing *l, struct rows *r)
{
    bool down = l->desc != l->back;
    l->last_window = !rows_next(r);
    l->end_change = l->end_id = down ? INT64_MIN : INT64_MAX;
    l->end_tied = rows_count(r) == LIST_WINDOW_ENDS;
    for (bool any = !l->last_window; any; any = rows_next(r)) {
        if (r->row && rows_i64(r, 0) != l->end_change) {
            l->end_tied = false;
            break;
        }
        l->end_change = rows_i64(r, 0);
        l->end_id = rows_i64(r, 1);
    }
}

/* --- the way ------------------------------------------------------------------------- */

/* All alternatives in one statement: which, and an id or a truth. */
static struct sql make_expand_sql(const struct ctx *ctx, const struct people *see)
{
    struct sqlb q = sqlb_make(ctx->arena);
    for (size_t i = 0; i < see->nalts; i++) {
        const struct see_alt *alt = &see->alts[i];
        if (i) {
            SQLB_LIT(&q, " union all ");
        }
        if (alt->kind == SEE_CONST) {
            SQLB_LIT(&q, "select ");
            sqlb_i64(&q, (int64_t)i);
            SQLB_LIT(&q, " as \"alt\", case when (");
            sqlb_sql(&q, alt->test);
            SQLB_LIT(&q, ") then 1 else 0 end as \"id\"");
        } else {
            SQLB_LIT(&q, "select w.\"alt\", w.\"id\" from (select ");
            sqlb_i64(&q, (int64_t)i);
            SQLB_LIT(&q, " as \"alt\", q.\"id\" from (");
            sqlb_sql(&q, alt->ids);
            SQLB_LIT(&q, ") q where q.\"id\" is not null limit 65) w");
        }
    }
    return sqlb_end(&q);
}

struct expansion {
    struct sql sql;
    bool timed; /* it asks for the time */
};

static const struct expansion *expansion_of(const struct listing *l)
{
    static const char maker;
    struct memo_key k = ctx_key(l->ctx, &maker, l->type, NULL, 0);
    const struct expansion *kept = ctx_find(l->ctx, k);
    if (!kept) {
        struct ctx room = ctx_room(l->ctx);
        struct expansion *made = arena_new(room.arena, struct expansion);
        made->sql = make_expand_sql(&room, &l->type->newest->see);
        made->timed = str_has(made->sql.text, STR("$1"));
        ctx_keep(&room, k, made);
        kept = made;
    }
    return kept;
}

/* Several alternatives may name one column, and each column needs its index. */
static bool expandable(const struct people *see)
{
    size_t columns = 0;
    for (size_t i = 0; i < see->nalts; i++) {
        if (see->alts[i].kind == SEE_OTHER) {
            return false;
        }
        bool fresh = see->alts[i].kind == SEE_COLUMN;
        for (size_t k = 0; fresh && k < i; k++) {
            fresh = see->alts[k].kind != SEE_COLUMN ||
                    !str_eq(see->alts[k].column, see->alts[i].column);
        }
        columns += fresh;
    }
    return see->tree && see->nalts && columns <= DDL_SEE_INDEXES;
}

static void add_branch(struct listing *l, const struct see_alt *alt, int64_t id)
{
    for (size_t i = 0; i < l->nbranches && i < BRANCHES_MAX; i++) {
        const struct branch *b = &l->branches[i];
        if (b->id == id && str_eq(b->alt->column, alt->column) &&
            str_eq(b->alt->rest.text, alt->rest.text)) {
            return;
        }
    }
    if (l->nbranches < BRANCHES_MAX) {
        l->branches[l->nbranches] = (struct branch){alt, id};
    }
    l->nbranches++;
}

static void read_alternatives(struct listing *l, struct rows r)
{
    const struct people *see = &l->type->newest->see;
    l->way = WAY_BRANCHES;
    while (rows_next(&r)) {
        const struct see_alt *alt = &see->alts[rows_i64(&r, 0)];
        if (alt->kind == SEE_COLUMN) {
            add_branch(l, alt, rows_i64(&r, 1));
        } else if (rows_i64(&r, 1) == 1) {
            l->way = WAY_ALL;
        }
    }
    if (l->way == WAY_BRANCHES && l->nbranches > BRANCHES_MAX) {
        l->way = WAY_WINDOWS;
    }
}

/* What is his own is found by the columns that name him, and seen or not. */
static void lead_by_mine(struct listing *l)
{
    if (!l->nmine || (l->way == WAY_BRANCHES && !l->nbranches)) {
        return;
    }
    l->judge = l->way != WAY_ALL;
    l->way = WAY_BRANCHES;
    l->nbranches = 0;
    for (size_t i = 0; i < l->nmine; i++) {
        add_branch(l, &l->mine[i], l->ctx->actor);
    }
}

/* Chooses the way, and asks for the end of the first window where one may be
 * needed: one batch. */
static err expand(struct listing *l)
{
    const struct people *see = &l->type->newest->see;
    const struct ctx *ctx = l->ctx;
    bool all = l->unasked || load_seen_by_all(ctx, l->type);
    bool alternatives = !all && expandable(see) && !reading_windows(ctx, l->type);
    l->way = all ? WAY_ALL : WAY_WINDOWS; /* a part: seen with its parent, row by row */
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int who = -1;
    if (alternatives) { /* most do not ask for the time: then the answer may be kept */
        const struct expansion *x = expansion_of(l);
        who = batch_add_kept(b, x->sql,
                             ARGS(x->timed ? db_i64(ctx->now) : db_null_i64(), db_i64(ctx->actor),
                                  db_i64(ctx->today)));
    }
    bool windows = l->way == WAY_WINDOWS || (l->filters.text.len && !l->nmine);
    int end = windows ? batch_add_kept(b, list_window_end_sql(l, FIRST_WINDOW), end_args(l)) : -1;
    err e = who >= 0 || end >= 0 ? batch_run(b) : OK;
    if (e.code) {
        return e;
    }
    if (who >= 0) {
        read_alternatives(l, batch_rows(b, who));
    }
    if (end >= 0) {
        struct rows r = batch_rows(b, end);
        read_end(l, &r);
        l->end_known = true;
    }
    lead_by_mine(l);
    return OK;
}

/* --- running it ------------------------------------------------------------------------------ */

static void take_rows(struct listing *l, struct rows *r)
{
    while (l->nrows <= (size_t)l->limit && rows_next(r)) {
        struct record *rec = &l->rows[l->nrows++];
        *rec = load_record(l->ctx, l->type, r, l->base, l->columns, l->ncolumns);
        if (!list_names_apart(l)) {
            list_read_names(l, rec, r);
        }
    }
}

static err run_once(struct listing *l, struct sql sql, bool filters, enum args_more more)
{
    struct rows r;
    err e = db_query(l->ctx->db, l->ctx->arena, sql, list_args(l, filters, more), &r);
    if (!e.code) {
        take_rows(l, &r);
    }
    return e;
}

/* The first window is small: most lists are full after it. */
static err run_windows(struct listing *l)
{
    int64_t from_change = l->at_change;
    int64_t from_id = l->at_id;
    err e = OK;
    for (int i = 0; i < WINDOWS_MAX; i++) {
        struct rows r;
        if (i || !l->end_known) {
            int64_t size = i ? WINDOW : FIRST_WINDOW;
            e = db_query(l->ctx->db, l->ctx->arena, list_window_end_sql(l, size), end_args(l), &r);
            if (e.code) {
                return e;
            }
            read_end(l, &r);
        }
        e = run_once(l, list_window_sql(l), true, MORE_END);
        if (e.code) {
            return e;
        }
        if (l->nrows > (size_t)l->limit || l->last_window) {
            l->at_change = from_change;
            l->at_id = from_id;
            return OK;
        }
        l->at_change = l->end_change;
        l->at_id = l->end_id;
        l->from_start = false;
    }
    l->stopped = true;
    l->stopped_change = l->at_change;
    l->stopped_id = l->at_id;
    l->at_change = from_change;
    l->at_id = from_id;
    return OK;
}

/* One turn of run_parts: the next `most` rows of each branch.  *ret_more: of one there
 * are more, and what lies behind *ret_end is not yet known of all. */
static err run_part(struct listing *l, int64_t most, int64_t *ret_end, bool *ret_more)
{
    size_t had = l->nrows;
    bool down = l->desc != l->back;
    struct db_args args = list_args(l, true, MORE_IDS);
    struct batch *b = batch_begin(l->ctx->db, l->ctx->arena);
    int ends = batch_add(b, list_branch_ends_sql(l, most), args);
    int rows = batch_add(b, list_branches_sql(l, most), args);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, rows);
    take_rows(l, &r);
    r = batch_rows(b, ends);
    *ret_more = rows_next(&r) && !rows_null(&r, 0);
    *ret_end = *ret_more ? rows_i64(&r, 0) : 0;
    while (*ret_more && l->nrows > had) {
        int64_t at = l->rows[l->nrows - 1].changed_at;
        if (down ? at >= *ret_end : at <= *ret_end) {
            break;
        }
        l->nrows--;
    }
    return OK;
}

/* Branches whose filters read rows: in parts, like windows, and as many. */
static err run_parts(struct listing *l)
{
    int64_t from_change = l->at_change;
    int64_t from_id = l->at_id;
    bool more = true;
    err e = OK;
    for (int i = 0; !e.code && more && l->nrows <= (size_t)l->limit && i < WINDOWS_MAX; i++) {
        int64_t share = WINDOW / (int64_t)list_branch_width(l);
        int64_t end;
        e = run_part(l, i && share > FIRST_WINDOW ? share : FIRST_WINDOW, &end, &more);
        if (!e.code && more) {
            l->at_change = end; /* behind all of that moment */
            l->at_id = l->desc != l->back ? INT64_MIN : INT64_MAX;
            l->from_start = false;
        }
    }
    l->stopped = more && l->nrows <= (size_t)l->limit;
    l->stopped_change = l->at_change;
    l->stopped_id = l->at_id;
    l->at_change = from_change;
    l->at_id = from_id;
    return e;
}

/* In the order of creation, which the branches' indexes have not: short ones are sorted;
 * where there is a long one, there is much to be found in windows. */
static err run_created(struct listing *l)
{
    struct rows r;
    err e = db_query(l->ctx->db, l->ctx->arena, list_branch_sizes_sql(l, WINDOW + 1),
                     list_args(l, true, MORE_IDS), &r);
    if (e.code) {
        return e;
    }
    if (rows_next(&r) && rows_i64(&r, 0) > WINDOW) {
        l->way = WAY_WINDOWS;
        return run_windows(l);
    }
    return run_once(l, list_branches_sql(l, 0), true, MORE_IDS);
}

static err run(struct listing *l)
{
    if (l->way == WAY_BRANCHES && l->nbranches == 0) {
        return OK; /* nothing of this type concerns him */
    }
    if (l->way == WAY_BRANCHES) {
        return !l->by_change   ? run_created(l)
               : l->reads_rows ? run_parts(l)
                               : run_once(l, list_branches_sql(l, 0), true, MORE_IDS);
    }
    if (l->way == WAY_ALL && !l->filters.text.len) {
        return run_once(l, list_all_sql(l), false, MORE_NONE);
    }
    return run_windows(l);
}

/* --- counts --------------------------------------------------------------------------------- */

/* Goes along with the rows. */
static struct batch *ride(const struct listing *l, struct sql sql, enum args_more more)
{
    struct batch *b = batch_begin(l->ctx->db, l->ctx->arena);
    batch_add(b, sql, list_args(l, true, more));
    batch_ride(b);
    return b;
}

/* *ret_part (may be NULL): not all were looked at. */
static err read_count(struct batch *b, int64_t *ret, bool *ret_part)
{
    *ret = 0;
    err e = b ? batch_join(b) : OK;
    if (!e.code && b) {
        struct rows r = batch_rows(b, 0);
        bool any = rows_next(&r);
        *ret = any ? rows_i64(&r, 0) : 0;
        if (any && ret_part) {
            *ret_part = rows_i64(&r, 1) > 0;
        }
    }
    return e;
}

static struct batch *count_rows(struct listing *l)
{
    if (l->way == WAY_BRANCHES && l->nbranches == 0) {
        return NULL;
    }
    bool branches = l->way == WAY_BRANCHES;
    int64_t share = branches ? COUNT_AMONG / (int64_t)list_branch_width(l) : COUNT_AMONG;
    return ride(l, list_count_sql(l, COUNT_MAX + 1, share), branches ? MORE_IDS : MORE_NONE);
}

/* Visible rows for which the typed filter is unknown, in the newest window. */
static struct batch *count_unknown(struct listing *l)
{
    if (!l->typed.tree) {
        return NULL;
    }
    struct sqlb b = sqlb_make(l->ctx->arena);
    SQLB_LIT(&b, "select count(*) from (select * from ");
    sqlb_ident(&b, l->type->table);
    SQLB_LIT(&b, " r order by r.\"changed_at\" desc, r.\"id\" desc limit 20000) r where (");
    sqlb_sql(&b, l->typed.not_false);
    SQLB_LIT(&b, ") and not coalesce((");
    sqlb_sql(&b, l->typed.is_true);
    SQLB_LIT(&b, "), 1 = 0) and ");
    load_visible(l->ctx, &b, l->type);
    if (l->others.text.len) {
        SQLB_LIT(&b, " and ");
        sqlb_sql(&b, l->others);
    }
    return ride(l, sqlb_end(&b), MORE_NONE);
}

/* --- the page ------------------------------------------------------------------------------- */

static str cursor_text(const struct listing *l, char direction, int64_t change, int64_t id)
{
    return str_fmt(l->ctx->arena, "%c%lld.%lld", direction, (long long)change, (long long)id);
}

static bool read_cursor(struct listing *l, str cursor)
{
    bool desc = l->desc;
    l->at_change = desc ? INT64_MAX : INT64_MIN;
    l->at_id = desc ? INT64_MAX : 0;
    if (!cursor.len) {
        return true;
    }
    str rest;
    l->back = cursor.ptr[0] == 'p';
    str change = str_cut(str_from_n(cursor.ptr + 1, cursor.len - 1), '.', &rest);
    return cursor.len < 100 && (l->back || cursor.ptr[0] == 'n') &&
           str_to_i64(change, &l->at_change) && str_to_i64(rest, &l->at_id);
}

static void put_cursors(struct listing *l, bool came, struct list_page *ret)
{
    bool more = l->nrows > (size_t)l->limit;
    if (more) {
        l->nrows = (size_t)l->limit;
    }
    if (l->back) { /* read towards the beginning: turn it round */
        for (size_t i = 0; i < l->nrows / 2; i++) {
            struct record t = l->rows[i];
            l->rows[i] = l->rows[l->nrows - 1 - i];
            l->rows[l->nrows - 1 - i] = t;
        }
    }
    if (l->nrows) {
        const struct record *first = &l->rows[0];
        const struct record *last = &l->rows[l->nrows - 1];
        if (l->back ? more : came) {
            ret->prev = cursor_text(l, 'p', first->changed_at, first->id);
        }
        if (l->back || more) {
            ret->next = cursor_text(l, 'n', last->changed_at, last->id);
        }
    }
    if (l->stopped && !more) {
        ret->searched_window = true;
        ret->searched_to = l->stopped_change;
        str go_on = cursor_text(l, l->back ? 'p' : 'n', l->stopped_change, l->stopped_id);
        if (l->back) {
            ret->prev = go_on;
        } else {
            ret->next = go_on;
        }
    }
}

err list_page(const struct ctx *ctx, const struct list_query *q, struct list_page *ret)
{
    struct listing l = {.ctx = ctx,
                        .type = q->type,
                        .unasked = q->unasked,
                        .from_start = !q->cursor.len,
                        .base = q->brief ? LOAD_BRIEF : LOAD_BASE};
    l.limit = q->limit > 0 && q->limit <= 200 ? q->limit : 50;
    l.by_change = !q->order.len || str_eq(q->order, STR("changed_at"));
    l.desc = l.by_change || str_eq(q->order, STR("-created_at"));
    l.branches = arena_array(ctx->arena, struct branch, BRANCHES_MAX + 1);
    l.rows = arena_array(ctx->arena, struct record, (size_t)l.limit + 1);
    *ret = (struct list_page){.count = -1};
    bool known = l.by_change || l.desc || str_eq(q->order, STR("created_at"));
    if (!known || !read_cursor(&l, q->cursor)) {
        return err_make(ERR_INVALID, known ? STR("cursor") : STR("order"));
    }
    err e = list_columns(&l, q);
    if (!e.code) {
        e = list_filters(&l, q);
    }
    if (!e.code) {
        e = expand(&l);
    }
    struct batch *count = !e.code && q->count ? count_rows(&l) : NULL;
    struct batch *unknown = !e.code ? count_unknown(&l) : NULL;
    if (!e.code) {
        e = run(&l);
    }
    if (!e.code && q->count) {
        e = read_count(count, &ret->count, &ret->count_part);
    }
    if (!e.code) {
        e = read_count(unknown, &ret->left_out, NULL);
    }
    if (e.code) {
        return e;
    }
    put_cursors(&l, q->cursor.len > 0, ret);
    e = list_names_apart(&l) ? list_find_names(&l) : OK;
    ret->rows = l.rows;
    ret->nrows = l.nrows;
    ret->columns = l.columns;
    ret->ncolumns = l.ncolumns;
    return e;
}
