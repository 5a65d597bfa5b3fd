#include "support/disk.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, TRACKS = 16, PLANS = 4 };

/* One write or truncation that is not known to be on the disk. */
struct change {
    struct change *next; /* the one after it */
    bool lost;           /* a sync failed: a later one says nothing about it */
    int64_t at;
    size_t n; /* bytes written; 0: cut to `at` */
    unsigned char bytes[];
};

struct track { /* a file whose content matters after a crash */
    char path[512];
    unsigned char *image; /* what the disk holds for certain */
    size_t size, cap;
    struct change *oldest, **newest;
};

static struct {
    pthread_mutex_t lock;
    sqlite3_vfs vfs, *real;
    pthread_t owner; /* whose operations stay sound */
    bool all;        /* ... or not even his */
    struct plan {
        enum disk_op op;
        int rc;
        int64_t at, times;
    } plans[PLANS];
    int nplans;
    int64_t power_at; /* 0: sound */
    bool dark;
    int64_t count[DISK_OPS], changes, struck;
    struct track tracks[TRACKS];
    int ntracks;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct file {
    sqlite3_file base;
    struct track *track;
    sqlite3_file *real;
};

static struct file *file_of(sqlite3_file *f)
{
    return (struct file *)f;
}

static const int usual[DISK_OPS] = {
    [DISK_READ] = SQLITE_IOERR_READ,      [DISK_WRITE] = SQLITE_IOERR_WRITE,
    [DISK_SYNC] = SQLITE_IOERR_FSYNC,     [DISK_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
    [DISK_SIZE] = SQLITE_IOERR_FSTAT,     [DISK_OPEN] = SQLITE_CANTOPEN,
    [DISK_ACCESS] = SQLITE_IOERR_ACCESS,  [DISK_LOCK] = SQLITE_IOERR_LOCK,
    [DISK_SHM_MAP] = SQLITE_IOERR_SHMMAP, [DISK_SHM_LOCK] = SQLITE_IOERR_SHMLOCK,
};

const char *disk_op_name(enum disk_op op)
{
    static const char *const names[DISK_OPS] = {"read", "write",  "sync", "truncate", "size",
                                                "open", "access", "lock", "shm map",  "shm lock"};
    return names[op];
}

/* Under the lock: does this operation fail, and with what? */
static int struck(enum disk_op op)
{
    if (!disk.dark && !disk.all && pthread_equal(pthread_self(), disk.owner)) {
        return SQLITE_OK;
    }
    bool changes = op == DISK_WRITE || op == DISK_SYNC || op == DISK_TRUNCATE;
    disk.count[op]++;
    disk.changes += changes;
    if (disk.power_at && changes && disk.changes >= disk.power_at) {
        disk.dark = true;
    }
    int rc = disk.dark ? usual[op] : SQLITE_OK;
    for (int i = 0; i < disk.nplans && !rc; i++) {
        const struct plan *p = &disk.plans[i];
        bool now = op == p->op && disk.count[op] >= p->at && disk.count[op] < p->at + p->times;
        rc = !now ? SQLITE_OK : p->rc ? p->rc : usual[op];
    }
    disk.struck += rc != SQLITE_OK;
    return rc;
}

static int fate(enum disk_op op)
{
    pthread_mutex_lock(&disk.lock);
    int rc = struck(op);
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

/* --- what a crash may lose ---------------------------------------------------------- */

static void image_size(struct track *t, size_t size)
{
    if (size > t->cap) {
        t->cap = size * 2;
        t->image = realloc(t->image, t->cap);
        assert(t->image);
    }
    if (size > t->size) {
        memset(t->image + t->size, 0, size - t->size);
    }
    t->size = size;
}

static void image_put(struct track *t, size_t at, const unsigned char *p, size_t n)
{
    if (at + n > t->size) {
        image_size(t, at + n);
    }
    memcpy(t->image + at, p, n);
}

static void image_read(struct track *t)
{
    int fd = open(t->path, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    image_size(t, 0);
    image_size(t, (size_t)size);
    ssize_t n = size ? pread(fd, t->image, (size_t)size, 0) : 0;
    assert(n == size);
    (void)n;
    if (fd >= 0) {
        close(fd);
    }
}

static void image_write(const struct track *t)
{
    int fd = open(t->path, O_RDWR | O_TRUNC | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = t->size ? pwrite(fd, t->image, t->size, 0) : 0;
        assert(n == (ssize_t)t->size);
        (void)n;
        close(fd);
    }
}

static void remember(struct track *t, int64_t at, const void *p, size_t n)
{
    struct change *c = malloc(sizeof(*c) + n);
    assert(c);
    *c = (struct change){.at = at, .n = n};
    if (n) {
        memcpy(c->bytes, p, n);
    }
    *t->newest = c;
    t->newest = &c->next;
}

static void forget(struct track *t)
{
    while (t->oldest) {
        struct change *c = t->oldest;
        t->oldest = c->next;
        free(c);
    }
    t->newest = &t->oldest;
}

static void apply(struct track *t, const struct change *c)
{
    if (c->n) {
        image_put(t, (size_t)c->at, c->bytes, c->n);
    } else {
        image_size(t, (size_t)c->at);
    }
}

/* What was written since the last sync is on the disk; or nobody knows. */
static void synced(struct track *t, bool well)
{
    struct change **at = &t->oldest;
    while (*at) {
        struct change *c = *at;
        c->lost |= !well;
        if (c->lost) {
            at = &c->next;
        } else {
            apply(t, c);
            *at = c->next;
            free(c);
        }
    }
    t->newest = at;
}

/* As the disk may have got to it: whole, or some of its sectors. */
static void perhaps(struct track *t, const struct change *c, unsigned *dice, struct disk_loss *loss)
{
    bool torn = c->n > SECTOR && rand_r(dice) % 4 == 0;
    loss->torn += torn;
    loss->kept += !torn;
    if (!torn) {
        apply(t, c);
        return;
    }
    for (size_t from = 0; from < c->n; from += SECTOR) {
        size_t n = c->n - from < SECTOR ? c->n - from : SECTOR;
        if (rand_r(dice) % 2) {
            image_put(t, (size_t)c->at + from, c->bytes + from, n);
        }
    }
}

/* Of what was not synced nothing is there, or all, or a part, or that in another order. */
static void crash(struct track *t, unsigned *dice, struct disk_loss *loss)
{
    enum { MOST = 1 << 16 };
    static struct change *list[MOST];
    int n = 0;
    for (struct change *c = t->oldest; c; c = c->next) {
        assert(n < MOST);
        list[n++] = c;
    }
    int how = rand_r(dice) % 4;
    for (int i = n - 1; i > 0 && how == 3; i--) {
        int k = rand_r(dice) % (i + 1);
        struct change *c = list[i];
        list[i] = list[k];
        list[k] = c;
    }
    for (int i = 0; i < n; i++) {
        if (how == 1 || (how > 1 && rand_r(dice) % 2)) {
            perhaps(t, list[i], dice, loss);
        } else {
            loss->lost++;
        }
    }
    image_write(t);
    forget(t);
}

struct disk_loss disk_crash(unsigned *dice)
{
    struct disk_loss loss = {0};
    for (int i = 0; i < disk.ntracks; i++) {
        crash(&disk.tracks[i], dice, &loss);
        char shm[600];
        snprintf(shm, sizeof(shm), "%.500s-shm", disk.tracks[i].path);
        unlink(shm); /* it was memory */
    }
    disk_sound();
    return loss;
}

/* --- files ----------------------------------------------------------------------------- */

static int f_close(sqlite3_file *f)
{
    struct file *x = file_of(f);
    return x->real->pMethods ? x->real->pMethods->xClose(x->real) : SQLITE_OK;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    int rc = fate(DISK_READ);
    return rc ? rc : file_of(f)->real->pMethods->xRead(file_of(f)->real, p, n, at);
}

/* Whoever writes and whoever remembers must not come between each other. */
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct file *x = file_of(f);
    pthread_mutex_lock(&disk.lock);
    int rc = struck(DISK_WRITE);
    if (!rc) {
        if (x->track) {
            remember(x->track, at, p, (size_t)n);
        }
        rc = x->real->pMethods->xWrite(x->real, p, n, at);
    }
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct file *x = file_of(f);
    pthread_mutex_lock(&disk.lock);
    int rc = struck(DISK_TRUNCATE);
    if (!rc) {
        if (x->track) {
            remember(x->track, size, NULL, 0);
        }
        rc = x->real->pMethods->xTruncate(x->real, size);
    }
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

/* The kernel keeps it for us: what matters is that SQLite asked. */
static int f_sync(sqlite3_file *f, int flags)
{
    struct file *x = file_of(f);
    (void)flags;
    pthread_mutex_lock(&disk.lock);
    int rc = struck(DISK_SYNC);
    if (x->track) {
        synced(x->track, !rc);
    }
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

static int f_size(sqlite3_file *f, sqlite3_int64 *ret)
{
    int rc = fate(DISK_SIZE);
    return rc ? rc : file_of(f)->real->pMethods->xFileSize(file_of(f)->real, ret);
}

static int f_lock(sqlite3_file *f, int level)
{
    int rc = fate(DISK_LOCK);
    return rc ? rc : file_of(f)->real->pMethods->xLock(file_of(f)->real, level);
}

static int f_unlock(sqlite3_file *f, int level)
{
    return file_of(f)->real->pMethods->xUnlock(file_of(f)->real, level);
}

static int f_reserved(sqlite3_file *f, int *ret)
{
    return file_of(f)->real->pMethods->xCheckReservedLock(file_of(f)->real, ret);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
    return file_of(f)->real->pMethods->xFileControl(file_of(f)->real, op, arg);
}

static int f_sector(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xSectorSize(file_of(f)->real);
}

static int f_traits(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xDeviceCharacteristics(file_of(f)->real);
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
    int rc = fate(DISK_SHM_MAP);
    return rc ? rc : file_of(f)->real->pMethods->xShmMap(file_of(f)->real, page, size, extend, ret);
}

static int f_shm_lock(sqlite3_file *f, int from, int n, int flags)
{
    int rc =
        flags & SQLITE_SHM_LOCK ? fate(DISK_SHM_LOCK) : SQLITE_OK; /* giving back cannot fail */
    return rc ? rc : file_of(f)->real->pMethods->xShmLock(file_of(f)->real, from, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
    file_of(f)->real->pMethods->xShmBarrier(file_of(f)->real);
}

static int f_shm_unmap(sqlite3_file *f, int remove)
{
    return file_of(f)->real->pMethods->xShmUnmap(file_of(f)->real, remove);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = f_close,
                                           .xRead = f_read,
                                           .xWrite = f_write,
                                           .xTruncate = f_truncate,
                                           .xSync = f_sync,
                                           .xFileSize = f_size,
                                           .xLock = f_lock,
                                           .xUnlock = f_unlock,
                                           .xCheckReservedLock = f_reserved,
                                           .xFileControl = f_control,
                                           .xSectorSize = f_sector,
                                           .xDeviceCharacteristics = f_traits,
                                           .xShmMap = f_shm_map,
                                           .xShmLock = f_shm_lock,
                                           .xShmBarrier = f_shm_barrier,
                                           .xShmUnmap = f_shm_unmap};

/* --- the file system --------------------------------------------------------------------- */

static struct track *track_of(const char *path)
{
    for (int i = 0; i < disk.ntracks; i++) {
        if (strcmp(disk.tracks[i].path, path) == 0) {
            return &disk.tracks[i];
        }
    }
    assert(disk.ntracks < TRACKS);
    struct track *t = &disk.tracks[disk.ntracks++];
    snprintf(t->path, sizeof(t->path), "%s", path);
    t->newest = &t->oldest;
    image_read(t);
    return t;
}

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
    (void)v;
    struct file *x = file_of(f);
    *x = (struct file){.real = (sqlite3_file *)(x + 1)};
    x->real->pMethods = NULL;
    bool matters = name && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL);
    pthread_mutex_lock(&disk.lock);
    int rc = struck(DISK_OPEN);
    if (!rc && matters) {
        x->track = track_of(name);
    }
    pthread_mutex_unlock(&disk.lock);
    rc = rc ? rc : disk.real->xOpen(disk.real, name, x->real, flags, out);
    x->base.pMethods = rc ? NULL : &methods;
    return rc;
}

/* A closed log is removed; what is gone has nothing to lose. */
static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    pthread_mutex_lock(&disk.lock);
    int rc = disk.dark ? SQLITE_IOERR_DELETE : SQLITE_OK;
    for (int i = 0; i < disk.ntracks && !rc; i++) {
        if (strcmp(disk.tracks[i].path, name) == 0) {
            forget(&disk.tracks[i]);
            image_size(&disk.tracks[i], 0);
        }
    }
    pthread_mutex_unlock(&disk.lock);
    return rc ? rc : disk.real->xDelete(disk.real, name, sync);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
    (void)v;
    int rc = fate(DISK_ACCESS);
    return rc ? rc : disk.real->xAccess(disk.real, name, flags, ret);
}

void disk_begin(bool all)
{
    assert(!disk.ntracks);
    disk.real = sqlite3_vfs_find("unix");
    assert(disk.real);
    disk.owner = pthread_self();
    disk.all = all;
    disk.vfs = *disk.real;
    disk.vfs.zName = "disk";
    disk.vfs.pNext = NULL;
    disk.vfs.szOsFile = (int)sizeof(struct file) + disk.real->szOsFile;
    disk.vfs.xOpen = v_open;
    disk.vfs.xDelete = v_delete;
    disk.vfs.xAccess = v_access;
    disk_sound();
    sqlite3_vfs_register(&disk.vfs, 1);
}

void disk_end(void)
{
    disk_sound();
    for (int i = 0; i < disk.ntracks; i++) {
        forget(&disk.tracks[i]);
        free(disk.tracks[i].image);
        disk.tracks[i] = (struct track){0};
    }
    disk.ntracks = 0;
    sqlite3_vfs_register(disk.real, 1);
    sqlite3_vfs_unregister(&disk.vfs);
}

/* --- planting ---------------------------------------------------------------------------- */

void disk_fail(enum disk_op op, int rc, int64_t at, int64_t times)
{
    pthread_mutex_lock(&disk.lock);
    assert(disk.nplans < PLANS);
    disk.plans[disk.nplans++] =
        (struct plan){.op = op, .rc = rc, .at = disk.count[op] + at, .times = times};
    pthread_mutex_unlock(&disk.lock);
}

void disk_power(int64_t at)
{
    pthread_mutex_lock(&disk.lock);
    disk.power_at = disk.changes + at;
    pthread_mutex_unlock(&disk.lock);
}

void disk_sound(void)
{
    pthread_mutex_lock(&disk.lock);
    memset(disk.count, 0, sizeof(disk.count));
    disk.changes = disk.struck = disk.power_at = 0;
    disk.nplans = 0;
    disk.dark = false;
    pthread_mutex_unlock(&disk.lock);
}

static int64_t under_lock(const int64_t *n)
{
    pthread_mutex_lock(&disk.lock);
    int64_t x = *n;
    pthread_mutex_unlock(&disk.lock);
    return x;
}

int64_t disk_count(enum disk_op op)
{
    return under_lock(&disk.count[op]);
}

int64_t disk_changes(void)
{
    return under_lock(&disk.changes);
}

int64_t disk_struck(void)
{
    return under_lock(&disk.struck);
}
