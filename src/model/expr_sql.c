/* expr_sql.c - a typed tree as SQL, the same text for both databases. */
#include "base/arena.h"
#include "model/expr_int.h"

#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

struct gen gen_make(struct gen_text *t, struct arena *a, const struct scope *s, int aliases)
{
    *t = (struct gen_text){.b = sqlb_make(a), .aliases = aliases};
    return (struct gen){.b = &t->b, .text = t, .s = s, .self = STR("r"), .person = STR("$2")};
}

str gen_alias(struct gen *g)
{
    return str_fmt(g->b->buf.arena, "t%d", ++g->text->aliases);
}

static bool fits(struct gen *g)
{
    struct gen_text *t = g->text;
    if (t->deep || t->large) {
        return false;
    }
    if (g->b == &t->b) { /* the person of an `in` is weighed where it is put */
        weigh(&t->weight, buf_str(&t->b.buf));
    }
    t->deep = t->weight.stack > EXPR_STACK_MAX || t->weight.height > EXPR_HEIGHT_MAX ||
              g->level > EXPR_LEVELS_MAX;
    t->large = g->b->buf.len > EXPR_SQL_MAX;
    t->off = g->off;
    return !t->deep && !t->large;
}

bool gen_enter(struct gen *g, const struct expr *e)
{
    if (!g->foreign) {
        g->off = e->off;
    }
    g->level++;
    return fits(g);
}

void gen_leave(struct gen *g)
{
    g->level--;
}

struct sql gen_end(struct gen *g, struct tc *tc)
{
    if (fits(g)) {
        return sqlb_end(g->b);
    }
    if (g->text->large) {
        TC_FAIL(tc, g->text->off, "展开成查询后过大：请拆成几个条件",
                "this becomes too large a query: split it into several conditions");
    } else {
        TC_FAIL(tc, g->text->off,
                "嵌套过深，数据库读不了：请拆成几个条件，或减少括号、集合运算和连续的计算",
                "this is nested deeper than the database reads: split it into several "
                "conditions, or use fewer brackets, macros and operations in a row");
    }
    return (struct sql){0};
}

void gen_put(struct gen *g, str trusted)
{
    sqlb_put_trusted(g->b, trusted);
}

void gen_column(struct gen *g, str alias, str name)
{
    gen_put(g, alias);
    PUT(g, ".");
    sqlb_ident(g->b, name);
}

str gen_var(struct gen *g, str var)
{
    return str_fmt(g->b->buf.arena, "\"v_%.*s\"", STR_ARG(var));
}

/* --- columns -------------------------------------------------------------------------- */

/* The alias of a row that stands in FROM already, or empty. */
str gen_row(struct gen *g, const struct expr *base)
{
    switch ((int)base->mean) {
    case MEAN_SELF:
        return g->self;
    case MEAN_OLD:
        return STR("o");
    case MEAN_VAR:
        return gen_var(g, base->name);
    default:
        return STR("");
    }
}

static str table_of(const struct expr *base)
{
    return base->builtin     ? base->builtin->table
           : base->type.type ? base->type.type->table
                             : STR("");
}

/* see of the target, with its alias as self: what a typed filter may look at. */
void gen_guard(struct gen *g, const struct expr *guard, str alias)
{
    if (!guard) {
        return;
    }
    struct gen in = *g;
    in.self = alias;
    in.person = STR("$2");
    in.foreign = true;
    PUT(g, " and (");
    gen_people(&in, guard);
    PUT(g, ")");
}

static void put_column(struct gen *g, const struct expr *e)
{
    str alias = gen_row(g, e->base);
    if (alias.len) {
        gen_column(g, alias, e->column);
        return;
    }
    if (!table_of(e->base).len) { /* a record of any type has but its id: the reference itself */
        gen_value(g, e->base);
        return;
    }
    str t = gen_alias(g);
    PUT(g, "(select ");
    gen_column(g, t, e->column);
    PUT(g, " from ");
    sqlb_ident(g->b, table_of(e->base));
    PUT(g, " ");
    gen_put(g, t);
    PUT(g, " where ");
    gen_column(g, t, STR("id"));
    PUT(g, " = ");
    gen_value(g, e->base);
    gen_guard(g, e->guard, t);
    PUT(g, ")");
}

