/* scorecard.c - compliance as rows of a workbook. */
#include "connect/scorecard.h"

#include "base/arena.h"
#include "base/clock.h"
#include "connect/xlsx.h"

enum { WIDE = 36, NARROW = 10, HOUR_TENTH = 360000 /* ms */ };

struct heading {
    const char *name;
    struct words title;
    int width;
};

/* What does not hold; put_breaks. */
#define BREAKS                                                  \
    {"not_kept", WORDS_INIT("不符合", "Not kept"), NARROW},     \
        {"in_grace", WORDS_INIT("宽限中", "In grace"), NARROW}, \
        {"waived", WORDS_INIT("例外", "Waived"), NARROW},       \
    {                                                           \
        "unknown", WORDS_INIT("无法判断", "Unknown"), NARROW    \
    }
/* put_age */
#define AGE                                                            \
    {"as_of", WORDS_INIT("截至", "As of"), 20},                        \
    {                                                                  \
        "age_hours", WORDS_INIT("距今（小时）", "Age (hours)"), NARROW \
    }
/* put_counts */
#define COUNTS                                                     \
    {"records_kept", WORDS_INIT("符合的记录", "Records kept"), 0}, \
        {"records", WORDS_INIT("记录", "Records"), NARROW}, BREAKS
/* Of a sum of controls; put_tally. */
#define TALLY                                                                      \
    {"controls_kept", WORDS_INIT("符合的控制点", "Controls kept"), 0},             \
        {"controls", WORDS_INIT("控制点", "Controls"), NARROW},                    \
        {"attested", WORDS_INIT("由人书面确认", "Attested by people"), 0}, COUNTS, \
        {"never_judged", WORDS_INIT("从未检查的控制点", "Controls never judged"), 0}, AGE
/* Of occurrences; put_owed. */
#define OWED                                                           \
    {"in_time", WORDS_INIT("按时完成的职责", "Duties in time"), 0},    \
        {"ended", WORDS_INIT("已到期的职责", "Duties that ended"), 0}, \
        {"late", WORDS_INIT("逾期完成", "Late"), NARROW},              \
        {"missed", WORDS_INIT("未履行", "Missed"), NARROW},            \
        {"overdue", WORDS_INIT("逾期宽限中", "Overdue"), NARROW},      \
    {                                                                  \
        "open", WORDS_INIT("待完成", "Open"), NARROW                   \
    }
/* Of one control; put_result. */
#define RESULT                                                                                    \
    {"control", WORDS_INIT("控制点", "Control"), WIDE},                                           \
        {"control_key", WORDS_INIT("控制点的键", "Key of the control"), 24},                      \
        {"state", WORDS_INIT("状态", "State"), 20}, {"kept", WORDS_INIT("符合", "Kept"), NARROW}, \
        COUNTS, {"answered_by", WORDS_INIT("由谁回答", "Answered by"), 0}, AGE

struct sheet {
    const struct ctx *ctx;
    struct xlsx *x;
};

static const struct xlsx_column *columns_of(const struct ctx *ctx, const struct heading *from,
                                            size_t n)
{
    struct xlsx_column *to = arena_array(ctx->arena, struct xlsx_column, n + 1);
    for (size_t i = 0; i < n; i++) {
        to[i] = (struct xlsx_column){.name = str_from(from[i].name),
                                     .title = words_in(from[i].title, ctx->lang),
                                     .width = from[i].width};
    }
    return to;
}

static err begin(struct sheet *s, const struct ctx *ctx, struct words name,
                 const struct heading *columns, size_t n)
{
    *s = (struct sheet){.ctx = ctx};
    return xlsx_begin(ctx->arena, words_in(name, ctx->lang), columns_of(ctx, columns, n), n,
                      ctx->model->zone_minutes, &s->x);
}

static void another(struct sheet *s, struct words name, const struct heading *columns, size_t n)
{
    xlsx_sheet(s->x, words_in(name, s->ctx->lang), columns_of(s->ctx, columns, n), n);
}

/* --- cells --------------------------------------------------------------------------------- */

static void put_words(struct sheet *s, struct words w)
{
    xlsx_text(s->x, words_in(w, s->ctx->lang));
}

