#include "base/wake.h"

#include "base/clock.h"

#include <time.h>

void wake_make(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
}

bool wake_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_us)
{
    struct timespec t = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    return pthread_cond_timedwait(c, lock, &t) == 0;
}

bool wake_wait_for(pthread_cond_t *c, pthread_mutex_t *lock, int64_t us)
{
    return wake_wait(c, lock, clock_mono_us() + us);
}
