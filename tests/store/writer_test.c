/* The writer: groups, refusals, bounds, idle work, commits that fail. */
#include "store/writer.h"

#include "support/dbs.h"
#include "support/jobs.h"
#include "support/test.h"

#include <pthread.h>
#include <time.h>

enum { LONG_GROUP_US = 10000000 };

static struct writer_options patient(void)
{
    return (struct writer_options){.group_us = LONG_GROUP_US};
}

static void body_groups(struct dbs *t)
{
    enum { N = 20 };
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    struct writer_stats before = writer_stats(w);
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, &world, 1, &answered);
    jobs_run(w, jobs, N);
    struct writer_stats after = writer_stats(w);
    assert_int_equal(after.groups - before.groups, 1);
    assert_int_equal(after.jobs - before.jobs, N);
    assert_true(after.group_p99_us > 0 && after.group_p50_us <= after.group_p99_us);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].result, ERR_NONE);
        assert_int_equal(jobs[i].runs, 1);
        assert_int_equal(jobs[i].answers, 1);
        assert_int_equal(jobs_rows(w, i + 1), 1);
    }
    writer_stop(w);
    assert_int_equal(world.made, t->which == DBS_MEMORY ? N : world.durable);
}

static void jobs_that_wait_together_share_one_commit(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_groups);
}

/* Is a group begun again when a job fails after it has written? */
static bool without_savepoints(const struct dbs *t)
{
    return t->which != DBS_PG;
}

static void body_refused(struct dbs *t)
{
    enum { N = 8 };
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, &world, 1, &answered);
    jobs[2].refuse = true;
    jobs[5].glutton = true;
    jobs_run(w, jobs, N);
    bool redone = without_savepoints(t);
    assert_int_equal(writer_stats(w).redone, redone);
    for (int i = 0; i < N; i++) {
        bool refused = i == 2 || i == 5;
        assert_int_equal(jobs[i].runs, redone && i <= 2 ? 2 : 1);
        assert_int_equal(jobs[i].answers, 1);
        assert_int_equal(jobs_rows(w, i + 1), refused ? 0 : 1);
    }
    assert_int_equal(jobs[2].result, ERR_RULE);
    assert_true(str_eq(jobs[2].job.result.detail, STR("job 3 is refused")));
    assert_int_equal(jobs[5].result, ERR_BUSY);
    assert_int_equal(writer_stats(w).refused, 2);
    assert_int_equal(writer_stats(w).regrouped, 0);
    writer_stop(w);
    assert_int_equal(world.made, N - 2);
}

static void a_refused_job_and_one_that_runs_out_of_memory_leave_the_others(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_refused);
}

/* Refused before they write, or with a savepoint of their own. */
static void body_alone(struct dbs *t)
{
    enum { N = 8 };
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, &world, 1, &answered);
    jobs[0].deny = jobs[3].deny = true;
    jobs[1].refuse = jobs[1].job.tentative = true;
    jobs[6].refuse = jobs[6].job.tentative = true;
    jobs_run(w, jobs, N);
    for (int i = 0; i < N; i++) {
        bool good = !jobs[i].deny && !jobs[i].refuse;
        assert_int_equal(jobs[i].result, good ? ERR_NONE : ERR_RULE);
        assert_int_equal(jobs[i].runs, 1);
        assert_int_equal(jobs_rows(w, i + 1), good);
    }
    assert_int_equal(writer_stats(w).redone, 0);
    writer_stop(w);
    assert_int_equal(world.made, N - 4);
}

static void what_is_refused_before_writing_or_only_tried_costs_the_others_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_alone);
}

static void body_all_refused(struct dbs *t)
{
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    int64_t groups = writer_stats(w).groups;
    sem_t answered;
    sem_init(&answered, 0, 0);
    struct jobs_job job = jobs_make(&world, 1, &answered);
    job.refuse = true;
    jobs_run(w, &job, 1);
    assert_int_equal(job.result, ERR_RULE);
    assert_int_equal(writer_stats(w).groups, groups);
    assert_int_equal(jobs_rows(w, 1), 0);
    writer_stop(w);
    assert_int_equal(world.made, 0);
}

static void a_group_of_refusals_commits_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_all_refused);
}

static bool row_is_durable(struct jobs_job *j)
{
    struct dbs *t = j->arg;
    struct arena life = arena_make(64 << 20);
    struct db *db = dbs_open(t, &life, false);
    struct rows r;
    err e = db_query(db, &life, SQL("select 1 from made where job = $1"), ARGS(db_i64(j->id)), &r);
    bool there = !e.code && rows_count(&r) == 1;
    arena_end(&life);
    return there;
}

