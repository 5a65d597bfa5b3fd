/* duty.c - what came of duties: figures, states, occurrences. */
#include "engine/duty.h"

#include "engine/calendar.h"
#include "engine/duty_sum.h"
#include "engine/record_load.h"

static enum control_state state_of(const struct ctx *ctx, const struct duty_result *r)
{
    const struct duty_counts *c = &r->counts;
    if (!r->as_of || ctx->now - r->as_of > DUTY_AGE_MS) {
        return CONTROL_STALE;
    }
    if (c->waiting + c->done + c->late + c->missed == 0) {
        return CONTROL_VACUOUS;
    }
    if (c->failing) {
        return CONTROL_FAIL;
    }
    if (c->overdue) { /* also before any has ended: that much is known */
        return CONTROL_WARN;
    }
    return r->ended || duty_ended(c) ? CONTROL_PASS : CONTROL_UNKNOWN;
}

static bool idle(const struct duty_result *r)
{
    return r->state == CONTROL_VACUOUS || r->state == CONTROL_UNKNOWN;
}

int duty_rank(const struct duty_result *r)
{
    return idle(r) ? 2 * CONTROL_WARN + 1 : 2 * (int)r->state;
}

bool duty_bad(const struct duty_result *r)
{
    return !idle(r) && !control_state_good(r->state);
}

int64_t duty_ended(const struct duty_counts *c)
{
    return c->done + c->late + c->missed;
}

static void put_is(struct sqlb *b, const struct model *m, int place)
{
    SQLB_LIT(b, "r.state = ");
    sqlb_i64(b, duty_state_code(m, place));
}

void duty_put_figures(struct sqlb *b, const struct model *m)
{
    for (int i = 0; i < DUTY_STATES; i++) {
        SQLB_LIT(b, ", cast(sum(case when ");
        put_is(b, m, i);
        SQLB_LIT(b, " then r.n else 0 end) as bigint)");
    }
    SQLB_LIT(b, ", cast(sum(case when ");
    put_is(b, m, 0);
    SQLB_LIT(b, " and r.f_due < $1 then r.n else 0 end) as bigint)");
}

struct duty_counts duty_take_figures(const struct rows *r, int at)
{
    return (struct duty_counts){.waiting = rows_i64(r, at),
                                .done = rows_i64(r, at + 1),
                                .late = rows_i64(r, at + 2),
                                .missed = rows_i64(r, at + 3),
                                .dropped = rows_i64(r, at + 4),
                                .overdue = rows_i64(r, at + 5)};
}

/* " or (.. and a waiting occurrence of it is there)"; by the index of an object's occurrences. */
static void put_waits(struct sqlb *b, const struct model *m, bool about)
{
    if (about) {
        SQLB_LIT(b, " or (l.about <> 0 and exists(select 1 from ");
    } else {
        SQLB_LIT(b, " or (l.about = 0 and exists(select 1 from ");
    }
    sqlb_ident(b, m->duty_run->table);
    SQLB_LIT(b, " r where r.f_duty = l.duty and r.f_about ");
    if (about) {
        SQLB_LIT(b, "= l.about and +");
    } else {
        SQLB_LIT(b, "is null and +");
    }
    put_is(b, m, 0);
    SQLB_LIT(b, "))");
}

/* What is owed still, however long its period: it waits for its next occurrence. */
static void put_still_owed(struct sqlb *b, const struct model *m)
{
    put_waits(b, m, true);
    put_waits(b, m, false);
}

/* One row a duty: key, n of each state, overdue, failing, next due; with one more argument of that
 * one.  What ended counts for a year, whose beginning is the first; what waits, and whether the
 * last one was missed, however long ago it began: a yearly one ends when the next has begun. */
