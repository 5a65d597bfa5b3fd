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

/* An appointment in force today, in any unit.  false where nobody keeps posts. */
/* In two parts: asked along with the next batch (batch_ride), read after it. */
struct post_ask {
    struct batch *batch; /* NULL: nobody holds it */
    int place;
};
struct post_ask post_held_ask(const struct ctx *ctx, str position);
MUST_CHECK err post_held_read(const struct post_ask *ask, bool *ret);
MUST_CHECK err post_held(const struct ctx *ctx, str position, bool *ret);

#endif
