/* settle.c - what follows from a change: groups, the run, the next node, the end. */
#include "approval/approval_int.h"

#include <string.h>

struct approval_ballot *ballot_of(const struct approval *ap, int seat)
{
    for (int i = ap->nballots; i > 0; i--) {
        struct approval_ballot *b = &ap->ballots[i - 1];
        if (b->seat == seat && !b->voided) {
            return b;
        }
    }
    return NULL;
}

struct approval_ballot *ballot_put(struct approval *ap, struct approval_seat *s,
                                   enum approval_vote vote, int64_t by, int64_t now)
{
    struct approval_ballot *b = approval_add_ballot(ap);
    b->seat = s->no;
    b->vote = vote;
    b->by = by;
    b->principal = by ? s->principal : 0;
    b->at = now;
    b->hash = round_now(ap)->hash;
    return b;
}

enum approval_no may_use(const struct approval *ap, struct approval_by by, int seat)
{
    const struct approval_seat *s = seat_at(ap, seat);
    if (!s) {
        return NO_NO_SEAT;
    }
    if (ap->state != APPROVAL_RUNNING) {
        return NO_NOT_RUNNING;
    }
    if (ap->suspended) {
        return NO_SUSPENDED;
    }
    if (s->actor != by.person && s->asker != by.person) {
        return NO_NOT_YOURS;
    }
    if (s->state == SEAT_WAITING && s->held) {
        return NO_HELD;
    }
    if (s->state == SEAT_WAITING) {
        return NO_TURN;
    }
    if (s->state != SEAT_OPEN) {
        return NO_CLOSED;
    }
    return s->asker ? NO_ASKED : NO_NONE;
}

/* --- closing ------------------------------------------------------------------------------ */

void close_group(struct approval *ap, int holder, enum approval_seat_state state)
{
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->holder == holder && seat_alive(s)) {
            seat_set(s, state);
            close_group(ap, s->no, state);
        }
    }
}

/* What was left of each term is kept where the decision may be taken back; most
 * seats of a node share one. */
static void keep_left(struct approval *ap, struct approval_seat *s, int64_t now, int64_t *due,
                      int64_t *left)
{
    if (s->state != SEAT_OPEN || !s->next) {
        return;
    }
    if (s->next != *due) {
        *due = s->next;
        *left = now < *due ? ap->world->worked(ap->world->arg, now, *due) : 0;
    }
    s->left = *left;
}

static void close_decided(struct approval *ap, const struct approval_run *r, int64_t now)
{
    bool keep = node_of(ap, r)->take_back > 0;
    int64_t due = 0;
    int64_t left = 0;
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->run == r->no && seat_alive(s)) {
            if (keep) {
                keep_left(ap, s, now, &due, &left);
            }
            seat_set(s, SEAT_CLOSED);
        }
    }
}

void close_seats(struct approval *ap, int run, enum approval_seat_state state)
{
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->run == run && seat_alive(s)) {
            seat_set(s, state);
        }
    }
}

void finish(struct approval *ap, struct approval_by by, enum approval_state state,
            enum approval_round_state round, enum approval_run_state run,
            enum approval_seat_state seats)
{
    struct approval_run *r = approval_current(ap);
    if (r) {
        close_seats(ap, r->no, seats);
        run_set(r, run);
    }
    if (ap->nrounds && round_now(ap)->state == ROUND_OPEN) {
        round_now(ap)->state = round;
        round_now(ap)->ended = by.now;
        round_now(ap)->changed = true;
    }
    ap->suspended = false;
    state_set(ap, state);
    if (state == APPROVAL_APPROVED) {
        say(ap, by, EVENT_COMPLETED, (struct about){0});
    } else if (state == APPROVAL_REJECTED) {
        say(ap, by, EVENT_REFUSED, (struct about){0});
    } else if (state == APPROVAL_ENDED) {
        say(ap, by, EVENT_ENDED, (struct about){0});
    }
}

/* --- groups ------------------------------------------------------------------------------- */

static bool group_left(const struct approval *ap, const struct approval_seat *holder)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->holder == holder->no && s->side == SIDE_BEFORE && seat_counts(s)) {
            return true;
        }
    }
    return false;
}

