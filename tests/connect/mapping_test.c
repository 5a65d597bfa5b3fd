/* Mistakes in mappings, each told at its place; and what a mapping sees in lines.
 *
 * Each case changes one place of the mapping that ships as an example; « marks
 * where the mistake must be reported. */
#include "base/arena.h"
#include "connect/lines.h"
#include "model/load.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static const struct model *model;
static str sound;

static str file_text(const char *path)
{
    enum { MOST = 1 << 20 };
    char *p = arena_bytes(&arena, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

/* The sound mapping with `from`, which stands there, changed. */
static str changed(const char *from, const char *to)
{
    struct buf b = buf_make(&arena, 1 << 20);
    const char *at = strstr(str_copy(&arena, sound).ptr, from);
    if (!at) {
        fail_msg("\"%s\" does not stand in the mapping", from);
    }
    str all = str_copy(&arena, sound);
    at = strstr(all.ptr, from);
    buf_put(&b, str_from_n(all.ptr, (size_t)(at - all.ptr)));
    buf_put(&b, str_from(to));
    buf_put(&b, str_from(at + strlen(from)));
    return buf_str(&b);
}

/* Takes the mark out and gives its place. */
static str unmarked(str text, int *line, int *col)
{
    const char *mark = strstr(text.ptr, "«");
    assert_non_null(mark);
    *line = *col = 1;
    for (const char *p = text.ptr; p < mark; p++) {
        bool more = ((unsigned char)*p & 0xC0) == 0x80;
        *col = *p == '\n' ? 1 : *col + !more;
        *line += *p == '\n';
    }
    return str_fmt(&arena, "%.*s%s", (int)(mark - text.ptr), text.ptr, mark + strlen("«"));
}

static const struct {
    const char *from, *to, *says;
} mistakes[] = {
    {"import: service_desk_log", "imports: service_desk_log", "import and into are needed"},
    {"into: fault", "into: «fautl", "did you mean \"fault\""},
    {"  format: csv", "  format: «xml", "only csv"},
    {"  zone: \"+08:00\"", "  zone: \"«8 o'clock\"", "a zone is written like"},
    {"%d-%m-%Y %H:%M", "«%d-%m-%Q", "\"%Q\" is not known"},
    {"  format: csv", "  encoding: «latin1", "utf-8 or gb18030"},
    {"  format: csv", "  separator: \"«::\"", "one character"},
    {"  format: csv", "  «formt: csv", "did you mean \"format\""},
    {"  field: external_number", "  field: «external_numbr", "did you mean \"external_number\""},
    {"  field: external_number", "  field: «summary", "unique text field"},
    {"  key: number", "  «kye: number", "did you mean \"key\""},
    {"  create: person.add", "  create: «person.ad", "did you mean \"add\""},
    {"  name: full_name", "  name: «ful_name", "did you mean \"full_name\""},
    {"kind: outside}", "«knd: outside}", "did you mean \"kind\""},
    {"kind: outside}", "kind: «outsid}", "did you mean \"outside\""},
    {"    Email: email", "    Email: «[email]", "one value"},
    {"{priority|grade}\", 一般故障]", "«{priority|grad}\", 一般故障]", "did you mean \"grade\""},
    {"{made_sla@last|yes_no}", "«{made_sla@lst|yes_no}", "did you mean \"last\""},
    {"{made_sla@last|yes_no}", "«{made_sla@last|yes_no", "the bracket is not closed"},
    {"    - perform: accept\n", "    - perform: «acept\n", "did you mean \"accept\""},
    {"      in: [reported]", "      in: [«repored]", "did you mean \"reported\""},
    {"        verification: [", "        «verificaton: [", "did you mean \"verification\""},
    {"        category: other", "        category: «othr", "did you mean \"other\""},
    {"    Phone: phone", "    Phone: phon", "there is no choice \"phon\""},
    {"    - way: accepted", "    - way: «acepted", "did you mean \"accepted\""},
    {"    - way: accepted", "    - «ways: accepted", "one of perform, way, skip"},
    {"    - way: handling\n      unless", "    - way: handling\n      «unles", "\"unless\""},
    {"    create: report_for", "    create: «report_fro", "did you mean \"report_for\""},
    {"    create: report_for", "    create: «accept", "creating action"},
    {"      summary: [", "      contact: [", "asks for summary"},
    {"first: true}", "first: «yes}", "first is true or false"},
    {"changed: [\"{priority|grade}\"]", "changed: \"«{priority|grade}\"", "changed takes a list"},
    {"      join: [\"结案代码", "      jion: [\"结案代码", "join takes a list"},
    {"  terms: [acceptance,", "  terms: [«acceptence,", "did you mean \"acceptance\""},
    {"  field: original_met", "  field: «summary", "a field of yes or no"},
    {"accept:\n", "accept: «x\n#", "columns and their values"},
    {"import: service_desk_log", "import: x\nimport: y", "import"},
};

static void each_mistake_is_told_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct diags d = diags_make(&arena);
        int line = 0;
        int col = 0;
        str text = changed(mistakes[i].from, mistakes[i].to);
        if (strstr(mistakes[i].to, "«")) {
            text = unmarked(text, &line, &col);
        }
        if (mapping_load(&arena, text, STR("m.yaml"), model, &d)) {
            fail_msg("mistake %zu (%s) is taken for none", i, mistakes[i].to);
        }
        bool found = false;
        for (size_t k = 0; k < d.len; k++) {
            bool here = !line || (d.ptr[k].pos.line == line && d.ptr[k].pos.col == col);
            assert_true(d.ptr[k].words.zh.len && d.ptr[k].words.en.len);
            found = found || (here && str_has(d.ptr[k].words.en, str_from(mistakes[i].says)));
        }
        if (!found) {
            str first = d.len ? diag_print(&arena, &d.ptr[0], LANG_EN) : STR("nothing");
            fail_msg("mistake %zu (%s) at %d:%d, but: %.*s", i, mistakes[i].to, line, col,
                     STR_ARG(first));
        }
    }
}

