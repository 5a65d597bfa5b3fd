/* control.c - the local socket between the command line and a running server.
 *
 * One command a connection.  The caller sends its working folder and its
 * arguments, each ended by a NUL, then an empty one; what the command prints
 * comes back, errors between a DC2 and a DC1, and last a NUL and one byte: its exit code.  Where
 * the command wants a line, an ENQ comes back, and the caller sends one of his input; an ACK, where
 * his terminal is not to show it.  Where it wants one of the caller's files, SI (to read) or SO (to
 * write), its name and a line end come, and the caller sends it open, or says that there is none:
 * so the server needs no right to it.  Each caller has a thread: an import of an hour keeps nobody
 * waiting.  The socket belongs to the server's user (mode 0600), so whoever may open it may also
 * open the data. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ARGS_MAX = 32,
    BYTES_MAX = 64 * 1024,
    LINE_MAX_BYTES = 512,
    NAME_MAX_BYTES = 4096,
    SO = 14,
    SI = 15,
    ENQ = 5,
    ACK = 6,
    LINE_WAIT_MS = 300000,
    CALLERS = 8
};

struct control {
    struct cli base;
    int fd;
    atomic_bool stop;
    pthread_t thread;
    str path;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t left;
    struct caller {
        struct control *control;
        int fd; /* -1: a free place */
    } callers[CALLERS];
};

static bool address(str data, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%.*s/control.sock", STR_ARG(data));
    return n > 0 && (size_t)n < sizeof(ret->sun_path);
}

/* --- the server's end ----------------------------------------------------------------- */

static size_t read_all(int fd, char *p)
{
    size_t n = 0;
    while (n < BYTES_MAX) {
        struct pollfd pf = {.fd = fd, .events = POLLIN};
        if (poll(&pf, 1, 5000) != 1) {
            return 0;
        }
        ssize_t got = read(fd, p + n, BYTES_MAX - n);
        if (got <= 0) {
            return 0;
        }
        n += (size_t)got;
        if (n >= 2 && p[n - 1] == '\0' && p[n - 2] == '\0') {
            return n - 1;
        }
    }
    return 0;
}

/* One line of the caller's input; nothing when he goes away or says nothing. */
static str ask_caller(struct cli *c, bool secret, void *arg)
{
    int fd = *(int *)arg;
    char *p = arena_bytes(c->arena, LINE_MAX_BYTES);
    size_t n = 0;
    fputc(secret ? ACK : ENQ, c->out);
    fflush(c->out);
    while (n < LINE_MAX_BYTES && (n == 0 || p[n - 1] != '\n')) {
        struct pollfd pf = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&pf, 1, LINE_WAIT_MS) == 1 ? read(fd, p + n, LINE_MAX_BYTES - n) : 0;
        if (got <= 0) {
            return STR("");
        }
        n += (size_t)got;
    }
    return str_trim(str_from_n(p, n));
}

/* One of the caller's files, opened by him. */
static int open_at_caller(struct cli *c, str path, bool write, void *arg)
{
    int fd = *(int *)arg;
    char yes = 0;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } extra;
    struct iovec one = {.iov_base = &yes, .iov_len = 1};
    struct msghdr m = {.msg_iov = &one,
                       .msg_iovlen = 1,
                       .msg_control = extra.bytes,
                       .msg_controllen = sizeof(extra.bytes)};
    struct pollfd pf = {.fd = fd, .events = POLLIN};
    if (path.len >= NAME_MAX_BYTES || memchr(path.ptr, '\n', path.len)) {
        return -1;
    }
    fprintf(c->out, "%c%.*s\n", write ? SO : SI, STR_ARG(path));
    fflush(c->out);
    if (poll(&pf, 1, LINE_WAIT_MS) != 1 || recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != 1 || yes != 'y') {
        errno = yes == 'n' ? ENOENT : EACCES;
        return -1;
    }
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    int ret = -1;
    if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
        h->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&ret, CMSG_DATA(h), sizeof(int));
    }
    return ret;
}

