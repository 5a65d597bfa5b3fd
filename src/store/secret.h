/* secret.h - what stands in the database and must not be read there: encrypted
 * under a key that is not in the database.
 *
 * The key is 32 random bytes in a file of its own (mode 0600; secret.key in the
 * data folder), so that a copy of the database alone gives nothing away.  Every
 * node of an installation needs the same file.  Who copies a data folder decides
 * apart whether the key goes along.
 *
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, libsodium's) with a random nonce
 * of 24 bytes.  Authenticated along with the text is its place, "table|row|column":
 * a value moved to another row does not open.  A sealed value is
 *     1 byte   1, the version of this form
 *     8 bytes  which key: the first of BLAKE2b of it
 *     24 bytes nonce
 *     the text, then 16 bytes of tag
 *
 * The file holds one key, or, while it is being changed, the new one and then the old
 * one: sealed is under the first, opened under whichever fits.  The change goes in
 * steps, each of which may be the last before the power fails (docs/decisions/0039):
 *     secrets_change_begin   the file holds both
 *     secret_again           each value anew, by whoever knows where they stand
 *     secrets_change_end     the file holds the new one; the old one stands beside it
 *
 * A lost or another key takes down nothing but what needs it: sealing and opening
 * fail, and secrets_words() says what to do.
 */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include "base/err.h"
#include "base/words.h"

struct arena;

enum {
    SECRET_KEYS = 2,
    SECRET_KEY_LEN = 32,
    SECRET_ID_LEN = 8,
    SECRET_MORE = 1 + SECRET_ID_LEN + 24 + 16
};

enum secrets_state {
    SECRETS_NONE, /* never opened */
    SECRETS_READY,
    SECRETS_LOST,    /* there are sealed values, and no file */
    SECRETS_OTHER,   /* the file holds another key than theirs */
    SECRETS_DAMAGED, /* not one or two keys, cannot be read, or others may read it */
};

struct secret_key {
    unsigned char bytes[SECRET_KEY_LEN];
    unsigned char id[SECRET_ID_LEN];
};

struct secrets {
    enum secrets_state state;
    struct secret_key keys[SECRET_KEYS];
    int nkeys;   /* 2: a change was begun */
    str file;    /* its path */
    str foreign; /* OTHER: the key that is missing, by its name (secret_key_name) */
};

/* Where a sealed value stands.  The names hold no '|'. */
struct secret_place {
    const char *table, *column;
    int64_t row;
};

/* Reads the key from `file`.  `sample` is any sealed value of the database; empty:
 * there is none, and a file that is missing is made.  What is wrong with the file
 * is ret->state and no error; ERR_STORE when one cannot be made, and *ret is then of no
 * use.  ret->file lives in `life`.  Reading *ret from several threads is safe. */
MUST_CHECK err secrets_open(struct arena *life, str file, str sample, struct secrets *ret);
/* A key that is kept nowhere: for tests and databases in memory. */
struct secrets secrets_random(void);
/* What is wrong, and what to do about it; empty when ready. */
struct words secrets_words(struct arena *a, const struct secrets *s);
/* The name of keys[i]: 16 hex digits, which tell nothing of the key. */
str secret_key_name(struct arena *a, const struct secrets *s, int i);

/* Makes a new key and writes it before the old one, in one rename; nothing when the
 * change was begun before.  ERR_STORE when *s is not ready or the file cannot be
 * written: then all is as it was.  While no other program uses the file. */
MUST_CHECK err secrets_change_begin(struct arena *life, struct secrets *s);
/* Takes the old key out of the file, when nothing is sealed under it any more.  It is
 * kept in <file>.was-NAME (*ret_kept), mode 0600, for backups made before. */
MUST_CHECK err secrets_change_end(struct arena *life, struct secrets *s, str *ret_kept);

/* `plain` sealed for its place, SECRET_MORE bytes longer.  ERR_STORE without a key. */
MUST_CHECK err secret_seal(const struct secrets *s, struct arena *a, struct secret_place at,
                           str plain, str *ret);
/* ERR_STORE without the key it was sealed under, and for every value that was
 * changed, cut, or sealed for another place. */
MUST_CHECK err secret_open(const struct secrets *s, struct arena *a, struct secret_place at,
                           str sealed, str *ret);

/* A value sealed anew under the first key; *ret empty when it is already.  Errors as of
 * secret_open. */
MUST_CHECK err secret_again(const struct secrets *s, struct arena *a, struct secret_place at,
                            str sealed, str *ret);

#endif
