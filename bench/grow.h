/* grow.h - does the work of a page grow with the number of rows?
 *
 * Every GET of the site map and of the API, by several people, and acts, turns of
 * the clock and sweeps are asked for on a folder with few rows and on one with many;
 * what each takes is counted in steps of SQLite's machine and pages of its file
 * (steps.h).  What takes more on the larger folder is printed with the statement
 * that does.  An address of the site map that has no errand here is a failure, so a
 * new one cannot be forgotten.
 */
#ifndef BENCH_GROW_H
#define BENCH_GROW_H

#include "plant.h"

/* Who reports in such folders: few, so that everybody's own lists are longer than a page. */
extern const char *const grow_reporters[];
extern const size_t grow_nreporters;
/* Rows that no act of `plant` makes, for a folder that nobody has open: the security
 * log, sessions, tokens, jobs and saved views of a large installation. */
MUST_CHECK err grow_strew(struct arena *a, str data, int64_t n);
/* Measures both folders, prints the table; *ret_grown: how many grow. */
MUST_CHECK err grow_run(str few, str many, int *ret_tried, int *ret_grown);

#endif
