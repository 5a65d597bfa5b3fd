/* say.c - small things: requests of one's own, and what the server says of itself. */
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_US = 50000, PATIENCE = 600 /* steps: half a minute */ };

_Noreturn void die(const char *what, int64_t n, str said)
{
    fprintf(stderr, "torture: %s %lld: %.*s\n", what, (long long)n, STR_ARG(said));
    exit(1);
}

void pause_us(long us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

long roll(struct torture *t, long low, long high)
{
    return low + rand_r(&t->dice) % (high - low + 1);
}

int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

str json_part(str body, const char *key)
{
    char want[32];
    snprintf(want, sizeof(want), "\"%s\":", key);
    const char *at = memmem(body.ptr, body.len, want, strlen(want));
    if (!at) {
        return (str){0};
    }
    at += strlen(want);
    str rest = str_from_n(at, (size_t)(body.ptr + body.len - at));
    str dummy;
    str value = str_cut(str_cut(rest, '}', &dummy), ',', &dummy);
    value = str_trim(value);
    bool quoted = value.len >= 2 && value.ptr[0] == '"';
    return quoted ? str_from_n(value.ptr + 1, value.len - 2) : value;
}

struct client_answer ask(struct torture *t, struct arena *a, str request)
{
    struct client c = client_make(t->server.port);
    struct client_answer r = {0};
    c.timeout_ms = 30000;
    if (!client_ask(&c, a, request, &r)) {
        r = (struct client_answer){0};
    }
    client_close(&c);
    return r;
}

struct client_answer get(struct torture *t, struct arena *a, const char *path, str headers)
{
    return ask(
        t, a, str_fmt(a, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*s\r\n", path, STR_ARG(headers)));
}

struct client_answer act(struct torture *t, struct arena *a, str token, const char *path,
                         const char *key, str json)
{
    str under = *key ? str_fmt(a, "Idempotency-Key: %s\r\n", key) : STR("");
    return ask(t, a,
               str_fmt(a,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n"
                       "%.*sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                       path, STR_ARG(token), STR_ARG(under), json.len, STR_ARG(json)));
}

/* --- the health page ------------------------------------------------------------------- */

/* One page in one language, until it holds both texts. */
static void page_says(struct torture *t, str cookie, const char *what, const char *remedy)
{
    struct arena a = arena_make(16 << 20);
    str last = STR("no answer");
    for (int i = 0; i < PATIENCE; i++) {
        arena_reset(&a);
        struct client_answer r = get(t, &a, "/admin/health", cookie);
        last = r.body;
        if (r.status == 200 && str_has(r.body, str_from(what)) &&
            str_has(r.body, str_from(remedy))) {
            t->n.sentences += 1 + (*remedy != '\0');
            arena_end(&a);
            return;
        }
        pause_us(STEP_US);
    }
    fprintf(stderr, "%.*s\n", STR_ARG(last));
    die(what, 0, STR("is not what the health page says"));
}

void says(struct torture *t, const char *zh, const char *zh_remedy, const char *en,
          const char *en_remedy)
{
    page_says(t, t->admin_zh, zh, zh_remedy);
    page_says(t, t->admin_en, en, en_remedy);
}

/* The value of a hidden field of a page. */
static str hidden(struct arena *a, str page, const char *name)
{
    str want = str_fmt(a, "name=\"%s\" value=\"", name);
    const char *at = memmem(page.ptr, page.len, want.ptr, want.len);
    if (!at) {
        return STR("");
    }
    at += want.len;
    str rest;
    return str_cut(str_from_n(at, (size_t)(page.ptr + page.len - at)), '"', &rest);
}

/* Sends the form of a report; the answer, in words. */
static struct client_answer send_form(struct torture *t, struct arena *a)
{
    const char *path = "/r/fault/new/report";
    struct client_answer r = get(t, a, path, t->page);
    if (r.status != 200) {
        die("the form does not open, status", r.status, r.body);
    }
    str body = str_fmt(a, "csrf=%.*s&key=%.*s&summary=page&contact=8832",
                       STR_ARG(hidden(a, r.body, "csrf")), STR_ARG(hidden(a, r.body, "key")));
    return ask(t, a,
               str_fmt(a,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*sContent-Length: %zu\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n\r\n%.*s",
                       path, STR_ARG(t->page), body.len, STR_ARG(body)));
}

void says_page(struct torture *t, const char *zh)
{
    enum { TRIES = 20 }; /* the database may have yet another trouble: "busy" */
    struct arena a = arena_make(16 << 20);
    struct client_answer r = send_form(t, &a);
    for (int i = 0; i < TRIES && r.status == 503 && str_has(r.body, STR("系统繁忙")); i++) {
        arena_reset(&a);
        pause_us(STEP_US);
        r = send_form(t, &a);
    }
    if (r.status != 503 || !str_has(r.body, str_from(zh))) {
        die("a form that cannot be written is not told so, status", r.status, r.body);
    }
    t->n.sentences++;
    arena_end(&a);
}

void reads(struct torture *t)
{
    static const char *const paths[] = {"/",           "/r", "/r/fault", "/law/fault_reporting",
                                        "/search?q=1", "/me"};
    struct arena a = arena_make(32 << 20);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct client_answer r = get(t, &a, paths[i], t->page);
        if (r.status != 200) {
            die(paths[i], r.status, r.body);
        }
    }
    arena_end(&a);
}
