#include "model/load_int.h"

/* Approvals: the nodes of a route, and the actions that follow its end. */

enum {
    NODES_MAX = 40,
    ROUNDS_MAX = 20,
    ROUNDS = 5,
    ADDED_MAX = 100,
    ADDED = 10,
    REMINDERS_MAX = 20,
    SHARE_ONE = 1000
};
#define TAKE_BACK_MAX (INT64_C(366) * 24 * 3600 * 1000)

/* --- what follows, by name ------------------------------------------------------------ */

/* It begins where the asking leaves the record. */
static void follow_from(struct load *l, struct action *x, const struct action *of)
{
    if (of->to_kind == TO_STATE && of->to) {
        const struct state **from = arena_array(l->a, const struct state *, 1);
        from[0] = of->to;
        x->from = from;
        x->nfrom = 1;
    } else if (of->to_kind == TO_STAY && !of->creates) {
        x->from = of->from;
        x->nfrom = of->nfrom;
        x->from_any = of->from_any;
    } else {
        x->from_any = true;
    }
}

static const struct action *follow_declare(struct load *l, struct tsrc *t, const struct action *of,
                                           const char *key, bool approved)
{
    struct tdef *d = t->def;
    const struct ypair *p = yaml_pair(t->action_nodes[of->index], str_from(key));
    str k = str_from(key);
    if (!p || !keys_check(l, p->value, KEYS_THEN, "", (struct words){k, k})) {
        return NULL;
    }
    struct action *x = &d->actions[d->nactions];
    t->action_nodes[d->nactions] = p->value;
    *x = (struct action){
        .key = str_fmt(l->a, "%.*s.%s", STR_ARG(of->key), approved ? "approved" : "refused"),
        .words = {str_fmt(l->a, "%.*s：%s", STR_ARG(of->words.zh),
                          approved ? "批准后" : "未获批准"),
                  str_fmt(l->a, "%.*s: %s", STR_ARG(of->words.en),
                          approved ? "approved" : "refused")},
        .of = d,
        .index = (int)d->nactions,
        .clause = of->clause,
        .after = of,
        .pos = p->pos};
    d->nactions++;
    if (yaml_get(p->value, STR("zh")) || yaml_get(p->value, STR("en"))) {
        x->words = key_words(l, t->src, p->value, x->words.zh);
    }
    follow_from(l, x, of);
    to_read(l, d, x, p->value);
    return x;
}

void route_declare(struct load *l, struct tsrc *t, size_t i)
{
    static const char *const follows[] = {"then_approved", "then_refused"};
    struct action *x = &t->def->actions[i];
    const struct ynode *node = t->action_nodes[i];
    const struct ypair *p = yaml_pair(node, STR("approval"));
    if (p) {
        struct route *r = arena_new(l->a, struct route);
        *r = (struct route){.pos = p->pos};
        x->route = t->routes[i] = r;
        r->approved = follow_declare(l, t, x, follows[0], true);
        r->refused = follow_declare(l, t, x, follows[1], false);
        return;
    }
    for (size_t k = 0; k < 2; k++) {
        p = yaml_pair(node, str_from(follows[k]));
        if (p) {
            diag_error(l->d, p->pos, "%s 与 approval 连用，操作“%.*s”没有 approval",
                       "%s goes with approval, which action \"%.*s\" has not", follows[k],
                       STR_ARG(x->key));
        }
    }
}

/* --- small values ------------------------------------------------------------------------- */

struct node_reader {
    struct load *l;
    struct lsrc *s;
    struct scope sc;
    const struct action *x;
    const struct ynode *map;
    int at; /* its place among the nodes, from 0 */
    int of; /* how many there are */
    struct approval_node *plan;
    struct route_node *node;
};

static const struct ynode *value_at(const struct node_reader *r, const char *key)
{
    return yaml_get(r->map, str_from(key));
}

static bool has(const struct node_reader *r, const char *key)
{
    return value_at(r, key) != NULL;
}

