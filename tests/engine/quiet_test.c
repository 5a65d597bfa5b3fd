/* Judging again and again writes nothing down while nothing happens: over a day of turns of
 * every clock the ledger grows by at most one entry an hour, whatever stands in violation, is
 * let off, cannot be decided, or may not become a finding. */
#include "engine/control_int.h"
#include "engine/find_law.h"
#include "engine/house.h"
#include "engine/inst.h"

#define MINUTE 60000LL

static const char law[] = FIND_DESK FIND_THING
    "    small: true\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: keeping}\n" FINDING
        WAIVER "controls:\n"
    "  few: {over: thing, holds: n <= 10, grace: 2h, fix_within: 3d, severity: high,"
    " clause: keeping, zh: 不多, en: Few}\n"
    "  far: {over: thing, holds: not exists(t in thing where t.n == 4 and t.what != what),"
    " clause: keeping, zh: 无四, en: No four}\n"
    "  ripe: {over: thing, holds: now < created_at + 400d, clause: keeping, zh: 新, en: New}\n"
    "  true_rows: {self: records, max_age: 2h, severity: critical, clause: keeping, zh: 真,"
    " en: True}\n";

static int64_t entries(struct db *db)
{
    struct arena a = arena_make(1 << 20);
    int64_t n = dbs_i64(db, &a, SQL("select count(*) from ledger_payload"), NO_ARGS);
    arena_end(&a);
    return n;
}

/* What the threads of a server do, each `step` ms; *most: how much the ledger grew in any hour. */
static void day_of_turns(struct engine *e, struct db *db, int64_t *now, int64_t step, int64_t *most)
{
    struct arena a = arena_make(128u << 20);
    const struct model *m = engine_model(e);
    const struct control *self = model_control(m, STR("true_rows"));
    for (int hour = 0; hour < 24; hour++) {
        int64_t was = entries(db);
        for (int64_t i = 0; i < HOUR; i += step, *now += step) {
            engine_tick(e, *now);
            control_clock_turn(e, *now);
        }
        dbs_ok(self ? control_self_run(e, db, &a, *now, self) : OK);
        arena_reset(&a);
        int64_t grew = entries(db) - was;
        *most = grew > *most ? grew : *most;
    }
    engine_release(e, m);
    arena_end(&a);
}

static int64_t kept(struct house *h, const char *what, const char *n)
{
    int64_t id = house_create(h, h->amy, "thing", "what", what, n ? "n" : NULL, n, NULL);
    assert_done(h, id);
    return id;
}

static struct control_counts counts(struct house *h, const char *key)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct control_result r;
    dbs_ok(control_result(&ctx, model_control(house_model(h), str_from(key)), &r));
    return r.counts;
}

static void nothing_happens_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    kept(&h, "good", "4");
    kept(&h, "bad", "11");
    kept(&h, "cursed", "12"); /* its finding is refused */
    kept(&h, "who knows", NULL);
    int64_t off = kept(&h, "let off", "13");
    assert_done(&h, house_create(&h, h.bob, "waiver", "about", house_text(&h, off), "control",
                                 "few", "ends", "2026-02-01", NULL));
    control_clock_make(h.e);
    int64_t most = 0;
    day_of_turns(h.e, house_db(&h), &h.now, 5 * MINUTE, &most);
    assert_true(most > 0); /* the finding was opened: what happens is seen */
    int64_t size = entries(house_db(&h));
    int64_t put_away = house_i64(&h, SQL("select count(*) from job"), NO_ARGS);
    assert_int_equal(put_away, 1);
    most = 0;
    day_of_turns(h.e, house_db(&h), &h.now, 5 * MINUTE, &most);
    assert_in_range(most, 0, 1);
    assert_in_range(entries(house_db(&h)) - size, 0, 24);
    struct control_counts few = counts(&h, "few");
    assert_int_equal(few.violation, 2);
    assert_int_equal(few.waived, 1);
    assert_int_equal(few.unknown, 1);
    assert_true(counts(&h, "far").violation > 0 && counts(&h, "ripe").ok == few.n);
    assert_int_equal(counts(&h, "true_rows").violation, 0);
    /* nor does anything else pile up that nobody asked for */
    assert_int_equal(house_i64(&h, SQL("select count(*) from job"), NO_ARGS), put_away);
    kept(&h, "one more", "20"); /* and it was not asleep */
    day_of_turns(h.e, house_db(&h), &h.now, 5 * MINUTE, &most);
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_finding"), NO_ARGS), 2);
    control_clock_stop(h.e);
    house_verify(&h);
}

/* The regulations as they come, with their manual controls asked, their duties, their registers. */
static void regulations_as_they_come_body(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    int64_t now = INST_NOW;
    int64_t most = 0;
    control_clock_make(in.e);
    day_of_turns(in.e, in.db, &now, 15 * MINUTE, &most);
    assert_true(inst_i64(&in, SQL("select count(*) from r_attestation"), NO_ARGS) > 0);
    most = 0;
    day_of_turns(in.e, in.db, &now, 15 * MINUTE, &most);
    assert_in_range(most, 0, 1);
    control_clock_stop(in.e);
    engine_stop(in.e);
}

static void nothing_is_written_while_nothing_happens(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, nothing_happens_body);
}

static void nor_under_the_regulations_as_they_come(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, regulations_as_they_come_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_written_while_nothing_happens),
        cmocka_unit_test(nor_under_the_regulations_as_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