static void put_count(struct sheet *s, size_t n)
{
    xlsx_number(s->x, (int64_t)n, 0);
}

static void put_age(struct sheet *s, int64_t as_of)
{
    if (!as_of) {
        xlsx_none(s->x);
        xlsx_none(s->x);
        return;
    }
    int64_t age = s->ctx->now > as_of ? s->ctx->now - as_of : 0;
    xlsx_moment(s->x, as_of);
    xlsx_number(s->x, age / HOUR_TENTH, 1);
}

/* Nothing, where nobody judged. */
static void put_counts(struct sheet *s, const struct control_counts *c, bool judged)
{
    const int64_t all[] = {c->ok, c->n, c->violation, c->in_grace, c->waived, c->unknown};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (judged) {
            xlsx_number(s->x, all[i], 0);
        } else {
            xlsx_none(s->x);
        }
    }
}

static void put_tally(struct sheet *s, const struct tally *t)
{
    put_count(s, t->good);
    put_count(s, t->controls);
    put_count(s, t->attested);
    put_counts(s, &t->sum, t->judged > 0);
    put_count(s, t->unjudged);
    put_age(s, t->oldest);
}

/* The rest of a row about a clause or an item; NULL: no control watches it. */
static void put_result(struct sheet *s, const struct control_result *r)
{
    if (!r) {
        const struct tally none = {0};
        xlsx_none(s->x);
        xlsx_none(s->x);
        put_words(s, tally_words(&none));
        xlsx_bool(s->x, false);
        xlsx_row(s->x);
        return;
    }
    put_words(s, r->def->words);
    xlsx_text(s->x, r->control->key);
    put_words(s, control_state_words(r->state));
    xlsx_bool(s->x, control_state_good(r->state));
    put_counts(s, &r->counts, r->judged && !r->def->manual);
    xlsx_text(s->x, r->def->manual && r->judged ? r->answer.name : STR(""));
    put_age(s, r->judged ? r->as_of : 0);
    xlsx_row(s->x);
}

/* Nothing, where there is no duty. */
static void put_owed(struct sheet *s, const struct duty_counts *c, bool some)
{
    const int64_t all[] = {c->done, duty_ended(c), c->late, c->missed, c->overdue, c->waiting};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (some) {
            xlsx_number(s->x, all[i], 0);
        } else {
            xlsx_none(s->x);
        }
    }
}

static void put_clause(struct sheet *s, const struct clause *c)
{
    put_words(s, c->law->title);
    put_words(s, c->no);
    put_words(s, c->title);
}

/* --- notes --------------------------------------------------------------------------------- */

enum { NOTES = 5 };

static err end(struct sheet *s, struct words what, const struct scorecard_by *by, int *ret_fd,
               int64_t *ret_size)
{
    const struct ctx *ctx = s->ctx;
    struct arena *a = ctx->arena;
    const struct {
        struct words label;
        str value;
    } notes[NOTES] = {
        {WORDS("合规报表", "Compliance"), words_in(what, ctx->lang)},
        {WORDS("组织", "Organisation"), by->organisation},
        {WORDS("导出时间", "Exported at"), clock_iso(a, ctx->now, ctx->model->zone_minutes)},
        {WORDS("导出人", "Exported by"), by->person},
        {WORDS("怎样算符合", "What counts as kept"),
         words_in(
             WORDS(
                 "只有程序查过、查到记录、而且结果没有过期的控制点算符合。没有记录、结果过期、出"
                 "错、有缺失、由人书面确认的，以及没有控制点的条款，都不算符合；空单元格是没有"
                 "检查，不是零。数字是各控制点计数之和。",
                 "Only a control that the program has judged, over records that are there, with a "
                 "result that is not too old, counts as kept.  What is empty, stale, in error, "
                 "unknown or attested by people does not, nor does an article without a control; "
                 "an empty cell was not judged, it is no zero.  Figures are sums of what each "
                 "control counted."),
             ctx->lang)}};
    str *cells = arena_array(a, str, 2 * NOTES);
    for (size_t i = 0; i < NOTES; i++) {
        cells[2 * i] = words_in(notes[i].label, ctx->lang);
        cells[2 * i + 1] = notes[i].value;
    }
    xlsx_notes(s->x, words_in(WORDS("说明", "About"), ctx->lang), cells, 2, NOTES);
    return xlsx_end(s->x, ret_fd, ret_size);
}

