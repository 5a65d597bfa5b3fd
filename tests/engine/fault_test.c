/* Groups of eight real acts, one of which meets an error in one of its
 * statements: interrupted, disk full, I/O, connection lost.  Each statement,
 * each kind, both databases.  The other seven are there exactly once, the one
 * that met it is there if and only if it was answered so, numbers have no gap
 * and the ledger is whole. */
#include "base/words.h"
#include "engine/engine_int.h"
#include "engine/inst.h"

#include <semaphore.h>

enum { ACTS = 8, LONG_GROUP_US = 60000000, STATEMENTS_MAX = 200 };

enum what { CREATE, ACCEPT, COMMENT, WITHDRAW };
static const enum what mix[ACTS] = {CREATE,   ACCEPT, CREATE, COMMENT,
                                    WITHDRAW, CREATE, ACCEPT, CREATE};

struct town {
    struct inst in;
    int64_t reporter, desk;
    int64_t pool[4096]; /* faults that are reported and no more */
    int npool;
    int64_t serial;               /* makes texts and keys unique */
    int64_t groups, struck, good; /* figures */
};

/* --- jobs around act k: the one before plants, the one after takes away -------------- */

struct mark_job {
    struct writer_job job; /* first */
    sem_t *wait;           /* the first job of the group holds it together */
    enum db_fault fault;   /* planted once */
    bool clears;
    int64_t at, statements;
};

static err mark_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct mark_job *m = (struct mark_job *)job;
    (void)a;
    (void)world;
    if (m->wait) {
        sem_wait(m->wait);
        m->wait = NULL;
    }
    m->statements = db_counts(db).statements;
    if (m->fault) {
        db_plant_fault(db, m->fault, m->at);
        m->fault = DB_FAULT_NONE;
    } else if (m->clears) {
        db_plant_fault(db, DB_FAULT_NONE, 1);
    }
    return OK;
}

