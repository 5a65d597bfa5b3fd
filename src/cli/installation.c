#include "base/enc.h"
#include "base/log.h"
#include "ledger/note.h"

#include "cli/cli.h"
#include "cli/look.h"
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_TEXT_MAX = 1024, KEY_WAIT_MS = 10000 };

/* Locked, and the file that has this name still: an init that failed takes it away. */
static int lock_once(const char *path, bool *ret_gone)
{
    struct stat held;
    struct stat named;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    *ret_gone = false;
    if (fd < 0) {
        return -1;
    }
    bool ours = flock(fd, LOCK_EX | LOCK_NB) == 0;
    *ret_gone = ours && (fstat(fd, &held) != 0 || stat(path, &named) != 0 ||
                         held.st_ino != named.st_ino || held.st_dev != named.st_dev);
    if (ours && !*ret_gone) {
        return fd;
    }
    close(fd);
    errno = EWOULDBLOCK;
    return -1;
}

/* One process per data folder. */
static err lock_folder(struct arena *a, str data, int *ret)
{
    enum { TRIES = 10 };
    str path = str_fmt(a, "%.*s/lock", STR_ARG(data));
    bool gone = true;
    for (int i = 0; gone && i < TRIES; i++) {
        *ret = lock_once(path.ptr, &gone);
    }
    if (*ret < 0 && errno != EWOULDBLOCK) {
        return err_make(ERR_STORE, str_fmt(a, "%s: %s", path.ptr, strerror(errno)));
    }
    return *ret >= 0 ? OK
                     : cli_refuse(a, ERR_BUSY,
                                  words_fmt(a, "另一个进程正在使用 %.*s。",
                                            "Another process uses %.*s.", STR_ARG(data)),
                                  WORDS("请先停止它，或换一个数据目录（--data）。",
                                        "Stop it first, or name another data folder (--data)."));
}

str cli_database_url(struct arena *a, const struct config *cfg)
{
    return cfg->database.len ? cfg->database
                             : str_fmt(a, "sqlite:%.*s/zhidu.db", STR_ARG(cfg->data));
}

static err database_gone(struct arena *a, struct words what)
{
    return cli_refuse(
        a, ERR_NOT_FOUND,
        (struct words){
            str_fmt(a, "这套数据的数据库不见了：%.*s。没有新建任何内容。", STR_ARG(what.zh)),
            str_fmt(a,
                    "The database of this installation is not there: %.*s.  Nothing "
                    "was made.",
                    STR_ARG(what.en))},
        WORDS("检查磁盘是否已挂载、设置 database 是否正确；确实没有了，就由备份恢复（zhidu "
              "restore）。",
              "Look whether its disk is mounted and the setting `database` is right; where it is "
              "lost, restore a backup (zhidu restore)."));
}

err installation_there(struct arena *a, const struct config *cfg)
{
    err e = making_refuses(a, cfg->data);
    str pub = str_fmt(a, "%.*s/ledger.pub", STR_ARG(cfg->data));
    if (!e.code && access(pub.ptr, R_OK) != 0) {
        e = cli_refuse(a, ERR_NOT_FOUND,
                       words_fmt(a, "%.*s 里没有可用的数据（%s：%s）。",
                                 "%.*s holds no installation (%s: %s).", STR_ARG(cfg->data),
                                 pub.ptr, strerror(errno)),
                       WORDS("用 --data 指明数据目录，或先用 zhidu init 新建。",
                             "Name the data folder with --data, or make one with zhidu init."));
    }
    str file;
    str kind = str_cut(cli_database_url(a, cfg), ':', &file);
    if (!e.code && str_eq(kind, STR("sqlite")) && access(str_copy(a, file).ptr, F_OK) != 0) {
        e = database_gone(a, (struct words){file, file});
    }
    return e;
}

static err read_public(struct arena *a, const struct config *cfg, struct note_key *ret)
{
    err e = installation_there(a, cfg);
    if (e.code) {
        return e;
    }
    str path = str_fmt(a, "%.*s/ledger.pub", STR_ARG(cfg->data));
    char *p = arena_bytes(a, KEY_TEXT_MAX);
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, p, KEY_TEXT_MAX) : 0;
    if (fd >= 0) {
        close(fd);
    }
    e = note_key_parse(hash_make(a), a, str_trim(str_from_n(p, n > 0 ? (size_t)n : 0)), ret);
    return e.code ? err_make(ERR_STORE, str_fmt(a, "%s is damaged", path.ptr)) : OK;
}

