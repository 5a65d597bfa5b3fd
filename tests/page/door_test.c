/* Every page and form behind the door, from the list of routes itself: none without a
 * session, none without the form's token, none before what comes first; and the cookie. */
#include "engine/write.h"
#include "people/security.h"

#include "site.h"

#include <string.h>

#define WORD "a long enough secret"

struct door {
    struct site site;
    bool secure;
    const char *query;
    const char *want; /* looked for in the answer */
    bool found;
};

static void account(struct door *s, bool must_change)
{
    struct words why = {0};
    dbs_ok(people_set_account(s->site.app.people, s->site.in.t->life, INST_NOW, s->site.person,
                              STR("li.lei"), STR(WORD), must_change, &why));
    struct signed_in in;
    dbs_ok(people_sign_in(
        s->site.app.people, s->site.in.db, s->site.in.t->life, INST_NOW,
        &(struct sign_in){STR("li.lei"), STR(WORD), STR("192.0.2.7"), STR("x"), LANG_ZH}, &in));
    s->site.token = in.token;
}

struct answer {
    int status;
    char location[200], cookie[300], retry[20], frame[20], https[40];
};

static str header(const struct http_exchange *x, str name)
{
    for (int i = 0; i < x->res.nheaders; i++) {
        if (str_eq(x->res.headers[i].name, name)) {
            return x->res.headers[i].value;
        }
    }
    return STR("");
}

static void keep(char *to, size_t cap, str s)
{
    size_t n = s.len < cap ? s.len : cap - 1;
    if (n) {
        memcpy(to, s.ptr, n);
    }
    to[n] = '\0';
}

static struct answer ask(struct door *s, enum http_method method, str path, const char *cookie,
                         const char *form)
{
    struct http_exchange *x = arena_new(s->site.in.t->life, struct http_exchange);
    x->arena = arena_make(64 << 20);
    struct http_param c = {str_from(cookie), s->site.token};
    x->req = (struct http_request){.method = method,
                                   .path = path,
                                   .peer = STR("192.0.2.7"),
                                   .secure = s->secure,
                                   .cookies = {&c, cookie ? 1 : 0}};
    if (form) {
        assert_true(http_parse_form(&x->arena, str_from(form), &x->req.form));
    }
    if (s->query) {
        assert_true(http_parse_form(&x->arena, str_from(s->query), &x->req.query));
    }
    x->now = INST_NOW;
    x->app = &s->site.app;
    x->local = &s->site.seat;
    assert_int_equal(s->site.http.handle(x), HTTP_DONE);
    struct answer r = {.status = x->res.status};
    keep(r.location, sizeof(r.location), header(x, STR("Location")));
    keep(r.cookie, sizeof(r.cookie), header(x, STR("Set-Cookie")));
    keep(r.retry, sizeof(r.retry), header(x, STR("Retry-After")));
    keep(r.frame, sizeof(r.frame), header(x, STR("X-Frame-Options")));
    keep(r.https, sizeof(r.https), header(x, STR("Strict-Transport-Security")));
    s->found = s->want && str_has(x->res.body, str_from(s->want));
    arena_end(&x->arena);
    return r;
}

/* "/r/~/#" with a word and a number in it. */
static str path_of(struct arena *a, const char *pattern)
{
    str out = STR("");
    for (const char *p = pattern; *p; p++) {
        out = *p == '~'   ? str_fmt(a, "%.*sfault", STR_ARG(out))
              : *p == '#' ? str_fmt(a, "%.*s7", STR_ARG(out))
                          : str_fmt(a, "%.*s%c", STR_ARG(out), *p);
    }
    return out;
}

static bool open_to_all(const struct visit_route *r)
{
    return (r->flags & (ROUTE_PUBLIC | ROUTE_PROBE)) != 0;
}

static void nothing_opens_without_a_session(struct door *s)
{
    int n = 0;
    for (size_t i = 0; i < page_routes_len; i++) {
        const struct visit_route *r = &page_routes[i];
        if (open_to_all(r)) {
            continue;
        }
        struct answer a = ask(s, r->method, path_of(s->site.in.t->life, r->pattern), NULL, NULL);
        if (a.status != 303 || strncmp(a.location, "/signin", 7) != 0) {
            fail_msg("%s: %d %s", r->pattern, a.status, a.location);
        }
        n++;
    }
    print_message("           %d routes\n", n);
    assert_true(n > 40);
}

