/* Random operations on random plans: the invariants hold after each, what was
 * refused changed nothing, nothing ever disappears, and every approval comes to an
 * end.  ZHIDU_APPROVAL_RUNS sets how many approvals are walked (usual: 2500). */
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPS_EACH = 60 };

/* --- what may never happen ------------------------------------------------------------------ */

struct before {
    struct approval ap;
    struct approval_seat *seats;
    struct approval_ballot *ballots;
    struct approval_run *runs;
};

static void *copy(struct arena *a, const void *from, size_t n)
{
    void *to = arena_unset(a, n + 1, 1, alignof(max_align_t));
    if (n) {
        memcpy(to, from, n);
    }
    return to;
}

static struct before look(struct arena *a, const struct approval *ap)
{
    return (struct before){.ap = *ap,
                           .seats = copy(a, ap->seats, (size_t)ap->nseats * sizeof(*ap->seats)),
                           .ballots =
                               copy(a, ap->ballots, (size_t)ap->nballots * sizeof(*ap->ballots)),
                           .runs = copy(a, ap->runs, (size_t)ap->nruns * sizeof(*ap->runs))};
}

static void nothing_changed(const struct before *b, const struct approval *ap)
{
    assert_memory_equal(&b->ap, ap, sizeof(*ap));
    assert_memory_equal(b->seats, ap->seats ? (void *)ap->seats : (void *)"",
                        (size_t)ap->nseats * sizeof(*ap->seats));
    assert_memory_equal(b->ballots, ap->ballots ? (void *)ap->ballots : (void *)"",
                        (size_t)ap->nballots * sizeof(*ap->ballots));
    assert_memory_equal(b->runs, ap->runs ? (void *)ap->runs : (void *)"",
                        (size_t)ap->nruns * sizeof(*ap->runs));
}

/* What was there stays there: whose right it was, and what was voted. */
static void nothing_lost(const struct before *b, const struct approval *ap)
{
    assert_true(ap->nseats >= b->ap.nseats && ap->nballots >= b->ap.nballots &&
                ap->nruns >= b->ap.nruns && ap->nevents >= b->ap.nevents);
    for (int i = 0; i < b->ap.nseats; i++) {
        assert_int_equal(ap->seats[i].principal, b->seats[i].principal);
        assert_int_equal(ap->seats[i].origin, b->seats[i].origin);
        assert_int_equal(ap->seats[i].run, b->seats[i].run);
    }
    for (int i = 0; i < b->ap.nballots; i++) {
        struct approval_ballot now = ap->ballots[i];
        assert_true(now.voided || !b->ballots[i].voided);
        now.voided = b->ballots[i].voided;
        now.changed = b->ballots[i].changed;
        assert_memory_equal(&now, &b->ballots[i], sizeof(now));
    }
}

static void tell(const struct approval *ap)
{
    for (int i = 0; i < ap->nevents; i++) {
        const struct approval_event *e = &ap->events[i];
        struct words w = approval_event_words(e->kind);
        print_error("  %d %.*s: by %lld, run %d, seat %d, person %lld, %d\n", e->no, STR_ARG(w.en),
                    (long long)e->by, e->run, e->seat, (long long)e->person, e->number);
    }
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        print_error("  seat %d in run %d: %lld by %lld, state %d, side %d of %d\n", s->no, s->run,
                    (long long)s->principal, (long long)s->actor, (int)s->state, (int)s->side,
                    s->holder);
    }
}

static void check(const struct walk *w, const char *when)
{
    const char *bad = approval_check(w->s->ap);
    if (bad) {
        print_error("%s: %s\n", when, bad);
        tell(w->s->ap);
    }
    assert_null(bad);
}

