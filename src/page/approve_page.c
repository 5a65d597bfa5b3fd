/* approve_page.c - the seats of approvals as a picture. */
#include "page/approve_page.h"

#include "base/arena.h"
#include "page/page.h"

#include "gen/approve.html.h"

enum { CARDS_MAX = 20, HASH_SHOWN = 12 };

/* --- lists as templates walk them ------------------------------------------------------ */

struct approve_rounds approve_rounds_of(const struct approve_card *c)
{
    int n = c->view->nrounds;
    return (struct approve_rounds){c->view->rounds, (size_t)(c->whole || n < 1 ? n : 1)};
}

struct approve_runs approve_runs_of(const struct approve_round_view *r)
{
    return (struct approve_runs){r->runs, (size_t)r->nruns};
}

struct approve_seats approve_seats_of(const struct approve_run_view *r)
{
    return (struct approve_seats){r->seats, (size_t)r->nseats};
}

struct approve_votes approve_votes_of(const struct approve_seat_view *s)
{
    return (struct approve_votes){s->votes, (size_t)s->nvotes};
}

struct approve_fields approve_fields_of(const struct approve_round_view *r)
{
    return (struct approve_fields){r->fields, (size_t)r->nfields};
}

struct approve_events approve_events_of(const struct approve_view *v)
{
    return (struct approve_events){v->events, (size_t)v->nevents};
}

struct approve_told approve_told_of(const struct approve_seat_view *s)
{
    return (struct approve_told){s->told, (size_t)s->ntold};
}

bool approve_said_again(const struct approve_seat_view *s, const struct approve_event_view *e)
{
    for (int i = 0; i < s->nvotes; i++) {
        if (e->seq && s->votes[i].seq == e->seq && str_eq(s->votes[i].note, e->note)) {
            return true;
        }
    }
    return false;
}

struct approve_copies approve_copies_of(const struct approve_view *v)
{
    return (struct approve_copies){v->copies, (size_t)v->ncopies};
}

bool approve_round_is_newest(const struct approve_card *c, const struct approve_round_view *r)
{
    return c->view->nrounds && r == &c->view->rounds[0];
}

struct approve_differences approve_changes_of(const struct approve_card *c,
                                              const struct approve_round_view *r)
{
    const struct approve_view *v = c->view;
    int at = (int)(r - v->rounds);
    if (at < 0 || at + 1 >= v->nrounds) {
        return (struct approve_differences){0};
    }
    int n;
    const struct approve_difference *list =
        approve_differences(&c->visit->ctx, &v->rounds[at + 1], r, &n);
    return (struct approve_differences){list, (size_t)n};
}

struct approve_laters approve_laters_of(const struct approve_card *c,
                                        const struct approve_round_view *r)
{
    const struct route *route = c->view->action->route;
    struct arena *a = c->visit->ctx.arena;
    if (c->view->ap->state != APPROVAL_RUNNING || !approve_round_is_newest(c, r)) {
        return (struct approve_laters){0};
    }
    int next = r->nruns ? r->runs[r->nruns - 1].run->node + 1 : 0;
    struct approve_later *list =
        arena_array(a, struct approve_later, (size_t)(route->plan.n - next) + 1);
    size_t n = 0;
    for (int i = next; i < route->plan.n; i++) {
        list[n++] = (struct approve_later){.title = approve_title_words(a, route, i),
                                           .rule = approve_rule_words(a, &route->plan.nodes[i]),
                                           .clause = route->nodes[i].clause};
    }
    return (struct approve_laters){list, n};
}

/* --- what can be done ---------------------------------------------------------------------- */

static url op_url(const struct approve_card *c, enum approve_op op, int64_t seat, const char *more)
{
    str key = approve_op_key(op);
    str path = str_fmt(c->visit->ctx.arena, "/r/%.*s/%lld/approval/%.*s", STR_ARG(c->type),
                       (long long)c->id, STR_ARG(key));
    return url_local(seat ? str_fmt(c->visit->ctx.arena, "%.*s?seat=%lld%s", STR_ARG(path),
                                    (long long)seat, more)
                          : path);
}

