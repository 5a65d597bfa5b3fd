/* verify.h - do the rows still say what the ledger says?
 *
 * First the ledger itself (ledger_verify: every leaf, payload, tile,
 * checkpoint).  When it is in order, every row it tells of is compared with
 * the last digest an entry holds of it (engine/digest.h): records, lines,
 * links, attachments, approvals, the history, the published texts.  So a row
 * that was changed, removed or put in by SQL is found and named.
 *
 * Memory does not grow with the installation: digests are held for at most
 * VERIFY_ROWS rows at a time; of more, the payloads are read again in passes.
 * The rows are looked at in one snapshot, together with the entries that came
 * while the ledger was read; acts go on meanwhile.
 */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "ledger/ledger.h"

enum { VERIFY_ROWS = 750000 };

struct verify_report {
    struct ledger_report ledger;
    int64_t rows, acts; /* compared: rows of records and beside them, of the history */
    int64_t unchecked;  /* not compared: what told of them was erased */
    int64_t bad_rows;   /* rows that differ, are missing or too many */
    bool bad;           /* the ledger or a row is not in order */
    /* Of the bad rows that of the earliest entry; when only the ledger is bad,
     * see `ledger`. */
    int64_t seq; /* the entry that tells of it; -1: none does */
    str table;   /* as in the database */
    int64_t id;
    str column; /* when one is known to differ */
    struct words what;
};

/* OK whether all is in order or not (see report->bad); an error means that it
 * could not be checked.  Not inside a transaction; opt->entry is ignored.
 * Texts of the report live in `a`. */
MUST_CHECK err engine_verify(struct db *db, struct arena *a,
                             const struct ledger_verify_options *opt, struct verify_report *report);

#endif
