#include "signer/line.h"

#include "base/arena.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool ready(struct signer_line *l)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (l->fd >= 0) {
        return true;
    }
    if (!l->path.len || l->path.len >= sizeof(at.sun_path)) {
        return false;
    }
    memcpy(at.sun_path, l->path.ptr, l->path.len);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        close(fd);
        fd = -1;
    }
    l->fd = fd;
    return fd >= 0;
}

void signer_line_close(struct signer_line *l)
{
    if (l->fd >= 0 && l->path.len) {
        close(l->fd);
    }
    l->fd = -1;
}

bool signer_line_send(struct signer_line *l, str packet)
{
    bool sent = ready(l) && send(l->fd, packet.ptr, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT) ==
                                (ssize_t)packet.len;
    if (!sent) {
        bool full = l->fd >= 0 && errno == EAGAIN && !l->path.len; /* a new one takes up the rest */
        if (!full) {
            signer_line_close(l);
        }
    }
    return sent;
}

err signer_line_take(struct signer_line *l, struct arena *a, str *ret)
{
    char *room = arena_bytes(a, WIRE_MAX + 1);
    ssize_t n = l->fd < 0 ? 0 : recv(l->fd, room, WIRE_MAX + 1, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return err_make(ERR_NOT_FOUND, STR("signer: no answer yet"));
    }
    if (n <= 0) {
        signer_line_close(l);
        return err_make(ERR_BUSY, STR("signer: gone"));
    }
    *ret = str_from_n(room, (size_t)n);
    return OK;
}

err signer_line_key(struct signer_line *l, struct hasher *h, struct arena *a, int wait_ms,
                    struct note_key *ret)
{
    struct wire_request r = {.key = true};
    struct wire_answer x;
    str packet;
    if (!signer_line_send(l, wire_put_request(a, &r))) {
        return err_make(ERR_BUSY, STR("signer: nobody there"));
    }
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    if (poll(&p, 1, wait_ms) != 1) {
        return err_make(ERR_BUSY, STR("signer: no answer"));
    }
    err e = signer_line_take(l, a, &packet);
    if (!e.code) {
        e = wire_get_answer(packet, &x);
    }
    if (!e.code) {
        e = note_key_parse(h, a, x.key, ret);
    }
    return e;
}

/* --- in words --------------------------------------------------------------------- */

enum signer_trouble signer_trouble(enum verdict v)
{
    switch (v) {
    case VERDICT_SMALLER:
        return SIGNER_SMALLER;
    case VERDICT_DIFFERENT:
    case VERDICT_INCONSISTENT:
        return SIGNER_REWRITTEN;
    case VERDICT_DAMAGED:
        return SIGNER_DAMAGED;
    case VERDICT_OTHER:
        return SIGNER_OTHER;
    case VERDICT_UNKEPT:
        return SIGNER_UNKEPT;
    case VERDICT_SIGNED:
    case VERDICT_OLD:
    case VERDICT_FORM:
    case VERDICT_COUNT:
        break;
    }
    return SIGNER_STRANGE;
}

static const struct {
    struct words what, remedy;
} texts[] = {
    [SIGNER_WELL] = {WORDS_INIT("正常", "Well"), WORDS_INIT("", "")},
    [SIGNER_ABSENT] =
        {WORDS_INIT("签名进程没有运行：业务照常办理、照常入账，检查点暂缓签出。",
                    "The signer does not run: work goes on and is recorded, checkpoints wait."),
         WORDS_INIT(
             "启动它（systemctl start zhidu-signer；起不来时，它的日志写明原因，例如密钥不在）"
             "；没有单独配置时，重启本服务。",
             "Start it (systemctl start zhidu-signer; where it does not stay, its log says "
             "why, such as a key that is gone); where none is configured, restart this "
             "server.")},
    [SIGNER_SILENT] = {WORDS_INIT("签名进程没有应答，检查点暂缓签出。",
                                  "The signer does not answer; checkpoints wait."),
                       WORDS_INIT("查看它的日志，必要时重启 zhidu-signer。",
                                  "Look at its log; restart zhidu-signer if need be.")},
    [SIGNER_STRANGE] = {WORDS_INIT("签名进程的答复与本日志的公钥不符，未予采信。",
                                   "What the signer answers does not fit this log's public key; "
                                   "it is not believed."),
                        WORDS_INIT("核对 signer 设置与数据目录中的 ledger.pub。",
                                   "Compare the setting `signer` with ledger.pub in the data "
                                   "folder.")},
    [SIGNER_SMALLER] =
        {WORDS_INIT("存证日志比已签过的短：数据可能被换成了旧的副本。签名进程拒绝签署。",
                    "The ledger is shorter than what was signed: the data may have been replaced "
                    "by an older copy.  The signer refuses."),
         WORDS_INIT("若确是恢复了备份，由签名进程的管理人执行 zhidu-signer set-back 并写明原因；"
                    "否则请先查明原因。",
                    "If a backup was restored, whoever is in charge of the signer says so with "
                    "zhidu-signer set-back; otherwise find out why.")},
    [SIGNER_REWRITTEN] =
        {WORDS_INIT("存证日志不是已签过的那一份的延续：历史被改写。签名进程拒绝签署。",
                    "The ledger does not continue what was signed: history was rewritten.  The "
                    "signer refuses."),
         WORDS_INIT("运行 zhidu ledger verify，保全现场；若原因是恢复了备份，由签名进程的管理人"
                    "执行 zhidu-signer set-back。",
                    "Run zhidu ledger verify and keep everything as it is; if a backup was "
                    "restored, whoever is in charge of the signer says so with zhidu-signer "
                    "set-back.")},
    [SIGNER_DAMAGED] =
        {WORDS_INIT("签名进程记着最后一次签名的文件已损坏，它拒绝签署。",
                    "The file in which the signer remembers its last signature is damaged; it "
                    "refuses."),
         WORDS_INIT("由签名进程的管理人放回该文件的副本，或执行 zhidu-signer set-back。",
                    "Whoever is in charge of the signer puts a copy of it back, or uses "
                    "zhidu-signer set-back.")},
    [SIGNER_OTHER] = {WORDS_INIT("签名进程的密钥属于另一个日志。",
                                 "The signer's key is another log's."),
                      WORDS_INIT("核对 signer 设置，或为本日志建立自己的签名进程。",
                                 "Look at the setting `signer`, or give this log a signer of its "
                                 "own.")},
    [SIGNER_UNKEPT] =
        {WORDS_INIT(
             "签名进程用不了自己的目录：写不进去，或密钥不在、不可读，因此不签署。业务照常办理、"
             "照常入账。",
             "The signer cannot use its own folder, which cannot be written or lacks a key "
             "it can read, and so does not sign.  Work goes on and is recorded."),
         WORDS_INIT(
             "检查该目录所在的磁盘是否已满或只读；密钥不在时，从保管处放回 ledger.key（属主与该"
             "目录相同，权限 0600）。随后自动继续。",
             "Look whether the disk it is on is full or read-only; where ledger.key is gone, "
             "put it back from where you keep it (the folder's owner, mode 0600).  It goes "
             "on by itself.")},
};

struct words signer_words(enum signer_trouble t)
{
    return texts[t].what;
}

struct words signer_remedy(enum signer_trouble t)
{
    return texts[t].remedy;
}
