/* zhidu-signer - holds the key of a ledger and signs its checkpoints.
 *
 *     zhidu-signer make     --dir DIR --origin NAME
 *     zhidu-signer take     --dir DIR --from FOLDER
 *     zhidu-signer serve    --dir DIR --socket PATH --peer USER
 *     zhidu-signer key      --dir DIR
 *     zhidu-signer last     --dir DIR
 *     zhidu-signer set-back --dir DIR --size N --root ROOT --reason TEXT
 *
 * What it signs and why: signer/signer.h.  `zhidu serve` starts it by itself
 * (`child`, not for people) where no signer of its own user is configured.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/sandbox.h"
#include "base/words.h"
#include "ledger/b64.h"

#include "signer/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, LOCK_WAIT_MS = 5000, ARENA_MAX = 32 << 20 };

/* Set by a signal, looked at by the loop. */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

struct program {
    struct arena life;
    enum lang lang;
    int argc;
    char **argv;
};

static const char usage_zh[] =
    "用法：zhidu-signer make     --dir 目录 --origin 来源名\n"
    "      zhidu-signer take     --dir 目录 --from 数据目录\n"
    "      zhidu-signer serve    --dir 目录 --socket 套接字 --peer 用户\n"
    "      zhidu-signer key      --dir 目录\n"
    "      zhidu-signer last     --dir 目录\n"
    "      zhidu-signer set-back --dir 目录 --size 条数 --root 根 --reason 原因\n"
    "\n"
    "保管存证密钥，并只为延续上一次签名的日志签署检查点。它以自己的用户运行，\n"
    "服务程序读不到密钥，也无法让它为被改写或变短的历史签名。\n"
    "\n"
    "  make      建立密钥；打印公钥，请抄存一份在别处\n"
    "  take      从已有的数据目录接管密钥（原文件随即删除）\n"
    "  serve     运行；--peer 是运行 zhidu serve 的用户，其他用户的连接不予理会\n"
    "  key       打印公钥\n"
    "  last      打印最后签署的检查点\n"
    "  set-back  恢复旧备份之后，认可变短的日志：记入 journal，此后每个检查点都\n"
    "            写明；条数和根见“运行状况”页的说明。须先停止 serve\n";

static const char usage_en[] =
    "Usage: zhidu-signer make     --dir DIR --origin NAME\n"
    "       zhidu-signer take     --dir DIR --from DATA-FOLDER\n"
    "       zhidu-signer serve    --dir DIR --socket PATH --peer USER\n"
    "       zhidu-signer key      --dir DIR\n"
    "       zhidu-signer last     --dir DIR\n"
    "       zhidu-signer set-back --dir DIR --size N --root ROOT --reason TEXT\n"
    "\n"
    "Holds the ledger's key and signs a checkpoint only when it continues the last one.\n"
    "It runs under a user of its own: the server can neither read the key nor have a\n"
    "history signed that was rewritten or has become shorter.\n"
    "\n"
    "  make      makes a key and prints its public half: keep a copy elsewhere\n"
    "  take      takes the key over from a data folder (the old file is removed)\n"
    "  serve     runs; --peer is the user of zhidu serve, others are not listened to\n"
    "  key       prints the public key\n"
    "  last      prints the checkpoint signed last\n"
    "  set-back  after an old backup was restored: accepts the shorter ledger; goes into\n"
    "            the journal, and every later checkpoint says so; size and root stand on\n"
    "            the health page.  Stop `serve` first\n";

static enum lang lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
        }
    }
    return LANG_EN;
}

static int refuse(const struct program *p, struct words w, str detail)
{
    str s = words_in(w, p->lang);
    fprintf(stderr, "zhidu-signer: %.*s", STR_ARG(s));
    if (detail.len) {
        fprintf(stderr, " (%.*s)", STR_ARG(detail));
    }
    fputc('\n', stderr);
    return EXIT_REFUSED;
}

static int refuse_err(const struct program *p, err e)
{
    struct words w = WORDS("目录无法使用。", "The folder cannot be used.");
    if (e.code == ERR_NOT_FOUND) {
        w = WORDS("这个目录里没有密钥；用 make 新建，或用 take 接管。",
                  "There is no key in this folder: `make` one, or `take` one over.");
    } else if (e.code == ERR_BUSY) {
        w = WORDS("另一个 zhidu-signer 正在使用这个目录；请先停止它。",
                  "Another zhidu-signer uses this folder; stop it first.");
    } else if (e.code == ERR_CONFLICT) {
        w = WORDS("未作改动。", "Nothing was changed.");
    }
    return refuse(p, w, e.detail);
}

