#include "engine/calendar.h"

#include "base/clock.h"
#include "engine/calendar_held.h"
#include "engine/engine_int.h"
#include "engine/refusal_int.h"
#include "engine/write.h"

enum { YEARS_AHEAD = 10 };

int64_t calendar_day_of(const struct model *m, int64_t ms)
{
    return clock_day_at(ms, m ? m->zone_minutes : 0);
}

int64_t calendar_day_start(const struct model *m, int64_t d)
{
    return clock_day_start(d, m ? m->zone_minutes : 0);
}

static int month_len(int year, int month)
{
    int64_t next = month == 12 ? clock_day(year + 1, 1, 1) : clock_day(year, month + 1, 1);
    return (int)(next - clock_day(year, month, 1));
}

/* --- moving moments ---------------------------------------------------------------- */

static err outside(void)
{
    return err_make(ERR_VALUE, STR("outside the calendar"));
}

static err one(const struct ctx *ctx, struct sql sql, struct db_args args, int64_t *ret)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, sql, args, &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r) || rows_null(&r, 0)) {
        return outside();
    }
    *ret = rows_i64(&r, 0);
    return OK;
}

/* Working ms that have run by a moment. */
static err worked(const struct ctx *ctx, int64_t at, int64_t *ret)
{
    const struct calendar_held *c;
    err e = calendar_hold(ctx, &c);
    if (e.code) {
        return e;
    }
    if (c) {
        int64_t i = held_span_at(c, at);
        if (i < 0) {
            return outside();
        }
        const struct held_span *s = &c->spans[i];
        *ret = s->before + (s->end < at ? s->end : at) - s->start;
        return OK;
    }
    return one(ctx, SQL(CALENDAR_WORKED("$1")), ARGS(db_i64(at)), ret);
}

err calendar_working(const struct ctx *ctx, int64_t from, int64_t to, int64_t *ret)
{
    int64_t a = 0, b = 0;
    err e = worked(ctx, from, &a);
    if (!e.code) {
        e = worked(ctx, to, &b);
    }
    *ret = b - a;
    return e;
}

static err shift_working(const struct ctx *ctx, int64_t from, int64_t n, int64_t *ret)
{
    if (n == 0) {
        *ret = from;
        return OK;
    }
    int64_t w = 0;
    err e = worked(ctx, from, &w);
    if (e.code) {
        return e;
    }
    const struct calendar_held *c;
    e = calendar_hold(ctx, &c);
    if (e.code) {
        return e;
    }
    if (c) {
        int64_t i = held_span_before(c, w + n, n < 0);
        *ret = i < 0 ? 0 : c->spans[i].start + (w + n - c->spans[i].before);
        return i < 0 || *ret > c->spans[i].end ? outside() : OK; /* behind the last one */
    }
    struct sql sql = n > 0 ? SQL("select case when s.start_ms + ($1 - s.before_ms) <= s.end_ms"
                                 " then s.start_ms + ($1 - s.before_ms) end from calendar_span s"
                                 " where s.before_ms < $1 order by s.before_ms desc limit 1")
                           : SQL("select s.start_ms + ($1 - s.before_ms) from calendar_span s"
                                 " where s.before_ms <= $1 order by s.before_ms desc limit 1");
    return one(ctx, sql, ARGS(db_i64(w + n)), ret);
}

static err shift_months(int64_t day, int64_t n, int64_t *ret)
{
    struct clock_civil c = clock_civil_day(day);
    if (n < -120000 || n > 120000) {
        return err_make(ERR_VALUE, STR("outside the calendar"));
    }
    int64_t index = (int64_t)c.year * 12 + (c.month - 1) + n;
    int year = (int)(index / 12);
    int month = (int)(index % 12) + 1;
    if (year < 1 || year > 9998) {
        return err_make(ERR_VALUE, STR("outside the calendar"));
    }
    int last = month_len(year, month);
    *ret = clock_day(year, month, c.day < last ? c.day : last);
    return OK;
}

