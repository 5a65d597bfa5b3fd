/* move.c - seats that go to others: cancelled, removed, transferred, asked for advice. */
#include "approval/approval_int.h"

/* Has anybody in the groups of a seat, or in theirs, voted? */
static bool group_voted(const struct approval *ap, int holder)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->holder == holder && (ballot_of(ap, s->no) || group_voted(ap, s->no))) {
            return true;
        }
    }
    return false;
}

enum approval_no approval_cancel_add(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    enum approval_no no = may_use(ap, by, seat);
    if (no != NO_HELD) {
        return no == NO_NONE ? NO_CLOSED : no;
    }
    if (group_voted(ap, seat)) {
        return NO_VOTED;
    }
    say(ap, by, EVENT_ADD_CANCELLED, (struct about){.run = s->run, .seat = seat});
    close_group(ap, seat, SEAT_REMOVED);
    settle(ap, by.now);
    return NO_NONE;
}

const struct approval_seat *adder_of(const struct approval *ap, const struct approval_seat *s)
{
    while (s->origin == ORIGIN_TRANSFER) {
        s = seat_at(ap, s->from);
    }
    bool added =
        s->origin == ORIGIN_BEFORE || s->origin == ORIGIN_BESIDE || s->origin == ORIGIN_AFTER;
    return added ? seat_at(ap, s->from) : NULL;
}

static enum approval_no may_remove(const struct approval *ap, struct approval_by by,
                                   const struct approval_seat *s)
{
    const struct approval_seat *adder = adder_of(ap, s);
    bool own = adder && (adder->principal == by.person || adder->actor == by.person);
    if (ap->state != APPROVAL_RUNNING) {
        return NO_NOT_RUNNING;
    }
    if (ap->suspended) {
        return NO_SUSPENDED;
    }
    if (!own && !minds_it(ap, by)) {
        return NO_NOT_ADDER;
    }
    if (ballot_of(ap, s->no)) {
        return NO_VOTED;
    }
    if (!seat_alive(s)) {
        return NO_CLOSED;
    }
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *o = &ap->seats[i];
        if (o != s && seat_in(o, s->run, s->holder, s->side) && seat_alive(o)) {
            return NO_NONE;
        }
    }
    return NO_LAST_SEAT;
}

/* A seat and the groups it holds, one by one. */
static void remove_all(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    seat_set(s, SEAT_REMOVED);
    say(ap, by, EVENT_REMOVED, (struct about){.run = s->run, .seat = seat, .person = s->principal});
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].holder == seat && seat_alive(&ap->seats[i])) {
            remove_all(ap, by, ap->seats[i].no);
        }
    }
}

enum approval_no approval_remove(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    enum approval_no no = s ? may_remove(ap, by, s) : NO_NO_SEAT;
    if (no != NO_NONE) {
        return no;
    }
    enum approval_seat_state was = s->state;
    s->state = SEAT_REMOVED;
    enum outcome o = decide(ap, s->run, s->holder, s->side);
    s->state = was;
    if (o == OUTCOME_FAIL) { /* the rest could not reach it any more */
        return NO_LAST_SEAT;
    }
    remove_all(ap, by, seat);
    struct approval_run *r = run_of(ap, s);
    if (o == OUTCOME_PASS && s->side == SIDE_NODE && node_of(ap, r)->votes_after_removal) {
        r->needs_vote = true;
        r->changed = true;
    }
    settle(ap, by.now);
    return NO_NONE;
}

/* --- transfer ------------------------------------------------------------------------------- */

static bool held_once(const struct approval *ap, const struct approval_seat *s, int64_t person)
{
    for (;;) {
        if (s->principal == person) {
            return true;
        }
        if (s->origin != ORIGIN_TRANSFER) {
            return false;
        }
        s = seat_at(ap, s->from);
    }
}

