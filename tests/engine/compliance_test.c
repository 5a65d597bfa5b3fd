/* Sums by clause, regulation and item of a standard: they add up, the worst state is never
 * lost in them, and what no control watches counts as kept by nobody.  Lists of standards:
 * another text is another edition, and what a regulation names cannot vanish. */
#include "base/buf.h"
#include "engine/compliance.h"
#include "engine/compliance_lived.h"
#include "engine/compliance_unit.h"
#include "engine/house.h"

#include "duties.h"

#include <string.h>

static const char law[] = HOUSE_DESK
    "types:\n" HOUSE_THING "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: keeping, zh: 存, en: "
    "Keep}\n"
    "      change: {from: kept, who: everyone, may: [n], clause: changing, zh: 改, en: Change}\n"
    "controls:\n"
    "  small: {over: thing, holds: n <= 10, clause: bound, zh: 不多, en: Not many}\n"
    "  some: {over: thing, holds: n >= 1, clause: bound, zh: 不少, en: Some}\n"
    "  named: {over: thing, holds: what != 'none', clause: keeping, zh: 有名, en: Named}\n"
    "standards:\n"
    "  bound: [T1/1.1 equal, T1/1.2 subset]\n"
    "  keeping: [T1/1.2 intersects, T1/1.3 subset]\n"
    "  changing: [T1/1.4 equal]\n";

/* Every kind of occasion but a duty; `alone` is cited by a setting, of which nothing comes. */
static const char lived_law[] = HOUSE_DESK
    "settings:\n"
    "  thing.most: {type: int, default: 10, clause: alone, zh: 上限, en: Most}\n"
    "types:\n" HOUSE_THING "    unique: [{of: [what], clause: unique}]\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      moved: {zh: 动, en: Moved}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: keeping, zh: 存, en: "
    "Keep}\n"
    "      change:\n"
    "        from: kept\n"
    "        to: moved\n"
    "        who: everyone\n"
    "        may: [n]\n"
    "        needs: [{check: n >= 1, clause: demand, zh: 有数, en: Has a number}]\n"
    "        clause: changing\n"
    "        zh: 改\n"
    "        en: Change\n"
    "    terms:\n"
    "      back: {runs_in: [moved], within: 3d, clause: time, zh: 限, en: Back}\n"
    "controls:\n"
    "  small: {over: thing, holds: n <= setting('thing.most'), clause: bound, zh: 不多, en: Not "
    "many}\n"
    "  gone: {over: thing, where: n > 100, holds: n < 200, clause: counted, zh: 多, en: Many}\n";

#define LIST(title)                                                                 \
    "#zhidu-standard\t1\n#key\tT1\n#zh\t" title "\n#en\tOne\n#source\tT\n"          \
    "item\tparent\tkind\tzh\ten\n1\t\tgroup\t组\tGroup\n1.1\t1\tauto\t一\tOne\n"  \
    "1.2\t1\tauto\t二\tTwo\n1.3\t1\tsemi\t三\tThree\n1.4\t1\tauto\t四\tFour\n1." \
    "5\t1\tmanual\t五\tFive\n"

static void run(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    err e = control_run(h->e, house_db(h), &a, h->now, false);
    assert_int_equal(e.code, 0);
    arena_end(&a);
}

static err put(struct house *h, const char *text, struct diags *d, size_t *n)
{
    const struct standard_file one = {.path = STR("t.tsv"), .text = str_from(text)};
    *d = diags_make(h->a);
    return standards_put(h->e, h->a, &one, 1, h->now, d, n);
}

static struct compliance ask(struct house *h)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct compliance c;
    assert_int_equal(compliance_ask(&ctx, &c).code, 0);
    return c;
}

static struct standard_state standard(struct house *h)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct compliance *c = arena_new(h->a, struct compliance);
    struct batch *asked = standards_list_ask(ctx.db, ctx.arena);
    *c = ask(h);
    struct standard_state *list;
    size_t n;
    assert_int_equal(compliance_standards(&ctx, c, asked, &list, &n).code, 0);
    assert_int_equal(n, 1);
    return list[0];
}

