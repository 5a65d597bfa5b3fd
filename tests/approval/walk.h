/* walk.h - random plans, people and operations: what a walk through an approval does
 * next.  Whoever walks looks at what came of it. */
#ifndef TESTS_APPROVAL_WALK_H
#define TESTS_APPROVAL_WALK_H

#include "sham.h"

struct walk {
    struct sham *s;
    uint64_t seed;
    int64_t done, refused;
    int reasons[64];
};

static inline int64_t walk_person(struct walk *w)
{
    return sham_random(&w->seed, 30) ? 1 + sham_random(&w->seed, 14) : 60;
}

static inline void walk_node(struct walk *w, int i)
{
    struct approval_node *n = &w->s->nodes[i];
    uint64_t *r = &w->seed;
    *n = (struct approval_node){.rule = (enum approval_rule)sham_random(r, 4),
                                .ratio = sham_random(r, 2) ? (int)(1 + sham_random(r, 1000)) : 0,
                                .votes = (int)(1 + sham_random(r, 4)),
                                .quorum = sham_random(r, 3) ? 0 : (int)sham_random(r, 1001),
                                .abstain_out = sham_random(r, 2),
                                .hears_all = sham_random(r, 3) == 0,
                                .votes_after_removal = sham_random(r, 2),
                                .self = (enum approval_self)sham_random(r, 3),
                                .empty = (enum approval_empty)sham_random(r, 6),
                                .dedup = (enum approval_dedup)sham_random(r, 3),
                                .fail = (enum approval_fail)sham_random(r, 4),
                                .fail_node = i ? (int)sham_random(r, i) : 0,
                                .term = sham_random(r, 2) ? 1000 + sham_random(r, 100000) : 0,
                                .reminders = (int)sham_random(r, 3),
                                .remind = sham_random(r, 1000),
                                .escalate = (enum approval_escalate)sham_random(r, 3),
                                .late = (enum approval_late)sham_random(r, 4),
                                .take_back = sham_random(r, 2) ? sham_random(r, 200000) : 0,
                                .added_max = (int)sham_random(r, 8)};
    n->decides_first = n->rule == RULE_ANY && sham_random(r, 2);
    w->s->not_here[i] = sham_random(r, 6) == 0;
    w->s->nnamed[i] = (int)sham_random(r, 7);
    for (int k = 0; k < w->s->nnamed[i]; k++) {
        w->s->named[i][k] = walk_person(w);
    }
}

/* The next one, in w->s. */
static inline struct sham *walk_house(struct walk *w)
{
    struct sham *s = sham_make(1 + (int)sham_random(&w->seed, 5));
    w->s = s;
    for (int i = 0; i < s->plan.n; i++) {
        walk_node(w, i);
    }
    for (int p = 1; p < SHAM_PEOPLE; p++) {
        s->above[p] = sham_random(&w->seed, 3) ? walk_person(w) : 0;
        s->proxy[p] = sham_random(&w->seed, 8) ? 0 : walk_person(w);
        s->barred[p] = p < 15 && sham_random(&w->seed, 12) == 0;
    }
    s->plan.author_until_end = sham_random(&w->seed, 2);
    s->admin = sham_random(&w->seed, 8) ? 60 : 0;
    return s;
}

/* --- one operation --------------------------------------------------------------------- */

/* Mostly one that is open, sometimes any, also none at all. */
static inline int walk_seat(struct walk *w)
{
    const struct approval *ap = w->s->ap;
    int seat = (int)sham_random(&w->seed, ap->nseats + 2);
    bool open = sham_random(&w->seed, 6) != 0;
    for (int i = 0; open && i < ap->nseats; i++) {
        int at = (seat + i) % ap->nseats;
        if (ap->seats[at].state == SEAT_OPEN || ap->seats[at].held) {
            return at + 1;
        }
    }
    return seat;
}

