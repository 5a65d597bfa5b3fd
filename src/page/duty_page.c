/* duty_page.c - what is owed again and again: all duties, the worst first, with what is open;
 * one of them with its history. */
#include "page/duty_page.h"

#include "base/arena.h"
#include "engine/heartbeat.h"
#include "page/control_page.h"
#include "page/page.h"

#include "gen/duty.html.h"

#include <stdlib.h>

enum { CASES = 50 };

/* --- occurrences -------------------------------------------------------------------------- */

static url record_url(struct visit *v, const struct type *t, int64_t id)
{
    return url_local(t ? str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(t->key), (long long)id)
                       : STR("/"));
}

static str state_class(const struct duty_row *r, int64_t now)
{
    static const char *const classes[DUTY_STATES] = {"wait", "good", "wait", "bad", "end"};
    bool calm = r->state == 0 && r->due >= now;
    return str_from(calm ? "run" : classes[r->state]);
}

static struct words state_words(const struct visit *v, const struct duty_row *r)
{
    if (r->state == 0 && r->due < v->ctx.now) {
        return WORDS("已逾期，宽限中", "overdue, in grace");
    }
    const struct state *s = tdef_state(v->model->duty_run->newest, duty_state_keys[r->state]);
    return s ? s->words : (struct words){duty_state_keys[r->state], duty_state_keys[r->state]};
}

struct duty_cases duty_cases_of(struct visit *v, const struct duty_row *rows, size_t n)
{
    struct duty_case *list = arena_array(v->ctx.arena, struct duty_case, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct duty_row *r = &rows[i];
        const struct ddef *d = r->duty ? r->duty->newest : NULL;
        const struct type *met = d ? (d->creates ? d->create.target : d->expected) : NULL;
        list[i] = (struct duty_case){.row = r,
                                     .state = state_words(v, r),
                                     .class = state_class(r, v->ctx.now),
                                     .title = duty_row_title(&v->ctx, r),
                                     .due = show_when(v, r->due),
                                     .done = r->done_at ? show_when(v, r->done_at) : STR(""),
                                     .period = str_fmt(v->ctx.arena, "%.*s – %.*s",
                                                       STR_ARG(show_time(v, r->begins)),
                                                       STR_ARG(show_time(v, r->ends))),
                                     .about = r->about_name.len > 0,
                                     .about_url = record_url(v, r->about_type, r->about),
                                     .record = met && r->record,
                                     .record_url = record_url(v, met, r->record)};
    }
    return (struct duty_cases){list, n};
}

static err runs_of(struct visit *v, const struct duty_scope *s, struct duty_runs *ret)
{
    str show;
    struct duty_row *rows;
    size_t n;
    struct duty_ask ask = duty_scope_tabs(v, s, &ret->tabs, &show);
    ask.limit = CASES + 1;
    if (!str_to_i64(visit_param(v, STR("after")), &ask.after) || ask.after < 0) {
        ask.after = 0;
    }
    err e = duty_rows(&v->ctx, &ask, &rows, &n);
    if (e.code) {
        return e;
    }
    ret->more = n > CASES;
    n = ret->more ? CASES : n;
    ret->cases = duty_cases_of(v, rows, n);
    if (ret->more) {
        str base = s->given ? s->base : s->plain;
        ret->next = url_local(str_fmt(v->ctx.arena, "%.*s%cshow=%.*s&after=%lld#runs",
                                      STR_ARG(base), str_has(base, STR("?")) ? '&' : '?',
                                      STR_ARG(show), (long long)rows[n - 1].id));
    }
    return OK;
}

/* --- all ------------------------------------------------------------------------------------ */

static struct duty_line line_of(struct visit *v, const struct duty_result *r)
{
    int64_t first = r->state == CONTROL_VACUOUS ? duty_next_begin(&v->ctx, r->def) : 0;
    return (struct duty_line){.r = r,
                              .class = control_class(r->state),
                              .next = r->next_due ? show_when(v, r->next_due) : STR(""),
                              .first = first ? show_when(v, first) : STR("")};
}

static int line_order(const void *x, const void *y)
{
    const struct duty_result *a = ((const struct duty_line *)x)->r;
    const struct duty_result *b = ((const struct duty_line *)y)->r;
    if (duty_rank(a) != duty_rank(b)) {
        return duty_rank(a) < duty_rank(b) ? -1 : 1;
    }
    return a->duty->code - b->duty->code;
}

