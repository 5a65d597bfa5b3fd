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

#include "guess.h"

#include <stdlib.h>
#include <string.h>

enum { TYPES = 6, PAGES_MAX = 3000 };

struct round {
    struct house h;
    struct guess_world w;
    const struct guess *see[TYPES];
    uint64_t seed;
    int64_t lists, rows; /* compared */
};

/* --- the world ------------------------------------------------------------------------- */

static void put_type(struct buf *b, int i, str see)
{
    buf_put_fmt(
        b,
        "  thing%d:\n"
        "    title: {zh: 物, en: Thing}\n"
        "    name: \"{s}\"\n"
        "    see: \"%.*s\"\n"
        "    fields:\n"
        "      owner: {type: person, zh: 主, en: Owner}\n"
        "      helper: {type: person, zh: 助, en: Helper}\n"
        "      crew: {type: people, zh: 众, en: Crew}\n"
        "      place: {type: unit, zh: 处, en: Place}\n"
        "      base: {type: ref, to: thing0, zh: 基, en: Base}\n"
        "      n: {type: int, zh: 数, en: N}\n"
        "      kind: {type: choice, of: {a: {zh: 甲, en: A}, b: {zh: 乙, en: B}, c: {zh: 丙, en: "
        "C}}, zh: 类, en: Kind}\n"
        "      flag: {type: bool, zh: 旗, en: Flag}\n"
        "      due: {type: date, zh: 期, en: Due}\n"
        "      s: {type: text, max: 50, zh: 文, en: S}\n"
        "    states:\n"
        "      open: {zh: 开, en: Open}\n"
        "      waiting: {zh: 等, en: Waiting}\n"
        "      done: {zh: 毕, en: Done, final: true}\n"
        "    actions:\n"
        "      make: {to: open, who: everyone, may: [owner, helper, crew, place, base, n, kind, "
        "flag, due, s], clause: c, zh: 建, en: Make}\n"
        "      alter: {from: open, to: waiting, who: everyone, clause: c, zh: 改, en: Alter}\n"
        "      finish: {from: waiting, to: done, who: everyone, clause: c, zh: 毕, en: Finish}\n",
        i, STR_ARG(see));
}

static const char *definition(struct round *r)
{
    struct buf b = buf_make(r->w.a, 1 << 20);
    BUF_LIT(&b, "regulation: things\n"
                "title: {zh: 物, en: Things}\n"
                "owner: keeper\n"
                "uses: [town]\n"
                "posts:\n"
                "  keeper: {zh: 管理员, en: Keeper}\n"
                "types:\n");
    for (int i = 0; i < TYPES; i++) {
        struct buf see = buf_make(r->w.a, 1 << 16);
        r->see[i] = guess_see(&r->w, i == 0);
        guess_text(&see, r->see[i]);
        put_type(&b, i, buf_str(&see));
    }
    r->w.base_see = r->see[0];
    return buf_str(&b).ptr;
}

static int64_t one_of_us(struct round *r, int missing)
{
    return guess_below(&r->w, 10) < missing ? 0 : r->w.people[guess_below(&r->w, GUESS_PEOPLE)];
}

static void know_people(struct round *r)
{
    struct house *h = &r->h;
    struct guess_world *w = &r->w;
    static const char *const positions[] = {"head", "leader", "keeper", "auditor"};
    int64_t units[4] = {h->top, h->north, h->south, h->south_1};
    int64_t above[4] = {0, h->top, h->top, h->south};
    int64_t people[GUESS_PEOPLE] = {h->amy, h->bob, h->cat, h->dan, h->eve, 0};
    int64_t home[GUESS_PEOPLE] = {h->north, h->north, h->south, h->south_1, h->top, h->south_1};
    people[5] =
        house_create(h, 0, "person", "full_name", "fay", "unit", house_text(h, h->south_1), NULL);
    memcpy(w->units, units, sizeof(units));
    memcpy(w->above, above, sizeof(above));
    memcpy(w->people, people, sizeof(people));
    memcpy(w->home, home, sizeof(home));
    int n = guess_below(w, 9);
    for (int i = 0; i < n; i++) {
        struct guess_post *p = &w->posts[w->nposts++];
        p->person = w->people[guess_below(w, 5)];
        p->unit = units[guess_below(w, 4)];
        p->position = positions[guess_below(w, 4)];
        house_appoint(h, p->person, p->position, p->unit);
    }
    w->today = house_ctx(h, 0).today;
}

