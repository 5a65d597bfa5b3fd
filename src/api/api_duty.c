/* api_duty.c - duties: how they stand, their occurrences, and who did them. */
#include "api/api_int.h"
#include "base/clock.h"
#include "connect/ical.h"
#include "engine/duty_history.h"

enum { RUNS_MAX = 200, RUNS = 50 };

/* The map stays open. */
static void open_duty(struct visit *v, struct json *j, const struct duty_result *r)
{
    json_open(j, '{');
    JSON_STR(j, "key", r->duty->key);
    json_key(j, STR("title"));
    api_put_words(j, r->def->words);
    JSON_STR(j, "state", control_state_key(r->state));
    JSON_BOOL(j, "good", control_state_good(r->state));
    JSON_I64(j, "waiting", r->counts.waiting);
    JSON_I64(j, "overdue", r->counts.overdue);
    JSON_I64(j, "done", r->counts.done);
    JSON_I64(j, "late", r->counts.late);
    JSON_I64(j, "missed", r->counts.missed);
    JSON_I64(j, "dropped", r->counts.dropped);
    json_key(j, STR("next_due"));
    api_put_time(v, j, r->next_due);
    json_key(j, STR("as_of"));
    api_put_time(v, j, r->as_of);
    json_key(j, STR("clause"));
    api_put_clause(v, j, r->def->clause);
}

/* --- which are meant, and who did them ----------------------------------------------------------
 */

static err day_of(struct visit *v, const char *name, int64_t or_else, int64_t *ret)
{
    str text = visit_param(v, str_from(name));
    *ret = or_else;
    return !text.len || clock_parse_date(text, ret) ? OK : err_make(ERR_INVALID, str_from(name));
}

static err number_of(struct visit *v, const char *name, bool *there, int64_t *ret)
{
    str text = visit_param(v, str_from(name));
    *there = text.len > 0;
    *ret = 0;
    bool good = !*there || (str_to_i64(text, ret) && *ret >= 0);
    return good ? OK : err_make(ERR_INVALID, str_from(name));
}

/* The window: of periods that began in it; the year that runs, where nothing is said. */
static err window_of(struct visit *v, struct duty_of *of)
{
    int year = clock_civil_day(v->ctx.today).year;
    int64_t to = 0;
    err e = day_of(v, "from", clock_day(year, 1, 1), &of->from);
    e = e.code ? e : day_of(v, "to", clock_day(year + 1, 1, 1) - 1, &to);
    of->end = to + 1;
    return e.code || of->from <= to ? e : err_make(ERR_INVALID, STR("to"));
}

static err of_read(struct visit *v, struct duty_of *of)
{
    str key = visit_param(v, STR("regulation"));
    bool by = false;
    of->reg = key.len ? model_reg(v->model, key) : NULL;
    of->clause = visit_param(v, STR("clause"));
    if ((key.len && !of->reg) || (of->clause.len && !of->reg)) {
        return err_make(ERR_INVALID, STR("regulation"));
    }
    err e = window_of(v, of);
    e = e.code ? e : number_of(v, "unit", &of->by_unit, &of->unit);
    e = e.code ? e : number_of(v, "owner", &of->by_owner, &of->owner);
    return e.code ? e : number_of(v, "by", &by, &of->doer);
}

static void put_counts(struct json *j, const struct duty_counts *c)
{
    JSON_I64(j, "ended", duty_ended(c));
    JSON_I64(j, "done", c->done);
    JSON_I64(j, "late", c->late);
    JSON_I64(j, "missed", c->missed);
    JSON_I64(j, "waiting", c->waiting);
    JSON_I64(j, "overdue", c->overdue);
    JSON_I64(j, "dropped", c->dropped);
}

