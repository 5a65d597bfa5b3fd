#include "engine/guard.h"

#include "base/arena.h"
#include "engine/engine_int.h"
#include "engine/missing.h"
#include "engine/reading.h"
#include "engine/record_load.h"
#include "engine/refusal_int.h"
#include "engine/who_words.h"

#include <string.h>

struct guard_column {
    enum { COLUMN_WHO, COLUMN_NEED, COLUMN_SEE, COLUMN_ASKED } kind;
    const struct action *action;
    const struct cond *cond;
    const struct add *add;
    const struct field *field;
};

/* Fewer than a database answers in one row: 2,000 SQLite, 1,664 PostgreSQL.  What one may see
 * comes first, so that only the actions behind so many would be offered unasked; the writer
 * asks all of them. */
enum { COLUMNS_MAX = 1600 };

/* --- the statement ------------------------------------------------------------------- */

bool guard_from_here(const struct action *a, const struct state *now)
{
    if (!a->from_any && a->nfrom == 0) {
        return true;
    }
    if (a->from_any) {
        return !now || !now->final;
    }
    for (size_t i = 0; now && i < a->nfrom; i++) {
        if (a->from[i]->code == now->code) {
            return true;
        }
    }
    return false;
}

/* The question of all records of one version in one state. */
struct guards_plan {
    struct guard_column *columns;
    size_t n, cap;
    struct sql sql;
};

static struct guard_column *column(const struct ctx *ctx, struct guards_plan *g, struct sqlb *b)
{
    enum { FIRST = 16 };
    if (g->n) {
        SQLB_LIT(b, ", ");
    }
    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : FIRST;
        struct guard_column *more = arena_array(ctx->arena, struct guard_column, cap);
        if (g->n) {
            memcpy(more, g->columns, g->n * sizeof(*more));
        }
        g->columns = more;
        g->cap = cap;
    }
    return &g->columns[g->n++];
}

static void put_people(struct sqlb *b, const struct people *p)
{
    if (p->everyone) {
        SQLB_LIT(b, "1");
    } else if (!p->is_actor.text.len) {
        SQLB_LIT(b, "0");
    } else {
        SQLB_LIT(b, "case when (");
        sqlb_sql(b, p->is_actor);
        SQLB_LIT(b, ") then 1 else 0 end");
    }
}

static void put_cond(struct sqlb *b, const struct cond *c)
{
    /* Applies when `when` is true or unknown. */
    if (c->when && c->when->tree) {
        SQLB_LIT(b, "case when not (");
        sqlb_sql(b, c->when->not_false);
        SQLB_LIT(b, ") then 1 else ");
    }
    SQLB_LIT(b, "cast((");
    sqlb_sql(b, c->value);
    SQLB_LIT(b, ") as integer)");
    if (c->when && c->when->tree) {
        SQLB_LIT(b, " end");
    }
}

static void put_needs(const struct ctx *ctx, struct guards_plan *g, struct sqlb *b,
                      const struct action *a, const struct need *needs, size_t n,
                      const struct add *add)
{
    for (size_t i = 0; i < n && g->n < COLUMNS_MAX; i++) {
        if (needs[i].when == NEED_BEFORE && needs[i].check.tree && !needs[i].check.reads.old) {
            *column(ctx, g, b) = (struct guard_column){
                .kind = COLUMN_NEED, .action = a, .cond = &needs[i].check, .add = add};
            put_cond(b, &needs[i].check);
        }
    }
}

static void put_action(const struct ctx *ctx, struct guards_plan *g, struct sqlb *b,
                       const struct action *a)
{
    if (g->n >= COLUMNS_MAX) {
        return;
    }
    *column(ctx, g, b) = (struct guard_column){.kind = COLUMN_WHO, .action = a};
    put_people(b, &a->who);
    put_needs(ctx, g, b, a, a->needs, a->nneeds, NULL);
    for (size_t i = 0; i < ctx->model->nregs; i++) {
        const struct law *l = ctx->model->regs[i]->newest;
        for (size_t k = 0; k < l->nadds; k++) {
            const struct add *add = &l->adds[k];
            if (add->to_type == a->of->type && str_eq(add->to_action, a->key)) {
                put_needs(ctx, g, b, a, add->needs, add->nneeds, add);
            }
        }
    }
    if (a->route && g->n < COLUMNS_MAX) { /* one at a time */
        *column(ctx, g, b) = (struct guard_column){.kind = COLUMN_ASKED, .action = a};
        SQLB_LIT(b, "case when exists (select 1 from \"approval\" q where q.\"record\" = r.\"id\""
                    " and q.\"state\" in (0, 1)) then 0 else 1 end");
    }
}

