/* approve_view.c - the approvals of a record: asked for, read into the machine's rows. */
#include "base/arena.h"
#include "base/enc.h"
#include "engine/approve_view_int.h"
#include "engine/reading.h"

#include <string.h>

enum { ROWS_MAX = 20000 };

bool approve_of_type(const struct type *t)
{
    for (size_t d = 0; d < t->ndefs; d++) {
        for (size_t i = 0; i < t->defs[d]->nactions; i++) {
            if (t->defs[d]->actions[i].route) {
                return true;
            }
        }
    }
    return false;
}

/* --- asking ----------------------------------------------------------------------------- */

#define NEWEST                                                                    \
    "(select \"id\" from \"approval\" where \"record\" = $4 order by \"id\" desc" \
    " limit $5)"

static int ask(const struct ctx *ctx, struct batch *b, struct sql sql, int64_t record, int limit)
{
    struct db_arg args[] = {db_i64(record), db_i64(limit)};
    int place = batch_add(b, sql, ctx_args(ctx, args, 2));
    batch_max_rows(b, place, ROWS_MAX);
    return place;
}

static void ask_rows(const struct ctx *ctx, struct batch *b, int64_t id, int limit,
                     struct approve_ask *q)
{
    q->run = ask(ctx, b,
                 SQL("select \"approval\", \"no\", \"round\", \"node\", \"state\", \"opened\","
                     " \"decided\", \"decisions\", \"last_vote\", \"needs_vote\", \"by_system\","
                     " \"stood_in\" from \"approval_run\" where \"approval\" in " NEWEST
                     " order by \"approval\" desc, \"no\" limit 20000"),
                 id, limit);
    q->seat =
        ask(ctx, b,
            SQL("select \"approval\", \"no\", \"id\", \"run\", \"principal\", \"actor\","
                " \"origin\", \"state\", \"weight\", \"turn\", \"side\", \"holder\","
                " \"source\", \"before_rule\", \"after_rule\", \"held\", \"asker\","
                " \"depth\", \"hops\", \"opened\", \"due\", \"next_at\", \"left_ms\","
                " \"late\", \"viewed\", \"urged\", \"urges\" from \"approval_seat\""
                " where \"approval\" in " NEWEST " order by \"approval\" desc, \"no\" limit 20000"),
            id, limit);
    q->vote = ask(ctx, b,
                  SQL("select v.\"approval\", v.\"no\", v.\"id\", v.\"seat\", v.\"vote\","
                      " v.\"person\", v.\"principal\", v.\"at\", v.\"hash\", v.\"cites\","
                      " v.\"voided\", (select c.\"seq\" from \"act\" c where c.\"id\" = v.\"act\"),"
                      " v.\"note\", v.\"signature\" from \"approval_vote\" v"
                      " where v.\"approval\" in " NEWEST
                      " order by v.\"approval\" desc, v.\"no\" limit 20000"),
                  id, limit);
}

/* The names of all who have a part in them, so that they need no question of their own. */
static int ask_people(const struct ctx *ctx, struct batch *b, int64_t id, int limit)
{
    struct sqlb s = sqlb_make(ctx->arena);
    SQLB_LIT(&s, "select r.\"id\", r.\"number\", r.\"name\", case when ");
    load_visible(ctx, &s, ctx->model->person);
    SQLB_LIT(&s, " then 1 else 0 end from ");
    sqlb_ident(&s, ctx->model->person->table);
    SQLB_LIT(&s, " r where r.\"id\" in (select \"principal\" from \"approval_seat\""
                 " where \"approval\" in " NEWEST " union select \"actor\" from \"approval_seat\""
                 " where \"approval\" in " NEWEST " union select \"asker\" from \"approval_seat\""
                 " where \"approval\" in " NEWEST " union select \"person\" from \"approval_event\""
                 " where \"approval\" in " NEWEST " union select \"by_person\" from"
                 " \"approval_event\" where \"approval\" in " NEWEST ") limit 400");
    return ask(ctx, b, sqlb_end(&s), id, limit);
}

