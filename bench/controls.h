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
#include "model/load.h"
#include "store/db.h"

struct controls_bench {
    str data;  /* folder for the file */
    str url;   /* PostgreSQL; empty: a file of SQLite */
    int64_t n; /* records */
    int64_t controls;
};

/* Prints its lines. */
MUST_CHECK err controls_measure(struct arena *life, const struct controls_bench *c);

/* --- for the same through a server (controls_http.c) ------------------------------------------ */

/* The register of readings, with so many controls. */
struct source controls_register(struct arena *a, int64_t controls);
/* n readings, with ids from `first` on; one in a hundred breaks each of the controls, and they are
 * others for each. */
MUST_CHECK err controls_fill(struct db *db, struct arena *a, int64_t first, int64_t n);
/* Which of n readings the i-th act is about: each once in n acts, and none beside the last. */
int64_t controls_place(int64_t i, int64_t n);
/* The value that the reading at `at` takes in its turn, from 0 on: one more each time, so that
 * every tenth act has it break five other controls of 500. */
int64_t controls_value(int64_t at, int64_t turn);
/* Marks that wait to be judged. */
MUST_CHECK err controls_marks(struct db *db, struct arena *a, int64_t *n);
/* Until the look of a server that began at `opened` (UTC ms) is over, and it waits for marks. */
MUST_CHECK err controls_settle(struct db *db, struct arena *a, int64_t opened);

#endif
