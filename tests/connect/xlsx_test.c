/* What a cell holds comes back; what a workbook may not be is refused in words. */
#include "base/arena.h"
#include "connect/csv_file.h"
#include "connect/xlsx.h"
#include "connect/xlsx_int.h"

#include "support/test.h"
#include "support/zips.h"

#include <string.h>
#include <unistd.h>

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena = arena_make(64u << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_end(&arena);
    return 0;
}

/* --- out and in ---------------------------------------------------------------------------- */

static const struct xlsx_column two[] = {
    {.name = {"key", sizeof("key") - 1}, .title = {"标题", sizeof("标题") - 1}},
    {.name = {"value", sizeof("value") - 1}, .title = {"值", sizeof("值") - 1}}};

static struct csv_file *taken(int fd)
{
    struct words why = {0};
    struct csv_file *f = NULL;
    err e = csv_file_take(&arena, fd, STR("test.xlsx"), ',', false, &why, &f);
    if (e.code) {
        fail_msg("%.*s", STR_ARG(why.en));
    }
    return f;
}

static str next(struct csv_file *f, size_t column)
{
    struct csv_row row;
    struct csv_place at;
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    return row.blank ? STR("") : csv_plain(row.cells[column]);
}

static const char *const texts[] = {
    "plain",    "=1+1",         "'=1+1",      "+86 10 1234", "-5",      "@x",
    "a,b",      "say \"so\"",   "two\nlines", "cr\r\nlf",    "_x0041_", "_x000D_ and _x",
    "  kept  ", "<b>&amp;</b>", "汉字𠀀",     "\t",          "0012",    "2026-11-24",
    "1e5",      "TRUE",         "#N/A",       "'",           "''",
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static void texts_stay_what_they_are(void **state)
{
    (void)state;
    struct xlsx *x;
    int fd;
    int64_t size;
    assert_int_equal(xlsx_begin(&arena, STR("数据"), two, 2, 480, &x).code, 0);
    for (size_t i = 0; i < TEXTS; i++) {
        xlsx_text(x, str_fmt(&arena, "%zu", i));
        xlsx_text(x, str_from(texts[i]));
        xlsx_row(x);
    }
    assert_int_equal(xlsx_end(x, &fd, &size).code, 0);
    struct csv_file *f = taken(fd);
    assert_true(str_eq(csv_file_columns(f).ptr[1], STR("value")));
    for (size_t i = 0; i < TEXTS; i++) {
        str got = next(f, 1);
        if (!str_eq(got, str_from(texts[i]))) {
            fail_msg("%s became %.*s", texts[i], STR_ARG(got));
        }
    }
}

static const struct {
    int64_t v;
    int decimals;
    const char *text;
} numbers[] = {
    {0, 0, "0"},
    {-1, 0, "-1"},
    {1, 4, "0.0001"},
    {123456, 4, "12.3456"},
    {735000, 2, "7350"},
    {1, 2, "0.01"},
    {-99999999999999, 2, "-999999999999.99"},
    {INT64_C(9007199254740992), 0, "9007199254740992"},
    {999999999999999, 2, "9999999999999.99"},
    {INT64_MAX, 0, "9223372036854775807"},
    {INT64_MIN, 2, "-92233720368547758.08"},
};

static const struct {
    int64_t ms;
    const char *text;
} moments[] = {
    {0, "1970-01-01T08:00:00"},
    {1795500123456, "2026-11-24T14:02:03.456"},
    {-62135596800000 + 1, "0001-01-01T08:00:00.001+08:00"},
    {253402271999000, "9999-12-31T23:59:59"},
    {1709222399999, "2024-02-29T23:59:59.999"},
};

static void numbers_and_times_come_back(void **state)
{
    (void)state;
    struct xlsx *x;
    int fd;
    int64_t size;
    assert_int_equal(xlsx_begin(&arena, STR("Data"), two, 2, 480, &x).code, 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        xlsx_bool(x, i % 2);
        xlsx_number(x, numbers[i].v, numbers[i].decimals);
        xlsx_row(x);
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        xlsx_date(x, 20781 + (int64_t)i);
        xlsx_moment(x, moments[i].ms);
        xlsx_row(x);
    }
    xlsx_date(x, -30000); /* before the days of the format */
    xlsx_row(x);
    assert_int_equal(xlsx_end(x, &fd, &size).code, 0);
    struct csv_file *f = taken(fd);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        str got = next(f, 1);
        if (!str_eq(got, str_from(numbers[i].text))) {
            fail_msg("%s became %.*s", numbers[i].text, STR_ARG(got));
        }
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        struct csv_row row;
        struct csv_place at;
        assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
        assert_true(str_starts(row.cells[0], STR("2026-11-")));
        if (!str_eq(row.cells[1], str_from(moments[i].text))) {
            fail_msg("%s became %.*s", moments[i].text, STR_ARG(row.cells[1]));
        }
    }
    assert_true(str_eq(next(f, 0), STR("1887-11-12")));
}

