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
#include "base/words.h"
#include "model/model.h"
#include "store/db.h"

struct engine;

struct ctx {
    struct engine *engine; /* NULL in pure reads of tests */
    const struct model *model;
    struct db *db;
    struct arena *arena;
    int64_t now;   /* UTC ms */
    int64_t today; /* day number in the installation's zone */
    int64_t actor; /* person id; 0: the clock, a connector */
    enum lang lang;
    bool writer; /* inside an act, on the writer's thread: its memory may be used */
};

struct ctx ctx_make(struct engine *e, const struct model *m, struct db *db, struct arena *a,
                    int64_t now, int64_t actor, enum lang lang);

/* Arguments $1 now, $2 actor, $3 today, then `more` from $4. */
struct db_args ctx_args(const struct ctx *ctx, const struct db_arg *more, int nmore);

#endif
