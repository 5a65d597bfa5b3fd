/* approve_op.c - an act on an approval: which one, who acts, what it leaves. */
#include "engine/approve_op_int.h"
#include "engine/post.h"

bool approve_is_op(str action)
{
    return str_starts(action, STR("approve.")) && approve_operation(action);
}

bool approve_is_vote(str action)
{
    return str_eq(action, STR("approve.vote")) || str_eq(action, STR("approve.add"));
}

err approve_note_refused(struct ctx *ctx, struct act *act, err refused, bool *ret)
{
    struct arena *a = ctx->arena;
    const struct refusal *why = refused.why;
    *ret = why && act->record && (refused.code == ERR_RULE || refused.code == ERR_DENIED);
    if (!*ret) {
        return OK;
    }
    struct act *said = arena_new(a, struct act);
    *said = (struct act){.arena = a,
                         .actor = act->actor,
                         .principal = act->principal,
                         .now = act->now,
                         .at = act->at,
                         .flags = ACT_FOLLOWS,
                         .lang = act->lang,
                         .type = act->type,
                         .record = act->record,
                         .action = STR("approve.vote_refused"),
                         .note = str_fmt(a, "%.*s / %.*s", STR_ARG(why->what.zh),
                                         STR_ARG(words_in(why->what, LANG_EN)))};
    err e = act_perform(ctx, said);
    act->ret_act = e.code ? 0 : said->ret_act;
    return e;
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

/* Where no seat and no approval is meant: of the action that was asked for last here. */
static const struct clause *clause_here(struct op *o)
{
    struct approving g;
    int64_t id;
    bool some = !newest_of(o, &id).code && id && !approve_find(o->d->ctx, id, 0, &g).code;
    return some ? g.action->clause : NULL;
}

/* By the seat, by its own id, or the one of this record that runs. */
static err read_which(struct op *o, const struct operation *k)
{
    int64_t seat = 0;
    int64_t id = 0;
    str_to_i64(approve_text(o, "approval"), &id);
    if (!(k->how & OF_SEAT)) {
        err e = id || !(k->how & OF_ANY) ? OK : newest_of(o, &id);
        return e.code ? e : approve_read(o->d, 0, id, o->x->id, &o->g, &o->w);
    }
    if (!str_to_i64(approve_text(o, "seat"), &seat)) {
        return err_make(ERR_INVALID, STR("seat"));
    }
    err e = seat < 1 ? err_make(ERR_NOT_FOUND, STR("seat"))
                     : approve_read(o->d, seat, 0, o->x->id, &o->g, &o->w);
    if (e.code == ERR_NOT_FOUND && !e.why) {
        return approve_refusal(o->d->a, clause_here(o), NO_NO_SEAT);
    }
    for (int i = 0; !e.code && i < o->g->ap->nseats; i++) {
        o->seat = o->g->seat_ids[i] == seat ? i + 1 : o->seat;
    }
    return e;
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

err approve_read(struct doing *d, int64_t seat, int64_t id, int64_t record, struct approving **ret,
                 struct approve_world **ret_w)
{
    struct approving *g = arena_new(d->a, struct approving);
    struct touched *x;
    struct approve_world *w = NULL;
    err e = approve_fetch(d->ctx, seat, id, record, g);
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
    err e = approve_content_of(o->d->ctx, o->d->h, o->x, o->g->action, &now);
    return e.code || str_eq(now, o->g->contents[o->g->ap->nrounds - 1])
               ? e
               : approve_refusal(o->d->a, approve_clause(o), NO_CONTENT);
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

/* Of those who would sit, whom duties kept apart keep away: why, of the first. */
static err barred(struct op *o, const struct route_bar **ret)
{
    const struct route *route = o->g->action->route;
    const int64_t *people = o->npeople ? o->people : &o->by.person;
    int n = o->npeople ? o->npeople : 1;
    int *places = arena_array(o->d->a, int, (size_t)n);
    struct db_arg id = db_i64(o->x->id);
    *ret = NULL;
    if (!route->nbars) {
        return OK;
    }
    struct sqlb b = sqlb_make(o->d->a);
    SQLB_LIT(&b, "select ");
    for (size_t k = 0; k < route->nbars; k++) {
        if (k) {
            SQLB_LIT(&b, ", ");
        }
        plan_is_actor(&b, &route->bars[k].who);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, o->g->type->table);
    SQLB_LIT(&b, " r where r.id = $4");
    struct sql sql = sqlb_end(&b);
    struct batch *batch = batch_begin(o->d->ctx->db, o->d->a);
    for (int i = 0; i < n; i++) {
        struct ctx c = *o->d->ctx;
        c.actor = people[i];
        places[i] = batch_add(batch, sql, ctx_args(&c, &id, 1));
    }
    err e = batch_run(batch);
    for (int i = 0; !e.code && !*ret && i < n; i++) {
        struct rows r = batch_rows(batch, places[i]);
        bool row = rows_next(&r);
        for (size_t k = 0; row && !*ret && k < route->nbars; k++) {
            *ret = rows_i64(&r, (int)k) ? &route->bars[k] : NULL;
        }
    }
    return e;
}

static err refused(struct op *o, enum approval_no no)
{
    const struct route_bar *bar = NULL;
    err e = no == NO_MAY_NOT ? barred(o, &bar) : OK;
    if (e.code) {
        return e;
    }
    return bar ? refuse(o->d->a, ERR_RULE, REFUSED_NEEDS, bar->clause, bar->words,
                        approval_no_remedy(no))
               : approve_refusal(o->d->a, approve_clause(o), no);
}

/* Who acts; the right to mind approvals is asked for only where it could help. */
static err prepare(struct op *o, const struct operation *k)
{
    o->by = (struct approval_by){.person = o->act->actor, .now = o->d->ctx->now};
    err e = k->how & MAY_MIND && o->act->actor
                ? post_held(o->d->ctx, POSITION_ADMINISTRATOR, &o->by.minds)
                : OK;
    node_of_seat(o);
    str hash = approve_text(o, "hash");
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
    const struct operation *k = approve_operation(d->act->action);
    struct op o = {.d = d, .x = x, .act = d->act, .note = str_trim(d->act->note)};
    if (!k || ((k->how & BY_CLOCK) && d->act->actor && !(d->act->flags & ACT_FOLLOWS))) {
        return err_make(ERR_NOT_FOUND, STR("action"));
    }
    err e = read_which(&o, k);
    if (e.code == ERR_NOT_FOUND && !e.why) {
        return approve_refusal(d->a, clause_here(&o), NO_NOT_RUNNING);
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
        return e.code ? e : refused(&o, no);
    }
    *note = o.note;
    struct approve_said said = {
        .act = act, .note = *note, .signature = approve_text(&o, "signature")};
    if (!o.kept && !o.g->ap->nevents) { /* nothing came of it: when the clock looked, no act */
        d->nacts -= k->how & BY_CLOCK ? 1 : 0;
        return OK;
    }
    e = copies(&o);
    return e.code ? e : approve_done(d, x, o.g, &said);
}
