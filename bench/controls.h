/* controls.h - what it takes to judge: many records by one control, fewer by many.
 *
 * A database of its own is made below the data folder (or in the database of `url`, which is empty)
 * with a register of readings, whose rows are put there at once, without acts: judging reads rows,
 * not their history.
 */
#ifndef BENCH_CONTROLS_H
#define BENCH_CONTROLS_H

#include "base/arena.h"
#include "base/err.h"

struct controls_bench {
    str data;  /* folder for the file */
    str url;   /* PostgreSQL; empty: a file of SQLite */
    int64_t n; /* records */
    int64_t controls;
};

/* Prints its lines. */
MUST_CHECK err controls_measure(struct arena *life, const struct controls_bench *c);

#endif