static void what_no_cell_holds_is_cut_and_counted(void **state)
{
    (void)state;
    struct xlsx *x;
    int fd;
    int64_t size;
    char *big = arena_bytes(&arena, 60000);
    memset(big, 'a', 60000);
    assert_int_equal(xlsx_begin(&arena, STR("Data"), two, 2, 0, &x).code, 0);
    xlsx_text(x, STR("k"));
    xlsx_text(x, str_from_n(big, 60000));
    xlsx_text(x, STR("beyond the columns"));
    xlsx_row(x);
    assert_int_equal(xlsx_cut(x), 1);
    assert_int_equal(xlsx_end(x, &fd, &size).code, 0);
    assert_int_equal(next(taken(fd), 1).len, XLSX_CELL_CHARS + 3);
}

static void what_is_begun_leaves_nothing_behind(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct xlsx *x;
    assert_int_equal(xlsx_begin(&a, STR("Data"), two, 2, 0, &x).code, 0);
    xlsx_text(x, STR("k"));
    arena_end(&a); /* the leak checker of V=asan watches */
}

/* --- what others write ---------------------------------------------------------------------- */

#define SHEET(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"
#define HEAD "<row r=\"2\"><c t=\"inlineStr\"><is><t>a</t></is></c><c t=\"s\"><v>0</v></c></row>"

static const struct zips_part usual[] = {
    {"xl/workbook.xml", "<x:workbook xmlns:x=\"m\" xmlns:r=\"r\"><x:sheets><x:sheet name=\"S\" "
                        "sheetId=\"1\" r:id=\"r1\"/></x:sheets></x:workbook>"},
    {"xl/_rels/workbook.xml.rels",
     "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/one.xml\"/></Relationships>"},
    {"xl/sharedStrings.xml", "<sst><si><t>b</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no"
                             "</t></rPh></si></sst>"},
    {"xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"[$-804]yyyy&quot;"
                      "年&quot;m&quot;月&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"22\"/>"
                      "</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf "
                      "numFmtId=\"170\"/><xf numFmtId=\"22\"/><xf numFmtId=\"21\"/></cellXfs>"
                      "</styleSheet>"},
};
enum { USUAL = sizeof(usual) / sizeof(usual[0]) };

/* The usual parts, some of them others, and a sheet. */
static int with(const char *sheet, const char *instead, const char *text)
{
    struct zips_part parts[USUAL + 1];
    memcpy(parts, usual, sizeof(usual));
    for (size_t i = 0; instead && i < USUAL; i++) {
        if (strcmp(parts[i].name, instead) == 0) {
            parts[i].text = text;
        }
    }
    parts[USUAL] = (struct zips_part){"xl/worksheets/one.xml", sheet};
    return zips_make(parts, USUAL + 1);
}

