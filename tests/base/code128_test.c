/* Symbols, check characters and widths worked out by hand from ISO/IEC 15417. */
#include "base/code128.h"

#include "support/test.h"

#include <string.h>

static const struct {
    const char *text;
    int n;
    unsigned char values[16];
} rows[] = {
    /* start B, one symbol a letter; 88 is the check character */
    {"Wikipedia", 12, {104, 55, 73, 75, 73, 80, 69, 68, 73, 65, 88, 106}},
    {"123456", 6, {105, 12, 34, 56, 44, 106}},
    {"12", 4, {105, 12, 14, 106}},
    {"1", 4, {104, 17, 18, 106}},
    {"A", 4, {104, 33, 34, 106}},
    /* digits at the end in set C; an odd one before them stays in B */
    {"AB1234", 8, {104, 33, 34, 99, 12, 34, 102, 106}},
    {"A12345", 8, {104, 33, 17, 99, 23, 45, 64, 106}},
    /* four digits between letters are not worth two changes */
    {"A1234B", 9, {104, 33, 17, 18, 19, 20, 34, 90, 106}},
    /* from C back to B */
    {"1234AB", 8, {105, 12, 34, 100, 33, 34, 66, 106}},
};

static void symbols_are_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct code128 c;
        assert_true(code128(str_from(rows[i].text), &c));
        if (c.n != rows[i].n || memcmp(c.values, rows[i].values, (size_t)c.n) != 0) {
            fail_msg("%s: %d symbols, check %d", rows[i].text, c.n, c.values[c.n - 2]);
        }
        assert_int_equal(c.modules, (c.n - 1) * 11 + 13);
        assert_int_equal(c.nwidths, (c.n - 1) * 6 + 7);
    }
}

/* Every pattern: 11 modules, bars an even number of them, none of another's shape. */
static void patterns_differ_and_check_themselves(void **state)
{
    (void)state;
    unsigned char seen[95][6];
    for (int ch = 0; ch < 95; ch++) {
        char text[] = {(char)(ch + ' '), 'x', '\0'};
        struct code128 c;
        assert_true(code128(str_from(text), &c));
        const unsigned char *w = c.widths + 6; /* after the start */
        assert_int_equal(w[0] + w[1] + w[2] + w[3] + w[4] + w[5], 11);
        assert_int_equal((w[0] + w[2] + w[4]) % 2, 0);
        memcpy(seen[ch], w, 6);
        for (int k = 0; k < ch; k++) {
            assert_true(memcmp(seen[k], w, 6) != 0);
        }
    }
}

static void what_cannot_be_bars_is_told(void **state)
{
    (void)state;
    struct code128 c;
    char most[CODE128_TEXT_MAX + 2];
    memset(most, '1', sizeof(most));
    assert_false(code128(STR(""), &c));
    assert_false(code128(STR("\x1f"), &c));
    assert_false(code128(STR("\x7f"), &c));
    assert_false(code128(STR("设备"), &c));
    assert_true(code128(str_from_n(most, CODE128_TEXT_MAX), &c));
    assert_false(code128(str_from_n(most, CODE128_TEXT_MAX + 1), &c));
    /* the worst there is: back and forth */
    assert_true(code128(STR("1234a123456a123456a123456a123456a123456a123456a1"), &c));
    assert_true(c.n <= CODE128_SYMBOLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_as_the_standard_says),
        cmocka_unit_test(patterns_differ_and_check_themselves),
        cmocka_unit_test(what_cannot_be_bars_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
