#include "backup/box.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/enc.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 64 * 1024,
    MORE = crypto_secretstream_xchacha20poly1305_ABYTES,
    HEAD_MAX = 400,
    SEALED_LEN = BOX_KEY_LEN + crypto_box_SEALBYTES,
};
/* What a reader will spend on a passphrase at most: a file must not choose more. */
#define OPERATIONS_MAX 10
#define MEMORY_MAX (INT64_C(1) << 30)
#define MAGIC "zhidu-backup 1 "
#define RECIPIENT "zhidu-recipient-"
#define PRIVATE "zhidu-private-"

typedef crypto_secretstream_xchacha20poly1305_state stream_state;

struct box_writer {
    struct arena *arena;
    int fd;
    bool sealed, first;
    str head; /* the first line */
    unsigned char key[BOX_KEY_LEN];
    stream_state stream;
    unsigned char plain[PIECE], piece[PIECE + MORE];
    size_t have;
};

struct box_reader {
    struct arena *arena;
    int fd;
    enum box_kind kind;
    bool first, last;
    str head;
    int64_t operations, memory;
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char recipient[BOX_KEY_LEN], sealed[SEALED_LEN];
    stream_state stream;
    unsigned char plain[PIECE], piece[PIECE + MORE];
    size_t have, at; /* of plain */
};

/* --- keys ------------------------------------------------------------------------------- */

struct box_pair box_new_pair(struct arena *a)
{
    unsigned char public[crypto_box_PUBLICKEYBYTES];
    unsigned char secret[crypto_box_SECRETKEYBYTES];
    crypto_box_keypair(public, secret);
    str open = enc_hex(a, str_from_n((char *)public, sizeof(public)));
    str shut = enc_hex(a, str_from_n((char *)secret, sizeof(secret)));
    sodium_memzero(secret, sizeof(secret));
    return (struct box_pair){str_fmt(a, RECIPIENT "%.*s", STR_ARG(open)),
                             str_fmt(a, PRIVATE "%.*s", STR_ARG(shut))};
}

static bool take_hex(struct arena *a, str s, void *to, size_t n)
{
    str bytes;
    bool ok = s.len == 2 * n && dec_hex(a, s, &bytes) && bytes.len == n;
    if (ok) {
        memcpy(to, bytes.ptr, n);
    }
    return ok;
}

static bool parse_key(struct arena *a, str text, str prefix, struct box_key *ret)
{
    struct box_key k = {.kind = BOX_RECIPIENT};
    str t = str_trim(text);
    bool ok = str_starts(t, prefix) &&
              take_hex(a, str_from_n(t.ptr + prefix.len, t.len - prefix.len), k.bytes, BOX_KEY_LEN);
    if (ok) {
        *ret = k;
    }
    return ok;
}

bool box_recipient_parse(struct arena *a, str text, struct box_key *ret)
{
    return parse_key(a, text, STR(RECIPIENT), ret);
}

bool box_private_parse(struct arena *a, str text, struct box_key *ret)
{
    return parse_key(a, text, STR(PRIVATE), ret);
}

