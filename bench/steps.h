/* steps.h - what statements cost in SQLite's own units: steps of its virtual
 * machine, rows it stepped over without an index, and pages it looked at.
 *
 * Unlike times they are the same in every run.  The linker puts the recorder
 * before sqlite3_reset, with which the store ends every statement it has run
 * (store/db_sqlite.c); between steps_begin and steps_end the statements of all
 * connections are added up.
 */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include "base/arena.h"
#include "base/str.h"

enum steps_whose { STEPS_MINE, STEPS_ALL }; /* of the thread that began, or of every thread */

struct steps {
    int64_t statements, vm, scan, pages;
    str dearest;        /* the statement with the most steps and pages */
    int64_t of_dearest; /* its steps and pages, of all its runs */
};

/* As one number: a page looked at counts like a step. */
static inline int64_t steps_cost(const struct steps *s)
{
    return s->vm + s->pages;
}

void steps_begin(enum steps_whose whose);
/* The text of ret->dearest lives in `a`. */
void steps_end(struct arena *a, struct steps *ret);

#endif
