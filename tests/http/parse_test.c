/* The parsers of http, by tables: what they take, and what they refuse. */
#include "http/http_int.h"

#include "support/test.h"

#include <string.h>

static struct arena arena(void)
{
    return arena_make(8 << 20);
}

/* "name=value;" of each parameter, so that a table can hold it. */
static str flat(struct arena *a, const struct http_params *p)
{
    str all = STR("");
    for (size_t i = 0; i < p->len; i++) {
        all = str_fmt(a, "%.*s%.*s=%.*s;", STR_ARG(all), STR_ARG(p->ptr[i].name),
                      STR_ARG(p->ptr[i].value));
    }
    return all;
}

static void check_flat(struct arena *a, const char *what, bool ok, const struct http_params *p,
                       const char *want)
{
    if (ok != (want != NULL)) {
        fail_msg("%s: %s", what, ok ? "taken" : "refused");
    }
    if (want && !str_eq(flat(a, p), str_from(want))) {
        fail_msg("%s: %.*s", what, STR_ARG(flat(a, p)));
    }
}

static void forms_are_decoded_or_refused(void **state)
{
    static const struct {
        const char *in, *want; /* want NULL: refused */
    } rows[] = {
        {"", ""},
        {"a=1&b=2", "a=1;b=2;"},
        {"a=1&a=2", "a=1;a=2;"},
        {"a", "a=;"},
        {"a=", "a=;"},
        {"=b", "=b;"},
        {"a=b=c", "a=b=c;"},
        {"&&a=1&&", "a=1;"},
        {"a=1+2", "a=1 2;"},
        {"a=%31%2b", "a=1+;"},
        {"%61=1", "a=1;"},
        {"a=%E6%89%93", "a=\xe6\x89\x93;"},
        {"a=%E6%89", NULL},    /* half a character */
        {"a=%C0%AF", NULL},    /* overlong */
        {"a=%ED%A0%80", NULL}, /* a surrogate */
        {"a=%", NULL},
        {"a=%1", NULL},
        {"a=%g1", NULL},
        {"a=\xff", NULL},
    };
    (void)state;
    struct arena a = arena();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_params p = {0};
        bool ok = http_parse_form(&a, str_from(rows[i].in), &p);
        check_flat(&a, rows[i].in, ok, &p, rows[i].want);
    }
    arena_end(&a);
}

static void a_form_holds_two_thousand_parameters_and_no_more(void **state)
{
    (void)state;
    struct arena a = arena();
    char *body = arena_bytes(&a, 2 * (HTTP_PARAMS_MAX + 1));
    for (int i = 0; i <= HTTP_PARAMS_MAX; i++) {
        memcpy(body + 2 * i, "a&", 2);
    }
    struct http_params p;
    assert_true(http_parse_form(&a, str_from_n(body, 2 * HTTP_PARAMS_MAX - 1), &p));
    assert_int_equal(p.len, HTTP_PARAMS_MAX);
    assert_false(http_parse_form(&a, str_from_n(body, 2 * HTTP_PARAMS_MAX + 1), &p));
    arena_end(&a);
}

static void cookies_are_pairs(void **state)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"", ""},  {"a=1", "a=1;"},     {"a=1; b=2", "a=1;b=2;"}, {" a = 1 ;b=2;", "a=1;b=2;"},
        {"a", ""}, {"=1; b=2", "b=2;"}, {"a=b=c", "a=b=c;"},
    };
    (void)state;
    struct arena a = arena();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_params p = {0};
        bool ok = http_parse_cookies(&a, str_from(rows[i].in), &p);
        check_flat(&a, rows[i].in, ok, &p, rows[i].want);
    }
    arena_end(&a);
}

