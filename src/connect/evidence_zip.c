/* evidence_zip.c - files one after the other into a zip file; minizip does the format. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/evidence_int.h"

#include <errno.h>
#include <minizip/zip.h>
#include <string.h>
#include <unistd.h>

struct pack {
    struct arena *arena;
    int fd;
    int64_t at, size;
    zipFile zip;
    bool failed;
    int why;
    struct hasher *h;
    zip_fileinfo info;
    struct evidence_file files[PACKAGE_FILES_MAX];
    size_t n;
};

/* --- minizip's file, on an open one --------------------------------------------------------- */

static voidpf file_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static uLong file_read(voidpf opaque, voidpf stream, void *to, uLong n)
{
    struct pack *p = stream;
    (void)opaque;
    ssize_t got = pread(p->fd, to, n, (off_t)p->at);
    p->at += got > 0 ? got : 0;
    return got > 0 ? (uLong)got : 0;
}

static uLong file_write(voidpf opaque, voidpf stream, const void *bytes, uLong n)
{
    struct pack *p = stream;
    const char *from = bytes;
    uLong done = 0;
    (void)opaque;
    while (done < n) {
        ssize_t got = pwrite(p->fd, from + done, n - done, (off_t)p->at);
        if (got <= 0) {
            p->failed = true;
            p->why = errno;
            return done;
        }
        p->at += got;
        done += (uLong)got;
    }
    p->size = p->at > p->size ? p->at : p->size;
    return done;
}

static ZPOS64_T file_tell(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return (ZPOS64_T)((struct pack *)stream)->at;
}

static long file_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int from)
{
    struct pack *p = stream;
    (void)opaque;
    int64_t base = from == ZLIB_FILEFUNC_SEEK_CUR   ? p->at
                   : from == ZLIB_FILEFUNC_SEEK_END ? p->size
                                                    : 0;
    p->at = base + (int64_t)offset;
    return 0;
}

static int file_close(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static int file_error(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ((struct pack *)stream)->failed;
}

static void give_up(void *arg)
{
    struct pack *p = arg;
    if (p->zip) {
        (void)zipClose(p->zip, NULL);
        p->zip = NULL;
    }
}

/* --- files ---------- */

err pack_begin(struct arena *a, int fd, int64_t at, int zone, struct pack **ret)
{
    struct pack *p = arena_new(a, struct pack);
    struct clock_civil t = clock_civil_at(at, zone);
    *p = (struct pack){.arena = a, .fd = fd, .h = hash_make(a)};
    p->info.tmz_date = (tm_zip){.tm_sec = (unsigned)t.second,
                                .tm_min = (unsigned)t.minute,
                                .tm_hour = (unsigned)t.hour,
                                .tm_mday = (unsigned)t.day,
                                .tm_mon = (unsigned)(t.month - 1),
                                .tm_year = (unsigned)t.year};
    arena_defer(a, give_up, p);
    zlib_filefunc64_def io = {.zopen64_file = file_open,
                              .zread_file = file_read,
                              .zwrite_file = file_write,
                              .ztell64_file = file_tell,
                              .zseek64_file = file_seek,
                              .zclose_file = file_close,
                              .zerror_file = file_error,
                              .opaque = p};
    p->zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &io);
    *ret = p;
    return p->zip ? OK : err_make(ERR_BUSY, STR("memory"));
}

void pack_file(struct pack *p, str name)
{
    p->files[p->n].name = str_copy(p->arena, name);
    p->failed = p->failed || zipOpenNewFileInZip64(p->zip, p->files[p->n].name.ptr, &p->info, NULL,
                                                   0, NULL, 0, NULL, Z_DEFLATED, 6, 1) != ZIP_OK;
    hash_begin(p->h);
}

void pack_put(struct pack *p, str bytes)
{
    hash_put(p->h, bytes.ptr, bytes.len);
    p->failed = p->failed || (bytes.len && zipWriteInFileInZip(p->zip, bytes.ptr,
                                                               (unsigned)bytes.len) != ZIP_OK);
}

struct hash pack_file_end(struct pack *p)
{
    struct hash digest = hash_end(p->h);
    p->failed = p->failed || zipCloseFileInZip(p->zip) != ZIP_OK;
    p->files[p->n++].digest = digest;
    return digest;
}

struct hash pack_whole(struct pack *p, str name, str bytes)
{
    pack_file(p, name);
    pack_put(p, bytes);
    return pack_file_end(p);
}

const struct evidence_file *pack_files(const struct pack *p, size_t *n)
{
    *n = p->n;
    return p->files;
}

static const struct evidence_file *file_of(const struct pack *p, str name)
{
    for (size_t i = 0; i < p->n; i++) {
        if (str_eq(p->files[i].name, name)) {
            return &p->files[i];
        }
    }
    return NULL;
}

str pack_manifest(struct pack *p)
{
    struct buf b = buf_make(p->arena, 8192);
    for (size_t i = 0; i < package_parts_len; i++) {
        const struct evidence_file *f = file_of(p, package_parts[i].name);
        for (int k = 0; f && k < HASH_LEN; k++) {
            buf_put_fmt(&b, "%02x", f->digest.b[k]);
        }
        if (f) {
            BUF_LIT(&b, "  ");
            buf_put(&b, f->name);
            buf_put_c(&b, '\n');
        }
    }
    return buf_str(&b);
}

err pack_end(struct pack *p)
{
    zipFile zip = p->zip;
    p->zip = NULL;
    bool ok = zipClose(zip, NULL) == ZIP_OK && !p->failed;
    return ok ? OK : err_make(p->why ? err_of_write(p->why) : ERR_STORE, STR("evidence file"));
}
