#include "model/duty.h"
#include "model/load_int.h"

/* Duties: names first (they stay through versions), then what they say. */

/* --- names ---------------------------------------------------------------------------- */

static struct duty *duty_declare(struct load *l, struct lsrc *s, const struct ypair *p)
{
    struct model *m = l->m;
    struct duty *d = NULL;
    for (size_t i = 0; i < m->nduties; i++) {
        d = str_eq(m->duties[i]->key, p->key) ? m->duties[i] : d;
    }
    if (d && d->reg != s->law->reg) {
        diag_error(l->d, p->pos, "定期职责“%.*s”已由制度 %.*s 定义；名称在一个系统中唯一",
                   "duty \"%.*s\" belongs to regulation %.*s; names of duties are unique in an "
                   "installation",
                   STR_ARG(p->key), STR_ARG(d->reg->key));
        return NULL;
    }
    if (d) {
        return d;
    }
    if (m->nduties == DUTIES_MAX) {
        diag_error(l->d, p->pos, "定期职责超过 500 个", "more than 500 duties");
        return NULL;
    }
    d = arena_new(l->a, struct duty);
    *d = (struct duty){.key = p->key, .code = (int)m->nduties, .reg = s->law->reg};
    m->duties[m->nduties++] = d;
    return d;
}

void duties_read(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("duties"));
    if (!n || !key_is_map(l, n, WORDS("duties", "duties"))) {
        return;
    }
    s->law->duties = arena_array(l->a, struct ddef, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        if (!name_check(l, p->key, p->pos, WORDS("定期职责", "duty")) ||
            !keys_check(l, p->value, KEYS_DUTY, "", WORDS("定期职责", "a duty"))) {
            continue;
        }
        struct duty *d = duty_declare(l, s, p);
        if (d) {
            s->law->duties[s->law->nduties++] =
                (struct ddef){.duty = d, .law = s->law, .pos = p->pos};
        }
    }
}

/* --- what one says ------------------------------------------------------------------------ */

struct duty_reader {
    struct load *l;
    struct lsrc *s;
    const struct ynode *map;
    struct ddef *d;
    struct each each;
    struct scope outer; /* the object alone */
    struct scope run;   /* the occurrence, and the object */
};

static bool each_read(struct duty_reader *r)
{
    struct load *l = r->l;
    const struct ynode *n = yaml_get(r->map, STR("each"));
    if (!n) {
        return true;
    }
    str text = key_text(l, n, WORDS("each", "each"));
    if (!text.len || !expr_compile_each(l->a, &r->outer, text, n->pos, &r->each, l->d)) {
        return false;
    }
    struct ddef *d = r->d;
    d->each = r->each.type;
    d->each_name = r->each.name;
    d->each_from = r->each.from;
    d->each_set = r->each.set;
    if (!law_uses(d->law, d->each->reg)) {
        diag_error(l->d, n->pos, "类型“%.*s”属于制度 %.*s，请写入 uses",
                   "type \"%.*s\" belongs to regulation %.*s: name it in uses",
                   STR_ARG(d->each->key), STR_ARG(d->each->reg->key));
        return false;
    }
    struct scope_var x = {d->each_name, d->each};
    r->outer.vars[r->outer.nvars++] = x;
    r->run.vars[r->run.nvars++] = x;
    /* For effects: the one object of the occurrence. */
    struct scope run = r->run;
    run.nvars--;
    str one = str_fmt(l->a, "%.*s in %.*s where %.*s == about", STR_ARG(d->each_name),
                      STR_ARG(d->each->key), STR_ARG(d->each_name));
    return expr_compile_each(l->a, &run, one, n->pos, &r->each, l->d);
}

