#include "base/arena.h"
#include "model/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_MAX = 200, FILE_BYTES_MAX = 1 << 20 };

static void close_dir(void *arg)
{
    DIR **d = arg;
    if (*d) {
        closedir(*d);
        *d = NULL;
    }
}

static err failed(struct arena *a, str dir, const char *name)
{
    return err_make(ERR_NOT_FOUND,
                    str_fmt(a, "%.*s/%s: %s", STR_ARG(dir), name, strerrordesc_np(errno)));
}

/* Reads all of fd into the arena; a file that grows beyond the bound is refused. */
static err read_all(struct arena *a, int fd, size_t size, str what, str *ret)
{
    char *p = arena_bytes(a, size + 1);
    size_t len = 0;
    while (len <= size) {
        ssize_t n = read(fd, p + len, size + 1 - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return failed(a, what, "read");
        }
        if (n == 0) {
            *ret = str_copy(a, (str){p, len});
            return OK;
        }
        len += (size_t)n;
    }
    return err_make(ERR_TOO_LARGE, str_fmt(a, "%.*s changed while it was read", STR_ARG(what)));
}

/* One file of a folder, itself no link; absent is empty. */
static err read_file(struct arena *a, int folder, str path, const char *name, str *ret)
{
    *ret = (str){0};
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? OK : failed(a, path, name);
    }
    struct stat st;
    err e = OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        e = err_make(ERR_INVALID, str_fmt(a, "%.*s/%s is no regular file", STR_ARG(path), name));
    } else if (st.st_size > FILE_BYTES_MAX) {
        e = err_make(ERR_TOO_LARGE, str_fmt(a, "%.*s/%s is larger than 1 MB", STR_ARG(path), name));
    } else {
        e = read_all(a, fd, (size_t)st.st_size, path, ret);
    }
    close(fd);
    return e;
}

static err read_source(struct arena *a, int folder, str path, str name, struct source *ret)
{
    *ret = (struct source){.name = name, .folder = path, .version = 1, .epoch = 1};
    const struct {
        const char *file;
        str *to;
    } files[] = {{"definition.yaml", &ret->definition},
                 {"regulation.md", &ret->text_zh},
                 {"regulation.en.md", &ret->text_en},
                 {"examples.yaml", &ret->examples},
                 {"records.yaml", &ret->records}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        err e = read_file(a, folder, path, files[i].file, files[i].to);
        if (e.code) {
            return e;
        }
    }
    return OK;
}

static bool name_ok(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= 200;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct source *)x)->name, ((const struct source *)y)->name);
}

err load_one(struct arena *a, str dir, str name, struct source *ret)
{
    int fd = open(str_copy(a, dir).ptr, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return failed(a, dir, "");
    }
    err e = read_source(a, fd, dir, name, ret);
    close(fd);
    return e;
}

err load_folder(struct arena *a, str dir, struct sources *ret)
{
    DIR **d = arena_new(a, DIR *);
    arena_defer(a, close_dir, d);
    *d = opendir(str_copy(a, dir).ptr);
    if (!*d) {
        return failed(a, dir, "");
    }
    struct source *all = arena_array(a, struct source, FOLDERS_MAX);
    size_t n = 0;
    struct dirent *entry;
    while ((entry = readdir(*d)) != NULL) {
        if (!name_ok(entry->d_name)) {
            continue;
        }
        int fd = openat(dirfd(*d), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            continue; /* a file, or a link out of the folder */
        }
        str name = str_copy(a, str_from(entry->d_name));
        str path = str_fmt(a, "%.*s/%s", STR_ARG(dir), entry->d_name);
        bool definition = faccessat(fd, "definition.yaml", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        err e = OK;
        if (definition && n == FOLDERS_MAX) {
            e = err_make(ERR_TOO_LARGE,
                         str_fmt(a, "%.*s holds more than 200 regulations", STR_ARG(dir)));
        } else if (definition) {
            e = read_source(a, fd, path, name, &all[n]);
            n++;
        }
        close(fd);
        if (e.code) {
            return e;
        }
    }
    close_dir(d);
    qsort(all, n, sizeof *all, by_name);
    *ret = (struct sources){.ptr = all, .len = n};
    return OK;
}
