/* Workbooks of how the regulations are kept, read again: what is empty, stale, in error,
 * unknown or attested by people is never among what is kept, alone or beside what is; the
 * figures are those of the pages. */
#include "base/arena.h"
#include "base/buf.h"
#include "connect/csv_file.h"
#include "connect/scorecard.h"
#include "connect/xlsx.h"
#include "engine/duties.h"
#include "engine/house.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct scorecard_by by = {.organisation = {"示例医院", sizeof("示例医院") - 1},
                                       .person = {"王芳", sizeof("王芳") - 1}};

/* --- reading again ------------------------------------------------------------------------- */

struct book {
    struct arena *a;
    struct csv_file *first; /* the first sheet */
    str second;             /* XML of the second */
};

/* Its XML. */
static str sheet_of(struct arena *a, int fd, int n)
{
    char line[80];
    struct buf text = buf_make(a, 8 << 20);
    snprintf(line, sizeof(line), "unzip -p /proc/%d/fd/%d xl/worksheets/sheet%d.xml", (int)getpid(),
             fd, n);
    FILE *p = popen(line, "r");
    assert_non_null(p);
    char block[4096];
    for (size_t k; (k = fread(block, 1, sizeof(block), p)) > 0;) {
        buf_put(&text, str_from_n(block, k));
    }
    assert_int_equal(pclose(p), 0);
    return buf_str(&text);
}

static struct book book_of(struct arena *a, int fd)
{
    struct book b = {.a = a, .second = sheet_of(a, fd, 2)};
    struct words why = {0};
    err e = csv_file_take(a, fd, STR("scorecard.xlsx"), ',', false, &why, &b.first);
    if (e.code) {
        fail_msg("%.*s", STR_ARG(why.en));
    }
    return b;
}

static bool next(struct book *b, struct csv_row *row)
{
    struct csv_place at;
    return csv_file_next(b->first, b->a, row, &at) == CSV_ROW && !row->blank;
}

static str cell(struct book *b, const struct csv_row *row, const char *name)
{
    int i = csv_file_column(b->first, str_from(name));
    if (i < 0) {
        fail_msg("no column %s", name);
    }
    return (size_t)i < row->n ? csv_plain(row->cells[i]) : STR("");
}

static void expect(struct book *b, const struct csv_row *row, const char *name, str want)
{
    str have = cell(b, row, name);
    if (!str_eq(have, want)) {
        fail_msg("%s: \"%.*s\", not \"%.*s\"", name, STR_ARG(have), STR_ARG(want));
    }
}

static size_t times(str text, const char *part)
{
    size_t n = 0;
    for (const char *p = text.ptr; (p = strstr(p, part)); p += strlen(part)) {
        n++;
    }
    return n;
}

/* --- every state, beside every other ---------------------------------------------------------- */

struct made {
    struct control control;
    struct cdef def;
    struct clause clause;
    struct control_result result;
    struct clause_state state;
};

static void make_control(struct arena *a, struct law *law, enum control_state s, struct made *m)
{
    *m = (struct made){.control = {.key = control_state_key(s)},
                       .clause = {.no = WORDS("第一条", "Article 1"), .law = law}};
    m->def.words = control_state_words(s);
    m->def.clause = &m->clause;
    m->def.expect = 1; /* records were to be expected */
    m->def.manual = s == CONTROL_ATTESTED ? arena_new(a, struct control_manual) : NULL;
    m->result = (struct control_result){.control = &m->control,
                                        .def = &m->def,
                                        .judged = true,
                                        .as_of = HOUSE_NOW - 90 * 60000,
                                        .answer.name = STR("钱伟"),
                                        .state = s};
    if (!m->def.manual) {
        m->result.counts = (struct control_counts){.n = 10, .ok = 9, .violation = 1};
    }
    m->state = (struct clause_state){
        .clause = &m->clause, .binding = BINDING_CONTROLS, .results = &m->result, .nresults = 1};
    tally_put(&m->state.tally, &m->result);
}

