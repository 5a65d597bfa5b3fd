/* record_by.c - records by their number, and by an entry of the ledger. */
#include "base/arena.h"
#include "engine/guard.h"
#include "engine/reading.h"
#include "engine/view_int.h"
#include "ledger/ledger.h"

err view_nothing(const struct ctx *ctx)
{
    struct record none;
    const struct type *any = ctx->model->ntypes ? ctx->model->types[0] : NULL;
    err e = any ? view_row(ctx, any, 0, LOAD_NONE, &none) : OK;
    return e.code ? e : err_make(ERR_NOT_FOUND, STR("record"));
}

err record_by_number(const struct ctx *ctx, str number, struct record_ref *ret)
{
    const struct model *m = ctx->model;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int *places = arena_array(ctx->arena, int, m->ntypes + 1);
    bool plausible = number.len > 0 && number.len <= 60;
    size_t asked = 0;
    for (size_t i = 0; i < m->ntypes; i++) {
        places[i] = -1;
        const struct tdef *d = m->types[i]->newest;
        str head = d && d->number.nparts && !d->number.parts[0].path ? d->number.parts[0].literal
                                                                     : STR("");
        if (!plausible || !d || !d->number.nparts || !str_starts(number, head) || asked >= 20) {
            continue;
        }
        asked++;
        struct sqlb s = sqlb_make(ctx->arena);
        SQLB_LIT(&s, "select r.\"id\", r.\"number\", r.\"name\" from ");
        sqlb_ident(&s, m->types[i]->table);
        SQLB_LIT(&s, " r where r.\"number\" = $4 and ");
        load_visible(ctx, &s, m->types[i]);
        struct db_arg arg = db_text(number);
        places[i] = batch_add(b, sqlb_end(&s), ctx_args(ctx, &arg, 1));
    }
    err e = asked ? batch_run(b) : OK;
    for (size_t i = 0; !e.code && i < m->ntypes; i++) {
        if (places[i] < 0) {
            continue;
        }
        struct rows r = batch_rows(b, places[i]);
        if (rows_next(&r)) {
            *ret = (struct record_ref){rows_i64(&r, 0), m->types[i], rows_text(&r, 2),
                                       rows_text(&r, 1), true};
            return OK;
        }
    }
    return e.code ? e : err_make(ERR_NOT_FOUND, STR("number"));
}

/* Does the payload hold no value of a field that is hidden from the actor?  Its
 * columns stand in it by their names. */
static err sees_payload(const struct ctx *ctx, const struct record *rec, str payload, bool *ret)
{
    size_t n;
    size_t hidden = 0;
    const struct field *const *fields = load_fields(ctx, rec->type, LOAD_ALL, &n);
    const struct field **list = arena_array(ctx->arena, const struct field *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct field *f = fields[i];
        str name = str_fmt(ctx->arena, "\"%.*s\"", STR_ARG(f->column));
        if (f->see.tree && f->column.len && str_has(payload, name)) {
            list[hidden++] = f;
        }
    }
    *ret = hidden == 0;
    if (!hidden) {
        return OK;
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct guards_ask g = guards_ask(ctx, rec, b);
    err e = batch_run(b);
    *ret = !e.code;
    for (size_t i = 0; !e.code && i < hidden; i++) {
        *ret = *ret && guards_sees(b, &g, list[i]);
    }
    return e;
}

err record_by_seq(const struct ctx *ctx, int64_t seq, struct record_ref *ret, bool *ret_whole)
{
    struct ledger_entry entry;
    err e = ledger_get(ctx->db, ctx->arena, seq, &entry);
    if (e.code) {
        return e.code == ERR_NOT_FOUND ? view_nothing(ctx) : e;
    }
    if (!reading_covers(ctx, entry.recorded_ms)) {
        return view_nothing(ctx);
    }
    *ret = (struct record_ref){0};
    *ret_whole = true;
    str rest;
    const struct type *t = model_type(ctx->model, str_cut(entry.object, ':', &rest));
    int64_t id;
    if (!t || !str_to_i64(rest, &id)) {
        return OK; /* about no record: a publication, an erasure */
    }
    struct record rec;
    e = view_row(ctx, t, id, LOAD_NONE, &rec);
    if (!e.code) {
        *ret = (struct record_ref){rec.id, t, rec.name, rec.number, true};
        e = sees_payload(ctx, &rec, entry.payload, ret_whole);
    }
    return e;
}

err record_by_object(const struct ctx *ctx, str object, struct record_ref *ret)
{
    str rest;
    const struct type *t = model_type(ctx->model, str_cut(object, ':', &rest));
    int64_t id;
    *ret = (struct record_ref){0};
    if (!t || !str_to_i64(rest, &id)) {
        return OK;
    }
    struct names *names = names_begin(ctx);
    names_want(names, t, id);
    err e = names_run(names);
    if (!e.code) {
        *ret = names_get(names, t, id);
    }
    return e;
}
