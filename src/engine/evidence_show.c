/* evidence_show.c - the columns a control shows, for whoever may see them. */
#include "engine/evidence_int.h"
#include "engine/record_load.h"

#include <string.h>

/* Does `see` of a field, over alias r, hold for the actor? */
static void put_see(struct sqlb *b, const struct field *f)
{
    if (!f->see.tree || f->see.everyone) {
        SQLB_LIT(b, "1 = 1");
    } else if (!f->see.is_actor.text.len) {
        SQLB_LIT(b, "1 = 0");
    } else {
        SQLB_LIT(b, "(");
        sqlb_sql(b, f->see.is_actor);
        SQLB_LIT(b, ")");
    }
}

static bool own_word(str name)
{
    static const char *const words[] = {"number", "name", "state", "created_at", "changed_at"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(name, str_from(words[i]))) {
            return true;
        }
    }
    return false;
}

/* "keeper.full_name": the record it leads to must be visible too. */
static bool put_far(struct sqlb *b, const struct ctx *ctx, const struct field *f, str name)
{
    const struct type *to = load_is_ref(f) && f->column.len ? load_ref_type(ctx, f) : NULL;
    const struct field *far = to ? tdef_field(to->newest, name) : NULL;
    if (!to || (!far && !own_word(name))) {
        return false;
    }
    put_see(b, f);
    SQLB_LIT(b, " and (r.");
    sqlb_ident(b, f->column);
    SQLB_LIT(b, " is null or exists(select 1 from (select * from ");
    sqlb_ident(b, to->table);
    SQLB_LIT(b, " p0 where p0.\"id\" = r.");
    sqlb_ident(b, f->column);
    SQLB_LIT(b, ") r where ");
    load_visible(ctx, b, to);
    if (far) {
        SQLB_LIT(b, " and ");
        put_see(b, far);
    }
    SQLB_LIT(b, "))");
    return true;
}

/* Of an expression: all that it reads must be in the row and for everybody. */
static bool plain(const struct reads *reads)
{
    bool all = reads->typed;
    for (size_t i = 0; i < reads->nfields; i++) {
        all = all && !reads->fields[i]->see.tree;
    }
    return all;
}

static bool put_may(struct sqlb *b, const struct ctx *ctx, const struct control *c,
                    const struct control_column *x)
{
    str rest;
    str first = str_cut(x->path, '.', &rest);
    const struct field *f = tdef_field(c->over->newest, first);
    enum vkind kind = x->value.type.kind;
    if (kind == V_SET || kind == V_PEOPLE) {
        return false;
    }
    if (f && !rest.ptr) {
        put_see(b, f);
        return true;
    }
    if (f && !memchr(rest.ptr, '.', rest.len) && put_far(b, ctx, f, rest)) {
        return true;
    }
    SQLB_LIT(b, "1 = 1");
    return own_word(x->path) || plain(&x->value.reads);
}

struct evidence_column *evidence_columns(const struct ctx *ctx, const struct control *c, size_t *n)
{
    const struct cdef *d = c->newest;
    struct evidence_column *list =
        arena_array(ctx->arena, struct evidence_column, CONTROL_SHOW_MAX + 1);
    *n = d->nshow;
    for (size_t i = 0; i < d->nshow; i++) {
        struct sqlb b = sqlb_make(ctx->arena);
        list[i] = (struct evidence_column){.path = d->show[i].path, .value = &d->show[i].value};
        list[i].never = !put_may(&b, ctx, c, &d->show[i]);
        list[i].may = sqlb_end(&b);
    }
    return list;
}

void evidence_put_column(struct sqlb *b, const struct evidence_column *c)
{
    bool text = c->value->type.kind == V_TEXT;
    if (c->never) {
        SQLB_LIT(b, "0, null");
        return;
    }
    SQLB_LIT(b, "case when ");
    sqlb_sql(b, c->may);
    SQLB_LIT(b, " then 1 else 0 end, case when ");
    sqlb_sql(b, c->may);
    SQLB_LIT(b, " then ");
    if (text) {
        SQLB_LIT(b, "substr(");
    }
    SQLB_LIT(b, "(");
    sqlb_sql(b, c->value->value);
    SQLB_LIT(b, ")");
    if (text) {
        SQLB_LIT(b, ", 1, 1000)");
    }
    SQLB_LIT(b, " end");
}

/* How a value of this kind is written: as a field of it would be. */
static enum ftype field_type(enum vkind k)
{
    switch (k) {
    case V_BOOL:
        return F_BOOL;
    case V_DECIMAL:
        return F_DECIMAL;
    case V_MONEY:
        return F_MONEY;
    case V_DATE:
        return F_DATE;
    case V_DATETIME:
        return F_DATETIME;
    case V_DURATION:
        return F_DURATION;
    case V_WORKHOURS:
        return F_WORKHOURS;
    case V_NULL:
    case V_INT:
    case V_TEXT:
    case V_DAYS:
    case V_MONTHS:
    case V_WORKDAYS:
    case V_CHOICE:
    case V_CHOICES:
    case V_STATE:
    case V_RECORD:
    case V_SET:
    case V_PEOPLE:
        break;
    }
    return F_INT;
}

str evidence_cell(const struct ctx *ctx, const struct evidence_column *c, const struct rows *r,
                  int i)
{
    const struct vtype *t = &c->value->type;
    if (t->kind == V_TEXT) {
        return rows_text(r, i);
    }
    struct value v = {.i64 = rows_i64(r, i)};
    if (t->kind == V_STATE && t->type) {
        const struct state *s = type_state(t->type, v.i64);
        return s ? s->key : STR("");
    }
    if ((t->kind == V_CHOICE || t->kind == V_CHOICES) && t->field) {
        return value_plain(ctx, t->field, &v);
    }
    struct field f = {.type = field_type(t->kind), .value = *t};
    return value_plain(ctx, &f, &v);
}