static void body_durable(struct dbs *t)
{
    enum { N = 4 };
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, &world, 1, &answered);
    for (int i = 0; i < N; i++) {
        jobs[i].check = row_is_durable;
        jobs[i].arg = t;
    }
    jobs_run(w, jobs, N);
    for (int i = 0; i < N; i++) {
        assert_true(jobs[i].checked);
    }
    writer_stop(w);
}

static void nobody_is_answered_before_others_can_see_his_row(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_durable);
}

static void body_queue(struct dbs *t)
{
    enum { MAX = 4 };
    struct jobs_world world = {0};
    struct writer_options opt = patient();
    opt.queue_max = MAX;
    struct writer *w = jobs_writer(t, opt, &world);
    sem_t answered;
    sem_t go;
    sem_t started;
    sem_init(&go, 0, 0);
    sem_init(&started, 0, 0);
    struct jobs_job jobs[MAX + 2];
    jobs_fill(jobs, MAX + 2, &world, 1, &answered);
    jobs[0].wait = &go;
    jobs[0].started = &started;
    dbs_ok(writer_submit(w, &jobs[0].job));
    sem_wait(&started);
    for (int i = 1; i <= MAX; i++) {
        dbs_ok(writer_submit(w, &jobs[i].job));
    }
    assert_int_equal(writer_submit(w, &jobs[MAX + 1].job).code, ERR_BUSY);
    assert_int_equal(writer_stats(w).queue_now, MAX);
    sem_post(&go);
    writer_stop(w); /* finishes the queue */
    for (int i = 0; i <= MAX; i++) {
        assert_int_equal(jobs[i].answers, 1);
        assert_int_equal(jobs[i].result, ERR_NONE);
    }
    assert_int_equal(jobs[MAX + 1].answers, 0);
    assert_int_equal(writer_stats(w).turned_away, 1);
    assert_int_equal(writer_submit(w, &jobs[MAX + 1].job).code, ERR_BUSY);
}

static void the_queue_is_bounded_and_finished_at_the_end(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_queue);
}

static void body_idle(struct dbs *t)
{
    struct jobs_world world = {0};
    struct writer_options opt = patient();
    opt.idle_every_ms = 5;
    struct writer *w = jobs_writer(t, opt, &world);
    struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < 1000 && world.idle < 3; i++) { /* a busy machine takes its time */
        nanosleep(&pause, NULL);
    }
    assert_true(world.idle >= 3);
    writer_stop(w);
}

static void idle_work_is_done_without_jobs_too(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, body_idle);
}

static void body_commit(struct dbs *t, bool lost)
{
    enum { N = 6 };
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, &world, 1, &answered);
    jobs[1].commit_fails = !lost;
    jobs[1].commit_lost = lost;
    jobs[3].refuse = true;
    jobs_run(w, jobs, N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].answers, 1);
        assert_int_equal(jobs[i].result, i == 3 ? ERR_RULE : ERR_NONE);
        assert_int_equal(jobs_rows(w, i + 1), i == 3 ? 0 : 1);
        int redone = without_savepoints(t) && i <= 3; /* the fourth is refused after its work */
        assert_int_equal(jobs[i].runs, redone + (lost ? 1 : 2));
    }
    assert_int_equal(writer_stats(w).reopened, 1);
    writer_stop(w);
    assert_int_equal(world.made, N - 1);
}

static void body_commit_fails(struct dbs *t)
{
    body_commit(t, false);
}

static void body_commit_lost(struct dbs *t)
{
    body_commit(t, true);
}

static void after_a_commit_that_failed_every_job_runs_again_once(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_commit_fails);
}

static void after_a_commit_whose_answer_was_lost_no_job_runs_twice(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_commit_lost);
}

/* --- planted errors --------------------------------------------------------------- */

struct planting {
    struct writer *w;
    struct jobs_world *world;
    int64_t next_id, rows, struck;
};

/* A group of eight, an error in statement `at` of job k: the other seven are
 * there once, and job k is there if and only if it was answered so. */
static void plant_one(struct planting *p, enum db_fault fault, int k, int64_t at)
{
    enum { N = 8 };
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, p->world, p->next_id, &answered);
    p->next_id += N;
    jobs[k].fault = fault;
    jobs[k].fault_at = at;
    jobs_run(p->w, jobs, N);
    for (int i = 0; i < N; i++) {
        bool good = jobs[i].result == ERR_NONE;
        assert_int_equal(jobs[i].answers, 1);
        assert_true(good || i == k);
        assert_true(good || jobs[i].result == ERR_BUSY || jobs[i].result == ERR_STORE ||
                    jobs[i].result == ERR_DISK);
        assert_int_equal(jobs_rows(p->w, jobs[i].id), good);
        p->rows += good;
    }
    p->struck += jobs[k].struck;
    sem_destroy(&answered);
}

