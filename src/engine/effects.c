/* effects.c - what an action does besides moving the state. */
#include "base/clock.h"
#include "base/enc.h"
#include "base/json.h"
#include "engine/calendar.h"
#include "engine/missing.h"
#include "engine/perform_int.h"

#include <string.h>

enum { EACH_MAX = 200 };

/* --- texts with values in them --------------------------------------------------------- */

str perform_template(struct doing *d, const struct template *t, const struct rows *r, int *col,
                     enum lang lang, int64_t seq, int64_t at)
{
    struct buf b = buf_make(d->a, 4000);
    struct clock_civil c = clock_civil_at(at, d->ctx->model->zone_minutes);
    for (size_t i = 0; i < t->nparts; i++) {
        const struct template_part *p = &t->parts[i];
        switch (p->kind) {
        case TPL_TEXT:
            buf_put(&b, p->literal);
            break;
        case TPL_PATH:
            buf_put(&b, value_cond_show(d->ctx, p->path, r, (*col)++, lang));
            break;
        case TPL_SEQ:
            if (seq >= 0) {
                buf_put_fmt(&b, "%0*lld", p->seq_digits, (long long)seq);
            }
            break;
        case TPL_YYYY:
            buf_put_fmt(&b, "%04d", c.year);
            break;
        case TPL_MM:
            buf_put_fmt(&b, "%02d", c.month);
            break;
        case TPL_DD:
            buf_put_fmt(&b, "%02d", c.day);
            break;
        }
    }
    return buf_str(&b);
}

/* --- one effect ------------------------------------------------------------------------------ */

struct running {
    struct doing *d;
    const struct effect *ef;
    struct eplan *p;
    struct touched *x;
    int64_t act;
    str cause;
    const struct reg *by;
    bool deferred; /* it was put off and its time has come */
    str of;        /* where it stands: see struct effect_list */
    int64_t place;
};

static struct value_in *assigned(struct running *g, const struct rows *r, size_t *n)
{
    const struct effect *ef = g->ef;
    struct value_in *list = arena_array(g->d->a, struct value_in, ef->nassigns + 1);
    int col = g->p->col_values;
    for (size_t i = 0; i < ef->nassigns; i++) {
        const struct assign *s = &ef->assigns[i];
        struct value_in *in = &list[i];
        *in = (struct value_in){.field = s->field->key, .is_typed = true};
        if (!s->value.tree) {
            in->typed.text = words_in(s->words, g->d->act->lang);
            in->typed.null = in->typed.text.len == 0;
        } else {
            in->typed.null = rows_null(r, col);
            if (s->field->value.kind == V_TEXT) {
                in->typed.text = rows_text(r, col);
            } else {
                in->typed.i64 = rows_i64(r, col);
            }
            col++;
        }
        in->null = in->typed.null;
    }
    *n = ef->nassigns;
    return list;
}

/* set: of this record, or (for_each) of its own parts. */
static err do_set(struct running *g, const struct rows *r, int64_t element)
{
    struct touched *x = g->x;
    size_t n;
    struct value_in *vals = assigned(g, r, &n);
    if (!element) {
        return perform_set(g->d, x, vals, n);
    }
    const struct type *part = g->ef->each_type;
    perform_mark_part(x, part->key);
    if (part->lines) {
        return perform_set_line(g->d, x, part, element, vals, n);
    }
    struct touched *y;
    err e = perform_touch(g->d, part, element, &y);
    return e.code ? e : perform_set(g->d, y, vals, n);
}

/* One that is there already is no refusal: what was begun for it is undone, and
 * the act goes on.  Only its own place counts, not one of what it would do. */
static err create_if_absent(struct running *g, const struct call *c)
{
    struct doing *d = g->d;
    size_t n = d->n;
    size_t nacts = d->nacts;
    size_t npieces = d->npieces;
    int64_t made;
    err e = db_flush(d->ctx->db, d->a);
    if (e.code) {
        return e;
    }
    db_savepoint(d->ctx->db);
    d->at_once++;
    e = perform_call(d, c, &made);
    d->at_once--;
    e = e.code ? e : db_flush(d->ctx->db, d->a);
    if (!e.code) {
        db_release(d->ctx->db);
        return OK;
    }
    bool there = e.why && e.why->kind == REFUSED_UNIQUE && d->nacts == nacts + 1;
    if (!db_in_write(d->ctx->db)) {
        return e;
    }
    err undone = db_rollback_to(d->ctx->db);
    d->n = n;
    d->nacts = nacts;
    d->npieces = npieces;
    return there ? undone : e;
}

