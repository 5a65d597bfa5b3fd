#include "cli/watch.h"

#include "base/clock.h"
#include "base/health.h"
#include "store/secret.h"

#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    JUMP_MS = 5000,          /* more than any correction by the network clock's small steps */
    JUMP_SHOWN_MS = 86400000 /* a jump is shown for a day */
};
#define DAY_MS INT64_C(86400000)
#define DISK_LOW (INT64_C(1) << 30)
#define DISK_OUT (INT64_C(128) << 20)

struct watch {
    struct cli *c;
    const char *data;
    /* Found by watch_turn. */
    int64_t mono_us, wall_ms;   /* of the last turn */
    _Atomic int64_t jump_ms;    /* the last jump; ahead is positive */
    _Atomic int64_t jumped_at;  /* UTC ms; 0: never */
    _Atomic int64_t cert_until; /* UTC ms; 0: no certificate */
    int64_t started_us;
};

/* --- disk ---------------------------------------------------------------------------------- */

static bool disk(const struct watch *w, int64_t *ret_free, int64_t *ret_total)
{
    struct statvfs v;
    if (statvfs(w->data, &v) != 0) {
        return false;
    }
    *ret_free = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
    *ret_total = (int64_t)v.f_blocks * (int64_t)v.f_frsize;
    return true;
}

static struct health_now look_disk(void *arg, struct arena *a, int64_t now)
{
    const struct watch *w = arg;
    int64_t left = 0;
    int64_t total = 0;
    (void)now;
    if (!disk(w, &left, &total)) {
        return health_bad(
            words_fmt(a, "读不到数据目录 %s。", "The data folder %s cannot be read.", w->data),
            WORDS("检查磁盘是否挂载、目录权限是否属于服务用户。",
                  "Look whether the disk is mounted and the folder belongs to the "
                  "service's user."));
    }
    bool large = left >> 30 >= 10; /* in whole GB where that says enough */
    struct words what = words_fmt(a, "数据目录所在磁盘剩余 %lld %s（共 %lld GB）。",
                                  "%lld %s of %lld GB are left on the disk of the data folder.",
                                  (long long)(left >> (large ? 30 : 20)), large ? "GB" : "MB",
                                  (long long)(total >> 30));
    if (left < DISK_OUT) {
        return health_bad(what, WORDS("立即腾出空间：磁盘写满后操作会被拒绝，但已提交的不会丢失。",
                                      "Make room now: on a full disk acts are refused; what was "
                                      "committed stays."));
    }
    if (left < DISK_LOW || left < total / 20) {
        return health_warn(what, WORDS("尽快腾出空间或扩容：旧备份、日志、其他程序的文件。",
                                       "Make room or enlarge it soon: old backups, logs, files of "
                                       "other programs."));
    }
    return health_ok(what);
}

