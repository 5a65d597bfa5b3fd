/* erase.h - erasing somebody's personal data, so that it can be shown that it was erased, and
 * by what right.
 *
 * Who asks for it, on which legal basis, and who agrees is a record of the register `erasure`
 * (model/contract.h); when it stands in state `approved`, the clock carries it out, one
 * record a turn, and enters what came of it (action `carry_out`).
 *
 * Of each record that is about the person (erase_subject) go: the values of the fields that
 * are `personal: true` in any version, the same values in its history and in the contents
 * that were voted on, attachments of such fields (of the person's own record: all of them)
 * with their bytes, its notifications, its searchable text; and salt and text of every entry
 * of the ledger that told such a value.  Leaves, tree and proofs stay as they are; an entry
 * of type LEDGER_ERASURE names the entries and the basis, so that `zhidu ledger verify` tells
 * erased from missing.  What rests is told anew by the act `erase` on the record.
 *
 * Then the texts of the person's own comments, whatever record they stand at; then addresses
 * and programs of his sign-ins, by whoever keeps them (erase_traces_by); at last every record
 * whose free texts, history or opinions hold the person's name is found and listed, at most
 * ERASE_MENTIONS of them, as records of the part `mention`.  Of these nothing goes by
 * itself: an officer decides one by one, by its actions; one in state `masking` is carried out
 * by the clock, which puts a mark in the place of the name.  docs/decisions/0071.
 *
 * Left alone, and counted: a record on which a legal hold is in force (register
 * `legal_hold`; on the person's record: everything about him), one whose type's `retain` is
 * not over, one on which people are voting.  For such a record a mention's masking is refused.
 *
 * Table erasure_work: how far an erasure is; erasure_file: bytes to be removed once the
 * transaction that took their attachment away is durable.
 */
#ifndef ENGINE_ERASE_H
#define ENGINE_ERASE_H

#include "engine/clock_int.h"

enum { ERASE_ENTRIES = 500 };  /* of one record in one turn */
enum { ERASE_MENTIONS = 200 }; /* listed of one erasure; others are counted */

/* Has the type, in any version, a field that is personal? */
bool erase_concerns(const struct type *t);
/* The column that says whom a record is about: of the person's own the id, else the first
 * field of type person, else the creator. */
str erase_subject(const struct model *m, const struct type *t);

/* A turn of the clock: the next record, the next file, or the end of an erasure. */
turn_fn erase_turn;

/* Is a legal hold in force on the record?  `ret` 0: none, else the hold's own record. */
MUST_CHECK err erase_hold(const struct ctx *ctx, int64_t record, int64_t *ret);
/* "(select ...)": that record, or null, of the record in argument `at` of a statement. */
void erase_hold_put(struct sqlb *b, const struct model *m, int at);

/* A mention that is to be masked is refused where its record may not be touched, with the
 * clause; asked of every act's result (register.c). */
MUST_CHECK err erase_check_mention(struct doing *d, const struct touched *x);

#endif
