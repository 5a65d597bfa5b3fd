/* control_clock.c - when controls are judged: a thread of its own, so that a long look
 * keeps nobody waiting.
 *
 * All records: after a publication, on a new day (which is the nightly look that checks the
 * others), once an hour, and when marks do not tell enough.  What acts have marked, and what
 * a term that fell due concerns: every half second, so that it shows within one.  Controls that no
 * mark leads to (struct cdef, far and clock): after acts, or once a minute, all records of their
 * types; between two such looks lies ten times what the last one took, at least two seconds, so
 * that judging never takes more than a tenth of a core.  Once a minute, and after a publication,
 * questions of manual controls that are due are put (attest.h).
 *
 * Results are no entries of the ledger: they are derived, and name its size.  Entries come only
 * of acts that follow from a result, each once: a finding opened or tested again, a question
 * put.  So the ledger stands still while nothing happens (tests/engine/quiet_test.c).
 */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/control_history.h"
#include "engine/control_int.h"

enum {
    TURN_US = 500000,
    PAUSE_LEAST_US = 2000000,
    PAUSE_FACTOR = 10,
    WHOLE_MS = 3600000,
    CLOCK_MS = 60000,
    SEEN_MS = 60000,
    LATE_MS = 2 * SEEN_MS /* so long without a look, results may have become too old */,
    FIND_MS = 10000, /* whether a grace or a waiver has ended */
    ASK_MS = 10000   /* whether the node that judges still does */
};

struct control_clock {
    struct engine *e;
    struct engine_thread thread;
    struct arena life; /* of the connection */
    struct arena work;
    struct db *db;
    /* What was judged last, as a whole and of the far ones. */
    uint64_t model;
    int64_t day, whole_at, far_at, far_size, far_next_us;
    int64_t due_at;  /* terms due until then have been marked */
    int64_t seen_at; /* control_seen was written */
    int64_t seen_size;
    int64_t whole_next_us;
    int64_t find_at; /* findings were opened and tested */
    int64_t find_size;
    bool again;         /* a full look is needed */
    int64_t judge_next; /* when to take, renew or ask for the right to judge */
    bool judge;         /* this node has it */
    int64_t asked_at;   /* questions of manual controls were put */
    uint64_t asked_model;
    bool rested; /* pauses between looks are left out */
};

/* The model and the day, as they are; false: there is nothing to judge. */
static bool anything(struct control_clock *c, int64_t now, bool *whole, bool *far, bool *clock)
{
    const struct model *m = engine_model(c->e);
    int64_t day = calendar_day_of(m, now);
    bool any = m->ncontrols > 0;
    c->again = c->again || m->stamp != c->model || day != c->day || now - c->whole_at >= WHOLE_MS ||
               now < c->whole_at;
    *whole = c->again && (c->rested || clock_mono_us() >= c->whole_next_us);
    *far = control_any_far(m, clock);
    c->model = m->stamp;
    c->day = day;
    engine_release(c->e, m);
    return any;
}

static err connect(struct control_clock *c)
{
    if (c->e->memory) {
        c->db = c->e->db;
        return OK;
    }
    if (c->db && !db_lost(c->db)) {
        return OK;
    }
    arena_reset(&c->life);
    c->db = NULL;
    err e = engine_reader(c->e, &c->life, &c->db);
    c->db = e.code ? NULL : c->db;
    if (!e.code) {
        db_limit(c->db, (struct db_limits){.time_ms = CONTROL_MS});
    }
    return e;
}

/* When all was judged, by whatever node. */
static err seen_by_others(struct control_clock *c)
{
    struct rows r;
    err e = db_query(c->db, &c->work, SQL("select at from control_seen"), NO_ARGS, &r);
    if (!e.code && rows_next(&r)) {
        pthread_mutex_lock(&c->e->lock);
        c->e->seen.controls_at = rows_i64(&r, 0);
        pthread_mutex_unlock(&c->e->lock);
    }
    return e;
}

/* Does this node judge?  One that begins looks at everything. */
static err judge(struct control_clock *c, int64_t now)
{
    if (c->judge_next > now && c->judge_next - now <= ASK_MS * 6) {
        return OK;
    }
    bool was = c->judge;
    int64_t until;
    err e = control_judge_take(c->e, now, &until);
    c->judge = !e.code && until > 0;
    c->judge_next = c->judge ? until : now + ASK_MS;
    c->again = c->again || (c->judge && !was);
    return e.code || c->judge ? e : seen_by_others(c);
}

/* Monotonic, when the next such look may begin: never is more than a tenth of a core used. */
static int64_t pause_after(int64_t began)
{
    int64_t ended = clock_mono_us();
    int64_t pause = (ended - began) * PAUSE_FACTOR;
    return ended + (pause > PAUSE_LEAST_US ? pause : PAUSE_LEAST_US);
}

static err look_whole(struct control_clock *c, int64_t now)
{
    int64_t began = clock_mono_us();
    err e = control_history_stale(c->e, c->db, &c->work, now);
    e = e.code ? e : control_run(c->e, c->db, &c->work, now, false);
    e = e.code ? e : control_history_keep(c->e, c->db, &c->work, now);
    e = e.code ? e : control_find_again(c->e, now);
    c->whole_next_us = pause_after(began);
    c->again = e.code != ERR_NONE;
    c->whole_at = now;
    c->due_at = now;
    return e;
}

