/* dbs.h - runs a test's body on every database we promise to work on: SQLite
 * in memory, SQLite in a file, and PostgreSQL (a fresh schema each time).
 *
 * The file stands in the folder ZHIDU_TEST_DIR, or in /tmp.
 * PostgreSQL comes from the environment: ZHIDU_PG=postgresql:... (see
 * tests/support/pg.sh).  Without it that third is left out, and says so.
 */
#ifndef TESTS_SUPPORT_DBS_H
#define TESTS_SUPPORT_DBS_H

#include "base/arena.h"
#include "store/db.h"

enum dbs_which { DBS_MEMORY = 1, DBS_FILE = 2, DBS_PG = 4, DBS_ALL = 7 };

struct dbs {
    const char *name; /* for messages */
    enum dbs_which which;
    str url;
    struct db_options options; /* writer set, schema set on PostgreSQL */
    struct arena *life;        /* ends with the body */
    struct arena *a;           /* for results */
    struct db *db;             /* open, empty */
};

/* Runs body once for each of `which`. */
void dbs_each(enum dbs_which which, void (*body)(struct dbs *t));

/* Another connection to the same database; not for DBS_MEMORY. */
struct db *dbs_open(struct dbs *t, struct arena *life, bool writer);

/* Asserts OK, printing the detail when not. */
void dbs_ok(err e);
/* One number: the first column of the only row. */
int64_t dbs_i64(struct db *db, struct arena *a, struct sql sql, struct db_args args);

#endif
