/* approval.h - seats that vote on exact content before an action takes effect.
 *
 * One approval lives in memory: its rounds, the runs of its nodes, their seats
 * and votes.  An operation either does all it says and leaves events, or answers
 * with the reason why not and changes nothing.  There is no SQL here and no
 * model: who keeps an approval loads it, performs one operation, and writes what
 * carries `changed` and the events, which are those of this sitting.
 *
 *   approval   one demand for consent                    running ... an end
 *    round     one submission of fixed content           its hash; votes count only on it
 *     run      one activation of one node of the plan    decided at most once
 *      seat    one right to vote                         never deleted
 *       vote   a decision on the content of the round    never changed, at most voided
 *
 * Nodes stand in a row.  Within a node, seats without a holder are counted by
 * the one decision function (approval_count).  Seats that somebody added before
 * or after himself form a group that is counted by the same function with a rule
 * of its own, and holds or completes the seat of who added it:
 *
 *   before   the holder waits until the group is decided, then decides himself,
 *            with its votes before his eyes, whatever they were
 *   after    the holder has approved; the node passes only when the group agrees
 *   beside   no group: one seat more in the same count
 *
 * Invariants, looked at by approval_check after every operation of a test:
 *   1  a vote counts only on the content its round was submitted with
 *   2  nobody has two open seats in one run
 *   3  neither the right nor the hand of a vote is the author's, unless the node
 *      says that he may
 *   4  a run is decided at most once
 *   5  a run that is active has an open seat
 *   6  events are numbered without gaps
 *
 * Threads: none of its own; one approval belongs to one thread at a time.
 */
#ifndef APPROVAL_APPROVAL_H
#define APPROVAL_APPROVAL_H

#include "base/arena.h"
#include "base/words.h"

#include <stdint.h>

enum {
    APPROVAL_SEATS = 1000, /* named or added in one run, at most; those that move are more */
    APPROVAL_RUNS = 200,   /* of one approval; one more would end it */
    APPROVAL_HOPS = 3,     /* so often a right moves on */
    APPROVAL_DEPTH = 2,    /* added by added people */
    APPROVAL_URGE_MS = 4 * 3600 * 1000,
    APPROVAL_URGE_ABOVE = 3 /* from this one on the superior is told too */
};

/* --- the plan, as the definition says it ------------------------------------------ */

enum approval_rule {
    RULE_ALL,   /* 会签: need every weight */
    RULE_ANY,   /* 或签: need one */
    RULE_ORDER, /* 依次: as all, one seat open at a time */
    RULE_VOTE   /* 票签: need a share or a number of weights */
};
enum approval_fail { FAIL_END, FAIL_PREVIOUS, FAIL_AUTHOR, FAIL_NODE };
enum approval_empty {
    EMPTY_ADMIN, /* who minds approvals, and an alarm */
    EMPTY_SUBSTITUTE,
    EMPTY_SUPERIOR, /* of the author */
    EMPTY_REJECT,
    EMPTY_STOP, /* nobody; it waits until somebody can be seated */
    EMPTY_PASS  /* listed as an exception */
};
enum approval_self { SELF_SUPERIOR, SELF_SKIP, SELF_MAY };
enum approval_dedup { DEDUP_NONE, DEDUP_ADJACENT, DEDUP_ROUND };
enum approval_late { LATE_NOTHING, LATE_REJECT, LATE_PASS, LATE_END };
enum approval_escalate { ESCALATE_NOT, ESCALATE_ADD, ESCALATE_TRANSFER };

struct approval_node {
    enum approval_rule rule;
    int ratio;                /* RULE_VOTE: thousandths of the weights; 0: `votes` of them */
    int votes;                /* RULE_VOTE by number */
    int quorum;               /* thousandths that must have voted; 0: none */
    bool abstain_out;         /* abstentions do not count as members */
    bool decides_first;       /* the first yes or no decides (with RULE_ANY) */
    bool hears_all;           /* is not decided before everybody has voted */
    bool votes_after_removal; /* a removal alone never lets it pass */
    enum approval_self self;
    enum approval_empty empty;
    enum approval_dedup dedup; /* never at the last node */
    enum approval_fail fail;
    int fail_node; /* FAIL_NODE: index of an earlier one */
    int64_t term;  /* working ms for each seat; 0: none */
    int reminders; /* once the term is over, each `remind` later */
    int64_t remind;
    enum approval_escalate escalate; /* after the reminders; then the term runs once more */
    enum approval_late late;         /* at its end */
    int64_t take_back; /* so many ms after its decision the last voter may; 0: never */
    int added_max;     /* people added in one run; 0: none may be */
};

