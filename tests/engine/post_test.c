/* Administrator, auditor and security officer: who holds them, and two of them. */
#include "base/clock.h"
#include "engine/inst.h"
#include "engine/post.h"
#include "engine/write.h"

struct house {
    struct inst in;
    struct arena *a;
};

static struct posts_apart look(struct house *h, int64_t now)
{
    struct posts_apart p;
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, now, 0, LANG_ZH);
    dbs_ok(posts_apart(&ctx, &p));
    engine_release(h->in.e, m);
    return p;
}

/* An appointment written past the rule that refuses it: xu.jing, administrator, as auditor. */
static err put_second_post(void *arg, struct db *db, struct arena *a)
{
    const int64_t *ends = arg;
    return db_exec(db, a,
                   SQL("update r_post set f_person = (select id from r_person"
                       " where f_login = 'xu.jing'), f_ends = $1 where f_person ="
                       " (select id from r_person where f_login = 'gao.yuan')"),
                   ARGS(*ends ? db_i64(*ends) : db_null_i64()));
}

static err end_posts(void *arg, struct db *db, struct arena *a)
{
    const int64_t *day = arg;
    return db_exec(db, a, SQL("update r_post set f_ends = $1"), ARGS(db_i64(*day)));
}

static void apart(struct dbs *t)
{
    struct house h = {.in = inst_make(t, 0), .a = t->a};
    struct posts_apart p = look(&h, INST_NOW);
    assert_true(p.administrator && p.auditor && p.security_officer && p.two == 0);
    assert_int_equal(posts_apart_words(h.a, &p).zh.len, 0);

    int64_t today = clock_day_at(INST_NOW, 480);
    int64_t ends = today + 30;
    dbs_ok(engine_write(h.in.e, put_second_post, &ends));
    p = look(&h, INST_NOW);
    assert_true(p.administrator && p.auditor && p.security_officer);
    assert_int_equal(p.two, 1);

    dbs_ok(engine_write(h.in.e, end_posts, &ends)); /* now all have an end */
    p = look(&h, INST_NOW);
    assert_true(p.two == 1 && p.until == ends);
    struct words w = posts_apart_words(h.a, &p);
    assert_true(str_has(w.en, clock_date(h.a, ends)) && str_has(w.zh, STR("兼任")));

    p = look(&h, INST_NOW + 31 * (int64_t)CLOCK_DAY); /* and it has passed */
    assert_true(!p.administrator && !p.auditor && !p.security_officer && p.two == 0);
    w = posts_apart_words(h.a, &p);
    assert_true(str_has(w.en, STR("Nobody is auditor")) && w.zh.len > 0);
    engine_stop(h.in.e);
}

static void posts_are_apart(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(posts_are_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
