/* reading.h - who, for some days, reads what happened in a window, and does nothing.
 *
 * A record of the language's register `access` (model/contract.h), in state in_force on a
 * day between its `starts` and `ends`, changes what its person may: no act of his, by
 * whatever door, is performed; and instead of what his posts let him see he sees the
 * records of every type on which something was done between `since` and `until` (both
 * days whole), and of their acts, approvals and attachments those of these days.  People,
 * units and the register itself are seen as ever: names are read by them.  Fields with a
 * `see` of their own stay with those it names.  A record is shown as it is today.
 *
 * It stands in the context (ctx.reading), found along with the session, so that nobody
 * else pays for it; whoever makes a context of his own asks reading_find.  The statement
 * of what may be seen is load_visible's.  docs/decisions/0066.
 */
#ifndef ENGINE_READING_H
#define ENGINE_READING_H

#include "engine/ctx.h"

/* Of the person c.person on day $3: " left join ..." and ", id, ends, since, until"; the
 * latter are null where there is none, or no such register. */
void reading_put_join(struct sqlb *b, const struct model *m);
void reading_put_columns(struct sqlb *b, const struct model *m);
/* These four columns of the present row, from `first` on. */
struct access reading_row(const struct rows *r, int first);

/* The actor's, in two parts; -1: nothing to ask (nobody acts, no such register). */
int reading_ask(const struct ctx *ctx, struct batch *b);
struct access reading_read(struct batch *b, int place);
/* Sets ctx->reading; a trip of its own. */
MUST_CHECK err reading_find(struct ctx *ctx);

/* A session of the person has begun: where he only reads, an act of his (`sign_in`) at the record
 * of his access, in the ledger as all are; of anybody else nothing.  In the writer's transaction,
 * with whatever says that the session began. */
MUST_CHECK err reading_begun(struct engine *e, struct db *db, struct arena *a, int64_t person,
                             int64_t now);

/* Why nothing is done, until when, and by which clause; ctx->reading.on. */
const struct refusal *reading_refusal(const struct ctx *ctx);
/* The same as an error: ERR_DENIED. */
err reading_refused(const struct ctx *ctx);

/* Does the window, and not its `see`, say which records of the type the actor sees?
 * ctx NULL: of nobody. */
bool reading_windows(const struct ctx *ctx, const struct type *t);
/* An SQL boolean over r: was something done to it in the window of $2? */
void reading_put_visible(struct sqlb *b, const struct model *m);
/* The moments the actor sees, [from, to) in UTC ms: all of them, where he does not
 * merely read. */
struct span {
    int64_t from, to;
};
struct span reading_span(const struct ctx *ctx);
bool reading_covers(const struct ctx *ctx, int64_t at);

#endif
