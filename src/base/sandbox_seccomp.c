/* sandbox_seccomp.c - the system calls of a process that serves, as a seccomp filter.
 *
 * A call that is not on the list is answered "not implemented" (ENOSYS), so that
 * libraries which try a newer call first fall back; a few that no library of ours
 * ever tries are answered "not permitted", which reads better in a log.  Calls
 * with a dangerous half look at their arguments. */
#include "base/arena.h"
#include "base/sandbox_int.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* not known: no filter */
#endif

/* Both programs. */
static const int both[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_openat,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_ppoll,
    SYS_recvfrom,
    SYS_sendto,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_accept4,
    SYS_getsockopt,
    SYS_munmap,
    SYS_brk,
    SYS_madvise,
    SYS_mremap,
    SYS_futex,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_restart_syscall,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_exit,
    SYS_exit_group,
    SYS_umask,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_membarrier,
    SYS_sched_yield,
    SYS_prlimit64,
#ifdef SYS_poll /* not on newer machines */
    SYS_poll,
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_unlink,
    SYS_rename,
#endif
};

/* The server besides. */
static const int server[] = {
    SYS_getdents64,
    SYS_mkdirat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_readlinkat,
    SYS_linkat,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_statfs,
    SYS_fstatfs,
    SYS_getcwd,
    SYS_utimensat,
    SYS_copy_file_range,
    SYS_sendfile,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_sync_file_range,
    SYS_truncate,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_eventfd2,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_pselect6,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_bind,
    SYS_listen,
    SYS_connect,
    SYS_accept,
    SYS_shutdown,
    SYS_setsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_socketpair,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_msync,
    SYS_mincore,
    SYS_mlock,
    SYS_munlock,
    SYS_memfd_create,
    SYS_rt_sigtimedwait,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_wait4,
    SYS_waitid,
    SYS_kill,
    SYS_set_tid_address,
    SYS_clock_getres,
    SYS_sched_getaffinity,
    SYS_sched_setaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_setscheduler,
    SYS_getpriority,
    SYS_setpriority,
    SYS_getppid,
    SYS_getrusage,
    SYS_times,
    SYS_sysinfo,
    SYS_uname,
    SYS_getgroups,
    SYS_getresuid,
    SYS_getresgid,
    SYS_prctl,
    SYS_getcpu,
    SYS_get_robust_list,
    SYS_close_range,
#ifdef SYS_poll
    SYS_mkdir,
    SYS_rmdir,
    SYS_chmod,
    SYS_readlink,
    SYS_link,
    SYS_dup2,
    SYS_pipe,
    SYS_eventfd,
    SYS_epoll_wait,
    SYS_epoll_create,
    SYS_select,
    SYS_time,
    SYS_getdents,
    SYS_pause,
#endif
};

/* Refused by name. */
static const int refused[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_setuid,
    SYS_setgid,
    SYS_setgroups,
    SYS_setresuid,
    SYS_setresgid,
    SYS_capset,
    SYS_mknodat,
    SYS_symlinkat,
    SYS_io_uring_setup,
    SYS_userfaultfd,
    SYS_open_by_handle_at,
    SYS_quotactl,
    SYS_personality,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_vhangup,
    SYS_pidfd_getfd,
    SYS_seccomp,
};

enum { MOST = 640 };

struct program {
    struct sock_filter at[MOST];
    int len;
};

static void put(struct program *p, struct sock_filter f)
{
    assert(p->len < MOST);
    p->at[p->len++] = f;
}

static void load(struct program *p, size_t offset)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct program *p, uint32_t with)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, with));
}

/* The low half of an argument; the machines of our list are little-endian. */
static size_t argument(int n)
{
    return offsetof(struct seccomp_data, args) + (size_t)n * 8;
}

static void load_number(struct program *p)
{
    load(p, offsetof(struct seccomp_data, nr));
}

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

/* if the number is nr: answer. */
static void when(struct program *p, int nr, uint32_t with)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1));
    answer(p, with);
}

static void when_any(struct program *p, const int *list, size_t n, uint32_t with)
{
    for (size_t i = 0; i < n; i++) {
        when(p, list[i], with);
    }
}

/* mprotect may not make memory executable; mmap only what comes from a file. */
static void memory(struct program *p)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4));
    load(p, argument(2));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    answer(p, REFUSE);
    answer(p, ALLOW);
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 6));
    load(p, argument(2));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 3));
    load(p, argument(3));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1));
    answer(p, REFUSE);
    answer(p, ALLOW);
}

/* Threads, not processes.  clone3 hides its flags in memory: libraries fall back. */
static void threads(struct program *p)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
    load(p, argument(0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
    answer(p, REFUSE);
    answer(p, ALLOW);
}

/* Families of sockets: this machine's, the internet's, and the question which
 * addresses it has. */
static void sockets(struct program *p)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 7));
    load(p, argument(0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 3, 0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1));
    answer(p, ALLOW);
    answer(p, REFUSE);
}

/* Nothing is typed into the terminal of who started us. */
static void terminal(struct program *p)
{
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5));
    load(p, argument(1));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1));
    answer(p, REFUSE);
    answer(p, ALLOW);
}

#define LEN(list) (sizeof(list) / sizeof((list)[0]))

static void write_program(struct program *p, const struct sandbox *s)
{
    load(p, offsetof(struct seccomp_data, arch));
    put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load_number(p);
    when_any(p, both, LEN(both), ALLOW);
    memory(p); /* each of these ends in an answer when the number is its own */
    if (!s->signer) {
        when_any(p, server, LEN(server), ALLOW);
        threads(p);
        if (!s->offline) {
            sockets(p);
        }
        terminal(p);
    }
    when_any(p, refused, LEN(refused), REFUSE);
    answer(p, SECCOMP_RET_ERRNO | ENOSYS);
}

err sandbox_seccomp(const struct sandbox *s, struct arena *a, bool *ret)
{
    if (!ARCH || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
        *ret = false;
        return OK;
    }
    struct program *p = arena_new(a, struct program);
    write_program(p, s);
    struct sock_fprog prog = {.len = (unsigned short)p->len, .filter = p->at};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0) {
        return err_make(ERR_STORE, str_fmt(a, "seccomp: %s", strerror(errno)));
    }
    *ret = true;
    return OK;
}