/* The place of the word at `key` among `words`; -1: absent, or a mistake. */
static int one_of(struct load *l, const struct ynode *map, const char *key, const char *words)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    int i = 0;
    for (str rest = str_from(words); n && rest.ptr; i++) {
        if (n->kind == Y_TEXT && str_eq(str_cut(rest, ' ', &rest), n->text)) {
            return i;
        }
        if (n->kind != Y_TEXT) {
            break;
        }
    }
    if (n) {
        diag_error(l->d, n->pos, "%s 只能是下列之一：%s", "%s is one of: %s", key, words);
    }
    return -1;
}

static int one_of_or(struct load *l, const struct ynode *map, const char *key, const char *words,
                     int otherwise)
{
    int i = one_of(l, map, key, words);
    return i < 0 ? otherwise : i;
}

static int whole(struct load *l, const struct ynode *map, const char *key, int least, int most,
                 int otherwise)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    int64_t v = 0;
    if (!n) {
        return otherwise;
    }
    if (n->kind != Y_TEXT || !str_to_i64(n->text, &v) || v < least || v > most) {
        diag_error(l->d, n->pos, "%s 应为 %d 至 %d 的整数", "%s is a whole number from %d to %d",
                   key, least, most);
        return otherwise;
    }
    return (int)v;
}

/* "2/3" or "67%", in thousandths; 0: absent, or a mistake.  Rounded down, because what is
 * needed is rounded up when it is counted: 667 of three members would be all three, 666 are
 * two.  So a share is exact in every committee of a hundred and more. */
static int share(struct node_reader *r, const char *key)
{
    const struct ynode *n = value_at(r, key);
    int64_t part = 0;
    int64_t all = 100;
    if (!n) {
        return 0;
    }
    str below = {0};
    str text = n->kind == Y_TEXT ? n->text : (str){0};
    bool percent = str_ends(text, STR("%"));
    text.len -= percent ? 1 : 0;
    str above = percent ? text : str_cut(text, '/', &below);
    bool ok = str_to_i64(above, &part) && (percent || (below.ptr && str_to_i64(below, &all)));
    if (!ok || all < 1 || all > SHARE_ONE || part < 1 || part > all) {
        diag_error(r->l->d, n->pos, "%s 应为分数或整数百分比，如 2/3、67%%",
                   "%s is a fraction or a whole percentage, as 2/3 or 67%%", key);
        return 0;
    }
    return (int)(part * SHARE_ONE / all);
}

static void goes_with(struct node_reader *r, const char *key, bool ok, struct words with)
{
    if (has(r, key) && !ok) {
        diag_error(r->l->d, yaml_pair(r->map, str_from(key))->pos, "%s 与 %s%.0s 连用",
                   "%s goes with %.0s%s", key, with.zh.ptr, with.en.ptr);
    }
}

/* --- people and lengths ----------------------------------------------------------------------- */

/* Those who are meant, one by one: not everybody, nobody or the system. */
static struct people persons(struct node_reader *r, const char *key)
{
    const struct ynode *n = value_at(r, key);
    if (!n) {
        return (struct people){0};
    }
    struct people p = people_read(r->l, &r->sc, n, false);
    people_countable(r->l, &p, n->pos);
    if (p.tree && p.countable && (p.nobody || p.may_auto)) {
        diag_error(r->l->d, n->pos, "%s 应是人：nobody 和 auto 不能审批，也收不到抄送",
                   "%s names people: nobody and auto neither decide nor read", key);
    }
    p.rank = expr_people_rank(r->l->a, &r->sc, &p);
    return p;
}

static struct people keep_out(struct node_reader *r)
{
    const struct ynode *n = value_at(r, "not");
    if (!n) {
        return (struct people){0};
    }
    struct people p = people_read(r->l, &r->sc, n, false);
    if (p.tree && (p.everyone || !p.is_actor.text.len)) {
        diag_error(r->l->d, n->pos, "not 应是不能担任审批人的人，不能是 everyone、nobody 或 auto",
                   "not names those who may not sit here, neither everyone nor nobody nor auto");
    } else if (p.tree && str_eq(str_trim(p.text), STR("actor"))) {
        diag_error(r->l->d, n->pos, "申请人能否审批由 self 决定，not 不必写 actor",
                   "whether who asks may sit here is said by self; not does not name actor");
    }
    return p;
}

