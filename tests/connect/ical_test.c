/* A calendar as programs read it: RFC 5545's folding, escapes and whole days. */
#include "connect/ical.h"

#include "support/test.h"

static struct arena arena;

static str one(struct ical_day d)
{
    struct buf b = buf_make(&arena, 1 << 20);
    ical_begin(&b, STR("日历"));
    ical_put(&b, &d, 1774411200123); /* 2026-03-25 04:00:00.123 UTC */
    ical_end(&b);
    return buf_str(&b);
}

/* Lines put together again (3.1). */
static str unfolded(str text)
{
    struct buf b = buf_make(&arena, 1 << 20);
    for (size_t i = 0; i < text.len; i++) {
        bool fold = i + 2 < text.len && memcmp(text.ptr + i, "\r\n ", 3) == 0;
        i += fold ? 2 : 0;
        if (!fold) {
            buf_put_c(&b, text.ptr[i]);
        }
    }
    return buf_str(&b);
}

static void a_day_is_written_as_the_standard_says(void **state)
{
    (void)state;
    str text = one((struct ical_day){.uid = STR("7@https://a.example"),
                                     .day = 20537, /* 2026-03-25 */
                                     .summary = STR("盘点"),
                                     .description = STR("待完成"),
                                     .url = STR("https://a.example/r/duty_run/7")});
    static const char whole[] =
        "BEGIN:VEVENT\r\nUID:7@https://a.example\r\nDTSTAMP:20260325T040000Z\r\n"
        "DTSTART;VALUE=DATE:20260325\r\nDTEND;VALUE=DATE:20260326\r\nSUMMARY:盘点\r\n"
        "DESCRIPTION:待完成\r\nURL:https://a.example/r/duty_run/7\r\nSTATUS:CONFIRMED\r\n"
        "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_true(str_starts(text, STR("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")));
    assert_true(str_has(text, STR("X-WR-CALNAME:日历\r\n")));
    assert_true(str_ends(text, str_from(whole)));
}

static void no_text_leaves_its_line(void **state)
{
    (void)state;
    str text = unfolded(one((struct ical_day){
        .uid = STR("1@x"), .summary = STR("a;b,c\\d\r\nEND:VEVENT\tz\x7f"), .cancelled = true}));
    assert_true(str_has(text, STR("\r\nSUMMARY:a\\;b\\,c\\\\d\\nEND:VEVENTz\r\n")));
    assert_true(str_has(text, STR("\r\nSTATUS:CANCELLED\r\n")));
    assert_false(str_has(text, STR("URL:")));
}

static void long_lines_are_folded_between_characters(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        struct buf b = buf_make(&arena, 1 << 16);
        for (int i = 0; i < shift; i++) {
            buf_put_c(&b, 'x');
        }
        for (int i = 0; i < 200; i++) {
            buf_put(&b, STR("设备"));
        }
        str text = one((struct ical_day){.uid = STR("1@x"), .summary = buf_str(&b)});
        size_t line = 0;
        for (size_t i = 0; i < text.len; i++) {
            bool end = i + 1 < text.len && text.ptr[i] == '\r' && text.ptr[i + 1] == '\n';
            assert_true(!end || line <= 75);
            line = end ? 0 : line + 1;
            i += end;
        }
        assert_true(str_utf8_ok(text));
        str want = str_fmt(&arena, "\r\nSUMMARY:%.*s\r\n", STR_ARG(buf_str(&b)));
        assert_true(str_has(unfolded(text), want));
        for (str rest = text; rest.ptr;) { /* each line is text by itself */
            assert_true(str_utf8_ok(str_cut(rest, '\n', &rest)));
        }
    }
}

static int begin(void **state)
{
    (void)state;
    arena = arena_make(16 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_end(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_written_as_the_standard_says),
        cmocka_unit_test(no_text_leaves_its_line),
        cmocka_unit_test(long_lines_are_folded_between_characters),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
