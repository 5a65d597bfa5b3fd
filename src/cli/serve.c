#include "api/api.h"
#include "backup/schedule.h"
#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/version.h"
#include "page/frame.h"
#include "page/page.h"
#include "people/security.h"

#include "cli/cli.h"
#include "cli/tune.h"
#include "cli/watch.h"
#include "web/visit.h"
#include "web/work.h"

#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TRIM_S = 10 };

static bool loopback(str address)
{
    return str_starts(address, STR("127.")) || str_eq(address, STR("::1"));
}

static void tell(struct cli *c, const struct app *app, const struct installation *in, int port)
{
    if (in->kept.len) {
        cli_say(c,
                "数据已升级（%lld → %lld），副本核验相符、页面能显示后启用。原数据库留在 "
                "%.*s，确认无误后可以删除。",
                "The data were upgraded (%lld -> %lld); the copy was verified and shown before it "
                "took the"
                " place.  The old database stays as %.*s: remove it when all is well.",
                (long long)in->upgraded.from, (long long)in->upgraded.to, STR_ARG(in->kept));
    }
    struct words no_key = secrets_words(c->arena, people_secrets(app->people));
    if (no_key.zh.len) {
        cli_say(c, "注意：%.*s", "Attention: %.*s",
                STR_ARG(c->lang == LANG_EN ? no_key.en : no_key.zh));
    }
    const char *scheme = c->config.tls_cert.len ? "https" : "http";
    cli_say(c, "制度已启动：%s://%.*s:%d/", "Zhidu is running: %s://%.*s:%d/", scheme,
            STR_ARG(c->config.address), port);
    if (app->demo) {
        cli_say(c, "演示账号：%.*s · 密码 password: " DEMO_PASSWORD,
                "Demo accounts: %.*s · password: " DEMO_PASSWORD,
                STR_ARG(words_in(app->demo_hint, c->lang)));
    }
    cli_say(c, "按 Ctrl-C 停止。", "Ctrl-C stops it.");
}

/* What runs while the server does. */
struct serving {
    struct cli *c;
    struct installation in;
    struct app app;
    sem_t printing;
    struct http_server *http;
    struct control *control;
    struct watch *watch;
    struct schedule *backups;
    struct work *work;
    struct schedule_plan when; /* they are made */
    struct child maker;        /* who makes them */
    struct tuning *tuning;     /* in effect */
    sigset_t signals;
};

static void take_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL); /* before any thread begins */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
}

static struct app make_app(struct cli *c, const struct installation *in)
{
    struct app app = {
        .engine = in->engine,
        .people = in->people,
        .health = health_make(c->arena),
        .public_url = c->config.public_url,
        .organisation = c->config.organisation,
        .demo = c->config.demo,
        .demo_hint =
            WORDS("li.lei 使用人员：新建一张单据 · wu.tao 服务台：在待办里受理 · "
                  "chen.gang 运维人员：办理 · xu.jing 系统管理员：改一个参数",
                  "li.lei staff: make a report · wu.tao service desk: accept it from the Inbox · "
                  "chen.gang operations: work on it · xu.jing administrator: change a setting"),
        .demo_password = STR(DEMO_PASSWORD),
        .pages = {page_routes, page_routes_len},
        .api = {api_routes, api_routes_len},
        .error_page = frame_error,
        .error_api = api_error,
    };
    randombytes_buf(app.secret, sizeof(app.secret));
    return app;
}

/* As many open files as we may have: each connection is one. */
static int most_connections(void)
{
    enum { MOST = 12000, LEAST = 64, ELSE = 500 /* databases, attachments, logs */ };
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) {
        return LEAST;
    }
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur > MOST + ELSE) {
        return MOST;
    }
    return r.rlim_cur > ELSE + LEAST ? (int)r.rlim_cur - ELSE : LEAST;
}

static void set_rates(struct rates *r, const struct config *k)
{
    rates_set(r, RATE_SIGN_IN, k->signins_per_minute);
    rates_set(r, RATE_SEARCH, k->searches_per_minute);
    rates_set(r, RATE_SUGGEST, k->suggestions_per_minute);
    rates_set(r, RATE_EXPORT, k->exports_per_minute);
    rates_set(r, RATE_UPLOAD, k->uploads_per_minute);
    rates_set(r, RATE_PING, k->pings_per_minute);
}

