/* form.c - what the form of an action shows, and what it would be told. */
#include "base/arena.h"
#include "engine/act.h"
#include "engine/form_int.h"
#include "engine/guard.h"
#include "engine/part.h"
#include "engine/reading.h"
#include "engine/view_int.h"

enum { SUGGESTIONS = 50, MORE_MAX = 40 };

void form_from(const struct draft *d, struct sqlb *b, struct db_arg *args, int *nargs)
{
    const struct tdef *def = d->def;
    args[(*nargs)++] = db_i64(d->rec.id);
    SQLB_LIT(b, " from (select ");
    if (d->rec.id) {
        SQLB_LIT(b, "s.\"id\", s.\"number\", s.\"name\", s.\"state\", s.\"law\", s.\"ver\","
                    " s.\"created_at\", s.\"changed_at\", s.\"creator\", s.\"unit\"");
        for (size_t i = 0; i < d->type->nstates; i++) {
            SQLB_LIT(b, ", s.");
            sqlb_ident(b, d->type->states[i]->at_column);
        }
    } else {
        SQLB_LIT(b, "cast($4 as bigint) as \"id\", cast(null as text) as \"number\","
                    " cast(null as text) as \"name\", cast(null as bigint) as \"state\","
                    " cast(null as bigint) as \"law\", cast(null as bigint) as \"ver\","
                    " $1 as \"created_at\", $1 as \"changed_at\", $2 as \"creator\","
                    " cast(null as bigint) as \"unit\"");
        for (size_t i = 0; i < d->type->nstates; i++) {
            SQLB_LIT(b, ", cast(null as bigint) as ");
            sqlb_ident(b, d->type->states[i]->at_column);
        }
    }
    for (size_t i = 0; i < d->type->ncolumns; i++) {
        const struct column *c = &d->type->columns[i];
        const struct value *v = NULL;
        for (size_t k = 0; k < def->nfields; k++) {
            if (d->has[k] && str_eq(def->fields[k].column, c->name)) {
                v = &d->typed[k];
            }
        }
        SQLB_LIT(b, ", ");
        if (v) {
            args[*nargs] = c->text ? (v->null ? db_null_text() : db_text(v->text))
                                   : (v->null ? db_null_i64() : db_i64(v->i64));
            (*nargs)++;
            sqlb_param(b, *nargs + 3);
        } else if (d->rec.id) {
            SQLB_LIT(b, "s.");
            sqlb_ident(b, c->name);
        } else if (c->text) {
            SQLB_LIT(b, "cast(null as text)");
        } else {
            SQLB_LIT(b, "cast(null as bigint)");
        }
        SQLB_LIT(b, " as ");
        sqlb_ident(b, c->name);
    }
    if (d->rec.id) {
        SQLB_LIT(b, " from ");
        sqlb_ident(b, d->type->table);
        SQLB_LIT(b, " s where s.\"id\" = $4");
    }
    SQLB_LIT(b, ") r");
}

/* Defaults of a new record that were not typed. */
static err put_defaults(struct draft *d)
{
    struct sqlb b = sqlb_make(d->ctx->arena);
    struct db_arg args[DB_ARGS_MAX];
    size_t which[200];
    size_t n = 0;
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < d->def->nfields && n < 200; i++) {
        const struct field *f = &d->def->fields[i];
        if (!f->def.tree || d->has[i] || !f->column.len) {
            continue;
        }
        if (n) {
            SQLB_LIT(&b, ", ");
        }
        which[n++] = i;
        sqlb_sql(&b, f->def.value);
    }
    if (!n) {
        return OK;
    }
    int nargs = 0;
    form_from(d, &b, args, &nargs);
    struct rows r;
    err e = db_query(d->ctx->db, d->ctx->arena, sqlb_end(&b), ctx_args(d->ctx, args, nargs), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &d->def->fields[which[i]];
        struct value v = {.null = rows_null(&r, (int)i)};
        if (f->value.kind == V_TEXT) {
            v.text = rows_text(&r, (int)i);
        } else {
            v.i64 = rows_i64(&r, (int)i);
        }
        d->typed[which[i]] = v;
        d->has[which[i]] = !v.null;
    }
    return OK;
}

