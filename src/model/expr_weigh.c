/* expr_weigh.c - how much of a database's parser a text of SQL needs.
 *
 * The parser of SQLite (parse.y, made by lemon) keeps the symbols it has not
 * reduced yet on a stack of 100, and refuses an expression whose tree is
 * higher than 1,000 (sqlite.org/limits.html, "Maximum Depth Of An Expression
 * Tree"); PostgreSQL bears far more of both.  The symbols are counted here as
 * that parser would stack them: brackets, what a SELECT has read up to its
 * present clause, and operators that wait for their right side.  Where two
 * readings are possible the larger counts, so the weight is never too low. */
#include "model/expr_int.h"

/* How tightly operators bind; what binds as tightly or tighter on the left is
 * reduced before the next is stacked. */
enum { BIND_OR = 1, BIND_AND, BIND_NOT, BIND_EQUAL, BIND_ORDER, BIND_SUM, BIND_PRODUCT };

/* Symbols on the stack. */
enum {
    LEAF = 3,     /* alias . column */
    SELECTED = 9, /* a SELECT at its end: each clause is a symbol, also one that is missing */
    CALLED = 2    /* name ( distinct, besides the bracket */
};

static int waiting(const struct weight_frame *f)
{
    int sum = 0;
    for (int i = 0; i < f->nops; i++) {
        sum += f->size[i];
    }
    return sum;
}

static void note(struct weight *w, int more)
{
    const struct weight_frame *f = &w->frames[w->n];
    int sum = f->base + f->clause + waiting(f) + more;
    w->stack = sum > w->stack ? sum : w->stack;
}

static void push(struct weight *w, int symbols)
{
    const struct weight_frame *f = &w->frames[w->n];
    int base = f->base + f->clause + waiting(f) + symbols;
    note(w, symbols);
    if (w->n + 1 < WEIGHT_FRAMES) {
        w->frames[++w->n] = (struct weight_frame){.base = base};
    } else {
        w->stack = WEIGHT_FRAMES; /* each frame is at least one symbol */
    }
}

static void pop(struct weight *w)
{
    if (w->n > 0) {
        int height = w->frames[w->n].ops + w->frames[w->n].inner + 1;
        struct weight_frame *f = &w->frames[--w->n];
        f->inner = height > f->inner ? height : f->inner;
        w->height = f->ops + f->inner > w->height ? f->ops + f->inner : w->height;
    }
}

static void operator(struct weight *w, int bind, int symbols)
{
    struct weight_frame *f = &w->frames[w->n];
    while (bind != BIND_NOT && f->nops && f->bind[f->nops - 1] >= bind) {
        f->nops--;
    }
    if (f->nops < WEIGHT_OPS) {
        f->bind[f->nops] = (uint8_t)bind;
        f->size[f->nops++] = (uint8_t)symbols;
    } else {
        w->stack = WEIGHT_FRAMES; /* "not not not .." without brackets: nobody writes it */
    }
    f->ops++;
    w->height = f->ops + f->inner > w->height ? f->ops + f->inner : w->height;
    w->operand = false;
    note(w, LEAF);
}

static void clause(struct weight *w, int symbols)
{
    struct weight_frame *f = &w->frames[w->n];
    f->clause = symbols;
    f->nops = 0;
    w->operand = false;
    note(w, LEAF);
}

enum role { ROLE_CLAUSE, ROLE_OPERATOR, ROLE_OPEN, ROLE_CLOSE, ROLE_SECOND, ROLE_PLAIN, ROLE_CALL };

