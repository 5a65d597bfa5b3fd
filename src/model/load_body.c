#include "base/buf.h"
#include "model/load_int.h"

/* Expressions of types: defaults, computed fields, see, names, rules, unique, terms. */

struct scope scope_of(const struct load *l, const struct tdef *d)
{
    return (struct scope){.model = l->m, .law = d->law, .self = d};
}

struct cond cond_read(struct load *l, const struct scope *s, const struct ynode *n,
                      struct vtype want)
{
    str text = key_text(l, n, WORDS("表达式", "an expression"));
    if (n->kind != Y_TEXT) {
        return (struct cond){0};
    }
    if (text.len == 0) {
        diag_error(l->d, n->pos, "这里缺少表达式", "an expression is missing here");
        return (struct cond){0};
    }
    return expr_compile(l->a, s, text, n->pos, want, l->d);
}

struct cond truth_read(struct load *l, const struct scope *s, const struct ynode *n)
{
    struct cond c = cond_read(l, s, n, vtype_of(V_BOOL));
    bool all = c.tree && (str_starts(c.text, STR("all(")) || str_has(c.text, STR(" all(")));
    if (all && !str_has(c.text, STR("count(")) && !str_has(c.text, STR("exists("))) {
        diag_warning(
            l->d, n->pos, "all(..) 对空集合成立；若至少要有一个，请同时写 count(..) >= 1",
            "all(..) holds of nothing; where there must be one, write count(..) >= 1, too");
    }
    return c;
}

struct people people_read(struct load *l, const struct scope *s, const struct ynode *n,
                          bool alternatives)
{
    str text = key_text(l, n, WORDS("人员表达式", "a people expression"));
    if (n->kind != Y_TEXT || text.len == 0) {
        if (n->kind == Y_TEXT) {
            diag_error(l->d, n->pos, "这里缺少人员表达式", "a people expression is missing here");
        }
        return (struct people){0};
    }
    return expr_compile_people(l->a, s, text, n->pos, alternatives, l->d);
}

void people_countable(struct load *l, const struct people *p, struct pos at)
{
    if (p->tree && !p->countable) {
        diag_error(l->d, at,
                   "说不出是哪些人：每种情形都要有人、岗位或集合（不能只有 everyone、not 或条件）",
                   "this does not say who they are: each alternative needs a person, a post or a "
                   "set (not only everyone, not or a condition)");
    }
}

bool vkind_is_length(enum vkind k)
{
    return k == V_DURATION || k == V_DAYS || k == V_MONTHS || k == V_WORKDAYS || k == V_WORKHOURS;
}

struct cond length_read(struct load *l, const struct scope *s, const struct ynode *n)
{
    struct cond c = cond_read(l, s, n, vtype_of(V_NULL));
    if (c.tree && !vkind_is_length(c.type.kind)) {
        diag_error(l->d, n->pos, "这里应是一段时间，如 30m、3 workdays，而不是%s%.0s",
                   "a length of time is needed here, as 30m or 3 workdays, not %.0s%s",
                   vkind_name(c.type.kind), vkind_name(c.type.kind));
    }
    return c;
}

static struct cond moment_read(struct load *l, const struct scope *s, const struct ynode *n)
{
    struct cond c = cond_read(l, s, n, vtype_of(V_NULL));
    if (c.tree && c.type.kind != V_DATE && c.type.kind != V_DATETIME) {
        diag_error(l->d, n->pos, "这里应是日期或时刻，而不是%s%.0s",
                   "a date or moment is needed here, not %.0s%s", vkind_name(c.type.kind),
                   vkind_name(c.type.kind));
    }
    return c;
}

/* --- fields ----------------------------------------------------------------- */

/* Other expressions read the texts of `is` and `see`, so they stand there first. */
void texts_place(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    for (size_t i = 0; i < d->nfields; i++) {
        const struct ynode *is = t->field_nodes[i] ? yaml_get(t->field_nodes[i], STR("is")) : NULL;
        if (is) {
            d->fields[i].is = (struct cond){.text = key_text(l, is, WORDS("is", "is")),
                                            .pos = is->pos,
                                            .type = d->fields[i].value};
        }
    }
    const struct ynode *see = t->owner ? NULL : yaml_get(t->node, STR("see"));
    if (see) {
        d->see = (struct people){.text = key_text(l, see, WORDS("see", "see")), .pos = see->pos};
    }
}

