#include "engine/crowd.h"

static void one_done(struct act *act)
{
    sem_post(((struct one *)act->user)->answered);
}

static void into_pool(struct crowd *c, int64_t id)
{
    assert_true(c->npool < (int)(sizeof(c->pool) / sizeof(c->pool[0])));
    c->pool[c->npool++] = id;
}

static int64_t from_pool(struct crowd *c)
{
    assert_true(c->npool > 0);
    return c->pool[--c->npool];
}

/* The act of what, record and serial: the same each time. */
static void write_act(struct crowd *c, struct one *o)
{
    struct arena *a = &o->arena;
    o->arena = arena_make(8 << 20);
    o->summary = str_fmt(a, "打印机卡纸 %lld", (long long)o->serial);
    o->act = (struct act){.arena = a,
                          .now = INST_NOW,
                          .lang = LANG_ZH,
                          .type = STR("fault"),
                          .record = o->record,
                          .actor = o->what == ACCEPT ? c->desk : c->reporter,
                          .values = o->values,
                          .key = str_fmt(a, "key-%lld", (long long)o->serial),
                          .done = one_done,
                          .user = o};
    switch (o->what) {
    case CREATE:
        o->act.action = STR("report");
        o->values[0] = (struct value_in){.field = STR("summary"), .text = o->summary};
        o->values[1] = (struct value_in){.field = STR("contact"), .text = STR("8832")};
        o->act.nvalues = 2;
        break;
    case ACCEPT:
        o->act.action = STR("accept");
        o->values[0] = (struct value_in){.field = STR("verification"), .text = STR("属实")};
        o->values[1] = (struct value_in){.field = STR("category"), .text = STR("printing")};
        o->act.nvalues = 2;
        break;
    case COMMENT:
        o->act.action = STR("comment");
        o->act.note = o->summary;
        break;
    case WITHDRAW:
        o->act.action = STR("withdraw");
        o->values[0] = (struct value_in){.field = STR("withdraw_reason"), .text = STR("误报")};
        o->act.nvalues = 1;
        break;
    }
}

void one_fill(struct crowd *c, struct one *o, enum what what, sem_t *answered)
{
    *o = (struct one){.what = what, .answered = answered, .serial = ++c->serial};
    o->record = what == CREATE ? 0 : from_pool(c);
    write_act(c, o);
}

void one_part(struct crowd *c, struct one *o)
{
    enum err_code code = o->act.result.code;
    arena_end(&o->arena);
    write_act(c, o);
    o->act.result.code = code;
}

/* How often the act happened, by everything it should have left. */
int64_t one_happened(struct crowd *c, struct one *o)
{
    int64_t keys = inst_i64(&c->in, SQL("select count(*) from idem where actor = $1 and key = $2"),
                            ARGS(db_i64(o->act.actor), db_text(o->act.key)));
    int64_t acts =
        o->what == CREATE
            ? inst_i64(&c->in,
                       SQL("select count(*) from act a join r_fault r on r.id = a.record"
                           " where r.f_summary = $1 and a.action = 'report'"),
                       ARGS(db_text(o->summary)))
            : inst_i64(&c->in,
                       SQL("select count(*) from act where record = $1 and action = $2"
                           " and coalesce(note, '') = $3"),
                       ARGS(db_i64(o->record), db_text(o->act.action), db_text(o->act.note)));
    assert_int_equal(keys, acts);
    return acts;
}

void one_check(struct crowd *c, struct one *o, bool may_fail)
{
    enum err_code code = o->act.result.code;
    bool good = code == ERR_NONE;
    if (!good && !may_fail) {
        fail_msg("%s: %.*s", err_name(code), STR_ARG(o->act.result.detail));
    }
    assert_true(good || code == ERR_BUSY || code == ERR_STORE || code == ERR_DISK);
    assert_int_equal(one_happened(c, o), good);
    c->good += good;
    if (good && o->what == CREATE) {
        int64_t id = inst_i64(&c->in, SQL("select id from r_fault where f_summary = $1"),
                              ARGS(db_text(o->summary)));
        assert_true(id == o->act.ret_record);
        into_pool(c, id);
    }
}

void one_settle(struct crowd *c, struct one *o)
{
    enum err_code code = o->act.result.code;
    int64_t was = one_happened(c, o);
    assert_true(code == ERR_NONE || code == ERR_BUSY || code == ERR_STORE || code == ERR_DISK);
    assert_true(code == ERR_NONE ? was == 1 : was <= 1);
    o->act.done = NULL;
    dbs_ok(act_call(c->in.e, &o->act));
    assert_int_equal(o->act.ret_repeated, was);
    assert_int_equal(one_happened(c, o), 1);
    c->good++;
    if (o->what == CREATE) {
        into_pool(c, o->act.ret_record);
    }
}

/* The same act once more under its key: done now if it was not, and never twice. */
void one_again(struct crowd *c, struct one *o)
{
    bool was = o->act.result.code == ERR_NONE;
    o->act.done = NULL;
    dbs_ok(act_call(c->in.e, &o->act));
    assert_int_equal(o->act.ret_repeated, was);
    assert_int_equal(one_happened(c, o), 1);
    if (!was && o->what == CREATE) {
        into_pool(c, o->act.ret_record);
    }
    c->good += !was;
}

/* Every fault has its number, and there is no number between that nobody has. */
void crowd_numbers(struct crowd *c)
{
    int64_t n = inst_i64(&c->in, SQL("select count(distinct number) from r_fault"), NO_ARGS);
    assert_int_equal(n, inst_i64(&c->in, SQL("select count(*) from r_fault"), NO_ARGS));
    int64_t last = inst_i64(
        &c->in, SQL("select max(cast(substr(number, 9) as integer)) from r_fault"), NO_ARGS);
    assert_int_equal(last, n);
    assert_int_equal(
        inst_i64(&c->in, SQL("select n from seq where prefix like '%GZ-2026-%'"), NO_ARGS), n);
}

void crowd_ledger(struct crowd *c)
{
    int64_t entries = inst_verify(&c->in);
    int64_t acts = inst_i64(&c->in, SQL("select count(*) from act"), NO_ARGS);
    int64_t laws = inst_i64(&c->in, SQL("select count(*) from law"), NO_ARGS);
    assert_int_equal(entries, acts + laws);
    assert_int_equal(inst_i64(&c->in, SQL("select count(distinct seq) from act"), NO_ARGS), acts);
}

void crowd_make(struct crowd *c, struct inst in)
{
    enum { FIRST = 16 };
    *c = (struct crowd){.in = in};
    c->reporter = inst_person(&c->in, "li.lei");
    c->desk = inst_person(&c->in, "wu.tao");
    sem_t answered;
    sem_init(&answered, 0, 0);
    for (int i = 0; i < FIRST; i++) {
        struct one o;
        one_fill(c, &o, CREATE, &answered);
        o.act.done = NULL;
        o.act.user = NULL;
        dbs_ok(act_call(c->in.e, &o.act));
        into_pool(c, o.act.ret_record);
        c->good++;
        arena_end(&o.arena);
    }
    sem_destroy(&answered);
}
