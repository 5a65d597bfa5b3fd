#include "ledger/ledger.h"
#include "ledger/proof.h"

#include "log.h"

#include <sodium.h>

static void assert_hex(str got, const char *want)
{
    char hex[1024];
    sodium_bin2hex(hex, sizeof(hex), (const unsigned char *)got.ptr, got.len);
    assert_string_equal(hex, want);
}

/* --- leaves ------------------------------------------------------------------------- */

static struct ledger_entry known_entry(void)
{
    struct ledger_entry e = {
        .seq = 0x0102030405060708,
        .recorded_ms = 1767225600000, /* 2026-01-01 */
        .type = 0x1112,
        .flags = LEDGER_PAST,
        .actor = STR("person:7"),
        .object = STR("\u5236\u5ea6"),
    };
    memset(e.digest.b, 0xab, HASH_LEN);
    return e;
}

static void the_bytes_of_a_leaf_are_fixed_for_ever(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct ledger_entry e = known_entry();
    str data = ledger_leaf_bytes(&a, &e);
    assert_hex(data, "52564c31"                 /* RVL1 */
                     "0102030405060708"         /* seq */
                     "0000019b76daa800"         /* recorded_ms */
                     "1112"                     /* type */
                     "00000008706572736f6e3a37" /* actor */
                     "00000006e588b6e5baa6"     /* object */
                     "abababababababababababababababab"
                     "abababababababababababababababab"
                     "0001"); /* flags */
    struct hasher *h = hash_make(&a);
    struct hash leaf = merkle_leaf(h, data);
    assert_true(hash_eq(leaf, hash_of2(h, STR("\0"), data)));

    struct ledger_entry back;
    assert_true(ledger_leaf_parse(data, &back));
    assert_true(back.seq == e.seq && back.recorded_ms == e.recorded_ms && back.type == e.type);
    assert_true(back.flags == e.flags && str_eq(back.actor, e.actor));
    assert_true(str_eq(back.object, e.object) && hash_eq(back.digest, e.digest));
    arena_end(&a);
}

static void damaged_leaf_data_is_no_leaf(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct ledger_entry e = known_entry();
    str data = ledger_leaf_bytes(&a, &e);
    struct ledger_entry back;
    for (size_t cut = 0; cut < data.len; cut++) {
        char *exact = malloc(cut + 1); /* so that ASan sees a byte too far */
        memcpy(exact, data.ptr, cut);
        assert_false(ledger_leaf_parse(str_from_n(exact, cut), &back));
        free(exact);
    }
    str longer = str_fmt(&a, "%.*s", 0, "");
    char *more = arena_bytes(&a, data.len + 1);
    memcpy(more, data.ptr, data.len);
    more[data.len] = 0;
    longer = str_from_n(more, data.len + 1);
    assert_false(ledger_leaf_parse(longer, &back));
    more[0] = 'X';
    assert_false(ledger_leaf_parse(str_from_n(more, data.len), &back));
    more[0] = 'R';
    more[4] = (char)0x80; /* seq beyond 63 bits */
    assert_false(ledger_leaf_parse(str_from_n(more, data.len), &back));
    arena_end(&a);
}

/* --- creating and opening --------------------------------------------------------------- */

static void created_once(struct dbs *t)
{
    dbs_ok(ledger_create(t->db, t->a, LOG_ORIGIN, 1));
    dbs_ok(ledger_create(t->db, t->a, LOG_ORIGIN, 2));
    assert_int_equal(ledger_create(t->db, t->a, STR("other.example/x"), 3).code, ERR_CONFLICT);
    assert_int_equal(ledger_create(t->db, t->a, STR("with space"), 3).code, ERR_VALUE);
    struct ledger *led = NULL;
    dbs_ok(ledger_open(t->life, t->db, t->a, &led));
    assert_int_equal(ledger_size(led), 0);
    assert_true(str_eq(led->origin, LOG_ORIGIN));
    assert_true(hash_eq(ledger_root(led), merkle_empty(led->hasher)));
}

static void a_log_keeps_its_first_origin_for_ever(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, created_once);
}

/* --- appending --------------------------------------------------------------------------- */

