/* The law of the day: what a publication does to what is there and to what
 * comes, and what it refuses.  On every database. */
#include "engine/engine_int.h"
#include "engine/town.h"

#include <stdatomic.h>

static int64_t epoch_of(struct town *w)
{
    return inst_i64(
        &w->in, SQL("select cast(value as bigint) from installation where key = 'epoch'"), NO_ARGS);
}

static int64_t law_of(struct town *w, int64_t order)
{
    return inst_i64(&w->in, SQL("select law from r_order where id = $1"), ARGS(db_i64(order)));
}

static int64_t due_in(struct town *w, int64_t order)
{
    return inst_i64(&w->in,
                    SQL("select due - started from term where record = $1 and term = 'answer'"),
                    ARGS(db_i64(order)));
}

/* Another deadline, a field and a state more for cases; a field for the register. */
static void revise_all(struct town *w)
{
    town_revise(w, 0, "default: 2h", "default: 4h");
    town_revise(w, 0, "      bed: {type: ref, to: bed, zh: 苗床, en: Bed, clause: orders}\n",
                "      bed: {type: ref, to: bed, zh: 苗床, en: Bed, clause: orders}\n"
                "      size: {type: int, min: 1, max: 900, zh: 数量, en: Size, clause: orders}\n");
    town_revise(w, 0, "asks: [what], may: [bed]", "asks: [what], may: [bed, size]");
    town_revise(w, 0, "      done: {zh: 已办结, en: Done, final: true}\n",
                "      looked: {zh: 已查看, en: Looked at}\n"
                "      done: {zh: 已办结, en: Done, final: true}\n");
    town_revise(
        w, 0, "      finish: {from: doing, to: done,",
        "      look: {from: doing, to: looked, who: everyone, clause: finish, zh: 查看, en: "
        "Look}\n      finish: {from: looked, to: done,");
    town_revise(w, 0, "      place: {type: text, max: 40, zh: 位置, en: Place, clause: beds}\n",
                "      place: {type: text, max: 40, zh: 位置, en: Place, clause: beds}\n"
                "      soil: {type: text, max: 40, zh: 土质, en: Soil, clause: beds}\n");
    town_revise(w, 0, "      clear: {from: planted,",
                "      test: {from: [fallow, planted], who: everyone, asks: [soil], clause: beds, "
                "zh: 测土, en: Test}\n      clear: {from: planted,");
    /* Parts go with their parent: a step of an old order asks for no kind. */
    town_revise(w, 0, "      what: {type: text, max: 80, zh: 做什么, en: What, clause: steps}\n",
                "      what: {type: text, max: 80, zh: 做什么, en: What, clause: steps}\n"
                "      kind: {type: text, max: 20, zh: 类别, en: Kind, clause: steps}\n");
    town_revise(w, 0, "asks: [order, what]", "asks: [order, what, kind]");
}

static void check_shown(const struct publication *p)
{
    assert_int_equal(p->sources.len, 1);
    assert_int_equal(p->sources.ptr[0].version, 2);
    assert_true(town_has(&p->changes, CHANGE_SETTING, "garden.answer"));
    assert_true(town_has(&p->changes, CHANGE_FIELD, "order.size"));
    assert_true(town_has(&p->changes, CHANGE_STATE, "order.looked"));
    assert_true(town_has(&p->changes, CHANGE_ACTION, "order.look"));
    assert_true(town_has(&p->changes, CHANGE_ACTION, "order.finish"));
    assert_true(town_has(&p->changes, CHANGE_FIELD, "bed.soil"));
    assert_false(town_has(&p->changes, CHANGE_FIELD, "bed.title"));
    assert_false(town_has(&p->changes, CHANGE_TERM, "order.answer"));
}

