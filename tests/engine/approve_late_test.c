/* Terms of approvals that end without anything being said: the clock goes on to the others,
 * and looks again only when there is something to look at. */
#include "votes.h"

#include <stdio.h>

#define ROUTE(key, who, more)                                                            \
    "      " key ": {to: there, who: everyone, asks: [what], clause: things, approval: " \
    "[{who: " who ", term: 1 workhours" more "}], then_approved: {to: fine}}\n"

static const char desk[] =
    "regulation: desk\n"
    "title: {zh: 桌, en: Desk}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  paper:\n"
    "    title: {zh: 文件, en: Paper}\n"
    "    name: \"{what}\"\n"
    "    unit: place\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 20, zh: 名, en: What}\n"
    "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
    "    states:\n"
    "      there: {zh: 在, en: There}\n"
    "      fine: {zh: 可, en: Fine, final: true}\n"
    "    actions:\n" ROUTE("silent", "head_of(place)", "")
        ROUTE("above", "head_of(place)", ", escalate: add")
            ROUTE("told", "head_of(place)", ", remind: 1 workhours, reminders: 2");

static int64_t enter(struct house *h, const char *action)
{
    struct value_in v = {.field = STR("what"), .text = STR("a map")};
    struct act a = {.actor = h->amy,
                    .type = STR("paper"),
                    .action = str_from(action),
                    .values = &v,
                    .nvalues = 1};
    h->last = house_act(h, &a);
    assert_done(h, !h->last.code);
    return a.ret_record;
}

static int64_t next_at(struct house *h, int64_t record)
{
    return house_i64(h, SQL("select coalesce(next_at, 0) from approval where record = $1"),
                     ARGS(db_i64(record)));
}

static int64_t ticks(struct house *h, int64_t record)
{
    return house_i64(h,
                     SQL("select count(*) from act where record = $1 and action = 'approve.tick'"),
                     ARGS(db_i64(record)));
}

static void silent(struct dbs *t)
{
    struct house h = house_make(t, desk);
    char north[24];
    snprintf(north, sizeof(north), "%lld", (long long)h.north);
    int64_t hal = house_create(&h, h.eve, "person", "full_name", "hal", "unit", north, NULL);
    house_appoint(&h, hal, "head", h.north);
    /* nothing is said of what is late; nobody stands above; reminded twice */
    int64_t a = enter(&h, "silent");
    int64_t b = enter(&h, "above");
    int64_t c = enter(&h, "told");
    assert_true(next_at(&h, a) && next_at(&h, b) && next_at(&h, c));
    for (int i = 0; i < 4; i++) {
        h.now += 4 * 86400000LL;
        engine_tick(h.e, h.now);
        assert_true(ticks(&h, a) <= 1 + i && ticks(&h, b) <= 1 + i && ticks(&h, c) <= 1 + i);
    }
    assert_int_equal(next_at(&h, a), 0);
    assert_int_equal(next_at(&h, b), 0);
    assert_int_equal(next_at(&h, c), 0);
    assert_int_equal(
        house_i64(&h,
                  SQL("select count(*) from approval_event v join approval p on p.id = v.approval"
                      " where p.record = $1 and v.kind = $2"),
                  ARGS(db_i64(c), db_i64(EVENT_REMINDED))),
        2);
    assert_true(seat_of(&h, a, hal) && seat_of(&h, b, hal) && seat_of(&h, c, hal));
    assert_done(&h, vote(&h, hal, "paper", a, "approve")); /* late, and still his to decide */
    house_verify(&h);
}

static void what_is_late_in_silence_holds_up_nobody(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_late_in_silence_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
