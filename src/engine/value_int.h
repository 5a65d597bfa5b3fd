/* value_int.h - what the files of reading a value share.  Each returns with *why
 * set when the text is no value of the field. */
#ifndef ENGINE_VALUE_INT_H
#define ENGINE_VALUE_INT_H

#include "engine/value.h"

/* Text, Markdown, filters, addresses: length, characters, pattern, form. */
void value_text(const struct ctx *ctx, const struct field *f, str s, struct value *ret,
                struct words *why);
/* A record of a type by id, number, a unique text that everybody may see, or its name; of
 * those the actor may see (actor 0: all).  *why: none, or several. */
MUST_CHECK err value_ref(const struct ctx *ctx, const struct type *t, str s, int64_t *ret,
                         struct words *why);
MUST_CHECK err value_refs(const struct ctx *ctx, const struct field *f, const struct value_in *in,
                          struct value *ret, struct words *why);
/* A record of any type: what value_ref finds in the first type that has one. */
MUST_CHECK err value_ref_any(const struct ctx *ctx, str s, int64_t *ret, struct words *why);

#endif
