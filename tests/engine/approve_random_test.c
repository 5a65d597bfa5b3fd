/* Random operations by random people on approvals of random routes, through the door and
 * on the databases: after each the invariants hold on what is stored, what was refused
 * changed nothing, and every approval comes to an end; what was approved is revoked at
 * random, at once or by an approval of its own.  ZHIDU_APPROVAL_ACTS sets how many
 * operations are tried (usual: 800 on each database); the many are tried in memory.  Then
 * two processes on one PostgreSQL at once: this program starts itself a second time. */
#include "base/buf.h"

#include "votes.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PEOPLE = 12, ROUTES = 6, OPS_EACH = 40, OPS_A_HOUSE = 800 };

static const char office[] = "regulation: office\n"
                             "title: {zh: 办公, en: Office}\n"
                             "owner: keeper\n"
                             "uses: [town]\n"
                             "posts:\n"
                             "  keeper: {zh: 管理员, en: Keeper}\n"
                             "  leader: {zh: 领导, en: Leader}\n"
                             "  auditor: {zh: 审计, en: Auditor}\n"
                             "types:\n"
                             "  paper:\n"
                             "    title: {zh: 文, en: Paper}\n"
                             "    name: \"{text}\"\n"
                             "    unit: unit\n"
                             "    see: everyone\n"
                             "    fields:\n"
                             "      text: {type: text, max: 50, zh: 文, en: Text}\n"
                             "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
                             "      second: {type: bool, default: \"false\", zh: 二, en: Second}\n"
                             "    states:\n"
                             "      asked: {zh: 问, en: Asked}\n"
                             "      yes: {zh: 是, en: Yes}\n"
                             "      undone: {zh: 撤, en: Undone, final: true}\n"
                             "      no: {zh: 否, en: No, final: true}\n"
                             "    actions:\n";

static const char *const routes[ROUTES] = {
    "[{who: head_of(unit), term: 8 workhours, remind: 2 workhours, escalate: add, take_back: 4h}]",
    "[{who: members(unit), rule: vote, ratio: 2/3, quorum: 1/2, late: reject, term: 16 workhours},"
    " {who: \"post('leader')\", fail: previous, take_back: 30m}]",
    "[{who: \"post('keeper')\", rule: any, first: \"true\", self: may},"
    " {who: \"post('auditor')\", rule: order, fail: author, dedup: adjacent},"
    " {who: \"post('leader')\", when: second}]",
    "[{who: members(unit), rule: any, empty: stop, self: skip},"
    " {who: \"post('keeper') or post('auditor')\", hears_all: \"true\", fail: 1, dedup: round},"
    " {who: head_of(unit)}]",
    "[{who: \"post('leader')\", not: members(unit), empty: superior, abstentions: out, rule: vote,"
    " votes: 1}]",
    "[{who: \"post('keeper')\", removal: passes, add: 2, late: pass, term: 4 workhours},"
    " {who: members(unit), rule: order, self: superior}]",
};

struct office {
    struct house h;
    int64_t people[PEOPLE];
    int64_t admin;
    uint64_t seed;
    int64_t tried, refused, approvals, approved, undone;
    int64_t record;
    bool alone;       /* no other process works on the database */
    struct arena own; /* of one operation */
};

static int64_t dice(struct office *o, int64_t n)
{
    o->seed ^= o->seed << 13;
    o->seed ^= o->seed >> 7;
    o->seed ^= o->seed << 17;
    return (int64_t)(o->seed % (uint64_t)n);
}

