#include "log.h"

/* What the full verification finds, and where.  Each row damages a log of 1,000
 * entries, signed at 300, 700 and 1,000, behind the triggers' back. */

static void grow_and_sign(struct log *l)
{
    log_grow(l, 300, 100, 1000);
    log_sign(l, 1000);
    log_grow(l, 400, 100, 2000);
    log_sign(l, 2000);
    log_grow(l, 300, 100, 3000);
    log_sign(l, 3000);
}

static void a_good_log(struct dbs *t)
{
    struct log l = log_make(t);
    struct ledger_report r = log_verify(&l, NULL);
    assert_false(r.bad);
    assert_int_equal(r.entries, 0);
    grow_and_sign(&l);
    r = log_verify(&l, NULL);
    assert_false(r.bad);
    assert_int_equal(r.entries, 1000);
    assert_int_equal(r.payloads, 1000);
    assert_int_equal(r.erased, 0);
    assert_int_equal(r.tiles, 3);
    assert_int_equal(r.checkpoints, 3);
    assert_int_equal(r.signatures, 3);
    assert_true(hash_eq(r.root, ledger_root(l.led)));

    struct ledger_verify_options opt = {
        .keys = &l.signer.key, .nkeys = 1, .last_signature_only = true};
    r = log_verify(&l, &opt);
    assert_false(r.bad);
    assert_int_equal(r.checkpoints, 3);
    assert_int_equal(r.signatures, 1);
    opt = (struct ledger_verify_options){0};
    r = log_verify(&l, &opt);
    assert_false(r.bad);
    assert_int_equal(r.signatures, 0);
}

static void a_good_log_verifies_and_is_counted(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, a_good_log);
}

struct damage {
    const char *name;
    const char *sql[3];
    int64_t seq, seq_to; /* what must be named */
    const char *detail;  /* part of the report's detail */
};

static const struct damage damages[] = {
    {"a leaf in a full tile says another actor",
     {"update ledger_leaf set data = (select data from ledger_leaf where seq = 18) where seq = 17"},
     17,
     17,
     "leaf data"},
    {"an entry of the first tile is missing",
     {"delete from ledger_leaf where seq = 100"},
     100,
     100,
     "no leaf"},
    {"the first entry is missing", {"delete from ledger_leaf where seq = 0"}, 0, 0, "no leaf"},
    {"an entry behind the last tile is missing",
     {"delete from ledger_leaf where seq = 990"},
     990,
     990,
     "no leaf"},
    {"two entries have changed places",
     {"update ledger_leaf set seq = -1 where seq = 40",
      "update ledger_leaf set seq = 40 where seq = 41",
      "update ledger_leaf set seq = 41 where seq = -1"},
     40,
     40,
     "leaf data"},
    {"a payload was changed",
     {"update ledger_payload set body = '{}' where seq = 513"},
     513,
     513,
     "differs from the digest"},
    {"two payloads have changed places",
     {"update ledger_payload set seq = -1 where seq = 40",
      "update ledger_payload set seq = 40 where seq = 41",
      "update ledger_payload set seq = 41 where seq = -1"},
     40,
     40,
     "differs from the digest"},
    {"a salt was changed",
     {"update ledger_payload set salt = (select salt from ledger_payload where seq = 1)"
      " where seq = 999"},
     999,
     999,
     "differs from the digest"},
    {"a payload is missing without an erasure",
     {"delete from ledger_payload where seq = 256"},
     256,
     256,
     "no erasure"},
    {"a payload is missing and an erasure is pretended",
     {"insert into ledger_erased (seq, by_seq) values (256, 999)",
      "delete from ledger_payload where seq = 256"},
     256,
     256,
     "no erasure"},
    {"an earlier and a later fault: the earlier is named",
     {"update ledger_payload set body = '{}' where seq = 601",
      "update ledger_payload set body = '{}' where seq = 600"},
     600,
     600,
     "differs from the digest"},
    {"the last entry is missing",
     {"delete from ledger_leaf where seq = 999"},
     999,
     999,
     "there were more"},
    {"the tail is cut off",
     {"delete from ledger_leaf where seq >= 800"},
     800,
     999,
     "there were more"},
    {"the tail is cut off with its checkpoints, but a tile stayed",
     {"delete from ledger_leaf where seq >= 710", "delete from ledger_checkpoint where size > 710"},
     710,
     767,
     "there are tiles"},
    {"a tile is missing", {"delete from ledger_tile where idx = 1"}, 256, 511, "tile"},
    {"a tile has the hashes of another",
     {"update ledger_tile set hashes = (select hashes from ledger_tile where idx = 0)"
      " where idx = 1"},
     256,
     511,
     "does not fit its root"},
    {"a tile has the root of another",
     {"update ledger_tile set root = (select root from ledger_tile where idx = 0) where idx = 2"},
     512,
     767,
     "root"},
    {"a checkpoint has the text of another",
     {"update ledger_checkpoint set note = (select note from ledger_checkpoint where size = 300)"
      " where size = 700"},
     699,
     699,
     "another size"},
    {"a checkpoint is no checkpoint",
     {"update ledger_checkpoint set note = 'signed, honestly' where size = 300"},
     299,
     299,
     "checkpoint:"},
    {"a checkpoint's signature was changed",
     {"update ledger_checkpoint set note = replace(note, 'units.example/ledger ', 'x ')"
      " where size = 700"},
     699,
     699,
     "not signed"},
};

