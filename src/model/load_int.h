/* load_int.h - the loader's own: shared by load*.c, contract.c and nobody else.
 *
 * Order of work over all sources (by epoch, then key):
 *   1 text        clauses and YAML (load.c)
 *   2 names       regulations, settings, types, fields, states, actions
 *                 (load_setting.c, load_type.c, load_field.c); codes are given here
 *   3 links       what names point to: references, parts, lists (load_link.c)
 *   4 registers   the language's own (contract.c)
 *   5 bodies      every expression compiled (load_body.c, load_action.c,
 *                 load_effect.c, load_route.c, load_revoke.c, load_apart.c); computed fields first
 *   6 the whole   reachability, citations, cycles, columns (load_check.c)
 * A mistake never stops a pass: all are found in one run.
 */
#ifndef MODEL_LOAD_INT_H
#define MODEL_LOAD_INT_H

#include "base/arena.h"
#include "model/expr.h"
#include "model/keys.h"
#include "model/load.h"
#include "model/yaml.h"

/* A type as one source writes it. */
struct tsrc {
    struct tdef *def;
    const struct ynode *node;   /* the map of the type; of a lines field: the field's */
    const struct ynode *fields; /* the map of its fields; NULL: none */
    struct lsrc *src;
    struct tdef *owner;               /* lines: the tdef whose field this is */
    const struct field *parent;       /* part: the field that holds the parent */
    const struct ynode **field_nodes; /* beside def->fields; NULL: the parent's field */
    const struct ynode **action_nodes;
    const struct ynode **term_nodes;
    struct term *terms;    /* def->terms, while it is being filled */
    struct ask **asks;     /* of each action, likewise */
    struct route **routes; /* of each action, likewise; NULL: it has no approval */
};

struct lsrc {
    const struct source *s;
    struct law *law;
    const struct ynode *root; /* NULL when the YAML could not be read */
    str file;                 /* of the definition, for messages */
    struct pos top;
    size_t untranslated; /* texts without English */
    struct pos untranslated_at;
};

struct load {
    struct arena *a;
    struct diags *d;
    struct model *m;
    struct lsrc *srcs;
    size_t nsrcs;
    struct tsrc **tsrcs; /* types, each followed by its lines */
    size_t ntsrcs, tsrcs_cap;
};

/* --- keys and small values (load_keys.c); `what` is made of literals --------- */

/* Refuses keys of `map` that are not in `allowed` (words separated by spaces);
 * those in `reserved` with "not yet".  False, with a mistake, when it is no map. */
bool keys_check(struct load *l, const struct ynode *map, const char *allowed, const char *reserved,
                struct words what);
bool key_is_map(struct load *l, const struct ynode *n, struct words what);
bool key_is_list(struct load *l, const struct ynode *n, struct words what);
/* The text of a scalar; empty, with a mistake, when it is something else. */
str key_text(struct load *l, const struct ynode *n, struct words what);
/* The text at `key`, or empty when absent. */
str key_str(struct load *l, const struct ynode *map, const char *key);
bool key_bool(struct load *l, const struct ynode *map, const char *key);
/* [a-z][a-z0-9_]*, at most 40, no reserved word; else a mistake. */
bool name_check(struct load *l, str name, struct pos at, struct words what);
/* {zh:, en:} inside a map that may hold other keys too. */
struct words key_words(struct load *l, struct lsrc *s, const struct ynode *map, str fallback);
/* The clause `map` cites by `clause:`, marked cited; NULL when it cites none or
 * a clause that is not there (a mistake). */
const struct clause *key_clause(struct load *l, struct lsrc *s, const struct ynode *map);
const struct clause *cite(struct load *l, struct lsrc *s, str id, struct pos at);
struct pos key_pos(const struct ynode *map, const char *key);
bool words_has(const char *list, str word);
/* The law whose name `regulation` may be used by `law`: itself or in `uses`. */
bool law_uses(const struct law *law, const struct reg *reg);
/* "a, b, c" of names, for messages. */
str names_join(struct arena *a, const str *names, size_t n);

