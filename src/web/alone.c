#include "web/alone.h"

#include "base/arena.h"

#include "web/visit_int.h"

#include <setjmp.h>
#include <unistd.h>

struct target {
    jmp_buf jump;
};

static void arena_was_full(void *arg)
{
    struct target *t = arg;
    longjmp(t->jump, 1);
}

/* The one target of visits without a request, alone in its function as in http/worker.c. */
static bool guarded(struct visit *v, unsigned flags)
{
    struct target t;
    if (setjmp(t.jump) != 0) {
        return false;
    }
    v->x->arena.full = arena_was_full;
    v->x->arena.full_arg = &t;
    visit_alone(v, flags);
    return true;
}

void alone_run(struct visit *v, unsigned flags)
{
    if (!guarded(v, flags)) {
        *v->failed = err_make(ERR_LIMIT, STR("too much memory"));
    }
    v->x->arena.full = NULL; /* its target is gone */
}

struct alone {
    struct app *app;
    struct seat *seat;
};

static void leave(void *arg)
{
    struct alone *k = arg;
    seat_end(k->app, k->seat);
}

struct alone *alone_make(struct arena *life, struct app *app)
{
    struct alone *k = arena_new(life, struct alone);
    k->app = app;
    k->seat = seat_start(app, 0);
    arena_defer(life, leave, k);
    return k;
}

err alone_get(struct alone *k, struct arena *a, const struct alone_asks *asks, size_t *ret_bytes)
{
    struct http_exchange x = {.app = k->app, .local = k->seat, .arena = arena_make(ALONE_ARENA)};
    err failed = OK;
    struct visit v = {.x = &x, .app = k->app, .failed = &failed};
    x.req.method = HTTP_GET;
    x.req.path = asks->path;
    x.res.file = -1;
    x.now = asks->now;
    x.lang = asks->lang;
    v.session = (struct session){.person = asks->person, .lang = asks->lang};
    v.signed_in = v.sure = true;
    memo_tidy(db_memo(k->seat->db));
    alone_run(&v, 0);
    if (x.res.file >= 0) {
        close(x.res.file);
    }
    if (failed.code) {
        failed.detail = str_copy(a, failed.detail);
        failed.why = NULL; /* it lives in the page's memory */
    } else {
        *ret_bytes = x.res.body.len;
    }
    arena_end(&x.arena);
    return failed;
}
