/* What the engine says of itself: each thing that can go wrong is made to, and
 * what is said has to be in words, in both languages, with what to do. */
#include "base/health.h"
#include "engine/engine_int.h"
#include "engine/inst.h"
#include "engine/job.h"
#include "store/writer_int.h"

#include <stdatomic.h>
#include <string.h>

static struct health_now look(struct inst *in, struct health *h, const char *name, int64_t now)
{
    const struct health_row *rows;
    (void)in;
    size_t n = health_look(h, in->t->a, now, &rows);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows[i].check->name, str_from(name))) {
            const struct health_now *x = &rows[i].now;
            assert_true(x->what.zh.len && x->what.en.len);
            assert_int_equal(x->state == HEALTH_OK, x->remedy.zh.len == 0);
            assert_int_equal(x->remedy.zh.len == 0, x->remedy.en.len == 0);
            return *x;
        }
    }
    fail_msg("no check %s", name);
    return (struct health_now){0};
}

static void exec(struct inst *in, struct sql sql)
{
    dbs_ok(db_exec(in->db, in->t->a, sql, NO_ARGS));
}

/* As the writer does between its groups, ten seconds and more later. */
static int64_t look_around(struct inst *in, int64_t now)
{
    engine_look_around(in->e, in->db, in->t->a, now);
    engine_look_around(in->e, in->db, in->t->a, now + 11000);
    return now + 11000;
}

/* Controls: none, judged, and not judged for an hour. */
static void controls_told(struct inst *in, struct health *h, int64_t now)
{
    struct health_now x = look(in, h, "controls", now);
    assert_int_equal(x.state, HEALTH_OK);
    assert_true(str_has(x.what.zh, STR("没有控制点，或正在第一次检查")));
    assert_true(str_has(x.what.en, STR("There are no controls, or the first look goes on")));
    in->e->seen.controls_at = now - 60000;
    x = look(in, h, "controls", now);
    assert_int_equal(x.state, HEALTH_OK);
    assert_true(str_has(x.what.zh, STR("控制点都已检查")));
    assert_true(str_has(x.what.en, STR("All controls are judged")));
    x = look(in, h, "controls", now + 3600000);
    assert_int_equal(x.state, HEALTH_WARN);
    assert_true(str_has(x.what.zh, STR("控制点已 61 分钟没有检查完毕，合规页上的结果是旧的")));
    assert_true(str_has(x.what.en, STR("Controls were last judged to the end 61 minutes ago")));
    assert_true(str_has(x.remedy.zh, STR("若某个控制点无法判定，合规页会说明原因")));
    assert_true(str_has(x.remedy.en, STR("where one cannot be judged, Compliance says why")));
}

