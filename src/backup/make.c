/* make.c - a backup, from the running installation to its final name. */
#include "backup/attachments.h"
#include "backup/backup_int.h"
#include "backup/carry.h"
#include "base/enc.h"
#include "engine/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, LOOK_EVERY = 16 };

struct making {
    struct arena *a;
    const struct backup_source *src;
    const struct backup_watch *watch;
    struct scratch *scratch;
    struct hasher *hasher;
    struct manifest_head head;
    str part;      /* the file as it grows */
    bool hash_all; /* the attachments' bytes are looked at before the manifest is written */
    bool lied;     /* an attachment was not what its name says: begin again with hash_all */
    char first_missing[2 * HASH_LEN + 1];
};

static bool on(const struct making *k, struct words what, int64_t done, int64_t total)
{
    return !k->watch || !k->watch->progress || k->watch->progress(k->watch->arg, what, done, total);
}

static err cancelled(void)
{
    return err_make(ERR_BUSY, STR("the backup was cancelled"));
}

/* --- the database ----------------------------------------------------------------------------- */

static bool copying(void *arg, int64_t done, int64_t total)
{
    return on(arg, WORDS("复制数据库", "Copying the database"), done, total);
}

/* Of PostgreSQL: row by row into a file of SQLite. */
static err carry_to(struct making *k, struct arena *a, struct db *from, str file)
{
    struct db *to;
    err e = db_open(a, str_fmt(a, "sqlite:%.*s", STR_ARG(file)),
                    (struct db_options){.writer = true}, &to);
    e = e.code ? e : carry(a, from, to, k->watch);
    if (!e.code) {
        db_checkpoint(to, true);
    }
    return e;
}

/* Leaves the live database alone as soon as it is copied. */
static err snapshot(struct making *k)
{
    struct arena a = arena_make(256u << 20);
    struct db *db;
    err e = db_open(&a, k->src->url, (struct db_options){0}, &db);
    if (!e.code) {
        str to = scratch_file(k->scratch, &a, "zhidu.db");
        db_read_begin(db);
        e = db_kind(db) == DB_SQLITE ? db_copy(db, &a, to, copying, k) : carry_to(k, &a, db, to);
        db_read_end(db);
    }
    if (e.code && e.code != ERR_BUSY) {
        e = backup_no(k->a, e.code,
                      words_fmt(k->a, "数据库无法复制：%.*s", "The database cannot be copied: %.*s",
                                STR_ARG(e.detail)),
                      WORDS("检查磁盘空间；数据库若已损坏，请从上一份备份恢复。",
                            "Look at the room on the disk; when the database is damaged, restore"
                            " the last backup."));
    } else if (e.code) {
        e = cancelled();
    }
    arena_end(&a);
    return e;
}

static err read_head(struct making *k, struct db *db)
{
    struct arena a = arena_make(64u << 20);
    struct ledger *log;
    err e = ledger_open(&a, db, &a, &log);
    if (!e.code) {
        k->head.origin = str_copy(k->a, log->origin);
        k->head.entries = ledger_size(log);
        k->head.root = ledger_root(log);
        k->head.last_at = log->edge.recorded_ms;
    } else {
        e = backup_no(k->a, e.code,
                      words_fmt(k->a, "存证日志不成立，没有备份：%.*s",
                                "The ledger does not hold; there is no backup: %.*s",
                                STR_ARG(e.detail)),
                      WORDS("用 zhidu ledger verify 查看，并从上一份备份恢复。",
                            "See zhidu ledger verify, and restore the last backup."));
    }
    arena_end(&a);
    return e;
}

/* --- small files, and the list of all ------------------------------------------------------- */

/* Hashes a file of `size` bytes and, where there is a box, puts it in.  False in *same when it has
 * another size. */
