/* api_openapi_shapes.c - the shapes of the API that depend on no regulation.
 * JSON_TEXT makes a C literal of what is written as JSON. */
#include "api/api_openapi.h"

/* clang-format off */
#define JSON_TEXT(...) #__VA_ARGS__

const char openapi_info[] = JSON_TEXT({
    "title": "Zhidu", "version": "1.0.0",
    "description": "What the pages show and do, for programs. Errors carry the clause that refused and what would allow the act.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}});

const char openapi_security[] = JSON_TEXT({
    "token": {"type": "http", "scheme": "bearer", "description": "A token from the profile page or from the command line (zhidu token)."}});

const char openapi_responses[] = JSON_TEXT({
    "Problem": {"description": "Refused, with the reason",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}});

const char openapi_parameters[] = JSON_TEXT({
    "id":      {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}, "description": "The record"},
    "key":     {"name": "key", "in": "path", "required": true, "schema": {"type": "string"}},
    "item":    {"name": "item", "in": "path", "required": true, "schema": {"type": "string"}},
    "box":     {"name": "box", "in": "query", "schema": {"enum": ["todo", "done", "mine", "copied", "watched"]}},
    "cursor":  {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "From `next` of the page before"},
    "limit":   {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
    "before":  {"name": "before", "in": "query", "schema": {"type": "integer"}, "description": "From `next_before` of the page before"},
    "older":   {"name": "older", "in": "query", "schema": {"type": "integer"}, "description": "From `older` of the page before"},
    "search":  {"name": "q", "in": "query", "required": true, "schema": {"type": "string"}},
    "searchType": {"name": "type", "in": "query", "schema": {"type": "string"}, "description": "Only records of this type"},
    "version": {"name": "version", "in": "query", "schema": {"type": "integer"}, "description": "A version of the regulation; absent: the one in force"},
    "filter":  {"name": "filter", "in": "query", "schema": {"type": "string"}, "description": "A condition in the expression language. Besides it every field may stand as a parameter: due.ge=2026-01-01 (comparisons ne lt ge has empty filled; none: equal)."},
    "order":   {"name": "order", "in": "query", "schema": {"enum": ["changed_at", "created_at", "-created_at"]}, "description": "changed_at: latest change first, the usual one"},
    "open":    {"name": "open", "in": "query", "schema": {"type": "boolean"}, "description": "Only what is not in a final state"},
    "mine":    {"name": "mine", "in": "query", "schema": {"type": "boolean"}, "description": "Only what concerns the one who asks"},
    "q":       {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "Words of name or number"},
    "count":   {"name": "count", "in": "query", "schema": {"type": "boolean"}, "description": "Also count, exactly up to 10,000"},
    "columns": {"name": "columns", "in": "query", "schema": {"type": "string"}, "description": "Fields to give, separated by commas"},
    "view":    {"name": "view", "in": "query", "schema": {"enum": ["full"]}, "description": "full: with actions, terms, attachments and parts"},
    "idempotencyKey": {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 64}, "description": "The same act again is answered, not done again"},
    "ifMatch": {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "The ETag read; 412 when somebody changed the record meanwhile"}});

const struct openapi_schema openapi_schemas[] = {
{"Time", JSON_TEXT({"type": ["string", "null"], "format": "date-time"})},
{"Words", JSON_TEXT({"type": "object", "required": ["zh", "en"], "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}})},
{"Ref", JSON_TEXT({"type": ["object", "null"], "description": "A record; null: none, or one that may not be seen",
    "properties": {"type": {"type": "string"}, "id": {"type": "integer"}, "number": {"type": "string"}, "name": {"type": "string"}}})},
{"RefIn", JSON_TEXT({"description": "A record by id, number or unique name, or as reading gives it",
    "anyOf": [{"type": ["integer", "string", "null"]}, {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}]})},
{"Clause", JSON_TEXT({"type": ["object", "null"], "properties": {"regulation": {"type": "string"}, "version": {"type": "integer"},
    "id": {"type": "string"}, "no": {"type": "string"}, "title": {"type": "string"}}})},
{"Refusal", JSON_TEXT({"type": ["object", "null"], "required": ["detail", "refused_by", "clause"], "properties": {
    "detail": {"type": "string"}, "refused_by": {"enum": ["who", "state", "needs", "rule", "unique", "value", "unknown", "guarded", "limit", "strand"]},
    "clause": {"$ref": "#/components/schemas/Clause"}, "remedy": {"type": "string"},
    "errors": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "detail": {"type": "string"}}}}}})},
{"Problem", JSON_TEXT({"type": "object", "required": ["type", "title", "status"], "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "instance": {"type": "string"},
    "detail": {"type": "string"}, "refused_by": {"type": "string"}, "clause": {"$ref": "#/components/schemas/Clause"}, "remedy": {"type": "string"},
    "errors": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "detail": {"type": "string"}}}}}})},
{"Record", JSON_TEXT({"type": "object", "required": ["id", "type", "number", "name", "state", "version", "law", "created_at", "changed_at", "fields"], "properties": {
    "id": {"type": "integer"}, "type": {"type": "string"}, "number": {"type": "string"}, "name": {"type": "string"},
    "state": {"type": ["string", "null"]}, "version": {"type": "integer"}, "law": {"type": "integer", "description": "The version of the regulation it runs under"},
    "created_at": {"$ref": "#/components/schemas/Time"}, "changed_at": {"$ref": "#/components/schemas/Time"}, "fields": {"type": "object"},
    "actions": {"type": "array", "items": {"$ref": "#/components/schemas/Action"}},
    "terms": {"type": "array", "items": {"$ref": "#/components/schemas/Term"}},
    "attachments": {"type": "array", "items": {"$ref": "#/components/schemas/Attachment"}},
    "parts": {"type": "object"}, "labels": {"type": "array", "items": {"type": "string"}}, "watching": {"type": "boolean"}, "watchers": {"type": "array", "items": {"$ref": "#/components/schemas/Ref"}}, "steps_left": {"type": "integer"}}})},
{"Page", JSON_TEXT({"type": "object", "required": ["items", "next", "previous", "left_out"], "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}, "next": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]},
    "count": {"type": "integer"}, "count_is_more": {"type": "boolean"}, "left_out": {"type": "integer", "description": "Records for which the typed filter is unknown"},
    "searched_to": {"$ref": "#/components/schemas/Time"}}})},
{"Action", JSON_TEXT({"type": "object", "properties": {"key": {"type": "string"}, "title": {"type": "string"}, "allowed": {"type": "boolean"},
    "expected": {"type": "boolean"}, "clause": {"$ref": "#/components/schemas/Clause"}, "why_not": {"$ref": "#/components/schemas/Refusal"}}})},
{"Term", JSON_TEXT({"type": "object", "properties": {"key": {"type": "string"}, "title": {"type": "string"}, "started": {"$ref": "#/components/schemas/Time"},
    "due": {"$ref": "#/components/schemas/Time"}, "ended": {"$ref": "#/components/schemas/Time"}, "late": {"type": "boolean"}, "clause": {"$ref": "#/components/schemas/Clause"}}})},
{"Attachment", JSON_TEXT({"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "mime": {"type": "string"}, "size": {"type": "integer"},
    "sha256": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"}}})},
{"Acts", JSON_TEXT({"type": "object", "required": ["items", "next_before"], "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
    "id": {"type": "integer"}, "entry": {"type": "integer", "description": "Of the ledger"}, "action": {"type": "string"}, "title": {"type": "string"},
    "at": {"$ref": "#/components/schemas/Time"}, "recorded": {"$ref": "#/components/schemas/Time"}, "person": {"$ref": "#/components/schemas/Ref"},
    "from": {"type": ["string", "null"]}, "to": {"type": ["string", "null"]}, "note": {"type": "string"},
    "changes": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "before": {"type": "string"}, "after": {"type": "string"}}}}}}},
    "next_before": {"type": ["integer", "null"]}}})},
{"Done", JSON_TEXT({"type": "object", "required": ["id", "act", "version", "repeated", "url"], "properties": {"id": {"type": "integer"}, "act": {"type": "integer"},
    "number": {"type": "string"}, "name": {"type": "string"}, "version": {"type": "integer"}, "repeated": {"type": "boolean"}, "url": {"type": "string"}}})},
{"Form", JSON_TEXT({"type": "object", "required": ["action", "fields", "why_not"], "properties": {"action": {"type": "string"}, "title": {"type": "string"}, "version": {"type": "integer"},
    "fields": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "title": {"$ref": "#/components/schemas/Words"},
    "required": {"type": "boolean"}, "value": {}, "clause": {"$ref": "#/components/schemas/Clause"}}}},
    "clause": {"$ref": "#/components/schemas/Clause"}, "why_not": {"$ref": "#/components/schemas/Refusal"}}})},
{"Note", JSON_TEXT({"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "maxLength": 40000}}})},
{"LocalSetting", JSON_TEXT({"type": "object", "required": ["regulation", "setting", "value"], "properties": {"regulation": {"type": "string"}, "setting": {"type": "string"}, "value": {"type": "string", "maxLength": 60}}})},
{"Task", JSON_TEXT({"type": "object", "properties": {"task": {"type": "string", "maxLength": 20}}})},
{"Watcher", JSON_TEXT({"type": "object", "properties": {"person": {"type": "string", "maxLength": 200}}})},
{"Label", JSON_TEXT({"type": "object", "required": ["label"], "properties": {"label": {"type": "string", "maxLength": 60}}})},
{"Files", JSON_TEXT({"type": "object", "properties": {"file": {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}}})},
{"Document", JSON_TEXT({"type": "object"})},
{"Me", JSON_TEXT({"type": "object", "properties": {"person": {"type": "integer"}, "name": {"type": "string"}, "login": {"type": "string"},
    "language": {"enum": ["zh", "en"]}, "scopes": {"type": "array", "items": {"type": "string"}}}})},
{"Tasks", JSON_TEXT({"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
    "id": {"type": "integer"}, "record": {"$ref": "#/components/schemas/Ref"}, "action": {"type": ["string", "null"]}, "title": {"type": "string"},
    "state": {"type": ["string", "null"]}, "due": {"$ref": "#/components/schemas/Time"}, "created_at": {"$ref": "#/components/schemas/Time"}, "late": {"type": "boolean"}}}},
    "next": {"type": ["string", "null"]}}})},
{"Notifications", JSON_TEXT({"type": "object", "required": ["items", "next_before"], "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
    "id": {"type": "integer"}, "at": {"$ref": "#/components/schemas/Time"}, "read_at": {"$ref": "#/components/schemas/Time"},
    "record": {"$ref": "#/components/schemas/Ref"}, "text": {"type": "string"}}}}, "next_before": {"type": ["integer", "null"]}}})},
{"Hits", JSON_TEXT({"type": "object", "required": ["items", "older"], "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
    "record": {"$ref": "#/components/schemas/Ref"}, "clause": {"$ref": "#/components/schemas/Clause"}, "snippet": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"}}}},
    "older": {"type": ["integer", "null"]}}})},
{"Field", JSON_TEXT({"type": "object", "properties": {"key": {"type": "string"}, "type": {"type": "string"}, "title": {"$ref": "#/components/schemas/Words"}, "to": {"type": "string"},
    "choices": {"type": "array", "items": {"type": "object"}}, "fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}},
    "computed": {"type": "boolean"}, "clause": {"$ref": "#/components/schemas/Clause"}}})},
{"Type", JSON_TEXT({"type": "object", "required": ["key", "title", "regulation", "version", "kind"], "properties": {"key": {"type": "string"}, "title": {"$ref": "#/components/schemas/Words"},
    "regulation": {"type": "string"}, "version": {"type": "integer"}, "kind": {"enum": ["register", "case"]}, "part_of": {"type": "string"},
    "fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}}, "states": {"type": "array", "items": {"type": "object"}},
    "actions": {"type": "array", "items": {"type": "object"}}}})},
{"Types", JSON_TEXT({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Type"}}}})},
{"ClauseText", JSON_TEXT({"type": "object", "required": ["id", "no", "title", "text", "executed"], "properties": {"id": {"type": "string"}, "no": {"$ref": "#/components/schemas/Words"},
    "title": {"$ref": "#/components/schemas/Words"}, "chapter": {"$ref": "#/components/schemas/Words"}, "text": {"$ref": "#/components/schemas/Words"},
    "executed": {"enum": ["yes", "manual", "not-executable"]}}})},
{"Regulation", JSON_TEXT({"type": "object", "required": ["key", "title", "version", "published_at"], "properties": {"key": {"type": "string"}, "title": {"$ref": "#/components/schemas/Words"},
    "version": {"type": "integer"}, "published_at": {"$ref": "#/components/schemas/Time"}, "clauses_count": {"type": "integer"}, "preface": {"$ref": "#/components/schemas/Words"},
    "clauses": {"type": "array", "items": {"$ref": "#/components/schemas/ClauseText"}}, "settings": {"type": "array", "items": {"type": "object"}},
    "types": {"type": "array", "items": {"type": "string"}}, "versions": {"type": "array", "items": {"type": "integer"}}}})},
{"Regulations", JSON_TEXT({"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Regulation"}}}})},
{"Ledger", JSON_TEXT({"type": "object", "required": ["origin", "size", "checkpoint"], "properties": {"origin": {"type": "string"}, "size": {"type": "integer"},
    "checkpoint": {"type": ["string", "null"], "description": "A C2SP signed note"}}})},
{"Entry", JSON_TEXT({"type": "object", "required": ["seq", "actor", "object", "recorded", "digest", "erased", "withheld", "payload"], "properties": {"seq": {"type": "integer"}, "actor": {"type": "string"},
    "object": {"type": "string"}, "recorded": {"$ref": "#/components/schemas/Time"}, "digest": {"type": "string"}, "erased": {"type": "boolean"}, "withheld": {"type": "boolean", "description": "the payload holds a field you may not see"},
    "payload": {"type": "string"}, "record": {"$ref": "#/components/schemas/Ref"}}})},
};
/* clang-format on */
const size_t openapi_schemas_len = sizeof(openapi_schemas) / sizeof(openapi_schemas[0]);
