/* door_page.h - what door.html shows: signing in, with a password, then with a code. */
#ifndef PAGE_DOOR_PAGE_H
#define PAGE_DOOR_PAGE_H

#include "page/frame.h"

#include "gen/frame.html.h"

struct door_page {
    bool ended; /* there was a session, and it is over */
    str error, back, login;
    struct {
        const str *ptr;
        size_t len;
    } demo; /* one account a line */
};
struct door_code_page {
    str error, back;
};

#endif
