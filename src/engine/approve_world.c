/* approve_world.c - what the machine of approvals asks of the outside. */
#include "engine/approve_int.h"
#include "engine/calendar.h"
#include "engine/form_int.h"
#include "engine/post.h"

#include <string.h>

enum { SIT_AT_ONCE = 100, UNITS_ABOVE = 32 };

static bool keep(struct approve_world *w, err e)
{
    if (e.code && !w->failed.code) {
        w->failed = e;
    }
    return !e.code && !w->failed.code;
}

/* The same outside, asked about another person. */
static struct ctx as_person(const struct approve_world *w, int64_t person)
{
    struct ctx c = *w->ctx;
    c.actor = person;
    return c;
}

struct db_args approve_world_args(const struct approve_world *w)
{
    return ctx_args(w->ctx, w->more, w->nmore);
}

/* --- who ----------------------------------------------------------------------------- */

static struct sits_person *find_person(struct approve_world *w, int64_t person)
{
    for (int i = 0; i < w->npeople; i++) {
        if (w->people[i].person == person) {
            return &w->people[i];
        }
    }
    return NULL;
}

static void remember(struct approve_world *w, int64_t person, struct rows *r)
{
    if (w->npeople == w->cap) {
        int cap = w->cap ? 2 * w->cap : 16;
        struct sits_person *more = arena_array(w->ctx->arena, struct sits_person, (size_t)cap);
        if (w->npeople) {
            memcpy(more, w->people, (size_t)w->npeople * sizeof(*more));
        }
        w->people = more;
        w->cap = cap;
    }
    struct sits_person *s = &w->people[w->npeople++];
    *s = (struct sits_person){.person = person};
    if (!rows_next(r) || rows_i64(r, 0) != 1 || rows_i64(r, 1) != 1) {
        return;
    }
    s->sees = true;
    for (int i = 0; i < w->plan.n; i++) {
        s->nodes |= rows_i64(r, 2 + i) == 0 ? 1ULL << i : 0;
    }
}

/* Who of these is not known yet, asked together. */
static void ask_people(struct approve_world *w, const int64_t *list, int n)
{
    int64_t ids[SIT_AT_ONCE];
    int places[SIT_AT_ONCE];
    for (int i = 0; i < n;) {
        struct batch *b = batch_begin(w->ctx->db, w->ctx->arena);
        int k = 0;
        for (; i < n && k < SIT_AT_ONCE; i++) {
            if (find_person(w, list[i])) {
                continue;
            }
            struct ctx c = as_person(w, list[i]);
            ids[k] = list[i];
            places[k++] = batch_add(b, w->routes->sit.sql, ctx_args(&c, w->more, w->nmore));
        }
        if (k && !keep(w, batch_run(b))) {
            return;
        }
        for (int j = 0; j < k; j++) {
            struct rows r = batch_rows(b, places[j]);
            remember(w, ids[j], &r);
        }
    }
}

bool approve_world_sees(struct approve_world *w, int64_t person)
{
    ask_people(w, &person, 1);
    const struct sits_person *s = find_person(w, person);
    return s && s->sees;
}

/* More than can be seated: nobody is left out silently. */
static err too_many(const struct approve_world *w, int node)
{
    struct arena *a = w->ctx->arena;
    return refuse(
        a, ERR_RULE, REFUSED_LIMIT, w->routes->route->nodes[node].clause,
        (struct words){str_fmt(a, "第 %d 环节的审批人超过 %d 人。", node + 1, APPROVAL_SEATS),
                       str_fmt(a, "Node %d names more than %d people.", node + 1, APPROVAL_SEATS)},
        WORDS("请缩小审批范围，或请管理员按规定调整任职后再试。",
              "Name fewer: ask the one who minds the regulation, or choose a smaller unit."));
}

