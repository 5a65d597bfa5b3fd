/* people.h - accounts, passwords, sessions, tokens.
 *
 * The person is a record of a regulation; what lets him in is here and only
 * here.  Nothing of this layer is shown to anybody but its owner.
 *
 * Tables (db_migrate, people_migrations):
 *   account(person ID, login unique folded, hash, must_change, disabled, lang, theme,
 *           created_at, changed_at); lang: enum lang, and 2 more while its person has
 *           chosen none, so that it follows the door
 *   session(token blob pk: SHA-256 of the token, person, created_at, seen_at coarse,
 *           idle_until, until, csrf, peer, agent, must_second); idle_until is never later
 *           than until
 *   token(id ID, person, name, hash unique, scopes, created_at, until, used_at)
 *
 * Passwords: argon2id (19 MiB, t=2) in a queue no wider than the cores.
 * Unknown names and wrong passwords answer alike and cost alike.  Repeated
 * failures slow (account, network) down; nothing from outside locks an account.
 * Writing goes through the engine's writer.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "engine/engine.h"
#include "store/secret.h"

struct accounts;
struct health;

struct session {
    int64_t person;
    str name; /* the person record's */
    str login;
    str csrf; /* 32 hex digits, of this session */
    enum lang lang;
    str theme;                     /* "", "light", "dark" */
    bool must_change, must_second; /* the password, enrol a second factor: first of all */
    int64_t seen_at;               /* coarse */
    struct access reading;         /* he only reads (engine/reading.h) */
    /* API tokens: */
    bool token;
    str scopes; /* space separated: read write admin */
    int64_t id; /* of the token */
};

const struct migration *people_migrations(size_t *n);

/* Hashes one password for itself: about 30 ms.  Ends with `life`, before the engine does. */
MUST_CHECK err people_open(struct arena *life, struct engine *e, struct accounts **ret);
/* The key of second factors; without it none can be enrolled or asked for. */
void people_use_secrets(struct accounts *p, const struct secrets *s);
const struct secrets *people_secrets(const struct accounts *p);
/* Any value sealed in the tables of this layer, for secrets_open; empty: none yet. */
MUST_CHECK err people_sealed(struct db *db, struct arena *a, str *ret);
/* Opens every such value; with `write`, those that are not under the first key are
 * sealed anew, some hundred a transaction: it may be cut off anywhere and begun again.
 * On a connection of the caller's, in no transaction; no other program writes. */
struct people_sealing {
    int64_t values;
    int64_t again;  /* under another key than the first (when they were read) */
    int64_t broken; /* that do not open */
    int64_t person; /* whose the first of them is; 0: none */
};
MUST_CHECK err people_reseal(struct db *db, const struct secrets *s, bool write,
                             struct people_sealing *ret);

/* How many sign-ins and lines of the security log would lose address and program when somebody's
 * data are erased, and how many lines must still be kept. */
MUST_CHECK err people_traces(const struct ctx *ctx, int64_t person, int64_t *gone, int64_t *kept);

/* The session of a cookie, asked in the page's first batch: no trip of its own.
 * An ended, expired or unknown one gives false. */
struct session_ask {
    int place;
};
struct session_ask session_ask(const struct ctx *ctx, struct batch *b, str token);
bool session_read(const struct ctx *ctx, struct batch *b, struct session_ask ask,
                  struct session *ret);
/* "Bearer ..." of the API, the same way. */
struct session_ask token_ask(const struct ctx *ctx, struct batch *b, str token);
bool token_read(const struct ctx *ctx, struct batch *b, struct session_ask ask,
                struct session *ret);

/* The session or token is in use: keeps it from running out of its idle limit.
 * A fact for the writer, told once in ten minutes and not waited for. */
void people_seen(struct accounts *p, const struct ctx *ctx, const struct session *s, str token);

