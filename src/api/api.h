/* api.h - the same for programs: REST under /api/v1.
 *
 * Every address reads or performs exactly what the pages do, through the same
 * functions, so the same rights hold and the same refusals come back.  Errors
 * are problem+json (RFC 9457) and carry the clause that refused and what would
 * allow the act.
 *
 *   Who asks      "Authorization: Bearer TOKEN" (scopes read, write), or the
 *                 session of a browser; a session needs X-CSRF-Token to write.
 *   Lists         keyset cursors, never offsets; `next` is null at the end.
 *   Reading       ETag "VERSION" on a record; If-None-Match gives 304.
 *   Acts          If-Match "VERSION": 412 when somebody changed it meanwhile.
 *                 Idempotency-Key: the same act again is answered, not done
 *                 again (`repeated`); the same key with another content is 422.
 *   Times         RFC 3339 with the installation's offset; dates YYYY-MM-DD;
 *                 money and decimals as text, so that no digit is lost.
 *
 * The document of it all, OpenAPI 3.1, is made from the model in force:
 * /api/v1/openapi.json.
 */
#ifndef API_API_H
#define API_API_H

#include "web/visit.h"

extern const struct visit_route api_routes[];
extern const size_t api_routes_len;

/* app.error_api: answers problem+json. */
void api_error(struct visit *v, err e);

#endif