static void damage_and_verify(struct dbs *t, const struct damage *d)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    for (size_t i = 0; i < 3 && d->sql[i]; i++) {
        log_tamper(&l, (struct sql){.text = str_from(d->sql[i])}, NO_ARGS);
    }
    struct ledger_report r = log_verify(&l, NULL);
    if (!r.bad || r.seq != d->seq || r.seq_to != d->seq_to ||
        !str_has(r.detail, str_from(d->detail))) {
        fail_msg("%s: bad %d, %lld-%lld instead of %lld-%lld: %.*s", d->name, r.bad,
                 (long long)r.seq, (long long)r.seq_to, (long long)d->seq, (long long)d->seq_to,
                 STR_ARG(r.detail));
    }
    assert_true(r.what.zh.len && r.what.en.len);
}

static struct damage the_damage; /* handed to the body, which takes no argument */

static void damaged_body(struct dbs *t)
{
    damage_and_verify(t, &the_damage);
}

static void each_damage_is_found_and_its_first_entry_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        the_damage = damages[i];
        print_message("         %s\n", the_damage.name);
        dbs_each(DBS_MEMORY | DBS_PG, damaged_body);
    }
}

/* --- forgeries that fit in themselves ------------------------------------------------- */

/* Writes leaf `seq` anew: right in form, its payload's digest fitting. */
static str forged_leaf(struct log *l, int64_t seq, int64_t recorded_ms)
{
    struct ledger_entry e;
    dbs_ok(ledger_get(l->t->db, l->t->a, seq, &e));
    e.actor = STR("person:1");
    e.recorded_ms = recorded_ms;
    return ledger_leaf_bytes(l->t->a, &e);
}

static void forge_leaf(struct log *l, int64_t seq, int64_t recorded_ms)
{
    str data = forged_leaf(l, seq, recorded_ms);
    log_tamper(l, SQL("update ledger_leaf set data = $1 where seq = $2"),
               ARGS(db_blob(data), db_i64(seq)));
}

static void forged_in_a_tile(struct dbs *t)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    forge_leaf(&l, 700, 2000);
    struct ledger_report r = log_verify(&l, NULL);
    assert_true(r.bad && r.seq == 700 && r.seq_to == 700);
    assert_true(str_has(r.detail, STR("leaf hash differs")));
}

static void a_forged_entry_is_found_by_its_tile(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, forged_in_a_tile);
}

static void forged_in_the_tail(struct dbs *t)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    forge_leaf(&l, 900, 3000); /* behind the last tile only checkpoints know */
    struct ledger_report r = log_verify(&l, NULL);
    assert_true(r.bad && r.seq == 768 && r.seq_to == 999);
    assert_true(str_has(r.detail, STR("root differs")));
}

static void a_forged_entry_behind_the_last_tile_is_found_by_the_checkpoint(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, forged_in_the_tail);
}

static void back_in_time(struct dbs *t)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    forge_leaf(&l, 900, 2500);
    struct ledger_report r = log_verify(&l, NULL);
    assert_true(r.bad && r.seq == 900);
    assert_true(str_has(r.detail, STR("goes back")));
}

static void a_recorded_time_that_goes_back_is_found(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, back_in_time);
}

/* The insider rewrites a leaf and everything that follows from it: the tile,
 * its root; and takes the checkpoints away. */
