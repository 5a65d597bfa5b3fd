/* calendar_held.h - the working calendar in the writer's memory, so that the end
 * of a term costs no question to the database.
 *
 * The tables stay the truth: whoever changes them writes a new stamp
 * (installation, key calendar) in the same transaction, each group of the
 * writer reads the stamp with its first batch, and another one than that of
 * what is held has it read again.  After an undo nothing is believed.
 */
#ifndef ENGINE_CALENDAR_HELD_H
#define ENGINE_CALENDAR_HELD_H

#include "engine/ctx.h"

struct calendar_held {
    struct arena arena;
    bool good;      /* is what the database holds, in this group */
    str stamp;      /* of the tables as they were read */
    char known[24]; /* the stamp of this group */
    int64_t first_day, ndays;
    int64_t *workdays; /* running number, by day */
    int64_t nspans;
    struct held_span {
        int64_t start, end, before;
    } * spans;
};

/* The calendar of the writer's engine, read when it must be; a reader's ctx->calendar, which may
 * be NULL. */
MUST_CHECK err calendar_hold(const struct ctx *ctx, const struct calendar_held **ret);
/* A reader's own, for ctx->calendar: `n` days from `first` on, asked along with the next batch of
 * the connection, read when that has run, into ctx->arena.  Beyond its last day it does not know
 * better than that a moment lies beyond. */
struct calendar_asked {
    struct batch *b;
    int days, spans;
};
struct calendar_asked calendar_hold_ask(const struct ctx *ctx, int64_t first, int64_t n);
MUST_CHECK err calendar_hold_read(const struct ctx *ctx, const struct calendar_asked *q,
                                  const struct calendar_held **ret);
/* The tables were changed by this act. */
MUST_CHECK err calendar_stamp(const struct ctx *ctx);
/* What the group's first batch said; empty: no stamp yet. */
void calendar_group(struct engine *e, str stamp);
/* An act or a group was undone. */
void calendar_doubt(struct engine *e);
/* With the engine, before its writer begins: `life` belongs to who opens it. */
void calendar_make(struct engine *e);
void calendar_drop(struct engine *e);

/* The index of the last span that begins at or before `at`; of the last with
 * fewer (or as many) ms before it; -1: none. */
int64_t held_span_at(const struct calendar_held *c, int64_t at);
int64_t held_span_before(const struct calendar_held *c, int64_t ms, bool or_equal);
/* The first day with this running number; false: outside. */
bool held_workday(const struct calendar_held *c, int64_t number, int64_t *ret);

#endif
