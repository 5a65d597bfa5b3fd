/* erase_int.h - what the C files of erasing share. */
#ifndef ENGINE_ERASE_INT_H
#define ENGINE_ERASE_INT_H

#include "engine/erase.h"

#define MS_PER_DAY 86400000LL

/* What is put in the place of a text, or of a name in it; ERASED_NAME where the name itself
 * is part of that. */
#define ERASED_TEXT "（已删除）"
#define ERASED_NAME "***"

/* What an erasure goes through, in this order; stored. */
enum erase_phase {
    ERASING_RECORDS,  /* about the person: what is personal */
    ERASING_COMMENTS, /* the person's own */
    ERASING_TRACES,   /* of signing in */
    ERASING_FIELDS,   /* texts of records that name the person: found, not changed */
    ERASING_ACTS,     /* what was said or done at records, likewise */
    ERASING_DONE
};

struct erase_done {
    int64_t erased;               /* records */
    int64_t entries;              /* of the ledger */
    int64_t held, retained, busy; /* records left alone, and why */
    int64_t comments, traces;
    int64_t mentions, unlisted; /* records that name the person: listed, and beyond those */
};

struct standing { /* of an erasure that is being carried out */
    int64_t erasure, person;
    str basis;
    enum erase_phase phase;
    int64_t type, record; /* done up to here; ERASING_ACTS: record is the act's id */
    struct erase_done done;
};

struct erasing { /* one turn, in the writer's transaction */
    const struct model *m;
    struct db *db;
    struct arena *a;
    int64_t now;
    struct ctx *ctx; /* of the act */
    str basis;       /* of the erasure, in law */
};

/* Is the field personal in any version? */
bool erase_is_personal(const struct type *t, str key);
/* Until when nothing of a record last changed then is erased: UTC ms; INT64_MAX: for ever; 0:
 * its type says nothing of keeping. */
int64_t erase_kept_until(const struct model *m, const struct type *t, int64_t changed);
/* Is a record of the type, changed then, free to be erased from?  If not, it is counted. */
MUST_CHECK err erase_may(struct erasing *k, struct standing *s, const struct type *t,
                         int64_t record, int64_t changed, bool *ret);

/* Takes away what is personal of one record; *more: of its history, too, next time. */
MUST_CHECK err erase_record(struct turn *t, struct erasing *k, const struct type *type,
                            int64_t record, struct erase_done *done, bool *more);
/* Texts of the person's own comments on one record. */
MUST_CHECK err erase_comments(struct turn *t, struct erasing *k, const struct type *type,
                              int64_t record, int64_t person, struct erase_done *done, bool *more);
/* What was asked for and voted on at a record, where it holds the name (empty: all of it); the
 * votes stay, on the hash of it. */
MUST_CHECK err erase_contents(struct erasing *k, struct doing *d, const struct touched *x,
                              str name);
/* The entry that names those whose salt and text go; none: nothing. */
MUST_CHECK err erase_entries(struct turn *t, struct erasing *k, int64_t record,
                             const struct type *type, const int64_t *seqs, int n);
/* The name, wherever it stands in a text of the record, its history, opinions and contents. */
MUST_CHECK err erase_name(struct turn *t, struct erasing *k, const struct type *type,
                          int64_t record, str name, int64_t *entries, bool *more);

/* A part of the search for texts that name the person: at most one record found. */
MUST_CHECK err erase_search(struct turn *t, struct erasing *k, struct standing *s);
/* One record whose name somebody decided to take away; t->done: there was one. */
MUST_CHECK err erase_mention(struct turn *t, struct erasing *k);
/* A text that a person wrote freely, in a column of the record's row. */
bool erase_is_free(const struct field *f);
/* "(coalesce(COLUMN, '') <> replace(coalesce(COLUMN, ''), $at, ''))": it names him. */
void erase_put_names(struct sqlb *b, str alias, str column, int at);

#endif
