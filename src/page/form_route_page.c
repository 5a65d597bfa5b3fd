/* form_route_page.c - before anything is submitted: whom the action would ask, how long each
 * has, and why. */
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
