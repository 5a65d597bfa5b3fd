/* attachments.h - the attachments a database names, each set of bytes once, in
 * rising order of their hashes.  Memory does not grow with their number. */
#ifndef BACKUP_ATTACHMENTS_H
#define BACKUP_ATTACHMENTS_H

#include "base/arena.h"
#include "ledger/hash.h"
#include "store/db.h"

enum { ATTACHMENTS_PAGE = 20000 };

struct attachments {
    struct db *db;
    struct arena page; /* of one page; attachments_end takes it back */
    struct rows rows;
    char last[2 * HASH_LEN + 1];
    bool over;
};

struct attachments attachments_begin(struct db *db);
/* *more is false at the end.  ERR_STORE for a row that is none of ours. */
MUST_CHECK err attachments_next(struct attachments *x, struct hash *ret_sha, int64_t *ret_size,
                                bool *more);
void attachments_end(struct attachments *x);

#endif
