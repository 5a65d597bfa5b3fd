/* db_walk.c - whole tables, for whoever carries them elsewhere. */
#include "base/arena.h"
#include "store/db_int.h"

enum { WALK_ARENA = 512 << 20 };

err db_tables(struct db *db, struct arena *a, struct str_list *ret)
{
    struct sql sql =
        db->kind == DB_SQLITE
            ? SQL("select name from sqlite_schema where type = 'table'"
                  " and substr(name, 1, 7) <> 'sqlite_' and substr(name, 1, 10) <> 'search_fts'"
                  " order by name")
            : SQL("select table_name from information_schema.tables"
                  " where table_schema = current_schema() and table_type = 'BASE TABLE'"
                  " order by table_name");
    struct rows r;
    err e = db_query(db, a, sql, NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    str *names = arena_array(a, str, (size_t)rows_count(&r) + 1);
    size_t n = 0;
    while (rows_next(&r)) {
        names[n++] = rows_text(&r, 0);
    }
    *ret = (struct str_list){.ptr = names, .len = n};
    return OK;
}

static bool one_of(str s, const char *const *list)
{
    while (*list && !str_eq(s, str_from(*list))) {
        list++;
    }
    return *list != NULL;
}

err db_column_types(struct db *db, struct arena *a, str table, struct db_column **ret, size_t *n)
{
    static const char *const numbers[] = {"integer", "bigint", NULL};
    static const char *const bytes[] = {"blob", "bytea", NULL};
    struct sql sql = db->kind == DB_SQLITE
                         ? SQL("select name, lower(type) from pragma_table_info($1) order by cid")
                         : SQL("select column_name, data_type from information_schema.columns"
                               " where table_schema = current_schema() and table_name = $1"
                               " order by ordinal_position");
    struct rows r;
    err e = db_query(db, a, sql, ARGS(db_text(table)), &r);
    if (e.code) {
        return e;
    }
    struct db_column *list = arena_array(a, struct db_column, (size_t)rows_count(&r) + 1);
    *n = 0;
    while (rows_next(&r)) {
        str type = rows_text(&r, 1);
        struct db_column *c = &list[(*n)++];
        c->name = rows_text(&r, 0);
        c->type = one_of(type, numbers) ? DB_ARG_I64
                  : one_of(type, bytes) ? DB_ARG_BLOB
                                        : DB_ARG_TEXT;
        c->odd = c->type == DB_ARG_TEXT && !str_eq(type, STR("text"));
    }
    *ret = list;
    return OK;
}

static void put_columns(struct sqlb *b, const struct db_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_ident(b, columns[i].name);
    }
}

/* The row's own number stands behind the columns. */
static struct sql sqlite_page(struct arena *a, str table, const struct db_column *columns, size_t n)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select ");
    put_columns(&b, columns, n);
    SQLB_LIT(&b, ", rowid from ");
    sqlb_ident(&b, table);
    SQLB_LIT(&b, " where rowid > $1 order by rowid limit 256");
    return sqlb_end(&b);
}

static err walk_sqlite(struct db *db, struct arena *a, str table, const struct db_column *columns,
                       size_t n, err (*page)(void *, struct arena *, struct rows *), void *arg)
{
    int64_t last = INT64_MIN;
    for (;;) {
        struct rows r;
        err e = db_query(db, a, sqlite_page(a, table, columns, n), ARGS(db_i64(last)), &r);
        if (e.code || !rows_count(&r)) {
            return e;
        }
        struct rows end = r;
        while (rows_next(&end)) {
            last = rows_i64(&end, (int)n);
        }
        bool more = rows_count(&r) == DB_WALK_ROWS;
        e = page(arg, a, &r);
        arena_reset(a);
        if (e.code || !more) {
            return e;
        }
    }
}

/* A cursor; its name is the table's, so that prepared statements stay true. */
static err walk_pg(struct db *db, struct arena *a, str table, const struct db_column *columns,
                   size_t n, err (*page)(void *, struct arena *, struct rows *), void *arg)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "declare ");
    sqlb_ident(&b, table);
    SQLB_LIT(&b, " no scroll cursor for select ");
    put_columns(&b, columns, n);
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, table);
    err e = db_exec(db, a, sqlb_end(&b), NO_ARGS);
    for (bool more = !e.code; more;) {
        struct rows r;
        struct sqlb f = sqlb_make(a);
        SQLB_LIT(&f, "fetch 256 from ");
        sqlb_ident(&f, table);
        e = db_query(db, a, sqlb_end(&f), NO_ARGS, &r);
        more = !e.code && rows_count(&r) == DB_WALK_ROWS;
        if (!e.code) {
            e = page(arg, a, &r);
            more = more && !e.code;
        }
        arena_reset(a);
    }
    return e;
}

err db_walk(struct db *db, str table, const struct db_column *columns, size_t n,
            err (*page)(void *arg, struct arena *a, struct rows *r), void *arg)
{
    struct arena a = arena_make(WALK_ARENA);
    err e = db->kind == DB_SQLITE ? walk_sqlite(db, &a, table, columns, n, page, arg)
                                  : walk_pg(db, &a, table, columns, n, page, arg);
    if (e.code) {
        e.detail = STR("a table could not be read");
    }
    arena_end(&a);
    return e;
}
