#include "ledger/merkle.h"

static const char leaf_mark = 0x00;

struct hash merkle_leaf(struct hasher *h, str data)
{
    hash_begin(h);
    hash_put(h, &leaf_mark, 1);
    hash_put(h, data.ptr, data.len);
    return hash_end(h);
}

struct hash merkle_node(struct hasher *h, const struct hash *left, const struct hash *right)
{
    unsigned char both[1 + 2 * HASH_LEN];
    both[0] = 0x01;
    memcpy(both + 1, left->b, HASH_LEN);
    memcpy(both + 1 + HASH_LEN, right->b, HASH_LEN);
    hash_begin(h);
    hash_put(h, both, sizeof(both));
    return hash_end(h);
}

struct hash merkle_empty(struct hasher *h)
{
    return hash_of(h, (str){0});
}

/* --- the right edge ---------------------------------------------------------- */

void merkle_push(struct hasher *h, struct merkle_range *r, const struct hash *leaf)
{
    struct hash node = *leaf;
    int level = 0;
    for (uint64_t n = r->size; n & 1; n >>= 1) {
        node = merkle_node(h, &r->at[level], &node);
        level++;
    }
    r->at[level] = node;
    r->size++;
}

struct hash merkle_root(struct hasher *h, const struct merkle_range *r)
{
    if (r->size == 0) {
        return merkle_empty(h);
    }
    int level = __builtin_ctzll(r->size);
    struct hash root = r->at[level];
    for (level++; level < MERKLE_PATH_MAX; level++) {
        if (r->size >> level & 1) {
            root = merkle_node(h, &r->at[level], &root);
        }
    }
    return root;
}

struct hash merkle_root_of(struct hasher *h, const struct hash *leaves, size_t n)
{
    struct merkle_range r = {0};
    for (size_t i = 0; i < n; i++) {
        merkle_push(h, &r, &leaves[i]);
    }
    return merkle_root(h, &r);
}

/* --- building proofs ----------------------------------------------------------- */

/* The level of the left half: 2^level is the largest power of two below n > 1. */
static int split_level(uint64_t n)
{
    return 63 - __builtin_clzll(n - 1);
}

/* The root of the leaves [lo, hi), a subtree as RFC 6962 cuts them: its left
 * parts are perfect and stand at a multiple of their size. */
static err subtree(struct hasher *h, struct merkle_source s, uint64_t lo, uint64_t hi,
                   struct hash *ret)
{
    struct hash left[MERKLE_PATH_MAX];
    int n = 0;
    while (lo < hi) {
        uint64_t len = hi - lo;
        int level = 63 - __builtin_clzll(len);
        err e = s.get(s.arg, level, lo >> level, &left[n]);
        if (e.code) {
            return e;
        }
        n++;
        lo += (uint64_t)1 << level;
    }
    struct hash root = left[n - 1];
    for (int i = n - 2; i >= 0; i--) {
        root = merkle_node(h, &left[i], &root);
    }
    *ret = root;
    return OK;
}

err merkle_root_at(struct hasher *h, struct merkle_source s, uint64_t n, struct hash *ret)
{
    if (n == 0) {
        *ret = merkle_empty(h);
        return OK;
    }
    return subtree(h, s, 0, n, ret);
}

static void turn_round(struct merkle_proof *p)
{
    for (int i = 0, j = p->len - 1; i < j; i++, j--) {
        struct hash t = p->at[i];
        p->at[i] = p->at[j];
        p->at[j] = t;
    }
}

/* One step down from [*lo, *hi), keeping the half that holds what we look for;
 * the other half's root joins the proof. */
static err step_down(struct hasher *h, struct merkle_source s, bool go_left, uint64_t *lo,
                     uint64_t *hi, struct merkle_proof *p)
{
    uint64_t mid = *lo + ((uint64_t)1 << split_level(*hi - *lo));
    err e = go_left ? subtree(h, s, mid, *hi, &p->at[p->len]) //
                    : subtree(h, s, *lo, mid, &p->at[p->len]);
    if (e.code) {
        return e;
    }
    p->len++;
    *(go_left ? hi : lo) = mid;
    return OK;
}