static struct cond hours(struct node_reader *r, const char *key)
{
    const struct ynode *n = value_at(r, key);
    if (!n) {
        return (struct cond){0};
    }
    struct cond c = cond_read(r->l, &r->sc, n, vtype_of(V_NULL));
    int64_t v = 1;
    bool known = c.tree && expr_literal(c.text, V_WORKHOURS, &v, NULL);
    if (c.tree &&
        (c.type.kind != V_WORKHOURS || str_starts(c.text, STR("-")) || (known && v <= 0))) {
        diag_error(r->l->d, n->pos, "%s 应是一段工作时间，如 16 workhours",
                   "%s is a length in working hours, as 16 workhours", key);
    }
    return c;
}

/* --- one node -------------------------------------------------------------------------------- */

static void count_read(struct node_reader *r)
{
    struct load *l = r->l;
    struct approval_node *p = r->plan;
    p->rule = (enum approval_rule)one_of_or(l, r->map, "rule", "all any order vote", RULE_ALL);
    bool vote = p->rule == RULE_VOTE;
    bool known = !has(r, "rule") || p->rule != RULE_ALL ||
                 str_eq(value_at(r, "rule")->text, STR("all")); /* else said already */
    p->ratio = share(r, "ratio");
    p->votes = whole(l, r->map, "votes", 1, APPROVAL_SEATS, 0);
    p->quorum = share(r, "quorum");
    p->decides_first = key_bool(l, r->map, "first");
    p->hears_all = key_bool(l, r->map, "hears_all");
    p->abstain_out = one_of(l, r->map, "abstentions", "in out") == 1;
    p->votes_after_removal = one_of(l, r->map, "removal", "vote passes") != 1;
    static const char *const of_vote[] = {"ratio", "votes", "quorum"};
    for (size_t i = 0; i < sizeof of_vote / sizeof of_vote[0]; i++) {
        goes_with(r, of_vote[i], vote || !known, WORDS("rule: vote", "rule: vote"));
    }
    if (vote && has(r, "ratio") == has(r, "votes")) {
        diag_error(l->d, key_pos(r->map, "rule"),
                   "rule: vote 要有 ratio（比例）或 votes（票数）之一",
                   "rule: vote has ratio (a share) or votes (a number), one of them");
    }
    goes_with(r, "first", p->rule == RULE_ANY || !known, WORDS("rule: any", "rule: any"));
    if (p->decides_first && p->hears_all) {
        diag_error(l->d, key_pos(r->map, "hears_all"), "first 与 hears_all 不能同时为 true",
                   "first and hears_all exclude each other");
    }
}

static void fail_read(struct node_reader *r)
{
    const struct ynode *n = value_at(r, "fail");
    int64_t to = 0;
    if (!n || n->kind != Y_TEXT || !str_to_i64(n->text, &to)) {
        r->plan->fail =
            (enum approval_fail)one_of_or(r->l, r->map, "fail", "end previous author", FAIL_END);
        return;
    }
    if (to < 1 || to > r->at) {
        diag_error(r->l->d, n->pos, "fail 只能退到更早的环节（从 1 起），此处为第 %d 个",
                   "fail goes back to an earlier node (from 1), and this is number %d", r->at + 1);
        return;
    }
    r->plan->fail = FAIL_NODE;
    r->plan->fail_node = (int)to - 1;
}

static void seats_read(struct node_reader *r)
{
    struct load *l = r->l;
    struct approval_node *p = r->plan;
    p->self = (enum approval_self)one_of_or(l, r->map, "self", "superior skip may", SELF_SUPERIOR);
    p->empty = (enum approval_empty)one_of_or(
        l, r->map, "empty", "admin substitute superior reject stop pass", EMPTY_ADMIN);
    p->dedup =
        (enum approval_dedup)one_of_or(l, r->map, "dedup", "none adjacent round", DEDUP_NONE);
    p->added_max = whole(l, r->map, "add", 0, ADDED_MAX, ADDED);
    goes_with(r, "substitute", p->empty == EMPTY_SUBSTITUTE,
              WORDS("empty: substitute", "empty: substitute"));
    if (p->empty == EMPTY_SUBSTITUTE && !has(r, "substitute")) {
        diag_error(l->d, key_pos(r->map, "empty"), "empty: substitute 要有 substitute：由谁代替？",
                   "empty: substitute needs substitute: who instead?");
    }
    if (p->dedup != DEDUP_NONE && r->at + 1 == r->of) {
        diag_error(l->d, key_pos(r->map, "dedup"),
                   "最后一个环节须亲自表态，不能沿用先前的同意（dedup）",
                   "the last node decides for itself: no earlier vote counts there (dedup)");
    }
}