static void put_inline(struct gen *g, const struct expr *e)
{
    struct gen in = *g;
    str alias = gen_row(g, e->base);
    in.foreign = true;
    if (alias.len) {
        in.self = alias;
        PUT(g, "(");
        gen_value(&in, e->sub);
        PUT(g, ")");
        return;
    }
    in.self = gen_alias(g);
    PUT(g, "(select ");
    gen_value(&in, e->sub);
    PUT(g, " from ");
    sqlb_ident(g->b, table_of(e->base));
    PUT(g, " ");
    gen_put(g, in.self);
    PUT(g, " where ");
    gen_column(g, in.self, STR("id"));
    PUT(g, " = ");
    gen_value(g, e->base);
    PUT(g, ")");
}

static void put_term(struct gen *g, const struct expr *e)
{
    bool late = str_eq(e->column, STR("late"));
    str t = gen_alias(g);
    PUT(g, "(select ");
    if (late) {
        PUT(g, "case when coalesce(");
        gen_column(g, t, STR("ended"));
        PUT(g, ", $1) > ");
        gen_column(g, t, STR("due"));
        PUT(g, " then 1 else 0 end");
    } else {
        gen_column(g, t, STR("due"));
    }
    PUT(g, " from \"term\" ");
    gen_put(g, t);
    PUT(g, " where ");
    gen_column(g, t, STR("record"));
    PUT(g, " = ");
    gen_column(g, g->self, STR("id"));
    PUT(g, " and ");
    gen_column(g, t, STR("term"));
    PUT(g, " = ");
    sqlb_text(g->b, e->name);
    PUT(g, " order by ");
    gen_column(g, t, STR("run"));
    PUT(g, " desc limit 1)");
}

static void put_name(struct gen *g, const struct expr *e)
{
    switch ((int)e->mean) {
    case MEAN_SELF:
        gen_column(g, g->self, STR("id"));
        break;
    case MEAN_OLD:
        gen_column(g, STR("o"), STR("id"));
        break;
    case MEAN_VAR:
        gen_column(g, gen_var(g, e->name), STR("id"));
        break;
    case MEAN_ACTOR:
        gen_put(g, g->person);
        break;
    case MEAN_NOW:
        PUT(g, "$1");
        break;
    case MEAN_TODAY:
        PUT(g, "$3");
        break;
    case MEAN_COLUMN:
        put_column(g, e);
        break;
    case MEAN_INLINE:
        put_inline(g, e);
        break;
    case MEAN_STEPS_LEFT:
        PUT(g, "(select cast(coalesce(sum(j.\"left\"), 0) as bigint) from \"step_job\" j where "
               "j.\"record\" = ");
        gen_column(g, g->self, STR("id"));
        PUT(g, ")");
        break;
    case MEAN_TERM:
        put_term(g, e);
        break;
    default:
        PUT(g, "null");
        break;
    }
}

/* --- literals, settings, functions --------------------------------------------------------- */

static bool is_text_kind(enum vkind k)
{
    return k == V_TEXT;
}

static void put_null(struct gen *g, const struct expr *e)
{
    if (is_text_kind(e->type.kind)) {
        PUT(g, "cast(null as text)");
    } else {
        PUT(g, "cast(null as bigint)");
    }
}

static void put_setting(struct gen *g, const struct expr *e)
{
    const struct setting *s = e->setting;
    bool local = s->local && e->base;
    if (local) {
        PUT(g, "coalesce((select cast(sl.\"value\" as bigint) from \"setting_local\" sl join "
               "\"unit_above\" ua on ua.\"above\" = sl.\"unit\" where ua.\"unit\" = ");
        gen_column(g, g->self, STR("unit"));
        PUT(g, " and sl.\"reg\" = ");
        sqlb_text(g->b, s->law->reg->key);
        PUT(g, " and sl.\"key\" = ");
        sqlb_text(g->b, s->key);
        PUT(g, " order by (select count(*) from \"unit_above\" ud where ud.\"unit\" = "
               "sl.\"unit\") desc limit 1), ");
    }
    if (s->null) {
        put_null(g, e);
    } else if (is_text_kind(e->type.kind)) {
        sqlb_text(g->b, s->text);
    } else {
        sqlb_i64(g->b, s->i64);
    }
    if (local) {
        PUT(g, ")");
    }
}

