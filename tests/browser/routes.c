/* routes - the addresses that pages have, as the program itself has them: one line each,
 * method, path, and what kind of answer the table says.  With an argument also those for
 * programs.  A test that must not forget one asks here (pages.mjs, tool/scan.sh). */
#include "api/api.h"
#include "page/page.h"

#include <stdio.h>

static const char *kind(const struct visit_route *r)
{
    unsigned rate = r->flags >> ROUTE_RATE;
    if (r->flags & ROUTE_API) {
        return "api";
    }
    if (r->flags & (ROUTE_PROBE | ROUTE_PASS)) {
        return "probe";
    }
    if (r->flags & ROUTE_ASSET) {
        return "asset";
    }
    if (r->flags & ROUTE_FILE) {
        return "file";
    }
    return rate == RATE_SUGGEST ? "suggest" : "page";
}

static void print(const struct visit_route *r, size_t n)
{
    for (; n > 0; n--, r++) {
        printf("%s %s %s\n", r->method == HTTP_GET ? "GET" : "POST", r->pattern, kind(r));
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    print(page_routes, page_routes_len);
    if (argc > 1) {
        print(api_routes, api_routes_len);
    }
    return 0;
}
