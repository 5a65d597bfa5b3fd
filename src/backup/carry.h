/* carry.h - an installation from one database into another, of either kind.
 *
 * The empty database gets the tables this program makes (migrations, then those
 * of the stored regulations), then every row, as the read transaction of the
 * other shows them.  What can be made again is not carried: the search index
 * (all records wait in its queue), sessions. */
#ifndef BACKUP_CARRY_H
#define BACKUP_CARRY_H

#include "base/err.h"

struct arena;
struct backup_watch;
struct db;

/* `from` inside db_read_begin; `to` a writer's, empty: ERR_CONFLICT with words when
 * it is not. */
MUST_CHECK err carry(struct arena *a, struct db *from, struct db *to,
                     const struct backup_watch *watch);

#endif
