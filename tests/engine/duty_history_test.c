/* Who did what was owed: by article, post and person, in a window; each figure is as long as the
 * list of its records, and counts only what one may see. */
#include "base/clock.h"
#include "engine/calendar.h"
#include "engine/duty_history.h"
#include "engine/duty_int.h"
#include "engine/duty_sum.h"

#include "duties.h"

#include <string.h>

/* A post's, of one article, and somebody's own, of another. */
#define BOTH                                                                                  \
    MONTHLY "  own: {each: x in thing, every: month, owner: x.creator, creates: check.begin," \
            " with: {what: x.what, of: x}, due: 10d, grace: 2d, clause: caring, zh: 自, en: O}\n"

static int64_t day(const char *text)
{
    int64_t d;
    assert_true(clock_parse_date(str_from(text), &d));
    return d;
}

static struct duty_history ask(struct house *h, int64_t actor, struct duty_of of)
{
    struct ctx ctx = house_ctx(h, actor);
    struct duty_history ret;
    struct duty_history_asked q = duty_history_ask(&ctx, &of);
    dbs_ok(duty_history_read(&ctx, &of, &q, &ret));
    return ret;
}

static int64_t listed(struct house *h, int64_t actor, struct duty_ask ask)
{
    struct ctx ctx = house_ctx(h, actor);
    struct duty_row *rows;
    size_t n;
    ask.limit = 500;
    dbs_ok(duty_rows(&ctx, &ask, &rows, &n));
    return (int64_t)n;
}

/* Each figure opens that many records. */
static void opens(struct house *h, int64_t actor, struct duty_of of, const struct duty_counts *c)
{
    const struct {
        int64_t n;
        struct duty_ask ask;
    } all[] = {{c->waiting, {.of = of, .state = 0}},
               {c->done, {.of = of, .state = 1}},
               {c->late, {.of = of, .state = 2}},
               {c->missed, {.of = of, .state = 3}},
               {c->dropped, {.of = of, .state = 4}},
               {c->overdue, {.of = of, .state = -1, .overdue = true}},
               {duty_ended(c), {.of = of, .state = -1, .ended = true}}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (listed(h, actor, all[i].ask) != all[i].n) {
            fail_msg("figure %zu says %lld, its list has %lld", i, (long long)all[i].n,
                     (long long)listed(h, actor, all[i].ask));
        }
    }
}

static void all_open(struct house *h, int64_t actor, struct duty_of of)
{
    struct duty_history x = ask(h, actor, of);
    opens(h, actor, of, &x.counts);
    for (size_t i = 0; i < x.articles.len; i++) {
        struct duty_of at = of;
        at.reg = x.articles.ptr[i].clause->law->reg;
        at.clause = x.articles.ptr[i].clause->id;
        opens(h, actor, at, &x.articles.ptr[i].counts);
    }
    for (size_t i = 0; i < x.posts.len; i++) {
        struct duty_of at = of;
        at.post = x.posts.ptr[i].def->duty;
        opens(h, actor, at, &x.posts.ptr[i].counts);
        for (size_t k = 0; k < x.posts.ptr[i].people.len; k++) {
            const struct duty_holder *p = &x.posts.ptr[i].people.ptr[k];
            struct duty_of whose = at;
            whose.by_owner = true;
            whose.owner = p->person;
            opens(h, actor, whose, &p->counts);
            struct duty_of did = at;
            did.doer = p->person;
            assert_int_equal(p->did,
                             p->person ? listed(h, actor, (struct duty_ask){.of = did, .state = -1})
                                       : 0);
        }
    }
}

static const struct duty_holder *holder(const struct duty_post *p, int64_t person)
{
    for (size_t i = 0; i < p->people.len; i++) {
        if (p->people.ptr[i].person == person) {
            return &p->people.ptr[i];
        }
    }
    fail_msg("nobody told of %lld", (long long)person);
    return NULL;
}

