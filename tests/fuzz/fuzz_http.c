/* The bytes of a connection, through the server itself: whatever a handler is
 * given is one whole request with one meaning; whatever is answered is HTTP. */
#include "http/http_int.h"

#include "fuzz/fuzz.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <microhttpd.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 4096 };

static size_t times(const struct http_params *p, str name)
{
    size_t n = 0;
    for (size_t i = 0; i < p->len; i++) {
        n += str_eq(p->ptr[i].name, name);
    }
    return n;
}

static bool clean(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0') {
            return false;
        }
    }
    return true;
}

static int handle(struct http_exchange *x)
{
    const struct http_request *r = &x->req;
    str length = http_param(&r->headers, STR("content-length"));
    size_t lengths = times(&r->headers, STR("content-length"));
    size_t encodings = times(&r->headers, STR("transfer-encoding"));
    int64_t n = -1;
    MUST(lengths + encodings <= 1 && times(&r->headers, STR("host")) <= 1);
    MUST(times(&r->headers, STR("content-encoding")) == 0);
    MUST(!lengths || (str_to_i64(length, &n) && n == (int64_t)r->body.len));
    MUST(lengths || encodings || r->body.len == 0);
    MUST(r->body.len <= BODY_MAX && str_starts(r->path, STR("/")) && str_utf8_ok(r->path));
    MUST(!str_has(r->path, STR("/../")));
    for (size_t i = 0; i < r->headers.len; i++) {
        str name = r->headers.ptr[i].name;
        MUST(name.len && clean(name) && clean(r->headers.ptr[i].value));
        MUST(!str_has(name, STR(" ")) && !str_has(name, STR("\t")));
        for (size_t k = 0; k < name.len; k++) {
            MUST(name.ptr[k] < 'A' || name.ptr[k] > 'Z');
        }
    }
    x->res = (struct http_response){.status = 200, .body = STR("ok"), .constant = true, .file = -1};
    return HTTP_DONE;
}

static struct http_server *server(void)
{
    static struct arena life;
    static struct http_server *s;
    if (!s) {
        life = arena_make(64u << 20);
        struct http_options o = {
            .event_threads = 1, .workers = 1, .body_max = BODY_MAX, .handle = handle};
        MUST(!http_start(&life, &o, &s).code);
    }
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 16 * 1024 };
    if (size > MOST) { /* what a socket takes at once */
        return 0;
    }
    int fd[2];
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    MUST(write(fd[0], data, size) == (ssize_t)size);
    MUST(MHD_add_connection(server()->listener->daemons[0], fd[1], (struct sockaddr *)&from,
                            sizeof(from)) == MHD_YES);
    for (int waiting = 1; waiting && ioctl(fd[0], SIOCOUTQ, &waiting) == 0;) {
        sched_yield(); /* an end that comes along with the last bytes would go unseen */
    }
    shutdown(fd[0], SHUT_WR);
    char answer[16];
    size_t have = 0;
    char rest[4096];
    for (ssize_t n; (n = read(fd[0], rest, sizeof(rest))) > 0;) {
        size_t want = sizeof(answer) - have;
        size_t more = (size_t)n < want ? (size_t)n : want;
        memcpy(answer + have, rest, more);
        have += more;
    }
    close(fd[0]);
    MUST(have == 0 || (have >= 12 && memcmp(answer, "HTTP/1.", 7) == 0));
    return 0;
}
