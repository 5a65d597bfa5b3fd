#include "base/arena.h"
#include "people/people_int.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* OWASP's first choice for argon2id: 19 MiB, two passes. */
enum { HASH_OPS = 2, HASH_MEM = 19 * 1024 * 1024, LENGTH_MIN = 10 };

/* As many hash at once as there are cores, a few more wait; whoever comes then is
 * turned away, so that a flood of sign-ins holds neither cores nor all workers. */
static err queue_in(struct accounts *p)
{
    if (atomic_fetch_add(&p->queued, 1) >= p->queue_max) {
        atomic_fetch_sub(&p->queued, 1);
        return err_make(ERR_BUSY, STR("too many passwords at once"));
    }
    sem_wait(&p->hashing);
    return OK;
}

static void queue_out(struct accounts *p)
{
    sem_post(&p->hashing);
    atomic_fetch_sub(&p->queued, 1);
}

err password_hash(struct accounts *p, struct arena *a, str password, str *ret)
{
    char *out = arena_bytes(a, crypto_pwhash_STRBYTES);
    err e = queue_in(p);
    if (e.code) {
        return e;
    }
    int bad = crypto_pwhash_str_alg(out, password.ptr, password.len, HASH_OPS, HASH_MEM,
                                    crypto_pwhash_ALG_ARGON2ID13);
    queue_out(p);
    if (bad) {
        return err_make(ERR_BUSY, STR("not enough memory to hash a password"));
    }
    *ret = str_from(out);
    return OK;
}

