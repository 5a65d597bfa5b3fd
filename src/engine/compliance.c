/* compliance.c - results of controls and duties, summed by clause, regulation and item of a
 * standard. */
#include "engine/compliance.h"

#include <stdlib.h>
#include <string.h>

/* --- words ---------------------------------------------------------------------------- */

struct words binding_words(enum binding b)
{
    static const struct words words[BINDINGS] = {
        [BINDING_CONTROLS] = WORDS_INIT("有控制点", "watched by controls"),
        [BINDING_PROCESS] = WORDS_INIT("由流程执行，没有控制点", "carried out, but not watched"),
        [BINDING_MANUAL] = WORDS_INIT("靠人执行", "by people"),
        [BINDING_NOT_EXECUTABLE] = WORDS_INIT("无需执行", "nothing to execute"),
        [BINDING_NOTHING] = WORDS_INIT("尚无任何安排", "nothing yet"),
    };
    return words[b];
}

struct words item_outcome_words(enum item_outcome o)
{
    static const struct words words[ITEM_OUTCOMES] = {
        [ITEM_BROKEN] = WORDS_INIT("有问题", "not all kept"),
        [ITEM_UNWATCHED] = WORDS_INIT("有条款，无控制点", "in the text, not watched"),
        [ITEM_ATTESTED] = WORDS_INIT("有的由人书面确认", "attested by people"),
        [ITEM_PARTLY] = WORDS_INIT("部分覆盖，符合", "partly answered, kept"),
        [ITEM_KEPT] = WORDS_INIT("符合", "kept"),
        [ITEM_UNMAPPED] = WORDS_INIT("没有条款对应", "no article answers"),
    };
    return words[o];
}

/* --- sums ------------------------------------------------------------------------------ */

int control_rank(const struct control_result *r)
{
    bool idle = r->state == CONTROL_VACUOUS && r->def->expect == 0;
    return idle ? 2 * CONTROL_WARN + 1 : 2 * (int)r->state;
}

/* Is the worst of it a duty? */
static bool by_duty(const struct tally *t)
{
    return t->worst_duty && (!t->worst || duty_rank(t->worst_duty) < control_rank(t->worst));
}

enum control_state tally_state(const struct tally *t)
{
    return by_duty(t) ? t->worst_duty->state : t->worst ? t->worst->state : CONTROL_STATES;
}

int tally_rank(const struct tally *t)
{
    return by_duty(t) ? duty_rank(t->worst_duty)
           : t->worst ? control_rank(t->worst)
                      : 2 * CONTROL_PASS_WAIVED - 1;
}

bool tally_good(const struct tally *t)
{
    return t->controls + t->duties > 0 && t->good == t->controls && t->duties_good == t->duties;
}

struct words tally_words(const struct tally *t)
{
    enum control_state s = tally_state(t);
    return s == CONTROL_STATES ? WORDS("没有控制点", "no controls") : control_state_words(s);
}

static void tally_worst(struct tally *t, const struct control_result *r)
{
    if (!t->worst || control_rank(r) < control_rank(t->worst)) {
        t->worst = r;
    }
}

static void tally_oldest(struct tally *t, int64_t as_of)
{
    t->oldest = as_of && (!t->oldest || as_of < t->oldest) ? as_of : t->oldest;
}

static void tally_sum(struct control_counts *to, const struct control_counts *c)
{
    to->n += c->n;
    to->ok += c->ok;
    to->violation += c->violation;
    to->in_grace += c->in_grace;
    to->waived += c->waived;
    to->unknown += c->unknown;
}

void tally_put(struct tally *t, const struct control_result *r)
{
    bool program = !r->def->manual;
    tally_worst(t, r);
    tally_sum(&t->sum, &r->counts);
    tally_oldest(t, program && r->judged ? r->as_of : 0);
    t->judged += program && r->judged;
    t->unjudged += program && !r->judged;
    t->attested += r->state == CONTROL_ATTESTED;
    t->controls++;
    t->good += control_state_good(r->state);
}

