/* load.c - people at work: each act under a key, sent again until it is acknowledged. */
#include "acked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one act -------------------------------------------------------------------- */

static str request(struct person *p)
{
    struct arena *a = &p->a;
    str body = STR("{\"withdraw_reason\":\"误报\"}");
    str path = str_fmt(a, "/api/v1/r/fault/%lld/do/withdraw", (long long)p->record);
    str token = p->all->staff;
    if (p->what == REPORT) {
        body = str_fmt(a, "{\"summary\":\"拔电 %lld\",\"contact\":\"8832\"}", (long long)p->key);
        path = STR("/api/v1/r/fault/new/report");
    } else if (p->what == ACCEPT) {
        body = STR("{\"verification\":\"属实\",\"category\":\"printing\"}");
        path = str_fmt(a, "/api/v1/r/fault/%lld/do/accept", (long long)p->record);
        token = p->all->desk;
    }
    return str_fmt(a,
                   "POST %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\n"
                   "Idempotency-Key: kill-%lld\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n%.*s",
                   STR_ARG(path), STR_ARG(token), (long long)p->key, body.len, STR_ARG(body));
}

static void acknowledged(struct person *p, str body)
{
    struct torture *t = p->all;
    struct acked x = {.what = p->what, .key = p->key};
    str number = json_part(body, "number");
    if (!str_to_i64(json_part(body, "id"), &x.record) ||
        !str_to_i64(json_part(body, "act"), &x.act) || number.len >= sizeof(x.number)) {
        die("an answer without id", p->key, body);
    }
    memcpy(x.number, number.ptr, number.len);
    pthread_mutex_lock(&t->lock);
    if (t->nacked == ACKED_MAX) {
        die("too many acts", t->nacked, STR(""));
    }
    if (!t->acked) {
        t->acked = calloc(ACKED_MAX, sizeof(*t->acked));
    }
    t->acked[t->nacked++] = x;
    t->n.acked++;
    t->n.again += p->on_its_way;
    t->n.repeated += str_eq(json_part(body, "repeated"), STR("true"));
    pthread_mutex_unlock(&t->lock);
    p->record = x.record;
}

/* After a report comes an acceptance or a withdrawal of it, or another report. */
static void choose_next(struct person *p, unsigned *dice)
{
    struct torture *t = p->all;
    enum what then = REPORT;
    if (p->what == REPORT) {
        int d = rand_r(dice) % 4;
        then = d == 0 ? ACCEPT : d == 1 ? WITHDRAW : REPORT;
    }
    p->what = then;
    pthread_mutex_lock(&t->lock);
    p->key = ++t->next_key;
    pthread_mutex_unlock(&t->lock);
}

static void turned_away(struct torture *t, const struct client_answer *r)
{
    bool words = json_part(r->body, "title").len > 0 || /* or before any handler, as text: */
                 str_has(r->body, STR("系统繁忙"));
    bool when = client_header(r, STR("retry-after")).len > 0;
    pthread_mutex_lock(&t->lock);
    t->n.busy++;
    t->n.full += str_has(r->body, STR("磁盘"));
    t->n.wordless += r->status == 503 && !(words && when);
    pthread_mutex_unlock(&t->lock);
}

/* Until they are to stop, and what is on its way is acknowledged where that is wanted. */
static bool goes_on(struct person *p)
{
    struct torture *t = p->all;
    return !t->stop || (t->finish && p->on_its_way);
}