static err from_passphrase(struct arena *a, str passphrase, int64_t operations, int64_t memory,
                           const unsigned char *salt, unsigned char *ret)
{
    if (crypto_pwhash(ret, BOX_KEY_LEN, passphrase.ptr, passphrase.len, salt,
                      (unsigned long long)operations, (size_t)memory,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return backup_no(a, ERR_BUSY,
                         WORDS("内存不足，无法由口令得出密钥。",
                               "There is not enough memory to make a key of the passphrase."),
                         WORDS("空出约 300 MB 内存后再试。", "Try again with about 300 MB free."));
    }
    return OK;
}

static void wipe_writer(void *arg)
{
    sodium_memzero(arg, sizeof(struct box_writer));
}

static void wipe_reader(void *arg)
{
    sodium_memzero(arg, sizeof(struct box_reader));
}

/* --- writing ---------------------------------------------------------------------------- */

static err out(struct box_writer *w, const void *p, size_t n)
{
    return backup_write_all(w->fd, p, n) == 0 ? OK : backup_io(w->arena, "", errno);
}

static err passphrase_head(struct box_writer *w, str passphrase)
{
    unsigned char salt[crypto_pwhash_SALTBYTES];
    int64_t operations = crypto_pwhash_OPSLIMIT_MODERATE;
    int64_t memory = crypto_pwhash_MEMLIMIT_MODERATE;
    randombytes_buf(salt, sizeof(salt));
    str hex = enc_hex(w->arena, str_from_n((char *)salt, sizeof(salt)));
    w->head = str_fmt(w->arena, MAGIC "passphrase %lld %lld %.*s\n", (long long)operations,
                      (long long)memory, STR_ARG(hex));
    return from_passphrase(w->arena, passphrase, operations, memory, salt, w->key);
}

static err recipient_head(struct box_writer *w, const unsigned char *public)
{
    unsigned char sealed[SEALED_LEN];
    randombytes_buf(w->key, sizeof(w->key));
    if (crypto_box_seal(sealed, w->key, sizeof(w->key), public) != 0) {
        return backup_no(w->arena, ERR_VALUE,
                         WORDS("收件人的公钥不可用。", "The recipient's key is no key."),
                         WORDS("用 zhidu backup --new-key 新建一对密钥。",
                               "Make a pair of keys with zhidu backup --new-key."));
    }
    str open = enc_hex(w->arena, str_from_n((const char *)public, BOX_KEY_LEN));
    str shut = enc_hex(w->arena, str_from_n((char *)sealed, sizeof(sealed)));
    w->head = str_fmt(w->arena, MAGIC "recipient %.*s %.*s\n", STR_ARG(open), STR_ARG(shut));
    return OK;
}

err box_create(struct arena *a, int fd, const struct box_key *key, struct box_writer **ret)
{
    struct box_writer *w = arena_new(a, struct box_writer);
    arena_defer(a, wipe_writer, w);
    w->arena = a;
    w->fd = fd;
    w->first = true;
    w->sealed = key->kind != BOX_PLAIN;
    w->head = STR(MAGIC "plain\n");
    err e = OK;
    if (key->kind == BOX_PASSPHRASE) {
        e = passphrase_head(w, key->passphrase);
    } else if (key->kind == BOX_RECIPIENT) {
        e = recipient_head(w, key->bytes);
    }
    if (!e.code) {
        e = out(w, w->head.ptr, w->head.len);
    }
    unsigned char header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    if (!e.code && w->sealed) {
        crypto_secretstream_xchacha20poly1305_init_push(&w->stream, header, w->key);
        e = out(w, header, sizeof(header));
    }
    if (!e.code) {
        *ret = w;
    }
    return e;
}

static err put_piece(struct box_writer *w, bool last)
{
    size_t n = w->have;
    w->have = 0;
    if (!w->sealed) {
        return out(w, w->plain, n);
    }
    unsigned char tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
    const unsigned char *bound = w->first ? (const unsigned char *)w->head.ptr : NULL;
    crypto_secretstream_xchacha20poly1305_push(&w->stream, w->piece, NULL, w->plain, n, bound,
                                               w->first ? w->head.len : 0, tag);
    w->first = false;
    return out(w, w->piece, n + MORE);
}

err box_put(struct box_writer *w, str bytes)
{
    err e = OK;
    while (!e.code && bytes.len) {
        size_t room = PIECE - w->have;
        size_t n = bytes.len < room ? bytes.len : room;
        memcpy(w->plain + w->have, bytes.ptr, n);
        w->have += n;
        bytes = str_from_n(bytes.ptr + n, bytes.len - n);
        if (w->have == PIECE) {
            e = put_piece(w, false);
        }
    }
    return e;
}

err box_finish(struct box_writer *w)
{
    return put_piece(w, true);
}

/* --- reading ------------------------------------------------------------------------------ */

static err cut_short(struct box_reader *r)
{
    return backup_no(
        r->arena, ERR_VALUE,
        WORDS("备份文件不完整：末尾缺失。", "The backup is not complete: its end is missing."),
        WORDS("重新复制这个文件，或使用另一份备份。",
              "Copy the file once more, or use another backup."));
}

static err altered(struct box_reader *r)
{
    return backup_no(r->arena, ERR_VALUE,
                     WORDS("备份文件被改动或已损坏。", "The backup was changed, or is damaged."),
                     WORDS("使用另一份备份。", "Use another backup."));
}

/* A piece that is not full does not open: it is the last one, or what is left of one. */
static err tail_altered(struct box_reader *r)
{
    return backup_no(r->arena, ERR_VALUE,
                     WORDS("备份文件的末尾缺失，或被改动。",
                           "The end of the backup is missing, or was changed."),
                     WORDS("重新复制这个文件，或使用另一份备份。",
                           "Copy the file once more, or use another backup."));
}

/* Up to n bytes: fewer only at the end of the file. */
static err in(struct box_reader *r, unsigned char *to, size_t n, size_t *ret)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = read(r->fd, to + have, n - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return backup_io(r->arena, "", errno);
        }
        if (got == 0) {
            break;
        }
        have += (size_t)got;
    }
    *ret = have;
    return OK;
}

