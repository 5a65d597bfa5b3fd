/* A history brought along, on both databases: everything is counted twice, by the
 * import and in the database, and must tie. */
#include "connect/import.h"
#include "connect/maker.h"
#include "engine/inst.h"
#include "engine/job.h"
#include "engine/schema.h"
#include "engine/verify.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct inst in;
    struct dbs *t;
    const struct model *model;
    struct mapping *m;
    char csv[64], rejects[80];
    bool gb18030;
    struct import_report rep;
};

static struct bench begin(struct dbs *t)
{
    struct bench b = {.t = t, .in = inst_make(t, 0)};
    b.model = engine_model(b.in.e);
    static int number;
    snprintf(b.csv, sizeof(b.csv), "/tmp/zhidu-import-%d-%d.csv", (int)getpid(), ++number);
    snprintf(b.rejects, sizeof(b.rejects), "%s.rejects", b.csv);
    return b;
}

static void end(struct bench *b)
{
    unlink(b->csv);
    unlink(b->rejects);
    engine_release(b->in.e, b->model);
    engine_stop(b->in.e);
}

static int64_t one(struct bench *b, struct sql sql)
{
    return inst_i64(&b->in, sql, NO_ARGS);
}

static void make_log(struct bench *b, struct made_log *log)
{
    FILE *f = fopen(b->csv, "we");
    assert_non_null(f);
    maker_write(log, f);
    fclose(f);
}

static void write_log(struct bench *b, const char *text)
{
    FILE *f = fopen(b->csv, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct import_counts run_file(struct bench *b, const char *csv, struct import_options o)
{
    struct diags d = diags_make(b->t->a);
    str text = inst_file(b->t->a, "examples/service-desk/mapping.yaml");
    struct mapping *m = mapping_load(b->t->a, text, STR("mapping.yaml"), b->model, &d);
    inst_no_diags(b->t, &d);
    struct words why = {0};
    o.engine = b->in.e;
    o.mapping = m;
    o.rejects = str_from(b->rejects);
    o.lang = LANG_EN;
    b->m = m;
    dbs_ok(csv_file_open(b->t->a, str_from(csv), ',', b->gb18030, &why, &o.file));
    mapping_bind(m, o.file, &d);
    inst_no_diags(b->t, &d);
    dbs_ok(import_run(&o, &b->rep));
    return b->rep.run;
}

static struct import_counts run(struct bench *b, struct import_options o)
{
    return run_file(b, b->csv, o);
}

/* The ledger, and every row it tells of. */
static void sound(struct bench *b)
{
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    dbs_ok(engine_verify(b->in.db, b->t->a, &opt, &r));
    if (r.bad) {
        fail_msg("not in order: %.*s", STR_ARG(r.what.en));
    }
}

/* Each figure again, from the database. */
static void ties(struct bench *b, const struct import_counts *c)
{
    assert_int_equal(c->lines,
                     c->effective + c->without + c->rejected + c->known + c->again + c->foreign);
    assert_int_equal(c->acts, one(b, SQL("select count(*) from act where flags % 2 = 1")));
    assert_int_equal(c->acts, one(b, SQL("select cast(sum(acts) as bigint) from import_line")));
    assert_int_equal(c->made, one(b, SQL("select count(*) from r_fault")));
    assert_int_equal(c->effective,
                     one(b, SQL("select count(*) from import_line where outcome = 1")));
    assert_int_equal(c->without, one(b, SQL("select count(*) from import_line where outcome = 2")));
    struct ctx ctx = ctx_make(b->in.e, b->model, b->in.db, b->t->a, INST_NOW, 0, LANG_EN);
    struct import_counts all;
    dbs_ok(import_totals(&ctx, b->m, &all));
    assert_int_equal(all.acts, c->acts);
    assert_int_equal(all.people, c->people);
    assert_int_equal(all.units, c->units);
    assert_int_equal(all.made, c->made);
}

/* Nobody hears of it, and nothing fires late. */
static void quiet(struct bench *b, int64_t told)
{
    assert_int_equal(one(b, SQL("select count(*) from notification")), told);
    assert_int_equal(one(b, SQL("select count(*) from later")), 0);
    assert_int_equal(one(b, SQL("select count(*) from step_job where \"left\" > 0")), 0);
    assert_int_equal(one(b, SQL("select count(*) from term t where mark_at is not null"
                                " and exists(select 1 from r_fault r where r.id = t.record)")),
                     0);
    int64_t acts = one(b, SQL("select count(*) from act"));
    engine_tick(b->in.e, INST_NOW + 86400000);
    assert_int_equal(one(b, SQL("select count(*) from act")), acts);
    assert_int_equal(one(b, SQL("select count(*) from notification")), told);
}

static void any_log(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 977, .cases = 40, .lines_per_case = 5};
    int64_t told = one(&b, SQL("select count(*) from notification"));
    int64_t people = one(&b, SQL("select count(*) from r_person"));
    int64_t units = one(&b, SQL("select count(*) from r_unit"));
    make_log(&b, &log);
    struct import_counts c = run(&b, (struct import_options){0});
    assert_int_equal(c.lines, log.lines);
    assert_int_equal(c.again, log.twice);
    assert_int_equal(c.rejected, 0);
    assert_int_equal(c.made, 40);
    assert_int_equal(one(&b, SQL("select count(*) from r_person")), people + c.people);
    assert_int_equal(one(&b, SQL("select count(*) from r_unit")), units + c.units);
    ties(&b, &c);
    quiet(&b, told);
    struct import_counts twice = run(&b, (struct import_options){0});
    assert_int_equal(twice.acts, 0);
    assert_int_equal(twice.known, c.effective + c.without);
    assert_int_equal(twice.again, c.again);
    sound(&b);
    end(&b);
}

static void a_log_of_the_form_is_brought_along(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, any_log);
}

