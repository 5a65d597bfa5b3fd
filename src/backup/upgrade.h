/* upgrade.h - an older data folder, made ready for this program.
 *
 * SQLite: the database is copied, the copy is migrated and looked at: every
 * table has the rows it had, the file is whole, the ledger verifies and every row
 * agrees with it, and `look` finds its pages can be made (cli/look.h).  Then it takes the
 * database's place by one rename.  The old file stays as <name>.before-N, N
 * being the number of the new form, until somebody removes it.  Whatever goes
 * wrong before that rename leaves everything as it was.
 *
 * PostgreSQL: migrations only ever add, so they run in place, and a program one
 * number older goes on working.
 *
 * Data that want a newer program (min_binary) are refused in words.
 * The caller holds the data folder's lock.
 */
#ifndef BACKUP_UPGRADE_H
#define BACKUP_UPGRADE_H

#include "backup/backup.h"

struct upgrade_found {
    int64_t from, to; /* numbers of the form (engine/schema.h) */
    bool needed;
    bool empty; /* no installation in it */
};
/* ERR_CONFLICT, with words, for data that are too new; nothing is needed where
 * there is no installation yet. */
MUST_CHECK err upgrade_look(struct arena *a, str url, struct upgrade_found *ret);

/* Takes away the copy of an upgrade that was killed after the switch. */
void upgrade_tidy(str data_dir);

struct upgrade_plan {
    str url;
    str data_dir; /* ledger.pub */
    /* Looks at the migrated copy as the program will: an error, in words, refuses the
     * upgrade.  May be NULL.  It closes whatever it opens.  What it writes into the copy stays. */
    err (*look)(void *arg, struct arena *a, str url);
    void *arg;
    const struct backup_watch *watch; /* may be NULL */
};
/* *ret_kept: where the old database stays (zhidu.db.before-N, or .before-N.2 and so on where one
 * of that name stands already); empty on PostgreSQL. */
MUST_CHECK err upgrade_run(struct arena *a, const struct upgrade_plan *plan,
                           const struct upgrade_found *found, str *ret_kept);

#endif