static void all_mistakes_are_told_in_one_run(void **state)
{
    (void)state;
    sound = changed("into: fault", "into: fault\nextra: 1");
    sound = changed("    - way: accepted", "    - way: acepted");
    sound = changed("        category: other", "        category: othr");
    sound = changed("  field: original_met", "  field: orignal");
    struct diags d = diags_make(&arena);
    assert_null(mapping_load(&arena, sound, STR("m.yaml"), model, &d));
    assert_int_equal(d.errors, 4);
    sound = file_text("examples/service-desk/mapping.yaml");
}

static void a_way_may_not_lead_back_to_itself(void **state)
{
    (void)state;
    struct diags d = diags_make(&arena);
    str text = changed("  accepted:\n", "  accepted:\n    - way: solved\n");
    assert_null(mapping_load(&arena, text, STR("m.yaml"), model, &d));
    assert_true(d.errors >= 1);
    assert_true(str_has(d.ptr[0].words.en, STR("leads back to itself")));
}

/* --- lines ------------------------------------------------------------------------------------ */

static const char small[] = "import: small\n"
                            "into: fault\n"
                            "source: {unknown: [\"?\"], time: \"%d.%m.%Y %H:%M\"}\n"
                            "case: {key: k, order: [t, n], field: external_number, at: t, by: b}\n"
                            "tables: {t1: {x: one, y: two}, t2: {x: one, \"*\": rest}}\n"
                            "events:\n"
                            "  - when: {first: true}\n"
                            "    create: report_for\n"
                            "    with:\n"
                            "      summary: \"{a}-{b}\"\n"
                            "      reporter: [\"{c}\", \"{b}\"]\n"
                            "      channel: other\n"
                            "      description: {join: [\"A {a}\", \"C {c}\"], else: none}\n"
                            "      place: \"{c@last}/{c@first}\"\n"
                            "      contact: \"{a|t1}\"\n"
                            "  - when: {is: {a: [x]}, was: {a: [y]}, changed: [\"{c}\"]}\n"
                            "    do: [{skip: seen}]\n";