/* What was true before is true after the server was stopped and started. */
static void old_and_new(struct town *w, int64_t old, int64_t old_bed)
{
    assert_int_equal(law_of(w, old), 1);
    assert_int_equal(due_in(w, old), 2 * 3600000);
    assert_int_equal(town_act(w, "order", old, "look", NULL, NULL).code, ERR_NOT_FOUND);
    town_new(w, "step", "add",
             VALUES(str_fmt(w->in.t->a, "order=%lld", (long long)old).ptr, "what=浇水"));
    town_do(w, "order", old, "finish");
    CHECK_STATE(w, "order", old, "done");

    int64_t fresh = town_new(w, "order", "ask", VALUES("what=栽树", "size=12"));
    assert_int_equal(law_of(w, fresh), 2);
    assert_int_equal(due_in(w, fresh), 4 * 3600000);
    town_do(w, "order", fresh, "begin");
    const char *order = str_fmt(w->in.t->a, "order=%lld", (long long)fresh).ptr;
    err e = town_act(w, "step", 0, "add", VALUES(order, "what=浇水"), NULL);
    assert_int_equal(e.code, ERR_VALUE); /* kind is asked for */
    town_new(w, "step", "add", VALUES(order, "what=浇水", "kind=日常"));
    assert_int_equal(town_act(w, "order", fresh, "finish", NULL, NULL).code, ERR_RULE);
    town_do(w, "order", fresh, "look");
    CHECK_STATE(w, "order", fresh, "looked");
    town_do(w, "order", fresh, "finish");

    dbs_ok(town_act(w, "bed", old_bed, "test", VALUES("soil=砂质"), NULL));
    assert_int_equal(
        inst_i64(&w->in, SQL("select count(*) from r_bed where f_soil = '砂质'"), NO_ARGS), 1);
}

static int64_t asked(struct town *w, const char *what, bool begun)
{
    int64_t id = town_new(w, "order", "ask", VALUES(what));
    if (begun) {
        town_do(w, "order", id, "begin");
    }
    return id;
}

static void reopen(struct town *w)
{
    struct engine_options opt = town_options(w->in.t);
    engine_stop(w->in.e);
    dbs_ok(engine_open(w->in.t->life, &opt, &w->in.e));
}

static void cases_end_as_they_began(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t bed[2] = {town_new(&w, "bed", "lay", VALUES("title=甲")),
                      town_new(&w, "bed", "lay", VALUES("title=乙"))};
    int64_t old[2] = {asked(&w, "what=除草", true), asked(&w, "what=修枝", true)};
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_int_equal(p.sources.len, 0); /* nothing changed */
    revise_all(&w);
    p = town_put(&w);
    check_shown(&p);
    assert_int_equal(epoch_of(&w), 2);
    old_and_new(&w, old[0], bed[0]);
    assert_true(inst_verify(&w.in) > 0);
    if (t->which != DBS_MEMORY) {
        dbs_ok(town_act(&w, "bed", bed[0], "test", VALUES("soil=粘质"), NULL));
        reopen(&w);
        old_and_new(&w, old[1], bed[1]);
        assert_true(inst_verify(&w.in) > 0);
    }
    dbs_ok(town_plan(&w, &p, &d)); /* the same folders again */
    assert_int_equal(p.sources.len, 0);
}

/* What a register's action put off is what that version said, though the register
 * follows the newest. */
static void put_off_then(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t bed = town_new(&w, "bed", "lay", VALUES("title=甲"));
    town_do(&w, "bed", bed, "mulch");
    town_revise(&w, 0, "          - set: {note: \"'干草'\"}\n            after: 2h\n",
                "          - set: {note: \"'树皮'\"}\n            after: 4h\n"
                "          - set: {note: \"'干草'\"}\n            after: 5h\n");
    town_put(&w);
    town_now += 3 * 3600000;
    assert_true(engine_tick(w.in.e, town_now) > 0);
    assert_int_equal(
        inst_i64(&w.in, SQL("select count(*) from r_bed where f_note = '干草'"), NO_ARGS), 1);
    town_do(&w, "bed", bed, "mulch");
    town_now += 4 * 3600000 + 1000;
    engine_tick(w.in.e, town_now);
    assert_int_equal(
        inst_i64(&w.in, SQL("select count(*) from r_bed where f_note = '树皮'"), NO_ARGS), 1);
}

static void law_of_the_day(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, cases_end_as_they_began);
    dbs_each(DBS_ALL, put_off_then);
}

/* --- mistakes ------------------------------------------------------------------------- */

