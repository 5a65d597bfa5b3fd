/* import_int.h - shared by import*.c and nobody else. */
#ifndef CONNECT_IMPORT_INT_H
#define CONNECT_IMPORT_INT_H

#include "connect/import.h"
#include "connect/lines.h"
#include "connect/names.h"
#include "engine/write.h"

#include <pthread.h>

/* --- where the lines of each case stand (import_index.c) --------------------------- */

struct import_index;

/* Called for a record that is no line of a case: malformed, or without a key. */
typedef err import_bad_fn(void *arg, const struct csv_place *place, const struct csv_row *row,
                          struct words why);
MUST_CHECK err import_index(struct arena *life, const struct mapping *m, struct csv_file *f,
                            import_bad_fn *bad, void *arg, struct import_counts *counts,
                            struct import_index **ret);
int64_t index_cases(const struct import_index *x);
/* The lines of a case, in the order of the file. */
const struct csv_place *index_places(const struct import_index *x, struct arena *a, int64_t which,
                                     size_t *n);

/* --- a piece of a case, as the writer does it (import_job.c) -------------------------- */

enum { PIECE_LINES = 6, DID_MAX = 24, REASON_MAX = 480 };

enum outcome {
    LINE_DONE = 1, /* noted in import_line.outcome: these three */
    LINE_WITHOUT = 2,
    LINE_REJECTED = 3,
    LINE_AGAIN = 4,
    LINE_KNOWN = 5,
    LINE_FOREIGN = 6,
};

struct line_result {
    enum outcome outcome;
    bool early; /* rejected by an earlier run */
    bool made;  /* the case, with this line */
    int acts, people, units, moved;
    struct {
        const struct action *action;
        const struct state *state;
    } did[DID_MAX];
    int ndid;
    char reason[REASON_MAX];
};

struct importer {
    struct import_options o;
    const struct mapping *m;
    struct arena life;
    int64_t job, now;
    struct names *people, *units; /* the writer's thread only */
    pthread_mutex_t lock;
    pthread_cond_t over;
};

/* Some lines of one case: one job of the writer. */
struct piece {
    struct writer_job job; /* first */
    struct importer *im;
    const struct lines *lines;
    size_t from, to;
    struct line_result *results; /* to - from */
    bool foreign;                /* the case is none of ours */
    int64_t newest;              /* id of the newest row made in people and units */
    bool over;                   /* under im->lock */
    err result;
};

MUST_CHECK err piece_run(struct writer_job *job, struct db *db, struct arena *a, void *world);
void piece_done(struct writer_job *job, err result);

/* --- one act (import_act.c) ------------------------------------------------------------ */

/* What the writer needs while it does a piece. */
struct doing_piece {
    struct piece *p;
    struct importer *im;
    const struct mapping *m;
    struct db *db;
    struct arena *a;    /* of the job */
    struct arena *step; /* of one act */
    struct {            /* the record of the case; id 0: there is none */
        int64_t id, state, changed_at;
    } rec;
    bool had; /* there was a record before this line */
    size_t i; /* the line */
    struct line_result *r;
};

/* Performs the step's action on the record of the case, or makes it.  A refusal
 * rejects the line. */
MUST_CHECK err import_act(struct doing_piece *d, const struct map_step *s);
/* The line's outcome, when it has no worse one yet. */
void import_reject(struct doing_piece *d, struct words why);
/* As much of a text as fits, no half character: to[REASON_MAX]. */
void import_keep(char *to, str text);

#endif