static void guess_rows(struct round *r, int n)
{
    static const char *const texts[] = {"abx", "打印机", "x", NULL, "机房", ""};
    struct guess_world *w = &r->w;
    w->rows = arena_array(w->a, struct guess_row, (size_t)n + 1);
    w->nrows = n;
    for (int i = 0; i < n; i++) {
        struct guess_row *x = &w->rows[i];
        x->id = 1000 + i * 3;
        x->created = HOUSE_NOW - (n - i) * 1000;
        x->changed = x->created + guess_below(w, 5) * 1000; /* several alike */
        x->creator = w->people[guess_below(w, GUESS_PEOPLE)];
        x->owner = one_of_us(r, 3);
        x->helper = one_of_us(r, 6);
        x->place = guess_below(w, 4) ? w->units[guess_below(w, 4)] : 0;
        x->base = guess_below(w, 3) ? 1000 + guess_below(w, n) * 3 : 0;
        x->ncrew = guess_below(w, 3);
        for (int k = 0; k < x->ncrew; k++) {
            x->crew[k] = w->people[(k * 2 + i) % GUESS_PEOPLE];
        }
        x->has_n = guess_below(w, 4) != 0;
        x->n = guess_below(w, 6);
        x->kind = guess_below(w, 4) - 1;
        x->has_flag = guess_below(w, 3) != 0;
        x->flag = guess_below(w, 2);
        x->has_due = guess_below(w, 3) != 0;
        x->due = w->today - 2 + guess_below(w, 5);
        x->s = texts[guess_below(w, 6)];
        x->state = guess_below(w, 3);
        x->altered[0] = guess_below(w, 4) ? 0 : w->people[guess_below(w, GUESS_PEOPLE)];
    }
}

static struct db_arg maybe(bool has, int64_t v)
{
    return has ? db_i64(v) : db_null_i64();
}

