/* child.c - a process begun before the server gives up its rights, and a line to it: a pair
 * of sockets, of which it has the other end as descriptor 3 and no further descriptor. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEAVE_MS = 3000 };

static void become(const char *program, char *const *argv, char *const *env, int line)
{
    if (line == CHILD_LINE) {
        fcntl(line, F_SETFD, 0);
    } else if (dup2(line, CHILD_LINE) != CHILD_LINE) {
        _exit(127);
    }
    close_range(CHILD_LINE + 1, ~0U, 0);
    execve(program, argv, env);
    _exit(127);
}

err child_start(struct arena *life, const char *program, char *const *argv, char *const *env,
                struct child *ret)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return err_make(ERR_STORE, str_fmt(life, "socketpair: %s", strerror(errno)));
    }
    pid_t pid = fork();
    if (pid == 0) {
        become(program, argv, env, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_make(ERR_STORE, str_fmt(life, "fork: %s", strerror(errno)));
    }
    *ret = (struct child){.pid = pid, .fd = ends[0]};
    return OK;
}

void child_end(struct child *c)
{
    struct timespec step = {.tv_nsec = 1000 * 1000};
    if (c->pid <= 0) {
        return;
    }
    close(c->fd);
    /* A confined process may not signal it, so there is an end to waiting. */
    for (int waited = 0; waited < 2 * LEAVE_MS; waited++) {
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
