/* json_read_own gives what json_read gives, for our own texts and for any other. */
#include "base/arena.h"
#include "base/json.h"

#include "support/test.h"

static void same(const struct json_value *a, const struct json_value *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->len, b->len);
    assert_true(a->i64 == b->i64);
    assert_true(str_eq(a->text, b->text));
    for (size_t i = 0; i < a->len; i++) {
        if (a->kind == JV_OBJECT) { /* jansson keeps no order */
            const struct json_value *other = json_get(b, a->keys[i]);
            assert_non_null(other);
            same(&a->items[i], other);
        } else {
            same(&a->items[i], &b->items[i]);
        }
    }
}

static void both_ways(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{}",
        "7",
        "-9223372036854775808",
        "null",
        "\"打印机\"",
        "[1,[2,[3,[]]],{\"a\":{}}]",
        "[{\"f\":\"summary\",\"o\":null,\"n\":\"卡纸\"},{\"f\":\"n\",\"o\":1,\"n\":true}]",
        "{\"a\":\"x\\n\\\"y\\\\\\u0007\",\"b\":[false]}",
        " [1, 2] ",
        "1.5",
        "[1e3]",
        /* mistakes */
        "",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1",
        "tru",
        "-",
        "[1]x",
        "9223372036854775808",
        "\"open",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
    };
    struct arena a = arena_make(4 << 20);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct json_value *x = NULL, *y = NULL;
        err e = json_read(&a, str_from(texts[i]), &x);
        err f = json_read_own(&a, str_from(texts[i]), &y);
        assert_int_equal(e.code, f.code);
        if (!e.code) {
            same(x, y);
        }
    }
    arena_end(&a);
}

/* Every beginning of a text, and every byte of it spoilt. */
static void spoilt(void **state)
{
    (void)state;
    static const char text[] = "[{\"f\":\"a\",\"o\":null,\"n\":-12},{\"k\":[true,\"x\"]}]";
    struct arena a = arena_make(4 << 20);
    for (size_t i = 0; i < 2 * sizeof(text); i++) {
        char copy[sizeof(text)];
        memcpy(copy, text, sizeof(text));
        size_t n = i < sizeof(text) ? i : sizeof(text) - 1;
        if (i >= sizeof(text)) {
            copy[(i - sizeof(text)) % (sizeof(text) - 1)] = '}';
        }
        const struct json_value *x = NULL, *y = NULL;
        err e = json_read(&a, str_from_n(copy, n), &x);
        err f = json_read_own(&a, str_from_n(copy, n), &y);
        assert_int_equal(e.code, f.code);
        if (!e.code) {
            same(x, y);
        }
        arena_reset(&a);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways), cmocka_unit_test(spoilt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