static void no_form_is_taken_without_its_token(struct door *s)
{
    int n = 0;
    account(s, false);
    for (size_t i = 0; i < page_routes_len; i++) {
        const struct visit_route *r = &page_routes[i];
        if (r->method == HTTP_GET || open_to_all(r)) {
            continue;
        }
        str path = path_of(s->site.in.t->life, r->pattern);
        static const char *const forms[] = {NULL, "csrf=", "csrf=0",
                                            "csrf=00000000000000000000000000000000"};
        for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++, n++) {
            struct answer a = ask(s, r->method, path, "zhidu", forms[k]);
            if (a.status != 400) {
                fail_msg("%s %s: %d", r->pattern, forms[k] ? forms[k] : "", a.status);
            }
        }
    }
    print_message("           %d forged forms\n", n);
    assert_true(n > 80);
    assert_int_equal(ask(s, HTTP_GET, STR("/me"), "zhidu", NULL).status, 200); /* still signed in */
}

static void nothing_comes_before_the_first_password_is_changed(struct door *s)
{
    int n = 0;
    account(s, true);
    for (size_t i = 0; i < page_routes_len; i++) {
        const struct visit_route *r = &page_routes[i];
        if (r->method != HTTP_GET || open_to_all(r)) {
            continue;
        }
        struct answer a = ask(s, HTTP_GET, path_of(s->site.in.t->life, r->pattern), "zhidu", NULL);
        bool led = a.status == 303 && strcmp(a.location, "/me?must=1") == 0;
        bool door = (r->flags & ROUTE_DOOR) != 0;
        if (led == door) {
            fail_msg("%s: %d %s", r->pattern, a.status, a.location);
        }
        n++;
    }
    print_message("           %d pages\n", n);
}

static void the_cookie_is_bound_to_host_and_https(struct door *s)
{
    account(s, false);
    const char *form = "login=li.lei&password=" WORD;
    struct answer a = ask(s, HTTP_POST, STR("/signin"), NULL, form);
    assert_int_equal(a.status, 303);
    assert_true(strncmp(a.cookie, "zhidu=", 6) == 0);
    assert_non_null(strstr(a.cookie, "; Path=/; HttpOnly; SameSite=Lax"));
    s->secure = true;
    a = ask(s, HTTP_POST, STR("/signin"), NULL, form);
    assert_true(strncmp(a.cookie, "__Host-zhidu=", 13) == 0);
    assert_non_null(strstr(a.cookie, "; Path=/; HttpOnly; SameSite=Lax; Secure"));
    assert_null(strstr(a.cookie, "Domain"));
    /* by https a cookie that a neighbour could have set is none */
    assert_int_equal(ask(s, HTTP_GET, STR("/me"), "zhidu", NULL).status, 303);
    assert_int_equal(ask(s, HTTP_GET, STR("/me"), "__Host-zhidu", NULL).status, 200);
    s->secure = false;
}

