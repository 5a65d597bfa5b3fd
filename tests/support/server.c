#include "server.h"

#include "client.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 16, READY_MS = 90000 };

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pause_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static void fail(const char *what)
{
    fprintf(stderr, "server.c: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* In the child: ends with its parent, says nothing on standard input. */
static void become(const char *program, char **argv, int out)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(out >= 0 ? out : nothing, STDOUT_FILENO);
    if (out >= 0) {
        dup2(out, STDERR_FILENO);
    }
    setenv("ZHIDU_DEMO", "yes", 1);
    execv(program, argv);
    _exit(127);
}

str server_try(struct server *s, struct arena *a, const char *const *args, int *status)
{
    enum { MOST = 65536 };
    char *argv[ARGS_MAX] = {s->program};
    int n = 1;
    for (; args[n - 1] && n < ARGS_MAX - 3; n++) {
        argv[n] = (char *)(uintptr_t)args[n - 1];
    }
    argv[n] = (char *)(uintptr_t) "--data";
    argv[n + 1] = s->data;
    int pipe_fd[2];
    if (pipe(pipe_fd) != 0) {
        fail("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pipe_fd[0]);
        become(s->program, argv, pipe_fd[1]);
    }
    close(pipe_fd[1]);
    char *text = arena_bytes(a, MOST);
    size_t have = 0;
    ssize_t got;
    while (have < MOST && (got = read(pipe_fd[0], text + have, MOST - have)) > 0) {
        have += (size_t)got;
    }
    close(pipe_fd[0]);
    if (pid < 0 || waitpid(pid, status, 0) != pid) {
        fail("fork");
    }
    return str_from_n(text, have);
}

str server_run(struct server *s, struct arena *a, const char *const *args)
{
    int status = 0;
    str said = server_try(s, a, args, &status);
    if (status != 0) {
        fprintf(stderr, "zhidu %s: status %d: %.*s\n", args[0], status, STR_ARG(said));
        exit(1);
    }
    return said;
}

/* build/V/t/LAYER/NAME_test and build/V/torture stand beside build/V/zhidu. */
static void find_program(struct server *s)
{
    char self[sizeof(s->program)] = "";
    const char *given = getenv("ZHIDU");
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 16);
    if (given || n <= 0) {
        snprintf(s->program, sizeof(s->program), "%s", given ? given : "build/release/zhidu");
        return;
    }
    self[n] = '\0';
    char *end = strstr(self, "/t/");
    end = end ? end : strrchr(self, '/');
    *end = '\0';
    snprintf(s->program, sizeof(s->program), "%.*s/zhidu", (int)(sizeof(self) - 16), self);
}

/* Whether it is free, of this kind; the UDP port of that number is held until this process
 * ends: whoever holds it was given the TCP port (as in outside.mjs), which is itself free
 * between choosing and serving. */
static bool claim(int port, int kind)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    bool got = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    if (!got || kind == SOCK_STREAM) {
        close(fd);
    }
    return got;
}

/* Below those that the kernel gives to whoever connects, above 10080, which browsers ask nothing
 * of. */
int server_free_port(void)
{
    enum { FIRST = 10100, MANY = 7900 };
    static int tried; /* the same process takes another each time */
    for (; tried < MANY; tried++) {
        int port = FIRST + (getpid() * 16 + tried) % MANY;
        if (claim(port, SOCK_STREAM) && claim(port, SOCK_DGRAM)) {
            tried++;
            return port;
        }
    }
    fail("no port");
    return 0;
}

struct server server_make(const char *data, int port)
{
    struct server s = {.port = port};
    find_program(&s);
    snprintf(s.data, sizeof(s.data), "%s", data);
    server_remove(&s);
    struct arena a = arena_make(1 << 20);
    const char *args[] = {"init", "regulations", "--demo", NULL};
    server_run(&s, &a, args);
    arena_end(&a);
    return s;
}

struct server server_for(const char *test)
{
    char data[120];
    const char *where = getenv("ZHIDU_TEST_DIR");
    snprintf(data, sizeof(data), "%s/zhidu-%s-%d", where ? where : "/tmp", test, (int)getpid());
    return server_make(data, server_free_port());
}

static bool answers(const struct server *s)
{
    struct client c = client_make(s->port);
    bool open = client_open(&c);
    client_close(&c);
    return open;
}

void server_start(struct server *s, bool ready)
{
    char port[16];
    snprintf(port, sizeof(port), "%d", s->port);
    char *argv[] = {s->program, (char *)(uintptr_t) "serve",  (char *)(uintptr_t) "--data",
                    s->data,    (char *)(uintptr_t) "--port", port,
                    NULL};
    int64_t began = now_us();
    s->pid = fork();
    if (s->pid < 0) {
        fail("fork");
    }
    if (s->pid == 0) {
        become(s->program, argv,
               s->log[0] ? open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1);
    }
    while (ready && !answers(s)) {
        if (now_us() - began > READY_MS * 1000LL || waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            fprintf(stderr, "server.c: the server does not start (%s, port %d)\n", s->data,
                    s->port);
            exit(1);
        }
        pause_ms(1);
    }
    s->ready_in_us = now_us() - began;
}

int server_stop(struct server *s, int signal)
{
    int status = 0;
    if (s->pid > 0) {
        kill(s->pid, signal);
        waitpid(s->pid, &status, 0);
        s->pid = 0;
    }
    return status;
}

/* A process called zhidu-signer whose parent is `parent`; 0: none. */
static pid_t signer_of(pid_t parent)
{
    pid_t found = 0;
    DIR *all = opendir("/proc");
    for (struct dirent *d = all ? readdir(all) : NULL; d && !found; d = readdir(all)) {
        char path[300];
        int pid;
        int of;
        char state;
        snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
        FILE *f = d->d_name[0] >= '1' && d->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (f && fscanf(f, "%d (zhidu-signer) %c %d", &pid, &state, &of) == 3 && of == parent &&
            state != 'Z') {
            found = pid;
        }
        if (f) {
            fclose(f);
        }
    }
    if (all) {
        closedir(all);
    }
    return found;
}

pid_t server_signer(const struct server *s)
{
    pid_t keeper = s->pid ? signer_of(s->pid) : 0;
    return keeper ? signer_of(keeper) : 0;
}

void server_remove(struct server *s)
{
    server_stop(s, SIGKILL);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", s->data, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}
