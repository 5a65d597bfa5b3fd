/* check.c - the invariants of approval.h. */
#include "approval/approval_int.h"

#include <string.h>

static const char *check_ballots(const struct approval *ap)
{
    for (int i = 0; i < ap->nballots; i++) {
        const struct approval_ballot *b = &ap->ballots[i];
        const struct approval_seat *s = seat_at(ap, b->seat);
        if (!s) {
            return "a vote without a seat";
        }
        const struct approval_run *r = run_of(ap, s);
        if (!b->voided && memcmp(&b->hash, &ap->rounds[r->round - 1].hash, sizeof(b->hash)) != 0) {
            return "1: a vote on other content";
        }
        bool author = b->by && (b->by == ap->author || b->principal == ap->author);
        if (author && node_of(ap, r)->self != SELF_MAY) {
            return "3: a vote of the author";
        }
        for (int k = 0; k < i; k++) {
            if (!b->voided && !ap->ballots[k].voided && ap->ballots[k].seat == b->seat) {
                return "two votes of one seat";
            }
        }
    }
    return NULL;
}

static bool has_voted(enum approval_seat_state s)
{
    return s == SEAT_APPROVED || s == SEAT_REJECTED || s == SEAT_ABSTAINED ||
           s == SEAT_AUTO_APPROVED || s == SEAT_AUTO_REJECTED;
}

static const char *check_seats(const struct approval *ap)
{
    const struct approval_run *current = approval_current(ap);
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (seat_alive(s) && (!current || s->run != current->no)) {
            return "a seat open where nothing runs";
        }
        if (s->held && s->state != SEAT_WAITING) {
            return "a seat held that does not wait";
        }
        if (has_voted(s->state) != (ballot_of(ap, s->no) != NULL)) {
            return "a seat and its vote differ";
        }
        for (int k = 0; k < i && s->state == SEAT_OPEN; k++) {
            const struct approval_seat *o = &ap->seats[k];
            if (o->run == s->run && o->state == SEAT_OPEN && o->actor == s->actor) {
                return "2: two open seats of one person";
            }
        }
    }
    return NULL;
}

static bool some_open(const struct approval *ap, int run)
{
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].run == run && ap->seats[i].state == SEAT_OPEN) {
            return true;
        }
    }
    return false;
}

static const char *check_runs(const struct approval *ap)
{
    int live = 0;
    for (int i = 0; i < ap->nruns; i++) {
        const struct approval_run *r = &ap->runs[i];
        bool is_decided = r->state == RUN_PASSED || r->state == RUN_FAILED;
        bool is_live = r->state == RUN_ACTIVE || r->state == RUN_STOPPED;
        if (r->decisions > 1 || (is_decided && r->decisions != 1) || (is_live && r->decisions)) {
            return "4: a run not decided once";
        }
        if (r->state == RUN_ACTIVE && !some_open(ap, r->no)) {
            return "5: nobody can act";
        }
        if (r->state == RUN_ACTIVE && decide(ap, r->no, 0, SIDE_NODE) != OUTCOME_WAIT) {
            return "a decision that was not taken";
        }
        if (is_live && r->round != ap->nrounds) {
            return "an earlier round runs";
        }
        live += is_live;
    }
    bool running = ap->state == APPROVAL_RUNNING;
    if (live != (running ? 1 : 0)) {
        return "not one run where it runs, or one where it does not";
    }
    return NULL;
}

const char *approval_check(const struct approval *ap)
{
    for (int i = 0; i < ap->nevents; i++) {
        if (ap->events[i].no != ap->event_base + i + 1) {
            return "6: a gap in the events";
        }
    }
    for (int i = 0; i < ap->nrounds; i++) {
        bool open = ap->rounds[i].state == ROUND_OPEN;
        if (open != (ap->state == APPROVAL_RUNNING && i == ap->nrounds - 1)) {
            return "a round open that is over, or over that is open";
        }
    }
    const char *bad = check_ballots(ap);
    bad = bad ? bad : check_seats(ap);
    return bad ? bad : check_runs(ap);
}
