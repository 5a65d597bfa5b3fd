/* approve_view_make.c - what a reader sees of approvals that were read: rounds, runs, seats
 * in their order, and everything in words. */
#include "base/arena.h"
#include "engine/approve_view_int.h"

enum { LEVEL_MAX = 8 };

struct making {
    const struct ctx *ctx;
    const struct names *names;
    struct approve_one *x;
    struct approve_view *v;
    struct approve_seat_view *seats; /* of all runs, one run's after the other */
    int nseats;
};

static struct record_ref person(const struct making *m, int64_t id)
{
    return id ? names_get(m->names, m->ctx->model->person, id) : (struct record_ref){0};
}

static str name_of(const struct making *m, int64_t id)
{
    struct record_ref r = person(m, id);
    str s = r.name.len ? r.name : r.number;
    return s.len || !id ? s : m->ctx->lang == LANG_EN ? STR("(not visible)") : STR("（不可见）");
}

/* --- seats ---------------------------------------------------------------------------- */

static void put_votes(struct making *m, struct approve_seat_view *s)
{
    struct approval *ap = m->x->ap;
    int n = 0;
    for (int i = 0; i < ap->nballots; i++) {
        n += ap->ballots[i].seat == s->seat->no;
    }
    struct approve_vote_view *list =
        arena_array(m->ctx->arena, struct approve_vote_view, (size_t)n + 1);
    for (int i = 0; i < ap->nballots; i++) {
        if (ap->ballots[i].seat == s->seat->no) {
            struct approve_vote_view *one = &list[s->nvotes++];
            *one = m->x->votes[i];
            one->by = person(m, one->by.id);
            one->principal = person(m, one->principal.id);
            s->vote = one->voided ? s->vote : one;
        }
    }
    s->votes = list;
}

/* What was asked and answered at a seat, why it moved or went back: the oldest first. */
static void put_told(struct making *m, struct approve_seat_view *s)
{
    const struct approve_one *x = m->x;
    const struct approve_event_view **list =
        arena_array(m->ctx->arena, const struct approve_event_view *, (size_t)x->nevents + 1);
    for (int i = x->nevents; i-- > 0;) {
        enum approval_event_kind k = x->told[i].kind;
        bool tells = k == EVENT_ADDED || k == EVENT_TRANSFERRED || k == EVENT_ASKED ||
                     k == EVENT_ADVISED || k == EVENT_RETURNED || k == EVENT_REMOVED;
        if (tells && x->told[i].seat == s->seat->no) {
            list[s->ntold++] = &x->events[i];
        }
    }
    s->told = list;
}

static void put_seat(struct making *m, const struct approval_seat *o, int level)
{
    struct approve_seat_view *s = &m->seats[m->nseats++];
    *s = (struct approve_seat_view){.id = m->x->seat_ids[o->no - 1],
                                    .seat = o,
                                    .principal = person(m, o->principal),
                                    .actor = person(m, o->actor),
                                    .asker = person(m, o->asker),
                                    .level = level};
    const struct approval_seat *from =
        o->from > 0 && o->from <= m->x->ap->nseats ? &m->x->ap->seats[o->from - 1] : NULL;
    s->who = approve_who_words(m->ctx->arena, s);
    s->origin = approve_origin_words(m->ctx->arena, o->origin,
                                     from ? name_of(m, from->principal) : STR(""));
    s->state = approve_seat_words(m->ctx->arena, o, name_of(m, o->actor));
    s->late = o->state == SEAT_OPEN && o->due && o->due < m->ctx->now;
    put_votes(m, s);
    put_told(m, s);
}

/* Those of a run's node, or of a group at a side of a seat, by turn; after each the groups
 * it holds. */
static void put_group(struct making *m, int run, int holder, enum approval_side side, int level)
{
    const struct approval *ap = m->x->ap;
    int turn = -1;
    while (level < LEVEL_MAX) {
        int at = INT32_MAX;
        for (int i = 0; i < ap->nseats; i++) { /* the next turn there is */
            const struct approval_seat *o = &ap->seats[i];
            bool here = o->run == run && o->holder == holder && o->side == side;
            at = here && o->order > turn && o->order < at ? o->order : at;
        }
        if (at == INT32_MAX) {
            return;
        }
        for (int i = 0; i < ap->nseats; i++) {
            const struct approval_seat *o = &ap->seats[i];
            if (o->run == run && o->holder == holder && o->side == side && o->order == at) {
                put_seat(m, o, level);
                put_group(m, run, o->no, SIDE_BEFORE, level + 1);
                put_group(m, run, o->no, SIDE_AFTER, level + 1);
            }
        }
        turn = at;
    }
}

