/* list_more.c - what one does with a list: act on many, keep a view. */
#include "base/arena.h"
#include "base/buf.h"
#include "page/list_page.h"
#include "page/page.h"

#include "gen/list.html.h"

enum { BULK_MAX = 100 };

/* --- one action on many ---------------------------------------------------------------- */

struct bulk {
    int64_t ids[BULK_MAX];
    size_t n, at;
    struct bulk_row rows[BULK_MAX];
};

static void bulk_show(struct visit *v, struct bulk *k)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    const struct action *a = t ? tdef_action(t->newest, v->act.action) : NULL;
    size_t done = 0;
    for (size_t i = 0; i < k->n; i++) {
        done += k->rows[i].ok;
        struct record rec;
        err e =
            t ? record_get(&v->ctx, t, k->rows[i].id, &rec) : err_make(ERR_NOT_FOUND, STR("type"));
        if (!e.code) {
            k->rows[i].name =
                str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(rec.number), STR_ARG(rec.name));
        }
    }
    struct bulk_page p = {.type = v->seg[0],
                          .title = t ? words_in(t->newest->title, v->ctx.lang) : STR(""),
                          .action = a ? a->words : (struct words){v->act.action, v->act.action},
                          .summary =
                              str_fmt(v->ctx.arena,
                                      v->ctx.lang == LANG_EN ? "%zu of %zu done" : "完成 %zu / %zu",
                                      done, k->n),
                          .rows = {k->rows, k->n}};
    struct frame f;
    struct html out = frame_begin(v, &f, frame_title(v, p.action, p.title), STR("records"));
    list_bulk_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* One act per record, one after the other, each with its own answer. */
static void bulk_next(struct visit *v)
{
    struct bulk *k = v->user;
    if (k->at > 0) {
        struct bulk_row *r = &k->rows[k->at - 1];
        err e = v->act.result;
        r->ok = !e.code;
        if (e.code) {
            r->words = e.why ? e.why->what : err_words(e.code);
            r->clause = e.why ? e.why->clause : NULL;
        }
    }
    if (k->at == k->n) {
        bulk_show(v, k);
        return;
    }
    int64_t id = k->ids[k->at];
    k->rows[k->at].id = id;
    k->rows[k->at].name = str_fmt(v->ctx.arena, "%lld", (long long)id);
    k->at++;
    v->act = (struct act){
        .type = v->seg[0],
        .record = id,
        .action = v->act.action,
        .key = str_fmt(v->ctx.arena, "%.*s%zu", STR_ARG(visit_param(v, STR("key"))), k->at)};
    visit_submit(v, bulk_next);
}

/* Their labels: a page that can be reloaded. */
static void to_labels(struct visit *v, const struct bulk *k)
{
    struct buf b = buf_make(v->ctx.arena, 8000);
    buf_put_fmt(&b, "/r/%.*s/labels?", STR_ARG(v->seg[0]));
    for (size_t i = 0; i < k->n; i++) {
        buf_put_fmt(&b, "%sid=%lld", i ? "&" : "", (long long)k->ids[i]);
    }
    visit_redirect(v, buf_str(&b));
}

void page_list_bulk(struct visit *v)
{
    struct bulk *k = arena_new(v->ctx.arena, struct bulk);
    const struct http_params *ps = &v->x->req.form;
    for (size_t i = 0; i < ps->len && k->n < BULK_MAX; i++) {
        if (str_eq(ps->ptr[i].name, STR("id")) && str_to_i64(ps->ptr[i].value, &k->ids[k->n])) {
            k->n++;
        }
    }
    if (visit_param(v, STR("labels")).len) {
        to_labels(v, k);
        return;
    }
    v->user = k;
    v->act.action = visit_param(v, STR("action"));
    if (!k->n || !v->act.action.len) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(v->seg[0])));
        return;
    }
    bulk_next(v);
}

/* --- saved views -------------------------------------------------------------------------- */

static void view_done(struct visit *v)
{
    if (v->act.result.code) {
        visit_error(v, v->act.result);
        return;
    }
    visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s?%.*s", STR_ARG(v->seg[0]),
                              STR_ARG(visit_param(v, STR("query")))));
}

void page_list_save(struct visit *v)
{
    struct value_in *in = arena_array(v->ctx.arena, struct value_in, 3);
    in[0] = (struct value_in){.field = STR("name"), .text = visit_param(v, STR("name"))};
    in[1] = (struct value_in){.field = STR("filter"), .text = visit_param(v, STR("query"))};
    in[2] =
        (struct value_in){.field = STR("shared"),
                          .text = visit_param(v, STR("shared")).len ? STR("true") : STR("false")};
    v->act =
        (struct act){.type = v->seg[0], .action = STR("save_view"), .values = in, .nvalues = 3};
    visit_submit(v, view_done);
}

void page_list_forget(struct visit *v)
{
    struct value_in *in = arena_new(v->ctx.arena, struct value_in);
    *in = (struct value_in){.field = STR("view"),
                            .text = str_fmt(v->ctx.arena, "%lld", (long long)v->num[1])};
    v->act =
        (struct act){.type = v->seg[0], .action = STR("delete_view"), .values = in, .nvalues = 1};
    visit_submit(v, view_done);
}
