#include "engine/engine.h"

#include "base/clock.h"
#include "base/wake.h"
#include "engine/calendar.h"
#include "engine/calendar_held.h"
#include "engine/control_int.h"
#include "engine/duty_int.h"
#include "engine/engine_int.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MODEL_ARENA = 1 << 30, WORK_ARENA = 256 << 20 };

/* What a SELECT may take: of an act, in the only writer, and of a page.  The
 * steps are many times what a sound guard needs. */
enum { ACT_STEPS = 50000000, ACT_MS = 2000, PAGE_MS = 5000 };

/* --- models --------------------------------------------------------------------- */

static struct held_model *held_make(struct engine *e)
{
    struct arena own = arena_make(MODEL_ARENA);
    struct held_model *h = arena_new(&own, struct held_model);
    h->arena = own;
    str url = e->opt.url; /* no connection of ours is open at every time */
    h->kind = !url.len || str_starts(url, STR("sqlite:")) ? DB_SQLITE : DB_PG;
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

static void held_free(struct held_model *h)
{
    pthread_mutex_destroy(&h->lock);
    struct arena own = h->arena; /* h lies in it */
    arena_end(&own);
}

static str keep(struct arena *a, str s)
{
    return s.len ? str_copy(a, s) : (str){0};
}

err engine_build(struct engine *e, struct arena *a, const struct sources *s, int64_t epoch,
                 struct diags *d, struct held_model **ret)
{
    struct held_model *h = held_make(e);
    struct sources own = {.ptr = arena_array(&h->arena, struct source, s->len + 1), .len = s->len};
    for (size_t i = 0; i < s->len; i++) {
        struct source *to = &own.ptr[i];
        *to = s->ptr[i];
        to->name = keep(&h->arena, to->name);
        to->text_zh = keep(&h->arena, to->text_zh);
        to->text_en = keep(&h->arena, to->text_en);
        to->definition = keep(&h->arena, to->definition);
        to->examples = keep(&h->arena, to->examples);
        to->records = keep(&h->arena, to->records);
        to->overrides = keep(&h->arena, to->overrides);
    }
    struct model *m = model_build(&h->arena, &own, d);
    if (!m || !engine_has_room(m, d)) {
        held_free(h);
        return err_make(ERR_RULE, str_fmt(a, "the regulations hold %zu mistakes", d->errors));
    }
    m->epoch = epoch;
    h->model = m;
    h->plans = arena_array(&h->arena, struct tplan *, m->ntypes + 1);
    h->watches = control_watches(m, &h->arena);
    h->duties = duty_plans(m, &h->arena);
    pthread_mutex_lock(&e->lock);
    h->next = e->models;
    e->models = h;
    pthread_mutex_unlock(&e->lock);
    *ret = h;
    return OK;
}

static err read_sources(struct db *db, struct arena *a, struct sources *ret)
{
    struct rows r;
    err e = db_query(db, a,
                     SQL("select reg, version, epoch, published_at, text_zh, text_en, definition,"
                         " examples, records, overrides from law order by epoch, reg, version"),
                     NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    ret->ptr = arena_array(a, struct source, (size_t)rows_count(&r) + 1);
    ret->len = 0;
    while (rows_next(&r)) {
        ret->ptr[ret->len++] = (struct source){.name = rows_text(&r, 0),
                                               .version = (int)rows_i64(&r, 1),
                                               .epoch = rows_i64(&r, 2),
                                               .published_at = rows_i64(&r, 3),
                                               .text_zh = rows_text(&r, 4),
                                               .text_en = rows_text(&r, 5),
                                               .definition = rows_text(&r, 6),
                                               .examples = rows_text(&r, 7),
                                               .records = rows_text(&r, 8),
                                               .overrides = rows_text(&r, 9)};
    }
    return OK;
}

err engine_sources(struct db *db, struct arena *a, struct sources *ret)
{
    return read_sources(db, a, ret);
}

err engine_load(struct engine *e, struct db *db, struct arena *a, int64_t epoch,
                struct held_model **ret)
{
    struct sources s;
    err x = read_sources(db, a, &s);
    if (x.code) {
        return x;
    }
    struct diags d = diags_make(a);
    x = engine_build(e, a, &s, epoch, &d, ret);
    if (x.code) {
        str first = d.len ? diag_print(a, &d.ptr[0], LANG_EN) : x.detail;
        return err_make(ERR_STORE, str_fmt(a, "stored law: %.*s", STR_ARG(first)));
    }
    return OK;
}

/* Under e->lock. */
static void unlink_if_idle(struct engine *e, struct held_model *h)
{
    if (!h->retired || h->holders || h == e->current || h == e->now.model) {
        return;
    }
    for (struct held_model **at = &e->models; *at; at = &(*at)->next) {
        if (*at == h) {
            *at = h->next;
            held_free(h);
            return;
        }
    }
}

struct held_model *engine_hold(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    struct held_model *h = e->current;
    h->holders++;
    pthread_mutex_unlock(&e->lock);
    return h;
}

struct held_model *engine_held(struct engine *e, const struct model *m)
{
    pthread_mutex_lock(&e->lock);
    struct held_model *h = e->models;
    while (h && h->model != m) {
        h = h->next;
    }
    pthread_mutex_unlock(&e->lock);
    assert(h);
    return h;
}

void engine_hold_this(struct engine *e, struct held_model *h)
{
    pthread_mutex_lock(&e->lock);
    h->holders++;
    pthread_mutex_unlock(&e->lock);
}

void engine_unhold(struct engine *e, struct held_model *h)
{
    pthread_mutex_lock(&e->lock);
    h->holders--;
    unlink_if_idle(e, h);
    pthread_mutex_unlock(&e->lock);
}

const struct model *engine_model(struct engine *e)
{
    return engine_hold(e)->model;
}

void engine_release(struct engine *e, const struct model *m)
{
    engine_unhold(e, engine_held(e, m));
}

void engine_drop(struct engine *e, struct held_model *h)
{
    pthread_mutex_lock(&e->lock);
    h->holders--;
    if (h != e->current && h != e->now.model) {
        h->retired = true;
    }
    unlink_if_idle(e, h);
    pthread_mutex_unlock(&e->lock);
}

void engine_adopt(struct engine *e, struct held_model *h)
{
    pthread_mutex_lock(&e->lock);
    h->retired = false; /* an undone attempt may have left it so */
    e->now.model = h;
    e->now.new_model = true;
    pthread_mutex_unlock(&e->lock);
}

/* The writer's model after an undo; one that nobody will see goes away. */
static void restore(struct engine *e, const struct world *to, const struct ledger_edge *edge)
{
    pthread_mutex_lock(&e->lock);
    struct held_model *left = e->now.model;
    e->now = *to;
    if (left != e->now.model) {
        left->retired = true;
        unlink_if_idle(e, left);
    }
    pthread_mutex_unlock(&e->lock);
    e->ledger->edge = *edge;
}

/* Readers see the writer's model from now on. */
static void show(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    struct held_model *old = e->current;
    e->current = e->now.model;
    e->now.new_model = false;
    if (old && old != e->current) {
        old->retired = true;
        unlink_if_idle(e, old);
    }
    pthread_mutex_unlock(&e->lock);
}

/* --- the writer's hooks --------------------------------------------------------------- */

/* One number each for all nodes; any will do that nobody else uses. */
enum { WRITE_LOCK = 727092348, NODE_LOCK = 727092349 };

/* Which of the nodes on this database it is stands in every id it gives, or two would give
 * the same one in the same millisecond.  The number is a lock of the writer's session: it
 * is free again when that ends, and another session takes one anew.  Who had it before may
 * have been ahead of the clock, so ids go on behind all that are there. */
static err take_number(struct engine *e, struct db *db, struct arena *a)
{
    struct batch *b = batch_begin(db, a);
    int number = batch_add(b,
                           SQL("select n from generate_series(0, 31) as n"
                               " where pg_try_advisory_lock(cast($1 as integer), n) limit 1"),
                           ARGS(db_i64(NODE_LOCK)));
    int last = engine_last_id_ask(b);
    err x = batch_run(b);
    if (x.code) {
        return x;
    }
    struct rows r = batch_rows(b, number);
    if (!rows_next(&r)) {
        return err_make(ERR_BUSY, STR("32 nodes are at work on this database already"));
    }
    e->ids.node = (int)rows_i64(&r, 0);
    uid_after(&e->ids, engine_last_id_read(b, last));
    e->numbered = true;
    return OK;
}

int engine_last_id_ask(struct batch *b)
{
    return batch_add(b,
                     SQL("select max(id) from (select max(id) as id from act union all"
                         " select max(id) from job) as given"),
                     NO_ARGS);
}

int64_t engine_last_id_read(struct batch *b, int place)
{
    struct rows r = batch_rows(b, place);
    return rows_next(&r) ? rows_i64(&r, 0) : 0;
}

/* The writer has another connection: what the old one's session held is gone. */
static void opened(void *world)
{
    struct engine *e = world;
    e->numbered = false;
}

err engine_alone(struct db *db, struct arena *a)
{
    return db_kind(db) == DB_PG
               ? db_exec(db, a, SQL("select pg_advisory_xact_lock($1)"), ARGS(db_i64(WRITE_LOCK)))
               : OK;
}

static err group_begin(void *world, struct db *db, struct arena *a)
{
    struct engine *e = world;
    e->group = e->now; /* first: what follows may fail, and is undone to here */
    e->group_edge = e->ledger->edge;
    struct batch *b = batch_begin(db, a);
    if (db_kind(db) == DB_PG) {
        batch_add(b, SQL("select pg_advisory_xact_lock($1)"), ARGS(db_i64(WRITE_LOCK)));
    }
    int epoch = batch_add(b, SQL("select value from installation where key = 'epoch'"), NO_ARGS);
    int days = batch_add(b, SQL("select value from installation where key = 'calendar'"), NO_ARGS);
    int edge = ledger_edge_ask(e->ledger, b);
    err x = batch_run(b);
    if (!x.code && db_kind(db) == DB_PG && !e->numbered) {
        x = take_number(e, db, a);
    }
    if (x.code) {
        return x;
    }
    struct rows stamp = batch_rows(b, days);
    calendar_group(e, rows_next(&stamp) ? rows_text(&stamp, 0) : STR(""));
    struct rows r = batch_rows(b, epoch);
    int64_t now_epoch = 0;
    if (rows_next(&r) && str_to_i64(rows_text(&r, 0), &now_epoch) &&
        now_epoch > e->now.model->model->epoch) {
        struct held_model *h = NULL;
        x = engine_load(e, db, a, now_epoch, &h);
        if (x.code) {
            return x;
        }
        engine_adopt(e, h);
        show(e); /* another node's: already durable */
        e->group = e->now;
    }
    x = ledger_edge_read(e->ledger, db, a, b, edge);
    e->group_edge = e->ledger->edge;
    return x;
}

static void mark(void *world)
{
    struct engine *e = world;
    e->mark = e->now;
    e->mark_edge = e->ledger->edge;
}

static void undo_job(void *world)
{
    struct engine *e = world;
    restore(e, &e->mark, &e->mark_edge);
    calendar_doubt(e);
}

static void undo_group(void *world)
{
    struct engine *e = world;
    restore(e, &e->group, &e->group_edge);
    calendar_doubt(e);
}

static void committed(void *world, int jobs)
{
    struct engine *e = world;
    (void)jobs;
    if (e->now.new_model) {
        show(e);
    }
}

static struct act *act_of(struct writer_job *job)
{
    return (struct act *)((char *)job - offsetof(struct act, job));
}

static err was_done(void *world, struct db *db, struct arena *a, struct writer_job *job, bool *ret)
{
    (void)world;
    *ret = false;
    if (job->run != act_job_run) { /* the engine's own turns look again by themselves */
        bool publication;
        return publish_was_done(job, db, a, &publication, ret);
    }
    const struct act *act = act_of(job);
    struct rows r;
    err e = act->key.len ? db_query(db, a, SQL("select 1 from idem where actor = $1 and key = $2"),
                                    ARGS(db_i64(act->actor), db_text(act->key)), &r)
                         : db_query(db, a, SQL("select 1 from act where id = $1"),
                                    ARGS(db_i64(act->ret_act)), &r);
    if (e.code) {
        return e;
    }
    *ret = rows_count(&r) > 0;
    return OK;
}

/* Asks for a checkpoint of what the ledger has grown by, or takes one: between
 * groups, on the writer's own connection, so that nothing ever waits for it. */
static void seal_edge(struct engine *e, struct db *db, struct arena *a)
{
    if (!e->seal) {
        return;
    }
    int64_t now = engine_now(e);
    int64_t before = e->ledger->checkpointed;
    seal_turn(e->seal, db, a, now, clock_mono_us() / 1000);
    struct hash root = e->seal->trouble == SIGNER_WELL ? (struct hash){0} : ledger_root(e->ledger);
    pthread_mutex_lock(&e->lock);
    e->seen.ledger_size = ledger_size(e->ledger);
    e->seen.ledger_root = root;
    e->seen.signer = e->seal->trouble;
    e->seen.signer_last = e->seal->last_size;
    e->seen.checkpoint_size = e->ledger->checkpointed;
    if (e->ledger->checkpointed != before) {
        e->seen.checkpoint_at = now;
    }
    pthread_mutex_unlock(&e->lock);
}

static bool idle(void *world, struct db *db, struct arena *a)
{
    struct engine *e = world;
    seal_edge(e, db, a);
    engine_look_around(e, db, a, engine_now(e));
    return index_some(world, db, a);
}

/* --- ids ---------------------------------------------------------------------------------- */

int64_t engine_id(struct engine *e, int64_t now)
{
    return uid_next(&e->ids, now);
}

/* --- opening -------------------------------------------------------------------------------- */

static int64_t wall_clock(void *arg)
{
    struct timespec t;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t engine_now(const struct engine *e)
{
    return e->opt.clock(e->opt.clock_arg);
}

static void close_engine(void *arg)
{
    struct engine *e = arg;
    engine_stop(e);
    while (e->models) {
        struct held_model *h = e->models;
        e->models = h->next;
        held_free(h);
    }
    calendar_drop(e);
    arena_end(&e->work);
    arena_end(&e->tick);
    pthread_mutex_destroy(&e->lock);
}

struct engine *engine_make(struct arena *life, const struct engine_options *opt, bool memory)
{
    struct engine *e = arena_new(life, struct engine);
    arena_defer(life, close_engine, e);
    e->life = life;
    e->opt = *opt;
    e->memory = memory;
    e->work = arena_make(WORK_ARENA);
    e->tick = arena_make(WORK_ARENA);
    pthread_mutex_init(&e->lock, NULL);
    calendar_make(e);
    duty_clock_make(e);
    if (!e->opt.clock) {
        e->opt.clock = wall_clock;
    }
    e->hooks = (struct writer_hooks){.world = e,
                                     .opened = opened,
                                     .group_begin = group_begin,
                                     .mark = mark,
                                     .undo_job = undo_job,
                                     .undo_group = undo_group,
                                     .committed = committed,
                                     .was_done = was_done,
                                     .idle = idle};
    return e;
}

static void stop_engine(void *arg)
{
    engine_stop(arg);
}

err engine_start(struct engine *e)
{
    struct writer_options w = {.url = e->opt.url,
                               .db = e->opt.db,
                               .group_us = e->opt.group_us,
                               .reopen_ms = e->opt.reopen_ms,
                               .limits = {.steps = ACT_STEPS, .time_ms = ACT_MS}};
    w.db.writer = true;
    err x = writer_start(e->life, &w, &e->hooks, &e->writer);
    if (!x.code) {
        arena_defer(e->life, stop_engine, e); /* before the writer goes with `life` */
    }
    return x;
}

err engine_clocks(struct engine *e)
{
    err x = e->opt.background ? clock_start(e) : OK;
    if (!x.code && e->opt.background) {
        x = control_clock_start(e);
        x = x.code ? x : control_self_start(e);
    }
    return x;
}

void engine_stop(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    bool stopped = e->stopped;
    e->stopped = true;
    pthread_mutex_unlock(&e->lock);
    if (stopped) {
        return;
    }
    control_self_stop(e);
    control_clock_stop(e);
    clock_stop(e);
    duty_clock_stop(e);
    if (e->writer) {
        writer_stop(e->writer);
    }
    if (e->seal) {
        seal_close(e->seal);
    }
}

err engine_reader(struct engine *e, struct arena *life, struct db **ret)
{
    if (e->memory) {
        *ret = e->db;
        return OK;
    }
    struct db_options o = e->opt.db;
    o.writer = false;
    err x = db_open(life, e->opt.url, o, ret);
    if (!x.code) {
        db_limit(*ret, (struct db_limits){.time_ms = PAGE_MS});
    }
    return x;
}

struct db *engine_db(struct engine *e)
{
    return e->db;
}

err engine_run(struct engine *e, struct writer_job *job)
{
    if (e->memory) {
        arena_reset(&e->work);
        return writer_run_here(e->db, &e->work, &e->hooks, job, 1);
    }
    return writer_call(e->writer, job);
}

struct engine_stats engine_stats(struct engine *e)
{
    struct engine_stats s = {0};
    if (e->writer) {
        s.writer = writer_stats(e->writer);
    }
    pthread_mutex_lock(&e->lock);
    s.epoch = e->current->model->epoch;
    s.queues = e->seen.queues;
    s.last_tick_at = e->seen.tick_at;
    s.ledger_size = e->seen.ledger_size;
    s.checkpoint_size = e->seen.checkpoint_size;
    s.checkpoint_at = e->seen.checkpoint_at;
    s.signer = e->seen.signer;
    s.signer_last = e->seen.signer_last;
    s.ledger_root = e->seen.ledger_root;
    pthread_mutex_unlock(&e->lock);
    return s;
}
