/* crowd.h - people who report, accept, comment and withdraw faults, each act known
 * by everything it should have left: whether it happened, once, half or not.
 *
 * Used by the tests that plant errors, let files fail or cut the power.
 */
#ifndef TESTS_ENGINE_CROWD_H
#define TESTS_ENGINE_CROWD_H

#include "engine/inst.h"

#include <semaphore.h>

enum what { CREATE, ACCEPT, COMMENT, WITHDRAW };

struct crowd {
    struct inst in;
    int64_t reporter, desk;
    int64_t pool[8192]; /* faults that are reported and no more */
    int npool;
    int64_t serial; /* makes texts and keys unique */
    int64_t good;   /* acts that happened */
};

struct one {
    struct act act;
    struct arena arena;
    sem_t *answered; /* posted when it is */
    enum what what;
    int64_t record; /* it is about; 0: creates */
    int64_t serial;
    str summary;
    struct value_in values[2];
};

/* The people of an installation, and a few faults to begin with. */
void crowd_make(struct crowd *c, struct inst in);

/* An act ready for act_submit; all but CREATE take a fault out of the pool.  Its
 * arena is the caller's to end. */
void one_fill(struct crowd *c, struct one *o, enum what what, sem_t *answered);
/* 1 or 0, by all it leaves; anything between fails the test. */
int64_t one_happened(struct crowd *c, struct one *o);
/* Parts it from the engine that answered it, which is about to end. */
void one_part(struct crowd *c, struct one *o);
/* It is there if and only if it was answered so; `may_fail`: else it must be. */
void one_check(struct crowd *c, struct one *o, bool may_fail);
/* The same act once more under its key: done now if it was not, and never twice. */
void one_again(struct crowd *c, struct one *o);

/* Answered well, it is there; answered by an error, it is there once or not at all.
 * Under its key it is then there exactly once, and the answer says whether it had been. */
void one_settle(struct crowd *c, struct one *o);

/* Every fault has its number, and there is no number between that nobody has. */
void crowd_numbers(struct crowd *c);
/* The ledger verifies, with one entry per act and per law. */
void crowd_ledger(struct crowd *c);

#endif
