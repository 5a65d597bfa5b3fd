/* look.h - can an upgraded copy be shown?  Its pages are made before it takes the place
 * of the data (backup/upgrade.h, `look`).
 *
 * Of each type some records drawn at random: the record's page, and once a type its list,
 * made by the handlers a server has, for the first of these who may see the record: the
 * administrators, who made it, the people it names, people with an account.  Bounded in
 * number and time (look.c); what was not looked at is counted, never taken for good.
 *
 * SQLite only, and not beside a server: the engine is opened on the copy, with neither a
 * signer nor a clock of its own.
 */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include "cli/cli.h"

struct look {
    const struct config *config;
    int64_t types;   /* of which at least one record was shown */
    int64_t records; /* shown */
    int64_t unseen;  /* drawn, but nobody asked may see them */
    int64_t pages;   /* made for it */
    bool cut_short;  /* the time was over first */
};

/* upgrade_plan.look; `arg` is a struct look, whose figures it sets.  An error says in
 * words which page of which record cannot be shown, and what to do. */
MUST_CHECK err look_at_pages(void *arg, struct arena *a, str copy);

#endif
