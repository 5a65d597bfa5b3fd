/* verify_rows.c - every row of the tables that entries tell of, but the history's. */
#include "engine/approve_int.h"
#include "engine/verify_int.h"

/* Contents that were approved are long. */
enum { ROWS_AT_ONCE = 2000, APPROVALS_AT_ONCE = 200 };

/* --- one row ---------------------------------------------------------------------------- */

/* A row that is not what the entries tell: unchecked where an entry after `seq` about its
 * record was erased, for it may have told of it.  `owner`: the record, or its approval. */
static err differs(struct verifying *v, const struct vtable *t, int64_t id, int64_t owner,
                   int64_t seq, enum vwrong wrong)
{
    struct rows r = {0};
    err e = v->erased_entries
                ? db_query(v->db, &v->side,
                           SQL("select 1 from act a join ledger_erased x on x.seq = a.seq"
                               " where (a.record = $1 or a.record ="
                               " (select record from approval where id = $1)) and a.seq > $2"
                               " limit 1"),
                           ARGS(db_i64(owner), db_i64(seq)), &r)
                : OK;
    if (!e.code && v->erased_entries && rows_count(&r)) {
        v->report->unchecked++;
    } else if (!e.code) {
        verify_bad(v, t, id, seq, wrong);
    }
    return e;
}

static err compare(struct verifying *v, const struct vtable *t, int64_t id, int64_t owner,
                   const struct hash *digest)
{
    struct vslot *s = verify_find(v, verify_key(v, t, id));
    v->report->rows++;
    if (!s) {
        return differs(v, t, id, owner, -1, ROW_EXTRA);
    }
    s->seen = true;
    if (s->unknown) {
        v->report->unchecked++;
    } else if (s->gone) {
        verify_bad(v, t, id, s->seq, ROW_EXTRA);
    } else if (!hash_eq(s->digest, *digest)) {
        return differs(v, t, id, owner, s->seq, ROW_CHANGED);
    }
    return OK;
}

/* --- tables of rows ------------------------------------------------------------------------ */

static struct sql rows_sql(struct verifying *v, const struct vtable *t)
{
    struct sqlb b = sqlb_make(v->a);
    SQLB_LIT(&b, "select ");
    for (int i = 0; i < t->plan.ncols; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, t->plan.cols[i]);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where id > $1 order by id limit ");
    sqlb_i64(&b, ROWS_AT_ONCE);
    return sqlb_end(&b);
}

static err walk_rows(struct verifying *v, const struct vtable *t)
{
    struct sql sql = rows_sql(v, t);
    struct cell *row = arena_array(v->a, struct cell, (size_t)t->plan.ncols + 1);
    int64_t last = INT64_MIN;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side, sql, ARGS(db_i64(last)), &r);
        e = e.code ? e : verify_go_on(v);
        more = !e.code && rows_count(&r) == ROWS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            last = rows_i64(&r, COL_ID);
            if (!verify_mine(v, verify_key(v, t, last))) {
                continue;
            }
            perform_read_row(&t->plan, &r, row);
            struct hash d = digest_row(v->hasher, &t->plan, row);
            int parent = t->type->lines ? t->plan.parent_col : COL_ID;
            e = compare(v, t, last, row[parent].i, &d);
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e;
}

static err end_of_owner(struct verifying *v, const struct vtable *t, int64_t owner,
                        struct digest *d)
{
    struct hash h = digest_end(d);
    return verify_mine(v, verify_key(v, t, owner)) ? compare(v, t, owner, owner, &h) : OK;
}

static err walk_links(struct verifying *v, const struct vtable *t)
{
    struct sqlb b = sqlb_make(v->a);
    SQLB_LIT(&b, "select owner, target from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where (owner, target) > ($1, $2) order by owner, target limit ");
    sqlb_i64(&b, ROWS_AT_ONCE);
    struct sql sql = sqlb_end(&b);
    int64_t owner = INT64_MIN;
    int64_t target = INT64_MIN;
    bool any = false;
    struct digest d;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side, sql, ARGS(db_i64(owner), db_i64(target)), &r);
        more = !e.code && rows_count(&r) == ROWS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            int64_t next = rows_i64(&r, 0);
            if (any && next != owner) {
                e = end_of_owner(v, t, owner, &d);
            }
            if (!any || next != owner) {
                d = digest_begin(v->hasher);
            }
            any = true;
            owner = next;
            target = rows_i64(&r, 1);
            digest_i64(&d, STR("target"), target);
        }
    }
    e = e.code || !any ? e : end_of_owner(v, t, owner, &d);
    if (!e.code) {
        arena_reset(&v->side);
    }
    return e;
}

