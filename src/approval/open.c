/* open.c - who sits in a node, and from when. */
#include "approval/approval_int.h"

#include <string.h>

bool sits(const struct approval *ap, int run, int64_t person)
{
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run == run && seat_counts(s) && seat_is_of(s, person)) {
            return true;
        }
    }
    return false;
}

enum approval_no may_be_seated(const struct approval *ap, const struct approval_run *r,
                               int64_t person)
{
    const struct approval_node *n = node_of(ap, r);
    if (person <= 0) {
        return NO_NOBODY;
    }
    if (person == ap->author && n->self != SELF_MAY) {
        return NO_AUTHOR;
    }
    if (sits(ap, r->no, person)) {
        return NO_SEATED;
    }
    return ap->world->may_sit(ap->world->arg, r->node, person) ? NO_NONE : NO_MAY_NOT;
}

struct approval_seat *seat_put(struct approval *ap, struct approval_run *r, struct seating how,
                               struct approval_by by)
{
    struct approval_seat *s = approval_add_seat(ap);
    s->run = r->no;
    s->principal = s->actor = how.person;
    s->origin = how.origin;
    s->side = how.side;
    s->holder = how.holder;
    s->from = how.from;
    s->order = how.order ? how.order : s->no;
    s->weight = how.weight ? how.weight : 1;
    s->depth = how.depth;
    s->hops = how.hops;
    s->state = SEAT_WAITING;
    say(ap, by, EVENT_SEATED, (struct about){r->no, s->no, (int)how.origin, how.person});
    return s;
}

void seat_proxy(struct approval *ap, struct approval_seat *s, int64_t now)
{
    struct approval_by system = {.now = now};
    int64_t p = ap->world->proxy(ap->world->arg, s->principal);
    if (p && p != ap->author && may_be_seated(ap, run_of(ap, s), p) == NO_NONE) {
        s->actor = p;
        s->changed = true;
        say(ap, system, EVENT_PROXY, (struct about){s->run, s->no, 0, p});
    }
}

static void run_clock(struct approval *ap, struct approval_seat *s, int64_t now, int64_t length)
{
    s->due = s->next = ap->world->due(ap->world->arg, now, length);
}

void seat_open(struct approval *ap, struct approval_seat *s, int64_t now)
{
    const struct approval_node *n = node_of(ap, run_of(ap, s));
    seat_set(s, SEAT_OPEN);
    s->opened = now;
    s->left = -1;
    if (n->term) {
        run_clock(ap, s, now, n->term);
    }
    if (ap->suspended) {
        seat_hold(ap, s, now);
    }
}

void seat_hold(struct approval *ap, struct approval_seat *s, int64_t now)
{
    if (s->next) {
        int64_t left = now < s->next ? ap->world->worked(ap->world->arg, now, s->next) : 0;
        s->left = left;
        s->due = s->next = 0;
        s->changed = true;
    }
}

void seat_go_on(struct approval *ap, struct approval_seat *s, int64_t now)
{
    if (s->left >= 0) {
        run_clock(ap, s, now, s->left);
        s->left = -1;
        s->changed = true;
    }
}

/* --- opening a node --------------------------------------------------------------------- */

static struct approval_by system_at(int64_t now)
{
    return (struct approval_by){.now = now};
}

/* An earlier yes of this person in this round, given himself. */
static const struct approval_ballot *said_yes(const struct approval *ap,
                                              const struct approval_run *r, int64_t person,
                                              enum approval_dedup how)
{
    int last = 0; /* the run that passed before this one */
    for (int i = 0; i < r->no - 1; i++) {
        const struct approval_run *p = &ap->runs[i];
        last = p->round == r->round && p->state == RUN_PASSED && !p->by_system ? p->no : last;
    }
    for (int i = 0; i < ap->nballots && how != DEDUP_NONE; i++) {
        const struct approval_ballot *b = &ap->ballots[i];
        const struct approval_run *in = run_of(ap, &ap->seats[b->seat - 1]);
        bool fits = how == DEDUP_ROUND ? in->round == r->round : in->no == last;
        if (fits && in->state == RUN_PASSED && !b->voided && b->vote == VOTE_APPROVE && b->by &&
            b->by == person && b->principal == person &&
            !memcmp(&b->hash, &round_now(ap)->hash, sizeof(b->hash))) {
            return b;
        }
    }
    return NULL;
}

