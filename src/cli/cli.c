#include "cli/cli.h"

#include "base/clock.h"
#include "base/version.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* clang-format off */
const struct command cli_commands[] = {
    {"serve", WORDS_INIT("启动服务", "run the server"),
     WORDS_INIT("用法：zhidu serve [--port N] [--address A] [--data DIR]\n"
                "      --port     端口，1 到 65535；默认 8080\n"
                "      --address  监听地址，默认 127.0.0.1；对外服务在前面放 https 代理\n"
                "      SIGTERM：答完在办的再退出；SIGHUP：重新读取配置\n"
                "例：  zhidu serve --data /var/lib/zhidu\n",
                "Usage:   zhidu serve [--port N] [--address A] [--data DIR]\n"
                "         --port     1 to 65535, usually 8080\n"
                "         --address  where it listens, usually 127.0.0.1; for others put a proxy with https in front\n"
                "         SIGTERM answers what is in work and ends; SIGHUP reads the configuration again\n"
                "Example: zhidu serve --data /var/lib/zhidu\n"),
     cmd_serve, NEEDS_NOTHING, false},
    {"init", WORDS_INIT("新建一个数据目录并发布制度", "make a data folder and publish regulations"),
     WORDS_INIT("用法：zhidu init 制度目录 [--data DIR] [--demo [--cases]]\n"
                "      --demo 建立演示组织；--cases 再演一遍它最近四周的日常\n"
                "      首个管理员：--admin 姓名 --login 用户名（密码：提示输入，或标准输入的一行）\n"
                "      两者都没有时没有人能登录\n"
                "例：  zhidu init regulations --demo --cases\n",
                "Usage:   zhidu init FOLDER [--data DIR] [--demo [--cases]]\n"
                "         --demo makes the demo organisation; --cases plays the last four weeks in it\n"
                "         first administrator: --admin NAME --login LOGIN (the password is asked for, or one line of\n"
                "         input); with neither nobody can sign in\n"
                "Example: zhidu init regulations --demo --cases\n"),
     cmd_init, NEEDS_NOTHING, false},
    {"check", WORDS_INIT("检查制度定义并运行其示例", "check definitions and run their examples"),
     WORDS_INIT("用法：zhidu check 制度目录... [--no-examples] [--database URL]\n"
                "      --no-examples  只检查定义，不运行示例\n"
                "      --database     示例不在内存中，而在该数据库的临时模式中运行\n"
                "      错误写作“文件:行:列”，一次列出全部\n"
                "例：  zhidu check regulations\n",
                "Usage:   zhidu check FOLDER... [--no-examples] [--database URL]\n"
                "         --no-examples  only the definitions\n"
                "         --database     examples run in a passing schema of that database, not in memory\n"
                "         mistakes are told as file:line:column, all in one run\n"
                "Example: zhidu check regulations\n"),
     cmd_check, NEEDS_NOTHING, false},
    {"publish", WORDS_INIT("把改动的制度发布为下一版", "publish changed regulations as their next versions"),
     WORDS_INIT("用法：zhidu publish 制度目录 [--data DIR] [--dry-run] [--yes] [--as 用户名]\n"
                "      先显示差异并请您确认；已在办的单据仍按其开始时的版本办结\n"
                "      --dry-run 只看差异，--yes 不再询问，--as 以该用户的名义发布\n"
                "      请先用 zhidu check 检查并运行示例\n"
                "例：  zhidu publish regulations --data /var/lib/zhidu\n",
                "Usage:   zhidu publish FOLDER [--data DIR] [--dry-run] [--yes] [--as LOGIN]\n"
                "         shows the difference and asks first; open cases end under the version they began with\n"
                "         --dry-run only shows it, --yes does not ask, --as publishes in that person's name\n"
                "         zhidu check first tells whether the definitions and their examples hold\n"
                "Example: zhidu publish regulations --data /var/lib/zhidu\n"),
     cmd_publish, NEEDS_ENGINE, true},
    {"standards", WORDS_INIT("装入标准清单，或显示已有的", "load lists of standards, or show which there are"),
     WORDS_INIT("用法：zhidu standards [清单.tsv | 目录]... [--data DIR]\n"
                "      不带参数：显示已装入的清单、版次和校验值\n"
                "      内容不同的清单成为下一版，旧版保留；现行制度对应的条目不能从清单中消失\n"
                "      格式见 docs/definitions；新建数据目录时，制度目录中的 standards 会一并装入\n"
                "例：  zhidu standards regulations/standards --data /var/lib/zhidu\n",
                "Usage:   zhidu standards [LIST.tsv | FOLDER]... [--data DIR]\n"
                "         alone: shows the lists that are loaded, their editions and hashes\n"
                "         a list with another text becomes the next edition, older ones stay; an item that a\n"
                "         regulation in force names cannot vanish from it\n"
                "         the format: docs/definitions; init loads the folder `standards` of the regulations, too\n"
                "Example: zhidu standards regulations/standards --data /var/lib/zhidu\n"),
     cmd_standards, NEEDS_ENGINE, true},
    {"import", WORDS_INIT("导入历史记录", "bring a history along"),
     WORDS_INIT("用法：zhidu import --mapping 对应文件 文件.csv|文件.xlsx [--rejects 退件.csv] [--dry-run] [--retry]\n"
                "      --dry-run   逐行显示将办理什么，不写入\n"
                "      --retry     以前退回的行再试一次\n"
                "      --encoding utf-8|gb18030   代替对应文件中的编码\n"
                "      中断后再次运行即继续；重复运行不改变任何内容。服务器运行时由服务器导入。\n"
                "例：  zhidu import --mapping examples/service-desk/mapping.yaml log.csv\n",
                "Usage:   zhidu import --mapping MAPPING FILE.csv|FILE.xlsx [--rejects REJECTS.csv] [--dry-run] [--retry]\n"
                "         --dry-run   show row by row what would happen, write nothing\n"
                "         --retry     try lines that were rejected before once more\n"
                "         --encoding utf-8|gb18030   instead of the mapping's\n"
                "         Cut short, it goes on when run again; a second run changes nothing.  A running server\n"
                "         does the work.\n"
                "Example: zhidu import --mapping examples/service-desk/mapping.yaml log.csv\n"),
     cmd_import, NEEDS_ENGINE, true},
    {"export", WORDS_INIT("导出一类记录为 CSV 或 Excel 工作簿", "export records of a type as CSV or a workbook"),
     WORDS_INIT("用法：zhidu export 类型 [--filter 条件] [--columns 列,列…] [--bom] > 文件.csv\n"
                "      zhidu export 类型 … --xlsx 文件.xlsx\n"
                "      列：number、name、state、created_at、changed_at 或字段；不写则全部\n"
                "      --bom   文件以 UTF-8 标记开头（旧版表格软件需要）\n"
                "      --xlsx  写成 Excel 工作簿文件，数字与日期带类型\n"
                "例：  zhidu export person --filter \"state == 'active'\" --columns full_name,login,unit > 人员.csv\n",
                "Usage:   zhidu export TYPE [--filter EXPRESSION] [--columns COLUMN,COLUMN...] [--bom] > FILE.csv\n"
                "         zhidu export TYPE ... --xlsx FILE.xlsx\n"
                "         columns: number, name, state, created_at, changed_at or a field; all when left out\n"
                "         --bom   begins with the mark of UTF-8, which old spreadsheets need\n"
                "         --xlsx  into a file, as an Excel workbook, its numbers and dates typed\n"
                "Example: zhidu export person --filter \"state == 'active'\" --columns full_name,login,unit > people.csv\n"),
     cmd_export, NEEDS_ENGINE, true},
    {"evidence", WORDS_INIT("提取一个控制点的证据包", "a control's evidence as a package"),
     WORDS_INIT("用法：zhidu evidence 控制点 --to 文件.zip --as 用户名 [--old 条数]\n"
                "      --as   为谁提取：只含此人能查看的内容，并以其名义记入存证账本\n"
                "      --old  其留存的检查点的条数，证据包随附历史未被改写的证明\n"
                "      拿到文件的人用 zhidu-verify 或其中的 verify.html 核对\n"
                "例：  zhidu evidence faults_repaired --to 证据.zip --as gao.yuan\n",
                "Usage:   zhidu evidence CONTROL --to FILE.zip --as LOGIN [--old SIZE]\n"
                "         --as   for whom: it holds what that person may see, and is entered in his name\n"
                "         --old  size of a checkpoint that was kept: the package then proves that history\n"
                "                was not rewritten since\n"
                "         whoever has the file checks it with zhidu-verify, or with verify.html in it\n"
                "Example: zhidu evidence faults_repaired --to evidence.zip --as gao.yuan\n"),
     cmd_evidence, NEEDS_ENGINE, true},
    {"user", WORDS_INIT("为人员建立或重置登录账号", "give a person an account"),
     WORDS_INIT("用法：zhidu user 姓名或登录名 --login 用户名   （密码：提示输入，或标准输入的一行）\n"
                "      zhidu user 姓名或登录名 --second-off   （重置其第二因素）\n"
                "      --login       用户名；已有账号时改名并重设密码，本人首次登录须修改\n"
                "      --second-off  手机和恢复码都丢失、又没有别的管理员时\n"
                "例：  echo 初始密码1234 | zhidu user 徐静 --login xu.jing\n",
                "Usage:   zhidu user NAME-OR-LOGIN --login LOGIN   (the password is asked for, or one line of input)\n"
                "         zhidu user NAME-OR-LOGIN --second-off   (resets the second factor)\n"
                "         --login       of who has an account already: renames it, sets the password; it must be\n"
                "                       changed at the first sign-in\n"
                "         --second-off  when phone and recovery codes are lost and there is no other administrator\n"
                "Example: echo first-password-1 | zhidu user 'Xu Jing' --login xu.jing\n"),
     cmd_user, NEEDS_ENGINE, true},
    {"token", WORDS_INIT("签发接口令牌", "issue an API token"),
     WORDS_INIT("用法：zhidu token 用户名 --name 用途 [--scopes \"read write\"] [--days 90]\n"
                "      --name    用途，写在本人的令牌列表里\n"
                "      --scopes  read 只读（默认），或 \"read write\"\n"
                "      --days    有效天数，1 到 3650，默认 90\n"
                "      令牌只显示这一次；本人随时可以作废\n"
                "例：  zhidu token xu.jing --name 月报 --days 30\n",
                "Usage:   zhidu token LOGIN --name PURPOSE [--scopes \"read write\"] [--days 90]\n"
                "         --name    what for, as the owner's list of tokens shows it\n"
                "         --scopes  read (usual), or \"read write\"\n"
                "         --days    it is good for, 1 to 3650; usually 90\n"
                "         It is shown only this once; its owner may revoke it at any time.\n"
                "Example: zhidu token xu.jing --name report --days 30\n"),
     cmd_token, NEEDS_ENGINE, true},
    {"access", WORDS_INIT("提出、列出、撤销查阅授权", "ask for access to read, list and revoke it"),
     WORDS_INIT("用法：zhidu access grant 查阅人 --ends 日期 --since 日期 --until 日期 --for 事由 --as 用户名 [--starts 日期]\n"
                "      zhidu access list\n"
                "      zhidu access revoke 编号 --for 理由 --as 用户名\n"
                "      --starts --ends   授权起止日期；不写起始日期的，自今天起\n"
                "      --since --until   查阅范围：只显示这些天办理过的\n"
                "      --as              以谁的名义；他无权办理的，在此同样拒绝，并说明依据哪一条\n"
                "      授权经审批后生效，到期自行终止；查阅人只能查看，不能办理\n"
                "例：  zhidu access grant fang.yuan --ends 2026-12-31 --since 2026-01-01 --until 2026-11-30 --for 年度审计 --as xu.jing\n",
                "Usage:   zhidu access grant READER --ends DAY --since DAY --until DAY --for PURPOSE --as LOGIN [--starts DAY]\n"
                "         zhidu access list\n"
                "         zhidu access revoke NUMBER --for REASON --as LOGIN\n"
                "         --starts --ends   first and last day of the access; without the first, from today on\n"
                "         --since --until   what is shown: things done on these days\n"
                "         --as              in whose name; what that person may not do is refused here as well, with\n"
                "                           the article\n"
                "         It holds once it is approved and ends by itself; the reader sees, and does nothing.\n"
                "Example: zhidu access grant fang.yuan --ends 2026-12-31 --since 2026-01-01 --until 2026-11-30 --for audit --as xu.jing\n"),
     cmd_reading, NEEDS_ENGINE, true},
    {"ledger", WORDS_INIT("核验存证日志、导出证明、检查点与公钥", "verify the ledger, export proofs, checkpoints and the public key"),
     WORDS_INIT("用法：zhidu ledger verify | key | proof 序号 | checkpoint | growth 条数 [> 文件]\n"
                "      verify  重新计算全部条目、树和签名，并与每一行数据比对；服务运行时也可以\n"
                "      key     公钥，核验证明时用\n"
                "      proof   一个条目的证明，用 zhidu-verify 离线核验\n"
                "      checkpoint  最新的检查点，请抄存在别处（第二行是条数）\n"
                "      growth  证明最新检查点是某一旧检查点的延续，zhidu-verify --consistency 核对\n"
                "例：  zhidu ledger proof 1204 > proof.txt && zhidu-verify ledger.pub proof.txt\n",
                "Usage:   zhidu ledger verify | key | proof ENTRY | checkpoint | growth SIZE [> FILE]\n"
                "         verify  computes every entry, tree and signature anew and compares every row with it;\n"
                "                 the server may run\n"
                "         key     the public key that proofs are checked with\n"
                "         proof   of one entry, for zhidu-verify, offline\n"
                "         checkpoint  the newest one, to be kept elsewhere; its second line is its size\n"
                "         growth  that the newest continues an earlier one, for zhidu-verify --consistency\n"
                "Example: zhidu ledger proof 1204 > proof.txt && zhidu-verify ledger.pub proof.txt\n"),
     cmd_ledger, NEEDS_NOTHING, false},
    {"clock", WORDS_INIT("拨快演示实例的时钟", "advance the clock of a demonstration"),
     WORDS_INIT("用法：zhidu clock 时长 [--data DIR]   （仅限正在运行的演示实例）\n例：  zhidu clock 7d --data data/demo\n",
                "Usage:   zhidu clock LENGTH [--data DIR]   (only of a running demonstration)\n"
                "Example: zhidu clock 7d --data data/demo\n"),
     cmd_clock, NEEDS_NOTHING, true},
    {"backup", WORDS_INIT("备份为一个文件，并核验它", "make a backup, one file, and verify it"),
     WORDS_INIT("用法：zhidu backup [文件或目录] [--passphrase | --passphrase-file F | --recipient 公钥] [--no-verify]\n"
                "      zhidu backup --verify 文件 [--passphrase-file F | --private-key F]\n"
                "      zhidu backup --new-key 私钥文件\n"
                "      服务器可以照常运行。写好后即恢复到临时目录并核验存证；--no-verify 则不核验\n"
                "      加密：--passphrase 提示输入口令，--passphrase-file 从文件读取，--recipient 给一把公钥\n"
                "      签名密钥 ledger.key 不在备份中，须另行保管\n"
                "例：  zhidu backup /srv/backup\n",
                "Usage:   zhidu backup [FILE-OR-FOLDER] [--passphrase | --passphrase-file F | --recipient KEY] [--no-verify]\n"
                "         zhidu backup --verify FILE [--passphrase-file F | --private-key F]\n"
                "         zhidu backup --new-key PRIVATE-KEY-FILE\n"
                "         The server may run.  Once written it is restored into a scratch folder and its ledger\n"
                "         verified, unless --no-verify.  Sealed: --passphrase asks for one, --passphrase-file reads\n"
                "         it, --recipient takes a public key.  ledger.key is not in it: keep that elsewhere.\n"
                "Example: zhidu backup /srv/backup\n"),
     cmd_backup, NEEDS_NOTHING, false},
    {"restore", WORDS_INIT("由备份恢复为一个新的数据目录", "make a new data folder of a backup"),
     WORDS_INIT("用法：zhidu restore 备份文件 --data 新目录 [--old 旧目录] [--yes] [--passphrase-file F | --private-key F]\n"
                "      先核验，再说明将恢复什么并请您确认；--yes 不再询问。从不覆盖已有的目录\n"
                "      --old 从旧目录取回 ledger.key，并说明备份之后丢失了多少\n"
                "例：  zhidu restore zhidu-8114fb0f-20261126T023000Z.backup --data /var/lib/zhidu --old /var/lib/zhidu.damaged\n",
                "Usage:   zhidu restore FILE --data NEW-FOLDER [--old OLD-FOLDER] [--yes] [--passphrase-file F | --private-key F]\n"
                "         verifies, says what it is and asks; --yes does not ask.  It never overwrites a folder.\n"
                "         --old takes ledger.key over from the old folder and says how much came after the backup\n"
                "Example: zhidu restore zhidu-8114fb0f-20261126T023000Z.backup --data /var/lib/zhidu --old /var/lib/zhidu.damaged\n"),
     cmd_restore, NEEDS_NOTHING, false},
    {"key", WORDS_INIT("查看或更换密文的密钥", "show or change the key of what is encrypted"),
     WORDS_INIT("用法：zhidu key [rotate] [--yes] [--data DIR]\n"
                "      不带参数：显示密钥的名称，并逐个打开数据库中的密文\n"
                "      rotate  换一把新密钥，全部密文重新加密；先停止服务（PostgreSQL：所有节点）。中断后再次运行即继续\n"
                "      --yes   不再询问\n"
                "      旧密钥留在 secret.key.was-名称：此前的备份要用它，备份过期后删除\n"
                "例：  zhidu key rotate --data /var/lib/zhidu\n",
                "Usage:   zhidu key [rotate] [--yes] [--data DIR]\n"
                "         alone: names the key, and opens every encrypted value of the database\n"
                "         rotate  makes a new key and encrypts all of it anew; stop the server first (PostgreSQL: all\n"
                "                 nodes).  Cut short, it goes on when run again\n"
                "         --yes   does not ask\n"
                "         The old key stays as secret.key.was-NAME: backups made before want it; remove it with them.\n"
                "Example: zhidu key rotate --data /var/lib/zhidu\n"),
     cmd_key, NEEDS_NOTHING, false},
    {"version", WORDS_INIT("显示版本", "show the version"),
     WORDS_INIT("用法：zhidu version\n例：  zhidu version\n", "Usage:   zhidu version\nExample: zhidu version\n"), cmd_version, NEEDS_NOTHING, false},
};
/* clang-format on */
const size_t cli_commands_len = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* Begun by the server; not listed. */
static const struct command backup_maker = {
    "backup-maker", WORDS_INIT("", ""), WORDS_INIT("", ""), cmd_backup_maker, NEEDS_NOTHING, false};

