#include "base/arena.h"
#include "ledger/canon.h"
#include "ledger/ledger_int.h"

enum {
    STEP = 4096,            /* entries read at once; a multiple of LEDGER_TILE */
    BODY_AT_ONCE = 16384,   /* characters; longer payloads are read one by one */
    STEP_BYTES = 256 << 20, /* memory of a step */
    TILE_BYTES = LEDGER_TILE * HASH_LEN,
    ENTRIES_MAX = 1000, /* that one erasure may name */
};

/* A checkpoint kept elsewhere, believed already. */
struct trusted {
    int64_t size;
    struct hash root;
};

struct check {
    struct db *db;
    struct arena *arena; /* lives as long as the verification */
    struct arena step;   /* reset after each step */
    struct hasher *hasher;
    const struct ledger_verify_options *opt;
    struct ledger_report *report;
    struct ledger_head head;
    int64_t tiles_end; /* one more than the last stored tile of level 0 */
    struct ledger_edge edge;
    int64_t proven; /* entries below are covered by a tile or checkpoint that fitted */
    struct trusted *trusted;
    size_t ntrusted, next_trusted; /* by size */
    /* the erasure looked at last */
    int64_t erasure;
    int64_t erased[ENTRIES_MAX];
    int nerased;
    /* the step */
    struct rows leaves, tiles, checkpoints, erasures;
    bool has_tile, has_checkpoint, has_erasure;
    int64_t tile_idx, checkpoint_size;
    const struct hash *tile_at;
    err failed; /* the database's, inside a callback */
};

/* --- naming what is bad ------------------------------------------------------------------ */

/* Only the first fault is kept; false, so that it can be returned. */
static bool bad(struct check *c, int64_t seq, int64_t seq_to, struct words what, str detail)
{
    struct ledger_report *r = c->report;
    if (!r->bad) {
        r->bad = true;
        r->seq = seq;
        r->seq_to = seq_to;
        r->what = what;
        r->detail = str_copy(c->arena, detail);
    }
    return false;
}

#define BAD(c, from, to, zh, en, detail) bad((c), (from), (to), WORDS(zh, en), STR(detail))

static bool bad_leaf(struct check *c, int64_t seq, const char *detail)
{
    return bad(c, seq, seq,
               WORDS("该条存证已被改动。", "This entry was changed after it was recorded."),
               str_from(detail));
}

static bool bad_tile(struct check *c, int64_t idx, int level, const char *detail)
{
    int64_t span = (int64_t)LEDGER_TILE << (8 * level);
    return bad(c, idx * span, idx * span + span - 1,
               WORDS("这一段存证的哈希块已被改动或缺失。",
                     "The stored hashes of these entries were changed or are missing."),
               str_from(detail));
}

static bool cut_off(struct check *c, int64_t to, const char *detail)
{
    return bad(c, c->head.size, to > c->head.size ? to - 1 : c->head.size,
               WORDS("存证日志的末尾被截去。", "The end of the log was cut off."),
               str_from(detail));
}

/* --- payloads ------------------------------------------------------------------------------- */

/* The payload of an entry whose text was too long to come with the others. */
static bool long_payload(struct check *c, struct ledger_entry *e)
{
    struct rows r;
    c->failed = db_query(c->db, &c->step, SQL("select body from ledger_payload where seq = $1"),
                         ARGS(db_i64(e->seq)), &r);
    if (c->failed.code) {
        return false;
    }
    e->payload = rows_next(&r) ? rows_text(&r, 0) : (str){0};
    return true;
}

/* Reads which entries the erasure `by` names; none when it is not one. */
static bool load_erasure(struct check *c, int64_t by)
{
    struct ledger_entry e;
    struct canon_value v;
    str key;
    c->erasure = by;
    c->nerased = 0;
    c->failed = ledger_get(c->db, &c->step, by, &e);
    if (c->failed.code == ERR_NOT_FOUND || c->failed.code == ERR_STORE) {
        c->failed = OK; /* missing or damaged: it names nothing */
        return true;
    }
    if (c->failed.code) {
        return false;
    }
    bool whole = e.type == LEDGER_ERASURE && !e.erased &&
                 hash_eq(hash_of2(c->hasher, e.salt, e.payload), e.digest);
    if (!whole || !canon_find(e.payload, STR("entries"), &v)) {
        return true;
    }
    struct canon_walk w = canon_walk(v.raw);
    while (c->nerased < ENTRIES_MAX && canon_next(&w, &key, &v)) {
        c->erased[c->nerased++] = v.i64;
    }
    return true;
}

static bool is_named(const struct check *c, int64_t seq)
{
    for (int i = 0; i < c->nerased; i++) {
        if (c->erased[i] == seq) {
            return true;
        }
    }
    return false;
}

