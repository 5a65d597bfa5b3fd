/* live_page.c - what a page that is open asks now and then: the frame's figures, and whether
 * others have done something to its record (docs/decisions/0055). */
#include "base/json.h"
#include "page/page.h"

enum { ANSWER_MAX = 400 };

/* The same figures again: nothing is sent. */
static void answer(struct visit *v, int64_t act)
{
    struct desk_counts n = visit_counts(v);
    str tag = str_fmt(v->ctx.arena, "\"%lld-%lld-%lld\"", (long long)n.tasks, (long long)n.unread,
                      (long long)act);
    bool same = str_eq(http_param(&v->x->req.headers, STR("if-none-match")), tag);
    struct json j = json_begin(v->ctx.arena, ANSWER_MAX);
    json_open(&j, '{');
    JSON_I64(&j, "tasks", n.tasks);
    JSON_I64(&j, "unread", n.unread);
    JSON_I64(&j, "act", act);
    json_close(&j, '}');
    visit_json(v, same ? 304 : 200, same ? STR("") : json_end(&j));
    http_header_add(v->x, STR("ETag"), tag);
}

void page_live(struct visit *v)
{
    answer(v, 0);
}

void page_record_live(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    int64_t act = 0;
    err e = t ? desk_others(&v->ctx, t, v->num[1], &act) : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        visit_error(v, e);
    } else {
        answer(v, act);
    }
}
