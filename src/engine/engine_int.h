/* engine_int.h - what the C files of the engine's writing side share: the
 * engine itself, the models it holds, the statements made of a model.
 *
 * Conventions of every statement made here (see model.h):
 *   $1 now, $2 actor, $3 today; then, as struct stmt says, the id of the record
 *   or its whole row as parameters, then the row before the act, then more.
 *   Alias r is the record, o the record before the act, v_x the element of a
 *   for_each.  The text of a statement depends on the model only, never on
 *   values, so it is made once and stays prepared.
 *
 * Threads: plans are made under the lock of the held model, in its arena, which
 * never jumps.  world is the writer's alone.
 */
#ifndef ENGINE_ENGINE_INT_H
#define ENGINE_ENGINE_INT_H

#include "base/uid.h"
#include "engine/engine.h"
#include "engine/schema.h"
#include "engine/thread.h"
#include "ledger/ledger.h"

#include <pthread.h>

/* Entries of the ledger that are no acts on records. */
enum { ENTRY_LAW = 0xfff0, ENTRY_SETTING = 0xfff1 };
#define SETTING_OBJECT "setting:%.*s:%.*s:%lld" /* regulation, key, unit */

/* --- columns of a record table ------------------------------------------------ */

enum {
    COL_ID,
    COL_NUMBER,
    COL_NAME,
    COL_STATE,
    COL_LAW,
    COL_VER,
    COL_CREATED,
    COL_CHANGED,
    COL_CREATOR,
    COL_UNIT,
    COL_BASE /* then one column per state (at_S), then the fields */
};
/* engine_has_room: columns of a record; actions that one state waits for. */
enum { COLS_MAX = 320, NEXT_MAX = 100 };
enum { PEOPLE_MAX = 200 }; /* who are told, or get a task, of one action or effect */

struct colset {
    uint64_t bits[COLS_MAX / 64];
};
static inline void colset_add(struct colset *s, int c)
{
    s->bits[c / 64] |= 1ULL << (c % 64);
}
static inline bool colset_has(const struct colset *s, int c)
{
    return c >= 0 && (s->bits[c / 64] >> (c % 64) & 1) != 0;
}

/* --- statements made of a model -------------------------------------------------- */

/* Where the arguments of a statement come from, in this order. */
struct stmt {
    struct sql sql;
    bool present;
    bool by_id;     /* $4: id of the record */
    bool by_row;    /* $4...: the record as a row of parameters */
    bool old;       /* the row before the act as parameters */
    bool same;      /* nothing was changed yet: that row is the record itself */
    int more;       /* further arguments, after those */
    int first_more; /* number of the first of them */
};

enum guard_kind { GUARD_SEE, GUARD_WHO, GUARD_NEED, GUARD_TO, GUARD_WHEN, GUARD_DEFAULT };
struct guard {
    enum guard_kind kind;
    const struct cond *cond;
    const struct add *add; /* whose demand it is, or NULL */
    int index;             /* of the target state, the ask, the field */
};
struct guards {
    struct stmt stmt;
    struct guard *list; /* column i of the statement */
    size_t n;
};

struct eplan { /* one effect */
    bool built;
    struct stmt read; /* when, values, path, length; for each: one row an element */
    int col_when, col_set, col_take, col_path, col_after, col_due, col_values, col_id;
    int col_text, col_text_en; /* -1, or absent: not selected */
    struct stmt people;        /* notify, task, receipt: ids of people */
    struct stmt total;         /* steps: count, greatest id, and `after` when there is one */
};

struct aplan { /* one action */
    const struct action *action;
    struct guards before;      /* see, who, needs judged before values */
    struct guards asks;        /* conditions of asks, on typed values */
    struct guards defaults;    /* creating: defaults that read no record, the creator's unit */
    struct guards defaults_r;  /* ... that read the record, on typed values */
    struct guards after;       /* needs on values, target states, on the written row */
    struct guards after_typed; /* the part of `after` a reader can judge on parameters */
    struct colset writes;      /* columns the action itself may write */
    struct eplan *effects;     /* neffects, then those of adds */
    const struct effect **effect_list;
    const struct law **effect_laws;
    size_t neffects;
    struct rplan *route; /* made when it is first needed; see approve_int.h */
};

struct calendar_held;
struct control_clock;
struct control_self;
struct duty_clock;
struct duty_plans;
struct control_watch;
struct tplan;
enum { SHAPES_MAX = 256 };
struct shape { /* an UPDATE of certain columns */
    struct colset set;
    struct sql sql;
    struct shape *next;
};