/* Something is missing: how it is used. */
static int usage(const struct program *p)
{
    fputs(p->lang == LANG_ZH ? usage_zh : usage_en, stderr);
    return EXIT_USAGE;
}

/* --NAME VALUE; NULL when absent. */
static const char *option(const struct program *p, const char *name)
{
    for (int i = 2; i + 1 < p->argc; i += 2) {
        if (strncmp(p->argv[i], "--", 2) == 0 && strcmp(p->argv[i] + 2, name) == 0) {
            return p->argv[i + 1];
        }
    }
    return NULL;
}

/* Opens --dir; makes it when `make`.  -1, having said why. */
static int open_dir(const struct program *p, bool make)
{
    const char *path = option(p, "dir");
    if (!path) {
        usage(p);
        return -1;
    }
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        refuse(p, WORDS("目录建不起来。", "The folder cannot be made."), str_from(strerror(errno)));
        return -1;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        refuse(p, WORDS("目录打不开。", "The folder cannot be opened."), str_from(strerror(errno)));
    }
    return dir;
}

/* The name in a public key file: the log's origin. */
static err origin_in(struct arena *a, const char *file, str *ret)
{
    struct note_key key;
    char text[1024];
    FILE *f = fopen(file, "re");
    if (!f) {
        return err_make(ERR_STORE, str_fmt(a, "%s: %s", file, strerror(errno)));
    }
    size_t n = fread(text, 1, sizeof(text), f);
    fclose(f);
    err e = note_key_parse(hash_make(a), a, str_trim(str_from_n(text, n)), &key);
    if (!e.code) {
        *ret = key.name;
    }
    return e;
}

/* --- small commands ------------------------------------------------------------------ */

/* Read, not locked: it is asked for while the signer is at work. */
static int print_key(struct program *p, int dir)
{
    str vkey;
    err e = signer_public(&p->life, dir, &vkey);
    if (e.code) {
        return refuse_err(p, e);
    }
    printf("%.*s\n", STR_ARG(vkey));
    return EXIT_OK;
}

static int cmd_key(struct program *p)
{
    int dir = open_dir(p, false);
    return dir < 0 ? EXIT_USAGE : print_key(p, dir);
}

static int cmd_make(struct program *p)
{
    const char *origin = option(p, "origin");
    if (!origin) {
        return usage(p);
    }
    int dir = open_dir(p, true);
    if (dir < 0) {
        return EXIT_USAGE;
    }
    err e = signer_make(&p->life, dir, str_from(origin));
    return e.code ? refuse_err(p, e) : print_key(p, dir);
}

static err take_from(struct program *p, int dir, str origin, const char *folder)
{
    int from = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (from < 0) {
        return err_make(ERR_STORE, str_fmt(&p->life, "%s: %s", folder, strerror(errno)));
    }
    err e = signer_take(&p->life, dir, origin, from);
    close(from);
    return e;
}

static int cmd_take(struct program *p)
{
    const char *from = option(p, "from");
    if (!from) {
        return usage(p);
    }
    int dir = open_dir(p, true);
    if (dir < 0) {
        return EXIT_USAGE;
    }
    str origin = {0};
    err e = origin_in(&p->life, str_fmt(&p->life, "%s/ledger.pub", from).ptr, &origin);
    str key = str_fmt(&p->life, "%s/ledger.key", from); /* where it lay before; else: */
    str folder = access(key.ptr, F_OK) == 0 ? str_from(from) : str_fmt(&p->life, "%s/signer", from);
    if (!e.code) {
        e = take_from(p, dir, origin, folder.ptr);
    }
    return e.code ? refuse_err(p, e) : print_key(p, dir);
}

static int cmd_last(struct program *p)
{
    struct signer s;
    int dir = open_dir(p, false);
    if (dir < 0) {
        return EXIT_USAGE;
    }
    err e = signer_open(&p->life, dir, 0, &s);
    if (e.code) {
        return refuse_err(p, e);
    }
    int status = EXIT_OK;
    if (s.damaged) {
        status = refuse(p, WORDS("记忆文件已损坏。", "What it remembers is damaged."), STR("last"));
    } else if (s.last.size) {
        str note = note_write(&p->life, &s.key, &s.last);
        printf("%.*s", STR_ARG(note));
    } else {
        puts(p->lang == LANG_ZH ? "尚未签署过。" : "Nothing was signed yet.");
    }
    signer_close(&s);
    return status;
}

