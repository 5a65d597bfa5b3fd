/* ask.h - the requests that are measured, by people who are signed in. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include "load.h"

enum { ASK_SESSIONS = 8, ASK_MADE = 1 << 18 };

struct bench_session {
    str cookie, csrf;
};

/* One kind of request and what its answers left. */
struct caller {
    struct arena life;
    int port;
    struct bench_session desk[ASK_SESSIONS];  /* sees every fault */
    struct bench_session staff[ASK_SESSIONS]; /* reports faults */
    const int64_t *ids;                       /* of planted faults */
    int64_t nids;
    int64_t *made; /* ids of faults that were created here, to be accepted once each */
    int64_t nmade, accepted;
    uint64_t dice;
    int64_t keys;       /* idempotency keys given out */
    struct arena round; /* of one request */
    size_t floor_bytes; /* what the HTTP floor answers */
    str path;           /* what ask_path asks */
    int64_t turned;     /* readings that were changed, of `ids`, one after the other */
};

void ask_open(struct caller *a, int port, const int64_t *ids, int64_t nids);
/* Signs everybody in; false when the door does not open. */
bool ask_sign_in(struct caller *a);
bool ask_sign_in_one(struct caller *a, const char *login, struct bench_session *ret);
/* A figure of /metrics, without labels; -1: none. */
double ask_figure(struct caller *a, const char *series);
void ask_close(struct caller *a);

/* A GET, the report of a fault, a file to one, as bytes. */
size_t ask_get(const struct bench_session *s, str path, char *to, size_t cap);
size_t ask_report(struct caller *a, const struct bench_session *s, char *to, size_t cap);
/* A file of a few KB, put to a fault by the service desk. */
size_t ask_attach(struct caller *a, const struct bench_session *s, int64_t fault, char *to,
                  size_t cap);

/* A wish (bench/regulations/consent) that both judges are asked about, by their ids. */
size_t ask_wish(struct caller *a, const struct bench_session *s, int64_t judge, int64_t second,
                char *to, size_t cap);
/* The judge's yes with this seat, on content of this hash. */
size_t ask_yes(struct caller *a, const struct bench_session *s, int64_t wish, int64_t seat,
               str hash, char *to, size_t cap);

/* load.make and load.took of each kind; arg is the struct caller. */
size_t ask_record(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_list(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_list_staff(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_search(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_json(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_create(void *arg, int conn, int64_t n, char *to, size_t cap);
void ask_created(void *arg, int conn, const struct load_answer *answer);
size_t ask_accept(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_path(void *arg, int conn, int64_t n, char *to, size_t cap);
/* A reading (controls.h) takes another value. */
size_t ask_change(void *arg, int conn, int64_t n, char *to, size_t cap);
size_t ask_floor(void *arg, int conn, int64_t n, char *to, size_t cap);

#endif
