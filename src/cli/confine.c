/* confine.c - what a running server may still touch: its folder, what it reads while it
 * runs, the ports it needs; and what the process that makes its backups may. */
#include "base/log.h"
#include "base/sandbox.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the C library and those we link read in their own time. */
static const char *const always[] = {"/lib",           "/lib64",
                                     "/usr/lib",       "/usr/share/zoneinfo",
                                     "/etc/localtime", "/etc/ld.so.cache",
                                     "/dev/urandom",   "/dev/random",
                                     "/proc/self",     "/sys/devices/system/cpu"};

/* For documents. */
static const char *const fonts[] = {"/etc/fonts", "/usr/share/fonts", "/usr/share/fontconfig",
                                    "/usr/local/share/fonts", "/var/cache/fontconfig"};

/* What it takes to find another machine by name and to trust its certificate. */
static const char *const names[] = {"/etc/resolv.conf",
                                    "/run/systemd/resolve",
                                    "/etc/hosts",
                                    "/etc/nsswitch.conf",
                                    "/etc/host.conf",
                                    "/etc/gai.conf",
                                    "/etc/services",
                                    "/etc/passwd",
                                    "/etc/ssl",
                                    "/usr/share/ca-certificates",
                                    "/etc/ca-certificates"};

static const char *text(struct arena *a, str s)
{
    return str_copy(a, s).ptr;
}

static const char *folder_of(struct cli *c, str file)
{
    str path = cli_path(c, file);
    while (path.len > 1 && path.ptr[path.len - 1] != '/') {
        path.len--;
    }
    return text(c->arena, path);
}

#define LEN(list) (sizeof(list) / sizeof((list)[0]))

static void read_all(struct sandbox *s, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sandbox_read(s, paths[i]);
    }
}

static bool is_sqlite(str url)
{
    return !url.len || str_starts(url, STR("sqlite:"));
}

/* A server of databases: its ports, what it takes to find and to trust it. */
static err allow_postgres(struct cli *c, struct sandbox *s, str url)
{
    struct db_outside out;
    const char *home = getenv("HOME");
    err e = db_outside(c->arena, url, &out);
    for (int i = 0; i < out.nfiles && !e.code; i++) {
        sandbox_read(s, text(c->arena, out.files[i]));
    }
    for (int i = 0; i < out.nports && !e.code; i++) {
        sandbox_connect(s, out.ports[i]);
    }
    if (home) {
        sandbox_read(s, text(c->arena, str_fmt(c->arena, "%s/.pgpass", home)));
        sandbox_read(s, text(c->arena, str_fmt(c->arena, "%s/.postgresql", home)));
    }
    read_all(s, names, LEN(names));
    return e;
}

static err allow_database(struct cli *c, struct sandbox *s, str url)
{
    if (!is_sqlite(url)) {
        return allow_postgres(c, s, url);
    }
    struct db_outside out;
    err e = db_outside(c->arena, url, &out);
    for (int i = 0; i < out.nfiles && !e.code; i++) {
        sandbox_write(s, folder_of(c, out.files[i])); /* its log stands beside it */
    }
    return e;
}

/* Who only reads: of SQLite the file and, since readers say there where they read, what
 * stands beside it. */
static err allow_copying(struct cli *c, struct sandbox *s, str url)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    if (!is_sqlite(url)) {
        return allow_postgres(c, s, url);
    }
    struct db_outside out;
    err e = db_outside(c->arena, url, &out);
    for (size_t i = 0; i < LEN(ends) && out.nfiles && !e.code; i++) {
        str file = cli_path(c, out.files[0]);
        sandbox_write(s, text(c->arena, str_fmt(c->arena, "%.*s%s", STR_ARG(file), ends[i])));
    }
    return e;
}

/* What renews certificates leaves a link to the newest, which lies in another folder with the
 * ones before it. */
static void allow_linked(struct cli *c, struct sandbox *s, str file)
{
    char *real = realpath(cli_path(c, file).ptr, NULL);
    if (real) {
        sandbox_read(s, folder_of(c, str_from(real)));
        free(real);
    }
}

