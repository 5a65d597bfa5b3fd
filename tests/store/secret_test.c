/* A sealed value opens with its key, in its place, unchanged, and in no other way. */
#include "base/arena.h"
#include "store/secret.h"

#include "support/dbs.h"
#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct secret_place here = {"second_factor", "key", 42};

static str seal(const struct secrets *s, struct arena *a, str plain)
{
    str sealed;
    dbs_ok(secret_seal(s, a, here, plain, &sealed));
    assert_int_equal(sealed.len, plain.len + SECRET_MORE);
    return sealed;
}

static bool opens(const struct secrets *s, struct arena *a, struct secret_place at, str sealed)
{
    str plain;
    return secret_open(s, a, at, sealed, &plain).code == ERR_NONE;
}

static void what_was_sealed_opens_in_its_place_only(void **state)
{
    (void)state;
    struct arena a = arena_make(8 << 20);
    struct secrets s = secrets_random();
    static const str texts[] = {{"", 0}, {"x", 1}, {"a key of twenty byte", 20}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        str back = {0};
        str sealed = seal(&s, &a, texts[i]);
        dbs_ok(secret_open(&s, &a, here, sealed, &back));
        assert_true(str_eq(back, texts[i]));
    }
    str sealed = seal(&s, &a, STR("a key of twenty byte"));
    assert_false(str_eq(sealed, seal(&s, &a, STR("a key of twenty byte")))); /* a new nonce */
    assert_false(str_has(sealed, STR("twenty")));
    assert_false(opens(&s, &a, (struct secret_place){"second_factor", "key", 43}, sealed));
    assert_false(opens(&s, &a, (struct secret_place){"second_factor", "other", 42}, sealed));
    assert_false(opens(&s, &a, (struct secret_place){"account", "key", 42}, sealed));
    struct secrets other = secrets_random();
    assert_false(opens(&other, &a, here, sealed));
    arena_end(&a);
}

static void no_byte_can_be_changed_and_none_left_out(void **state)
{
    (void)state;
    struct arena a = arena_make(8 << 20);
    struct secrets s = secrets_random();
    str sealed = seal(&s, &a, STR("a key of twenty byte"));
    for (size_t i = 0; i < sealed.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            str bad = str_copy(&a, sealed);
            char *p = (char *)(uintptr_t)bad.ptr;
            p[i] = (char)((unsigned char)p[i] ^ (1u << bit));
            if (opens(&s, &a, here, bad)) {
                fail_msg("byte %zu bit %d does not matter", i, bit);
            }
        }
        assert_false(opens(&s, &a, here, str_from_n(sealed.ptr, i)));
    }
    arena_end(&a);
}

/* --- the file --------------------------------------------------------------------- */

struct folder {
    char path[64];
    struct arena life;
    str file;
};

static struct folder folder_make(void)
{
    struct folder f = {.path = "/tmp/zhidu-secret-XXXXXX", .life = arena_make(8 << 20)};
    assert_non_null(mkdtemp(f.path));
    f.file = str_fmt(&f.life, "%s/secret.key", f.path);
    return f;
}

static void folder_end(struct folder *f)
{
    unlink(f->file.ptr);
    assert_int_equal(rmdir(f->path), 0);
    arena_end(&f->life);
}

static enum secrets_state state_of(struct folder *f, str sample, struct secrets *ret)
{
    dbs_ok(secrets_open(&f->life, f->file, sample, ret));
    struct words w = secrets_words(&f->life, ret);
    assert_int_equal(w.zh.len > 0, ret->state != SECRETS_READY);
    assert_int_equal(w.en.len > 0, ret->state != SECRETS_READY);
    str sealed;
    bool seals = !secret_seal(ret, &f->life, here, STR("x"), &sealed).code;
    assert_int_equal(seals, ret->state == SECRETS_READY);
    return ret->state;
}

