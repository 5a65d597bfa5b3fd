/* evidence_int.h - what the files about evidence share. */
#ifndef ENGINE_EVIDENCE_INT_H
#define ENGINE_EVIDENCE_INT_H

#include "engine/evidence.h"

/* A column of a control's `show`, and who may see it. */
struct evidence_column {
    str path;
    const struct cond *value;
    struct sql may; /* SQL boolean over r and $2 */
    bool never;     /* nobody: what it reads cannot be judged here */
};

/* Of the newest version, into ctx->arena. */
struct evidence_column *evidence_columns(const struct ctx *ctx, const struct control *c, size_t *n);
/* "1 or 0: may the actor see it, its value or null". */
void evidence_put_column(struct sqlb *b, const struct evidence_column *c);
/* As programs read it. */
str evidence_cell(const struct ctx *ctx, const struct evidence_column *c, const struct rows *r,
                  int i);

#endif