static const char *definition(struct arena *a)
{
    struct buf b = buf_make(a, 1 << 20);
    buf_put(&b, str_from(office));
    for (int i = 0; i < ROUTES; i++) {
        buf_put_fmt(&b,
                    "      route_%d:\n        to: asked\n        who: everyone\n"
                    "        asks: [text]\n        may: [unit, second]\n        clause: c%d\n"
                    "        approval: %s\n        then_approved: {to: yes}\n"
                    "        then_refused: {to: no}\n",
                    i, i, routes[i]);
        buf_put_fmt(&b,
                    "      undo_%d:\n        from: yes\n        who: everyone\n"
                    "        revokes: route_%d\n        within: 30d\n        clause: u%d\n",
                    i, i, i);
        if (i % 2) {
            buf_put_fmt(&b, "        approval: %s\n        then_approved: {to: undone}\n",
                        routes[ROUTES - i]);
        } else {
            buf_put(&b, STR("        to: undone\n"));
        }
    }
    buf_put_c(&b, '\0');
    return buf_str(&b).ptr;
}

static void hire(struct office *o)
{
    static const char *const positions[] = {"head", "leader", "keeper", "auditor"};
    struct house *h = &o->h;
    int64_t units[] = {h->top, h->north, h->south, h->south_1};
    for (int i = 0; i < PEOPLE; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        o->people[i] = house_create(h, 0, "person", "full_name", name, "unit",
                                    house_text(h, units[i % 4]), NULL);
        assert_done(h, o->people[i]);
        if (i % 3) {
            house_appoint(h, o->people[i], positions[dice(o, 4)], units[dice(o, 4)]);
        }
    }
    o->admin = h->eve;
    house_appoint(h, h->eve, "administrator", h->top);
}

static int64_t somebody(struct office *o)
{
    return o->people[dice(o, PEOPLE)];
}

/* --- what is stored ---------------------------------------------------------------------- */

static int64_t count_rows(struct office *o)
{
    if (!o->alone) { /* another writes meanwhile */
        return 0;
    }
    return house_i64(&o->h,
                     SQL("select (select count(*) from approval_seat) + (select count(*) from"
                         " approval_vote) + (select count(*) from approval_event)"
                         " + (select count(*) from act)"),
                     NO_ARGS);
}

static struct approving loaded(struct office *o)
{
    static const struct approval_world nowhere;
    struct house *h = &o->h;
    struct ctx ctx = house_ctx(h, 0);
    struct approving g;
    int64_t id = house_i64(h, /* clocks differ, and so may the order of ids */
                           SQL("select coalesce(max(case when state < 2 then id end), max(id))"
                               " from approval where record = $1"),
                           ARGS(db_i64(o->record)));
    db_read_begin(ctx.db);
    dbs_ok(approve_find(&ctx, id, 0, &g));
    g.ap = approval_new(h->a, &g.action->route->plan, &nowhere, g.author);
    dbs_ok(approve_load(&ctx, &g));
    db_read_end(ctx.db);
    const char *bad = approval_check(g.ap);
    if (bad) {
        fail_msg("stored: %s", bad);
    }
    return g;
}

static const char *any_seat(struct office *o, const struct approving *g)
{
    int n = g->ap->nseats;
    int at = n ? (int)dice(o, n) : 0;
    for (int i = 0; i < n && dice(o, 8); i++) {
        int k = (at + i) % n;
        if (g->ap->seats[k].state == SEAT_OPEN) {
            return house_text(&o->h, g->seat_ids[k]);
        }
    }
    return house_text(&o->h, n ? g->seat_ids[at] : 1);
}

static int64_t actor_for(struct office *o, const struct approving *g, const char *seat)
{
    for (int i = 0; i < g->ap->nseats; i++) {
        if (strcmp(house_text(&o->h, g->seat_ids[i]), seat) == 0 && dice(o, 6)) {
            return g->ap->seats[i].actor;
        }
    }
    return dice(o, 5) ? somebody(o) : o->admin;
}

/* --- one operation ------------------------------------------------------------------------ */

static bool is_asked(const struct approving *g)
{
    for (int i = 0; i < g->ap->nseats; i++) {
        if (g->ap->seats[i].state == SEAT_OPEN && g->ap->seats[i].asker) {
            return true;
        }
    }
    return false;
}