/* Which conditional asks apply: one statement, one column each. */
static int ask_conditions(struct draft *d, const struct action *a, struct batch *batch)
{
    struct sqlb b = sqlb_make(d->ctx->arena);
    struct db_arg args[DB_ARGS_MAX];
    size_t n = 0;
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < a->nasks; i++) {
        if (!a->asks[i].when.tree) {
            continue;
        }
        if (n++) {
            SQLB_LIT(&b, ", ");
        }
        SQLB_LIT(&b, "cast((");
        sqlb_sql(&b, a->asks[i].when.value);
        SQLB_LIT(&b, ") as integer)");
    }
    if (!n) {
        return -1;
    }
    int nargs = 0;
    form_from(d, &b, args, &nargs);
    return batch_add(batch, sqlb_end(&b), ctx_args(d->ctx, args, nargs));
}

static void read_conditions(const struct action *a, struct batch *b, int place, bool *ret)
{
    struct rows r = {0};
    if (place >= 0) {
        r = batch_rows(b, place);
    }
    bool row = place >= 0 && rows_next(&r);
    int col = 0;
    for (size_t i = 0; i < a->nasks; i++) {
        ret[i] = !a->asks[i].when.tree;
        if (!ret[i] && row) {
            ret[i] = !rows_null(&r, col) && rows_i64(&r, col) == 1;
            col++;
        }
    }
}

static const struct value_in *typed_for(const struct field *f, const struct value_in *values,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(values[i].field, f->key)) {
            return &values[i];
        }
    }
    return NULL;
}

err form_read(struct draft *d, const struct value_in *values, size_t n, struct words *errors)
{
    d->typed = arena_array(d->ctx->arena, struct value, d->def->nfields + 1);
    d->has = arena_array(d->ctx->arena, bool, d->def->nfields + 1);
    for (size_t i = 0; i < d->def->nfields; i++) {
        const struct field *f = &d->def->fields[i];
        const struct value_in *in = typed_for(f, values, n);
        if (!in || f->type == F_LINES) {
            continue;
        }
        struct words why = {0};
        d->typed[i] = in->typed;
        err e = in->is_typed ? OK : value_read(d->ctx, f, in, &d->typed[i], &why);
        if (e.code && e.code != ERR_VALUE) {
            return e;
        }
        d->has[i] = !e.code;
        errors[i] = why;
    }
    return OK;
}

/* --- the form ----------------------------------------------------------------------- */

static void field_now(struct draft *d, struct form_field *ff, size_t index)
{
    ff->now.field = ff->field;
    ff->now.value = (struct value){.null = true};
    for (size_t i = 0; i < d->rec.nfields; i++) {
        if (str_eq(d->rec.fields[i].field->key, ff->field->key)) {
            ff->now = d->rec.fields[i];
        }
    }
    if (!d->rec.id && d->has[index]) {
        ff->now.value = d->typed[index];
    }
}

static size_t index_of(const struct tdef *d, const struct field *f)
{
    for (size_t i = 0; i < d->nfields; i++) {
        if (str_eq(d->fields[i].key, f->key)) {
            return i;
        }
    }
    return 0;
}

/* --- what is asked together ----------------------------------------------------------- */

struct questions {
    struct batch *b; /* conditions, names, links, why it would be refused */
    int conditions, refusal;
    struct guards_ask guards;
    struct names *names;
    struct links_ask *links;
    struct batch *choices; /* to choose from, by ask */
    int *places;
};

static const struct type *chosen_from(const struct ctx *ctx, const struct field *f)
{
    return load_is_ref(f) || load_is_link(f) ? load_ref_type(ctx, f) : NULL;
}

