/* canon.h - the canonical text of a payload: the same content gives the same
 * bytes, everywhere and for ever.
 *
 * The form is a subset of JSON (and of RFC 8785): one object without white
 * space; keys sorted by their bytes, each once; values are whole numbers
 * (64 bits, decimal), strings, lists, objects, and null.  Strings are UTF-8
 * as given (normalised to NFC at the edge where they entered; not here);
 * escaped are only '"', '\' and the characters below U+0020 (\b \t \n \f \r,
 * else \u00xx).  So the text is one line and contains no NUL.
 *
 *     struct canon *c = canon_make(arena);
 *     canon_i64(c, STR("at"), now);
 *     canon_list(c, STR("seats"));
 *     canon_str(c, NO_KEY, STR("first"));
 *     canon_close(c);
 *     str body;
 *     err e = canon_end(c, &body);
 *
 * Keys may come in any order; sorted ones cost nothing.  They contain none of
 * the escaped characters.  Inside a list the key is NO_KEY.  Keys must live
 * until canon_end; values are copied.
 */
#ifndef LEDGER_CANON_H
#define LEDGER_CANON_H

#include "base/err.h"
#include "base/str.h"

struct arena;
struct canon;

#define NO_KEY ((str){0})
enum { CANON_DEPTH_MAX = 16 }; /* objects and lists open at once, the outermost counted */

struct canon *canon_make(struct arena *a); /* an open object */
void canon_str(struct canon *c, str key, str value);
void canon_i64(struct canon *c, str key, int64_t value);
void canon_null(struct canon *c, str key);
void canon_list(struct canon *c, str key); /* opens a list */
void canon_map(struct canon *c, str key);  /* opens an object */
void canon_close(struct canon *c);         /* closes what was opened last */
/* The text, in the arena.  ERR_VALUE when a key came twice in one object, a
 * text was not UTF-8, a key needs escapes, something is still open or was closed once too
 * often, the depth was passed, or the text is longer than 16 MB. */
MUST_CHECK err canon_end(struct canon *c, str *ret);

/* --- reading --------------------------------------------------------------- */

enum canon_kind { CANON_NULL, CANON_I64, CANON_STR, CANON_LIST, CANON_MAP };

struct canon_value {
    enum canon_kind kind;
    str raw; /* as it stands in the text */
    int64_t i64;
};

/* Walks the members of an object (*key set) or the items of a list:
 *
 *     struct canon_walk w = canon_walk(body);
 *     while (canon_next(&w, &key, &value)) { ... }
 *     if (w.bad) { the text is not canonical }
 *
 * Keys and raw values are views into the text.  A walk without a fault does not make
 * the text canonical (the order of keys is not looked at): canon_ok does.
 */
struct canon_walk {
    str rest;
    bool list, started, done, bad;
};
struct canon_walk canon_walk(str text);
bool canon_next(struct canon_walk *w, str *key, struct canon_value *ret);

/* The member `key` of the object; false when there is none. */
bool canon_find(str object, str key, struct canon_value *ret);
/* The string meant by a CANON_STR (empty for the others, and above 16 MB). */
str canon_text(struct arena *a, struct canon_value v);
/* Is this exactly what canon_end would have written for its content? */
bool canon_ok(str text);

#endif
