/* Each operation and what it does to votes, other seats, clocks and the round. */
#include "sham.h"

#define ADD(s, person, where, rule, ...)                                                   \
    approval_add((s)->ap, sham_by((s), (person)), seat_no((s), (person)), (where), (rule), \
                 (const int64_t[]){__VA_ARGS__},                                           \
                 (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), &(s)->hash)

static struct sham *house_of(int64_t a, int64_t b, int64_t c)
{
    struct sham *s = sham_make(1);
    NAME(s, 0, a, b, c);
    s->nodes[0].term = 1000;
    return s;
}

static void in_order(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    s->nodes[0].rule = RULE_ORDER;
    submit(s);
    assert_int_equal(last_seat_of(s, 3)->state, SEAT_WAITING);
    assert_int_equal(ADD(s, 2, ORIGIN_BESIDE, RULE_ALL, 9), NO_ORDERED);
    s->now += 600;
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(last_seat_of(s, 3)->due, s->now + 1000); /* a clock of its own */
    DID(ADD(s, 3, ORIGIN_AFTER, RULE_ALL, 9));
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_WAITING); /* first those added */
    DID(CAST(s, 9, VOTE_APPROVE));
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_OPEN);
    DID(CAST(s, 4, VOTE_REJECT));
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    end(s);
}

/* Kept out besides being the author: his superior sits all the same. */
static void an_author_kept_out(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 1);
    s->above[1] = 5;
    s->barred[1] = true;
    submit(s);
    assert_int_equal(last_seat_of(s, 5)->origin, ORIGIN_SUPERIOR);
    end(s);
}

static void before_holds_and_gives_back(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    s->now += 400;
    int seat = seat_no(s, 2);
    DID(ADD(s, 2, ORIGIN_BEFORE, RULE_ORDER, 5, 6));
    assert_int_equal(last_seat_of(s, 2)->left, 600);
    assert_int_equal(last_seat_of(s, 6)->state, SEAT_WAITING);
    assert_int_equal(approval_cast(s->ap, sham_by(s, 2), seat, VOTE_APPROVE, &s->hash), NO_HELD);
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 2), seat, 8, false), NO_HELD);
    s->now += 5000;
    DID(CAST(s, 5, VOTE_APPROVE));
    assert_int_equal(approval_cancel_add(s->ap, sham_by(s, 2), seat), NO_VOTED);
    DID(CAST(s, 6, VOTE_REJECT)); /* the group refuses; the holder decides */
    assert_int_equal(events_of(s, EVENT_GROUP_REFUSED), 1);
    assert_int_equal(last_seat_of(s, 2)->due, s->now + 600);
    assert_int_equal(ADD(s, 2, ORIGIN_BEFORE, RULE_ALL, 7), NO_ADDED_BEFORE);
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(approval_count(s->ap, 1, 0, SIDE_NODE).approved, 1);
    assert_int_equal(approval_count(s->ap, 1, 0, SIDE_NODE).members, 3);
    end(s);
}

static void before_may_be_given_up(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    int seat = seat_no(s, 2);
    DID(ADD(s, 2, ORIGIN_BEFORE, RULE_ALL, 5));
    DID(approval_cancel_add(s->ap, sham_by(s, 2), seat));
    assert_int_equal(last_seat_of(s, 5)->state, SEAT_REMOVED);
    assert_int_equal(seat_no(s, 2), seat);
    DID(ADD(s, 2, ORIGIN_BEFORE, RULE_ALL, 5)); /* and he may be asked again */
    end(s);
}

