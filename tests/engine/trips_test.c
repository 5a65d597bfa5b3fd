/* Round trips: at most four for an act outside its effects.  Counted on every
 * database (a batch is a trip on PostgreSQL), inside the writer's job, so that
 * what a group shares (its beginning, its commit) is left out. */
#include "engine/engine_int.h"
#include "engine/inst.h"

enum { TRIPS_MAX = 4 };

struct counted {
    struct writer_job job; /* first */
    struct act *act;
    struct db_counts counts;
};

static err counted_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct counted *c = (struct counted *)job;
    struct engine *e = world;
    struct ctx ctx =
        ctx_make(e, e->now.model->model, db, a, c->act->now, c->act->actor, c->act->lang);
    struct db_counts before = db_counts(db);
    err x = act_perform(&ctx, c->act);
    x = x.code ? x : db_flush(db, a);
    struct db_counts after = db_counts(db);
    c->counts = (struct db_counts){.trips = after.trips - before.trips,
                                   .statements = after.statements - before.statements};
    return x;
}

static void counted_done(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

/* Checked on a reader, performed by the writer; in[] are field, text pairs. */
static int64_t count_act(struct inst *in, const char *name, int64_t who, const char *type,
                         int64_t record, const char *action, const char *const *pairs, int64_t most)
{
    struct arena *a = in->t->life;
    struct act *act = arena_new(a, struct act);
    struct value_in *vals = arena_array(a, struct value_in, 12);
    *act = (struct act){.arena = a,
                        .actor = who,
                        .now = INST_NOW,
                        .lang = LANG_ZH,
                        .type = str_from(type),
                        .record = record,
                        .action = str_from(action),
                        .values = vals,
                        .key = str_fmt(a, "%s-%lld-%s", name, (long long)record, action)};
    act->record = record > 1 ? record : 0; /* 1: another new one */
    for (; pairs && pairs[act->nvalues * 2]; act->nvalues++) {
        vals[act->nvalues] = (struct value_in){.field = str_from(pairs[act->nvalues * 2]),
                                               .text = str_from(pairs[act->nvalues * 2 + 1])};
    }
    const struct model *m = engine_model(in->e);
    struct ctx ctx = ctx_make(in->e, m, in->db, a, INST_NOW, who, LANG_ZH);
    db_read_begin(in->db);
    struct db_counts r0 = db_counts(in->db);
    err e = act_check(&ctx, act);
    struct db_counts r1 = db_counts(in->db);
    db_read_end(in->db);
    engine_release(in->e, m);
    struct counted c = {.job = {.run = counted_run, .done = counted_done}, .act = act};
    e = e.code ? e : engine_run(in->e, &c.job);
    if (e.code) {
        fail_msg("%s: %s %.*s", name, err_name(e.code), STR_ARG(e.detail));
    }
    print_message("           %-12s check %lld trips, act %lld trips %lld statements\n", name,
                  (long long)(r1.trips - r0.trips), (long long)c.counts.trips,
                  (long long)c.counts.statements);
    if (c.counts.trips > most || r1.trips - r0.trips > 2) {
        fail_msg("%s takes %lld trips", name, (long long)c.counts.trips);
    }
    return act->ret_record;
}

static void acts(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    int64_t reporter = inst_person(&in, "li.lei");
    int64_t desk = inst_person(&in, "wu.tao");
    static const char *const report[] = {"summary", "打印机卡纸", "contact", "8832", NULL};
    static const char *const accept[] = {"verification", "属实", "category", "printing", NULL};
    static const char *const withdraw[] = {"withdraw_reason", "误报", NULL};
    /* What an action tells people is an effect: what it says, and whom: two trips.  The
     * first act of all reads the calendar once. */
    count_act(&in, "first", reporter, "fault", 0, "report", report, TRIPS_MAX + 2 + 1);
    int64_t a = count_act(&in, "report", reporter, "fault", 0, "report", report, TRIPS_MAX + 2);
    int64_t b = count_act(&in, "report", reporter, "fault", 1, "report", report, TRIPS_MAX + 2);
    count_act(&in, "accept", desk, "fault", a, "accept", accept, TRIPS_MAX + 2);
    count_act(&in, "withdraw", reporter, "fault", b, "withdraw", withdraw, TRIPS_MAX + 2);
}

static void an_act_takes_four_trips_outside_its_effects(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, acts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_takes_four_trips_outside_its_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