/* A payload is missing: is there an erasure, itself an entry, that says so? */
static bool check_erased(struct check *c, int64_t seq)
{
    while (c->has_erasure && rows_i64(&c->erasures, 0) < seq) {
        c->has_erasure = rows_next(&c->erasures);
    }
    bool said = c->has_erasure && rows_i64(&c->erasures, 0) == seq;
    int64_t by = said ? rows_i64(&c->erasures, 1) : -1;
    if (said && by != c->erasure && !load_erasure(c, by)) {
        return false;
    }
    if (!said || by <= seq || !is_named(c, seq)) {
        return BAD(c, seq, seq, "该条存证的内容缺失，且没有删除凭据。",
                   "The content of this entry is missing, and no erasure is recorded.",
                   "no payload and no erasure entry that names it");
    }
    c->report->erased++;
    return true;
}

static bool check_payload(struct check *c, struct ledger_entry *e)
{
    e->erased = rows_null(&c->leaves, 2);
    if (e->erased) {
        return check_erased(c, e->seq);
    }
    e->salt = rows_text(&c->leaves, 2);
    e->payload = rows_text(&c->leaves, 3);
    if (rows_null(&c->leaves, 3) && !long_payload(c, e)) {
        return false;
    }
    if (e->salt.len != LEDGER_SALT_LEN ||
        !hash_eq(hash_of2(c->hasher, e->salt, e->payload), e->digest)) {
        return BAD(c, e->seq, e->seq, "该条存证的内容已被改动。",
                   "The content of this entry was changed.",
                   "SHA-256(salt | payload) differs from the digest in the leaf");
    }
    c->report->payloads++;
    return true;
}

/* --- tiles ---------------------------------------------------------------------------------- */

static void next_tile(struct check *c)
{
    c->has_tile = rows_next(&c->tiles);
    if (c->has_tile) {
        str bytes = rows_text(&c->tiles, 2);
        c->tile_idx = rows_i64(&c->tiles, 0);
        c->tile_at = bytes.len == TILE_BYTES ? (const struct hash *)(const void *)bytes.ptr : NULL;
    }
}

/* Does the stored tile's root fit its own hashes? */
static bool tile_is_itself(struct check *c)
{
    struct hash root;
    return c->tile_at && hash_from(rows_text(&c->tiles, 1), &root) &&
           hash_eq(root, merkle_root_of(c->hasher, c->tile_at, LEDGER_TILE));
}

/* An entry below the last full tile against its hash there. */
static bool check_in_tile(struct check *c, int64_t seq, const struct hash *leaf)
{
    int64_t idx = seq / LEDGER_TILE;
    if (idx >= c->head.size / LEDGER_TILE) {
        return true; /* its tile is not full */
    }
    while (c->has_tile && c->tile_idx < idx) {
        next_tile(c);
    }
    if (!c->has_tile || c->tile_idx != idx || !c->tile_at) {
        return bad_tile(c, idx, 0, "a tile of level 0 is missing or has a wrong length");
    }
    if (!hash_eq(*leaf, c->tile_at[seq % LEDGER_TILE])) {
        return tile_is_itself(c) ? bad_leaf(c, seq, "leaf hash differs from the one in its tile")
                                 : bad_tile(c, idx, 0, "a tile of level 0 does not fit its root");
    }
    return true;
}

/* A tile that the recomputation has just filled, against the stored one. */
static void tile_filled(void *arg, const struct ledger_tile *t)
{
    struct check *c = arg;
    struct hash root;
    str stored_root = {0};
    if (c->failed.code || c->report->bad) {
        return;
    }
    if (t->level == 0) { /* its hashes were compared one by one */
        stored_root = c->has_tile && c->tile_idx == t->idx ? rows_text(&c->tiles, 1) : (str){0};
    } else {
        struct rows r;
        c->failed = db_query(c->db, &c->step,
                             SQL("select root, hashes from ledger_tile"
                                 " where level = $1 and idx = $2"),
                             ARGS(db_i64(t->level), db_i64(t->idx)), &r);
        if (c->failed.code) {
            return;
        }
        str want = str_from_n((const char *)t->at, sizeof(t->at));
        if (rows_next(&r) && str_eq(rows_text(&r, 1), want)) {
            stored_root = rows_text(&r, 0);
        }
    }
    if (!hash_from(stored_root, &root) || !hash_eq(root, t->root)) {
        bad_tile(c, t->idx, t->level, "a tile or its root is missing or differs");
        return;
    }
    c->report->tiles++;
    c->proven = (int64_t)c->edge.tree.size + 1; /* the entry being pushed completes it */
}

/* --- checkpoints ---------------------------------------------------------------------------- */

static void next_checkpoint(struct check *c)
{
    c->has_checkpoint = rows_next(&c->checkpoints);
    c->checkpoint_size = c->has_checkpoint ? rows_i64(&c->checkpoints, 0) : 0;
}

