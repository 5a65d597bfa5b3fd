/* Approvals in a definition: every key as it is read, what follows as actions, who
 * approved as SQL, the difference between two routes, and the steps of examples. */
#include "base/arena.h"
#include "model/diff.h"
#include "model/expr.h"
#include "model/load.h"
#include "model/steps.h"

#include "support/test.h"

static const char text_zh[] = "---\ntitle: 走访\n---\n# 走访\n\n### 第一条 申请 {#ask}\n申请。\n\n"
                              "### 第二条 会签 {#sign}\n会签。\n";
static const char text_en[] = "---\ntitle: Visits\n---\n# Visits\n\n### Article 1 Asking {#ask}\n"
                              "Ask.\n\n### Article 2 Signing {#sign}\nSign.\n";

#define HEAD                                                                                       \
    "regulation: visits\n"                                                                         \
    "title: {zh: 走访, en: Visits}\n"                                                            \
    "owner: host\n"                                                                                \
    "uses: [organisation]\n"                                                                       \
    "posts:\n"                                                                                     \
    "  host: {zh: 接待, en: Host}\n"                                                             \
    "settings:\n"                                                                                  \
    "  post.host: {type: text, default: equipment_keeper, zh: 接待由谁, en: Host}\n"           \
    "  visit.time: {type: workhours, default: 16 workhours, clause: sign, zh: 时限, en: Time}\n" \
    "types:\n"                                                                                     \
    "  visit:\n"                                                                                   \
    "    title: {zh: 走访, en: Visit}\n"                                                         \
    "    name: \"{place}\"\n"                                                                      \
    "    see: everyone\n"                                                                          \
    "    fields:\n"                                                                                \
    "      place: {type: text, max: 40, zh: 地点, en: Place}\n"                                  \
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"                        \
    "      long: {type: bool, default: \"false\", zh: 长, en: Long}\n"                            \
    "    states:\n"                                                                                \
    "      asked: {zh: 已申请, en: Asked}\n"                                                    \
    "      open: {zh: 进行中, en: Open, next: [finish]}\n"                                      \
    "      done: {zh: 完成, en: Done, final: true}\n"                                            \
    "    actions:\n"                                                                               \
    "      ask:\n"                                                                                 \
    "        to: asked\n"                                                                          \
    "        who: everyone\n"                                                                      \
    "        asks: [place]\n"                                                                      \
    "        may: [unit, long]\n"                                                                  \
    "        clause: ask\n"                                                                        \
    "        zh: 申请\n"                                                                         \
    "        en: Ask\n"

#define TAIL                                                             \
    "      finish:\n"                                                    \
    "        from: open\n"                                               \
    "        to: [{state: done, when: long}, {state: open}]\n"           \
    "        who: creator\n"                                             \
    "        asks: [long]\n"                                             \
    "        may: [place]\n"                                             \
    "        approval: [{who: post('host')}]\n"                          \
    "        then_approved: {to: back, zh: 结束了, en: It is over}\n" \
    "        clause: ask\n"                                              \
    "        zh: 结束\n"                                               \
    "        en: Finish\n"                                               \
    "      move:\n"                                                      \
    "        from: [asked, open]\n"                                      \
    "        who: creator\n"                                             \
    "        asks: [place]\n"                                            \
    "        approval: {nodes: [{who: post('host')}]}\n"                 \
    "        then_approved: {}\n"                                        \
    "        clause: ask\n"                                              \
    "        zh: 改地点\n"                                            \
    "        en: Move\n"

static const char full[] =
    HEAD "        approval:\n"
         "          rounds: 7\n"
         "          withdraw: always\n"
         "          nodes:\n"
         "            - who: head_of(unit)\n"
         "              zh: 部门\n"
         "              en: Unit\n"
         "              when: long\n"
         "              not: post('host')\n"
         "              clause: sign\n"
         "              hears_all: true\n"
         "              removal: passes\n"
         "              self: skip\n"
         "              empty: substitute\n"
         "              substitute: role('auditor')\n"
         "              dedup: adjacent\n"
         "              fail: author\n"
         "              term: setting('visit.time')\n"
         "              remind: 4 workhours\n"
         "              reminders: 3\n"
         "              escalate: transfer\n"
         "              late: end\n"
         "              take_back: 2h\n"
         "              add: 4\n"
         "              opinion: must\n"
         "              signature: true\n"
         "              copy: creator\n"
         "            - {who: post('host'), rule: any, first: true, fail: previous, remind: 1 "
         "workhours, term: 2 workhours}\n"
         "            - {who: post('host'), rule: order, self: may, empty: pass, dedup: round, "
         "fail: 2, escalate: add, term: 8 workhours, opinion: refusal}\n"
         "            - {who: post('host'), rule: vote, ratio: 2/3, quorum: 50%, abstentions: out, "
         "empty: reject, take_back: 30m, add: 0}\n"
         "            - {who: post('host'), rule: vote, votes: 2, empty: stop, late: pass, term: 1 "
         "workhours}\n"
         "            - {who: post('host'), rule: vote, ratio: 67%, empty: superior, late: reject, "
         "term: 1 workhours, take_back: 3d}\n"
         "        then_approved:\n"
         "          to: open\n"
         "          effects:\n"
         "            - {set: {long: \"true\"}}\n"
         "        then_refused: {to: done, zh: 没成, en: It came to nothing}\n" TAIL;

static struct source source_of(const char *definition, int version)
{
    return (struct source){.name = STR("visits"),
                           .folder = STR("visits"),
                           .definition = str_from(definition),
                           .text_zh = str_from(text_zh),
                           .text_en = str_from(text_en),
                           .version = version,
                           .epoch = version};
}

/* The organisation and one or two versions; fails the test where there is a mistake. */
static struct model *build(struct arena *a, const char *one, const char *two)
{
    struct source all[3];
    size_t n = 2;
    struct diags d = diags_make(a);
    all[0].version = 1;
    assert_int_equal(
        load_one(a, NULL, STR("regulations/organisation"), STR("organisation"), &all[0]).code,
        ERR_NONE);
    all[0].epoch = 1;
    all[1] = source_of(one, 1);
    if (two) {
        all[n++] = source_of(two, 2);
    }
    struct model *m = model_build(a, &(struct sources){.ptr = all, .len = n}, &d);
    for (size_t i = 0; i < d.len && !m; i++) {
        print_message("%.*s\n", STR_ARG(diag_print(a, &d.ptr[i], LANG_EN)));
    }
    assert_non_null(m);
    return m;
}

static const struct action *action_of(const struct model *m, const char *key)
{
    return tdef_action(model_type(m, STR("visit"))->newest, str_from(key));
}

static void assert_str(str x, const char *y)
{
    if (!str_eq(x, str_from(y))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(x), y);
    }
}

