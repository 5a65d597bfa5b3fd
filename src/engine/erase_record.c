/* erase_record.c - what is personal of one record, taken away in one act: row, history,
 * contents voted on, files, notices, the entries that told of it. */
#include "base/json.h"
#include "engine/approve_int.h"
#include "engine/erase_int.h"

/* --- the row -------------------------------------------------------------------------------- */

static void clear_row(struct touched *x)
{
    for (size_t i = 0; i < x->t->def->nfields; i++) {
        const struct field *f = &x->t->def->fields[i];
        int col = x->t->field_col[i];
        if (col < 0 || !erase_is_personal(x->t->type, f->key) || x->now[col].null) {
            continue;
        }
        x->now[col] =
            f->never_missing ? (struct cell){.s = STR(ERASED_TEXT)} : (struct cell){.null = true};
    }
}

/* --- its history ------------------------------------------------------------------------------ */

static void put_value(struct json *j, const struct json_value *v)
{
    switch (v->kind) {
    case JV_NULL:
    case JV_REAL: /* the history holds none */
        json_nil(j);
        break;
    case JV_TRUE:
    case JV_FALSE:
        json_bool(j, v->kind == JV_TRUE);
        break;
    case JV_INT:
        json_i64(j, v->i64);
        break;
    case JV_TEXT:
        json_str(j, v->text);
        break;
    case JV_LIST:
    case JV_OBJECT: {
        char open = v->kind == JV_LIST ? '[' : '{';
        json_open(j, open);
        for (size_t i = 0; i < v->len; i++) {
            if (v->kind == JV_OBJECT) {
                json_key(j, v->keys[i]);
            }
            put_value(j, &v->items[i]); /* as deep as the text was: json_read bounds it */
        }
        json_close(j, v->kind == JV_LIST ? ']' : '}');
        break;
    }
    }
}

/* The changes without those of personal fields; false: it tells of none. */
static bool without(struct arena *a, const struct type *t, str changes, str *ret)
{
    const struct json_value *list;
    bool some = false;
    if (json_read(a, changes, &list).code || list->kind != JV_LIST) {
        return false;
    }
    struct json j = json_begin(a, 4 << 20);
    json_open(&j, '[');
    for (size_t i = 0; i < list->len; i++) {
        if (erase_is_personal(t, json_str_of(json_get(&list->items[i], STR("f"))))) {
            some = true;
        } else {
            put_value(&j, &list->items[i]);
        }
    }
    json_close(&j, ']');
    *ret = json_end(&j);
    return some;
}

