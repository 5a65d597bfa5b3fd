/* second.h - the second factor: a code of an authenticator app, asked for after the
 * password; recovery codes for the day the app is lost.
 *
 * Enrolment: begin (with the password) makes a key, which counts for nothing until
 * a code made from it was given (confirm).  Then every sign-in of this person asks
 * for a code on a page of its own.  A code is accepted once (totp.h).  Ten recovery
 * codes of 80 random bits are shown once, stored hashed, and each is good once in
 * place of a code.  Switching off takes password and code; an administrator can
 * reset somebody else's factor, which the person is told.
 *
 * Between password and code there is no session but a half one: a token of its own
 * in a cookie of its own, good for ten minutes, five tries, and nothing else.
 * Wrong codes slow the account down, from wherever they come: only who has the
 * password gets so far.
 *
 * Tables: second_factor(person, key sealed for second_factor|person|key, created_at,
 * confirmed_at null until it counts, last_step), recovery_code(hash of person and code,
 * person, used_at), half_session(token hash, person, until, tries, peer, agent),
 * second_reset(person, by_person 0: the command line, at).
 *
 * Which posts must have one stands in a setting of the regulation that keeps the
 * posts: signin.second_factor, text, positions separated by spaces, or "everyone"; what
 * is no position ("none") names nobody.
 * It is asked at sign-in; a session of somebody who must and has not leads to the
 * page of enrolment and nowhere else.
 *
 * Tokens of the API are made in a session and ask for no code.
 *
 * Where a code is checked and the key is lost: ERR_STORE, with words in `why`.
 */
#ifndef PEOPLE_SECOND_H
#define PEOPLE_SECOND_H

#include "people/people.h"

enum { SECOND_RECOVERY = 10, SECOND_TRIES = 5, SECOND_HALF_MS = 10 * 60 * 1000 };

enum second_state { SECOND_OFF, SECOND_BEGUN, SECOND_ON };
struct second {
    enum second_state state;
    int64_t since;              /* it counts; 0 */
    int64_t codes;              /* recovery codes left */
    int64_t reset_at, reset_by; /* the last reset by somebody else; 0 */
};

/* In two parts: asked along with a page's batch. */
int second_ask(struct batch *b, int64_t person);
struct second second_read(struct batch *b, int place);

/* Must the actor have one? */
MUST_CHECK err second_required(struct ctx *ctx, bool *ret);

/* Who acts on his own factor: the password is asked again, a code where there is one. */
struct second_owner {
    int64_t person;
    str password, code; /* code: six digits, or a recovery code, spaces and dashes as one likes */
    str peer, agent;    /* for the new session */
};

/* A key that waits for its first code; one that waited before is replaced.
 * ERR_VALUE for a wrong password, ERR_LIMIT when slowed down, ERR_CONFLICT when
 * there is one that counts; each with words. */
MUST_CHECK err second_begin(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                            const struct second_owner *o, struct words *why);
/* The key that waits, for the QR code; ERR_NOT_FOUND when none does. */
MUST_CHECK err second_waiting(struct accounts *p, struct db *db, struct arena *a, int64_t person,
                              str *ret_key);
/* The first code (o->password is not asked): the factor counts, all sessions of the
 * person end, and a new one begins (rights rise).  *ret_codes: the recovery codes, shown
 * never again; *ret: the new session. */
MUST_CHECK err second_confirm(struct accounts *p, struct arena *a, int64_t now,
                              const struct second_owner *o, struct words *why,
                              struct str_list *ret_codes, struct signed_in *ret);
/* Password and code; the factor, its codes and half sessions are gone. */
MUST_CHECK err second_off(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                          const struct second_owner *o, struct words *why);
/* Password and code; ten new recovery codes, the old ones are void. */
MUST_CHECK err second_codes(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                            const struct second_owner *o, struct words *why,
                            struct str_list *ret_codes);
/* By somebody else (0: the command line): factor, codes and sessions are gone; that it
 * was done stays.  ERR_DENIED for oneself. */
MUST_CHECK err second_reset(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                            int64_t by);

/* --- signing in --------------------------------------------------------------- */

/* The person of a half session that is still good; 0: none. */
MUST_CHECK err half_person(struct db *db, struct arena *a, int64_t now, str half, int64_t *ret);
/* ERR_SIGNIN: the half session is over, begin again; ERR_DENIED: wrong code;
 * ERR_LIMIT with ret->wait_s; ERR_STORE with words: the key is lost. */
MUST_CHECK err second_sign_in(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                              str half, str code, str peer, str agent, struct signed_in *ret,
                              struct words *why);

#endif
