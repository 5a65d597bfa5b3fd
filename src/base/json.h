/* json.h - JSON out, by a streaming writer, and in, as a tree in the arena.
 *
 * Writing:                                  Reading:
 *     struct json j = json_begin(a, max);       struct json_value *v;
 *     json_open(&j, '{');                       err e = json_read(a, text, &v);
 *     json_key(&j, STR("id"));                  str name = json_str_of(json_get(v, STR("name")));
 *     json_i64(&j, 7);
 *     json_close(&j, '}');
 *     str text = json_end(&j);
 *
 * The writer puts commas itself; text is escaped, what is not UTF-8 becomes
 * U+FFFD.  Past `max` bytes it stops and json_end gives the empty string.
 * The reader (jansson) refuses duplicate keys, invalid UTF-8, trailing text,
 * numbers outside 64 bits, more than 16 levels or 100,000 values, 4 MB of text.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

struct json {
    struct buf buf;
    bool comma;
    int depth;
};

struct json json_begin(struct arena *a, size_t max);
void json_open(struct json *j, char bracket);  /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, str key);
void json_str(struct json *j, str s);
void json_i64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_nil(struct json *j);           /* null */
void json_raw(struct json *j, str json); /* JSON made before by this writer */
str json_end(struct json *j);

#define JSON_STR(j, key, value) (json_key((j), STR(key)), json_str((j), (value)))
#define JSON_I64(j, key, value) (json_key((j), STR(key)), json_i64((j), (value)))
#define JSON_BOOL(j, key, value) (json_key((j), STR(key)), json_bool((j), (value)))

/* Own names: jansson has taken JSON_... */
enum json_kind { JV_NULL, JV_TRUE, JV_FALSE, JV_INT, JV_REAL, JV_TEXT, JV_LIST, JV_OBJECT };

struct json_value {
    enum json_kind kind;
    int64_t i64;
    double real;
    str text;
    const struct json_value *items; /* list, object */
    const str *keys;                /* object */
    size_t len;
};

/* ERR_INVALID with "line:column: what" in the detail. */
MUST_CHECK err json_read(struct arena *a, str text, const struct json_value **ret);
/* The same of a text that json_end made and the store kept: texts point into
 * it.  Whatever does not look like ours goes the long way. */
MUST_CHECK err json_read_own(struct arena *a, str text, const struct json_value **ret);
/* NULL when v is no object, or has no such key. */
const struct json_value *json_get(const struct json_value *v, str key);
str json_str_of(const struct json_value *v); /* empty unless text */
int64_t json_i64_of(const struct json_value *v, int64_t or_else);
bool json_bool_of(const struct json_value *v); /* true only for true */

#endif
