#include "engine/job.h"

#include "base/arena.h"
#include "engine/engine_int.h"
#include "engine/refusal.h"
#include "engine/write.h"

#define AGAIN "again" /* the result of a running job that was cut off once */
#define COLUMNS                                                                             \
    "select \"id\", \"kind\", \"title_zh\", \"title_en\", \"person\", \"state\", \"done\"," \
    " \"total\", \"message\", \"result\", \"created_at\", \"changed_at\", \"input\" from \"job\""

/* --- reading --------------------------------------------------------------------------- */

static struct job from_row(struct rows *r)
{
    int64_t state = rows_i64(r, 5);
    return (struct job){.id = rows_i64(r, 0),
                        .kind = rows_text(r, 1),
                        .title = {rows_text(r, 2), rows_text(r, 3)},
                        .person = rows_i64(r, 4),
                        .state = state >= JOB_WAITING && state <= JOB_CANCELLED
                                     ? (enum job_state)state
                                     : JOB_FAILED,
                        .done = rows_i64(r, 6),
                        .total = rows_i64(r, 7),
                        .message = rows_text(r, 8),
                        .result = rows_text(r, 9),
                        .created_at = rows_i64(r, 10),
                        .changed_at = rows_i64(r, 11),
                        .input = rows_text(r, 12)};
}

str job_words(const struct job *j, enum lang lang)
{
    struct words w;
    w.zh = str_cut(j->message, '\n', &w.en);
    return words_in(w, lang);
}

static err many(const struct ctx *ctx, struct sql sql, struct db_args args, struct job **ret,
                size_t *n)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sql, args, &r);
    if (e.code) {
        return e;
    }
    struct job *jobs = arena_array(ctx->arena, struct job, (size_t)rows_count(&r) + 1);
    for (*n = 0; rows_next(&r); ++*n) {
        jobs[*n] = from_row(&r);
    }
    *ret = jobs;
    return OK;
}

err job_list(const struct ctx *ctx, struct job **ret, size_t *n)
{
    return many(ctx, SQL(COLUMNS " order by \"id\" desc limit $1"), ARGS(db_i64(JOB_SHOWN)), ret,
                n);
}

err job_mine(const struct ctx *ctx, struct job **ret, size_t *n)
{
    return many(ctx, SQL(COLUMNS " where person = $1 order by \"id\" desc limit $2"),
                ARGS(db_i64(ctx->actor), db_i64(JOB_SHOWN)), ret, n);
}

err job_get(const struct ctx *ctx, int64_t id, struct job *ret)
{
    struct job *found;
    size_t n;
    err e = many(ctx, SQL(COLUMNS " where id = $1 and person = $2"),
                 ARGS(db_i64(id), db_i64(ctx->actor)), &found, &n);
    if (!e.code && n == 0) {
        return err_make(ERR_NOT_FOUND, STR("job"));
    }
    if (!e.code) {
        *ret = found[0];
    }
    return e;
}

err job_any(struct db *db, struct arena *a, int64_t now, bool *ret)
{
    struct rows r;
    err e = db_query(
        db, a, SQL("select 1 from job where state = $1 or state = $2 and changed_at < $3 limit 1"),
        ARGS(db_i64(JOB_WAITING), db_i64(JOB_RUNNING), db_i64(now - JOB_SILENT_MS)), &r);
    *ret = !e.code && rows_next(&r);
    return e;
}

/* --- writing ---------------------------------------------------------------------------- */

struct change { /* what one write says of a job */
    struct engine *e;
    str kind, message, result, input;
    struct words title;
    int64_t id, person, done, total, now;
    enum job_state state;
    bool cancelled, found;
    struct arena *to; /* of `taken` */
    struct job taken;
};

static int add_row(struct batch *b, struct change *c)
{
    c->id = engine_id(c->e, c->now);
    return batch_add(
        b,
        SQL("insert into job(id, kind, title_zh, title_en, person, state, done, total,"
            " created_at, changed_at, input) values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $8, $9)"),
        ARGS(db_i64(c->id), db_text(c->kind), db_text(c->title.zh), db_text(c->title.en),
             db_i64(c->person), db_i64(c->state), db_i64(c->total), db_i64(c->now),
             db_text(c->input)));
}

/* Work that no runner takes again: it ended with the program that did it. */
static void add_cut_off(struct batch *b, const struct change *c)
{
    batch_add(b,
              SQL("update job set state = $1, message = $2"
                  " where state = $3 and changed_at < $4 and (coalesce(input, '') = ''"
                  " or result = '" AGAIN "')"),
              ARGS(db_i64(JOB_FAILED),
                   db_text(STR("被中断：执行它的程序已经结束，请重新开始；导入会从中断处继续。\n"
                               "Cut off: the program that did it is gone.  Start it again; an "
                               "import goes on where it stood.")),
                   db_i64(JOB_RUNNING), db_i64(c->now - JOB_SILENT_MS)));
}

static err begin_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    struct batch *b = batch_begin(db, a);
    add_cut_off(b, c);
    add_row(b, c);
    return batch_run(b);
}

