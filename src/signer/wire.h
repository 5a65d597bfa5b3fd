/* wire.h - what a server and its signer say to each other.
 *
 * Texts, one packet (SOCK_SEQPACKET) each, at most WIRE_MAX bytes.  A server
 * asks for a checkpoint of its log, with the proof that it continues what was
 * signed last:
 *
 *     zhidu.signer/1 sign
 *     <size that the proof begins at, decimal>
 *     <base64 of a hash>              one line each, at most MERKLE_PROOF_MAX
 *     (empty line)
 *     <origin>
 *     <size>
 *     <base64 of the root>
 *
 * and is answered with one of
 *
 *     zhidu.signer/1 signed           then the signed note (ledger/note.h)
 *     zhidu.signer/1 <verdict>        then size and root of what was signed last,
 *                                     and of what was asked for, four lines
 *
 * where "old" asks for a proof that begins at that size, and every other
 * verdict is a refusal.  "zhidu.signer/1 key" is answered with the same word
 * and the public key.  What is not one of these is answered with "form".
 *
 * Reading believes nothing: every form that writing does not produce is refused.
 */
#ifndef SIGNER_WIRE_H
#define SIGNER_WIRE_H

#include "ledger/merkle.h"
#include "ledger/note.h"

enum { WIRE_MAX = 16384 };

/* What the signer makes of a request.  The words are for people. */
#define VERDICT_LIST(X)                                                                  \
    X(SIGNED, "signed")                                                                  \
    X(OLD, "old")                   /* the proof has to begin at what was signed last */ \
    X(SMALLER, "smaller")           /* the log has become shorter */                     \
    X(DIFFERENT, "different")       /* as long as what was signed, but not the same */   \
    X(INCONSISTENT, "inconsistent") /* longer, but not a continuation */                 \
    X(DAMAGED, "torn")              /* the signer's own memory cannot be read */         \
    X(OTHER, "foreign")             /* another log than the key's */                     \
    X(UNKEPT, "unkept")             /* its folder cannot be used, or has no key */       \
    X(FORM, "form")                 /* not understood */

enum verdict {
#define VERDICT_ENUM(name, word) VERDICT_##name,
    VERDICT_LIST(VERDICT_ENUM)
#undef VERDICT_ENUM
        VERDICT_COUNT
};

struct wire_request {
    bool key; /* only the public key is asked for */
    int64_t old;
    struct merkle_proof growth;
    struct note_checkpoint cp; /* without further lines */
};

struct wire_answer {
    enum verdict verdict;
    str note; /* SIGNED */
    str key;  /* the public key, when it was asked for */
    struct {
        int64_t size;
        struct hash root;
    } last, asked; /* every other verdict: size 0 where there is nothing */
};

str wire_put_request(struct arena *a, const struct wire_request *r);
/* ERR_VALUE when it is none. */
MUST_CHECK err wire_get_request(str packet, struct wire_request *ret);

str wire_put_answer(struct arena *a, const struct wire_answer *x);
MUST_CHECK err wire_get_answer(str packet, struct wire_answer *ret);

#endif
