/* approval_int.h - what the C files of approval share.
 *
 * Rows are named by number: a pointer to one is stale once another of its kind was added. */
#ifndef APPROVAL_APPROVAL_INT_H
#define APPROVAL_APPROVAL_INT_H

#include "approval/approval.h"

enum outcome { OUTCOME_WAIT, OUTCOME_PASS, OUTCOME_FAIL };

/* What an event is about; absent parts are 0. */
struct about {
    int run, seat, number;
    int64_t person;
};

static inline struct approval_seat *seat_at(const struct approval *ap, int no)
{
    return no > 0 && no <= ap->nseats ? &ap->seats[no - 1] : NULL;
}
static inline struct approval_run *run_of(const struct approval *ap, const struct approval_seat *s)
{
    return &ap->runs[s->run - 1];
}
static inline const struct approval_node *node_of(const struct approval *ap,
                                                  const struct approval_run *r)
{
    return &ap->plan->nodes[r->node];
}
static inline struct approval_round *round_now(const struct approval *ap)
{
    return &ap->rounds[ap->nrounds - 1];
}
static inline bool seat_alive(const struct approval_seat *s)
{
    return s->state == SEAT_OPEN || s->state == SEAT_WAITING;
}
/* Has it a part in the count? */
static inline bool seat_counts(const struct approval_seat *s)
{
    return s->state != SEAT_TRANSFERRED && s->state != SEAT_REMOVED && s->state != SEAT_WITHDRAWN;
}
/* Minds approvals, and this is not his own: who asked moves nobody's seat for that. */
static inline bool minds_it(const struct approval *ap, struct approval_by by)
{
    return by.minds && by.person != ap->author;
}
/* A removal before it no longer stands in the way. */
static inline void vote_made(struct approval_run *r)
{
    r->changed = r->changed || r->needs_vote;
    r->needs_vote = false;
}
/* Whose right, whose hand, or who asked for advice. */
static inline bool seat_is_of(const struct approval_seat *s, int64_t person)
{
    return s->principal == person || s->actor == person || s->asker == person;
}
static inline bool seat_in(const struct approval_seat *s, int run, int holder,
                           enum approval_side side)
{
    return s->run == run && s->holder == holder && s->side == side;
}

/* --- approval.c --- */
/* Writes an event down, in the round of now. */
void say(struct approval *ap, struct approval_by by, enum approval_event_kind kind,
         struct about about);
/* The state, and `changed`; a seat that is over has no clock and waits for nobody. */
void seat_set(struct approval_seat *s, enum approval_seat_state state);
void run_set(struct approval_run *r, enum approval_run_state state);
void state_set(struct approval *ap, enum approval_state state);

/* --- count.c --- */
/* Of a run's node, or of the group at a side of `holder`. */
enum outcome decide(const struct approval *ap, int run, int holder, enum approval_side side);

/* --- open.c --- */
/* Seats somebody in a run; he waits until the seat is opened. */
struct seating {
    int64_t person;
    enum approval_origin origin;
    enum approval_side side;
    int holder, from, order, weight, depth, hops;
};
struct approval_seat *seat_put(struct approval *ap, struct approval_run *r, struct seating how,
                               struct approval_by by);
/* The seat goes to his proxy, where he has one who may sit there. */
void seat_proxy(struct approval *ap, struct approval_seat *s, int64_t now);
/* Its turn: the term begins, unless all is suspended. */
void seat_open(struct approval *ap, struct approval_seat *s, int64_t now);
/* The clock stands, and goes on with what was left. */
void seat_hold(struct approval *ap, struct approval_seat *s, int64_t now);
void seat_go_on(struct approval *ap, struct approval_seat *s, int64_t now);
/* Has, or had and used, a seat in the run: nobody decides twice in one. */
bool sits(const struct approval *ap, int run, int64_t person);
/* NO_NONE, or why this person cannot be given a seat in the run. */
enum approval_no may_be_seated(const struct approval *ap, const struct approval_run *r,
                               int64_t person);
/* Opens node after node from `node` on until one waits or the plan ends. */
void open_from(struct approval *ap, int node, int64_t now);
/* Tries again to seat somebody in a run that stands stopped. */
void open_stopped(struct approval *ap, struct approval_run *r, int64_t now);

/* --- move.c --- */
/* The seat whose holder added this one, though it moved on since; NULL: nobody did. */
const struct approval_seat *adder_of(const struct approval *ap, const struct approval_seat *s);

/* --- settle.c --- */
/* After any change: groups and the run are decided as far as they are, what
 * follows is opened. */
void settle(struct approval *ap, int64_t now);
/* All that are open or wait in a run; in the groups of a seat, and in theirs. */
void close_seats(struct approval *ap, int run, enum approval_seat_state state);
void close_group(struct approval *ap, int holder, enum approval_seat_state state);
/* The approval or its round ends; no seat stays open. */
void finish(struct approval *ap, struct approval_by by, enum approval_state state,
            enum approval_round_state round, enum approval_run_state run,
            enum approval_seat_state seats);
/* A vote is written down. */
struct approval_ballot *ballot_put(struct approval *ap, struct approval_seat *s,
                                   enum approval_vote vote, int64_t by, int64_t now);
/* The vote of a seat that counts; NULL: none. */
struct approval_ballot *ballot_of(const struct approval *ap, int seat);

/* NO_NONE, or why `by` cannot use the seat now. */
enum approval_no may_use(const struct approval *ap, struct approval_by by, int seat);

#endif
