/* jobs_page.c - long work: one's own, and everybody's for administrators. */
#include "page/jobs_page.h"

#include "base/arena.h"
#include "page/admin_page.h"
#include "page/page.h"

#include "gen/jobs.html.h"
#include "web/work.h"

static struct job_row row_of(const struct visit *v, const struct job *j)
{
    static const struct {
        const char *class;
        struct words words;
    } states[] = {{"wait", WORDS_INIT("等待", "waiting")},
                  {"go", WORDS_INIT("进行中", "running")},
                  {"good", WORDS_INIT("完成", "done")},
                  {"bad", WORDS_INIT("失败", "failed")},
                  {"end", WORDS_INIT("已取消", "cancelled")}};
    bool kept = v->ctx.now - j->changed_at < JOB_KEPT_DAYS * INT64_C(86400000);
    return (struct job_row){.id = j->id,
                            .title = words_in(j->title, v->ctx.lang),
                            .message = job_words(j, v->ctx.lang),
                            .state = words_in(states[j->state].words, v->ctx.lang),
                            .class = str_from(states[j->state].class),
                            .done = j->done,
                            .total = j->total,
                            .at = j->changed_at,
                            .open = j->state <= JOB_RUNNING,
                            .running = j->state == JOB_RUNNING,
                            .file = j->state == JOB_DONE && j->person == v->session.person &&
                                    str_eq(j->kind, WORK_FILE) && kept};
}

static void show(struct visit *v, bool all, struct words title, str place)
{
    struct job *jobs;
    size_t n;
    err e = all ? job_list(&v->ctx, &jobs, &n) : job_mine(&v->ctx, &jobs, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct job_row *rows = arena_array(v->ctx.arena, struct job_row, n + 1);
    struct jobs_page p = {.visit = v, .csrf = v->session.csrf, .all = all, .rows = {rows, n}};
    for (size_t i = 0; i < n; i++) {
        rows[i] = row_of(v, &jobs[i]);
        p.waiting = p.waiting || rows[i].open;
    }
    struct frame f;
    struct html out = frame_begin(v, &f, words_in(title, v->ctx.lang), place);
    jobs_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_admin_jobs(struct visit *v)
{
    if (admin_is(v, true)) {
        show(v, true, WORDS("后台任务", "Jobs"), STR("admin"));
    }
}

void page_my_jobs(struct visit *v)
{
    show(v, false, WORDS("我的任务", "My jobs"), STR(""));
}

/* Whoever does the work looks now and then, and stops where nothing is half done. */
static void cancel(struct visit *v, int64_t person, str back)
{
    db_read_end(v->ctx.db);
    err e = job_cancel(v->app->engine, v->num[0], person, v->ctx.now);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, back);
}

void page_admin_job_cancel(struct visit *v)
{
    if (admin_is(v, true)) {
        cancel(v, 0, STR("/admin/jobs"));
    }
}

void page_my_job_cancel(struct visit *v)
{
    cancel(v, v->session.person, STR("/me/jobs"));
}

void page_my_job_file(struct visit *v)
{
    struct job j;
    int64_t size = 0;
    err e = job_get(&v->ctx, v->num[0], &j);
    if (!e.code && (j.state != JOB_DONE || !str_eq(j.kind, WORK_FILE))) {
        e = err_make(ERR_NOT_FOUND, STR("the job has no file"));
    }
    int fd = e.code ? -1 : work_open(v, j.id, &size);
    if (!e.code && fd < 0) {
        e = err_make(ERR_NOT_FOUND, STR("the file was removed"));
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("application/octet-stream"), .file = fd, .file_size = size};
    visit_download(v, j.result);
}
