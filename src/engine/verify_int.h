/* verify_int.h - what the files of the verification share. */
#ifndef ENGINE_VERIFY_INT_H
#define ENGINE_VERIFY_INT_H

#include "engine/digest.h"
#include "engine/perform_int.h"
#include "engine/verify.h"

struct approve_table;

/* Tables an entry tells of. */
struct vtable {
    enum {
        VT_ROWS,
        VT_LINKS,
        VT_FILES,
        VT_APPROVALS,
        VT_ACTS,
        VT_LAWS,
        VT_SETTINGS,
        VT_EVIDENCE
    } kind;
    str name;
    const struct type *type;   /* ROWS: its own; LINKS: the owner's */
    const struct field *field; /* LINKS; ROWS of lines: whose they are */
    struct tplan plan;         /* ROWS: columns */
    const struct approve_table *approve;
};

struct vslot {
    uint64_t key; /* 0: free */
    int64_t seq;
    struct hash digest;
    bool gone, unknown, seen;
};

enum vwrong { ROW_CHANGED, ROW_MISSING, ROW_EXTRA };

struct verifying {
    struct db *db;
    struct arena *a;   /* the caller's */
    struct arena side; /* reset after each step */
    struct hasher *hasher;
    const struct ledger_verify_options *opt;
    struct verify_report *report;
    struct model *model;
    struct vtable *tables;
    size_t ntables;
    /* the digests of this pass */
    struct arena room;
    struct vslot *slots;
    size_t nslots;
    size_t held, most; /* of them; never more than VERIFY_ROWS */
    int64_t pass, passes;
    bool overflow;
    int64_t act_entries, erased_entries;
    struct law_told { /* versions of regulations that entries tell of */
        str object;
        struct law_told *next;
    } * laws;
    struct setting_told { /* units' own values, as the last entry about each tells */
        str object, value;
        int64_t seq;
        bool seen;
        struct setting_told *next;
    } * settings;
    err failed; /* inside ledger_verify */
    /* the first bad row */
    const struct vtable *bad_table;
    enum vwrong wrong;
};

/* engine_verify, holding at most so many digests at a time. */
MUST_CHECK err verify_within(struct db *db, struct arena *a,
                             const struct ledger_verify_options *opt, size_t most,
                             struct verify_report *report);

/* ERR_BUSY: whoever asked for it wants it to stop.  Asked after each portion. */
MUST_CHECK err verify_go_on(struct verifying *v);
/* A bad row; the one of the earliest entry is kept. */
void verify_bad(struct verifying *v, const struct vtable *t, int64_t id, int64_t seq,
                enum vwrong wrong);

/* --- verify_rows.c ------------------------------------------------------------------- */

/* The rows of this pass, beside what entries tell of them. */
MUST_CHECK err verify_rows(struct verifying *v);

/* --- verify_map.c: what entries tell ------------------------------------------------- */

void verify_map_make(struct verifying *v);
void verify_map_clear(struct verifying *v);
/* Is the row one of this pass? */
bool verify_mine(const struct verifying *v, uint64_t key);
uint64_t verify_key(const struct verifying *v, const struct vtable *t, int64_t id);
struct vslot *verify_find(struct verifying *v, uint64_t key); /* NULL: nothing tells of it */
/* Takes what one entry tells. */
void verify_take(struct verifying *v, int64_t seq, str object, str payload, bool erased);
/* Reads entries from..to for it. */
MUST_CHECK err verify_scan(struct verifying *v, int64_t from, int64_t to);

/* --- verify_law.c --------------------------------------------------------------------- */

const struct vtable *verify_table(const struct verifying *v, int kind);
MUST_CHECK err verify_law(struct verifying *v, const struct ledger_entry *x);
/* A version that no entry tells of would be executed all the same. */
MUST_CHECK err verify_laws(struct verifying *v);
void verify_take_setting(struct verifying *v, int64_t seq, str object, str payload);
MUST_CHECK err verify_settings(struct verifying *v);

/* --- verify_evidence.c: snapshots of controls ---------------------------------------- */

/* Has the entry of a snapshot its row? */
MUST_CHECK err verify_evidence_entry(struct verifying *v, const struct ledger_entry *x);
/* Has each row its entry, and does it say the same? */
MUST_CHECK err verify_evidence(struct verifying *v);

/* --- verify_name.c ------------------------------------------------------------------- */

/* Puts the first bad row into words. */
MUST_CHECK err verify_name(struct verifying *v);

#endif
