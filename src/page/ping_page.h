/* ping_page.h - what ping.html shows: the address that a task calls to say that it ran. */
#ifndef PAGE_PING_PAGE_H
#define PAGE_PING_PAGE_H

#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct heartbeat_page {
    const struct visit *visit;
    int64_t id;
    str name;
    str since; /* when its address was given out; empty: it has none */
    str url;   /* shown this once; empty else */
};

void page_ping(struct visit *v); /* a task reports by itself */
void page_heartbeat(struct visit *v);
void page_heartbeat_issue(struct visit *v);
void page_heartbeat_revoke(struct visit *v);

#endif