static void body_planted(struct dbs *t)
{
    static const enum db_fault kinds[] = {DB_FAULT_INTERRUPT, DB_FAULT_FULL, DB_FAULT_IO,
                                          DB_FAULT_LOST};
    static const int places[] = {0, 3, 7};
    struct jobs_world world = {0};
    struct planting p = {.w = jobs_writer(t, patient(), &world), .world = &world, .next_id = 1};
    for (size_t f = 0; f < sizeof(kinds) / sizeof(kinds[0]); f++) {
        for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
            int64_t before = p.struck;
            for (int64_t at = 1; at <= JOBS_STATEMENTS; at++) {
                plant_one(&p, kinds[f], places[k], at);
            }
            /* a statement that can do without what is missing goes on, but not all of them */
            assert_true(p.struck > before);
        }
    }
    print_message("           %lld groups, %lld errors met, %lld begun again, %lld job by job\n",
                  (long long)(p.next_id - 1) / 8, (long long)p.struck,
                  (long long)writer_stats(p.w).redone, (long long)writer_stats(p.w).regrouped);
    assert_true(writer_stats(p.w).regrouped > 0);
    writer_stop(p.w);
    assert_int_equal(world.made, p.rows);
}

static void an_error_in_any_statement_leaves_the_other_seven_exactly_once(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_planted);
}

static void group_of_four(struct writer *w, struct jobs_world *world, int64_t first)
{
    enum { N = 4 };
    sem_t answered;
    struct jobs_job jobs[N];
    jobs_fill(jobs, N, world, first, &answered);
    jobs_run(w, jobs, N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].answers, 1);
        assert_int_equal(jobs[i].result, ERR_NONE);
        assert_int_equal(jobs_rows(w, first + i), 1);
    }
}

static void body_edges(struct dbs *t)
{
    /* not a full disk: what begins and ends these groups needs no page more */
    static const enum db_fault kinds[] = {DB_FAULT_INTERRUPT, DB_FAULT_IO, DB_FAULT_LOST};
    struct jobs_world world = {0};
    struct writer *w = jobs_writer(t, patient(), &world);
    int64_t id = 1;
    for (size_t f = 0; f < sizeof(kinds) / sizeof(kinds[0]); f++) {
        world.begin_fault = kinds[f];
        group_of_four(w, &world, id);
        world.end_fault = kinds[f];
        group_of_four(w, &world, id + 4);
        id += 8;
    }
    writer_stop(w);
    assert_int_equal(world.made, id - 1);
}

static void an_error_where_a_group_begins_or_ends_costs_nobody_his_job(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_edges);
}

static void body_here(struct dbs *t)
{
    struct jobs_world world = {0};
    dbs_ok(db_ddl(t->db, t->a,
                  SQL("create table piece (job INT, s text); create table total (n INT);"
                      "create table made (job INT, s text);")));
    struct jobs_job jobs[3];
    for (int i = 0; i < 3; i++) {
        jobs[i] = jobs_make(&world, i + 1, NULL);
    }
    jobs[0].job.next = &jobs[1].job;
    jobs[1].job.next = &jobs[2].job;
    jobs[1].refuse = true;
    struct writer_hooks hooks = jobs_hooks(&world);
    assert_int_equal(writer_run_here(t->db, t->a, &hooks, &jobs[0].job, 3).code, ERR_RULE);
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select count(*) from made"), NO_ARGS), 2);
    assert_int_equal(world.made, 2);
    assert_int_equal(world.committed, 2);
}

static void jobs_run_here_are_one_transaction_each(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_wait_together_share_one_commit),
        cmocka_unit_test(a_refused_job_and_one_that_runs_out_of_memory_leave_the_others),
        cmocka_unit_test(what_is_refused_before_writing_or_only_tried_costs_the_others_nothing),
        cmocka_unit_test(a_group_of_refusals_commits_nothing),
        cmocka_unit_test(nobody_is_answered_before_others_can_see_his_row),
        cmocka_unit_test(the_queue_is_bounded_and_finished_at_the_end),
        cmocka_unit_test(idle_work_is_done_without_jobs_too),
        cmocka_unit_test(after_a_commit_that_failed_every_job_runs_again_once),
        cmocka_unit_test(after_a_commit_whose_answer_was_lost_no_job_runs_twice),
        cmocka_unit_test(an_error_in_any_statement_leaves_the_other_seven_exactly_once),
        cmocka_unit_test(an_error_where_a_group_begins_or_ends_costs_nobody_his_job),
        cmocka_unit_test(jobs_run_here_are_one_transaction_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
