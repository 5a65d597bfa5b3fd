/* Groups of eight real acts, one of which meets an error in one of its
 * statements: interrupted, disk full, I/O, connection lost.  Each statement,
 * each kind, both databases.  The other seven are there exactly once, the one
 * that met it is there if and only if it was answered so, numbers have no gap
 * and the ledger is whole. */
#include "base/words.h"
#include "engine/crowd.h"
#include "engine/engine_int.h"

enum { ACTS = 8, LONG_GROUP_US = 60000000, STATEMENTS_MAX = 200 };

static const enum what mix[ACTS] = {CREATE,   ACCEPT, CREATE, COMMENT,
                                    WITHDRAW, CREATE, ACCEPT, CREATE};

struct town {
    struct crowd crowd;     /* first */
    int64_t groups, struck; /* figures */
};

/* --- jobs around act k: the one before plants, the one after takes away -------------- */

struct mark_job {
    struct writer_job job; /* first */
    sem_t *wait;           /* the first job of the group holds it together */
    enum db_fault fault;   /* planted once */
    bool clears;
    bool commit, happens; /* the commit of the group reports a failure, and is none */
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
    if (m->commit) {
        db_plant_commit_fault(db, m->happens);
        m->commit = false;
    }
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

/* --- groups ------------------------------------------------------------------------------- */

static struct mark_job *submit_mark(struct town *w, struct mark_job *m)
{
    dbs_ok(writer_submit(w->crowd.in.e->writer, &m->job));
    return m;
}

/* Groups that an error had begun again, or run job by job. */
static int64_t run_again(const struct town *w)
{
    struct writer_stats s = writer_stats(w->crowd.in.e->writer);
    return s.redone + s.regrouped;
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
        one_fill(&w->crowd, &acts[i], mix[i], &answered);
        if (i == k) {
            submit_mark(w, &before);
        }
        dbs_ok(act_submit(w->crowd.in.e, &acts[i].act));
        if (i == k) {
            submit_mark(w, &after);
        }
    }
    int64_t again = run_again(w);
    sem_post(&go);
    for (int i = 0; i < ACTS; i++) {
        sem_wait(&answered);
    }
    int64_t statements = after.statements - before.statements;
    again = run_again(w) - again;
    w->groups++;
    w->struck += again || acts[k].act.result.code;
    for (int i = 0; i < ACTS; i++) {
        one_check(&w->crowd, &acts[i], i == k);
    }
    one_again(&w->crowd, &acts[k]);
    for (int i = 0; i < ACTS; i++) {
        arena_end(&acts[i].arena);
    }
    arena_end(&a);
    arena_reset(w->crowd.in.t->a);
    sem_destroy(&go);
    sem_destroy(&answered);
    return statements;
}

/* The commit of a group fails, or happens and its answer is lost: on another
 * connection the keys tell, and every act is there once. */
static void group_without_answer(struct town *w, bool happens)
{
    struct arena a = arena_make(32 << 20);
    struct one *acts = arena_array(&a, struct one, ACTS);
    sem_t go;
    sem_t answered;
    sem_init(&go, 0, 0);
    sem_init(&answered, 0, 0);
    struct mark_job hold = mark_make();
    hold.wait = &go;
    hold.commit = true;
    hold.happens = happens;
    int64_t reopened = writer_stats(w->crowd.in.e->writer).reopened;
    submit_mark(w, &hold);
    for (int i = 0; i < ACTS; i++) {
        one_fill(&w->crowd, &acts[i], mix[i], &answered);
        dbs_ok(act_submit(w->crowd.in.e, &acts[i].act));
    }
    sem_post(&go);
    for (int i = 0; i < ACTS; i++) {
        sem_wait(&answered);
    }
    assert_true(writer_stats(w->crowd.in.e->writer).reopened > reopened);
    for (int i = 0; i < ACTS; i++) {
        assert_int_equal(acts[i].act.result.code, ERR_NONE);
        one_settle(&w->crowd, &acts[i]);
        arena_end(&acts[i].arena);
    }
    arena_end(&a);
    arena_reset(w->crowd.in.t->a);
    sem_destroy(&go);
    sem_destroy(&answered);
}

static void body_commits(struct dbs *t)
{
    enum { GROUPS = 12 };
    struct town *w = arena_new(t->life, struct town);
    crowd_make(&w->crowd, inst_make(t, LONG_GROUP_US));
    for (int i = 0; i < GROUPS; i++) {
        group_without_answer(w, i % 2);
    }
    crowd_numbers(&w->crowd);
    crowd_ledger(&w->crowd);
    engine_stop(w->crowd.in.e);
}

static void a_commit_that_fails_or_goes_unheard_neither_loses_nor_doubles(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_commits);
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
    crowd_make(&w->crowd, inst_make(t, LONG_GROUP_US));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int64_t groups = w->groups;
        int64_t struck = w->struck;
        for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
            every_statement(w, kinds[i].fault, places[p]);
        }
        print_message("           %s: %lld groups of 8, %lld met the error\n", kinds[i].name,
                      (long long)(w->groups - groups), (long long)(w->struck - struck));
        assert_true(w->struck > struck);
        crowd_numbers(&w->crowd);
        crowd_ledger(&w->crowd);
    }
    print_message("           %lld acts, each there exactly once\n", (long long)w->crowd.good);
    engine_stop(w->crowd.in.e);
}

static void an_error_in_any_statement_of_an_act_leaves_the_other_seven_exactly_once(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_that_fails_or_goes_unheard_neither_loses_nor_doubles),
        cmocka_unit_test(an_error_in_any_statement_of_an_act_leaves_the_other_seven_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
