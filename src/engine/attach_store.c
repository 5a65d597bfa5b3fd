#include "base/arena.h"
#include "base/enc.h"
#include "engine/attach.h"
#include "engine/engine_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static str new_folder(struct arena *a, str data_dir)
{
    return str_fmt(a, "%.*s/blobs/new", STR_ARG(data_dir));
}

/* Makes a folder that lasts: its name is synced, too. */
static bool make_folder(struct arena *a, str parent, str dir)
{
    if (mkdir(dir.ptr, 0700) != 0) {
        return errno == EEXIST;
    }
    int fd = open(str_copy(a, parent).ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

void attach_tidy(struct arena *a, str data_dir)
{
    DIR *d = opendir(new_folder(a, data_dir).ptr);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (e->d_name[0] != '.') {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d) {
        closedir(d);
    }
}

/* Written elsewhere, synced, then renamed: a file under its hash is always whole. */
static err write_file(struct arena *a, str fresh, str dir, str path, str bytes)
{
    str tmp = str_fmt(a, "%.*s/%d.%p", STR_ARG(fresh), (int)getpid(), (const void *)bytes.ptr);
    int fd = open(tmp.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t done = 0;
    while (fd >= 0 && done < bytes.len) {
        ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
        if (n <= 0) {
            break;
        }
        done += (size_t)n;
    }
    bool ok = fd >= 0 && done == bytes.len && fsync(fd) == 0 && rename(tmp.ptr, path.ptr) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        unlink(tmp.ptr);
        return err_make(err_of_write(why), STR("an attachment could not be written"));
    }
    int dfd = open(dir.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dfd >= 0) {
        fsync(dfd);
        close(dfd);
    }
    return OK;
}

err attach_store(struct engine *e, struct arena *a, str bytes, str *ret)
{
    unsigned char h[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(h, (const unsigned char *)bytes.ptr, bytes.len);
    str sha = enc_hex(a, str_from_n((const char *)h, sizeof(h)));
    str base = str_fmt(a, "%.*s/blobs", STR_ARG(e->opt.data_dir));
    str dir = str_fmt(a, "%.*s/%.2s", STR_ARG(base), sha.ptr);
    str fresh = new_folder(a, e->opt.data_dir);
    if (!make_folder(a, e->opt.data_dir, base) || !make_folder(a, base, fresh) ||
        !make_folder(a, base, dir)) {
        return err_make(err_of_write(errno), STR("the folder of attachments cannot be made"));
    }
    str path = attach_path(a, e->opt.data_dir, sha);
    struct stat st;
    *ret = sha;
    if (stat(path.ptr, &st) == 0 && st.st_size == (off_t)bytes.len) {
        return OK;
    }
    return write_file(a, fresh, dir, path, bytes);
}

err attach_again(struct engine *e, struct arena *a, str sha256, str *ret)
{
    err none = err_make(ERR_NOT_FOUND, STR("bytes"));
    if (sha256.len != 2 * crypto_hash_sha256_BYTES) {
        return none;
    }
    str path = attach_path(a, e->opt.data_dir, sha256);
    struct stat st;
    if (lstat(path.ptr, &st) != 0 || st.st_size > ATTACH_MAX) {
        return none;
    }
    size_t want = (size_t)st.st_size;
    size_t have = 0;
    char *p = arena_bytes(a, want + 1); /* before it is opened: this may not return */
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return none;
    }
    for (ssize_t n = 1; have < want && n > 0;) {
        n = read(fd, p + have, want - have);
        have += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    *ret = str_from_n(p, have);
    return have == want ? OK : none;
}
