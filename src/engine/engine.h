/* engine.h - the engine of an installation: its model, writer, ledger, clock.
 *
 * Opened once by the server; by tests and the checker on an in-memory database
 * (engine_open_memory: no threads, acts run on the caller's thread).
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/act.h"
#include "engine/ctx.h"
#include "engine/seal.h"
#include "model/load.h"

struct health;

struct engine_options {
    str url;                         /* as db_open */
    str data_dir;                    /* attachments, keys; empty: in memory */
    str origin;                      /* of the ledger, fixed at init */
    const struct seal_options *seal; /* who signs checkpoints; NULL: none are signed */
    struct db_options db;
    int64_t group_us;  /* of the writer's groups; 0: as usual */
    int64_t reopen_ms; /* of the writer's tries to open again; 0: as usual */
    int64_t duty_turn; /* objects of duties looked at in one turn of the clock; 0: as usual */
    bool background;   /* start the clock thread: terms, later effects, steps, search, tasks */
    int64_t (*clock)(void *arg); /* UTC ms */
    void *clock_arg;
};

struct overdue {
    int64_t n;         /* due now and not done; counting stops at 100,000 */
    int64_t oldest_at; /* UTC ms when the oldest fell due; 0: none */
};
/* What waits, as of the last look (every 10 s). */
struct engine_queues {
    struct overdue terms, later, steps;
    int64_t search;                 /* records not yet in the search index */
    int64_t jobs_open, jobs_failed; /* failed: of the last seven days */
};
struct engine_stats {
    struct writer_stats writer;
    struct engine_queues queues;
    int64_t epoch, last_tick_at;
    int64_t ledger_size, checkpoint_size, checkpoint_at;
    enum signer_trouble signer; /* what keeps checkpoints from being signed */
    int64_t signer_last;        /* entries the signer says it signed last, when it refused */
    struct hash ledger_root;    /* of ledger_size entries */
};

/* A new installation: schema, ledger, first publication of `sources`, their
 * records.yaml, as acts by auto.  Into a database that holds none, nor part of one: the caller
 * looks before, and nothing of one that failed can be opened. */
MUST_CHECK err engine_init(struct arena *life, const struct engine_options *opt,
                           const struct sources *s, struct diags *d, struct engine **ret);
/* An existing one. */
MUST_CHECK err engine_open(struct arena *life, const struct engine_options *opt,
                           struct engine **ret);
/* For examples and tests: everything on the calling thread and one connection,
 * in memory or wherever `opt->url` says. */
MUST_CHECK err engine_open_memory(struct arena *life, const struct sources *s,
                                  const struct engine_options *opt, struct diags *d,
                                  struct engine **ret);
void engine_stop(struct engine *e);
/* Of an engine in memory: what happens between begin and end leaves no trace. */
MUST_CHECK err engine_scratch_begin(struct engine *e, struct arena *a);
MUST_CHECK err engine_scratch_end(struct engine *e, struct arena *a);

/* The model in force.  Held until engine_release: a retired model is freed when
 * nobody holds it.  Take it once per request. */
const struct model *engine_model(struct engine *e);
void engine_release(struct engine *e, const struct model *m);

/* Waits until the model in force is of this epoch or later, which a snapshot
 * may show a moment before the model is. */
MUST_CHECK err engine_catch_up(struct engine *e, int64_t epoch);

/* Every version of every regulation, as the database holds them. */
MUST_CHECK err engine_sources(struct db *db, struct arena *a, struct sources *ret);

int64_t engine_now(const struct engine *e);

/* A reader's connection for one worker thread; closes with `life`. */
MUST_CHECK err engine_reader(struct engine *e, struct arena *life, struct db **ret);
/* The writer's own connection, of an engine in memory. */
struct db *engine_db(struct engine *e);

/* One turn of the clock: terms whose marks are due, later effects, steps,
 * search text, a checkpoint.  What the background thread does every second;
 * tests and scenarios call it after moving the clock.  Returns acts done. */
int64_t engine_tick(struct engine *e, int64_t now);
/* The next moment at which the clock has something to do; 0: none. */
int64_t engine_next_due(struct engine *e, struct db *db, struct arena *a);

/* Traces of people that are kept beside the records: whoever keeps them erases somebody's, in
 * the writer's transaction; *gone of them; *kept: those whose time of keeping is not over. */
struct erase_traces {
    err (*erase)(void *arg, struct db *db, struct arena *a, int64_t person, int64_t now,
                 int64_t *gone, int64_t *kept);
    void *arg;
};
/* Before the first tick; *traces is copied. */
void erase_traces_by(struct engine *e, const struct erase_traces *traces);

struct engine_stats engine_stats(struct engine *e);
/* Adds the engine's checks and figures; it must outlive the registry's last use. */
void engine_health(struct engine *e, struct health *h);

#endif