struct approval_plan {
    const struct approval_node *nodes;
    int n;
    int rounds_max;        /* at least 1 */
    bool author_until_end; /* may withdraw after the first node has passed */
};

/* Who is there and how time runs, asked while an operation is performed.  People
 * are ids above 0; 0 is nobody.  None of these may change anything.  A callback
 * that fails remembers it in `arg` and answers 0; its owner then throws the
 * approval away. */
struct approval_world {
    void *arg;
    /* Does the node apply to this content?  Unknown is yes. */
    bool (*applies)(void *arg, int node);
    /* Those whom the node names, at most `max` of them written; returns how many there are,
     * of whom those beyond `max` are not seated. */
    int (*people)(void *arg, int node, int64_t *ret, int max);
    /* Has an account, and no separation of duties speaks against it. */
    bool (*may_sit)(void *arg, int node, int64_t person);
    int64_t (*superior)(void *arg, int64_t person);
    int64_t (*substitute)(void *arg, int node);
    int64_t (*admin)(void *arg);
    int64_t (*proxy)(void *arg, int64_t person); /* in force now */
    /* The end of `length` working ms from `from` (UTC ms), and how many lie between. */
    int64_t (*due)(void *arg, int64_t from, int64_t length);
    int64_t (*worked)(void *arg, int64_t from, int64_t to);
};

/* --- what is remembered ------------------------------------------------------------ */

struct approval_hash {
    unsigned char b[32];
};

enum approval_state {
    APPROVAL_RUNNING,
    APPROVAL_WITH_AUTHOR, /* withdrawn or returned: may be submitted anew */
    APPROVAL_APPROVED,
    APPROVAL_REJECTED,
    APPROVAL_ENDED,  /* by who minds approvals, or by the clock */
    APPROVAL_REVOKED /* after it had been approved, by an approval of its own */
};
enum approval_round_state {
    ROUND_OPEN,
    ROUND_APPROVED,
    ROUND_REJECTED,
    ROUND_RETURNED,
    ROUND_WITHDRAWN,
    ROUND_ENDED
};
enum approval_run_state {
    RUN_STOPPED, /* nobody could be seated */
    RUN_ACTIVE,
    RUN_PASSED,
    RUN_FAILED,
    RUN_RETURNED,
    RUN_WITHDRAWN,
    RUN_SKIPPED, /* it does not apply */
    RUN_ENDED
};
enum approval_seat_state {
    SEAT_WAITING, /* for its turn, or held by a group before it */
    SEAT_OPEN,
    SEAT_APPROVED,
    SEAT_REJECTED,
    SEAT_ABSTAINED,
    SEAT_TRANSFERRED,
    SEAT_REMOVED,
    SEAT_CLOSED, /* decided without it */
    SEAT_RETURNED,
    SEAT_WITHDRAWN,
    SEAT_EXPIRED,
    SEAT_AUTO_APPROVED,
    SEAT_AUTO_REJECTED
};
enum approval_origin {
    ORIGIN_DEFINED,
    ORIGIN_BEFORE,
    ORIGIN_BESIDE,
    ORIGIN_AFTER,
    ORIGIN_TRANSFER,
    ORIGIN_EMPTY,    /* by the rule for empty nodes */
    ORIGIN_SUPERIOR, /* instead of the author */
    ORIGIN_ESCALATED,
    ORIGIN_DEDUP
};
enum approval_side { SIDE_NODE, SIDE_BEFORE, SIDE_AFTER };
enum approval_vote { VOTE_APPROVE, VOTE_REJECT, VOTE_ABSTAIN };

struct approval_round {
    int no;
    enum approval_round_state state;
    struct approval_hash hash;
    int64_t at, ended;
    bool changed;
};

struct approval_run {
    int no, round, node;
    enum approval_run_state state;
    int64_t opened, decided;
    int decisions;   /* 0 or 1 */
    int last_vote;   /* the one that decided it; 0: none */
    bool needs_vote; /* since a removal */
    bool by_system;  /* skipped, empty: no person decided */
    bool stood_in; /* somebody decides for all who should be there: no more than he can be needed */
    bool changed;
};

