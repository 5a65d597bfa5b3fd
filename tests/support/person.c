#include "person.h"

#include "test.h"

#include <string.h>
#include <time.h>

struct client_answer person_ask(const struct person *p, str request)
{
    struct client c = client_make(p->server->port);
    struct client_answer r;
    c.timeout_ms = PERSON_WAIT_MS;
    assert_true(client_ask(&c, p->a, request, &r));
    client_close(&c);
    return r;
}

struct client_answer person_get(const struct person *p, const char *path)
{
    return person_ask(
        p, str_fmt(p->a, "GET %s HTTP/1.1\r\nHost: x\r\n%.*s\r\n", path, STR_ARG(p->cookie)));
}

struct client_answer person_post(const struct person *p, const char *path, const char *body)
{
    str all = str_fmt(p->a, "csrf=%.*s&%s", STR_ARG(p->csrf), body);
    return person_ask(p, str_fmt(p->a,
                                 "POST %s HTTP/1.1\r\nHost: x\r\n%.*sContent-Length: %zu\r\n"
                                 "Content-Type: application/x-www-form-urlencoded\r\n\r\n%.*s",
                                 path, STR_ARG(p->cookie), all.len, STR_ARG(all)));
}

str person_between(const struct person *p, str text, const char *from, char to)
{
    const char *at = memmem(text.ptr, text.len, from, strlen(from));
    if (!at) {
        return STR("");
    }
    at += strlen(from);
    str rest = str_from_n(at, (size_t)(text.ptr + text.len - at));
    return str_copy(p->a, str_cut(rest, to, &rest));
}

struct person person_nobody(const struct server *s, struct arena *a)
{
    return (struct person){.server = s, .a = a, .cookie = STR(""), .csrf = STR("")};
}

struct person person_sign_in(const struct server *s, struct arena *a, const char *login)
{
    struct person p = person_nobody(s, a);
    struct client_answer r =
        person_post(&p, "/signin", str_fmt(a, "login=%s&password=" SERVER_PASSWORD, login).ptr);
    assert_int_equal(r.status, 303);
    str rest;
    str cookie = str_cut(client_header(&r, STR("set-cookie")), ';', &rest);
    p.cookie = str_fmt(a, "Cookie: %.*s\r\n", STR_ARG(cookie));
    r = person_get(&p, "/me");
    p.csrf = person_between(&p, r.body, "name=\"csrf\" value=\"", '"');
    assert_int_equal(p.csrf.len, 32);
    return p;
}

str person_sees(const struct person *p, const char *path, const char *what)
{
    for (int ms = 0; ms < PERSON_WAIT_MS; ms += 50) {
        struct client_answer r = person_get(p, path);
        assert_int_equal(r.status, 200);
        if (str_has(r.body, str_from(what))) {
            return r.body;
        }
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    fail_msg("%s never shows %s", path, what);
    return STR("");
}