/* Are the duties themselves shown, and is this one of them? */
static bool listed(const struct duty_scope *s)
{
    const struct duty_of *of = &s->of;
    return !of->duty && !of->post && !of->by_unit && !of->by_owner && !of->doer;
}

static bool among(const struct duty_scope *s, const struct duty_result *r)
{
    return (!s->of.reg || r->duty->reg == s->of.reg) &&
           (!s->of.clause.len || str_eq(r->def->clause->id, s->of.clause));
}

static void put_lines(struct visit *v, const struct duty_scope *s, const struct duty_result *list,
                      size_t n, struct duties_page *p)
{
    struct duty_line *lines = arena_array(v->ctx.arena, struct duty_line, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (among(s, &list[i])) {
            lines[p->lines.len++] = line_of(v, &list[i]);
            p->good += control_state_good(list[i].state);
        }
    }
    qsort(lines, p->lines.len, sizeof(lines[0]), line_order);
    p->lines.ptr = lines;
    p->listed = listed(s);
}

void page_duties(struct visit *v)
{
    struct duty_result *list;
    size_t n;
    struct duty_scope s;
    struct duties_page p = {.visit = v, .runs = {.titled = true}};
    err e = duty_scope_read(v, NULL, &s);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct duty_asked results = duty_results_ask(&v->ctx);
    struct duty_history_asked history = duty_history_ask(&v->ctx, &s.of);
    e = runs_of(v, &s, &p.runs);
    e = e.code ? e : duty_results_read(&v->ctx, &results, &list, &n);
    e = e.code ? e : duty_history_read(&v->ctx, &s.of, &history, &p.history.history);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    put_lines(v, &s, list, n, &p);
    duty_history_fill(v, &s, &p.history);
    p.tasks = heartbeat_body_max(v->model) > 0;
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("定期职责", "Duties"), v->ctx.lang), STR("duties"));
    duties_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- one -------------------------------------------------------------------------------------- */

/* A length that each object says of itself: by the name of its field; else as it is written. */
static str length_of(const struct visit *v, const struct ddef *d)
{
    str text = d->length.text;
    str key;
    bool own = d->each && str_eq(str_cut(text, '.', &key), d->each_name);
    const struct field *f = own ? tdef_field(d->each->newest, key) : NULL;
    if (!f) {
        return text;
    }
    str words = words_in(f->words, v->ctx.lang);
    return words_in(
        words_fmt(v->ctx.arena, "按各自的“%.*s”", "as its own \"%.*s\" says", STR_ARG(words)),
        v->ctx.lang);
}

static str every_of(const struct visit *v, const struct ddef *d)
{
    static const struct words words[] = {[EVERY_LENGTH] = WORDS_INIT("", ""),
                                         [EVERY_WEEK] = WORDS_INIT("每周", "every week"),
                                         [EVERY_MONTH] = WORDS_INIT("每月", "every month"),
                                         [EVERY_QUARTER] = WORDS_INIT("每季度", "every quarter"),
                                         [EVERY_HALF_YEAR] =
                                             WORDS_INIT("每半年", "every half year"),
                                         [EVERY_YEAR] = WORDS_INIT("每年", "every year"),
                                         [EVERY_ONCE] = WORDS_INIT("一次", "once")};
    return d->every == EVERY_LENGTH ? length_of(v, d) : words_in(words[d->every], v->ctx.lang);
}

void page_duty(struct visit *v)
{
    const struct duty *d = model_duty(v->model, v->seg[0]);
    struct duty_result r;
    struct duty_scope s;
    struct duty_page p = {.visit = v, .duty = d};
    err e = d && d->newest ? duty_scope_read(v, d, &s) : err_make(ERR_NOT_FOUND, STR("duty"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct duty_history_asked history = duty_history_ask(&v->ctx, &s.of);
    e = duty_result(&v->ctx, d, &r);
    e = e.code ? e : runs_of(v, &s, &p.runs);
    e = e.code ? e : duty_history_read(&v->ctx, &s.of, &history, &p.history.history);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.line = line_of(v, &r);
    p.every = every_of(v, d->newest);
    const struct type *t = d->newest->creates ? d->newest->create.target : d->newest->expected;
    p.owner = duty_owner_words(&v->ctx, d->newest);
    p.met_by = t ? words_in(t->newest->title, v->ctx.lang) : STR("");
    duty_history_fill(v, &s, &p.history);
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("定期职责", "Duties"), words_in(d->newest->words, v->ctx.lang)),
        STR("duties"));
    duty_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
