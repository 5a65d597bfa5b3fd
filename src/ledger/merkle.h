/* merkle.h - the tree of RFC 6962 (section 2.1): hashing, proofs, and checking them as
 * RFC 9162, sections 2.1.3.2 and 2.1.4.2, does.
 *
 *     leaf = SHA-256(0x00 | data)      node = SHA-256(0x01 | left | right)
 *
 * A tree of n leaves is split at the largest power of two below n.  The empty
 * tree's root is SHA-256 of nothing.
 *
 * Building a proof asks a merkle_source for the hashes of perfect subtrees;
 * where they come from is the caller's matter.  Checking a proof is pure: it
 * needs nothing but the proof, and answers yes or no.
 */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "base/err.h"
#include "ledger/hash.h"

enum { MERKLE_PATH_MAX = 64, MERKLE_PROOF_MAX = 128 };

struct hash merkle_leaf(struct hasher *h, str data);
struct hash merkle_node(struct hasher *h, const struct hash *left, const struct hash *right);
struct hash merkle_empty(struct hasher *h);

/* --- the right edge: roots of the perfect subtrees of n leaves ------------- */

/* A compact range from 0: enough to append and to know the root.  Plain memory
 * without pointers; copy it to mark a place to come back to. */
struct merkle_range {
    uint64_t size;                   /* leaves */
    struct hash at[MERKLE_PATH_MAX]; /* at[l] is used where bit l of size is set */
};

void merkle_push(struct hasher *h, struct merkle_range *r, const struct hash *leaf);
struct hash merkle_root(struct hasher *h, const struct merkle_range *r);

/* The root of n leaf hashes, 0 <= n. */
struct hash merkle_root_of(struct hasher *h, const struct hash *leaves, size_t n);

/* --- proofs ------------------------------------------------------------------ */

struct merkle_proof {
    int len;
    struct hash at[MERKLE_PROOF_MAX];
};

struct merkle_source {
    /* The root of the perfect subtree of 2^level leaves that begins at leaf
     * index * 2^level.  Only asked for subtrees inside the tree. */
    err (*get)(void *arg, int level, uint64_t index, struct hash *ret);
    void *arg;
};

/* The root of the first n leaves. */
MUST_CHECK err merkle_root_at(struct hasher *h, struct merkle_source s, uint64_t n,
                              struct hash *ret);
/* That leaf `index` is in the tree of `size` leaves.  ERR_VALUE unless index < size;
 * these three also return what the source returned. */
MUST_CHECK err merkle_prove(struct hasher *h, struct merkle_source s, uint64_t index, uint64_t size,
                            struct merkle_proof *ret);
/* That the tree of m leaves is the beginning of the tree of n leaves.
 * ERR_VALUE unless 1 <= m <= n. */
MUST_CHECK err merkle_prove_growth(struct hasher *h, struct merkle_source s, uint64_t m, uint64_t n,
                                   struct merkle_proof *ret);

/* Anything malformed, a size or a place that cannot be too, is false.  `p->len` lies within
 * the array.  Every tree continues the empty one: m = 0 wants no hashes. */
bool merkle_check(struct hasher *h, uint64_t index, uint64_t size, const struct hash *leaf,
                  const struct merkle_proof *p, const struct hash *root);
bool merkle_check_growth(struct hasher *h, uint64_t m, uint64_t n, const struct merkle_proof *p,
                         const struct hash *root_m, const struct hash *root_n);

#endif
