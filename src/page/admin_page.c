#include "page/admin_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/health.h"
#include "engine/job.h"
#include "engine/post.h"
#include "model/expr.h"
#include "page/page.h"

#include "gen/admin.html.h"

/* Rights of the program itself: a person with the post of administrator. */
static bool administrator(struct visit *v, bool must)
{
    bool yes = false;
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &yes);
    if (!e.code && must && !yes) {
        e = err_make(ERR_DENIED, STR("not an administrator"));
    }
    if (e.code) {
        visit_error(v, e);
        return false;
    }
    return yes || !must;
}

void page_admin(struct visit *v)
{
    struct admin_page p = {0};
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &p.administrator);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("管理", "Administration"), v->ctx.lang), STR("admin"));
    admin_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- settings ----------------------------------------------------------------------- */

static str list_shown(struct visit *v, const struct setting *s)
{
    struct buf b = buf_make(v->ctx.arena, 4000);
    for (size_t i = 0; i < s->nkeys; i++) {
        if (!s->keys[i].retired) {
            buf_put(&b, b.len ? STR(" · ") : STR(""));
            buf_put(&b, words_in(s->keys[i].words, v->ctx.lang));
        }
    }
    return buf_str(&b);
}

static str setting_shown(struct visit *v, const struct setting *s)
{
    if (s->list) {
        return list_shown(v, s);
    }
    if (s->kind == V_TEXT) {
        return s->written;
    }
    return expr_literal_words(v->ctx.arena, s->kind, s->i64, v->ctx.lang);
}

static str setting_name(struct visit *v, const struct setting *s)
{
    str name = words_in(s->words, v->ctx.lang);
    return name.len ? name : s->key;
}

void page_admin_settings(struct visit *v)
{
    const struct model *m = v->model;
    struct settings_group *groups = arena_array(v->ctx.arena, struct settings_group, m->nregs + 1);
    size_t n = 0;
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *l = m->regs[i]->newest;
        struct settings_row *rows =
            arena_array(v->ctx.arena, struct settings_row, l->nsettings + 1);
        for (size_t k = 0; k < l->nsettings; k++) {
            const struct setting *s = &l->settings[k];
            rows[k] = (struct settings_row){s, setting_name(v, s), setting_shown(v, s)};
        }
        if (l->nsettings) {
            groups[n].key = l->reg->key;
            groups[n].title = words_in(l->title, v->ctx.lang);
            groups[n].version = l->version;
            groups[n].rows.ptr = rows;
            groups[n].rows.len = l->nsettings;
            n++;
        }
    }
    struct settings_page p = {.groups = {groups, n}};
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &p.may);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("制度参数", "Settings"), v->ctx.lang), STR("admin"));
    admin_settings_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- jobs and health -------------------------------------------------------------------- */

void page_admin_jobs(struct visit *v)
{
    if (!administrator(v, true)) {
        return;
    }
    struct job *jobs;
    size_t n;
    err e = job_list(&v->ctx, &jobs, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    static const struct {
        const char *class;
        struct words words;
    } states[] = {{"wait", WORDS_INIT("等待", "waiting")},
                  {"go", WORDS_INIT("进行中", "running")},
                  {"good", WORDS_INIT("完成", "done")},
                  {"bad", WORDS_INIT("失败", "failed")},
                  {"end", WORDS_INIT("已取消", "cancelled")}};
    struct job_row *rows = arena_array(v->ctx.arena, struct job_row, n + 1);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct job_row){words_in(jobs[i].title, v->ctx.lang),
                                   jobs[i].message,
                                   words_in(states[jobs[i].state].words, v->ctx.lang),
                                   str_from(states[jobs[i].state].class),
                                   jobs[i].done,
                                   jobs[i].total,
                                   jobs[i].changed_at,
                                   jobs[i].state <= JOB_RUNNING ? jobs[i].id : 0};
    }
    struct jobs_page p = {.visit = v, .csrf = v->session.csrf, .rows = {rows, n}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("后台任务", "Jobs"), v->ctx.lang), STR("admin"));
    admin_jobs_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* Whoever does the work looks now and then, and stops where it can be gone on with. */
void page_admin_job_cancel(struct visit *v)
{
    if (!administrator(v, true)) {
        return;
    }
    db_read_end(v->ctx.db);
    err e = job_cancel(v->app->engine, v->num[0], v->ctx.now);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, STR("/admin/jobs"));
}

static struct figure_row figure(struct visit *v, struct words name, int64_t n, bool bad,
                                struct words advice)
{
    return (struct figure_row){name, advice, str_fmt(v->ctx.arena, "%lld", (long long)n), bad};
}

/* What the registry says; 0 in a server without one. */
static size_t checks(struct visit *v, const struct health_shown **ret, enum health_state *ret_worst)
{
    static const struct {
        const char *class;
        struct words words;
    } states[] = {{"good", WORDS_INIT("正常", "Well")},
                  {"wait", WORDS_INIT("注意", "Watch")},
                  {"bad", WORDS_INIT("异常", "Bad")}};
    const struct health_row *rows;
    if (!v->app->health) {
        return 0;
    }
    size_t n = health_look(v->app->health, v->ctx.arena, v->ctx.now, &rows);
    struct health_shown *list = arena_array(v->ctx.arena, struct health_shown, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct health_row *r = &rows[i];
        list[i] = (struct health_shown){.title = words_in(r->check->title, v->ctx.lang),
                                        .state = words_in(states[r->now.state].words, v->ctx.lang),
                                        .class = str_from(states[r->now.state].class),
                                        .what = words_in(r->now.what, v->ctx.lang),
                                        .remedy = words_in(r->now.remedy, v->ctx.lang),
                                        .link = r->check->link};
    }
    *ret = list;
    *ret_worst = health_worst(rows, n, false);
    return n;
}

