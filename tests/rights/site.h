/* site.h - a whole installation in one process and on one thread: requests go
 * through the product's own handler, without sockets, and can be undone.
 *
 * The engine is one in memory (or on PostgreSQL), its clock stands still. Every
 * person of the demonstration has a session and two API tokens; requests carry
 * always the same number and the same moment, so that two answers differ only
 * where what they say differs.
 *
 * Linked with --wrap=http_resume: an act of such an engine is answered before
 * act_submit returns, and the second part of a request follows at once.
 */
#ifndef TESTS_RIGHTS_SITE_H
#define TESTS_RIGHTS_SITE_H

#include "engine/engine.h"

#include "support/dbs.h"
#include "support/test.h"
#include "web/visit.h"

/* A Monday in working hours. */
#define SITE_NOW 1767578400000

enum { SITE_PEOPLE = 64 };

struct who {
    str login;
    int64_t person;
    str session, csrf;        /* of a browser */
    str token_read, token_rw; /* of programs */
};

/* By which door somebody comes. */
enum door { DOOR_OUT, DOOR_PAGE, DOOR_READ, DOOR_WRITE, DOORS };

struct site {
    struct dbs *t;
    struct engine *e;
    struct db *db;
    struct app app;
    struct http_options http;
    struct seat *seat;
    struct who people[SITE_PEOPLE];
    size_t npeople;
    size_t arena_limit;              /* of the next requests */
    void (*begins)(struct arena *a); /* called with the arena of each; may be NULL */
};

struct site_request {
    enum http_method method;
    str path;
    const char *query; /* as in an address, without the question mark; may be NULL */
    enum door door;
    const struct who *who; /* not for DOOR_OUT */
    str json;              /* body of the API; empty: none */
    const char *form;      /* body of a page, urlencoded; the CSRF token is added */
    bool no_csrf;
    str peer; /* where it comes from; empty: this machine */
};
struct reply {
    int status;
    str type, body, location;
    str headers;        /* "name: value" lines, without the two above */
    int64_t statements; /* asked of the database */
    bool cut;           /* the arena was full */
};

/* The regulations the product ships and those of the tests. */
struct sources site_sources(struct arena *a);
/* An installation of `sources` with the demonstration's organisation. */
struct site site_make(struct dbs *t, const struct sources *sources);
/* What waits is done: everything can be searched for, everything is in a checkpoint. */
void site_settle(struct site *s);
/* Sessions and tokens for everybody who is active. */
void site_admit_all(struct site *s);
const struct who *site_person(const struct site *s, const char *login);

/* One request; the answer lives in `a`. */
struct reply site_ask(struct site *s, struct arena *a, const struct site_request *ask);

/* What happens between leaves no trace. */
void site_try(struct site *s);
void site_undo(struct site *s);

#endif
