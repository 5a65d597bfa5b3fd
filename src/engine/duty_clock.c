/* duty_clock.c - when the clock looks at duties: after acts, with a new day or a new version,
 * when the next one falls due, and once a minute; on a reader's connection of its own, so that
 * looking keeps no act waiting.  Between two turns lies ten times what the last one took.
 *
 * A turn is passes over all objects (struct duty_walk) until one finds nothing to do.  Where there
 * are more objects than a turn may look at, the next turn goes on where it ended, and only then
 * is it written down that all was looked at, as of the moment the first of these turns began: so
 * a clock that does not get round is stale, and passes nothing over. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/duty_int.h"

enum { LOOK_MS = 60000, PAUSE_FACTOR = 10, ROUNDS_MAX = 1000 };

struct duty_clock {
    struct arena life; /* of the connection */
    struct arena work;
    struct db *db;
    uint64_t model;
    int64_t day, owners_day, size, at, next_at, next_us;
    struct duty_walk walk;
    bool goes_on;     /* the last turn left something */
    int64_t found;    /* in this pass, by whichever turn */
    int64_t began_at; /* the turn that began what goes on */
};

void duty_clock_make(struct engine *e)
{
    struct duty_clock *c = arena_new(e->life, struct duty_clock);
    *c = (struct duty_clock){.life = arena_make(16u << 20), .work = arena_make(64u << 20)};
    e->duties = c;
}

static err connect(struct engine *e, struct duty_clock *c)
{
    if (e->memory) {
        c->db = e->db;
        return OK;
    }
    if (c->db && !db_lost(c->db)) {
        return OK;
    }
    arena_reset(&c->life);
    c->db = NULL;
    err x = engine_reader(e, &c->life, &c->db);
    c->db = x.code ? NULL : c->db;
    return x;
}

/* The next moment at which one falls due, or the next begins. */
int64_t duty_next(const struct model *m, struct db *db, struct arena *a, int64_t now)
{
    if (!m->duty_run || !m->nduties) {
        return 0;
    }
    if (!now) {
        return 1; /* nothing was looked at yet */
    }
    int64_t day = calendar_day_start(m, calendar_day_of(m, now) + 1);
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select min(x) from (select min(f_closes) x from ");
    sqlb_ident(&b, m->duty_run->table);
    SQLB_LIT(&b, " where state = $1 and f_closes > $2 union all select min(f_ends) from ");
    sqlb_ident(&b, m->duty_run->table);
    SQLB_LIT(&b, " where f_ends > $2) q");
    struct rows r;
    err e = db_query(db, a, sqlb_end(&b), ARGS(db_i64(duty_state_code(m, 0)), db_i64(now)), &r);
    bool some = !e.code && rows_next(&r) && !rows_null(&r, 0);
    return some && rows_i64(&r, 0) < day ? rows_i64(&r, 0) : day;
}

struct seen_job {
    struct writer_job job;
    int64_t at;
};

static err seen_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)world;
    return db_exec(db, a,
                   SQL("insert into duty_seen(one, at) values (1, $1)"
                       " on conflict (one) do update set at = excluded.at"),
                   ARGS(db_i64(((const struct seen_job *)job)->at)));
}

/* One look, and what it found; *n: how much that was. */
static err look_once(struct engine *e, struct duty_clock *c, const struct model *m, int64_t now,
                     int64_t *n)
{
    struct duty_todos *todos = arena_new(&c->work, struct duty_todos);
    struct ctx ctx = ctx_make(e, m, c->db, &c->work, now, 0, LANG_ZH);
    if (!e->memory) {
        db_read_begin(c->db);
    }
    err x = duty_look(&ctx, &c->walk, todos);
    c->next_at = x.code ? 0 : duty_next(m, c->db, &c->work, now);
    if (!e->memory) {
        db_read_end(c->db);
    }
    *n = 0;
    for (size_t i = 0; i < todos->n && !x.code && !engine_stopping(e); i++) {
        bool done = false;
        x = duty_do(e, now, &todos->list[i], &done);
        *n += done;
    }
    arena_reset(&c->work);
    return x;
}

/* Passes until one finds nothing, or until the turn has looked at enough; what is refused again
 * and again does not keep the clock. */
static err look_all(struct engine *e, struct duty_clock *c, const struct model *m, int64_t now,
                    int64_t *done)
{
    struct duty_walk *w = &c->walk;
    err x = OK;
    if (!c->goes_on) {
        duty_walk_begin(w);
        c->found = 0;
        c->began_at = now;
    }
    if (c->owners_day != c->day && !w->owners) {
        w->owners = true;
        w->owners_after = 0;
    }
    w->left = e->opt.duty_turn ? e->opt.duty_turn : DUTY_TURN;
    c->goes_on = true;
    for (int i = 0; i < ROUNDS_MAX && c->goes_on && w->left > 0 && !x.code; i++) {
        int64_t n = 0;
        bool owners = w->owners;
        x = look_once(e, c, m, now, &n);
        c->found += n;
        *done += n;
        c->owners_day = owners && !w->owners && !x.code ? c->day : c->owners_day;
        if (!x.code && !w->more) {
            c->goes_on = c->found > 0;
            c->found = 0;
            duty_walk_begin(w);
        }
    }
    return x;
}

/* Something may have to be done. */
static bool due(const struct engine *e, const struct duty_clock *c, const struct model *m,
                int64_t size, int64_t now)
{
    return e->memory || c->goes_on || m->stamp != c->model || calendar_day_of(m, now) != c->day ||
           size != c->size || now < c->at || now - c->at >= LOOK_MS ||
           (c->next_at && now >= c->next_at);
}

bool duty_goes_on(const struct engine *e)
{
    return e->duties && e->duties->goes_on;
}

int64_t duty_tick(struct engine *e, int64_t now)
{
    struct duty_clock *c = e->duties;
    const struct model *m = engine_model(e);
    int64_t size = engine_stats(e).ledger_size;
    int64_t done = 0;
    bool may = e->memory || clock_mono_us() >= c->next_us;
    if (m->duty_run && due(e, c, m, size, now) && may && !connect(e, c).code) {
        int64_t began = clock_mono_us();
        bool write = now - c->at >= LOOK_MS || now < c->at;
        c->goes_on = c->goes_on && m->stamp == c->model; /* codes are the model's */
        c->model = m->stamp;
        c->day = calendar_day_of(m, now);
        c->size = size;
        err x = look_all(e, c, m, now, &done);
        if (!x.code && write && !c->goes_on) {
            struct seen_job j = {.job = {.run = seen_run}, .at = c->began_at};
            x = engine_run(e, &j.job);
            c->at = x.code ? c->at : c->began_at;
        }
        c->goes_on = c->goes_on && !x.code;
        c->model = x.code ? 0 : c->model;
        c->next_us = clock_mono_us() + (clock_mono_us() - began) * PAUSE_FACTOR;
        if (!e->memory) {
            db_rest(c->db);
        }
    }
    engine_release(e, m);
    return done;
}

void duty_clock_stop(struct engine *e)
{
    struct duty_clock *c = e->duties;
    if (c) {
        arena_end(&c->work);
        arena_end(&c->life);
        e->duties = NULL;
    }
}
