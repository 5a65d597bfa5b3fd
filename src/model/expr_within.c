/* expr_within.c - what people expressions say by their words alone: about one another,
 * whoever the people are (sound, not complete), and whom they name first. */
#include "base/arena.h"
#include "model/expr_int.h"

/* "Is p one of them?", which is the same text for the same meaning; empty: too large. */
static str text_of(struct arena *a, const struct scope *s, const struct expr *e)
{
    struct gen_text t;
    struct gen g = gen_make(&t, a, s, 0);
    g.person = STR("p.\"id\"");
    gen_people(&g, e);
    return t.deep || t.large ? STR("") : buf_str(&t.b.buf);
}

static bool of_actor(str text)
{
    return str_has(text, STR("$2"));
}

/* What stands between `and` and `or`, with its text, made once. */
enum { LEAVES_MAX = 1024, PAIRS_MAX = 20000, SIDE = 16 << 20 };
struct leaves {
    const struct expr *e[LEAVES_MAX];
    str text[LEAVES_MAX];
    int n;
};
struct within {
    struct leaves x, y;
    bool one_actor;
    int pairs; /* looked at: what takes longer says nothing */
};

static bool joined(const struct expr *e)
{
    return e->kind == X_OR || e->kind == X_AND;
}

static bool collect(struct arena *a, const struct scope *s, const struct expr *e, struct leaves *l)
{
    bool room = true;
    for (size_t i = 0; joined(e) && i < e->nargs && room; i++) {
        room = collect(a, s, e->args[i], l);
    }
    if (joined(e) || l->n == LEAVES_MAX) {
        return joined(e) && room;
    }
    l->e[l->n] = e;
    l->text[l->n++] = text_of(a, s, e);
    return true;
}

static str text_in(const struct leaves *l, const struct expr *e)
{
    int i = 0;
    while (i < l->n - 1 && l->e[i] != e) {
        i++;
    }
    return l->text[i];
}

static bool alike(struct within *w, const struct expr *x, const struct expr *y)
{
    if (joined(x) || joined(y) || w->pairs++ >= PAIRS_MAX) {
        return false;
    }
    if (x->fun == FUN_APPROVERS && y->fun == FUN_SEATED && str_eq(x->column, y->column)) {
        return true; /* who decided sat there */
    }
    str one = text_in(&w->x, x);
    return one.len && str_eq(one, text_in(&w->y, y)) && (w->one_actor || !of_actor(one));
}

static bool within(struct within *w, const struct expr *x, const struct expr *y)
{
    if (x->kind == X_OR || y->kind == X_AND) { /* all of them */
        const struct expr *many = x->kind == X_OR ? x : y;
        bool all = true;
        for (size_t i = 0; i < many->nargs && all; i++) {
            all = many == x ? within(w, x->args[i], y) : within(w, x, y->args[i]);
        }
        return all;
    }
    for (size_t i = 0; x->kind == X_AND && i < x->nargs; i++) {
        if (within(w, x->args[i], y)) {
            return true;
        }
    }
    for (size_t i = 0; y->kind == X_OR && i < y->nargs; i++) {
        if (within(w, x, y->args[i])) {
            return true;
        }
    }
    return alike(w, x, y);
}

bool expr_people_within(const struct scope *s, const struct people *x, const struct people *y,
                        bool one_actor)
{
    if (!x->tree || !y->tree) {
        return false;
    }
    struct arena side = arena_make(SIDE);
    struct within *w = arena_new(&side, struct within);
    w->one_actor = one_actor;
    bool is = collect(&side, s, x->tree, &w->x) && collect(&side, s, y->tree, &w->y) &&
              within(w, x->tree, y->tree);
    arena_end(&side);
    return is;
}

/* The terms so far, or false: a crowd, or too many. */
static bool ones(struct arena *a, const struct scope *s, const struct expr *e, str *ret, size_t max,
                 size_t *n)
{
    if (e->kind == X_OR) {
        bool all = true;
        for (size_t i = 0; i < e->nargs && all; i++) {
            all = ones(a, s, e->args[i], ret, max, n);
        }
        return all;
    }
    for (size_t i = 0; e->kind == X_AND && i < e->nargs; i++) { /* at most whom one of them is */
        size_t had = *n;
        if (ones(a, s, e->args[i], ret, max, n)) {
            return true;
        }
        *n = had;
    }
    bool person = e->type.kind == V_RECORD && e->type.type && e->type.type == s->model->person &&
                  e->kind != X_AND;
    str text = person ? text_of(a, s, e) : STR("");
    if (!text.len || of_actor(text)) {
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        if (str_eq(ret[i], text)) {
            return true;
        }
    }
    if (*n == max) {
        return false;
    }
    ret[(*n)++] = text;
    return true;
}

size_t expr_people_ones(struct arena *a, const struct scope *s, const struct people *p, str *ret,
                        size_t max)
{
    size_t n = 0;
    return p->tree && ones(a, s, p->tree, ret, max, &n) ? n : 0;
}

struct sql expr_people_rank(struct arena *a, const struct scope *s, const struct people *p)
{
    struct gen_text t;
    struct gen g = gen_make(&t, a, s, 2000);
    g.person = STR("w.\"id\"");
    if (!p->tree || p->tree->kind != X_OR) {
        return (struct sql){0};
    }
    SQLB_LIT(g.b, "case ");
    for (size_t i = 0; i < p->tree->nargs; i++) {
        SQLB_LIT(g.b, "when ");
        gen_people(&g, p->tree->args[i]);
        SQLB_LIT(g.b, " then ");
        sqlb_i64(g.b, (int64_t)i);
        SQLB_LIT(g.b, " ");
    }
    SQLB_LIT(g.b, "else ");
    sqlb_i64(g.b, (int64_t)p->tree->nargs);
    SQLB_LIT(g.b, " end");
    return t.deep || t.large ? (struct sql){0} : sqlb_end(g.b);
}

bool expr_people_head(const struct people *p)
{
    return p->tree && (p->tree->fun == FUN_HEAD_OF || p->tree->fun == FUN_LEADER_OF);
}