static struct sql insert_sql(struct round *r, const struct type *t)
{
    struct sqlb b = sqlb_make(r->w.a);
    SQLB_LIT(&b, "insert into ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b,
             "(id, name, state, law, ver, created_at, changed_at, creator, f_owner, f_helper,"
             " f_place, f_base, f_n, f_kind, f_flag, f_due, f_s) values ($1, $2, $3, 1, 1, $4, $5,"
             " $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    return sqlb_end(&b);
}

/* Straight into the tables: lists read nothing else. */
static void write_rows(struct round *r, int type)
{
    struct db *db = house_db(&r->h);
    const struct type *t = house_type(&r->h, str_fmt(r->w.a, "thing%d", type).ptr);
    struct sql put = insert_sql(r, t);
    struct sqlb lb = sqlb_make(r->w.a);
    SQLB_LIT(&lb, "insert into ");
    sqlb_ident(&lb, str_fmt(r->w.a, "l_thing%d__crew", type));
    SQLB_LIT(&lb, "(owner, target) values ($1, $2) on conflict do nothing");
    struct sql link = sqlb_end(&lb);
    const struct field *kind = tdef_field(t->newest, STR("kind"));
    for (int i = 0; i < r->w.nrows; i += 50) {
        struct batch *b = batch_begin(db, r->w.a);
        for (int k = i; k < i + 50 && k < r->w.nrows; k++) {
            const struct guess_row *x = &r->w.rows[k];
            static const char *const kinds[] = {"a", "b", "c"};
            int64_t code = x->kind < 0 ? 0 : field_choice(kind, str_from(kinds[x->kind]))->code;
            batch_add(b, put,
                      ARGS(db_i64(x->id), x->s ? db_text(str_from(x->s)) : db_text(STR("")),
                           db_i64(t->newest->states[x->state].code), db_i64(x->created),
                           db_i64(x->changed), db_i64(x->creator), maybe(x->owner, x->owner),
                           maybe(x->helper, x->helper), maybe(x->place, x->place),
                           maybe(x->base, x->base), maybe(x->has_n, x->n),
                           maybe(x->kind >= 0, code), maybe(x->has_flag, x->flag),
                           maybe(x->has_due, x->due),
                           x->s ? db_text(str_from(x->s)) : db_null_text()));
            for (int c = 0; c < x->ncrew; c++) {
                batch_add(b, link, ARGS(db_i64(x->id), db_i64(x->crew[c])));
            }
        }
        dbs_ok(batch_run(b));
    }
}

static void write_acts(struct round *r)
{
    for (int i = 0; i < r->w.nrows; i++) {
        const struct guess_row *x = &r->w.rows[i];
        if (x->altered[0]) {
            dbs_ok(db_exec(house_db(&r->h), r->w.a,
                           SQL("insert into act(id, seq, record, type, law, action, person,"
                               " principal, at, recorded, flags) values ($1, $1, $2, 0, 1,"
                               " 'alter', $3, 0, 1, 1, 0)"),
                           ARGS(db_i64(9000000 + i), db_i64(x->id), db_i64(x->altered[0]))));
        }
    }
}

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
    k->by = guess_below(&r->w, 12);
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
    for (int i = 0; i < r->w.nrows; i++) {
        const struct guess_row *x = &r->w.rows[i];
        if (!guess_sees(&r->w, r->see[type], x, actor) || !passes(k, x, actor)) {
            continue;
        }
        enum truth t = k->filter ? guess_judge(&r->w, k->filter, x, actor) : YES;
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
    struct buf b = buf_make(r->w.a, 1 << 16);
    guess_text(&b, r->see[type]);
    str base = STR("");
    struct buf bb = buf_make(r->w.a, 1 << 16);
    guess_text(&bb, r->see[0]);
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
            *end = str_fmt(r->w.a, "p%lld.%lld", (long long)edge->changed_at, (long long)edge->id);
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
    struct look k = {.q = {.type = house_type(&r->h, str_fmt(r->w.a, "thing%d", type).ptr)}};
    struct ctx ctx = house_ctx(&r->h, actor);
    struct arena side = arena_make(64 << 20);
    ctx.arena = &side;
    k.q.order = str_from(orders[guess_below(&r->w, 4)]);
    k.q.limit = r->w.nrows > 100 ? 50 : 1 + guess_below(&r->w, 12);
    k.q.count = true;
    k.by = 11;
    int shape = guess_below(&r->w, 4);
    if (shape & 1) {
        struct buf b = buf_make(r->w.a, 1 << 16);
        k.filter = guess_filter(&r->w);
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
    const struct type *t = house_type(&r->h, str_fmt(r->w.a, "thing%d", type).ptr);
    struct ctx ctx = house_ctx(&r->h, actor);
    struct arena side = arena_make(64 << 20);
    ctx.arena = &side;
    for (int i = 0; i<r->w.nrows; i += r->w.nrows> 100 ? 37 : 1) {
        const struct guess_row *x = &r->w.rows[i];
        struct record rec;
        err e = record_get(&ctx, t, x->id, &rec);
        bool sees = e.code == ERR_NONE;
        assert_true(sees || e.code == ERR_NOT_FOUND);
        if (sees != guess_sees(&r->w, r->see[type], x, actor)) {
            struct look k = {.q = {.limit = (int)x->id}};
            print_message(
                "row %lld: owner %lld helper %lld place %lld base %lld n %d/%lld kind %d flag"
                " %d/%d due %d state %d altered %lld creator %lld\n",
                (long long)x->id, (long long)x->owner, (long long)x->helper, (long long)x->place,
                (long long)x->base, x->has_n, (long long)x->n, x->kind, x->has_flag, x->flag,
                x->has_due, x->state, (long long)x->altered[0], (long long)x->creator);
            for (int p = 0; p < r->w.nposts; p++) {
                print_message("post %s: %lld at %lld\n", r->w.posts[p].position,
                              (long long)r->w.posts[p].person, (long long)r->w.posts[p].unit);
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
    r->w.random = plan.seed * 0x9E3779B97F4A7C15u + 1;
    r->w.a = t->life;
    for (int i = 0; i < 8; i++) {
        guess_random(&r->w);
    }
    r->h = house_make(t, definition(r));
    know_people(r);
    guess_rows(r, plan.rows);
    for (int i = 0; i < TYPES; i++) {
        write_rows(r, i);
    }
    write_acts(r);
    for (int i = 0; i < TYPES; i++) {
        for (int p = 0; p < GUESS_PEOPLE; p++) {
            compare_records(r, i, r->w.people[p]);
            for (int k = 0; k < plan.lists; k++) {
                compare(r, i, r->w.people[p]);
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

/* --- further than one request looks ----------------------------------------------------------- */

static void many_rows(struct dbs *t)
{
    enum { MANY = 26000 };
    struct round *r = arena_new(t->life, struct round);
    r->w.a = t->life;
    struct buf b = buf_make(t->life, 1 << 16);
    BUF_LIT(&b, "regulation: things\ntitle: {zh: 物, en: Things}\nowner: keeper\nuses: [town]\n"
                "posts:\n  keeper: {zh: 管理员, en: Keeper}\ntypes:\n");
    put_type(&b, 0, STR("n == 7 or owner and flag"));
    r->h = house_make(t, buf_str(&b).ptr);
    dbs_ok(
        db_exec(house_db(&r->h), t->a,
                SQL("with recursive c(i) as (select 1 union all select i + 1 from c where i < $1)"
                    " insert into r_thing0(id, name, state, law, ver, created_at, changed_at,"
                    " creator, f_n) select i, 'x', 1, 1, 1, i, i, 1, case when i in (2, 3, 300,"
                    " 21000) then 7 else 0 end from c"),
                ARGS(db_i64(MANY))));
    struct list_query q = {.type = house_type(&r->h, "thing0"), .limit = 2};
    struct ctx ctx = house_ctx(&r->h, r->h.amy);
    static const int64_t all[] = {21000, 300, 3, 2};
    int n = 0;
    int said = 0;
    for (int p = 0; p < 20; p++) {
        struct list_page page;
        dbs_ok(list_page(&ctx, &q, &page));
        for (size_t i = 0; i < page.nrows; i++) {
            assert_true(n < 4);
            assert_int_equal(page.rows[i].id, all[n++]);
        }
        said += page.searched_window;
        if (page.searched_window) { /* it says how far it came, and offers to go on */
            assert_true(page.searched_to > 0 && page.searched_to < MANY);
            assert_true(page.next.len > 0);
        }
        if (!page.next.len) {
            break;
        }
        q.cursor = page.next;
    }
    assert_int_equal(n, 4);
    assert_true(said > 0);
}

static void a_list_says_how_far_it_looked_and_goes_on_from_there(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, many_rows);
}

static void unknown_names(struct dbs *t)
{
    struct house h = house_make(t, NULL);
    struct ctx ctx = house_ctx(&h, h.amy);
    struct list_page page;
    struct list_query q = {.type = house_type(&h, "person")};
    dbs_ok(list_page(&ctx, &q, &page));
    assert_int_equal(page.nrows, 5);
    static const char *const cursors[] = {"x", "n1", "n1.x", "p.1", "n9999999999999999999999.1"};
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        q.cursor = str_from(cursors[i]);
        assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    }
    q.cursor = STR("");
    q.order = STR("nothing");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    q.order = STR("");
    q.filter = STR("nothing == 1");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
    q.filter = STR("");
    q.nwhere = 1;
    q.where[0].field = STR("nothing");
    assert_int_equal(list_page(&ctx, &q, &page).code, ERR_INVALID);
}

static void what_names_nothing_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, unknown_names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_equals_asking_record_by_record),
        cmocka_unit_test(on_postgresql_too),
        cmocka_unit_test(also_when_there_are_more_rows_than_a_window),
        cmocka_unit_test(a_list_says_how_far_it_looked_and_goes_on_from_there),
        cmocka_unit_test(what_names_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