static void all_mistakes_nothing_changed(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t laws = inst_i64(&w.in, SQL("select count(*) from law"), NO_ARGS);
    int64_t entries = inst_verify(&w.in);
    town_revise(&w, 0, "      fallow: {zh: 空闲, en: Fallow}\n",
                "      fallow: {zh: 空闲, en: Fallow}\n      never: {zh: 未用, en: Never}\n");
    town_revise(&w, 0, "within: setting('garden.answer')", "within: setting('garden.anser')");
    town_revise(&w, 0, "what: {type: text, max: 80, zh: 内容", "what: {type: int, zh: 内容");
    town_revise(&w, 1, "beside.state == 'planted'", "beside.state == 'plantd'");
    struct publication p;
    struct diags d;
    err e = town_plan(&w, &p, &d);
    assert_int_equal(e.code, ERR_VALUE);
    const struct {
        const char *file, *words;
    } want[] = {{"garden/definition.yaml", "never"},
                {"garden/definition.yaml", "garden.answer"},
                {"garden/definition.yaml", "cannot change its type"},
                {"tools/definition.yaml", "planted"}};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        bool told = false;
        for (size_t k = 0; k < d.len; k++) {
            told = told || (!d.ptr[k].warning && d.ptr[k].pos.line > 1 &&
                            str_eq(d.ptr[k].pos.file, str_from(want[i].file)) &&
                            str_has(d.ptr[k].words.en, str_from(want[i].words)));
        }
        if (!told) {
            fail_msg("not told: %s: %s", want[i].file, want[i].words);
        }
    }
    assert_int_equal(inst_i64(&w.in, SQL("select count(*) from law"), NO_ARGS), laws);
    assert_int_equal(epoch_of(&w), 1);
    assert_int_equal(inst_verify(&w.in), entries);
    town_new(&w, "order", "ask", VALUES("what=照旧"));
}

static void mistakes(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, all_mistakes_nothing_changed);
}

/* --- stranding --------------------------------------------------------------------------- */

static void without_planted(struct town *w)
{
    town_revise(w, 0, "      planted: {zh: 已栽种, en: Planted}\n", "");
    town_revise(w, 0, "        from: [fallow, planted]\n", "        from: fallow\n");
    town_revise(w, 0,
                "      plant: {from: fallow, to: planted, who: everyone, clause: beds, zh: 栽种, "
                "en: Plant}\n",
                "      plant: {from: fallow, to: gone, who: everyone, clause: beds, zh: 栽种, "
                "en: Plant}\n");
    town_revise(w, 0,
                "      clear: {from: planted, to: fallow, who: everyone, clause: beds, zh: 清空, "
                "en: Clear}\n",
                "");
    town_revise(w, 1, "beside.state == 'planted' or ", "");
}

static void records_are_not_stranded(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t bed = town_new(&w, "bed", "lay", VALUES("title=甲"));
    town_do(&w, "bed", bed, "plant");
    without_planted(&w);
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(p.changes.refused);
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "bed.planted"));
    assert_int_equal(town_publish(&w, &p).code, ERR_RULE);
    assert_int_equal(epoch_of(&w), 1);
    town_do(&w, "bed", bed, "clear");
    dbs_ok(town_plan(&w, &p, &d));
    assert_false(p.changes.refused);
    /* Between the plan and its publication one is planted again. */
    town_do(&w, "bed", bed, "plant");
    assert_int_equal(town_publish(&w, &p).code, ERR_RULE);
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "bed.planted"));
    assert_int_equal(epoch_of(&w), 1);
    town_do(&w, "bed", bed, "clear");
    town_put(&w);
    assert_int_equal(epoch_of(&w), 2);
    assert_int_equal(town_act(&w, "bed", bed, "clear", NULL, NULL).code, ERR_NOT_FOUND);
    town_do(&w, "bed", bed, "remove");
}

static void no_way_out(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t tool = town_new(&w, "tool", "enter", VALUES("title=锄"));
    town_revise(&w, 1, "      lose: {from: kept, to: lost,", "      lose: {from: away, to: lost,");
    town_revise(&w, 1, "      lost: {zh", "      away: {zh: 借出, en: Away}\n      lost: {zh");
    town_revise(&w, 1, "      enter: {to: kept,",
                "      lend: {to: away, who: everyone, asks: [title], clause: tools, zh: 借, en: "
                "Lend}\n      enter: {to: kept,");
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "tool.kept"));
    town_do(&w, "tool", tool, "lose");
    town_put(&w);
}

