/* approve_view_may.c - what the actor may do with an approval now: the machine itself is
 * asked, on a copy that is thrown away. */
#include "base/arena.h"
#include "engine/approve_view_int.h"

/* Own seats that are tried, and seats added by oneself: more than anybody has. */
enum { OWN_MAX = 8, TRIED_MAX = 40, SCRATCH = 32 << 20 };

/* Somebody who has no part in anything: stands for whom the actor will choose. */
#define ANYBODY INT64_MAX

static bool applies(void *arg, int node)
{
    (void)arg;
    (void)node;
    return true;
}

static int people(void *arg, int node, int64_t *ret, int max)
{
    (void)arg;
    (void)node;
    (void)ret;
    (void)max;
    return 0;
}

static bool may_sit(void *arg, int node, int64_t person)
{
    (void)arg;
    (void)node;
    (void)person;
    return true;
}

static int64_t nobody(void *arg, int64_t person)
{
    (void)arg;
    (void)person;
    return 0;
}

static int64_t nobody_for(void *arg, int node)
{
    (void)arg;
    (void)node;
    return 0;
}

static int64_t no_admin(void *arg)
{
    (void)arg;
    return 0;
}

static int64_t due(void *arg, int64_t from, int64_t length)
{
    (void)arg;
    return from + length;
}

static int64_t worked(void *arg, int64_t from, int64_t to)
{
    (void)arg;
    return to - from;
}

static const struct approval_world somewhere = {.applies = applies,
                                                .people = people,
                                                .may_sit = may_sit,
                                                .superior = nobody,
                                                .substitute = nobody_for,
                                                .admin = no_admin,
                                                .proxy = nobody,
                                                .due = due,
                                                .worked = worked};

struct trial {
    const struct approval *ap;
    struct arena *scratch;
    struct approval_by by;
    const struct approval_hash *hash;
};

static void end_scratch(void *arg)
{
    arena_end(arg);
}

static struct approval *copy_of(const struct trial *t)
{
    const struct approval *from = t->ap;
    arena_reset(t->scratch);
    struct approval *ap = approval_new(t->scratch, from->plan, &somewhere, from->author);
    ap->state = from->state;
    ap->suspended = from->suspended;
    for (int i = 0; i < from->nrounds; i++) {
        *approval_add_round(ap) = from->rounds[i];
    }
    for (int i = 0; i < from->nruns; i++) {
        *approval_add_run(ap) = from->runs[i];
    }
    for (int i = 0; i < from->nseats; i++) {
        *approval_add_seat(ap) = from->seats[i];
    }
    for (int i = 0; i < from->nballots; i++) {
        *approval_add_ballot(ap) = from->ballots[i];
    }
    return ap;
}

/* --- seats ------------------------------------------------------------------------------- */

static void allow(uint32_t *may, enum approve_op op, enum approval_no no)
{
    *may |= no == NO_NONE ? UINT32_C(1) << op : 0;
}

static bool may_add(const struct trial *t, int seat, enum approval_origin where)
{
    int64_t one = ANYBODY;
    return approval_add(copy_of(t), t->by, seat, where, RULE_ALL, &one, 1, t->hash) == NO_NONE;
}

static void judge_own(const struct trial *t, struct approve_seat_view *s)
{
    int no = s->seat->no;
    allow(&s->may, APPROVE_VOTE, approval_cast(copy_of(t), t->by, no, VOTE_APPROVE, t->hash));
    if (approve_may(s->may, APPROVE_VOTE)) {
        s->before = may_add(t, no, ORIGIN_BEFORE);
        s->beside = may_add(t, no, ORIGIN_BESIDE);
        s->after = may_add(t, no, ORIGIN_AFTER);
        allow(&s->may, APPROVE_ADD, s->before || s->beside || s->after ? NO_NONE : NO_TOO_MANY);
    }
    allow(&s->may, APPROVE_CANCEL_ADD, approval_cancel_add(copy_of(t), t->by, no));
    allow(&s->may, APPROVE_ASK, approval_ask(copy_of(t), t->by, no, ANYBODY));
    allow(&s->may, APPROVE_ADVISE, approval_advise(copy_of(t), t->by, no));
    allow(&s->may, APPROVE_ASK_END, approval_ask_end(copy_of(t), t->by, no));
    allow(&s->may, APPROVE_RETURN, approval_return(copy_of(t), t->by, no, TO_AUTHOR));
    allow(&s->may, APPROVE_TAKE_BACK, approval_take_back(copy_of(t), t->by, no));
}

static bool own(const struct approval_seat *s, int64_t person)
{
    return s->principal == person || s->actor == person || s->asker == person;
}

static bool alive(const struct approval_seat *s)
{
    return s->state == SEAT_OPEN || s->state == SEAT_WAITING;
}

static bool added(const struct approval_seat *s)
{
    return s->depth > 0;
}

