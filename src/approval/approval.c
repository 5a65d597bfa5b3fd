/* approval.c - rows, events, words. */
#include "approval/approval_int.h"

#include <string.h>

struct approval *approval_new(struct arena *a, const struct approval_plan *plan,
                              const struct approval_world *world, int64_t author)
{
    struct approval *ap = arena_new(a, struct approval);
    *ap = (struct approval){
        .arena = a, .plan = plan, .world = world, .author = author, .state = APPROVAL_WITH_AUTHOR};
    return ap;
}

/* Room for one more: doubled at 1, 2, 4 ... things. */
static void *one_more(struct arena *a, void *list, int *n, size_t size)
{
    if ((*n & (*n - 1)) == 0) {
        void *more = arena_alloc(a, *n ? (size_t)*n * 2 : 1, size, alignof(max_align_t));
        if (*n) {
            memcpy(more, list, (size_t)*n * size);
        }
        list = more;
    }
    memset((char *)list + (size_t)*n * size, 0, size);
    (*n)++;
    return list;
}

struct approval_round *approval_add_round(struct approval *ap)
{
    ap->rounds = one_more(ap->arena, ap->rounds, &ap->nrounds, sizeof(*ap->rounds));
    struct approval_round *r = &ap->rounds[ap->nrounds - 1];
    r->no = ap->nrounds;
    r->changed = true;
    return r;
}

struct approval_run *approval_add_run(struct approval *ap)
{
    ap->runs = one_more(ap->arena, ap->runs, &ap->nruns, sizeof(*ap->runs));
    struct approval_run *r = &ap->runs[ap->nruns - 1];
    r->no = ap->nruns;
    r->changed = true;
    return r;
}

struct approval_seat *approval_add_seat(struct approval *ap)
{
    ap->seats = one_more(ap->arena, ap->seats, &ap->nseats, sizeof(*ap->seats));
    struct approval_seat *s = &ap->seats[ap->nseats - 1];
    s->no = ap->nseats;
    s->left = -1;
    s->changed = true;
    return s;
}

struct approval_ballot *approval_add_ballot(struct approval *ap)
{
    ap->ballots = one_more(ap->arena, ap->ballots, &ap->nballots, sizeof(*ap->ballots));
    struct approval_ballot *b = &ap->ballots[ap->nballots - 1];
    b->no = ap->nballots;
    b->changed = true;
    return b;
}

struct approval_copy *approval_add_copy(struct approval *ap)
{
    ap->copies = one_more(ap->arena, ap->copies, &ap->ncopies, sizeof(*ap->copies));
    struct approval_copy *c = &ap->copies[ap->ncopies - 1];
    c->changed = true;
    return c;
}

void say(struct approval *ap, struct approval_by by, enum approval_event_kind kind,
         struct about about)
{
    ap->events = one_more(ap->arena, ap->events, &ap->nevents, sizeof(*ap->events));
    ap->events[ap->nevents - 1] = (struct approval_event){.no = ap->event_base + ap->nevents,
                                                          .kind = kind,
                                                          .at = by.now,
                                                          .by = by.person,
                                                          .round = ap->nrounds,
                                                          .run = about.run,
                                                          .seat = about.seat,
                                                          .person = about.person,
                                                          .number = about.number};
}

void seat_set(struct approval_seat *s, enum approval_seat_state state)
{
    s->state = state;
    s->changed = true;
    if (state != SEAT_OPEN && state != SEAT_WAITING) {
        s->next = 0;
        s->held = false;
    }
}

void run_set(struct approval_run *r, enum approval_run_state state)
{
    r->state = state;
    r->changed = true;
}

void state_set(struct approval *ap, enum approval_state state)
{
    ap->state = state;
    ap->changed = true;
}

struct words approval_no_what(enum approval_no no)
{
#define WHAT(k, zh, en, rzh, ren) WORDS_INIT(zh, en),
    static const struct words list[] = {APPROVAL_REASONS(WHAT)};
#undef WHAT
    return list[no];
}

struct words approval_no_remedy(enum approval_no no)
{
#define REMEDY(k, zh, en, rzh, ren) WORDS_INIT(rzh, ren),
    static const struct words list[] = {APPROVAL_REASONS(REMEDY)};
#undef REMEDY
    return list[no];
}

struct words approval_event_words(enum approval_event_kind kind)
{
#define EVENT(k, zh, en) WORDS_INIT(zh, en),
    static const struct words list[] = {APPROVAL_EVENTS(EVENT)};
#undef EVENT
    return list[kind];
}

struct approval_run *approval_current(const struct approval *ap)
{
    for (int i = ap->state == APPROVAL_RUNNING ? ap->nruns : 0; i > 0; i--) {
        struct approval_run *r = &ap->runs[i - 1];
        if (r->state == RUN_ACTIVE || r->state == RUN_STOPPED) {
            return r;
        }
    }
    return NULL;
}

struct approval_seat *approval_seat_of(const struct approval *ap, int64_t person)
{
    struct approval_run *r = approval_current(ap);
    for (int i = 0; r && i < ap->nseats; i++) {
        struct approval_seat *s = &ap->seats[i];
        if (s->run == r->no && s->state == SEAT_OPEN && s->actor == person) {
            return s;
        }
    }
    return NULL;
}