static err do_create(struct running *g, const struct rows *r)
{
    size_t n;
    struct value_in *vals = assigned(g, r, &n);
    const struct type *t = g->ef->target;
    if (t->lines) {
        perform_mark_part(g->x, t->key);
        return perform_add_line(g->d, g->x, t, vals, n);
    }
    struct call c = {.type = t,
                     .action = g->ef->target_action,
                     .values = vals,
                     .nvalues = n,
                     .parent = g->act,
                     .cause = g->cause,
                     .by = g->by};
    if (t->part_of == g->x->t->type) { /* a part begins under its parent's law */
        c.law = g->x->now[COL_LAW].i;
        struct value_in *more = arena_array(g->d->a, struct value_in, n + 2);
        if (n) {
            memcpy(more, vals, n * sizeof(*vals));
        }
        bool has = false;
        for (size_t i = 0; i < n; i++) {
            has = has || str_eq(vals[i].field, t->part_of->key);
        }
        if (!has) {
            more[c.nvalues++] = (struct value_in){
                .field = t->part_of->key, .is_typed = true, .typed = {.i64 = g->x->id}};
            c.values = more;
        }
    }
    int64_t made;
    return g->ef->if_absent ? create_if_absent(g, &c) : perform_call(g->d, &c, &made);
}

static err do_perform(struct running *g, const struct rows *r, int64_t element)
{
    size_t n;
    int64_t id = g->p->col_path >= 0 ? rows_i64(r, g->p->col_path) : element ? element : g->x->id;
    if (g->p->col_path >= 0 && rows_null(r, g->p->col_path)) {
        return refuse(g->d->a, ERR_RULE, REFUSED_UNKNOWN, g->ef->clause,
                      WORDS("相关记录缺失，无法继续。", "The record to act on is missing."),
                      (struct words){0});
    }
    struct value_in *vals = assigned(g, r, &n);
    const struct type *t = g->ef->target ? g->ef->target : g->x->t->type;
    struct call c = {.type = t,
                     .action = g->ef->target_action,
                     .record = id,
                     .values = vals,
                     .nvalues = n,
                     .parent = g->act,
                     .cause = g->cause,
                     .by = g->by};
    int64_t done;
    return perform_call(g->d, &c, &done);
}

err perform_notify(struct doing *d, int64_t person, const struct touched *x, int64_t act, str zh,
                   str en)
{
    return db_queue(d->ctx->db, d->a,
                    SQL("insert into notification(id, person, record, type, act, zh, en, at)"
                        " values ($1, $2, $3, $4, $5, $6, $7, $8)"),
                    ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(person), db_i64(x->id),
                         db_i64(x->t->type->code), db_i64(act), db_text(zh),
                         db_text(en.len ? en : zh), db_i64(d->ctx->now)));
}

/* kind 2: to be done; 3: to be read and signed. */
static err give_task(struct running *g, int64_t person, int kind, int64_t due, str zh, str en)
{
    struct doing *d = g->d;
    return db_queue(
        d->ctx->db, d->a,
        SQL("insert into task(id, person, record, type, kind, action, zh, en, due, created_at, key)"
            " values ($1, $2, $3, $4, $5, null, $6, $7, $8, $9, $10) on conflict do nothing"),
        ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(person), db_i64(g->x->id),
             db_i64(g->x->t->type->code), db_i64(kind), db_text(zh), db_text(en.len ? en : zh),
             due ? db_i64(due) : db_null_i64(), db_i64(d->ctx->now),
             db_text(str_fmt(d->a, "e:%lld:%.*s:%lld", (long long)g->act, STR_ARG(g->of),
                             (long long)g->place))));
}

/* What is asked to be read and signed is this content: its hash is kept. */
static err ask_receipt(struct running *g, int64_t person, int64_t due, str zh, str en)
{
    struct doing *d = g->d;
    str what = str_fmt(d->a, "%lld:%lld:%.*s", (long long)g->x->id, (long long)g->x->now[COL_VER].i,
                       STR_ARG(zh));
    struct hash hash = hash_of(d->e->ledger->hasher, what);
    err e = db_queue(d->ctx->db, d->a,
                     SQL("insert into receipt(id, record, type, act, person, asked_at, due, hash)"
                         " values ($1, $2, $3, $4, $5, $6, $7, $8)"),
                     ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(g->x->id),
                          db_i64(g->x->t->type->code), db_i64(g->act), db_i64(person),
                          db_i64(d->ctx->now), due ? db_i64(due) : db_null_i64(),
                          db_text(enc_hex(d->a, hash_str(&hash)))));
    return e.code ? e : give_task(g, person, 3, due, zh, en);
}

