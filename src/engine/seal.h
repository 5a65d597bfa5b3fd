/* seal.h - checkpoints: asks the signer what the ledger has grown by, and stores
 * what comes back.
 *
 * Runs on the writer's connection between groups, and never waits: a question is
 * sent in one turn, its answer taken in a later one.  What comes back counts
 * only when the log's own public key verifies it and it is what was asked for.
 * A signer that is not there or refuses keeps nothing from being done; the
 * trouble stands in engine_stats.
 */
#ifndef ENGINE_SEAL_H
#define ENGINE_SEAL_H

#include "ledger/ledger.h"

#include "signer/line.h"

/* Whom to ask. */
struct seal_options {
    struct signer_line line;
    struct note_key key; /* the log's */
};

struct seal {
    struct signer_line line;
    struct note_key key;
    struct ledger *log;
    struct note_checkpoint asked; /* what the question on its way is about */
    bool on_its_way;
    int64_t asked_at, due_at; /* monotone ms */
    int64_t from;             /* what the signer signed last, as far as known */
    int64_t last_size;        /* what it said it had signed, when it refused */
    enum signer_trouble trouble;
};

void seal_make(struct seal *s, const struct seal_options *opt, struct ledger *log);
/* `now`: UTC ms, for the checkpoint's row; `mono`: monotone ms. */
void seal_turn(struct seal *s, struct db *db, struct arena *a, int64_t now, int64_t mono);
void seal_close(struct seal *s);

#endif
