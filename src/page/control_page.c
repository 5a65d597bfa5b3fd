/* control_page.c - is it kept?  All controls, the worst first; one with the records that do
 * not hold. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "page/compliance_page.h"
#include "page/page.h"

#include "gen/control.html.h"

#include <stdlib.h>

enum { CASES = 50, CONTROLS = 60 /* of one page */ };

str control_class(enum control_state s)
{
    switch (s) {
    case CONTROL_ERROR:
    case CONTROL_FAIL:
        return STR("bad");
    case CONTROL_STALE:
    case CONTROL_UNKNOWN:
    case CONTROL_WARN:
        return STR("wait");
    case CONTROL_VACUOUS:
        return STR("off"); /* a tick would look like kept */
    case CONTROL_ATTESTED:
        return STR("word");
    case CONTROL_PASS_WAIVED:
    case CONTROL_PASS:
    case CONTROL_STATES:
        break;
    }
    return STR("good");
}

bool control_may_ask(const struct visit *v)
{
    return v->model->waiver && !v->model->waiver->retired && !v->ctx.reading.on;
}

const struct action *control_asking(const struct visit *v)
{
    return tdef_action(v->model->waiver->newest, STR("request"));
}

str control_figures(const struct visit *v, const struct control_counts *c)
{
    bool en = v->ctx.lang == LANG_EN;
    const struct {
        int64_t n;
        struct words words;
    } rest[] = {{c->violation, WORDS("条不符合", " not kept")},
                {c->in_grace, WORDS("条在宽限期内", " in grace")},
                {c->waived, WORDS("条属例外", " waived")},
                {c->unknown, WORDS("条因缺失无法判断", " unknown")}};
    struct buf b = buf_make(v->ctx.arena, 400);
    buf_put_fmt(&b, en ? "%lld of %lld kept" : "%lld / %lld 条符合", (long long)c->ok,
                (long long)c->n);
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        if (rest[i].n) {
            str w = words_in(rest[i].words, v->ctx.lang);
            buf_put_fmt(&b, en ? ", %lld%.*s" : "，%lld %.*s", (long long)rest[i].n, STR_ARG(w));
        }
    }
    return buf_str(&b);
}

struct control_line control_line_of(const struct visit *v, const struct control_result *r)
{
    int rate = control_rate(&r->counts);
    return (struct control_line){
        .r = r,
        .class = control_class(r->state),
        .rate = rate < 0 ? STR("-") : str_fmt(v->ctx.arena, "%d.%d%%", rate / 10, rate % 10)};
}

int control_line_order(const void *x, const void *y)
{
    const struct control_result *a = ((const struct control_line *)x)->r;
    const struct control_result *b = ((const struct control_line *)y)->r;
    if (control_rank(a) != control_rank(b)) {
        return control_rank(a) < control_rank(b) ? -1 : 1;
    }
    if (a->def->severity != b->def->severity) {
        return a->def->severity > b->def->severity ? -1 : 1;
    }
    return (a->counts.violation < b->counts.violation) -
           (a->counts.violation > b->counts.violation);
}

/* What the whole list says, and the lines of the page that was asked for. */
static void put_lines(struct visit *v, struct controls_page *p, const struct control_result *list,
                      size_t n)
{
    struct control_line *lines = arena_array(v->ctx.arena, struct control_line, n + 1);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!p->law || list[i].def->law == p->law) {
            lines[k++].r = &list[i];
            p->good += control_state_good(list[i].state);
            p->attested += list[i].state == CONTROL_ATTESTED;
        }
    }
    qsort(lines, k, sizeof(lines[0]), control_line_order);
    p->all = (int64_t)k;
    struct arena *a = v->ctx.arena;
    str base = p->law ? str_fmt(a, "/controls?regulation=%.*s&", STR_ARG(p->law->reg->key))
               : p->unit != CONTROL_ANY_UNIT
                   ? str_fmt(a, "/controls?unit=%lld&", (long long)p->unit)
                   : STR("/controls?");
    p->at = pages_of(v, base, k, CONTROLS);
    p->lines.ptr = lines + p->at.first;
    p->lines.len = p->at.len;
    for (size_t i = p->at.first; i < p->at.first + p->at.len; i++) {
        lines[i] = control_line_of(v, lines[i].r);
    }
}

