#include "base/arena.h"
#include "ledger/merkle.h"

#include "support/test.h"

#include <sodium.h>

enum { N = 130 };

struct fixture {
    struct arena life;
    struct hasher *h;
    struct hash leaf[N];
    struct hash root[N + 1];
};

/* The definition of RFC 6962, section 2.1, word for word: the oracle. */
static struct hash mth(struct hasher *h, const struct hash *d, size_t n)
{
    if (n == 0) {
        return hash_of(h, (str){0});
    }
    if (n == 1) {
        return d[0];
    }
    size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    struct hash left = mth(h, d, k);
    struct hash right = mth(h, d + k, n - k);
    return merkle_node(h, &left, &right);
}

static err from_leaves(void *arg, int level, uint64_t index, struct hash *ret)
{
    struct fixture *f = arg;
    uint64_t lo = index << level;
    uint64_t n = (uint64_t)1 << level;
    assert_true(lo + n <= N); /* only subtrees inside the tree are asked for */
    *ret = mth(f->h, f->leaf + lo, n);
    return OK;
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.life = arena_make(1 << 20)};
    f.h = hash_make(&f.life);
    for (int i = 0; i < N; i++) {
        char text[16];
        int n = snprintf(text, sizeof(text), "leaf %d", i);
        f.leaf[i] = merkle_leaf(f.h, str_from_n(text, (size_t)n));
    }
    for (int n = 0; n <= N; n++) {
        f.root[n] = mth(f.h, f.leaf, (size_t)n);
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_end(&f->life);
    return 0;
}

static void assert_hex(struct hash got, const char *want)
{
    char hex[2 * HASH_LEN + 1];
    sodium_bin2hex(hex, sizeof(hex), got.b, HASH_LEN);
    assert_string_equal(hex, want);
}

