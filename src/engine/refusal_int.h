/* refusal_int.h - making refusals; the arena must outlive the answer. */
#ifndef ENGINE_REFUSAL_INT_H
#define ENGINE_REFUSAL_INT_H

#include "base/arena.h"
#include "engine/refusal.h"

err refuse(struct arena *a, enum err_code code, enum refusal_kind kind, const struct clause *clause,
           struct words what, struct words remedy);
/* One field, with what is wrong with it; more are added by refuse_field. */
err refuse_value(struct arena *a, const struct clause *clause, str field, struct words words);
struct refusals { /* fields that are wrong, collected */
    struct field_error *list;
    size_t n, cap;
    const struct clause *clause; /* of the first */
};
void refuse_field(struct refusals *r, struct arena *a, const struct clause *clause, str field,
                  struct words words);
/* OK when none was collected. */
err refuse_fields(const struct refusals *r, struct arena *a);

/* "A、B、C" / "A, B, C". */
struct words words_join(struct arena *a, const struct words *list, size_t n);

#endif