static bool is_last(const struct approval *ap, int node)
{
    return node == ap->plan->n - 1;
}

/* Those whom the node names, each once, without those who cannot.  Of the author, who may not
 * sit himself, it is not asked: his place is his superior's. */
static int candidates(struct approval *ap, const struct approval_run *r, int64_t *list)
{
    int64_t *named = arena_array(ap->arena, int64_t, APPROVAL_SEATS);
    int n = ap->world->people(ap->world->arg, r->node, named, APPROVAL_SEATS);
    int k = 0;
    for (int i = 0; i < n && i < APPROVAL_SEATS; i++) {
        bool again = false;
        for (int j = 0; j < k && !again; j++) {
            again = list[j] == named[i];
        }
        bool author = named[i] == ap->author && node_of(ap, r)->self != SELF_MAY;
        if (!again && named[i] > 0 &&
            (author || ap->world->may_sit(ap->world->arg, r->node, named[i]))) {
            list[k++] = named[i];
        }
    }
    return k;
}

static void seat_one(struct approval *ap, struct approval_run *r, int64_t person,
                     enum approval_origin origin, int64_t now)
{
    const struct approval_node *n = node_of(ap, r);
    const struct approval_ballot *yes =
        is_last(ap, r->node) ? NULL : said_yes(ap, r, person, n->dedup);
    struct seating how = {.person = person, .origin = yes ? ORIGIN_DEDUP : origin};
    struct approval_seat *s = seat_put(ap, r, how, system_at(now));
    if (yes) {
        int cites = yes->no;
        struct approval_ballot *b = ballot_put(ap, s, VOTE_APPROVE, 0, now);
        b->cites = cites;
        seat_set(s, SEAT_AUTO_APPROVED);
        say(ap, system_at(now), EVENT_REPEATED, (struct about){r->no, s->no, cites, person});
    }
}

/* The author among those named: his superior, or nobody where others are named. */
static void seat_author(struct approval *ap, struct approval_run *r, bool others, int64_t now)
{
    const struct approval_node *n = node_of(ap, r);
    if (n->self == SELF_MAY) {
        seat_one(ap, r, ap->author, ORIGIN_DEFINED, now);
        return;
    }
    if (n->self == SELF_SKIP && others) {
        return;
    }
    int64_t above = ap->world->superior(ap->world->arg, ap->author);
    if (may_be_seated(ap, r, above) == NO_NONE) {
        seat_one(ap, r, above, ORIGIN_SUPERIOR, now);
    }
}

/* One after the other, or all at once; when all are there, so that nobody's proxy
 * takes the place of somebody named. */
static void open_seats(struct approval *ap, struct approval_run *r, int64_t now)
{
    bool order = node_of(ap, r)->rule == RULE_ORDER;
    for (int i = 0; i < ap->nseats; i++) {
        if (ap->seats[i].run == r->no && ap->seats[i].state == SEAT_WAITING) {
            seat_proxy(ap, &ap->seats[i], now);
        }
    }
    for (int i = 0; i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (seat_in(s, r->no, 0, SIDE_NODE) && s->state == SEAT_WAITING) {
            seat_open(ap, s, now);
            if (order) {
                return;
            }
        }
    }
}

static int64_t stand_in(struct approval *ap, const struct approval_run *r)
{
    const struct approval_node *n = node_of(ap, r);
    const struct approval_world *w = ap->world;
    int64_t p = 0;
    if (n->empty == EMPTY_SUBSTITUTE) {
        p = w->substitute(w->arg, r->node);
    } else if (n->empty == EMPTY_SUPERIOR) {
        p = w->superior(w->arg, ap->author);
    }
    bool other = n->empty == EMPTY_STOP || n->empty == EMPTY_REJECT || n->empty == EMPTY_PASS;
    if (!other && may_be_seated(ap, r, p) != NO_NONE) {
        p = w->admin(w->arg);
    }
    return !other && may_be_seated(ap, r, p) == NO_NONE ? p : 0;
}