static const struct clause_state *clause(const struct law_state *l, const char *id)
{
    for (size_t i = 0; i < l->nclauses; i++) {
        if (str_eq(l->clauses[i].clause->id, str_from(id))) {
            return &l->clauses[i];
        }
    }
    fail_msg("no clause %s", id);
    return NULL;
}

static int64_t thing(struct house *h, const char *what, const char *n)
{
    int64_t id = house_create(h, h->amy, "thing", "what", what, "n", n, NULL);
    assert_done(h, id);
    return id;
}

static void sums_add_up_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct compliance c = ask(&h);
    assert_int_equal(c.tally.worst->state, CONTROL_STALE); /* never judged is nothing good */
    assert_int_equal(c.tally.oldest, 0);
    assert_false(tally_good(&c.tally));
    run(&h);
    assert_int_equal(ask(&h).tally.worst->state, CONTROL_VACUOUS);
    assert_int_equal(ask(&h).tally.good, 0); /* nor is what is empty */
    thing(&h, "a", "5");
    thing(&h, "b", "0");
    thing(&h, "c", "20");
    thing(&h, "d", "*");
    run(&h);
    c = ask(&h);
    const struct law_state *l = compliance_law(&c, STR("desk"));
    assert_non_null(l);
    const struct clause_state *bound = clause(l, "bound");
    assert_int_equal(bound->binding, BINDING_CONTROLS);
    assert_int_equal(bound->nresults, 2);
    assert_int_equal(bound->tally.sum.n, 8);
    assert_int_equal(bound->tally.sum.ok, 4);
    assert_int_equal(bound->tally.sum.violation, 2);
    assert_int_equal(bound->tally.sum.unknown, 2);
    assert_int_equal(bound->tally.worst->state, CONTROL_FAIL);
    const struct clause_state *keeping = clause(l, "keeping");
    assert_true(tally_good(&keeping->tally));
    assert_int_equal(clause(l, "changing")->binding, BINDING_PROCESS);
    assert_null(clause(l, "changing")->tally.worst);
    assert_false(tally_good(&clause(l, "changing")->tally));
    assert_int_equal(l->tally.controls, 3);
    assert_int_equal(l->tally.good, 1);
    assert_int_equal(l->tally.sum.n, 12);
    assert_int_equal(l->tally.worst->state, CONTROL_FAIL); /* the good one does not hide it */
    size_t all = 0;
    for (int b = 0; b < BINDINGS; b++) {
        all += l->bound[b];
    }
    assert_int_equal(all, l->nclauses);
    assert_int_equal(l->tally.oldest, h.now);
}

static void items_of_a_standard_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct diags d;
    size_t n;
    assert_int_equal(put(&h, LIST("一"), &d, &n).code, 0);
    assert_int_equal(n, 1);
    thing(&h, "a", "5");
    run(&h);
    struct standard_state s = standard(&h);
    assert_int_equal(s.head.nitems, 5);
    assert_int_equal(s.nitems, 4);
    assert_int_equal(standard_item_state(&s, STR("1.1"))->outcome, ITEM_KEPT);
    assert_int_equal(standard_item_state(&s, STR("1.2"))->outcome, ITEM_PARTLY);
    assert_int_equal(standard_item_state(&s, STR("1.2"))->nclauses, 2);
    assert_int_equal(standard_item_state(&s, STR("1.3"))->outcome, ITEM_PARTLY);
    assert_int_equal(standard_item_state(&s, STR("1.4"))->outcome, ITEM_UNWATCHED);
    assert_null(standard_item_state(&s, STR("1.5")));
    assert_int_equal(s.outcomes[ITEM_UNMAPPED], 1);
    assert_int_equal(s.tally.controls, 3); /* `bound` answers to two items and counts once */
    thing(&h, "b", "20");
    run(&h);
    s = standard(&h);
    assert_int_equal(standard_item_state(&s, STR("1.1"))->outcome, ITEM_BROKEN);
    assert_int_equal(standard_item_state(&s, STR("1.2"))->outcome, ITEM_BROKEN);
    assert_int_equal(standard_item_state(&s, STR("1.3"))->outcome, ITEM_PARTLY);
    assert_int_equal(s.tally.sum.violation, 1);
    h.now += 27 * HOUR; /* nobody has looked since */
    s = standard(&h);
    assert_int_equal(standard_item_state(&s, STR("1.3"))->outcome, ITEM_BROKEN);
    assert_int_equal(s.outcomes[ITEM_KEPT] + s.outcomes[ITEM_PARTLY], 0);
}

