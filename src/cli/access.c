/* access.c - user, token, ledger: what an administrator does at a terminal. */
#include "base/clock.h"
#include "base/enc.h"
#include "engine/verify.h"
#include "ledger/note.h"
#include "people/second.h"

#include "cli/cli.h"
#include "cli/watch.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- accounts and tokens ---------------------------------------------------------------- */

/* By name, login or account; by id, as other commands tell it. */
static err find_person(struct cli *c, struct arena *a, str who, int64_t *ret)
{
    struct db *db;
    struct rows r;
    int64_t id = 0;
    bool given = str_to_i64(who, &id);
    struct words look = WORDS("可用登录名，见 zhidu export person --columns full_name,login,unit。",
                              "Give the login name: zhidu export person --columns "
                              "full_name,login,unit shows them.");
    err e = engine_reader(c->engine, a, &db);
    if (!e.code) {
        e = db_query(db, a,
                     SQL("select \"id\" from \"r_person\" where \"f_login\" = $1 or \"name\" = $1"
                         " or \"number\" = $1 or \"id\" = $2"
                         " or \"id\" in (select person from account where login = $1) limit 2"),
                     ARGS(db_text(who), given ? db_i64(id) : db_null_i64()), &r);
    }
    if (e.code) {
        return e;
    }
    if (rows_count(&r) != 1) {
        return rows_count(&r)
                   ? cli_refuse(c->arena, ERR_NOT_FOUND,
                                words_fmt(c->arena, "不止一人叫“%.*s”。",
                                          "More than one person is called %.*s.", STR_ARG(who)),
                                look)
                   : cli_refuse(c->arena, ERR_NOT_FOUND,
                                words_fmt(c->arena, "没有这个人：%.*s",
                                          "There is no such person: %.*s", STR_ARG(who)),
                                look);
    }
    rows_next(&r);
    *ret = rows_i64(&r, 0);
    return OK;
}

err cli_person(struct cli *c, str who, int64_t *ret)
{
    return find_person(c, c->arena, who, ret);
}

err cli_account(struct cli *c, str login, int64_t *ret_person)
{
    struct db *db;
    struct rows r;
    err e = engine_reader(c->engine, c->arena, &db);
    if (!e.code) {
        e = db_query(db, c->arena, SQL("select person from account where login = $1"),
                     ARGS(db_text(login)), &r);
    }
    if (!e.code && !rows_next(&r)) {
        e = cli_refuse(c->arena, ERR_NOT_FOUND,
                       words_fmt(c->arena, "没有这个登录账号：%.*s",
                                 "There is no such account: %.*s", STR_ARG(login)),
                       WORDS("先用 zhidu user 建立。", "Make it with zhidu user."));
    }
    if (!e.code) {
        *ret_person = rows_i64(&r, 0);
    }
    return e;
}