/* Why nobody can be let in, and what would help. */
static err start_refused(struct cli *c, err e)
{
    str address = c->config.address;
    if (e.code == ERR_BUSY) {
        return cli_refuse(c->arena, e.code,
                          words_fmt(c->arena, "不能在 %.*s 的端口 %d 上监听。",
                                    "Cannot listen on %.*s, port %d.", STR_ARG(address),
                                    c->config.port),
                          WORDS("换一个端口，或停止占用它的程序（ss -ltnp）；地址须是本机的；"
                                "1024 以下的端口须有权限（见手册“https 与更换证书”）。",
                                "Take another port, or stop the program that has it (ss -ltnp); "
                                "the address has to be one of this machine; ports below 1024 "
                                "want a right (the manual, \"https, and a new certificate\")."));
    }
    if (e.code == ERR_NOT_FOUND) {
        return cli_refuse(
            c->arena, e.code,
            words_fmt(c->arena, "“%.*s”不是地址。", "\"%.*s\" is no address.", STR_ARG(address)),
            WORDS("address 写数字地址，如 127.0.0.1、0.0.0.0 或 ::1。",
                  "Write address in numbers: 127.0.0.1, 0.0.0.0 or ::1."));
    }
    if (e.code == ERR_INVALID) {
        return cli_refuse(
            c->arena, e.code,
            WORDS("证书与私钥不匹配，或无法读取。",
                  "The certificate and its key do not fit, or cannot be read."),
            WORDS("tls_cert 与 tls_key 须是同一对 PEM 文件（见手册“https 与更换证书”）。",
                  "tls_cert and tls_key have to be PEM files of one pair (the "
                  "manual, \"https, and a new certificate\")."));
    }
    return e;
}

static err start_http(struct serving *s)
{
    struct cli *c = s->c;
    struct http_options opt = {.address = c->config.address,
                               .port = c->config.port,
                               .limits = s->tuning->limits,
                               .tls_cert = s->tuning->cert,
                               .tls_key = s->tuning->key,
                               .connections = most_connections(),
                               .stop_s = c->config.stop_seconds,
                               .clock = demo_clock_now,
                               .clock_arg = s->in.clock};
    web_options(&s->app, &opt);
    /* SQLite computes; PostgreSQL lets its askers wait. */
    bool waits = c->config.database.len && !str_starts(c->config.database, STR("sqlite:"));
    opt.at_once = waits ? 0 : (int)sysconf(_SC_NPROCESSORS_ONLN);
    err e = http_start(c->arena, &opt, &s->http);
    return e.code ? start_refused(c, e) : OK;
}

/* Its process begins while there is a right to give it. */
static err plan_backups(struct serving *s)
{
    struct maker_plan how;
    err e = cli_backup_plans(s->c, &s->when, &how);
    if (!e.code && how.folder.len) {
        e = maker_child_start(s->c, &s->maker);
        s->when.maker = s->maker.fd;
    }
    return e;
}

/* Marked by init; of folders older than the mark, an account that the demonstration's
 * password still opens. */
static err is_demo(struct serving *s, bool *ret)
{
    enum { LOOK_AT = 20 };
    struct db *db;
    struct rows r;
    str login = STR("");
    err e = engine_reader(s->in.engine, s->c->arena, &db);
    if (!e.code) {
        e = db_query(db, s->c->arena, SQL("select value from installation where key = 'demo'"),
                     NO_ARGS, &r);
    }
    *ret = s->c->config.demo || (!e.code && rows_next(&r));
    if (!e.code && !*ret) {
        e = people_with_password(s->in.people, db, s->c->arena, STR(DEMO_PASSWORD), LOOK_AT,
                                 &login);
        *ret = login.len > 0;
    }
    return e;
}

/* What everybody knows is no password: a demonstration is for this machine only. */
static err keep_demo_here(struct serving *s)
{
    bool demo = false;
    err e = loopback(s->c->config.address) ? OK : is_demo(s, &demo);
    return e.code || !demo
               ? e
               : cli_refuse(
                     s->c->arena, ERR_DENIED,
                     WORDS("这是演示数据，其中账号的密码人人知道，只能在本机地址上运行。",
                           "This is a demonstration: everybody knows its passwords, so it "
                           "runs on a loopback address only."),
                     WORDS("用 --address 127.0.0.1 运行；正式使用请另建：zhidu init … --admin …",
                           "Serve it with --address 127.0.0.1; for real use make another "
                           "one: zhidu init ... --admin ..."));
}

static err open_all(struct serving *s)
{
    struct cli *c = s->c;
    err e = tune_read(c, &c->config, &s->tuning);
    if (!e.code) {
        tune_log(&c->config);
        e = plan_backups(s);
    }
    if (!e.code) {
        e = installation_open(c->arena, &c->config, true, c, &s->in);
    }
    e = e.code ? e : keep_demo_here(s);
    if (e.code) {
        return e;
    }
    s->app = make_app(c, &s->in);
    atomic_store(&s->app.probes, &s->tuning->probes);
    sem_init(&s->printing, 0, 1);
    s->app.printing = &s->printing;
    s->app.rates = rates_make(c->arena);
    set_rates(s->app.rates, &c->config);
    c->engine = s->in.engine;
    c->people = s->in.people;
    security_keep(c->people, c->config.security_days);
    people_health(c->people, s->app.health);
    people_turn(c->people, engine_now(c->engine));
    c->health = s->app.health;
    c->clock = s->app.demo ? s->in.clock : NULL;
    engine_health(c->engine, c->health);
    s->watch = watch_make(c, c->health);
    watch_certificate(s->watch, s->tuning->cert_until);
    /* First: who sees the port open may count on the command line, too. */
    e = control_start(c->arena, c, &s->control);
    if (!e.code) {
        e = schedule_start(c->arena, c->engine, c->health, &s->when, &s->backups);
    }
    if (!e.code) {
        e = work_start(c->arena, &s->app, c->config.data, &s->work);
    }
    return e.code ? e : start_http(s);
}

