/* work.h - files that take too long to wait for: asked for now, made behind the
 * scenes, fetched later.
 *
 * What is asked for is an address of our own that makes a file (a route with
 * ROUTE_EXPORT); it is answered later as the person who asked, with exactly what that
 * person may see then.  One thread runs one job at a time, on a connection and in
 * memory of its own; the queue is the table of jobs (engine/job.h), so it survives a
 * restart, and on several nodes each takes from the same one.  A job that was cut off
 * is made once more from its beginning.
 *
 * The file is <data>/jobs/<id>, fetched by whoever asked and nobody else, and gone
 * after JOB_KEPT_DAYS.
 */
#ifndef WEB_WORK_H
#define WEB_WORK_H

#include "engine/job.h"

#include "web/visit.h"

#include <stdatomic.h>

#define WORK_FILE STR("file") /* kind of these jobs */

/* What a handler sees of the job it runs for: visit.job. */
struct visit_job {
    int64_t id;
    int fd;       /* open for writing: the file; who writes to it sets `written` */
    bool written; /* else the answer's body or file is copied */
    str name;     /* of the file, as it will be saved: set by visit_download */
    int64_t done, told_us;
    const atomic_bool *stop;
    bool cancelled, stopped;
};

/* Starts the thread.  `life`, app and its engine outlive it; `data` is the folder. */
MUST_CHECK err work_start(struct arena *life, struct app *app, str data, struct work **ret);
/* Ends it; what it was making is begun again after the next start. */
void work_stop(struct work *w);

/* Asks for `path` ("/r/fault/export?open=1") in the name of v's person, outside the
 * snapshot of the page.  ERR_RULE with words: too many of this person's are at work. */
MUST_CHECK err work_ask(struct visit *v, str path, struct words title);
/* A handler says how far it is, often, where it holds no rows: of a job the snapshot
 * ends here and another begins.  False: cancelled, or the server stops; then return.
 * Always true of an ordinary visit. */
bool work_goes_on(struct visit *v, int64_t done);
/* The same where the snapshot must stay: it only tells. */
bool work_tells(struct visit *v, int64_t done);
/* The file of a job that is done; -1: it is there no longer. */
int work_open(const struct visit *v, int64_t id, int64_t *ret_size);

#endif
