/* control_clock.c - when controls are judged: a thread of its own, so that a long look
 * keeps nobody waiting.
 *
 * Judged again is what may have changed: after acts (the ledger grew), a publication (its
 * stamp), a new day, and once an hour because time passes.  Between two runs lies ten
 * times what the last one took, at least two seconds: judging never takes more than a
 * tenth of a core.
 */
#include "base/clock.h"
#include "base/wake.h"
#include "engine/calendar.h"
#include "engine/control_int.h"

enum { TURN_US = 1000000, PAUSE_LEAST_US = 2000000, PAUSE_FACTOR = 10, OFTEN_MS = 3600000 };

/* What was judged last. */
struct looked {
    uint64_t model;
    int64_t size, day;
    int64_t at_ms;   /* of the clock */
    int64_t next_us; /* monotonic: not before */
};

struct control_clock {
    struct engine *e;
    pthread_t thread;
    pthread_cond_t wake;
    struct arena life; /* of the connection */
    struct arena work;
    struct db *db;
    struct looked last;
};

static bool due(struct control_clock *c, int64_t now, struct looked *fresh)
{
    struct engine *e = c->e;
    const struct model *m = engine_model(e);
    *fresh = (struct looked){.model = m->stamp, .at_ms = now};
    bool any = m->ncontrols > 0;
    fresh->day = calendar_day_of(m, now);
    engine_release(e, m);
    fresh->size = engine_stats(e).ledger_size;
    const struct looked *l = &c->last;
    bool other = fresh->model != l->model || fresh->size != l->size || fresh->day != l->day ||
                 now - l->at_ms >= OFTEN_MS || now < l->at_ms;
    return any && other && clock_mono_us() >= l->next_us;
}

static void look(struct control_clock *c)
{
    int64_t now = engine_now(c->e);
    struct looked fresh;
    if (!due(c, now, &fresh)) {
        return;
    }
    int64_t began = clock_mono_us();
    if (!c->db || db_lost(c->db)) {
        arena_reset(&c->life);
        c->db = NULL;
        err e = engine_reader(c->e, &c->life, &c->db);
        if (e.code) {
            c->db = NULL;
            c->last.next_us = began + PAUSE_LEAST_US;
            return;
        }
        db_limit(c->db, (struct db_limits){.time_ms = CONTROL_MS});
    }
    err e = control_run(c->e, c->db, &c->work, now);
    arena_reset(&c->work);
    db_reset(c->db);
    int64_t took = clock_mono_us() - began;
    fresh.next_us = began + took +
                    (took * PAUSE_FACTOR > PAUSE_LEAST_US ? took * PAUSE_FACTOR : PAUSE_LEAST_US);
    if (e.code) { /* tried again: what was judged last stays as it was */
        c->last.next_us = fresh.next_us;
    } else {
        c->last = fresh;
    }
}

static void *background(void *arg)
{
    struct control_clock *c = arg;
    struct engine *e = c->e;
    pthread_mutex_lock(&e->lock);
    while (!e->stopped) {
        wake_wait_for(&c->wake, &e->lock, TURN_US);
        if (e->stopped) {
            break;
        }
        pthread_mutex_unlock(&e->lock);
        look(c);
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

err control_clock_start(struct engine *e)
{
    struct control_clock *c = arena_new(e->life, struct control_clock);
    *c = (struct control_clock){
        .e = e, .life = arena_make(16u << 20), .work = arena_make(64u << 20)};
    wake_make(&c->wake);
    if (pthread_create(&c->thread, NULL, background, c) != 0) {
        return err_make(ERR_STORE, STR("the thread that judges controls does not start"));
    }
    e->controls = c;
    return OK;
}

void control_clock_stop(struct engine *e)
{
    struct control_clock *c = e->controls;
    if (!c) {
        return;
    }
    pthread_mutex_lock(&e->lock);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&e->lock);
    pthread_join(c->thread, NULL);
    arena_end(&c->work);
    arena_end(&c->life);
    e->controls = NULL;
}
