/* calendar.h - days and working time, from the tables calendar and
 * calendar_span (model/contract.h), and the registers derived from records.
 *
 * A day is a number (0: 1970-01-01) in the installation's zone, which has a
 * fixed distance to UTC.
 */
#ifndef ENGINE_CALENDAR_H
#define ENGINE_CALENDAR_H

#include "engine/ctx.h"

int64_t calendar_day_of(const struct model *m, int64_t ms);   /* the day a moment falls on */
int64_t calendar_day_start(const struct model *m, int64_t d); /* its local midnight, UTC ms */

/* `from` moved by `n` of the kind: a length in ms (duration), working ms
 * (workhours), or a count of days, months or working days.
 *   duration    exactly n ms
 *   workhours   n ms of working time later; earlier when negative
 *   days months the same time of day; months: or the month's last day
 *   workdays    forward: the end of the n-th working day after; backward: the
 *               beginning of the working day such that n of them remain
 * ERR_VALUE outside the calendar's years. */
MUST_CHECK err calendar_shift(const struct ctx *ctx, int64_t from, enum vkind kind, int64_t n,
                              int64_t *ret);
/* The end of a term that begins at `from`: as calendar_shift, but days, months
 * and working days run to the end of the last day. */
MUST_CHECK err calendar_due(const struct ctx *ctx, int64_t from, enum vkind kind, int64_t n,
                            int64_t *ret);
/* Working time between two moments, ms. */
MUST_CHECK err calendar_working(const struct ctx *ctx, int64_t from, int64_t to, int64_t *ret);
/* Which of `n` days from `first` on are worked: asked along with the next batch of the
 * connection, read when that has run.  Days outside the calendar's years stay as they are. */
struct calendar_days {
    struct batch *b;
    int place;
    int64_t first;
    int n;
};
struct calendar_days calendar_days_ask(const struct ctx *ctx, int64_t first, int n);
MUST_CHECK err calendar_days_read(const struct calendar_days *q, bool *worked);
/* SQL: the working ms that have run by a moment, whose SQL is `at`; no row outside the
 * calendar's years.  For statements that want the difference of two without a question of
 * their own. */
#define CALENDAR_WORKED(at)                                                          \
    "select s.before_ms + case when s.end_ms < " at " then s.end_ms else " at " end" \
    " - s.start_ms from calendar_span s where s.start_ms <= " at                     \
    " order by s.start_ms desc limit 1"

/* Fills both tables from the setting of the week and the days that differ. */
MUST_CHECK err calendar_rebuild(const struct ctx *ctx);
/* The same where they are empty, through the writer: of an installation's first days none is
 * mended into the tables, which are filled once, when what is not about days begins.  Nothing
 * else happens before that. */
MUST_CHECK err calendar_fill(struct engine *e);
/* The same where another year has begun: both reach to the end of the tenth from now.  Nothing
 * where they do. */
MUST_CHECK err calendar_extend(const struct ctx *ctx);
/* One day of it again, after a record about that day changed: later counts are shifted. */
MUST_CHECK err calendar_mend(const struct ctx *ctx, int64_t day);
/* Fills unit_above from the units' parents. */
MUST_CHECK err calendar_units(const struct ctx *ctx);
/* ERR_RULE, citing `clause`, when a unit stands above itself. */
MUST_CHECK err calendar_unit_cycle(const struct ctx *ctx, const struct clause *clause);

#endif
