/* What a reader is told of approvals: whatever he may do is done when he does it, whatever he
 * may not is refused (by chance, on many loans); contents by rounds and what they differ in;
 * what is hidden from him stays hidden. */
#include "engine/approve_view.h"

#include "votes.h"

#include <stdio.h>

static const char desk[] =
    "regulation: desk\n"
    "title: {zh: 服务台, en: Desk}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "  leader: {zh: 领导, en: Leader}\n"
    "types:\n"
    "  loan:\n"
    "    title: {zh: 借用, en: Loan}\n"
    "    name: \"{purpose}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      purpose: {type: text, max: 50, zh: 用途, en: Purpose}\n"
    "      price: {type: money, see: post('keeper'), zh: 价格, en: Price}\n"
    "      with: {type: person, zh: 同行, en: With}\n"
    "    states:\n"
    "      requested: {zh: 已申请, en: Requested}\n"
    "      approved: {zh: 已批准, en: Approved, final: true}\n"
    "      refused: {zh: 已拒绝, en: Refused, final: true}\n"
    "    actions:\n"
    "      request:\n"
    "        to: requested\n"
    "        who: everyone\n"
    "        asks: [purpose]\n"
    "        may: [price, with]\n"
    "        clause: ask\n"
    "        approval:\n"
    "          withdraw: always\n"
    "          rounds: 20\n"
    "          nodes:\n"
    "            - {who: post('keeper'), rule: all, hears_all: true, take_back: 2h, add: 30, "
    "clause: keepers, zh: 管理员, en: Keepers}\n"
    "            - {who: post('leader'), rule: order, add: 30, take_back: 2h, clause: leads}\n"
    "        then_approved: {to: approved}\n"
    "        then_refused: {to: refused}\n"
    "  quiet:\n"
    "    title: {zh: 内部, en: Quiet}\n"
    "    name: \"{what}\"\n"
    "    see: creator\n"
    "    fields: {what: {type: text, max: 20, zh: 名, en: What}}\n"
    "    states: {there: {zh: 在, en: There}}\n"
    "    actions: {enter: {to: there, who: everyone, asks: [what], clause: ask}}\n";

enum { SPARE = 400 };

struct desk {
    struct house h;
    int64_t fresh[SPARE];
    int nfresh;
    uint64_t seed;
    struct arena step; /* of what was looked at in one step */
    int done[APPROVE_OPS_LEN], refused;
};

static struct desk *open_desk(struct dbs *t)
{
    struct desk *s = arena_new(t->life, struct desk);
    s->h = house_make(t, desk);
    s->seed = 20261126;
    s->step = arena_make(64 << 20);
    struct house *h = &s->h;
    house_appoint(h, h->dan, "keeper", h->top);
    house_appoint(h, h->cat, "keeper", h->top);
    house_appoint(h, h->eve, "leader", h->top);
    house_appoint(h, h->bob, "administrator", h->top);
    return s;
}

static uint64_t chance(struct desk *s, uint64_t n)
{
    s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
    return (s->seed >> 33) % n;
}

/* Somebody who has no part in anything yet. */
static const char *somebody(struct desk *s)
{
    char name[24], north[24];
    snprintf(name, sizeof(name), "new %d", s->nfresh++);
    snprintf(north, sizeof(north), "%lld", (long long)s->h.north);
    int64_t id = house_create(&s->h, s->h.eve, "person", "full_name", name, "unit", north, NULL);
    assert_true(id);
    return house_text(&s->h, id);
}

static struct approve_view look(struct desk *s, int64_t who, int64_t loan)
{
    struct approve_views all;
    struct ctx ctx = house_ctx(&s->h, who);
    ctx.arena = &s->step;
    dbs_ok(approve_views(&ctx, house_type(&s->h, "loan"), loan, 5, NULL, &all));
    assert_int_equal(all.len, 1);
    return all.ptr[0];
}