static void on_a_seat(struct office *o, const struct approving *g)
{
    static const char *const votes[] = {"approve", "approve", "approve", "reject", "abstain"};
    static const char *const where[] = {"before", "beside", "after"};
    static const char *const rules[] = {"all", "any", "order"};
    static const char *const nodes[] = {"author", "previous", "1", "2", "9"};
    struct house *h = &o->h;
    const char *seat = any_seat(o, g);
    const char *person = house_text(h, somebody(o));
    const char *hash = hash_of_record(h, o->record);
    int64_t who = actor_for(o, g, seat);
    switch (dice(o, 18)) {
    case 0:
        op(h, who, "paper", o->record, "approve.add", "see", "seat", seat, "where",
           where[dice(o, 3)], "rule", rules[dice(o, 3)], "people", person, "hash", hash, NULL);
        return;
    case 1:
        op(h, who, "paper", o->record, "approve.transfer", "see", "seat", seat, "person", person,
           "restart", dice(o, 2) ? "true" : "false", NULL);
        return;
    case 2:
        op(h, who, "paper", o->record, "approve.remove", "see", "seat", seat, NULL);
        return;
    case 3:
        op(h, who, "paper", o->record, "approve.ask", "see", "seat", seat, "person", person, NULL);
        return;
    case 4:
        op(h, who, "paper", o->record, is_asked(g) ? "approve.advise" : "approve.vote", "see",
           "seat", seat, "vote", "approve", "hash", hash, NULL);
        return;
    case 5:
        op(h, who, "paper", o->record, dice(o, 2) ? "approve.ask_end" : "approve.cancel_add", "",
           "seat", seat, NULL);
        return;
    case 6:
        op(h, who, "paper", o->record, "approve.return", "see", "seat", seat, "node",
           nodes[dice(o, 5)], NULL);
        return;
    case 7:
        op(h, who, "paper", o->record, "approve.take_back", "", "seat", seat, NULL);
        return;
    case 8:
        op(h, who, "paper", o->record, dice(o, 2) ? "approve.view" : "approve.urge", "", "seat",
           seat, NULL);
        return;
    default:
        op(h, who, "paper", o->record, "approve.vote", "", "seat", seat, "vote", votes[dice(o, 5)],
           "hash", dice(o, 10) ? hash : "00", NULL);
    }
}

static void on_the_whole(struct office *o, const struct approving *g)
{
    struct house *h = &o->h;
    int64_t who = dice(o, 5) ? o->admin : somebody(o);
    const char *person = house_text(h, somebody(o));
    switch (dice(o, 8)) {
    case 0:
        op(h, dice(o, 8) ? g->author : who, "paper", o->record, "approve.withdraw", "", NULL);
        return;
    case 1:
    case 2:
        op(h, dice(o, 8) ? g->author : who, "paper", o->record, "approve.resubmit", "", "text",
           dice(o, 2) ? "again" : "anew", NULL);
        return;
    case 3:
        op(h, who, "paper", o->record, "approve.suspend", "see", NULL);
        return;
    case 4:
        op(h, who, "paper", o->record, "approve.resume", "", NULL);
        return;
    case 5:
        op(h, who, "paper", o->record, dice(o, 2) ? "approve.copy" : "approve.place", "", "person",
           person, NULL);
        return;
    case 6:
        op(h, who, "paper", o->record, "approve.read", "", NULL);
        return;
    default:
        house_clock(h, h->now + dice(o, 8) * HOUR);
        h->last = OK;
    }
}

/* false: it has ended, and enough was tried on it. */
static bool one(struct office *o, int i)
{
    struct approving g = loaded(o);
    bool over = g.ap->state != APPROVAL_RUNNING && g.ap->state != APPROVAL_WITH_AUTHOR;
    if (over && i % 2 == 0) {
        return false;
    }
    int64_t before = count_rows(o);
    if (g.ap->state == APPROVAL_WITH_AUTHOR && dice(o, 4)) {
        op(&o->h, g.author, "paper", o->record, "approve.resubmit", "", "text",
           dice(o, 2) ? "again" : "anew", NULL);
    } else if (g.ap->suspended && dice(o, 4)) {
        op(&o->h, o->admin, "paper", o->record, "approve.resume", "", NULL);
    } else if (dice(o, 5)) {
        on_a_seat(o, &g);
    } else {
        on_the_whole(o, &g);
    }
    o->tried++;
    if (o->h.last.code) {
        o->refused++;
        assert_true(act_is_refusal(o->h.last));
        /* nothing half done; that a vote was refused is an act of its own */
        assert_int_equal(count_rows(o), before + (o->alone && o->h.last_act));
    } else {
        assert_true(count_rows(o) >= before);
    }
    return true;
}