/* Mostly who may, sometimes anybody. */
static inline struct approval_by walk_by(struct walk *w, int seat)
{
    const struct approval *ap = w->s->ap;
    bool known = seat > 0 && seat <= ap->nseats && sham_random(&w->seed, 6);
    int64_t person = known ? ap->seats[seat - 1].actor : walk_person(w);
    person = sham_random(&w->seed, 10) == 0 ? 60 : person;
    return (struct approval_by){.person = person, .minds = person == 60, .now = w->s->now};
}

static inline struct approval_hash walk_hash(struct walk *w)
{
    const struct approval *ap = w->s->ap;
    struct approval_hash h = ap->nrounds ? ap->rounds[ap->nrounds - 1].hash : w->s->hash;
    h.b[1] = sham_random(&w->seed, 12) == 0 ? 9 : 0;
    return h;
}

static inline enum approval_no walk_on_seat(struct walk *w)
{
    struct approval *ap = w->s->ap;
    int seat = walk_seat(w);
    struct approval_by by = walk_by(w, seat);
    struct approval_hash h = walk_hash(w);
    int64_t people[3] = {walk_person(w), walk_person(w), walk_person(w)};
    int n = (int)sham_random(&w->seed, 4);
    enum approval_rule rule = (enum approval_rule)sham_random(&w->seed, 4);
    enum approval_origin where[] = {ORIGIN_BEFORE, ORIGIN_BESIDE, ORIGIN_AFTER};
    switch (sham_random(&w->seed, 14)) {
    case 0:
    case 1:
    case 2:
        return approval_cast(ap, by, seat, VOTE_APPROVE, &h);
    case 3:
        return approval_cast(ap, by, seat, (enum approval_vote)sham_random(&w->seed, 3), &h);
    case 4:
        return approval_take_back(ap, by, seat);
    case 5:
    case 6:
        return approval_add(ap, by, seat, where[sham_random(&w->seed, 3)], rule, people, n, &h);
    case 7:
        return approval_cancel_add(ap, by, seat);
    case 8:
        return approval_remove(ap, by, seat);
    case 9:
        return approval_transfer(ap, by, seat, people[0], sham_random(&w->seed, 2));
    case 10:
        return approval_ask(ap, by, seat, people[0]);
    case 11:
        return approval_advise(ap, by, seat);
    case 12:
        return approval_ask_end(ap, by, seat);
    default:
        return approval_return(ap, by, seat, (int)sham_random(&w->seed, 5) - 2);
    }
}

static inline enum approval_no walk_on_whole(struct walk *w)
{
    struct approval *ap = w->s->ap;
    int seat = walk_seat(w);
    struct approval_by by = walk_by(w, seat);
    struct approval_by author = {.person = sham_random(&w->seed, 20) ? 1 : 2, .now = w->s->now};
    switch (sham_random(&w->seed, 14)) {
    case 0:
    case 1:
    case 2:
        w->s->hash.b[2] = (unsigned char)sham_random(&w->seed, 2);
        return approval_submit(ap, author, &w->s->hash, sham_random(&w->seed, 2));
    case 3:
        return sham_random(&w->seed, 4) ? NO_NONE : approval_withdraw(ap, author);
    case 4:
        return approval_copy_to(ap, by, walk_person(w));
    case 5:
        return approval_copy_read(ap, by);
    case 6:
        return approval_view(ap, by, seat);
    case 7:
        return approval_urge(ap, author, seat);
    case 8:
        return approval_suspend(ap, by);
    case 9:
    case 10:
        return approval_resume(ap, (struct approval_by){60, true, w->s->now});
    case 11:
        return approval_jump(ap, by, walk_person(w),
                             (int)sham_random(&w->seed, w->s->plan.n + 2) - 1);
    case 12:
        return approval_place(ap, by, walk_person(w));
    default:
        return sham_random(&w->seed, 20) ? approval_revoke(ap, by) : approval_end(ap, by);
    }
}

/* An operation, mostly on a seat. */
static inline enum approval_no walk_op(struct walk *w)
{
    return sham_random(&w->seed, 3) ? walk_on_seat(w) : walk_on_whole(w);
}

#endif
