#include "ledger/ledger.h"

#include "base/arena.h"
#include "ledger/canon.h"
#include "ledger/ledger_int.h"

#include <assert.h>
#include <sodium.h>

enum { ERASE_MAX = 1000, ERASE_STEP = 100 };

/* --- tables ------------------------------------------------------------------------- */

#define TABLES                                                                              \
    "create table ledger_log (id ID, origin text not null, algorithm text not null,"        \
    " created_at INT not null);"                                                            \
    "create table ledger_leaf (seq ID, data BLOB not null);"                                \
    "create table ledger_payload (seq ID, salt BLOB not null, body text not null);"         \
    "create table ledger_tile (level INT not null, idx INT not null, root BLOB not null,"   \
    " hashes BLOB not null, primary key (level, idx));"                                     \
    "create table ledger_checkpoint (size ID, note text not null, signed_at INT not null);" \
    "create table ledger_erased (seq ID, by_seq INT not null);"

#define FIXED_SQLITE(b, table)                                                               \
    batch_add((b),                                                                           \
              SQL("create trigger if not exists " table "_no_update before update on " table \
                  " begin select raise(abort, '" table " is append-only'); end"),            \
              NO_ARGS)
#define KEPT_SQLITE(b, table)                                                                \
    batch_add((b),                                                                           \
              SQL("create trigger if not exists " table "_no_delete before delete on " table \
                  " begin select raise(abort, '" table " is append-only'); end"),            \
              NO_ARGS)

static void add_triggers_sqlite(struct batch *b)
{
    FIXED_SQLITE(b, "ledger_log");
    FIXED_SQLITE(b, "ledger_leaf");
    FIXED_SQLITE(b, "ledger_payload");
    FIXED_SQLITE(b, "ledger_tile");
    FIXED_SQLITE(b, "ledger_checkpoint");
    FIXED_SQLITE(b, "ledger_erased");
    KEPT_SQLITE(b, "ledger_log");
    KEPT_SQLITE(b, "ledger_leaf");
    KEPT_SQLITE(b, "ledger_tile");
    KEPT_SQLITE(b, "ledger_checkpoint");
    KEPT_SQLITE(b, "ledger_erased");
    batch_add(b,
              SQL("create trigger if not exists ledger_payload_erased"
                  " before delete on ledger_payload"
                  " when not exists (select 1 from ledger_erased where seq = old.seq)"
                  " begin select raise(abort, 'ledger_payload: no erasure entry'); end"),
              NO_ARGS);
}

#define FIXED_PG(b, table, acts)                                                        \
    batch_add((b),                                                                      \
              SQL("create or replace trigger " table "_fixed before " acts " on " table \
                  " for each row execute function ledger_fixed()"),                     \
              NO_ARGS);                                                                 \
    batch_add((b),                                                                      \
              SQL("create or replace trigger " table "_kept before truncate on " table  \
                  " for each statement execute function ledger_fixed()"),               \
              NO_ARGS)

static void add_triggers_pg(struct batch *b)
{
    batch_add(b,
              SQL("create or replace function ledger_fixed() returns trigger language plpgsql as"
                  " $$ begin raise exception '% is append-only', tg_table_name; end $$"),
              NO_ARGS);
    batch_add(b,
              SQL("create or replace function ledger_may_erase() returns trigger"
                  " language plpgsql as $$ begin"
                  " if not exists (select 1 from ledger_erased where seq = old.seq) then"
                  " raise exception 'ledger_payload: no erasure entry'; end if;"
                  " return old; end $$"),
              NO_ARGS);
    FIXED_PG(b, "ledger_log", "update or delete");
    FIXED_PG(b, "ledger_leaf", "update or delete");
    FIXED_PG(b, "ledger_payload", "update");
    FIXED_PG(b, "ledger_tile", "update or delete");
    FIXED_PG(b, "ledger_checkpoint", "update or delete");
    FIXED_PG(b, "ledger_erased", "update or delete");
    batch_add(b,
              SQL("create or replace trigger ledger_payload_erased before delete on ledger_payload"
                  " for each row execute function ledger_may_erase()"),
              NO_ARGS);
}