/* Everybody does what he is asked to; some refuse, but not for ever: where a refusal goes back a
 * node, nine people who each refuse in turn would go round without end. */
static void to_the_end(struct office *o)
{
    struct house *h = &o->h;
    for (int steps = 0;; steps++) {
        struct approving g = loaded(o);
        if (g.ap->state != APPROVAL_RUNNING && g.ap->state != APPROVAL_WITH_AUTHOR) {
            o->approved += g.ap->state == APPROVAL_APPROVED;
            break;
        }
        assert_true(steps < 400);
        const struct approval_run *r = approval_current(g.ap);
        int seat = -1;
        for (int i = 0; r && i < g.ap->nseats; i++) {
            seat = g.ap->seats[i].run == r->no && g.ap->seats[i].state == SEAT_OPEN ? i : seat;
        }
        if (g.ap->state == APPROVAL_WITH_AUTHOR) {
            op(h, g.author, "paper", o->record, "approve.end", "over", NULL);
        } else if (g.ap->suspended) {
            op(h, o->admin, "paper", o->record, "approve.resume", "", NULL);
        } else if (seat < 0) {
            op(h, o->admin, "paper", o->record, "approve.place", "", "person",
               house_text(h, o->people[steps % PEOPLE]), NULL);
        } else if (g.ap->seats[seat].asker) {
            op(h, g.ap->seats[seat].actor, "paper", o->record, "approve.advise", "well", "seat",
               house_text(h, g.seat_ids[seat]), NULL);
        } else {
            op(h, g.ap->seats[seat].actor, "paper", o->record, "approve.vote", "", "seat",
               house_text(h, g.seat_ids[seat]), "vote",
               steps % 9 || steps > 90 ? "approve" : "reject", "hash", hash_of_record(h, o->record),
               NULL);
        }
        assert_true(!h->last.code || act_is_refusal(h->last));
    }
    const char *state = house_state(h, "paper", o->record);
    assert_true(strcmp(state, "yes") == 0 || strcmp(state, "no") == 0 ||
                strcmp(state, "undone") == 0);
}

/* A new paper by a random route. */
static void ask(struct office *o)
{
    char action[16];
    struct value_in v[] = {{.field = STR("text"), .text = STR("one")},
                           {.field = STR("second"), .text = STR("true")}};
    snprintf(action, sizeof(action), "route_%d", (int)dice(o, ROUTES));
    struct act a = {.actor = somebody(o),
                    .type = STR("paper"),
                    .action = str_from(action),
                    .values = v,
                    .nvalues = 1 + (size_t)dice(o, 2)};
    o->h.last = house_act(&o->h, &a);
    assert_done(&o->h, a.ret_record);
    o->record = a.ret_record;
    o->approvals++;
}

/* --- what was approved is revoked ------------------------------------------------------------- */

static int64_t of_state(struct office *o, int state)
{
    return house_i64(&o->h,
                     SQL("select count(*) from approval where record = $1 and state = $2"
                         " and action like 'route_%'"),
                     ARGS(db_i64(o->record), db_i64(state)));
}

/* By somebody, mostly of what was approved. */
static void undo(struct office *o)
{
    struct house *h = &o->h;
    char action[16];
    int64_t route = dice(o, ROUTES);
    if (dice(o, 5)) {
        route = house_i64(h,
                          SQL("select max(cast(substr(action, 7) as integer)) from approval"
                              " where record = $1 and action like 'route_%'"),
                          ARGS(db_i64(o->record)));
    }
    snprintf(action, sizeof(action), "undo_%d", (int)route);
    int64_t before = count_rows(o);
    op(h, somebody(o), "paper", o->record, action, "", NULL);
    o->tried++;
    if (h->last.code) {
        o->refused++;
        assert_true(act_is_refusal(h->last));
        assert_int_equal(count_rows(o), before);
    }
}

