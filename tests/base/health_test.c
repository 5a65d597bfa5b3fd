/* The registry of checks: what is looked at, what is told, what goes stale. */
#include "base/arena.h"
#include "base/health.h"

#include "support/test.h"

#include <string.h>

static struct health_now look(void *arg, struct arena *a, int64_t now)
{
    int *bad = arg;
    return *bad ? health_bad(words_fmt(a, "坏 %d", "bad %d", (int)now), WORDS("修", "mend it"))
                : health_ok(WORDS("好", "well"));
}

static double seven(void *arg, int64_t now)
{
    (void)arg;
    (void)now;
    return 7;
}

static void looked_at(void **state)
{
    (void)state;
    struct arena life = arena_make(1 << 20);
    struct health *h = health_make(&life);
    int bad = 0;
    struct health_check c = {.name = STR("disk"), .look = look, .arg = &bad, .needed = true};
    health_add(h, &c);
    health_add(h, &(struct health_check){.name = STR("jobs"), .look = look, .arg = &bad});
    const struct health_row *rows;
    assert_int_equal(health_look(h, &life, 5, &rows), 2);
    assert_int_equal(health_worst(rows, 2, false), HEALTH_OK);
    bad = 1;
    assert_int_equal(health_look(h, &life, 5, &rows), 2);
    assert_int_equal(health_worst(rows, 2, true), HEALTH_BAD);
    assert_true(str_eq(rows[1].now.what.en, STR("bad 5")));
    assert_int_equal(health_worst(rows + 1, 1, true), HEALTH_OK); /* not a needed one */
    c.needed = false;                                             /* the same name again replaces */
    health_add(h, &c);
    assert_int_equal(health_look(h, &life, 5, &rows), 2);
    assert_int_equal(health_worst(rows, 2, true), HEALTH_OK);
    arena_end(&life);
}

static void told(void **state)
{
    (void)state;
    struct arena life = arena_make(1 << 20);
    struct health *h = health_make(&life);
    health_add(h, &(struct health_check){.name = STR("backup"), .stale_ms = 1000});
    const struct health_row *rows;
    health_look(h, &life, 1, &rows);
    assert_int_equal(rows[0].now.state, HEALTH_OK);
    assert_true(str_eq(rows[0].now.what.zh, STR("启动以来尚无消息。")));
    assert_true(str_eq(rows[0].now.what.en, STR("Nothing has been heard since the start.")));
    char text[HEALTH_TEXT + 2];
    memset(text, 'x', sizeof(text));
    memcpy(text + HEALTH_TEXT - 1, "制", 3); /* lies across the limit: left out whole */
    struct words what = {str_from_n(text, sizeof(text)), STR("late")};
    health_tell(h, STR("backup"), health_warn(what, WORDS("做", "do")), 1000);
    memset(text, 0, sizeof(text)); /* it was copied */
    health_look(h, &life, 1500, &rows);
    assert_int_equal(rows[0].now.state, HEALTH_WARN);
    assert_int_equal(rows[0].now.what.zh.len, HEALTH_TEXT - 1);
    assert_true(str_utf8_ok(rows[0].now.what.zh));
    assert_true(str_eq(rows[0].now.remedy.en, STR("do")));
    health_tell(h, STR("backup"), health_ok(WORDS("好", "well")), 2000);
    health_look(h, &life, 3000, &rows);
    assert_int_equal(rows[0].now.state, HEALTH_OK);
    health_look(h, &life, 3001, &rows); /* silent for too long */
    assert_int_equal(rows[0].now.state, HEALTH_WARN);
    assert_true(str_has(rows[0].now.what.zh, STR("已很久没有消息")));
    assert_true(str_has(rows[0].now.what.en, STR("Nothing has been heard for long")));
    assert_true(str_has(rows[0].now.remedy.zh, STR("必要时重启服务")));
    assert_true(str_has(rows[0].now.remedy.en, STR("restart the server if need be")));
    health_tell(h, STR("nobody"), health_ok(WORDS("", "")), 1);
    arena_end(&life);
}

static void figures(void **state)
{
    (void)state;
    struct arena life = arena_make(1 << 20);
    struct health *h = health_make(&life);
    struct health_figure f = {.name = "age_seconds", .help = "Age.", .read = seven};
    health_add_figure(h, &f);
    health_add_figure(h, &f);
    const struct health_figure *list;
    assert_int_equal(health_figures(h, &life, &list), 1);
    assert_true(list[0].read(list[0].arg, 0) > 6.5);
    arena_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(looked_at), cmocka_unit_test(told),
                                       cmocka_unit_test(figures)};
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