/* --- runs and rounds -------------------------------------------------------------------- */

static void put_run(struct making *m, const struct approval_run *r, struct approve_run_view *ret)
{
    struct approval *ap = m->x->ap;
    const struct route *route = m->x->action->route;
    const struct approval_node *n = &route->plan.nodes[r->node];
    int first = m->nseats;
    put_group(m, r->no, 0, SIDE_NODE, 0);
    *ret = (struct approve_run_view){.run = r,
                                     .node = &route->nodes[r->node],
                                     .clause = route->nodes[r->node].clause,
                                     .title = approve_title_words(m->ctx->arena, route, r->node),
                                     .rule = approve_rule_words(m->ctx->arena, n),
                                     .state = approve_run_words(r->state),
                                     .count = approval_count(ap, r->no, 0, SIDE_NODE),
                                     .seats = m->seats + first,
                                     .nseats = m->nseats - first};
    ret->tally = approve_tally_words(m->ctx->arena, &ret->count);
}

static void put_round(struct making *m, int no, struct approve_round_view *ret)
{
    struct approval *ap = m->x->ap;
    *ret = m->x->rounds[no - 1];
    ret->round = &ap->rounds[no - 1];
    ret->state = approve_round_words(ret->round->state);
    if (m->x->contents[no - 1]) {
        approve_content_show(m->ctx, m->names, m->x->contents[no - 1], ret);
    }
    struct approve_run_view *runs =
        arena_array(m->ctx->arena, struct approve_run_view, (size_t)ap->nruns + 1);
    for (int i = 0; i < ap->nruns; i++) {
        if (ap->runs[i].round == no) {
            put_run(m, &ap->runs[i], &runs[ret->nruns++]);
        }
    }
    ret->runs = runs;
}

/* Seats whose row was left out are not shown; those of a group whose holder is elsewhere
 * neither: m->seats has room for each seat once. */
static void put_rounds(struct making *m)
{
    struct approval *ap = m->x->ap;
    m->seats = arena_array(m->ctx->arena, struct approve_seat_view, (size_t)ap->nseats + 1);
    struct approve_round_view *rounds =
        arena_array(m->ctx->arena, struct approve_round_view, (size_t)ap->nrounds + 1);
    for (int i = 0; i < ap->nrounds; i++) {
        put_round(m, ap->nrounds - i, &rounds[i]);
    }
    m->v->rounds = rounds;
    m->v->nrounds = ap->nrounds;
}

static void put_own(struct making *m)
{
    const struct approval_seat *own = approval_seat_of(m->x->ap, m->ctx->actor);
    for (int i = 0; own && i < m->nseats; i++) {
        m->v->own = m->seats[i].seat == own ? &m->seats[i] : m->v->own;
    }
    const struct approval_run *at = approval_current(m->x->ap);
    for (int i = 0; at && m->v->nrounds && i < m->v->rounds[0].nruns; i++) {
        m->v->at = m->v->rounds[0].runs[i].run == at ? &m->v->rounds[0].runs[i] : m->v->at;
    }
}

/* --- the rest ---------------------------------------------------------------------------- */

static void put_rest(struct making *m)
{
    struct approve_one *x = m->x;
    for (int i = 0; i < x->ncopies; i++) {
        x->copies[i].person = person(m, x->copies[i].person.id);
        x->copies[i].by = person(m, x->copies[i].by.id);
    }
    for (int i = 0; i < x->nevents; i++) {
        const struct approval_event *e = &x->told[i];
        int node = e->kind == EVENT_RETURNED || e->kind == EVENT_JUMPED ? e->number : -2;
        struct words to = node == TO_AUTHOR ? WORDS("申请人", "the author")
                          : node >= 0 ? approve_title_words(m->ctx->arena, x->action->route, node)
                                      : (struct words){0};
        to = node >= x->ap->plan->n ? WORDS("结束", "the end") : to;
        x->events[i].by = person(m, e->by);
        x->events[i].words = approve_event_said(m->ctx->arena, e, name_of(m, e->person), to);
        if (e->run > 0 && e->run <= x->ap->nruns) {
            x->events[i].node =
                approve_title_words(m->ctx->arena, x->action->route, x->ap->runs[e->run - 1].node);
        }
    }
    m->v->copies = x->copies;
    m->v->ncopies = x->ncopies;
    m->v->events = x->events;
    m->v->nevents = x->nevents;
}

