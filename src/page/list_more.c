/* list_more.c - what one does with a list: act on many, keep a view. */
#include "base/arena.h"
#include "base/buf.h"
#include "page/list_page.h"
#include "page/page.h"
#include "page/several.h"

#include "gen/several.html.h"

enum { BULK_MAX = 100 };

/* --- one action on many ---------------------------------------------------------------- */

static void bulk_show(struct visit *v, struct several *s)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    const struct action *a = t ? tdef_action(t->newest, s->action) : NULL;
    for (size_t i = 0; i < s->n; i++) {
        struct record rec;
        err e = t ? record_get(&v->ctx, t, s->items[i].record, &rec)
                  : err_make(ERR_NOT_FOUND, STR("type"));
        if (!e.code) {
            s->items[i].name =
                str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(rec.number), STR_ARG(rec.name));
        }
    }
    url list = url_local(str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(v->seg[0])));
    struct several_page p = {.title = a ? a->words : (struct words){s->action, s->action},
                             .up = list,
                             .up_words = t ? words_in(t->newest->title, v->ctx.lang) : STR(""),
                             .back = list,
                             .back_words = WORDS("返回列表", "Back to the list"),
                             .summary = several_summary(v, s),
                             .items = {s->items, s->n}};
    struct frame f;
    struct html out = frame_begin(v, &f, frame_title(v, p.title, p.up_words), STR("records"));
    several_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* Their labels: a page that can be reloaded. */
static void to_labels(struct visit *v, const struct several *s)
{
    struct buf b = buf_make(v->ctx.arena, 8000);
    buf_put_fmt(&b, "/r/%.*s/labels?", STR_ARG(v->seg[0]));
    for (size_t i = 0; i < s->n; i++) {
        buf_put_fmt(&b, "%sid=%lld", i ? "&" : "", (long long)s->items[i].record);
    }
    visit_redirect(v, buf_str(&b));
}

void page_list_bulk(struct visit *v)
{
    struct several *s = arena_new(v->ctx.arena, struct several);
    struct several_item *items = arena_array(v->ctx.arena, struct several_item, BULK_MAX);
    const struct http_params *ps = &v->x->req.form;
    *s = (struct several){.items = items, .show = bulk_show};
    for (size_t i = 0; i < ps->len && s->n < BULK_MAX; i++) {
        int64_t id;
        if (!str_eq(ps->ptr[i].name, STR("id")) || !str_to_i64(ps->ptr[i].value, &id)) {
            continue;
        }
        items[s->n++] =
            (struct several_item){.type = v->seg[0],
                                  .record = id,
                                  .name = str_fmt(v->ctx.arena, "%lld", (long long)id),
                                  .href = url_local(str_fmt(v->ctx.arena, "/r/%.*s/%lld",
                                                            STR_ARG(v->seg[0]), (long long)id))};
    }
    if (visit_param(v, STR("labels")).len) {
        to_labels(v, s);
        return;
    }
    s->action = visit_param(v, STR("action"));
    if (!s->n || !s->action.len) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(v->seg[0])));
        return;
    }
    several_run(v, s);
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