err merkle_prove(struct hasher *h, struct merkle_source s, uint64_t index, uint64_t size,
                 struct merkle_proof *ret)
{
    if (index >= size) {
        return err_make(ERR_VALUE, STR("inclusion proof: index beyond the tree"));
    }
    uint64_t lo = 0;
    uint64_t hi = size;
    struct merkle_proof p = {0};
    while (hi - lo > 1) {
        bool go_left = index - lo < (uint64_t)1 << split_level(hi - lo);
        err e = step_down(h, s, go_left, &lo, &hi, &p);
        if (e.code) {
            return e;
        }
    }
    turn_round(&p);
    *ret = p;
    return OK;
}

err merkle_prove_growth(struct hasher *h, struct merkle_source s, uint64_t m, uint64_t n,
                        struct merkle_proof *ret)
{
    if (m < 1 || m > n) {
        return err_make(ERR_VALUE, STR("consistency proof: sizes must be 1 <= old <= new"));
    }
    uint64_t lo = 0;
    uint64_t hi = n;
    bool whole = true; /* the subtree looked at is the old tree itself */
    struct merkle_proof p = {0};
    while (m != hi) {
        bool go_left = m - lo <= (uint64_t)1 << split_level(hi - lo);
        whole = whole && go_left;
        err e = step_down(h, s, go_left, &lo, &hi, &p);
        if (e.code) {
            return e;
        }
    }
    if (!whole) {
        err e = subtree(h, s, lo, hi, &p.at[p.len]);
        if (e.code) {
            return e;
        }
        p.len++;
    }
    turn_round(&p);
    *ret = p;
    return OK;
}

/* --- checking proofs ------------------------------------------------------------- */

/* Where a walk from a leaf (or subtree) to the root stands: the node's place on
 * its level, and the last place there. */
struct walk {
    uint64_t at, last;
};

static bool walk_is_right(struct walk *w)
{
    bool right = (w->at & 1) || w->at == w->last;
    if (right) {
        while (!(w->at & 1) && w->at > 0) {
            w->at >>= 1;
            w->last >>= 1;
        }
    }
    return right;
}

bool merkle_check(struct hasher *h, uint64_t index, uint64_t size, const struct hash *leaf,
                  const struct merkle_proof *p, const struct hash *root)
{
    if (index >= size) {
        return false;
    }
    struct walk w = {.at = index, .last = size - 1};
    struct hash r = *leaf;
    for (int i = 0; i < p->len; i++) {
        if (w.last == 0) {
            return false;
        }
        bool right = walk_is_right(&w);
        r = right ? merkle_node(h, &p->at[i], &r) : merkle_node(h, &r, &p->at[i]);
        w.at >>= 1;
        w.last >>= 1;
    }
    return w.last == 0 && hash_eq(r, *root);
}

bool merkle_check_growth(struct hasher *h, uint64_t m, uint64_t n, const struct merkle_proof *p,
                         const struct hash *root_m, const struct hash *root_n)
{
    if (m > n) {
        return false;
    }
    if (m == 0) {
        return p->len == 0 && hash_eq(*root_m, merkle_empty(h));
    }
    if (m == n) {
        return p->len == 0 && hash_eq(*root_m, *root_n);
    }
    bool perfect = (m & (m - 1)) == 0; /* then the proof begins with the old root itself */
    if (!perfect && p->len == 0) {
        return false;
    }
    struct hash old = perfect ? *root_m : p->at[0];
    struct hash now = old;
    struct walk w = {.at = m - 1, .last = n - 1};
    while (w.at & 1) {
        w.at >>= 1;
        w.last >>= 1;
    }
    for (int i = perfect ? 0 : 1; i < p->len; i++) {
        if (w.last == 0) {
            return false;
        }
        if (walk_is_right(&w)) {
            old = merkle_node(h, &p->at[i], &old);
            now = merkle_node(h, &p->at[i], &now);
        } else {
            now = merkle_node(h, &now, &p->at[i]);
        }
        w.at >>= 1;
        w.last >>= 1;
    }
    return w.last == 0 && hash_eq(old, *root_m) && hash_eq(now, *root_n);
}
