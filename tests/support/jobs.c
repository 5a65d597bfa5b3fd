#include "support/jobs.h"

#include "support/test.h"

#include <string.h>

enum { LONG_TEXT = 9000 }; /* more than two pages, so that every write needs some */

static err job_work(struct jobs_job *j, struct db *db, struct arena *a)
{
    char *text = arena_bytes(a, LONG_TEXT * 2);
    memset(text, 'x', LONG_TEXT * 2);
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("insert into piece (job, s) values ($1, $2)"),
              ARGS(db_i64(j->id), db_text(str_from_n(text, LONG_TEXT))));
    int count =
        batch_add(b, SQL("select count(*), max(s) from piece where job = $1"), ARGS(db_i64(j->id)));
    batch_add(b, SQL("insert into made (job, s) values ($1, $2)"),
              ARGS(db_i64(j->id), db_text(str_from_n(text, LONG_TEXT))));
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, count);
    rows_next(&r);
    if (rows_i64(&r, 0) != 1) {
        return err_make(ERR_CONFLICT, STR("ran on what an earlier run left"));
    }
    b = batch_begin(db, a);
    batch_add(b, SQL("update piece set s = $2 where job = $1"),
              ARGS(db_i64(j->id), db_text(str_from_n(text, LONG_TEXT * 2))));
    batch_add(b, SQL("insert into piece (job, s) values ($1, $2)"),
              ARGS(db_i64(j->id), db_text(str_from_n(text, LONG_TEXT))));
    return batch_run(b);
}

static err job_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct jobs_job *j = (struct jobs_job *)job;
    struct jobs_world *w = world;
    j->runs++;
    if (j->wait) {
        if (j->started) {
            sem_post(j->started);
        }
        sem_wait(j->wait);
        j->wait = NULL;
    }
    bool planted = j->fault != DB_FAULT_NONE;
    if (planted) {
        db_plant_fault(db, j->fault, j->fault_at);
        j->fault = DB_FAULT_NONE;
    }
    if (j->commit_fails || j->commit_lost) {
        db_plant_commit_fault(db, j->commit_lost);
        j->commit_fails = j->commit_lost = false;
    }
    if (j->deny) {
        return err_make(ERR_RULE, str_fmt(a, "job %lld is refused", (long long)j->id));
    }
    int64_t before = db_counts(db).statements;
    err e = job_work(j, db, a);
    j->statements = db_counts(db).statements - before;
    if (planted) {
        j->struck = e.code != ERR_NONE;
        db_plant_fault(db, DB_FAULT_NONE, 1); /* nobody else meets what missed this job */
    }
    if (e.code) {
        return e;
    }
    w->made++;
    if (j->glutton) {
        arena_bytes(a, (size_t)1 << 40);
    }
    return j->refuse ? err_make(ERR_RULE, str_fmt(a, "job %lld is refused", (long long)j->id)) : OK;
}

static void job_done(struct writer_job *job, err result)
{
    struct jobs_job *j = (struct jobs_job *)job;
    j->answers++;
    j->result = result.code;
    if (j->check) {
        j->checked = j->check(j);
    }
    if (j->answered) {
        sem_post(j->answered);
    }
}

struct jobs_job jobs_make(struct jobs_world *world, int64_t id, sem_t *answered)
{
    return (struct jobs_job){
        .job = {.run = job_run, .done = job_done}, .world = world, .id = id, .answered = answered};
}

void jobs_fill(struct jobs_job *jobs, int n, struct jobs_world *world, int64_t first,
               sem_t *answered)
{
    sem_init(answered, 0, 0);
    for (int i = 0; i < n; i++) {
        jobs[i] = jobs_make(world, first + i, answered);
    }
}

void jobs_run(struct writer *w, struct jobs_job *jobs, int n)
{
    sem_t go;
    sem_init(&go, 0, 0);
    jobs[0].wait = &go;
    for (int i = 0; i < n; i++) {
        dbs_ok(writer_submit(w, &jobs[i].job));
    }
    sem_post(&go);
    for (int i = 0; i < n; i++) {
        sem_wait(jobs[i].answered);
    }
    sem_destroy(&go);
}

/* --- hooks ---------------------------------------------------------------------- */

static void plant(struct db *db, enum db_fault *fault)
{
    if (*fault) {
        db_plant_fault(db, *fault, 1);
        *fault = DB_FAULT_NONE;
    }
}

