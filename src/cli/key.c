/* key.c - the key of what is sealed in the database: its name, and another one. */
#include "base/arena.h"

#include "cli/cli.h"

static err not_ready(struct cli *c, const struct secrets *s)
{
    return s->state == SECRETS_READY
               ? OK
               : cli_refuse(c->arena, ERR_STORE, secrets_words(c->arena, s), (struct words){0});
}

/* What does not open cannot be sealed anew, and its key may not go. */
static err all_open(struct cli *c, const struct people_sealing *n)
{
    if (!n->broken) {
        return OK;
    }
    return cli_refuse(
        c->arena, ERR_STORE,
        words_fmt(c->arena, "%lld 个密文打不开（第一个属于人员 %lld）：它们被改动过。",
                  "%lld encrypted values do not open (the first is that of person %lld): they were "
                  "changed.",
                  (long long)n->broken, (long long)n->person),
        WORDS("重置这些人员的第二因素（zhidu user 该数字 "
              "--second-off），再运行一次；两把密钥都还在。",
              "Reset the second factor of these people (zhidu user THAT-NUMBER --second-off) and "
              "run it "
              "again; both keys are still there."));
}

static int show(struct cli *c)
{
    struct sealed in;
    struct people_sealing n = {0};
    err e = installation_sealed(c->arena, &c->config, false, &in);
    e = e.code ? e : not_ready(c, &in.secrets);
    e = e.code ? e : people_reseal(in.db, &in.secrets, false, &n);
    e = e.code ? e : all_open(c, &n);
    if (e.code) {
        return cli_fail(c, e);
    }
    str name = secret_key_name(c->arena, &in.secrets, 0);
    cli_say(c, "密钥 %.*s（%.*s），%lld 个密文，都能打开。",
            "Key %.*s (%.*s); %lld encrypted values, all of them open.", STR_ARG(name),
            STR_ARG(in.secrets.file), (long long)n.values);
    if (in.secrets.nkeys > 1) {
        cli_say(c, "更换密钥中途停止，%lld 个仍用旧密钥；再次运行 zhidu key rotate 即接着做完。",
                "A change was cut short, %lld are under the old key; zhidu key rotate finishes it.",
                (long long)n.again);
    }
    return 0;
}

static bool agreed(struct cli *c, const struct secrets *s, int argc, char **argv)
{
    if (cli_flag(argc, argv, "yes")) {
        return true;
    }
    cli_say(
        c,
        "将换一把新密钥（%.*s）。此后的数据库只能用新密钥打开，各节点都要有新文件；旧密钥另存一份，"
        "供此前的备份使用。",
        "A new key is made (%.*s).  The database opens with that one only from then on, and "
        "every node needs the new file; the old key is kept beside it for backups made before.",
        STR_ARG(s->file));
    str said = cli_ask(c, words_in(WORDS("继续？输入 yes：", "Go on?  Type yes: "), c->lang));
    return str_eq(said, STR("yes"));
}

/* Until one pass finds nothing under another key: then every value has been opened
 * with the first one. */
static err seal_all(struct cli *c, struct sealed *in, struct people_sealing *ret)
{
    err e = OK;
    do {
        e = people_reseal(in->db, &in->secrets, true, ret);
        e = e.code ? e : all_open(c, ret);
    } while (!e.code && ret->again);
    return e;
}

static int change(struct cli *c, int argc, char **argv)
{
    struct sealed in;
    struct people_sealing n = {0};
    str kept;
    err e = installation_sealed(c->arena, &c->config, true, &in);
    e = e.code ? e : not_ready(c, &in.secrets);
    if (e.code) {
        return cli_fail(c, e);
    }
    if (in.secrets.nkeys == 1 && !agreed(c, &in.secrets, argc, argv)) {
        cli_say(c, "没有改变任何内容。", "Nothing was changed.");
        return 1;
    }
    e = secrets_change_begin(c->arena, &in.secrets);
    e = e.code ? e : seal_all(c, &in, &n);
    e = e.code ? e : secrets_change_end(c->arena, &in.secrets, &kept);
    if (e.code) {
        return cli_fail(c, e);
    }
    str name = secret_key_name(c->arena, &in.secrets, 0);
    cli_say(
        c,
        "新密钥 %.*s，%lld 个密文已重新加密。旧密钥在 %.*s：此前的备份要用它，随最后一份一起删除。",
        "The new key is %.*s; %lld values were encrypted anew.  The old key is %.*s: backups "
        "made before want it; remove it with the last of them.",
        STR_ARG(name), (long long)n.values, STR_ARG(kept));
    return 0;
}

int cmd_key(struct cli *c, int argc, char **argv)
{
    str what = cli_word(argc, argv, 0);
    if (str_eq(what, STR("rotate"))) {
        return change(c, argc, argv);
    }
    return what.len ? cli_help(c, "key") + 2 : show(c);
}
