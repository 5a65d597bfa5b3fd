/* duty_look.c - what the clock has to do about duties now. */
#include "engine/calendar.h"
#include "engine/duty_int.h"

const str duty_state_keys[DUTY_STATES] = {
    {"waiting", 7}, {"done", 4}, {"late", 4}, {"missed", 6}, {"dropped", 7}};

struct looking {
    const struct ctx *ctx;
    struct duty_todos *todos;
    struct duty_walk *walk;
    int64_t waiting, missed; /* codes of the states */
    int64_t first_act;       /* when the installation began */
};

void duty_walk_begin(struct duty_walk *w)
{
    for (size_t i = 0; i < DUTIES_MAX; i++) {
        w->after[i] = 0;
    }
}

int64_t duty_state_code(const struct model *m, int place)
{
    const struct state *s = tdef_state(m->duty_run->newest, duty_state_keys[place]);
    return s ? s->code : -1;
}

str duty_key(struct arena *a, const struct duty *d, int64_t about, int64_t begins)
{
    return str_fmt(a, "%.*s/%lld/%lld", STR_ARG(d->key), (long long)about, (long long)begins);
}

static struct duty_todo *add(struct looking *k, enum duty_what what, const struct duty *d)
{
    if (k->todos->n == DUTY_TODO_MAX) {
        return NULL;
    }
    struct duty_todo *t = &k->todos->list[k->todos->n++];
    *t = (struct duty_todo){.what = what, .duty = d};
    return t;
}

static void put_var(struct sqlb *b, str name)
{
    sqlb_ident2(b, "v_", name);
}

void duty_put_object(struct sqlb *b, const struct ddef *d, int param)
{
    sqlb_ident(b, d->each->table);
    SQLB_LIT(b, " ");
    put_var(b, d->each_name);
    SQLB_LIT(b, " where ");
    put_var(b, d->each_name);
    SQLB_LIT(b, ".id = ");
    sqlb_param(b, param);
}

/* --- periods that have begun ---------------------------------------------------------------- */

int64_t duty_since(const struct duty *d, int64_t first_act)
{
    size_t v = d->ndefs;
    while (v > 1 && d->defs[v - 2]) {
        v--;
    }
    int64_t at = d->reg->laws[v - 1]->published_at;
    return at > first_act ? at : first_act;
}

/* The moment of `at`, in ms: dates at their midnight. */
static void put_moment(struct sqlb *b, const struct ddef *d, const struct model *m)
{
    SQLB_LIT(b, "(");
    sqlb_sql(b, d->at.value);
    SQLB_LIT(b, ")");
    if (d->at.type.kind == V_DATE) {
        SQLB_LIT(b, " * 86400000 - ");
        sqlb_i64(b, (int64_t)m->zone_minutes * 60000);
    }
}

/* The end of the object's last occurrence; of a duty that comes once, whether it came. */
static void put_last(struct sqlb *b, const struct ddef *d, const struct model *m)
{
    SQLB_LIT(b, "(select max(q.f_ends) from ");
    sqlb_ident(b, m->duty_run->table);
    SQLB_LIT(b, " q where q.f_duty = $4 and q.f_about ");
    if (!d->each) {
        SQLB_LIT(b, "is null)");
        return;
    }
    SQLB_LIT(b, "= ");
    put_var(b, d->each_name);
    SQLB_LIT(b, ".id");
    if (d->every == EVERY_ONCE) {
        SQLB_LIT(b, " and q.f_begins = ");
        put_moment(b, d, m);
    }
    SQLB_LIT(b, ")");
}

static void put_length(struct sqlb *b, const struct ddef *d, const struct model *m)
{
    if (d->every == EVERY_ONCE) {
        put_moment(b, d, m);
    } else if (d->every == EVERY_LENGTH) {
        SQLB_LIT(b, "(");
        sqlb_sql(b, d->length.value);
        SQLB_LIT(b, ")");
    } else {
        SQLB_LIT(b, "0");
    }
}

static void put_owed(struct sqlb *b, const struct ddef *d)
{
    SQLB_LIT(b, "$2 in (");
    sqlb_sql(b, d->owner.who);
    SQLB_LIT(b, ")");
}

static void put_said(struct sqlb *b, const struct ddef *d, bool due)
{
    if (due && d->due.tree) {
        SQLB_LIT(b, ", (");
        sqlb_sql(b, d->due.value);
        SQLB_LIT(b, ") as due");
    } else {
        SQLB_LIT(b, ", cast(null as bigint) as due");
    }
}

