/* What an action does besides moving the state: effects in the order written,
 * depth first, each seeing what went before; all or nothing; their limits; what
 * is put off; large sets in steps. */
#include "house.h"

#include <string.h>

static const char works[] =
    "regulation: works\n"
    "title: {zh: 工程, en: Works}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  node:\n"
    "    title: {zh: 节点, en: Node}\n"
    "    name: \"{key}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      key: {type: text, max: 20, unique: true, zh: 键, en: Key, clause: once}\n"
    "      to: {type: ref, to: node, zh: 下, en: To}\n"
    "      n: {type: int, default: \"0\", zh: 数, en: N}\n"
    "      log: {type: text, max: 200, default: \"''\", zh: 志, en: Log}\n"
    "      parts_seen: {type: int, default: \"0\", zh: 见, en: Seen}\n"
    "      may_fail: {type: int, zh: 或, en: May fail}\n"
    "    states:\n"
    "      open: {zh: 开, en: Open}\n"
    "      shut: {zh: 闭, en: Shut, final: true}\n"
    "    rules:\n"
    "      - {check: n < 1000, clause: most, zh: 太多, en: Too many}\n"
    "    actions:\n"
    "      make: {to: open, who: everyone, asks: [key], may: [to, n], clause: works}\n"
    "      poke:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {set: {n: n + 1}}\n"
    "          - {perform: to.poke, when: to != null}\n"
    "          - {set: {n: n * 2}}\n"
    "      each_item:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {perform: i.tick, for_each: i in item where i.node == self and i.state == 'new', "
    "take: 100, order: i.id}\n"
    "          - {set: {parts_seen: \"count(i in item where i.node == self and i.state == "
    "'ticked')\"}}\n"
    "      doubtful:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {set: {n: n + 1}}\n"
    "          - {create: note.write, when: may_fail > 3, with: {about: self}}\n"
    "      once_only:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {create: node.make, if_absent: true, with: {key: \"'same'\", n: \"1\"}}\n"
    "          - {set: {n: n + 1}}\n"
    "      twice:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {create: node.make, with: {key: \"'same'\"}}\n"
    "      too_many: {from: open, who: everyone, clause: works, effects: [{set: {n: \"5000\"}}]}\n"
    "      later:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {set: {n: n + 10}, after: 2d}\n"
    "          - {perform: close, after: 3d, when: n > 100}\n"
    "      close: {from: open, to: shut, who: auto, clause: works}\n"
    "      all_later:\n"
    "        from: open\n"
    "        who: everyone\n"
    "        clause: works\n"
    "        effects:\n"
    "          - {perform: i.tick, for_each: i in item where i.node == self and i.state == 'new', "
    "after: 0d}\n"
    "      tell: {from: open, who: everyone, clause: works, effects: [{notify: {to: "
    "post('keeper'), zh: \"{key} 好\", en: \"{key} is well\"}}]}\n"
    "      ask: {from: open, who: everyone, clause: works, effects: [{task: {to: post('keeper'), "
    "due: 2d, zh: 看一下, en: Look}}]}\n"
    "  item:\n"
    "    title: {zh: 件, en: Item}\n"
    "    name: \"{id}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      node: {type: ref, to: node, zh: 属, en: Node}\n"
    "      limit: {type: int, default: \"0\", zh: 限, en: Limit}\n"
    "    states:\n"
    "      new: {zh: 新, en: New}\n"
    "      ticked: {zh: 勾, en: Ticked, final: true}\n"
    "    actions:\n"
    "      add: {to: new, who: everyone, asks: [node], may: [limit], clause: works}\n"
    "      tick: {from: new, to: ticked, who: nobody, clause: works, needs: [{check: limit < 5, "
    "clause: most, zh: 限, en: Limit}]}\n"
    "  note:\n"
    "    title: {zh: 记, en: Note}\n"
    "    name: \"{id}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      about: {type: ref, to: node, zh: 关于, en: About}\n"
    "    states:\n"
    "      written: {zh: 写, en: Written, final: true}\n"
    "    actions:\n"
    "      write: {to: written, who: everyone, asks: [about], clause: works}\n";

static int64_t node(struct house *h, const char *key, int64_t to)
{
    int64_t id = to ? house_create(h, h->amy, "node", "key", key, "to", house_text(h, to), NULL)
                    : house_create(h, h->amy, "node", "key", key, NULL);
    assert_done(h, id);
    return id;
}

static int64_t n_of(struct house *h, int64_t id)
{
    return house_i64(h, SQL("select f_n from r_node where id = $1"), ARGS(db_i64(id)));
}

static void items(struct house *h, int64_t of, int n)
{
    for (int i = 0; i < n; i++) {
        assert_done(h, house_create(h, h->amy, "item", "node", house_text(h, of), NULL));
    }
}