static void sha256_of_known_texts_is_what_the_standard_says(void **state)
{
    struct fixture *f = *state;
    assert_hex(hash_of(f->h, STR("abc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hex(hash_of2(f->h, STR("a"), STR("bc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hex(merkle_empty(f->h),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void the_published_trees_of_one_to_eight_leaves_have_their_published_roots(void **state)
{
    struct fixture *f = *state;
    static const struct {
        str leaf;
        const char *root;
    } rows[] = {
        {STR(""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {STR("\0"), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {STR("\x10"), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {STR("\x20\x21"), "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {STR("\x30\x31"), "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {STR("\x40\x41\x42\x43"),
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {STR("\x50\x51\x52\x53\x54\x55\x56\x57"),
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {STR("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle_range r = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hash leaf = merkle_leaf(f->h, rows[i].leaf);
        merkle_push(f->h, &r, &leaf);
        assert_hex(merkle_root(f->h, &r), rows[i].root);
    }
}

static void appending_gives_the_root_of_the_definition_at_every_size(void **state)
{
    struct fixture *f = *state;
    struct merkle_range r = {0};
    for (int n = 0; n <= N; n++) {
        assert_true(hash_eq(merkle_root(f->h, &r), f->root[n]));
        assert_true(hash_eq(merkle_root_of(f->h, f->leaf, (size_t)n), f->root[n]));
        struct hash at;
        err e = merkle_root_at(f->h, (struct merkle_source){from_leaves, f}, (uint64_t)n, &at);
        assert_int_equal(e.code, ERR_NONE);
        assert_true(hash_eq(at, f->root[n]));
        if (n < N) {
            merkle_push(f->h, &r, &f->leaf[n]);
        }
    }
}

static void flip(struct hash *h, unsigned bit)
{
    h->b[bit / 8 % HASH_LEN] ^= (unsigned char)(1u << bit % 8);
}

/* Every way to spoil an inclusion proof by one bit, one hash, one place. */
static void refuse_spoilt_inclusion(struct fixture *f, uint64_t m, uint64_t n,
                                    const struct merkle_proof *p)
{
    for (int i = 0; i < p->len; i++) {
        struct merkle_proof q = *p;
        flip(&q.at[i], (unsigned)(m * 31 + n * 7 + (unsigned)i));
        assert_false(merkle_check(f->h, m, n, &f->leaf[m], &q, &f->root[n]));
    }
    struct hash other = f->leaf[m];
    flip(&other, (unsigned)(m + n));
    assert_false(merkle_check(f->h, m, n, &other, p, &f->root[n]));
    other = f->root[n];
    flip(&other, (unsigned)(m * n));
    assert_false(merkle_check(f->h, m, n, &f->leaf[m], p, &other));
    struct merkle_proof q = *p;
    q.at[q.len++] = f->leaf[0];
    assert_false(merkle_check(f->h, m, n, &f->leaf[m], &q, &f->root[n]));
    if (p->len) {
        q.len = p->len - 1;
        assert_false(merkle_check(f->h, m, n, &f->leaf[m], &q, &f->root[n]));
    }
    for (uint64_t other_m = 0; other_m < n + 2; other_m++) {
        if (other_m != m) {
            assert_false(merkle_check(f->h, other_m, n, &f->leaf[m], p, &f->root[n]));
        }
    }
}

static void every_inclusion_proof_holds_and_every_spoilt_one_is_refused(void **state)
{
    struct fixture *f = *state;
    struct merkle_source s = {from_leaves, f};
    for (uint64_t n = 1; n <= N; n++) {
        for (uint64_t m = 0; m < n; m++) {
            struct merkle_proof p;
            assert_int_equal(merkle_prove(f->h, s, m, n, &p).code, ERR_NONE);
            assert_true(merkle_check(f->h, m, n, &f->leaf[m], &p, &f->root[n]));
            refuse_spoilt_inclusion(f, m, n, &p);
        }
    }
    struct merkle_proof p;
    assert_int_equal(merkle_prove(f->h, s, 5, 5, &p).code, ERR_VALUE);
    assert_int_equal(merkle_prove(f->h, s, 0, 0, &p).code, ERR_VALUE);
}

static void refuse_spoilt_growth(struct fixture *f, uint64_t m, uint64_t n,
                                 const struct merkle_proof *p)
{
    for (int i = 0; i < p->len; i++) {
        struct merkle_proof q = *p;
        flip(&q.at[i], (unsigned)(m * 13 + n * 5 + (unsigned)i));
        assert_false(merkle_check_growth(f->h, m, n, &q, &f->root[m], &f->root[n]));
    }
    struct hash other = f->root[m];
    flip(&other, (unsigned)(m + n));
    assert_false(merkle_check_growth(f->h, m, n, p, &other, &f->root[n]));
    other = f->root[n];
    flip(&other, (unsigned)(m * n));
    assert_false(merkle_check_growth(f->h, m, n, p, &f->root[m], &other));
    struct merkle_proof q = *p;
    q.at[q.len++] = f->leaf[0];
    assert_false(merkle_check_growth(f->h, m, n, &q, &f->root[m], &f->root[n]));
    if (p->len) {
        q.len = p->len - 1;
        assert_false(merkle_check_growth(f->h, m, n, &q, &f->root[m], &f->root[n]));
    }
}

static void every_growth_proof_holds_and_every_spoilt_one_is_refused(void **state)
{
    struct fixture *f = *state;
    struct merkle_source s = {from_leaves, f};
    for (uint64_t n = 1; n <= N; n++) {
        for (uint64_t m = 1; m <= n; m++) {
            struct merkle_proof p;
            assert_int_equal(merkle_prove_growth(f->h, s, m, n, &p).code, ERR_NONE);
            assert_true(merkle_check_growth(f->h, m, n, &p, &f->root[m], &f->root[n]));
            refuse_spoilt_growth(f, m, n, &p);
            if (m < n) { /* a log rewritten before m */
                assert_false(merkle_check_growth(f->h, m, n, &p, &f->root[m - 1], &f->root[n]));
            }
        }
    }
    struct merkle_proof p;
    assert_int_equal(merkle_prove_growth(f->h, s, 0, 5, &p).code, ERR_VALUE);
    assert_int_equal(merkle_prove_growth(f->h, s, 6, 5, &p).code, ERR_VALUE);
}

static void the_empty_tree_is_the_beginning_of_every_tree_and_of_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct merkle_proof none = {0};
    assert_true(merkle_check_growth(f->h, 0, 9, &none, &f->root[0], &f->root[9]));
    assert_false(merkle_check_growth(f->h, 0, 9, &none, &f->root[1], &f->root[9]));
    assert_false(merkle_check_growth(f->h, 9, 8, &none, &f->root[9], &f->root[8]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_known_texts_is_what_the_standard_says),
        cmocka_unit_test(the_published_trees_of_one_to_eight_leaves_have_their_published_roots),
        cmocka_unit_test(appending_gives_the_root_of_the_definition_at_every_size),
        cmocka_unit_test(every_inclusion_proof_holds_and_every_spoilt_one_is_refused),
        cmocka_unit_test(every_growth_proof_holds_and_every_spoilt_one_is_refused),
        cmocka_unit_test(the_empty_tree_is_the_beginning_of_every_tree_and_of_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
