/* digest.h - what the ledger remembers of a row.
 *
 * Each act's ledger entry holds the digest of every row it left behind: its
 * own record's, the lines, links, attachments and rows of approvals it changed,
 * and the row of the history that tells of it.  So whoever has the ledger can tell whether
 * a row still is what an act made it (engine/verify.h).
 *
 * A row's digest is SHA-256 over its columns that are not null, by name:
 * u16 length and bytes of the name, then 'i' and eight bytes or 't', u32
 * length and bytes; all numbers big-endian.  A column added later is null in
 * old rows and changes nothing.  A set of links is the column "target" once
 * for each, rising.
 *
 * In a payload:
 *   "history"  the digest of the row in table act
 *   "rows"     {table: {id: digest, or null where the row is gone, or an empty text where it is
 *              not told: what was voted on and was erased}}; the id of
 *              a table of links is its owner's
 *   "row"      {column: value} of the record, what changed with this act: folded
 *              over all its entries they give the whole row
 * Digests are written in base64.
 */
#ifndef ENGINE_DIGEST_H
#define ENGINE_DIGEST_H

#include "ledger/hash.h"

struct tplan;
struct cell;
struct rows;

struct digest {
    struct hasher *h; /* its only use until digest_end */
    size_t n;
    char held[1024];
};
struct digest digest_begin(struct hasher *h);
/* One column; the caller keeps the order. */
void digest_i64(struct digest *d, str column, int64_t v);
void digest_text(struct digest *d, str column, str v);
struct hash digest_end(struct digest *d);
/* The row of a record or of a line. */
struct hash digest_row(struct hasher *h, const struct tplan *t, const struct cell *row);

/* A row of table act, its columns in order. */
struct history_row {
    int64_t id, seq, record, type, law, person, principal, at, recorded, from, to, parent, flags;
    str action, cause, note, changes;
    bool no_from, no_to, no_parent, no_cause, no_note, no_changes;
};
struct hash digest_history(struct hasher *h, const struct history_row *r);

/* A row of table attachment that was not removed. */
struct file_row {
    int64_t id, record, type, act, size, at, person;
    str field, name, mime, sha256;
    bool no_field;
};
struct hash digest_file(struct hasher *h, const struct file_row *f);

str digest_write(struct arena *a, const struct hash *d); /* base64 */
bool digest_read(str text, struct hash *ret);            /* false: none */

#endif
