/* prom.h - a strict reader of Prometheus' text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), for tests: what
 * it accepts, `promtool check metrics` accepts too. */
#ifndef TESTS_SUPPORT_PROM_H
#define TESTS_SUPPORT_PROM_H

#include "base/arena.h"
#include "base/str.h"

/* Empty when the text is well formed; else what is wrong with which line.  Every
 * family has HELP and TYPE once and before its samples, which stand together; no
 * series twice; counters end in _total; histograms rise to le="+Inf", which is
 * their count. */
str prom_check(struct arena *a, str text);
/* The value of a series as it is written ("zhidu_health{check=\"disk\"}"). */
bool prom_value(str text, str series, double *ret);

#endif