void password_of_nobody(char *ret, size_t size)
{
    enum { SALT = 16, HASH = 32, VARIANT = sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
    unsigned char bytes[HASH];
    char salt[sodium_base64_ENCODED_LEN(SALT, VARIANT)];
    char hash[sodium_base64_ENCODED_LEN(HASH, VARIANT)];
    randombytes_buf(bytes, SALT);
    sodium_bin2base64(salt, sizeof(salt), bytes, SALT, VARIANT);
    randombytes_buf(bytes, HASH);
    sodium_bin2base64(hash, sizeof(hash), bytes, HASH, VARIANT);
    snprintf(ret, size, "$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", HASH_MEM / 1024, HASH_OPS, salt,
             hash);
    assert(crypto_pwhash_str_needs_rehash(ret, HASH_OPS, HASH_MEM) == 0);
}

err password_matches(struct accounts *p, struct arena *a, str hash, str password, bool *ret)
{
    str z = str_copy(a, hash.len ? hash : str_from(p->dummy));
    err e = queue_in(p);
    if (e.code) {
        return e;
    }
    bool ok = crypto_pwhash_str_verify(z.ptr, password.ptr ? password.ptr : "", password.len) == 0;
    queue_out(p);
    *ret = ok && hash.len > 0;
    return OK;
}

/* Fragments that make a password guessable however long it is: the whole must
 * not consist of one of them and digits or signs around it. */
static const char *const common[] = {
    "password",   "passw0rd",      "p@ssw0rd",  "qwerty",        "qwertyuiop", "asdfghjkl",
    "zxcvbnm",    "1q2w3e4r",      "1qaz2wsx",  "qazwsx",        "iloveyou",   "woaini",
    "admin",      "administrator", "welcome",   "letmein",       "monkey",     "dragon",
    "sunshine",   "princess",      "football",  "baseball",      "superman",   "trustno1",
    "changeme",   "default",       "zhidu",     "xinxizhongxin", "mima",       "abc123",
    "abcdefghij", "a123456",       "aa123456",  "woaini1314",    "5201314",    "1314520",
    "147258369",  "987654321",     "123456789", "1234567890",    "0123456789", "123123123",
    "112233",     "88888888",      "66666666",  "00000000",      "11111111",   "12345678",
    "123456",     "654321",        "111222",    "168168",        "qq123456",   "taobao",
    "wang",       "zhang",         "asd123",    "qwe123",        "zxc123",     "q1w2e3r4t5",
    "test",       "guest",         "root",      "oracle",        "spring",     "summer",
    "autumn",     "winter",        "beijing",   "shanghai",      "china",      "huawei",
    "computer"};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool starts_folded(str s, str with)
{
    if (s.len < with.len) {
        return false;
    }
    for (size_t i = 0; i < with.len; i++) {
        if (lower(s.ptr[i]) != lower(with.ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool has_folded(str s, str part)
{
    for (size_t i = 0; part.len && i + part.len <= s.len; i++) {
        if (starts_folded(str_from_n(s.ptr + i, s.len - i), part)) {
            return true;
        }
    }
    return false;
}

static bool only_a_common_one(str s)
{
    for (size_t k = 0; k < sizeof(common) / sizeof(common[0]); k++) {
        str c = str_from(common[k]);
        for (size_t i = 0; i + c.len <= s.len; i++) {
            if (!starts_folded(str_from_n(s.ptr + i, s.len - i), c)) {
                continue;
            }
            size_t letters = 0; /* outside of it */
            for (size_t j = 0; j < s.len; j++) {
                bool inside = j >= i && j < i + c.len;
                char l = lower(s.ptr[j]);
                letters += !inside && (l >= 'a' && l <= 'z');
            }
            if (letters == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool all_same(str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] != s.ptr[0]) {
            return false;
        }
    }
    return true;
}

struct words password_weak(str password, str login)
{
    if (!str_utf8_ok(password) || str_utf8_len(password) < LENGTH_MIN) {
        return WORDS("密码至少需要 10 个字符。", "A password has at least 10 characters.");
    }
    if (login.len >= 3 && has_folded(password, login)) {
        return WORDS("密码中不能含有用户名。", "The password must not contain the user name.");
    }
    if (all_same(password) || only_a_common_one(password)) {
        return WORDS("这个密码太常见，容易被猜到。可用几个不相关的词组成一句。",
                     "This password is too common.  Try a few unrelated words.");
    }
    return (struct words){0};
}

/* --- slowing down ------------------------------------------------------------------ */

/* The text up to the third dot or the fourth colon. */
str network_of(str peer)
{
    int dots = 0;
    int colons = 0;
    for (size_t i = 0; i < peer.len; i++) {
        dots += peer.ptr[i] == '.';
        colons += peer.ptr[i] == ':';
        if (dots == 3 || colons == 4) {
            return str_from_n(peer.ptr, i);
        }
    }
    return peer;
}

static struct slow *slot(struct accounts *p, str login, str peer)
{
    uint64_t key = str_hash(login) * 31 + str_hash(network_of(peer));
    key = key ? key : 1;
    struct slow *oldest = NULL;
    for (uint64_t i = 0; i < 8; i++) { /* eight ways, the oldest goes */
        struct slow *s = &p->slow[(key + i) % SLOW_SLOTS];
        if (s->key == key) {
            return s;
        }
        if (!oldest || s->last_ms < oldest->last_ms) {
            oldest = s;
        }
    }
    *oldest = (struct slow){.key = key};
    return oldest;
}

int slow_wait(struct accounts *p, str login, str peer, int64_t now)
{
    pthread_mutex_lock(&p->lock);
    struct slow s = *slot(p, login, peer);
    pthread_mutex_unlock(&p->lock);
    if (s.failures < 5) {
        return 0;
    }
    int shift = s.failures - 5 < 9 ? s.failures - 5 : 9;
    int64_t wait = (1000LL << shift) - (now - s.last_ms); /* 1 s, 2 s ... 512 s */
    return wait > 0 ? (int)((wait + 999) / 1000) : 0;
}

struct words people_slow_words(struct arena *a, int wait_s)
{
    return words_fmt(a, "尝试过多，请 %d 秒后再试。", "Too many attempts.  Please wait %d seconds.",
                     wait_s);
}

void slow_note(struct accounts *p, str login, str peer, int64_t now, bool failed)
{
    pthread_mutex_lock(&p->lock);
    struct slow *s = slot(p, login, peer);
    s->failures = failed ? s->failures + (s->failures < 1000) : 0;
    s->last_ms = now;
    pthread_mutex_unlock(&p->lock);
}
