#include "connect/names.h"

#include "base/arena.h"

#include <string.h>

enum { FIRST_CAP = 1024, ROWS_AT_ONCE = 5000, FIELDS_MAX = 8 };

struct entry {
    str text;   /* ptr NULL: a free place */
    int64_t id; /* 0: taken back */
    bool unique, many;
};

struct names {
    const struct type *type;
    const struct field *fields[FIELDS_MAX]; /* unique ones, then the name */
    size_t nfields;
    struct arena texts;
    struct arena *table; /* of entries; a larger one takes its place */
    struct entry *entries;
    size_t len, cap;
    int64_t seen, sure; /* greatest ids: read; durable */
};

static void end(void *arg)
{
    struct names *n = arg;
    arena_end(&n->texts);
    arena_end(n->table);
}

struct names *names_make(struct arena *life, const struct type *type, const struct field *name)
{
    struct names *n = arena_new(life, struct names);
    n->type = type;
    n->texts = arena_make((size_t)1 << 30);
    n->table = arena_new(life, struct arena);
    *n->table = arena_make((size_t)1 << 30);
    arena_defer(life, end, n);
    const struct tdef *d = type->newest;
    for (size_t i = 0; i < d->nfields && n->nfields < FIELDS_MAX - 1; i++) {
        const struct field *f = &d->fields[i];
        if (f->unique && f->type == F_TEXT && f != name) {
            n->fields[n->nfields++] = f;
        }
    }
    n->fields[n->nfields++] = name;
    n->cap = FIRST_CAP;
    n->entries = arena_array(n->table, struct entry, n->cap);
    n->sure = -1;
    return n;
}

/* --- the table ---------------------------------------------------------------------------- */

static struct entry *place(struct entry *list, size_t cap, str text, bool unique)
{
    size_t i = (size_t)(str_hash(text) + unique) & (cap - 1);
    while (list[i].text.ptr && (list[i].unique != unique || !str_eq(list[i].text, text))) {
        i = (i + 1) & (cap - 1);
    }
    return &list[i];
}

static void grow(struct names *n)
{
    struct arena larger = arena_make((size_t)1 << 30);
    size_t cap = n->cap * 2;
    struct entry *list = arena_array(&larger, struct entry, cap);
    for (size_t i = 0; i < n->cap; i++) {
        if (n->entries[i].text.ptr) {
            *place(list, cap, n->entries[i].text, n->entries[i].unique) = n->entries[i];
        }
    }
    arena_end(n->table);
    *n->table = larger;
    n->entries = list;
    n->cap = cap;
}

static err still_there(struct names *n, const struct ctx *ctx, struct entry *x)
{
    if (x->id <= n->sure || !x->id) {
        return OK;
    }
    struct sqlb b = sqlb_make(ctx->arena);
    struct rows r;
    SQLB_LIT(&b, "select id from ");
    sqlb_ident(&b, n->type->table);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(x->id)), &r);
    if (!e.code && !rows_count(&r)) {
        x->id = 0;
        x->many = false;
    }
    return e;
}

static err put(struct names *n, const struct ctx *ctx, str text, bool unique, int64_t id)
{
    if (n->len * 2 >= n->cap) {
        grow(n);
    }
    struct entry *x = place(n->entries, n->cap, text, unique);
    if (!x->text.ptr) {
        *x = (struct entry){.text = str_copy(&n->texts, text), .id = id, .unique = unique};
        n->len++;
        return OK;
    }
    err e = still_there(n, ctx, x);
    if (!e.code && !x->id) {
        x->id = id;
    } else if (!e.code && x->id != id) {
        x->many = true;
    }
    return e;
}

/* --- reading the register ------------------------------------------------------------------- */

static struct sql newer(const struct names *n, const struct ctx *ctx)
{
    struct sqlb b = sqlb_make(ctx->arena);
    SQLB_LIT(&b, "select id");
    for (size_t i = 0; i < n->nfields; i++) {
        SQLB_LIT(&b, ", ");
        sqlb_ident(&b, n->fields[i]->column);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, n->type->table);
    SQLB_LIT(&b, " where id > $1 order by id limit ");
    sqlb_i64(&b, ROWS_AT_ONCE);
    return sqlb_end(&b);
}

static err read_newer(struct names *n, const struct ctx *ctx)
{
    bool first = n->sure < 0;
    for (int64_t count = ROWS_AT_ONCE; count == ROWS_AT_ONCE;) {
        struct arena a = arena_make(64 << 20);
        struct ctx own = *ctx;
        own.arena = &a;
        struct rows r;
        err e = db_query(ctx->db, &a, newer(n, &own), ARGS(db_i64(n->seen)), &r);
        count = e.code ? 0 : rows_count(&r);
        while (!e.code && rows_next(&r)) {
            int64_t id = rows_i64(&r, 0);
            for (size_t i = 0; i < n->nfields && !e.code; i++) {
                str text = rows_text(&r, (int)i + 1);
                e = text.len ? put(n, &own, text, i + 1 < n->nfields, id) : OK;
            }
            n->seen = id > n->seen ? id : n->seen;
        }
        e.detail = str_copy(ctx->arena, e.detail);
        arena_end(&a);
        if (e.code) {
            return e;
        }
    }
    n->sure = first ? n->seen : n->sure;
    return OK;
}

static err look(struct names *n, const struct ctx *ctx, str text, int64_t *ret)
{
    for (int unique = 1; unique >= 0; unique--) {
        struct entry *x = place(n->entries, n->cap, text, unique);
        if (!x->text.ptr || !x->id) {
            continue;
        }
        err e = still_there(n, ctx, x);
        if (e.code || x->many) {
            return e.code ? e : err_make(ERR_CONFLICT, STR("several of this name"));
        }
        if (x->id) {
            *ret = x->id;
            return OK;
        }
    }
    return OK;
}

err names_find(struct names *n, const struct ctx *ctx, str text, int64_t *ret)
{
    *ret = 0;
    err e = look(n, ctx, text, ret);
    if (e.code || *ret) {
        return e;
    }
    e = read_newer(n, ctx);
    return e.code ? e : look(n, ctx, text, ret);
}

void names_confirm(struct names *n, int64_t id)
{
    n->sure = id > n->sure ? id : n->sure;
}
