#include "engine/record_load.h"

#include "base/arena.h"
#include "engine/reading.h"

#include <assert.h>

/* --- columns ------------------------------------------------------------------------ */

static const char *const base_columns[LOAD_BASE] = {
    "id", "number", "name", "state", "law", "changed_at", "ver", "created_at", "creator", "unit"};

void load_columns(struct sqlb *b, int base, const struct field *const *fields, size_t n)
{
    for (int i = 0; i < base; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        SQLB_LIT(b, "r.");
        sqlb_ident(b, str_from(base_columns[i]));
    }
    for (size_t i = 0; i < n; i++) {
        if (fields[i]->column.len) {
            SQLB_LIT(b, ", r.");
            sqlb_ident(b, fields[i]->column);
        } else if (fields[i]->is.tree && !fields[i]->stored) {
            SQLB_LIT(b, ", (");
            sqlb_sql(b, fields[i]->is.value);
            SQLB_LIT(b, ")");
        }
    }
}

static bool has_column(const struct field *f)
{
    return f->column.len || (f->is.tree && !f->stored);
}

static bool is_text(const struct field *f)
{
    return f->type == F_TEXT || f->type == F_MARKDOWN || f->type == F_FILTER || f->type == F_IP ||
           f->type == F_MAC || f->type == F_URL;
}

struct record load_record(const struct ctx *ctx, const struct type *t, const struct rows *r,
                          int base, const struct field *const *fields, size_t n)
{
    struct record rec = {.type = t,
                         .id = rows_i64(r, 0),
                         .number = rows_text(r, 1),
                         .name = rows_text(r, 2),
                         .law = rows_i64(r, 4),
                         .changed_at = rows_i64(r, 5)};
    if (base == LOAD_BASE) {
        rec.ver = rows_i64(r, 6);
        rec.created_at = rows_i64(r, 7);
        rec.creator = (struct record_ref){.id = rows_i64(r, 8), .type = ctx->model->person};
        rec.unit = (struct record_ref){.id = rows_i64(r, 9), .type = ctx->model->unit};
    }
    rec.def = type_at(t, rec.law);
    rec.law = rec.def->law->version; /* a register's: the newest */
    rec.state = rows_null(r, 3) ? NULL : type_state(t, rows_i64(r, 3));
    rec.fields = arena_array(ctx->arena, struct record_field, n + 1);
    rec.nfields = n;
    int at = base;
    for (size_t i = 0; i < n; i++) {
        struct record_field *f = &rec.fields[i];
        f->field = fields[i];
        f->value.null = true;
        if (!has_column(fields[i])) {
            continue;
        }
        f->value.null = rows_null(r, at);
        if (is_text(fields[i])) {
            f->value.text = rows_text(r, at);
        } else {
            f->value.i64 = rows_i64(r, at);
        }
        at++;
    }
    return rec;
}

struct fields {
    const struct field **list;
    size_t n;
};

/* The newest version's, then what only older ones have, which their records show. */
static struct fields *make_fields(const struct ctx *ctx, const struct type *t, bool hidden)
{
    size_t max = 1;
    for (size_t k = 0; k < t->ndefs; k++) {
        max += t->defs[k]->nfields;
    }
    struct fields *all = arena_new(ctx->arena, struct fields);
    all->list = arena_array(ctx->arena, const struct field *, max);
    for (size_t k = t->ndefs; k-- > 0;) {
        const struct tdef *d = t->defs[k];
        for (size_t i = 0; i < d->nfields; i++) {
            const struct field *f = &d->fields[i];
            if (type_field_any(t, f->key) == f && (hidden || !f->see.tree)) {
                all->list[all->n++] = f;
            }
        }
    }
    return all;
}

const struct field *const *load_fields(const struct ctx *ctx, const struct type *t,
                                       enum load_which which, size_t *n)
{
    static const char maker;
    static const struct fields none = {0};
    struct memo_key k = ctx_key(ctx, &maker, t, NULL, which);
    const struct fields *all = which == LOAD_NONE ? &none : ctx_find(ctx, k);
    if (!all) {
        struct ctx room = ctx_room(ctx);
        all = make_fields(&room, t, which == LOAD_ALL);
        ctx_keep(&room, k, all);
    }
    *n = all->n;
    return all->list;
}

static bool is_of(const struct tdef *d, const struct field *f)
{
    return (f >= d->fields && f < d->fields + d->nfields) || tdef_field(d, f->key);
}

void load_own(struct record *rec)
{
    size_t n = 0;
    for (size_t i = 0; i < rec->nfields; i++) {
        if (is_of(rec->def, rec->fields[i].field)) {
            rec->fields[n++] = rec->fields[i];
        }
    }
    rec->nfields = n;
}

/* --- visibility ------------------------------------------------------------------------ */