static void the_first_node_has_all_it_says(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct action *ask = action_of(m, "ask");
    const struct route *r = ask->route;
    assert_non_null(r);
    assert_int_equal(r->plan.n, 6);
    assert_int_equal(r->plan.rounds_max, 7);
    assert_true(r->plan.author_until_end);
    const struct route_node *n = &r->nodes[0];
    assert_str(n->words.zh, "部门");
    assert_str(n->words.en, "Unit");
    assert_true(n->who.countable && n->who.who.text.len);
    assert_true(n->keep_out.is_actor.text.len > 0);
    assert_true(n->substitute.who.text.len && n->copy.who.text.len);
    assert_non_null(n->when.tree);
    assert_int_equal(n->term.type.kind, V_WORKHOURS);
    assert_int_equal(n->remind.type.kind, V_WORKHOURS);
    assert_int_equal(n->opinion, OPINION_MUST);
    assert_true(n->signature);
    assert_str(n->clause->id, "sign");
    const struct approval_node *p = &r->plan.nodes[0];
    assert_int_equal(p->rule, RULE_ALL);
    assert_true(p->hears_all);
    assert_false(p->votes_after_removal);
    assert_int_equal(p->self, SELF_SKIP);
    assert_int_equal(p->empty, EMPTY_SUBSTITUTE);
    assert_int_equal(p->dedup, DEDUP_ADJACENT);
    assert_int_equal(p->fail, FAIL_AUTHOR);
    assert_int_equal(p->reminders, 3);
    assert_int_equal(p->escalate, ESCALATE_TRANSFER);
    assert_int_equal(p->late, LATE_END);
    assert_int_equal(p->take_back, 2 * 3600 * 1000);
    assert_int_equal(p->added_max, 4);
    assert_int_equal(p->term, 0); /* a record tells */
    arena_end(&a);
}

