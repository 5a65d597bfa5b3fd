/* compliance_lived.h - articles that were never lived: the text in force provides for them,
 * and nothing has ever come of it.
 *
 * An article has occasions, all of the newest versions:
 *   an action that cites it: itself, a demand on it (also one of another regulation), an
 *   effect, a node of its approval; a term that such an action starts
 *   a field, rule or uniqueness of a type that cites it: each action of that type
 *   a control of it, a duty of it
 *
 * It was lived when one of them ever came: the action was done, or asked for, under any version
 * (keys of actions keep their meaning); the control has found a record to judge, on any day that
 * is kept, or was answered; an occurrence of the duty was done, late or missed.
 *
 * An article without an occasion is none of these: it is carried out by people, need not be
 * executed, or is cited by settings, positions and rights alone, of which nothing comes.
 *
 * What is done by the clock or was imported counts like what people do.
 */
#ifndef ENGINE_COMPLIANCE_LIVED_H
#define ENGINE_COMPLIANCE_LIVED_H

#include "engine/compliance.h"

enum { UNLIVED_BY = 3 };

struct unlived {
    const struct clause *clause;
    struct words by[UNLIVED_BY]; /* the first of what would make it lived, in words */
    size_t nby, more;            /* of them; what is left out */
};
struct lived {
    const struct unlived *list; /* by regulation and place in its text */
    size_t n;
    size_t occasions; /* articles that have any: n of so many */
};

/* Asked along with the next batch of the connection (batch_ride); at most three statements,
 * each answered by an index, however many records there are. */
struct batch *compliance_lived_ask(const struct ctx *ctx);
/* `c`: compliance_ask. */
MUST_CHECK err compliance_lived_read(const struct ctx *ctx, const struct compliance *c,
                                     struct batch *asked, struct lived *ret);
/* How many of one regulation. */
size_t compliance_unlived(const struct lived *l, const struct law *law);

#endif