void load_visible(const struct ctx *ctx, struct sqlb *b, const struct type *t)
{
    const struct tdef *d = t->newest;
    if (t->part_of && !d->see.tree) {
        /* Inside the derived table r is still the outer record. */
        SQLB_LIT(b, "exists(select 1 from (select * from ");
        sqlb_ident(b, t->part_of->table);
        SQLB_LIT(b, " p0 where p0.\"id\" = r.");
        sqlb_ident2(b, "f_", t->part_of->key);
        SQLB_LIT(b, ") r where ");
        load_visible(ctx, b, t->part_of);
        SQLB_LIT(b, ")");
    } else if (reading_windows(ctx, t)) {
        reading_put_visible(b, ctx->model);
    } else if (d->see.everyone || !d->see.tree) {
        SQLB_LIT(b, "1 = 1");
    } else if (!d->see.is_actor.text.len) {
        SQLB_LIT(b, "1 = 0");
    } else {
        sqlb_sql(b, d->see.is_actor);
    }
}

void load_visible_few(const struct ctx *ctx, struct sqlb *b, const struct type *t)
{
    SQLB_LIT(b, "case when (");
    load_visible(ctx, b, t);
    SQLB_LIT(b, ") then 1 else 0 end = 1");
}

bool load_is_ref(const struct field *f)
{
    return f->type == F_REF || f->type == F_PERSON || f->type == F_UNIT || f->type == F_POST;
}

bool load_is_link(const struct field *f)
{
    return f->type == F_REFS || f->type == F_PEOPLE;
}

const struct type *load_ref_type(const struct ctx *ctx, const struct field *f)
{
    switch ((int)f->type) {
    case F_PERSON:
    case F_PEOPLE:
        return ctx->model->person;
    case F_UNIT:
        return ctx->model->unit;
    case F_POST:
        return ctx->model->post;
    default:
        return f->to;
    }
}

/* --- names --------------------------------------------------------------------------------- */

struct name {
    int64_t id;
    struct record_ref ref;
    bool known;
};
struct group {
    const struct type *type;
    struct name *list;
    size_t n, cap;
    size_t asked; /* those before were asked in an earlier round */
    int places[NAMES_MAX / 64 + 1];
    int nplaces;
};
struct names {
    const struct ctx *ctx;
    struct group *groups; /* by type code; behind them that of references to any type */
};

struct names *names_begin(const struct ctx *ctx)
{
    struct names *n = arena_new(ctx->arena, struct names);
    n->ctx = ctx;
    n->groups = arena_array(ctx->arena, struct group, ctx->model->ntypes + 1);
    return n;
}

static struct group *group_of(const struct names *n, const struct type *t)
{
    size_t any = n->ctx->model->ntypes;
    return !t ? &n->groups[any] : (size_t)t->code < any ? &n->groups[t->code] : NULL;
}

static struct name *find(const struct group *g, int64_t id)
{
    for (size_t i = 0; g && i < g->n; i++) {
        if (g->list[i].id == id) {
            return &g->list[i];
        }
    }
    return NULL;
}

void names_want(struct names *n, const struct type *t, int64_t id)
{
    struct group *g = group_of(n, t);
    if (!g || !id || g->n >= NAMES_MAX || find(g, id)) {
        return;
    }
    g->type = t;
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct name *list = arena_array(n->ctx->arena, struct name, cap);
        for (size_t i = 0; i < g->n; i++) {
            list[i] = g->list[i];
        }
        g->list = list;
        g->cap = cap;
    }
    g->list[g->n++] = (struct name){.id = id};
}

bool load_seen_by_all(const struct ctx *ctx, const struct type *t)
{
    const struct tdef *d = t->newest;
    return !(t->part_of && !d->see.tree) && !reading_windows(ctx, t) &&
           (d->see.everyone || !d->see.tree);
}

/* A list of ids, in SQLite's words a table of its own: as rows to walk they are none, and a
 * null among them finds nothing. */
static void put_names_sql(const struct ctx *ctx, struct sqlb *b, const struct type *t, size_t width)
{
    SQLB_LIT(b, "select r.\"id\", r.\"number\", r.\"name\", ");
    if (load_seen_by_all(ctx, t)) {
        SQLB_LIT(b, "1, ");
    } else {
        SQLB_LIT(b, "case when ");
        load_visible(ctx, b, t);
        SQLB_LIT(b, " then 1 else 0 end, ");
    }
    sqlb_i64(b, t->code);
    SQLB_LIT(b, " from (values ");
    for (size_t i = 0; i < width; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        SQLB_LIT(b, "(");
        sqlb_param(b, (int)i + 4);
        SQLB_LIT(b, ")");
    }
    SQLB_LIT(b, ") w cross join ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " r where r.\"id\" = w.column1");
}

/* The names of records of one type; t NULL: whichever each is of, asked of every type that has
 * records of its own. */
