#include "base/arena.h"
#include "base/buf.h"
#include "store/db_int.h"

#include <string.h>

/* --- DDL ------------------------------------------------------------------------ */

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static str type_word(enum db_kind kind, str word)
{
    bool pg = kind == DB_PG;
    if (str_eq(word, STR("ID"))) {
        return pg ? STR("bigint primary key") : STR("integer primary key");
    }
    if (str_eq(word, STR("INT"))) {
        return pg ? STR("bigint") : STR("integer");
    }
    if (str_eq(word, STR("BLOB"))) {
        return pg ? STR("bytea") : STR("blob");
    }
    return word;
}

/* The end of what begins at i: a quoted piece, a comment, a word, or one byte. */
static size_t piece_end(str s, size_t i)
{
    char c = s.ptr[i];
    size_t end = i + 1;
    if (c == '\'' || c == '"') {
        while (end < s.len && s.ptr[end] != c) {
            end++;
        }
        return end < s.len ? end + 1 : end;
    }
    if (c == '-' && end < s.len && s.ptr[end] == '-') {
        while (end < s.len && s.ptr[end] != '\n') {
            end++;
        }
        return end;
    }
    if (word_char(c)) {
        while (end < s.len && word_char(s.ptr[end])) {
            end++;
        }
    }
    return end;
}

/* Takes the next statement off the script, its type words replaced; false at
 * the end. */
static bool next_statement(struct db *db, struct arena *a, str *script, str *ret)
{
    struct buf b = buf_make(a, script->len * 4 + 64);
    size_t i = 0;
    while (i < script->len) {
        size_t end = piece_end(*script, i);
        str piece = str_from_n(script->ptr + i, end - i);
        i = end;
        if (str_eq(piece, STR(";"))) {
            if (str_trim(buf_str(&b)).len) {
                break;
            }
            b.len = 0;
        } else if (!str_starts(piece, STR("--"))) {
            buf_put(&b, type_word(db->kind, piece));
        }
    }
    *script = str_from_n(script->ptr + i, script->len - i);
    *ret = str_trim(buf_str(&b));
    return ret->len > 0;
}

static void add_script(struct batch *b, struct sql script)
{
    str rest = script.text;
    str one;
    while (next_statement(b->db, b->arena, &rest, &one)) {
        int place = batch_add(b, (struct sql){.text = one}, NO_ARGS);
        b->stmts[place].once = true;
    }
}

err db_ddl(struct db *db, struct arena *a, struct sql script)
{
    struct batch *b = batch_begin(db, a);
    add_script(b, script);
    return batch_run(b);
}

err db_columns(struct db *db, struct arena *a, str table, struct str_list *ret)
{
    struct sql sql = db->kind == DB_SQLITE
                         ? SQL("select name from pragma_table_info($1) order by cid")
                         : SQL("select column_name from information_schema.columns"
                               " where table_schema = current_schema() and table_name = $1"
                               " order by ordinal_position");
    struct rows r;
    err e = db_query(db, a, sql, ARGS(db_text(table)), &r);
    if (e.code) {
        return e;
    }
    str *names = arena_array(a, str, (size_t)rows_count(&r));
    for (size_t i = 0; rows_next(&r); i++) {
        names[i] = rows_text(&r, 0);
    }
    *ret = (struct str_list){.ptr = names, .len = (size_t)rows_count(&r)};
    return OK;
}

err db_has_table(struct db *db, struct arena *a, str table, bool *ret)
{
    struct str_list columns;
    err e = db_columns(db, a, table, &columns);
    *ret = !e.code && columns.len > 0;
    return e;
}

/* --- migrations -------------------------------------------------------------------- */

static bool listed(struct rows done, str name)
{
    while (rows_next(&done)) {
        if (str_eq(rows_text(&done, 0), name)) {
            return true;
        }
    }
    return false;
}