static int64_t times_in(struct dbs *t, str text, const char *what)
{
    int64_t n = 0;
    for (const char *p = strstr(str_copy(t->a, text).ptr, what); p; p = strstr(p + 1, what)) {
        n++;
    }
    return n;
}

static void planted_log(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 4711, .cases = 60, .lines_per_case = 5, .planted = true};
    make_log(&b, &log);
    struct import_counts c = run(&b, (struct import_options){0});
    assert_true(log.bad_state && log.bad_time && log.bad_form && log.no_key);
    ties(&b, &c);
    /* The rejects file holds each of them, with its reason, and is itself a log.
     * A time is only looked at where something is done at it. */
    str rejects = inst_file(t->a, b.rejects);
    int64_t times = times_in(t, rejects, "cannot be read");
    assert_int_equal(times_in(t, rejects, "does not take"), log.bad_state);
    assert_int_equal(times_in(t, rejects, "cells instead of"), log.bad_form);
    assert_int_equal(times_in(t, rejects, "has no key"), log.no_key);
    assert_true(times > 0 && times <= log.bad_time);
    int64_t planted = log.bad_state + log.bad_form + log.no_key + times;
    assert_int_equal(c.rejected, planted);
    int64_t lines = 0;
    struct words why;
    struct csv_file *f;
    struct csv_row row;
    struct csv_place at;
    dbs_ok(csv_file_open(t->a, str_from(b.rejects), ',', false, &why, &f));
    while (csv_file_next(f, t->a, &row, &at) == CSV_ROW) {
        lines++;
    }
    assert_int_equal(lines, planted);
    char copy[80 + 8];
    snprintf(copy, sizeof(copy), "%s.again", b.csv);
    assert_int_equal(rename(b.rejects, copy), 0);
    struct import_counts again = run_file(&b, copy, (struct import_options){.retry = true});
    unlink(copy);
    assert_int_equal(again.acts, 0);
    assert_int_equal(again.rejected, planted);
    end(&b);
}

static void what_cannot_be_done_is_in_the_rejects_file_with_its_reason(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, planted_log);
}

