#include "engine/local.h"

#include "engine/engine_int.h"
#include "engine/record_load.h"
#include "ledger/canon.h"
#include "model/expr.h"

err local_list(const struct ctx *ctx, const struct setting *s, struct local_value **ret, size_t *n)
{
    struct rows r;
    *n = 0;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select unit, value from setting_local where reg = $1 and key = $2"
                         " order by unit limit 1000"),
                     ARGS(db_text(s->law->reg->key), db_text(s->key)), &r);
    if (e.code) {
        return e;
    }
    struct names *names = names_begin(ctx);
    *ret = arena_array(ctx->arena, struct local_value, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        struct local_value *x = &(*ret)[(*n)++];
        x->unit.id = rows_i64(&r, 0);
        if (!str_to_i64(rows_text(&r, 1), &x->i64)) {
            return err_make(ERR_STORE, STR("setting_local"));
        }
        names_want(names, ctx->model->unit, x->unit.id);
    }
    e = names_run(names);
    for (size_t i = 0; !e.code && i < *n; i++) {
        (*ret)[i].unit = names_get(names, ctx->model->unit, (*ret)[i].unit.id);
    }
    return e;
}

struct local_job {
    struct writer_job job;
    struct arena *a; /* the caller's, who waits */
    str reg, key, stored;
    int64_t unit, actor, now;
};

static err enter(struct local_job *j, struct engine *e, struct batch *b)
{
    struct ledger_act *la = ledger_act(e->ledger, j->a, j->now);
    struct canon *c = canon_make(j->a);
    str body;
    canon_str(c, STR("key"), j->key);
    canon_str(c, STR("regulation"), j->reg);
    canon_i64(c, STR("unit"), j->unit);
    canon_str(c, STR("value"), j->stored);
    err x = canon_end(c, &body);
    if (x.code) {
        return x;
    }
    struct ledger_new entry = {
        .type = ENTRY_SETTING,
        .actor = j->actor ? str_fmt(j->a, "person:%lld", (long long)j->actor) : STR("clock"),
        .object =
            str_fmt(j->a, SETTING_OBJECT, STR_ARG(j->reg), STR_ARG(j->key), (long long)j->unit),
        .payload = body};
    ledger_append(la, &entry);
    ledger_put(la, b);
    return OK;
}

static err local_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct local_job *j = (struct local_job *)job;
    struct engine *e = world;
    const struct model *m = e->now.model->model;
    const struct reg *reg = model_reg(m, j->reg);
    const struct setting *s = reg ? law_setting(reg->newest, j->key) : NULL;
    (void)a;
    if (!s || !s->local || !m->unit) {
        return err_make(ERR_NOT_FOUND, STR("no such setting of units"));
    }
    struct sqlb q = sqlb_make(j->a);
    struct rows r;
    SQLB_LIT(&q, "select 1 from ");
    sqlb_ident(&q, m->unit->table);
    SQLB_LIT(&q, " where id = $1");
    err x = db_query(db, j->a, sqlb_end(&q), ARGS(db_i64(j->unit)), &r);
    if (x.code || !rows_count(&r)) {
        return x.code ? x : err_make(ERR_NOT_FOUND, STR("unit"));
    }
    struct batch *b = batch_begin(db, j->a);
    batch_add(b, SQL("delete from setting_local where reg = $1 and key = $2 and unit = $3"),
              ARGS(db_text(j->reg), db_text(j->key), db_i64(j->unit)));
    if (j->stored.len) {
        batch_add(b,
                  SQL("insert into setting_local(reg, key, unit, value) values ($1, $2, $3, $4)"),
                  ARGS(db_text(j->reg), db_text(j->key), db_i64(j->unit), db_text(j->stored)));
    }
    x = enter(j, e, b);
    return x.code ? x : batch_run(b);
}

err local_set(struct engine *e, struct arena *a, const struct setting *s, int64_t unit, str value,
              int64_t actor, int64_t now, struct words *why)
{
    int64_t i64 = 0;
    str text = {0};
    if (!s->local || s->kind == V_TEXT) {
        return err_make(ERR_NOT_FOUND, STR("not a setting of units"));
    }
    if (value.len && !expr_literal(value, s->kind, &i64, &text)) {
        *why = WORDS("不是这项参数的值。", "This is no value of the setting.");
        return err_make(ERR_VALUE, STR("value"));
    }
    struct local_job j = {.job = {.run = local_run},
                          .a = a,
                          .reg = s->law->reg->key,
                          .key = s->key,
                          .stored = value.len ? str_fmt(a, "%lld", (long long)i64) : STR(""),
                          .unit = unit,
                          .actor = actor,
                          .now = now};
    err x = engine_run(e, &j.job);
    x.detail = str_copy(a, x.detail);
    return x;
}
