/* approve_tell.c - who has to do something now, and who is told what happened. */
#include "engine/approve_int.h"

/* --- tasks ------------------------------------------------------------------------------ */

/* While all is suspended nobody has anything to do, and afterwards everybody again. */
struct approve_news approve_news(struct arena *a, const struct approving *g)
{
    struct approve_news news = {.seats = arena_array(a, int, (size_t)g->ap->nseats + 1),
                                .old = g->stored_seats,
                                .author = g->ap->changed};
    for (int i = 0; i < g->ap->nseats; i++) {
        const struct approval_seat *s = &g->ap->seats[i];
        if (s->changed || (g->ap->changed && s->state == SEAT_OPEN)) {
            news.seats[news.n++] = i;
        }
    }
    news.nevents = g->ap->nevents;
    news.events = g->ap->events;
    return news;
}

static err put_task(struct doing *d, const struct touched *x, const struct approving *g,
                    int64_t person, int64_t due, str key)
{
    return db_queue(d->ctx->db, d->a,
                    SQL("insert into task(id, person, record, type, kind, action, due, created_at,"
                        " key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing"),
                    ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(person), db_i64(x->id),
                         db_i64(x->t->type->code), db_i64(TASK_APPROVAL), db_text(g->action->key),
                         due ? db_i64(due) : db_null_i64(), db_i64(d->ctx->now), db_text(key)));
}

static err forget(struct doing *d, const struct touched *x, str key)
{
    return db_queue(d->ctx->db, d->a, SQL("delete from task where record = $1 and key = $2"),
                    ARGS(db_i64(x->id), db_text(key)));
}

static err seat_task(struct doing *d, const struct touched *x, const struct approving *g, int i,
                     bool had)
{
    const struct approval_seat *s = &g->ap->seats[i];
    str key = str_fmt(d->a, "a:%lld", (long long)g->seat_ids[i]);
    err e = had ? forget(d, x, key) : OK;
    bool runs = g->ap->state == APPROVAL_RUNNING && !g->ap->suspended;
    return e.code || s->state != SEAT_OPEN || !runs ? e : put_task(d, x, g, s->actor, s->due, key);
}

/* It came back: who asked sees to it. */
static err author_task(struct doing *d, const struct touched *x, const struct approving *g)
{
    str key = str_fmt(d->a, "a:%lld:author", (long long)g->id);
    err e = forget(d, x, key);
    return e.code || g->ap->state != APPROVAL_WITH_AUTHOR ? e
                                                          : put_task(d, x, g, g->author, 0, key);
}

/* --- notices ---------------------------------------------------------------------------- */

/* Whom an event is told to: who asked, or whom it concerns. */
static int64_t told(const struct approving *g, const struct approval_event *e)
{
    const struct approval_seat *s = e->seat ? &g->ap->seats[e->seat - 1] : NULL;
    switch (e->kind) {
    case EVENT_COMPLETED:
    case EVENT_REFUSED:
    case EVENT_RETURNED:
    case EVENT_ENDED:
    case EVENT_EXPIRED:
    case EVENT_JUMPED:
        return g->author;
    case EVENT_URGED:   /* `person` is who is told as well, above him */
    case EVENT_ADVISED: /* `person` is who advised; the seat is again whose it was */
        return s ? s->actor : 0;
    case EVENT_PROXY:
    case EVENT_PROXY_ENDED:
    case EVENT_ADDED:
    case EVENT_REMOVED:
    case EVENT_TRANSFERRED:
    case EVENT_ASKED:
    case EVENT_ASK_ENDED:
    case EVENT_GROUP_AGREED:
    case EVENT_GROUP_REFUSED:
    case EVENT_COPIED:
    case EVENT_REMINDED:
    case EVENT_ESCALATED:
    case EVENT_AUTO_APPROVED:
    case EVENT_AUTO_REJECTED:
        return e->person;
    case EVENT_SUBMITTED:
    case EVENT_RESUBMITTED:
    case EVENT_OPENED:
    case EVENT_SKIPPED:
    case EVENT_EMPTY:
    case EVENT_EMPTY_PASSED:
    case EVENT_SEATED:
    case EVENT_APPROVED:
    case EVENT_REJECTED:
    case EVENT_ABSTAINED:
    case EVENT_REPEATED:
    case EVENT_VOIDED:
    case EVENT_ADD_CANCELLED:
    case EVENT_PASSED:
    case EVENT_FAILED:
    case EVENT_WITHDRAWN:
    case EVENT_TAKEN_BACK:
    case EVENT_READ:
    case EVENT_SUSPENDED:
    case EVENT_RESUMED:
    case EVENT_REVOKED: /* to all: revoked */
        return 0;
    }
    return 0;
}