static struct lines lines_of(const char *csv, const struct mapping **ret)
{
    static char path[] = "/tmp/zhidu-lines-XXXXXX";
    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, csv, strlen(csv)), strlen(csv));
    close(fd);
    struct diags d = diags_make(&arena);
    struct mapping *m = mapping_load(&arena, str_from(small), STR("small.yaml"), model, &d);
    if (!m) {
        fail_msg("%.*s", STR_ARG(diag_print(&arena, &d.ptr[0], LANG_EN)));
    }
    struct words why;
    struct csv_file *f;
    assert_int_equal(csv_file_open(&arena, str_from(path), ',', false, &why, &f).code, 0);
    mapping_bind(m, f, &d);
    assert_int_equal(d.errors, 0);
    struct csv_place *places = arena_array(&arena, struct csv_place, 100);
    struct csv_row row;
    size_t n = 0;
    while (csv_file_next(f, &arena, &row, &places[n]) == CSV_ROW) {
        n++;
    }
    struct lines l;
    assert_int_equal(lines_read(&arena, m, f, places, n, &l).code, 0);
    unlink(path);
    *ret = m;
    return l;
}

static const char *value_at(const struct lines *l, size_t i, const char *field)
{
    const struct map_step *s = l->m->events[0].create;
    for (size_t k = 0; k < s->nwith; k++) {
        if (str_eq(s->with[k].field->key, str_from(field))) {
            str text;
            struct words why = {0};
            switch (lines_text(&arena, l, i, &s->with[k].value, &text, &why)) {
            case FOUND:
                return str_copy(&arena, text).ptr;
            case FOUND_UNKNOWN:
                return "unknown";
            case FOUND_BAD:
                return str_copy(&arena, why.en).ptr;
            }
        }
    }
    return "no such field";
}

static void values_are_drawn_from_lines(void **state)
{
    (void)state;
    const struct mapping *m;
    struct lines l = lines_of("k,t,n,a,b,c\n"
                              "1,02.01.2026 10:00,2,x,  B   b ,?\n"
                              "1,01.01.2026 10:00,3,y,B,C1\n"
                              "1,02.01.2026 10:00,1,z,B,C2\n"
                              "1,02.01.2026 10:00,10,?,B,C3\n",
                              &m);
    assert_int_equal(l.n, 4);
    static const int64_t order[] = {3, 4, 2, 5}; /* by time, then by number */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(l.list[i].place.line, order[i]);
    }
    assert_string_equal(value_at(&l, 2, "summary"), "x-B b");
    assert_string_equal(value_at(&l, 3, "summary"), "unknown");
    assert_string_equal(value_at(&l, 2, "reporter"), "B b");
    assert_string_equal(value_at(&l, 0, "reporter"), "C1");
    assert_string_equal(value_at(&l, 0, "description"), "A y\nC C1");
    assert_string_equal(value_at(&l, 2, "description"), "A x");
    assert_string_equal(value_at(&l, 2, "place"), "C3/C1");
    assert_string_equal(value_at(&l, 0, "contact"), "two");
    assert_string_equal(value_at(&l, 1, "contact"), "the table t1 has no \"z\"");
    bool holds;
    struct words why;
    const struct map_event *e = &m->events[1];
    assert_int_equal(lines_hold(&arena, &l, 2, e, &holds, &why), FOUND);
    assert_false(holds); /* it was z, not y */
}