/* Terms that fell due since the last look. */
static err look_due(struct control_clock *c, int64_t now)
{
    struct rows r;
    err e =
        db_query(c->db, &c->work,
                 SQL("select 1 from term where ended is null and due > $1 and due <= $2 limit 1"),
                 ARGS(db_i64(c->due_at), db_i64(now)), &r);
    if (!e.code && rows_count(&r)) {
        e = control_mark_due(c->e, c->due_at, now);
    }
    c->due_at = e.code ? c->due_at : now;
    return e;
}

/* *pending: they are not as new as the rest. */
static err look_far(struct control_clock *c, int64_t now, int64_t size, bool clock, bool *pending)
{
    *pending = size != c->far_size || (clock && now - c->far_at >= CLOCK_MS);
    if (!*pending || (!c->rested && clock_mono_us() < c->far_next_us)) {
        return OK;
    }
    int64_t began = clock_mono_us();
    err e = control_run(c->e, c->db, &c->work, now, true);
    c->far_next_us = pause_after(began);
    if (!e.code) {
        c->far_size = size;
        c->far_at = now;
        *pending = false;
    }
    return e;
}

static err look_marked(struct control_clock *c, int64_t now)
{
    bool whole = false;
    bool late = now - c->seen_at >= LATE_MS || now < c->seen_at;
    err e = late ? control_history_stale(c->e, c->db, &c->work, now) : OK;
    e = e.code ? e : look_due(c, now);
    e = e.code ? e : control_follow_up(c->e, c->db, &c->work, now, &whole);
    c->again = c->again || whole;
    return e;
}

/* What was found becomes findings; what was mended is tested again. */
static err look_found(struct control_clock *c, int64_t now, int64_t size)
{
    int acts;
    if (size == c->find_size && now >= c->find_at && now - c->find_at < FIND_MS) {
        return OK;
    }
    err e = control_find(c->e, c->db, &c->work, now, &acts);
    c->find_at = now;
    c->find_size = e.code ? -1 : size;
    return e;
}

static void rest(struct control_clock *c)
{
    arena_reset(&c->work);
    if (c->db && !c->e->memory) {
        db_reset(c->db);
        db_rest(c->db);
    }
}

/* Questions that are due; nothing of it hinders the judging. */
static void look_manual(struct control_clock *c, int64_t now)
{
    size_t n;
    bool soon = c->asked_model == c->model && now >= c->asked_at && now - c->asked_at < CLOCK_MS;
    if (soon) {
        return;
    }
    err e = attest_ask(c->e, c->db, &c->work, now, &n);
    c->asked_at = e.code ? c->asked_at : now;
    c->asked_model = e.code ? c->asked_model : c->model;
    arena_reset(&c->work);
}

static void look(struct control_clock *c, int64_t now)
{
    int64_t size = engine_stats(c->e).ledger_size;
    bool whole;
    bool far;
    bool clock;
    bool pending = false;
    if (!anything(c, now, &whole, &far, &clock)) {
        return;
    }
    err e = connect(c);
    e = e.code ? e : judge(c, now);
    if (e.code || !c->judge) {
        rest(c);
        return;
    }
    look_manual(c, now);
    e = whole ? look_whole(c, now) : look_marked(c, now);
    if (!e.code && whole) {
        c->far_size = size;
        c->far_at = now;
    } else if (!e.code && (far || clock)) {
        e = look_far(c, now, size, clock, &pending);
    }
    e = e.code ? e : look_found(c, now, size);
    bool worth = whole || size != c->seen_size || now - c->seen_at >= SEEN_MS || now < c->seen_at;
    if (!e.code && !c->again && !pending && worth) {
        e = control_put_seen(c->e, now, size);
        c->seen_at = e.code ? c->seen_at : now;
        c->seen_size = e.code ? c->seen_size : size;
        pthread_mutex_lock(&c->e->lock);
        c->e->seen.controls_at = e.code ? c->e->seen.controls_at : now;
        pthread_mutex_unlock(&c->e->lock);
    }
    c->again = c->again || (whole && e.code);
    c->judge_next = e.code ? now : c->judge_next; /* another node may have taken it */
    rest(c);
}

static void turn(void *arg)
{
    struct control_clock *c = arg;
    look(c, engine_now(c->e));
}

void control_clock_turn(struct engine *e, int64_t now)
{
    e->controls->rested = true;
    look(e->controls, now);
}

static void leave(void *arg)
{
    struct control_clock *c = arg;
    err x = c->judge ? control_judge_leave(c->e) : OK;
    (void)x; /* else it runs out */
}

void control_clock_make(struct engine *e)
{
    struct control_clock *c = arena_new(e->life, struct control_clock);
    *c = (struct control_clock){
        .e = e,
        .thread = {.e = e, .turn = turn, .end = leave, .arg = c, .every_us = TURN_US},
        .life = arena_make(16u << 20),
        .work = arena_make(64u << 20)};
    e->controls = c;
}

err control_clock_start(struct engine *e)
{
    control_clock_make(e);
    return engine_thread_start(&e->controls->thread,
                               STR("the thread that judges controls does not start"));
}

void control_clock_stop(struct engine *e)
{
    struct control_clock *c = e->controls;
    if (c) {
        engine_thread_stop(&c->thread);
        arena_end(&c->work);
        arena_end(&c->life);
        e->controls = NULL;
    }
}
