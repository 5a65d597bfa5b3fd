/* control_unit.c - the figures of controls by the unit of the record: what control_result says,
 * said of each unit. */
#include "engine/control_int.h"

#include <string.h>

void control_tally_put(struct control_tally *t, int verdict, int64_t by)
{
    t->n += verdict == VERDICT_OUT ? 0 : by;
    t->ok += verdict == VERDICT_OK ? by : 0;
    t->unknown += verdict == VERDICT_UNKNOWN ? by : 0;
    t->violation += verdict >= VERDICT_VIOLATION ? by : 0;
}

bool control_tally_any(const struct control_tally *t)
{
    return t->n || t->ok || t->violation || t->unknown;
}

static void grow(struct control_units *u, struct arena *a)
{
    u->room = u->room ? 2 * u->room : 64;
    struct control_unit *more = arena_array(a, struct control_unit, u->room);
    if (u->n) {
        memcpy(more, u->list, u->n * sizeof(more[0]));
    }
    u->list = more;
}

struct control_tally *control_units_at(struct control_units *u, struct arena *a, int64_t unit)
{
    size_t from = 0;
    size_t to = u->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (u->list[mid].unit == unit) {
            return u->list[mid].of;
        }
        from = u->list[mid].unit < unit ? mid + 1 : from;
        to = u->list[mid].unit < unit ? to : mid;
    }
    if (u->n == u->room) {
        grow(u, a);
    }
    struct control_tally *of = arena_array(a, struct control_tally, u->set->n);
    memset(of, 0, u->set->n * sizeof(of[0]));
    memmove(&u->list[from + 1], &u->list[from], (u->n - from) * sizeof(u->list[0]));
    u->list[from] = (struct control_unit){unit, of};
    u->n++;
    return of;
}

struct control_tally control_units_sum(const struct control_units *u, size_t place)
{
    struct control_tally all = {0};
    for (size_t i = 0; i < u->n; i++) {
        const struct control_tally *t = &u->list[i].of[place];
        all.n += t->n;
        all.ok += t->ok;
        all.violation += t->violation;
        all.unknown += t->unknown;
    }
    return all;
}

/* --- the table ------------------------------------------------------------------------------ */

static err put(struct db *db, struct arena *a, int64_t control, int64_t unit,
               const struct control_tally *t)
{
    return db_queue(db, a,
                    SQL("insert into control_figure(control, unit, n, ok, violation, unknown)"
                        " values ($1, $2, $3, $4, $5, $6) on conflict (control, unit) do update"
                        " set n = excluded.n, ok = excluded.ok, violation = excluded.violation,"
                        " unknown = excluded.unknown"),
                    ARGS(db_i64(control), db_i64(unit), db_i64(t->n), db_i64(t->ok),
                         db_i64(t->violation), db_i64(t->unknown)));
}

static err drop(struct db *db, struct arena *a, int64_t control, int64_t unit)
{
    return db_queue(db, a, SQL("delete from control_figure where control = $1 and unit = $2"),
                    ARGS(db_i64(control), db_i64(unit)));
}

static bool same(const struct control_tally *t, const struct rows *r)
{
    return t->n == rows_i64(r, 2) && t->ok == rows_i64(r, 3) && t->violation == rows_i64(r, 4) &&
           t->unknown == rows_i64(r, 5);
}

/* *there: `r` stands at a row, in order of control and unit. */
static err write_one(struct db *db, struct arena *a, const struct control_units *u, size_t place,
                     struct rows *r, bool *there)
{
    int64_t control = u->set->list[place]->code;
    err e = OK;
    for (size_t i = 0; i <= u->n && !e.code; i++) {
        bool end = i == u->n;
        while (!e.code && *there && rows_i64(r, 0) == control &&
               (end || rows_i64(r, 1) < u->list[i].unit)) {
            e = drop(db, a, control, rows_i64(r, 1));
            *there = rows_next(r);
        }
        if (end || e.code) {
            break;
        }
        const struct control_tally *t = &u->list[i].of[place];
        bool stood = *there && rows_i64(r, 0) == control && rows_i64(r, 1) == u->list[i].unit;
        if (t->n && !(stood && same(t, r))) {
            e = put(db, a, control, u->list[i].unit, t);
        } else if (!t->n && stood) {
            e = drop(db, a, control, u->list[i].unit);
        }
        *there = stood ? rows_next(r) : *there;
    }
    return e;
}

/* Those of the controls that are written, in order of control and unit. */
static struct sql stand_sql(const struct control_units *u, const bool *only, size_t from, size_t to,
                            struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select control, unit, n, ok, violation, unknown from control_figure"
                 " where control in (-1");
    for (size_t i = from; i < to; i++) {
        if (only[i]) {
            SQLB_LIT(&b, ", ");
            sqlb_i64(&b, u->set->list[i]->code);
        }
    }
    SQLB_LIT(&b, ") order by control, unit");
    return sqlb_end(&b);
}

err control_units_write(struct db *db, struct arena *a, const struct control_units *u,
                        const bool *only, size_t from, size_t to)
{
    struct rows r;
    err e = db_query(db, a, stand_sql(u, only, from, to, a), NO_ARGS, &r);
    bool there = !e.code && rows_next(&r);
    for (size_t i = from; i < to && !e.code; i++) {
        e = only[i] ? write_one(db, a, u, i, &r, &there) : OK;
    }
    return e;
}
