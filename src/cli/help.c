/* help.c - what `zhidu help` says: the commands, one of them, or a topic they share. */
#include "model/diag.h"

#include "cli/cli.h"

/* clang-format off */
static const struct topic {
    const char *name;
    struct words what, text;
} topics[] = {
    {"files", WORDS_INIT("用到的文件", "the files it uses"),
     WORDS_INIT("/etc/zhidu/zhidu.conf   配置；或 --config 文件，或 ZHIDU_CONFIG\n"
                "数据目录（配置 data，或 --data）：\n"
                "  zhidu.db              数据库（使用 PostgreSQL 时没有）\n"
                "  blobs/                附件，按内容摘要存放\n"
                "  ledger.pub            存证公钥：请抄存一份在别处\n"
                "  signer/               存证密钥与签名进程的记忆；另设签名进程时没有\n"
                "  secret.key            数据库中密文的密钥：与备份分开保管\n"
                "  clock-moved           演示实例的时钟拨快了多少\n"
                "  control.sock, lock    命令行与服务之间；一个目录只有一个进程\n"
                "  unfinished            zhidu init 没有完成；再运行一次它\n"
                "制度目录：每部制度一个文件夹；demo.yaml 演示组织，demo_cases.yaml 其日常，\n"
                "  administrator.yaml 首个管理员\n",
                "/etc/zhidu/zhidu.conf   configuration; or --config FILE, or ZHIDU_CONFIG\n"
                "the data folder (setting data, or --data):\n"
                "  zhidu.db              the database (not with PostgreSQL)\n"
                "  blobs/                attachments by digest of their content\n"
                "  ledger.pub            the ledger's public key: keep a copy elsewhere\n"
                "  signer/               its key and the signer's memory; not with a signer of its own\n"
                "  secret.key            opens what is encrypted in the database: keep it apart from backups\n"
                "  clock-moved           how far the clock of a demonstration was moved\n"
                "  control.sock, lock    between command line and server; one process a folder\n"
                "  unfinished            zhidu init did not end: run it again\n"
                "a folder of regulations: one folder for each; demo.yaml an organisation to try,\n"
                "  demo_cases.yaml what happened in it, administrator.yaml the first administrator\n")},
    {"config", WORDS_INIT("配置从哪里来", "where settings come from"),
     WORDS_INIT("依次：默认值；配置文件（--config、ZHIDU_CONFIG，或 /etc/zhidu/zhidu.conf）；环境变量 ZHIDU_名称；\n"
                "命令的选项 --data --address --port。配置文件每行“名称 = 值”，# 之后是注释；随附的\n"
                "packaging/zhidu.conf 说明每一项。错误以“文件:行”指出，服务不会带着错误的配置启动。\n"
                "服务收到 SIGHUP 重新读取；需要重启才生效的会写在日志里。\n"
                "例：  ZHIDU_PORT=8081 zhidu serve --data data/demo\n",
                "In this order: defaults; the file (--config, ZHIDU_CONFIG, or /etc/zhidu/zhidu.conf); ZHIDU_NAME\n"
                "of the environment; the options --data --address --port.  A line of the file is `name = value`,\n"
                "# begins a comment; packaging/zhidu.conf explains each.  A mistake is told as file:line, and the\n"
                "server does not start with one.  SIGHUP has a running server read it again; what needs a restart\n"
                "is said in the log.\n"
                "Example: ZHIDU_PORT=8081 zhidu serve --data data/demo\n")},
    {"exit", WORDS_INIT("退出码", "exit codes"),
     WORDS_INIT("0  已完成；check：没有错误；ledger verify：全部相符\n"
                "1  被拒绝或失败，原因和办法写在标准错误里；check：有错误；ledger verify：有不符\n"
                "2  命令不完整：没有这个命令，没有给出命令，或缺少它所要的内容（用法写在输出里）\n"
                "3  import：服务停止而中断；再次运行即继续\n",

                "0  done; check: no mistakes; ledger verify: all in order\n"
                "1  refused or failed, standard error says why and what helps; check: mistakes; ledger verify: a difference\n"
                "2  not complete: no such command, none given, or something it wants is missing (the output\n"
                "   says how it is used)\n"
                "3  import: cut short because the server stopped; run again, it goes on\n")},
};
/* clang-format on */
enum { TOPICS = sizeof(topics) / sizeof(topics[0]) };