static err pass_file(struct making *k, str path, int64_t size, struct box_writer *box,
                     struct hash *ret, bool *same)
{
    char buf[CHUNK];
    int64_t done = 0;
    int64_t steps = 0;
    err e = OK;
    int fd = open(path.ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *same = fd >= 0;
    hash_begin(k->hasher);
    while (*same && !e.code && done < size) {
        size_t want = size - done < CHUNK ? (size_t)(size - done) : CHUNK;
        ssize_t n = read(fd, buf, want);
        *same = n > 0;
        if (*same) {
            hash_put(k->hasher, buf, (size_t)n);
            e = box ? box_put(box, str_from_n(buf, (size_t)n)) : OK;
            done += n;
        }
        if (!e.code && ++steps % LOOK_EVERY == 0 && size > 1 << 20 &&
            !on(k, WORDS("写入备份", "Writing the backup"), done, size)) {
            e = cancelled();
        }
    }
    *ret = hash_end(k->hasher);
    *same = *same && read(fd, buf, 1) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

/* A file beside the database, copied into the scratch folder where it cannot change. */
static err small_copy(struct making *k, const char *name)
{
    char buf[MANIFEST_SMALL_MAX];
    str from = str_fmt(k->a, "%.*s/%s", STR_ARG(k->src->data_dir), name);
    int fd = open(from.ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? OK : backup_io(k->a, from.ptr, errno);
    }
    ssize_t n = read(fd, buf, sizeof(buf));
    close(fd);
    str to = scratch_file(k->scratch, k->a, name);
    int out = n >= 0 ? open(to.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    bool ok = out >= 0 && backup_write_all(out, buf, (size_t)n) == 0;
    err e = ok ? OK : backup_io(k->a, to.ptr, errno);
    if (out >= 0) {
        close(out);
    }
    return e;
}

static err put_settings(struct making *k)
{
    str to = scratch_file(k->scratch, k->a, "settings.txt");
    int fd = open(to.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    str text = k->src->settings;
    bool ok = fd >= 0 && backup_write_all(fd, text.ptr, text.len) == 0;
    err e = ok ? OK : backup_io(k->a, to.ptr, errno);
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

static void count(struct making *k, FILE *f, const struct manifest_file *x)
{
    manifest_put_file(f, x);
    k->head.files++;
    k->head.bytes += x->size;
}

/* What stands in the scratch folder: everything but attachments. */
static err list_own(struct making *k, FILE *f)
{
    err e = OK;
    for (int kind = FILE_DATABASE; !e.code && kind < FILE_ATTACHMENT; kind++) {
        struct manifest_file x = {.kind = (enum manifest_kind)kind};
        str place = manifest_place(k->a, &x);
        str path = scratch_file(k->scratch, k->a, place.ptr);
        struct stat st;
        if (stat(path.ptr, &st) != 0) {
            if (kind <= FILE_PUBLIC_KEY) {
                e = backup_io(k->a, path.ptr, errno);
            }
            continue;
        }
        bool same = false;
        x.size = st.st_size;
        e = pass_file(k, path, x.size, NULL, &x.sha, &same);
        if (!e.code && !same) {
            e = backup_io(k->a, path.ptr, EIO);
        }
        if (!e.code) {
            count(k, f, &x);
        }
    }
    return e;
}

static str blob_path(struct making *k, struct arena *a, const struct hash *sha)
{
    return attach_path(a, k->src->data_dir, enc_hex(a, hash_str(sha)));
}

/* Are the bytes there?  With hash_all: are they the right ones? */
static err look_at(struct making *k, const struct manifest_file *x, bool *there)
{
    struct arena a = arena_make(1 << 20);
    str path = blob_path(k, &a, &x->sha);
    struct stat st;
    err e = OK;
    *there = lstat(path.ptr, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == x->size;
    if (*there && k->hash_all) {
        struct hash sha;
        bool same = false;
        e = pass_file(k, path, x->size, NULL, &sha, &same);
        *there = same && hash_eq(sha, x->sha);
    }
    arena_end(&a);
    return e;
}

static err list_attachments(struct making *k, struct db *db, FILE *f, FILE *missing)
{
    struct attachments all = attachments_begin(db);
    bool more = true;
    err e = OK;
    while (!e.code && more) {
        struct manifest_file x = {.kind = FILE_ATTACHMENT};
        bool there = false;
        e = attachments_next(&all, &x.sha, &x.size, &more);
        if (e.code || !more) {
            break;
        }
        e = look_at(k, &x, &there);
        if (!e.code && there) {
            count(k, f, &x);
        } else if (!e.code) {
            x.missing = true;
            x.size = 0;
            manifest_put_file(missing, &x);
            if (!k->head.missing++) {
                struct arena a = arena_make(1 << 20);
                memcpy(k->first_missing, enc_hex(&a, hash_str(&x.sha)).ptr, 2 * HASH_LEN);
                arena_end(&a);
            }
        }
        if (!e.code && !on(k, WORDS("清点附件", "Counting attachments"), k->head.files, 0)) {
            e = cancelled();
        }
    }
    attachments_end(&all);
    return e;
}

/* --- the manifest --------------------------------------------------------------------------- */

static FILE *spool(struct making *k, const char *name)
{
    return fopen(scratch_file(k->scratch, k->a, name).ptr, "w+e");
}

static void append(FILE *to, FILE *from)
{
    char buf[CHUNK];
    rewind(from);
    for (size_t n; (n = fread(buf, 1, sizeof(buf), from)) > 0;) {
        fwrite(buf, 1, n, to);
    }
}

static bool end_spool(FILE *f)
{
    bool ok = !f || (fflush(f) == 0 && !ferror(f));
    return (!f || fclose(f) == 0) && ok;
}

/* Everything is listed first, because the counts stand in front. */
static err write_manifest(struct making *k, struct db *db)
{
    k->head.files = 0;
    k->head.bytes = 0;
    k->head.missing = 0;
    FILE *list = spool(k, "list");
    FILE *missing = spool(k, "missing");
    FILE *f = spool(k, "manifest");
    err e = list && missing && f ? OK : backup_io(k->a, k->scratch->path.ptr, errno);
    if (!e.code) {
        e = list_own(k, list);
    }
    if (!e.code) {
        e = list_attachments(k, db, list, missing);
    }
    if (!e.code) {
        manifest_put_head(f, &k->head);
        append(f, list);
        append(f, missing);
        manifest_put_end(f);
    }
    bool ok = end_spool(list);
    ok = end_spool(missing) && ok;
    ok = end_spool(f) && ok;
    return !e.code && !ok ? backup_io(k->a, k->scratch->path.ptr, ENOSPC) : e;
}

/* --- the file ------------------------------------------------------------------------------- */

static err put_manifest(struct making *k, struct box_writer *box)
{
    str path = scratch_file(k->scratch, k->a, "manifest");
    struct stat st;
    struct hash sha;
    bool same = false;
    err e = stat(path.ptr, &st) == 0 ? OK : backup_io(k->a, path.ptr, errno);
    if (!e.code) {
        e = pass_file(k, path, st.st_size, NULL, &sha, &same);
    }
    if (!e.code) {
        str hex = enc_hex(k->a, hash_str(&sha));
        e = box_put(box,
                    str_fmt(k->a, "manifest %lld %.*s\n", (long long)st.st_size, STR_ARG(hex)));
    }
    if (!e.code) {
        e = pass_file(k, path, st.st_size, box, &sha, &same);
    }
    return e;
}

static err put_file(struct making *k, struct box_writer *box, const struct manifest_file *x)
{
    struct arena a = arena_make(1 << 20);
    str path = x->kind == FILE_ATTACHMENT ? blob_path(k, &a, &x->sha)
                                          : scratch_file(k->scratch, &a, manifest_place(&a, x).ptr);
    struct hash sha;
    bool same = false;
    err e = pass_file(k, path, x->size, box, &sha, &same);
    if (!e.code && (!same || !hash_eq(sha, x->sha))) {
        k->lied = x->kind == FILE_ATTACHMENT && !k->hash_all;
        e = backup_io(k->a, str_copy(k->a, path).ptr, EIO);
    }
    arena_end(&a);
    return e;
}

static err put_all(struct making *k, struct box_writer *box)
{
    struct manifest_reader m;
    FILE *f = fopen(scratch_file(k->scratch, k->a, "manifest").ptr, "re");
    err e = f ? manifest_begin(&m, k->a, f) : backup_io(k->a, "manifest", errno);
    bool more = !e.code;
    int64_t done = 0;
    while (!e.code && more) {
        struct manifest_file x;
        e = manifest_next(&m, &x, &more);
        if (e.code || !more || x.missing) {
            continue;
        }
        e = put_file(k, box, &x);
        done += x.size;
        if (!e.code && !on(k, WORDS("写入备份", "Writing the backup"), done, k->head.bytes)) {
            e = cancelled();
        }
    }
    if (f) {
        fclose(f);
    }
    return e;
}

static err write_part(struct making *k, const struct box_key *key, struct box_writer **ret)
{
    int fd = open(k->part.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct box_writer *box = NULL;
    err e = fd >= 0 ? box_create(k->a, fd, key, &box) : backup_io(k->a, k->part.ptr, errno);
    if (!e.code) {
        e = put_manifest(k, box);
    }
    if (!e.code) {
        e = put_all(k, box);
    }
    if (!e.code) {
        e = box_finish(box);
    }
    if (!e.code && fsync(fd) != 0) {
        e = backup_io(k->a, k->part.ptr, errno);
    }
    if (fd >= 0 && close(fd) != 0 && !e.code) {
        e = backup_io(k->a, k->part.ptr, errno);
    }
    if (!e.code) {
        *ret = box;
    }
    return e;
}

/* --- all of it ------------------------------------------------------------------------------ */

static err gather(struct making *k, const struct box_key *key, struct box_writer **ret)
{
    struct arena life = arena_make(96u << 20);
    struct db *db;
    str url = str_fmt(k->a, "sqlite:%.*s/zhidu.db", STR_ARG(k->scratch->path));
    err e = db_open(&life, url, (struct db_options){0}, &db);
    if (!e.code) {
        e = read_head(k, db);
    }
    if (!e.code) {
        e = write_manifest(k, db);
    }
    if (!e.code) {
        e = write_part(k, key, ret);
    }
    if (e.code && k->lied) {
        k->hash_all = true;
        e = write_manifest(k, db);
        if (!e.code) {
            e = write_part(k, key, ret);
        }
    }
    if (e.code && !e.why) {
        e.detail = str_copy(k->a, e.detail);
    }
    arena_end(&life);
    return e;
}

/* The copy is no longer needed, and its room is: the check restores it once more. */
static err check_part(struct making *k, const struct box_writer *box, struct backup_report *ret)
{
    unlink(scratch_file(k->scratch, k->a, "zhidu.db").ptr);
    str to = scratch_file(k->scratch, k->a, "check");
    int fd = open(k->part.ptr, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || mkdir(to.ptr, 0700) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return backup_io(k->a, k->part.ptr, error);
    }
    struct reading r = {.fd = fd, .own = box, .to = to, .watch = k->watch};
    err e = backup_read(k->a, &r, ret);
    close(fd);
    return e;
}

static err taken(struct arena *a, str file)
{
    return backup_no(a, ERR_CONFLICT,
                     words_fmt(a, "%s 已经存在，不会覆盖。",
                               "%s is there already; it is not overwritten.", file.ptr),
                     WORDS("换一个文件名。", "Name another file."));
}

static err name_it(struct making *k, str file, str parent)
{
    if (backup_rename(k->part.ptr, file.ptr)) {
        return backup_sync_folder(k->a, parent.ptr);
    }
    return errno == EEXIST ? taken(k->a, file) : backup_io(k->a, file.ptr, errno);
}

err backup_make(struct arena *a, const struct backup_source *src, str file,
                const struct box_key *key, bool verify, const struct backup_watch *watch,
                struct backup_report *ret)
{
    str name = str_copy(a, file);
    str parent = backup_parent(a, name);
    struct making k = {.a = a,
                       .src = src,
                       .watch = watch,
                       .hasher = hash_make(a),
                       .head = {.program = src->program,
                                .organisation = src->organisation,
                                .store = 1,
                                .made_at = src->now}};
    struct backup_report rep = {0};
    struct box_writer *box = NULL;
    struct stat st = {0};
    err e = lstat(name.ptr, &st) == 0 ? taken(a, name) : OK;
    if (!e.code) {
        e = scratch_make(a, parent, &k.scratch);
    }
    if (!e.code) {
        k.part = scratch_file(k.scratch, a, "growing");
        e = snapshot(&k);
    }
    if (!e.code) {
        e = small_copy(&k, "ledger.pub");
    }
    if (!e.code) {
        e = small_copy(&k, "clock-moved");
    }
    if (!e.code) {
        e = put_settings(&k);
    }
    if (!e.code) {
        e = gather(&k, key, &box);
    }
    if (!e.code && verify) {
        e = check_part(&k, box, &rep);
    }
    if (!e.code) {
        e = stat(k.part.ptr, &st) == 0 ? name_it(&k, name, parent) : backup_io(a, "", errno);
    }
    if (!e.code) {
        rep.head = k.head;
        rep.file_bytes = st.st_size;
        rep.missing = str_copy(a, str_from(k.first_missing));
        *ret = rep;
    }
    return e;
}
