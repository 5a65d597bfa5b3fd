/* api_put.c - the shapes of the answers. */
#include "api/api_int.h"
#include "base/clock.h"

void api_put_time(struct visit *v, struct json *j, int64_t ms)
{
    if (ms) {
        json_str(j, clock_iso(v->ctx.arena, ms, v->model->zone_minutes));
    } else {
        json_nil(j);
    }
}

void api_put_words(struct json *j, struct words w)
{
    json_open(j, '{');
    JSON_STR(j, "zh", w.zh);
    JSON_STR(j, "en", w.en);
    json_close(j, '}');
}

void api_put_clause(struct visit *v, struct json *j, const struct clause *c)
{
    if (!c) {
        json_nil(j);
        return;
    }
    json_open(j, '{');
    JSON_STR(j, "regulation", c->law->reg->key);
    JSON_I64(j, "version", c->law->version);
    JSON_STR(j, "id", c->id);
    JSON_STR(j, "no", words_in(c->no, v->ctx.lang));
    JSON_STR(j, "title", words_in(c->title, v->ctx.lang));
    json_close(j, '}');
}

void api_put_ref(struct json *j, const struct record_ref *r)
{
    if (!r->id || !r->visible) {
        json_nil(j);
        return;
    }
    json_open(j, '{');
    JSON_STR(j, "type", r->type ? r->type->key : STR(""));
    JSON_I64(j, "id", r->id);
    JSON_STR(j, "number", r->number);
    JSON_STR(j, "name", r->name);
    json_close(j, '}');
}

/* --- values ------------------------------------------------------------------ */

static void put_choices(struct json *j, const struct field *f, int64_t set)
{
    json_open(j, '[');
    for (size_t i = 0; i < f->nkeys; i++) {
        if (set >> f->keys[i].code & 1) {
            json_str(j, f->keys[i].key);
        }
    }
    json_close(j, ']');
}

static void put_refs(struct json *j, const struct record_field *f)
{
    json_open(j, '[');
    for (size_t i = 0; i < f->nrefs; i++) {
        if (f->refs[i].visible) {
            api_put_ref(j, &f->refs[i]);
        }
    }
    json_close(j, ']');
}

static void put_rows(struct visit *v, struct json *j, const struct record_field *f)
{
    json_open(j, '[');
    for (size_t i = 0; i < f->nrows; i++) {
        json_open(j, '{');
        JSON_I64(j, "id", f->rows[i].id);
        for (size_t k = 0; k < f->rows[i].nfields; k++) {
            const struct record_field *cell = &f->rows[i].fields[k];
            if (!str_eq(cell->field->key, f->field->of->type->key)) { /* not its own parent */
                json_key(j, cell->field->key);
                api_put_value(v, j, cell);
            }
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

void api_put_value(struct visit *v, struct json *j, const struct record_field *f)
{
    enum ftype type = f->field->type;
    if (type == F_LINES) {
        put_rows(v, j, f);
    } else if (type == F_REFS || type == F_PEOPLE) {
        put_refs(j, f);
    } else if (type == F_CHOICES) {
        put_choices(j, f->field, f->value.null ? 0 : f->value.i64);
    } else if (f->value.null) {
        json_nil(j);
    } else if (type == F_BOOL) {
        json_bool(j, f->value.i64 == 1);
    } else if (type == F_INT || type == F_DAYS || type == F_MONTHS || type == F_WORKDAYS) {
        json_i64(j, f->value.i64);
    } else if (type == F_DATETIME) {
        api_put_time(v, j, f->value.i64);
    } else if (f->nrefs) {
        api_put_ref(j, &f->refs[0]);
    } else if (type == F_ATTACHMENT) {
        json_i64(j, f->value.i64);
    } else {
        json_str(j, value_plain(&v->ctx, f->field, &f->value));
    }
}

void api_open_record(struct visit *v, struct json *j, const struct record *r)
{
    json_open(j, '{');
    JSON_I64(j, "id", r->id);
    JSON_STR(j, "type", r->type->key);
    JSON_STR(j, "number", r->number);
    JSON_STR(j, "name", r->name);
    json_key(j, STR("state"));
    if (r->state) {
        json_str(j, r->state->key);
    } else {
        json_nil(j);
    }
    JSON_I64(j, "version", r->ver);
    JSON_I64(j, "law", r->law);
    json_key(j, STR("created_at"));
    api_put_time(v, j, r->created_at);
    json_key(j, STR("changed_at"));
    api_put_time(v, j, r->changed_at);
    json_key(j, STR("fields"));
    json_open(j, '{');
    for (size_t i = 0; i < r->nfields; i++) {
        json_key(j, r->fields[i].field->key);
        api_put_value(v, j, &r->fields[i]);
    }
    json_close(j, '}');
}

/* --- refusals ------------------------------------------------------------------- */

static const char *const kinds[] = {
    [REFUSED_WHO] = "who",         [REFUSED_STATE] = "state",     [REFUSED_NEEDS] = "needs",
    [REFUSED_RULE] = "rule",       [REFUSED_UNIQUE] = "unique",   [REFUSED_VALUE] = "value",
    [REFUSED_UNKNOWN] = "unknown", [REFUSED_GUARDED] = "guarded", [REFUSED_LIMIT] = "limit",
    [REFUSED_STRAND] = "strand"};

void api_put_refusal(struct visit *v, struct json *j, const struct refusal *why)
{
    JSON_STR(j, "detail", words_in(why->what, v->ctx.lang));
    JSON_STR(j, "refused_by", str_from(kinds[why->kind]));
    json_key(j, STR("clause"));
    api_put_clause(v, j, why->clause);
    if (why->remedy.zh.len || why->remedy.en.len) {
        JSON_STR(j, "remedy", words_in(why->remedy, v->ctx.lang));
    }
    if (why->nfields) {
        json_key(j, STR("errors"));
        json_open(j, '[');
        for (size_t i = 0; i < why->nfields; i++) {
            json_open(j, '{');
            JSON_STR(j, "field", why->fields[i].field);
            JSON_STR(j, "detail", words_in(why->fields[i].words, v->ctx.lang));
            json_close(j, '}');
        }
        json_close(j, ']');
    }
}
