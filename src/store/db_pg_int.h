/* db_pg_int.h - one PostgreSQL connection.
 *
 * The connection stays in libpq's pipeline mode.  What a batch sends is noted
 * in `items`, one for each answer that will come; then one sync, and the
 * answers are read in the same order.
 */
#ifndef STORE_DB_PG_INT_H
#define STORE_DB_PG_INT_H

#include "base/arena.h"
#include "store/db_int.h"

#include <libpq-fe.h>

enum pg_kind {
    PG_QUIET,   /* only its error matters */
    PG_STEP,    /* the first pending step of the transaction */
    PG_PREPARE, /* index: of the cache entry */
    PG_STMT,    /* index: of the batch's statement */
    PG_COMMIT
};

struct pg_item {
    enum pg_kind kind;
    int16_t index;
    bool reads; /* may be cancelled */
};

/* Each statement at most: deallocate another, prepare, run. */
enum { PG_ITEMS = 3 * BATCH_MAX + 2 * (2 * SAVEPOINTS_MAX + 2) + 8 };

struct pg {
    struct db db;
    PGconn *c;
    PGresult *held; /* the answer being read */
    bool lost;
    bool send_ok; /* everything queued for this trip was taken */
    bool forget;  /* drop all prepared statements before the next batch */
    bool unread;  /* a sync was sent and its answer not read */
    bool taken;   /* the answer to items[read] is held, its end not read */
    struct pg_item items[PG_ITEMS];
    int nitems, read;
    uint32_t last_id;   /* of a prepared statement's name */
    struct arena texts; /* of prepared statements */
    int64_t deadline_us;
    /* the arguments of the statement being sent */
    uint64_t numbers[DB_ARGS_MAX];
    const char *values[DB_ARGS_MAX];
    int lengths[DB_ARGS_MAX], formats[DB_ARGS_MAX];
    Oid types[DB_ARGS_MAX];
};

static inline struct pg *pg_of(struct db *db)
{
    return (struct pg *)db; /* db is its first member */
}

/* Texts of prepared statements: above TEXTS_KEEP bytes all are dropped and
 * begun anew. */
enum { TEXTS_KEEP = 4 << 20, TEXTS_MAX = 16 << 20 };

/* --- db_pg_send.c: queueing, without allocating where a jump could start ------- */

/* Drops all prepared statements when their texts have grown too large.  Not in
 * a failed transaction, where it would be refused. */
void pg_send_forget(struct pg *p);
void pg_send_text(struct pg *p, const char *text, enum pg_kind kind, int16_t index);
void pg_send_stmt(struct pg *p, struct batch_stmt *s, enum pg_kind kind, int16_t index);
/* The planted fault, right before the statement that shall meet it. */
void pg_send_fault(struct pg *p, int16_t index);
/* Ends what was queued; false when not all of it could be. */
bool pg_send_sync(struct pg *p);
const char *pg_step_text(const struct db *db, enum db_step step);

/* --- db_pg_read.c: answers -------------------------------------------------------- */

/* Reads all answers; the first error. */
err pg_read(struct pg *p, struct batch *b, struct arena *a);
/* Reads over what a jump, or an end that did not wait, left unread. */
void pg_settle(struct db *db);
err pg_lost_err(void);

#endif