static size_t records_of(const struct ctx *ctx, const struct control *c, int64_t unit)
{
    struct control_row *rows;
    size_t n;
    dbs_ok(control_rows(ctx, c, unit, 0, 0, 100, &rows, &n));
    return n;
}

/* What a unit's figure counts is what stands behind it. */
static void figures_open_their_records(const struct ctx *ctx, const struct unit_state *u)
{
    for (size_t i = 0; i < u->list.len; i++) {
        const struct unit_breaks *b = &u->list.ptr[i];
        assert_int_equal(records_of(ctx, b->control, u->unit), b->all);
        assert_int_equal(b->n, b->ok + b->all);
        assert_int_equal(b->as_of, ctx->now);
        assert_true(records_of(ctx, b->control, CONTROL_ANY_UNIT) >= (size_t)b->all);
        assert_int_equal(records_of(ctx, b->control, 1), 0);
    }
}

static void what_breaks_is_told_by_unit_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct unit_state *list;
    size_t n;
    int64_t as_of;
    size_t unjudged;
    assert_int_equal(compliance_units(&ctx, &list, &n, &as_of, &unjudged).code, 0);
    assert_int_equal(unjudged, 3);
    assert_int_equal(as_of, 0);
    run(&h);
    assert_int_equal(compliance_units(&ctx, &list, &n, &as_of, &unjudged).code, 0);
    assert_int_equal(n, 0);
    thing(&h, "a", "20"); /* amy is of north */
    thing(&h, "none", "20");
    thing(&h, "c", "*");
    thing(&h, "d", "5");
    assert_done(&h, house_create(&h, h.cat, "thing", "what", "e", "n", "0", NULL));
    run(&h);
    assert_int_equal(compliance_units(&ctx, &list, &n, &as_of, &unjudged).code, 0);
    assert_int_equal(n, 2);
    assert_int_equal(list[0].unit, h.north);
    assert_int_equal(list[0].violation, 3);
    assert_int_equal(list[0].unknown, 2);
    assert_int_equal(list[0].list.len, 3);
    assert_true(str_eq(list[0].list.ptr[0].control->key, STR("small")));
    assert_int_equal(list[0].list.ptr[0].violation, 2);
    assert_true(list[0].name.len > 0);
    assert_int_equal(list[1].unit, h.south);
    assert_int_equal(list[1].violation, 1);
    ctx = house_ctx(&h, h.amy);
    figures_open_their_records(&ctx, &list[0]);
    figures_open_their_records(&ctx, &list[1]);
    const struct control *small = list[0].list.ptr[0].control;
    assert_int_equal(records_of(&ctx, small, h.north) + records_of(&ctx, small, h.south),
                     records_of(&ctx, small, CONTROL_ANY_UNIT));
    struct words name;
    struct unit_asked named = compliance_unit_ask(&ctx, h.south);
    dbs_ok(compliance_unit_read(&ctx, &named, &name));
    assert_true(str_eq(name.zh, list[1].name));
    assert_int_equal(as_of, h.now);
    assert_int_equal(unjudged, 0);
    assert_int_equal(list[0].n, 12); /* four records, three controls */
    assert_int_equal(list[0].ok, 7);
    assert_int_equal(list[1].n, 3);
    assert_int_equal(list[1].ok, 2);
    int64_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        rows += list[i].violation + list[i].in_grace + list[i].waived + list[i].unknown;
    }
    assert_int_equal(rows, house_i64(&h, SQL("select count(*) from control_row"), NO_ARGS));
}

