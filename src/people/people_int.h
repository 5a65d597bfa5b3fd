/* people_int.h - what the C files of people/ share. */
#ifndef PEOPLE_PEOPLE_INT_H
#define PEOPLE_PEOPLE_INT_H

#include "base/uid.h"
#include "people/people.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { SLOW_SLOTS = 4096, TOKEN_BYTES = 32 };
enum { IDLE_MS = 8 * 3600 * 1000, SEEN_MS = 10 * 60 * 1000 };
#define SESSION_MS (7LL * 86400 * 1000)

/* Added to account.lang while the person has not chosen a language: it is that of the
 * door he came in by last. */
enum { LANG_OF_DOOR = 2 };

/* Failures of one (account, network), by hash; the table is bounded and the
 * oldest makes room. */
struct slow {
    uint64_t key;
    int failures;
    int64_t last_ms;
};

/* A row of the security log within its minute, and what is not written of it yet. */
struct noted {
    uint64_t key;
    int64_t id, began, last, more;
};
enum { SECURITY_SLOTS = 512, SECURITY_PEER = 64, SECURITY_DETAIL = 200 };
struct security {
    pthread_mutex_t lock;
    struct noted slots[SECURITY_SLOTS];
    struct uid_state ids;
    int64_t minute, rows; /* new ones since then */
    int64_t purged, days;
};

struct accounts {
    struct engine *engine;
    struct security security;
    struct secrets secrets;
    sem_t hashing; /* as many at once as there are cores */
    int queue_max; /* hashing or waiting for it */
    atomic_int queued;
    struct health *health;               /* NULL: nobody watches */
    int64_t swept;                       /* people_turn's thread only */
    _Atomic int64_t counted, counted_at; /* people_sessions */
    pthread_mutex_t lock;
    struct slow slow[SLOW_SLOTS];
    char dummy[128]; /* a hash nobody has: what an unknown name is checked against */
};

/* Is there a register of people?  Then account c joins the active ones, as p. */
bool people_are_kept(const struct model *m);
void join_active(struct sqlb *q, const struct model *m);

/* A session to be: hash of its token, made by session_new. */
struct new_session {
    int64_t person, now;
    str hash, csrf, peer, agent;
    bool must_second;
    enum lang lang; /* of the door; session_new leaves it to its caller */
};
/* Its token is *ret_token; texts are cut to what is kept. */
struct new_session session_new(struct arena *a, int64_t person, int64_t now, str peer, str agent,
                               str *ret_token);
void add_session(struct batch *b, const struct new_session *s);
/* Sessions and half sessions of a person. */
void add_end_sessions(struct batch *b, int64_t person);

/* The person's own password, once more: ERR_VALUE or ERR_LIMIT, with words; ERR_BUSY as
 * below. */
MUST_CHECK err password_again(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                              int64_t person, str password, str *ret_login, struct words *why);

/* Where the key of a person's second factor stands. */
struct secret_place people_second_place(int64_t person);

/* SHA-256 of a token: what is stored. */
str token_hash(struct arena *a, str token);
str token_random(struct arena *a); /* 32 random bytes, base64url */

/* "$argon2id$..." of a password; waits in the queue.  ERR_BUSY: that is long, or there is no
 * memory. */
/* A hash in the form of password_hash that no password has, its bytes being random: to be checked
 * against, which takes as long as with anybody's.  Made without hashing, which a start would wait
 * for. */
void password_of_nobody(char *ret, size_t size);
MUST_CHECK err password_hash(struct accounts *p, struct arena *a, str password, str *ret);
/* An empty hash costs the same and matches nothing.  ERR_BUSY: the queue is long. */
MUST_CHECK err password_matches(struct accounts *p, struct arena *a, str hash, str password,
                                bool *ret);
/* What is wrong with it, or empty words. */
struct words password_weak(str password, str login);

/* IPv4 by /24, IPv6 by /64, as text. */
str network_of(str peer);
/* Seconds to wait before this pair may try again; 0: at once. */
int slow_wait(struct accounts *p, str login, str peer, int64_t now);
void slow_note(struct accounts *p, str login, str peer, int64_t now, bool failed);

/* Logins are folded: ASCII letters in lower case. */
str login_fold(struct arena *a, str login);

#endif
