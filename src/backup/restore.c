/* restore.c - a backup looked at, and an installation made of it. */
#include "backup/backup_int.h"
#include "backup/carry.h"
#include "base/arena.h"
#include "engine/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static err open_file(struct arena *a, str file, int *ret)
{
    *ret = open(file.ptr, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*ret >= 0) {
        return OK;
    }
    return backup_no(
        a, ERR_NOT_FOUND,
        words_fmt(a, "打不开备份文件 %s：%s。", "The backup %s cannot be opened: %s.", file.ptr,
                  strerror(errno)),
        WORDS("指明由 zhidu backup 写成的文件。", "Name a file that zhidu backup has written."));
}

err backup_verify(struct arena *a, str file, const struct backup_opener *opener,
                  const struct backup_watch *watch, struct backup_report *ret)
{
    str name = str_copy(a, file);
    struct reading r = {.fd = -1, .opener = opener, .watch = watch};
    struct scratch *s = NULL;
    struct backup_report rep = {0};
    err e = open_file(a, name, &r.fd);
    if (!e.code) {
        str parent = backup_parent(a, name);
        bool here = access(parent.ptr, W_OK) == 0; /* a medium may be read-only */
        e = scratch_make(a, here ? parent : STR("/var/tmp"), &s);
    }
    if (!e.code) {
        r.to = scratch_file(s, a, "check");
        e = mkdir(r.to.ptr, 0700) == 0 ? backup_read(a, &r, &rep) : backup_io(a, r.to.ptr, errno);
    }
    if (r.fd >= 0) {
        close(r.fd);
    }
    if (!e.code) {
        *ret = rep;
    }
    return e;
}

/* --- restoring ------------------------------------------------------------------------------ */

static err end_sessions(struct arena *a, str data)
{
    struct arena life = arena_make(16u << 20);
    struct db *db;
    struct db_options o = {.writer = true};
    err e = db_open(&life, str_fmt(a, "sqlite:%.*s/zhidu.db", STR_ARG(data)), o, &db);
    if (!e.code) {
        e = db_exec(db, &life, SQL("delete from session"), NO_ARGS);
    }
    if (!e.code) {
        db_checkpoint(db, true);
    } else {
        e = err_make(e.code, str_copy(a, e.detail));
    }
    arena_end(&life);
    return e;
}

/* ERR_NOT_FOUND where there is none. */
static err read_small(struct arena *a, str path, str *ret, struct stat *st)
{
    char *text = arena_bytes(a, MANIFEST_SMALL_MAX);
    int fd = open(path.ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode);
    ssize_t n = ok ? read(fd, text, MANIFEST_SMALL_MAX) : -1;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (n < 0) {
        return error == ENOENT || error == ENOTDIR ? err_make(ERR_NOT_FOUND, path)
                                                   : backup_io(a, path.ptr, error);
    }
    *ret = str_from_n(text, (size_t)n);
    return OK;
}

