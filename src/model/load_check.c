#include "model/load_int.h"

/* What can be judged only when everything is there. */

/* --- never missing --------------------------------------------------------------- */

static bool asked_by(const struct ynode *action, str key)
{
    const struct ynode *asks = yaml_get(action, STR("asks"));
    for (size_t i = 0; asks && asks->kind == Y_LIST && i < asks->len; i++) {
        if (asks->items[i]->kind == Y_TEXT && str_eq(asks->items[i]->text, key)) {
            return true;
        }
    }
    return false;
}

static bool given_in(const struct tsrc *t, size_t field)
{
    const struct ynode *node = t->field_nodes[field];
    if (!node) {
        return true; /* the parent */
    }
    if (yaml_get(node, STR("default"))) {
        return true;
    }
    if (yaml_get(node, STR("is"))) {
        return false;
    }
    size_t creating = 0;
    for (size_t i = 0; i < t->def->nactions; i++) {
        if (t->def->actions[i].creates) {
            creating++;
            if (!asked_by(t->action_nodes[i], t->def->fields[field].key)) {
                return false;
            }
        }
    }
    return creating > 0;
}

/* In every version, or it can be missing in a record that began earlier. */
void missing_make(struct load *l)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        struct tsrc *t = l->tsrcs[i];
        for (size_t j = 0; j < t->def->nfields; j++) {
            t->def->fields[j].never_missing = given_in(t, j);
        }
    }
    for (size_t i = 0; i < l->m->ntypes; i++) {
        const struct type *t = l->m->types[i];
        for (size_t j = 0; j < t->newest->nfields; j++) {
            str key = t->newest->fields[j].key;
            bool always = true;
            for (size_t k = 0; k < t->ndefs; k++) {
                const struct field *f = tdef_field(t->defs[k], key);
                always = always && f && f->never_missing;
            }
            for (size_t k = 0; k < t->ndefs; k++) {
                struct field *f = field_find(t->defs[k], key);
                if (f) {
                    f->never_missing = always;
                }
            }
        }
    }
}

/* --- columns ------------------------------------------------------------------------ */

void columns_make(struct load *l)
{
    for (size_t i = 0; i < l->m->ntypes; i++) {
        struct type *t = l->m->types[i];
        size_t max = 0;
        for (size_t k = 0; k < t->ndefs; k++) {
            max += t->defs[k]->nfields;
        }
        t->columns = arena_array(l->a, struct column, max + 1);
        str *links = arena_array(l->a, str, max + 1);
        for (size_t k = 0; k < t->ndefs; k++) {
            for (size_t j = 0; j < t->defs[k]->nfields; j++) {
                const struct field *f = &t->defs[k]->fields[j];
                bool link = f->type == F_REFS || f->type == F_PEOPLE;
                if ((f->column.len == 0 && !link) || (f->is.text.len && !f->stored)) {
                    continue;
                }
                str name = link ? str_fmt(l->a, "l_%.*s__%.*s", STR_ARG(t->key), STR_ARG(f->key))
                                : f->column;
                bool there = false;
                for (size_t n = 0; n < t->ncolumns; n++) {
                    there = there || str_eq(t->columns[n].name, name);
                }
                for (size_t n = 0; n < t->nlinks; n++) {
                    there = there || str_eq(links[n], name);
                }
                if (there) {
                    continue;
                }
                if (link) {
                    links[t->nlinks++] = name;
                } else {
                    t->columns[t->ncolumns++] =
                        (struct column){.name = name, .text = ftype_is_text(f->type)};
                }
            }
        }
        t->link_tables = links;
    }
}

/* --- indexes: which columns get an order index ------------------------------------------- */

enum { ORDER_INDEXES_MAX = 5 };

static struct column *column_named(struct type *t, str name)
{
    for (size_t i = 0; i < t->ncolumns; i++) {
        if (str_eq(t->columns[i].name, name)) {
            return &t->columns[i];
        }
    }
    return NULL;
}

/* Does any definition look records up by this field ("x.device == self")? */
static bool looked_up(const struct load *l, str key)
{
    str a = str_fmt(l->a, ".%.*s ==", STR_ARG(key));
    str b = str_fmt(l->a, ".%.*s in", STR_ARG(key));
    for (size_t i = 0; i < l->nsrcs; i++) {
        if (str_has(l->srcs[i].s->definition, a) || str_has(l->srcs[i].s->definition, b)) {
            return true;
        }
    }
    return false;
}

static bool is_key_field(const struct field *f)
{
    return f->column.len &&
           (f->type == F_REF || f->type == F_PERSON || f->type == F_UNIT || f->type == F_POST);
}

