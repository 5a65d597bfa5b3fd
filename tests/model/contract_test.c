/* Registers of the language (model/contract.h): what a definition of one leaves out is a
 * mistake, what it holds is bound, and a regulation may do without deputies. */
#include "base/arena.h"
#include "model/load.h"

#include "support/test.h"

#include <stdio.h>

enum { MOST = 1 << 20 };

static str file_text(struct arena *a, const char *path)
{
    char *p = arena_bytes(a, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

/* The text with the only `old` in it replaced. */
static str changed(struct arena *a, str text, str old, str new)
{
    const char *at = memmem(text.ptr, text.len, old.ptr, old.len);
    assert_non_null(at);
    size_t before = (size_t)(at - text.ptr);
    str rest = str_from_n(at + old.len, text.len - before - old.len);
    assert_null(memmem(rest.ptr, rest.len, old.ptr, old.len));
    return str_fmt(a, "%.*s%.*s%.*s", (int)before, text.ptr, STR_ARG(new), STR_ARG(rest));
}

static struct model *organisation(struct arena *a, str old, str new, struct diags *d)
{
    struct source s = {
        .name = STR("organisation"),
        .text_zh = file_text(a, "regulations/organisation/regulation.md"),
        .text_en = file_text(a, "regulations/organisation/regulation.en.md"),
        .definition = file_text(a, "regulations/organisation/definition.yaml"),
        .version = 1,
        .epoch = 1,
    };
    if (old.len) {
        s.definition = changed(a, s.definition, old, new);
    }
    *d = diags_make(a);
    return model_build(a, &(struct sources){.ptr = &s, .len = 1}, d);
}

static void registers_are_bound(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    struct diags d;
    struct model *m = organisation(&a, STR(""), STR(""), &d);
    assert_non_null(m);
    const struct type *all[] = {m->person, m->unit, m->post, m->deputy, m->calendar_day};
    static const char *const keys[] = {"person", "unit", "post", "deputy", "calendar_day"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_non_null(all[i]);
        assert_true(str_eq(all[i]->key, str_from(keys[i])));
    }
    static const char *const led_by[] = {"person", "deputy"};
    for (size_t i = 0; i < 2; i++) {
        const struct field *f = tdef_field(m->deputy->newest, str_from(led_by[i]));
        assert_non_null(f);
        assert_true(f->looked_up);
    }
    arena_end(&a);
}

static void what_a_register_lacks_is_a_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *said;
    } cases[] = {
        {"      deputy: {type: person, zh: 代理人", "      deputy: {type: unit, zh: 代理人",
         "needs field deputy: person"},
        {"      ends: {type: date, zh: 终止日期", "      ends: {type: datetime, zh: 终止日期",
         "needs field ends: date"},
        {"      full_name: {type: text", "      full_name: {type: int", "full_name"},
        {"help: {zh: 离岗期间由谁代为办理审批, en: Who decides approvals while somebody is "
         "away}\n    follows: newest\n",
         "help: {zh: 离岗期间由谁代为办理审批, en: Who decides approvals while somebody is "
         "away}\n",
         "needs follows: newest"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a = arena_make(64u << 20);
        struct diags d;
        struct model *m = organisation(&a, str_from(cases[i].old), str_from(cases[i].new), &d);
        assert_null(m);
        bool said = false;
        for (size_t k = 0; k < d.len; k++) {
            said = said || str_has(d.ptr[k].words.en, str_from(cases[i].said));
        }
        if (!said) {
            fail_msg("not said: %s", cases[i].said);
        }
        arena_end(&a);
    }
}

/* The organisation with another regulation, one of whose lines is changed. */
static struct model *with(struct arena *a, const char *key, str old, str new, struct diags *d)
{
    struct source s[2];
    const char *const keys[] = {"organisation", key};
    for (size_t i = 0; i < 2; i++) {
        str folder = str_fmt(a, "regulations/%s/", keys[i]);
        s[i] = (struct source){
            .name = str_from(keys[i]),
            .text_zh = file_text(a, str_fmt(a, "%.*sregulation.md", STR_ARG(folder)).ptr),
            .text_en = file_text(a, str_fmt(a, "%.*sregulation.en.md", STR_ARG(folder)).ptr),
            .definition = file_text(a, str_fmt(a, "%.*sdefinition.yaml", STR_ARG(folder)).ptr),
            .version = 1,
            .epoch = (int64_t)i + 1,
        };
    }
    if (old.len) {
        s[1].definition = changed(a, s[1].definition, old, new);
    }
    *d = diags_make(a);
    return model_build(a, &(struct sources){.ptr = s, .len = 2}, d);
}

struct lack {
    const char *old, *new, *said;
};

static void each_is_said(const char *key, const struct lack *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena a = arena_make(64u << 20);
        struct diags d;
        assert_null(with(&a, key, str_from(cases[i].old), str_from(cases[i].new), &d));
        bool said = false;
        for (size_t k = 0; k < d.len; k++) {
            said = said || str_has(d.ptr[k].words.en, str_from(cases[i].said));
        }
        if (!said) {
            fail_msg("not said: %s", cases[i].said);
        }
        arena_end(&a);
    }
}

