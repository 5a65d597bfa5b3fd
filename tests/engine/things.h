/* things.h - a house with types thing0, thing1 ... whose `see` is random (guess.h), and the
 * same random rows in the table of each: known to the test, and written straight into the
 * tables, for lists read nothing else.
 */
#ifndef TESTS_ENGINE_THINGS_H
#define TESTS_ENGINE_THINGS_H

#include "guess.h"

enum { THINGS_TYPES = 6 };

struct things {
    struct house h;
    struct guess_world w;
    const struct guess *see[THINGS_TYPES];
};

/* The same for the same seed.  In t->life; rows: at most GUESS_ROWS. */
void things_make(struct things *x, struct dbs *t, uint64_t seed, int rows);
/* The definition of type thing`i` alone. */
void things_type(struct buf *b, int i, str see);

#endif
