/* backup.c - the commands `backup` and `restore`.  They work beside a running
 * server, in a process of their own: a backup needs nothing of it but a read
 * transaction, and takes none of its memory. */
#include "backup/backup.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/version.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 4096, SHOW_EVERY_MS = 200, ZONE = 480 };

struct keeping {
    struct cli *c;
    int argc;
    char **argv;
    int64_t shown_at;
    bool shown;
};

/* --- progress --------------------------------------------------------------------------------- */

static bool progress(void *arg, struct words what, int64_t done, int64_t total)
{
    struct keeping *k = arg;
    struct cli *c = k->c;
    int64_t now = clock_mono_us() / 1000;
    if (!isatty(fileno(c->out)) || now - k->shown_at < SHOW_EVERY_MS) {
        return true;
    }
    k->shown_at = now;
    k->shown = true;
    str words = words_in(what, c->lang);
    if (total > 0) {
        fprintf(c->out, "\r%.*s %d %%   ", STR_ARG(words), (int)(done * 100 / total));
    } else {
        fprintf(c->out, "\r%.*s %lld   ", STR_ARG(words), (long long)done);
    }
    fflush(c->out);
    return true;
}

static void progress_end(struct keeping *k)
{
    if (k->shown) {
        fprintf(k->c->out, "\r%40s\r", "");
        k->shown = false;
    }
}

/* --- passphrases and keys ------------------------------------------------------------------- */

static err small_file(struct cli *c, str path, str *ret)
{
    int fd = open(cli_path(c, path).ptr, O_RDONLY | O_CLOEXEC);
    char *p = arena_bytes(c->arena, KEY_FILE_MAX);
    ssize_t n = fd >= 0 ? read(fd, p, KEY_FILE_MAX) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n < 0 || n == KEY_FILE_MAX) {
        return cli_refuse(c->arena, ERR_NOT_FOUND,
                          words_fmt(c->arena, "读不到文件 %.*s。", "The file %.*s cannot be read.",
                                    STR_ARG(path)),
                          (struct words){0});
    }
    str rest;
    *ret = str_trim(str_cut(str_from_n(p, (size_t)n), '\n', &rest));
    return OK;
}

static err passphrase(struct keeping *k, bool twice, str *ret)
{
    struct cli *c = k->c;
    str file = cli_option(k->argc, k->argv, "passphrase-file");
    str s = STR("");
    err e = OK;
    if (file.len) {
        e = small_file(c, file, &s);
    } else {
        s = cli_ask_secret(c, words_in(WORDS("口令：", "Passphrase: "), c->lang));
        if (twice && isatty(STDIN_FILENO) &&
            !str_eq(s,
                    cli_ask_secret(c, words_in(WORDS("再输入一次：", "Once more: "), c->lang)))) {
            e = cli_refuse(c->arena, ERR_VALUE,
                           WORDS("两次输入的口令不同。", "The two passphrases differ."),
                           (struct words){0});
        }
    }
    if (!e.code && twice && (s.len < BOX_PASSPHRASE_MIN || s.len > BOX_PASSPHRASE_MAX)) {
        e = cli_refuse(
            c->arena, ERR_VALUE,
            WORDS("口令需有 10 到 500 个字节。", "A passphrase has 10 to 500 bytes."),
            WORDS("用 --passphrase-file 指明存有口令的文件，或在提示时输入。",
                  "Name a file that holds it with --passphrase-file, or type it when asked."));
    }
    *ret = s;
    return e;
}

static err no_recipient(struct cli *c)
{
    return cli_refuse(c->arena, ERR_VALUE,
                      WORDS("收件人的公钥不成立。", "The recipient's key is no key."),
                      WORDS("用 zhidu backup --new-key 文件 新建一对，公钥会显示出来。",
                            "zhidu backup --new-key FILE makes a pair and shows the public one."));
}

static err key_to_write(struct keeping *k, struct box_key *ret)
{
    struct cli *c = k->c;
    str recipient = cli_option(k->argc, k->argv, "recipient");
    bool by_passphrase = cli_flag(k->argc, k->argv, "passphrase") ||
                         cli_option(k->argc, k->argv, "passphrase-file").len;
    *ret = (struct box_key){.kind = BOX_PLAIN};
    recipient = recipient.len || by_passphrase ? recipient : c->config.backup_recipient;
    if (recipient.len && !box_recipient_parse(c->arena, recipient, ret)) {
        return no_recipient(c);
    }
    if (by_passphrase) {
        ret->kind = BOX_PASSPHRASE;
        return passphrase(k, true, &ret->passphrase);
    }
    return OK;
}