/* --- small things for commands -------------------------------------------------------- */

bool cli_read_line(char *line, int size, bool secret)
{
    struct termios was;
    bool hide = secret && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &was) == 0;
    if (hide) {
        struct termios quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool some = fgets(line, size, stdin) != NULL;
    if (hide) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    }
    if (secret) { /* the end of the line was not shown, either */
        putchar('\n');
    }
    return some;
}

static str ask(struct cli *c, str question, bool secret)
{
    enum { MOST = 512 };
    fprintf(c->out, "%.*s", STR_ARG(question));
    fflush(c->out);
    if (c->line) {
        return c->line(c, secret, c->line_arg);
    }
    char *p = arena_bytes(c->arena, MOST);
    return cli_read_line(p, MOST, secret) ? str_trim(str_from(p)) : STR("");
}

str cli_ask(struct cli *c, str question)
{
    return ask(c, question, false);
}

str cli_ask_secret(struct cli *c, str question)
{
    return ask(c, question, true);
}

err cli_no_folder(struct cli *c, str path)
{
    return cli_refuse(
        c->arena, ERR_NOT_FOUND,
        words_fmt(c->arena, "没有这个目录：%.*s", "There is no such folder: %.*s", STR_ARG(path)),
        (struct words){0});
}

err cli_no_regulations(struct cli *c, str path)
{
    struct words what =
        words_fmt(c->arena, "%.*s 里没有制度。", "There is no regulation in %.*s.", STR_ARG(path));
    if (load_is_one(c->arena, NULL, path)) {
        what = words_fmt(c->arena, "%.*s 是一部制度的文件夹。",
                         "%.*s is the folder of one regulation.", STR_ARG(path));
    }
    return cli_refuse(c->arena, ERR_INVALID, what,
                      WORDS("请指明放制度的文件夹：其中每部制度一个文件夹，里面有 "
                            "definition.yaml（例如 regulations）。",
                            "Name the folder that holds a folder for each regulation, with its "
                            "definition.yaml (such as regulations)."));
}

