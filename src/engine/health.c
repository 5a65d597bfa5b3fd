/* health.c - what the engine says of itself to the registry of checks. */
#include "base/health.h"

#include "base/arena.h"
#include "base/enc.h"
#include "engine/engine_int.h"
#include "engine/job.h"

#include <math.h>

enum {
    LOOK_EVERY_MS = 10000,
    SILENT_MS = 10000,   /* a thread that comes round every second or more often */
    QUEUE_MANY = 400,    /* of 512 */
    LAG_MANY = 5000,     /* entries without a checkpoint */
    LAG_MS = 60000,      /* or some entries for so long */
    OVERDUE_MS = 300000, /* what fell due and was not done */
    SEARCH_MANY = 10000, /* records not yet found */
    TROUBLE_MS = 60000,  /* a refused write that nobody tried again counts so long */
    JUDGED_MS = 1800000, /* controls not judged to the end for so long */
    COUNT_MOST = 100000, /* counting stops there */
    FAILED_DAYS = 7,
};
#define LOG_MUCH (INT64_C(256) << 20)

/* --- looking around, on the writer's thread between groups ------------------------------- */

static int ask_overdue(struct batch *b, struct sql sql, int64_t now)
{
    return batch_add(b, sql, ARGS(db_i64(now), db_i64(COUNT_MOST)));
}

static void read_overdue(struct batch *b, int place, struct overdue *ret)
{
    struct rows r = batch_rows(b, place);
    bool any = rows_next(&r);
    ret->n = any ? rows_i64(&r, 0) : 0;
    ret->oldest_at = any ? rows_i64(&r, 1) : 0;
}

static int64_t read_count(struct batch *b, int place)
{
    struct rows r = batch_rows(b, place);
    return rows_next(&r) ? rows_i64(&r, 0) : 0;
}

static struct engine_queues read_queues(struct batch *b, const int place[6])
{
    struct engine_queues q = {0};
    read_overdue(b, place[0], &q.terms);
    read_overdue(b, place[1], &q.later);
    read_overdue(b, place[2], &q.steps);
    q.search = read_count(b, place[3]);
    q.jobs_open = read_count(b, place[4]);
    q.jobs_failed = read_count(b, place[5]);
    return q;
}

void engine_look_around(struct engine *e, struct db *db, struct arena *a, int64_t now)
{
    bool due = now < e->looked_at || now - e->looked_at >= LOOK_EVERY_MS;
    bool first = !e->looked_at; /* what a stop left undone is just being worked off */
    e->looked_at = due ? now : e->looked_at;
    if (!due || first) {
        return;
    }
    struct batch *b = batch_begin(db, a);
    int64_t week_ago = uid_at(now - (int64_t)FAILED_DAYS * 86400000);
    int place[6] = {
        ask_overdue(b,
                    SQL("select count(*), min(mark_at) from (select mark_at from term"
                        " where mark_at is not null and mark_at <= $1"
                        " order by mark_at limit $2) q"),
                    now),
        ask_overdue(b,
                    SQL("select count(*), min(at) from (select at from later where at <= $1"
                        " order by at limit $2) q"),
                    now),
        ask_overdue(b,
                    SQL("select count(*), min(at) from (select at from step_job"
                        " where \"left\" > 0 and at <= $1 order by at limit $2) q"),
                    now),
        batch_add(b,
                  SQL("select count(*) from (select record from search_queue"
                      " order by record limit $1) q"),
                  ARGS(db_i64(COUNT_MOST))),
        batch_add(b,
                  SQL("select count(*) from (select id from job where state in ($1, $2)"
                      " limit $3) q"),
                  ARGS(db_i64(JOB_WAITING), db_i64(JOB_RUNNING), db_i64(COUNT_MOST))),
        batch_add(b,
                  SQL("select count(*) from (select id from job where state = $1 and id > $2"
                      " limit $3) q"),
                  ARGS(db_i64(JOB_FAILED), db_i64(week_ago), db_i64(COUNT_MOST))),
    };
    if (batch_run(b).code) {
        return; /* the writer's own check tells of a database that does not answer */
    }
    struct engine_queues q = read_queues(b, place);
    pthread_mutex_lock(&e->lock);
    e->seen.queues = q;
    pthread_mutex_unlock(&e->lock);
}

