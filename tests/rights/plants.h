/* plants.h - holes made on purpose, to see that the probe finds them.
 *
 * Nothing of the product is changed: a hole is a definition that is served with
 * other words than the oracle reads, or a table of routes with another function
 * in one place - what web_options takes from outside anyway.
 */
#ifndef TESTS_RIGHTS_PLANTS_H
#define TESTS_RIGHTS_PLANTS_H

#include "probe.h"

/* Plants each hole into an installation of its own; returns how many were found
 * of how many, and prints them. */
int plants_found(struct dbs *t, int *ret_planted);

#endif