void duty_put_objects(struct sqlb *b, const struct model *m, const struct ddef *d,
                      struct duty_objects with)
{
    bool mine = with.mine && d->owner.who.text.len;
    SQLB_LIT(b, " (select ");
    if (d->each) {
        put_var(b, d->each_name);
        SQLB_LIT(b, ".id as id, ");
        put_var(b, d->each_name);
        SQLB_LIT(b, ".unit as unit, ");
        put_var(b, d->each_name);
        SQLB_LIT(b, ".created_at as created_at, ");
    } else {
        SQLB_LIT(b, "1 as id, cast(null as bigint) as unit, cast(0 as bigint) as created_at, ");
    }
    put_length(b, d, m);
    SQLB_LIT(b, " as len, ");
    put_last(b, d, m);
    SQLB_LIT(b, " as last");
    put_said(b, d, with.due);
    if (d->each) {
        sqlb_sql(b, d->each_from);
        SQLB_LIT(b, " and cast((");
        sqlb_sql(b, d->each_set.value);
        SQLB_LIT(b, ") as integer) = 1");
        if (mine) {
            SQLB_LIT(b, " and ");
            put_owed(b, d);
        }
    } else if (mine) {
        SQLB_LIT(b, " where ");
        put_owed(b, d);
    }
    SQLB_LIT(b, ") x");
}

/* Objects after $5 of which an occurrence may begin. */
static struct sql objects_sql(const struct looking *k, const struct ddef *d)
{
    struct sqlb b = sqlb_make(k->ctx->arena);
    SQLB_LIT(&b, "select x.id, x.unit, x.created_at, x.len, x.last from");
    duty_put_objects(&b, k->ctx->model, d, (struct duty_objects){0});
    if (d->every == EVERY_ONCE) {
        SQLB_LIT(&b, " where x.last is null and x.len <= $1");
    } else {
        SQLB_LIT(&b, " where x.len is not null and (x.last is null or x.last <= $1)");
    }
    SQLB_LIT(&b, " and x.id > $5 order by x.id limit $6");
    return sqlb_end(&b);
}

static err look_object(struct looking *k, const struct ddef *d, const struct rows *r)
{
    struct duty_object o = {.id = d->each ? rows_i64(r, 0) : 0,
                            .unit = rows_i64(r, 1),
                            .since = duty_since(d->duty, k->first_act),
                            .length = rows_i64(r, 3),
                            .last = rows_i64(r, 4)};
    int64_t created = rows_i64(r, 2);
    o.since = created > o.since ? created : o.since;
    struct duty_period p;
    err e = duty_period(k->ctx, d, &o, &p);
    struct duty_todo *t = !e.code && p.any ? add(k, DUTY_OPEN, d->duty) : NULL;
    if (t) {
        t->object = o;
        t->period = p;
    }
    return e;
}

/* How many rows may be asked for now; 0: no room is left for what they lead to. */
static int64_t room(const struct looking *k)
{
    int64_t most = DUTY_TODO_MAX - (int64_t)k->todos->n;
    most = most < DUTY_LOOK ? most : DUTY_LOOK;
    return k->walk->left < most ? k->walk->left : most;
}

/* Behind the last one that was looked at, whichever look that was. */
static err look_objects(struct looking *k, const struct ddef *d)
{
    struct sql sql = objects_sql(k, d);
    int64_t *after = &k->walk->after[d->duty->code];
    for (int64_t most = room(k); most > 0 && *after >= 0; most = room(k)) {
        struct db_arg more[] = {db_text(d->duty->key), db_i64(*after), db_i64(most)};
        struct rows r;
        err e = db_query(k->ctx->db, k->ctx->arena, sql, ctx_args(k->ctx, more, 3), &r);
        int64_t n = e.code ? 0 : rows_count(&r);
        while (!e.code && rows_next(&r)) {
            *after = rows_i64(&r, 0);
            e = look_object(k, d, &r);
        }
        if (e.code) {
            return e;
        }
        k->walk->left -= n;
        *after = n < most ? -1 : *after;
    }
    k->walk->more = k->walk->more || *after >= 0;
    return OK;
}

/* --- occurrences that were met ---------------------------------------------------------------- */

static void put_finals(struct sqlb *b, const struct type *t)
{
    bool some = false;
    SQLB_LIT(b, "r.state in (");
    for (size_t i = 0; i < t->nstates; i++) {
        if (t->states[i]->final) {
            if (some) {
                SQLB_LIT(b, ", ");
            }
            sqlb_i64(b, t->states[i]->code);
            some = true;
        }
    }
    if (!some) {
        SQLB_LIT(b, "-1");
    }
    SQLB_LIT(b, ")");
}

