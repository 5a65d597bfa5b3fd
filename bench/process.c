/* process.c - the programs that the bench starts, and ends. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int bench_fail(struct bench *b, const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    b->failed = true;
    return 1;
}

int bench_fail_err(struct bench *b, const char *what, err e)
{
    fprintf(stderr, "bench: %s: %s %.*s\n", what, err_name(e.code), STR_ARG(e.detail));
    b->failed = true;
    return 1;
}

static pid_t spawn(char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    return pid;
}

bool process_run(char *const argv[])
{
    int status = 0;
    pid_t pid = spawn(argv);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

void process_end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGTERM);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

/* The programs that follow work on it. */
static bool on_database(const struct bench *b)
{
    return (b->database.len ? setenv("ZHIDU_DATABASE", b->database.ptr, 1)
                            : unsetenv("ZHIDU_DATABASE")) == 0;
}

static size_t door(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    (void)arg;
    (void)conn;
    (void)n;
    return (size_t)snprintf(to, cap, "GET /signin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

/* From exec to the first page answered. */
static bool await(int port, double *ret)
{
    struct load l = {.port = port, .conns = 1, .count = 1, .make = door};
    struct load_result r;
    double began = load_now_s();
    while (!load_run(&l, &r) || !r.done) {
        struct timespec t = {.tv_nsec = 1000 * 1000};
        nanosleep(&t, NULL);
        if (load_now_s() - began > 30) {
            return false;
        }
    }
    *ret = load_now_s() - began;
    return true;
}

bool start_server(struct bench *b)
{
    str port = str_fmt(&b->life, "%lld", (long long)b->port);
    char *argv[] = {(char *)(uintptr_t)b->zhidu.ptr,
                    (char *)(uintptr_t) "serve",
                    (char *)(uintptr_t) "--data",
                    (char *)(uintptr_t)b->data.ptr,
                    (char *)(uintptr_t) "--port",
                    (char *)(uintptr_t)port.ptr,
                    NULL};
    setenv("ZHIDU_DEMO", "yes", 1);
    b->server = on_database(b) ? spawn(argv) : 0;
    return b->server > 0 && await((int)b->port, &b->cold_s);
}

bool start_floor(struct bench *b)
{
    double took;
    b->floor = fork();
    if (b->floor == 0) {
        _exit(floor_http((int)b->port + 1));
    }
    return b->floor > 0 && await((int)b->port + 1, &took);
}

/* --- the installation --------------------------------------------------------------------- */

bool make_data(struct bench *b)
{
    if (access(str_fmt(&b->life, "%.*s/ledger.pub", STR_ARG(b->data)).ptr, R_OK) == 0) {
        return true;
    }
    char *argv[] = {(char *)(uintptr_t)b->zhidu.ptr,
                    (char *)(uintptr_t) "init",
                    (char *)(uintptr_t) "regulations",
                    (char *)(uintptr_t) "--demo",
                    (char *)(uintptr_t) "--data",
                    (char *)(uintptr_t)b->data.ptr,
                    NULL};
    return on_database(b) && process_run(argv);
}

bool publish_folder(struct bench *b, str folder)
{
    char *argv[] = {(char *)(uintptr_t)b->zhidu.ptr,
                    (char *)(uintptr_t) "publish",
                    (char *)(uintptr_t)folder.ptr,
                    (char *)(uintptr_t) "--data",
                    (char *)(uintptr_t)b->data.ptr,
                    (char *)(uintptr_t) "--yes",
                    NULL};
    return on_database(b) && process_run(argv);
}
