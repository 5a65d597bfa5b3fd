/* accept.c - the socket that listens, and the one thread that accepts.  libmicrohttpd's own
 * accepting stays deaf after it once had no file descriptor (EMFILE), until one of the same
 * thread's connections ends; ours tries again. */
#include "base/log.h"
#include "http/http_int.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, PAUSE_MS = 20, SAID_S = 60 };

static err cannot(struct http_server *s, struct arena *a)
{
    return err_make(ERR_BUSY, str_fmt(a, "cannot listen on %.*s port %d", STR_ARG(s->opt.address),
                                      s->opt.port));
}

static int bound(const struct addrinfo *ai)
{
    int yes = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    bool six = ai->ai_family == AF_INET6; /* "::" and "0.0.0.0" are two addresses */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        (six && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) != 0) ||
        bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in6 at = {0}; /* its port stands where an IPv4's does */
    socklen_t len = sizeof(at);
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 ? ntohs(at.sin6_port) : 0;
}

static void pause_a_moment(void)
{
    struct timespec t = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&t, NULL);
}

/* Once a minute: it may last. */
static void say_why(str why, int64_t *said_s)
{
    int64_t now = http_mono_s();
    if (now < *said_s + SAID_S) {
        return;
    }
    *said_s = now;
    struct log_line l = log_line(LOG_ERROR, "http.accept");
    log_str(&l, "error", why);
    log_write(&l);
}

/* Those handed over are counted by their event threads, a moment later: after it, who is
 * still too many is. */
static void wait_for_room(struct http_server *s, int64_t *handed, int64_t *said_s)
{
    for (bool waited = false;; waited = true) {
        pthread_mutex_lock(&s->conn_lock);
        int64_t open = s->nconns;
        pthread_mutex_unlock(&s->conn_lock);
        if (open + *handed < s->opt.connections || atomic_load(&s->draining)) {
            return;
        }
        if (waited) {
            say_why(STR("as many connections as may be open are"), said_s);
        }
        pause_a_moment();
        *handed = 0;
    }
}

static void hand_over(struct http_server *s, int fd, const struct sockaddr *from, socklen_t len)
{
    pthread_mutex_lock(&s->listener_lock); /* it is not ended meanwhile */
    struct MHD_Daemon *d = s->listener->daemons[fd % s->opt.event_threads];
    (void)MHD_add_connection(d, fd, from, len); /* closes what it does not take */
    pthread_mutex_unlock(&s->listener_lock);
}

static void *accept_all(void *server)
{
    struct http_server *s = server;
    int64_t handed = 0;
    int64_t said_s = -SAID_S;
    while (!atomic_load(&s->draining)) {
        wait_for_room(s, &handed, &said_s);
        struct sockaddr_storage from;
        socklen_t len = sizeof(from);
        int fd =
            accept4(s->listening, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(s, fd, (struct sockaddr *)&from, len);
            handed++;
        } else if (errno != EINTR && errno != ECONNABORTED && !atomic_load(&s->draining)) {
            say_why(str_from(strerrordesc_np(errno)), &said_s);
            pause_a_moment();
        }
    }
    return NULL;
}

err http_listen(struct http_server *s, struct arena *a)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *ai = NULL;
    str address = str_copy(a, s->opt.address);
    str port = str_fmt(a, "%d", s->opt.port);
    if (getaddrinfo(address.ptr, port.ptr, &hints, &ai) != 0) {
        return err_make(ERR_NOT_FOUND, str_fmt(a, "not an address: %s", address.ptr));
    }
    s->listening = bound(ai);
    freeaddrinfo(ai);
    if (s->listening < 0) {
        return cannot(s, a);
    }
    s->port = port_of(s->listening);
    s->accepting = pthread_create(&s->acceptor, NULL, accept_all, s) == 0;
    return s->accepting ? OK : cannot(s, a);
}

void http_accept_end(struct http_server *s)
{
    if (s->accepting) {
        shutdown(s->listening, SHUT_RDWR); /* it returns from accept */
        pthread_join(s->acceptor, NULL);
        s->accepting = false;
    }
}
