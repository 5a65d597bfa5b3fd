/* expr_int.h - the inside of the expression compiler; included by expr*.c only.
 *
 * text -> tokens (expr_lex.c) -> tree (expr_parse.c) -> the same tree with
 * types and meanings (expr_type.c, expr_name.c, expr_call.c, expr_people.c)
 * -> SQL (expr_sql.c, expr_truth.c, expr_set.c, expr_time.c; people and the
 * alternatives of `see` in expr_people.c), weighed while it is written
 * (expr_weigh.c).  expr.c is the public side.
 *
 * A truth value has one SQL form, the exact three-valued boolean: in WHERE and
 * CASE it counts when true, "is not false" and a cast to integer make the other
 * forms of it.
 */
#ifndef MODEL_EXPR_INT_H
#define MODEL_EXPR_INT_H

#include "model/contract.h"
#include "model/expr.h"

enum {
    EXPR_CHARS_MAX = 4096,
    EXPR_NODES_MAX = 512,
    EXPR_DEPTH_MAX = 32,
    EXPR_MACROS_MAX = 8,
    EXPR_SQL_MAX = 64 * 1024, /* bytes of one compiled form */
    EXPR_STACK_MAX = 72,      /* of the 100 of SQLite's parser; the statement around has the rest */
    EXPR_HEIGHT_MAX = 900,    /* of the 1,000 of SQLite's trees */
    EXPR_LEVELS_MAX = 700,    /* values in one another while SQL is written */
    EXPR_ARGS_MAX = 64,
    EXPR_VARS_MAX = 16,
    EXPR_NEST_MAX = 6 /* sees() and computed fields inside each other */
};

enum { DECIMAL_ONE = 10000, MONEY_ONE = 100, MS_PER_DAY = 86400000 };

/* --- tree ------------------------------------------------------------------- */

enum xkind {
    X_INT,
    X_DECIMAL, /* num in 1/10000 */
    X_TEXT,
    X_BOOL,
    X_NULL,
    X_LENGTH, /* num of `unit` */
    X_NAME,
    X_PATH, /* args[0] . name */
    X_CALL,
    X_LIST, /* only right of `in` */
    X_MACRO,
    X_NOT,
    X_NEG,
    X_AND,
    X_OR,
    X_CMP,
    X_IN,
    X_ADD,
    X_SUB,
    X_MUL,
    X_DIV
};
enum xcmp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };
enum xmacro {
    MACRO_EXISTS,
    MACRO_COUNT,
    MACRO_ONE,
    MACRO_FILTER,
    MACRO_ALL,
    MACRO_SUM,
    MACRO_MIN,
    MACRO_MAX,
    MACRO_LAST,
    MACRO_PEOPLE
};
/* What a name or a path turned out to be. */
enum xmean {
    MEAN_NONE,
    MEAN_SELF,
    MEAN_OLD,
    MEAN_VAR,
    MEAN_ACTOR,
    MEAN_NOW,
    MEAN_TODAY,
    MEAN_COLUMN,     /* `column` of the record `base` */
    MEAN_INLINE,     /* a computed field that is not stored: `sub` over `base` */
    MEAN_LINK,       /* refs or people field of `base` */
    MEAN_PART,       /* own parts or lines of `base`: of type.type; by `column`, when it is set */
    MEAN_TYPE,       /* all records of a type */
    MEAN_BUILTIN,    /* a built-in part of `base` */
    MEAN_STEPS_LEFT, /* of self */
    MEAN_TERM        /* name `column` of term `name` of self */
};
enum xfun {
    FUN_NONE,
    FUN_IF,
    FUN_DEFAULT,
    FUN_DATE,
    FUN_CONTAINS,
    FUN_SETTING,
    FUN_AT,
    FUN_SEES,
    FUN_TERM,
    FUN_APPROVED_AT,
    FUN_POST,
    FUN_ROLE,
    FUN_HEAD_OF,
    FUN_LEADER_OF,
    FUN_MEMBERS,
    FUN_UNDER,
    FUN_BY,
    FUN_APPROVERS,
    FUN_SEATED,
    FUN_ANSWERERS,
    FUN_EVERYONE,
    FUN_NOBODY,
    FUN_AUTO
};

