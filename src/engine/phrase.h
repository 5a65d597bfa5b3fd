/* phrase.h - a person's common phrases for opinions: his own, else the usual ones.
 *
 * They are his alone: kept by the act `save_phrases` (act.h), which is to oneself and
 * leaves no entry in the ledger.  What is said with them is part of an act as ever.
 */
#ifndef ENGINE_PHRASE_H
#define ENGINE_PHRASE_H

#include "engine/ctx.h"

enum { PHRASES_MAX = 10, PHRASE_BYTES = 200 };

struct phrases {
    str text[PHRASES_MAX];
    size_t n;
    bool own; /* he has some; else they are the usual ones, in his language */
};

/* The actor's, along with the next batch of the page; to be read after it. */
int phrases_ask(const struct ctx *ctx, struct batch *b);
struct phrases phrases_read(const struct ctx *ctx, struct batch *b, int place);
/* In a batch of its own. */
MUST_CHECK err phrases_get(const struct ctx *ctx, struct phrases *ret);

/* One a line, without empty ones; false: more than PHRASES_MAX, or one too long, or no
 * UTF-8; *why says what. */
bool phrases_parse(str lines, struct phrases *ret, struct words *why);

#endif
