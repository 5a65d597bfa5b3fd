/* ping_page.h - what ping.html shows: the address that a task calls to say that it ran. */
#ifndef PAGE_PING_PAGE_H
#define PAGE_PING_PAGE_H

#include "page/frame.h"

#include "gen/frame.html.h"

struct heartbeat_page {
    const struct visit *visit;
    int64_t id;
    str name;
    bool has;           /* it has an address */
    bool issue, revoke; /* this person may give out another, or end it */
    str url;            /* shown this once; empty else */
    int64_t most;       /* characters kept of a body */
};

#endif