void fields_body(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    struct scope s = scope_of(l, d);
    for (size_t i = 0; i < d->nfields; i++) {
        struct field *f = &d->fields[i];
        const struct ynode *node = t->field_nodes[i];
        const struct ynode *def = node ? yaml_get(node, STR("default")) : NULL;
        const struct ynode *see = node ? yaml_get(node, STR("see")) : NULL;
        if (def && (f->type == F_LINES || f->type == F_ATTACHMENT)) {
            diag_error(l->d, def->pos, "类型 %s 没有 default", "type %s has no default",
                       ftype_name(f->type));
        } else if (def) {
            f->def = cond_read(l, &s, def, f->value);
            f->def.clause = f->clause;
            if (t->owner && (f->def.reads.record || f->def.reads.nfields || f->def.reads.nparts)) {
                diag_error(l->d, def->pos, "明细行的默认值不能读单据",
                           "a default in lines reads no record");
            }
        }
        if (see) {
            f->see = people_read(l, &s, see, false);
        }
    }
}

/* Kept in the row when it reads only its own columns and lines, and nothing
 * that changes without an act. */
static bool can_be_stored(const struct field *f)
{
    const struct reads *r = &f->is.reads;
    if (!f->is.tree || !r->kept || r->now || r->actor || r->old) {
        return false;
    }
    for (size_t i = 0; i < r->nfields; i++) {
        const struct field *x = r->fields[i];
        if (x->is.text.len && !x->stored) {
            return false;
        }
    }
    return true;
}

static void computed_compile(struct load *l, struct diags *d)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        struct tdef *def = l->tsrcs[i]->def;
        struct scope s = scope_of(l, def);
        for (size_t j = 0; j < def->nfields; j++) {
            struct field *f = &def->fields[j];
            if (f->is.text.len) {
                f->is = expr_compile(l->a, &s, f->is.text, f->is.pos, f->value, d);
            }
        }
    }
}

void computed_body(struct load *l)
{
    /* First to learn what each reads, quietly; then, with that known, for good. */
    struct diags quiet = diags_make(l->a);
    computed_compile(l, &quiet);
    bool more = true;
    for (int round = 0; more && round < 8; round++) {
        more = false;
        for (size_t i = 0; i < l->ntsrcs; i++) {
            struct tdef *def = l->tsrcs[i]->def;
            for (size_t j = 0; j < def->nfields; j++) {
                struct field *f = &def->fields[j];
                if (f->is.text.len && !f->stored && can_be_stored(f)) {
                    f->stored = true;
                    more = true;
                }
            }
        }
    }
    for (size_t i = 0; i < l->ntsrcs; i++) {
        struct tdef *def = l->tsrcs[i]->def;
        for (size_t j = 0; j < def->nfields; j++) {
            struct field *f = &def->fields[j];
            if (f->is.text.len && !f->stored) {
                f->column = (str){0}; /* put in place when read */
            }
        }
    }
    computed_compile(l, l->d);
}

/* --- type --------------------------------------------------------------------- */

const struct rule *rules_read(struct load *l, struct lsrc *s, const struct scope *sc,
                              const struct ynode *n, const struct clause *clause, size_t *ret_n)
{
    *ret_n = 0;
    if (!n || !key_is_list(l, n, WORDS("rules", "rules"))) {
        return NULL;
    }
    struct rule *rules = arena_array(l->a, struct rule, n->len + 1);
    struct scope inner = *sc;
    inner.allow_old = true;
    for (size_t i = 0; i < n->len; i++) {
        const struct ynode *e = n->items[i];
        if (!keys_check(l, e, KEYS_RULE, "", WORDS("规则", "a rule"))) {
            continue;
        }
        const struct ynode *check = yaml_get(e, STR("check"));
        const struct ynode *when = yaml_get(e, STR("when"));
        if (!check) {
            diag_error(l->d, e->pos, "规则缺少 check", "a rule needs check");
            continue;
        }
        struct cond c = truth_read(l, &inner, check);
        c.clause = yaml_get(e, STR("clause")) ? key_clause(l, s, e) : clause;
        c.words = key_words(l, s, e, (str){0});
        if (!c.clause && !yaml_get(e, STR("clause"))) {
            diag_error(l->d, e->pos, "规则没有引用条款（clause）", "the rule cites no clause");
        }
        if (when) {
            c.when = arena_new(l->a, struct cond);
            *c.when = truth_read(l, &inner, when);
        }
        rules[(*ret_n)++].check = c;
    }
    return rules;
}