static void type_given_up(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t tool = town_new(&w, "tool", "enter", VALUES("title=锄"));
    str was = w.folders.ptr[1].definition;
    town_revise(&w, 1, "  tool:\n", "  implement:\n");
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "tool"));
    town_do(&w, "tool", tool, "lose");
    town_put(&w);
    err e = town_act(&w, "tool", 0, "enter", VALUES("title=铲"), NULL);
    assert_int_equal(e.code, ERR_RULE); /* none begins */
    town_new(&w, "implement", "enter", VALUES("title=铲"));
    (void)was;
}

/* A kind of case that is no more: those begun run to their end, none begins. */
static void case_type_given_up(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t old = asked(&w, "what=除草", true);
    const char *order = str_fmt(t->a, "order=%lld", (long long)old).ptr;
    town_revise(&w, 0, "  order:\n", "  commission:\n");
    town_revise(&w, 0, "  step:\n", "  stage:\n");
    town_revise(&w, 0, "part_of: order", "part_of: commission");
    town_revise(&w, 0, "asks: [order, what]", "asks: [commission, what]");
    town_put(&w);
    err e = town_act(&w, "order", 0, "ask", VALUES("what=栽树"), NULL);
    assert_int_equal(e.code, ERR_RULE);
    town_new(&w, "commission", "ask", VALUES("what=栽树"));
    int64_t step = town_new(&w, "step", "add", VALUES(order, "what=浇水"));
    town_do(&w, "step", step, "tick");
    town_do(&w, "order", old, "finish");
    CHECK_STATE(&w, "order", old, "done");
}

static void stranding(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, records_are_not_stranded);
    dbs_each(DBS_MEMORY, no_way_out);
    dbs_each(DBS_MEMORY | DBS_PG, type_given_up);
    dbs_each(DBS_MEMORY | DBS_PG, case_type_given_up);
}

/* A name that another regulation in force uses is not taken away; with both
 * revised together it is. */
static void names_in_use(struct dbs *t)
{
    struct town w = town_make(t);
    town_new(&w, "bed", "lay", VALUES("title=甲", "place=东"));
    town_revise(&w, 0, "      place: {type: text, max: 40, zh: 位置, en: Place, clause: beds}\n",
                "");
    town_revise(&w, 0, "asks: [title], may: [place], clause: beds", "asks: [title], clause: beds");
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "bed.place"));
    assert_int_equal(town_publish(&w, &p).code, ERR_RULE);
    town_revise(&w, 1, " or beside.place != null", "");
    town_put(&w);
    town_new(&w, "tool", "enter", VALUES("title=锄"));
    town_new(&w, "bed", "lay", VALUES("title=乙"));
}

static void taken_away(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, names_in_use);
}

/* --- unique ------------------------------------------------------------------------------- */

static void what_becomes_unique(struct dbs *t)
{
    struct town w = town_make(t);
    town_new(&w, "bed", "lay", VALUES("title=甲"));
    int64_t second = town_new(&w, "bed", "lay", VALUES("title=甲"));
    str was = w.folders.ptr[0].definition;
    town_revise(&w, 0, "    states:\n      fallow:",
                "    unique: [{of: [title], while: \"state != 'gone'\", clause: beds}]\n"
                "    states:\n      fallow:");
    str is = w.folders.ptr[0].definition;
    struct publication p;
    struct diags d;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(town_has(&p.changes, CHANGE_STRANDS, "bed.title"));
    town_do(&w, "bed", second, "remove");
    town_put(&w);
    err e = town_act(&w, "bed", 0, "lay", VALUES("title=甲"), NULL);
    assert_int_equal(e.code, ERR_RULE);
    w.folders.ptr[0].definition = was; /* no longer */
    town_put(&w);
    town_new(&w, "bed", "lay", VALUES("title=甲"));
    w.folders.ptr[0].definition = is;
    dbs_ok(town_plan(&w, &p, &d));
    assert_true(p.changes.refused);
}

static void uniqueness(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, what_becomes_unique);
}

/* --- settings -------------------------------------------------------------------------------- */

