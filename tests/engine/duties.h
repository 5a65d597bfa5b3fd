/* duties.h - a house (house.h) with the register of duties, things to be looked after, checks that
 * end and notes that arrive, for tests of duties. */
#ifndef TESTS_ENGINE_DUTIES_H
#define TESTS_ENGINE_DUTIES_H

#include "engine/house.h"

#define MONTHLY                                                                                \
    "  monthly: {every: month, owner: post('keeper'), creates: check.begin,"                   \
    " with: {what: {zh: 月检, en: Monthly}}, due: setting('check.time'), grace: 2 workdays," \
    " missed: [{notify: {to: owner, zh: 误, en: Missed}}], clause: keeping, zh: 月, en: M}\n"

#define KINDS                                                                                      \
    "  w: {every: week, owner: post('keeper'), creates: check.begin, with: {what: \"'w'\"},"       \
    " clause: keeping, zh: 周, en: W}\n"                                                          \
    "  q: {every: quarter, owner: post('keeper'), creates: check.begin, with: {what: \"'q'\"},"    \
    " due: ends - 2d, clause: keeping, zh: 季, en: Q}\n"                                          \
    "  hy: {every: half_year, owner: post('keeper'), creates: check.begin, with: {what: \"'h'\"}," \
    " clause: keeping, zh: 半年, en: H}\n"                                                       \
    "  y: {every: year, owner: post('keeper'), creates: check.begin, with: {what: \"'y'\"},"       \
    " clause: keeping, zh: 年, en: Y}\n"                                                          \
    "  m: {every: 1 months, owner: post('keeper'), creates: check.begin, with: {what: \"'m'\"},"   \
    " clause: keeping, zh: 月, en: Mo}\n"                                                         \
    "  d: {every: 5 workdays, owner: post('keeper'), creates: check.begin, with: {what: \"'d'\"}," \
    " clause: keeping, zh: 五日, en: D}\n"

/* With these duties, lines below `duties:`. */
struct house duties_house(struct dbs *t, const char *duties);
/* The same, where only these see an occurrence: `see` of the register. */
struct house duties_house_seen(struct dbs *t, const char *see, const char *duties);
/* A moment of the house's zone: "2026-02-01T00:00". */
int64_t duties_at(const char *text);
/* The Spring Festival of 2026: off from the 15th to the 23rd, at work on Saturday 14 and 28. */
void duties_spring(struct house *h);

#endif