static void *work(void *arg)
{
    struct person *p = arg;
    struct torture *t = p->all;
    unsigned dice = (unsigned)p->key + (unsigned)(p - t->people) * 7919u;
    while (goes_on(p)) {
        struct client_answer r;
        arena_reset(&p->a);
        if (!client_ask(&p->c, &p->a, request(p), &r)) {
            p->on_its_way = true; /* perhaps done, perhaps not: the same again later */
            if (t->patient) {
                client_close(&p->c);
                pause_us(20000);
                continue;
            }
            break;
        }
        if (r.status == 503 || (r.status == 500 && t->trouble)) {
            p->on_its_way = true; /* refused, or done and nobody could tell: the same again */
            turned_away(t, &r);
            pause_us(2000);
            continue;
        }
        if (r.status != 200 && r.status != 201) {
            die("an act was refused, key", p->key, r.body);
        }
        acknowledged(p, r.body);
        p->on_its_way = false;
        pause_us(t->pace_us);
        choose_next(p, &dice);
    }
    client_close(&p->c);
    return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

void load_start(struct torture *t)
{
    t->stop = false;
    t->finish = false;
    for (int i = 0; i < PEOPLE; i++) {
        struct person *p = &t->people[i];
        if (pthread_create(&p->thread, NULL, work, p) != 0) {
            die("no thread", i, STR(""));
        }
    }
}

void load_stop(struct torture *t)
{
    t->stop = true;
    for (int i = 0; i < PEOPLE; i++) {
        pthread_join(t->people[i].thread, NULL);
    }
}

void load_finish(struct torture *t)
{
    t->finish = true;
    load_stop(t);
    t->finish = false;
    for (int i = 0; i < PEOPLE; i++) {
        if (t->people[i].on_its_way) {
            die("an act could not be finished, key", t->people[i].key, STR(""));
        }
    }
}

static int64_t locked(struct torture *t, const int64_t *of)
{
    pthread_mutex_lock(&t->lock);
    int64_t n = *of;
    pthread_mutex_unlock(&t->lock);
    return n;
}

int64_t load_acked(struct torture *t)
{
    return locked(t, &t->nacked);
}

int64_t load_full(struct torture *t)
{
    return locked(t, &t->n.full);
}

int64_t load_busy(struct torture *t)
{
    return locked(t, &t->n.busy);
}

void load_goes_on(struct torture *t, const char *after_what)
{
    enum { PATIENCE = 1500, STEP_US = 20000 };
    int64_t before = load_acked(t);
    for (int i = 0; load_acked(t) <= before; i++) {
        if (i == PATIENCE) {
            die(after_what, PATIENCE / 50, STR("seconds, and nothing is written"));
        }
        pause_us(STEP_US);
    }
}

/* --- attachments ------------------------------------------------------------------ */

int load_upload(struct torture *t, struct arena *a)
{
    enum { FILE_BYTES = 3 << 20 };
    char *bytes = arena_bytes(a, FILE_BYTES);
    for (int i = 0; i < FILE_BYTES; i++) { /* another file each time */
        bytes[i] = (char)(rand_r(&t->dice) >> 8);
    }
    pthread_mutex_lock(&t->lock);
    int64_t key = ++t->next_key;
    pthread_mutex_unlock(&t->lock);
    str head = str_fmt(a,
                       "--b\r\nContent-Disposition: form-data; name=\"values\"\r\n\r\n"
                       "{\"summary\":\"拔电 %lld\",\"contact\":\"8832\"}\r\n--b\r\n"
                       "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n",
                       (long long)key);
    str tail = STR("\r\n--b--\r\n");
    size_t len = head.len + FILE_BYTES + tail.len;
    str line = str_fmt(a,
                       "POST /api/v1/r/fault/new/report HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Authorization: Bearer %.*s\r\nIdempotency-Key: file-%lld\r\n"
                       "Content-Type: multipart/form-data; boundary=b\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       STR_ARG(t->staff), (long long)key, len);
    char *all = arena_bytes(a, line.len + len);
    memcpy(all, line.ptr, line.len);
    memcpy(all + line.len, head.ptr, head.len);
    memcpy(all + line.len + head.len, bytes, FILE_BYTES);
    memcpy(all + line.len + head.len + FILE_BYTES, tail.ptr, tail.len);
    struct client_answer r = ask(t, a, str_from_n(all, line.len + len));
    bool words = str_has(r.body, STR("磁盘已满或只读")) || str_has(r.body, STR("系统繁忙"));
    if (r.status && r.status != 201 && !(r.status == 503 && words)) {
        die("an attachment is answered", r.status, r.body);
    }
    return r.status;
}
