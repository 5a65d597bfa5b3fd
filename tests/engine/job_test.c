/* Long work: asked for within a bound, taken by one, cut off, taken once more, given
 * back, cancelled by who may. */
#include "engine/job.h"

#include "house.h"

#define KIND STR("file")
enum { MINUTE = 60000 };

static int64_t ask(struct house *h, int64_t person, enum err_code wanted)
{
    int64_t id = 0;
    struct job_ask a = {.kind = KIND,
                        .input = STR("en\nAmy\n/r/x"),
                        .title = WORDS("导出", "Export"),
                        .person = person};
    err e = job_ask(h->e, h->a, &a, h->now, &id);
    assert_int_equal(e.code, wanted);
    assert_true(e.code == ERR_NONE || (e.why && e.why->remedy.zh.len && e.why->remedy.en.len));
    return id;
}

static struct job take(struct house *h)
{
    struct job j;
    dbs_ok(job_take(h->e, h->a, KIND, h->now, &j));
    return j;
}

static struct job job_of(struct house *h, int64_t id)
{
    struct ctx ctx = house_ctx(h, 0);
    struct job *all;
    size_t n;
    dbs_ok(job_list(&ctx, &all, &n));
    for (size_t i = 0; i < n; i++) {
        if (all[i].id == id) {
            return all[i];
        }
    }
    fail_msg("no job %lld", (long long)id);
    return (struct job){0};
}

static bool any(struct house *h)
{
    bool some = false;
    dbs_ok(job_any(house_db(h), h->a, h->now, &some));
    return some;
}

static void asked(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    assert_false(any(&h));
    assert_int_equal(take(&h).id, 0);
    int64_t first = ask(&h, h.amy, ERR_NONE);
    h.now++;
    int64_t second = ask(&h, h.amy, ERR_NONE);
    ask(&h, h.amy, ERR_NONE);
    ask(&h, h.amy, ERR_RULE); /* the fourth */
    ask(&h, h.bob, ERR_NONE); /* each has a bound of his own */
    assert_true(any(&h));
    struct job j = take(&h);
    assert_int_equal(j.id, first);
    assert_true(str_eq(j.input, STR("en\nAmy\n/r/x")));
    ask(&h, h.amy, ERR_RULE); /* one at work counts, too */
    dbs_ok(job_end(h.e, first, JOB_DONE, 7, STR("7"), STR("x.csv"), h.now));
    ask(&h, h.amy, ERR_NONE);
    assert_int_equal(take(&h).id, second);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct job mine;
    dbs_ok(job_get(&ctx, first, &mine));
    assert_true(str_eq(mine.result, STR("x.csv")) && mine.done == 7);
    ctx = house_ctx(&h, h.bob);
    assert_int_equal(job_get(&ctx, first, &mine).code, ERR_NOT_FOUND);
    struct job *all;
    size_t n;
    dbs_ok(job_mine(&ctx, &all, &n));
    assert_int_equal(n, 1);
}

static void is_asked_for_within_a_bound(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, asked);
}

static void cut_off(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    int64_t file = ask(&h, h.amy, ERR_NONE);
    assert_int_equal(take(&h).id, file);
    int64_t import;
    dbs_ok(job_begin(h.e, STR("import"), WORDS("导入", "Import"), 0, 10, h.now, &import));
    bool cancelled;
    h.now += MINUTE;
    dbs_ok(job_tell(h.e, import, 3, STR("3 rows"), h.now, &cancelled));
    assert_false(cancelled);
    assert_int_equal(take(&h).id, 0); /* a minute is not silence yet */
    h.now++;
    assert_true(any(&h));
    assert_int_equal(take(&h).id, file); /* once more ... */
    assert_int_equal(job_of(&h, import).state, JOB_RUNNING);
    h.now += MINUTE + 1;
    assert_int_equal(take(&h).id, 0); /* ... and no third time */
    struct job j = job_of(&h, file);
    assert_int_equal(j.state, JOB_FAILED);
    assert_true(str_has(j.message, STR("Cut off")));
    j = job_of(&h, import);
    assert_int_equal(j.state, JOB_FAILED);
    assert_int_equal(j.done, 3);
    assert_true(str_has(job_words(&j, LANG_ZH), STR("中断")));
    assert_true(str_starts(job_words(&j, LANG_EN), STR("Cut off")));
    assert_false(any(&h));
}

static void one_that_is_cut_off_is_made_again_or_says_so(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, cut_off);
}

static void ended(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    bool cancelled;
    int64_t id = ask(&h, h.amy, ERR_NONE);
    assert_int_equal(job_cancel(h.e, id, h.bob, h.now).code, ERR_NOT_FOUND); /* not his */
    dbs_ok(job_cancel(h.e, id, h.amy, h.now));
    assert_int_equal(take(&h).id, 0); /* never begun */
    id = ask(&h, h.amy, ERR_NONE);
    assert_int_equal(take(&h).id, id);
    dbs_ok(job_cancel(h.e, id, 0, h.now)); /* an administrator */
    dbs_ok(job_tell(h.e, id, 5, STR(""), h.now, &cancelled));
    assert_true(cancelled);
    dbs_ok(job_end(h.e, id, JOB_CANCELLED, 5, STR("5 rows"), STR(""), h.now));
    assert_int_equal(job_cancel(h.e, id, h.amy, h.now).code, ERR_NOT_FOUND); /* over */
    int64_t back = ask(&h, h.amy, ERR_NONE);
    assert_int_equal(take(&h).id, back);
    dbs_ok(job_give_back(h.e, back, h.now)); /* the server stops */
    assert_int_equal(job_of(&h, back).state, JOB_WAITING);
    assert_int_equal(take(&h).id, back);
    dbs_ok(job_end(h.e, back, JOB_DONE, 9, STR(""), STR("y"), h.now));
    dbs_ok(job_forget(h.e, KIND, h.now)); /* nothing is older than now */
    assert_int_equal(job_of(&h, back).state, JOB_DONE);
    dbs_ok(job_forget(h.e, KIND, h.now + 1));
    struct ctx ctx = house_ctx(&h, h.amy);
    struct job *all;
    size_t n;
    dbs_ok(job_mine(&ctx, &all, &n));
    assert_int_equal(n, 0);
}

static void is_cancelled_by_who_may_and_given_back_at_a_stop(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_asked_for_within_a_bound),
        cmocka_unit_test(one_that_is_cut_off_is_made_again_or_says_so),
        cmocka_unit_test(is_cancelled_by_who_may_and_given_back_at_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
