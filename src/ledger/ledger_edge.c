#include "base/arena.h"
#include "ledger/ledger_int.h"

#include <assert.h>

enum { TILE_BITS = 8, TILE_BYTES = LEDGER_TILE * HASH_LEN };

/* --- in memory ------------------------------------------------------------------- */

static size_t part_len(int64_t size, int level)
{
    return (size_t)(size >> (TILE_BITS * level)) % LEDGER_TILE;
}

static void show_tile(const struct ledger_edge *edge, int level, int64_t idx,
                      const struct hash *root, void (*filled)(void *, const struct ledger_tile *),
                      void *arg)
{
    struct ledger_tile t = {.level = level, .idx = idx, .root = *root};
    memcpy(t.at, edge->part[level], sizeof(t.at));
    filled(arg, &t);
}

void ledger_edge_push(struct hasher *h, struct ledger_edge *edge, const struct hash *leaf,
                      int64_t recorded_ms, void (*filled)(void *arg, const struct ledger_tile *t),
                      void *arg)
{
    struct merkle_range *tree = &edge->tree;
    struct hash node = *leaf;
    int level = 0;
    edge->part[0][tree->size % LEDGER_TILE] = node;
    for (uint64_t n = tree->size; n & 1; n >>= 1) {
        node = merkle_node(h, &tree->at[level], &node);
        level++;
        if (level % TILE_BITS == 0) { /* the root of a tile: one level up, it is a hash */
            int up = level / TILE_BITS;
            int64_t idx = (int64_t)(tree->size >> level);
            assert(up < LEDGER_LEVELS);
            if (filled) {
                show_tile(edge, up - 1, idx, &node, filled, arg);
            }
            edge->part[up][idx % LEDGER_TILE] = node;
        }
    }
    tree->at[level] = node;
    tree->size++;
    edge->last = *leaf;
    edge->recorded_ms = recorded_ms;
}

/* --- from the tables ------------------------------------------------------------------ */

err ledger_head(struct db *db, struct arena *a, struct ledger_head *ret)
{
    struct batch *b = batch_begin(db, a);
    int log = batch_add(b, SQL("select origin, algorithm from ledger_log where id = 1"), NO_ARGS);
    int size = batch_add(b, SQL("select max(seq) from ledger_leaf"), NO_ARGS);
    int newest = batch_add(
        b, SQL("select size, note from ledger_checkpoint order by size desc limit 1"), NO_ARGS);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct ledger_head head = {0};
    struct rows r = batch_rows(b, log);
    if (!rows_next(&r)) {
        return err_make(ERR_STORE, STR("ledger: was never created"));
    }
    head.origin = rows_text(&r, 0);
    if (!str_eq(rows_text(&r, 1), STR("sha256+ed25519"))) {
        return err_make(ERR_STORE, STR("ledger: made with algorithms this program does not know"));
    }
    r = batch_rows(b, size);
    if (rows_next(&r) && !rows_null(&r, 0)) {
        head.size = rows_i64(&r, 0) + 1;
    }
    r = batch_rows(b, newest);
    if (rows_next(&r)) {
        head.checkpoint_size = rows_i64(&r, 0);
        head.checkpoint = rows_text(&r, 1);
    }
    *ret = head;
    return OK;
}

static err broken(struct arena *a, const char *what, int64_t at)
{
    return err_make(ERR_STORE, str_fmt(a, "ledger: %s at entry %lld", what, (long long)at));
}

/* The unfinished tile of level `level` > 0 from the roots of the tiles below. */
static err load_part(struct rows *r, struct arena *a, int level, struct ledger_edge *edge,
                     int64_t size)
{
    size_t want = part_len(size, level);
    int64_t first = size >> (TILE_BITS * (level + 1)) << TILE_BITS;
    for (size_t i = 0; i < want; i++) {
        int64_t idx = first + (int64_t)i;
        bool there = rows_next(r) && rows_i64(r, 0) == idx;
        if (!there || !hash_from(rows_text(r, 1), &edge->part[level][i])) {
            return broken(a, "no tile", idx << (TILE_BITS * level));
        }
    }
    return OK;
}

/* The unfinished tile of level 0, and the last entry. */
static err load_leaves(struct hasher *h, struct rows *r, struct arena *a, int64_t from,
                       struct ledger_edge *edge, int64_t size)
{
    for (int64_t seq = from; seq < size; seq++) {
        struct ledger_entry entry;
        if (!rows_next(r) || rows_i64(r, 0) != seq) {
            return broken(a, "nothing", seq);
        }
        if (!ledger_leaf_parse(rows_text(r, 1), &entry) || entry.seq != seq) {
            return broken(a, "not an entry", seq);
        }
        edge->last = merkle_leaf(h, entry.data);
        edge->recorded_ms = entry.recorded_ms;
        edge->part[0][seq % LEDGER_TILE] = edge->last;
    }
    return OK;
}