/* Exactly what is undone is revoked, once; its votes stay as they were. */
static void is_undone_or_not(struct office *o)
{
    bool undone = strcmp(house_state(&o->h, "paper", o->record), "undone") == 0;
    o->undone += undone;
    assert_int_equal(of_state(o, APPROVAL_REVOKED), undone);
    assert_int_equal(of_state(o, APPROVAL_APPROVED), !undone);
    assert_int_equal(house_i64(&o->h,
                               SQL("select count(*) from approval_event e join approval a on"
                                   " a.id = e.approval where a.record = $1 and e.kind = $2"),
                               ARGS(db_i64(o->record), db_i64(EVENT_REVOKED))),
                     undone);
}

static void undo_some(struct office *o)
{
    for (int i = 0; i < 3 && strcmp(house_state(&o->h, "paper", o->record), "yes") == 0; i++) {
        undo(o);
        for (int k = 1; !o->h.last.code && k < OPS_EACH && one(o, k); k++) {
        }
        to_the_end(o);
        is_undone_or_not(o);
    }
}

static void walk(struct dbs *t, struct office *o, int64_t most)
{
    o->h = house_make(t, definition(t->a));
    hire(o);
    for (int64_t end = o->tried + most; o->tried < end;) {
        ask(o);
        if (dice(o, 6) == 0) {
            house_create(&o->h, 0, "deputy", "person", house_text(&o->h, somebody(o)), "deputy",
                         house_text(&o->h, somebody(o)), NULL);
        }
        for (int i = 0; i < OPS_EACH && one(o, i); i++) {
        }
        to_the_end(o);
        if (dice(o, 2)) {
            undo_some(o);
        }
    }
    house_verify(&o->h);
}

static int64_t wanted(void)
{
    const char *env = getenv("ZHIDU_APPROVAL_ACTS");
    return env ? strtoll(env, NULL, 10) : 800;
}

static struct office all; /* of this run; houses are many, so that none grows without end */

static void one_house(struct dbs *t)
{
    walk(t, &all, OPS_A_HOUSE);
}

static void tell(void)
{
    printf(
        "           %lld operations on %lld approvals, %lld refused, %lld approved, %lld revoked\n",
        (long long)all.tried, (long long)all.approvals, (long long)all.refused,
        (long long)all.approved, (long long)all.undone);
    assert_true(all.refused > all.tried / 20 && all.refused < all.tried * 9 / 10);
    assert_true(all.approved > 0 && all.undone > 0);
}

static void random_operations(void **state)
{
    (void)state;
    all = (struct office){.seed = 88172645463325252ULL, .alone = true};
    while (all.tried < wanted()) {
        dbs_each(DBS_MEMORY, one_house);
    }
    tell();
    dbs_each(DBS_FILE | DBS_PG, one_house);
    tell();
}

/* --- two processes on one PostgreSQL --------------------------------------------------------- */

enum { TOGETHER = 2500, PAPERS = 12 };

static struct engine *open_engine(struct arena *life, str url, struct db_options options)
{
    struct engine_options opt = {.url = url, .db = options, .clock = house_time};
    struct engine *e;
    dbs_ok(engine_open(life, &opt, &e));
    return e;
}

/* One of the papers whose approval is in such a state, as it is by then; 0: there are fewer. */
static int64_t one_of(struct office *o, struct sql sql, int64_t most)
{
    return house_i64(&o->h, sql, ARGS(db_i64(dice(o, most))));
}

/* Papers that wait, by whoever asked; a new one where there are few; now and then one that was
 * approved is undone, by both at once perhaps. */
