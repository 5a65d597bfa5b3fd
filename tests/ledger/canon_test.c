#include "base/arena.h"
#include "ledger/canon.h"

#include "support/test.h"

static int set_up(void **state)
{
    static struct arena a;
    a = arena_make(1 << 20);
    *state = &a;
    return 0;
}

static int tear_down(void **state)
{
    arena_end(*state);
    return 0;
}

static void assert_str(str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void keys_are_sorted_by_bytes_whatever_the_order_they_came_in(void **state)
{
    const char *orders[] = {"a b ab z \u4e00 Z", "\u4e00 z b ab a Z", "Z a ab b z \u4e00"};
    for (size_t i = 0; i < 3; i++) {
        struct canon *c = canon_make(*state);
        for (str rest = str_from(orders[i]); rest.ptr;) {
            str key = str_cut(rest, ' ', &rest);
            canon_i64(c, key, 1);
        }
        str body;
        assert_int_equal(canon_end(c, &body).code, ERR_NONE);
        assert_str(body, "{\"Z\":1,\"a\":1,\"ab\":1,\"b\":1,\"z\":1,\"\u4e00\":1}");
        assert_true(canon_ok(body));
    }
}

static struct canon *everything(struct arena *a)
{
    struct canon *c = canon_make(a);
    canon_list(c, STR("seats"));
    canon_str(c, NO_KEY, STR("first"));
    canon_i64(c, NO_KEY, -3);
    canon_map(c, NO_KEY);
    canon_null(c, STR("y"));
    canon_str(c, STR("x"), STR(""));
    canon_close(c);
    canon_list(c, NO_KEY);
    canon_close(c);
    canon_close(c);
    canon_i64(c, STR("min"), INT64_MIN);
    canon_i64(c, STR("max"), INT64_MAX);
    canon_str(c, STR("text"), STR("\u5236\u5ea6 \"\\/ \b\t\n\f\r\0\x1f \x7f"));
    canon_map(c, STR("empty"));
    canon_close(c);
    return c;
}

static const char everything_text[] =
    "{\"empty\":{},\"max\":9223372036854775807,\"min\":-9223372036854775808,"
    "\"seats\":[\"first\",-3,{\"x\":\"\",\"y\":null},[]],"
    "\"text\":\"\u5236\u5ea6 \\\"\\\\/ \\b\\t\\n\\f\\r\\u0000\\u001f \x7f\"}";

static void every_kind_of_value_has_its_one_form(void **state)
{
    str body;
    assert_int_equal(canon_end(everything(*state), &body).code, ERR_NONE);
    assert_str(body, everything_text);
    assert_true(canon_ok(body));
}

static void what_was_written_is_read_back(void **state)
{
    str body;
    assert_int_equal(canon_end(everything(*state), &body).code, ERR_NONE);
    struct canon_value v;
    assert_true(canon_find(body, STR("min"), &v));
    assert_int_equal(v.kind, CANON_I64);
    assert_true(v.i64 == INT64_MIN);
    assert_true(canon_find(body, STR("text"), &v));
    assert_true(str_eq(canon_text(*state, v), STR("\u5236\u5ea6 \"\\/ \b\t\n\f\r\0\x1f \x7f")));
    assert_false(canon_find(body, STR("first"), &v));
    assert_true(canon_find(body, STR("seats"), &v));
    assert_int_equal(v.kind, CANON_LIST);

    struct canon_walk w = canon_walk(v.raw);
    const enum canon_kind kinds[] = {CANON_STR, CANON_I64, CANON_MAP, CANON_LIST};
    str key;
    for (size_t i = 0; i < 4; i++) {
        assert_true(canon_next(&w, &key, &v));
        assert_int_equal(v.kind, kinds[i]);
        assert_int_equal(key.len, 0);
    }
    assert_false(canon_next(&w, &key, &v));
    assert_false(w.bad);
    assert_false(canon_next(&w, &key, &v));
}

static void mistakes_of_the_caller_are_refused(void **state)
{
    str body = STR("untouched");
    struct canon *c = canon_make(*state);
    canon_i64(c, STR("b"), 1);
    canon_i64(c, STR("a"), 1);
    canon_i64(c, STR("b"), 2);
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);

    c = canon_make(*state);
    canon_str(c, STR("a"), STR("\xff"));
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);

    c = canon_make(*state);
    canon_i64(c, STR("a\"b"), 1);
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);

    c = canon_make(*state);
    canon_list(c, STR("a"));
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);

    c = canon_make(*state);
    canon_close(c);
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);

    c = canon_make(*state);
    for (int i = 0; i < CANON_DEPTH_MAX; i++) {
        canon_map(c, STR("a"));
    }
    assert_int_equal(canon_end(c, &body).code, ERR_VALUE);
    assert_str(body, "untouched");
}

static void only_the_canonical_form_is_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {"{}", "{\"a\":0}", "{\"a\":[]}", "{\"a\":{\"b\":[null]}}"};
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        " {}",
        "{} ",
        "{}{}",
        "{\"a\": 1}",
        "{\"a\":01}",
        "{\"a\":-0}",
        "{\"a\":+1}",
        "{\"a\":1.0}",
        "{\"a\":1e3}",
        "{\"a\":9223372036854775808}",
        "{\"a\":-}",
        "{\"a\":true}",
        "{\"a\":nul}",
        "{\"b\":1,\"a\":1}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":\"\\u0041\"}",
        "{\"a\":\"\\u000a\"}",
        "{\"a\":\"\\u001F\"}",
        "{\"a\":\"\\/\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"}",
        "{\"a\\n\":1}",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":\"\xff\"}",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(canon_ok(str_from(good[i])));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (canon_ok(str_from(wrong[i]))) {
            fail_msg("accepted: %s", wrong[i]);
        }
    }
}

static void every_damaged_text_is_read_without_harm(void **state)
{
    for (size_t cut = 0; cut < sizeof(everything_text) - 1; cut++) {
        char *copy = arena_bytes(*state, cut + 1);
        memcpy(copy, everything_text, cut);
        str text = str_from_n(copy, cut);
        assert_false(canon_ok(text));
        struct canon_walk w = canon_walk(text);
        struct canon_value v;
        str key;
        while (canon_next(&w, &key, &v)) {
            assert_true(v.raw.len > 0);
        }
        assert_true(w.bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_sorted_by_bytes_whatever_the_order_they_came_in,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_kind_of_value_has_its_one_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_written_is_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_of_the_caller_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_canonical_form_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_damaged_text_is_read_without_harm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
