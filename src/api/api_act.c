/* api_act.c - acts by programs: what an action asks for, creating, performing,
 * attaching; and the bytes of an attachment. */
#include "api/api_int.h"
#include "base/arena.h"
#include "model/checklist.h"

/* --- what an action asks for ------------------------------------------------------ */

static void put_form_field(struct visit *v, struct json *j, const struct form_field *f)
{
    json_open(j, '{');
    JSON_STR(j, "field", f->field->key);
    json_key(j, STR("title"));
    api_put_words(j, f->field->words);
    JSON_BOOL(j, "required", f->required);
    json_key(j, STR("value"));
    api_put_value(v, j, &f->now);
    json_key(j, STR("clause"));
    api_put_clause(v, j, f->clause);
    json_close(j, '}');
}

void api_form(struct visit *v)
{
    const struct type *t = api_type(v);
    if (!t) {
        return;
    }
    bool creating = v->nseg == 2;
    struct form f;
    err e = form_get(&v->ctx, t, creating ? 0 : v->num[1], v->seg[creating ? 1 : 2], NULL, 0, false,
                     &f);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_STR(&j, "action", f.action->key);
    JSON_STR(&j, "title", words_in(f.action->words, v->ctx.lang));
    JSON_I64(&j, "version", f.ver);
    json_key(&j, STR("fields"));
    json_open(&j, '[');
    for (size_t i = 0; i < f.nfields; i++) {
        put_form_field(v, &j, &f.fields[i]);
    }
    json_close(&j, ']');
    api_put_route(v, &j, &f);
    json_key(&j, STR("clause"));
    api_put_clause(v, &j, f.action->clause);
    json_key(&j, STR("why_not"));
    if (f.refusal) {
        json_open(&j, '{');
        api_put_refusal(v, &j, f.refusal);
        json_close(&j, '}');
    } else {
        json_nil(&j);
    }
    json_close(&j, '}');
    api_end(v, 200, &j);
}

/* --- values ------------------------------------------------------------------------- */

/* Depth-first reading of a JSON object as the values of an act: a scalar as the
 * text people would type, a list as items or rows, a reference as an id, a
 * number, a name, or the object that reading gives. */
static err read_object(struct visit *v, const struct json_value *body, int depth,
                       struct value_in **ret, size_t *n);

static bool scalar(struct visit *v, const struct json_value *x, str *ret)
{
    const struct json_value *id = json_get(x, STR("id"));
    switch (x->kind) {
    case JV_TEXT:
        *ret = x->text;
        return true;
    case JV_INT:
        *ret = str_fmt(v->ctx.arena, "%lld", (long long)x->i64);
        return true;
    case JV_TRUE:
        *ret = STR("true");
        return true;
    case JV_FALSE:
        *ret = STR("false");
        return true;
    case JV_OBJECT:
        return id && id->kind == JV_INT && scalar(v, id, ret);
    case JV_NULL:
    case JV_REAL:
    case JV_LIST:
        break;
    }
    return false;
}

static err read_row(struct visit *v, const struct json_value *x, struct row_in *row)
{
    struct value_in *vals;
    size_t n;
    err e = read_object(v, x, 1, &vals, &n);
    if (e.code) {
        return e;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (str_eq(vals[i].field, STR("id"))) {
            row->id = json_i64_of(json_get(x, STR("id")), 0);
        } else if (str_eq(vals[i].field, STR("remove"))) {
            row->remove = json_bool_of(json_get(x, STR("remove")));
        } else {
            vals[kept++] = vals[i];
        }
    }
    row->values = vals;
    row->nvalues = kept;
    return OK;
}

static bool is_rows(const struct visit *v, str key)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    for (size_t i = 0; t && i < t->ndefs; i++) {
        const struct field *f = tdef_field(t->defs[i], key);
        if (f) {
            return f->type == F_LINES;
        }
    }
    return false;
}

