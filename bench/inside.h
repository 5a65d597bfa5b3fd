/* inside.h - requests without sockets: the product's handler called as a worker
 * calls it, on this thread.  For counting statements, and for profilers:
 * `bench --inside /r/fault?open=1 --as wu.tao --times 2000`. */
#ifndef BENCH_INSIDE_H
#define BENCH_INSIDE_H

#include "plant.h"
#include "web/visit.h"

/* A worker's seat in a server that is not there; like one, it keeps what it has
 * prepared from one request to the next. */
struct inside {
    struct plant *p;
    struct app app;
    struct http_options http;
    struct seat *seat;
    struct arena round; /* of one request */
    int64_t asked;
};
void inside_open(struct plant *p, struct inside *ret);
MUST_CHECK err inside_sign_in(struct inside *in, str login, str *ret_token);
struct inside_answer {
    int status;
    size_t bytes;
};
/* GET `path`, which may have a query, with that session; an empty token: nobody. */
struct inside_answer inside_ask(struct inside *in, str token, str path);
void inside_close(struct inside *in);

struct inside_result {
    int status;
    size_t bytes;
    int64_t statements, trips, prepared; /* of the last time */
    double cpu_us;                       /* of one, on the average after the first */
    int64_t grown;                       /* resident bytes: the end less the first fifth */
};
/* GET `path` as the person of that login, `times` times; the statements of the last time are
 * printed when asked. */
MUST_CHECK err inside_get(struct plant *p, str login, str path, int64_t times, bool print_sql,
                          struct inside_result *ret);

#endif
