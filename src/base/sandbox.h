/* sandbox.h - a process that gives up what it will not need.
 *
 * Two parts of Linux, both for good and for every thread begun afterwards:
 *
 *   Landlock   files only below the named paths; TCP only to and on the named
 *              ports; no signals and no abstract sockets beyond the process
 *   seccomp    only the system calls of a list: no exec, no fork, no ptrace, no
 *              mount, no keys, no modules; sockets of IP and Unix only; no memory
 *              that is writable and executable
 *
 * and before them no new privileges, and for root no capabilities.  Open
 * descriptors stay open; what must be started is started before.
 *
 * A kernel without one of the parts leaves it out, and the answer says so.  Built
 * with a sanitizer or for coverage nothing is given up (sandbox_possible): those
 * need calls and files of their own.
 *
 * Call it while the process has one thread: Landlock binds the caller and whom it
 * starts.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/err.h"

struct arena;

enum { SANDBOX_PATHS = 64, SANDBOX_PORTS = 16 };

struct sandbox_path {
    const char *path; /* a file, or a folder with all below it; not there: left out */
    bool write;       /* also change, make and remove */
};

struct sandbox {
    struct sandbox_path paths[SANDBOX_PATHS];
    int npaths;
    uint16_t connect[SANDBOX_PORTS], listen[SANDBOX_PORTS]; /* TCP ports */
    int nconnect, nlisten;
    bool any_port;  /* TCP is not restricted */
    bool signer;    /* the short list of system calls: no network at all */
    bool offline;   /* no socket is made; what is open stays */
    bool keep_caps; /* root keeps its capabilities: its files are another user's */
};

/* Aborts when there are more than fit: a bug. */
void sandbox_read(struct sandbox *s, const char *path);
void sandbox_write(struct sandbox *s, const char *path);
void sandbox_connect(struct sandbox *s, int port);
void sandbox_listen(struct sandbox *s, int port);

/* What was given up. */
struct sandbox_found {
    int landlock; /* version of the kernel's; 0: it has none */
    bool seccomp;
};

bool sandbox_possible(void); /* false in builds with a sanitizer or for coverage */
/* ERR_STORE: something the kernel has could not be entered; then the process is half
 * confined and should end. */
MUST_CHECK err sandbox_enter(const struct sandbox *s, struct arena *a, struct sandbox_found *ret);

#endif
