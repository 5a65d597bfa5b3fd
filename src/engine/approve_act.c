/* approve_act.c - an action that asks for consent: opened, and what follows its end. */
#include "engine/approve_int.h"
#include "engine/guard.h"

#include <string.h>

/* --- values on trial ------------------------------------------------------------------ */

/* Where the action leads, with the rest of the row as it was. */
static err move_state(struct doing *d, struct touched *x, const struct cell *before, int64_t state,
                      bool none)
{
    if (!none && (before[COL_STATE].null || before[COL_STATE].i != state)) {
        perform_enter(d, x, state);
    }
    x->now[COL_CHANGED] = (struct cell){.i = d->ctx->now};
    if (before[COL_VER].i == x->old[COL_VER].i) {
        x->now[COL_VER].i++;
    }
    return perform_write(d, x, before, false);
}

err approve_hold(struct doing *d, const struct call *c, const struct aplan *p, struct touched *x,
                 struct inner *in)
{
    struct touched was = *x;
    size_t pieces = d->npieces;
    struct cell *before = arena_array(d->a, struct cell, (size_t)x->t->ncols + 1);
    memcpy(before, x->now, sizeof(*before) * (size_t)x->t->ncols);
    str content = STR("");
    err e = db_flush(d->ctx->db, d->a);
    if (e.code) {
        return e;
    }
    db_savepoint(d->ctx->db);
    e = perform_values_and_state(d, c, p, x, in);
    e = e.code ? e : db_flush(d->ctx->db, d->a);
    e = e.code ? e : approve_content(d->ctx, d->h, x->t, x->id, p->action, &content);
    struct cell state = x->now[COL_STATE];
    if (e.code && !db_in_write(d->ctx->db)) {
        return e;
    }
    err undone = db_rollback_to(d->ctx->db);
    memcpy(x->now, before, sizeof(*before) * (size_t)x->t->ncols);
    *x = was;
    d->npieces = pieces;
    e = e.code ? e : undone;
    d->asking = arena_new(d->a, struct asking);
    d->asking->content = content;
    return e.code ? e : move_state(d, x, before, state.i, state.null);
}

err approve_begin(struct doing *d, const struct call *c, struct touched *x,
                  const struct action *action, const struct inner *in)
{
    if (!d->asking) {
        d->asking = arena_new(d->a, struct asking);
    }
    d->asking->x = x;
    d->asking->action = action;
    d->asking->act = in->id;
    if (!action->creates) {
        d->asking->asked = approve_values_write(d->a, c->values, c->nvalues);
    }
    return !action->creates && !d->asking->asked.len
               ? err_make(ERR_TOO_LARGE, STR("the values of the action"))
               : OK;
}

/* --- opened ---------------------------------------------------------------------------- */

static err refused(const struct refusal *why)
{
    return (err){.code = ERR_RULE, .detail = why->what.en, .why = why};
}

static err is_running(struct doing *d, const struct asking *q)
{
    struct approving other;
    err e = approve_find(d->ctx, 0, q->x->id, &other);
    if (e.code == ERR_NOT_FOUND) {
        return OK;
    }
    return e.code ? e : refused(guard_refusal_asked(d->ctx, q->action));
}

err approve_open(struct doing *d)
{
    struct asking *q = d->asking;
    if (!q) {
        return OK;
    }
    struct approve_world *w;
    struct approving *g = arena_new(d->a, struct approving);
    err e = is_running(d, q);
    e = e.code || q->content.len
            ? e
            : approve_content(d->ctx, d->h, q->x->t, q->x->id, q->action, &q->content);
    e = e.code ? e
               : approve_world_make(d->ctx, d->h, q->x->t, q->action, q->x->id, q->asked,
                                    d->act->actor, &w);
    if (e.code) {
        return e;
    }
    *g = (struct approving){.id = engine_id(d->e, d->act->now),
                            .record = q->x->id,
                            .law = q->x->t->def->law->version,
                            .act = q->act,
                            .author = d->act->actor,
                            .opened_at = d->ctx->now,
                            .type = q->x->t->type,
                            .action = q->action,
                            .asked = q->asked,
                            .new_ = true};
    g->ap = approval_new(d->a, &w->plan, &w->world, g->author);
    struct approval_hash hash = approve_hash(d->e->ledger->hasher, q->content);
    struct approval_by by = {.person = g->author, .now = d->ctx->now};
    enum approval_no no = approval_submit(g->ap, by, &hash, false);
    if (w->failed.code) {
        return w->failed;
    }
    if (no != NO_NONE) {
        return approve_refusal(d->a, q->action->clause, no);
    }
    approve_hold_content(g, q->content);
    struct approve_said said = {.act = q->act};
    return approve_done(d, q->x, g, &said);
}

