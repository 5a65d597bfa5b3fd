/* duty_sum.c - ended occurrences, counted by kind and time. */
#include "engine/duty_sum.h"

#include "engine/reading.h"

/* --- what is counted ------------------------------------------------------------------------ */

/* Who owes r, as one text. */
static void put_people(struct sqlb *b, enum db_kind kind, str table)
{
    if (kind == DB_SQLITE) {
        SQLB_LIT(b, "coalesce((select group_concat(o.target, ',') from (select l.target from ");
        sqlb_ident(b, table);
        SQLB_LIT(b, " l where l.owner = r.id order by l.target) o), '')");
    } else {
        SQLB_LIT(b, "coalesce((select string_agg(cast(l.target as text), ',' order by l.target)"
                    " from ");
        sqlb_ident(b, table);
        SQLB_LIT(b, " l where l.owner = r.id), '')");
    }
}

struct counting {
    struct db *db;
    struct arena *a;
    const struct model *m;
    int64_t record; /* 0: all */
};

static err run(const struct counting *k, struct sqlb *b)
{
    struct db_arg record = db_i64(k->record);
    struct db_args args = {&record, k->record ? 1 : 0};
    return db_queue(k->db, k->a, sqlb_end(b), args);
}

/* "(select ..) x": ended occurrences. */
static void put_ended(const struct counting *k, struct sqlb *b)
{
    SQLB_LIT(b, "(select r.id as record, r.f_duty as duty, r.state as state,"
                " coalesce(r.unit, 0) as unit, coalesce(r.f_unit, 0) as of_unit,"
                " coalesce(r.f_doer, 0) as doer, coalesce(r.f_about, 0) as about,"
                " r.f_begins as begins, ");
    put_people(b, db_kind(k->db), duty_owner_table(k->a, k->m));
    SQLB_LIT(b, " as people from ");
    sqlb_ident(b, k->m->duty_run->table);
    SQLB_LIT(b, " r where r.state <> ");
    sqlb_i64(b, duty_state_code(k->m, 0));
    SQLB_LIT(b, " and r.f_begins is not null and r.f_duty is not null");
    if (k->record) {
        SQLB_LIT(b, " and r.id = $1");
    }
    SQLB_LIT(b, ") x");
}

#define SAME_KIND                                                                   \
    "k.duty = x.duty and k.state = x.state and k.unit = x.unit and k.doer = x.doer" \
    " and k.of_unit = x.of_unit and k.people = x.people"

/* The writer is alone: the next number is nobody else's. */
static err put_kinds(const struct counting *k)
{
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_kind(id, duty, state, unit, of_unit, doer, people)"
                 " select (select coalesce(max(k.id), 0) from duty_kind k) + row_number() over"
                 " (order by y.duty, y.state, y.unit, y.of_unit, y.doer, y.people), y.duty,"
                 " y.state, y.unit, y.of_unit, y.doer, y.people from (select distinct x.duty,"
                 " x.state, x.unit, x.of_unit, x.doer, x.people from ");
    put_ended(k, &b);
    SQLB_LIT(&b, " where not exists (select 1 from duty_kind k where " SAME_KIND ")) y");
    err e = run(k, &b);
    b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_counted(record, kind, duty, about, begins)"
                 " select x.record, k.id, x.duty, x.about, x.begins from ");
    put_ended(k, &b);
    SQLB_LIT(&b, " join duty_kind k on " SAME_KIND);
    e = e.code ? e : run(k, &b);
    b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_person(owner, target) select distinct c.kind, l.target"
                 " from duty_counted c join ");
    sqlb_ident(&b, duty_owner_table(k->a, k->m));
    SQLB_LIT(&b, " l on l.owner = c.record where ");
    if (k->record) {
        SQLB_LIT(&b, "c.record = $1");
    } else {
        SQLB_LIT(&b, "1 = 1");
    }
    SQLB_LIT(&b, " on conflict do nothing");
    return e.code ? e : run(k, &b);
}

static void put_span(const struct counting *k, struct sqlb *b, int64_t span)
{
    SQLB_LIT(b, "select cast(");
    sqlb_i64(b, span);
    SQLB_LIT(b, " as bigint) as span, c.begins - c.begins % ");
    sqlb_i64(b, span);
    SQLB_LIT(b, " as from_ms, c.kind as kind from duty_counted c");
    if (k->record) {
        SQLB_LIT(b, " where c.record = $1");
    }
}

static err put_sums(const struct counting *k, bool less)
{
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_sum(span, from_ms, kind, n)"
                 " select z.span, z.from_ms, z.kind, ");
    if (less) {
        SQLB_LIT(&b, "-");
    }
    SQLB_LIT(&b, "count(*) from (");
    put_span(k, &b, DUTY_DAY_MS);
    SQLB_LIT(&b, " union all ");
    put_span(k, &b, DUTY_SPAN_MS);
    SQLB_LIT(&b, ") z where 1 = 1 group by z.span, z.from_ms, z.kind on conflict"
                 " (span, from_ms, kind) do update set n = duty_sum.n + excluded.n");
    return run(k, &b);
}