static void beside_counts(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    DID(CAST(s, 2, VOTE_APPROVE));
    DID(CAST(s, 3, VOTE_APPROVE));
    DID(ADD(s, 4, ORIGIN_BESIDE, RULE_ALL, 5));
    DID(CAST(s, 4, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_RUNNING); /* need grew to four */
    DID(approval_add(s->ap, sham_by(s, 5), seat_no(s, 5), ORIGIN_BESIDE, RULE_ALL,
                     (const int64_t[]){6}, 1, NULL));
    assert_int_equal(ADD(s, 6, ORIGIN_BESIDE, RULE_ALL, 7), NO_DEPTH);
    assert_int_equal(ADD(s, 6, ORIGIN_BESIDE, RULE_ALL, 2), NO_DEPTH);
    assert_int_equal(ADD(s, 5, ORIGIN_BESIDE, RULE_ALL, 2), NO_SEATED);
    assert_int_equal(ADD(s, 5, ORIGIN_BESIDE, RULE_ALL, 1), NO_AUTHOR);
    assert_int_equal(ADD(s, 5, ORIGIN_BESIDE, RULE_ALL, 7, 7), NO_SEATED);
    s->nodes[0].added_max = 2;
    assert_int_equal(ADD(s, 5, ORIGIN_BESIDE, RULE_ALL, 7), NO_TOO_MANY);
    DID(approval_remove(s->ap, sham_by(s, 5), seat_no(s, 6)));
    DID(CAST(s, 5, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    end(s);
}

static void after_can_refuse(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    s->nodes[0].rule = RULE_ANY;
    submit(s);
    DID(ADD(s, 2, ORIGIN_AFTER, RULE_ALL, 5, 6));
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_APPROVED); /* stored at once */
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    DID(CAST(s, 6, VOTE_REJECT));
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_APPROVED);
    end(s);
}

static void transfers_end_somewhere(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    int64_t due = last_seat_of(s, 2)->due;
    s->now += 300;
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 2), seat_no(s, 2), 3, false), NO_SEATED);
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 2), seat_no(s, 2), 1, false), NO_AUTHOR);
    s->barred[9] = true;
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 2), seat_no(s, 2), 9, false), NO_MAY_NOT);
    DID(approval_transfer(s->ap, sham_by(s, 2), seat_no(s, 2), 5, false));
    assert_int_equal(last_seat_of(s, 5)->due, due);
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 5), seat_no(s, 5), 2, false), NO_LOOP);
    DID(approval_transfer(s->ap, sham_by(s, 5), seat_no(s, 5), 6, true));
    assert_int_equal(last_seat_of(s, 6)->due, s->now + 1000);
    DID(approval_transfer(s->ap, sham_by(s, 6), seat_no(s, 6), 7, false));
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 7), seat_no(s, 7), 8, false), NO_HOPS);
    assert_int_equal(CAST(s, 2, VOTE_APPROVE), NO_NO_SEAT);
    assert_int_equal(approval_count(s->ap, 1, 0, SIDE_NODE).members, 3);
    end(s);
}

static void advice_leaves_the_right(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    int seat = seat_no(s, 2);
    DID(approval_ask(s->ap, sham_by(s, 2), seat, 5));
    assert_int_equal(approval_cast(s->ap, sham_by(s, 5), seat, VOTE_APPROVE, &s->hash), NO_ASKED);
    assert_int_equal(approval_cast(s->ap, sham_by(s, 2), seat, VOTE_APPROVE, &s->hash), NO_ASKED);
    assert_int_equal(approval_advise(s->ap, sham_by(s, 6), seat), NO_NOT_YOURS);
    DID(approval_advise(s->ap, sham_by(s, 5), seat));
    DID(CAST(s, 2, VOTE_APPROVE));
    seat = seat_no(s, 3);
    DID(approval_ask(s->ap, sham_by(s, 3), seat, 5));
    DID(approval_ask_end(s->ap, sham_by(s, 3), seat));
    assert_int_equal(approval_ask_end(s->ap, sham_by(s, 3), seat), NO_NOT_ASKED);
    end(s);
}

static void proxies_vote_for_somebody(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    s->proxy[2] = 7;
    s->proxy[3] = 4; /* seated already: stays with 3 */
    s->proxy[4] = 1; /* the author: never */
    submit(s);
    assert_int_equal(last_seat_of(s, 2)->actor, 7);
    assert_int_equal(last_seat_of(s, 3)->actor, 3);
    assert_int_equal(last_seat_of(s, 4)->actor, 4);
    s->proxy[2] = 0;
    approval_tick(s->ap, s->now);
    assert_int_equal(last_seat_of(s, 2)->actor, 2); /* untouched: back at the end of leave */
    s->proxy[2] = 7;
    approval_tick(s->ap, s->now);
    int seat = seat_no(s, 7);
    DID(CAST(s, 7, VOTE_APPROVE));
    assert_int_equal(s->ap->ballots[0].by, 7);
    assert_int_equal(s->ap->ballots[0].principal, 2);
    DID(approval_take_back(s->ap, sham_by(s, 2), seat)); /* the principal, while undecided */
    assert_int_equal(seat_no(s, 2), seat);
    end(s);
}

