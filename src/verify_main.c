/* zhidu-verify - checks what a Zhidu server proves, without the server.
 *
 *     zhidu-verify KEY PROOF...
 *     zhidu-verify KEY --consistency OLD NEW
 *     zhidu-verify KEY PACKAGE [--witness KEY]... [--need N] [--old CHECKPOINT]
 *                  [--sample CHECKPOINT --nonce TEXT --campaign TEXT --draw N]
 *
 * Needs only the files and the log's public key, which should have come on
 * another way than the proofs (on paper, say).  Exit status: 0 everything
 * holds, 1 something does not, 2 the question could not be asked.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/words.h"
#include "ledger/canon.h"
#include "ledger/package.h"
#include "ledger/proof.h"
#include "ledger/sample.h"

#include "signer/signer.h"

#include <sys/stat.h>

enum { KEYS_MAX = 16, FILE_MAX = 2 * PROOF_BYTES_MAX, ARENA_MAX = 512 << 20 };
enum { EXIT_HOLDS = 0, EXIT_FAILS = 1, EXIT_USAGE = 2 };

struct verify {
    enum lang lang;
    struct arena life;
    struct arena a; /* reset after each file */
    struct hasher *hasher;
    struct note_key keys[KEYS_MAX];
    size_t nkeys;
};

/* --- printing ------------------------------------------------------------------------- */

static void say(const struct verify *v, struct words w)
{
    str s = words_in(w, v->lang);
    fwrite(s.ptr, 1, s.len, stdout);
}

/* What comes from a file may not steer the terminal. */
static void say_safe(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0;
        if (c < ' ' || c == 0x7f || c1) {
            putchar('?');
            i += c1;
        } else {
            putchar(c);
        }
    }
}

static void say_line(const struct verify *v, struct words label, str value)
{
    fputs("  ", stdout);
    say(v, label);
    say_safe(value);
    putchar('\n');
}

static void say_number(const struct verify *v, struct words label, int64_t n)
{
    fputs("  ", stdout);
    say(v, label);
    printf("%lld\n", (long long)n);
}

static void say_time(const struct verify *v, struct words label, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[64] = "?";
    if (gmtime_r(&seconds, &tm)) {
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
    }
    say_line(v, label, str_from(text));
}

static const char usage_zh[] =
    "用法：zhidu-verify 公钥文件 证明文件...\n"
    "      zhidu-verify 公钥文件 --consistency 旧检查点 新证明\n"
    "      zhidu-verify 公钥文件 证据包 [--witness 公钥]... [--need N] [--old 检查点]\n"
    "                   [--sample 检查点 --nonce 随机数 --campaign 检查名称 --draw 数量]\n"
    "\n"
    "离线核对存证证明：记录内容、存证条目、整个日志的根和签名逐级相符，\n"
    "即可确认该记录在检查点之前入账且此后未被改动。无需连接服务器。\n"
    "公钥应由另一途径（如纸质文件）取得，并与本程序显示的公钥核对。\n"
    "\n"
    "  公钥文件      一行或多行“名称+编号+公钥”；# 起头的行是注释\n"
    "  证明文件      从记录页面“下载存证证明”得到\n"
    "  --consistency 核对新检查点是旧检查点的延续，历史没有被改写；\n"
    "                旧检查点可以是以前保存的检查点或任何一份旧证明；\n"
    "                新证明由 zhidu ledger growth 条数 得到，条数是旧检查点的第二行\n"
    "  证据包        控制点页面“证据包”得到的 zip 文件，或解开后的文件夹；指出哪个文件不对\n"
    "  --witness     见证人的公钥（一行文字），可给多个；--need 至少须有几个的签名\n"
    "                （不写则须全部）\n"
    "  --old         您以前留存的检查点：核对历史没有被改写\n"
    "  --sample      重做一次抽样：较晚的检查点、您给出的随机数、检查名称和数量\n"
    "\n"
    "例：zhidu-verify key.txt record-4711.proof\n"
    "    zhidu-verify key.txt *.proof\n"
    "    zhidu-verify key.txt evidence.zip --old 2026-01.checkpoint\n"
    "    zhidu-verify key.txt --consistency 2026-01.checkpoint 2026-02.growth\n"
    "\n"
    "退出码：0 全部成立；1 有不成立的；2 无法核对。\n";

