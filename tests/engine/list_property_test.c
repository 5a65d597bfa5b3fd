/* Every list equals filtering record by record: random rules about who sees
 * what, random people and appointments, rows and filters; page after page, in
 * both directions, in every order, on both databases.
 *
 * Twice compared: with record_get, which asks `see` of one record, and with an
 * evaluator of the test's own (guess.h).  ZHIDU_SEED and ZHIDU_ROUNDS choose
 * others than the usual rounds.
 */
#include "engine/list.h"
#include "engine/record.h"

#include "things.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 3000 };

struct round {
    struct things x;
    uint64_t seed;
    int64_t lists, rows; /* compared */
};

/* --- one list ----------------------------------------------------------------------------- */

struct look {
    struct list_query q;
    const struct guess *filter;
    int by, value; /* a built filter; see built() */
};

/* The same filter as list_page knows it and as we judge it. */
static void built(struct round *r, struct look *k)
{
    static const char *const values[] = {"open", "waiting,done", "2", "a,c", "打", "true", "", ""};
    static const char *const fields[] = {"state", "state", "n", "kind", "s", "flag", "n", "owner"};
    static const enum list_op ops[] = {LIST_EQ,  LIST_NE, LIST_GE,    LIST_EQ,
                                       LIST_HAS, LIST_EQ, LIST_EMPTY, LIST_FILLED};
    k->by = guess_below(&r->x.w, 12);
    if (k->by < 8) {
        k->q.where[0].field = str_from(fields[k->by]);
        k->q.where[0].value = str_from(values[k->by]);
        k->q.where[0].op = ops[k->by];
        k->q.nwhere = 1;
    }
    k->q.open_only = k->by == 8;
    k->q.mine = k->by == 9;
    if (k->by == 10) {
        k->q.search = STR("机");
    }
}

static bool passes(const struct look *k, const struct guess_row *x, int64_t actor)
{
    switch (k->by) {
    case 0:
        return x->state == 0;
    case 1:
        return x->state == 0;
    case 2:
        return x->has_n && x->n >= 2;
    case 3:
        return x->kind == 0 || x->kind == 2;
    case 4:
        return x->s && strstr(x->s, "打");
    case 5:
        return x->has_flag && x->flag;
    case 6:
        return !x->has_n;
    case 7:
        return x->owner != 0;
    case 8:
        return x->state != 2;
    case 9:
        return x->creator == actor || x->owner == actor || x->helper == actor;
    case 10:
        return x->s && strstr(x->s, "机");
    default:
        return true;
    }
}

static bool later(const struct look *k, const struct guess_row *a, const struct guess_row *b)
{
    if (!k->q.order.len) {
        return a->changed != b->changed ? a->changed < b->changed : a->id < b->id;
    }
    return k->q.order.ptr[0] == '-' ? a->id < b->id : a->id > b->id;
}

/* What the list must be, in order; also counts what the filter leaves out. */
static int expected(struct round *r, int type, const struct look *k, int64_t actor, int64_t *ids,
                    int64_t *unknown)
{
    const struct guess_row *list[GUESS_ROWS];
    int n = 0;
    *unknown = 0;
    for (int i = 0; i < r->x.w.nrows; i++) {
        const struct guess_row *x = &r->x.w.rows[i];
        if (!guess_sees(&r->x.w, r->x.see[type], x, actor) || !passes(k, x, actor)) {
            continue;
        }
        enum truth t = k->filter ? guess_judge(&r->x.w, k->filter, x, actor) : YES;
        *unknown += t == UNKNOWN;
        if (t != YES) {
            continue;
        }
        int at = n++;
        for (; at > 0 && later(k, list[at - 1], x); at--) {
            list[at] = list[at - 1];
        }
        list[at] = x;
    }
    for (int i = 0; i < n; i++) {
        ids[i] = list[i]->id;
    }
    return n;
}

