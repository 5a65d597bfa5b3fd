/* api_approve.c - the approvals of a record for programs: rounds, nodes, seats, votes, and
 * what the one who asks may do.  The operations are acts: POST .../do/approve.vote. */
#include "api/api_int.h"
#include "engine/approve_view.h"

enum { APPROVALS_MAX = 20 };

/* --- states as words that never change ---------------------------------------------------- */

static const char *const state_keys[] = {
    [APPROVAL_RUNNING] = "running",   [APPROVAL_WITH_AUTHOR] = "with_author",
    [APPROVAL_APPROVED] = "approved", [APPROVAL_REJECTED] = "rejected",
    [APPROVAL_ENDED] = "ended",       [APPROVAL_REVOKED] = "revoked"};
static const char *const round_keys[] = {
    [ROUND_OPEN] = "open",         [ROUND_APPROVED] = "approved",   [ROUND_REJECTED] = "rejected",
    [ROUND_RETURNED] = "returned", [ROUND_WITHDRAWN] = "withdrawn", [ROUND_ENDED] = "ended"};
static const char *const run_keys[] = {
    [RUN_STOPPED] = "stopped", [RUN_ACTIVE] = "active",     [RUN_PASSED] = "passed",
    [RUN_FAILED] = "failed",   [RUN_RETURNED] = "returned", [RUN_WITHDRAWN] = "withdrawn",
    [RUN_SKIPPED] = "skipped", [RUN_ENDED] = "ended"};
static const char *const seat_keys[] = {[SEAT_WAITING] = "waiting",
                                        [SEAT_OPEN] = "open",
                                        [SEAT_APPROVED] = "approved",
                                        [SEAT_REJECTED] = "rejected",
                                        [SEAT_ABSTAINED] = "abstained",
                                        [SEAT_TRANSFERRED] = "transferred",
                                        [SEAT_REMOVED] = "removed",
                                        [SEAT_CLOSED] = "closed",
                                        [SEAT_RETURNED] = "returned",
                                        [SEAT_WITHDRAWN] = "withdrawn",
                                        [SEAT_EXPIRED] = "expired",
                                        [SEAT_AUTO_APPROVED] = "auto_approved",
                                        [SEAT_AUTO_REJECTED] = "auto_rejected"};
static const char *const origin_keys[] = {
    [ORIGIN_DEFINED] = "defined",   [ORIGIN_BEFORE] = "before",       [ORIGIN_BESIDE] = "beside",
    [ORIGIN_AFTER] = "after",       [ORIGIN_TRANSFER] = "transfer",   [ORIGIN_EMPTY] = "empty",
    [ORIGIN_SUPERIOR] = "superior", [ORIGIN_ESCALATED] = "escalated", [ORIGIN_DEDUP] = "dedup"};
static const char *const vote_keys[] = {
    [VOTE_APPROVE] = "approve", [VOTE_REJECT] = "reject", [VOTE_ABSTAIN] = "abstain"};

/* A number of a row that this program does not know is said as such. */
#define KEY(list, at) \
    ((size_t)(at) < sizeof(list) / sizeof((list)[0]) ? str_from((list)[at]) : STR("unknown"))

/* --- from the inside out --------------------------------------------------------------------- */

static void put_may(struct json *j, uint32_t may)
{
    json_key(j, STR("may"));
    json_open(j, '[');
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        if (approve_may(may, (enum approve_op)i)) {
            json_str(j, approve_op_key((enum approve_op)i));
        }
    }
    json_close(j, ']');
}

static void put_vote(struct visit *v, struct json *j, const struct approve_vote_view *x)
{
    json_open(j, '{');
    JSON_STR(j, "vote", KEY(vote_keys, x->vote));
    JSON_STR(j, "title", words_in(x->words, v->ctx.lang));
    json_key(j, STR("by"));
    api_put_ref(j, &x->by);
    json_key(j, STR("principal"));
    api_put_ref(j, &x->principal);
    json_key(j, STR("at"));
    api_put_time(v, j, x->at);
    JSON_I64(j, "entry", x->seq);
    JSON_STR(j, "opinion", x->note);
    JSON_STR(j, "signature", x->signature);
    JSON_STR(j, "hash", x->hash);
    JSON_BOOL(j, "voided", x->voided);
    json_close(j, '}');
}

static void put_where(struct json *j, const struct approve_seat_view *s)
{
    json_key(j, STR("add"));
    json_open(j, '[');
    if (s->before) {
        json_str(j, STR("before"));
    }
    if (s->beside) {
        json_str(j, STR("beside"));
    }
    if (s->after) {
        json_str(j, STR("after"));
    }
    json_close(j, ']');
}