static void what_a_line_was_before_reaches_over_what_is_not_known(void **state)
{
    (void)state;
    const struct mapping *m;
    struct lines l = lines_of("k,t,n,a,b,c\n"
                              "1,01.01.2026 10:00,1,y,B,C1\n"
                              "1,01.01.2026 10:00,2,?,B,?\n"
                              "1,01.01.2026 10:00,3,x,B,C2\n"
                              "1,01.01.2026 10:00,4,x,B,C2\n",
                              &m);
    bool holds;
    struct words why;
    lines_hold(&arena, &l, 2, &m->events[1], &holds, &why);
    assert_true(holds); /* x now, y before the unknown; C2 after C1 */
    lines_hold(&arena, &l, 3, &m->events[1], &holds, &why);
    assert_false(holds);
}

static void the_same_line_is_known_in_any_file(void **state)
{
    (void)state;
    const struct mapping *m;
    struct lines a = lines_of("k,t,n,a,b,c\n1,01.01.2026 10:00,1,y,B,C\n1,01.01.2026 10:00,1,y,B ,"
                              "C\n1,01.01.2026 10:00,1,y,B,D\n",
                              &m);
    struct lines b =
        lines_of("reject_reason,c,b,a,n,t,k\nwhy,C,\"B\",y,1,01.01.2026 10:00,1\n", &m);
    assert_string_equal(a.list[0].key, b.list[0].key);
    assert_false(a.list[0].again);
    assert_true(a.list[1].again);
    assert_false(a.list[2].again);
    assert_string_not_equal(a.list[0].key, a.list[2].key);
}

static void times_are_read_as_the_file_writes_them(void **state)
{
    (void)state;
    static const struct {
        const char *form, *text;
        int64_t ms; /* 0: not read */
    } rows[] = {
        {"%d-%m-%Y %H:%M", "29-02-2016 01:16", 1456679760000},
        {"%d-%m-%Y %H:%M", "2-3-2016 1:06", 1456851960000},
        {"%d-%m-%Y %H:%M", "29-02-2015 01:16", 0},
        {"%d-%m-%Y %H:%M", "29-02-2016 24:00", 0},
        {"%d-%m-%Y %H:%M", "29-02-2016 01:16 ", 0},
        {"%d-%m-%Y %H:%M", "29/02/2016 01:16", 0},
        {"%d-%m-%Y %H:%M", "2016-02-29T01:16+08:00", 1456679760000},
        {"%d-%m-%Y %H:%M", "2016-02-28T17:16Z", 1456679760000},
        {"%m/%d/%y %H:%M:%S", "02/29/16 01:16:00", 1456679760000},
        {"%d %b %Y", "29 Feb 2016", 1456675200000},
        {"%d %b %Y", "29 Fev 2016", 0},
        {"%Y年%m月%d日 %H:%M", "2016年2月29日 01:16", 1456679760000},
        {"%d-%m-%Y %H:%M", "", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mapping m = {.time = str_from(rows[i].form), .zone = 480};
        int64_t ms = 0;
        bool ok = map_time(&m, str_from(rows[i].text), &ms);
        if (ok != (rows[i].ms != 0) || (ok && ms != rows[i].ms)) {
            fail_msg("%s as %s: %lld", rows[i].text, rows[i].form, (long long)ms);
        }
    }
}

static int begin(void **state)
{
    (void)state;
    arena = arena_make((size_t)512 << 20);
    struct sources s;
    struct diags d = diags_make(&arena);
    err e = load_folder(&arena, NULL, STR("regulations"), &s);
    model = e.code ? NULL : model_build(&arena, &s, &d);
    sound = file_text("examples/service-desk/mapping.yaml");
    return model == NULL;
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
        cmocka_unit_test(each_mistake_is_told_at_its_place),
        cmocka_unit_test(all_mistakes_are_told_in_one_run),
        cmocka_unit_test(a_way_may_not_lead_back_to_itself),
        cmocka_unit_test(values_are_drawn_from_lines),
        cmocka_unit_test(what_a_line_was_before_reaches_over_what_is_not_known),
        cmocka_unit_test(the_same_line_is_known_in_any_file),
        cmocka_unit_test(times_are_read_as_the_file_writes_them),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
