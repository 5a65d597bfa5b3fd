/* job.h - long work: imports, lists as files.  Shown with its progress; can
 * be left, found again, and cancelled.
 *
 * A job is a row: who asked, how far it is, how it ended.  Whoever does the work
 * says so now and then; a job that has been silent for a minute (JOB_SILENT_MS)
 * belonged to a program that is gone.  Such a job that the server does by itself is
 * taken once more, from its beginning; anything else has failed, and its message
 * says what to do.  So a restart loses none without a word.
 *
 * Two kinds of job: those asked for here and taken by a runner (web/work.h), with an
 * `input`; and those that a command or a thread does where it stands, which only
 * tell of themselves (an import).
 *
 * All writing goes through the writer and is durable when the function returns;
 * beside an ERR_STORE of the database they fail as told.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "engine/ctx.h"

struct engine;

/* As stored. */
enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

enum {
    JOB_SILENT_MS = 60000,
    JOB_MINE_MAX = 3,  /* of one person, waiting or at work */
    JOB_KEPT_DAYS = 7, /* the result of one that was asked for */
    JOB_SHOWN = 100    /* of a list */
};

struct job {
    int64_t id;
    int64_t person;                 /* who asked; 0: the command line or the clock */
    int64_t done, total;            /* in the job's own unit; total 0: not known */
    int64_t created_at, changed_at; /* UTC ms */
    enum job_state state;
    struct words title;
    str kind;
    str message; /* Chinese, a line end, English: job_words */
    str result;  /* name of the file that came of it, or detail of an error */
    str input;   /* what was asked, for whoever runs it; empty in lists */
};

/* What a job says of itself, in one language. */
str job_words(const struct job *j, enum lang lang);

/* --- reading: in ctx->db, into ctx->arena --------------------------------------------- */

/* The newest JOB_SHOWN, of everybody. */
MUST_CHECK err job_list(const struct ctx *ctx, struct job **ret, size_t *n);
/* ... of ctx->actor. */
MUST_CHECK err job_mine(const struct ctx *ctx, struct job **ret, size_t *n);
/* ERR_NOT_FOUND: there is none of that number, or it is not ctx->actor's. */
MUST_CHECK err job_get(const struct ctx *ctx, int64_t id, struct job *ret);
/* Is there one to take, or one whose program is gone?  Without writing. */
MUST_CHECK err job_any(struct db *db, struct arena *a, int64_t now, bool *ret);

/* --- asked for, and taken by a runner ------------------------------------------------- */

/* Puts one into the queue.  ERR_RULE with words when this person has JOB_MINE_MAX of
 * them waiting or at work. */
struct job_ask {
    str kind, input;
    struct words title;
    int64_t person;
};
MUST_CHECK err job_ask(struct engine *e, struct arena *a, const struct job_ask *ask, int64_t now,
                       int64_t *ret_id);
/* Takes the oldest that waits, or that was cut off and not yet taken again; of several
 * runners (and nodes) one gets it.  ret->id 0: there is none.  Marks as failed what is
 * silent otherwise.  Texts of *ret are in `a`. */
MUST_CHECK err job_take(struct engine *e, struct arena *a, str kind, int64_t now, struct job *ret);
/* Gives it back: the runner has to end.  Somebody takes it again from its beginning. */
MUST_CHECK err job_give_back(struct engine *e, int64_t id, int64_t now);
/* Forgets those of `kind` that ended before `before` (UTC ms), at most 1,000. */
MUST_CHECK err job_forget(struct engine *e, str kind, int64_t before);

/* --- whoever does the work ------------------------------------------------------------ */

/* Begins one at once. */
MUST_CHECK err job_begin(struct engine *e, str kind, struct words title, int64_t person,
                         int64_t total, int64_t now, int64_t *ret_id);
/* How far it is; at least every half minute.  *cancelled: somebody asked for its end;
 * then end it, at a place where nothing is half done, with JOB_CANCELLED. */
MUST_CHECK err job_tell(struct engine *e, int64_t id, int64_t done, str message, int64_t now,
                        bool *cancelled);
/* `message` says in words what was done, also of one that was cancelled. */
MUST_CHECK err job_end(struct engine *e, int64_t id, enum job_state state, int64_t done,
                       str message, str result, int64_t now);

/* Asks for the end of one that waits or runs; `person` 0: of anybody's, else of his own.
 * ERR_NOT_FOUND when there is no such job. */
MUST_CHECK err job_cancel(struct engine *e, int64_t id, int64_t person, int64_t now);

#endif
