/* proof.h - proofs as files: written by the server, checked by anybody.
 *
 * A proof file is UTF-8 text.  After a first part that says what was recorded
 * follows a C2SP tlog-proof, unchanged:
 *
 *     zhidu.ledger/proof/1
 *     leaf <base64 of the leaf data>
 *     salt <base64 of 32 bytes>
 *     payload <canonical text, one line>
 *     (empty line)
 *     c2sp.org/tlog-proof@v1
 *     index <decimal>
 *     <base64 of a hash>            one line each, from the leaf upwards
 *     (empty line)
 *     <checkpoint, a signed note>
 *
 * Where salt and payload were erased, their two lines are one: "erased".
 *
 * A growth file shows that a checkpoint continues an earlier one:
 *
 *     zhidu.ledger/growth/1
 *     from <decimal size of the earlier checkpoint>
 *     <base64 of a hash>            one line each
 *     (empty line)
 *     <the later checkpoint>
 *
 * Checking needs only the file and the log's public key: content -> digest ->
 * leaf -> root -> signature.  Nothing here touches a database.
 */
#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H

#include "ledger/ledger.h"

enum { PROOF_BYTES_MAX = 16 << 20 }; /* of a payload; a file is at most twice as long */

/* How far a proof holds; the first that fails ends it. */
enum proof_result {
    PROOF_OK,
    PROOF_FORM,      /* the file is not a proof, or damaged; its payload is not canonical */
    PROOF_PAYLOAD,   /* the content is not the one whose digest stands in the leaf */
    PROOF_PATH,      /* the leaf is not in the tree of the checkpoint */
    PROOF_SIGNATURE, /* no valid signature by the given key */
    PROOF_ROOT,      /* growth: the earlier checkpoint is not the beginning of the later */
};
struct words proof_words(enum proof_result r);

struct proof_entry {
    struct ledger_entry entry;
    struct merkle_proof path;
    str note; /* the checkpoint's text */
    struct note_checkpoint cp;
};

str proof_write(struct arena *a, const struct proof_entry *p);
/* *ret is set as far as the file could be read; its strings lie in the file or in `a`.
 * *why: a detail, in English; empty when the proof holds. */
enum proof_result proof_check(struct hasher *h, struct arena *a, str file,
                              const struct note_key *keys, size_t nkeys, struct proof_entry *ret,
                              str *why);

/* A C2SP tlog-proof alone; `extra`: bytes, empty: none. */
struct proof_tlog {
    str extra;
    int64_t index;
    struct merkle_proof path;
    str note;
};
str proof_tlog_write(struct arena *a, const struct proof_tlog *p);
/* Form only: nothing is checked.  False with *why in English. */
bool proof_tlog_read(struct arena *a, str file, struct proof_tlog *ret, str *why);

/* The checkpoint in a note, a proof file, a growth file or a tlog-proof: a view. */
str proof_checkpoint(str file);

struct proof_growth {
    int64_t from;
    struct merkle_proof path;
    str note;
    struct note_checkpoint old, cp;
};

str proof_growth_write(struct arena *a, const struct proof_growth *p);
/* `old`: the earlier checkpoint (a note, a proof file or a growth file, whose
 * checkpoint is taken); each of the two checkpoints must be signed by one of the keys.
 * PROOF_FORM also when the file begins at another size than `old` has.  The strings of
 * *ret lie in the two files. */
enum proof_result proof_growth_check(struct hasher *h, str old, str file,
                                     const struct note_key *keys, size_t nkeys,
                                     struct proof_growth *ret, str *why);

#endif
