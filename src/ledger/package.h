/* package.h - an evidence package: what is in it, and checking it without the server.
 *
 * A zip file, or a folder with the same files:
 *
 *     manifest.txt         "<SHA-256 in hex>  <file>" for each other file, by name: what
 *                          sha256sum -c reads
 *     control.txt          the control as it was judged
 *     params.txt           the settings of its regulation
 *     clause.txt           the clause it watches, as in force
 *     population.ndjson    a line for each record of its population, by key
 *     violations.ndjson    those lines of it whose verdict is not "ok"
 *     waivers.ndjson       the exceptions that count
 *     report.html          the same for people
 *     verify.html          a page that checks the package
 *     snapshot.json        what the entry of the ledger says (canonical text, canon.h)
 *     snapshot.bin         the entry's leaf
 *     snapshot.tlog-proof  C2SP tlog-proof: salt of the entry (extra), place, path, and the
 *                          checkpoint with what witnesses signed
 *     keys.txt             public keys, one a line: the log's, then those of witnesses
 *     consistency.txt      only when asked for: that the checkpoint continues an earlier one
 *
 * A line of the population is one of
 *
 *     {"key":"<19 digits>","row":{...},"verdict":"<verdict>"}
 *     {"hidden":1,"key":"<19 digits>","verdict":"<verdict>"}
 *
 * with the record's id as key, so that the order of bytes is the order of ids, a row in
 * canonical form, and ok, violation, in_grace, waived or unknown as verdict.  Whoever asked
 * for the package may not see a hidden record; its row is {"hidden":1}.
 *
 *     leaf i = H(0x00 | lp(key) | lp(verdict) | SHA-256(row))      lp: u32 length, bytes
 *     population_root = root of these leaves (merkle.h)
 *
 * snapshot.json names the digests of all files but itself, the manifest, the leaf, the
 * proof and consistency.txt, so a manifest made anew hides nothing.  Those five are checked
 * by what they say: consistency.txt only beside the checkpoint that it continues.
 */
#ifndef LEDGER_PACKAGE_H
#define LEDGER_PACKAGE_H

#include "ledger/cosign.h"
#include "ledger/merkle.h"

enum {
    PACKAGE_ENTRY = 0xfff2, /* type of the entry of a snapshot */
    PACKAGE_FILES_MAX = 64, /* that are looked at */
    PACKAGE_LINE_MAX = 1 << 18,
    PACKAGE_SMALL_MAX = 1 << 20, /* of a file that is read as a whole */
    PACKAGE_BAD_MAX = 32,
};
#define PACKAGE_OBJECT "evidence:" /* of the entry, then the control's key */

enum package_verdict {
    PACKAGE_OK,
    PACKAGE_VIOLATION,
    PACKAGE_IN_GRACE,
    PACKAGE_WAIVED,
    PACKAGE_UNKNOWN,
    PACKAGE_VERDICTS
};
str package_verdict_key(enum package_verdict v);

/* The files of a package, in the order of the manifest; those that snapshot.json names are
 * `anchored`. */
struct package_part {
    str name;
    bool anchored, optional;
};
extern const struct package_part package_parts[];
extern const size_t package_parts_len;

/* --- the population ------------------------------------------------------------------- */

/* What grows with each record; plain memory. */
struct package_population {
    struct merkle_range tree;
    int64_t count[PACKAGE_VERDICTS];
};
#define PACKAGE_HIDDEN STR("{\"hidden\":1}")
/* The line of a record, with its newline; `row` empty: hidden.  Adds it to *p. */
str package_line(struct hasher *h, struct arena *a, struct package_population *p, int64_t key,
                 str row, enum package_verdict v);
/* Reads one (without its newline) and adds it; false: it is none, or *key is not above
 * what it was.  Begin with -1. */
bool package_line_read(struct hasher *h, struct package_population *p, str line, int64_t *key,
                       enum package_verdict *v, str *row);

/* --- where it lies ----------------------------------------------------------------------- */

struct package;
/* Opens a zip file or a folder; what it holds is only listed.  ERR_VALUE: neither can be
 * read at all.  Closes with `a`. */
MUST_CHECK err package_open(struct arena *a, const char *path, struct package **ret);
size_t package_files(const struct package *p);
str package_file(const struct package *p, size_t i);
/* Gives the bytes of one to `take`, in pieces.  ERR_VALUE: they cannot be read to the end. */
MUST_CHECK err package_read(struct package *p, size_t i,
                            void (*take)(void *arg, const char *bytes, size_t n), void *arg);

/* --- checking ------------------------------------------------------------------------------ */

struct package_options {
    const struct note_key *keys; /* of logs that are believed; at least one */
    size_t nkeys;
    const struct note_key *witnesses;
    size_t nwitnesses;
    int need; /* of the witnesses, how many must have signed */
    str old;  /* a checkpoint kept from earlier, or a file that ends with one; empty: none */
    /* A sample that was drawn, as sample.h says; nonce empty: none. */
    str nonce, campaign, later; /* later: the checkpoint of the draw,
       likewise */
    int draws;
};

struct package_bad {
    str file;
    struct words what;
    str detail; /* in English; may be empty */
};

struct package_report {
    struct package_bad bad[PACKAGE_BAD_MAX];
    size_t nbad; /* 0: everything holds */
    str control, regulation;
    int64_t version, as_of, size, seq, recorded_ms;
    int64_t n, count[PACKAGE_VERDICTS], hidden;
    str actor;
    struct note_checkpoint cp;
    int cosigned; /* by how many of the witnesses given */
    struct hash seed;
    int ndrawn;
    struct package_drawn {
        int64_t place;
        str line;
    } * drawn;
};

/* Texts of the report live in `a`. */
void package_check(struct hasher *h, struct arena *a, struct package *p,
                   const struct package_options *opt, struct package_report *ret);

#endif
