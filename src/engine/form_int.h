/* form_int.h - a record as it would be: what was typed over what is there. */
#ifndef ENGINE_FORM_INT_H
#define ENGINE_FORM_INT_H

#include "engine/record.h"

struct draft {
    const struct ctx *ctx;
    const struct type *type;
    const struct tdef *def;
    struct record rec;   /* id 0: a new one */
    struct value *typed; /* by field index of def */
    bool *has;
};

/* form_get; `again`: a creating action may be meant for the record that it created. */
MUST_CHECK err form_make(const struct ctx *ctx, const struct type *t, int64_t record, str action,
                         const struct value_in *values, size_t nvalues, bool check, bool again,
                         struct form *ret);
/* Reads what was typed into a draft; `errors`, by field, says what is no value. */
MUST_CHECK err form_read(struct draft *d, const struct value_in *values, size_t n,
                         struct words *errors);
/* " from (select ...) r": typed values as parameters from $4 (`id`), the stored row beneath.
 * Room for DB_ARGS_MAX arguments. */
void form_from(const struct draft *d, struct sqlb *b, struct db_arg *args, int *nargs);
/* Whom the action's approval would ask, were it submitted now. */
MUST_CHECK err form_route(const struct draft *d, const struct action *a, struct form *form);

#endif
