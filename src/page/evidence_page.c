/* evidence_page.c - a control's evidence: asked for, made by a job, and what there is so far. */
#include "base/arena.h"
#include "connect/evidence.h"
#include "engine/record_load.h"
#include "http/assets.h"
#include "page/control_page.h"
#include "page/page.h"

#include "web/work.h"

err control_evidence(struct visit *v, struct control_page *p, struct batch *asked)
{
    struct evidence_seen *list;
    size_t n;
    const struct type *person = v->model->person;
    err e = evidence_list(&v->ctx, asked, &list, &n);
    if (e.code || !n) {
        return e;
    }
    struct evidence_shown *shown = arena_array(v->ctx.arena, struct evidence_shown, n);
    struct names *names = names_begin(&v->ctx);
    for (size_t i = 0; person && i < n; i++) {
        names_want(names, person, list[i].person);
    }
    e = names_run(names);
    for (size_t i = 0; i < n; i++) {
        shown[i] = (struct evidence_shown){.seq = list[i].seq, .at = list[i].at, .n = list[i].n};
        shown[i].by = person && !e.code ? names_get(names, person, list[i].person).name : STR("");
    }
    p->evidence.ptr = shown;
    p->evidence.len = n;
    return e;
}

/* One that is judged: a manual one has no population. */
static const struct control *control_of(struct visit *v)
{
    const struct control *c = model_control(v->model, v->seg[0]);
    return c && c->newest && c->newest->over ? c : NULL;
}

/* The size of a checkpoint that was kept; 0: none was said. */
static err old_of(struct visit *v, int64_t *ret)
{
    str text = str_trim(visit_param(v, STR("old")));
    *ret = 0;
    return !text.len || (str_to_i64(text, ret) && *ret >= 0)
               ? OK
               : err_make(ERR_INVALID, STR("size of a checkpoint"));
}

void page_evidence_ask(struct visit *v)
{
    const struct control *c = control_of(v);
    int64_t old = 0;
    err e = c ? old_of(v, &old) : err_make(ERR_NOT_FOUND, STR("control"));
    if (!e.code) {
        struct words of = c->newest->words;
        struct words title = {
            str_fmt(v->ctx.arena, "证据包：%.*s", STR_ARG(of.zh)),
            str_fmt(v->ctx.arena, "Evidence: %.*s", STR_ARG(words_in(of, LANG_EN)))};
        e = work_ask(v,
                     str_fmt(v->ctx.arena, "/controls/%.*s/evidence.zip?old=%lld", STR_ARG(c->key),
                             (long long)old),
                     title);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, STR("/me/jobs"));
}

/* Once the snapshot is an entry the file is made to its end: nobody cancels that. */
static bool goes_on(void *arg, int64_t done, bool fresh)
{
    struct visit *v = arg;
    if (!fresh) {
        return work_tells(v, done);
    }
    (void)work_goes_on(v, done);
    v->job->cancelled = false;
    return !v->job->stopped;
}

/* Made only for whoever asked by the form: it is an entry of the ledger each time. */
void page_evidence_file(struct visit *v)
{
    const struct control *c = control_of(v);
    int64_t old = 0;
    int64_t seq;
    str name;
    err e = c && v->job ? old_of(v, &old) : err_make(ERR_NOT_FOUND, STR("evidence"));
    if (!e.code) {
        const struct asset *page = asset_named(STR("evidence/verify.html"));
        struct evidence_asks asks = {.control = c,
                                     .fd = v->job->fd,
                                     .verify_page = page ? page->raw : STR(""),
                                     .organisation = v->app->organisation,
                                     .old = old,
                                     .goes_on = goes_on,
                                     .arg = v};
        e = evidence_package(&v->ctx, &asks, &name, &seq);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->job->written = true;
    visit_download(v, name);
}
