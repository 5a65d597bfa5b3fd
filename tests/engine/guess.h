/* guess.h - random conditions about people and records: as text of the language,
 * and judged here, by an evaluator of our own, on rows we know.
 *
 * Everything comes from a seed, so a failure can be run again.
 */
#ifndef TESTS_ENGINE_GUESS_H
#define TESTS_ENGINE_GUESS_H

#include "house.h"

enum { GUESS_PEOPLE = 6, GUESS_CREW = 3, GUESS_ROWS = 700 };

/* A truth value of three. */
enum truth { NO, YES, UNKNOWN };

struct guess_row {
    int64_t id, created, changed;
    int64_t creator;
    int64_t owner, helper, place, base; /* 0: missing */
    int64_t crew[GUESS_CREW];
    int ncrew;
    bool has_n, has_flag, has_due;
    int64_t n, due;
    int kind; /* 0 1 2; -1: missing */
    bool flag;
    const char *s;      /* NULL: missing */
    int state;          /* 0 open, 1 waiting, 2 done */
    int64_t altered[2]; /* who did the action `alter`; 0: nobody */
};

struct guess_post {
    int64_t person, unit;
    const char *position;
};

struct guess_world {
    uint64_t random;
    struct arena *a;
    int64_t people[GUESS_PEOPLE], home[GUESS_PEOPLE];
    int64_t units[4], above[4]; /* above[i]: 0 at the top */
    struct guess_post posts[12];
    int nposts;
    struct guess_row *rows; /* of every type, the base type too */
    int nrows;
    int64_t today;
    const struct guess *base_see;
};

uint64_t guess_random(struct guess_world *w);
int guess_below(struct guess_world *w, int n); /* 0 .. n-1 */

struct guess;
/* A `see`; without sees(base) for the type that is `base` itself. */
const struct guess *guess_see(struct guess_world *w, bool base);
/* What a person types as a filter. */
const struct guess *guess_filter(struct guess_world *w);
void guess_text(struct buf *b, const struct guess *g);
enum truth guess_judge(const struct guess_world *w, const struct guess *g,
                       const struct guess_row *r, int64_t actor);
/* May he see the row of a type with this `see`? */
bool guess_sees(const struct guess_world *w, const struct guess *see, const struct guess_row *r,
                int64_t actor);

#endif
