/* names.h - people or units by what a file calls them.
 *
 * Looked for by the unique text fields of the register, then by its name field;
 * kept in memory, because a log names the same people again and again.  Used on
 * the writer's thread only.
 *
 * A row that an undone transaction took back must not be believed in: an entry
 * newer than the newest confirmed one is looked at again before it is used.
 */
#ifndef CONNECT_NAMES_H
#define CONNECT_NAMES_H

#include "connect/mapping.h"
#include "engine/ctx.h"

struct names;

struct names *names_make(struct arena *life, const struct type *type, const struct field *name);
/* *ret 0: nobody is called so.  ERR_CONFLICT: more than one is. */
MUST_CHECK err names_find(struct names *n, const struct ctx *ctx, str text, int64_t *ret);
/* Rows up to this id are durable. */
void names_confirm(struct names *n, int64_t id);

#endif
