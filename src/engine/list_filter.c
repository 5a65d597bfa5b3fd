/* list_filter.c - what a list is filtered by, as SQL over r. */
#include "base/arena.h"
#include "engine/list_int.h"
#include "engine/reading.h"
#include "model/ddl.h"
#include "model/expr.h"

#include <stdlib.h>

enum { USUAL_COLUMNS = 4 };

/* --- columns ------------------------------------------------------------------------- */

static bool listable(const struct field *f)
{
    return (f->column.len || (f->is.tree && !f->stored)) && f->type != F_MARKDOWN &&
           f->type != F_FILTER && f->type != F_ATTACHMENT && !f->see.tree;
}

static bool usual(const struct field *f)
{
    return listable(f) && f->type != F_BOOL && f->type != F_URL &&
           !(f->type == F_TEXT && f->has_max && f->max > 120);
}

err list_columns(struct listing *l, const struct list_query *q)
{
    const struct tdef *d = l->type->newest;
    l->columns = arena_array(l->ctx->arena, const struct field *, d->nfields + 1);
    for (size_t i = 0; i < q->ncolumns && l->ncolumns < d->nfields; i++) {
        const struct field *f = tdef_field(d, q->columns[i]);
        bool more = f && f->column.len &&
                    ((q->long_texts && f->type == F_MARKDOWN && (!f->see.tree || q->unasked)) ||
                     (q->unasked && f->see.tree));
        if (f && (listable(f) || more)) {
            l->columns[l->ncolumns++] = f;
        }
    }
    for (size_t i = 0; !q->ncolumns && i < d->nfields && l->ncolumns < USUAL_COLUMNS; i++) {
        /* The first text field mostly is what the name is made of. */
        if (usual(&d->fields[i]) && d->fields[i].type != F_TEXT) {
            l->columns[l->ncolumns++] = &d->fields[i];
        }
    }
    return OK;
}

/* --- filters ---------------------------------------------------------------------------- */

struct put {
    struct listing *l;
    struct sqlb b;
    bool some, over; /* over: more values than a list has room for */
};

static int arg(struct put *p, struct db_arg a)
{
    struct listing *l = p->l;
    int max = (int)(sizeof(l->args) / sizeof(l->args[0]));
    p->over = p->over || l->nargs == max;
    if (!p->over) {
        l->args[l->nargs++] = a;
    }
    return 5 + l->nargs;
}

static void begin(struct put *p)
{
    if (p->some) {
        SQLB_LIT(&p->b, " and ");
    }
    p->some = true;
}

/* A column without a planner's temptation: the order index is to be walked. */
static void weak(struct put *p, str column)
{
    SQLB_LIT(&p->b, "+r.");
    sqlb_ident(&p->b, column);
}

static void one_of(struct put *p, str column, const int64_t *codes, size_t n, bool negate)
{
    begin(p);
    weak(p, column);
    if (negate) {
        SQLB_LIT(&p->b, " not");
    }
    SQLB_LIT(&p->b, " in (");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            SQLB_LIT(&p->b, ", ");
        }
        sqlb_param(&p->b, arg(p, db_i64(codes[i])));
    }
    if (!n) {
        sqlb_i64(&p->b, -1);
    }
    SQLB_LIT(&p->b, ")");
}

/* For as many codes as may stand in "a,b,c". */
static int64_t *room_for(struct put *p, str value)
{
    size_t n = 1;
    for (size_t i = 0; i < value.len; i++) {
        n += value.ptr[i] == ',';
    }
    return arena_array(p->l->ctx->arena, int64_t, n);
}

static void filter_states(struct put *p, str value, bool negate)
{
    int64_t *codes = room_for(p, value);
    size_t n = 0;
    for (str rest = value; rest.ptr;) {
        const struct state *s = tdef_state(p->l->type->newest, str_trim(str_cut(rest, ',', &rest)));
        if (s) {
            codes[n++] = s->code;
        }
    }
    one_of(p, STR("state"), codes, n, negate);
}

static void filter_choices(struct put *p, const struct field *f, str value, bool negate)
{
    int64_t *codes = room_for(p, value);
    size_t n = 0;
    for (str rest = value; rest.ptr;) {
        const struct choice_key *k = field_choice(f, str_trim(str_cut(rest, ',', &rest)));
        if (k) {
            codes[n++] = k->code;
        }
    }
    one_of(p, f->column, codes, n, negate);
}

static void compare(struct put *p, const struct field *f, int op, struct db_arg a)
{
    begin(p);
    weak(p, f->column);
    switch (op) {
    case LIST_NE:
        SQLB_LIT(&p->b, " <> ");
        break;
    case LIST_LT:
        SQLB_LIT(&p->b, " < ");
        break;
    case LIST_GE:
        SQLB_LIT(&p->b, " >= ");
        break;
    default:
        SQLB_LIT(&p->b, " = ");
        break;
    }
    sqlb_param(&p->b, arg(p, a));
}