static void one_op(struct walk *w)
{
    struct arena a = arena_make(16u << 20);
    struct sham *s = w->s;
    s->now +=
        sham_random(&w->seed, 5) ? sham_random(&w->seed, 500) : sham_random(&w->seed, 20000000);
    struct before b = look(&a, s->ap);
    enum approval_no no = walk_op(w);
    if (no == NO_NONE) {
        nothing_lost(&b, s->ap);
    } else {
        nothing_changed(&b, s->ap);
        w->refused++;
        w->reasons[no]++;
    }
    check(w, "operation");
    if (sham_random(&w->seed, 4) == 0) {
        int64_t p = walk_person(w);
        s->proxy[p] = sham_random(&w->seed, 2) ? 0 : walk_person(w);
        s->barred[walk_person(w)] = sham_random(&w->seed, 12) == 0;
        b = look(&a, s->ap);
        approval_tick(s->ap, s->now);
        nothing_lost(&b, s->ap);
        check(w, "tick");
    }
    w->done++;
    arena_end(&a);
}

/* Everybody does what he is asked to: it must come to an end. */
static void drive_to_the_end(struct walk *w)
{
    struct sham *s = w->s;
    struct approval *ap = s->ap;
    struct approval_by admin = {60, true, s->now};
    memset(s->barred, 0, sizeof(s->barred));
    approval_resume(ap, admin);
    for (int steps = 0; ap->state == APPROVAL_RUNNING; steps++) {
        assert_true(steps < 5000);
        const struct approval_run *r = approval_current(ap);
        int seat = 0;
        for (int i = 0; i < ap->nseats && !seat; i++) {
            seat = ap->seats[i].run == r->no && ap->seats[i].state == SEAT_OPEN ? i + 1 : 0;
        }
        if (r->state == RUN_STOPPED) {
            assert_int_equal(approval_place(ap, admin, 50), NO_NONE);
        } else if (ap->seats[seat - 1].asker) {
            approval_advise(ap, sham_by(s, ap->seats[seat - 1].actor), seat);
        } else {
            int64_t by = ap->seats[seat - 1].actor;
            enum approval_vote v = steps % 7 ? VOTE_APPROVE : VOTE_REJECT;
            assert_int_equal(
                approval_cast(ap, sham_by(s, by), seat, v, &ap->rounds[ap->nrounds - 1].hash),
                NO_NONE);
        }
        check(w, "driven");
    }
    if (ap->state == APPROVAL_WITH_AUTHOR) {
        assert_int_equal(approval_end(ap, sham_by(s, 1)), NO_NONE);
    }
    check(w, "end");
}

/* A few are asked of an approval that has ended, too. */
static bool over(const struct approval *ap, int k)
{
    return ap->state != APPROVAL_RUNNING && ap->state != APPROVAL_WITH_AUTHOR && k % 4 == 0;
}

static void random_walks(void **state)
{
    (void)state;
    const char *env = getenv("ZHIDU_APPROVAL_RUNS");
    int64_t runs = env ? strtoll(env, NULL, 10) : 2500;
    struct walk w = {.seed = 88172645463325252ULL};
    int64_t approved = 0;
    for (int64_t i = 0; i < runs; i++) {
        walk_house(&w);
        approval_submit(w.s->ap, sham_by(w.s, 1), &w.s->hash, false);
        check(&w, "submitted");
        for (int k = 0; k < OPS_EACH && !over(w.s->ap, k); k++) {
            one_op(&w);
        }
        drive_to_the_end(&w);
        approved += w.s->ap->state == APPROVAL_APPROVED;
        sham_end(w.s);
    }
    int met = 0;
    for (int i = 1; i <= NO_FULL; i++) {
        met += w.reasons[i] > 0;
        if (!w.reasons[i]) {
            printf("     never: %.*s\n", STR_ARG(approval_no_what((enum approval_no)i).en));
        }
    }
    printf(
        "     %lld operations on %lld approvals, %lld refused for %d of %d reasons, %lld approved"
        " in full\n",
        (long long)w.done, (long long)runs, (long long)w.refused, met, NO_FULL,
        (long long)approved);
    assert_true(runs < 1500 || met >= NO_FULL - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_walks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
