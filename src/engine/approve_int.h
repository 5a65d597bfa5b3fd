/* approve_int.h - how the engine keeps approvals: what its approve_*.c files share.
 *
 * The rules stand in approval/approval.h, a machine in memory; docs/decisions/0041 says
 * why.  Here its rows are loaded, one operation is performed by the act that asks for
 * it, and what changed is written, with a digest of every row in the act's ledger entry.
 *
 *   rows     load, save                                       approve_rows.c
 *   plan     statements of a route, made of the model         approve_plan.c
 *   world    who sits, when a node applies, how time runs     approve_world.c
 *   content  what is voted on, as text, and its hash          approve_content.c
 *   act      asking, what follows                             approve_act.c
 *   op       operations, each an act                          approve_op.c
 *   tell     tasks of seats, notices of events                approve_tell.c
 *
 * An act that asks performs its action; at its end (perform_finish) the approval is
 * opened, so that computed fields and lines are what they will be.  On a living record
 * the values are tried inside a savepoint, read as content, and taken back; they wait
 * in `asked`.  When an act ends an approval, KEY.approved or KEY.refused is performed
 * right after it as an act of its own, in the same transaction, by the author; the
 * approval says so beforehand, and where that is refused the vote stands, and an act
 * takes it back and keeps the reason (`trouble`).
 *
 * --- Tables (engine/schema.h) ------------------------------------------------------
 * Every row has an id of its own; (approval, no) is unique in each but approval.
 * approval(id ID, record, type, law, action, act, author, opened_at, state, suspended,
 *     events, ended_at, next_at, asked, carried, trouble_zh, trouble_en)
 *     act: the one that asked.  events: how many there are.  next_at: when the clock
 *     looks again, null: never; it follows from the seats and is in no digest.  asked: what waits
 * to be written (a living record), as approve_content.c writes it, else null.  carried: enum
 * carried.  trouble: why what follows was refused.  At most one per record in state RUNNING or
 * WITH_AUTHOR. approval_round(id ID, approval, no, state, hash, content, at, ended) approval_run(id
 * ID, approval, no, round, node, state, opened, decided, decisions, last_vote, needs_vote,
 * by_system, stood_in) approval_seat(id ID, approval, record, type, no, run, principal, actor,
 * origin, state, weight, turn, side, holder, source, before_rule, after_rule, held, asker, depth,
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
    enum approval_state state;   /* as stored; once loaded, ap->state is newer */
    enum carried carried;
    struct words trouble;
    struct approval *ap;
    str *contents;             /* of rounds, by number - 1: approve_hold_content */
    struct approve_said *said; /* of votes that are stored, by number - 1 */
    bool new_;                 /* not stored yet */
    /* --- of approve_rows.c: ids of the rows that are stored, by number - 1 --- */
    const struct rows *fetched; /* all of them, read with its own row; NULL: not yet */
    int64_t *round_ids, *run_ids, *seat_ids, *vote_ids, *copy_ids;
    int stored_rounds, stored_runs, stored_seats, stored_votes, stored_copies;
};

/* What the votes of this act carry, and its id; note and signature are those of the
 * votes that a person casts in it. */
struct approve_said {
    int64_t act;
    str note, signature;
};

/* --- approve_plan.c ------------------------------------------------------------------ */

/* The statements of a route, about a record by its id. */
struct rplan {
    const struct route *route;
    bool plain;        /* every node always applies and has no term: no facts to be asked */
    struct stmt facts; /* of node i: 3i when (1, 0, null), 3i + 1 term, 3i + 2 remind (ms) */
    struct stmt sit;   /* the actor: active, may see the record, then 1 for each `not` he is in */
    struct stmt *who, *substitute, *copy; /* by node */
    struct sql heads;                     /* $4: a unit: who heads it; empty: nobody can tell */
};
const struct rplan *plan_route(struct held_model *h, struct tplan *t, const struct action *action);
/* The same about a record as it would be, made anew each time; *args from $4 on. */
struct draft;
const struct rplan *plan_route_of(const struct draft *draft, struct held_model *h, struct tplan *t,
                                  const struct action *action, struct db_arg **args, int *nargs);

/* --- approve_world.c ----------------------------------------------------------------- */

/* What the machine asks of the outside, of one record. */
struct approve_world {
    struct approval_plan plan; /* the route's, with its terms */
    struct approval_world world;
    const struct ctx *ctx;
    const struct rplan *routes;
    struct db_arg *more; /* arguments of the route's statements from $4 on */
    int nmore;
    int64_t author;
    bool *applies, *unknown; /* by node */
    struct sits_person {
        int64_t person;
        uint64_t nodes; /* bit i: may sit in node i */
        bool sees;      /* has an account and sees the record */
    } * people;
    int npeople, cap;
    err failed; /* of a callback: the approval is thrown away */
};
/* Asks what does not change while an operation is performed.  `asked`: the values that
 * wait to be written, which the route sees as if they stood there; empty: none. */
MUST_CHECK err approve_world_make(const struct ctx *ctx, struct held_model *h, struct tplan *t,
                                  const struct action *action, int64_t record, str asked,
                                  int64_t author, struct approve_world **ret);
/* The same of a draft. */
MUST_CHECK err approve_world_of(const struct draft *draft, struct held_model *h, struct tplan *t,
                                const struct action *action, int64_t author,
                                struct approve_world **ret);
struct db_args approve_world_args(const struct approve_world *w);
bool approve_world_sees(struct approve_world *w, int64_t person);

