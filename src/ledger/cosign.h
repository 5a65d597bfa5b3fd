/* cosign.h - what a witness puts under a checkpoint (C2SP tlog-cosignature, Ed25519).
 *
 *     cosignature/v1
 *     time <seconds since 1970>
 *     <the text of the checkpoint>
 *
 * is what it signs; the line under the note is "— name base64(key id | u64 time |
 * signature)".  Key id and key text are those of note.h with 0x04 in place of 0x01, so
 * a key of a log is never taken for one of a witness.
 */
#ifndef LEDGER_COSIGN_H
#define LEDGER_COSIGN_H

#include "ledger/note.h"

enum { COSIGN_KEYS_MAX = 16 };

/* The signer of a witness; as note_signer. */
MUST_CHECK err cosign_signer(struct hasher *h, str name, const unsigned char seed[NOTE_SEED_LEN],
                             struct note_signer *ret);
str cosign_vkey(struct arena *a, const struct note_key *key);
MUST_CHECK err cosign_key_parse(struct hasher *h, struct arena *a, str vkey, struct note_key *ret);

/* The line, with its newline, for the checkpoint in `note`; ERR_VALUE: it is none. */
MUST_CHECK err cosign_line(struct arena *a, const struct note_signer *s, str note, int64_t seconds,
                           str *ret);
/* How many of the keys have signed the checkpoint, each once; at[i], where `at` is given:
 * when, in seconds, or -1.  ERR_DENIED: a line of one of the keys does not verify. */
MUST_CHECK err cosign_count(str note, const struct note_key *keys, size_t nkeys, int64_t *at,
                            int *ret);
/* The lines in `lines` that are of `key` and verify for `note`: the first, as a view with
 * its newline; empty: none does. */
str cosign_pick(str note, str lines, const struct note_key *key);

#endif