static void a_changed_setting(struct dbs *t)
{
    struct town w = town_make(t);
    int64_t old = town_new(&w, "order", "ask", VALUES("what=除草"));
    struct publication p;
    struct diags d = diags_make(t->a);
    str garden = STR("garden");
    str key = STR("garden.answer");
    dbs_ok(publish_plan_setting(w.in.e, t->a, garden, key, STR("2h"), &d, &p));
    assert_int_equal(p.sources.len, 0);
    err e = publish_plan_setting(w.in.e, t->a, garden, STR("garden.no"), STR("2h"), &d, &p);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    e = publish_plan_setting(w.in.e, t->a, garden, key, STR("soon"), &d, &p);
    assert_int_equal(e.code, ERR_VALUE);
    assert_true(d.errors > 0);
    d = diags_make(t->a);
    dbs_ok(publish_plan_setting(w.in.e, t->a, garden, key, STR("6h"), &d, &p));
    assert_int_equal(p.changes.len, 1);
    assert_true(town_has(&p.changes, CHANGE_SETTING, "garden.answer"));
    dbs_ok(town_publish(&w, &p));
    assert_int_equal(due_in(&w, old), 2 * 3600000);
    int64_t fresh = town_new(&w, "order", "ask", VALUES("what=修枝"));
    assert_int_equal(law_of(&w, fresh), 2);
    assert_int_equal(due_in(&w, fresh), 6 * 3600000);
    /* The folders say 2h still: what was decided since is not undone by them. */
    dbs_ok(town_plan(&w, &p, &d));
    assert_int_equal(p.sources.len, 0);
    town_revise(&w, 0, "max: 80, zh: 内容", "max: 90, zh: 内容");
    p = town_put(&w);
    assert_false(town_has(&p.changes, CHANGE_SETTING, "garden.answer"));
    fresh = town_new(&w, "order", "ask", VALUES("what=栽树"));
    assert_int_equal(law_of(&w, fresh), 3);
    assert_int_equal(due_in(&w, fresh), 6 * 3600000);
}

static void settings(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, a_changed_setting);
}

/* --- several at once ---------------------------------------------------------------------------
 */

static void the_second_is_stale(struct dbs *t)
{
    struct town w = town_make(t);
    struct publication first;
    struct publication second;
    struct diags d;
    town_revise(&w, 0, "max: 80, zh: 内容", "max: 90, zh: 内容");
    dbs_ok(town_plan(&w, &first, &d));
    town_revise(&w, 0, "max: 90, zh: 内容", "max: 95, zh: 内容");
    dbs_ok(town_plan(&w, &second, &d));
    dbs_ok(town_publish(&w, &first));
    assert_int_equal(town_publish(&w, &second).code, ERR_STALE);
    assert_int_equal(epoch_of(&w), 2);
    dbs_ok(town_plan(&w, &second, &d)); /* planned anew it is the third version */
    assert_int_equal(second.sources.ptr[0].version, 3);
    dbs_ok(town_publish(&w, &second));
    assert_int_equal(epoch_of(&w), 3);
    /* One that was only planned leaves nothing behind. */
    town_revise(&w, 0, "max: 95, zh: 内容", "max: 99, zh: 内容");
    dbs_ok(town_plan(&w, &first, &d));
    town_new(&w, "order", "ask", VALUES("what=除草"));
}

enum { HANDS = 3, PUBLICATIONS = 6 };

struct hand {
    struct town *w;
    pthread_t thread;
    struct arena arena;
    int number;
    atomic_bool *stop;
    int64_t done, failed;
};

/* Orders begun and ended without a pause, each under the law of its beginning. */
static void *work(void *arg)
{
    struct hand *h = arg;
    struct dbs t = {.a = &h->arena};
    struct town w = {.in = {.t = &t, .e = h->w->in.e}};
    while (!atomic_load(h->stop)) {
        char what[40];
        int64_t id = 0;
        snprintf(what, sizeof(what), "what=%d-%lld", h->number, (long long)h->done);
        err e = town_act(&w, "order", 0, "ask", VALUES(what), &id);
        e = e.code ? e : town_act(&w, "order", id, "begin", NULL, NULL);
        e = e.code ? e : town_act(&w, "order", id, "finish", NULL, NULL);
        h->failed += e.code != ERR_NONE;
        h->done++;
        arena_reset(&h->arena);
    }
    return NULL;
}

