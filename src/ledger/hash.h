/* hash.h - SHA-256, through one reusable OpenSSL context.
 *
 * A hasher belongs to one thread at a time.  It allocates nothing after it was
 * made, so hashing can never reach an arena's limit.
 */
#ifndef LEDGER_HASH_H
#define LEDGER_HASH_H

#include "base/str.h"

struct arena;
struct hasher;

enum { HASH_LEN = 32 };

struct hash {
    unsigned char b[HASH_LEN];
};

/* A hasher that ends with the arena.  Also readies libsodium.  Aborts when
 * OpenSSL has no SHA-256 or the system no random numbers. */
struct hasher *hash_make(struct arena *life);

void hash_begin(struct hasher *h);
void hash_put(struct hasher *h, const void *p, size_t n);
struct hash hash_end(struct hasher *h);

/* Of one string of bytes, and of two after each other. */
struct hash hash_of(struct hasher *h, str s);
struct hash hash_of2(struct hasher *h, str s, str t);

bool hash_eq(struct hash a, struct hash b);
str hash_str(const struct hash *h); /* a view of its 32 bytes */
/* False unless s has 32 bytes. */
bool hash_from(str s, struct hash *ret);

#endif
