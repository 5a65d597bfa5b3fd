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
 * A lost or another key takes down nothing but what needs it: sealing and opening
 * fail, and secrets_words() says what to do.
 */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include "base/err.h"
#include "base/words.h"

struct arena;

enum { SECRET_KEY_LEN = 32, SECRET_ID_LEN = 8, SECRET_MORE = 1 + SECRET_ID_LEN + 24 + 16 };

enum secrets_state {
    SECRETS_NONE, /* never opened */
    SECRETS_READY,
    SECRETS_LOST,    /* there are sealed values, and no file */
    SECRETS_OTHER,   /* the file holds another key than theirs */
    SECRETS_DAMAGED, /* not 32 bytes, cannot be read, or others may read it */
};

struct secrets {
    enum secrets_state state;
    unsigned char key[SECRET_KEY_LEN];
    unsigned char id[SECRET_ID_LEN];
    str file; /* its path */
};

/* Where a sealed value stands.  The names hold no '|'. */
struct secret_place {
    const char *table, *column;
    int64_t row;
};

/* Reads the key from `file`.  `sample` is any sealed value of the database; empty:
 * there is none, and a file that is missing is made.  What is wrong with the file
 * is ret->state and no error; ERR_STORE when one cannot be made.  ret->file lives
 * in `life`. */
MUST_CHECK err secrets_open(struct arena *life, str file, str sample, struct secrets *ret);
/* A key that is kept nowhere: for tests and databases in memory. */
struct secrets secrets_random(void);
/* What is wrong, and what to do about it; empty when ready. */
struct words secrets_words(struct arena *a, const struct secrets *s);

/* `plain` sealed for its place, SECRET_MORE bytes longer.  ERR_STORE without a key. */
MUST_CHECK err secret_seal(const struct secrets *s, struct arena *a, struct secret_place at,
                           str plain, str *ret);
/* ERR_STORE without the key it was sealed under, and for every value that was
 * changed, cut, or sealed for another place. */
MUST_CHECK err secret_open(const struct secrets *s, struct arena *a, struct secret_place at,
                           str sealed, str *ret);

#endif