static int64_t ticked(struct house *h)
{
    return house_i64(h,
                     SQL("select count(*) from r_item where state = (select max(state) from"
                         " r_item)"),
                     NO_ARGS);
}

/* --- order and depth ------------------------------------------------------------------ */

static void order(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t c = node(&h, "c", 0);
    int64_t b = node(&h, "b", c);
    int64_t a = node(&h, "a", b);
    assert_done(&h, house_do(&h, h.amy, "node", a, "poke", NULL));
    assert_int_equal(n_of(&h, a), 2);
    assert_int_equal(n_of(&h, b), 2);
    assert_int_equal(n_of(&h, c), 2);
    /* one entry each, the inner ones say what caused them; one version more each */
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from act where parent is not null"), NO_ARGS), 2);
    assert_int_equal(house_i64(&h, SQL("select ver from r_node where id = $1"), ARGS(db_i64(c))),
                     2);
    house_verify(&h);
}

static void effects_run_in_order_and_depth_first(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, order);
}

static void depth(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t last = 0;
    int64_t chain[9];
    for (int i = 0; i < 9; i++) {
        last = chain[i] = node(&h, str_fmt(h.a, "k%d", i).ptr, last);
    }
    assert_done(&h, house_do(&h, h.amy, "node", chain[7], "poke", NULL)); /* 8 deep */
    assert_false(house_do(&h, h.amy, "node", chain[8], "poke", NULL));
    assert_int_equal(h.last.code, ERR_LIMIT);
    for (int i = 0; i < 9; i++) { /* all or nothing */
        assert_int_equal(n_of(&h, chain[i]), i < 8 ? 2 : 0);
    }
    house_verify(&h);
}

static void effects_go_eight_deep(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, depth);
}

static void circle(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    int64_t b = node(&h, "b", a);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_node set f_to = $1 where id = $2"),
                   ARGS(db_i64(b), db_i64(a))));
    /* the same action on the same record twice in one act */
    assert_false(house_do(&h, h.amy, "node", a, "poke", NULL));
    assert_true(h.last.code == ERR_RULE || h.last.code == ERR_LIMIT);
    assert_int_equal(n_of(&h, a), 0);
    assert_int_equal(n_of(&h, b), 0);
}

static void the_same_action_twice_in_one_act_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, circle);
}

/* --- sets -------------------------------------------------------------------------------- */

static void sets(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    int64_t b = node(&h, "b", 0);
    items(&h, a, 5);
    items(&h, b, 2);
    assert_done(&h, house_do(&h, h.amy, "node", a, "each_item", NULL));
    assert_int_equal(ticked(&h), 5);
    assert_int_equal(
        house_i64(&h, SQL("select f_parts_seen from r_node where id = $1"), ARGS(db_i64(a))), 5);
    /* one of them refuses: nothing was done */
    items(&h, a, 3);
    assert_done(&h, house_create(&h, h.amy, "item", "node", house_text(&h, a), "limit", "9", NULL));
    assert_false(house_do(&h, h.amy, "node", a, "each_item", NULL));
    assert_refused(&h, "most");
    assert_int_equal(ticked(&h), 5);
    house_verify(&h);
}

static void an_effect_for_each_is_all_or_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, sets);
}

/* --- when ---------------------------------------------------------------------------------- */

static void unknown(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    assert_false(house_do(&h, h.amy, "node", a, "doubtful", NULL));
    assert_refused(&h, "works");
    assert_int_equal(h.last.why->kind, REFUSED_UNKNOWN);
    assert_true(str_has(h.last.why->what.en, STR("may_fail")));
    assert_int_equal(n_of(&h, a), 0);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_node set f_may_fail = 2"), NO_ARGS));
    assert_done(&h, house_do(&h, h.amy, "node", a, "doubtful", NULL));
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_note"), NO_ARGS), 0);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_node set f_may_fail = 4"), NO_ARGS));
    assert_done(&h, house_do(&h, h.amy, "node", a, "doubtful", NULL));
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from r_note where f_about = $1"), ARGS(db_i64(a))), 1);
}

static void an_unknown_when_refuses_and_says_what_is_missing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, unknown);
}

static void rules_of_effects(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    assert_false(house_do(&h, h.amy, "node", a, "too_many", NULL));
    assert_refused(&h, "most");
    assert_int_equal(n_of(&h, a), 0);
}

static void rules_are_judged_after_the_effects(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, rules_of_effects);
}

static void absent(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    assert_done(&h, house_do(&h, h.amy, "node", a, "once_only", NULL));
    assert_done(&h, house_do(&h, h.amy, "node", a, "once_only", NULL));
    assert_int_equal(n_of(&h, a), 2); /* what follows is done all the same */
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_node"), NO_ARGS), 2);
    assert_false(house_do(&h, h.amy, "node", a, "twice", NULL));
    assert_refused(&h, "once");
    assert_int_equal(h.last.why->kind, REFUSED_UNIQUE);
    house_verify(&h);
}

