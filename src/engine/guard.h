/* guard.h - what the actor may do to a record now, and why not: the guards of
 * all its actions in one SELECT.
 */
#ifndef ENGINE_GUARD_H
#define ENGINE_GUARD_H

#include "engine/record.h"
#include "store/db.h"

struct guards_ask {
    const struct record *rec;
    const struct guards_plan *plan; /* what each column of the statement answers */
    int place;                      /* -1: nothing to ask */
};

/* Adds the statement for a record whose row is known.  Fields with a `see` of their own
 * are asked about, too: guards_sees tells. */
struct guards_ask guards_ask(const struct ctx *ctx, const struct record *rec, struct batch *b);
/* One entry per action of the record's own version that does not create. */
void guards_read(const struct ctx *ctx, struct batch *b, const struct guards_ask *ask,
                 struct record_action **ret, size_t *n);
/* May the actor see this field (one with a `see` of its own)? */
bool guards_sees(struct batch *b, const struct guards_ask *ask, const struct field *f);

/* Creating actions of the newest definitions that the actor may begin, in the order of the model,
 * parts aside; one round trip.  One whose `who` reads what is to be entered is among them. */
struct guards_creating {
    const struct action **list;
    size_t n;
};
MUST_CHECK err guards_creating(const struct ctx *ctx, struct guards_creating *ret);

/* Does the action begin in this state?  One that begins nowhere named: yes. */
bool guard_from_here(const struct action *a, const struct state *now);

/* The refusals themselves, the same wherever they are made. */
const struct refusal *guard_refusal_who(const struct ctx *ctx, const struct action *a);
const struct refusal *guard_refusal_state(const struct ctx *ctx, const struct action *a,
                                          const struct state *now);
/* It asks for an approval, and one of the record has not ended. */
const struct refusal *guard_refusal_asked(const struct ctx *ctx, const struct action *a);
/* unknown: it cannot be decided; `id` as in missing.h. */
const struct refusal *guard_refusal_need(const struct ctx *ctx, const struct action *a,
                                         const struct cond *c, bool unknown, int64_t id);

#endif
