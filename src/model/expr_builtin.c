/* expr_builtin.c - what every record has of itself: its built-in columns, parts of times,
 * and what a row of the act has. */
#include "model/expr_int.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define PUT(g, lit) sqlb_put_trusted((g)->b, STR(lit))

/* --- built-in columns and parts --------------------------------------------- */

bool tc_builtin_field(struct tc *tc, struct expr *e, struct expr *base, str key)
{
    static const struct {
        str key;
        enum vkind kind;
        bool missing;
    } columns[] = {
        {STR("id"), V_INT, false},
        {STR("number"), V_TEXT, true},
        {STR("name"), V_TEXT, false},
        {STR("state"), V_STATE, false},
        {STR("created_at"), V_DATETIME, false},
        {STR("changed_at"), V_DATETIME, false},
        {STR("creator"), V_RECORD, false},
    };
    const struct type *t = base->type.type;
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (!str_eq(columns[i].key, key)) {
            continue;
        }
        e->mean = MEAN_COLUMN;
        e->base = base;
        e->column = columns[i].key;
        e->type.kind = columns[i].kind;
        e->missing = base->missing || columns[i].missing;
        if (columns[i].kind == V_STATE) {
            e->type.type = t;
            if (t && t->nstates == 0 && (!t->newest || t->newest->nstates == 0)) {
                TC_FAIL(tc, e->off, "%.*s 没有状态", "%.*s has no states", STR_ARG(t->key));
            }
        }
        if (columns[i].kind == V_RECORD) {
            e->type.type = tc->s->model->person;
        }
        return true;
    }
    return false;
}

static const struct builtin_column act_columns[] = {
    {STR("action"), STR("action"), V_TEXT, false, false},
    {STR("person"), STR("person"), V_RECORD, true, false},
    {STR("principal"), STR("principal"), V_RECORD, true, true},
    {STR("at"), STR("at"), V_DATETIME, false, false},
    {STR("note"), STR("note"), V_TEXT, false, true},
};
static const struct builtin_column receipt_columns[] = {
    {STR("person"), STR("person"), V_RECORD, true, false},
    {STR("asked_at"), STR("asked_at"), V_DATETIME, false, false},
    {STR("due"), STR("due"), V_DATETIME, false, true},
    {STR("read_at"), STR("read_at"), V_DATETIME, false, true},
    {STR("signed_at"), STR("signed_at"), V_DATETIME, false, true},
};
static const struct builtin_column task_columns[] = {
    {STR("person"), STR("person"), V_RECORD, true, false},
    {STR("action"), STR("action"), V_TEXT, false, true},
    {STR("due"), STR("due"), V_DATETIME, false, true},
    {STR("created_at"), STR("created_at"), V_DATETIME, false, false},
};
static const struct builtin_column attachment_columns[] = {
    {STR("name"), STR("name"), V_TEXT, false, false},
    {STR("mime"), STR("mime"), V_TEXT, false, false},
    {STR("field"), STR("field"), V_TEXT, false, true},
    {STR("size"), STR("size"), V_INT, false, false},
    {STR("person"), STR("person"), V_RECORD, true, false},
    {STR("at"), STR("at"), V_DATETIME, false, false},
};
static const struct builtin builtins[] = {
    {STR("acts"), STR("act"), NULL, act_columns, COUNT(act_columns)},
    {STR("receipts"), STR("receipt"), NULL, receipt_columns, COUNT(receipt_columns)},
    {STR("tasks"), STR("task"), NULL, task_columns, COUNT(task_columns)},
    {STR("attachments"), STR("attachment"), "removed_at", attachment_columns,
     COUNT(attachment_columns)},
};

/* Findings and waivers about the record: parts by the field that names it, in a register
 * of the language (contract.h), which no regulation need name in uses. */
static bool about_part(struct tc *tc, struct expr *e, struct expr *base)
{
    const struct model *m = tc->s->model;
    bool findings = str_eq(e->name, STR("findings"));
    if (!findings && !str_eq(e->name, STR("waivers"))) {
        return false;
    }
    const struct type *t = findings ? m->finding : m->waiver;
    if (!t) {
        TC_FAIL(tc, e->off, "'%.*s' 须有制度定义类型 %s",
                "'%.*s' needs a regulation that defines type %s", STR_ARG(e->name),
                findings ? "finding" : "waiver");
    } else if (tc->s->typed_by_person) {
        TC_FAIL(tc, e->off, "筛选条件中不能用 '%.*s'", "'%.*s' cannot be used in a filter",
                STR_ARG(e->name));
    }
    e->mean = MEAN_PART;
    e->base = base;
    e->column = STR("f_about");
    e->type = (struct vtype){.kind = V_SET, .type = t};
    return true;
}

bool tc_builtin_part(struct tc *tc, struct expr *e, struct expr *base)
{
    if (str_eq(e->name, STR("approvals"))) {
        TC_FAIL(tc, e->off, "'%.*s' 尚不能使用", "'%.*s' cannot be used yet", STR_ARG(e->name));
        return true;
    }
    if (about_part(tc, e, base)) {
        return true;
    }
    for (size_t i = 0; i < COUNT(builtins); i++) {
        if (str_eq(builtins[i].name, e->name)) {
            if (tc->s->typed_by_person) {
                TC_FAIL(tc, e->off, "筛选条件中不能用 '%.*s'", "'%.*s' cannot be used in a filter",
                        STR_ARG(e->name));
            }
            e->mean = MEAN_BUILTIN;
            e->base = base;
            e->builtin = &builtins[i];
            e->type = (struct vtype){.kind = V_SET};
            return true;
        }
    }
    return false;
}