/* Its articles that were never lived, beside each other. */
static const char *unlived(struct house *h)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct compliance c;
    struct lived l;
    struct buf b = buf_make(h->a, 400);
    struct batch *asked = compliance_lived_ask(&ctx);
    dbs_ok(compliance_ask(&ctx, &c));
    dbs_ok(compliance_lived_read(&ctx, &c, asked, &l));
    size_t n = 0;
    const struct law *desk = model_reg(ctx.model, STR("desk"))->newest;
    for (size_t i = 0; i < l.n; i++) {
        if (l.list[i].clause->law == desk) {
            buf_put_fmt(&b, "%.*s ", STR_ARG(l.list[i].clause->id));
            n++;
            assert_true(l.list[i].nby > 0);
        }
    }
    assert_int_equal(compliance_unlived(&l, desk), n);
    buf_put(&b, STR("."));
    str s = str_copy(h->a, buf_str(&b));
    return s.ptr;
}

static void what_was_never_lived_body(struct dbs *t)
{
    struct house h = house_make(t, lived_law);
    assert_string_equal(unlived(&h), "unique keeping demand changing time bound counted .");
    run(&h); /* an empty look lives nothing */
    assert_string_equal(unlived(&h), "unique keeping demand changing time bound counted .");
    int64_t id = thing(&h, "a", "5");
    assert_string_equal(unlived(&h), "demand changing time bound counted .");
    run(&h); /* a record was judged */
    assert_string_equal(unlived(&h), "demand changing time counted .");
    assert_done(&h, house_do(&h, h.amy, "thing", id, "change", "n", "7", NULL));
    assert_string_equal(unlived(&h), "counted .");
}

static void another_text_is_another_edition_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct diags d;
    size_t n;
    assert_int_equal(put(&h, LIST("一"), &d, &n).code, 0);
    assert_int_equal(put(&h, LIST("一"), &d, &n).code, 0);
    assert_int_equal(n, 0); /* the same again changes nothing */
    struct standard_head one = standard(&h).head;
    assert_int_equal(one.edition, 1);
    assert_int_equal(put(&h, LIST("壹"), &d, &n).code, 0);
    assert_int_equal(n, 1);
    struct standard_head two = standard(&h).head;
    assert_int_equal(two.edition, 2);
    assert_false(str_eq(one.hash, two.hash));
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from standard_item where edition = 1"), NO_ARGS),
        6); /* what an earlier result cites can still be read */
    const char *less = "#zhidu-standard\t1\n#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\n"
                       "item\tparent\tkind\tzh\ten\n1.1\t\tauto\t一\tOne\n";
    assert_int_equal(put(&h, less, &d, &n).code, ERR_VALUE);
    assert_int_equal(d.errors, 4); /* each place that names what would be gone */
    assert_int_equal(standard(&h).head.edition, 2);
}

#define OWED                                                                                  \
    MONTHLY                                                                                   \
    "  seen: {each: x in thing where x.state == 'kept', every: month, owner: x.creator,"      \
    " creates: check.begin, with: {what: x.what}, clause: seeing, zh: 看, en: Seen}\n"       \
    "controls:\n"                                                                             \
    "  named: {over: thing, holds: what != 'none', clause: keeping, zh: 有名, en: Named}\n" \
    "standards:\n"                                                                            \
    "  keeping: [T1/1.1 equal]\n"                                                             \
    "  seeing: [T1/1.2 equal]\n"

/* The clock and the judge have looked; the record that the duty waits for. */
static struct compliance looked(struct house *h, const char *to)
{
    house_clock(h, duties_at(to));
    run(h);
    return ask(h);
}

static void close_newest(struct house *h, const char *what)
{
    int64_t id = house_i64(h, SQL("select max(id) from r_check where f_what = $1 and state = 0"),
                           ARGS(db_text(str_from(what))));
    assert_done(h, house_do(h, h->amy, "check", id, "close", NULL));
}

/* As it stands at its clause: with the state of the duty itself. */
static void assert_stands(struct house *h, const struct compliance *c, enum control_state want)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct duty_result r;
    dbs_ok(duty_result(&ctx, model_duty(ctx.model, STR("monthly")), &r));
    const struct law_state *l = compliance_law(c, STR("desk"));
    const struct clause_state *s = clause(l, "keeping");
    assert_int_equal(r.state, want);
    assert_int_equal(s->nduties, 1);
    assert_int_equal(s->tally.worst->state, CONTROL_PASS); /* the control does not hide it */
    assert_int_equal(tally_state(&s->tally), want);
    assert_int_equal(tally_good(&s->tally), want == CONTROL_PASS);
    assert_int_equal(s->tally.owed.missed, r.counts.missed);
    assert_true(tally_rank(&l->tally) <= tally_rank(&s->tally));
}

