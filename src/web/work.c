#include "web/work.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wake.h"

#include "web/visit_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_US = 5000000, /* for what another node was asked, or left behind */
    TELL_US = 1000000,
    TIDY_MS = 3600000,
    ARENA = 256 << 20,
    PIECE = 64 << 10,
    ROWS_KEPT_DAYS = 30
};
#define DAY_MS INT64_C(86400000)

struct work {
    struct app *app;
    str folder;
    void *seat;
    pthread_t thread;
    int64_t tidied;
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more;
    bool asked;
};

/* --- asking, and fetching ---------------------------------------------------------------- */

static str folder_of(struct arena *a, str data)
{
    return str_fmt(a, "%.*s/jobs", STR_ARG(data));
}

static void wake(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    w->asked = true;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
}

err work_ask(struct visit *v, str path, struct words title)
{
    struct arena *a = v->ctx.arena;
    int64_t id;
    struct job_ask ask = {.kind = WORK_FILE,
                          .title = title,
                          .person = v->session.person,
                          .input =
                              str_fmt(a, "%s\n%.*s\n%.*s", v->ctx.lang == LANG_EN ? "en" : "zh",
                                      STR_ARG(v->session.name), STR_ARG(path))};
    db_read_end(v->ctx.db);
    err e = job_ask(v->app->engine, a, &ask, v->ctx.now, &id);
    db_read_begin(v->ctx.db);
    if (!e.code && v->app->work) {
        wake(v->app->work);
    }
    return e;
}

static str file_of(struct arena *a, const struct work *w, int64_t id, const char *end)
{
    return str_fmt(a, "%.*s/%lld%s", STR_ARG(w->folder), (long long)id, end);
}

int work_open(const struct visit *v, int64_t id, int64_t *ret_size)
{
    struct stat st;
    const struct work *w = v->app->work;
    int fd = w ? open(file_of(v->ctx.arena, w, id, "").ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd >= 0 && fstat(fd, &st) != 0) {
        close(fd);
        fd = -1;
    }
    *ret_size = fd >= 0 ? (int64_t)st.st_size : 0;
    return fd;
}

/* --- making ------------------------------------------------------------------------------- */

bool work_tells(struct visit *v, int64_t done)
{
    struct visit_job *j = v->job;
    if (!j) {
        return true;
    }
    int64_t now = clock_mono_us();
    j->done = done;
    j->stopped = atomic_load(j->stop);
    if (!j->stopped && now - j->told_us >= TELL_US) {
        j->told_us = now;
        err e = job_tell(v->app->engine, j->id, done, STR(""), engine_now(v->app->engine),
                         &j->cancelled);
        (void)e; /* the next one tells */
    }
    return !j->stopped && !j->cancelled;
}

bool work_goes_on(struct visit *v, int64_t done)
{
    if (!v->job) {
        return true;
    }
    db_read_end(v->ctx.db);
    bool on = work_tells(v, done);
    db_read_begin(v->ctx.db);
    return on;
}

/* The answer's bytes, where the handler has not written them itself. */
static err save(struct visit *v)
{
    struct http_response *res = &v->x->res;
    struct visit_job *j = v->job;
    bool ok = true;
    if (res->file >= 0) {
        char *piece = arena_bytes(v->ctx.arena, PIECE);
        for (ssize_t n; ok && (n = read(res->file, piece, PIECE)) != 0;) {
            ok = n > 0 && write(j->fd, piece, (size_t)n) == n;
        }
        close(res->file);
        res->file = -1;
    } else if (!j->written) {
        for (str rest = res->body; ok && rest.len;) {
            ssize_t n = write(j->fd, rest.ptr, rest.len);
            ok = n > 0;
            rest = ok ? str_from_n(rest.ptr + n, rest.len - (size_t)n) : rest;
        }
    }
    return ok ? OK : err_make(ERR_STORE, STR("the file cannot be written: is the disk full?"));
}

static err make(struct work *w, struct visit *v, const struct job *job)
{
    struct visit_job *j = v->job;
    str rest;
    str lang = str_cut(job->input, '\n', &rest);
    str name = str_cut(rest, '\n', &rest);
    str query;
    v->x->req.path = str_cut(rest, '?', &query);
    v->x->lang = str_eq(lang, STR("en")) ? LANG_EN : LANG_ZH;
    v->session = (struct session){.person = job->person, .name = name, .lang = v->x->lang};
    v->signed_in = v->sure = true;
    if (!http_parse_form(&v->x->arena, query, &v->x->req.query) ||
        !http_without_nul(&v->x->req.query)) {
        return err_make(ERR_INVALID, STR("what was asked for cannot be read"));
    }
    j->fd = open(file_of(&v->x->arena, w, job->id, ".part").ptr,
                 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->fd < 0) {
        return err_make(ERR_STORE, str_from(strerror(errno)));
    }
    alone_run(v, ROUTE_EXPORT);
    return v->failed->code || j->stopped || j->cancelled ? *v->failed : save(v);
}

static void log_failure(const struct job *job, err e)
{
    struct log_line l = log_line(LOG_ERROR, "job.failed");
    log_i64(&l, "id", job->id);
    log_str(&l, "error", str_from(err_name(e.code)));
    log_str(&l, "detail", e.detail);
    log_write(&l);
}