static void put_if(struct gen *g, const struct expr *e)
{
    PUT(g, "case when ");
    gen_truth(g, e->args[0]);
    PUT(g, " then ");
    gen_value(g, e->args[1]);
    PUT(g, " when not ");
    gen_truth(g, e->args[0]);
    PUT(g, " then ");
    gen_value(g, e->args[2]);
    PUT(g, " end");
}

static void put_date(struct gen *g, const struct expr *e)
{
    if (e->args[0]->type.kind == V_DATE) {
        gen_value(g, e->args[0]);
        return;
    }
    str t = gen_alias(g);
    PUT(g, "(select ");
    gen_column(g, t, STR("day"));
    PUT(g, " from \"calendar\" ");
    gen_put(g, t);
    PUT(g, " where ");
    gen_column(g, t, STR("start_ms"));
    PUT(g, " <= ");
    gen_value(g, e->args[0]);
    PUT(g, " order by ");
    gen_column(g, t, STR("start_ms"));
    PUT(g, " desc limit 1)");
}

void gen_call(struct gen *g, const struct expr *e)
{
    switch ((int)e->fun) {
    case FUN_IF:
        put_if(g, e);
        break;
    case FUN_DEFAULT:
        PUT(g, "coalesce(");
        gen_value(g, e->args[0]);
        PUT(g, ", ");
        gen_value(g, e->args[1]);
        PUT(g, ")");
        break;
    case FUN_DATE:
        put_date(g, e);
        break;
    case FUN_SETTING:
        put_setting(g, e);
        break;
    case FUN_AT:
        put_column(g, e);
        break;
    case FUN_APPROVED_AT:
        gen_approved_at(g, e);
        break;
    default:
        PUT(g, "null");
        break;
    }
}

/* --- values --------------------------------------------------------------------------------- */

/* What stands to the right of a value: where it is an operator that binds no
 * tighter, a chain needs no brackets, and no level for each of its members. */
enum after { AFTER_ANY, AFTER_SUM, AFTER_PRODUCT };

static void put_value(struct gen *g, const struct expr *e, enum after after);

static bool is_arith(const struct expr *e)
{
    return e->kind == X_ADD || e->kind == X_SUB || e->kind == X_MUL || e->kind == X_DIV;
}

/* The left side, as 64 bits: PostgreSQL would count what begins with a small
 * literal in 32, and refuse 2000000000 + 2000000000. */
static void put_left(struct gen *g, const struct expr *e, enum after after)
{
    if (is_arith(e) || e->mul || e->mean == MEAN_COLUMN) {
        put_value(g, e, after);
        return;
    }
    PUT(g, "cast(");
    put_value(g, e, AFTER_ANY);
    PUT(g, " as bigint)");
}

static void put_arith(struct gen *g, const struct expr *e, enum after after)
{
    const struct expr *a = e->args[0];
    bool moment = a->type.kind == V_DATE || a->type.kind == V_DATETIME;
    bool sum = e->kind == X_ADD || e->kind == X_SUB;
    if (sum && moment && !gen_is_plain_sum(e)) {
        gen_time_sum(g, e);
        return;
    }
    bool bare = after == AFTER_SUM || (after == AFTER_PRODUCT && !sum);
    if (!bare) {
        PUT(g, "(");
    }
    put_left(g, a, sum ? AFTER_SUM : AFTER_PRODUCT);
    switch ((int)e->kind) {
    case X_ADD:
        PUT(g, " + ");
        break;
    case X_SUB:
        PUT(g, " - ");
        break;
    case X_MUL:
        PUT(g, " * ");
        break;
    default:
        PUT(g, " / nullif(");
        break;
    }
    gen_value(g, e->args[1]);
    if (e->kind == X_DIV) {
        PUT(g, ", 0)");
    }
    if (!bare) {
        PUT(g, ")");
    }
}