static void put_ends(struct sqlb *b, const struct model *m)
{
    for (int place = 1; place <= 3; place++) { /* done, late, missed */
        if (place > 1) {
            SQLB_LIT(b, ", ");
        }
        sqlb_i64(b, duty_state_code(m, place));
    }
}

/* --- of one, by the act that changes it --------------------------------------------------------
 */

static int64_t value(const struct touched *x, const struct cell *row, const char *field, str *text)
{
    const struct field *f = tdef_field(x->t->def, str_from(field));
    int col = f ? plan_col(x->t, f) : -1;
    bool there = col >= 0 && !row[col].null;
    if (text) {
        *text = there ? row[col].s : STR("");
    }
    return there ? row[col].i : 0;
}

/* Which one of the object ended last; found again, whatever it was. */
static err put_last(const struct counting *k, str duty, int64_t about)
{
    const struct db_arg args[] = {db_text(duty), db_i64(about)};
    err e = db_queue(k->db, k->a, SQL("delete from duty_last where duty = $1 and about = $2"),
                     (struct db_args){args, 2});
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_last(duty, about, begins, state) select c.duty, c.about,"
                 " c.begins, k.state from duty_counted c join duty_kind k on k.id = c.kind"
                 " where c.duty = $1 and c.about = $2 and k.state in (");
    put_ends(&b, k->m);
    SQLB_LIT(&b, ") order by c.begins desc, c.record desc limit 1");
    return e.code ? e : db_queue(k->db, k->a, sqlb_end(&b), (struct db_args){args, 2});
}

static bool ended(const struct cell *row, const struct model *m)
{
    return !row[COL_STATE].null && row[COL_STATE].i != duty_state_code(m, 0);
}

err duty_sum_touched(struct doing *d, const struct touched *x)
{
    const struct model *m = d->h->model;
    struct counting k = {.db = d->ctx->db, .a = d->a, .m = m, .record = x->id};
    bool was = x->t->type == m->duty_run && ended(x->old, m);
    bool is = x->t->type == m->duty_run && ended(x->now, m);
    str duty;
    str duty_was;
    err e = OK;
    if (!was && !is) {
        return OK;
    }
    int64_t about_was = value(x, x->old, "about", NULL);
    int64_t about = value(x, x->now, "about", NULL);
    value(x, x->old, "duty", &duty_was);
    value(x, x->now, "duty", &duty);
    if (was) {
        e = put_sums(&k, true);
        e = e.code ? e
                   : db_queue(k.db, k.a, SQL("delete from duty_counted where record = $1"),
                              ARGS(db_i64(x->id)));
    }
    if (is) {
        e = e.code ? e : put_kinds(&k);
        e = e.code ? e : put_sums(&k, false);
    }
    e = e.code ? e : put_last(&k, duty, about);
    bool moved = was && (about != about_was || !str_eq(duty, duty_was));
    return e.code || !moved ? e : put_last(&k, duty_was, about_was);
}

/* --- all of them ------------------------------------------------------------------------------ */

static err put_lasts(const struct counting *k)
{
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "insert into duty_last(duty, about, begins, state) select z.duty, z.about,"
                 " z.begins, z.state from (select c.duty as duty, c.about as about,"
                 " c.begins as begins, k.state as state, row_number() over (partition by c.duty,"
                 " c.about order by c.begins desc, c.record desc) as place from duty_counted c"
                 " join duty_kind k on k.id = c.kind and k.state in (");
    put_ends(&b, k->m);
    SQLB_LIT(&b, ")) z where z.place = 1");
    return run(k, &b);
}

err duty_sum_all(struct db *db, struct arena *a, const struct model *m)
{
    struct counting k = {.db = db, .a = a, .m = m};
    err e = db_queue(db, a, SQL("delete from duty_last"), NO_ARGS);
    e = e.code ? e : db_queue(db, a, SQL("delete from duty_sum"), NO_ARGS);
    e = e.code ? e : db_queue(db, a, SQL("delete from duty_counted"), NO_ARGS);
    if (m->duty_run) {
        e = e.code ? e : put_kinds(&k);
        e = e.code ? e : put_sums(&k, false);
        e = e.code ? e : put_lasts(&k);
    }
    return e.code ? e : db_flush(db, a);
}

static err counted(struct db *db, struct arena *a, bool *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select 1 from installation where key = 'duty_sums'"), NO_ARGS, &r);
    *ret = !e.code && rows_next(&r);
    return e;
}

err duty_sum_open(struct db *db, struct arena *a, const struct model *m)
{
    bool done;
    err e = counted(db, a, &done);
    if (e.code || done) {
        return e;
    }
    db_write_begin(db);
    e = engine_alone(db, a); /* another node may do it, or act */
    e = e.code ? e : counted(db, a, &done);
    if (!e.code && !done) {
        e = duty_sum_all(db, a, m);
        e = e.code ? e
                   : db_exec(db, a,
                             SQL("insert into installation(key, value) values ('duty_sums', '1')"),
                             NO_ARGS);
    }
    e = e.code ? e : db_commit(db, a);
    if (e.code) {
        db_rollback(db);
    }
    return e;
}

