/* duty_sum.h - occurrences of duties that have ended, counted as they end, so that a figure costs
 * the same however many there are.
 *
 *   duty_kind(id ID, duty, state, unit, of_unit, doer, people)    index (duty, state, unit, doer)
 *       All that figures tell apart but time: of_unit is the field, unit the record's own;
 *       0: none.  people: who owes it, ids in order, "1,2".
 *   duty_person(owner, target)
 *       The same people; owner: the kind.
 *   duty_counted(record ID, kind, duty, about, begins)
 *       What is counted, and as what.
 *       Indexes (duty, about, begins); (begins, kind); (kind, record, begins).
 *   duty_sum(span, from_ms, kind, n)    primary key (span, from_ms, kind)
 *       Of periods that began in [from_ms, from_ms + span).
 *   duty_last(duty, about, begins, state)    primary key (duty, about); index (state, begins, duty)
 *       Of each object the last one done, late or missed.
 *
 * The act that changes an occurrence counts it anew (duty_sum_touched); what waits is not in here:
 * there are few of each object, and what is overdue changes with the time.  A window is whole
 * spans, the days beside them and, of the days it begins and ends in, single occurrences: spans
 * begin at multiples of their length, wherever the installation has its midnight.
 * docs/decisions/0072.
 */
#ifndef ENGINE_DUTY_SUM_H
#define ENGINE_DUTY_SUM_H

#include "engine/duty_int.h"

#define DUTY_DAY_MS 86400000LL
#define DUTY_SPAN_MS (16 * DUTY_DAY_MS)

/* An act has touched it: an occurrence is counted as what it is now, in the act's transaction. */
MUST_CHECK err duty_sum_touched(struct doing *d, const struct touched *x);
/* Data of a program that did not count: all is counted, once.  Outside a transaction. */
MUST_CHECK err duty_sum_open(struct db *db, struct arena *a, const struct model *m);
/* Counts all anew, whatever is there. */
MUST_CHECK err duty_sum_all(struct db *db, struct arena *a, const struct model *m);

/* " (select .. as kind, .. as n) ": kinds of which some began in [from, to), UTC ms; `to` 0: no
 * end.  Adds its arguments as duty_put_of does. */
enum { DUTY_SUM_ARGS = 6 };
void duty_sum_put(struct sqlb *b, int64_t from, int64_t to, struct db_arg *args, int *n);
/* "(select ..) r": kinds, their columns called as an occurrence's; what the actor may see of them
 * is asked in a select that begins with duty_sum_put_links. */
void duty_sum_put_kinds(struct sqlb *b);
/* "with l_duty_run__owner as ..": who owes a kind, by the name of who owes an occurrence. */
void duty_sum_put_links(const struct ctx *ctx, struct sqlb *b);
/* " r.state = .. and r.f_duty in (..)": what waits of any duty, found by index. */
void duty_sum_put_waiting(struct sqlb *b, const struct model *m);
/* Do the kinds say which occurrences the actor sees: does `see` read nothing but who owes it, who
 * did it, and its unit? */
bool duty_sum_sees(const struct ctx *ctx);

#endif
