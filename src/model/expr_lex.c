#include "model/expr_int.h"

struct pos lex_pos(struct pos at, int off)
{
    at.col += off;
    return at;
}

/* Units of lengths: kind, and how many of the kind's stored unit. */
bool expr_unit(str name, enum vkind *kind, int64_t *per)
{
    static const struct {
        str name;
        enum vkind kind;
        int64_t per;
    } units[] = {
        {STR("m"), V_DURATION, 60000},
        {STR("h"), V_DURATION, 3600000},
        {STR("d"), V_DURATION, MS_PER_DAY},
        {STR("w"), V_DURATION, 7 * (int64_t)MS_PER_DAY},
        {STR("month"), V_MONTHS, 1},
        {STR("months"), V_MONTHS, 1},
        {STR("year"), V_MONTHS, 12},
        {STR("years"), V_MONTHS, 12},
        {STR("workday"), V_WORKDAYS, 1},
        {STR("workdays"), V_WORKDAYS, 1},
        {STR("workhour"), V_WORKHOURS, 3600000},
        {STR("workhours"), V_WORKHOURS, 3600000},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_eq(units[i].name, name)) {
            *kind = units[i].kind;
            *per = units[i].per;
            return true;
        }
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : '\0';
}

/* Steps over one byte; a character counts once. */
static void step(struct lexer *l)
{
    l->at++;
    if (l->at >= l->text.len || ((unsigned char)l->text.ptr[l->at] & 0xC0) != 0x80) {
        l->off++;
    }
}

static void steps(struct lexer *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        step(l);
    }
}

static void blanks(struct lexer *l)
{
    while (l->at < l->text.len && strchr(" \t\r\n", l->text.ptr[l->at])) {
        step(l);
    }
}

static struct token bad(struct lexer *l, int off, const char *zh, const char *en)
{
    if (!l->failed) {
        diag_error_words(l->d, lex_pos(l->pos, off), (struct words){str_from(zh), str_from(en)});
    }
    l->failed = true;
    return (struct token){.kind = T_BAD, .off = off};
}

static struct token word(struct lexer *l)
{
    struct token t = {.kind = T_NAME, .off = l->off};
    size_t from = l->at;
    while (is_letter(peek(l, 0)) || is_digit(peek(l, 0))) {
        step(l);
    }
    t.text = str_from_n(l->text.ptr + from, l->at - from);
    if (t.text.len > NAME_MAX_LEN) {
        return bad(l, t.off, "名称过长：最多 40 个字符", "this name is longer than 40 characters");
    }
    for (size_t i = 0; i < t.text.len; i++) {
        if (t.text.ptr[i] >= 'A' && t.text.ptr[i] <= 'Z') {
            return bad(l, t.off, "名称只用小写字母、数字和下划线",
                       "names are written in small letters, digits and _");
        }
    }
    return t;
}

/* The unit after a number, when one follows: "10d", "5 workdays". */
static void unit(struct lexer *l, struct token *t)
{
    struct lexer ahead = *l;
    blanks(&ahead);
    size_t from = ahead.at;
    while (is_letter(peek(&ahead, 0)) || is_digit(peek(&ahead, 0))) {
        step(&ahead);
    }
    str name = str_from_n(l->text.ptr + from, ahead.at - from);
    enum vkind kind = V_NULL;
    int64_t per = 0;
    if (name.len && expr_unit(name, &kind, &per)) {
        t->kind = T_LENGTH;
        t->unit = name;
        *l = ahead;
    }
}

static struct token number(struct lexer *l)
{
    struct token t = {.kind = T_INT, .off = l->off};
    int64_t v = 0;
    int places = -1;
    for (;; step(l)) {
        char c = peek(l, 0);
        if (c == '.' && places < 0 && is_digit(peek(l, 1))) {
            places = 0;
            continue;
        }
        if (!is_digit(c)) {
            break;
        }
        if (v > 900000000000000) {
            return bad(l, t.off, "数字过大", "this number is too large");
        }
        v = v * 10 + (c - '0');
        places += places >= 0 ? 1 : 0;
    }
    if (places > 4) {
        return bad(l, t.off, "小数最多四位", "at most four places after the point");
    }
    if (places >= 0) {
        for (int i = places; i < 4; i++) {
            v *= 10;
        }
        t.kind = T_DECIMAL;
        t.num = v;
        return t;
    }
    t.num = v;
    unit(l, &t);
    if (t.kind == T_INT && is_letter(peek(l, 0))) {
        return bad(l, l->off, "数字后不是时间单位：应为 m h d w months years workdays workhours",
                   "no unit of time: expected m h d w months years workdays workhours");
    }
    return t;
}

