/* duty.h - are recurring obligations met?  What came of each duty.
 *
 * What a duty is: model/duty.h.  Its occurrences are records of the register `duty_run`;
 * the clock opens each when its period begins, sees when it was met, and says so when it
 * was missed (duty_clock.c), always as an act by auto.  An occurrence is told by its key,
 * "DUTY/object/beginning", which is unique: two nodes, a stopped server or a clock moved
 * back make none twice.
 *
 *   waiting   owed, not yet met
 *   done      met by `due`
 *   late      met after `due`
 *   missed    not met by `closes` (due and its grace); it may still become late
 *   dropped   no longer owed: the duty or its object is gone
 *
 * A duty stands as controls do (enum control_state):
 *   stale     the clock has not looked for DUTY_AGE_MS
 *   vacuous   nothing has been owed yet
 *   fail      the last occurrence that ended, of some object, is missed
 *   warn      some waiting one is past due, within its grace, whether or not another has ended
 *   unknown   none has ended yet
 *   pass      else: the last one of every object was done, or done late
 */
#ifndef ENGINE_DUTY_H
#define ENGINE_DUTY_H

#include "engine/control.h"
#include "model/duty.h"

#define DUTY_AGE_MS (10 * 60000LL)
#define DUTY_YEAR_DAYS 366

enum { DUTY_STATES = 5 }; /* waiting, done, late, missed, dropped, in this order */
extern const str duty_state_keys[DUTY_STATES];

struct duty_counts { /* of occurrences of the last year, where nothing else is said */
    int64_t waiting, overdue, done, late, missed, dropped; /* overdue: of the waiting */
    int64_t failing; /* objects whose last ended occurrence is missed */
};

/* The day on which the last year begins: DUTY_YEAR_DAYS ago.  Counted as of it are the occurrences
 * whose period began on it or later. */
int64_t duty_year_first(const struct ctx *ctx);

struct duty_result {
    const struct duty *duty;
    const struct ddef *def; /* the newest version's */
    struct duty_counts counts;
    int64_t next_due; /* of the waiting ones, UTC ms; 0: none */
    int64_t as_of;    /* when the clock last looked; 0: never */
    bool ended;       /* some occurrence of it ever did, also before the year of `counts` */
    enum control_state state;
};

/* Lesser is worse, as control_rank (compliance.h); what has not begun yet is no worse than in
 * grace. */
int duty_rank(const struct duty_result *r);
/* It is not met: not merely that nothing has been owed, or has ended, yet. */
bool duty_bad(const struct duty_result *r);
/* How many have ended: done, late or missed. */
int64_t duty_ended(const struct duty_counts *c);

/* All duties of the newest versions, in order of regulation and place in its text; into
 * ctx->arena. */
MUST_CHECK err duty_results(const struct ctx *ctx, struct duty_result **ret, size_t *n);
/* The same in two parts, so that it costs a page no trip of its own: asked along with the next
 * batch of the connection, read when that has run. */
struct duty_asked {
    struct batch *b; /* NULL: there are no duties */
    int seen, figures, ended;
};
struct duty_asked duty_results_ask(const struct ctx *ctx);
MUST_CHECK err duty_results_read(const struct ctx *ctx, const struct duty_asked *q,
                                 struct duty_result **ret, size_t *n);
MUST_CHECK err duty_result(const struct ctx *ctx, const struct duty *d, struct duty_result *ret);