/* The first day whose running number is that of `day` and `n` more. */
static err workday_from(const struct ctx *ctx, int64_t day, int64_t n, int64_t *ret)
{
    const struct calendar_held *c;
    err e = calendar_hold(ctx, &c);
    if (e.code) {
        return e;
    }
    if (c) {
        bool known = day >= c->first_day && day < c->first_day + c->ndays;
        return known && held_workday(c, c->workdays[day - c->first_day] + n, ret) ? OK : outside();
    }
    return one(ctx,
               SQL("select d.day from calendar d where d.workday ="
                   " (select c.workday + $2 from calendar c where c.day = $1)"
                   " order by d.day limit 1"),
               ARGS(db_i64(day), db_i64(n)), ret);
}

/* The first moment after the n-th working day following `day`. */
static err after_workdays(const struct ctx *ctx, int64_t day, int64_t n, int64_t *ret)
{
    int64_t last = 0;
    err e = workday_from(ctx, day, n, &last);
    *ret = calendar_day_start(ctx->model, last + 1);
    return e;
}

static err before_workdays(const struct ctx *ctx, int64_t moment, int64_t n, int64_t *ret)
{
    int64_t first = 0;
    err e = workday_from(ctx, calendar_day_of(ctx->model, moment - 1), 1 - n, &first);
    *ret = calendar_day_start(ctx->model, first);
    return e;
}

err calendar_shift(const struct ctx *ctx, int64_t from, enum vkind kind, int64_t n, int64_t *ret)
{
    int64_t day = calendar_day_of(ctx->model, from);
    int64_t in_day = from - calendar_day_start(ctx->model, day);
    if (kind == V_WORKHOURS) {
        return shift_working(ctx, from, n, ret);
    }
    if (kind == V_WORKDAYS && n > 0) {
        return after_workdays(ctx, day, n, ret);
    }
    if (kind == V_WORKDAYS && n < 0) {
        return before_workdays(ctx, from, -n, ret);
    }
    if (kind == V_DAYS) {
        *ret = calendar_day_start(ctx->model, day + n) + in_day;
    } else if (kind == V_MONTHS) {
        int64_t last = day;
        err e = shift_months(day, n, &last);
        *ret = calendar_day_start(ctx->model, last) + in_day;
        return e;
    } else if (kind == V_WORKDAYS) {
        *ret = from;
    } else {
        *ret = from + n;
    }
    return OK;
}

err calendar_due(const struct ctx *ctx, int64_t from, enum vkind kind, int64_t n, int64_t *ret)
{
    int64_t day = calendar_day_of(ctx->model, from);
    if (kind == V_WORKDAYS) {
        return after_workdays(ctx, day, n, ret);
    }
    if (kind == V_DAYS || kind == V_MONTHS) {
        int64_t last = day + n;
        err e = kind == V_MONTHS ? shift_months(day, n, &last) : OK;
        *ret = calendar_day_start(ctx->model, last + 1);
        return e;
    }
    return calendar_shift(ctx, from, kind, n, ret);
}

/* --- the tables ------------------------------------------------------------------------- */

struct span {
    int64_t from, to; /* ms of the day */
};
struct week {
    bool works[8]; /* 1: Monday */
    struct span spans[8];
    int nspans;
};

static bool read_clock(str s, int64_t *ret)
{
    str minutes;
    str hours = str_cut(s, ':', &minutes);
    int64_t h = 0, m = 0;
    if (!str_to_i64(hours, &h) || !str_to_i64(minutes, &m) || h < 0 || h > 24 || m < 0 || m > 59) {
        return false;
    }
    *ret = (h * 60 + m) * CLOCK_MINUTE;
    return *ret <= CLOCK_DAY;
}

static void read_spans(str text, struct week *w)
{
    for (str rest = text; rest.ptr && rest.len && w->nspans < 8;) {
        str one_span = str_cut(rest, ' ', &rest);
        str to;
        str from = str_cut(one_span, '-', &to);
        struct span s = {0};
        if (read_clock(from, &s.from) && read_clock(to, &s.to) && s.from < s.to &&
            (w->nspans == 0 || w->spans[w->nspans - 1].to <= s.from)) {
            w->spans[w->nspans++] = s;
        }
    }
}