static void the_other_nodes_have_theirs(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct route *r = action_of(m, "ask")->route;
    const struct approval_node *p = r->plan.nodes;
    assert_int_equal(p[1].rule, RULE_ANY);
    assert_true(p[1].decides_first);
    assert_int_equal(p[1].fail, FAIL_PREVIOUS);
    assert_int_equal(p[1].reminders, 1);
    assert_int_equal(p[2].rule, RULE_ORDER);
    assert_int_equal(p[2].self, SELF_MAY);
    assert_int_equal(p[2].empty, EMPTY_PASS);
    assert_int_equal(p[2].dedup, DEDUP_ROUND);
    assert_int_equal(p[2].fail, FAIL_NODE);
    assert_int_equal(p[2].fail_node, 1);
    assert_int_equal(p[2].escalate, ESCALATE_ADD);
    assert_int_equal(r->nodes[2].opinion, OPINION_REFUSAL);
    assert_int_equal(p[3].rule, RULE_VOTE);
    assert_int_equal(p[3].ratio, 666); /* of three, two: see a_share_is_exact */
    assert_int_equal(p[3].quorum, 500);
    assert_true(p[3].abstain_out);
    assert_int_equal(p[3].empty, EMPTY_REJECT);
    assert_int_equal(p[3].take_back, 30 * 60 * 1000);
    assert_int_equal(p[3].added_max, 0);
    assert_int_equal(p[4].votes, 2);
    assert_int_equal(p[4].ratio, 0);
    assert_int_equal(p[4].empty, EMPTY_STOP);
    assert_int_equal(p[4].late, LATE_PASS);
    assert_int_equal(p[5].ratio, 670);
    assert_int_equal(p[5].empty, EMPTY_SUPERIOR);
    assert_int_equal(p[5].late, LATE_REJECT);
    assert_int_equal(p[5].take_back, 3 * 24 * 3600 * 1000);
    arena_end(&a);
}

/* As the machine counts: rounded up to whole members. */
static void a_share_is_exact(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct approval_node *p = &action_of(m, "ask")->route->plan.nodes[3];
    struct approval_plan plan = {.nodes = p, .n = 1, .rounds_max = 1};
    for (int members = 1; members <= 100; members++) {
        struct approval *ap = approval_new(&a, &plan, NULL, 1);
        approval_add_round(ap);
        struct approval_run *run = approval_add_run(ap);
        run->round = 1;
        for (int i = 0; i < members; i++) {
            struct approval_seat *s = approval_add_seat(ap);
            s->run = 1;
            s->weight = 1;
            s->state = SEAT_OPEN;
        }
        assert_int_equal(approval_count(ap, 1, 0, SIDE_NODE).need, (2 * members + 2) / 3);
    }
    arena_end(&a);
}

static void what_is_not_said_has_its_usual_value(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct action *move = action_of(m, "move");
    const struct route *r = move->route;
    const struct approval_node *p = r->plan.nodes;
    assert_int_equal(r->plan.rounds_max, 5);
    assert_false(r->plan.author_until_end);
    assert_int_equal(p->rule, RULE_ALL);
    assert_true(p->votes_after_removal);
    assert_false(p->hears_all || p->decides_first || p->abstain_out);
    assert_int_equal(p->self, SELF_SUPERIOR);
    assert_int_equal(p->empty, EMPTY_ADMIN);
    assert_int_equal(p->dedup, DEDUP_NONE);
    assert_int_equal(p->fail, FAIL_END);
    assert_int_equal(p->reminders, 0);
    assert_int_equal(p->escalate, ESCALATE_NOT);
    assert_int_equal(p->late, LATE_NOTHING);
    assert_int_equal(p->take_back, 0);
    assert_int_equal(p->added_max, 10);
    assert_int_equal(r->nodes[0].opinion, OPINION_MAY);
    assert_false(r->nodes[0].signature);
    assert_null(r->nodes[0].keep_out.tree);
    assert_null(r->nodes[0].when.tree);
    assert_null(r->nodes[0].term.tree);
    assert_int_equal(r->nodes[0].words.zh.len, 0);
    assert_ptr_equal(r->nodes[0].clause, move->clause);
    arena_end(&a);
}