static void tell(struct round *r, int type, const struct look *k, int64_t actor, const char *what)
{
    struct buf b = buf_make(r->x.w.a, 1 << 16);
    guess_text(&b, r->x.see[type]);
    str base = STR("");
    struct buf bb = buf_make(r->x.w.a, 1 << 16);
    guess_text(&bb, r->x.see[0]);
    base = buf_str(&bb);
    str see = buf_str(&b);
    fail_msg("seed %llu, thing%d, actor %lld: %s\n  see: %.*s\n  thing0: %.*s\n  filter: %.*s"
             "\n  built %d order '%.*s' limit %d",
             (unsigned long long)r->seed, type, (long long)actor, what, STR_ARG(see), STR_ARG(base),
             STR_ARG(k->q.filter), k->by, STR_ARG(k->q.order), k->q.limit);
}

/* All pages one way; returns how many rows, and the cursor back from the last. */
static int walk(struct round *r, const struct ctx *ctx, struct look *k, bool back, str from,
                int64_t *ids, str *end, int64_t *left_out, int64_t *count)
{
    int n = 0;
    str cursor = from;
    for (int p = 0; p < PAGES_MAX; p++) {
        struct list_page page;
        k->q.cursor = cursor;
        dbs_ok(list_page(ctx, &k->q, &page));
        assert_true((int)page.nrows <= k->q.limit);
        if (p == 0) {
            *left_out = page.left_out;
            *count = page.count;
        }
        for (size_t i = 0; i < page.nrows; i++) { /* backwards: the page's last comes first */
            ids[n++] = page.rows[back ? page.nrows - 1 - i : i].id;
        }
        if (page.nrows) {
            const struct record *edge = &page.rows[back ? page.nrows - 1 : 0];
            *end =
                str_fmt(r->x.w.a, "p%lld.%lld", (long long)edge->changed_at, (long long)edge->id);
        }
        cursor = back ? page.prev : page.next;
        if (!cursor.len) {
            return n;
        }
    }
    tell(r, 0, k, ctx->actor, "the pages do not end");
    return 0;
}

static bool same(const int64_t *a, int na, const int64_t *b, int nb)
{
    return na == nb && memcmp(a, b, sizeof(*a) * (size_t)na) == 0;
}

static void compare(struct round *r, int type, int64_t actor)
{
    static const char *const orders[] = {"", "changed_at", "created_at", "-created_at"};
    int64_t want[GUESS_ROWS];
    int64_t have[GUESS_ROWS + 200];
    int64_t unknown;
    int64_t left_out;
    int64_t count;
    struct look k = {.q = {.type = house_type(&r->x.h, str_fmt(r->x.w.a, "thing%d", type).ptr)}};
    struct ctx ctx = house_ctx(&r->x.h, actor);
    struct arena side = arena_make(64 << 20);
    ctx.arena = &side;
    k.q.order = str_from(orders[guess_below(&r->x.w, 4)]);
    k.q.limit = r->x.w.nrows > 100 ? 50 : 1 + guess_below(&r->x.w, 12);
    k.q.count = true;
    k.by = 11;
    int shape = guess_below(&r->x.w, 4);
    if (shape & 1) {
        struct buf b = buf_make(r->x.w.a, 1 << 16);
        k.filter = guess_filter(&r->x.w);
        guess_text(&b, k.filter);
        k.q.filter = buf_str(&b);
    }
    if (shape & 2) {
        built(r, &k);
    }
    bool by_change = !k.q.order.len || k.q.order.ptr[1] == 'h';
    struct look sorted = k;
    sorted.q.order = by_change ? STR("") : k.q.order;
    int n = expected(r, type, &sorted, actor, want, &unknown);
    str end = STR("");
    int m = walk(r, &ctx, &k, false, STR(""), have, &end, &left_out, &count);
    if (!same(want, n, have, m)) {
        tell(r, type, &k, actor, "the list is another");
    }
    if (count != n) {
        tell(r, type, &k, actor, "the count is another");
    }
    if (k.filter && left_out != unknown) {
        tell(r, type, &k, actor, "the number left out is another");
    }
    /* From the last page's beginning back to the first. */
    if (n) {
        int64_t back[GUESS_ROWS + 200];
        int at = (n - 1) / k.q.limit * k.q.limit; /* rows before the last page */
        m = walk(r, &ctx, &k, true, end, back, &end, &left_out, &count);
        for (int i = 0; i < m / 2; i++) {
            int64_t t = back[i];
            back[i] = back[m - 1 - i];
            back[m - 1 - i] = t;
        }
        if (!same(want, at, back, m)) {
            tell(r, type, &k, actor, "the list is another backwards");
        }
    }
    r->lists++;
    r->rows += n;
    arena_end(&side);
}