/* One operation by its name, with everything that it could ask for. */
static err attempt(struct desk *s, int64_t who, int64_t loan, enum approve_op op_, int64_t seat,
                   const char *where)
{
    struct house *h = &s->h;
    str key = approve_op_key(op_);
    const char *action = str_fmt(h->a, "approve.%.*s%c", STR_ARG(key), 0).ptr;
    static const char *const votes[] = {"approve", "approve", "approve", "reject", "abstain"};
    const char *id = house_text(h, seat);
    const char *hash = hash_of_record(h, loan);
    switch (op_) {
    case APPROVE_VOTE:
        return op(h, who, "loan", loan, action, "why", "seat", id, "vote", votes[chance(s, 5)],
                  "hash", hash, NULL);
    case APPROVE_ADD:
        return op(h, who, "loan", loan, action, "why", "seat", id, "where", where, "rule", "all",
                  "people", somebody(s), "hash", hash, NULL);
    case APPROVE_TRANSFER:
    case APPROVE_ASK:
        return op(h, who, "loan", loan, action, "why", "seat", id, "person", somebody(s), NULL);
    case APPROVE_RETURN:
        return op(h, who, "loan", loan, action, "why", "seat", id, "node", "author", NULL);
    case APPROVE_COPY:
    case APPROVE_PLACE:
        return op(h, who, "loan", loan, action, "why", "person", somebody(s), NULL);
    case APPROVE_JUMP_ASK:
    case APPROVE_JUMP:
        return op(h, who, "loan", loan, action, "why", "node", "3", NULL);
    case APPROVE_CANCEL_ADD:
    case APPROVE_ADVISE:
    case APPROVE_ASK_END:
    case APPROVE_TAKE_BACK:
    case APPROVE_REMOVE:
    case APPROVE_URGE:
        return op(h, who, "loan", loan, action, "why", "seat", id, NULL);
    case APPROVE_WITHDRAW:
    case APPROVE_RESUBMIT:
    case APPROVE_READ:
    case APPROVE_SUSPEND:
    case APPROVE_RESUME:
    case APPROVE_END:
    case APPROVE_RETRY:
    case APPROVE_OPS_LEN:
        break;
    }
    return op(h, who, "loan", loan, action, "why", NULL);
}

struct choice {
    enum approve_op op;
    int64_t seat;
    const char *where;
    bool may;
};

static void put(struct choice *list, int *n, enum approve_op op_, int64_t seat, const char *where,
                bool may)
{
    if (*n < 400) {
        list[(*n)++] = (struct choice){op_, seat, where, may};
    }
}

/* What he may do, and what not: every operation on every seat of the newest round. */
static int choices(const struct approve_view *v, struct choice *list)
{
    int n = 0;
    const struct approve_round_view *r = &v->rounds[0];
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        enum approve_op o = (enum approve_op)i;
        bool other = o == APPROVE_READ || o == APPROVE_JUMP; /* again is no mistake; see below */
        if (!approve_op_has_seat(o) && !other) {
            put(list, &n, o, 0, "", approve_may(v->may, o));
        }
        for (int k = 0; approve_op_has_seat(o) && k < r->nruns; k++) {
            for (int m = 0; m < r->runs[k].nseats; m++) {
                const struct approve_seat_view *s = &r->runs[k].seats[m];
                if (o != APPROVE_ADD) {
                    put(list, &n, o, s->id, "", approve_may(s->may, o));
                    continue;
                }
                put(list, &n, o, s->id, "before", s->before);
                put(list, &n, o, s->id, "beside", s->beside);
                put(list, &n, o, s->id, "after", s->after);
            }
        }
    }
    return n;
}

static void try_one(struct desk *s, int64_t who, int64_t loan, const struct choice *c)
{
    err e = attempt(s, who, loan, c->op, c->seat, c->where);
    str key = approve_op_key(c->op);
    if (c->may == (e.code != ERR_NONE)) {
        fail_msg("%.*s %s by %lld on seat %lld: %s, told it %s", STR_ARG(key), c->where,
                 (long long)who, (long long)c->seat, err_name(e.code),
                 c->may ? "may be done" : "may not");
    }
    s->done[c->op] += c->may;
    s->refused += !c->may;
}

/* Who could do something: those of the house, and who sits or was asked. */
static int64_t anybody(struct desk *s, const struct approve_view *v)
{
    struct house *h = &s->h;
    const int64_t list[] = {h->amy, h->bob, h->cat, h->dan, h->eve};
    int n = v->ap->nseats;
    if (n && chance(s, 3)) {
        const struct approval_seat *x = &v->ap->seats[chance(s, (uint64_t)n)];
        return chance(s, 2) ? x->actor : x->principal;
    }
    return list[chance(s, 5)];
}

static void one_loan(struct desk *s)
{
    struct house *h = &s->h;
    int64_t loan = house_create(h, h->amy, "loan", "purpose", "trip", NULL);
    assert_true(loan);
    struct choice *list = arena_array(h->a, struct choice, 400);
    for (int step = 0; step < 60; step++) {
        arena_reset(&s->step);
        struct approve_view own = look(s, h->amy, loan);
        int64_t who = anybody(s, &own);
        struct approve_view v = look(s, who, loan);
        int n = choices(&v, list);
        int allowed = 0;
        for (int i = 0; i < n; i++) {
            allowed += list[i].may;
        }
        for (int i = 0; i < 2; i++) { /* what may not be done changes nothing */
            const struct choice *c = &list[chance(s, (uint64_t)n)];
            if (!c->may) {
                try_one(s, who, loan, c);
            }
        }
        int at = allowed ? (int)chance(s, (uint64_t)allowed) : -1;
        for (int i = 0; i < n && at >= 0; i++) {
            bool rare = (list[i].op == APPROVE_END || list[i].op == APPROVE_COPY) && chance(s, 8);
            at -= list[i].may;
            if (at < 0 && list[i].may && !rare) {
                try_one(s, who, loan, &list[i]);
            }
        }
    }
}

