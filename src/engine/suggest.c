/* suggest.c - records to choose from while somebody types. */
#include "base/arena.h"
#include "engine/view_int.h"
#include "store/bigram.h"

#include <string.h>

/* Of a large type the newest are looked at; what is typed is also asked of the search
 * index, of whose newest hits as many are looked at. */
enum { SHOWN = 50, LOOKED_AT = 5000, QUERY_MAX = 100 };

static str typed(str query)
{
    str q = str_trim(query);
    return str_from_n(q.ptr, q.len < QUERY_MAX ? q.len : QUERY_MAX);
}

/* Final records are left out: one does not choose a closed one. */
static void put_not_final(struct sqlb *b, const struct type *t)
{
    bool some = false;
    for (size_t i = 0; i < t->newest->nstates; i++) {
        if (t->newest->states[i].final) {
            if (some) {
                SQLB_LIT(b, ", ");
            } else {
                SQLB_LIT(b, " and +r.\"state\" not in (");
            }
            sqlb_i64(b, t->newest->states[i].code);
            some = true;
        }
    }
    if (some) {
        SQLB_LIT(b, ")");
    }
}

/* Visible, not final, and the words ($4) stand in name or number: both databases have
 * replace. */
static void put_conditions(const struct ctx *ctx, struct sqlb *b, const struct type *t, bool words)
{
    load_visible(ctx, b, t);
    if (words) {
        SQLB_LIT(b, " and (replace(r.\"name\", $4, '') <> r.\"name\" or replace(coalesce(r."
                    "\"number\", ''), $4, '') <> coalesce(r.\"number\", ''))");
    }
    put_not_final(b, t);
}

/* Newest first among those that match; a small type is shown whole. */
int suggest_ask(const struct ctx *ctx, struct batch *batch, const struct type *t, str query)
{
    struct sqlb b = sqlb_make(ctx->arena);
    str q = typed(query);
    SQLB_LIT(&b, "select r.\"id\", r.\"number\", r.\"name\" from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.\"changed_at\" >= coalesce((select w.\"changed_at\" from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " w order by w.\"changed_at\" desc, w.\"id\" desc limit 1 offset ");
    sqlb_i64(&b, LOOKED_AT - 1);
    SQLB_LIT(&b, "), 0) and ");
    put_conditions(ctx, &b, t, q.len > 0);
    SQLB_LIT(&b, " order by r.\"changed_at\" desc, r.\"id\" desc limit ");
    sqlb_i64(&b, SHOWN);
    struct db_arg arg = db_text(q);
    return batch_add(batch, sqlb_end(&b), ctx_args(ctx, &arg, q.len ? 1 : 0));
}

/* The same of what the search index finds, whenever it was changed. */
static int ask_index(const struct ctx *ctx, struct batch *batch, const struct type *t, str query,
                     const struct bigram_query *match)
{
    struct sqlb b = sqlb_make(ctx->arena);
    bool sqlite = db_kind(ctx->db) == DB_SQLITE;
    SQLB_LIT(&b, "select r.\"id\", r.\"number\", r.\"name\" from ");
    if (sqlite) {
        SQLB_LIT(&b, "(select rowid as id from search_fts where search_fts match $5"
                     " order by rowid desc limit ");
    } else {
        SQLB_LIT(&b, "(select \"record\" as id from search_text where tokens @@"
                     " cast($5 as tsquery) order by \"record\" desc limit ");
    }
    sqlb_i64(&b, LOOKED_AT);
    SQLB_LIT(&b, ") f join ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r on r.\"id\" = f.id where ");
    put_conditions(ctx, &b, t, true);
    SQLB_LIT(&b, " order by r.\"changed_at\" desc, r.\"id\" desc limit ");
    sqlb_i64(&b, SHOWN);
    struct db_arg args[] = {db_text(query), db_text(sqlite ? match->match : match->tsquery)};
    return batch_add(batch, sqlb_end(&b), ctx_args(ctx, args, 2));
}

/* Adds those that are not there yet. */
static void add(const struct type *t, struct rows *r, struct record_ref *refs, size_t *n)
{
    while (*n < SHOWN && rows_next(r)) {
        int64_t id = rows_i64(r, 0);
        bool there = false;
        for (size_t i = 0; !there && i < *n; i++) {
            there = refs[i].id == id;
        }
        if (!there) {
            refs[(*n)++] = (struct record_ref){id, t, rows_text(r, 2), rows_text(r, 1), true};
        }
    }
}

void suggest_read(const struct ctx *ctx, struct batch *b, int place, const struct type *t,
                  struct record_ref **ret, size_t *n)
{
    struct rows r = batch_rows(b, place);
    *ret = arena_array(ctx->arena, struct record_ref, SHOWN + 1);
    *n = 0;
    add(t, &r, *ret, n);
}

err record_suggest(const struct ctx *ctx, const struct type *t, str query, struct record_ref **ret,
                   size_t *n)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct bigram_query match;
    str q = typed(query);
    int place = suggest_ask(ctx, b, t, q);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    suggest_read(ctx, b, place, t, ret, n);
    if (*n == SHOWN || t->newest->small || !bigram_query(ctx->arena, q, BIGRAM_ALL, &match)) {
        return OK;
    }
    b = batch_begin(ctx->db, ctx->arena);
    place = ask_index(ctx, b, t, q, &match);
    e = batch_run(b);
    if (!e.code) {
        struct rows r = batch_rows(b, place);
        add(t, &r, *ret, n);
    }
    return e;
}