static void release(struct approval *ap, struct approval_seat *holder, int64_t now)
{
    holder->held = false;
    seat_set(holder, SEAT_OPEN);
    seat_go_on(ap, holder, now);
}

/* Who waits for a group that is decided goes on. */
static bool release_holders(struct approval *ap, const struct approval_run *r, int64_t now)
{
    struct approval_by system = {.now = now};
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->run != r->no || !s->held) {
            continue;
        }
        bool left = group_left(ap, s);
        enum outcome o = left ? decide(ap, r->no, s->no, SIDE_BEFORE) : OUTCOME_WAIT;
        if (left && o == OUTCOME_WAIT) {
            continue;
        }
        close_group(ap, s->no, SEAT_CLOSED);
        release(ap, s, now);
        if (left) {
            say(ap, system, o == OUTCOME_PASS ? EVENT_GROUP_AGREED : EVENT_GROUP_REFUSED,
                (struct about){.run = r->no, .seat = s->no});
        }
        return true;
    }
    return false;
}

/* Groups after a seat that are decided need nobody more. */
static bool close_after(struct approval *ap, const struct approval_run *r, int64_t now)
{
    struct approval_by system = {.now = now};
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run != r->no || s->side != SIDE_AFTER || !seat_alive(s)) {
            continue;
        }
        enum outcome o = decide(ap, r->no, s->holder, SIDE_AFTER);
        if (o != OUTCOME_WAIT) {
            int holder = s->holder;
            say(ap, system, o == OUTCOME_PASS ? EVENT_GROUP_AGREED : EVENT_GROUP_REFUSED,
                (struct about){.run = r->no, .seat = holder});
            close_group(ap, holder, SEAT_CLOSED);
            return true;
        }
    }
    return false;
}

/* Of seats that go in order, the next one, when none is open. */
static bool open_next(struct approval *ap, int run, int holder, enum approval_side side,
                      int64_t now)
{
    struct approval_seat *next = NULL;
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (!seat_in(s, run, holder, side)) {
            continue;
        }
        if (s->state == SEAT_OPEN || s->held) {
            return false;
        }
        if (s->state == SEAT_WAITING && (!next || s->order < next->order)) {
            next = s;
        }
    }
    if (next) {
        seat_open(ap, next, now);
    }
    return next != NULL;
}

static bool after_waits(const struct approval *ap, int run)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run == run && s->side == SIDE_AFTER && seat_alive(s)) {
            return true;
        }
    }
    return false;
}

static bool go_in_order(struct approval *ap, const struct approval_run *r, int64_t now)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run == r->no && s->state == SEAT_WAITING && !s->held &&
            (s->side != SIDE_NODE || !after_waits(ap, r->no)) &&
            open_next(ap, r->no, s->holder, s->side, now)) {
            return true;
        }
    }
    return false;
}

/* --- the run --------------------------------------------------------------------------------- */

static int last_vote_in(const struct approval *ap, int run)
{
    for (int i = ap->nballots; i > 0; i--) {
        const struct approval_ballot *b = &ap->ballots[i - 1];
        if (!b->voided && b->by && ap->seats[b->seat - 1].run == run) {
            return b->no;
        }
    }
    return 0;
}

static void go_back(struct approval *ap, int node, int64_t now)
{
    for (int i = 0; i < ap->nruns; i++) {
        struct approval_run *r = &ap->runs[i];
        if (r->round == ap->nrounds && r->node >= node &&
            (r->state == RUN_PASSED || r->state == RUN_SKIPPED)) {
            run_set(r, RUN_RETURNED);
        }
    }
    open_from(ap, node, now);
}

static void failed(struct approval *ap, int run, int64_t now)
{
    struct approval_by system = {.now = now};
    const struct approval_node *n = node_of(ap, &ap->runs[run - 1]);
    int here = ap->runs[run - 1].node;
    int to = TO_AUTHOR;
    if (n->fail == FAIL_END) {
        finish(ap, system, APPROVAL_REJECTED, ROUND_REJECTED, RUN_FAILED, SEAT_CLOSED);
        return;
    }
    if (n->fail == FAIL_NODE && n->fail_node < here) {
        to = n->fail_node;
    } else if (n->fail == FAIL_PREVIOUS) {
        to = approval_targets(ap, &to, 1) ? to : TO_AUTHOR;
    }
    if (to == TO_AUTHOR) {
        finish(ap, system, APPROVAL_WITH_AUTHOR, ROUND_RETURNED, RUN_FAILED, SEAT_CLOSED);
    } else {
        go_back(ap, to, now);
    }
}