struct approve_ask approve_view_ask(const struct ctx *ctx, struct batch *b,
                                    const struct record *rec, int limit, bool whole)
{
    struct approve_ask q = {.rec = rec, .limit = limit, .copy = -1, .event = -1};
    q.approval =
        ask(ctx, b,
            SQL("select \"id\", \"law\", \"action\", \"author\", \"opened_at\", \"state\","
                " \"suspended\", \"ended_at\", \"trouble_zh\", \"trouble_en\","
                " (select count(*) from \"approval_copy\" c where c.\"approval\" = a.\"id\""
                " and c.\"person\" = $2 and c.\"read_at\" = 0),"
                " (select count(*) from \"act\" c where c.\"record\" = $4"
                " and c.\"action\" = 'approve.jump_ask' and c.\"person\" <> $2"
                " and c.\"at\" >= $1 - 86400000 and c.\"id\" > a.\"act\""
                " and not exists(select 1 from \"act\" j where j.\"record\" = $4"
                " and j.\"action\" in ('approve.jump_ask', 'approve.jump')"
                " and j.\"id\" > c.\"id\")) from \"approval\" a"
                " where \"record\" = $4 order by \"id\" desc limit $5"),
            rec->id, limit + 1);
    q.round = whole ? ask(ctx, b,
                          SQL("select \"approval\", \"no\", \"id\", \"state\", \"hash\", \"at\","
                              " \"ended\", \"content\" from \"approval_round\""
                              " where \"approval\" in " NEWEST
                              " order by \"approval\" desc, \"no\" limit 20000"),
                          rec->id, limit)
                    : ask(ctx, b,
                          SQL("select \"approval\", \"no\", \"id\", \"state\", \"hash\", \"at\","
                              " \"ended\", '' from \"approval_round\" where \"approval\" in " NEWEST
                              " order by \"approval\" desc, \"no\" limit 20000"),
                          rec->id, limit);
    ask_rows(ctx, b, rec->id, limit, &q);
    q.people = ask_people(ctx, b, rec->id, limit);
    if (whole) {
        q.copy =
            ask(ctx, b,
                SQL("select \"approval\", \"no\", \"person\", \"by_person\", \"at\","
                    " \"read_at\", \"round\" from \"approval_copy\" where \"approval\" in " NEWEST
                    " order by \"approval\" desc, \"no\" limit 20000"),
                rec->id, limit);
    }
    q.event = ask(ctx, b,
                  SQL("select e.\"approval\", e.\"no\", e.\"at\", e.\"kind\", e.\"by_person\","
                      " e.\"round\", e.\"run\", e.\"seat\", e.\"person\", e.\"number\","
                      " (select c.\"seq\" from \"act\" c where c.\"id\" = e.\"act\"),"
                      " (select c.\"note\" from \"act\" c where c.\"id\" = e.\"act\")"
                      " from \"approval_event\" e where e.\"approval\" in " NEWEST
                      " order by e.\"approval\" desc, e.\"no\" desc limit 500"),
                  rec->id, limit);
    q.post = post_held_ask(ctx, POSITION_ADMINISTRATOR);
    if (q.post.batch) {
        batch_ride(q.post.batch);
    }
    return q;
}

/* --- rows into the machine's ---------------------------------------------------------------- */

