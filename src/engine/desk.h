/* desk.h - what concerns one person now: tasks, notifications, own records,
 * search, counts for the frame.  Visibility is asked as everywhere.
 */
#ifndef ENGINE_DESK_H
#define ENGINE_DESK_H

#include "engine/record.h"

struct task_row {
    int64_t id, due, created_at; /* due 0: none */
    int kind;                    /* of tasks.  DESK_COPIED: 1 when it was not read yet */
    struct record_ref rec;
    const struct state *state;
    const struct action *action; /* to do, or done; NULL: `words` say it */
    struct words words;
    struct words did; /* DESK_DONE: what was done, where it is no action of the type */
    bool late;
    int64_t seat; /* of an approval that waits for him, see seats.h; 0: none */
    bool opened;  /* the caller's: that seat has been looked at */
};
struct notification_row {
    int64_t id, at, read_at;
    struct record_ref rec;
    struct words words;
};
struct desk_counts {
    int64_t tasks, late, unread; /* exact up to 100, then 101 */
};
/* Adds its statements to a batch of the page, so that the frame costs no trip. */
struct desk_ask {
    int place;
};
struct desk_ask desk_counts_ask(const struct ctx *ctx, struct batch *b);
struct desk_counts desk_counts_read(struct batch *b, struct desk_ask ask);

enum desk_box { DESK_TODO, DESK_DONE, DESK_MINE, DESK_COPIED, DESK_WATCHED };
/* The most urgent first in DESK_TODO, else the newest; at most `limit` rows.  Keyset:
 * `cursor` is empty at first, then what *next said; empty at the end.  Rows whose record
 * the actor may not see are left out. */
MUST_CHECK err desk_tasks(const struct ctx *ctx, enum desk_box box, str cursor, int limit,
                          struct task_row **ret, size_t *n, str *next);
/* Several boxes at the cost of one: `rows`, `n` and `next` are the results. */
struct desk_ask_box {
    enum desk_box box;
    str cursor;
    int limit;
    struct task_row *rows;
    size_t n;
    str next;
};
MUST_CHECK err desk_boxes(const struct ctx *ctx, struct desk_ask_box *boxes, size_t n);
/* The newest first, those with an id below `before`; 0: from the newest. */
MUST_CHECK err desk_notifications(const struct ctx *ctx, int64_t before, int limit,
                                  struct notification_row **ret, size_t *n);

/* Has anybody else done something to a record that the actor may see?  The newest act
 * that is not the actor's own, among its last 50; 0: none.  ERR_NOT_FOUND: no such record
 * for him. */
MUST_CHECK err desk_others(const struct ctx *ctx, const struct type *t, int64_t id, int64_t *ret);

struct search_hit {
    enum { HIT_RECORD, HIT_CLAUSE } kind; /* a person is a record */
    struct record_ref rec;
    const struct clause *clause;
    str snippet; /* plain text with the found words between \x01 and \x02 */
    int64_t at;
};
/* Records (also those still waiting to be indexed), clauses of the regulations
 * in force, a number typed exactly.  Newest first; `older`: id to go on below,
 * 0 at first; *ret_older 0 when all was searched. */
MUST_CHECK err desk_search(const struct ctx *ctx, str query, const struct type *only, int64_t older,
                           struct search_hit **ret, size_t *n, int64_t *ret_older);

#endif
