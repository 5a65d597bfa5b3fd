#include "page/erase_page.h"

#include "base/arena.h"
#include "page/page.h"

static bool is_waiting(const struct type *t, const struct rows *r)
{
    const struct state *s = rows_null(r, 0) ? NULL : type_state(t, rows_i64(r, 0));
    return s && !s->final && !str_eq(s->key, STR("approved")) && !str_eq(s->key, STR("masking"));
}

static err look(struct visit *v, const struct type *t, int64_t record, struct rows *ret)
{
    struct sqlb b = sqlb_make(v->ctx.arena);
    if (t == v->model->mention) {
        SQLB_LIT(&b, "select state, f_texts, f_remarks, f_history from ");
    } else {
        SQLB_LIT(&b, "select state, f_person from ");
    }
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    return db_query(v->ctx.db, v->ctx.arena, sqlb_end(&b), ARGS(db_i64(record)), ret);
}

err erase_show(struct visit *v, const struct type *t, int64_t record, const struct erase_card **ret)
{
    struct rows r;
    *ret = NULL;
    if (!t || (t != v->model->erasure && t != v->model->mention)) {
        return OK;
    }
    err e = look(v, t, record, &r);
    if (e.code || !rows_next(&r) || !is_waiting(t, &r)) {
        return e;
    }
    struct erase_card *c = arena_new(v->ctx.arena, struct erase_card);
    c->mention = t == v->model->mention;
    if (c->mention) {
        c->texts = rows_i64(&r, 1);
        c->remarks = rows_i64(&r, 2);
        c->history = rows_i64(&r, 3);
    } else {
        int64_t person = rows_i64(&r, 1);
        e = erase_plan(&v->ctx, person, &c->plan);
        e = e.code ? e : people_traces(&v->ctx, person, &c->traces, &c->kept);
        c->kept += c->plan.retained;
    }
    *ret = e.code ? NULL : c;
    return e;
}
