/* line.h - the server's end: asks a signer, and never waits for it.
 *
 * A line belongs to one thread at a time.  Nothing here blocks: sending is
 * tried, answers are looked for.  A line to a path connects when it is used and
 * connects again after its end; a line that was handed over open is closed by who
 * gave it, and ends for good with the process at its other end.
 */
#ifndef SIGNER_LINE_H
#define SIGNER_LINE_H

#include "base/words.h"

#include "signer/wire.h"

struct signer_line {
    str path; /* of the signer's socket; empty: fd was handed over */
    int fd;   /* -1: not connected */
};

/* False when nobody is there to take it. */
bool signer_line_send(struct signer_line *l, str packet);
/* The next answer.  ERR_NOT_FOUND: none yet; ERR_BUSY: the line has ended. */
MUST_CHECK err signer_line_take(struct signer_line *l, struct arena *a, str *ret);
void signer_line_close(struct signer_line *l);

/* Asks for the public key and waits for it, at most `wait_ms`: for the making of an
 * installation.  ERR_BUSY: no answer; ERR_VALUE: not a key. */
MUST_CHECK err signer_line_key(struct signer_line *l, struct hasher *h, struct arena *a,
                               int wait_ms, struct note_key *ret);

/* What keeps checkpoints from being signed. */
enum signer_trouble {
    SIGNER_WELL,
    SIGNER_ABSENT,
    SIGNER_SILENT,
    SIGNER_STRANGE, /* its answers cannot be believed */
    SIGNER_SMALLER,
    SIGNER_REWRITTEN,
    SIGNER_DAMAGED,
    SIGNER_OTHER,
    SIGNER_UNKEPT
};
/* Of a verdict that is neither SIGNED nor OLD. */
enum signer_trouble signer_trouble(enum verdict v);
struct words signer_words(enum signer_trouble t);  /* what it is; of SIGNER_WELL too */
struct words signer_remedy(enum signer_trouble t); /* what to do */

#endif