static void put_post(struct visit *v, struct json *j, const struct duty_post *p)
{
    json_open(j, '{');
    JSON_STR(j, "post", duty_owner_words(&v->ctx, p->def));
    JSON_STR(j, "regulation", p->def->duty->reg->key);
    put_counts(j, &p->counts);
    json_key(j, STR("people"));
    json_open(j, '[');
    for (size_t i = 0; i < p->people.len; i++) {
        const struct duty_holder *h = &p->people.ptr[i];
        json_open(j, '{');
        JSON_I64(j, "id", h->person);
        JSON_STR(j, "name", h->name);
        put_counts(j, &h->counts);
        JSON_I64(j, "did", h->did);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_article(struct visit *v, struct json *j, const struct duty_article *a)
{
    json_open(j, '{');
    json_key(j, STR("clause"));
    api_put_clause(v, j, a->clause);
    json_key(j, STR("duties"));
    json_open(j, '[');
    for (size_t i = 0; i < a->duties.len; i++) {
        json_str(j, a->duties.ptr[i]->duty->key);
    }
    json_close(j, ']');
    put_counts(j, &a->counts);
    json_close(j, '}');
}

static void put_history(struct visit *v, struct json *j, const struct duty_of *of,
                        const struct duty_history *h)
{
    int64_t told = 0;
    json_key(j, STR("history"));
    json_open(j, '{');
    JSON_STR(j, "from", clock_date(v->ctx.arena, of->from));
    JSON_STR(j, "to", clock_date(v->ctx.arena, of->end - 1));
    put_counts(j, &h->counts);
    json_key(j, STR("articles"));
    json_open(j, '[');
    for (size_t i = 0; i < h->articles.len; i++) {
        put_article(v, j, &h->articles.ptr[i]);
    }
    json_close(j, ']');
    json_key(j, STR("posts"));
    json_open(j, '[');
    for (size_t i = 0; i < h->posts.len; i++) {
        put_post(v, j, &h->posts.ptr[i]);
        told += (int64_t)h->posts.ptr[i].people.len;
    }
    json_close(j, ']');
    JSON_BOOL(j, "more", h->more);
    JSON_I64(j, "people_left", h->holders > told ? h->holders - told : 0);
    json_close(j, '}');
}

void api_duties(struct visit *v)
{
    struct duty_result *list;
    size_t n;
    struct duty_of of = {0};
    struct duty_history h;
    err e = of_read(v, &of);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct duty_history_asked asked = duty_history_ask(&v->ctx, &of);
    e = duty_results(&v->ctx, &list, &n);
    e = e.code ? e : duty_history_read(&v->ctx, &of, &asked, &h);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_begin(v);
    json_open(&j, '{');
    json_key(&j, STR("items"));
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        if (duty_meant(&v->ctx, &of, list[i].duty)) {
            open_duty(v, &j, &list[i]);
            json_close(&j, '}');
        }
    }
    json_close(&j, ']');
    put_history(v, &j, &of, &h);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

static void put_run(struct visit *v, struct json *j, const struct duty_row *r)
{
    json_open(j, '{');
    JSON_I64(j, "id", r->id);
    JSON_STR(j, "state", duty_state_keys[r->state]);
    const struct {
        const char *key;
        int64_t at;
    } times[] = {{"begins", r->begins},
                 {"ends", r->ends},
                 {"due", r->due},
                 {"closes", r->closes},
                 {"done_at", r->done_at}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        json_key(j, str_from(times[i].key));
        api_put_time(v, j, times[i].at);
    }
    JSON_I64(j, "skipped", r->skipped);
    JSON_STR(j, "about", r->about_name);
    JSON_STR(j, "owners", r->owners);
    JSON_STR(j, "doer", r->doer);
    json_close(j, '}');
}

static err ask_of(struct visit *v, struct duty_ask *ask)
{
    str state = visit_param(v, STR("state"));
    str cursor = visit_param(v, STR("cursor"));
    int64_t limit = RUNS;
    err e = api_number(v, STR("limit"), RUNS, RUNS_MAX, &limit);
    ask->limit = (int)limit + 1;
    ask->state = -1;
    for (int i = 0; i < DUTY_STATES; i++) {
        ask->state = str_eq(state, duty_state_keys[i]) ? i : ask->state;
    }
    if (state.len && ask->state < 0) {
        return err_make(ERR_INVALID, STR("state"));
    }
    if (cursor.len && (!str_to_i64(cursor, &ask->after) || ask->after < 0)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    return e;
}

void api_duty(struct visit *v)
{
    const struct duty *d = model_duty(v->model, v->seg[0]);
    struct duty_result r;
    struct duty_ask ask = {.of = {.duty = d}};
    struct duty_history h;
    struct duty_row *rows;
    size_t n = 0;
    err e = d && d->newest ? of_read(v, &ask.of) : err_make(ERR_NOT_FOUND, STR("duty"));
    e = e.code ? e : ask_of(v, &ask);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct duty_of of = ask.of;
    if (!visit_param(v, STR("from")).len && !visit_param(v, STR("to")).len) {
        ask.of.from = 0; /* all occurrences, and the history of a year */
        ask.of.end = 0;
    }
    struct duty_history_asked asked = duty_history_ask(&v->ctx, &of);
    e = duty_result(&v->ctx, d, &r);
    e = e.code ? e : duty_rows(&v->ctx, &ask, &rows, &n);
    e = e.code ? e : duty_history_read(&v->ctx, &of, &asked, &h);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    bool more = n >= (size_t)ask.limit;
    n = more ? (size_t)ask.limit - 1 : n;
    struct json j = api_begin(v);
    open_duty(v, &j, &r);
    put_history(v, &j, &of, &h);
    json_key(&j, STR("items"));
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        put_run(v, &j, &rows[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("next"));
    more ? json_str(&j, str_fmt(v->ctx.arena, "%lld", (long long)rows[n - 1].id)) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

void api_calendar(struct visit *v)
{
    str mine = visit_param(v, STR("mine"));
    if (mine.len && !str_eq(mine, STR("true"))) {
        visit_error(v, api_invalid(v, STR("mine"), WORDS("只能是 true", "Only true")));
        return;
    }
    str text;
    err e = ical_duties(&v->ctx, v->app->public_url, v->app->organisation, mine.len > 0, &text);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/calendar; charset=utf-8"), .body = text, .file = -1};
    visit_download(v, STR("duties.ics"));
}