/* Occurrences that ctx->actor may see. */
struct duty_row {
    int64_t id;
    const struct duty *duty;                    /* NULL: of a regulation that is no more */
    str title;                                  /* as it was called when it began */
    int64_t begins, ends, due, closes, done_at; /* UTC ms; done_at 0: not done */
    int64_t state;                              /* place in duty_state_keys */
    int64_t skipped;                            /* periods passed over before it */
    const struct type *about_type;
    int64_t about, record; /* 0: none */
    str about_name;
    str owners, doer; /* names */
};
/* What it is called today; of a duty that is no more, as it was when it began. */
str duty_row_title(const struct ctx *ctx, const struct duty_row *r);
/* Which occurrences are meant; {0}: all. */
struct duty_of {
    const struct duty *duty; /* of one */
    const struct reg *reg;   /* of a regulation ... */
    str clause;              /* ... and its article of this id; empty: any */
    const struct duty *post; /* of duties of this one's regulation that its post owes, too */
    bool by_unit, by_owner;
    int64_t unit;      /* by_unit; 0: of none */
    int64_t owner;     /* by_owner: who owes it; 0: nobody does */
    int64_t doer;      /* who did it; 0: anybody */
    int64_t from, end; /* periods that began on these days, from the first to before the other;
                          end 0: any */
};
/* How its newest version words it; of a duty that is no more, the last that did. */
const struct ddef *duty_def(const struct duty *d);
/* Is it meant, whatever the unit, the people and the days? */
bool duty_meant(const struct ctx *ctx, const struct duty_of *of, const struct duty *d);
/* Those meant: by code; into ctx->arena. */
size_t duty_list(const struct ctx *ctx, const struct duty_of *of, const struct duty ***ret);

struct duty_ask {
    struct duty_of of;
    int state;        /* place in duty_state_keys; -1: all */
    bool open;        /* waiting and missed only */
    bool ended;       /* done, late and missed only */
    bool overdue;     /* waiting past their due only */
    bool mine;        /* those that ctx->actor owes */
    int64_t from, to; /* due within; 0: any */
    int64_t after;    /* a page: rows before this id; 0: from the newest */
    int limit;
};
/* The newest first; with from and to by due. */
MUST_CHECK err duty_rows(const struct ctx *ctx, const struct duty_ask *ask, struct duty_row **ret,
                         size_t *n);

/* When the next period of a rhythm of the calendar begins, UTC ms; 0: of other rhythms.  Owed is
 * nothing before the first whole one, so this is when a duty begins that nobody has owed yet. */
int64_t duty_next_begin(const struct ctx *ctx, const struct ddef *d);
/* The day by whose end it is to be done: of a due at midnight the day before. */
int64_t duty_day(const struct model *m, int64_t due);

/* Occurrences of periods that are still to begin, as they would come if regulations, calendar and
 * objects stay as they are: what falls due on a day, by duty.  No record is there yet, and who
 * will hold the post that day is not known.  Objects are counted, whoever may see them, as on the
 * page of the duty; whoever only reads (ctx->reading) is told of none. */
struct duty_foreseen {
    const struct ddef *def;
    int64_t day;     /* duty_day of its due */
    int64_t objects; /* for how many it falls due; 1 where the duty has none */
    bool at_least;   /* of the first DUTY_FORESEE_OBJECTS: there are more */
    bool often;      /* for some of them more than once that day */
};
enum { DUTY_FORESEE_DAYS = 400 /* from today on */, DUTY_FORESEE_OBJECTS = 500 };
struct calendar_asked;
struct duty_foresight {
    struct batch *b; /* NULL: nothing can be foreseen */
    struct calendar_asked *calendar;
    int began, *places;
    bool more;          /* there are more duties than can be asked about at once */
    int64_t first, end; /* days */
};
/* Of the days from `first` to before `end`; `mine`: what ctx->actor would owe if it fell to him
 * today.  Asked along with the next batch of the connection, read when that has run: one more
 * batch, and that only where the due of a duty is reckoned from its period.  In order of day and
 * duty; *more: there are more than could be reckoned or told. */
struct duty_foresight duty_foresee_ask(const struct ctx *ctx, int64_t first, int64_t end,
                                       bool mine);
MUST_CHECK err duty_foresee_read(const struct ctx *ctx, const struct duty_foresight *q,
                                 struct duty_foreseen **ret, size_t *n, bool *more);
/* Who owes it, by post or relation, in words where there are some, else as it is written. */
str duty_owner_words(const struct ctx *ctx, const struct ddef *d);

#endif