/* --- the checks ------------------------------------------------------------------------------ */

static struct health_now look_writer(void *arg, struct arena *a, int64_t now)
{
    struct engine *e = arg;
    struct writer_stats w = engine_stats(e).writer;
    (void)now;
    if (w.silent_us > (int64_t)SILENT_MS * 1000) {
        return health_bad(
            words_fmt(a, "写入线程已 %lld 秒没有进展，新的操作都在等待。",
                      "The writer has made no progress for %lld s; every act waits.",
                      (long long)(w.silent_us / 1000000)),
            WORDS("检查磁盘与数据库是否有响应；必要时重启服务，已提交的操作不会丢失。",
                  "Look whether disk and database respond; restart the server if "
                  "need be: nothing committed is lost."));
    }
    if (w.failing && w.trouble_age_us < (int64_t)TROUBLE_MS * 1000) {
        return health_bad(
            words_fmt(a, "数据库拒绝写入：%s", "The database refuses writes: %s", w.trouble),
            WORDS("多为磁盘已满或只读：腾出空间或恢复写权限，随后会自动继续。",
                  "Mostly a disk that is full or read-only: make room or make it "
                  "writable, and it goes on by itself."));
    }
    if (w.failing) {
        return health_warn(words_fmt(a, "上一次写入失败，此后没有再写：%s",
                                     "The last write failed, and none has been tried since: %s",
                                     w.trouble),
                           WORDS("检查磁盘空间；下一次写入成功后此提示消失。",
                                 "Look at the disk; the next write that succeeds clears this."));
    }
    if (w.queue_now > QUEUE_MANY) {
        return health_warn(words_fmt(a, "%lld 个操作在等待写入（上限 512）。",
                                     "%lld acts wait to be written (at most 512).",
                                     (long long)w.queue_now),
                           WORDS("稍候；若持续不降，检查磁盘速度与正在运行的导入。",
                                 "Wait; if it stays, look at the disk's speed and at imports."));
    }
    return health_ok(words_fmt(a, "已写入 %lld 个操作，提交耗时 p99 %lld 毫秒。",
                               "%lld acts written; commit p99 %lld ms.", (long long)w.jobs,
                               (long long)(w.group_p99_us / 1000)));
}

static struct health_now look_log(void *arg, struct arena *a, int64_t now)
{
    struct writer_stats w = engine_stats(arg).writer;
    (void)now;
    long long mb = (long long)(w.log_bytes >> 20);
    if (w.log_bytes > LOG_MUCH) {
        return health_warn(
            words_fmt(a, "数据库日志已有 %lld MB。", "The database's log holds %lld MB.", mb),
            WORDS("有很长的读取（导出、备份）占住它；结束后会自动收缩。",
                  "A long reader (export, backup) holds it; it shrinks when that one ends."));
    }
    return health_ok(
        words_fmt(a, "%lld MB，超过 64 MB 时收缩。", "%lld MB; it shrinks above 64 MB.", mb));
}

static struct health_now look_clock(void *arg, struct arena *a, int64_t now)
{
    struct engine_stats s = engine_stats(arg);
    int64_t silent = now - s.last_tick_at;
    silent = silent < 0 ? -silent : silent; /* a clock set back hides no thread that died */
    if (s.last_tick_at && silent > SILENT_MS) {
        return health_bad(words_fmt(a, "时限处理已停滞 %lld 秒。",
                                    "Deadlines have not been looked at for %lld s.",
                                    (long long)(silent / 1000)),
                          WORDS("检查写入状态；若写入正常，重启服务。",
                                "Look at the writer; if that is well, restart the server."));
    }
    return health_ok(WORDS("每秒处理一次到期事项。", "What falls due is handled every second."));
}