static enum approval_no may_move(const struct approval *ap, struct approval_by by,
                                 const struct approval_seat *s, int64_t to)
{
    enum approval_no no = may_use(ap, by, s->no);
    if (minds_it(ap, by) && (no == NO_NOT_YOURS || no == NO_HELD || no == NO_ASKED)) {
        no = seat_alive(s) ? NO_NONE : NO_CLOSED;
    }
    if (no != NO_NONE) {
        return no;
    }
    if (to == s->actor && to == s->principal) {
        return NO_SAME;
    }
    if (s->hops >= APPROVAL_HOPS && !minds_it(ap, by)) {
        return NO_HOPS;
    }
    if (held_once(ap, s, to)) {
        return NO_LOOP;
    }
    return may_be_seated(ap, run_of(ap, s), to);
}

/* The new seat stands where the old one stood, with the same clock. */
static int move_seat(struct approval *ap, struct approval_by by, int seat, int64_t to)
{
    struct approval_seat old = *seat_at(ap, seat);
    seat_set(seat_at(ap, seat), SEAT_TRANSFERRED);
    say(ap, by, EVENT_TRANSFERRED, (struct about){old.run, seat, 0, to});
    struct seating how = {.person = to,
                          .origin = ORIGIN_TRANSFER,
                          .side = old.side,
                          .holder = old.holder,
                          .from = seat,
                          .order = old.order,
                          .weight = old.weight,
                          .depth = old.depth,
                          .hops = old.hops + 1};
    struct approval_seat *s = seat_put(ap, &ap->runs[old.run - 1], how, by);
    seat_proxy(ap, s, by.now);
    s->state = old.state;
    s->held = old.held;
    s->before_rule = old.before_rule;
    s->after_rule = old.after_rule;
    s->opened = old.state == SEAT_OPEN ? by.now : 0;
    s->due = old.due;
    s->next = old.next;
    s->left = old.left;
    s->late = old.late;
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].holder == seat) {
            ap->seats[i].holder = s->no;
            ap->seats[i].changed = true;
        }
    }
    return s->no;
}

enum approval_no approval_transfer(struct approval *ap, struct approval_by by, int seat, int64_t to,
                                   bool restart)
{
    struct approval_seat *s = seat_at(ap, seat);
    enum approval_no no = s ? may_move(ap, by, s, to) : NO_NO_SEAT;
    if (no != NO_NONE) {
        return no;
    }
    s = seat_at(ap, move_seat(ap, by, seat, to));
    if (restart && s->state == SEAT_OPEN) {
        s->late = 0;
        seat_open(ap, s, by.now);
    }
    return NO_NONE;
}

/* --- advice --------------------------------------------------------------------------------- */

enum approval_no approval_ask(struct approval *ap, struct approval_by by, int seat, int64_t whom)
{
    enum approval_no no = may_use(ap, by, seat);
    if (no != NO_NONE) {
        return no;
    }
    struct approval_seat *s = seat_at(ap, seat);
    if (whom <= 0) {
        return NO_NOBODY;
    }
    if (whom == s->actor || whom == s->principal) {
        return NO_SAME;
    }
    if (sits(ap, s->run, whom)) {
        return NO_SEATED;
    }
    s->asker = s->actor;
    s->actor = whom;
    s->changed = true;
    say(ap, by, EVENT_ASKED, (struct about){s->run, seat, 0, whom});
    return NO_NONE;
}

static enum approval_no asked_back(struct approval *ap, struct approval_by by, int seat,
                                   enum approval_event_kind kind)
{
    struct approval_seat *s = seat_at(ap, seat);
    if (!s) {
        return NO_NO_SEAT;
    }
    if (!s->asker || s->state != SEAT_OPEN) {
        return NO_NOT_ASKED;
    }
    bool own = kind == EVENT_ADVISED ? s->actor == by.person
                                     : s->asker == by.person || s->principal == by.person;
    if (!own) {
        return NO_NOT_YOURS;
    }
    say(ap, by, kind, (struct about){s->run, seat, 0, s->actor});
    s->actor = s->asker;
    s->asker = 0;
    s->changed = true;
    return NO_NONE;
}

enum approval_no approval_advise(struct approval *ap, struct approval_by by, int seat)
{
    return asked_back(ap, by, seat, EVENT_ADVISED);
}

enum approval_no approval_ask_end(struct approval *ap, struct approval_by by, int seat)
{
    return asked_back(ap, by, seat, EVENT_ASK_ENDED);
}