static void what_follows_is_an_action_of_its_own(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct tdef *d = model_type(m, STR("visit"))->newest;
    for (size_t i = 0; i < d->nactions; i++) {
        assert_int_equal(d->actions[i].index, (int)i);
        assert_ptr_equal(d->actions[i].of, d);
    }
    assert_int_equal(d->nactions, 7);
    const struct action *ask = action_of(m, "ask");
    const struct action *yes = action_of(m, "ask.approved");
    const struct action *no = action_of(m, "ask.refused");
    assert_ptr_equal(ask->route->approved, yes);
    assert_ptr_equal(ask->route->refused, no);
    assert_ptr_equal(yes->after, ask);
    assert_true(yes->who.nobody && no->who.nobody);
    assert_false(yes->creates || yes->from_any);
    assert_int_equal(yes->nfrom, 1);
    assert_str(yes->from[0]->key, "asked");
    assert_str(yes->to->key, "open");
    assert_str(no->to->key, "done");
    assert_int_equal(yes->neffects, 1);
    assert_int_equal(yes->nasks, 0); /* what was asked for stands there already */
    assert_str(yes->words.zh, "申请：批准后");
    assert_str(yes->words.en, "Ask: approved");
    assert_str(no->words.zh, "没成");
    assert_str(no->words.en, "It came to nothing");
    assert_ptr_equal(yes->clause, ask->clause);
    assert_null(yes->route);
    arena_end(&a);
}

static void on_a_living_record_it_writes_what_was_asked_for(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    const struct action *finish = action_of(m, "finish");
    const struct action *over = action_of(m, "finish.approved");
    assert_int_equal(over->nasks, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_ptr_equal(over->asks[i].field, finish->asks[i].field);
        assert_int_equal(over->asks[i].required, finish->asks[i].required);
    }
    assert_true(over->from_any); /* it leads to one of two states */
    assert_int_equal(over->to_kind, TO_BACK);
    assert_null(finish->route->refused);
    assert_null(action_of(m, "finish.refused"));
    const struct action *moved = action_of(m, "move.approved");
    assert_int_equal(moved->nfrom, 2);
    assert_str(moved->from[1]->key, "open");
    assert_int_equal(moved->to_kind, TO_STAY);
    arena_end(&a);
}

static void who_approved_is_asked_of_the_votes(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    const struct model *m = build(&a, full, NULL);
    struct diags d = diags_make(&a);
    struct scope s = {.model = m,
                      .law = model_reg(m, STR("visits"))->newest,
                      .self = model_type(m, STR("visit"))->newest};
    struct pos at = {STR("-"), 1, 1};
    struct people p =
        expr_compile_people(&a, &s, STR("approvers('ask') and not creator"), at, true, &d);
    assert_int_equal(d.errors, 0);
    assert_true(p.countable);
    assert_true(p.reads.record);
    assert_int_equal(p.nalts, 1);
    assert_int_equal(p.alts[0].kind, SEE_OTHER);
    const char *const pieces[] = {"\"approval_vote\"", "\"person\" > 0", "\"principal\"",
                                  "\"voided\" = 0",    "\"state\" = 2",  "\"action\" = 'ask'"};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        assert_true(str_has(p.is_actor.text, str_from(pieces[i])));
        assert_true(str_has(p.who.text, str_from(pieces[i])));
    }
    struct cond c =
        expr_compile(&a, &s, STR("not (creator in approvers('ask'))"), at, vtype_of(V_BOOL), &d);
    assert_non_null(c.tree);
    assert_false(c.reads.typed || c.reads.kept);
    s.typed_by_person = true;
    p = expr_compile_people(&a, &s, STR("approvers('ask')"), at, false, &d);
    assert_null(p.tree);
    assert_int_equal(d.errors, 1);
    arena_end(&a);
}

/* --- differences --------------------------------------------------------------------------- */

#define ROUTE(list) HEAD "        approval: " list "\n        then_approved: {to: open}\n" TAIL
#define NODE_HOST "{who: post('host'), zh: 接待, en: Host}"
#define NODE_UNIT "{who: head_of(unit), zh: 部门, en: Unit, term: 8 workhours}"

static struct changes differ(struct arena *a, const char *one, const char *two)
{
    const struct model *m = build(a, one, two);
    const struct reg *r = model_reg(m, STR("visits"));
    struct source x = source_of(one, 1);
    struct source y = source_of(two, 2);
    struct changes c = {0};
    law_diff(a, &x, r->laws[0], &y, r->laws[1], &c);
    return c;
}

/* Exactly one, of the approval of visit.ask, in these words. */
static void assert_one(const struct changes *c, const char *zh, const char *en, const char *before,
                       const char *after)
{
    assert_int_equal(c->len, 1);
    assert_int_equal(c->ptr[0].kind, CHANGE_APPROVAL);
    assert_str(c->ptr[0].name, "visit.ask");
    assert_str(c->ptr[0].what.zh, zh);
    assert_str(c->ptr[0].what.en, en);
    assert_str(c->ptr[0].before, before);
    assert_str(c->ptr[0].after, after);
}