/* The command by which somebody accepts the ledger as it is, and what has to stand still for it.
 * Of a configured signer the folder is not known here. */
static struct words set_back_command(const struct engine *e, const struct engine_stats *s,
                                     struct arena *a)
{
    bool own = !e->seal->line.path.len;
    str dir = own ? str_fmt(a, "%.*s/signer", STR_ARG(e->opt.data_dir)) : STR("DIR");
    str root = enc_base64(a, hash_str(&s->ledger_root));
    return words_fmt(
        a, own ? "先停止本服务，再执行：%.*s" : "先停止 zhidu-signer，再执行：%.*s",
        own ? "With this server stopped: %.*s" : "With zhidu-signer stopped: %.*s",
        STR_ARG(str_fmt(a, "zhidu-signer set-back --dir %.*s --size %lld --root %.*s --reason …",
                        STR_ARG(dir), (long long)s->ledger_size, STR_ARG(root))));
}

/* What the signer refuses, with the numbers somebody needs who decides about it. */
static struct health_now signer_troubled(const struct engine *e, const struct engine_stats *s,
                                         struct arena *a)
{
    struct words what = signer_words(s->signer);
    struct words remedy = signer_remedy(s->signer);
    bool decision =
        s->signer == SIGNER_SMALLER || s->signer == SIGNER_REWRITTEN || s->signer == SIGNER_DAMAGED;
    if (decision) {
        what.zh = str_fmt(a, "%.*s（已签到 %lld 条，现有 %lld 条）", STR_ARG(what.zh),
                          (long long)s->signer_last, (long long)s->ledger_size);
        what.en = str_fmt(a, "%.*s  (Signed: %lld entries; there are %lld.)", STR_ARG(what.en),
                          (long long)s->signer_last, (long long)s->ledger_size);
        struct words command = set_back_command(e, s, a);
        remedy.zh = str_fmt(a, "%.*s%.*s", STR_ARG(remedy.zh), STR_ARG(command.zh));
        remedy.en = str_fmt(a, "%.*s  %.*s", STR_ARG(remedy.en), STR_ARG(command.en));
    }
    return s->signer == SIGNER_ABSENT || s->signer == SIGNER_SILENT ? health_warn(what, remedy)
                                                                    : health_bad(what, remedy);
}

static struct health_now look_ledger(void *arg, struct arena *a, int64_t now)
{
    struct engine_stats s = engine_stats(arg);
    int64_t lag = s.ledger_size - s.checkpoint_size;
    int64_t age = s.checkpoint_at ? now - s.checkpoint_at : 0;
    if (s.signer != SIGNER_WELL) {
        return signer_troubled(arg, &s, a);
    }
    if (lag > LAG_MANY || (lag > 0 && age > LAG_MS)) {
        return health_bad(words_fmt(a, "%lld 条存证还没有检查点。",
                                    "%lld entries of the ledger have no checkpoint yet.",
                                    (long long)lag),
                          WORDS("检查签名进程与写入状态；存证本身没有丢失。",
                                "Look at the signer and the writer; no entry is lost."));
    }
    return health_ok(words_fmt(a, "共 %lld 条，检查点每秒签出。",
                               "%lld entries; a checkpoint is signed every second.",
                               (long long)s.ledger_size));
}

static int64_t oldest(const struct engine_queues *q)
{
    int64_t at = 0;
    int64_t all[] = {q->terms.oldest_at, q->later.oldest_at, q->steps.oldest_at};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        at = all[i] && (!at || all[i] < at) ? all[i] : at;
    }
    return at;
}

static int64_t overdue_ms(const struct engine_stats *s, int64_t now)
{
    int64_t at = oldest(&s->queues);
    return at && now > at ? now - at : 0;
}