static void tally_worst_duty(struct tally *t, const struct duty_result *r)
{
    if (r && (!t->worst_duty || duty_rank(r) < duty_rank(t->worst_duty))) {
        t->worst_duty = r;
    }
}

static void tally_owed(struct duty_counts *to, const struct duty_counts *c)
{
    to->waiting += c->waiting;
    to->overdue += c->overdue;
    to->done += c->done;
    to->late += c->late;
    to->missed += c->missed;
    to->dropped += c->dropped;
    to->failing += c->failing;
}

void tally_duty(struct tally *t, const struct duty_result *r)
{
    tally_worst_duty(t, r);
    tally_owed(&t->owed, &r->counts);
    t->duties++;
    t->duties_good += control_state_good(r->state);
    t->duties_bad += duty_bad(r);
}

void tally_add(struct tally *t, const struct tally *more)
{
    tally_worst_duty(t, more->worst_duty);
    tally_owed(&t->owed, &more->owed);
    t->duties += more->duties;
    t->duties_good += more->duties_good;
    t->duties_bad += more->duties_bad;
    if (more->worst) {
        tally_worst(t, more->worst);
    }
    tally_oldest(t, more->oldest);
    t->judged += more->judged;
    t->unjudged += more->unjudged;
    t->attested += more->attested;
    tally_sum(&t->sum, &more->sum);
    t->controls += more->controls;
    t->good += more->good;
}

/* --- clauses and regulations ------------------------------------------------------------- */

static bool any_words(struct words w)
{
    return w.zh.len || w.en.len;
}

static enum binding binding_of(const struct clause_state *s)
{
    const struct clause *c = s->clause;
    return s->nresults                    ? BINDING_CONTROLS
           : any_words(c->not_executable) ? BINDING_NOT_EXECUTABLE
           : any_words(c->manual)         ? BINDING_MANUAL
           : c->cited                     ? BINDING_PROCESS
                                          : BINDING_NOTHING;
}

static int by_clause(const void *x, const void *y)
{
    const struct control_result *a = x;
    const struct control_result *b = y;
    int rank = control_rank(a) - control_rank(b);
    int order = a->def->clause->order - b->def->clause->order;
    return order ? order : rank ? rank : a->control->code - b->control->code;
}

static int duty_by_clause(const void *x, const void *y)
{
    const struct duty_result *a = x;
    const struct duty_result *b = y;
    int order = a->def->clause->order - b->def->clause->order;
    int rank = duty_rank(a) - duty_rank(b);
    return order ? order : rank ? rank : a->duty->code - b->duty->code;
}

/* `list`: the results of the regulation's controls; `duties`: of its duties. */
static void law_fill(struct arena *a, const struct law *law, struct control_result *list,
                     struct duty_result *duties, struct law_state *ret)
{
    size_t n = law->ncontrols;
    size_t owed = 0;
    *ret = (struct law_state){.law = law,
                              .clauses = arena_array(a, struct clause_state, law->nclauses + 1),
                              .nclauses = law->nclauses};
    qsort(list, n, sizeof(list[0]), by_clause);
    qsort(duties, law->nduties, sizeof(duties[0]), duty_by_clause);
    size_t at = 0;
    for (size_t i = 0; i < law->nclauses; i++) {
        struct clause_state *s = &ret->clauses[i];
        s->clause = &law->clauses[i];
        s->results = &list[at];
        while (at < n && list[at].def->clause == s->clause) {
            tally_put(&s->tally, &list[at++]);
            s->nresults++;
        }
        s->duties = &duties[owed];
        while (owed < law->nduties && duties[owed].def->clause == s->clause) {
            tally_duty(&s->tally, &duties[owed++]);
            s->nduties++;
        }
        s->binding = binding_of(s);
        ret->bound[s->binding]++;
        tally_add(&ret->tally, &s->tally);
    }
}

