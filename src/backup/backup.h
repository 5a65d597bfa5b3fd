/* backup.h - one file that holds an installation, and the way back.
 *
 * A backup is made while acts go on: the database is copied in one read
 * transaction (PostgreSQL: row by row into a file of SQLite, backup/carry.h), so it is the state
 * between two acts, and what belongs to it is put beside it: attachments, the ledger's public key,
 * the configuration without secrets.  The regulations, all versions of them, stand in the database.
 * Not in it, so that who has a backup cannot sign history or read secrets: the key that signs the
 * ledger and the key of secrets (docs/decisions/0019).
 *
 * Invariants: a file under its final name is whole, and unless that was refused
 * it has been restored into a scratch folder, where its ledger verified.  Nothing
 * is ever overwritten.  Whatever is killed leaves only a scratch folder
 * (.zhidu-scratch-*), which the next backup or restore beside it takes away.
 * Memory does not grow with the installation.
 *
 * Reading believes nothing: every count, size and length is limited before it is
 * used, names come from hashes only, no link is followed, nothing is compressed.
 * Every refusal is a sentence of its own (err.why).
 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "backup/box.h"
#include "backup/manifest.h"
#include "engine/verify.h"

/* Who looks on.  `progress` is asked about every megabyte; false ends the work
 * with ERR_BUSY. */
struct backup_watch {
    bool (*progress)(void *arg, struct words what, int64_t done, int64_t total); /* or NULL */
    void *arg;
};

struct backup_source {
    str url;          /* as db_open */
    str data_dir;     /* attachments, ledger.pub */
    str organisation; /* one line, for people */
    str program;      /* version of the program */
    str settings;     /* the settings, without secrets */
    int64_t now;      /* UTC ms */
};

struct backup_report {
    struct manifest_head head;
    int64_t file_bytes;
    str key;                     /* vkey of the ledger */
    str missing;                 /* SHA-256 of the first attachment that is missing, hex */
    struct verify_report verify; /* of a look inside: in order, or the call has failed */
};

/* Makes the backup `file` (a whole path).  ERR_CONFLICT when there is such a
 * file.  Texts of the report live in `a`. */
MUST_CHECK err backup_make(struct arena *a, const struct backup_source *src, str file,
                           const struct box_key *key, bool verify, const struct backup_watch *watch,
                           struct backup_report *ret);

/* How a sealed backup is opened: called once, when it is known what it wants. */
struct backup_opener {
    err (*ask)(void *arg, enum box_kind kind, struct box_key *ret);
    void *arg;
};

/* Restores into a scratch folder, looks at everything, takes it away again. */
MUST_CHECK err backup_verify(struct arena *a, str file, const struct backup_opener *opener,
                             const struct backup_watch *watch, struct backup_report *ret);

struct backup_restore {
    str file;     /* whole paths */
    str data;     /* must not exist; its parent must */
    str old;      /* the folder it replaces, whose keys are taken over; may be empty */
    str database; /* URL of an empty PostgreSQL database to fill; empty: SQLite, in `data` */
    /* Asked when all of the backup is in order and before `data` is there. */
    bool (*sure)(void *arg, const struct backup_report *r);
    void *arg;
};
/* ERR_BUSY with no words when `sure` said no.  Sessions end: nobody is signed in
 * to what was restored. */
MUST_CHECK err backup_restore(struct arena *a, const struct backup_restore *what,
                              const struct backup_opener *opener, const struct backup_watch *watch,
                              struct backup_report *ret);

/* Makes what is in the folder `path` outlast a power cut. */
MUST_CHECK err backup_sync_folder(struct arena *a, const char *path);

#endif
