/* Approvals in tables: what an act saved is loaded again, row by row, after every one of
 * thousands of random operations; what cannot be is not loaded.  ZHIDU_APPROVAL_RUNS sets
 * how many approvals are walked on each database (usual: 300 in memory, 60 elsewhere). */
#include "approval/walk.h"

#include "kept.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPS_EACH = 50 };

/* --- random operations ------------------------------------------------------------------- */

struct walker {
    struct walk w;
    struct kept k;
    int64_t done, acts;
};

static bool begin(void *arg)
{
    struct sham *s = arg;
    return approval_submit(s->ap, sham_by(s, 1), &s->hash, false) == NO_NONE;
}

static bool any_op(void *arg)
{
    struct walker *x = arg;
    struct sham *s = x->w.s;
    s->now += sham_random(&x->w.seed, 5) ? sham_random(&x->w.seed, 500)
                                         : sham_random(&x->w.seed, 20000000);
    if (sham_random(&x->w.seed, 4) == 0) {
        s->proxy[walk_person(&x->w)] = sham_random(&x->w.seed, 2) ? 0 : walk_person(&x->w);
        approval_tick(s->ap, s->now);
        x->k.g.carried = (enum carried)sham_random(&x->w.seed, 3);
        x->k.g.asked = sham_random(&x->w.seed, 2) ? STR("") : STR("{\"what\":\"其他\"}");
        x->k.g.trouble = sham_random(&x->w.seed, 2) ? (struct words){0} : WORDS("不可", "Not so");
        return true;
    }
    return walk_op(&x->w) == NO_NONE;
}

static int64_t count(struct house *h, const struct approve_table *t)
{
    struct sqlb b = sqlb_make(h->t->a);
    SQLB_LIT(&b, "select count(*) from ");
    sqlb_ident(&b, t->name);
    return house_i64(h, sqlb_end(&b), NO_ARGS);
}

static void one_approval(struct house *h, struct walker *x)
{
    struct sham *s = walk_house(&x->w);
    x->k = kept_make(h, s);
    kept_do(&x->k, h->amy, 1, begin, s);
    for (int i = 0; i < OPS_EACH; i++) {
        int done = kept_do(&x->k, h->bob, 1 + (int)sham_random(&x->w.seed, 2), any_op, x);
        x->done += done;
        x->acts += done > 0;
        if (done) {
            struct approving g = kept_load(&x->k);
            kept_same(&x->k.g, &g);
            const char *bad = approval_check(g.ap);
            assert_null(bad);
            if (sham_random(&x->w.seed, 2)) { /* and goes on with what was loaded */
                x->k.g = g;
                s->ap = g.ap;
            }
        }
    }
    sham_end(s);
}

static void walks(struct dbs *t)
{
    struct house h = kept_house(t);
    const char *env = getenv("ZHIDU_APPROVAL_RUNS");
    int64_t runs = env ? strtoll(env, NULL, 10) : t->which == DBS_MEMORY ? 300 : 60;
    struct walker x = {.w = {.seed = 88172645463325252ULL}};
    for (int64_t i = 0; i < runs; i++) {
        one_approval(&h, &x);
        arena_reset(t->a);
    }
    int n;
    const struct approve_table *tables = approve_tables(&n);
    printf("     %lld operations in %lld acts on %lld approvals:", (long long)x.done,
           (long long)x.acts, (long long)runs);
    for (int i = 0; i < n; i++) {
        int64_t rows = count(&h, &tables[i]);
        printf(" %lld", (long long)rows);
        assert_true(rows > 0);
    }
    printf(" rows\n");
    assert_int_equal(count(&h, &tables[0]), runs);
    house_verify(&h);
}

static void what_was_saved_is_loaded_again(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, walks);
}

/* --- one at a time ------------------------------------------------------------------------ */

static bool submits(void *arg)
{
    return begin(arg);
}

static bool votes(void *arg)
{
    struct sham *s = arg;
    return CAST(s, 2, VOTE_APPROVE) == NO_NONE;
}

static struct kept with_two_people(struct house *h)
{
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    s->nodes[0].term = 1000;
    struct kept k = kept_make(h, s);
    assert_int_equal(kept_do(&k, h->amy, 1, submits, s), 1);
    return k;
}

