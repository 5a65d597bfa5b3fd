/* load_apart_check.c - duties kept apart that one person, or too few, would have to do. */
#include "model/load_apart_int.h"

#include <string.h>

enum { ONES_MAX = 8 };

/* --- what can never be ------------------------------------------------------------------ */

/* The one person who can do it, as an expression; empty: several can.  Who asks for the
 * approval of a new record is its creator. */
static str only_one(const struct member *m)
{
    const struct action *x = m->x;
    if (!m->votes) {
        bool actor = str_eq(str_trim(x->who.text), STR("actor"));
        return x->creates ? STR("creator") : x->who.one && !actor ? str_trim(x->who.text) : STR("");
    }
    str one = STR("");
    for (int i = 0; i < x->route->plan.n && x->route->nodes; i++) {
        const struct people *who = &x->route->nodes[i].who;
        str text = str_trim(who->text);
        text = x->creates && str_eq(text, STR("actor")) ? STR("creator") : text;
        if (!who->one || (one.len && !str_eq(one, text))) {
            return STR("");
        }
        one = text;
    }
    return one;
}

static bool same_one(const struct member *a, const struct member *b)
{
    str x = only_one(a);
    str y = only_one(b);
    if (a->x == b->x && a->votes != b->votes) { /* whoever asks it approves it */
        str voter = a->votes ? x : y;
        if (str_eq(voter, STR("actor"))) {
            return true;
        }
    }
    return x.len && str_eq(x, y) && !str_eq(x, STR("actor"));
}

/* Two actions for whoever heads the same unit: commonly one person. */
static void warn_heads(struct apart_reader *r, const struct member *a, const struct member *b)
{
    struct scope sc = scope_of(r->l, r->t->def);
    const struct people *x = &a->x->who;
    const struct people *y = &b->x->who;
    if (!a->votes && !b->votes && !a->x->creates && !b->x->creates && expr_people_head(x) &&
        expr_people_within(&sc, x, y, false)) {
        diag_warning(
            r->l->d, b->pos, "“%.*s”和“%.*s”都由 %.*s 办理：只有一位时，这两项无法由不同的人走完",
            "\"%.*s\" and \"%.*s\" are both for %.*s: where there is only one, they cannot "
            "be done by different people",
            STR_ARG(a->text), STR_ARG(b->text), STR_ARG(str_trim(y->text)));
    }
}

static bool decides_himself(const struct action *x)
{
    bool may = false;
    for (int i = 0; i < x->route->plan.n; i++) {
        may = may || x->route->plan.nodes[i].self == SELF_MAY;
    }
    return may;
}

static void check_pairs(struct apart_reader *r)
{
    for (size_t i = 1; i < r->n; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct member *a = &r->list[k];
            const struct member *b = &r->list[i];
            str one = only_one(b);
            if (same_one(a, b)) {
                diag_error(r->l->d, b->pos, "“%.*s”和“%.*s”只能由同一人（%.*s）走完，无法分开",
                           "\"%.*s\" and \"%.*s\" can only be walked by one person (%.*s), so they "
                           "cannot be kept apart",
                           STR_ARG(a->text), STR_ARG(b->text), STR_ARG(one));
                continue;
            }
            warn_heads(r, a, b);
            if (a->x == b->x && decides_himself(a->x)) {
                diag_error(r->l->d, b->pos,
                           "“%.*s”的审批写了 self: may（申请人可以自己审批），与此矛盾",
                           "the approval of \"%.*s\" says self: may, which contradicts this",
                           STR_ARG(a->x->key));
            }
        }
    }
}

/* --- what too few could do ---------------------------------------------------------------- */

/* Those whom a member names one by one; none: it names others too. */
struct few {
    str who[ONES_MAX];
    size_t n;
};

static void add_few(struct apart_reader *r, struct few *f, const struct people *who)
{
    struct scope sc = scope_of(r->l, r->t->def);
    str list[ONES_MAX];
    size_t n = expr_people_ones(r->l->a, &sc, who, list, ONES_MAX);
    size_t had = f->n;
    f->n = 0;
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < had; k++) {
            there = there || str_eq(f->who[k], list[i]);
        }
        if (!there && had == ONES_MAX) {
            return;
        }
        if (!there) {
            f->who[had++] = list[i];
        }
    }
    f->n = n ? had : 0;
}

static struct people creator_of(struct apart_reader *r)
{
    struct scope sc = scope_of(r->l, r->t->def);
    return expr_compile_people(r->l->a, &sc, STR("creator"), r->apart->pos, false, r->l->d);
}

