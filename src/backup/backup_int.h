/* backup_int.h - what the files of this folder share. */
#ifndef BACKUP_BACKUP_INT_H
#define BACKUP_BACKUP_INT_H

#include "backup/backup.h"
#include "backup/manifest.h"

/* A whole sentence, and what would help. */
err backup_no(struct arena *a, enum err_code code, struct words what, struct words remedy);
/* A file that cannot be made, written or read, from errno: a full disk in words of its own. */
err backup_io(struct arena *a, const char *path, int error);
/* All n bytes, or -1 with errno. */
int backup_write_all(int fd, const void *p, size_t n);
/* The folder a whole path lies in. */
str backup_parent(struct arena *a, str path);
/* A file's or folder's final name, never over one that is there (EEXIST); false: errno. */
bool backup_rename(const char *from, const char *to);

/* A folder of our own beside what is being made, so that a rename ends the work.  It is held by
 * a lock; what a killed program left there is taken away by the next.  Goes with the arena. */
struct scratch {
    struct arena *arena;
    str path; /* NUL-terminated */
    int lock;
};
MUST_CHECK err scratch_make(struct arena *a, str parent, struct scratch **ret);
/* Takes away what killed programs left in `parent` (NUL-terminated): nobody holds its lock. */
void scratch_tidy(str parent);
str scratch_file(const struct scratch *s, struct arena *a, const char *name);

/* Reads a backup out of `fd` into the folder `to` (made before, empty) and looks
 * at everything in it; attachments are looked at, and written only where
 * `attachments` says so. */
struct reading {
    int fd;
    const struct backup_opener *opener;
    const struct box_writer *own; /* instead: we have just written it */
    str to;
    bool attachments;
    const struct backup_watch *watch;
};
MUST_CHECK err backup_read(struct arena *a, const struct reading *r, struct backup_report *ret);
/* What was read, as an installation: schema, pages, ledger, attachments, the
 * manifest's figures.  Words for whatever is not in order. */
MUST_CHECK err backup_look(struct arena *a, const struct reading *r, struct backup_report *rep);
/* The same without manifest and attachments: database and ledger only. */
MUST_CHECK err backup_look_inside(struct arena *a, const struct reading *r,
                                  struct backup_report *rep);

#endif