static err ask_key(void *arg, enum box_kind kind, struct box_key *ret)
{
    struct keeping *k = arg;
    struct cli *c = k->c;
    *ret = (struct box_key){.kind = kind};
    if (kind == BOX_PASSPHRASE) {
        return passphrase(k, false, &ret->passphrase);
    }
    str file = cli_option(k->argc, k->argv, "private-key");
    str text = STR("");
    err e = file.len ? small_file(c, file, &text) : OK;
    if (!e.code && !box_private_parse(c->arena, text, ret)) {
        e = cli_refuse(c->arena, ERR_DENIED,
                       WORDS("这份备份是给一把公钥加密的，需要与它成对的私钥。",
                             "This backup is sealed for a public key; its private half is wanted."),
                       WORDS("用 --private-key 指明私钥文件。",
                             "Name the file of the private key with --private-key."));
    }
    return e;
}

static int new_key(struct cli *c, str file)
{
    struct box_pair pair = box_new_pair(c->arena);
    str path = cli_path(c, file);
    int fd = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 &&
              write(fd, pair.private.ptr, pair.private.len) == (ssize_t)pair.private.len &&
              write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        return cli_fail(c,
                        cli_refuse(c->arena, ERR_STORE,
                                   words_fmt(c->arena, "不能写 %s：%s", "%s cannot be written: %s",
                                             path.ptr, strerror(error)),
                                   WORDS("换一个文件名。", "Name another file.")));
    }
    cli_say(c, "私钥已存入 %s：请移到别处妥善保管，服务器上不要留。公钥：",
            "The private key is in %s: keep it elsewhere, not on the server.  The public key:",
            path.ptr);
    fprintf(c->out, "%.*s\n", STR_ARG(pair.recipient));
    return 0;
}

/* --- what is said --------------------------------------------------------------------------- */

static str mb(struct cli *c, int64_t bytes)
{
    return str_fmt(c->arena, "%lld.%lld MB", (long long)(bytes >> 20),
                   (long long)((bytes & 0xfffff) * 10 >> 20));
}

static void say_what(struct cli *c, const struct backup_report *r)
{
    const struct manifest_head *h = &r->head;
    str made = clock_iso(c->arena, h->made_at, ZONE);
    str last = clock_iso(c->arena, h->last_at, ZONE);
    str size = mb(c, h->bytes);
    cli_say(c, "单位：%.*s", "Organisation: %.*s", STR_ARG(h->organisation));
    cli_say(c, "备份时间：%.*s（程序版本 %.*s）", "Made: %.*s (by zhidu %.*s)", STR_ARG(made),
            STR_ARG(h->program));
    cli_say(c, "存证：%lld 条，最后一条记于 %.*s", "Ledger: %lld entries, the last of %.*s",
            (long long)h->entries, STR_ARG(last));
    cli_say(c, "文件：%lld 个，%.*s", "Files: %lld, %.*s", (long long)h->files, STR_ARG(size));
    if (r->key.len) {
        cli_say(c, "存证公钥：%.*s", "Key of the ledger: %.*s", STR_ARG(r->key));
    }
    if (h->missing) {
        cli_say(c, "注意：制作备份时有 %lld 个附件已缺失或已改变，例如 %.*s",
                "Beware: %lld attachments were missing or changed when it was made, such as %.*s",
                (long long)h->missing, STR_ARG(r->missing));
    }
}

static int failed(struct keeping *k, err e)
{
    progress_end(k);
    return cli_fail(k->c, e);
}

/* --- backup --------------------------------------------------------------------------------- */

/* The settings as the file has them; what could open something is left out. */
static str settings_text(struct arena *a, const struct config *cfg)
{
    const struct {
        const char *name;
        str value;
    } rows[] = {{"address", cfg->address},
                {"public_url", cfg->public_url},
                {"organisation", cfg->organisation},
                {"origin", cfg->origin},
                {"tls_cert", cfg->tls_cert},
                {"proxies", cfg->proxies},
                {"backup_folder", cfg->backup_folder},
                {"backup_recipient", cfg->backup_recipient}};
    struct buf b = buf_make(a, 32 * 1024);
    buf_put_fmt(&b, "port = %d\n", cfg->port);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].value.len) {
            buf_put_fmt(&b, "%s = %.*s\n", rows[i].name, STR_ARG(rows[i].value));
        }
    }
    return buf_str(&b);
}