static void contains(struct put *p, str column, str value)
{
    SQLB_LIT(&p->b, "replace(coalesce(r.");
    sqlb_ident(&p->b, column);
    SQLB_LIT(&p->b, ", ''), ");
    int n = arg(p, db_text(value));
    sqlb_param(&p->b, n);
    SQLB_LIT(&p->b, ", '') <> coalesce(r.");
    sqlb_ident(&p->b, column);
    SQLB_LIT(&p->b, ", '')");
}

static err filter_value(struct put *p, const struct field *f, int op, str value)
{
    if (op == LIST_EMPTY || op == LIST_FILLED) {
        begin(p);
        SQLB_LIT(&p->b, "r.");
        sqlb_ident(&p->b, f->column);
        if (op == LIST_EMPTY) {
            SQLB_LIT(&p->b, " is null");
        } else {
            SQLB_LIT(&p->b, " is not null");
        }
        return OK;
    }
    if (f->type == F_CHOICE) {
        filter_choices(p, f, value, op == LIST_NE);
        return OK;
    }
    if (f->value.kind == V_TEXT) {
        begin(p);
        contains(p, f->column, value);
        return OK;
    }
    struct value v;
    struct words why;
    struct value_in in = {.field = f->key, .text = value};
    err e = value_read(p->l->ctx, f, &in, &v, &why);
    if (e.code) {
        return e.code == ERR_VALUE ? err_make(ERR_INVALID, why.en) : e;
    }
    if (f->type == F_CHOICES) {
        begin(p);
        SQLB_LIT(&p->b, "(r.");
        sqlb_ident(&p->b, f->column);
        SQLB_LIT(&p->b, " & ");
        sqlb_param(&p->b, arg(p, db_i64(v.i64)));
        SQLB_LIT(&p->b, ") <> 0");
        return OK;
    }
    compare(p, f, op, db_i64(v.i64));
    return OK;
}

static err filter_one(struct put *p, str name, int op, str value)
{
    if (str_eq(name, STR("state"))) {
        filter_states(p, value, op == LIST_NE);
        return OK;
    }
    p->l->reads_rows = true;
    if (str_eq(name, STR("creator")) || str_eq(name, STR("unit"))) {
        int64_t id;
        if (!str_to_i64(value, &id)) {
            return err_make(ERR_INVALID, STR("an id is wanted"));
        }
        begin(p);
        weak(p, name);
        SQLB_LIT(&p->b, " = ");
        sqlb_param(&p->b, arg(p, db_i64(id)));
        return OK;
    }
    const struct field *f = tdef_field(p->l->type->newest, name);
    if (!f || !f->column.len || f->see.tree) {
        return err_make(ERR_INVALID, STR("no such field to filter by"));
    }
    return filter_value(p, f, op, value);
}

static void filter_open(struct put *p)
{
    const struct type *t = p->l->type;
    size_t n = 0;
    for (size_t i = 0; i < t->nstates; i++) {
        if (!t->states[i]->final) {
            continue;
        }
        if (n++) {
            SQLB_LIT(&p->b, ", ");
        } else {
            begin(p);
            weak(p, STR("state"));
            SQLB_LIT(&p->b, " not in (");
        }
        sqlb_i64(&p->b, t->states[i]->code);
    }
    if (n) {
        SQLB_LIT(&p->b, ")");
    }
}

static bool names_him(const struct field *f)
{
    return f->type == F_PERSON && !f->see.tree;
}

/* His own: where each column has an index, they lead to it (list.c). */
static void filter_mine(struct put *p)
{
    struct listing *l = p->l;
    const struct tdef *d = l->type->newest;
    struct see_alt *alts = arena_array(l->ctx->arena, struct see_alt, d->nfields + 1);
    size_t n = 0;
    alts[n++] = (struct see_alt){.kind = SEE_COLUMN, .column = STR("creator")};
    begin(p);
    SQLB_LIT(&p->b, "(+r.\"creator\" = $2");
    for (size_t i = 0; i < d->nfields; i++) {
        if (names_him(&d->fields[i])) {
            alts[n++] = (struct see_alt){.kind = SEE_COLUMN, .column = d->fields[i].column};
            SQLB_LIT(&p->b, " or +r.");
            sqlb_ident(&p->b, d->fields[i].column);
            SQLB_LIT(&p->b, " = $2");
        }
    }
    SQLB_LIT(&p->b, ")");
    bool led = true;
    for (size_t i = 0; led && i < n; i++) {
        led = ddl_leads(l->type, alts[i].column);
    }
    l->mine = led ? alts : NULL;
    l->nmine = led ? n : 0;
    l->reads_rows = l->reads_rows || !led;
}

static void filter_search(struct put *p, str words)
{
    begin(p);
    SQLB_LIT(&p->b, "(");
    contains(p, STR("name"), words);
    SQLB_LIT(&p->b, " or ");
    contains(p, STR("number"), words);
    SQLB_LIT(&p->b, ")");
}

