/* read.c - a backup's bytes, believed only as far as their hashes go. */
#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/enc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, FIRST_LINE_MAX = 120 };
#define ROOM_KEPT (INT64_C(64) << 20) /* on the disk, beside what is restored */

struct taking {
    struct arena *a;
    const struct reading *r;
    struct box_reader *box;
    struct hasher *hasher;
    struct manifest_head *head;
    int64_t file_bytes;
    int64_t done;
};

static bool on(const struct taking *k)
{
    const struct backup_watch *w = k->r->watch;
    return !w || !w->progress ||
           w->progress(w->arg, WORDS("读取备份", "Reading the backup"), k->done, k->head->bytes);
}

static err no_manifest(struct taking *k)
{
    return backup_no(
        k->a, ERR_VALUE,
        WORDS("备份的清单被改动或已损坏。", "The backup's manifest was changed, or is damaged."),
        WORDS("使用另一份备份。", "Use another backup."));
}

static err not_the_same(struct taking *k, const struct manifest_file *x)
{
    struct words what = x->kind == FILE_DATABASE
                            ? WORDS("备份中的数据库被改动或已损坏。",
                                    "The database in the backup was changed, or is damaged.")
                        : x->kind == FILE_ATTACHMENT
                            ? WORDS("备份中有附件被改动或已损坏。",
                                    "An attachment in the backup was changed, or is damaged.")
                            : WORDS("备份中的一个文件被改动或已损坏。",
                                    "A file in the backup was changed, or is damaged.");
    return backup_no(k->a, ERR_VALUE, what, WORDS("使用另一份备份。", "Use another backup."));
}

/* Takes `size` bytes out of the box, into `out` where it is open. */
static err take(struct taking *k, int64_t size, int out, struct hash *ret)
{
    char buf[CHUNK];
    err e = OK;
    hash_begin(k->hasher);
    for (int64_t left = size; !e.code && left > 0;) {
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        e = box_get(k->box, buf, n);
        if (!e.code) {
            hash_put(k->hasher, buf, n);
            left -= (int64_t)n;
            k->done += (int64_t)n;
        }
        if (!e.code && out >= 0 && backup_write_all(out, buf, n) != 0) {
            e = backup_io(k->a, k->r->to.ptr, errno);
        }
        if (!e.code && k->head && k->done % (1 << 20) < CHUNK && !on(k)) {
            e = err_make(ERR_BUSY, STR("reading was cancelled"));
        }
    }
    *ret = hash_end(k->hasher);
    return e;
}

/* "manifest <length> <SHA-256>" and its line end. */
static err manifest_line(struct taking *k, int64_t *ret_size, struct hash *ret_sha)
{
    char line[FIRST_LINE_MAX];
    size_t n = 0;
    err e = OK;
    do {
        e = box_get(k->box, line + n, 1);
        n++;
    } while (!e.code && n < sizeof(line) && line[n - 1] != '\n');
    if (e.code) {
        return e;
    }
    str rest;
    str bytes;
    str word = str_cut(str_from_n(line, n - 1), ' ', &rest);
    str size = str_cut(rest, ' ', &rest);
    bool ok = line[n - 1] == '\n' && str_eq(word, STR("manifest")) && str_to_i64(size, ret_size) &&
              *ret_size > 0 && rest.len == 2 * (size_t)HASH_LEN && dec_hex(k->a, rest, &bytes) &&
              hash_from(bytes, ret_sha);
    return ok ? OK : no_manifest(k);
}

/* More than the file can hold is refused before anything is written. */
static err fits_file(struct taking *k, int64_t bytes)
{
    return bytes <= k->file_bytes
               ? OK
               : backup_no(k->a, ERR_VALUE,
                           WORDS("备份声称的内容比文件本身还大：文件不完整或被改动。",
                                 "The backup claims to hold more than its file has: it is cut off,"
                                 " or was changed."),
                           WORDS("重新复制这个文件，或使用另一份备份。",
                                 "Copy the file once more, or use another backup."));
}

static err fits_disk(struct taking *k, int64_t bytes)
{
    struct statvfs v;
    if (statvfs(k->r->to.ptr, &v) != 0) {
        return OK; /* writing will tell */
    }
    int64_t room = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
    if (room >= bytes + ROOM_KEPT) {
        return OK;
    }
    return backup_no(k->a, ERR_STORE,
                     words_fmt(k->a, "磁盘空间不足：需要 %lld MB，只有 %lld MB。",
                               "There is not enough room on the disk: %lld MB are wanted, %lld MB"
                               " are free.",
                               (long long)((bytes + ROOM_KEPT) >> 20), (long long)(room >> 20)),
                     WORDS("清出空间后再试。", "Make room and try again."));
}

