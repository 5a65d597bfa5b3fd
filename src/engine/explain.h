/* explain.h - no condition may walk a whole table of records.
 *
 * Acts are serial: a guard that scans makes everybody wait.  So each compiled
 * condition of the newest versions is explained by the database, and one that
 * would walk a type not declared `small` is a mistake at its place.  SQLite
 * tells this of empty tables, so an empty one in memory is asked whichever
 * database the installation uses (PostgreSQL's planner looks at sizes).
 */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "base/err.h"
#include "model/diag.h"

/* Mistakes go to `d`. */
MUST_CHECK err explain_model(const struct model *m, struct diags *d);

#endif
