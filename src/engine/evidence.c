/* evidence.c - the population of a control, line by line. */
#include "engine/evidence.h"

#include "base/buf.h"
#include "engine/control_int.h"
#include "engine/evidence_int.h"
#include "engine/record_load.h"
#include "ledger/canon.h"

enum {
    CHUNK_BYTES = 64 << 20,
    IN_ID = 0,
    IN_VERDICT,
    IN_VISIBLE,
    IN_NUMBER,
    IN_NAME,
    IN_LAW,
    IN_NOTED,
    IN_GRACE,
    IN_WAIVED,
    IN_SHOW
};

struct walking {
    struct ctx ctx; /* its arena is emptied after each chunk */
    const struct control *control;
    const struct evidence_take *take;
    struct evidence *ret;
    struct evidence_column *columns;
    size_t ncolumns;
    struct hasher *h, *ids;
    struct sql select;
    int64_t at, done;
    bool more;
};

/* Is it let off by a waiver? */
static void put_waived(struct sqlb *b, const struct model *m)
{
    if (!m->waiver) {
        SQLB_LIT(b, ", 0");
        return;
    }
    SQLB_LIT(b, ", case when exists(select 1 from ");
    sqlb_ident(b, m->waiver->table);
    SQLB_LIT(b, " v where v.f_about = r.id and v.f_control = $6 and ");
    control_put_in_force(b, m, "v");
    SQLB_LIT(b, ") then 1 else 0 end");
}

