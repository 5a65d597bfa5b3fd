/* approve_view_words.c - approvals in words: states, rules, who sits where and why. */
#include "base/arena.h"
#include "engine/approve_view_int.h"

struct words approve_state_words(const struct approval *ap)
{
    switch (ap->state) {
    case APPROVAL_RUNNING:
        return ap->suspended ? WORDS("已挂起", "Suspended") : WORDS("审批中", "Under way");
    case APPROVAL_WITH_AUTHOR:
        return WORDS("待申请人修改", "With its author");
    case APPROVAL_APPROVED:
        return WORDS("已通过", "Approved");
    case APPROVAL_REJECTED:
        return WORDS("未通过", "Refused");
    case APPROVAL_ENDED:
        return WORDS("已终止", "Ended");
    case APPROVAL_REVOKED:
        return WORDS("通过后已撤销", "Revoked");
    }
    return (struct words){0};
}

struct words approve_round_words(enum approval_round_state s)
{
    switch (s) {
    case ROUND_OPEN:
        return WORDS("审批中", "Under way");
    case ROUND_APPROVED:
        return WORDS("已通过", "Approved");
    case ROUND_REJECTED:
        return WORDS("未通过", "Refused");
    case ROUND_RETURNED:
        return WORDS("已退回", "Returned");
    case ROUND_WITHDRAWN:
        return WORDS("申请人已撤回", "Withdrawn by its author");
    case ROUND_ENDED:
        return WORDS("已终止", "Ended");
    }
    return (struct words){0};
}

struct words approve_run_words(enum approval_run_state s)
{
    switch (s) {
    case RUN_STOPPED:
        return WORDS("无人可审批，停在此处", "Nobody to decide: it stands here");
    case RUN_ACTIVE:
        return WORDS("审批中", "Under way");
    case RUN_PASSED:
        return WORDS("通过", "Passed");
    case RUN_FAILED:
        return WORDS("未通过", "Failed");
    case RUN_RETURNED:
        return WORDS("退回", "Returned");
    case RUN_WITHDRAWN:
        return WORDS("随撤回作废", "Void: withdrawn");
    case RUN_SKIPPED:
        return WORDS("不适用，跳过", "Does not apply");
    case RUN_ENDED:
        return WORDS("已终止", "Ended");
    }
    return (struct words){0};
}

/* Thousandths as people write them: "66.7%". */
static str percent(struct arena *a, int thousandths)
{
    return thousandths % 10 ? str_fmt(a, "%d.%d%%", thousandths / 10, thousandths % 10)
                            : str_fmt(a, "%d%%", thousandths / 10);
}

static struct words rule_words(struct arena *a, const struct approval_node *n)
{
    switch (n->rule) {
    case RULE_ALL:
        return WORDS("会签：须全部同意", "All must agree");
    case RULE_ANY:
        return n->decides_first ? WORDS("或签：最先表态的一人决定", "The first to vote decides")
                                : WORDS("或签：一人同意即可", "One is enough");
    case RULE_ORDER:
        return WORDS("依次审批：逐一同意", "One after the other, all must agree");
    case RULE_VOTE:
        break;
    }
    str share = percent(a, n->ratio);
    return n->ratio ? words_fmt(a, "票签：须 %.*s 以上同意", "Vote: at least %.*s must agree",
                                STR_ARG(share))
                    : words_fmt(a, "票签：须 %d 票同意", "Vote: %d must agree", n->votes);
}

static struct words joined(struct arena *a, struct words x, struct words y)
{
    return (struct words){str_fmt(a, "%.*s%.*s", STR_ARG(x.zh), STR_ARG(y.zh)),
                          str_fmt(a, "%.*s%.*s", STR_ARG(x.en), STR_ARG(y.en))};
}

struct words approve_rule_words(struct arena *a, const struct approval_node *n)
{
    struct words rule = rule_words(a, n);
    if (n->quorum) {
        str share = percent(a, n->quorum);
        rule =
            joined(a, rule, words_fmt(a, "，%.*s 以上参加", ", with %.*s voting", STR_ARG(share)));
    }
    if (n->hears_all) {
        rule = joined(a, rule, WORDS("，听取全部意见后决定", ", after everybody has voted"));
    }
    return rule;
}

struct words approve_tally_words(struct arena *a, const struct approval_count *c)
{
    if (!c->members) {
        return (struct words){0};
    }
    struct words w = words_fmt(a, "须 %d · 同意 %d · 拒绝 %d", "needed %d · agreed %d · refused %d",
                               c->need, c->approved, c->rejected);
    if (c->abstained) {
        w = joined(a, w, words_fmt(a, " · 弃权 %d", " · abstained %d", c->abstained));
    }
    if (c->open) {
        w = joined(a, w, words_fmt(a, " · 待定 %d", " · open %d", c->open));
    }
    return w;
}

struct words approve_title_words(struct arena *a, const struct route *r, int node)
{
    struct words w = r && node >= 0 && node < r->plan.n ? r->nodes[node].words : (struct words){0};
    return w.zh.len || w.en.len ? w : words_fmt(a, "第 %d 环节", "Node %d", node + 1);
}

struct words approve_vote_words(const struct approval_ballot *b)
{
    switch (b->vote) {
    case VOTE_APPROVE:
        return b->by      ? WORDS("同意", "Approved")
               : b->cites ? WORDS("沿用本轮前次同意", "Approved before, in this round")
                          : WORDS("系统通过", "Passed by the system");
    case VOTE_REJECT:
        return b->by ? WORDS("拒绝", "Rejected") : WORDS("系统拒绝", "Rejected by the system");
    case VOTE_ABSTAIN:
        return WORDS("弃权", "Abstained");
    }
    return (struct words){0};
}

