/* watch.h - what a running server watches beside its engine: the disk, the keys,
 * the certificate, the machine's clock, its own memory.
 *
 * Adds its checks and figures to the registry (base/health.h).  watch_turn is
 * called by the serving thread every few seconds; the checks themselves only
 * read what it found, or ask the kernel.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "base/err.h"

#define WATCH_VERIFIED "verified" /* file of the data folder: what `ledger verify` found last */

struct cli;
struct health;
struct watch;

/* `c`: with its engine and accounts open; it must outlive the registry's last use.  *ret lives
 * in c->arena. */
struct watch *watch_make(struct cli *c, struct health *h);
/* Compares the machine's clock with the monotonic one: a jump since the last turn shows. */
void watch_turn(struct watch *w);
/* The end of the certificate in use now, UTC ms; 0: there is none. */
void watch_certificate(struct watch *w, int64_t until);
/* How the last reading of the configuration went: what was wrong with it, and what
 * of it waits for a restart. */
void watch_configuration(struct watch *w, str mistake, str later);
/* The end of a certificate's life, UTC ms; ERR_INVALID when it is none. */
MUST_CHECK err watch_certificate_end(str pem, int64_t *ret_until);

#endif