static void finds(struct dbs *t)
{
    struct house h = kept_house(t);
    struct kept k = with_two_people(&h);
    struct ctx ctx = house_ctx(&h, 0);
    struct approving g = {0};
    dbs_ok(approve_find(&ctx, 0, k.record, &g));
    assert_int_equal(g.id, k.g.id);
    assert_null(g.ap);
    assert_int_equal(g.next_at, 2000);
    assert_int_equal(approve_find(&ctx, 0, k.record + 1, &g).code, ERR_NOT_FOUND);
    assert_int_equal(approve_find(&ctx, k.record, 0, &g).code, ERR_NOT_FOUND);
    /* a second one of the same record, while the first is not at its end */
    struct sham *s = sham_make(1);
    NAME(s, 0, 2);
    struct kept other = kept_make(&h, s);
    assert_int_equal(kept_do(&other, h.amy, 1, submits, s), 1);
    err e = db_exec(house_db(&h), t->a, SQL("update approval set record = $1 where id = $2"),
                    ARGS(db_i64(k.record), db_i64(other.g.id)));
    assert_int_equal(e.code, ERR_CONFLICT);
    /* at its end: found by its id, not by its record */
    assert_int_equal(kept_do(&other, h.bob, 1, votes, s), 1);
    assert_int_equal(s->ap->state, APPROVAL_APPROVED);
    assert_int_equal(other.g.ended_at, h.now);
    assert_int_equal(approve_find(&ctx, 0, other.record, &g).code, ERR_NOT_FOUND);
    dbs_ok(approve_find(&ctx, other.g.id, 0, &g));
    assert_int_equal(g.next_at, 0);
    sham_end(s);
    sham_end(k.s);
}

static void one_is_found_by_its_record_until_its_end_and_by_its_id_always(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, finds);
}

static bool time_is_over(void *arg)
{
    struct sham *s = arg;
    s->now += 5000;
    approval_tick(s->ap, s->now);
    return true;
}

static void says(struct dbs *t)
{
    struct house h = kept_house(t);
    struct kept k = with_two_people(&h);
    k.s->nodes[0].late = LATE_PASS;
    assert_int_equal(kept_do(&k, h.bob, 1, votes, k.s), 1);
    assert_int_equal(kept_do(&k, 0, 1, time_is_over, k.s), 1);
    struct approving g = kept_load(&k);
    assert_int_equal(g.ap->nballots, 2);
    assert_int_equal(g.ap->ballots[1].by, 0);
    assert_int_equal(g.said[0].act, 1002);
    assert_true(str_eq(g.said[0].note, STR("意见 2")));
    assert_int_equal(g.said[1].act, 1003);
    assert_int_equal(g.said[1].note.len + g.said[1].signature.len, 0);
    sham_end(k.s);
}

static void a_person_s_vote_carries_what_he_said_the_system_s_says_nothing(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, says);
}

struct wrong {
    const char *sql, *words;
};
static const struct wrong wrongs[] = {
    {"update approval set state = 99", "state"},
    {"update approval set carried = -1", "carried"},
    {"update approval set suspended = 2", "suspended"},
    {"update approval set action = 'none'", "unknown"},
    {"update approval set type = 99", "unknown"},
    {"update approval_round set hash = 'aa'", "hash"},
    {"update approval_round set no = 7", "no"},
    {"update approval_round set state = 6", "state"},
    {"update approval_run set node = 1", "node"},
    {"update approval_run set round = 2", "round"},
    {"update approval_run set last_vote = 2", "last_vote"},
    {"update approval_run set decisions = 2", "decisions"},
    {"update approval_seat set run = 0", "run"},
    {"update approval_seat set holder = 3", "holder"},
    {"update approval_seat set source = -1", "source"},
    {"update approval_seat set origin = 9", "origin"},
    {"update approval_seat set record = record + 1", "another approval"},
    {"update approval_seat set no = 3 where no = 1", "order"},
    {"update approval_seat set no = 0 where no = 1", "no"},
    {"delete from approval_seat where no = 1", ""},
    {"update approval_vote set seat = 3", "seat"},
    {"update approval_vote set vote = 3", "vote"},
    {"update approval_vote set cites = 9", "cites"},
    {"update approval_vote set hash = 'xx'", "hash"},
};

static void refuses(struct dbs *t)
{
    struct house h = kept_house(t);
    struct kept k = with_two_people(&h);
    assert_int_equal(kept_do(&k, h.bob, 1, votes, k.s), 1);
    struct ctx ctx = house_ctx(&h, 0);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct approving g;
        db_write_begin(house_db(&h));
        dbs_ok(db_exec(house_db(&h), t->a, (struct sql){.text = str_from(wrongs[i].sql)}, NO_ARGS));
        err e = approve_find(&ctx, k.g.id, 0, &g);
        if (!e.code) {
            g.ap = approval_new(ctx.arena, &k.s->plan, &k.s->world, g.author);
            e = approve_load(&ctx, &g);
        }
        if (e.code != ERR_STORE || !str_has(e.detail, str_from(wrongs[i].words))) {
            fail_msg("%s: %s %.*s", wrongs[i].sql, err_name(e.code), STR_ARG(e.detail));
        }
        db_rollback(house_db(&h));
    }
    struct approving g = kept_load(&k);
    kept_same(&k.g, &g);
    sham_end(k.s);
}

static void rows_that_cannot_be_are_not_loaded(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, refuses);
}

/* --- what it costs -------------------------------------------------------------------------- */

static bool submits_many(void *arg)
{
    struct sham *s = arg;
    return begin(s);
}

