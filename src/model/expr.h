/* expr.h - the one expression language: parsed, typed, compiled to SQL.
 *
 * Grammar, functions, three truth values: docs/manual/language.en.md (the manual of the
 * language).  There is no evaluator here: a condition is judged by the
 * database, in the transaction that needs it.
 *
 * Two steps.  expr_parse needs no model; expr_compile_* need one whose types
 * and fields are known (names first, then bodies).  Mistakes go to `diags`
 * with the column inside the text; the result is then empty (tree NULL).
 *
 * Bounds: 4,096 characters, 512 nodes, depth 32, 8 nested macros; and what the
 * databases read (expr_weigh.c): what would be nested deeper or longer as SQL is
 * a mistake at the node that is too much, never other SQL than was meant.
 */
#ifndef MODEL_EXPR_H
#define MODEL_EXPR_H

#include "model/diag.h"
#include "model/model.h"

/* Where an expression stands: what bare names mean. */
struct scope {
    const struct model *model;
    const struct law *law;   /* whose settings and posts */
    const struct tdef *self; /* NULL: no record (setting, duty) */
    bool allow_old;          /* needs, rules, when */
    bool allow_steps_left;
    /* Outer variables: of for_each (x) or of rows (t). */
    struct scope_var {
        str name;
        const struct type *type;
    } vars[8];
    size_t nvars;
    /* A filter typed by a person: each ref.field step carries the target's
     * `see`, hidden fields (field.see) are unknown names, whole-type macros are
     * refused. */
    bool typed_by_person;
};

/* The tree, or NULL after a mistake.  `at` is the place of the text's first character. */
struct expr *expr_parse(struct arena *a, str text, struct pos at, struct diags *d);

/* A condition or value of type `want` (V_NULL: any).  Text literals are taken
 * as keys where a choice or state is wanted; a number as money or decimal. */
struct cond expr_compile(struct arena *a, const struct scope *s, str text, struct pos at,
                         struct vtype want, struct diags *d);

/* A people expression.  `alternatives`: also the disjunctive form (see). */
struct people expr_compile_people(struct arena *a, const struct scope *s, str text, struct pos at,
                                  bool alternatives, struct diags *d);

/* Is everybody whom x names named by y too, as far as the words alone tell?  `one_actor`:
 * `actor` is the same person in both.  False says nothing. */
bool expr_people_within(const struct scope *s, const struct people *x, const struct people *y,
                        bool one_actor);
/* Names p only single people, by a name or a path that is not the actor's?  Then a text for
 * each of them, the same for the same one (at most `max`); else 0. */
size_t expr_people_ones(struct arena *a, const struct scope *s, const struct people *p, str *ret,
                        size_t max);
/* Of several alternatives joined by `or`: the number of the first that names the person
 * w.id, from 0, as SQL over the same arguments as people.who.  Empty text: there is one. */
struct sql expr_people_rank(struct arena *a, const struct scope *s, const struct people *p);
/* Is it whoever heads or leads a unit: commonly one person? */
bool expr_people_head(const struct people *p);

/* A set for `for_each: x in C where c`: the FROM ... WHERE of it over alias
 * v_x, the element type, whether the set is bounded by what it is (own parts and
 * lines, own links).  False after a mistake. */
struct each {
    str name;
    const struct type *type;
    struct sql from;
    struct cond set; /* tree */
    bool bounded;
};
bool expr_compile_each(struct arena *a, const struct scope *s, str text, struct pos at,
                       struct each *ret, struct diags *d);

/* A template: "{device.name} → {borrower.name}" and number templates; at most 32 parts. */
struct template expr_compile_template(struct arena *a, const struct scope *s, str text,
                                      struct pos at, bool number, struct diags *d);

/* A literal of a setting or a field's min/max/default in its stored unit:
 * "3 workdays", "30m", "12.50", "2026-11-24"; a moment without a zone is taken at +08:00.
 * false: not one, or of a kind that has none.  Either result may be NULL where it is not
 * wanted. */
bool expr_literal(str text, enum vkind kind, int64_t *ret_i64, str *ret_text);
/* And back, in words people read ("3 个工作日" / "3 working days"). */
str expr_literal_words(struct arena *a, enum vkind kind, int64_t v, enum lang lang);

/* The functions of the language, by place; empty after the last. */
str expr_function(size_t i);

/* Words no field, variable or part may be called. */
bool expr_reserved(str name);

const char *vkind_name(enum vkind k);
struct vtype vtype_of(enum vkind k);

#endif