/* Why the memory is not set back to that; none: zh empty. */
static struct words back_wrong(const char *size_text, const char *root_text, const char *reason,
                               int64_t *size, struct hash *root)
{
    if (!str_to_i64(str_from(size_text), size) || *size <= 0) {
        return WORDS("--size 是条数，一个正整数，见“运行状况”页。",
                     "--size is a number of entries, as the health page shows it.");
    }
    if (!b64_get_n(str_from(root_text), root->b, HASH_LEN)) {
        return WORDS("--root 是“运行状况”页给出的 44 个字符。",
                     "--root is the 44 characters that the health page shows.");
    }
    if (!*reason || strlen(reason) > 500 || strchr(reason, '\n')) {
        return WORDS("--reason 是一行话，至多 500 个字节。",
                     "--reason is one line of words, at most 500 bytes.");
    }
    return (struct words){0};
}

static int cmd_set_back(struct program *p)
{
    const char *size_text = option(p, "size");
    const char *root_text = option(p, "root");
    const char *reason = option(p, "reason");
    int64_t size = 0;
    struct hash root;
    struct signer s;
    if (!size_text || !root_text || !reason) {
        return usage(p);
    }
    struct words wrong = back_wrong(size_text, root_text, reason, &size, &root);
    if (wrong.zh.len) {
        refuse(p, wrong, (str){0});
        return EXIT_USAGE;
    }
    int dir = open_dir(p, false);
    if (dir < 0) {
        return EXIT_USAGE;
    }
    err e = signer_open(&p->life, dir, 0, &s);
    if (!e.code) {
        e = signer_set_back(&s, &p->life, size, root, str_from(reason), clock_now());
        signer_close(&s);
    }
    if (e.code) {
        return refuse_err(p, e);
    }
    puts(p->lang == LANG_ZH ? "已认可并记入 journal；此后每个检查点都会写明。"
                            : "Accepted and written to the journal; every checkpoint from now on "
                              "says so.");
    return EXIT_OK;
}

/* --- at work ------------------------------------------------------------------------------- */