static const char usage_en[] =
    "Usage: zhidu-verify KEY PROOF...\n"
    "       zhidu-verify KEY --consistency OLD NEW\n"
    "       zhidu-verify KEY PACKAGE [--witness KEY]... [--need N] [--old CHECKPOINT]\n"
    "                    [--sample CHECKPOINT --nonce TEXT --campaign TEXT --draw N]\n"
    "\n"
    "Checks proofs without the server: content, ledger entry, root of the whole log\n"
    "and signature must fit each other.  Then the record was entered before the\n"
    "checkpoint and has not been changed since.  Get the key on another way than\n"
    "the proofs (on paper, say) and compare it with the one shown here.\n"
    "\n"
    "  KEY            one or more lines name+id+key; lines with # are comments\n"
    "  PROOF          from \"download proof\" on a record's page\n"
    "  --consistency  checks that a new checkpoint continues an old one, so that\n"
    "                 history was not rewritten; OLD is a checkpoint kept from\n"
    "                 before, or any old proof; NEW is what zhidu ledger growth SIZE\n"
    "                 gives, SIZE being the second line of OLD's checkpoint\n"
    "  PACKAGE        from \"evidence package\" on a control's page: the zip file, or the\n"
    "                 folder it was unpacked to; names the file that is wrong\n"
    "  --witness      public key of a witness (a line of text), several times; --need:\n"
    "                 how many of them must have signed (all when left out)\n"
    "  --old          a checkpoint you kept: history was not rewritten since\n"
    "  --sample       draws a sample again: the later checkpoint, your nonce, the name\n"
    "                 of the campaign, how many\n"
    "\n"
    "Examples: zhidu-verify key.txt record-4711.proof\n"
    "          zhidu-verify key.txt *.proof\n"
    "          zhidu-verify key.txt evidence.zip --old 2026-01.checkpoint\n"
    "          zhidu-verify key.txt --consistency 2026-01.checkpoint 2026-02.growth\n"
    "\n"
    "Exit status: 0 everything holds; 1 something does not; 2 could not be checked.\n";

static enum lang lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
        }
    }
    return LANG_EN;
}

/* --- files -------------------------------------------------------------------------------- */

static bool read_file(const struct verify *v, struct arena *a, const char *path, str *ret)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return false;
    }
    size_t cap = 64 << 10;
    size_t len = 0;
    char *data = arena_bytes(a, cap);
    for (size_t got; (got = fread(data + len, 1, cap - len, f)) > 0;) {
        len += got;
        if (len == cap && cap < FILE_MAX) {
            char *more = arena_bytes(a, cap * 2);
            memcpy(more, data, len);
            data = more;
            cap *= 2;
        }
    }
    bool bad = ferror(f) || len >= FILE_MAX;
    fclose(f);
    if (bad) {
        str text =
            words_in(WORDS("无法读取，或文件过大", "cannot be read, or is too large"), v->lang);
        fprintf(stderr, "%s: %.*s\n", path, STR_ARG(text));
        return false;
    }
    *ret = str_from_n(data, len);
    return true;
}

static bool read_keys(struct verify *v, const char *path)
{
    str file;
    if (!read_file(v, &v->life, path, &file)) {
        return false;
    }
    for (str rest = file; rest.ptr;) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len == 0 || line.ptr[0] == '#') {
            continue;
        }
        err e = v->nkeys == KEYS_MAX
                    ? err_make(ERR_VALUE, STR("too many keys"))
                    : note_key_parse(v->hasher, &v->life, line, &v->keys[v->nkeys]);
        if (e.code) {
            fprintf(stderr, "%s: %.*s\n", path, STR_ARG(e.detail));
            return false;
        }
        v->nkeys++;
    }
    if (v->nkeys == 0) {
        str text = words_in(WORDS("文件中没有公钥", "contains no key"), v->lang);
        fprintf(stderr, "%s: %.*s\n", path, STR_ARG(text));
    }
    return v->nkeys > 0;
}

