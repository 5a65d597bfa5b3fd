/* What somebody may create: all of it in one trip, of however many actions; what only others may,
 * what the clock does and what nobody does is not among it. */
#include "base/buf.h"
#include "engine/guard.h"
#include "engine/house.h"

enum { TYPES = 5, ACTIONS = 30 }; /* more than one statement asks about */

/* Of each type every third action is anybody's, every third the keeper's, one the clock's. */
static const char *law(struct arena *a)
{
    struct buf b = buf_make(a, 1 << 16);
    buf_put(&b, STR(HOUSE_DESK "types:\n"));
    for (int t = 0; t < TYPES; t++) {
        buf_put_fmt(
            &b,
            "  kind_%d:\n    title: {zh: 类, en: Kind}\n    name: \"k\"\n    see: everyone\n"
            "    fields:\n      n: {type: int, zh: 数, en: N}\n"
            "    states:\n      kept: {zh: 在, en: Kept}\n    actions:\n",
            t);
        for (int i = 0; i < ACTIONS; i++) {
            const char *who = i == 0       ? "auto"
                              : i % 3 == 0 ? "everyone"
                              : i % 3 == 1 ? "post('keeper')"
                                           : "role('head')";
            buf_put_fmt(&b,
                        "      make_%d: {to: kept, who: %s, may: [n], clause: c, zh: 建, en: M}\n",
                        i, who);
        }
    }
    buf_put_c(&b, '\0');
    return buf_str(&b).ptr;
}

static size_t may(struct house *h, int64_t person, const char *who)
{
    struct ctx ctx = house_ctx(h, person);
    struct guards_creating c;
    struct db_counts before = db_counts(house_db(h));
    dbs_ok(guards_creating(&ctx, &c));
    struct db_counts after = db_counts(house_db(h));
    assert_int_equal(after.trips - before.trips, 1);
    assert_true(after.statements - before.statements <= 2);
    size_t of_who = 0;
    for (size_t i = 0; i < c.n; i++) {
        assert_true(c.list[i]->creates && !c.list[i]->who.nobody);
        bool ours = str_starts(c.list[i]->of->type->key, STR("kind_"));
        of_who += ours && str_eq(c.list[i]->who.text, str_from(who));
    }
    return of_who;
}

static void what_one_may_create_body(struct dbs *t)
{
    struct house h = house_make(t, law(t->life));
    house_appoint(&h, h.bob, "keeper", h.top);
    enum { EVERYBODYS = TYPES * 9, KEEPERS = TYPES * 10, HEADS = TYPES * 10 };
    assert_int_equal(may(&h, h.amy, "everyone"), EVERYBODYS);
    assert_int_equal(may(&h, h.amy, "post('keeper')"), 0);
    assert_int_equal(may(&h, h.bob, "everyone"), EVERYBODYS);
    assert_int_equal(may(&h, h.bob, "post('keeper')"), KEEPERS);
    assert_int_equal(may(&h, h.bob, "auto"), 0);
    house_appoint(&h, h.cat, "head", h.north);
    assert_int_equal(may(&h, h.cat, "role('head')"), HEADS);
    assert_int_equal(may(&h, h.cat, "post('keeper')"), 0);
}

static void what_one_may_create(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_one_may_create_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_one_may_create)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