err cli_folder(struct cli *c, str given, str *ret)
{
    struct stat st;
    if (!given.len) {
        return cli_refuse(c->arena, ERR_INVALID,
                          WORDS("缺少制度目录。", "A folder of regulations is wanted."),
                          WORDS("例如：regulations", "For example: regulations"));
    }
    str path = cli_path(c, given);
    if (stat(path.ptr, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return cli_no_folder(c, path);
    }
    *ret = path;
    return OK;
}

str cli_option(int argc, char **argv, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, n) != 0) {
            continue;
        }
        if (argv[i][2 + n] == '=') {
            return str_from(argv[i] + 3 + n);
        }
        if (argv[i][2 + n] == '\0' && i + 1 < argc) {
            return str_from(argv[i + 1]);
        }
    }
    return STR("");
}

bool cli_flag(int argc, char **argv, const char *name)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0) {
            return true;
        }
    }
    return false;
}

/* An option that stands alone; every other has a value. */
static bool is_flag(str option)
{
    static const char *const flags[] = {
        "--yes",   "--demo",     "--cases", "--dry-run",    "--no-examples", "--help",
        "--retry", "--progress", "--bom",   "--second-off", "--no-verify",   "--passphrase"};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (str_eq(option, str_from(flags[i]))) {
            return true;
        }
    }
    return false;
}