static int many_people(void *arg, int node, int64_t *ret, int max)
{
    (void)arg;
    (void)node;
    for (int i = 0; i < 600 && i < max; i++) {
        ret[i] = 100 + i;
    }
    return 600;
}

static bool anybody(void *arg, int node, int64_t person)
{
    (void)arg;
    (void)node;
    return person > 0;
}

static int64_t nobody(void *arg, int64_t person)
{
    (void)arg;
    (void)person;
    return 0;
}

static void many_seats(struct dbs *t)
{
    struct house h = kept_house(t);
    struct sham *s = sham_make(1);
    s->world.people = many_people;
    s->world.may_sit = anybody;
    s->world.proxy = nobody;
    struct kept k = kept_make(&h, s);
    struct db_counts before = db_counts(house_db(&h));
    assert_int_equal(kept_do(&k, h.amy, 1, submits_many, s), 1);
    struct db_counts after = db_counts(house_db(&h));
    int64_t rows = after.statements - before.statements;
    assert_true(rows > 1200); /* 600 seats, as many events */
    if (t->which == DBS_PG) {
        assert_in_range(after.trips - before.trips, 1, 25);
    }
    before = after;
    struct approving g = kept_load(&k);
    after = db_counts(house_db(&h));
    kept_same(&k.g, &g);
    assert_int_equal(after.statements - before.statements, 7);
    if (t->which == DBS_PG) {
        assert_int_equal(after.trips - before.trips, 2);
    }
    house_verify(&h);
    sham_end(s);
}

static void a_hundred_rows_make_no_hundred_trips(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, many_seats);
}

/* --- the tables ------------------------------------------------------------------------------ */

static void columns(struct dbs *t)
{
    struct house h = kept_house(t);
    int n;
    const struct approve_table *tables = approve_tables(&n);
    assert_int_equal(n, 7);
    for (int i = 0; i < n; i++) {
        struct db_column *have;
        size_t nhave;
        dbs_ok(db_column_types(house_db(&h), t->a, tables[i].name, &have, &nhave));
        assert_int_equal(nhave, tables[i].n);
        assert_in_range(nhave, 8, APPROVE_COLUMNS_MAX);
        for (int c = 0; c < tables[i].n; c++) {
            const struct approve_column *col = &tables[i].columns[c];
            bool found = false;
            for (size_t k = 0; k < nhave; k++) {
                found = found || (str_eq(have[k].name, col->name) &&
                                  (have[k].type == DB_ARG_TEXT) == col->text);
            }
            if (!found || (c && str_cmp(tables[i].columns[c - 1].name, col->name) >= 0)) {
                fail_msg("%.*s.%.*s", STR_ARG(tables[i].name), STR_ARG(col->name));
            }
        }
    }
}

static void every_column_is_in_the_digest_in_the_order_of_names(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, columns);
}

static const char *const asked[] = {
    "select id from approval where record = $1 and state < 2",
    "select id from approval where record = $1 order by id desc limit 10",
    "select id from approval where next_at is not null and next_at <= $1 order by next_at limit 1",
    "select id from approval where author = $1 order by id desc limit 10",
    "select id from approval_seat where actor = $1 and state = 1 order by id limit 10",
    "select count(*) from approval_seat where actor = $1 and state = 1",
    "select id from approval_seat where actor = $1 and state in (2, 3, 4, 5, 8)"
    " order by id desc limit 10",
    "select id from approval_copy where person = $1 order by id desc limit 10",
    "select count(*) from approval_copy where person = $1 and read_at = 0",
    "select no from approval_event where approval = $1 order by no limit 100",
    "select no from approval_vote where approval = $1 order by no",
};

static void plans(struct dbs *t)
{
    struct house h = kept_house(t);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct str_list scans;
        struct sql sql = {.text = str_from(asked[i])};
        dbs_ok(db_scans(house_db(&h), t->a, sql, false, &scans));
        struct rows r;
        struct sqlb b = sqlb_make(t->a);
        SQLB_LIT(&b, "explain query plan ");
        sqlb_sql(&b, sql);
        dbs_ok(db_query(house_db(&h), t->a, sqlb_end(&b), ARGS(db_i64(1)), &r));
        while (rows_next(&r)) { /* nothing is sorted either */
            if (scans.len || str_has(rows_text(&r, 3), STR("TEMP B-TREE"))) {
                fail_msg("%s: %.*s", asked[i], STR_ARG(rows_text(&r, 3)));
            }
        }
    }
}

static void lists_of_a_person_are_led_by_an_index(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, plans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_loaded_again),
        cmocka_unit_test(one_is_found_by_its_record_until_its_end_and_by_its_id_always),
        cmocka_unit_test(a_person_s_vote_carries_what_he_said_the_system_s_says_nothing),
        cmocka_unit_test(rows_that_cannot_be_are_not_loaded),
        cmocka_unit_test(a_hundred_rows_make_no_hundred_trips),
        cmocka_unit_test(every_column_is_in_the_digest_in_the_order_of_names),
        cmocka_unit_test(lists_of_a_person_are_led_by_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
