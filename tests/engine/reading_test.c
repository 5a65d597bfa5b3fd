/* Access to read: while it lasts its person sees what was done in the window, whatever his posts,
 * and does nothing; it ends by itself. */
#include "engine/house.h"
#include "engine/list.h"
#include "engine/post.h"
#include "engine/reading.h"
#include "engine/record.h"
#include "engine/write.h"

static const char law[] =
    HOUSE_DESK "settings:\n"
               "  access.longest: {type: days, default: 10d, clause: time, zh: 最长,\n"
               "    en: Longest}\n"
               "types:\n"
               "  memo:\n"
               "    title: {zh: 便笺, en: Memo}\n"
               "    name: \"{text}\"\n"
               "    has: [comments]\n"
               "    see: everyone\n"
               "    fields:\n"
               "      text: {type: text, max: 20, zh: 文, en: Text}\n"
               "      of: {type: ref, to: memo, zh: 关于, en: Of}\n"
               "    actions:\n"
               "      write: {who: everyone, asks: [text], may: [of], clause: look,\n"
               "        zh: 写, en: Write}\n"
               "  secret:\n"
               "    title: {zh: 密件, en: Secret}\n"
               "    name: \"{text}\"\n"
               "    see: creator\n"
               "    fields:\n"
               "      text: {type: text, max: 20, zh: 文, en: Text}\n"
               "      inner: {type: text, max: 20, see: creator, zh: 内, en: Inner}\n"
               "    actions:\n"
               "      hide: {who: everyone, asks: [text], may: [inner], clause: look,\n"
               "        zh: 藏, en: Hide}\n"
               "  access:\n"
               "    title: {zh: 查阅, en: Access}\n"
               "    follows: newest\n"
               "    name: \"{person.full_name}\"\n"
               "    see: person or post('keeper')\n"
               "    fields:\n"
               "      person: {type: person, zh: 人, en: Person, clause: time}\n"
               "      starts: {type: date, zh: 起, en: From, clause: time}\n"
               "      ends: {type: date, zh: 止, en: Until, clause: time}\n"
               "      since: {type: date, zh: 自, en: Since, clause: look}\n"
               "      until: {type: date, zh: 至, en: Up to, clause: look}\n"
               "    states:\n"
               "      in_force: {zh: 有效, en: In force}\n"
               "      revoked: {zh: 撤销, en: Revoked, final: true}\n"
               "    actions:\n"
               "      grant: {to: in_force, who: post('keeper'), asks: [person, starts],\n"
               "        may: [ends, since, until], clause: time, zh: 授, en: Grant}\n"
               "      revoke: {from: in_force, to: revoked, who: post('keeper'),\n"
               "        clause: time, zh: 撤, en: Revoke}\n";

static struct ctx eyes(struct house *h, int64_t person)
{
    struct ctx ctx = house_ctx(h, person);
    dbs_ok(reading_find(&ctx));
    return ctx;
}

static size_t listed(struct house *h, int64_t person, const char *type)
{
    struct ctx ctx = eyes(h, person);
    struct list_query q = {.type = house_type(h, type), .count = true, .limit = 50};
    struct list_page page;
    dbs_ok(list_page(&ctx, &q, &page));
    assert_int_equal(page.count, (int64_t)page.nrows);
    return page.nrows;
}

static bool sees(struct house *h, int64_t person, const char *type, int64_t id)
{
    struct ctx ctx = eyes(h, person);
    struct record rec;
    err e = record_get(&ctx, house_type(h, type), id, &rec);
    assert_true(!e.code || e.code == ERR_NOT_FOUND);
    return !e.code;
}

static bool proves(struct house *h, int64_t person, int64_t seq)
{
    struct ctx ctx = eyes(h, person);
    struct record_ref ref;
    bool whole;
    err e = record_by_seq(&ctx, seq, &ref, &whole);
    assert_true(!e.code || e.code == ERR_NOT_FOUND);
    return !e.code;
}

static int64_t grant(struct house *h, const char *starts, const char *ends, const char *since,
                     const char *until)
{
    return house_create(h, h->amy, "access", "person", house_text(h, h->eve), "starts", starts,
                        "ends", ends, "since", since, "until", until, NULL);
}

/* What is done on two days: the first shown, the second not. */
struct days {
    int64_t first, second, secret;
    int64_t seq_first, seq_second;
};

