/* verify_evidence.c - snapshots of controls against the ledger. */
#include "engine/verify_int.h"
#include "ledger/canon.h"
#include "ledger/package.h"

enum { ROWS_AT_ONCE = 500 };

err verify_evidence_entry(struct verifying *v, const struct ledger_entry *x)
{
    struct rows r;
    err e = db_query(v->db, &v->side, SQL("select 1 from evidence where seq = $1"),
                     ARGS(db_i64(x->seq)), &r);
    if (!e.code && !rows_count(&r)) {
        verify_bad(v, verify_table(v, VT_EVIDENCE), x->seq, x->seq, ROW_MISSING);
    }
    return e;
}

static bool says(struct verifying *v, const struct ledger_entry *x, const struct rows *r)
{
    struct canon_value control;
    struct canon_value person;
    struct canon_value n;
    if (x->type != PACKAGE_ENTRY) {
        return false;
    }
    return x->erased || (canon_find(x->payload, STR("control"), &control) &&
                         canon_find(x->payload, STR("person"), &person) &&
                         canon_find(x->payload, STR("n"), &n) &&
                         str_eq(canon_text(&v->side, control), rows_text(r, 1)) &&
                         person.i64 == rows_i64(r, 2) && n.i64 == rows_i64(r, 4) &&
                         rows_i64(r, 3) <= x->recorded_ms);
}

err verify_evidence(struct verifying *v)
{
    int64_t last = -1;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side,
                     SQL("select seq, control, person, at, n from evidence where seq > $1"
                         " order by seq limit 500"),
                     ARGS(db_i64(last)), &r);
        more = !e.code && rows_count(&r) == ROWS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            struct ledger_entry x;
            last = rows_i64(&r, 0);
            err got = ledger_get(v->db, &v->side, last, &x);
            e = got.code == ERR_NOT_FOUND ? OK : got;
            if (got.code || !says(v, &x, &r)) {
                verify_bad(v, verify_table(v, VT_EVIDENCE), last, got.code ? -1 : last,
                           got.code ? ROW_EXTRA : ROW_CHANGED);
            }
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e;
}