/* --- by regulation --------------------------------------------------------------------------- */

static const struct heading laws[] = {
    {"regulation", WORDS_INIT("制度", "Regulation"), WIDE},
    {"version", WORDS_INIT("版本", "Version"), NARROW},
    {"state", WORDS_INIT("最差的状态", "Worst state"), 20},
    {"kept", WORDS_INIT("控制点和职责全部符合", "Every control and duty kept"), 0},
    TALLY,
    {"articles", WORDS_INIT("条款", "Articles"), NARROW},
    {"watched", WORDS_INIT("有控制点的条款", "Articles watched"), 0},
    {"carried_out", WORDS_INIT("由流程执行的条款", "Articles carried out"), 0},
    {"by_people", WORDS_INIT("靠人执行的条款", "Articles by people"), 0},
    {"nothing_to_do", WORDS_INIT("无需执行的条款", "Articles with nothing to do"), 0},
    {"nothing_yet", WORDS_INIT("尚无安排的条款", "Articles with nothing yet"), 0},
    {"never_lived", WORDS_INIT("从未执行的条款", "Articles never lived"), 0},
    {"duties_kept", WORDS_INIT("按要求履行的职责", "Duties kept"), 0},
    {"duties", WORDS_INIT("定期职责", "Duties"), NARROW},
    OWED,
};
static const struct heading duties[] = {
    {"regulation", WORDS_INIT("制度", "Regulation"), 24},
    {"clause", WORDS_INIT("条", "Article"), NARROW},
    {"title", WORDS_INIT("条款", "Title"), 24},
    {"duty", WORDS_INIT("定期职责", "Duty"), WIDE},
    {"duty_key", WORDS_INIT("职责的键", "Key of the duty"), 24},
    {"state", WORDS_INIT("状态", "State"), 20},
    {"kept", WORDS_INIT("符合", "Kept"), NARROW},
    OWED,
    AGE,
};
static const struct heading holders[] = {
    {"regulation", WORDS_INIT("制度", "Regulation"), 24},  {"post", WORDS_INIT("岗位", "Post"), 24},
    {"person", WORDS_INIT("任职人员", "Who held it"), 20}, OWED,
    {"did", WORDS_INIT("亲手完成", "Did it"), NARROW},
};
static const struct heading unlived[] = {
    {"regulation", WORDS_INIT("制度", "Regulation"), 24},
    {"clause", WORDS_INIT("条", "Article"), NARROW},
    {"title", WORDS_INIT("条款", "Title"), 24},
    {"by", WORDS_INIT("怎样才算执行过", "What would live it"), 24},
    {"or_by", WORDS_INIT("或", "or"), 24},
    {"or_by_2", WORDS_INIT("或", "or"), 24},
    {"and_more", WORDS_INIT("以及其他（项）", "and others"), NARROW},
};
static const struct heading clauses[] = {
    {"regulation", WORDS_INIT("制度", "Regulation"), 24},
    {"clause", WORDS_INIT("条", "Article"), NARROW},
    {"title", WORDS_INIT("条款", "Title"), 24},
    {"seen_to_by", WORDS_INIT("由谁保证", "Seen to by"), 24},
    {"why", WORDS_INIT("原因", "Why"), 24},
    RESULT,
};

static void put_law(struct sheet *s, const struct law_state *l, const struct lived *lived)
{
    put_words(s, l->law->title);
    xlsx_number(s->x, l->law->version, 0);
    put_words(s, tally_words(&l->tally));
    xlsx_bool(s->x, tally_good(&l->tally));
    put_tally(s, &l->tally);
    put_count(s, l->nclauses);
    for (int b = 0; b < BINDINGS; b++) {
        put_count(s, l->bound[b]);
    }
    put_count(s, compliance_unlived(lived, l->law));
    put_count(s, l->tally.duties_good);
    put_count(s, l->tally.duties);
    put_owed(s, &l->tally.owed, l->tally.duties > 0);
    xlsx_row(s->x);
}

