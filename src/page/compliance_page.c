/* compliance_page.c - how are we doing?  By regulation, by standard, and one of each; the
 * worst first, every figure with the records behind it. */
#include "page/compliance_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "page/page.h"

#include "gen/compliance.html.h"

#include <stdlib.h>

/* --- small things ------------------------------------------------------------------------ */

url tally_link(const struct visit *v, const char *list, str key)
{
    return url_local(str_fmt(v->ctx.arena, "%s%.*s", list, STR_ARG(key)));
}

str tally_class(const struct tally *t)
{
    enum control_state s = tally_state(t);
    return s == CONTROL_STATES ? STR("off") : control_class(s);
}

str standard_class(const struct standard_state *s)
{
    enum control_state state = tally_state(&s->tally);
    bool partly = state == CONTROL_STATES || (control_state_good(state) && !standard_good(s));
    return partly ? STR("off") : tally_class(&s->tally);
}

str outcome_class(enum item_outcome o)
{
    switch (o) {
    case ITEM_BROKEN:
        return STR("bad");
    case ITEM_UNWATCHED:
    case ITEM_ATTESTED:
    case ITEM_PARTLY:
        return STR("wait");
    case ITEM_KEPT:
        return STR("good");
    case ITEM_UNMAPPED:
    case ITEM_OUTCOMES:
        break;
    }
    return STR("off");
}

struct mapping_list clause_items(struct arena *a, const struct clause *c)
{
    const struct law *law = c->law;
    const struct mapping_of **items =
        arena_array(a, const struct mapping_of *, STANDARD_CLAUSE_MAX + 1);
    size_t n = 0;
    for (size_t i = 0; i < law->nmaps && n < STANDARD_CLAUSE_MAX; i++) {
        if (law->maps[i].clause == c) {
            items[n++] = &law->maps[i];
        }
    }
    return (struct mapping_list){items, n};
}

struct lenses compliance_lenses(const struct visit *v, const char *here)
{
    static const struct {
        const char *key, *path;
        struct words words;
    } all[] = {
        {"regulation", "/compliance", WORDS_INIT("按制度", "By regulation")},
        {"unit", "/compliance?by=unit", WORDS_INIT("按部门", "By unit")},
        {"standard", "/compliance?by=standard", WORDS_INIT("按标准", "By standard")},
        {"lived", "/compliance?by=lived", WORDS_INIT("从未执行", "Never lived")},
        {"control", "/controls", WORDS_INIT("全部控制点", "All controls")},
    };
    enum { N = sizeof(all) / sizeof(all[0]) };
    struct lens *list = arena_array(v->ctx.arena, struct lens, N);
    for (size_t i = 0; i < N; i++) {
        list[i] = (struct lens){.href = url_local(str_from(all[i].path)),
                                .words = all[i].words,
                                .here = str_eq(str_from(all[i].key), str_from(here))};
    }
    return (struct lenses){list, N};
}

static void show(struct visit *v, struct frame *f, struct html *out)
{
    frame_end(v, f, out, 200);
}

/* --- by regulation --------------------------------------------------------------------------- */

static void show_regulations(struct visit *v, const struct compliance *c, struct batch *asked,
                             struct batch *lived)
{
    struct scorecard_page p = {.visit = v, .all = c, .lenses = compliance_lenses(v, "regulation")};
    for (size_t i = 0; i < c->nlaws; i++) {
        p.clauses += c->laws[i].nclauses - c->laws[i].bound[BINDING_NOT_EXECUTABLE];
        p.watched += c->laws[i].bound[BINDING_CONTROLS];
    }
    p.laws.ptr = compliance_worst_first(v->ctx.arena, c);
    p.laws.len = c->nlaws;
    struct control_day *days;
    size_t n;
    err e = control_days_read(&v->ctx, asked, &days, &n);
    e = e.code ? e : compliance_lived_read(&v->ctx, c, lived, &p.lived);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.trend = trend_of(v, true, days, n);
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("合规", "Compliance"), v->ctx.lang), STR("controls"));
    scorecard_html(&out, &p);
    show(v, &f, &out);
}

/* --- by standard ---------------------------------------------------------------------------- */

