/* Search and what concerns one person: words of two Chinese characters, one's own
 * record at once, nothing one may not see; tasks, notifications, boxes. */
#include "engine/desk.h"

#include "house.h"

#include <string.h>

static const char letters[] =
    "regulation: letters\n"
    "title: {zh: 信, en: Letters}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  letter:\n"
    "    title: {zh: 信件, en: Letter}\n"
    "    number: \"X-{seq:3}\"\n"
    "    name: \"{subject}\"\n"
    "    see: creator or post('keeper')\n"
    "    fields:\n"
    "      subject: {type: text, max: 100, zh: 题, en: Subject}\n"
    "      body: {type: text, max: 1000, zh: 文, en: Body}\n"
    "      secret: {type: text, max: 100, see: post('keeper'), zh: 密, en: Secret}\n"
    "    states:\n"
    "      written: {zh: 已写, en: Written, next: [answer]}\n"
    "      answered: {zh: 已答, en: Answered, final: true}\n"
    "    actions:\n"
    "      write: {to: written, who: everyone, asks: [subject], may: [body, secret], clause: c}\n"
    "      answer: {from: written, to: answered, who: post('keeper'), clause: c, effects: "
    "[{notify: "
    "{to: creator, zh: 已答复, en: Answered}}]}\n";

static int64_t letter(struct house *h, int64_t who, const char *subject, const char *body)
{
    int64_t id = house_create(h, who, "letter", "subject", subject, "body", body, NULL);
    assert_done(h, id);
    return id;
}

/* How many records are found; *first: the newest of them. */
static size_t search(struct house *h, int64_t who, const char *words, int64_t *first)
{
    struct ctx ctx = house_ctx(h, who);
    struct search_hit *hits;
    size_t n;
    size_t records = 0;
    int64_t older;
    dbs_ok(desk_search(&ctx, str_from(words), NULL, 0, &hits, &n, &older));
    for (size_t i = 0; i < n; i++) {
        if (hits[i].kind == HIT_RECORD) {
            if (records++ == 0 && first) {
                *first = hits[i].rec.id;
            }
            assert_true(hits[i].rec.visible && hits[i].rec.name.len);
        }
    }
    return records;
}

static void words(struct dbs *t)
{
    struct house h = house_make(t, letters);
    house_appoint(&h, h.eve, "keeper", h.top);
    int64_t a = letter(&h, h.amy, "打印机卡纸", "财务科的打印机不能用了");
    int64_t b = letter(&h, h.bob, "Printer jam", "no paper, the PRINTER says");
    int64_t c = letter(&h, h.amy, "网络", "打字机与印泥");
    int64_t first = 0;
    for (int indexed = 0; indexed < 2; indexed++) {
        /* at once, through the queue; and the same from the index */
        assert_int_equal(search(&h, h.amy, "打印", &first), 1);
        assert_int_equal(first, a);
        assert_int_equal(search(&h, h.amy, "卡纸", &first), 1);
        assert_int_equal(search(&h, h.amy, "财务", &first), 1);
        assert_int_equal(search(&h, h.amy, "印泥", &first), 1);
        assert_int_equal(first, c);
        assert_int_equal(search(&h, h.amy, "字机", NULL), 1);
        assert_int_equal(search(&h, h.amy, "纸打", NULL), 0);
        assert_int_equal(search(&h, h.bob, "printer", &first), 1);
        assert_int_equal(first, b);
        /* what one may not see is not found, whoever wrote it */
        assert_int_equal(search(&h, h.bob, "打印", NULL), 0);
        assert_int_equal(search(&h, h.cat, "打印", NULL), 0);
        assert_int_equal(search(&h, h.eve, "打印", NULL), 1);
        engine_tick(h.e, h.now);
        assert_int_equal(house_i64(&h, SQL("select count(*) from search_queue"), NO_ARGS), 0);
    }
    assert_int_equal(search(&h, h.amy, "", NULL), 0);
    assert_int_equal(search(&h, h.amy, "  ", NULL), 0);
    assert_int_equal(search(&h, h.amy, "'\" * ( ) not and", NULL), 0);
}

static void chinese_words_are_found_at_once_and_only_where_seen(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, words);
}

