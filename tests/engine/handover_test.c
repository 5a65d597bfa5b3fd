/* What passes between the thread that asks for an act and the writer: what takes time is
 * done before it is handed over, and an answer that finds no room ends its act alone. */
#include "engine/attach.h"
#include "engine/calendar_held.h"
#include "engine/crowd.h"
#include "engine/engine_int.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hashes(struct dbs *t)
{
    struct crowd *c = arena_new(t->life, struct crowd);
    crowd_make(c, inst_make(t, 0));
    sem_t answered;
    sem_init(&answered, 0, 0);
    struct one o;
    one_fill(c, &o, CREATE, &answered);
    /* were it hashed again, another would be found */
    str given = STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    struct act_file files[2] = {{.name = STR("a"), .mime = STR("text/plain"), .bytes = STR("a")},
                                {.name = STR("b"), .mime = STR("text/plain"), .bytes = STR("b")}};
    files[1].sha256 = given;
    o.act.files = files;
    o.act.nfiles = 2;
    o.act.done = NULL;
    dbs_ok(act_call(c->in.e, &o.act));
    assert_int_equal(o.act.files[0].sha256.len, 64);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            inst_i64(&c->in,
                     SQL("select count(*) from attachment where name = $1"
                         " and sha256 = $2"),
                     ARGS(db_text(o.act.files[i].name), db_text(o.act.files[i].sha256))),
            1);
    }
    assert_int_equal(o.act.hash.len, 64);
    assert_int_equal(inst_i64(&c->in, SQL("select count(*) from idem where key = $1 and hash = $2"),
                              ARGS(db_text(o.act.key), db_text(o.act.hash))),
                     1);
    arena_end(&o.arena);
    sem_destroy(&answered);
    engine_stop(c->in.e);
}

static void the_writer_hashes_neither_files_nor_what_a_key_stands_for(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, hashes);
}

static void no_room(struct dbs *t)
{
    struct crowd *c = arena_new(t->life, struct crowd);
    crowd_make(c, inst_make(t, 0));
    sem_t answered;
    sem_init(&answered, 0, 0);
    struct one o;
    one_fill(c, &o, CREATE, &answered);
    o.act.type = STR("nothing"); /* its arena for answers is made */
    o.act.done = NULL;
    assert_int_equal(act_call(c->in.e, &o.act).code, ERR_NOT_FOUND);
    o.act.type = STR("fault");
    arena_end(o.act.out);
    o.act.out->limit = 16;
    assert_int_equal(act_call(c->in.e, &o.act).code, ERR_BUSY);
    assert_int_equal(one_happened(c, &o), 0);
    assert_int_equal(o.act.ret_number.len + o.act.ret_name.len, 0);
    o.act.out->limit = 1 << 20;
    dbs_ok(act_call(c->in.e, &o.act));
    assert_int_equal(one_happened(c, &o), 1);
    arena_end(&o.arena);
    crowd_numbers(c);
    crowd_ledger(c);
    sem_destroy(&answered);
    engine_stop(c->in.e);
}

static void an_answer_that_finds_no_room_undoes_its_act_and_nothing_else(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, no_room);
}

/* The working calendar is read by an act that needs it: where it finds no room, that act
 * ends, and the next one that does is done. */
static void no_calendar(struct dbs *t)
{
    struct crowd *c = arena_new(t->life, struct crowd);
    crowd_make(c, inst_make(t, 0));
    struct calendar_held *held = c->in.e->calendar;
    size_t usual = held->arena.limit;
    sem_t answered;
    sem_init(&answered, 0, 0);
    struct one o;
    one_fill(c, &o, CREATE, &answered);
    o.act.done = NULL;
    held->stamp = STR("another"); /* the writer waits for an act */
    arena_end(&held->arena);
    held->arena.limit = 16;
    assert_int_equal(act_call(c->in.e, &o.act).code, ERR_BUSY);
    assert_int_equal(one_happened(c, &o), 0);
    held->arena.limit = usual;
    dbs_ok(act_call(c->in.e, &o.act));
    assert_int_equal(one_happened(c, &o), 1);
    arena_end(&o.arena);
    sem_destroy(&answered);
    engine_stop(c->in.e);
}

static void a_calendar_that_finds_no_room_ends_its_act_alone(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, no_calendar);
}

/* --- files that were kept --------------------------------------------------------------- */

static int open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d)) {
        n++;
    }
    closedir(d);
    return n;
}

static void was_full(void *arg)
{
    longjmp(*(jmp_buf *)arg, 1);
}

static bool jumps(struct engine *e, struct arena *a, str sha)
{
    jmp_buf jump;
    str bytes;
    a->full = was_full;
    a->full_arg = &jump;
    if (setjmp(jump) != 0) {
        return true;
    }
    return attach_again(e, a, sha, &bytes).code == ERR_COUNT;
}

static void a_file_that_finds_no_room_is_not_left_open(void **state)
{
    (void)state;
    enum { SIZE = 300 << 10 };
    char dir[] = "/tmp/zhidu-handover-XXXXXX";
    struct arena life = arena_make(4 << 20);
    struct arena a = arena_make(128 << 10);
    str sha;
    str bytes;
    assert_non_null(mkdtemp(dir));
    struct engine e = {.opt.data_dir = str_from(dir)};
    char *p = arena_alloc(&life, SIZE, 1, 1);
    dbs_ok(attach_store(&e, &life, str_from_n(p, SIZE), &sha));
    int before = open_files();
    assert_true(jumps(&e, &a, sha));
    assert_int_equal(open_files(), before);
    arena_end(&a);
    dbs_ok(attach_again(&e, &life, sha, &bytes));
    assert_int_equal(bytes.len, SIZE);
    unlink(attach_path(&life, e.opt.data_dir, sha).ptr);
    rmdir(str_fmt(&life, "%s/blobs/%.2s", dir, sha.ptr).ptr);
    rmdir(str_fmt(&life, "%s/blobs/new", dir).ptr);
    rmdir(str_fmt(&life, "%s/blobs", dir).ptr);
    rmdir(dir);
    arena_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_writer_hashes_neither_files_nor_what_a_key_stands_for),
        cmocka_unit_test(an_answer_that_finds_no_room_undoes_its_act_and_nothing_else),
        cmocka_unit_test(a_calendar_that_finds_no_room_ends_its_act_alone),
        cmocka_unit_test(a_file_that_finds_no_room_is_not_left_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
