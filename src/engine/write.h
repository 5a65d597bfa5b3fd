/* write.h - rows that are no record's: accounts, sessions, jobs.  They have no
 * rules and no ledger entry, but the same one writer.
 */
#ifndef ENGINE_WRITE_H
#define ENGINE_WRITE_H

#include "engine/engine.h"

/* Runs fn on the writer's connection inside a savepoint of the present group
 * and waits until it is durable.  fn may be called again (writer.h) and must
 * start from the beginning.  Its arena ends with the job: results go elsewhere. */
MUST_CHECK err engine_write(struct engine *e, err (*fn)(void *arg, struct db *db, struct arena *a),
                            void *arg);
/* Hands a job of one's own making to the writer, beside everybody else's acts:
 * an import's, whose acts share a transaction with its own rows.  ERR_BUSY when
 * the queue is full (done not called).  In memory it runs at once. */
MUST_CHECK err engine_submit(struct engine *e, struct writer_job *job);

#endif
