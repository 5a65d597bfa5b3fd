#include "signer/signer.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ledger/b64.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEY "ledger.key"
#define PUB "ledger.pub"
#define LAST "last"
#define JOURNAL "journal"
#define BACK "set-back "

enum { JOURNAL_MAX = 1 << 20 };

/* --- files ------------------------------------------------------------------------ */

static err failed(struct arena *a, const char *file)
{
    int why = errno;
    return err_make(why == ENOENT ? ERR_NOT_FOUND : ERR_STORE,
                    str_fmt(a, "%s: %s", file, strerror(why)));
}

static bool write_all(int fd, str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return fsync(fd) == 0;
}

/* Written by root, it belongs to whom the folder belongs: he is the one who reads it. */
static bool hand_over(int dir, int fd)
{
    struct stat of;
    if (geteuid() != 0) {
        return true;
    }
    return fstat(dir, &of) == 0 && (of.st_uid == 0 || fchown(fd, of.st_uid, of.st_gid) == 0);
}

/* Whole and durable, or as it was before. */
static err put_file(struct arena *a, int dir, const char *name, str bytes, mode_t mode)
{
    str tmp = str_fmt(a, "%s.new", name);
    int fd = openat(dir, tmp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) {
        return failed(a, tmp.ptr);
    }
    bool ok = hand_over(dir, fd) && write_all(fd, bytes);
    err e = ok ? OK : failed(a, tmp.ptr);
    close(fd);
    if (ok && (renameat(dir, tmp.ptr, dir, name) != 0 || fsync(dir) != 0)) {
        e = failed(a, name);
    }
    return e;
}

static err get_file(struct arena *a, int dir, const char *name, size_t most, str *ret)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return failed(a, name);
    }
    char *p = arena_bytes(a, most + 1);
    size_t len = 0;
    ssize_t n = 0;
    while (len <= most && (n = read(fd, p + len, most + 1 - len)) > 0) {
        len += (size_t)n;
    }
    err e = n < 0 ? failed(a, name) : OK;
    close(fd);
    if (!e.code && len > most) {
        e = err_make(ERR_STORE, str_fmt(a, "%s: too long", name));
    }
    *ret = str_from_n(p, len);
    return e;
}

/* --- the key --------------------------------------------------------------------------- */

bool signer_made(int dir)
{
    return faccessat(dir, KEY, F_OK, 0) == 0;
}

static err put_key(struct arena *life, int dir, str origin, const unsigned char *seed)
{
    struct note_signer key;
    err e = note_signer(hash_make(life), origin, seed, &key);
    if (e.code) {
        return e;
    }
    str vkey = str_fmt(life, "%.*s\n", STR_ARG(note_vkey(life, &key.key)));
    note_signer_wipe(&key);
    /* the public half first: a folder with a key has both */
    e = put_file(life, dir, PUB, vkey, 0644);
    return e.code ? e
                  : put_file(life, dir, KEY, str_from_n((const char *)seed, NOTE_SEED_LEN), 0600);
}

err signer_make(struct arena *life, int dir, str origin)
{
    unsigned char seed[NOTE_SEED_LEN];
    if (signer_made(dir)) {
        return err_make(ERR_CONFLICT, STR("there is a key already"));
    }
    hash_make(life); /* readies what makes random numbers */
    randombytes_buf(seed, sizeof(seed));
    err e = put_key(life, dir, origin, seed);
    sodium_memzero(seed, sizeof(seed));
    return e;
}

