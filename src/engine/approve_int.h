/* approve_int.h - how the engine keeps approvals: what its approve_*.c files share.
 *
 * The rules stand in approval/approval.h, a machine in memory; docs/decisions/0041 says
 * why.  Here its rows are loaded, one operation is performed by the act that asks for
 * it, and what changed is written, with a digest of every row in the act's ledger entry.
 *
 *   rows     load, save                          approve_rows.c
 *   route    who sits, when a node applies, how time runs     approve_route.c
 *   content  what is voted on, as text, and its hash          approve_content.c
 *   acts     asking, operations, what follows                 approve_act.c, approve_op.c
 *   clock    terms, proxies, stopped nodes                    approve_clock.c
 *
 * --- Tables (engine/schema.h) ------------------------------------------------------
 * Every row has an id of its own; (approval, no) is unique in each but approval.
 * approval(id ID, record, type, law, action, act, author, opened_at, state, suspended,
 *     events, ended_at, next_at, asked, carried, trouble_zh, trouble_en)
 *     act: the one that asked.  events: how many there are.  next_at: when the clock
 *     looks again, null: never.  asked: what waits to be written (a living record), as
 *     approve_content.c writes it, else null.  carried: enum carried.  trouble: why what
 *     follows was refused.  At most one per record in state RUNNING or WITH_AUTHOR.
 * approval_round(id ID, approval, no, state, hash, content, at, ended)
 * approval_run(id ID, approval, no, round, node, state, opened, decided, decisions,
 *     last_vote, needs_vote, by_system, stood_in)
 * approval_seat(id ID, approval, record, type, no, run, principal, actor, origin, state,
 *     weight, turn, side, holder, source, before_rule, after_rule, held, asker, depth,
 *     hops, opened, due, next_at, left_ms, late, viewed, urged, urges)
 *     turn, source: `order`, `from` of the machine.
 * approval_vote(id ID, approval, no, seat, vote, person, principal, at, hash, cites,
 *     voided, act, note, signature)
 *     person: `by`, 0 for the system.  note: the opinion; signature: see approve_op.c.
 * approval_copy(id ID, approval, record, type, no, person, by_person, at, read_at, round)
 * approval_event(id ID, approval, no, at, kind, by_person, round, run, seat, person,
 *     number, act)
 * Moments that are 0 in the machine are 0 in the rows too; enums are their numbers, which
 * therefore never change.  Hashes are 64 hexadecimal digits.
 */
#ifndef ENGINE_APPROVE_INT_H
#define ENGINE_APPROVE_INT_H

#include "approval/approval.h"
#include "engine/perform_int.h"

/* What became of then_approved or then_refused. */
enum carried { CARRIED_NOT_YET, CARRIED, CARRIED_REFUSED };

/* One approval: its own row, the machine with its rows. */
struct approving {
    int64_t id, record, law, act, author, opened_at, ended_at, next_at;
    const struct type *type;
    const struct action *action; /* of version `law` of the record's regulation */
    str asked;                   /* empty: nothing waits to be written */
    enum carried carried;
    struct words trouble;
    struct approval *ap;
    str *contents;             /* of rounds, by number - 1: approve_hold_content */
    struct approve_said *said; /* of votes that are stored, by number - 1 */
    bool new_;                 /* not stored yet */
    /* --- of approve_rows.c: ids of the rows that are stored, by number - 1 --- */
    int64_t *round_ids, *run_ids, *seat_ids, *vote_ids, *copy_ids;
    int stored_rounds, stored_runs, stored_seats, stored_votes, stored_copies;
};

/* What the votes of this act carry, and its id; note and signature are those of the
 * votes that a person casts in it. */
struct approve_said {
    int64_t act;
    str note, signature;
};

/* --- approve_rows.c ------------------------------------------------------------------ */

/* Which one is meant: by its own id, else (id 0) the one of this record that is not at its
 * end (`record`), else ERR_NOT_FOUND.  Reads its own row only: ret->ap is NULL, action and
 * type are found in the model.  Here and in approve_load a row that cannot be is ERR_STORE:
 * a number out of order, an enum without a word, a reference to what is not there. */
MUST_CHECK err approve_find(const struct ctx *ctx, int64_t id, int64_t record,
                            struct approving *ret);
/* Fills ret->ap, made by the caller with approval_new, from the tables, in one batch. */
MUST_CHECK err approve_load(const struct ctx *ctx, struct approving *g);
/* The content of the newest round; after each approval_submit that was done, before
 * approve_save. */
void approve_hold_content(struct approving *g, str content);
/* Writes what is new or carries `changed`, and the events; each row becomes a piece of the
 * record's ledger entry, so the act must have touched it (perform_touch).  A new one gets
 * its id here unless it has one.  next_at is approval_next's; ended_at becomes now when the
 * approval has come to an end.  Afterwards nothing is `changed`, and the events of this
 * sitting are gone (look at them before): the next operation can follow. */
MUST_CHECK err approve_save(struct doing *d, struct approving *g, const struct approve_said *said);

/* The tables as the verification sees them: every column of each, in the order of their
 * names. */
struct approve_column {
    str name;
    bool text;
    /* --- of approve_rows.c --- */
    bool fixed; /* never written again */
    int kind, least, most;
    size_t at;
};
struct approve_table {
    str name;
    const struct approve_column *columns;
    int n;
};
enum { APPROVE_COLUMNS_MAX = 32 }; /* of one table */
const struct approve_table *approve_tables(int *n);

#endif
