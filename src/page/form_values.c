/* form_values.c - from what a form sent to values and files of an act. */
#include "base/arena.h"
#include "base/buf.h"
#include "model/checklist.h"
#include "page/form_page.h"
#include "page/page.h"

#include <string.h>

/* A link may fill a form in advance: /r/TYPE/new/ACTION?field=value. */
static const struct http_params *form_params(const struct visit *v)
{
    return v->x->req.method == HTTP_POST ? &v->x->req.form : &v->x->req.query;
}

size_t form_rows_max(const struct field *f)
{
    return f->checklist ? CHECKLIST_MAX : FORM_ROWS_MAX;
}

/* Of a check-list: the items that are there are answered, new ones say what to check. */
bool form_column_asked(const struct ask *ask, const struct field *column, bool fresh)
{
    if (ask && ask->field->checklist && ask->how != ASK_COLUMN) {
        return fresh ? ask->how == ASK_ADD && !checklist_answers(column->key)
                     : ask->how == ASK_WHOLE && checklist_answers(column->key);
    }
    if (!ask || ask->how != ASK_COLUMN) {
        return true;
    }
    return str_eq(ask->column->key, column->key) && (!fresh || ask->column_adds);
}

static size_t items_of(struct visit *v, str name, str **ret)
{
    const struct http_params *ps = form_params(v);
    str *items = arena_array(v->ctx.arena, str, 70);
    size_t n = 0;
    for (size_t i = 0; i < ps->len && n < 64; i++) {
        if (str_eq(ps->ptr[i].name, name)) {
            for (str rest = ps->ptr[i].value; rest.ptr && n < 64;) {
                str one = str_trim(str_cut(rest, ',', &rest));
                if (one.len) {
                    items[n++] = one;
                }
            }
        }
    }
    *ret = items;
    return n;
}

static bool is_list(enum ftype t)
{
    return t == F_REFS || t == F_PEOPLE || t == F_CHOICES;
}

static struct value_in one_value(struct visit *v, const struct field *f, str key, str name)
{
    struct value_in in = {.field = key};
    if (is_list(f->type)) {
        str *items;
        in.nitems = items_of(v, name, &items);
        in.items = items;
        in.null = in.nitems == 0;
    } else {
        in.text = http_param(form_params(v), name);
        in.null = str_trim(in.text).len == 0;
    }
    return in;
}

static struct value_in lines_value(struct visit *v, const struct ask *ask, const struct field *f)
{
    const struct tdef *d = f->part->newest;
    struct row_in *rows = arena_array(v->ctx.arena, struct row_in, form_rows_max(f));
    size_t n = 0;
    for (size_t i = 0; i < form_rows_max(f); i++) {
        str prefix = str_fmt(v->ctx.arena, "%.*s.%zu", STR_ARG(f->key), i);
        struct value_in *vals = arena_array(v->ctx.arena, struct value_in, d->nfields + 1);
        size_t nvals = 0;
        size_t filled = 0;
        int64_t id = 0;
        str idname = str_fmt(v->ctx.arena, "%.*s.id", STR_ARG(prefix));
        bool old = str_to_i64(http_param(form_params(v), idname), &id);
        for (size_t k = 0; k < d->nfields; k++) {
            const struct field *c = &d->fields[k];
            str name = str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(c->key));
            if (c->type == F_ATTACHMENT || !form_column_asked(ask, c, !old) ||
                !http_has_param(form_params(v), name)) {
                continue;
            }
            vals[nvals] = one_value(v, c, c->key, name);
            filled += !vals[nvals].null;
            nvals++;
        }
        str remove = str_fmt(v->ctx.arena, "%.*s.remove", STR_ARG(prefix));
        if (old || filled) { /* an untouched new row is no row */
            rows[n++] = (struct row_in){.id = id,
                                        .remove = http_has_param(form_params(v), remove),
                                        .values = vals,
                                        .nvalues = nvals};
        }
    }
    return (struct value_in){.field = f->key, .rows = rows, .nrows = n};
}

struct value_in *form_values(struct visit *v, const struct action *a, size_t *n)
{
    struct value_in *vals = arena_array(v->ctx.arena, struct value_in, a->nasks + 1);
    size_t count = 0;
    for (size_t i = 0; i < a->nasks; i++) {
        const struct ask *ask = &a->asks[i];
        const struct field *f = ask->field;
        if (f->type == F_LINES) {
            struct value_in in = lines_value(v, ask, f);
            if (in.nrows) {
                vals[count++] = in;
            }
        } else if (f->type != F_ATTACHMENT && http_has_param(form_params(v), f->key)) {
            vals[count++] = one_value(v, f, f->key, f->key);
        } else if (f->type == F_CHOICES && ask->required) {
            vals[count++] = (struct value_in){.field = f->key, .null = true};
        }
    }
    *n = count;
    return vals;
}

