/* visit.h - one request as pages and API see it: who asks, on what snapshot.
 *
 * web_options() puts it behind a server.  A visit finds the route, opens a read
 * transaction, asks for session (or token) and the frame's figures (of a GET along with
 * the page's own first batch, see guess.h), checks the CSRF token of every form, and
 * calls the route's function.  A route that performs an act ends with visit_submit():
 * the read transaction is closed, the connection sleeps, and when the writer has answered
 * a worker opens a new snapshot and calls the second function.
 *
 * Everything lives in the exchange's arena.
 */
#ifndef WEB_VISIT_H
#define WEB_VISIT_H

#include "engine/act.h"
#include "engine/desk.h"
#include "engine/engine.h"
#include "http/http.h"
#include "people/people.h"

#include "web/guess.h"
#include "web/rate.h"

#include <semaphore.h>
#include <stdatomic.h>

struct health;
struct probe_rights;
struct visit;
struct visit_job;
struct work;

/* Patterns: "/r/~/#": ~ a name or word, # a number; captured in order. */
struct visit_route {
    enum http_method method;
    const char *pattern;
    void (*run)(struct visit *v);
    unsigned flags;
    struct words title; /* for the list of all addresses in the manual */
};
enum {
    ROUTE_PUBLIC = 1,  /* without signing in */
    ROUTE_API = 2,     /* bearer token or session; errors as problem+json; no CSRF for tokens */
    ROUTE_UPLOAD = 4,  /* bodies up to ATTACH_MAX + 1 MB */
    ROUTE_WRITE = 8,   /* API: the token needs scope write */
    ROUTE_ASSET = 16,  /* files of the program */
    ROUTE_PROBE = 32,  /* for machines that watch: no session is asked for (web/probe.h) */
    ROUTE_FILE = 64,   /* attachments and exports: as long as they are large */
    ROUTE_DOOR = 128,  /* also before the first password is changed, the second factor enrolled */
    ROUTE_QUIET = 256, /* a page asks by itself: that is no sign of somebody who is there, and
                          prolongs no session */
    ROUTE_FEED = 512, /* API, read only: for programs that know names and passwords alone, the token
                         is also taken as the password of Basic (RFC 7617), of any name */
    ROUTE_PASS = 1024,   /* the address itself is the key: no session is asked for, the path stands
                            in no log, and a body is bytes whatever it is called */
    ROUTE_READER = 2048, /* not GET, and yet for whoever merely reads: a file of what he sees, his
                            own sign-ins */
    /* Limited (rate.h); a ROUTE_UPLOAD is when it brings files. */
    ROUTE_RATE = 12, /* shift */
    ROUTE_SIGN_IN = RATE_SIGN_IN << ROUTE_RATE,
    ROUTE_SEARCH = RATE_SEARCH << ROUTE_RATE,
    ROUTE_SUGGEST = RATE_SUGGEST << ROUTE_RATE,
    ROUTE_EXPORT = RATE_EXPORT << ROUTE_RATE,
};
/* As what an exchange is counted (http.h, kind). */
enum visit_kind { VISIT_NONE, VISIT_PAGE, VISIT_API, VISIT_ASSET, VISIT_FILE, VISIT_PROBE };

struct routes {
    const struct visit_route *ptr;
    size_t len;
};

struct app {
    struct engine *engine;
    struct accounts *people;
    struct health *health;  /* checks and figures of everything that can fail */
    str public_url;         /* "https://zhidu.example.org", for links */
    str organisation;       /* name shown in the frame */
    bool demo;              /* demo accounts are shown at the door; loopback only */
    struct words demo_hint; /* "login who he is" and the like, parted by " · " */
    str demo_password;
    struct routes pages, api;
    void (*error_page)(struct visit *v, err e); /* the page layer's */
    void (*error_api)(struct visit *v, err e);
    _Atomic(const struct probe_rights *) probes; /* NULL: only the machine itself */
    struct rates *rates;                         /* NULL: nothing is limited */
    struct work *work;                           /* runs what was asked for (work.h); or NULL */
    sem_t *printing;                             /* one document at a time; or NULL */
    atomic_bool stopping;
    unsigned char secret[32]; /* of this run of the server, for visit_seal */
};

/* What a worker owns. */
struct seat {
    struct arena lives[2]; /* of a connection, and of the one that follows it */
    int at;                /* which of them */
    struct db *db;
    int64_t again_us; /* before it, no try to open a connection that was lost */
    struct guess guesses[GUESSES];
};

/* Asked along with the first batch of a page: is the session what was guessed, is
 * the model the snapshot's, and the figures of the frame. */
struct prelude {
    struct batch *b; /* NULL: nothing was guessed */
    struct session_ask session;
    struct desk_ask figures;
    int epoch;
    bool frame;
};

enum { VISIT_SEGMENTS = 6 /* that an address may capture */ };

struct visit {
    struct http_exchange *x;
    struct app *app;
    struct ctx ctx;
    const struct model *model;
    struct session session;
    bool signed_in;
    bool sure; /* no more guesses: the page is made again */
    struct prelude prelude;
    struct desk_counts counts; /* through visit_counts */
    bool counted;
    const struct visit_route *route;
    str seg[VISIT_SEGMENTS]; /* captured words */
    int64_t num[VISIT_SEGMENTS];
    int nseg;
    str token;      /* of the session, from the cookie */
    struct act act; /* the act submitted */
    void (*finish)(struct visit *v);
    void *user;
    int refusal; /* enum security_kind: noted when the part is over; 0: nothing was refused */
    struct visit_job *job; /* what somebody asked for earlier (work.h); else NULL */
    err *failed; /* no request, nobody reads a page of an error: it goes here; else NULL */
};

/* http_options of the server: handle, worker_start, worker_end, worker_idle, body_limit. */
void web_options(struct app *app, struct http_options *opt);

/* The figures of the frame. */
struct desk_counts visit_counts(struct visit *v);

/* Submits v->act (caller has filled it; arena, clock, actor, lang and done are
 * set here) and has `finish` called with v->act.result. */
void visit_submit(struct visit *v, void (*finish)(struct visit *v));

/* --- answers ----------------------------------------------------------------- */
void visit_html(struct visit *v, int status, str body);
void visit_json(struct visit *v, int status, str body);
void visit_redirect(struct visit *v, str path); /* 303 to a path of ours */
/* The bytes of an attachment the actor may see, as a sandboxed download. */
void visit_attachment(struct visit *v, int64_t id);
/* The same bytes for an <img> of ours: the same rights and the same sandbox, still a
 * download when opened by itself, but named as the picture they are.  ERR_NOT_FOUND for
 * what is no PNG, JPEG or WebP by its first bytes, or larger than VISIT_PICTURE_MAX.
 * Nothing is decoded here (docs/decisions/0036). */
enum { VISIT_PICTURE_MAX = 8 * 1024 * 1024 };
void visit_picture(struct visit *v, int64_t id);
/* The record the address names, as a PDF to keep (connect/document.h). */
void visit_document(struct visit *v);
/* The answer is a file of that name: saved, not shown, and sandboxed. */
void visit_download(struct visit *v, str name);
void visit_error(struct visit *v, err e);   /* page or problem+json, by the route */
str visit_param(struct visit *v, str name); /* of the query, then of the form */
bool visit_is_htmx(const struct visit *v);
/* Text that a form carries and brings back unchanged, for this person only and as
 * long as the server runs: "mac text". */
str visit_seal(struct visit *v, str text);
bool visit_unseal(struct visit *v, str sealed, str *ret_text);

#endif