struct approval_seat {
    int no, run;
    int64_t principal; /* whose right it is */
    int64_t actor;     /* who may use it: the principal, his proxy, or whom he asked */
    enum approval_origin origin;
    enum approval_seat_state state;
    int weight, order;
    enum approval_side side;
    int holder; /* seat of the group's holder; 0: counted by the node */
    int from;   /* seat it was added by or moved from; 0: none */
    enum approval_rule before_rule, after_rule; /* of the groups it holds */
    bool held;                                  /* waits for the group before it */
    int64_t asker; /* the actor is asked for advice only, by this person; 0: he decides */
    int depth, hops;
    int64_t opened, due, next; /* next: when the clock looks again; 0: never */
    int64_t
        left; /* working ms that were left when the clock stopped; -1: it runs, or has no term */
    int late; /* steps taken by the clock */
    int64_t viewed; /* when the actor opened it; 0: not yet */
    int64_t urged;
    int urges;
    bool changed;
};

struct approval_ballot {
    int no, seat;
    enum approval_vote vote;
    int64_t by, principal; /* by 0: the system */
    int64_t at;
    struct approval_hash hash;
    int cites; /* the earlier ballot that a repeated one rests on; 0: none */
    bool voided;
    bool changed;
};

struct approval_copy { /* 抄送: no seat, no influence */
    int64_t person, by, at, read;
    int round;
    bool changed;
};

/* clang-format off */
#define APPROVAL_EVENTS(X) \
    X(SUBMITTED, "提交", "submitted")               X(RESUBMITTED, "重新提交", "submitted again") \
    X(OPENED, "开启", "opened")                     X(SKIPPED, "不适用，跳过", "does not apply") \
    X(EMPTY, "无人可审批", "nobody to approve")     X(EMPTY_PASSED, "无人可审批，按规定通过", "passed with nobody to approve") \
    X(SEATED, "列入审批人", "seated")               X(PROXY, "由代理人办理", "goes to the proxy") \
    X(PROXY_ENDED, "代理结束，退回本人", "back from the proxy") \
    X(APPROVED, "同意", "approved")                 X(REJECTED, "拒绝", "rejected") \
    X(ABSTAINED, "弃权", "abstained")               X(REPEATED, "沿用前次同意", "approved before") \
    X(AUTO_APPROVED, "超时，系统通过", "passed by the system, late") \
    X(AUTO_REJECTED, "系统拒绝", "rejected by the system") \
    X(VOIDED, "撤回意见", "vote taken back")        X(ADDED, "加签", "added") \
    X(ADD_CANCELLED, "取消加签", "adding cancelled") X(GROUP_AGREED, "加签人同意", "those added agreed") \
    X(GROUP_REFUSED, "加签人不同意", "those added did not agree") \
    X(REMOVED, "减签", "removed")                   X(TRANSFERRED, "转办", "transferred") \
    X(ASKED, "委派", "asked for advice")            X(ADVISED, "答复", "advised") \
    X(ASK_ENDED, "收回委派", "taken back from the adviser") \
    X(PASSED, "节点通过", "node passed")            X(FAILED, "节点未通过", "node failed") \
    X(RETURNED, "退回", "returned")                 X(WITHDRAWN, "撤回申请", "withdrawn by the author") \
    X(TAKEN_BACK, "拿回", "taken back")             X(COPIED, "抄送", "copied") \
    X(READ, "已阅", "read")                         X(URGED, "催办", "urged to decide") \
    X(REMINDED, "到期提醒", "reminded")             X(ESCALATED, "超时上报", "escalated") \
    X(EXPIRED, "超时终止", "expired")               X(SUSPENDED, "挂起", "suspended") \
    X(RESUMED, "恢复", "resumed")                   X(JUMPED, "管理员跳转", "moved by administrators") \
    X(ENDED, "终止", "ended")                       X(COMPLETED, "审批通过", "approved in full") \
    X(REFUSED, "审批未通过", "refused")             X(REVOKED, "通过后撤销", "revoked")
/* clang-format on */
enum approval_event_kind {
#define APPROVAL_EVENT_ENUM(k, zh, en) EVENT_##k,
    APPROVAL_EVENTS(APPROVAL_EVENT_ENUM)
#undef APPROVAL_EVENT_ENUM
};
struct approval_event {
    int no;
    enum approval_event_kind kind;
    int64_t at, by;       /* by 0: the system */
    int round, run, seat; /* 0: of none */
    int64_t person;       /* whom it concerns, besides `by`; 0: nobody */
    int number;           /* a ballot, a node, a count: what the kind says */
};

