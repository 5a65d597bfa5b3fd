/* erase_plan.h - what an erasure would do, for whoever is to agree to it (engine/erase.h). */
#ifndef ENGINE_ERASE_PLAN_H
#define ENGINE_ERASE_PLAN_H

#include "engine/ctx.h"

/* What an erasure of the person's data would do now. */
struct erase_plan {
    int64_t records, comments;    /* records about him, with what is personal; his comments */
    int64_t held, retained, busy; /* records of these that are left alone, and why */
    int64_t hold;                 /* a hold on all that is about him; 0: none */
    bool more;                    /* beyond what was counted: ERASE_PLAN_MAX of a type */
};
enum { ERASE_PLAN_MAX = 1000 };
MUST_CHECK err erase_plan(const struct ctx *ctx, int64_t person, struct erase_plan *ret);

#endif