static void unique_read(struct load *l, struct tsrc *t, const struct ynode *e, struct unique *u)
{
    struct tdef *d = t->def;
    if (!keys_check(l, e, KEYS_UNIQUE, "", WORDS("unique", "unique"))) {
        return;
    }
    const struct ynode *of = yaml_get(e, STR("of"));
    if (!of || !key_is_list(l, of, WORDS("of", "of"))) {
        diag_error(l->d, e->pos, "unique 缺少 of: [字段, ..]", "unique needs of: [field, ..]");
        return;
    }
    u->of = arena_array(l->a, const struct field *, of->len + 1);
    for (size_t i = 0; i < of->len; i++) {
        str key = key_text(l, of->items[i], WORDS("of", "of"));
        const struct field *f = tdef_field(d, key);
        if (!f || !f->column.len || (f->is.text.len && !f->stored)) {
            diag_error(l->d, of->items[i]->pos, "“%.*s”不是可以唯一的字段",
                       "\"%.*s\" is no field that can be unique", STR_ARG(key));
            continue;
        }
        u->of[u->nof++] = f;
    }
    u->clause = key_clause(l, t->src, e);
    if (yaml_get(e, STR("zh")) || yaml_get(e, STR("en"))) {
        u->words = key_words(l, t->src, e, (str){0});
    }
    const struct ynode *while_ = yaml_get(e, STR("while"));
    if (while_) {
        struct scope s = scope_of(l, d);
        u->while_ = truth_read(l, &s, while_);
        const struct reads *r = &u->while_.reads;
        if (u->while_.tree && (!r->typed || r->now || r->actor || r->old)) {
            diag_error(l->d, while_->pos, "while 只能读本记录自己的字段和状态",
                       "while reads only fields and the state of its own record");
        }
        for (size_t i = 0; i < r->nfields; i++) {
            if (!r->fields[i]->never_missing) {
                diag_error(l->d, while_->pos,
                           "while 读的字段“%.*s”可能为空；只能读新建时必填或有默认值的字段",
                           "while reads \"%.*s\", which can be missing; it reads only fields that "
                           "are asked for at creation or have a default",
                           STR_ARG(r->fields[i]->key));
            }
        }
    }
}

/* Named by what it says, so that a version that says something else makes another. */
static void index_named(struct load *l, const struct tdef *d, struct unique *u)
{
    struct buf b = buf_make(l->a, 65536);
    for (size_t i = 0; i < u->nof; i++) {
        buf_put(&b, u->of[i]->column);
        buf_put_c(&b, ' ');
    }
    buf_put(&b, u->while_.is_true.text);
    u->index_name = str_fmt(l->a, "q_%.*s_%08llx", STR_ARG(d->type->key),
                            (unsigned long long)(str_hash(buf_str(&b)) & 0xffffffffu));
}

static void uniques_read(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    const struct ynode *n = yaml_get(t->node, STR("unique"));
    if (t->owner) {
        n = NULL;
    }
    size_t max = n && n->kind == Y_LIST ? n->len : 0;
    struct unique *u = arena_array(l->a, struct unique, max + d->nfields + 1);
    size_t len = 0;
    if (n && key_is_list(l, n, WORDS("unique", "unique"))) {
        for (size_t i = 0; i < n->len; i++) {
            unique_read(l, t, n->items[i], &u[len]);
            len += u[len].nof ? 1 : 0;
        }
    }
    for (size_t i = 0; i < d->nfields; i++) {
        if (d->fields[i].unique) {
            u[len].of = arena_array(l->a, const struct field *, 1);
            u[len].of[0] = &d->fields[i];
            u[len].nof = 1;
            u[len++].clause = d->fields[i].clause;
        }
    }
    for (size_t i = 0; i < len; i++) {
        index_named(l, d, &u[i]);
    }
    d->uniques = u;
    d->nuniques = len;
}