struct tplan { /* a type as of one version */
    const struct type *type;
    const struct tdef *def;
    int ncols;
    str *cols;
    bool *is_text;
    int *sorted;    /* columns by name */
    int *field_col; /* of def->fields[i]; -1: no column */
    int parent_col; /* part_of: f_P; -1 */
    struct sql select, insert;
    struct shape *shapes; /* the first SHAPES_MAX that were asked for; others are made each time */
    int nshapes;
    struct aplan **actions;
    struct sql *computed; /* UPDATE statements, in order */
    size_t ncomputed;
    struct stmt judge; /* the result: row, rules, name, terms, whether somebody watches */
    int col_rules, col_name, col_terms, col_watched;
    bool votes; /* some action of some version has an approval */
    bool number_paths;
    struct stmt number;        /* values of the number's paths, on typed values */
    const struct cond **rules; /* of the type and of adds */
    const struct add **rule_adds;
    size_t nrules;
    struct eplan **marks;     /* by term, by mark: effects in a row */
    struct stmt *next_people; /* tasks: by index of the action */
    bool *next_built;
    struct tplan *next;
};

/* A model, what was made of it, and who uses it. */
struct held_model {
    const struct model *model;
    struct arena arena;
    pthread_mutex_t lock; /* of plans */
    struct tplan **plans; /* by type code, chained by version */
    enum db_kind kind;
    int holders; /* under engine->lock */
    bool retired;
    const struct control_watch *watches; /* by code of the type: control_mark.c */
    struct duty_plans *duties;           /* by code of the duty: duty_do.c */
    struct held_model *next;
};

/* --- the engine --------------------------------------------------------------------- */

/* The writer's memory; follows the transaction. */
struct world {
    struct held_model *model;
    bool new_model; /* of this group: shown to readers when it is durable */
};

struct engine {
    struct arena *life;
    struct engine_options opt;
    bool memory, stopped;
    pthread_mutex_t lock;
    struct held_model *models; /* all that live, newest first */
    struct held_model *current;
    struct world now, mark, group;
    struct ledger *ledger;
    struct ledger_edge mark_edge, group_edge, scratch_edge;
    struct {
        int64_t controls_at; /* nothing was left to judge; 0: not yet, or there are none */
        bool judges;         /* of several nodes this one judges */
        int64_t tick_at, ledger_size, checkpoint_size, checkpoint_at, signer_last;
        enum signer_trouble signer;
        struct hash ledger_root;
        struct engine_queues queues;
    } seen; /* by the clock and the writer, under lock */
    struct arena tick;
    struct calendar_held *calendar; /* the writer's */
    struct seal *seal;              /* the writer's; NULL: no checkpoints are signed */
    struct db *db;                  /* memory: the only connection */
    struct arena work;              /* memory: the writer's arena */
    struct writer *writer;
    struct writer_hooks hooks;
    struct uid_state ids; /* the writer's */
    bool numbered;        /* PostgreSQL: ids.node is held by the writer's session */
    struct batch *begin;
    struct engine_thread clock;
    struct control_clock *controls; /* judges them; NULL: not started */
    struct control_self *self;      /* verifies; NULL: not started */
    struct duty_clock *duties;      /* the clock's; NULL: stopped */
    int64_t idem_at;
    int64_t looked_at;          /* the writer's: engine_look_around */
    struct erase_traces traces; /* kept beside the records (erase.h) */
    int64_t tasks_day; /* the day for which waiting tasks were last made to fit appointments */
};

void plan_columns(struct tplan *t, struct arena *a);
struct tplan *plan_type(struct held_model *h, const struct tdef *def);
struct aplan *plan_action(struct held_model *h, struct tplan *t, const struct action *action);
struct eplan *plan_effect(struct held_model *h, struct tplan *t, const struct effect *ef,
                          struct eplan *slot);
/* The UPDATE that writes exactly these columns: $1 id, then the values in order. */
struct sql plan_update(struct held_model *h, struct tplan *t, const struct colset *set,
                       struct arena *a);
/* People an action of `next` waits for. */
const struct stmt *plan_next_people(struct held_model *h, struct tplan *t, const struct action *a);
/* " order by": those whom the expression names first, then by id (w.id). */
void plan_first_named(struct sqlb *b, const struct people *who);
/* Ids of these people, in that order, about the record by id; the caller holds the lock. */
struct stmt plan_people(struct held_model *h, const struct tplan *t, const struct people *who,
                        int most);