/* --- approve_content.c --------------------------------------------------------------- */

/* What is voted on, as the record stands: of each field that the action asks for its
 * value as stored, sorted by key.  {"action": KEY, "fields": {F: number, text, null,
 * [ids], [{column: value}]}, "record": id}; attachments by their digests. */
MUST_CHECK err approve_content(const struct ctx *ctx, struct held_model *h, struct tplan *t,
                               int64_t record, const struct action *action, str *ret);
/* The same with the record's row at hand, as it is stored. */
MUST_CHECK err approve_content_of(const struct ctx *ctx, struct held_model *h,
                                  const struct touched *x, const struct action *action, str *ret);
struct approval_hash approve_hash(struct hasher *h, str content);
str approve_hash_write(struct arena *a, const struct approval_hash *h);
bool approve_hash_read(struct arena *a, str text, struct approval_hash *ret);
/* Values as they came in, to be given again: JSON, and back. */
str approve_values_write(struct arena *a, const struct value_in *v, size_t n);
MUST_CHECK err approve_values_read(struct arena *a, str text, struct value_in **ret, size_t *n);
/* Has this act changed what the action asked for? */
bool approve_changes(const struct touched *x, const struct action *action);

/* --- approve_act.c ------------------------------------------------------------------- */

/* What an act has begun and perform_finish opens. */
struct asking {
    struct touched *x;
    const struct action *action;
    int64_t act;
    str asked, content; /* on a living record */
};
/* The action with its values on trial: the record is as before, but for its state. */
MUST_CHECK err approve_hold(struct doing *d, const struct call *c, const struct aplan *p,
                            struct touched *x, struct inner *in);
/* Remembers that the action asks. */
MUST_CHECK err approve_begin(struct doing *d, const struct call *c, struct touched *x,
                             const struct action *action, const struct inner *in);
MUST_CHECK err approve_open(struct doing *d);
/* Refuses an act that changes what is being voted on; `r`: the row of approve_frozen_sql. */
#define APPROVE_FROZEN \
    SQL("select action, law from approval where record = $1 and state = 0 limit 1")
MUST_CHECK err approve_frozen(struct doing *d, const struct touched *x, struct rows *r);
/* A record that has come to its end: what is still asked about it ends with it. */
MUST_CHECK err approve_close(struct doing *d, struct touched *x);
/* What follows an approval that ended in this act: another act, in the same transaction.
 * `act` then tells where the record stands. */
MUST_CHECK err approve_follow(struct doing *d, struct act *act);
/* The act `act` takes effect, which `revokes`: of that action's approvals of this record the
 * one that stood when this was asked for is revoked, by the actor.  Refused as its first need
 * is where it does not stand any more. */
MUST_CHECK err approve_revoke(struct doing *d, struct touched *x, const struct action *action,
                              int64_t act);
/* Inside KEY.approved on a living record: what was carried out is what was voted on. */
MUST_CHECK err approve_carried(struct doing *d, int64_t id);
/* Loads one with its outside, ready for an operation; which: as approve_fetch. */
MUST_CHECK err approve_read(struct doing *d, int64_t seat, int64_t id, int64_t record,
                            struct approving **ret, struct approve_world **ret_w);
/* The machine's no as a refusal. */
err approve_refusal(struct arena *a, const struct clause *clause, enum approval_no no);
/* Saves, tells who must know, and sees to what follows. */
MUST_CHECK err approve_done(struct doing *d, struct touched *x, struct approving *g,
                            const struct approve_said *said);

/* --- approve_op.c -------------------------------------------------------------------- */

/* An act "approve.vote" and the like; *note: what the history says of it. */
bool approve_is_op(str action);
/* One that casts a vote, so that its refusal is an act of its own, "approve.vote_refused". */
bool approve_is_vote(str action);
/* Performs that act, if the refusal is one of a rule or of who may, and not of what was
 * filled in (*ret: it was done); act->ret_act is then its id. */
MUST_CHECK err approve_note_refused(struct ctx *ctx, struct act *act, err refused, bool *ret);
MUST_CHECK err approve_op(struct doing *d, struct touched *x, int64_t act, str *note);

/* --- approve_tell.c ------------------------------------------------------------------ */

/* Seats whose tasks are to be made anew, noted before the rows are saved. */
struct approve_news {
    int *seats;  /* their places */
    int n, old;  /* those before `old` were there already */
    bool author; /* whether it waits for its author may have changed */
    const struct approval_event *events;
    int nevents;
};
struct approve_news approve_news(struct arena *a, const struct approving *g);
MUST_CHECK err approve_tell(struct doing *d, const struct touched *x, const struct approving *g,
                            const struct approve_news *news, int64_t act);

/* --- approve_rows.c ------------------------------------------------------------------ */

/* Which one is meant: by its own id, else (id 0) the one of this record that is not at its
 * end (`record`), else ERR_NOT_FOUND.  Reads its own row only: ret->ap is NULL, action and
 * type are found in the model.  Here and in approve_load a row that cannot be is ERR_STORE:
 * a number out of order, an enum without a word, a reference to what is not there. */
MUST_CHECK err approve_find(const struct ctx *ctx, int64_t id, int64_t record,
                            struct approving *ret);
/* The same, by one of its seats on this record as well (`seat`, else 0), and in one batch
 * with the rows that approve_load then takes. */
MUST_CHECK err approve_fetch(const struct ctx *ctx, int64_t seat, int64_t id, int64_t record,
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
    bool derived; /* follows from the others: in no digest */
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
