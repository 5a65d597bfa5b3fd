/* rate.h - how often one may ask for what is expensive.
 *
 * Per kind and per whom: a person signed in, a token of the API, else the address
 * (IPv6 by /64).  A minute's allowance may be used at once and comes back evenly (the
 * generic cell rate algorithm, ITU-T I.371: one number a slot).  The table is bounded;
 * in a full row the slot that is fullest again makes room, so a flood of addresses can
 * only forget who was not limited anyhow.
 *
 * Who asks too often is answered 429 with Retry-After, in his language, and stands in
 * the security log.  Limits are of one node; they may change while the server runs.
 */
#ifndef WEB_RATE_H
#define WEB_RATE_H

#include "base/str.h"

struct arena;
struct rates;

enum rate {
    RATE_NONE,
    RATE_SIGN_IN,
    RATE_SEARCH,
    RATE_SUGGEST,
    RATE_EXPORT,
    RATE_UPLOAD,
    RATE_PING, /* of a heartbeat; of an address, where it knows none */
    RATE_COUNT
};

/* All without a limit, in `life`. */
struct rates *rates_make(struct arena *life);
/* 0: none. */
void rates_set(struct rates *r, enum rate kind, int per_minute);
/* Takes one; 0, or the seconds (>= 1) to wait.  From any thread.  now: UTC ms. */
int rate_take(struct rates *r, enum rate kind, uint64_t who, int64_t now);

/* For `who`: never 0. */
uint64_t rate_person(int64_t person);
uint64_t rate_token(int64_t token);
uint64_t rate_address(str peer);

#endif
