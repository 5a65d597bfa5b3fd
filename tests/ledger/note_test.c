#include "base/arena.h"
#include "ledger/note.h"

#include "support/test.h"

struct fixture {
    struct arena a;
    struct hasher *h;
    struct note_signer signer;
    struct note_checkpoint cp;
    str note;
};

static int set_up(void **state)
{
    static struct fixture f;
    static const unsigned char seed[NOTE_SEED_LEN] = "a seed for tests, nothing else";
    f = (struct fixture){.a = arena_make(8 << 20)};
    f.h = hash_make(&f.a);
    err e = note_signer(f.h, STR("units.example/ledger"), seed, &f.signer);
    assert_int_equal(e.code, ERR_NONE);
    f.cp = (struct note_checkpoint){.origin = STR("units.example/ledger"), .size = 20852163};
    f.cp.root = hash_of(f.h, STR("some tree"));
    f.note = note_write(&f.a, &f.signer, &f.cp);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_end(&f->a);
    return 0;
}

static void a_checkpoint_is_read_back_and_believed(void **state)
{
    struct fixture *f = *state;
    struct note_checkpoint cp;
    size_t which = 9;
    assert_int_equal(note_open(f->note, &f->signer.key, 1, &cp, &which).code, ERR_NONE);
    assert_int_equal(which, 0);
    assert_true(str_eq(cp.origin, f->cp.origin));
    assert_true(cp.size == f->cp.size);
    assert_true(hash_eq(cp.root, f->cp.root));
    assert_true(str_starts(f->note, STR("units.example/ledger\n20852163\n")));
    assert_true(str_has(f->note, STR("=\n\n\u2014 units.example/ledger ")));
}