static void answer(struct control *c, int fd)
{
    struct arena a = arena_make(512u << 20);
    char *bytes = arena_bytes(&a, BYTES_MAX);
    size_t n = read_all(fd, bytes);
    char *argv[ARGS_MAX + 1];
    int argc = 0;
    for (size_t i = 0; i < n && argc < ARGS_MAX; i += strlen(bytes + i) + 1) {
        argv[argc++] = bytes + i;
    }
    int out_fd = dup(fd);
    FILE *out = out_fd >= 0 ? fdopen(out_fd, "w") : NULL;
    unsigned char code = 2;
    const struct command *cmd = NULL;
    for (size_t i = 0; argc >= 3 && i < cli_commands_len; i++) {
        bool same = strcmp(argv[2], cli_commands[i].name) == 0 && cli_commands[i].writes;
        cmd = same ? &cli_commands[i] : cmd;
    }
    if (cmd && out) {
        struct cli one = c->base;
        one.arena = &a;
        one.cwd = str_from(argv[0]);
        one.lang = strcmp(argv[1], "en") == 0 ? LANG_EN : LANG_ZH;
        one.out = out;
        one.marked = true;
        one.line = ask_caller;
        one.line_arg = &fd;
        one.open = open_at_caller;
        one.stop = &c->stop;
        code = (unsigned char)cmd->run(&one, argc - 3, argv + 3);
    }
    if (out) {
        fputc('\0', out);
        fputc(code, out);
        fclose(out);
    }
    arena_end(&a);
}

static void leave_place(struct caller *x)
{
    struct control *c = x->control;
    pthread_mutex_lock(&c->lock);
    close(x->fd);
    x->fd = -1;
    pthread_cond_broadcast(&c->left);
    pthread_mutex_unlock(&c->lock);
}

static void *talk(void *arg)
{
    struct caller *x = arg;
    answer(x->control, x->fd);
    leave_place(x);
    return NULL;
}

/* Waits for a free place when all are taken. */
static void take(struct control *c, int fd)
{
    struct caller *x = NULL;
    pthread_mutex_lock(&c->lock);
    while (!x && !atomic_load(&c->stop)) {
        for (int i = 0; i < CALLERS; i++) {
            x = c->callers[i].fd < 0 ? &c->callers[i] : x;
        }
        if (!x) {
            pthread_cond_wait(&c->left, &c->lock);
        }
    }
    if (x) {
        x->fd = fd;
    }
    pthread_mutex_unlock(&c->lock);
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (!x) {
        close(fd);
    } else if (pthread_create(&thread, &attr, talk, x) != 0) {
        leave_place(x);
    }
    pthread_attr_destroy(&attr);
}

static void *serve(void *arg)
{
    struct control *c = arg;
    while (!atomic_load(&c->stop)) {
        struct pollfd pf = {.fd = c->fd, .events = POLLIN};
        if (poll(&pf, 1, 300) != 1) {
            continue;
        }
        int fd = accept(c->fd, NULL, NULL);
        if (fd >= 0) {
            take(c, fd);
        }
    }
    return NULL;
}