static void put_duties(struct sheet *s, const struct law_state *l)
{
    for (size_t i = 0; i < l->nclauses; i++) {
        for (size_t k = 0; k < l->clauses[i].nduties; k++) {
            const struct duty_result *r = &l->clauses[i].duties[k];
            put_clause(s, r->def->clause);
            put_words(s, r->def->words);
            xlsx_text(s->x, r->duty->key);
            put_words(s, control_state_words(r->state));
            xlsx_bool(s->x, control_state_good(r->state));
            put_owed(s, &r->counts, true);
            put_age(s, r->as_of);
            xlsx_row(s->x);
        }
    }
}

/* Who owed them when they ended. */
static void put_holders(struct sheet *s, const struct duty_post *p)
{
    for (size_t i = 0; i < p->people.len; i++) {
        const struct duty_holder *h = &p->people.ptr[i];
        put_words(s, p->def->law->title);
        xlsx_text(s->x, duty_owner_words(s->ctx, p->def));
        put_words(s, h->name.len ? (struct words){h->name, h->name}
                     : h->person ? WORDS("您无权查看的人员", "somebody you may not see")
                                 : WORDS("无人在岗", "nobody held the post"));
        put_owed(s, &h->counts, duty_ended(&h->counts) + h->counts.waiting > 0);
        put_count(s, (size_t)h->did);
        xlsx_row(s->x);
    }
}

/* What the sheet does not hold, said where its rows end. */
static void put_left(struct sheet *s, const struct duty_history *who)
{
    struct arena *a = s->ctx->arena;
    int64_t told = 0;
    for (size_t i = 0; i < who->posts.len; i++) {
        told += (int64_t)who->posts.ptr[i].people.len;
    }
    if (who->holders > told) {
        long long n = who->holders - told;
        put_words(s, (struct words){str_fmt(a, "另有 %lld 人次未列出（未履行和逾期最少的）", n),
                                    str_fmt(a,
                                            "%lld more are not shown (those with the least missed "
                                            "and late)",
                                            n)});
        xlsx_row(s->x);
    }
    if (who->more) {
        put_words(
            s, (struct words){str_fmt(a, "履职记录太多，本表只计最近开始的 %d 次", DUTY_LOOKED_MAX),
                              str_fmt(a,
                                      "There are too many occurrences: this sheet counts "
                                      "the %d that began last only",
                                      DUTY_LOOKED_MAX)});
        xlsx_row(s->x);
    }
}

static void put_articles(struct sheet *s, const struct law_state *l)
{
    for (size_t i = 0; i < l->nclauses; i++) {
        const struct clause_state *c = &l->clauses[i];
        size_t rows = c->nresults ? c->nresults : 1;
        for (size_t k = 0; k < rows; k++) {
            put_clause(s, c->clause);
            put_words(s, binding_words(c->binding));
            put_words(s, c->binding == BINDING_MANUAL           ? c->clause->manual
                         : c->binding == BINDING_NOT_EXECUTABLE ? c->clause->not_executable
                                                                : WORDS("", ""));
            put_result(s, c->nresults ? &c->results[k] : NULL);
        }
    }
}

static void put_unlived(struct sheet *s, const struct unlived *u)
{
    put_clause(s, u->clause);
    for (size_t i = 0; i < UNLIVED_BY; i++) {
        put_words(s, i < u->nby ? u->by[i] : WORDS("", ""));
    }
    put_count(s, u->more);
    xlsx_row(s->x);
}