static void put_plain(struct gen *g, const struct expr *e, enum after after)
{
    switch (e->kind) {
    case X_INT:
    case X_DECIMAL:
    case X_LENGTH:
        sqlb_i64(g->b, e->num);
        break;
    case X_TEXT:
        sqlb_text(g->b, e->name);
        break;
    case X_NULL:
        put_null(g, e);
        break;
    case X_NAME:
    case X_PATH:
        put_name(g, e);
        break;
    case X_CALL:
        gen_call(g, e);
        break;
    case X_MACRO:
        if (e->macro == MACRO_LAST) {
            gen_last(g, e);
        } else {
            gen_aggregate(g, e);
        }
        break;
    case X_NEG:
        PUT(g, "(0 - ");
        gen_value(g, e->args[0]);
        PUT(g, ")");
        break;
    case X_ADD:
    case X_SUB:
    case X_MUL:
    case X_DIV:
        put_arith(g, e, after);
        break;
    case X_BOOL:
    case X_LIST:
    case X_NOT:
    case X_AND:
    case X_OR:
    case X_CMP:
    case X_IN:
        PUT(g, "null");
        break;
    }
}

void gen_plain(struct gen *g, const struct expr *e)
{
    put_plain(g, e, AFTER_ANY);
}

/* A choice's code as its key, or as the code of the same key elsewhere. */
static void put_keys(struct gen *g, const struct expr *e)
{
    const struct field *from = e->type.kind == V_CHOICE ? e->type.field : NULL;
    PUT(g, "case ");
    gen_plain(g, e);
    for (size_t i = 0; from && i < from->nkeys; i++) {
        const struct choice_key *k = &from->keys[i];
        const struct choice_key *to = e->as_key ? k : field_choice(e->map, k->key);
        if (to) {
            PUT(g, " when ");
            sqlb_i64(g->b, k->code);
            PUT(g, " then ");
            if (e->as_key) {
                sqlb_text(g->b, k->key);
            } else {
                sqlb_i64(g->b, to->code);
            }
        }
    }
    for (size_t i = 0; !from && e->map && i < e->map->nkeys; i++) {
        PUT(g, " when ");
        sqlb_text(g->b, e->map->keys[i].key);
        PUT(g, " then ");
        sqlb_i64(g->b, e->map->keys[i].code);
    }
    PUT(g, " end");
}

static bool is_row(const struct expr *e)
{
    return (e->kind == X_NAME || e->kind == X_PATH) &&
           (e->mean == MEAN_COLUMN || e->mean == MEAN_INLINE || e->mean == MEAN_TERM);
}

static void put_value(struct gen *g, const struct expr *e, enum after after)
{
    if (!gen_enter(g, e)) {
        gen_leave(g);
        return;
    }
    bool truth = e->type.kind == V_BOOL && !is_row(e);
    bool kept = truth && e->kind == X_CALL && (e->fun == FUN_IF || e->fun == FUN_DEFAULT);
    bool scaled = e->mul || e->div;
    bool brackets = scaled && after == AFTER_ANY;
    if (brackets) {
        PUT(g, "(");
    }
    if (truth && !kept && !(e->kind == X_CALL && e->fun == FUN_SETTING)) {
        PUT(g, "cast(");
        gen_truth(g, e);
        PUT(g, " as integer)");
    } else if (e->as_key || e->map) {
        put_keys(g, e);
    } else {
        put_plain(g, e, scaled ? AFTER_PRODUCT : after);
    }
    if (e->mul) {
        PUT(g, " * cast(");
        sqlb_i64(g->b, e->mul);
        PUT(g, " as bigint)");
    }
    if (e->div) {
        PUT(g, " / ");
        sqlb_i64(g->b, e->div);
    }
    if (brackets) {
        PUT(g, ")");
    }
    gen_leave(g);
}

void gen_value(struct gen *g, const struct expr *e)
{
    put_value(g, e, AFTER_ANY);
}
