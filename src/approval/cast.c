/* cast.c - votes, and taking them back. */
#include "approval/approval_int.h"

#include <string.h>

static enum approval_no may_cast(const struct approval *ap, struct approval_by by, int seat,
                                 const struct approval_hash *hash)
{
    enum approval_no no = may_use(ap, by, seat);
    if (no != NO_NONE) {
        return no;
    }
    const struct approval_seat *s = seat_at(ap, seat);
    const struct approval_run *r = run_of(ap, s);
    if (!hash || memcmp(hash, &round_now(ap)->hash, sizeof(*hash)) != 0) {
        return NO_CONTENT;
    }
    bool author = by.person == ap->author || s->principal == ap->author;
    if (author && node_of(ap, r)->self != SELF_MAY) {
        return NO_AUTHOR;
    }
    return ap->world->may_sit(ap->world->arg, r->node, by.person) ? NO_NONE : NO_MAY_NOT;
}

static void write_vote(struct approval *ap, struct approval_by by, struct approval_seat *s,
                       enum approval_vote vote)
{
    static const struct {
        enum approval_seat_state state;
        enum approval_event_kind event;
    } of[] = {[VOTE_APPROVE] = {SEAT_APPROVED, EVENT_APPROVED},
              [VOTE_REJECT] = {SEAT_REJECTED, EVENT_REJECTED},
              [VOTE_ABSTAIN] = {SEAT_ABSTAINED, EVENT_ABSTAINED}};
    struct approval_ballot *b = ballot_put(ap, s, vote, by.person, by.now);
    seat_hold(ap, s, by.now); /* what was left of its term, should it come back */
    seat_set(s, of[vote].state);
    vote_made(run_of(ap, s));
    say(ap, by, of[vote].event, (struct about){s->run, s->no, b->no, s->principal});
}

enum approval_no approval_cast(struct approval *ap, struct approval_by by, int seat,
                               enum approval_vote vote, const struct approval_hash *hash)
{
    enum approval_no no = may_cast(ap, by, seat, hash);
    if (no == NO_NONE) {
        write_vote(ap, by, seat_at(ap, seat), vote);
        settle(ap, by.now);
    }
    return no;
}

/* --- adding after one's own consent ---------------------------------------------------------- */

/* Each may be seated, once; there is room; nobody is added too deep. */
static enum approval_no may_add(const struct approval *ap, const struct approval_seat *s,
                                const int64_t *people, int n)
{
    const struct approval_run *r = run_of(ap, s);
    int added = 0;
    int seats = 0;
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *o = &ap->seats[i];
        seats += o->run == r->no;
        added += o->run == r->no && seat_counts(o) && adder_of(ap, o);
    }
    if (n <= 0) {
        return NO_NOBODY;
    }
    if (n > APPROVAL_SEATS || seats + n > APPROVAL_SEATS) {
        return NO_FULL;
    }
    if (added + n > node_of(ap, r)->added_max) {
        return NO_TOO_MANY;
    }
    if (s->depth >= APPROVAL_DEPTH) {
        return NO_DEPTH;
    }
    for (int i = 0; i < n; i++) {
        enum approval_no no = may_be_seated(ap, r, people[i]);
        for (int k = 0; k < i && no == NO_NONE; k++) {
            no = people[k] == people[i] ? NO_SEATED : NO_NONE;
        }
        if (no != NO_NONE) {
            return no;
        }
    }
    return NO_NONE;
}

static bool held_before(const struct approval *ap, int seat)
{
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].holder == seat && ap->seats[i].side == SIDE_BEFORE &&
            seat_counts(&ap->seats[i])) {
            return true;
        }
    }
    return false;
}

