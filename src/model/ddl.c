#include "model/ddl.h"

#include "base/arena.h"

enum { SEE_INDEXES = 4 };

struct ddl {
    struct db *db;
    struct arena *a;
    const struct type *type;
    struct str_list have; /* columns there already; empty: no table yet */
};

static bool there(const struct ddl *d, str column)
{
    for (size_t i = 0; i < d->have.len; i++) {
        if (str_eq(d->have.ptr[i], column)) {
            return true;
        }
    }
    return false;
}

static void put_type(struct sqlb *b, bool text)
{
    if (text) {
        SQLB_LIT(b, " text");
    } else {
        SQLB_LIT(b, " INT");
    }
}

static err run(const struct ddl *d, struct sqlb *b)
{
    return db_ddl(d->db, d->a, sqlb_end(b));
}

static err add_column(const struct ddl *d, str column, bool text)
{
    if (there(d, column)) {
        return OK;
    }
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "alter table ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, " add column ");
    sqlb_ident(&b, column);
    put_type(&b, text);
    SQLB_LIT(&b, ";");
    return run(d, &b);
}

static str parent_column(const struct ddl *d)
{
    return d->type->part_of ? str_fmt(d->a, "f_%.*s", STR_ARG(d->type->part_of->key)) : STR("");
}

static err columns(const struct ddl *d)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < d->type->nstates; i++) {
        e = add_column(d, d->type->states[i]->at_column, false);
    }
    for (size_t i = 0; !e.code && i < d->type->ncolumns; i++) {
        e = add_column(d, d->type->columns[i].name, d->type->columns[i].text);
    }
    str parent = parent_column(d);
    bool own = false;
    for (size_t i = 0; i < d->type->ncolumns; i++) {
        own = own || str_eq(d->type->columns[i].name, parent);
    }
    if (!e.code && parent.len && !own) {
        e = add_column(d, parent, false);
    }
    return e;
}

static err table(struct ddl *d)
{
    if (d->have.len) {
        return OK;
    }
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create table ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, "(id ID, number text, name text, state INT, law INT not null, ver INT not null,"
                 " created_at INT not null, changed_at INT not null, creator INT not null,"
                 " unit INT);");
    return run(d, &b);
}

/* A name of at most 63 bytes: the readable beginning, and a hash of the whole. */
static str index_name(const struct ddl *d, const char *kind, str what)
{
    str whole = str_fmt(d->a, "i%s_%.*s_%.*s", kind, STR_ARG(d->type->key), STR_ARG(what));
    if (whole.len <= 50) {
        return whole;
    }
    return str_fmt(d->a, "%.*s_%08llx", 50, whole.ptr,
                   (unsigned long long)(str_hash(whole) & 0xffffffffu));
}