#define HEAD                                                                                     \
    "number,incident_state,sys_mod_count,made_sla,caller_id,opened_by,opened_at,sys_created_by," \
    "sys_created_at,sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,"   \
    "u_symptom,cmdb_ci,impact,urgency,priority,assignment_group,assigned_to,problem_id,rfc,"     \
    "vendor,caused_by,closed_code,resolved_by,resolved_at\n"
#define LINE(number, state, mod, at, caller)                                              \
    number "," state "," mod ",TRUE," caller ",Opened 1,"                                 \
           "01-02-2016 08:00,?,?,Updated 1," at                                           \
           ",Phone,Loc,Cat,Sub,Sym,?,2,2,3 - Moderate,Group 1,Worker 1,?,?,?,?,code 1,R," \
           "01-02-2016 09:00\n"

static void by_the_day(struct dbs *t)
{
    struct bench b = begin(t);
    write_log(&b, HEAD LINE("A1", "New", "0", "01-02-2016 08:10", "Caller 1")
                      LINE("A1", "Active", "1", "01-02-2016 09:00", "Caller 1")
                          LINE("A1", "Active", "2", "01-02-2016 08:30", "Caller 1")
                              LINE("A1", "Closed", "3", "02-02-2016 09:00", "Caller 1")
                                  LINE("A2", "New", "0", "03-02-2016 08:00", "李雷"));
    struct import_counts c = run(&b, (struct import_options){0});
    assert_int_equal(c.rejected, 0);
    assert_int_equal(c.made, 2);
    /* acts stand at the times of the log, in its people's names, marked */
    assert_int_equal(one(&b, SQL("select created_at from r_fault where f_external_number = 'A1'")),
                     1454284800000);
    assert_int_equal(one(&b, SQL("select at_closed from r_fault where f_external_number = 'A1'")),
                     1454374800000);
    assert_int_equal(one(&b, SQL("select count(*) from act a join r_person p on p.id = a.person"
                                 " where a.action = 'close' and p.name = 'Updated 1'"
                                 " and a.flags = 1 and a.recorded > 1700000000000")),
                     1);
    /* somebody of this name was there before the import */
    assert_int_equal(one(&b, SQL("select count(*) from r_person where f_full_name = '李雷'")), 1);
    assert_int_equal(one(&b, SQL("select count(*) from r_fault f join r_person p"
                                 " on p.id = f.f_reporter where p.f_login = 'li.lei'")),
                     1);
    sound(&b);
    end(&b);
}

static void acts_stand_at_their_times_and_in_their_peoples_names(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, by_the_day);
}

static void more_lines_later(struct dbs *t)
{
    struct bench b = begin(t);
    write_log(&b, HEAD LINE("A1", "New", "0", "01-02-2016 08:10", "Caller 1")
                      LINE("A1", "Pending", "1", "01-02-2016 08:20", "Caller 1"));
    struct import_counts c = run(&b, (struct import_options){0});
    assert_int_equal(c.effective, 1);
    assert_int_equal(c.rejected, 1);
    /* the same log a month later, with more lines of the case, and one mended */
    write_log(&b, HEAD LINE("A1", "New", "0", "01-02-2016 08:10", "Caller 1")
                      LINE("A1", "Pending", "1", "01-02-2016 08:20", "Caller 1")
                          LINE("A1", "Active", "1", "01-02-2016 08:20", "Caller 1")
                              LINE("A1", "Resolved", "2", "01-02-2016 10:20", "Caller 1"));
    c = run(&b, (struct import_options){0});
    assert_int_equal(c.known, 1);
    assert_int_equal(c.effective, 2);
    assert_int_equal(c.rejected, 1);
    assert_int_equal(c.early, 1);
    assert_int_equal(c.made, 0);
    assert_int_equal(one(&b, SQL("select count(*) from r_fault")), 1);
    c = run(&b, (struct import_options){.retry = true});
    assert_int_equal(c.early, 0);
    assert_int_equal(c.rejected, 1);
    assert_int_equal(c.acts, 0);
    end(&b);
}

