/* The server as those meet it who run it: what it tells machines that watch, what
 * stands in its log, how it takes a changed configuration, how it stops. */
#include "support/person.h"
#include "support/prom.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MONITOR_TOKEN "planted-monitor-token-7f3a"
#define WRONG_PASSWORD "Planted-Wrong-Password-1"
#define SEARCHED "PlantedSearchWord"
#define WRITTEN "PlantedSummaryText"
#define CHECKPOINT_AGE "zhidu_ledger_checkpoint_age_seconds "

enum { WAIT_MS = 60000, TEXT_MAX = 4 << 20 };

struct place {
    struct server server;
    struct arena a, log; /* log: of the last log_text */
    char conf[160];
};

static struct place the;

static void pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* What it logs, not what it says to the person who started it; until the next call. */
static str log_text(void)
{
    arena_reset(&the.log);
    char *p = arena_bytes(&the.log, TEXT_MAX);
    char *kept = arena_bytes(&the.log, TEXT_MAX);
    FILE *f = fopen(the.server.log, "r");
    size_t n = f ? fread(p, 1, TEXT_MAX, f) : 0;
    if (f) {
        fclose(f);
    }
    size_t len = 0;
    for (str rest = str_from_n(p, n); rest.ptr;) {
        str line = str_cut(rest, '\n', &rest);
        if (str_starts(line, STR("20")) && rest.ptr) {
            memcpy(kept + len, line.ptr, line.len);
            len += line.len;
            kept[len++] = '\n';
        }
    }
    return str_from_n(kept, len);
}

static size_t times(str text, const char *what)
{
    size_t n = 0;
    size_t len = strlen(what);
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    while (at < end && (at = memmem(at, (size_t)(end - at), what, len))) {
        n++;
        at += len;
    }
    return n;
}

/* Until the log holds it so often. */
static bool logged(const char *what, size_t often)
{
    for (int i = 0; i < WAIT_MS / 20; i++) {
        if (times(log_text(), what) >= often) {
            return true;
        }
        pause_ms(20);
    }
    return false;
}

static void configure(const char *lines)
{
    FILE *f = fopen(the.conf, "w");
    assert_non_null(f);
    fprintf(f, "organisation = test\nmonitor_token = " MONITOR_TOKEN "\n%s", lines);
    assert_int_equal(fclose(f), 0);
}

static void reload_expecting(const char *line)
{
    size_t before = times(log_text(), line);
    assert_int_equal(kill(the.server.pid, SIGHUP), 0);
    assert_true(logged(line, before + 1));
}

static struct client_answer ask(const char *request)
{
    struct client c = client_make(the.server.port);
    struct client_answer r;
    assert_true(client_ask(&c, &the.a, str_from(request), &r));
    client_close(&c);
    return r;
}

static struct client_answer get(const char *path, const char *headers)
{
    return ask(str_fmt(&the.a, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers).ptr);
}

static struct person sign_in(const char *login)
{
    return person_sign_in(&the.server, &the.a, login);
}

/* --- machines that watch -------------------------------------------------------------- */

static void it_tells_that_it_is_alive_and_ready(void **state)
{
    (void)state;
    struct client_answer r = get("/healthz", "");
    assert_int_equal(r.status, 200);
    assert_true(str_eq(r.body, STR("ok\n")));
    r = get("/readyz", "");
    assert_int_equal(r.status, 200);
    assert_true(str_eq(r.body, STR("ready\n")));
}

static double value_of(const char *series)
{
    double v = -1;
    struct client_answer r = get("/metrics", "");
    assert_int_equal(r.status, 200);
    if (!prom_value(r.body, str_from(series), &v)) {
        fail_msg("no %s in\n%.*s", series, STR_ARG(r.body));
    }
    return v;
}

