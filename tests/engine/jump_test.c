/* The machine's clock jumps, backwards and forwards, while people act: ids only
 * grow, the time the ledger records never goes back, numbers have no gap, and what
 * is due later is due when the clock says so. */
#include "engine/crowd.h"

static int64_t jumped_now = INST_NOW;

static int64_t jumped_clock(void *arg)
{
    (void)arg;
    return jumped_now;
}

static struct inst make(struct dbs *t)
{
    struct inst in = {.t = t};
    struct sources s;
    struct diags d = diags_make(t->a);
    struct engine_options o = {.url = t->url, .db = t->options, .clock = jumped_clock};
    int64_t made = 0;
    dbs_ok(load_folder(t->a, NULL, STR("regulations"), &s));
    dbs_ok(engine_init(t->life, &o, &s, &d, &in.e));
    str demo = inst_file(t->a, "regulations/demo.yaml");
    dbs_ok(scenario_records(in.e, t->a, demo, STR("demo.yaml"), &d, &made));
    dbs_ok(engine_reader(in.e, t->life, &in.db));
    return in;
}

/* How often an entry was recorded before the one in front of it. */
static int64_t recorded_back(struct crowd *c)
{
    struct rows r;
    int64_t back = 0;
    int64_t before = 0;
    dbs_ok(db_query(c->in.db, c->in.t->a, SQL("select data from ledger_leaf order by seq"), NO_ARGS,
                    &r));
    while (rows_next(&r)) {
        struct ledger_entry e;
        assert_true(ledger_leaf_parse(rows_text(&r, 0), &e));
        back += e.recorded_ms < before;
        before = e.recorded_ms;
    }
    return back;
}

static void body_jumps(struct dbs *t)
{
    static const int64_t jumps[] = {
        0,     -1,     -3600000,        86400000,         -86400000 * 3LL,
        60000, -60000, 86400000 * 40LL, -86400000 * 39LL, 1};
    struct crowd *c = arena_new(t->life, struct crowd);
    jumped_now = INST_NOW;
    crowd_make(c, make(t));
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        static const enum what mix[] = {CREATE, ACCEPT, COMMENT, CREATE, CREATE};
        jumped_now += jumps[i];
        for (size_t k = 0; k < sizeof(mix) / sizeof(mix[0]); k++) {
            struct one o;
            one_fill(c, &o, mix[k], NULL);
            o.act.done = NULL;
            o.act.now = jumped_now;
            dbs_ok(act_call(c->in.e, &o.act));
            one_settle(c, &o);
            arena_end(&o.arena);
        }
        (void)engine_tick(c->in.e, jumped_now);
        arena_reset(t->a);
    }
    crowd_numbers(c);
    int64_t back = recorded_back(c);
    assert_int_equal(back, 0);
    back = inst_i64(&c->in,
                    SQL("select count(*) from act a join act b on b.seq > a.seq"
                        " where b.id <= a.id"),
                    NO_ARGS);
    assert_int_equal(back, 0);
    (void)inst_verify(&c->in);
    engine_stop(c->in.e);
}

static void a_clock_that_jumps_costs_no_order(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_jumps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_jumps_costs_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