static void every_read(struct duty_reader *r)
{
    static const char *const words[] = {[EVERY_WEEK] = "week",
                                        [EVERY_MONTH] = "month",
                                        [EVERY_QUARTER] = "quarter",
                                        [EVERY_HALF_YEAR] = "half_year",
                                        [EVERY_YEAR] = "year"};
    struct load *l = r->l;
    const struct ynode *n = yaml_get(r->map, STR("every"));
    const struct ynode *at = yaml_get(r->map, STR("at"));
    if (!n == !at || (at && !r->d->each)) {
        diag_error(
            l->d, r->d->pos,
            "定期职责要有 every（week month quarter half_year year 或一段时间），或者 each 和 at",
            "a duty has every (week, month, quarter, half_year, year or a length), or each "
            "and at");
        return;
    }
    if (at) {
        r->d->every = EVERY_ONCE;
        r->d->at = cond_read(l, &r->outer, at, vtype_of(V_NULL));
        enum vkind k = r->d->at.type.kind;
        if (r->d->at.tree && k != V_DATE && k != V_DATETIME) {
            diag_error(l->d, at->pos, "at 应是日期或时刻，如 x.ends - 30d",
                       "at is a date or moment, as x.ends - 30d");
        }
        return;
    }
    for (int i = EVERY_WEEK; i <= EVERY_YEAR; i++) {
        if (n->kind == Y_TEXT && str_eq(n->text, str_from(words[i]))) {
            r->d->every = (enum duty_every)i;
            return;
        }
    }
    r->d->every = EVERY_LENGTH;
    r->d->length = length_read(l, &r->outer, n);
}

/* Can a record of the type ever be in a final state? */
static bool ends_somewhere(const struct tdef *d)
{
    for (size_t i = 0; i < d->nstates; i++) {
        if (d->states[i].final) {
            return true;
        }
    }
    return false;
}

static void creates_read(struct duty_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    struct ddef *d = r->d;
    d->creates = true;
    effect_create_read(l, r->s, &r->run, r->map, n, d->each ? &r->each : NULL, d->clause,
                       &d->create);
    const struct type *t = d->create.target;
    if (t && (t->lines || t->part_of)) {
        diag_error(l->d, n->pos, "creates 应是独立的记录，不能是明细或子项",
                   "creates is a record of its own, no line and no part");
        return;
    }
    const struct ynode *done = yaml_get(r->map, STR("done"));
    if (t && done) {
        struct scope of = {.model = l->m, .law = d->law, .self = t->newest};
        d->done = truth_read(l, &of, done);
    } else if (t && !ends_somewhere(t->newest)) {
        diag_error(l->d, n->pos, "类型“%.*s”没有终结状态，请用 done 写明何时算完成",
                   "type \"%.*s\" has no final state: say with done when it is met",
                   STR_ARG(t->key));
    }
}

static void expects_read(struct duty_reader *r, const struct ynode *n)
{
    struct load *l = r->l;
    struct each e = {0};
    str text = key_text(l, n, WORDS("expects", "expects"));
    if (!text.len || !expr_compile_each(l->a, &r->run, text, n->pos, &e, l->d)) {
        return;
    }
    r->d->expected = e.type;
    r->d->expected_name = e.name;
    r->d->expected_from = e.from;
    r->d->expected_set = e.set;
    if (!law_uses(r->d->law, e.type->reg)) {
        diag_error(l->d, n->pos, "类型“%.*s”属于制度 %.*s，请写入 uses",
                   "type \"%.*s\" belongs to regulation %.*s: name it in uses",
                   STR_ARG(e.type->key), STR_ARG(e.type->reg->key));
    }
}

static void met_read(struct duty_reader *r)
{
    const struct ynode *creates = yaml_get(r->map, STR("creates"));
    const struct ynode *expects = yaml_get(r->map, STR("expects"));
    if (!creates == !expects) {
        diag_error(r->l->d, r->d->pos, "定期职责要有 creates 或 expects，且只有一个",
                   "a duty has either creates or expects");
    } else if (creates) {
        creates_read(r, creates);
    } else {
        expects_read(r, expects);
    }
    static const char *const with[] = {"with", "done"};
    for (size_t i = 0; i < 2; i++) {
        if (!creates && yaml_get(r->map, str_from(with[i]))) {
            diag_error(r->l->d, key_pos(r->map, with[i]), "%s 与 creates 连用",
                       "%s goes with creates", with[i]);
        }
    }
}