static void rewritten(struct dbs *t)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    struct ledger_view *v = NULL;
    struct note_checkpoint cp;
    str note;
    dbs_ok(ledger_view(t->db, t->a, &v));
    dbs_ok(ledger_view_checkpoint(v, -1, &note, &cp));

    forge_leaf(&l, 17, 1000);
    struct rows r;
    struct hash at[LEDGER_TILE];
    dbs_ok(db_query(t->db, t->a, SQL("select data from ledger_leaf where seq < 256 order by seq"),
                    NO_ARGS, &r));
    for (int i = 0; rows_next(&r); i++) {
        at[i] = merkle_leaf(l.led->hasher, rows_text(&r, 0));
    }
    struct hash root = merkle_root_of(l.led->hasher, at, LEDGER_TILE);
    log_tamper(&l, SQL("update ledger_tile set root = $1, hashes = $2 where idx = 0"),
               ARGS(db_blob(hash_str(&root)), db_blob(str_from_n((const char *)at, sizeof(at)))));
    struct ledger_report report = log_verify(&l, NULL);
    assert_true(report.bad && report.seq == 256 && report.seq_to == 299);

    log_tamper(&l, SQL("delete from ledger_checkpoint"), NO_ARGS);
    report = log_verify(&l, NULL);
    assert_false(report.bad); /* consistent in itself: only somebody outside can know */

    struct ledger_verify_options opt = {
        .keys = &l.signer.key, .nkeys = 1, .trusted = &note, .ntrusted = 1};
    report = log_verify(&l, &opt);
    assert_true(report.bad);
    assert_true(str_has(report.detail, STR("root differs")));
}

static void a_rewritten_history_is_found_by_any_checkpoint_kept_elsewhere(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, rewritten);
}

static void trusted_elsewhere(struct dbs *t)
{
    struct log l = log_make(t);
    grow_and_sign(&l);
    struct ledger_view *v = NULL;
    struct note_checkpoint cp;
    str notes[2];
    dbs_ok(ledger_view(t->db, t->a, &v));
    dbs_ok(ledger_view_checkpoint(v, -1, &notes[0], &cp));
    struct rows r;
    dbs_ok(db_query(t->db, t->a, SQL("select note from ledger_checkpoint where size = 300"),
                    NO_ARGS, &r));
    assert_true(rows_next(&r));
    notes[1] = rows_text(&r, 0);
    struct ledger_verify_options opt = {
        .keys = &l.signer.key, .nkeys = 1, .trusted = notes, .ntrusted = 2};
    assert_false(log_verify(&l, &opt).bad);

    log_tamper(&l, SQL("delete from ledger_leaf where seq >= 765"), NO_ARGS);
    log_tamper(&l, SQL("delete from ledger_checkpoint where size > 765"), NO_ARGS);
    log_tamper(&l, SQL("delete from ledger_tile where idx = 2"), NO_ARGS);
    assert_false(log_verify(&l, NULL).bad); /* a clean cut */
    struct ledger_report report = log_verify(&l, &opt);
    assert_true(report.bad && report.seq == 765 && report.seq_to == 999);
    assert_true(str_has(report.detail, STR("kept elsewhere")));

    notes[1] = STR("nonsense");
    report = log_verify(&l, &opt);
    assert_true(report.bad && report.seq == -1);
}

static void a_clean_cut_is_found_by_a_checkpoint_kept_elsewhere(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, trusted_elsewhere);
}

/* --- the caller's part ------------------------------------------------------------------- */

struct seen {
    int64_t entries, erased, calls, last_done;
    int64_t refuse; /* the entry to refuse; -1: none */
    int64_t stop;   /* progress says no at this call; 0: never */
};

static bool see_entry(void *arg, const struct ledger_entry *e, struct words *what)
{
    struct seen *s = arg;
    assert_int_equal(e->seq, s->entries);
    s->entries++;
    s->erased += e->erased;
    if (!e->erased) {
        assert_true(str_starts(e->payload, STR("{\"")));
    }
    *what = WORDS("记录不符", "The row differs");
    return e->seq != s->refuse;
}

static bool see_progress(void *arg, int64_t done, int64_t total)
{
    struct seen *s = arg;
    assert_true(done > s->last_done && done <= total);
    s->last_done = done;
    return ++s->calls != s->stop;
}