static void time_read(struct node_reader *r)
{
    struct load *l = r->l;
    struct approval_node *p = r->plan;
    r->node->term = hours(r, "term");
    r->node->remind = hours(r, "remind");
    p->reminders = whole(l, r->map, "reminders", 1, REMINDERS_MAX, has(r, "remind") ? 1 : 0);
    p->escalate = (enum approval_escalate)(one_of(l, r->map, "escalate", "add transfer") + 1);
    p->late = (enum approval_late)(one_of(l, r->map, "late", "reject pass end") + 1);
    static const char *const of_term[] = {"remind", "escalate", "late"};
    for (size_t i = 0; i < sizeof of_term / sizeof of_term[0]; i++) {
        goes_with(r, of_term[i], has(r, "term"), WORDS("term", "term"));
    }
    goes_with(r, "reminders", has(r, "remind"), WORDS("remind", "remind"));
    const struct ynode *back = value_at(r, "take_back");
    if (back &&
        (back->kind != Y_TEXT || !expr_literal(back->text, V_DURATION, &p->take_back, NULL) ||
         p->take_back <= 0 || p->take_back > TAKE_BACK_MAX)) {
        diag_error(l->d, back->pos, "take_back 应是一段时间，如 2h、30m，最长 366 天",
                   "take_back is a length of time, as 2h or 30m, at most 366 days");
        p->take_back = 0;
    }
}

static void who_read(struct node_reader *r)
{
    struct load *l = r->l;
    const struct ynode *when = value_at(r, "when");
    r->node->who = persons(r, "who");
    r->node->keep_out = keep_out(r);
    r->node->substitute = persons(r, "substitute");
    r->node->copy = persons(r, "copy");
    if (when) {
        r->node->when = truth_read(l, &r->sc, when);
    }
    str who = str_trim(r->node->who.text);
    struct pos at = key_pos(r->map, "who");
    if (!has(r, "who")) {
        diag_error(l->d, r->map->pos, "环节缺少 who：由谁审批？", "a node needs who: who decides?");
    } else if (expr_people_within(&r->sc, &r->node->who, &r->node->keep_out, false)) {
        diag_error(l->d, at, "not 排除了 who 的所有人，这个环节永远无人可审批",
                   "not keeps out everybody whom who names: nobody could ever sit here");
    } else if ((str_eq(who, STR("creator")) || str_eq(who, STR("actor"))) &&
               r->plan->self != SELF_MAY) {
        diag_error(l->d, at, "这个环节只能由申请人自己走完；若是本意，请写 self: may",
                   "this node can only be walked by its author; if that is meant, write self: may");
    }
}

static void node_read(struct node_reader *r)
{
    struct load *l = r->l;
    r->node->pos = r->map->pos;
    r->node->clause = r->x->clause;
    if (!keys_check(l, r->map, KEYS_NODE, "", WORDS("审批环节", "a node"))) {
        return;
    }
    if (has(r, "clause")) {
        r->node->clause = key_clause(l, r->s, r->map);
    }
    if (has(r, "zh") || has(r, "en")) {
        r->node->words = key_words(l, r->s, r->map, (str){0});
    }
    count_read(r);
    fail_read(r);
    seats_read(r);
    time_read(r);
    who_read(r);
    r->node->opinion =
        (enum opinion)one_of_or(l, r->map, "opinion", "may refusal must", OPINION_MAY);
    r->node->signature = key_bool(l, r->map, "signature");
}

/* --- the route ------------------------------------------------------------------------------ */

/* Does everybody whom this node names decide in it, whenever the route is walked? */
static bool seats_all(const struct route_node *n, const struct approval_node *p)
{
    return !n->when.tree && !n->keep_out.tree && (p->rule == RULE_ALL || p->rule == RULE_ORDER);
}