static void read_approvals(const struct ctx *ctx, struct batch *b, const struct approve_ask *q,
                           struct names *names, struct approve_loaded *l)
{
    struct rows r = batch_rows(b, q->approval);
    l->list = arena_array(ctx->arena, struct approve_one, (size_t)rows_count(&r) + 1);
    l->more = rows_count(&r) > q->limit;
    for (int i = 0; i < q->limit && rows_next(&r); i++) {
        const struct tdef *d = type_at(q->rec->type, rows_i64(&r, 1));
        const struct action *a = d ? tdef_action(d, rows_text(&r, 2)) : NULL;
        int64_t ended = rows_i64(&r, 7) ? rows_i64(&r, 7) : ctx->now;
        if (!a || !a->route || !reading_covers(ctx, rows_i64(&r, 4)) ||
            !reading_covers(ctx, ended)) {
            continue;
        }
        struct approve_one *x = &l->list[l->n++];
        *x = (struct approve_one){.id = rows_i64(&r, 0),
                                  .action = a,
                                  .opened_at = rows_i64(&r, 4),
                                  .ended_at = rows_i64(&r, 7),
                                  .trouble = {rows_text(&r, 8), rows_text(&r, 9)},
                                  .unread = rows_i64(&r, 10) > 0,
                                  .jump = rows_i64(&r, 11) > 0};
        x->ap = approval_new(ctx->arena, &a->route->plan, NULL, rows_i64(&r, 3));
        x->ap->state = (enum approval_state)rows_i64(&r, 5);
        x->ap->suspended = rows_i64(&r, 6) != 0;
        names_want(names, ctx->model->person, x->ap->author);
    }
}

/* The next row that belongs to one of them and has the number that is due: the machine
 * knows no gaps, and what does not fit cannot be shown. */
static struct approve_one *next(struct approve_loaded *l, struct rows *r)
{
    while (rows_next(r)) {
        for (size_t i = 0; i < l->n; i++) {
            if (l->list[i].id == rows_i64(r, 0)) {
                return &l->list[i];
            }
        }
    }
    return NULL;
}

static bool fits(const struct rows *r, int have)
{
    return rows_i64(r, 1) == have + 1;
}

static int number(const struct rows *r, int col)
{
    return (int)rows_i64(r, col);
}

static void read_rounds(const struct ctx *ctx, struct rows r, struct approve_loaded *l)
{
    size_t most = (size_t)rows_count(&r) + 1;
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        if (!x->rounds) {
            x->rounds = arena_array(ctx->arena, struct approve_round_view, most);
            x->texts = arena_array(ctx->arena, str, most);
        }
        if (!fits(&r, x->ap->nrounds)) {
            continue;
        }
        struct approval_round *o = approval_add_round(x->ap);
        o->state = (enum approval_round_state)rows_i64(&r, 3);
        o->at = rows_i64(&r, 5);
        o->ended = rows_i64(&r, 6);
        str bytes;
        if (dec_hex(ctx->arena, rows_text(&r, 4), &bytes) && bytes.len == sizeof(o->hash.b)) {
            memcpy(o->hash.b, bytes.ptr, bytes.len);
        }
        x->rounds[o->no - 1] =
            (struct approve_round_view){.id = rows_i64(&r, 2), .hash = rows_text(&r, 4)};
        x->texts[o->no - 1] = rows_text(&r, 7);
    }
}

static void read_runs(struct rows r, struct approve_loaded *l)
{
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        int round = number(&r, 2);
        int node = number(&r, 3);
        if (!fits(&r, x->ap->nruns) || round < 1 || round > x->ap->nrounds || node < 0 ||
            node >= x->ap->plan->n) {
            continue;
        }
        struct approval_run *o = approval_add_run(x->ap);
        *o = (struct approval_run){.no = o->no,
                                   .round = round,
                                   .node = node,
                                   .state = (enum approval_run_state)rows_i64(&r, 4),
                                   .opened = rows_i64(&r, 5),
                                   .decided = rows_i64(&r, 6),
                                   .decisions = number(&r, 7),
                                   .last_vote = number(&r, 8),
                                   .needs_vote = rows_i64(&r, 9) != 0,
                                   .by_system = rows_i64(&r, 10) != 0,
                                   .stood_in = rows_i64(&r, 11) != 0};
    }
}

