/* signer_child.c - where no signer is configured, the server has one of its own: a
 * process that holds the key and a line to it. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 3, LEAVE_MS = 3000 };

/* zhidu-signer stands beside this program. */
static bool find_program(char *path, size_t size)
{
    static const char name[] = "zhidu-signer";
    ssize_t n = readlink("/proc/self/exe", path, size);
    if (n <= 0 || (size_t)n >= size) {
        return false;
    }
    path[n] = '\0';
    char *end = strrchr(path, '/');
    if (!end || (size_t)(end + 1 - path) + sizeof(name) > size) {
        return false;
    }
    memcpy(end + 1, name, sizeof(name));
    return access(path, X_OK) == 0;
}

/* In the child: only the line, and of the environment only the language. */
static void become(const char *program, char *const *argv, int line)
{
    char *lang[] = {NULL, NULL};
    const char *names[] = {"LC_ALL=", "LC_MESSAGES=", "LANG="};
    for (size_t i = 0; i < 3 && !lang[0]; i++) {
        for (char **v = environ; v && *v; v++) {
            size_t n = strlen(names[i]);
            lang[0] = strncmp(*v, names[i], n) == 0 && (*v)[n] ? *v : lang[0];
        }
    }
    if (line == LINE) {
        fcntl(LINE, F_SETFD, 0);
    } else if (dup2(line, LINE) != LINE) {
        _exit(127);
    }
    close_range(LINE + 1, ~0U, 0);
    execve(program, argv, lang);
    _exit(127);
}

static char *text(struct arena *a, str s)
{
    return (char *)(uintptr_t)str_copy(a, s).ptr;
}

err signer_child_start(struct arena *life, const struct config *cfg, bool make,
                       struct signer_child *ret)
{
    char program[4096];
    int ends[2];
    if (!find_program(program, sizeof(program))) {
        return cli_refuse(life, ERR_NOT_FOUND,
                          words_fmt(life, "缺少程序 %s。", "The program %s is missing.", program),
                          WORDS("它与 zhidu 一同安装（make install）。",
                                "It is installed beside zhidu (make install)."));
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return err_make(ERR_STORE, str_fmt(life, "socketpair: %s", strerror(errno)));
    }
    char *argv[] = {program,
                    text(life, STR("child")),
                    text(life, STR("--dir")),
                    text(life, str_fmt(life, "%.*s/signer", STR_ARG(cfg->data))),
                    text(life, STR("--data")),
                    text(life, cfg->data),
                    make ? text(life, STR("--origin")) : NULL,
                    make ? text(life, cfg->origin) : NULL,
                    NULL};
    pid_t pid = fork();
    if (pid == 0) {
        become(program, argv, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_make(ERR_STORE, str_fmt(life, "fork: %s", strerror(errno)));
    }
    *ret = (struct signer_child){.pid = pid, .fd = ends[0]};
    return OK;
}

void signer_child_end(struct signer_child *c)
{
    close(c->fd);
    struct timespec step = {.tv_nsec = 1000 * 1000};
    for (int waited = 0; c->pid > 0; waited++) {
        pid_t gone = waitpid(c->pid, NULL, WNOHANG);
        if (gone == c->pid || (gone < 0 && errno != EINTR)) {
            break;
        }
        if (waited == LEAVE_MS) {
            kill(c->pid, SIGKILL);
        }
        nanosleep(&step, NULL);
    }
    c->pid = 0;
}