static bool parse_head(struct box_reader *r, str line)
{
    str rest;
    str kind = str_cut(line, ' ', &rest);
    if (str_eq(kind, STR("plain"))) {
        r->kind = BOX_PLAIN;
        return !rest.ptr;
    }
    if (str_eq(kind, STR("passphrase"))) {
        r->kind = BOX_PASSPHRASE;
        str operations = str_cut(rest, ' ', &rest);
        str memory = str_cut(rest, ' ', &rest);
        return str_to_i64(operations, &r->operations) && str_to_i64(memory, &r->memory) &&
               r->operations >= 1 && r->memory >= 8192 &&
               take_hex(r->arena, rest, r->salt, sizeof(r->salt));
    }
    r->kind = BOX_RECIPIENT;
    str public = str_cut(rest, ' ', &rest);
    return str_eq(kind, STR("recipient")) &&
           take_hex(r->arena, public, r->recipient, BOX_KEY_LEN) &&
           take_hex(r->arena, rest, r->sealed, SEALED_LEN);
}

err box_look(struct arena *a, int fd, struct box_reader **ret)
{
    struct box_reader *r = arena_new(a, struct box_reader);
    arena_defer(a, wipe_reader, r);
    r->arena = a;
    r->fd = fd;
    r->first = true;
    char *line = arena_bytes(a, HEAD_MAX + 1);
    size_t n = 0;
    size_t got = 1;
    err e = OK;
    while (!e.code && got && n < HEAD_MAX && (n == 0 || line[n - 1] != '\n')) {
        e = in(r, (unsigned char *)line + n, 1, &got);
        n += got;
    }
    r->head = str_from_n(line, n);
    str mine = STR(MAGIC);
    bool ours = str_starts(r->head, STR("zhidu-backup "));
    if (!e.code && ours && !str_starts(r->head, mine)) {
        e = backup_no(a, ERR_VALUE,
                      WORDS("这份备份由更新版本的程序写成，本程序无法读取。",
                            "A newer program has written this backup; this one cannot read it."),
                      WORDS("用更新版本的 zhidu 恢复。", "Restore it with a newer zhidu."));
    } else if (!e.code && (!ours || line[n - 1] != '\n' ||
                           !parse_head(r, str_from_n(line + mine.len, n - mine.len - 1)))) {
        e = backup_no(a, ERR_VALUE,
                      WORDS("这不是 zhidu 的备份文件，或其开头已损坏。",
                            "This is no backup of zhidu, or its beginning is damaged."),
                      WORDS("指明由 zhidu backup 写成的文件。",
                            "Name a file that zhidu backup has written."));
    }
    if (!e.code) {
        *ret = r;
    }
    return e;
}

enum box_kind box_reader_kind(const struct box_reader *r)
{
    return r->kind;
}

static err read_stream_header(struct box_reader *r, const unsigned char *key)
{
    unsigned char header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    size_t got = 0;
    err e = in(r, header, sizeof(header), &got);
    if (!e.code && got < sizeof(header)) {
        e = cut_short(r);
    }
    if (!e.code && crypto_secretstream_xchacha20poly1305_init_pull(&r->stream, header, key) != 0) {
        e = altered(r);
    }
    return e;
}

