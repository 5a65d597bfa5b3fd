/* totp.h - one-time codes as authenticator apps make them: RFC 6238 over RFC 4226,
 * HMAC-SHA-1, six digits, a new one every thirty seconds (what every app knows).
 *
 * A step is the number of whole thirty seconds since 1970.  Of three steps (the
 * one before, this one, the next) any is right, so that a clock may be half a
 * minute off; a step that was used once, and every step before it, is not.
 */
#ifndef PEOPLE_TOTP_H
#define PEOPLE_TOTP_H

#include "base/str.h"

struct arena;

enum { TOTP_KEY_LEN = 20, TOTP_DIGITS = 6, TOTP_STEP_MS = 30000, TOTP_WINDOW = 1 };

/* The six digits of a step (>= 0). */
void totp_code(str key, int64_t step, char ret[TOTP_DIGITS + 1]);

/* Is `code` (six digits) right at `now` (UTC ms), and of a step after `last`?  Gives
 * the step.  Takes the same time for every code. */
bool totp_match(str key, int64_t now, int64_t last, str code, int64_t *ret_step);

/* What an app reads from a QR code (Key URI format of Google Authenticator):
 * "otpauth://totp/ISSUER:LOGIN?secret=...&issuer=...". */
str totp_uri(struct arena *a, str key, str issuer, str login);

/* RFC 4648 base32 of it, in capitals without padding: what is typed into an app. */
str totp_typed(struct arena *a, str key);

#endif