static void a_log_that_has_grown_goes_on_where_it_ended(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, more_lines_later);
}

static void of_others(struct dbs *t)
{
    struct bench b = begin(t);
    /* A case of this number is there, entered by somebody here. */
    struct value_in with[] = {{.field = STR("summary"), .text = STR("旧单")},
                              {.field = STR("reporter"), .text = STR("li.lei")},
                              {.field = STR("channel"), .text = STR("phone")},
                              {.field = STR("external_number"), .text = STR("A1")}};
    struct act act = {.arena = t->a,
                      .actor = inst_person(&b.in, "wu.tao"),
                      .now = INST_NOW,
                      .type = STR("fault"),
                      .action = STR("report_for"),
                      .values = with,
                      .nvalues = 4};
    dbs_ok(act_call(b.in.e, &act));
    int64_t acts = one(&b, SQL("select count(*) from act"));
    write_log(&b, HEAD LINE("A1", "New", "0", "01-02-2016 08:10", "Caller 1")
                      LINE("A1", "Closed", "1", "01-02-2016 09:00", "Caller 1"));
    struct import_counts c = run(&b, (struct import_options){0});
    assert_int_equal(c.foreign, 2);
    assert_int_equal(c.foreign_cases, 1);
    assert_int_equal(c.acts, 0);
    assert_int_equal(one(&b, SQL("select count(*) from act")), acts);
    end(&b);
}

static void a_case_that_is_none_of_ours_is_left_alone(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, of_others);
}

static void rehearsed(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 99, .cases = 25, .lines_per_case = 6, .planted = true};
    make_log(&b, &log);
    int64_t acts = one(&b, SQL("select count(*) from act"));
    int64_t people = one(&b, SQL("select count(*) from r_person"));
    int64_t leaves = one(&b, SQL("select count(*) from ledger_leaf"));
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    struct import_counts dry = run(&b, (struct import_options){.dry_run = true, .out = out});
    fclose(out);
    assert_int_equal(one(&b, SQL("select count(*) from act")), acts);
    assert_int_equal(one(&b, SQL("select count(*) from r_person")), people);
    assert_int_equal(one(&b, SQL("select count(*) from ledger_leaf")), leaves);
    assert_int_equal(one(&b, SQL("select count(*) from import_line")), 0);
    assert_int_equal(one(&b, SQL("select count(*) from job")), 0);
    int64_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        rows += text[i] == '\n';
    }
    assert_int_equal(rows, log.lines); /* every line says what would happen to it */
    assert_true(str_has(str_from_n(text, n), STR("→")));
    free(text);
    struct import_counts real = run(&b, (struct import_options){0});
    assert_int_equal(dry.lines, real.lines);
    assert_int_equal(dry.effective, real.effective);
    assert_int_equal(dry.without, real.without);
    assert_int_equal(dry.rejected, real.rejected);
    assert_int_equal(dry.made, real.made);
    sound(&b);
    end(&b);
}

static void a_dry_run_tells_what_the_real_one_does_and_writes_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, rehearsed);
}

static bool until(void *arg, int64_t lines, int64_t total, int64_t acts)
{
    (void)total;
    (void)acts;
    return lines < *(int64_t *)arg;
}

static void interrupted(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 321, .cases = 400, .lines_per_case = 4, .plain = true};
    make_log(&b, &log);
    int64_t stop_at = 1;
    int64_t acts = 0;
    int runs = 0;
    do { /* stopped at the first chance, again and again */
        struct import_counts c =
            run(&b, (struct import_options){.progress = until, .arg = &stop_at});
        acts += c.acts;
        stop_at += 200;
        runs++;
    } while (b.rep.stopped && runs < 100);
    assert_true(runs > 1);
    assert_int_equal(one(&b, SQL("select count(*) from job where state = 4")), runs - 1);
    assert_int_equal(one(&b, SQL("select count(*) from job where state = 2")), 1);
    assert_int_equal(one(&b, SQL("select count(*) from r_fault")), 400);
    assert_int_equal(acts, one(&b, SQL("select count(*) from act where flags % 2 = 1")));
    /* numbers are given in the order of the cases, as if nothing had happened */
    assert_int_equal(one(&b, SQL("select count(*) from r_fault a join r_fault b"
                                 " on a.f_external_number < b.f_external_number"
                                 " where a.number = b.number")),
                     0);
    sound(&b);
    end(&b);
}