static struct sql select_sql(const struct walking *w, struct arena *a)
{
    const struct type *t = w->control->over;
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select r.id, ");
    control_put(&b, w->control, a);
    SQLB_LIT(&b, ", case when ");
    load_visible(&w->ctx, &b, t);
    SQLB_LIT(&b, " then 1 else 0 end, r.number, substr(r.name, 1, 1000), r.law,"
                 " case when q.verdict >= 3 then 1 else 0 end, coalesce(q.grace_at, 0)");
    put_waived(&b, w->ctx.model);
    for (size_t i = 0; i < w->ncolumns; i++) {
        SQLB_LIT(&b, ", ");
        evidence_put_column(&b, &w->columns[i]);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r left join control_row q on q.record = r.id and q.control = ");
    sqlb_i64(&b, w->control->code);
    SQLB_LIT(&b, " where r.id > $4 order by r.id limit $5");
    return sqlb_end(&b);
}

/* A violation that nobody has noted yet begins now, and so does its grace. */
static enum package_verdict verdict_of(const struct walking *w, const struct rows *r)
{
    int v = (int)rows_i64(r, IN_VERDICT);
    if (v < VERDICT_VIOLATION) {
        return v == VERDICT_OK ? PACKAGE_OK : PACKAGE_UNKNOWN;
    }
    if (rows_i64(r, IN_WAIVED)) {
        return PACKAGE_WAIVED;
    }
    bool noted = rows_i64(r, IN_NOTED) != 0;
    bool grace =
        noted ? rows_i64(r, IN_GRACE) > w->ctx.now : w->control->newest->grace.tree != NULL;
    return grace ? PACKAGE_IN_GRACE : PACKAGE_VIOLATION;
}

static void put_cells(const struct walking *w, const struct rows *r, struct canon *c)
{
    bool any = false;
    for (size_t i = 0; i < w->ncolumns; i++) {
        if (rows_i64(r, IN_SHOW + 2 * (int)i)) {
            continue;
        }
        if (!any) {
            canon_list(c, STR("hidden"));
        }
        any = true;
        canon_str(c, NO_KEY, w->columns[i].path);
    }
    if (any) {
        canon_close(c);
    }
    canon_list(c, STR("show"));
    for (size_t i = 0; i < w->ncolumns; i++) {
        int k = IN_SHOW + 2 * (int)i + 1;
        if (rows_null(r, k)) {
            canon_null(c, NO_KEY);
        } else {
            canon_str(c, NO_KEY, evidence_cell(&w->ctx, &w->columns[i], r, k));
        }
    }
    canon_close(c);
}

static err row_text(const struct walking *w, const struct rows *r, const struct evidence_line *l,
                    str *ret)
{
    struct canon *c = canon_make(w->ctx.arena);
    canon_str(c, STR("name"), l->name);
    canon_str(c, STR("number"), l->number);
    if (l->reason) {
        canon_str(c, STR("reason"), l->reason->key);
    }
    put_cells(w, r, c);
    return canon_end(c, ret);
}

static err one(struct walking *w, const struct rows *r)
{
    int byte = (int)rows_i64(r, IN_VERDICT);
    struct evidence_line l = {.record = rows_i64(r, IN_ID),
                              .verdict = verdict_of(w, r),
                              .visible = rows_i64(r, IN_VISIBLE) != 0};
    str row = STR("");
    err e = OK;
    if (byte == VERDICT_OUT) {
        return OK;
    }
    if (l.visible) {
        l.number = rows_text(r, IN_NUMBER);
        l.name = rows_text(r, IN_NAME);
        l.reason = control_reason_of(w->control, rows_i64(r, IN_LAW), byte);
        e = row_text(w, r, &l, &row);
    }
    if (e.code) {
        return e;
    }
    unsigned char id[8];
    for (int i = 0; i < 8; i++) {
        id[i] = (unsigned char)((uint64_t)l.record >> (56 - 8 * i));
    }
    hash_put(w->ids, id, sizeof(id));
    w->ret->hidden += !l.visible;
    l.line = package_line(w->h, w->ctx.arena, &w->ret->p, l.record, row, l.verdict);
    return w->take->line(w->take->arg, &l);
}

static err chunk(struct walking *w)
{
    struct db_arg more[] = {db_i64(w->at), db_i64(EVIDENCE_CHUNK), db_text(w->control->key)};
    int n = w->ctx.model->waiver ? 3 : 2;
    struct rows r;
    err e = db_query(w->ctx.db, w->ctx.arena, w->select, ctx_args(&w->ctx, more, n), &r);
    w->more = !e.code && rows_count(&r) == EVIDENCE_CHUNK;
    while (!e.code && rows_next(&r)) {
        w->at = rows_i64(&r, IN_ID);
        w->done++;
        e = one(w, &r);
    }
    return e;
}

static void end_side(void *arg)
{
    arena_end(arg);
}

err evidence_read(const struct ctx *ctx, const struct control *c, const struct evidence_take *take,
                  struct evidence *ret)
{
    *ret = (struct evidence){.control = c, .as_of = ctx->now};
    if (!c->newest || !c->newest->over) {
        return err_make(ERR_NOT_FOUND, STR("the control is retired, or manual"));
    }
    struct arena *side = arena_new(ctx->arena, struct arena);
    *side = arena_make(CHUNK_BYTES);
    arena_defer(ctx->arena, end_side, side);
    struct walking w = {.ctx = *ctx,
                        .control = c,
                        .take = take,
                        .ret = ret,
                        .h = hash_make(ctx->arena),
                        .ids = hash_make(ctx->arena),
                        .at = INT64_MIN,
                        .more = true};
    w.columns = evidence_columns(ctx, c, &w.ncolumns);
    w.select = select_sql(&w, ctx->arena);
    w.ctx.arena = side;
    hash_begin(w.ids);
    err e = control_ledger_size(ctx, &ret->size);
    while (!e.code && w.more) {
        e = chunk(&w);
        e.detail = e.code ? str_copy(ctx->arena, e.detail) : e.detail;
        arena_reset(side);
        if (!e.code && !take->goes_on(take->arg, w.done)) {
            e = err_make(ERR_BUSY, STR("cancelled"));
        }
    }
    ret->ids = hash_end(w.ids);
    arena_end(side);
    return e;
}