static void indexes_choose(struct load *l, struct type *t)
{
    const struct tdef *d = t->newest;
    size_t n = 0;
    for (size_t i = 0; i < d->see.nalts; i++) {
        struct column *c =
            d->see.alts[i].kind == SEE_COLUMN ? column_named(t, d->see.alts[i].column) : NULL;
        if (d->see.alts[i].kind == SEE_COLUMN && !c) {
            continue; /* creator, unit: see ddl.c */
        }
        if (c && !c->indexed && n < ORDER_INDEXES_MAX) {
            c->indexed = true;
            n++;
        }
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < d->nfields && n < ORDER_INDEXES_MAX; i++) {
            const struct field *f = &d->fields[i];
            struct column *c = is_key_field(f) ? column_named(t, f->column) : NULL;
            bool parent = d->part_of && i == 0;
            if (c && !c->indexed && !parent && (round == 1 || looked_up(l, f->key))) {
                c->indexed = true;
                n++;
            }
        }
    }
}

/* --- states -------------------------------------------------------------------------------- */

static bool starts_from(const struct action *x, const struct state *s)
{
    if (x->from_any) {
        return !s->final;
    }
    for (size_t i = 0; i < x->nfrom; i++) {
        if (x->from[i] == s) {
            return true;
        }
    }
    return false;
}

static bool mark_state(const struct tdef *d, bool *seen, const struct state *s)
{
    if (!s || seen[s - d->states]) {
        return false;
    }
    seen[s - d->states] = true;
    return true;
}

static void check_states(struct load *l, const struct tdef *d)
{
    bool *seen = arena_array(l->a, bool, d->nstates + 1);
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < d->nactions; i++) {
            const struct action *x = &d->actions[i];
            bool can = x->creates;
            for (size_t j = 0; j < d->nstates && !can; j++) {
                can = seen[j] && starts_from(x, &d->states[j]);
            }
            if (!can) {
                continue;
            }
            more = mark_state(d, seen, x->to) || more;
            for (size_t j = 0; j < x->ntos; j++) {
                more = mark_state(d, seen, x->tos[j].state) || more;
            }
        }
    }
    bool final = false;
    for (size_t i = 0; i < d->nstates; i++) {
        final = final || d->states[i].final;
        if (!seen[i]) {
            diag_error(l->d, d->states[i].pos, "没有操作能到达状态“%.*s”",
                       "no action leads to state \"%.*s\"", STR_ARG(d->states[i].key));
        }
    }
    if (d->nstates && !final && !d->newest && !d->part_of) {
        diag_warning(l->d, d->pos, "单据“%.*s”没有终态（final: true）：它永远不会办结",
                     "case \"%.*s\" has no final state: it never ends", STR_ARG(d->type->key));
    }
}

static void check_actions(struct load *l, const struct tdef *d)
{
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *x = &d->actions[i];
        if (!x->creates && !x->after && d->nstates == 0) {
            diag_error(l->d, x->pos, "类型“%.*s”没有状态，操作不能有 from",
                       "type \"%.*s\" has no states, so no action has a from",
                       STR_ARG(d->type->key));
        }
    }
    if (d->nactions == 0 && !d->type->lines && !d->part_of) {
        diag_error(l->d, d->pos, "类型“%.*s”没有操作，永远不会有记录",
                   "type \"%.*s\" has no action, so there will never be a record",
                   STR_ARG(d->type->key));
    }
}

/* What is erased becomes nothing, or a text that says so. */
static void check_personal(struct load *l, const struct tdef *d)
{
    for (size_t i = 0; i < d->nfields; i++) {
        const struct field *f = &d->fields[i];
        if (f->personal && f->never_missing && !ftype_is_text(f->type)) {
            diag_error(l->d, f->pos, "个人信息字段须可为空，否则无法删除：请不要每次都要求填写它",
                       "a personal field must be able to be empty, or it could not be erased: do "
                       "not ask for it always");
        }
    }
}

/* --- clauses --------------------------------------------------------------------------------- */

static void check_clauses(struct load *l, struct lsrc *s)
{
    for (size_t i = 0; i < s->law->nclauses; i++) {
        const struct clause *c = &s->law->clauses[i];
        bool marked = c->manual.zh.len || c->not_executable.zh.len;
        if (!c->cited && !c->attested && !marked) {
            diag_error(
                l->d, c->pos,
                "条款“%.*s”没有被定义引用；请引用，或标注 manual / not-executable 并写明理由",
                "clause \"%.*s\" is cited nowhere in the definition; cite it, or mark it "
                "manual or not-executable with a reason",
                STR_ARG(c->id));
        }
    }
    if (s->untranslated) {
        diag_warning(l->d, s->untranslated_at, "有 %d 处文字没有英文（此为第一处）",
                     "%d texts have no English (this is the first)", (int)s->untranslated);
    }
}

/* --- names in the database ------------------------------------------------------------------ */

static void check_length(struct load *l, str name, struct pos at)
{
    if (name.len > 63) {
        diag_error(l->d, at, "数据库中的名称“%.*s”超过 63 个字符，请取短一些的名称",
                   "\"%.*s\" would be longer than the 63 characters a database allows; choose "
                   "shorter names",
                   STR_ARG(name));
    }
}