/* A regulation of two articles, one control each. */
static struct law_state make_law(struct arena *a, int x, int y)
{
    struct law *law = arena_new(a, struct law);
    struct made *m = arena_array(a, struct made, 2);
    struct clause_state *list = arena_array(a, struct clause_state, 2);
    str title = str_fmt(a, "%d-%d", x, y);
    *law = (struct law){.title = {title, title}, .version = 1};
    struct law_state l = {.law = law, .clauses = list, .nclauses = 2, .bound = {2}};
    for (int i = 0; i < 2; i++) {
        make_control(a, law, (enum control_state)(i ? y : x), &m[i]);
        list[i] = m[i].state;
        tally_add(&l.tally, &m[i].state.tally);
    }
    return l;
}

static bool good(int s)
{
    return s == CONTROL_PASS || s == CONTROL_PASS_WAIVED;
}

static void only_what_is_kept_is_kept(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    struct model m = {.zone_minutes = 480};
    struct ctx ctx = {.arena = &a, .model = &m, .now = HOUSE_NOW, .lang = LANG_ZH};
    struct compliance c = {.laws =
                               arena_array(&a, struct law_state, CONTROL_STATES * CONTROL_STATES)};
    size_t kept = 0;
    for (int x = 0; x < CONTROL_STATES; x++) {
        for (int y = 0; y < CONTROL_STATES; y++) {
            c.laws[c.nlaws++] = make_law(&a, x, y);
            kept += (size_t)good(x) + (size_t)good(y);
        }
    }
    int fd;
    int64_t size;
    dbs_ok(scorecard_regulations(&ctx, &c, &(struct lived){0}, &(struct duty_history){0}, &by, &fd,
                                 &size));
    struct book b = book_of(&a, fd);
    struct csv_row row;
    int worst = -1;
    size_t rows = 0;
    for (; next(&b, &row); rows++) {
        int x = cell(&b, &row, "regulation").ptr[0] - '0';
        int y = cell(&b, &row, "regulation").ptr[2] - '0';
        int n = good(x) + good(y);
        int w = x < y ? x : y;
        expect(&b, &row, "kept", n == 2 ? STR("true") : STR("false"));
        expect(&b, &row, "controls_kept", str_fmt(&a, "%d", n));
        expect(&b, &row, "controls", STR("2"));
        expect(&b, &row, "state", control_state_words((enum control_state)w).zh);
        expect(&b, &row, "attested",
               str_fmt(&a, "%d", (x == CONTROL_ATTESTED) + (y == CONTROL_ATTESTED)));
        if (x != CONTROL_ATTESTED || y != CONTROL_ATTESTED) {
            expect(&b, &row, "age_hours", STR("1.5"));
        } else { /* people answered; nobody judged a record */
            expect(&b, &row, "records", STR(""));
            expect(&b, &row, "records_kept", STR(""));
        }
        assert_true(w >= worst); /* the worst first */
        worst = w;
    }
    assert_int_equal(rows, CONTROL_STATES * CONTROL_STATES);
    assert_int_equal(times(b.second, "t=\"b\"><v>1</v>"), kept);
    assert_int_equal(times(b.second, "t=\"b\"><v>0</v>"), 2 * rows - kept);
    for (int s = 0; s < CONTROL_STATES; s++) { /* each row says its state in words */
        str words = control_state_words((enum control_state)s).zh;
        assert_true(times(b.second, str_fmt(&a, ">%.*s<", STR_ARG(words)).ptr) >=
                    2 * CONTROL_STATES);
    }
    arena_end(&a);
}

/* --- as it comes from the database ------------------------------------------------------------ */

static const char law[] = HOUSE_DESK
    "types:\n" HOUSE_THING "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: keeping, zh: 存, en: "
    "Keep}\n"
    "controls:\n"
    "  small: {over: thing, holds: n <= 10, clause: bound, zh: 不多, en: Not many}\n"
    "standards:\n"
    "  bound: [T1/1.1 equal]\n"
    "  keeping: [T1/1.2 equal]\n";
static const char list[] =
    "#zhidu-standard\t1\n#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\n"
    "item\tparent\tkind\tzh\ten\n1\t\tgroup\t组\tGroup\n1.1\t1\tauto\t甲\tOne\n"
    "1.2\t1\tauto\t乙\tTwo\n1.3\t1\tsemi\t丙\tThree\n";

