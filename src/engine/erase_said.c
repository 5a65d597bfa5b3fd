/* erase_said.c - what the person said, and what names him: texts of his own comments, and the
 * name in a record whose texts somebody decided to rid of it. */
#include "base/buf.h"
#include "engine/approve_int.h"
#include "engine/erase_int.h"

enum { TEXT_MAX = 8 << 20 };

static err the_act(struct turn *t, struct erasing *k, struct doing *d, struct touched *x,
                   const int64_t *seqs, int n)
{
    d->acts[d->nacts++] = (struct inner){.id = engine_id(t->e, t->now),
                                         .record = x->id,
                                         .t = x->t,
                                         .action = STR("erase"),
                                         .note = k->basis,
                                         .from_null = true,
                                         .to_null = true};
    err e = perform_finish(d);
    e = e.code ? e : db_flush(k->db, k->a);
    return e.code ? e : erase_entries(t, k, x->id, x->t->type, seqs, n);
}

/* --- the person's own comments ---------------------------------------------------------------- */

err erase_comments(struct turn *t, struct erasing *k, const struct type *type, int64_t record,
                   int64_t person, struct erase_done *done, bool *more)
{
    int64_t *seqs = arena_array(k->a, int64_t, ERASE_ENTRIES);
    struct touched *x;
    struct rows r;
    int n = 0;
    struct doing *d = turn_begin(t, k->ctx, k->a, 0, 0);
    d->erasing = true;
    err e = perform_touch(d, type, record, &x);
    e = e.code ? e
               : db_query(k->db, k->a,
                          SQL("select id, seq from act where record = $1 and +person = $2"
                              " and action = 'comment' and not exists"
                              " (select 1 from ledger_erased l where l.seq = act.seq)"
                              " order by seq limit $3"),
                          ARGS(db_i64(record), db_i64(person), db_i64(ERASE_ENTRIES + 1)), &r);
    while (!e.code && n < ERASE_ENTRIES && rows_next(&r)) {
        seqs[n++] = rows_i64(&r, 1);
        e = db_queue(k->db, k->a, SQL("update act set note = $2 where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0)), db_text(STR(ERASED_TEXT))));
    }
    if (e.code || !n) {
        return e;
    }
    *more = rows_count(&r) > ERASE_ENTRIES;
    e = the_act(t, k, d, x, seqs, n);
    done->comments += n;
    done->entries += n;
    return e;
}

/* --- the name in texts ----------------------------------------------------------------------- */

bool erase_is_free(const struct field *f)
{
    return f->column.len && (f->type == F_TEXT || f->type == F_MARKDOWN) && !f->is.tree;
}

void erase_put_names(struct sqlb *b, str alias, str column, int at)
{
    SQLB_LIT(b, "(coalesce(");
    sqlb_ident(b, alias);
    SQLB_LIT(b, ".");
    sqlb_ident(b, column);
    SQLB_LIT(b, ", '') <> replace(coalesce(");
    sqlb_ident(b, alias);
    SQLB_LIT(b, ".");
    sqlb_ident(b, column);
    SQLB_LIT(b, ", ''), ");
    sqlb_param(b, at);
    SQLB_LIT(b, ", ''))");
}

/* With a mark wherever the name stands. */
static str without_name(struct arena *a, str text, str name)
{
    str mark = str_has(STR(ERASED_TEXT), name) ? STR(ERASED_NAME) : STR(ERASED_TEXT);
    struct buf b = buf_make(a, TEXT_MAX);
    for (size_t i = 0; i < text.len;) {
        bool here = text.len - i >= name.len && str_eq(str_from_n(text.ptr + i, name.len), name);
        buf_put(&b, here ? mark : str_from_n(text.ptr + i, 1));
        i += here ? name.len : 1;
    }
    return buf_str(&b);
}

static void clear_row(struct erasing *k, struct touched *x, str name)
{
    for (size_t i = 0; i < x->t->def->nfields; i++) {
        const struct field *f = &x->t->def->fields[i];
        int col = x->t->field_col[i];
        if (col >= 0 && erase_is_free(f) && !x->now[col].null && str_has(x->now[col].s, name)) {
            x->now[col].s = without_name(k->a, x->now[col].s, name);
        }
    }
}

/* What acts on it say, and the entries that told it, those of an earlier text as well. */
static err clear_acts(struct erasing *k, int64_t record, str name, int64_t *seqs, int *n,
                      bool *more)
{
    struct rows r;
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select a.id, a.seq, a.note, a.changes from act a left join ledger_payload p"
                 " on p.seq = a.seq where a.record = $1 and (");
    erase_put_names(&b, STR("a"), STR("note"), 2);
    SQLB_LIT(&b, " or ");
    erase_put_names(&b, STR("a"), STR("changes"), 2);
    SQLB_LIT(&b, " or ");
    erase_put_names(&b, STR("p"), STR("body"), 2);
    SQLB_LIT(&b, ") order by a.seq limit $3");
    err e = db_query(k->db, k->a, sqlb_end(&b),
                     ARGS(db_i64(record), db_text(name), db_i64(ERASE_ENTRIES + 1)), &r);
    while (!e.code && *n < ERASE_ENTRIES && rows_next(&r)) {
        seqs[(*n)++] = rows_i64(&r, 1);
        e = db_queue(k->db, k->a, SQL("update act set note = $2, changes = $3 where id = $1"),
                     ARGS(db_i64(rows_i64(&r, 0)),
                          rows_null(&r, 2) ? db_null_text()
                                           : db_text(without_name(k->a, rows_text(&r, 2), name)),
                          rows_null(&r, 3) ? db_null_text()
                                           : db_text(without_name(k->a, rows_text(&r, 3), name))));
    }
    *more = !e.code && rows_count(&r) > ERASE_ENTRIES;
    return e;
}

/* Opinions of those who voted; what they voted on goes as a whole (erase_record.c). */
static err clear_votes(struct erasing *k, struct doing *d, const struct touched *x, str name)
{
    struct rows r;
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select v.id, v.note from approval p join approval_vote v on v.approval = p.id"
                 " where p.record = $1 and ");
    erase_put_names(&b, STR("v"), STR("note"), 2);
    err e = db_query(k->db, k->a, sqlb_end(&b), ARGS(db_i64(x->id), db_text(name)), &r);
    while (!e.code && rows_next(&r)) {
        history_piece(d, x->id, STR("approval_vote"), rows_i64(&r, 0))->untold = true;
        e = db_queue(
            k->db, k->a, SQL("update approval_vote set note = $2 where id = $1"),
            ARGS(db_i64(rows_i64(&r, 0)), db_text(without_name(k->a, rows_text(&r, 1), name))));
    }
    return e;
}

