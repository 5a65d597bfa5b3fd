/* manifest.h - what a backup holds: one text in front of everything.
 *
 *     zhidu-manifest 1
 *     program 0.3.0
 *     store 1                           of the data (engine/store.h)
 *     made 1764119137000                UTC ms
 *     organisation 信息中心
 *     origin zhidu.local/ledger
 *     entries 1234                      of the ledger
 *     root <64 hex digits>              of these entries
 *     last 1764119136000                when the last one was recorded, UTC ms; 0: none
 *     files 3 bytes 1048576 missing 0
 *     database 1044480 <SHA-256>
 *     public-key 92 <SHA-256>
 *     attachment 4004 <SHA-256>
 *     missing <SHA-256>
 *     end
 *
 * A file has no name in it: what kind it is says where it belongs, an attachment
 * lies under its own hash.  So there is no path to be careful about.  Kinds come
 * in the order of the enum, each at most once but attachments, those in rising
 * order of their hashes.  `missing` names attachments whose bytes were gone or
 * wrong when the backup was made.
 *
 * A manifest may be longer than memory: it is written and read line by line.
 */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include "base/err.h"
#include "ledger/hash.h"

#include <stdio.h>

struct arena;

enum manifest_kind {
    FILE_DATABASE,
    FILE_PUBLIC_KEY,
    FILE_SETTINGS,
    FILE_CLOCK, /* of a demonstration: how far it was moved */
    FILE_ATTACHMENT,
    FILE_KINDS
};

struct manifest_head {
    str program, organisation, origin; /* one line each */
    int64_t store, made_at, entries, last_at;
    struct hash root;
    int64_t files, bytes, missing;
};

struct manifest_file {
    enum manifest_kind kind;
    bool missing; /* an attachment that is not there; only sha is set */
    int64_t size; /* bytes */
    struct hash sha;
};

/* Limits of what is read. */
enum { MANIFEST_LINE_MAX = 400, MANIFEST_FILES_MAX = 4000000, MANIFEST_SMALL_MAX = 64 * 1024 };
#define MANIFEST_BYTES_MAX (INT64_C(512) << 20)
#define MANIFEST_DATABASE_MAX (INT64_C(1) << 40)

/* Writing; whether all of it reached the file is for ferror to say. */
void manifest_put_head(FILE *f, const struct manifest_head *h);
void manifest_put_file(FILE *f, const struct manifest_file *x);
void manifest_put_end(FILE *f);

/* Reading: ERR_VALUE, with words, for everything that manifest_put_* would not
 * write or that passes a limit. */
struct manifest_reader {
    FILE *file;
    struct arena *arena; /* of texts and errors */
    struct manifest_head head;
    struct manifest_file last;
    int64_t files, bytes, missing; /* so far */
};
MUST_CHECK err manifest_begin(struct manifest_reader *m, struct arena *a, FILE *f);
/* *more is false at the end, and *ret not set. */
MUST_CHECK err manifest_next(struct manifest_reader *m, struct manifest_file *ret, bool *more);

/* Where a file belongs in a data folder: "zhidu.db", "blobs/ab/cdef...". */
str manifest_place(struct arena *a, const struct manifest_file *x);

#endif