static void type_texts(struct load *l, struct tsrc *t, const struct scope *s)
{
    struct tdef *d = t->def;
    const struct ynode *number = yaml_get(t->node, STR("number"));
    const struct ynode *name = yaml_get(t->node, STR("name"));
    if (number) {
        str text = key_text(l, number, WORDS("number", "number"));
        d->number = expr_compile_template(l->a, s, text, number->pos, true, l->d);
    }
    if (name) {
        str text = key_text(l, name, WORDS("name", "name"));
        d->name = expr_compile_template(l->a, s, text, name->pos, false, l->d);
    } else if (!number) {
        diag_error(l->d, d->pos, "类型“%.*s”要有 name 或 number：记录以什么称呼？",
                   "type \"%.*s\" needs a name or a number: how is a record called?",
                   STR_ARG(d->type->key));
    }
}

void type_body(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    struct scope s = scope_of(l, d);
    uniques_read(l, t);
    if (t->owner) {
        return;
    }
    const struct ynode *see = yaml_get(t->node, STR("see"));
    if (see && !d->part_of) {
        d->see = people_read(l, &s, see, true);
    }
    type_texts(l, t, &s);
    d->rules = rules_read(l, t->src, &s, yaml_get(t->node, STR("rules")), NULL, &d->nrules);
}

/* --- terms ---------------------------------------------------------------------- */

static void marks_read(struct load *l, struct tsrc *t, const struct scope *s, struct term *x,
                       const struct ynode *n)
{
    if (!key_is_list(l, n, WORDS("marks", "marks"))) {
        return;
    }
    struct mark *marks = arena_array(l->a, struct mark, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ynode *e = n->items[i];
        if (!keys_check(l, e, KEYS_MARK, "", WORDS("时点", "a mark"))) {
            continue;
        }
        struct mark *m = &marks[x->nmarks++];
        const struct ynode *at = yaml_get(e, STR("at"));
        const struct ynode *every = yaml_get(e, STR("every"));
        const struct ynode *effects = yaml_get(e, STR("do"));
        if (at) {
            m->at = length_read(l, s, at);
        } else {
            diag_error(l->d, e->pos, "时点缺少 at（如 -1h、0d）", "a mark needs at (as -1h, 0d)");
        }
        if (every) {
            m->every = length_read(l, s, every);
        }
        if (effects) {
            m->effects = effects_read(l, t->src, s, effects, x->clause, &m->neffects);
        } else {
            diag_error(l->d, e->pos, "时点缺少 do", "a mark needs do");
        }
    }
    x->marks = marks;
}

void terms_body(struct load *l, struct tsrc *t)
{
    struct tdef *d = t->def;
    struct scope s = scope_of(l, d);
    for (size_t i = 0; i < d->nterms; i++) {
        struct term *x = &t->terms[i];
        const struct ynode *node = t->term_nodes[i];
        const struct ynode *until = yaml_get(node, STR("until"));
        const struct ynode *within = yaml_get(node, STR("within"));
        const struct ynode *from = yaml_get(node, STR("from"));
        const struct ynode *marks = yaml_get(node, STR("marks"));
        if ((until != NULL) == (within != NULL)) {
            diag_error(l->d, x->pos, "时限要有 until（时刻）或 within（时长）之一",
                       "a term has until (a moment) or within (a length), one of them");
        }
        if (!x->clause && !yaml_get(node, STR("clause"))) {
            diag_error(l->d, x->pos, "时限“%.*s”没有引用条款（clause）",
                       "term \"%.*s\" cites no clause", STR_ARG(x->key));
        }
        if (until) {
            x->until = moment_read(l, &s, until);
        }
        if (within) {
            x->within = length_read(l, &s, within);
        }
        if (from && until) {
            diag_error(l->d, from->pos, "from 只与 within 连用", "from goes with within only");
        } else if (from) {
            x->from = moment_read(l, &s, from);
        }
        if (marks) {
            marks_read(l, t, &s, x, marks);
        }
    }
}
