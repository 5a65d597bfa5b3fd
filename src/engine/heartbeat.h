/* heartbeat.h - the address at which a task reports by itself.
 *
 * The address ends in a secret of 256 random bits.  Its SHA-256 stands, as text, in field
 * `address` of the heartbeat (model/contract.h): who has the secret may report for that
 * heartbeat and nothing else, and nobody can make the secret from what is kept.  A new
 * address, or none, is an act like any other: then the old one is nobody's.
 */
#ifndef ENGINE_HEARTBEAT_H
#define ENGINE_HEARTBEAT_H

#include "engine/ctx.h"

enum { HEARTBEAT_SECRET = 43 /* characters: 32 bytes, base64url */ };

/* A new one; libsodium is ready once an engine is open. */
str heartbeat_secret(struct arena *a);
/* What is kept of it: 64 hex digits. */
str heartbeat_fingerprint(struct arena *a, str secret);
/* Whose it is: the active heartbeat.  ERR_NOT_FOUND: nobody's, whatever the reason. */
MUST_CHECK err heartbeat_find(const struct ctx *ctx, str secret, int64_t *ret);
/* Most characters that a report may bring as its body; 0: the installation has no heartbeats. */
int64_t heartbeat_body_max(const struct model *m);

#endif