/* Returns how many requests were left without an answer. */
static int64_t close_all(struct serving *s)
{
    int64_t left = 0;
    if (s->control) {
        control_stop(s->control);
    }
    if (s->backups) {
        schedule_stop(s->backups);
    }
    if (s->work) {
        work_stop(s->work);
    }
    child_end(&s->maker);
    if (s->http) {
        left = http_stop(s->http);
    }
    if (s->in.people) {
        security_turn(s->in.people, engine_now(s->in.engine), true);
    }
    installation_close(&s->in);
    return left;
}

/* --- changes while it runs ------------------------------------------------------------- */

static err reread(struct serving *s, struct config *k, struct tuning **t)
{
    struct cli *c = s->c;
    err e = cli_configure(c, k);
    if (!e.code) {
        e = tune_read(c, k, t);
    }
    bool other =
        !e.code && !(str_eq((*t)->cert, s->tuning->cert) && str_eq((*t)->key, s->tuning->key));
    if (other && ((*t)->cert.len > 0) != (s->tuning->cert.len > 0)) {
        e = err_make(ERR_INVALID, STR("between http and https it changes with a restart only"));
    } else if (other) {
        e = http_set_certificate(s->http, c->arena, (*t)->cert, (*t)->key);
    }
    return e;
}

/* The configuration again: all that may change now, or, when it holds a mistake,
 * nothing.  Said on the terminal, in the log, on the health page. */
static void reload(struct serving *s)
{
    struct cli *c = s->c;
    struct config k = c->config;
    struct tuning *t = s->tuning;
    err e = reread(s, &k, &t);
    struct log_line l = log_line(e.code ? LOG_ERROR : LOG_INFO, "server.reload");
    if (e.code) {
        log_str(&l, "error", e.detail);
        log_write(&l);
        watch_configuration(s->watch, e.detail, STR(""));
        cli_say(c, "配置有误，仍用原来的：%.*s",
                "The configuration holds a mistake; the old one "
                "stays: %.*s",
                STR_ARG(e.detail));
        return;
    }
    str later = config_needs_restart(c->arena, &c->config, &k);
    tune_log(&k);
    http_set_limits(s->http, &t->limits);
    set_rates(s->app.rates, &k);
    atomic_store(&s->app.probes, &t->probes);
    watch_certificate(s->watch, t->cert_until);
    watch_configuration(s->watch, STR(""), later);
    s->tuning = t;
    log_str(&l, "later", later);
    log_write(&l);
    if (later.len) {
        cli_say(c, "配置已重新载入；重启后才生效：%.*s",
                "The configuration was read again; with a restart only: %.*s", STR_ARG(later));
    } else {
        cli_say(c, "配置已重新载入。", "The configuration was read again.");
    }
}

static void log_start(const struct cli *c, int port)
{
    struct log_line l = log_line(LOG_INFO, "server.start");
    log_str(&l, "version", STR(ZHIDU_VERSION));
    log_str(&l, "address", c->config.address);
    log_i64(&l, "port", port);
    log_write(&l);
}

static void log_stop(int64_t left)
{
    struct log_line l = log_line(left ? LOG_ERROR : LOG_INFO, "server.stop");
    log_i64(&l, "unanswered", left);
    log_write(&l);
}

int cmd_serve(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct serving s = {.c = c, .in = {.lock = -1}};
    take_signals(&s.signals);
    mallopt(M_MMAP_THRESHOLD, 512 << 10); /* what is large and freed goes back at once, */
    mallopt(M_TRIM_THRESHOLD, 1 << 20);   /* small things stay at hand */
    mallopt(M_ARENA_MAX, 4);              /* each thread's own would keep what others could use */
    err e = open_all(&s);
    if (e.code) {
        close_all(&s);
        return cli_fail(c, e);
    }
    tell(c, &s.app, &s.in, http_port(s.http));
    log_start(c, http_port(s.http));
    struct timespec every = {.tv_sec = TRIM_S};
    int signal;
    while ((signal = sigtimedwait(&s.signals, NULL, &every)) < 0 || signal == SIGHUP) {
        if (signal == SIGHUP) {
            reload(&s);
        }
        /* Memory that bursts left behind in the threads' heaps goes back in quiet moments. */
        malloc_trim(0);
        watch_turn(s.watch);
        people_turn(s.in.people, engine_now(s.in.engine));
    }
    cli_say(c, "正在停止…", "Stopping...");
    atomic_store(&s.app.stopping, true);
    int64_t left = close_all(&s);
    log_stop(left);
    return left ? 1 : 0;
}
