/* life.c - submitted, withdrawn, suspended, ended; copies. */
#include "approval/approval_int.h"

#include <string.h>

/* --- submitting ------------------------------------------------------------------------------ */

/* The node that sent the last round back, or -1. */
static int returned_at(const struct approval *ap)
{
    const struct approval_round *last = ap->nrounds ? round_now(ap) : NULL;
    const struct approval_run *r = ap->nruns ? &ap->runs[ap->nruns - 1] : NULL;
    bool back = last && last->state == ROUND_RETURNED && r && r->round == last->no;
    return back ? r->node : -1;
}

enum approval_no approval_submit(struct approval *ap, struct approval_by by,
                                 const struct approval_hash *hash, bool straight)
{
    int node = straight ? returned_at(ap) : 0;
    if (by.person != ap->author) {
        return NO_NOT_AUTHOR;
    }
    if (ap->state != APPROVAL_WITH_AUTHOR) {
        return NO_NOT_RUNNING;
    }
    if (ap->nrounds >= ap->plan->rounds_max) {
        return NO_ROUNDS;
    }
    if (node < 0 || (straight && memcmp(&round_now(ap)->hash, hash, sizeof(*hash)) != 0)) {
        return NO_CHANGED;
    }
    struct approval_round *r = approval_add_round(ap);
    r->hash = *hash;
    r->at = by.now;
    state_set(ap, APPROVAL_RUNNING);
    say(ap, by, r->no == 1 ? EVENT_SUBMITTED : EVENT_RESUBMITTED, (struct about){.number = node});
    open_from(ap, node, by.now);
    settle(ap, by.now);
    return NO_NONE;
}

enum approval_no approval_withdraw(struct approval *ap, struct approval_by by)
{
    if (by.person != ap->author) {
        return NO_NOT_AUTHOR;
    }
    if (ap->state != APPROVAL_RUNNING || ap->suspended) {
        return ap->suspended ? NO_SUSPENDED : NO_NOT_RUNNING;
    }
    int first;
    if (!ap->plan->author_until_end && approval_targets(ap, &first, 1)) {
        return NO_PAST_FIRST;
    }
    struct approval_run *r = approval_current(ap);
    say(ap, by, EVENT_WITHDRAWN, (struct about){.run = r ? r->no : 0});
    finish(ap, by, APPROVAL_WITH_AUTHOR, ROUND_WITHDRAWN, RUN_WITHDRAWN, SEAT_WITHDRAWN);
    return NO_NONE;
}

/* --- by who minds approvals ----------------------------------------------------------------- */

static void all_clocks(struct approval *ap, int64_t now, bool run)
{
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->state == SEAT_OPEN && run) {
            seat_go_on(ap, s, now);
        } else if (s->state == SEAT_OPEN) {
            seat_hold(ap, s, now);
        }
    }
}

enum approval_no approval_suspend(struct approval *ap, struct approval_by by)
{
    if (!by.minds) {
        return NO_NO_RIGHT;
    }
    if (ap->state != APPROVAL_RUNNING || ap->suspended) {
        return ap->suspended ? NO_SUSPENDED : NO_NOT_RUNNING;
    }
    ap->suspended = ap->changed = true;
    all_clocks(ap, by.now, false);
    say(ap, by, EVENT_SUSPENDED, (struct about){0});
    return NO_NONE;
}

enum approval_no approval_resume(struct approval *ap, struct approval_by by)
{
    if (!by.minds) {
        return NO_NO_RIGHT;
    }
    if (!ap->suspended) {
        return NO_NOT_RUNNING;
    }
    ap->suspended = false;
    ap->changed = true;
    all_clocks(ap, by.now, true);
    say(ap, by, EVENT_RESUMED, (struct about){0});
    return NO_NONE;
}

/* The author gives up what is with him; who minds approvals, anything. */
enum approval_no approval_end(struct approval *ap, struct approval_by by)
{
    bool own = by.person == ap->author && ap->state == APPROVAL_WITH_AUTHOR;
    if (!by.minds && !own) {
        return NO_NO_RIGHT;
    }
    if (ap->state != APPROVAL_RUNNING && ap->state != APPROVAL_WITH_AUTHOR) {
        return NO_NOT_RUNNING;
    }
    finish(ap, by, APPROVAL_ENDED, ROUND_ENDED, RUN_ENDED, SEAT_CLOSED);
    return NO_NONE;
}

enum approval_no approval_place(struct approval *ap, struct approval_by by, int64_t person)
{
    struct approval_run *r = approval_current(ap);
    if (!minds_it(ap, by)) {
        return by.minds ? NO_AUTHOR : NO_NO_RIGHT;
    }
    if (!r || r->state != RUN_STOPPED) {
        return NO_NOT_RUNNING;
    }
    if (ap->suspended) {
        return NO_SUSPENDED;
    }
    enum approval_no no = may_be_seated(ap, r, person);
    if (no == NO_NONE) {
        struct seating how = {.person = person, .origin = ORIGIN_EMPTY};
        r->stood_in = true;
        run_set(r, RUN_ACTIVE);
        struct approval_seat *s = seat_put(ap, r, how, by);
        seat_proxy(ap, s, by.now);
        seat_open(ap, s, by.now);
        settle(ap, by.now);
    }
    return no;
}

enum approval_no approval_revoke(struct approval *ap, struct approval_by by)
{
    if (ap->state != APPROVAL_APPROVED) {
        return NO_NOT_RUNNING;
    }
    state_set(ap, APPROVAL_REVOKED);
    say(ap, by, EVENT_REVOKED, (struct about){0});
    return NO_NONE;
}

/* --- copies --------------------------------------------------------------------------------- */

static bool has_part(const struct approval *ap, int64_t person)
{
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].actor == person || ap->seats[i].principal == person) {
            return true;
        }
    }
    return person == ap->author;
}

enum approval_no approval_copy_to(struct approval *ap, struct approval_by by, int64_t person)
{
    if (by.person && !by.minds && !has_part(ap, by.person)) {
        return NO_NO_RIGHT;
    }
    if (person <= 0) {
        return NO_NOBODY;
    }
    if (ap->ncopies >= APPROVAL_SEATS) {
        return NO_FULL;
    }
    for (int i = 0; i < ap->ncopies; i++) {
        if (ap->copies[i].person == person && ap->copies[i].round == ap->nrounds) {
            return NO_NONE;
        }
    }
    struct approval_copy *c = approval_add_copy(ap);
    c->person = person;
    c->by = by.person;
    c->at = by.now;
    c->round = ap->nrounds;
    say(ap, by, EVENT_COPIED, (struct about){.person = person});
    return NO_NONE;
}

enum approval_no approval_copy_read(struct approval *ap, struct approval_by by)
{
    enum approval_no no = NO_NO_RIGHT;
    for (int i = 0; i < ap->ncopies; i++) {
        struct approval_copy *c = &ap->copies[i];
        if (c->person == by.person && !c->read) {
            c->read = by.now;
            c->changed = true;
            say(ap, by, EVENT_READ, (struct about){.person = by.person, .number = c->round});
        }
        no = c->person == by.person ? NO_NONE : no;
    }
    return no;
}

enum approval_no approval_view(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    if (!s) {
        return NO_NO_SEAT;
    }
    if (s->actor != by.person) {
        return NO_NOT_YOURS;
    }
    if (s->state == SEAT_OPEN && !s->viewed) {
        s->viewed = by.now;
        s->changed = true;
    }
    return NO_NONE;
}
