/* rights.c - every right, by generator: every route of the program, asked as
 * everybody about records of every type, held against what the definition says.
 *
 *   rights            all of it on SQLite, pairwise on PostgreSQL (ZHIDU_PG)
 *   rights --thin N   one in N of what is many
 */
#include "base/clock.h"
#include "engine/control.h"

#include "guarded.h"
#include "plants.h"
#include "support/fonts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACTS = 800 };

static void report(const struct probe *p, const char *where)
{
    int64_t all = 0;
    size_t n = 0;
    for (size_t i = 0; i < PROBE_ROUTES; i++) {
        all += p->asked[i] + p->at_door[i];
        n += p->asked[i] > 0;
    }
    printf("%s: %lld requests over %zu routes, as %zu people\n", where, (long long)all, n,
           p->s->npeople);
    for (size_t i = 0; i < p->nkinds; i++) {
        printf("  %-28s %8lld allowed %8lld refused\n", p->kinds[i].kind,
               (long long)p->kinds[i].allowed, (long long)p->kinds[i].refused);
    }
    printf(
        "  %lld answers looked through, %lld marks in them; %lld rights the oracle leaves open\n",
        (long long)p->scanned, (long long)p->marks, (long long)p->unclear);
    for (size_t i = 0; i < p->nfound; i++) {
        const struct find *f = &p->found[i];
        for (int64_t k = 0; k < f->n && k < 2; k++) {
            printf("  FOUND %s\n", f->said[k]);
        }
        printf("        %lld of this kind\n", (long long)f->n);
    }
    printf("  %lld finds\n", (long long)p->finds);
}

static int thin = 1;

/* So that their pages have records to show, or to keep back. */
static void judge_controls(struct site *s, struct arena *a)
{
    struct rows r;
    dbs_ok(control_run(s->e, s->db, a, SITE_NOW, false));
    dbs_ok(db_query(s->db, a, SQL("select count(*) from control_row"), NO_ARGS, &r));
    if (!rows_next(&r) || rows_i64(&r, 0) < 3) {
        fail_msg("too few records that break a control");
    }
}

/* One merely reads, today's acts alone: those on every third record are put ten days back. */
static void let_read(struct site *s, struct arena *a, const char *login)
{
    const struct model *m = engine_model(s->e);
    const struct type *t = model_type(m, STR("access"));
    int64_t today = ctx_make(s->e, m, s->db, a, SITE_NOW, 0, LANG_EN).today;
    dbs_ok(db_exec(s->db, a,
                   SQL("insert into r_access(id, number, name, state, law, ver, created_at,"
                       " changed_at, creator, f_person, f_purpose, f_starts, f_ends, f_since,"
                       " f_until) values (999, 'CY-1', '', $1, 1, 1, $2, $2, 0, $3, '', $4, $4, $4,"
                       " $4)"),
                   ARGS(db_i64(tdef_state(t->newest, STR("in_force"))->code), db_i64(SITE_NOW),
                        db_i64(site_person(s, login)->person), db_i64(today))));
    dbs_ok(
        db_exec(s->db, a, SQL("update act set at = at - 864000000 where record % 3 = 0"), NO_ARGS));
    engine_release(s->e, m);
}

static void every_right(struct dbs *t)
{
    struct sources src = site_sources(t->life);
    struct site s = site_make(t, &src);
    struct diags d = diags_make(t->life);
    const struct model *model = model_build(t->life, &src, &d);
    struct walk w = {.s = &s, .random = 88172645463325252u};
    site_admit_all(&s);
    walk_on(&w, model, ACTS);
    judge_controls(&s, t->life);
    let_read(&s, t->life, "liu.yang");
    struct facts f = facts_read(&s, t->life, model);
    struct probe p = probe_make(&s, &f, t->life);
    p.thin = t->which == DBS_PG ? thin * 17 : thin;
    static const struct {
        const char *name;
        void (*run)(struct probe *p);
    } parts[] = {{"desks", probe_desks}, {"records", probe_records},   {"files", probe_files},
                 {"lists", probe_lists}, {"searches", probe_searches}, {"acts", probe_acts},
                 {"doors", probe_doors}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int64_t began = clock_mono_us();
        parts[i].run(&p);
        printf("  %s %lld ms\n", parts[i].name, (long long)(clock_mono_us() - began) / 1000);
    }
    probe_guarded(&p, &src);
    probe_routes(&p);
    report(&p, t->name);
    probe_end(&p);
    s.http.worker_end(&s.app, s.seat);
    if (p.finds) {
        fail_msg("%lld finds", (long long)p.finds);
    }
}

static void every_right_is_what_the_definition_says(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, every_right);
}

static void plant_all(struct dbs *t)
{
    int planted;
    int found = plants_found(t, &planted);
    printf("%d of %d planted holes were found\n", found, planted);
    assert_int_equal(found, planted);
}

static void a_planted_hole_is_found(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, plant_all);
}

int main(int argc, char **argv)
{
    fonts_plain();
    if (argc > 2 && strcmp(argv[1], "--thin") == 0) {
        int64_t n = 0;
        thin = str_to_i64(str_from(argv[2]), &n) && n > 0 && n < 1000 ? (int)n : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_right_is_what_the_definition_says),
        cmocka_unit_test(a_planted_hole_is_found),
    };
    if (argc > 1 && strcmp(argv[1], "--plants") == 0) {
        cmocka_set_test_filter("a_planted*");
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    int n = (int)(sizeof(tests) / sizeof(tests[0]));
    printf("%d passed, %d failed\n", n - failed, failed);
    return failed != 0;
}
