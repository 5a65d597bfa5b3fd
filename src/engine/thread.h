/* thread.h - a thread of the engine that takes a turn each second, or as it says, until the engine
 * stops.
 *
 * What time moves (clock.c), what is judged (control_clock.c) and what is verified
 * (control_self.c) each have one of their own, so that none waits for another.  engine_stop
 * sets `stopped` before it stops them; a turn that takes long asks for that itself.
 */
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct engine;

/* Is it stopping?  For a turn that takes long, on any thread. */
bool engine_stopping(struct engine *e);
/* Does nothing for so many microseconds, or until the engine stops: for a turn that lets others
 * go first. */
void engine_pause(struct engine *e, int64_t us);

struct engine_thread {
    struct engine *e;
    void (*turn)(void *arg);
    void (*end)(void *arg); /* on the thread, after its last turn; NULL: nothing */
    void *arg;
    int64_t every_us; /* between turns; 0: a second */
    pthread_t thread;
    pthread_cond_t wake; /* under the engine's lock */
    bool started;
};

/* e, turn, end, arg and every_us are filled in.  ERR_STORE when there is no thread to be had;
 * `what` says whose it was to be, for the log. */
MUST_CHECK err engine_thread_start(struct engine_thread *t, str what);
/* Waits for its turn to end.  Safe on one that was not started, and twice. */
void engine_thread_stop(struct engine_thread *t);

#endif