struct backup_source cli_backup_source(struct arena *a, const struct config *cfg, int64_t now)
{
    return (struct backup_source){.url = cli_database_url(a, cfg),
                                  .data_dir = cfg->data,
                                  .organisation = cfg->organisation,
                                  .program = STR(ZHIDU_VERSION),
                                  .settings = settings_text(a, cfg),
                                  .now = now};
}

err cli_backup_plans(struct cli *c, struct schedule_plan *ret_when, struct maker_plan *ret_how)
{
    const struct config *cfg = &c->config;
    struct maker_plan m = {.source = cli_backup_source(c->arena, cfg, 0),
                           .folder =
                               cfg->backup_folder.len ? cli_path(c, cfg->backup_folder) : STR(""),
                           .keep = {cfg->backup_daily, cfg->backup_weekly, cfg->backup_monthly}};
    struct schedule_plan w = {
        .data_dir = cfg->data, .database = m.source.url, .maker = -1, .demo = cfg->demo};
    if (!schedule_time_parse(cfg->backup_at, &w.minute)) {
        return cli_refuse(c->arena, ERR_INVALID,
                          WORDS("backup_at 不是一天中的时刻。", "backup_at is no time of the day."),
                          WORDS("例如：backup_at = 02:30", "For example: backup_at = 02:30"));
    }
    if (cfg->backup_recipient.len &&
        !box_recipient_parse(c->arena, cfg->backup_recipient, &m.key)) {
        return no_recipient(c);
    }
    *ret_when = w;
    *ret_how = m;
    return OK;
}

static err target(struct keeping *k, int64_t now, str *ret)
{
    struct cli *c = k->c;
    str word = cli_word(k->argc, k->argv, 0);
    word = word.len ? word : c->config.backup_folder;
    if (!word.len) {
        return cli_refuse(c->arena, ERR_INVALID,
                          WORDS("缺少备份文件名或目录。",
                                "The name of a file or folder for the backup is wanted."),
                          WORDS("例如：zhidu backup /srv/backup；或在配置中设 backup_folder。",
                                "For example: zhidu backup /srv/backup; or set backup_folder in the"
                                " configuration."));
    }
    str path = cli_path(c, word);
    struct stat st;
    bool folder = stat(path.ptr, &st) == 0 && S_ISDIR(st.st_mode);
    str name = keep_name(c->arena, keep_whose(c->arena, c->config.data), now);
    *ret = folder ? str_fmt(c->arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(name)) : path;
    return OK;
}

static int verify(struct keeping *k, str file)
{
    struct cli *c = k->c;
    struct backup_watch w = {progress, k};
    struct backup_opener o = {ask_key, k};
    struct backup_report rep;
    err e = backup_verify(c->arena, cli_path(c, file), &o, &w, &rep);
    if (e.code) {
        return failed(k, e);
    }
    progress_end(k);
    say_what(c, &rep);
    cli_say(c, "相符：已恢复到临时目录并核验，%lld 条存证、%lld 行数据相符",
            "In order: restored into a scratch folder and verified; %lld entries and %lld rows"
            " agree",
            (long long)rep.verify.ledger.entries, (long long)rep.verify.rows);
    return 0;
}

int cmd_backup(struct cli *c, int argc, char **argv)
{
    struct keeping k = {.c = c, .argc = argc, .argv = argv};
    signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error like a full disk */
    if (sodium_init() < 0) {
        return cli_fail(c, err_make(ERR_STORE, STR("libsodium does not start")));
    }
    str file = cli_option(argc, argv, "new-key");
    if (file.len) {
        return new_key(c, file);
    }
    file = cli_option(argc, argv, "verify");
    if (file.len) {
        return verify(&k, file);
    }
    struct box_key key;
    struct backup_source src = cli_backup_source(c->arena, &c->config, c->now());
    struct backup_watch w = {progress, &k};
    struct backup_report rep;
    bool check = !cli_flag(argc, argv, "no-verify");
    err e = installation_there(c->arena, &c->config);
    if (!e.code) {
        e = target(&k, src.now, &file);
    }
    if (!e.code) {
        e = key_to_write(&k, &key);
    }
    if (!e.code) {
        e = backup_make(c->arena, &src, file, &key, check, &w, &rep);
    }
    if (e.code) {
        return failed(&k, e);
    }
    progress_end(&k);
    str size = mb(c, rep.file_bytes);
    say_what(c, &rep);
    cli_say(c, "已备份到 %s，%.*s", "The backup is %s, %.*s", file.ptr, STR_ARG(size));
    if (check) {
        cli_say(c, "相符：已恢复到临时目录并核验，%lld 条存证、%lld 行数据相符",
                "In order: restored into a scratch folder and verified; %lld entries and %lld rows"
                " agree",
                (long long)rep.verify.ledger.entries, (long long)rep.verify.rows);
    } else {
        cli_say(c, "未核验：zhidu backup --verify 文件",
                "Not verified: zhidu backup --verify FILE");
    }
    cli_say(c, "签名密钥 ledger.key 和 secret.key 不在其中，请另行保管。",
            "ledger.key and secret.key are not in it: keep them elsewhere.");
    return rep.head.missing ? 1 : 0;
}