err control_start(struct arena *life, const struct cli *base, struct control **ret)
{
    struct control *c = arena_new(life, struct control);
    c->base = *base;
    for (int i = 0; i < CALLERS; i++) {
        c->callers[i] = (struct caller){.control = c, .fd = -1};
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->left, NULL);
    struct sockaddr_un at;
    if (!address(base->config.data, &at)) {
        return err_make(ERR_INVALID, STR("the path of the data folder is too long for a socket"));
    }
    unlink(at.sun_path); /* we hold the folder's lock: nobody listens there */
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t old = umask(0177);
    bool ok =
        c->fd >= 0 && bind(c->fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(c->fd, 8) == 0;
    umask(old);
    if (!ok || pthread_create(&c->thread, NULL, serve, c) != 0) {
        return err_make(ERR_STORE, str_fmt(life, "control socket: %s", strerror(errno)));
    }
    c->path = str_copy(life, str_from(at.sun_path));
    *ret = c;
    return OK;
}

void control_stop(struct control *c)
{
    atomic_store(&c->stop, true);
    pthread_mutex_lock(&c->lock);
    pthread_cond_broadcast(&c->left);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < CALLERS; i++) {
        if (c->callers[i].fd >= 0) {
            shutdown(c->callers[i].fd, SHUT_RD); /* who waits for a line gets none */
        }
    }
    for (int i = 0; i < CALLERS; i++) {
        while (c->callers[i].fd >= 0) {
            pthread_cond_wait(&c->left, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
    close(c->fd);
    unlink(c->path.ptr);
}

/* --- the caller's end ---------------------------------------------------------------------- */

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done <= 0) {
            return false;
        }
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool send_args(int fd, const struct cli *c, int argc, char **argv)
{
    bool ok = write_all(fd, c->cwd.ptr, c->cwd.len + 1) &&
              write_all(fd, c->lang == LANG_EN ? "en" : "zh", 3);
    for (int i = 0; i < argc && ok; i++) {
        ok = argv[i][0] == '\0' || write_all(fd, argv[i], strlen(argv[i]) + 1);
    }
    return ok && write_all(fd, "", 1);
}

/* One line of ours, or an empty one at its end. */
static bool send_line(int fd, bool secret)
{
    char line[LINE_MAX_BYTES];
    fflush(stdout);
    bool some = cli_read_line(line, sizeof(line), secret);
    size_t n = some ? strlen(line) : 0;
    return (!n || write_all(fd, line, n)) && ((n && line[n - 1] == '\n') || write_all(fd, "\n", 1));
}

static str without_slash(str folder)
{
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') {
        folder.len--;
    }
    return folder;
}

/* Opens what lies below a folder of the caller's, by no link; -1 with errno. */
static int open_below(str folder, const char *path)
{
    char name[NAME_MAX_BYTES];
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    snprintf(name, sizeof(name), "%.*s", STR_ARG(folder));
    int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return -1;
    }
    int fd = (int)syscall(SYS_openat2, dir, path + folder.len + 1, &how, sizeof(how));
    int why = errno;
    close(dir);
    errno = why;
    return fd;
}

/* Opens what the server asks for; only what the caller himself named, for he may be
 * more than the server is: a file, its mapping, its rejects, or what a folder holds. */
static int open_named(int argc, char **argv, const char *path, bool write)
{
    str name = str_from(path);
    str rejects = cli_option(argc, argv, "rejects");
    str file = without_slash(cli_word(argc, argv, 0));
    bool own = str_starts(name, file) && file.len && name.len == file.len + strlen(REJECTS_END) &&
               str_ends(name, STR(REJECTS_END));
    str sheet = cli_option(argc, argv, "xlsx");
    str to = cli_option(argc, argv, "to");
    own = own && !rejects.len;
    if (write && (own || (rejects.len && str_eq(name, rejects)) ||
                  (sheet.len && str_eq(name, sheet)) || (to.len && str_eq(name, to)))) {
        return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    }
    if (!write && (str_eq(name, file) || str_eq(name, cli_option(argc, argv, "mapping")))) {
        return open(path, O_RDONLY | O_CLOEXEC);
    }
    if (!write && file.len && str_starts(name, file) && name.len > file.len + 1 &&
        path[file.len] == '/') {
        return open_below(file, path);
    }
    errno = EACCES;
    return -1;
}

/* The answer: 'y' with the descriptor, 'n' where there is no such file, 'x' where it
 * cannot be opened. */
static bool send_file(int fd, int file)
{
    char yes = file >= 0 ? 'y' : errno == ENOENT ? 'n' : 'x';
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } extra = {0};
    struct iovec one = {.iov_base = &yes, .iov_len = 1};
    struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1};
    if (file >= 0) {
        m.msg_control = extra.bytes;
        m.msg_controllen = sizeof(extra.bytes);
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(h), &file, sizeof(int));
    }
    bool ok = sendmsg(fd, &m, MSG_NOSIGNAL) == 1;
    if (file >= 0) {
        close(file);
    }
    return ok;
}