static struct sql figures_sql(const struct ctx *ctx, bool one, struct db_arg *args, int *n)
{
    const struct model *m = ctx->model;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.duty");
    duty_put_figures(&b, m);
    SQLB_LIT(&b, ", cast(sum(r.failing) as bigint), min(case when ");
    put_is(&b, m, 0);
    SQLB_LIT(&b, " then r.f_due end) from (select k.duty as duty, k.state as state, s.n as n,"
                 " cast(0 as bigint) as f_due, cast(0 as bigint) as failing from");
    duty_sum_put(&b, duty_year_since(ctx), 0, args, n);
    SQLB_LIT(&b, "s join duty_kind k on k.id = s.kind"
                 " union all select r.f_duty, r.state, 1, r.f_due, 0 from ");
    sqlb_ident(&b, m->duty_run->table);
    SQLB_LIT(&b, " r where");
    duty_sum_put_waiting(&b, m);
    SQLB_LIT(&b, " union all"
                 " select l.duty, -1, 0, 0, count(*) from duty_last l where l.state = ");
    sqlb_i64(&b, duty_state_code(m, 3));
    SQLB_LIT(&b, " and (l.begins >= $4");
    put_still_owed(&b, m);
    SQLB_LIT(&b, ") group by l.duty) r");
    if (one) {
        SQLB_LIT(&b, " where r.duty = ");
        sqlb_param(&b, *n + 4);
    }
    SQLB_LIT(&b, " group by r.duty");
    return sqlb_end(&b);
}

static void result_take(struct duty_result *x, const struct rows *r)
{
    x->counts = duty_take_figures(r, 1);
    x->counts.failing = rows_i64(r, 7);
    x->next_due = rows_i64(r, 8);
}