static void late_goes_up(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    s->nodes[0].escalate = ESCALATE_TRANSFER;
    s->nodes[0].late = LATE_REJECT;
    s->above[2] = 8;
    submit(s);
    DID(CAST(s, 3, VOTE_APPROVE));
    DID(CAST(s, 4, VOTE_APPROVE));
    s->now += 1000;
    approval_tick(s->ap, s->now);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_TRANSFERRED);
    assert_int_equal(seat_no(s, 8), 4);
    s->now += 999;
    approval_tick(s->ap, s->now);
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    s->now += 1;
    approval_tick(s->ap, s->now);
    assert_int_equal(last_seat_of(s, 8)->state, SEAT_AUTO_REJECTED);
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    end(s);
}

static void clocks_stand_while_suspended(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    submit(s);
    s->now += 100;
    DID(approval_suspend(s->ap, sham_by(s, 60)));
    assert_int_equal(approval_next(s->ap), 0);
    assert_int_equal(CAST(s, 2, VOTE_APPROVE), NO_SUSPENDED);
    s->now += 100000;
    approval_tick(s->ap, s->now);
    DID(approval_resume(s->ap, sham_by(s, 60)));
    assert_int_equal(approval_next(s->ap), s->now + 900);
    end(s);
}

static void urging_never_hurries_a_term(void **state)
{
    (void)state;
    struct sham *s = house_of(2, 3, 4);
    s->above[2] = 8;
    submit(s);
    int seat = seat_no(s, 2);
    int64_t due = last_seat_of(s, 2)->due;
    assert_int_equal(approval_urge(s->ap, sham_by(s, 3), seat), NO_NO_RIGHT);
    for (int i = 0; i < 3; i++) {
        DID(approval_urge(s->ap, sham_by(s, 1), seat));
        assert_int_equal(approval_urge(s->ap, sham_by(s, 1), seat), NO_TOO_SOON);
        s->now += APPROVAL_URGE_MS;
    }
    assert_int_equal(last_seat_of(s, 2)->due, due);
    assert_int_equal(s->ap->events[s->ap->nevents - 1].person, 8); /* the third is told above */
    end(s);
}

static void withdrawn_and_submitted_anew(void **state)
{
    (void)state;
    struct sham *s = sham_make(2);
    NAME(s, 0, 2);
    NAME(s, 1, 3);
    s->plan.author_until_end = false;
    s->plan.rounds_max = 3;
    submit(s);
    assert_int_equal(approval_withdraw(s->ap, sham_by(s, 2)), NO_NOT_AUTHOR);
    DID(approval_withdraw(s->ap, sham_by(s, 1)));
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_WITHDRAWN);
    submit(s);
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(approval_withdraw(s->ap, sham_by(s, 1)), NO_PAST_FIRST);
    DID(approval_return(s->ap, sham_by(s, 3), seat_no(s, 3), TO_AUTHOR));
    struct approval_hash other = s->hash;
    other.b[0] ^= 1;
    assert_int_equal(approval_submit(s->ap, sham_by(s, 1), &other, true), NO_CHANGED);
    DID(approval_submit(s->ap, sham_by(s, 1), &s->hash, true)); /* the same: straight back */
    assert_int_equal(approval_current(s->ap)->node, 1);
    DID(approval_return(s->ap, sham_by(s, 3), seat_no(s, 3), TO_AUTHOR));
    assert_int_equal(approval_submit(s->ap, sham_by(s, 1), &s->hash, false), NO_ROUNDS);
    DID(approval_end(s->ap, sham_by(s, 1)));
    end(s);
}

