#include "ledger/proof.h"

#include "log.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the program, as a process ------------------------------------------------------- */

struct folder {
    char path[32];
};

static str in_folder(struct arena *a, const struct folder *f, const char *name)
{
    return str_fmt(a, "%s/%s", f->path, name);
}

static const char *write_file(struct arena *a, const struct folder *f, const char *name, str text)
{
    str path = in_folder(a, f, name);
    FILE *out = fopen(path.ptr, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
    return path.ptr;
}

static struct folder folder_make(void)
{
    struct folder f = {.path = "/tmp/zhidu-proof-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static void folder_remove(struct arena *a, const struct folder *f, const char *const *names)
{
    for (; *names; names++) {
        unlink(in_folder(a, f, *names).ptr);
    }
    assert_int_equal(rmdir(f->path), 0);
}

/* zhidu-verify of the same build: two folders above this test. */
static const char *program(struct arena *a)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
    assert_true(n > 0 && n < (ssize_t)sizeof(self));
    str path = str_from_n(self, (size_t)n);
    for (int up = 0; up < 3; up++) {
        while (path.ptr[--path.len] != '/') {
        }
    }
    return str_fmt(a, "%.*s/zhidu-verify", STR_ARG(path)).ptr;
}

/* Runs it with up to four arguments; what it printed goes to *out. */
static int verify(struct arena *a, const struct folder *f, const char *lang,
                  const char *const *args, str *out)
{
    char *argv[8] = {(char *)(uintptr_t) "zhidu-verify"};
    for (int i = 0; args[i]; i++) {
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    char *env[] = {(char *)(uintptr_t)lang, NULL};
    str path = in_folder(a, f, "out");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path.ptr, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = 0;
    int status = 0;
    int failed = posix_spawn(&pid, program(a), &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(failed, 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    char *text = arena_bytes(a, 1 << 16);
    FILE *in = fopen(path.ptr, "rb");
    assert_non_null(in);
    *out = str_from_n(text, fread(text, 1, 1 << 16, in));
    fclose(in);
    return WEXITSTATUS(status);
}

#define VERIFY(lang, out, ...) \
    verify(t->a, &f, "LANG=" lang, (const char *const[]){__VA_ARGS__, NULL}, (out))

/* --- a log with proofs ------------------------------------------------------------------ */

struct fixture {
    struct log l;
    struct ledger_view *v;
    struct arena *a;
    str old_note; /* of size 300; the newest is 600 */
};

static struct fixture fixture_make(struct dbs *t)
{
    struct fixture c = {.l = log_make(t), .a = t->a};
    struct note_checkpoint cp;
    struct ledger_view *v = NULL;
    log_grow(&c.l, 300, 100, 1767225600000);
    log_sign(&c.l, 1000);
    dbs_ok(ledger_view(t->db, t->a, &v));
    dbs_ok(ledger_view_checkpoint(v, -1, &c.old_note, &cp));
    log_grow(&c.l, 300, 100, 1767225600000);
    log_sign(&c.l, 2000);
    dbs_ok(ledger_view(t->db, t->a, &c.v));
    return c;
}

static enum proof_result check(struct fixture *c, str file)
{
    struct proof_entry p;
    str why;
    return proof_check(c->l.led->hasher, c->a, file, &c->l.signer.key, 1, &p, &why);
}

static str export(struct fixture *c, int64_t seq)
{
    str file;
    dbs_ok(ledger_export(c->v, seq, true, &file));
    return file;
}

static void exported(struct dbs *t)
{
    struct fixture c = fixture_make(t);
    static const int64_t seqs[] = {0, 1, 255, 256, 299, 300, 511, 512, 599};
    for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
        struct proof_entry p;
        str why;
        str file = export(&c, seqs[i]);
        assert_int_equal(proof_check(c.l.led->hasher, t->a, file, &c.l.signer.key, 1, &p, &why),
                         PROOF_OK);
        assert_int_equal(p.entry.seq, seqs[i]);
        assert_int_equal(p.cp.size, 600);
        struct ledger_new want = log_entry(t->a, seqs[i]);
        assert_true(str_eq(p.entry.payload, want.payload));
        assert_true(str_eq(p.entry.object, want.object));
    }
    struct ledger_view *v = c.v;
    str file;
    assert_int_equal(ledger_export(v, 600, true, &file).code, ERR_NOT_FOUND);
    log_grow(&c.l, 1, 1, 1767225600000);
    dbs_ok(ledger_view(t->db, t->a, &v));
    assert_int_equal(ledger_export(v, 600, true, &file).code, ERR_NOT_FOUND); /* not signed yet */
}

static void every_exported_proof_holds(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, exported);
}

static void damaged(struct dbs *t)
{
    struct fixture c = fixture_make(t);
    str good = export(&c, 300);
    assert_int_equal(check(&c, good), PROOF_OK);
    char *copy = arena_bytes(t->a, good.len);
    int kinds[PROOF_ROOT + 1] = {0};
    struct arena a = arena_make(8 << 20);
    c.a = &a;
    for (size_t i = 0; i < good.len; i++) {
        memcpy(copy, good.ptr, good.len);
        copy[i] = (char)(copy[i] ^ (1 << i % 8));
        enum proof_result r = check(&c, str_from_n(copy, good.len));
        if (r == PROOF_OK) {
            fail_msg("byte %zu changed and still a proof", i);
        }
        kinds[r]++;
        assert_true(check(&c, str_from_n(good.ptr, i)) != PROOF_OK); /* cut off */
        arena_reset(&a);
    }
    assert_true(kinds[PROOF_FORM] && kinds[PROOF_PAYLOAD] && kinds[PROOF_PATH] &&
                kinds[PROOF_SIGNATURE]);
    str more = str_fmt(&a, "%.*s\n", STR_ARG(good));
    assert_true(check(&c, more) != PROOF_OK);
    arena_end(&a);
}

static void a_proof_with_one_changed_byte_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, damaged);
}

static void exchanged(struct dbs *t)
{
    struct fixture c = fixture_make(t);
    str one = export(&c, 10);
    str two = export(&c, 11);
    str rest_one;
    str rest_two;
    /* the content of one entry with the path of another */
    for (rest_one = one; !str_starts(rest_one, STR("c2sp.org"));) {
        str_cut(rest_one, '\n', &rest_one);
    }
    for (rest_two = two; !str_starts(rest_two, STR("c2sp.org"));) {
        str_cut(rest_two, '\n', &rest_two);
    }
    str mixed =
        str_fmt(t->a, "%.*s%.*s", (int)(one.len - rest_one.len), one.ptr, STR_ARG(rest_two));
    assert_int_equal(check(&c, mixed), PROOF_FORM); /* the index is not the leaf's */

    struct note_signer other;
    static const unsigned char seed[NOTE_SEED_LEN] = "another";
    struct proof_entry p;
    str why;
    dbs_ok(note_signer(c.l.led->hasher, LOG_ORIGIN, seed, &other));
    assert_int_equal(proof_check(c.l.led->hasher, t->a, one, &other.key, 1, &p, &why),
                     PROOF_SIGNATURE);
}

static void a_proof_holds_for_its_own_entry_and_key_only(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, exchanged);
}

