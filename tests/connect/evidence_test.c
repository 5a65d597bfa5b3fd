/* Evidence: a package is whole; nothing in it can be changed, left out, added or taken from
 * another package without zhidu-verify naming the file; who may not see a record does not
 * find it in there; the draw of a sample is the one that was written down beforehand. */
#include "engine/verify.h"
#include "ledger/proof.h"
#include "ledger/sample.h"

#include "packages.h"

/* These files must not hold, and this one is named. */
static void must_name(struct bench *b, const struct files *f, const char *name, const char *what)
{
    struct arena a = arena_make(64 << 20);
    str out;
    char want[128];
    for (size_t i = 0; i < f->n; i++) {
        write_file(b->unpacked, f->name[i], f->text[i]);
    }
    int status = RUN(b, &a, &out, b->key, b->unpacked, "--old", b->old);
    snprintf(want, sizeof(want), " / %s: ", name);
    if (status != 1 || !str_has(out, str_from(want))) {
        fail_msg("%s, %s: status %d\n%.*s", name, what, status, STR_ARG(out));
    }
    b->tried++;
    for (size_t i = 0; i < f->n; i++) {
        remove_file(b->unpacked, f->name[i]);
    }
    arena_end(&a);
}

/* --- tampering -------------------------------------------------------------------------- */

static void set_manifest(struct bench *b, struct files *f)
{
    struct hasher *h = hash_make(b->t->a);
    struct buf m = buf_make(b->t->a, 8192);
    for (size_t i = 0; i < package_parts_len; i++) {
        for (size_t k = 0; k < f->n; k++) {
            if (str_eq(f->name[k], package_parts[i].name) &&
                !str_eq(f->name[k], STR("manifest.txt"))) {
                struct hash d = hash_of(h, f->text[k]);
                for (int j = 0; j < HASH_LEN; j++) {
                    buf_put_fmt(&m, "%02x", d.b[j]);
                }
                buf_put_fmt(&m, "  %.*s\n", STR_ARG(f->name[k]));
            }
        }
    }
    *text_of(f, "manifest.txt") = buf_str(&m);
}

static str flipped(struct bench *b, str s, size_t at, int bit)
{
    char *p = arena_bytes(b->t->a, s.len + 1);
    memcpy(p, s.ptr, s.len);
    p[at] = (char)(p[at] ^ (1 << bit));
    return str_from_n(p, s.len);
}

static str joined(struct bench *b, str x, str y, str z)
{
    return str_fmt(b->t->a, "%.*s%.*s%.*s", STR_ARG(x), STR_ARG(y), STR_ARG(z));
}

static str part(str s, size_t from, size_t to)
{
    return str_from_n(s.ptr + from, to - from);
}

static size_t line_end(str s, size_t from)
{
    while (from < s.len && s.ptr[from] != '\n') {
        from++;
    }
    return from < s.len ? from + 1 : from;
}

/* One file is another now; with its line in the manifest made anew, or not. */
static void change(struct bench *b, const char *name, str text, const char *what)
{
    struct files f = b->good;
    if (str_eq(*text_of(&f, name), text)) {
        return;
    }
    *text_of(&f, name) = text;
    must_name(b, &f, name, what);
    if (strcmp(name, "manifest.txt") != 0) {
        set_manifest(b, &f);
        must_name(b, &f, name, what);
    }
}

static void tamper_bytes(struct bench *b, const char *name)
{
    str s = *text_of(&b->good, name);
    size_t places[] = {0, s.len / 3, s.len / 2, s.len - 1};
    for (size_t i = 0; s.len && i < sizeof(places) / sizeof(places[0]); i++) {
        change(b, name, flipped(b, s, places[i], (int)(i * 3 % 7)), "a bit");
    }
    if (s.len) {
        change(b, name, part(s, 0, s.len - 1), "the last byte is gone");
        change(b, name, part(s, 0, s.len / 2), "the second half is gone");
        change(b, name, STR(""), "empty");
    }
    change(b, name, joined(b, s, STR("\n"), STR("")), "a line more");
    change(b, name, joined(b, STR(" "), s, STR("")), "a space before");
}

