#include "model/ddl.h"

#include "base/arena.h"
#include "base/buf.h"

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

static str parent_column(const struct ddl *d)
{
    return d->type->part_of ? str_fmt(d->a, "f_%.*s", STR_ARG(d->type->part_of->key)) : STR("");
}

/* Those of the type, besides what every table has. */
static const struct column *own_columns(const struct ddl *d, size_t *ret_n)
{
    const struct type *t = d->type;
    struct column *list = arena_array(d->a, struct column, t->nstates + t->ncolumns + 1);
    size_t n = 0;
    for (size_t i = 0; i < t->nstates; i++) {
        list[n++] = (struct column){.name = t->states[i]->at_column};
    }
    str parent = parent_column(d);
    bool own = !parent.len;
    for (size_t i = 0; i < t->ncolumns; i++) {
        list[n++] = t->columns[i];
        own = own || str_eq(t->columns[i].name, parent);
    }
    if (!own) {
        list[n++] = (struct column){.name = parent};
    }
    *ret_n = n;
    return list;
}

static void put_column(struct sqlb *b, const struct column *c)
{
    sqlb_ident(b, c->name);
    put_type(b, c->text);
}

/* With all its columns: for each that is added later SQLite reads the whole schema again. */
static err new_table(const struct ddl *d)
{
    size_t n;
    const struct column *own = own_columns(d, &n);
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create table ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, "(id ID, number text, name text, state INT, law INT not null, ver INT not null,"
                 " created_at INT not null, changed_at INT not null, creator INT not null,"
                 " unit INT");
    for (size_t i = 0; i < n; i++) {
        SQLB_LIT(&b, ", ");
        put_column(&b, &own[i]);
    }
    SQLB_LIT(&b, ");");
    return run(d, &b);
}

static err new_columns(const struct ddl *d)
{
    size_t n;
    const struct column *own = own_columns(d, &n);
    err e = OK;
    for (size_t i = 0; !e.code && i < n; i++) {
        if (there(d, own[i].name)) {
            continue;
        }
        struct sqlb b = sqlb_make(d->a);
        SQLB_LIT(&b, "alter table ");
        sqlb_ident(&b, d->type->table);
        SQLB_LIT(&b, " add column ");
        put_column(&b, &own[i]);
        SQLB_LIT(&b, ";");
        e = run(d, &b);
    }
    return e;
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

/* What follows the column in an index. */
enum index_rest { REST_NONE, REST_ORDER, REST_STATE };

static err make_index(const struct ddl *d, const char *kind, str what, bool unique, str column,
                      enum index_rest rest)
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
    if (column.len && rest != REST_NONE) {
        SQLB_LIT(&b, ", ");
    }
    if (rest == REST_ORDER) {
        SQLB_LIT(&b, "changed_at, id, state"); /* state: what is not open is passed by unread */
    } else if (rest == REST_STATE) {
        SQLB_LIT(&b, "state");
    }
    SQLB_LIT(&b, ")");
    /* Of a column that is never null SQLite makes "where true" of the condition,
     * and then finds no statement that implies it. */
    if (column.len && !str_eq(column, STR("creator"))) {
        SQLB_LIT(&b, " where ");
        sqlb_ident(&b, column);
        SQLB_LIT(&b, " is not null");
    }
    SQLB_LIT(&b, ";");
    return run(d, &b);
}

/* --- unique: of these columns, while a condition over the row holds ---------------------- */

static void put_unique_columns(struct sqlb *b, const struct unique *u)
{
    for (size_t i = 0; i < u->nof; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_ident(b, u->of[i]->column);
    }
}

/* The condition reads own columns only; in an index they stand bare. */
static str bare(struct arena *a, const struct cond *c)
{
    str cond = c->tree ? c->is_true.text : STR("");
    struct buf b = buf_make(a, 65536);
    for (size_t i = 0; i < cond.len; i++) {
        bool alias = i + 1 < cond.len && cond.ptr[i] == 'r' && cond.ptr[i + 1] == '.' &&
                     (i == 0 || cond.ptr[i - 1] == '(' || cond.ptr[i - 1] == ' ');
        if (alias) {
            i++;
        } else {
            buf_put_c(&b, cond.ptr[i]);
        }
    }
    return buf_str(&b);
}

