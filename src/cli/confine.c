/* confine.c - what a running server may still touch: its folder, what it reads while it
 * runs, the ports it needs. */
#include "base/log.h"
#include "base/sandbox.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the C library and those we link read in their own time. */
static const char *const always[] = {"/lib",
                                     "/lib64",
                                     "/usr/lib",
                                     "/usr/share/zoneinfo",
                                     "/etc/localtime",
                                     "/etc/ld.so.cache",
                                     "/dev/urandom",
                                     "/dev/random",
                                     "/proc/self",
                                     "/sys/devices/system/cpu",
                                     "/etc/fonts",
                                     "/usr/share/fonts",
                                     "/usr/share/fontconfig",
                                     "/usr/local/share/fonts",
                                     "/var/cache/fontconfig"};

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

static err allow_database(struct cli *c, struct sandbox *s, str url)
{
    struct db_outside out;
    bool here = !url.len || str_starts(url, STR("sqlite:"));
    err e = db_outside(c->arena, url, &out);
    for (int i = 0; i < out.nfiles && !e.code; i++) {
        if (here) {
            sandbox_write(s, folder_of(c, out.files[i])); /* its log stands beside it */
        } else {
            sandbox_read(s, text(c->arena, out.files[i]));
        }
    }
    for (int i = 0; i < out.nports && !e.code; i++) {
        sandbox_connect(s, out.ports[i]);
    }
    const char *home = getenv("HOME");
    if (!here && home) {
        sandbox_read(s, text(c->arena, str_fmt(c->arena, "%s/.pgpass", home)));
        sandbox_read(s, text(c->arena, str_fmt(c->arena, "%s/.postgresql", home)));
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !here; i++) {
        sandbox_read(s, names[i]);
    }
    return e;
}

static void allow_configuration(struct cli *c, struct sandbox *s)
{
    const str files[] = {c->config.file, c->config.tls_cert, c->config.tls_key,
                         c->config.secret_key};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i].len) { /* its folder: a new one takes its place by renaming */
            sandbox_read(s, folder_of(c, files[i]));
        }
    }
}

/* Started as root on a folder of somebody else's, only capabilities open it. */
static bool is_ours(str data)
{
    struct stat st;
    return stat(data.ptr, &st) == 0 && st.st_uid == geteuid();
}

static void tell(struct cli *c, const char *state, int landlock, bool seccomp)
{
    struct log_line l = log_line(LOG_INFO, "sandbox");
    log_str(&l, "state", str_from(state));
    log_i64(&l, "landlock", landlock);
    log_i64(&l, "seccomp", seccomp);
    log_write(&l);
    if (!landlock || !seccomp) {
        cli_say(c, "注意：本进程没有放弃全部不需要的权限（Landlock %d，seccomp %s）。",
                "Attention: this process has not given up all rights it does not need (Landlock "
                "%d, seccomp %s).",
                landlock, seccomp ? "yes" : "no");
    }
}

err confine(struct cli *c)
{
    struct sandbox *s = arena_new(c->arena, struct sandbox);
    struct sandbox_found found = {0};
    const char *tmp = getenv("TMPDIR");
    if (!c->config.sandbox || !sandbox_possible()) {
        tell(c, c->config.sandbox ? "not in this build" : "switched off", 0, false);
        return OK;
    }
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        sandbox_read(s, always[i]);
    }
    sandbox_write(s, text(c->arena, c->config.data));
    sandbox_write(s, tmp && *tmp ? tmp : "/tmp"); /* large imports in another encoding */
    sandbox_write(s, "/dev/null");
    allow_configuration(c, s);
    if (c->config.backup_folder.len) {
        sandbox_write(s, cli_path(c, c->config.backup_folder).ptr);
    }
    sandbox_listen(s, c->config.port);
    s->keep_caps = !is_ours(c->config.data);
    err e = allow_database(c, s, c->config.database);
    if (!e.code) {
        e = sandbox_enter(s, c->arena, &found);
    }
    if (!e.code) {
        tell(c, "entered", found.landlock, found.seccomp);
        return OK;
    }
    return cli_refuse(c->arena, e.code,
                      words_fmt(c->arena, "放弃多余权限时失败：%.*s",
                                "Giving up rights failed: %.*s", STR_ARG(e.detail)),
                      WORDS("此系统不支持时，可在配置中写 sandbox = no。",
                            "Where this system cannot do it: sandbox = no in the configuration."));
}
