/* What a page is made of: text that becomes HTML, and what a page cites. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/html.h"
#include "base/markdown.h"

#include "support/test.h"

#include <string.h>

static void same(str have, const char *want)
{
    str w = str_from(want);
    if (!str_eq(have, w)) {
        fail_msg("have \"%.*s\", want \"%s\"", STR_ARG(have), want);
    }
}

static void lines_of_a_paragraph_join_as_their_language_wants(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"一行。\n又一行", "<p>一行。又一行</p>"},
        {"one line\nanother", "<p>one line\nanother</p>"},
        {"中文\nthen English", "<p>中文then English</p>"},
        {"English\n然后中文", "<p>English\n然后中文</p>"},
        {"第一段\n\n第二段", "<p>第一段</p><p>第二段</p>"},
        {"é\nè", "<p>é\nè</p>"},
    };
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        same(markdown_html(&a, str_from(rows[i].text)).html, rows[i].html);
    }
    /* what is typed into a form keeps its lines */
    same(markdown_lines_html(&a, STR("一行。\n又一行\n\n- a\n  b")).html,
         "<p>一行。<br>又一行</p><ul><li>a<br>b</li></ul>");
    same(markdown_lines_html(&a, STR("`a\nb`")).html, "<p><code>a b</code></p>");
    arena_end(&a);
}

/* One line of words is not parsed; with a newline behind it, it is. */
static void what_is_not_parsed_reads_as_if_it_were(void **state)
{
    (void)state;
    enum { TEXTS = 200000, MOST = 9, PARTS = 40 };
    str parts[PARTS],
        rest = STR("a|Z|9|1.|12)| |  |(|)|,|%|.|/|//|;|?|中|文|。|（|www.x.cn|amp;|é|"
                   "\xff|\xe3\x80\x80|\xc2\xa0|\xe2\x80\x8b"); /* U+3000, 00A0, 200B */
    size_t nparts = 0;
    while (rest.len) {
        parts[nparts++] = str_cut(rest, '|', &rest);
    }
    struct arena a = arena_make(1 << 20);
    uint64_t chance = 88172645463325252u;
    for (int i = 0; i < TEXTS; i++) {
        struct buf text = buf_make(&a, 64);
        for (uint64_t k = 0, n = 1 + chance % MOST; k < n; k++) {
            chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
            buf_put(&text, parts[chance % nparts]);
        }
        str one = buf_str(&text);
        str two = str_fmt(&a, "%.*s\n", STR_ARG(one));
        str html = markdown_html(&a, one).html;
        assert_true(str_eq(html, markdown_html(&a, two).html));
        arena_reset(&a);
    }
    arena_end(&a);
}

static void a_list_keeps_its_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"},
        {"3. c\n4. d", "<ol start=\"3\"><li>c</li><li>d</li></ol>"},
        {"0. z", "<ol start=\"0\"><li>z</li></ol>"},
        {"- x", "<ul><li>x</li></ul>"},
    };
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        same(markdown_html(&a, str_from(rows[i].text)).html, rows[i].html);
    }
    arena_end(&a);
}

/* Each special character at each place of texts of each length, between all other bytes. */
static void what_html_reads_as_its_own_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    static const struct {
        char c;
        const char *html;
    } rows[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    enum { LONGEST = 70 };
    struct arena a = arena_make(1 << 20);
    unsigned char others[LONGEST];
    for (unsigned c = 0, i = 0; i < LONGEST; c = (c + 101) % 256) {
        if (!strchr("&<>\"'", (int)c) && c) {
            others[i++] = (unsigned char)c;
        }
    }
    for (size_t n = 1; n <= LONGEST; n++) {
        for (size_t at = 0; at < n; at++) {
            const char *c = rows[(n + at) % 5].html;
            char text[LONGEST];
            struct html out = html_begin(&a, LANG_ZH);
            memcpy(text, others, n);
            text[at] = rows[(n + at) % 5].c;
            html_str(&out, str_from_n(text, n));
            html_str(&out, str_from_n(text, at)); /* and none is escaped that need not be */
            str want = str_fmt(&a, "%.*s%s%.*s%.*s", (int)at, text, c, (int)(n - at - 1),
                               text + at + 1, (int)at, text);
            assert_true(str_eq(html_end(&out), want));
            arena_reset(&a);
        }
    }
    arena_end(&a);
}

static void a_number_is_written_digit_by_digit(void **state)
{
    (void)state;
    static const struct {
        int64_t v;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {10, "10"},
                {99, "99"},
                {100, "100"},
                {105, "105"},
                {-1, "-1"},
                {-10, "-10"},
                {12345, "12345"},
                {245726846521344, "245726846521344"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct html out = html_begin(&a, LANG_ZH);
        html_i64(&out, rows[i].v);
        same(html_end(&out), rows[i].text);
        arena_reset(&a);
    }
    arena_end(&a);
}

static void a_page_cites_each_thing_once_and_not_without_end(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct html out = html_begin(&a, LANG_ZH);
    static int things[HTML_CITED_MAX + 1];
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < HTML_CITED_MAX; i++) {
            assert_true(html_cite(&out, &things[i]));
        }
    }
    assert_int_equal(out.ncited, HTML_CITED_MAX);
    assert_ptr_equal(out.cited[0], &things[0]);
    assert_ptr_equal(out.cited[HTML_CITED_MAX - 1], &things[HTML_CITED_MAX - 1]);
    assert_false(html_cite(&out, &things[HTML_CITED_MAX]));
    assert_true(html_cite(&out, &things[1]));
    arena_end(&a);
}

static void chinese_on_an_english_page_is_marked_as_chinese(void **state)
{
    (void)state;
    static const struct {
        enum lang lang;
        const char *text, *html;
    } rows[] = {
        {LANG_EN, "三楼 <打印机>", "<span lang=\"zh\">三楼 &lt;打印机&gt;</span>"},
        {LANG_EN, "GZ-2026-00001", "GZ-2026-00001"},
        {LANG_EN, "Zoë’s café · €5", "Zoë’s café · €5"},
        {LANG_EN, "", ""},
        {LANG_EN, "一", "<span lang=\"zh\">一</span>"},
        {LANG_EN, "龥", "<span lang=\"zh\">龥</span>"},
        {LANG_ZH, "三楼 printer", "三楼 printer"},
    };
    struct arena a = arena_make(1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct html out = html_begin(&a, rows[i].lang);
        html_text(&out, str_from(rows[i].text));
        same(html_end(&out), rows[i].html);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_a_paragraph_join_as_their_language_wants),
        cmocka_unit_test(chinese_on_an_english_page_is_marked_as_chinese),
        cmocka_unit_test(what_is_not_parsed_reads_as_if_it_were),
        cmocka_unit_test(what_is_not_parsed_reads_as_if_it_were),
        cmocka_unit_test(a_list_keeps_its_numbers),
        cmocka_unit_test(what_html_reads_as_its_own_is_escaped_wherever_it_stands),
        cmocka_unit_test(a_number_is_written_digit_by_digit),
        cmocka_unit_test(a_page_cites_each_thing_once_and_not_without_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
