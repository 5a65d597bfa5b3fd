#include "api/api.h"

#include "base/json.h"
#include "engine/list.h"
#include "engine/record.h"

/* clang-format off */
const struct route api_routes[] = {
    {HTTP_GET,  "/api/v1/types",      api_types,   ROUTE_API,               WORDS_INIT("单据类型", "Types")},
    {HTTP_GET,  "/api/v1/r/~",        api_list,    ROUTE_API,               WORDS_INIT("列表", "List")},
    {HTTP_POST, "/api/v1/r/~/new/~",  api_create,  ROUTE_API | ROUTE_WRITE, WORDS_INIT("新建", "Create")},
    {HTTP_GET,  "/api/v1/r/~/#",      api_record,  ROUTE_API,               WORDS_INIT("记录", "Record")},
    {HTTP_POST, "/api/v1/r/~/#/do/~", api_perform, ROUTE_API | ROUTE_WRITE, WORDS_INIT("操作", "Perform")},
};
/* clang-format on */
const size_t api_routes_len = sizeof(api_routes) / sizeof(api_routes[0]);

enum { JSON_MAX = 4 << 20 };

void api_error(struct visit *v, err e)
{
    struct json j = json_begin(v->ctx.arena, JSON_MAX);
    const struct refusal *why = e.why;
    struct words title = why ? why->what : err_words(e.code);
    json_open(&j, '{');
    JSON_STR(&j, "type", str_fmt(v->ctx.arena, "about:blank#%s", err_name(e.code)));
    JSON_STR(&j, "title", words_in(title, v->ctx.lang));
    JSON_I64(&j, "status", err_http(e.code));
    if (why && why->clause) {
        JSON_STR(&j, "regulation", why->clause->law->reg->key);
        JSON_STR(&j, "clause", why->clause->id);
        JSON_STR(&j, "clause_no", words_in(why->clause->no, v->ctx.lang));
    }
    if (why && (why->remedy.zh.len || why->remedy.en.len)) {
        JSON_STR(&j, "remedy", words_in(why->remedy, v->ctx.lang));
    }
    if (why && why->nfields) {
        json_key(&j, STR("fields"));
        json_open(&j, '{');
        for (size_t i = 0; i < why->nfields; i++) {
            json_key(&j, why->fields[i].field);
            json_str(&j, words_in(why->fields[i].words, v->ctx.lang));
        }
        json_close(&j, '}');
    }
    json_close(&j, '}');
    visit_json(v, err_http(e.code), json_end(&j));
    v->x->res.type = STR("application/problem+json");
}

static void put_record(struct visit *v, struct json *j, const struct record *r)
{
    json_open(j, '{');
    JSON_I64(j, "id", r->id);
    JSON_STR(j, "number", r->number);
    JSON_STR(j, "name", r->name);
    JSON_STR(j, "state", r->state ? r->state->key : STR(""));
    JSON_I64(j, "version", r->ver);
    JSON_I64(j, "law", r->law);
    JSON_I64(j, "changed_at", r->changed_at);
    json_key(j, STR("fields"));
    json_open(j, '{');
    for (size_t i = 0; i < r->nfields; i++) {
        const struct record_field *f = &r->fields[i];
        if (f->field->type == F_LINES) {
            continue;
        }
        json_key(j, f->field->key);
        if (f->value.null) {
            json_nil(j);
        } else {
            json_str(j, value_plain(&v->ctx, f->field, &f->value));
        }
    }
    json_close(j, '}');
    json_close(j, '}');
}

static const struct type *type_asked(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
    }
    return t;
}

void api_types(struct visit *v)
{
    struct json j = json_begin(v->ctx.arena, JSON_MAX);
    json_open(&j, '[');
    for (size_t i = 0; i < v->model->ntypes; i++) {
        const struct type *t = v->model->types[i];
        if (!t->lines) {
            json_open(&j, '{');
            JSON_STR(&j, "key", t->key);
            JSON_STR(&j, "title", words_in(t->newest->title, v->ctx.lang));
            JSON_STR(&j, "regulation", t->reg->key);
            json_close(&j, '}');
        }
    }
    json_close(&j, ']');
    visit_json(v, 200, json_end(&j));
}

