/* load_apart_int.h - duties kept apart between actions, as they are read (load_apart.c), and
 * what of them could never be done (load_apart_check.c). */
#ifndef MODEL_LOAD_APART_INT_H
#define MODEL_LOAD_APART_INT_H

#include "model/load_int.h"

enum { MEMBERS_MAX = 12 };

/* One of those kept apart: an action, or the approval of one. */
struct member {
    struct action *x;
    bool votes;
    struct pos pos;
    str text; /* as written */
};

struct apart_reader {
    struct load *l;
    struct lsrc *s;
    struct tsrc *t;
    const struct apart *apart;
    struct words own; /* what the author says of it, may be empty */
    struct member list[MEMBERS_MAX];
    size_t n;
};

/* Mistakes of what is kept apart, as far as the words tell. */
void apart_check(struct apart_reader *r);
/* "by('request')", "seated('request')": those who did it, or take part in its approval. */
str apart_who_did(struct arena *a, const struct member *m);
/* Is everybody of an action's `who` one of those who did `other`? */
bool apart_all_did(struct apart_reader *r, const struct people *who, const struct member *other);
/* Does the one keep people out of the other?  An action and its own approval are kept apart
 * at each asking, by the approval itself: nobody decides on what he submitted. */
bool apart_bars(const struct member *m, const struct member *other);
/* A mistake for each node of the member's approval for those alone who are kept out of it. */
void apart_nobody_left(struct apart_reader *r, const struct member *m, const struct route *route);

#endif
