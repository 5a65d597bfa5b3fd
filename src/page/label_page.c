/* label_page.c - labels to stick on things: of one record, or of those chosen in a list. */
#include "page/label_page.h"

#include "base/arena.h"
#include "engine/record.h"
#include "page/page.h"

#include "gen/label.html.h"

enum { LABELS_MAX = 120 };

/* What people call the thing by: a text of its own that no other has, else its number. */
static str code_of(const struct record *r)
{
    for (size_t i = 0; i < r->nfields; i++) {
        const struct field *f = r->fields[i].field;
        if (f->unique && f->type == F_TEXT && r->fields[i].value.text.len) {
            return r->fields[i].value.text;
        }
    }
    return r->number;
}

static struct label label_of(struct visit *v, const struct record *r)
{
    str code = code_of(r);
    bool known = v->app->public_url.len > 0; /* our own address; else there is no link to give */
    str link = known ? str_fmt(v->ctx.arena, "%.*s/r/%.*s/%lld", STR_ARG(v->app->public_url),
                               STR_ARG(r->type->key), (long long)r->id)
                     : code;
    return (struct label){.name = r->name.len ? r->name : r->number,
                          .code = code,
                          .fact = str_eq(code, r->number) ? STR("") : r->number,
                          .bars = show_code128(v, code),
                          .qr = show_qr(v, link)};
}

static void labels_page(struct visit *v, const struct type *t, const int64_t *ids, size_t n,
                        url back)
{
    struct label *list = arena_array(v->ctx.arena, struct label, n + 1);
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        struct record r;
        err e = record_get(&v->ctx, t, ids[i], &r);
        if (!e.code) {
            list[found++] = label_of(v, &r);
        } else if (e.code != ERR_NOT_FOUND || n == 1) { /* of many: one that went is left out */
            visit_error(v, e);
            return;
        }
    }
    struct label_page p = {.type = t->key,
                           .title = words_in(t->newest->title, v->ctx.lang),
                           .organisation = v->app->organisation,
                           .back = back,
                           .labels = {list, found}};
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("标签", "Labels"), found == 1 ? list[0].name : p.title),
        STR("records"));
    label_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_label(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    labels_page(
        v, t, &v->num[1], 1,
        url_local(str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(t->key), (long long)v->num[1])));
}

void page_labels(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    int64_t ids[LABELS_MAX];
    size_t n = 0;
    const struct http_params *ps = &v->x->req.query;
    for (size_t i = 0; i < ps->len && n < LABELS_MAX; i++) {
        n += str_eq(ps->ptr[i].name, STR("id")) && str_to_i64(ps->ptr[i].value, &ids[n]);
    }
    labels_page(v, t, ids, n, url_local(str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(t->key))));
}
