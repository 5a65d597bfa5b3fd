/* zhidu-witness - signs checkpoints of ledgers that only ever grew.
 *
 *     zhidu-witness make  --dir DIR --name NAME
 *     zhidu-witness key   --dir DIR
 *     zhidu-witness serve --dir DIR --listen ADDRESS:PORT
 *
 * Belongs to somebody else than the ledger: another person, another host, another key.
 * What it signs and why: ledger/witness.h.  In its folder:
 *
 *     witness.key    name and seed; only its user reads it
 *     logs           public keys of the logs it knows, one a line; written by hand
 *     <hex>          of each log, by SHA-256 of its origin: the last checkpoint that was
 *                    signed, with the signature: replaced whole, durable before the answer
 *
 * One thread answers everything, so two requests never meet.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/words.h"
#include "ledger/b64.h"
#include "ledger/witness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_OK = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    LIFE_MAX = 8 << 20,
    WORK_MAX = 16 << 20,
    FILE_MOST = 1 << 20,
    CALLERS = 64,
    SECONDS = 10 /* a caller has for his request */
};

struct program {
    struct arena life, work; /* work: emptied after each request */
    struct hasher *hasher;
    struct note_signer signer;
    struct note_key logs[COSIGN_KEYS_MAX];
    size_t nlogs;
    int dir;
    enum lang lang;
};

struct asked { /* one request's body */
    size_t len;
    bool over;
    char body[WITNESS_BODY_MAX];
};

static const char usage_zh[] =
    "用法：zhidu-witness make  --dir 目录 --name 名称\n"
    "      zhidu-witness key   --dir 目录\n"
    "      zhidu-witness serve --dir 目录 --listen 地址:端口\n"
    "\n"
    "见证人：只为延续上一次所签检查点的日志签名，历史被改写便得不到签名。\n"
    "应由审计管理员在另一台主机上以自己的密钥运行。\n"
    "\n"
    "  make   建立密钥并打印公钥；名称如 witness.example/audit\n"
    "  key    打印公钥：交给核对证据的人\n"
    "  serve  应答 POST /add-checkpoint（C2SP tlog-witness）；认得的日志写在目录中的\n"
    "         logs 文件，一行一个公钥；公网上请在前面放置 https 代理\n";
static const char usage_en[] =
    "Usage: zhidu-witness make  --dir DIR --name NAME\n"
    "       zhidu-witness key   --dir DIR\n"
    "       zhidu-witness serve --dir DIR --listen ADDRESS:PORT\n"
    "\n"
    "A witness: signs a checkpoint only when it continues the last one it signed, so a\n"
    "history that was rewritten finds no signature.  Run it elsewhere, with a key of its\n"
    "own, in the hands of the audit administrator.\n"
    "\n"
    "  make   makes the key and prints the public one; NAME like witness.example/audit\n"
    "  key    prints the public key: for whoever checks evidence\n"
    "  serve  answers POST /add-checkpoint (C2SP tlog-witness); the logs it knows stand in\n"
    "         the file logs of the folder, a public key a line; put https in front of it\n"
    "         on a network\n";

static int fail(const struct program *p, struct words what, const char *detail)
{
    str s = words_in(what, p->lang);
    fprintf(stderr, "zhidu-witness: %.*s%s%s\n", STR_ARG(s), detail ? " " : "",
            detail ? detail : "");
    return EXIT_REFUSED;
}

/* --- the folder ---------- */

/* False: there is none, or it cannot be read; errno. */
static bool read_file(struct program *p, struct arena *a, const char *name, str *ret)
{
    char *bytes = arena_bytes(a, FILE_MOST);
    int fd = openat(p->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t n = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && n < FILE_MOST && (got = read(fd, bytes + n, FILE_MOST - n)) > 0) {
        n += (size_t)got;
    }
    if (fd >= 0) {
        close(fd);
    }
    *ret = str_from_n(bytes, n);
    return got == 0;
}

/* Whole or not at all, and on the disk when it returns. */
static bool write_file(struct program *p, const char *name, str text)
{
    static const char fresh[] = "new";
    int fd = openat(p->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0;
    for (size_t n = 0; ok && n < text.len;) {
        ssize_t done = write(fd, text.ptr + n, text.len - n);
        ok = done > 0;
        n += ok ? (size_t)done : 0;
    }
    ok = ok && fsync(fd) == 0;
    if (fd >= 0) {
        ok = close(fd) == 0 && ok;
    }
    return ok && renameat(p->dir, fresh, p->dir, name) == 0 && fsync(p->dir) == 0;
}

/* "name\nbase64 of the seed\n" */
static bool read_key(struct program *p)
{
    unsigned char seed[NOTE_SEED_LEN];
    str text;
    str rest;
    if (!read_file(p, &p->life, "witness.key", &text)) {
        return false;
    }
    str name = str_cut(text, '\n', &rest);
    bool ok = b64_get_n(str_cut(rest, '\n', &rest), seed, sizeof(seed)) &&
              !cosign_signer(p->hasher, name, seed, &p->signer).code;
    sodium_memzero(seed, sizeof(seed));
    return ok;
}

static bool read_logs(struct program *p)
{
    str rest;
    if (!read_file(p, &p->life, "logs", &rest)) {
        return false;
    }
    while (rest.len) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        if (!line.len || line.ptr[0] == '#') {
            continue;
        }
        if (p->nlogs == COSIGN_KEYS_MAX ||
            note_key_parse(p->hasher, &p->life, line, &p->logs[p->nlogs++]).code) {
            return false;
        }
    }
    return p->nlogs > 0;
}