/* The keys of those of which some occurrence ever ended: of one duty or, NULL, of all. */
static struct sql ended_sql(const struct ctx *ctx, const struct duty *one)
{
    const struct model *m = ctx->model;
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select v.column1 from (values ");
    for (size_t i = 0; i < m->nduties; i++) {
        if (!one || m->duties[i] == one) {
            SQLB_LIT(&b, "(");
            sqlb_text(&b, m->duties[i]->key);
            if (one || i + 1 == m->nduties) {
                SQLB_LIT(&b, ")");
            } else {
                SQLB_LIT(&b, "), ");
            }
        }
    }
    SQLB_LIT(&b, ") v where (select 1 from duty_last l where l.duty = v.column1 limit 1) = 1");
    return sqlb_end(&b);
}

/* When the clock last looked, and the figures of one duty or, NULL, of all. */
static struct duty_asked ask_figures(const struct ctx *ctx, const struct duty *one)
{
    struct duty_asked q = {.b = batch_begin(ctx->db, ctx->arena)};
    struct db_arg args[DUTY_SUM_ARGS + 1];
    int n = 0;
    struct sql sql = figures_sql(ctx, one != NULL, args, &n);
    if (one) {
        args[n++] = db_text(one->key);
    }
    q.seen = batch_add(q.b, SQL("select at from duty_seen where one = 1"), NO_ARGS);
    q.figures = batch_add(q.b, sql, ctx_args(ctx, args, n));
    q.ended = batch_add(q.b, ended_sql(ctx, one), NO_ARGS);
    return q;
}

static int64_t seen_at(const struct duty_asked *q)
{
    struct rows r = batch_rows(q->b, q->seen);
    return rows_next(&r) ? rows_i64(&r, 0) : 0;
}

struct duty_asked duty_results_ask(const struct ctx *ctx)
{
    if (!ctx->model->duty_run || !ctx->model->nduties) {
        return (struct duty_asked){0};
    }
    struct duty_asked q = ask_figures(ctx, NULL);
    batch_ride(q.b);
    return q;
}

err duty_results_read(const struct ctx *ctx, const struct duty_asked *q, struct duty_result **ret,
                      size_t *n)
{
    const struct model *m = ctx->model;
    struct duty_result *by_code = arena_array(ctx->arena, struct duty_result, m->nduties + 1);
    struct duty_result *list = arena_array(ctx->arena, struct duty_result, m->nduties + 1);
    *ret = list;
    *n = 0;
    err e = q->b ? batch_join(q->b) : OK;
    if (e.code || !q->b) {
        return e;
    }
    int64_t at = seen_at(q);
    struct rows r = batch_rows(q->b, q->figures);
    for (size_t i = 0; i < m->nduties; i++) {
        by_code[i] =
            (struct duty_result){.duty = m->duties[i], .def = m->duties[i]->newest, .as_of = at};
    }
    while (rows_next(&r)) {
        const struct duty *d = model_duty(m, rows_text(&r, 0));
        if (d) {
            result_take(&by_code[d->code], &r);
        }
    }
    r = batch_rows(q->b, q->ended);
    while (rows_next(&r)) {
        const struct duty *d = model_duty(m, rows_text(&r, 0));
        if (d) {
            by_code[d->code].ended = true;
        }
    }
    for (size_t g = 0; g < m->nregs; g++) {
        const struct law *law = m->regs[g]->newest;
        for (size_t i = 0; i < law->nduties; i++) {
            struct duty_result *x = &by_code[law->duties[i].duty->code];
            x->state = state_of(ctx, x);
            list[(*n)++] = *x;
        }
    }
    return OK;
}

err duty_results(const struct ctx *ctx, struct duty_result **ret, size_t *n)
{
    struct duty_asked q = duty_results_ask(ctx);
    return duty_results_read(ctx, &q, ret, n);
}

err duty_result(const struct ctx *ctx, const struct duty *d, struct duty_result *ret)
{
    *ret = (struct duty_result){.duty = d, .def = d->newest};
    if (!d->newest || !ctx->model->duty_run) {
        return err_make(ERR_NOT_FOUND, STR("the duty is retired"));
    }
    struct duty_asked q = ask_figures(ctx, d);
    err e = batch_run(q.b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(q.b, q.figures);
    ret->as_of = seen_at(&q);
    if (rows_next(&r)) {
        result_take(ret, &r);
    }
    struct rows ended = batch_rows(q.b, q.ended);
    ret->ended = rows_count(&ended) > 0;
    ret->state = state_of(ctx, ret);
    return e;
}

/* --- occurrences -------------------------------------------------------------------------- */

/* " and the state is one of those". */
static void put_states(struct sqlb *b, const struct model *m, const struct duty_ask *ask)
{
    static const int open[] = {0, 3};
    static const int ended[] = {1, 2, 3};
    const int *list = ask->open ? open : ended;
    size_t n = ask->open ? 2 : 3;
    if (ask->overdue) {
        SQLB_LIT(b, " and r.f_due < $1 and ");
        put_is(b, m, 0);
    } else if (ask->open || ask->ended) {
        SQLB_LIT(b, " and r.state in (");
        for (size_t i = 0; i < n; i++) {
            if (i) {
                SQLB_LIT(b, ", ");
            }
            sqlb_i64(b, duty_state_code(m, list[i]));
        }
        SQLB_LIT(b, ")");
    } else if (ask->state >= 0) {
        SQLB_LIT(b, " and ");
        put_is(b, m, ask->state);
    }
}

/* " and ..": its state is one of those, and the actor owes it where only his are asked for. */
static void put_which(const struct ctx *ctx, struct sqlb *b, const struct duty_ask *ask, str owners)
{
    put_states(b, ctx->model, ask);
    if (ask->mine) {
        SQLB_LIT(b, " and exists(select 1 from ");
        sqlb_ident(b, owners);
        SQLB_LIT(b, " o where o.owner = r.id and o.target = $2)");
    }
}

/* " from ..": all that are meant and may be seen.  $4, $5: due within; $6: before this id. */
static void put_each(const struct ctx *ctx, struct sqlb *b, const struct duty_ask *ask,
                     struct db_arg *args, int *n)
{
    SQLB_LIT(b, " from ");
    sqlb_ident(b, ctx->model->duty_run->table);
    SQLB_LIT(b, " r where ");
    load_visible(ctx, b, ctx->model->duty_run);
    SQLB_LIT(b, " and ($4 = 0 or r.f_due >= $4) and ($5 = 0 or r.f_due < $5)"
                " and ($6 = 0 or r.id < $6)");
    duty_put_of(ctx, b, &ask->of, args, n);
    put_which(ctx, b, ask, duty_owner_table(ctx->arena, ctx->model));
}

/* "(select .. as id, .. as f_begins ..) r where ..": counted ones of the kind q, before $6. */
static void put_counted(const struct ctx *ctx, struct sqlb *b, const struct duty_ask *ask,
                        struct db_arg *args, int n)
{
    SQLB_LIT(b, "(select c.kind as kind, c.record as id, c.begins as f_begins from duty_counted c)"
                " r where r.kind = q.id and r.id < case when $6 = 0 then 9223372036854775807"
                " else $6 end");
    duty_put_window(ctx, b, &ask->of, args, &n);
}

/* The same of the newest: by kind, as far back as the kind whose $7th newest is the newest, and
 * what waits.  The others of a kind lie behind so many that they are not asked for. */
static void put_newest(const struct ctx *ctx, struct sqlb *b, const struct duty_ask *ask,
                       struct db_arg *args, int *n)
{
    const struct model *m = ctx->model;
    int whose = *n; /* asked once more below, by the same arguments */
    SQLB_LIT(b, " from (with q as materialized (select * from (");
    duty_sum_put_links(ctx, b);
    SQLB_LIT(b, "select r.id as id from ");
    duty_sum_put_kinds(b);
    SQLB_LIT(b, " where (");
    load_visible(ctx, b, m->duty_run);
    SQLB_LIT(b, ")");
    duty_put_whose(ctx, b, &ask->of, STR("duty_person"), args, n);
    put_which(ctx, b, ask, STR("duty_person"));
    int window = *n;
    SQLB_LIT(b, ") v), edge as materialized (select coalesce(max((select r.id from ");
    put_counted(ctx, b, ask, args, window);
    SQLB_LIT(b, " order by r.id desc limit 1 offset $7 - 1)), 0) as id from q)"
                " select r.id as id from edge cross join q cross join ");
    put_counted(ctx, b, ask, args, window);
    SQLB_LIT(b, " and r.id >= edge.id union all select r.id from ");
    sqlb_ident(b, m->duty_run->table);
    SQLB_LIT(b, " r where");
    duty_sum_put_waiting(b, m);
    SQLB_LIT(b, " and ($6 = 0 or r.id < $6)");
    duty_put_whose(ctx, b, &ask->of, duty_owner_table(ctx->arena, ctx->model), args, &whose);
    duty_put_window(ctx, b, &ask->of, args, n);
    put_which(ctx, b, ask, duty_owner_table(ctx->arena, ctx->model));
    SQLB_LIT(b, " and (");
    load_visible(ctx, b, m->duty_run);
    SQLB_LIT(b, ") order by id desc limit $7) found join ");
    sqlb_ident(b, m->duty_run->table);
    SQLB_LIT(b, " r on r.id = found.id");
}

/* args: room for DUTY_OF_ARGS + 4. */
static struct sql rows_sql(const struct ctx *ctx, const struct duty_ask *ask, struct db_arg *args,
                           int *n)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select r.id, r.f_duty, r.f_title, r.f_begins, r.f_ends, r.f_due, r.f_closes,"
                 " r.f_done_at, r.state, r.f_skipped, r.f_about, r.f_record, r.f_doer");
    const struct db_arg own[] = {db_i64(ask->from), db_i64(ask->to), db_i64(ask->after),
                                 db_i64(ask->limit)};
    for (*n = 0; *n < 4; (*n)++) {
        args[*n] = own[*n];
    }
    bool by_due = ask->from || ask->to;
    if (by_due || !duty_sum_sees(ctx)) {
        put_each(ctx, &b, ask, args, n);
    } else {
        put_newest(ctx, &b, ask, args, n);
    }
    if (by_due) {
        SQLB_LIT(&b, " order by r.f_due, r.id limit $7");
    } else {
        SQLB_LIT(&b, " order by r.id desc limit $7");
    }
    return sqlb_end(&b);
}