void page_admin_health(struct visit *v)
{
    if (!administrator(v, true)) {
        return;
    }
    struct engine_stats s = engine_stats(v->app->engine);
    struct http_stats h = {0};
    if (v->app->http) {
        h = http_stats(v->app->http);
    }
    int64_t lag = s.ledger_size - s.checkpoint_size;
    struct words no_key = secrets_words(v->ctx.arena, people_secrets(v->app->people));
    bool late = s.last_tick_at && v->ctx.now - s.last_tick_at > 10000;
    struct figure_row rows[] = {
        figure(v, WORDS("存证条目", "Ledger entries"), s.ledger_size, false, WORDS("", "")),
        figure(v, WORDS("尚未签出检查点的条目", "Entries not yet in a checkpoint"), lag, lag > 5000,
               lag > 5000
                   ? WORDS("检查点落后，请检查签名密钥", "Checkpoints lag: look at the signing key")
                   : WORDS("每秒签出一次", "Signed every second")),
        {WORDS("密文的密钥", "Key of what is encrypted"), no_key, STR(""), no_key.zh.len > 0},
        figure(v, WORDS("制度版次", "Epoch of regulations"), s.epoch, false, WORDS("", "")),
        figure(v, WORDS("等待写入", "Waiting to be written"), s.writer.queue_now,
               s.writer.queue_now > 400, WORDS("上限 512", "At most 512")),
        figure(v, WORDS("已写入操作", "Acts written"), s.writer.jobs, false,
               WORDS("自启动以来", "Since start")),
        figure(v, WORDS("已提交事务", "Commits"), s.writer.groups, false,
               WORDS("同时到达的操作共用一次提交", "Acts that come together share one")),
        figure(v, WORDS("提交耗时 p99（微秒）", "Commit p99 (µs)"), s.writer.group_p99_us,
               s.writer.group_p99_us > 500000, WORDS("近 1024 组", "Of the last 1,024 groups")),
        figure(v, WORDS("等待建立搜索", "Waiting for the search index"), s.records_waiting_search,
               s.records_waiting_search > 10000, WORDS("一秒内可搜到", "Found within a second")),
        figure(v, WORDS("到期未处理的时限", "Deadlines due, not yet handled"), s.terms_due, late,
               late ? WORDS("时钟线程停滞，请重启", "The clock stands still: restart")
                    : WORDS("", "")),
        figure(v, WORDS("数据库日志（字节）", "Write-ahead log (bytes)"), s.writer.log_bytes,
               s.writer.log_bytes > 256 << 20, WORDS("超过 64 MB 会收缩", "Shrinks above 64 MB")),
        figure(v, WORDS("打开的连接", "Open connections"), h.open, false, WORDS("", "")),
        figure(v, WORDS("请求总数", "Requests"), h.requests, false,
               WORDS("自启动以来", "Since start")),
        figure(v, WORDS("服务器错误", "Server errors"), h.status[5], h.status[5] > 0,
               h.status[5] > 0 ? WORDS("见日志", "See the log") : WORDS("", "")),
    };
    size_t n = sizeof(rows) / sizeof(rows[0]);
    const struct health_shown *shown = NULL;
    enum health_state worst = HEALTH_OK;
    size_t nshown = checks(v, &shown, &worst);
    bool bad = worst != HEALTH_OK;
    for (size_t i = 0; i < n; i++) {
        bad = bad || rows[i].bad;
    }
    struct health_page p = {
        .state = words_in(bad ? WORDS("需要关注", "Needs attention") : WORDS("正常", "Well"),
                          v->ctx.lang),
        .class = bad ? STR("bad") : STR("good"),
        .checks = {shown, nshown},
        .rows = {rows, n}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("运行状况", "Health"), v->ctx.lang), STR("admin"));
    admin_health_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- accounts -------------------------------------------------------------------------------- */

static void show_account(struct visit *v, str said, bool bad, int status)
{
    struct record rec;
    err e = v->model->person ? record_get(&v->ctx, v->model->person, v->num[0], &rec)
                             : err_make(ERR_NOT_FOUND, STR("person"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct account_page p = {.name = rec.name,
                             .login = visit_param(v, STR("login")),
                             .csrf = v->session.csrf,
                             .said = said,
                             .said_class = bad ? STR("bad") : STR("good"),
                             .person = rec.id};
    struct frame f;
    struct html out = frame_begin(v, &f, rec.name, STR("admin"));
    admin_account_html(&out, &p);
    frame_end(v, &f, &out, status);
}

void page_admin_account(struct visit *v)
{
    if (administrator(v, true)) {
        show_account(v, STR(""), false, 200);
    }
}

void page_admin_account_post(struct visit *v)
{
    if (!administrator(v, true)) {
        return;
    }
    struct words why = {0};
    db_read_end(v->ctx.db);
    err e = people_set_account(v->app->people, v->ctx.arena, v->ctx.now, v->num[0],
                               str_trim(visit_param(v, STR("login"))),
                               visit_param(v, STR("password")), true, &why);
    db_read_begin(v->ctx.db);
    bool bad = e.code != ERR_NONE;
    struct words done = WORDS("账号已建立，请告知本人初始密码。",
                              "The account is ready.  Tell its owner the first password.");
    if (bad && !why.zh.len) {
        why = err_words(e.code);
    }
    show_account(v, words_in(bad ? why : done, v->ctx.lang), bad, bad ? 422 : 200);
}
