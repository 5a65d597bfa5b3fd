/* form_route_page.c - before anything is submitted: whom the action would ask, how long each
 * has, and why; and what comes then. */
#include "base/arena.h"
#include "engine/approve_view.h"
#include "page/form_page.h"

enum { HOUR = 3600000 };

static str name_of(struct visit *v, const struct record_ref *r)
{
    str s = show_ref_name(r);
    return s.len ? s : words_in(WORDS("（不可见）", "(not visible)"), v->ctx.lang);
}

static struct form_who who_of(struct visit *v, const struct form_seat *s)
{
    struct arena *a = v->ctx.arena;
    str who = name_of(v, &s->person);
    struct form_who w = {.who = {who, who}, .why = approve_origin_words(a, s->origin, STR(""))};
    if (s->right.id) {
        str right = name_of(v, &s->right);
        w.who = (struct words){str_fmt(a, "%.*s 代 %.*s", STR_ARG(who), STR_ARG(right)),
                               str_fmt(a, "%.*s for %.*s", STR_ARG(who), STR_ARG(right))};
    }
    return w;
}

/* Hours to a tenth: terms are working time. */
static str term_of(struct visit *v, int64_t ms)
{
    if (!ms) {
        return STR("");
    }
    long long tenths = ms / (HOUR / 10);
    bool en = v->ctx.lang == LANG_EN;
    if (tenths % 10) {
        return str_fmt(v->ctx.arena, en ? "%lld.%lld working hours" : "%lld.%lld 个工作小时",
                       tenths / 10, tenths % 10);
    }
    return str_fmt(v->ctx.arena, en ? "%lld working hours" : "%lld 个工作小时", tenths / 10);
}

struct form_steps form_steps_of(struct visit *v, const struct form *fm)
{
    struct arena *a = v->ctx.arena;
    struct form_step *list = arena_array(a, struct form_step, (size_t)fm->nroute + 1);
    for (int i = 0; i < fm->nroute; i++) {
        const struct form_node *n = &fm->route[i];
        struct form_who *people = arena_array(a, struct form_who, (size_t)n->nseats + 1);
        for (int k = 0; k < n->nseats; k++) {
            people[k] = who_of(v, &n->seats[k]);
        }
        struct form_step *x = &list[i];
        x->title = approve_title_words(a, fm->action->route, n->no - 1);
        x->rule = approve_rule_words(a, n->rule);
        x->term = term_of(v, n->term);
        x->clause = n->node->clause;
        x->applies = n->applies;
        x->unknown = n->unknown;
        x->nobody = n->nseats ? (struct words){0} : approve_empty_words(n->rule->empty);
        x->people.ptr = people;
        x->people.len = (size_t)n->nseats;
    }
    return (struct form_steps){list, (size_t)fm->nroute};
}

/* --- what comes next ------------------------------------------------------------------------ */

static str state_after(struct visit *v, const struct action *a, struct words when)
{
    if (!a || a->to_kind != TO_STATE || !a->to) {
        return STR("");
    }
    str before = words_in(when, v->ctx.lang);
    str state = words_in(a->to->words, v->ctx.lang);
    return str_fmt(v->ctx.arena, v->ctx.lang == LANG_EN ? "%.*s: %.*s" : "%.*s：%.*s",
                   STR_ARG(before), STR_ARG(state));
}

static const struct form_step *first_step(const struct form_steps *steps, size_t *later)
{
    const struct form_step *first = NULL;
    *later = 0;
    for (size_t i = 0; i < steps->len; i++) {
        *later += first && steps->ptr[i].applies;
        first = first || !steps->ptr[i].applies ? first : &steps->ptr[i];
    }
    return first;
}

/* Whoever decides first: his name, where there is one, how many where there are more. */
static str decides_first(struct visit *v, const struct form_step *x, size_t later)
{
    struct arena *a = v->ctx.arena;
    bool en = v->ctx.lang == LANG_EN;
    str title = words_in(x->title, v->ctx.lang);
    str who = title;
    if (x->people.len == 1) {
        str name = words_in(x->people.ptr[0].who, v->ctx.lang);
        who = str_fmt(a, en ? "%.*s (%.*s)" : "%.*s（%.*s）", STR_ARG(title), STR_ARG(name));
    } else if (x->people.len) {
        who =
            str_fmt(a, en ? "%.*s (%zu people)" : "%.*s（%zu 人）", STR_ARG(title), x->people.len);
    }
    str more = !later ? STR("")
               : en   ? str_fmt(a, ", then %zu more", later)
                      : str_fmt(a, "，其后还有 %zu 个环节", later);
    return str_fmt(a,
                   en ? "It takes effect only once it is approved: first by %.*s%.*s."
                      : "审批通过后才生效：先由%.*s审批%.*s。",
                   STR_ARG(who), STR_ARG(more));
}

struct form_next form_next_of(struct visit *v, const struct form *fm,
                              const struct form_steps *steps)
{
    const struct action *a = fm->action;
    str *list = arena_array(v->ctx.arena, str, 4);
    size_t n = 0;
    size_t later;
    const struct form_step *first = first_step(steps, &later);
    str said[4] = {0};
    if (!a->route) {
        said[0] = state_after(v, a, WORDS("状态变为", "The state becomes"));
    } else {
        said[0] = first ? decides_first(v, first, later) : STR("");
        said[1] = state_after(v, a, WORDS("审批期间的状态", "While it waits, the state is"));
        said[2] = state_after(v, a->route->approved,
                              WORDS("通过后，状态变为", "Once approved, the state becomes"));
        said[3] = state_after(v, a->route->refused,
                              WORDS("未通过，状态变为", "If refused, the state becomes"));
    }
    for (size_t i = 0; i < 4; i++) {
        if (said[i].len) {
            list[n++] = said[i];
        }
    }
    return (struct form_next){list, n};
}
