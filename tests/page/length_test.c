/* The value of a setting in the words of a language: what a page shows can be typed back, and
 * means the same; what a definition writes is left as it is. */
#include "base/arena.h"
#include "page/length.h"

#include "../support/test.h"

static void assert_text(str have, const char *want)
{
    assert_int_equal(have.len, str_from(want).len);
    assert_memory_equal(have.ptr, want, have.len);
}

static void what_is_shown_can_be_typed(void **state)
{
    (void)state;
    static const struct {
        enum vkind kind;
        const char *written, *zh, *en;
    } rows[] = {
        {V_WORKHOURS, "1 workhours", "1 个工作小时", "1 working hour"},
        {V_WORKHOURS, "16 workhours", "16 个工作小时", "16 working hours"},
        {V_WORKHOURS, "90m", "90 工作分钟", "90 working minutes"},
        {V_WORKDAYS, "3 workdays", "3 个工作日", "3 working days"},
        {V_WORKDAYS, "1 workday", "1 个工作日", "1 working day"},
        {V_DAYS, "30 days", "30 天", "30 days"},
        {V_MONTHS, "6 months", "6 个月", "6 months"},
        {V_MONTHS, "2 years", "24 个月", "24 months"},
        {V_DURATION, "30m", "30 分钟", "30 minutes"},
        {V_DURATION, "2h", "2 个小时", "2 hours"},
        {V_DURATION, "2d", "2 天", "2 days"},
    };
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t want;
        int64_t have;
        str text;
        assert_true(expr_literal(str_from(rows[i].written), rows[i].kind, &want, &text));
        for (int lang = 0; lang < 2; lang++) {
            str shown =
                length_shown(&a, rows[i].kind, str_from(rows[i].written), lang ? LANG_EN : LANG_ZH);
            assert_text(shown, lang ? rows[i].en : rows[i].zh);
            assert_true(
                expr_literal(length_typed(&a, rows[i].kind, shown), rows[i].kind, &have, &text));
            assert_int_equal(have, want);
        }
    }
    arena_end(&a);
}

static void what_is_no_length_in_words_is_left_alone(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    assert_text(length_typed(&a, V_WORKHOURS, STR(" 4 workhours ")), "4 workhours");
    assert_text(length_typed(&a, V_WORKHOURS, STR("4 天")), "4 天"); /* refused by who reads it */
    assert_text(length_typed(&a, V_WORKHOURS, STR("两个工作小时")), "两个工作小时");
    assert_text(length_typed(&a, V_DURATION, STR("4 hourss")), "4 hourss");
    assert_text(length_typed(&a, V_TEXT, STR("3 天")), "3 天");
    assert_text(length_typed(&a, V_DAYS, STR("")), "");
    assert_text(length_typed(&a, V_DAYS, STR("1234567890123456789 天")), "1234567890123456789 天");
    assert_text(length_shown(&a, V_WORKHOURS, STR("many"), LANG_ZH), "many");
    assert_text(length_shown(&a, V_TEXT, STR("30m"), LANG_EN), "30m");
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_can_be_typed),
        cmocka_unit_test(what_is_no_length_in_words_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