static void entries_come_back(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 40, 7, 5000);
    for (int64_t seq = 0; seq < 40; seq++) {
        struct ledger_entry got;
        struct ledger_new want = log_entry(t->a, seq);
        dbs_ok(ledger_get(t->db, t->a, seq, &got));
        assert_true(got.seq == seq && got.recorded_ms == 5000 && got.type == want.type);
        assert_true(got.flags == want.flags && str_eq(got.actor, want.actor));
        assert_true(str_eq(got.object, want.object) && str_eq(got.payload, want.payload));
        assert_false(got.erased);
        assert_int_equal(got.salt.len, LEDGER_SALT_LEN);
        struct hash digest = hash_of2(l.led->hasher, got.salt, got.payload);
        assert_true(hash_eq(digest, got.digest));
    }
    struct ledger_entry none;
    assert_int_equal(ledger_get(t->db, t->a, 40, &none).code, ERR_NOT_FOUND);
    int64_t salts =
        dbs_i64(t->db, t->a, SQL("select count(distinct salt) from ledger_payload"), NO_ARGS);
    assert_int_equal(salts, 40);
}

static void what_was_appended_comes_back_each_with_a_salt_of_its_own(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, entries_come_back);
}

/* The root of all stored leaves, by the definition. */
static struct hash stored_root(struct log *l)
{
    struct merkle_range r = {0};
    struct arena a = arena_make(64 << 20);
    for (int64_t from = 0;; from += 5000) {
        struct rows rows;
        dbs_ok(db_query(l->t->db, &a,
                        SQL("select data from ledger_leaf where seq >= $1 and seq < $2"
                            " order by seq"),
                        ARGS(db_i64(from), db_i64(from + 5000)), &rows));
        if (!rows_count(&rows)) {
            break;
        }
        while (rows_next(&rows)) {
            struct hash leaf = merkle_leaf(l->led->hasher, rows_text(&rows, 0));
            merkle_push(l->led->hasher, &r, &leaf);
        }
        arena_reset(&a);
    }
    arena_end(&a);
    return merkle_root(l->led->hasher, &r);
}

static void assert_same_edge(const struct ledger *x, const struct ledger *y)
{
    assert_int_equal(ledger_size(x), ledger_size(y));
    assert_true(x->edge.recorded_ms == y->edge.recorded_ms);
    assert_true(hash_eq(x->edge.last, y->edge.last));
    assert_true(hash_eq(ledger_root(x), ledger_root(y)));
    for (int level = 0; level < LEDGER_LEVELS; level++) {
        size_t n = (size_t)(ledger_size(x) >> (8 * level)) % LEDGER_TILE;
        assert_memory_equal(x->edge.part[level], y->edge.part[level], n * HASH_LEN);
    }
}

static void assert_reopens(struct log *l)
{
    struct arena life = arena_make(64 << 20);
    struct ledger *again = NULL;
    dbs_ok(ledger_open(&life, l->t->db, &life, &again));
    assert_same_edge(l->led, again);
    arena_end(&life);
}

/* Grows to each size in turn; tiles, root and what a restart finds must fit. */
static void grow_over(struct dbs *t, const int64_t *sizes, size_t n, int group)
{
    struct log l = log_make(t);
    for (size_t i = 0; i < n; i++) {
        log_grow(&l, sizes[i] - ledger_size(l.led), group, 1000);
        assert_int_equal(ledger_size(l.led), sizes[i]);
        assert_true(hash_eq(ledger_root(l.led), stored_root(&l)));
        for (int64_t level = 0; level < 3; level++) {
            int64_t tiles =
                dbs_i64(t->db, t->a, SQL("select count(*) from ledger_tile where level = $1"),
                        ARGS(db_i64(level)));
            assert_int_equal(tiles, sizes[i] >> (8 * (level + 1)));
        }
        assert_reopens(&l);
        log_sign(&l, 1000);
        arena_reset(t->a);
    }
}

static void over_small_edges(struct dbs *t)
{
    static const int64_t sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000};
    grow_over(t, sizes, sizeof(sizes) / sizeof(sizes[0]), 100);
}

static void over_large_edges(struct dbs *t)
{
    static const int64_t sizes[] = {65535, 65536, 65537, 65536 + 256};
    grow_over(t, sizes, sizeof(sizes) / sizeof(sizes[0]), 1000);
}

static void tiles_fill_at_256_entries_and_the_edge_survives_a_restart(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, over_small_edges);
}

static void the_second_level_of_tiles_fills_at_65536_entries(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, over_large_edges);
}