static int64_t place_of(const struct model *m, int64_t code)
{
    for (int i = 0; i < DUTY_STATES; i++) {
        if (duty_state_code(m, i) == code) {
            return i;
        }
    }
    return DUTY_STATES - 1;
}

static struct duty_row row_of(const struct ctx *ctx, const struct rows *r)
{
    const struct duty *d = model_duty(ctx->model, rows_text(r, 1));
    return (struct duty_row){.id = rows_i64(r, 0),
                             .duty = d,
                             .title = rows_text(r, 2),
                             .begins = rows_i64(r, 3),
                             .ends = rows_i64(r, 4),
                             .due = rows_i64(r, 5),
                             .closes = rows_i64(r, 6),
                             .done_at = rows_i64(r, 7),
                             .state = place_of(ctx->model, rows_i64(r, 8)),
                             .skipped = rows_i64(r, 9),
                             .about = rows_i64(r, 10),
                             .about_type = d && d->newest ? d->newest->each : NULL,
                             .record = rows_i64(r, 11)};
}

const struct ddef *duty_def(const struct duty *d)
{
    for (size_t i = d->ndefs; !d->newest && i > 0; i--) {
        if (d->defs[i - 1]) {
            return d->defs[i - 1];
        }
    }
    return d->newest;
}

str duty_row_title(const struct ctx *ctx, const struct duty_row *r)
{
    const struct ddef *d = r->duty ? r->duty->newest : NULL;
    return d ? words_in(d->words, ctx->lang) : r->title;
}

