/* record_load.h - rows into records, ids into names; shared by record, list,
 * form and desk.
 *
 * Conventions of every statement made here: $1 now, $2 actor, $3 today, then
 * what the caller adds; alias r is the record.  Statements of one shape have
 * one text, so they stay prepared: lists of ids are padded to 1, 2, 4 ... 64.
 */
#ifndef ENGINE_RECORD_LOAD_H
#define ENGINE_RECORD_LOAD_H

#include "engine/record.h"
#include "store/db.h"

/* Columns that every record has, in the order of load_columns; of the brief ones, enough to
 * show it by name and state, are without version, creation, creator and unit. */
enum { LOAD_BRIEF = 6, LOAD_BASE = 10, NAMES_MAX = 512 };

/* "r.id, r.number ... r.f_x": `base` (LOAD_BRIEF or LOAD_BASE) columns, then those of the
 * fields that have one, in order. */
void load_columns(struct sqlb *b, int base, const struct field *const *fields, size_t n);
/* The record of the present row, asked for with these columns.  References are
 * ids without names until names_fill. */
struct record load_record(const struct ctx *ctx, const struct type *t, const struct rows *r,
                          int base, const struct field *const *fields, size_t n);
/* The fields of a type: those of its newest definition, in order, then those that only
 * older ones have.  LOAD_OPEN: what the actor may see without asking the database
 * (no `see` of their own); LOAD_ALL: every one. */
enum load_which { LOAD_NONE, LOAD_OPEN, LOAD_ALL };
const struct field *const *load_fields(const struct ctx *ctx, const struct type *t,
                                       enum load_which which, size_t *n);
/* A record has the fields of its own version: takes the others away. */
void load_own(struct record *rec);

/* An SQL boolean over r: may the actor see it?  A part is seen with its parent.  ctx NULL: a
 * statement for all who act, none of whom merely reads (reading.h). */
void load_visible(const struct ctx *ctx, struct sqlb *b, const struct type *t);
/* The same where the statement names its few rows by their ids: said so that no index of
 * what the condition speaks of leads, which has as many rows as that person has records. */
void load_visible_few(const struct ctx *ctx, struct sqlb *b, const struct type *t);
/* Does it hold of every record of the type, without asking? */
bool load_seen_by_all(const struct ctx *ctx, const struct type *t);

/* --- names of references ----------------------------------------------------- */

struct names;
struct names *names_begin(const struct ctx *ctx);
void names_want(struct names *n, const struct type *t, int64_t id);
/* One statement per type wanted. */
void names_ask(struct names *n, struct batch *b);
void names_read(struct names *n, struct batch *b);
/* Both, in a batch of its own: for names that nothing else is asked along with. */
MUST_CHECK err names_run(struct names *n);
/* What another statement of the batch told of records: id, number, name, and 1 where the actor
 * may see it.  Before anything else is wanted of what came with the batch. */
void names_know(struct names *n, const struct type *t, struct rows r);
/* The reference by name; not visible where it may not be seen or is not there
 * (its name is then empty: what one may not see does not leak by name). */
struct record_ref names_get(const struct names *n, const struct type *t, int64_t id);

/* Wants all references a record's fields hold; later puts them in. */
void names_want_record(struct names *n, const struct record *r);
void names_fill(const struct names *n, struct record *r);

/* The type a reference field points to; NULL: any. */
const struct type *load_ref_type(const struct ctx *ctx, const struct field *f);
bool load_is_ref(const struct field *f);  /* one id in a column */
bool load_is_link(const struct field *f); /* refs, people: a table of links */

#endif
