/* diff_int.h - what diff.c and diff_route.c share. */
#ifndef MODEL_DIFF_INT_H
#define MODEL_DIFF_INT_H

#include "model/diff.h"
#include "model/yaml.h"

struct differ {
    struct arena *a;
    const struct law *law;
    struct changes *out;
};

/* One change of what is called `name`; `title` may be empty. */
void diff_say(struct differ *d, enum change_kind kind, str name, struct words title, str before,
              str after);
/* A node as one line of flow style; NULL: empty. */
str diff_flow(struct arena *a, const struct ynode *n);
bool diff_same(const struct ynode *x, const struct ynode *y);

/* The approvals of an action before and after: nodes that came, went or changed (matched
 * by what they say, then by title, then by place), their order, the route's own keys.  NULL:
 * there is none.  Says nothing where nothing differs. */
void diff_route(struct differ *d, str name, const struct ynode *before, const struct ynode *next);

#endif