str cli_word(int argc, char **argv, int n)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            i += !is_flag(str_from(argv[i])) && !strchr(argv[i], '=');
            continue;
        }
        if (n-- == 0) {
            return str_from(argv[i]);
        }
    }
    return STR("");
}

str cli_path(struct cli *c, str path)
{
    if (str_starts(path, STR("/"))) {
        return str_copy(c->arena, path);
    }
    return str_fmt(c->arena, "%.*s/%.*s", STR_ARG(c->cwd), STR_ARG(path));
}

int cli_open(struct cli *c, str path, bool write)
{
    if (c->open) {
        return c->open(c, path, write, c->line_arg);
    }
    int flags = write ? O_WRONLY | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC;
    return open(cli_path(c, path).ptr, flags, 0644);
}

int cmd_version(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fprintf(c->out, "zhidu " ZHIDU_VERSION "\n");
    return 0;
}

/* --- dispatch ------------------------------------------------------------------------------ */

static enum lang lang_of_environment(void)
{
    const char *l = getenv("LC_ALL");
    l = l && *l ? l : getenv("LC_MESSAGES");
    l = l && *l ? l : getenv("LANG");
    return l && strncmp(l, "en", 2) == 0 ? LANG_EN : LANG_ZH;
}

static int run_here(struct cli *c, const struct command *cmd, int argc, char **argv)
{
    struct installation in = {.lock = -1};
    if (cmd->needs == NEEDS_ENGINE) {
        err e = installation_open(c->arena, &c->config, false, NULL, &in);
        if (e.code) {
            return cli_fail(c, e);
        }
        c->engine = in.engine;
        c->people = in.people;
    }
    int code = cmd->run(c, argc, argv);
    if (in.engine) {
        installation_close(&in);
    }
    return code;
}