static struct guards_plan *make_plan(const struct ctx *ctx, const struct record *rec)
{
    struct guards_plan *g = arena_new(ctx->arena, struct guards_plan);
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select ");
    const struct tdef *newest = rec->type->newest;
    for (size_t i = 0; i < newest->nfields; i++) {
        if (newest->fields[i].see.tree) {
            *column(ctx, g, &b) =
                (struct guard_column){.kind = COLUMN_SEE, .field = &newest->fields[i]};
            put_people(&b, &newest->fields[i].see);
        }
    }
    for (size_t i = 0; i < rec->def->nactions; i++) {
        const struct action *a = &rec->def->actions[i];
        if (!a->creates && guard_from_here(a, rec->state)) {
            put_action(ctx, g, &b, a);
        }
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, rec->type->table);
    SQLB_LIT(&b, " r where r.\"id\" = $4");
    g->sql = sqlb_end(&b);
    return g;
}

struct guards_ask guards_ask(const struct ctx *ctx, const struct record *rec, struct batch *batch)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, rec->def, rec->state, 0);
    const struct guards_plan *plan = ctx_find(ctx, k);
    if (!plan) {
        struct ctx room = ctx_room(ctx);
        plan = make_plan(&room, rec);
        ctx_keep(&room, k, plan);
    }
    struct guards_ask g = {.rec = rec, .plan = plan, .place = -1};
    if (plan->n) {
        struct db_arg id = db_i64(rec->id);
        g.place = batch_add(batch, plan->sql, ctx_args(ctx, &id, 1));
    }
    return g;
}

/* --- the answers ------------------------------------------------------------------------ */

static const struct clause *cite(const struct action *a, const struct cond *c)
{
    return c && c->clause ? c->clause : a->clause;
}

static const struct refusal *make_who(const struct ctx *ctx, const struct action *a)
{
    struct words who = who_words(ctx->arena, ctx->model, a->of, &a->who);
    struct words remedy = {0};
    if (who.zh.len || who.en.len) {
        remedy.zh = str_fmt(ctx->arena, "可由以下人员办理：%.*s。", STR_ARG(who.zh));
        remedy.en =
            str_fmt(ctx->arena, "It may be done by: %.*s.", STR_ARG(words_in(who, LANG_EN)));
    }
    str name_en = words_in(a->words, LANG_EN);
    struct words what = {
        .zh = str_fmt(ctx->arena, "您不是可以「%.*s」的人。", STR_ARG(a->words.zh)),
        .en =
            str_fmt(ctx->arena, "You are not one of those who may do \"%.*s\".", STR_ARG(name_en))};
    return refuse(ctx->arena, ERR_DENIED, REFUSED_WHO, a->clause, what, remedy).why;
}

static const struct refusal *make_state(const struct ctx *ctx, const struct action *a,
                                        const struct state *now)
{
    struct words names[16];
    size_t n = 0;
    for (size_t i = 0; i < a->nfrom && n < 16; i++) {
        names[n++] = a->from[i]->words;
    }
    struct words states =
        n ? words_join(ctx->arena, names, n) : WORDS("未结束", "any that is not final");
    struct words here = now ? now->words : WORDS("无状态", "no state");
    struct words what = {
        .zh = str_fmt(ctx->arena, "记录处于「%.*s」，此时不能「%.*s」。", STR_ARG(here.zh),
                      STR_ARG(a->words.zh)),
        .en = str_fmt(ctx->arena, "The record is \"%.*s\"; \"%.*s\" is not possible now.",
                      STR_ARG(words_in(here, LANG_EN)), STR_ARG(words_in(a->words, LANG_EN)))};
    struct words remedy = {
        .zh = str_fmt(ctx->arena, "须先到达：%.*s。", STR_ARG(states.zh)),
        .en = str_fmt(ctx->arena, "It must first be: %.*s.", STR_ARG(words_in(states, LANG_EN)))};
    return refuse(ctx->arena, ERR_RULE, REFUSED_STATE, a->clause, what, remedy).why;
}

