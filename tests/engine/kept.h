/* kept.h - an approval of the sham world (approval/sham.h), kept in the tables of a house:
 * what the engine's acts do around it is left out. */
#ifndef TESTS_ENGINE_KEPT_H
#define TESTS_ENGINE_KEPT_H

#include "approval/sham.h"
#include "engine/approve_int.h"

#include "house.h"

/* The house has one type `paper` with the actions write, alter, file. */
struct house kept_house(struct dbs *t);

struct kept {
    struct house *h;
    struct sham *s; /* s->ap is g.ap */
    struct approving g;
    int64_t record, acts;
};

/* A paper, and its approval, not submitted and not stored yet. */
struct kept kept_make(struct house *h, struct sham *s);

/* What one act does: true when something was done.  Rounds it submits have content. */
typedef bool kept_fn(void *arg);
/* Performs an act of this person on the paper in which `op` is done and saved up to `times`
 * times.  Fails the test where it cannot be saved; returns how often something was done. */
int kept_do(struct kept *k, int64_t person, int times, kept_fn *op, void *arg);

/* The stored approval, loaded anew in s->arena. */
struct approving kept_load(const struct kept *k);
/* Are both the same, row by row? */
void kept_same(const struct approving *a, const struct approving *b);

#endif
