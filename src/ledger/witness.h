/* witness.h - what a witness of a log answers (C2SP tlog-witness, add-checkpoint).
 *
 * A witness keeps, of each log, the last checkpoint that it signed.  It signs another one
 * only when the log's key signed it and a consistency proof shows that it continues that
 * one: so a history that was rewritten, and a log that shows different people different
 * histories, find no signature.
 *
 * A request:
 *
 *     old <size of the last one that the witness signed, or 0>
 *     <base64 of a hash>            the proof, at most 63 lines
 *     (empty line)
 *     <checkpoint, a signed note>
 *
 * This file decides; it keeps nothing and opens no socket (witness_main.c does).
 */
#ifndef LEDGER_WITNESS_H
#define LEDGER_WITNESS_H

#include "ledger/cosign.h"
#include "ledger/merkle.h"

enum { WITNESS_PROOF_MAX = 63, WITNESS_BODY_MAX = NOTE_BYTES_MAX + 8192 };

/* The answers, as statuses of HTTP. */
enum witness_answer {
    WITNESS_OK = 200,        /* keep the checkpoint durably, then give the cosignature */
    WITNESS_MALFORMED = 400, /* or `old` is more than the checkpoint's size */
    WITNESS_KEY = 403,       /* none of the log's keys signed it */
    WITNESS_ORIGIN = 404,    /* no log of this origin is known */
    WITNESS_OTHER = 409,     /* another size was signed last (the body is it), or, where the
                                size is the same, another root */
    WITNESS_PROOF = 422,     /* it does not continue the last one */
};

struct witness_request {
    int64_t old;
    struct merkle_proof proof;
    str note;
    struct note_checkpoint cp; /* as it says itself: not believed */
};
/* False: malformed.  The strings lie in `body`. */
bool witness_read(str body, struct witness_request *ret);

/* Decides on a request that was read.  `size`, `root`: what was signed last for its origin, 0 for
 * none. */
enum witness_answer witness_decide(struct hasher *h, const struct witness_request *r,
                                   const struct note_key *keys, size_t nkeys, int64_t size,
                                   const struct hash *root);

#endif
