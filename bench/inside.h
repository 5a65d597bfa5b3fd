/* inside.h - requests without sockets: the product's handler called as a worker
 * calls it, on this thread.  For counting statements, and for profilers:
 * `bench --inside /r/fault?open=1 --as wu.tao --times 2000`. */
#ifndef BENCH_INSIDE_H
#define BENCH_INSIDE_H

#include "plant.h"

struct inside_result {
    int status;
    size_t bytes;
    int64_t statements, trips, prepared; /* of the last time */
    double cpu_us;                       /* of one, on the average after the first */
};
/* GET `path` as the person of that login, `times` times; the statements of the last time are
 * printed when asked. */
MUST_CHECK err inside_get(struct plant *p, str login, str path, int64_t times, bool print_sql,
                          struct inside_result *ret);

#endif