static void targets_are_paths_of_ours(void **state)
{
    static const struct {
        const char *in, *path; /* path NULL: refused */
    } rows[] = {
        {"/", "/"},
        {"/r/fault?a=1", "/r/fault"},
        {"/r/%E6%89%93", "/r/\xe6\x89\x93"},
        {"/a+b", "/a+b"},
        {"", NULL},
        {"*", NULL},
        {"http://x/", NULL},
        {"r/fault", NULL},
        {"/../x", NULL},
        {"/a/./b", NULL},
        {"/%2e%2e/x", NULL},
        {"/a%2fb", NULL},
        {"/a%2Fb", NULL},
        {"/a%00b", NULL},
        {"/a%0ab", NULL},
        {"/a%7fb", NULL},
        {"/%ff", NULL},
        {"/%", NULL},
        {"/?%", NULL},
    };
    (void)state;
    struct arena a = arena();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request req = {0};
        bool ok = http_parse_target(&a, str_from(rows[i].in), &req);
        if (ok != (rows[i].path != NULL) || (ok && !str_eq(req.path, str_from(rows[i].path)))) {
            fail_msg("%s: %s %.*s", rows[i].in, ok ? "taken as" : "refused", STR_ARG(req.path));
        }
    }
    arena_end(&a);
}

#define PART(name, more, content) \
    "--cut\r\nContent-Disposition: form-data; name=" name more "\r\n\r\n" content "\r\n"

static void multipart_is_whole_or_refused(void **state)
{
    static const struct {
        const char *type, *in, *want; /* fields, then files as name=filename:bytes; */
    } rows[] = {
        {"multipart/form-data; boundary=cut", PART("\"a\"", "", "1") "--cut--", "a=1;"},
        {"multipart/form-data; boundary=\"cut\"", PART("a", "", "1") "--cut--\r\n", "a=1;"},
        {"multipart/form-data; boundary=cut",
         PART("\"f\"", "; filename=\"C:\\\\dir/x.png\"\r\nContent-Type: image/png",
              "bytes") "--cut--",
         "f=x.png:bytes;"},
        {"multipart/form-data; boundary=cut", PART("\"f\"", "; filename=\"\"", "") "--cut--",
         ""}, /* no file was chosen */
        {"multipart/form-data; boundary=cut", PART("\"f\"", "; filename=\"\"", "bytes") "--cut--",
         "f=:bytes;"},
        {"multipart/form-data; boundary=cut", PART("\"a\"", "", "x\r\n--cu") "--cut--",
         "a=x\r\n--cu;"},
        {"multipart/form-data", PART("\"a\"", "", "1") "--cut--", NULL},
        {"multipart/form-data; boundary=", PART("\"a\"", "", "1") "--cut--", NULL},
        {"multipart/form-data; boundary=cut", "", NULL},
        {"multipart/form-data; boundary=cut", PART("\"a\"", "", "1"), NULL},
        {"multipart/form-data; boundary=cut", "--cut\r\n\r\n1\r\n--cut--", NULL},
        {"multipart/form-data; boundary=cut", "--cut\r\nX: y\r\n\r\n1\r\n--cut--", NULL},
        {"multipart/form-data; boundary=cut", PART("\"a\"", "", "\xff") "--cut--", NULL},
        {"multipart/form-data; boundary=cut", PART("\"\xff\"", "", "1") "--cut--", NULL},
        {"multipart/form-data; boundary=other", PART("\"a\"", "", "1") "--cut--", NULL},
    };
    (void)state;
    struct arena a = arena();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_params p = {0};
        struct http_files f = {0};
        bool ok = http_parse_multipart(&a, str_from(rows[i].type), str_from(rows[i].in), &p, &f);
        struct http_param all[8];
        size_t n = 0;
        for (; n < p.len; n++) {
            all[n] = p.ptr[n];
        }
        for (size_t k = 0; k < f.len; k++, n++) {
            all[n].name = f.ptr[k].name;
            all[n].value =
                str_fmt(&a, "%.*s:%.*s", STR_ARG(f.ptr[k].filename), STR_ARG(f.ptr[k].bytes));
        }
        struct http_params both = {all, n};
        check_flat(&a, rows[i].in, ok, &both, rows[i].want);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_decoded_or_refused),
        cmocka_unit_test(a_form_holds_two_thousand_parameters_and_no_more),
        cmocka_unit_test(cookies_are_pairs),
        cmocka_unit_test(targets_are_paths_of_ours),
        cmocka_unit_test(multipart_is_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
