/* What a running server can no longer do, tried one by one in a process that gave up
 * exactly what a server gives up; what it still needs, too; and the server itself. */
#include "base/sandbox.h"

#include "cli/cli.h"
#include "support/server.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct scene {
    char data[64];  /* the server's folder */
    char other[64]; /* somebody else's, with the file "letter" in it */
    int port;       /* the server's */
    int other_port; /* somebody listens there */
    int listener;
    pid_t parent;
};

/* What a try came to: 0 or errno. */
static int done(long result)
{
    return result < 0 ? errno : 0;
}

static const char *in(const char *folder, const char *name)
{
    static _Thread_local char path[2][128];
    static _Thread_local int turn;
    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

/* --- what it may not ------------------------------------------------------------------ */

static int read_outside(struct scene *s)
{
    return done(open(in(s->other, "letter"), O_RDONLY | O_CLOEXEC));
}

static int read_passwords(struct scene *s)
{
    (void)s;
    return done(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int write_outside(struct scene *s)
{
    return done(open(in(s->other, "new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int list_outside(struct scene *s)
{
    return done(open(s->other, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int remove_outside(struct scene *s)
{
    return done(unlink(in(s->other, "letter")));
}

static int take_in(struct scene *s)
{
    return done(rename(in(s->other, "letter"), in(s->data, "letter")));
}

static int link_in(struct scene *s)
{
    return done(link(in(s->other, "letter"), in(s->data, "letter")));
}

static int by_symlink(struct scene *s)
{
    return done(symlink(in(s->other, "letter"), in(s->data, "way")));
}

static int exec_program(struct scene *s)
{
    char *argv[] = {(char *)(uintptr_t) "true", NULL};
    (void)s;
    return done(execv("/bin/true", argv));
}

static int exec_own(struct scene *s)
{
    char *argv[] = {(char *)(uintptr_t) "true", NULL};
    (void)s;
    return done(syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", argv, NULL, 0));
}

static int fork_process(struct scene *s)
{
    pid_t pid = fork();
    (void)s;
    if (pid == 0) {
        _exit(0);
    }
    return done(pid);
}

static int spawn_program(struct scene *s)
{
    pid_t pid;
    char *argv[] = {(char *)(uintptr_t) "true", NULL};
    (void)s;
    return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL);
}

static int trace_parent(struct scene *s)
{
    return done(ptrace(PTRACE_ATTACH, s->parent, NULL, NULL));
}

static int read_parent(struct scene *s)
{
    char byte;
    struct iovec to = {&byte, 1};
    struct iovec from = {(void *)(uintptr_t)s, 1};
    return done(process_vm_readv(s->parent, &to, 1, &from, 1, 0));
}

static int open_parent(struct scene *s)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)s->parent);
    return done(open(path, O_RDONLY | O_CLOEXEC));
}

static int signal_parent(struct scene *s)
{
    return done(kill(s->parent, 0));
}

static int packet_socket(struct scene *s)
{
    (void)s;
    return done(socket(AF_PACKET, SOCK_RAW, 0));
}

static int kernel_socket(struct scene *s)
{
    (void)s;
    return done(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static int to_port(int port, bool bind_it)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int why = fd < 0    ? errno
              : bind_it ? done(bind(fd, (struct sockaddr *)&at, sizeof(at)))
                        : done(connect(fd, (struct sockaddr *)&at, sizeof(at)));
    close(fd);
    return why;
}

static int call_out(struct scene *s)
{
    return to_port(s->other_port, false);
}

static int listen_elsewhere(struct scene *s)
{
    return to_port(s->other_port == 1 ? 2 : s->other_port + 1, true);
}

static int abstract_socket(struct scene *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "zhidu-confine-%d", (int)s->parent);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    return done(connect(fd, (struct sockaddr *)&at, len));
}

static int executable_memory(struct scene *s)
{
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)s;
    return p == MAP_FAILED ? errno : 0;
}

static int make_executable(struct scene *s)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)s;
    return done(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int mount_something(struct scene *s)
{
    return done(mount("none", s->data, "tmpfs", 0, NULL));
}

static int change_root(struct scene *s)
{
    return done(chroot(s->data));
}

static int new_namespace(struct scene *s)
{
    (void)s;
    return done(unshare(CLONE_NEWUSER));
}

static int other_user(struct scene *s)
{
    (void)s;
    return done(setuid(1));
}

static int make_device(struct scene *s)
{
    return done(mknod(in(s->data, "device"), S_IFCHR | 0600, 0x101));
}

static int type_at_terminal(struct scene *s)
{
    char key = 'x';
    (void)s;
    return done(ioctl(0, TIOCSTI, &key));
}

#define BARE(name, ...)                    \
    static int name(struct scene *s)       \
    {                                      \
        (void)s;                           \
        return done(syscall(__VA_ARGS__)); \
    }
BARE(bpf_program, SYS_bpf, 0, NULL, 0)
BARE(perf_counter, SYS_perf_event_open, NULL, 0, -1, -1, 0)
BARE(kernel_keys, SYS_keyctl, 0, 0, 0, 0, 0)
BARE(io_ring, SYS_io_uring_setup, 1, NULL)
BARE(fault_handler, SYS_userfaultfd, 0)
BARE(by_handle, SYS_open_by_handle_at, -1, NULL, 0)
BARE(load_module, SYS_init_module, NULL, 0, NULL)
BARE(set_clock, SYS_clock_settime, CLOCK_REALTIME, NULL)
BARE(open_tree_call, SYS_open_tree, AT_FDCWD, "/", 0)
BARE(shared_memory, SYS_shmget, 0, 4096, 0600)
BARE(other_filter, SYS_seccomp, 0, 0, NULL)

/* --- what it needs ------------------------------------------------------------------------ */

static int own_files(struct scene *s)
{
    int fd = open(in(s->data, "a"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || close(fd) != 0 ||
        mkdir(in(s->data, "blobs"), 0700) != 0 ||
        rename(in(s->data, "a"), in(s->data, "blobs/a")) != 0) {
        return errno;
    }
    return done(unlink(in(s->data, "blobs/a")));
}

static int own_database(struct scene *s)
{
    struct arena a = arena_make(16 << 20);
    struct db *db;
    str url = str_fmt(&a, "sqlite:%s/zhidu.db", s->data);
    err e = db_open(&a, url, (struct db_options){.writer = true}, &db);
    if (!e.code) {
        e = db_exec(db, &a, SQL("create table t (x integer)"), NO_ARGS);
    }
    arena_end(&a);
    return e.code ? EIO : 0;
}

static int own_port(struct scene *s)
{
    return to_port(s->port, true);
}

static int temporary_file(struct scene *s)
{
    FILE *f = tmpfile();
    (void)s;
    return f ? fclose(f) : errno;
}

static int other_encoding(struct scene *s)
{
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    (void)s;
    return cd == (iconv_t)-1 ? errno : iconv_close(cd);
}

static void *nothing(void *arg)
{
    return arg;
}

static int a_thread(struct scene *s)
{
    pthread_t t;
    int why = pthread_create(&t, NULL, nothing, s);
    return why ? why : pthread_join(t, NULL);
}

static int local_time(struct scene *s)
{
    struct tm tm;
    time_t t = 0;
    int fd = open("/usr/share/zoneinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)s;
    return fd < 0 && errno != ENOENT ? errno : localtime_r(&t, &tm) ? 0 : EINVAL;
}

static int itself(struct scene *s)
{
    struct statvfs v;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : done(statvfs(s->data, &v));
}

static int unix_socket(struct scene *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/control.sock", s->data);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        return errno;
    }
    return done(listen(fd, 1));
}

struct attempt {
    const char *what;
    int (*try)(struct scene *s);
};

static const struct attempt forbidden[] = {
    {"read a file elsewhere", read_outside},
    {"read /etc/passwd", read_passwords},
    {"make a file elsewhere", write_outside},
    {"list a folder elsewhere", list_outside},
    {"remove a file elsewhere", remove_outside},
    {"rename a file into its own folder", take_in},
    {"link a file into its own folder", link_in},
    {"make a symbolic link", by_symlink},
    {"execute a program", exec_program},
    {"execute itself", exec_own},
    {"fork", fork_process},
    {"spawn", spawn_program},
    {"trace another process", trace_parent},
    {"read another process", read_parent},
    {"open another process' memory", open_parent},
    {"signal another process", signal_parent},
    {"open a packet socket", packet_socket},
    {"open a kernel crypto socket", kernel_socket},
    {"call a port", call_out},
    {"listen on another port", listen_elsewhere},
    {"call an abstract socket", abstract_socket},
    {"map memory to write and execute", executable_memory},
    {"make memory executable", make_executable},
    {"mount", mount_something},
    {"change its root", change_root},
    {"make a namespace", new_namespace},
    {"become another user", other_user},
    {"make a device", make_device},
    {"type at the terminal", type_at_terminal},
    {"load a BPF program", bpf_program},
    {"count events", perf_counter},
    {"use the kernel's keys", kernel_keys},
    {"set up a ring", io_ring},
    {"handle faults", fault_handler},
    {"open by handle", by_handle},
    {"load a module", load_module},
    {"set the clock", set_clock},
    {"open a tree of mounts", open_tree_call},
    {"share memory", shared_memory},
    {"add a filter", other_filter},
};

static const struct attempt needed[] = {
    {"use its own files", own_files},
    {"use its database", own_database},
    {"listen on its port", own_port},
    {"make a temporary file", temporary_file},
    {"read another encoding", other_encoding},
    {"begin a thread", a_thread},
    {"know the local time", local_time},
    {"look at itself", itself},
    {"listen on its control socket", unix_socket},
};

#define LEN(list) (sizeof(list) / sizeof((list)[0]))

/* Who makes a backup may write where it goes, and not where the data are. */
static const struct attempt maker_forbidden[] = {
    {"change the data", own_files},
    {"read the list of users", read_passwords},
    {"make another process", fork_process},
    {"run a program", spawn_program},
    {"call out", call_out},
    {"listen on a port", own_port},
    {"listen on a socket", unix_socket},
    {"make a temporary file", temporary_file},
    {"signal the server", signal_parent},
    {"make executable memory", executable_memory},
    {"trace", trace_parent},
};

static const struct attempt maker_needed[] = {
    {"list the backups", list_outside}, {"read a backup", read_outside},
    {"make a backup", write_outside},   {"remove a backup", remove_outside},
    {"look at itself", itself},
};

/* In the child.  How many attempts came out wrong, having said which. */
static int all_succeed(struct scene *s, const struct attempt *list, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        int why = list[i].try(s);
        if (why) {
            fprintf(stderr, "cannot %s: %s\n", list[i].what, strerror(why));
            wrong++;
        }
    }
    return wrong;
}

static int all_fail(struct scene *s, const struct attempt *list, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        int why = list[i].try(s);
        if (why != EPERM && why != EACCES && why != ENOSYS && why != EXDEV) {
            fprintf(stderr, "can %s: %s\n", list[i].what, strerror(why));
            wrong++;
        }
    }
    return wrong;
}

static int as_server(struct cli *c, struct scene *s)
{
    return confine(c).code
               ? 99
               : all_succeed(s, needed, LEN(needed)) + all_fail(s, forbidden, LEN(forbidden));
}

static int as_maker(struct cli *c, struct scene *s)
{
    return confine_maker(c, c->arena).code ? 99
                                           : all_succeed(s, maker_needed, LEN(maker_needed)) +
                                                 all_fail(s, maker_forbidden, LEN(maker_forbidden));
}

static int listen_here(struct scene *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    s->other_port = ntohs(at.sin_port);
    int n =
        snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "zhidu-confine-%d", (int)s->parent);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&name, len), 0);
    assert_int_equal(listen(s->listener, 5), 0);
    return fd;
}

static struct scene scene_make(void)
{
    struct scene s = {.parent = getpid(), .port = server_free_port()};
    /* not below /tmp, which a server may use */
    snprintf(s.data, sizeof(s.data), "%s", "build/confine-XXXXXX");
    snprintf(s.other, sizeof(s.other), "%s", "/var/tmp/zhidu-outside-XXXXXX");
    assert_non_null(mkdtemp(s.data));
    assert_non_null(mkdtemp(s.other));
    int fd = open(in(s.other, "letter"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "dear", 4), 4);
    close(fd);
    return s;
}

static void scene_end(struct scene *s)
{
    static const char *const files[] = {
        "a", "zhidu.db", "zhidu.db-wal", "zhidu.db-shm", "control.sock", "letter", "way", "device"};
    for (size_t i = 0; i < LEN(files); i++) {
        unlink(in(s->data, files[i]));
    }
    rmdir(in(s->data, "blobs"));
    unlink(in(s->other, "letter"));
    unlink(in(s->other, "new"));
    assert_int_equal(rmdir(s->data), 0);
    assert_int_equal(rmdir(s->other), 0);
}

/* The folder elsewhere is the one of the backups. */
static int run_confined(struct scene *s, int (*as)(struct cli *c, struct scene *s))
{
    int fd = listen_here(s);
    pid_t pid = fork();
    if (pid == 0) {
        struct arena a = arena_make(64 << 20);
        char cwd[256];
        struct cli c = {.arena = &a, .out = stderr, .cwd = str_from(getcwd(cwd, sizeof(cwd)))};
        err e = config_read(&a, STR("/dev/null"), &c.config);
        c.config.data = cli_path(&c, str_from(s->data));
        c.config.port = s->port;
        c.config.backup_folder = str_from(s->other);
        _exit(e.code ? 99 : as(&c, s));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    close(s->listener);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_server_can_do_nothing_but_serve(void **state)
{
    (void)state;
    if (!sandbox_possible()) {
        skip();
    }
    struct scene s = scene_make();
    assert_int_equal(run_confined(&s, as_server), 0);
    scene_end(&s);
    printf("%zu forbidden and %zu needed things tried\n", LEN(forbidden), LEN(needed));
}

static void who_makes_backups_can_do_nothing_else(void **state)
{
    (void)state;
    if (!sandbox_possible()) {
        skip();
    }
    struct scene s = scene_make();
    assert_int_equal(run_confined(&s, as_maker), 0);
    scene_end(&s);
    printf("%zu forbidden and %zu needed things tried\n", LEN(maker_forbidden), LEN(maker_needed));
}

/* The attempts are real: those that harm nothing succeed without the sandbox. */
static void switched_off_they_would_succeed(void **state)
{
    (void)state;
    struct scene s = scene_make();
    int fd = listen_here(&s);
    int (*const harmless[])(struct scene *) = {
        read_outside,    read_passwords,    write_outside,   list_outside,  link_in,
        by_symlink,      fork_process,      spawn_program,   signal_parent, call_out,
        abstract_socket, executable_memory, make_executable, shared_memory, remove_outside};
    for (size_t i = 0; i < LEN(harmless); i++) {
        assert_int_equal(harmless[i](&s), 0);
    }
    close(fd);
    close(s.listener);
    scene_end(&s);
}

static bool status_says(pid_t pid, const char *line)
{
    char path[64];
    char text[128];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(text, sizeof(text), f)) {
        found = found || strncmp(text, line, strlen(line)) == 0;
    }
    if (f) {
        fclose(f);
    }
    return found;
}

static void server_and_signer_have_given_up_their_rights(void **state)
{
    (void)state;
    if (!sandbox_possible()) {
        skip();
    }
    char data[] = "build/confine-XXXXXX"; /* other builds' tests run beside this one */
    assert_non_null(mkdtemp(data));
    struct server s = server_make(data, server_free_port());
    server_start(&s, true);
    pid_t signer = server_signer(&s);
    assert_true(signer > 0);
    for (int i = 0; i < 6000 && !status_says(signer, "Seccomp:\t2"); i++) {
        usleep(10000);
    }
    const pid_t both[] = {s.pid, signer};
    for (size_t i = 0; i < 2; i++) {
        assert_true(status_says(both[i], "Seccomp:\t2"));
        assert_true(status_says(both[i], "NoNewPrivs:\t1"));
        assert_true(status_says(both[i], "CapEff:\t0000000000000000"));
    }
    assert_true(geteuid() != 0 || !status_says(signer, "Uid:\t0"));
    assert_int_equal(server_stop(&s, SIGTERM), 0);
    server_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_can_do_nothing_but_serve),
        cmocka_unit_test(who_makes_backups_can_do_nothing_else),
        cmocka_unit_test(switched_off_they_would_succeed),
        cmocka_unit_test(server_and_signer_have_given_up_their_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