/* FROM and WHERE of a statement about the record, and where arguments stand. */
void plan_close(struct sqlb *b, const struct tplan *t, struct stmt *s);
/* 1 when the actor is one of them, else 0. */
void plan_is_actor(struct sqlb *b, const struct people *p);
/* A fragment's surroundings: "from r_T r" and so on. */
void plan_from_row(struct sqlb *b, const struct tplan *t, const char *alias, int first);
void plan_bool(struct sqlb *b, const struct cond *c);

err act_job_run(struct writer_job *job, struct db *db, struct arena *a, void *world);
/* Is there room for what the model holds?  false: each that is too many is told to `d`. */
bool engine_has_room(const struct model *m, struct diags *d);
MUST_CHECK err engine_build(struct engine *e, struct arena *a, const struct sources *s,
                            int64_t epoch, struct diags *d, struct held_model **ret);
struct engine *engine_make(struct arena *life, const struct engine_options *opt, bool memory);
/* The writer; and then, of an installation that is whole, what happens by itself. */
MUST_CHECK err engine_start(struct engine *e);
MUST_CHECK err engine_clocks(struct engine *e);
void engine_hold_this(struct engine *e, struct held_model *h);
MUST_CHECK err clock_start(struct engine *e);
void clock_stop(struct engine *e);
/* The thread that judges controls (control_clock.c); stopped before the writer. */
MUST_CHECK err control_clock_start(struct engine *e);
void control_clock_stop(struct engine *e);
/* The same without the thread, for tests: made once, then turns at any `now` on the caller's
 * thread, which leave out the pauses between long looks; ended by control_clock_stop. */
void control_clock_make(struct engine *e);
void control_clock_turn(struct engine *e, int64_t now);
/* What is to be done about duties (duty_clock.c): made with the engine, for `life` is no thread's
 * but that which opens it; a tick returns how much was done; stopped after the clock. */
void duty_clock_make(struct engine *e);
int64_t duty_tick(struct engine *e, int64_t now);
bool duty_goes_on(const struct engine *e); /* the next tick has more to look at */
void duty_clock_stop(struct engine *e);
/* The next moment after `now` (0: never looked) at which there may be something; 0: there are no
 * duties. */
int64_t duty_next(const struct model *m, struct db *db, struct arena *a, int64_t now);
bool index_some(struct engine *e, struct db *db, struct arena *a);
/* A version that lets other texts be searched: every record of the type is indexed anew. */
MUST_CHECK err index_again(struct db *db, struct arena *a, const struct type *was,
                           const struct type *is);
MUST_CHECK err engine_put_law(struct engine *e, struct db *db, struct arena *a,
                              const struct sources *s, int64_t epoch, int64_t actor, int64_t now);

struct held_model *engine_hold(struct engine *e);
struct held_model *engine_held(struct engine *e, const struct model *m);
void engine_unhold(struct engine *e, struct held_model *h);
MUST_CHECK err engine_load(struct engine *e, struct db *db, struct arena *a, int64_t epoch,
                           struct held_model **ret);
/* Makes `h` the writer's model for what follows in this transaction. */
void engine_adopt(struct engine *e, struct held_model *h);
/* Gives up a model that was built and held, and is not in force. */
void engine_drop(struct engine *e, struct held_model *h);
/* Is the job a publication, and did it happen? */
MUST_CHECK err publish_was_done(struct writer_job *job, struct db *db, struct arena *a,
                                bool *is_one, bool *ret);
int64_t engine_id(struct engine *e, int64_t now);
/* Until this transaction ends nobody else writes, on whichever node. */
MUST_CHECK err engine_alone(struct db *db, struct arena *a);
/* The greatest id that acts and jobs have, 0: none; read when the batch has run. */
int engine_last_id_ask(struct batch *b);
int64_t engine_last_id_read(struct batch *b, int place);
/* Counts what waits, for engine_stats; once in ten seconds.  On the writer's
 * connection, outside a transaction. */
void engine_look_around(struct engine *e, struct db *db, struct arena *a, int64_t now);
MUST_CHECK err engine_run(struct engine *e, struct writer_job *job);

/* Column of a field in its type's rows; -1 for links and lines. */
int plan_col(const struct tplan *t, const struct field *f);
int plan_state_col(const struct tplan *t, const struct state *s);

#endif