/* --- restore -------------------------------------------------------------------------------- */

/* PostgreSQL, not a file. */
static bool own_database(const struct cli *c)
{
    return c->config.database.len && !str_starts(c->config.database, STR("sqlite:"));
}

static bool sure(void *arg, const struct backup_report *rep)
{
    struct keeping *k = arg;
    struct cli *c = k->c;
    progress_end(k);
    say_what(c, rep);
    cli_say(c, "恢复到：%.*s", "Into: %.*s", STR_ARG(c->config.data));
    if (own_database(c)) {
        cli_say(c, "记录恢复到配置中的 PostgreSQL 数据库，它必须是空的",
                "Records into the PostgreSQL database of the configuration, which must be empty");
    }
    if (cli_flag(k->argc, k->argv, "yes")) {
        return true;
    }
    str answer = cli_ask(c, words_in(WORDS("恢复？输入 yes：", "Restore?  Type yes: "), c->lang));
    return str_eq(answer, STR("yes"));
}

/* How many entries the old folder's ledger has; -1: it cannot be read. */
static int64_t old_entries(str old)
{
    struct arena a = arena_make(32u << 20);
    struct db *db;
    struct rows r;
    str path = str_fmt(&a, "%.*s/zhidu.db", STR_ARG(old));
    int64_t had = -1;
    err e = access(path.ptr, R_OK) == 0
                ? db_open(&a, str_fmt(&a, "sqlite:%s", path.ptr), (struct db_options){0}, &db)
                : err_make(ERR_NOT_FOUND, STR("zhidu.db"));
    if (!e.code) {
        e = db_query(db, &a, SQL("select max(seq) + 1 from ledger_leaf"), NO_ARGS, &r);
    }
    if (!e.code && rows_next(&r)) {
        had = rows_i64(&r, 0);
    }
    arena_end(&a);
    return had;
}

/* What the old folder knows and the backup does not. */
static void say_lost(struct cli *c, str old, const struct manifest_head *h)
{
    int64_t had = old_entries(old);
    if (had >= h->entries) {
        cli_say(c, "旧目录的存证有 %lld 条：备份之后的 %lld 条没有恢复。",
                "The old folder's ledger has %lld entries: %lld that came after the backup are not"
                " restored.",
                (long long)had, (long long)(had - h->entries));
    } else {
        cli_say(c, "旧目录的存证已无法读取：不知道备份之后有多少条。",
                "The old folder's ledger cannot be read: how much came after the backup is not"
                " known.");
    }
}

/* The signer remembers what it signed last; after a restore that may be more than there is. */
static void say_signer(struct cli *c, const struct manifest_head *h)
{
    struct note_checkpoint last;
    char text[KEY_FILE_MAX];
    const char *folder = c->config.signer.len ? "DIR" : NULL;
    str own = str_fmt(c->arena, "%.*s/signer", STR_ARG(c->config.data));
    str key = str_fmt(c->arena, "%.*s/ledger.key", STR_ARG(own));
    str root = enc_base64(c->arena, hash_str(&h->root));
    FILE *f = fopen(str_fmt(c->arena, "%.*s/last", STR_ARG(own)).ptr, "re");
    size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
    if (f) {
        fclose(f);
    }
    bool longer =
        folder || (n && !note_parse(str_from_n(text, n), &last).code && last.size > h->entries);
    if (longer) {
        cli_say(c,
                "签名进程%s签过更长的日志，须由其管理人认可变短，否则不再签署检查点：\n"
                "  zhidu-signer set-back --dir %s --size %lld --root %.*s --reason 原因",
                "The signer%s has signed a longer log; until whoever is in charge of it accepts the"
                " shorter one, it signs no checkpoint:\n"
                "  zhidu-signer set-back --dir %s --size %lld --root %.*s --reason REASON",
                !folder              ? ""
                : c->lang == LANG_EN ? " may be one that"
                                     : "如果",
                folder ? folder : own.ptr, (long long)h->entries, STR_ARG(root));
    }
    if (!folder && access(key.ptr, F_OK) != 0) {
        cli_say(c,
                "没有签名密钥：不放入它也能启动，但不再签署检查点。请把另行保管的 ledger.key 放入"
                " %.*s。",
                "There is no signing key: it starts without, but signs no checkpoint.  Put"
                " ledger.key, which you keep elsewhere, into %.*s.",
                STR_ARG(c->config.data));
    }
}