err scorecard_regulations(const struct ctx *ctx, const struct compliance *c,
                          const struct lived *lived, const struct duty_history *who,
                          const struct scorecard_by *by, int *ret_fd, int64_t *ret_size)
{
    struct sheet s;
    err e = begin(&s, ctx, WORDS("制度", "Regulations"), laws, sizeof(laws) / sizeof(laws[0]));
    if (e.code) {
        return e;
    }
    const struct law_state **worst = compliance_worst_first(ctx->arena, c);
    for (size_t i = 0; i < c->nlaws; i++) {
        put_law(&s, worst[i], lived);
    }
    another(&s, WORDS("条款", "Articles"), clauses, sizeof(clauses) / sizeof(clauses[0]));
    for (size_t i = 0; i < c->nlaws; i++) {
        put_articles(&s, worst[i]);
    }
    another(&s, WORDS("定期职责", "Duties"), duties, sizeof(duties) / sizeof(duties[0]));
    for (size_t i = 0; i < c->nlaws; i++) {
        put_duties(&s, worst[i]);
    }
    another(&s, WORDS("岗位与人员", "Posts and people"), holders,
            sizeof(holders) / sizeof(holders[0]));
    for (size_t i = 0; i < who->posts.len; i++) {
        put_holders(&s, &who->posts.ptr[i]);
    }
    put_left(&s, who);
    another(&s, WORDS("从未执行", "Never lived"), unlived, sizeof(unlived) / sizeof(unlived[0]));
    for (size_t i = 0; i < lived->n; i++) {
        put_unlived(&s, &lived->list[i]);
    }
    return end(&s, WORDS("按制度", "By regulation"), by, ret_fd, ret_size);
}

/* --- by unit -----------------------------------------------------------------------------------
 */

static const struct heading units[] = {
    {"unit", WORDS_INIT("部门", "Unit"), WIDE},
    COUNTS,
    OWED,
    AGE,
};
static const struct heading unit_controls[] = {
    {"unit", WORDS_INIT("部门", "Unit"), 24},
    {"control", WORDS_INIT("控制点", "Control"), WIDE},
    {"control_key", WORDS_INIT("控制点的键", "Key of the control"), 24},
    BREAKS,
};

static void put_breaks(struct sheet *s, int64_t violation, int64_t in_grace, int64_t waived,
                       int64_t unknown)
{
    xlsx_number(s->x, violation, 0);
    xlsx_number(s->x, in_grace, 0);
    xlsx_number(s->x, waived, 0);
    xlsx_number(s->x, unknown, 0);
}

err scorecard_units(const struct ctx *ctx, const struct unit_state *list, size_t n, int64_t as_of,
                    const struct scorecard_by *by, int *ret_fd, int64_t *ret_size)
{
    struct sheet s;
    err e = begin(&s, ctx, WORDS("部门", "Units"), units, sizeof(units) / sizeof(units[0]));
    if (e.code) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        const struct unit_state *u = &list[i];
        put_words(&s, unit_state_words(u));
        xlsx_number(s.x, u->ok, 0);
        xlsx_number(s.x, u->n, 0);
        put_breaks(&s, u->violation, u->in_grace, u->waived, u->unknown);
        put_owed(&s, &u->owed, duty_ended(&u->owed) + u->owed.waiting > 0);
        put_age(&s, as_of);
        xlsx_row(s.x);
    }
    another(&s, WORDS("控制点", "Controls"), unit_controls,
            sizeof(unit_controls) / sizeof(unit_controls[0]));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < list[i].list.len; k++) {
            const struct unit_breaks *b = &list[i].list.ptr[k];
            put_words(&s, unit_state_words(&list[i]));
            put_words(&s, b->control->newest->words);
            xlsx_text(s.x, b->control->key);
            put_breaks(&s, b->violation, b->in_grace, b->waived, b->unknown);
            xlsx_row(s.x);
        }
    }
    return end(&s, WORDS("按部门", "By unit"), by, ret_fd, ret_size);
}

/* --- by standard -------------------------------------------------------------------------------
 */