/* A built-in part: rows of one of the engine's tables. */
struct builtin_column {
    str name, column;
    enum vkind kind;
    bool person, missing;
};
struct builtin {
    str name, table;
    const char *extra; /* further condition, over the column names it quotes; or NULL */
    const struct builtin_column *columns;
    size_t ncolumns;
};

struct expr {
    enum xkind kind;
    int off; /* characters before it in the text */
    str name;
    int64_t num;
    enum xcmp cmp;
    enum xmacro macro;
    str unit; /* X_LENGTH, as written */
    struct expr **args;
    size_t nargs;
    str var; /* macro */
    struct expr *in, *where, *key;
    /* --- by the type checker --- */
    struct vtype type;
    bool missing;   /* may be null or unknown */
    bool flex;      /* d and w: a duration, or days */
    bool with_self; /* X_CMP == or != with self: always known; base is the other side */
    bool nulls;     /* X_CMP with the literal null: base is the other side */
    enum xmean mean;
    enum xfun fun;
    struct expr *base;
    str column;
    const struct field *field;
    const struct builtin *builtin; /* record or set of its rows */
    const struct setting *setting;
    int64_t code;            /* position; action */
    int64_t mul, div;        /* value is scaled by them; 0: not */
    const struct field *map; /* choice: value becomes the code of this field */
    bool as_key;             /* choice: value becomes the key's text */
    struct expr *sub;        /* sees: target's `see`; computed: its expression */
    struct expr *guard;      /* typed by a person: `see` of the record `base` */
    double bound;            /* no value is larger than this */
};

/* --- tokens (expr_lex.c) ------------------------------------------------------- */

enum tok {
    T_END,
    T_NAME,
    T_INT,
    T_DECIMAL,
    T_TEXT,
    T_LENGTH,
    T_OPEN,
    T_CLOSE,
    T_LBRACKET,
    T_RBRACKET,
    T_COMMA,
    T_DOT,
    T_PLUS,
    T_MINUS,
    T_STAR,
    T_SLASH,
    T_CMP,
    T_BAD
};
struct token {
    enum tok kind;
    int off;
    str text; /* as it stands; T_TEXT: the content */
    int64_t num;
    enum xcmp cmp;
    str unit;
};
struct lexer {
    struct arena *arena;
    str text;
    size_t at;
    int off;
    struct pos pos;
    struct diags *d;
    bool failed; /* the first mistake is said, further ones are not */
};
struct token lex_next(struct lexer *l);
struct pos lex_pos(struct pos at, int off); /* the place `off` characters after `at` */
/* The kind a unit of a length is of, and what one is in its stored form; false: no unit. */
bool expr_unit(str name, enum vkind *kind, int64_t *per);

/* --- expr_parse.c --- */

/* x in SET where .. as a tree of MACRO_FILTER. */
struct expr *expr_parse_each(struct arena *a, str text, struct pos at, struct diags *d);

/* --- typing --------------------------------------------------------------------- */

struct tvar {
    str name;
    struct vtype type;
    const struct builtin *builtin;
};
struct tc {
    struct arena *a;
    struct diags *d;
    const struct scope *s;
    const struct tdef *self;
    struct pos at;
    struct tvar vars[EXPR_VARS_MAX];
    size_t nvars;
    bool failed;
    bool people; /* a people expression: `actor` is the person in question */
    int nest;
};

