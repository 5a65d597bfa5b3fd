/* Conditions that would walk a whole table are reported at their place; those that
 * find their records by a field are not. */
#include "base/arena.h"
#include "engine/engine.h"
#include "engine/explain.h"
#include "model/load.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

static int64_t moment(void *arg)
{
    (void)arg;
    return 1767578400000;
}

static str changed(struct arena *a, str text, const char *old, const char *new)
{
    const char *at = memmem(text.ptr, text.len, old, strlen(old));
    assert_non_null(at);
    size_t n = (size_t)(at - text.ptr);
    return str_fmt(a, "%.*s%s%.*s", (int)n, text.ptr, new, (int)(text.len - n - strlen(old)),
                   at + strlen(old));
}

/* Our garden, and what its definition asks for beside it. */
static struct sources sources_of(struct arena *a, const char *old, const char *new)
{
    static const char *const folders[][2] = {{"regulations/organisation", "organisation"},
                                             {"regulations/routine", "routine"},
                                             {"tests/model/mistakes/garden", "garden"}};
    enum { N = sizeof(folders) / sizeof(folders[0]) };
    struct source *all = arena_array(a, struct source, N);
    for (size_t i = 0; i < N; i++) {
        err x = load_one(a, NULL, str_from(folders[i][0]), str_from(folders[i][1]), &all[i]);
        assert_int_equal(x.code, ERR_NONE);
    }
    all[N - 1].definition = changed(a, all[N - 1].definition, old, new);
    return (struct sources){.ptr = all, .len = N};
}

static struct diags open_with(struct arena *a, const char *old, const char *new)
{
    struct sources all = sources_of(a, old, new);
    struct diags d = diags_make(a);
    struct engine_options o = {.url = STR("sqlite::memory:"), .clock = moment};
    struct engine *e;
    err x = engine_open_memory(a, &all, &o, &d, &e);
    assert_true((x.code != ERR_NONE) == (d.errors > 0));
    return d;
}

static void scans_are_mistakes_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *what, *old, *new;
        int line, col; /* 0: none */
    } cases[] = {
        {"as it stands", "plot.state == 'free'", "plot.state == 'free'", 0, 0},
        {"by a reference", "plot.state == 'free'",
         "not exists(l in lease where l.plot == plot and l.state == 'running')", 0, 0},
        {"of a part", "plot.state == 'free'", "count(c in chores) == 0", 0, 0},
        {"a need", "plot.state == 'free'", "not exists(l in lease where l.rent > 3)", 115, 16},
        {"a rule", "ends <= starts + setting('lease.longest')",
         "count(l in lease where l.state == 'running') < 100", 105, 16},
        {"who", "who: tenant or auto", "who: people(l in lease where l.rent > 3, l.tenant) or auto",
         139, 14},
        {"who is told", "to: tenant, zh: 租约",
         "to: \"people(l in lease where l.rent > 3, l.tenant)\", zh: 租约", 182, 66},
        {"whether a node applies", "when: shared", "when: exists(l in lease where l.rent > 3)", 160,
         21},
        {"who sits in a node", "- who: role('auditor') or post('gardener')\n",
         "- who: \"people(l in lease where l.rent > 3, l.tenant)\"\n              not: "
         "role('auditor')\n",
         163, 21},
        {"who may not sit", "not: creator", "not: exists(l in lease where l.rent > 3)", 159, 20},
        {"who gets a copy", "late: reject",
         "copy: \"people(l in lease where l.rent > 3, l.tenant)\"", 162, 22},
        {"who is told after an approval", "en: The lease is longer, to: tenant",
         "en: The lease is longer, to: \"people(l in lease where l.rent > 3, l.tenant)\"", 169, 64},
        {"who approved", "ends <= starts + setting('lease.longest')",
         "not (tenant in approvers('extend'))", 0, 0},
        {"of a small type", "    follows: newest\n    name: \"{title}\"",
         "    follows: newest\n    small: true\n    name: \"{title}\"", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena a = arena_make(1u << 30);
        struct diags d = open_with(&a, cases[i].old, cases[i].new);
        bool found = !cases[i].line && !d.errors;
        for (size_t k = 0; k < d.len; k++) {
            const struct diag *x = &d.ptr[k];
            if (!x->warning) {
                str line = diag_print(&a, x, LANG_EN);
                found = found || (x->pos.line == cases[i].line && x->pos.col == cases[i].col &&
                                  str_has(x->words.en, STR("walks all records of")));
                if (!found) {
                    print_message("%s: %.*s\n", cases[i].what, STR_ARG(line));
                }
            }
        }
        if (!found) {
            fail_msg("%s", cases[i].what);
        }
        arena_end(&a);
    }
}

/* A list's branch is led by the index of its column, also of one that is never null. */
static void branches_have_their_index(void **state)
{
    (void)state;
    struct arena a = arena_make((size_t)1 << 30);
    struct sources all = sources_of(&a, "see: tenant or post('gardener')",
                                    "see: tenant or creator or post('gardener')");
    struct diags d = diags_make(&a);
    struct engine_options o = {.url = STR("sqlite::memory:"), .clock = moment};
    struct engine *e;
    assert_int_equal(engine_open_memory(&a, &all, &o, &d, &e).code, ERR_NONE);
    static const struct sql plans[] = {
        {.text = {"explain query plan select r.id from r_lease r where r.creator = $1 and"
                  " (r.changed_at, r.id) < ($2, $3) order by r.changed_at desc, r.id desc limit 51",
                  0}},
        {.text = {"explain query plan select r.id from r_lease r where r.f_tenant = $1 and"
                  " (r.changed_at, r.id) < ($2, $3) order by r.changed_at desc, r.id desc limit 51",
                  0}}};
    static const char *const wants[] = {"io_lease_creator (creator=?",
                                        "io_lease_f_tenant (f_tenant=?"};
    for (size_t i = 0; i < 2; i++) {
        struct sql sql = plans[i];
        sql.text.len = strlen(sql.text.ptr);
        struct rows r;
        err x = db_query(engine_db(e), &a, sql, ARGS(db_i64(1), db_i64(2), db_i64(3)), &r);
        assert_int_equal(x.code, ERR_NONE);
        bool found = false;
        while (rows_next(&r)) {
            found = found || str_has(rows_text(&r, 3), str_from(wants[i]));
        }
        assert_true(found);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scans_are_mistakes_at_their_place),
                                       cmocka_unit_test(branches_have_their_index)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
