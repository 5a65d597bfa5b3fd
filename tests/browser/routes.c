/* routes - the addresses that pages have, as the program itself has them: one line each,
 * method, path, and what kind of answer the table says.  A test that must not forget a
 * page asks here (pages.mjs). */
#include "page/page.h"

#include <stdio.h>

static const char *kind(const struct route *r)
{
    unsigned rate = r->flags >> ROUTE_RATE;
    if (r->flags & ROUTE_PROBE) {
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

int main(void)
{
    for (size_t i = 0; i < page_routes_len; i++) {
        const struct route *r = &page_routes[i];
        printf("%s %s %s\n", r->method == HTTP_GET ? "GET" : "POST", r->pattern, kind(r));
    }
    return 0;
}
