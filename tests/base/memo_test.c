/* What a memo finds, what it bounds, when it forgets. */
#include "base/memo.h"

#include "support/test.h"

static const char maker, other_maker;

static struct memo_key key(const void *by, int64_t n, uint64_t stamp)
{
    return (struct memo_key){.maker = by, .of = &maker, .n = n, .stamp = stamp};
}

static int64_t *keep(struct memo *m, struct arena *a, struct memo_key k, int64_t value)
{
    struct arena *room = memo_room(m, a);
    int64_t *v = arena_new(room, int64_t);
    *v = value;
    memo_keep(m, k, v, room);
    return v;
}

static void a_value_is_found_by_all_words_of_its_key(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct memo m = memo_make();
    assert_null(memo_find(&m, key(&maker, 1, 7)));
    const int64_t *v = keep(&m, &a, key(&maker, 1, 7), 42);
    assert_ptr_equal(memo_find(&m, key(&maker, 1, 7)), v);
    assert_null(memo_find(&m, key(&other_maker, 1, 7)));
    assert_null(memo_find(&m, key(&maker, 2, 7)));
    assert_null(memo_find(&m, key(&maker, 1, 8))); /* the same address, another model */
    memo_end(&m);
    arena_end(&a);
}

static void a_full_memo_keeps_nothing_more_and_loses_nothing(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct memo m = memo_make();
    for (int64_t i = 0; i < MEMO_MOST; i++) {
        keep(&m, &a, key(&maker, i, 1), i);
    }
    assert_ptr_equal(memo_room(&m, &a), &a);
    keep(&m, &a, key(&maker, MEMO_MOST, 1), 0);
    assert_null(memo_find(&m, key(&maker, MEMO_MOST, 1)));
    for (int64_t i = 0; i < MEMO_MOST; i++) {
        const int64_t *v = memo_find(&m, key(&maker, i, 1));
        assert_non_null(v);
        assert_int_equal(*v, i);
    }
    memo_tidy(&m);
    assert_null(memo_find(&m, key(&maker, 0, 1)));
    keep(&m, &a, key(&maker, 0, 1), 5);
    memo_tidy(&m); /* not full: nothing is forgotten */
    assert_non_null(memo_find(&m, key(&maker, 0, 1)));
    memo_end(&m);
    arena_end(&a);
}

static void bytes_are_bounded_like_values(void **state)
{
    (void)state;
    struct arena a = arena_make(16 << 20);
    struct memo m = memo_make();
    struct arena *room = memo_room(&m, &a);
    arena_bytes(room, MEMO_BYTES);
    assert_ptr_equal(memo_room(&m, &a), &a);
    memo_end(&m);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_by_all_words_of_its_key),
        cmocka_unit_test(a_full_memo_keeps_nothing_more_and_loses_nothing),
        cmocka_unit_test(bytes_are_bounded_like_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