/* The batch in a transaction of its own. */
static err run_write(struct db *db, struct arena *a, struct batch *b)
{
    db_write_begin(db);
    err e = batch_run(b);
    if (!e.code) {
        return db_commit(db, a);
    }
    db_rollback(db);
    return e;
}

err ledger_create(struct db *db, struct arena *a, str origin, int64_t now)
{
    if (!note_name_ok(origin)) {
        return err_make(ERR_VALUE, STR("ledger: an origin has no white space and no '+'"));
    }
    const struct migration list[] = {
        {.name = "ledger 0001 tables", .script = SQL(TABLES)},
    };
    err e = db_migrate(db, a, list, sizeof(list) / sizeof(list[0]));
    if (e.code) {
        return e;
    }
    struct batch *b = batch_begin(db, a);
    if (db_kind(db) == DB_SQLITE) {
        add_triggers_sqlite(b);
    } else {
        add_triggers_pg(b);
    }
    batch_add(b,
              SQL("insert into ledger_log (id, origin, algorithm, created_at)"
                  " values (1, $1, 'sha256+ed25519', $2) on conflict (id) do nothing"),
              ARGS(db_text(origin), db_i64(now)));
    e = run_write(db, a, b);
    if (e.code) {
        return e;
    }
    struct ledger_head head;
    e = ledger_head(db, a, &head);
    if (e.code) {
        return e;
    }
    if (!str_eq(head.origin, origin)) {
        return err_make(ERR_CONFLICT, STR("ledger: exists already, with another origin"));
    }
    return OK;
}

/* --- opening --------------------------------------------------------------------------- */

/* Is the newest checkpoint the root of the log's beginning? */
static err check_newest(struct ledger *log, struct db *db, struct arena *a,
                        const struct ledger_head *head)
{
    struct note_checkpoint cp;
    struct hash root;
    err e = note_parse(head->checkpoint, &cp);
    if (e.code || cp.size != head->checkpoint_size) {
        return err_make(ERR_STORE, STR("ledger: the newest checkpoint is damaged"));
    }
    if (cp.size > head->size) {
        return err_make(ERR_STORE, str_fmt(a,
                                           "ledger: cut off: %lld entries are left, a checkpoint"
                                           " says there were %lld",
                                           (long long)head->size, (long long)cp.size));
    }
    struct ledger_nodes nodes;
    e = merkle_root_at(log->hasher, ledger_nodes(&nodes, log->hasher, db, a, &log->edge),
                       (uint64_t)cp.size, &root);
    if (e.code) {
        return e;
    }
    if (!hash_eq(root, cp.root)) {
        return err_make(ERR_STORE, STR("ledger: does not contain its newest checkpoint"));
    }
    return OK;
}

err ledger_open(struct arena *life, struct db *db, struct arena *a, struct ledger **ret)
{
    struct ledger_head head;
    err e = ledger_head(db, a, &head);
    if (e.code) {
        return e;
    }
    struct ledger *log = arena_new(life, struct ledger);
    log->hasher = hash_make(life);
    log->origin = str_copy(life, head.origin);
    log->checkpointed = head.checkpoint_size;
    e = ledger_edge_load(log->hasher, db, a, head.size, &log->edge);
    if (!e.code && head.checkpoint_size) {
        e = check_newest(log, db, a, &head);
    }
    if (e.code) {
        return e;
    }
    *ret = log;
    return OK;
}

int64_t ledger_size(const struct ledger *log)
{
    return (int64_t)log->edge.tree.size;
}

struct hash ledger_root(const struct ledger *log)
{
    return merkle_root(log->hasher, &log->edge.tree);
}

/* --- following the stored log --------------------------------------------------------------- */

#define SINCE SQL("select seq, data from ledger_leaf where seq >= $1 order by seq limit $2")

static int64_t last_known(const struct ledger *log)
{
    return log->edge.tree.size ? ledger_size(log) - 1 : 0;
}

int ledger_edge_ask(struct ledger *log, struct batch *b)
{
    return batch_add(b, SINCE, ARGS(db_i64(last_known(log)), db_i64(LEDGER_CATCH_UP)));
}

