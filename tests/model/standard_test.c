/* Lists of standards: what is read, and that nothing of a file is passed over in silence. */
#include "base/arena.h"
#include "base/buf.h"
#include "model/standard.h"

#include "support/test.h"

#include <stdio.h>

#define HEAD                                                                               \
    "#zhidu-standard\t1\n#key\tT1\n#zh\t标准一\n#en\tStandard one\n#source\tT 1:2026\n" \
    "item\tparent\tkind\tzh\ten\n"
#define GROUP "1\t\tgroup\t组\tGroup\n"

static void a_list_is_read(void **state)
{
    (void)state;
    struct arena a = arena_make(16u << 20);
    struct diags d = diags_make(&a);
    struct standard s;
    assert_true(standard_read(
        &a,
        STR("\xef\xbb\xbf#zhidu-standard\t1\r\n#key\tT1\r\n#zh\t标准一\r\n#en\tOne\r\n#"
            "source\tT\r\n"
            "#note.zh\t自拟\r\n\r\nkind\titem\ten\tzh\tparent\r\ngroup\t1\tGroup\t组\t\r\n"
            "semi\t1.1\tItem\t条\t1\r\n"),
        STR("t.tsv"), &d, &s));
    assert_int_equal(d.errors, 0);
    assert_int_equal(s.nitems, 2);
    assert_true(str_eq(s.key, STR("T1")) && str_eq(s.note.zh, STR("自拟")));
    const struct standard_item *x = standard_find(&s, STR("1.1"));
    assert_true(x && x->kind == STANDARD_SEMI && str_eq(x->parent, STR("1")));
    assert_true(str_eq(x->words.zh, STR("条")) && str_eq(x->words.en, STR("Item")));
    assert_null(standard_find(&s, STR("1.2")));
    arena_end(&a);
}

static void nothing_is_passed_over(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *zh, *en;
    } bad[] = {
        {HEAD GROUP "1.1\t1\tauto\t条\n", 8, "这一行有 4 列", "4 columns"},
        {HEAD GROUP "1.1\t1\tauto\t条\tItem\tmore\n", 8, "6 列", "6 columns"},
        {HEAD GROUP GROUP, 8, "条目“1”写了两次", "item \"1\" stands here twice"},
        {HEAD GROUP "1.1\t1\tautomatic\t条\tItem\n", 8, "kind 应为", "kind is group"},
        {HEAD GROUP "1.1\t2\tauto\t条\tItem\n", 8, "不是前面的一个组", "no group before it"},
        {HEAD GROUP "1.1\t1\tauto\t条\t\n", 8, "要有中文和英文标题", "an English title"},
        {HEAD GROUP "1 1\t1\tauto\t条\tItem\n", 8, "条目编号", "takes letters"},
        {HEAD GROUP "#more\tx\n", 8, "未知的“#more”", "\"#more\" is not known"},
        {HEAD GROUP "#key\tT2\n", 8, "写了两次", "twice"},
        {"#zhidu-standard\t1\n#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\n"
         "item\tparent\tkind\tzh\ten\tweight\n1\t\tgroup\t组\tGroup\n",
         6, "未知的列“weight”", "column \"weight\" is not known"},
        {"#zhidu-standard\t1\n#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\nitem\tparent\tkind\tzh\n", 6,
         "缺少列“en”", "column \"en\" is missing"},
        {"#zhidu-standard\t1\n#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\n"
         "kind\ta\tb\tzh\ten\titem\tparent\ngroup\t1\t\t组\tGroup\n",
         6, "缺少列“item”", "column \"item\" is missing"},
        {"#zhidu-standard\t2\n", 1, "格式 1", "format 1"},
        {"#key\tT1\n#zh\t一\n#en\tOne\n#source\tT\nitem\tparent\tkind\tzh\ten\n" GROUP, 1,
         "第一行应为", "the first line is"},
        {"#zhidu-standard\t1\n#zh\t一\n#en\tOne\n#source\tT\nitem\tparent\tkind\tzh\ten\n" GROUP, 1,
         "缺少 #key", "#key is missing"},
        {HEAD, 1, "没有条目", "it has no items"},
        {"\xff\xfe", 1, "不是 UTF-8", "no UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arena a = arena_make(16u << 20);
        struct diags d = diags_make(&a);
        struct standard s;
        assert_false(standard_read(&a, str_from(bad[i].text), STR("t.tsv"), &d, &s));
        bool told = false;
        for (size_t k = 0; k < d.len; k++) {
            told = told || (d.ptr[k].pos.line == bad[i].line &&
                            str_has(d.ptr[k].words.zh, str_from(bad[i].zh)) &&
                            str_has(d.ptr[k].words.en, str_from(bad[i].en)));
        }
        if (!told) {
            fail_msg("not told: %s (%zu mistakes, the first: %.*s)", bad[i].en, d.len,
                     STR_ARG(d.ptr[0].words.en));
        }
        arena_end(&a);
    }
}

static void items_are_looked_up(void **state)
{
    (void)state;
    struct arena a = arena_make(16u << 20);
    struct diags d = diags_make(&a);
    struct standard s;
    assert_true(standard_read(&a, STR(HEAD GROUP "1.1\t1\tauto\t条\tItem\n"), STR("t"), &d, &s));
    const struct mapping_of maps[] = {{.standard = STR("T1"), .item = STR("1.1")},
                                      {.standard = STR("T1"), .item = STR("1.2")},
                                      {.standard = STR("T1"), .item = STR("1")},
                                      {.standard = STR("T2"), .item = STR("1.1")}};
    const struct law law = {.maps = maps, .nmaps = 4};
    standards_check(&law, &s, 1, &d);
    assert_int_equal(d.errors, 2);
    assert_int_equal(d.warnings, 1);
    assert_true(str_has(d.ptr[0].words.en, STR("has no item \"1.2\"")));
    assert_true(str_has(d.ptr[1].words.en, STR("\"T1/1\" is a group")));
    assert_true(str_has(d.ptr[2].words.en, STR("no list of standard \"T2\"")));
    arena_end(&a);
}

/* The lists that come along: each of them is read, and each title stands in both languages. */
static void our_own_lists_are_sound(void **state)
{
    static const struct {
        const char *file, *key;
        size_t items;
    } lists[] = {{"regulations/standards/iso20000.tsv", "ISO20000", 31},
                 {"regulations/standards/iso27001.tsv", "ISO27001", 93},
                 {"regulations/standards/mlps2.tsv", "MLPS2", 37},
                 {"regulations/standards/mlps3.tsv", "MLPS3", 153}};
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct arena a = arena_make(16u << 20);
        struct diags d = diags_make(&a);
        struct standard s;
        char *p = arena_bytes(&a, STANDARD_FILE_MAX);
        FILE *f = fopen(lists[i].file, "re");
        assert_non_null(f);
        size_t n = fread(p, 1, STANDARD_FILE_MAX, f);
        fclose(f);
        assert_true(standard_read(&a, str_from_n(p, n), str_from(lists[i].file), &d, &s));
        assert_true(str_eq(s.key, str_from(lists[i].key)));
        size_t items = 0;
        for (size_t k = 0; k < s.nitems; k++) {
            items += s.items[k].kind != STANDARD_GROUP;
        }
        assert_int_equal(items, lists[i].items);
        arena_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read),
        cmocka_unit_test(nothing_is_passed_over),
        cmocka_unit_test(items_are_looked_up),
        cmocka_unit_test(our_own_lists_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