err cli_configure(struct cli *c, struct config *ret)
{
    struct config k;
    err e = config_read(c->arena, cli_option(c->argc, c->argv, "config"), &k);
    if (e.code) {
        return e;
    }
    str data = cli_option(c->argc, c->argv, "data");
    str address = cli_option(c->argc, c->argv, "address");
    str given = cli_option(c->argc, c->argv, "port");
    int64_t port = k.port;
    if (given.len && (!str_to_i64(given, &port) || port < 1 || port > 65535)) {
        return cli_refuse(
            c->arena, ERR_INVALID,
            words_fmt(c->arena, "这不是端口：%.*s", "This is no port: %.*s", STR_ARG(given)),
            WORDS("--port 是 1 到 65535 的整数。", "--port is a whole number from 1 to 65535."));
    }
    k.data = cli_path(c, data.len ? data : k.data);
    k.address = address.len ? address : k.address;
    k.port = (int)port;
    *ret = k;
    return OK;
}

/* Somebody looks on: the same arguments and --progress, for the server too. */
static char **watched(struct arena *a, int argc, char **argv)
{
    char **more = arena_array(a, char *, (size_t)argc + 2);
    memcpy(more, argv, (size_t)argc * sizeof(*more));
    more[argc] = (char *)(uintptr_t)str_copy(a, STR("--progress")).ptr;
    return more + 2;
}

