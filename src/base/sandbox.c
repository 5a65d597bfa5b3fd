#include "base/sandbox.h"

#include "base/arena.h"
#include "base/sandbox_int.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void add_path(struct sandbox *s, const char *path, bool write)
{
    assert(s->npaths < SANDBOX_PATHS);
    s->paths[s->npaths++] = (struct sandbox_path){path, write};
}

void sandbox_read(struct sandbox *s, const char *path)
{
    add_path(s, path, false);
}

void sandbox_write(struct sandbox *s, const char *path)
{
    add_path(s, path, true);
}

void sandbox_connect(struct sandbox *s, int port)
{
    assert(s->nconnect < SANDBOX_PORTS);
    s->connect[s->nconnect++] = (uint16_t)port;
}

void sandbox_listen(struct sandbox *s, int port)
{
    assert(s->nlisten < SANDBOX_PORTS);
    s->listen[s->nlisten++] = (uint16_t)port;
}

bool sandbox_possible(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(ZHIDU_UNCONFINED)
    return false;
#else
    return true;
#endif
}

/* Root without capabilities is the owner of its files and nothing more; it keeps
 * the one for low ports, which are opened afterwards. */
static err drop_capabilities(const struct sandbox *s, struct arena *a)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    for (int i = 0; i < s->nlisten; i++) {
        if (s->listen[i] && s->listen[i] < 1024) {
            data[0].effective = data[0].permitted = 1u << CAP_NET_BIND_SERVICE;
        }
    }
    if (syscall(SYS_capset, &head, data) != 0) {
        return err_make(ERR_STORE, str_fmt(a, "capset: %s", strerror(errno)));
    }
    return OK;
}

err sandbox_enter(const struct sandbox *s, struct arena *a, struct sandbox_found *ret)
{
    struct sandbox_found found = {0};
    err e = OK;
    if (geteuid() == 0 && !s->keep_caps) {
        e = drop_capabilities(s, a);
    }
    if (!e.code && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        e = err_make(ERR_STORE, STR("no_new_privs"));
    }
    if (!e.code) {
        e = sandbox_landlock(s, a, &found.landlock);
    }
    if (!e.code) {
        e = sandbox_seccomp(s, a, &found.seccomp);
    }
    if (!e.code) {
        *ret = found;
    }
    return e;
}
