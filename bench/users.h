/* users.h - many people signed in, each with a browser of his own, who think
 * between one page and the next.
 *
 * Every user has a session and a keep-alive connection; after each answer he
 * thinks for half to one and a half times think_s.  Eight in ten are staff who
 * look at their own lists, read regulations and now and then report a fault;
 * the others are a service desk that reads records, searches, prints, exports and
 * attaches files.
 */
#ifndef BENCH_USERS_H
#define BENCH_USERS_H

#include "ask.h"

struct users_options {
    int users;
    double seconds;
    double think_s;
    pid_t pid; /* of the server, for its memory */
};

struct users_result {
    int64_t asked, failed;
    double p50_ms, p99_ms, most_ms; /* of all answers */
    double resident_mb;             /* the most, of one look a second */
    double slope_mb_h;              /* of memory after the first five minutes, MB an hour */
    double signed_in_s;             /* how long it took to sign all of them in */
};

/* Prints what it does, and memory once a minute.  False when somebody cannot be
 * signed in or the server goes away. */
bool users_run(struct caller *a, const struct users_options *opt, struct users_result *ret);

#endif