static void recorded_times(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 1, 1, 9000);
    log_grow(&l, 1, 1, 4000); /* the clock was set back */
    log_grow(&l, 1, 1, 9001);
    struct ledger_entry e;
    static const int64_t want[] = {9000, 9000, 9001};
    for (int64_t seq = 0; seq < 3; seq++) {
        dbs_ok(ledger_get(t->db, t->a, seq, &e));
        assert_true(e.recorded_ms == want[seq]);
    }
}

static void the_recorded_time_never_goes_back(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, recorded_times);
}

/* --- undoing, following ------------------------------------------------------------------- */

static void append_and_undo(struct log *l, int n, bool keep)
{
    struct dbs *t = l->t;
    struct ledger_edge mark = l->led->edge;
    db_write_begin(t->db);
    db_savepoint(t->db);
    struct batch *b = batch_begin(t->db, t->a);
    struct ledger_act *la = ledger_act(l->led, t->a, 5000);
    for (int i = 0; i < n; i++) {
        struct ledger_new e = log_entry(t->a, ledger_size(l->led));
        ledger_append(la, &e);
    }
    ledger_put(la, b);
    dbs_ok(batch_run(b));
    if (!keep) {
        dbs_ok(db_rollback_to(t->db));
        l->led->edge = mark;
    }
    dbs_ok(db_commit(t->db, t->a));
}

static void undone(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 250, 50, 1000);
    append_and_undo(&l, 20, false); /* across a tile */
    assert_int_equal(ledger_size(l.led), 250);
    assert_reopens(&l);
    append_and_undo(&l, 20, true);
    assert_int_equal(ledger_size(l.led), 270);
    assert_reopens(&l);
    assert_true(hash_eq(ledger_root(l.led), stored_root(&l)));
    struct ledger_report r = log_verify(&l, NULL);
    assert_false(r.bad);
}

static void an_undone_act_leaves_no_trace_in_table_or_memory(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, undone);
}

static void nodes_follow(struct dbs *t)
{
    struct log l = log_make(t);
    struct ledger *other = NULL;
    dbs_ok(ledger_open(t->life, t->db, t->a, &other));
    static const int64_t steps[] = {
        1, 0, 300, LEDGER_CATCH_UP - 1, LEDGER_CATCH_UP, 2 * LEDGER_CATCH_UP + 3};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        log_grow(&l, steps[i], 500, 1000);
        struct batch *b = batch_begin(t->db, t->a);
        int place = ledger_edge_ask(other, b);
        dbs_ok(batch_run(b));
        dbs_ok(ledger_edge_read(other, t->db, t->a, b, place));
        assert_same_edge(l.led, other);
        arena_reset(t->a);
    }
}

static void a_second_node_follows_what_the_first_appended(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, nodes_follow);
}

static err follow(struct ledger *led, struct dbs *t)
{
    struct batch *b = batch_begin(t->db, t->a);
    int place = ledger_edge_ask(led, b);
    dbs_ok(batch_run(b));
    return ledger_edge_read(led, t->db, t->a, b, place);
}

static void surprised(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 10, 10, 1000);
    log_tamper(&l, SQL("delete from ledger_leaf where seq = 9"), NO_ARGS);
    assert_int_equal(follow(l.led, t).code, ERR_STORE);
    struct ledger_entry e;
    dbs_ok(ledger_get(t->db, t->a, 8, &e));
    e.seq = 9;
    str forged = ledger_leaf_bytes(t->a, &e);
    dbs_ok(db_exec(t->db, t->a, SQL("insert into ledger_leaf (seq, data) values (9, $1)"),
                   ARGS(db_blob(forged))));
    assert_int_equal(follow(l.led, t).code, ERR_STORE);
}

static void the_writer_notices_when_the_stored_log_is_not_the_one_it_knows(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, surprised);
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static void signs(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 5, 5, 1000);
    log_sign(&l, 2000);
    log_sign(&l, 3000); /* nothing new: no second one */
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select count(*) from ledger_checkpoint"), NO_ARGS),
                     1);
    log_grow(&l, 1, 1, 4000);
    log_sign(&l, 4000);

    struct ledger_view *v = NULL;
    struct note_checkpoint cp;
    str note;
    dbs_ok(ledger_view(t->db, t->a, &v));
    dbs_ok(ledger_view_checkpoint(v, -1, &note, &cp));
    assert_int_equal(cp.size, 6);
    dbs_ok(note_open(note, &l.signer.key, 1, &cp, NULL));
    assert_true(hash_eq(cp.root, ledger_root(l.led)));
    assert_int_equal(ledger_view_checkpoint(v, 6, &note, &cp).code, ERR_NOT_FOUND);

    struct note_signer other;
    static const unsigned char seed[NOTE_SEED_LEN] = "x";
    dbs_ok(note_signer(l.led->hasher, STR("other.example/x"), seed, &other));
    log_grow(&l, 1, 1, 4000);
    assert_int_equal(log_checkpoint(&l, &other, 1).code, ERR_VALUE);
}

