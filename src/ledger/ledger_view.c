#include "base/arena.h"
#include "ledger/ledger_int.h"
#include "ledger/proof.h"

struct ledger_view {
    struct db *db;
    struct arena *arena;
    struct hasher *hasher;
    str origin;
    struct ledger_edge edge;
    struct ledger_nodes nodes;
    struct merkle_source source;
};

err ledger_view(struct db *db, struct arena *a, struct ledger_view **ret)
{
    struct ledger_head head;
    err e = ledger_head(db, a, &head);
    if (e.code) {
        return e;
    }
    struct ledger_view *v = arena_new(a, struct ledger_view);
    v->db = db;
    v->arena = a;
    v->hasher = hash_make(a);
    v->origin = head.origin;
    e = ledger_edge_load(v->hasher, db, a, head.size, &v->edge);
    if (e.code) {
        return e;
    }
    v->source = ledger_nodes(&v->nodes, v->hasher, db, a, &v->edge);
    *ret = v;
    return OK;
}

int64_t ledger_view_size(const struct ledger_view *v)
{
    return (int64_t)v->edge.tree.size;
}

str ledger_view_origin(const struct ledger_view *v)
{
    return v->origin;
}

err ledger_view_checkpoint(struct ledger_view *v, int64_t seq, str *note,
                           struct note_checkpoint *ret)
{
    struct rows r;
    err e = db_query(v->db, v->arena,
                     SQL("select note from ledger_checkpoint where size > $1"
                         " order by size desc limit 1"),
                     ARGS(db_i64(seq)), &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("ledger: no checkpoint yet that contains the entry"));
    }
    *note = rows_text(&r, 0);
    return note_parse(*note, ret);
}

static bool inside(const struct ledger_view *v, int64_t from, int64_t to)
{
    return from >= 0 && from <= to && to <= ledger_view_size(v);
}

err ledger_prove(struct ledger_view *v, int64_t seq, int64_t size, struct merkle_proof *ret)
{
    if (!inside(v, seq, size)) {
        return err_make(ERR_VALUE, STR("ledger: no such entry in a tree of this size"));
    }
    return merkle_prove(v->hasher, v->source, (uint64_t)seq, (uint64_t)size, ret);
}

err ledger_consistency(struct ledger_view *v, int64_t m, int64_t n, struct merkle_proof *ret)
{
    if (!inside(v, m, n)) {
        return err_make(ERR_VALUE, STR("ledger: there are no trees of these sizes"));
    }
    return merkle_prove_growth(v->hasher, v->source, (uint64_t)m, (uint64_t)n, ret);
}

static err not_whole(void)
{
    return err_make(ERR_STORE, STR("ledger: what is stored does not prove what was asked;"
                                   " run the full verification"));
}

err ledger_export(struct ledger_view *v, int64_t seq, bool content, str *ret)
{
    struct proof_entry p;
    err e = ledger_get(v->db, v->arena, seq, &p.entry);
    if (e.code) {
        return e;
    }
    e = ledger_view_checkpoint(v, seq, &p.note, &p.cp);
    if (e.code) {
        return e;
    }
    e = ledger_prove(v, seq, p.cp.size, &p.path);
    if (e.code) {
        return e;
    }
    struct hash leaf = merkle_leaf(v->hasher, p.entry.data);
    bool fits = p.entry.erased ||
                hash_eq(hash_of2(v->hasher, p.entry.salt, p.entry.payload), p.entry.digest);
    if (!fits ||
        !merkle_check(v->hasher, (uint64_t)seq, (uint64_t)p.cp.size, &leaf, &p.path, &p.cp.root)) {
        return not_whole();
    }
    p.entry.erased = p.entry.erased || !content;
    *ret = proof_write(v->arena, &p);
    return OK;
}

err ledger_export_growth(struct ledger_view *v, int64_t old, str *ret)
{
    struct proof_growth p = {.from = old};
    struct hash root;
    err e = ledger_view_checkpoint(v, -1, &p.note, &p.cp);
    if (e.code) {
        return e;
    }
    e = ledger_consistency(v, old, p.cp.size, &p.path);
    if (e.code) {
        return e;
    }
    e = merkle_root_at(v->hasher, v->source, (uint64_t)old, &root);
    if (e.code) {
        return e;
    }
    if (!merkle_check_growth(v->hasher, (uint64_t)old, (uint64_t)p.cp.size, &p.path, &root,
                             &p.cp.root)) {
        return not_whole();
    }
    *ret = proof_growth_write(v->arena, &p);
    return OK;
}
