/* What the engine says of itself: each thing that can go wrong is made to, and
 * what is said has to be in words, in both languages, with what to do. */
#include "base/health.h"
#include "engine/engine_int.h"
#include "engine/inst.h"
#include "engine/job.h"

#include <string.h>

static struct health_now look(struct inst *in, struct health *h, const char *name, int64_t now)
{
    const struct health_row *rows;
    (void)in;
    size_t n = health_look(h, in->t->a, now, &rows);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows[i].check->name, str_from(name))) {
            const struct health_now *x = &rows[i].now;
            assert_true(x->what.zh.len && x->what.en.len);
            assert_int_equal(x->state == HEALTH_OK, x->remedy.zh.len == 0);
            assert_int_equal(x->remedy.zh.len == 0, x->remedy.en.len == 0);
            return *x;
        }
    }
    fail_msg("no check %s", name);
    return (struct health_now){0};
}

static void exec(struct inst *in, struct sql sql)
{
    dbs_ok(db_exec(in->db, in->t->a, sql, NO_ARGS));
}

/* As the writer does between its groups, ten seconds and more later. */
static int64_t look_around(struct inst *in, int64_t now)
{
    engine_look_around(in->e, in->db, in->t->a, now);
    engine_look_around(in->e, in->db, in->t->a, now + 11000);
    return now + 11000;
}

static void told(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    struct health *h = health_make(t->life);
    engine_health(in.e, h);
    int64_t now = look_around(&in, INST_NOW);
    static const char *const well[] = {"writer", "due", "jobs", "log", "search", "clock"};
    for (size_t i = 0; i < sizeof(well) / sizeof(well[0]); i++) {
        assert_int_equal(look(&in, h, well[i], now).state, HEALTH_OK);
    }
    /* something fell due an hour ago and nobody did it */
    dbs_ok(db_exec(in.db, t->a,
                   SQL("insert into later(id, at, record, type, act, action, effect, actor, key)"
                       " values (77, $1, 1, 1, 1, 'x', 0, 0, 'health-test')"),
                   ARGS(db_i64(now - 3600000))));
    now = look_around(&in, now + 20000);
    struct health_now x = look(&in, h, "due", now);
    assert_int_equal(x.state, HEALTH_WARN);
    assert_true(str_has(x.what.en, STR("1 things are due")));
    exec(&in, SQL("delete from later where id = 77"));
    now = look_around(&in, now + 20000);
    assert_int_equal(look(&in, h, "due", now).state, HEALTH_OK);
    /* a job failed yesterday; one of last month no longer counts */
    for (int days = 1; days < 60; days += 30) {
        dbs_ok(db_exec(in.db, t->a,
                       SQL("insert into job(id, kind, title_zh, title_en, person, state, done,"
                           " total, created_at, changed_at) values ($1, 'x', '', '', 0, $2, 0, 0,"
                           " $3, $3)"),
                       ARGS(db_i64(engine_id_at(now - days * 86400000LL) + 1), db_i64(JOB_FAILED),
                            db_i64(now))));
    }
    now = look_around(&in, now + 20000);
    assert_int_equal(look(&in, h, "jobs", now).state, HEALTH_WARN);
    assert_int_equal(engine_stats(in.e).queues.jobs_failed, 1);
    /* deadlines: nobody has looked for a minute */
    engine_tick(in.e, now);
    assert_int_equal(look(&in, h, "clock", now + 1000).state, HEALTH_OK);
    assert_int_equal(look(&in, h, "clock", now + 60000).state, HEALTH_BAD);
}

static void what_goes_wrong_is_said_in_words(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, told);
}

static void every_figure_can_be_read(void **state)
{
    (void)state;
    struct arena life = arena_make(64 << 20);
    struct engine *e = NULL;
    struct diags d = diags_make(&life);
    struct sources none = {0};
    struct engine_options o = {.origin = STR("test/ledger"), .url = STR("sqlite::memory:")};
    err x = engine_open_memory(&life, &none, &o, &d, &e);
    assert_int_equal(x.code, ERR_NONE);
    struct health *h = health_make(&life);
    engine_health(e, h);
    const struct health_figure *list;
    size_t n = health_figures(h, &life, &list);
    assert_true(n > 15);
    for (size_t i = 0; i < n; i++) {
        double v = list[i].read(list[i].arg, 1);
        assert_true(v != v || v >= 0);
        assert_int_equal(list[i].counter, str_ends(str_from(list[i].name), STR("_total")));
    }
    arena_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_goes_wrong_is_said_in_words),
                                       cmocka_unit_test(every_figure_can_be_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