static void sheets_of_others_are_read(void **state)
{
    (void)state;
    struct csv_row row;
    struct csv_place at;
    struct csv_file *f = taken(with(
        SHEET(HEAD "<row r=\"4\"><c r=\"A4\" s=\"1\"><v>46350</v></c><c r=\"B4\" s=\"3\"><f>NOW()"
                   "</f><v>46350.5</v></c></row><row><c s=\"2\"><v>46350</v></c><c s=\"4\"><v>0.75"
                   "</v></c></row><row><c t=\"s\"><v>1</v></c><c><v>0.10000000000000001</v></c>"
                   "</row><row><c r=\"B7\" t=\"b\"><v>1</v></c></row><row><c r=\"D8\"><v>1</v></c>"
                   "</row>"),
        NULL, NULL));
    assert_true(str_eq(csv_file_columns(f).ptr[1], STR("b")));
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    assert_true(row.blank && at.line == 3);
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    assert_true(at.line == 4 && str_eq(row.cells[0], STR("2026-11-24")));
    assert_true(str_eq(row.cells[1], STR("2026-11-24T12:00:00")));
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    assert_true(str_eq(row.cells[0], STR("2026-11-24")) && str_eq(row.cells[1], STR("18:00:00")));
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    assert_true(str_eq(row.cells[0], STR("rich")) && str_eq(row.cells[1], STR("0.1")));
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_ROW);
    assert_true(!row.cells[0].len && str_eq(row.cells[1], STR("true")));
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_BAD); /* beyond the columns */
    assert_int_equal(csv_file_next(f, &arena, &row, &at), CSV_MORE);
}

static void days_since_1904_are_read(void **state)
{
    (void)state;
    struct csv_file *f = taken(
        with(SHEET(HEAD "<row><c s=\"1\"><v>44888</v></c></row>"), "xl/workbook.xml",
             "<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets><sheet r:id=\"r1\"/>"
             "</sheets></workbook>"));
    assert_true(str_eq(next(f, 0), STR("2026-11-24")));
}

static void kinds_of_formats(void **state)
{
    (void)state;
    const struct {
        const char *code;
        enum xlsx_kind kind;
    } rows[] = {{"General", XLSX_NUMBER},        {"0.00_);[Red](0.00)", XLSX_NUMBER},
                {"yyyy\\-mm\\-dd", XLSX_DATE},   {"[$-F800]dddd\\,\\ mmmm\\ dd", XLSX_DATE},
                {"[h]:mm:ss", XLSX_CLOCK},       {"yyyy/m/d h:mm", XLSX_MOMENT},
                {"0\" days\"", XLSX_NUMBER},     {"#,##0\\d", XLSX_NUMBER},
                {"\"never closed", XLSX_NUMBER}, {"[", XLSX_NUMBER}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (xlsx_kind_of(200, rows[i].code) != rows[i].kind) {
            fail_msg("%s", rows[i].code);
        }
    }
    assert_int_equal(xlsx_kind_of(14, NULL), XLSX_DATE);
    assert_int_equal(xlsx_kind_of(22, NULL), XLSX_MOMENT);
    assert_int_equal(xlsx_kind_of(2, NULL), XLSX_NUMBER);
}

/* --- what is refused ------------------------------------------------------------------------ */

static void refused(int fd, int code, const char *words)
{
    struct words why = {0};
    struct csv_file *f;
    err e = csv_file_take(&arena, fd, STR("test.xlsx"), ',', false, &why, &f);
    if ((int)e.code != code || !str_has(why.en, str_from(words)) || !why.zh.len) {
        fail_msg("%d %.*s instead of %s", (int)e.code, STR_ARG(why.en), words);
    }
}

static const char *repeated(const char *before, const char *piece, int n, const char *after)
{
    size_t len = strlen(piece);
    char *p = arena_bytes(&arena, strlen(before) + len * (size_t)n + strlen(after) + 1);
    size_t at = strlen(before);
    memcpy(p, before, at);
    for (int i = 0; i < n; i++, at += len) {
        memcpy(p + at, piece, len);
    }
    memcpy(p + at, after, strlen(after) + 1);
    return p;
}

