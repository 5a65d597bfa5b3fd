/* Real acts on a disk that fails (support/disk.h): each kind of operation, each of
 * those a group of acts needs, once or many times over, with an I/O error and as a
 * full disk.  What was answered is there exactly once, what failed not at all;
 * afterwards the same keys bring the rest, numbers have no gap, the ledger is whole,
 * and nothing had to be started anew. */
#include "engine/crowd.h"

#include "support/disk.h"

#include <sqlite3.h>
#include <string.h>

enum { ACTS = 4, POINTS = 14 };
static const enum what mix[ACTS] = {CREATE, ACCEPT, COMMENT, CREATE};

struct place {
    struct crowd crowd;
    int64_t groups, struck;
    int64_t n[DISK_OPS]; /* operations of the last group */
};

/* The group runs while something is planted; then the disk is sound, and each act
 * is sent again. */
static void group(struct place *p)
{
    struct arena a = arena_make(4 << 20);
    struct one *acts = arena_array(&a, struct one, ACTS);
    sem_t answered;
    sem_init(&answered, 0, 0);
    for (int i = 0; i < ACTS; i++) {
        one_fill(&p->crowd, &acts[i], mix[i], &answered);
        dbs_ok(act_submit(p->crowd.in.e, &acts[i].act));
    }
    for (int i = 0; i < ACTS; i++) {
        sem_wait(&answered);
    }
    p->struck += disk_struck() > 0;
    p->groups++;
    for (int op = 0; op < DISK_OPS; op++) {
        p->n[op] = disk_count((enum disk_op)op);
    }
    disk_sound();
    for (int i = 0; i < ACTS; i++) {
        one_settle(&p->crowd, &acts[i]);
        arena_end(&acts[i].arena);
    }
    arena_end(&a);
    arena_reset(p->crowd.in.t->a);
    sem_destroy(&answered);
}

static const struct {
    const char *name;
    int rc;
    int64_t times;
    bool opening;
} ways[] = {{"once", 0, 1, false},
            {"three times", 0, 3, false},
            {"once, while another connection is opened", 0, 1, true},
            {"the disk is full, once", SQLITE_FULL, 1, false},
            {"the disk is full, for five", SQLITE_FULL, 5, false}};

/* A sync that fails makes the writer open another connection. */
static void begin(bool opening)
{
    disk_sound();
    if (opening) {
        disk_fail(DISK_SYNC, 0, 1, 1);
    }
}

static void every_operation(struct place *p, size_t way, enum disk_op op, int64_t n)
{
    for (int64_t at = 1; at <= n; at += n / POINTS + 1) {
        begin(ways[way].opening);
        disk_fail(op, ways[way].rc, at, ways[way].times);
        group(p);
    }
}

static void body_disk(struct dbs *t)
{
    struct place *p = arena_new(t->life, struct place);
    crowd_make(&p->crowd, inst_make(t, 0));
    for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
        int64_t groups = p->groups;
        int64_t struck = p->struck;
        begin(ways[way].opening);
        group(p); /* counts them */
        int64_t n[DISK_OPS];
        memcpy(n, p->n, sizeof(n));
        for (int op = 0; op < DISK_OPS; op++) {
            bool full = ways[way].rc == SQLITE_FULL && op != DISK_WRITE;
            if (!full) {
                every_operation(p, way, (enum disk_op)op, n[op]);
            }
        }
        print_message("           %s: %lld groups of %d, %lld met it\n", ways[way].name,
                      (long long)(p->groups - groups), ACTS, (long long)(p->struck - struck));
        assert_true(p->struck > struck);
        crowd_numbers(&p->crowd);
        crowd_ledger(&p->crowd);
    }
    print_message("           %lld acts, each there exactly once\n", (long long)p->crowd.good);
    engine_stop(p->crowd.in.e);
}

static void an_operation_that_fails_costs_no_act_and_doubles_none(void **state)
{
    (void)state;
    disk_begin(false);
    dbs_each(DBS_FILE, body_disk);
    disk_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_that_fails_costs_no_act_and_doubles_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
