/* regulate.c - init, publish: what puts regulations in force. */
#include "base/buf.h"
#include "base/clock.h"
#include "engine/scenario.h"
#include "engine/write.h"

#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

/* A file below the caller's folder is told as he would name it. */
static str as_named(const struct cli *c, str file)
{
    bool below =
        str_starts(file, c->cwd) && file.len > c->cwd.len + 1 && file.ptr[c->cwd.len] == '/';
    return below ? str_from_n(file.ptr + c->cwd.len + 1, file.len - c->cwd.len - 1) : file;
}

void cli_diags(struct cli *c, const struct diags *d)
{
    for (size_t i = 0; i < d->len; i++) {
        struct diag one = d->ptr[i];
        one.pos.file = as_named(c, one.pos.file);
        str line = diag_print(c->arena, &one, c->lang);
        fprintf(c->out, "%.*s\n", STR_ARG(line));
    }
    if (d->errors + d->warnings > d->len) {
        cli_say(c, "……共 %zu 处错误、%zu 处提醒", "... %zu mistakes and %zu warnings in all",
                d->errors, d->warnings);
    }
}

static err load(struct cli *c, str folder, struct sources *ret)
{
    str path;
    err e = cli_folder(c, folder, &path);
    e = e.code ? e : load_folder(c->arena, NULL, path, ret);
    return e.code || ret->len ? e : cli_no_regulations(c, path);
}

static err mark_demo(void *arg, struct db *db, struct arena *a)
{
    (void)arg;
    return db_exec(db, a, SQL("insert into installation(key, value) values ('demo', 'yes')"),
                   NO_ARGS);
}

/* Accounts for the people of the demonstration, all with one password that everybody
 * knows: the installation is marked, and serve keeps it on loopback. */
static err demo_accounts(struct cli *c)
{
    struct arena a = arena_make(256u << 20);
    struct db *db;
    struct rows r;
    err e = engine_write(c->engine, mark_demo, NULL);
    if (!e.code) {
        e = engine_reader(c->engine, &a, &db);
    }
    if (!e.code) {
        e = db_query(
            db, &a,
            SQL("select \"id\", \"f_login\" from \"r_person\" where \"f_login\" is not null"
                " order by \"id\" limit 100"),
            NO_ARGS, &r);
    }
    while (!e.code && rows_next(&r)) {
        struct words why = {0};
        e = people_set_account(c->people, &a, c->now(), rows_i64(&r, 0), rows_text(&r, 1),
                               STR(DEMO_PASSWORD), false, &why);
    }
    arena_end(&a);
    return e;
}