static struct days two_days(struct house *h)
{
    struct days d = {0};
    house_appoint(h, h->amy, "keeper", h->top);
    house_appoint(h, h->eve, "administrator", h->top);
    d.first = house_create(h, h->bob, "memo", "text", "one", NULL);
    d.secret = house_create(h, h->bob, "secret", "text", "s", "inner", "i", NULL);
    house_clock(h, HOUSE_NOW + DAY);
    d.second = house_create(h, h->bob, "memo", "text", "two", "of", house_text(h, d.first), NULL);
    struct act said = {.actor = h->bob,
                       .type = STR("memo"),
                       .record = d.first,
                       .action = STR("comment"),
                       .note = STR("later")};
    dbs_ok(house_act(h, &said));
    d.seq_first =
        house_i64(h, SQL("select min(seq) from act where record = $1"), ARGS(db_i64(d.first)));
    d.seq_second =
        house_i64(h, SQL("select max(seq) from act where record = $1"), ARGS(db_i64(d.first)));
    return d;
}

static void as_ever(struct house *h, const struct days *d)
{
    bool held = false;
    struct ctx ctx = eyes(h, h->eve);
    assert_false(ctx.reading.on);
    assert_int_equal(listed(h, h->eve, "memo"), 2);
    assert_int_equal(listed(h, h->eve, "secret"), 0);
    assert_true(sees(h, h->eve, "memo", d->second));
    assert_false(sees(h, h->eve, "secret", d->secret));
    assert_true(proves(h, h->eve, d->seq_second));
    dbs_ok(post_held(&ctx, POSITION_ADMINISTRATOR, &held));
    assert_true(held);
}

static void shown_is_the_window(struct house *h, const struct days *d)
{
    bool held = true;
    struct ctx ctx = eyes(h, h->eve);
    struct record_view v;
    assert_true(ctx.reading.on);
    assert_int_equal(listed(h, h->eve, "memo"), 1);
    assert_int_equal(listed(h, h->eve, "secret"), 1);
    assert_int_equal(listed(h, h->eve, "person"), 5);
    assert_int_equal(listed(h, h->eve, "access"), 1);
    assert_false(sees(h, h->eve, "memo", d->second));
    assert_true(sees(h, h->eve, "memo", d->first));
    assert_true(proves(h, h->eve, d->seq_first));
    assert_false(proves(h, h->eve, d->seq_second));
    dbs_ok(record_view(&ctx, house_type(h, "memo"), d->first, &v));
    assert_int_equal(v.nactivities, 1);
    assert_int_equal(v.nrelations, 0); /* the second names it */
    for (size_t i = 0; i < v.nactions; i++) {
        assert_false(v.actions[i].allowed);
    }
    dbs_ok(record_view(&ctx, house_type(h, "secret"), d->secret, &v));
    assert_int_equal(v.rec.nfields, 1); /* a field of few stays with them */
    dbs_ok(post_held(&ctx, POSITION_ADMINISTRATOR, &held));
    assert_false(held);
    struct list_query q = {
        .type = house_type(h, "memo"), .filter = STR("of.text == 'one'"), .limit = 5};
    struct list_page page;
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    q.filter = STR("text == 'one'");
    dbs_ok(list_page(&ctx, &q, &page));
    assert_int_equal(page.nrows, 1);
}

static void nothing_is_done(struct house *h, const struct days *d)
{
    struct ctx ctx = eyes(h, h->eve);
    struct act act = {.arena = h->a,
                      .actor = h->eve,
                      .now = h->now,
                      .type = STR("memo"),
                      .record = d->first,
                      .action = STR("comment"),
                      .note = STR("x")};
    err e = act_check(&ctx, &act);
    assert_int_equal(e.code, ERR_DENIED);
    assert_true(str_has(e.why->what.zh, STR("2026-01-08")));
    assert_true(str_has(e.why->what.en, STR("2026-01-08")));
    assert_true(str_eq(e.why->clause->id, STR("time")));
    assert_true(e.why->remedy.zh.len && e.why->remedy.en.len);
    assert_int_equal(house_create(h, h->eve, "memo", "text", "x", NULL), 0); /* the writer's */
    assert_refused(h, "time");
    assert_int_equal(h->last.code, ERR_DENIED);
    assert_true(house_create(h, h->dan, "memo", "text", "three", NULL) > 0);
    assert_int_equal(listed(h, h->bob, "memo"), 3);
}

