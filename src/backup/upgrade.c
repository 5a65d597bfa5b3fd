#include "backup/upgrade.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "engine/schema.h"
#include "people/people.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM_KEPT (INT64_C(64) << 20)

struct upgrading {
    struct arena *a;
    const struct upgrade_plan *plan;
    const struct upgrade_found *found;
    str file;          /* the database */
    struct arena work; /* ends with the upgrade, and the scratch folder with it */
    struct scratch *scratch;
    str copy, copy_url;
};

/* --- what is there -------------------------------------------------------------------------- */

static err pending(struct db *db, struct arena *a, const struct migration *list, size_t n,
                   bool *ret)
{
    struct rows r;
    err e = OK;
    for (size_t i = 0; !e.code && i < n; i++) {
        e = db_query(db, a, SQL("select 1 from migration where name = $1"),
                     ARGS(db_text(str_from(list[i].name))), &r);
        *ret = *ret || (!e.code && rows_count(&r) == 0);
    }
    return e;
}

static err too_new(struct arena *a, int64_t wants)
{
    return backup_no(a, ERR_CONFLICT,
                     words_fmt(a,
                               "这些数据由更新版本的程序写成（需要 %lld，本程序是 %d），没有打开。",
                               "A newer program has written these data (%lld is wanted, this one is"
                               " %d); they were not opened.",
                               (long long)wants, SCHEMA_BINARY),
                     WORDS("用那个版本或更新版本的 zhidu 运行；或恢复升级前的备份。",
                           "Run that version of zhidu or a newer one; or restore a backup from"
                           " before the upgrade."));
}

static err read_numbers(struct db *db, struct arena *a, struct upgrade_found *ret, int64_t *wants)
{
    struct rows r;
    err e = db_query(
        db, a, SQL("select key, value from installation where key in ('store', 'min_binary')"),
        NO_ARGS, &r);
    while (!e.code && rows_next(&r)) {
        int64_t n = 0;
        if (!str_to_i64(rows_text(&r, 1), &n)) {
            e = err_make(ERR_STORE, STR("the number of the data's form cannot be read"));
        }
        *(str_eq(rows_text(&r, 0), STR("store")) ? &ret->from : wants) = n;
    }
    return e;
}

static err look_in(struct db *db, struct arena *a, struct upgrade_found *ret, int64_t *wants)
{
    size_t n;
    bool there = false;
    bool open = false;
    err e = db_has_table(db, a, STR("installation"), &there);
    ret->empty = !there;
    if (e.code || !there) {
        return e;
    }
    e = read_numbers(db, a, ret, wants);
    const struct migration *list = schema_migrations(&n);
    e = e.code ? e : pending(db, a, list, n, &open);
    list = people_migrations(&n);
    e = e.code ? e : pending(db, a, list, n, &open);
    ret->needed = open || ret->from < SCHEMA_STORE;
    return e;
}

void upgrade_tidy(str data_dir)
{
    scratch_tidy(data_dir);
}

err upgrade_look(struct arena *a, str url, struct upgrade_found *ret)
{
    struct arena life = arena_make(32u << 20);
    struct upgrade_found f = {.from = 1, .to = SCHEMA_STORE};
    struct db *db;
    int64_t wants = 0;
    err e = db_open(&life, url, (struct db_options){0}, &db);
    e = e.code ? e : look_in(db, &life, &f, &wants);
    e.detail = e.code ? str_copy(a, e.detail) : e.detail;
    arena_end(&life);
    if (!e.code && wants > SCHEMA_BINARY) {
        e = too_new(a, wants);
    }
    if (!e.code) {
        *ret = f;
    }
    return e;
}

/* --- the copy ------------------------------------------------------------------------------- */

static bool copying(void *arg, int64_t done, int64_t total)
{
    const struct backup_watch *w = ((struct upgrading *)arg)->plan->watch;
    return !w || !w->progress ||
           w->progress(w->arg, WORDS("升级：复制数据库", "Upgrading: copying the database"), done,
                       total);
}

static err refused(struct upgrading *k, struct words what)
{
    return backup_no(
        k->a, ERR_CONFLICT, what,
        WORDS("数据没有改动：仍可用原来的版本运行。用 zhidu ledger verify 查看，或先恢复备份。",
              "Nothing was changed: the former version still runs.  See zhidu ledger"
              " verify, or restore a backup first."));
}