static err do_people(struct running *g, const struct rows *r, int64_t element)
{
    struct doing *d = g->d;
    if (d->quiet || !g->p->people.present) {
        return OK;
    }
    struct db_arg more = db_i64(element);
    struct rows who;
    err e = db_query(d->ctx->db, d->a, g->p->people.sql,
                     perform_args(d, &g->p->people, g->x, &more, g->p->people.more), &who);
    if (e.code) {
        return e;
    }
    int zc = g->p->col_text;
    int ec = g->p->col_text_en;
    str zh = perform_template(d, &g->ef->text.zh, r, &zc, LANG_ZH, -1, d->ctx->now);
    str en = perform_template(d, &g->ef->text.en, r, &ec, LANG_EN, -1, d->ctx->now);
    int64_t due = 0;
    if (g->p->col_due >= 0 && !rows_null(r, g->p->col_due)) {
        int64_t v = rows_i64(r, g->p->col_due);
        enum vkind k = g->ef->due.type.kind;
        if (k == V_DATETIME) {
            due = v;
        } else if (k == V_DATE) {
            due = calendar_day_start(d->ctx->model, v + 1);
        } else {
            e = calendar_due(d->ctx, d->ctx->now, k, v, &due);
        }
    }
    while (!e.code && rows_next(&who)) {
        int64_t person = rows_i64(&who, 0);
        if (g->ef->kind == E_NOTIFY) {
            e = perform_notify(d, person, g->x, g->act, zh, en);
        } else if (g->ef->kind == E_TASK) {
            e = give_task(g, person, 2, due, zh, en);
        } else {
            e = ask_receipt(g, person, due, zh, en);
        }
    }
    return e;
}

/* Later: an act of its own, by auto, its `when` judged then. */
static err put_later(struct running *g, int64_t at)
{
    struct doing *d = g->d;
    return db_queue(
        d->ctx->db, d->a,
        SQL("insert into later(id, at, record, type, act, action, effect, x, actor, key, law)"
            " values ($1, $2, $3, $4, $5, $6, $7, null, $8, $9, $10) on conflict do nothing"),
        ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(at), db_i64(g->x->id),
             db_i64(g->x->t->type->code), db_i64(g->act), db_text(g->of), db_i64(g->place),
             db_i64(d->act->actor),
             db_text(str_fmt(d->a, "%lld:%.*s:%lld", (long long)(g->act ? g->act : d->ctx->now),
                             STR_ARG(g->of), (long long)g->place)),
             db_i64(g->x->t->def->law->version)));
}

/* When an effect put off is due. */
static err later_moment(struct running *g, const struct rows *r, int col, int64_t *ret)
{
    struct doing *d = g->d;
    *ret = d->ctx->now;
    if (!g->ef->after.tree || rows_null(r, col)) {
        return OK;
    }
    return calendar_due(d->ctx, d->ctx->now, g->ef->after.type.kind, rows_i64(r, col), ret);
}

/* Nothing is done of which it is unknown whether it should be. */
static err undecided(struct running *g, const struct cond *c)
{
    return refuse(
        g->d->a, ERR_RULE, REFUSED_UNKNOWN, g->ef->clause,
        words_fmt(g->d->a, "无法判断：%.*s", "This cannot be decided: %.*s", STR_ARG(c->text)),
        missing_remedy(g->d->a, missing_words(g->d->ctx, c, g->x->id)));
}

static err run_row(struct running *g, const struct rows *r)
{
    int64_t element = g->p->col_id >= 0 ? rows_i64(r, g->p->col_id) : 0;
    if (g->ef->has_after && !g->deferred) {
        int64_t at = 0;
        err e = g->d->quiet ? OK : later_moment(g, r, g->p->col_after, &at);
        return e.code || g->d->quiet ? e : put_later(g, at);
    }
    if (g->p->col_set >= 0 && rows_null(r, g->p->col_set)) {
        return undecided(g, &g->ef->each_set);
    }
    if (g->p->col_when >= 0) {
        if (rows_null(r, g->p->col_when)) {
            return undecided(g, &g->ef->when);
        }
        if (rows_i64(r, g->p->col_when) != 1) {
            return OK;
        }
    }
    switch (g->ef->kind) {
    case E_SET:
        return do_set(g, r, element);
    case E_CREATE:
        return do_create(g, r);
    case E_PERFORM:
        return do_perform(g, r, element);
    case E_NOTIFY:
    case E_RECEIPT:
    case E_TASK:
        return do_people(g, r, element);
    case E_NATIVE: /* the loader refuses it */
        break;
    }
    return err_make(ERR_STORE, STR("an effect that is not built"));
}