/* Nobody of the same user looks into this process, and nothing of it is dumped. */
static bool harden(void)
{
    return prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* From here on only the folder is left to it, and what a socket needs.  The folder by
 * its descriptor: its own user may not see the way to it. */
static err confine(struct program *p, int dir)
{
    struct sandbox *s = arena_new(&p->life, struct sandbox);
    struct sandbox_found found;
    s->signer = true;
    sandbox_write(s, str_fmt(&p->life, "/proc/self/fd/%d", dir).ptr);
    return sandbox_possible() ? sandbox_enter(s, &p->life, &found) : OK;
}

/* Of a server's own signer: without a key it stays, says so to who asks, and signs when the
 * key is back.  A configured one ends: whoever began it is told at once. */
static int work(struct program *p, int dir, struct signer_ways *ways)
{
    struct signer s;
    struct arena again = arena_make(ARENA_MAX);
    bool hard = harden();
    err e = hard ? signer_open(&p->life, dir, LOCK_WAIT_MS, &s) : err_make(ERR_STORE, STR("prctl"));
    if (hard && ways->given >= 0 && (e.code == ERR_NOT_FOUND || e.code == ERR_STORE)) {
        refuse_err(p, e);
        s = signer_without(dir, &again);
        e = OK;
    }
    if (!e.code) {
        e = confine(p, dir);
    }
    if (e.code) {
        return refuse_err(p, e);
    }
    ways->stop = &stop;
    signer_serve(&s, ways);
    signer_close(&s);
    arena_end(&again);
    return EXIT_OK;
}

static int cmd_serve(struct program *p)
{
    const char *path = option(p, "socket");
    const char *user = option(p, "peer");
    const struct passwd *peer = user ? getpwnam(user) : NULL;
    if (!path || !user) {
        return usage(p);
    }
    int dir = open_dir(p, false);
    if (dir < 0) {
        return EXIT_USAGE;
    }
    if (!peer) {
        return refuse(p, WORDS("没有这个用户。", "There is no such user."), str_from(user));
    }
    struct signer_ways ways = {.given = -1, .peer = peer->pw_uid};
    /* anybody may knock, the kernel says who it is */
    err e = signer_listen(&p->life, path, 0666, &ways.listens);
    if (e.code) {
        return refuse(p, WORDS("套接字建不起来。", "The socket cannot be made."), e.detail);
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    return work(p, dir, &ways);
}

/* --- as a child of the server ------------------------------------------------------------------
 */

/* Whose the signer is that root started: the owner's of its folder, or of the data, for a server
 * under his name opens it the next time; where all is root's, a user's of its own. */
static bool owner_of(int dir, const char *data, uid_t *uid, gid_t *gid)
{
    struct stat of;
    if (fstat(dir, &of) != 0 || (of.st_uid == 0 && stat(data, &of) != 0)) {
        return false;
    }
    *uid = of.st_uid;
    *gid = of.st_gid;
    if (of.st_uid == 0) {
        const struct passwd *u = getpwnam("zhidu-signer");
        u = u ? u : getpwnam("nobody");
        *uid = u ? u->pw_uid : 0;
        *gid = u ? u->pw_gid : 0;
    }
    return *uid != 0;
}

/* Started as root: somebody who owns the folder and nothing else. */
static bool become_other(int dir, const char *data)
{
    static const char *const files[] = {"ledger.key", "ledger.pub", "last", "journal"};
    uid_t uid;
    gid_t gid;
    if (geteuid() != 0) {
        return true;
    }
    if (!owner_of(dir, data, &uid, &gid) || fchown(dir, uid, gid) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (fchownat(dir, files[i], uid, gid, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT) {
            return false;
        }
    }
    return setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(uid) == 0;
}

/* The one that signs may die; this one starts it again, and ends with it when it
 * ends well: when the server let go of the line. */
static int keep_alive(struct program *p, int dir, int fd)
{
    enum { PAUSE_MS = 50 };
    for (;;) {
        pid_t pid = fork();
        if (pid == 0) {
            return work(p, dir, &(struct signer_ways){.given = fd, .listens = -1});
        }
        int status = 0;
        if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
            return WEXITSTATUS(status);
        }
        struct timespec t = {.tv_nsec = PAUSE_MS * 1000000};
        nanosleep(&t, NULL);
    }
}

/* --dir DIR --data FOLDER [--origin NAME]; the line is descriptor 3. */
static int cmd_child(struct program *p)
{
    enum { LINE = 3 };
    const char *data = option(p, "data");
    const char *origin = option(p, "origin");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_IGN); /* the end of the line is the end */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    int dir = open_dir(p, true);
    if (dir < 0 || !data) {
        return EXIT_USAGE;
    }
    err e = OK;
    str old = str_fmt(&p->life, "%s/ledger.key", data);
    if (!signer_made(dir) && access(old.ptr, F_OK) == 0) {
        str name;
        e = origin_in(&p->life, str_fmt(&p->life, "%s/ledger.pub", data).ptr, &name);
        e = e.code ? e : take_from(p, dir, name, data);
    } else if (!signer_made(dir) && origin) {
        e = signer_make(&p->life, dir, str_from(origin));
    }
    if (e.code) {
        return refuse_err(p, e);
    }
    if (!become_other(dir, data)) {
        return refuse(p, WORDS("不能换成自己的用户。", "Cannot become a user of its own."),
                      str_from(strerror(errno)));
    }
    return keep_alive(p, dir, LINE);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct program *p);
    } commands[] = {{"make", cmd_make}, {"take", cmd_take},         {"serve", cmd_serve},
                    {"last", cmd_last}, {"set-back", cmd_set_back}, {"child", cmd_child},
                    {"key", cmd_key}};
    struct program p = {
        .life = arena_make(ARENA_MAX), .lang = lang_of_environment(), .argc = argc, .argv = argv};
    int status = -1;
    umask(0077);
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            status = commands[i].run(&p);
        }
    }
    if (status < 0) {
        bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0);
        fputs(p.lang == LANG_ZH ? usage_zh : usage_en, help ? stdout : stderr);
        status = help ? EXIT_OK : EXIT_USAGE;
    }
    arena_end(&p.life);
    return status;
}
