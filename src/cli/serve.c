#include "api/api.h"
#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "page/frame.h"
#include "page/page.h"

#include "cli/cli.h"
#include "cli/watch.h"
#include "web/visit.h"

#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { TRIM_S = 10 };

static err read_pem(struct cli *c, str file, str *ret)
{
    FILE *f = fopen(cli_path(c, file).ptr, "re");
    if (!f) {
        return err_make(ERR_NOT_FOUND, file);
    }
    char *p = arena_bytes(c->arena, 65536);
    size_t n = fread(p, 1, 65535, f);
    fclose(f);
    *ret = str_from_n(p, n);
    return OK;
}

static struct http_params proxies(struct cli *c)
{
    struct http_param *list = arena_array(c->arena, struct http_param, 16);
    size_t n = 0;
    for (str rest = c->config.proxies; rest.ptr && rest.len && n < 16;) {
        list[n++].name = str_trim(str_cut(rest, ',', &rest));
    }
    return (struct http_params){list, n};
}

static err start(struct cli *c, struct app *app, struct demo_clock *clock, struct watch *watch,
                 struct http_server **ret)
{
    struct http_options opt = {.address = c->config.address,
                               .port = c->config.port,
                               .limits = {.proxies = proxies(c)},
                               .clock = demo_clock_now,
                               .clock_arg = clock};
    err e = OK;
    if (c->config.tls_cert.len) {
        e = read_pem(c, c->config.tls_cert, &opt.tls_cert);
    }
    if (!e.code && c->config.tls_key.len) {
        e = read_pem(c, c->config.tls_key, &opt.tls_key);
    }
    if (e.code) {
        return e;
    }
    watch_certificate(watch, opt.tls_cert);
    web_options(app, &opt);
    /* SQLite computes; PostgreSQL lets its askers wait. */
    bool waits = c->config.database.len && !str_starts(c->config.database, STR("sqlite:"));
    opt.at_once = waits ? 0 : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return http_start(c->arena, &opt, ret);
}

static bool loopback(str address)
{
    return str_starts(address, STR("127.")) || str_eq(address, STR("::1"));
}

static void tell(struct cli *c, const struct app *app, int port)
{
    struct words no_key = secrets_words(c->arena, people_secrets(app->people));
    if (no_key.zh.len) {
        cli_say(c, "注意：%.*s", "Attention: %.*s",
                STR_ARG(c->lang == LANG_EN ? no_key.en : no_key.zh));
    }
    cli_say(c, "制度已启动：http://%.*s:%d/", "Zhidu is running: http://%.*s:%d/",
            STR_ARG(c->config.address), port);
    if (app->demo) {
        cli_say(c, "演示账号：%.*s", "Demo accounts: %.*s", STR_ARG(app->demo_hint));
    }
    cli_say(c, "按 Ctrl-C 停止。", "Ctrl-C stops it.");
}

/* What runs while the server does. */
struct serving {
    struct cli *c;
    struct installation in;
    struct app app;
    struct control *control;
    struct watch *watch;
    sigset_t signals;
};

static void take_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL); /* before any thread begins */
    signal(SIGPIPE, SIG_IGN);
}

static struct app make_app(struct cli *c, const struct installation *in)
{
    struct app app = {
        .engine = in->engine,
        .people = in->people,
        .health = health_make(c->arena),
        .public_url = c->config.public_url,
        .organisation = c->config.organisation,
        .demo = c->config.demo && loopback(c->config.address),
        .demo_hint = STR(
            "li.lei (使用人员 staff) · wu.tao (服务台 service desk) · chen.gang (运维组 "
            "operations) · xu.jing (系统管理员 administrator) · 密码 password: zhidu-demo-2026"),
        .pages = {page_routes, page_routes_len},
        .api = {api_routes, api_routes_len},
        .error_page = frame_error,
        .error_api = api_error,
        .started_at = clock_now(),
    };
    randombytes_buf(app.secret, sizeof(app.secret));
    return app;
}

static err open_all(struct serving *s)
{
    struct cli *c = s->c;
    err e = installation_open(c->arena, &c->config, true, &s->in);
    if (e.code) {
        return e;
    }
    s->app = make_app(c, &s->in);
    c->engine = s->in.engine;
    c->people = s->in.people;
    c->health = s->app.health;
    c->clock = s->app.demo ? s->in.clock : NULL;
    engine_health(c->engine, c->health);
    s->watch = watch_make(c, c->health);
    /* First: who sees the port open may count on the command line, too. */
    e = control_start(c->arena, c, &s->control);
    return e.code ? e : start(c, &s->app, s->in.clock, s->watch, &s->app.http);
}

static void close_all(struct serving *s)
{
    if (s->control) {
        control_stop(s->control);
    }
    if (s->app.http) {
        http_stop(s->app.http);
    }
    installation_close(&s->in);
}

int cmd_serve(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct serving s = {.c = c, .in = {.lock = -1}};
    take_signals(&s.signals);
    mallopt(M_MMAP_THRESHOLD, 512 << 10); /* what is large and freed goes back at once, */
    mallopt(M_TRIM_THRESHOLD, 1 << 20);   /* small things stay at hand */
    err e = open_all(&s);
    if (e.code) {
        close_all(&s);
        return cli_fail(c, e);
    }
    tell(c, &s.app, http_port(s.app.http));
    /* Memory that bursts left behind in the threads' heaps goes back in quiet moments. */
    struct timespec every = {.tv_sec = TRIM_S};
    while (sigtimedwait(&s.signals, NULL, &every) < 0) {
        malloc_trim(0);
        watch_turn(s.watch);
    }
    cli_say(c, "正在停止…", "Stopping...");
    close_all(&s);
    return 0;
}
