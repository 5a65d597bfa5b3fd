/* What fmt_put knows it writes as snprintf does; what it does not know it leaves alone. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/fmt.h"

#include "support/test.h"

#include <string.h>

enum { CAP = 600 };

static size_t ours(char *to, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static size_t ours(char *to, size_t cap, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = fmt_put(to, cap, fmt, ap);
    va_end(ap);
    return n;
}

#define SAME(...)                                    \
    do {                                             \
        char a[CAP] = "", b[CAP];                    \
        size_t n = ours(a, CAP, __VA_ARGS__);        \
        int m = snprintf(b, sizeof(b), __VA_ARGS__); \
        assert_int_equal(n, m);                      \
        assert_memory_equal(a, b, n);                \
    } while (0)

static void same_as_printf(void **state)
{
    (void)state;
    static const long long numbers[] = {0,   1,         -1,        9,         10,        -10,
                                        255, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 20261125};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        long long v = numbers[i];
        SAME("%lld|%llu|%llx|%d|%u|%x", v, (unsigned long long)v, (unsigned long long)v, (int)v,
             (unsigned)v, (unsigned)v);
        SAME("%04lld|%02lld|%5lld|%08llx|%02d|%3d|%04d|%08x", v, v, v, (unsigned long long)v,
             (int)v, (int)v, (int)v, (unsigned)v);
        SAME("%zu|%zx", (size_t)v, (size_t)v);
    }
    SAME("%s", "");
    SAME("%s and %s", "打印机", "x");
    SAME("%.*s|%.*s|%.*s", 3, "abcdef", 0, "abc", 9, "abc");
    SAME("%.*s", -1, "abc");
    SAME("100%%|%c%c", 'a', '%');
    SAME("nothing");
    SAME("%s", "");
}

static void knows_its_limits(void **state)
{
    (void)state;
    char a[CAP];
    assert_true(ours(a, CAP, "%5s", "a") == FMT_UNKNOWN);
    assert_true(ours(a, CAP, "%-5d", 1) == FMT_UNKNOWN);
    assert_true(ours(a, CAP, "%.2f", 1.5) == FMT_UNKNOWN);
    assert_true(ours(a, CAP, "%.2s", "abc") == FMT_UNKNOWN);
    assert_true(ours(a, CAP, "%p", (void *)a) == FMT_UNKNOWN);
}

static void stops_at_the_bound(void **state)
{
    (void)state;
    char a[8];
    memset(a, '#', sizeof(a));
    assert_int_equal(ours(a, 4, "%s-%d", "abc", 12345), 9);
    assert_memory_equal(a, "abc-####", 8);
    assert_int_equal(ours(a, 0, "%s", "abc"), 3);
    assert_memory_equal(a, "abc-####", 8);
}

/* The callers: short and long, known and unknown. */
static void callers(void **state)
{
    (void)state;
    struct arena a = arena_make(1 << 20);
    char big[2000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    str s = str_fmt(&a, "%s|%-4d|%.1f", "a", 7, 2.5);
    assert_true(str_eq(s, STR("a|7   |2.5")));
    s = str_fmt(&a, "%s%d", big, 12);
    assert_int_equal(s.len, 2001);
    assert_memory_equal(s.ptr + 1998, "x12", 4); /* with its NUL */
    s = str_fmt(&a, "%.*s", 3, "abcdef");
    assert_memory_equal(s.ptr, "abc", 4);
    struct buf b = buf_make(&a, 3000);
    buf_put_fmt(&b, "%d,", 5);
    buf_put_fmt(&b, "%s", big);
    buf_put_fmt(&b, ",%-3d|", 5);
    s = buf_str(&b);
    assert_int_equal(s.len, 2 + 1999 + 5);
    assert_memory_equal(s.ptr + 2001, ",5  |", 6);
    arena_end(&a);
}

static void a_head_never_ends_within_a_character(void **state)
{
    (void)state;
    str s = STR("a制度");
    assert_int_equal(str_utf8_head(s, 0).len, 0);
    assert_int_equal(str_utf8_head(s, 3).len, 1);
    assert_int_equal(str_utf8_head(s, 4).len, 4);
    assert_int_equal(str_utf8_head(s, 6).len, 4);
    assert_int_equal(str_utf8_head(s, 7).len, 7);
    assert_int_equal(str_utf8_head(s, 100).len, 7);
    assert_int_equal(str_utf8_head(STR("\x80\x80\x80"), 2).len, 0); /* no UTF-8: no end in it */
    assert_int_equal(str_utf8_head(STR(""), 5).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_never_ends_within_a_character), cmocka_unit_test(same_as_printf),
        cmocka_unit_test(knows_its_limits), cmocka_unit_test(stops_at_the_bound),
        cmocka_unit_test(callers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
