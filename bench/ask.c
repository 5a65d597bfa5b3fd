#include "ask.h"

#include "base/buf.h"

#include "controls.h"
#include "plant.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- requests as bytes ------------------------------------------------------------- */

static void form(struct buf *b, const char *name, str value)
{
    static const char hex[] = "0123456789ABCDEF";
    buf_put_fmt(b, "%s%s=", b->len ? "&" : "", name);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.';
        if (plain) {
            buf_put_c(b, (char)c);
        } else {
            buf_put_c(b, '%');
            buf_put_c(b, hex[c >> 4]);
            buf_put_c(b, hex[c & 15]);
        }
    }
}

/* What a browser sends beside it, in about its length. */
static const char head_lines[] =
    "Host: 127.0.0.1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n";

size_t ask_get(const struct bench_session *s, str path, char *to, size_t cap)
{
    return (size_t)snprintf(to, cap, "GET %.*s HTTP/1.1\r\n%sCookie: zhidu=%.*s\r\n\r\n",
                            STR_ARG(path), head_lines, STR_ARG(s->cookie));
}

static size_t post(const struct bench_session *s, str path, str body, char *to, size_t cap)
{
    return (size_t)snprintf(to, cap,
                            "POST %.*s HTTP/1.1\r\n%sCookie: zhidu=%.*s\r\n"
                            "Content-Type: application/x-www-form-urlencoded\r\n"
                            "Content-Length: %zu\r\n\r\n%.*s",
                            STR_ARG(path), head_lines, STR_ARG(s->cookie), body.len, STR_ARG(body));
}

static const struct bench_session *of(const struct bench_session *list, int conn)
{
    return &list[conn % ASK_SESSIONS];
}

static int64_t any_id(struct caller *a)
{
    return a->ids[plant_roll(&a->dice, (uint64_t)a->nids)];
}

/* --- the kinds ---------------------------------------------------------------------- */

size_t ask_record(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    arena_reset(&a->round);
    return ask_get(of(a->desk, conn), str_fmt(&a->round, "/r/fault/%lld", (long long)any_id(a)), to,
                   cap);
}

size_t ask_list(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    return ask_get(of(a->desk, conn), STR("/r/fault?open=1"), to, cap);
}

size_t ask_list_staff(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    return ask_get(of(a->staff, conn), STR("/r/fault?open=1"), to, cap);
}

size_t ask_search(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    static const char *const words[] = {"打印机", "投影", "交换机", "卡纸", "机房", "密码错误"};
    struct caller *a = arg;
    arena_reset(&a->round);
    struct buf b = buf_make(&a->round, 1024);
    form(&b, "q", str_from(words[(size_t)n % (sizeof(words) / sizeof(words[0]))]));
    return ask_get(of(a->desk, conn), str_fmt(&a->round, "/search?%.*s", STR_ARG(buf_str(&b))), to,
                   cap);
}

size_t ask_json(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    arena_reset(&a->round);
    return ask_get(of(a->desk, conn),
                   str_fmt(&a->round, "/api/v1/r/fault/%lld", (long long)any_id(a)), to, cap);
}

static struct buf act_form(struct caller *a, const struct bench_session *s)
{
    arena_reset(&a->round);
    struct buf b = buf_make(&a->round, 8192);
    form(&b, "csrf", s->csrf);
    form(&b, "key",
         str_fmt(&a->round, "bench-%llx-%lld", (unsigned long long)a->dice, (long long)++a->keys));
    return b;
}

size_t ask_report(struct caller *a, const struct bench_session *s, char *to, size_t cap)
{
    struct buf b = act_form(a, s);
    form(&b, "summary", plant_summary(&a->round, &a->dice));
    form(&b, "description", plant_description(&a->round, &a->dice));
    form(&b, "contact", STR("8832"));
    form(&b, "place", STR("业务一科"));
    return post(s, STR("/r/fault/new/report"), buf_str(&b), to, cap);
}

static str number(struct caller *a, int64_t n)
{
    return str_fmt(&a->round, "%lld", (long long)n);
}