/* A large set is worked off after the commit, in steps; one of which only some are
 * taken is drawn when its time has come (later.c). */
static err put_steps(struct running *g)
{
    struct doing *d = g->d;
    struct rows r;
    int64_t at = 0;
    err e = db_query(d->ctx->db, d->a, g->p->total.sql,
                     perform_args(d, &g->p->total, g->x, NULL, 0), &r);
    if (e.code || d->quiet || !rows_next(&r) || !rows_i64(&r, 0)) {
        return e;
    }
    e = later_moment(g, &r, 2, &at);
    if (e.code || g->ef->take.tree) {
        return e.code ? e : put_later(g, at);
    }
    return db_queue(d->ctx->db, d->a,
                    SQL("insert into step_job(id, act, record, type, law, action, effect,"
                        " actor, at, next_x, max_x, done, total, \"left\")"
                        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, $11, $11)"),
                    ARGS(db_i64(engine_id(d->e, d->act->now)), db_i64(g->act), db_i64(g->x->id),
                         db_i64(g->x->t->type->code), db_i64(g->x->t->def->law->version),
                         db_text(g->of), db_i64(g->place), db_i64(d->act->actor), db_i64(at),
                         db_i64(rows_i64(&r, 1)), db_i64(rows_i64(&r, 0))));
}

/* The rows of one effect, beginning after `s->from`; at most s->limit of them. */
static err run_effect(struct running *g, struct effect_span *s)
{
    struct doing *d = g->d;
    struct db_arg from = db_i64(s->from);
    struct rows r;
    err e = db_query(d->ctx->db, d->a, g->p->read.sql,
                     perform_args(d, &g->p->read, g->x, &from, g->p->read.more), &r);
    int64_t take = INT64_MAX;
    while (!e.code && s->done < s->limit && rows_next(&r)) {
        int64_t id = g->p->col_id >= 0 ? rows_i64(&r, g->p->col_id) : 0;
        if (g->p->col_take >= 0) {
            take = rows_i64(&r, g->p->col_take);
        }
        if (id > s->to || s->done >= take) {
            break;
        }
        s->from = id;
        s->done++;
        e = run_row(g, &r);
    }
    return e;
}

err perform_effect(struct doing *d, const struct effect *ef, struct eplan *plan, struct touched *x,
                   int64_t act, str cause, const struct reg *by, struct effect_span *span)
{
    struct running g = {.d = d,
                        .ef = ef,
                        .p = plan_effect(d->h, x->t, ef, plan),
                        .x = x,
                        .act = act,
                        .cause = cause,
                        .by = by,
                        .deferred = true};
    return run_effect(&g, span);
}

err perform_effects(struct doing *d, const struct effect_list *l, struct touched *x, int64_t act,
                    str cause)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < l->n; i++) {
        const struct effect *ef = l->list[i];
        struct running g = {.d = d,
                            .ef = ef,
                            .p = plan_effect(d->h, x->t, ef, &l->plans[i]),
                            .x = x,
                            .act = act,
                            .cause = cause,
                            .by = l->laws[i]->reg,
                            .of = l->of,
                            .place = (int64_t)i};
        struct effect_span all = {.to = INT64_MAX, .limit = EACH_MAX + 1};
        if (ef->each && ef->has_after) {
            e = put_steps(&g);
            continue;
        }
        e = run_effect(&g, &all);
        if (!e.code && all.done > EACH_MAX) {
            e = err_make(ERR_LIMIT, STR("an effect over more than 200 rows needs after"));
        }
    }
    return e;
}

struct effect_list perform_mark_effects(struct arena *a, const struct touched *x,
                                        const struct term *t, size_t mark)
{
    const struct mark *m = &t->marks[mark];
    const struct effect **list = arena_array(a, const struct effect *, m->neffects + 1);
    struct eplan *plans = x->t->marks[t->index];
    for (size_t i = 0; i < mark; i++) {
        plans += t->marks[i].neffects;
    }
    const struct law **laws = arena_array(a, const struct law *, m->neffects + 1);
    for (size_t i = 0; i < m->neffects; i++) {
        list[i] = &m->effects[i];
        laws[i] = x->t->def->law;
    }
    return (struct effect_list){.list = list,
                                .plans = plans,
                                .n = m->neffects,
                                .laws = laws,
                                .of = str_fmt(a, "term:%.*s/%zu", STR_ARG(t->key), mark)};
}