struct approval {
    struct arena *arena;
    const struct approval_plan *plan;
    const struct approval_world *world;
    int64_t author;
    enum approval_state state;
    bool suspended;
    bool changed; /* state, suspended */
    struct approval_round *rounds;
    struct approval_run *runs;
    struct approval_seat *seats; /* the one numbered n stands at n - 1, here and above */
    struct approval_ballot *ballots;
    struct approval_copy *copies;
    struct approval_event *events; /* those of this sitting; the first is numbered event_base + 1 */
    int nrounds, nruns, nseats, nballots, ncopies, nevents, event_base;
};

/* --- why not ------------------------------------------------------------------------ */

/* clang-format off */
/*    what is in the way; what would allow it */
#define APPROVAL_REASONS(X) \
    X(NONE, "", "", "", "") \
    X(NOT_RUNNING, "审批不在进行中。", "The approval is not running.", \
      "查看审批的结果；如仍需要，请重新提交。", "See how it ended; submit it again if it is still needed.") \
    X(SUSPENDED, "审批已挂起。", "The approval is suspended.", "请等待恢复。", "Wait until it is resumed.") \
    X(NO_SEAT, "没有这个审批席位。", "There is no such seat.", "请重新打开审批页。", "Open the approval again.") \
    X(NOT_YOURS, "这个席位不由您办理。", "This seat is not yours to use.", \
      "由席位上的人办理；可请其转办给您。", "It is for who holds it; he can transfer it to you.") \
    X(CLOSED, "这个席位已经办结。", "This seat is closed already.", "您仍可以发表评论。", "You can still comment.") \
    X(HELD, "正在等待加签人的意见。", "It waits for those who were added before.", \
      "等加签人办理，或取消加签。", "Wait for them, or cancel the adding.") \
    X(TURN, "还没有轮到这个席位。", "It is not this seat's turn yet.", \
      "等前面的人决定。", "Wait until those before it have decided.") \
    X(ASKED, "已委派他人提供意见。", "Somebody has been asked for advice.", \
      "等其答复，或收回委派。", "Wait for the answer, or take it back.") \
    X(NOT_ASKED, "没有委派在等待答复。", "Nobody is asked for advice here.", "直接办理即可。", "Just decide.") \
    X(CONTENT, "内容在您打开之后有变化。", "The content is not the one you saw.", \
      "请查看当前内容后再办理。", "Look at the present content, then decide.") \
    X(AUTHOR, "申请人不能审批自己的申请。", "Nobody decides on what he submitted himself.", \
      "请选择其他人。", "Choose somebody else.") \
    X(SEATED, "此人在本环节已有席位。", "That person has a seat in this node already.", \
      "请选择其他人。", "Choose somebody else.") \
    X(MAY_NOT, "此人不能参与（账户停用、看不到这条记录，或职责需要分离）。", \
      "That person cannot take part: no account, no right to see it, or duties are separate.", \
      "请选择其他人。", "Choose somebody else.") \
    X(NOBODY, "没有选择任何人。", "Nobody was chosen.", "请至少选择一人。", "Choose at least one person.") \
    X(DEPTH, "加签的层数已到上限。", "People were added by added people too often.", \
      "请由上一级审批人加签。", "Let the one who added you add them.") \
    X(ADDED_BEFORE, "这个席位已经前加签过一次。", "People were added before this seat once already.", \
      "请决定，或并加签、转办。", "Decide, add people beside, or transfer it.") \
    X(ORDERED, "依次审批的环节不能并加签。", "In a node that goes in order nobody can be added beside.", \
      "请改用前加签或后加签。", "Add before or after a seat.") \
    X(TOO_MANY, "本环节加签人数已到上限。", "No more people may be added to this node.", \
      "请改为转办，或抄送。", "Transfer the seat, or send a copy.") \
    X(VOTED, "已经表态的席位不能移除。", "A seat that has voted cannot be removed.", \
      "请由本人撤回意见。", "Its holder can take the vote back.") \
    X(NOT_ADDER, "只有加签的人可以移除这个席位。", "Only who added this seat can remove it.", \
      "请联系加签人或流程管理员。", "Ask him, or who minds approvals.") \
    X(LAST_SEAT, "移除后本环节就无人能够决定。", "Nobody could decide the node any more.", \
      "请改为转办。", "Transfer the seat instead.") \
    X(HOPS, "这个席位已转办多次。", "This seat has moved on too often.", "请自行办理，或退回。", "Decide, or return it.") \
    X(LOOP, "此人曾持有这个席位。", "That person has held this seat before.", "请选择其他人。", "Choose somebody else.") \
    X(SAME, "就是本人。", "That is the same person.", "请选择其他人。", "Choose somebody else.") \
    X(NO_VOTE, "没有可撤回的意见。", "There is no vote to take back.", "", "") \
    X(TOO_LATE, "已过可以拿回的时间。", "The time for taking it back is over.", \
      "请联系后续审批人退回。", "Ask the next approver to return it.") \
    X(SEEN, "后续审批人已经查看或办理。", "A later approver has opened it or voted.", \
      "请联系其退回。", "Ask him to return it.") \
    X(NOT_AUTHOR, "只有申请人可以这样做。", "Only who submitted it can do this.", "", "") \
    X(PAST_FIRST, "首个环节已通过，不能再撤回申请。", "The first node has passed: it cannot be withdrawn.", \
      "请联系审批人退回。", "Ask an approver to return it.") \
    X(NOT_PASSED, "只能退回到本轮已通过的环节。", "It can only go back to a node that has passed in this round.", \
      "请从列表中选择。", "Choose one of the list.") \
    X(ROUNDS, "提交的轮数已到上限。", "It has been submitted as often as it may be.", \
      "请联系流程管理员。", "Turn to who minds approvals.") \
    X(CHANGED, "内容有变化，须从头审批。", "The content has changed: all nodes run again.", \
      "请按普通方式提交。", "Submit it the usual way.") \
    X(TOO_SOON, "刚刚催办过。", "It was urged a short while ago.", "请过几小时再催。", "Try again in a few hours.") \
    X(NO_RIGHT, "您无权这样做。", "You may not do this.", "请联系流程管理员。", "Turn to who minds approvals.") \
    X(TWO_PERSONS, "需要两名管理员共同操作。", "It takes two administrators.", \
      "请另一名管理员确认。", "Let another one confirm it.") \
    X(FULL, "本次审批的席位或环节过多。", "This approval has too many seats or nodes.", \
      "请终止后重新提交。", "End it and submit it again.")