static int people(void *arg, int node, int64_t *ret, int max)
{
    struct approve_world *w = arg;
    const struct stmt *who = &w->routes->who[node];
    struct rows r = {0};
    if (!who->present ||
        !keep(w, db_query(w->ctx->db, w->ctx->arena, who->sql, approve_world_args(w), &r))) {
        return 0;
    }
    int n = 0;
    while (n < max && rows_next(&r)) {
        ret[n++] = rows_i64(&r, 0);
    }
    if (n == max && rows_next(&r) && !keep(w, too_many(w, node))) {
        return 0;
    }
    ask_people(w, ret, n);
    return n;
}

static bool may_sit(void *arg, int node, int64_t person)
{
    struct approve_world *w = arg;
    ask_people(w, &person, 1);
    const struct sits_person *s = find_person(w, person);
    return s && (s->nodes >> node & 1) != 0;
}

static int64_t first_of(struct approve_world *w, struct sql sql, struct db_args args, int64_t not )
{
    struct rows r = {0};
    if (!sql.text.len || !keep(w, db_query(w->ctx->db, w->ctx->arena, sql, args, &r))) {
        return 0;
    }
    while (rows_next(&r)) {
        if (!rows_null(&r, 0) && rows_i64(&r, 0) != not ) {
            return rows_i64(&r, 0);
        }
    }
    return 0;
}

/* A number of a row, 0 where there is none. */
static int64_t number_of(struct approve_world *w, const struct type *t, const char *column,
                         int64_t id)
{
    struct sqlb b = sqlb_make(w->ctx->arena);
    SQLB_LIT(&b, "select ");
    sqlb_ident(&b, str_from(column));
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    return first_of(w, sqlb_end(&b), ARGS(db_i64(id)), 0);
}

/* Who heads his unit; of a head, who heads the unit above. */
static int64_t superior(void *arg, int64_t person)
{
    struct approve_world *w = arg;
    const struct model *m = w->ctx->model;
    if (!m->person || !m->unit) {
        return 0;
    }
    int64_t unit = number_of(w, m->person, "f_unit", person);
    for (int i = 0; unit && i < UNITS_ABOVE && !w->failed.code; i++) {
        struct db_arg id = db_i64(unit);
        int64_t head = first_of(w, w->routes->heads, ctx_args(w->ctx, &id, 1), person);
        if (head) {
            return head;
        }
        unit = number_of(w, m->unit, "f_parent", unit);
    }
    return 0;
}

static int64_t substitute(void *arg, int node)
{
    struct approve_world *w = arg;
    const struct stmt *s = &w->routes->substitute[node];
    return s->present ? first_of(w, s->sql, approve_world_args(w), 0) : 0;
}

static int64_t admin(void *arg)
{
    struct approve_world *w = arg;
    struct sql sql;
    struct db_args args;
    struct rows r = {0};
    int64_t first = 0;
    if (!post_holders(w->ctx, POSITION_ADMINISTRATOR, &sql, &args) ||
        !keep(w, db_query(w->ctx->db, w->ctx->arena, sql, args, &r))) {
        return 0;
    }
    while (rows_next(&r)) { /* the first who could sit there at all, else the first */
        int64_t p = rows_i64(&r, 0);
        if (p == w->author) {
            continue;
        }
        if (approve_world_sees(w, p)) {
            return p;
        }
        first = first ? first : p;
    }
    return first;
}

static int64_t proxy(void *arg, int64_t person)
{
    struct approve_world *w = arg;
    const struct type *t = w->ctx->model->deputy;
    const struct state *s = t ? tdef_state(t->newest, STR("in_force")) : NULL;
    if (!s) {
        return 0;
    }
    return first_of(w,
                    SQL("select f_deputy from r_deputy where f_person = $1 and state = $2"
                        " and f_starts <= $3 and (f_ends is null or f_ends >= $3)"
                        " order by id limit 1"),
                    ARGS(db_i64(person), db_i64(s->code), db_i64(w->ctx->today)), person);
}

/* --- time ---------------------------------------------------------------------------- */

