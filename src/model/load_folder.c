#include "base/arena.h"
#include "model/load.h"
#include "model/standard.h"

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

static int open_here(void *arg, str path)
{
    (void)arg;
    return open(path.ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

static int open_by(const struct load_files *files, str path)
{
    return files ? files->open(files->arg, path) : open_here(NULL, path);
}

static str in_folder(struct arena *a, str dir, const char *name)
{
    return str_fmt(a, "%.*s/%s", STR_ARG(dir), name);
}

/* All of an open file, which is closed. */
static err read_open(struct arena *a, int fd, str path, str *ret)
{
    struct stat st;
    err e = OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        e = err_make(ERR_INVALID, str_fmt(a, "%.*s is no regular file", STR_ARG(path)));
    } else if (st.st_size > FILE_BYTES_MAX) {
        e = err_make(ERR_TOO_LARGE, str_fmt(a, "%.*s is larger than 1 MB", STR_ARG(path)));
    } else {
        e = read_all(a, fd, (size_t)st.st_size, path, ret);
    }
    close(fd);
    return e;
}

/* One file of a folder; absent is empty. */
static err read_file(struct arena *a, const struct load_files *files, str dir, const char *name,
                     str *ret)
{
    *ret = (str){0};
    str path = in_folder(a, dir, name);
    int fd = open_by(files, path);
    if (fd < 0) {
        return errno == ENOENT ? OK : failed(a, dir, name);
    }
    return read_open(a, fd, path, ret);
}

err load_one(struct arena *a, const struct load_files *files, str dir, str name, struct source *ret)
{
    *ret = (struct source){.name = name, .folder = dir, .version = 1, .epoch = 1};
    const struct {
        const char *file;
        str *to;
    } all[] = {{"definition.yaml", &ret->definition},
               {"regulation.md", &ret->text_zh},
               {"regulation.en.md", &ret->text_en},
               {"examples.yaml", &ret->examples},
               {"records.yaml", &ret->records}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        err e = read_file(a, files, dir, all[i].file, all[i].to);
        if (e.code) {
            return e;
        }
    }
    return OK;
}

bool load_is_one(struct arena *a, const struct load_files *files, str dir)
{
    int fd = open_by(files, in_folder(a, dir, "definition.yaml"));
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool name_ok(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= 200 && !strchr(name, '\n');
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct source *)x)->name, ((const struct source *)y)->name);
}

/* A folder, not a file, nor a link out of the folder above. */
static bool is_folder(const struct load_files *files, str path)
{
    struct stat st;
    int fd = open_by(files, path);
    bool yes = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (fd >= 0) {
        close(fd);
    }
    return yes;
}

err load_folder(struct arena *a, const struct load_files *files, str dir, struct sources *ret)
{
    DIR **d = arena_new(a, DIR *);
    arena_defer(a, close_dir, d);
    int fd = open_by(files, str_copy(a, dir));
    *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!*d) {
        err e = failed(a, dir, "");
        if (fd >= 0) {
            close(fd);
        }
        return e;
    }
    struct source *all = arena_array(a, struct source, FOLDERS_MAX);
    size_t n = 0;
    struct dirent *entry;
    while ((entry = readdir(*d)) != NULL) {
        str path = in_folder(a, dir, entry->d_name);
        if (!name_ok(entry->d_name) || !is_folder(files, path) || !load_is_one(a, files, path)) {
            continue;
        }
        err e = n < FOLDERS_MAX
                    ? load_one(a, files, path, str_copy(a, str_from(entry->d_name)), &all[n])
                    : err_make(ERR_TOO_LARGE,
                               str_fmt(a, "%.*s holds more than 200 regulations", STR_ARG(dir)));
        n++;
        if (e.code) {
            return e;
        }
    }
    close_dir(d);
    qsort(all, n, sizeof *all, by_name);
    *ret = (struct sources){.ptr = all, .len = n};
    return OK;
}

/* --- lists of standards -------------------------------------------------------------- */

static int by_path(const void *x, const void *y)
{
    return str_cmp(((const struct standard_file *)x)->path,
                   ((const struct standard_file *)y)->path);
}

err load_standards(struct arena *a, const struct load_files *files, str dir,
                   struct standard_file **ret, size_t *n)
{
    DIR **d = arena_new(a, DIR *);
    *n = 0;
    *ret = arena_array(a, struct standard_file, STANDARDS_MAX + 1);
    arena_defer(a, close_dir, d);
    int fd = open_by(files, str_copy(a, dir));
    if (fd < 0 && errno == ENOENT) {
        return OK;
    }
    *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!*d) {
        err e = failed(a, dir, "");
        if (fd >= 0) {
            close(fd);
        }
        return e;
    }
    struct dirent *entry;
    err e = OK;
    while (!e.code && (entry = readdir(*d)) != NULL) {
        if (entry->d_name[0] == '.' || !str_ends(str_from(entry->d_name), STR(".tsv"))) {
            continue;
        }
        struct standard_file *f = &(*ret)[*n];
        f->path = in_folder(a, dir, entry->d_name);
        e = *n < STANDARDS_MAX ? read_file(a, files, dir, entry->d_name, &f->text)
                               : err_make(ERR_TOO_LARGE, STR("more than 50 lists of standards"));
        (*n)++;
    }
    close_dir(d);
    qsort(*ret, *n, sizeof(**ret), by_path);
    return e;
}

err load_standard(struct arena *a, const struct load_files *files, str path,
                  struct standard_file *ret)
{
    ret->path = str_copy(a, path);
    int fd = open_by(files, ret->path);
    return fd < 0 ? failed(a, path, "") : read_open(a, fd, ret->path, &ret->text);
}