/* clang-format on */
enum approval_no {
#define APPROVAL_NO_ENUM(k, zh, en, rzh, ren) NO_##k,
    APPROVAL_REASONS(APPROVAL_NO_ENUM)
#undef APPROVAL_NO_ENUM
};
/* What is in the way, and what would allow it: empty for NO_NONE, the second also where
 * nothing would. */
struct words approval_no_what(enum approval_no no);
struct words approval_no_remedy(enum approval_no no);
struct words approval_event_words(enum approval_event_kind kind);

/* --- operations ----------------------------------------------------------------------- */

/* Who acts, when.  `minds`: has the right to mind approvals (flow administrator).  Of what he
 * submitted himself he minds nothing that decides: seats are not his to remove, transfer or
 * place, nor is it his to jump. */
struct approval_by {
    int64_t person;
    bool minds;
    int64_t now;
};

/* Empty and with its author: to be submitted, or to be filled by who keeps approvals
 * (rows, `state`, `suspended`, `event_base`).  Everything lives in `a`; plan and world
 * outlive it. */
struct approval *approval_new(struct arena *a, const struct approval_plan *plan,
                              const struct approval_world *world, int64_t author);
/* Room for one more, zeroed and numbered: for filling from a store, after which `changed`
 * is to be taken back.  A pointer to a row holds until the next one of its kind is added,
 * by an operation too. */
struct approval_round *approval_add_round(struct approval *ap);
struct approval_run *approval_add_run(struct approval *ap);
struct approval_seat *approval_add_seat(struct approval *ap);
struct approval_ballot *approval_add_ballot(struct approval *ap);
struct approval_copy *approval_add_copy(struct approval *ap);

/* Each operation answers NO_NONE, or why not, and then nothing has changed.
 *
 * A round on this content, by the author: the first time, or anew while it is with him.
 * `straight`: goes on at the node that returned it, allowed on the same content
 * only (NO_CHANGED). */
enum approval_no approval_submit(struct approval *ap, struct approval_by by,
                                 const struct approval_hash *hash, bool straight);
/* A vote; `hash` is of the content that was before the voter's eyes. */
enum approval_no approval_cast(struct approval *ap, struct approval_by by, int seat,
                               enum approval_vote vote, const struct approval_hash *hash);
/* Takes a vote back: while its run is undecided, or (the last voter's, within the
 * node's time) before anybody later has looked.  The principal takes back what
 * his proxy voted. */
enum approval_no approval_take_back(struct approval *ap, struct approval_by by, int seat);

