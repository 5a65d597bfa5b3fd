/* import.h - a history brought along: lines of a file become acts.
 *
 * The acts are the ordinary ones of the regulation, through the one door, each at
 * its original time and in the name of its original actor, marked ACT_IMPORT:
 * nobody is notified, no deadline of years ago fires.  Cases are taken in the order
 * of their first line.  Several lines of one case share a transaction with what
 * is noted of them (table import_line), so that
 *   - an import that was cut short goes on where it stood when it is run again;
 *   - a second run changes nothing: a line already noted is passed over.  A line
 *     noted as rejected stays so, unless `retry`;
 *   - whatever happens, a line is done once or not at all.
 * A case of the same key that this import did not make is left alone.
 *
 * Memory: 20 bytes a line and 48 a case of the file, and the lines of a few cases.
 */
#ifndef CONNECT_IMPORT_H
#define CONNECT_IMPORT_H

#include "connect/csv_file.h"
#include "connect/mapping.h"
#include "engine/engine.h"

enum {
    IMPORT_LINES_MAX = 20000000,
    IMPORT_CASE_MAX = 20000, /* lines of one case; those beyond are rejected */
    IMPORT_EXAMPLES = 5,
    IMPORT_TERMS = 8,
};

struct import_options {
    struct engine *engine;
    const struct mapping *mapping; /* bound to `file` */
    struct csv_file *file;
    str rejects;                              /* path, made with the first rejected line; */
    int (*open_rejects)(void *arg, str path); /* how: for writing, made when absent; NULL: open() */
    enum lang lang;
    bool dry_run; /* every case is performed and undone; nothing is written */
    bool retry;   /* lines an earlier run rejected are tried once more */
    FILE *out;    /* dry run: what would happen, line by line; NULL: nothing */
    /* Called now and then, about three times a second; false: stop (it can be gone on with). */
    bool (*progress)(void *arg, int64_t lines, int64_t total, int64_t acts);
    void *arg;
};

/* Each is counted where it happens; none is worked out from the others. */
struct import_counts {
    int64_t lines;     /* read, the first line not among them; blank ones neither */
    int64_t blank;     /* empty lines */
    int64_t effective; /* lines that led to an act */
    int64_t without;   /* lines without effect */
    int64_t rejected;  /* lines in the rejects file, whatever run rejected them */
    int64_t known;     /* lines an earlier run had dealt with (not the rejected ones) */
    int64_t again;     /* lines that say what an earlier line of their case says */
    int64_t foreign;   /* lines of cases that are there but not of this import */
    int64_t cases;     /* keys in the file */
    int64_t made;      /* cases made */
    int64_t foreign_cases;
    int64_t acts;          /* done, those that made people and units among them */
    int64_t people, units; /* made */
    int64_t moved;         /* times earlier than the act before, set to it */
    int64_t early;         /* lines rejected before (counted in rejected) */
};

/* What the former system said of being in time, beside our terms: a case is in time
 * when every run of them stopped by its end. */
struct import_compared {
    const struct term *term;                               /* NULL: all of the mapping's together */
    int64_t both_met, both_missed, only_theirs, only_ours; /* only_ours: ours says met */
    int64_t not_known;                                     /* one of the two says nothing */
    struct import_example {
        char number[48], key[48];
    } theirs[IMPORT_EXAMPLES], ours[IMPORT_EXAMPLES]; /* of the two that differ */
};

struct import_report {
    struct import_counts run;                          /* of this run */
    struct import_compared compared[IMPORT_TERMS + 1]; /* each term, then all together */
    size_t ncompared;
    bool stopped;
    int64_t job; /* its row among the jobs */
    int64_t ms;
    char rejects[256]; /* path, when there are any */
    char error[240];   /* of the error returned */
};

/* OK also when it was stopped.  An error: what was done until then stays, and
 * running it again goes on. */
MUST_CHECK err import_run(const struct import_options *o, struct import_report *ret);

/* In all runs together, from what was noted: lines, effective, without, rejected, made, acts,
 * people, units. */
MUST_CHECK err import_totals(const struct ctx *ctx, const struct mapping *m,
                             struct import_counts *ret);
/* Fills `compared`; nothing when the mapping compares nothing. */
MUST_CHECK err import_compare(const struct ctx *ctx, const struct mapping *m,
                              struct import_report *ret);
/* The report, for people. */
void import_print(FILE *f, enum lang lang, const struct mapping *m, const struct import_report *r,
                  const struct import_counts *all, bool dry_run);

#endif