static const struct duty_post *post(const struct duty_history *x, const char *duty)
{
    for (size_t i = 0; i < x->posts.len; i++) {
        if (str_eq(x->posts.ptr[i].def->duty->key, str_from(duty))) {
            return &x->posts.ptr[i];
        }
    }
    fail_msg("no post of %s", duty);
    return NULL;
}

/* The check that the newest occurrence of the duty created. */
static int64_t made(struct house *h, const char *duty)
{
    return house_i64(h,
                     SQL("select f_record from r_duty_run where f_duty = $1"
                         " order by f_begins desc, id limit 1"),
                     ARGS(db_text(str_from(duty))));
}

static void close(struct house *h, int64_t who, const char *duty, const char *at)
{
    house_clock(h, duties_at(at));
    assert_true(house_do(h, who, "check", made(h, duty), "close", NULL));
    house_clock(h, h->now + 1000);
}

/* February done by bob for amy, March done late by amy, April missed by bob, May by nobody; of
 * cat's own the first is done and the others are missed. */
static struct house half_a_year(struct dbs *t, const char *see)
{
    struct house h = duties_house_seen(t, see, BOTH);
    assert_done(&h,
                house_create(&h, 0, "post", "person", house_text(&h, h.amy), "position", "keeper",
                             "unit", house_text(&h, h.top), "ends", "2026-03-31", NULL));
    assert_done(&h, house_create(&h, 0, "post", "person", house_text(&h, h.bob), "position",
                                 "keeper", "unit", house_text(&h, h.top), "starts", "2026-04-01",
                                 "ends", "2026-04-30", NULL));
    assert_done(&h, house_create(&h, h.cat, "thing", "what", "a lamp", NULL));
    close(&h, h.bob, "monthly", "2026-02-02T09:00");
    close(&h, h.cat, "own", "2026-02-03T09:00");
    close(&h, h.amy, "monthly", "2026-03-18T09:00");
    house_clock(&h, duties_at("2026-04-30T12:00"));
    house_clock(&h, duties_at("2026-05-31T12:00"));
    house_clock(&h, duties_at("2026-06-02T12:00"));
    return h;
}

static void by_article_post_and_person_body(struct dbs *t)
{
    struct house h = half_a_year(t, "everyone");
    struct duty_of of = {.from = day("2026-01-01"), .end = day("2027-01-01")};
    struct duty_history x = ask(&h, h.eve, of);
    assert_int_equal(x.counts.done, 2);
    assert_int_equal(x.counts.late, 1);
    assert_int_equal(x.counts.missed, 5);
    assert_int_equal(x.counts.waiting, 2);
    assert_int_equal(x.articles.len, 2);
    assert_int_equal(x.posts.len, 2);
    assert_true(str_eq(x.posts.ptr[0].def->duty->key, STR("own"))); /* the most missed first */
    struct ctx ctx = house_ctx(&h, h.eve);
    ctx.lang = LANG_EN;
    assert_true(str_eq(duty_owner_words(&ctx, post(&x, "monthly")->def), STR("Keeper")));
    assert_true(str_eq(duty_owner_words(&ctx, post(&x, "own")->def), STR("the creator")));
    const struct duty_holder *amy = holder(post(&x, "monthly"), h.amy);
    assert_int_equal(amy->counts.done, 1); /* it was hers, though bob did it */
    assert_int_equal(amy->counts.late, 1);
    assert_int_equal(amy->counts.missed, 0);
    assert_int_equal(amy->did, 1);
    assert_true(amy->name.len > 0);
    const struct duty_holder *bob = holder(post(&x, "monthly"), h.bob);
    assert_int_equal(bob->counts.done, 0);
    assert_int_equal(bob->counts.missed, 1);
    assert_int_equal(bob->did, 1);
    const struct duty_holder *nobody = holder(post(&x, "monthly"), 0);
    assert_int_equal(nobody->counts.missed, 1); /* the post was empty: that is no excuse */
    assert_int_equal(nobody->did, 0);
    const struct duty_holder *cat = holder(post(&x, "own"), h.cat);
    assert_int_equal(cat->counts.done, 1);
    assert_int_equal(cat->counts.missed, 3);
    assert_int_equal(x.holders, 4);
    all_open(&h, h.eve, of);
    house_verify(&h);
}

