/* evidence.h - what a control found, at one moment, put into the ledger.
 *
 * A snapshot reads the population in one snapshot of the database: each record is judged
 * anew by the control's own statement (control.h), not taken from what was judged before.
 * Of each record there is one line (ledger/package.h): its number, its name, the reason,
 * and the control's `show` columns, each only if the person who asked may see it; a text is
 * cut after EVIDENCE_TEXT characters.  Memory does not grow with the records.
 *
 * The entry (type PACKAGE_ENTRY, object "evidence:CONTROL") says:
 *
 *     as_of, size         when, and how many entries the ledger had
 *     control, regulation, version, columns
 *     n, counts           of the population, and of each verdict
 *     population_root     of the lines
 *     ids                 SHA-256 of the records' ids, 8 bytes each, big-endian
 *     files               SHA-256 of each file of the package that the entry vouches for,
 *                         by name: the control's text, its settings, the waivers among them
 *     person              who asked; 0: the command line
 *
 * It is an act of its own, beside the records: table evidence names the entries, so that
 * they are found by control; engine_verify compares the two.
 */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include "engine/control.h"
#include "ledger/package.h"

enum {
    EVIDENCE_CHUNK = 200, /* records read at once */
    EVIDENCE_TEXT = 1000, /* characters of a cell */
    EVIDENCE_SHOWN = 20,  /* of a control's snapshots in a list */
};

struct evidence_line {
    int64_t record;
    enum package_verdict verdict;
    bool visible;
    str number, name; /* where visible */
    const struct control_reason *reason;
    str line; /* with its newline */
};

struct evidence_take {
    err (*line)(void *arg, const struct evidence_line *l);
    /* After each chunk; false: stop (ERR_BUSY). */
    bool (*goes_on)(void *arg, int64_t done);
    void *arg;
};

struct evidence {
    const struct control *control;
    int64_t as_of, size;
    struct package_population p;
    int64_t hidden;
    struct hash ids;
};

/* Reads the population for ctx->actor, in ctx->db's snapshot.  ERR_NOT_FOUND: the control
 * is retired or manual, which has no population; else what `take` said. */
MUST_CHECK err evidence_read(const struct ctx *ctx, const struct control *c,
                             const struct evidence_take *take, struct evidence *ret);

/* Gives a line for each waiver of the control that is in force: the record it is about, from when
 * until when, its id, and its number and name where ctx->actor may see it. */
MUST_CHECK err evidence_waivers(const struct ctx *ctx, const struct control *c,
                                err (*line)(void *arg, str line), void *arg);

struct evidence_file {
    str name;
    struct hash digest;
};
/* Puts it into the ledger, durable when it returns. */
MUST_CHECK err evidence_enter(struct engine *e, struct arena *a, const struct evidence *x,
                              const struct evidence_file *files, size_t n, int64_t actor,
                              int64_t now, int64_t *ret_seq);

/* The newest EVIDENCE_SHOWN of a control. */
struct evidence_seen {
    int64_t seq, person, at, n;
};
struct batch *evidence_list_ask(const struct ctx *ctx, const struct control *c); /* with the next */
MUST_CHECK err evidence_list(const struct ctx *ctx, struct batch *asked, struct evidence_seen **ret,
                             size_t *n);

/* Who signs the ledger; NULL: nobody. */
const struct note_key *evidence_key(const struct engine *e);

#endif