static struct approve_button button(const struct approve_card *c, enum approve_op op, int64_t seat)
{
    return (struct approve_button){.href = op_url(c, op, seat, ""),
                                   .class = STR(""),
                                   .words = approve_op_words(op),
                                   .alone = seat != 0};
}

static struct approve_buttons seat_ops(const struct approve_card *c,
                                       const struct approve_seat_view *s)
{
    struct approve_button *list =
        arena_array(c->visit->ctx.arena, struct approve_button, APPROVE_OPS_LEN + 2);
    size_t n = 0;
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        enum approve_op op = (enum approve_op)i;
        if (!approve_op_has_seat(op) || !approve_may(s->may, op)) {
            continue;
        }
        list[n] = button(c, op, s->id);
        if (op == APPROVE_VOTE) { /* the two that are meant most often, at once */
            list[n].words = WORDS("同意", "Approve");
            list[n].class = STR(" main");
            list[n++].href = op_url(c, op, s->id, "&vote=approve");
            list[n] = button(c, op, s->id);
            list[n].words = WORDS("拒绝", "Reject");
            list[n].href = op_url(c, op, s->id, "&vote=reject");
        }
        n++;
    }
    return (struct approve_buttons){list, n};
}

struct approve_buttons approve_seat_buttons(const struct approve_card *c,
                                            const struct approve_seat_view *s)
{
    return s == c->view->own ? (struct approve_buttons){0} : seat_ops(c, s);
}

struct approve_buttons approve_other_buttons(const struct approve_card *c,
                                             const struct approve_seat_view *s)
{
    struct approve_seat_view besides = *s;
    besides.may &= ~(UINT32_C(1) << APPROVE_VOTE);
    struct approve_buttons list = seat_ops(c, &besides);
    struct approve_button *mine = arena_array(c->visit->ctx.arena, struct approve_button, list.len);
    for (size_t i = 0; i < list.len; i++) {
        mine[i] = list.ptr[i];
        mine[i].alone = false;
    }
    return (struct approve_buttons){mine, list.len};
}

struct approve_buttons approve_own_buttons(const struct approve_card *c)
{
    const struct approve_view *v = c->view;
    struct approve_buttons own = v->own ? seat_ops(c, v->own) : (struct approve_buttons){0};
    struct approve_button *list =
        arena_array(c->visit->ctx.arena, struct approve_button, own.len + APPROVE_OPS_LEN);
    size_t n = 0;
    for (; n < own.len; n++) {
        list[n] = own.ptr[n];
        list[n].alone = false;
    }
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        enum approve_op op = (enum approve_op)i;
        if (!approve_op_has_seat(op) && approve_may(v->may, op)) {
            list[n] = button(c, op, 0);
            bool first = !n && (op == APPROVE_RESUBMIT || op == APPROVE_READ);
            list[n++].class = first ? STR(" main") : STR("");
        }
    }
    return (struct approve_buttons){list, n};
}

/* --- how it looks --------------------------------------------------------------------------- */

str approve_pill(const struct approve_view *v)
{
    switch (v->ap->state) {
    case APPROVAL_RUNNING:
        return v->ap->suspended ? STR("wait") : STR("go");
    case APPROVAL_WITH_AUTHOR:
        return STR("wait");
    case APPROVAL_APPROVED:
        return STR("good");
    case APPROVAL_REJECTED:
        return STR("bad");
    case APPROVAL_ENDED:
    case APPROVAL_REVOKED:
        return STR("off");
    }
    return STR("");
}