static void say_next(struct keeping *k, const struct backup_report *rep, str old)
{
    struct cli *c = k->c;
    str last = clock_iso(c->arena, rep->head.last_at, ZONE);
    cli_say(c, "已恢复。%.*s 之后的操作不在其中；编号从那里继续。",
            "Restored.  What was done after %.*s is not in it; numbers go on from there.",
            STR_ARG(last));
    if (old.len) {
        say_lost(c, old, &rep->head);
    }
    cli_say(c, "所有登录已失效；账号、密码和接口令牌回到备份时的状态，此后停用的请再次停用。",
            "Everybody must sign in again; accounts, passwords and API tokens are what they were:"
            " disable once more what was disabled since.");
    say_signer(c, &rep->head);
}

/* A file of SQLite elsewhere is not what restore makes, and the server would open that one. */
static err database_inside(struct cli *c)
{
    str scheme = STR("sqlite:");
    str url = c->config.database;
    if (!str_starts(url, scheme)) {
        return OK;
    }
    str file = cli_path(c, str_from_n(url.ptr + scheme.len, url.len - scheme.len));
    str own = str_fmt(c->arena, "%.*s/zhidu.db", STR_ARG(c->config.data));
    if (str_eq(file, own)) {
        return OK;
    }
    return cli_refuse(
        c->arena, ERR_INVALID,
        words_fmt(c->arena, "配置中的数据库在数据目录之外（%.*s），没有恢复。",
                  "The configuration puts the database outside the data folder (%.*s); nothing was"
                  " restored.",
                  STR_ARG(file)),
        words_fmt(c->arena,
                  "恢复时去掉这项设置（ZHIDU_DATABASE= zhidu restore …），数据库会恢复为 %.*s；"
                  "之后可把它移到原处（那里的旧文件先移走）。",
                  "Restore without that setting (ZHIDU_DATABASE= zhidu restore ...): the database"
                  " becomes %.*s; then move it there, the old file out of the way first.",
                  STR_ARG(own)));
}

int cmd_restore(struct cli *c, int argc, char **argv)
{
    struct keeping k = {.c = c, .argc = argc, .argv = argv};
    signal(SIGXFSZ, SIG_IGN);
    str file = cli_word(argc, argv, 0);
    str old = cli_option(argc, argv, "old");
    if (!file.len || sodium_init() < 0) {
        return cli_fail(c, cli_refuse(c->arena, ERR_INVALID,
                                      WORDS("缺少备份文件。", "The file of a backup is wanted."),
                                      WORDS("例如：zhidu restore 备份文件 --data 新目录",
                                            "For example: zhidu restore FILE --data NEW-FOLDER")));
    }
    old = old.len ? cli_path(c, old) : old;
    struct backup_restore what = {.file = cli_path(c, file),
                                  .data = c->config.data,
                                  .old = old,
                                  .database = own_database(c) ? c->config.database : STR(""),
                                  .sure = sure,
                                  .arg = &k};
    struct backup_watch w = {progress, &k};
    struct backup_opener o = {ask_key, &k};
    struct backup_report rep;
    err e = database_inside(c);
    e = e.code ? e : backup_restore(c->arena, &what, &o, &w, &rep);
    if (e.code == ERR_BUSY && !e.why) {
        progress_end(&k);
        cli_say(c, "没有恢复。", "Nothing was restored.");
        return 1;
    }
    if (e.code) {
        return failed(&k, e);
    }
    say_next(&k, &rep, old);
    return 0;
}