size_t ask_wish(struct caller *a, const struct bench_session *s, int64_t judge, int64_t second,
                char *to, size_t cap)
{
    struct buf b = act_form(a, s);
    form(&b, "what", plant_summary(&a->round, &a->dice));
    form(&b, "why", plant_description(&a->round, &a->dice));
    form(&b, "judge", number(a, judge));
    form(&b, "second", number(a, second));
    return post(s, STR("/r/wish/new/ask"), buf_str(&b), to, cap);
}

size_t ask_yes(struct caller *a, const struct bench_session *s, int64_t wish, int64_t seat,
               str hash, char *to, size_t cap)
{
    struct buf b = act_form(a, s);
    form(&b, "seat", number(a, seat));
    form(&b, "hash", hash);
    form(&b, "vote", STR("approve"));
    form(&b, "note", STR("已核实，同意。"));
    return post(s, str_fmt(&a->round, "/r/wish/%lld/approval/vote", (long long)wish), buf_str(&b),
                to, cap);
}

size_t ask_attach(struct caller *a, const struct bench_session *s, int64_t fault, char *to,
                  size_t cap)
{
    enum { LINES = 40 };
    struct buf b = buf_make(&a->round, 32768);
    BUF_LIT(&b, "--part\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n");
    buf_put(&b, s->csrf);
    buf_put_fmt(&b,
                "\r\n--part\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"
                "file-%llx-%lld",
                (unsigned long long)a->dice, (long long)++a->keys);
    BUF_LIT(&b, "\r\n--part\r\nContent-Disposition: form-data; name=\"file\";"
                " filename=\"log.txt\"\r\nContent-Type: text/plain\r\n\r\n");
    for (int i = 0; i < LINES; i++) { /* no two alike: the same bytes are kept once */
        buf_put_fmt(&b, "%016llx printer: out of paper, tray 2, job %d\n",
                    (unsigned long long)plant_roll(&a->dice, UINT64_MAX), i);
    }
    BUF_LIT(&b, "\r\n--part--\r\n");
    str body = buf_str(&b);
    return (size_t)snprintf(to, cap,
                            "POST /r/fault/%lld/note/attach HTTP/1.1\r\n%sCookie: zhidu=%.*s\r\n"
                            "Content-Type: multipart/form-data; boundary=part\r\n"
                            "Content-Length: %zu\r\n\r\n%.*s",
                            (long long)fault, head_lines, STR_ARG(s->cookie), body.len,
                            STR_ARG(body));
}

size_t ask_create(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    return ask_report(a, of(a->staff, conn), to, cap);
}

/* Location: /r/fault/ID?done=report */
void ask_created(void *arg, int conn, const struct load_answer *answer)
{
    struct caller *a = arg;
    (void)conn;
    const char *at = memmem(answer->head.ptr, answer->head.len, "/r/fault/", 9);
    if (at && a->nmade < ASK_MADE) {
        long long id = strtoll(at + 9, NULL, 10);
        a->made[a->nmade++] = id;
    }
}

size_t ask_accept(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    const struct bench_session *s = of(a->desk, conn);
    struct buf b = act_form(a, s);
    int64_t id = a->accepted < a->nmade ? a->made[a->accepted++] : 1;
    form(&b, "ver", STR("1"));
    form(&b, "verification", STR("已电话核实，情况属实"));
    form(&b, "category", STR("printing"));
    return post(s, str_fmt(&a->round, "/r/fault/%lld/do/accept", (long long)id), buf_str(&b), to,
                cap);
}

size_t ask_path(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    return ask_get(of(a->desk, conn), a->path, to, cap);
}

size_t ask_change(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    const struct bench_session *s = of(a->desk, conn);
    struct buf b = act_form(a, s);
    int64_t pass = a->turned / a->nids;
    int64_t at = controls_place(a->turned++, a->nids);
    form(&b, "ver", number(a, pass + 1));
    form(&b, "n", number(a, controls_value(at, pass + 1)));
    return post(s, str_fmt(&a->round, "/r/reading/%lld/do/change", (long long)a->ids[at]),
                buf_str(&b), to, cap);
}