static void put_seat(struct visit *v, struct json *j, const struct approve_seat_view *s)
{
    json_open(j, '{');
    JSON_I64(j, "id", s->id);
    json_key(j, STR("principal"));
    api_put_ref(j, &s->principal);
    json_key(j, STR("actor"));
    api_put_ref(j, &s->actor);
    json_key(j, STR("asked_by"));
    api_put_ref(j, &s->asker);
    JSON_STR(j, "state", KEY(seat_keys, s->seat->state));
    JSON_STR(j, "title", words_in(s->state, v->ctx.lang));
    JSON_STR(j, "origin", KEY(origin_keys, s->seat->origin));
    JSON_STR(j, "why", words_in(s->origin, v->ctx.lang));
    JSON_I64(j, "level", s->level);
    json_key(j, STR("opened_at"));
    api_put_time(v, j, s->seat->opened);
    json_key(j, STR("due"));
    api_put_time(v, j, s->seat->due);
    json_key(j, STR("viewed_at"));
    api_put_time(v, j, s->seat->viewed);
    JSON_BOOL(j, "late", s->late);
    json_key(j, STR("votes"));
    json_open(j, '[');
    for (int i = 0; i < s->nvotes; i++) {
        put_vote(v, j, &s->votes[i]);
    }
    json_close(j, ']');
    put_may(j, s->may);
    put_where(j, s);
    json_close(j, '}');
}

