#include "backup/schedule.h"

#include "backup/claim.h"
#include "backup/maker.h"
#include "backup/state.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/wake.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LOOK_EVERY_US = 2000000,
    RETRY_MS = 3600000,
    LATE_MS = 2 * 3600000, /* behind its time, so that it is said */
    HEAR_MS = 500,
    KEEP_MS = 60000, /* how often a claim is renewed */
    ARENA = 1 << 20,
};

struct schedule {
    struct engine *engine;
    struct schedule_plan plan;
    atomic_bool stop;
    bool started;
    bool shared;        /* other nodes may make them, too */
    struct claim claim; /* of the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct backup_state state;
    bool running;
    bool gone;                /* the process that makes them */
    struct maker_report step; /* while running: what it is at */
    char at_work[STATE_NODE]; /* another node, which makes the one that is due */
    int zone;
};

/* What the checks and figures see. */
struct seen {
    struct backup_state state;
    bool running, gone;
    struct maker_report step;
    char at_work[STATE_NODE];
    int zone;
};

bool schedule_time_parse(str s, int *ret)
{
    int64_t hour;
    int64_t minute;
    str rest;
    str h = str_cut(s, ':', &rest);
    bool ok = h.len == 2 && rest.len == 2 && str_to_i64(h, &hour) && str_to_i64(rest, &minute) &&
              hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
    if (ok) {
        *ret = (int)(hour * 60 + minute);
    }
    return ok;
}

int64_t schedule_due(int64_t now, int minute, int zone)
{
    int64_t day = clock_day_at(now, zone);
    int64_t at = clock_day_start(day, zone) + (int64_t)minute * CLOCK_MINUTE;
    return at <= now ? at : at - CLOCK_DAY;
}

static struct seen see(struct schedule *s)
{
    pthread_mutex_lock(&s->lock);
    struct seen seen = {.state = s->state,
                        .running = s->running,
                        .gone = s->gone,
                        .step = s->step,
                        .zone = s->zone};
    memcpy(seen.at_work, s->at_work, sizeof(seen.at_work));
    pthread_mutex_unlock(&s->lock);
    return seen;
}

/* --- what is said ---------------------------------------------------------------------------- */

static struct health_now look_unset(const struct schedule *s)
{
    if (s->plan.demo) {
        return health_ok(
            WORDS("演示实例不做定时备份。", "A demonstration makes no backups by itself."));
    }
    return health_warn(
        WORDS("没有设定定时备份。", "No backups are set up."),
        WORDS("在配置中设 backup_folder（最好在另一块磁盘上）并重启；或自行定时运行 zhidu backup。",
              "Set backup_folder in the configuration, best on another disk, and restart; or run"
              " zhidu backup regularly yourself."));
}

static struct health_now look_failed(struct arena *a, const struct backup_state *st, int zone)
{
    struct words last = {0};
    if (st->good_at) {
        str at = clock_minutes(a, st->good_at, zone);
        last = (struct words){str_fmt(a, "上一次成功：%.*s。", STR_ARG(at)),
                              str_fmt(a, "The last good one: %.*s.", STR_ARG(at))};
    }
    return health_bad(
        (struct words){str_fmt(a, "最近一次备份失败：%s%.*s", st->zh, STR_ARG(last.zh)),
                       str_fmt(a, "The last backup failed: %s  %.*s", st->en, STR_ARG(last.en))},
        WORDS("先排除这个原因（例如目录、权限、空间）；一小时内会自动重试，也可以立即运行 zhidu "
              "backup。",
              "Mend what is named: the folder, its rights, room.  It is tried again within an hour;"
              " zhidu backup does it at once."));
}