/* Of those waiting and, for a while, those missed: the occurrence, and the record that meets
 * it. */
static struct sql created_sql(const struct looking *k, const struct ddef *d)
{
    struct sqlb b = sqlb_make(k->ctx->arena);
    SQLB_LIT(&b, "select o.id, r.id from ");
    sqlb_ident(&b, k->ctx->model->duty_run->table);
    SQLB_LIT(&b, " o, ");
    sqlb_ident(&b, d->create.target->table);
    SQLB_LIT(&b, " r where o.f_duty = $4 and o.state in ($5, $6) and o.f_closes > $7"
                 " and r.id = o.f_record and ");
    if (d->done.tree) {
        sqlb_sql(&b, d->done.is_true);
    } else {
        put_finals(&b, d->create.target);
    }
    SQLB_LIT(&b, " order by o.id limit $8");
    return sqlb_end(&b);
}

/* The first record that arrived after the period began and has met no other occurrence. */
static struct sql arrived_sql(const struct looking *k, const struct ddef *d)
{
    struct sqlb b = sqlb_make(k->ctx->arena);
    SQLB_LIT(&b, "select x.id, x.met from (select r.id as id, (select ");
    put_var(&b, d->expected_name);
    SQLB_LIT(&b, ".id");
    sqlb_sql(&b, d->expected_from);
    SQLB_LIT(&b, " and cast((");
    sqlb_sql(&b, d->expected_set.value);
    SQLB_LIT(&b, ") as integer) = 1 and ");
    put_var(&b, d->expected_name);
    SQLB_LIT(&b, ".created_at >= r.f_begins and not exists(select 1 from ");
    sqlb_ident(&b, k->ctx->model->duty_run->table);
    SQLB_LIT(&b, " u where u.f_record = ");
    put_var(&b, d->expected_name);
    SQLB_LIT(&b, ".id and u.f_duty = $4) order by ");
    put_var(&b, d->expected_name);
    SQLB_LIT(&b, ".created_at, ");
    put_var(&b, d->expected_name);
    SQLB_LIT(&b, ".id limit 1) as met from ");
    sqlb_ident(&b, k->ctx->model->duty_run->table);
    SQLB_LIT(&b, " r");
    if (d->each) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, d->each->table);
        SQLB_LIT(&b, " ");
        put_var(&b, d->each_name);
        SQLB_LIT(&b, " where ");
        put_var(&b, d->each_name);
        SQLB_LIT(&b, ".id = r.f_about and ");
    } else {
        SQLB_LIT(&b, " where ");
    }
    SQLB_LIT(&b, "r.f_duty = $4 and r.state = $5) x where x.met is not null order by x.id"
                 " limit $6");
    return sqlb_end(&b);
}

static err look_met(struct looking *k, const struct ddef *d)
{
    struct db_arg key = db_text(d->duty->key);
    struct db_arg made[] = {key, db_i64(k->waiting), db_i64(k->missed),
                            db_i64(k->ctx->now - DUTY_YEAR_DAYS * 86400000LL), db_i64(DUTY_LOOK)};
    struct db_arg came[] = {key, db_i64(k->waiting), db_i64(DUTY_LOOK)};
    struct rows r;
    err e =
        d->creates
            ? db_query(k->ctx->db, k->ctx->arena, created_sql(k, d), ctx_args(k->ctx, made, 5), &r)
            : db_query(k->ctx->db, k->ctx->arena, arrived_sql(k, d), ctx_args(k->ctx, came, 3), &r);
    int64_t used = 0;
    while (!e.code && rows_next(&r)) {
        if (!d->creates && rows_i64(&r, 1) == used) {
            continue; /* one record meets one occurrence; the other is looked at again */
        }
        used = rows_i64(&r, 1);
        struct duty_todo *t = add(k, DUTY_MET, d->duty);
        if (t) {
            t->run = rows_i64(&r, 0);
            t->met_by = used;
        }
    }
    return e;
}

/* --- those missed, dropped, handed on -------------------------------------------------------- */

static err add_runs(struct looking *k, enum duty_what what, struct sql sql, struct db_args args)
{
    struct rows r;
    err e = db_query(k->ctx->db, k->ctx->arena, sql, args, &r);
    while (!e.code && rows_next(&r)) {
        struct duty_todo *t = add(k, what, model_duty(k->ctx->model, rows_text(&r, 1)));
        if (t) {
            t->run = rows_i64(&r, 0);
        }
    }
    return e;
}

