/* site.h - the pages on an installation of a test's (engine/inst.h), without sockets: what
 * http would call is called by the test, on one seat. */
#ifndef TESTS_PAGE_SITE_H
#define TESTS_PAGE_SITE_H

#include "page/frame.h"
#include "page/page.h"

#include "../engine/inst.h"
#include "web/visit.h"

struct site {
    struct inst in;
    struct app app;
    struct http_options http;
    struct seat seat;
    int64_t person;
    str token; /* of his session */
};

/* In t->life; nobody is signed in. */
void site_make(struct site *s, struct dbs *t);

#endif