static void if_absent_skips_what_is_there(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, absent);
}

/* --- later ------------------------------------------------------------------------------------ */

static void later(struct dbs *t)
{
    struct house h = house_make(t, works);
    int64_t a = node(&h, "a", 0);
    int64_t b = node(&h, "b", 0);
    int64_t begin = h.now;
    assert_done(&h, house_do(&h, h.amy, "node", a, "later", NULL));
    assert_done(&h, house_do(&h, h.amy, "node", b, "later", NULL));
    house_clock(&h, begin + 2 * DAY - 1);
    assert_int_equal(n_of(&h, a), 0);
    house_clock(&h, begin + 2 * DAY);
    assert_int_equal(n_of(&h, a), 10);
    /* `when` is judged then */
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_node set f_n = 101 where id = $1"),
                   ARGS(db_i64(b))));
    house_clock(&h, begin + 10 * DAY);
    assert_string_equal(house_state(&h, "node", a), "open");
    assert_string_equal(house_state(&h, "node", b), "shut");
    assert_int_equal(n_of(&h, a), 10); /* once */
    assert_int_equal(house_i64(&h, SQL("select count(*) from later"), NO_ARGS), 0);
    /* what the clock set has its entry in the history, in nobody's name */
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from act where record = $1 and action ="
                                   " 'set' and person = 0 and principal = $2"),
                               ARGS(db_i64(a), db_i64(h.amy))),
                     1);
}

static void what_is_put_off_comes_once_at_its_time(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, later);
}

/* On a file the writer's thread does it: a step that is refused after it has written is begun
 * again there, and must not count as refused twice. */
static void steps(struct dbs *t)
{
    struct house h = house_make(t, works);
    if (t->which == DBS_FILE) {
        house_reopen(&h);
    }
    int64_t a = node(&h, "a", 0);
    items(&h, a, 130);
    for (int i = 0; i < 2; i++) { /* two in the middle that refuse */
        assert_done(&h,
                    house_create(&h, h.amy, "item", "node", house_text(&h, a), "limit", "9", NULL));
    }
    items(&h, a, 130);
    assert_done(&h, house_do(&h, h.amy, "node", a, "all_later", NULL));
    assert_int_equal(ticked(&h) % 262, 0); /* none yet: all are in one state */
    for (int i = 0; i < 20; i++) {
        engine_tick(h.e, h.now);
    }
    assert_int_equal(ticked(&h), 260);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from step_job where \"left\" > 0"), NO_ARGS), 0);
    /* those refused are put away, with their reason */
    assert_int_equal(house_i64(&h, SQL("select count(*) from job where kind = 'clock'"), NO_ARGS),
                     2);
    house_verify(&h);
}

static void large_sets_are_worked_off_in_steps(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, steps);
}

/* --- telling people ------------------------------------------------------------------------------
 */

static void telling(struct dbs *t)
{
    struct house h = house_make(t, works);
    house_appoint(&h, h.bob, "keeper", h.north);
    house_appoint(&h, h.cat, "keeper", h.south);
    house_appoint(&h, h.cat, "keeper", h.top); /* twice one of them: told once */
    int64_t a = node(&h, "a", 0);
    assert_done(&h, house_do(&h, h.amy, "node", a, "tell", NULL));
    assert_int_equal(house_i64(&h, SQL("select count(*) from notification"), NO_ARGS), 2);
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from notification where person = $1 and zh ="
                                   " 'a 好' and en = 'a is well' and read_at is null"),
                               ARGS(db_i64(h.cat))),
                     1);
    assert_done(&h, house_do(&h, h.amy, "node", a, "ask", NULL));
    assert_int_equal(house_i64(&h, SQL("select count(*) from task where kind = 2 and due = $1"),
                               ARGS(db_i64(HOUSE_NOW + 2 * DAY))),
                     2);
}

static void people_are_told_and_asked_once_each(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, telling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_run_in_order_and_depth_first),
        cmocka_unit_test(effects_go_eight_deep),
        cmocka_unit_test(the_same_action_twice_in_one_act_is_refused),
        cmocka_unit_test(an_effect_for_each_is_all_or_nothing),
        cmocka_unit_test(an_unknown_when_refuses_and_says_what_is_missing),
        cmocka_unit_test(rules_are_judged_after_the_effects),
        cmocka_unit_test(if_absent_skips_what_is_there),
        cmocka_unit_test(what_is_put_off_comes_once_at_its_time),
        cmocka_unit_test(large_sets_are_worked_off_in_steps),
        cmocka_unit_test(people_are_told_and_asked_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
