/* standard.h - the lists of standards of an installation (model/standard.h), as rows.
 *
 * Tables:
 *   standard       standard, edition (1, 2, ...), titles, source, notes, hash (SHA-256 of the
 *                  file, hex), at (UTC ms)
 *   standard_item  standard, edition, place, item, parent, kind, titles
 *
 * A list that is loaded again with another text becomes its next edition; the newest one
 * counts, older ones stay, so that a result that names list, edition and hash can be
 * looked up.  They are no part of the ledger: the hash tells which file was meant.
 *
 * Invariant: an item that a regulation in force names is in the newest edition of a list
 * that is loaded (standards_put refuses what would break it; so does publish_plan).
 */
#ifndef ENGINE_STANDARD_H
#define ENGINE_STANDARD_H

#include "engine/ctx.h"
#include "model/load.h"
#include "model/standard.h"

struct standard_head {
    str key;
    int64_t edition;
    struct words title, note;
    str source;
    str hash;       /* 64 hex digits */
    int64_t at;     /* UTC ms, when it was loaded */
    int64_t nitems; /* groups not counted */
};

/* Reads the lists and makes those that are new, or differ from the newest edition, the
 * next one; *put: how many.  ERR_VALUE with mistakes in `d`: nothing was changed. */
MUST_CHECK err standards_put(struct engine *e, struct arena *a, const struct standard_file *texts,
                             size_t n, int64_t now, struct diags *d, size_t *put);
/* The newest editions, by key; into `a`. */
MUST_CHECK err standards_list(struct db *db, struct arena *a, struct standard_head **ret,
                              size_t *n);
/* The same, asked along with whatever is asked next (batch_ride). */
struct batch *standards_list_ask(struct db *db, struct arena *a);
MUST_CHECK err standards_list_read(struct batch *asked, struct arena *a, struct standard_head **ret,
                                   size_t *n);
/* One of them with its items.  ERR_NOT_FOUND. */
MUST_CHECK err standard_load(struct db *db, struct arena *a, str key, struct standard_head *head,
                             struct standard *ret);
/* All of them, for standards_check. */
MUST_CHECK err standards_load(struct db *db, struct arena *a, struct standard **ret, size_t *n);

/* standards_check of one regulation against the lists that are loaded. */
MUST_CHECK err standards_ask(struct db *db, struct arena *a, const struct law *law,
                             struct diags *d);

#endif
