/* claim.h - which of several nodes on one PostgreSQL makes the backup that is due.
 *
 * A row for each due time, taken by one node, held while that one works, and with the
 * outcome when it has made one; so the others know of it and make none.  Held for CLAIM_MS and
 * renewed meanwhile: of a node that died another takes it over.  A node that failed
 * lets go at once, so that another, whose disk may be in order, tries.
 *
 * A claim keeps double work away, not harm: two backups of one time are two files.  So where
 * the database cannot be written, the backup is made all the same.
 *
 * Times are those of the nodes' clocks, which should agree within a minute.
 */
#ifndef BACKUP_CLAIM_H
#define BACKUP_CLAIM_H

#include "backup/state.h"
#include "engine/engine.h"

enum { CLAIM_MS = 10 * 60000, CLAIM_TOKEN = 16 };

struct claim {
    int64_t due;
    char node[STATE_NODE];
    unsigned char token[CLAIM_TOKEN]; /* of this process: two nodes may have one name */
};

enum claim_found { CLAIM_OURS, CLAIM_AT_WORK, CLAIM_MADE };

/* Makes the table where it is not there yet.  *ret_shared: there is one; not on SQLite, whose
 * folder has one process. */
MUST_CHECK err claim_open(struct arena *a, str url, bool *ret_shared);
/* The name of this node, for people: machine and data folder. */
void claim_name(struct claim *c, str data_dir);

/* Takes the backup that is due at `due`, or says who has: ret->by, and of one that is made
 * what it is.  Anything that goes wrong is CLAIM_OURS. */
enum claim_found claim_take(struct engine *e, struct claim *c, int64_t due, int64_t now,
                            struct backup_state *ret);
/* Still at work. */
void claim_keep(struct engine *e, const struct claim *c, int64_t now);
/* Made: what it is; or NULL: let go. */
void claim_end(struct engine *e, const struct claim *c, const struct backup_state *made);

#endif
