/* An answer is kept as long as nothing is committed, and never longer. */
#include "base/arena.h"
#include "store/db_kept.h"

#include "support/dbs.h"
#include "support/test.h"

static int64_t sum(struct db *db, struct arena *a, int64_t above)
{
    struct batch *b = batch_begin(db, a);
    int place =
        batch_add_kept(b, SQL("select sum(n), max(n) from k where n > $1"), ARGS(db_i64(above)));
    dbs_ok(batch_run(b));
    struct rows r = batch_rows(b, place);
    assert_true(rows_next(&r));
    assert_true(rows_null(&r, 0) == rows_null(&r, 1));
    int64_t v = rows_null(&r, 0) ? -1 : rows_i64(&r, 0);
    assert_false(rows_next(&r));
    return v;
}

static void put(struct dbs *t, int64_t n)
{
    dbs_ok(db_exec(t->db, t->a, SQL("insert into k (n, s) values ($1, 'x')"), ARGS(db_i64(n))));
}

static void follows_commits(struct dbs *t)
{
    struct arena life = arena_make(1 << 20);
    dbs_ok(db_ddl(t->db, t->a, SQL("create table k(n INT not null, s text not null);")));
    struct db *reader = dbs_open(t, &life, false);
    int64_t total = 0;
    for (int64_t i = 1; i < 200; i++) {
        db_read_begin(reader);
        assert_int_equal(sum(reader, t->a, 0), total ? total : -1);
        assert_int_equal(sum(reader, t->a, 1000), -1); /* another argument, another answer */
        put(t, i);
        /* The snapshot stands where it stood. */
        assert_int_equal(sum(reader, t->a, 0), total ? total : -1);
        db_read_end(reader);
        total += i;
        db_read_begin(reader);
        assert_int_equal(sum(reader, t->a, 0), total);
        assert_int_equal(sum(reader, t->a, 0), total);
        db_read_end(reader);
        if (i % 3 == 0) { /* nothing was committed */
            db_read_begin(reader);
            assert_int_equal(sum(reader, t->a, 0), total);
            db_read_end(reader);
        }
        if (i % 50 == 0) {
            db_checkpoint(t->db, true);
        }
    }
    arena_end(&life);
}

/* Texts are not kept, but answered. */
static void texts(struct dbs *t)
{
    struct arena life = arena_make(1 << 20);
    dbs_ok(db_ddl(t->db, t->a, SQL("create table k(n INT not null, s text not null);")));
    put(t, 7);
    struct db *reader = dbs_open(t, &life, false);
    for (int i = 0; i < 3; i++) {
        db_read_begin(reader);
        struct batch *b = batch_begin(reader, t->a);
        int place = batch_add_kept(b, SQL("select s, n from k where n = $1"), ARGS(db_i64(7)));
        dbs_ok(batch_run(b));
        struct rows r = batch_rows(b, place);
        assert_true(rows_next(&r));
        assert_true(str_eq(rows_text(&r, 0), STR("x")));
        assert_int_equal(rows_i64(&r, 1), 7);
        db_read_end(reader);
    }
    arena_end(&life);
}

/* Its own changes, for which SQLite has no number, are seen too. */
static void own_changes(struct dbs *t)
{
    struct arena life = arena_make(1 << 20);
    dbs_ok(db_ddl(t->db, t->a, SQL("create table k(n INT not null, s text not null);")));
    struct db *db = dbs_open(t, &life, false);
    for (int64_t i = 1, total = 0; i < 20; total += i, i++) {
        db_read_begin(db);
        assert_int_equal(sum(db, t->a, 0), total ? total : -1);
        db_read_end(db);
        dbs_ok(db_exec(db, t->a, SQL("insert into k (n, s) values ($1, 'x')"), ARGS(db_i64(i))));
    }
    arena_end(&life);
}

/* What a page asks of one person: each answer still stands when the next page asks. */
static void questions_side_by_side_stay(void **state)
{
    enum { PEOPLE = 2000, QUESTIONS = 3, VERSION = 7 };
    (void)state;
    struct arena a = arena_make(8 << 20);
    struct kept *k = arena_new(&a, struct kept);
    for (int64_t person = 1; person <= PEOPLE; person++) {
        struct batch_stmt s = {.args = &(struct db_arg){.type = DB_ARG_I64, .i64 = person},
                               .nargs = 1,
                               .result = {.arena = &a, .cols = 1}};
        for (int64_t question = 1; question <= QUESTIONS; question++) {
            s.result.rows = 0;
            *rows_add(&s.result) = (struct cell){.type = CELL_I64, .v.i64 = person * question};
            kept_put(k, question, VERSION, &s);
        }
        for (int64_t question = 1; question <= QUESTIONS; question++) {
            s.result.rows = 0;
            assert_true(kept_find(k, question, VERSION, &s));
            assert_int_equal(s.result.cells[0].v.i64, person * question);
            assert_false(kept_find(k, question, VERSION + 1, &s));
        }
    }
    arena_end(&a);
}

static void run_follows(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, follows_commits);
}
static void run_texts(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, texts);
}
static void run_own(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, own_changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(questions_side_by_side_stay),
                                       cmocka_unit_test(run_follows), cmocka_unit_test(run_texts),
                                       cmocka_unit_test(run_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
