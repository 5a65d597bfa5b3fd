#include "ledger/hash.h"

#include "base/arena.h"

#include <openssl/evp.h>
#include <sodium.h>

struct hasher {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

static void hasher_end(void *arg)
{
    struct hasher *h = arg;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
}

struct hasher *hash_make(struct arena *life)
{
    struct hasher *h = arena_new(life, struct hasher);
    arena_defer(life, hasher_end, h);
    h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->ctx = EVP_MD_CTX_new();
    if (sodium_init() < 0) {
        fputs("libsodium cannot start\n", stderr);
        abort();
    }
    if (!h->md || !h->ctx || !EVP_DigestInit_ex2(h->ctx, h->md, NULL)) {
        fputs("OpenSSL offers no SHA-256\n", stderr);
        abort();
    }
    return h;
}

void hash_begin(struct hasher *h)
{
    if (!EVP_DigestInit_ex2(h->ctx, NULL, NULL)) {
        abort();
    }
}

void hash_put(struct hasher *h, const void *p, size_t n)
{
    if (n && !EVP_DigestUpdate(h->ctx, p, n)) {
        abort();
    }
}

struct hash hash_end(struct hasher *h)
{
    struct hash out;
    if (!EVP_DigestFinal_ex(h->ctx, out.b, NULL)) {
        abort();
    }
    return out;
}

struct hash hash_of(struct hasher *h, str s)
{
    hash_begin(h);
    hash_put(h, s.ptr, s.len);
    return hash_end(h);
}

struct hash hash_of2(struct hasher *h, str s, str t)
{
    hash_begin(h);
    hash_put(h, s.ptr, s.len);
    hash_put(h, t.ptr, t.len);
    return hash_end(h);
}

bool hash_eq(struct hash a, struct hash b)
{
    return memcmp(a.b, b.b, HASH_LEN) == 0;
}

str hash_str(const struct hash *h)
{
    return (str){.ptr = (const char *)h->b, .len = HASH_LEN};
}

bool hash_from(str s, struct hash *ret)
{
    if (s.len != HASH_LEN) {
        return false;
    }
    memcpy(ret->b, s.ptr, HASH_LEN);
    return true;
}