size_t ask_floor(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct caller *a = arg;
    (void)n;
    arena_reset(&a->round);
    return ask_get(of(a->desk, conn), str_fmt(&a->round, "/%zu", a->floor_bytes), to, cap);
}

/* --- signing in ------------------------------------------------------------------------ */

struct one {
    const char *bytes;
    size_t len;
    struct arena *keep;
    struct load_answer got;
};

static size_t one_make(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct one *o = arg;
    (void)conn;
    (void)n;
    size_t len = o->len < cap ? o->len : cap;
    memcpy(to, o->bytes, len);
    return len;
}

static void one_took(void *arg, int conn, const struct load_answer *answer)
{
    struct one *o = arg;
    (void)conn;
    o->got = (struct load_answer){.status = answer->status,
                                  .head = str_copy(o->keep, answer->head),
                                  .body = str_copy(o->keep, answer->body)};
}

static bool once(struct caller *a, const char *bytes, size_t len, struct load_answer *ret)
{
    struct one o = {.bytes = bytes, .len = len, .keep = &a->life};
    struct load l = {
        .port = a->port, .conns = 1, .count = 1, .make = one_make, .took = one_took, .arg = &o};
    struct load_result r;
    bool ok = load_run(&l, &r);
    *ret = o.got;
    return ok;
}

static str between(str text, const char *before, char end)
{
    const char *at = memmem(text.ptr, text.len, before, strlen(before));
    if (!at) {
        return STR("");
    }
    at += strlen(before);
    const char *stop = memchr(at, end, (size_t)(text.ptr + text.len - at));
    return stop ? str_from_n(at, (size_t)(stop - at)) : STR("");
}

bool ask_sign_in_one(struct caller *a, const char *login, struct bench_session *ret)
{
    const struct bench_session nobody = {.cookie = STR("-")};
    char *bytes = arena_bytes(&a->life, 8192);
    struct load_answer got;
    struct buf b = buf_make(&a->life, 1024);
    form(&b, "login", str_from(login));
    form(&b, "password", STR("zhidu-demo-2026"));
    size_t n = post(&nobody, STR("/signin"), buf_str(&b), bytes, 8192);
    if (!once(a, bytes, n, &got) || got.status != 303) {
        return false;
    }
    ret->cookie = between(got.head, "zhidu=", ';');
    n = ask_get(ret, STR("/me"), bytes, 8192);
    if (!once(a, bytes, n, &got) || got.status != 200) {
        return false;
    }
    ret->csrf = between(got.body, "name=\"csrf\" value=\"", '"');
    return ret->cookie.len && ret->csrf.len;
}

bool ask_sign_in(struct caller *a)
{
    static const char *const staff[ASK_SESSIONS] = {"li.lei",    "han.mei",  "guo.jing", "zhou.jie",
                                                    "wang.fang", "tang.xue", "lin.na",   "li.lei"};
    for (int i = 0; i < ASK_SESSIONS; i++) {
        if (!ask_sign_in_one(a, i % 2 ? "wu.tao" : "zheng.shuang", &a->desk[i]) ||
            !ask_sign_in_one(a, staff[i], &a->staff[i])) {
            return false;
        }
    }
    return true;
}

double ask_figure(struct caller *a, const char *series)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    struct load_answer got;
    if (!once(a, request, sizeof(request) - 1, &got) || got.status != 200) {
        return -1;
    }
    str line = between(got.body, str_fmt(&a->life, "\n%s ", series).ptr, '\n');
    return line.len ? strtod(str_copy(&a->life, line).ptr, NULL) : -1;
}

void ask_open(struct caller *a, int port, const int64_t *ids, int64_t nids)
{
    *a = (struct caller){.life = arena_make((size_t)1 << 30),
                         .round = arena_make(1u << 20),
                         .port = port,
                         .ids = ids,
                         .nids = nids,
                         .dice = 2463534242u ^ (uint64_t)getpid()};
    a->made = arena_array(&a->life, int64_t, ASK_MADE);
}

void ask_close(struct caller *a)
{
    arena_end(&a->round);
    arena_end(&a->life);
}