static void tamper_lines(struct bench *b, const char *name)
{
    str s = *text_of(&b->good, name);
    size_t first = line_end(s, 0);
    size_t second = line_end(s, first);
    if (first >= s.len) {
        return;
    }
    change(b, name, part(s, first, s.len), "the first line is gone");
    change(b, name, joined(b, part(s, 0, first), part(s, second, s.len), STR("")),
           "the second line is gone");
    change(b, name, joined(b, part(s, first, second), part(s, 0, first), part(s, second, s.len)),
           "two lines are exchanged");
    change(b, name, joined(b, part(s, 0, first), s, STR("")), "a line twice");
}

static void tamper_files(struct bench *b, size_t i)
{
    struct files f = b->good;
    char *name = (char *)(uintptr_t)str_copy(b->t->a, f.name[i]).ptr;
    tamper_bytes(b, name);
    tamper_lines(b, name);
    if (!str_eq(f.text[i], *text_of(&b->other, name))) {
        change(b, name, *text_of(&b->other, name), "from another package");
    }
    f.name[i] = f.name[f.n - 1]; /* left out */
    f.text[i] = f.text[f.n - 1];
    f.n--;
    must_name(b, &f, name, "missing");
    if (strcmp(name, "manifest.txt") != 0) {
        set_manifest(b, &f);
        must_name(b, &f, name, "missing, and no more in the manifest");
    }
    f = b->good;
    f.name[f.n] = str_fmt(b->t->a, "%s.bak", name);
    f.text[f.n++] = STR("x");
    must_name(b, &f, f.name[f.n - 1].ptr, "a file more");
}

/* The verdict of one record is better than it was, everywhere where it stands. */
static void tamper_verdict(struct bench *b)
{
    struct files f = b->good;
    str *p = text_of(&f, "population.ndjson");
    str from = STR("\"verdict\":\"violation\"");
    for (size_t i = 0; i + from.len < p->len; i++) {
        if (memcmp(p->ptr + i, from.ptr, from.len) == 0) {
            *p = joined(b, part(*p, 0, i), STR("\"verdict\":\"ok\""),
                        part(*p, i + from.len, p->len));
            *text_of(&f, "violations.ndjson") = STR("");
            set_manifest(b, &f);
            must_name(b, &f, "population.ndjson", "a better verdict");
            must_name(b, &f, "violations.ndjson", "a better verdict");
            return;
        }
    }
    fail_msg("no violation in the package");
}

/* The snapshot's three files are those of another one. */
static void tamper_snapshot(struct bench *b)
{
    static const char *const three[] = {"snapshot.bin", "snapshot.json", "snapshot.tlog-proof"};
    struct files f = b->good;
    for (size_t i = 0; i < 3; i++) {
        *text_of(&f, three[i]) = *text_of(&b->other, three[i]);
    }
    must_name(b, &f, "snapshot.tlog-proof", "another snapshot");
    set_manifest(b, &f);
    must_name(b, &f, "population.ndjson", "another snapshot");
}

static void write_key(struct bench *b, str vkey)
{
    FILE *out = fopen(b->key, "wb");
    assert_non_null(out);
    fprintf(out, "%.*s\n", STR_ARG(vkey));
    fclose(out);
}

static void tamper_key(struct bench *b)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "another seed";
    struct note_signer other;
    str mine = *text_of(&b->good, "keys.txt");
    dbs_ok(note_signer(hash_make(b->t->a), STR("zhidu.local/ledger"), seed, &other));
    write_key(b, note_vkey(b->t->a, &other.key));
    must_name(b, &b->good, "keys.txt", "another key");
    must_name(b, &b->good, "snapshot.tlog-proof", "another key");
    write_key(b, part(mine, 0, mine.len - 1));
}

static void remove_all(struct bench *b)
{
    static const char *const names[] = {"key", "old", "out", "1.zip", "2.zip", "3.zip"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        remove_file(b->folder, str_from(names[i]));
    }
    rmdir(b->unpacked);
    assert_int_equal(rmdir(b->folder), 0);
}

static struct bench bench_make(struct dbs *t)
{
    struct bench b = {.t = t, .folder = "/tmp/zhidu-evidence-XXXXXX"};
    assert_non_null(mkdtemp(b.folder));
    snprintf(b.unpacked, sizeof(b.unpacked), "%s/unpacked", b.folder);
    snprintf(b.key, sizeof(b.key), "%s/key", b.folder);
    snprintf(b.old, sizeof(b.old), "%s/old", b.folder);
    assert_int_equal(mkdir(b.unpacked, 0700), 0);
    return b;
}

