/* clock.c - what time and appointments change: terms, proxies, stopped nodes; urging. */
#include "approval/approval_int.h"

/* --- proxies -------------------------------------------------------------------------------- */

/* Seats that nobody has touched go to a proxy when one is appointed, and come
 * back when he no longer is; one that its proxy has opened, when he may sit there no more. */
static void look_at_proxy(struct approval *ap, struct approval_seat *s, int64_t now)
{
    struct approval_by system = {.now = now};
    const struct approval_world *w = ap->world;
    bool by_proxy = s->actor != s->principal && !s->asker;
    bool gone = by_proxy && !w->may_sit(w->arg, run_of(ap, s)->node, s->actor);
    if ((s->viewed && !gone) || s->asker || s->held) {
        return;
    }
    if (gone || (by_proxy && w->proxy(w->arg, s->principal) != s->actor)) {
        say(ap, system, EVENT_PROXY_ENDED, (struct about){s->run, s->no, 0, s->actor});
        s->actor = s->principal;
        s->viewed = 0; /* not by him */
        s->changed = true;
    }
    if (s->actor == s->principal) {
        seat_proxy(ap, s, now);
    }
}

/* --- terms ---------------------------------------------------------------------------------- */

static void vote_by_system(struct approval *ap, struct approval_seat *s, bool yes, int64_t now)
{
    struct approval_by system = {.now = now};
    struct approval_ballot *b = ballot_put(ap, s, yes ? VOTE_APPROVE : VOTE_REJECT, 0, now);
    seat_set(s, yes ? SEAT_AUTO_APPROVED : SEAT_AUTO_REJECTED);
    vote_made(run_of(ap, s));
    say(ap, system, yes ? EVENT_AUTO_APPROVED : EVENT_AUTO_REJECTED,
        (struct about){s->run, s->no, b->no, s->principal});
}

/* The superior, or who minds approvals, sits beside it or takes it over. */
static void escalate(struct approval *ap, int seat, int64_t now)
{
    struct approval_by system = {.now = now};
    struct approval_seat *s = seat_at(ap, seat);
    struct approval_run *r = run_of(ap, s);
    const struct approval_node *n = node_of(ap, r);
    int64_t above = ap->world->superior(ap->world->arg, s->principal);
    if (may_be_seated(ap, r, above) != NO_NONE) {
        above = ap->world->admin(ap->world->arg);
    }
    s->late++;
    s->next = ap->world->due(ap->world->arg, now, n->term);
    s->changed = true;
    if (may_be_seated(ap, r, above) != NO_NONE) {
        return;
    }
    say(ap, system, EVENT_ESCALATED, (struct about){r->no, seat, s->late, above});
    bool beside = n->escalate == ESCALATE_ADD && n->rule != RULE_ORDER;
    struct seating how = {.person = above,
                          .origin = ORIGIN_ESCALATED,
                          .side = s->side,
                          .holder = s->holder,
                          .from = seat,
                          .order = beside ? 0 : s->order,
                          .weight = s->weight,
                          .depth = s->depth};
    int late = s->late;
    if (!beside) {
        seat_set(s, SEAT_TRANSFERRED);
        close_group(ap, seat, SEAT_CLOSED);
    }
    struct approval_seat *e = seat_put(ap, r, how, system);
    seat_proxy(ap, e, now);
    seat_open(ap, e, now);
    e->late = late; /* its term leads to the end, not further up */
}

/* One step of a seat whose moment has come. */
static void late_step(struct approval *ap, int seat, int64_t now)
{
    struct approval_by system = {.now = now};
    struct approval_seat *s = seat_at(ap, seat);
    const struct approval_node *n = node_of(ap, run_of(ap, s));
    if (s->late < n->reminders) {
        s->late++;
        s->next = ap->world->due(ap->world->arg, now, n->remind > 0 ? n->remind : n->term);
        s->changed = true;
        say(ap, system, EVENT_REMINDED, (struct about){s->run, seat, s->late, s->actor});
    } else if (n->escalate != ESCALATE_NOT && s->late == n->reminders) {
        escalate(ap, seat, now);
    } else if (n->late == LATE_NOTHING) {
        s->next = 0;
        s->changed = true;
    } else if (n->late == LATE_END) {
        seat_set(s, SEAT_EXPIRED);
        say(ap, system, EVENT_EXPIRED, (struct about){s->run, seat, 0, s->actor});
        finish(ap, system, APPROVAL_ENDED, ROUND_ENDED, RUN_ENDED, SEAT_CLOSED);
    } else {
        vote_by_system(ap, s, n->late == LATE_PASS, now);
    }
}

void approval_tick(struct approval *ap, int64_t now)
{
    struct approval_run *r = approval_current(ap);
    if (!r || ap->suspended) {
        return;
    }
    if (r->state == RUN_STOPPED) {
        open_stopped(ap, r, now);
    }
    int run = r->no;
    int n = ap->nseats; /* who is added meanwhile begins now */
    for (int i = 0; i < n && ap->state == APPROVAL_RUNNING; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->run == run && seat_alive(s)) {
            look_at_proxy(ap, s, now);
        }
        if (s->run == run && s->state == SEAT_OPEN && s->next && s->next <= now) {
            late_step(ap, s->no, now);
        }
    }
    settle(ap, now);
}

int64_t approval_next(const struct approval *ap)
{
    int64_t next = 0;
    for (int i = 0; i < ap->nseats && ap->state == APPROVAL_RUNNING; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->state == SEAT_OPEN && s->next && (!next || s->next < next)) {
            next = s->next;
        }
    }
    return next;
}

/* --- urging --------------------------------------------------------------------------------- */

enum approval_no approval_urge(struct approval *ap, struct approval_by by, int seat)
{
    struct approval_seat *s = seat_at(ap, seat);
    if (!s) {
        return NO_NO_SEAT;
    }
    if (by.person && by.person != ap->author && !by.minds) {
        return NO_NO_RIGHT;
    }
    if (ap->state != APPROVAL_RUNNING || ap->suspended) {
        return ap->suspended ? NO_SUSPENDED : NO_NOT_RUNNING;
    }
    if (s->state != SEAT_OPEN) {
        return s->held ? NO_HELD : seat_alive(s) ? NO_TURN : NO_CLOSED;
    }
    if (s->urged && by.now - s->urged < APPROVAL_URGE_MS) {
        return NO_TOO_SOON;
    }
    s->urged = by.now;
    s->urges++;
    s->changed = true;
    int64_t above =
        s->urges >= APPROVAL_URGE_ABOVE ? ap->world->superior(ap->world->arg, s->principal) : 0;
    say(ap, by, EVENT_URGED, (struct about){s->run, seat, s->urges, above});
    return NO_NONE;
}