/* Goes along with the next batch. */
static void ask_choices(struct draft *d, const struct action *a, struct questions *q)
{
    q->choices = batch_begin(d->ctx->db, d->ctx->arena);
    q->places = arena_array(d->ctx->arena, int, a->nasks + 1);
    for (size_t i = 0; i < a->nasks; i++) {
        const struct type *t = chosen_from(d->ctx, a->asks[i].field);
        q->places[i] = t ? suggest_ask(d->ctx, q->choices, t, STR("")) : -1;
    }
    batch_ride(q->choices);
}

/* Why the action would be refused already now, before anything is typed. */
static void ask_refusal(struct draft *d, const struct action *a, struct questions *q)
{
    q->refusal = -1;
    if (d->rec.id) {
        q->guards = guards_ask(d->ctx, &d->rec, q->b);
        return;
    }
    if (a->who.everyone || a->who.reads.record || d->ctx->reading.on) {
        return;
    }
    struct sqlb s = sqlb_make(d->ctx->arena);
    struct db_arg args[DB_ARGS_MAX];
    int nargs = 0;
    SQLB_LIT(&s, "select case when (");
    if (a->who.is_actor.text.len) {
        sqlb_sql(&s, a->who.is_actor);
    } else {
        SQLB_LIT(&s, "1 = 0");
    }
    SQLB_LIT(&s, ") then 1 else 0 end");
    form_from(d, &s, args, &nargs);
    q->refusal = batch_add(q->b, sqlb_end(&s), ctx_args(d->ctx, args, nargs));
}

static void read_refusal(struct draft *d, const struct action *a, struct questions *q,
                         struct form *form)
{
    if (d->ctx->reading.on) {
        form->refusal = reading_refusal(d->ctx);
    } else if (d->rec.id) {
        struct record_action *list;
        size_t n = 0;
        guards_read(d->ctx, q->b, &q->guards, &list, &n);
        for (size_t i = 0; i < n; i++) {
            form->refusal = list[i].action == a && !list[i].allowed ? list[i].why : form->refusal;
        }
    } else if (q->refusal >= 0) {
        struct rows r = batch_rows(q->b, q->refusal);
        if (rows_next(&r) && rows_i64(&r, 0) != 1) {
            form->refusal = guard_refusal_who(d->ctx, a);
        }
    }
}

static void want_names(struct draft *d, const struct action *a, struct questions *q)
{
    q->names = names_begin(d->ctx);
    for (size_t i = 0; i < a->nasks; i++) {
        struct form_field ff = {.ask = &a->asks[i], .field = a->asks[i].field};
        field_now(d, &ff, index_of(d->def, ff.field));
        if (load_is_ref(ff.field) && !ff.now.value.null) {
            names_want(q->names, load_ref_type(d->ctx, ff.field), ff.now.value.i64);
        }
    }
    if (d->rec.id) {
        names_want_record(q->names, &d->rec);
    }
    names_ask(q->names, q->b);
    q->links = d->rec.id ? links_ask(d->ctx, &d->rec, q->b) : NULL;
}

/* What the record's links name is known only now: another trip where there are any. */
static err read_names(struct draft *d, struct questions *q)
{
    names_read(q->names, q->b);
    if (!q->links) {
        return OK;
    }
    links_read(d->ctx, q->b, q->links, q->names, &d->rec);
    struct batch *b = batch_begin(d->ctx->db, d->ctx->arena);
    names_ask(q->names, b);
    err e = batch_run(b);
    if (!e.code) {
        names_read(q->names, b);
        view_fill_links(d->ctx, q->names, &d->rec);
    }
    return e;
}

