/* plant.h - an installation filled with faults, through the one door.
 *
 * Every fault is an act_check and an act_submit as a request's would be, 64
 * under way at a time: six in ten were withdrawn since, two accepted, two stand
 * as reported, so that "newest open" has something to skip.
 */
#ifndef BENCH_PLANT_H
#define BENCH_PLANT_H

#include "cli/cli.h"

enum { PLANT_SAMPLE = 20000, PLANT_WAYS = 64 };

struct plant {
    struct arena life;
    struct config config;
    struct installation in;
    struct db *db; /* a reader */
    int64_t people[16];
    int npeople;
    int64_t desk; /* who withdraws and accepts */
    int64_t ids[PLANT_SAMPLE];
    int64_t nids;
    uint64_t dice;
    int64_t judge; /* of the wishes that are planted */
};

/* Opens the folder, which `zhidu init --demo` made. */
MUST_CHECK err plant_open(struct plant *p, str data, bool background);
/* Only these report from now on, instead of fifteen. */
MUST_CHECK err plant_reporters(struct plant *p, const char *const *logins, size_t n);
/* `only_reported`: acts of one kind, for the recorder of the write floor. */
MUST_CHECK err plant_faults(struct plant *p, int64_t n, bool only_reported);
/* Wishes (bench/regulations/consent) that wait for this person's vote. */
MUST_CHECK err plant_wishes(struct plant *p, int64_t n, const char *judge);
void plant_close(struct plant *p);

/* Texts that differ from each other, for requests too. */
str plant_summary(struct arena *a, uint64_t *dice);
str plant_description(struct arena *a, uint64_t *dice);
uint64_t plant_roll(uint64_t *dice, uint64_t sides);

#endif