/* An option is one that the command's help names: what is not explained is not there. */
static bool explains(str help, str option)
{
    for (size_t at = 0; at + option.len <= help.len; at++) {
        bool here = memcmp(help.ptr + at, option.ptr, option.len) == 0;
        char next = at + option.len < help.len ? help.ptr[at + option.len] : ' ';
        if (here && next != '-' && (next < 'a' || next > 'z')) {
            return true;
        }
    }
    return false;
}

/* What is wrong with an option: `value` behind a '=', `next` on the line.  Nothing: zh empty. */
static struct words option_wrong(struct cli *c, const struct command *cmd, str option, str value,
                                 const char *next)
{
    static const char everywhere[] = "--config --data --help";
    if (!explains(cmd->help.en, option) && !explains(str_from(everywhere), option)) {
        return words_fmt(c->arena, "没有这个选项：%.*s", "There is no option %.*s",
                         STR_ARG(option));
    }
    if (is_flag(option)) { /* --dry-run=no would be taken for nothing */
        return value.ptr ? words_fmt(c->arena, "选项 %.*s 不带值。", "%.*s takes no value.",
                                     STR_ARG(option))
                         : (struct words){0};
    }
    bool none = value.ptr ? !value.len : !next || strncmp(next, "--", 2) == 0;
    return none ? words_fmt(c->arena, "选项 %.*s 后面要有值。", "%.*s wants a value.",
                            STR_ARG(option))
                : (struct words){0};
}

