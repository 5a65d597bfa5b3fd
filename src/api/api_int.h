/* api_int.h - what the files of the API share: the handlers of the route table
 * and the shapes that stand in more than one answer.
 *
 * A shape written here has its description in api_openapi_shapes.c, or, where it comes
 * of a type, api_openapi_types.c; the test of the API compares answers with that document.
 */
#ifndef API_API_INT_H
#define API_API_INT_H

#include "api/api.h"
#include "base/json.h"
#include "engine/control.h"
#include "engine/record.h"

enum {
    API_JSON_MAX = 16 << 20, /* bytes of one answer */
    API_LIMIT_MAX = 200,     /* items of one answer */
    API_PARAM_MAX = 200,     /* bytes of a name in the query */
};

/* --- answers ---------------------------------------------------------------- */

/* An answer in the visit's arena, at most API_JSON_MAX. */
struct json api_begin(struct visit *v);
/* 200 or what `status` says; 413 when the answer would be too long. */
void api_end(struct visit *v, int status, struct json *j);

/* The same begun as {"items": [, and ended after the last of them; _next also says where the
 * following ones begin, null when `next` is empty. */
struct json api_items(struct visit *v);
void api_items_end(struct visit *v, struct json *j);
void api_items_next(struct visit *v, struct json *j, str next);

/* --- the query -------------------------------------------------------------- */

/* The type named by the first captured word; NULL after an answer of 404. */
const struct type *api_type(struct visit *v);
/* A whole number of the query, `or_else` where it is absent; ERR_INVALID when
 * it is none or not in 1..max. */
MUST_CHECK err api_number(struct visit *v, str name, int64_t or_else, int64_t max, int64_t *ret);
/* "1" or "true"; absent: no. */
bool api_flag(const struct visit *v, str name);
/* ERR_INVALID about the parameter or field `name`, with the words a person reads. */
MUST_CHECK err api_invalid(struct visit *v, str name, struct words words);

/* --- the body --------------------------------------------------------------- */

/* A JSON object as the values of an act on v->seg[0]: a scalar as people would
 * type it, lists, rows of lines.  ERR_INVALID with the person's words. */
MUST_CHECK err api_values(struct visit *v, str text, struct value_in **ret, size_t *n);

/* --- shapes ------------------------------------------------------------------ */

/* `draw`, where the type of the record has one. */
MUST_CHECK err api_put_draw(struct visit *v, struct json *j, const struct record *rec);
void api_put_time(struct visit *v, struct json *j, int64_t ms); /* null for 0 */
/* {"zh": .., "en": ..} */
void api_put_words(struct json *j, struct words w);
/* {"regulation", "version", "id", "no", "title"}; null for NULL. */
void api_put_clause(struct visit *v, struct json *j, const struct clause *c);
/* {"type", "id", "number", "name"}; null where there is none or it may not be seen. */
void api_put_ref(struct json *j, const struct record_ref *r);
/* As api.h says of times, dates and amounts; a choice by its key, references as api_put_ref,
 * lines as objects; null where there is none. */
void api_put_value(struct visit *v, struct json *j, const struct record_field *f);
/* id, type, number, name, state ... and `fields`, without the closing brace. */
void api_open_record(struct visit *v, struct json *j, const struct record *r);
/* `route`: whom the action's approval would ask (api_approve.c). */
void api_put_route(struct visit *v, struct json *j, const struct form *f);
/* detail, refused_by, clause, remedy and errors beside fields, into an object already open. */
void api_put_refusal(struct visit *v, struct json *j, const struct refusal *why);

/* --- handlers ----------------------------------------------------------------- */

void api_openapi(struct visit *v);
void api_me(struct visit *v);
void api_tasks(struct visit *v);
void api_notifications(struct visit *v);
void api_search(struct visit *v);

void api_types(struct visit *v);
void api_type_one(struct visit *v);
void api_list(struct visit *v);
void api_record(struct visit *v);
void api_record_acts(struct visit *v);
void api_approvals(struct visit *v);
void api_form(struct visit *v);
void api_create(struct visit *v);
void api_perform(struct visit *v);
void api_attach(struct visit *v);
void api_attachment(struct visit *v);
void api_record_pdf(struct visit *v);

void api_regulations(struct visit *v);
void api_controls(struct visit *v);
void api_compliance(struct visit *v);
void api_control(struct visit *v);
void api_duties(struct visit *v);
void api_duty(struct visit *v);
void api_calendar(struct visit *v);
void api_regulation(struct visit *v);
void api_clause(struct visit *v);
void api_ledger(struct visit *v);
void api_entry(struct visit *v);
void api_entry_proof(struct visit *v);

#endif