/* --- settings (load_setting.c) ---------------------------------------------- */

void settings_read(struct load *l, struct lsrc *s);
/* After all are read: keys of lists through all versions, codes, positions. */
void settings_link(struct load *l);
void posts_link(struct load *l, struct lsrc *s);
/* Keys written as [a, b] or {a: {zh, en, retired}}. */
struct choice_key *choices_read(struct load *l, struct lsrc *s, const struct ynode *n,
                                size_t *ret_n);
/* Gives codes through versions: keys of `before` keep theirs, new ones follow. */
struct choice_key *choices_merge(struct arena *a, const struct choice_key *before, size_t nbefore,
                                 const struct choice_key *now, size_t nnow, size_t *ret_n);

/* --- types (load_type.c, load_field.c, load_link.c) --------------------------- */

void types_read(struct load *l, struct lsrc *s);
/* Fields, states, actions and terms of one type: names and places. */
void fields_read(struct load *l, struct tsrc *t);
void states_read(struct load *l, struct tsrc *t);
void action_names_read(struct load *l, struct tsrc *t);
void term_names_read(struct load *l, struct tsrc *t);
/* Where the action leads, as `to` of the map says. */
void to_read(struct load *l, struct tdef *d, struct action *x, const struct ynode *map);
/* The approval of action `i`, by name: its route, still without nodes, and the actions that
 * follow it, added to the type (load_route.c). */
void route_declare(struct load *l, struct tsrc *t, size_t i);
/* The type of this name, made at its first appearance; NULL, with a mistake, when another
 * regulation has it or there are MODEL_TYPES_MAX. */
struct type *type_declare(struct load *l, str key, struct lsrc *s, struct pos at);
struct tsrc *tsrc_add(struct load *l, struct type *t, struct lsrc *s, const struct ynode *node,
                      struct pos at);
void types_link(struct load *l);
/* NULL when absent. */
struct type *type_find(const struct load *l, str key);
struct field *field_find(struct tdef *d, str key);
struct state *state_find(struct tdef *d, str key);
struct action *action_find(struct tdef *d, str key);
bool ftype_of(str key, enum ftype *ret);
const char *ftype_name(enum ftype t);
bool ftype_is_text(enum ftype t);
/* The type of the own lines field or part called `name` from the parent, else
 * the type of that name. */
const struct type *part_or_type(const struct load *l, const struct tdef *d, str name);

/* --- check-lists (load_checklist.c, checklist.h) ----------------------------- */

/* The columns of its items; with the answers, of a whole check-list. */
const struct ynode *checklist_columns(struct load *l, bool answers);
/* The computed field that counts its items without an answer, or those answered "no". */
struct ypair checklist_count(struct load *l, const struct field *f, bool left);
/* The effects of an action: `own` (or NULL) after what fills the check-lists. */
const struct ynode *checklist_effects(struct load *l, const struct tsrc *t, const struct action *x,
                                      const struct ynode *own);
/* Once effects and routes are read. */
void checklist_check(struct load *l, const struct tsrc *t);

/* Which fields tell of a sample (load_draw.c), once they are read. */
void draw_read(struct load *l, const struct tsrc *t);

/* --- bodies (load_body.c, load_action.c, load_effect.c, load_route.c, load_check.c) --- */

struct scope scope_of(const struct load *l, const struct tdef *d);
struct cond cond_read(struct load *l, const struct scope *s, const struct ynode *n,
                      struct vtype want);
struct cond truth_read(struct load *l, const struct scope *s, const struct ynode *n);
struct people people_read(struct load *l, const struct scope *s, const struct ynode *n,
                          bool alternatives);