/* Names of the owners of all rows, in one question. */
static struct sql owners_sql(const struct ctx *ctx, const struct duty_row *list, size_t n)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select o.owner, p.f_full_name from ");
    sqlb_ident(&b, duty_owner_table(ctx->arena, ctx->model));
    SQLB_LIT(&b, " o join ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " p on p.id = o.target where o.owner in (0");
    for (size_t i = 0; i < n; i++) {
        SQLB_LIT(&b, ", ");
        sqlb_i64(&b, list[i].id);
    }
    SQLB_LIT(&b, ") order by o.owner, p.id limit 2000");
    return sqlb_end(&b);
}

static void put_owners(const struct ctx *ctx, struct rows r, struct duty_row *list, size_t n)
{
    while (rows_next(&r)) {
        for (size_t i = 0; i < n; i++) {
            str *to = &list[i].owners;
            if (list[i].id == rows_i64(&r, 0) && to->len < 200) {
                str name = rows_text(&r, 1);
                *to =
                    to->len ? str_fmt(ctx->arena, "%.*s, %.*s", STR_ARG(*to), STR_ARG(name)) : name;
            }
        }
    }
}

/* Names of objects and doers, and the owners, in one batch. */
static err put_names(const struct ctx *ctx, struct names *names, const int64_t *doers,
                     struct duty_row *list, size_t n)
{
    const struct type *person = ctx->model->person;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int owners = person ? batch_add(b, owners_sql(ctx, list, n), NO_ARGS) : -1;
    names_ask(names, b);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    names_read(names, b);
    for (size_t i = 0; i < n; i++) {
        struct duty_row *x = &list[i];
        x->about_name =
            x->about && x->about_type ? names_get(names, x->about_type, x->about).name : STR("");
        x->doer = doers[i] && person ? names_get(names, person, doers[i]).name : STR("");
    }
    if (owners >= 0) {
        put_owners(ctx, batch_rows(b, owners), list, n);
    }
    return OK;
}

err duty_rows(const struct ctx *ctx, const struct duty_ask *ask, struct duty_row **ret, size_t *n)
{
    const struct model *m = ctx->model;
    *n = 0;
    *ret = arena_array(ctx->arena, struct duty_row, (size_t)ask->limit + 1);
    if (!m->duty_run) {
        return OK;
    }
    struct db_arg *args = arena_array(ctx->arena, struct db_arg, DUTY_OF_ARGS + 4);
    int nargs;
    struct sql sql = rows_sql(ctx, ask, args, &nargs);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sql, ctx_args(ctx, args, nargs), &r);
    struct duty_row *list = *ret;
    int64_t *doers = arena_array(ctx->arena, int64_t, (size_t)ask->limit + 1);
    struct names *names = names_begin(ctx);
    while (!e.code && rows_next(&r) && *n < (size_t)ask->limit) {
        struct duty_row *x = &list[*n];
        *x = row_of(ctx, &r);
        doers[*n] = rows_i64(&r, 12);
        if (x->about && x->about_type) {
            names_want(names, x->about_type, x->about);
        }
        if (doers[*n] && m->person) {
            names_want(names, m->person, doers[*n]);
        }
        (*n)++;
    }
    return e.code || !*n ? e : put_names(ctx, names, doers, list, *n);
}