/* Is it a field the form asks for, or what every form carries? */
static bool is_asked(const struct action *a, str name)
{
    static const char *const always[] = {"csrf", "key", "ver", "files", "back", "kept"};
    str rest;
    str head = str_cut(name, '.', &rest);
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        if (str_eq(name, str_from(always[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < a->nasks; i++) {
        if (str_eq(a->asks[i].field->key, head)) {
            return true;
        }
    }
    return false;
}

/* What was not asked for is handed on as it came: the engine refuses it. */
void form_add_unasked(struct visit *v, const struct action *a)
{
    const struct http_params *form = &v->x->req.form;
    struct value_in *all =
        arena_array(v->ctx.arena, struct value_in, v->act.nvalues + form->len + 1);
    size_t n = v->act.nvalues;
    if (n) {
        memcpy(all, v->act.values, n * sizeof(*all));
    }
    for (size_t i = 0; i < form->len; i++) {
        if (!is_asked(a, form->ptr[i].name)) {
            all[n++] = (struct value_in){.field = form->ptr[i].name, .text = form->ptr[i].value};
        }
    }
    v->act.values = all;
    v->act.nvalues = n;
}

/* --- files ------------------------------------------------------------------------ */

/* A file that came with a form which was refused is kept, and named in the form
 * that is shown again: "sha256 size field|mime|name", sealed for this person, so
 * that nobody can name a file he did not send. */
static str kept_text(struct visit *v, const struct act_file *f, str sha256)
{
    return str_fmt(v->ctx.arena, "%.*s %.*s|%.*s|%.*s", STR_ARG(sha256), STR_ARG(f->field),
                   STR_ARG(f->mime), STR_ARG(f->name));
}

struct form_kept_files form_keep(struct visit *v, const struct act_file *files, size_t n)
{
    struct form_kept *list = arena_array(v->ctx.arena, struct form_kept, n + 1);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        str sha;
        if (files[i].bytes.len > ATTACH_MAX ||
            attach_store(v->app->engine, v->ctx.arena, files[i].bytes, &sha).code) {
            continue;
        }
        list[count++] = (struct form_kept){.name = files[i].name,
                                           .size = (int64_t)files[i].bytes.len,
                                           .sealed = visit_seal(v, kept_text(v, &files[i], sha))};
    }
    return (struct form_kept_files){list, count};
}

static bool take_kept(struct visit *v, str sealed, struct act_file *ret)
{
    str text;
    if (!visit_unseal(v, sealed, &text)) {
        return false;
    }
    str rest;
    str sha = str_cut(text, ' ', &rest);
    *ret = (struct act_file){0};
    ret->field = str_cut(rest, '|', &rest);
    ret->mime = str_cut(rest, '|', &ret->name);
    return !attach_again(v->app->engine, v->ctx.arena, sha, &ret->bytes).code;
}

/* Where a file belongs: an attachment field, a row ("sheet.3.photo" as the form says it
 * becomes "sheet.ID.photo"), or, empty, the record. */
static str file_field(struct visit *v, const struct action *a, str name)
{
    str column;
    int64_t no = 0;
    const struct field *list = checklist_place(a->of, name, &no, &column);
    for (size_t k = 0; k < a->nasks; k++) {
        const struct field *f = a->asks[k].field;
        if (f->type == F_ATTACHMENT && str_eq(f->key, name)) {
            return name;
        }
        if (f == list) {
            str id = str_fmt(v->ctx.arena, "%.*s.%lld.id", STR_ARG(f->key), (long long)no);
            return str_fmt(v->ctx.arena, "%.*s.%.*s.%.*s", STR_ARG(f->key),
                           STR_ARG(http_param(form_params(v), id)), STR_ARG(column));
        }
    }
    return STR("");
}

struct act_file *form_files(struct visit *v, const struct action *a, size_t *n)
{
    const struct http_files *in = &v->x->req.files;
    const struct http_params *ps = &v->x->req.form;
    struct act_file *files = arena_array(v->ctx.arena, struct act_file, in->len + HTTP_FILES_MAX);
    size_t count = 0;
    for (size_t i = 0; i < ps->len && count < HTTP_FILES_MAX; i++) {
        if (str_eq(ps->ptr[i].name, STR("kept")) && take_kept(v, ps->ptr[i].value, &files[count])) {
            count++;
        }
    }
    for (size_t i = 0; i < in->len; i++) {
        const struct http_file *f = &in->ptr[i];
        if (!f->bytes.len) {
            continue;
        }
        files[count++] = (struct act_file){.field = file_field(v, a, f->name),
                                           .name = f->filename,
                                           .mime = f->type,
                                           .bytes = f->bytes};
    }
    *n = count;
    return files;
}