/* The perfect subtrees of the right edge, from the unfinished tiles. */
static void fold_parts(struct hasher *h, struct ledger_edge *edge)
{
    for (int level = 0; level < LEDGER_LEVELS; level++) {
        size_t from = 0;
        size_t len = part_len((int64_t)edge->tree.size, level);
        for (int bit = TILE_BITS - 1; bit >= 0; bit--) {
            if (len >> bit & 1) {
                edge->tree.at[TILE_BITS * level + bit] =
                    merkle_root_of(h, &edge->part[level][from], (size_t)1 << bit);
                from += (size_t)1 << bit;
            }
        }
    }
}

err ledger_edge_load(struct hasher *h, struct db *db, struct arena *a, int64_t size,
                     struct ledger_edge *edge)
{
    int place[LEDGER_LEVELS];
    struct ledger_edge *fresh = arena_new(a, struct ledger_edge);
    struct batch *b = batch_begin(db, a);
    int64_t from = size >> TILE_BITS << TILE_BITS;
    from = from == size && size ? size - 1 : from;
    place[0] = batch_add(b,
                         SQL("select seq, data from ledger_leaf where seq >= $1 and seq < $2"
                             " order by seq"),
                         ARGS(db_i64(from), db_i64(size)));
    for (int level = 1; level < LEDGER_LEVELS; level++) {
        int64_t end = size >> (TILE_BITS * level);
        place[level] =
            batch_add(b,
                      SQL("select idx, root from ledger_tile where level = $1"
                          " and idx >= $2 and idx < $3 order by idx"),
                      ARGS(db_i64(level - 1), db_i64(end >> TILE_BITS << TILE_BITS), db_i64(end)));
    }
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, place[0]);
    e = load_leaves(h, &r, a, from, fresh, size);
    for (int level = 1; level < LEDGER_LEVELS && !e.code; level++) {
        r = batch_rows(b, place[level]);
        e = load_part(&r, a, level, fresh, size);
    }
    if (e.code) {
        return e;
    }
    fresh->tree.size = (uint64_t)size;
    fold_parts(h, fresh);
    *edge = *fresh;
    return OK;
}

/* --- nodes for proofs ----------------------------------------------------------------- */

/* The hashes of a full tile, kept until another one of its level is asked for. */
static err full_tile(struct ledger_nodes *n, int level, int64_t idx, const struct hash **ret)
{
    if (n->tile_idx[level] != idx) {
        struct rows r;
        err e = db_query(n->db, n->arena,
                         SQL("select hashes from ledger_tile where level = $1 and idx = $2"),
                         ARGS(db_i64(level), db_i64(idx)), &r);
        if (e.code) {
            return e;
        }
        str bytes = rows_next(&r) ? rows_text(&r, 0) : (str){0};
        if (bytes.len != TILE_BYTES) {
            return broken(n->arena, "no tile", idx << (TILE_BITS * (level + 1)));
        }
        struct hash *at = arena_array(n->arena, struct hash, LEDGER_TILE);
        memcpy(at, bytes.ptr, TILE_BYTES);
        n->tile_at[level] = at;
        n->tile_idx[level] = idx;
    }
    *ret = n->tile_at[level];
    return OK;
}

static err node_get(void *arg, int level, uint64_t index, struct hash *ret)
{
    struct ledger_nodes *n = arg;
    int tile_level = level / TILE_BITS;
    int inside = level % TILE_BITS;
    assert(tile_level < LEDGER_LEVELS);
    uint64_t first = index << inside; /* among the hashes of its tile level */
    int64_t idx = (int64_t)(first / LEDGER_TILE);
    const struct hash *at = n->edge->part[tile_level];
    if (idx < (int64_t)(n->edge->tree.size >> (TILE_BITS * (tile_level + 1)))) {
        err e = full_tile(n, tile_level, idx, &at);
        if (e.code) {
            return e;
        }
    }
    *ret = merkle_root_of(n->hasher, at + first % LEDGER_TILE, (size_t)1 << inside);
    return OK;
}

struct merkle_source ledger_nodes(struct ledger_nodes *n, struct hasher *h, struct db *db,
                                  struct arena *a, const struct ledger_edge *edge)
{
    *n = (struct ledger_nodes){.hasher = h, .db = db, .arena = a, .edge = edge};
    for (int i = 0; i < LEDGER_LEVELS; i++) {
        n->tile_idx[i] = -1;
    }
    return (struct merkle_source){.get = node_get, .arg = n};
}
