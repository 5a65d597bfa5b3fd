/* duty_history.c - occurrences counted by article, post and person. */
#include "engine/duty_history.h"

#include "engine/calendar.h"
#include "engine/duty_sum.h"
#include "engine/record_load.h"

#include <stdlib.h>

int64_t duty_year_first(const struct ctx *ctx)
{
    return ctx->today - DUTY_YEAR_DAYS;
}

int64_t duty_year_since(const struct ctx *ctx)
{
    return calendar_day_start(ctx->model, duty_year_first(ctx));
}

/* --- which are meant ------------------------------------------------------------------------ */

/* The same post of the same regulation: called the same. */
static bool same_post(const struct ctx *ctx, const struct ddef *a, const struct ddef *b)
{
    return a == b || (a->duty->reg == b->duty->reg &&
                      str_eq(duty_owner_words(ctx, a), duty_owner_words(ctx, b)));
}

bool duty_meant(const struct ctx *ctx, const struct duty_of *of, const struct duty *d)
{
    const struct ddef *def = duty_def(d);
    return def && (!of->duty || of->duty == d) && (!of->reg || of->reg == d->reg) &&
           (!of->clause.len || str_eq(of->clause, def->clause->id)) &&
           (!of->post || (duty_def(of->post) && same_post(ctx, def, duty_def(of->post))));
}

size_t duty_list(const struct ctx *ctx, const struct duty_of *of, const struct duty ***ret)
{
    const struct model *m = ctx->model;
    size_t n = 0;
    *ret = arena_array(ctx->arena, const struct duty *, m->nduties + 1);
    for (size_t i = 0; i < m->nduties; i++) {
        if (duty_meant(ctx, of, m->duties[i])) {
            (*ret)[n++] = m->duties[i];
        }
    }
    return n;
}

str duty_owner_table(struct arena *a, const struct model *m)
{
    return str_fmt(a, "l_%.*s__owner", STR_ARG(m->duty_run->key));
}

/* "name = $n", with its argument. */
static void put_is(struct sqlb *b, struct sql name, struct db_arg value, struct db_arg *args,
                   int *n)
{
    SQLB_LIT(b, " and ");
    sqlb_sql(b, name);
    sqlb_param(b, *n + 4);
    args[(*n)++] = value;
}

/* " and r.f_duty is one of those", in statements of few lengths. */
static void put_list(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     struct db_arg *args, int *n)
{
    const struct duty **list;
    size_t len = duty_list(ctx, of, &list);
    size_t width = 1;
    while (width < len) {
        width *= 2;
    }
    SQLB_LIT(b, " and r.f_duty in (");
    for (size_t i = 0; i < width; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_param(b, *n + 4);
        args[(*n)++] = i < len ? db_text(list[i]->key) : db_null_text();
    }
    SQLB_LIT(b, ")");
}

void duty_put_whose(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of, str owners,
                    struct db_arg *args, int *n)
{
    if (of->duty || of->reg || of->clause.len || of->post) {
        put_list(ctx, b, of, args, n);
    }
    if (of->by_unit) {
        put_is(b, SQL("coalesce(r.unit, 0) = "), db_i64(of->unit), args, n);
    }
    if (of->doer) {
        put_is(b, SQL("r.f_doer = "), db_i64(of->doer), args, n);
    }
    if (!of->by_owner) {
        return;
    }
    if (of->owner) {
        SQLB_LIT(b, " and exists(select 1 from ");
    } else {
        SQLB_LIT(b, " and not exists(select 1 from ");
    }
    sqlb_ident(b, owners);
    SQLB_LIT(b, " o where o.owner = r.id");
    if (of->owner) {
        put_is(b, SQL("o.target = "), db_i64(of->owner), args, n);
    }
    SQLB_LIT(b, ")");
}

void duty_put_window(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     struct db_arg *args, int *n)
{
    const struct model *m = ctx->model;
    if (of->from) {
        put_is(b, SQL("r.f_begins >= "), db_i64(calendar_day_start(m, of->from)), args, n);
    }
    if (of->end) {
        put_is(b, SQL("r.f_begins < "), db_i64(calendar_day_start(m, of->end)), args, n);
    }
}

void duty_put_of(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                 struct db_arg *args, int *n)
{
    duty_put_whose(ctx, b, of, duty_owner_table(ctx->arena, ctx->model), args, n);
    duty_put_window(ctx, b, of, args, n);
}

/* --- asking ------------------------------------------------------------------------------- */