/* Adds people.  Before and beside: by who holds the open seat.  After: together
 * with his consent, which is cast here on `hash` (else not looked at).  `rule` counts the
 * group before or after, where RULE_VOTE is as RULE_ALL. */
enum approval_no approval_add(struct approval *ap, struct approval_by by, int seat,
                              enum approval_origin where, enum approval_rule rule,
                              const int64_t *people, int n, const struct approval_hash *hash);
/* Gives up a group before one's seat while none of it has voted. */
enum approval_no approval_cancel_add(struct approval *ap, struct approval_by by, int seat);
/* 减签: an open seat without a vote, by who added it or who minds approvals. */
enum approval_no approval_remove(struct approval *ap, struct approval_by by, int seat);
/* 转办: the right moves for good.  Who minds approvals may move any open or
 * waiting seat; its groups go with it.  `restart`: the term begins anew. */
enum approval_no approval_transfer(struct approval *ap, struct approval_by by, int seat, int64_t to,
                                   bool restart);
/* 委派: asks somebody for advice; the right stays, and nobody uses it meanwhile.  The
 * answer, by who was asked; the end, by who asked or whose right it is. */
enum approval_no approval_ask(struct approval *ap, struct approval_by by, int seat, int64_t whom);
enum approval_no approval_advise(struct approval *ap, struct approval_by by, int seat);
enum approval_no approval_ask_end(struct approval *ap, struct approval_by by, int seat);

/* 退回, by who holds the open seat: to the author (node -1), to the node that
 * passed last (node -2; to the author where none has), or to a node of the plan that
 * passed in this round. */
enum { TO_AUTHOR = -1, TO_PREVIOUS = -2 };
enum approval_no approval_return(struct approval *ap, struct approval_by by, int seat, int node);
/* The nodes it may go back to, latest first; returns how many. */
int approval_targets(const struct approval *ap, int *ret, int max);
/* By the author, until the first node has passed or as the plan says; not while suspended. */
enum approval_no approval_withdraw(struct approval *ap, struct approval_by by);

/* By who has a part in it, who minds approvals, or the system (person 0); once a person
 * and round, more do nothing.  Read: by who got it. */
enum approval_no approval_copy_to(struct approval *ap, struct approval_by by, int64_t person);
enum approval_no approval_copy_read(struct approval *ap, struct approval_by by);
/* The actor opened the seat: a fact, which keeps an earlier vote from being taken back. */
enum approval_no approval_view(struct approval *ap, struct approval_by by, int seat);
/* An open seat, by the author, who minds approvals, or the system; not again within
 * APPROVAL_URGE_MS. */
enum approval_no approval_urge(struct approval *ap, struct approval_by by, int seat);

/* By who minds approvals; the end also by the author of what is with him. */
enum approval_no approval_suspend(struct approval *ap, struct approval_by by);
enum approval_no approval_resume(struct approval *ap, struct approval_by by);
enum approval_no approval_end(struct approval *ap, struct approval_by by);
/* 管理员跳转 by two: the running node ends, `node` opens (plan->n: all is approved). */
enum approval_no approval_jump(struct approval *ap, struct approval_by by, int64_t second,
                               int node);
/* Seats somebody where a node stands stopped. */
enum approval_no approval_place(struct approval *ap, struct approval_by by, int64_t person);
/* Of what was approved.  The approval of its own that this takes is the caller's to ask
 * for; nobody's right is looked at here. */
enum approval_no approval_revoke(struct approval *ap, struct approval_by by);

/* What time and appointments alone change: terms that ended, proxies that began or
 * ended, stopped nodes that somebody could sit in now. */
void approval_tick(struct approval *ap, int64_t now);
/* When the clock should look next (UTC ms); 0: no term is waited for.  Proxies and stopped
 * nodes have no time: tick when appointments change. */
int64_t approval_next(const struct approval *ap);

/* --- reading ---------------------------------------------------------------------------- */

struct approval_count {
    int members, approved, rejected, abstained, open, need;
    bool quorum;
};
/* The weights of a run's node, or of the group at a side of `holder`. */
struct approval_count approval_count(const struct approval *ap, int run, int holder,
                                     enum approval_side side);
/* The run that is active or stopped; NULL: none. */
struct approval_run *approval_current(const struct approval *ap);
/* The open seat in the current run that this person may use, or was asked about; NULL:
 * none. */
struct approval_seat *approval_seat_of(const struct approval *ap, int64_t person);

/* NULL, or which invariant is broken.  For tests and for who loads one. */
const char *approval_check(const struct approval *ap);

#endif