static void hostile_workbooks_are_refused(void **state)
{
    (void)state;
    refused(with("<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet>&a;</worksheet>", NULL, NULL),
            ERR_INVALID, "document type");
    refused(with(SHEET(HEAD), "xl/sharedStrings.xml", "<!DOCTYPE sst><sst/>"), ERR_INVALID,
            "document type");
    refused(with(repeated("", "<a>", 40, ""), NULL, NULL), ERR_TOO_LARGE, "nested");
    refused(with("<worksheet><sheetData>", NULL, NULL), ERR_INVALID, "no XML");
    refused(with(SHEET("<row r=\"1048577\"/>"), NULL, NULL), ERR_TOO_LARGE, "1,048,576 rows");
    refused(with(SHEET("<row r=\"3\"/><row r=\"2\"/>"), NULL, NULL), ERR_INVALID, "in order");
    refused(with(SHEET("<row><c r=\"ALM1\"/></row>"), NULL, NULL), ERR_TOO_LARGE, "1,000 columns");
    refused(with(SHEET("<row><c r=\"B1\"/><c r=\"A1\"/></row>"), NULL, NULL), ERR_INVALID,
            "in order");
    refused(with(SHEET("<row><c t=\"s\"><v>7</v></c></row>"), NULL, NULL), ERR_INVALID,
            "not there");
    refused(with(repeated("<worksheet><row><c t=\"str\"><v>", "xxxxxxxxxxxxxxxx", 20000,
                          "</v></c></row></worksheet>"),
                 NULL, NULL),
            ERR_TOO_LARGE, "256 KB");
    refused(with(SHEET(""), NULL, NULL), ERR_INVALID, "no line that names");
    refused(with(SHEET(HEAD), "xl/workbook.xml", "<workbook/>"), ERR_INVALID, "no workbook");
    refused(with(SHEET(HEAD), "xl/_rels/workbook.xml.rels",
                 "<a><Relationship Id=\"r1\" Target=\"../../etc/passwd\"/></a>"),
            ERR_INVALID, "no workbook");
    /* packed a thousandfold */
    refused(
        with(repeated("<worksheet>", "                                ", 400000, "</worksheet>"),
             NULL, NULL),
        ERR_TOO_LARGE, "unpacks to too much");
}

static void damaged_archives_are_refused(void **state)
{
    (void)state;
    struct zips_part *many = arena_array(&arena, struct zips_part, XLSX_ENTRIES_MAX + 1);
    for (int i = 0; i <= XLSX_ENTRIES_MAX; i++) {
        many[i] = (struct zips_part){str_fmt(&arena, "%d", i).ptr, ""};
    }
    refused(zips_make(many, XLSX_ENTRIES_MAX + 1), ERR_TOO_LARGE, "too many files");
    refused(zips_make(usual, 1), ERR_INVALID, "no workbook");
    int fd = with(SHEET(HEAD), NULL, NULL);
    assert_int_equal(ftruncate(fd, 300), 0);
    refused(fd, ERR_INVALID, "damaged");
    fd = with(SHEET(HEAD), NULL, NULL);
    for (int at = 40; at < 400; at += 7) {
        assert_int_equal(pwrite(fd, "\xFF\x00\xAA", 3, at), 3);
    }
    struct words why = {0};
    struct csv_file *f;
    assert_int_equal(csv_file_take(&arena, fd, STR("x"), ',', false, &why, &f).code, ERR_INVALID);
    fd = zips_make(usual, 1);
    assert_int_equal(pwrite(fd, "\xD0\xCF\x11\xE0", 4, 0), 4);
    refused(fd, ERR_INVALID, "old .xls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_what_they_are),
        cmocka_unit_test(numbers_and_times_come_back),
        cmocka_unit_test(what_no_cell_holds_is_cut_and_counted),
        cmocka_unit_test(what_is_begun_leaves_nothing_behind),
        cmocka_unit_test(sheets_of_others_are_read),
        cmocka_unit_test(days_since_1904_are_read),
        cmocka_unit_test(kinds_of_formats),
        cmocka_unit_test(hostile_workbooks_are_refused),
        cmocka_unit_test(damaged_archives_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