/* "case r.f_duty when key then post .. end" */
static void put_post(struct sqlb *b, const struct duty_history_asked *q)
{
    SQLB_LIT(b, "case r.f_duty");
    for (size_t i = 0; i < q->n; i++) {
        SQLB_LIT(b, " when ");
        sqlb_text(b, q->list[i]->key);
        SQLB_LIT(b, " then ");
        sqlb_i64(b, q->posts[i]);
    }
    SQLB_LIT(b, " end");
}

/* w: those meant, the newest of them; s: of these what may be seen. */
static void put_seen(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     struct db_arg *args, int *n)
{
    SQLB_LIT(b, "with w as materialized (select r.* from ");
    sqlb_ident(b, ctx->model->duty_run->table);
    SQLB_LIT(b, " r where r.f_begins is not null");
    duty_put_of(ctx, b, of, args, n);
    SQLB_LIT(b, " order by r.f_begins desc limit ");
    sqlb_i64(b, DUTY_LOOKED_MAX + 1);
    SQLB_LIT(b, "), s as materialized (select r.id as id, r.f_duty as f_duty, r.state as state,"
                " r.f_due as f_due, r.f_doer as f_doer, 1 as n, 0 as kept from w r where ");
    load_visible(ctx, b, ctx->model->duty_run);
    SQLB_LIT(b, ")");
}

/* The same of what is counted by kind, and of what waits.  A kind stands for its occurrences, and
 * the people of kinds for theirs, by the same names: so what is asked of an occurrence can be
 * asked of a kind. */
static void put_kept(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     struct db_arg *args, int *n)
{
    const struct model *m = ctx->model;
    SQLB_LIT(b, "with w as materialized (select r.*, s.n as n from ");
    duty_sum_put_kinds(b);
    SQLB_LIT(b, " join");
    duty_sum_put(b, of->from ? calendar_day_start(m, of->from) : 0,
                 of->end ? calendar_day_start(m, of->end) : 0, args, n);
    SQLB_LIT(b, "s on s.kind = r.id where 1 = 1");
    int whose = *n; /* asked once more below, by the same arguments */
    duty_put_whose(ctx, b, of, STR("duty_person"), args, n);
    SQLB_LIT(b, "), s as materialized (select * from (");
    duty_sum_put_links(ctx, b);
    SQLB_LIT(b, "select r.id as id,"
                " r.f_duty as f_duty, r.state as state, r.f_due as f_due, r.f_doer as f_doer,"
                " r.n as n, 1 as kept from w r where ");
    load_visible(ctx, b, m->duty_run);
    SQLB_LIT(b, ") v union all select r.id, r.f_duty, r.state, r.f_due, r.f_doer, 1, 0 from ");
    sqlb_ident(b, m->duty_run->table);
    SQLB_LIT(b, " r where");
    duty_sum_put_waiting(b, m);
    SQLB_LIT(b, " and r.f_begins is not null");
    duty_put_whose(ctx, b, of, duty_owner_table(ctx->arena, ctx->model), args, &whose);
    duty_put_window(ctx, b, of, args, n);
    SQLB_LIT(b, " and (");
    load_visible(ctx, b, m->duty_run);
    SQLB_LIT(b, "))");
}

/* What each owed: of occurrences, or of kinds. */
static void put_held(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of, bool kept,
                     const struct duty_history_asked *q, struct db_arg *args, int *n)
{
    SQLB_LIT(b, "select ");
    put_post(b, q);
    SQLB_LIT(b, " as post, coalesce(held.target, 0) as person, r.state as state, r.f_due as f_due,"
                " r.n as n, 0 as did from s r left join ");
    sqlb_ident(b, kept ? STR("duty_person") : duty_owner_table(ctx->arena, ctx->model));
    SQLB_LIT(b, " held on held.owner = r.id where r.kept = ");
    sqlb_i64(b, kept);
    if (of->by_owner && of->owner) { /* not those who owe it with him */
        put_is(b, SQL("held.target = "), db_i64(of->owner), args, n);
    }
}

/* What each owed, and besides it what each did: post, person, state, due, n, how many he did. */
static void put_owed(const struct ctx *ctx, struct sqlb *b, const struct duty_of *of,
                     const struct duty_history_asked *q, struct db_arg *args, int *n)
{
    put_held(ctx, b, of, false, q, args, n);
    if (q->kept) {
        SQLB_LIT(b, " union all ");
        put_held(ctx, b, of, true, q, args, n);
    }
    SQLB_LIT(b, " union all select ");
    put_post(b, q);
    SQLB_LIT(b, ", r.f_doer, -1, 0, 0, r.n from s r where r.f_doer is not null");
    if (of->by_owner) {
        put_is(b, SQL("r.f_doer = "), db_i64(of->owner), args, n);
    }
}

