/* people_int.h - what the C files of people/ share. */
#ifndef PEOPLE_PEOPLE_INT_H
#define PEOPLE_PEOPLE_INT_H

#include "people/people.h"

#include <pthread.h>
#include <semaphore.h>

enum { SLOW_SLOTS = 4096, TOKEN_BYTES = 32 };
enum { IDLE_MS = 8 * 3600 * 1000, SEEN_MS = 10 * 60 * 1000 };
#define SESSION_MS (7LL * 86400 * 1000)

/* Failures of one (account, network), by hash; the table is bounded and the
 * oldest makes room. */
struct slow {
    uint64_t key;
    int failures;
    int64_t last_ms;
};

struct accounts {
    struct engine *engine;
    struct secrets secrets;
    sem_t hashing; /* as many at once as there are cores */
    pthread_mutex_t lock;
    struct slow slow[SLOW_SLOTS];
    char dummy[128]; /* a hash nobody has: what an unknown name is checked against */
};

/* SHA-256 of a token: what is stored. */
str token_hash(struct arena *a, str token);
str token_random(struct arena *a); /* 32 random bytes, base64url */

/* "$argon2id$..." of a password; waits in the queue. */
MUST_CHECK err password_hash(struct accounts *p, struct arena *a, str password, str *ret);
bool password_matches(struct accounts *p, struct arena *a, str hash, str password);
/* What is wrong with it, or empty words. */
struct words password_weak(str password, str login);

/* Seconds to wait before this pair may try again; 0: at once. */
int slow_wait(struct accounts *p, str login, str peer, int64_t now);
void slow_note(struct accounts *p, str login, str peer, int64_t now, bool failed);

/* Logins are folded: ASCII letters in lower case. */
str login_fold(struct arena *a, str login);

#endif
