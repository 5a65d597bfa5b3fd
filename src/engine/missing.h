/* missing.h - what is missing when a condition cannot be decided: its name and row. */
#ifndef ENGINE_MISSING_H
#define ENGINE_MISSING_H

#include "engine/ctx.h"

/* "修复时限", "检测皿第 2 行：发芽粒数".  `id`: the record as it stands in the database is looked
 * at; 0: everything that may be missing is named. */
struct words missing_words(const struct ctx *ctx, const struct cond *c, int64_t id);
/* And the sentence that asks for it. */
struct words missing_remedy(struct arena *a, struct words missing);

#endif