static err make_unique(const struct ddl *d, const struct unique *u)
{
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create unique index if not exists ");
    sqlb_ident(&b, u->index_name);
    SQLB_LIT(&b, " on ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, "(");
    put_unique_columns(&b, u);
    SQLB_LIT(&b, ")");
    if (u->while_.tree) {
        SQLB_LIT(&b, " where ");
        sqlb_put_trusted(&b, bare(d->a, &u->while_));
    }
    SQLB_LIT(&b, ";");
    return run(d, &b);
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

err ddl_drop_uniques(struct db *db, struct arena *a, const struct type *t)
{
    struct ddl d = {.db = db, .a = a, .type = t};
    err e = OK;
    for (size_t k = 0; k + (t->retired ? 0 : 1) < t->ndefs; k++) {
        const struct tdef *old = t->defs[k];
        for (size_t i = 0; !e.code && i < old->nuniques; i++) {
            if (!t->retired && has_unique(t->newest, old->uniques[i].index_name)) {
                continue;
            }
            struct sqlb b = sqlb_make(a);
            SQLB_LIT(&b, "drop index if exists ");
            sqlb_ident(&b, old->uniques[i].index_name);
            SQLB_LIT(&b, ";");
            e = run(&d, &b);
        }
    }
    return e;
}

static bool all_known(const struct type *was, const struct unique *u)
{
    for (size_t i = 0; i < u->nof; i++) {
        bool known = false;
        for (size_t c = 0; c < was->ncolumns; c++) {
            known = known || str_eq(was->columns[c].name, u->of[i]->column);
        }
        if (!known) {
            return false;
        }
    }
    return true;
}

static err count_alike(struct db *db, struct arena *a, const struct type *t, const struct unique *u,
                       int64_t *ret)
{
    struct sqlb b = sqlb_make(a);
    struct rows r;
    SQLB_LIT(&b, "select count(*) from (select 1 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where 1 = 1");
    for (size_t i = 0; i < u->nof; i++) {
        SQLB_LIT(&b, " and ");
        sqlb_ident(&b, u->of[i]->column);
        SQLB_LIT(&b, " is not null");
    }
    if (u->while_.tree) {
        SQLB_LIT(&b, " and (");
        sqlb_put_trusted(&b, bare(a, &u->while_));
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, " group by ");
    put_unique_columns(&b, u);
    SQLB_LIT(&b, " having count(*) > 1) x");
    err e = db_query(db, a, sqlb_end(&b), NO_ARGS, &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
    }
    return e;
}

err ddl_breaks_unique(struct db *db, struct arena *a, const struct type *was,
                      const struct type *now, int64_t *ret, const struct field **ret_of)
{
    err e = OK;
    *ret = 0;
    for (size_t i = 0; !e.code && !*ret && i < now->newest->nuniques; i++) {
        const struct unique *u = &now->newest->uniques[i];
        if (has_unique(was->newest, u->index_name) || !all_known(was, u)) {
            continue; /* enforced already, or of a new column, empty everywhere */
        }
        *ret_of = u->of[0];
        e = count_alike(db, a, now, u, ret);
    }
    return e;
}

/* The i-th column, of at most DDL_SEE_INDEXES, that `see` names people by; empty:
 * there are no more. */
static str see_column(const struct people *see, int i)
{
    for (size_t n = 0; n < see->nalts && i < DDL_SEE_INDEXES; n++) {
        bool fresh = see->alts[n].kind == SEE_COLUMN;
        for (size_t k = 0; fresh && k < n; k++) { /* several may name one column */
            fresh = see->alts[k].kind != SEE_COLUMN ||
                    !str_eq(see->alts[k].column, see->alts[n].column);
        }
        if (fresh && i-- == 0) {
            return see->alts[n].column;
        }
    }
    return STR("");
}

static err see_indexes(const struct ddl *d)
{
    err e = OK;
    for (int i = 0; !e.code && i < DDL_SEE_INDEXES; i++) {
        str column = see_column(&d->type->newest->see, i);
        e = column.len ? make_index(d, "o", column, false, column, REST_ORDER) : OK;
    }
    return e;
}

bool ddl_leads(const struct type *t, str column)
{
    bool found = false;
    for (int i = 0; !found && i < DDL_SEE_INDEXES; i++) {
        found = str_eq(see_column(&t->newest->see, i), column);
    }
    return found;
}

/* The three of type->last, if all are there. */
static err last_index(const struct ddl *d)
{
    const struct field *const *f = d->type->last;
    if (!f[0] || !f[1] || !f[2]) {
        return OK;
    }
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "create index if not exists ");
    sqlb_ident(&b, index_name(d, "l", f[0]->key));
    SQLB_LIT(&b, " on ");
    sqlb_ident(&b, d->type->table);
    for (int i = 0; i < 3; i++) {
        sqlb_sql(&b, i ? SQL(", ") : SQL("("));
        sqlb_ident(&b, f[i]->column);
    }
    SQLB_LIT(&b, ");");
    return run(d, &b);
}

static err indexes(const struct ddl *d)
{
    const struct tdef *def = d->type->newest;
    err e = d->type->lines ? OK : make_index(d, "o", STR(""), false, STR(""), REST_ORDER);
    if (!e.code && def->number.nparts) {
        e = make_index(d, "n", STR(""), true, STR("number"), REST_NONE);
    }
    if (!e.code && d->type->part_of) {
        e = make_index(d, "p", STR(""), false, parent_column(d), REST_NONE);
    }
    if (!e.code) {
        e = see_indexes(d);
    }
    for (size_t i = 0; !e.code && i < def->nfields; i++) {
        const struct field *f = &def->fields[i];
        bool parent = d->type->part_of && i == 0; /* has its own */
        if ((f->type == F_REF || f->looked_up) && f->column.len && !parent) {
            bool key = f->type == F_TEXT && def->nstates; /* of a control, which are open? */
            e = make_index(d, key ? "s" : "r", f->key, false, f->column,
                           key ? REST_STATE : REST_NONE);
        }
    }
    for (size_t i = 0; !e.code && i < def->nuniques; i++) {
        e = make_unique(d, &def->uniques[i]);
    }
    return e.code ? e : last_index(d);
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

err ddl_apply_type(struct db *db, struct arena *a, const struct type *t)
{
    struct ddl d = {.db = db, .a = a, .type = t};
    err e = db_columns(db, a, t->table, &d.have);
    if (!e.code) {
        e = d.have.len ? new_columns(&d) : new_table(&d);
    }
    if (!e.code) {
        e = indexes(&d);
    }
    return e.code ? e : links(&d);
}

err ddl_apply(struct db *db, struct arena *a, const struct model *m)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < m->ntypes; i++) {
        e = ddl_apply_type(db, a, m->types[i]);
    }
    return e;
}