static void two_administrators_jump(void **state)
{
    (void)state;
    struct sham *s = sham_make(3);
    NAME(s, 0, 2);
    NAME(s, 1, 3);
    NAME(s, 2, 4);
    submit(s);
    assert_int_equal(approval_jump(s->ap, sham_by(s, 2), 61, 2), NO_NO_RIGHT);
    assert_int_equal(approval_jump(s->ap, sham_by(s, 60), 60, 2), NO_TWO_PERSONS);
    DID(approval_jump(s->ap, sham_by(s, 60), 61, 2));
    assert_int_equal(s->ap->runs[0].state, RUN_ENDED);
    DID(CAST(s, 4, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    DID(approval_revoke(s->ap, sham_by(s, 60)));
    end(s);
}

/* The whole of them in one node, and everybody heard. */
/* A removal needs a vote after it; one that is taken back was none. */
static void taking_back_decides_nothing(void **state)
{
    (void)state;
    struct sham *s = sham_make(2);
    NAME(s, 0, 2, 3, 4);
    NAME(s, 1, 5);
    s->nodes[0].rule = RULE_VOTE;
    s->nodes[0].ratio = 500;
    s->nodes[0].votes_after_removal = true;
    s->nodes[0].take_back = 1000;
    submit(s);
    int last = seat_no(s, 4);
    DID(CAST(s, 2, VOTE_APPROVE));
    DID(approval_remove(s->ap, sham_by(s, 60), seat_no(s, 3)));
    assert_true(s->ap->runs[0].needs_vote);
    DID(CAST(s, 4, VOTE_ABSTAIN));
    assert_int_equal(s->ap->runs[0].state, RUN_PASSED);
    DID(approval_take_back(s->ap, sham_by(s, 4), last));
    assert_int_equal(s->ap->runs[0].state, RUN_ACTIVE);
    assert_true(s->ap->runs[0].needs_vote && s->ap->runs[0].changed);
    DID(CAST(s, 4, VOTE_REJECT));
    assert_int_equal(s->ap->runs[0].state, RUN_PASSED);
    DID(CAST(s, 5, VOTE_APPROVE));
    end(s);
}

/* The clock's vote, too, is one after a removal, and that is kept. */
static void late_votes_are_kept_with_the_run(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3, 4, 5);
    s->nodes[0] = (struct approval_node){.rule = RULE_VOTE,
                                         .ratio = 500,
                                         .hears_all = true,
                                         .votes_after_removal = true,
                                         .term = 100,
                                         .late = LATE_REJECT};
    submit(s);
    DID(CAST(s, 2, VOTE_APPROVE));
    DID(CAST(s, 3, VOTE_APPROVE));
    struct approval_run *r = &s->ap->runs[0];
    r->needs_vote = true; /* as after a removal */
    s->ap->seats[3].next = 0;
    r->changed = false;
    s->now += 100;
    approval_tick(s->ap, s->now);
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_AUTO_REJECTED);
    assert_int_equal(r->state, RUN_ACTIVE);
    assert_true(!r->needs_vote && r->changed);
    end(s);
}

/* Who is added stays counted, though he hands it on. */
static void handing_on_makes_no_room(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    s->nodes[0].added_max = 1;
    submit(s);
    DID(approval_add(s->ap, sham_by(s, 2), 1, ORIGIN_BESIDE, RULE_ALL, (const int64_t[]){3}, 1,
                     NULL));
    DID(approval_transfer(s->ap, sham_by(s, 3), seat_no(s, 3), 4, false));
    assert_int_equal(approval_add(s->ap, sham_by(s, 2), 1, ORIGIN_BESIDE, RULE_ALL,
                                  (const int64_t[]){5}, 1, NULL),
                     NO_TOO_MANY);
    end(s);
}

/* What nobody can be found for says so once, however often the clock looks. */
static void an_empty_node_says_so_once(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 1);
    s->admin = 0;
    submit(s);
    assert_int_equal(s->ap->runs[0].state, RUN_STOPPED);
    int events = s->ap->nevents;
    s->ap->runs[0].changed = false;
    for (int i = 0; i < 20; i++) {
        approval_tick(s->ap, s->now += 100);
    }
    assert_int_equal(s->ap->nevents, events);
    assert_false(s->ap->runs[0].changed);
    s->above[1] = 7;
    approval_tick(s->ap, s->now);
    DID(CAST(s, 7, VOTE_APPROVE));
    end(s);
}

/* A proxy who opened it and then may not sit there any more gives it back. */
static void a_proxy_who_is_gone_gives_back(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    s->proxy[2] = 5;
    submit(s);
    DID(approval_view(s->ap, sham_by(s, 5), 1));
    s->proxy[2] = 0;
    approval_tick(s->ap, s->now);
    assert_int_equal(s->ap->seats[0].actor, 5); /* he has begun */
    s->barred[5] = true;
    approval_tick(s->ap, s->now);
    assert_int_equal(s->ap->seats[0].actor, 2);
    assert_int_equal(events_of(s, EVENT_PROXY_ENDED), 1);
    s->proxy[2] = 5; /* appointed still, but cannot */
    approval_tick(s->ap, s->now);
    assert_int_equal(s->ap->seats[0].actor, 2);
    DID(CAST(s, 2, VOTE_APPROVE));
    end(s);
}

