/* maker.h - who makes the backups of a running server: a process of its own, and the
 * line to it.
 *
 * A server gives up what it does not need (base/sandbox.h).  The right to change its
 * backups is part of that: who has taken it over can read and change the data, but not the
 * backups.  So a process is begun before, which keeps that right and is asked over a line,
 * a pair of sockets (SOCK_SEQPACKET), one packet each way:
 *
 *     server   {"zone":480}                                       make one now
 *     maker    {"doing":{"zh":..,"en":..},"done":..,"total":..}   any number of them
 *     maker    {"made":true,"entries":..,"missing":..,"bytes":..,"removed":..,
 *               "failed":false,"zh":"","en":""}                   how it ended
 *
 * Where the backups go, for whom they are sealed, which of them stay and what time it is,
 * the maker knows by itself: nothing that the server says names a file or moves a day.
 * `zone` (minutes east of UTC) only says where a day begins.
 *
 * For each backup the maker forks.  The child confines itself to the folders as they are
 * mounted at that moment, and only then reads the packet; the process that stays
 * never reads one.  The end of the line is the end of both; so is the end of the server,
 * however it comes.  A child that dies is a backup that failed, in words; a maker that has died
 * is seen at the line (MAKER_GONE) and not begun again by the server, which could not.
 */
#ifndef BACKUP_MAKER_H
#define BACKUP_MAKER_H

#include "backup/backup.h"
#include "backup/keep.h"
#include "backup/state.h"

enum { MAKER_PACKET = 4096, MAKER_ZONE_MOST = 18 * 60 };

/* What a maker says, as the server reads it. */
struct maker_report {
    bool made;   /* a backup under its final name */
    bool failed; /* why: zh, en; also when only the older ones could not be removed */
    int64_t entries, missing, bytes, removed; /* as in backup_state; how many did not stay */
    int64_t done, total;                      /* of a step; total 0: not known */
    char zh[STATE_TEXT], en[STATE_TEXT];      /* the step, or why it failed */
};

/* --- the server's end ------------------------------------------------------------------- */

enum maker_said { MAKER_SILENT, MAKER_STEP, MAKER_DONE, MAKER_GONE };

/* False when nobody takes it. */
bool maker_ask(int line, int zone_minutes);
/* What comes within `wait_ms`.  *ret is set for MAKER_STEP and MAKER_DONE; what is no answer
 * is MAKER_DONE, failed. */
enum maker_said maker_hear(int line, int wait_ms, struct maker_report *ret);
/* The process at the other end has ended. */
bool maker_gone(int line);

/* --- the maker's end -------------------------------------------------------------------- */

struct maker_plan {
    struct backup_source source; /* `now` is set for each */
    str folder;                  /* whole path */
    struct box_key key;
    struct keep_rules keep;
    err (*confine)(void *arg, struct arena *a); /* in the child, before anything is read */
    int64_t (*now)(void *arg);                  /* UTC ms */
    void *arg;
};

/* Works until the line ends. */
void maker_serve(int line, const struct maker_plan *plan);

#endif