/* A vote by proxy is told to whose right it was; an empty node to who minds approvals;
 * urging for the third time to the superior. */
static int64_t told_also(const struct approving *g, const struct approval_event *e)
{
    const struct approval_seat *s = e->seat ? &g->ap->seats[e->seat - 1] : NULL;
    bool vote =
        e->kind == EVENT_APPROVED || e->kind == EVENT_REJECTED || e->kind == EVENT_ABSTAINED;
    if (s && vote && s->principal != e->by) {
        return s->principal;
    }
    if (s && e->kind == EVENT_TRANSFERRED && s->principal != e->by) { /* by who minds approvals */
        return s->principal;
    }
    if (e->kind == EVENT_URGED) {
        return e->person;
    }
    return e->kind == EVENT_EMPTY ? g->ap->world->admin(g->ap->world->arg) : 0;
}

enum { WHY_MAX = 300 /* bytes of a reason in a notice; the record's history has all of it */ };

/* What was said by who did it, to whom it concerns: why it comes back, what is asked, what is
 * advised.  Not to those who are told as well, who need not see the record. */
static str why(struct doing *d, const struct approval_event *e)
{
    bool said = e->kind == EVENT_RETURNED || e->kind == EVENT_ENDED || e->kind == EVENT_URGED ||
                e->kind == EVENT_ADDED || e->kind == EVENT_TRANSFERRED || e->kind == EVENT_ASKED ||
                e->kind == EVENT_ADVISED;
    str note = said && e->by == d->act->actor ? str_trim(d->act->note) : STR("");
    str head = str_utf8_head(note, WHY_MAX);
    return head.len < note.len ? str_fmt(d->a, "%.*s…", STR_ARG(head)) : note;
}

static err notice(struct doing *d, const struct touched *x, const struct approving *g,
                  const struct approval_event *e, int64_t person, str said, int64_t act)
{
    if (!person || person == d->act->actor || d->quiet) {
        return OK;
    }
    struct words what = approval_event_words(e->kind);
    return perform_notify(d, person, x, act,
                          str_fmt(d->a, "审批“%.*s”：%.*s%s%.*s", STR_ARG(g->action->words.zh),
                                  STR_ARG(what.zh), said.len ? "：" : "", STR_ARG(said)),
                          str_fmt(d->a, "Approval of \"%.*s\": %.*s%s%.*s",
                                  STR_ARG(words_in(g->action->words, LANG_EN)), STR_ARG(what.en),
                                  said.len ? ": " : "", STR_ARG(said)));
}

/* --- what was approved, and is no more ---------------------------------------------------- */

static void add_once(int64_t *people, int *n, int64_t person)
{
    for (int i = 0; i < *n; i++) {
        if (people[i] == person) {
            return;
        }
    }
    people[(*n)++] = person;
}

/* Told to who asked for it, to those whose votes counted in it and whose right it was, and to
 * who got a copy: each once. */
static err revoked(struct doing *d, const struct touched *x, const struct approving *g,
                   const struct approval_event *e, int64_t act)
{
    const struct approval *ap = g->ap;
    int64_t *people = arena_array(d->a, int64_t, (size_t)(2 * ap->nballots + ap->ncopies) + 1);
    int n = 0;
    add_once(people, &n, g->author);
    for (int i = 0; i < ap->nballots; i++) {
        const struct approval_ballot *b = &ap->ballots[i];
        if (!b->voided && b->by) {
            add_once(people, &n, b->by);
            add_once(people, &n, b->principal);
        }
    }
    for (int i = 0; i < ap->ncopies; i++) {
        add_once(people, &n, ap->copies[i].person);
    }
    err told = OK;
    for (int i = 0; !told.code && i < n; i++) {
        told = notice(d, x, g, e, people[i], STR(""), act);
    }
    return told;
}

/* Those whom a node names get a copy once it has passed. */
err approve_tell(struct doing *d, const struct touched *x, const struct approving *g,
                 const struct approve_news *news, int64_t act)
{
    err e = news->author ? author_task(d, x, g) : OK;
    for (int i = 0; !e.code && i < news->n; i++) {
        e = seat_task(d, x, g, news->seats[i], news->seats[i] < news->old);
    }
    for (int i = 0; !e.code && i < news->nevents; i++) {
        const struct approval_event *v = &news->events[i];
        e = notice(d, x, g, v, told(g, v), why(d, v), act);
        e = e.code ? e : notice(d, x, g, v, told_also(g, v), STR(""), act);
        e = e.code || v->kind != EVENT_REVOKED ? e : revoked(d, x, g, v, act);
    }
    return e;
}
