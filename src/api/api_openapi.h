/* api_openapi.h - parts of the API's description that depend on no regulation,
 * as JSON Schema (2020-12, as OpenAPI 3.1 wants).
 */
#ifndef API_API_OPENAPI_H
#define API_API_OPENAPI_H

#include "api/api_int.h"

extern const char openapi_info[];
extern const char openapi_security[];
extern const char openapi_parameters[];
extern const char openapi_responses[];
struct openapi_schema {
    const char *name, *json;
};
extern const struct openapi_schema openapi_schemas[];
extern const size_t openapi_schemas_len;

/* {"$ref": name} */
void openapi_ref(struct json *j, str name);
/* "TYPE.record": {..}, what reading a record of the type gives. */
void openapi_record(struct visit *v, struct json *j, const struct type *t);
/* "TYPE.ACTION": {..}, what the action takes. */
void openapi_action(struct visit *v, struct json *j, const struct action *a);

#endif
