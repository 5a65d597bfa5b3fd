/* index.c - search text, indexed between groups in small batches. */
#include "engine/engine_int.h"
#include "store/bigram.h"

enum { SOME = 64 };

static bool is_text(const struct field *f)
{
    return f->column.len && f->value.kind == V_TEXT && !f->see.tree;
}

/* The same fields, in the same order. */
static bool same_texts(const struct tdef *was, const struct tdef *is)
{
    size_t k = 0;
    for (size_t i = 0; i < was->nfields; i++) {
        if (!is_text(&was->fields[i])) {
            continue;
        }
        while (k < is->nfields && !is_text(&is->fields[k])) {
            k++;
        }
        if (k == is->nfields || !str_eq(is->fields[k++].key, was->fields[i].key)) {
            return false;
        }
    }
    while (k < is->nfields && !is_text(&is->fields[k])) {
        k++;
    }
    return k == is->nfields;
}

err index_again(struct db *db, struct arena *a, const struct type *was, const struct type *is)
{
    if (same_texts(was->newest, is->newest)) {
        return OK;
    }
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "insert into search_queue(record, type) select r.id, $1 from ");
    sqlb_ident(&b, is->table);
    SQLB_LIT(&b, " r where 1 = 1 on conflict do nothing");
    return db_exec(db, a, sqlb_end(&b), ARGS(db_i64(is->code)));
}

static struct sql body_sql(struct arena *a, const struct type *t)
{
    struct sqlb q = sqlb_make(a);
    SQLB_LIT(&q, "select coalesce(r.number, '') || ' ' || coalesce(r.name, '')");
    for (size_t i = 0; i < t->newest->nfields; i++) {
        const struct field *f = &t->newest->fields[i];
        if (is_text(f)) {
            SQLB_LIT(&q, " || ' ' || coalesce(r.");
            sqlb_ident(&q, f->column);
            SQLB_LIT(&q, ", '')");
        }
    }
    SQLB_LIT(&q, " from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " r where r.id = $1");
    return sqlb_end(&q);
}

static void put_sqlite(struct batch *b, int64_t id, str old, bool had, str body)
{
    if (had) { /* external content wants the old text to take it out */
        batch_add(b,
                  SQL("insert into search_fts(search_fts, rowid, body)"
                      " values ('delete', $1, $2)"),
                  ARGS(db_i64(id), db_text(old)));
    }
    batch_add(b, SQL("insert into search_fts(rowid, body) values ($1, $2)"),
              ARGS(db_i64(id), db_text(body)));
}

static err index_one(struct engine *e, struct db *db, struct arena *a, int64_t id,
                     const struct type *t)
{
    struct batch *b = batch_begin(db, a);
    int now = batch_add(b, body_sql(a, t), ARGS(db_i64(id)));
    int was = batch_add(b, SQL("select body from search_text where record = $1"), ARGS(db_i64(id)));
    err r = batch_run(b);
    if (r.code) {
        return r;
    }
    struct rows fresh = batch_rows(b, now);
    struct rows old = batch_rows(b, was);
    bool had = rows_next(&old);
    str body = rows_next(&fresh) ? rows_text(&fresh, 0) : STR("");
    b = batch_begin(db, a);
    if (!had || !str_eq(body, rows_text(&old, 0))) {
        batch_add(b,
                  SQL("insert into search_text(record, type, body) values ($1, $2, $3)"
                      " on conflict (record) do update set body = excluded.body"),
                  ARGS(db_i64(id), db_i64(t->code), db_text(body)));
        if (db_kind(db) == DB_SQLITE) {
            put_sqlite(b, id, had ? rows_text(&old, 0) : STR(""), had, body);
        } else {
            batch_add(b,
                      SQL("update search_text set tokens = cast($2 as tsvector)"
                          " where record = $1"),
                      ARGS(db_i64(id), db_text(bigram_tokens(a, body))));
        }
    }
    batch_add(b, SQL("delete from search_queue where record = $1"), ARGS(db_i64(id)));
    (void)e;
    return batch_run(b);
}

bool index_some(struct engine *e, struct db *db, struct arena *a)
{
    struct rows r;
    err x = db_query(db, a, SQL("select record, type from search_queue order by record limit 64"),
                     NO_ARGS, &r);
    int64_t n = x.code ? 0 : rows_count(&r);
    if (!n) {
        return false;
    }
    const struct model *m = e->now.model->model;
    db_write_begin(db);
    while (!x.code && rows_next(&r)) {
        const struct type *t = model_type_at(m, (int)rows_i64(&r, 1));
        if (t) {
            x = index_one(e, db, a, rows_i64(&r, 0), t);
        }
    }
    if (x.code) {
        db_rollback(db);
        return false;
    }
    x = db_commit(db, a);
    return !x.code && n == SOME;
}