/* The recomputed root at a size somebody signed. */
static bool check_root(struct check *c, const struct hash *signed_root)
{
    int64_t size = (int64_t)c->edge.tree.size;
    if (!hash_eq(merkle_root(c->hasher, &c->edge.tree), *signed_root)) {
        int64_t from = c->proven < size ? c->proven : size - 1;
        return BAD(c, from, size - 1, "这一段存证与已签名的检查点不符。",
                   "These entries do not fit the checkpoint that was signed over them.",
                   "recomputed root differs from the checkpoint's");
    }
    c->proven = size;
    return true;
}

static bool check_checkpoint(struct check *c)
{
    const struct ledger_verify_options *o = c->opt;
    struct note_checkpoint cp;
    int64_t size = (int64_t)c->edge.tree.size;
    str note = rows_text(&c->checkpoints, 1);
    err e = note_parse(note, &cp);
    if (!e.code && (cp.size != size || !str_eq(cp.origin, c->head.origin))) {
        e = err_make(ERR_VALUE, STR("checkpoint: of another size or log than it is stored for"));
    }
    bool newest = size == c->head.checkpoint_size;
    if (!e.code && o->nkeys && (newest || !o->last_signature_only)) {
        e = note_open(note, o->keys, o->nkeys, &cp, NULL);
        c->report->signatures += !e.code;
    }
    if (e.code) {
        return bad(c, size - 1, size - 1,
                   WORDS("此处的检查点已被改动，或签名无效。",
                         "The checkpoint made here was changed, or its signature is not valid."),
                   e.detail);
    }
    c->report->checkpoints++;
    return check_root(c, &cp.root);
}

/* All that was signed for the size just reached. */
static bool check_signed(struct check *c)
{
    int64_t size = (int64_t)c->edge.tree.size;
    while (c->has_checkpoint && c->checkpoint_size <= size) {
        if (c->checkpoint_size == size && !check_checkpoint(c)) {
            return false;
        }
        next_checkpoint(c);
    }
    while (c->next_trusted < c->ntrusted && c->trusted[c->next_trusted].size <= size) {
        const struct trusted *t = &c->trusted[c->next_trusted++];
        if (t->size == size && !check_root(c, &t->root)) {
            return false;
        }
    }
    return true;
}

/* --- entries
 * ---------------------------------------------------------------------------------------------------
 */

static bool check_entry(struct check *c, int64_t seq)
{
    struct ledger_entry e;
    struct words what = WORDS("记录与存证不符。", "The record differs from its entry.");
    if (!rows_next(&c->leaves) || rows_i64(&c->leaves, 0) != seq) {
        return BAD(c, seq, seq, "该条存证缺失。", "This entry is missing.", "no leaf of this seq");
    }
    str data = rows_text(&c->leaves, 1);
    struct hash leaf = merkle_leaf(c->hasher, data);
    if (!ledger_leaf_parse(data, &e) || e.seq != seq) {
        return bad_leaf(c, seq, "the leaf data is not that of an entry of this seq");
    }
    if (!check_in_tile(c, seq, &leaf)) {
        return false;
    }
    if (e.recorded_ms < c->edge.recorded_ms) {
        return BAD(c, seq, seq, "该条存证的入账时间早于前一条。",
                   "This entry was recorded before the one that precedes it.",
                   "recorded_ms goes back");
    }
    if (!check_payload(c, &e)) {
        return false;
    }
    if (c->opt->entry && !c->opt->entry(c->opt->arg, &e, &what)) {
        return bad(c, seq, seq, what, STR("refused by the caller's check"));
    }
    ledger_edge_push(c->hasher, &c->edge, &leaf, e.recorded_ms, tile_filled, c);
    c->report->entries++;
    return !c->report->bad && !c->failed.code && check_signed(c);
}

static err read_step(struct check *c, int64_t from, int64_t to)
{
    struct batch *b = batch_begin(c->db, &c->step);
    int leaves = batch_add(b,
                           SQL("select l.seq, l.data, p.salt,"
                               " case when length(p.body) <= $3 then p.body end"
                               " from ledger_leaf l left join ledger_payload p on p.seq = l.seq"
                               " where l.seq >= $1 and l.seq < $2 order by l.seq"),
                           ARGS(db_i64(from), db_i64(to), db_i64(BODY_AT_ONCE)));
    int tiles = batch_add(b,
                          SQL("select idx, root, hashes from ledger_tile where level = 0"
                              " and idx >= $1 and idx < $2 order by idx"),
                          ARGS(db_i64(from / LEDGER_TILE), db_i64(to / LEDGER_TILE)));
    int checkpoints = batch_add(b,
                                SQL("select size, note from ledger_checkpoint"
                                    " where size > $1 and size <= $2 order by size"),
                                ARGS(db_i64(from), db_i64(to)));
    int erasures = batch_add(b,
                             SQL("select seq, by_seq from ledger_erased"
                                 " where seq >= $1 and seq < $2 order by seq"),
                             ARGS(db_i64(from), db_i64(to)));
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    c->leaves = batch_rows(b, leaves);
    c->tiles = batch_rows(b, tiles);
    c->checkpoints = batch_rows(b, checkpoints);
    c->erasures = batch_rows(b, erasures);
    return OK;
}

