/* jobs_page.h - what jobs.html shows: long work of one person, or of everybody. */
#ifndef PAGE_JOBS_PAGE_H
#define PAGE_JOBS_PAGE_H

#include "engine/job.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct job_row {
    int64_t id;
    str title, message, state, class;
    int64_t done, total; /* total 0: not known */
    int64_t at;          /* UTC ms of the last sign of life */
    bool open;           /* waits or is at work: can be cancelled */
    bool running;
    bool file; /* can be fetched */
};
struct jobs_page {
    const struct visit *visit;
    str csrf;
    bool all;     /* of everybody, for administrators */
    bool waiting; /* something is open: the page looks again by itself */
    struct {
        const struct job_row *ptr;
        size_t len;
    } rows;
};

#endif