static void mark_done(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

static struct mark_job mark_make(void)
{
    return (struct mark_job){.job = {.run = mark_run, .done = mark_done}};
}

/* --- the acts ---------------------------------------------------------------------------- */

struct one {
    struct act act;
    struct arena arena;
    sem_t *answered;
    enum what what;
    int64_t record; /* it is about; 0: creates */
    str summary;
    struct value_in values[2];
};

static void one_done(struct act *act)
{
    sem_post(((struct one *)act->user)->answered);
}

static int64_t from_pool(struct town *w)
{
    assert_true(w->npool > 0);
    return w->pool[--w->npool];
}

static void one_fill(struct town *w, struct one *o, enum what what, sem_t *answered)
{
    struct arena *a = &o->arena;
    *o = (struct one){.arena = arena_make(8 << 20), .what = what, .answered = answered};
    w->serial++;
    o->summary = str_fmt(a, "打印机卡纸 %lld", (long long)w->serial);
    o->act = (struct act){.arena = a,
                          .now = INST_NOW,
                          .lang = LANG_ZH,
                          .type = STR("fault"),
                          .actor = what == ACCEPT ? w->desk : w->reporter,
                          .values = o->values,
                          .key = str_fmt(a, "key-%lld", (long long)w->serial),
                          .done = one_done,
                          .user = o};
    o->record = what == CREATE ? 0 : from_pool(w);
    o->act.record = o->record;
    switch (what) {
    case CREATE:
        o->act.action = STR("report");
        o->values[0] = (struct value_in){.field = STR("summary"), .text = o->summary};
        o->values[1] = (struct value_in){.field = STR("contact"), .text = STR("8832")};
        o->act.nvalues = 2;
        break;
    case ACCEPT:
        o->act.action = STR("accept");
        o->values[0] = (struct value_in){.field = STR("verification"), .text = STR("属实")};
        o->values[1] = (struct value_in){.field = STR("category"), .text = STR("printing")};
        o->act.nvalues = 2;
        break;
    case COMMENT:
        o->act.action = STR("comment");
        o->act.note = o->summary;
        break;
    case WITHDRAW:
        o->act.action = STR("withdraw");
        o->values[0] = (struct value_in){.field = STR("withdraw_reason"), .text = STR("误报")};
        o->act.nvalues = 1;
        break;
    }
}

/* How often the act happened, by everything it should have left. */
static int64_t one_happened(struct town *w, struct one *o)
{
    int64_t keys = inst_i64(&w->in, SQL("select count(*) from idem where actor = $1 and key = $2"),
                            ARGS(db_i64(o->act.actor), db_text(o->act.key)));
    int64_t acts =
        o->what == CREATE
            ? inst_i64(&w->in,
                       SQL("select count(*) from act a join r_fault r on r.id = a.record"
                           " where r.f_summary = $1 and a.action = 'report'"),
                       ARGS(db_text(o->summary)))
            : inst_i64(&w->in,
                       SQL("select count(*) from act where record = $1 and action = $2"
                           " and coalesce(note, '') = $3"),
                       ARGS(db_i64(o->record), db_text(o->act.action), db_text(o->act.note)));
    assert_int_equal(keys, acts);
    return acts;
}

static void one_check(struct town *w, struct one *o, bool may_fail)
{
    enum err_code code = o->act.result.code;
    bool good = code == ERR_NONE;
    if (!good && !may_fail) {
        fail_msg("%s: %.*s", err_name(code), STR_ARG(o->act.result.detail));
    }
    assert_true(good || code == ERR_BUSY || code == ERR_STORE);
    assert_int_equal(one_happened(w, o), good);
    w->good += good;
    if (good && o->what == CREATE) {
        int64_t id = inst_i64(&w->in, SQL("select id from r_fault where f_summary = $1"),
                              ARGS(db_text(o->summary)));
        assert_true(id == o->act.ret_record);
        w->pool[w->npool++] = id;
    }
}

/* The same act once more under its key: done now if it was not, and never twice. */
static void one_again(struct town *w, struct one *o)
{
    bool was = o->act.result.code == ERR_NONE;
    o->act.done = NULL;
    dbs_ok(act_call(w->in.e, &o->act));
    assert_int_equal(o->act.ret_repeated, was);
    assert_int_equal(one_happened(w, o), 1);
    if (!was && o->what == CREATE) {
        w->pool[w->npool++] = o->act.ret_record;
    }
    w->good += !was;
}

/* --- groups ------------------------------------------------------------------------------- */

static struct mark_job *submit_mark(struct town *w, struct mark_job *m)
{
    dbs_ok(writer_submit(w->in.e->writer, &m->job));
    return m;
}

/* An error in statement `at` of act k.  Returns the statements of act k. */
static int64_t group_of_eight(struct town *w, enum db_fault fault, int k, int64_t at)
{
    struct arena a = arena_make(32 << 20);
    struct one *acts = arena_array(&a, struct one, ACTS);
    sem_t go;
    sem_t answered;
    sem_init(&go, 0, 0);
    sem_init(&answered, 0, 0);
    struct mark_job hold = mark_make();
    struct mark_job before = mark_make();
    struct mark_job after = mark_make();
    hold.wait = &go;
    before.fault = fault;
    before.at = at;
    after.clears = true;
    submit_mark(w, &hold);
    for (int i = 0; i < ACTS; i++) {
        one_fill(w, &acts[i], mix[i], &answered);
        if (i == k) {
            submit_mark(w, &before);
        }
        dbs_ok(act_submit(w->in.e, &acts[i].act));
        if (i == k) {
            submit_mark(w, &after);
        }
    }
    int64_t regrouped = writer_stats(w->in.e->writer).regrouped;
    sem_post(&go);
    for (int i = 0; i < ACTS; i++) {
        sem_wait(&answered);
    }
    int64_t statements = after.statements - before.statements;
    regrouped = writer_stats(w->in.e->writer).regrouped - regrouped;
    w->groups++;
    w->struck += regrouped || acts[k].act.result.code;
    for (int i = 0; i < ACTS; i++) {
        one_check(w, &acts[i], i == k);
    }
    one_again(w, &acts[k]);
    for (int i = 0; i < ACTS; i++) {
        arena_end(&acts[i].arena);
    }
    arena_end(&a);
    arena_reset(w->in.t->a);
    sem_destroy(&go);
    sem_destroy(&answered);
    return statements;
}

/* Every fault has its number, and there is no number between that nobody has. */
static void numbers_have_no_gap(struct town *w)
{
    int64_t n = inst_i64(&w->in, SQL("select count(distinct number) from r_fault"), NO_ARGS);
    assert_int_equal(n, inst_i64(&w->in, SQL("select count(*) from r_fault"), NO_ARGS));
    int64_t last = inst_i64(
        &w->in, SQL("select max(cast(substr(number, 9) as integer)) from r_fault"), NO_ARGS);
    assert_int_equal(last, n);
    assert_int_equal(
        inst_i64(&w->in, SQL("select n from seq where prefix like '%GZ-2026-%'"), NO_ARGS), n);
}

static void ledger_is_whole(struct town *w)
{
    int64_t entries = inst_verify(&w->in);
    int64_t acts = inst_i64(&w->in, SQL("select count(*) from act"), NO_ARGS);
    int64_t laws = inst_i64(&w->in, SQL("select count(*) from law"), NO_ARGS);
    assert_int_equal(entries, acts + laws);
    assert_int_equal(inst_i64(&w->in, SQL("select count(distinct seq) from act"), NO_ARGS), acts);
}

static void town_make(struct dbs *t, struct town *w)
{
    enum { FIRST = 16 };
    w->in = inst_make(t, LONG_GROUP_US);
    w->reporter = inst_person(&w->in, "li.lei");
    w->desk = inst_person(&w->in, "wu.tao");
    sem_t answered;
    sem_init(&answered, 0, 0);
    for (int i = 0; i < FIRST; i++) {
        struct one o;
        one_fill(w, &o, CREATE, &answered);
        o.act.done = NULL;
        o.act.user = NULL;
        dbs_ok(act_call(w->in.e, &o.act));
        w->pool[w->npool++] = o.act.ret_record;
        w->good++;
        arena_end(&o.arena);
    }
    sem_destroy(&answered);
}

static const struct {
    enum db_fault fault;
    const char *name;
} kinds[] = {{DB_FAULT_INTERRUPT, "interrupt"},
             {DB_FAULT_FULL, "disk full"},
             {DB_FAULT_IO, "I/O"},
             {DB_FAULT_LOST, "connection lost"}};
static const int places[] = {0, 1, 3, 4}; /* one of each kind of act */

static void every_statement(struct town *w, enum db_fault fault, int k)
{
    int64_t n = group_of_eight(w, DB_FAULT_NONE, k, 1); /* counts them, and does no harm */
    assert_true(n > 5 && n < STATEMENTS_MAX);
    for (int64_t at = 1; at <= n; at++) {
        group_of_eight(w, fault, k, at);
    }
}

static void body_faults(struct dbs *t)
{
    struct town *w = arena_new(t->life, struct town);
    town_make(t, w);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int64_t groups = w->groups;
        int64_t struck = w->struck;
        for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
            every_statement(w, kinds[i].fault, places[p]);
        }
        print_message("           %s: %lld groups of 8, %lld met the error\n", kinds[i].name,
                      (long long)(w->groups - groups), (long long)(w->struck - struck));
        assert_true(w->struck > struck);
        numbers_have_no_gap(w);
        ledger_is_whole(w);
    }
    print_message("           %lld acts, each there exactly once\n", (long long)w->good);
    engine_stop(w->in.e);
}

static void an_error_in_any_statement_of_an_act_leaves_the_other_seven_exactly_once(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_in_any_statement_of_an_act_leaves_the_other_seven_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