static const char *file(struct bench *b, const char *name)
{
    return str_fmt(b->t->a, "%s/%s", b->folder, name).ptr;
}

/* --- the tests ---------- */

#define CONTROL "devices_have_a_technician"

/* The control is broken once more; by SQL, so the ledger is not in order any more. */
static void without_technician(struct dbs *t)
{
    struct arena side = arena_make(1 << 20);
    struct db *db = dbs_open(t, &side, true);
    dbs_ok(db_exec(db, t->a,
                   SQL("update r_device set f_technician = null where id = (select min(id)"
                       " from r_device where f_technician is not null)"),
                   NO_ARGS));
    arena_end(&side);
}

static void tampering_body(struct dbs *t)
{
    struct site w;
    struct bench b = bench_make(t);
    str out;
    int64_t seq = 0;
    site_make(t, &w);
    int64_t who = inst_person(&w.in, "huang.he");
    without_technician(t);
    dbs_ok(package(&w, who, CONTROL, 0, file(&b, "1.zip"), &seq));
    b.other = unpack(t->a, file(&b, "1.zip"));
    struct note_checkpoint cp;
    str old = proof_checkpoint(*text_of(&b.other, "snapshot.tlog-proof"));
    dbs_ok(note_parse(old, &cp));
    write_file(b.folder, STR("old"), old);
    without_technician(t);
    dbs_ok(package(&w, who, CONTROL, cp.size, file(&b, "2.zip"), &seq));
    b.good = unpack(t->a, file(&b, "2.zip"));
    b.other.name[b.other.n] = STR("consistency.txt");
    b.other.text[b.other.n++] = STR("zhidu.ledger/growth/1\nfrom 1\n\n");
    write_key(&b, note_vkey(t->a, &w.signer.key.key));
    int status = RUN(&b, t->a, &out, b.key, file(&b, "2.zip"), "--old", b.old);
    if (status != 0) {
        fail_msg("%.*s", STR_ARG(out));
    }
    for (size_t i = 0; i < b.good.n; i++) {
        tamper_files(&b, i);
    }
    tamper_verdict(&b);
    tamper_snapshot(&b);
    tamper_key(&b);
    print_message("%s: %d tamperings, each named\n", t->name, b.tried);
    assert_true(b.tried >= 200);
    remove_all(&b);
    site_end(&w);
}

static void hidden_body(struct dbs *t)
{
    struct site w;
    struct bench b = bench_make(t);
    struct verify_report v;
    str out;
    int64_t seq = 0;
    site_make(t, &w);
    dbs_ok(package(&w, inst_person(&w.in, "xu.jing"), CONTROL, 0, file(&b, "1.zip"), &seq));
    b.good = unpack(t->a, file(&b, "1.zip"));
    write_key(&b, note_vkey(t->a, &w.signer.key.key));
    assert_int_equal(RUN(&b, t->a, &out, b.key, file(&b, "1.zip")), 0);
    assert_true(str_has(out, STR("hidden:       10\n")));
    for (size_t i = 0; i < b.good.n; i++) { /* a device of which he knows nothing */
        assert_false(str_has(b.good.text[i], STR("数据库服务器")));
    }
    struct ledger_verify_options o = {.keys = &w.signer.key.key, .nkeys = 1};
    dbs_ok(engine_verify(w.in.db, t->a, &o, &v));
    assert_false(v.bad);
    struct arena side = arena_make(1 << 20);
    struct db *db = dbs_open(t, &side, true);
    dbs_ok(db_exec(db, t->a, SQL("update evidence set n = n + 1"), NO_ARGS));
    dbs_ok(engine_verify(w.in.db, t->a, &o, &v));
    assert_true(v.bad && v.seq == seq && str_eq(v.table, STR("evidence")));
    dbs_ok(db_exec(db, t->a, SQL("delete from evidence"), NO_ARGS));
    dbs_ok(engine_verify(w.in.db, t->a, &o, &v));
    assert_true(v.bad && v.seq == seq && str_eq(v.table, STR("evidence")));
    dbs_ok(db_exec(db, t->a,
                   SQL("insert into evidence(seq, control, person, at, n)"
                       " values (0, 'x', 0, 0, 0)"),
                   NO_ARGS));
    arena_end(&side);
    dbs_ok(engine_verify(w.in.db, t->a, &o, &v));
    assert_true(v.bad && v.bad_rows == 2);
    remove_all(&b);
    site_end(&w);
}

