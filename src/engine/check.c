/* check.c - an act on a reader's snapshot: what would be refused now, and the
 * costly part of what will be done. */
#include "engine/attach.h"
#include "engine/guard.h"
#include "engine/part.h"
#include "engine/perform_int.h"
#include "engine/reading.h"
#include "engine/view_int.h"

/* --- on a snapshot ------------------------------------------------------------------------ */

/* What was read here the writer need not read again. */
static err check_values(const struct ctx *ctx, const struct action *a, struct act *act)
{
    struct refusals bad = {0};
    struct value_in *typed =
        arena_array(act->arena ? act->arena : ctx->arena, struct value_in, act->nvalues + 1);
    for (size_t i = 0; i < act->nvalues; i++) {
        const struct value_in *in = &act->values[i];
        typed[i] = *in;
        const struct field *f = NULL;
        for (size_t k = 0; k < a->nasks; k++) {
            f = str_eq(a->asks[k].field->key, in->field) ? a->asks[k].field : f;
        }
        struct value v;
        struct words why = {0};
        if (!f) {
            refuse_field(&bad, ctx->arena, a->clause, in->field,
                         WORDS("此操作不能填写这一栏", "this action does not take this field"));
        } else if (f->type != F_LINES && !in->is_typed) {
            err e = value_read(ctx, f, in, &v, &why);
            if (e.code == ERR_VALUE || e.code == ERR_INVALID) {
                refuse_field(&bad, ctx->arena, f->clause ? f->clause : a->clause, f->key, why);
            } else if (e.code) {
                return e;
            } else {
                typed[i].typed = v;
                typed[i].is_typed = true;
            }
        }
    }
    for (size_t k = 0; k < a->nasks; k++) {
        const struct ask *ask = &a->asks[k];
        bool there = ask->field->def.tree || ask->field->type == F_ATTACHMENT || act->record;
        for (size_t i = 0; i < act->nvalues; i++) {
            bool empty = act->values[i].null && !act->values[i].nitems && !act->values[i].nrows;
            there = there || (str_eq(act->values[i].field, ask->field->key) && !empty);
        }
        if (ask->required && !ask->when.tree && !there) {
            refuse_field(&bad, ctx->arena, ask->field->clause ? ask->field->clause : a->clause,
                         ask->field->key, WORDS("必须填写", "must be filled in"));
        }
    }
    act->values = typed;
    return refuse_fields(&bad, ctx->arena);
}

static err no(const struct refusal *why, enum err_code code)
{
    return (err){.code = code, .detail = why->what.en, .why = why};
}

/* One row of the guards before values, in the order the writer asks them. */
static err judge_before(const struct ctx *ctx, const struct aplan *p, const struct rows *r,
                        const struct state *now)
{
    const struct action *a = p->action;
    const struct guards *g = &p->before;
    for (size_t i = 0; i < g->n; i++) {
        if (g->list[i].kind == GUARD_SEE && ctx->actor &&
            (rows_null(r, (int)i) || rows_i64(r, (int)i) != 1)) {
            return err_make(ERR_NOT_FOUND, STR("record"));
        }
    }
    if (!guard_from_here(a, now)) {
        return no(guard_refusal_state(ctx, a, now), ERR_RULE);
    }
    for (size_t i = 0; i < g->n; i++) {
        bool unknown = rows_null(r, (int)i);
        if (!unknown && rows_i64(r, (int)i) == 1) {
            continue;
        }
        if (g->list[i].kind == GUARD_WHO && (ctx->actor || !a->who.may_auto)) {
            return no(guard_refusal_who(ctx, a), ERR_DENIED);
        }
        if (g->list[i].kind == GUARD_NEED) {
            return no(guard_refusal_need(ctx, a, g->list[i].cond, unknown, 0), ERR_RULE);
        }
    }
    return OK;
}

static int ask_before(const struct ctx *ctx, struct batch *b, const struct aplan *p, int64_t id)
{
    struct db_arg arg = db_i64(id);
    return batch_add(b, p->before.stmt.sql, ctx_args(ctx, &arg, 1));
}

/* What is built in asks only for the right to see. */
static err check_built_in(const struct ctx *ctx, struct act *act, const struct type *t)
{
    struct record rec;
    err e = view_row(ctx, t, act->record, LOAD_NONE, &rec);
    if (!e.code && act->ver && act->ver != rec.ver) {
        e = err_make(ERR_STALE, STR("the record has changed"));
    }
    return e;
}

/* The statements the writer will ask are asked here too: in one batch when the
 * record's version is known beforehand. */