static err follow(struct ledger *log, struct rows *r)
{
    struct ledger_edge *edge = &log->edge;
    int64_t seq = last_known(log);
    if (edge->tree.size) {
        if (!rows_next(r)) {
            return err_make(ERR_STORE, STR("ledger: the stored log is shorter than it was"));
        }
        if (!hash_eq(merkle_leaf(log->hasher, rows_text(r, 1)), edge->last)) {
            return err_make(ERR_STORE, STR("ledger: the stored log is not the one it was"));
        }
        seq++;
    }
    for (; rows_next(r); seq++) {
        struct ledger_entry entry;
        if (rows_i64(r, 0) != seq || !ledger_leaf_parse(rows_text(r, 1), &entry) ||
            entry.seq != seq || entry.recorded_ms < edge->recorded_ms) {
            return err_make(ERR_STORE, STR("ledger: what follows the known entries is damaged"));
        }
        struct hash leaf = merkle_leaf(log->hasher, entry.data);
        ledger_edge_push(log->hasher, edge, &leaf, entry.recorded_ms, NULL, NULL);
    }
    return OK;
}

err ledger_edge_read(struct ledger *log, struct db *db, struct arena *a, struct batch *b, int place)
{
    struct rows r = batch_rows(b, place);
    for (;;) {
        int64_t got = rows_count(&r);
        err e = follow(log, &r);
        if (e.code || got < LEDGER_CATCH_UP) {
            return e;
        }
        e = db_query(db, a, SINCE, ARGS(db_i64(last_known(log)), db_i64(LEDGER_CATCH_UP)), &r);
        if (e.code) {
            return e;
        }
    }
}

/* --- appending ------------------------------------------------------------------------------ */

struct pending {
    int64_t seq;
    str data, salt, payload;
};

struct tiles {
    struct ledger_tile tile;
    struct tiles *next;
};

struct ledger_act {
    struct ledger *log;
    struct arena *arena;
    int64_t now;
    struct pending *pending;
    int len, cap;
    struct tiles *tiles; /* newest first; their order does not matter */
};

struct ledger_act *ledger_act(struct ledger *log, struct arena *a, int64_t now)
{
    struct ledger_act *la = arena_new(a, struct ledger_act);
    *la = (struct ledger_act){.log = log, .arena = a, .now = now > 0 ? now : 0};
    return la;
}

static void keep_tile(void *arg, const struct ledger_tile *t)
{
    struct ledger_act *la = arg;
    struct tiles *kept = arena_new(la->arena, struct tiles);
    kept->tile = *t;
    kept->next = la->tiles;
    la->tiles = kept;
}

static struct pending *pending_new(struct ledger_act *la)
{
    if (la->len == la->cap) {
        int cap = la->cap ? la->cap * 2 : 8;
        struct pending *more = arena_array(la->arena, struct pending, (size_t)cap);
        if (la->len) {
            memcpy(more, la->pending, (size_t)la->len * sizeof(*more));
        }
        la->pending = more;
        la->cap = cap;
    }
    return &la->pending[la->len++];
}

int64_t ledger_append(struct ledger_act *la, const struct ledger_new *e)
{
    assert(e->actor.len <= LEDGER_TEXT_MAX && e->object.len <= LEDGER_TEXT_MAX);
    struct ledger *log = la->log;
    struct ledger_edge *edge = &log->edge;
    char *salt = arena_bytes(la->arena, LEDGER_SALT_LEN);
    randombytes_buf(salt, LEDGER_SALT_LEN);

    struct ledger_entry entry = {
        .seq = ledger_size(log),
        .recorded_ms = la->now > edge->recorded_ms ? la->now : edge->recorded_ms,
        .type = e->type,
        .flags = e->flags,
        .actor = e->actor,
        .object = e->object,
    };
    struct pending *p = pending_new(la);
    p->seq = entry.seq;
    p->salt = str_from_n(salt, LEDGER_SALT_LEN);
    p->payload = e->payload;
    entry.digest = hash_of2(log->hasher, p->salt, p->payload);
    p->data = ledger_leaf_bytes(la->arena, &entry);
    struct hash leaf = merkle_leaf(log->hasher, p->data);
    ledger_edge_push(log->hasher, edge, &leaf, entry.recorded_ms, keep_tile, la);
    return entry.seq;
}

