/* controls_http.h - what controls cost people: their pages, and acts beside the judging, through
 * real servers.
 *
 * Two installations are made below the data folder, `plain` and `judged` (or databases beside the
 * one of the URL, which are dropped at the end): the demonstration organisation, the register of
 * readings with n records, in the second with so many controls.  Each has a server; they are asked
 * in turn.
 */
#ifndef BENCH_CONTROLS_HTTP_H
#define BENCH_CONTROLS_HTTP_H

#include "bench.h"

/* Prints its lines; b->faults records.  Empty url: SQLite. */
bool controls_over_http(struct bench *b, int64_t controls, str url);

#endif
