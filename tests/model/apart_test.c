/* Duties in different hands, as they are read: needs, seats kept free, rules of the
 * register of posts; which versions count; what a difference says. */
#include "base/arena.h"
#include "base/buf.h"
#include "model/diff.h"
#include "model/load.h"

#include "support/test.h"

#include <string.h>

static const char text_zh[] = "---\ntitle: 借书\n---\n# 借书\n\n### 第一条 借书 {#lend}\n借书。\n\n"
                              "### 第二条 分工 {#duties}\n分工。\n";
static const char text_en[] = "---\ntitle: Books\n---\n# Books\n\n### Article 1 Lending {#lend}\n"
                              "Lend.\n\n### Article 2 Duties {#duties}\nApart.\n";

#define HEAD                                                                                       \
    "regulation: books\n"                                                                          \
    "title: {zh: 借书, en: Books}\n"                                                             \
    "owner: host\n"                                                                                \
    "uses: [organisation]\n"                                                                       \
    "posts:\n"                                                                                     \
    "  host: {zh: 馆员, en: Librarian}\n"                                                        \
    "settings:\n"                                                                                  \
    "  post.host: {type: text, default: equipment_keeper, zh: 馆员由谁, en: Who}\n"            \
    "types:\n"                                                                                     \
    "  book:\n"                                                                                    \
    "    title: {zh: 借书, en: Book}\n"                                                          \
    "    name: \"{what}\"\n"                                                                       \
    "    see: everyone\n"                                                                          \
    "    fields:\n"                                                                                \
    "      what: {type: text, max: 40, zh: 书, en: Book}\n"                                       \
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"                        \
    "    states:\n"                                                                                \
    "      asked: {zh: 已申请, en: Asked}\n"                                                    \
    "      out: {zh: 借出, en: Out}\n"                                                           \
    "      home: {zh: 归还, en: Home, final: true}\n"                                            \
    "    actions:\n"                                                                               \
    "      ask: {to: asked, who: everyone, asks: [what], approval: [{who: head_of(unit), not: "    \
    "post('host')}, {who: role('auditor')}], then_approved: {to: out}, then_refused: {to: home}, " \
    "clause: lend, zh: 申请, en: Ask}\n"                                                         \
    "      give: {from: out, who: everyone, needs: what != null, clause: lend, zh: 发书, en: "   \
    "Give}\n"                                                                                      \
    "      keep: {from: out, who: everyone, clause: lend, zh: 续借, en: Keep}\n"                 \
    "      take: {from: out, to: home, who: everyone, clause: duties, zh: 收书, en: Take}\n"

#define ACTS "  - {of: book, acts: [ask, ask.approval, give, take], clause: duties}\n"
#define POSTS \
    "  - {posts: [host, auditor], per: unit, clause: duties, zh: 不得兼任, en: Not both}\n"

static const char full[] = HEAD "apart:\n" ACTS POSTS;
static const char acts[] = HEAD "apart:\n" ACTS;
static const char posts[] = HEAD "apart:\n" POSTS;
static const char plain[] = HEAD;

static struct source source_of(const char *definition, int version)
{
    return (struct source){.name = STR("books"),
                           .folder = STR("books"),
                           .definition = str_from(definition),
                           .text_zh = str_from(text_zh),
                           .text_en = str_from(text_en),
                           .version = version,
                           .epoch = version};
}

