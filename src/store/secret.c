#include "store/secret.h"

#include "base/arena.h"
#include "base/enc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    VERSION = 1,
    HEAD = 1 + SECRET_ID_LEN
};
_Static_assert(SECRET_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "length of the key");
_Static_assert(SECRET_MORE == HEAD + NONCE + TAG, "length of what is added");

/* --- the key ---------------------------------------------------------------------- */

static void name_key(struct secrets *s)
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof(hash), s->key, sizeof(s->key), NULL, 0);
    memcpy(s->id, hash, SECRET_ID_LEN);
}

struct secrets secrets_random(void)
{
    struct secrets s = {.state = SECRETS_READY};
    randombytes_buf(s.key, sizeof(s.key));
    name_key(&s);
    return s;
}

static err make_file(struct arena *life, str file, struct secrets *s)
{
    str found = s->file;
    *s = secrets_random();
    s->file = found;
    int fd = open(file.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok =
        fd >= 0 && write(fd, s->key, sizeof(s->key)) == (ssize_t)sizeof(s->key) && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (fd >= 0 && !ok) {
        unlink(file.ptr); /* half a key is none */
    }
    if (!ok) {
        return err_make(ERR_STORE, str_fmt(life, "%s: %s", file.ptr, strerror(why)));
    }
    return OK;
}

/* Exactly the key, and nobody else's to read. */
static bool read_file(int fd, struct secrets *s)
{
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 &&
              st.st_size == SECRET_KEY_LEN;
    return ok && read(fd, s->key, sizeof(s->key)) == (ssize_t)sizeof(s->key);
}

static bool fits(const struct secrets *s, str sealed)
{
    return sealed.len >= SECRET_MORE && sealed.ptr[0] == VERSION &&
           memcmp(sealed.ptr + 1, s->id, SECRET_ID_LEN) == 0;
}

err secrets_open(struct arena *life, str file, str sample, struct secrets *ret)
{
    if (sodium_init() < 0) {
        return err_make(ERR_STORE, STR("libsodium does not start"));
    }
    *ret = (struct secrets){.file = str_copy(life, file)};
    int fd = open(ret->file.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        ret->state = SECRETS_LOST;
        return sample.len ? OK : make_file(life, ret->file, ret);
    }
    bool read_it = fd >= 0 && read_file(fd, ret);
    if (fd >= 0) {
        close(fd);
    }
    name_key(ret);
    ret->state = !read_it                           ? SECRETS_DAMAGED
                 : sample.len && !fits(ret, sample) ? SECRETS_OTHER
                                                    : SECRETS_READY;
    return OK;
}

struct words secrets_words(struct arena *a, const struct secrets *s)
{
    switch (s->state) {
    case SECRETS_READY:
        return (struct words){0};
    case SECRETS_LOST:
        return words_fmt(
            a,
            "密钥文件 %.*s 不在。数据库中的密文（第二因素）打不开。请从备份取回该文件，"
            "权限 0600，然后重新启动；其他人的登录不受影响。",
            "The key file %.*s is missing: what is encrypted in the database (second "
            "factors) cannot be opened.  Bring the file back from a backup with mode "
            "0600 and start again; everybody else signs in as usual.",
            STR_ARG(s->file));
    case SECRETS_OTHER:
        return words_fmt(a,
                         "密钥文件 %.*s 不是这个数据库的密钥。请换回建立数据库时的那个文件，然后"
                         "重新启动；其他人的登录不受影响。",
                         "The key file %.*s is not the key of this database.  Bring back the file "
                         "that belongs to it and start again; everybody else signs in as usual.",
                         STR_ARG(s->file));
    case SECRETS_DAMAGED:
        return words_fmt(a,
                         "密钥文件 %.*s 不可用：应为 32 字节的普通文件，只有服务用户可读（权限 "
                         "0600）。请改正后重新启动；其他人的登录不受影响。",
                         "The key file %.*s cannot be used: it must be a plain file of 32 bytes "
                         "that only the service's user can read (mode 0600).  Mend that and start "
                         "again; everybody else signs in as usual.",
                         STR_ARG(s->file));
    case SECRETS_NONE:
        break;
    }
    return WORDS("没有配置密钥。", "There is no key.");
}

/* --- sealing ------------------------------------------------------------------------ */

static str place_text(struct arena *a, struct secret_place at)
{
    return str_fmt(a, "%s|%lld|%s", at.table, (long long)at.row, at.column);
}

err secret_seal(const struct secrets *s, struct arena *a, struct secret_place at, str plain,
                str *ret)
{
    if (s->state != SECRETS_READY) {
        return err_make(ERR_STORE, secrets_words(a, s).en);
    }
    str place = place_text(a, at);
    unsigned char *out = (unsigned char *)arena_bytes(a, plain.len + SECRET_MORE);
    unsigned char *nonce = out + HEAD;
    out[0] = VERSION;
    memcpy(out + 1, s->id, SECRET_ID_LEN);
    randombytes_buf(nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + NONCE, NULL, (const unsigned char *)plain.ptr, plain.len,
        (const unsigned char *)place.ptr, place.len, NULL, nonce, s->key);
    *ret = str_from_n((const char *)out, plain.len + SECRET_MORE);
    return OK;
}

err secret_open(const struct secrets *s, struct arena *a, struct secret_place at, str sealed,
                str *ret)
{
    if (s->state != SECRETS_READY) {
        return err_make(ERR_STORE, secrets_words(a, s).en);
    }
    if (!fits(s, sealed)) {
        return err_make(ERR_STORE, STR("sealed under another key"));
    }
    str place = place_text(a, at);
    const unsigned char *nonce = (const unsigned char *)sealed.ptr + HEAD;
    size_t len = sealed.len - HEAD - NONCE; /* of text and tag */
    unsigned char *out = (unsigned char *)arena_bytes(a, len);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, nonce + NONCE, len,
                                                   (const unsigned char *)place.ptr, place.len,
                                                   nonce, s->key) != 0) {
        return err_make(ERR_STORE, STR("a secret was changed, or stands in another place"));
    }
    *ret = str_from_n((const char *)out, len - TAG);
    return OK;
}