static void the_key_is_made_once_and_only_for_its_user(void **state)
{
    (void)state;
    struct folder f = folder_make();
    struct secrets first;
    struct secrets again;
    struct stat st;
    assert_int_equal(state_of(&f, STR(""), &first), SECRETS_READY);
    assert_int_equal(stat(f.file.ptr, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(state_of(&f, STR(""), &again), SECRETS_READY);
    assert_memory_equal(first.keys[0].bytes, again.keys[0].bytes, SECRET_KEY_LEN);
    str sealed = seal(&first, &f.life, STR("x"));
    assert_int_equal(state_of(&f, sealed, &again), SECRETS_READY);
    assert_true(opens(&again, &f.life, here, sealed));
    folder_end(&f);
}

static void a_lost_another_or_open_key_is_told_apart(void **state)
{
    (void)state;
    struct folder f = folder_make();
    struct secrets s;
    assert_int_equal(state_of(&f, STR(""), &s), SECRETS_READY);
    str sealed = seal(&s, &f.life, STR("x"));

    assert_int_equal(chmod(f.file.ptr, 0640), 0);
    assert_int_equal(state_of(&f, sealed, &s), SECRETS_DAMAGED);
    assert_int_equal(chmod(f.file.ptr, 0600), 0);
    assert_int_equal(truncate(f.file.ptr, SECRET_KEY_LEN - 1), 0);
    assert_int_equal(state_of(&f, sealed, &s), SECRETS_DAMAGED);

    assert_int_equal(unlink(f.file.ptr), 0);
    assert_int_equal(state_of(&f, sealed, &s), SECRETS_LOST);
    assert_int_equal(access(f.file.ptr, F_OK), -1); /* none is made over old secrets */

    assert_int_equal(state_of(&f, STR(""), &s), SECRETS_READY);
    assert_int_equal(state_of(&f, sealed, &s), SECRETS_OTHER);
    assert_false(opens(&s, &f.life, here, sealed));

    assert_int_equal(unlink(f.file.ptr), 0);
    assert_int_equal(symlink("/dev/zero", f.file.ptr), 0);
    assert_int_equal(state_of(&f, sealed, &s), SECRETS_DAMAGED);
    folder_end(&f);
}

/* --- changing it ------------------------------------------------------------------- */

static bool there(str path)
{
    return access(path.ptr, F_OK) == 0;
}

static void a_changed_key_opens_what_was_sealed_until_all_is_anew(void **state)
{
    (void)state;
    struct folder f = folder_make();
    struct secrets s;
    struct secrets before;
    str kept;
    assert_int_equal(state_of(&f, STR(""), &s), SECRETS_READY);
    before = s;
    str old = seal(&s, &f.life, STR("x"));
    assert_int_equal(secrets_change_end(&f.life, &s, &kept).code, ERR_STORE); /* none began */

    /* What a killed program left behind is no obstacle. */
    close(open(str_fmt(&f.life, "%.*s.new", STR_ARG(f.file)).ptr, O_CREAT | O_WRONLY, 0600));
    dbs_ok(secrets_change_begin(&f.life, &s));
    str fresh = seal(&s, &f.life, STR("y"));
    assert_false(opens(&before, &f.life, here, fresh));
    struct secrets read;
    assert_int_equal(state_of(&f, old, &read), SECRETS_READY);
    assert_int_equal(read.nkeys, 2);
    assert_true(opens(&read, &f.life, here, old) && opens(&read, &f.life, here, fresh));
    dbs_ok(secrets_change_begin(&f.life, &read)); /* begun already: goes on with the same */
    assert_true(opens(&read, &f.life, here, fresh));

    str anew;
    dbs_ok(secret_again(&read, &f.life, here, fresh, &anew));
    assert_int_equal(anew.len, 0);
    dbs_ok(secret_again(&read, &f.life, here, old, &anew));
    assert_false(opens(&before, &f.life, here, anew));
    struct secret_place elsewhere = {"second_factor", "key", 43};
    str none;
    assert_int_equal(secret_again(&read, &f.life, elsewhere, old, &none).code, ERR_STORE);

    dbs_ok(secrets_change_end(&f.life, &read, &kept));
    assert_true(opens(&read, &f.life, here, anew));
    assert_false(opens(&read, &f.life, here, old));
    assert_int_equal(state_of(&f, anew, &s), SECRETS_READY);
    assert_int_equal(s.nkeys, 1);
    assert_int_equal(state_of(&f, old, &s), SECRETS_OTHER); /* an older backup ... */
    str name = str_fmt(&f.life, "%.*s.was-%.*s", STR_ARG(f.file), STR_ARG(s.foreign));
    assert_true(there(name) && str_eq(name, kept)); /* ... and the file it wants is named */
    assert_true(str_has(secrets_words(&f.life, &s).en, s.foreign));
    assert_int_equal(rename(kept.ptr, f.file.ptr), 0);
    assert_int_equal(state_of(&f, old, &s), SECRETS_READY);
    folder_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_in_its_place_only),
        cmocka_unit_test(no_byte_can_be_changed_and_none_left_out),
        cmocka_unit_test(the_key_is_made_once_and_only_for_its_user),
        cmocka_unit_test(a_changed_key_opens_what_was_sealed_until_all_is_anew),
        cmocka_unit_test(a_lost_another_or_open_key_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
