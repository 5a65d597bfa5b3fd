/* log.h - a ledger on a test's database, and entries for it. */
#ifndef TESTS_LEDGER_LOG_H
#define TESTS_LEDGER_LOG_H

#include "ledger/canon.h"
#include "ledger/ledger.h"

#include "support/dbs.h"
#include "support/test.h"

#define LOG_ORIGIN STR("units.example/ledger")

struct log {
    struct dbs *t;
    struct ledger *led;
    struct note_signer signer;
};

/* A new log on t->db, opened. */
static inline struct log log_make(struct dbs *t)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "a seed for tests, nothing else";
    struct log l = {.t = t};
    dbs_ok(ledger_create(t->db, t->a, LOG_ORIGIN, 1000));
    dbs_ok(ledger_open(t->life, t->db, t->a, &l.led));
    dbs_ok(note_signer(l.led->hasher, LOG_ORIGIN, seed, &l.signer));
    return l;
}

/* The entry log_grow makes for this place in the log. */
static inline struct ledger_new log_entry(struct arena *a, int64_t seq)
{
    struct ledger_new e = {
        .type = (uint16_t)(LEDGER_TYPE_ENGINE + seq % 3),
        .flags = seq % 5 == 0 ? LEDGER_PAST : 0,
        .actor = STR("person:4711"),
        .object = str_fmt(a, "thing:%lld", (long long)seq),
    };
    struct canon *c = canon_make(a);
    canon_i64(c, STR("n"), seq);
    canon_str(c, STR("title"), STR("\u5236\u5ea6 \"quoted\"\n"));
    dbs_ok(canon_end(c, &e.payload));
    return e;
}

static inline void log_grow(struct log *l, int64_t n, int group, int64_t now)
{
    struct arena a = arena_make(64 << 20);
    while (n > 0) {
        db_write_begin(l->t->db);
        struct batch *b = batch_begin(l->t->db, &a);
        int place = ledger_edge_ask(l->led, b);
        dbs_ok(batch_run(b));
        dbs_ok(ledger_edge_read(l->led, l->t->db, &a, b, place));

        b = batch_begin(l->t->db, &a);
        struct ledger_act *la = ledger_act(l->led, &a, now);
        for (int i = 0; i < group && n > 0; i++, n--) {
            struct ledger_new e = log_entry(&a, ledger_size(l->led));
            int64_t seq = ledger_append(la, &e);
            assert_int_equal(seq + 1, ledger_size(l->led));
        }
        ledger_put(la, b);
        dbs_ok(batch_run(b));
        dbs_ok(db_commit(l->t->db, &a));
        arena_reset(&a);
    }
    arena_end(&a);
}

/* A checkpoint of the edge under a key, stored. */
static inline err log_checkpoint(struct log *l, const struct note_signer *signer, int64_t now)
{
    struct note_checkpoint cp = {
        .origin = signer->key.name, .size = ledger_size(l->led), .root = ledger_root(l->led)};
    str note = note_write(l->t->a, signer, &cp);
    return ledger_checkpoint(l->led, l->t->db, l->t->a, &cp, note, now);
}

static inline void log_sign(struct log *l, int64_t now)
{
    dbs_ok(log_checkpoint(l, &l->signer, now));
    assert_int_equal(l->led->checkpointed, ledger_size(l->led));
}

static inline void log_tamper(struct log *l, struct sql sql, struct db_args args)
{
    static const char *const tables[] = {"leaf", "payload", "tile", "checkpoint", "erased"};
    struct db *db = l->t->db;
    struct arena *a = l->t->a;
    bool pg = db_kind(db) == DB_PG;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        static const char *const ends[] = {"no_update", "no_delete", "erased"};
        if (pg) {
            str off = str_fmt(a, "alter table ledger_%s disable trigger user", tables[i]);
            dbs_ok(db_exec(db, a, (struct sql){.text = off}, NO_ARGS));
            continue;
        }
        for (size_t j = 0; j < sizeof(ends) / sizeof(ends[0]); j++) {
            str off = str_fmt(a, "drop trigger if exists ledger_%s_%s", tables[i], ends[j]);
            dbs_ok(db_exec(db, a, (struct sql){.text = off}, NO_ARGS));
        }
    }
    dbs_ok(db_exec(db, a, sql, args));
}

static inline struct ledger_report log_verify(struct log *l,
                                              const struct ledger_verify_options *opt)
{
    struct ledger_verify_options standard = {.keys = &l->signer.key, .nkeys = 1};
    struct ledger_report report;
    struct arena a = arena_make(64 << 20);
    dbs_ok(ledger_verify(l->t->db, &a, opt ? opt : &standard, &report));
    report.detail = str_copy(l->t->a, report.detail);
    arena_end(&a);
    return report;
}

#endif
