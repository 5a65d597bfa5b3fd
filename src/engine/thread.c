/* thread.c - a turn each second. */
#include "engine/thread.h"

#include "base/wake.h"
#include "engine/engine_int.h"

#include <time.h>

enum { TURN_US = 1000000, STEP_US = 50000 };

bool engine_stopping(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    bool yes = e->stopped;
    pthread_mutex_unlock(&e->lock);
    return yes;
}

void engine_pause(struct engine *e, int64_t us)
{
    while (us > 0 && !engine_stopping(e)) {
        int64_t step = us < STEP_US ? us : STEP_US;
        struct timespec t = {.tv_nsec = step * 1000};
        nanosleep(&t, NULL);
        us -= step;
    }
}

static void *background(void *arg)
{
    struct engine_thread *t = arg;
    struct engine *e = t->e;
    pthread_mutex_lock(&e->lock);
    while (!e->stopped) {
        wake_wait_for(&t->wake, &e->lock, t->every_us ? t->every_us : TURN_US);
        if (e->stopped) {
            break;
        }
        pthread_mutex_unlock(&e->lock);
        t->turn(t->arg);
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    if (t->end) {
        t->end(t->arg);
    }
    return NULL;
}

err engine_thread_start(struct engine_thread *t, str what)
{
    wake_make(&t->wake);
    if (pthread_create(&t->thread, NULL, background, t) != 0) {
        pthread_cond_destroy(&t->wake);
        return err_make(ERR_STORE, what);
    }
    t->started = true;
    return OK;
}

void engine_thread_stop(struct engine_thread *t)
{
    if (!t->started) {
        return;
    }
    pthread_mutex_lock(&t->e->lock);
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->e->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->wake);
    t->started = false;
}