static str name_of(const struct record_ref *r)
{
    return r->name.len ? r->name : r->number;
}

/* 代: the proxy uses another's right.  Who is asked for advice does not. */
struct words approve_who_words(struct arena *a, const struct approve_seat_view *s)
{
    str whose = name_of(&s->principal);
    str hand = name_of(s->seat->asker ? &s->asker : &s->actor);
    int64_t by = s->seat->asker ? s->seat->asker : s->seat->actor;
    struct words w = by == s->seat->principal ? (struct words){whose, whose}
                                              : words_fmt(a, "%.*s 代 %.*s", "%.*s for %.*s",
                                                          STR_ARG(hand), STR_ARG(whose));
    if (s->seat->asker) {
        str asked = name_of(&s->actor);
        w = joined(a, w, words_fmt(a, "（征询 %.*s）", " (asking %.*s)", STR_ARG(asked)));
    }
    return w;
}

struct words approve_empty_words(enum approval_empty e)
{
    switch (e) {
    case EMPTY_ADMIN:
        return WORDS("无人可审批时由流程管理员办理", "if nobody can sit: who minds approvals");
    case EMPTY_SUBSTITUTE:
        return WORDS("无人可审批时由指定的替代人办理", "if nobody can sit: the substitute named");
    case EMPTY_SUPERIOR:
        return WORDS("无人可审批时由申请人的上级办理", "if nobody can sit: the author's superior");
    case EMPTY_REJECT:
        return WORDS("无人可审批时即不通过", "if nobody can sit: it is refused");
    case EMPTY_STOP:
        return WORDS("无人可审批时停下等待", "if nobody can sit: it waits");
    case EMPTY_PASS:
        return WORDS("无人可审批时按规定通过，并列入例外",
                     "if nobody can sit: it passes and is listed as an exception");
    }
    return (struct words){0};
}

struct words approve_origin_words(struct arena *a, enum approval_origin origin, str from)
{
    switch (origin) {
    case ORIGIN_DEFINED:
        break;
    case ORIGIN_BEFORE:
        return words_fmt(a, "由 %.*s 前加签", "added by %.*s, to vote first", STR_ARG(from));
    case ORIGIN_BESIDE:
        return words_fmt(a, "由 %.*s 并加签", "added by %.*s", STR_ARG(from));
    case ORIGIN_AFTER:
        return words_fmt(a, "由 %.*s 后加签", "added by %.*s, to vote afterwards", STR_ARG(from));
    case ORIGIN_TRANSFER:
        return words_fmt(a, "转自 %.*s", "transferred from %.*s", STR_ARG(from));
    case ORIGIN_EMPTY:
        return WORDS("原定环节无人可审批，依规则代为办理",
                     "nobody named could sit here: stands in by the rule");
    case ORIGIN_SUPERIOR:
        return WORDS("申请人不能审批自己的申请，由其上级审批",
                     "instead of the author, as the superior");
    case ORIGIN_ESCALATED:
        return from.len ? words_fmt(a, "%.*s 超时，上报", "because %.*s is late", STR_ARG(from))
                        : WORDS("超时上报", "because others are late");
    case ORIGIN_DEDUP:
        return WORDS("本轮已同意过，不再重复", "has approved in this round already");
    }
    return (struct words){0};
}

struct words approve_seat_words(struct arena *a, const struct approval_seat *s, str actor)
{
    switch (s->state) {
    case SEAT_WAITING:
        return s->held ? WORDS("等待前加签的意见", "Waits for those added before")
                       : WORDS("未轮到", "Not its turn yet");
    case SEAT_OPEN:
        return s->asker ? words_fmt(a, "等待 %.*s 答复", "Waits for %.*s to answer", STR_ARG(actor))
                        : WORDS("待审批", "To decide");
    case SEAT_APPROVED:
        return WORDS("同意", "Approved");
    case SEAT_REJECTED:
        return WORDS("拒绝", "Rejected");
    case SEAT_ABSTAINED:
        return WORDS("弃权", "Abstained");
    case SEAT_TRANSFERRED:
        return WORDS("已转办", "Transferred");
    case SEAT_REMOVED:
        return WORDS("已减签", "Removed");
    case SEAT_CLOSED:
        return WORDS("未表态，环节已结束", "Did not vote: decided without it");
    case SEAT_RETURNED:
        return WORDS("未表态，已退回", "Did not vote: returned");
    case SEAT_WITHDRAWN:
        return WORDS("未表态，已撤回", "Did not vote: withdrawn");
    case SEAT_EXPIRED:
        return WORDS("超时未表态", "Did not vote in time");
    case SEAT_AUTO_APPROVED:
        return WORDS("系统通过", "Passed by the system");
    case SEAT_AUTO_REJECTED:
        return WORDS("系统拒绝", "Rejected by the system");
    }
    return (struct words){0};
}

struct words approve_event_said(struct arena *a, const struct approval_event *e, str person,
                                struct words node)
{
    struct words w = approval_event_words(e->kind);
    if (e->kind == EVENT_RETURNED || e->kind == EVENT_JUMPED) {
        str zh = node.zh;
        str en = words_in(node, LANG_EN);
        w = (struct words){str_fmt(a, "%.*s至：%.*s", STR_ARG(w.zh), STR_ARG(zh)),
                           str_fmt(a, "%.*s to: %.*s", STR_ARG(w.en), STR_ARG(en))};
    }
    if (person.len) {
        w = joined(a, w, words_fmt(a, "：%.*s", ": %.*s", STR_ARG(person)));
    }
    return w;
}