static void run(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    dbs_ok(control_run(h->e, house_db(h), &a, h->now, false));
    arena_end(&a);
}

static struct book standards(struct house *h)
{
    struct ctx ctx = house_ctx(h, h->amy);
    ctx.lang = LANG_ZH;
    struct compliance c;
    struct standard_state *states;
    struct standard *texts;
    size_t n;
    size_t ntexts;
    int fd;
    int64_t size;
    struct batch *asked = standards_list_ask(ctx.db, ctx.arena);
    dbs_ok(compliance_ask(&ctx, &c));
    dbs_ok(compliance_standards(&ctx, &c, asked, &states, &n));
    dbs_ok(standards_load(ctx.db, ctx.arena, &texts, &ntexts));
    dbs_ok(scorecard_standards(&ctx, states, n, texts, ntexts, &by, &fd, &size));
    return book_of(h->a, fd);
}

/* Of the standard: its state, and how many items and controls are said to be kept. */
static void assert_standard(struct house *h, enum control_state s, int kept, const char *records)
{
    struct book b = standards(h);
    struct csv_row row;
    assert_true(next(&b, &row));
    expect(&b, &row, "standard", STR("T1"));
    expect(&b, &row, "kept", STR("false")); /* of three items one has a control */
    expect(&b, &row, "items", STR("3"));
    expect(&b, &row, "items_kept", str_fmt(h->a, "%d", kept));
    expect(&b, &row, "controls_kept", str_fmt(h->a, "%d", kept));
    expect(&b, &row, "records", str_from(records));
    if (!kept) {
        expect(&b, &row, "state", words_in(control_state_words(s), LANG_ZH));
    }
    assert_int_equal(times(b.second, "t=\"b\"><v>1</v>"), 2 * (size_t)kept);
    assert_true(times(b.second, ">没有条款对应<") == 1);
    assert_true(times(b.second, ">没有控制点<") == 1);
    assert_true(times(b.second, ">丙<") == 1 && times(b.second, ">组<") == 0);
}

static void items_of_a_standard_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    const struct standard_file one = {.path = STR("t.tsv"), .text = str_from(list)};
    struct diags d = diags_make(h.a);
    size_t n;
    dbs_ok(standards_put(h.e, h.a, &one, 1, h.now, &d, &n));
    assert_standard(&h, CONTROL_STALE, 0, ""); /* never judged: no figure, no zero */
    run(&h);
    assert_standard(&h, CONTROL_VACUOUS, 0, "0");
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "a", "n", "5", NULL));
    run(&h);
    assert_standard(&h, CONTROL_PASS, 1, "1");
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update control_result set trouble = 'x'"), NO_ARGS));
    assert_standard(&h, CONTROL_ERROR, 0, "1");
    run(&h);
    h.now += 27 * HOUR;
    assert_standard(&h, CONTROL_STALE, 0, "1");
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "b", "n", "*", NULL));
    run(&h);
    assert_standard(&h, CONTROL_UNKNOWN, 0, "2");
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "c", "n", "50", NULL));
    run(&h);
    assert_standard(&h, CONTROL_FAIL, 0, "3");
}

static void units_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct unit_state *units;
    size_t n;
    int fd;
    int64_t size;
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "a", "n", "50", NULL));
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "b", "n", "*", NULL));
    assert_done(&h, house_create(&h, h.cat, "thing", "what", "c", "n", "51", NULL));
    run(&h);
    int64_t as_of;
    size_t unjudged;
    assert_done(&h, house_create(&h, h.cat, "thing", "what", "d", "n", "1", NULL));
    run(&h);
    dbs_ok(compliance_units(&ctx, &units, &n, &as_of, &unjudged));
    assert_int_equal(unjudged, 0);
    dbs_ok(scorecard_units(&ctx, units, n, as_of, &by, &fd, &size));
    struct book b = book_of(h.a, fd);
    struct csv_row row;
    assert_true(next(&b, &row));
    expect(&b, &row, "unit", units[0].name);
    expect(&b, &row, "records", STR("2"));
    expect(&b, &row, "records_kept", STR("0"));
    expect(&b, &row, "not_kept", STR("1"));
    expect(&b, &row, "unknown", STR("1"));
    assert_true(next(&b, &row));
    expect(&b, &row, "not_kept", STR("1"));
    expect(&b, &row, "unknown", STR("0"));
    expect(&b, &row, "records", STR("2"));
    expect(&b, &row, "records_kept", STR("1"));
    expect(&b, &row, "age_hours", STR("0"));
    assert_false(next(&b, &row));
    assert_int_equal(times(b.second, ">small<"), 2);
}