/* --- meanwhile -------------------------------------------------------------------------- */

err approve_frozen(struct doing *d, const struct touched *x, struct rows *r)
{
    if (d->resubmitted == x->id || !rows_next(r)) {
        return OK;
    }
    const struct action *a = type_action_any(x->t->type, rows_i64(r, 1), rows_text(r, 0));
    if (!a || !approve_changes(x, a)) {
        return OK;
    }
    return refuse(
        d->a, ERR_RULE, REFUSED_STATE, a->clause,
        WORDS("内容正在审批，不能改动。", "This is being voted on and cannot be changed."),
        WORDS("请等审批结束；申请人也可以先撤回再修改。",
              "Wait until it is decided; who asked may withdraw it and change it."));
}

/* --- saved, told, followed ---------------------------------------------------------------- */

err approve_done(struct doing *d, struct touched *x, struct approving *g,
                 const struct approve_said *said)
{
    struct approve_news news = approve_news(d->a, g);
    bool ended = g->ap->state != APPROVAL_RUNNING && g->ap->state != APPROVAL_WITH_AUTHOR;
    bool follows = ended && g->carried == CARRIED_NOT_YET && g->ap->state != APPROVAL_REVOKED;
    const struct route *route = g->action->route;
    const struct action *next =
        g->ap->state == APPROVAL_APPROVED ? route->approved : route->refused;
    if (follows) {
        g->carried = CARRIED;
    }
    err e = approve_save(d, g, said);
    if (!e.code && follows && next) {
        d->follow = g;
    }
    return e.code ? e : approve_tell(d, x, g, &news, said->act);
}

/* The one that stood when it was asked for (now, where nobody was asked): what was approved
 * since is none of what those who consented had before their eyes.  The ledger says what came
 * before: ids of two processes need not. */
