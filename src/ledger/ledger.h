/* ledger.h - the append-only log of every act, in the database.
 *
 * One RFC 6962 tree over all entries.  Entry `seq` (0, 1, 2 ...: its place in
 * the tree) consists of
 *
 *     leaf data   "RVL1" | u64 seq | i64 recorded_ms | u16 type | lp(actor) |
 *                 lp(object) | 32 bytes payload digest | u16 flags
 *                 (big-endian; lp: u32 length, then the bytes)
 *     payload     a 32-byte random salt and a canonical text (ledger/canon.h);
 *                 payload digest = SHA-256(salt | text)
 *
 * Salt and text can be erased (ledger_erase) without touching leaf or tree.
 *
 * Tables: ledger_log (one row: origin, algorithm), ledger_leaf, ledger_payload,
 * ledger_tile (full tiles of 256 hashes; level 0: leaf hashes, level n: roots
 * of tiles of level n-1; the unfinished tile of each level is not stored),
 * ledger_checkpoint, ledger_erased.  Triggers refuse UPDATE and DELETE (but of a
 * payload that ledger_erased names); that only slows an insider, the proofs catch him.
 *
 * Invariants: seq has no gaps.  recorded_ms never goes back.  An entry is
 * inserted in the same transaction as the rows it speaks of.
 *
 * The writer (one act):
 *
 *     ledger_edge_ask(log, batch) ... ledger_edge_read(...)   group begins
 *     struct ledger_edge mark = log->edge;                     job begins
 *     struct ledger_act *la = ledger_act(log, arena, now);
 *     int64_t seq = ledger_append(la, &entry);                 once per record touched
 *     ledger_put(la, batch);                                   last statements of the act
 *     log->edge = mark;                                        only to undo
 *
 * Readers make proofs through a ledger_view, on their own snapshot.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "base/err.h"
#include "ledger/hash.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "store/db.h"

enum {
    LEDGER_TILE = 256,
    LEDGER_LEVELS = 5, /* 256^5 entries */
    LEDGER_SALT_LEN = 32,
    LEDGER_TEXT_MAX = 4096, /* bytes of actor, of object */
    LEDGER_CATCH_UP = 2000, /* entries ledger_edge_read takes at once */
};

/* Entry types below 16 are the ledger's own; the engine numbers from 16. */
enum ledger_type { LEDGER_ERASURE = 1, LEDGER_TYPE_ENGINE = 16 };
/* Flags; bits from 8 up are the engine's. */
enum ledger_flag { LEDGER_PAST = 1 /* the act's own time was set to the past */ };

/* --- creating --------------------------------------------------------------- */

/* Creates the tables, triggers and the log with its origin (note_name_ok),
 * which is fixed for ever.  Calling again with the same origin does nothing;
 * with another one: ERR_CONFLICT.  ERR_VALUE: no origin can be called so.  Not inside a
 * transaction. */
MUST_CHECK err ledger_create(struct db *db, struct arena *a, str origin, int64_t now);

/* --- the writer's side --------------------------------------------------------- */

/* The right edge: what must be known to append.  Plain memory without
 * pointers (about 40 KB): `mark = log->edge` and `log->edge = mark` are the
 * whole of undoing. */
struct ledger_edge {
    struct merkle_range tree;                     /* tree.size: entries */
    int64_t recorded_ms;                          /* of the last entry; 0 when empty */
    struct hash last;                             /* leaf hash of the last entry */
    struct hash part[LEDGER_LEVELS][LEDGER_TILE]; /* the unfinished tiles; of level l,
                                                     (size >> 8l) % 256 hashes are used */
};

struct ledger {
    struct hasher *hasher;
    str origin;
    int64_t checkpointed; /* size of the last checkpoint known */
    struct ledger_edge edge;
};

/* Reads origin, edge and last checkpoint.  ERR_STORE when there is no log, or it does not
 * contain its own last checkpoint any more (cut off, or changed).  Reads only;
 * *ret lives in `life`. */
MUST_CHECK err ledger_open(struct arena *life, struct db *db, struct arena *a, struct ledger **ret);

/* Adds one SELECT to the batch, which brings the last entry known and what was
 * appended since (by other nodes, or by a commit that was durable although it
 * reported a failure); returns its place.  When the batch has run,
 * ledger_edge_read follows it.  When more than LEDGER_CATCH_UP entries are missing it reads on by
 * itself (further trips; only after a long sleep).  ERR_STORE when the stored
 * log is shorter than, or differs from, the edge in memory: call ledger_open
 * again, or better, an administrator. */
int ledger_edge_ask(struct ledger *log, struct batch *b);
MUST_CHECK err ledger_edge_read(struct ledger *log, struct db *db, struct arena *a, struct batch *b,
                                int place);

/* Entries up to the edge, and the root of them. */
int64_t ledger_size(const struct ledger *log);
struct hash ledger_root(const struct ledger *log);

struct ledger_new {
    uint16_t type;
    uint16_t flags;
    str actor;   /* who, as text for ever: "person:4711", "clock"; <= LEDGER_TEXT_MAX bytes */
    str object;  /* of what: "<type>:<id>"; <= LEDGER_TEXT_MAX bytes */
    str payload; /* canonical (canon_end); must live until the batch has run */
};

struct ledger_act; /* what one act appends, in the act's arena */
/* `now`: UTC ms; an entry is recorded then, or with the last one where that is later. */
struct ledger_act *ledger_act(struct ledger *log, struct arena *a, int64_t now);
/* Appends to the edge and remembers the rows; returns seq.  Any number of
 * entries; actor and object are copied.  Longer texts than allowed abort. */
int64_t ledger_append(struct ledger_act *la, const struct ledger_new *e);
/* Adds the INSERTs of all entries appended since the last put: two statements
 * for each 16, 4, 2 or 1 entries (200 entries: 28), one per tile filled. */
