/* disk.h - a disk that fails, and one whose power is cut: a VFS of SQLite's that
 * stands between it and the real files.
 *
 * disk_begin() makes it what every connection opened from then on uses.  It
 * touches nothing until something is planted; what the thread itself that began it
 * does stays sound, so that a test can look, unless it wants `all`.
 *
 * The power: a real disk keeps what was synced, and of what was written since
 * then any part, in any order, in pieces.  While disk_begin is in force every
 * file remembers what it held at its last sync; after a sync that failed, a later
 * one does not vouch for what the failed one was about.  disk_power() lets an operation
 * fail, and all that follow; when all connections are closed, disk_crash() makes
 * the files what such a disk might hold.
 */
#ifndef TESTS_SUPPORT_DISK_H
#define TESTS_SUPPORT_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_op {
    DISK_READ,
    DISK_WRITE,
    DISK_SYNC,
    DISK_TRUNCATE,
    DISK_SIZE,
    DISK_OPEN,
    DISK_ACCESS,
    DISK_LOCK,
    DISK_SHM_MAP,
    DISK_SHM_LOCK,
    DISK_OPS
};

void disk_begin(bool all);
void disk_end(void); /* all its connections are closed */

const char *disk_op_name(enum disk_op op);
/* From the at-th (1: the next) operation of this kind on, `times` of them fail
 * with `rc`; 0: with the error SQLite knows for it.  Up to four such plans. */
void disk_fail(enum disk_op op, int rc, int64_t at, int64_t times);
/* The at-th write, sync or truncation from now on, and everything after it, fails. */
void disk_power(int64_t at);
/* Nothing fails any more, and counting begins anew. */
void disk_sound(void);
/* Since then: operations of a kind, changes as disk_power counts them, failures. */
int64_t disk_count(enum disk_op op);
int64_t disk_changes(void);
int64_t disk_struck(void);

struct disk_loss { /* figures */
    int64_t kept, lost, torn;
};
/* Of the changes that were not synced a random part is undone, and some that stay
 * are torn in pieces of 512 bytes.  The power is back. */
struct disk_loss disk_crash(unsigned *dice);

#endif