static void its_figures_are_well_formed(void **state)
{
    static const char *const wanted[] = {
        "zhidu_build_info",
        "zhidu_ready 1\n",
        "zhidu_sessions ",
        "zhidu_writer_queue ",
        "zhidu_commit_acts ",
        "zhidu_database_log_bytes ",
        "zhidu_outbox_age_seconds ",
        "zhidu_jobs_failed ",
        "zhidu_ledger_entries ",
        CHECKPOINT_AGE,
        "zhidu_resident_memory_bytes ",
        "zhidu_disk_free_bytes ",
        "zhidu_health{check=\"writer\"} 0",
        "zhidu_http_requests_total{kind=\"page\",status=\"2xx\"} "};
    (void)state;
    get("/signin", "");
    struct client_answer r = get("/metrics", "");
    for (int ms = 0; ms < WAIT_MS && !str_has(r.body, STR(CHECKPOINT_AGE)); ms += 50) {
        pause_ms(50); /* until a checkpoint was signed */
        r = get("/metrics", "");
    }
    assert_int_equal(r.status, 200);
    assert_true(str_eq(client_header(&r, STR("content-type")),
                       STR("text/plain; version=0.0.4; charset=utf-8")));
    str bad = prom_check(&the.a, r.body);
    if (bad.len) {
        fail_msg("%.*s", STR_ARG(bad));
    }
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!str_has(r.body, str_from(wanted[i]))) {
            fail_msg("no %s in\n%.*s", wanted[i], STR_ARG(r.body));
        }
    }
    double before = value_of("zhidu_http_requests_total{kind=\"page\",status=\"2xx\"}");
    double refused = value_of("zhidu_http_refused_total{reason=\"host\"}");
    get("/signin", "");
    ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    assert_true(value_of("zhidu_http_requests_total{kind=\"page\",status=\"2xx\"}") == before + 1);
    assert_true(value_of("zhidu_http_refused_total{reason=\"host\"}") == refused + 1);
}

static void the_reader_of_figures_finds_what_is_wrong(void **state)
{
    static const char *const wrong[] = {
        "",
        "x 1",
        "x 1\n",
        "# HELP x y\nx 1\n",
        "# HELP x y\n# TYPE x gauge\n",
        "# HELP x y\n# TYPE x counter\nx 1\n",
        "# HELP x_total y\n# TYPE x_total gauge\nx_total 1\n",
        "# HELP x y\n# TYPE x gauge\nx 1\nx 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=b} 1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"b} 1\n",
        "# HELP x y\n# TYPE x gauge\nx one\n",
        "# HELP x y\n# TYPE x gauge\nx  1\n",
        "# HELP x y\n# TYPE x gauge\nx{a=\"\\q\"} 1\n",
        "# HELP x y\n# TYPE x gauge\n# HELP z y\n# TYPE z gauge\nz 1\nx 1\n",
        "# HELP x y\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_bucket{le=\"+Inf\"} 1\nx_count "
        "1\n",
        "# HELP x y\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_sum 1\nx_count 2\n",
        "# HELP x y\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_bucket{le=\"+Inf\"} 2\nx_count "
        "3\n"};
    (void)state;
    str right =
        STR("# HELP x y z\n# TYPE x histogram\nx_bucket{a=\"\\\"\",le=\"1\"} 2\n"
            "x_bucket{a=\"\\\"\",le=\"+Inf\"} 2\nx_sum{a=\"\\\"\"} 1.5\nx_count{a=\"\\\"\"} 2\n");
    assert_int_equal(prom_check(&the.a, right).len, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (!prom_check(&the.a, str_from(wrong[i])).len) {
            fail_msg("taken for right: %s", wrong[i]);
        }
    }
}

static void only_who_may_reads_them(void **state)
{
    static const char *const paths[] = {"/healthz", "/readyz", "/metrics"};
    (void)state;
    configure("proxies = 127.0.0.1\nmonitors = 10.9.9.9, 10.9.9.8\n");
    reload_expecting("server.reload");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct client_answer r = get(paths[i], "X-Forwarded-For: 10.1.1.1\r\n");
        assert_int_equal(r.status, 403);
        assert_true(str_has(r.body, STR("monitor_token"))); /* what would allow it */
        assert_false(str_has(r.body, STR("zhidu_")));
        r = get(paths[i], "X-Forwarded-For: 10.9.9.9\r\n");
        assert_int_equal(r.status, 200);
        r = get(paths[i],
                "X-Forwarded-For: 10.1.1.1\r\nAuthorization: Bearer " MONITOR_TOKEN "\r\n");
        assert_int_equal(r.status, 200);
        r = get(paths[i], "X-Forwarded-For: 10.1.1.1\r\nAuthorization: Bearer wrong\r\n");
        assert_int_equal(r.status, 403);
    }
    configure("");
    reload_expecting("server.reload");
    /* a proxy on this machine that nobody listed */
    assert_int_equal(get("/metrics", "X-Forwarded-For: 10.1.1.1\r\n").status, 403);
    assert_int_equal(get("/metrics", "Via: 1.1 proxy\r\n").status, 403);
    assert_int_equal(get("/metrics", "").status, 200);
}

