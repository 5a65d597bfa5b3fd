/* The power is cut in the middle of acts, of a checkpoint, of opening again, and
 * after a sync that failed (support/disk.h): whatever was not synced is lost, torn
 * or there in another order.  Opened again, what had been answered is there exactly
 * once, nothing by halves, numbers have no gap and the ledger verifies. */
#include "engine/crowd.h"
#include "engine/job.h"

#include "support/disk.h"

#include <stdlib.h>
#include <unistd.h>

enum { ACTS = 5, CUTS = 120, LOOK_EVERY = 20 };
static const enum what mix[ACTS] = {CREATE, COMMENT, ACCEPT, CREATE, CREATE};

struct house {
    struct dbs t;
    struct arena life, a, own;
    struct crowd crowd;
    struct one acts[ACTS];
    bool pending; /* acts of before the cut, to be looked at */
    unsigned dice;
    int64_t in_acts, in_stop, in_opening, unsynced, answered;
    struct disk_loss loss;
};

static void close_house(struct house *h)
{
    arena_reset(&h->a); /* acts in it hold the engine's model */
    engine_stop(h->crowd.in.e);
    arena_end(&h->life);
}

/* False when the power went while it was being opened. */
static bool open_house(struct house *h)
{
    struct engine_options o = {.url = h->t.url, .reopen_ms = 1, .clock = inst_clock};
    h->life = arena_make(256 << 20);
    h->crowd.in.e = NULL;
    err e = engine_open(&h->life, &o, &h->crowd.in.e);
    if (e.code) {
        arena_end(&h->life);
        return false;
    }
    h->t.life = &h->life;
    h->t.a = &h->a;
    h->crowd.in.t = &h->t;
    dbs_ok(engine_reader(h->crowd.in.e, &h->life, &h->crowd.in.db));
    return true;
}

static void cut(struct house *h)
{
    struct disk_loss l = disk_crash(&h->dice);
    h->loss.kept += l.kept;
    h->loss.lost += l.lost;
    h->loss.torn += l.torn;
}

static void settle(struct house *h)
{
    for (int i = 0; i < ACTS && h->pending; i++) {
        h->answered += h->acts[i].act.result.code == ERR_NONE;
        one_settle(&h->crowd, &h->acts[i]);
        arena_end(&h->acts[i].arena);
    }
    h->pending = false;
    arena_reset(&h->a);
}

static void act(struct house *h)
{
    sem_t answered;
    sem_init(&answered, 0, 0);
    for (int i = 0; i < ACTS; i++) {
        one_fill(&h->crowd, &h->acts[i], mix[i], &answered);
        dbs_ok(act_submit(h->crowd.in.e, &h->acts[i].act));
    }
    for (int i = 0; i < ACTS; i++) {
        sem_wait(&answered);
    }
    for (int i = 0; i < ACTS; i++) {
        one_part(&h->crowd, &h->acts[i]);
    }
    sem_destroy(&answered);
    h->pending = true;
}

/* The process dies; what it gave to the kernel is there. */
static void die(struct house *h)
{
    disk_sound();
    disk_power(1);
    close_house(h);
    disk_sound();
}

/* No sync succeeds, and the process is started anew: the kernel shows what the disk
 * may not hold, and others build upon it. */
static void act_unsynced(struct house *h)
{
    disk_fail(DISK_SYNC, 0, 1, INT64_MAX / 2);
    act(h);
    die(h);
    assert_true(open_house(h));
    settle(h);
    h->unsynced++;
}

/* Acts run; somewhere on the way, or while it ends, the power goes. */
static void act_and_cut(struct house *h)
{
    enum { CHANGES = 260 }; /* writes of five acts, and of the end */
    unsigned how = (unsigned)rand_r(&h->dice) % 4;
    disk_sound();
    if (how == 3) {
        act_unsynced(h);
    }
    if (how != 0) {
        disk_power(1 + rand_r(&h->dice) % CHANGES);
        h->in_acts++;
    }
    act(h);
    if (how == 0) { /* while it ends: the log is copied into the database */
        disk_power(1 + rand_r(&h->dice) % (CHANGES / 4));
        h->in_stop++;
    }
    close_house(h);
    cut(h);
}

static void open_again(struct house *h)
{
    if (rand_r(&h->dice) % 3 == 0) {
        disk_power(1 + rand_r(&h->dice) % 40);
        h->in_opening++;
        if (open_house(h)) {
            close_house(h);
        }
        cut(h);
    }
    assert_true(open_house(h));
    settle(h);
}

static void make_house(struct house *h, const char *url)
{
    h->life = arena_make(256 << 20);
    h->a = arena_make(256 << 20);
    h->t = (struct dbs){.name = "SQLite, a file", .which = DBS_FILE, .url = str_from(url)};
    h->t.life = &h->life;
    h->t.a = &h->a;
    crowd_make(&h->crowd, inst_make(&h->t, 0));
    close_house(h);
    assert_true(open_house(h));
}

/* Long work is no act: its ids, too, are none that an earlier run gave, however soon
 * the next one begins (the clock stands still here). */
static void no_id_is_given_twice(struct house *h)
{
    enum { RUNS = 3 };
    for (int i = 0; i < RUNS; i++) {
        int64_t id;
        dbs_ok(job_begin(h->crowd.in.e, STR("test"), WORDS("试", "A try"), 0, 1, INST_NOW, &id));
        dbs_ok(job_end(h->crowd.in.e, id, JOB_DONE, 1, STR(""), STR(""), INST_NOW));
        close_house(h);
        assert_true(open_house(h));
    }
}

static void what_was_answered_before_the_power_went_is_there(void **state)
{
    (void)state;
    char dir[] = "/tmp/zhidu-power-XXXXXX";
    char url[64];
    const char *seed = getenv("ZHIDU_SEED");
    static struct house house;
    struct house *h = &house;
    int64_t n = 1;
    assert_non_null(mkdtemp(dir));
    snprintf(url, sizeof(url), "sqlite:%s/db", dir);
    (void)(seed && str_to_i64(str_from(seed), &n));
    h->dice = (unsigned)n;
    disk_begin(false);
    make_house(h, url);
    no_id_is_given_twice(h);
    for (int i = 0; i < CUTS; i++) {
        act_and_cut(h);
        open_again(h);
        if (i % LOOK_EVERY == LOOK_EVERY - 1) {
            crowd_numbers(&h->crowd);
            crowd_ledger(&h->crowd);
            arena_reset(&h->a);
        }
    }
    close_house(h);
    disk_end();
    arena_end(&h->a);
    const char *ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char path[80];
        snprintf(path, sizeof(path), "%s/db%s", dir, ends[i]);
        unlink(path);
    }
    rmdir(dir);
    print_message(
        "           seed %lld: %d cuts (%lld among acts, %lld of them after syncs that failed;"
        " %lld at the end, %lld more while opening); of unsynced changes %lld kept,"
        " %lld torn, %lld lost; %lld acts had been answered, all are there\n",
        (long long)n, CUTS, (long long)h->in_acts, (long long)h->unsynced, (long long)h->in_stop,
        (long long)h->in_opening, (long long)h->loss.kept, (long long)h->loss.torn,
        (long long)h->loss.lost, (long long)h->answered);
    assert_true(h->answered > 0 && h->loss.lost > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_before_the_power_went_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