static void judge_seats(const struct trial *t, struct approve_seat_view *seats, int n)
{
    int tried = 0;
    int mine = 0;
    bool urges = t->by.person == t->ap->author || t->by.minds;
    for (int i = 0; i < n; i++) {
        struct approve_seat_view *s = &seats[i];
        const struct approval_run *r = &t->ap->runs[s->seat->run - 1];
        if (r->round != t->ap->nrounds) {
            continue; /* earlier rounds are over */
        }
        if (own(s->seat, t->by.person) && mine < OWN_MAX) {
            mine += alive(s->seat);
            judge_own(t, s);
        }
        bool moves = own(s->seat, t->by.person) || t->by.minds;
        if (alive(s->seat) && moves && tried < TRIED_MAX) {
            tried++;
            allow(&s->may, APPROVE_TRANSFER,
                  approval_transfer(copy_of(t), t->by, s->seat->no, ANYBODY, false));
        }
        if (alive(s->seat) && (added(s->seat) || t->by.minds) && tried < TRIED_MAX) {
            tried++;
            allow(&s->may, APPROVE_REMOVE, approval_remove(copy_of(t), t->by, s->seat->no));
        }
        if (urges && s->seat->state == SEAT_OPEN && tried < TRIED_MAX) {
            tried++;
            allow(&s->may, APPROVE_URGE, approval_urge(copy_of(t), t->by, s->seat->no));
        }
    }
}

/* --- the approval ---------------------------------------------------------------------------- */

static void judge_all(const struct trial *t, struct approve_view *v)
{
    allow(&v->may, APPROVE_WITHDRAW, approval_withdraw(copy_of(t), t->by));
    allow(&v->may, APPROVE_RESUBMIT, approval_submit(copy_of(t), t->by, t->hash, false));
    allow(&v->may, APPROVE_COPY, approval_copy_to(copy_of(t), t->by, ANYBODY));
    allow(&v->may, APPROVE_SUSPEND, approval_suspend(copy_of(t), t->by));
    allow(&v->may, APPROVE_RESUME, approval_resume(copy_of(t), t->by));
    allow(&v->may, APPROVE_PLACE, approval_place(copy_of(t), t->by, ANYBODY));
    enum approval_no jumps = approval_jump(copy_of(t), t->by, ANYBODY, t->ap->plan->n);
    allow(&v->may, APPROVE_JUMP_ASK, jumps);
    allow(&v->may, APPROVE_JUMP, v->jump ? jumps : NO_TWO_PERSONS);
    allow(&v->may, APPROVE_END, approval_end(copy_of(t), t->by));
}

static void put_targets(const struct ctx *ctx, struct approve_view *v)
{
    int most = v->ap->nruns + 1;
    int *list = arena_array(ctx->arena, int, (size_t)most);
    int n = approval_targets(v->ap, list, most);
    struct approve_target *to = arena_array(ctx->arena, struct approve_target, (size_t)most + 1);
    for (int i = 0; i < n && i < most; i++) {
        to[v->ntargets++] = (struct approve_target){
            .node = list[i],
            .key = str_fmt(ctx->arena, "%d", list[i] + 1),
            .words = approve_title_words(ctx->arena, v->action->route, list[i])};
    }
    to[v->ntargets++] = (struct approve_target){
        .node = TO_AUTHOR, .key = STR("author"), .words = WORDS("申请人", "The author")};
    v->targets = to;
}

void approve_judge(const struct ctx *ctx, struct approve_view *v, struct approve_seat_view *seats,
                   int n)
{
    bool lives = v->ap->state == APPROVAL_RUNNING || v->ap->state == APPROVAL_WITH_AUTHOR;
    bool asked = ctx->actor == v->ap->author || v->minds;
    allow(&v->may, APPROVE_READ, v->unread ? NO_NONE : NO_NO_RIGHT);
    allow(&v->may, APPROVE_RETRY, asked && v->trouble.zh.len ? NO_NONE : NO_NO_RIGHT);
    if (!ctx->actor || !lives || !v->ap->nrounds) {
        return;
    }
    struct arena *scratch = arena_new(ctx->arena, struct arena);
    *scratch = arena_make(SCRATCH);
    scratch->full = ctx->arena->full;
    scratch->full_arg = ctx->arena->full_arg;
    arena_defer(ctx->arena, end_scratch, scratch);
    struct trial t = {.ap = v->ap,
                      .scratch = scratch,
                      .by = {.person = ctx->actor, .minds = v->minds, .now = ctx->now},
                      .hash = &v->ap->rounds[v->ap->nrounds - 1].hash};
    judge_all(&t, v);
    judge_seats(&t, seats, n);
    put_targets(ctx, v);
    arena_end(scratch);
}

/* --- operations by name --------------------------------------------------------------------- */

static const struct {
    const char *key;
    struct words words;
} ops[] = {
#define OP_ROW(k, key, zh, en) [APPROVE_##k] = {key, WORDS_INIT(zh, en)},
    APPROVE_OPS(OP_ROW)
#undef OP_ROW
};

str approve_op_key(enum approve_op op)
{
    return str_from(ops[op].key);
}

struct words approve_op_words(enum approve_op op)
{
    return ops[op].words;
}

bool approve_op_find(str key, enum approve_op *ret)
{
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        if (str_eq(key, str_from(ops[i].key))) {
            *ret = (enum approve_op)i;
            return true;
        }
    }
    return false;
}

bool approve_op_has_seat(enum approve_op op)
{
    return op <= APPROVE_URGE;
}
