/* The manual inside the program: both languages have the same headings, every mark of
 * help leads to one, every page that people work with has a mark, and what is looked for
 * is found. */
#include "base/arena.h"
#include "http/assets.h"
#include "page/help.h"

#include "../support/test.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static void every_manual_has_the_same_sections_in_both_languages(void **state)
{
    (void)state;
    struct arena a = arena_make(16 << 20);
    for (size_t i = 0; i < help_names_len; i++) {
        struct help_manual zh, en;
        assert_true(help_read(&a, str_from(help_names[i]), LANG_ZH, &zh));
        assert_true(help_read(&a, str_from(help_names[i]), LANG_EN, &en));
        assert_true(zh.title.len && en.title.len);
        assert_int_equal(zh.nsections, en.nsections);
        assert_true(zh.nsections > 5 && zh.nsections < HELP_SECTIONS_MAX);
        for (size_t k = 0; k < zh.nsections; k++) {
            if (!str_eq(zh.sections[k].id, en.sections[k].id) ||
                zh.sections[k].level != en.sections[k].level) {
                fail_msg("%s: {#%.*s} beside {#%.*s}", help_names[i], STR_ARG(zh.sections[k].id),
                         STR_ARG(en.sections[k].id));
            }
            assert_ptr_equal(help_section(&zh, zh.sections[k].id), &zh.sections[k]);
        }
    }
    arena_end(&a);
}

static void every_picture_of_a_manual_is_in_the_program(void **state)
{
    (void)state;
    struct arena a = arena_make(16 << 20);
    size_t pictures = 0, bytes = 0;
    for (size_t i = 0; i < help_names_len * 2; i++) {
        struct help_manual m;
        assert_true(help_read(&a, str_from(help_names[i / 2]), i % 2 ? LANG_EN : LANG_ZH, &m));
        for (size_t k = 0; k < m.nsections; k++) {
            for (size_t j = 0; j < m.sections[k].nparts; j++) {
                const struct help_part *p = &m.sections[k].parts[j];
                const struct asset *file = asset_named(p->picture);
                if (p->picture.len && (!file || !p->alt.len)) {
                    fail_msg("%s: %.*s", help_names[i / 2], STR_ARG(p->picture));
                }
                pictures += p->picture.len > 0;
                bytes += file ? file->raw.len : 0;
            }
        }
    }
    printf("%zu pictures, %zu bytes\n", pictures, bytes);
    assert_true(bytes < 1536 * 1024);
    arena_end(&a);
}

/* The marks of one template: frame_help(STR("user"), STR("lists"), ...). */
static int marks_of(struct arena *a, const char *path)
{
    static char text[200 * 1024];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    int marks = 0;
    char manual[20], section[40];
    for (const char *p = text; (p = strstr(p, "call frame_help(")); p++) {
        struct help_manual m;
        if (sscanf(p, "call frame_help(STR(\"%19[a-z]\"), STR(\"%39[a-z-]\")", manual, section) !=
                2 ||
            !help_read(a, str_from(manual), LANG_ZH, &m) || !help_section(&m, str_from(section))) {
            fail_msg("%s: no such section: %.60s", path, p);
        }
        marks++;
    }
    return marks;
}

static void every_mark_of_help_leads_to_a_heading(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    static const char *const without[] = {"attest", "door",  "frame", "help",
                                          "items",  "label", "trend"};
    glob_t g;
    int marks = 0;
    assert_int_equal(glob("src/page/*.html", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        int n = marks_of(&a, g.gl_pathv[i]);
        bool needs = true;
        for (size_t k = 0; k < sizeof(without) / sizeof(without[0]); k++) {
            needs = needs && !strstr(g.gl_pathv[i], without[k]);
        }
        if (needs && !n) {
            fail_msg("%s has no mark of help", g.gl_pathv[i]);
        }
        marks += n;
    }
    assert_true(marks >= 15);
    globfree(&g);
    arena_end(&a);
}

static void links_inside_a_manual_lead_to_headings(void **state)
{
    (void)state;
    struct arena a = arena_make(16 << 20);
    size_t links = 0;
    for (size_t i = 0; i < help_names_len * 2; i++) {
        str name = str_fmt(&a, "manual/%s.%s.md", help_names[i / 2], i % 2 ? "en" : "zh");
        const struct asset *file = asset_named(name);
        assert_non_null(file);
        const char *text = str_copy(&a, file->raw).ptr;
        char manual[20], section[40];
        for (const char *p = text; (p = strstr(p, "](/help/")); p++) {
            struct help_manual m;
            if (sscanf(p, "](/help/%19[a-z]#%39[a-z-])", manual, section) != 2 ||
                !help_read(&a, str_from(manual), LANG_EN, &m) ||
                !help_section(&m, str_from(section))) {
                fail_msg("%.*s: %.60s", STR_ARG(name), p);
            }
            links++;
        }
    }
    assert_true(links >= 2);
    arena_end(&a);
}

static size_t found(struct arena *a, enum lang lang, const char *query, str *first)
{
    struct help_manual ms[8];
    struct help_found hits[HELP_FOUND_MAX];
    size_t n = 0;
    for (size_t i = 0; i < help_names_len; i++) {
        n += help_read(a, str_from(help_names[i]), lang, &ms[n]);
    }
    size_t len = help_find(a, ms, n, str_from(query), hits);
    *first = len ? hits[0].section->id : STR("");
    for (size_t i = 0; i < len; i++) {
        assert_true(str_utf8_ok(hits[i].snippet));
        assert_true(hits[i].snippet.len < 300);
    }
    return len;
}

static void searching_finds_titles_first_and_is_bounded(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    str first;
    assert_true(found(&a, LANG_ZH, "第二因素", &first) >= 2);
    assert_true(str_eq(first, STR("second-factor")));
    assert_true(found(&a, LANG_EN, "CSV import", &first) >= 1);
    assert_true(found(&a, LANG_EN, "csv IMPORT", &first) >= 1);
    assert_int_equal(found(&a, LANG_EN, "", &first), 0);
    assert_int_equal(found(&a, LANG_EN, "   ", &first), 0);
    assert_int_equal(found(&a, LANG_ZH, "zzzzqq", &first), 0);
    assert_true(found(&a, LANG_EN, "e", &first) <= HELP_FOUND_MAX);
    char large[4000];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    assert_int_equal(found(&a, LANG_EN, large, &first), 0);
    struct help_manual m;
    assert_false(help_read(&a, STR("../secret"), LANG_ZH, &m));
    assert_null(help_section(&m, STR("lists")));
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_manual_has_the_same_sections_in_both_languages),
        cmocka_unit_test(every_picture_of_a_manual_is_in_the_program),
        cmocka_unit_test(every_mark_of_help_leads_to_a_heading),
        cmocka_unit_test(links_inside_a_manual_lead_to_headings),
        cmocka_unit_test(searching_finds_titles_first_and_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