static struct few few_of(struct apart_reader *r, const struct member *m)
{
    struct few f = {.n = 0};
    struct people creator = creator_of(r);
    if (!m->votes) {
        add_few(r, &f, m->x->creates ? &creator : &m->x->who);
        return f;
    }
    for (int i = 0; i < m->x->route->plan.n && m->x->route->nodes; i++) {
        add_few(r, &f, &m->x->route->nodes[i].who);
        if (!f.n) {
            break;
        }
    }
    return f;
}

/* Who does what, each one thing at most: members are given people in turn, and whoever has
 * one already looks for another. */
struct hands {
    struct few few[MEMBERS_MAX];
    str who[MEMBERS_MAX * ONES_MAX];
    int has[MEMBERS_MAX * ONES_MAX]; /* the member he is given; -1: none */
    size_t n;
    bool seen[MEMBERS_MAX * ONES_MAX];
    bool tried[MEMBERS_MAX];
};

static bool give(struct hands *h, size_t m)
{
    h->tried[m] = true;
    for (size_t i = 0; i < h->few[m].n; i++) {
        size_t at = 0;
        while (at < h->n && !str_eq(h->who[at], h->few[m].who[i])) {
            at++;
        }
        if (at == h->n) {
            h->who[at] = h->few[m].who[i];
            h->has[at] = -1;
            h->seen[at] = false;
            h->n++;
        }
        if (h->seen[at]) {
            continue;
        }
        h->seen[at] = true;
        if (h->has[at] < 0 || give(h, (size_t)h->has[at])) {
            h->has[at] = (int)m;
            return true;
        }
    }
    return false;
}

static void too_few(struct apart_reader *r)
{
    struct hands h = {.n = 0};
    for (size_t i = 0; i < r->n; i++) {
        h.few[i] = few_of(r, &r->list[i]);
        memset(h.seen, 0, sizeof(h.seen));
        memset(h.tried, 0, sizeof(h.tried));
        if (!h.few[i].n || give(&h, i)) {
            continue;
        }
        str names[MEMBERS_MAX];
        size_t n = 0;
        for (size_t k = 0; k <= i; k++) {
            if (h.tried[k]) {
                names[n++] = r->list[k].text;
            }
        }
        diag_error(r->l->d, r->list[i].pos, "%.*s 共 %zu 项，只有 %zu 人可以办理，无法分开",
                   "%.*s are %zu, and only %zu people could do them, so they cannot be kept apart",
                   STR_ARG(names_join(r->l->a, names, n)), n, n - 1);
        return;
    }
}

/* --- who did the others ------------------------------------------------------------------- */

str apart_who_did(struct arena *a, const struct member *m)
{
    return str_fmt(a, m->votes ? "seated('%.*s')" : "by('%.*s')", STR_ARG(m->x->key));
}

/* Whoever is the creator did it: nothing else makes such a record. */
static bool only_way_in(const struct apart_reader *r, const struct member *m)
{
    size_t n = 0;
    for (size_t i = 0; i < r->t->def->nactions; i++) {
        n += r->t->def->actions[i].creates;
    }
    return !m->votes && m->x->creates && n == 1;
}

bool apart_all_did(struct apart_reader *r, const struct people *who, const struct member *other)
{
    struct load *l = r->l;
    struct scope sc = scope_of(l, r->t->def);
    struct people did =
        expr_compile_people(l->a, &sc, apart_who_did(l->a, other), other->pos, false, l->d);
    struct people creator = creator_of(r);
    return expr_people_within(&sc, who, &did, true) ||
           (only_way_in(r, other) && expr_people_within(&sc, who, &creator, true));
}

bool apart_bars(const struct member *m, const struct member *other)
{
    return m->x != other->x;
}

void apart_nobody_left(struct apart_reader *r, const struct member *m, const struct route *route)
{
    struct scope sc = scope_of(r->l, r->t->def);
    struct people creator = creator_of(r);
    bool made = false; /* the creator did another of them */
    for (size_t k = 0; k < r->n; k++) {
        made = made || (apart_bars(m, &r->list[k]) && only_way_in(r, &r->list[k]));
    }
    for (int i = 0; i < route->plan.n; i++) {
        const struct route_node *n = &route->nodes[i];
        if (expr_people_within(&sc, &n->who, &n->keep_out, false) ||
            (made && expr_people_within(&sc, &n->who, &creator, false))) {
            diag_error(r->l->d, m->pos,
                       "“%.*s”的第 %d 环节（%.*s）都是不得参加的人，永远无人可审批",
                       "\"%.*s\": node %d (%.*s) names only people who are kept out of it: nobody "
                       "could ever sit there",
                       STR_ARG(m->text), i + 1, STR_ARG(str_trim(n->who.text)));
        }
    }
}

void apart_check(struct apart_reader *r)
{
    size_t errors = r->l->d->errors;
    check_pairs(r);
    if (r->l->d->errors == errors) {
        too_few(r);
    }
}
