/* client.h - a client that can do what no decent client does: it sends bytes,
 * and reads one response at a time. */
#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

#include "base/arena.h"
#include "base/str.h"

struct client {
    int port;
    int fd;         /* -1: not connected */
    int timeout_ms; /* of each read; 0: 60,000 */
    char *in;       /* received and not consumed */
    size_t have, cap;
};

struct client_answer {
    int status; /* 0: the connection ended without one */
    str head;   /* status line and headers */
    str body;
};

struct client client_make(int port);
void client_close(struct client *c);
/* Connects to 127.0.0.1 when it is not connected. */
bool client_open(struct client *c);
bool client_send(struct client *c, str bytes);
/* The next response, in the arena; false when the connection ended (or the time
 * passed) before it was complete. */
bool client_read(struct client *c, struct arena *a, struct client_answer *ret);
/* Sends and reads; connects first.  A connection that had been kept and is found
 * closed is opened once more. */
bool client_ask(struct client *c, struct arena *a, str request, struct client_answer *ret);
/* Has the other side closed, within so many ms? */
bool client_ended(struct client *c, int within_ms);
/* A header of the answer, without white space around it; empty when absent. */
str client_header(const struct client_answer *r, str name);

#endif