/* A file of steps beside the regulations; ret->ptr NULL where there is none. */
static str steps_file(struct arena *a, str folder, const char *name, str *ret_path)
{
    enum { MOST = 1 << 20 };
    *ret_path = str_fmt(a, "%.*s/%s", STR_ARG(folder), name);
    FILE *f = fopen(ret_path->ptr, "re");
    if (!f) {
        return (str){0};
    }
    char *p = arena_bytes(a, MOST);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

err cli_demo_organisation(struct engine *e, struct arena *a, str folder, struct diags *d,
                          int64_t *ret_acts)
{
    str path;
    str text = steps_file(a, folder, "demo.yaml", &path);
    *ret_acts = 0;
    return text.ptr ? scenario_records(e, a, text, path, d, ret_acts) : OK;
}

err cli_demo_cases(struct engine *e, struct arena *a, str folder, int64_t present, struct diags *d,
                   int64_t *ret_acts)
{
    str path;
    str text = steps_file(a, folder, "demo_cases.yaml", &path);
    *ret_acts = 0;
    return text.ptr ? scenario_life(e, a, text, path, present, d, ret_acts) : OK;
}

/* A text as a double-quoted scalar of YAML. */
static void put_quoted(struct buf *b, str s)
{
    buf_put_c(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char ch = (unsigned char)s.ptr[i];
        if (ch == '"' || ch == '\\') {
            buf_put_c(b, '\\');
        }
        buf_put_c(b, ch < 0x20 ? ' ' : (char)ch);
    }
    buf_put_c(b, '"');
}

struct filling {
    str name, value;
};

/* Steps with $words, each replaced by what it stands for. */
static str fill_in(struct arena *a, str text, const struct filling *words, size_t n)
{
    struct buf b = buf_make(a, 1 << 20);
    for (size_t i = 0; i < text.len; i++) {
        size_t k = 0;
        str rest = str_from_n(text.ptr + i + 1, text.len - i - 1);
        while (text.ptr[i] == '$' && k < n && !str_starts(rest, words[k].name)) {
            k++;
        }
        if (text.ptr[i] == '$' && k < n) {
            put_quoted(&b, words[k].value);
            i += words[k].name.len;
        } else {
            buf_put_c(&b, text.ptr[i]);
        }
    }
    return buf_str(&b);
}

/* The first administrator: a person and an appointment, by auto, as every
 * record of the beginning. */
static err first_administrator(struct cli *c, str folder, str name, str login, struct diags *d)
{
    str path;
    str text = steps_file(c->arena, folder, "administrator.yaml", &path);
    const struct filling words[] = {
        {STR("organisation"), c->config.organisation}, {STR("name"), name}, {STR("login"), login}};
    if (!text.ptr) {
        return err_make(ERR_NOT_FOUND, path);
    }
    int64_t made;
    err e =
        scenario_records(c->engine, c->arena, fill_in(c->arena, text, words, 3), path, d, &made);
    if (e.code || d->errors) {
        return e.code ? e : err_make(ERR_VALUE, path);
    }
    struct arena a = arena_make(64u << 20);
    struct db *db;
    struct rows r;
    struct words why = {0};
    e = engine_reader(c->engine, &a, &db);
    if (!e.code) {
        e = db_query(db, &a, SQL("select \"id\" from \"r_person\" where \"f_login\" = $1"),
                     ARGS(db_text(login)), &r);
    }
    if (!e.code) {
        str password = cli_ask_secret(c, words_in(WORDS("密码：", "Password: "), c->lang));
        e = rows_next(&r) ? people_set_account(c->people, &a, c->now(), rows_i64(&r, 0), login,
                                               password, false, &why)
                          : err_make(ERR_NOT_FOUND, STR("person"));
    }
    if (e.code && why.zh.len) {
        e = cli_refuse(c->arena, e.code, why, (struct words){0});
    } else {
        e.detail = str_copy(c->arena, e.detail);
    }
    arena_end(&a);
    return e;
}

static err fill(struct cli *c, int argc, char **argv, struct diags *d)
{
    err read = cli_standards(c, cli_path(c, cli_word(argc, argv, 0)), d);
    if (read.code || d->errors) {
        return read;
    }
    str admin = cli_option(argc, argv, "admin");
    if (cli_flag(argc, argv, "demo")) {
        str folder = cli_path(c, cli_word(argc, argv, 0));
        int64_t made, lived = 0;
        err e = cli_demo_organisation(c->engine, c->arena, folder, d, &made);
        if (!e.code && !d->errors && cli_flag(argc, argv, "cases")) {
            e = cli_demo_cases(c->engine, c->arena, folder, c->now(), d, &lived);
        }
        if (!e.code && !d->errors) {
            cli_say(c, "演示组织：%lld 次操作", "Demonstration: %lld acts",
                    (long long)(made + lived));
        }
        return e.code || d->errors ? e : demo_accounts(c);
    }
    return admin.len ? first_administrator(c, cli_path(c, cli_word(argc, argv, 0)), admin,
                                           cli_option(argc, argv, "login"), d)
                     : OK;
}

/* All or nothing: what failed can be tried again.  The lock is held to the end, or another init
 * might take the folder for one that was left. */
static err end_making(struct cli *c, struct installation *in, err e, bool mistakes)
{
    int lock = in->lock;
    in->lock = -1;
    installation_close(in);
    if (!e.code && !mistakes) {
        e = making_end(c->arena, c->config.data);
    }
    if ((e.code || mistakes) && in->made) {
        making_undo(c->arena, c->config.data);
    }
    if (lock >= 0) {
        close(lock);
    }
    return e;
}

int cmd_init(struct cli *c, int argc, char **argv)
{
    struct sources s;
    struct diags d = diags_make(c->arena);
    struct installation in = {.lock = -1};
    struct log_settings quiet = log_settings();
    bool demo = cli_flag(argc, argv, "demo");
    bool admin = cli_option(argc, argv, "admin").len;
    if (admin && !cli_option(argc, argv, "login").len) {
        return cli_help(c, "init") + 2;
    }
    quiet.least = LOG_ERROR; /* that accounts are made is what was asked for */
    log_set(quiet);
    err e = load(c, cli_word(argc, argv, 0), &s);
    if (!e.code) {
        e = installation_make(c->arena, &c->config, &s,
                              cli_flag(argc, argv, "cases") ? DEMO_BACK_MS : 0, &d, &in);
    }
    if (!e.code && !d.errors) {
        c->engine = in.engine;
        c->people = in.people;
        e = fill(c, argc, argv, &d);
    }
    cli_diags(c, &d);
    e = end_making(c, &in, e, d.errors > 0);
    if (e.code || d.errors) {
        return e.code ? cli_fail(c, e) : 1;
    }
    cli_say(c, "已建立：%.*s\n公钥：%.*s/ledger.pub（请抄存一份在别处）",
            "Made: %.*s\nPublic key: %.*s/ledger.pub (keep a copy elsewhere)",
            STR_ARG(c->config.data), STR_ARG(c->config.data));
    if (!demo && !admin) {
        cli_say(
            c, "注意：没有管理员，没有人能登录。要有管理员，请加 --admin 和 --login 另建一个。",
            "Attention: it has no administrator, and nobody can sign in.  Make another one with "
            "--admin and --login.");
    }
    return 0;
}
