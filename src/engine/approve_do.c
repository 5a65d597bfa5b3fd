/* approve_do.c - what each operation on an approval does. */
#include "engine/approve.h"
#include "engine/approve_op_int.h"

#include <string.h>

enum { PEOPLE_AT_ONCE = 50, NOTE_MAX = 4000, SIGNATURE_MAX = 60000, JUMP_HOURS = 24 };

str approve_text(const struct op *o, const char *key)
{
    for (size_t i = 0; i < o->act->nvalues; i++) {
        if (str_eq(o->act->values[i].field, str_from(key))) {
            return o->act->values[i].text;
        }
    }
    return STR("");
}

const struct clause *approve_clause(const struct op *o)
{
    return o->node ? o->node->clause : o->g->action->clause;
}

static err no_value(const struct op *o, const char *field, struct words why)
{
    return refuse_value(o->d->a, approve_clause(o), str_from(field), why);
}

/* --- what came in ------------------------------------------------------------------------ */

static err take_people(struct op *o, const char *key)
{
    const struct value_in *in = NULL;
    for (size_t i = 0; i < o->act->nvalues; i++) {
        in = str_eq(o->act->values[i].field, str_from(key)) ? &o->act->values[i] : in;
    }
    bool several = in && in->nitems;
    struct field f = {
        .key = str_from(key), .type = several ? F_PEOPLE : F_PERSON, .to = o->d->h->model->person};
    struct value v = {0};
    struct words why = {0};
    if (!in || !f.to || (!several && !in->text.len)) {
        return no_value(o, key, WORDS("请选择人员", "choose somebody"));
    }
    err e = value_read(o->d->ctx, &f, in, &v, &why);
    if (e.code == ERR_VALUE || e.code == ERR_INVALID) {
        return no_value(o, key, why);
    }
    int64_t *one = arena_new(o->d->a, int64_t);
    *one = v.i64;
    o->people = several ? v.ids : one;
    o->npeople = several ? (int)v.nids : 1;
    return e.code || o->npeople <= PEOPLE_AT_ONCE
               ? e
               : no_value(o, key, WORDS("一次最多 50 人", "at most 50 people at once"));
}

static err need_note(const struct op *o, bool must)
{
    if (o->act->note.len > NOTE_MAX || !str_utf8_ok(o->act->note)) {
        return no_value(o, "note", WORDS("最多 4000 字节", "at most 4,000 bytes"));
    }
    return !must || str_trim(o->act->note).len
               ? OK
               : no_value(o, "note", WORDS("请写明理由", "say why"));
}

/* --- operations ---------------------------------------------------------------------------- */

static err do_vote(struct op *o, enum approval_no *no)
{
    str vote = approve_text(o, "vote");
    bool yes = str_eq(vote, STR("approve"));
    bool against = str_eq(vote, STR("reject"));
    if (!yes && !against && !str_eq(vote, STR("abstain"))) {
        return no_value(o, "vote", WORDS("同意、拒绝或弃权", "approve, reject or abstain"));
    }
    bool must = o->node && (o->node->opinion == OPINION_MUST ||
                            (o->node->opinion == OPINION_REFUSAL && against));
    err e = need_note(o, must);
    str sign = approve_text(o, "signature");
    if (!e.code && o->node && o->node->signature && !sign.len) {
        e = no_value(o, "signature", WORDS("此处需要签名", "a signature is needed here"));
    }
    if (!e.code && (sign.len > SIGNATURE_MAX || !str_utf8_ok(sign))) {
        e = no_value(o, "signature", WORDS("签名过大", "the signature is too large"));
    }
    if (!e.code) {
        enum approval_vote v = yes ? VOTE_APPROVE : against ? VOTE_REJECT : VOTE_ABSTAIN;
        *no = approval_cast(o->g->ap, o->by, o->seat, v, &o->hash);
    }
    return e;
}

static err do_add(struct op *o, enum approval_no *no)
{
    str where = approve_text(o, "where");
    str rule = approve_text(o, "rule");
    enum approval_origin at = str_eq(where, STR("before"))  ? ORIGIN_BEFORE
                              : str_eq(where, STR("after")) ? ORIGIN_AFTER
                                                            : ORIGIN_BESIDE;
    enum approval_rule how = str_eq(rule, STR("any"))     ? RULE_ANY
                             : str_eq(rule, STR("order")) ? RULE_ORDER
                                                          : RULE_ALL;
    err e = need_note(o, true);
    e = e.code ? e : take_people(o, "people");
    if (!e.code) {
        *no = approval_add(o->g->ap, o->by, o->seat, at, how, o->people, o->npeople, &o->hash);
    }
    return e;
}

