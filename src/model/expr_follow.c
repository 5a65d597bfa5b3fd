/* expr_follow.c - what a control reads of other records, and how to find from such a
 * record the one that is judged.
 *
 * Followed are
 *   own columns, lines, links, acts      the record itself is touched
 *   x in own part, x in T where x.f == self and ..     down: by the part's parent, by f
 *   field.column                          up: by the field that names the other record
 * All else (posts, units, chains of references, whole types, other records' own sets) is
 * far: nobody can tell from a touched record whose verdict it changes.
 */
#include "model/control.h"
#include "model/expr_int.h"

enum { PATHS_MAX = 64, VARS_DEEP = EXPR_MACROS_MAX + 1 };

struct following {
    struct arena *a;
    const struct type *self;
    struct cdef *c;
    struct {
        str name;
        bool near; /* its records lead back to the one that is judged */
    } vars[VARS_DEEP];
    size_t nvars;
    int inside; /* computed fields in one another */
};

static void add(struct following *f, const struct type *of, const struct field *field, bool up)
{
    struct control_path *list = (struct control_path *)(uintptr_t)f->c->paths;
    if (!of || !field || !field->column.len || (up && field->type == F_POST)) {
        f->c->far = true;
        return;
    }
    for (size_t i = 0; i < f->c->npaths; i++) {
        if (list[i].of == of && list[i].up == up && str_eq(list[i].field->key, field->key)) {
            return;
        }
    }
    if (f->c->npaths == PATHS_MAX) {
        f->c->far = true;
        return;
    }
    list = list ? list : arena_array(f->a, struct control_path, PATHS_MAX);
    list[f->c->npaths++] = (struct control_path){of, field, up};
    f->c->paths = list;
    if (up) { /* they are looked up by it */
        ((struct field *)(uintptr_t)field)->looked_up = true;
    }
}

static bool is_self(const struct expr *e)
{
    return e && e->mean == MEAN_SELF;
}

static bool is_near(const struct following *f, const struct expr *e)
{
    for (size_t i = f->nvars; e && e->mean == MEAN_VAR && i-- > 0;) {
        if (str_eq(f->vars[i].name, e->name)) {
            return f->vars[i].near;
        }
    }
    return is_self(e);
}

/* The field of x by which `where` demands that x names the record itself. */
static const struct field *names_self(const struct expr *macro, const struct expr *where)
{
    const struct field *found = NULL;
    for (size_t i = 0; where && where->kind == X_AND && i < where->nargs && !found; i++) {
        found = names_self(macro, where->args[i]);
    }
    for (int k = 0; where && where->kind == X_CMP && where->cmp == CMP_EQ && k < 2 && !found; k++) {
        const struct expr *x = where->args[k];
        bool column = x->mean == MEAN_COLUMN && x->field && x->base && x->base->mean == MEAN_VAR &&
                      str_eq(x->base->name, macro->var);
        found = column && is_self(where->args[1 - k]) ? x->field : NULL;
    }
    return found;
}

/* The field of a part that holds its parent. */
static const struct field *parent_of(const struct type *part)
{
    const struct tdef *d = part->newest;
    for (size_t i = 0; d && i < d->nfields; i++) {
        if (d->fields[i].to == part->part_of && d->fields[i].type == F_REF &&
            str_eq(d->fields[i].key, part->part_of->key)) {
            return &d->fields[i];
        }
    }
    return NULL;
}

static void follow(struct following *f, const struct expr *e);

static void follow_macro(struct following *f, const struct expr *e)
{
    const struct expr *in = e->in;
    const struct type *of = in->type.type;
    bool near = true;
    if (in->mean == MEAN_TYPE) {
        const struct field *by = names_self(e, e->where);
        near = by != NULL;
        if (near) {
            add(f, of, by, false);
        }
    } else if (in->mean == MEAN_PART && is_self(in->base)) {
        if (in->column.len) {
            add(f, of, tdef_field(of->newest, STR("about")), false);
        } else if (!of->lines) { /* lines change with their record */
            add(f, of, parent_of(of), false);
        }
    } else if (in->mean == MEAN_BUILTIN && is_self(in->base)) {
        near = true;
    } else if (in->mean == MEAN_LINK && is_self(in->base)) {
        near = false; /* that they are linked is its own; what they are is not */
        f->c->far = f->c->far || e->where || e->key;
    } else {
        near = false;
        f->c->far = true;
    }
    f->c->far = f->c->far || (in->mean == MEAN_TYPE && !near) || f->nvars == VARS_DEEP;
    if (f->nvars < VARS_DEEP) {
        f->vars[f->nvars].name = e->var;
        f->vars[f->nvars++].near = near;
        follow(f, e->where);
        follow(f, e->key);
        f->nvars--;
    }
}

/* A column, a link, a term of some record. */
static void follow_of(struct following *f, const struct expr *e)
{
    const struct expr *base = e->base;
    if (!base || is_near(f, base)) {
        return;
    }
    bool one_up = base->mean == MEAN_COLUMN && is_self(base->base) && base->field;
    if (one_up) {
        add(f, base->type.type, base->field, true);
    } else {
        f->c->far = true;
    }
}

static void follow_call(struct following *f, const struct expr *e)
{
    switch (e->fun) {
    case FUN_POST:
    case FUN_ROLE:
    case FUN_HEAD_OF:
    case FUN_LEADER_OF:
    case FUN_MEMBERS:
    case FUN_UNDER:
    case FUN_SEES:
    case FUN_ANSWERERS:
    case FUN_EVERYONE:
    case FUN_NOBODY:
    case FUN_AUTO:
        f->c->far = true;
        break;
    case FUN_NONE:
    case FUN_IF:
    case FUN_DEFAULT:
    case FUN_DATE:
    case FUN_CONTAINS:
    case FUN_SETTING:
    case FUN_AT:
    case FUN_TERM:
    case FUN_BY:
    case FUN_APPROVERS:
    case FUN_APPROVED_AT:
    case FUN_SEATED:
        break;
    }
}

static void follow(struct following *f, const struct expr *e)
{
    if (!e) {
        return;
    }
    if (e->kind == X_MACRO) {
        follow_macro(f, e);
        return;
    }
    if (e->kind == X_CALL) {
        follow_call(f, e);
    }
    f->c->clock =
        f->c->clock || e->mean == MEAN_NOW || e->mean == MEAN_TODAY || e->mean == MEAN_TERM;
    switch (e->mean) {
    case MEAN_COLUMN:
    case MEAN_LINK:
    case MEAN_PART:
    case MEAN_BUILTIN:
    case MEAN_TERM:
    case MEAN_STEPS_LEFT:
        follow_of(f, e);
        return;
    case MEAN_INLINE:
        if (!is_self(e->base) || f->inside == EXPR_NEST_MAX) {
            f->c->far = true;
            return;
        }
        f->inside++;
        follow(f, e->sub);
        f->inside--;
        return;
    case MEAN_OLD:
    case MEAN_ACTOR:
    case MEAN_TYPE:
        f->c->far = true;
        return;
    case MEAN_NONE:
    case MEAN_SELF:
    case MEAN_VAR:
    case MEAN_NOW:
    case MEAN_TODAY:
        break;
    }
    for (size_t i = 0; i < e->nargs; i++) {
        follow(f, e->args[i]);
    }
}

void control_follow(struct arena *a, const struct type *self, const struct cond *cond,
                    struct cdef *c)
{
    struct following f = {.a = a, .self = self, .c = c};
    follow(&f, cond->tree);
}
