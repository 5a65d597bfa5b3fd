/* control.h - are the controls kept?  Judging them, and what came of it.
 *
 * What a control is: model/control.h.  All controls over one type are judged by one
 * statement, which gives each record a byte for each of them (its vector):
 *
 *   0            not in the population
 *   1            it holds
 *   2            unknown
 *   3 + i        it does not, for the i-th reason of the version that judged it
 *
 * The place of a control in the vector is its rank among the controls of its type, by
 * code; codes are only ever added, so a vector that is too short lacks zeros at its end.
 *
 * Tables:
 *   control_vector  record, type, vector, unit: of every record that is in some population, and
 *                   the unit it was of when it was judged, 0: none
 *   control_row     control, record, verdict byte, since, grace_at, find_at, finding: of every
 *                   record that is in the control's population and does not hold.  grace_at:
 *                   until then it counts as in grace; null: no grace.  find_at: when it is to
 *                   be a finding, or the one there is to be looked at again; null: neither;
 *                   finding: its id, 0: it was refused
 *   control_figure  control, unit, n, ok, violation, unknown: the figures of control_result,
 *                   by unit (control_unit.c)
 *   control_retest  control, record, finding: it does not violate any more, and the finding has
 *                   not been told
 *   control_dirty   record, type, act: touched, and not yet judged again
 *   control_seen    when, and at which entry of the ledger, nothing was left to judge; which
 *                   node judges
 *   control_result  control, and when, at which entry of the ledger, by which text it was
 *                   judged; how many of which verdict; what went wrong, if anything
 *
 * A violation is waived while a waiver of that control about that record is in force
 * (model/contract.h): that is asked when one looks, so no job ends it.
 *
 * Findings (control_find.c): what violates a control that says `fix_within`, is past its
 * grace and not waived becomes one, by an act of the engine; when it does so no more, its
 * re-test has passed; so it has while it is waived.  What is said to be mended and is not goes
 * back.
 *
 * Invariant: population = holds + violations + in grace + waived + unknown, counted from
 * the same vectors.  Only this file's runs write the three tables; they are derived, and
 * made anew by a full run, so they are no part of the ledger.
 *
 * A control that the database cannot judge (a number out of range, longer than
 * CONTROL_MS) is in error; it does not keep the others of its type from being judged.
 */
#ifndef ENGINE_CONTROL_H
#define ENGINE_CONTROL_H

#include "engine/attest.h"
#include "engine/ctx.h"
#include "model/control.h"

enum {
    VERDICT_OUT,
    VERDICT_OK,
    VERDICT_UNKNOWN,
    VERDICT_VIOLATION, /* and the reasons from here */
};

/* When a control says nothing else: older than this a result is stale.  Longer than a
 * day, so that a nightly run that is a little late is none. */
#define CONTROL_AGE_MS (26 * 3600000LL)

/* The first that applies, the worst first.  Only the last two are good: a machine judged
 * records and found them kept.  What somebody answered is attested, at best. */
enum control_state {
    CONTROL_ERROR, /* it was not judged, or not to its end */
    CONTROL_STALE, /* the result is too old, or there is none */
    CONTROL_VACUOUS,
    CONTROL_FAIL,
    CONTROL_UNKNOWN,
    CONTROL_WARN,     /* violations in grace, none beyond it */
    CONTROL_ATTESTED, /* manual: the owner's answer says that it is kept, and is not too old */
    CONTROL_PASS_WAIVED,
    CONTROL_PASS,
    CONTROL_STATES
};

struct control_counts {
    int64_t n, ok, violation, in_grace, waived, unknown;
};

struct control_result {
    const struct control *control;
    const struct cdef *def; /* the newest version's */
    bool judged;            /* false: never yet */
    struct control_counts counts;
    int64_t as_of; /* UTC ms of the snapshot that was judged */
    int64_t size;  /* entries the ledger had then */
    int64_t took_us;
    str error;         /* of the database; empty: none */
    struct words note; /* of what the program verified of itself: the first that is wrong */
    /* Of a manual control, whose counts are all 0: nothing was judged, so nothing is counted.
     * `as_of` is when it was answered. */
    struct control_answer answer;
    enum control_state state;
};