static struct approval_seat seat_row(const struct rows *r, int no)
{
    return (struct approval_seat){.no = no,
                                  .run = number(r, 3),
                                  .principal = rows_i64(r, 4),
                                  .actor = rows_i64(r, 5),
                                  .origin = (enum approval_origin)rows_i64(r, 6),
                                  .state = (enum approval_seat_state)rows_i64(r, 7),
                                  .weight = number(r, 8),
                                  .order = number(r, 9),
                                  .side = (enum approval_side)rows_i64(r, 10),
                                  .holder = number(r, 11),
                                  .from = number(r, 12),
                                  .before_rule = (enum approval_rule)rows_i64(r, 13),
                                  .after_rule = (enum approval_rule)rows_i64(r, 14),
                                  .held = rows_i64(r, 15) != 0,
                                  .asker = rows_i64(r, 16),
                                  .depth = number(r, 17),
                                  .hops = number(r, 18),
                                  .opened = rows_i64(r, 19),
                                  .due = rows_i64(r, 20),
                                  .next = rows_i64(r, 21),
                                  .left = rows_i64(r, 22),
                                  .late = number(r, 23),
                                  .viewed = rows_i64(r, 24),
                                  .urged = rows_i64(r, 25),
                                  .urges = number(r, 26)};
}

static void read_seats(const struct ctx *ctx, struct rows r, struct names *names,
                       struct approve_loaded *l)
{
    size_t most = (size_t)rows_count(&r) + 1;
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        x->seat_ids = x->seat_ids ? x->seat_ids : arena_array(ctx->arena, int64_t, most);
        int run = number(&r, 3);
        if (!fits(&r, x->ap->nseats) || run < 1 || run > x->ap->nruns) {
            continue;
        }
        struct approval_seat *o = approval_add_seat(x->ap);
        *o = seat_row(&r, o->no);
        x->seat_ids[o->no - 1] = rows_i64(&r, 2);
        names_want(names, ctx->model->person, o->principal);
        names_want(names, ctx->model->person, o->actor);
        names_want(names, ctx->model->person, o->asker);
    }
}

static void read_votes(const struct ctx *ctx, struct rows r, struct names *names,
                       struct approve_loaded *l)
{
    size_t most = (size_t)rows_count(&r) + 1;
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        x->votes = x->votes ? x->votes : arena_array(ctx->arena, struct approve_vote_view, most);
        int seat = number(&r, 3);
        if (!fits(&r, x->ap->nballots) || seat < 1 || seat > x->ap->nseats) {
            continue;
        }
        struct approval_ballot *o = approval_add_ballot(x->ap);
        *o = (struct approval_ballot){.no = o->no,
                                      .seat = seat,
                                      .vote = (enum approval_vote)rows_i64(&r, 4),
                                      .by = rows_i64(&r, 5),
                                      .principal = rows_i64(&r, 6),
                                      .at = rows_i64(&r, 7),
                                      .cites = number(&r, 9),
                                      .voided = rows_i64(&r, 10) != 0};
        struct approve_vote_view *v = &x->votes[o->no - 1];
        *v = (struct approve_vote_view){.id = rows_i64(&r, 2),
                                        .at = o->at,
                                        .seq = rows_i64(&r, 11),
                                        .vote = o->vote,
                                        .by = {.id = o->by},
                                        .principal = {.id = o->principal},
                                        .note = rows_text(&r, 12),
                                        .signature = rows_text(&r, 13),
                                        .hash = rows_text(&r, 8),
                                        .voided = o->voided};
        v->words = approve_vote_words(o);
        names_want(names, ctx->model->person, o->by);
    }
}

