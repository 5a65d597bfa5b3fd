/* The outside of a backup, open or sealed.  An input that begins with "z" is a file
 * as it stands.  Any other says what is written: the kind, how many bytes, and then
 * what is done to the file, four bytes each; what is read out of it is what went in, or
 * an error, and of a sealed one only when nothing was done to it.
 *
 * A key is made of a passphrase by a cheap hash here: argon2id has no input of its own
 * that comes from outside but the costs, which are limited before it is called. */
#include "backup/box.h"

#include "fuzz/fuzz.h"

#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20, PIECE = 64 * 1024 };

/* In the place of libsodium's. */
int crypto_pwhash(unsigned char *const out, unsigned long long outlen, const char *const passwd,
                  unsigned long long passwdlen, const unsigned char *const salt,
                  unsigned long long opslimit, size_t memlimit, int alg)
{
    MUST(opslimit <= 10 && memlimit <= (1u << 30) && alg == crypto_pwhash_ALG_ARGON2ID13);
    return crypto_generichash(out, outlen, (const unsigned char *)passwd, passwdlen, salt,
                              crypto_pwhash_SALTBYTES);
}

static struct box_key passphrase(void)
{
    return (struct box_key){.kind = BOX_PASSPHRASE, .passphrase = STR("correct horse")};
}

static int file_of(const void *p, size_t n)
{
    int fd = memfd_create("box", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* Byte i of what goes in. */
static unsigned char content(size_t i)
{
    return (unsigned char)(i * 31 + (i >> 16));
}

/* Whether all n bytes come out and nothing behind them. */
static bool comes_out(struct arena *a, int fd, const struct box_key *key, size_t n)
{
    static const size_t steps[] = {1, 17, 4096, PIECE - 1, PIECE + 1};
    static unsigned char got[2 * PIECE];
    struct box_reader *r;
    err e = box_look(a, fd, &r);
    MUST(!e.code || e.why);
    e = e.code ? e : box_open(r, key);
    for (size_t at = 0, turn = 0; !e.code && at < n; turn++) {
        size_t step = steps[turn % 5] < n - at ? steps[turn % 5] : n - at;
        e = box_get(r, got, step);
        for (size_t i = 0; !e.code && i < step; i++) {
            MUST(key->kind == BOX_PLAIN || got[i] == content(at + i));
        }
        at += step;
    }
    e = e.code ? e : box_end(r);
    MUST(!e.code || e.why);
    return !e.code;
}

/* A file that somebody sends. */
static void as_it_stands(struct arena *a, const uint8_t *data, size_t size)
{
    struct box_reader *r;
    unsigned char byte;
    size_t n = 0;
    int fd = file_of(data, size);
    err e = box_look(a, fd, &r);
    if (!e.code) {
        enum box_kind kind = box_reader_kind(r);
        struct box_key key = kind == BOX_PASSPHRASE ? passphrase() : (struct box_key){.kind = kind};
        e = box_open(r, &key);
        while (!e.code && !box_get(r, &byte, 1).code) {
            n++;
        }
        MUST(n <= size);
    }
    MUST(!e.code || e.why);
    close(fd);
}

static size_t write_it(struct arena *a, const struct box_key *key, size_t n, unsigned char *file)
{
    struct box_writer *w;
    int fd = file_of("", 0);
    char part[1000];
    MUST(!box_create(a, fd, key, &w).code);
    for (size_t at = 0; at < n;) {
        size_t some = n - at < sizeof(part) ? n - at : sizeof(part);
        for (size_t i = 0; i < some; i++) {
            part[i] = (char)content(at + i);
        }
        MUST(!box_put(w, str_from_n(part, some)).code);
        at += some;
    }
    MUST(!box_finish(w).code && lseek(fd, 0, SEEK_SET) == 0);
    ssize_t len = read(fd, file, FILE_MOST);
    MUST(len > 0);
    close(fd);
    return (size_t)len;
}

/* One thing done to the file; returns its new length. */
static size_t change(unsigned char *file, size_t len, const uint8_t *how)
{
    size_t at = ((size_t)how[1] << 8 | how[2]) * 7 % (len ? len : 1);
    size_t some = how[3] + 1u;
    switch (how[0] % 5) {
    case 0: /* a byte becomes another */
        file[at] = len ? file[at] ^ (how[3] ? how[3] : 1) : file[at];
        return len;
    case 1: /* the end is cut off */
        return len ? at : 0;
    case 2: /* something behind the end */
        if (len + some <= FILE_MOST) {
            memset(file + len, how[3], some);
            return len + some;
        }
        return len;
    case 3: /* a part is left out */
        some = some * PIECE / 64 < len - at ? some * PIECE / 64 : len - at;
        memmove(file + at, file + at + some, len - at - some);
        return len - some;
    default: /* a part comes twice */
        some = some < len - at ? some : len - at;
        if (len + some <= FILE_MOST) {
            memmove(file + at + some, file + at, len - at);
            return len + some;
        }
        return len;
    }
}

static void written_and_changed(struct arena *a, const uint8_t *data, size_t size)
{
    static unsigned char was[FILE_MOST];
    static unsigned char is[FILE_MOST];
    struct box_key write_key = passphrase();
    struct box_key read_key = passphrase();
    enum box_kind kind = (enum box_kind)(data[0] % 3);
    size_t n = ((size_t)data[1] << 8 | data[2]) * 3; /* up to four pieces */
    if (kind == BOX_RECIPIENT) {
        struct box_pair pair = box_new_pair(a);
        MUST(box_recipient_parse(a, pair.recipient, &write_key));
        MUST(box_private_parse(a, pair.private, &read_key));
    } else if (kind == BOX_PLAIN) {
        write_key = read_key = (struct box_key){.kind = BOX_PLAIN};
    }
    size_t len = write_it(a, &write_key, n, was);
    size_t now = len;
    memcpy(is, was, len);
    for (size_t at = 3; at + 4 <= size && at < 3 + 4 * 8; at += 4) {
        now = change(is, now, data + at);
    }
    int fd = file_of(is, now);
    bool whole = comes_out(a, fd, &read_key, n);
    bool same = now == len && memcmp(is, was, len) == 0;
    MUST(same ? whole : kind == BOX_PLAIN || !whole);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_make(8u << 20);
    MUST(sodium_init() >= 0);
    if (size && data[0] == 'z') {
        as_it_stands(&a, data, size);
    } else if (size >= 3) {
        written_and_changed(&a, data, size);
    }
    arena_end(&a);
    return 0;
}
