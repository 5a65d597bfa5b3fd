/* schedule.h - the backups a running server makes by itself.
 *
 * A thread of its own decides when: at a time of the day in the installation's zone it
 * asks the process that makes them (maker.h) for a backup, which is verified like every
 * other (backup.h); what need not stay is removed (keep.h).  One that was missed because
 * nobody was running is made at once; one that failed is tried again an hour later.
 *
 * What became of the last one is kept in <data>/backup.state, so that it is
 * known after a restart, and shown by the health check "backup": nothing set
 * up, the maker gone, failed and why, late, incomplete, or well.  Figures: backup_age_seconds,
 * backup_bytes, backup_missing_attachments, backup_failures_total.
 */
#ifndef BACKUP_SCHEDULE_H
#define BACKUP_SCHEDULE_H

#include "engine/engine.h"

struct health;
struct schedule;

struct schedule_plan {
    str data_dir; /* for backup.state */
    str database; /* URL; where several nodes share one, each backup is made by one of them
                     (claim.h) */
    int maker;    /* line to the process that makes them; -1: no folder is set, none are made, and
                     the check says so */
    int minute;   /* of the day */
    bool demo;    /* needs no backups */
};

/* "02:30" as minutes of the day. */
bool schedule_time_parse(str s, int *ret_minute);
/* The last moment at or before `now` at which a backup was due. */
int64_t schedule_due(int64_t now, int minute, int zone_minutes);

/* Starts the thread where there is a maker.  `life`, engine and registry outlive
 * it. */
MUST_CHECK err schedule_start(struct arena *life, struct engine *e, struct health *h,
                              const struct schedule_plan *plan, struct schedule **ret);
/* Ends it; a backup in work is given up. */
void schedule_stop(struct schedule *s);

#endif
