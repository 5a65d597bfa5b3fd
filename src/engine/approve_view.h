/* approve_view.h - the approvals of a record as people and programs read them: rounds,
 * nodes, seats, votes, and what the actor may do with them now.
 *
 * Judged by the record's `see`, like record.h: who sees the record sees who decided what
 * about it; of the content those fields are left out that the actor may not see.  What he
 * may do is asked of the machine itself (approval/approval.h), on a copy that is thrown
 * away: a page and the writer cannot differ but by what happened in between, or by what
 * only the database tells (may this person sit there?).
 *
 * Where this lives: everything stands in ctx->arena, and points into the model.
 */
#ifndef ENGINE_APPROVE_VIEW_H
#define ENGINE_APPROVE_VIEW_H

#include "approval/approval.h"
#include "engine/record.h"

/* What can be done to an approval: the act "approve.KEY" on its record, in words. */
/* clang-format off */
#define APPROVE_OPS(X) \
    X(VOTE, "vote", "审批", "Decide")               X(ADD, "add", "加签", "Add people") \
    X(CANCEL_ADD, "cancel_add", "取消加签", "Cancel the adding") \
    X(TRANSFER, "transfer", "转办", "Transfer")     X(ASK, "ask", "委派", "Ask for advice") \
    X(ADVISE, "advise", "答复", "Give advice") \
    X(ASK_END, "ask_end", "收回委派", "Take it back from the adviser") \
    X(RETURN, "return", "退回", "Return")           X(TAKE_BACK, "take_back", "拿回", "Take my vote back") \
    X(REMOVE, "remove", "减签", "Remove this seat") X(URGE, "urge", "催办", "Urge") \
    X(WITHDRAW, "withdraw", "撤回申请", "Withdraw")  X(RESUBMIT, "resubmit", "重新提交", "Submit again") \
    X(COPY, "copy", "抄送", "Send a copy")          X(READ, "read", "已阅", "I have read it") \
    X(PLACE, "place", "指定审批人", "Name an approver") \
    X(JUMP_ASK, "jump_ask", "提议跳转", "Propose to move it on") \
    X(JUMP, "jump", "确认跳转", "Confirm to move it on") \
    X(SUSPEND, "suspend", "挂起", "Suspend")        X(RESUME, "resume", "恢复", "Resume") \
    X(END, "end", "终止", "End it")                 X(RETRY, "retry", "再次执行", "Carry it out again")
/* clang-format on */
enum approve_op {
#define APPROVE_OP_ENUM(k, key, zh, en) APPROVE_##k,
    APPROVE_OPS(APPROVE_OP_ENUM)
#undef APPROVE_OP_ENUM
        APPROVE_OPS_LEN
};
str approve_op_key(enum approve_op op); /* "vote" */
struct words approve_op_words(enum approve_op op);
bool approve_op_find(str key, enum approve_op *ret);
/* Operations of one seat come with its id; the others are about the approval. */
bool approve_op_has_seat(enum approve_op op);
static inline bool approve_may(uint32_t may, enum approve_op op)
{
    return (may & (UINT32_C(1) << op)) != 0;
}

struct approve_vote_view {
    int64_t id, at;
    int64_t seq; /* its entry in the ledger; 0: none known */
    enum approval_vote vote;
    struct words words;              /* "同意", "系统拒绝" */
    struct record_ref by, principal; /* by.id 0: the system */
    str note;                        /* the opinion */
    str signature;                   /* as it was given: a typed name, or a drawn path */
    str hash;                        /* of the content it was given on */
    bool voided;                     /* taken back */
};

/* What happened, in words, and what was said with it. */
struct approve_event_view {
    int no, round;
    int64_t at, seq;
    struct words words;   /* "转办：王芳" */
    struct record_ref by; /* id 0: the system */
    str note;             /* but of votes: theirs stands there */
    struct words node;    /* title of the node it concerns; empty: of none */
};

struct approve_seat_view {
    int64_t id; /* what operations name it by */
    const struct approval_seat *seat;
    struct record_ref principal, actor, asker;
    struct words who;    /* "李雷", "韩梅梅 代 李雷", "李雷（已委派 韩梅梅）" */
    struct words origin; /* how it came to be: "转自 王芳"; empty: as the route has it */
    struct words state;  /* "待审批" */
    const struct approve_vote_view *votes; /* the oldest first, those taken back too */
    int nvotes;
    const struct approve_vote_view *vote;         /* the one that counts; NULL: none */
    const struct approve_event_view *const *told; /* asked, advised, added, moved, returned, with
                                                   * what was said: the oldest first */
    int ntold;
    int level;                  /* how deep it stands in groups: 0 is the node's own */
    bool late;                  /* open, and its term is over */
    uint32_t may;               /* approve_may */
    bool before, beside, after; /* where people may be added */
};

