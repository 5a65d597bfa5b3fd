/* votes.h - what a vote costs beside a create of the same type, and an inbox of ten
 * thousand beside one of ten.
 *
 * Wishes are asked for by 64 connections for a while; then both judges of each vote, 64
 * at a time: first the votes that leave it undecided, then those that decide it, which
 * carry the action after it with them.  Every answer is durable.  The seats and hashes
 * that a browser would have from the page are read from the database beside the server.
 */
#ifndef BENCH_VOTES_H
#define BENCH_VOTES_H

#include "base/err.h"

#include "ask.h"

enum { VOTES_MANY = 10000, VOTES_FEW = 10 };
/* Whose inboxes these are; neither votes nor is asked otherwise. */
#define VOTES_LONG_OF "lin.na"
#define VOTES_SHORT_OF "tang.xue"

struct votes {
    struct caller *ask; /* signed in */
    str data;
    int port;
    pid_t pid; /* of the server */
    double seconds;
    int rounds;
};
/* Prints; an error where something was not answered as it should be. */
MUST_CHECK err votes_measure(const struct votes *v);

#endif