/* Checks a password on the caller's thread (about 30 ms, in the queue) and makes
 * a session; `db` is a reader.  Where the account has a second factor it is a half
 * session only (second.h).  ERR_DENIED for any wrong pair, and for who has left;
 * ERR_LIMIT with ret->wait_s when slowed down; ERR_BUSY when the queue is long. */
struct sign_in {
    str login, password, peer, agent;
    enum lang lang; /* of the door: his, until he chooses one */
};
struct signed_in {
    str token;
    str csrf;   /* of a session */
    bool half;  /* a code is wanted: second_sign_in */
    int wait_s; /* of ERR_LIMIT */
};
MUST_CHECK err people_sign_in(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                              const struct sign_in *in, struct signed_in *ret);
/* What to say about wait_s. */
struct words people_slow_words(struct arena *a, int wait_s);
MUST_CHECK err people_sign_out(struct accounts *p, struct arena *a, int64_t now, str token);
/* A new password; ends all other sessions.  ERR_VALUE with words in `why` when
 * it is too weak (shorter than 10 characters, contains the login, or is among
 * the common ones) or `old` is wrong. */
MUST_CHECK err people_set_password(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                                   int64_t person, str old, str fresh, struct words *why);
/* The name by which somebody signs in, in two parts: asked along with a page's batch; "": by
 * none yet. */
int people_login_ask(struct batch *b, int64_t person);
str people_login_read(struct batch *b, int place);
/* By an administrator or the command line: creates the account or resets it;
 * the person must change it at the next sign-in. */
MUST_CHECK err people_set_account(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                                  str login, str password, bool must_change, struct words *why);
/* The login of one of the `most` oldest accounts that this password still opens; empty:
 * none does.  About 30 ms each. */
MUST_CHECK err people_with_password(struct accounts *p, struct db *db, struct arena *a,
                                    str password, int most, str *ret_login);
MUST_CHECK err people_set_preferences(struct accounts *p, struct arena *a, int64_t now,
                                      int64_t person, enum lang lang, str theme);
/* Ends all sessions and tokens of somebody: on leaving, on demand. */
MUST_CHECK err people_end_sessions(struct accounts *p, struct arena *a, int64_t now,
                                   int64_t person);

/* Adds the check "posts": do different people administer, audit and protect?  Before the
 * first people_turn, which looks once a minute. */
void people_health(struct accounts *p, struct health *h);
/* Every few seconds: what is over is taken away (once a minute: sessions that ended,
 * sessions and tokens of who has left, so that coming back revives none), and
 * security_turn. */
void people_turn(struct accounts *p, int64_t now);

struct token_row {
    int64_t id, created_at, until, used_at;
    str name, scopes;
};
/* Of the API; *ret_token is told once, stored is its hash.  until: UTC ms. */
MUST_CHECK err token_make(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                          str name, str scopes, int64_t until, str *ret_token);
/* One's own, in two parts: asked along with a page's batch. */
struct token_rows {
    const struct token_row *ptr;
    size_t len;
};
int token_list_ask(struct batch *b, int64_t person);
struct token_rows token_list_read(struct batch *b, int place, struct arena *a);
/* Ends one of the person's own; nothing where there is none of that id. */
MUST_CHECK err token_end(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                         int64_t id);

/* How many sessions have not ended, counted once a minute; counting stops at 100,000.
 * -1: they could not be counted. */
int64_t people_sessions(struct accounts *p, const struct ctx *ctx);

struct session_row {
    int64_t created_at, seen_at;
    str peer, agent;
    str key;      /* for session_end: 16 hex digits that open nothing */
    bool current; /* the one of `token` */
};
struct session_rows {
    const struct session_row *ptr;
    size_t len;
};
int session_list_ask(struct batch *b, int64_t person);
struct session_rows session_list_read(struct batch *b, int place, struct arena *a, str token);
/* Ends one of the person's own; nothing where there is none of that key. */
MUST_CHECK err session_end(struct accounts *p, int64_t person, str key);

#endif