#define TC_FAIL(tc, off, zh, en, ...)                                             \
    do {                                                                          \
        if (!(tc)->failed) {                                                      \
            diag_error((tc)->d, lex_pos((tc)->at, (off)), zh, en, ##__VA_ARGS__); \
        }                                                                         \
        (tc)->failed = true;                                                      \
    } while (0)

struct expr *tc_node(struct tc *tc, enum xkind kind, int off);
struct expr *tc_self(struct tc *tc, int off);
bool tc_expr(struct tc *tc, struct expr *e);                    /* any type */
bool tc_truth(struct tc *tc, struct expr *e);                   /* a condition */
bool tc_want(struct tc *tc, struct expr *e, struct vtype want); /* and coerced */
bool tc_unify(struct tc *tc, struct expr *a, struct expr *b);   /* to one type */
bool tc_flex_to(struct expr *e, enum vkind kind);
bool tc_number_to(struct tc *tc, struct expr *e, enum vkind kind);
bool tc_text_as(struct tc *tc, struct expr *e, struct vtype want);
const char *tc_type_name(struct tc *tc, const struct expr *e);
bool tc_name(struct tc *tc, struct expr *e);
bool tc_path(struct tc *tc, struct expr *e);
bool tc_call(struct tc *tc, struct expr *e);
bool tc_macro(struct tc *tc, struct expr *e);
/* Notes by which fields the records of a macro over a whole type are found. */
void tc_look_ups(const struct expr *macro);
/* The unique text by which a unit is known, for under('..'); NULL: none. */
const struct field *tc_unit_key(const struct model *m);
bool tc_arith(struct tc *tc, struct expr *e);
bool tc_set(struct tc *tc, struct expr *e, bool allow_type);
/* What a record, or the row of an act, has of itself (expr_builtin.c). */
bool tc_builtin_field(struct tc *tc, struct expr *e, struct expr *base, str key);
bool tc_builtin_row_field(struct tc *tc, struct expr *e, struct expr *base, str key);
bool tc_builtin_part(struct tc *tc, struct expr *e, struct expr *base);
bool tc_text_literal(struct tc *tc, const struct expr *e, str *ret);
bool tc_person(const struct tc *tc, const struct expr *e); /* one person */
bool tc_crowd(const struct tc *tc, const struct expr *e);  /* a person or people */
bool tc_people(struct tc *tc, struct expr *e);             /* a people expression */
/* The `see` of a type, typed with that type as self; NULL after a mistake. */
struct expr *tc_see(struct tc *tc, const struct type *t, int off);
struct vtype field_vtype(const struct model *m, const struct field *f);
const struct field *type_field(const struct type *t, const struct tdef *prefer, str key);
void tc_unknown_field(struct tc *tc, int off, str name, const struct type *t,
                      const struct tdef *prefer);
/* The states of a type in every version. */
const struct state *any_state(const struct type *t, str key);
bool tc_state_code(struct tc *tc, int off, const struct type *t, const struct tdef *prefer, str key,
                   int64_t *ret);

/* Walks a typed tree: children, bases, sets; not `sub`. */
typedef bool walk_fn(void *arg, const struct expr *e);
bool expr_walk(const struct expr *e, walk_fn *fn, void *arg); /* true: fn said so */
bool expr_mentions_self(const struct expr *e);
bool expr_mentions_var(const struct expr *e, str var);
struct reads expr_reads(struct arena *a, const struct scope *s, const struct expr *e, bool people);

/* --- SQL -------------------------------------------------------------------------- */

/* What a text of SQL asks of a parser (expr_weigh.c). */
enum { WEIGHT_FRAMES = 100, WEIGHT_OPS = 8 };
struct weight_frame {
    int base;   /* symbols below */
    int clause; /* of the SELECT or CASE that is being read, or of a list */
    int ops;    /* operators in all */
    int inner;  /* height of the highest frame within */
    bool second;
    int nops; /* operators that wait for their right side */
    uint8_t bind[WEIGHT_OPS], size[WEIGHT_OPS];
};
struct weight {
    struct weight_frame frames[WEIGHT_FRAMES];
    int n;
    size_t at; /* read so far */
    bool operand, call, is;
    int stack;  /* the most symbols at once */
    int height; /* of the tree */
};
/* Reads on to the end of `sql`, which begins with what was read before and
 * ends between two tokens. */
void weigh(struct weight *w, str sql);

/* One text of SQL while it is written; the copies of a gen share it. */
struct gen_text {
    struct sqlb b;
    struct weight weight;
    int aliases; /* used so far, so that each is new */
    bool deep, large;
    int off; /* of the node that was too much */
};

struct gen {
    struct sqlb *b;
    struct gen_text *text;
    const struct scope *s;
    str self;   /* alias of the record */
    str person; /* SQL of the person a people expression is about */
    int level;
    int off;      /* of the node being written */
    bool foreign; /* it is of another text (a computed field, a see): off stays */
};

/* Writes into `t`, whose aliases count from `aliases`. */
struct gen gen_make(struct gen_text *t, struct arena *a, const struct scope *s, int aliases);
/* At each node, first: false when there is no room for it; then nothing more is
 * written and gen_end says so. */
bool gen_enter(struct gen *g, const struct expr *e);
void gen_leave(struct gen *g);
/* The text; empty, and a mistake at the node that was too much, when it would be
 * more than the databases read. */
struct sql gen_end(struct gen *g, struct tc *tc);

void gen_value(struct gen *g, const struct expr *e);
void gen_truth(struct gen *g, const struct expr *e);
void gen_plain(struct gen *g, const struct expr *e); /* a value whose kind needs no care */
void gen_call(struct gen *g, const struct expr *e);
/* Is the person g->person one of the crowd e? */
void gen_member(struct gen *g, const struct expr *e);
void gen_people(struct gen *g, const struct expr *e);
void gen_not_people(struct gen *g, const struct expr *e);
/* A SELECT of the ids the crowd stands for, as column "id"; false: has none (everybody, the
 * clock). */
bool gen_crowd(struct gen *g, const struct expr *e);
bool gen_is_unit(const struct gen *g, const struct expr *x);
/* The code of a state of its newest definition; -1: there is none. */
int64_t gen_state(const struct type *t, str key);
/* " from ... where ...", always with a where. */
void gen_from(struct gen *g, const struct expr *macro);
void gen_in_force(struct gen *g, str alias);
/* approvers('x'), seated('x') */
static inline bool fun_votes(enum xfun f)
{
    return f == FUN_APPROVERS || f == FUN_SEATED;
}
/* Does it ask anything of the record?  What does not is judged once a statement. */
static inline bool asks_record(const struct expr *e)
{
    return expr_mentions_self(e) || e->fun == FUN_BY || fun_votes(e->fun);
}
/* A SELECT of those whose votes count in what was approved of this action (column "id"):
 * the hands and those whose right it was.  seated: also in what has not ended, and who sits
 * there now. */
void gen_voters(struct gen *g, const struct expr *e);
/* answerers(x): a SELECT of the owners of the manual control of that key (column "id"). */
void gen_answerers(struct gen *g, const struct expr *e);
/* approved_at('x'): when the approval of this action that stands passed; null: none stands. */
void gen_approved_at(struct gen *g, const struct expr *e);
/* A moment and a length: a sum of two numbers, or found in the calendar. */
bool gen_is_plain_sum(const struct expr *e);
void gen_time_sum(struct gen *g, const struct expr *e);
str gen_alias(struct gen *g);
str gen_var(struct gen *g, str var); /* the alias of a variable */
/* The alias of a row that stands in FROM already, or empty. */
str gen_row(struct gen *g, const struct expr *base);
void gen_column(struct gen *g, str alias, str name);
void gen_guard(struct gen *g, const struct expr *guard, str alias);
/* expr_set.c */
void gen_aggregate(struct gen *g, const struct expr *m);
void gen_last(struct gen *g, const struct expr *m);
/* Is this unit `top`, or below it? (expr_people.c) */
void gen_under(struct gen *g, const struct expr *unit, const struct expr *top);
/* True exactly where e is not false. */
void gen_not_false(struct gen *g, const struct expr *e);
void gen_truth_macro(struct gen *g, const struct expr *e);
void gen_put(struct gen *g, str trusted);

struct people people_compile(struct arena *a, struct tc *tc, struct expr *e, bool alternatives);

#endif
