/* control_int.h - what the C files about controls share. */
#ifndef ENGINE_CONTROL_INT_H
#define ENGINE_CONTROL_INT_H

#include "engine/control.h"
#include "engine/engine_int.h"

enum {
    CONTROL_CHUNK = 2000, /* records judged by one question */
    CONTROL_WRITE = 1000, /* records whose vectors one job writes */
    CONTROL_MS = 30000,   /* for one chunk */
    CONTROL_VECTOR_MAX = CONTROLS_MAX,
};

/* The controls of one type, by their places in the vector. */
struct control_set {
    const struct type *type;
    const struct control **list;
    size_t n;
};

/* The sets of a model, one for each type that has controls; *n of them. */
struct control_set *control_sets(const struct model *m, struct arena *a, size_t *n);
/* -1: the control is not of this set. */
int control_place(const struct control_set *s, const struct control *c);

/* Records after $4, at most $5, by id: the id, then a byte for each control of which
 * only[i] is set (NULL: all); the others are 0. */
struct sql control_select(const struct control_set *s, const bool *only, struct arena *a);
/* The byte of one control for the record $4; no row: there is no such record. */
struct sql control_select_one(const struct control *c, struct arena *a);

/* Is the text the same by which it was judged before?  A digest of what judges it, over
 * all versions. */
uint64_t control_text(const struct control *c);

#endif