static void a_checkpoint_is_made_only_when_the_log_has_grown(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, signs);
}

static void refuses_to_open(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 300, 100, 1000);
    log_sign(&l, 1000);
    struct ledger *again = NULL;
    log_tamper(&l, SQL("delete from ledger_leaf where seq = 299"), NO_ARGS);
    assert_int_equal(ledger_open(t->life, t->db, t->a, &again).code, ERR_STORE);
    struct ledger_entry e;
    dbs_ok(ledger_get(t->db, t->a, 298, &e));
    e.seq = 299;
    dbs_ok(db_exec(t->db, t->a, SQL("insert into ledger_leaf (seq, data) values (299, $1)"),
                   ARGS(db_blob(ledger_leaf_bytes(t->a, &e)))));
    assert_int_equal(ledger_open(t->life, t->db, t->a, &again).code, ERR_STORE);
}

static void a_log_that_lost_what_it_signed_does_not_open(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, refuses_to_open);
}

/* --- triggers, erasure
 * ---------------------------------------------------------------------------- */

static void refused(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 300, 100, 1000);
    log_sign(&l, 1000);
    static const char *const rows[] = {
        "update ledger_log set origin = 'x'",
        "delete from ledger_log",
        "update ledger_leaf set data = data where seq = 3",
        "delete from ledger_leaf where seq = 299",
        "update ledger_payload set body = 'x' where seq = 3",
        "delete from ledger_payload where seq = 3",
        "update ledger_tile set root = root",
        "delete from ledger_tile",
        "update ledger_checkpoint set note = 'x'",
        "delete from ledger_checkpoint",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sql sql = {.text = str_from(rows[i])};
        if (db_exec(t->db, t->a, sql, NO_ARGS).code != ERR_STORE) {
            fail_msg("allowed: %s", rows[i]);
        }
    }
    struct ledger_report r = log_verify(&l, NULL);
    assert_false(r.bad);
}

static void the_database_refuses_to_change_or_delete_entries(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, refused);
}

static void erases(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 400, 100, 1000);
    int64_t seqs[150];
    for (int i = 0; i < 150; i++) {
        seqs[i] = 2 * i + 1;
    }
    db_write_begin(t->db);
    struct batch *b = batch_begin(t->db, t->a);
    struct ledger_act *la = ledger_act(l.led, t->a, 2000);
    int64_t by = 0;
    dbs_ok(ledger_erase(la, b, STR("person:1"), STR("thing:1"), STR("the law"), seqs, 150, &by));
    assert_int_equal(by, 400);
    dbs_ok(batch_run(b));
    dbs_ok(db_commit(t->db, t->a));
    log_sign(&l, 3000);

    struct ledger_entry e;
    dbs_ok(ledger_get(t->db, t->a, 1, &e));
    assert_true(e.erased && e.payload.len == 0);
    dbs_ok(ledger_get(t->db, t->a, 2, &e));
    assert_false(e.erased);
    dbs_ok(ledger_get(t->db, t->a, by, &e));
    assert_int_equal(e.type, LEDGER_ERASURE);
    assert_true(str_has(e.payload, STR("\"entries\":[1,3,5,")));
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select count(*) from ledger_payload"), NO_ARGS),
                     251);

    struct ledger_report r = log_verify(&l, NULL);
    assert_false(r.bad);
    assert_int_equal(r.entries, 401);
    assert_int_equal(r.erased, 150);
    assert_int_equal(r.payloads, 251);

    struct ledger_view *v = NULL;
    struct proof_entry p;
    str file;
    str why;
    dbs_ok(ledger_view(t->db, t->a, &v));
    dbs_ok(ledger_export(v, 1, true, &file));
    assert_int_equal(proof_check(l.led->hasher, t->a, file, &l.signer.key, 1, &p, &why), PROOF_OK);
    assert_true(p.entry.erased);
}

