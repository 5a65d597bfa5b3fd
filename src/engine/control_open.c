/* control_open.c - findings and waivers by article.
 *
 * For each key (a control, an article) one step into an index that leads by it and the state, so
 * that what was closed long ago costs nothing; then `see`, of those few.
 */
#include "engine/control_open.h"

#include "base/buf.h"
#include "engine/control_int.h"
#include "engine/record_load.h"

/* Is it a state in which something is open? */
static bool is_open(const struct model *m, const struct type *t, const struct state *s)
{
    return t == m->waiver ? str_eq(s->key, STR("in_force")) : !control_closed_state(m, s);
}

/* --- what is asked ------------------------------------------------------------------------- */

/* "f is open": by the states it may be in, so that the index leads past all others. */
static void put_open(struct sqlb *b, const struct model *m, const struct type *t)
{
    if (t == m->waiver) {
        control_put_in_force(b, m, "f");
        return;
    }
    SQLB_LIT(b, "f.state in (-1");
    for (size_t i = 0; i < t->newest->nstates; i++) {
        if (is_open(m, t, &t->newest->states[i])) {
            SQLB_LIT(b, ", ");
            sqlb_i64(b, t->newest->states[i].code);
        }
    }
    SQLB_LIT(b, ")");
}

/* "select place, figure": twice how many of those with the key v.column2 are seen, and one
 * more where not all were looked at. */
static void put_figures(struct sqlb *b, const struct ctx *ctx, const struct type *t, bool control)
{
    SQLB_LIT(b, "select v.column1, (select 2 * coalesce(sum(case when (");
    load_visible(ctx, b, t);
    SQLB_LIT(b, ") then 1 else 0 end), 0) + (case when count(*) > ");
    sqlb_i64(b, CONTROL_LOOKED_MAX);
    SQLB_LIT(b, " then 1 else 0 end) from (select * from ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " f where ");
    if (control) {
        SQLB_LIT(b, "f.f_control = v.column2 and ");
    } else {
        SQLB_LIT(b, "f.f_clause = v.column2 and f.f_control is null and ");
    }
    put_open(b, ctx->model, t);
    SQLB_LIT(b, " limit ");
    sqlb_i64(b, CONTROL_LOOKED_MAX + 1);
    SQLB_LIT(b, ") r) from (values ");
}

static str clause_text(struct arena *a, const struct clause *c)
{
    return str_fmt(a, "%.*s#%.*s", STR_ARG(c->law->reg->key), STR_ARG(c->id));
}

static void put_key(struct sqlb *b, size_t at, size_t place, str key)
{
    if (at) {
        SQLB_LIT(b, ", ");
    }
    SQLB_LIT(b, "(");
    sqlb_i64(b, (int64_t)place);
    SQLB_LIT(b, ", ");
    sqlb_text(b, key);
    SQLB_LIT(b, ")");
}

static struct sql make_sql(const struct ctx *ctx, const struct law *l, const struct type *t)
{
    struct sqlb b = sqlb_make(ctx->arena);
    put_figures(&b, ctx, t, false);
    for (size_t i = 0; i < l->nclauses; i++) {
        put_key(&b, i, i, clause_text(ctx->arena, &l->clauses[i]));
    }
    SQLB_LIT(&b, ") v");
    if (l->ncontrols) {
        SQLB_LIT(&b, " union all ");
        put_figures(&b, ctx, t, true);
        for (size_t i = 0; i < l->ncontrols; i++) {
            const struct cdef *c = &l->controls[i];
            put_key(&b, i, (size_t)(c->clause - l->clauses), c->control->key);
        }
        SQLB_LIT(&b, ") v");
    }
    return sqlb_end(&b);
}

/* The statement is the same until another version is in force. */
static void add(struct batch *b, const struct ctx *ctx, const struct law *l, const struct type *t)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, l, t, 0);
    struct sql s;
    if (!t || !l->nclauses) {
        batch_add(b, SQL("select 0, 0 where 1 = 0"), NO_ARGS);
        return;
    }
    if (!ctx_find_sql(ctx, k, &s)) {
        struct ctx room = ctx_room(ctx);
        s = ctx_keep_sql(&room, k, make_sql(&room, l, t));
    }
    batch_add(b, s, ctx_args(ctx, NULL, 0));
}

enum { OPEN_FINDINGS, OPEN_WAIVERS };

struct batch *control_open_ask(const struct ctx *ctx, const struct law *law)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    add(b, ctx, law, ctx->model->finding);
    add(b, ctx, law, ctx->model->waiver);
    batch_ride(b);
    return b;
}

static void take(struct rows r, struct open_at *list, size_t n, bool waivers)
{
    while (rows_next(&r)) {
        int64_t at = rows_i64(&r, 0);
        int64_t figure = rows_i64(&r, 1);
        if (at >= 0 && (size_t)at < n) {
            struct open_count *c = waivers ? &list[at].waivers : &list[at].findings;
            c->n += figure / 2;
            c->more = c->more || figure % 2;
        }
    }
}

err control_open_read(const struct ctx *ctx, struct batch *b, const struct law *law,
                      struct open_at **ret)
{
    *ret = arena_array(ctx->arena, struct open_at, law->nclauses + 1);
    err e = batch_join(b);
    if (!e.code) {
        take(batch_rows(b, OPEN_FINDINGS), *ret, law->nclauses, false);
        take(batch_rows(b, OPEN_WAIVERS), *ret, law->nclauses, true);
    }
    return e;
}

/* --- the same as a filter -------------------------------------------------------------------- */

/* One more of a list, that is opened by `before`. */
static void put_item(struct buf *b, bool *any, const char *before, str key)
{
    buf_put(b, *any ? STR(", ") : str_from(before));
    buf_put_fmt(b, "'%.*s'", STR_ARG(key));
    *any = true;
}

/* Of the article's controls, or of none and the article itself. */
static void put_belongs(struct buf *b, const struct ctx *ctx, const struct clause *c)
{
    bool any = false;
    for (size_t i = 0; i < c->law->ncontrols; i++) {
        const struct cdef *x = &c->law->controls[i];
        if (x->clause == c) {
            put_item(b, &any, "default(control in [", x->control->key);
        }
    }
    if (any) {
        BUF_LIT(b, "], ");
    } else {
        BUF_LIT(b, "control == null and ");
    }
    str own = clause_text(ctx->arena, c);
    buf_put_fmt(b, "default(clause == '%.*s', false)", STR_ARG(own));
    if (any) {
        BUF_LIT(b, ")");
    }
}

str control_open_filter(const struct ctx *ctx, const struct type *t, const struct clause *c)
{
    struct buf b = buf_make(ctx->arena, 100000);
    put_belongs(&b, ctx, c);
    bool any = false;
    for (size_t i = 0; i < t->newest->nstates; i++) {
        if (is_open(ctx->model, t, &t->newest->states[i])) {
            put_item(&b, &any, " and state in [", t->newest->states[i].key);
        }
    }
    buf_put(&b, any ? STR("]") : STR(" and false"));
    if (t == ctx->model->waiver) {
        BUF_LIT(&b, " and starts <= today and ends >= today");
    }
    return buf_str(&b);
}
