#include "store/writer_int.h"

#include <string.h>

/* --- calling out ---------------------------------------------------------------- */

static err call_plain(struct core *c, enum call call, struct writer_job *job, bool *ret)
{
    const struct writer_hooks *h = c->hooks;
    switch (call) {
    case CALL_BEGIN:
        return h->group_begin ? h->group_begin(h->world, c->db, c->a) : OK;
    case CALL_RUN: {
        err e = job->run(job, c->db, c->a, h->world);
        return e.code ? e : db_flush(c->db, c->a);
    }
    case CALL_END:
        return h->group_end ? h->group_end(h->world, c->db, c->a) : OK;
    case CALL_WAS_DONE:
        return h->was_done(h->world, c->db, c->a, job, ret);
    case CALL_IDLE:
        *ret = h->idle(h->world, c->db, c->a);
        break;
    }
    return OK;
}

/* The one place a full arena of the writer's jumps to; alone in its function,
 * so that nothing it holds can be lost. */
err writer_out(struct core *c, enum call call, struct writer_job *job, bool *ret)
{
    if (c->jumps) {
        if (setjmp(c->target)) {
            return err_make(ERR_BUSY, STR("needs more memory than an act may use"));
        }
    }
    return call_plain(c, call, job, ret);
}

void writer_full(void *arg)
{
    longjmp(((struct core *)arg)->target, 1);
}

void writer_tell(const struct core *c, void (*fn)(void *world))
{
    if (fn) {
        fn(c->hooks->world);
    }
}

void writer_keep(struct writer_job *job, err e)
{
    size_t n = e.detail.len < sizeof(job->detail) ? e.detail.len : sizeof(job->detail);
    if (n && e.detail.ptr != job->detail) {
        memcpy(job->detail, e.detail.ptr, n);
    }
    e.detail = str_from_n(job->detail, n);
    job->result = e;
}

/* --- one job, one transaction ----------------------------------------------------- */

void writer_undo_all(struct core *c)
{
    writer_tell(c, c->hooks->undo_group);
    db_reset(c->db);
}

err writer_single(struct core *c, struct writer_job *job, bool *unsure)
{
    *unsure = false;
    db_write_begin(c->db);
    err e = writer_out(c, CALL_BEGIN, NULL, NULL);
    if (!e.code) {
        writer_tell(c, c->hooks->mark);
        e = writer_out(c, CALL_RUN, job, NULL);
    }
    if (!e.code) {
        e = writer_out(c, CALL_END, NULL, NULL);
    }
    if (e.code) {
        writer_undo_all(c);
        return e;
    }
    e = db_commit(c->db, c->own);
    if (e.code) {
        *unsure = true;
        writer_undo_all(c);
        return e;
    }
    if (c->hooks->committed) {
        c->hooks->committed(c->hooks->world, 1);
    }
    return OK;
}

err writer_run_here(struct db *db, struct arena *a, const struct writer_hooks *hooks,
                    struct writer_job *jobs, int n)
{
    struct core c = {.db = db, .a = a, .own = a, .hooks = hooks};
    err first = OK;
    for (int i = 0; i < n; i++) {
        struct writer_job *job = jobs;
        jobs = job->next;
        bool unsure;
        writer_keep(job, writer_single(&c, job, &unsure));
        err e = job->result;
        first = first.code ? first : e;
        if (job->done) {
            job->done(job, e);
        }
    }
    return first;
}