static struct health_now look_good(struct arena *a, const struct backup_state *st, int zone)
{
    str at = clock_minutes(a, st->good_at, zone);
    str due = clock_minutes(a, st->due_at, zone);
    if (st->missing) {
        return health_bad(
            words_fmt(a, "%.*s 的备份缺少 %lld 个附件：它们的文件已丢失或被改变。",
                      "The backup of %.*s lacks %lld attachments: their files are gone or changed.",
                      STR_ARG(at), (long long)st->missing),
            WORDS("从较早的备份中恢复这些附件，并检查磁盘。",
                  "Bring the attachments back from an older backup, and look at the disk."));
    }
    struct words what = words_fmt(a, "%.*s 的备份已恢复到临时目录并核验，存证 %lld 条。",
                                  "The backup of %.*s was restored on trial and verified, with %lld"
                                  " ledger entries.",
                                  STR_ARG(at), (long long)st->entries);
    if (st->by[0]) {
        what.zh = str_fmt(a, "%.*s由另一节点 %s 制作。", STR_ARG(what.zh), st->by);
        what.en = str_fmt(a, "%.*s The node %s made it.", STR_ARG(what.en), st->by);
    }
    if (st->good_at - st->due_at > LATE_MS) {
        struct words late = words_fmt(
            a, "（应在 %.*s，当时服务没有运行，已补做。）",
            " It was due at %.*s, missed because the server did not run, and made up for.",
            STR_ARG(due));
        what.zh = str_fmt(a, "%.*s%.*s", STR_ARG(what.zh), STR_ARG(late.zh));
        what.en = str_fmt(a, "%.*s%.*s", STR_ARG(what.en), STR_ARG(late.en));
    }
    return health_ok(what);
}

static struct health_now look_gone(void)
{
    return health_bad(
        WORDS("负责备份的进程已经结束，不会再有定时备份。",
              "The process that makes the backups has ended: there will be no more."),
        WORDS(
            "重启服务；在系统日志中查它为何结束（例如内存不足）。在此之前请自行运行 zhidu backup。",
            "Restart the server, and look in the system's log for why it ended, such as"
            " memory that ran out.  Until then run zhidu backup yourself."));
}

static struct health_now look_late(struct arena *a, const struct seen *n, int64_t due)
{
    str should = clock_minutes(a, due, n->zone);
    struct words what = words_fmt(a, "备份晚了：应在 %.*s。",
                                  "The backup is late: it was due at %.*s.", STR_ARG(should));
    if (n->at_work[0]) {
        return health_warn(what, words_fmt(a, "由另一节点 %s 制作，尚未完成。",
                                           "The node %s is making it.", n->at_work));
    }
    if (!n->running) {
        return health_bad(what, WORDS("查看日志；也可以立即运行 zhidu backup。",
                                      "See the log; zhidu backup does it at once."));
    }
    const struct maker_report *m = &n->step;
    int part = m->total > 0 ? (int)(m->done * 100 / m->total) : 0;
    return health_bad(
        what, (struct words){str_fmt(a, "正在进行，尚未完成：%s %d %%。", m->zh, part),
                             str_fmt(a, "It is in work and not done yet: %s %d %%.", m->en, part)});
}

static struct health_now look(void *arg, struct arena *a, int64_t now)
{
    struct schedule *s = arg;
    struct seen n = see(s);
    if (s->plan.maker < 0) {
        return look_unset(s);
    }
    int64_t due = schedule_due(now, s->plan.minute, n.zone);
    if (n.gone) {
        return look_gone();
    }
    if (n.state.failed) {
        return look_failed(a, &n.state, n.zone);
    }
    if (n.state.good_at < due && now - due > LATE_MS) {
        return look_late(a, &n, due);
    }
    if (!n.state.good_at) {
        return health_warn(WORDS("还没有备份。", "There is no backup yet."),
                           WORDS("第一份会很快做成。", "The first is made soon."));
    }
    return look_good(a, &n.state, n.zone);
}

static double age(void *arg, int64_t now)
{
    struct backup_state st = see(arg).state;
    return st.good_at ? (double)(now - st.good_at) / 1000 : NAN;
}

static double bytes(void *arg, int64_t now)
{
    (void)now;
    struct backup_state st = see(arg).state;
    return st.good_at ? (double)st.bytes : NAN;
}

static double missing(void *arg, int64_t now)
{
    (void)now;
    return (double)see(arg).state.missing;
}

