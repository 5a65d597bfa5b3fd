/* explain.h - no condition may walk a whole table of records.
 *
 * Acts are serial: a guard that scans makes everybody wait.  So each compiled
 * condition of the newest versions is explained by the database, and one that
 * would walk a type not declared `small` is a mistake at its place.  SQLite
 * tells this of empty tables, too; PostgreSQL's planner looks at sizes, so
 * there nothing is said.
 */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "model/diag.h"
#include "store/db.h"

/* The tables of `m` exist in `db`. */
MUST_CHECK err explain_model(struct db *db, const struct model *m, struct diags *d);

#endif