void check_names(struct load *l)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        const struct tdef *d = l->tsrcs[i]->def;
        check_length(l, d->type->table, d->pos);
        for (size_t j = 0; j < d->nfields; j++) {
            const struct field *f = &d->fields[j];
            bool link = f->type == F_REFS || f->type == F_PEOPLE;
            check_length(l, f->column, f->pos);
            if (link) {
                check_length(l,
                             str_fmt(l->a, "l_%.*s__%.*s", STR_ARG(d->type->key), STR_ARG(f->key)),
                             f->pos);
            }
        }
    }
}

/* --- cycles --------------------------------------------------------------------------------- */

/* An effect that certainly happens, in the same act: nothing stops it. */
static bool certain(const struct effect *e)
{
    return (e->kind == E_CREATE || e->kind == E_PERFORM) && e->target && e->target_action.len &&
           !e->when.tree && !e->each && !e->has_after && !e->if_absent;
}

struct walk {
    struct load *l;
    const struct action *path[64];
    size_t depth;
};

static void walk_action(struct walk *w, const struct action *x, const struct effect *by)
{
    for (size_t i = 0; i < w->depth; i++) {
        if (w->path[i] == x) {
            diag_error(
                w->l->d, by->pos, "操作 %.*s.%.*s 经由这个结果必然再次引起自己；请加 when 或 after",
                "action %.*s.%.*s certainly causes itself again through this effect; give it "
                "a when or an after",
                STR_ARG(x->of->type->key), STR_ARG(x->key));
            return;
        }
    }
    if (w->depth == sizeof w->path / sizeof w->path[0]) {
        return;
    }
    w->path[w->depth++] = x;
    for (size_t i = 0; i < x->neffects; i++) {
        const struct effect *e = &x->effects[i];
        const struct action *to =
            certain(e) ? tdef_action(e->target->newest, e->target_action) : NULL;
        /* Each cycle is told once: at the effect that leads back to its start. */
        if (to && (to == w->path[0] || w->depth < 8)) {
            walk_action(w, to, e);
        }
    }
    w->depth--;
}

void check_cycles(struct load *l)
{
    size_t told = l->d->errors;
    for (size_t i = 0; i < l->ntsrcs; i++) {
        const struct tdef *d = l->tsrcs[i]->def;
        for (size_t j = 0; d == d->type->newest && j < d->nactions; j++) {
            struct walk w = {.l = l};
            if (l->d->errors == told) {
                walk_action(&w, &d->actions[j], NULL);
            }
        }
    }
}

/* --- bounds: what the engine has room for ------------------------------------------------- */

enum { FIELDS_MAX = 200, STATES_MAX = 60, DEFAULTS_MAX = 60, CONDITIONS_MAX = 48 };

static void bound(struct load *l, struct pos at, size_t n, size_t most, struct words what)
{
    if (n > most) {
        diag_error(l->d, at, "%s%.0s过多：最多 %d 个", "%.0stoo many %s: at most %d", what.zh.ptr,
                   what.en.ptr, (int)most);
    }
}

static void check_bounds(struct load *l, const struct tdef *d)
{
    size_t defaults = 0;
    for (size_t i = 0; i < d->nfields; i++) {
        defaults += d->fields[i].def.tree != NULL;
    }
    bound(l, d->pos, d->nfields, FIELDS_MAX, WORDS("字段", "fields"));
    bound(l, d->pos, d->nstates, STATES_MAX, WORDS("状态", "states"));
    bound(l, d->pos, defaults, DEFAULTS_MAX, WORDS("默认值", "defaults"));
    bound(l, d->pos, d->nrules, CONDITIONS_MAX, WORDS("规则", "rules"));
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *x = &d->actions[i];
        bound(l, x->pos, x->nneeds + x->ntos + x->nasks, CONDITIONS_MAX,
              WORDS("条件和字段", "conditions and fields"));
    }
    for (size_t i = 0; i < d->nterms; i++) {
        bound(l, d->terms[i].pos, d->terms[i].nmarks, CONDITIONS_MAX, WORDS("时点", "marks"));
    }
}

static void check_adds(struct load *l, const struct law *law)
{
    for (size_t i = 0; law && i < law->nadds; i++) {
        const struct add *x = &law->adds[i];
        bound(l, x->pos, x->nneeds + x->nrules, CONDITIONS_MAX,
              WORDS("条件和规则", "conditions and rules"));
    }
}

void check_whole(struct load *l)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        const struct tdef *d = l->tsrcs[i]->def;
        check_bounds(l, d);
        check_states(l, d);
        check_actions(l, d);
        check_personal(l, d);
    }
    for (size_t i = 0; i < l->m->ntypes; i++) {
        indexes_choose(l, l->m->types[i]);
    }
    for (size_t i = 0; i < l->nsrcs; i++) {
        if (l->srcs[i].root) {
            check_adds(l, l->srcs[i].law);
            check_clauses(l, &l->srcs[i]);
        }
    }
    check_names(l);
    check_cycles(l);
    check_versions(l);
}