/* A node that keeps out who sits in this approval, for the people of an earlier one. */
static void again_check(struct load *l, struct tsrc *t, const struct action *x,
                        const struct route *r)
{
    struct scope sc = scope_of(l, t->def);
    str text = str_fmt(l->a, "seated('%.*s')", STR_ARG(x->key));
    struct people seated = {0};
    for (int k = 1; k < r->plan.n; k++) {
        const struct route_node *n = &r->nodes[k];
        if (n->keep_out.tree && !seated.tree) {
            seated = expr_compile_people(l->a, &sc, text, n->pos, false, l->d);
        }
        if (!expr_people_within(&sc, &seated, &n->keep_out, false)) {
            continue;
        }
        for (int j = 0; j < k; j++) {
            bool author = r->plan.nodes[k].self == SELF_MAY && r->plan.nodes[j].self != SELF_MAY;
            if (!author && seats_all(&r->nodes[j], &r->plan.nodes[j]) &&
                expr_people_within(&sc, &n->who, &r->nodes[j].who, true)) {
                diag_error(l->d, n->who.pos,
                           "第 %d 环节的人都已在第 %d 环节审批，而 not "
                           "排除了参加过审批的人，永远无人可审批",
                           "everybody whom node %d names decides in node %d already, and not keeps "
                           "out who took part: nobody could ever sit here",
                           k + 1, j + 1);
                break;
            }
        }
    }
}

static const struct ynode *nodes_of(struct load *l, struct route *r, const struct ynode *n)
{
    r->plan.rounds_max = ROUNDS;
    if (n->kind != Y_MAP) {
        return n;
    }
    keys_check(l, n, KEYS_ROUTE, "", WORDS("approval", "approval"));
    r->plan.rounds_max = whole(l, n, "rounds", 1, ROUNDS_MAX, ROUNDS);
    r->plan.author_until_end = one_of(l, n, "withdraw", "first always") == 1;
    return yaml_get(n, STR("nodes"));
}

/* Values that wait are written by what follows, or never. */
static void written_check(struct load *l, const struct action *x, const struct route *r)
{
    if (!x->creates && x->nasks && !r->approved) {
        diag_error(l->d, r->pos,
                   "操作“%.*s”所填的内容批准后无处写入；请写 then_approved（没有别的结果时写 {}）",
                   "what action \"%.*s\" asks for would never be written; add then_approved ({} "
                   "where nothing else follows)",
                   STR_ARG(x->key));
    }
}

static void route_body(struct load *l, struct tsrc *t, const struct action *x, struct route *r)
{
    const struct ynode *approval = yaml_get(t->action_nodes[x->index], STR("approval"));
    const struct ynode *list = nodes_of(l, r, approval);
    if (x->who.nobody || x->who.may_auto) {
        diag_error(l->d, r->pos,
                   "操作“%.*s”由系统触发（nobody、auto），而结果不能等人：不能有 approval",
                   "action \"%.*s\" is the system's (nobody, auto), and an effect cannot wait for "
                   "people: it has no approval",
                   STR_ARG(x->key));
    }
    written_check(l, x, r);
    if (!list || list->kind != Y_LIST || list->len < 1 || list->len > NODES_MAX) {
        diag_error(l->d, list ? list->pos : approval->pos, "approval 应有 1 至 %d 个环节的列表",
                   "approval takes a list of 1 to %d nodes", NODES_MAX);
        return;
    }
    struct approval_node *plan = arena_array(l->a, struct approval_node, list->len);
    struct route_node *nodes = arena_array(l->a, struct route_node, list->len);
    for (size_t i = 0; i < list->len; i++) {
        struct node_reader n = {.l = l,
                                .s = t->src,
                                .sc = scope_of(l, t->def),
                                .x = x,
                                .map = list->items[i],
                                .at = (int)i,
                                .of = (int)list->len,
                                .plan = &plan[i],
                                .node = &nodes[i]};
        node_read(&n);
    }
    r->plan.nodes = plan;
    r->plan.n = (int)list->len;
    r->nodes = nodes;
    again_check(l, t, x, r);
}

void routes_body(struct load *l, struct tsrc *t)
{
    for (size_t i = 0; i < t->def->nactions; i++) {
        if (t->routes[i]) {
            route_body(l, t, &t->def->actions[i], t->routes[i]);
        }
    }
}