static void an_import_that_is_stopped_goes_on(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, interrupted);
}

/* The same log in GB18030, from a spreadsheet of the house, with a bad character. */
static void of_a_spreadsheet(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 77, .cases = 12, .lines_per_case = 4};
    make_log(&b, &log);
    str utf8 = inst_file(t->a, b.csv);
    size_t room = utf8.len * 2;
    size_t left = utf8.len;
    char *gb = arena_bytes(t->a, room);
    char *to = gb;
    char *from = (char *)(uintptr_t)utf8.ptr;
    iconv_t cd = iconv_open("GB18030", "UTF-8");
    assert_true(iconv(cd, &from, &left, &to, &room) != (size_t)-1);
    iconv_close(cd);
    FILE *f = fopen(b.csv, "we");
    fwrite(gb, 1, (size_t)(to - gb), f);
    fputs("\xB9\xFF\r\n", f);
    fclose(f);
    struct import_counts c = run(&b, (struct import_options){0});
    assert_true(c.rejected > log.lines / 2); /* said to be UTF-8: told line by line */
    assert_true(times_in(t, inst_file(t->a, b.rejects), "is not UTF-8") > log.lines / 2);
    b.gb18030 = true;
    c = run(&b, (struct import_options){0});
    assert_int_equal(c.lines, log.lines + 1);
    assert_int_equal(c.rejected, 1);
    assert_int_equal(one(&b, SQL("select count(*) from r_fault")), 12);
    assert_true(one(&b, SQL("select count(*) from r_person where name like '来电人%'")) > 0);
    end(&b);
}

static void a_log_in_gb18030_is_read(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, of_a_spreadsheet);
}

static bool cancel(void *arg, int64_t lines, int64_t total, int64_t acts)
{
    struct bench *b = arg;
    (void)lines;
    (void)total;
    (void)acts;
    int64_t job = one(b, SQL("select max(id) from job"));
    err e = job_cancel(b->in.e, job, 0, INST_NOW);
    assert_true(e.code == 0 || e.code == ERR_NOT_FOUND); /* the second time it is over */
    return true;
}

static void cancelled(struct dbs *t)
{
    struct bench b = begin(t);
    struct made_log log = {.seed = 5, .cases = 500, .lines_per_case = 4};
    make_log(&b, &log);
    struct import_counts c = run(&b, (struct import_options){.progress = cancel, .arg = &b});
    assert_true(b.rep.stopped);
    assert_true(c.made > 0 && c.made < 500);
    assert_int_equal(one(&b, SQL("select state from job")), JOB_CANCELLED);
    assert_int_equal(one(&b, SQL("select total from job")), log.lines);
    assert_true(one(&b, SQL("select done from job")) > 0);
    assert_int_equal(c.acts, one(&b, SQL("select count(*) from act where flags % 2 = 1")));
    sound(&b);
    end(&b);
}

static void an_import_is_cancelled_among_the_jobs(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, cancelled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_of_the_form_is_brought_along),
        cmocka_unit_test(what_cannot_be_done_is_in_the_rejects_file_with_its_reason),
        cmocka_unit_test(acts_stand_at_their_times_and_in_their_peoples_names),
        cmocka_unit_test(a_log_that_has_grown_goes_on_where_it_ended),
        cmocka_unit_test(a_case_that_is_none_of_ours_is_left_alone),
        cmocka_unit_test(a_dry_run_tells_what_the_real_one_does_and_writes_nothing),
        cmocka_unit_test(a_log_in_gb18030_is_read),
        cmocka_unit_test(an_import_that_is_stopped_goes_on),
        cmocka_unit_test(an_import_is_cancelled_among_the_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
