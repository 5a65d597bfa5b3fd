#include "model/expr_int.h"

struct parser {
    struct lexer lex;
    struct token tok;
    struct arena *a;
    int nodes, depth, macros;
};

static struct expr *parse_or(struct parser *p);

static struct expr *fail(struct parser *p, int off, struct words w)
{
    if (!p->lex.failed) {
        diag_error_words(p->lex.d, lex_pos(p->lex.pos, off), w);
    }
    p->lex.failed = true;
    return NULL;
}

static void next(struct parser *p)
{
    p->tok = lex_next(&p->lex);
}

static str found(const struct parser *p)
{
    return p->tok.kind == T_END ? STR("(end)") : p->tok.text;
}

static struct expr *expected(struct parser *p, struct words what)
{
    if (!p->lex.failed) {
        struct arena *a = p->lex.d->arena;
        str f = found(p);
        struct words w = {str_fmt(a, "此处是 '%.*s'，应为%.*s", STR_ARG(f), STR_ARG(what.zh)),
                          str_fmt(a, "found '%.*s', expected %.*s", STR_ARG(f), STR_ARG(what.en))};
        diag_error_words(p->lex.d, lex_pos(p->lex.pos, p->tok.off), w);
    }
    p->lex.failed = true;
    return NULL;
}

static struct expr *too_many_nodes(struct parser *p, int off)
{
    return fail(p, off,
                WORDS("表达式过大：最多 512 个节点，请拆开",
                      "this expression is too large (512 nodes): split it"));
}

static struct expr *node(struct parser *p, enum xkind kind, int off)
{
    if (++p->nodes > EXPR_NODES_MAX) {
        return too_many_nodes(p, off);
    }
    struct expr *e = arena_new(p->a, struct expr);
    e->kind = kind;
    e->off = off;
    return e;
}

static struct expr *node_of(struct parser *p, enum xkind kind, int off, struct expr *a,
                            struct expr *b)
{
    struct expr *e = node(p, kind, off);
    if (!e || !a) {
        return NULL;
    }
    e->args = arena_array(p->a, struct expr *, 2);
    e->args[0] = a;
    e->args[1] = b;
    e->nargs = b ? 2 : 1;
    return e;
}

/* One more member of `a and b and ..`: a chain is one node, however long. */
static struct expr *join(struct parser *p, enum xkind kind, int off, struct expr *chain,
                         struct expr *more)
{
    if (!more) {
        return NULL;
    }
    if (chain->kind != kind) {
        return node_of(p, kind, off, chain, more);
    }
    if (++p->nodes > EXPR_NODES_MAX) {
        return too_many_nodes(p, off);
    }
    size_t n = chain->nargs;
    if ((n & (n - 1)) == 0) { /* 2, 4, 8 .. are full */
        struct expr **args = arena_array(p->a, struct expr *, 2 * n);
        memcpy(args, chain->args, n * sizeof *args);
        chain->args = args;
    }
    chain->args[chain->nargs++] = more;
    return chain;
}

static bool is_word(const struct parser *p, str w)
{
    return p->tok.kind == T_NAME && str_eq(p->tok.text, w);
}

static bool take(struct parser *p, enum tok kind)
{
    if (p->tok.kind != kind) {
        return false;
    }
    next(p);
    return true;
}

static bool grammar_word(str w)
{
    static const char *const words[] = {"and", "or", "not", "in", "where", "true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_eq(str_from(words[i]), w)) {
            return true;
        }
    }
    return false;
}

/* expr {"," expr} up to `close`. */
static struct expr **items(struct parser *p, enum tok close, struct words what, size_t *n)
{
    struct expr *list[EXPR_ARGS_MAX];
    *n = 0;
    if (p->tok.kind != close) {
        do {
            if (*n == EXPR_ARGS_MAX) {
                fail(p, p->tok.off, WORDS("最多 64 项", "at most 64 items"));
                return NULL;
            }
            struct expr *e = parse_or(p);
            if (!e) {
                return NULL;
            }
            list[(*n)++] = e;
        } while (take(p, T_COMMA));
    }
    if (!take(p, close)) {
        expected(p, what);
        return NULL;
    }
    struct expr **ret = arena_array(p->a, struct expr *, *n + 1);
    if (*n) {
        memcpy(ret, list, *n * sizeof *list);
    }
    return ret;
}