/* --- one request ---------- */

struct answer {
    enum witness_answer status;
    str body;
    const char *type;
};

static const char *state_name(struct program *p, str origin)
{
    struct hash h = hash_of(p->hasher, origin);
    struct buf b = buf_make(&p->work, 100);
    for (int i = 0; i < HASH_LEN; i++) {
        buf_put_fmt(&b, "%02x", h.b[i]);
    }
    return buf_str(&b).ptr;
}

/* What was signed last for this origin; false: its file is there and cannot be read. */
static bool last_of(struct program *p, const char *name, str origin, struct note_checkpoint *ret)
{
    str text;
    *ret = (struct note_checkpoint){.origin = origin};
    if (!read_file(p, &p->work, name, &text)) {
        return errno == ENOENT;
    }
    return !note_parse(text, ret).code && str_eq(ret->origin, origin);
}

/* Signs, keeps, and only then says so. */
static bool sign(struct program *p, const char *name, const struct witness_request *r, str *line)
{
    return !cosign_line(&p->work, &p->signer, r->note, clock_now() / 1000, line).code &&
           write_file(p, name, str_fmt(&p->work, "%.*s%.*s", STR_ARG(r->note), STR_ARG(*line)));
}

static struct answer decide(struct program *p, str body)
{
    struct answer a = {.status = WITNESS_MALFORMED, .type = "text/plain"};
    struct witness_request r;
    struct note_checkpoint last;
    if (!witness_read(body, &r)) {
        return a;
    }
    const char *name = state_name(p, r.cp.origin);
    if (!last_of(p, name, r.cp.origin, &last)) {
        a.status = (enum witness_answer)MHD_HTTP_INTERNAL_SERVER_ERROR;
        return a;
    }
    a.status = witness_decide(p->hasher, &r, p->logs, p->nlogs, last.size, &last.root);
    if (a.status == WITNESS_OTHER) {
        a.body = str_fmt(&p->work, "%lld\n", (long long)last.size);
        a.type = "text/x.tlog.size";
    } else if (a.status == WITNESS_OK && !sign(p, name, &r, &a.body)) {
        a.status = (enum witness_answer)MHD_HTTP_INTERNAL_SERVER_ERROR;
        a.body = STR("");
    }
    return a;
}

static enum MHD_Result give(struct MHD_Connection *c, const struct answer *a)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        a->body.len, (void *)(uintptr_t)a->body.ptr, MHD_RESPMEM_MUST_COPY);
    if (!r) {
        return MHD_NO;
    }
    MHD_add_response_header(r, "Content-Type", a->type);
    enum MHD_Result ret = MHD_queue_response(c, (unsigned)a->status, r);
    MHD_destroy_response(r);
    return ret;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *size, void **kept)
{
    struct program *p = arg;
    struct asked *q = *kept;
    struct answer a = {.status = WITNESS_ORIGIN, .type = "text/plain"};
    (void)version;
    if (strcmp(url, "/add-checkpoint") != 0 || strcmp(method, "POST") != 0) {
        bool alive = strcmp(url, "/healthz") == 0 && strcmp(method, "GET") == 0;
        a.status = alive ? WITNESS_OK : WITNESS_ORIGIN;
        a.body = alive ? STR("ok\n") : STR("");
        return give(c, &a);
    }
    if (!q) {
        *kept = calloc(1, sizeof(struct asked));
        return *kept ? MHD_YES : MHD_NO;
    }
    if (*size) {
        q->over = q->over || q->len + *size > sizeof(q->body);
        if (!q->over) {
            memcpy(q->body + q->len, upload, *size);
            q->len += *size;
        }
        *size = 0;
        return MHD_YES;
    }
    a = q->over ? (struct answer){.status = WITNESS_MALFORMED, .type = "text/plain"}
                : decide(p, str_from_n(q->body, q->len));
    enum MHD_Result ret = give(c, &a);
    printf("%d\n", (int)a.status);
    fflush(stdout);
    arena_reset(&p->work);
    return ret;
}

