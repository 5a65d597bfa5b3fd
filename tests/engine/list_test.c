/* Lists, where an example says more than random ones (list_property_test.c): further than one
 * request looks, what names nothing, and many values at once. */
#include "engine/list.h"

#include "things.h"

static void many_rows(struct dbs *t)
{
    enum { MANY = 26000 };
    struct buf b = buf_make(t->life, 1 << 16);
    BUF_LIT(&b, "regulation: things\ntitle: {zh: 物, en: Things}\nowner: keeper\nuses: [town]\n"
                "posts:\n  keeper: {zh: 管理员, en: Keeper}\ntypes:\n");
    things_type(&b, 0, STR("n == 7 or owner and flag"));
    struct house h = house_make(t, buf_str(&b).ptr);
    dbs_ok(
        db_exec(house_db(&h), t->a,
                SQL("with recursive c(i) as (select 1 union all select i + 1 from c where i < $1)"
                    " insert into r_thing0(id, name, state, law, ver, created_at, changed_at,"
                    " creator, f_n) select i, 'x', 1, 1, 1, i, i, 1, case when i in (2, 3, 300,"
                    " 21000) then 7 else 0 end from c"),
                ARGS(db_i64(MANY))));
    struct list_query q = {.type = house_type(&h, "thing0"), .limit = 2};
    struct ctx ctx = house_ctx(&h, h.amy);
    static const int64_t all[] = {21000, 300, 3, 2};
    int n = 0;
    int said = 0;
    for (int p = 0; p < 20; p++) {
        struct list_page page;
        dbs_ok(list_page(&ctx, &q, &page));
        for (size_t i = 0; i < page.nrows; i++) {
            assert_true(n < 4);
            assert_int_equal(page.rows[i].id, all[n++]);
        }
        said += page.searched_window;
        if (page.searched_window) { /* it says how far it came, and offers to go on */
            assert_true(page.searched_to > 0 && page.searched_to < MANY);
            assert_true(page.next.len > 0);
        }
        if (!page.next.len) {
            break;
        }
        q.cursor = page.next;
    }
    assert_int_equal(n, 4);
    assert_true(said > 0);
}

static void a_list_says_how_far_it_looked_and_goes_on_from_there(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, many_rows);
}

static void unknown_names(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct list_page page;
    struct list_query q = {.type = house_type(&h, "person")};
    dbs_ok(list_page(&ctx, &q, &page));
    assert_int_equal(page.nrows, 5);
    static const char *const cursors[] = {"x", "n1", "n1.x", "p.1", "n9999999999999999999999.1"};
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        q.cursor = str_from(cursors[i]);
        assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    }
    q.cursor = STR("");
    q.order = STR("nothing");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    q.order = STR("");
    q.filter = STR("nothing == 1");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    q.filter = STR("");
    q.nwhere = 1;
    q.where[0].field = STR("nothing");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
}

/* Notes about records of any type; a secret is seen by who made it. */
static const char any_law[] =
    HOUSE_DESK "types:\n"
               "  secret:\n"
               "    title: {zh: 密, en: Secret}\n"
               "    name: \"{what}\"\n"
               "    see: creator\n"
               "    fields:\n"
               "      what: {type: text, max: 50, zh: 名, en: What}\n"
               "    states:\n"
               "      open: {zh: 开, en: Open}\n"
               "    actions:\n"
               "      keep: {to: open, who: everyone, asks: [what], clause: c, zh: 存, en: Keep}\n"
               "  note:\n"
               "    title: {zh: 记, en: Note}\n"
               "    name: \"{what}\"\n"
               "    see: everyone\n"
               "    fields:\n"
               "      what: {type: text, max: 50, zh: 名, en: What}\n"
               "      about: {type: ref, to: any, zh: 关于, en: About}\n"
               "    states:\n"
               "      open: {zh: 开, en: Open}\n"
               "    actions:\n"
               "      take: {to: open, who: everyone, asks: [what, about], clause: c, zh: 记, en: "
               "Take}\n";