/* --- the configuration while it runs ------------------------------------------------------ */

/* A connection that has the one place of its address: those before it may still be closing. */
static struct client taken(void)
{
    for (int ms = 0; ms < WAIT_MS; ms += 20) {
        struct client c = client_make(the.server.port);
        struct client_answer r = {0};
        if (client_ask(&c, &the.a, STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), &r) &&
            r.status == 200) {
            return c;
        }
        client_close(&c);
        pause_ms(20);
    }
    fail_msg("the place of an address stays taken");
    return client_make(the.server.port);
}

static void a_changed_configuration_takes_effect_and_a_mistake_does_not(void **state)
{
    (void)state;
    struct person xu = sign_in("xu.jing");
    configure("log_requests = yes\n");
    reload_expecting("info  server.reload");
    get("/signin", "");
    assert_true(logged("http.request id=", 1));
    configure("log_requests = no\nlog_levle = warn\n");
    reload_expecting("error server.reload");
    assert_true(logged("not a setting: log_levle", 1));
    size_t before = times(log_text(), "route=/signin");
    get("/signin", "");
    assert_true(logged("route=/signin", before + 1)); /* the old one: every request */
    struct client_answer r = person_get(&xu, "/admin/health");
    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("重新载入时配置有误")));
    configure("port = 1\nstop_seconds = 9\n");
    reload_expecting("info  server.reload");
    assert_true(logged("later=stop_seconds", 1)); /* --port wins over the file */
    r = person_get(&xu, "/admin/health");
    assert_true(str_has(r.body, STR("改动尚未生效")));
    configure("connections_per_address = 1\n");
    reload_expecting("info  server.reload");
    struct client one = taken();
    r = get("/signin", "");
    assert_int_equal(r.status, 429);
    assert_true(str_has(r.body, STR("Too many connections from your network address")));
    client_close(&one);
    configure("");
    reload_expecting("info  server.reload");
}

static void what_is_secret_or_personal_stands_in_no_log(void **state)
{
    (void)state;
    configure("log_level = debug\nlog_requests = yes\nslow_statement_ms = 10\n"
              "slow_request_ms = 1\n");
    reload_expecting("info  server.reload");
    struct person nobody = person_nobody(&the.server, &the.a);
    struct client_answer r =
        person_post(&nobody, "/signin", "login=li.lei&password=" WRONG_PASSWORD);
    assert_int_equal(r.status, 403);
    struct person li = sign_in("li.lei");
    person_get(&li, "/search?q=" SEARCHED);
    person_get(&li, "/r/fault?filter=summary%20%3D%20%27" SEARCHED "%27");
    person_get(&li, "/" SEARCHED "/nowhere");
    person_get(&li, "/ping/" SEARCHED);
    person_post(&li, "/ping/" SEARCHED "/fail", "x=1");
    r = person_get(&li, "/r/fault/new/report");
    assert_int_equal(r.status, 200);
    str key = person_between(&li, r.body, "name=\"key\" value=\"", '"');
    assert_true(key.len > 0);
    person_post(&li, "/r/fault/new/report",
                str_fmt(&the.a, "key=%.*s&summary=" WRITTEN, STR_ARG(key)).ptr);
    get("/metrics", "Authorization: Bearer " MONITOR_TOKEN "\r\n");
    assert_true(logged("route=/metrics", 1) && logged("route=/ping/~/~", 1));
    str text = log_text();
    str cookie =
        str_trim(str_from_n(li.cookie.ptr + 14, li.cookie.len - 14)); /* after "Cookie: zhidu=" */
    const char *const planted[] = {WRONG_PASSWORD,
                                   SERVER_PASSWORD,
                                   SEARCHED,
                                   WRITTEN,
                                   MONITOR_TOKEN,
                                   "li.lei",
                                   "xu.jing",
                                   "李雷",
                                   li.csrf.ptr,
                                   key.ptr,
                                   str_copy(&the.a, cookie).ptr};
    assert_true(cookie.len > 20 && li.csrf.len > 20 && times(text, "http.request") > 5);
    for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
        if (times(text, planted[i])) {
            fail_msg("%s stands in the log", planted[i]);
        }
    }
    configure("");
    reload_expecting("info  server.reload");
}

