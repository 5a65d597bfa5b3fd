/* list_sql.c - the statements of a list: branches, all, windows, and their arguments. */
#include "base/arena.h"
#include "engine/list_int.h"

static void put_columns(const struct listing *l, struct sqlb *b)
{
    load_columns(b, l->base, l->columns, l->ncolumns);
    if (!list_names_apart(l)) {
        list_put_names(l, b);
    }
}

static void put_order(const struct listing *l, struct sqlb *b, const char *alias, bool back)
{
    bool desc = l->desc != back;
    SQLB_LIT(b, " order by ");
    if (l->by_change) {
        sqlb_ident(b, str_from(alias));
        if (desc) {
            SQLB_LIT(b, ".\"changed_at\" desc, ");
        } else {
            SQLB_LIT(b, ".\"changed_at\", ");
        }
    }
    if (!l->by_change && l->way == WAY_BRANCHES) {
        SQLB_LIT(b, "+"); /* a branch's own index, which has not this order */
    }
    sqlb_ident(b, str_from(alias));
    if (desc) {
        SQLB_LIT(b, ".\"id\" desc");
    } else {
        SQLB_LIT(b, ".\"id\"");
    }
}

/* $4 and $5 are the place one comes from. */
static void put_keyset(const struct listing *l, struct sqlb *b)
{
    bool down = l->desc != l->back;
    if (l->from_start) {
        SQLB_LIT(b, "1 = 1");
    } else if (l->by_change) {
        if (down) {
            SQLB_LIT(b, "(r.\"changed_at\", r.\"id\") < ($4, $5)");
        } else {
            SQLB_LIT(b, "(r.\"changed_at\", r.\"id\") > ($4, $5)");
        }
    } else if (down) {
        SQLB_LIT(b, "r.\"id\" < $5");
    } else {
        SQLB_LIT(b, "r.\"id\" > $5");
    }
}

static int ids_params(const struct listing *l)
{
    return 6 + l->nargs; /* $4 $5 keyset, then filters, then ids or the window's end */
}

/* Comparing pairs costs SQLite more than all else it does with an entry that it skips. */
static void put_window_end(const struct listing *l, struct sqlb *b)
{
    bool down = l->desc != l->back;
    if (l->by_change && !l->end_tied) {
        if (down) {
            SQLB_LIT(b, " and r.\"changed_at\" >= ");
        } else {
            SQLB_LIT(b, " and r.\"changed_at\" <= ");
        }
        sqlb_param(b, ids_params(l));
        return;
    }
    if (l->by_change) {
        if (down) {
            SQLB_LIT(b, " and (r.\"changed_at\", r.\"id\") >= (");
        } else {
            SQLB_LIT(b, " and (r.\"changed_at\", r.\"id\") <= (");
        }
        sqlb_param(b, ids_params(l));
        SQLB_LIT(b, ", ");
        sqlb_param(b, ids_params(l) + 1);
        SQLB_LIT(b, ")");
        return;
    }
    if (down) {
        SQLB_LIT(b, " and r.\"id\" >= ");
    } else {
        SQLB_LIT(b, " and r.\"id\" <= ");
    }
    sqlb_param(b, ids_params(l) + 1);
}

/* " and ...", where there are any. */
static void put_filters(const struct listing *l, struct sqlb *b)
{
    if (l->filters.text.len) {
        SQLB_LIT(b, " and ");
        sqlb_sql(b, l->filters);
    }
}

/* " from T r where r.column = $id": the rows of the i-th branch; padding repeats the last. */
static const struct see_alt *put_branch(const struct listing *l, struct sqlb *b, size_t i)
{
    const struct branch *br = &l->branches[i < l->nbranches ? i : l->nbranches - 1];
    SQLB_LIT(b, " from ");
    sqlb_ident(b, l->type->table);
    SQLB_LIT(b, " r where r.");
    sqlb_ident(b, br->alt->column);
    SQLB_LIT(b, " = ");
    sqlb_param(b, ids_params(l) + (int)i);
    return br->alt;
}

/* The row at which the i-th branch has been read `most` rows far. */
static void put_branch_end(const struct listing *l, struct sqlb *b, size_t i, int64_t most)
{
    SQLB_LIT(b, "(select r.\"changed_at\"");
    put_branch(l, b, i);
    SQLB_LIT(b, " and ");
    put_keyset(l, b);
    put_order(l, b, "r", l->back);
    SQLB_LIT(b, " limit 1 offset ");
    sqlb_i64(b, most - 1);
    SQLB_LIT(b, ")");
}