static struct sqlb runs_sql(const struct looking *k)
{
    struct sqlb b = sqlb_make(k->ctx->arena);
    SQLB_LIT(&b, "select r.id, r.f_duty from ");
    sqlb_ident(&b, k->ctx->model->duty_run->table);
    SQLB_LIT(&b, " r where r.state = $4");
    return b;
}

static err look_missed(struct looking *k)
{
    struct sqlb b = runs_sql(k);
    SQLB_LIT(&b, " and r.f_closes <= $1 order by r.f_closes, r.id limit $5");
    struct db_arg more[] = {db_i64(k->waiting), db_i64(DUTY_LOOK)};
    return add_runs(k, DUTY_MISS, sqlb_end(&b), ctx_args(k->ctx, more, 2));
}

/* Waiting ones whose object has left the set. */
static err look_left(struct looking *k, const struct ddef *d)
{
    if (!d->each) {
        return OK;
    }
    struct sqlb b = runs_sql(k);
    SQLB_LIT(&b, " and r.f_duty = $5 and not exists(select 1");
    sqlb_sql(&b, d->each_from);
    SQLB_LIT(&b, " and ");
    put_var(&b, d->each_name);
    SQLB_LIT(&b, ".id = r.f_about) order by r.id limit $6");
    struct db_arg more[] = {db_i64(k->waiting), db_text(d->duty->key), db_i64(DUTY_LOOK)};
    return add_runs(k, DUTY_DROP, sqlb_end(&b), ctx_args(k->ctx, more, 3));
}

/* Waiting ones of duties that no version in force has. */
static err look_retired(struct looking *k)
{
    struct sqlb b = runs_sql(k);
    const struct model *m = k->ctx->model;
    SQLB_LIT(&b, " and r.f_duty not in (''");
    for (size_t i = 0; i < m->nduties; i++) {
        if (m->duties[i]->newest) {
            SQLB_LIT(&b, ", ");
            sqlb_text(&b, m->duties[i]->key);
        }
    }
    SQLB_LIT(&b, ") order by r.id limit $5");
    struct db_arg more[] = {db_i64(k->waiting), db_i64(DUTY_LOOK)};
    return add_runs(k, DUTY_DROP, sqlb_end(&b), ctx_args(k->ctx, more, 2));
}

/* Of all that waits, behind the last one. */
static err look_owners(struct looking *k)
{
    struct duty_walk *w = k->walk;
    int64_t most = DUTY_TODO_MAX - (int64_t)k->todos->n;
    most = w->left < most ? w->left : most;
    bool rest = w->more;
    w->more = true;
    if (most <= 0) {
        return OK;
    }
    size_t before = k->todos->n;
    struct sqlb b = runs_sql(k);
    SQLB_LIT(&b, " and r.id > $5 order by r.id limit $6");
    struct db_arg more[] = {db_i64(k->waiting), db_i64(w->owners_after), db_i64(most)};
    err e = add_runs(k, DUTY_ASSIGN, sqlb_end(&b), ctx_args(k->ctx, more, 3));
    int64_t n = (int64_t)(k->todos->n - before);
    if (!e.code) {
        w->left -= n;
        w->owners = n == most;
        w->owners_after = w->owners ? k->todos->list[k->todos->n - 1].run : 0;
        w->more = rest || w->owners;
    }
    return e;
}

static err look_begin(struct looking *k)
{
    struct rows r;
    err e = db_query(k->ctx->db, k->ctx->arena, SQL("select at from act order by id limit 1"),
                     NO_ARGS, &r);
    k->first_act = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    k->waiting = duty_state_code(k->ctx->model, 0);
    k->missed = duty_state_code(k->ctx->model, 3);
    return e;
}

err duty_look(const struct ctx *ctx, struct duty_walk *walk, struct duty_todos *ret)
{
    struct looking k = {.ctx = ctx, .todos = ret, .walk = walk};
    const struct model *m = ctx->model;
    ret->n = 0;
    walk->more = false;
    err e = look_begin(&k);
    for (size_t i = 0; i < m->nduties && !e.code; i++) {
        const struct ddef *d = m->duties[i]->newest;
        if (d) {
            e = look_met(&k, d); /* before anything is missed */
            e = e.code ? e : look_left(&k, d);
            e = e.code ? e : look_objects(&k, d);
        }
    }
    e = e.code ? e : look_retired(&k);
    e = e.code ? e : look_missed(&k);
    return e.code || !walk->owners ? e : look_owners(&k);
}