static err migrate_all(struct db *db, struct arena *a, const struct migration *list, size_t n)
{
    struct batch *b = batch_begin(db, a);
    if (db->kind == DB_PG) {
        /* One node at a time; any number will do that nobody else uses. */
        batch_add(b, SQL("select pg_advisory_xact_lock(7270923481)"), NO_ARGS);
    }
    batch_add(b, SQL("create table if not exists migration (name text primary key)"), NO_ARGS);
    int place = batch_add(b, SQL("select name from migration"), NO_ARGS);
    err e = batch_run(b);
    for (size_t i = 0; i < n && !e.code; i++) {
        str name = str_from(list[i].name);
        if (!listed(batch_rows(b, place), name)) {
            struct batch *one = batch_begin(db, a);
            add_script(one, list[i].script);
            batch_add(one, SQL("insert into migration (name) values ($1)"), ARGS(db_text(name)));
            e = batch_run(one);
        }
    }
    return e;
}

err db_migrate(struct db *db, struct arena *a, const struct migration *list, size_t n)
{
    db_write_begin(db);
    err e = migrate_all(db, a, list, n);
    if (e.code) {
        db_rollback(db);
        return e;
    }
    return db_commit(db, a);
}

/* --- plans --------------------------------------------------------------------------- */

struct tokens {
    str *ptr;
    size_t len;
};

static str unquoted(str s)
{
    if (s.len >= 2 && s.ptr[0] == '"') {
        return str_from_n(s.ptr + 1, s.len - 2);
    }
    return s;
}

static struct tokens tokens_of(struct arena *a, str text)
{
    struct tokens t = {.ptr = arena_array(a, str, text.len)};
    for (size_t i = 0; i < text.len;) {
        size_t end = piece_end(text, i);
        str piece = str_from_n(text.ptr + i, end - i);
        if (str_trim(piece).len && !str_starts(piece, STR("--"))) {
            t.ptr[t.len++] = piece;
        }
        i = end;
    }
    return t;
}

/* SQLite's plan names aliases.  The table of "from TABLE [as] ALIAS". */
static str table_of(const struct tokens *t, str alias)
{
    for (size_t i = 2; i < t->len; i++) {
        size_t before = str_eq(t->ptr[i - 1], STR("as")) ? i - 2 : i - 1;
        if (before == 0 || !str_eq(unquoted(t->ptr[i]), alias)) {
            continue;
        }
        str lead = t->ptr[before - 1];
        if (str_eq(lead, STR("from")) || str_eq(lead, STR("join")) || str_eq(lead, STR(","))) {
            return unquoted(t->ptr[before]);
        }
    }
    return alias;
}

/* What a line of the plan walks; empty when it is no walk that counts. */
static str walked(str detail, bool ordered)
{
    str rest;
    bool indexed = str_has(detail, STR(" USING ")) && str_has(detail, STR("INDEX"));
    bool made_up = str_has(detail, STR("VIRTUAL TABLE")) || str_has(detail, STR("CONSTANT ROW"));
    if (!str_eq(str_cut(detail, ' ', &rest), STR("SCAN")) || made_up || (ordered && indexed)) {
        return (str){0};
    }
    return str_cut(rest, ' ', &rest);
}

static bool in_list(const str *list, size_t n, str s)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i], s)) {
            return true;
        }
    }
    return false;
}

static err is_table(struct db *db, struct arena *a, str name, bool *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select 1 from sqlite_schema where type = 'table' and name = $1"),
                     ARGS(db_text(name)), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

err db_scans(struct db *db, struct arena *a, struct sql sql, bool ordered, struct str_list *ret)
{
    *ret = (struct str_list){0};
    if (db->kind != DB_SQLITE) {
        return OK;
    }
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "explain query plan ");
    sqlb_sql(&b, sql);
    struct batch *plan = batch_begin(db, a);
    int place = batch_add(plan, sqlb_end(&b), NO_ARGS);
    plan->stmts[place].once = true;
    plan->stmts[place].unbound = true;
    err e = batch_run(plan);
    if (e.code) {
        return e;
    }
    struct tokens t = tokens_of(a, sql.text);
    struct rows r = batch_rows(plan, place);
    str *found = arena_array(a, str, (size_t)rows_count(&r));
    size_t n = 0;
    while (rows_next(&r)) {
        str name = walked(rows_text(&r, 3), ordered);
        bool table = false;
        if (name.len) {
            name = table_of(&t, name);
            e = is_table(db, a, name, &table);
            if (e.code) {
                return e;
            }
        }
        if (table && !in_list(found, n, name)) {
            found[n++] = name;
        }
    }
    *ret = (struct str_list){.ptr = found, .len = n};
    return OK;
}