/* Both say the same of every record: made once. */
const struct refusal *guard_refusal_who(const struct ctx *ctx, const struct action *a)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, a, NULL, 0);
    const struct refusal *why = ctx_find(ctx, k);
    if (!why) {
        struct ctx room = ctx_room(ctx);
        why = make_who(&room, a);
        ctx_keep(&room, k, why);
    }
    return why;
}

const struct refusal *guard_refusal_state(const struct ctx *ctx, const struct action *a,
                                          const struct state *now)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, a, now, 0);
    const struct refusal *why = ctx_find(ctx, k);
    if (!why) {
        struct ctx room = ctx_room(ctx);
        why = make_state(&room, a, now);
        ctx_keep(&room, k, why);
    }
    return why;
}

const struct refusal *guard_refusal_asked(const struct ctx *ctx, const struct action *a)
{
    return refuse(
               ctx->arena, ERR_RULE, REFUSED_STATE, a->clause,
               WORDS("这条记录有审批尚未结束。", "An approval of this record has not ended."),
               WORDS("请先办结、撤回或终止那次审批。", "Let it end, or withdraw or end it, first."))
        .why;
}

const struct refusal *guard_refusal_need(const struct ctx *ctx, const struct action *a,
                                         const struct cond *c, bool unknown, int64_t id)
{
    struct words what = c->words;
    if (!what.zh.len && !what.en.len) {
        what.zh = str_fmt(ctx->arena, "条件不满足：%.*s", STR_ARG(c->text));
        what.en = str_fmt(ctx->arena, "This does not hold: %.*s", STR_ARG(c->text));
    }
    struct words remedy = {0};
    if (unknown) {
        struct words m = missing_words(ctx, c, id);
        remedy = missing_remedy(ctx->arena, m);
    }
    return refuse(ctx->arena, ERR_RULE, unknown ? REFUSED_UNKNOWN : REFUSED_NEEDS, cite(a, c), what,
                  remedy)
        .why;
}

static bool never_by_hand(const struct action *a)
{
    return a->who.nobody || (a->who.may_auto && !a->who.is_actor.text.len);
}

static bool is_next(const struct state *s, const struct action *a)
{
    for (size_t i = 0; s && i < s->nnext; i++) {
        if (str_eq(s->next[i]->key, a->key)) {
            return true;
        }
    }
    return false;
}

/* The first thing that stands in the way, in the order the writer asks. */
static const struct refusal *judge(const struct ctx *ctx, const struct guards_ask *g,
                                   const struct rows *r, const struct action *a)
{
    for (size_t i = 0; i < g->plan->n; i++) {
        const struct guard_column *c = &g->plan->columns[i];
        if (c->kind == COLUMN_SEE || c->action != a) {
            continue;
        }
        bool unknown = rows_null(r, (int)i);
        if (!unknown && rows_i64(r, (int)i) == 1) {
            continue;
        }
        if (c->kind == COLUMN_WHO) {
            return guard_refusal_who(ctx, a);
        }
        if (c->kind == COLUMN_ASKED) {
            return guard_refusal_asked(ctx, a);
        }
        return guard_refusal_need(ctx, a, c->cond, unknown, 0);
    }
    return NULL;
}