/* The organisation and one or two versions. */
static struct model *build(struct arena *a, const char *one, const char *two)
{
    struct source all[3];
    size_t n = 2;
    struct diags d = diags_make(a);
    assert_int_equal(
        load_one(a, NULL, STR("regulations/organisation"), STR("organisation"), &all[0]).code,
        ERR_NONE);
    all[0].version = 1;
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

static const struct action *action_of(const struct model *m, int version, const char *key)
{
    const struct action *x =
        tdef_action(type_at(model_type(m, STR("book")), version), str_from(key));
    assert_non_null(x);
    return x;
}

/* The need of an action that names this. */
static const struct need *need_with(const struct action *x, const char *zh)
{
    for (size_t i = 0; i < x->nneeds; i++) {
        if (str_has(x->needs[i].check.words.zh, str_from(zh))) {
            return &x->needs[i];
        }
    }
    return NULL;
}

static size_t rules_of_post(const struct model *m, const char *clause)
{
    size_t n = 0;
    for (size_t i = 0; i < m->post->newest->nrules; i++) {
        const struct cond *c = &m->post->newest->rules[i].check;
        n += str_eq(c->clause->id, str_from(clause)) &&
             str_eq(c->clause->law->reg->key, STR("books"));
    }
    return n;
}

static void acts_become_needs(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    const struct model *m = build(&a, full, NULL);
    const struct action *give = action_of(m, 1, "give");
    assert_int_equal(give->nneeds, 4); /* its own first */
    assert_false(give->needs[0].apart);
    const struct need *by = need_with(give, "您已办理“申请”，同一人不得再办理“发书”");
    const struct need *seated = need_with(give, "您参加了“申请”的审批，同一人不得再办理“发书”");
    const struct need *take = need_with(give, "您已办理“收书”");
    assert_true(by && seated && take && by->apart && by->when == NEED_BEFORE);
    assert_true(str_eq(by->check.clause->id, STR("duties")));
    assert_true(
        str_eq(by->check.words.en,
               STR("You did \"Ask\"; the same person does not do \"Give\", somebody else does")));
    assert_true(str_eq(seated->check.text, STR("not (actor in seated('ask'))")));
    assert_int_equal(action_of(m, 1, "take")->nneeds, 3);
    assert_int_equal(action_of(m, 1, "keep")->nneeds, 0); /* not one of them */
    assert_int_equal(action_of(m, 1, "ask")->nneeds, 0);  /* there is no record yet */
    assert_int_equal(action_of(m, 1, "ask.approved")->nneeds, 0);
    assert_int_equal(action_of(m, 1, "ask.refused")->nneeds, 0);
    arena_end(&a);
}

static void and_keep_seats_free(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    const struct route *r = action_of(build(&a, full, NULL), 1, "ask")->route;
    assert_true(
        str_eq(r->nodes[0].keep_out.text, STR("(post('host')) or by('give') or by('take')")));
    assert_true(str_eq(r->nodes[1].keep_out.text, STR("by('give') or by('take')")));
    assert_int_equal(r->nbars, 2);
    assert_true(
        str_eq(r->bars[0].words.zh, STR("此人已办理“发书”，同一人不得再审批“申请”，请由他人办理")));
    assert_true(
        str_eq(r->bars[1].words.en, STR("This person did \"Take\"; the same person does not "
                                        "decide on \"Ask\", somebody else does")));
    assert_true(str_eq(r->bars[0].clause->id, STR("duties")));
    /* the same actions without it */
    r = action_of(build(&a, plain, NULL), 1, "ask")->route;
    assert_true(str_eq(r->nodes[0].keep_out.text, STR("post('host')")));
    assert_int_equal(r->nbars, 0);
    arena_end(&a);
}

static void posts_become_a_rule(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    const struct model *m = build(&a, full, NULL);
    const struct law *law = model_reg(m, STR("books"))->newest;
    const struct rule *r = &m->post->newest->rules[m->post->newest->nrules - 1];
    assert_int_equal(rules_of_post(m, "duties"), 1);
    assert_true(str_eq(r->check.words.zh, STR("不得兼任")));
    assert_true(str_has(r->check.text, STR("['equipment_keeper', 'auditor']")));
    assert_true(str_has(r->check.text, STR("under(unit)")));
    assert_true(str_has(r->check.when->text, STR("'in_force'")) &&
                str_has(r->check.when->text, STR("'proposed'")) &&
                !str_has(r->check.when->text, STR("'ended'")));
    assert_ptr_equal(r->check.other->type.type, m->post);
    /* what is told of it */
    assert_int_equal(law->naparts, 2);
    assert_true(str_eq(law->aparts[0].words.zh,
                       STR("“申请”、“申请”的审批、“发书”、“收书”须由不同的人办理")));
    assert_true(
        str_eq(law->aparts[0].words.en, STR("\"Ask\", the approval of \"Ask\", \"Give\" and "
                                            "\"Take\" are for different people")));
    assert_true(law->aparts[0].of && !law->aparts[1].of);
    arena_end(&a);
}

static void the_newest_version_counts_for_posts(void **state)
{
    (void)state;
    struct arena a = arena_make(128 << 20);
    const struct model *m = build(&a, full, full);
    assert_int_equal(rules_of_post(m, "duties"), 1);
    m = build(&a, full, acts);
    assert_int_equal(rules_of_post(m, "duties"), 0);
    /* an action is its own version's */
    m = build(&a, full, posts);
    assert_int_equal(action_of(m, 1, "give")->nneeds, 4);
    assert_int_equal(action_of(m, 2, "give")->nneeds, 1);
    assert_int_equal(action_of(m, 1, "ask")->route->nbars, 2);
    assert_int_equal(action_of(m, 2, "ask")->route->nbars, 0);
    arena_end(&a);
}

static struct changes changes_of(struct arena *a, const char *before, const char *next)
{
    const struct reg *r = model_reg(build(a, before, next), STR("books"));
    struct source x = source_of(before, 1);
    struct source y = source_of(next, 2);
    struct changes c = {0};
    law_diff(a, &x, r->laws[0], &y, r->laws[1], &c);
    return c;
}

static void a_difference_says_so(void **state)
{
    (void)state;
    struct arena a = arena_make(128 << 20);
    assert_int_equal(changes_of(&a, full, full).len, 0);
    struct changes c = changes_of(&a, acts, full);
    assert_int_equal(c.len, 1);
    assert_int_equal(c.ptr[0].kind, CHANGE_RULE);
    assert_true(str_eq(c.ptr[0].name, STR("apart")));
    assert_int_equal(c.ptr[0].before.len, 0);
    assert_true(str_has(c.ptr[0].after, STR("[host, auditor]")));
    c = changes_of(&a, full, posts);
    assert_int_equal(c.len, 1);
    assert_true(str_has(c.ptr[0].before, STR("ask.approval")) && !c.ptr[0].after.len);
    arena_end(&a);
}

/* Two things for whoever heads one unit can be walked where it has two heads: it loads, and
 * whoever writes it is told. */
static void one_head_is_warned_of(void **state)
{
    (void)state;
    struct arena a = arena_make(64 << 20);
    str rest = str_from(acts);
    struct buf b = buf_make(&a, 100000);
    int n = 0;
    for (const char *who = "who: everyone"; n < 4; n++) { /* ask, give, keep, take */
        size_t upto = (size_t)(strstr(rest.ptr, who) - rest.ptr);
        buf_put(&b, str_from_n(rest.ptr, upto));
        buf_put(&b, n == 1 || n == 3 ? STR("who: head_of(unit)") : STR("who: everyone"));
        rest = str_from(rest.ptr + upto + strlen(who));
    }
    buf_put(&b, rest);
    struct source all[2];
    struct diags d = diags_make(&a);
    assert_int_equal(
        load_one(&a, NULL, STR("regulations/organisation"), STR("organisation"), &all[0]).code,
        ERR_NONE);
    all[0].version = 1;
    all[0].epoch = 1;
    all[1] = source_of(str_fmt(&a, "%.*s%c", STR_ARG(buf_str(&b)), 0).ptr, 1);
    assert_non_null(model_build(&a, &(struct sources){.ptr = all, .len = 2}, &d));
    bool told = false;
    for (size_t i = 0; i < d.len; i++) {
        told = told || (d.ptr[i].warning &&
                        str_has(d.ptr[i].words.zh, STR("“give”和“take”都由 head_of(unit) 办理")) &&
                        str_has(d.ptr[i].words.en, STR("where there is only one")));
    }
    assert_true(told);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_become_needs),
        cmocka_unit_test(and_keep_seats_free),
        cmocka_unit_test(posts_become_a_rule),
        cmocka_unit_test(the_newest_version_counts_for_posts),
        cmocka_unit_test(a_difference_says_so),
        cmocka_unit_test(one_head_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
