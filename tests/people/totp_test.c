/* Codes as the RFCs print them, and when one is right. */
#include "base/arena.h"
#include "base/enc.h"
#include "people/totp.h"

#include "support/test.h"

#include <string.h>

#define KEY STR("12345678901234567890") /* of both RFCs */

/* RFC 4226 appendix D by counter; RFC 6238 appendix B (SHA-1) by time, of eight
 * digits the last six. */
static void the_codes_of_the_rfcs(void **state)
{
    static const struct {
        int64_t step;
        const char *code;
    } rows[] = {
        {0, "755224"},
        {1, "287082"},
        {2, "359152"},
        {3, "969429"},
        {4, "338314"},
        {5, "254676"},
        {6, "287922"},
        {7, "162583"},
        {8, "399871"},
        {9, "520489"},
        {59 / 30, "287082"},
        {1111111109 / 30, "081804"},
        {1111111111 / 30, "050471"},
        {1234567890 / 30, "005924"},
        {2000000000 / 30, "279037"},
        {20000000000 / 30, "353130"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char code[TOTP_DIGITS + 1];
        totp_code(KEY, rows[i].step, code);
        assert_string_equal(code, rows[i].code);
    }
}

static void a_code_is_right_for_three_steps_and_once(void **state)
{
    enum { STEP = 58000000 };
    (void)state;
    char code[TOTP_DIGITS + 1];
    totp_code(KEY, STEP, code);
    str c = str_from(code);
    for (int64_t off = -3; off <= 3; off++) {
        int64_t step = 0;
        int64_t now = (STEP + off) * TOTP_STEP_MS + 29999;
        bool right = totp_match(KEY, now, 0, c, &step);
        assert_int_equal(right, off >= -TOTP_WINDOW && off <= TOTP_WINDOW);
        if (right) {
            assert_int_equal(step, STEP);
            assert_false(totp_match(KEY, now, STEP, c, &step));     /* used */
            assert_false(totp_match(KEY, now, STEP + 1, c, &step)); /* a later one was */
            assert_true(totp_match(KEY, now, STEP - 1, c, &step));
        }
    }
}

static void nothing_else_is_a_code(void **state)
{
    static const char *const bad[] = {"", "0", "12345", "1234567", "abcdef", "      "};
    (void)state;
    int64_t step;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(totp_match(KEY, 1767578400000, 0, str_from(bad[i]), &step));
    }
    assert_false(totp_match(KEY, -1, -10, STR("755224"), &step));
}

static void base32_is_that_of_rfc_4648(void **state)
{
    static const struct {
        const char *plain, *typed;
    } rows[] = {{"", ""},
                {"f", "MY"},
                {"fo", "MZXQ"},
                {"foo", "MZXW6"},
                {"foob", "MZXW6YQ"},
                {"fooba", "MZXW6YTB"},
                {"foobar", "MZXW6YTBOI"}};
    (void)state;
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(enc_base32(&a, str_from(rows[i].plain)).ptr, rows[i].typed);
    }
    assert_string_equal(totp_typed(&a, KEY).ptr, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_string_equal(totp_uri(&a, KEY, STR("信息 &中心"), STR("li.lei")).ptr,
                        "otpauth://totp/%E4%BF%A1%E6%81%AF%20%26%E4%B8%AD%E5%BF%83:li.lei"
                        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        "&issuer=%E4%BF%A1%E6%81%AF%20%26%E4%B8%AD%E5%BF%83");
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_of_the_rfcs),
        cmocka_unit_test(a_code_is_right_for_three_steps_and_once),
        cmocka_unit_test(nothing_else_is_a_code),
        cmocka_unit_test(base32_is_that_of_rfc_4648),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