/* What follows of the counts, the age and the error; ctx->now is the moment. */
enum control_state control_state_of(const struct ctx *ctx, const struct control_result *r);
/* Is it kept, as far as a machine can tell: what may be shown green?  Never a manual one. */
bool control_state_good(enum control_state s);
/* Older than this a result is stale; ms. */
int64_t control_age_max(const struct cdef *c);
struct words control_state_words(enum control_state s);
str control_state_key(enum control_state s); /* as programs read it: "pass_waived" */
/* Per thousand of those that count (all but the waived) which hold, rounded down, so
 * that 1000 means every one; -1: none count. */
int control_rate(const struct control_counts *c);

/* All controls of the newest versions, in order of regulation and place in its text; into
 * ctx->arena. */
MUST_CHECK err control_results(const struct ctx *ctx, struct control_result **ret, size_t *n);
MUST_CHECK err control_result(const struct ctx *ctx, const struct control *c,
                              struct control_result *ret);

enum { CONTROL_ANY_UNIT = -1 };
/* A unit as addresses name it, 0 being none, "" any; false: not one. */
bool control_unit_named(str text, int64_t *ret);

/* Records of one control that do not hold, and which ctx->actor may see, the longest first
 * (none of one that judges no records), of any unit or of this one (0: without one); at most
 * `limit` after the place (*since, *record), 0 and 0: from the beginning. */
struct control_row {
    int64_t record, since, grace_at; /* grace_at 0: none */
    int verdict;
    str number, name;
    const struct control_reason *reason; /* NULL: unknown */
    bool waived;
    int64_t waived_until;    /* the last day, as a number of days; 0: not waived */
    int64_t waiver, finding; /* in force, not closed, and the actor may see it; 0: none */
    str waiver_number, finding_number;
    const struct state *finding_state;
    const str *shown; /* the columns of `show` of the newest version, as the actor reads them */
};
MUST_CHECK err control_rows(const struct ctx *ctx, const struct control *c, int64_t unit,
                            int64_t since, int64_t record, int limit, struct control_row **ret,
                            size_t *n);

/* Which controls one record, that ctx->actor may see, does not keep, the worst first.  In two
 * parts: `batch`, where there is one, goes along with the next (batch_ride). */
struct control_ask {
    struct batch *batch; /* NULL: no control is over its type */
    int place;
};
struct control_break {
    const struct control *control;
    struct control_row row; /* of it: since, grace_at, verdict, reason, waived */
};
struct control_ask control_breaks_ask(const struct ctx *ctx, const struct type *t, int64_t record);
/* `law`: the version of the record. */
MUST_CHECK err control_breaks_read(const struct ctx *ctx, const struct control_ask *ask,
                                   int64_t law, struct control_break **ret, size_t *n);

/* Judges all controls of all records, or those of the types for which `far` (a full look is
 * the only one that helps, see struct cdef), and writes what is different; the counts are
 * those of one snapshot for each type.  On a reader's connection `db` outside a transaction. */
MUST_CHECK err control_run(struct engine *e, struct db *db, struct arena *a, int64_t now, bool far);
/* Violations that are to become findings, and have not: past their grace, not waived when last
 * looked at; because CONTROL_OPEN_MAX of this control are open, or it is not their turn yet.
 * At most CONTROL_LEFT_MAX are counted. */
enum { CONTROL_OPEN_MAX = 200, CONTROL_LEFT_MAX = 1000 };
struct batch *control_unfound_ask(const struct ctx *ctx, const struct control *c);
MUST_CHECK err control_unfound_read(const struct ctx *ctx, struct batch *b, int64_t *ret);

/* Opens, tests and reopens findings for what the last look has found, each an act by auto of
 * its own; what a rule refuses is put away as a failed job and not tried again.  At most
 * CONTROL_FIND_TURN of each control; *acts: how many it did. */
MUST_CHECK err control_find(struct engine *e, struct db *db, struct arena *a, int64_t now,
                            int *acts);
/* Judges again what acts have marked since, until nothing is left.  *whole: that is not
 * enough, all must be judged. */
MUST_CHECK err control_follow_up(struct engine *e, struct db *db, struct arena *a, int64_t now,
                                 bool *whole);

#endif