/* duty, post, person, figures, how many he did, pairs there are, name.  Of a duty: post -1; how
 * many were looked at, as pairs: post -2. */
static struct sql history_sql(const struct ctx *ctx, const struct duty_of *of,
                              const struct duty_history_asked *q, struct db_arg *args, int *n)
{
    struct sqlb b = sqlb_make(ctx->arena);
    if (q->kept) {
        put_kept(ctx, &b, of, args, n);
    } else {
        put_seen(ctx, &b, of, args, n);
    }
    SQLB_LIT(&b, " select g.*, (select r.name from ");
    sqlb_ident(&b, ctx->model->person->table);
    SQLB_LIT(&b, " r where r.id = g.person and (");
    load_visible(ctx, &b, ctx->model->person);
    SQLB_LIT(&b, ")) from (select r.f_duty as duty, -1 as post, -1 as person");
    duty_put_figures(&b, ctx->model);
    SQLB_LIT(&b, ", 0 as did, 0 as pairs from s r group by r.f_duty union all"
                 " select '', -2, -2, 0, 0, 0, 0, 0, 0, 0, (select count(*) from w) union all"
                 " select h.* from (select '' as duty, r.post, r.person");
    duty_put_figures(&b, ctx->model);
    SQLB_LIT(&b, ", cast(sum(r.did) as bigint) as did, count(*) over () as pairs from (");
    put_owed(ctx, &b, of, q, args, n);
    SQLB_LIT(&b, ") r where r.post is not null group by r.post, r.person"
                 " order by 7 desc, 6 desc, 5 desc, 3 limit ");
    sqlb_i64(&b, DUTY_HOLDERS_MAX);
    SQLB_LIT(&b, ") h) g order by 2, 7 desc, 6 desc, 5 desc, 3");
    return sqlb_end(&b);
}

/* Which of them one post owes. */
static void put_posts(const struct ctx *ctx, struct duty_history_asked *q)
{
    q->posts = arena_array(ctx->arena, int, q->n + 1);
    for (size_t i = 0; i < q->n; i++) {
        size_t k = 0;
        while (k < i && !same_post(ctx, duty_def(q->list[i]), duty_def(q->list[k]))) {
            k++;
        }
        q->posts[i] = k < i ? q->posts[k] : (int)q->nposts++;
    }
}

static void want_names(const struct ctx *ctx, const struct duty_of *of, struct names *names)
{
    const struct model *m = ctx->model;
    if (of->by_unit && of->unit && m->unit) {
        names_want(names, m->unit, of->unit);
    }
    if (of->by_owner && of->owner) {
        names_want(names, m->person, of->owner);
    }
    if (of->doer) {
        names_want(names, m->person, of->doer);
    }
}

struct duty_history_asked duty_history_ask(const struct ctx *ctx, const struct duty_of *of)
{
    struct duty_history_asked q = {0};
    if (!ctx->model->duty_run || !ctx->model->person) {
        return q;
    }
    q.n = duty_list(ctx, of, &q.list);
    put_posts(ctx, &q);
    if (!q.n) {
        return q;
    }
    q.kept = duty_sum_sees(ctx);
    struct db_arg *args = arena_array(ctx->arena, struct db_arg, 2 * DUTY_OF_ARGS);
    int n = 0;
    q.b = batch_begin(ctx->db, ctx->arena);
    struct sql sql = history_sql(ctx, of, &q, args, &n);
    q.figures = batch_add(q.b, sql, ctx_args(ctx, args, n));
    q.names = names_begin(ctx);
    want_names(ctx, of, q.names);
    names_ask(q.names, q.b);
    batch_ride(q.b);
    return q;
}

/* --- reading ------------------------------------------------------------------------------- */

static void add_counts(struct duty_counts *to, const struct duty_counts *c)
{
    to->waiting += c->waiting;
    to->overdue += c->overdue;
    to->done += c->done;
    to->late += c->late;
    to->missed += c->missed;
    to->dropped += c->dropped;
}

static int worse(const struct duty_counts *a, const struct duty_counts *b)
{
    int64_t by = b->missed - a->missed;
    by = by ? by : b->late - a->late;
    by = by ? by : b->done - a->done;
    return by ? (by < 0 ? -1 : 1) : 0;
}

static int post_order(const void *x, const void *y)
{
    const struct duty_post *a = x;
    const struct duty_post *b = y;
    int by = worse(&a->counts, &b->counts);
    return by ? by : a->def->duty->code - b->def->duty->code;
}