static err check_record(const struct ctx *ctx, struct act *act, const struct type *t)
{
    struct held_model *h = engine_held(ctx->engine, ctx->model);
    bool one = t->newest->newest || t->ndefs == 1;
    const struct action *a = one ? tdef_action(t->newest, act->action) : NULL;
    if (one && !a) {
        return check_built_in(ctx, act, t);
    }
    struct aplan *p = a && !a->creates ? plan_action(h, plan_type(h, t->newest), a) : NULL;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int row = batch_add(b, plan_type(h, t->newest)->select, ARGS(db_i64(act->record)));
    int before = p ? ask_before(ctx, b, p, act->record) : -1;
    err e = batch_run(b);
    struct rows r = {0};
    if (!e.code) {
        r = batch_rows(b, row);
        e = rows_next(&r) ? OK : err_make(ERR_NOT_FOUND, STR("record"));
    }
    if (e.code) {
        return e;
    }
    const struct tdef *def = type_at(t, rows_i64(&r, COL_LAW));
    act->hint_law = rows_i64(&r, COL_LAW);
    a = tdef_action(def, act->action);
    if (!a) {
        return check_built_in(ctx, act, t);
    }
    if (a->creates) {
        return err_make(ERR_NOT_FOUND, STR("action"));
    }
    if (!p) {
        p = plan_action(h, plan_type(h, def), a);
        b = batch_begin(ctx->db, ctx->arena);
        before = ask_before(ctx, b, p, act->record);
        e = batch_run(b);
    }
    struct rows g = {0};
    if (!e.code) {
        g = batch_rows(b, before);
        e = rows_next(&g) ? OK : err_make(ERR_NOT_FOUND, STR("record"));
    }
    if (!e.code) {
        e = judge_before(ctx, p, &g,
                         rows_null(&r, COL_STATE) ? NULL
                                                  : tdef_state_at(def, rows_i64(&r, COL_STATE)));
    }
    if (!e.code && act->ver && act->ver != rows_i64(&r, COL_VER)) {
        e = err_make(ERR_STALE, STR("the record has changed"));
    }
    return e.code ? e : check_values(ctx, a, act);
}

static err keep_files(const struct ctx *ctx, struct act *act)
{
    struct act_file *files =
        arena_array(act->arena ? act->arena : ctx->arena, struct act_file, act->nfiles + 1);
    for (size_t i = 0; i < act->nfiles; i++) {
        files[i] = act->files[i];
        if (files[i].bytes.len > ATTACH_MAX) {
            return err_make(ERR_TOO_LARGE, STR("an attachment over 20 MB"));
        }
        err e = ctx->engine->memory
                    ? OK
                    : attach_store(ctx->engine, ctx->arena, files[i].bytes, &files[i].sha256);
        if (e.code) {
            return e;
        }
    }
    act->files = files;
    return OK;
}

static err check(const struct ctx *ctx, struct act *act)
{
    const struct type *t = model_type(ctx->model, act->type);
    if (!t) {
        return act->type.len ? err_make(ERR_NOT_FOUND, STR("type")) : OK;
    }
    err e = OK;
    if (act->record) {
        e = check_record(ctx, act, t);
    } else {
        const struct action *a = NULL;
        const struct tdef *def;
        e = part_def(ctx, t, act->values, act->nvalues, &def);
        for (size_t i = 0; !e.code && i < def->nactions; i++) {
            const struct action *x = &def->actions[i];
            a = x->creates && (!act->action.len || str_eq(x->key, act->action)) && !a ? x : a;
        }
        e = a ? check_values(ctx, a, act) : e;
    }
    return e.code ? e : keep_files(ctx, act);
}

/* Is an act with this key there already?  Then the writer answers as it did the
 * first time, or says that the content is another. */
static bool key_known(const struct ctx *ctx, const struct act *act)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, SQL("select 1 from idem where actor = $1 and key = $2"),
                     ARGS(db_i64(act->actor), db_text(act->key)), &r);
    return !e.code && rows_count(&r) > 0;
}

err act_check(const struct ctx *ctx, struct act *act)
{
    enum { KEY_MAX = 64 };
    if (act->key.len > KEY_MAX || !str_utf8_ok(act->key)) {
        return err_make(ERR_INVALID, STR("the idempotency key is longer than 64 characters"));
    }
    err e = ctx->reading.on ? reading_refused(ctx) : check(ctx, act);
    /* What was done once may well be refused now: the record has moved on. */
    return e.code && act->key.len && key_known(ctx, act) ? OK : e;
}