static struct week read_week(const struct model *m)
{
    str days = STR("1 2 3 4 5");
    str hours = STR("08:30-12:00 13:30-17:30");
    if (m->calendar_day) {
        const struct law *law = m->calendar_day->newest->law;
        const struct setting *s = law_setting(law, STR("calendar.week"));
        days = s && s->text.len ? s->text : days;
        s = law_setting(law, STR("calendar.hours"));
        hours = s && s->text.len ? s->text : hours;
    }
    struct week w = {0};
    for (size_t i = 0; i < days.len; i++) {
        if (days.ptr[i] >= '1' && days.ptr[i] <= '7') {
            w.works[days.ptr[i] - '0'] = true;
        }
    }
    read_spans(hours, &w);
    return w;
}

/* Days that differ: an array over the days, -1 where nothing is said. */
static err read_days(const struct ctx *ctx, signed char *kinds, int64_t first, int64_t n)
{
    const struct type *t = ctx->model->calendar_day;
    if (!t) {
        return OK;
    }
    const struct field *kind = tdef_field(t->newest, STR("kind"));
    const struct choice_key *works = kind ? field_choice(kind, STR("workday")) : NULL;
    const struct state *active = tdef_state(t->newest, STR("active"));
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select f_day, f_kind from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where (state = $1 or $1 < 0) and f_day >= $2 and f_day < $3 order by f_day");
    struct batch *q = batch_begin(ctx->db, ctx->arena);
    int place =
        batch_add(q, sqlb_end(&b),
                  ARGS(db_i64(active ? active->code : -1), db_i64(first), db_i64(first + n)));
    err e = batch_run(q);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(q, place);
    while (rows_next(&r)) {
        kinds[rows_i64(&r, 0) - first] = works && rows_i64(&r, 1) == works->code;
    }
    return OK;
}

struct filling {
    const struct ctx *ctx;
    struct batch *days, *spans;
    struct db_arg day_args[40 * 7], span_args[40 * 3];
    int ndays, nspans;
};

/* Rows go in by forty to a statement: three texts in all, whatever the years. */
static struct sql many(const struct ctx *ctx, const char *head, int cols, int rows)
{
    struct sqlb b = sqlb_make(ctx->arena);
    if (head[0] == 'd') {
        SQLB_LIT(&b, "insert into calendar(day, start_ms, month, dom, \"last\", workday, working)"
                     " values ");
    } else {
        SQLB_LIT(&b, "insert into calendar_span(start_ms, end_ms, before_ms) values ");
    }
    for (int i = 0; i < rows; i++) {
        SQLB_LIT(&b, "(");
        for (int c = 0; c < cols; c++) {
            sqlb_param(&b, i * cols + c + 1);
            if (c + 1 < cols) {
                SQLB_LIT(&b, ", ");
            }
        }
        SQLB_LIT(&b, ")");
        if (i + 1 < rows) {
            SQLB_LIT(&b, ", ");
        }
    }
    return sqlb_end(&b);
}

static err put_days(struct filling *f)
{
    struct batch *b = batch_begin(f->ctx->db, f->ctx->arena);
    if (f->ndays) {
        batch_add(b, many(f->ctx, "days", 7, f->ndays),
                  (struct db_args){.ptr = f->day_args, .len = f->ndays * 7});
    }
    if (f->nspans) {
        batch_add(b, many(f->ctx, "spans", 3, f->nspans),
                  (struct db_args){.ptr = f->span_args, .len = f->nspans * 3});
    }
    f->ndays = f->nspans = 0;
    return batch_run(b);
}