static void put_revoked(struct making *m)
{
    const struct approve_one *x = m->x;
    for (int i = 0; x->ap->state == APPROVAL_REVOKED && i < x->nevents; i++) {
        m->v->revoked = x->told[i].kind == EVENT_REVOKED ? &x->events[i] : m->v->revoked;
    }
}

/* Each approval that revoked, once carried out, revoked the newest that stood when it was
 * asked for; the newest come first. */
static void put_revoking(struct approve_view *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct action *of = list[i].action->revokes;
        bool done = of && list[i].ap->state == APPROVAL_APPROVED && !list[i].trouble.zh.len;
        for (size_t k = i + 1; done && k < n; k++) {
            struct approve_view *o = &list[k];
            if (str_eq(o->action->key, of->key) && o->revoked &&
                o->revoked->at >= list[i].ended_at) {
                o->revoked_by = list[i].id;
                break;
            }
        }
    }
}

/* Who was sent back from a node may go straight on there. */
static bool may_go_straight(const struct approval *ap)
{
    const struct approval_round *last = ap->nrounds ? &ap->rounds[ap->nrounds - 1] : NULL;
    const struct approval_run *r = ap->nruns ? &ap->runs[ap->nruns - 1] : NULL;
    return last && r && ap->state == APPROVAL_WITH_AUTHOR && last->state == ROUND_RETURNED &&
           r->round == last->no && r->node > 0;
}

struct approve_views approve_view_finish(const struct ctx *ctx, const struct names *names,
                                         struct approve_loaded *l)
{
    struct approve_view *list = arena_array(ctx->arena, struct approve_view, l->n + 1);
    for (size_t i = 0; i < l->n; i++) {
        struct approve_one *x = &l->list[i];
        struct approve_view *v = &list[i];
        struct making m = {.ctx = ctx, .names = names, .x = x, .v = v};
        bool is_revoked = x->ap->state == APPROVAL_REVOKED;
        *v = (struct approve_view){.id = x->id,
                                   .ap = x->ap,
                                   .action = x->action,
                                   .author = person(&m, x->ap->author),
                                   .opened_at = x->opened_at,
                                   .ended_at = x->ended_at,
                                   .state = approve_state_words(x->ap),
                                   .trouble = is_revoked ? WORDS("", "") : x->trouble,
                                   .minds = l->minds,
                                   .unread = x->unread,
                                   .jump = x->jump,
                                   .straight = may_go_straight(x->ap)};
        put_rest(&m);
        put_revoked(&m);
        put_rounds(&m);
        put_own(&m);
        approve_judge(ctx, v, m.seats, m.nseats);
    }
    put_revoking(list, l->n);
    return (struct approve_views){list, l->n, l->more};
}

err approve_views(const struct ctx *ctx, const struct type *t, int64_t record, int limit,
                  struct record *ret_record, struct approve_views *ret)
{
    struct record rec;
    *ret = (struct approve_views){0};
    err e = view_row(ctx, t, record, LOAD_ALL, &rec);
    if (e.code) {
        return e;
    }
    load_own(&rec);
    if (ret_record) {
        *ret_record = rec;
    }
    if (!approve_of_type(t)) {
        return OK;
    }
    struct names *names = names_begin(ctx);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct guards_ask guards = guards_ask(ctx, &rec, b);
    struct approve_ask q = approve_view_ask(ctx, b, &rec, limit, true);
    struct approve_loaded *l;
    e = batch_run(b);
    e = e.code ? e : approve_view_read(ctx, b, &q, &guards, names, &l);
    e = e.code ? e : names_run(names);
    if (!e.code) {
        *ret = approve_view_finish(ctx, names, l);
    }
    return e;
}
