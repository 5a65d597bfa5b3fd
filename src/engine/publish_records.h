/* publish_records.h - the records a new regulation brings along, entered to the last.
 *
 * A regulation is in force with one commit; its records.yaml follows as acts by auto, each
 * with a commit of its own.  That they are owed stands in the database (installation, key
 * records:REGULATION) from that first commit until the last of them: where the program ended
 * meanwhile, the next that opens the installation enters the rest (scenario_records_once).
 * A mistake of the text is told at its line and owed no longer: it would be one again. */
#ifndef ENGINE_PUBLISH_RECORDS_H
#define ENGINE_PUBLISH_RECORDS_H

#include "engine/engine.h"

/* In the transaction of the publication: of each that is new. */
MUST_CHECK err publish_records_owe(struct db *db, struct arena *a, const struct sources *s);
/* After it. */
MUST_CHECK err publish_records_bring(struct engine *e, struct arena *a, const struct sources *s,
                                     struct diags *d);
/* What is owed still, when the installation is opened.  What keeps it from being entered is
 * logged, and it is owed further: nobody is kept from working. */
void publish_records_resume(struct engine *e);

#endif