static err room(struct upgrading *k)
{
    struct stat st;
    struct statvfs v;
    if (stat(k->file.ptr, &st) != 0 || statvfs(k->file.ptr, &v) != 0) {
        return backup_io(k->a, k->file.ptr, errno);
    }
    int64_t wants = (int64_t)st.st_size * 2 + ROOM_KEPT;
    int64_t have = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
    if (have >= wants) {
        return OK;
    }
    return backup_no(k->a, ERR_STORE,
                     words_fmt(k->a, "升级需要 %lld MB 空间，只有 %lld MB。",
                               "The upgrade wants %lld MB on the disk; %lld MB are free.",
                               (long long)(wants >> 20), (long long)(have >> 20)),
                     WORDS("清出空间后再启动；数据没有改动。",
                           "Make room and start again; nothing was changed."));
}

static err copy_it(struct upgrading *k)
{
    struct arena life = arena_make(64u << 20);
    struct db *db;
    err e = db_open(&life, k->plan->url, (struct db_options){0}, &db);
    if (!e.code) {
        db_read_begin(db);
        e = db_copy(db, &life, k->copy, copying, k);
        db_read_end(db);
    }
    if (e.code) {
        e = refused(k, words_fmt(k->a, "数据库无法复制（磁盘已满或已损坏）：%.*s",
                                 "The database cannot be copied (the disk is full, or it is"
                                 " damaged): %.*s",
                                 STR_ARG(e.detail)));
    }
    arena_end(&life);
    return e;
}

static err migrate(struct arena *a, str url)
{
    struct arena life = arena_make(64u << 20);
    struct db *db;
    size_t n;
    err e = db_open(&life, url, (struct db_options){.writer = true}, &db);
    if (!e.code) {
        const struct migration *list = schema_migrations(&n);
        e = db_migrate(db, &life, list, n);
    }
    if (!e.code) {
        const struct migration *list = people_migrations(&n);
        e = db_migrate(db, &life, list, n);
    }
    if (!e.code) {
        e = schema_search(db, &life);
    }
    if (!e.code) {
        e = schema_put_store(db, &life);
    }
    if (!e.code) {
        db_checkpoint(db, true);
    }
    e.detail = e.code ? str_copy(a, e.detail) : e.detail;
    arena_end(&life);
    return e;
}

/* --- is it what it was? --------------------------------------------------------------------- */