static void every_flipped_bit_is_refused(void **state)
{
    struct fixture *f = *state;
    char *copy = arena_bytes(&f->a, f->note.len);
    struct note_checkpoint cp;
    for (size_t bit = 0; bit < f->note.len * 8; bit++) {
        memcpy(copy, f->note.ptr, f->note.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        err e = note_open(str_from_n(copy, f->note.len), &f->signer.key, 1, &cp, NULL);
        assert_true(e.code == ERR_VALUE || e.code == ERR_DENIED);
    }
}

static void another_key_is_not_believed(void **state)
{
    struct fixture *f = *state;
    struct note_signer other;
    static const unsigned char seed[NOTE_SEED_LEN] = "another seed";
    struct note_checkpoint cp;
    assert_int_equal(note_signer(f->h, f->signer.key.name, seed, &other).code, ERR_NONE);
    assert_int_equal(note_open(f->note, &other.key, 1, &cp, NULL).code, ERR_DENIED);
    assert_int_equal(note_open(f->note, NULL, 0, &cp, NULL).code, ERR_DENIED);

    struct note_key both[2] = {other.key, f->signer.key};
    size_t which = 9;
    assert_int_equal(note_open(f->note, both, 2, &cp, &which).code, ERR_NONE);
    assert_int_equal(which, 1);

    other.key.id = f->signer.key.id; /* a key that only pretends to have made it */
    assert_int_equal(note_open(f->note, &other.key, 1, &cp, NULL).code, ERR_DENIED);
}

static void a_key_signs_only_for_the_log_of_its_name(void **state)
{
    struct fixture *f = *state;
    struct note_checkpoint cp = f->cp;
    cp.origin = STR("other.example/ledger");
    str note = note_write(&f->a, &f->signer, &cp);
    assert_int_equal(note_parse(note, &cp).code, ERR_NONE);
    assert_int_equal(note_open(note, &f->signer.key, 1, &cp, NULL).code, ERR_DENIED);
}

static void signatures_of_witnesses_are_kept_apart(void **state)
{
    struct fixture *f = *state;
    struct note_checkpoint cp;
    str more = str_fmt(&f->a, "%.*s\u2014 witness.example AAAAAAA=\n", STR_ARG(f->note));
    assert_int_equal(note_open(more, &f->signer.key, 1, &cp, NULL).code, ERR_NONE);

    /* a second line of our own key that does not verify spoils the note */
    str sig = f->note;
    while (!str_starts(sig, STR("\u2014"))) {
        str_cut(sig, '\n', &sig);
    }
    char *forged = arena_bytes(&f->a, sig.len);
    memcpy(forged, sig.ptr, sig.len);
    char *at = forged + sig.len - 10;
    *at = *at == 'A' ? 'B' : 'A';
    str both = str_fmt(&f->a, "%.*s%.*s", STR_ARG(f->note), (int)sig.len, forged);
    assert_int_equal(note_open(both, &f->signer.key, 1, &cp, NULL).code, ERR_DENIED);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SIG "\n\u2014 a.example AAAAAAA=\n"

static void malformed_checkpoints_are_refused(void **state)
{
    (void)state;
    static const str good[] = {
        STR("a.example\n0\n" ROOT SIG),
        STR("a.example\n9223372036854775807\n" ROOT SIG),
        STR("a.example\n7\n" ROOT "something for others\n" SIG),
    };
    static const struct {
        const char *name;
        str note;
    } rows[] = {
        {"empty", STR("")},
        {"only a newline", STR("\n")},
        {"no signatures", STR("a.example\n7\n" ROOT)},
        {"empty line, but no signatures", STR("a.example\n7\n" ROOT "\n")},
        {"no empty line", STR("a.example\n7\n" ROOT "\u2014 a.example AAAAAAA=\n")},
        {"no newline at the end", STR("a.example\n7\n" ROOT "\n\u2014 a.example AAAAAAA=")},
        {"size with a leading zero", STR("a.example\n07\n" ROOT SIG)},
        {"negative size", STR("a.example\n-7\n" ROOT SIG)},
        {"size beyond 63 bits", STR("a.example\n9223372036854775808\n" ROOT SIG)},
        {"size with a space", STR("a.example\n7 \n" ROOT SIG)},
        {"no size", STR("a.example\n\n" ROOT SIG)},
        {"no origin", STR("\n7\n" ROOT SIG)},
        {"origin with a space", STR("a example\n7\n" ROOT SIG)},
        {"origin with a wide space", STR("a\u3000example\n7\n" ROOT SIG)},
        {"root too short", STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n" SIG)},
        {"root too long", STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2JC\n" SIG)},
        {"root with loose bits",
         STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n" SIG)},
        {"root with a letter that only looks like two slashes",
         STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\u00e9I=\n" SIG)},
        {"root without padding",
         STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n" SIG)},
        {"root in the alphabet of URLs",
         STR("a.example\n7\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n" SIG)},
        {"two lines only", STR("a.example\n7\n" SIG)},
        {"carriage returns", STR("a.example\r\n7\r\n" ROOT SIG)},
        {"a tab", STR("a.example\n7\n" ROOT "x\ty\n" SIG)},
        {"a NUL", STR("a.example\n7\n" ROOT "x\0y\n" SIG)},
        {"not UTF-8", STR("a.example\n7\n" ROOT "\xff\n" SIG)},
        {"a hyphen for the dash", STR("a.example\n7\n" ROOT "\n- a.example AAAAAAA=\n")},
        {"no name of a signer", STR("a.example\n7\n" ROOT "\n\u2014  AAAAAAA=\n")},
        {"no signature bytes", STR("a.example\n7\n" ROOT "\n\u2014 a.example AAAAAA==\n")},
        {"signature not base64", STR("a.example\n7\n" ROOT "\n\u2014 a.example AAA*AAA=\n")},
        {"a second space", STR("a.example\n7\n" ROOT "\n\u2014 a.example AAAAAAA= x\n")},
        {"a good and a malformed signature", STR("a.example\n7\n" ROOT SIG "x\n")},
    };
    struct note_checkpoint cp;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(note_parse(good[i], &cp).code, ERR_NONE);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (note_parse(rows[i].note, &cp).code != ERR_VALUE) {
            fail_msg("accepted: %s", rows[i].name);
        }
    }
}

static void too_long_notes_and_too_many_signatures_are_refused(void **state)
{
    struct fixture *f = *state;
    struct note_checkpoint cp;
    char *many = arena_bytes(&f->a, NOTE_BYTES_MAX);
    size_t len = f->note.len;
    memcpy(many, f->note.ptr, len);
    str line = STR("\u2014 witness.example AAAAAAA=\n");
    for (int i = 1; i < NOTE_SIGS_MAX; i++) {
        memcpy(many + len, line.ptr, line.len);
        len += line.len;
    }
    assert_int_equal(note_open(str_from_n(many, len), &f->signer.key, 1, &cp, NULL).code, 0);
    memcpy(many + len, line.ptr, line.len);
    assert_int_equal(note_parse(str_from_n(many, len + line.len), &cp).code, ERR_VALUE);

    char *large = arena_bytes(&f->a, NOTE_BYTES_MAX + 1);
    memset(large, 'x', NOTE_BYTES_MAX + 1);
    assert_int_equal(note_parse(str_from_n(large, NOTE_BYTES_MAX + 1), &cp).code, ERR_VALUE);
}

static void a_key_written_by_others_is_read(void **state)
{
    struct fixture *f = *state;
    /* the public key of Go's checksum database, as published */
    str vkey = STR("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    struct note_key key;
    assert_int_equal(note_key_parse(f->h, &f->a, vkey, &key).code, ERR_NONE);
    assert_true(str_eq(key.name, STR("sum.golang.org")));
    assert_true(key.id == 0x033de0ae);
    assert_true(str_eq(note_vkey(&f->a, &key), vkey));
}

static void our_key_text_is_read_back(void **state)
{
    struct fixture *f = *state;
    struct note_key key;
    str vkey = note_vkey(&f->a, &f->signer.key);
    assert_int_equal(note_key_parse(f->h, &f->a, vkey, &key).code, ERR_NONE);
    struct note_checkpoint cp;
    assert_int_equal(note_open(f->note, &key, 1, &cp, NULL).code, ERR_NONE);
}

static void malformed_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {
        "",
        "sum.golang.org",
        "sum.golang.org+033de0ae",
        "sum.golang.org+033de0ae+",
        "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033DE0AE+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn9",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuA==",
        "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 ",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct note_key key;
        if (note_key_parse(f->h, &f->a, str_from(rows[i]), &key).code != ERR_VALUE) {
            fail_msg("accepted: %s", rows[i]);
        }
    }
    struct note_signer s;
    static const unsigned char seed[NOTE_SEED_LEN] = "x";
    assert_int_equal(note_signer(f->h, STR("a+b"), seed, &s).code, ERR_VALUE);
    assert_int_equal(note_signer(f->h, STR(""), seed, &s).code, ERR_VALUE);
}

#define NOTE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTE_TEST(a_checkpoint_is_read_back_and_believed),
        NOTE_TEST(every_flipped_bit_is_refused),
        NOTE_TEST(another_key_is_not_believed),
        NOTE_TEST(a_key_signs_only_for_the_log_of_its_name),
        NOTE_TEST(signatures_of_witnesses_are_kept_apart),
        NOTE_TEST(malformed_checkpoints_are_refused),
        NOTE_TEST(too_long_notes_and_too_many_signatures_are_refused),
        NOTE_TEST(a_key_written_by_others_is_read),
        NOTE_TEST(our_key_text_is_read_back),
        NOTE_TEST(malformed_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