static err clear_notices(struct erasing *k, const struct touched *x, str name)
{
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "delete from notification where record = $1 and (");
    erase_put_names(&b, STR("notification"), STR("zh"), 2);
    SQLB_LIT(&b, " or ");
    erase_put_names(&b, STR("notification"), STR("en"), 2);
    SQLB_LIT(&b, ")");
    return db_queue(k->db, k->a, sqlb_end(&b), ARGS(db_i64(x->id), db_text(name)));
}

err erase_name(struct turn *t, struct erasing *k, const struct type *type, int64_t record, str name,
               int64_t *entries, bool *more)
{
    int64_t *seqs = arena_array(k->a, int64_t, ERASE_ENTRIES);
    struct touched *x;
    int n = 0;
    struct doing *d = turn_begin(t, k->ctx, k->a, 0, 0);
    d->erasing = true;
    err e = perform_touch(d, type, record, &x);
    if (e.code) {
        return e;
    }
    clear_row(k, x, name);
    e = clear_acts(k, record, name, seqs, &n, more);
    e = e.code ? e : perform_write(d, x, x->old, false);
    e = e.code ? e : erase_contents(k, d, x, name);
    e = e.code ? e : clear_votes(k, d, x, name);
    e = e.code ? e : clear_notices(k, x, name);
    *entries += n;
    return e.code ? e : the_act(t, k, d, x, seqs, n);
}
