/* What other engines get wrong, one test each: seats that vanish, votes that pass
 * new content, decisions taken twice or by nobody. */
#include "sham.h"

/* 1: the others' seats stay theirs, unanswered. */
static void seats_stay_after_a_rejection(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3, 4);
    submit(s);
    DID(CAST(s, 3, VOTE_REJECT));
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    assert_int_equal(s->ap->nseats, 3);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_CLOSED);
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_CLOSED);
    assert_int_equal(s->ap->nballots, 1);
    assert_int_equal(CAST(s, 2, VOTE_APPROVE), NO_NO_SEAT);
    end(s);
}

/* 2: taking a vote back keeps the rows of the node that followed. */
static void taking_back_keeps_what_followed(void **state)
{
    (void)state;
    struct sham *s = sham_make(2);
    NAME(s, 0, 2);
    NAME(s, 1, 3);
    s->nodes[0].take_back = 1000;
    s->nodes[0].term = 500;
    submit(s);
    s->now += 200;
    int first = seat_no(s, 2);
    DID(CAST(s, 2, VOTE_APPROVE));
    s->now += 900;
    DID(approval_take_back(s->ap, sham_by(s, 2), first));
    assert_int_equal(last_seat_of(s, 3)->state, SEAT_WITHDRAWN);
    assert_int_equal(s->ap->runs[1].state, RUN_WITHDRAWN);
    assert_int_equal(seat_no(s, 2), first);
    assert_int_equal(last_seat_of(s, 2)->due, s->now + 300); /* what was left of its term */
    DID(CAST(s, 2, VOTE_APPROVE));
    DID(approval_view(s->ap, sham_by(s, 3), seat_no(s, 3)));
    assert_int_equal(approval_take_back(s->ap, sham_by(s, 2), first), NO_SEEN);
    end(s);
}

/* 3: what the clock decides is the system's, never the person's. */
static void automatic_votes_are_the_systems(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    s->nodes[0].term = 100;
    s->nodes[0].reminders = 1;
    s->nodes[0].remind = 50;
    s->nodes[0].late = LATE_PASS;
    submit(s);
    assert_int_equal(approval_next(s->ap), s->now + 100);
    s->now += 100;
    approval_tick(s->ap, s->now);
    assert_int_equal(events_of(s, EVENT_REMINDED), 1);
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    s->now += 50;
    approval_tick(s->ap, s->now);
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    assert_int_equal(s->ap->ballots[0].by, 0);
    assert_int_equal(s->ap->ballots[0].principal, 0);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_AUTO_APPROVED);
    end(s);
}

/* 4: a vote of an earlier round, or on other content, is never used again. */
static void no_vote_outlives_its_round(void **state)
{
    (void)state;
    struct sham *s = sham_make(3);
    NAME(s, 0, 2);
    NAME(s, 1, 2, 3);
    NAME(s, 2, 4);
    s->nodes[1].dedup = DEDUP_ROUND;
    submit(s);
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_AUTO_APPROVED);
    assert_int_equal(s->ap->ballots[1].cites, 1);
    DID(approval_return(s->ap, sham_by(s, 3), seat_no(s, 3), TO_AUTHOR));
    s->hash.b[5] = 9;
    submit(s);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_OPEN); /* asked again */
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(s->ap->ballots[s->ap->nballots - 1].cites, 3);
    end(s);
}

/* 5, 6: shares of votes: one refusal ends nothing, one person decides nothing alone. */
static void shares_are_counted(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3, 4, 5, 6);
    s->nodes[0].rule = RULE_VOTE;
    s->nodes[0].ratio = 667;
    submit(s);
    struct approval_count c = approval_count(s->ap, 1, 0, SIDE_NODE);
    assert_int_equal(c.need, 4); /* two thirds of five, upwards */
    DID(CAST(s, 2, VOTE_REJECT));
    DID(CAST(s, 3, VOTE_APPROVE));
    DID(CAST(s, 4, VOTE_APPROVE));
    DID(CAST(s, 5, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    DID(CAST(s, 6, VOTE_REJECT)); /* the last one does not decide: 3 of 4 */
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    end(s);
}

/* 7: not all can be removed, and a removal alone lets nothing pass. */
static void removal_never_decides(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3, 4);
    s->nodes[0].votes_after_removal = true;
    submit(s);
    int second = seat_no(s, 3);
    int third = seat_no(s, 4);
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(approval_remove(s->ap, sham_by(s, 4), second), NO_NOT_ADDER);
    DID(approval_remove(s->ap, sham_by(s, 60), second));
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    assert_int_equal(approval_remove(s->ap, sham_by(s, 60), third), NO_LAST_SEAT);
    assert_int_equal(approval_remove(s->ap, sham_by(s, 60), 1), NO_VOTED);
    DID(CAST(s, 4, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    end(s);
}

/* 8: the second of two votes at one moment finds it decided. */
static void exactly_one_decides(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    s->nodes[0].rule = RULE_ANY;
    s->nodes[0].decides_first = true;
    submit(s);
    int second = seat_no(s, 3);
    DID(CAST(s, 2, VOTE_APPROVE));
    assert_int_equal(approval_cast(s->ap, sham_by(s, 3), second, VOTE_REJECT, &s->hash),
                     NO_NOT_RUNNING);
    assert_int_equal(s->ap->nballots, 1);
    assert_int_equal(s->ap->runs[0].decisions, 1);
    end(s);
}

/* 9, 14: going back makes new seats with terms of their own, also when one of many says so. */
static void returning_asks_all_again(void **state)
{
    (void)state;
    struct sham *s = sham_make(2);
    NAME(s, 0, 2, 3);
    NAME(s, 1, 4, 5, 6);
    s->nodes[0].term = 700;
    submit(s);
    DID(CAST(s, 2, VOTE_APPROVE));
    DID(CAST(s, 3, VOTE_APPROVE));
    DID(CAST(s, 4, VOTE_APPROVE));
    int targets[4];
    assert_int_equal(approval_targets(s->ap, targets, 4), 1);
    assert_int_equal(approval_return(s->ap, sham_by(s, 5), seat_no(s, 5), 1), NO_NOT_PASSED);
    s->now += 5000;
    DID(approval_return(s->ap, sham_by(s, 5), seat_no(s, 5), 0));
    assert_int_equal(last_seat_of(s, 6)->state, SEAT_RETURNED);
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_APPROVED); /* what he said stays */
    assert_int_equal(s->ap->runs[1].state, RUN_RETURNED);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_OPEN);
    assert_int_equal(last_seat_of(s, 2)->due, s->now + 700);
    assert_int_equal(s->ap->nrounds, 1);
    end(s);
}

