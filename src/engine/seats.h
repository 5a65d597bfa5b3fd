/* seats.h - seats of approvals across records: what one person holds, and what the actor
 * may decide several of at once.
 *
 * Visibility is asked as everywhere: seats of records that the actor may not see are left
 * out.  Everything stands in ctx->arena, and points into the model.
 */
#ifndef ENGINE_SEATS_H
#define ENGINE_SEATS_H

#include "engine/desk.h"

enum { SEATS_MAX = 200 }; /* at once */

struct seat_row {
    int64_t id;                  /* what operations name it by */
    struct record_ref rec;       /* visible */
    const struct action *action; /* that asked for approval; NULL: no more known */
    struct record_ref principal; /* whose right it is */
    bool own;                    /* the principal is whose seats are listed; else he is the proxy */
    bool waiting;                /* for its turn, or for people added before it */
    int64_t opened, due, viewed; /* UTC ms; 0: not yet, none */
    bool decides;                /* the actor decides on it now (he is not asked for advice) */
    str hash;                    /* of the content of its round */
};

/* The open and waiting seats of which the right is this person's, and the open ones that
 * he uses as a proxy; what others asked him for advice on is not his.  The newest first,
 * those with an id below `before` (0: from the newest), at most `limit` (1..SEATS_MAX).
 * *next: where to go on; 0 at the end.  Who may ask is the caller's to judge. */
MUST_CHECK err seats_held(const struct ctx *ctx, int64_t person, int64_t before, int limit,
                          struct seat_row **ret, size_t *n, int64_t *next);

/* These seats, at most SEATS_MAX, in the order of their ids; those that are not there, or of
 * records that he may not see, are left out. */
MUST_CHECK err seats_named(const struct ctx *ctx, const int64_t *ids, size_t nids,
                           struct seat_row **ret, size_t *n);

#endif