static void show_controls(struct visit *v, const struct controls_page *p)
{
    struct frame f;
    struct words of = p->unit == CONTROL_ANY_UNIT ? WORDS("全部控制点", "all controls") : p->of;
    struct html out =
        frame_begin(v, &f, frame_title(v, WORDS("合规", "Compliance"), words_in(of, v->ctx.lang)),
                    STR("controls"));
    controls_html(&out, p);
    frame_end(v, &f, &out, 200);
}

/* A control as the records of one unit keep it. */
static struct control_result result_of(const struct visit *v, const struct unit_breaks *b)
{
    struct control_result r = {.control = b->control,
                               .def = b->control->newest,
                               .judged = true,
                               .as_of = b->as_of,
                               .counts = {.n = b->n,
                                          .ok = b->ok,
                                          .violation = b->violation,
                                          .in_grace = b->in_grace,
                                          .waived = b->waived,
                                          .unknown = b->unknown}};
    r.state = control_state_of(&v->ctx, &r);
    return r;
}

/* Those that records of a unit do not keep: what its figures under By unit are made of. */
static void show_unit(struct visit *v, int64_t unit)
{
    struct unit_state *units;
    size_t n;
    int64_t as_of;
    size_t unjudged;
    struct unit_asked named = compliance_unit_ask(&v->ctx, unit);
    struct controls_page p = {.visit = v, .unit = unit, .lenses = compliance_lenses(v, "unit")};
    err e = compliance_units(&v->ctx, &units, &n, &as_of, &unjudged);
    e = e.code ? e : compliance_unit_read(&v->ctx, &named, &p.of);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct unit_state none = {.unit = unit};
    const struct unit_state *u = &none;
    for (size_t i = 0; i < n; i++) {
        u = units[i].unit == unit ? &units[i] : u;
    }
    struct control_result *list = arena_array(v->ctx.arena, struct control_result, u->list.len + 1);
    for (size_t i = 0; i < u->list.len; i++) {
        list[i] = result_of(v, &u->list.ptr[i]);
    }
    put_lines(v, &p, list, u->list.len);
    show_controls(v, &p);
}

void page_controls(struct visit *v)
{
    struct control_result *list;
    size_t n;
    str of = visit_param(v, STR("regulation"));
    const struct reg *reg = of.len ? model_reg(v->model, of) : NULL;
    int64_t unit;
    if (of.len && !reg) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("regulation")));
        return;
    }
    if (!control_unit_named(visit_param(v, STR("unit")), &unit)) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("unit")));
        return;
    }
    if (unit != CONTROL_ANY_UNIT) {
        show_unit(v, unit);
        return;
    }
    err e = control_results(&v->ctx, &list, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct controls_page p = {.visit = v,
                              .law = reg ? reg->newest : NULL,
                              .unit = CONTROL_ANY_UNIT,
                              .lenses = compliance_lenses(v, "control")};
    put_lines(v, &p, list, n);
    show_controls(v, &p);
}

/* Where a page of cases begins: since-record, as the link of the page before says. */
static void place_of(struct visit *v, int64_t *since, int64_t *record)
{
    str rest;
    str first = str_cut(visit_param(v, STR("after")), '-', &rest);
    if (!str_to_i64(first, since) || !str_to_i64(rest, record)) {
        *since = 0;
        *record = 0;
    }
}

/* The columns of `show` that are not shown anyway. */
static void put_shown(struct visit *v, const struct control *c, const struct control_row *r,
                      struct control_case *ret)
{
    const struct cdef *d = c->newest;
    struct control_shown *list = arena_array(v->ctx.arena, struct control_shown, d->nshow + 1);
    ret->shown.ptr = list;
    for (size_t i = 0; i < d->nshow && r->shown; i++) {
        bool known = str_eq(r->shown[i], r->number) || str_eq(r->shown[i], ret->name);
        if (!known) {
            list[ret->shown.len++] = (struct control_shown){d->show[i].words, r->shown[i]};
        }
    }
}