/* A mistake when it cannot be told who they are: everyone, not x, a bare condition. */
void people_countable(struct load *l, const struct people *p, struct pos at);
bool vkind_is_length(enum vkind k);
struct cond length_read(struct load *l, const struct scope *s, const struct ynode *n);
/* The texts of `is` and `see` of a type, which other expressions read. */
void texts_place(struct load *l, struct tsrc *t);
/* Which fields can never be missing, in any version. */
void missing_make(struct load *l);
void asks_body(struct load *l, struct tsrc *t);
void fields_body(struct load *l, struct tsrc *t);
void computed_body(struct load *l);
void type_body(struct load *l, struct tsrc *t);
void actions_body(struct load *l, struct tsrc *t);
void guards_body(struct load *l, struct tsrc *t);
/* The nodes of all approvals of the type. */
void routes_body(struct load *l, struct tsrc *t);
/* `revokes` of the actions of the type, before any effect is read; and what it needs, put
 * before the other needs (load_revoke.c). */
void revokes_read(struct load *l, struct tsrc *t);
const struct need *revoke_needs(struct load *l, const struct scope *s, const struct action *x,
                                const struct need *needs, size_t *n);
void terms_body(struct load *l, struct tsrc *t);
const struct need *needs_read(struct load *l, struct lsrc *s, const struct scope *sc,
                              const struct ynode *n, const struct action *of, size_t *ret_n);
const struct rule *rules_read(struct load *l, struct lsrc *s, const struct scope *sc,
                              const struct ynode *n, const struct clause *clause, size_t *ret_n);
/* `map` holds the list under `key`. */
const struct effect *effects_read(struct load *l, struct lsrc *s, const struct scope *sc,
                                  const struct ynode *list, const struct clause *clause,
                                  size_t *ret_n);
/* The same for each of a set, which `each` is (NULL: none); then none may say for_each. */
const struct effect *effects_read_each(struct load *l, struct lsrc *s, const struct scope *sc,
                                       const struct ynode *list, const struct each *each,
                                       const struct clause *clause, size_t *ret_n);
/* One that creates what `n` names, with what `map` holds under `with`; sc knows the variable of
 * `each` already. */
void effect_create_read(struct load *l, struct lsrc *s, const struct scope *sc,
                        const struct ynode *map, const struct ynode *n, const struct each *each,
                        const struct clause *clause, struct effect *ret);
/* The action of this name; NULL, with a mistake that names what is near. */
const struct action *effect_action(struct load *l, const struct tdef *d, str key, struct pos at);
/* May this regulation act there at all: `uses`, and the action's `guarded`? */
void effect_right_check(struct load *l, struct lsrc *s, const struct type *t,
                        const struct action *x, struct pos pos);
void adds_body(struct load *l, struct lsrc *s);
/* `apart`, once all actions, routes and rules are there (load_apart.c, load_posts.c). */
void aparts_body(struct load *l, struct lsrc *s);
/* One entry about positions; it becomes a rule of the register where `s` is the newest
 * version of its regulation. */
void apart_posts(struct load *l, struct lsrc *s, const struct ynode *e, struct apart *x);
/* Controls: their names and codes, what they say, and what each is through the versions
 * (load_control.c). */
void controls_read(struct load *l, struct lsrc *s);
void controls_body(struct load *l, struct lsrc *s);
void controls_link(struct load *l);
/* `manual` of the controls, before any expression that may ask who answers them
 * (load_manual.c). */
void controls_manual(struct load *l, struct lsrc *s);
/* Which items of standards clauses answer to (load_standard.c). */
void standards_body(struct load *l, struct lsrc *s);
/* Duties, likewise (load_duty.c). */
void duties_read(struct load *l, struct lsrc *s);
void duties_body(struct load *l, struct lsrc *s);
void duties_link(struct load *l);
/* "“A”、“B”" */
struct words apart_join(struct arena *a, const struct words *names, size_t n);

/* --- the whole (load_check.c, load_version.c) ---------------------------------- */

void check_whole(struct load *l);
void check_versions(struct load *l);
void check_cycles(struct load *l);
void columns_make(struct load *l);
void check_names(struct load *l);

#endif
