/* Whole requests from files (README.md), against the product as a process. */
#include "support/client.h"
#include "support/server.h"
#include "support/test.h"

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SAVED_MAX = 64, FILES_MAX = 64, FILE_MAX = 256 << 10, WAIT_MS = 8000 };

struct saved {
    str name, value;
};

struct runner {
    struct server server;
    struct arena life;
    struct saved saved[SAVED_MAX]; /* of the file; then what was signed in for */
    int nsaved;
    struct saved doors[SAVED_MAX]; /* "as li.lei" -> cookie, "csrf li.lei", "token li.lei write" */
    int ndoors;
    int64_t keys;
    int missed; /* expectations, of the file */
};

static struct runner *the; /* cmocka hands a test nothing of ours before it runs */

struct a_case {
    const char *file;
    int line;
    str title, as, token, request, expected;
    bool bare, twice;
    bool cuts;
    int64_t cut;
    str key;
};

/* Told at once; the file goes on, so that one run shows all. */
static void miss(const struct a_case *c, const char *what, str detail, str answer)
{
    the->missed++;
    print_message("%s:%d: %.*s: %s %.*s\n%.*s\n", c->file, c->line, STR_ARG(c->title), what,
                  STR_ARG(detail), (int)(answer.len < 1500 ? answer.len : 1500), answer.ptr);
}

/* --- signing in ------------------------------------------------------------------- */

static str door(const char *kind, str who)
{
    str name = str_fmt(&the->life, "%s %.*s", kind, STR_ARG(who));
    for (int i = 0; i < the->ndoors; i++) {
        if (str_eq(the->doors[i].name, name)) {
            return the->doors[i].value;
        }
    }
    return (str){0};
}

static str door_put(const char *kind, str who, str value)
{
    assert_true(the->ndoors < SAVED_MAX);
    str name = str_fmt(&the->life, "%s %.*s", kind, STR_ARG(who));
    the->doors[the->ndoors++] = (struct saved){name, str_copy(&the->life, value)};
    return the->doors[the->ndoors - 1].value;
}

static str between(str text, const char *from, const char *to)
{
    const char *at = memmem(text.ptr, text.len, from, strlen(from));
    if (!at) {
        return (str){0};
    }
    at += strlen(from);
    str rest = str_from_n(at, (size_t)(text.ptr + text.len - at));
    const char *end = memmem(rest.ptr, rest.len, to, strlen(to));
    return end ? str_from_n(rest.ptr, (size_t)(end - rest.ptr)) : rest;
}

static str cookie_of(str login)
{
    str have = door("as", login);
    if (have.len) {
        return have;
    }
    struct client c = client_make(the->server.port);
    struct client_answer r;
    str body = str_fmt(&the->life, "login=%.*s&password=" SERVER_PASSWORD, STR_ARG(login));
    str in = str_fmt(&the->life,
                     "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n"
                     "Content-Type: application/x-www-form-urlencoded\r\n\r\n%.*s",
                     body.len, STR_ARG(body));
    assert_true(client_ask(&c, &the->life, in, &r));
    assert_int_equal(r.status, 303);
    str rest;
    str cookie = str_cut(client_header(&r, STR("set-cookie")), ';', &rest);
    str look =
        str_fmt(&the->life, "GET /me HTTP/1.1\r\nHost: x\r\nCookie: %.*s\r\n\r\n", STR_ARG(cookie));
    assert_true(client_ask(&c, &the->life, look, &r));
    assert_int_equal(r.status, 200);
    door_put("csrf", login, between(r.body, "name=\"csrf\" value=\"", "\""));
    client_close(&c);
    return door_put("as", login, cookie);
}

static str token_of(str who)
{
    str have = door("token", who);
    if (have.len) {
        return have;
    }
    str scope;
    str login = str_copy(&the->life, str_cut(who, ' ', &scope));
    scope = str_eq(scope, STR("write")) ? STR("read write") : scope;
    const char *args[] = {"token",    login.ptr,  "--name",
                          "requests", "--scopes", str_copy(&the->life, scope).ptr,
                          NULL};
    return door_put("token", who, str_trim(server_run(&the->server, &the->life, args)));
}

/* --- substitution --------------------------------------------------------------------- */

