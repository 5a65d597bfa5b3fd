/* What a new regulation brings along is entered to the last, also where the program ended
 * meanwhile, and nothing of it twice.  On every database. */
#include "engine/engine_int.h"
#include "engine/publish_records.h"
#include "engine/town.h"

#define STEP(what) "- {create: mark.put, with: {what: " what "}}\n"

static void third_folder(struct town *w, const char *records)
{
    struct source *all = arena_array(w->in.t->a, struct source, 3);
    all[0] = w->folders.ptr[0];
    all[1] = w->folders.ptr[1];
    all[2] =
        (struct source){.name = STR("marks"),
                        .folder = STR("marks"),
                        .text_zh = STR("# 标记\n\n### 第一条 {#c}\n应标记。\n"),
                        .text_en = STR("# Marks\n\n### Article 1 {#c}\nThings are marked.\n"),
                        .definition = STR("regulation: marks\n"
                                          "title: {zh: 标记, en: Marks}\n"
                                          "owner: keeper\n"
                                          "posts:\n"
                                          "  keeper: {zh: 管理员, en: Keeper}\n"
                                          "settings:\n"
                                          "  post.keeper: {type: text, default: keeper, zh: 谁,"
                                          " en: Who}\n"
                                          "types:\n"
                                          "  mark:\n"
                                          "    title: {zh: 标记, en: Mark}\n"
                                          "    follows: newest\n"
                                          "    name: \"{what}\"\n"
                                          "    see: everyone\n"
                                          "    fields:\n"
                                          "      what: {type: text, max: 80, zh: 名, en: What}\n"
                                          "    states:\n"
                                          "      kept: {zh: 在, en: Kept}\n"
                                          "    actions:\n"
                                          "      put: {to: kept, who: everyone, asks: [what],"
                                          " clause: c, zh: 存, en: Put}\n"),
                        .records = str_from(records),
                        .version = 1,
                        .epoch = 1};
    w->folders = (struct sources){.ptr = all, .len = 3};
}

static int64_t marks(struct town *w)
{
    return inst_i64(&w->in, SQL("select count(*) from r_mark"), NO_ARGS);
}

static int64_t owed(struct town *w)
{
    return inst_i64(&w->in, SQL("select count(*) from installation where key like 'records:%'"),
                    NO_ARGS);
}

static void write_now(struct town *w, struct sql sql, struct db_args args)
{
    db_write_begin(w->in.db);
    dbs_ok(db_exec(w->in.db, w->in.t->a, sql, args));
    dbs_ok(db_commit(w->in.db, w->in.t->a));
}

static void cut_short(struct dbs *t)
{
    struct town w = town_make(t);
    third_folder(&w, STEP("甲") STEP("乙") STEP("丙"));
    struct publication p = town_put(&w);
    assert_int_equal(p.sources.len, 1);
    assert_int_equal(marks(&w), 3);
    assert_int_equal(owed(&w), 0);

    /* as the database stands where two more were to come and the program ended */
    write_now(&w, SQL("update law set records = $1 where reg = 'marks'"),
              ARGS(db_text(STR(STEP("甲") STEP("乙") STEP("丙") STEP("甲") STEP("戊")))));
    write_now(&w, SQL("insert into installation(key, value) values ('records:marks', '')"),
              NO_ARGS);
    publish_records_resume(w.in.e);
    assert_int_equal(marks(&w), 5);
    assert_int_equal(owed(&w), 0);
    assert_int_equal(
        inst_i64(&w.in, SQL("select count(*) from r_mark where f_what = '甲'"), NO_ARGS),
        2); /* one of them is the fourth step's */
    publish_records_resume(w.in.e);
    assert_int_equal(marks(&w), 5);
    if (t->which != DBS_MEMORY) { /* whoever opens it next */
        write_now(&w, SQL("insert into installation(key, value) values ('records:marks', '')"),
                  NO_ARGS);
        struct engine_options opt = town_options(t);
        engine_stop(w.in.e);
        dbs_ok(engine_open(t->life, &opt, &w.in.e));
        assert_int_equal(marks(&w), 5);
        assert_int_equal(owed(&w), 0);
    }
    assert_true(inst_verify(&w.in) > 0);
    engine_stop(w.in.e);
}

static void resumed(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, cut_short);
}

/* Told at its line, and not again at each start. */
static void with_a_mistake(struct dbs *t)
{
    struct town w = town_make(t);
    struct publication p;
    struct diags d;
    third_folder(&w, STEP("甲") "- {create: mark.put, with: {where: 乙}}\n" STEP("丙"));
    dbs_ok(town_plan(&w, &p, &d));
    d = diags_make(t->a);
    dbs_ok(publish(w.in.e, t->a, &p, 0, town_now, &d));
    assert_int_equal(d.errors, 1);
    assert_int_equal(marks(&w), 1);
    assert_int_equal(owed(&w), 0);
    engine_stop(w.in.e);
}

static void mistaken(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, with_a_mistake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(resumed), cmocka_unit_test(mistaken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