static void who_may_not_see_a_record_does_not_find_it(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, hidden_body);
}

/* Of a damaged zip file a file is named, or the zip file itself. */
static void zip_body(struct dbs *t)
{
    struct site w;
    struct bench b = bench_make(t);
    str out;
    int64_t seq = 0;
    int named = 0;
    site_make(t, &w);
    dbs_ok(package(&w, inst_person(&w.in, "huang.he"), CONTROL, 0, file(&b, "1.zip"), &seq));
    write_key(&b, note_vkey(t->a, &w.signer.key.key));
    str zip = inst_file(t->a, file(&b, "1.zip"));
    for (size_t i = 0; i < 60; i++) {
        str bad = i % 3 == 2 ? part(zip, 0, zip.len * (i + 1) / 62)
                             : flipped(&b, zip, zip.len * (i + 1) / 62, (int)(i % 8));
        write_file(b.folder, STR("2.zip"), bad);
        int status = RUN(&b, t->a, &out, b.key, file(&b, "2.zip"));
        assert_true(status == 0 || status == 1); /* 0: a time, or what no one reads */
        named += status == 1;
        assert_true(status == 0 || str_has(out, STR("2.zip / ")));
    }
    assert_true(named >= 50);
    remove_all(&b);
    site_end(&w);
}

static void a_damaged_zip_file_does_not_hold(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, zip_body);
}

static void sample_body(struct dbs *t)
{
    struct site w;
    struct bench b = bench_make(t);
    str out;
    int64_t seq = 0;
    int64_t places[5];
    struct note_checkpoint cp;
    site_make(t, &w);
    int64_t who = inst_person(&w.in, "huang.he");
    dbs_ok(package(&w, who, CONTROL, 0, file(&b, "1.zip"), &seq));
    dbs_ok(package(&w, who, CONTROL, 0, file(&b, "2.zip"), &seq));
    b.good = unpack(t->a, file(&b, "1.zip"));
    b.other = unpack(t->a, file(&b, "2.zip"));
    str later = proof_checkpoint(*text_of(&b.other, "snapshot.tlog-proof"));
    dbs_ok(note_parse(later, &cp));
    write_key(&b, note_vkey(t->a, &w.signer.key.key));
    write_file(b.folder, STR("old"), later);
    assert_int_equal(RUN(&b, t->a, &out, b.key, file(&b, "1.zip"), "--sample", b.old, "--nonce",
                         "dice", "--campaign", "2026", "--draw", "5"),
                     0);
    struct hasher *h = hash_make(t->a);
    struct hash seed = sample_seed(h, &cp.root, STR("dice"), STR("2026"), STR(CONTROL));
    assert_int_equal(sample_draw(h, &seed, 11, 5, places), 5);
    for (int i = 0; i < 5; i++) { /* each with the line that stands at its place */
        str rest = *text_of(&b.good, "population.ndjson");
        str line = STR("");
        for (int64_t k = 0; k <= places[i]; k++) {
            line = str_cut(rest, '\n', &rest);
        }
        str want = str_fmt(t->a, "  %d\t%lld\t%.*s\n", i + 1, (long long)places[i], STR_ARG(line));
        assert_true(str_has(out, want));
    }
    /* Not later than the package itself: whoever made it could have chosen. */
    assert_int_equal(RUN(&b, t->a, &out, b.key, file(&b, "2.zip"), "--sample", b.old, "--nonce",
                         "dice", "--campaign", "2026", "--draw", "5"),
                     1);
    assert_true(str_has(out, STR(" / snapshot.tlog-proof: ")));
    remove_all(&b);
    site_end(&w);
}

static void a_sample_is_drawn_again_from_the_package(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, sample_body);
}

static void every_tampering_is_named(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, tampering_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tampering_is_named),
        cmocka_unit_test(a_sample_is_drawn_again_from_the_package),
        cmocka_unit_test(a_damaged_zip_file_does_not_hold),
        cmocka_unit_test(who_may_not_see_a_record_does_not_find_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
