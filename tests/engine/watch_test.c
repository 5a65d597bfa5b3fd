/* Watching a record: who may be asked to, what those who watch are told of, and what they
 * are not: their own acts, what they were told already, and what they may not see. */
#include "house.h"

static const char shop[] =
    "regulation: shop\n"
    "title: {zh: 商店, en: Shop}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  order:\n"
    "    title: {zh: 订单, en: Order}\n"
    "    number: \"O-{yyyy}-{seq:4}\"\n"
    "    name: \"{what}\"\n"
    "    has: [comments, watchers, label]\n"
    "    unit: place\n"
    "    see: creator or place == actor.unit or post('keeper')\n"
    "    fields:\n"
    "      what: {type: text, max: 20, zh: 货, en: What}\n"
    "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
    "    states:\n"
    "      open: {zh: 开, en: Open}\n"
    "      sent: {zh: 发, en: Sent}\n"
    "      done: {zh: 毕, en: Done, final: true}\n"
    "    actions:\n"
    "      place_order: {to: open, who: everyone, asks: [what], clause: buy}\n"
    "      send:\n"
    "        from: open\n"
    "        to: sent\n"
    "        who: creator\n"
    "        clause: buy\n"
    "      close:\n"
    "        from: sent\n"
    "        to: done\n"
    "        who: creator\n"
    "        effects:\n"
    "          - notify: {to: post('keeper'), zh: 已毕, en: It is done}\n"
    "        clause: buy\n"
    "      change: {from: any, who: creator, may: [what], clause: buy}\n";

static err built_in(struct house *h, int64_t who, int64_t id, const char *action, const char *note,
                    const char *person)
{
    struct value_in *v = arena_new(h->a, struct value_in);
    *v = (struct value_in){.field = STR("person"), .text = str_from(person)};
    struct act a = {.actor = who,
                    .type = STR("order"),
                    .record = id,
                    .action = str_from(action),
                    .note = str_from(note),
                    .values = v,
                    .nvalues = person ? 1 : 0};
    h->last = house_act(h, &a);
    return h->last;
}

static int64_t told(struct house *h, int64_t who)
{
    return house_i64(h, SQL("select count(*) from notification where person = $1"),
                     ARGS(db_i64(who)));
}

static void watching(struct dbs *t)
{
    struct house h = house_make(t, shop);
    house_appoint(&h, h.cat, "keeper", h.south);
    int64_t id = house_create(&h, h.amy, "order", "what", "ink", NULL);
    assert_done(&h, id);
    dbs_ok(built_in(&h, h.bob, id, "watch", NULL, NULL));
    dbs_ok(built_in(&h, h.amy, id, "watch", NULL, NULL));
    /* another, by name: told that he was asked, once; one who may not see it is refused */
    dbs_ok(built_in(&h, h.amy, id, "watch", NULL, "cat"));
    assert_int_equal(told(&h, h.cat), 1);
    dbs_ok(built_in(&h, h.amy, id, "watch", NULL, "cat"));
    assert_int_equal(told(&h, h.cat), 1);
    assert_int_equal(built_in(&h, h.amy, id, "watch", NULL, "dan").code, ERR_DENIED);
    assert_true(h.last.why && h.last.why->remedy.zh.len && h.last.why->remedy.en.len);
    assert_int_equal(built_in(&h, h.amy, id, "watch", NULL, "nobody at all").code, ERR_VALUE);
    assert_int_equal(house_i64(&h, SQL("select count(*) from watcher"), NO_ARGS), 3);
    /* a step: all but who took it */
    assert_done(&h, house_do(&h, h.amy, "order", id, "send", NULL));
    assert_int_equal(told(&h, h.amy), 0);
    assert_int_equal(told(&h, h.bob), 1);
    assert_int_equal(told(&h, h.cat), 2);
    /* something said; a mere change of a value is no news */
    dbs_ok(built_in(&h, h.bob, id, "comment", "when?", NULL));
    assert_int_equal(told(&h, h.amy), 1);
    assert_int_equal(told(&h, h.bob), 1);
    assert_done(&h, house_do(&h, h.amy, "order", id, "change", "what", "pen", NULL));
    assert_int_equal(told(&h, h.bob), 1);
    /* whom an effect tells is not told twice */
    assert_done(&h, house_do(&h, h.amy, "order", id, "close", NULL));
    assert_int_equal(told(&h, h.cat), 4);
    assert_int_equal(told(&h, h.bob), 2);
    house_verify(&h);
}

static void who_watches_is_told_of_steps_and_words(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, watching);
}

static void not_for_them(struct dbs *t)
{
    struct house h = house_make(t, shop);
    int64_t post = house_appoint(&h, h.cat, "keeper", h.south);
    int64_t id = house_create(&h, h.amy, "order", "what", "ink", NULL);
    assert_done(&h, id);
    dbs_ok(built_in(&h, h.cat, id, "watch", NULL, NULL));
    dbs_ok(built_in(&h, h.amy, id, "comment", "one", NULL));
    assert_int_equal(told(&h, h.cat), 1);
    /* a watcher who may not see it any more hears nothing of it */
    assert_done(&h, house_do(&h, h.eve, "post", post, "end", NULL));
    dbs_ok(built_in(&h, h.amy, id, "comment", "two", NULL));
    assert_int_equal(told(&h, h.cat), 1);
    /* nor who stopped watching */
    dbs_ok(built_in(&h, h.bob, id, "watch", NULL, NULL));
    dbs_ok(built_in(&h, h.bob, id, "unwatch", NULL, NULL));
    assert_done(&h, house_do(&h, h.amy, "order", id, "send", NULL));
    assert_int_equal(told(&h, h.bob), 0);
}

static void who_may_not_see_it_hears_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, not_for_them);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_watches_is_told_of_steps_and_words),
        cmocka_unit_test(who_may_not_see_it_hears_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