static const struct {
    str word;
    enum role role;
    int symbols, bind;
} words[] = {
    {STR("and"), ROLE_OPERATOR, 2, BIND_AND},
    {STR("or"), ROLE_OPERATOR, 2, BIND_OR},
    {STR("not"), ROLE_OPERATOR, 1, BIND_NOT},
    {STR("is"), ROLE_OPERATOR, 3, BIND_EQUAL}, /* and the not after it */
    {STR("in"), ROLE_OPERATOR, 2, BIND_EQUAL},
    {STR("case"), ROLE_OPEN, 1, 0},
    {STR("end"), ROLE_CLOSE, 0, 0},
    {STR("when"), ROLE_CLAUSE, 3, 0},
    {STR("then"), ROLE_CLAUSE, 5, 0},
    {STR("else"), ROLE_CLAUSE, 3, 0},
    {STR("select"), ROLE_CLAUSE, 4, 0},
    {STR("from"), ROLE_CLAUSE, 5, 0},
    {STR("on"), ROLE_CLAUSE, 10, 0},
    {STR("where"), ROLE_CLAUSE, 5, 0},
    {STR("order"), ROLE_CLAUSE, 11, 0},
    {STR("limit"), ROLE_CLAUSE, 9, 0},
    {STR("union"), ROLE_SECOND, 2, 0},
    {STR("join"), ROLE_PLAIN, 0, 0},
    {STR("as"), ROLE_PLAIN, 0, 0},
    {STR("null"), ROLE_PLAIN, 0, 0},
};

static void word(struct weight *w, str s)
{
    bool after_is = w->is;
    w->is = str_eq(s, STR("is"));
    w->call = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_eq(words[i].word, s)) {
            continue;
        }
        if (words[i].role == ROLE_OPERATOR && !(after_is && words[i].bind == BIND_NOT)) {
            operator(w, words[i].bind, words[i].symbols);
        } else if (words[i].role == ROLE_CLAUSE) {
            clause(w, words[i].symbols);
            note(w, str_eq(s, STR("select")) ? SELECTED - words[i].symbols : 0);
        } else if (words[i].role == ROLE_OPEN) {
            push(w, 1);
            w->operand = false;
        } else if (words[i].role == ROLE_CLOSE) {
            pop(w);
            w->operand = true;
        } else if (words[i].role == ROLE_SECOND) {
            w->frames[w->n].base += w->frames[w->n].second ? 0 : words[i].symbols;
            w->frames[w->n].second = true;
        } else {
            w->operand = true;
        }
        return;
    }
    w->operand = w->call = true; /* an alias, or a function when a bracket follows */
    note(w, LEAF);
}

static void bracket(struct weight *w, char c)
{
    if (c == '(') {
        push(w, w->call ? 1 + CALLED : 1);
        w->operand = false;
    } else {
        pop(w);
        w->operand = true;
    }
    w->call = false;
}

static void sign(struct weight *w, char c)
{
    if (c == ',') {
        struct weight_frame *f = &w->frames[w->n];
        clause(w, f->clause ? f->clause : 2);
    } else if (w->operand && c != '.') { /* else a minus in front, or count(*) */
        int bind = c == '*' || c == '/'   ? BIND_PRODUCT
                   : c == '+' || c == '-' ? BIND_SUM
                   : c == '<' || c == '>' ? BIND_ORDER
                                          : BIND_EQUAL;
        operator(w, bind, 2);
    }
    w->call = false;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/* "name" or 'text': behind its end. */
static size_t quoted(str sql, size_t i)
{
    char quote = sql.ptr[i];
    do {
        i++;
    } while (i < sql.len && sql.ptr[i] != quote);
    return i < sql.len ? i + 1 : i;
}

void weigh(struct weight *w, str sql)
{
    size_t i = w->at;
    while (i < sql.len) {
        char c = sql.ptr[i];
        size_t from = i;
        if (c == '"' || c == '\'') {
            i = quoted(sql, i);
            w->operand = true;
            w->call = false;
            note(w, LEAF);
        } else if (letter(c)) {
            while (i < sql.len && letter(sql.ptr[i])) {
                i++;
            }
            word(w, str_from_n(sql.ptr + from, i - from));
        } else {
            i++;
            if (c == '(' || c == ')') {
                bracket(w, c);
            } else if (c != ' ') {
                sign(w, c);
            }
        }
    }
    w->at = i;
}