bool tc_builtin_row_field(struct tc *tc, struct expr *e, struct expr *base, str key)
{
    const struct builtin *b = base->builtin;
    if (str_eq(key, STR("id"))) {
        e->mean = MEAN_COLUMN;
        e->base = base;
        e->column = key;
        e->type.kind = V_INT;
        e->missing = base->missing;
        return true;
    }
    str names[16];
    size_t n = 0;
    for (size_t i = 0; i < b->ncolumns; i++) {
        names[n++] = b->columns[i].name;
        if (str_eq(b->columns[i].name, key)) {
            e->mean = MEAN_COLUMN;
            e->base = base;
            e->column = b->columns[i].column;
            e->type.kind = b->columns[i].kind;
            e->type.type = b->columns[i].person ? tc->s->model->person : NULL;
            e->missing = base->missing || b->columns[i].missing;
            return true;
        }
    }
    str near = diag_nearest(key, names, n);
    TC_FAIL(tc, e->off, "%.*s 没有 '%.*s'，最接近的是 '%.*s'",
            "%.*s has no '%.*s'; the nearest is '%.*s'", STR_ARG(b->name), STR_ARG(key),
            STR_ARG(near));
    return false;
}

/* --- who approved ------------------------------------------------------------ */

/* "select b.WHOSE as id from approval a join TABLE b on .. where a is of this record and
 * action" */
static void of_approvals(struct gen *g, str action, const char *table, const char *whose, str a,
                         str b)
{
    PUT(g, "select ");
    gen_column(g, b, str_from(whose));
    PUT(g, " as \"id\" from \"approval\" ");
    gen_put(g, a);
    PUT(g, " join ");
    sqlb_ident(g->b, str_from(table));
    PUT(g, " ");
    gen_put(g, b);
    PUT(g, " on ");
    gen_column(g, b, STR("approval"));
    PUT(g, " = ");
    gen_column(g, a, STR("id"));
    PUT(g, " where ");
    gen_column(g, a, STR("record"));
    PUT(g, " = ");
    gen_column(g, g->self, STR("id"));
    PUT(g, " and ");
    gen_column(g, a, STR("action"));
    PUT(g, " = ");
    sqlb_text(g->b, action);
    PUT(g, " and ");
    gen_column(g, a, STR("state"));
}

/* Votes of the clock are nobody's (person 0). */
static void votes_of(struct gen *g, const struct expr *e, const char *whose)
{
    str a = gen_alias(g);
    str v = gen_alias(g);
    of_approvals(g, e->column, "approval_vote", whose, a, v);
    if (e->fun == FUN_APPROVERS) {
        PUT(g, " = ");
        sqlb_i64(g->b, APPROVAL_APPROVED);
    } else {
        PUT(g, " in (");
        sqlb_i64(g->b, APPROVAL_RUNNING);
        PUT(g, ", ");
        sqlb_i64(g->b, APPROVAL_WITH_AUTHOR);
        PUT(g, ", ");
        sqlb_i64(g->b, APPROVAL_APPROVED);
        PUT(g, ")");
    }
    PUT(g, " and ");
    gen_column(g, v, STR("voided"));
    PUT(g, " = 0 and ");
    gen_column(g, v, STR("person"));
    PUT(g, " > 0");
}

static void seats_of(struct gen *g, const struct expr *e, const char *whose)
{
    str a = gen_alias(g);
    str s = gen_alias(g);
    of_approvals(g, e->column, "approval_seat", whose, a, s);
    PUT(g, " = ");
    sqlb_i64(g->b, APPROVAL_RUNNING);
    PUT(g, " and ");
    gen_column(g, s, STR("state"));
    PUT(g, " in (");
    sqlb_i64(g->b, SEAT_WAITING);
    PUT(g, ", ");
    sqlb_i64(g->b, SEAT_OPEN);
    PUT(g, ")");
}

void gen_voters(struct gen *g, const struct expr *e)
{
    static const char *const sits[] = {"principal", "actor", "asker"};
    votes_of(g, e, "person");
    PUT(g, " union ");
    votes_of(g, e, "principal");
    for (size_t i = 0; e->fun == FUN_SEATED && i < COUNT(sits); i++) {
        PUT(g, " union ");
        seats_of(g, e, sits[i]);
    }
}

void gen_approved_at(struct gen *g, const struct expr *e)
{
    str a = gen_alias(g);
    PUT(g, "(select max(");
    gen_column(g, a, STR("ended_at"));
    PUT(g, ") from \"approval\" ");
    gen_put(g, a);
    PUT(g, " where ");
    gen_column(g, a, STR("record"));
    PUT(g, " = ");
    gen_column(g, g->self, STR("id"));
    PUT(g, " and ");
    gen_column(g, a, STR("action"));
    PUT(g, " = ");
    sqlb_text(g->b, e->column);
    PUT(g, " and ");
    gen_column(g, a, STR("state"));
    PUT(g, " = ");
    sqlb_i64(g->b, APPROVAL_APPROVED);
    PUT(g, ")");
}