static void hooked(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 9000, 1000, 1000);
    struct seen s = {.refuse = -1};
    struct ledger_verify_options opt = {.entry = see_entry, .progress = see_progress, .arg = &s};
    struct ledger_report r = log_verify(&l, &opt);
    assert_false(r.bad);
    assert_int_equal(s.entries, 9000);
    assert_int_equal(s.last_done, 9000);
    assert_true(s.calls > 1);

    s = (struct seen){.refuse = 5000};
    r = log_verify(&l, &opt);
    assert_true(r.bad && r.seq == 5000);
    assert_true(str_eq(r.what.en, STR("The row differs")));

    s = (struct seen){.refuse = -1, .stop = 1};
    struct arena a = arena_make(64 << 20);
    assert_int_equal(ledger_verify(t->db, &a, &opt, &r).code, ERR_BUSY);
    arena_end(&a);
    r = log_verify(&l, NULL); /* the connection is free again */
    assert_false(r.bad);
}

static void the_caller_sees_every_entry_and_may_refuse_or_stop(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, hooked);
}

static void large(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 5, 5, 1000);
    char *text = arena_bytes(t->a, 1 << 20);
    memset(text, 'x', 1 << 20);
    struct ledger_act *la = ledger_act(l.led, t->a, 2000);
    for (int i = 0; i < 3; i++) {
        struct ledger_new e = {.type = 16, .actor = STR("a"), .object = STR("b")};
        struct canon *c = canon_make(t->a);
        canon_str(c, STR("text"), str_from_n(text, (size_t)(16384 - 12 + i)));
        canon_str(c, STR("z"), i == 2 ? str_from_n(text, 1 << 20) : STR(""));
        dbs_ok(canon_end(c, &e.payload));
        ledger_append(la, &e);
    }
    db_write_begin(t->db);
    struct batch *b = batch_begin(t->db, t->a);
    ledger_put(la, b);
    dbs_ok(batch_run(b));
    dbs_ok(db_commit(t->db, t->a));
    struct ledger_report r = log_verify(&l, NULL);
    assert_false(r.bad);
    assert_int_equal(r.payloads, 8);
    log_tamper(&l,
               SQL("update ledger_payload set body = replace(body, 'xyz', '') || ' '"
                   " where seq = 7"),
               NO_ARGS);
    r = log_verify(&l, NULL);
    assert_true(r.bad && r.seq == 7);
}

static void payloads_of_a_megabyte_are_checked_too(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, large);
}

static void pretended_erasures(struct dbs *t)
{
    struct log l = log_make(t);
    log_grow(&l, 50, 50, 1000);
    static const int64_t seqs[] = {10, 20};
    int64_t by = 0;
    db_write_begin(t->db);
    struct batch *b = batch_begin(t->db, t->a);
    struct ledger_act *la = ledger_act(l.led, t->a, 2000);
    dbs_ok(ledger_erase(la, b, STR("person:1"), STR("x:1"), STR("law"), seqs, 2, &by));
    dbs_ok(batch_run(b));
    dbs_ok(db_commit(t->db, t->a));
    assert_false(log_verify(&l, NULL).bad);
    /* one more than the erasure names */
    log_tamper(&l, SQL("insert into ledger_erased (seq, by_seq) values (30, $1)"),
               ARGS(db_i64(by)));
    log_tamper(&l, SQL("delete from ledger_payload where seq = 30"), NO_ARGS);
    struct ledger_report r = log_verify(&l, NULL);
    assert_true(r.bad && r.seq == 30);
}

static void an_erasure_covers_only_the_entries_it_names(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, pretended_erasures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_log_verifies_and_is_counted),
        cmocka_unit_test(each_damage_is_found_and_its_first_entry_named),
        cmocka_unit_test(a_forged_entry_is_found_by_its_tile),
        cmocka_unit_test(a_forged_entry_behind_the_last_tile_is_found_by_the_checkpoint),
        cmocka_unit_test(a_recorded_time_that_goes_back_is_found),
        cmocka_unit_test(a_rewritten_history_is_found_by_any_checkpoint_kept_elsewhere),
        cmocka_unit_test(a_clean_cut_is_found_by_a_checkpoint_kept_elsewhere),
        cmocka_unit_test(the_caller_sees_every_entry_and_may_refuse_or_stop),
        cmocka_unit_test(payloads_of_a_megabyte_are_checked_too),
        cmocka_unit_test(an_erasure_covers_only_the_entries_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