static void within_what_is_asked_body(struct dbs *t)
{
    struct house h = half_a_year(t, "everyone");
    const struct model *m = house_model(&h);
    const struct duty *monthly = model_duty(m, STR("monthly"));
    struct duty_of year = {.from = day("2026-01-01"), .end = day("2027-01-01")};
    struct duty_of of = year;
    of.duty = monthly;
    assert_int_equal(ask(&h, h.eve, of).counts.missed, 2);
    of = year;
    of.reg = model_reg(m, STR("desk"));
    of.clause = STR("caring");
    assert_int_equal(ask(&h, h.eve, of).counts.missed, 3);
    of.clause = STR("nothing");
    assert_int_equal(ask(&h, h.eve, of).posts.len, 0);
    of = year;
    of.post = monthly;
    assert_int_equal(ask(&h, h.eve, of).counts.late, 1);
    of = year;
    of.by_unit = true;
    of.unit = h.south;
    struct duty_history x = ask(&h, h.eve, of); /* the lamp stands where cat is */
    assert_int_equal(x.counts.missed, 3);
    assert_true(x.unit.len > 0);
    all_open(&h, h.eve, of);
    of.unit = 0;
    assert_int_equal(ask(&h, h.eve, of).counts.missed, 2);
    of = year;
    of.by_owner = true;
    of.owner = h.bob;
    x = ask(&h, h.eve, of);
    assert_int_equal(x.counts.missed, 1);
    assert_true(x.owner.len > 0);
    all_open(&h, h.eve, of);
    of.owner = 0;
    assert_int_equal(ask(&h, h.eve, of).counts.missed, 1);
    of = (struct duty_of){.from = day("2026-03-01"), .end = day("2026-05-01")};
    x = ask(&h, h.eve, of); /* by when the period began, not by when it ended */
    assert_int_equal(x.counts.late, 1);
    assert_int_equal(x.counts.done, 0);
    assert_int_equal(x.counts.missed, 3);
    all_open(&h, h.eve, of);
    of = (struct duty_of){.from = day("2027-01-01"), .end = day("2028-01-01")};
    x = ask(&h, h.eve, of);
    assert_int_equal(duty_ended(&x.counts), 0);
    assert_int_equal(x.holders, 0);
}

static void what_one_may_see_body(struct dbs *t)
{
    struct house h = half_a_year(t, "owner or doer");
    struct duty_of of = {.from = day("2026-01-01"), .end = day("2027-01-01")};
    struct duty_history x = ask(&h, h.eve, of);
    assert_int_equal(duty_ended(&x.counts), 0);
    assert_int_equal(x.holders, 0);
    x = ask(&h, h.bob, of); /* what he owed, and what he did */
    assert_int_equal(x.counts.done, 1);
    assert_int_equal(x.counts.missed, 1);
    assert_int_equal(x.counts.late, 0);
    all_open(&h, h.bob, of);
    x = ask(&h, h.cat, of);
    assert_int_equal(x.counts.done, 1);
    assert_int_equal(x.counts.missed, 3);
    all_open(&h, h.cat, of);
}