static err do_cancel_add(struct op *o, enum approval_no *no)
{
    *no = approval_cancel_add(o->g->ap, o->by, o->seat);
    return OK;
}

static err do_remove(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    *no = e.code ? NO_NONE : approval_remove(o->g->ap, o->by, o->seat);
    return e;
}

static err do_transfer(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    e = e.code ? e : take_people(o, "person");
    if (!e.code) {
        *no = approval_transfer(o->g->ap, o->by, o->seat, o->people[0],
                                str_eq(approve_text(o, "restart"), STR("true")));
    }
    return e;
}

/* Whoever is asked or sent a copy has an account and sees the record. */
static enum approval_no may_read(const struct op *o)
{
    for (int i = 0; i < o->npeople; i++) {
        if (!approve_world_sees(o->w, o->people[i])) {
            return NO_MAY_NOT;
        }
    }
    return NO_NONE;
}

static err do_ask(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    e = e.code ? e : take_people(o, "person");
    if (!e.code) {
        *no = may_read(o);
        *no = *no ? *no : approval_ask(o->g->ap, o->by, o->seat, o->people[0]);
    }
    return e;
}

static err do_advise(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    *no = e.code ? NO_NONE : approval_advise(o->g->ap, o->by, o->seat);
    return e;
}

static err do_ask_end(struct op *o, enum approval_no *no)
{
    *no = approval_ask_end(o->g->ap, o->by, o->seat);
    return OK;
}

/* A node as people count: from 1. */
static bool node_number(const struct op *o, str text, int *ret)
{
    int64_t n;
    if (!str_to_i64(text, &n) || n < 1 || n > o->g->ap->plan->n) {
        return false;
    }
    *ret = (int)n - 1;
    return true;
}

static err do_return(struct op *o, enum approval_no *no)
{
    str to = approve_text(o, "node");
    int node = TO_AUTHOR;
    if (str_eq(to, STR("previous"))) {
        node = TO_PREVIOUS;
    } else if (to.len && !str_eq(to, STR("author")) && !node_number(o, to, &node)) {
        return no_value(o, "node", WORDS("没有这个环节", "there is no such node"));
    }
    err e = need_note(o, true);
    *no = e.code ? NO_NONE : approval_return(o->g->ap, o->by, o->seat, node);
    return e;
}

static err do_take_back(struct op *o, enum approval_no *no)
{
    *no = approval_take_back(o->g->ap, o->by, o->seat);
    return OK;
}

static err do_withdraw(struct op *o, enum approval_no *no)
{
    err e = need_note(o, false);
    *no = e.code ? NO_NONE : approval_withdraw(o->g->ap, o->by);
    return e;
}

static err do_copy(struct op *o, enum approval_no *no)
{
    err e = take_people(o, "person");
    *no = e.code ? NO_NONE : may_read(o);
    for (int i = 0; !e.code && *no == NO_NONE && i < o->npeople; i++) {
        *no = approval_copy_to(o->g->ap, o->by, o->people[i]);
    }
    return e;
}

static err do_read(struct op *o, enum approval_no *no)
{
    *no = approval_copy_read(o->g->ap, o->by);
    return OK;
}

static err do_view(struct op *o, enum approval_no *no)
{
    *no = approval_view(o->g->ap, o->by, o->seat);
    o->kept = *no == NO_NONE && o->g->ap->seats[o->seat - 1].changed;
    return OK;
}

static err do_urge(struct op *o, enum approval_no *no)
{
    *no = approval_urge(o->g->ap, o->by, o->seat);
    return OK;
}

static err do_suspend(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    *no = e.code ? NO_NONE : approval_suspend(o->g->ap, o->by);
    return e;
}

static err do_resume(struct op *o, enum approval_no *no)
{
    *no = approval_resume(o->g->ap, o->by);
    return OK;
}

static err do_end(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    *no = e.code ? NO_NONE : approval_end(o->g->ap, o->by);
    return e;
}

static err do_place(struct op *o, enum approval_no *no)
{
    err e = take_people(o, "person");
    *no = e.code ? NO_NONE : approval_place(o->g->ap, o->by, o->people[0]);
    return e;
}