err compliance_ask(const struct ctx *ctx, struct compliance *ret)
{
    const struct model *m = ctx->model;
    struct control_result *list;
    struct duty_result *duties;
    size_t n;
    size_t nduties;
    *ret = (struct compliance){.laws = arena_array(ctx->arena, struct law_state, m->nregs + 1)};
    struct duty_asked asked = duty_results_ask(ctx);
    err e = control_results(ctx, &list, &n);
    e = e.code ? e : duty_results_read(ctx, &asked, &duties, &nduties);
    size_t at = 0;
    size_t owed = 0;
    for (size_t i = 0; i < m->nregs && !e.code; i++) {
        const struct law *law = m->regs[i]->newest;
        law_fill(ctx->arena, law, list + at, duties + owed, &ret->laws[ret->nlaws]);
        tally_add(&ret->tally, &ret->laws[ret->nlaws++].tally);
        at += law->ncontrols;
        owed += law->nduties;
    }
    return e;
}

static int law_order(const void *x, const void *y)
{
    const struct law_state *a = *(const struct law_state *const *)x;
    const struct law_state *b = *(const struct law_state *const *)y;
    int rank = tally_rank(&a->tally) - tally_rank(&b->tally);
    if (rank) {
        return rank;
    }
    int64_t more = b->tally.sum.violation - a->tally.sum.violation;
    return more ? (more < 0 ? -1 : 1) : (a > b) - (a < b);
}

const struct law_state **compliance_worst_first(struct arena *a, const struct compliance *c)
{
    const struct law_state **laws = arena_array(a, const struct law_state *, c->nlaws + 1);
    for (size_t i = 0; i < c->nlaws; i++) {
        laws[i] = &c->laws[i];
    }
    qsort(laws, c->nlaws, sizeof(laws[0]), law_order);
    return laws;
}

const struct law_state *compliance_law(const struct compliance *c, str reg)
{
    for (size_t i = 0; i < c->nlaws; i++) {
        if (str_eq(c->laws[i].law->reg->key, reg)) {
            return &c->laws[i];
        }
    }
    return NULL;
}

/* --- standards ----------------------------------------------------------------------------- */

static int by_item(const void *x, const void *y)
{
    const struct mapping_of *a = ((const struct item_clause *)x)->map;
    const struct mapping_of *b = ((const struct item_clause *)y)->map;
    int standard = str_cmp(a->standard, b->standard);
    int item = str_cmp(a->item, b->item);
    return standard ? standard : item ? item : a < b ? -1 : a > b;
}

/* What all regulations say of all standards, by standard and item. */
static struct item_clause *all_maps(const struct ctx *ctx, const struct compliance *c, size_t *n)
{
    size_t most = 0;
    for (size_t i = 0; i < c->nlaws; i++) {
        most += c->laws[i].law->nmaps;
    }
    struct item_clause *list = arena_array(ctx->arena, struct item_clause, most + 1);
    *n = 0;
    for (size_t i = 0; i < c->nlaws; i++) {
        const struct law_state *l = &c->laws[i];
        for (size_t k = 0; k < l->law->nmaps; k++) {
            const struct mapping_of *m = &l->law->maps[k];
            list[(*n)++] = (struct item_clause){m, &l->clauses[m->clause - l->law->clauses]};
        }
    }
    qsort(list, *n, sizeof(list[0]), by_item);
    return list;
}

static enum item_outcome outcome_of(const struct item_state *s)
{
    if (s->tally.duties_bad) {
        return ITEM_BROKEN;
    }
    if (!s->tally.controls) {
        return ITEM_UNWATCHED;
    }
    if (s->tally.good + s->tally.attested < s->tally.controls) {
        return ITEM_BROKEN;
    }
    bool whole = s->whole && s->tally.duties_good == s->tally.duties;
    return s->tally.attested ? ITEM_ATTESTED : whole ? ITEM_KEPT : ITEM_PARTLY;
}

