/* What the signer remembers: over restarts, torn files, a full folder, a lost key. */
#include "signer/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char path[64];
    int dir;
    struct tree t;
};

static struct place place_make(void)
{
    struct place p = {.t = tree_make(1)};
    snprintf(p.path, sizeof(p.path), "%s", "/tmp/zhidu-signer-XXXXXX");
    assert_non_null(mkdtemp(p.path));
    p.dir = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p.dir >= 0);
    return p;
}

static void place_end(struct place *p)
{
    static const char *const files[] = {"ledger.key", "ledger.pub",     "last",          "journal",
                                        "last.new",   "ledger.key.new", "ledger.pub.new"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        unlinkat(p->dir, files[i], 0);
    }
    unlinkat(p->dir, "last.new", AT_REMOVEDIR);
    close(p->dir);
    assert_int_equal(rmdir(p->path), 0);
    arena_end(&p->t.a);
}

static str file_get(struct place *p, const char *name)
{
    char *room = arena_bytes(&p->t.a, 4096);
    int fd = openat(p->dir, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, room, 4096);
    close(fd);
    return str_from_n(room, (size_t)n);
}

static void file_put(struct place *p, const char *name, str bytes)
{
    int fd = openat(p->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    close(fd);
}

static struct signer place_open(struct place *p)
{
    struct signer s;
    err e = signer_open(&p->t.a, p->dir, 0, &s);
    assert_int_equal(e.code, ERR_NONE);
    return s;
}

static enum verdict place_ask(struct place *p, struct signer *s, int m, int n)
{
    struct wire_request r = tree_request(&p->t, m, n);
    return tree_ask(&p->t, s, &r).verdict;
}

static void it_remembers_over_restarts(void **state)
{
    (void)state;
    struct place p = place_make();
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_CONFLICT);
    for (int n = 1; n <= 20; n++) {
        struct signer s = place_open(&p);
        assert_int_equal(s.last.size, n - 1);
        assert_int_equal(place_ask(&p, &s, n - 1, n), VERDICT_SIGNED);
        signer_close(&s);
        s = place_open(&p);
        assert_int_equal(place_ask(&p, &s, 0, n == 1 ? n : n - 1),
                         n == 1 ? VERDICT_SIGNED : VERDICT_SMALLER);
        signer_close(&s);
    }
    place_end(&p);
}

static void only_one_at_a_time(void **state)
{
    (void)state;
    struct place p = place_make();
    struct signer second;
    assert_int_equal(signer_open(&p.t.a, p.dir, 0, &second).code, ERR_NOT_FOUND);
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    struct signer s = place_open(&p);
    assert_int_equal(signer_open(&p.t.a, p.dir, 20, &second).code, ERR_BUSY);
    signer_close(&s);
    s = place_open(&p);
    signer_close(&s);
    place_end(&p);
}

/* Cut anywhere, or any byte changed: it does not guess. */
static void a_torn_memory_signs_nothing(void **state)
{
    (void)state;
    struct place p = place_make();
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    struct signer s = place_open(&p);
    assert_int_equal(place_ask(&p, &s, 0, 9), VERDICT_SIGNED);
    signer_close(&s);
    str whole = file_get(&p, "last");
    for (size_t cut = 0; cut < whole.len; cut++) {
        file_put(&p, "last", str_from_n(whole.ptr, cut));
        s = place_open(&p);
        assert_true(s.damaged);
        assert_int_equal(place_ask(&p, &s, 9, 12), VERDICT_DAMAGED);
        signer_close(&s);
    }
    char *changed = arena_bytes(&p.t.a, whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        memcpy(changed, whole.ptr, whole.len);
        changed[i] = (char)(changed[i] ^ 2);
        file_put(&p, "last", str_from_n(changed, whole.len));
        s = place_open(&p);
        assert_int_equal(place_ask(&p, &s, 9, 12), VERDICT_DAMAGED);
        signer_close(&s);
    }
    file_put(&p, "last", whole);
    s = place_open(&p);
    assert_int_equal(place_ask(&p, &s, 9, 12), VERDICT_SIGNED);
    signer_close(&s);
    place_end(&p);
}

/* No signature leaves that could be forgotten. */
static void what_cannot_be_remembered_is_not_signed(void **state)
{
    (void)state;
    struct place p = place_make();
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    struct signer s = place_open(&p);
    assert_int_equal(place_ask(&p, &s, 0, 3), VERDICT_SIGNED);
    assert_int_equal(mkdirat(p.dir, "last.new", 0700), 0); /* in the way of the new one */
    assert_int_equal(place_ask(&p, &s, 3, 4), VERDICT_UNKEPT);
    assert_int_equal(s.last.size, 3);
    assert_int_equal(unlinkat(p.dir, "last.new", AT_REMOVEDIR), 0);
    assert_int_equal(place_ask(&p, &s, 3, 5), VERDICT_SIGNED);
    signer_close(&s);
    place_end(&p);
}

