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

static struct secret_key key_random(void)
{
    struct secret_key k;
    randombytes_buf(k.bytes, sizeof(k.bytes));
    return k;
}

static void name_key(struct secret_key *k)
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof(hash), k->bytes, sizeof(k->bytes), NULL, 0);
    memcpy(k->id, hash, SECRET_ID_LEN);
}

str secret_key_name(struct arena *a, const struct secrets *s, int i)
{
    return enc_hex(a, str_from_n((const char *)s->keys[i].id, SECRET_ID_LEN));
}

struct secrets secrets_random(void)
{
    struct secrets s = {.state = SECRETS_READY, .nkeys = 1, .keys = {key_random()}};
    name_key(&s.keys[0]);
    return s;
}

static err failed(struct arena *life, str file, int why)
{
    return err_make(ERR_STORE, str_fmt(life, "%.*s: %s", STR_ARG(file), strerror(why)));
}

/* A file that was not there, with these keys, on the disk when it returns. */
static err make_file(struct arena *life, str file, const struct secret_key *keys, int n)
{
    int fd = open(file.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    for (int i = 0; ok && i < n; i++) {
        ok = write(fd, keys[i].bytes, SECRET_KEY_LEN) == SECRET_KEY_LEN;
    }
    ok = ok && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (fd >= 0 && !ok) {
        unlink(file.ptr); /* half a key is none */
    }
    return ok ? OK : failed(life, file, why);
}

/* Root changes keys too: the fresh file is whose the other one is. */
static err same_owner(struct arena *life, str file, str fresh)
{
    struct stat st;
    bool ok = stat(file.ptr, &st) == 0 &&
              (st.st_uid == geteuid() || chown(fresh.ptr, st.st_uid, st.st_gid) == 0);
    return ok ? OK : failed(life, fresh, errno);
}

static str folder_of(struct arena *life, str file)
{
    str dir = str_copy(life, file);
    while (dir.len > 1 && dir.ptr[dir.len - 1] != '/') {
        dir.len--;
    }
    bool named = dir.len && dir.ptr[dir.len - 1] == '/';
    return named ? str_fmt(life, "%.*s", STR_ARG(dir)) : STR(".");
}

/* The folder remembers what was renamed in it. */
static bool sync_folder(struct arena *life, str file)
{
    int fd = open(folder_of(life, file).ptr, O_RDONLY | O_DIRECTORY);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* The keys in the place of those that the file held, at once. */
static err replace_file(struct arena *life, str file, const struct secret_key *keys, int n)
{
    str fresh = str_fmt(life, "%.*s.new", STR_ARG(file));
    unlink(fresh.ptr); /* of a change that was cut off before the rename */
    err e = make_file(life, fresh, keys, n);
    e = e.code ? e : same_owner(life, file, fresh);
    if (!e.code && (rename(fresh.ptr, file.ptr) != 0 || !sync_folder(life, file))) {
        e = failed(life, file, errno);
    }
    return e;
}

/* One or two keys, and nobody else's to read. */
static bool read_file(int fd, struct secrets *s)
{
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 &&
              (st.st_size == SECRET_KEY_LEN || st.st_size == SECRET_KEYS * SECRET_KEY_LEN);
    s->nkeys = ok ? (int)(st.st_size / SECRET_KEY_LEN) : 0;
    for (int i = 0; ok && i < s->nkeys; i++) {
        ok = read(fd, s->keys[i].bytes, SECRET_KEY_LEN) == SECRET_KEY_LEN;
        name_key(&s->keys[i]);
    }
    return ok;
}

/* The key a value was sealed under; NULL: it is not here. */
static const struct secret_key *fitting(const struct secrets *s, str sealed)
{
    for (int i = 0; i < s->nkeys && sealed.len >= SECRET_MORE && sealed.ptr[0] == VERSION; i++) {
        if (memcmp(sealed.ptr + 1, s->keys[i].id, SECRET_ID_LEN) == 0) {
            return &s->keys[i];
        }
    }
    return NULL;
}

static err first_key(struct arena *life, struct secrets *s)
{
    str file = s->file;
    *s = secrets_random();
    s->file = file;
    err e = make_file(life, file, s->keys, 1);
    bool root = geteuid() == 0; /* who opens the service's folder, once */
    return e.code || !root ? e : same_owner(life, folder_of(life, file), file);
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
        return sample.len ? OK : first_key(life, ret);
    }
    bool read_it = fd >= 0 && read_file(fd, ret);
    if (fd >= 0) {
        close(fd);
    }
    ret->state = !read_it                              ? SECRETS_DAMAGED
                 : sample.len && !fitting(ret, sample) ? SECRETS_OTHER
                                                       : SECRETS_READY;
    if (ret->state == SECRETS_OTHER && sample.len > SECRET_ID_LEN) {
        ret->foreign = enc_hex(life, str_from_n(sample.ptr + 1, SECRET_ID_LEN));
    }
    return OK;
}

/* --- changing it -------------------------------------------------------------------- */

err secrets_change_begin(struct arena *life, struct secrets *s)
{
    if (s->state != SECRETS_READY) {
        return err_make(ERR_STORE, secrets_words(life, s).en);
    }
    if (s->nkeys == SECRET_KEYS) {
        return OK;
    }
    struct secret_key both[SECRET_KEYS] = {key_random(), s->keys[0]};
    name_key(&both[0]);
    err e = replace_file(life, s->file, both, SECRET_KEYS);
    if (!e.code) {
        memcpy(s->keys, both, sizeof(both));
        s->nkeys = SECRET_KEYS;
    }
    return e;
}

err secrets_change_end(struct arena *life, struct secrets *s, str *ret_kept)
{
    if (s->state != SECRETS_READY || s->nkeys != SECRET_KEYS) {
        return err_make(ERR_STORE, STR("no change of the key was begun"));
    }
    str kept =
        str_fmt(life, "%.*s.was-%.*s", STR_ARG(s->file), STR_ARG(secret_key_name(life, s, 1)));
    unlink(kept.ptr); /* of an end that was cut off */
    err e = make_file(life, kept, &s->keys[1], 1);
    e = e.code ? e : same_owner(life, s->file, kept);
    e = e.code ? e : replace_file(life, s->file, s->keys, 1);
    if (!e.code) {
        sodium_memzero(&s->keys[1], sizeof(s->keys[1]));
        s->nkeys = 1;
        *ret_kept = kept;
    }
    return e;
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
        return words_fmt(
            a,
            "密钥文件 %.*s 不是这个数据库的密钥：库中的密文要用名为 %.*s 的密钥打开。请换回那个文件"
            "（换过密钥时旧的留在 %.*s.was-%.*s），然后重新启动；其他人的登录不受影响。",
            "The key file %.*s is not the key of this database, whose values were sealed under "
            "the key named %.*s.  Bring that file back (after a change of key the old one stays "
            "as %.*s.was-%.*s) and start again; everybody else signs in as usual.",
            STR_ARG(s->file), STR_ARG(s->foreign), STR_ARG(s->file), STR_ARG(s->foreign));
    case SECRETS_DAMAGED:
        return words_fmt(
            a,
            "密钥文件 %.*s 不可用：应为 32（更换期间 64）字节的普通文件，只有服务用户可读（权限 "
            "0600）。请改正后重新启动；其他人的登录不受影响。",
            "The key file %.*s cannot be used: it must be a plain file of 32 bytes (64 during "
            "a change) "
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
    memcpy(out + 1, s->keys[0].id, SECRET_ID_LEN);
    randombytes_buf(nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + NONCE, NULL, (const unsigned char *)plain.ptr, plain.len,
        (const unsigned char *)place.ptr, place.len, NULL, nonce, s->keys[0].bytes);
    *ret = str_from_n((const char *)out, plain.len + SECRET_MORE);
    return OK;
}

err secret_open(const struct secrets *s, struct arena *a, struct secret_place at, str sealed,
                str *ret)
{
    if (s->state != SECRETS_READY) {
        return err_make(ERR_STORE, secrets_words(a, s).en);
    }
    const struct secret_key *key = fitting(s, sealed);
    if (!key) {
        return err_make(ERR_STORE, STR("sealed under another key"));
    }
    str place = place_text(a, at);
    const unsigned char *nonce = (const unsigned char *)sealed.ptr + HEAD;
    size_t len = sealed.len - HEAD - NONCE; /* of text and tag */
    unsigned char *out = (unsigned char *)arena_bytes(a, len);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, nonce + NONCE, len,
                                                   (const unsigned char *)place.ptr, place.len,
                                                   nonce, key->bytes) != 0) {
        return err_make(ERR_STORE, STR("a secret was changed, or stands in another place"));
    }
    *ret = str_from_n((const char *)out, len - TAG);
    return OK;
}

err secret_again(const struct secrets *s, struct arena *a, struct secret_place at, str sealed,
                 str *ret)
{
    str plain;
    err e = secret_open(s, a, at, sealed, &plain);
    *ret = STR("");
    return e.code || fitting(s, sealed) == &s->keys[0] ? e : secret_seal(s, a, at, plain, ret);
}
