/* making.c - the folder of an installation while it is made. */
#include "cli/cli.h"
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands in the folder until the installation is whole, and lists, a line each, which of the
 * files below were there before it: those are not ours to remove. */
#define MARK "unfinished"
#define MARK_END "begun\n" /* its last line: a mark without it was never set */

static const char *const files[] = {"zhidu.db",          "zhidu.db-wal", "zhidu.db-shm",
                                    "clock-moved",       "ledger.pub",   "signer/ledger.key",
                                    "signer/ledger.pub", "signer/last",  "signer/journal",
                                    "secret.key",        WATCH_VERIFIED};
enum { FILES = sizeof(files) / sizeof(files[0]), MARK_MAX = 1024 };

static str at(struct arena *a, str data, const char *name)
{
    return str_fmt(a, "%.*s/%s", STR_ARG(data), name);
}

static bool there(struct arena *a, str data, const char *name)
{
    return access(at(a, data, name).ptr, F_OK) == 0;
}

err cli_write_new(struct arena *a, str path, str bytes, mode_t mode)
{
    int fd = open(path.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len || fsync(fd) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return err_make(ERR_STORE, str_fmt(a, "%s: %s", path.ptr, strerror(errno)));
    }
    close(fd);
    return OK;
}

err making_refuses(struct arena *a, str data)
{
    if (!there(a, data, MARK)) {
        return OK;
    }
    return cli_refuse(
        a, ERR_CONFLICT,
        words_fmt(a, "%.*s 的建立没有完成（zhidu init 中途停止），里面没有可用的数据。",
                  "The making of %.*s was broken off (zhidu init did not end): it holds nothing to "
                  "work with.",
                  STR_ARG(data)),
        WORDS("再运行一次 zhidu init：它会清除上次留下的文件，重新建立。",
              "Run zhidu init again: it clears away what the last one left, and makes it anew."));
}

err making_look(struct arena *a, str data)
{
    str dir = str_copy(a, data);
    if (mkdir(dir.ptr, 0700) != 0 && errno != EEXIST) {
        return cli_refuse(a, ERR_STORE,
                          words_fmt(a, "不能建立目录 %s：%s", "The folder %s cannot be made: %s",
                                    dir.ptr, strerror(errno)),
                          (struct words){0});
    }
    const char *found = there(a, data, MARK)           ? NULL
                        : there(a, data, "zhidu.db")   ? "zhidu.db"
                        : there(a, data, "ledger.pub") ? "ledger.pub"
                                                       : NULL;
    return !found ? OK
                  : cli_refuse(a, ERR_CONFLICT,
                               words_fmt(a, "%s 里已经有数据（%s），不会覆盖。",
                                         "%s holds an installation already (%s); it is not "
                                         "overwritten.",
                                         dir.ptr, found),
                               WORDS("换一个数据目录（--data），或先把它移走。",
                                     "Name another data folder (--data), or move that one away."));
}

/* What the mark says, in `ret`.  false: there is none, or whoever set it came no further than
 * that, and has made nothing. */
static bool read_mark(struct arena *a, str data, str *ret)
{
    char *text = arena_bytes(a, MARK_MAX);
    int fd = open(at(a, data, MARK).ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, MARK_MAX) : -1;
    if (fd >= 0) {
        close(fd);
    }
    *ret = str_from_n(text, n > 0 ? (size_t)n : 0);
    return str_has(*ret, STR("\n" MARK_END));
}

/* What of `files` is ours, removed; the mark stays. */
static void clear_away(struct arena *a, str data)
{
    str before;
    if (!read_mark(a, data, &before)) {
        return;
    }
    for (size_t i = 0; i < FILES; i++) {
        if (!str_has(before, str_fmt(a, "\n%s\n", files[i]))) {
            unlink(at(a, data, files[i]).ptr);
        }
    }
    rmdir(at(a, data, "signer").ptr);
}

static err set_mark(struct arena *a, str data)
{
    struct buf b = buf_make(a, MARK_MAX);
    buf_put_c(&b, '\n');
    for (size_t i = 0; i < FILES; i++) {
        if (there(a, data, files[i])) {
            buf_put(&b, str_fmt(a, "%s\n", files[i]));
        }
    }
    buf_put(&b, STR(MARK_END));
    err e = cli_write_new(a, at(a, data, MARK), buf_str(&b), 0600);
    return e.code ? e : backup_sync_folder(a, str_copy(a, data).ptr);
}

err making_begin(struct arena *a, str data)
{
    str before;
    if (read_mark(a, data, &before)) {
        clear_away(a, data);
        return OK;
    }
    unlink(at(a, data, MARK).ptr); /* half written */
    return set_mark(a, data);
}

err making_end(struct arena *a, str data)
{
    if (unlink(at(a, data, MARK).ptr) != 0) {
        return err_make(ERR_STORE, str_fmt(a, "%s: %s", at(a, data, MARK).ptr, strerror(errno)));
    }
    return backup_sync_folder(a, str_copy(a, data).ptr);
}

void making_undo(struct arena *a, str data)
{
    clear_away(a, data);
    unlink(at(a, data, MARK).ptr);
    unlink(at(a, data, "lock").ptr);
    rmdir(str_copy(a, data).ptr);
}
