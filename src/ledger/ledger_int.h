/* ledger_int.h - what the C files of the ledger share. */
#ifndef LEDGER_LEDGER_INT_H
#define LEDGER_LEDGER_INT_H

#include "ledger/ledger.h"

/* A tile that an entry has just filled. */
struct ledger_tile {
    int level;
    int64_t idx;
    struct hash root;
    struct hash at[LEDGER_TILE];
};

/* Appends a leaf hash to the edge.  Each tile that becomes full is shown to
 * `filled` (may be NULL), lowest first. */
void ledger_edge_push(struct hasher *h, struct ledger_edge *edge, const struct hash *leaf,
                      int64_t recorded_ms, void (*filled)(void *arg, const struct ledger_tile *t),
                      void *arg);

/* What the tables say about the log as a whole. */
struct ledger_head {
    str origin;
    int64_t size;            /* highest seq + 1 */
    int64_t checkpoint_size; /* of the newest checkpoint; 0: none */
    str checkpoint;          /* its text */
};
/* ERR_STORE: there is no log, or one of another algorithm. */
MUST_CHECK err ledger_head(struct db *db, struct arena *a, struct ledger_head *ret);

/* Builds the edge of the first `size` entries from tiles and leaves.  ERR_STORE names the
 * entry where one of them is missing or damaged. */
MUST_CHECK err ledger_edge_load(struct hasher *h, struct db *db, struct arena *a, int64_t size,
                                struct ledger_edge *edge);

/* Hashes of the perfect subtrees inside `edge`, from tiles or from the edge. */
struct ledger_nodes {
    struct hasher *hasher;
    struct db *db;
    struct arena *arena;
    const struct ledger_edge *edge;
    int64_t tile_idx[LEDGER_LEVELS]; /* the tile kept of each level; -1: none */
    const struct hash *tile_at[LEDGER_LEVELS];
};
struct merkle_source ledger_nodes(struct ledger_nodes *n, struct hasher *h, struct db *db,
                                  struct arena *a, const struct ledger_edge *edge);

#endif