static err count_rows(struct db *db, struct arena *a, str table, int64_t *ret)
{
    struct rows r;
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select count(*) from ");
    sqlb_ident(&b, table);
    err e = db_query(db, a, sqlb_end(&b), NO_ARGS, &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : -1;
    return e;
}

static bool grows(str table)
{
    return str_eq(table, STR("migration")) || str_eq(table, STR("installation"));
}

static err same_counts(struct upgrading *k)
{
    struct arena life = arena_make(64u << 20);
    struct db *was;
    struct db *is;
    struct str_list tables = {0};
    err e = db_open(&life, k->plan->url, (struct db_options){0}, &was);
    e = e.code ? e : db_open(&life, k->copy_url, (struct db_options){0}, &is);
    e = e.code ? e : db_tables(was, &life, &tables);
    for (size_t i = 0; !e.code && i < tables.len; i++) {
        int64_t before = 0;
        int64_t after = 0;
        e = count_rows(was, &life, tables.ptr[i], &before);
        e = e.code ? e : count_rows(is, &life, tables.ptr[i], &after);
        if (!e.code && (after < before || (after != before && !grows(tables.ptr[i])))) {
            e = refused(k, words_fmt(k->a, "升级后的副本中，表 %.*s 的行数不同：%lld，应为 %lld。",
                                     "In the upgraded copy table %.*s has %lld rows instead of"
                                     " %lld.",
                                     STR_ARG(tables.ptr[i]), (long long)after, (long long)before));
        }
    }
    e = e.code && !e.why ? refused(k, words_fmt(k->a, "副本读不出：%.*s",
                                                "The copy cannot be read: %.*s", STR_ARG(e.detail)))
                         : e;
    arena_end(&life);
    return e;
}

/* As a backup is looked at, but for attachments and manifest. */
static err in_order(struct upgrading *k)
{
    struct reading r = {.fd = -1, .to = k->scratch->path, .watch = k->plan->watch};
    struct backup_report rep = {0};
    str pub = str_fmt(k->a, "%.*s/ledger.pub", STR_ARG(k->plan->data_dir));
    str here = scratch_file(k->scratch, k->a, "ledger.pub");
    if (symlink(pub.ptr, here.ptr) != 0) {
        return backup_io(k->a, here.ptr, errno);
    }
    err e = backup_look_inside(k->a, &r, &rep);
    if (e.code && e.why) {
        struct words w = e.why->what;
        e = refused(k, w);
    }
    return e;
}

/* --- the switch ----------------------------------------------------------------------------- */

static err stand_alone(struct upgrading *k, str url)
{
    struct arena life = arena_make(16u << 20);
    struct db *db;
    err e = db_open(&life, url, (struct db_options){.writer = true}, &db);
    e = e.code ? e : db_alone(db, &life);
    if (e.code) {
        e = backup_no(k->a, ERR_BUSY,
                      words_fmt(k->a, "数据库正被另一个进程读取：%.*s",
                                "Another process reads the database: %.*s", STR_ARG(e.detail)),
                      WORDS("等它结束（例如正在进行的备份或核验）后再启动；数据没有改动。",
                            "Wait for its end (a backup or verification, say) and start again;"
                            " nothing was changed."));
    }
    arena_end(&life);
    return e;
}

static err sync_file(struct upgrading *k, str path)
{
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return error ? backup_io(k->a, path.ptr, error) : OK;
}

/* One of an earlier upgrade may stand there, after somebody went back by a copy of it. */
static str name_to_keep(const struct upgrading *k)
{
    enum { TRIES = 100 };
    struct stat was;
    struct stat there;
    str name = str_fmt(k->a, "%.*s.before-%lld", STR_ARG(k->file), (long long)k->found->to);
    str first = name;
    bool known = stat(k->file.ptr, &was) == 0;
    for (int i = 2; i < TRIES; i++) {
        if (stat(name.ptr, &there) != 0 || (known && was.st_ino == there.st_ino)) {
            return name;
        }
        name = str_fmt(k->a, "%.*s.%d", STR_ARG(first), i);
    }
    return name;
}

/* The old file gets a second name, then the copy takes the first: at every moment
 * there is a whole database under it. */
static err take_its_place(struct upgrading *k, str *ret_kept)
{
    str kept = name_to_keep(k);
    struct stat was;
    struct stat there;
    err e = stand_alone(k, k->copy_url);
    e = e.code ? e : sync_file(k, k->copy);
    e = e.code ? e : stand_alone(k, k->plan->url);
    if (e.code) {
        return e;
    }
    bool again = stat(k->file.ptr, &was) == 0 && stat(kept.ptr, &there) == 0 &&
                 was.st_ino == there.st_ino; /* cut short between the two, the last time */
    bool ok = stat(k->file.ptr, &was) == 0 && chmod(k->copy.ptr, was.st_mode & 0777) == 0 &&
              /* root upgrades too: the file stays the service's */
              (geteuid() != 0 || chown(k->copy.ptr, was.st_uid, was.st_gid) == 0) &&
              (again || link(k->file.ptr, kept.ptr) == 0) && rename(k->copy.ptr, k->file.ptr) == 0;
    if (!ok) {
        return backup_io(k->a, kept.ptr, errno);
    }
    *ret_kept = kept;
    return backup_sync_folder(k->a, backup_parent(k->a, k->file).ptr);
}

static err upgrade_copy(struct upgrading *k, str *ret_kept)
{
    err e = room(k);
    if (!e.code) {
        e = scratch_make(&k->work, backup_parent(k->a, k->file), &k->scratch);
    }
    if (!e.code) {
        k->copy = scratch_file(k->scratch, k->a, "zhidu.db");
        k->copy_url = str_fmt(k->a, "sqlite:%.*s", STR_ARG(k->copy));
        e = copy_it(k);
    }
    if (!e.code) {
        e = migrate(k->a, k->copy_url);
        e = e.code ? refused(k, words_fmt(k->a, "副本无法升级：%.*s",
                                          "The copy cannot be upgraded: %.*s", STR_ARG(e.detail)))
                   : e;
    }
    if (!e.code) {
        e = same_counts(k);
    }
    if (!e.code) {
        e = in_order(k);
    }
    if (!e.code && k->plan->look) {
        e = k->plan->look(k->plan->arg, k->a, k->copy_url);
    }
    return e.code ? e : take_its_place(k, ret_kept);
}

err upgrade_run(struct arena *a, const struct upgrade_plan *plan, const struct upgrade_found *found,
                str *ret_kept)
{
    *ret_kept = STR("");
    str scheme = STR("sqlite:");
    if (!str_starts(plan->url, scheme)) {
        return migrate(a, plan->url);
    }
    str path = str_from_n(plan->url.ptr + scheme.len, plan->url.len - scheme.len);
    struct upgrading k = {.a = a,
                          .plan = plan,
                          .found = found,
                          .file = str_copy(a, path),
                          .work = arena_make(4u << 20)};
    err e = upgrade_copy(&k, ret_kept);
    arena_end(&k.work);
    return e;
}