static double disk_free(void *arg, int64_t now)
{
    int64_t left = 0;
    int64_t total = 0;
    (void)now;
    return disk(arg, &left, &total) ? (double)left : NAN;
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct health_now look_secrets(void *arg, struct arena *a, int64_t now)
{
    const struct watch *w = arg;
    const struct secrets *s = people_secrets(w->c->people);
    struct words wrong = secrets_words(a, s);
    struct stat st;
    (void)now;
    if (!wrong.zh.len && stat(s->file.ptr, &st) != 0 && errno == ENOENT) {
        return health_bad(
            words_fmt(a, "密钥文件 %.*s 不在了：密文在本服务停止之前还打得开，之后就打不开。",
                      "The key file %.*s has gone: what is encrypted opens until this server ends, "
                      "and no more afterwards.",
                      STR_ARG(s->file)),
            WORDS("现在就从保管处取回该文件，权限 0600。",
                  "Bring the file back now from where you keep it, with mode 0600."));
    }
    if (!wrong.zh.len && s->nkeys > 1) {
        return health_warn(WORDS("更换密钥的操作中途停止；新旧两把密钥都还在用，没有内容丢失。",
                                 "A change of the key was cut short; both keys are in use, and "
                                 "nothing is lost."),
                           WORDS("停止服务，运行 zhidu key rotate，它会接着做完。",
                                 "Stop the server and run zhidu key rotate, which finishes it."));
    }
    return wrong.zh.len ? health_bad(wrong, (struct words){0})
                        : health_ok(WORDS("数据库中的密文可以打开。",
                                          "What is encrypted in the database can be opened."));
}

/* --- is the ledger what it was? -------------------------------------------------------------- */

static struct health_now look_verified(void *arg, struct arena *a, int64_t now)
{
    const struct watch *w = arg;
    FILE *f = fopen(str_fmt(a, "%s/" WATCH_VERIFIED, w->data).ptr, "re");
    char line[100] = "";
    (void)now;
    if (f) {
        size_t n = fread(line, 1, sizeof(line) - 1, f);
        fclose(f);
        line[n] = '\0';
    }
    str result;
    int64_t at = 0;
    str time = str_cut(str_trim(str_from(line)), ' ', &result);
    if (!str_to_i64(time, &at)) {
        return health_ok(
            WORDS("启动时与最近的检查点相符；完整核对用 zhidu ledger verify，每次备份也会"
                  "核对。",
                  "At the start it agreed with its last checkpoint; zhidu ledger "
                  "verify looks at everything, and so does each backup."));
    }
    str when = clock_minutes(a, at, 0);
    if (str_eq(result, STR("ok"))) {
        return health_ok(words_fmt(a, "%.*s（UTC）完整核对相符。",
                                   "Verified as a whole at %.*s UTC: in order.", STR_ARG(when)));
    }
    return health_bad(
        words_fmt(a, "%.*s（UTC）核对不符。", "It did not verify at %.*s UTC.", STR_ARG(when)),
        WORDS("停止修改数据，保留现场与最近的备份，按手册“备份与恢复”办理；zhidu ledger verify "
              "指出第一处。",
              "Change nothing more, keep the folder and the last backups, and follow the manual's "
              "\"Backup and restore\"; zhidu ledger verify names the first place."));
}

/* --- the certificate ----------------------------------------------------------------------- */

err watch_certificate_end(str pem, int64_t *ret)
{
    BIO *b = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    struct tm t;
    bool ok = x && ASN1_TIME_to_tm(X509_get0_notAfter(x), &t) == 1;
    X509_free(x);
    BIO_free(b);
    if (!ok) {
        return err_make(ERR_INVALID, STR("not a certificate (PEM)"));
    }
    *ret = (int64_t)timegm(&t) * 1000;
    return OK;
}

void watch_certificate(struct watch *w, int64_t until)
{
    atomic_store(&w->cert_until, until);
}

static struct health_now look_certificate(void *arg, struct arena *a, int64_t now)
{
    struct watch *w = arg;
    int64_t until = atomic_load(&w->cert_until);
    if (!until) {
        return health_ok(WORDS("本程序没有直接提供 https。", "It does not speak https itself."));
    }
    long long days = (long long)((until - now) / DAY_MS);
    struct words remedy =
        WORDS("换上新证书文件，然后重新载入（systemctl reload zhidu），无须重启。",
              "Put the new certificate in place and reload (systemctl reload "
              "zhidu); no restart is needed.");
    if (until <= now) {
        return health_bad(WORDS("证书已过期，浏览器会拒绝访问。",
                                "The certificate has ended: browsers refuse it."),
                          remedy);
    }
    struct words what =
        words_fmt(a, "证书还有 %lld 天到期。", "The certificate ends in %lld days.", days);
    return days < 7    ? health_bad(what, remedy)
           : days < 21 ? health_warn(what, remedy)
                       : health_ok(what);
}

static double certificate_left(void *arg, int64_t now)
{
    struct watch *w = arg;
    int64_t until = atomic_load(&w->cert_until);
    return until ? (double)(until - now) / 1e3 : NAN;
}

/* --- the machine's clock ------------------------------------------------------------------ */

void watch_turn(struct watch *w)
{
    int64_t mono = clock_mono_us();
    int64_t wall = clock_now();
    int64_t ahead = (wall - w->wall_ms) - (mono - w->mono_us) / 1000;
    if (w->wall_ms && (ahead > JUMP_MS || ahead < -JUMP_MS)) {
        atomic_store(&w->jump_ms, ahead);
        atomic_store(&w->jumped_at, wall);
    }
    w->mono_us = mono;
    w->wall_ms = wall;
}

static struct health_now look_time(void *arg, struct arena *a, int64_t now)
{
    struct watch *w = arg;
    int64_t at = atomic_load(&w->jumped_at);
    int64_t since = clock_now() - at;
    (void)now;
    if (at && since < JUMP_SHOWN_MS) {
        int64_t by = atomic_load(&w->jump_ms);
        long long minutes = (long long)(since / 60000);
        long long s = (long long)((by > 0 ? by : -by) / 1000);
        return health_warn(
            by > 0
                ? words_fmt(a, "%lld 分钟前系统时钟向前跳了 %lld 秒。",
                            "%lld min ago the machine's clock jumped ahead by %lld s.", minutes, s)
                : words_fmt(a, "%lld 分钟前系统时钟向后拨了 %lld 秒。",
                            "%lld min ago the machine's clock was set back by %lld s.", minutes, s),
            WORDS("检查网络校时（timedatectl）。历史的先后不受影响，但这段时间里的时限可能提前或推"
                  "后。",
                  "Look at time synchronisation (timedatectl).  The order of history is kept; "
                  "deadlines of that while may have come early or late."));
    }
    return health_ok(WORDS("系统时钟走得平稳。", "The machine's clock runs evenly."));
}

/* --- the configuration ---------------------------------------------------------------------- */

void watch_configuration(struct watch *w, str mistake, str later)
{
    struct arena a = arena_make(1 << 20);
    struct words remedy = WORDS("改正配置文件，再重新载入（systemctl reload zhidu）。",
                                "Mend the configuration and reload (systemctl reload zhidu).");
    struct health_now n = health_ok(WORDS("配置已全部生效。", "All of it is in effect."));
    if (mistake.len) {
        n = health_bad(words_fmt(&a, "重新载入时配置有误，仍用原来的：%.*s",
                                 "At the last reload it held a mistake, and the old one stays: "
                                 "%.*s",
                                 STR_ARG(mistake)),
                       remedy);
    } else if (later.len) {
        n = health_warn(words_fmt(&a, "改动尚未生效：%.*s", "Changed, and not in effect yet: %.*s",
                                  STR_ARG(later)),
                        WORDS("在方便的时候重启服务。", "Restart the server when it suits."));
    }
    health_tell(w->c->health, STR("config_file"), n, clock_now());
    arena_end(&a);
}

/* --- the process ------------------------------------------------------------------------------ */

static double resident(void *arg, int64_t now)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    (void)arg;
    (void)now;
    if (!f) {
        return NAN;
    }
    bool ok = fscanf(f, "%*d %ld", &pages) == 1;
    fclose(f);
    return ok ? (double)pages * (double)sysconf(_SC_PAGESIZE) : NAN;
}