/* Few texts, so that they stay prepared: 1, 2, 4 or 16 rows at a time. */
#define LEAF_INTO "insert into ledger_leaf (seq, data) values "
#define LEAF_2 "($1,$2),($3,$4)"
#define LEAF_4 LEAF_2 ",($5,$6),($7,$8)"
#define LEAF_16                                                                               \
    LEAF_4 ",($9,$10),($11,$12),($13,$14),($15,$16),($17,$18),($19,$20),($21,$22),($23,$24)," \
           "($25,$26),($27,$28),($29,$30),($31,$32)"
#define PAYLOAD_INTO "insert into ledger_payload (seq, salt, body) values "
#define PAYLOAD_2 "($1,$2,$3),($4,$5,$6)"
#define PAYLOAD_4 PAYLOAD_2 ",($7,$8,$9),($10,$11,$12)"
#define PAYLOAD_16                                                                      \
    PAYLOAD_4 ",($13,$14,$15),($16,$17,$18),($19,$20,$21),($22,$23,$24),($25,$26,$27)," \
              "($28,$29,$30),($31,$32,$33),($34,$35,$36),($37,$38,$39),($40,$41,$42),"  \
              "($43,$44,$45),($46,$47,$48)"

static void put_rows(struct batch *b, const struct pending *p, int n, struct sql leaf,
                     struct sql payload)
{
    struct db_arg leaves[2 * 16];
    struct db_arg payloads[3 * 16];
    for (int i = 0; i < n; i++) {
        leaves[2 * i] = db_i64(p[i].seq);
        leaves[2 * i + 1] = db_blob(p[i].data);
        payloads[3 * i] = db_i64(p[i].seq);
        payloads[3 * i + 1] = db_blob(p[i].salt);
        payloads[3 * i + 2] = db_text(p[i].payload);
    }
    batch_add(b, leaf, (struct db_args){.ptr = leaves, .len = 2 * n});
    batch_add(b, payload, (struct db_args){.ptr = payloads, .len = 3 * n});
}

static int put_some(struct batch *b, const struct pending *p, int left)
{
    if (left >= 16) {
        put_rows(b, p, 16, SQL(LEAF_INTO LEAF_16), SQL(PAYLOAD_INTO PAYLOAD_16));
        return 16;
    }
    if (left >= 4) {
        put_rows(b, p, 4, SQL(LEAF_INTO LEAF_4), SQL(PAYLOAD_INTO PAYLOAD_4));
        return 4;
    }
    if (left >= 2) {
        put_rows(b, p, 2, SQL(LEAF_INTO LEAF_2), SQL(PAYLOAD_INTO PAYLOAD_2));
        return 2;
    }
    put_rows(b, p, 1, SQL(LEAF_INTO "($1,$2)"), SQL(PAYLOAD_INTO "($1,$2,$3)"));
    return 1;
}

void ledger_put(struct ledger_act *la, struct batch *b)
{
    for (int at = 0; at < la->len;) {
        at += put_some(b, &la->pending[at], la->len - at);
    }
    for (const struct tiles *t = la->tiles; t; t = t->next) {
        batch_add(b, SQL("insert into ledger_tile (level, idx, root, hashes) values ($1,$2,$3,$4)"),
                  ARGS(db_i64(t->tile.level), db_i64(t->tile.idx), db_blob(hash_str(&t->tile.root)),
                       db_blob(str_from_n((const char *)t->tile.at, sizeof(t->tile.at)))));
    }
    la->len = 0;
    la->tiles = NULL;
}

/* --- erasing -------------------------------------------------------------------------------- */

#define TEN(a) \
    "$" #a "0,$" #a "1,$" #a "2,$" #a "3,$" #a "4,$" #a "5,$" #a "6,$" #a "7,$" #a "8,$" #a "9"
#define HUNDRED                                                                            \
    "$2,$3,$4,$5,$6,$7,$8,$9," TEN(1) "," TEN(2) "," TEN(3) "," TEN(4) "," TEN(5) "," TEN( \
        6) "," TEN(7) "," TEN(8) "," TEN(9) ",$100,$101"