static err fill(struct filling *f, const struct week *w, const signed char *kinds, int64_t first,
                int64_t n)
{
    int64_t workday = 0, worked_ms = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t day = first + i;
        struct clock_civil c = clock_civil_day(day);
        int64_t start = calendar_day_start(f->ctx->model, day);
        bool works = kinds[i] >= 0 ? kinds[i] == 1 : w->works[c.weekday];
        workday += works;
        struct db_arg row[7] = {db_i64(day),
                                db_i64(start),
                                db_i64((int64_t)(c.year - 1970) * 12 + c.month - 1),
                                db_i64(c.day),
                                db_i64(month_len(c.year, c.month)),
                                db_i64(workday),
                                db_i64(works)};
        memcpy(f->day_args + (size_t)f->ndays++ * 7, row, sizeof(row));
        for (int s = 0; works && s < w->nspans; s++) {
            struct db_arg span[3] = {db_i64(start + w->spans[s].from),
                                     db_i64(start + w->spans[s].to), db_i64(worked_ms)};
            memcpy(f->span_args + (size_t)f->nspans++ * 3, span, sizeof(span));
            worked_ms += w->spans[s].to - w->spans[s].from;
        }
        if (f->ndays == 40 || f->nspans + 8 > 40 || i + 1 == n) {
            err e = put_days(f);
            if (e.code) {
                return e;
            }
        }
    }
    return OK;
}

err calendar_rebuild(const struct ctx *ctx)
{
    int year = clock_civil_day(calendar_day_of(ctx->model, ctx->now)).year;
    int64_t first = clock_day(2010, 1, 1);
    int64_t n = clock_day((year < 2010 ? 2010 : year) + YEARS_AHEAD, 12, 31) - first + 1;
    signed char *kinds = arena_array(ctx->arena, signed char, (size_t)n);
    memset(kinds, -1, (size_t)n);
    err e = read_days(ctx, kinds, first, n);
    if (e.code) {
        return e;
    }
    struct week w = read_week(ctx->model);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b, SQL("delete from calendar"), NO_ARGS);
    batch_add(b, SQL("delete from calendar_span"), NO_ARGS);
    e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct filling *f = arena_new(ctx->arena, struct filling);
    f->ctx = ctx;
    e = fill(f, &w, kinds, first, n);
    return e.code ? e : calendar_stamp(ctx);
}

err calendar_extend(const struct ctx *ctx)
{
    struct rows r;
    int year = clock_civil_day(calendar_day_of(ctx->model, ctx->now)).year;
    err e = db_query(ctx->db, ctx->arena, SQL("select max(day) from calendar"), NO_ARGS, &r);
    bool ends = !e.code && rows_next(&r) && !rows_null(&r, 0) &&
                rows_i64(&r, 0) < clock_day(year + YEARS_AHEAD, 12, 31);
    return ends ? calendar_rebuild(ctx) : e;
}

static err is_empty(struct db *db, struct arena *a, bool *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select 1 from calendar limit 1"), NO_ARGS, &r);
    *ret = !e.code && !rows_count(&r);
    return e;
}

static err fill_empty(void *arg, struct db *db, struct arena *a)
{
    struct engine *e = arg;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, engine_now(e), 0, LANG_ZH);
    bool empty;
    err x = is_empty(db, a, &empty);
    return x.code || !empty ? x : calendar_rebuild(&ctx);
}

err calendar_fill(struct engine *e)
{
    return engine_write(e, fill_empty, e);
}

/* Working time of the day that begins at `start` comes or goes. */
static void mend_spans(struct batch *b, const struct week *w, int64_t start, bool works)
{
    int64_t total = 0;
    for (int i = 0; i < w->nspans; i++) {
        total += w->spans[i].to - w->spans[i].from;
    }
    batch_add(b, SQL("delete from calendar_span where start_ms >= $1 and start_ms < $2"),
              ARGS(db_i64(start), db_i64(start + CLOCK_DAY)));
    batch_add(b, SQL("update calendar_span set before_ms = before_ms + $2 where start_ms >= $1"),
              ARGS(db_i64(start), db_i64(works ? total : -total)));
    for (int i = 0; works && i < w->nspans; i++) {
        batch_add(b,
                  SQL("insert into calendar_span(start_ms, end_ms, before_ms) select $1, $2,"
                      " coalesce((select s.before_ms + s.end_ms - s.start_ms from calendar_span s"
                      " where s.start_ms < $1 order by s.start_ms desc limit 1), 0)"),
                  ARGS(db_i64(start + w->spans[i].from), db_i64(start + w->spans[i].to)));
    }
}

