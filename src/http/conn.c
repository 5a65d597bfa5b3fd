/* conn.c - open sockets: when their request must be complete, and how many an
 * address may hold. */
#include "http/http_int.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    OVER_S = 1, /* for a connection too many to ask, and to be told so */
    TURN_MS = 250,
};

/* --- addresses -------------------------------------------------------------------------- */

struct http_address {
    uint64_t key;
    int64_t open;
    struct http_address *next;
};

/* IPv4 as a whole; of IPv6 the half that a customer gets, so that nobody has many. */
static uint64_t address_key(const struct sockaddr *a)
{
    uint64_t key = 0;
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;
        key = ntohl(in->sin_addr.s_addr);
    } else if (a->sa_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(in)) {
            uint32_t v4;
            memcpy(&v4, in->s6_addr + 12, sizeof(v4));
            return ntohl(v4);
        }
        for (int i = 0; i < 8; i++) {
            key = key << 8 | in->s6_addr[i];
        }
        key |= UINT64_C(1) << 63; /* never an IPv4's */
    }
    return key;
}

static struct http_address **address_place(struct http_server *s, uint64_t key)
{
    struct http_address **at = &s->addresses[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
    while (*at && (*at)->key != key) {
        at = &(*at)->next;
    }
    return at;
}

/* Under conn_lock.  How many it holds now; an address that memory is short for is
 * not counted. */
static int64_t address_more(struct http_server *s, uint64_t key)
{
    struct http_address **at = address_place(s, key);
    struct http_address *x = *at;
    if (!x) {
        x = calloc(1, sizeof(*x));
        if (!x) {
            return 0;
        }
        x->key = key;
        *at = x;
        s->naddresses++;
    }
    return ++x->open;
}

static void address_less(struct http_server *s, uint64_t key)
{
    struct http_address **at = address_place(s, key);
    if (*at && --(*at)->open == 0) {
        struct http_address *gone = *at;
        *at = gone->next;
        s->naddresses--;
        free(gone);
    }
}

/* --- sockets and their deadline ------------------------------------------------------ */

static void opened(struct http_listener *from, struct MHD_Connection *c, void **socket_context)
{
    struct http_server *s = from->server;
    struct conn *k = calloc(1, sizeof(*k));
    *socket_context = k;
    if (!k) {
        return;
    }
    k->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    k->listener = from;
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    k->key = i && i->client_addr ? address_key(i->client_addr) : 0;
    const struct http_limits *l = http_limits(s);
    pthread_mutex_lock(&s->conn_lock);
    k->over = address_more(s, k->key) > l->per_address;
    k->next = s->conns;
    k->prev = &s->conns;
    if (s->conns) {
        s->conns->prev = &k->next;
    }
    s->conns = k;
    s->nconns++;
    from->open++;
    pthread_mutex_unlock(&s->conn_lock);
    if (k->over) {
        struct arena a = arena_make(1 << 20);
        k->over = !http_is_proxy(l, http_peer_address(c, &a));
        arena_end(&a);
    }
    atomic_store(&k->deadline_s, http_mono_s() + (k->over ? OVER_S : l->deadline_s));
}

void http_conn_notice(void *listener, struct MHD_Connection *c, void **socket_context,
                      enum MHD_ConnectionNotificationCode code)
{
    struct http_listener *from = listener;
    struct http_server *s = from->server;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        opened(from, c, socket_context);
        return;
    }
    struct conn *k = *socket_context;
    *socket_context = NULL;
    if (k) {
        pthread_mutex_lock(&s->conn_lock);
        *k->prev = k->next;
        if (k->next) {
            k->next->prev = k->prev;
        }
        s->nconns--;
        k->listener->open--;
        address_less(s, k->key);
        pthread_mutex_unlock(&s->conn_lock);
        if (k->begun) {
            http_exchange_give(k->begun);
        }
        free(k);
    }
}

static struct conn *conn_of(struct MHD_Connection *c)
{
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_conn_deadline(struct MHD_Connection *c, int64_t at)
{
    struct conn *k = conn_of(c);
    if (k && !k->over) {
        atomic_store(&k->deadline_s, at);
    }
}

void http_conn_begun(struct MHD_Connection *c, struct http_exchange_private *p)
{
    struct conn *k = conn_of(c);
    if (k) {
        k->begun = p;
    }
}

bool http_conn_over(struct MHD_Connection *c)
{
    const struct conn *k = conn_of(c);
    return k && k->over;
}

/* MHD's own timeout counts inactivity only; a byte a second would hold a socket
 * for ever. */
static void close_late(struct http_server *s)
{
    int64_t now = http_mono_s();
    pthread_mutex_lock(&s->conn_lock);
    for (struct conn *k = s->conns; k; k = k->next) {
        int64_t at = atomic_load(&k->deadline_s);
        if (at && now > at) {
            shutdown(k->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&s->conn_lock);
}

/* A listener that was replaced ends with its last connection; what it got at the very
 * end may not be counted yet. */
static void end_retired(struct http_server *s)
{
    enum { SETTLED_S = 2 };
    int64_t since = http_mono_s() - SETTLED_S;
    struct http_listener *done = NULL;
    pthread_mutex_lock(&s->conn_lock);
    struct http_listener **at = &s->retired;
    while (*at && ((*at)->open || (*at)->retired_s > since)) {
        at = &(*at)->next;
    }
    if (*at) {
        done = *at;
        *at = done->next;
    }
    pthread_mutex_unlock(&s->conn_lock);
    if (done) {
        http_listener_end(done);
    }
}

/* No other thread ends one, so it stays while it is woken. */
static void wake_listeners(struct http_server *s)
{
    pthread_mutex_lock(&s->listener_lock);
    struct http_listener *now = s->listener;
    pthread_mutex_unlock(&s->listener_lock);
    pthread_mutex_lock(&s->conn_lock);
    for (struct http_listener *l = s->retired; l; l = l->next) {
        http_listener_wake(l);
    }
    pthread_mutex_unlock(&s->conn_lock);
    if (now) {
        http_listener_wake(now);
    }
}

void *http_conn_reap(void *server)
{
    struct http_server *s = server;
    while (!atomic_load(&s->dead)) {
        struct timespec t = {.tv_nsec = TURN_MS * 1000000L};
        nanosleep(&t, NULL);
        wake_listeners(s);
        close_late(s);
        end_retired(s);
    }
    return NULL;
}

void http_conn_end(struct http_server *s)
{
    for (size_t i = 0; i < sizeof(s->addresses) / sizeof(s->addresses[0]); i++) {
        while (s->addresses[i]) {
            struct http_address *gone = s->addresses[i];
            s->addresses[i] = gone->next;
            free(gone);
        }
    }
}
