/* probe.h - what machines ask: alive, ready, figures.
 *
 *   /healthz   200 "ok": a worker answers.  No database is asked.
 *   /readyz    200 "ready", or 503 and one line for each reason: stopping, the
 *              database does not answer, its data needs a newer program
 *              (min_binary), or a check that is needed is bad (base/health.h)
 *   /metrics   figures as Prometheus reads them: text exposition format 0.0.4
 *
 * Who may ask: the machine itself (a loopback address, and no header that says
 * the request was forwarded), listed addresses, and who brings the token as
 * "Authorization: Bearer ...".  Everybody else is answered 403, which says what
 * would allow it.  Nothing personal is told: names of checks, states, numbers.
 */
#ifndef WEB_PROBE_H
#define WEB_PROBE_H

#include "web/visit.h"

/* May change while the server runs: app.probes points to the newest. */
struct probe_rights {
    struct http_params addresses; /* .name */
    str token;                    /* empty: none */
};

void probe_alive(struct visit *v);
void probe_ready(struct visit *v);
void probe_metrics(struct visit *v);

#endif