static void read_copies(const struct ctx *ctx, struct rows r, struct names *names,
                        struct approve_loaded *l)
{
    size_t most = (size_t)rows_count(&r) + 1;
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        x->copies = x->copies ? x->copies : arena_array(ctx->arena, struct approve_copy_view, most);
        x->copies[x->ncopies++] = (struct approve_copy_view){.person = {.id = rows_i64(&r, 2)},
                                                             .by = {.id = rows_i64(&r, 3)},
                                                             .at = rows_i64(&r, 4),
                                                             .read = rows_i64(&r, 5),
                                                             .round = number(&r, 6)};
        names_want(names, ctx->model->person, rows_i64(&r, 2));
        names_want(names, ctx->model->person, rows_i64(&r, 3));
    }
}

/* An act may have several events: what was said belongs to the one that it asked for. */
static bool noted(enum approval_event_kind k)
{
    return k == EVENT_ADDED || k == EVENT_REMOVED || k == EVENT_TRANSFERRED || k == EVENT_ASKED ||
           k == EVENT_ADVISED || k == EVENT_RETURNED || k == EVENT_WITHDRAWN ||
           k == EVENT_SUSPENDED || k == EVENT_ENDED;
}

static void read_events(const struct ctx *ctx, struct rows r, struct names *names,
                        struct approve_loaded *l)
{
    size_t most = (size_t)rows_count(&r) + 1;
    for (struct approve_one *x; (x = next(l, &r)) != NULL;) {
        if (!x->events) {
            x->events = arena_array(ctx->arena, struct approve_event_view, most);
            x->told = arena_array(ctx->arena, struct approval_event, most);
        }
        struct approval_event e = {.no = number(&r, 1),
                                   .at = rows_i64(&r, 2),
                                   .kind = (enum approval_event_kind)rows_i64(&r, 3),
                                   .by = rows_i64(&r, 4),
                                   .round = number(&r, 5),
                                   .run = number(&r, 6),
                                   .seat = number(&r, 7),
                                   .person = rows_i64(&r, 8),
                                   .number = number(&r, 9)};
        x->told[x->nevents] = e;
        x->events[x->nevents++] = (struct approve_event_view){
            .no = e.no,
            .round = e.round,
            .at = e.at,
            .seq = rows_i64(&r, 10),
            .note = e.by && noted(e.kind) ? rows_text(&r, 11) : STR("")};
        names_want(names, ctx->model->person, e.by);
        names_want(names, ctx->model->person, e.person);
    }
}

/* The contents, once it is known which fields the actor sees. */
static void read_contents(const struct ctx *ctx, struct batch *b, const struct guards_ask *guards,
                          struct names *names, struct approve_loaded *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct approve_one *x = &l->list[i];
        size_t n = (size_t)x->ap->nrounds;
        x->contents = arena_array(ctx->arena, struct approve_content *, n + 1);
        for (size_t k = 0; k < n; k++) {
            x->contents[k] = x->texts[k].len ? approve_content_read(ctx, x->action, x->texts[k], b,
                                                                    guards, names)
                                             : NULL;
        }
    }
}

err approve_view_read(const struct ctx *ctx, struct batch *b, const struct approve_ask *q,
                      const struct guards_ask *guards, struct names *names,
                      struct approve_loaded **ret)
{
    struct approve_loaded *l = arena_new(ctx->arena, struct approve_loaded);
    err e = post_held_read(&q->post, &l->minds);
    if (e.code) {
        return e;
    }
    names_know(names, ctx->model->person, batch_rows(b, q->people));
    read_approvals(ctx, b, q, names, l);
    read_rounds(ctx, batch_rows(b, q->round), l);
    read_runs(batch_rows(b, q->run), l);
    read_seats(ctx, batch_rows(b, q->seat), names, l);
    read_votes(ctx, batch_rows(b, q->vote), names, l);
    if (q->copy >= 0) {
        read_copies(ctx, batch_rows(b, q->copy), names, l);
    }
    if (q->event >= 0) {
        read_events(ctx, batch_rows(b, q->event), names, l);
    }
    read_contents(ctx, b, guards, names, l);
    *ret = l;
    return OK;
}
