/* erase_int.h - what the C files of erasing share. */
#ifndef ENGINE_ERASE_INT_H
#define ENGINE_ERASE_INT_H

#include "engine/erase.h"

#define MS_PER_DAY 86400000LL

struct erasing { /* one turn, in the writer's transaction */
    const struct model *m;
    struct db *db;
    struct arena *a;
    int64_t now;
    struct ctx *ctx; /* of the act */
    str basis;       /* of the erasure, in law */
};

struct erase_done {
    int64_t erased;               /* records */
    int64_t entries;              /* of the ledger */
    int64_t held, retained, busy; /* records left alone, and why */
};

/* Is the field personal in any version? */
bool erase_is_personal(const struct type *t, str key);
/* Takes away what is personal of one record; *more: of its history, too, next time. */
MUST_CHECK err erase_record(struct turn *t, struct erasing *k, const struct type *type,
                            int64_t record, struct erase_done *done, bool *more);

#endif