/* For who lost it and is the only one who could reset it. */
static int second_off_of(struct cli *c, str who)
{
    int64_t person = 0;
    err e = find_person(c, c->arena, who, &person);
    if (!e.code) {
        e = second_reset(c->people, c->arena, c->now(), person, 0);
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    cli_say(c, "第二因素已停用，其所有登录已退出；本人会看到此次重置。",
            "The second factor is off and all sign-ins ended; the person sees that it was reset.");
    return 0;
}

int cmd_user(struct cli *c, int argc, char **argv)
{
    if (cli_flag(argc, argv, "second-off")) {
        return second_off_of(c, cli_word(argc, argv, 0));
    }
    struct words why = {0};
    int64_t person = 0;
    str who = cli_word(argc, argv, 0);
    if (!who.len || !cli_option(argc, argv, "login").len) {
        return cli_help(c, "user") + 2;
    }
    err e = find_person(c, c->arena, who, &person);
    if (!e.code) {
        str password =
            cli_ask_secret(c, words_in(WORDS("初始密码：", "First password: "), c->lang));
        e = people_set_account(c->people, c->arena, c->now(), person,
                               cli_option(argc, argv, "login"), password, true, &why);
    }
    if (e.code) {
        return cli_fail(c, why.zh.len ? cli_refuse(c->arena, e.code, why, (struct words){0}) : e);
    }
    cli_say(c, "账号已建立；首次登录须修改密码。",
            "The account is ready; the password must be changed at the first sign-in.");
    return 0;
}

enum { TOKEN_DAYS = 90, TOKEN_DAYS_MAX = 3650 };

int cmd_token(struct cli *c, int argc, char **argv)
{
    int64_t person = 0;
    int64_t days = TOKEN_DAYS;
    str scopes = cli_option(argc, argv, "scopes");
    str given = cli_option(argc, argv, "days");
    str token;
    if (given.len && (!str_to_i64(given, &days) || days < 1 || days > TOKEN_DAYS_MAX)) {
        return cli_fail(c, cli_refuse(c->arena, ERR_INVALID,
                                      WORDS("--days 应为 1 到 3650 的整数。",
                                            "--days is a whole number from 1 to 3650."),
                                      WORDS("到期前用 zhidu token 再签发一个。",
                                            "Make another with zhidu token before it ends.")));
    }
    if (!cli_word(argc, argv, 0).len) {
        return cli_help(c, "token") + 2;
    }
    scopes = scopes.len ? scopes : STR("read");
    if (!str_eq(scopes, STR("read")) && !str_eq(scopes, STR("read write"))) {
        return cli_fail(c, cli_refuse(c->arena, ERR_INVALID,
                                      words_fmt(c->arena, "没有这种权限：%.*s",
                                                "There is no such right: %.*s", STR_ARG(scopes)),
                                      WORDS("--scopes 为 read 或 \"read write\"。",
                                            "--scopes is read or \"read write\".")));
    }
    err e = cli_account(c, cli_word(argc, argv, 0), &person);
    if (!e.code) {
        str name = cli_option(argc, argv, "name");
        e = token_make(c->people, c->arena, c->now(), person, name.len ? name : STR("command line"),
                       scopes, c->now() + days * CLOCK_DAY, &token);
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    fprintf(c->out, "%.*s\n", STR_ARG(token));
    return 0;
}

/* --- ledger ---------------------------------------------------------------------------------- */

static bool progress(void *arg, int64_t done, int64_t total)
{
    struct cli *c = arg;
    if (isatty(fileno(c->out))) {
        fprintf(c->out, "\r%lld / %lld", (long long)done, (long long)total);
        fflush(c->out);
    }
    return true;
}

static err read_key(struct cli *c, struct note_key *ret)
{
    str path = str_fmt(c->arena, "%.*s/ledger.pub", STR_ARG(c->config.data));
    FILE *f = fopen(path.ptr, "re");
    if (!f) {
        return err_make(ERR_NOT_FOUND, path);
    }
    char *p = arena_bytes(c->arena, 1024);
    size_t n = fread(p, 1, 1023, f);
    fclose(f);
    return note_key_parse(hash_make(c->arena), c->arena, str_trim(str_from_n(p, n)), ret);
}

/* For the health page of the server, which may be another process: what came out
 * of it, in a file, the service's also where root looked.  "TIME ok", or bad */
static void leave_result(struct cli *c, const struct verify_report *rep)
{
    str file = str_fmt(c->arena, "%.*s/" WATCH_VERIFIED, STR_ARG(c->config.data));
    str fresh = str_fmt(c->arena, "%.*s.new", STR_ARG(file));
    bool bad = rep->bad || rep->ledger.bad;
    struct stat of;
    FILE *f = fopen(fresh.ptr, "we");
    if (!f) {
        return; /* whoever may only read verifies all the same */
    }
    bool ours = geteuid() != 0 || (stat(str_copy(c->arena, c->config.data).ptr, &of) == 0 &&
                                   fchown(fileno(f), of.st_uid, of.st_gid) == 0);
    fprintf(f, "%lld %s\n", (long long)c->now(), bad ? "bad" : "ok");
    if (fclose(f) != 0 || !ours || rename(fresh.ptr, file.ptr) != 0) {
        unlink(fresh.ptr);
    }
}

static int verify(struct cli *c, struct db *db)
{
    struct note_key key;
    err e = read_key(c, &key);
    struct verify_report rep = {0};
    struct ledger_verify_options o = {
        .keys = &key, .nkeys = 1, .last_signature_only = true, .progress = progress, .arg = c};
    if (!e.code) {
        e = engine_verify(db, c->arena, &o, &rep);
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    leave_result(c, &rep);
    if (rep.ledger.bad) {
        str what = words_in(rep.ledger.what, c->lang);
        cli_say(c, "不符：第 %lld 条：%.*s", "Not in order: entry %lld: %.*s",
                (long long)rep.ledger.seq, STR_ARG(what));
        return 1;
    }
    if (rep.bad) {
        str what = words_in(rep.what, c->lang);
        cli_say(c, "不符：%.*s（%.*s，%lld；共 %lld 行不符）",
                "Not in order: %.*s (%.*s, %lld; %lld rows in all)", STR_ARG(what),
                STR_ARG(rep.table), (long long)rep.id, (long long)rep.bad_rows);
        return 1;
    }
    cli_say(
        c,
        "相符：%lld 条，%lld 个内容摘要，%lld 个检查点，%lld 个签名；%lld 行数据、%lld "
        "行历史与之相符",
        "In order: %lld entries, %lld contents, %lld checkpoints, %lld signatures; %lld rows and"
        " %lld rows of the history agree",
        (long long)rep.ledger.entries, (long long)rep.ledger.payloads,
        (long long)rep.ledger.checkpoints, (long long)rep.ledger.signatures, (long long)rep.rows,
        (long long)rep.acts);
    if (rep.ledger.erased) {
        cli_say(c, "%lld 条的内容已依规删除，每一条都有载明依据的存证条目",
                "%lld contents were erased, each named by an entry that states the basis",
                (long long)rep.ledger.erased);
    }
    if (rep.unchecked) {
        cli_say(c, "%lld 行因存证内容已依规删除而无从比对",
                "%lld rows could not be compared: what told of them was erased",
                (long long)rep.unchecked);
    }
    return 0;
}

/* A number on the command line; refused with what it would be and an example. */
static err number_word(struct cli *c, str word, struct words what, const char *example,
                       int64_t *ret)
{
    return str_to_i64(word, ret)
               ? OK
               : cli_refuse(c->arena, ERR_INVALID, what,
                            words_fmt(c->arena, "例如：%s", "For example: %s", example));
}

/* What the ledger gives out as a file: the proof of an entry, the newest checkpoint, or that
 * this continues an earlier one. */
static int give_file(struct cli *c, struct db *db, str what, str word)
{
    int64_t n = 0;
    struct ledger_view *view;
    struct note_checkpoint cp;
    str text;
    err e = OK;
    if (str_eq(what, STR("proof"))) {
        e = number_word(c, word, WORDS("缺少条目的序号。", "The number of an entry is wanted."),
                        "zhidu ledger proof 12", &n);
    } else if (str_eq(what, STR("growth"))) {
        e = number_word(c, word,
                        WORDS("缺少旧检查点的条数（其第二行）。",
                              "The size of the earlier checkpoint is wanted: its second line."),
                        "zhidu ledger growth 4711", &n);
    }
    db_read_begin(db);
    if (!e.code) {
        e = ledger_view(db, c->arena, &view);
    }
    if (!e.code) {
        e = str_eq(what, STR("proof"))    ? ledger_export(view, n, true, &text)
            : str_eq(what, STR("growth")) ? ledger_export_growth(view, n, &text)
                                          : ledger_view_checkpoint(view, -1, &text, &cp);
    }
    db_read_end(db);
    if (e.code) {
        return cli_fail(c, e);
    }
    fwrite(text.ptr, 1, text.len, c->out);
    return 0;
}

int cmd_ledger(struct cli *c, int argc, char **argv)
{
    str what = cli_word(argc, argv, 0);
    struct db *db;
    err e = installation_there(c->arena, &c->config);
    if (e.code) {
        return cli_fail(c, e);
    }
    e = db_open(c->arena, cli_database_url(c->arena, &c->config), (struct db_options){0}, &db);
    if (e.code) {
        return cli_fail(
            c, cli_refuse(c->arena, e.code,
                          words_fmt(c->arena, "数据库打不开：%.*s",
                                    "The database cannot be opened: %.*s", STR_ARG(e.detail)),
                          WORDS("用 --data 指明数据目录。", "Name the data folder with --data.")));
    }
    if (str_eq(what, STR("verify"))) {
        return verify(c, db);
    }
    if (str_eq(what, STR("proof")) || str_eq(what, STR("checkpoint")) ||
        str_eq(what, STR("growth"))) {
        return give_file(c, db, what, cli_word(argc, argv, 1));
    }
    if (str_eq(what, STR("key"))) {
        struct note_key key;
        e = read_key(c, &key);
        if (e.code) {
            return cli_fail(c, e);
        }
        str vkey = note_vkey(c->arena, &key);
        fprintf(c->out, "%.*s\n", STR_ARG(vkey));
        return 0;
    }
    return cli_help(c, "ledger") + 2;
}
