/* evidence.h - a control's evidence as one zip file, which anybody checks without the
 * server (ledger/package.h says what is in it).
 *
 * The population is read in ctx's snapshot (engine/evidence.h) and written as it comes;
 * then the snapshot becomes an entry of the ledger, and when a signed checkpoint holds
 * that entry, the proof is put beside it.  Memory does not grow with the records.
 *
 * Of a record that ctx->actor may not see the file has key and verdict; of columns he may
 * not see, their names.  Both are counted.
 */
#ifndef CONNECT_EVIDENCE_H
#define CONNECT_EVIDENCE_H

#include "engine/evidence.h"

enum {
    EVIDENCE_CASES = 500,     /* records that report.html names; all are in violations.ndjson */
    EVIDENCE_WAIT_MS = 30000, /* for a checkpoint */
};

struct evidence_asks {
    const struct control *control;
    int fd;          /* a regular file, empty, open for writing; stays the caller's */
    str verify_page; /* bytes of verify.html */
    str organisation;
    int64_t old; /* the size of a checkpoint he kept, for consistency.txt; 0: none */
    /* How far it is; `fresh`: the snapshot may end here and another begin, and nothing is
     * held of the old one.  False: stop. */
    bool (*goes_on)(void *arg, int64_t done, bool fresh);
    void *arg;
};

/* *ret_name: of the file, as it will be saved.  ERR_RULE with words: nobody signs the ledger,
 * no checkpoint came in time, or `old` is none of its sizes; ERR_BUSY: goes_on said so. */
MUST_CHECK err evidence_package(const struct ctx *ctx, const struct evidence_asks *asks,
                                str *ret_name, int64_t *ret_seq);

#endif
