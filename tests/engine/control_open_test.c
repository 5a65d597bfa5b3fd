/* What is open at an article: findings that are not closed and waivers in force, by the control
 * they name or the article, counted of what one may see; a list by the filter that goes with the
 * figure has exactly as many.  What was closed long ago costs nothing. */
#include "base/buf.h"
#include "engine/control_int.h"
#include "engine/control_open.h"
#include "engine/find_law.h"
#include "engine/house.h"
#include "engine/list.h"
#include "engine/reading.h"

#include <string.h>

static const char law[] = FIND_DESK HOUSE_THING
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what, n], clause: keeping}\n"
    "      change: {from: kept, who: everyone, asks: [n], clause: keeping}\n" FINDING WAIVER
    "controls:\n"
    "  few:\n"
    "    over: thing\n"
    "    holds: n <= 10\n"
    "    fix_within: 3d\n"
    "    clause: keeping\n"
    "    zh: 不多\n"
    "    en: Few\n"
    "  odd:\n"
    "    over: thing\n"
    "    holds: n != 12\n"
    "    fix_within: 3d\n"
    "    clause: keeping\n"
    "    zh: 非十二\n"
    "    en: Not twelve\n";

static const struct law *desk(struct house *h)
{
    return model_reg(house_model(h), STR("desk"))->newest;
}

static int64_t listed(const struct ctx *ctx, const struct type *t, const struct clause *c)
{
    struct list_page p;
    dbs_ok(list_page(
        ctx,
        &(struct list_query){.type = t, .filter = control_open_filter(ctx, t, c), .count = true},
        &p));
    assert_int_equal(p.left_out, 0);
    return p.count;
}

/* Of the article `id`, as `who` sees it; the lists agree at every article. */
static struct open_at at(struct house *h, const struct ctx *ctx, const char *id)
{
    const struct law *l = desk(h);
    struct open_at *all;
    dbs_ok(control_open_read(ctx, control_open_ask(ctx, l), l, &all));
    for (size_t i = 0; i < l->nclauses; i++) {
        assert_int_equal(listed(ctx, ctx->model->finding, &l->clauses[i]), all[i].findings.n);
        assert_int_equal(listed(ctx, ctx->model->waiver, &l->clauses[i]), all[i].waivers.n);
        assert_false(all[i].findings.more || all[i].waivers.more);
    }
    return all[law_clause(l, str_from(id)) - l->clauses];
}

static struct open_at seen(struct house *h, int64_t who, const char *id)
{
    struct ctx ctx = house_ctx(h, who);
    return at(h, &ctx, id);
}

static int64_t thing(struct house *h, const char *n)
{
    int64_t id = house_create(h, h->amy, "thing", "what", "x", "n", n, NULL);
    assert_done(h, id);
    return id;
}

static const char *day(struct house *h, int64_t from_now)
{
    struct ctx ctx = house_ctx(h, 0);
    struct value v = {.i64 = ctx.today + from_now};
    struct field f = {.type = F_DATE};
    str s = value_plain(&ctx, &f, &v);
    char *z = arena_bytes(h->a, s.len + 1);
    memcpy(z, s.ptr, s.len);
    z[s.len] = '\0';
    return z;
}

static void waive(struct house *h, int64_t who, int64_t id, const char *by, const char *key)
{
    assert_done(h, house_create(h, who, "waiver", "about", house_text(h, id), by, key, "ends",
                                day(h, 2), NULL));
}

static void counted_at_their_article_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "12"); /* breaks both */
    thing(&h, "11");
    find_look(&h);
    assert_int_equal(seen(&h, h.cat, "keeping").findings.n, 3);
    assert_int_equal(seen(&h, h.cat, "waiver").findings.n, 0);
    /* By hand: at the article it names, or at none. */
    assert_done(&h, house_do(&h, h.bob, "finding", 0, "raise", "summary", "a", "clause",
                             "desk#waiver", "severity", "low", NULL));
    assert_done(&h, house_do(&h, h.bob, "finding", 0, "raise", "summary", "b", "clause",
                             "desk#keeping", "severity", "low", NULL));
    assert_done(
        &h, house_do(&h, h.bob, "finding", 0, "raise", "summary", "c", "severity", "low", NULL));
    assert_int_equal(seen(&h, h.cat, "keeping").findings.n, 4);
    assert_int_equal(seen(&h, h.cat, "waiver").findings.n, 1);
    /* Mended it is still open; closed it is not. */
    assert_done(&h, house_do(&h, h.amy, "thing", id, "change", "n", "5", NULL));
    find_look(&h);
    assert_int_equal(seen(&h, h.cat, "keeping").findings.n, 4);
    int64_t f = house_i64(&h,
                          SQL("select id from r_finding where f_about = $1 and f_control ="
                              " 'odd'"),
                          ARGS(db_i64(id)));
    assert_done(&h, house_do(&h, h.cat, "finding", f, "close", NULL));
    assert_int_equal(seen(&h, h.cat, "keeping").findings.n, 3);
    house_verify(&h);
}