static double failures(void *arg, int64_t now)
{
    (void)now;
    return (double)see(arg).state.failures;
}

static void add_figures(struct schedule *s, struct health *h)
{
    const struct health_figure list[] = {
        {"backup_age_seconds", "Since the last backup that was verified.", false, age, s},
        {"backup_bytes", "Size of the last backup.", false, bytes, s},
        {"backup_missing_attachments", "Attachments the last backup could not find.", false,
         missing, s},
        {"backup_failures_total", "Backups that failed.", true, failures, s}};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        health_add_figure(h, &list[i]);
    }
}

/* --- the work -------------------------------------------------------------------------------- */

static int zone_now(struct schedule *s)
{
    const struct model *m = engine_model(s->engine);
    int zone = m->zone_minutes;
    engine_release(s->engine, m);
    return zone;
}

static void log_it(const struct backup_state *st, int64_t removed)
{
    struct log_line l = log_line(st->failed ? LOG_ERROR : LOG_INFO, "backup");
    log_i64(&l, "entries", st->entries);
    log_i64(&l, "bytes", st->bytes);
    log_i64(&l, "missing", st->missing);
    log_i64(&l, "removed", removed);
    if (st->failed) {
        log_str(&l, "error", str_from(st->en));
    }
    log_write(&l);
}

static void at_step(struct schedule *s, const struct maker_report *r)
{
    pthread_mutex_lock(&s->lock);
    s->step = *r;
    pthread_mutex_unlock(&s->lock);
}

static void is_gone(struct schedule *s)
{
    struct log_line l = log_line(LOG_ERROR, "backup");
    log_str(&l, "error", STR("the process that makes backups has ended"));
    log_write(&l);
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    pthread_mutex_unlock(&s->lock);
}

/* Asks for one and hears how it ends.  False: it is not known, for the server stops or the
 * maker has gone. */
static bool ask(struct schedule *s, int zone, struct maker_report *ret)
{
    enum maker_said said = maker_ask(s->plan.maker, zone) ? MAKER_SILENT : MAKER_GONE;
    int64_t kept = clock_mono_us() / 1000;
    while ((said == MAKER_SILENT || said == MAKER_STEP) && !atomic_load(&s->stop)) {
        said = maker_hear(s->plan.maker, HEAR_MS, ret);
        if (said == MAKER_STEP) {
            at_step(s, ret);
        }
        int64_t mono = clock_mono_us() / 1000;
        if (s->shared && mono - kept >= KEEP_MS) {
            claim_keep(s->engine, &s->claim, engine_now(s->engine));
            kept = mono;
        }
    }
    if (said == MAKER_GONE) {
        is_gone(s);
    }
    return said == MAKER_DONE;
}

static void put_state(struct schedule *s, const struct backup_state *st)
{
    struct arena a = arena_make(ARENA);
    err e = state_write(&a, s->plan.data_dir, st);
    (void)e.code; /* a full disk is another check's to say */
    arena_end(&a);
    pthread_mutex_lock(&s->lock);
    s->state = *st;
    pthread_mutex_unlock(&s->lock);
}

static void run(struct schedule *s, struct backup_state st, int64_t now, int zone)
{
    struct maker_report r = {0};
    bool known = ask(s, zone, &r);
    if (known) {
        st.tried_at = now;
        st.failed = r.failed;
        if (r.made) {
            st.due_at = st.good_at ? schedule_due(now, s->plan.minute, zone) : now;
            st.good_at = now;
            st.entries = r.entries;
            st.missing = r.missing;
            st.bytes = r.bytes;
            st.by[0] = '\0';
        }
        if (r.failed) {
            st.failures++;
            state_text(st.zh, STATE_TEXT, str_from(r.zh));
            state_text(st.en, STATE_TEXT, str_from(r.en));
        }
        log_it(&st, r.removed);
        put_state(s, &st);
    }
    if (s->shared) {
        claim_end(s->engine, &s->claim, known && r.made ? &st : NULL);
    }
}