static void put_branch_bound(const struct listing *l, struct sqlb *b, size_t i, int64_t most)
{
    if (l->desc != l->back) {
        SQLB_LIT(b, " and r.\"changed_at\" >= coalesce(");
        put_branch_end(l, b, i, most);
        SQLB_LIT(b, ", -9000000000000000000)");
    } else {
        SQLB_LIT(b, " and r.\"changed_at\" <= coalesce(");
        put_branch_end(l, b, i, most);
        SQLB_LIT(b, ", 9000000000000000000)");
    }
}

/* "select id, changed_at from (branch) union ..." */
static void put_branches(const struct listing *l, struct sqlb *b, int64_t most)
{
    for (size_t i = 0; i < list_branch_width(l); i++) {
        if (i) {
            SQLB_LIT(b, " union ");
        }
        SQLB_LIT(b, "select q.\"id\", q.\"changed_at\" from (select r.\"id\", r.\"changed_at\"");
        const struct see_alt *alt = put_branch(l, b, i);
        if (alt->rest.text.len) {
            SQLB_LIT(b, " and (");
            sqlb_sql(b, alt->rest);
            SQLB_LIT(b, ")");
        }
        SQLB_LIT(b, " and ");
        put_keyset(l, b);
        if (most) {
            put_branch_bound(l, b, i, most);
        }
        if (l->judge) {
            SQLB_LIT(b, " and ");
            load_visible(l->ctx, b, l->type);
        }
        put_filters(l, b);
        put_order(l, b, "r", l->back);
        SQLB_LIT(b, " limit ");
        sqlb_i64(b, l->limit + 1);
        SQLB_LIT(b, ") q");
    }
}

size_t list_branch_width(const struct listing *l)
{
    size_t width = 1;
    while (width < l->nbranches) {
        width *= 2;
    }
    return width;
}

struct sql list_branches_sql(const struct listing *l, int64_t most)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    SQLB_LIT(&b, "select ");
    put_columns(l, &b);
    SQLB_LIT(&b, " from (");
    put_branches(l, &b, most);
    SQLB_LIT(&b, ") u join ");
    sqlb_ident(&b, l->type->table);
    SQLB_LIT(&b, " r on r.\"id\" = u.\"id\"");
    put_order(l, &b, "u", l->back);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, l->limit + 1);
    return sqlb_end(&b);
}

struct sql list_branch_ends_sql(const struct listing *l, int64_t most)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    if (l->desc != l->back) {
        SQLB_LIT(&b, "select max(q.\"x\") from (");
    } else {
        SQLB_LIT(&b, "select min(q.\"x\") from (");
    }
    for (size_t i = 0; i < list_branch_width(l); i++) {
        if (i) {
            SQLB_LIT(&b, " union all ");
        }
        SQLB_LIT(&b, "select ");
        put_branch_end(l, &b, i, most);
        SQLB_LIT(&b, " as \"x\"");
    }
    SQLB_LIT(&b, ") q");
    return sqlb_end(&b);
}

static void put_branch_sizes(const struct listing *l, struct sqlb *b, int64_t most)
{
    SQLB_LIT(b, "select max(q.\"n\") from (");
    for (size_t i = 0; i < list_branch_width(l); i++) {
        if (i) {
            SQLB_LIT(b, " union all ");
        }
        SQLB_LIT(b, "select count(*) as \"n\" from (select 1 as \"one\"");
        put_branch(l, b, i);
        SQLB_LIT(b, " limit ");
        sqlb_i64(b, most);
        SQLB_LIT(b, ") w");
    }
    SQLB_LIT(b, ") q");
}

struct sql list_branch_sizes_sql(const struct listing *l, int64_t most)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    put_branch_sizes(l, &b, most);
    return sqlb_end(&b);
}

/* Each record once, though several branches may lead to it. */
static void put_counted_branches(const struct listing *l, struct sqlb *b, int64_t among)
{
    SQLB_LIT(b, " from (");
    for (size_t i = 0; i < list_branch_width(l); i++) {
        if (i) {
            SQLB_LIT(b, " union ");
        }
        SQLB_LIT(b, "select q.\"id\" from (select r.\"id\"");
        put_branch(l, b, i);
        SQLB_LIT(b, " order by r.\"changed_at\" desc, r.\"id\" desc limit ");
        sqlb_i64(b, among);
        SQLB_LIT(b, ") q");
    }
    SQLB_LIT(b, ") u join ");
    sqlb_ident(b, l->type->table);
    SQLB_LIT(b, " r on r.\"id\" = u.\"id\" where ");
    load_visible(l->ctx, b, l->type);
}