static str lookup(const struct a_case *c, struct arena *a, str name)
{
    str rest;
    str word = str_cut(name, ' ', &rest);
    if (str_eq(word, STR("csrf"))) {
        return door("csrf", c->as);
    }
    if (str_eq(word, STR("key"))) {
        return c->key;
    }
    if (str_eq(word, STR("fill"))) {
        int64_t n = 0;
        str what;
        str number = str_cut(rest, ' ', &what);
        assert_true(str_to_i64(number, &n) && n > 0 && what.len);
        char *p = arena_bytes(a, (size_t)n * what.len);
        for (int64_t i = 0; i < n; i++) {
            memcpy(p + (size_t)i * what.len, what.ptr, what.len);
        }
        return str_from_n(p, (size_t)n * what.len);
    }
    if (str_eq(word, STR("byte"))) {
        char *p = arena_bytes(a, 1);
        *p = (char)strtol(str_copy(a, rest).ptr, NULL, 16);
        return str_from_n(p, 1);
    }
    for (int i = 0; i < the->nsaved; i++) {
        if (str_eq(the->saved[i].name, name)) {
            return the->saved[i].value;
        }
    }
    fail_msg("%s:%d: ${%.*s} is nothing", c->file, c->line, STR_ARG(name));
    return (str){0};
}

struct text {
    char *p;
    size_t n, cap;
};

static void put(struct text *t, str s)
{
    while (t->n + s.len > t->cap) {
        t->cap = t->cap * 2 + 4096;
        t->p = realloc(t->p, t->cap);
        assert_non_null(t->p);
    }
    if (s.len) {
        memcpy(t->p + t->n, s.ptr, s.len);
        t->n += s.len;
    }
}

static str fill_in(const struct a_case *c, struct arena *a, str s)
{
    struct text t = {0};
    while (s.len) {
        const char *at = memmem(s.ptr, s.len, "${", 2);
        size_t before = at ? (size_t)(at - s.ptr) : s.len;
        put(&t, str_from_n(s.ptr, before));
        s = str_from_n(s.ptr + before, s.len - before);
        if (at) {
            str rest;
            str name = str_cut(str_from_n(s.ptr + 2, s.len - 2), '}', &rest);
            put(&t, lookup(c, a, name));
            s = rest;
        }
    }
    str done = str_copy(a, str_from_n(t.p, t.n));
    free(t.p);
    return done;
}

/* Lines of the head end in CRLF, who asks and what the body measures is added. */
static str make_request(const struct a_case *c, struct arena *a)
{
    const char *gap = memmem(c->request.ptr, c->request.len, "\n\n", 2);
    size_t head_len = gap ? (size_t)(gap - c->request.ptr) : c->request.len;
    str body = gap ? fill_in(c, a, str_from_n(gap + 2, c->request.len - head_len - 2)) : STR("");
    struct text t = {0};
    bool measured = false;
    bool first = true;
    for (str rest = fill_in(c, a, str_from_n(c->request.ptr, head_len)); rest.ptr;) {
        str line = str_cut(rest, '\n', &rest);
        put(&t, line);
        put(&t, first && !c->bare ? STR(" HTTP/1.1\r\nHost: 127.0.0.1\r\n") : STR("\r\n"));
        first = false;
        measured = measured || strncasecmp(line.ptr, "content-length:", 15) == 0 ||
                   strncasecmp(line.ptr, "transfer-encoding:", 18) == 0;
    }
    if (c->as.len) {
        put(&t, str_fmt(a, "Cookie: %.*s\r\n", STR_ARG(cookie_of(c->as))));
    }
    if (c->token.len) {
        put(&t, str_fmt(a, "Authorization: Bearer %.*s\r\n", STR_ARG(token_of(c->token))));
    }
    if (!c->bare && !measured && gap) {
        put(&t, str_fmt(a, "Content-Length: %zu\r\n", body.len));
    }
    put(&t, STR("\r\n"));
    put(&t, body);
    str done = str_copy(a, str_from_n(t.p, t.n));
    free(t.p);
    return done;
}

/* --- expectations --------------------------------------------------------------------- */

static str word_after(str text, str mark)
{
    const char *at = memmem(text.ptr, text.len, mark.ptr, mark.len);
    if (!at) {
        return (str){0};
    }
    at += mark.len;
    const char *end = text.ptr + text.len;
    while (at < end && (*at == '"' || *at == ' ')) {
        at++;
    }
    const char *stop = at;
    while (stop < end && (isalnum((unsigned char)*stop) || strchr("-_.", *stop))) {
        stop++;
    }
    return str_from_n(at, (size_t)(stop - at));
}