static void erased_content_leaves_leaf_and_proof_valid(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, erases);
}

static void only_existing_entries_are_erased(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    struct ledger *led = arena_new(&a, struct ledger);
    led->hasher = hash_make(&a);
    led->edge.tree.size = 10;
    struct ledger_act *la = ledger_act(led, &a, 1);
    static const int64_t wrong[][2] = {{3, 3}, {4, 3}, {9, 10}, {-1, 2}};
    int64_t by = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err e = ledger_erase(la, NULL, STR("a"), STR("b"), STR("c"), wrong[i], 2, &by);
        assert_int_equal(e.code, ERR_VALUE);
    }
    assert_int_equal(ledger_erase(la, NULL, STR("a"), STR("b"), STR("c"), wrong[0], 0, &by).code,
                     ERR_VALUE);
    arena_end(&a);
}

/* --- proofs from the database
 * -------------------------------------------------------------------------- */

static void proves(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 700, 100, 1000);
    log_sign(&l, 1000);
    struct ledger_view *v = NULL;
    dbs_ok(ledger_view(t->db, t->a, &v));
    static const int64_t sizes[] = {1, 2, 255, 256, 257, 300, 511, 512, 513, 699, 700};
    size_t n = sizeof(sizes) / sizeof(sizes[0]);
    struct merkle_range r = {0};
    struct hash roots[701];
    struct hash leaves[700];
    for (int64_t seq = 0; seq < 700; seq++) {
        struct ledger_entry e;
        dbs_ok(ledger_get(t->db, t->a, seq, &e));
        leaves[seq] = merkle_leaf(l.led->hasher, e.data);
        merkle_push(l.led->hasher, &r, &leaves[seq]);
        roots[seq + 1] = merkle_root(l.led->hasher, &r);
    }
    for (size_t i = 0; i < n; i++) {
        for (int64_t seq = 0; seq < sizes[i]; seq += 13) {
            struct merkle_proof p;
            dbs_ok(ledger_prove(v, seq, sizes[i], &p));
            assert_true(merkle_check(l.led->hasher, (uint64_t)seq, (uint64_t)sizes[i], &leaves[seq],
                                     &p, &roots[sizes[i]]));
        }
        for (size_t j = 0; j <= i; j++) {
            struct merkle_proof p;
            dbs_ok(ledger_consistency(v, sizes[j], sizes[i], &p));
            assert_true(merkle_check_growth(l.led->hasher, (uint64_t)sizes[j], (uint64_t)sizes[i],
                                            &p, &roots[sizes[j]], &roots[sizes[i]]));
        }
    }
    struct merkle_proof p;
    assert_int_equal(ledger_prove(v, 5, 701, &p).code, ERR_VALUE);
    assert_int_equal(ledger_prove(v, -1, 5, &p).code, ERR_VALUE);
    assert_int_equal(ledger_prove(v, 5, 5, &p).code, ERR_VALUE);
}

static void proofs_from_the_tables_hold_for_old_and_new_sizes(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, proves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_of_a_leaf_are_fixed_for_ever),
        cmocka_unit_test(damaged_leaf_data_is_no_leaf),
        cmocka_unit_test(a_log_keeps_its_first_origin_for_ever),
        cmocka_unit_test(what_was_appended_comes_back_each_with_a_salt_of_its_own),
        cmocka_unit_test(tiles_fill_at_256_entries_and_the_edge_survives_a_restart),
        cmocka_unit_test(the_second_level_of_tiles_fills_at_65536_entries),
        cmocka_unit_test(the_recorded_time_never_goes_back),
        cmocka_unit_test(an_undone_act_leaves_no_trace_in_table_or_memory),
        cmocka_unit_test(a_second_node_follows_what_the_first_appended),
        cmocka_unit_test(the_writer_notices_when_the_stored_log_is_not_the_one_it_knows),
        cmocka_unit_test(a_checkpoint_is_made_only_when_the_log_has_grown),
        cmocka_unit_test(a_log_that_lost_what_it_signed_does_not_open),
        cmocka_unit_test(the_database_refuses_to_change_or_delete_entries),
        cmocka_unit_test(erased_content_leaves_leaf_and_proof_valid),
        cmocka_unit_test(only_existing_entries_are_erased),
        cmocka_unit_test(proofs_from_the_tables_hold_for_old_and_new_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