static bool macro_kind(str name, enum xmacro *ret)
{
    static const char *const names[] = {"exists", "count", "one", "filter", "all",
                                        "sum",    "min",   "max", "last",   "people"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_eq(str_from(names[i]), name)) {
            *ret = (enum xmacro)i;
            return true;
        }
    }
    return false;
}

static struct expr *parse_term(struct parser *p);

/* name "in" term ["where" expr] */
static bool parse_each(struct parser *p, struct expr *e)
{
    if (p->tok.kind != T_NAME || grammar_word(p->tok.text)) {
        return expected(p, WORDS("变量名，如 x in 集合", "a variable: x in SET"));
    }
    e->var = p->tok.text;
    next(p);
    if (!is_word(p, STR("in"))) {
        return expected(p, WORDS("in", "'in'"));
    }
    next(p);
    e->in = parse_term(p);
    if (!e->in) {
        return false;
    }
    if (is_word(p, STR("where"))) {
        next(p);
        e->where = parse_or(p);
        return e->where != NULL;
    }
    return true;
}

static struct expr *parse_macro(struct parser *p, enum xmacro kind, int off)
{
    struct expr *e = node(p, X_MACRO, off);
    if (!e) {
        return NULL;
    }
    e->macro = kind;
    if (++p->macros > EXPR_MACROS_MAX) {
        return fail(p, off,
                    WORDS("集合运算嵌套过深：最多 8 层", "more than 8 macros inside each other"));
    }
    if (!parse_each(p, e)) {
        return NULL;
    }
    bool key = kind >= MACRO_ALL;
    if (key) {
        if (!take(p, T_COMMA)) {
            return expected(p,
                            WORDS(" , 和对每一行的表达式", "',' and an expression about each row"));
        }
        e->key = parse_or(p);
        if (!e->key) {
            return NULL;
        }
    }
    if (!take(p, T_CLOSE)) {
        if (!key && p->tok.kind == T_COMMA) {
            return fail(p, p->tok.off,
                        WORDS("此处条件写在 where 后，没有第二项",
                              "the condition stands after 'where'; there is no "
                              "second part here"));
        }
        return expected(p, WORDS(" ) ", "')'"));
    }
    p->macros--;
    return e;
}

/* A name, a call or a macro; the name is the present token. */
static struct expr *parse_named(struct parser *p)
{
    struct token t = p->tok;
    if (str_eq(t.text, STR("true")) || str_eq(t.text, STR("false"))) {
        next(p);
        struct expr *e = node(p, X_BOOL, t.off);
        if (e) {
            e->num = str_eq(t.text, STR("true"));
        }
        return e;
    }
    if (str_eq(t.text, STR("null"))) {
        next(p);
        return node(p, X_NULL, t.off);
    }
    if (grammar_word(t.text)) {
        return expected(p, WORDS("值", "a value"));
    }
    next(p);
    if (p->tok.kind != T_OPEN) {
        struct expr *e = node(p, X_NAME, t.off);
        if (e) {
            e->name = t.text;
        }
        return e;
    }
    next(p);
    enum xmacro kind = MACRO_EXISTS;
    if (macro_kind(t.text, &kind)) {
        return parse_macro(p, kind, t.off);
    }
    struct expr *e = node(p, X_CALL, t.off);
    if (!e) {
        return NULL;
    }
    e->name = t.text;
    e->args = items(p, T_CLOSE, WORDS(" , 或 ) ", "',' or ')'"), &e->nargs);
    return e->args ? e : NULL;
}