static void show_standards(struct visit *v, const struct compliance *c, struct batch *asked)
{
    struct standards_page p = {.visit = v, .lenses = compliance_lenses(v, "standard")};
    struct standard_state *list;
    size_t n;
    err e = compliance_standards(&v->ctx, c, asked, &list, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    standards_worst_first(list, n);
    p.standards.ptr = list;
    p.standards.len = n;
    struct frame f;
    struct html out =
        frame_begin(v, &f,
                    frame_title(v, WORDS("合规", "Compliance"),
                                words_in(WORDS("按标准", "by standard"), v->ctx.lang)),
                    STR("controls"));
    standards_html(&out, &p);
    show(v, &f, &out);
}

static void show_units(struct visit *v)
{
    struct units_page p = {.visit = v, .lenses = compliance_lenses(v, "unit")};
    struct unit_state *list;
    size_t n;
    err e = compliance_units(&v->ctx, &list, &n, &p.as_of, &p.unjudged);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct unit_line *lines = arena_array(v->ctx.arena, struct unit_line, UNITS);
    p.at = pages_of(v, STR("/compliance?by=unit&"), n, UNITS);
    for (size_t i = 0; i < p.at.len; i++) {
        const struct unit_state *u = &list[p.at.first + i];
        size_t worst = u->list.len < UNIT_CONTROLS ? u->list.len : UNIT_CONTROLS;
        lines[i] = (struct unit_line){u, {u->list.ptr, worst}, u->list.len - worst};
    }
    p.units.ptr = lines;
    p.units.len = p.at.len;
    struct frame f;
    struct html out = frame_begin(v, &f,
                                  frame_title(v, WORDS("合规", "Compliance"),
                                              words_in(WORDS("按部门", "by unit"), v->ctx.lang)),
                                  STR("controls"));
    units_html(&out, &p);
    show(v, &f, &out);
}

/* --- what was never lived ----------------------------------------------------------------------
 */

str unlived_by(const struct visit *v, const struct unlived *u)
{
    bool en = v->ctx.lang == LANG_EN;
    struct buf b = buf_make(v->ctx.arena, 2000);
    for (size_t i = 0; i < u->nby; i++) {
        str w = words_in(u->by[i], v->ctx.lang);
        buf_put_fmt(&b, "%s%.*s", i == 0 ? "" : en ? ", " : "、", STR_ARG(w));
    }
    if (u->more) {
        buf_put_fmt(&b, en ? " and %zu more" : "等 %zu 项", en ? u->more : u->nby + u->more);
    }
    return buf_str(&b);
}

static void show_unlived(struct visit *v)
{
    struct compliance c;
    struct unlived_page p = {.visit = v, .lenses = compliance_lenses(v, "lived")};
    struct batch *asked = compliance_lived_ask(&v->ctx);
    err e = compliance_ask(&v->ctx, &c);
    e = e.code ? e : compliance_lived_read(&v->ctx, &c, asked, &p.lived);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.lines.ptr = p.lived.list;
    p.lines.len = p.lived.n;
    struct frame f;
    struct html out =
        frame_begin(v, &f,
                    frame_title(v, WORDS("合规", "Compliance"),
                                words_in(WORDS("从未执行", "never lived"), v->ctx.lang)),
                    STR("controls"));
    unlived_html(&out, &p);
    show(v, &f, &out);
}

void page_compliance(struct visit *v)
{
    str by = visit_param(v, STR("by"));
    if (str_eq(by, STR("unit"))) {
        show_units(v);
        return;
    }
    if (str_eq(by, STR("lived"))) {
        show_unlived(v);
        return;
    }
    struct compliance c;
    bool standards = str_eq(by, STR("standard"));
    struct batch *lived = standards ? NULL : compliance_lived_ask(&v->ctx);
    struct batch *more = standards ? standards_list_ask(v->ctx.db, v->ctx.arena)
                                   : control_days_ask(&v->ctx, HISTORY_ALL);
    err e = compliance_ask(&v->ctx, &c);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    if (standards) {
        show_standards(v, &c, more);
    } else {
        show_regulations(v, &c, more, lived);
    }
}

/* --- one regulation -------------------------------------------------------------------------- */

/* Controls that one page names, and of one clause: the others are one step away. */
enum { CONTROLS_OF_PAGE = 120, CONTROLS_OF_CLAUSE = 5 };

/* `room`: how many controls the page can still name. */
static void put_clause(struct visit *v, const struct clause_state *s, struct clause_line *line,
                       size_t *room)
{
    size_t n = s->nresults;
    struct control_line *controls = arena_array(v->ctx.arena, struct control_line, n + 1);
    for (size_t i = 0; i < n; i++) {
        controls[i].r = &s->results[i];
    }
    qsort(controls, n, sizeof(controls[0]), control_line_order);
    n = n < CONTROLS_OF_CLAUSE ? n : CONTROLS_OF_CLAUSE;
    n = n < *room ? n : *room;
    *room -= n;
    for (size_t i = 0; i < n; i++) {
        controls[i] = control_line_of(v, controls[i].r);
    }
    line->state = s;
    line->controls.ptr = controls;
    line->controls.len = n;
    line->more = s->nresults - n;
    line->items = clause_items(v->ctx.arena, s->clause);
}

/* Of all its clauses, in the order of the text. */
static void put_duties(struct visit *v, const struct law_state *l, struct regulation_page *p)
{
    struct duty_sum *list = arena_array(v->ctx.arena, struct duty_sum, l->tally.duties + 1);
    size_t n = 0;
    for (size_t i = 0; i < l->nclauses; i++) {
        for (size_t k = 0; k < l->clauses[i].nduties; k++) {
            const struct duty_result *r = &l->clauses[i].duties[k];
            list[n++] = (struct duty_sum){.r = r, .class = control_class(r->state)};
        }
    }
    p->duties.ptr = list;
    p->duties.len = n;
}

static int clause_order(const void *x, const void *y)
{
    const struct clause_state *a = ((const struct clause_line *)x)->state;
    const struct clause_state *b = ((const struct clause_line *)y)->state;
    int rank = tally_rank(&a->tally) - tally_rank(&b->tally);
    return rank ? rank : a->clause->order - b->clause->order;
}

void page_compliance_regulation(struct visit *v)
{
    struct compliance c;
    err e = compliance_ask(&v->ctx, &c);
    const struct law_state *l = e.code ? NULL : compliance_law(&c, v->seg[0]);
    if (!l) {
        visit_error(v, e.code ? e : err_make(ERR_NOT_FOUND, STR("regulation")));
        return;
    }
    struct clause_group *groups = arena_array(v->ctx.arena, struct clause_group, BINDINGS);
    struct regulation_page p = {.visit = v, .law = l, .groups = {groups, 0}};
    size_t room = CONTROLS_OF_PAGE;
    for (int b = 0; b < BINDINGS; b++) {
        struct clause_line *lines = arena_array(v->ctx.arena, struct clause_line, l->bound[b] + 1);
        size_t n = 0;
        for (size_t i = 0; i < l->nclauses; i++) {
            if ((int)l->clauses[i].binding == b) {
                lines[n++].state = &l->clauses[i];
            }
        }
        qsort(lines, n, sizeof(lines[0]), clause_order);
        for (size_t i = 0; i < n; i++) {
            put_clause(v, lines[i].state, &lines[i], &room);
        }
        if (n) {
            groups[p.groups.len++] =
                (struct clause_group){.binding = (enum binding)b, .lines = {lines, n}};
        }
    }
    put_duties(v, l, &p);
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("合规", "Compliance"), words_in(l->law->title, v->ctx.lang)),
        STR("controls"));
    regulation_html(&out, &p);
    show(v, &f, &out);
}

