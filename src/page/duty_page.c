/* duty_page.c - what is owed again and again: all duties, the worst first, with what is open;
 * one of them with its history. */
#include "page/duty_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "engine/heartbeat.h"
#include "page/control_page.h"
#include "page/page.h"

#include "gen/duty.html.h"

#include <stdlib.h>

enum { CASES = 50, PEOPLE = 20 };

str duty_figures(const struct visit *v, const struct duty_counts *c)
{
    bool en = v->ctx.lang == LANG_EN;
    const struct {
        int64_t n;
        struct words words;
    } rest[] = {{c->late, WORDS("次逾期完成", " late")},
                {c->missed, WORDS("次未履行", " missed")},
                {c->waiting, WORDS("次待完成", " open")},
                {c->dropped, WORDS("次不再适用", " no longer owed")}};
    struct buf b = buf_make(v->ctx.arena, 400);
    buf_put_fmt(&b, en ? "%lld of %lld in time" : "%lld / %lld 次按时完成", (long long)c->done,
                (long long)duty_ended(c));
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        if (rest[i].n) {
            str w = words_in(rest[i].words, v->ctx.lang);
            buf_put_fmt(&b, en ? ", %lld%.*s" : "，%lld %.*s", (long long)rest[i].n, STR_ARG(w));
        }
    }
    return buf_str(&b);
}

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

static err cases_of(struct visit *v, struct duty_ask *ask, struct duty_cases *ret, int64_t *next)
{
    struct duty_row *rows;
    size_t n;
    ask->limit = CASES + 1;
    if (!str_to_i64(visit_param(v, STR("after")), &ask->after) || ask->after < 0) {
        ask->after = 0;
    }
    err e = duty_rows(&v->ctx, ask, &rows, &n);
    *next = !e.code && n > CASES ? rows[CASES - 1].id : 0;
    if (!e.code) {
        *ret = duty_cases_of(v, rows, n > CASES ? CASES : n);
    }
    return e;
}

/* --- all ------------------------------------------------------------------------------------ */

static struct duty_line line_of(struct visit *v, const struct duty_result *r)
{
    return (struct duty_line){.r = r,
                              .class = control_class(r->state),
                              .next = r->next_due ? show_when(v, r->next_due) : STR("")};
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

static const struct {
    const char *key;
    struct words words;
    int state;
    bool open, mine;
} shows[] = {
    {"open", WORDS_INIT("待完成与未履行", "Open and missed"), -1, true, false},
    {"mine", WORDS_INIT("我负责的", "Mine"), -1, true, true},
    {"late", WORDS_INIT("逾期完成", "Late"), 2, false, false},
    {"missed", WORDS_INIT("未履行", "Missed"), 3, false, false},
    {"done", WORDS_INIT("按时完成", "Done in time"), 1, false, false},
};
enum { SHOWS = sizeof(shows) / sizeof(shows[0]) };

static struct duty_ask put_tabs(struct visit *v, struct duties_page *p)
{
    str want = visit_param(v, STR("show"));
    int at = 0;
    struct duty_tab *tabs = arena_array(v->ctx.arena, struct duty_tab, SHOWS);
    for (int i = 0; i < SHOWS; i++) {
        at = str_eq(want, str_from(shows[i].key)) ? i : at;
    }
    for (int i = 0; i < SHOWS; i++) {
        tabs[i] = (struct duty_tab){str_from(shows[i].key), shows[i].words, i == at};
    }
    p->tabs = (struct duty_tabs){tabs, SHOWS};
    p->show = str_from(shows[at].key);
    return (struct duty_ask){
        .state = shows[at].state, .open = shows[at].open, .mine = shows[at].mine};
}

void page_duties(struct visit *v)
{
    struct duty_result *list;
    size_t n;
    struct duties_page p = {.visit = v};
    struct duty_ask ask = put_tabs(v, &p);
    err e = duty_results(&v->ctx, &list, &n);
    e = e.code ? e : cases_of(v, &ask, &p.cases, &p.next);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct duty_line *lines = arena_array(v->ctx.arena, struct duty_line, n + 1);
    for (size_t i = 0; i < n; i++) {
        lines[i] = line_of(v, &list[i]);
        p.good += control_state_good(list[i].state);
    }
    qsort(lines, n, sizeof(lines[0]), line_order);
    p.tasks = heartbeat_body_max(v->model) > 0;
    p.lines.ptr = lines;
    p.lines.len = n;
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("定期职责", "Duties"), v->ctx.lang), STR("duties"));
    duties_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- one -------------------------------------------------------------------------------------- */

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
    return d->every == EVERY_LENGTH ? d->length.text : words_in(words[d->every], v->ctx.lang);
}

void page_duty(struct visit *v)
{
    const struct duty *d = model_duty(v->model, v->seg[0]);
    struct duty_result r;
    struct duty_person *people;
    size_t n;
    struct duty_page p = {.visit = v, .duty = d};
    struct duty_ask ask = {.duty = d, .state = -1};
    err e = d && d->newest ? duty_result(&v->ctx, d, &r) : err_make(ERR_NOT_FOUND, STR("duty"));
    e = e.code ? e : cases_of(v, &ask, &p.cases, &p.next);
    e = e.code ? e : duty_people(&v->ctx, d, PEOPLE, &people, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.line = line_of(v, &r);
    p.every = every_of(v, d->newest);
    const struct type *t = d->newest->creates ? d->newest->create.target : d->newest->expected;
    p.owner = duty_owner_words(&v->ctx, d->newest);
    p.met_by = t ? words_in(t->newest->title, v->ctx.lang) : STR("");
    p.people.ptr = people;
    p.people.len = n;
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("定期职责", "Duties"), words_in(d->newest->words, v->ctx.lang)),
        STR("duties"));
    duty_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
