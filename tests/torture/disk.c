/* disk.c - a real disk that is full, and one that cannot be written any more, while
 * people work, attach, export, back up and search; and then it can again. */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE_MB = 300 }; /* with room again little is left, but enough */
#define FULL_ZH "磁盘已满或只读"

struct tried {
    int64_t index, ended; /* rounds with an index that cannot be written; of them ended by it */
    int64_t signer;       /* times its disk was full */
    int64_t full, readonly, uploads, refused_uploads, exports, refused_exports, backups, reads;
};

/* --- what else goes on ------------------------------------------------------------- */

static int upload(struct torture *t, struct arena *a, struct tried *n)
{
    int status = load_upload(t, a);
    n->uploads++;
    n->refused_uploads += status == 503;
    return status;
}

static void one_export(struct torture *t, struct arena *a, struct tried *n)
{
    static const char *const paths[] = {"/r/fault/export", "/r/fault/export.xlsx"};
    for (size_t i = 0; i < 2; i++) {
        struct client_answer r = get(t, a, paths[i], t->admin_zh);
        n->exports++;
        n->refused_exports += r.status == 503;
        if (r.status != 200 && !(r.status == 503 && str_has(r.body, STR(FULL_ZH)))) {
            die(paths[i], r.status, r.body);
        }
    }
}

/* `zhidu backup` into the same disk: made or refused in words, and nothing is left of it. */
static void one_backup(struct torture *t, struct arena *a, struct tried *n, bool room)
{
    char file[200];
    int status = 0;
    snprintf(file, sizeof(file), "%s/../now.backup", t->server.data);
    const char *args[] = {"backup", file, NULL};
    str said = server_try(&t->server, a, args, &status);
    bool there = access(file, F_OK) == 0;
    n->backups++;
    if (room != (status == 0) || room != there ||
        (!room && !str_has(said, STR("磁盘")) && !str_has(said, STR("disk")))) {
        die("a backup with room or without ends with", status, said);
    }
    unlink(file);
}

/* --- full ---------------------------------------------------------------------------- */

static void told(struct torture *t, int64_t before)
{
    enum { PATIENCE = 1500 };
    for (int i = 0; load_full(t) <= before; i++) {
        if (i == PATIENCE) {
            die("nobody was told that nothing can be written", load_busy(t), STR(""));
        }
        pause_us(20000);
    }
}

static void says_written_again(struct torture *t)
{
    says(t, "已写入", "", "acts written; commit p99", "");
}

static void full_round(struct torture *t, struct tried *n)
{
    struct arena a = arena_make(128u << 20);
    int64_t before = load_full(t);
    room_fill(t, t->disk);
    told(t, before);
    says(t, "数据库拒绝写入：the disk is full", "腾出空间或恢复写权限，随后会自动继续",
         "The database refuses writes: the disk is full",
         "make room or make it writable, and it goes on by itself");
    says(t, "数据目录所在磁盘剩余 0 MB", "立即腾出空间：磁盘写满后操作会被拒绝，但已提交的不会丢失",
         "0 MB of ", "Make room now: on a full disk acts are refused; what was committed stays.");
    says_page(t, FULL_ZH);
    if (upload(t, &a, n) != 503) {
        die("an attachment found room on a full disk", 0, STR(""));
    }
    one_export(t, &a, n);
    one_backup(t, &a, n, false);
    reads(t);
    room_free(t->disk);
    load_goes_on(t, "there is room again");
    says_written_again(t);
    says(t, "数据目录所在磁盘剩余", "尽快腾出空间或扩容", "are left on the disk of the data folder",
         "Make room or enlarge it soon");
    arena_reset(&a);
    if (upload(t, &a, n) != 201) {
        die("there is room again, and an attachment is refused", 0, STR(""));
    }
    arena_reset(&a);
    one_export(t, &a, n);
    one_backup(t, &a, n, true);
    n->full++;
    arena_end(&a);
}

/* --- read-only ------------------------------------------------------------------------ */

/* A file of the data folder; true also where there is none. */
static bool set_one(struct torture *t, const char *name, bool on)
{
    char path[200];
    int flags = 0;
    snprintf(path, sizeof(path), "%s/%s", t->server.data, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT;
    }
    bool known = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    bool ok = known && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    close(fd);
    return ok;
}