static void save(const struct a_case *c, const struct client_answer *r, str line)
{
    str mark;
    str name = str_cut(line, ' ', &mark);
    str value = word_after(r->body, mark);
    value = value.len ? value : word_after(r->head, mark);
    if (!value.len) {
        miss(c, "nothing to save after", mark, r->body);
        value = STR("-");
    }
    assert_true(the->nsaved < SAVED_MAX);
    the->saved[the->nsaved++] =
        (struct saved){str_copy(&the->life, name), str_copy(&the->life, value)};
}

static void one_line(const struct a_case *c, struct arena *a, const struct client_answer *r,
                     str line)
{
    str rest;
    str verb = str_cut(line, ' ', &rest);
    str want = fill_in(c, a, rest);
    if (str_eq(verb, STR("has"))) {
        if (!str_has(r->body, want)) {
            miss(c, "not in the answer:", want, r->body);
        }
    } else if (str_eq(verb, STR("not"))) {
        if (str_has(r->body, want)) {
            miss(c, "in the answer:", want, r->body);
        }
    } else if (str_eq(verb, STR("head"))) {
        str value;
        str name = str_cut(want, ':', &value);
        if (!str_has(client_header(r, name), str_trim(value)) ||
            (!str_trim(value).len && !client_header(r, name).len)) {
            miss(c, "not in the head:", want, r->head);
        }
    } else if (str_eq(verb, STR("save"))) {
        save(c, r, rest);
    } else {
        miss(c, "no such expectation:", line, STR(""));
    }
}

static void status_fits(const struct a_case *c, const struct client_answer *r, str wanted)
{
    for (str rest = wanted; rest.ptr;) {
        int64_t status;
        if (str_to_i64(str_cut(rest, ' ', &rest), &status) && status == r->status) {
            return;
        }
    }
    char have[16];
    snprintf(have, sizeof(have), "%d", r->status);
    miss(c, "another status:", str_from(have), r->body);
}

static void check(const struct a_case *c, struct arena *a, const struct client_answer *r)
{
    str rest;
    str first = str_cut(c->expected, '\n', &rest);
    status_fits(c, r, str_trim(first));
    while (rest.ptr) {
        str line = str_cut(rest, '\n', &rest);
        if (line.len && line.ptr[0] != '#') {
            one_line(c, a, r, line);
        }
    }
}

/* --- running ---------------------------------------------------------------------------- */

struct sending {
    str bytes;
    bool cut;
    struct arena a;
    struct client_answer answer;
};

static void *send_one(void *arg)
{
    struct sending *s = arg;
    struct client c = client_make(the->server.port);
    c.timeout_ms = WAIT_MS;
    if (client_open(&c)) {
        bool sent = client_send(&c, s->bytes);
        if (s->cut) {
            shutdown(c.fd, SHUT_WR);
        }
        (void)sent; /* a server may answer, and close, before it has read all */
        if (!client_read(&c, &s->a, &s->answer)) {
            s->answer = (struct client_answer){0};
        }
    }
    client_close(&c);
    return NULL;
}

static void run_case(struct a_case *c)
{
    struct arena a = arena_make(64 << 20);
    c->key = str_fmt(&a, "requests-%lld-%d", (long long)++the->keys, (int)getpid());
    if (c->as.len) {
        cookie_of(c->as);
    }
    str bytes = make_request(c, &a);
    if (c->cuts) {
        int64_t keep = c->cut >= 0 ? c->cut : (int64_t)bytes.len + c->cut;
        assert_true(keep > 0 && keep <= (int64_t)bytes.len);
        bytes = str_from_n(bytes.ptr, (size_t)keep);
    }
    struct sending s[2];
    pthread_t other;
    for (int i = 0; i < 2; i++) {
        s[i] = (struct sending){.bytes = bytes, .cut = c->cuts, .a = arena_make(64 << 20)};
    }
    if (c->twice) {
        assert_int_equal(pthread_create(&other, NULL, send_one, &s[1]), 0);
    }
    send_one(&s[0]);
    int before = the->nsaved;
    check(c, &a, &s[0].answer);
    if (c->twice) {
        pthread_join(other, NULL);
        int first = the->nsaved - before;
        check(c, &a, &s[1].answer);
        for (int i = 0; i < first; i++) { /* the same words in both answers */
            assert_true(str_eq(the->saved[before + i].value, the->saved[before + first + i].value));
        }
    }
    arena_end(&s[0].a);
    arena_end(&s[1].a);
    arena_end(&a);
}

