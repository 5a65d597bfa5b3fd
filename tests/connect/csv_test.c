#include "base/arena.h"
#include "base/clock.h"
#include "connect/csv_file.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;

static str joined(const struct csv_row *r)
{
    struct buf b = buf_make(&arena, 1 << 20);
    for (size_t i = 0; i < r->n; i++) {
        buf_put(&b, i ? STR("|") : STR(""));
        buf_put(&b, r->cells[i]);
    }
    return buf_str(&b);
}

static void records_are_read_as_rfc_4180_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cells; /* NULL: bad */
        size_t bytes;
        int lines, col;
        bool last;
    } rows[] = {
        {"a,b,c\n", "a|b|c", 6, 1, 0, false},
        {"a,b,c\r\nd", "a|b|c", 7, 1, 0, false},
        {"a,b", "a|b", 3, 1, 0, true},
        {"a,\n", "a|", 3, 1, 0, true},
        {",,\n", "||", 3, 1, 0, true},
        {"\"a\",\"b\"\n", "a|b", 8, 1, 0, true},
        {"\"a,b\",c\n", "a,b|c", 8, 1, 0, true},
        {"\"a\"\"b\"\"\",c\n", "a\"b\"|c", 11, 1, 0, true},
        {"\"a\nb\r\nc\",d\nnext", "a\nb\r\nc|d", 11, 3, 0, true},
        {"\"\"\n", "", 3, 1, 0, true},
        {"\n", "", 1, 1, 0, true},
        {"a\rb,c\n", "a\rb|c", 6, 1, 0, true}, /* a CR alone ends nothing */
        {"故障,处理\n", "故障|处理", 14, 1, 0, true},
        {"a\"b,c\nd\n", NULL, 6, 1, 2, true},
        {"\"a\"b,c\nd\n", NULL, 7, 1, 4, true},
        {"\"a,b\nc,d\n", NULL, 5, 1, 1, true}, /* never closed: costs its first line */
        {"a,\"b\nc\"x\nd\n", NULL, 5, 1, 3, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct csv_row r;
        enum csv_status s = csv_parse(&arena, str_from(rows[i].text), rows[i].last, ',', &r);
        if (!rows[i].cells) {
            assert_int_equal(s, CSV_BAD);
            assert_int_equal(r.bytes, rows[i].bytes);
            assert_int_equal(r.lines, 1);
            assert_int_equal(r.why_col, rows[i].col);
            assert_true(r.why.zh.len && r.why.en.len);
            continue;
        }
        if (s != CSV_ROW || !str_eq(joined(&r), str_from(rows[i].cells))) {
            fail_msg("row %zu: %d, %.*s", i, (int)s, STR_ARG(joined(&r)));
        }
        assert_int_equal(r.bytes, rows[i].bytes);
        assert_int_equal(r.lines, rows[i].lines);
    }
}

static void a_record_cut_off_anywhere_waits_for_the_rest(void **state)
{
    (void)state;
    const char *text = "a,\"b\"\"c\nd\",\"\"\r\n";
    size_t n = strlen(text);
    for (size_t cut = 1; cut < n; cut++) {
        struct csv_row r;
        assert_int_equal(csv_parse(&arena, str_from_n(text, cut), false, ',', &r), CSV_MORE);
    }
    struct csv_row r;
    assert_int_equal(csv_parse(&arena, str_from_n(text, n), false, ',', &r), CSV_ROW);
    assert_true(str_eq(joined(&r), STR("a|b\"c\nd|")));
}

static void what_passes_a_limit_is_bad_and_costs_one_line(void **state)
{
    (void)state;
    struct buf cell = buf_make(&arena, 4 << 20);
    for (int i = 0; i <= CSV_CELL_MAX; i++) {
        buf_put_c(&cell, 'x');
    }
    struct buf columns = buf_make(&arena, 4 << 20);
    for (int i = 0; i <= CSV_COLUMNS_MAX; i++) {
        buf_put(&columns, STR("1,"));
    }
    struct buf record = buf_make(&arena, 4 << 20);
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < 200 << 10; k++) {
            buf_put_c(&record, 'y');
        }
        buf_put_c(&record, ',');
    }
    str large[] = {buf_str(&cell), buf_str(&columns), buf_str(&record)};
    for (int quoted = 0; quoted < 2; quoted++) {
        for (size_t i = 0; i < 3; i++) {
            struct buf b = buf_make(&arena, 8 << 20);
            buf_put(&b, quoted ? STR("\"") : STR(""));
            buf_put(&b, large[i]);
            buf_put(&b, STR("\nnext,line\n"));
            struct csv_row r;
            enum csv_status s = csv_parse(&arena, buf_str(&b), true, ',', &r);
            assert_int_equal(s, CSV_BAD);
            assert_int_equal(r.bytes, large[i].len + 1 + (size_t)quoted);
        }
    }
}