void api_record(struct visit *v)
{
    const struct type *t = type_asked(v);
    struct record r;
    err e = t ? record_get(&v->ctx, t, v->num[1], &r) : OK;
    if (!t || e.code) {
        if (t) {
            visit_error(v, e);
        }
        return;
    }
    struct json j = json_begin(v->ctx.arena, JSON_MAX);
    put_record(v, &j, &r);
    visit_json(v, 200, json_end(&j));
    http_header_add(v->x, STR("ETag"), str_fmt(v->ctx.arena, "\"%lld\"", (long long)r.ver));
}

void api_list(struct visit *v)
{
    const struct type *t = type_asked(v);
    if (!t) {
        return;
    }
    struct list_query q = {.type = t,
                           .filter = http_param(&v->x->req.query, STR("filter")),
                           .cursor = http_param(&v->x->req.query, STR("cursor"))};
    struct list_page p;
    err e = list_page(&v->ctx, &q, &p);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = json_begin(v->ctx.arena, JSON_MAX);
    json_open(&j, '{');
    json_key(&j, STR("items"));
    json_open(&j, '[');
    for (size_t i = 0; i < p.nrows; i++) {
        put_record(v, &j, &p.rows[i]);
    }
    json_close(&j, ']');
    JSON_STR(&j, "next", p.next);
    json_close(&j, '}');
    visit_json(v, 200, json_end(&j));
}

/* --- acts -------------------------------------------------------------------------------- */

static str scalar(struct visit *v, const struct json_value *x)
{
    switch (x->kind) {
    case JV_TEXT:
        return x->text;
    case JV_INT:
        return str_fmt(v->ctx.arena, "%lld", (long long)x->i64);
    case JV_TRUE:
        return STR("true");
    case JV_FALSE:
        return STR("false");
    case JV_NULL:
    case JV_REAL:
    case JV_LIST:
    case JV_OBJECT:
        break;
    }
    return STR("");
}

static err read_values(struct visit *v, struct value_in **ret, size_t *n)
{
    const struct json_value *body = NULL;
    *n = 0;
    *ret = NULL;
    if (!v->x->req.body.len) {
        return OK;
    }
    err e = json_read(v->ctx.arena, v->x->req.body, &body);
    if (e.code || body->kind != JV_OBJECT) {
        return e.code ? e : err_make(ERR_INVALID, STR("an object is wanted"));
    }
    struct value_in *list = arena_array(v->ctx.arena, struct value_in, body->len + 1);
    for (size_t i = 0; i < body->len; i++) {
        const struct json_value *x = &body->items[i];
        list[i] = (struct value_in){
            .field = body->keys[i], .null = x->kind == JV_NULL, .text = scalar(v, x)};
        if (x->kind == JV_LIST) {
            str *items = arena_array(v->ctx.arena, str, x->len + 1);
            for (size_t k = 0; k < x->len; k++) {
                items[k] = scalar(v, &x->items[k]);
            }
            list[i].items = items;
            list[i].nitems = x->len;
        }
    }
    *ret = list;
    *n = body->len;
    return OK;
}

static void act_done(struct visit *v)
{
    if (v->act.result.code) {
        visit_error(v, v->act.result);
        return;
    }
    struct json j = json_begin(v->ctx.arena, JSON_MAX);
    json_open(&j, '{');
    JSON_I64(&j, "id", v->act.ret_record);
    JSON_I64(&j, "act", v->act.ret_act);
    JSON_STR(&j, "number", v->act.ret_number);
    JSON_BOOL(&j, "repeated", v->act.ret_repeated);
    json_close(&j, '}');
    visit_json(v, v->act.record ? 200 : 201, json_end(&j));
}

static void act_asked(struct visit *v, int64_t record, str action)
{
    if (!type_asked(v)) {
        return;
    }
    struct value_in *vals;
    size_t n;
    err e = read_values(v, &vals, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str match = http_param(&v->x->req.headers, STR("if-match"));
    int64_t ver = 0;
    if (match.len > 2 && !str_to_i64(str_from_n(match.ptr + 1, match.len - 2), &ver)) {
        ver = 0;
    }
    v->act = (struct act){.type = v->seg[0],
                          .record = record,
                          .ver = ver,
                          .action = action,
                          .values = vals,
                          .nvalues = n,
                          .key = http_param(&v->x->req.headers, STR("idempotency-key"))};
    visit_submit(v, act_done);
}

void api_create(struct visit *v)
{
    act_asked(v, 0, v->seg[1]);
}

void api_perform(struct visit *v)
{
    act_asked(v, v->num[1], v->seg[2]);
}
