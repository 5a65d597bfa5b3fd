/* torture.h - people at work on a real server, what must be there afterwards, and
 * what everybody is told meanwhile.
 *
 * One installation a torture: signed-in people report faults, accept and withdraw
 * them through the API, each act under an idempotency key.  What was acknowledged
 * is noted; what got no answer, or a refusal of the machine (503), is sent again
 * under its key until it is acknowledged.  held_check then finds everything that
 * was acknowledged exactly once, with the id, number and act it was told with.
 *
 * A torture ends the program (die) at the first thing that is not so: the data
 * folder is left for whoever wants to know why.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

#include "support/client.h"
#include "support/server.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PEOPLE = 8 };

enum what { REPORT, ACCEPT, WITHDRAW };

struct acked;
struct torture;

struct person { /* one connection; one act at a time */
    pthread_t thread;
    struct torture *all;
    struct arena a;
    struct client c;
    enum what what; /* what is on its way, or comes next */
    bool on_its_way;
    int64_t key, record;
};

/* Figures of one part; counted under the lock. */
struct counts {
    int64_t acked, again, repeated; /* acts; sent again; of them had happened */
    int64_t busy, full;             /* answers 503; of them about the disk */
    int64_t wordless;               /* 503 without a sentence or without Retry-After */
    int64_t sentences;              /* of the health page, compared */
};

struct torture {
    struct server server;
    struct arena life;
    char url[300];          /* of the database, for this program */
    str staff, desk, chief; /* tokens: reports, accepts, administers */
    str admin_zh, admin_en; /* Cookie lines of two administrators */
    str page;               /* Cookie line of one who reports */
    struct person people[PEOPLE];
    atomic_bool stop;
    atomic_bool finish;   /* ... when nothing is on its way any more */
    atomic_bool patient;  /* a connection that ends is opened again */
    long pace_us;         /* between two acts of a person */
    atomic_bool trouble;  /* an answer 500 is in order */
    pthread_mutex_t lock; /* of what follows */
    struct acked *acked;
    int64_t nacked, nchecked, next_key;
    struct counts n;
    unsigned dice;
    char disk[160]; /* the small disk it stands on; empty: none */
};

/* --- say.c: small things --------------------------------------------------------- */

_Noreturn void die(const char *what, int64_t n, str said);
void pause_us(long us);
/* Between low and high, by the dice. */
long roll(struct torture *t, long low, long high);
int64_t mono_ms(void);
/* The value of a key in a flat JSON object. */
str json_part(str body, const char *key);
/* One request on a connection of its own; status 0: no answer. */
struct client_answer ask(struct torture *t, struct arena *a, str request);
struct client_answer get(struct torture *t, struct arena *a, const char *path, str headers);
/* An act through the API, under the key `key` ("": none). */
struct client_answer act(struct torture *t, struct arena *a, str token, const char *path,
                         const char *key, str json);

/* --- town.c: an installation ------------------------------------------------------- */

/* Makes it: data folder, tokens, two administrators of whom one reads English.  `url`
 * NULL: SQLite. */
void town_make(struct torture *t, const char *data, int port, const char *url);
void town_end(struct torture *t);
/* New sessions for those who look at pages. */
void town_sign_in(struct torture *t);
/* Starts the server, and makes connections anew. */
void town_start(struct torture *t);

/* --- load.c: people at work -------------------------------------------------------- */

void load_start(struct torture *t);
void load_stop(struct torture *t);
/* What is on its way is sent until it is acknowledged, then they stop. */
void load_finish(struct torture *t);
int64_t load_acked(struct torture *t);
int64_t load_full(struct torture *t); /* answers so far that spoke of the disk */
int64_t load_busy(struct torture *t);
/* Waits until more is acknowledged than `before`. */
void load_goes_on(struct torture *t, const char *after_what);

/* --- held.c: what must be there ------------------------------------------------------ */

struct db *held_look(struct torture *t, struct arena *a);
int64_t held_number(struct db *db, struct arena *a, struct sql sql, struct db_args args);
/* Everything acknowledged, or what came since the last time. */
void held_check(struct torture *t, bool all);
int64_t held_numbers(struct torture *t); /* how many faults */
void held_ledger(struct torture *t);
/* All three. */
void held_all(struct torture *t);

/* --- says.c: what is said ------------------------------------------------------------ */

/* Until the health page says so in both languages; each text is a piece of what is shown,
 * the second of each pair of what to do ("" where nothing is to be done). */
void says(struct torture *t, const char *zh, const char *zh_remedy, const char *en,
          const char *en_remedy);
/* The page of a form that is sent while nothing can be written says `zh`. */
void says_page(struct torture *t, const char *zh);
/* What is kept for reading still opens: lists, a record, the home page. */
void reads(struct torture *t);

/* Reports a fault with a file of 3 MB; the answer's status, 0: none.  Its text says that the
 * disk is full, or that the server is busy, where it is 503: else it dies. */
int load_upload(struct torture *t, struct arena *a);

/* --- midway.c: what a kill meets half done ------------------------------------------ */

struct midway {
    char folder[160]; /* regulations that are revised and published */
    struct torture *all;
    pid_t pid; /* of a publication; 0: none */
    pthread_t thread;
    bool uploading;
    int64_t revisions, publications, published, uploads, stored;
};

void midway_begin(struct torture *t, struct midway *m);
void midway_publish(struct torture *t, struct midway *m); /* both are under way when they return, */
void midway_upload(struct torture *t, struct midway *m);
void midway_over(struct midway *m);                     /* and ended after this */
void midway_check(struct torture *t, struct midway *m); /* while the server runs */

/* --- room.c: a small disk ---------------------------------------------------------- */

/* Mounts one; false where that is not permitted, with errno. */
bool room_make(const char *dir, int mb);
void room_end(const char *dir);
void room_fill(struct torture *t, const char *dir); /* but for up to 40 pages, by the dice */
void room_free(const char *dir);

/* --- the parts ----------------------------------------------------------------------- */

void part_kill(struct torture *t, int rounds, int signers); /* kill.c */
/* disk.c; makes its own installation. */
void part_disk(struct torture *t, const char *data, int port, int times);

/* pg.c; likewise, on a PostgreSQL of its own.  `seconds`: how long that is away. */
void part_pg(struct torture *t, const char *data, int port, int rounds, int seconds);

void part_limits(struct torture *t, int rounds); /* limits.c: memory, files */
void part_clock(struct torture *t, int rounds);  /* jump.c: the machine's clock */
void part_timers(struct torture *t, int rounds); /* timers.c: kills when something falls due */

#endif
