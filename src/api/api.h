/* api.h - the same for programs: REST under /api/v1.  Errors are problem+json
 * (RFC 9457) and carry the clause that refused.
 */
#ifndef API_API_H
#define API_API_H

#include "web/visit.h"

extern const struct route api_routes[];
extern const size_t api_routes_len;

void api_error(struct visit *v, err e);
void api_types(struct visit *v);
void api_record(struct visit *v);
void api_create(struct visit *v);
void api_perform(struct visit *v);
void api_list(struct visit *v);

#endif
