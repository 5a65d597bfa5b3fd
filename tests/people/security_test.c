/* The security log: what is written, what is only counted, and that nobody can fill it. */
#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/inst.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/security.h"

#define WORD STR("correct horse battery staple")

struct house {
    struct inst in;
    struct accounts *people;
    int64_t person;
    struct arena *a;
};

static err empty(void *arg, struct db *db, struct arena *a)
{
    (void)arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from security_log"), NO_ARGS);
    batch_add(b, SQL("delete from account"), NO_ARGS);
    return batch_run(b);
}

/* What was handed to the writer before is done. */
static void settle(struct house *h)
{
    dbs_ok(people_set_preferences(h->people, h->a, INST_NOW, h->person, LANG_ZH, STR("")));
}

static void fresh(struct house *h)
{
    dbs_ok(people_open(h->in.t->life, h->in.e, &h->people));
    dbs_ok(engine_write(h->in.e, empty, NULL));
}

static void note(struct house *h, int64_t now, enum security_kind kind, const char *peer,
                 const char *detail)
{
    security_note(
        h->people, now,
        &(struct security_event){
            .kind = kind, .person = h->person, .peer = str_from(peer), .detail = str_from(detail)});
}

static size_t list(struct house *h, struct security_filter f, struct security_row **rows)
{
    size_t n;
    settle(h);
    f.limit = f.limit ? f.limit : 10000;
    dbs_ok(security_list(h->in.db, h->a, &f, rows, &n));
    return n;
}

static void the_same_within_a_minute_is_one_row_that_counts(struct house *h)
{
    struct security_row *rows;
    for (int i = 0; i < 1000; i++) {
        note(h, INST_NOW + i, SECURITY_DENIED, "192.0.2.7", "/admin");
    }
    note(h, INST_NOW, SECURITY_DENIED, "192.0.2.99", "/admin"); /* the same network */
    note(h, INST_NOW, SECURITY_DENIED, "198.51.100.1", "/admin");
    note(h, INST_NOW, SECURITY_DENIED, "192.0.2.7", "/admin/jobs");
    security_turn(h->people, INST_NOW + 1000, false); /* the minute is not over */
    assert_int_equal(list(h, (struct security_filter){0}, &rows), 3);
    assert_int_equal(rows[2].times, 1);
    security_turn(h->people, INST_NOW + CLOCK_MINUTE, false);
    assert_int_equal(list(h, (struct security_filter){0}, &rows), 3);
    assert_int_equal(rows[2].times, 1001);
    assert_true(rows[2].at == INST_NOW && rows[2].person == h->person);
    assert_true(str_eq(rows[2].detail, STR("/admin")) && str_eq(rows[2].peer, STR("192.0.2.7")));
    note(h, INST_NOW + CLOCK_MINUTE, SECURITY_DENIED, "192.0.2.7", "/admin"); /* a new minute */
    assert_int_equal(list(h, (struct security_filter){0}, &rows), 4);
}

static void nobody_can_fill_it(struct house *h)
{
    enum { TRIED = 5000 };
    struct security_row *rows;
    for (int i = 0; i < TRIED; i++) {
        str detail = str_fmt(h->a, "/made/up/%d", i);
        note(h, INST_NOW, SECURITY_DENIED, "192.0.2.7", detail.ptr);
    }
    security_turn(h->people, INST_NOW, true);
    size_t n = list(h, (struct security_filter){0}, &rows);
    assert_int_equal(n, SECURITY_ROWS_MINUTE + 1);
    int64_t all = 0;
    int64_t more = 0;
    for (size_t i = 0; i < n; i++) {
        all += rows[i].times;
        more += rows[i].kind == SECURITY_MORE;
    }
    assert_int_equal(more, 1);
    assert_int_equal(all, TRIED); /* none is forgotten */
}

static void it_can_be_filtered(struct house *h)
{
    struct security_row *rows;
    struct words why;
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->person, STR("li.lei"), WORD, false, &why));
    note(h, INST_NOW, SECURITY_DENIED, "192.0.2.7", "/a");
    note(h, INST_NOW + CLOCK_DAY, SECURITY_FORGED, "192.0.2.7", "/b");
    note(h, INST_NOW + CLOCK_DAY, SECURITY_FORGED, "198.51.100.1", "/c");
    assert_int_equal(list(h, (struct security_filter){.kind = SECURITY_FORGED}, &rows), 2);
    assert_int_equal(list(h, (struct security_filter){.peer = STR("192.0.2.7")}, &rows), 2);
    assert_int_equal(list(h, (struct security_filter){.login = STR("li.lei")}, &rows), 4);
    assert_true(str_eq(rows[0].login, STR("li.lei")));
    assert_int_equal(list(h, (struct security_filter){.login = STR("wu.tao")}, &rows), 0);
    assert_int_equal(list(h, (struct security_filter){.from = INST_NOW + 1}, &rows), 2);
    assert_int_equal(list(h, (struct security_filter){.to = INST_NOW + 1}, &rows), 2);
    assert_int_equal(list(h, (struct security_filter){.limit = 1}, &rows), 1);
    assert_int_equal(list(h, (struct security_filter){.before = rows[0].id}, &rows), 3);
}