static err take_lock(struct arena *life, struct signer *s, int wait_ms)
{
    s->lock = openat(s->dir, KEY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (s->lock < 0) {
        return failed(life, KEY);
    }
    for (int waited = 0; flock(s->lock, LOCK_EX | LOCK_NB) != 0; waited += 10) {
        if (errno != EWOULDBLOCK || waited >= wait_ms) {
            return err_make(ERR_BUSY, STR("another process uses this folder"));
        }
        struct timespec t = {.tv_nsec = 10 * 1000 * 1000};
        nanosleep(&t, NULL);
    }
    return OK;
}

/* Moves a file; none there is well. */
static err move_file(struct arena *a, int from, int to, const char *name, size_t most)
{
    str bytes;
    err e = get_file(a, from, name, most, &bytes);
    if (e.code) {
        return e.code == ERR_NOT_FOUND ? OK : e;
    }
    e = put_file(a, to, name, bytes, 0600);
    return e.code || unlinkat(from, name, 0) == 0 ? e : failed(a, name);
}

static err take_locked(struct arena *life, int dir, str origin, int from)
{
    str seed;
    err e = get_file(life, from, KEY, NOTE_SEED_LEN, &seed);
    if (!e.code && seed.len != NOTE_SEED_LEN) {
        e = err_make(ERR_STORE, STR(KEY ": not a key of 32 bytes"));
    }
    if (!e.code && !note_name_ok(origin)) {
        e = err_make(ERR_VALUE, STR("no name of a log"));
    }
    if (!e.code) { /* the memory before the key: never a key that forgot */
        e = move_file(life, from, dir, LAST, NOTE_BYTES_MAX);
    }
    if (!e.code) {
        e = move_file(life, from, dir, JOURNAL, JOURNAL_MAX);
    }
    if (!e.code) {
        e = put_key(life, dir, origin, (const unsigned char *)seed.ptr);
        sodium_memzero((void *)(uintptr_t)seed.ptr, seed.len);
    }
    return e.code || unlinkat(from, KEY, 0) == 0 ? e : failed(life, KEY);
}

err signer_take(struct arena *life, int dir, str origin, int from)
{
    struct signer there = {.dir = from, .lock = -1};
    if (signer_made(dir)) {
        return err_make(ERR_CONFLICT, STR("there is a key already"));
    }
    err e = take_lock(life, &there, 0);
    if (!e.code) {
        e = take_locked(life, dir, origin, from);
    }
    if (there.lock >= 0) {
        close(there.lock);
    }
    return e;
}

err signer_public(struct arena *life, int dir, str *ret)
{
    str vkey;
    err e = get_file(life, dir, PUB, 1024, &vkey);
    if (!e.code) {
        *ret = str_trim(vkey);
    }
    return e;
}

static err read_key(struct arena *life, struct signer *s)
{
    str vkey;
    str seed;
    struct note_key pub;
    err e = signer_public(life, s->dir, &vkey);
    if (!e.code) {
        e = note_key_parse(s->hasher, life, vkey, &pub);
    }
    if (!e.code) {
        e = get_file(life, s->dir, KEY, NOTE_SEED_LEN, &seed);
    }
    if (e.code) {
        return e;
    }
    if (seed.len != NOTE_SEED_LEN) {
        return err_make(ERR_STORE, STR(KEY ": not a key of 32 bytes"));
    }
    e = note_signer(s->hasher, pub.name, (const unsigned char *)seed.ptr, &s->key);
    sodium_memzero((void *)(uintptr_t)seed.ptr, seed.len);
    if (!e.code && memcmp(s->key.key.public, pub.public, NOTE_PUBLIC_LEN) != 0) {
        note_signer_wipe(&s->key);
        e = err_make(ERR_STORE, STR(PUB ": the public key of another " KEY));
    }
    return e;
}

/* --- opening ----------------------------------------------------------------------------- */

/* What was signed last; a file that is there and not ours is remembered as that. */
static err read_last(struct arena *life, struct signer *s)
{
    str note;
    err e = get_file(life, s->dir, LAST, NOTE_BYTES_MAX, &note);
    if (e.code) {
        return e.code == ERR_NOT_FOUND ? OK : e;
    }
    e = note_open(note, &s->key.key, 1, &s->last, NULL);
    if (e.code) {
        s->damaged = true;
        s->last = (struct note_checkpoint){0};
    }
    return OK;
}

err signer_open(struct arena *life, int dir, int wait_ms, struct signer *ret)
{
    struct signer s = {.dir = dir, .lock = -1, .hasher = hash_make(life)};
    err e = take_lock(life, &s, wait_ms);
    if (!e.code) {
        e = read_key(life, &s);
    }
    if (!e.code) {
        e = read_last(life, &s);
    }
    if (e.code) {
        signer_close(&s);
        return e;
    }
    *ret = s;
    return OK;
}

struct signer signer_without(int dir, struct arena *again)
{
    return (struct signer){.dir = dir, .lock = -1, .again = again};
}

static bool open_again(struct signer *s)
{
    struct signer now;
    arena_reset(s->again);
    err e = signer_open(s->again, s->dir, 0, &now);
    if (!e.code) {
        *s = now; /* what it stands on stays in the arena, which is reset no more */
    }
    return !e.code;
}

void signer_close(struct signer *s)
{
    note_signer_wipe(&s->key);
    if (s->lock >= 0) {
        close(s->lock);
        s->lock = -1;
    }
}

/* --- the rule ------------------------------------------------------------------------------ */

enum verdict signer_judge(const struct signer *s, const struct wire_request *r)
{
    const struct note_checkpoint *last = &s->last;
    struct hash empty = merkle_empty(s->hasher);
    if (s->damaged) {
        return VERDICT_DAMAGED;
    }
    if (!str_eq(r->cp.origin, s->key.key.name)) {
        return VERDICT_OTHER;
    }
    if (r->cp.size < last->size) {
        return VERDICT_SMALLER;
    }
    if (r->cp.size == last->size) {
        struct hash same = last->size ? last->root : empty;
        return hash_eq(r->cp.root, same) ? VERDICT_SIGNED : VERDICT_DIFFERENT;
    }
    if (r->old != last->size) {
        return VERDICT_OLD;
    }
    if (last->size == 0) { /* whatever there is continues nothing */
        return VERDICT_SIGNED;
    }
    return merkle_check_growth(s->hasher, (uint64_t)last->size, (uint64_t)r->cp.size, &r->growth,
                               &last->root, &r->cp.root)
               ? VERDICT_SIGNED
               : VERDICT_INCONSISTENT;
}

/* Signs, remembers, and only then gives the note away. */
static err sign(struct signer *s, struct arena *a, struct note_checkpoint cp, bool anew, str *ret)
{
    cp.further = s->last.further;
    cp.origin = s->key.key.name;
    str note = note_write(a, &s->key, &cp);
    bool same = s->last.size && cp.size == s->last.size && hash_eq(cp.root, s->last.root);
    err e = s->dir < 0 || (same && !anew) ? OK : put_file(a, s->dir, LAST, note, 0600);
    if (!e.code) {
        s->last = cp; /* its texts are the key's and those of `last`: they live on */
        *ret = note;
    }
    return e;
}

str signer_answer(struct signer *s, struct arena *a, str packet)
{
    struct wire_request r = {0};
    struct wire_answer x = {.verdict = VERDICT_FORM};
    err e = wire_get_request(packet, &r);
    bool lost = s->again && !open_again(s);
    if (!e.code && r.key && !lost) {
        x.key = note_vkey(a, &s->key.key);
        return wire_put_answer(a, &x);
    }
    if (!e.code) {
        x.verdict = lost ? VERDICT_UNKEPT : signer_judge(s, &r);
    }
    if (x.verdict == VERDICT_SIGNED && sign(s, a, r.cp, false, &x.note).code) {
        x.verdict = VERDICT_UNKEPT;
    }
    x.last.size = s->last.size;
    x.last.root = s->last.root;
    x.asked.size = r.cp.size;
    x.asked.root = r.cp.root;
    return wire_put_answer(a, &x);
}

/* --- setting back --------------------------------------------------------------------------- */

bool signer_back(str further, struct signer_back *ret)
{
    str rest;
    str line = str_cut(further, '\n', &rest);
    if (!str_starts(line, STR(BACK))) {
        return false;
    }
    struct signer_back b;
    str words = str_from_n(line.ptr + sizeof(BACK) - 1, line.len - (sizeof(BACK) - 1));
    bool ok = str_to_i64(str_cut(words, ' ', &words), &b.times) &&
              str_to_i64(str_cut(words, ' ', &words), &b.from);
    str_cut(words, ' ', &words); /* the root */
    ok = ok && str_to_i64(str_cut(words, ' ', &words), &b.to) && str_to_i64(words, &b.at);
    if (ok) {
        *ret = b;
    }
    return ok;
}

static err add_to_journal(struct arena *a, int dir, str line)
{
    int fd = openat(dir, JOURNAL, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return failed(a, JOURNAL);
    }
    err e = hand_over(dir, fd) && write_all(fd, line) ? OK : failed(a, JOURNAL);
    close(fd);
    return e;
}

err signer_set_back(struct signer *s, struct arena *a, int64_t size, struct hash root, str reason,
                    int64_t now)
{
    struct signer_back before = {0};
    if (!s->last.size && !s->damaged) {
        return err_make(ERR_CONFLICT, STR("nothing was signed yet"));
    }
    signer_back(s->last.further, &before);
    struct buf b = buf_make(a, NOTE_FURTHER_MAX);
    buf_put_fmt(&b, BACK "%lld %lld ", (long long)before.times + 1, (long long)s->last.size);
    b64_put(&b, hash_str(&s->last.root));
    buf_put_fmt(&b, " %lld %lld\n", (long long)size, (long long)now);
    str line = buf_str(&b);
    str said =
        str_fmt(a, "%.*s    by user %ld: %.*s\n", STR_ARG(line), (long)getuid(), STR_ARG(reason));
    err e = add_to_journal(a, s->dir, said);
    if (e.code) {
        return e;
    }
    str note;
    s->last.further = line;
    s->damaged = false;
    return sign(s, a, (struct note_checkpoint){.size = size, .root = root}, true, &note);
}