static struct token text(struct lexer *l)
{
    struct token t = {.kind = T_TEXT, .off = l->off};
    step(l);
    char *to = arena_bytes(l->arena, l->text.len + 1);
    size_t n = 0;
    for (;;) {
        if (l->at >= l->text.len) {
            return bad(l, t.off, "引号没有结束：应有另一个 '",
                       "this quote does not end: expected another '");
        }
        char c = peek(l, 0);
        if (c == '\'' && peek(l, 1) == '\'') {
            step(l);
        } else if (c == '\'') {
            step(l);
            break;
        }
        if (c == '\0') {
            return bad(l, l->off, "文字中不能有空字符", "a text holds no NUL");
        }
        to[n++] = c;
        step(l);
    }
    t.text = str_from_n(to, n);
    return t;
}

static struct token foreign(struct lexer *l)
{
    static const struct {
        str sign;
        const char *zh, *en;
    } signs[] = {
        {STR("&&"), "没有 &&：请写 and", "there is no &&: write and"},
        {STR("||"), "没有 ||：请写 or", "there is no ||: write or"},
        {STR("!"), "没有 !：请写 not", "there is no !: write not"},
        {STR("?"), "没有 ? :，请写 if(条件, 甲, 乙)",
         "there is no ? : -- write if(condition, a, b)"},
        {STR("="), "比较请写 ==", "a comparison is written =="},
        {STR("\""), "文字用单引号：'文字'", "a text stands in single quotes: 'text'"},
        {STR("<>"), "不等请写 !=", "different is written !="},
        {STR("%"), "没有 %", "there is no %"},
    };
    str rest = str_from_n(l->text.ptr + l->at, l->text.len - l->at);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (str_starts(rest, signs[i].sign)) {
            return bad(l, l->off, signs[i].zh, signs[i].en);
        }
    }
    return bad(l, l->off, "这个字符不能出现在表达式中",
               "this character has no place in an expression");
}

static struct token sign(struct lexer *l)
{
    static const struct {
        str sign;
        enum tok kind;
        enum xcmp cmp;
    } signs[] = {
        {STR("=="), T_CMP, CMP_EQ}, {STR("!="), T_CMP, CMP_NE}, {STR("<="), T_CMP, CMP_LE},
        {STR(">="), T_CMP, CMP_GE}, {STR("<"), T_CMP, CMP_LT},  {STR(">"), T_CMP, CMP_GT},
        {STR("("), T_OPEN, 0},      {STR(")"), T_CLOSE, 0},     {STR("["), T_LBRACKET, 0},
        {STR("]"), T_RBRACKET, 0},  {STR(","), T_COMMA, 0},     {STR("."), T_DOT, 0},
        {STR("+"), T_PLUS, 0},      {STR("-"), T_MINUS, 0},     {STR("*"), T_STAR, 0},
        {STR("/"), T_SLASH, 0},
    };
    str rest = str_from_n(l->text.ptr + l->at, l->text.len - l->at);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (str_starts(rest, signs[i].sign) && !str_starts(rest, STR("<>"))) {
            struct token t = {.kind = signs[i].kind, .off = l->off, .cmp = signs[i].cmp};
            t.text = signs[i].sign;
            steps(l, signs[i].sign.len);
            return t;
        }
    }
    return foreign(l);
}

struct token lex_next(struct lexer *l)
{
    blanks(l);
    if (l->at >= l->text.len) {
        return (struct token){.kind = T_END, .off = l->off};
    }
    char c = peek(l, 0);
    if (is_letter(c)) {
        return word(l);
    }
    if (is_digit(c)) {
        return number(l);
    }
    if (c == '\'') {
        return text(l);
    }
    return sign(l);
}
