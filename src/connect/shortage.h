/* shortage.h - libraries that end the process when memory does.
 *
 * libxlsxwriter uses what malloc did not give it, GLib (under Pango) aborts on purpose.  Before
 * either begins, so much memory must be there as a document and its neighbours may
 * need; else the answer is ERR_BUSY, as everywhere else (decision 0048).
 */
#ifndef CONNECT_SHORTAGE_H
#define CONNECT_SHORTAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { SHORTAGE_BELOW = 32 << 20 /* bytes: a document takes some 20 MB */ };

/* Could this process have fewer than SHORTAGE_BELOW bytes more, at this moment? */
bool shortage(void);

#endif