/* What the caller has of a file's name that is being asked for. */
struct asked {
    int argc;
    char **argv;
    char kind; /* SI, SO; 0: nothing is asked */
    char name[NAME_MAX_BYTES];
    size_t len;
};

/* False when the server cannot be answered. */
static bool name_byte(int fd, struct asked *a, char byte)
{
    if (byte != '\n') {
        if (a->len + 1 < sizeof(a->name)) {
            a->name[a->len++] = byte;
        }
        return true;
    }
    a->name[a->len] = '\0';
    bool write = a->kind == SO;
    a->kind = 0;
    a->len = 0;
    return send_file(fd, open_named(a->argc, a->argv, a->name, write));
}

err cli_copy_out(struct cli *c, int from, int to, str path)
{
    enum { PIECE = 64 * 1024 };
    bool ok = to >= 0 && ftruncate(to, 0) == 0;
    char *piece = arena_bytes(c->arena, PIECE);
    for (ssize_t n; ok && (n = read(from, piece, PIECE)) > 0;) {
        ok = write(to, piece, (size_t)n) == n;
    }
    close(from);
    if (to >= 0) {
        ok = close(to) == 0 && ok;
    }
    return ok ? OK
              : cli_refuse(
                    c->arena, ERR_NOT_FOUND,
                    words_fmt(c->arena, "写不了文件 %.*s。", "cannot write %.*s.", STR_ARG(path)),
                    WORDS("请换一个可写的位置，并确认磁盘未满。",
                          "Name a place that can be written, on a disk with room."));
}

int cli_all_written(struct cli *c, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return code;
    }
    int failed = cli_fail(
        c, cli_refuse(c->arena, ERR_STORE,
                      WORDS("输出没有写完整：磁盘已满，或读取的一方已经结束。",
                            "What it printed was not all written: the disk is full, or whoever "
                            "read it has ended."),
                      WORDS("换一个去处，再运行一次。", "Send it elsewhere, and run it again.")));
    return code ? code : failed;
}

/* Prints what comes until the NUL that stands before the exit code. */
static int relay(struct cli *c, int fd, int argc, char **argv)
{
    char buf[8192];
    int code = 1;
    bool ended = false;
    FILE *to = stdout;
    struct asked file = {.argc = argc, .argv = argv};
    for (ssize_t n; (n = read(fd, buf, sizeof(buf))) > 0;) {
        for (ssize_t i = 0; i < n; i++) {
            if (file.kind) {
                if (!name_byte(fd, &file, buf[i])) {
                    return 1;
                }
            } else if (!ended && (buf[i] == SI || buf[i] == SO)) {
                file.kind = buf[i];
            } else if (ended) {
                code = (unsigned char)buf[i];
            } else if (buf[i] == '\0') {
                ended = true;
            } else if (buf[i] == ENQ || buf[i] == ACK) {
                if (!send_line(fd, buf[i] == ACK)) {
                    return 1;
                }
            } else if (buf[i] == CLI_TO_OUT || buf[i] == CLI_TO_ERR) {
                fflush(to);
                to = buf[i] == CLI_TO_ERR ? stderr : stdout;
            } else {
                putc(buf[i], to);
            }
        }
        fflush(to);
    }
    if (!ended) {
        cli_fail(c,
                 cli_refuse(c->arena, ERR_STORE,
                            WORDS("服务在答复之前结束了。", "The server ended before it answered."),
                            WORDS("看它的日志；再启动它，并查看这件事是否已经完成。",
                                  "Look at its log; start it again, and see whether it was "
                                  "done.")));
    }
    return ended ? code : 1;
}

bool control_send(struct cli *c, int argc, char **argv, int *code)
{
    struct sockaddr_un at;
    if (!address(c->config.data, &at)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    *code = send_args(fd, c, argc, argv) ? relay(c, fd, argc - 1, argv + 1) : 1;
    close(fd);
    return true;
}