void guards_read(const struct ctx *ctx, struct batch *b, const struct guards_ask *ask,
                 struct record_action **ret, size_t *n)
{
    const struct record *rec = ask->rec;
    struct record_action *list =
        arena_array(ctx->arena, struct record_action, rec->def->nactions + 1);
    size_t count = 0;
    struct rows r = {0};
    bool row = false;
    if (ask->place >= 0) {
        r = batch_rows(b, ask->place);
        row = rows_next(&r);
    }
    const struct refusal *reads = ctx->reading.on ? reading_refusal(ctx) : NULL;
    const struct state *own = rec->state ? tdef_state_at(rec->def, rec->state->code) : NULL;
    for (size_t i = 0; i < rec->def->nactions; i++) {
        const struct action *a = &rec->def->actions[i];
        if (a->creates) {
            continue;
        }
        struct record_action *x = &list[count++];
        x->action = a;
        x->expected = is_next(own, a);
        if (!guard_from_here(a, rec->state)) {
            x->why = guard_refusal_state(ctx, a, rec->state);
            x->hidden = never_by_hand(a);
        } else {
            x->why = reads ? reads : row ? judge(ctx, ask, &r, a) : guard_refusal_who(ctx, a);
            x->allowed = row && !x->why;
            x->hidden = !x->allowed && never_by_hand(a);
        }
    }
    *ret = list;
    *n = count;
}

bool guards_sees(struct batch *b, const struct guards_ask *g, const struct field *f)
{
    if (g->place < 0) {
        return false;
    }
    struct rows r = batch_rows(b, g->place);
    if (!rows_next(&r)) {
        return false;
    }
    for (size_t i = 0; i < g->plan->n; i++) {
        if (g->plan->columns[i].kind == COLUMN_SEE && g->plan->columns[i].field == f) {
            return rows_i64(&r, (int)i) == 1;
        }
    }
    return false;
}

/* --- what may be created --------------------------------------------------------------------- */

enum { CREATING_ASKED = 100 /* by one statement */ };

static bool asks_who(const struct action *a)
{
    return !a->who.everyone && !a->who.reads.record;
}

/* Of one type: what somebody may create by hand. */
static size_t creating_of(const struct type *t, const struct action **ret)
{
    const struct tdef *d = t->newest;
    size_t n = 0;
    for (size_t i = 0; !t->lines && !t->retired && !d->part_of && i < d->nactions; i++) {
        if (d->actions[i].creates && !never_by_hand(&d->actions[i])) {
            ret[n++] = &d->actions[i];
        }
    }
    return n;
}

/* One statement about those from `at` on; how many actions it went past. */
static size_t ask_creating(const struct ctx *ctx, struct batch *b, const struct action **list,
                           size_t n)
{
    struct sqlb s = sqlb_make(ctx->arena);
    size_t asked = 0;
    size_t i = 0;
    SQLB_LIT(&s, "select 1");
    for (; i < n && asked < CREATING_ASKED; i++) {
        if (asks_who(list[i])) {
            SQLB_LIT(&s, ", ");
            plan_is_actor(&s, &list[i]->who);
            asked++;
        }
    }
    batch_add(b, sqlb_end(&s), ctx_args(ctx, NULL, 0));
    return i;
}

err guards_creating(const struct ctx *ctx, struct guards_creating *ret)
{
    const struct model *m = ctx->model;
    size_t most = 0;
    for (size_t i = 0; i < m->ntypes; i++) {
        most += m->types[i]->newest->nactions;
    }
    const struct action **all = arena_array(ctx->arena, const struct action *, most + 1);
    size_t n = 0;
    for (size_t i = 0; i < m->ntypes; i++) {
        n += creating_of(m->types[i], all + n);
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    for (size_t i = 0; i < n;) {
        i += ask_creating(ctx, b, all + i, n - i);
    }
    err e = ctx->reading.on ? OK : batch_run(b);
    *ret = (struct guards_creating){.list = all};
    int place = 0;
    int col = CREATING_ASKED;
    struct rows r = {0};
    for (size_t i = 0; i < n && !e.code && !ctx->reading.on; i++) {
        bool may = !asks_who(all[i]);
        if (!may) {
            if (col == CREATING_ASKED) {
                r = batch_rows(b, place++);
                col = 0;
                (void)rows_next(&r);
            }
            may = rows_i64(&r, ++col);
        }
        if (may) {
            all[ret->n++] = all[i];
        }
    }
    return e;
}
