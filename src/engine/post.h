/* post.h - does the actor hold a position now?  For the few things that are the
 * program's own and no regulation's: settings, accounts, jobs, health.
 */
#ifndef ENGINE_POST_H
#define ENGINE_POST_H

#include "engine/ctx.h"

/* Positions the program itself asks for. */
#define POSITION_ADMINISTRATOR STR("administrator")
#define POSITION_AUDITOR STR("auditor")
#define POSITION_SECURITY_OFFICER STR("security_officer")

/* Has the actor an appointment in force today, in any unit?  false where nobody keeps
 * posts, and for whoever merely reads (reading.h). */
MUST_CHECK err post_held(const struct ctx *ctx, str position, bool *ret);
/* The same in two parts: `batch`, where there is one, goes along with the next
 * (batch_ride), and is read after it. */
struct post_ask {
    struct batch *batch; /* NULL: nothing to ask, nobody holds it */
    int place;
};
struct post_ask post_held_ask(const struct ctx *ctx, str position);
MUST_CHECK err post_held_read(const struct post_ask *ask, bool *ret);

/* Who holds it today, as ids of people in order, at most 10; false where nobody can. */
bool post_holders(const struct ctx *ctx, str position, struct sql *ret, struct db_args *ret_args);

/* Administrator, auditor and security officer check one another: are they different
 * people?  The rule is a regulation's; this only looks at what is so today.  And whoever
 * holds what regulations keep apart (`apart` with posts): a new version refuses no
 * appointment that stands already. */
struct posts_apart {
    bool administrator, auditor, security_officer; /* somebody holds it */
    int64_t two;                                   /* people who hold two of them */
    int64_t until; /* day on which the last of these ends; 0: one has no end */
    int64_t clash; /* people who hold what is kept apart, counted once a rule, at most 1,000 each */
    struct words clash_words; /* the first such rule, as its regulation says it */
};
MUST_CHECK err posts_apart(const struct ctx *ctx, struct posts_apart *ret);
/* What is not as it should be, in words; empty when all is. */
struct words posts_apart_words(struct arena *a, const struct posts_apart *p);

#endif
