/* alone.h - pages made without a request: answered as a server would answer a person
 * who is signed in, with the same routes and the same rights, in a snapshot of their own
 * and in memory that is bounded like a request's.
 *
 * For who wants to know whether data can be shown (cli/look.h).  It sends nothing and
 * writes nothing.  One thread at a time.
 */
#ifndef WEB_ALONE_H
#define WEB_ALONE_H

#include "web/visit.h"

struct alone;

/* Opens its connection, which ends with `life`; `app` needs engine, pages and error_page
 * only, and outlives it. */
struct alone *alone_make(struct arena *life, struct app *app);

/* GET `path` ("/r/fault/7", no query) as this person, at the time `now` (UTC ms).  What
 * the page could not do: ERR_NOT_FOUND also for who may not see it, ERR_LIMIT when
 * ALONE_ARENA was too little; its detail lives in `a`.  *ret_bytes: of the page made. */
enum { ALONE_ARENA = 48 << 20 /* as much as a request has */ };
struct alone_asks {
    int64_t person, now;
    enum lang lang;
    str path;
};
MUST_CHECK err alone_get(struct alone *k, struct arena *a, const struct alone_asks *asks,
                         size_t *ret_bytes);

#endif
