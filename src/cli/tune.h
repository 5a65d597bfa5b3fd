/* tune.h - what of the configuration may change while the server runs: the level
 * of the log, limits, proxies, who may read the figures, the certificate.
 *
 * Read whole before anything of it takes effect, so that a mistake leaves
 * everything as it was.  What was in effect before stays in memory until the
 * server ends: a request may be using it.
 */
#ifndef CLI_TUNE_H
#define CLI_TUNE_H

#include "http/http.h"

#include "cli/cli.h"
#include "web/probe.h"

struct tuning {
    struct http_limits limits;
    struct probe_rights probes;
    str cert, key;      /* PEM texts; empty: no TLS */
    int64_t cert_until; /* UTC ms; 0: no certificate */
};

/* Lives in c->arena.  ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_INVALID: a file of the certificate
 * cannot be read, has more than 256 KB, or holds none. */
MUST_CHECK err tune_read(struct cli *c, const struct config *k, struct tuning **ret);
/* Level and thresholds of the log, of the whole process. */
void tune_log(const struct config *k);

#endif