/* 10: each seat of somebody who leaves is handed over by an event of its own. */
static void handing_over_is_told_seat_by_seat(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    submit(s);
    DID(approval_add(s->ap, sham_by(s, 2), seat_no(s, 2), ORIGIN_BEFORE, RULE_ALL,
                     (const int64_t[]){4}, 1, NULL));
    int held = last_seat_of(s, 2)->no;
    DID(approval_transfer(s->ap, sham_by(s, 60), held, 7, false)); /* its group goes with it */
    assert_int_equal(events_of(s, EVENT_TRANSFERRED), 1);
    assert_int_equal(last_seat_of(s, 7)->state, SEAT_WAITING);
    DID(CAST(s, 4, VOTE_APPROVE));
    assert_int_equal(last_seat_of(s, 7)->state, SEAT_OPEN);
    assert_int_equal(approval_transfer(s->ap, sham_by(s, 60), held, 8, false), NO_CLOSED);
    end(s);
}

/* 11: nobody left after excluding the author never passes silently. */
static void nobody_left_never_passes(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 1);
    s->admin = 0;
    submit(s);
    assert_int_equal(s->ap->state, APPROVAL_RUNNING);
    assert_int_equal(s->ap->runs[0].state, RUN_STOPPED);
    assert_int_equal(events_of(s, EVENT_EMPTY), 1);
    s->admin = 60;
    assert_int_equal(approval_place(s->ap, sham_by(s, 60), 1), NO_AUTHOR);
    DID(approval_place(s->ap, sham_by(s, 60), 5));
    DID(CAST(s, 5, VOTE_APPROVE));
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    end(s);
}

/* 12: an outcome does not clear other people's copies. */
static void copies_survive(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    submit(s);
    DID(approval_copy_to(s->ap, sham_by(s, 1), 9));
    assert_int_equal(approval_copy_to(s->ap, sham_by(s, 8), 9), NO_NO_RIGHT);
    DID(CAST(s, 2, VOTE_REJECT));
    assert_int_equal(s->ap->ncopies, 1);
    DID(approval_copy_read(s->ap, sham_by(s, 9)));
    assert_int_equal(s->ap->copies[0].read, s->now);
    assert_int_equal(approval_copy_read(s->ap, sham_by(s, 2)), NO_NO_RIGHT);
    end(s);
}

/* 13: a rejection while somebody else's group is open closes the group, too. */
static void rejecting_beside_an_open_group(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    submit(s);
    DID(approval_add(s->ap, sham_by(s, 2), seat_no(s, 2), ORIGIN_BEFORE, RULE_ANY,
                     (const int64_t[]){4, 5}, 2, NULL));
    assert_int_equal(CAST(s, 2, VOTE_APPROVE), NO_NO_SEAT); /* waits */
    DID(CAST(s, 3, VOTE_REJECT));
    assert_int_equal(s->ap->state, APPROVAL_REJECTED);
    assert_int_equal(last_seat_of(s, 2)->state, SEAT_CLOSED);
    assert_int_equal(last_seat_of(s, 4)->state, SEAT_CLOSED);
    end(s);
}

/* 15: a vote on what was before one's eyes, and nothing else. */
static void votes_are_on_exact_content(void **state)
{
    (void)state;
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    submit(s);
    struct approval_hash seen = s->hash;
    seen.b[31] ^= 1;
    assert_int_equal(approval_cast(s->ap, sham_by(s, 2), 1, VOTE_APPROVE, &seen), NO_CONTENT);
    assert_int_equal(s->ap->nballots, 0);
    DID(approval_withdraw(s->ap, sham_by(s, 1)));
    s->hash.b[31] ^= 1;
    submit(s);
    assert_int_equal(approval_cast(s->ap, sham_by(s, 2), 2, VOTE_APPROVE, &s->ap->rounds[0].hash),
                     NO_CONTENT);
    DID(CAST(s, 2, VOTE_APPROVE));
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seats_stay_after_a_rejection),
                                       cmocka_unit_test(taking_back_keeps_what_followed),
                                       cmocka_unit_test(automatic_votes_are_the_systems),
                                       cmocka_unit_test(no_vote_outlives_its_round),
                                       cmocka_unit_test(shares_are_counted),
                                       cmocka_unit_test(removal_never_decides),
                                       cmocka_unit_test(exactly_one_decides),
                                       cmocka_unit_test(returning_asks_all_again),
                                       cmocka_unit_test(handing_over_is_told_seat_by_seat),
                                       cmocka_unit_test(nobody_left_never_passes),
                                       cmocka_unit_test(copies_survive),
                                       cmocka_unit_test(rejecting_beside_an_open_group),
                                       cmocka_unit_test(votes_are_on_exact_content)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