/* The key is made where it stays, or is there already; here is only its public half. */
static err ask_key(struct arena *a, const struct config *cfg, struct signer_line *line,
                   struct note_key *ret)
{
    err e = signer_line_key(line, hash_make(a), a, KEY_WAIT_MS, ret);
    if (e.code) {
        return cli_refuse(a, ERR_STORE,
                          words_fmt(a, "签名进程没有给出公钥（%.*s）。",
                                    "The signer gives no public key (%.*s).", STR_ARG(e.detail)),
                          WORDS("看它的日志；单独配置时先用 zhidu-signer make 建立密钥并启动它。",
                                "Look at its log; where it is configured, zhidu-signer make gives "
                                "it a key, then start it."));
    }
    if (!str_eq(ret->name, cfg->origin)) {
        return cli_refuse(a, ERR_CONFLICT,
                          words_fmt(a, "签名进程的密钥属于 %.*s，不是 %.*s。",
                                    "The signer's key is that of %.*s, not of %.*s.",
                                    STR_ARG(ret->name), STR_ARG(cfg->origin)),
                          WORDS("改 origin 设置，或换一个签名进程。",
                                "Change the setting `origin`, or name another signer."));
    }
    str vkey = str_fmt(a, "%.*s\n", STR_ARG(note_vkey(a, ret)));
    return cli_write_new(a, str_fmt(a, "%.*s/ledger.pub", STR_ARG(cfg->data)), vkey, 0644);
}

/* Who signs: the configured signer, or one of our own. */
static err find_signer(struct arena *a, const struct config *cfg, bool make,
                       struct installation *in, struct signer_line *ret)
{
    *ret = (struct signer_line){.path = cfg->signer, .fd = -1};
    if (cfg->signer.len) {
        return OK;
    }
    err e = signer_child_start(a, cfg, make, &in->signer);
    if (!e.code) {
        ret->fd = in->signer.fd;
    }
    return e;
}

static struct engine_options options(struct arena *a, const struct config *cfg,
                                     const struct seal_options *seal, struct demo_clock *clock,
                                     bool background)
{
    return (struct engine_options){.url = cli_database_url(a, cfg),
                                   .data_dir = cfg->data,
                                   .origin = cfg->origin,
                                   .seal = seal,
                                   .background = background,
                                   .clock = demo_clock_now,
                                   .clock_arg = clock};
}

static err open_secrets(struct arena *life, const struct config *cfg, str sample,
                        struct secrets *ret)
{
    str file = cfg->secret_key.len ? cfg->secret_key
                                   : str_fmt(life, "%.*s/secret.key", STR_ARG(cfg->data));
    return secrets_open(life, file, sample, ret);
}

static void unlock(void *arg)
{
    close(*(int *)arg);
}

err installation_sealed(struct arena *life, const struct config *cfg, bool alone,
                        struct sealed *ret)
{
    struct note_key ignored;
    str sample = STR("");
    err e = read_public(life, cfg, &ignored);
    if (!e.code && alone) {
        int *lock = arena_new(life, int);
        e = lock_folder(life, cfg->data, lock);
        if (!e.code) {
            arena_defer(life, unlock, lock);
        }
    }
    e = e.code ? e
               : db_open(life, cli_database_url(life, cfg), (struct db_options){.writer = alone},
                         &ret->db);
    e = e.code ? e : people_sealed(ret->db, life, &sample);
    return e.code ? e : open_secrets(life, cfg, sample, &ret->secrets);
}

/* Tables of accounts, and the key of what is sealed in them. */
static err people_tables(struct arena *a, const struct config *cfg, str url,
                         struct secrets *ret_secrets)
{
    struct arena life = arena_make(32u << 20);
    struct db *db;
    err e = db_open(&life, url, (struct db_options){.writer = true}, &db);
    if (!e.code) {
        size_t n;
        const struct migration *list = people_migrations(&n);
        e = db_migrate(db, &life, list, n);
    }
    str sample = STR("");
    if (!e.code) {
        e = people_sealed(db, &life, &sample);
    }
    if (!e.code) {
        e = open_secrets(a, cfg, sample, ret_secrets);
    }
    if (e.code) {
        e.detail = str_copy(a, e.detail);
    }
    arena_end(&life);
    return e;
}

/* Older data are made ready first; newer ones refused. */
static err make_ready(struct arena *life, const struct config *cfg, struct installation *in)
{
    struct look look = {.config = cfg};
    struct upgrade_plan plan = {.url = cli_database_url(life, cfg),
                                .data_dir = cfg->data,
                                .look = look_at_pages,
                                .arg = &look};
    err e = upgrade_look(life, plan.url, &in->upgraded);
    if (!e.code && in->upgraded.empty) {
        e = database_gone(life,
                          WORDS("设置 database 指的是空的", "the one of `database` is empty"));
    } else if (!e.code && in->upgraded.needed) {
        e = upgrade_run(life, &plan, &in->upgraded, &in->kept);
        struct log_line l = log_line(e.code ? LOG_ERROR : LOG_INFO, "upgrade");
        log_i64(&l, "from", in->upgraded.from);
        log_i64(&l, "to", in->upgraded.to);
        log_str(&l, "kept", in->kept);
        log_write(&l);
    } else if (!e.code) {
        upgrade_tidy(str_copy(life, cfg->data));
    }
    return e;
}