static void told(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    struct health *h = health_make(t->life);
    engine_health(in.e, h);
    int64_t now = look_around(&in, INST_NOW);
    static const char *const well[] = {"writer", "due", "jobs", "log", "search", "clock"};
    for (size_t i = 0; i < sizeof(well) / sizeof(well[0]); i++) {
        assert_int_equal(look(&in, h, well[i], now).state, HEALTH_OK);
    }
    /* something fell due an hour ago and nobody did it */
    dbs_ok(db_exec(in.db, t->a,
                   SQL("insert into later(id, at, record, type, act, action, effect, actor, key)"
                       " values (77, $1, 1, 1, 1, 'x', 0, 0, 'health-test')"),
                   ARGS(db_i64(now - 3600000))));
    now = look_around(&in, now + 20000);
    struct health_now x = look(&in, h, "due", now);
    assert_int_equal(x.state, HEALTH_WARN);
    assert_true(str_has(x.what.en, STR("1 things are due")));
    assert_true(str_has(x.what.zh, STR("项到期事项还没有办理")));
    assert_true(str_has(x.remedy.zh, STR("若数量不降，查看失败的后台任务")));
    assert_true(str_has(x.remedy.en, STR("A large set is worked off in steps")));
    exec(&in, SQL("delete from later where id = 77"));
    now = look_around(&in, now + 20000);
    assert_int_equal(look(&in, h, "due", now).state, HEALTH_OK);
    /* a job failed yesterday; one of last month no longer counts */
    for (int days = 1; days < 60; days += 30) {
        dbs_ok(db_exec(
            in.db, t->a,
            SQL("insert into job(id, kind, title_zh, title_en, person, state, done,"
                " total, created_at, changed_at) values ($1, 'x', '', '', 0, $2, 0, 0,"
                " $3, $3)"),
            ARGS(db_i64(uid_at(now - days * 86400000LL) + 1), db_i64(JOB_FAILED), db_i64(now))));
    }
    now = look_around(&in, now + 20000);
    x = look(&in, h, "jobs", now);
    assert_int_equal(x.state, HEALTH_WARN);
    assert_true(str_has(x.what.zh, STR("近七天有 1 个后台任务失败")));
    assert_true(str_has(x.what.en, STR("1 jobs failed in the last seven days")));
    assert_true(str_has(x.remedy.zh, STR("按其中写明的原因处理后重试")));
    assert_true(str_has(x.remedy.en, STR("mend what each one says, and try again")));
    assert_int_equal(engine_stats(in.e).queues.jobs_failed, 1);
    /* deadlines: nobody has looked for a minute */
    engine_tick(in.e, now);
    assert_int_equal(look(&in, h, "clock", now + 1000).state, HEALTH_OK);
    x = look(&in, h, "clock", now + 60000);
    assert_int_equal(x.state, HEALTH_BAD);
    assert_true(str_has(x.what.zh, STR("时限处理已停滞 60 秒")));
    assert_true(str_has(x.what.en, STR("Deadlines have not been looked at for 60 s")));
    assert_true(str_has(x.remedy.zh, STR("若写入正常，重启服务")));
    assert_true(str_has(x.remedy.en, STR("if that is well, restart the server")));
    /* after a large import: more than are worked off while this looks */
    exec(&in, SQL("with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)"
                  " insert into search_queue(record, type) select i, 1 from n"));
    now = look_around(&in, now + 70000);
    x = look(&in, h, "search", now);
    assert_int_equal(x.state, HEALTH_WARN);
    assert_true(str_has(x.what.zh, STR("条记录还没有进入搜索")));
    assert_true(str_has(x.what.en, STR("records are not in the search index yet")));
    assert_true(str_has(x.remedy.zh, STR("大量导入之后会逐步完成")));
    assert_true(str_has(x.remedy.en, STR("it catches up by itself")));
    exec(&in, SQL("delete from search_queue where record < 30001"));
    controls_told(&in, h, now);
}

/* --- the writer ------------------------------------------------------------------------ */

enum { WAITING = 450 };

static atomic_bool begun, go_on;

static void answered(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

/* Stands still like a disk that does not answer, until it may go on. */
static err stands(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)job, (void)db, (void)a, (void)world;
    atomic_store(&begun, true);
    while (!atomic_load(&go_on)) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return OK;
}

static err quick(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)job, (void)db, (void)a, (void)world;
    return OK;
}

static err on_a_full_disk(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)job, (void)world;
    db_plant_fault(db, DB_FAULT_FULL, 1);
    err e = db_exec(
        db, a, SQL("insert into installation(key, value) values ('large', hex(zeroblob(200000)))"),
        NO_ARGS);
    db_plant_fault(db, DB_FAULT_NONE, 1);
    return e;
}

static void says(struct inst *in, struct health *h, const char *name, const char *zh,
                 const char *zh_remedy, const char *en, const char *en_remedy)
{
    struct health_now x = look(in, h, name, INST_NOW);
    if (!str_has(x.what.zh, str_from(zh)) || !str_has(x.what.en, str_from(en)) ||
        !str_has(x.remedy.zh, str_from(zh_remedy)) || !str_has(x.remedy.en, str_from(en_remedy))) {
        fail_msg("%s says: %.*s %.*s", name, STR_ARG(x.what.en), STR_ARG(x.remedy.en));
    }
}

/* What can only be seen while it stands: it has no progress, much waits, its log is long, and
 * nothing gets a checkpoint. */