static void old_rows_go(struct house *h)
{
    struct security_row *rows;
    security_keep(h->people, 30);
    note(h, INST_NOW, SECURITY_DENIED, "192.0.2.7", "/old");
    note(h, INST_NOW + 20 * (int64_t)CLOCK_DAY, SECURITY_DENIED, "192.0.2.7", "/new");
    security_turn(h->people, INST_NOW + 31 * (int64_t)CLOCK_DAY, false);
    assert_int_equal(list(h, (struct security_filter){0}, &rows), 1);
    assert_true(str_eq(rows[0].detail, STR("/new")));
}

static void what_is_kept_is_short_and_well_formed(struct house *h)
{
    struct security_row *rows;
    char longer[400];
    for (size_t i = 0; i < sizeof(longer); i++) {
        longer[i] = "制"[i % 3];
    }
    security_note(h->people, INST_NOW,
                  &(struct security_event){.kind = SECURITY_DENIED,
                                           .detail = str_from_n(longer, sizeof(longer))});
    security_note(h->people, INST_NOW,
                  &(struct security_event){.kind = SECURITY_DENIED, .detail = STR("\xff\xfe")});
    assert_int_equal(list(h, (struct security_filter){0}, &rows), 2);
    assert_true(rows[1].detail.len > 190 && rows[1].detail.len < SECURITY_DETAIL);
    assert_true(str_utf8_ok(rows[1].detail));
    assert_int_equal(rows[0].detail.len, 0);
}

static void failed_sign_ins_name_the_person_and_never_what_was_typed(struct house *h)
{
    struct security_row *rows;
    struct signed_in in;
    struct words why;
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->person, STR("li.lei"), WORD, false, &why));
    static const struct sign_in tries[] = {
        {{"li.lei", 6}, {"wrong", 5}, {"192.0.2.7", 9}, {"x", 1}, LANG_ZH},
        {{"my-secret-password", 18}, {"li.lei", 6}, {"192.0.2.7", 9}, {"x", 1}, LANG_ZH},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        err e = people_sign_in(h->people, h->in.db, h->a, INST_NOW, &tries[i], &in);
        assert_int_equal(e.code, ERR_DENIED);
    }
    assert_int_equal(list(h, (struct security_filter){.kind = SECURITY_PASSWORD}, &rows), 2);
    assert_true(rows[0].person == 0 && rows[1].person == h->person);
    assert_int_equal(inst_i64(&h->in,
                              SQL("select count(*) from security_log where detail like '%secret%'"),
                              NO_ARGS),
                     0);
}

/* Whose data are erased: addresses that the law still wants kept stay, and are counted. */
static void traces_of_a_person_are_erased(struct house *h)
{
    const int64_t now = INST_NOW + INT64_C(200) * CLOCK_DAY;
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, now, 0, LANG_ZH);
    struct security_row *rows;
    struct signed_in in;
    struct words why;
    int64_t gone;
    int64_t kept;
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->person, STR("li.lei"), WORD, false, &why));
    struct sign_in ok = {.login = STR("li.lei"),
                         .password = WORD,
                         .peer = STR("192.0.2.7"),
                         .agent = STR("a browser")};
    dbs_ok(people_sign_in(h->people, h->in.db, h->a, now, &ok, &in));
    note(h, INST_NOW, SECURITY_DENIED, "192.0.2.7", "/admin");
    note(h, now - CLOCK_DAY, SECURITY_DENIED, "192.0.2.8", "/admin");
    settle(h);
    dbs_ok(people_traces(&ctx, h->person, &gone, &kept));
    assert_int_equal(gone, 2);
    assert_int_equal(kept, 1);
    dbs_ok(h->in.e->traces.erase(NULL, h->in.db, h->a, h->person, now, &gone, &kept));
    assert_int_equal(gone, 2);
    assert_int_equal(kept, 1);
    dbs_ok(people_traces(&ctx, h->person, &gone, &kept));
    assert_int_equal(gone, 0);
    assert_int_equal(kept, 1);
    assert_int_equal(inst_i64(&h->in,
                              SQL("select count(*) from session where peer <> '' or agent <> ''"),
                              NO_ARGS),
                     0);
    assert_int_equal(list(h, (struct security_filter){.kind = SECURITY_DENIED}, &rows), 2);
    assert_true(str_eq(rows[0].peer, STR("192.0.2.8")) && !rows[1].peer.len);
    engine_release(h->in.e, m);
}

static const struct {
    const char *name;
    void (*body)(struct house *h);
} bodies[] = {
    {"traces_of_a_person_are_erased", traces_of_a_person_are_erased},
    {"the_same_within_a_minute_is_one_row_that_counts",
     the_same_within_a_minute_is_one_row_that_counts},
    {"nobody_can_fill_it", nobody_can_fill_it},
    {"it_can_be_filtered", it_can_be_filtered},
    {"old_rows_go", old_rows_go},
    {"what_is_kept_is_short_and_well_formed", what_is_kept_is_short_and_well_formed},
    {"failed_sign_ins_name_the_person_and_never_what_was_typed",
     failed_sign_ins_name_the_person_and_never_what_was_typed},
};

static void body_all(struct dbs *t)
{
    struct house h = {.in = inst_make(t, 0), .a = t->a};
    size_t n;
    const struct migration *migrations = people_migrations(&n);
    dbs_ok(db_migrate(t->db, t->a, migrations, n));
    h.person = inst_person(&h.in, "li.lei");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        print_message("           %s\n", bodies[i].name);
        fresh(&h);
        bodies[i].body(&h);
    }
    engine_stop(h.in.e);
}

static void the_security_log(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_security_log)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