static struct health_now look_due(void *arg, struct arena *a, int64_t now)
{
    struct engine_stats s = engine_stats(arg);
    int64_t late = overdue_ms(&s, now);
    long long n = (long long)(s.queues.terms.n + s.queues.later.n + s.queues.steps.n);
    if (late > OVERDUE_MS) {
        return health_warn(words_fmt(a, "%lld 项到期事项还没有办理，最早的已过 %lld 分钟。",
                                     "%lld things are due and not done, the oldest for %lld min.",
                                     n, (long long)(late / 60000)),
                           WORDS("大批事项会逐步完成；若数量不降，查看失败的后台任务。",
                                 "A large set is worked off in steps; if the number stays, look "
                                 "at the failed jobs."));
    }
    return health_ok(words_fmt(a, "%lld 项等待办理。", "%lld things wait.", n));
}

static struct health_now look_jobs(void *arg, struct arena *a, int64_t now)
{
    struct engine_queues q = engine_stats(arg).queues;
    (void)now;
    if (q.jobs_failed) {
        return health_warn(words_fmt(a, "近七天有 %lld 个后台任务失败。",
                                     "%lld jobs failed in the last seven days.",
                                     (long long)q.jobs_failed),
                           WORDS("打开后台任务，按其中写明的原因处理后重试。",
                                 "Open the jobs, mend what each one says, and try again."));
    }
    return health_ok(words_fmt(a, "%lld 个正在进行，近七天没有失败。",
                               "%lld under way; none failed in the last seven days.",
                               (long long)q.jobs_open));
}

/* A long look takes its time; the figures say as of when they are. */
static struct health_now look_controls(void *arg, struct arena *a, int64_t now)
{
    struct engine *e = arg;
    pthread_mutex_lock(&e->lock);
    int64_t at = e->seen.controls_at;
    pthread_mutex_unlock(&e->lock);
    if (at && now - at > JUDGED_MS) {
        return health_warn(
            words_fmt(a, "控制点已 %lld 分钟没有检查完毕，合规页上的结果是旧的。",
                      "Controls were last judged to the end %lld minutes ago; what Compliance "
                      "shows is old.",
                      (long long)((now - at) / 60000)),
            WORDS("多为数据库繁忙；若某个控制点无法判定，合规页会说明原因。",
                  "Mostly the database is busy; where one cannot be judged, Compliance says why."));
    }
    return health_ok(at ? WORDS("控制点都已检查。", "All controls are judged.")
                        : WORDS("没有控制点，或正在第一次检查。",
                                "There are no controls, or the first look goes on."));
}

static struct health_now look_search(void *arg, struct arena *a, int64_t now)
{
    struct engine_queues q = engine_stats(arg).queues;
    (void)now;
    if (q.search > SEARCH_MANY) {
        return health_warn(words_fmt(a, "%lld 条记录还没有进入搜索。",
                                     "%lld records are not in the search index yet.",
                                     (long long)q.search),
                           WORDS("大量导入之后会逐步完成，不影响其他功能。",
                                 "After a large import it catches up by itself; nothing else is "
                                 "affected."));
    }
    return health_ok(words_fmt(a, "%lld 条等待，一秒内可搜到。",
                               "%lld wait; a record is found within a second.",
                               (long long)q.search));
}

/* --- the figures ---------------------------------------------------------------------------- */

#define STAT(name_, of_)                           \
    static double name_(void *arg, int64_t now)    \
    {                                              \
        struct engine_stats s = engine_stats(arg); \
        (void)now;                                 \
        return (double)(of_);                      \
    }