static void due_read(struct duty_reader *r)
{
    struct load *l = r->l;
    const struct ynode *due = yaml_get(r->map, STR("due"));
    const struct ynode *grace = yaml_get(r->map, STR("grace"));
    struct ddef *d = r->d;
    if (due) {
        d->due = cond_read(l, &r->run, due, vtype_of(V_NULL));
        enum vkind k = d->due.type.kind;
        d->due_moment = k == V_DATE || k == V_DATETIME;
        if (d->due.tree && !d->due_moment && !vkind_is_length(k)) {
            diag_error(l->d, due->pos,
                       "due 应是一段时间（如 10 workdays）或一个时刻（如 ends - 2d）",
                       "due is a length (as 10 workdays) or a moment (as ends - 2d)");
        }
    } else if (d->every == EVERY_ONCE) {
        diag_error(l->d, d->pos, "有 at 的职责要有 due：多久内完成？",
                   "a duty with at needs due: within what time?");
    }
    d->grace = grace ? length_read(l, &r->outer, grace) : (struct cond){0};
}

/* What is not done by an occurrence that was missed. */
static void missed_check(struct load *l, const struct effect *e)
{
    if (e->kind == E_SET || e->has_after) {
        diag_error(l->d, e->pos, "missed 中不能写 set 和 after",
                   "neither set nor after goes in missed");
    }
}

static void duty_body(struct load *l, struct lsrc *s, const struct ynode *map, struct ddef *d)
{
    d->words = key_words(l, s, map, d->duty->key);
    d->clause = key_clause(l, s, map);
    if (!d->clause && !yaml_get(map, STR("clause"))) {
        diag_error(l->d, d->pos, "定期职责要有 clause：它落实哪一条？",
                   "a duty needs a clause: which one does it carry out?");
    }
    if (!l->m->duty_run) {
        diag_error(l->d, d->pos, "没有制度定义台账 duty_run（履职记录），定期职责无处记录",
                   "no regulation defines the register duty_run, in which occurrences of duties "
                   "are kept");
        return;
    }
    struct duty_reader r = {.l = l,
                            .s = s,
                            .map = map,
                            .d = d,
                            .outer = {.model = l->m, .law = d->law},
                            .run = {.model = l->m, .law = d->law, .self = l->m->duty_run->newest}};
    if (!each_read(&r)) {
        return;
    }
    every_read(&r);
    const struct ynode *owner = yaml_get(map, STR("owner"));
    if (owner) {
        d->owner = people_read(l, &r.outer, owner, false);
        people_countable(l, &d->owner, owner->pos);
    } else {
        diag_error(l->d, d->pos, "缺少 owner：由谁完成？", "owner is missing: who owes it?");
    }
    met_read(&r);
    due_read(&r);
    struct scope run = r.run;
    run.nvars = 0; /* added with the object */
    d->missed = effects_read_each(l, s, &run, yaml_get(map, STR("missed")),
                                  d->each ? &r.each : NULL, d->clause, &d->nmissed);
    for (size_t i = 0; i < d->nmissed; i++) {
        missed_check(l, &d->missed[i]);
    }
}

void duties_body(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("duties"));
    for (size_t i = 0; i < s->law->nduties; i++) {
        struct ddef *d = &s->law->duties[i];
        duty_body(l, s, yaml_get(n, d->duty->key), d);
    }
}

/* --- through the versions ----------------------------------------------------------------- */

void duties_link(struct load *l)
{
    for (size_t i = 0; i < l->m->nduties; i++) {
        struct duty *d = l->m->duties[i];
        d->ndefs = d->reg->nlaws;
        d->defs = arena_array(l->a, const struct ddef *, d->ndefs + 1);
        for (size_t v = 0; v < d->ndefs; v++) {
            const struct law *law = d->reg->laws[v];
            d->defs[v] = NULL;
            for (size_t k = 0; k < law->nduties; k++) {
                d->defs[v] = law->duties[k].duty == d ? &law->duties[k] : d->defs[v];
            }
            const struct ddef *was = v ? d->defs[v - 1] : NULL;
            if (was && d->defs[v] && was->each != d->defs[v]->each) {
                diag_error(l->d, d->defs[v]->pos,
                           "定期职责“%.*s”的 each 一直是另一类记录；请另设一个",
                           "duty \"%.*s\" has always been for each record of another type; add "
                           "another one",
                           STR_ARG(d->key));
            }
        }
        d->newest = d->ndefs ? d->defs[d->ndefs - 1] : NULL;
    }
}

const struct duty *model_duty(const struct model *m, str key)
{
    for (size_t i = 0; i < m->nduties; i++) {
        if (str_eq(m->duties[i]->key, key)) {
            return m->duties[i];
        }
    }
    return NULL;
}