static err on_begin(void *world, struct db *db, struct arena *a)
{
    struct jobs_world *w = world;
    w->began++;
    plant(db, &w->begin_fault);
    struct rows r;
    err e = db_query(db, a, SQL("select count(*) from made"), NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    rows_next(&r);
    w->made = rows_i64(&r, 0);
    w->durable = w->made;
    return OK;
}

static void on_mark(void *world)
{
    struct jobs_world *w = world;
    w->marked = w->made;
}

static void on_undo_job(void *world)
{
    struct jobs_world *w = world;
    w->made = w->marked;
}

static void on_undo_group(void *world)
{
    struct jobs_world *w = world;
    w->made = w->durable;
}

static err on_end(void *world, struct db *db, struct arena *a)
{
    struct jobs_world *w = world;
    w->ended++;
    plant(db, &w->end_fault);
    return db_exec(db, a, SQL("update total set n = $1"), ARGS(db_i64(w->made)));
}

static void on_committed(void *world, int jobs)
{
    struct jobs_world *w = world;
    w->committed += jobs;
    w->durable = w->made;
}

static err on_was_done(void *world, struct db *db, struct arena *a, struct writer_job *job,
                       bool *ret)
{
    (void)world;
    struct rows r;
    err e = db_query(db, a, SQL("select count(*) from made where job = $1"),
                     ARGS(db_i64(((struct jobs_job *)job)->id)), &r);
    if (e.code) {
        return e;
    }
    rows_next(&r);
    *ret = rows_i64(&r, 0) > 0;
    return OK;
}

static bool on_idle(void *world, struct db *db, struct arena *a)
{
    (void)db;
    (void)a;
    ((struct jobs_world *)world)->idle++;
    return false;
}

struct writer_hooks jobs_hooks(struct jobs_world *world)
{
    return (struct writer_hooks){.world = world,
                                 .group_begin = on_begin,
                                 .mark = on_mark,
                                 .undo_job = on_undo_job,
                                 .undo_group = on_undo_group,
                                 .group_end = on_end,
                                 .committed = on_committed,
                                 .was_done = on_was_done,
                                 .idle = on_idle};
}

/* --- set-up and questions, through the writer, so that a database in memory
 * can be asked too ------------------------------------------------------------------ */

struct question {
    struct writer_job job;
    int64_t id, answer;
};

static err make_tables(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)job;
    (void)world;
    return db_ddl(db, a,
                  SQL("create table piece (job INT, s text); create table total (n INT);"
                      "create table if not exists made (job INT, s text);"
                      "insert into total (n) values (0);"));
}

static err count_rows(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)world;
    struct question *q = (struct question *)job;
    struct batch *b = batch_begin(db, a);
    int pieces =
        batch_add(b, SQL("select count(*) from piece where job = $1"), ARGS(db_i64(q->id)));
    int made = batch_add(b, SQL("select count(*) from made where job = $1"), ARGS(db_i64(q->id)));
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, pieces);
    struct rows m = batch_rows(b, made);
    rows_next(&r);
    rows_next(&m);
    q->answer = rows_i64(&m, 0);
    /* two pieces for each row made, or something was torn */
    return rows_i64(&r, 0) == 2 * q->answer ? OK : err_make(ERR_CONFLICT, STR("half a job"));
}

int64_t jobs_rows(struct writer *w, int64_t id)
{
    struct question q = {.job = {.run = count_rows}, .id = id};
    dbs_ok(writer_call(w, &q.job));
    return q.answer;
}

struct writer *jobs_writer(struct dbs *t, struct writer_options opt, struct jobs_world *world)
{
    struct writer *w = NULL;
    struct writer_hooks hooks = jobs_hooks(world);
    opt.url = t->url;
    opt.db = t->options;
    if (t->which != DBS_MEMORY) {
        /* the hook that begins a group reads it */
        dbs_ok(db_ddl(t->db, t->a, SQL("create table made (job INT, s text);")));
    } else {
        hooks.group_begin = NULL;
        hooks.group_end = NULL;
    }
    dbs_ok(writer_start(t->life, &opt, &hooks, &w));
    struct writer_job setup = {.run = make_tables};
    dbs_ok(writer_call(w, &setup));
    return w;
}
