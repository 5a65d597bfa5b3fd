/* What is owed, as a calendar: where it cannot hold all, it says what is missing. */
#include "base/buf.h"
#include "connect/ical.h"
#include "engine/duties.h"
#include "engine/duty.h"
#include "engine/house.h"

#include <string.h>

static str feed(struct house *h, enum lang lang, bool mine)
{
    struct ctx ctx = house_ctx(h, h->amy);
    str text;
    ctx.lang = lang;
    dbs_ok(ical_duties(&ctx, STR("https://a.example"), STR("医院"), mine, &text));
    struct buf b = buf_make(h->a, 16 << 20);
    for (size_t i = 0; i < text.len; i++) { /* lines put together again */
        bool fold = i + 2 < text.len && memcmp(text.ptr + i, "\r\n ", 3) == 0;
        i += fold ? 2 : 0;
        if (!fold) {
            buf_put_c(&b, text.ptr[i]);
        }
    }
    return buf_str(&b);
}

static size_t times(str text, const char *part)
{
    size_t n = 0;
    for (const char *p = text.ptr; (p = strstr(p, part)) && p < text.ptr + text.len;
         p += strlen(part)) {
        n++;
    }
    return n;
}

static void all_of_it_body(struct dbs *t)
{
    struct house h = duties_house(t, MONTHLY);
    house_appoint(&h, h.amy, "keeper", h.top);
    house_clock(&h, duties_at("2026-02-02T09:00"));
    str text = feed(&h, LANG_ZH, false);
    assert_true(times(text, "BEGIN:VEVENT") > 2); /* February, and those foreseen */
    assert_false(str_has(text, STR("left-out@")));
}

/* More duties than one batch can ask about. */
static void more_than_can_be_foreseen_body(struct dbs *t)
{
    enum { MANY = BATCH_MAX + 40 };
    struct buf b = buf_make(t->life, 1 << 20);
    for (int i = 0; i < MANY; i++) {
        buf_put_fmt(&b,
                    "  q%d: {every: quarter, owner: post('keeper'), creates: check.begin,"
                    " with: {what: \"'q'\"}, clause: keeping, zh: 季, en: Q}\n",
                    i);
    }
    buf_put(&b, str_from_n("", 1));
    struct house h = duties_house(t, buf_str(&b).ptr);
    house_appoint(&h, h.amy, "keeper", h.top);
    house_clock(&h, duties_at("2026-01-20T10:00"));
    str text = feed(&h, LANG_ZH, false);
    assert_int_equal(times(text, "UID:left-out@https://a.example\r\n"), 1);
    assert_true(str_has(text, STR("DTSTART;VALUE=DATE:20260120\r\n"))); /* today */
    assert_true(str_has(text, STR("SUMMARY:定期职责日历没有列全\r\n")));
    assert_true(str_has(text, STR("DESCRIPTION:预计的没有列全：要推算的太多。\\n请看系统中的日历，"
                                  "或只订阅本人的：?mine=true。\r\n")));
    assert_true(str_has(text, STR("URL:https://a.example/calendar\r\n")));
    text = feed(&h, LANG_EN, true);
    assert_true(str_has(text, STR("SUMMARY:This calendar of duties is not complete\r\n")));
    assert_true(str_has(text, STR("DESCRIPTION:Not all that is foreseen is in it: there is too much"
                                  " to reckon.\\nSee the calendar of the system.\r\n")));
}

/* More occurrences than it holds: it holds those due first. */
static void more_than_it_holds_body(struct dbs *t)
{
    enum { THINGS = ICAL_MOST / 2 + 1 };
    struct house h = duties_house(
        t, "  seen: {each: x in thing, every: month, owner: post('keeper'), creates: check.begin,"
           " with: {what: x.what}, clause: keeping, zh: 看, en: Seen}\n");
    for (int i = 0; i < THINGS; i++) {
        assert_done(&h, house_create(&h, h.amy, "thing", "what", house_text(&h, i), NULL));
    }
    house_clock(&h, duties_at("2026-02-01T08:00"));
    assert_false(str_has(feed(&h, LANG_EN, false), STR("Duty records:")));
    house_clock(&h, duties_at("2026-03-01T08:00"));
    str text = feed(&h, LANG_EN, false);
    assert_true(times(text, "/r/duty_run/") == ICAL_MOST);
    assert_int_equal(times(text, "UID:left-out@"), 1);
    assert_true(str_has(text, STR("DESCRIPTION:Duty records: only the first 2000 are in this "
                                  "calendar\\, those due until 2026-03-31.")));
}

#define EACH(name)                                  \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
EACH(all_of_it)
EACH(more_than_can_be_foreseen)
EACH(more_than_it_holds)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),
        cmocka_unit_test(more_than_can_be_foreseen),
        cmocka_unit_test(more_than_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
