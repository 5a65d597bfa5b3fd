/* ctx.h - what a function of the engine needs of the outside.
 *
 * One per request, job or scenario step.  No function of the engine reads the
 * clock, the environment or a socket: time and actor stand here.  `db` is a
 * connection inside a transaction: a reader's snapshot, or the writer's.
 */
#ifndef ENGINE_CTX_H
#define ENGINE_CTX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/memo.h"
#include "base/words.h"
#include "model/model.h"
#include "store/db.h"

struct engine;
struct calendar_held;

/* Access to read (engine/reading.h), in force today: of which record, until which day, and
 * the first and last day of what is shown. */
struct access {
    bool on;
    int64_t access, ends, since, until;
};

struct ctx {
    struct engine *engine; /* NULL in pure reads of tests */
    const struct model *model;
    struct db *db;
    struct arena *arena;
    int64_t now;   /* UTC ms */
    int64_t today; /* day number in the installation's zone */
    int64_t actor; /* person id; 0: the clock, a connector */
    enum lang lang;
    struct access reading; /* the actor only reads; of the clock and connectors: off */
    const struct calendar_held *calendar; /* days read beforehand, for a reader; NULL: none */
    bool writer; /* inside an act, on the writer's thread: its memory may be used */
};

/* For whoever only reads other statements are made, kept beside these.
 *
 * What comes out the same for every request is made once of the model and kept with
 * the connection (base/memo.h).  Not on the writer's thread: what it makes is handed
 * to others, so there nothing is kept. */
struct memo_key ctx_key(const struct ctx *ctx, const void *maker, const void *of, const void *also,
                        int64_t n);
const void *ctx_find(const struct ctx *ctx, struct memo_key k); /* NULL: not made yet */
/* The context to make it in: with memory that stays, where there is room. */
struct ctx ctx_room(const struct ctx *ctx);
/* Keeps what was made in `room`. */
void ctx_keep(const struct ctx *room, struct memo_key k, const void *value);
/* The same for a statement. */
bool ctx_find_sql(const struct ctx *ctx, struct memo_key k, struct sql *ret);
struct sql ctx_keep_sql(const struct ctx *room, struct memo_key k, struct sql sql);

struct ctx ctx_make(struct engine *e, const struct model *m, struct db *db, struct arena *a,
                    int64_t now, int64_t actor, enum lang lang);

/* Arguments $1 now, $2 actor, $3 today, then `more` from $4. */
struct db_args ctx_args(const struct ctx *ctx, const struct db_arg *more, int nmore);

#endif
