#include "signer/serve.h"

#include "base/arena.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CALLERS = 16, WORK_BYTES = 4 << 20, LOOK_MS = 500 };

err signer_listen(struct arena *a, const char *path, mode_t mode, int *ret)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    if (n < 0 || (size_t)n >= sizeof(at.sun_path)) {
        return err_make(ERR_INVALID, str_fmt(a, "%s: too long for a socket", path));
    }
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    mode_t old = umask(0777 & ~mode);
    bool ok =
        fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, CALLERS) == 0;
    int why = errno;
    umask(old);
    if (!ok) {
        if (fd >= 0) {
            close(fd);
        }
        return err_make(ERR_STORE, str_fmt(a, "%s: %s", path, strerror(why)));
    }
    *ret = fd;
    return OK;
}

/* One packet and its answer; false when the connection is at its end. */
static bool answer(struct signer *s, struct arena *a, int fd)
{
    char *room = arena_bytes(a, WIRE_MAX + 1);
    ssize_t n = recv(fd, room, WIRE_MAX + 1, MSG_DONTWAIT);
    if (n <= 0) {
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    struct wire_request r;
    str packet = str_from_n(room, (size_t)n);
    bool good = !wire_get_request(packet, &r).code;
    str said = signer_answer(s, a, packet);
    ssize_t sent = send(fd, said.ptr, said.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return good && sent == (ssize_t)said.len;
}

static bool welcome(int fd, uid_t peer)
{
    struct ucred who;
    socklen_t len = sizeof(who);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && len == sizeof(who) &&
           who.uid == peer;
}

/* The newest caller takes the place of the oldest when all are taken: one that
 * connects and says nothing keeps nobody out. */
static void take(struct pollfd *callers, int *oldest, int listens, uid_t peer)
{
    int fd = accept4(listens, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (!welcome(fd, peer)) {
        close(fd);
        return;
    }
    int place = -1;
    for (int i = 0; i < CALLERS && place < 0; i++) {
        place = callers[i].fd < 0 ? i : -1;
    }
    if (place < 0) {
        place = *oldest;
        *oldest = (*oldest + 1) % CALLERS;
        close(callers[place].fd);
    }
    callers[place] = (struct pollfd){.fd = fd, .events = POLLIN};
}

void signer_serve(struct signer *s, const struct signer_ways *ways)
{
    enum { GIVEN = CALLERS, LISTENS, ALL };
    struct pollfd p[ALL];
    struct arena a = arena_make(WORK_BYTES);
    int oldest = 0;
    for (int i = 0; i < CALLERS; i++) {
        p[i] = (struct pollfd){.fd = -1};
    }
    p[GIVEN] = (struct pollfd){.fd = ways->given, .events = POLLIN};
    p[LISTENS] = (struct pollfd){.fd = ways->listens, .events = POLLIN};
    while (!*ways->stop && (p[GIVEN].fd >= 0 || p[LISTENS].fd >= 0)) {
        if (poll(p, ALL, LOOK_MS) <= 0) {
            continue;
        }
        for (int i = 0; i < LISTENS; i++) {
            arena_reset(&a);
            if (p[i].fd >= 0 && p[i].revents && !answer(s, &a, p[i].fd)) {
                close(p[i].fd);
                p[i].fd = -1;
            }
        }
        if (p[LISTENS].revents) {
            take(p, &oldest, ways->listens, ways->peer);
        }
    }
    for (int i = 0; i < LISTENS; i++) {
        if (p[i].fd >= 0) {
            close(p[i].fd);
        }
    }
    arena_end(&a);
}