/* Another node has it: at work, or made. */
static void leave_to(struct schedule *s, struct backup_state st, int64_t now, int64_t due,
                     enum claim_found found, const struct backup_state *other)
{
    bool made = found == CLAIM_MADE;
    pthread_mutex_lock(&s->lock);
    state_text(s->at_work, sizeof(s->at_work), made ? STR("") : str_from(other->by));
    pthread_mutex_unlock(&s->lock);
    if (made) {
        int64_t at = other->good_at < now ? other->good_at : now; /* by its clock */
        st.good_at = at > due ? at : due;
        st.due_at = due;
        st.entries = other->entries;
        st.missing = other->missing;
        st.bytes = other->bytes;
        st.failed = false;
        state_text(st.by, sizeof(st.by), str_from(other->by));
        put_state(s, &st);
    }
}

static bool is_ours(struct schedule *s, const struct backup_state *st, int64_t now, int zone)
{
    struct backup_state other = {0};
    int64_t due = schedule_due(now, s->plan.minute, zone);
    enum claim_found found =
        s->shared ? claim_take(s->engine, &s->claim, due, now, &other) : CLAIM_OURS;
    if (found != CLAIM_OURS) {
        leave_to(s, *st, now, due, found, &other);
    }
    return found == CLAIM_OURS;
}

/* A backup "of tomorrow" is of a clock that was set back since; a real one is due. */
static bool is_due(const struct schedule *s, const struct backup_state *st, int64_t now, int zone)
{
    bool none = st->good_at < schedule_due(now, s->plan.minute, zone) || st->good_at > now;
    bool waits = st->failed && now >= st->tried_at && now - st->tried_at < RETRY_MS;
    return none && !waits;
}

static void begins(struct schedule *s, bool running)
{
    pthread_mutex_lock(&s->lock);
    s->running = running;
    s->step = (struct maker_report){0};
    s->at_work[0] = '\0';
    pthread_mutex_unlock(&s->lock);
}

static void turn(struct schedule *s)
{
    if (see(s).gone) {
        return;
    }
    if (maker_gone(s->plan.maker)) {
        is_gone(s);
        return;
    }
    int64_t now = engine_now(s->engine);
    int zone = zone_now(s);
    pthread_mutex_lock(&s->lock);
    struct backup_state st = s->state;
    s->zone = zone;
    bool due = is_due(s, &st, now, zone);
    pthread_mutex_unlock(&s->lock);
    if (due && is_ours(s, &st, now, zone)) {
        begins(s, true);
        run(s, st, now, zone);
        begins(s, false);
    }
}

static void *work(void *arg)
{
    struct schedule *s = arg;
    while (!atomic_load(&s->stop)) {
        turn(s);
        pthread_mutex_lock(&s->lock);
        if (!atomic_load(&s->stop)) {
            wake_wait_for(&s->wake, &s->lock, LOOK_EVERY_US);
        }
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

err schedule_start(struct arena *life, struct engine *e, struct health *h,
                   const struct schedule_plan *plan, struct schedule **ret)
{
    struct schedule *s = arena_new(life, struct schedule);
    s->engine = e;
    s->plan = *plan;
    s->state = state_read(plan->data_dir);
    s->zone = zone_now(s);
    pthread_mutex_init(&s->lock, NULL);
    wake_make(&s->wake);
    health_add(
        h, &(struct health_check){
               .name = STR("backup"), .title = WORDS("备份", "Backup"), .look = look, .arg = s});
    *ret = s;
    if (plan->maker < 0) {
        return OK;
    }
    add_figures(s, h);
    claim_name(&s->claim, plan->data_dir);
    err found = claim_open(life, plan->database, &s->shared);
    if (found.code) {
        return found;
    }
    s->started = pthread_create(&s->thread, NULL, work, s) == 0;
    return s->started ? OK : err_make(ERR_STORE, STR("the thread of the backups does not start"));
}

void schedule_stop(struct schedule *s)
{
    atomic_store(&s->stop, true);
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        pthread_cond_broadcast(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
        s->started = false;
    }
}