static struct expr *parse_atom(struct parser *p)
{
    struct token t = p->tok;
    enum xkind kind = X_INT;
    switch (t.kind) {
    case T_NAME:
        return parse_named(p);
    case T_OPEN: {
        next(p);
        struct expr *e = parse_or(p);
        if (!e) {
            return NULL;
        }
        return take(p, T_CLOSE) ? e : expected(p, WORDS(" ) ", "')'"));
    }
    case T_INT:
        break;
    case T_DECIMAL:
        kind = X_DECIMAL;
        break;
    case T_TEXT:
        kind = X_TEXT;
        break;
    case T_LENGTH:
        kind = X_LENGTH;
        break;
    case T_LBRACKET:
        return fail(p, t.off, WORDS("[ ] 只能写在 in 之后", "[ ] stands only after 'in'"));
    case T_END:
    case T_CLOSE:
    case T_RBRACKET:
    case T_COMMA:
    case T_DOT:
    case T_PLUS:
    case T_MINUS:
    case T_STAR:
    case T_SLASH:
    case T_CMP:
    case T_BAD:
    default:
        return expected(p, WORDS("值：字段、数字、'文字'、函数或 ( ",
                                 "a value: a field, a number, 'text', a function or '('"));
    }
    next(p);
    struct expr *e = node(p, kind, t.off);
    if (e) {
        e->num = t.num;
        e->name = t.text;
        e->unit = t.unit;
    }
    return e;
}

static struct expr *parse_term(struct parser *p)
{
    struct expr *e = parse_atom(p);
    while (e && p->tok.kind == T_DOT) {
        next(p);
        if (p->tok.kind != T_NAME) {
            return expected(p, WORDS("点后的字段名", "a field name after the point"));
        }
        struct token t = p->tok;
        next(p);
        if (p->tok.kind == T_OPEN) {
            return fail(p, t.off,
                        WORDS("点后只能是字段，不能是函数",
                              "after a point stands a field, not a function"));
        }
        struct expr *path = node_of(p, X_PATH, t.off, e, NULL);
        if (path) {
            path->name = t.text;
        }
        e = path;
    }
    return e;
}

static struct expr *parse_neg(struct parser *p)
{
    if (p->tok.kind != T_MINUS) {
        return parse_term(p);
    }
    int off = p->tok.off;
    next(p);
    return node_of(p, X_NEG, off, parse_term(p), NULL);
}

static struct expr *parse_mul(struct parser *p)
{
    struct expr *e = parse_neg(p);
    while (e && (p->tok.kind == T_STAR || p->tok.kind == T_SLASH)) {
        struct token t = p->tok;
        next(p);
        struct expr *b = parse_neg(p);
        e = b ? node_of(p, t.kind == T_STAR ? X_MUL : X_DIV, t.off, e, b) : NULL;
    }
    return e;
}

static struct expr *parse_sum(struct parser *p)
{
    struct expr *e = parse_mul(p);
    while (e && (p->tok.kind == T_PLUS || p->tok.kind == T_MINUS)) {
        struct token t = p->tok;
        next(p);
        struct expr *b = parse_mul(p);
        e = b ? node_of(p, t.kind == T_PLUS ? X_ADD : X_SUB, t.off, e, b) : NULL;
    }
    return e;
}

static struct expr *parse_in(struct parser *p, struct expr *left, int off)
{
    struct expr *right = NULL;
    if (p->tok.kind == T_LBRACKET) {
        int at = p->tok.off;
        next(p);
        right = node(p, X_LIST, at);
        if (!right) {
            return NULL;
        }
        right->args = items(p, T_RBRACKET, WORDS(" , 或 ] ", "',' or ']'"), &right->nargs);
        if (!right->args) {
            return NULL;
        }
        if (right->nargs == 0) {
            return fail(p, at, WORDS("[ ] 中至少一项", "at least one item stands in [ ]"));
        }
    } else {
        right = parse_sum(p);
    }
    return right ? node_of(p, X_IN, off, left, right) : NULL;
}

