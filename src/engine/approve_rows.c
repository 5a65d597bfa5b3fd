/* approve_rows.c - approvals as rows of seven tables: read, written, digested.  What a
 * column holds stands in one list for each table; reading, inserting, updating and the
 * digest go by it. */
#include "engine/approve_rows.h"

#include "base/enc.h"
#include "engine/digest.h"

#include <limits.h>
#include <string.h>

/* --- reading ------------------------------------------------------------------------------ */

static void put_names(struct sqlb *b, const struct approve_table *t)
{
    for (int i = 0; i < t->n; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_ident(b, t->columns[i].name);
    }
}

static struct sqlb select_from(struct arena *a, const struct approve_table *t)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    put_names(&b, t);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    return b;
}

static bool read_hash(struct arena *a, str text, void *to)
{
    str bytes;
    bool ok = text.len == 2 * sizeof(struct approval_hash) && dec_hex(a, text, &bytes);
    if (ok) {
        memcpy(to, bytes.ptr, sizeof(struct approval_hash));
    }
    return ok;
}

/* One column into its place; false: it cannot be. */
static bool read_column(struct arena *a, const struct approve_column *c, const struct rows *r,
                        int col, const int *limits, void *row)
{
    char *to = (char *)row + c->at;
    int64_t v = c->text ? 0 : rows_i64(r, col);
    str text = c->text ? rows_text(r, col) : STR("");
    int n = (int)v;
    bool yes = v == 1;
    int most = c->most < 0 ? limits[-c->most] : c->most;
    switch ((enum kind)c->kind) {
    case I64:
    case I64_OR_NULL:
        memcpy(to, &v, sizeof(v));
        return true;
    case INT:
        memcpy(to, &n, sizeof(n));
        return v >= c->least && v <= most;
    case BOOL:
        memcpy(to, &yes, sizeof(yes));
        return v == 0 || v == 1;
    case TEXT:
    case TEXT_OR_NULL:
        memcpy(to, &text, sizeof(text));
        return true;
    case HASH:
        return read_hash(a, text, to);
    }
    return false;
}

/* The row at hand into `row`, whose head says what must stand there. */
static err read_row(struct arena *a, enum table table, const struct rows *r, const int *limits,
                    union row *row)
{
    const struct approve_table *t = &approve_table_list[table];
    struct head want = row->h;
    int bad = t->n;
    for (int i = t->n; i-- > 0;) {
        bad = read_column(a, &t->columns[i], r, i, limits, row) ? bad : i;
    }
    if (bad < t->n) {
        return err_make(ERR_STORE, str_fmt(a, "row %lld of %.*s: %.*s cannot be what it is",
                                           (long long)row->h.id, STR_ARG(t->name),
                                           STR_ARG(t->columns[bad].name)));
    }
    bool other = row->h.approval != want.approval ||
                 (want.record && row->h.record != want.record) ||
                 (want.type && row->h.type != want.type);
    return other ? err_make(ERR_STORE, str_fmt(a, "row %lld of %.*s is of another approval",
                                               (long long)row->h.id, STR_ARG(t->name)))
                 : OK;
}

/* The row of its own, and what the model says of it. */
static err take_own(const struct ctx *ctx, struct rows *r, struct approving *ret)
{
    union row x;
    memset(&x, 0, sizeof(x));
    if (!rows_next(r)) {
        return err_make(ERR_NOT_FOUND, STR("approval"));
    }
    err e = read_row(ctx->arena, OWN, r, NULL, &x);
    if (e.code) {
        return e;
    }
    const struct own_row *o = &x.own;
    bool fits = o->h.type >= 0 && o->h.type <= INT_MAX;
    const struct type *type = fits ? model_type_at(ctx->model, (int)o->h.type) : NULL;
    const struct action *action = type ? type_action_any(type, o->law, o->action) : NULL;
    if (!action) {
        return err_make(ERR_STORE, str_fmt(ctx->arena, "approval %lld is of an action unknown here",
                                           (long long)o->h.id));
    }
    *ret = (struct approving){.id = o->h.id,
                              .record = o->h.record,
                              .law = o->law,
                              .act = o->act,
                              .author = o->author,
                              .opened_at = o->opened_at,
                              .ended_at = o->ended_at,
                              .next_at = o->next_at,
                              .type = type,
                              .action = action,
                              .asked = o->asked,
                              .state = (enum approval_state)o->state,
                              .carried = (enum carried)o->carried,
                              .trouble = o->trouble};
    return OK;
}

