/* The rule for every pair of small trees: what continues is signed, nothing else. */
#include "signer/tree.h"

static void what_continues_the_last_checkpoint_is_signed(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    for (int m = 0; m <= TREE_MAX; m++) {
        for (int n = m ? m : 1; n <= TREE_MAX; n++) {
            struct signer s = tree_signer(&t, m);
            struct wire_request r = tree_request(&t, m, n);
            struct wire_answer x = tree_ask(&t, &s, &r);
            assert_int_equal(x.verdict, VERDICT_SIGNED);
            struct note_checkpoint cp;
            assert_int_equal(note_open(x.note, &s.key.key, 1, &cp, NULL).code, ERR_NONE);
            assert_int_equal(cp.size, n);
            assert_true(hash_eq(cp.root, r.cp.root));
            assert_int_equal(s.last.size, n);
        }
        arena_end(&t.a);
        t = tree_make(1);
    }
    arena_end(&t.a);
}

static void a_smaller_log_is_refused_with_both_sizes(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    for (int m = 2; m <= TREE_MAX; m++) {
        for (int n = 1; n < m; n++) {
            struct signer s = tree_signer(&t, m);
            struct wire_request r = tree_request(&t, 0, n);
            struct wire_answer x = tree_ask(&t, &s, &r);
            assert_int_equal(x.verdict, VERDICT_SMALLER);
            assert_int_equal(x.last.size, m);
            assert_int_equal(x.asked.size, n);
            assert_int_equal(s.last.size, m);
        }
    }
    arena_end(&t.a);
}

static void another_history_is_refused_whatever_it_proves(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    struct tree other = tree_make(2);
    for (int m = 1; m <= 40; m++) {
        for (int n = m; n <= 40; n++) {
            struct signer s = tree_signer(&t, m);
            struct wire_request r = tree_request(&other, m, n);
            enum verdict v = tree_ask(&t, &s, &r).verdict;
            assert_int_equal(v, n == m ? VERDICT_DIFFERENT : VERDICT_INCONSISTENT);
            assert_int_equal(s.last.size, m);
        }
    }
    arena_end(&t.a);
    arena_end(&other.a);
}

/* The last entry signed is changed, the rest is the same. */
static void one_changed_entry_is_enough(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    for (int m = 1; m <= 32; m++) {
        struct tree forged = tree_make(1);
        forged.leaf[m - 1] = merkle_leaf(forged.h, STR("changed"));
        for (int n = m + 1; n <= 33; n++) {
            struct signer s = tree_signer(&t, m);
            struct wire_request r = tree_request(&forged, m, n);
            assert_int_equal(tree_ask(&t, &s, &r).verdict, VERDICT_INCONSISTENT);
        }
        arena_end(&forged.a);
    }
    arena_end(&t.a);
}

static void a_proof_with_one_bit_changed_is_refused(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    static const int pairs[][2] = {{3, 7}, {4, 8}, {6, 8}, {1, 2}, {17, 40}, {33, 64}};
    for (size_t p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
        struct wire_request r = tree_request(&t, pairs[p][0], pairs[p][1]);
        for (int bit = 0; bit < r.growth.len * 256; bit++) {
            struct signer s = tree_signer(&t, pairs[p][0]);
            unsigned char *at = &r.growth.at[bit / 256].b[bit % 256 / 8];
            *at ^= (unsigned char)(1u << bit % 8);
            assert_int_equal(signer_judge(&s, &r), VERDICT_INCONSISTENT);
            *at ^= (unsigned char)(1u << bit % 8);
        }
        struct signer s = tree_signer(&t, pairs[p][0]);
        r.growth.len--;
        assert_int_equal(signer_judge(&s, &r), VERDICT_INCONSISTENT);
    }
    arena_end(&t.a);
}

static void a_proof_from_elsewhere_is_asked_for_again(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    struct signer s = tree_signer(&t, 5);
    for (int from = 1; from <= 10; from++) {
        if (from == 5) {
            continue;
        }
        struct wire_request r = tree_request(&t, from, 10);
        struct wire_answer x = tree_ask(&t, &s, &r);
        assert_int_equal(x.verdict, VERDICT_OLD);
        assert_int_equal(x.last.size, 5);
        assert_true(hash_eq(x.last.root, tree_root(&t, 5)));
    }
    struct wire_request r = tree_request(&t, 5, 10);
    assert_int_equal(tree_ask(&t, &s, &r).verdict, VERDICT_SIGNED);
    arena_end(&t.a);
}

static void another_log_is_refused(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    struct signer s = tree_signer(&t, 0);
    struct wire_request r = tree_request(&t, 0, 3);
    r.cp.origin = STR("other.example/ledger");
    assert_int_equal(tree_ask(&t, &s, &r).verdict, VERDICT_OTHER);
    arena_end(&t.a);
}

/* What is on the wire is read back as it was, and nothing like it is. */
static void every_packet_with_one_byte_changed_is_another_or_none(void **state)
{
    (void)state;
    struct tree t = tree_make(1);
    struct wire_request r = tree_request(&t, 5, 10);
    str packet = wire_put_request(&t.a, &r);
    char *copy = arena_bytes(&t.a, packet.len);
    int refused = 0;
    for (size_t i = 0; i < packet.len; i++) {
        memcpy(copy, packet.ptr, packet.len);
        copy[i] = (char)(copy[i] ^ 1);
        struct wire_request back;
        str changed = str_from_n(copy, packet.len);
        if (wire_get_request(changed, &back).code) {
            refused++;
        } else {
            assert_true(str_eq(wire_put_request(&t.a, &back), changed));
        }
        assert_int_not_equal(wire_get_request(str_from_n(packet.ptr, i), &back).code, ERR_NONE);
    }
    assert_true(refused > 20);
    arena_end(&t.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_continues_the_last_checkpoint_is_signed),
        cmocka_unit_test(a_smaller_log_is_refused_with_both_sizes),
        cmocka_unit_test(another_history_is_refused_whatever_it_proves),
        cmocka_unit_test(one_changed_entry_is_enough),
        cmocka_unit_test(a_proof_with_one_bit_changed_is_refused),
        cmocka_unit_test(a_proof_from_elsewhere_is_asked_for_again),
        cmocka_unit_test(another_log_is_refused),
        cmocka_unit_test(every_packet_with_one_byte_changed_is_another_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
