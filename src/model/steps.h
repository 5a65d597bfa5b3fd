/* steps.h - scenarios: examples.yaml and records.yaml as lists of steps.
 *
 * The grammar is that of definitions (docs): each step does one thing.  The
 * runner is the engine's (engine/scenario.h).
 *
 *   - name: 领导批准后才能交接           a scenario; or, in records.yaml, just steps
 *     as: li.lei
 *     do:
 *       - {create: loan, with: {device: NB-0007, due: =today + 10d}, save: L}
 *       - {as: keeper.wang, perform: L.hand_over, with: {...}, refused: leader-permits}
 *       - {clock: +11d}                   (or a moment: 2026-09-30T16:00+08:00)
 *       - {check: L, holds: "state == 'lent' and due > today"}
 *       - {see: L, as: li.lei, expect: "no"}
 *       - {list: loan, as: li.lei, where: "state == 'lent'", count: 3}    save: L names the first
 *       - {term: L.return, due: "2026-12-04T00:00+08:00"}
 *       - {tasks: li.lei, of: L, actions: [take_back]}
 *       - {notified: li.lei, about: L}
 *       - {number: L, is: JY-2026-0001}
 *       - {control: loan_returned, violations: [L], reason: late}   or ok: [L], or unknown: [L];
 *         or waived: [L] (violated, and a waiver holds it off);
 *         of a manual one: state: fail (or attested, stale, unknown);
 *         what is named stands so; of the saved records no other is a violation
 *       - {judge: loan_returned, about: L, save: F, state: opened}   judges every record, opens and
 *         tests findings; the one of that control about L, where it is named
 *       - {duty: check_loans, missed: 1, done: 0}     how many occurrences stand so now: waiting,
 *         done, late, missed, dropped; of: D, those about the saved record D alone
 *       - {as: keeper.wang, perform: L.inspection.record, with: {...}}   (the open part of L)
 * What people do in the approval that runs of L, each with the seat it has there:
 *       - {as: PERSON, approve: L}        also reject, abstain; opinion: text, signature: text
 *       - {as: PERSON, return: L, node: 1, opinion: text}     or node: author, node: previous
 *       - {as: PERSON, withdraw: L}       also resubmit, take_back
 *       - {as: PERSON, transfer: L, person: LOGIN}            also remove
 *       - {as: PERSON, add_before: L, people: [LOGIN, ..]}    also add_beside, add_after
 *       - {seats: L, are: [LOGIN, ..]}    exactly these have an open seat now; [] none
 * Like perform they may carry refused and state.
 * A line of a lines field that is there: {row: 2, result: passed}; taken away: {row: 2, remove:
 * true}; a file for it: {row: 2, photo: NAME}. refused: a clause; any; value (what was entered is
 * none of its field's); absent (he does not see the record, so to him it is not there). Values:
 * data by the field's type; a leading = is an expression over the saved names; a saved name stands
 * for its record; a person by login name; a unit, a choice and a register record by key, number,
 * unique field or name.
 *
 * A check begins at STEPS_BEGIN, so that examples can name days; the records of
 * all regulations and the demo organisation are there by then.  Turning the
 * clock works off, in order, everything that falls due on the way; it is never
 * turned back.
 */
#ifndef MODEL_STEPS_H
#define MODEL_STEPS_H

#include "model/diag.h"
#include "model/model.h"

/* The clock of a check at its first step: a Monday, a working day. */
#define STEPS_BEGIN STR("2026-01-05T09:00+08:00")

#define STEP_DUTY_STATES "waiting", "done", "late", "missed", "dropped"

enum step_kind {
    STEP_CREATE,
    STEP_PERFORM,
    STEP_CLOCK,
    STEP_CHECK,
    STEP_SEE,
    STEP_LIST,
    STEP_TERM,
    STEP_TASKS,
    STEP_NOTIFIED,
    STEP_NUMBER,
    STEP_CONTROL,
    STEP_JUDGE,
    STEP_DUTY,
    STEP_PUBLISH,
    STEP_APPROVAL
};

/* What a STEP_APPROVAL does. */
enum step_operation {
    STEP_APPROVE,
    STEP_REJECT,
    STEP_ABSTAIN,
    STEP_RETURN,
    STEP_WITHDRAW,
    STEP_RESUBMIT,
    STEP_TRANSFER,
    STEP_ADD_BEFORE,
    STEP_ADD_BESIDE,
    STEP_ADD_AFTER,
    STEP_TAKE_BACK,
    STEP_REMOVE,
    STEP_SEATS /* checks */
};

struct step_value { /* one entry of `with`: a scalar, a list of scalars, or rows */
    str key;
    str scalar;
    bool expression; /* began with = */
    bool null;
    const struct step_value *items; /* list, or rows: each item has its own `items` keyed */
    size_t nitems;
    bool list, row;
    struct pos pos;
};

struct step {
    enum step_kind kind;
    struct pos pos;
    str as;           /* login name; empty: the scenario's */
    str type, action; /* create: loan[.request]; perform: its action; term: its key */
    str on;           /* saved name of the record acted on */
    str save;
    const struct step_value *with;
    size_t nwith;
    str refused;        /* clause id, or empty */
    bool refused_any;   /* refused: any (values) */
    str state;          /* expected state key after it */
    str holds;          /* expression */
    bool expect;        /* see */
    int64_t count;      /* list; -1: not said */
    str text;           /* clock "+11d" or a moment, term due, number, publish folder, where */
    const str *actions; /* tasks */
    size_t nactions;
    enum step_operation operation; /* STEP_APPROVAL, as what follows; `on` is its record */
    str opinion;
    str signature;     /* of a vote, as text */
    int node;          /* STEP_RETURN: from 0, TO_AUTHOR or TO_PREVIOUS of approval.h */
    const str *people; /* login names; transfer and remove: one */
    size_t npeople;
    /* STEP_CONTROL and STEP_JUDGE, with the key of the control in `type`. */
    const str *violations, *kept, *unknown, *waived; /* saved names */
    size_t nviolations, nkept, nunknown, nwaived;
    str reason; /* of the violations; empty: not said */
    /* STEP_DUTY, with its key in `type`: how many stand so, in the order of STEP_DUTY_STATES;
     * -1: not said. */
    int64_t runs[5];
};

struct scenario {
    str name;
    str as;
    struct pos pos;
    const struct step *steps;
    size_t nsteps;
};
struct scenarios {
    const struct scenario *ptr;
    size_t len;
};

/* An empty text is no scenario; after a mistake, which is in `d`, what could be read is
 * given all the same.  `text` must outlive the result. */
struct scenarios steps_load(struct arena *a, str text, str file, struct diags *d);

#endif
