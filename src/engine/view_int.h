/* view_int.h - what the files of the reading side share. */
#ifndef ENGINE_VIEW_INT_H
#define ENGINE_VIEW_INT_H

#include "engine/record_load.h"

/* The row of a record with the actor's right to see it: ERR_NOT_FOUND both
 * where there is none and where it may not be seen. */
MUST_CHECK err view_row(const struct ctx *ctx, const struct type *t, int64_t id,
                        enum load_which which, struct record *ret);

/* ERR_NOT_FOUND after as much asking: of what belongs to a record and is not
 * there, in place of view_row. */
MUST_CHECK err view_nothing(const struct ctx *ctx);

/* Acts of a record, newest first: `before` 0 or an act's id. */
int activity_ask(const struct ctx *ctx, struct batch *b, int64_t record, int64_t before);
/* Reads them; people are wanted in `names` (their names come with the row). */
void activity_read(const struct ctx *ctx, const struct type *t, struct batch *b, int place,
                   struct names *names, struct activity **ret, size_t *n, bool *more);
/* The record's attachments that are no field's value, in the order they came, removed ones
 * last, at most 400: id, name, mime, size, sha256, at, person, act, removed_at (null: still
 * there).  Reading gives each act the names of what it added or removed; the rows stay
 * where they are for the caller. */
int activity_files_ask(const struct ctx *ctx, struct batch *b, int64_t record);
void activity_files_read(const struct ctx *ctx, struct rows r, struct activity *list, size_t n);
/* After names were read: puts the names of references into the changes. */
void activity_finish(const struct ctx *ctx, const struct names *names, struct activity *list,
                     size_t n);

/* Links (refs, people) and rows (lines) of a record. */
struct links_ask;
struct links_ask *links_ask(const struct ctx *ctx, const struct record *r, struct batch *b);
void links_read(const struct ctx *ctx, struct batch *b, struct links_ask *ask, struct names *names,
                struct record *r);

/* Puts the names of links and lines where they belong, once they are read. */
void view_fill_links(const struct ctx *ctx, const struct names *names, struct record *rec);

/* record_suggest in two parts. */
int suggest_ask(const struct ctx *ctx, struct batch *b, const struct type *t, str query);
void suggest_read(const struct ctx *ctx, struct batch *b, int place, const struct type *t,
                  struct record_ref **ret, size_t *n);

#endif
