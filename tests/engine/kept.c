#include "kept.h"

#include "engine/clock_int.h"

static const char papers[] =
    "regulation: papers\n"
    "title: {zh: 文稿, en: Papers}\n"
    "owner: keeper\n"
    "uses: [town]\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "types:\n"
    "  paper:\n"
    "    title: {zh: 文稿, en: Paper}\n"
    "    number: \"P-{seq:3}\"\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 事, en: What}\n"
    "    states:\n"
    "      open: {zh: 拟稿, en: Open}\n"
    "      filed: {zh: 归档, en: Filed, final: true}\n"
    "    actions:\n"
    "      write: {to: open, who: everyone, asks: [what], clause: c, zh: 拟, en: Write}\n"
    "      alter: {from: open, who: everyone, may: [what], clause: c, zh: 改, en: Alter}\n"
    "      file: {from: open, to: filed, who: everyone, clause: c, zh: 归档, en: File}\n";

struct house kept_house(struct dbs *t)
{
    return house_make(t, papers);
}

struct kept kept_make(struct house *h, struct sham *s)
{
    struct kept k = {.h = h, .s = s};
    const struct type *type = house_type(h, "paper");
    k.record = house_create(h, h->amy, "paper", "what", "words", NULL);
    assert_done(h, k.record);
    k.g = (struct approving){.record = k.record,
                             .law = 1,
                             .act = h->last_act,
                             .author = s->ap->author,
                             .opened_at = h->now,
                             .type = type,
                             .action = tdef_action(type->newest, STR("file")),
                             .ap = s->ap,
                             .new_ = true};
    assert_non_null(k.g.action);
    return k;
}

struct keeping {
    struct turn t;
    struct kept *k;
    int64_t person;
    kept_fn *op;
    void *arg;
    int times, done;
};

static err keep(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct keeping *x = (struct keeping *)job;
    struct kept *k = x->k;
    struct arena *mine = &k->s->arena;
    struct touched *paper;
    (void)world;
    struct ctx ctx =
        ctx_make(x->t.e, x->t.e->now.model->model, db, a, x->t.now, x->person, LANG_EN);
    struct doing *d = turn_begin(&x->t, &ctx, a, x->person, x->person);
    err e = perform_touch(d, k->g.type, k->record, &paper);
    for (int i = 0; !e.code && i < x->times; i++) {
        int rounds = k->s->ap->nrounds;
        if (!x->op(x->arg)) {
            continue;
        }
        if (k->s->ap->nrounds > rounds) {
            approve_hold_content(&k->g, str_fmt(mine, "content of round %d", rounds + 1));
        }
        k->acts++;
        struct approve_said said = {.act = 1000 + k->acts,
                                    .note = k->acts % 4 ? str_fmt(mine, "意见 %d", (int)k->acts)
                                                        : STR(""),
                                    .signature = k->acts % 3 ? STR("") : STR("signed")};
        e = approve_save(d, &k->g, &said);
        x->done++;
    }
    return e.code || !x->done ? e : perform_finish(d);
}

static void nothing(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

int kept_do(struct kept *k, int64_t person, int times, kept_fn *op, void *arg)
{
    struct keeping x = {
        .t = {.job = {.run = keep, .done = nothing}, .e = k->h->e, .now = k->h->now},
        .k = k,
        .person = person,
        .op = op,
        .arg = arg,
        .times = times};
    dbs_ok(engine_run(k->h->e, &x.t.job));
    return x.done;
}

struct approving kept_load(const struct kept *k)
{
    struct approving g;
    struct ctx ctx = house_ctx(k->h, 0);
    ctx.arena = &k->s->arena;
    dbs_ok(approve_find(&ctx, k->g.id, 0, &g));
    g.ap = approval_new(ctx.arena, &k->s->plan, &k->s->world, g.author);
    dbs_ok(approve_load(&ctx, &g));
    return g;
}

static void same_text(str a, str b)
{
    if (!str_eq(a, b)) {
        fail_msg("\"%.*s\" is not \"%.*s\"", STR_ARG(a), STR_ARG(b));
    }
}

static void same_rows(const char *what, const void *a, const void *b, int na, int nb, size_t size)
{
    if (na != nb) {
        fail_msg("%d and %d %s", na, nb, what);
    }
    for (int i = 0; i < na; i++) {
        if (memcmp((const char *)a + (size_t)i * size, (const char *)b + (size_t)i * size, size) !=
            0) {
            fail_msg("%s %d differs", what, i + 1);
        }
    }
}

void kept_same(const struct approving *a, const struct approving *b)
{
    const struct approval *x = a->ap;
    const struct approval *y = b->ap;
    same_rows("rounds", x->rounds, y->rounds, x->nrounds, y->nrounds, sizeof(*x->rounds));
    same_rows("runs", x->runs, y->runs, x->nruns, y->nruns, sizeof(*x->runs));
    same_rows("seats", x->seats, y->seats, x->nseats, y->nseats, sizeof(*x->seats));
    same_rows("votes", x->ballots, y->ballots, x->nballots, y->nballots, sizeof(*x->ballots));
    same_rows("copies", x->copies, y->copies, x->ncopies, y->ncopies, sizeof(*x->copies));
    assert_int_equal(x->state, y->state);
    assert_int_equal(x->suspended, y->suspended);
    assert_int_equal(x->event_base, y->event_base);
    assert_int_equal(x->nevents, y->nevents);
    assert_int_equal(x->author, y->author);
    assert_false(x->changed || y->changed);
    for (int i = 0; i < x->nrounds; i++) {
        same_text(a->contents[i], b->contents[i]);
    }
    for (int i = 0; i < x->nballots; i++) {
        assert_int_equal(a->said[i].act, b->said[i].act);
        same_text(a->said[i].note, b->said[i].note);
        same_text(a->said[i].signature, b->said[i].signature);
    }
    const int64_t own[2][8] = {{a->id, a->record, a->law, a->act, a->opened_at, a->ended_at,
                                a->next_at, (int64_t)a->carried},
                               {b->id, b->record, b->law, b->act, b->opened_at, b->ended_at,
                                b->next_at, (int64_t)b->carried}};
    assert_memory_equal(own[0], own[1], sizeof(own[0]));
    assert_ptr_equal(a->type, b->type);
    assert_ptr_equal(a->action, b->action);
    same_text(a->asked, b->asked);
    same_text(a->trouble.zh, b->trouble.zh);
    same_text(a->trouble.en, b->trouble.en);
}