/* A missed duty is told with the figures, and no control hides it. */
static void duties_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    struct ctx ctx;
    struct compliance c;
    int fd;
    int64_t size;
    house_appoint(&h, h.amy, "keeper", h.top);
    house_clock(&h, duties_at("2026-03-10T09:00")); /* February was missed, March is open */
    ctx = house_ctx(&h, h.amy);
    dbs_ok(compliance_ask(&ctx, &c));
    struct duty_history who;
    struct duty_of year = {.from = duty_year_first(&ctx), .end = ctx.today + 1};
    struct duty_history_asked asked = duty_history_ask(&ctx, &year);
    dbs_ok(duty_history_read(&ctx, &year, &asked, &who));
    dbs_ok(scorecard_regulations(&ctx, &c, &(struct lived){0}, &who, &by, &fd, &size));
    str people = sheet_of(h.a, fd, 4); /* amy, in her post: none of one in time, one open */
    assert_int_equal(times(people, ">管理员<") + times(people, ">Keeper<"), 1);
    assert_int_equal(times(people, ">0</v>"), 4); /* in time, late, overdue, did */
    assert_int_equal(times(people, ">1</v>"), 3); /* ended, missed, open */
    struct duty_history cut = who;
    cut.holders += 7;
    cut.more = true;
    dbs_ok(scorecard_regulations(&ctx, &c, &(struct lived){0}, &cut, &by, &fd, &size));
    str whole = people;
    people = sheet_of(h.a, fd, 4); /* what it does not hold is said in its last rows */
    assert_int_equal(times(people, "<row ") - times(whole, "<row "), 2);
    assert_int_equal(times(people, "另有 7 人次") + times(people, ">7 more are"), 1);
    assert_int_equal(times(people, " 50000 "), 1);
    struct book b = book_of(h.a, fd);
    struct csv_row row;
    assert_true(next(&b, &row)); /* the worst first */
    expect(&b, &row, "kept", STR("false"));
    expect(&b, &row, "state", words_in(control_state_words(CONTROL_FAIL), ctx.lang));
    expect(&b, &row, "duties", STR("1"));
    expect(&b, &row, "duties_kept", STR("0"));
    expect(&b, &row, "in_time", STR("0"));
    expect(&b, &row, "ended", STR("1"));
    expect(&b, &row, "missed", STR("1"));
    expect(&b, &row, "late", STR("0"));
    expect(&b, &row, "open", STR("1"));
    assert_true(next(&b, &row)); /* a regulation without duties: no figure, no zero */
    expect(&b, &row, "duties", STR("0"));
    expect(&b, &row, "ended", STR(""));
    struct unit_state *units;
    size_t n;
    int64_t as_of;
    size_t unjudged;
    dbs_ok(compliance_units(&ctx, &units, &n, &as_of, &unjudged));
    dbs_ok(scorecard_units(&ctx, units, n, as_of, &by, &fd, &size));
    b = book_of(h.a, fd);
    assert_true(next(&b, &row));
    expect(&b, &row, "missed", STR("1"));
    expect(&b, &row, "ended", STR("1"));
}

static void duties_with_what_was_missed(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, duties_body);
}

static void items_of_a_standard(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, items_of_a_standard_body);
}

static void units_with_what_they_break(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, units_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_kept_is_kept),
        cmocka_unit_test(items_of_a_standard),
        cmocka_unit_test(units_with_what_they_break),
        cmocka_unit_test(duties_with_what_was_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
