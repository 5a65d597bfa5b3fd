/* api_openapi_types.c - record types and actions as JSON Schema. */
#include "api/api_openapi.h"

/* --- schemas of fields ------------------------------------------------------------ */

static void put_type_of(struct json *j, const char *type, bool nullable)
{
    json_key(j, STR("type"));
    if (!nullable) {
        json_str(j, str_from(type));
        return;
    }
    json_open(j, '[');
    json_str(j, str_from(type));
    json_str(j, STR("null"));
    json_close(j, ']');
}

static void put_enum(struct json *j, const struct field *f, bool nullable)
{
    json_key(j, STR("enum"));
    json_open(j, '[');
    for (size_t i = 0; i < f->nkeys; i++) {
        json_str(j, f->keys[i].key);
    }
    if (nullable) {
        json_nil(j);
    }
    json_close(j, ']');
}

void openapi_ref(struct json *j, str name)
{
    json_open(j, '{');
    JSON_STR(j, "$ref", name);
    json_close(j, '}');
}

static void put_items(struct json *j, str ref)
{
    put_type_of(j, "array", false);
    json_key(j, STR("items"));
    openapi_ref(j, ref);
}

static void put_field_schema(struct visit *v, struct json *j, const struct field *f, bool in);

static void put_row_schema(struct visit *v, struct json *j, const struct field *f, bool in)
{
    put_type_of(j, "array", false);
    json_key(j, STR("items"));
    json_open(j, '{');
    put_type_of(j, "object", false);
    json_key(j, STR("properties"));
    json_open(j, '{');
    json_key(j, STR("id"));
    json_raw(j, STR("{\"type\":\"integer\"}"));
    if (in) {
        json_key(j, STR("remove"));
        json_raw(j, STR("{\"type\":\"boolean\"}"));
    }
    for (size_t i = 0; i < f->part->newest->nfields; i++) {
        json_key(j, f->part->newest->fields[i].key);
        put_field_schema(v, j, &f->part->newest->fields[i], in);
    }
    json_close(j, '}');
    json_close(j, '}');
}

static void put_simple(struct json *j, const struct field *f, bool in)
{
    switch (f->type) {
    case F_INT:
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
    case F_ATTACHMENT:
        put_type_of(j, "integer", true);
        break;
    case F_BOOL:
        put_type_of(j, "boolean", true);
        break;
    case F_CHOICE:
        put_type_of(j, "string", true);
        put_enum(j, f, true);
        break;
    case F_DATE:
        put_type_of(j, "string", true);
        JSON_STR(j, "format", STR("date"));
        break;
    case F_DATETIME:
        put_type_of(j, "string", true);
        if (!in) {
            JSON_STR(j, "format", STR("date-time"));
        }
        break;
    case F_TEXT:
    case F_MARKDOWN:
        put_type_of(j, "string", true);
        if (f->has_max && f->max > 0) {
            JSON_I64(j, "maxLength", f->max);
        }
        break;
    case F_DECIMAL:
    case F_MONEY:
    case F_DURATION:
    case F_WORKHOURS:
    case F_FILTER:
    case F_IP:
    case F_MAC:
    case F_URL:
    case F_CHOICES:
    case F_REF:
    case F_REFS:
    case F_PERSON:
    case F_PEOPLE:
    case F_UNIT:
    case F_POST:
    case F_LINES:
        put_type_of(j, "string", true);
        break;
    }
}

/* As reading gives it, or (`in`) as an act takes it. */
static void put_field_schema(struct visit *v, struct json *j, const struct field *f, bool in)
{
    bool one = f->type == F_REF || f->type == F_PERSON || f->type == F_UNIT || f->type == F_POST;
    bool many = f->type == F_REFS || f->type == F_PEOPLE;
    json_open(j, '{');
    str title = words_in(f->words, v->ctx.lang);
    JSON_STR(j, "title", title.len ? title : f->key);
    if (one) {
        JSON_STR(j, "$ref",
                 in ? STR("#/components/schemas/RefIn") : STR("#/components/schemas/Ref"));
    } else if (many) {
        put_items(j, in ? STR("#/components/schemas/RefIn") : STR("#/components/schemas/Ref"));
    } else if (f->type == F_LINES) {
        put_row_schema(v, j, f, in);
    } else if (f->type == F_CHOICES) {
        put_type_of(j, "array", false);
        json_key(j, STR("items"));
        json_open(j, '{');
        put_type_of(j, "string", false);
        put_enum(j, f, false);
        json_close(j, '}');
    } else {
        put_simple(j, f, in);
    }
    json_close(j, '}');
}

void openapi_record(struct visit *v, struct json *j, const struct type *t)
{
    json_key(j, str_fmt(v->ctx.arena, "%.*s.record", STR_ARG(t->key)));
    json_open(j, '{');
    json_key(j, STR("allOf"));
    json_open(j, '[');
    openapi_ref(j, STR("#/components/schemas/Record"));
    json_open(j, '{');
    put_type_of(j, "object", false);
    json_key(j, STR("properties"));
    json_open(j, '{');
    json_key(j, STR("fields"));
    json_open(j, '{');
    put_type_of(j, "object", false);
    json_key(j, STR("properties"));
    json_open(j, '{');
    for (size_t i = 0; i < t->newest->nfields; i++) {
        json_key(j, t->newest->fields[i].key);
        put_field_schema(v, j, &t->newest->fields[i], false);
    }
    for (int i = 0; i < 4; i++) {
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

void openapi_action(struct visit *v, struct json *j, const struct action *a)
{
    bool some = false;
    json_key(j, str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(a->of->type->key), STR_ARG(a->key)));
    json_open(j, '{');
    put_type_of(j, "object", false);
    JSON_BOOL(j, "additionalProperties", false);
    json_key(j, STR("properties"));
    json_open(j, '{');
    for (size_t i = 0; i < a->nasks; i++) {
        json_key(j, a->asks[i].field->key);
        put_field_schema(v, j, a->asks[i].field, true);
        some = some || (a->asks[i].required && a->creates && !a->asks[i].when.tree &&
                        !a->asks[i].field->def.tree && a->asks[i].field->type != F_ATTACHMENT);
    }
    json_close(j, '}');
    if (some) {
        json_key(j, STR("required"));
        json_open(j, '[');
        for (size_t i = 0; i < a->nasks; i++) {
            const struct ask *ask = &a->asks[i];
            if (ask->required && !ask->when.tree && !ask->field->def.tree &&
                ask->field->type != F_ATTACHMENT) {
                json_str(j, ask->field->key);
            }
        }
        json_close(j, ']');
    }
    json_close(j, '}');
}
