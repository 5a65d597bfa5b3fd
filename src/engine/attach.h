/* attach.h - attached files: content-addressed bytes, reached by attachment id.
 *
 * Bytes lie under data_dir/blobs/ab/cdef... by SHA-256 (in memory: in table
 * blob), written and synced before the act that names them commits.
 */
#ifndef ENGINE_ATTACH_H
#define ENGINE_ATTACH_H

#include "engine/record.h"

enum { ATTACH_MAX = 20 * 1024 * 1024 };

/* Puts bytes where they belong and gives their SHA-256 in hex.  Before the act.
 * ERR_DISK: full or not writable; ERR_BUSY: no more open files. */
MUST_CHECK err attach_store(struct engine *e, struct arena *a, str bytes, str *ret_sha256);
/* Takes away what a process that was killed had begun to write.  By the only process
 * of the data folder, before it stores anything. */
void attach_tidy(struct arena *a, str data_dir);
/* Bytes put there before, by their SHA-256; ERR_NOT_FOUND.  Only for a hash the
 * caller knows to be his: bytes have no owner. */
MUST_CHECK err attach_again(struct engine *e, struct arena *a, str sha256, str *ret_bytes);
/* Where they lie: DIR/blobs/ab/cdef..., NUL-terminated. */
str attach_path(struct arena *a, str data_dir, str sha256);
/* One attachment of a record the actor may see (and whose field he may see). */
MUST_CHECK err attach_open(const struct ctx *ctx, int64_t id, struct attachment *ret, int *ret_fd,
                           str *ret_bytes); /* fd >= 0, or bytes in memory */

#endif