static int article_order(const void *x, const void *y)
{
    const struct duty_article *a = x;
    const struct duty_article *b = y;
    int by = str_cmp(a->clause->law->reg->key, b->clause->law->reg->key);
    return by ? by : a->clause->order - b->clause->order;
}

static struct duty_article *article_of(const struct ctx *ctx, struct duty_history *h,
                                       const struct clause *c, size_t most)
{
    for (size_t i = 0; i < h->articles.len; i++) {
        if (h->articles.ptr[i].clause == c) {
            return &h->articles.ptr[i];
        }
    }
    struct duty_article *a = &h->articles.ptr[h->articles.len++];
    *a = (struct duty_article){.clause = c,
                               .duties = {arena_array(ctx->arena, const struct ddef *, most), 0}};
    return a;
}

/* Articles and posts, with what came of each. */
static void put_duties(const struct ctx *ctx, const struct duty_history_asked *q,
                       const struct duty_counts *by_code, struct duty_history *h)
{
    h->articles.ptr = arena_array(ctx->arena, struct duty_article, q->n);
    h->posts.ptr = arena_array(ctx->arena, struct duty_post, q->nposts);
    h->posts.len = q->nposts;
    for (size_t i = 0; i < q->n; i++) {
        const struct ddef *def = duty_def(q->list[i]);
        const struct duty_counts *c = &by_code[q->list[i]->code];
        struct duty_article *a = article_of(ctx, h, def->clause, q->n);
        struct duty_post *p = &h->posts.ptr[q->posts[i]];
        a->duties.ptr[a->duties.len++] = def;
        p->def = p->def ? p->def : def;
        add_counts(&a->counts, c);
        add_counts(&p->counts, c);
        add_counts(&h->counts, c);
    }
}

/* In order of their posts; what is of no post stands before. */
static void take_figures(const struct ctx *ctx, const struct duty_history_asked *q,
                         struct duty_history *h)
{
    struct rows r = batch_rows(q->b, q->figures);
    struct duty_counts *by_code = arena_array(ctx->arena, struct duty_counts, ctx->model->nduties);
    struct duty_holder *list =
        arena_array(ctx->arena, struct duty_holder, (size_t)rows_count(&r) + 1);
    bool done = false;
    for (size_t i = 0; rows_next(&r); i++) {
        int64_t post = rows_i64(&r, 1);
        const struct duty *d = post == -1 ? model_duty(ctx->model, rows_text(&r, 0)) : NULL;
        if (post == -2) {
            h->more = !q->kept && rows_i64(&r, 10) > DUTY_LOOKED_MAX;
        } else if (d) {
            by_code[d->code] = duty_take_figures(&r, 3);
        }
        if (post < 0) {
            continue;
        }
        if (!done) {
            put_duties(ctx, q, by_code, h);
            done = true;
        }
        struct duty_post *p = &h->posts.ptr[post];
        p->people.ptr = p->people.len ? p->people.ptr : &list[i];
        p->people.len++;
        list[i] = (struct duty_holder){.person = rows_i64(&r, 2),
                                       .counts = duty_take_figures(&r, 3),
                                       .did = rows_i64(&r, 9),
                                       .name = rows_text(&r, 11)};
        h->holders = rows_i64(&r, 10);
    }
    if (!done) {
        put_duties(ctx, q, by_code, h);
    }
}

static str name_of(const struct duty_history_asked *q, const struct type *t, int64_t id)
{
    struct record_ref none = {0};
    struct record_ref r = t && id ? names_get(q->names, t, id) : none;
    return r.visible ? r.name : STR("");
}

err duty_history_read(const struct ctx *ctx, const struct duty_of *of,
                      const struct duty_history_asked *q, struct duty_history *ret)
{
    *ret = (struct duty_history){0};
    err e = q->b ? batch_join(q->b) : OK;
    if (e.code || !q->b) {
        return e;
    }
    names_read(q->names, q->b);
    ret->unit = name_of(q, ctx->model->unit, of->by_unit ? of->unit : 0);
    ret->owner = name_of(q, ctx->model->person, of->by_owner ? of->owner : 0);
    ret->doer = name_of(q, ctx->model->person, of->doer);
    take_figures(ctx, q, ret);
    qsort(ret->posts.ptr, ret->posts.len, sizeof(ret->posts.ptr[0]), post_order);
    qsort(ret->articles.ptr, ret->articles.len, sizeof(ret->articles.ptr[0]), article_order);
    return OK;
}
