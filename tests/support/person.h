/* person.h - somebody of the demonstration who is signed in to a server and asks it, with a
 * connection of his own for each request.  What he is told lives in the arena given. */
#ifndef TESTS_SUPPORT_PERSON_H
#define TESTS_SUPPORT_PERSON_H

#include "support/client.h"
#include "support/server.h"

struct person {
    const struct server *server;
    struct arena *a;
    str cookie; /* "Cookie: ...\r\n"; empty: not signed in */
    str csrf;   /* what his forms carry; empty likewise */
};

enum { PERSON_WAIT_MS = 60000 };

/* An ordinary request by nobody: the bytes as they are.  The test fails without an answer. */
struct client_answer person_ask(const struct person *p, str request);
struct client_answer person_get(const struct person *p, const char *path);
/* A form: his token, then `body` ("x=1&y=2"). */
struct client_answer person_post(const struct person *p, const char *path, const char *body);
struct person person_nobody(const struct server *s, struct arena *a);
/* With SERVER_PASSWORD. */
struct person person_sign_in(const struct server *s, struct arena *a, const char *login);
/* Asks until the page shows it; the test fails when it does not within PERSON_WAIT_MS. */
str person_sees(const struct person *p, const char *path, const char *what);
/* What stands behind `from` the first time, up to `to`; empty: nowhere. */
str person_between(const struct person *p, str text, const char *from, char to);

#endif