static const struct heading standards[] = {
    {"standard", WORDS_INIT("标准", "Standard"), 14},
    {"title", WORDS_INIT("名称", "Title"), WIDE},
    {"source", WORDS_INIT("出处", "Source"), 24},
    {"edition", WORDS_INIT("清单版次", "Edition of the list"), NARROW},
    {"state", WORDS_INIT("状态", "State"), 20},
    {"kept", WORDS_INIT("整个标准符合", "Whole standard kept"), 0},
    TALLY,
    {"items", WORDS_INIT("条目", "Items"), NARROW},
    {"answered", WORDS_INIT("有条款对应的条目", "Items answered"), 0},
    {"items_broken", WORDS_INIT("有问题的条目", "Items not all kept"), 0},
    {"items_unwatched", WORDS_INIT("有条款而无控制点的条目", "Items not watched"), 0},
    {"items_attested", WORDS_INIT("有的由人书面确认的条目", "Items attested by people"), 0},
    {"items_partly", WORDS_INIT("部分覆盖且符合的条目", "Items partly answered, kept"), 0},
    {"items_kept", WORDS_INIT("符合的条目", "Items kept"), 0},
    {"items_unanswered", WORDS_INIT("没有条款对应的条目", "Items no article answers"), 0},
};
static const struct heading items[] = {
    {"standard", WORDS_INIT("标准", "Standard"), 14},
    {"item", WORDS_INIT("条目", "Item"), 14},
    {"title", WORDS_INIT("条目名称", "Title of the item"), WIDE},
    {"item_state", WORDS_INIT("条目状态", "State of the item"), 20},
    {"item_kept", WORDS_INIT("条目符合", "Item kept"), NARROW},
    {"relation", WORDS_INIT("条款与条目的关系", "How the article answers"), 20},
    {"regulation", WORDS_INIT("制度", "Regulation"), 24},
    {"clause", WORDS_INIT("条", "Article"), NARROW},
    {"article_title", WORDS_INIT("条款", "Title of the article"), 24},
    RESULT,
};

static void put_standard(struct sheet *s, const struct standard_state *x)
{
    static const enum item_outcome order[] = {ITEM_BROKEN, ITEM_UNWATCHED, ITEM_ATTESTED,
                                              ITEM_PARTLY, ITEM_KEPT,      ITEM_UNMAPPED};
    xlsx_text(s->x, x->head.key);
    put_words(s, x->head.title);
    xlsx_text(s->x, x->head.source);
    xlsx_number(s->x, x->head.edition, 0);
    put_words(s, standard_words(x));
    xlsx_bool(s->x, standard_good(x));
    put_tally(s, &x->tally);
    xlsx_number(s->x, x->head.nitems, 0);
    put_count(s, x->nitems);
    for (size_t i = 0; i < ITEM_OUTCOMES; i++) {
        put_count(s, x->outcomes[order[i]]);
    }
    xlsx_row(s->x);
}

/* What begins each row about an item. */
static void put_head(struct sheet *s, const struct standard_state *x, const struct standard_item *i,
                     const struct item_state *is)
{
    enum item_outcome o = is ? is->outcome : ITEM_UNMAPPED;
    xlsx_text(s->x, x->head.key);
    xlsx_text(s->x, i->item);
    put_words(s, i->words);
    put_words(s, item_outcome_words(o));
    xlsx_bool(s->x, o == ITEM_KEPT);
}

static void put_item(struct sheet *s, const struct standard_state *x, const struct standard_item *i)
{
    const struct item_state *is = standard_item_state(x, i->item);
    if (i->kind == STANDARD_GROUP) {
        return;
    }
    if (!is) {
        put_head(s, x, i, NULL);
        xlsx_row(s->x);
        return;
    }
    for (size_t k = 0; k < is->nclauses; k++) {
        const struct clause_state *c = is->clauses[k].state;
        size_t rows = c->nresults ? c->nresults : 1;
        for (size_t r = 0; r < rows; r++) {
            put_head(s, x, i, is);
            put_words(s, relation_words(is->clauses[k].map->relation));
            put_clause(s, c->clause);
            put_result(s, c->nresults ? &c->results[r] : NULL);
        }
    }
}

err scorecard_standards(const struct ctx *ctx, const struct standard_state *list, size_t n,
                        const struct standard *texts, size_t ntexts, const struct scorecard_by *by,
                        int *ret_fd, int64_t *ret_size)
{
    struct sheet s;
    err e = begin(&s, ctx, WORDS("标准", "Standards"), standards,
                  sizeof(standards) / sizeof(standards[0]));
    if (e.code) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        put_standard(&s, &list[i]);
    }
    another(&s, WORDS("条目", "Items"), items, sizeof(items) / sizeof(items[0]));
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < ntexts; t++) {
            bool it = str_eq(texts[t].key, list[i].head.key);
            for (size_t k = 0; it && k < texts[t].nitems; k++) {
                put_item(&s, &list[i], &texts[t].items[k]);
            }
        }
    }
    return end(&s, WORDS("按标准", "By standard"), by, ret_fd, ret_size);
}