/* All files of the database become such that no descriptor, open or new, writes to
 * them, as on a disk that the kernel made read-only; and the folder lets none be
 * made.  (The index of the log is memory to the kernel, which it lets change.)  False where the
 * system does not know that. */
static bool set_readonly(struct torture *t, bool on)
{
    static const char *const names[] = {"zhidu.db-wal", "zhidu.db", ""};
    bool ok = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ok = set_one(t, names[i], on) && ok;
    }
    return ok;
}

static void readonly_round(struct torture *t, struct tried *n)
{
    struct arena a = arena_make(128u << 20);
    int64_t before = load_full(t);
    if (!set_readonly(t, true)) {
        set_readonly(t, false);
        die("some files could be made read-only and some not", errno, STR(""));
    }
    told(t, before);
    says(t, "数据库拒绝写入", "多为磁盘已满或只读", "The database refuses writes",
         "Mostly a disk that is full or read-only");
    says_page(t, FULL_ZH);
    (void)upload(t, &a, n);
    reads(t);
    one_export(t, &a, n);
    if (!set_readonly(t, false)) {
        die("it stays read-only", errno, STR(""));
    }
    load_goes_on(t, "it can be written again");
    says_written_again(t);
    n->readonly++;
    arena_end(&a);
}

/* The index of the log, which the kernel gives to the process as memory, cannot be written any
 * more: a file system that an error turned read-only.  The process may end by that
 * (docs/decisions/0044); nothing that was answered is lost, and started again it goes on. */
static void index_round(struct torture *t, struct tried *n)
{
    enum { WAIT = 100 };
    int status = 0;
    bool ended = false;
    if (!set_one(t, "zhidu.db-shm", true)) {
        die("the index of the log cannot be made read-only", errno, STR(""));
    }
    for (int i = 0; i < WAIT && !ended; i++) {
        pause_us(50000);
        ended = waitpid(t->server.pid, &status, WNOHANG) == t->server.pid;
    }
    set_one(t, "zhidu.db-shm", false);
    if (ended && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)) {
        die("the server ended otherwise than by SIGBUS", status, STR(""));
    }
    if (ended) {
        t->server.pid = 0;
        town_start(t);
    }
    load_goes_on(t, "the index can be written again");
    n->index++;
    n->ended += ended;
}

/* --- both ------------------------------------------------------------------------------ */

static void finished(struct torture *t)
{
    pid_t pid = t->server.pid;
    load_finish(t);
    int status = server_stop(&t->server, SIGTERM);
    if (pid == 0 || status != 0) {
        die("the server did not end well, status", status, STR(""));
    }
    held_all(t);
}

static void tell(const struct torture *t, const char *what, int64_t times, const struct tried *n)
{
    printf("%lld times %s: %lld acts acknowledged and there exactly once, %lld answers said so; "
           "%lld attachments (%lld refused), %lld exports (%lld refused), %lld backups, %lld "
           "sentences compared; the same process went on each time\n",
           (long long)times, what, (long long)t->nacked, (long long)t->n.full,
           (long long)n->uploads, (long long)n->refused_uploads, (long long)n->exports,
           (long long)n->refused_exports, (long long)n->backups, (long long)t->n.sentences);
    printf("%lld passed, 0 failed\n", (long long)times);
}

static void under_load(struct torture *t, const char *data, const char *log, int port, int times,
                       void (*round)(struct torture *t, struct tried *n), struct tried *n)
{
    town_make(t, data, port, NULL);
    snprintf(t->server.log, sizeof(t->server.log), "%s", log);
    town_start(t);
    t->patient = true;
    t->pace_us = 20000;
    load_start(t);
    for (int i = 0; i < times; i++) {
        load_goes_on(t, "between the rounds");
        round(t, n);
    }
    finished(t);
}

static void again(struct torture *t)
{
    int64_t wordless = t->n.wordless;
    *t = (struct torture){.dice = t->dice};
    t->n.wordless = wordless;
}

