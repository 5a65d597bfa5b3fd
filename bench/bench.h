/* bench.h - what the files of the bench share: its options, its processes, its rounds. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "ask.h"
#include "floor.h"
#include "plant.h"

#include <stdio.h>

enum { WRITE_RECORD = 6000, ROUNDS_MAX = 15 };

struct bench {
    struct arena life;
    str data, zhidu;
    str database; /* PostgreSQL; empty: a file of SQLite in `data` */
    int64_t faults, seconds_ms, rounds, port;
    const char *const *reporters; /* NULL: fifteen */
    size_t nreporters;
    pid_t server, floor;
    double cold_s;
    struct plant *plant;
    struct caller ask;
    struct db *copy; /* of the database, for the write floor */
    struct arena copy_life, copy_work;
    bool failed;
};

/* Both say what is wrong, and return 1. */
int bench_fail(struct bench *b, const char *what);
int bench_fail_err(struct bench *b, const char *what, err e);

/* --- processes (process.c) --------------------------------------------------------------- */

bool process_run(char *const argv[]);
void process_end(pid_t *pid);
/* The server on b->data at b->port, and the HTTP floor at the next one: the first page is
 * answered. */
bool start_server(struct bench *b);
bool start_floor(struct bench *b);
/* The demonstration organisation, where b->data holds none. */
bool make_data(struct bench *b);
/* Publishes what is new in this folder. */
bool publish_folder(struct bench *b, str folder);

/* --- rounds (measure.c) --------------------------------------------------------------------- */

struct kind {
    const char *name;
    size_t (*make)(void *, int, int64_t, char *, size_t);
    void (*took)(void *, int, const struct load_answer *);
    int expect;
    bool floor;
    double share;             /* wanted of the HTTP floor; 0: not said */
    double above[2];          /* µs above the floor at 20,000 and at 1,000,000 */
    struct load_result r, fl; /* the middle round */
};
/* b->rounds of b->seconds_ms each, in turn with the floor; keeps the middle one. */
bool measure(struct bench *b, struct kind *k, int conns);
void print_head(int conns);
void print_kind(const struct kind *k);
/* `only`: the first word of one of them, or empty. */
bool measure_reads(struct bench *b, int conns, str only);
/* Creates and the write floor in turn; then transitions. */
bool measure_writes(struct bench *b, int conns);

#endif