err job_begin(struct engine *e, str kind, struct words title, int64_t person, int64_t total,
              int64_t now, int64_t *ret_id)
{
    struct change c = {.e = e,
                       .kind = kind,
                       .title = title,
                       .person = person,
                       .total = total,
                       .state = JOB_RUNNING,
                       .now = now};
    err x = engine_write(e, begin_here, &c);
    *ret_id = c.id;
    return x;
}

static err ask_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    struct rows r;
    err e = db_query(db, a,
                     SQL("select count(*) from job where person = $1 and state in (0, 1)"
                         " and coalesce(input, '') <> ''"),
                     ARGS(db_i64(c->person)), &r);
    c->found = !e.code && rows_next(&r) && rows_i64(&r, 0) < JOB_MINE_MAX;
    if (e.code || !c->found) {
        return e;
    }
    struct batch *b = batch_begin(db, a);
    add_row(b, c);
    return batch_run(b);
}

err job_ask(struct engine *e, struct arena *a, const struct job_ask *ask, int64_t now,
            int64_t *ret_id)
{
    struct change c = {.e = e,
                       .kind = ask->kind,
                       .title = ask->title,
                       .person = ask->person,
                       .input = ask->input,
                       .state = JOB_WAITING,
                       .now = now};
    err x = engine_write(e, ask_here, &c);
    if (!x.code && !c.found) {
        struct refusal *why = arena_new(a, struct refusal);
        *why = (struct refusal){
            .kind = REFUSED_VALUE,
            .what = words_fmt(a, "您已有 %d 个任务在等待或进行。",
                              "%d jobs of yours wait or are at work.", JOB_MINE_MAX),
            .remedy = WORDS("等其中一个完成，或在“我的任务”里取消一个，再试。",
                            "Wait for one of them to end, or cancel one under “My jobs”.")};
        return (err){.code = ERR_RULE, .detail = why->what.en, .why = why};
    }
    *ret_id = c.id;
    return x;
}

static err take_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    struct rows r;
    struct batch *b = batch_begin(db, a);
    add_cut_off(b, c);
    err e = batch_run(b);
    e = e.code ? e
               : db_query(db, a,
                          SQL("update job set state = $1, changed_at = $2, done = 0,"
                              " result = case when state = $1 then '" AGAIN "' else result end"
                              " where id = (select min(id) from job where kind = $3"
                              "   and (state = $4 or state = $1 and changed_at < $5"
                              "        and coalesce(input, '') <> ''))"
                              " returning \"id\", \"kind\", \"title_zh\", \"title_en\","
                              " \"person\", \"state\", \"done\", \"total\", \"message\","
                              " \"result\", \"created_at\", \"changed_at\", \"input\""),
                          ARGS(db_i64(JOB_RUNNING), db_i64(c->now), db_text(c->kind),
                               db_i64(JOB_WAITING), db_i64(c->now - JOB_SILENT_MS)),
                          &r);
    c->taken = (struct job){0};
    if (!e.code && rows_next(&r)) {
        c->taken = from_row(&r);
        c->taken.input = str_copy(c->to, c->taken.input);
        c->taken.kind = c->kind;
        c->taken.title = (struct words){0};
        c->taken.message = c->taken.result = STR("");
    }
    return e;
}

err job_take(struct engine *e, struct arena *a, str kind, int64_t now, struct job *ret)
{
    struct change c = {.kind = kind, .now = now, .to = a};
    err x = engine_write(e, take_here, &c);
    *ret = c.taken;
    return x;
}

static err give_back_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    return db_exec(db, a,
                   SQL("update job set state = $2, changed_at = $3 where id = $1 and state = $4"),
                   ARGS(db_i64(c->id), db_i64(JOB_WAITING), db_i64(c->now), db_i64(JOB_RUNNING)));
}

err job_give_back(struct engine *e, int64_t id, int64_t now)
{
    struct change c = {.id = id, .now = now};
    return engine_write(e, give_back_here, &c);
}

static err forget_here(void *arg, struct db *db, struct arena *a)
{
    struct change *c = arg;
    return db_exec(db, a,
                   SQL("delete from job where id in (select id from job where kind = $1"
                       " and changed_at < $2 and state > $3 limit 1000)"),
                   ARGS(db_text(c->kind), db_i64(c->now), db_i64(JOB_RUNNING)));
}

err job_forget(struct engine *e, str kind, int64_t before)
{
    struct change c = {.kind = kind, .now = before};
    return engine_write(e, forget_here, &c);
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
    err e =
        db_query(db, a,
                 SQL("update job set state = $2, changed_at = $3 where id = $1"
                     " and state in (0, 1) and (person = $4 or $4 = 0) returning id"),
                 ARGS(db_i64(c->id), db_i64(JOB_CANCELLED), db_i64(c->now), db_i64(c->person)), &r);
    c->found = !e.code && rows_count(&r) == 1;
    return e;
}

err job_cancel(struct engine *e, int64_t id, int64_t person, int64_t now)
{
    struct change c = {.id = id, .person = person, .now = now};
    err x = engine_write(e, cancel_here, &c);
    return x.code || c.found ? x : err_make(ERR_NOT_FOUND, STR("job"));
}