/* Ends the job: its file under the final name, or gone, and the words. */
static void conclude(struct work *w, struct arena *a, const struct job *job,
                     const struct visit_job *j, err e)
{
    struct engine *engine = w->app->engine;
    int64_t now = engine_now(engine);
    str part = file_of(a, w, job->id, ".part");
    bool done = !e.code && !j->stopped && !j->cancelled;
    if (done && rename(part.ptr, file_of(a, w, job->id, "").ptr) != 0) {
        e = err_make(ERR_STORE, str_from(strerror(errno)));
        done = false;
    }
    if (!done) {
        unlink(part.ptr);
    }
    err told = OK;
    if (j->stopped && !j->cancelled) {
        told = job_give_back(engine, job->id, now);
    } else if (j->cancelled) {
        str words = str_fmt(a,
                            "取消时已写 %lld 条；没有留下文件，数据没有改变。\nCancelled after "
                            "%lld records; no file was kept and no data were changed.",
                            (long long)j->done, (long long)j->done);
        told = job_end(engine, job->id, JOB_CANCELLED, j->done, words, STR(""), now);
    } else if (e.code) {
        struct words what = e.why ? e.why->what : err_words(e.code);
        str words = str_fmt(a, "%.*s\n%.*s", STR_ARG(what.zh), STR_ARG(what.en));
        log_failure(job, e);
        told = job_end(engine, job->id, JOB_FAILED, j->done, words, e.detail, now);
    } else {
        str words = str_fmt(a, "%lld 条\n%lld records", (long long)j->done, (long long)j->done);
        told = job_end(engine, job->id, JOB_DONE, j->done, words, j->name, now);
    }
    if (told.code) {
        log_failure(job, told);
    }
}

/* Takes one and makes it; false: there is none. */
static bool one(struct work *w)
{
    struct arena a = arena_make(1 << 20);
    struct http_exchange x = {.app = w->app, .local = w->seat, .arena = arena_make(ARENA)};
    struct visit_job j = {.fd = -1, .stop = &w->stop};
    err failed = OK;
    struct visit v = {.x = &x, .app = w->app, .job = &j, .failed = &failed};
    struct job job;
    x.now = engine_now(w->app->engine);
    x.req.method = HTTP_GET;
    x.res.file = -1;
    err e = job_take(w->app->engine, &a, WORK_FILE, x.now, &job);
    bool found = !e.code && job.id;
    if (found) {
        j.id = job.id;
        e = make(w, &v, &job);
        if (j.fd >= 0) {
            close(j.fd);
        }
        conclude(w, &a, &job, &j, e);
    }
    arena_end(&x.arena);
    arena_end(&a);
    return found;
}

/* --- the thread --------------------------------------------------------------------------- */

static bool any(struct work *w)
{
    struct arena a = arena_make(1 << 20);
    struct seat *seat = w->seat;
    bool some = false;
    seat_ready(w->app, seat);
    db_read_begin(seat->db);
    err e = job_any(seat->db, &a, engine_now(w->app->engine), &some);
    db_read_end(seat->db);
    arena_end(&a);
    return !e.code && some;
}

/* Once an hour: files that nobody fetched, then their rows. */
static void tidy(struct work *w)
{
    int64_t now = clock_now();
    if (now - w->tidied < TIDY_MS) {
        return;
    }
    w->tidied = now;
    struct arena a = arena_make(1 << 20);
    DIR *d = opendir(w->folder.ptr);
    for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
        struct stat st;
        if (f->d_name[0] != '.' && fstatat(dirfd(d), f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (int64_t)st.st_mtime * 1000 < now - JOB_KEPT_DAYS * DAY_MS) {
            unlinkat(dirfd(d), f->d_name, 0);
        }
    }
    if (d) {
        closedir(d);
    }
    err e =
        job_forget(w->app->engine, WORK_FILE, engine_now(w->app->engine) - ROWS_KEPT_DAYS * DAY_MS);
    (void)e; /* in an hour again */
    arena_end(&a);
}

static void rest(struct work *w)
{
    int64_t until = clock_mono_us() + LOOK_US;
    pthread_mutex_lock(&w->lock);
    while (!w->asked && !atomic_load(&w->stop) && wake_wait(&w->more, &w->lock, until)) {
    }
    w->asked = false;
    pthread_mutex_unlock(&w->lock);
}

static void *run(void *arg)
{
    struct work *w = arg;
    while (!atomic_load(&w->stop)) {
        tidy(w);
        if (!any(w) || !one(w)) {
            rest(w);
        }
    }
    return NULL;
}

err work_start(struct arena *life, struct app *app, str data, struct work **ret)
{
    struct work *w = arena_new(life, struct work);
    w->app = app;
    w->folder = folder_of(life, data);
    if (mkdir(w->folder.ptr, 0700) != 0 && errno != EEXIST) {
        return err_make(ERR_STORE, str_fmt(life, "%s: %s", w->folder.ptr, strerror(errno)));
    }
    pthread_mutex_init(&w->lock, NULL);
    wake_make(&w->more);
    w->seat = seat_start(app, 0);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        seat_end(app, w->seat);
        return err_make(ERR_STORE, STR("no thread for jobs"));
    }
    app->work = w;
    *ret = w;
    return OK;
}

void work_stop(struct work *w)
{
    atomic_store(&w->stop, true);
    wake(w);
    pthread_join(w->thread, NULL);
    seat_end(w->app, w->seat);
}