static double uptime(void *arg, int64_t now)
{
    const struct watch *w = arg;
    (void)now;
    return (double)(clock_mono_us() - w->started_us) / 1e6;
}

struct watch *watch_make(struct cli *c, struct health *h)
{
    struct watch *w = arena_new(c->arena, struct watch);
    w->c = c;
    w->data = str_copy(c->arena, c->config.data).ptr;
    w->started_us = clock_mono_us();
    const struct health_check checks[] = {
        {STR("disk"), WORDS("磁盘空间", "Disk"), STR(""), false, look_disk, w, 0},
        {STR("secrets"), WORDS("密文的密钥", "Key of what is encrypted"), STR(""), false,
         look_secrets, w, 0},
        {STR("certificate"), WORDS("证书", "Certificate"), STR(""), false, look_certificate, w, 0},
        {STR("verified"), WORDS("存证核对", "Ledger verified"), STR(""), false, look_verified, w,
         0},
        {STR("config_file"), WORDS("配置", "Configuration"), STR(""), false, NULL, w, 0},
        {STR("time"), WORDS("系统时钟", "The machine's clock"), STR(""), false, look_time, w, 0},
    };
    const struct health_figure figures[] = {
        {"disk_free_bytes", "Left on the disk of the data folder.", false, disk_free, w},
        {"certificate_left_seconds", "Until the certificate ends.", false, certificate_left, w},
        {"resident_memory_bytes", "Resident memory of the process.", false, resident, w},
        {"uptime_seconds", "Since the start.", false, uptime, w},
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        health_add(h, &checks[i]);
    }
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        health_add_figure(h, &figures[i]);
    }
    watch_turn(w);
    watch_configuration(w, STR(""), STR(""));
    return w;
}