/* By name and with its type where it is seen; where not, not even its type is told. */
static void assert_about(struct house *h, const struct record *r, const char *type, int64_t id,
                         const char *name)
{
    const struct record_field *f = NULL;
    for (size_t i = 0; i < r->nfields; i++) {
        f = str_eq(r->fields[i].field->key, STR("about")) ? &r->fields[i] : f;
    }
    assert_non_null(f);
    assert_int_equal(f->nrefs, 1);
    assert_int_equal(f->refs[0].id, id);
    assert_ptr_equal(f->refs[0].type, type ? house_type(h, type) : NULL);
    assert_true(f->refs[0].visible == (type != NULL));
    assert_true(str_eq(f->refs[0].name, str_from(name)));
}

static void any_body(struct dbs *t)
{
    struct house h = house_make(t, any_law);
    int64_t secret = house_create(&h, h.bob, "secret", "what", "s", NULL);
    str number = str_fmt(t->a, "%lld", (long long)secret);
    int64_t hidden = house_create(&h, h.bob, "note", "what", "n", "about", number.ptr, NULL);
    number = str_fmt(t->a, "%lld", (long long)h.amy);
    int64_t shown = house_create(&h, h.bob, "note", "what", "n", "about", number.ptr, NULL);
    const struct {
        int64_t actor, note, id;
        const char *type, *name;
    } rows[] = {{h.amy, hidden, secret, NULL, ""},
                {h.bob, hidden, secret, "secret", "s"},
                {h.amy, shown, h.amy, "person", "amy"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ctx ctx = house_ctx(&h, rows[i].actor);
        struct record rec;
        dbs_ok(record_get(&ctx, house_type(&h, "note"), rows[i].note, &rec));
        assert_about(&h, &rec, rows[i].type, rows[i].id, rows[i].name);
        struct list_query q = {.type = house_type(&h, "note")};
        struct list_page page;
        dbs_ok(list_page(&ctx, &q, &page));
        assert_int_equal(page.nrows, 2);
        const struct record *r = &page.rows[page.rows[0].id == rows[i].note ? 0 : 1];
        assert_about(&h, r, rows[i].type, rows[i].id, rows[i].name);
    }
}

static void a_reference_to_any_type_is_told_by_name(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, any_body);
}

/* "x,x, ... ,last": as many values as wanted, none left out unsaid. */
static str values(struct arena *a, int n, const char *last)
{
    struct buf b = buf_make(a, 1 << 16);
    for (int i = 1; i < n; i++) {
        BUF_LIT(&b, "left,");
    }
    buf_put(&b, str_from(last));
    return buf_str(&b);
}

static void many_values(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct list_page page;
    struct list_query q = {.type = house_type(&h, "person"), .nwhere = 1};
    q.where[0].field = STR("state");
    for (int n = 1; n <= 70; n += 23) {
        q.where[0].value = values(t->a, n, "active");
        dbs_ok(list_page(&ctx, &q, &page));
        assert_int_equal(page.nrows, 5);
    }
    q.where[0].value = values(t->a, 200, "active");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
}

static void of_many_values_none_is_left_out(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, many_values);
}

static void what_names_nothing_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, unknown_names);
}

/* A reference to a record of any type has an id, and nothing else that could be asked. */
static void any_reference(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    struct ctx ctx = house_ctx(&h, h.amy);
    int64_t post = house_create(&h, 0, "post", "person", house_text(&h, h.amy), "position", "head",
                                "unit", house_text(&h, h.north), "of", house_text(&h, h.bob), NULL);
    assert_done(&h, post);
    house_appoint(&h, h.bob, "head", h.south);
    struct list_page page;
    struct list_query q = {.type = house_type(&h, "post"), .limit = 10};
    q.filter = str_fmt(t->a, "of.id in [1, %lld]", (long long)h.bob);
    dbs_ok(list_page(&ctx, &q, &page));
    assert_int_equal(page.nrows, 1);
    assert_int_equal(page.rows[0].id, post);
    q.filter = STR("of.name == 'bob'");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
}

static void a_reference_to_anything_has_an_id(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, any_reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_says_how_far_it_looked_and_goes_on_from_there),
        cmocka_unit_test(what_names_nothing_is_refused),
        cmocka_unit_test(of_many_values_none_is_left_out),
        cmocka_unit_test(a_reference_to_anything_has_an_id),
        cmocka_unit_test(a_reference_to_any_type_is_told_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
