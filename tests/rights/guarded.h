/* guarded.h - effects from outside on actions that are guarded.
 *
 * For every action that is guarded, and every effect and demand by which another
 * regulation could touch it, a regulation of an intruder is written and laid
 * beside the others: the checker must refuse it, by that word.
 */
#ifndef TESTS_RIGHTS_GUARDED_H
#define TESTS_RIGHTS_GUARDED_H

#include "probe.h"

/* `served`: the definitions as they run; the probe's model says what is guarded. */
void probe_guarded(struct probe *p, const struct sources *served);

#endif