static void only_https_is_wanted_where_the_host_is_known_to_be_ours(struct door *s)
{
    account(s, false);
    str was = s->site.app.public_url;
    static const struct {
        const char *address;
        bool secure, wanted;
    } cases[] = {{"https://zhidu.example.org", true, true},
                 {"https://zhidu.example.org", false, false}, /* RFC 6797 7.2: not over http */
                 {"https://zhidu.example.org:8443", true, false},
                 {"http://zhidu.example.org", true, false},
                 {"", true, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        s->site.app.public_url = str_from(cases[i].address);
        s->secure = cases[i].secure;
        struct answer a = ask(s, HTTP_GET, STR("/signin"), NULL, NULL);
        assert_string_equal(a.https, cases[i].wanted ? "max-age=2592000" : "");
        assert_string_equal(a.frame, "DENY");
    }
    s->site.app.public_url = was;
    s->secure = false;
}

static void signing_in_makes_a_session_of_its_own(struct door *s)
{
    account(s, false);
    str before = s->site.token;
    const char *form = "login=li.lei&password=" WORD;
    struct answer a = ask(s, HTTP_POST, STR("/signin"), "zhidu", form);
    assert_int_equal(a.status, 303);
    str rest;
    str value = str_cut(str_from(a.cookie + 6), ';', &rest);
    assert_true(value.len > 40 && !str_eq(value, before));
    assert_int_equal(ask(s, HTTP_GET, STR("/me"), "zhidu", NULL).status, 303); /* the old one */
    s->site.token = str_copy(s->site.in.t->life, value);
    assert_int_equal(ask(s, HTTP_GET, STR("/me"), "zhidu", NULL).status, 200);
    s->site.token = STR("planted-by-somebody-else-0000000000000000000");
    a = ask(s, HTTP_POST, STR("/signin"), "zhidu", form);
    assert_int_equal(a.status, 303);
    assert_null(strstr(a.cookie, "planted"));
}

static void who_asks_too_often_is_told_when_in_his_language(struct door *s)
{
    static const struct {
        enum lang lang;
        const char *want;
    } rows[] = {{LANG_ZH, "操作过于频繁"}, {LANG_EN, "Too many requests"}};
    account(s, false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s->site.app.rates = rates_make(s->site.in.t->life);
        rates_set(s->site.app.rates, RATE_SEARCH, 3);
        dbs_ok(people_set_preferences(s->site.app.people, s->site.in.t->life, INST_NOW,
                                      s->site.person, rows[i].lang, STR("")));
        ask(s, HTTP_GET, STR("/me"), "zhidu", NULL); /* a worker's guess learns the language */
        s->query = "q=x";
        s->want = rows[i].want;
        for (int k = 0; k < 3; k++) {
            assert_int_equal(ask(s, HTTP_GET, STR("/search"), "zhidu", NULL).status, 200);
        }
        struct answer a = ask(s, HTTP_GET, STR("/search"), "zhidu", NULL);
        assert_int_equal(a.status, 429);
        assert_true(s->found);
        assert_string_equal(a.retry, "20"); /* three a minute: one in twenty seconds */
        assert_int_equal(ask(s, HTTP_GET, STR("/inbox"), "zhidu", NULL).status, 200);
        s->query = NULL;
        s->want = NULL;
    }
    s->site.app.rates = rates_make(s->site.in.t->life);
    rates_set(s->site.app.rates, RATE_SIGN_IN, 1);
    const char *form = "login=li.lei&password=" WORD;
    assert_int_equal(ask(s, HTTP_POST, STR("/signin"), NULL, form).status, 303);
    struct answer a = ask(s, HTTP_POST, STR("/signin"), NULL, form);
    assert_int_equal(a.status, 429);
    assert_string_equal(a.retry, "60");
    s->site.app.rates = NULL;
}

static const struct {
    const char *name;
    void (*body)(struct door *s);
} bodies[] = {
    {"nothing_opens_without_a_session", nothing_opens_without_a_session},
    {"no_form_is_taken_without_its_token", no_form_is_taken_without_its_token},
    {"nothing_comes_before_the_first_password_is_changed",
     nothing_comes_before_the_first_password_is_changed},
    {"the_cookie_is_bound_to_host_and_https", the_cookie_is_bound_to_host_and_https},
    {"only_https_is_wanted_where_the_host_is_known_to_be_ours",
     only_https_is_wanted_where_the_host_is_known_to_be_ours},
    {"signing_in_makes_a_session_of_its_own", signing_in_makes_a_session_of_its_own},
    {"who_asks_too_often_is_told_when_in_his_language",
     who_asks_too_often_is_told_when_in_his_language},
};

static void body_all(struct dbs *t)
{
    struct door *s = arena_new(t->life, struct door);
    site_make(&s->site, t);
    s->site.person = inst_person(&s->site.in, "li.lei");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        print_message("           %s\n", bodies[i].name);
        bodies[i].body(s);
    }
    engine_stop(s->site.in.e);
}

static void the_door(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, body_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_door)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
