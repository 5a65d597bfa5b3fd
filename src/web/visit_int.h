/* visit_int.h - what the C files of a visit share: whether its route may run,
 * and what is noted when it may not. */
#ifndef WEB_VISIT_INT_H
#define WEB_VISIT_INT_H

#include "web/visit.h"

/* The route of v->x->req.path, with what it captures in v->seg and v->num; NULL: there
 * is none of that method, and *other_method tells whether there is one of another. */
const struct visit_route *route_find(struct visit *v, const struct routes *rs,
                                     enum http_method method, bool *other_method);

/* A part of a visit (part.c): the model, and a snapshot of its own.  part_end twice is once; it
 * fits arena_defer. */
void part_begin(struct visit *v);
void part_end(void *visit);
/* Whose session or token it is, and on which model: v->session, v->signed_in.  For a page that
 * only reads it may be a guess; part_right: was everything as guessed? */
MUST_CHECK err part_identify(struct visit *v);
bool part_right(struct visit *v);
/* Does the page bear the frame, and its figures; `first`: asked first of this part. */
bool part_framed(const struct visit *v);
MUST_CHECK err part_figures(struct visit *v, bool first);

/* Without a request: runs the page that v->x->req.path has for reading, if its route has
 * all of `flags`, as v->session's person on v->x->local (a seat).  What it could not do is
 * *v->failed.  Jumps when the exchange's arena is full: see alone_run. */
void visit_alone(struct visit *v, unsigned flags);
/* The same; ERR_LIMIT in *v->failed when the arena was full (alone.c). */
void alone_run(struct visit *v, unsigned flags);
/* A form carries the session's CSRF token; a token of the API needs none, nor does
 * signing in, which brings no session of its own (door_page.c looks at the origin). */
bool admit_csrf(struct visit *v);
/* The scope of an API token covers the route; a session has all. */
bool admit_scope(const struct visit *v);
/* Whoever merely reads (engine/reading.h) sends nothing, but for what is his own sign-in
 * (ROUTE_DOOR) or changes nothing (ROUTE_READER): ERR_DENIED, with words. */
MUST_CHECK err admit_reading(const struct visit *v);
/* Not too often: else ERR_LIMIT, and the answer says when. */
MUST_CHECK err admit_rate(struct visit *v);
/* The path of what has to be done before anything else; empty: nothing. */
str admit_first(const struct visit *v);

/* What of an answer belongs in the security log: told once, by the end of a part. */
void admit_refused(struct visit *v, err e);
void admit_act_refused(struct visit *v);
void admit_note(struct visit *v);
/* The path as logs may hold it: of one that holds a secret only the route. */
str visit_told_path(const struct visit *v);

/* What a worker, or the runner of work.h, owns (http_options.worker_start and worker_end). */
void *seat_start(void *app, int worker);
void seat_end(void *app, void *local);
/* Gives back the pages of the database that it holds: after a rush all workers hold some. */
void seat_idle(void *app, void *local);
/* Opens a connection that was lost again, at most every 200 ms: whoever comes meanwhile is
 * told at once.  Between two requests only: what the old one remembers goes with it. */
void seat_ready(struct app *app, struct seat *seat);

#endif
