/* maker.h - makes logs of the form of a service desk's, with whatever such logs
 * bring: other people, groups and categories, states left out or in an odd order,
 * unknown cells, lines of cases mixed up and out of order, lines twice, cells with
 * quotes, commas and line breaks, columns in another order.  And, when asked for,
 * lines that must be rejected; it counts what it planted.
 *
 * Everything comes from a seed.
 */
#ifndef TESTS_CONNECT_MAKER_H
#define TESTS_CONNECT_MAKER_H

#include "base/str.h"

#include <stdio.h>

struct made_log {
    uint64_t seed;
    int cases, lines_per_case; /* wanted: on average */
    bool planted;              /* also lines that must be rejected */
    bool plain;                /* columns in the usual order, no line breaks in cells */
    /* what was made */
    int64_t lines, twice, bad_state, bad_time, bad_form, no_key;
};

void maker_write(struct made_log *log, FILE *f);

#endif
