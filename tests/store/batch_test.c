/* Batches, arguments and results, on every database. */
#include "base/arena.h"
#include "store/db.h"

#include "support/dbs.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static void make_table(struct dbs *t)
{
    dbs_ok(db_ddl(t->db, t->a,
                  SQL("create table thing (id ID, n INT, s text, b BLOB);"
                      "create unique index thing_s on thing (s);")));
}

static void body_results(struct dbs *t)
{
    make_table(t);
    struct batch *b = batch_begin(t->db, t->a);
    int put = batch_add(
        b, SQL("insert into thing (id, n, s, b) values ($1, $2, $3, $4)"),
        ARGS(db_i64(1), db_i64(INT64_MIN), db_text(STR("打印机")), db_blob(STR("\0\1\xff"))));
    int nothing = batch_add(b, SQL("insert into thing (id, n, s, b) values ($1, $2, $3, $4)"),
                            ARGS(db_i64(2), db_null_i64(), db_null_text(), db_blob((str){0})));
    int all = batch_add(b, SQL("select id, n, s, b from thing order by id"), NO_ARGS);
    dbs_ok(batch_run(b));
    assert_int_equal(batch_changed(b, put), 1);
    assert_int_equal(batch_changed(b, nothing), 1);
    assert_int_equal(batch_changed(b, all), 0);
    struct rows r = batch_rows(b, all);
    assert_int_equal(rows_count(&r), 2);
    assert_true(rows_next(&r));
    assert_int_equal(rows_i64(&r, 0), 1);
    assert_true(rows_i64(&r, 1) == INT64_MIN);
    assert_true(str_eq(rows_text(&r, 2), STR("打印机")));
    assert_true(str_eq(rows_text(&r, 3), STR("\0\1\xff")));
    assert_true(str_eq(rows_text(&r, 1), STR("-9223372036854775808")));
    assert_true(rows_next(&r));
    assert_true(rows_null(&r, 1));
    assert_int_equal(rows_i64(&r, 1), 0);
    assert_true(rows_null(&r, 2));
    assert_int_equal(rows_text(&r, 2).len, 0);
    assert_false(rows_null(&r, 3));
    assert_int_equal(rows_text(&r, 3).len, 0);
    assert_false(rows_next(&r));
}

static void numbers_texts_bytes_and_nulls_come_back_as_they_went_in(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_results);
}

static void body_numbered(struct dbs *t)
{
    const struct {
        struct sql sql;
        const char *want;
    } rows[] = {
        {SQL("select cast($2 as text) || cast($1 as text) || cast($3 as text)"), "bac"},
        {SQL("select cast($3 as text) || cast($3 as text) || cast($1 as text)"), "cca"},
        {SQL("select cast($1 as text) || cast($2 as text) || cast($3 as text)"), "abc"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rows r;
        dbs_ok(db_query(t->db, t->a, rows[i].sql,
                        ARGS(db_text(STR("a")), db_text(STR("b")), db_text(STR("c"))), &r));
        assert_true(rows_next(&r));
        assert_string_equal(str_copy(t->a, rows_text(&r, 0)).ptr, rows[i].want);
    }
}

static void arguments_are_bound_by_number_not_by_place(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_numbered);
}

static void body_missing(struct dbs *t)
{
    struct rows r;
    err e = db_query(t->db, t->a, SQL("select cast($2 as text)"), ARGS(db_text(STR("a"))), &r);
    assert_int_equal(e.code, ERR_STORE);
    /* and the connection goes on */
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select 7"), NO_ARGS), 7);
}

static void a_missing_argument_is_an_error(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_missing);
}

static void body_all_or_nothing(struct dbs *t)
{
    make_table(t);
    struct batch *b = batch_begin(t->db, t->a);
    batch_add(b, SQL("insert into thing (id, s) values (1, 'x')"), NO_ARGS);
    batch_add(b, SQL("insert into thing (id, s) values (2, 'x')"), NO_ARGS);
    batch_add(b, SQL("insert into thing (id, s) values (3, 'y')"), NO_ARGS);
    assert_int_equal(batch_run(b).code, ERR_CONFLICT);
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select count(*) from thing"), NO_ARGS), 0);
}

static void a_batch_outside_a_transaction_is_all_or_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_all_or_nothing);
}

static void body_max_rows(struct dbs *t)
{
    make_table(t);
    for (int i = 0; i < 5; i++) {
        dbs_ok(db_exec(t->db, t->a, SQL("insert into thing (id) values ($1)"), ARGS(db_i64(i))));
    }
    static const struct {
        int64_t max;
        enum err_code want;
    } rows[] = {{5, ERR_NONE}, {4, ERR_STORE}, {6, ERR_NONE}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct batch *b = batch_begin(t->db, t->a);
        int place = batch_add(b, SQL("select id from thing"), NO_ARGS);
        batch_max_rows(b, place, rows[i].max);
        assert_int_equal(batch_run(b).code, rows[i].want);
    }
}

static void one_row_too_many_is_an_error(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_max_rows);
}

/* --- what goes along with the next batch ------------------------------------------ */