str approve_run_pill(const struct approve_run_view *r)
{
    switch (r->run->state) {
    case RUN_STOPPED:
        return STR("wait");
    case RUN_ACTIVE:
        return STR("go");
    case RUN_PASSED:
        return STR("good");
    case RUN_FAILED:
        return STR("bad");
    case RUN_RETURNED:
    case RUN_WITHDRAWN:
    case RUN_SKIPPED:
    case RUN_ENDED:
        return STR("off");
    }
    return STR("");
}

str approve_seat_pill(const struct approve_seat_view *s)
{
    switch (s->seat->state) {
    case SEAT_OPEN:
        return s->late ? STR("bad") : STR("go");
    case SEAT_WAITING:
        return STR("wait");
    case SEAT_APPROVED:
    case SEAT_AUTO_APPROVED:
        return STR("good");
    case SEAT_REJECTED:
    case SEAT_AUTO_REJECTED:
        return STR("bad");
    case SEAT_ABSTAINED:
    case SEAT_TRANSFERRED:
    case SEAT_REMOVED:
    case SEAT_CLOSED:
    case SEAT_RETURNED:
    case SEAT_WITHDRAWN:
    case SEAT_EXPIRED:
        return STR("off");
    }
    return STR("");
}

str approve_seat_class(const struct approve_seat_view *s)
{
    bool over = s->seat->state == SEAT_TRANSFERRED || s->seat->state == SEAT_REMOVED;
    return s->level > 1 ? STR(" in in2") : s->level ? STR(" in") : over ? STR(" over") : STR("");
}

str approve_hash_shown(str hash)
{
    return (str){hash.ptr, hash.len < HASH_SHOWN ? hash.len : HASH_SHOWN};
}

/* Whole numbers, moves and lines: nothing else is a drawing of ours. */
bool approve_is_drawn(const struct approve_vote_view *v)
{
    str s = v->signature;
    bool fine = s.len > 3 && s.ptr[0] == 'M';
    for (size_t i = 0; fine && i < s.len; i++) {
        char c = s.ptr[i];
        fine = c == 'M' || c == 'L' || c == ' ' || (c >= '0' && c <= '9');
    }
    return fine;
}

html_safe approve_signature(const struct visit *v, const struct approve_vote_view *vote)
{
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
    if (!approve_is_drawn(vote)) {
        return (html_safe){.html = STR("")};
    }
    str head = STR("<svg class=\"drawn\" viewBox=\"0 0 400 120\" role=\"img\" aria-label=\"");
    str name = words_in(WORDS("手写签名", "Signature by hand"), v->ctx.lang);
    html_lit(&out, head.ptr, head.len);
    html_lit(&out, name.ptr, name.len);
    html_lit(&out, "\"><path d=\"", 11);
    html_lit(&out, vote->signature.ptr, vote->signature.len);
    html_lit(&out, "\"/></svg>", 9);
    return (html_safe){.html = html_end(&out)};
}

/* --- the page ------------------------------------------------------------------------------- */

struct approve_card approve_card_of(const struct visit *v, const struct type *t, int64_t record,
                                    const struct approve_view *view, bool whole)
{
    return (struct approve_card){
        .visit = v, .view = view, .type = t->key, .id = record, .whole = whole};
}

void page_approvals(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct record rec;
    struct approve_views views;
    err e = t ? approve_views(&v->ctx, t, v->num[1], CARDS_MAX, &rec, &views)
              : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct approve_card *cards = arena_array(v->ctx.arena, struct approve_card, views.len + 1);
    for (size_t i = 0; i < views.len; i++) {
        cards[i] = approve_card_of(v, t, rec.id, &views.ptr[i], true);
    }
    struct approve_page p = {.visit = v,
                             .type = t->key,
                             .type_title = words_in(t->newest->title, v->ctx.lang),
                             .number = rec.number,
                             .name = rec.name.len ? rec.name : rec.number,
                             .id = rec.id,
                             .more = views.more,
                             .cards = {cards, views.len}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, frame_title(v, WORDS("审批", "Approvals"), p.name), STR("records"));
    approve_page_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