static void without_a_key_it_signs_nothing_until_there_is_one(void **state)
{
    (void)state;
    struct place p = place_make();
    struct arena again = arena_make(1 << 20);
    struct signer s = signer_without(p.dir, &again);
    for (int i = 0; i < 1000; i++) { /* however often it is asked: its memory stays what it is */
        assert_int_equal(place_ask(&p, &s, 0, 3), VERDICT_UNKEPT);
    }
    file_put(&p, "ledger.key", STR("half a key"));
    assert_int_equal(place_ask(&p, &s, 0, 3), VERDICT_UNKEPT);
    unlinkat(p.dir, "ledger.key", 0);
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    assert_int_equal(place_ask(&p, &s, 0, 3), VERDICT_SIGNED);
    assert_int_equal(place_ask(&p, &s, 3, 5), VERDICT_SIGNED);
    signer_close(&s);
    arena_end(&again);
    place_end(&p);
}

static void setting_back_is_said_on_every_later_checkpoint(void **state)
{
    (void)state;
    struct place p = place_make();
    assert_int_equal(signer_make(&p.t.a, p.dir, TREE_ORIGIN).code, ERR_NONE);
    struct signer s = place_open(&p);
    assert_int_equal(signer_set_back(&s, &p.t.a, 4, tree_root(&p.t, 4), STR("none"), 77).code,
                     ERR_CONFLICT);
    assert_int_equal(place_ask(&p, &s, 0, 9), VERDICT_SIGNED);
    assert_int_equal(place_ask(&p, &s, 0, 4), VERDICT_SMALLER);
    assert_int_equal(
        signer_set_back(&s, &p.t.a, 4, tree_root(&p.t, 4), STR("backup of Monday"), 77).code,
        ERR_NONE);
    struct tree other = tree_make(2); /* only what continues those four entries */
    struct wire_request wrong = tree_request(&other, 4, 6);
    assert_int_equal(tree_ask(&p.t, &s, &wrong).verdict, VERDICT_INCONSISTENT);
    arena_end(&other.a);
    signer_close(&s);
    for (int n = 5; n < 8; n++) {
        s = place_open(&p);
        struct wire_request r = tree_request(&p.t, n - 1, n);
        struct wire_answer x = tree_ask(&p.t, &s, &r);
        struct note_checkpoint cp;
        struct signer_back back;
        assert_int_equal(x.verdict, VERDICT_SIGNED);
        assert_int_equal(note_open(x.note, &s.key.key, 1, &cp, NULL).code, ERR_NONE);
        assert_true(signer_back(cp.further, &back));
        assert_true(back.times == 1 && back.from == 9 && back.to == 4 && back.at == 77);
        signer_close(&s);
    }
    assert_true(str_has(file_get(&p, "journal"), STR("backup of Monday")));
    place_end(&p);
}

static void a_key_is_taken_over_and_is_nowhere_else(void **state)
{
    (void)state;
    struct place old = place_make();
    struct place p = place_make();
    assert_int_equal(signer_make(&old.t.a, old.dir, TREE_ORIGIN).code, ERR_NONE);
    str pub = file_get(&old, "ledger.pub");
    struct signer s = place_open(&old);
    assert_int_equal(place_ask(&old, &s, 0, 7), VERDICT_SIGNED);
    assert_int_equal(signer_take(&p.t.a, p.dir, TREE_ORIGIN, old.dir).code, ERR_BUSY);
    signer_close(&s);
    assert_int_equal(signer_take(&p.t.a, p.dir, STR("bad name"), old.dir).code, ERR_VALUE);
    assert_false(signer_made(p.dir));
    assert_int_equal(signer_take(&p.t.a, p.dir, TREE_ORIGIN, old.dir).code, ERR_NONE);
    assert_int_equal(signer_take(&old.t.a, p.dir, TREE_ORIGIN, old.dir).code, ERR_CONFLICT);
    assert_false(signer_made(old.dir));
    assert_true(str_eq(file_get(&p, "ledger.pub"), pub));
    s = place_open(&p);
    assert_true(str_eq(note_vkey(&p.t.a, &s.key.key), str_trim(pub)));
    assert_int_equal(s.last.size, 7); /* and what it remembered */
    signer_close(&s);

    file_put(&p, "ledger.key", STR("too short"));
    assert_int_equal(signer_open(&p.t.a, p.dir, 0, &s).code, ERR_STORE);
    file_put(&p, "ledger.key", STR("another key of 32 bytes, just so"));
    assert_int_equal(signer_open(&p.t.a, p.dir, 0, &s).code, ERR_STORE);
    place_end(&old);
    place_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_remembers_over_restarts),
        cmocka_unit_test(only_one_at_a_time),
        cmocka_unit_test(a_torn_memory_signs_nothing),
        cmocka_unit_test(what_cannot_be_remembered_is_not_signed),
        cmocka_unit_test(without_a_key_it_signs_nothing_until_there_is_one),
        cmocka_unit_test(setting_back_is_said_on_every_later_checkpoint),
        cmocka_unit_test(a_key_is_taken_over_and_is_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
