/* approve_op.c - what is done to an approval: each operation is an act on its record. */
#include "engine/approve_int.h"
#include "engine/post.h"
#include "engine/view_int.h"

#include <string.h>

enum { PEOPLE_AT_ONCE = 50, NOTE_MAX = 4000, SIGNATURE_MAX = 60000 };

/* One operation: what came in, and what it is about. */
struct op {
    struct doing *d;
    struct touched *x;
    const struct act *act;
    struct approving *g;
    struct approve_world *w;
    struct approval_by by;
    int seat; /* number; 0: of none */
    const struct route_node *node;
    struct approval_hash hash; /* of the content that was before the actor's eyes */
    bool hashed;
    const int64_t *people;
    int npeople;
    bool kept; /* what it did is in the approval's own row alone */
};
typedef err op_fn(struct op *o, enum approval_no *no);

static str text_of(const struct op *o, const char *key)
{
    for (size_t i = 0; i < o->act->nvalues; i++) {
        if (str_eq(o->act->values[i].field, str_from(key))) {
            return o->act->values[i].text;
        }
    }
    return STR("");
}

static const struct clause *clause_of(const struct op *o)
{
    return o->node ? o->node->clause : o->g->action->clause;
}

static err no_value(const struct op *o, const char *field, struct words why)
{
    return refuse_value(o->d->a, clause_of(o), str_from(field), why);
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
    str vote = text_of(o, "vote");
    bool yes = str_eq(vote, STR("approve"));
    bool against = str_eq(vote, STR("reject"));
    if (!yes && !against && !str_eq(vote, STR("abstain"))) {
        return no_value(o, "vote", WORDS("同意、拒绝或弃权", "approve, reject or abstain"));
    }
    bool must = o->node && (o->node->opinion == OPINION_MUST ||
                            (o->node->opinion == OPINION_REFUSAL && against));
    err e = need_note(o, must);
    str sign = text_of(o, "signature");
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
    str where = text_of(o, "where");
    str rule = text_of(o, "rule");
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
                                str_eq(text_of(o, "restart"), STR("true")));
    }
    return e;
}