/* The figure beside an article opens its occurrences, too. */
static void the_last_year_body(struct dbs *t)
{
    struct house h = half_a_year(t, "everyone");
    struct ctx ctx = house_ctx(&h, h.eve);
    struct duty_result r;
    const struct duty *d = model_duty(house_model(&h), STR("monthly"));
    dbs_ok(duty_result(&ctx, d, &r));
    struct duty_of of = {.duty = d, .from = duty_year_first(&ctx), .end = ctx.today + 1};
    struct duty_history x = ask(&h, h.eve, of); /* the figure beside an article opens them */
    assert_int_equal(x.counts.done, r.counts.done);
    assert_int_equal(x.counts.missed, r.counts.missed);
    assert_int_equal(x.counts.late, r.counts.late);
    assert_int_equal(x.counts.waiting, r.counts.waiting);
    opens(&h, h.eve, of, &x.counts);
}

/* More than is looked at, where each has to be asked whether it may be seen: the newest are
 * counted, and it says that these are not all. */
static void more_than_is_looked_at_body(struct dbs *t)
{
    struct house h = duties_house_seen(t, "everyone and skipped == null", MONTHLY);
    struct duty_of of = {.from = day("2020-01-01"), .end = day("2027-01-01")};
    assert_false(ask(&h, h.eve, of).more);
    dbs_ok(
        db_exec(house_db(&h), h.a,
                SQL("with recursive n(i) as (select 1 union all select i + 1 from n where i < $1)"
                    " insert into r_duty_run (id, name, state, law, ver, created_at, changed_at,"
                    " creator, f_key, f_duty, f_title, f_begins, f_ends, f_due, f_closes)"
                    " select i, 'x', $2, 1, 1, $3, $3, 0, cast(i as text), 'monthly', 'x',"
                    " $3 + i, $3, $3, $3 from n"),
                ARGS(db_i64(DUTY_LOOKED_MAX + 10),
                     db_i64(tdef_state(house_type(&h, "duty_run")->newest, STR("missed"))->code),
                     db_i64(duties_at("2026-01-02T00:00")))));
    struct duty_history x = ask(&h, h.eve, of);
    assert_true(x.more);
    assert_int_equal(x.counts.missed, DUTY_LOOKED_MAX + 1);
    of.end = day("2026-01-02");
    assert_false(ask(&h, h.eve, of).more);
}

/* --- what is kept, and what is there -----------------------------------------------------------
 */

/* All of what is kept, in words that do not depend on when it came. */
static str kept(struct house *h)
{
    static const char *const all[] = {
        "select k.duty || '/' || k.state || '/' || k.unit || '/' || k.of_unit || '/' || k.doer ||"
        " '/' || k.people || '/' || s.span || '/' || s.from_ms || ':' || s.n from duty_sum s"
        " join duty_kind k on k.id = s.kind where s.n <> 0 order by 1",
        "select k.people || '=' || p.target from duty_kind k join duty_person p on p.owner = k.id"
        " join (select distinct kind from duty_counted) c on c.kind = k.id group by 1 order by 1",
        "select c.record || ':' || k.duty || '/' || k.state || '/' || c.about || '/' || c.begins"
        " from duty_counted c join duty_kind k on k.id = c.kind order by 1",
        "select l.duty || '/' || l.about || '/' || l.begins || '/' || l.state from duty_last l"
        " order by 1"};
    str ret = STR("");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct rows r;
        struct sqlb b = sqlb_make(h->a);
        sqlb_put_trusted(&b, str_from(all[i]));
        dbs_ok(db_query(house_db(h), h->a, sqlb_end(&b), NO_ARGS, &r));
        assert_true(rows_count(&r) > 0);
        while (rows_next(&r)) {
            ret = str_fmt(h->a, "%.*s%.*s\n", STR_ARG(ret), STR_ARG(rows_text(&r, 0)));
        }
    }
    return ret;
}

/* Counted by a pass over the occurrences, with no sum and no kind. */
static int64_t by_hand(struct house *h, const char *key, int64_t from, int64_t to)
{
    return house_i64(
        h,
        SQL("select count(*) from r_duty_run where state = $1 and f_begins >= $2"
            " and f_begins < $3"),
        ARGS(db_i64(tdef_state(house_type(h, "duty_run")->newest, str_from(key))->code),
             db_i64(from), db_i64(to)));
}

