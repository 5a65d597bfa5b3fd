/* maker_child.c - the process that makes the backups: how the server begins it, and what it
 * is (backup/maker.h).  It has the server's configuration, read anew, and none of its memory. */
#include "base/clock.h"

#include "cli/cli.h"

#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 10 };

static char *text(struct arena *a, str s)
{
    return (char *)(uintptr_t)str_copy(a, s).ptr;
}

err maker_child_start(struct cli *c, struct child *ret)
{
    struct arena *a = c->arena;
    str file = c->config.file;
    char *argv[] = {text(a, STR("zhidu")),
                    text(a, STR("backup-maker")),
                    text(a, STR("--data")),
                    text(a, c->config.data),
                    file.len ? text(a, STR("--config")) : NULL,
                    text(a, file),
                    NULL};
    return child_start(a, "/proc/self/exe", argv, environ, ret);
}

static err give_up(void *arg, struct arena *a)
{
    return confine_maker(arg, a);
}

/* Only a demonstration's clock is moved by a file that the server writes. */
static int64_t now(void *arg)
{
    struct cli *c = arg;
    return c->config.demo ? demo_clock_now(demo_clock_open(c->arena, c->config.data)) : clock_now();
}

int cmd_backup_maker(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct schedule_plan when;
    struct maker_plan how;
    signal(SIGINT, SIG_IGN); /* the end of the line is the end */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    prctl(PR_SET_NAME, "zhidu-backup");
    /* and so is the end of the server, while a backup is made */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    err e = cli_backup_plans(c, &when, &how);
    if (!e.code && (!how.folder.len || maker_gone(CHILD_LINE))) {
        e = cli_refuse(c->arena, ERR_INVALID,
                       WORDS("这是服务自己启动的进程。", "The server begins this process itself."),
                       WORDS("自行备份用 zhidu backup。", "For a backup: zhidu backup."));
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    if (sodium_init() < 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return cli_fail(c, err_make(ERR_STORE, STR("the process that makes backups")));
    }
    setpriority(PRIO_PROCESS, 0, NICE);
    how.confine = give_up;
    how.now = now;
    how.arg = c;
    maker_serve(CHILD_LINE, &how);
    return 0;
}
