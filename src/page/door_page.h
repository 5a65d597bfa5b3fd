/* door_page.h - what door.html shows: signing in, with a password, then with a code. */
#ifndef PAGE_DOOR_PAGE_H
#define PAGE_DOOR_PAGE_H

#include "page/frame.h"

#include "gen/frame.html.h"

struct door_account {
    str login, who; /* who he is and what to try */
};
struct door_page {
    bool ended; /* there was a session, and it is over */
    str error, back, login, demo_password;
    struct {
        const struct door_account *ptr;
        size_t len;
    } demo;
};
struct door_code_page {
    str error, back;
};

#endif
