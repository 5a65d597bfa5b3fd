/* part.h - parts go with their parent: its version of the regulation. */
#ifndef ENGINE_PART_H
#define ENGINE_PART_H

#include "engine/value.h"

/* The version under which a record of type `t` with these values begins: its
 * parent's where it is a part and the parent is named, else the newest.
 * ERR_NOT_FOUND: the parent's version has no such part. */
MUST_CHECK err part_def(const struct ctx *ctx, const struct type *t, const struct value_in *values,
                        size_t n, const struct tdef **ret);

#endif
