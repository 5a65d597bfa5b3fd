/* evidence.c - zhidu evidence: a control's package as a file. */
#include "connect/evidence.h"

#include "http/assets.h"
#include "model/diag.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static err no_control(struct cli *c, const struct model *m, str key)
{
    str *names = arena_array(c->arena, str, m->ncontrols + 1);
    for (size_t i = 0; i < m->ncontrols; i++) {
        names[i] = m->controls[i]->key;
    }
    str near = diag_nearest(key, names, m->ncontrols);
    return cli_refuse(
        c->arena, ERR_NOT_FOUND,
        words_fmt(c->arena, "没有可判断的控制点“%.*s”。",
                  "There is no control \"%.*s\" that is judged.", STR_ARG(key)),
        near.len ? words_fmt(c->arena, "是否指“%.*s”？", "Did you mean \"%.*s\"?", STR_ARG(near))
                 : WORDS("控制点的名称在其页面的地址中。",
                         "Its name stands in the address of its page."));
}

/* A package grows here: what stands in the file it is for goes only when it is whole. */
static int nameless(struct cli *c)
{
    str path = str_fmt(c->arena, "%.*s/.evidence-XXXXXX", STR_ARG(c->config.data));
    char *name = (char *)(uintptr_t)path.ptr;
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

/* The person it is made for, and the file it is to come to. */
static err asked(struct cli *c, int argc, char **argv, int *to_fd, int64_t *actor, int64_t *old)
{
    str to = cli_option(argc, argv, "to");
    str as = cli_option(argc, argv, "as");
    str since = cli_option(argc, argv, "old");
    *old = 0;
    if (!to.len || !as.len || (since.len && !str_to_i64(since, old))) {
        return cli_refuse(c->arena, ERR_INVALID,
                          WORDS("要写明文件（--to）和为谁提取（--as 用户名）。",
                                "A file (--to) and for whom (--as LOGIN) are wanted."),
                          WORDS("例如：zhidu evidence faults_repaired --to 证据.zip --as gao.yuan",
                                "For example: zhidu evidence faults_repaired --to evidence.zip"
                                " --as gao.yuan"));
    }
    err e = cli_account(c, as, actor);
    if (e.code) {
        return e;
    }
    *to_fd = cli_open(c, to, true);
    return *to_fd >= 0
               ? OK
               : cli_refuse(
                     c->arena, ERR_NOT_FOUND,
                     words_fmt(c->arena, "写不了文件 %.*s。", "cannot write %.*s.", STR_ARG(to)),
                     WORDS("请换一个可写的位置，并确认磁盘未满。",
                           "Name a place that can be written, on a disk with room."));
}

static bool goes_on(void *arg, int64_t done, bool fresh)
{
    struct db *db = arg;
    (void)done;
    if (fresh) {
        db_read_end(db);
        db_read_begin(db);
    }
    return true;
}

static err make(struct cli *c, const struct model *m, const struct control *control, int fd,
                int64_t actor, int64_t old, int64_t *ret_seq)
{
    struct db *db;
    const struct asset *page = asset_named(STR("evidence/verify.html"));
    str name;
    err e = engine_reader(c->engine, c->arena, &db);
    if (e.code) {
        return e;
    }
    struct ctx ctx = ctx_make(c->engine, m, db, c->arena, c->now(), actor, c->lang);
    struct evidence_asks asks = {.control = control,
                                 .fd = fd,
                                 .verify_page = page ? page->raw : STR(""),
                                 .organisation = c->config.organisation,
                                 .old = old,
                                 .goes_on = goes_on,
                                 .arg = db};
    db_read_begin(db);
    e = evidence_package(&ctx, &asks, &name, ret_seq);
    db_read_end(db);
    return e;
}

static void close_both(int a, int b)
{
    if (a >= 0) {
        close(a);
    }
    if (b >= 0) {
        close(b);
    }
}

int cmd_evidence(struct cli *c, int argc, char **argv)
{
    const struct model *m = engine_model(c->engine);
    str key = cli_word(argc, argv, 0);
    const struct control *control = model_control(m, key);
    int to = -1;
    int64_t actor = 0;
    int64_t old = 0;
    int64_t seq = 0;
    err e = control && control->newest && control->newest->over
                ? asked(c, argc, argv, &to, &actor, &old)
                : no_control(c, m, key);
    int fd = e.code ? -1 : nameless(c);
    if (!e.code) {
        e = fd >= 0 ? make(c, m, control, fd, actor, old, &seq)
                    : err_make(ERR_DISK, c->config.data);
    }
    engine_release(c->engine, m);
    if (!e.code && lseek(fd, 0, SEEK_SET) != 0) {
        e = err_make(ERR_DISK, c->config.data);
    }
    if (!e.code) {
        e = cli_copy_out(c, fd, to, cli_option(argc, argv, "to"));
    } else {
        close_both(fd, to);
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    cli_say(c, "证据包已写好：存证账本第 %lld 条。",
            "The package is written: entry %lld of the ledger.", (long long)seq);
    return 0;
}
