#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 16384, USUAL_MS = 60000 };

struct client client_make(int port)
{
    return (struct client){.port = port, .fd = -1};
}

void client_close(struct client *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    free(c->in);
    *c = (struct client){.port = c->port, .fd = -1, .timeout_ms = c->timeout_ms};
}

bool client_open(struct client *c)
{
    if (c->fd >= 0) {
        return true;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        client_close(c);
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return true;
}

bool client_send(struct client *c, str bytes)
{
    while (bytes.len) {
        ssize_t n = send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes = str_from_n(bytes.ptr + n, bytes.len - (size_t)n);
    }
    return true;
}

static bool wait_readable(const struct client *c, int ms)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

static bool receive(struct client *c)
{
    if (c->have + ROOM > c->cap) {
        size_t cap = c->cap * 2 + ROOM;
        char *more = realloc(c->in, cap);
        if (!more) {
            abort();
        }
        c->in = more;
        c->cap = cap;
    }
    if (!wait_readable(c, c->timeout_ms ? c->timeout_ms : USUAL_MS)) {
        return false;
    }
    ssize_t n = recv(c->fd, c->in + c->have, ROOM, 0);
    c->have += n > 0 ? (size_t)n : 0;
    return n > 0;
}

str client_header(const struct client_answer *r, str name)
{
    str rest = r->head;
    while (rest.ptr) {
        str line = str_cut(rest, '\n', &rest);
        str value;
        str key = str_cut(line, ':', &value);
        if (key.len == name.len && strncasecmp(key.ptr, name.ptr, name.len) == 0) {
            return str_trim(value);
        }
    }
    return (str){0};
}

static size_t head_end(const struct client *c)
{
    for (size_t i = 0; i + 4 <= c->have; i++) {
        if (memcmp(c->in + i, "\r\n\r\n", 4) == 0) {
            return i + 4;
        }
    }
    return 0;
}

bool client_read(struct client *c, struct arena *a, struct client_answer *ret)
{
    size_t head = 0;
    *ret = (struct client_answer){0};
    while ((head = head_end(c)) == 0) {
        if (!receive(c)) {
            return false;
        }
    }
    struct client_answer r = {.head = str_copy(a, str_from_n(c->in, head))};
    int64_t len = 0;
    int64_t status = 0;
    if (r.head.len < 12 || !str_to_i64(str_from_n(r.head.ptr + 9, 3), &status)) {
        return false;
    }
    r.status = (int)status;
    bool bare = r.status == 304 || r.status == 204;
    if (!bare && !str_to_i64(client_header(&r, STR("content-length")), &len)) {
        len = 0;
    }
    while (c->have < head + (size_t)len) {
        if (!receive(c)) {
            return false;
        }
    }
    r.body = str_copy(a, str_from_n(c->in + head, (size_t)len));
    c->have -= head + (size_t)len;
    memmove(c->in, c->in + head + len, c->have);
    *ret = r;
    return true;
}

bool client_ask(struct client *c, struct arena *a, str request, struct client_answer *ret)
{
    bool kept = c->fd >= 0;
    *ret = (struct client_answer){0};
    if (!client_open(c)) {
        return false;
    }
    if (client_send(c, request) && client_read(c, a, ret)) {
        return true;
    }
    client_close(c);
    return kept && client_ask(c, a, request, ret);
}

bool client_ended(struct client *c, int within_ms)
{
    char byte;
    return c->fd < 0 ||
           (wait_readable(c, within_ms) && recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) <= 0);
}
