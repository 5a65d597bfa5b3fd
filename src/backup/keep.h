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

/* Whose backups: eight digits of the ledger's key, as in ledger.pub of the data folder, so that
 * several installations may share one folder; "" where it cannot be read. */
str keep_whose(struct arena *a, str data_dir);
/* The name of a backup by its time (UTC): "zhidu-8114fb0f-20261126T023000Z.backup". */
str keep_name(struct arena *a, str whose, int64_t at);
/* False for any other name, and for one of others. */
bool keep_name_parse(str name, str whose, int64_t *ret_at);

/* times: newest first, UTC ms.  Sets keep[i]. */
void keep_which(const int64_t *times, size_t n, struct keep_rules rules, int zone_minutes,
                bool *keep);
/* Removes from `folder` what does not stay; only files with such a name are
 * looked at, and none where `whose` is "".  *ret_removed: how many. */
MUST_CHECK err keep_tidy(struct arena *a, str folder, str whose, struct keep_rules rules,
                         int zone_minutes, int *ret_removed);

#endif