struct sql list_count_sql(const struct listing *l, int64_t most, int64_t among)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    bool branches = l->way == WAY_BRANCHES;
    SQLB_LIT(&b, "select count(*), coalesce((");
    if (branches) {
        put_branch_sizes(l, &b, among + 1);
        SQLB_LIT(&b, "), 0) - ");
        sqlb_i64(&b, among);
    } else {
        SQLB_LIT(&b, "select w.\"id\" from ");
        sqlb_ident(&b, l->type->table);
        SQLB_LIT(&b, " w order by w.\"id\" desc limit 1 offset ");
        sqlb_i64(&b, among);
        SQLB_LIT(&b, "), 0)");
    }
    SQLB_LIT(&b, " from (select 1 as \"one\"");
    if (branches) {
        put_counted_branches(l, &b, among);
    } else {
        SQLB_LIT(&b, " from ");
        sqlb_ident(&b, l->type->table);
        SQLB_LIT(&b, " r where r.\"id\" > coalesce((select w.\"id\" from ");
        sqlb_ident(&b, l->type->table);
        SQLB_LIT(&b, " w order by w.\"id\" desc limit 1 offset ");
        sqlb_i64(&b, among);
        SQLB_LIT(&b, "), 0)");
        if (l->way != WAY_ALL) {
            SQLB_LIT(&b, " and ");
            load_visible(l->ctx, &b, l->type);
        }
    }
    put_filters(l, &b);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, most);
    SQLB_LIT(&b, ") q");
    return sqlb_end(&b);
}

struct sql list_all_sql(const struct listing *l)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    SQLB_LIT(&b, "select ");
    put_columns(l, &b);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, l->type->table);
    SQLB_LIT(&b, " r where ");
    put_keyset(l, &b);
    put_order(l, &b, "r", l->back);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, l->limit + 1);
    return sqlb_end(&b);
}

/* A window: the filters and `see` on the rows of the order index up to its end,
 * which stands in two parameters behind those of the filters. */
struct sql list_window_sql(const struct listing *l)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    SQLB_LIT(&b, "select ");
    put_columns(l, &b);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, l->type->table);
    SQLB_LIT(&b, " r where ");
    put_keyset(l, &b);
    put_window_end(l, &b);
    if (l->way != WAY_ALL) {
        SQLB_LIT(&b, " and ");
        load_visible(l->ctx, &b, l->type);
    }
    put_filters(l, &b);
    put_order(l, &b, "r", l->back);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, l->limit + 1);
    return sqlb_end(&b);
}

/* The last row of a window of so many, if there are so many, and some behind it. */
struct sql list_window_end_sql(const struct listing *l, int64_t size)
{
    struct sqlb b = sqlb_make(l->ctx->arena);
    SQLB_LIT(&b, "select r.\"changed_at\", r.\"id\" from ");
    sqlb_ident(&b, l->type->table);
    SQLB_LIT(&b, " r where ");
    put_keyset(l, &b);
    put_order(l, &b, "r", l->back);
    SQLB_LIT(&b, " limit ");
    sqlb_i64(&b, LIST_WINDOW_ENDS);
    SQLB_LIT(&b, " offset ");
    sqlb_i64(&b, size - 1);
    return sqlb_end(&b);
}

struct db_args list_args(const struct listing *l, bool filters, enum args_more more)
{
    struct db_arg *args =
        arena_array(l->ctx->arena, struct db_arg, (size_t)l->nargs + BRANCHES_MAX + 4);
    int n = 0;
    args[n++] = db_i64(l->at_change);
    args[n++] = db_i64(l->at_id);
    for (int i = 0; filters && i < l->nargs; i++) {
        args[n++] = l->args[i];
    }
    size_t width = more == MORE_IDS ? list_branch_width(l) : 0;
    for (size_t i = 0; i < width; i++) { /* padding equals nothing */
        args[n++] = i < l->nbranches ? db_i64(l->branches[i].id) : db_null_i64();
    }
    if (more == MORE_END) {
        args[n++] = db_i64(l->end_change);
        args[n++] = db_i64(l->end_id);
    }
    return ctx_args(l->ctx, args, n);
}
