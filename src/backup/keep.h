/* keep.h - which backups of a folder stay.
 *
 * The newest of each of the last so many days, weeks (from Monday) and months
 * that have one, as the installation's zone counts days; the newest of all
 * always stays.  A backup kept by one rule counts for the others, too. */
#ifndef BACKUP_KEEP_H
#define BACKUP_KEEP_H

#include "base/err.h"

struct arena;

struct keep_rules {
    int daily, weekly, monthly;
};

/* The name of a backup by its time: "zhidu-20261126T023000Z.backup" (UTC). */
str keep_name(struct arena *a, int64_t at);
/* False for any other name. */
bool keep_name_parse(str name, int64_t *ret_at);

/* times: newest first, UTC ms.  Sets keep[i]. */
void keep_which(const int64_t *times, size_t n, struct keep_rules rules, int zone_minutes,
                bool *keep);
/* Removes from `folder` what does not stay; only files with such a name are
 * looked at.  *ret_removed: how many. */
MUST_CHECK err keep_tidy(struct arena *a, str folder, struct keep_rules rules, int zone_minutes,
                         int *ret_removed);

#endif