/* One file of the old folder, with its owner and mode. */
static err take_over(struct arena *a, str old, str data, const char *name)
{
    struct stat st;
    str bytes;
    err e = read_small(a, str_fmt(a, "%.*s/%s", STR_ARG(old), name), &bytes, &st);
    if (e.code) {
        return e.code == ERR_NOT_FOUND ? OK : e;
    }
    str to = str_fmt(a, "%.*s/%s", STR_ARG(data), name);
    int fd = open(to.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && backup_write_all(fd, bytes.ptr, bytes.len) == 0 &&
              fchmod(fd, st.st_mode & 0777) == 0 && fsync(fd) == 0;
    int error = errno;
    if (ok && fchown(fd, st.st_uid, st.st_gid) != 0) {
        ok = true; /* only root may; who may not is the owner */
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok ? OK : backup_io(a, to.ptr, error);
}

/* The signer's folder, where the server has one of its own: key and memory. */
static err take_signer(struct arena *a, str old, str data)
{
    static const char *const names[] = {"signer/ledger.key", "signer/ledger.pub", "signer/last",
                                        "signer/journal"};
    struct stat st;
    str from = str_fmt(a, "%.*s/signer", STR_ARG(old));
    str to = str_fmt(a, "%.*s/signer", STR_ARG(data));
    if (lstat(from.ptr, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return OK;
    }
    err e = mkdir(to.ptr, 0700) == 0 ? OK : backup_io(a, to.ptr, errno);
    for (size_t i = 0; !e.code && i < sizeof(names) / sizeof(names[0]); i++) {
        e = take_over(a, old, data, names[i]);
    }
    if (!e.code && lchown(to.ptr, st.st_uid, st.st_gid) == 0) {
        e = backup_sync_folder(a, to.ptr);
    }
    return e;
}

/* The keys of the folder that is replaced; only when it is the same ledger's. */
static err take_keys(struct arena *a, str old, str data, str key)
{
    struct stat st;
    str pub;
    err e = read_small(a, str_fmt(a, "%.*s/ledger.pub", STR_ARG(old)), &pub, &st);
    if (!e.code && !str_eq(str_trim(pub), key)) {
        return backup_no(a, ERR_CONFLICT,
                         words_fmt(a, "%.*s 的公钥与备份中的不同：不是同一个存证日志。",
                                   "The public key of %.*s is not that of the backup: this is not"
                                   " the same ledger.",
                                   STR_ARG(old)),
                         WORDS("检查目录与备份文件是否成对。",
                               "Look whether folder and backup belong together."));
    }
    e = e.code == ERR_NOT_FOUND ? OK : e;
    if (!e.code) {
        e = take_over(a, old, data, "ledger.key"); /* of a folder that no signer has opened yet */
    }
    if (!e.code) {
        e = take_over(a, old, data, "secret.key");
    }
    return e.code ? e : take_signer(a, old, data);
}

static err exists(struct arena *a, str data)
{
    return backup_no(a, ERR_CONFLICT,
                     words_fmt(a, "%.*s 已经存在，不会覆盖。",
                               "%.*s is there already; it is not overwritten.", STR_ARG(data)),
                     WORDS("先把它移走，或用 --data 指明另一个目录。",
                           "Move it away first, or name another folder with --data."));
}

static err sync_blobs(struct arena *a, str made)
{
    str blobs = str_fmt(a, "%.*s/blobs", STR_ARG(made));
    err e = OK;
    for (int i = 0; !e.code && i < 256; i++) {
        str sub = str_fmt(a, "%.*s/%02x", STR_ARG(blobs), i);
        e = access(sub.ptr, F_OK) == 0 ? backup_sync_folder(a, sub.ptr) : OK;
    }
    return e.code || access(blobs.ptr, F_OK) != 0 ? e : backup_sync_folder(a, blobs.ptr);
}

/* Its final name: all of it is durable before. */
static err name_it(struct arena *a, str made, str data)
{
    err e = sync_blobs(a, made);
    if (!e.code) {
        e = backup_sync_folder(a, made.ptr);
    }
    if (!e.code && !backup_rename(made.ptr, data.ptr)) {
        e = errno == EEXIST || errno == ENOTEMPTY ? exists(a, data) : backup_io(a, data.ptr, errno);
    }
    return e.code ? e : backup_sync_folder(a, backup_parent(a, data).ptr);
}

/* The rows again, where they are now. */
static err verify_there(struct arena *a, struct db *db, str vkey)
{
    struct note_key key;
    struct verify_report v = {0};
    err e = note_key_parse(hash_make(a), a, vkey, &key);
    struct ledger_verify_options o = {.keys = &key, .nkeys = 1, .last_signature_only = true};
    e = e.code ? e : engine_verify(db, a, &o, &v);
    return !e.code && v.bad ? err_make(ERR_STORE, STR("the ledger does not verify there")) : e;
}

/* Into a database of its own; the file has done its work then. */
static err fill_database(struct arena *a, const struct backup_restore *what, str made,
                         const struct backup_report *rep, const struct backup_watch *watch)
{
    struct arena life = arena_make(512u << 20);
    struct db *from;
    struct db *to;
    str file = str_fmt(a, "%.*s/zhidu.db", STR_ARG(made));
    err e = db_open(&life, str_fmt(a, "sqlite:%.*s", STR_ARG(file)), (struct db_options){0}, &from);
    e = e.code ? e : db_open(&life, what->database, (struct db_options){.writer = true}, &to);
    if (!e.code) {
        db_read_begin(from);
        e = carry(&life, from, to, watch);
        db_read_end(from);
    }
    e = e.code ? e : verify_there(&life, to, rep->key);
    if (e.code) {
        struct words w = e.why ? e.why->what : (struct words){e.detail, e.detail};
        e = backup_no(
            a, e.code,
            (struct words){str_fmt(a, "没有恢复到数据库：%.*s", STR_ARG(w.zh)),
                           str_fmt(a, "The database was not filled: %.*s", STR_ARG(w.en))},
            WORDS("删除并重建一个空的数据库，再试。",
                  "Drop the database, make an empty one, and try again."));
    }
    arena_end(&life);
    return !e.code && unlink(file.ptr) != 0 ? backup_io(a, file.ptr, errno) : e;
}

static err make_it(struct arena *a, const struct backup_restore *what, str made,
                   const struct backup_report *rep, const struct backup_watch *watch)
{
    err e = OK;
    if (what->sure && !what->sure(what->arg, rep)) {
        e = err_make(ERR_BUSY, STR("not restored"));
    }
    if (!e.code) {
        e = end_sessions(a, made);
    }
    if (!e.code && what->old.len) {
        e = take_keys(a, what->old, made, rep->key);
    }
    if (!e.code && what->database.len) {
        e = fill_database(a, what, made, rep, watch);
    }
    if (!e.code) {
        unlink(str_fmt(a, "%.*s/manifest.txt", STR_ARG(made)).ptr);
        e = name_it(a, made, what->data);
    }
    return e;
}

err backup_restore(struct arena *a, const struct backup_restore *what,
                   const struct backup_opener *opener, const struct backup_watch *watch,
                   struct backup_report *ret)
{
    struct backup_restore w = *what;
    struct reading r = {.fd = -1, .opener = opener, .watch = watch, .attachments = true};
    struct scratch *s = NULL;
    struct backup_report rep = {0};
    struct stat st;
    w.file = str_copy(a, what->file);
    w.data = str_copy(a, what->data);
    err e = lstat(w.data.ptr, &st) == 0 ? exists(a, w.data) : OK;
    if (!e.code) {
        e = open_file(a, w.file, &r.fd);
    }
    if (!e.code) {
        e = scratch_make(a, backup_parent(a, w.data), &s);
    }
    if (!e.code) {
        r.to = scratch_file(s, a, "data");
        e = mkdir(r.to.ptr, 0700) == 0 ? backup_read(a, &r, &rep) : backup_io(a, r.to.ptr, errno);
    }
    if (r.fd >= 0) {
        close(r.fd);
    }
    if (!e.code) {
        e = make_it(a, &w, r.to, &rep, watch);
    }
    if (!e.code) {
        *ret = rep;
    }
    return e;
}