/* One statement text for any number: the list is filled up with its last seq. */
static void erase_some(struct batch *b, int64_t by, const int64_t *seqs, int n)
{
    struct db_arg args[1 + ERASE_STEP];
    args[0] = db_i64(by);
    for (int i = 0; i < ERASE_STEP; i++) {
        args[1 + i] = db_i64(seqs[i < n ? i : n - 1]);
    }
    struct db_args all = {.ptr = args, .len = 1 + ERASE_STEP};
    batch_add(b,
              SQL("insert into ledger_erased (seq, by_seq) select seq, cast($1 as bigint)"
                  " from ledger_payload where seq in (" HUNDRED ")"),
              all);
    batch_add(b, SQL("delete from ledger_payload where seq <> $1 and seq in (" HUNDRED ")"), all);
}

err ledger_erase(struct ledger_act *la, struct batch *b, str actor, str object, str basis,
                 const int64_t *seqs, int n, int64_t *ret_seq)
{
    int64_t size = ledger_size(la->log);
    bool rising = n > 0 && n <= ERASE_MAX;
    for (int i = 0; i < n && rising; i++) {
        rising = seqs[i] >= 0 && seqs[i] < size && (i == 0 || seqs[i] > seqs[i - 1]);
    }
    if (!rising) {
        return err_make(ERR_VALUE,
                        STR("ledger: 1 to 1000 existing entries, rising, can be erased"));
    }
    struct ledger_new entry = {.type = LEDGER_ERASURE, .actor = actor, .object = object};
    struct canon *c = canon_make(la->arena);
    canon_str(c, STR("basis"), basis);
    canon_list(c, STR("entries"));
    for (int i = 0; i < n; i++) {
        canon_i64(c, NO_KEY, seqs[i]);
    }
    canon_close(c);
    err e = canon_end(c, &entry.payload);
    if (e.code) {
        return e;
    }
    int64_t by = ledger_append(la, &entry);
    ledger_put(la, b);
    for (int i = 0; i < n; i += ERASE_STEP) {
        erase_some(b, by, seqs + i, n - i < ERASE_STEP ? n - i : ERASE_STEP);
    }
    *ret_seq = by;
    return OK;
}

/* --- checkpoints ---------------------------------------------------------------------------- */

static err store_checkpoint(struct db *db, struct arena *a, int64_t size, str note, int64_t now)
{
    struct batch *b = batch_begin(db, a);
    batch_add(b,
              SQL("insert into ledger_checkpoint (size, note, signed_at) values ($1, $2, $3)"
                  " on conflict (size) do nothing"),
              ARGS(db_i64(size), db_text(note), db_i64(now)));
    return run_write(db, a, b);
}

err ledger_grown(struct ledger *log, struct db *db, struct arena *a, int64_t from,
                 struct merkle_proof *ret)
{
    struct ledger_nodes nodes;
    return merkle_prove_growth(log->hasher, ledger_nodes(&nodes, log->hasher, db, a, &log->edge),
                               (uint64_t)from, log->edge.tree.size, ret);
}

err ledger_checkpoint(struct ledger *log, struct db *db, struct arena *a,
                      const struct note_checkpoint *cp, str note, int64_t now)
{
    if (!str_eq(cp->origin, log->origin)) {
        return err_make(ERR_VALUE, STR("ledger: the checkpoint is another log's"));
    }
    if (cp->size <= log->checkpointed) {
        return OK;
    }
    err e = store_checkpoint(db, a, cp->size, note, now);
    if (!e.code) {
        log->checkpointed = cp->size;
    }
    return e;
}

/* --- one entry ------------------------------------------------------------------------------ */

err ledger_get(struct db *db, struct arena *a, int64_t seq, struct ledger_entry *ret)
{
    struct rows r;
    err e = db_query(db, a,
                     SQL("select l.data, p.salt, p.body from ledger_leaf l"
                         " left join ledger_payload p on p.seq = l.seq where l.seq = $1"),
                     ARGS(db_i64(seq)), &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, str_fmt(a, "ledger: no entry %lld", (long long)seq));
    }
    struct ledger_entry entry;
    if (!ledger_leaf_parse(rows_text(&r, 0), &entry) || entry.seq != seq) {
        return err_make(ERR_STORE, str_fmt(a, "ledger: entry %lld is damaged", (long long)seq));
    }
    entry.erased = rows_null(&r, 1);
    entry.salt = rows_text(&r, 1);
    entry.payload = rows_text(&r, 2);
    *ret = entry;
    return OK;
}
