#include "backup/carry.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "engine/engine.h"
#include "engine/schema.h"
#include "model/ddl.h"
#include "people/people.h"

#include <string.h>

enum { COLUMNS_MAX = 400 };

struct carrying {
    struct arena *a;
    struct db *from, *to;
    const struct backup_watch *watch;
    /* the table in work */
    str table, into;
    struct db_column *columns;
    size_t n;
    int64_t rows;
};

static bool on(struct carrying *k)
{
    return !k->watch || !k->watch->progress ||
           k->watch->progress(k->watch->arg, WORDS("复制数据库", "Copying the database"), k->rows,
                              0);
}

/* --- one table ------------------------------------------------------------------------------ */

static struct db_arg cell(const struct db_column *c, struct rows *r, int i)
{
    bool null = rows_null(r, i);
    struct db_arg arg = c->type == DB_ARG_I64    ? db_i64(rows_i64(r, i))
                        : c->type == DB_ARG_BLOB ? db_blob(rows_text(r, i))
                                                 : db_text(rows_text(r, i));
    arg.null = null;
    return arg;
}

static struct sql insert(struct carrying *k, struct arena *a)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "insert into ");
    sqlb_ident(&b, k->into);
    SQLB_LIT(&b, "(");
    for (size_t i = 0; i < k->n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, k->columns[i].name);
    }
    SQLB_LIT(&b, ") values (");
    for (size_t i = 0; i < k->n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_param(&b, (int)i + 1);
    }
    SQLB_LIT(&b, ") on conflict do nothing");
    return sqlb_end(&b);
}

static err put_page(void *arg, struct arena *a, struct rows *r)
{
    struct carrying *k = arg;
    struct sql sql = insert(k, a);
    db_write_begin(k->to);
    struct batch *b = batch_begin(k->to, a);
    while (rows_next(r)) {
        struct db_arg *args = arena_array(a, struct db_arg, k->n);
        for (size_t i = 0; i < k->n; i++) {
            args[i] = cell(&k->columns[i], r, (int)i);
        }
        batch_add(b, sql, (struct db_args){args, (int)k->n});
    }
    err e = batch_run(b);
    if (e.code) {
        db_rollback(k->to);
        return backup_no(k->a, e.code,
                         words_fmt(k->a, "表 %.*s 无法写入：%.*s",
                                   "Table %.*s cannot be written: %.*s", STR_ARG(k->into),
                                   STR_ARG(e.detail)),
                         (struct words){0});
    }
    k->rows += rows_count(r);
    e = db_commit(k->to, a);
    return !e.code && !on(k) ? err_make(ERR_BUSY, STR("the copy was cancelled")) : e;
}

/* Columns that both have: each database keeps some of its own. */
static err common_columns(struct carrying *k)
{
    struct str_list there;
    struct db_column *all;
    size_t n = 0;
    err e = db_column_types(k->from, k->a, k->table, &all, &n);
    e = e.code ? e : db_columns(k->to, k->a, k->into, &there);
    k->n = 0;
    k->columns = arena_array(k->a, struct db_column, n + 1);
    for (size_t i = 0; !e.code && i < n && k->n < COLUMNS_MAX; i++) {
        bool both = false;
        for (size_t x = 0; x < there.len; x++) {
            both = both || str_eq(there.ptr[x], all[i].name);
        }
        if (both && !all[i].odd) {
            k->columns[k->n++] = all[i];
        }
    }
    return e;
}

static err carry_table(struct carrying *k, str table)
{
    bool indexed = str_eq(table, STR("search_text"));
    k->table = table;
    k->into = indexed ? STR("search_queue") : table;
    err e = common_columns(k);
    if (e.code || !k->n) {
        return e;
    }
    err walked = db_walk(k->from, table, k->columns, k->n, put_page, k);
    return walked;
}

/* --- all of it ------------------------------------------------------------------------------ */

static err make_tables(struct carrying *k)
{
    size_t n;
    struct rows log;
    struct str_list there;
    err e = db_tables(k->to, k->a, &there);
    if (!e.code && there.len) {
        return backup_no(k->a, ERR_CONFLICT,
                         WORDS("目标数据库不是空的，不会覆盖。",
                               "The database is not empty; it is not overwritten."),
                         WORDS("新建一个空的数据库。", "Make an empty database."));
    }
    e = e.code
            ? e
            : db_query(k->from, k->a, SQL("select origin, created_at from ledger_log where id = 1"),
                       NO_ARGS, &log);
    if (!e.code && !rows_next(&log)) {
        e = err_make(ERR_NOT_FOUND, STR("no installation here"));
    }
    const struct migration *list = schema_migrations(&n);
    e = e.code ? e : db_migrate(k->to, k->a, list, n);
    list = people_migrations(&n);
    e = e.code ? e : db_migrate(k->to, k->a, list, n);
    e = e.code ? e : schema_search(k->to, k->a);
    return e.code ? e : ledger_create(k->to, k->a, rows_text(&log, 0), rows_i64(&log, 1));
}

/* The tables of records come from the regulations, all versions of them. */
static err make_record_tables(struct carrying *k)
{
    struct arena life = arena_make(256u << 20);
    struct sources s;
    struct diags d = diags_make(&life);
    err e = engine_sources(k->to, &life, &s);
    struct model *m = e.code ? NULL : model_build(&life, &s, &d);
    if (!e.code) {
        e = m ? ddl_apply(k->to, &life, m)
              : err_make(ERR_STORE, STR("the stored regulations do not load"));
    }
    e.detail = e.code ? str_copy(k->a, e.detail) : e.detail;
    arena_end(&life);
    return e;
}

static bool made_again(str table)
{
    static const char *const names[] = {"migration", "ledger_log", "law", "session"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(table, str_from(names[i]))) {
            return true;
        }
    }
    return false;
}

err carry(struct arena *a, struct db *from, struct db *to, const struct backup_watch *watch)
{
    struct carrying k = {.a = a, .from = from, .to = to, .watch = watch};
    struct str_list tables = {0};
    err e = make_tables(&k);
    e = e.code ? e : carry_table(&k, STR("law"));
    e = e.code ? e : make_record_tables(&k);
    e = e.code ? e : db_tables(from, a, &tables);
    for (size_t i = 0; !e.code && i < tables.len; i++) {
        e = made_again(tables.ptr[i]) ? OK : carry_table(&k, tables.ptr[i]);
    }
    return e;
}