static void holds(struct house *h, uint64_t *seed)
{
    struct ctx ctx = house_ctx(h, h->eve);
    str was = kept(h);
    dbs_ok(duty_sum_all(house_db(h), h->a, house_model(h)));
    assert_true(str_eq(was, kept(h)));
    for (int i = 0; i < 6; i++) { /* windows of every length, each end within a span or a day */
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        int64_t from = day("2026-01-01") + (int64_t)(*seed >> 33) % 200;
        int64_t to = from + 1 + (int64_t)(*seed >> 40) % (i < 3 ? 5 : 150);
        struct duty_history x = ask(h, h->eve, (struct duty_of){.from = from, .end = to});
        int64_t a = calendar_day_start(ctx.model, from);
        int64_t b = calendar_day_start(ctx.model, to);
        assert_int_equal(x.counts.done, by_hand(h, "done", a, b));
        assert_int_equal(x.counts.late, by_hand(h, "late", a, b));
        assert_int_equal(x.counts.missed, by_hand(h, "missed", a, b));
        assert_int_equal(x.counts.waiting, by_hand(h, "waiting", a, b));
        assert_int_equal(x.counts.dropped, by_hand(h, "dropped", a, b));
    }
    struct duty_result *all;
    size_t n;
    struct duty_counts sum = {0};
    dbs_ok(duty_results(&ctx, &all, &n));
    for (size_t i = 0; i < n; i++) {
        sum.missed += all[i].counts.missed;
        sum.late += all[i].counts.late;
        sum.failing += all[i].counts.failing;
    }
    assert_int_equal(sum.missed, by_hand(h, "missed", 0, h->now + 1));
    assert_int_equal(sum.late, by_hand(h, "late", 0, h->now + 1));
    assert_int_equal(
        sum.failing,
        house_i64(
            h,
            SQL("select count(*) from r_duty_run r where r.state = $1 and not exists (select 1"
                " from r_duty_run q where q.f_duty = r.f_duty and coalesce(q.f_about, 0) ="
                " coalesce(r.f_about, 0) and q.f_begins > r.f_begins and q.state in ($1, $2,"
                " $3))"),
            ARGS(db_i64(tdef_state(house_type(h, "duty_run")->newest, STR("missed"))->code),
                 db_i64(tdef_state(house_type(h, "duty_run")->newest, STR("done"))->code),
                 db_i64(tdef_state(house_type(h, "duty_run")->newest, STR("late"))->code))));
    struct duty_of year = {.from = day("2026-01-01"), .end = day("2027-01-01")};
    all_open(h, h->eve, year);
    all_open(h, h->bob, year);
}

#define KEPT                                                                                    \
    MONTHLY "  own: {each: x in thing where x.state == 'kept', every: month, owner: x.creator," \
            " creates: check.begin, with: {what: x.what, of: x}, due: 10d, grace: 2d,"          \
            " clause: caring, zh: 自, en: O}\n"

/* Months of things that come and go, checks that are done, late or not at all, by people whose
 * post passes on: what was kept with each act is what a pass over the occurrences finds. */