/* --- growth -------------------------------------------------------------------------------- */

static enum proof_result grown(struct fixture *c, str old, str file)
{
    struct proof_growth g;
    str why;
    return proof_growth_check(c->l.led->hasher, old, file, &c->l.signer.key, 1, &g, &why);
}

/* A checkpoint of the same size over other entries, signed with the right key. */
static str rewritten_note(struct fixture *c)
{
    struct merkle_range r = {0};
    for (int i = 0; i < 300; i++) {
        struct hash leaf = merkle_leaf(c->l.led->hasher, str_fmt(c->a, "other %d", i));
        merkle_push(c->l.led->hasher, &r, &leaf);
    }
    struct note_checkpoint cp = {
        .origin = LOG_ORIGIN, .size = 300, .root = merkle_root(c->l.led->hasher, &r)};
    return note_write(c->a, &c->l.signer, &cp);
}

static void growth(struct dbs *t)
{
    struct fixture c = fixture_make(t);
    str file;
    dbs_ok(ledger_export_growth(c.v, 300, &file));
    assert_int_equal(grown(&c, c.old_note, file), PROOF_OK);
    assert_int_equal(grown(&c, rewritten_note(&c), file), PROOF_ROOT);
    assert_int_equal(grown(&c, export(&c, 5), file), PROOF_FORM); /* a proof of size 600 */
    assert_int_equal(grown(&c, file, c.old_note), PROOF_FORM);
    assert_int_equal(grown(&c, STR(""), file), PROOF_FORM);

    str same;
    dbs_ok(ledger_export_growth(c.v, 600, &same));
    assert_int_equal(grown(&c, export(&c, 5), same), PROOF_OK); /* taken out of a proof */
    assert_int_equal(grown(&c, file, same), PROOF_OK);          /* and out of a growth file */

    char *copy = arena_bytes(t->a, file.len);
    for (size_t i = 0; i < file.len; i++) {
        memcpy(copy, file.ptr, file.len);
        copy[i] = (char)(copy[i] ^ (1 << i % 8));
        assert_true(grown(&c, c.old_note, str_from_n(copy, file.len)) != PROOF_OK);
        assert_true(grown(&c, c.old_note, str_from_n(file.ptr, i)) != PROOF_OK);
    }
}