/* Those added by added people have voted: it cannot be given up any more. */
static void a_group_with_votes_is_not_given_up(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    submit(s);
    DID(approval_add(s->ap, sham_by(s, 2), 1, ORIGIN_BEFORE, RULE_ALL, (const int64_t[]){3}, 1,
                     NULL));
    DID(approval_add(s->ap, sham_by(s, 3), seat_no(s, 3), ORIGIN_BEFORE, RULE_ALL,
                     (const int64_t[]){4, 5}, 2, NULL));
    DID(CAST(s, 4, VOTE_APPROVE));
    assert_int_equal(approval_cancel_add(s->ap, sham_by(s, 2), 1), NO_VOTED);
    assert_int_equal(approval_urge(s->ap, sham_by(s, 1), 1), NO_HELD);
    assert_int_equal(approval_urge(s->ap, sham_by(s, 1), 4), NO_NONE);
    end(s);
}

/* Suspended is suspended: nor does who asked get round it by submitting anew. */
static void nobody_withdraws_what_is_suspended(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    submit(s);
    DID(approval_suspend(s->ap, sham_by(s, 60)));
    assert_int_equal(approval_withdraw(s->ap, sham_by(s, 1)), NO_SUSPENDED);
    DID(approval_resume(s->ap, sham_by(s, 60)));
    DID(approval_withdraw(s->ap, sham_by(s, 1)));
    end(s);
}

/* Who minds approvals does not mind his own. */
static void nobody_minds_his_own(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    submit(s);
    struct approval_by own = {.person = 1, .minds = true, .now = s->now};
    assert_int_equal(approval_transfer(s->ap, own, 1, 7, false), NO_NOT_YOURS);
    assert_int_equal(approval_remove(s->ap, own, 1), NO_NOT_ADDER);
    assert_int_equal(approval_jump(s->ap, own, 60, 1), NO_AUTHOR);
    assert_int_equal(approval_jump(s->ap, sham_by(s, 60), 1, 1), NO_AUTHOR);
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    DID(approval_urge(s->ap, own, 1));
    DID(approval_end(s->ap, own));
    end(s);
    s = sham_make(1);
    s->nodes[0].empty = EMPTY_STOP;
    submit(s);
    own.now = s->now;
    assert_int_equal(approval_place(s->ap, own, 7), NO_AUTHOR);
    DID(approval_place(s->ap, sham_by(s, 60), 7));
    end(s);
}

static void a_thousand_seats(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    s->nodes[0].hears_all = true;
    s->nodes[0].added_max = APPROVAL_SEATS;
    submit(s);
    int64_t *people = arena_array(&s->arena, int64_t, APPROVAL_SEATS);
    for (int i = 0; i < APPROVAL_SEATS; i++) {
        people[i] = 4 + i % 50;
    }
    assert_int_equal(approval_add(s->ap, sham_by(s, 2), 1, ORIGIN_BESIDE, RULE_ALL, people,
                                  APPROVAL_SEATS, NULL),
                     NO_FULL);
    DID(approval_add(s->ap, sham_by(s, 2), 1, ORIGIN_BESIDE, RULE_ALL, people, 50, NULL));
    DID(CAST(s, 2, VOTE_REJECT));
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    for (int64_t p = 3; p < 54; p++) {
        DID(CAST(s, p, VOTE_APPROVE));
    }
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order),
                                       cmocka_unit_test(an_author_kept_out),
                                       cmocka_unit_test(before_holds_and_gives_back),
                                       cmocka_unit_test(before_may_be_given_up),
                                       cmocka_unit_test(beside_counts),
                                       cmocka_unit_test(after_can_refuse),
                                       cmocka_unit_test(transfers_end_somewhere),
                                       cmocka_unit_test(advice_leaves_the_right),
                                       cmocka_unit_test(proxies_vote_for_somebody),
                                       cmocka_unit_test(late_goes_up),
                                       cmocka_unit_test(clocks_stand_while_suspended),
                                       cmocka_unit_test(urging_never_hurries_a_term),
                                       cmocka_unit_test(withdrawn_and_submitted_anew),
                                       cmocka_unit_test(two_administrators_jump),
                                       cmocka_unit_test(taking_back_decides_nothing),
                                       cmocka_unit_test(late_votes_are_kept_with_the_run),
                                       cmocka_unit_test(handing_on_makes_no_room),
                                       cmocka_unit_test(an_empty_node_says_so_once),
                                       cmocka_unit_test(a_proxy_who_is_gone_gives_back),
                                       cmocka_unit_test(a_group_with_votes_is_not_given_up),
                                       cmocka_unit_test(nobody_withdraws_what_is_suspended),
                                       cmocka_unit_test(nobody_minds_his_own),
                                       cmocka_unit_test(a_thousand_seats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