static void list(struct cli *c)
{
    cli_say(c, "制度 Zhidu：让写下的制度真正运行，并自证其行。\n\n命令：",
            "Zhidu: written regulations that run, and prove it.\n\nCommands:");
    for (size_t i = 0; i < cli_commands_len; i++) {
        str what = words_in(cli_commands[i].what, c->lang);
        fprintf(c->out, "  %-10s %.*s\n", cli_commands[i].name, STR_ARG(what));
    }
    cli_say(c, "\n专题：", "\nTopics:");
    for (size_t i = 0; i < TOPICS; i++) {
        str what = words_in(topics[i].what, c->lang);
        fprintf(c->out, "  help %-5s %.*s\n", topics[i].name, STR_ARG(what));
    }
    cli_say(c,
            "\n从哪里开始：\n"
            "  试用  zhidu init regulations --demo --cases --data data/demo\n"
            "        ZHIDU_DEMO=yes zhidu serve --data data/demo\n"
            "  正式  zhidu init 制度目录 --admin 姓名 --login 用户名 < 密码文件，再 zhidu serve\n"
            "\nzhidu help 命令，或 zhidu 命令 --help：用法、选项、例子。运行着的产品里另有手册（按 "
            "?）。\nIn English: LC_ALL=en_US.UTF-8 zhidu help",
            "\nWhere to begin:\n"
            "  to try it  zhidu init regulations --demo --cases --data data/demo\n"
            "             ZHIDU_DEMO=yes zhidu serve --data data/demo\n"
            "  for real   zhidu init FOLDER --admin NAME --login LOGIN < password-file, then zhidu "
            "serve\n"
            "\nzhidu help COMMAND, or zhidu COMMAND --help: usage, options, examples.  The manual "
            "stands in "
            "the\nrunning product (press ?).\n中文：LC_ALL=zh_CN.UTF-8 zhidu help");
}

static void command(struct cli *c, const struct command *cmd)
{
    str what = words_in(cmd->what, c->lang), text = words_in(cmd->help, c->lang);
    fprintf(c->out, "zhidu %s: %.*s\n\n%.*s", cmd->name, STR_ARG(what), STR_ARG(text));
    cli_say(c,
            "\n每个命令都有：--data DIR 数据目录；--config 文件 配置文件；--help 本说明\n"
            "选项写作 --name 值 或 --name=值。%s"
            "退出码：0 已完成，1 被拒绝或失败，2 命令不完整。\n"
            "另见：zhidu help files, zhidu help config, zhidu help exit",
            "\nEvery command takes: --data DIR, the data folder; --config FILE, the configuration; "
            "--help, this\n"
            "An option is written --name VALUE or --name=VALUE.%s"
            "Exit code: 0 done, 1 refused or failed, 2 not complete.\n"
            "See also: zhidu help files, zhidu help config, zhidu help exit",
            !cmd->writes         ? "\n"
            : c->lang == LANG_EN ? "  A running server does it; without one the command\n"
                                   "opens the data folder itself.\n"
                                 : "服务在运行时由服务执行，否则自己打开数据目录。\n");
}

/* The command or topic of nearly that name. */
static str meant(struct cli *c, str name)
{
    str *names = arena_array(c->arena, str, cli_commands_len + TOPICS);
    for (size_t i = 0; i < cli_commands_len; i++) {
        names[i] = str_from(cli_commands[i].name);
    }
    for (size_t i = 0; i < TOPICS; i++) {
        names[cli_commands_len + i] = str_from(topics[i].name);
    }
    return diag_nearest(name, names, cli_commands_len + TOPICS);
}

int cli_help(struct cli *c, const char *name)
{
    str of = str_from(name);
    if (!of.len) {
        list(c);
        return 0;
    }
    for (size_t i = 0; i < cli_commands_len; i++) {
        if (str_eq(of, str_from(cli_commands[i].name))) {
            command(c, &cli_commands[i]);
            return 0;
        }
    }
    for (size_t i = 0; i < TOPICS; i++) {
        if (str_eq(of, str_from(topics[i].name))) {
            str text = words_in(topics[i].text, c->lang);
            fprintf(c->out, "%.*s", STR_ARG(text));
            return 0;
        }
    }
    cli_say(c, "没有这个命令或专题：%s", "There is no command or topic %s", name);
    str near = meant(c, of);
    if (near.len) {
        cli_say(c, "是否指：%.*s", "Did you mean: %.*s", STR_ARG(near));
    }
    fprintf(c->out, "\n");
    list(c);
    return 2;
}
