/* load_effect_int.h - what the files that read effects share. */
#ifndef MODEL_LOAD_EFFECT_INT_H
#define MODEL_LOAD_EFFECT_INT_H

#include "model/load_int.h"

struct effect_reader {
    struct load *l;
    struct lsrc *s;
    struct scope sc; /* with the variable of for_each, once it is read */
    const struct ynode *node;
    struct effect *e;
    const struct each *over; /* the set is given; NULL: for_each names it */
};

/* Notes that the regulation acts on another's records; publication lists it. */
void crossing_add(struct load *l, struct lsrc *s, const struct type *t, str action, struct pos pos);
/* What the created record asks for must come from somewhere. */
void asked_given(struct effect_reader *r, const struct tdef *d, const struct action *x);

/* finding: {about, severity, clause, unit, zh, en} - creates one by its action `raise`; the
 * register is the language's (contract.h), so no `uses` is needed (load_finding.c). */
void finding_read(struct effect_reader *r, const struct ynode *n);

#endif
