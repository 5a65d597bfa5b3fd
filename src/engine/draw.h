/* draw.h - how the sample that a record tells of was drawn, and whether that holds.
 *
 * The record says it by the fields that `draw` of its type names (struct draw_fields); the
 * ledger knows the rest: what the sealed entry is the population of, when the nonce was
 * entered, which checkpoint was signed.  The seed is reckoned anew (ledger/sample.h) with
 * the record's number as the name of the campaign.  It holds when nobody could steer it: the
 * nonce was entered after the population was sealed, the checkpoint is the first that was signed
 * after the nonce was entered (else one could wait for a root one likes), and the seed is what
 * these give.
 */
#ifndef ENGINE_DRAW_H
#define ENGINE_DRAW_H

#include "engine/record.h"

enum draw_state {
    DRAW_NONE,  /* nothing is said yet, or not to this actor */
    DRAW_BEGUN, /* not everything is said yet, and nothing of it is wrong */
    DRAW_HOLDS,
    DRAW_BROKEN, /* `wrong` says why */
};
enum { DRAW_WRONG_MAX = 7 };

struct draw {
    enum draw_state state;
    str campaign, nonce, root, seed; /* as the record says; may be empty */
    int64_t entry, size, checkpoint; /* likewise; 0: not said */
    const struct control *control;   /* whose population was sealed; NULL: not known, or gone */
    str control_key, population;     /* its root, in hexadecimal; empty: the entry seals none */
    int64_t n, sealed_at;
    int64_t stated, stated_at; /* the entry in which the nonce was given last; 0: none */
    str note;                  /* the checkpoint; empty: this ledger stored none of its size */
    int64_t signed_at;
    int64_t first; /* entries of the first checkpoint after the nonce; 0: none yet */
    str first_note, first_root;
    str reckoned;    /* the seed; empty: something is missing */
    int64_t *places; /* drawn, from 0, in their order; lines of population.ndjson */
    size_t nplaces;
    struct words wrong[DRAW_WRONG_MAX];
    size_t nwrong;
};

/* Of a record that ctx->actor may see, whose type has `draw`; into ctx->arena. */
MUST_CHECK err draw_of(const struct ctx *ctx, const struct record *rec, struct draw *ret);
/* What anybody runs to draw it again; empty: not all is said.  Safe to paste into a shell. */
str draw_command(struct arena *a, const struct draw *d);

#endif