err approve_find(const struct ctx *ctx, int64_t id, int64_t record, struct approving *ret)
{
    struct rows r;
    struct sqlb b = select_from(ctx->arena, &approve_table_list[OWN]);
    if (id) {
        SQLB_LIT(&b, " where id = $1");
    } else {
        SQLB_LIT(&b, " where record = $1 and state < 2");
    }
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(id ? id : record)), &r);
    return e.code ? e : take_own(ctx, &r, ret);
}

/* All rows but those of events, of one of them. */
static err fetch(const struct ctx *ctx, struct sql which, struct db_args args, struct rows *ret)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int place[EVENTS];
    for (int k = 0; k < EVENTS; k++) {
        struct sqlb q = select_from(ctx->arena, &approve_table_list[k]);
        if (k == OWN) {
            SQLB_LIT(&q, " where id = ");
        } else {
            SQLB_LIT(&q, " where approval = ");
        }
        sqlb_sql(&q, which);
        if (k != OWN) {
            SQLB_LIT(&q, " order by no");
        }
        place[k] = batch_add(b, sqlb_end(&q), args);
        batch_max_rows(b, place[k], (int64_t)APPROVAL_SEATS * APPROVAL_RUNS);
    }
    err e = batch_run(b);
    for (int k = 0; !e.code && k < EVENTS; k++) {
        ret[k] = batch_rows(b, place[k]);
    }
    return e;
}

err approve_fetch(const struct ctx *ctx, int64_t seat, int64_t id, int64_t record,
                  struct approving *ret)
{
    struct rows *r = arena_array(ctx->arena, struct rows, EVENTS);
    err e = seat ? fetch(ctx,
                         SQL("(select approval from approval_seat where id = $1"
                             " and record = $2)"),
                         ARGS(db_i64(seat), db_i64(record)), r)
            : id ? fetch(ctx, SQL("$1"), ARGS(db_i64(id)), r)
                 : fetch(ctx, SQL("(select id from approval where record = $1 and state < 2)"),
                         ARGS(db_i64(record)), r);
    struct rows own = r[OWN];
    e = e.code ? e : take_own(ctx, &own, ret);
    ret->fetched = e.code ? NULL : r;
    return e;
}

/* What has been read, into the machine; `at`: its number - 1.  False: another number. */
static bool take(struct approving *g, enum table table, const union row *x, int at)
{
    struct approval *ap = g->ap;
    switch (table) {
    case OWN:
        ap->state = (enum approval_state)x->own.state;
        ap->suspended = x->own.suspended;
        ap->event_base = x->own.events;
        return true;
    case ROUNDS:
        *approval_add_round(ap) = x->round.m;
        g->contents[at] = x->round.content;
        g->round_ids[at] = x->h.id;
        return x->round.m.no == at + 1;
    case RUNS:
        *approval_add_run(ap) = x->run.m;
        g->run_ids[at] = x->h.id;
        return x->run.m.no == at + 1;
    case SEATS:
        *approval_add_seat(ap) = x->seat.m;
        g->seat_ids[at] = x->h.id;
        return x->seat.m.no == at + 1;
    case VOTES:
        *approval_add_ballot(ap) = x->vote.m;
        g->said[at] = x->vote.said;
        g->vote_ids[at] = x->h.id;
        return x->vote.m.no == at + 1;
    case COPIES:
        *approval_add_copy(ap) = x->copy.m;
        g->copy_ids[at] = x->h.id;
        return x->copy.no == at + 1;
    case EVENTS: /* only written; pages read them */
    case TABLES:
        break;
    }
    return false;
}