static err stood(struct doing *d, int64_t record, str action, int64_t *ret)
{
    struct rows r;
    err e = db_query(
        d->ctx->db, d->a,
        SQL("select a.id from approval a join act b on b.id = a.act"
            " join approval q on q.id = case when $3 = 0 then a.id else $3 end"
            " join act c on c.id = q.act where a.record = $1 and a.action = $2"
            " and (a.state = 2 or (a.state = 5 and exists (select 1 from"
            " approval_event v join act w on w.id = v.act where v.approval = a.id"
            " and v.kind = $4 and w.seq > c.seq and $3 <> 0)))"
            " and (b.seq < c.seq or $3 = 0) order by b.seq desc limit 1"),
        ARGS(db_i64(record), db_text(action), db_i64(d->act->follows), db_i64(EVENT_REVOKED)), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}

err approve_revoke(struct doing *d, struct touched *x, const struct action *action, int64_t act)
{
    struct approving *g;
    struct approve_world *w;
    int64_t id = 0;
    err e = stood(d, x->id, action->revokes->key, &id);
    e = e.code || !id ? e : approve_read(d, 0, id, x->id, &g, &w);
    if (e.code) {
        return e;
    }
    struct approval_by by = {.person = d->act->actor, .now = d->ctx->now};
    if (!id || approval_revoke(g->ap, by) != NO_NONE) {
        return refused(guard_refusal_need(d->ctx, action, &action->needs[0].check, false, x->id));
    }
    struct approve_said said = {.act = act};
    return approve_done(d, x, g, &said);
}

err approve_close(struct doing *d, struct touched *x)
{
    const struct state *now =
        x->now[COL_STATE].null ? NULL : tdef_state_at(x->t->def, x->now[COL_STATE].i);
    if (!x->t->votes || x->created || !now || !now->final || !history_cell_changed(x, COL_STATE)) {
        return OK;
    }
    struct approving *g;
    struct approve_world *w;
    err e = approve_read(d, 0, 0, x->id, &g, &w);
    if (e.code) {
        return e.code == ERR_NOT_FOUND ? OK : e;
    }
    struct approval_by system = {.minds = true, .now = d->ctx->now};
    if (approval_end(g->ap, system) != NO_NONE) {
        return OK;
    }
    g->carried = CARRIED; /* nothing follows: the record is at its end */
    struct approve_said said = {.act = d->acts[0].id};
    return approve_done(d, x, g, &said);
}

/* The reason stands in the approval, and whoever asked gets it as a task. */
static err not_carried(struct doing *d, const struct approving *g, struct act *act, err why)
{
    struct words what = why.why ? why.why->what : (struct words){why.detail, why.detail};
    struct value_in values[] = {
        {.field = STR("approval"), .text = str_fmt(d->a, "%lld", (long long)g->id)},
        {.field = STR("zh"), .text = what.zh},
        {.field = STR("en"), .text = what.en}};
    struct act *said = arena_new(d->a, struct act);
    *said = (struct act){.arena = d->a,
                         .now = act->now,
                         .at = act->at,
                         .lang = act->lang,
                         .type = g->type->key,
                         .record = g->record,
                         .action = STR("approve.not_carried"),
                         .values = values,
                         .nvalues = sizeof(values) / sizeof(values[0])};
    struct ctx ctx = ctx_make(d->e, d->ctx->model, d->ctx->db, d->a, d->ctx->now, 0, act->lang);
    return act_perform(&ctx, said);
}

err approve_follow(struct doing *d, struct act *act)
{
    const struct approving *g = d->follow;
    struct value_in *values;
    size_t n;
    err refused;
    err e = approve_values_read(d->a, g->asked, &values, &n);
    if (e.code) {
        return e;
    }
    const struct route *route = g->action->route;
    bool yes = g->ap->state == APPROVAL_APPROVED;
    struct act *next = arena_new(d->a, struct act);
    *next = (struct act){.arena = d->a,
                         .actor = g->author,
                         .now = act->now,
                         .at = act->at,
                         .flags = ACT_FOLLOWS,
                         .follows = yes && !g->action->creates ? g->id : 0,
                         .lang = act->lang,
                         .type = g->type->key,
                         .record = g->record,
                         .action = (yes ? route->approved : route->refused)->key,
                         .values = values,
                         .nvalues = yes ? n : 0};
    struct ctx ctx =
        ctx_make(d->e, d->ctx->model, d->ctx->db, d->a, d->ctx->now, g->author, act->lang);
    e = act_try(&ctx, next, &refused);
    if (e.code || refused.code) {
        return e.code ? e : not_carried(d, g, act, refused);
    }
    act->ret_ver = next->ret_ver;
    act->ret_state = next->ret_state;
    act->ret_name = next->ret_name;
    return OK;
}

err approve_carried(struct doing *d, int64_t id)
{
    struct approving g;
    struct touched *x;
    struct rows r;
    str now = STR("");
    err e = approve_find(d->ctx, id, 0, &g);
    e = e.code ? e : perform_touch(d, g.type, g.record, &x);
    e = e.code ? e : db_flush(d->ctx->db, d->a);
    e = e.code ? e : approve_content(d->ctx, d->h, x->t, x->id, g.action, &now);
    e = e.code ? e
               : db_query(d->ctx->db, d->a,
                          SQL("select content from approval_round where approval = $1"
                              " order by no desc limit 1"),
                          ARGS(db_i64(id)), &r);
    if (e.code || (rows_next(&r) && str_eq(now, rows_text(&r, 0)))) {
        return e;
    }
    return refuse(d->a, ERR_RULE, REFUSED_STATE, g.action->clause,
                  WORDS("要执行的内容与表决的内容不一致。",
                        "What would be carried out is not what was voted on."),
                  WORDS("请重新申请。", "Ask anew."));
}