struct approve_run_view {
    const struct approval_run *run;
    const struct route_node *node;
    const struct clause *clause;
    struct words title; /* the node's, else "第 2 环节" */
    struct words rule;  /* "会签：全部同意" */
    struct words tally; /* "需 3 · 同意 1 · 拒绝 0 · 弃权 0 · 待定 2"; empty: nobody sits there */
    struct words state; /* "审批中" */
    struct approval_count count;
    const struct approve_seat_view *seats; /* in order; those added to one follow it */
    int nseats;
};

/* One thing of the content that was submitted. */
struct approve_field_view {
    const struct field *field; /* never NULL */
    struct words words;
    str shown; /* as a page shows it, in ctx->lang */
};
struct approve_round_view {
    int64_t id;
    const struct approval_round *round;
    struct words state;
    str hash; /* 64 hexadecimal digits */
    const struct approve_run_view *runs;
    int nruns;
    const struct approve_field_view *fields; /* of the content; NULL where it was not asked for */
    int nfields;
    bool withheld; /* some of it is not for the actor's eyes */
};

struct approve_copy_view {
    struct record_ref person, by;
    int64_t at, read; /* read 0: not yet */
    int round;
};

struct approve_view {
    int64_t id;
    const struct approval *ap;
    const struct action *action; /* that asked, of the version it was asked under */
    struct record_ref author;
    int64_t opened_at, ended_at;
    struct words state;   /* "审批中", "已通过" */
    struct words trouble; /* why what follows was refused; empty: it was not, or is revoked */
    const struct approve_event_view *revoked; /* when, and by whom; NULL: it was not */
    int64_t revoked_by; /* the approval of its own that this took; 0: none among those read */
    const struct approve_round_view *rounds; /* the newest first */
    int nrounds;
    const struct approve_seat_view *own; /* the actor's open seat; NULL: none */
    const struct approve_run_view *at;   /* the run it stands at; NULL: none */
    const struct approve_target {        /* where `own` may send it back to */
        int node;                        /* TO_AUTHOR, or from 0 */
        str key;                         /* "author", or from "1": a value of approve.return */
        struct words words;
    } * targets;
    int ntargets;
    uint32_t may;  /* of operations without a seat */
    bool minds;    /* the actor minds approvals */
    bool jump;     /* another administrator asked last, within a day, to move it on */
    bool unread;   /* he got a copy that he has not read */
    bool straight; /* it was returned from a node: may go straight back there, unchanged */
    /* --- whole only --- */
    const struct approve_copy_view *copies;
    int ncopies;
    const struct approve_event_view *events; /* the newest 500, the newest first; always there */
    int nevents;
};

/* A node in words: its title ("第 2 环节" where it has none), how it is counted, what is
 * done where nobody can be seated, and why somebody is seated there (`from`: by or after
 * whom; empty words: because the node names him). */
struct words approve_title_words(struct arena *a, const struct route *r, int node);
struct words approve_rule_words(struct arena *a, const struct approval_node *n);
struct words approve_empty_words(enum approval_empty e);
struct words approve_origin_words(struct arena *a, enum approval_origin origin, str from);

struct approve_views {
    const struct approve_view *ptr; /* the newest first */
    size_t len;
    bool more; /* there are older ones */
};

/* Has any version of the type an action that takes effect by an approval?  Records of
 * others are never asked about. */
bool approve_of_type(const struct type *t);

/* A record's approvals, the newest `limit` (1..20) of them, with contents, copies and
 * events.  `ret_record` (may be NULL): the row, without names.  ERR_NOT_FOUND: no such
 * record for this actor. */
MUST_CHECK err approve_views(const struct ctx *ctx, const struct type *t, int64_t record, int limit,
                             struct record *ret_record, struct approve_views *ret);

/* What two rounds' contents do not agree in, field by field, in the order of the newer
 * one; a field that only one has is empty on the other side. */
struct approve_difference {
    struct words words;
    str before, after;
};
const struct approve_difference *approve_differences(const struct ctx *ctx,
                                                     const struct approve_round_view *before,
                                                     const struct approve_round_view *after,
                                                     int *n);

#endif
