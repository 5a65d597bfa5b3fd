/* control_judge.c - one node judges at a time.
 *
 * Nodes of one PostgreSQL agree by a row (control_seen: judge, judge_until): whoever finds
 * it free or run out takes it for JUDGE_MS and renews it at half of that.  What a node writes of
 * a look is refused when another has taken over meanwhile, so a node that slept cannot write
 * what was true before it did; the time only says when one may be taken for dead.
 */
#include "engine/control_int.h"

enum { JUDGE_MS = 60000 };

struct judge_job {
    struct writer_job job;
    struct engine *e;
    int64_t now;
    bool mine;
};

static err take_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct judge_job *j = (struct judge_job *)job;
    struct rows r;
    (void)world;
    err e = db_exec(db, a,
                    SQL("insert into control_seen(one, at, size, judge, judge_until)"
                        " values (1, 0, 0, $1, $2) on conflict (one) do update"
                        " set judge = excluded.judge, judge_until = excluded.judge_until"
                        " where control_seen.judge = excluded.judge"
                        " or control_seen.judge_until < $3"),
                    ARGS(db_i64(j->e->ids.node), db_i64(j->now + JUDGE_MS), db_i64(j->now)));
    e = e.code ? e : db_query(db, a, SQL("select judge from control_seen"), NO_ARGS, &r);
    j->mine = !e.code && rows_next(&r) && rows_i64(&r, 0) == j->e->ids.node;
    return e;
}

err control_judge_take(struct engine *e, int64_t now, int64_t *until)
{
    struct judge_job j = {.job = {.run = take_run}, .e = e, .now = now};
    err x = engine_run(e, &j.job);
    bool mine = !x.code && j.mine;
    *until = mine ? now + JUDGE_MS / 2 : 0;
    pthread_mutex_lock(&e->lock);
    e->seen.judges = mine;
    pthread_mutex_unlock(&e->lock);
    return x;
}

bool control_judges(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    bool yes = e->seen.judges;
    pthread_mutex_unlock(&e->lock);
    return yes;
}

static err leave_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct judge_job *j = (const struct judge_job *)job;
    (void)world;
    return db_exec(db, a, SQL("update control_seen set judge_until = 0 where judge = $1"),
                   ARGS(db_i64(j->e->ids.node)));
}

err control_judge_leave(struct engine *e)
{
    struct judge_job j = {.job = {.run = leave_run}, .e = e};
    return engine_run(e, &j.job);
}

err control_judge_check(const struct engine *e, struct db *db, struct arena *a)
{
    struct rows r;
    err x = db_query(db, a, SQL("select 1 from control_seen where judge <> $1"),
                     ARGS(db_i64(e->ids.node)), &r);
    return x.code || !rows_next(&r) ? x : err_make(ERR_BUSY, STR("another node judges controls"));
}