static err read_list(struct visit *v, str key, const struct json_value *x, int depth,
                     struct value_in *in)
{
    if (depth == 0 && is_rows(v, key)) {
        struct row_in *rows = arena_array(v->ctx.arena, struct row_in, x->len + 1);
        for (size_t i = 0; i < x->len; i++) {
            err e = x->items[i].kind == JV_OBJECT
                        ? read_row(v, &x->items[i], &rows[i])
                        : api_invalid(v, key, WORDS("每行应为一个对象", "a row is an object"));
            if (e.code) {
                return e;
            }
        }
        in->rows = rows;
        in->nrows = x->len;
        return OK;
    }
    str *items = arena_array(v->ctx.arena, str, x->len + 1);
    for (size_t i = 0; i < x->len; i++) {
        if (!scalar(v, &x->items[i], &items[i])) {
            return api_invalid(v, key,
                               WORDS("列表中有不能识别的值", "a list holds what is no value"));
        }
    }
    in->items = items;
    in->nitems = x->len;
    in->null = x->len == 0;
    return OK;
}

static err read_object(struct visit *v, const struct json_value *body, int depth,
                       struct value_in **ret, size_t *n)
{
    struct value_in *list = arena_array(v->ctx.arena, struct value_in, body->len + 1);
    for (size_t i = 0; i < body->len; i++) {
        const struct json_value *x = &body->items[i];
        list[i] = (struct value_in){.field = body->keys[i], .null = x->kind == JV_NULL};
        err e = OK;
        if (x->kind == JV_LIST) {
            e = read_list(v, body->keys[i], x, depth, &list[i]);
        } else if (x->kind != JV_NULL && !scalar(v, x, &list[i].text)) {
            e = api_invalid(v, body->keys[i],
                            WORDS("不是此栏的值（小数请写成文本）",
                                  "this is no value of a field (write decimals as text)"));
        }
        if (e.code) {
            return e;
        }
    }
    *ret = list;
    *n = body->len;
    return OK;
}

err api_values(struct visit *v, str text, struct value_in **ret, size_t *n)
{
    const struct json_value *body = NULL;
    err e = json_read(v->ctx.arena, text, &body);
    if (e.code || body->kind != JV_OBJECT) {
        str at = e.detail;
        return api_invalid(
            v, STR("body"),
            (struct words){str_fmt(v->ctx.arena, "应为一个 JSON 对象：%.*s", STR_ARG(at)),
                           str_fmt(v->ctx.arena, "a JSON object is wanted: %.*s", STR_ARG(at))});
    }
    return read_object(v, body, 0, ret, n);
}

/* Where a part named so belongs: a field, one of the rows ("sheet.4711.photo"), or, empty, the
 * record. */
static str file_field(const struct type *t, str name)
{
    int64_t row;
    str column;
    const struct field *f = t ? tdef_field(t->newest, name) : NULL;
    bool own = f && f->type == F_ATTACHMENT;
    return own || (t && checklist_place(t->newest, name, &row, &column)) ? name : STR("");
}

/* A body of JSON; or a multipart form: its part `values` is that JSON, and its
 * files go to the attachment fields named like the parts, others to the record. */
static err read_body(struct visit *v, struct act *act)
{
    const struct http_request *req = &v->x->req;
    bool multipart = str_eq(req->type, STR("multipart/form-data"));
    str text = multipart ? http_param(&req->form, STR("values")) : req->body;
    if (!multipart && req->body.len && !str_eq(req->type, STR("application/json"))) {
        return api_invalid(v, STR("Content-Type"),
                           WORDS("内容应为 application/json 或 multipart/form-data",
                                 "send application/json or multipart/form-data"));
    }
    struct act_file *files = arena_array(v->ctx.arena, struct act_file, req->files.len + 1);
    const struct type *t = model_type(v->model, v->seg[0]);
    for (size_t i = 0; i < req->files.len; i++) {
        const struct http_file *f = &req->files.ptr[i];
        files[i] = (struct act_file){.field = file_field(t, f->name),
                                     .name = f->filename,
                                     .mime = f->type,
                                     .bytes = f->bytes};
    }
    act->files = files;
    act->nfiles = req->files.len;
    if (!text.len) {
        return OK;
    }
    struct value_in *values = NULL;
    err e = api_values(v, text, &values, &act->nvalues);
    act->values = e.code ? NULL : values;
    return e;
}