/* Acts before `last` that tell of such a value: what they say, and which entries. */
static err clear_history(struct erasing *k, const struct type *t, int64_t record, int64_t *seqs,
                         int *n, bool *more)
{
    struct rows r;
    err e = db_query(k->db, k->a,
                     SQL("select a.id, a.seq, a.changes from act a where a.record = $1"
                         " and a.changes is not null and a.action <> 'erase'"
                         " and not exists (select 1 from ledger_erased x where x.seq = a.seq)"
                         " order by a.seq"),
                     ARGS(db_i64(record)), &r);
    *n = 0;
    *more = false;
    while (!e.code && rows_next(&r)) {
        str rest;
        if (!without(k->a, t, rows_text(&r, 2), &rest)) {
            continue;
        }
        if (*n == ERASE_ENTRIES) {
            *more = true;
            break;
        }
        seqs[(*n)++] = rows_i64(&r, 1);
        e = db_queue(k->db, k->a, SQL("update act set changes = $2 where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0)), db_text(rest)));
    }
    return e;
}

/* --- beside the record ---------------------------------------------------------------------- */

/* Attachments of personal fields; of the person's own record all, also removed ones. */
static err clear_files(struct erasing *k, struct doing *d, const struct touched *x, bool *some)
{
    struct rows r;
    err e = db_query(k->db, k->a,
                     SQL("select id, field, sha256, removed_at from attachment where record = $1"),
                     ARGS(db_i64(x->id)), &r);
    while (!e.code && rows_next(&r)) {
        if (x->t->type != k->m->person &&
            !erase_is_personal(x->t->type, rows_null(&r, 1) ? STR("") : rows_text(&r, 1))) {
            continue;
        }
        *some = true;
        history_piece(d, x->id, STR("attachment"), rows_i64(&r, 0))->gone = true;
        e = db_queue(k->db, k->a, SQL("delete from attachment where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0))));
        e = e.code ? e
                   : db_queue(k->db, k->a,
                              SQL("insert into erasure_file(sha256) values ($1)"
                                  " on conflict do nothing"),
                              ARGS(db_text(rows_text(&r, 2))));
    }
    return e;
}

err erase_contents(struct erasing *k, struct doing *d, const struct touched *x, str name)
{
    struct sqlb ask = sqlb_make(k->a);
    struct sqlb round = sqlb_make(k->a);
    SQLB_LIT(&ask, "select p.id from approval p where p.record = $1 and p.asked is not null"
                   " and ($2 = '' or ");
    erase_put_names(&ask, STR("p"), STR("asked"), 2);
    SQLB_LIT(&ask, ")");
    SQLB_LIT(&round, "select o.id from approval_round o join approval p on p.id = o.approval"
                     " where p.record = $1 and o.content is not null and ($2 = '' or ");
    erase_put_names(&round, STR("o"), STR("content"), 2);
    SQLB_LIT(&round, ")");
    struct batch *b = batch_begin(k->db, k->a);
    struct db_args args = ARGS(db_i64(x->id), db_text(name));
    int asked = batch_add(b, sqlb_end(&ask), args);
    int rounds = batch_add(b, sqlb_end(&round), args);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, asked);
    while (!e.code && rows_next(&r)) {
        history_piece(d, x->id, STR("approval"), rows_i64(&r, 0))->untold = true;
        e = db_queue(k->db, k->a, SQL("update approval set asked = null where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0))));
    }
    r = batch_rows(b, rounds);
    while (!e.code && rows_next(&r)) {
        history_piece(d, x->id, STR("approval_round"), rows_i64(&r, 0))->untold = true;
        e = db_queue(k->db, k->a, SQL("update approval_round set content = null where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0))));
    }
    return e;
}

static err clear_rest(struct erasing *k, const struct touched *x)
{
    err e = db_queue(k->db, k->a, SQL("delete from notification where record = $1"),
                     ARGS(db_i64(x->id)));
    return e.code ? e
                  : db_queue(k->db, k->a,
                             SQL("insert into search_queue(record, type) values ($1, $2)"
                                 " on conflict do nothing"),
                             ARGS(db_i64(x->id), db_i64(x->t->type->code)));
}

/* --- the ledger ----------------------------------------------------------------------------- */

err erase_entries(struct turn *t, struct erasing *k, int64_t record, const struct type *type,
                  const int64_t *seqs, int n)
{
    int64_t by;
    if (!n) {
        return OK;
    }
    struct ledger_act *la = ledger_act(t->e->ledger, k->a, t->now);
    struct batch *b = batch_begin(k->db, k->a);
    err e = ledger_erase(la, b, STR("clock"),
                         str_fmt(k->a, "%.*s:%lld", STR_ARG(type->key), (long long)record),
                         k->basis, seqs, n, &by);
    return e.code ? e : batch_run(b);
}

static bool row_changed(const struct touched *x)
{
    for (int i = 0; i < x->t->ncols; i++) {
        if (history_cell_changed(x, i)) {
            return true;
        }
    }
    return false;
}

err erase_record(struct turn *t, struct erasing *k, const struct type *type, int64_t record,
                 struct erase_done *done, bool *more)
{
    int64_t *seqs = arena_array(k->a, int64_t, ERASE_ENTRIES);
    int n = 0;
    bool files = false;
    struct touched *x;
    struct doing *d = turn_begin(t, k->ctx, k->a, 0, 0);
    d->erasing = true;
    err e = perform_touch(d, type, record, &x);
    if (e.code) {
        return e;
    }
    clear_row(x);
    e = clear_history(k, type, record, seqs, &n, more);
    e = e.code ? e : clear_files(k, d, x, &files);
    if (e.code || (!n && !files && !row_changed(x))) {
        return e;
    }
    e = perform_write(d, x, x->old, false);
    e = e.code ? e : erase_contents(k, d, x, STR(""));
    e = e.code ? e : clear_rest(k, x);
    if (e.code) {
        return e;
    }
    d->acts[d->nacts++] = (struct inner){.id = engine_id(t->e, t->now),
                                         .record = record,
                                         .t = x->t,
                                         .action = STR("erase"),
                                         .note = k->basis,
                                         .from_null = true,
                                         .to_null = true};
    e = perform_finish(d);
    e = e.code ? e : db_flush(k->db, k->a);
    e = e.code ? e : erase_entries(t, k, record, type, seqs, n);
    done->erased += !*more;
    done->entries += n;
    return e;
}
