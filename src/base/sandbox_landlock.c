/* sandbox_landlock.c - files, ports and signals, by the kernel's Landlock.
 * Numbers from the kernel's documentation (userspace-api/landlock.rst); the
 * system's header may be older than the kernel. */
#include "base/arena.h"
#include "base/sandbox_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_BLOCK = 1 << 11,
    FS_MAKE_SYM = 1 << 12,
    FS_REFER = 1 << 13,     /* version 2: to link and rename between folders */
    FS_TRUNCATE = 1 << 14,  /* version 3 */
    FS_IOCTL_DEV = 1 << 15, /* version 5 */
    FS_V1 = (1 << 13) - 1,
    NET_BIND = 1 << 0, /* version 4 */
    NET_CONNECT = 1 << 1,
    SCOPE_ABSTRACT = 1 << 0, /* version 6 */
    SCOPE_SIGNAL = 1 << 1,
    RULE_PATH = 1,
    RULE_PORT = 2,
    GET_VERSION = 1
};

enum {
    MAY_READ = FS_READ_FILE | FS_READ_DIR,
    MAY_WRITE = MAY_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
                FS_MAKE_REG | FS_MAKE_SOCK | FS_REFER | FS_TRUNCATE,
    ON_A_FILE = FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE
};

struct ruleset {
    uint64_t fs, net, scoped;
};
struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
struct port_rule {
    uint64_t allowed, port;
};

static err failed(struct arena *a, const char *what)
{
    return err_make(ERR_STORE, str_fmt(a, "landlock, %s: %s", what, strerror(errno)));
}

static err allow_path(struct arena *a, int rules, const struct sandbox_path *p, uint64_t handled)
{
    struct stat st;
    int fd = open(p->path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? OK : failed(a, p->path);
    }
    struct path_rule r = {.allowed = (p->write ? MAY_WRITE : MAY_READ) & handled, .parent = fd};
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        r.allowed &= ON_A_FILE;
    }
    err e = syscall(SYS_landlock_add_rule, rules, RULE_PATH, &r, 0) ? failed(a, p->path) : OK;
    close(fd);
    return e;
}

static err allow_ports(struct arena *a, int rules, const uint16_t *ports, int n, uint64_t what)
{
    for (int i = 0; i < n; i++) {
        struct port_rule r = {.allowed = what, .port = ports[i]};
        if (syscall(SYS_landlock_add_rule, rules, RULE_PORT, &r, 0) != 0) {
            return failed(a, "port");
        }
    }
    return OK;
}

static struct ruleset handled_by(int version, bool any_port)
{
    struct ruleset r = {.fs = FS_V1};
    r.fs |= version >= 2 ? FS_REFER : 0;
    r.fs |= version >= 3 ? FS_TRUNCATE : 0;
    r.fs |= version >= 5 ? FS_IOCTL_DEV : 0;
    r.net = version >= 4 && !any_port ? NET_BIND | NET_CONNECT : 0;
    r.scoped = version >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0;
    return r;
}

err sandbox_landlock(const struct sandbox *s, struct arena *a, int *ret)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);
    if (version < 1) {
        *ret = 0;
        return OK;
    }
    struct ruleset handled = handled_by((int)version, s->any_port);
    size_t size = version >= 6   ? sizeof(handled)
                  : version >= 4 ? offsetof(struct ruleset, scoped)
                                 : offsetof(struct ruleset, net);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0) {
        return failed(a, "ruleset");
    }
    err e = OK;
    for (int i = 0; i < s->npaths && !e.code; i++) {
        e = allow_path(a, rules, &s->paths[i], handled.fs);
    }
    if (!e.code && handled.net) {
        e = allow_ports(a, rules, s->listen, s->nlisten, NET_BIND);
    }
    if (!e.code && handled.net) {
        e = allow_ports(a, rules, s->connect, s->nconnect, NET_CONNECT);
    }
    if (!e.code && syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        e = failed(a, "restrict");
    }
    close(rules);
    *ret = (int)version;
    return e;
}
