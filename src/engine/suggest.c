/* suggest.c - records to choose from while somebody types. */
#include "base/arena.h"
#include "engine/view_int.h"

enum { SHOWN = 50 };

/* Newest first among those that match; a small type is shown whole.  Final
 * records are left out: one does not choose a closed one. */
int suggest_ask(const struct ctx *ctx, struct batch *batch, const struct type *t, str query)
{
    struct sqlb b = sqlb_make(ctx->arena);
    str q = str_trim(query);
    if (q.len > 100) {
        q = str_from_n(q.ptr, 100);
    }
    SQLB_LIT(&b, "select r.\"id\", r.\"number\", r.\"name\" from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where ");
    load_visible(&b, t);
    if (q.len) {
        /* position of the words in name or number: both databases have replace */
        SQLB_LIT(&b, " and (replace(r.\"name\", $4, '') <> r.\"name\" or replace(coalesce(r."
                     "\"number\", ''), $4, '') <> coalesce(r.\"number\", ''))");
    }
    bool some = false;
    for (size_t i = 0; i < t->newest->nstates; i++) {
        if (t->newest->states[i].final) {
            if (some) {
                SQLB_LIT(&b, ", ");
            } else {
                SQLB_LIT(&b, " and +r.\"state\" not in (");
            }
            sqlb_i64(&b, t->newest->states[i].code);
            some = true;
        }
    }
    if (some) {
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, " order by r.\"changed_at\" desc, r.\"id\" desc limit 50");
    struct db_arg arg = db_text(q);
    return batch_add(batch, sqlb_end(&b), ctx_args(ctx, &arg, q.len ? 1 : 0));
}

void suggest_read(const struct ctx *ctx, struct batch *b, int place, const struct type *t,
                  struct record_ref **ret, size_t *n)
{
    struct rows r = batch_rows(b, place);
    struct record_ref *refs = arena_array(ctx->arena, struct record_ref, SHOWN + 1);
    size_t count = 0;
    while (count < SHOWN && rows_next(&r)) {
        refs[count++] =
            (struct record_ref){rows_i64(&r, 0), t, rows_text(&r, 2), rows_text(&r, 1), true};
    }
    *ret = refs;
    *n = count;
}

err record_suggest(const struct ctx *ctx, const struct type *t, str query, struct record_ref **ret,
                   size_t *n)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int place = suggest_ask(ctx, b, t, query);
    err e = batch_run(b);
    if (!e.code) {
        suggest_read(ctx, b, place, t, ret, n);
    }
    return e;
}
