/* seat.c - what a worker owns: a connection for reading, opened again when it was lost. */
#include "base/arena.h"
#include "base/clock.h"

#include "web/visit_int.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONN_ARENA = 64 << 20, AGAIN_US = 200000, FIRST_TRIES = 150 };

void seat_end(void *app, void *local)
{
    struct seat *seat = local;
    (void)app;
    arena_end(&seat->lives[0]);
    arena_end(&seat->lives[1]);
    free(seat);
}

void seat_idle(void *app, void *local)
{
    struct seat *seat = local;
    (void)app;
    db_rest(seat->db);
    malloc_trim(0);
}

void *seat_start(void *app_, int worker)
{
    struct app *app = app_;
    struct seat *seat = calloc(1, sizeof(*seat));
    (void)worker;
    if (!seat) {
        abort();
    }
    seat->lives[0] = arena_make(CONN_ARENA);
    seat->lives[1] = arena_make(CONN_ARENA);
    err e = engine_reader(app->engine, &seat->lives[0], &seat->db);
    struct timespec pause = {.tv_nsec = AGAIN_US * 1000L};
    for (int i = 0; e.code && i < FIRST_TRIES; i++) { /* it may just be restarted */
        nanosleep(&pause, NULL);
        arena_reset(&seat->lives[0]);
        e = engine_reader(app->engine, &seat->lives[0], &seat->db);
    }
    if (e.code) {
        fprintf(stderr, "a worker cannot open the database: %.*s\n", STR_ARG(e.detail));
        abort();
    }
    return seat;
}

void seat_ready(struct app *app, struct seat *seat)
{
    if (!db_lost(seat->db) || clock_mono_us() < seat->again_us) {
        return;
    }
    struct db *db;
    struct arena *life = &seat->lives[!seat->at];
    if (engine_reader(app->engine, life, &db).code) {
        arena_reset(life);
        seat->again_us = clock_mono_us() + AGAIN_US;
        return;
    }
    seat->db = db;
    arena_reset(&seat->lives[seat->at]); /* closes the lost one */
    seat->at = !seat->at;
}