/* Room for ids and what goes with them, beyond those that are stored. */
static void make_room(struct approving *g, const int *n)
{
    struct arena *a = g->ap->arena;
    struct {
        int64_t **ids;
        int had, n;
    } lists[] = {{&g->round_ids, g->stored_rounds, n[ROUNDS]},
                 {&g->run_ids, g->stored_runs, n[RUNS]},
                 {&g->seat_ids, g->stored_seats, n[SEATS]},
                 {&g->vote_ids, g->stored_votes, n[VOTES]},
                 {&g->copy_ids, g->stored_copies, n[COPIES]}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        int64_t *more = arena_array(a, int64_t, (size_t)lists[i].n + 1);
        if (lists[i].had) {
            memcpy(more, *lists[i].ids, (size_t)lists[i].had * sizeof(*more));
        }
        *lists[i].ids = more;
    }
    struct approve_said *said = arena_array(a, struct approve_said, (size_t)n[VOTES] + 1);
    if (g->stored_votes) {
        memcpy(said, g->said, (size_t)g->stored_votes * sizeof(*said));
    }
    g->said = said;
}

static void all_stored(struct approving *g)
{
    const struct approval *ap = g->ap;
    g->stored_rounds = ap->nrounds;
    g->stored_runs = ap->nruns;
    g->stored_seats = ap->nseats;
    g->stored_votes = ap->nballots;
    g->stored_copies = ap->ncopies;
}

err approve_load(const struct ctx *ctx, struct approving *g)
{
    struct rows r[EVENTS];
    int limits[LIMITS] = {[NODES] = g->ap->plan->n - 1};
    err e = OK;
    if (g->fetched) {
        memcpy(r, g->fetched, sizeof(r));
        g->fetched = NULL;
    } else {
        e = fetch(ctx, SQL("$1"), ARGS(db_i64(g->id)), r);
    }
    for (int k = 0; !e.code && k < EVENTS; k++) {
        limits[k] = (int)rows_count(&r[k]);
    }
    if (!e.code && limits[OWN] != 1) {
        e = err_make(ERR_NOT_FOUND, STR("approval"));
    }
    if (e.code) {
        return e;
    }
    make_room(g, limits);
    g->contents = arena_array(g->ap->arena, str, (size_t)limits[ROUNDS] + 1);
    for (int k = 0; k < EVENTS; k++) {
        for (int at = 0; !e.code && rows_next(&r[k]); at++) {
            union row x;
            memset(&x, 0, sizeof(x));
            x.h.approval = k == OWN ? 0 : g->id;
            if (k == OWN || k == SEATS || k == COPIES) {
                x.h.record = g->record;
                x.h.type = g->type->code;
            }
            e = read_row(ctx->arena, (enum table)k, &r[k], limits, &x);
            if (!e.code && !take(g, (enum table)k, &x, at)) {
                e = err_make(ERR_STORE,
                             str_fmt(ctx->arena, "approval %lld: a row of %.*s out of order",
                                     (long long)g->id, STR_ARG(approve_table_list[k].name)));
            }
        }
    }
    all_stored(g);
    return e;
}

/* --- writing ------------------------------------------------------------------------------- */

void approve_hold_content(struct approving *g, str content)
{
    size_t n = (size_t)g->ap->nrounds;
    str *more = arena_array(g->ap->arena, str, n);
    if (n > 1) {
        memcpy(more, g->contents, (n - 1) * sizeof(*more));
    }
    more[n - 1] = content;
    g->contents = more;
}

