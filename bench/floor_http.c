#include "http/http.h"

#include "floor.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 4 << 20 };

static int handle(struct http_exchange *x)
{
    int64_t n = 0;
    if (!str_to_i64(str_from_n(x->req.path.ptr + 1, x->req.path.len - 1), &n) || n < 0 ||
        n > BODY_MAX) {
        n = 0;
    }
    x->res.status = 200;
    x->res.type = STR("text/html; charset=utf-8");
    x->res.body = str_from_n(x->app, (size_t)n);
    x->res.constant = true;
    x->res.file = -1;
    /* As many and as long as a page of the product carries. */
    http_header_add(x, STR("Content-Security-Policy"),
                    STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                        "data:; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri "
                        "'none'; form-action 'self'; frame-ancestors 'none'"));
    http_header_add(x, STR("Referrer-Policy"), STR("same-origin"));
    http_header_add(x, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
    http_header_add(x, STR("Cache-Control"), STR("no-store"));
    return HTTP_DONE;
}

int floor_http(int port)
{
    struct arena life = arena_make(64u << 20);
    char *bytes = malloc(BODY_MAX);
    struct http_server *s;
    if (!bytes) {
        return 1;
    }
    memset(bytes, 'x', BODY_MAX);
    struct http_options opt = {.address = STR("127.0.0.1"),
                               .port = port,
                               .app = bytes,
                               .handle = handle,
                               .at_once = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    err e = http_start(&life, &opt, &s);
    if (e.code) {
        fprintf(stderr, "floor: %.*s\n", STR_ARG(e.detail));
        free(bytes);
        return 1;
    }
    sigset_t set;
    int sig;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigwait(&set, &sig);
    http_stop(s);
    arena_end(&life);
    free(bytes);
    return 0;
}
