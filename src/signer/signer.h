/* signer.h - who holds the ledger's key, and what it signs.
 *
 * A signer owns a folder nobody else reads:
 *
 *     ledger.key     the seed of the Ed25519 key, 32 bytes
 *     ledger.pub     its public key, as text
 *     last           the checkpoint signed last: its memory of size and root
 *     journal        one line for each time the memory was set back by hand
 *
 * Rule: it signs a checkpoint only when that continues the one signed last,
 * which the proof in the request has to show (RFC 6962).  It knows nothing of
 * what the entries say.  `last` is written and durable before the signature is
 * given out, so that no two contradictory checkpoints can ever be outside.
 *
 * `last` is a note under the signer's own key: a torn or forged one does not
 * verify, and then nothing is signed until somebody decides (signer_set_back).
 * A missing one is a log that was never signed here.
 *
 * Setting back is for the day a server came back from an older copy.  It is
 * written to the journal, and every checkpoint from then on carries the line
 *
 *     set-back <how often> <size before> <base64 root before> <size after> <UTC ms>
 *
 * of the last time: nobody who holds a checkpoint can miss it.
 *
 * One process at a time per folder (a lock on ledger.key).  What root writes there belongs to
 * the folder's owner.
 */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H

#include "signer/wire.h"

struct signer {
    int dir; /* of the folder; -1: nothing is kept, for tests of the rule */
    int lock;
    struct hasher *hasher;
    struct note_signer key;
    struct note_checkpoint last; /* size 0: nothing was signed yet */
    bool damaged;                /* `last` is there and cannot be believed */
    struct arena *again;         /* not NULL: no key can be read now; see signer_without */
};

/* Makes a key in a folder that has none. */
MUST_CHECK err signer_make(struct arena *life, int dir, str origin);
/* Moves the key of another folder into one that has none, with what was remembered
 * there; it is gone there afterwards.  ERR_BUSY: a signer is at work there. */
MUST_CHECK err signer_take(struct arena *life, int dir, str origin, int from);
bool signer_made(int dir);
/* The public key of a folder, as text; without its lock. */
MUST_CHECK err signer_public(struct arena *life, int dir, str *ret);

/* Opens a folder; waits up to `wait_ms` for its lock.  ERR_NOT_FOUND: no key;
 * ERR_BUSY: another process has it; ERR_STORE: the key cannot be read. */
MUST_CHECK err signer_open(struct arena *life, int dir, int wait_ms, struct signer *ret);
/* A signer of a folder that signer_open cannot open now, such as one whose key is gone.  Every
 * request is answered with "unkept", and tries again first: when there is a key it signs, as if
 * it had been opened then.  `again` is only for that, and reset by each try. */
struct signer signer_without(int dir, struct arena *again);
/* Wipes the key and lets the folder go. */
void signer_close(struct signer *s);

/* The answer to a request, in words of wire.h: the rule, and nothing else. */
enum verdict signer_judge(const struct signer *s, const struct wire_request *r);
/* The answer to a packet.  Signs, and remembers what it signed. */
str signer_answer(struct signer *s, struct arena *a, str packet);

/* Remembers another checkpoint as the last one, by order of a person. `reason`
 * is one line; `a` lives as long as the signer.  ERR_CONFLICT: nothing was signed yet, so nothing
 * is to be set back. */
MUST_CHECK err signer_set_back(struct signer *s, struct arena *a, int64_t size, struct hash root,
                               str reason, int64_t now);

/* The line above, read: false where there is none. */
struct signer_back {
    int64_t times, from, to, at;
};
bool signer_back(str further, struct signer_back *ret);

#endif
