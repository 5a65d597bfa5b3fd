/* visit_int.h - what the C files of a visit share: whether its route may run. */
#ifndef WEB_VISIT_INT_H
#define WEB_VISIT_INT_H

#include "web/visit.h"

/* A form carries the session's CSRF token; a token of the API needs none. */
bool admit_csrf(struct visit *v);
/* The scope of an API token covers the route; a session has all. */
bool admit_scope(const struct visit *v);
/* The path of what has to be done before anything else; empty: nothing. */
str admit_first(const struct visit *v);

#endif