static void over(void *arg, struct MHD_Connection *c, void **kept,
                 enum MHD_RequestTerminationCode why)
{
    (void)arg;
    (void)c;
    (void)why;
    free(*kept);
    *kept = NULL;
}

/* --- commands ---------- */

static int make(struct program *p, const char *name)
{
    unsigned char seed[NOTE_SEED_LEN];
    struct stat st;
    if (fstatat(p->dir, "witness.key", &st, 0) == 0) {
        return fail(p, WORDS("目录中已有密钥。", "the folder has a key already."), NULL);
    }
    randombytes_buf(seed, sizeof(seed));
    err e = cosign_signer(p->hasher, str_from(name), seed, &p->signer);
    if (e.code) {
        return fail(p, WORDS("名称不可用：", "no name of a key:"), name);
    }
    struct buf b = buf_make(&p->life, 1024);
    buf_put(&b, str_from(name));
    buf_put_c(&b, '\n');
    b64_put(&b, str_from_n((const char *)seed, sizeof(seed)));
    buf_put_c(&b, '\n');
    bool ok = write_file(p, "witness.key", buf_str(&b));
    sodium_memzero(seed, sizeof(seed));
    if (!ok) {
        return fail(p, WORDS("写不了密钥：", "the key cannot be written:"), strerror(errno));
    }
    str vkey = cosign_vkey(&p->life, &p->signer.key);
    printf("%.*s\n", STR_ARG(vkey));
    return EXIT_OK;
}

static bool address(const char *text, struct sockaddr_in *ret)
{
    str rest;
    str host = str_cut(str_from(text), ':', &rest);
    char ip[INET_ADDRSTRLEN];
    int64_t port = 0;
    *ret = (struct sockaddr_in){.sin_family = AF_INET};
    if (host.len >= sizeof(ip) || !str_to_i64(rest, &port) || port < 1 || port > 65535) {
        return false;
    }
    memcpy(ip, host.ptr, host.len);
    ip[host.len] = '\0';
    ret->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, ip, &ret->sin_addr) == 1;
}

static int serve(struct program *p, const char *listen)
{
    struct sockaddr_in at;
    sigset_t ends;
    int which;
    if (!read_key(p)) {
        return fail(p, WORDS("没有密钥：先用 make 建立。", "no key: make it first."), NULL);
    }
    if (!read_logs(p)) {
        return fail(p,
                    WORDS("目录中的 logs 文件应列出日志的公钥，一行一个。",
                          "the file logs of the folder lists public keys of logs, one a line."),
                    NULL);
    }
    if (!address(listen, &at)) {
        return fail(p, WORDS("地址应为 IPv4:端口：", "the address reads IPv4:PORT:"), listen);
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, p, MHD_OPTION_SOCK_ADDR, &at,
        MHD_OPTION_NOTIFY_COMPLETED, over, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CALLERS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SECONDS, MHD_OPTION_END);
    if (!d) {
        return fail(p, WORDS("无法监听：", "cannot listen:"), listen);
    }
    sigwait(&ends, &which);
    MHD_stop_daemon(d);
    return EXIT_OK;
}

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 2; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return NULL;
}

static int run(struct program *p, int argc, char **argv)
{
    const char *dir = option(argc, argv, "--dir");
    const char *name = option(argc, argv, "--name");
    const char *listen = option(argc, argv, "--listen");
    str what = argc > 1 ? str_from(argv[1]) : STR("");
    bool making = str_eq(what, STR("make")) && name;
    bool serving = str_eq(what, STR("serve")) && listen;
    if (!dir || !(making || serving || str_eq(what, STR("key")))) {
        fputs(p->lang == LANG_ZH ? usage_zh : usage_en, stderr);
        return EXIT_USAGE;
    }
    if (making && mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return fail(p, WORDS("建不了目录：", "cannot make the folder:"), dir);
    }
    p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->dir < 0) {
        return fail(p, WORDS("打不开目录：", "cannot open the folder:"), dir);
    }
    if (making) {
        return make(p, name);
    }
    if (serving) {
        return serve(p, listen);
    }
    if (!read_key(p)) {
        return fail(p, WORDS("没有密钥：先用 make 建立。", "no key: make it first."), NULL);
    }
    str vkey = cosign_vkey(&p->life, &p->signer.key);
    printf("%.*s\n", STR_ARG(vkey));
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct program p = {.dir = -1};
    const char *lang = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
    p.lang = lang && strncmp(lang, "en", 2) == 0 ? LANG_EN : LANG_ZH;
    umask(0077);
    p.life = arena_make(LIFE_MAX);
    p.work = arena_make(WORK_MAX);
    p.hasher = hash_make(&p.life);
    int status = run(&p, argc, argv);
    note_signer_wipe(&p.signer);
    arena_end(&p.work);
    arena_end(&p.life);
    return status;
}