/* record_get against our own evaluator: the ground the lists stand on. */
static void compare_records(struct round *r, int type, int64_t actor)
{
    const struct type *t = house_type(&r->x.h, str_fmt(r->x.w.a, "thing%d", type).ptr);
    struct ctx ctx = house_ctx(&r->x.h, actor);
    struct arena side = arena_make(64 << 20);
    ctx.arena = &side;
    for (int i = 0; i<r->x.w.nrows; i += r->x.w.nrows> 100 ? 37 : 1) {
        const struct guess_row *x = &r->x.w.rows[i];
        struct record rec;
        err e = record_get(&ctx, t, x->id, &rec);
        bool sees = e.code == ERR_NONE;
        assert_true(sees || e.code == ERR_NOT_FOUND);
        if (sees != guess_sees(&r->x.w, r->x.see[type], x, actor)) {
            struct look k = {.q = {.limit = (int)x->id}};
            print_message(
                "row %lld: owner %lld helper %lld place %lld base %lld n %d/%lld kind %d flag"
                " %d/%d due %d state %d altered %lld creator %lld\n",
                (long long)x->id, (long long)x->owner, (long long)x->helper, (long long)x->place,
                (long long)x->base, x->has_n, (long long)x->n, x->kind, x->has_flag, x->flag,
                x->has_due, x->state, (long long)x->altered[0], (long long)x->creator);
            for (int p = 0; p < r->x.w.nposts; p++) {
                print_message("post %s: %lld at %lld\n", r->x.w.posts[p].position,
                              (long long)r->x.w.posts[p].person, (long long)r->x.w.posts[p].unit);
            }
            tell(r, type, &k, actor, sees ? "a record is seen" : "a record is not seen");
        }
    }
    arena_end(&side);
}

/* --- rounds -------------------------------------------------------------------------------- */

static struct {
    uint64_t seed;
    int rows, lists;
    int64_t all_lists, all_rows;
} plan;

static void one_round(struct dbs *t)
{
    struct round *r = arena_new(t->life, struct round);
    r->seed = plan.seed;
    things_make(&r->x, t, plan.seed, plan.rows);
    for (int i = 0; i < THINGS_TYPES; i++) {
        for (int p = 0; p < GUESS_PEOPLE; p++) {
            compare_records(r, i, r->x.w.people[p]);
            for (int k = 0; k < plan.lists; k++) {
                compare(r, i, r->x.w.people[p]);
            }
        }
    }
    plan.all_lists += r->lists;
    plan.all_rows += r->rows;
}

static void rounds(enum dbs_which which, int n, int rows, int lists, uint64_t first)
{
    const char *seed = getenv("ZHIDU_SEED");
    const char *many = getenv("ZHIDU_ROUNDS");
    plan.rows = rows;
    plan.lists = lists;
    plan.all_lists = plan.all_rows = 0;
    first = seed ? strtoull(seed, NULL, 10) : first;
    n = many ? (int)strtol(many, NULL, 10) : n;
    for (int i = 0; i < n; i++) {
        plan.seed = first + (uint64_t)i;
        dbs_each(which, one_round);
    }
    print_message("           seeds %llu to %llu: %lld lists, %lld rows\n",
                  (unsigned long long)first, (unsigned long long)(first + (uint64_t)n - 1),
                  (long long)plan.all_lists, (long long)plan.all_rows);
    assert_true(plan.all_rows > 0);
}

static void every_list_equals_asking_record_by_record(void **state)
{
    (void)state;
    rounds(DBS_MEMORY, 40, 40, 4, 1);
}

static void on_postgresql_too(void **state)
{
    (void)state;
    rounds(DBS_MEMORY | DBS_PG, 8, 40, 3, 1001);
}

static void also_when_there_are_more_rows_than_a_window(void **state)
{
    (void)state;
    rounds(DBS_MEMORY | DBS_PG, 2, GUESS_ROWS, 1, 2001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_equals_asking_record_by_record),
        cmocka_unit_test(on_postgresql_too),
        cmocka_unit_test(also_when_there_are_more_rows_than_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
