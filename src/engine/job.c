#include "engine/job.h"

#include "base/arena.h"
#include "engine/engine_int.h"
#include "engine/write.h"

enum { SILENT_MS = 60000 };

err job_list(const struct ctx *ctx, struct job **ret, size_t *n)
{
    struct rows r;
    err e =
        db_query(ctx->db, ctx->arena,
                 SQL("select \"id\", \"kind\", \"title_zh\", \"title_en\", \"person\", \"state\","
                     " \"done\", \"total\", \"message\", \"result\", \"created_at\", \"changed_at\""
                     " from \"job\" order by \"id\" desc limit 100"),
                 NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    struct job *jobs = arena_array(ctx->arena, struct job, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        int64_t state = rows_i64(&r, 5);
        jobs[i++] = (struct job){.id = rows_i64(&r, 0),
                                 .kind = rows_text(&r, 1),
                                 .title = {rows_text(&r, 2), rows_text(&r, 3)},
                                 .person = rows_i64(&r, 4),
                                 .state = state >= JOB_WAITING && state <= JOB_CANCELLED
                                              ? (enum job_state)state
                                              : JOB_FAILED,
                                 .done = rows_i64(&r, 6),
                                 .total = rows_i64(&r, 7),
                                 .message = rows_text(&r, 8),
                                 .result = rows_text(&r, 9),
                                 .created_at = rows_i64(&r, 10),
                                 .changed_at = rows_i64(&r, 11)};
    }
    *ret = jobs;
    *n = i;
    return OK;
}

/* --- writing ------------------------------------------------------------------------------- */

struct change { /* what one write says of a job */
    struct engine *e;
    str kind, message, result;
    struct words title;
    int64_t id, person, done, total, now;
    enum job_state state;
    bool cancelled, found;
};

static err begin_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    c->id = engine_id(c->e, c->now);
    struct batch *b = batch_begin(db, a);
    batch_add(b,
              SQL("update job set state = $1, changed_at = $2 where kind = $3 and state = $4"
                  " and changed_at < $5"),
              ARGS(db_i64(JOB_FAILED), db_i64(c->now), db_text(c->kind), db_i64(JOB_RUNNING),
                   db_i64(c->now - SILENT_MS)));
    batch_add(b,
              SQL("insert into job(id, kind, title_zh, title_en, person, state, done, total,"
                  " created_at, changed_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $8)"),
              ARGS(db_i64(c->id), db_text(c->kind), db_text(c->title.zh), db_text(c->title.en),
                   db_i64(c->person), db_i64(JOB_RUNNING), db_i64(c->total), db_i64(c->now)));
    return batch_run(b);
}

err job_begin(struct engine *e, str kind, struct words title, int64_t person, int64_t total,
              int64_t now, int64_t *ret_id)
{
    struct change c = {
        .e = e, .kind = kind, .title = title, .person = person, .total = total, .now = now};
    err x = engine_write(e, begin_here, &c);
    *ret_id = c.id;
    return x;
}

static err tell_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    struct rows r;
    err e = db_query(db, a,
                     SQL("update job set done = $2, message = $3, changed_at = $4 where id = $1"
                         " returning state"),
                     ARGS(db_i64(c->id), db_i64(c->done), db_text(c->message), db_i64(c->now)), &r);
    c->cancelled = !e.code && rows_next(&r) && rows_i64(&r, 0) == JOB_CANCELLED;
    return e;
}

err job_tell(struct engine *e, int64_t id, int64_t done, str message, int64_t now, bool *cancelled)
{
    struct change c = {.id = id, .done = done, .message = message, .now = now};
    err x = engine_write(e, tell_here, &c);
    *cancelled = c.cancelled;
    return x;
}

static err end_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    return db_exec(db, a,
                   SQL("update job set state = $2, done = $3, message = $4, result = $5,"
                       " changed_at = $6 where id = $1"),
                   ARGS(db_i64(c->id), db_i64(c->state), db_i64(c->done), db_text(c->message),
                        db_text(c->result), db_i64(c->now)));
}

err job_end(struct engine *e, int64_t id, enum job_state state, int64_t done, str message,
            str result, int64_t now)
{
    struct change c = {
        .id = id, .state = state, .done = done, .message = message, .result = result, .now = now};
    return engine_write(e, end_here, &c);
}

static err cancel_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    struct rows r;
    err e = db_query(db, a,
                     SQL("update job set state = $2, changed_at = $3 where id = $1"
                         " and state in (0, 1) returning id"),
                     ARGS(db_i64(c->id), db_i64(JOB_CANCELLED), db_i64(c->now)), &r);
    c->found = !e.code && rows_count(&r) == 1;
    return e;
}

err job_cancel(struct engine *e, int64_t id, int64_t now)
{
    struct change c = {.id = id, .now = now};
    err x = engine_write(e, cancel_here, &c);
    return x.code || c.found ? x : err_make(ERR_NOT_FOUND, STR("job"));
}