static void a_growth_file_shows_that_history_was_not_rewritten(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, growth);
}

/* --- zhidu-verify ------------------------------------------------------------------------------
 */

static const char *const files[] = {"key", "one",       "two",   "bad", "old",
                                    "new", "rewritten", "empty", "out", NULL};

static void assert_has(str out, const char *part)
{
    if (!str_has(out, str_from(part))) {
        fail_msg("no \"%s\" in:\n%.*s", part, STR_ARG(out));
    }
}

static void as_a_process(struct dbs *t)
{
    struct fixture c = fixture_make(t);
    struct folder f = folder_make();
    str vkey = note_vkey(t->a, &c.l.signer.key);
    str proof = export(&c, 300);
    str out;
    str grow;
    const char *key = write_file(t->a, &f, "key", str_fmt(t->a, "# key\n%.*s\n", STR_ARG(vkey)));
    const char *one = write_file(t->a, &f, "one", proof);
    const char *two = write_file(t->a, &f, "two", export(&c, 7));
    assert_int_equal(VERIFY("en_US.UTF-8", &out, key, one, two), 0);
    assert_has(out, "one: The proof holds.");
    assert_has(out, "thing:300");
    assert_has(out, "2026-01-01 00:00:00 UTC");
    assert_has(out, "title: \u5236\u5ea6 \"quoted\"?");
    assert_has(out, "hold: 2, fail: 0");
    assert_has(out, vkey.ptr);
    assert_int_equal(VERIFY("zh_CN.UTF-8", &out, key, one), 0);
    assert_has(out, "\u9a8c\u8bc1\u901a\u8fc7");

    char *copy = arena_bytes(t->a, proof.len);
    for (size_t i = 3; i < proof.len; i += proof.len / 12) {
        memcpy(copy, proof.ptr, proof.len);
        copy[i] = (char)(copy[i] ^ 1);
        const char *bad = write_file(t->a, &f, "bad", str_from_n(copy, proof.len));
        assert_int_equal(VERIFY("C", &out, key, bad, two), 1);
        assert_has(out, "hold: 1, fail: 1");
    }
    dbs_ok(ledger_export_growth(c.v, 300, &grow));
    const char *old = write_file(t->a, &f, "old", c.old_note);
    const char *new = write_file(t->a, &f, "new", grow);
    const char *rewritten = write_file(t->a, &f, "rewritten", rewritten_note(&c));
    assert_int_equal(VERIFY("C", &out, key, "--consistency", old, new), 0);
    assert_has(out, "every entry of the old one");
    assert_int_equal(VERIFY("C", &out, key, "--consistency", rewritten, new), 1);
    assert_has(out, "history was rewritten");
    folder_remove(t->a, &f, files);
}

static void zhidu_verify_needs_only_the_file_and_the_key(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, as_a_process);
}

static void asked_wrongly(struct dbs *t)
{
    struct folder f = folder_make();
    str out;
    const char *empty = write_file(t->a, &f, "empty", STR("# no key\n"));
    assert_int_equal(VERIFY("C", &out, "--help"), 0);
    assert_has(out, "Examples:");
    assert_int_equal(VERIFY("zh_CN.UTF-8", &out, "--help"), 0);
    assert_has(out, "\u7528\u6cd5");
    assert_int_equal(VERIFY("C", &out, empty), 2);
    assert_int_equal(VERIFY("C", &out, empty, empty), 2);
    assert_has(out, "contains no key");
    assert_int_equal(VERIFY("C", &out, "/nowhere/key", empty), 2);
    assert_int_equal(VERIFY("C", &out, empty, "--consistency", empty), 2);
    folder_remove(t->a, &f, files);
}

static void zhidu_verify_says_how_it_is_used(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, asked_wrongly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exported_proof_holds),
        cmocka_unit_test(a_proof_with_one_changed_byte_is_refused),
        cmocka_unit_test(a_proof_holds_for_its_own_entry_and_key_only),
        cmocka_unit_test(a_growth_file_shows_that_history_was_not_rewritten),
        cmocka_unit_test(zhidu_verify_needs_only_the_file_and_the_key),
        cmocka_unit_test(zhidu_verify_says_how_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
