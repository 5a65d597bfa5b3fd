/* scratch.c - the folder in which a backup or a restored installation grows, and
 * what all files of this folder need of the system. */
#include "backup/backup_int.h"
#include "base/arena.h"
#include "engine/refusal_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH ".zhidu-scratch-"

enum { DEPTH_MAX = 6 };

err backup_no(struct arena *a, enum err_code code, struct words what, struct words remedy)
{
    return refuse(a, code, REFUSED_VALUE, NULL, what, remedy);
}

err backup_io(struct arena *a, const char *path, int error)
{
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    if (full) {
        return backup_no(a, ERR_STORE,
                         words_fmt(a, "磁盘空间不足：%s（%s）。",
                                   "There is no room left on the disk: %s (%s).", path,
                                   strerror(error)),
                         WORDS("清出空间，或换一个目录存放；没有留下不完整的文件。",
                               "Make room or name another folder; nothing half done was left."));
    }
    return backup_no(a, ERR_STORE,
                     words_fmt(a, "不能读写 %s：%s。", "%s cannot be read or written: %s.", path,
                               strerror(error)),
                     (struct words){0});
}

bool backup_rename(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return false;
    }
    /* NFS and some others know no such flag: the name is taken first, then ours goes over it */
    struct stat st;
    bool folder = stat(from, &st) == 0 && S_ISDIR(st.st_mode);
    int fd = folder ? mkdir(to, 0700) : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    if (!folder) {
        close(fd);
    }
    if (rename(from, to) == 0) {
        return true;
    }
    int why = errno;
    folder ? rmdir(to) : unlink(to);
    errno = why;
    return false;
}

int backup_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno != EINTR) {
            return -1;
        }
        at += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

str backup_parent(struct arena *a, str path)
{
    size_t n = path.len;
    while (n > 0 && path.ptr[n - 1] != '/') {
        n--;
    }
    return n > 1 ? str_copy(a, str_from_n(path.ptr, n - 1)) : STR("/");
}

err backup_sync_folder(struct arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return backup_io(a, path, error);
    }
    close(fd);
    return OK;
}

/* --- taking folders away ------------------------------------------------------------------- */

static void remove_in(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d && fd >= 0) {
        close(fd);
    }
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        bool self = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        if (!self && unlinkat(fd, e->d_name, 0) != 0 && depth < DEPTH_MAX) {
            remove_in(fd, e->d_name, depth + 1);
        }
    }
    if (d) {
        closedir(d);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

static void scratch_end(void *arg)
{
    struct scratch *s = arg;
    if (s->lock >= 0) {
        remove_in(AT_FDCWD, s->path.ptr, 0);
        close(s->lock);
        s->lock = -1;
    }
}

void scratch_tidy(str parent)
{
    DIR *d = opendir(parent.ptr);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (strncmp(e->d_name, SCRATCH, sizeof(SCRATCH) - 1) != 0) {
            continue;
        }
        int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            remove_in(dirfd(d), e->d_name, 0);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    if (d) {
        closedir(d);
    }
}

/* Makes the folder and holds its lock; between the two somebody may take it for one that was
 * left, and take it away: then *ret is -1 and there is another try. */
static err make_locked(struct arena *a, const char *where, char *path, int *ret)
{
    *ret = -1;
    if (!mkdtemp(path)) {
        return backup_io(a, where, errno);
    }
    struct stat held;
    struct stat named;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ours = fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &held) == 0 &&
                stat(path, &named) == 0 && held.st_ino == named.st_ino;
    if (!ours && fd >= 0) {
        close(fd);
    }
    *ret = ours ? fd : -1;
    return OK;
}

err scratch_make(struct arena *a, str parent, struct scratch **ret)
{
    enum { TRIES = 5 };
    str where = str_copy(a, parent);
    scratch_tidy(where);
    struct scratch *s = arena_new(a, struct scratch);
    *s = (struct scratch){.arena = a, .lock = -1};
    arena_defer(a, scratch_end, s);
    size_t n = parent.len + sizeof(SCRATCH) + 16;
    char *path = arena_bytes(a, n);
    err e = OK;
    for (int i = 0; !e.code && s->lock < 0 && i < TRIES; i++) {
        snprintf(path, n, "%.*s/" SCRATCH "XXXXXX", STR_ARG(where));
        e = make_locked(a, where.ptr, path, &s->lock);
    }
    if (!e.code && s->lock < 0) {
        e = backup_io(a, where.ptr, EAGAIN);
    }
    if (!e.code) {
        s->path = str_from(path);
        *ret = s;
    }
    return e;
}

str scratch_file(const struct scratch *s, struct arena *a, const char *name)
{
    return str_fmt(a, "%.*s/%s", STR_ARG(s->path), name);
}
