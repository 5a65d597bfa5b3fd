/* duty_int.h - what the C files about duties share. */
#ifndef ENGINE_DUTY_INT_H
#define ENGINE_DUTY_INT_H

#include "engine/clock_int.h"
#include "engine/duty.h"

enum {
    DUTY_LOOK = 200,      /* rows of one question */
    DUTY_TODO_MAX = 500,  /* things one look finds */
    DUTY_TURN = 10000,    /* objects and occurrences looked at in one turn of the clock; where
                             there are more, the next turn goes on behind the last one */
    DUTY_CATCH_UP = 12,   /* periods of one object made up after a stop; the rest is counted */
    DUTY_OWNERS_MAX = 50, /* people who owe one occurrence */
};

/* --- duty_time.c ------------------------------------------------------------------------- */

struct duty_period {
    int64_t begins, ends, due, closes; /* UTC ms */
    int64_t skipped;
    bool any; /* false: none has begun */
};
/* The object a period is made for. */
struct duty_object {
    int64_t id, unit; /* 0: none */
    int64_t since;    /* periods before it are not owed */
    int64_t last;     /* where the last occurrence ended; 0: there was none */
    int64_t length;   /* value of ddef.length, or the moment of ddef.at in ms */
};
/* The oldest period of the object that has begun and has no occurrence, but of what a stop
 * has left only the last DUTY_CATCH_UP. */
MUST_CHECK err duty_period(const struct ctx *ctx, const struct ddef *d, const struct duty_object *o,
                           struct duty_period *ret);

/* The period that begins where the one before it ended, at `last` (0: the first one): when it
 * begins and ends, not when it is due.  Not of EVERY_ONCE. */
MUST_CHECK err duty_period_after(const struct ctx *ctx, const struct ddef *d,
                                 const struct duty_object *o, int64_t last,
                                 struct duty_period *ret);
/* What `due` and `grace` of the definition come to, of one period; absent where they say
 * nothing, or are unknown. */
struct duty_said {
    bool has_due, has_grace;
    int64_t due, grace;
};
/* Puts due and closes of a period whose beginning and end stand. */
MUST_CHECK err duty_reckon(const struct ctx *ctx, const struct ddef *d,
                           const struct duty_said *said, struct duty_period *p);
/* A beginning of a period of plain length, at or after `to`, counted on from the one at `at`; of
 * other periods, and where it is later already, `at` itself. */
int64_t duty_step_over(const struct ddef *d, const struct duty_object *o, int64_t at, int64_t to);

/* --- duty_look.c --------------------------------------------------------------------------- */

enum duty_what { DUTY_OPEN, DUTY_MET, DUTY_MISS, DUTY_DROP, DUTY_ASSIGN };
struct duty_todo {
    enum duty_what what;
    const struct duty *duty; /* NULL: of a regulation that is no more */
    struct duty_object object;
    struct duty_period period; /* open */
    int64_t run;               /* else: the occurrence */
    int64_t met_by;            /* met: the record */
};
struct duty_todos {
    struct duty_todo list[DUTY_TODO_MAX];
    size_t n;
};
/* How far the objects have been gone through.  A pass looks at each object of each duty once,
 * by id, however many looks and turns that takes; whatever begins behind is for the next pass. */
struct duty_walk {
    int64_t left; /* objects and occurrences that may be looked at in this turn */
    int64_t
        after[DUTIES_MAX]; /* by code of the duty: its last object looked at; -1: none is left */
    bool owners;           /* who owes what waits is looked at too, ... */
    int64_t owners_after;  /* ... behind this occurrence */
    bool more;             /* of the last look: something of the pass is left */
};
void duty_walk_begin(struct duty_walk *w);
/* What is to be done at ctx->now about what comes next, and what was met, missed or left. */
MUST_CHECK err duty_look(const struct ctx *ctx, struct duty_walk *walk, struct duty_todos *ret);
/* " from r_T v_x where v_x.id = $n", or nothing for a duty without objects. */
void duty_put_object(struct sqlb *b, const struct ddef *d, int param);
/* " (select .. as id, unit, created_at, len, last, due) x": the objects of a duty, or the one row
 * of a duty without; $4: its key.  len: value of ddef.length or the moment of ddef.at; last: where
 * the last occurrence ended (once: whether it came).  due: what ddef.due comes to where it reads
 * nothing of the period, else null; `mine`: only what $2 would owe today. */
struct duty_objects {
    bool due, mine;
};
void duty_put_objects(struct sqlb *b, const struct model *m, const struct ddef *d,
                      struct duty_objects with);
/* Since when the duty stands in its regulation without a break, not before `first_act`. */
int64_t duty_since(const struct duty *d, int64_t first_act);
/* --- duty.c: figures of r, of which each row is n occurrences (state, f_due), from column `at` on:
 * n of each state, then the overdue --- */

void duty_put_figures(struct sqlb *b, const struct model *m);
struct duty_counts duty_take_figures(const struct rows *r, int at);

/* Since when the last year is counted, UTC ms. */
int64_t duty_year_since(const struct ctx *ctx);
/* " and ..": occurrences r are among those meant; adds its arguments to `args`, of which there are
 * *n (their $ counts from 4). */
enum { DUTY_OF_ARGS = 6 + 512 };
void duty_put_of(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                 struct db_arg *args, int *n);
/* The two parts of it: whose they are (`owners`: the table of who owes r), and when they began. */
void duty_put_whose(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of, str owners,
                    struct db_arg *args, int *n);
void duty_put_window(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     struct db_arg *args, int *n);
/* The table of who owes which occurrence: owner, target. */
str duty_owner_table(struct arena *a, const struct model *m);

str duty_key(struct arena *a, const struct duty *d, int64_t about, int64_t begins);
/* Code of a state of duty_run, by place in duty_state_keys; -1: there is none. */
int64_t duty_state_code(const struct model *m, int place);

/* --- duty_do.c ------------------------------------------------------------------------------- */

/* One of them, as an act by auto.  What its effects are refused is put away with the reason,
 * and the occurrence begins or is missed all the same; *done: something was done. */
MUST_CHECK err duty_do(struct engine *e, int64_t now, const struct duty_todo *todo, bool *done);

/* What is kept of the effects of a model's duties, by code. */
struct duty_plans {
    struct eplan create;
    struct eplan *missed;
};
struct duty_plans *duty_plans(const struct model *m, struct arena *a);

#endif