static void a_window_is_read_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct days d = two_days(&h);
    as_ever(&h, &d);
    int64_t id = grant(&h, "2026-01-06", "2026-01-08", "2026-01-05", "2026-01-05");
    assert_done(&h, id);
    shown_is_the_window(&h, &d);
    nothing_is_done(&h, &d);
    house_clock(&h, HOUSE_NOW + 3 * DAY); /* its last day */
    assert_false(sees(&h, h.eve, "memo", d.second));
    house_clock(&h, HOUSE_NOW + 4 * DAY);
    assert_true(sees(&h, h.eve, "memo", d.second));
    assert_done(&h, house_create(&h, h.eve, "memo", "text", "four", NULL));
    house_verify(&h);
}

struct coming {
    struct house *h;
    int64_t person;
};
static err come_in(void *arg, struct db *db, struct arena *a)
{
    const struct coming *c = arg;
    return reading_begun(c->h->e, db, a, c->person, c->h->now);
}

static err begun(struct house *h, int64_t person)
{
    struct coming c = {h, person};
    return engine_write(h->e, come_in, &c);
}

static void revoked_it_is_over_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct days d = two_days(&h);
    int64_t id = grant(&h, "2026-01-06", "2026-01-08", "2026-01-05", "2026-01-05");
    assert_true(eyes(&h, h.eve).reading.on);
    assert_false(house_do(&h, h.eve, "access", id, "revoke", NULL));
    assert_done(&h, house_do(&h, h.amy, "access", id, "revoke", NULL));
    as_ever(&h, &d);
    assert_done(&h, grant(&h, "2026-01-07", "2026-01-08", "2026-01-05", "2026-01-05"));
    as_ever(&h, &d); /* not yet */
}

static void each_ends_and_stands_alone_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    house_appoint(&h, h.amy, "keeper", h.top);
    assert_false(grant(&h, "2026-01-06", "2026-01-16", "2026-01-05", "2026-01-05")); /* 11 days */
    assert_refused(&h, "time");
    assert_false(grant(&h, "2026-01-06", "*", "2026-01-05", "2026-01-05"));
    assert_refused(&h, "time");
    assert_false(grant(&h, "2026-01-06", "2026-01-05", "2026-01-05", "2026-01-05"));
    assert_refused(&h, "time");
    assert_false(grant(&h, "2026-01-06", "2026-01-15", "2026-01-05", "2026-01-04"));
    assert_refused(&h, "look");
    assert_false(grant(&h, "2026-01-06", "2026-01-15", "*", "2026-01-04"));
    assert_refused(&h, "look");
    assert_false(grant(&h, "2026-01-06", "2026-01-15", "1990-01-05", "2026-01-04"));
    assert_refused(&h, "look");
    assert_done(&h, grant(&h, "2026-01-06", "2026-01-15", "2026-01-05", "2026-01-05"));
    assert_false(grant(&h, "2026-01-15", "2026-01-16", "2026-01-05", "2026-01-05"));
    assert_refused(&h, "time");
    assert_done(&h, grant(&h, "2026-01-16", "2026-01-16", "2026-01-05", "2026-01-05"));
}

/* The reader's coming in is an act of his; nobody else's is one. */
static void coming_in_is_an_act_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    two_days(&h);
    int64_t id = grant(&h, "2026-01-06", "2026-01-08", "2026-01-05", "2026-01-05");
    int64_t before = house_i64(&h, SQL("select count(*) from act"), NO_ARGS);
    dbs_ok(begun(&h, h.bob));
    assert_int_equal(house_i64(&h, SQL("select count(*) from act"), NO_ARGS), before);
    dbs_ok(begun(&h, h.eve));
    assert_int_equal(house_i64(&h, SQL("select count(*) from act"), NO_ARGS), before + 1);
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from act where action = 'sign_in'"
                                   " and record = $1 and person = $2"),
                               ARGS(db_i64(id), db_i64(h.eve))),
                     1);
    assert_done(&h, house_do(&h, h.amy, "access", id, "revoke", NULL));
    dbs_ok(begun(&h, h.eve));
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from act where action = 'sign_in'"), NO_ARGS), 1);
    house_verify(&h);
}

#define EACH(name)                                  \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
EACH(a_window_is_read)
EACH(revoked_it_is_over)
EACH(each_ends_and_stands_alone)
EACH(coming_in_is_an_act)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_is_read),
        cmocka_unit_test(revoked_it_is_over),
        cmocka_unit_test(each_ends_and_stands_alone),
        cmocka_unit_test(coming_in_is_an_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