static struct expr *parse_cmp(struct parser *p)
{
    struct expr *e = parse_sum(p);
    if (!e) {
        return NULL;
    }
    struct token t = p->tok;
    if (is_word(p, STR("in"))) {
        next(p);
        e = parse_in(p, e, t.off);
    } else if (is_word(p, STR("not"))) {
        return fail(p, t.off,
                    WORDS("not 写在最前：not x in [..]", "'not' stands in front: not x in [..]"));
    } else if (t.kind == T_CMP) {
        next(p);
        struct expr *b = parse_sum(p);
        e = b ? node_of(p, X_CMP, t.off, e, b) : NULL;
        if (e) {
            e->cmp = t.cmp;
        }
    }
    if (e && (p->tok.kind == T_CMP || is_word(p, STR("in")))) {
        return fail(p, p->tok.off,
                    WORDS("比较不能连写：请用 and 分开",
                          "comparisons are not chained: join two with 'and'"));
    }
    return e;
}

static struct expr *parse_not(struct parser *p)
{
    if (!is_word(p, STR("not"))) {
        return parse_cmp(p);
    }
    if (++p->depth > EXPR_DEPTH_MAX) {
        return fail(p, p->tok.off, WORDS("嵌套过深：最多 32 层", "more than 32 levels deep"));
    }
    int off = p->tok.off;
    next(p);
    struct expr *e = node_of(p, X_NOT, off, parse_not(p), NULL);
    p->depth--;
    return e;
}

static struct expr *parse_and(struct parser *p)
{
    struct expr *e = parse_not(p);
    while (e && is_word(p, STR("and"))) {
        int off = p->tok.off;
        next(p);
        e = join(p, X_AND, off, e, parse_not(p));
    }
    return e;
}

static struct expr *parse_or(struct parser *p)
{
    if (++p->depth > EXPR_DEPTH_MAX) {
        return fail(p, p->tok.off, WORDS("嵌套过深：最多 32 层", "more than 32 levels deep"));
    }
    struct expr *e = parse_and(p);
    while (e && is_word(p, STR("or"))) {
        int off = p->tok.off;
        next(p);
        e = join(p, X_OR, off, e, parse_and(p));
    }
    p->depth--;
    return e;
}

static struct parser start(struct arena *a, str text, struct pos at, struct diags *d)
{
    struct parser p = {.a = a};
    p.lex = (struct lexer){.arena = a, .text = text, .pos = at, .d = d};
    if (!str_utf8_ok(text)) {
        fail(&p, 0, WORDS("表达式不是 UTF-8 文字", "this expression is not UTF-8 text"));
    } else if (str_utf8_len(text) > EXPR_CHARS_MAX) {
        fail(&p, 0,
             WORDS("表达式过长：最多 4096 个字符",
                   "this expression is longer than 4,096 characters"));
    } else if (str_trim(text).len == 0) {
        fail(&p, 0, WORDS("表达式是空的", "this expression is empty"));
    } else {
        next(&p);
    }
    return p;
}

struct expr *expr_parse(struct arena *a, str text, struct pos at, struct diags *d)
{
    struct parser p = start(a, text, at, d);
    if (p.lex.failed) {
        return NULL;
    }
    struct expr *e = parse_or(&p);
    if (e && p.tok.kind != T_END) {
        return expected(&p, WORDS(" and、or、比较符号或结尾", "and, or, a comparison or the end"));
    }
    return p.lex.failed ? NULL : e;
}

struct expr *expr_parse_each(struct arena *a, str text, struct pos at, struct diags *d)
{
    struct parser p = start(a, text, at, d);
    if (p.lex.failed) {
        return NULL;
    }
    struct expr *e = node(&p, X_MACRO, 0);
    e->macro = MACRO_FILTER;
    if (!parse_each(&p, e)) {
        return NULL;
    }
    if (p.tok.kind != T_END) {
        return expected(&p, WORDS(" where 或结尾", "'where' or the end"));
    }
    return p.lex.failed ? NULL : e;
}
