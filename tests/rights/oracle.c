/* oracle.c - the definition's words about people, judged over rows. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, ARGS_MAX_ = 2 };

struct judging {
    const struct facts *f;
    const struct fact *x; /* NULL: a new record */
    const struct tdef *def;
    int64_t person;
    str rest; /* still to be read */
    int depth;
};

static enum truth judge(const struct facts *f, const struct fact *x, const struct tdef *def,
                        str text, int64_t person, int depth);

/* --- words ------------------------------------------------------------------------------- */

static void blank(struct judging *j)
{
    j->rest = str_trim(j->rest);
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static str peek_word(struct judging *j)
{
    blank(j);
    size_t n = 0;
    while (n < j->rest.len && word_char(j->rest.ptr[n])) {
        n++;
    }
    return str_from_n(j->rest.ptr, n);
}

static void pass(struct judging *j, size_t n)
{
    j->rest = str_from_n(j->rest.ptr + n, j->rest.len - n);
}

static bool take_char(struct judging *j, char c)
{
    blank(j);
    if (!j->rest.len || j->rest.ptr[0] != c) {
        return false;
    }
    pass(j, 1);
    return true;
}

static bool take_word(struct judging *j, const char *word)
{
    str w = peek_word(j);
    if (!str_eq(w, str_from(word))) {
        return false;
    }
    pass(j, w.len);
    return true;
}

/* --- values of fields -------------------------------------------------------------------- */

/* What a path of the record names: an id, or 0 where something is missing. */
static bool path_value(const struct judging *j, str path, int64_t *ret, const struct type **type)
{
    const struct fact *x = j->x;
    const struct tdef *d = j->def;
    *ret = 0;
    *type = NULL;
    if (str_eq(path, STR("self"))) {
        *ret = x ? x->id : 0;
        *type = d->type;
        return true;
    }
    while (path.ptr) {
        str key = str_cut(path, '.', &path);
        bool parent = d->part_of && str_eq(key, d->part_of->key);
        const struct field *field = tdef_field(d, key);
        if (str_eq(key, STR("creator"))) {
            *ret = x ? x->creator : j->person;
            *type = j->f->model->person;
        } else if (field || parent) {
            str column = parent ? STR("") : field->column;
            const struct cell *c = x && column.len ? fact_cell(x, column) : NULL;
            if (!parent && !column.len) {
                return false;
            }
            *ret = parent ? (x ? x->parent : 0) : (c && !c->null ? c->i : 0);
            *type = parent ? d->part_of
                           : (field->type == F_PERSON ? j->f->model->person
                              : field->type == F_UNIT ? j->f->model->unit
                              : field->type == F_POST ? j->f->model->post
                                                      : field->to);
        } else {
            return false;
        }
        if (path.ptr) {
            x = *ret ? fact_of(j->f, *ret) : NULL;
            d = *type ? (*type)->newest : NULL;
            if (!d) {
                return false;
            }
        }
    }
    return true;
}

static int64_t column_of(const struct fact *x, const char *column)
{
    const struct cell *c = fact_cell(x, str_from(column));
    return c && !c->null ? c->i : 0;
}

static bool unit_above(const struct facts *f, int64_t unit, int64_t above)
{
    for (int i = 0; unit && i < 50; i++) {
        if (unit == above) {
            return true;
        }
        const struct fact *u = fact_of(f, unit);
        unit = u ? column_of(u, "f_parent") : 0;
    }
    return false;
}

/* --- appointments ------------------------------------------------------------------------ */

static bool in_force(const struct facts *f, const struct fact *p)
{
    const struct cell *ends = fact_cell(p, STR("f_ends"));
    return p->type == f->model->post && p->state && str_eq(p->state->key, STR("in_force")) &&
           column_of(p, "f_starts") <= f->today && (ends->null || ends->i >= f->today);
}

enum place { ANYWHERE, EXACTLY, THERE_OR_ABOVE, FOR_RECORD };

static bool holds(const struct facts *f, str position, enum place place, int64_t where,
                  int64_t person)
{
    const struct field *field = tdef_field(f->model->post->newest, STR("position"));
    const struct choice_key *key = field_choice(field, position);
    for (size_t i = 0; key && i < f->n; i++) {
        const struct fact *p = &f->list[i];
        if (p->type != f->model->post || column_of(p, "f_person") != person ||
            column_of(p, "f_position") != key->code || !in_force(f, p)) {
            continue;
        }
        int64_t unit = column_of(p, "f_unit");
        if (place == ANYWHERE || (place == EXACTLY && where && unit == where) ||
            (place == THERE_OR_ABOVE && where && unit_above(f, where, unit)) ||
            (place == FOR_RECORD && where && column_of(p, "f_of") == where)) {
            return true;
        }
    }
    return false;
}

bool oracle_holds(const struct facts *f, const char *position, int64_t person)
{
    return !oracle_reads(f, person) && holds(f, str_from(position), ANYWHERE, 0, person);
}

/* post('p') of a regulation is the position its setting names. */
static str position_of(const struct law *law, str post, struct arena *a)
{
    const struct setting *s = law_setting(law, str_fmt(a, "post.%.*s", STR_ARG(post)));
    return s && s->text.len ? s->text : s && s->written.len ? s->written : post;
}

static enum truth truth_of(bool yes)
{
    return yes ? YES : NO;
}

/* --- functions --------------------------------------------------------------------------- */

struct call {
    str name, args[ARGS_MAX_];
    int n;
};

static str unquoted(str s)
{
    bool quoted = s.len >= 2 && s.ptr[0] == '\'' && s.ptr[s.len - 1] == '\'';
    return quoted ? str_from_n(s.ptr + 1, s.len - 2) : (str){0};
}

static bool take_call(struct judging *j, struct call *c)
{
    while (!take_char(j, ')')) {
        size_t n = 0;
        blank(j);
        while (n < j->rest.len && j->rest.ptr[n] != ',' && j->rest.ptr[n] != ')') {
            if (j->rest.ptr[n] == '(' || c->n == ARGS_MAX_) {
                return false;
            }
            n++;
        }
        if (n == j->rest.len) {
            return false;
        }
        c->args[c->n++] = str_trim(str_from_n(j->rest.ptr, n));
        pass(j, n);
        (void)take_char(j, ',');
    }
    return c->n > 0;
}

static bool was_by(const struct facts *f, const struct fact *x, str action, int64_t person)
{
    for (size_t i = 0; x && i < f->npairs; i++) {
        const struct pair *p = &f->pairs[i];
        if (p->a == x->id && p->b == person && str_eq(p->what, action)) {
            return true;
        }
    }
    return false;
}

static enum truth function(const struct judging *j, const struct call *c)
{
    const struct facts *f = j->f;
    const struct fact *me = fact_of(f, j->person);
    str text = unquoted(c->args[0]);
    int64_t value = 0;
    const struct type *type = NULL;
    if (str_eq(c->name, STR("role"))) {
        return truth_of(holds(f, text, ANYWHERE, 0, j->person));
    }
    if (str_eq(c->name, STR("by"))) {
        return truth_of(was_by(f, j->x, text, j->person));
    }
    if (str_eq(c->name, STR("post")) && c->n == 1) {
        return truth_of(holds(f, position_of(j->def->law, text, f->a), ANYWHERE, 0, j->person));
    }
    if (!path_value(j, c->args[c->n - 1], &value, &type)) {
        return UNCLEAR;
    }
    if (str_eq(c->name, STR("post"))) {
        enum place place = type == f->model->unit ? THERE_OR_ABOVE : FOR_RECORD;
        return truth_of(holds(f, position_of(j->def->law, text, f->a), place, value, j->person));
    }
    if (str_eq(c->name, STR("head_of"))) {
        return truth_of(holds(f, STR("head"), EXACTLY, value, j->person));
    }
    if (str_eq(c->name, STR("leader_of"))) {
        return truth_of(holds(f, STR("leader"), THERE_OR_ABOVE, value, j->person));
    }
    int64_t home = me ? column_of(me, "f_unit") : 0;
    if (str_eq(c->name, STR("members"))) {
        return truth_of(value && home == value);
    }
    if (str_eq(c->name, STR("under"))) {
        return truth_of(value && unit_above(f, home, value));
    }
    if (str_eq(c->name, STR("sees"))) {
        const struct fact *x = value ? fact_of(f, value) : NULL;
        return x ? judge(f, x, x->type->newest, x->type->newest->see.text, j->person, j->depth + 1)
                 : NO;
    }
    return UNCLEAR;
}

/* --- the sentence ------------------------------------------------------------------------ */

static enum truth either(struct judging *j);

/* A path that names a person, a post, or people. */
/* "inspection.team": people of a record that this one names. */
static bool far_people(const struct judging *j, str path, enum truth *ret)
{
    size_t dot = path.len;
    while (dot && path.ptr[dot - 1] != '.') {
        dot--;
    }
    int64_t value = 0;
    const struct type *type = NULL;
    if (!dot || !path_value(j, str_from_n(path.ptr, dot - 1), &value, &type) || !type) {
        return false;
    }
    str last = str_from_n(path.ptr + dot, path.len - dot);
    const struct field *field = tdef_field(type->newest, last);
    if (!field || field->type != F_PEOPLE) {
        return false;
    }
    str table = str_fmt(j->f->a, "l_%.*s__%.*s", STR_ARG(type->key), STR_ARG(last));
    *ret = truth_of(was_by(j->f, value ? fact_of(j->f, value) : NULL, table, j->person));
    return true;
}

static enum truth named(const struct judging *j, str path)
{
    const struct facts *f = j->f;
    const struct field *field = tdef_field(j->def, path);
    int64_t value;
    const struct type *type;
    if (field && field->type == F_PEOPLE) {
        str table = str_fmt(f->a, "l_%.*s__%.*s", STR_ARG(j->def->type->key), STR_ARG(path));
        return truth_of(was_by(f, j->x, table, j->person));
    }
    enum truth far;
    if (far_people(j, path, &far)) {
        return far;
    }
    if (!path_value(j, path, &value, &type)) {
        return UNCLEAR;
    }
    if (type == f->model->person) {
        return truth_of(value == j->person);
    }
    if (type == f->model->post) {
        const struct fact *p = value ? fact_of(f, value) : NULL;
        return truth_of(p && in_force(f, p) && column_of(p, "f_person") == j->person);
    }
    return UNCLEAR;
}

static enum truth atom(struct judging *j)
{
    if (take_word(j, "not")) {
        enum truth t = atom(j);
        return t == UNCLEAR ? t : truth_of(t == NO);
    }
    if (take_char(j, '(')) {
        enum truth t = either(j);
        return take_char(j, ')') ? t : UNCLEAR;
    }
    struct call c = {.name = peek_word(j)};
    pass(j, c.name.len);
    if (!c.name.len) {
        return UNCLEAR;
    }
    if (take_char(j, '(')) {
        return take_call(j, &c) ? function(j, &c) : UNCLEAR;
    }
    if (str_eq(c.name, STR("everyone"))) {
        return YES;
    }
    if (str_eq(c.name, STR("nobody")) || str_eq(c.name, STR("auto"))) {
        return NO;
    }
    return named(j, c.name);
}

static enum truth both(struct judging *j)
{
    enum truth all = atom(j);
    while (take_word(j, "and")) {
        enum truth t = atom(j);
        all = all == UNCLEAR || t == UNCLEAR ? UNCLEAR : truth_of(all == YES && t == YES);
    }
    return all;
}

static enum truth either(struct judging *j)
{
    enum truth all = both(j);
    while (take_word(j, "or")) {
        enum truth t = both(j);
        all = all == UNCLEAR || t == UNCLEAR ? UNCLEAR : truth_of(all == YES || t == YES);
    }
    return all;
}

static enum truth judge(const struct facts *f, const struct fact *x, const struct tdef *def,
                        str text, int64_t person, int depth)
{
    if (def->part_of && !text.len) { /* a part is seen with its parent */
        const struct fact *up = x ? fact_of(f, x->parent) : NULL;
        return up ? judge(f, up, up->type->newest, up->type->newest->see.text, person, depth + 1)
                  : NO;
    }
    struct judging j = {.f = f, .x = x, .def = def, .person = person, .rest = text, .depth = depth};
    if (!text.len || depth > DEPTH_MAX) {
        return text.len ? UNCLEAR : YES;
    }
    enum truth t = either(&j);
    blank(&j);
    return j.rest.len ? UNCLEAR : t;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

bool oracle_reads(const struct facts *f, int64_t person)
{
    return person && person == f->reader;
}

enum truth oracle_sees(const struct facts *f, const struct fact *x, int64_t person)
{
    if (oracle_reads(f, person)) { /* all but people, units and the register itself */
        while (x && x->type->part_of && !x->type->newest->see.text.len) {
            x = fact_of(f, x->parent);
        }
        if (!x) {
            return NO;
        }
        if (x->type != f->model->person && x->type != f->model->unit &&
            !str_eq(x->type->key, STR("access"))) {
            return truth_of(bsearch(&x->id, f->shown, f->nshown, sizeof(x->id), by_number) != NULL);
        }
    }
    return judge(f, x, x->type->newest, x->type->newest->see.text, person, 0);
}

enum truth oracle_sees_field(const struct facts *f, const struct fact *x, const struct field *field,
                             int64_t person)
{
    return field->see.tree ? judge(f, x, x->type->newest, field->see.text, person, 0) : YES;
}

enum truth oracle_who(const struct facts *f, const struct fact *x, const struct action *action,
                      int64_t person)
{
    return oracle_reads(f, person) ? NO : judge(f, x, action->of, action->who.text, person, 0);
}

bool oracle_from_here(const struct fact *x, const struct action *a)
{
    if (a->creates) {
        return false;
    }
    if (a->from_any || !a->nfrom) {
        return !a->from_any || !x->state || !x->state->final;
    }
    for (size_t i = 0; x->state && i < a->nfrom; i++) {
        if (str_eq(a->from[i]->key, x->state->key)) {
            return true;
        }
    }
    return false;
}
