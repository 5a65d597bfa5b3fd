/* scorecard.h - how the regulations are kept, as a workbook (xlsx.h): the figures of the
 * pages, by regulation, by unit and by standard.
 *
 * Duties are in the sums of regulations, articles and units, and have two sheets of their own
 * beside the regulations: one by duty, one by post and person, of what the reader may see.  Each
 * has two sheets of data, a row for each regulation (unit, standard) and a row for each control
 * below it, and a sheet of notes; that of the regulations one more, of the articles that were never
 * lived.  Every row says its state in words, how many of how many, as of when and how long ago that
 * was.
 *
 * `kept` is true only of what is good (control_state_good, tally_good, standard_good, an item
 * that is ITEM_KEPT): never of what is empty, stale, in error or answered by people, and never
 * where there is no control.  Counts of what nobody judged are left empty: they are no zeros.
 */
#ifndef CONNECT_SCORECARD_H
#define CONNECT_SCORECARD_H

#include "engine/compliance.h"
#include "engine/compliance_lived.h"
#include "engine/compliance_unit.h"
#include "engine/duty_history.h"

/* Who has it made, for the notes. */
struct scorecard_by {
    str organisation, person;
};

/* Open files without a name, as xlsx_end.  `who`: of all duties, the last year. */
MUST_CHECK err scorecard_regulations(const struct ctx *ctx, const struct compliance *c,
                                     const struct lived *lived, const struct duty_history *who,
                                     const struct scorecard_by *by, int *ret_fd, int64_t *ret_size);
MUST_CHECK err scorecard_units(const struct ctx *ctx, const struct unit_state *list, size_t n,
                               int64_t as_of, const struct scorecard_by *by, int *ret_fd,
                               int64_t *ret_size);
/* `texts`: standards_load, for the items that no clause answers to. */
MUST_CHECK err scorecard_standards(const struct ctx *ctx, const struct standard_state *list,
                                   size_t n, const struct standard *texts, size_t ntexts,
                                   const struct scorecard_by *by, int *ret_fd, int64_t *ret_size);

#endif
