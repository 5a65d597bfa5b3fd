/* form_again_page.c - what an approval gave back, to be changed and submitted anew. */
#include "base/arena.h"
#include "page/form_page.h"
#include "page/page.h"

static err form_of(struct visit *v, bool check, struct form *ret)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        return err_make(ERR_NOT_FOUND, STR("type"));
    }
    err e = form_again(&v->ctx, t, v->num[1], NULL, 0, false, ret);
    size_t n = 0;
    const struct value_in *values = e.code || !check ? NULL : form_values(v, ret->action, &n);
    return e.code || !check ? e : form_again(&v->ctx, t, v->num[1], values, n, true, ret);
}

void page_approval_again(struct visit *v)
{
    struct form fm;
    err e = form_of(v, false, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    form_render(v, &fm, NULL, (struct form_kept_files){0}, true, 200);
}

void page_approval_again_check(struct visit *v)
{
    struct form fm;
    err e = form_of(v, true, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    form_say(v, &fm);
}

static void done(struct visit *v)
{
    err e = v->act.result;
    struct form fm;
    if (!e.code) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s/%lld?done=%.*s#approval",
                                  STR_ARG(v->act.type), (long long)v->act.record,
                                  STR_ARG(v->act.action)));
        return;
    }
    bool again = e.code == ERR_RULE || e.code == ERR_VALUE || e.code == ERR_DENIED ||
                 e.code == ERR_CONFLICT || e.code == ERR_STALE;
    const struct type *t = model_type(v->model, v->act.type);
    err e2 = again && t && e.why
                 ? form_again(&v->ctx, t, v->act.record, v->act.values, v->act.nvalues, true, &fm)
                 : e;
    if (e2.code) {
        visit_error(v, e);
        return;
    }
    form_take(&fm, e.why);
    form_render(v, &fm, e.why, form_keep(v, v->act.files, v->act.nfiles), true, err_http(e.code));
}

void page_approval_again_post(struct visit *v)
{
    struct form fm;
    err e = form_of(v, false, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->act = (struct act){.type = v->seg[0],
                          .record = v->num[1],
                          .action = STR("approve.resubmit"),
                          .key = visit_param(v, STR("key"))};
    if (fm.straight && visit_param(v, STR("straight")).len) {
        struct value_in *one = arena_new(v->ctx.arena, struct value_in);
        *one = (struct value_in){.field = STR("straight"), .text = STR("true")};
        v->act.values = one;
        v->act.nvalues = 1;
    } else {
        v->act.values = form_values(v, fm.action, &v->act.nvalues);
        v->act.files = form_files(v, fm.action, &v->act.nfiles);
    }
    visit_submit(v, done);
}