static err walk_files(struct verifying *v, const struct vtable *t)
{
    int64_t last = INT64_MIN;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side,
                     SQL("select id, record, type, act, field, name, mime, size, sha256, at, person"
                         " from attachment where id > $1 order by id limit 2000"),
                     ARGS(db_i64(last)), &r);
        more = !e.code && rows_count(&r) == ROWS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            last = rows_i64(&r, 0);
            struct file_row f = {.id = last,
                                 .record = rows_i64(&r, 1),
                                 .type = rows_i64(&r, 2),
                                 .act = rows_i64(&r, 3),
                                 .field = rows_text(&r, 4),
                                 .no_field = rows_null(&r, 4),
                                 .name = rows_text(&r, 5),
                                 .mime = rows_text(&r, 6),
                                 .size = rows_i64(&r, 7),
                                 .sha256 = rows_text(&r, 8),
                                 .at = rows_i64(&r, 9),
                                 .person = rows_i64(&r, 10)};
            struct hash d = digest_file(v->hasher, &f);
            e = verify_mine(v, verify_key(v, t, last)) ? compare(v, t, last, f.record, &d) : OK;
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e;
}

static err compare_approval(struct verifying *v, const struct vtable *t, const struct rows *r)
{
    const struct approve_table *of = t->approve;
    struct digest d = digest_begin(v->hasher);
    int64_t id = 0;
    int64_t record = 0;
    int64_t approval = 0;
    for (int i = 0; i < of->n; i++) {
        str name = of->columns[i].name;
        int64_t number = of->columns[i].text ? 0 : rows_i64(r, i);
        id = str_eq(name, STR("id")) ? number : id;
        record = str_eq(name, STR("record")) ? number : record;
        approval = str_eq(name, STR("approval")) ? number : approval;
        if (of->columns[i].derived) {
            continue;
        }
        if (!rows_null(r, i) && of->columns[i].text) {
            digest_text(&d, name, rows_text(r, i));
        } else if (!rows_null(r, i)) {
            digest_i64(&d, name, number);
        }
    }
    struct hash h = digest_end(&d);
    if (!verify_mine(v, verify_key(v, t, id))) {
        return OK;
    }
    return compare(v, t, id, approval ? approval : record, &h);
}

static err walk_approvals(struct verifying *v, const struct vtable *t)
{
    const struct approve_table *of = t->approve;
    struct sqlb b = sqlb_make(v->a);
    int col = 0;
    SQLB_LIT(&b, "select ");
    for (int i = 0; i < of->n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, of->columns[i].name);
        col = str_eq(of->columns[i].name, STR("id")) ? i : col;
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where id > $1 order by id limit ");
    sqlb_i64(&b, APPROVALS_AT_ONCE);
    struct sql sql = sqlb_end(&b);
    int64_t last = INT64_MIN;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side, sql, ARGS(db_i64(last)), &r);
        more = !e.code && rows_count(&r) == APPROVALS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            last = rows_i64(&r, col);
            e = compare_approval(v, t, &r);
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e;
}

/* Rows an entry tells of and that are not there. */
static void missing_rows(struct verifying *v)
{
    size_t held = v->held;
    for (struct vslot *s = v->slots; held; s++) {
        if (!s->key) {
            continue;
        }
        held--;
        if (!s->seen && !s->gone && !s->unknown) {
            const struct vtable *t = &v->tables[(s->key >> 53) - 1];
            verify_bad(v, t, (int64_t)(s->key & ((1ull << 53) - 1)), s->seq, ROW_MISSING);
        }
    }
}

err verify_rows(struct verifying *v)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < v->ntables; i++) {
        const struct vtable *t = &v->tables[i];
        switch (t->kind) {
        case VT_ROWS:
            e = walk_rows(v, t);
            break;
        case VT_LINKS:
            e = walk_links(v, t);
            break;
        case VT_FILES:
            e = walk_files(v, t);
            break;
        case VT_APPROVALS:
            e = walk_approvals(v, t);
            break;
        case VT_ACTS:
        case VT_LAWS:
        case VT_SETTINGS:
        case VT_EVIDENCE:
            break;
        }
    }
    if (!e.code) {
        missing_rows(v);
    }
    return e;
}