static err check_options(struct cli *c, const struct command *cmd, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        str value;
        str option = str_cut(str_from(argv[i]), '=', &value);
        if (option.len <= 2 || !str_starts(option, STR("--"))) {
            continue;
        }
        struct words wrong = option_wrong(c, cmd, option, value, i + 1 < argc ? argv[i + 1] : NULL);
        if (wrong.zh.len) {
            return cli_refuse(
                c->arena, ERR_INVALID, wrong,
                words_fmt(c->arena, "用法见：zhidu %s --help", "See: zhidu %s --help", cmd->name));
        }
        i += !is_flag(option) && !value.ptr;
    }
    return OK;
}

int cli_main(int argc, char **argv)
{
    struct arena life = arena_make(1u << 30);
    char cwd[4096];
    struct cli c = {.arena = &life,
                    .lang = lang_of_environment(),
                    .out = stdout,
                    .now = clock_now,
                    .cwd = str_from(getcwd(cwd, sizeof(cwd)) ? cwd : "/")};
    const struct command *cmd =
        argc > 1 && strcmp(argv[1], backup_maker.name) == 0 ? &backup_maker : NULL;
    for (size_t i = 0; argc > 1 && i < cli_commands_len; i++) {
        cmd = strcmp(argv[1], cli_commands[i].name) == 0 ? &cli_commands[i] : cmd;
    }
    if (!cmd) {
        bool asked = argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
                                  strcmp(argv[1], "-h") == 0);
        int code = cli_help(&c, asked ? (argc > 2 ? argv[2] : "") : argc > 1 ? argv[1] : "");
        return asked ? code : 2;
    }
    int n = argc - 2;
    char **args = argv + 2;
    if (cli_flag(n, args, "help")) {
        return cli_help(&c, cmd->name);
    }
    err e = check_options(&c, cmd, n, args);
    if (!e.code) {
        c.argc = n;
        c.argv = args;
        e = cli_configure(&c, &c.config);
    }
    if (e.code) {
        return cli_fail(&c, e);
    }
    int code = 0;
    if (cmd->run == cmd_import && isatty(STDOUT_FILENO)) {
        args = watched(&life, argc, argv);
        argv = args - 2;
        n++;
    }
    if (!cmd->writes || !control_send(&c, n + 1, argv + 1, &code)) {
        code = run_here(&c, cmd, n, args);
    }
    code = cli_all_written(&c, code);
    arena_end(&life);
    return code;
}