static bool applies(void *arg, int node)
{
    return ((struct approve_world *)arg)->applies[node];
}

static int64_t due(void *arg, int64_t from, int64_t length)
{
    struct approve_world *w = arg;
    int64_t at = 0;
    return keep(w, calendar_shift(w->ctx, from, V_WORKHOURS, length, &at)) ? at : 0;
}

static int64_t worked(void *arg, int64_t from, int64_t to)
{
    struct approve_world *w = arg;
    int64_t ms = 0;
    return keep(w, calendar_working(w->ctx, from, to, &ms)) ? ms : 0;
}

/* --- made ---------------------------------------------------------------------------- */

/* The plan with the terms that this record gives; unknown whether a node applies: it does. */
static err take_facts(struct approve_world *w)
{
    const struct route *route = w->routes->route;
    struct approval_node *nodes =
        arena_array(w->ctx->arena, struct approval_node, (size_t)route->plan.n);
    struct rows r;
    bool plain = w->routes->plain;
    err e = plain ? OK
                  : db_query(w->ctx->db, w->ctx->arena, w->routes->facts.sql, approve_world_args(w),
                             &r);
    if (e.code || (!plain && !rows_next(&r))) {
        return e.code ? e : err_make(ERR_NOT_FOUND, STR("record"));
    }
    w->applies = arena_array(w->ctx->arena, bool, (size_t)route->plan.n);
    w->unknown = arena_array(w->ctx->arena, bool, (size_t)route->plan.n);
    for (int i = 0; i < route->plan.n; i++) {
        nodes[i] = route->plan.nodes[i];
        if (plain) {
            w->applies[i] = true;
            nodes[i].term = nodes[i].remind = 0;
            continue;
        }
        w->unknown[i] = rows_null(&r, 3 * i);
        w->applies[i] = w->unknown[i] || rows_i64(&r, 3 * i) == 1;
        nodes[i].term = rows_i64(&r, 3 * i + 1);
        nodes[i].remind = rows_i64(&r, 3 * i + 2);
    }
    w->plan = route->plan;
    w->plan.nodes = nodes;
    return OK;
}

static struct approve_world *make(const struct ctx *ctx, int64_t author)
{
    struct approve_world *w = arena_new(ctx->arena, struct approve_world);
    w->ctx = ctx;
    w->author = author;
    w->world = (struct approval_world){.arg = w,
                                       .applies = applies,
                                       .people = people,
                                       .may_sit = may_sit,
                                       .superior = superior,
                                       .substitute = substitute,
                                       .admin = admin,
                                       .proxy = proxy,
                                       .due = due,
                                       .worked = worked};
    return w;
}

err approve_world_of(const struct draft *draft, struct held_model *h, struct tplan *t,
                     const struct action *action, int64_t author, struct approve_world **ret)
{
    struct approve_world *w = make(draft->ctx, author);
    w->routes = plan_route_of(draft, h, t, action, &w->more, &w->nmore);
    *ret = w;
    return take_facts(w);
}

err approve_world_make(const struct ctx *ctx, struct held_model *h, struct tplan *t,
                       const struct action *action, int64_t record, str asked, int64_t author,
                       struct approve_world **ret)
{
    if (asked.len) {
        struct draft draft = {.ctx = ctx, .type = t->type, .def = t->def, .rec = {.id = record}};
        struct words *errors = arena_array(ctx->arena, struct words, t->def->nfields + 1);
        struct value_in *values;
        size_t n;
        err e = approve_values_read(ctx->arena, asked, &values, &n);
        e = e.code ? e : form_read(&draft, values, n, errors);
        return e.code ? e : approve_world_of(&draft, h, t, action, author, ret);
    }
    struct approve_world *w = make(ctx, author);
    w->routes = plan_route(h, t, action);
    w->more = arena_new(ctx->arena, struct db_arg);
    w->more[0] = db_i64(record);
    w->nmore = 1;
    *ret = w;
    return take_facts(w);
}
