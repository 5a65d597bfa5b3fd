/* town.c - an installation to be tortured: the demonstration's, with a second
 * administrator, who reads English. */
#include "torture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static str token_of(struct torture *t, const char *login)
{
    const char *args[] = {"token",      login,    "--name", "torture", "--scopes",
                          "read write", "--days", "730",    NULL};
    str last = {0};
    for (str rest = str_trim(server_run(&t->server, &t->life, args)); rest.ptr;) {
        last = str_trim(str_cut(rest, '\n', &rest)); /* before it, what the log says */
    }
    return last;
}

static struct client_answer form(struct torture *t, const char *path, str headers, str body)
{
    return ask(t, &t->life,
               str_fmt(&t->life,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*sContent-Length: %zu\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n\r\n%.*s",
                       path, STR_ARG(headers), body.len, STR_ARG(body)));
}

static str sign_in(struct torture *t, const char *login)
{
    struct client_answer r =
        form(t, "/signin", STR(""), str_fmt(&t->life, "login=%s&password=" SERVER_PASSWORD, login));
    if (r.status != 303) {
        die("nobody can sign in, status", r.status, r.body);
    }
    str rest;
    str cookie = str_cut(client_header(&r, STR("set-cookie")), ';', &rest);
    return str_fmt(&t->life, "Cookie: %.*s\r\n", STR_ARG(cookie));
}

static void read_english(struct torture *t, str cookie)
{
    struct client_answer r = get(t, &t->life, "/me", cookie);
    const char *want = "name=\"csrf\" value=\"";
    const char *at = memmem(r.body.ptr, r.body.len, want, strlen(want));
    if (!at) {
        die("no form to choose a language with, status", r.status, r.body);
    }
    at += strlen(want);
    str rest;
    str csrf = str_cut(str_from_n(at, (size_t)(r.body.ptr + r.body.len - at)), '"', &rest);
    r = form(t, "/me/language", cookie,
             str_fmt(&t->life, "csrf=%.*s&lang=en&back=/", STR_ARG(csrf)));
    if (r.status != 303) {
        die("the language stays, status", r.status, r.body);
    }
}

void town_sign_in(struct torture *t)
{
    t->page = sign_in(t, "li.lei");
    t->admin_zh = sign_in(t, "xu.jing");
    t->admin_en = sign_in(t, "sun.li");
}

void town_start(struct torture *t)
{
    server_start(&t->server, true);
}

void town_make(struct torture *t, const char *data, int port, const char *url)
{
    enum {
        PATIENCE_MS = 30000
    }; /* longer than a statement may wait for a lock: who is refused hears it */
    if (url) {
        setenv("ZHIDU_DATABASE", url, 1);
    } else {
        unsetenv("ZHIDU_DATABASE");
    }
    t->life = arena_make(64u << 20);
    t->server = server_make(data, port);
    snprintf(t->server.log, sizeof(t->server.log), "%s.log", data);
    unlink(t->server.log);
    snprintf(t->url, sizeof(t->url), "%s%s%s", url ? url : "sqlite:", url ? "" : data,
             url ? "" : "/zhidu.db");
    pthread_mutex_init(&t->lock, NULL);
    t->staff = token_of(t, "li.lei");
    t->desk = token_of(t, "wu.tao");
    t->chief = token_of(t, "xu.jing");
    for (int i = 0; i < PEOPLE; i++) {
        t->people[i] = (struct person){.all = t,
                                       .a = arena_make(4 << 20),
                                       .c = client_make(t->server.port),
                                       .key = ++t->next_key};
        t->people[i].c.timeout_ms = PATIENCE_MS;
    }
    town_start(t);
    struct client_answer r =
        act(t, &t->life, t->chief, "/api/v1/r/post/new/appoint", "",
            STR("{\"person\":\"孙丽\",\"position\":\"administrator\",\"unit\":\"信息中心\","
                "\"starts\":\"2025-01-01\"}"));
    if (r.status != 201) {
        die("no second administrator, status", r.status, r.body);
    }
    town_sign_in(t);
    read_english(t, t->admin_en);
    server_stop(&t->server, SIGTERM);
}

void town_end(struct torture *t)
{
    server_remove(&t->server);
    unlink(t->server.log);
    for (int i = 0; i < PEOPLE; i++) {
        client_close(&t->people[i].c);
        arena_end(&t->people[i].a);
    }
    free(t->acked);
    arena_end(&t->life);
    unsetenv("ZHIDU_DATABASE");
}
