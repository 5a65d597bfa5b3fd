/* server.h - the product as a process of its own, with a data folder made for a
 * test: the demonstration's organisation, no cases. */
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H

#include "base/arena.h"
#include "base/str.h"

#include <sys/types.h>

#define SERVER_PASSWORD "zhidu-demo-2026" /* of everybody in the demonstration */

struct server {
    char data[128]; /* folder */
    char program[256];
    int port;
    pid_t pid;           /* 0: not running */
    char log[160];       /* file that gets what it prints and logs; empty: nobody does */
    int64_t ready_in_us; /* of the last start: until it took connections */
};

/* A port of the loopback that nobody listens on. */
int server_free_port(void);
/* Makes data folder and installation.  The program is $ZHIDU, or the one built
 * beside the program that asks.  Prints and exits when anything fails. */
struct server server_make(const char *data, int port);
/* The same for one test program: a folder of its own, in $ZHIDU_TEST_DIR or /tmp, and a free
 * port. */
struct server server_for(const char *test);
/* Starts it; waits until the port answers when `ready`. */
void server_start(struct server *s, bool ready);
/* Sends the signal and waits for the end; returns the exit status. */
int server_stop(struct server *s, int signal);
/* Runs `zhidu ARGS... --data DIR` and gives what it printed; exits when it fails. */
str server_run(struct server *s, struct arena *a, const char *const *args);
/* ... and gives its exit status too. */
str server_try(struct server *s, struct arena *a, const char *const *args, int *status);
/* The process that holds the ledger's key; 0: none now. */
pid_t server_signer(const struct server *s);
void server_remove(struct server *s); /* stops it, takes the folder away */

#endif