static void put_fields(struct draft *d, const struct action *a, struct questions *q,
                       const bool *asked, const struct words *errors, const struct value_in *values,
                       size_t nvalues, struct form *form)
{
    form->fields = arena_array(d->ctx->arena, struct form_field, a->nasks + 1);
    for (size_t i = 0; i < a->nasks; i++) {
        const struct ask *ask = &a->asks[i];
        bool typed = typed_for(ask->field, values, nvalues) != NULL;
        if (!asked[i] && !typed && !ask->when.reads.typed) {
            /* Else shown all the same: its condition may still become true by
             * what is typed on this page; it is then not required. */
            continue;
        }
        size_t at = index_of(d->def, ask->field);
        struct form_field *ff = &form->fields[form->nfields++];
        *ff = (struct form_field){.ask = ask,
                                  .field = ask->field,
                                  .typed = typed_for(ask->field, values, nvalues),
                                  .error = errors[at],
                                  .required = ask->required && asked[i],
                                  .clause = ask->field->clause};
        field_now(d, ff, at);
        if (!d->rec.id) { /* a record's own were named with it */
            struct record one = {.fields = &ff->now, .nfields = 1};
            names_fill(q->names, &one);
        }
        if (q->places[i] >= 0) {
            struct record_ref *refs;
            suggest_read(d->ctx, q->choices, q->places[i], chosen_from(d->ctx, ask->field), &refs,
                         &ff->nsuggestions);
            ff->suggestions = refs;
        }
    }
}

void form_take(struct form *form, const struct refusal *why)
{
    for (size_t i = 0; why && i < why->nfields; i++) {
        str rest;
        str key = str_cut(why->fields[i].field, '.', &rest);
        for (size_t k = 0; k < form->nfields; k++) {
            struct form_field *ff = &form->fields[k];
            if (str_eq(ff->field->key, key) && !ff->error.zh.len) {
                ff->error = why->fields[i].words;
            }
        }
    }
}

/* The dry run: what the writer would say to these values. */
static void dry_run(struct draft *d, const struct action *a, const struct value_in *values,
                    size_t n, struct form *form)
{
    struct act act = {.arena = d->ctx->arena,
                      .actor = d->ctx->actor,
                      .now = d->ctx->now,
                      .lang = d->ctx->lang,
                      .type = d->type->key,
                      .record = d->rec.id,
                      .action = a->key,
                      .values = values,
                      .nvalues = n};
    err e = act_check(d->ctx, &act);
    if (e.code && e.why) {
        form->refusal = e.why;
        form_take(form, e.why);
    }
}

/* A field that must be filled and is not, neither by what was typed nor before. */
static void mark_missing(const struct draft *d, struct form *form)
{
    for (size_t i = 0; i < form->nfields; i++) {
        struct form_field *ff = &form->fields[i];
        size_t at = index_of(d->def, ff->field);
        if (!ff->required || ff->error.zh.len || ff->field->type == F_ATTACHMENT) {
            continue;
        }
        const struct value_in *in = ff->typed;
        bool empty = d->has[at]                   ? d->typed[at].null && !d->typed[at].nids
                     : ff->field->type == F_LINES ? !in || !in->nrows
                                                  : ff->now.value.null && !ff->now.nrefs;
        if (empty) {
            ff->error = WORDS("必须填写", "must be filled in");
        }
    }
}

/* What was before the act is known only while it is performed. */
static bool asks_before(const struct cond *c)
{
    return c->reads.old || (c->when && c->when->tree && c->when->reads.old);
}

/* Conditions on the typed values that are known to fail: needs of the action,
 * then rules of the type. */
static err foresee(struct draft *d, const struct action *a, struct form *form)
{
    const struct cond *list[MORE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < a->nneeds && n < MORE_MAX; i++) {
        if (a->needs[i].when == NEED_VALUES && !asks_before(&a->needs[i].check)) {
            list[n++] = &a->needs[i].check;
        }
    }
    for (size_t i = 0; i < d->def->nrules && n < MORE_MAX; i++) {
        if (!asks_before(&d->def->rules[i].check) && !d->def->rules[i].check.reads.nparts) {
            list[n++] = &d->def->rules[i].check;
        }
    }
    if (!n) {
        return OK;
    }
    struct sqlb b = sqlb_make(d->ctx->arena);
    struct db_arg args[DB_ARGS_MAX];
    int nargs = 0;
    SQLB_LIT(&b, "select ");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        SQLB_LIT(&b, "case when ");
        if (list[i]->when && list[i]->when->tree) {
            sqlb_sql(&b, list[i]->when->is_true);
        } else {
            SQLB_LIT(&b, "1 = 1");
        }
        SQLB_LIT(&b, " then cast((");
        sqlb_sql(&b, list[i]->value);
        SQLB_LIT(&b, ") as integer) else 1 end");
    }
    form_from(d, &b, args, &nargs);
    struct rows r;
    err e = db_query(d->ctx->db, d->ctx->arena, sqlb_end(&b), ctx_args(d->ctx, args, nargs), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        if (!rows_null(&r, (int)i) && rows_i64(&r, (int)i) == 0) {
            form->refusal = guard_refusal_need(d->ctx, a, list[i], false, 0);
            break;
        }
    }
    return OK;
}