static struct sql make_names_sql(const struct ctx *ctx, const struct type *t, size_t width)
{
    struct sqlb b = sqlb_make(ctx->arena);
    bool first = true;
    if (t) {
        put_names_sql(ctx, &b, t, width);
        return sqlb_end(&b);
    }
    for (size_t i = 0; i < ctx->model->ntypes; i++) {
        const struct type *any = ctx->model->types[i];
        if (any->newest && !any->lines) {
            if (!first) {
                SQLB_LIT(&b, " union all ");
            }
            put_names_sql(ctx, &b, any, width);
            first = false;
        }
    }
    return sqlb_end(&b);
}

static struct sql names_sql(const struct ctx *ctx, const struct type *t, size_t width)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, t, NULL, (int64_t)width);
    struct sql sql;
    if (!ctx_find_sql(ctx, k, &sql)) {
        struct ctx room = ctx_room(ctx);
        sql = ctx_keep_sql(&room, k, make_names_sql(&room, t, width));
    }
    return sql;
}

static void ask_some(struct names *n, struct group *g, size_t from, size_t count, struct batch *b)
{
    size_t width = 1;
    while (width < count) {
        width *= 2;
    }
    struct db_arg args[64];
    for (size_t i = 0; i < width; i++) {
        args[i] = i < count ? db_i64(g->list[from + i].id) : db_null_i64();
    }
    g->places[g->nplaces++] =
        batch_add(b, names_sql(n->ctx, g->type, width), ctx_args(n->ctx, args, (int)width));
}

void names_ask(struct names *n, struct batch *b)
{
    for (size_t i = 0; i <= n->ctx->model->ntypes; i++) {
        struct group *g = &n->groups[i];
        g->nplaces = 0;
        for (size_t from = g->asked; from < g->n; from += 64) {
            ask_some(n, g, from, g->n - from < 64 ? g->n - from : 64, b);
        }
        g->asked = g->n;
    }
}

static void know(struct name *x, const struct type *t, const struct rows *r)
{
    bool visible = rows_i64(r, 3) == 1;
    x->known = true;
    x->ref = (struct record_ref){.id = x->id,
                                 .type = t,
                                 .number = visible ? rows_text(r, 1) : STR(""),
                                 .name = visible ? rows_text(r, 2) : STR(""),
                                 .visible = visible};
}

void names_know(struct names *n, const struct type *t, struct rows r)
{
    struct group *g = group_of(n, t);
    bool all = g && g->asked == g->n; /* then what is added here need not be asked */
    while (g && rows_next(&r)) {
        names_want(n, t, rows_i64(&r, 0));
        struct name *x = find(g, rows_i64(&r, 0));
        if (x && !x->known) {
            know(x, t, &r);
        }
    }
    if (all) {
        g->asked = g->n;
    }
}

/* Of which type a record is that one may not see is not told. */
static const struct type *type_of(const struct names *n, const struct group *g,
                                  const struct rows *r)
{
    bool told = !g->type && rows_i64(r, 3) == 1;
    return told ? model_type_at(n->ctx->model, (int)rows_i64(r, 4)) : g->type;
}

void names_read(struct names *n, struct batch *b)
{
    for (size_t i = 0; i <= n->ctx->model->ntypes; i++) {
        struct group *g = &n->groups[i];
        for (int k = 0; k < g->nplaces; k++) {
            struct rows r = batch_rows(b, g->places[k]);
            while (rows_next(&r)) {
                struct name *x = find(g, rows_i64(&r, 0));
                if (x && !x->known) {
                    know(x, type_of(n, g, &r), &r);
                }
            }
        }
        g->nplaces = 0;
    }
}

err names_run(struct names *n)
{
    struct batch *b = batch_begin(n->ctx->db, n->ctx->arena);
    names_ask(n, b);
    err e = batch_run(b);
    if (!e.code) {
        names_read(n, b);
    }
    return e;
}

struct record_ref names_get(const struct names *n, const struct type *t, int64_t id)
{
    const struct name *x = find(group_of(n, t), id);
    if (x && x->known) {
        return x->ref;
    }
    return (struct record_ref){.id = id, .type = t};
}

void names_want_record(struct names *n, const struct record *r)
{
    names_want(n, r->creator.type, r->creator.id);
    names_want(n, r->unit.type, r->unit.id);
    for (size_t i = 0; i < r->nfields; i++) {
        const struct record_field *f = &r->fields[i];
        if (load_is_ref(f->field) && !f->value.null) {
            names_want(n, load_ref_type(n->ctx, f->field), f->value.i64);
        }
    }
}

void names_fill(const struct names *n, struct record *r)
{
    r->creator = names_get(n, r->creator.type, r->creator.id);
    r->unit = names_get(n, r->unit.type, r->unit.id);
    for (size_t i = 0; i < r->nfields; i++) {
        struct record_field *f = &r->fields[i];
        if (load_is_ref(f->field) && !f->value.null) {
            struct record_ref *ref = arena_new(n->ctx->arena, struct record_ref);
            *ref = names_get(n, load_ref_type(n->ctx, f->field), f->value.i64);
            f->refs = ref;
            f->nrefs = 1;
        }
    }
}