static void nobody_waits_or_fails(struct dbs *t)
{
    struct town w = town_make(t);
    atomic_bool stop = false;
    struct hand hands[HANDS];
    for (int i = 0; i < HANDS; i++) {
        hands[i] =
            (struct hand){.w = &w, .number = i, .stop = &stop, .arena = arena_make(64 << 20)};
        assert_int_equal(pthread_create(&hands[i].thread, NULL, work, &hands[i]), 0);
    }
    for (int i = 0; i < PUBLICATIONS; i++) {
        char was[60];
        char is[200];
        snprintf(was, sizeof(was), "      bed: {type: ref, to: bed,");
        snprintf(is, sizeof(is), "      more%d: {type: text, max: 9, zh: 另, en: More}\n%s", i,
                 was);
        town_revise(&w, 0, was, is);
        struct dbs passing = *t; /* the plan goes with its arena */
        struct town mayor = w;
        struct arena a = arena_make(256 << 20);
        passing.a = &a;
        mayor.in.t = &passing;
        town_put(&mayor);
        arena_end(&a);
    }
    atomic_store(&stop, true);
    int64_t done = 0;
    for (int i = 0; i < HANDS; i++) {
        pthread_join(hands[i].thread, NULL);
        assert_int_equal(hands[i].failed, 0);
        done += hands[i].done;
        arena_end(&hands[i].arena);
    }
    assert_true(done > HANDS);
    assert_int_equal(epoch_of(&w), 1 + PUBLICATIONS);
    assert_int_equal(
        inst_i64(&w.in, SQL("select count(*) from r_order where at_done is null"), NO_ARGS), 0);
    assert_true(inst_verify(&w.in) > 0);
    /* All retired models are gone: the one in force is the only one. */
    assert_null(w.in.e->models->next);
}

/* A second server on the same database follows with its next act, and its
 * readers when they see the newer epoch. */
static void other_nodes_follow(struct dbs *t)
{
    struct town w = town_make(t);
    struct town other = w;
    struct engine_options opt = town_options(t);
    dbs_ok(engine_open(t->life, &opt, &other.in.e));
    int64_t old = town_new(&other, "order", "ask", VALUES("what=除草"));
    revise_all(&w);
    town_put(&w);
    int64_t fresh = town_new(&other, "order", "ask", VALUES("what=栽树", "size=3"));
    assert_int_equal(law_of(&w, fresh), 2);
    assert_int_equal(due_in(&w, old), 2 * 3600000);
    town_do(&other, "order", old, "begin");
    town_do(&other, "order", old, "finish");
    town_revise(&w, 0, "max: 80, zh: 内容", "max: 90, zh: 内容");
    town_put(&w);
    dbs_ok(engine_catch_up(other.in.e, 3));
    const struct model *m = engine_model(other.in.e);
    assert_int_equal(m->epoch, 3);
    engine_release(other.in.e, m);
    engine_stop(other.in.e);
}

static int64_t found(struct town *w, const char *word)
{
    return inst_i64(&w->in, SQL("select count(*) from search_text where body like $1"),
                    ARGS(db_text(str_from(word))));
}

/* What not everybody sees any more is no longer searched for, though nobody touches it. */
static void hidden_words_leave_the_index(struct dbs *t)
{
    struct town w = town_make(t);
    town_new(&w, "tool", "enter", VALUES("title=月牙铲"));
    engine_tick(w.in.e, town_now);
    assert_int_equal(found(&w, "%月牙铲 月牙铲%"), 1); /* the name, and the field */
    town_revise(&w, 1, "{type: text, max: 40, zh: 名称, en: Name, clause: tools}",
                "{type: text, max: 40, see: nobody, zh: 名称, en: Name, clause: tools}");
    town_put(&w);
    engine_tick(w.in.e, town_now);
    assert_int_equal(found(&w, "%月牙铲 月牙铲%"), 0);
}

static void index_follows(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, hidden_words_leave_the_index);
}

static void at_once(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, the_second_is_stale);
    dbs_each(DBS_FILE | DBS_PG, nobody_waits_or_fails);
    dbs_each(DBS_PG, other_nodes_follow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(law_of_the_day), cmocka_unit_test(mistakes),
        cmocka_unit_test(stranding),      cmocka_unit_test(taken_away),
        cmocka_unit_test(uniqueness),     cmocka_unit_test(settings),
        cmocka_unit_test(at_once),        cmocka_unit_test(index_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