static void a_changed_route_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *one, *two, *zh, *en, *before, *after;
    } all[] = {
        {ROUTE("[" NODE_HOST "]"), ROUTE("[" NODE_UNIT ", " NODE_HOST "]"),
         "审批 visit.ask（第 1 个环节“部门”：新增环节）",
         "approval of visit.ask (node 1 \"Unit\": a new node)", "",
         "{who: head_of(unit), zh: 部门, en: Unit, term: 8 workhours}"},
        {ROUTE("[" NODE_UNIT ", " NODE_HOST "]"), ROUTE("[" NODE_UNIT "]"),
         "审批 visit.ask（第 2 个环节“接待”：取消环节）",
         "approval of visit.ask (node 2 \"Host\": the node is gone)",
         "{who: post('host'), zh: 接待, en: Host}", ""},
        {ROUTE("[" NODE_UNIT ", " NODE_HOST "]"), ROUTE("[" NODE_HOST ", " NODE_UNIT "]"),
         "审批 visit.ask（环节的顺序）", "approval of visit.ask (order of the nodes)",
         "1. 部门 | Unit\n2. 接待 | Host", "1. 接待 | Host\n2. 部门 | Unit"},
        {ROUTE("[" NODE_HOST "]"), ROUTE("[{who: head_of(unit), zh: 接待, en: Host}]"),
         "审批 visit.ask（第 1 个环节“接待”：由谁审批）",
         "approval of visit.ask (node 1 \"Host\": who decides)", "post('host')", "head_of(unit)"},
        {ROUTE("[{who: post('host'), when: long}]"), ROUTE("[{who: post('host')}]"),
         "审批 visit.ask（第 1 个环节：何时需要）",
         "approval of visit.ask (node 1: when it applies)", "long", ""},
        {ROUTE("[" NODE_HOST "]"), ROUTE("[{who: post('host'), zh: 接待, en: Host, rule: any}]"),
         "审批 visit.ask（第 1 个环节“接待”：表决规则）",
         "approval of visit.ask (node 1 \"Host\": how votes count)", "", "any"},
        {ROUTE("[" NODE_UNIT "]"),
         ROUTE("[{who: head_of(unit), zh: 部门, en: Unit, term: 4 workhours}]"),
         "审批 visit.ask（第 1 个环节“部门”：办理时限）",
         "approval of visit.ask (node 1 \"Unit\": term)", "8 workhours", "4 workhours"},
        {ROUTE("[" NODE_HOST "]"), ROUTE("{rounds: 2, nodes: [" NODE_HOST "]}"),
         "审批 visit.ask（提交轮数上限）", "approval of visit.ask (most rounds)", "", "2"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct arena a = arena_make(256u << 20);
        struct changes c = differ(&a, all[i].one, all[i].two);
        assert_one(&c, all[i].zh, all[i].en, all[i].before, all[i].after);
        arena_end(&a);
    }
}