/* --- results ---------------------------------------------------------------------------------- */

static void say_result(const struct verify *v, const char *path, enum proof_result r, str why)
{
    say_safe(str_from(path));
    say(v, WORDS("：", ": "));
    say(v, proof_words(r));
    if (r != PROOF_OK && why.len) {
        printf(" (%.*s)", STR_ARG(why));
    }
    putchar('\n');
}

static void say_payload(struct verify *v, const struct ledger_entry *e)
{
    say_line(v, WORDS("内容：", "content:"), (str){0});
    struct canon_walk w = canon_walk(e->payload);
    struct canon_value value;
    str key;
    while (canon_next(&w, &key, &value)) {
        fputs("    ", stdout);
        say_safe(key);
        fputs(": ", stdout);
        say_safe(value.kind == CANON_STR ? canon_text(&v->a, value) : value.raw);
        putchar('\n');
    }
}

static void say_checkpoint(struct verify *v, const struct note_checkpoint *cp)
{
    say_line(v, WORDS("日志：        ", "log:          "), cp->origin);
    say_number(v, WORDS("签名时条目数：", "signed size:  "), cp->size);
    struct signer_back b;
    if (signer_back(cp->further, &b)) {
        str what =
            words_in(words_fmt(&v->a,
                               "注意：该日志曾从 %lld 条退回到 %lld 条（共 %lld 次），"
                               "由签名进程的管理人认可；最近一次：",
                               "note: this log was set back from %lld entries to %lld (%lld "
                               "times in all), by whoever is in charge of the signer; last: ",
                               (long long)b.from, (long long)b.to, (long long)b.times),
                     v->lang);
        say_time(v, (struct words){what, what}, b.at);
    }
}

static bool check_proof(struct verify *v, const char *path)
{
    str file;
    str why;
    struct proof_entry p;
    if (!read_file(v, &v->a, path, &file)) {
        return false;
    }
    enum proof_result r = proof_check(v->hasher, &v->a, file, v->keys, v->nkeys, &p, &why);
    say_result(v, path, r, why);
    if (r == PROOF_OK) {
        const struct ledger_entry *e = &p.entry;
        say_checkpoint(v, &p.cp);
        say_number(v, WORDS("条目序号：    ", "entry:        "), e->seq);
        say_time(v, WORDS("入账时间：    ", "recorded:     "), e->recorded_ms);
        if (e->flags & LEDGER_PAST) {
            say_line(v,
                     WORDS("注意：本条为补录，操作时间由录入者给出",
                           "note: entered later; the act's own time was given by who entered it"),
                     (str){0});
        }
        say_line(v, WORDS("操作者：      ", "actor:        "), e->actor);
        say_line(v, WORDS("对象：        ", "object:       "), e->object);
        if (e->erased) {
            say_line(
                v,
                WORDS("内容：已依规删除，或未向取得此证明的人提供；条目仍然有效",
                      "content: erased, or not given to who fetched this; the entry still holds"),
                (str){0});
        } else {
            say_payload(v, e);
        }
    }
    arena_reset(&v->a);
    return r == PROOF_OK;
}

static int check_proofs(struct verify *v, char **paths, int n)
{
    int good = 0;
    for (int i = 0; i < n; i++) {
        good += check_proof(v, paths[i]);
    }
    if (n > 1) {
        say(v, WORDS("成立 ", "hold: "));
        printf("%d", good);
        say(v, WORDS(" 份，不成立 ", ", fail: "));
        printf("%d", n - good);
        say(v, WORDS(" 份\n", "\n"));
    }
    return good == n ? EXIT_HOLDS : EXIT_FAILS;
}