/* --- asking ----------------------------------------------------------------------------------- */

#define NO_END (1LL << 50) /* far behind the last year of any calendar */

static int64_t up(int64_t at, int64_t span)
{
    return (at + span - 1) / span * span;
}

static int64_t down(int64_t at, int64_t span)
{
    return at / span * span;
}

/* Parameter of the i-th edge. */
static void put_edge(struct sqlb *b, int first, int i)
{
    sqlb_param(b, first + i);
}

void duty_sum_put(struct sqlb *b, int64_t from, int64_t to, struct db_arg *args, int *n)
{
    enum { FROM, DAYS, SPANS, SPANS_END, DAYS_END, TO };
    int64_t at[DUTY_SUM_ARGS] = {[FROM] = from, [TO] = to ? to : NO_END};
    at[DAYS] = up(at[FROM], DUTY_DAY_MS);
    at[DAYS_END] = down(at[TO], DUTY_DAY_MS);
    if (at[DAYS] > at[DAYS_END]) { /* no whole day */
        at[DAYS] = at[DAYS_END] = at[TO];
    }
    at[SPANS] = up(at[DAYS], DUTY_SPAN_MS);
    at[SPANS_END] = down(at[DAYS_END], DUTY_SPAN_MS);
    if (at[SPANS] > at[SPANS_END]) {
        at[SPANS] = at[SPANS_END] = at[DAYS_END];
    }
    int first = *n + 4;
    for (int i = 0; i < DUTY_SUM_ARGS; i++) {
        args[(*n)++] = db_i64(at[i]);
    }
    const struct {
        int64_t span;
        int from, to;
    } parts[] = {{DUTY_SPAN_MS, SPANS, SPANS_END},
                 {DUTY_DAY_MS, DAYS, SPANS},
                 {DUTY_DAY_MS, SPANS_END, DAYS_END},
                 {0, FROM, DAYS},
                 {0, DAYS_END, TO}};
    SQLB_LIT(b, " (select q.kind as kind, cast(sum(q.n) as bigint) as n from (");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (i) {
            SQLB_LIT(b, " union all ");
        }
        if (parts[i].span) {
            SQLB_LIT(b, "select s.kind as kind, s.n as n from duty_sum s where s.span = ");
            sqlb_i64(b, parts[i].span);
            SQLB_LIT(b, " and s.from_ms >= ");
            put_edge(b, first, parts[i].from);
            SQLB_LIT(b, " and s.from_ms < ");
        } else {
            SQLB_LIT(b, "select s.kind, 1 from duty_counted s where s.begins >= ");
            put_edge(b, first, parts[i].from);
            SQLB_LIT(b, " and s.begins < ");
        }
        put_edge(b, first, parts[i].to);
    }
    SQLB_LIT(b, ") q group by q.kind having sum(q.n) <> 0) ");
}

void duty_sum_put_kinds(struct sqlb *b)
{
    SQLB_LIT(b,
             "(select k.id as id, k.duty as f_duty, k.state as state, cast(0 as bigint) as f_due,"
             " nullif(k.doer, 0) as f_doer, nullif(k.unit, 0) as unit,"
             " nullif(k.of_unit, 0) as f_unit from duty_kind k) r");
}

void duty_sum_put_links(const struct ctx *ctx, struct sqlb *b)
{
    SQLB_LIT(b, "with ");
    sqlb_ident(b, duty_owner_table(ctx->arena, ctx->model));
    SQLB_LIT(b, " as not materialized (select owner, target from duty_person) ");
}

void duty_sum_put_waiting(struct sqlb *b, const struct model *m)
{
    SQLB_LIT(b, " r.state = ");
    sqlb_i64(b, duty_state_code(m, 0));
    SQLB_LIT(b, " and r.f_duty in (");
    for (size_t i = 0; i < m->nduties; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_text(b, m->duties[i]->key);
    }
    SQLB_LIT(b, ")");
}

/* Columns that tell kinds apart. */
static bool told(const struct see_alt *x)
{
    static const char *const columns[] = {"unit", "f_unit", "f_doer"};
    if (x->kind == SEE_OTHER) {
        return str_eq(x->link, STR("owner"));
    }
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (x->kind == SEE_COLUMN && !x->rest.text.len && str_eq(x->column, str_from(columns[i]))) {
            return true;
        }
    }
    return x->kind == SEE_CONST;
}

bool duty_sum_sees(const struct ctx *ctx)
{
    const struct type *t = ctx->model->duty_run;
    const struct people *see = &t->newest->see;
    bool ret = !reading_windows(ctx, t) && !t->part_of;
    for (size_t i = 0; ret && see->tree && !see->everyone && i < see->nalts; i++) {
        ret = told(&see->alts[i]);
    }
    return ret && (!see->tree || see->everyone || see->nalts > 0);
}