static void what_is_owed_weighs_body(struct dbs *t)
{
    struct house h = duties_house(t, OWED);
    struct diags d;
    size_t n;
    dbs_ok(put(&h, LIST("一"), &d, &n));
    house_appoint(&h, h.amy, "keeper", h.top);
    assert_done(&h, house_create(&h, h.bob, "thing", "what", "a", NULL));
    struct compliance c = looked(&h, "2026-01-31T23:00");
    assert_stands(&h, &c, CONTROL_VACUOUS);
    struct standard_state s = standard(&h);
    assert_int_equal(standard_item_state(&s, STR("1.1"))->outcome, ITEM_PARTLY);
    assert_int_equal(standard_item_state(&s, STR("1.2"))->outcome, ITEM_UNWATCHED);
    looked(&h, "2026-02-02T09:00");
    close_newest(&h, "月检");
    c = looked(&h, "2026-02-02T09:10");
    assert_stands(&h, &c, CONTROL_PASS);
    s = standard(&h);
    assert_int_equal(standard_item_state(&s, STR("1.1"))->outcome, ITEM_KEPT);
    c = looked(&h, "2026-03-18T09:00"); /* past its term, in grace */
    assert_stands(&h, &c, CONTROL_WARN);
    c = looked(&h, "2026-03-25T09:00");
    assert_stands(&h, &c, CONTROL_FAIL);
    const struct law_state *l = compliance_law(&c, STR("desk"));
    assert_int_equal(l->tally.good, l->tally.controls);
    assert_false(tally_good(&l->tally));
    assert_int_equal(l->tally.duties, 2);
    assert_int_equal(l->tally.duties_bad, 2);
    assert_int_equal(l->tally.owed.done, 1);
    assert_int_equal(l->tally.owed.missed, 2); /* one of each */
    assert_int_equal(l->tally.owed.waiting, 1);
    assert_true(compliance_worst_first(h.a, &c)[0] == l);
    s = standard(&h);
    assert_int_equal(standard_item_state(&s, STR("1.1"))->outcome, ITEM_BROKEN);
    assert_int_equal(standard_item_state(&s, STR("1.2"))->outcome, ITEM_BROKEN);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct unit_state *units;
    int64_t as_of;
    size_t unjudged;
    dbs_ok(compliance_units(&ctx, &units, &n, &as_of, &unjudged));
    int64_t missed = 0;
    for (size_t i = 0; i < n; i++) {
        bool north = units[i].unit == h.north;
        assert_int_equal(units[i].owed.missed, north || !units[i].unit);
        assert_int_equal(units[i].owed.done, !units[i].unit); /* of no object: no unit */
        missed += units[i].owed.missed;
    }
    assert_int_equal(missed, 2);
    close_newest(&h, "月检"); /* made up for */
    c = looked(&h, "2026-03-25T09:10");
    assert_stands(&h, &c, CONTROL_PASS);
    assert_int_equal(compliance_law(&c, STR("desk"))->tally.owed.late, 1);
    h.now += 11 * 60000; /* the clock has not looked */
    c = ask(&h);
    assert_stands(&h, &c, CONTROL_STALE);
}

static void what_is_owed_weighs(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_is_owed_weighs_body);
}

static void sums_add_up(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, sums_add_up_body);
}

static void items_of_a_standard(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, items_of_a_standard_body);
}

static void another_text_is_another_edition(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, another_text_is_another_edition_body);
}

static void what_was_never_lived(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_was_never_lived_body);
}

static void what_breaks_is_told_by_unit(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_breaks_is_told_by_unit_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_add_up),
        cmocka_unit_test(what_is_owed_weighs),
        cmocka_unit_test(items_of_a_standard),
        cmocka_unit_test(what_was_never_lived),
        cmocka_unit_test(what_breaks_is_told_by_unit),
        cmocka_unit_test(another_text_is_another_edition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