/* A cell takes of the arena what it is long, however much text follows it. */
static void quotes_in_every_cell_take_no_room(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct buf b = buf_make(&arena, 4 << 20);
    for (int i = 0; i < 500; i++) {
        buf_put(&b, STR("\"a\"\"b\"\"\","));
    }
    buf_put(&b, STR("last\n"));
    for (int i = 0; i < 100000; i++) {
        buf_put(&b, STR("following,lines\n"));
    }
    struct csv_row r;
    assert_int_equal(csv_parse(&a, buf_str(&b), true, ',', &r), CSV_ROW);
    assert_int_equal(r.n, 501);
    for (size_t i = 0; i < 500; i++) {
        assert_true(str_eq(r.cells[i], STR("a\"b\"")));
    }
    arena_end(&a);
}

static void formulas_become_harmless_and_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *written;
    } rows[] = {
        {"plain", "\"plain\""},
        {"=1+1", "\"'=1+1\""},
        {"@cmd", "\"'@cmd\""},
        {"+86 10", "\"'+86 10\""},
        {"-12", "\"-12\""},
        {"-12.50", "\"-12.50\""},
        {"-12-3", "\"'-12-3\""},
        {"'=x", "\"''=x\""},
        {"'quoted", "\"'quoted\""},
        {"\tx", "\"'\tx\""},
        {"a\"b", "\"a\"\"b\""},
        {"", "\"\""},
        {"故障,\n二", "\"故障,\n二\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = buf_make(&arena, 1000);
        csv_put(&b, str_from(rows[i].cell));
        assert_string_equal(buf_str(&b).ptr, rows[i].written);
        struct csv_row r;
        assert_int_equal(csv_parse(&arena, buf_str(&b), true, ',', &r), CSV_ROW);
        assert_true(str_eq(csv_plain(r.cells[0]), str_from(rows[i].cell)));
    }
}

/* --- files ---------------------------------------------------------------------------------- */

static char path[] = "/tmp/zhidu-csv-XXXXXX";

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static struct csv_file *opened(const char *bytes, size_t n, bool gb18030, struct words *why)
{
    struct csv_file *f = NULL;
    write_file(bytes, n);
    *why = (struct words){0};
    err e = csv_file_open(&arena, str_from(path), ',', gb18030, why, &f);
    return e.code ? NULL : f;
}

static void a_file_is_read_whatever_its_mark_and_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool gb18030;
    } rows[] = {
        {"单号,说明\n1,故障\n", false},
        {"\xEF\xBB\xBF单号,说明\r\n1,故障\r\n", false},
        {"\xB5\xA5\xBA\xC5,\xCB\xB5\xC3\xF7\n1,\xB9\xCA\xD5\xCF\n", true}, /* GB18030 */
        {"\xEF\xBB\xBF单号,说明\n1,故障\n", true},                         /* the mark wins */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct words why;
        struct csv_file *f = opened(rows[i].bytes, strlen(rows[i].bytes), rows[i].gb18030, &why);
        assert_non_null(f);
        assert_int_equal(csv_file_column(f, STR("说明")), 1);
        assert_int_equal(csv_file_column(f, STR("没有")), -1);
        struct csv_row r;
        struct csv_place at;
        assert_int_equal(csv_file_next(f, &arena, &r, &at), CSV_ROW);
        assert_true(str_eq(joined(&r), STR("1|故障")));
        assert_int_equal(at.line, 2);
        assert_int_equal(csv_file_next(f, &arena, &r, &at), CSV_MORE);
        struct csv_row again;
        assert_int_equal(csv_file_next(f, &arena, &again, &at), CSV_MORE);
    }
}