static void put_run(struct visit *v, struct json *j, const struct approve_run_view *r)
{
    json_open(j, '{');
    JSON_I64(j, "node", r->run->node + 1);
    JSON_STR(j, "title", words_in(r->title, v->ctx.lang));
    JSON_STR(j, "rule", words_in(r->rule, v->ctx.lang));
    JSON_STR(j, "state", KEY(run_keys, r->run->state));
    json_key(j, STR("clause"));
    api_put_clause(v, j, r->clause);
    JSON_I64(j, "needed", r->count.need);
    JSON_I64(j, "approved", r->count.approved);
    JSON_I64(j, "rejected", r->count.rejected);
    JSON_I64(j, "abstained", r->count.abstained);
    JSON_I64(j, "open", r->count.open);
    json_key(j, STR("opened_at"));
    api_put_time(v, j, r->run->opened);
    json_key(j, STR("decided_at"));
    api_put_time(v, j, r->run->decided);
    json_key(j, STR("seats"));
    json_open(j, '[');
    for (int i = 0; i < r->nseats; i++) {
        put_seat(v, j, &r->seats[i]);
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_round(struct visit *v, struct json *j, const struct approve_round_view *r)
{
    json_open(j, '{');
    JSON_I64(j, "no", r->round->no);
    JSON_STR(j, "state", KEY(round_keys, r->round->state));
    JSON_STR(j, "hash", r->hash);
    json_key(j, STR("submitted_at"));
    api_put_time(v, j, r->round->at);
    json_key(j, STR("ended_at"));
    api_put_time(v, j, r->round->ended);
    json_key(j, STR("content"));
    json_open(j, '[');
    for (int i = 0; i < r->nfields; i++) {
        json_open(j, '{');
        JSON_STR(j, "field", r->fields[i].field->key);
        JSON_STR(j, "title", words_in(r->fields[i].words, v->ctx.lang));
        JSON_STR(j, "text", r->fields[i].shown);
        json_close(j, '}');
    }
    json_close(j, ']');
    JSON_BOOL(j, "withheld", r->withheld);
    json_key(j, STR("nodes"));
    json_open(j, '[');
    for (int i = 0; i < r->nruns; i++) {
        put_run(v, j, &r->runs[i]);
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void put_copies(struct visit *v, struct json *j, const struct approve_view *a)
{
    json_key(j, STR("copies"));
    json_open(j, '[');
    for (int i = 0; i < a->ncopies; i++) {
        json_open(j, '{');
        json_key(j, STR("person"));
        api_put_ref(j, &a->copies[i].person);
        json_key(j, STR("by"));
        api_put_ref(j, &a->copies[i].by);
        json_key(j, STR("at"));
        api_put_time(v, j, a->copies[i].at);
        json_key(j, STR("read_at"));
        api_put_time(v, j, a->copies[i].read);
        JSON_I64(j, "round", a->copies[i].round);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_events(struct visit *v, struct json *j, const struct approve_view *a)
{
    json_key(j, STR("events"));
    json_open(j, '[');
    for (int i = 0; i < a->nevents; i++) {
        const struct approve_event_view *e = &a->events[i];
        json_open(j, '{');
        JSON_I64(j, "no", e->no);
        JSON_I64(j, "round", e->round);
        json_key(j, STR("at"));
        api_put_time(v, j, e->at);
        JSON_STR(j, "title", words_in(e->words, v->ctx.lang));
        JSON_STR(j, "node", words_in(e->node, v->ctx.lang));
        json_key(j, STR("by"));
        api_put_ref(j, &e->by);
        JSON_STR(j, "note", e->note);
        JSON_I64(j, "entry", e->seq);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* When, by whom, and the approval of its own that it took; null: it was not. */
static void put_revoked(struct visit *v, struct json *j, const struct approve_view *a)
{
    json_key(j, STR("revoked"));
    if (!a->revoked) {
        json_nil(j);
        return;
    }
    json_open(j, '{');
    json_key(j, STR("at"));
    api_put_time(v, j, a->revoked->at);
    json_key(j, STR("by"));
    api_put_ref(j, &a->revoked->by);
    JSON_I64(j, "entry", a->revoked->seq);
    json_key(j, STR("approval"));
    a->revoked_by ? json_i64(j, a->revoked_by) : json_nil(j);
    json_close(j, '}');
}

static void put_approval(struct visit *v, struct json *j, const struct approve_view *a)
{
    json_open(j, '{');
    JSON_I64(j, "id", a->id);
    JSON_STR(j, "action", a->action->key);
    JSON_STR(j, "title", words_in(a->action->words, v->ctx.lang));
    JSON_STR(j, "state", KEY(state_keys, a->ap->state));
    JSON_BOOL(j, "suspended", a->ap->suspended);
    json_key(j, STR("author"));
    api_put_ref(j, &a->author);
    json_key(j, STR("opened_at"));
    api_put_time(v, j, a->opened_at);
    json_key(j, STR("ended_at"));
    api_put_time(v, j, a->ended_at);
    JSON_STR(j, "trouble", words_in(a->trouble, v->ctx.lang));
    put_revoked(v, j, a);
    json_key(j, STR("own_seat"));
    a->own ? json_i64(j, a->own->id) : json_nil(j);
    put_may(j, a->may);
    json_key(j, STR("return_to"));
    json_open(j, '[');
    for (int i = 0; i < a->ntargets; i++) {
        json_str(j, a->targets[i].key);
    }
    json_close(j, ']');
    json_key(j, STR("rounds"));
    json_open(j, '[');
    for (int i = 0; i < a->nrounds; i++) {
        put_round(v, j, &a->rounds[i]);
    }
    json_close(j, ']');
    put_copies(v, j, a);
    put_events(v, j, a);
    json_close(j, '}');
}

void api_approvals(struct visit *v)
{
    const struct type *t = api_type(v);
    if (!t) {
        return;
    }
    struct approve_views list;
    err e = approve_views(&v->ctx, t, v->num[1], APPROVALS_MAX, NULL, &list);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < list.len; i++) {
        put_approval(v, &j, &list.ptr[i]);
    }
    json_close(&j, ']');
    JSON_BOOL(&j, "more", list.more);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

/* --- before it is submitted ----------------------------------------------------------------- */

void api_put_route(struct visit *v, struct json *j, const struct form *f)
{
    json_key(j, STR("route"));
    json_open(j, '[');
    for (int i = 0; i < f->nroute; i++) {
        const struct form_node *n = &f->route[i];
        json_open(j, '{');
        JSON_I64(j, "node", n->no);
        JSON_STR(
            j, "title",
            words_in(approve_title_words(v->ctx.arena, f->action->route, n->no - 1), v->ctx.lang));
        JSON_STR(j, "rule", words_in(approve_rule_words(v->ctx.arena, n->rule), v->ctx.lang));
        JSON_BOOL(j, "applies", n->applies);
        JSON_BOOL(j, "unknown", n->unknown);
        JSON_I64(j, "term_ms", n->term);
        json_key(j, STR("clause"));
        api_put_clause(v, j, n->node->clause);
        json_key(j, STR("seats"));
        json_open(j, '[');
        for (int k = 0; k < n->nseats; k++) {
            json_open(j, '{');
            json_key(j, STR("person"));
            api_put_ref(j, &n->seats[k].person);
            json_key(j, STR("right"));
            api_put_ref(j, &n->seats[k].right);
            JSON_STR(j, "origin", KEY(origin_keys, n->seats[k].origin));
            json_close(j, '}');
        }
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}