static void body_rides(struct dbs *t)
{
    make_table(t);
    struct db_counts before = db_counts(t->db);
    struct batch *first = batch_begin(t->db, t->a);
    int one = batch_add(first, SQL("select 1"), NO_ARGS);
    batch_ride(first);
    dbs_ok(db_queue(t->db, t->a, SQL("insert into thing (id, n) values ($1, 5)"), ARGS(db_i64(1))));
    dbs_ok(db_queue(t->db, t->a, SQL("update thing set n = n * 2"), NO_ARGS));
    struct batch *b = batch_begin(t->db, t->a);
    int n = batch_add(b, SQL("select n from thing"), NO_ARGS);
    dbs_ok(batch_run(b));
    struct db_counts after = db_counts(t->db);
    assert_int_equal(after.trips - before.trips, 1);
    assert_int_equal(after.statements - before.statements, 4);
    struct rows r = batch_rows(b, n);
    assert_true(rows_next(&r));
    assert_int_equal(rows_i64(&r, 0), 10);
    dbs_ok(batch_join(first)); /* it has run */
    r = batch_rows(first, one);
    assert_true(rows_next(&r));
    assert_int_equal(rows_i64(&r, 0), 1);
    assert_int_equal(db_counts(t->db).trips, after.trips);
    /* joined before there was another */
    struct batch *alone = batch_begin(t->db, t->a);
    int two = batch_add(alone, SQL("select 2"), NO_ARGS);
    batch_ride(alone);
    dbs_ok(batch_join(alone));
    r = batch_rows(alone, two);
    assert_true(rows_next(&r));
    assert_int_equal(rows_i64(&r, 0), 2);
    assert_int_equal(db_counts(t->db).trips, after.trips + 1);
}

static void what_waits_goes_along_with_the_next_batch(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_rides);
}

static void body_queue_fails(struct dbs *t)
{
    make_table(t);
    dbs_ok(db_exec(t->db, t->a, SQL("insert into thing (id, s) values (1, 'x')"), NO_ARGS));
    struct rows r;
    struct sql again = SQL("insert into thing (id, s) values (2, 'x')");
    db_write_begin(t->db);
    dbs_ok(db_queue(t->db, t->a, again, NO_ARGS));
    assert_int_equal(db_query(t->db, t->a, SQL("select 1"), NO_ARGS, &r).code, ERR_CONFLICT);
    db_rollback(t->db);
    db_write_begin(t->db);
    dbs_ok(db_query(t->db, t->a, SQL("select 1"), NO_ARGS, &r));
    dbs_ok(db_queue(t->db, t->a, again, NO_ARGS));
    assert_int_equal(db_commit(t->db, t->a).code, ERR_CONFLICT);
    /* a rollback forgets what waits; a savepoint too */
    db_write_begin(t->db);
    dbs_ok(db_queue(t->db, t->a, again, NO_ARGS));
    db_rollback(t->db);
    db_write_begin(t->db);
    db_savepoint(t->db);
    dbs_ok(db_query(t->db, t->a, SQL("select 1"), NO_ARGS, &r));
    dbs_ok(db_queue(t->db, t->a, again, NO_ARGS));
    dbs_ok(db_rollback_to(t->db));
    dbs_ok(db_commit(t->db, t->a));
    assert_int_equal(dbs_i64(t->db, t->a, SQL("select count(*) from thing"), NO_ARGS), 1);
}

static void what_fails_waiting_is_said_by_the_next(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_queue_fails);
}

static void body_many_wait(struct dbs *t)
{
    make_table(t);
    db_write_begin(t->db);
    for (int i = 0; i < 700; i++) {
        dbs_ok(db_queue(t->db, t->a, SQL("insert into thing (id) values ($1)"), ARGS(db_i64(i))));
    }
    struct batch *b = batch_begin(t->db, t->a);
    int n = 0;
    for (int i = 0; i < BATCH_MAX; i++) {
        n = batch_add(b, SQL("select count(*) from thing"), NO_ARGS);
    }
    dbs_ok(batch_run(b));
    struct rows r = batch_rows(b, n);
    assert_true(rows_next(&r));
    assert_int_equal(rows_i64(&r, 0), 700);
    dbs_ok(db_commit(t->db, t->a));
}

static void more_may_wait_than_a_batch_holds(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_many_wait);
}

/* Long statements fill what a connection keeps of their texts: it is emptied between two
 * snapshots, which begin as ever. */
static void body_forgets(struct dbs *t)
{
    enum { LONG = 1 << 20, TIMES = 12 };
    char *padding = malloc(LONG);
    assert_non_null(padding);
    memset(padding, 'x', LONG);
    for (int i = 0; i < TIMES; i++) {
        struct arena a = arena_make(32 << 20);
        struct sqlb q = sqlb_make(&a);
        SQLB_LIT(&q, "select length(");
        sqlb_text(&q, str_from_n(padding, (size_t)(LONG - i)));
        SQLB_LIT(&q, ")");
        db_read_begin(t->db);
        assert_int_equal(dbs_i64(t->db, &a, sqlb_end(&q), NO_ARGS), LONG - i);
        db_read_end(t->db);
        arena_end(&a);
    }
    free(padding);
}

static void what_a_connection_forgets_hinders_no_snapshot(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, body_forgets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_texts_bytes_and_nulls_come_back_as_they_went_in),
        cmocka_unit_test(arguments_are_bound_by_number_not_by_place),
        cmocka_unit_test(a_missing_argument_is_an_error),
        cmocka_unit_test(a_batch_outside_a_transaction_is_all_or_nothing),
        cmocka_unit_test(one_row_too_many_is_an_error),
        cmocka_unit_test(what_waits_goes_along_with_the_next_batch),
        cmocka_unit_test(what_fails_waiting_is_said_by_the_next),
        cmocka_unit_test(more_may_wait_than_a_batch_holds),
        cmocka_unit_test(what_a_connection_forgets_hinders_no_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