void ledger_put(struct ledger_act *la, struct batch *b);

/* Erases the payloads of entries: appends an entry of type LEDGER_ERASURE
 * whose payload names them and the basis (a text, for the record), and adds
 * the DELETEs.  Leaves and proofs stay valid.  `object` as in ledger_new; 1 to
 * 1,000 existing seqs, rising (else ERR_VALUE); those erased before stay so.  Uses
 * ledger_put itself. */
MUST_CHECK err ledger_erase(struct ledger_act *la, struct batch *b, str actor, str object,
                            str basis, const int64_t *seqs, int n, int64_t *ret_seq);

/* That the edge continues the log's first `from` entries, 1 <= from <= size: what
 * a signer wants to see.  On the writer's connection; a few reads.  ERR_VALUE: no such
 * `from`. */
MUST_CHECK err ledger_grown(struct ledger *log, struct db *db, struct arena *a, int64_t from,
                            struct merkle_proof *ret);
/* Stores a checkpoint that was signed over an edge of this log, unless there is one
 * as new: `cp` is what the note says.  Call it outside a transaction, on the writer's connection;
 * it makes its own.  ERR_VALUE: of another log. */
MUST_CHECK err ledger_checkpoint(struct ledger *log, struct db *db, struct arena *a,
                                 const struct note_checkpoint *cp, str note, int64_t now);

/* --- entries ---------------------------------------------------------------------- */

struct ledger_entry {
    int64_t seq;
    int64_t recorded_ms;
    uint16_t type, flags;
    str actor, object;
    struct hash digest; /* of the payload */
    str data;           /* the leaf data */
    bool erased;        /* salt and payload are gone */
    str salt, payload;
};

/* The bytes of a leaf, and back.  Parsing refuses everything that ledger_leaf_bytes
 * would not write of texts within their limit; the strings of *ret are views. */
str ledger_leaf_bytes(struct arena *a, const struct ledger_entry *e);
bool ledger_leaf_parse(str data, struct ledger_entry *ret);

/* ERR_NOT_FOUND where there is none, ERR_STORE where its leaf is damaged. */
MUST_CHECK err ledger_get(struct db *db, struct arena *a, int64_t seq, struct ledger_entry *ret);

/* --- proofs, on a reader ------------------------------------------------------------- */

struct ledger_view;
/* Looks at the log as it is in the connection's snapshot (db_read_begin), while that
 * lasts; *ret and what it gives live in `a`. */
MUST_CHECK err ledger_view(struct db *db, struct arena *a, struct ledger_view **ret);
int64_t ledger_view_size(const struct ledger_view *v);
str ledger_view_origin(const struct ledger_view *v);
/* The newest checkpoint that contains entry `seq` (or simply the newest, seq
 * -1), as text.  ERR_NOT_FOUND: none yet; try a second later. */
MUST_CHECK err ledger_view_checkpoint(struct ledger_view *v, int64_t seq, str *note,
                                      struct note_checkpoint *ret);
/* That entry `seq` is among the first `size`, and that the first n entries continue the
 * first m.  ERR_VALUE: there are no such entries, or m is 0. */
MUST_CHECK err ledger_prove(struct ledger_view *v, int64_t seq, int64_t size,
                            struct merkle_proof *ret);
MUST_CHECK err ledger_consistency(struct ledger_view *v, int64_t m, int64_t n,
                                  struct merkle_proof *ret);
/* The proof of one entry as a file (ledger/proof.h), for the newest checkpoint;
 * without `content` salt and payload are left out, as if they were erased.  ERR_NOT_FOUND:
 * no such entry, or no checkpoint yet; ERR_STORE: what is stored does not prove it. */
MUST_CHECK err ledger_export(struct ledger_view *v, int64_t seq, bool content, str *ret);
/* That the newest checkpoint continues the one of size `old`, as a file.  ERR_VALUE: it
 * is no size from 1 to the newest's; else as ledger_export. */
MUST_CHECK err ledger_export_growth(struct ledger_view *v, int64_t old, str *ret);

/* --- verification ----------------------------------------------------------------------- */

struct ledger_report {
    int64_t entries, payloads, erased, tiles, checkpoints, signatures;
    struct hash root;
    bool bad;          /* something is wrong: */
    int64_t seq;       /* the first bad entry; -1: the log as a whole */
    int64_t seq_to;    /* where only a range is known, its last entry; else = seq */
    struct words what; /* for people */
    str detail;        /* for the log */
};

struct ledger_verify_options {
    const struct note_key *keys; /* who signs checkpoints; none: signatures are not checked */
    size_t nkeys;
    bool last_signature_only; /* of the stored checkpoints, check only the newest signature */
    const str *trusted;       /* checkpoints kept elsewhere (paper, witness), as notes: the log
                                 must contain them; need keys */
    size_t ntrusted;
    /* May look at each entry (e->payload, unless erased); false with *what set
     * makes it the bad one.  The strings live during the call. */
    bool (*entry)(void *arg, const struct ledger_entry *e, struct words *what);
    /* Every 4,096 entries, and of engine_verify also while it compares rows; false: stop
     * (ERR_BUSY). */
    bool (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Recomputes everything: every leaf, payload digest, tile, checkpoint.  OK
 * whether the log is good or not (see report->bad); an error means that it
 * could not be checked.  Reads in steps of bounded memory, each its own read
 * transaction, up to the size at the beginning; the log may grow meanwhile.
 * Not inside a transaction.  About 3 s per million entries. */
MUST_CHECK err ledger_verify(struct db *db, struct arena *a,
                             const struct ledger_verify_options *opt, struct ledger_report *report);

#endif