static void findings_and_waivers_are_held_to_it(void **state)
{
    (void)state;
    static const struct lack cases[] = {
        {"      control: {type: text, max: 40, zh: 控制点, en: Control, clause: once}\n",
         "      control: {type: int, zh: 控制点, en: Control, clause: once}\n",
         "needs field control: text"},
        {"      about: {type: ref, to: any, zh: 有关记录",
         "      about: {type: ref, to: post, zh: 有关记录", "points to any record"},
        {"          critical: {zh: 严重, en: Critical}\n", "",
         "choices of field severity hold critical"},
        {"          outside: {zh: 不再属于检查范围, en: No longer judged}\n", "",
         "choices of field test hold outside"},
        {"      reopen:\n        from: closed\n", "      reopen:\n        from: any\n",
         "names the closed states, not any"},
        {"      reopen:\n        from: closed\n        to: opened\n        who: auto\n",
         "      reopen:\n        from: closed\n        to: opened\n        who: everyone\n",
         "reopen is the engine's alone"},
        {"        may: [reason, unit, due]\n        guarded: [rectification]\n",
         "        may: [reason, unit, due]\n", "open is the engine's alone"},
        {"      raise:\n", "      enter:\n", "needs action raise"},
        {"        may: [about, clause, unit, reason, due]\n",
         "        may: [about, unit, reason, due]\n", "raise asks for field clause"},
        {"      - {of: [control, about], while:", "      - {of: [control, reason], while:",
         "nothing is found twice"},
        {"  waiver.longest: {type: days, default: 180,",
         "  waiver.longest: {type: days, default: 0,", "every waiver ends"},
        {"        may: [control, clause, starts]\n", "        may: [control, starts]\n",
         "request asks for field clause"},
    };
    struct arena sound = arena_make(64u << 20);
    struct diags none;
    struct model *m = with(&sound, "rectification", STR(""), STR(""), &none);
    assert_true(m && m->finding && m->waiver);
    arena_end(&sound);
    each_is_said("rectification", cases, sizeof cases / sizeof cases[0]);
}

static void tasks_that_report_are_held_to_it(void **state)
{
    (void)state;
    static const struct lack cases[] = {
        {"address: {type: text, max: 64, unique: true,", "address: {type: text, max: 64,",
         "address needs unique: true"},
        {"        asks: [address]\n", "        asks: [what]\n", "issue asks for field address"},
        {"      revoke:\n", "      take_back:\n", "needs action revoke"},
        {"      active: {zh: 运行", "      runs: {zh: 运行", "needs state active"},
        {"          log: {zh: 日志, en: Note}\n", "", "choices of field kind hold log"},
        {"body: {type: text, max: 20000,", "body: {type: markdown, max: 20000,",
         "needs field body: text"},
        {"      exit_status: {type: int,", "      exit_code: {type: int,",
         "needs field exit_status: int"},
        {"      arrive:\n        who: auto\n", "      come:\n        who: auto\n",
         "needs action arrive"},
    };
    struct arena sound = arena_make(64u << 20);
    struct diags none;
    assert_non_null(with(&sound, "routine", STR(""), STR(""), &none));
    arena_end(&sound);
    each_is_said("routine", cases, sizeof cases / sizeof cases[0]);
}

/* An organisation of before has no deputies. */
static void deputies_may_be_absent(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    struct source s = {
        .name = STR("garden"),
        .text_zh = STR("---\ntitle: 试\n---\n\n### 第一条 甲 {#a}\n\n正文。\n"),
        .text_en = STR("---\ntitle: Try\n---\n\n### Article 1 A {#a}\n\nText.\n"),
        .definition = STR("regulation: garden\ntitle: {zh: 试, en: Try}\nowner: o\n"
                          "posts:\n  o: {zh: 岗, en: Post}\n"
                          "types:\n  bed:\n    title: {zh: 床, en: Bed}\n    follows: newest\n"
                          "    name: \"{t}\"\n    see: everyone\n"
                          "    fields:\n      t: {type: text, zh: 题, en: T, clause: a}\n"
                          "    states:\n      s: {zh: 态, en: S}\n"
                          "    actions:\n      add: {to: s, who: everyone, asks: [t], clause: a, "
                          "zh: 加, en: Add}\n"),
        .version = 1,
        .epoch = 1,
    };
    struct diags d = diags_make(&a);
    struct model *m = model_build(&a, &(struct sources){.ptr = &s, .len = 1}, &d);
    assert_non_null(m);
    assert_null(m->deputy);
    assert_null(m->person);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_bound),
        cmocka_unit_test(what_a_register_lacks_is_a_mistake),
        cmocka_unit_test(findings_and_waivers_are_held_to_it),
        cmocka_unit_test(tasks_that_report_are_held_to_it),
        cmocka_unit_test(deputies_may_be_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