static void a_route_written_another_way_is_no_change(void **state)
{
    (void)state;
    struct arena a = arena_make(256u << 20);
    struct changes c = differ(&a, ROUTE("[" NODE_HOST "]"), ROUTE("{nodes: [" NODE_HOST "]}"));
    assert_int_equal(c.len, 0);
    arena_end(&a);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void steps_of_an_approval_are_read(void **state)
{
    (void)state;
    static const char text[] =
        "- name: 审批\n"
        "  do:\n"
        "    - {as: a, approve: L, opinion: 好, signature: 甲, state: open}\n"
        "    - {as: a, reject: L, opinion: 不, refused: sign}\n"
        "    - {as: a, abstain: L}\n"
        "    - {as: a, return: L, node: 2, opinion: 重来}\n"
        "    - {as: a, return: L, node: author}\n"
        "    - {as: a, return: L, node: previous}\n"
        "    - {as: a, withdraw: L}\n"
        "    - {as: a, resubmit: L}\n"
        "    - {as: a, transfer: L, person: b}\n"
        "    - {as: a, add_before: L, people: [b, c]}\n"
        "    - {as: a, add_beside: L, people: [b]}\n"
        "    - {as: a, add_after: L, people: [c]}\n"
        "    - {as: a, take_back: L}\n"
        "    - {as: a, remove: L, person: c}\n"
        "    - {seats: L, are: [b, c]}\n"
        "    - {seats: L, are: []}\n";
    static const enum step_operation want[] = {
        STEP_APPROVE,   STEP_REJECT,     STEP_ABSTAIN,    STEP_RETURN,
        STEP_RETURN,    STEP_RETURN,     STEP_WITHDRAW,   STEP_RESUBMIT,
        STEP_TRANSFER,  STEP_ADD_BEFORE, STEP_ADD_BESIDE, STEP_ADD_AFTER,
        STEP_TAKE_BACK, STEP_REMOVE,     STEP_SEATS,      STEP_SEATS};
    enum { N = sizeof(want) / sizeof(want[0]) };
    static const size_t people[N] = {[8] = 1, [9] = 2, [10] = 1, [11] = 1, [13] = 1, [14] = 2};
    struct arena a = arena_make(16u << 20);
    struct diags d = diags_make(&a);
    struct scenarios r = steps_load(&a, str_from(text), STR("examples.yaml"), &d);
    assert_int_equal(d.errors, 0);
    assert_int_equal(r.len, 1);
    assert_int_equal(r.ptr[0].nsteps, N);
    for (size_t i = 0; i < N; i++) {
        const struct step *s = &r.ptr[0].steps[i];
        assert_int_equal(s->kind, STEP_APPROVAL);
        assert_int_equal(s->operation, want[i]);
        assert_str(s->on, "L");
        assert_int_equal(s->npeople, people[i]);
    }
    const struct step *s = r.ptr[0].steps;
    assert_str(s[0].opinion, "好");
    assert_str(s[0].signature, "甲");
    assert_str(s[0].state, "open");
    assert_str(s[1].refused, "sign");
    assert_int_equal(s[3].node, 1);
    assert_int_equal(s[4].node, TO_AUTHOR);
    assert_int_equal(s[5].node, TO_PREVIOUS);
    assert_str(s[9].people[1], "c");
    arena_end(&a);
}

static void mistakes_in_steps_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *step, *zh, *en;
        int col;
    } all[] = {
        {"- {approve: L, node: 1}", "这一步没有 node", "this step has no node", 16},
        {"- {seats: L, are: [a], opinion: x}", "这一步没有 opinion", "this step has no opinion",
         24},
        {"- {withdraw: L, signature: x}", "这一步没有 signature", "this step has no signature", 17},
        {"- {return: L}", "return 要有 node", "return needs node", 3},
        {"- {return: L, node: 0}", "node 应为环节的序号", "node is the number of a node", 21},
        {"- {return: L, node: start}", "node 应为环节的序号", "node is the number of a node", 21},
        {"- {transfer: L}", "transfer 要有 person", "transfer needs person", 3},
        {"- {transfer: L, person: [a, b]}", "transfer 的人数不对",
         "transfer names the wrong number", 3},
        {"- {add_after: L, people: []}", "add_after 的人数不对", "add_after names the wrong number",
         3},
        {"- {add_before: L, people: [{a: b}]}", "人员应写登录名",
         "people are named by their logins", 3},
        {"- {seats: L}", "seats 要有 are", "seats needs are", 3},
        {"- {perform: L.ask, opinion: x}", "这一步没有 opinion", "this step has no opinion", 20},
        {"- {approve: L, with: {a: b}}", "这一步没有 with", "this step has no with", 16},
        {"- {approve: L, reject: L}", "一步只做一件事", "a step does one thing", 16},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct arena a = arena_make(16u << 20);
        struct diags d = diags_make(&a);
        steps_load(&a, str_from(all[i].step), STR("examples.yaml"), &d);
        if (d.errors != 1 || !str_has(d.ptr[0].words.zh, str_from(all[i].zh)) ||
            !str_has(d.ptr[0].words.en, str_from(all[i].en)) || d.ptr[0].pos.col != all[i].col) {
            for (size_t k = 0; k < d.len; k++) {
                print_message("%.*s\n", STR_ARG(diag_print(&a, &d.ptr[k], LANG_EN)));
            }
            fail_msg("%s", all[i].step);
        }
        arena_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_node_has_all_it_says),
        cmocka_unit_test(the_other_nodes_have_theirs),
        cmocka_unit_test(a_share_is_exact),
        cmocka_unit_test(what_is_not_said_has_its_usual_value),
        cmocka_unit_test(what_follows_is_an_action_of_its_own),
        cmocka_unit_test(on_a_living_record_it_writes_what_was_asked_for),
        cmocka_unit_test(who_approved_is_asked_of_the_votes),
        cmocka_unit_test(a_changed_route_is_told_in_words),
        cmocka_unit_test(a_route_written_another_way_is_no_change),
        cmocka_unit_test(steps_of_an_approval_are_read),
        cmocka_unit_test(mistakes_in_steps_are_told_at_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