static void kept_as_counted_seen(struct dbs *t, const char *see)
{
    struct house h = duties_house_seen(t, see, KEPT);
    uint64_t seed = 20261128;
    const int64_t people[] = {h.amy, h.bob, h.cat};
    assert_done(&h,
                house_create(&h, 0, "post", "person", house_text(&h, h.amy), "position", "keeper",
                             "unit", house_text(&h, h.top), "ends", "2026-03-09", NULL));
    assert_done(&h, house_create(&h, 0, "post", "person", house_text(&h, h.bob), "position",
                                 "keeper", "unit", house_text(&h, h.top), "starts", "2026-02-20",
                                 "ends", "2026-05-20", NULL));
    for (int turn = 0; turn < 40; turn++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(seed >> 33);
        int64_t who = people[r % 3];
        house_clock(&h, h.now + (1 + r / 3 % 6) * DUTY_DAY_MS);
        int64_t open = house_i64(&h,
                                 r / 18 % 2 ? SQL("select coalesce(max(id), 0) from r_check"
                                                  " where state = 0")
                                            : SQL("select coalesce(min(id), 0) from r_check"
                                                  " where state = 0"),
                                 NO_ARGS);
        int64_t thing =
            house_i64(&h, SQL("select coalesce(max(id), 0) from r_thing where state = 0"), NO_ARGS);
        if (turn < 4) {
            assert_done(&h, house_create(&h, who, "thing", "what", "a lamp", NULL));
        } else if (r / 36 % 3 && open) {
            assert_true(house_do(&h, who, "check", open, "close", NULL));
        } else if (r / 36 % 3 == 0 && thing) {
            assert_true(house_do(&h, who, "thing", thing, "drop", NULL));
        }
        house_clock(&h, h.now + 1000);
        if (turn % 13 == 12) {
            holds(&h, &seed);
        }
    }
    house_clock(&h, duties_at("2026-10-29T09:00"));
    assert_done(&h, house_create(&h, h.cat, "thing", "what", "a lamp", NULL));
    house_clock(&h, h.now + DUTY_DAY_MS);
    int64_t last = house_i64(&h, SQL("select max(id) from r_thing"), NO_ARGS);
    assert_true(house_do(&h, h.cat, "thing", last, "drop", NULL)); /* while it is owed */
    house_clock(&h, duties_at("2026-11-02T09:00"));
    holds(&h, &seed);
    static const char *const states[] = {"done", "late", "missed", "waiting", "dropped"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (!by_hand(&h, states[i], 0, h.now + 1)) {
            fail_msg("none is %s", states[i]);
        }
    }
}

static void kept_as_counted_body(struct dbs *t)
{
    kept_as_counted_seen(t, "everyone");
}

static void kept_as_counted_own_body(struct dbs *t)
{
    kept_as_counted_seen(t, "owner or doer or head_of(unit) or everyone");
}

/* However often it came: no more than one entry of an index is looked at for each object. */
static void last_by_index(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    const struct model *m = house_ctx(&h, h.cat).model;
    struct sqlb b = sqlb_make(t->a);
    SQLB_LIT(&b, "explain query plan select x.last from");
    duty_put_objects(&b, m, m->duties[0]->defs[0], (struct duty_objects){0});
    struct rows r;
    struct db_arg args[] = {db_i64(h.now), db_i64(h.cat), db_i64(0), db_text(m->duties[0]->key)};
    dbs_ok(db_query(house_db(&h), t->a, sqlb_end(&b), (struct db_args){args, 4}, &r));
    bool found = false;
    while (rows_next(&r)) {
        found = found || str_has(rows_text(&r, 3), STR("COVERING INDEX il_duty_run_duty "
                                                       "(f_duty=? AND f_about=?)"));
    }
    assert_true(found);
}

static void the_last_is_found_by_an_index(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, last_by_index);
}

#define BOTH_STORES(name)                           \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
BOTH_STORES(by_article_post_and_person)
BOTH_STORES(within_what_is_asked)
BOTH_STORES(what_one_may_see)
BOTH_STORES(the_last_year)
BOTH_STORES(more_than_is_looked_at)
BOTH_STORES(kept_as_counted)
BOTH_STORES(kept_as_counted_own)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_article_post_and_person),
        cmocka_unit_test(within_what_is_asked),
        cmocka_unit_test(what_one_may_see),
        cmocka_unit_test(the_last_year),
        cmocka_unit_test(more_than_is_looked_at),
        cmocka_unit_test(kept_as_counted),
        cmocka_unit_test(kept_as_counted_own),
        cmocka_unit_test(the_last_is_found_by_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