/* --- stopping --------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    str cookie;
    int64_t broken;
};

static atomic_bool over;
static atomic_int whole_answers;

/* Asks until the server is gone; an answer that began must come to its end. */
static void *keep_asking(void *arg)
{
    struct worker *w = arg;
    struct arena a = arena_make(64 << 20);
    str request = str_fmt(&a, "GET /r/fault HTTP/1.1\r\nHost: x\r\n%.*s\r\n", STR_ARG(w->cookie));
    while (!atomic_load(&over)) {
        struct client c = client_make(the.server.port);
        struct client_answer r = {0};
        c.timeout_ms = WAIT_MS;
        if (client_open(&c) && client_send(&c, request)) {
            bool whole = client_read(&c, &a, &r);
            atomic_fetch_add(&whole_answers, whole && r.status == 200);
            w->broken += !whole && c.have > 0;
        }
        client_close(&c);
    }
    arena_end(&a);
    return NULL;
}

static void it_answers_what_is_in_work_and_ends_well(void **state)
{
    enum { WORKERS = 8 };
    (void)state;
    struct worker w[WORKERS];
    str cookie = sign_in("wu.tao").cookie;
    atomic_store(&over, false);
    for (int i = 0; i < WORKERS; i++) {
        w[i] = (struct worker){.cookie = cookie};
        assert_int_equal(pthread_create(&w[i].thread, NULL, keep_asking, &w[i]), 0);
    }
    for (int ms = 0; ms < WAIT_MS && atomic_load(&whole_answers) <= 4 * WORKERS; ms += 10) {
        pause_ms(10);
    }
    assert_true(atomic_load(&whole_answers) > 4 * WORKERS);
    int status = server_stop(&the.server, SIGTERM);
    atomic_store(&over, true);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].broken, 0);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(times(log_text(), "server.stop unanswered=0"), 1);
    struct stat st;
    str wal = str_fmt(&the.a, "%s/zhidu.db-wal", the.server.data);
    assert_true(stat(wal.ptr, &st) != 0 || st.st_size == 0); /* all is in the database itself */
    server_start(&the.server, true);
}

/* --- the certificate ----------------------------------------------------------------------------
 */

static void make_certificate(const char *name)
{
    str command = str_fmt(&the.a,
                          "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                          " -days 9 -subj /CN=%s -keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
                          name, the.server.data, the.server.data);
    assert_int_equal(system(command.ptr), 0);
}

static str output_of(struct arena *a, const char *command)
{
    FILE *f = popen(command, "r");
    assert_non_null(f);
    char *p = arena_bytes(a, 1 << 20);
    size_t n = fread(p, 1, 1 << 20, f);
    pclose(f);
    return str_from_n(p, n);
}

static str subject(void)
{
    return output_of(&the.a, str_fmt(&the.a,
                                     "openssl s_client -connect 127.0.0.1:%d </dev/null 2>/dev/null"
                                     " | openssl x509 -noout -subject",
                                     the.server.port)
                                 .ptr);
}

/* A connection that outlives a reload: what is asked goes in, what is said into a file. */
static FILE *talk_begin(void)
{
    return popen(str_fmt(&the.a, "openssl s_client -quiet -connect 127.0.0.1:%d >%s/said 2>&1",
                         the.server.port, the.server.data)
                     .ptr,
                 "w");
}

/* Asks for the path; until this answer was heard. */
static void talk(FILE *to, const char *path, const char *more, const char *answer)
{
    const char *look = str_fmt(&the.a, "cat %s/said", the.server.data).ptr;
    assert_true(fprintf(to, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, more) > 0);
    assert_int_equal(fflush(to), 0);
    struct arena said = arena_make(2 << 20);
    for (int ms = 0; !str_has(output_of(&said, look), str_from(answer)); ms += 50) {
        assert_true(ms < WAIT_MS);
        arena_reset(&said);
        pause_ms(50);
    }
    arena_end(&said);
}