static void walk(struct dbs *t)
{
    struct desk *s = open_desk(t);
    for (int i = 0; i < 25; i++) {
        one_loan(s);
    }
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        str key = approve_op_key((enum approve_op)i);
        print_message("           %-12.*s %d\n", STR_ARG(key), s->done[i]);
        bool never = i == APPROVE_READ || i == APPROVE_JUMP || i == APPROVE_PLACE ||
                     i == APPROVE_RETRY; /* nothing here comes to a stand or is refused after all */
        assert_true(never || s->done[i] > 0);
    }
    arena_end(&s->step);
    print_message("           refused as told: %d\n", s->refused);
    assert_true(s->refused > 300);
}

static void what_one_may_do_is_what_is_done(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, walk);
}

/* --- contents -----------------------------------------------------------------------------------
 */

static const struct approve_field_view *field(const struct approve_round_view *r, const char *key)
{
    for (int i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, str_from(key))) {
            return &r->fields[i];
        }
    }
    return NULL;
}

static void contents(struct dbs *t)
{
    struct desk *s = open_desk(t);
    struct house *h = &s->h;
    int64_t loan =
        house_create(h, h->amy, "loan", "purpose", "trip", "price", "12.50", "with", "bob", NULL);
    assert_true(loan);
    assert_false(op(h, h->amy, "loan", loan, "approve.withdraw", "", NULL).code);
    assert_false(op(h, h->amy, "loan", loan, "approve.resubmit", "", "purpose", "far trip", "price",
                    "12.50", "with", "cat", NULL)
                     .code);
    struct approve_view v = look(s, h->dan, loan); /* a keeper sees the price */
    assert_int_equal(v.nrounds, 2);
    assert_int_equal(v.rounds[0].round->no, 2);
    assert_true(str_eq(field(&v.rounds[1], "purpose")->shown, STR("trip")));
    assert_true(str_eq(field(&v.rounds[0], "price")->shown, STR("12.50")));
    assert_false(v.rounds[0].withheld);
    int n;
    struct ctx ctx = house_ctx(h, h->dan);
    const struct approve_difference *d = approve_differences(&ctx, &v.rounds[1], &v.rounds[0], &n);
    assert_int_equal(n, 2);
    assert_true(str_eq(d[0].before, STR("trip")) && str_eq(d[0].after, STR("far trip")));
    assert_true(str_eq(d[1].before, STR("bob")) && str_eq(d[1].after, STR("cat")));
    v = look(s, h->amy, loan); /* others do not, and are told that there is more */
    assert_null(field(&v.rounds[0], "price"));
    assert_true(v.rounds[0].withheld);
    assert_true(v.own == NULL && v.may);
    v = look(s, h->cat, loan);
    assert_non_null(v.own);
    assert_int_equal(v.own->seat->actor, h->cat);
    assert_true(v.at && v.at->node->clause && str_eq(v.at->node->clause->id, STR("keepers")));
    arena_end(&s->step);
}

static void contents_stand_by_rounds_without_what_is_hidden(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, contents);
}

static void others(struct dbs *t)
{
    struct desk *s = open_desk(t);
    struct house *h = &s->h;
    struct approve_views all;
    int64_t quiet = house_create(h, h->amy, "quiet", "what", "mine", NULL);
    struct ctx amy = house_ctx(h, h->amy);
    struct ctx bob = house_ctx(h, h->bob);
    const struct type *t_ = house_type(h, "quiet");
    assert_false(approve_of_type(t_));
    assert_true(approve_of_type(house_type(h, "loan")));
    dbs_ok(approve_views(&amy, t_, quiet, 5, NULL, &all));
    assert_int_equal(all.len, 0);
    assert_int_equal(approve_views(&bob, t_, quiet, 5, NULL, &all).code, ERR_NOT_FOUND);
    assert_int_equal(approve_views(&amy, t_, quiet + 1, 5, NULL, &all).code, ERR_NOT_FOUND);
}

static void a_record_that_may_not_be_seen_has_none(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_may_do_is_what_is_done),
        cmocka_unit_test(contents_stand_by_rounds_without_what_is_hidden),
        cmocka_unit_test(a_record_that_may_not_be_seen_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
