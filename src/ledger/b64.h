/* b64.h - base64 as RFC 4648, section 4: padded, strict, one way to write each. */
#ifndef LEDGER_B64_H
#define LEDGER_B64_H

#include "base/buf.h"

/* Appends the base64 of `bytes` to b. */
void b64_put(struct buf *b, str bytes);
/* The bytes of a base64 text, in the arena; false for anything b64_put would
 * not have written. */
bool b64_get(struct arena *a, str text, str *ret);
/* The same into `out`; false also unless there are exactly n bytes. */
bool b64_get_n(str text, unsigned char *out, size_t n);

/* The same into a buffer of `cap` bytes; *ret_len of them were written.  False also
 * when it does not fit. */
bool b64_get_most(str text, unsigned char *out, size_t cap, size_t *ret_len);

#endif