static struct cond compile_typed(const struct ctx *ctx, const struct type *t, str filter,
                                 struct diags *d)
{
    struct scope s = {
        .model = ctx->model, .law = t->newest->law, .self = t->newest, .typed_by_person = true};
    return expr_compile(ctx->arena, &s, filter, (struct pos){STR("filter"), 1, 1}, vtype_of(V_BOOL),
                        d);
}

static err filter_typed(struct put *p, str filter)
{
    struct diags d = diags_make(p->l->ctx->arena);
    p->l->typed = compile_typed(p->l->ctx, p->l->type, filter, &d);
    if (d.errors || !p->l->typed.tree) {
        return err_make(ERR_INVALID, d.len ? d.ptr[0].words.en : STR("filter"));
    }
    if (p->l->ctx->reading.on &&
        !p->l->typed.reads.typed) { /* its paths ask `see`, not the window */
        return err_make(ERR_INVALID,
                        STR("a filter of whoever merely reads is about the record's own fields"));
    }
    begin(p);
    SQLB_LIT(&p->b, "(");
    sqlb_sql(&p->b, p->l->typed.is_true);
    SQLB_LIT(&p->b, ")");
    return OK;
}

err list_check_filter(const struct ctx *ctx, const struct type *t, str filter, struct words *why)
{
    struct diags d = diags_make(ctx->arena);
    struct cond c = compile_typed(ctx, t, filter, &d);
    if (!d.errors && c.tree && ctx->reading.on && !c.reads.typed) {
        *why = WORDS("只读查阅时，条件只能用这条记录自己的栏目",
                     "With access to read, a filter is about the record's own fields");
        return err_make(ERR_INVALID, STR("filter"));
    }
    if (!d.errors && c.tree) {
        return OK;
    }
    if (d.len) {
        why->zh = str_fmt(ctx->arena, "第 %d 列：%.*s", d.ptr[0].pos.col,
                          STR_ARG(words_in(d.ptr[0].words, LANG_ZH)));
        why->en = str_fmt(ctx->arena, "column %d: %.*s", d.ptr[0].pos.col,
                          STR_ARG(words_in(d.ptr[0].words, LANG_EN)));
    } else {
        *why = WORDS("条件无法理解", "The filter cannot be understood");
    }
    return err_make(ERR_INVALID, STR("filter"));
}

err list_filters(struct listing *l, const struct list_query *q)
{
    struct put p = {.l = l, .b = sqlb_make(l->ctx->arena)};
    for (size_t i = 0; i < q->nwhere; i++) {
        err e = filter_one(&p, q->where[i].field, (int)q->where[i].op, q->where[i].value);
        if (e.code) {
            return e;
        }
    }
    if (q->open_only) {
        filter_open(&p);
    }
    if (q->mine) {
        filter_mine(&p);
    }
    if (q->search.len) {
        filter_search(&p, q->search);
    }
    l->reads_rows = l->reads_rows || q->search.len || q->filter.len;
    l->others = p.some ? (struct sql){.text = str_copy(l->ctx->arena, sqlb_end(&p.b).text)}
                       : (struct sql){0};
    if (q->filter.len) {
        err e = filter_typed(&p, q->filter);
        if (e.code) {
            return e;
        }
    }
    if (p.over) {
        return err_make(ERR_INVALID, STR("more values to filter by than a list takes"));
    }
    if (p.some) {
        l->filters = sqlb_end(&p.b);
    }
    return OK;
}

struct batch *list_views_ask(const struct ctx *ctx, const struct type *t)
{
    struct db_arg code = db_i64(t->code);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b,
              SQL("select \"id\", \"name\", \"columns\", \"filter\", \"sort\", \"shared\","
                  " \"person\" from \"saved_view\" where \"type\" = $4"
                  " and (\"person\" = $2 or \"shared\" = 1) order by \"id\" limit 100"),
              ctx_args(ctx, &code, 1));
    batch_ride(b);
    return b;
}

static int by_name(const void *x, const void *y)
{
    const struct saved_view *a = x;
    const struct saved_view *b = y;
    return str_cmp(a->name, b->name);
}

/* Few, so they are put in order here: SQLite would make a table to sort them in. */
err list_views_read(const struct ctx *ctx, struct batch *b, struct saved_view **ret, size_t *n)
{
    err e = batch_join(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, 0);
    struct saved_view *list =
        arena_array(ctx->arena, struct saved_view, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct saved_view){.id = rows_i64(&r, 0),
                                        .name = rows_text(&r, 1),
                                        .columns = rows_text(&r, 2),
                                        .filter = rows_text(&r, 3),
                                        .sort = rows_text(&r, 4),
                                        .shared = rows_i64(&r, 5) == 1,
                                        .own = rows_i64(&r, 6) == ctx->actor};
    }
    qsort(list, i, sizeof(*list), by_name);
    *ret = list;
    *n = i;
    return OK;
}