/* If-Match: "7", as the ETag of the record said; "*" is any version. */
static err read_match(struct visit *v, int64_t *ret)
{
    str match = str_trim(http_param(&v->x->req.headers, STR("if-match")));
    *ret = 0;
    if (!match.len || str_eq(match, STR("*"))) {
        return OK;
    }
    bool quoted = match.len > 2 && match.ptr[0] == '"' && match.ptr[match.len - 1] == '"';
    if (!quoted || !str_to_i64(str_from_n(match.ptr + 1, match.len - 2), ret) || *ret < 1) {
        return api_invalid(v, STR("If-Match"),
                           WORDS("应为记录的 ETag，例如 \"7\"",
                                 "the ETag of the record is wanted, such as \"7\""));
    }
    return OK;
}

/* --- acts ------------------------------------------------------------------------------- */

static void act_done(struct visit *v)
{
    const struct act *act = &v->act;
    if (act->result.code) {
        visit_error(v, act->result);
        return;
    }
    str path = str_fmt(v->ctx.arena, "/api/v1/r/%.*s/%lld", STR_ARG(v->seg[0]),
                       (long long)act->ret_record);
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_I64(&j, "id", act->ret_record);
    JSON_I64(&j, "act", act->ret_act);
    JSON_STR(&j, "number", act->ret_number);
    JSON_STR(&j, "name", act->ret_name);
    JSON_I64(&j, "version", act->ret_ver);
    JSON_BOOL(&j, "repeated", act->ret_repeated);
    JSON_STR(&j, "url", path);
    json_close(&j, '}');
    api_end(v, act->record ? 200 : 201, &j);
    if (!act->record) {
        http_header_add(v->x, STR("Location"), path);
    }
    if (act->ret_ver) {
        http_header_add(v->x, STR("ETag"),
                        str_fmt(v->ctx.arena, "\"%lld\"", (long long)act->ret_ver));
    }
}

/* A comment is an act without fields: what the body calls `note` is its text.  So are
 * opinion and reason of an operation on an approval, which has values besides. */
static void take_note(struct visit *v, struct act *act)
{
    struct value_in *rest = arena_array(v->ctx.arena, struct value_in, act->nvalues + 1);
    size_t n = 0;
    for (size_t i = 0; i < act->nvalues; i++) {
        if (str_eq(act->values[i].field, STR("note"))) {
            act->note = act->values[i].text;
        } else {
            rest[n++] = act->values[i];
        }
    }
    act->values = rest;
    act->nvalues = str_eq(act->action, STR("comment")) ? 0 : n;
}

static void submit(struct visit *v, int64_t record, str action)
{
    if (!api_type(v)) {
        return;
    }
    v->act = (struct act){.type = v->seg[0],
                          .record = record,
                          .action = action,
                          .key = http_param(&v->x->req.headers, STR("idempotency-key"))};
    err e = read_body(v, &v->act);
    if (!e.code && (str_eq(action, STR("comment")) || str_starts(action, STR("approve.")))) {
        take_note(v, &v->act);
    }
    e = e.code ? e : read_match(v, &v->act.ver);
    if (!e.code && v->act.key.len > 64) {
        e = api_invalid(v, STR("Idempotency-Key"),
                        WORDS("最长 64 个字符", "at most 64 characters"));
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_submit(v, act_done);
}

void api_create(struct visit *v)
{
    submit(v, 0, v->seg[1]);
}

/* Of the built-in actions a comment brings its text as `note`, an operation on an approval
 * its opinion. */
void api_perform(struct visit *v)
{
    submit(v, v->num[1], v->seg[2]);
}

void api_attach(struct visit *v)
{
    submit(v, v->num[1], STR("attach"));
}

void api_record_pdf(struct visit *v)
{
    visit_document(v);
}

void api_attachment(struct visit *v)
{
    visit_attachment(v, v->num[0]);
}