static enum approval_no may_add_there(const struct approval *ap, const struct approval_seat *s,
                                      enum approval_origin where)
{
    const struct approval_seat *h = seat_at(ap, s->holder);
    if (where == ORIGIN_BEFORE && held_before(ap, s->no)) {
        return NO_ADDED_BEFORE;
    }
    if (where == ORIGIN_BESIDE) {
        enum approval_rule rule = s->side == SIDE_NODE     ? node_of(ap, run_of(ap, s))->rule
                                  : s->side == SIDE_BEFORE ? h->before_rule
                                                           : h->after_rule;
        return rule == RULE_ORDER ? NO_ORDERED : NO_NONE;
    }
    return NO_NONE;
}

/* By number: a seat moves when others are added. */
static void seat_added(struct approval *ap, struct approval_by by, int seat,
                       enum approval_origin where, enum approval_rule rule, const int64_t *people,
                       int n)
{
    int first = ap->nseats;
    for (int i = 0; i < n; i++) {
        const struct approval_seat *s = seat_at(ap, seat);
        bool beside = where == ORIGIN_BESIDE;
        struct seating how = {.person = people[i],
                              .origin = where,
                              .side = beside                   ? s->side
                                      : where == ORIGIN_BEFORE ? SIDE_BEFORE
                                                               : SIDE_AFTER,
                              .holder = beside ? s->holder : seat,
                              .from = seat,
                              .depth = s->depth + 1};
        say(ap, by, EVENT_ADDED, (struct about){s->run, seat, (int)where, people[i]});
        seat_put(ap, &ap->runs[s->run - 1], how, by);
    }
    bool order = where != ORIGIN_BESIDE && rule == RULE_ORDER;
    for (int i = first; i < ap->nseats; i++) {
        seat_proxy(ap, &ap->seats[i], by.now);
    }
    for (int i = first; i < (order ? first + 1 : ap->nseats); i++) {
        seat_open(ap, &ap->seats[i], by.now);
    }
}

enum approval_no approval_add(struct approval *ap, struct approval_by by, int seat,
                              enum approval_origin where, enum approval_rule rule,
                              const int64_t *people, int n, const struct approval_hash *hash)
{
    rule = rule == RULE_VOTE ? RULE_ALL : rule;
    enum approval_no no =
        where == ORIGIN_AFTER ? may_cast(ap, by, seat, hash) : may_use(ap, by, seat);
    no = no == NO_NONE ? may_add_there(ap, seat_at(ap, seat), where) : no;
    no = no == NO_NONE ? may_add(ap, seat_at(ap, seat), people, n) : no;
    if (no != NO_NONE) {
        return no;
    }
    struct approval_seat *s = seat_at(ap, seat);
    if (where == ORIGIN_BEFORE) {
        s->before_rule = rule;
        seat_hold(ap, s, by.now);
        seat_set(s, SEAT_WAITING);
        s->held = true;
    } else if (where == ORIGIN_AFTER) {
        s->after_rule = rule;
        write_vote(ap, by, s, VOTE_APPROVE);
    }
    seat_added(ap, by, seat, where, rule, people, n);
    settle(ap, by.now);
    return NO_NONE;
}

/* --- taking back ------------------------------------------------------------------------------ */

static bool person_voted(const struct approval *ap, int seat)
{
    const struct approval_ballot *b = ballot_of(ap, seat);
    return b && b->by;
}

/* Has anybody in a later run of the round looked at it, or voted? */
static bool later_seen(const struct approval *ap, const struct approval_run *r)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run > r->no && (s->viewed || s->asker || person_voted(ap, s->no))) {
            return true;
        }
    }
    return false;
}

/* In a row that goes in order, who comes after this seat. */
static bool comes_after(const struct approval *ap, const struct approval_seat *s,
                        const struct approval_seat *o)
{
    return node_of(ap, run_of(ap, s))->rule == RULE_ORDER && s->side == SIDE_NODE &&
           seat_in(o, s->run, s->holder, s->side) && o->order > s->order;
}

