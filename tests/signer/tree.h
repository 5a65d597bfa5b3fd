/* tree.h - logs of numbered leaves for the signer's tests, proofs out of them. */
#ifndef TESTS_SIGNER_TREE_H
#define TESTS_SIGNER_TREE_H

#include "base/arena.h"

#include "signer/signer.h"
#include "support/test.h"

#define TREE_ORIGIN STR("units.example/ledger")

enum { TREE_MAX = 64 };

struct tree {
    struct arena a;
    struct hasher *h;
    struct hash leaf[TREE_MAX];
};

static inline struct tree tree_make(int seed)
{
    struct tree t = {.a = arena_make(64 << 20)};
    t.h = hash_make(&t.a);
    for (int i = 0; i < TREE_MAX; i++) {
        t.leaf[i] = merkle_leaf(t.h, str_fmt(&t.a, "%d of %d", i, seed));
    }
    return t;
}

static inline struct hash tree_root(struct tree *t, int n)
{
    return merkle_root_of(t->h, t->leaf, (size_t)n);
}

static inline err tree_node(void *arg, int level, uint64_t index, struct hash *ret)
{
    struct tree *t = arg;
    *ret = merkle_root_of(t->h, &t->leaf[index << level], (size_t)1 << level);
    return OK;
}

/* The honest request of a log of n entries for a signer that signed m. */
static inline struct wire_request tree_request(struct tree *t, int m, int n)
{
    struct wire_request r = {.old = m};
    r.cp = (struct note_checkpoint){.origin = TREE_ORIGIN, .size = n, .root = tree_root(t, n)};
    if (m > 0 && m < n) {
        struct merkle_source s = {.get = tree_node, .arg = t};
        assert_int_equal(merkle_prove_growth(t->h, s, (uint64_t)m, (uint64_t)n, &r.growth).code,
                         ERR_NONE);
    }
    return r;
}

/* A signer without a folder that signed m entries of the log. */
static inline struct signer tree_signer(struct tree *t, int m)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "a seed for tests, nothing else";
    struct signer s = {.dir = -1, .lock = -1, .hasher = t->h};
    assert_int_equal(note_signer(t->h, TREE_ORIGIN, seed, &s.key).code, ERR_NONE);
    if (m) {
        s.last =
            (struct note_checkpoint){.origin = TREE_ORIGIN, .size = m, .root = tree_root(t, m)};
    }
    return s;
}

/* Asks, and reads the answer. */
static inline struct wire_answer tree_ask(struct tree *t, struct signer *s,
                                          const struct wire_request *r)
{
    struct wire_answer x;
    str said = signer_answer(s, &t->a, wire_put_request(&t->a, r));
    assert_int_equal(wire_get_answer(said, &x).code, ERR_NONE);
    return x;
}

#endif
