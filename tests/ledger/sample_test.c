/* A sample is drawn as it was written down beforehand; a witness's signature is its own. */
#include "base/arena.h"
#include "ledger/cosign.h"
#include "ledger/sample.h"

#include "support/dbs.h"
#include "support/test.h"

#include <string.h>

static struct hash hex(const char *digits)
{
    struct hash h = {{0}};
    for (int i = 0; i < HASH_LEN; i++) {
        unsigned v = 0;
        assert_int_equal(sscanf(digits + 2 * i, "%2x", &v), 1);
        h.b[i] = (unsigned char)v;
    }
    return h;
}

static void the_draw_is_the_one_that_was_written_down(void **state)
{
    static const int64_t want[] = {47062, 89205, 18855, 34102, 143287};
    struct arena a = arena_make(1 << 20);
    struct hasher *h = hash_make(&a);
    int64_t got[5];
    struct hash root = hex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    struct hash seed = hex("1c3dccba962bc8f82f8319e2ec641e2c96c30e1abf25f47be442db656a987042");
    struct hash is =
        sample_seed(h, &root, STR("auditor-nonce"), STR("AUDIT-2026-H1"), STR("CHG-01"));
    (void)state;
    assert_true(hash_eq(seed, is));
    assert_int_equal(sample_draw(h, &seed, 154421, 5, got), 5);
    assert_memory_equal(got, want, sizeof(want));
    arena_end(&a);
}

static void a_draw_of_all_is_each_once(void **state)
{
    struct arena a = arena_make(1 << 20);
    struct hasher *h = hash_make(&a);
    struct hash seed = hash_of(h, STR("x"));
    int64_t got[SAMPLE_MAX];
    bool seen[17] = {false};
    (void)state;
    assert_int_equal(sample_draw(h, &seed, 0, 5, got), 0);
    assert_int_equal(sample_draw(h, &seed, 17, 100, got), 17);
    for (int i = 0; i < 17; i++) {
        assert_true(got[i] >= 0 && got[i] < 17 && !seen[got[i]]);
        seen[got[i]] = true;
    }
    assert_int_equal(sample_draw(h, &seed, INT64_MAX, SAMPLE_MAX + 5, got), SAMPLE_MAX);
    assert_false(sample_text_ok(STR("")));
    assert_false(sample_text_ok(STR("a\nb")));
    assert_true(sample_text_ok(STR("2026 年上半年")));
    arena_end(&a);
}

/* --- cosignatures ----------------------------------------------------------------------- */

struct two {
    struct arena a;
    struct hasher *h;
    struct note_signer log, witness, other;
    str note;
};

static struct two two_make(void)
{
    static const unsigned char seed[3][NOTE_SEED_LEN] = {"log", "witness", "other"};
    struct two t = {.a = arena_make(4 << 20)};
    t.h = hash_make(&t.a);
    dbs_ok(note_signer(t.h, STR("log.example"), seed[0], &t.log));
    dbs_ok(cosign_signer(t.h, STR("w.example/1"), seed[1], &t.witness));
    dbs_ok(cosign_signer(t.h, STR("w.example/2"), seed[2], &t.other));
    struct note_checkpoint cp = {
        .origin = STR("log.example"), .size = 8, .root = hash_of(t.h, STR("root"))};
    t.note = note_write(&t.a, &t.log, &cp);
    return t;
}

static void a_cosignature_counts_once_and_only_for_its_checkpoint(void **state)
{
    struct two t = two_make();
    struct note_key keys[2] = {t.witness.key, t.other.key};
    struct note_checkpoint cp;
    str one;
    int64_t at[2];
    int n = 0;
    (void)state;
    dbs_ok(cosign_line(&t.a, &t.witness, t.note, 1679315147, &one));
    dbs_ok(cosign_count(t.note, keys, 2, at, &n));
    assert_int_equal(n, 0);
    str both = str_fmt(&t.a, "%.*s%.*s%.*s", STR_ARG(t.note), STR_ARG(one), STR_ARG(one));
    dbs_ok(cosign_count(both, keys, 2, at, &n));
    assert_int_equal(n, 1);
    assert_int_equal(at[0], 1679315147);
    assert_int_equal(at[1], -1);
    dbs_ok(note_open(both, &t.log.key, 1, &cp, NULL)); /* still the log's */
    assert_true(str_eq(cosign_pick(t.note, one, &t.witness.key), one));
    assert_int_equal(cosign_pick(t.note, one, &t.other.key).len, 0);
    char *bad = arena_bytes(&t.a, both.len);
    memcpy(bad, both.ptr, both.len);
    bad[t.log.key.name.len + 1] = '9'; /* another size: the line is of no such checkpoint */
    assert_int_equal(cosign_count(str_from_n(bad, both.len), keys, 2, at, &n).code, ERR_DENIED);
    arena_end(&t.a);
}

static void a_witness_is_no_log(void **state)
{
    struct two t = two_make();
    struct note_key k;
    str vkey = cosign_vkey(&t.a, &t.witness.key);
    (void)state;
    dbs_ok(cosign_key_parse(t.h, &t.a, vkey, &k));
    assert_int_equal(k.id, t.witness.key.id);
    assert_int_equal(note_key_parse(t.h, &t.a, vkey, &k).code, ERR_VALUE);
    assert_int_equal(cosign_key_parse(t.h, &t.a, note_vkey(&t.a, &t.log.key), &k).code, ERR_VALUE);
    arena_end(&t.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_draw_is_the_one_that_was_written_down),
        cmocka_unit_test(a_draw_of_all_is_each_once),
        cmocka_unit_test(a_cosignature_counts_once_and_only_for_its_checkpoint),
        cmocka_unit_test(a_witness_is_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