static void while_it_stands(struct inst *in, struct health *h)
{
    struct writer *w = in->e->writer;
    says(in, h, "writer", "个操作在等待写入（上限 512）", "检查磁盘速度与正在运行的导入",
         "acts wait to be written (at most 512)", "look at the disk's speed and at imports");
    int64_t beat = atomic_exchange(&w->beat_us, writer_now_us() - 11000000);
    says(in, h, "writer", "秒没有进展，新的操作都在等待", "已提交的操作不会丢失",
         "The writer has made no progress for 11 s", "nothing committed is lost");
    atomic_store(&w->beat_us, beat);
    pthread_mutex_lock(&w->lock);
    w->stats.log_bytes = INT64_C(300) << 20;
    pthread_mutex_unlock(&w->lock);
    says(in, h, "log", "数据库日志已有 300 MB", "结束后会自动收缩",
         "The database's log holds 300 MB", "it shrinks when that one ends");
    pthread_mutex_lock(&in->e->lock);
    in->e->seen.ledger_size = 6000;
    pthread_mutex_unlock(&in->e->lock);
    says(in, h, "ledger", "6000 条存证还没有检查点", "检查签名进程与写入状态",
         "6000 entries of the ledger have no checkpoint yet", "no entry is lost");
}

static void stands_still(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    struct health *h = health_make(t->life);
    struct writer *w = in.e->writer;
    engine_health(in.e, h);
    struct writer_job *jobs = arena_array(t->life, struct writer_job, WAITING + 1);
    atomic_store(&begun, false);
    atomic_store(&go_on, false);
    jobs[0] = (struct writer_job){.run = stands, .done = answered};
    dbs_ok(writer_submit(w, &jobs[0]));
    while (!atomic_load(&begun)) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    for (int i = 1; i <= WAITING; i++) {
        jobs[i] = (struct writer_job){.run = quick, .done = answered};
        dbs_ok(writer_submit(w, &jobs[i]));
    }
    while_it_stands(&in, h);
    atomic_store(&go_on, true);
    struct writer_job last = {.run = quick, .done = answered};
    dbs_ok(engine_run(in.e, &last));
    says(&in, h, "writer", "已写入", "", "acts written; commit p99", "");
    says(&in, h, "log", "MB，超过 64 MB 时收缩", "", "MB; it shrinks above 64 MB", "");
}

static void refuses(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    struct health *h = health_make(t->life);
    struct writer *w = in.e->writer;
    engine_health(in.e, h);
    struct writer_job job = {.run = on_a_full_disk, .done = answered};
    assert_int_equal(engine_run(in.e, &job).code, ERR_DISK);
    says(&in, h, "writer", "数据库拒绝写入", "腾出空间或恢复写权限，随后会自动继续",
         "The database refuses writes", "and it goes on by itself");
    pthread_mutex_lock(&w->lock);
    w->trouble_us -= 61000000;
    pthread_mutex_unlock(&w->lock);
    says(&in, h, "writer", "上一次写入失败，此后没有再写", "下一次写入成功后此提示消失",
         "The last write failed, and none has been tried since",
         "the next write that succeeds clears this");
    job = (struct writer_job){.run = quick, .done = answered};
    dbs_ok(engine_run(in.e, &job));
    says(&in, h, "writer", "已写入", "", "acts written; commit p99", "");
}

static void a_writer_that_stands_or_refuses_is_said(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, stands_still);
    dbs_each(DBS_FILE, refuses);
}

static void what_goes_wrong_is_said_in_words(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, told);
}

static void every_figure_can_be_read(void **state)
{
    (void)state;
    struct arena life = arena_make(64 << 20);
    struct engine *e = NULL;
    struct diags d = diags_make(&life);
    struct sources none = {0};
    struct engine_options o = {.origin = STR("test/ledger"), .url = STR("sqlite::memory:")};
    err x = engine_open_memory(&life, &none, &o, &d, &e);
    assert_int_equal(x.code, ERR_NONE);
    struct health *h = health_make(&life);
    engine_health(e, h);
    const struct health_figure *list;
    size_t n = health_figures(h, &life, &list);
    assert_true(n > 15);
    for (size_t i = 0; i < n; i++) {
        double v = list[i].read(list[i].arg, 1);
        assert_true(v != v || v >= 0);
        assert_int_equal(list[i].counter, str_ends(str_from(list[i].name), STR("_total")));
    }
    arena_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_goes_wrong_is_said_in_words),
                                       cmocka_unit_test(a_writer_that_stands_or_refuses_is_said),
                                       cmocka_unit_test(every_figure_can_be_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
