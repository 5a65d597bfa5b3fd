/* refusals.h - is there, for each action and each demand added from outside, an
 * example in which it is refused?  A rule nobody has seen refuse is no rule. */
#ifndef CLI_REFUSALS_H
#define CLI_REFUSALS_H

#include "model/load.h"
#include "model/steps.h"

/* A mistake at the place of each that is never refused.  `lists` are the examples of
 * each source, in order. */
void refusals_check(struct arena *a, const struct model *m, const struct sources *s,
                    const struct scenarios *lists, struct diags *d);

#endif