static void a_new_certificate_needs_no_restart(void **state)
{
    (void)state;
    server_stop(&the.server, SIGTERM);
    make_certificate("first");
    str lines = str_fmt(&the.a, "tls_cert = %s/cert.pem\ntls_key = %s/key.pem\n", the.server.data,
                        the.server.data);
    configure(lines.ptr);
    server_start(&the.server, true);
    assert_true(str_has(subject(), STR("first")));
    FILE *long_talk = talk_begin();
    assert_non_null(long_talk);
    talk(long_talk, "/healthz", "", "ok\n");
    pid_t pid = the.server.pid;
    size_t before = times(log_text(), "info  server.reload");
    make_certificate("second");
    assert_int_equal(kill(pid, SIGHUP), 0);
    assert_true(logged("info  server.reload", before + 1));
    assert_true(str_has(subject(), STR("second")));
    talk(long_talk, "/readyz", "Connection: close\r\n", "ready\n");
    pclose(long_talk);
    /* a certificate that is none leaves the one in use */
    assert_int_equal(system(str_fmt(&the.a, "echo none >%s/cert.pem", the.server.data).ptr), 0);
    reload_expecting("error server.reload");
    assert_true(str_has(subject(), STR("second")));
    int status = server_stop(&the.server, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    configure("");
    server_start(&the.server, true);
}

/* As renewing leaves it: what is configured is a link to the newest, among the older ones. */
static void a_certificate_may_be_a_link_to_the_newest(void **state)
{
    (void)state;
    char old[] = "build/newest-XXXXXX";
    assert_non_null(mkdtemp(old));
    /* where large files pass is readable as a whole: not where the links lead */
    assert_int_equal(setenv("TMPDIR", the.server.data, 1), 0);
    server_stop(&the.server, SIGTERM);
    str links = str_fmt(&the.a,
                        "D=%s && for f in cert key; do mv $D/$f.pem $PWD/%s/$f$N.pem"
                        " && ln -sf $PWD/%s/$f$N.pem $D/$f.pem; done",
                        the.server.data, old, old);
    make_certificate("first");
    assert_int_equal(system(str_fmt(&the.a, "N=1; %.*s", STR_ARG(links)).ptr), 0);
    configure(str_fmt(&the.a, "tls_cert = %s/cert.pem\ntls_key = %s/key.pem\n", the.server.data,
                      the.server.data)
                  .ptr);
    server_start(&the.server, true);
    assert_true(str_has(subject(), STR("first")));
    size_t before = times(log_text(), "info  server.reload");
    assert_int_equal(system(str_fmt(&the.a, "rm %s/*.pem", the.server.data).ptr), 0);
    make_certificate("second");
    assert_int_equal(system(str_fmt(&the.a, "N=2; %.*s", STR_ARG(links)).ptr), 0);
    assert_int_equal(kill(the.server.pid, SIGHUP), 0);
    assert_true(logged("info  server.reload", before + 1));
    assert_true(str_has(subject(), STR("second")));
    server_stop(&the.server, SIGTERM);
    unsetenv("TMPDIR");
    configure("");
    assert_int_equal(system(str_fmt(&the.a, "rm -r %s %s/cert.pem %s/key.pem", old, the.server.data,
                                    the.server.data)
                                .ptr),
                     0);
    server_start(&the.server, true);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    the.a = arena_make(512u << 20);
    the.log = arena_make(16u << 20);
    the.server = server_for("serve");
    snprintf(the.server.log, sizeof(the.server.log), "%s/test.log", the.server.data);
    snprintf(the.conf, sizeof(the.conf), "%s/test.conf", the.server.data);
    configure("");
    setenv("ZHIDU_CONFIG", the.conf, 1);
    server_start(&the.server, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    server_remove(&the.server);
    arena_end(&the.a);
    arena_end(&the.log);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_of_figures_finds_what_is_wrong),
        cmocka_unit_test(it_tells_that_it_is_alive_and_ready),
        cmocka_unit_test(its_figures_are_well_formed),
        cmocka_unit_test(only_who_may_reads_them),
        cmocka_unit_test(a_changed_configuration_takes_effect_and_a_mistake_does_not),
        cmocka_unit_test(what_is_secret_or_personal_stands_in_no_log),
        cmocka_unit_test(it_answers_what_is_in_work_and_ends_well),
        cmocka_unit_test(a_new_certificate_needs_no_restart),
        cmocka_unit_test(a_certificate_may_be_a_link_to_the_newest),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