err installation_open(struct arena *life, const struct config *cfg, bool background,
                      struct cli *server, struct installation *ret)
{
    struct installation in = {.lock = -1};
    struct seal_options *seal = arena_new(life, struct seal_options);
    err e = read_public(life, cfg, &seal->key);
    if (!e.code) {
        e = lock_folder(life, cfg->data, &in.lock);
    }
    if (!e.code) {
        e = make_ready(life, cfg, &in);
    }
    if (!e.code) {
        e = find_signer(life, cfg, false, &in, &seal->line);
    }
    in.clock = demo_clock_open(life, cfg->data);
    struct engine_options o = options(life, cfg, seal, in.clock, background);
    if (!e.code) {
        e = people_tables(life, cfg, o.url, &in.secrets);
    }
    if (!e.code && server) {
        e = confine(server);
    }
    if (!e.code) {
        e = engine_open(life, &o, &in.engine);
    }
    if (!e.code) {
        e = people_open(life, in.engine, &in.people);
    }
    if (!e.code) {
        people_use_secrets(in.people, &in.secrets);
    }
    if (e.code) {
        installation_close(&in);
        return e;
    }
    *ret = in;
    return OK;
}

/* Another installation's tables, or those of one that was not finished, are never written into;
 * in a folder of our own there are none now. */
static err database_is_free(struct arena *life, const struct config *cfg)
{
    struct arena a = arena_make(32u << 20);
    struct db *db;
    bool there = false;
    err e = db_open(&a, cli_database_url(&a, cfg), (struct db_options){.writer = true}, &db);
    e = e.code ? e : db_has_table(db, &a, STR("installation"), &there);
    e.detail = e.code ? str_copy(life, e.detail) : e.detail;
    arena_end(&a);
    if (e.code || !there) {
        return e;
    }
    return cli_refuse(
        life, ERR_CONFLICT,
        WORDS("设置 database 指的数据库里已经有数据（或一次没有完成的建立），不会覆盖。",
              "The database of the setting `database` holds an installation already, or one whose "
              "making was broken off; it is not overwritten."),
        WORDS("换一个空的数据库；确认里面的数据不再需要，也可以先清空它（PostgreSQL：drop schema "
              "public "
              "cascade; create schema public）。",
              "Name an empty one; or, when you are sure that nobody needs what is in it, empty it "
              "(PostgreSQL: drop schema public cascade; create schema public)."));
}

err installation_make(struct arena *life, const struct config *cfg, const struct sources *s,
                      int64_t back_ms, struct diags *d, struct installation *ret)
{
    struct installation *in = ret;
    *in = (struct installation){.lock = -1};
    if (sodium_init() < 0) {
        return err_make(ERR_STORE, STR("libsodium does not start"));
    }
    struct seal_options *seal = arena_new(life, struct seal_options);
    err e = making_look(life, cfg->data);
    if (!e.code) {
        e = lock_folder(life, cfg->data, &in->lock);
    }
    if (!e.code) { /* again: who had the lock may have finished */
        e = making_look(life, cfg->data);
    }
    if (!e.code) {
        in->made = true;
        e = making_begin(life, cfg->data);
    }
    if (!e.code) {
        e = database_is_free(life, cfg);
    }
    if (!e.code) {
        e = find_signer(life, cfg, true, in, &seal->line);
    }
    if (!e.code) {
        e = ask_key(life, cfg, &seal->line, &seal->key);
    }
    if (e.code) {
        return e;
    }
    in->clock = demo_clock_open(life, cfg->data);
    demo_clock_back(in->clock, back_ms);
    struct engine_options o = options(life, cfg, seal, in->clock, false);
    e = engine_init(life, &o, s, d, &in->engine);
    if (!e.code) {
        e = people_tables(life, cfg, o.url, &in->secrets);
    }
    if (!e.code) {
        e = people_open(life, in->engine, &in->people);
    }
    if (!e.code) {
        people_use_secrets(in->people, &in->secrets);
    }
    return e;
}

void installation_close(struct installation *in)
{
    if (in->engine) {
        engine_stop(in->engine);
        in->engine = NULL;
    }
    child_end(&in->signer);
    if (in->lock >= 0) {
        close(in->lock);
        in->lock = -1;
    }
}
