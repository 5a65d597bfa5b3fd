/* Documents end in bounds: pages, bytes of a text, and what the arena holds. */
#include "base/arena.h"
#include "connect/pdf.h"

#include "support/fonts.h"
#include "support/test.h"

#include <string.h>

static int pages(str pdf)
{
    int n = 0;
    for (size_t i = 0; i + 13 < pdf.len; i++) {
        n += memcmp(pdf.ptr + i, "/Type /Page %", 13) == 0;
    }
    return n;
}

static str made(struct arena *a, const char *piece, int times, int pairs)
{
    struct pdf *p;
    str pdf;
    char *text = arena_bytes(a, strlen(piece) * (size_t)times + 1);
    for (int i = 0; i < times; i++) {
        memcpy(text + strlen(piece) * (size_t)i, piece, strlen(piece) + 1);
    }
    assert_int_equal(pdf_begin(a, NULL, LANG_ZH, STR("标题"), STR("页脚"), &p).code, 0);
    pdf_qr(p, STR("https://example.org/proof/1"));
    pdf_title(p, STR("above"), STR("事件报告"), STR("below"));
    pdf_heading(p, STR("内容"));
    for (int i = 0; i < pairs; i++) {
        pdf_pair(p, STR("栏目"), STR("第七条"), str_from(text));
    }
    pdf_text(p, STR("the end"));
    assert_int_equal(pdf_end(p, &pdf).code, 0);
    assert_true(str_starts(pdf, STR("%PDF-")));
    return pdf;
}

static void a_short_one_is_one_page(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    assert_int_equal(pages(made(&a, "中文与 English 混排。", 3, 4)), 1);
    arena_end(&a);
}

static void a_long_one_goes_on_and_ends(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    assert_in_range(pages(made(&a, "中文与 English 混排。\n", 200, 1)), 3, 8);
    assert_int_equal(pages(made(&a, "一\n", 8000, 12)), PDF_PAGES_MAX);
    arena_end(&a);
}

static void strange_texts_do_no_harm(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    (void)made(&a, "", 1, 1);
    (void)made(&a, "\xF0\x9F\x98\x80\xE2\x80\xAE", 3000, 1);
    (void)made(&a, "xxxxxxxxxxxxxxxxxxxx", 4000, 1);
    struct pdf *p; /* begun and left: its turn passes on all the same */
    sem_t turn;
    int waiting = -1;
    assert_int_equal(sem_init(&turn, 0, 1), 0);
    assert_int_equal(pdf_begin(&a, &turn, LANG_EN, STR(""), STR(""), &p).code, 0);
    assert_int_equal(sem_getvalue(&turn, &waiting), 0);
    assert_int_equal(waiting, 0);
    arena_end(&a);
    assert_int_equal(sem_getvalue(&turn, &waiting), 0);
    assert_int_equal(waiting, 1);
    assert_int_equal(sem_destroy(&turn), 0);
}

static void was_full(void *arg)
{
    longjmp(*(jmp_buf *)arg, 1);
}

/* In the middle of a text a jump would leave its layout and iterator behind. */
static void a_page_turned_in_a_text_takes_nothing_of_the_arena(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    struct pdf *p;
    str pdf;
    jmp_buf jump;
    size_t usual = a.limit;
    assert_int_equal(pdf_begin(&a, NULL, LANG_ZH, STR("标题"), STR("页脚"), &p).code, 0);
    a.limit = a.held;
    while (arena_try(&a, 1, 1, 1)) {
    }
    a.full = was_full;
    a.full_arg = &jump;
    if (setjmp(jump) != 0) {
        fail_msg("it jumped");
    }
    for (int i = 0; i < 8; i++) {
        pdf_text(p, STR("一\n二\n三\n四\n五\n六\n七\n八\n九\n十\n一\n二\n三\n四\n五\n六\n七"));
    }
    a.limit = usual;
    assert_int_equal(pdf_end(p, &pdf).code, 0);
    assert_in_range(pages(pdf), 2, 8);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_one_is_one_page),
        cmocka_unit_test(a_long_one_goes_on_and_ends),
        cmocka_unit_test(strange_texts_do_no_harm),
        cmocka_unit_test(a_page_turned_in_a_text_takes_nothing_of_the_arena),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fonts_end();
    return failed;
}
