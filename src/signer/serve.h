/* serve.h - a signer at work: packets in, answers out, one after another.
 *
 * Two ways in, either or both:
 *   given    one connection handed over by whoever started the process; its end
 *            is the end of the work
 *   listens  a socket that takes connections from processes of one user only,
 *            as the kernel says who they are (SO_PEERCRED); others are let go
 *            without a word
 *
 * A connection that sends what is no request is answered with "form" and closed,
 * so is one that does not take its answers: nobody can hold the signer up.
 */
#ifndef SIGNER_SERVE_H
#define SIGNER_SERVE_H

#include "signer/signer.h"

#include <signal.h>
#include <sys/types.h>

struct signer_ways {
    int given;   /* -1: none */
    int listens; /* -1: none */
    uid_t peer;  /* of `listens` */
    const volatile sig_atomic_t *stop;
};

/* A socket at `path` that listens; an old one there is taken away.  ERR_STORE. */
MUST_CHECK err signer_listen(struct arena *a, const char *path, mode_t mode, int *ret);

/* Until the given connection ends or *stop is set. */
void signer_serve(struct signer *s, const struct signer_ways *ways);

#endif
