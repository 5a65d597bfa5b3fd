/* wake.h - threads that sleep for a length of time, or until they are called.
 *
 * A pthread_cond_t made here keeps its time by the clock that never jumps
 * (clock_mono_us): a wall clock set back by a year lets nobody sleep for a year.
 * It is destroyed by pthread_cond_destroy, like any other.
 */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void wake_make(pthread_cond_t *c);
/* With `lock` held: until it is signalled, or clock_mono_us() reaches `until_us`;
 * false when the time is over.  May return true for no reason, as conditions do. */
bool wake_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_us);
/* The same for so many microseconds from now on. */
bool wake_wait_for(pthread_cond_t *c, pthread_mutex_t *lock, int64_t us);

#endif