/* In the data folder. */
static void shell(const struct torture *t, const char *what)
{
    char command[500];
    snprintf(command, sizeof(command), "cd %s && %s", t->server.data, what);
    if (system(command) != 0) {
        die("a command failed", errno, str_from(command));
    }
}

static void restart(struct torture *t, const char *meanwhile)
{
    if (server_stop(&t->server, SIGTERM) != 0) {
        die("the server did not end well", 0, STR(""));
    }
    shell(t, meanwhile);
    town_start(t);
}

/* The signer's folder on a disk of its own, which is full: nobody at work notices, it is
 * said, and when there is room what waited is signed. */
static void signer_round(struct torture *t, struct tried *n)
{
    restart(t,
            "mv signer signer.was && mkdir -m 700 signer && mount -t tmpfs -o size=1m none signer"
            " && cp -a signer.was/. signer/");
    shell(t, "{ dd if=/dev/zero of=signer/fill bs=4k 2>/dev/null; true; }");
    load_goes_on(t, "the signer's disk is full");
    says(t, "签名进程用不了自己的目录", "检查该目录所在的磁盘是否已满或只读",
         "The signer cannot use its own folder",
         "Look whether the disk it is on is full or read-only");
    load_goes_on(t, "the signer's disk is full");
    shell(t, "rm signer/fill");
    says(t, "检查点每秒签出", "", "a checkpoint is signed every second", "");
    restart(t,
            "cp -a signer/. signer.was/ && umount signer && rmdir signer && mv signer.was signer");
    n->signer++;
}

static void full_disk(struct torture *t, const char *data, int port, int times)
{
    struct tried n = {0};
    char log[160];
    char dir[120];
    char inside[128];
    snprintf(log, sizeof(log), "%s.log", data);
    snprintf(dir, sizeof(dir), "%s.disk", data);
    snprintf(inside, sizeof(inside), "%s/data", dir);
    if (room_make(dir, SIZE_MB)) {
        snprintf(t->disk, sizeof(t->disk), "%s", dir);
        under_load(t, inside, log, port, times, full_round, &n);
        tell(t, "a disk full", n.full, &n);
        town_end(t);
        again(t);
        under_load(t, inside, log, port, times, signer_round, &n);
        printf("%lld times the signer's disk full: %lld acts acknowledged and there exactly once, "
               "%lld answers 503, and what waited was signed\n",
               (long long)n.signer, (long long)t->nacked, (long long)t->n.busy);
        printf("%lld passed, 0 failed\n", (long long)n.signer);
        town_end(t);
    } else {
        printf("skipped: no disk can be mounted here (%s), so none was filled\n", strerror(errno));
    }
    room_end(dir);
}

static bool can_be_readonly(const char *data)
{
    struct torture x = {0};
    char path[200];
    snprintf(x.server.data, sizeof(x.server.data), "%s.try", data);
    snprintf(path, sizeof(path), "%s/zhidu.db", x.server.data);
    mkdir(x.server.data, 0700);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && set_readonly(&x, true) && write(fd, "x", 1) < 0;
    set_readonly(&x, false);
    close(fd);
    unlink(path);
    rmdir(x.server.data);
    return ok;
}

static void readonly_disk(struct torture *t, const char *data, int port, int times)
{
    struct tried n = {0};
    char log[160];
    snprintf(log, sizeof(log), "%s.log", data);
    if (!can_be_readonly(data)) {
        printf("skipped: files cannot be made read-only to everybody here, so none was\n");
        return;
    }
    under_load(t, data, log, port, times, readonly_round, &n);
    tell(t, "files read-only", n.readonly, &n);
    town_end(t);
    again(t);
    under_load(t, data, log, port, times, index_round, &n);
    printf("%lld times an index of the log that cannot be written: the process ended by it %lld "
           "times, %lld acts acknowledged and there exactly once\n",
           (long long)n.index, (long long)n.ended, (long long)t->nacked);
    printf("%lld passed, 0 failed\n", (long long)n.index);
    town_end(t);
}

void part_disk(struct torture *t, const char *data, int port, int times)
{
    full_disk(t, data, port, times);
    again(t);
    readonly_disk(t, data, port, times);
}
