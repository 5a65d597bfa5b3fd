/* walk.h - makes a world to look at: acts drawn at random from the definition.
 *
 * Nothing is known of any regulation: an action is drawn, somebody who may do
 * it, and values for what it asks for; what the rules refuse is drawn again.
 * Every text holds a mark of its own ("qz" and five letters or digits), every
 * number of a field that is hidden from some begins with 4271, so that what
 * stands in an answer tells which record, and which field, it comes from.
 */
#ifndef TESTS_RIGHTS_WALK_H
#define TESTS_RIGHTS_WALK_H

#include "oracle.h"

struct walk {
    struct site *s;
    uint64_t random;
    const struct reg *most;  /* every second act is about its records; NULL: about any */
    int marks;               /* given out */
    int64_t tried, done;     /* acts */
    int64_t files, comments; /* among them */
};

enum { MARK_LEN = 7 };

int walk_below(struct walk *w, int n); /* 0 .. n-1 */
/* `acts` acts that were done, or ten times as many that were not. */
void walk_on(struct walk *w, const struct model *model, int acts);

#endif