static int by_address(const void *x, const void *y)
{
    const struct clause_state *a = *(const struct clause_state *const *)x;
    const struct clause_state *b = *(const struct clause_state *const *)y;
    return a < b ? -1 : a > b;
}

/* The items of one list; `maps` are those of its name. */
static void standard_fill(struct arena *a, const struct item_clause *maps, size_t n,
                          struct standard_state *s)
{
    const struct clause_state **of = arena_array(a, const struct clause_state *, n + 1);
    s->items = arena_array(a, struct item_state, n + 1);
    for (size_t i = 0; i < n;) {
        struct item_state *x = &s->items[s->nitems++];
        *x = (struct item_state){.item = maps[i].map->item, .clauses = &maps[i]};
        while (i < n && str_eq(maps[i].map->item, x->item)) {
            /* by an article whose own controls say so */
            x->whole =
                x->whole || (maps[i].state->nresults > 0 && relation_whole(maps[i].map->relation));
            tally_add(&x->tally, &maps[i].state->tally);
            of[i] = maps[i].state;
            x->nclauses++;
            i++;
        }
        x->outcome = outcome_of(x);
        s->outcomes[x->outcome]++;
    }
    qsort(of, n, sizeof(of[0]), by_address);
    for (size_t i = 0; i < n; i++) { /* a clause that answers to two items counts once */
        if (!i || of[i] != of[i - 1]) {
            tally_add(&s->tally, &of[i]->tally);
        }
    }
    size_t mapped = s->nitems;
    size_t all = s->head.nitems > 0 ? (size_t)s->head.nitems : 0;
    s->outcomes[ITEM_UNMAPPED] = all > mapped ? all - mapped : 0;
}

err compliance_standards(const struct ctx *ctx, const struct compliance *c, struct batch *asked,
                         struct standard_state **ret, size_t *n)
{
    struct standard_head *heads;
    size_t nmaps;
    err e = standards_list_read(asked, ctx->arena, &heads, n);
    if (e.code) {
        return e;
    }
    struct item_clause *maps = all_maps(ctx, c, &nmaps);
    *ret = arena_array(ctx->arena, struct standard_state, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        size_t from = 0;
        while (from < nmaps && str_cmp(maps[from].map->standard, heads[i].key) < 0) {
            from++;
        }
        size_t to = from;
        while (to < nmaps && str_eq(maps[to].map->standard, heads[i].key)) {
            to++;
        }
        (*ret)[i] = (struct standard_state){.head = heads[i]};
        standard_fill(ctx->arena, maps + from, to - from, &(*ret)[i]);
    }
    return OK;
}

bool standard_good(const struct standard_state *s)
{
    return tally_good(&s->tally) && (int64_t)s->outcomes[ITEM_KEPT] == s->head.nitems;
}

struct words standard_words(const struct standard_state *s)
{
    enum control_state state = tally_state(&s->tally);
    bool partly = state != CONTROL_STATES && control_state_good(state) && !standard_good(s);
    return partly ? WORDS("只说明一部分", "shown in part") : tally_words(&s->tally);
}

static int standard_order(const void *x, const void *y)
{
    const struct standard_state *a = x;
    const struct standard_state *b = y;
    int rank = tally_rank(&a->tally) - tally_rank(&b->tally);
    return rank ? rank : str_cmp(a->head.key, b->head.key);
}

void standards_worst_first(struct standard_state *list, size_t n)
{
    qsort(list, n, sizeof(list[0]), standard_order);
}

const struct item_state *standard_item_state(const struct standard_state *s, str item)
{
    size_t from = 0;
    size_t to = s->nitems;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = str_cmp(s->items[mid].item, item);
        if (order == 0) {
            return &s->items[mid];
        }
        from = order < 0 ? mid + 1 : from;
        to = order < 0 ? to : mid;
    }
    return NULL;
}