static void choose(struct office *o)
{
    o->record = dice(o, 12) ? 0
                            : one_of(o,
                                     SQL("select coalesce((select record from approval where"
                                         " state = 2 and action like 'route_%' order by id desc"
                                         " limit 1 offset $1), 0)"),
                                     3);
    if (o->record) {
        undo(o);
        return;
    }
    o->record = one_of(o,
                       SQL("select coalesce((select record from approval where state < 2 order by"
                           " id limit 1 offset $1), 0)"),
                       PAPERS);
    if (!o->record) {
        ask(o);
    }
}

static void take_part(struct office *o, int64_t most)
{
    struct arena *life = o->h.a;
    while (o->tried < most) {
        o->own = arena_make(256u << 20);
        o->h.a = &o->own;
        choose(o);
        one(o, 1);
        arena_end(&o->own);
    }
    o->h.a = life;
}

static void find_people(struct office *o)
{
    for (int i = 0; i < PEOPLE; i++) {
        char name[16];
        int n = snprintf(name, sizeof(name), "p%d", i);
        o->people[i] = house_i64(&o->h, SQL("select id from r_person where f_full_name = $1"),
                                 ARGS(db_text(str_from_n(name, (size_t)n))));
    }
    o->admin = house_i64(&o->h, SQL("select id from r_person where f_full_name = 'eve'"), NO_ARGS);
}

static void join(struct office *o, struct arena *life, str url, struct db_options options)
{
    o->h.a = life;
    o->h.now = HOUSE_NOW + HOUR;
    o->h.e = open_engine(life, url, options);
    dbs_ok(engine_reader(o->h.e, life, &o->h.reader));
    find_people(o);
}

static int second_process(const char *url, const char *schema)
{
    struct arena life = arena_make(1u << 30);
    struct office o = {.seed = 362436069362436069ULL};
    struct db_options options = {.schema = schema};
    join(&o, &life, str_from(url), options);
    take_part(&o, TOGETHER);
    engine_stop(o.h.e);
    arena_end(&life);
    return 0;
}

static const char *self; /* this program */

static void vote_at_once(struct dbs *t)
{
    struct office o = {.seed = 521288629521288629ULL};
    o.h = house_make(t, definition(t->a));
    hire(&o);
    engine_stop(o.h.e);
    char url[400];
    char schema[100];
    snprintf(url, sizeof(url), "%.*s", STR_ARG(t->url));
    snprintf(schema, sizeof(schema), "%s", t->options.schema);
    char *const argv[] = {(char *)self, (char *)"--second", url, schema, NULL};
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, self, NULL, NULL, argv, environ), 0);
    struct db_options options = t->options;
    options.writer = false;
    join(&o, t->life, t->url, options);
    take_part(&o, TOGETHER);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    printf("           2 processes, %d operations at once, here %lld refused\n", 2 * TOGETHER,
           (long long)o.refused);
    /* each still has one end */
    o.alone = true;
    while (house_i64(&o.h, SQL("select count(*) from approval where state < 2"), NO_ARGS)) {
        o.record =
            house_i64(&o.h, SQL("select min(record) from approval where state < 2"), NO_ARGS);
        struct arena *life = o.h.a;
        o.own = arena_make(256u << 20);
        o.h.a = &o.own;
        to_the_end(&o);
        arena_end(&o.own);
        o.h.a = life;
    }
    int64_t revoked =
        house_i64(&o.h, SQL("select count(*) from approval where state = 5"), NO_ARGS);
    printf("           %lld revoked\n", (long long)revoked);
    assert_true(revoked > 0);
    assert_int_equal(house_i64(&o.h, SQL("select count(*) from approval_event where kind = $1"),
                               ARGS(db_i64(EVENT_REVOKED))),
                     revoked);
    house_verify(&o.h);
    engine_stop(o.h.e);
}

static void two_processes_vote_at_once(void **state)
{
    (void)state;
    dbs_each(DBS_PG, vote_at_once);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--second") == 0) {
        return second_process(argv[2], argv[3]);
    }
    self = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations),
                                       cmocka_unit_test(two_processes_vote_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
