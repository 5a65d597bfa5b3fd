/* health_page.c - what is well and what is not, with what to do: the registry in words. */
#include "base/arena.h"
#include "base/health.h"
#include "page/admin_page.h"
#include "page/page.h"

#include "gen/admin.html.h"

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
    size_t at = 0;
    for (int state = HEALTH_BAD; state >= HEALTH_OK; state--) { /* the worst first */
        for (size_t i = 0; i < n; i++) {
            const struct health_row *r = &rows[i];
            if ((int)r->now.state != state) {
                continue;
            }
            list[at++] = (struct health_shown){.title = words_in(r->check->title, v->ctx.lang),
                                               .state = words_in(states[state].words, v->ctx.lang),
                                               .class = str_from(states[state].class),
                                               .what = words_in(r->now.what, v->ctx.lang),
                                               .remedy = words_in(r->now.remedy, v->ctx.lang),
                                               .link = r->check->link};
        }
    }
    *ret = list;
    *ret_worst = health_worst(rows, n, false);
    return n;
}

static struct figure_row figure(struct visit *v, struct words name, int64_t n)
{
    enum { SHOWN_MAX = 32 }; /* 1,234,567, the same in both languages; none is negative */
    char *end = (char *)arena_bytes(v->ctx.arena, SHOWN_MAX) + SHOWN_MAX;
    char *p = end;
    for (int digits = 0; digits == 0 || n > 0; digits++, n /= 10) {
        if (digits && digits % 3 == 0) {
            *--p = ',';
        }
        *--p = (char)('0' + n % 10);
    }
    return (struct figure_row){name, str_from_n(p, (size_t)(end - p))};
}

void page_admin_health(struct visit *v)
{
    if (!admin_is(v, true)) {
        return;
    }
    struct engine_stats s = engine_stats(v->app->engine);
    struct http_stats h = {0};
    struct http_server *http = http_server_of(v->x);
    if (http) {
        h = http_stats(http);
    }
    struct figure_row rows[] = {
        figure(v, WORDS("存证条目", "Ledger entries"), s.ledger_size),
        figure(v, WORDS("制度版次", "Epoch of regulations"), s.epoch),
        figure(v, WORDS("等待写入", "Waiting to be written"), s.writer.queue_now),
        figure(v, WORDS("启动以来写入的操作", "Acts written since the start"), s.writer.jobs),
        figure(v, WORDS("启动以来的提交", "Commits since the start"), s.writer.groups),
        figure(v, WORDS("最慢百分之一的提交（微秒）", "The slowest hundredth of commits (µs)"),
               s.writer.group_p99_us),
        figure(v, WORDS("数据库日志（字节）", "Write-ahead log (bytes)"), s.writer.log_bytes),
        figure(v, WORDS("打开的连接", "Open connections"), h.open),
        figure(v, WORDS("启动以来的请求", "Requests since the start"), h.requests),
        figure(
            v,
            WORDS("启动以来的服务器错误（见日志）", "Server errors since the start (see the log)"),
            h.status[5]),
    };
    const struct health_shown *shown = NULL;
    enum health_state worst = HEALTH_OK;
    size_t n = checks(v, &shown, &worst);
    static const struct words heads[] = {WORDS_INIT("正常", "Well"),
                                         WORDS_INIT("需要关注", "Needs attention"),
                                         WORDS_INIT("有故障", "Something is broken")};
    static const char *const classes[] = {"good", "wait", "bad"};
    struct health_page p = {.state = words_in(heads[worst], v->ctx.lang),
                            .class = str_from(classes[worst]),
                            .checks = {shown, n},
                            .rows = {rows, sizeof(rows) / sizeof(rows[0])}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("运行状况", "Health"), v->ctx.lang), STR("admin"));
    admin_health_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
