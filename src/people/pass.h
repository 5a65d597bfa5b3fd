/* pass.h - secrets that stand in an address: whoever has it may do one thing about one object.
 *
 * A pass is shown once; stored is its SHA-256.  An object has one of a kind at most: a new one
 * ends the old.  It is no session and no right to read anything.
 *
 * Table: pass(hash pk, kind, object, made_by, created_at); (kind, object) is unique.
 */
#ifndef PEOPLE_PASS_H
#define PEOPLE_PASS_H

#include "engine/ctx.h"

enum pass_kind {
    PASS_PING = 1, /* object: the heartbeat, a record */
};

/* *ret_secret lives in `a`. */
MUST_CHECK err pass_make(struct engine *e, struct arena *a, int64_t now, enum pass_kind kind,
                         int64_t object, int64_t by, str *ret_secret);
MUST_CHECK err pass_end(struct engine *e, struct arena *a, enum pass_kind kind, int64_t object);
/* Whose it is; ERR_NOT_FOUND: nobody's. */
MUST_CHECK err pass_find(const struct ctx *ctx, enum pass_kind kind, str secret, int64_t *ret);
/* When the object's was made; 0: it has none. */
MUST_CHECK err pass_since(const struct ctx *ctx, enum pass_kind kind, int64_t object, int64_t *ret);

#endif