STAT(stat_acts, s.writer.jobs)
STAT(stat_refused, s.writer.refused)
STAT(stat_turned_away, s.writer.turned_away)
STAT(stat_groups, s.writer.groups)
STAT(stat_redone, s.writer.redone)
STAT(stat_regrouped, s.writer.regrouped)
STAT(stat_reopened, s.writer.reopened)
STAT(stat_queue, s.writer.queue_now)
STAT(stat_group_p99, (double)s.writer.group_p99_us / 1e6)
STAT(stat_log, s.writer.log_bytes)
STAT(stat_ledger, s.ledger_size)
STAT(stat_unsigned, s.ledger_size - s.checkpoint_size)
STAT(stat_checkpoint, s.checkpoint_at ? (double)(now - s.checkpoint_at) / 1e3 : NAN)
STAT(stat_epoch, s.epoch)
STAT(stat_due, s.queues.terms.n + s.queues.later.n + s.queues.steps.n)
STAT(stat_overdue, (double)overdue_ms(&s, now) / 1e3)
STAT(stat_search, s.queues.search)
STAT(stat_jobs_open, s.queues.jobs_open)
STAT(stat_jobs_failed, s.queues.jobs_failed)
STAT(stat_group_mean, s.writer.groups ? (double)s.writer.jobs / (double)s.writer.groups : NAN)
#undef STAT

void engine_health(struct engine *e, struct health *h)
{
    const struct health_check checks[] = {
        {STR("writer"), WORDS("写入", "Writing"), STR(""), true, look_writer, e, 0},
        {STR("clock"), WORDS("时限处理", "Deadlines"), STR(""), false, look_clock, e, 0},
        {STR("due"), WORDS("到期事项", "What is due"), STR("/admin/jobs"), false, look_due, e, 0},
        {STR("jobs"), WORDS("后台任务", "Jobs"), STR("/admin/jobs"), false, look_jobs, e, 0},
        {STR("ledger"), WORDS("存证", "Ledger"), STR(""), false, look_ledger, e, 0},
        {STR("log"), WORDS("数据库日志", "Write-ahead log"), STR(""), false, look_log, e, 0},
        {STR("search"), WORDS("搜索", "Search"), STR(""), false, look_search, e, 0},
        {STR("controls"), WORDS("合规检查", "Controls"), STR(""), false, look_controls, e, 0},
    };
    const struct health_figure figures[] = {
        {"acts_total", "Acts answered by the writer.", true, stat_acts, e},
        {"acts_refused_total", "Acts answered with a refusal.", true, stat_refused, e},
        {"acts_turned_away_total", "Acts not taken: the queue was full.", true, stat_turned_away,
         e},
        {"commits_total", "Commits of the writer.", true, stat_groups, e},
        {"commit_acts", "Acts a commit, on average since the start.", false, stat_group_mean, e},
        {"commit_p99_seconds", "From begin to durable, 99th percentile of the last 1,024.", false,
         stat_group_p99, e},
        {"commits_redone_total", "Groups begun again: an act failed after it had written.", true,
         stat_redone, e},
        {"commits_broken_total", "Groups whose transaction an error ended.", true, stat_regrouped,
         e},
        {"database_reopened_total", "Connections the writer opened after its first.", true,
         stat_reopened, e},
        {"writer_queue", "Acts that wait for the writer.", false, stat_queue, e},
        {"database_log_bytes", "SQLite's write-ahead log.", false, stat_log, e},
        {"ledger_entries", "Entries of the ledger.", false, stat_ledger, e},
        {"ledger_unsigned_entries", "Entries without a signed checkpoint.", false, stat_unsigned,
         e},
        {"ledger_checkpoint_age_seconds", "Since a checkpoint was last looked after.", false,
         stat_checkpoint, e},
        {"model_epoch", "Epoch of the regulations in force.", false, stat_epoch, e},
        {"outbox_waiting", "Deadlines, put-off effects and steps that are due.", false, stat_due,
         e},
        {"outbox_age_seconds", "How long the oldest of them has been due.", false, stat_overdue, e},
        {"search_waiting", "Records that wait for the search index.", false, stat_search, e},
        {"jobs_open", "Jobs waiting or under way.", false, stat_jobs_open, e},
        {"jobs_failed", "Jobs that failed in the last seven days.", false, stat_jobs_failed, e},
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        health_add(h, &checks[i]);
    }
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        health_add_figure(h, &figures[i]);
    }
}