static err do_ask(struct op *o, enum approval_no *no)
{
    err e = need_note(o, true);
    e = e.code ? e : take_people(o, "person");
    if (!e.code) {
        *no = approval_ask(o->g->ap, o->by, o->seat, o->people[0]);
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
    str to = text_of(o, "node");
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

/* The clock's: terms that ended, appointments that began or ended. */
static err do_tick(struct op *o, enum approval_no *no)
{
    (void)no;
    approval_tick(o->g->ap, o->d->ctx->now);
    return OK;
}

/* The reason is kept; whoever asked decides. */
static err do_not_carried(struct op *o, enum approval_no *no)
{
    (void)no;
    o->g->carried = CARRIED_REFUSED;
    o->g->trouble = (struct words){text_of(o, "zh"), text_of(o, "en")};
    o->kept = true;
    return perform_notify(
        o->d, o->g->author, o->x, o->d->acts[o->d->nacts - 1].id,
        str_fmt(o->d->a, "审批已通过，但未能执行：%.*s", STR_ARG(o->g->trouble.zh)),
        str_fmt(o->d->a, "Approved, but not carried out: %.*s", STR_ARG(o->g->trouble.en)));
}

/* Tries once more what was refused after the approval. */
static err do_retry(struct op *o, enum approval_no *no)
{
    if (o->by.person != o->g->author && !o->by.minds) {
        *no = NO_NOT_AUTHOR;
    } else if (o->g->carried != CARRIED_REFUSED) {
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
    return o->act->nvalues == 1 && str_eq(text_of(o, "straight"), STR("true"));
}

static err do_resubmit(struct op *o, enum approval_no *no)
{
    str content = o->g->contents[o->g->ap->nrounds - 1];
    bool straight = is_straight(o);
    if (o->by.person != o->g->author || o->g->ap->state != APPROVAL_WITH_AUTHOR) {
        *no = o->by.person != o->g->author ? NO_NOT_AUTHOR : NO_NOT_RUNNING;
        return OK;
    }
    err e = o->act->nvalues && !straight ? new_values(o, &content) : OK;
    if (e.code) {
        return e;
    }
    struct approval_hash hash = approve_hash(o->d->e->ledger->hasher, content);
    *no = approval_submit(o->g->ap, o->by, &hash, straight);
    str *contents = arena_array(o->d->a, str, (size_t)o->g->ap->nrounds + 1);
    memcpy(contents, o->g->contents, (size_t)(o->g->ap->nrounds - 1) * sizeof(*contents));
    contents[o->g->ap->nrounds - 1] = content;
    o->g->contents = contents;
    return OK;
}

/* --- which one ------------------------------------------------------------------------------ */

enum { OF_SEAT = 1, OF_HASH = 2, MAY_MIND = 4, BY_CLOCK = 8, OF_ANY = 16 };

struct operation {
    const char *key;
    op_fn *fn;
    unsigned how;
};

static const struct operation *find_operation(str action)
{
    static const struct operation list[] = {
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
        {"approve.retry", do_retry, MAY_MIND | OF_ANY},
        {"approve.tick", do_tick, BY_CLOCK},
        {"approve.not_carried", do_not_carried, BY_CLOCK | OF_ANY},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (str_eq(action, str_from(list[i].key))) {
            return &list[i];
        }
    }
    return NULL;
}

bool approve_is_op(str action)
{
    return str_starts(action, STR("approve.")) && find_operation(action);
}

static err newest_of(struct op *o, int64_t *ret)
{
    struct rows r;
    err e = db_query(o->d->ctx->db, o->d->a,
                     SQL("select id from approval where record = $1 order by id desc limit 1"),
                     ARGS(db_i64(o->x->id)), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}

/* By the seat, by its own id, or the one of this record that runs. */
static err which(struct op *o, const struct operation *k, int64_t *ret)
{
    int64_t seat = 0;
    struct rows r;
    str_to_i64(text_of(o, "approval"), ret);
    if (!(k->how & OF_SEAT)) {
        return *ret || !(k->how & OF_ANY) ? OK : newest_of(o, ret);
    }
    if (!str_to_i64(text_of(o, "seat"), &seat)) {
        return err_make(ERR_INVALID, STR("seat"));
    }
    err e = db_query(o->d->ctx->db, o->d->a,
                     SQL("select approval, no from approval_seat where id = $1 and record = $2"),
                     ARGS(db_i64(seat), db_i64(o->x->id)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
        o->seat = (int)rows_i64(&r, 1);
        return OK;
    }
    return e.code ? e
                  : refuse(o->d->a, ERR_VALUE, REFUSED_VALUE, NULL, approval_no_what(NO_NO_SEAT),
                           approval_no_remedy(NO_NO_SEAT));
}

static void node_of_seat(struct op *o)
{
    const struct approval *ap = o->g->ap;
    const struct approval_run *run =
        o->seat > 0 && o->seat <= ap->nseats ? &ap->runs[ap->seats[o->seat - 1].run - 1] : NULL;
    if (run && run->node >= 0 && run->node < ap->plan->n) {
        o->node = &o->g->action->route->nodes[run->node];
    }
}

err approve_read(struct doing *d, int64_t id, int64_t record, struct approving **ret,
                 struct approve_world **ret_w)
{
    struct approving *g = arena_new(d->a, struct approving);
    struct touched *x;
    struct approve_world *w = NULL;
    err e = approve_find(d->ctx, id, record, g);
    e = e.code ? e : perform_touch(d, g->type, g->record, &x);
    e = e.code
            ? e
            : approve_world_make(d->ctx, d->h, x->t, g->action, g->record, g->asked, g->author, &w);
    if (e.code) {
        return e;
    }
    g->ap = approval_new(d->a, &w->plan, &w->world, g->author);
    *ret = g;
    *ret_w = w;
    return approve_load(d->ctx, g);
}

/* What is voted on may not have changed, whatever changed it. */
static err still_the_content(struct op *o, const struct operation *k)
{
    str now;
    if (!(k->how & OF_HASH) || !o->g->action->creates || o->g->ap->state != APPROVAL_RUNNING) {
        return OK;
    }
    err e = approve_content(o->d->ctx, o->d->h, o->x->t, o->x->id, o->g->action, &now);
    return e.code || str_eq(now, o->g->contents[o->g->ap->nrounds - 1])
               ? e
               : approve_refusal(o->d->a, clause_of(o), NO_CONTENT);
}

err approve_refusal(struct arena *a, const struct clause *clause, enum approval_no no)
{
    bool who = no == NO_NOT_YOURS || no == NO_NOT_ADDER || no == NO_NOT_AUTHOR || no == NO_NO_RIGHT;
    bool value = no == NO_NO_SEAT || no == NO_NOBODY || no == NO_SAME;
    return refuse(a,
                  who     ? ERR_DENIED
                  : value ? ERR_VALUE
                          : ERR_RULE,
                  who     ? REFUSED_WHO
                  : value ? REFUSED_VALUE
                          : REFUSED_NEEDS,
                  clause, approval_no_what(no), approval_no_remedy(no));
}

/* Who acts; the right to mind approvals is asked for only where it could help. */
static err prepare(struct op *o, const struct operation *k)
{
    o->by = (struct approval_by){.person = o->act->actor, .now = o->d->ctx->now};
    err e = k->how & MAY_MIND && o->act->actor
                ? post_held(o->d->ctx, POSITION_ADMINISTRATOR, &o->by.minds)
                : OK;
    node_of_seat(o);
    str hash = text_of(o, "hash");
    if (!e.code && hash.len && !approve_hash_read(o->d->a, hash, &o->hash)) {
        e = err_make(ERR_INVALID, STR("hash"));
    }
    return e.code ? e : still_the_content(o, k);
}

/* Those whom a node names are sent a copy once it has passed. */
static err copies(struct op *o)
{
    struct approval *ap = o->g->ap;
    struct approval_by system = {.now = o->d->ctx->now};
    int n = ap->nevents;
    for (int i = 0; i < n; i++) {
        const struct approval_event *v = &ap->events[i];
        const struct stmt *who = v->kind == EVENT_PASSED && v->run
                                     ? &o->w->routes->copy[ap->runs[v->run - 1].node]
                                     : NULL;
        struct rows r = {0};
        if (!who || !who->present) {
            continue;
        }
        err e = db_query(o->d->ctx->db, o->d->a, who->sql, approve_world_args(o->w), &r);
        if (e.code) {
            return e;
        }
        while (rows_next(&r)) {
            (void)approval_copy_to(ap, system, rows_i64(&r, 0));
        }
    }
    return OK;
}

err approve_op(struct doing *d, struct touched *x, int64_t act, str *note)
{
    const struct operation *k = find_operation(d->act->action);
    struct op o = {.d = d, .x = x, .act = d->act};
    int64_t id = 0;
    if (!k || ((k->how & BY_CLOCK) && d->act->actor)) {
        return err_make(ERR_NOT_FOUND, STR("action"));
    }
    err e = which(&o, k, &id);
    e = e.code ? e : approve_read(d, id, x->id, &o.g, &o.w);
    if (e.code == ERR_NOT_FOUND && !e.why) {
        return approve_refusal(d->a, NULL, NO_NOT_RUNNING);
    }
    if (!e.code && o.g->record != x->id) {
        return err_make(ERR_NOT_FOUND, STR("approval"));
    }
    enum approval_no no = NO_NONE;
    e = e.code ? e : prepare(&o, k);
    e = e.code ? e : k->fn(&o, &no);
    if (!e.code && o.w->failed.code) {
        e = o.w->failed;
    }
    if (e.code || no != NO_NONE) {
        return e.code ? e : approve_refusal(d->a, clause_of(&o), no);
    }
    *note = str_trim(d->act->note);
    struct approve_said said = {.act = act, .note = *note, .signature = text_of(&o, "signature")};
    if (!o.kept && !o.g->ap->nevents) {
        return OK; /* nothing came of it */
    }
    e = copies(&o);
    return e.code ? e : approve_done(d, x, o.g, &said);
}