/* Nobody is left: what the node says then.  Never silently passed. */
static void open_empty(struct approval *ap, struct approval_run *r, int64_t now)
{
    const struct approval_node *n = node_of(ap, r);
    struct approval_by system = system_at(now);
    int64_t p = stand_in(ap, r);
    if (r->state != RUN_STOPPED || p) {
        say(ap, system, EVENT_EMPTY, (struct about){r->no, 0, (int)n->empty, p});
    }
    if (p) {
        r->stood_in = true;
        run_set(r, RUN_ACTIVE);
        seat_one(ap, r, p, ORIGIN_EMPTY, now);
        open_seats(ap, r, now);
    } else if (n->empty == EMPTY_PASS || n->empty == EMPTY_REJECT) {
        bool pass = n->empty == EMPTY_PASS;
        r->by_system = true;
        r->decisions = 1;
        r->decided = now;
        run_set(r, pass ? RUN_PASSED : RUN_FAILED);
        say(ap, system, pass ? EVENT_EMPTY_PASSED : EVENT_FAILED, (struct about){.run = r->no});
        if (!pass) {
            finish(ap, system, APPROVAL_REJECTED, ROUND_REJECTED, RUN_FAILED, SEAT_CLOSED);
        }
    } else if (r->state != RUN_STOPPED) {
        run_set(r, RUN_STOPPED);
    }
}

static void seat_people(struct approval *ap, struct approval_run *r, int64_t now)
{
    int64_t *list = arena_array(ap->arena, int64_t, APPROVAL_SEATS);
    int n = candidates(ap, r, list);
    int before = ap->nseats;
    for (int i = 0; i < n; i++) {
        if (list[i] == ap->author) {
            seat_author(ap, r, n > 1, now);
        } else if (may_be_seated(ap, r, list[i]) == NO_NONE) { /* not yet there as a superior */
            seat_one(ap, r, list[i], ORIGIN_DEFINED, now);
        }
    }
    if (ap->nseats == before) {
        open_empty(ap, r, now);
    } else {
        run_set(r, RUN_ACTIVE);
        open_seats(ap, r, now);
    }
}

static struct approval_run *run_put(struct approval *ap, int node, int64_t now)
{
    struct approval_run *r = approval_add_run(ap);
    r->round = ap->nrounds;
    r->node = node;
    r->state = RUN_ACTIVE;
    r->opened = now;
    return r;
}

void open_from(struct approval *ap, int node, int64_t now)
{
    struct approval_by system = system_at(now);
    for (; node < ap->plan->n; node++) {
        if (ap->nruns >= APPROVAL_RUNS) {
            finish(ap, system, APPROVAL_ENDED, ROUND_ENDED, RUN_ENDED, SEAT_CLOSED);
            return;
        }
        struct approval_run *r = run_put(ap, node, now);
        if (!ap->world->applies(ap->world->arg, node)) {
            r->by_system = true;
            run_set(r, RUN_SKIPPED);
            say(ap, system, EVENT_SKIPPED, (struct about){.run = r->no, .number = node});
            continue;
        }
        say(ap, system, EVENT_OPENED, (struct about){.run = r->no, .number = node});
        seat_people(ap, r, now);
        if (r->state != RUN_PASSED) { /* settle goes on with one that is decided */
            return;
        }
    }
    finish(ap, system, APPROVAL_APPROVED, ROUND_APPROVED, RUN_PASSED, SEAT_CLOSED);
}

void open_stopped(struct approval *ap, struct approval_run *r, int64_t now)
{
    int64_t *list = arena_array(ap->arena, int64_t, APPROVAL_SEATS);
    if (candidates(ap, r, list) || stand_in(ap, r)) {
        int before = ap->nseats;
        seat_people(ap, r, now);
        if (ap->nseats > before) {
            r->opened = now;
        }
    }
}