err calendar_mend(const struct ctx *ctx, int64_t day)
{
    signed char kind = -1;
    struct rows r;
    err e = read_days(ctx, &kind, day, 1);
    if (!e.code) {
        e = db_query(ctx->db, ctx->arena, SQL("select working from calendar where day = $1"),
                     ARGS(db_i64(day)), &r);
    }
    if (e.code || !rows_next(&r)) {
        return e; /* outside the calendar's years, or before it is filled */
    }
    struct week w = read_week(ctx->model);
    int wd = (int)((day + 3) % 7) + 1;
    bool works = kind >= 0 ? kind == 1 : w.works[wd];
    if (works == (rows_i64(&r, 0) != 0)) {
        return OK;
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b, SQL("update calendar set workday = workday + $2 where day >= $1"),
              ARGS(db_i64(day), db_i64(works ? 1 : -1)));
    batch_add(b, SQL("update calendar set working = $2 where day = $1"),
              ARGS(db_i64(day), db_i64(works)));
    mend_spans(b, &w, calendar_day_start(ctx->model, day), works);
    e = batch_run(b);
    return e.code ? e : calendar_stamp(ctx);
}

struct calendar_days calendar_days_ask(const struct ctx *ctx, int64_t first, int n)
{
    struct calendar_days q = {.b = batch_begin(ctx->db, ctx->arena), .first = first, .n = n};
    q.place = batch_add(q.b, SQL("select day, working from calendar where day >= $1 and day < $2"),
                        ARGS(db_i64(first), db_i64(first + n)));
    batch_ride(q.b);
    return q;
}

err calendar_days_read(const struct calendar_days *q, bool *worked)
{
    err e = batch_join(q->b);
    struct rows r = {0};
    if (!e.code) {
        r = batch_rows(q->b, q->place);
    }
    while (!e.code && rows_next(&r)) {
        int64_t at = rows_i64(&r, 0) - q->first;
        if (at >= 0 && at < q->n) {
            worked[at] = rows_i64(&r, 1) != 0;
        }
    }
    return e;
}

err calendar_units(const struct ctx *ctx)
{
    const struct type *t = ctx->model->unit;
    if (!t) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "insert into unit_above(unit, above) with recursive up(unit, above, depth) as ("
                 "select id, id, 0 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " union select up.unit, u.f_parent, up.depth + 1 from up join ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " u on u.id = up.above where u.f_parent is not null and up.depth < 64)"
                 " select distinct unit, above from up");
    struct batch *q = batch_begin(ctx->db, ctx->arena);
    batch_add(q, SQL("delete from unit_above"), NO_ARGS);
    batch_add(q, sqlb_end(&b), NO_ARGS);
    return batch_run(q);
}

err calendar_unit_cycle(const struct ctx *ctx, const struct clause *clause)
{
    const struct type *t = ctx->model->unit;
    struct rows r;
    struct sqlb c = sqlb_make(ctx->arena);
    SQLB_LIT(&c, "select u.id from ");
    sqlb_ident(&c, t->table);
    SQLB_LIT(&c, " u, unit_above a where u.f_parent is not null and a.unit = u.f_parent"
                 " and a.above = u.id limit 1");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&c), NO_ARGS, &r);
    if (e.code || !rows_count(&r)) {
        return e;
    }
    return refuse(ctx->arena, ERR_RULE, REFUSED_RULE, clause,
                  WORDS("一个部门不能是自己的上级。", "A unit cannot stand above itself."),
                  WORDS("请另选上级部门。", "Choose another unit above it."));
}
