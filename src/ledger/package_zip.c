/* package_zip.c - a package's files: in a zip file or in a folder. */
#include "base/arena.h"
#include "ledger/package.h"

#include <dirent.h>
#include <fcntl.h>
#include <minizip/unzip.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10, NAME_MOST = 256 };

struct package {
    struct arena *arena;
    str names[PACKAGE_FILES_MAX];
    unz64_file_pos at[PACKAGE_FILES_MAX];
    size_t n;
    unzFile zip; /* NULL: a folder */
    int folder;
};

static void close_all(void *arg)
{
    struct package *p = arg;
    if (p->zip) {
        unzClose(p->zip);
    }
    if (p->folder >= 0) {
        close(p->folder);
    }
}

static err not_read(const char *why)
{
    return err_make(ERR_VALUE, str_from(why));
}

static err list_zip(struct package *p)
{
    int is = unzGoToFirstFile(p->zip);
    for (; is == UNZ_OK; is = unzGoToNextFile(p->zip)) {
        char name[NAME_MOST + 1] = {0};
        if (p->n == PACKAGE_FILES_MAX) {
            return not_read("more files than a package has");
        }
        if (unzGetCurrentFileInfo64(p->zip, NULL, name, NAME_MOST, NULL, 0, NULL, 0) != UNZ_OK ||
            unzGetFilePos64(p->zip, &p->at[p->n]) != UNZ_OK) {
            return not_read("the list of the zip file is damaged");
        }
        p->names[p->n++] = str_copy(p->arena, str_from(name));
    }
    return is == UNZ_END_OF_LIST_OF_FILE ? OK : not_read("the list of the zip file is damaged");
}

static err list_folder(struct package *p)
{
    int fd = dup(p->folder);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    bool full = false;
    for (struct dirent *f = d ? readdir(d) : NULL; f && !full; f = readdir(d)) {
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0) {
            continue;
        }
        full = p->n == PACKAGE_FILES_MAX;
        if (!full) {
            p->names[p->n++] = str_copy(p->arena, str_from(f->d_name));
        }
    }
    if (d) {
        closedir(d);
    }
    return !d     ? not_read("the folder cannot be read")
           : full ? not_read("more files than a package has")
                  : OK;
}

err package_open(struct arena *a, const char *path, struct package **ret)
{
    struct stat st;
    struct package *p = arena_new(a, struct package);
    p->arena = a;
    p->folder = -1;
    arena_defer(a, close_all, p);
    *ret = p;
    if (stat(path, &st) != 0) {
        return not_read("there is no such file");
    }
    if (S_ISDIR(st.st_mode)) {
        p->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return p->folder < 0 ? not_read("the folder cannot be read") : list_folder(p);
    }
    p->zip = S_ISREG(st.st_mode) ? unzOpen64(path) : NULL;
    return p->zip ? list_zip(p) : not_read("not a zip file, or its end is missing");
}

size_t package_files(const struct package *p)
{
    return p->n;
}

str package_file(const struct package *p, size_t i)
{
    return p->names[i];
}

static err read_zip(struct package *p, size_t i, char *piece,
                    void (*take)(void *arg, const char *bytes, size_t n), void *arg)
{
    if (unzGoToFilePos64(p->zip, &p->at[i]) != UNZ_OK || unzOpenCurrentFile(p->zip) != UNZ_OK) {
        return not_read("damaged in the zip file");
    }
    int n;
    while ((n = unzReadCurrentFile(p->zip, piece, PIECE)) > 0) {
        take(arg, piece, (size_t)n);
    }
    bool whole = unzCloseCurrentFile(p->zip) == UNZ_OK && n == 0; /* the sum fits */
    return whole ? OK : not_read("damaged in the zip file");
}

static err read_folder(struct package *p, size_t i, char *piece,
                       void (*take)(void *arg, const char *bytes, size_t n), void *arg)
{
    struct stat st;
    int fd = openat(p->folder, p->names[i].ptr, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
    while (n > 0 && (n = read(fd, piece, PIECE)) > 0) {
        take(arg, piece, (size_t)n);
    }
    if (fd >= 0) {
        close(fd);
    }
    return n == 0 ? OK : not_read("no file that can be read");
}

err package_read(struct package *p, size_t i, void (*take)(void *arg, const char *bytes, size_t n),
                 void *arg)
{
    char piece[PIECE];
    return p->zip ? read_zip(p, i, piece, take, arg) : read_folder(p, i, piece, take, arg);
}