static void allow_configuration(struct cli *c, struct sandbox *s)
{
    const str files[] = {c->config.file, c->config.tls_cert, c->config.tls_key,
                         c->config.secret_key};
    for (size_t i = 0; i < LEN(files); i++) {
        if (files[i].len) { /* its folder: a new one takes its place by renaming */
            sandbox_read(s, folder_of(c, files[i]));
            allow_linked(c, s, files[i]);
        }
    }
}

/* Started as root on a folder of somebody else's, only capabilities open it. */
static bool is_ours(str data)
{
    struct stat st;
    return stat(data.ptr, &st) == 0 && st.st_uid == geteuid();
}

static void log_entered(const char *who, const char *state, const struct sandbox_found *f)
{
    struct log_line l = log_line(LOG_INFO, "sandbox");
    log_str(&l, "of", str_from(who));
    log_str(&l, "state", str_from(state));
    log_i64(&l, "landlock", f->landlock);
    log_i64(&l, "seccomp", f->seccomp);
    log_write(&l);
}

static void tell(struct cli *c, const char *state, const struct sandbox_found *f)
{
    log_entered("serve", state, f);
    if (!f->landlock || !f->seccomp) {
        cli_say(c, "注意：本进程没有放弃全部不需要的权限（Landlock %d，seccomp %s）。",
                "Attention: this process has not given up all rights it does not need (Landlock "
                "%d, seccomp %s).",
                f->landlock, f->seccomp ? "yes" : "no");
    }
}

static err refuse(struct arena *a, err e)
{
    return cli_refuse(a, e.code,
                      words_fmt(a, "放弃多余权限时失败：%.*s", "Giving up rights failed: %.*s",
                                STR_ARG(e.detail)),
                      WORDS("此系统不支持时，可在配置中写 sandbox = no。",
                            "Where this system cannot do it: sandbox = no in the configuration."));
}

err confine(struct cli *c)
{
    struct sandbox *s = arena_new(c->arena, struct sandbox);
    struct sandbox_found found = {0};
    const char *tmp = getenv("TMPDIR");
    if (!c->config.sandbox || !sandbox_possible()) {
        tell(c, c->config.sandbox ? "not in this build" : "switched off", &found);
        return OK;
    }
    read_all(s, always, LEN(always));
    read_all(s, fonts, LEN(fonts));
    sandbox_write(s, text(c->arena, c->config.data));
    sandbox_write(s, tmp && *tmp ? tmp : "/tmp"); /* large imports in another encoding */
    sandbox_write(s, "/dev/null");
    allow_configuration(c, s);
    sandbox_listen(s, c->config.port);
    s->keep_caps = !is_ours(c->config.data);
    err e = allow_database(c, s, c->config.database);
    if (!e.code) {
        e = sandbox_enter(s, c->arena, &found);
    }
    if (!e.code) {
        tell(c, "entered", &found);
    }
    return e.code ? refuse(c->arena, e) : OK;
}

err confine_maker(struct cli *c, struct arena *a)
{
    struct sandbox *s = arena_new(a, struct sandbox);
    struct sandbox_found found = {0};
    str folder = cli_path(c, c->config.backup_folder);
    if (!c->config.sandbox || !sandbox_possible()) {
        return OK;
    }
    read_all(s, always, LEN(always));
    sandbox_read(s, text(a, c->config.data));
    sandbox_write(s, text(a, folder));
    sandbox_write(s, "/dev/null");
    s->offline = is_sqlite(c->config.database);
    s->keep_caps = !is_ours(c->config.data) || !is_ours(folder);
    err e = allow_copying(c, s, cli_backup_source(a, &c->config, 0).url);
    if (!e.code) {
        e = sandbox_enter(s, a, &found);
    }
    if (!e.code) {
        log_entered("backup", "entered", &found);
    }
    return e.code ? refuse(a, e) : OK;
}