static void put_cases(struct visit *v, struct control_page *p, struct control_row *rows, size_t n)
{
    struct control_case *cases = arena_array(v->ctx.arena, struct control_case, n + 1);
    p->more = n > CASES;
    n = p->more ? CASES : n;
    for (size_t i = 0; i < n; i++) {
        const struct control_row *r = &rows[i];
        str name = r->name.len ? r->name : r->number;
        cases[i] = (struct control_case){
            .row = r,
            .name = name.len ? name : words_in(p->control->over->newest->title, v->ctx.lang),
            .grace = r->grace_at > v->ctx.now,
            .until = r->waived ? clock_date(v->ctx.arena, r->waived_until) : STR("")};
        cases[i].ask = control_may_ask(v) && r->reason && !r->waived;
        put_shown(v, p->control, r, &cases[i]);
    }
    p->cases.ptr = cases;
    p->cases.len = n;
    if (p->more) {
        p->since = rows[n - 1].since;
        p->record = rows[n - 1].record;
    }
}

enum { SPAN_DAYS = 30 };

/* The days that were asked for, `to` among them; else the last SPAN_DAYS. */
static struct control_look span_ask(struct visit *v, const struct control *c,
                                    struct control_span *s)
{
    int64_t from;
    int64_t to;
    bool good = clock_parse_date(visit_param(v, STR("from")), &from) &&
                clock_parse_date(visit_param(v, STR("to")), &to) && from <= to;
    to = good ? to : v->ctx.today;
    from = good ? from : to - SPAN_DAYS + 1;
    s->from = clock_date(v->ctx.arena, from);
    s->to = clock_date(v->ctx.arena, to);
    int zone = v->model->zone_minutes;
    return control_look_ask(&v->ctx, c, clock_day_start(from, zone), clock_day_start(to + 1, zone));
}

void page_control(struct visit *v)
{
    const struct control *c = model_control(v->model, v->seg[0]);
    int64_t unit;
    if (!c || !c->newest || !control_unit_named(visit_param(v, STR("unit")), &unit)) {
        visit_error(v, err_make(ERR_NOT_FOUND, c && c->newest ? STR("unit") : STR("control")));
        return;
    }
    struct control_page p = {.visit = v,
                             .unit = unit,
                             .control = c,
                             .ask = c->over && control_may_ask(v),
                             .where = c->newest->where.text,
                             .holds = c->newest->holds.text,
                             .csrf = v->session.csrf};
    struct control_result r;
    struct control_row *rows;
    size_t n;
    int64_t since;
    int64_t record;
    place_of(v, &since, &record);
    struct control_day *days;
    size_t ndays;
    struct control_look look = span_ask(v, c, &p.span);
    struct batch *evidence = evidence_list_ask(&v->ctx, c);
    struct batch *unfound = control_unfound_ask(&v->ctx, c);
    struct unit_asked named = compliance_unit_ask(&v->ctx, unit == CONTROL_ANY_UNIT ? 0 : unit);
    err e = control_result(&v->ctx, c, &r);
    e = e.code ? e : compliance_unit_read(&v->ctx, &named, &p.of);
    e = e.code ? e : control_look_read(&v->ctx, &look, &r, &p.span.period, &days, &ndays);
    e = e.code ? e : control_rows(&v->ctx, c, unit, since, record, CASES + 1, &rows, &n);
    e = e.code ? e : control_unfound_read(&v->ctx, unfound, &p.unfound);
    e = e.code || !c->newest->manual ? e : attest_show(v, &r, &p.attest);
    e = e.code || !c->newest->over ? e : control_evidence(v, &p, evidence);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.line = control_line_of(v, &r);
    p.first = !since;
    p.trend = trend_of(v, false, days, ndays);
    p.items = clause_items(v->ctx.arena, c->newest->clause);
    put_cases(v, &p, rows, n);
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("合规", "Compliance"), words_in(c->newest->words, v->ctx.lang)),
        STR("controls"));
    control_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