static bool directive(struct a_case *c, str line)
{
    str rest;
    str word = str_cut(line, ' ', &rest);
    if (str_eq(word, STR("@as"))) {
        c->as = rest;
    } else if (str_eq(word, STR("@token"))) {
        c->token = rest;
    } else if (str_eq(word, STR("@bare"))) {
        c->bare = true;
    } else if (str_eq(word, STR("@twice"))) {
        c->twice = true;
    } else if (str_eq(word, STR("@cut"))) {
        c->cuts = str_to_i64(rest, &c->cut);
    } else {
        return false;
    }
    return true;
}

/* A block of lines from `from` to the end of `to`. */
static str span(str from, str to)
{
    return from.ptr && to.ptr >= from.ptr
               ? str_from_n(from.ptr, (size_t)(to.ptr + to.len - from.ptr))
               : (str){0};
}

static int run_file(const char *path, str text)
{
    struct a_case c = {0};
    enum { OUTSIDE, BEFORE, REQUEST, EXPECT } where = OUTSIDE;
    int n = 0;
    int line_no = 0;
    the->nsaved = 0;
    the->missed = 0;
    for (str rest = text; rest.ptr;) {
        str line = str_cut(rest, '\n', &rest);
        line_no++;
        if (str_starts(line, STR("### "))) {
            if (where == EXPECT) {
                run_case(&c);
                n++;
            }
            c = (struct a_case){.file = path, .line = line_no, .title = line};
            where = BEFORE;
        } else if (where == BEFORE && line.len && line.ptr[0] != '@') {
            c.request = line;
            where = REQUEST;
        } else if (where == BEFORE && line.len && !directive(&c, line)) {
            miss(&c, "no such directive:", line, STR(""));
        } else if (where == REQUEST && str_starts(line, STR("=> "))) {
            c.expected = str_from_n(line.ptr + 3, line.len - 3);
            where = EXPECT;
        } else if (where == REQUEST) {
            c.request = span(c.request, line);
        } else if (where == EXPECT) {
            c.expected = span(c.expected, line);
        }
    }
    if (where == EXPECT) {
        run_case(&c);
        n++;
    }
    return n;
}

static void the_answers_are_as_the_file_says(void **state)
{
    const char *path = *state;
    struct arena a = arena_make(FILE_MAX * 2);
    char *p = arena_bytes(&a, FILE_MAX);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t len = fread(p, 1, FILE_MAX, f);
    fclose(f);
    int n = run_file(path, str_from_n(p, len));
    print_message("           %d requests\n", n);
    assert_true(n > 0);
    assert_int_equal(the->missed, 0);
    arena_end(&a);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_request(const struct dirent *e)
{
    return str_ends(str_from(e->d_name), STR(".http"));
}

int main(void)
{
    static const char folder[] = "tests/http/requests";
    struct arena life = arena_make(256u << 20);
    struct runner r = {.life = arena_make(256u << 20)};
    struct dirent **list = NULL;
    int n = scandir(folder, &list, is_request, by_name);
    if (n <= 0 || n > FILES_MAX) {
        fprintf(stderr, "no requests in %s\n", folder);
        return 1;
    }
    the = &r;
    struct CMUnitTest *tests = arena_array(&life, struct CMUnitTest, (size_t)n);
    for (int i = 0; i < n; i++) {
        const char *path = str_fmt(&life, "%s/%s", folder, list[i]->d_name).ptr;
        tests[i] = (struct CMUnitTest){.name = path,
                                       .test_func = the_answers_are_as_the_file_says,
                                       .initial_state = (void *)(uintptr_t)path};
        free(list[i]);
    }
    free(list);
    char data[] = "/tmp/zhidu-requests-XXXXXX";
    if (!mkdtemp(data)) {
        return 1;
    }
    r.server = server_make(data, server_free_port());
    server_start(&r.server, true);
    int failed = _cmocka_run_group_tests("requests", tests, (size_t)n, NULL, NULL);
    int status = server_stop(&r.server, SIGTERM);
    if (status != 0) {
        fprintf(stderr, "the server ended with status %d\n", status);
        failed++;
    }
    server_remove(&r.server);
    arena_end(&r.life);
    arena_end(&life);
    return failed;
}
