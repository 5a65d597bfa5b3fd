/* verify_map.c - the last digest of each row, from the payloads. */
#include "engine/verify_int.h"
#include "ledger/canon.h"

#include <string.h>

enum { STEP = 2000, ID_BITS = 53, BODY_AT_ONCE = 16384 };

void verify_map_make(struct verifying *v)
{
    v->nslots = 1024; /* a power of two; a quarter of them stays free */
    while (v->nslots < v->most + v->most / 3 + 1) {
        v->nslots *= 2;
    }
    v->room = arena_make(v->nslots * sizeof(struct vslot) + (1 << 20));
    v->slots = arena_array(&v->room, struct vslot, v->nslots);
    v->held = 0;
    v->overflow = false;
}

void verify_map_clear(struct verifying *v)
{
    memset(v->slots, 0, v->nslots * sizeof(*v->slots));
    v->held = 0;
    v->overflow = false;
}

static uint64_t mixed(uint64_t key)
{
    key *= 0x9E3779B97F4A7C15u;
    return key ^ key >> 29;
}

bool verify_mine(const struct verifying *v, uint64_t key)
{
    return (int64_t)((mixed(key) >> 32) % (uint64_t)v->passes) == v->pass;
}

uint64_t verify_key(const struct verifying *v, const struct vtable *t, int64_t id)
{
    uint64_t table = (uint64_t)(t - v->tables) + 1;
    return table << ID_BITS | ((uint64_t)id & ((1ull << ID_BITS) - 1));
}

static struct vslot *slot_for(struct verifying *v, uint64_t key)
{
    size_t at = (size_t)(mixed(key) & (v->nslots - 1));
    while (v->slots[at].key && v->slots[at].key != key) {
        at = (at + 1) & (v->nslots - 1);
    }
    return &v->slots[at];
}

struct vslot *verify_find(struct verifying *v, uint64_t key)
{
    struct vslot *s = slot_for(v, key);
    return s->key ? s : NULL;
}

static struct vslot *put(struct verifying *v, const struct vtable *t, int64_t id, int64_t seq)
{
    uint64_t key = verify_key(v, t, id);
    if (!verify_mine(v, key)) {
        return NULL;
    }
    struct vslot *s = slot_for(v, key);
    if (!s->key && v->held == v->most) {
        v->overflow = true;
        return NULL;
    }
    v->held += !s->key;
    *s = (struct vslot){.key = key, .seq = seq};
    return s;
}

static const struct vtable *table_named(const struct verifying *v, str name)
{
    for (size_t i = 0; i < v->ntables; i++) {
        if (str_eq(v->tables[i].name, name)) {
            return &v->tables[i];
        }
    }
    return NULL;
}

static void take_rows(struct verifying *v, int64_t seq, str rows)
{
    struct canon_walk tables = canon_walk(rows);
    struct canon_value in;
    str name;
    while (canon_next(&tables, &name, &in)) {
        const struct vtable *t = table_named(v, name);
        struct canon_walk ids = canon_walk(in.raw);
        struct canon_value d;
        str key;
        while (t && canon_next(&ids, &key, &d)) {
            int64_t id;
            struct vslot *s = str_to_i64(key, &id) ? put(v, t, id, seq) : NULL;
            if (!s) {
                continue;
            }
            s->gone = d.kind == CANON_NULL;
            /* base64 needs no escapes: the text between the quotes */
            s->unknown =
                !s->gone && (d.raw.len < 2 ||
                             !digest_read(str_from_n(d.raw.ptr + 1, d.raw.len - 2), &s->digest));
        }
    }
}

/* The content is gone: what it said of its record is not known any more. */
static void take_erased(struct verifying *v, int64_t seq, str object)
{
    str rest;
    int64_t id;
    str key = str_cut(object, ':', &rest);
    const struct type *type = v->model ? model_type(v->model, key) : NULL;
    const struct vtable *t = type ? table_named(v, type->table) : NULL;
    struct vslot *s = t && str_to_i64(rest, &id) ? put(v, t, id, seq) : NULL;
    if (s) {
        s->unknown = true;
    }
}

void verify_take(struct verifying *v, int64_t seq, str object, str payload, bool erased)
{
    struct canon_value rows;
    if (str_starts(object, STR("law:"))) {
        struct law_told *law = arena_new(v->a, struct law_told);
        *law = (struct law_told){.object = str_copy(v->a, object), .next = v->laws};
        v->laws = law;
    } else if (str_starts(object, STR("setting:"))) {
        verify_take_setting(v, seq, object, payload);
    } else if (erased) {
        take_erased(v, seq, object);
    } else if (canon_find(payload, STR("rows"), &rows)) {
        take_rows(v, seq, rows.raw);
    }
}

err verify_scan(struct verifying *v, int64_t from, int64_t to)
{
    for (; from < to; from += STEP) {
        struct rows r;
        int64_t end = to - from < STEP ? to : from + STEP;
        err e = db_query(v->db, &v->side,
                         SQL("select l.seq, l.data, p.salt,"
                             " case when length(p.body) <= $3 then p.body end"
                             " from ledger_leaf l left join ledger_payload p on p.seq = l.seq"
                             " where l.seq >= $1 and l.seq < $2 order by l.seq"),
                         ARGS(db_i64(from), db_i64(end), db_i64(BODY_AT_ONCE)), &r);
        e = e.code ? e : verify_go_on(v);
        while (!e.code && rows_next(&r)) {
            struct ledger_entry x = {0};
            struct rows one;
            bool ok = ledger_leaf_parse(rows_text(&r, 1), &x);
            bool erased = rows_null(&r, 2);
            str body = rows_text(&r, 3);
            if (!erased && rows_null(&r, 3)) {
                e = db_query(v->db, &v->side, SQL("select body from ledger_payload where seq = $1"),
                             ARGS(db_i64(x.seq)), &one);
                body = !e.code && rows_next(&one) ? rows_text(&one, 0) : STR("{}");
            }
            if (ok) {
                verify_take(v, x.seq, x.object, body, erased);
            }
        }
        if (e.code) {
            return err_make(e.code, str_copy(v->a, e.detail));
        }
        arena_reset(&v->side);
    }
    return OK;
}
