/* Where memory is short, a workbook and a document for paper are refused before their
 * libraries begin, which could not bear it; where it is there again, they are made. */
#include "base/arena.h"
#include "connect/pdf.h"
#include "connect/shortage.h"
#include "connect/xlsx.h"

#include "support/fonts.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t memory_now(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    fclose(f);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* No address space for so much more: what sanitizers map they have mapped already. */
static void limit(rlim_t most)
{
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_AS, &r), 0);
    r.rlim_cur = most < r.rlim_max ? most : r.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &r), 0);
}

static const struct xlsx_column one[] = {{.name = {"a", 1}, .title = {"甲", sizeof("甲") - 1}}};

static enum err_code workbook(struct arena *a)
{
    struct xlsx *x;
    int64_t size;
    int fd;
    err e = xlsx_begin(a, STR("数据"), one, 1, 480, &x);
    if (e.code) {
        return e.code;
    }
    xlsx_text(x, STR("一"));
    xlsx_row(x);
    e = xlsx_end(x, &fd, &size);
    if (!e.code) {
        close(fd);
    }
    return e.code;
}

static enum err_code paper(struct arena *a)
{
    struct pdf *p;
    str bytes;
    err e = pdf_begin(a, NULL, LANG_ZH, STR("题"), STR("脚"), &p);
    if (!e.code) {
        pdf_text(p, STR("一段"));
        e = pdf_end(p, &bytes);
    }
    return e.code;
}

static void what_cannot_bear_a_shortage_does_not_begin(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    arena_bytes(&a, 1 << 20);
    arena_reset(&a);
    for (int i = 0; i < 3; i++) {
        limit(memory_now() + SHORTAGE_BELOW / 2);
        enum err_code of_workbook = workbook(&a);
        enum err_code of_paper = paper(&a);
        limit(RLIM_INFINITY);
        assert_int_equal(of_workbook, ERR_BUSY);
        assert_int_equal(of_paper, ERR_BUSY);
        arena_reset(&a);
        assert_int_equal(workbook(&a), ERR_NONE);
        assert_int_equal(paper(&a), ERR_NONE);
        arena_reset(&a);
    }
    arena_end(&a);
    fonts_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_bear_a_shortage_does_not_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