static err make_index(const struct ddl *d, const char *kind, str what, bool unique, str column,
                      bool ordered)
{
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create ");
    if (unique) {
        SQLB_LIT(&b, "unique ");
    }
    SQLB_LIT(&b, "index if not exists ");
    sqlb_ident(&b, index_name(d, kind, what));
    SQLB_LIT(&b, " on ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, "(");
    if (column.len) {
        sqlb_ident(&b, column);
    }
    if (column.len && ordered) {
        SQLB_LIT(&b, ", ");
    }
    if (ordered) {
        SQLB_LIT(&b, "changed_at, id");
    }
    SQLB_LIT(&b, ")");
    if (column.len) {
        SQLB_LIT(&b, " where ");
        sqlb_ident(&b, column);
        SQLB_LIT(&b, " is not null");
    }
    SQLB_LIT(&b, ";");
    return run(d, &b);
}

/* `unique`: of these columns, while a condition over the row holds. */
static err make_unique(const struct ddl *d, const struct unique *u)
{
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create unique index if not exists ");
    sqlb_ident(&b, u->index_name);
    SQLB_LIT(&b, " on ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, "(");
    for (size_t i = 0; i < u->nof; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, u->of[i]->column);
    }
    SQLB_LIT(&b, ")");
    if (u->while_.tree) {
        /* The condition reads own columns only; in an index they stand bare. */
        str cond = u->while_.is_true.text;
        struct buf bare = buf_make(d->a, 65536);
        for (size_t i = 0; i < cond.len; i++) {
            bool alias = i + 1 < cond.len && cond.ptr[i] == 'r' && cond.ptr[i + 1] == '.' &&
                         (i == 0 || cond.ptr[i - 1] == '(' || cond.ptr[i - 1] == ' ');
            if (alias) {
                i++;
            } else {
                buf_put_c(&bare, cond.ptr[i]);
            }
        }
        SQLB_LIT(&b, " where ");
        sqlb_put_trusted(&b, buf_str(&bare));
    }
    SQLB_LIT(&b, ";");
    return run(d, &b);
}

static err see_indexes(const struct ddl *d)
{
    const struct people *see = &d->type->newest->see;
    err e = OK;
    int n = 0;
    for (size_t i = 0; !e.code && i < see->nalts && n < SEE_INDEXES; i++) {
        if (see->alts[i].kind == SEE_COLUMN) {
            e = make_index(d, "o", see->alts[i].column, false, see->alts[i].column, true);
            n++;
        }
    }
    return e;
}

static bool has_unique(const struct tdef *def, str name)
{
    for (size_t i = 0; i < def->nuniques; i++) {
        if (str_eq(def->uniques[i].index_name, name)) {
            return true;
        }
    }
    return false;
}

/* What an older version demanded to be unique and the newest does not. */
static err drop_uniques(const struct ddl *d)
{
    err e = OK;
    for (size_t k = 0; k + 1 < d->type->ndefs; k++) {
        const struct tdef *old = d->type->defs[k];
        for (size_t i = 0; !e.code && i < old->nuniques; i++) {
            if (has_unique(d->type->newest, old->uniques[i].index_name)) {
                continue;
            }
            struct sqlb b = sqlb_make(d->a);
            SQLB_LIT(&b, "drop index if exists ");
            sqlb_ident(&b, old->uniques[i].index_name);
            SQLB_LIT(&b, ";");
            e = run(d, &b);
        }
    }
    return e;
}

static err indexes(const struct ddl *d)
{
    const struct tdef *def = d->type->newest;
    err e = d->type->lines ? OK : make_index(d, "o", STR(""), false, STR(""), true);
    if (!e.code && def->number.nparts) {
        e = make_index(d, "n", STR(""), true, STR("number"), false);
    }
    if (!e.code && d->type->part_of) {
        e = make_index(d, "p", STR(""), false, parent_column(d), false);
    }
    if (!e.code) {
        e = see_indexes(d);
    }
    for (size_t i = 0; !e.code && i < def->nfields; i++) {
        const struct field *f = &def->fields[i];
        if (f->type == F_REF && f->column.len) {
            e = make_index(d, "r", f->key, false, f->column, false);
        }
    }
    e = e.code ? e : drop_uniques(d);
    for (size_t i = 0; !e.code && i < def->nuniques; i++) {
        e = make_unique(d, &def->uniques[i]);
    }
    return e;
}

static err links(const struct ddl *d)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < d->type->nlinks; i++) {
        str t = d->type->link_tables[i];
        struct sqlb b = sqlb_make(d->a);
        SQLB_LIT(&b, "create table if not exists ");
        sqlb_ident(&b, t);
        SQLB_LIT(&b, "(owner INT not null, target INT not null, primary key (owner, target));"
                     "create index if not exists ");
        sqlb_ident(&b, str_fmt(d->a, "%.*s_b", STR_ARG(t)));
        SQLB_LIT(&b, " on ");
        sqlb_ident(&b, t);
        SQLB_LIT(&b, "(target, owner);");
        e = run(d, &b);
    }
    return e;
}

err ddl_apply(struct db *db, struct arena *a, const struct model *m)
{
    for (size_t i = 0; i < m->ntypes; i++) {
        struct ddl d = {.db = db, .a = a, .type = m->types[i]};
        err e = db_columns(db, a, d.type->table, &d.have);
        if (!e.code) {
            e = table(&d);
        }
        if (!e.code) {
            e = columns(&d);
        }
        if (!e.code) {
            e = indexes(&d);
        }
        if (!e.code) {
            e = links(&d);
        }
        if (e.code) {
            return e;
        }
    }
    return OK;
}
