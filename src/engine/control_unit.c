/* control_unit.c - how many verdicts each unit's records have: the N of "n of N" by unit. */
#include "engine/control_int.h"

#include <string.h>

void control_units_put(struct control_units *u, struct arena *a, int64_t unit, int64_t n)
{
    size_t from = 0;
    size_t to = u->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (u->list[mid].unit == unit) {
            u->list[mid].n += n;
            return;
        }
        from = u->list[mid].unit < unit ? mid + 1 : from;
        to = u->list[mid].unit < unit ? to : mid;
    }
    if (u->n == u->room) {
        u->room = u->room ? 2 * u->room : 64;
        struct control_unit *more = arena_array(a, struct control_unit, u->room);
        if (u->n) {
            memcpy(more, u->list, u->n * sizeof(more[0]));
        }
        u->list = more;
    }
    memmove(&u->list[from + 1], &u->list[from], (u->n - from) * sizeof(u->list[0]));
    u->list[from] = (struct control_unit){unit, n};
    u->n++;
}

err control_units_write(struct db *db, struct arena *a, const struct type *t,
                        const struct control_units *u)
{
    err e = db_queue(db, a, SQL("delete from control_unit where type = $1"), ARGS(db_i64(t->code)));
    for (size_t i = 0; i < u->n && !e.code; i++) {
        e = db_queue(db, a, SQL("insert into control_unit(type, unit, n) values ($1, $2, $3)"),
                     ARGS(db_i64(t->code), db_i64(u->list[i].unit), db_i64(u->list[i].n)));
    }
    return e;
}

err control_units_add(const struct ctx *ctx, const struct type *t, int64_t record, int64_t n)
{
    if (!n) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "insert into control_unit(type, unit, n) select ");
    sqlb_i64(&b, t->code);
    SQLB_LIT(&b, ", coalesce(r.unit, 0), $2 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.id = $1 on conflict (type, unit)"
                 " do update set n = control_unit.n + excluded.n");
    return db_queue(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(record), db_i64(n)));
}