static struct db_arg arg_of(struct arena *a, const struct approve_column *c, const void *row)
{
    const char *from = (const char *)row + c->at;
    struct approval_hash hash;
    int64_t v;
    str text;
    int n;
    bool yes;
    switch ((enum kind)c->kind) {
    case I64:
    case I64_OR_NULL:
        memcpy(&v, from, sizeof(v));
        return c->kind == I64 || v ? db_i64(v) : db_null_i64();
    case INT:
        memcpy(&n, from, sizeof(n));
        return db_i64(n);
    case BOOL:
        memcpy(&yes, from, sizeof(yes));
        return db_i64(yes);
    case TEXT:
    case TEXT_OR_NULL:
        memcpy(&text, from, sizeof(text));
        return c->kind == TEXT || text.len ? db_text(text) : db_null_text();
    case HASH:
        memcpy(&hash, from, sizeof(hash));
        return db_text(enc_hex(a, str_from_n((const char *)hash.b, sizeof(hash.b))));
    }
    return db_null_i64();
}

static struct sql insert_into(struct arena *a, const struct approve_table *t)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "insert into ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, "(");
    put_names(&b, t);
    SQLB_LIT(&b, ") values (");
    for (int i = 0; i < t->n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_param(&b, i + 1);
    }
    SQLB_LIT(&b, ")");
    return sqlb_end(&b);
}

/* $1 the id, then what is not fixed, in order. */
static struct sql update_of(struct arena *a, const struct approve_table *t)
{
    struct sqlb b = sqlb_make(a);
    int n = 1;
    SQLB_LIT(&b, "update ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " set ");
    for (int i = 0; i < t->n; i++) {
        if (t->columns[i].fixed) {
            continue;
        }
        if (n > 1) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, t->columns[i].name);
        SQLB_LIT(&b, " = ");
        sqlb_param(&b, ++n);
    }
    SQLB_LIT(&b, " where id = $1");
    return sqlb_end(&b);
}

/* The statements of one table, made when they are needed. */
struct writing {
    struct doing *d;
    const struct approving *g;
    enum table table;
    struct sql insert, update;
};

static err write_row(struct writing *w, const union row *row, bool is_new)
{
    const struct approve_table *t = &approve_table_list[w->table];
    struct doing *d = w->d;
    struct db_arg all[APPROVE_COLUMNS_MAX];
    struct db_arg some[APPROVE_COLUMNS_MAX + 1] = {db_i64(row->h.id)};
    int n = 1;
    struct sql *sql = is_new ? &w->insert : &w->update;
    struct digest g = digest_begin(d->e->ledger->hasher);
    for (int i = 0; i < t->n; i++) {
        const struct approve_column *c = &t->columns[i];
        all[i] = arg_of(d->a, c, row);
        if (c->derived) {
            some[n++] = all[i];
            continue;
        }
        if (!all[i].null && c->text) {
            digest_text(&g, c->name, all[i].text);
        } else if (!all[i].null) {
            digest_i64(&g, c->name, all[i].i64);
        }
        if (!c->fixed) {
            some[n++] = all[i];
        }
    }
    history_piece(d, w->g->record, t->name, row->h.id)->digest = digest_end(&g);
    if (!sql->text.len) {
        *sql = is_new ? insert_into(d->a, t) : update_of(d->a, t);
    }
    return db_queue(d->ctx->db, d->a, *sql,
                    is_new ? (struct db_args){all, t->n} : (struct db_args){some, n});
}

static err write_own(struct doing *d, struct approving *g)
{
    const struct approval *ap = g->ap;
    struct writing w = {.d = d, .g = g, .table = OWN};
    if (ap->state != APPROVAL_RUNNING && ap->state != APPROVAL_WITH_AUTHOR && !g->ended_at) {
        g->ended_at = d->ctx->now;
    }
    g->next_at = approval_next(ap);
    union row x = {.own = {.h = {.id = g->id, .record = g->record, .type = g->type->code},
                           .law = g->law,
                           .act = g->act,
                           .author = g->author,
                           .opened_at = g->opened_at,
                           .ended_at = g->ended_at,
                           .next_at = g->next_at,
                           .action = g->action->key,
                           .asked = g->asked,
                           .trouble = g->trouble,
                           .state = (int)ap->state,
                           .events = ap->event_base + ap->nevents,
                           .carried = (int)g->carried,
                           .suspended = ap->suspended}};
    return write_row(&w, &x, g->new_);
}