static enum approval_no may_take_back(const struct approval *ap, struct approval_by by,
                                      const struct approval_seat *s)
{
    const struct approval_run *r = run_of(ap, s);
    const struct approval_ballot *b = ballot_of(ap, s->no);
    if (ap->state != APPROVAL_RUNNING || r->round != ap->nrounds) {
        return NO_NOT_RUNNING;
    }
    if (ap->suspended) {
        return NO_SUSPENDED;
    }
    if (!b || !b->by) {
        return NO_NO_VOTE;
    }
    if (b->by != by.person && b->principal != by.person) {
        return NO_NOT_YOURS;
    }
    if (s->side != SIDE_NODE) {
        bool open = r->state == RUN_ACTIVE && decide(ap, r->no, s->holder, s->side) == OUTCOME_WAIT;
        return open && !seat_at(ap, s->holder)->asker ? NO_NONE : NO_TOO_LATE;
    }
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *o = &ap->seats[i];
        bool follows = comes_after(ap, s, o) || (o->holder == s->no && o->side == SIDE_AFTER);
        if (follows && (o->viewed || o->held || o->asker || ballot_of(ap, o->no))) {
            return NO_SEEN;
        }
    }
    if (r->state == RUN_ACTIVE) {
        return NO_NONE;
    }
    bool last = r->state == RUN_PASSED && r->last_vote == b->no;
    if (!last || by.now - r->decided > node_of(ap, r)->take_back) {
        return NO_TOO_LATE;
    }
    return later_seen(ap, r) ? NO_SEEN : NO_NONE;
}

/* The run is active again, as it was before its last vote. */
static void reopen_run(struct approval *ap, struct approval_run *r, int64_t now)
{
    for (int i = r->no; i < ap->nruns; i++) {
        close_seats(ap, i + 1, SEAT_WITHDRAWN);
        run_set(&ap->runs[i], RUN_WITHDRAWN);
    }
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *o = &ap->seats[i];
        if (o->run == r->no && o->state == SEAT_CLOSED && o->side == SIDE_NODE) {
            bool order = node_of(ap, r)->rule == RULE_ORDER;
            seat_set(o, order ? SEAT_WAITING : SEAT_OPEN);
            if (!order) {
                seat_go_on(ap, o, now);
            }
        }
    }
    r->decisions = 0;
    r->decided = 0;
    r->last_vote = 0;
    run_set(r, RUN_ACTIVE);
}

enum approval_no approval_take_back(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    enum approval_no no = s ? may_take_back(ap, by, s) : NO_NO_SEAT;
    if (no != NO_NONE) {
        return no;
    }
    struct approval_run *r = run_of(ap, s);
    struct approval_ballot *b = ballot_of(ap, seat);
    b->voided = true;
    b->changed = true;
    say(ap, by, EVENT_VOIDED, (struct about){r->no, seat, b->no, b->by});
    if (r->state == RUN_PASSED) {
        say(ap, by, EVENT_TAKEN_BACK, (struct about){.run = r->no, .seat = seat});
        reopen_run(ap, r, by.now);
    }
    for (int i = 0; i < ap->nseats; i++) {
        if (comes_after(ap, s, &ap->seats[i]) && ap->seats[i].state == SEAT_OPEN) {
            seat_hold(ap, &ap->seats[i], by.now);
            ap->seats[i].left = -1; /* its turn begins anew */
            seat_set(&ap->seats[i], SEAT_WAITING);
        }
    }
    close_group(ap, seat, SEAT_WITHDRAWN);
    s->actor = by.person == b->principal ? s->principal : s->actor;
    seat_set(s, SEAT_OPEN);
    s->viewed = by.now;
    seat_go_on(ap, s, by.now);
    /* A removal before that vote has not had one any more, and what is left would pass. */
    if (node_of(ap, r)->votes_after_removal && decide(ap, r->no, 0, SIDE_NODE) == OUTCOME_PASS) {
        r->needs_vote = r->changed = true;
    }
    settle(ap, by.now);
    return NO_NONE;
}
