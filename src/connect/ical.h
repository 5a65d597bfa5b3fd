/* ical.h - a list of days for calendar programs: RFC 5545, written.
 *
 * Every entry is a whole day that takes no time of anybody's (TRANSP:TRANSPARENT).
 * Lines end in CR LF and are folded at 75 octets, never inside a character (3.1);
 * in texts \ ; , and line ends are escaped (3.3.11), other control characters left out.
 */
#ifndef CONNECT_ICAL_H
#define CONNECT_ICAL_H

#include "base/buf.h"
#include "engine/ctx.h"

struct ical_day {
    str uid;     /* the same in every edition of the calendar, and in no other's */
    int64_t day; /* day number */
    str summary, description;
    str url;        /* absolute; empty: none */
    bool cancelled; /* it was to be, and is not */
    bool tentative; /* it is expected to be */
};

/* `name`: what programs call the calendar. */
void ical_begin(struct buf *b, str name);
/* `now`, UTC ms: when the entry was written down. */
void ical_put(struct buf *b, const struct ical_day *d, int64_t now);
void ical_end(struct buf *b);

/* The days on which something is owed, of what ctx->actor may see: due from ICAL_BACK_DAYS ago
 * on, at most ICAL_MOST; and for ICAL_AHEAD_DAYS what is foreseen, by day and duty, with the page
 * of the duty.  What is too much for either is left out, and an entry of today says so.
 * `public_url`: our own address, or empty.  The text lives in ctx->arena. */
enum { ICAL_BACK_DAYS = 60, ICAL_MOST = 2000, ICAL_AHEAD_DAYS = 90 };
MUST_CHECK err ical_duties(const struct ctx *ctx, str public_url, str organisation, bool mine,
                           str *ret);

#endif