static void hidden(struct dbs *t)
{
    struct house h = house_make(t, letters);
    house_appoint(&h, h.eve, "keeper", h.top);
    assert_done(&h,
                house_create(&h, h.amy, "letter", "subject", "一事", "secret", "机密词语", NULL));
    for (int indexed = 0; indexed < 2; indexed++) {
        assert_int_equal(search(&h, h.amy, "机密", NULL), 0);
        assert_int_equal(search(&h, h.eve, "机密", NULL), 0); /* hidden from some: in no text */
        assert_int_equal(search(&h, h.amy, "一事", NULL), 1);
        engine_tick(h.e, h.now);
    }
}

static void fields_hidden_from_some_are_in_no_text(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, hidden);
}

static void many(struct dbs *t)
{
    struct house h = house_make(t, letters);
    house_appoint(&h, h.eve, "keeper", h.top);
    for (int i = 0; i < 75; i++) {
        letter(&h, i % 3 ? h.bob : h.amy, "打印机", str_fmt(h.a, "第 %d 号", i).ptr);
        if (i == 60) {
            engine_tick(h.e, h.now); /* the later ones wait */
        }
    }
    struct ctx ctx = house_ctx(&h, h.amy);
    struct search_hit *hits;
    size_t n;
    int64_t older = 0;
    size_t all = 0;
    int64_t last = INT64_MAX;
    for (int page = 0; page < 10; page++) {
        struct db_counts before = db_counts(house_db(&h));
        dbs_ok(desk_search(&ctx, STR("打印"), NULL, older, &hits, &n, &older));
        struct db_counts after = db_counts(house_db(&h));
        assert_true(after.statements - before.statements <= 10);
        for (size_t i = 0; i < n; i++) {
            if (hits[i].kind == HIT_RECORD) {
                assert_true(hits[i].rec.id < last); /* newest first, each once */
                last = hits[i].rec.id;
                all++;
            }
        }
        if (!older) {
            break;
        }
    }
    assert_int_equal(all, 25);
}

static void hits_come_newest_first_in_pages(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, many);
}

/* --- tasks, notifications ---------------------------------------------------------------- */

static size_t box(struct house *h, int64_t who, enum desk_box which)
{
    struct ctx ctx = house_ctx(h, who);
    struct task_row *rows;
    size_t n;
    str next;
    dbs_ok(desk_tasks(&ctx, which, STR(""), 50, &rows, &n, &next));
    return n;
}

static void desk(struct dbs *t)
{
    struct house h = house_make(t, letters);
    int64_t post = house_appoint(&h, h.eve, "keeper", h.top);
    int64_t a = letter(&h, h.amy, "一", "x");
    int64_t b = letter(&h, h.bob, "二", "x");
    assert_int_equal(box(&h, h.eve, DESK_TODO), 2);
    assert_int_equal(box(&h, h.amy, DESK_TODO), 0);
    assert_int_equal(box(&h, h.amy, DESK_MINE), 1);
    assert_int_equal(box(&h, h.cat, DESK_MINE), 0);
    assert_done(&h, house_do(&h, h.eve, "letter", a, "answer", NULL));
    assert_int_equal(box(&h, h.eve, DESK_TODO), 1);
    assert_int_equal(box(&h, h.eve, DESK_DONE), 1);
    /* told, and only he; read once he says so */
    struct ctx ctx = house_ctx(&h, h.amy);
    struct notification_row *list;
    size_t n;
    dbs_ok(desk_notifications(&ctx, 0, 50, &list, &n));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].rec.id, a);
    assert_int_equal(list[0].read_at, 0);
    ctx = house_ctx(&h, h.bob);
    dbs_ok(desk_notifications(&ctx, 0, 50, &list, &n));
    assert_int_equal(n, 0);
    /* tasks follow appointments */
    assert_done(&h, house_do(&h, 0, "post", post, "end", NULL));
    house_appoint(&h, h.dan, "keeper", h.top);
    for (int i = 0; i < 20; i++) {
        engine_tick(h.e, h.now);
    }
    assert_int_equal(box(&h, h.eve, DESK_TODO), 0);
    assert_int_equal(box(&h, h.dan, DESK_TODO), 1);
    assert_done(&h, house_do(&h, h.dan, "letter", b, "answer", NULL));
    assert_int_equal(box(&h, h.dan, DESK_TODO), 0);
    assert_int_equal(house_i64(&h, SQL("select count(*) from task"), NO_ARGS), 0);
}

static void tasks_follow_states_and_appointments(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_words_are_found_at_once_and_only_where_seen),
        cmocka_unit_test(fields_hidden_from_some_are_in_no_text),
        cmocka_unit_test(hits_come_newest_first_in_pages),
        cmocka_unit_test(tasks_follow_states_and_appointments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