static int check_growth(struct verify *v, const char *old_path, const char *new_path)
{
    str old;
    str file;
    str why;
    struct proof_growth g;
    if (!read_file(v, &v->a, old_path, &old) || !read_file(v, &v->a, new_path, &file)) {
        return EXIT_USAGE;
    }
    enum proof_result r = proof_growth_check(v->hasher, old, file, v->keys, v->nkeys, &g, &why);
    say_result(v, new_path, r, why);
    if (r == PROOF_OK) {
        say_number(v, WORDS("旧检查点条目数：", "old size:     "), g.from);
        say_checkpoint(v, &g.cp);
        say_line(v,
                 WORDS("新检查点包含旧检查点的全部条目，次序和内容未变",
                       "the new checkpoint contains every entry of the old one, unchanged"),
                 (str){0});
    }
    return r == PROOF_OK ? EXIT_HOLDS : EXIT_FAILS;
}

/* --- packages ------------------------------------------------------------------------------ */

static bool is_package(const char *path)
{
    struct stat st;
    char begin[2] = {0};
    FILE *f = fopen(path, "rb");
    bool zip = f && fread(begin, 1, 2, f) == 2 && begin[0] == 'P' && begin[1] == 'K';
    if (f) {
        fclose(f);
    }
    return zip || str_ends(str_from(path), STR(".zip")) ||
           (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* What follows the package on the command line. */
static bool package_words(struct verify *v, int argc, char **argv, struct package_options *o)
{
    struct note_key *witnesses = arena_array(&v->life, struct note_key, COSIGN_KEYS_MAX);
    int64_t need = -1;
    int64_t draws = 0;
    bool good = argc % 2 == 0;
    for (int i = 0; good && i < argc; i += 2) {
        str value = str_from(argv[i + 1]);
        if (!strcmp(argv[i], "--witness")) {
            good = o->nwitnesses < COSIGN_KEYS_MAX &&
                   !cosign_key_parse(v->hasher, &v->life, value, &witnesses[o->nwitnesses++]).code;
        } else if (!strcmp(argv[i], "--need")) {
            good = str_to_i64(value, &need) && need >= 0 && need <= COSIGN_KEYS_MAX;
        } else if (!strcmp(argv[i], "--old")) {
            good = read_file(v, &v->life, argv[i + 1], &o->old) && o->old.len;
        } else if (!strcmp(argv[i], "--sample")) {
            good = read_file(v, &v->life, argv[i + 1], &o->later);
        } else if (!strcmp(argv[i], "--nonce")) {
            o->nonce = value;
        } else if (!strcmp(argv[i], "--campaign")) {
            o->campaign = value;
        } else if (!strcmp(argv[i], "--draw")) {
            good = str_to_i64(value, &draws) && draws > 0 && draws <= SAMPLE_MAX;
        } else {
            good = false;
        }
    }
    bool sample = o->later.len || o->nonce.len || o->campaign.len || draws;
    o->witnesses = witnesses;
    o->need = need < 0 ? (int)o->nwitnesses : (int)need;
    o->draws = (int)draws;
    return good && (!sample || (o->later.len && draws && sample_text_ok(o->nonce) &&
                                sample_text_ok(o->campaign)));
}

static void say_bad(const struct verify *v, const char *path, const struct package_bad *b)
{
    say_safe(str_from(path));
    fputs(" / ", stdout);
    say_safe(b->file);
    say(v, WORDS("：", ": "));
    say(v, b->what);
    if (b->detail.len) {
        fputs(" (", stdout);
        say_safe(b->detail);
        putchar(')');
    }
    putchar('\n');
}

static void say_package(struct verify *v, const struct package_report *r)
{
    static const struct words names[PACKAGE_VERDICTS] = {
        WORDS_INIT("符合：        ", "ok:           "),
        WORDS_INIT("不符合：      ", "violations:   "),
        WORDS_INIT("宽限中：      ", "in grace:     "),
        WORDS_INIT("例外：        ", "waived:       "),
        WORDS_INIT("无法判断：    ", "unknown:      ")};
    say_checkpoint(v, &r->cp);
    say_line(v, WORDS("控制点：      ", "control:      "), r->control);
    say_line(v, WORDS("制度：        ", "regulation:   "), r->regulation);
    say_number(v, WORDS("版本：        ", "version:      "), r->version);
    say_time(v, WORDS("判断时间：    ", "judged at:    "), r->as_of);
    say_number(v, WORDS("当时日志条数：", "ledger size:  "), r->size);
    say_number(v, WORDS("快照条目序号：", "entry:        "), r->seq);
    say_line(v, WORDS("提取人：      ", "asked by:     "), r->actor);
    say_number(v, WORDS("总体：        ", "population:   "), r->n);
    for (int i = 0; i < PACKAGE_VERDICTS; i++) {
        say_number(v, names[i], r->count[i]);
    }
    say_number(v, WORDS("内容未提供：  ", "hidden:       "), r->hidden);
    say_number(v, WORDS("见证人签名：  ", "cosignatures: "), r->cosigned);
}

static void say_sample(struct verify *v, const struct package_report *r)
{
    struct buf b = buf_make(&v->a, 100);
    for (int i = 0; i < HASH_LEN; i++) {
        buf_put_fmt(&b, "%02x", r->seed.b[i]);
    }
    say_line(v, WORDS("抽样种子：    ", "seed:         "), buf_str(&b));
    for (int i = 0; i < r->ndrawn; i++) {
        printf("  %d\t%lld\t", i + 1, (long long)r->drawn[i].place);
        say_safe(r->drawn[i].line);
        putchar('\n');
    }
}

static int check_package(struct verify *v, int argc, char **argv)
{
    struct package_options o = {.keys = v->keys, .nkeys = v->nkeys};
    struct package *p;
    struct package_report r;
    if (!package_words(v, argc - 1, argv + 1, &o)) {
        fputs(v->lang == LANG_ZH ? usage_zh : usage_en, stderr);
        return EXIT_USAGE;
    }
    err e = package_open(&v->a, argv[0], &p);
    if (e.code) {
        say_bad(v, argv[0],
                &(struct package_bad){str_from(argv[0]),
                                      WORDS("证据包无法打开。", "The package cannot be opened."),
                                      e.detail});
        return EXIT_FAILS;
    }
    package_check(v->hasher, &v->a, p, &o, &r);
    for (size_t i = 0; i < r.nbad; i++) {
        say_bad(v, argv[0], &r.bad[i]);
    }
    if (!r.nbad) {
        say_safe(str_from(argv[0]));
        say(v, WORDS("：证据包完整，与存证日志相符。\n",
                     ": the package is whole and fits the ledger.\n"));
        say_package(v, &r);
        if (r.ndrawn) {
            say_sample(v, &r);
        }
    }
    return r.nbad ? EXIT_FAILS : EXIT_HOLDS;
}

static int run(struct verify *v, int argc, char **argv)
{
    bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    bool growth = argc > 2 && !strcmp(argv[2], "--consistency");
    if (help || argc < 3 || (growth && argc != 5)) {
        fputs(v->lang == LANG_ZH ? usage_zh : usage_en, help ? stdout : stderr);
        return help ? EXIT_HOLDS : EXIT_USAGE;
    }
    v->hasher = hash_make(&v->life);
    if (!read_keys(v, argv[1])) {
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < v->nkeys; i++) {
        say(v, WORDS("公钥：", "key: "));
        say_safe(note_vkey(&v->life, &v->keys[i]));
        putchar('\n');
    }
    if (!growth && is_package(argv[2])) {
        return check_package(v, argc - 2, argv + 2);
    }
    return growth ? check_growth(v, argv[3], argv[4]) : check_proofs(v, argv + 2, argc - 2);
}

int main(int argc, char **argv)
{
    struct verify v = {.lang = lang_of_environment()};
    v.life = arena_make(ARENA_MAX);
    v.a = arena_make(ARENA_MAX);
    int status = run(&v, argc, argv);
    arena_end(&v.a);
    arena_end(&v.life);
    if (fflush(stdout) != 0) {
        return EXIT_USAGE;
    }
    return status;
}