/* How a demand to jump begins in the history: where to. */
static str jump_mark(const struct op *o, int node)
{
    return str_fmt(o->d->a, "→ %d/%d: ", node + 1, o->g->ap->plan->n);
}

/* Two administrators move an approval: one asks, with the reason; another confirms the
 * same node within a day, once, and of this approval.  n + 1: all is approved. */
static bool jump_node(const struct op *o, int *ret)
{
    int64_t n;
    if (!str_to_i64(approve_text(o, "node"), &n) || n < 1 || n > o->g->ap->plan->n + 1) {
        return false;
    }
    *ret = (int)n - 1;
    return true;
}

static err do_jump_ask(struct op *o, enum approval_no *no)
{
    int node;
    if (!jump_node(o, &node)) {
        return no_value(o, "node", WORDS("没有这个环节", "there is no such node"));
    }
    *no = !o->by.minds                          ? NO_NO_RIGHT
          : o->by.person == o->g->author        ? NO_AUTHOR
          : o->g->ap->state != APPROVAL_RUNNING ? NO_NOT_RUNNING
                                                : NO_NONE;
    o->kept = true;
    o->note = str_fmt(o->d->a, "%.*s%.*s", STR_ARG(jump_mark(o, node)), STR_ARG(o->note));
    return need_note(o, true);
}

static err do_jump(struct op *o, enum approval_no *no)
{
    int node;
    struct rows r;
    if (!jump_node(o, &node)) {
        return no_value(o, "node", WORDS("没有这个环节", "there is no such node"));
    }
    err e = db_query(o->d->ctx->db, o->d->a,
                     SQL("select person, note, action from act where record = $1"
                         " and action in ('approve.jump_ask', 'approve.jump') and at >= $2"
                         " and id > $3 order by id desc limit 1"),
                     ARGS(db_i64(o->x->id), db_i64(o->by.now - (int64_t)JUMP_HOURS * 3600000),
                          db_i64(o->g->act)),
                     &r);
    if (e.code) {
        return e;
    }
    bool asked = rows_next(&r) && str_eq(rows_text(&r, 2), STR("approve.jump_ask")) &&
                 str_starts(rows_text(&r, 1), jump_mark(o, node));
    *no = asked ? approval_jump(o->g->ap, o->by, rows_i64(&r, 0), node) : NO_TWO_PERSONS;
    return OK;
}

/* The clock's: terms that ended, appointments that began or ended.  A step without an event
 * is kept as well, and so is when to look next: else it would be due for ever. */
static err do_tick(struct op *o, enum approval_no *no)
{
    (void)no;
    struct approval *ap = o->g->ap;
    approval_tick(ap, o->d->ctx->now);
    o->kept = o->g->next_at && o->g->next_at <= o->d->ctx->now;
    for (int i = 0; i < ap->nseats && !o->kept; i++) {
        o->kept = ap->seats[i].changed;
    }
    return OK;
}

/* The reason is kept; whoever asked decides. */
static err do_not_carried(struct op *o, enum approval_no *no)
{
    (void)no;
    o->g->carried = CARRIED_REFUSED;
    o->g->trouble = (struct words){approve_text(o, "zh"), approve_text(o, "en")};
    o->kept = true;
    return perform_notify(
        o->d, o->g->author, o->x, o->d->acts[o->d->nacts - 1].id,
        str_fmt(o->d->a, "审批已通过，但未能执行：%.*s", STR_ARG(o->g->trouble.zh)),
        str_fmt(o->d->a, "Approved, but not carried out: %.*s", STR_ARG(o->g->trouble.en)));
}

/* That somebody's vote was refused, and why: the note says it. */
static err do_vote_refused(struct op *o, enum approval_no *no)
{
    (void)no;
    o->kept = true;
    return OK;
}

/* Tries once more what was refused after the approval. */
static err do_retry(struct op *o, enum approval_no *no)
{
    if (o->by.person != o->g->author && !o->by.minds) {
        *no = NO_NOT_AUTHOR;
    } else if (o->g->carried != CARRIED_REFUSED || o->g->ap->state == APPROVAL_REVOKED) {
        *no = NO_NOT_RUNNING;
    } else {
        o->g->carried = CARRIED_NOT_YET;
        o->g->trouble = (struct words){0};
        o->kept = true;
    }
    return OK;
}

/* --- anew ---------------------------------------------------------------------------------- */