static void decided(struct approval *ap, int run, enum outcome o, int64_t now)
{
    struct approval_by system = {.now = now};
    struct approval_run *r = &ap->runs[run - 1];
    close_decided(ap, r, now);
    r->decisions++;
    r->decided = now;
    r->last_vote = last_vote_in(ap, run);
    r->by_system = r->last_vote == 0;
    run_set(r, o == OUTCOME_PASS ? RUN_PASSED : RUN_FAILED);
    say(ap, system, o == OUTCOME_PASS ? EVENT_PASSED : EVENT_FAILED, (struct about){.run = run});
    if (o == OUTCOME_PASS) {
        open_from(ap, r->node + 1, now);
    } else {
        failed(ap, run, now);
    }
}

void settle(struct approval *ap, int64_t now)
{
    for (;;) {
        struct approval_run *r = approval_current(ap);
        if (!r || r->state != RUN_ACTIVE) {
            return;
        }
        enum outcome o = decide(ap, r->no, 0, SIDE_NODE);
        if (o != OUTCOME_WAIT) {
            decided(ap, r->no, o, now);
        } else if (!release_holders(ap, r, now) && !close_after(ap, r, now) &&
                   !go_in_order(ap, r, now)) {
            return;
        }
    }
}

/* --- going back on purpose ---------------------------------------------------------------- */

int approval_targets(const struct approval *ap, int *ret, int max)
{
    int n = 0;
    for (int i = ap->nruns; i > 0 && n < max; i--) {
        const struct approval_run *r = &ap->runs[i - 1];
        if (r->round == ap->nrounds && r->state == RUN_PASSED && !r->by_system) {
            ret[n++] = r->node;
        }
    }
    return n;
}

enum approval_no approval_return(struct approval *ap, struct approval_by by, int seat, int node)
{
    enum approval_no no = may_use(ap, by, seat);
    if (no != NO_NONE) {
        return no;
    }
    int *list = arena_array(ap->arena, int, (size_t)ap->nruns);
    int n = approval_targets(ap, list, ap->nruns);
    bool found = node == TO_AUTHOR || node == TO_PREVIOUS;
    for (int i = 0; i < n && !found; i++) {
        found = list[i] == node;
    }
    if (!found) {
        return NO_NOT_PASSED;
    }
    if (node == TO_PREVIOUS) {
        node = n ? list[0] : TO_AUTHOR;
    }
    struct approval_run *r = approval_current(ap);
    say(ap, by, EVENT_RETURNED, (struct about){.run = r->no, .seat = seat, .number = node});
    if (node == TO_AUTHOR) {
        finish(ap, by, APPROVAL_WITH_AUTHOR, ROUND_RETURNED, RUN_RETURNED, SEAT_RETURNED);
        return NO_NONE;
    }
    close_seats(ap, r->no, SEAT_RETURNED);
    run_set(r, RUN_RETURNED);
    go_back(ap, node, by.now);
    settle(ap, by.now);
    return NO_NONE;
}

enum approval_no approval_jump(struct approval *ap, struct approval_by by, int64_t second, int node)
{
    struct approval_run *r = approval_current(ap);
    if (!by.minds) {
        return NO_NO_RIGHT;
    }
    if (second <= 0 || second == by.person) {
        return NO_TWO_PERSONS;
    }
    if (by.person == ap->author || second == ap->author) {
        return NO_AUTHOR;
    }
    if (!r) {
        return NO_NOT_RUNNING;
    }
    if (ap->suspended) {
        return NO_SUSPENDED;
    }
    if (node < 0 || node > ap->plan->n) {
        return NO_NOT_PASSED;
    }
    say(ap, by, EVENT_JUMPED, (struct about){.run = r->no, .person = second, .number = node});
    close_seats(ap, r->no, SEAT_CLOSED);
    run_set(r, RUN_ENDED);
    go_back(ap, node, by.now);
    settle(ap, by.now);
    return NO_NONE;
}
