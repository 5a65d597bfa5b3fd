/* control_history.h - what controls were, until now: how long records did not hold, when
 * nobody looked, and a figure for each day.
 *
 * Tables:
 *   control_interval  control, record, kind (HISTORY_UNKNOWN, HISTORY_VIOLATION), from_ms and
 *                     to_ms (UTC), from_seq and to_seq (entries the ledger had): a record that
 *                     did not hold and does again, or is gone.  One that still does not is in
 *                     control_row, since `since`; it is one interval whatever the reason
 *   control_untested  control, kind (HISTORY_STALE, HISTORY_ERROR), from_ms, to_ms: when a
 *                     result was too old, or the control in error; to_ms null: it still is
 *   control_day       day (since 1970-01-01, in the zone of the installation), control, state,
 *                     controls, good, counts: as the last look of the day found it.
 *                     control HISTORY_ALL: all of them together, state the worst
 *
 * They are kept HISTORY_DAYS; they cannot be made anew, and are no
 * part of the ledger.
 *
 * Of time that was not tested nothing is said: it is told apart, never taken for kept.
 */
#ifndef ENGINE_CONTROL_HISTORY_H
#define ENGINE_CONTROL_HISTORY_H

#include "engine/control.h"

enum { HISTORY_UNKNOWN, HISTORY_VIOLATION };
enum { HISTORY_STALE = 1, HISTORY_ERROR };
enum { HISTORY_ALL = -1 };
enum { HISTORY_DAYS = 1100, HISTORY_CHART = 90 /* days of a chart */ };

/* What a control was between two moments. */
struct control_period {
    int64_t from, to;           /* UTC ms; `to` is never later than now */
    int64_t least, most;        /* population of its days; -1: no day is known */
    int64_t subjects;           /* records that ever broke it */
    int64_t still;              /* of them, those that do at the end, as of now */
    int64_t median_ms, most_ms; /* how long they did, within the period; 0: none did */
    int64_t stale_ms, error_ms; /* not tested */
};

/* Of all controls, in a few statements: by code of the control, model->ncontrols. */
MUST_CHECK err control_periods_ask(const struct ctx *ctx, int64_t from, int64_t to,
                                   struct control_period **ret);

struct control_day {
    int64_t day;
    enum control_state state;
    int64_t controls, good;
    struct control_counts counts;
};
/* The days of one control (by code), or of all (HISTORY_ALL), the oldest first: the last
 * HISTORY_CHART until today, without those that nobody looked at. */
struct batch *control_days_ask(const struct ctx *ctx, int64_t control); /* along with the next */
MUST_CHECK err control_days_read(const struct ctx *ctx, struct batch *asked,
                                 struct control_day **ret, size_t *n);
/* Both of one control, from < to, asked along with whatever is asked next (batch_ride), and
 * read with its result. */
struct control_look {
    struct batch *batch;
    int64_t code, from, to;
    int broken, untested, population, days; /* places */
};
struct control_look control_look_ask(const struct ctx *ctx, const struct control *c, int64_t from,
                                     int64_t to);
MUST_CHECK err control_look_read(const struct ctx *ctx, const struct control_look *l,
                                 const struct control_result *r, struct control_period *ret,
                                 struct control_day **days, size_t *n);

/* --- for those who judge ---------------------------------------------------------------- */

/* A record's row of control_row is about to go, or turn to another kind: in the writer's job,
 * queued.  It was so from `from` (UTC ms, and the ledger's size then) until now. */
struct control_over {
    int64_t kind; /* HISTORY_VIOLATION or HISTORY_UNKNOWN */
    int64_t from, from_seq, to_seq;
};
MUST_CHECK err control_history_end(const struct ctx *ctx, const struct control *c, int64_t record,
                                   const struct control_over *over);
/* Before a look: results that are too old by now were not tested since. */
MUST_CHECK err control_history_stale(struct engine *e, struct db *db, struct arena *a, int64_t now);
/* After a full look: which are in error, today's figures; what is too old goes. */
MUST_CHECK err control_history_keep(struct engine *e, struct db *db, struct arena *a, int64_t now);

#endif