/* What was entered is written (a record that the action created), or waits anew. */
static err new_values(struct op *o, str *content)
{
    struct doing *d = o->d;
    struct call c = {.type = o->x->t->type,
                     .action = o->g->action->key,
                     .record = o->x->id,
                     .values = o->act->values,
                     .nvalues = o->act->nvalues,
                     .door = true};
    struct inner *in = &d->acts[d->nacts - 1];
    struct aplan *p = plan_action(d->h, o->x->t, o->g->action);
    if (o->g->action->creates) {
        err e = perform_rewrite(d, &c, p, o->x);
        e = e.code ? e : db_flush(d->ctx->db, d->a);
        return e.code ? e : approve_content(d->ctx, d->h, o->x->t, o->x->id, o->g->action, content);
    }
    err e = approve_hold(d, &c, p, o->x, in);
    if (!e.code) {
        *content = d->asking->content;
        o->g->asked = approve_values_write(d->a, c.values, c.nvalues);
        d->asking = NULL;
    }
    return e;
}

/* On the same content it may go on where it was returned: the one value is "straight". */
static bool is_straight(const struct op *o)
{
    return o->act->nvalues == 1 && str_eq(approve_text(o, "straight"), STR("true"));
}

static err do_resubmit(struct op *o, enum approval_no *no)
{
    str content = o->g->contents[o->g->ap->nrounds - 1];
    bool straight = is_straight(o);
    if (o->by.person != o->g->author || o->g->ap->state != APPROVAL_WITH_AUTHOR) {
        *no = o->by.person != o->g->author ? NO_NOT_AUTHOR : NO_NOT_RUNNING;
        return OK;
    }
    err e = o->act->nvalues && !straight ? new_values(o, &content)
            : o->g->action->creates /* it may have been changed meanwhile */
                ? approve_content_of(o->d->ctx, o->d->h, o->x, o->g->action, &content)
                : OK;
    if (e.code) {
        return e;
    }
    struct approval_hash hash = approve_hash(o->d->e->ledger->hasher, content);
    *no = approval_submit(o->g->ap, o->by, &hash, straight);
    if (*no == NO_NONE) {
        approve_hold_content(o->g, content);
        o->d->resubmitted = o->x->id;
    }
    return OK;
}

/* --- which one ------------------------------------------------------------------------------ */

static const struct operation operations[] = {
    {"approve.vote", do_vote, OF_SEAT | OF_HASH},
    {"approve.add", do_add, OF_SEAT | OF_HASH},
    {"approve.cancel_add", do_cancel_add, OF_SEAT},
    {"approve.remove", do_remove, OF_SEAT | MAY_MIND},
    {"approve.transfer", do_transfer, OF_SEAT | MAY_MIND},
    {"approve.ask", do_ask, OF_SEAT},
    {"approve.advise", do_advise, OF_SEAT},
    {"approve.ask_end", do_ask_end, OF_SEAT},
    {"approve.return", do_return, OF_SEAT},
    {"approve.take_back", do_take_back, OF_SEAT},
    {"approve.withdraw", do_withdraw, 0},
    {"approve.resubmit", do_resubmit, 0},
    {"approve.copy", do_copy, MAY_MIND},
    {"approve.read", do_read, OF_ANY},
    {"approve.view", do_view, OF_SEAT},
    {"approve.urge", do_urge, OF_SEAT | MAY_MIND},
    {"approve.suspend", do_suspend, MAY_MIND},
    {"approve.resume", do_resume, MAY_MIND},
    {"approve.end", do_end, MAY_MIND},
    {"approve.place", do_place, MAY_MIND},
    {"approve.jump_ask", do_jump_ask, MAY_MIND},
    {"approve.jump", do_jump, MAY_MIND},
    {"approve.retry", do_retry, MAY_MIND | OF_ANY},
    {"approve.tick", do_tick, BY_CLOCK},
    {"approve.not_carried", do_not_carried, BY_CLOCK | OF_ANY},
    {"approve.vote_refused", do_vote_refused, BY_CLOCK | OF_ANY},
};

const struct operation *approve_operation(str action)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (str_eq(action, str_from(operations[i].key))) {
            return &operations[i];
        }
    }
    return NULL;
}

const char *approve_op_name(int i)
{
    bool there = i >= 0 && (size_t)i < sizeof(operations) / sizeof(operations[0]);
    return there && !(operations[i].how & BY_CLOCK) ? operations[i].key : NULL;
}