static err spool_manifest(struct taking *k)
{
    int64_t size = 0;
    struct hash want;
    struct hash got;
    err e = manifest_line(k, &size, &want);
    if (!e.code && size > MANIFEST_BYTES_MAX) {
        e = backup_no(k->a, ERR_TOO_LARGE,
                      WORDS("备份的清单超出限度：文件过多或过大。",
                            "The backup's manifest passes a limit: too many files, or too large."),
                      WORDS("使用另一份备份。", "Use another backup."));
    }
    if (!e.code) {
        e = fits_file(k, size);
    }
    str path = str_fmt(k->a, "%.*s/manifest.txt", STR_ARG(k->r->to));
    int fd = e.code ? -1 : open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!e.code) {
        e = fd >= 0 ? take(k, size, fd, &got) : backup_io(k->a, path.ptr, errno);
    }
    if (!e.code && !hash_eq(got, want)) {
        e = no_manifest(k);
    }
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

/* The file's place, its folders made; the names are ours or hexadecimal digits. */
static err open_place(struct taking *k, struct arena *a, const struct manifest_file *x, int *ret)
{
    str place = manifest_place(a, x);
    str path = str_fmt(a, "%.*s/%.*s", STR_ARG(k->r->to), STR_ARG(place));
    if (x->kind == FILE_ATTACHMENT) {
        str top = str_fmt(a, "%.*s/blobs", STR_ARG(k->r->to));
        str sub = backup_parent(a, path);
        if ((mkdir(top.ptr, 0700) != 0 && errno != EEXIST) ||
            (mkdir(sub.ptr, 0700) != 0 && errno != EEXIST)) {
            return backup_io(k->a, str_copy(k->a, sub).ptr, errno);
        }
    }
    mode_t mode = x->kind == FILE_PUBLIC_KEY ? 0644 : 0600;
    *ret = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return *ret >= 0 ? OK : backup_io(k->a, str_copy(k->a, path).ptr, errno);
}

static err take_file(struct taking *k, const struct manifest_file *x)
{
    struct arena a = arena_make(1 << 20);
    bool write = x->kind != FILE_ATTACHMENT || k->r->attachments;
    struct hash got = {0};
    int fd = -1;
    err e = write ? open_place(k, &a, x, &fd) : OK;
    if (!e.code) {
        e = take(k, x->size, fd, &got);
    }
    if (!e.code && !hash_eq(got, x->sha)) {
        e = not_the_same(k, x);
    }
    if (!e.code && fd >= 0 && k->r->attachments && fsync(fd) != 0) {
        e = backup_io(k->a, k->r->to.ptr, errno);
    }
    if (fd >= 0 && close(fd) != 0 && !e.code) {
        e = backup_io(k->a, k->r->to.ptr, errno);
    }
    arena_end(&a);
    return e;
}

static err take_files(struct taking *k, struct manifest_reader *m)
{
    bool more = true;
    err e = OK;
    while (!e.code && more) {
        struct manifest_file x;
        e = manifest_next(m, &x, &more);
        if (!e.code && more && !x.missing) {
            e = take_file(k, &x);
        }
    }
    return e.code ? e : box_end(k->box);
}

static err open_box(struct taking *k)
{
    err e = box_look(k->a, k->r->fd, &k->box);
    if (e.code) {
        return e;
    }
    enum box_kind kind = box_reader_kind(k->box);
    if (k->r->own) {
        return box_open_own(k->box, k->r->own);
    }
    struct box_key key = {.kind = BOX_PLAIN};
    if (kind != BOX_PLAIN) {
        e = k->r->opener->ask(k->r->opener->arg, kind, &key);
    }
    return e.code ? e : box_open(k->box, &key);
}

err backup_read(struct arena *a, const struct reading *r, struct backup_report *ret)
{
    struct stat st;
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return backup_no(a, ERR_INVALID, WORDS("这不是一个普通文件。", "This is no ordinary file."),
                         WORDS("指明由 zhidu backup 写成的文件。",
                               "Name a file that zhidu backup has written."));
    }
    struct taking k = {.a = a, .r = r, .hasher = hash_make(a), .file_bytes = st.st_size};
    struct manifest_reader m = {0};
    FILE *f = NULL;
    err e = open_box(&k);
    if (!e.code) {
        e = spool_manifest(&k);
    }
    if (!e.code) {
        str path = str_fmt(a, "%.*s/manifest.txt", STR_ARG(r->to));
        f = fopen(path.ptr, "re");
        e = f ? manifest_begin(&m, a, f) : backup_io(a, path.ptr, errno);
    }
    if (!e.code) {
        e = fits_file(&k, m.head.bytes);
    }
    if (!e.code) {
        e = fits_disk(&k, r->attachments ? m.head.bytes : 0);
    }
    if (!e.code) {
        k.head = &m.head;
        k.done = 0;
        e = take_files(&k, &m);
    }
    if (f) {
        fclose(f);
    }
    if (!e.code) {
        ret->head = m.head;
        ret->file_bytes = st.st_size;
        e = backup_look(a, r, ret);
    }
    return e;
}