/* The record and its version; of a new one what it begins under. */
static err begin(struct draft *d, int64_t record, const struct value_in *values, size_t nvalues)
{
    if (!record) {
        return part_def(d->ctx, d->type, values, nvalues, &d->def);
    }
    err e = view_row(d->ctx, d->type, record, LOAD_OPEN, &d->rec);
    d->def = e.code ? d->def : d->rec.def;
    return e;
}

/* Two trips: the row, or defaults and what there is to choose from; then all that
 * depends on them. */
static err ask_all(struct draft *d, const struct action *a, struct questions *q, bool *asked,
                   struct form *form)
{
    err e = OK;
    ask_choices(d, a, q);
    if (!d->rec.id) {
        e = put_defaults(d);
    }
    if (e.code) {
        return e;
    }
    q->b = batch_begin(d->ctx->db, d->ctx->arena);
    q->conditions = ask_conditions(d, a, q->b);
    ask_refusal(d, a, q);
    want_names(d, a, q);
    e = batch_run(q->b);
    e = e.code ? e : batch_join(q->choices);
    if (e.code) {
        return e;
    }
    read_conditions(a, q->b, q->conditions, asked);
    read_refusal(d, a, q, form);
    return read_names(d, q);
}

err form_get(const struct ctx *ctx, const struct type *t, int64_t record, str action,
             const struct value_in *values, size_t nvalues, bool check, struct form *ret)
{
    return form_make(ctx, t, record, action, values, nvalues, check, false, ret);
}

err form_make(const struct ctx *ctx, const struct type *t, int64_t record, str action,
              const struct value_in *values, size_t nvalues, bool check, bool again,
              struct form *ret)
{
    struct draft d = {.ctx = ctx, .type = t, .def = t->newest};
    err e = begin(&d, record, values, nvalues);
    if (e.code) {
        return e;
    }
    const struct action *a = tdef_action(d.def, action);
    bool begins = record == 0 && !(t->retired && !t->part_of);
    bool fits = a && (a->creates == (record == 0) || again);
    if (!fits || (a->creates && !begins && !again)) {
        return err_make(ERR_NOT_FOUND, STR("action"));
    }
    struct words *errors = arena_array(ctx->arena, struct words, d.def->nfields + 1);
    bool *asked = arena_array(ctx->arena, bool, a->nasks + 1);
    struct questions q = {0};
    struct form form = {.type = t,
                        .def = d.def,
                        .action = a,
                        .record = record,
                        .again = again,
                        .ver = d.rec.ver,
                        .ref = {d.rec.id, t, d.rec.name, d.rec.number, true}};
    e = form_read(&d, values, nvalues, errors);
    e = e.code ? e : ask_all(&d, a, &q, asked, &form);
    if (e.code) {
        return e;
    }
    put_fields(&d, a, &q, asked, errors, values, nvalues, &form);
    form.refusal = again ? NULL : form.refusal; /* who may and when is the approval's to say */
    if (check && again) {
        mark_missing(&d, &form);
        e = foresee(&d, a, &form);
    } else if (check) {
        dry_run(&d, a, values, nvalues, &form);
        mark_missing(&d, &form);
        e = form.refusal && form.refusal->kind != REFUSED_VALUE ? OK : foresee(&d, a, &form);
    }
    if (!e.code && a->route) {
        e = form_route(&d, a, &form);
    }
    if (!e.code) {
        *ret = form;
    }
    return e;
}