static void a_file_that_is_none_is_told_why(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"", 0, "no line that names"},
        {"\n1,2\n", 5, "no line that names"},
        {"\xEF\xBB\xBF", 3, "no line that names"},
        {"\xFF\xFE"
         "a\0,\0b\0\n\0",
         10, "UTF-16"},
        {"a,b,a\n1,2,3\n", 12, "two columns"},
        {"a,\"b\n1,2\n", 9, "never closed"},
        {"a,\xB9\xCA\n1,2\n", 9, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct words why;
        assert_null(opened(rows[i].bytes, rows[i].n, false, &why));
        if (!str_has(why.en, str_from(rows[i].says)) || !why.zh.len) {
            fail_msg("row %zu: %.*s", i, STR_ARG(why.en));
        }
    }
    struct words why = {0};
    struct csv_file *f;
    err e = csv_file_open(&arena, STR("/nowhere/at/all.csv"), ',', false, &why, &f);
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void every_bad_line_is_told_and_the_next_one_is_read(void **state)
{
    (void)state;
    static const char text[] = "a,b,c\n"
                               "1,2,3\n"
                               "1,2\n"                /* 3: too few */
                               "1,2,3,4\n"            /* 4: too many */
                               "1,x\"y,3\n"           /* 5: a quote inside */
                               "\n"                   /* 6: blank */
                               "1,\"two\nlines\",3\n" /* 7, 8 */
                               "1,\"open,3\n"         /* 9: never closed */
                               "1,2,\xB9\xCA\n"       /* 10: no UTF-8 */
                               "4,5,6";
    static const struct {
        enum csv_status s;
        int line;
        const char *says;
    } want[] = {
        {CSV_ROW, 2, ""},
        {CSV_BAD, 3, "2 cells instead of 3"},
        {CSV_BAD, 4, "4 cells"},
        {CSV_BAD, 5, "inside a cell"},
        {CSV_ROW, 6, ""},
        {CSV_ROW, 7, ""},
        {CSV_BAD, 9, "never closed"},
        {CSV_BAD, 10, "not UTF-8"},
        {CSV_ROW, 11, ""},
    };
    struct words why;
    struct csv_file *f = opened(text, sizeof(text) - 1, false, &why);
    assert_non_null(f);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct csv_row r;
        struct csv_place at;
        enum csv_status s = csv_file_next(f, &arena, &r, &at);
        if (s != want[i].s || at.line != want[i].line) {
            fail_msg("record %zu: %d at line %d", i, (int)s, (int)at.line);
        }
        assert_true(str_has(r.why.en, str_from(want[i].says)));
        if (s == CSV_ROW && !r.blank) {
            struct csv_row again;
            assert_int_equal(csv_file_at(f, &arena, &at, &again).code, 0);
            assert_true(str_eq(joined(&again), joined(&r)));
        }
    }
    struct csv_row r;
    struct csv_place at;
    assert_int_equal(csv_file_next(f, &arena, &r, &at), CSV_MORE);
}

static void a_bad_character_of_gb18030_costs_its_line_only(void **state)
{
    (void)state;
    static const char text[] = "a,b\n\xB9\xCA,1\n\xB9\xFF,2\n\xD5\xCF,3\n\xB9";
    struct words why;
    struct csv_file *f = opened(text, sizeof(text) - 1, true, &why);
    assert_non_null(f);
    static const enum csv_status want[] = {CSV_ROW, CSV_BAD, CSV_ROW, CSV_BAD, CSV_MORE};
    for (size_t i = 0; i < 5; i++) {
        struct csv_row r;
        struct csv_place at;
        assert_int_equal(csv_file_next(f, &arena, &r, &at), want[i]);
    }
}

static int64_t held_kb(void)
{
    long pages = 0;
    long resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &pages, &resident), 2);
    fclose(f);
    return (int64_t)resident * (sysconf(_SC_PAGESIZE) / 1024);
}

#ifdef __SANITIZE_ADDRESS__
enum { BOUND_KB = 400000 }; /* its shadow */
#else
enum { BOUND_KB = 12000 };
#endif

static void a_million_rows_pass_in_bounded_memory(void **state)
{
    (void)state;
    enum { ROWS = 1000000 };
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs("number,what,note\n", f);
    for (int i = 0; i < ROWS; i++) {
        fprintf(f, "INC%07d,故障 %d,\"a, \"\"quoted\"\"\nnote of two lines\"\n", i % 150000, i);
    }
    fclose(f);
    struct words why;
    struct csv_file *file;
    assert_int_equal(csv_file_open(&arena, str_from(path), ',', false, &why, &file).code, 0);
    struct arena a = arena_make(8 << 20);
    int64_t before = held_kb();
    int64_t n = 0;
    int64_t last = 0;
    struct csv_row r;
    struct csv_place at;
    while (csv_file_next(file, &a, &r, &at) == CSV_ROW) {
        n++;
        last = at.line;
        arena_reset(&a);
    }
    assert_int_equal(n, ROWS);
    assert_int_equal(last, 2 * ROWS);
    assert_true(held_kb() - before < BOUND_KB);
    arena_end(&a);
}

static int begin(void **state)
{
    (void)state;
    arena = arena_make((size_t)256 << 20);
    int fd = mkstemp(path);
    if (fd >= 0) {
        close(fd);
    }
    return fd < 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    arena_end(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_rfc_4180_says),
        cmocka_unit_test(a_record_cut_off_anywhere_waits_for_the_rest),
        cmocka_unit_test(what_passes_a_limit_is_bad_and_costs_one_line),
        cmocka_unit_test(quotes_in_every_cell_take_no_room),
        cmocka_unit_test(formulas_become_harmless_and_come_back),
        cmocka_unit_test(a_file_is_read_whatever_its_mark_and_encoding),
        cmocka_unit_test(a_file_that_is_none_is_told_why),
        cmocka_unit_test(every_bad_line_is_told_and_the_next_one_is_read),
        cmocka_unit_test(a_bad_character_of_gb18030_costs_its_line_only),
        cmocka_unit_test(a_million_rows_pass_in_bounded_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
