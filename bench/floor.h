/* floor.h - what the same machine does when it only has to do the least.
 *
 * The HTTP floor is src/http itself with its threads and its hand-off, and a
 * handler that answers as many constant bytes as the page had, with the same
 * headers.  GET /N answers N bytes.
 *
 * The write floor writes the very rows that real acts wrote: the statements of
 * acts performed through the engine are recorded (the linker puts the recorder
 * before batch_add, db_exec, db_queue, db_mark and db_commit), and everything that
 * changes a row is run again on a copy of the database: one thread, groups of
 * 64, one commit a group, no rules, no reads, no HTTP.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "store/db.h"

/* Serves until it is killed; for a process of its own. */
int floor_http(int port);

/* Prints statements as they are added, and the time of their batches. */
void floor_print(bool on);

/* What is recorded between on and off. */
void floor_record(bool on);
int64_t floor_recorded_acts(void);
int64_t floor_recorded_statements(void); /* that change rows, search text not counted */

struct floor_result {
    int64_t acts;
    double seconds, per_s;
    double group_p99_us;
    double cpu_us; /* per act */
};
/* Runs the next `acts` of the record on the copy. */
MUST_CHECK err floor_write(struct db *db, struct arena *a, int64_t acts, struct floor_result *ret);

#endif
