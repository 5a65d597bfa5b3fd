/* control_int.h - what the C files about controls share. */
#ifndef ENGINE_CONTROL_INT_H
#define ENGINE_CONTROL_INT_H

#include "engine/control.h"
#include "engine/engine_int.h"

enum {
    CONTROL_CHUNK = 500,       /* records judged by one question, */
    CONTROL_CHUNK_MOST = 2500, /* or so many where few controls judge them: */
    CONTROL_CELLS = 25000,     /* with so many verdicts at most */
    CONTROL_CHUNK_BYTES = 64 << 20,
    CONTROL_ROWS = 3000,      /* written by one job: acts wait behind it */
    CONTROL_MS = 30000,       /* for one chunk */
    CONTROL_DOWNS_MAX = 32,   /* fields of one type by which its records name judged ones */
    CONTROL_TURN = 1000,      /* marks worked off in one turn */
    CONTROL_PATHS_MAX = 256,  /* of one type; what is beyond is judged by full runs */
    CONTROL_FIND_TURN = 20,   /* findings of one control opened in one turn */
    CONTROL_CONCERNED = 8000, /* records judged in one turn; more: all of the type */
};

/* The controls of one type, by their places in the vector. */
struct control_set {
    const struct type *type;
    const struct control **list;
    size_t n;
};

/* The sets of a model, one for each type that has controls; *n of them. */
struct control_set *control_sets(const struct model *m, struct arena *a, size_t *n);
/* -1: the control is not of this set. */
int control_place(const struct control_set *s, const struct control *c);

/* Records after $4, at most $5, by id: the id, then a byte for each control of which
 * only[i] is set (NULL: all); the others are 0; last its unit, 0: none. */
struct sql control_select(const struct control_set *s, const bool *only, struct arena *a);
/* The byte of one control, over r. */
void control_put(struct sqlb *b, const struct control *c, struct arena *a);
/* The byte of one control for the record $4; no row: there is no such record. */
struct sql control_select_one(const struct control *c, struct arena *a);

/* The same of the records that marks up to act $4 concern, and the vectors written of them. */
struct sql control_select_marked(const struct control_set *s, struct arena *a);
struct sql control_vectors_marked(const struct control_set *s, struct arena *a);

/* How many records have which verdict, or how many more. */
struct control_tally {
    int64_t n, ok, violation, unknown;
};
void control_tally_put(struct control_tally *t, int verdict, int64_t by);
bool control_tally_any(const struct control_tally *t);

/* The same of each control of one set, by unit of the record (column unit; 0: none). */
struct control_units {
    const struct control_set *set;
    struct control_unit {
        int64_t unit;
        struct control_tally *of; /* by the control's place in the set */
    } * list;                     /* by unit */
    size_t n, room;
};
/* Those of a unit, zeros when it is new; they stay where they are. */
struct control_tally *control_units_at(struct control_units *u, struct arena *a, int64_t unit);
/* Of all units together. */
struct control_tally control_units_sum(const struct control_units *u, size_t place);
/* Table control_figure is to say this of the controls at from <= place < to of which only[place] is
 * set: what is different is written.  In a writer's job, queued. */
MUST_CHECK err control_units_write(struct db *db, struct arena *a, const struct control_units *u,
                                   const bool *only, size_t from, size_t to);

/* A record whose vector, or unit, is another than was written; `was` may be shorter: the rest is
 * zeros. */
struct control_change {
    int64_t record;
    str was, is;
    int64_t unit_was, unit;
};
struct control_work {
    const struct control_set *set;
    const struct control_change *changes;
    size_t nchanges;
    bool count; /* the results' figures follow; a full run writes them itself */
};
int control_byte(str vector, size_t i);
bool control_differs(const struct control_change *c);
/* The record, vector and unit of a row of control_select and control_select_marked. */
struct control_change control_judged(struct arena *a, const struct control_set *s,
                                     const struct rows *r);
/* What was written of it before, if `old` stands at its row: record, vector, unit. */
void control_put_was(struct control_change *c, const struct rows *old, bool there);
/* Writes them, in jobs that keep no act waiting; ctx is the reader's that judged.  When it fails,
 * the first of them may be written: vector, rows and figures of a record stand or fall together. */
MUST_CHECK err control_write(struct engine *e, const struct ctx *ctx,
                             const struct control_work *work);
/* Does some control read what only a full look follows?  *clock: does some read now? */
bool control_any_far(const struct model *m, bool *clock);
/* One node judges at a time.  Takes that for this node, or renews it; *until: when to do so
 * again (UTC ms), 0: another node judges. */
MUST_CHECK err control_judge_take(struct engine *e, int64_t now, int64_t *until);
/* Others need not wait until it runs out. */
MUST_CHECK err control_judge_leave(struct engine *e);
/* In a writer's job, before what a look found is written: ERR_BUSY when another node judges
 * by now.  Where none has taken it (examples, tests) anybody may write. */
MUST_CHECK err control_judge_check(const struct engine *e, struct db *db, struct arena *a);
/* Does this node have it?  For any thread. */
bool control_judges(struct engine *e);
/* Verifies, and writes what came of it, of a control that says `self`; ERR_BUSY when the engine
 * stops meanwhile.  On a reader's connection outside a transaction. */
MUST_CHECK err control_self_run(struct engine *e, struct db *db, struct arena *a, int64_t now,
                                const struct control *c);
/* The thread that does so when it is due. */
MUST_CHECK err control_self_start(struct engine *e);
void control_self_stop(struct engine *e);
/* Nothing was left to judge at `now`, with `size` entries in the ledger. */
MUST_CHECK err control_put_seen(struct engine *e, int64_t now, int64_t size);
/* Marks records of which a term fell due after `from`, until `to` (UTC ms). */
MUST_CHECK err control_mark_due(struct engine *e, int64_t from, int64_t to);

/* When a length that begins now is over; null: none is said. */
MUST_CHECK err control_until(const struct ctx *ctx, const struct cond *length, struct db_arg *ret);
MUST_CHECK err control_ledger_size(const struct ctx *ctx, int64_t *ret);
/* The reason as the version that judged the record words it; NULL: unknown. */
const struct control_reason *control_reason_of(const struct control *c, int64_t law, int verdict);
/* "select distinct w.control, w.record, w.grace_at": violations that are waived, of one control
 * ($4), or all (NULL); the model has waivers. */
void control_put_waived(struct sqlb *b, const struct model *m, const struct control *one);
/* "waiver ALIAS is in force today": $3 is today; the model has waivers. */
void control_put_in_force(struct sqlb *b, const struct model *m, const char *alias);
/* A finding is closed in a state that `reopen` leaves, or a final one; the model has findings. */
bool control_closed_state(const struct model *m, const struct state *s);
/* Somebody says that it is mended: a re-test that fails would move it.  The model has findings. */
bool control_awaits_test(const struct model *m, const struct state *s);
/* Does the action lead from this state?  NULL: no. */
bool control_leads(const struct action *x, const struct state *s);
/* How many findings are open of control $4, no further than $5. */
struct sql control_open_sql(const struct model *m, struct arena *a);
/* "finding ALIAS is closed". */
void control_put_closed(struct sqlb *b, const struct model *m, const char *alias);
/* After a publication: what violates a control that says `fix_within` by now, and is none yet,
 * is to be a finding. */
MUST_CHECK err control_find_again(struct engine *e, int64_t now);

/* What touching a record of each type means to the controls, by code of the type. */
const struct control_watch *control_watches(const struct model *m, struct arena *a);

#endif
