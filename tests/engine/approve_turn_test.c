/* In a node that goes in order, who is named first is asked first: by the alternatives of
 * `who` as they stand, and within one by the order in which people were registered. */
#include "engine/record.h"

#include "votes.h"

static const char row[] =
    "regulation: row\n"
    "title: {zh: 依次, en: Row}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  paper:\n"
    "    title: {zh: 文稿, en: Paper}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 事, en: What}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "      reader: {type: person, zh: 审读人, en: Reader}\n"
    "    states:\n"
    "      asked: {zh: 问, en: Asked}\n"
    "      yes: {zh: 是, en: Yes}\n"
    "    actions:\n"
    "      ask:\n"
    "        to: asked\n"
    "        who: everyone\n"
    "        asks: [what]\n"
    "        may: [unit, reader]\n"
    "        clause: ours\n"
    "        approval: [{who: reader or head_of(unit) and not post('keeper') or members(unit) or"
    " post('leader'), rule: order}]\n"
    "        then_approved: {to: yes}\n"
    "      change:\n"
    "        from: yes\n"
    "        who: everyone\n"
    "        asks: [reader]\n"
    "        clause: ours\n"
    "        approval: [{who: reader or post('leader'), rule: order}]\n"
    "        then_approved: {}\n";

static int64_t join(struct house *h, const char *name)
{
    int64_t id =
        house_create(h, 0, "person", "full_name", name, "unit", house_text(h, h->south), NULL);
    assert_done(h, id);
    return id;
}

/* The one whose turn it is, and no other. */
static void assert_turn(struct house *h, int64_t record, int64_t person)
{
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from approval_seat where record = $1"
                                   " and state = 1"),
                               ARGS(db_i64(record))),
                     1);
    assert_int_equal(house_i64(h,
                               SQL("select actor from approval_seat where record = $1"
                                   " and state = 1"),
                               ARGS(db_i64(record))),
                     person);
}

static void named_first(struct dbs *t)
{
    struct house h = house_make(t, row);
    int64_t x = join(&h, "x");
    int64_t y = join(&h, "y");
    int64_t head = join(&h, "z");
    house_appoint(&h, head, "head", h.south);
    house_appoint(&h, h.amy, "leader", h.top); /* registered before all of them */
    int64_t turns[] = {y, head, h.cat, x, h.amy};
    struct value_in v[] = {{.field = STR("what"), .text = STR("a text")},
                           {.field = STR("unit"), .text = str_from(house_text(&h, h.south))},
                           {.field = STR("reader"), .text = str_from(house_text(&h, y))}};
    struct ctx ctx = house_ctx(&h, h.bob);
    struct form f;
    dbs_ok(form_get(&ctx, house_type(&h, "paper"), 0, STR("ask"), v, 3, false, &f));
    assert_true(f.nroute == 1 && f.route[0].nseats == 5); /* shown before, in that order */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(f.route[0].seats[i].person.id, turns[i]);
    }
    struct act a = {
        .actor = h.bob, .type = STR("paper"), .action = STR("ask"), .values = v, .nvalues = 3};
    h.last = house_act(&h, &a);
    assert_done(&h, a.ret_record);
    int64_t id = a.ret_record;
    for (int i = 0; i < 5; i++) {
        assert_turn(&h, id, turns[i]);
        assert_done(&h, vote(&h, turns[i], "paper", id, "approve"));
    }
    assert_string_equal(house_state(&h, "paper", id), "yes");
    /* of what is asked for on a living record, too */
    assert_done(&h, house_do(&h, h.bob, "paper", id, "change", "reader", house_text(&h, x), NULL));
    assert_turn(&h, id, x);
    assert_done(&h, vote(&h, x, "paper", id, "approve"));
    assert_turn(&h, id, h.amy);
    assert_done(&h, vote(&h, h.amy, "paper", id, "approve"));
    house_verify(&h);
}

static void who_is_named_first_is_asked_first(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, named_first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_named_first_is_asked_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