/* Row `at` of a table out of the machine; false: it stands there as it is.  What was
 * changed is taken for written. */
static bool give(struct approving *g, const struct approve_said *said, enum table table, int at,
                 int stored, union row *x)
{
    struct approval *ap = g->ap;
    bool *changed = NULL;
    switch (table) {
    case ROUNDS:
        changed = &ap->rounds[at].changed;
        x->round.m = ap->rounds[at];
        x->round.content = g->contents[at];
        break;
    case RUNS:
        changed = &ap->runs[at].changed;
        x->run.m = ap->runs[at];
        break;
    case SEATS:
        changed = &ap->seats[at].changed;
        x->seat.m = ap->seats[at];
        break;
    case VOTES:
        changed = &ap->ballots[at].changed;
        if (at >= stored) {
            bool person = ap->ballots[at].by != 0;
            g->said[at] = person ? *said : (struct approve_said){.act = said->act};
        }
        x->vote.m = ap->ballots[at];
        x->vote.said = g->said[at];
        break;
    case COPIES:
        changed = &ap->copies[at].changed;
        x->copy.m = ap->copies[at];
        x->copy.no = at + 1;
        break;
    case EVENTS:
        x->event.m = ap->events[at];
        x->event.act = said->act;
        return true;
    case OWN:
    case TABLES:
        return false;
    }
    bool write = at >= stored || *changed;
    *changed = false;
    return write;
}

static err write_table(struct doing *d, struct approving *g, const struct approve_said *said,
                       enum table table, int n, int stored, int64_t *ids)
{
    struct writing w = {.d = d, .g = g, .table = table};
    err e = OK;
    for (int at = 0; !e.code && at < n; at++) {
        union row x;
        if (!give(g, said, table, at, stored, &x)) {
            continue;
        }
        x.h = (struct head){.id = ids && at < stored ? ids[at] : engine_id(d->e, d->act->now),
                            .approval = g->id,
                            .record = g->record,
                            .type = g->type->code};
        if (ids) {
            ids[at] = x.h.id;
        }
        e = write_row(&w, &x, at >= stored);
    }
    return e;
}

err approve_save(struct doing *d, struct approving *g, const struct approve_said *said)
{
    struct approval *ap = g->ap;
    const int n[TABLES] = {[ROUNDS] = ap->nrounds,
                           [RUNS] = ap->nruns,
                           [SEATS] = ap->nseats,
                           [VOTES] = ap->nballots,
                           [COPIES] = ap->ncopies};
    make_room(g, n);
    g->id = g->id ? g->id : engine_id(d->e, d->act->now);
    err e = write_own(d, g);
    e = e.code ? e : write_table(d, g, said, ROUNDS, ap->nrounds, g->stored_rounds, g->round_ids);
    e = e.code ? e : write_table(d, g, said, RUNS, ap->nruns, g->stored_runs, g->run_ids);
    e = e.code ? e : write_table(d, g, said, SEATS, ap->nseats, g->stored_seats, g->seat_ids);
    e = e.code ? e : write_table(d, g, said, VOTES, ap->nballots, g->stored_votes, g->vote_ids);
    e = e.code ? e : write_table(d, g, said, COPIES, ap->ncopies, g->stored_copies, g->copy_ids);
    e = e.code ? e : write_table(d, g, said, EVENTS, ap->nevents, 0, NULL);
    if (e.code) {
        return e;
    }
    all_stored(g);
    ap->changed = false;
    ap->event_base += ap->nevents;
    ap->nevents = 0;
    g->new_ = false;
    return OK;
}