static err walk_step(struct check *c, int64_t from, int64_t to)
{
    err e = read_step(c, from, to);
    if (e.code) {
        return e;
    }
    c->has_erasure = rows_next(&c->erasures);
    next_tile(c);
    next_checkpoint(c);
    bool good = true;
    for (int64_t seq = from; seq < to && good; seq++) {
        good = check_entry(c, seq);
    }
    return c->failed;
}

/* --- the whole
 * -----------------------------------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    const struct trusted *s = a;
    const struct trusted *t = b;
    return (s->size > t->size) - (s->size < t->size);
}

static bool load_trusted(struct check *c)
{
    const struct ledger_verify_options *o = c->opt;
    c->trusted = arena_array(c->arena, struct trusted, o->ntrusted + 1);
    for (size_t i = 0; i < o->ntrusted; i++) {
        struct note_checkpoint cp;
        err e = note_open(o->trusted[i], o->keys, o->nkeys, &cp, NULL);
        if (e.code) {
            return bad(
                c, -1, -1,
                WORDS("所给的外部检查点无效。", "A checkpoint given from outside is not valid."),
                e.detail);
        }
        c->trusted[i] = (struct trusted){.size = cp.size, .root = cp.root};
    }
    c->ntrusted = o->ntrusted;
    qsort(c->trusted, c->ntrusted, sizeof(*c->trusted), by_size);
    while (c->next_trusted < c->ntrusted && c->trusted[c->next_trusted].size == 0) {
        c->next_trusted++;
    }
    return true;
}

static err load_head(struct check *c)
{
    struct rows r;
    db_read_begin(c->db);
    err e = ledger_head(c->db, c->arena, &c->head);
    if (!e.code) {
        e = db_query(c->db, c->arena, SQL("select max(idx) from ledger_tile where level = 0"),
                     NO_ARGS, &r);
    }
    db_read_end(c->db);
    if (!e.code && rows_next(&r) && !rows_null(&r, 0)) {
        c->tiles_end = rows_i64(&r, 0) + 1;
    }
    return e;
}

/* What is still there of entries that are not. */
static void check_end(struct check *c)
{
    int64_t most = c->ntrusted ? c->trusted[c->ntrusted - 1].size : 0;
    if (c->head.checkpoint_size > c->head.size) {
        cut_off(c, c->head.checkpoint_size, "a stored checkpoint says that there were more");
    } else if (most > c->head.size) {
        cut_off(c, most, "a checkpoint kept elsewhere says that there were more");
    } else if (c->tiles_end > c->head.size / LEDGER_TILE) {
        cut_off(c, c->tiles_end * LEDGER_TILE, "there are tiles of entries that are missing");
    }
}

static err walk(struct check *c)
{
    for (int64_t from = 0; from < c->head.size && !c->report->bad; from += STEP) {
        int64_t to = c->head.size - from < STEP ? c->head.size : from + STEP;
        db_read_begin(c->db);
        err e = walk_step(c, from, to);
        db_read_end(c->db);
        if (e.code) {
            return err_make(e.code, str_copy(c->arena, e.detail));
        }
        arena_reset(&c->step);
        if (c->opt->progress && !c->opt->progress(c->opt->arg, to, c->head.size)) {
            return err_make(ERR_BUSY, STR("ledger: the verification was stopped"));
        }
    }
    return OK;
}

static void end_step(void *arg)
{
    struct check *c = arg;
    arena_end(&c->step);
}

err ledger_verify(struct db *db, struct arena *a, const struct ledger_verify_options *opt,
                  struct ledger_report *report)
{
    struct check *c = arena_new(a, struct check);
    *report = (struct ledger_report){.seq = -1, .seq_to = -1};
    *c = (struct check){.db = db, .arena = a, .opt = opt, .report = report, .erasure = -1};
    c->step = arena_make(STEP_BYTES);
    c->step.full = a->full;
    c->step.full_arg = a->full_arg;
    arena_defer(a, end_step, c);
    c->hasher = hash_make(a);
    err e = load_head(c);
    if (e.code || !load_trusted(c)) {
        return e;
    }
    e = walk(c);
    arena_reset(&c->step);
    if (e.code) {
        return e;
    }
    if (!report->bad) {
        check_end(c);
    }
    report->root = merkle_root(c->hasher, &c->edge.tree);
    return OK;
}
