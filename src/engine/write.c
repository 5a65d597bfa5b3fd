#include "engine/write.h"

#include "engine/engine_int.h"

struct plain_job {
    struct writer_job job;
    err (*fn)(void *arg, struct db *db, struct arena *a);
    void *arg;
};

static err run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)world;
    struct plain_job *p = (struct plain_job *)job; /* its first member */
    return p->fn(p->arg, db, a);
}

static void done(struct writer_job *job, err result)
{
    (void)job;
    (void)result; /* writer_call waits and gives it back */
}

static err write_here(struct engine *e, struct plain_job *p)
{
    db_write_begin(e->db);
    err r = p->fn(p->arg, e->db, &e->work);
    if (r.code) {
        db_rollback(e->db);
        return r;
    }
    return db_commit(e->db, &e->work);
}

err engine_write(struct engine *e, err (*fn)(void *arg, struct db *db, struct arena *a), void *arg)
{
    struct plain_job p = {.job = {.run = run, .done = done}, .fn = fn, .arg = arg};
    return e->memory ? write_here(e, &p) : writer_call(e->writer, &p.job);
}

err engine_submit(struct engine *e, struct writer_job *job)
{
    if (e->memory) {
        err r = engine_run(e, job);
        (void)r; /* done has it */
        return OK;
    }
    return writer_submit(e->writer, job);
}
