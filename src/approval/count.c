/* count.c - the one decision function. */
#include "approval/approval_int.h"

static enum approval_rule rule_of(const struct approval *ap, int run, int holder,
                                  enum approval_side side)
{
    const struct approval_seat *h = seat_at(ap, holder);
    if (side == SIDE_NODE || !h) {
        return node_of(ap, &ap->runs[run - 1])->rule;
    }
    return side == SIDE_BEFORE ? h->before_rule : h->after_rule;
}

/* Adding up is all that counts; who they are does not. */
static void add_up(struct approval_count *c, const struct approval_seat *s)
{
    c->members += s->weight;
    switch (s->state) {
    case SEAT_APPROVED:
    case SEAT_AUTO_APPROVED:
        c->approved += s->weight;
        break;
    case SEAT_REJECTED:
    case SEAT_AUTO_REJECTED:
        c->rejected += s->weight;
        break;
    case SEAT_ABSTAINED:
        c->abstained += s->weight;
        break;
    case SEAT_OPEN:
    case SEAT_WAITING:
        c->open += s->weight;
        break;
    case SEAT_TRANSFERRED:
    case SEAT_REMOVED:
    case SEAT_CLOSED:
    case SEAT_RETURNED:
    case SEAT_WITHDRAWN:
    case SEAT_EXPIRED:
        break;
    }
}

static int need_of(const struct approval_node *n, enum approval_rule rule, int of)
{
    int need = of;
    if (rule == RULE_ANY) {
        need = 1;
    } else if (rule == RULE_VOTE && n->ratio) {
        need = (int)(((int64_t)n->ratio * of + 999) / 1000);
    } else if (rule == RULE_VOTE) {
        need = n->votes;
    }
    return need > 0 ? need : 1; /* nothing passes without a vote */
}

struct approval_count approval_count(const struct approval *ap, int run, int holder,
                                     enum approval_side side)
{
    const struct approval_node *n = node_of(ap, &ap->runs[run - 1]);
    struct approval_count c = {0};
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (seat_in(s, run, holder, side) && seat_counts(s)) {
            add_up(&c, s);
        }
    }
    bool out = n->abstain_out && side == SIDE_NODE;
    c.need = need_of(n, rule_of(ap, run, holder, side), c.members - (out ? c.abstained : 0));
    bool stands_in = side == SIDE_NODE && ap->runs[run - 1].stood_in;
    c.need = stands_in && c.need > c.members ? c.members : c.need;
    int64_t voted = c.approved + c.rejected + c.abstained;
    c.quorum = side != SIDE_NODE || voted * 1000 >= (int64_t)n->quorum * c.members;
    return c;
}

/* The groups after seats of a node: all must agree. */
static enum outcome after_groups(const struct approval *ap, int run)
{
    enum outcome all = OUTCOME_PASS;
    for (int i = 0; i < ap->nseats; i++) {
        const struct approval_seat *s = &ap->seats[i];
        if (s->run != run || s->side != SIDE_AFTER || !seat_counts(s)) {
            continue;
        }
        enum outcome one = decide(ap, run, s->holder, SIDE_AFTER);
        if (one == OUTCOME_FAIL) {
            return one;
        }
        all = one == OUTCOME_WAIT ? one : all;
    }
    return all;
}

/*  pass  when approved >= need, with the quorum
 *  fail  when approved + open < need: it can no longer be reached
 *  wait  else */
enum outcome decide(const struct approval *ap, int run, int holder, enum approval_side side)
{
    const struct approval_run *r = &ap->runs[run - 1];
    const struct approval_node *n = node_of(ap, r);
    struct approval_count c = approval_count(ap, run, holder, side);
    bool node = side == SIDE_NODE;
    bool first = node && n->decides_first;
    enum outcome o = OUTCOME_WAIT;
    if (node && n->hears_all && c.open) {
        o = OUTCOME_WAIT;
    } else if (first && c.rejected && !c.approved) {
        o = OUTCOME_FAIL;
    } else if (c.approved >= c.need && c.quorum) {
        o = OUTCOME_PASS;
    } else if (c.approved + c.open < c.need || !c.open) {
        o = OUTCOME_FAIL;
    }
    if (!node) {
        return o;
    }
    enum outcome after = after_groups(ap, run);
    if (after == OUTCOME_FAIL) {
        return OUTCOME_FAIL;
    }
    if (o == OUTCOME_PASS && (after == OUTCOME_WAIT || r->needs_vote)) {
        return OUTCOME_WAIT;
    }
    return o;
}