static err wrong_key(struct box_reader *r)
{
    if (r->kind == BOX_PASSPHRASE) {
        return backup_no(
            r->arena, ERR_DENIED,
            WORDS("口令打不开这份备份。", "The passphrase does not open this backup."),
            WORDS("检查口令；也可能是文件开头被改动。",
                  "Look at the passphrase; or the beginning of the file was changed."));
    }
    return backup_no(r->arena, ERR_DENIED,
                     WORDS("这把密钥打不开这份备份。", "This key does not open this backup."),
                     WORDS("用 --private-key 指明与收件人公钥成对的那个文件。",
                           "Name the other half of the recipient's key with --private-key."));
}

err box_open(struct box_reader *r, const struct box_key *key)
{
    if (r->kind == BOX_PLAIN) {
        return OK;
    }
    unsigned char k[BOX_KEY_LEN];
    err e = OK;
    if (key->kind != r->kind) {
        e = wrong_key(r);
    } else if (r->kind == BOX_PASSPHRASE) {
        e = r->operations > OPERATIONS_MAX || r->memory > MEMORY_MAX
                ? backup_no(r->arena, ERR_VALUE,
                            WORDS("这份备份要求的内存或计算量超出限度。",
                                  "This backup asks for more memory or work than is allowed."),
                            WORDS("它不是由 zhidu 写成的。", "It was not written by zhidu."))
                : from_passphrase(r->arena, key->passphrase, r->operations, r->memory, r->salt, k);
    } else {
        unsigned char public[crypto_box_PUBLICKEYBYTES];
        bool same = crypto_scalarmult_base(public, key->bytes) == 0 &&
                    sodium_memcmp(public, r->recipient, sizeof(public)) == 0 &&
                    crypto_box_seal_open(k, r->sealed, sizeof(r->sealed), public, key->bytes) == 0;
        e = same ? OK : wrong_key(r);
    }
    if (!e.code) {
        e = read_stream_header(r, k);
    }
    sodium_memzero(k, sizeof(k));
    return e;
}

err box_open_own(struct box_reader *r, const struct box_writer *w)
{
    return r->kind == BOX_PLAIN ? OK : read_stream_header(r, w->key);
}

static err get_piece(struct box_reader *r)
{
    size_t got = 0;
    r->at = 0;
    r->have = 0;
    if (r->last) {
        return cut_short(r);
    }
    if (r->kind == BOX_PLAIN) {
        err e = in(r, r->plain, PIECE, &got);
        r->have = got;
        return e.code || got ? e : cut_short(r);
    }
    err e = in(r, r->piece, sizeof(r->piece), &got);
    if (e.code || got < MORE) {
        return e.code ? e : cut_short(r);
    }
    unsigned char tag = 0;
    unsigned long long n = 0;
    const unsigned char *bound = r->first ? (const unsigned char *)r->head.ptr : NULL;
    if (crypto_secretstream_xchacha20poly1305_pull(&r->stream, r->plain, &n, &tag, r->piece, got,
                                                   bound, r->first ? r->head.len : 0) != 0) {
        bool tail = got < sizeof(r->piece) && !r->first;
        return r->first ? wrong_key(r) : tail ? tail_altered(r) : altered(r);
    }
    r->first = false;
    r->last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    r->have = (size_t)n;
    return OK;
}

err box_get(struct box_reader *r, void *to, size_t n)
{
    err e = OK;
    unsigned char *p = to;
    while (!e.code && n) {
        if (r->at == r->have) {
            e = get_piece(r);
            continue;
        }
        size_t some = r->have - r->at < n ? r->have - r->at : n;
        memcpy(p, r->plain + r->at, some);
        r->at += some;
        p += some;
        n -= some;
    }
    return e;
}

err box_end(struct box_reader *r)
{
    unsigned char byte;
    size_t got = 0;
    err e = OK;
    while (!e.code && r->at == r->have && r->kind != BOX_PLAIN && !r->last) {
        e = get_piece(r); /* the last one may be empty */
    }
    if (!e.code) {
        e = in(r, &byte, 1, &got);
    }
    if (!e.code && (got || r->at != r->have)) {
        e = backup_no(
            r->arena, ERR_VALUE,
            WORDS("备份文件末尾之后还有内容。", "Something stands behind the backup's end."),
            WORDS("使用另一份备份。", "Use another backup."));
    }
    return e;
}