/* --- one standard --------------------------------------------------------------------------- */

static void put_item(struct visit *v, const struct standard_state *s, struct item_line *line,
                     size_t *room)
{
    line->state = standard_item_state(s, line->item->item);
    line->class = outcome_class(line->state ? line->state->outcome : ITEM_UNMAPPED);
    size_t n = line->state ? line->state->nclauses : 0;
    struct clause_line *clauses = arena_array(v->ctx.arena, struct clause_line, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct mapping_of **one = arena_array(v->ctx.arena, const struct mapping_of *, 1);
        put_clause(v, line->state->clauses[i].state, &clauses[i], room);
        one[0] = line->state->clauses[i].map;
        clauses[i].items.ptr = one;
        clauses[i].items.len = 1;
    }
    line->clauses.ptr = clauses;
    line->clauses.len = n;
}

void page_compliance_standard(struct visit *v)
{
    struct compliance c;
    struct standard_state *list = NULL;
    struct standard s;
    struct standard_head head;
    size_t n = 0;
    struct batch *asked = standards_list_ask(v->ctx.db, v->ctx.arena);
    err e = compliance_ask(&v->ctx, &c);
    e = e.code ? e : compliance_standards(&v->ctx, &c, asked, &list, &n);
    e = e.code ? e : standard_load(v->ctx.db, v->ctx.arena, v->seg[0], &head, &s);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct standard_page p = {.visit = v};
    for (size_t i = 0; i < n; i++) {
        p.standard = str_eq(list[i].head.key, head.key) ? &list[i] : p.standard;
    }
    struct item_line *lines = arena_array(v->ctx.arena, struct item_line, s.nitems + 1);
    size_t room = CONTROLS_OF_PAGE;
    for (size_t i = 0; i < s.nitems; i++) {
        lines[i].item = &s.items[i];
        put_item(v, p.standard, &lines[i], &room);
    }
    p.items.ptr = lines;
    p.items.len = s.nitems;
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("合规", "Compliance"), words_in(head.title, v->ctx.lang)),
        STR("controls"));
    standard_html(&out, &p);
    show(v, &f, &out);
}