static void waivers_while_in_force_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t id = thing(&h, "12");
    waive(&h, h.bob, id, "control", "few");
    waive(&h, h.bob, id, "control", "odd");
    waive(&h, h.cat, id, "clause", "desk#keeping");
    waive(&h, h.cat, id, "clause", "desk#term");
    /* Each sees his own. */
    assert_int_equal(seen(&h, h.bob, "keeping").waivers.n, 2);
    assert_int_equal(seen(&h, h.cat, "keeping").waivers.n, 1);
    assert_int_equal(seen(&h, h.cat, "term").waivers.n, 1);
    assert_int_equal(seen(&h, h.amy, "keeping").waivers.n, 0);
    house_clock(&h, HOUSE_NOW + 2 * DAY + 15 * HOUR - 1); /* a moment before midnight */
    assert_int_equal(seen(&h, h.bob, "keeping").waivers.n, 2);
    h.now++; /* without any job */
    assert_int_equal(seen(&h, h.bob, "keeping").waivers.n, 0);
}

/* How the statement finds them: by the key and the state, whatever else is there. */
static void led_by_key_and_state_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct ctx ctx = house_ctx(&h, h.amy);
    static const char *const wanted[] = {"is_finding_control", "is_finding_clause",
                                         "is_waiver_control", "is_waiver_clause"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct rows r;
        dbs_ok(db_query(ctx.db, h.a, SQL("select sql from sqlite_master where name = $1"),
                        ARGS(db_text(str_from(wanted[i]))), &r));
        assert_true(rows_next(&r));
        assert_non_null(strstr(rows_text(&r, 0).ptr, "\", state)"));
    }
}

static const char reading[] = HOUSE_DESK
    "settings:\n"
    "  waiver.longest: {type: days, default: 30, clause: term, zh: 长, en: Longest}\n"
    "  access.longest: {type: days, default: 30, clause: term, zh: 长, en: Longest}\n"
    "types:\n"
    "  access:\n"
    "    title: {zh: 查阅, en: Access}\n"
    "    follows: newest\n"
    "    name: \"a\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      person: {type: person, zh: 人, en: Person, clause: term}\n"
    "      starts: {type: date, zh: 起, en: From, clause: term}\n"
    "      ends: {type: date, zh: 止, en: Until, clause: term}\n"
    "      since: {type: date, zh: 自, en: Since, clause: term}\n"
    "      until: {type: date, zh: 至, en: Up to, clause: term}\n"
    "    states:\n"
    "      in_force: {zh: 有效, en: In force}\n"
    "    actions:\n"
    "      grant: {to: in_force, who: everyone, asks: [person, starts, ends, since, until],"
    " clause: term}\n" FINDING WAIVER;

/* Whoever merely reads is told of those on which something was done in his window. */
static void who_reads_sees_his_window_body(struct dbs *t)
{
    struct house h = house_make(t, reading);
    const char *one = day(&h, 0);
    for (int i = 0; i < 2; i++) {
        assert_done(&h, house_do(&h, h.bob, "finding", 0, "raise", "summary", "b", "clause",
                                 "desk#waiver", "severity", "low", NULL));
        house_clock(&h, h.now + DAY);
    }
    assert_int_equal(seen(&h, h.dan, "waiver").findings.n, 2);
    assert_done(&h, house_create(&h, h.amy, "access", "person", house_text(&h, h.dan), "starts",
                                 day(&h, 0), "ends", day(&h, 5), "since", one, "until", one, NULL));
    struct ctx ctx = house_ctx(&h, h.dan);
    dbs_ok(reading_find(&ctx));
    assert_true(ctx.reading.on);
    assert_int_equal(at(&h, &ctx, "waiver").findings.n, 1);
    assert_int_equal(seen(&h, h.cat, "waiver").findings.n, 2);
}

static void more_than_are_looked_at_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    for (int i = 0; i <= CONTROL_LOOKED_MAX; i++) {
        assert_done(&h, house_do(&h, h.bob, "finding", 0, "raise", "summary", "b", "clause",
                                 "desk#waiver", "severity", "low", NULL));
    }
    struct ctx ctx = house_ctx(&h, h.amy);
    struct open_at *all;
    const struct law *l = desk(&h);
    dbs_ok(control_open_read(&ctx, control_open_ask(&ctx, l), l, &all));
    const struct open_at *x = &all[law_clause(l, STR("waiver")) - l->clauses];
    assert_true(x->findings.more && x->findings.n > CONTROL_LOOKED_MAX);
}

#define EACH(name, kinds)             \
    static void name(void **state)    \
    {                                 \
        (void)state;                  \
        dbs_each(kinds, name##_body); \
    }

EACH(counted_at_their_article, DBS_MEMORY | DBS_PG)
EACH(waivers_while_in_force, DBS_MEMORY | DBS_PG)
EACH(who_reads_sees_his_window, DBS_MEMORY | DBS_PG)
EACH(led_by_key_and_state, DBS_MEMORY)
EACH(more_than_are_looked_at, DBS_MEMORY)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_at_their_article), cmocka_unit_test(waivers_while_in_force),
        cmocka_unit_test(who_reads_sees_his_window), cmocka_unit_test(led_by_key_and_state),
        cmocka_unit_test(more_than_are_looked_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
