/* perform_int.h - one act as the writer performs it. */
#ifndef ENGINE_PERFORM_INT_H
#define ENGINE_PERFORM_INT_H

#include "base/json.h"
#include "engine/act.h"
#include "engine/engine_int.h"
#include "engine/refusal_int.h"
#include "ledger/hash.h"

enum { DEPTH_MAX = 8, TOUCHED_MAX = 200, ACTS_MAX = 200 };

struct cell {
    bool null;
    int64_t i;
    str s;
};

/* A record this act has touched, with its row before the outermost act. */
struct touched {
    struct tplan *t;
    int64_t id;
    bool created;
    struct cell *old, *now;
    const struct action *action; /* the first one on it */
    str changed_parts[8];
    size_t nparts;
    bool many_parts;                        /* more than there is room for: any may have changed */
    int64_t due;                            /* earliest end of its running terms; 0: none */
    struct side_change *sides, **sides_end; /* of links and lines, for the history */
};

/* A change outside the record's row, as JSON like those of its fields:
 * {"f": field, "o": ids, "n": ids} of links;
 * {"f": field, "row": id, "o": {column: value}, "n": {column: value}} of a line, where o is
 * null for a new one and n for one that was removed. */
struct side_change {
    str json;
    struct side_change *next;
};

struct inner { /* an act done, for the history */
    int64_t id, record, parent, from, to;
    const struct tplan *t;
    str action, cause, note;
    bool from_null, to_null;
};

/* A row left behind besides its record's own: a line, the links of a field, an
 * attachment (engine/digest.h). */
struct piece {
    int64_t record; /* whose */
    str table;
    int64_t id;
    bool gone;
    bool untold;              /* the entry says that it was changed, not to what */
    const struct tplan *line; /* a line: read back at the end */
    int place;
    struct hash digest;
};

/* What the first act will ask, asked in one batch with its key.  Each is used
 * once, by whoever would have asked. */
struct foreseen {
    int64_t record; /* 0: no row was asked for */
    struct rows row;
    const struct guards *before, *defaults;
    struct rows before_rows, default_rows;
    str prefix; /* whose next number `seq` tells; empty: none */
    struct rows seq;
};

struct approving;
struct doing {
    struct ctx *ctx;
    struct engine *e;
    struct held_model *h;
    const struct act *act;
    struct arena *a;
    struct touched list[TOUCHED_MAX];
    size_t n;
    struct inner acts[ACTS_MAX];
    size_t nacts;
    struct piece *pieces;
    size_t npieces, pieces_cap;
    int depth;
    int at_once;                    /* > 0: a row that is there already must be known at once */
    struct foreseen seen;           /* what the act's first batch brought */
    bool quiet;                     /* an import */
    bool erasing;                   /* personal data: no rule refuses it, no history keeps it */
    str cause;                      /* of what the clock does */
    struct asking *asking;          /* an approval to be opened at the end; see approve_int.h */
    const struct approving *follow; /* an approval that ended: its act comes next; or NULL */
    int64_t *files;      /* ids that files of the act were given already, 0: none; NULL: none was */
    int64_t resubmitted; /* the record whose content this act itself has put to the vote */
};

/* What one inner act is asked to do. */
struct call {
    const struct type *type;
    str action;
    int64_t record; /* 0: create */
    const struct value_in *values;
    size_t nvalues;
    bool door;
    int64_t parent;
    str cause;
    const struct reg *by; /* whose effect it is: guarded */
    int64_t law;          /* part: its parent's version; 0: newest */
};
/* Adds what the act at the door will ask to the batch; reads it when it has run. */
struct foresight;
struct foresight *foresee_ask(struct doing *d, struct batch *b);
void foresee_read(struct doing *d, struct batch *b, const struct foresight *f);
/* The action meant; creating: by that name, or the type's first. */
const struct action *perform_action_named(const struct tdef *def, str name);
/* The words of a number before its counting part, and the key it is counted under. */
str perform_number_prefix(struct doing *d, const struct tplan *t, const struct rows *paths);
/* A row that is there already, found late: the refusal of the record it belongs to. */
err perform_conflict(struct doing *d, err e);
MUST_CHECK err perform_call(struct doing *d, const struct call *c, int64_t *ret_record);
/* Effects in a row.  `of` and the place in the list say later which one it was:
 * an action's key, or "term:KEY/MARK". */
struct effect_list {
    const struct effect *const *list;
    struct eplan *plans;
    size_t n;
    const struct law *const *laws; /* whose each is: by its right it acts */
    str of;
};
MUST_CHECK err perform_effects(struct doing *d, const struct effect_list *l, struct touched *x,
                               int64_t act, str cause);
/* The effects of a mark, as a list. */
struct effect_list perform_mark_effects(struct arena *a, const struct touched *x,
                                        const struct term *t, size_t mark);
/* Part of one effect: elements of its for_each after id `from` up to `to`, at
 * most `limit`; `from` and `done` tell how far it went, also when it failed. */
struct effect_span {
    int64_t from, to, limit, done;
};
MUST_CHECK err perform_effect(struct doing *d, const struct effect *ef, struct eplan *plan,
                              struct touched *x, int64_t act, str cause, const struct reg *by,
                              struct effect_span *span);
/* What can be written only when the record's row is there. */
struct later_write {
    const struct field *field;
    const struct ask *ask; /* how far lines may be changed; NULL: an effect's, all */
    struct value value;
    const struct value_in *rows;
};
MUST_CHECK err perform_later_writes(struct doing *d, struct touched *x, const struct action *action,
                                    const struct later_write *list, size_t n);
/* Fields of a touched record, of a line of it, set by an effect. */
MUST_CHECK err perform_set(struct doing *d, struct touched *x, const struct value_in *vals,
                           size_t n);
/* A line made by an effect. */
MUST_CHECK err perform_add_line(struct doing *d, struct touched *x, const struct type *type,
                                const struct value_in *vals, size_t n);
MUST_CHECK err perform_set_line(struct doing *d, const struct touched *parent,
                                const struct type *type, int64_t id, const struct value_in *vals,
                                size_t n);
MUST_CHECK err perform_finish(struct doing *d);
/* --- perform_items.c: rows of check-lists -------------------------------------------- */

/* A refusal where the row's answer wants something beside it that is not there: a reading
 * within its limits, a photo, a remark. */
MUST_CHECK err perform_item(struct doing *d, const struct field *list, const struct tplan *t,
                            const struct cell *row);
/* Files of the act for this row ("sheet.ROW.photo") get their ids, which its columns then
 * hold; `takes` says whether the action lets a column be filled. */
MUST_CHECK err perform_row_files(struct doing *d, const struct field *lines, struct tplan *t,
                                 int64_t row, bool (*takes)(const void *with, str column),
                                 const void *with, struct cell *now, struct colset *set);
MUST_CHECK err perform_items_bounded(struct doing *d, const struct field *list, int64_t record);
/* --- watch.c: who watches a record ------------------------------------------------ */

/* The act "watch": the actor himself, or the person in `who` (an id or a name), who
 * must be one that may see the record and whose name becomes what the act says; at most
 * WATCHERS_MAX of them.  "unwatch" is always about oneself. */
enum { WATCHERS_MAX = 50 };
MUST_CHECK err perform_watch(struct doing *d, const struct touched *x, str who, str *note);
MUST_CHECK err perform_unwatch(struct doing *d, const struct touched *x);
/* Tells those who watch what was done to it, except its doer, who may not see it any
 * more, and whom the act has told already.  Asked for only where somebody watches. */
MUST_CHECK err perform_tell_watchers(struct doing *d, const struct touched *x);
/* Controls that may judge it otherwise now are judged again soon (control_mark.c). */
MUST_CHECK err control_mark(struct doing *d, const struct touched *x);
/* A finding or a waiver speaks of a control and a clause there are, and a waiver of one record,
 * for no longer than may be (register.c); what waits for a waiver is looked at again. */
MUST_CHECK err register_check(struct doing *d, const struct touched *x);
/* --- finish.c, perform.c ---------------------------------------------------------- */

/* Tasks of the actions its state waits for, asked and put anew. */
MUST_CHECK err perform_tasks(struct doing *d, struct touched *x);
/* The arguments of a statement made of the model, as struct stmt says, then `more`. */
struct db_args perform_args(struct doing *d, const struct stmt *s, const struct touched *x,
                            const struct db_arg *more, int nmore);
/* Answers of guards: foreseen, or asked now. */
MUST_CHECK err perform_ask_guards(struct doing *d, const struct guards *g, const struct touched *x,
                                  struct rows *ret, bool *some);

/* Lines of this kind, or records that are part of it, have changed: its rules that read them
 * are judged. */
void perform_mark_part(struct touched *x, str key);

/* --- perform_values.c ------------------------------------------------------------ */

/* Puts what was entered into the row, as far as the action asks for it; what needs the row
 * first goes to `later`.  A refusal names every field that is wrong. */
MUST_CHECK err perform_take_values(struct doing *d, const struct call *c,
                                   const struct action *action, struct touched *x,
                                   struct later_write *later, size_t *nlater);
/* What is asked for must be filled; `r`: what the conditions of asks say, or NULL:
 * those asked for without one. */
MUST_CHECK err perform_check_asked(struct doing *d, const struct call *c, const struct aplan *p,
                                   struct touched *x, const struct rows *r);
MUST_CHECK err perform_put_defaults(struct doing *d, const struct guards *g, struct touched *x);
MUST_CHECK err perform_put_number(struct doing *d, struct touched *x);
void perform_put_cell(struct touched *x, int col, const struct value *v);

/* --- perform_row.c --------------------------------------------------------------- */

/* Writes what differs from `before`, or the whole new row. */
MUST_CHECK err perform_write(struct doing *d, struct touched *x, const struct cell *before,
                             bool insert);

/* --- perform.c ------------------------------------------------------------------- */

struct db_arg perform_cell_arg(const struct tplan *t, int i, const struct cell *c);
void perform_read_row(const struct tplan *t, const struct rows *r, struct cell *row);
/* The record with its row as it was, taken into the act once.  ERR_NOT_FOUND: there is
 * none; a refusal: the act touches TOUCHED_MAX already. */
MUST_CHECK err perform_touch(struct doing *d, const struct type *type, int64_t id,
                             struct touched **ret);
/* Values, the state it leads to, the row, the rest of needs. */
MUST_CHECK err perform_values_and_state(struct doing *d, const struct call *c,
                                        const struct aplan *p, struct touched *x, struct inner *in);
/* What the creating action asks for, written anew to a record that it made. */
MUST_CHECK err perform_rewrite(struct doing *d, const struct call *c, const struct aplan *p,
                               struct touched *x);
/* Puts the record into a state. */
void perform_enter(struct doing *d, struct touched *x, int64_t code);
/* --- act.c, builtin.c, effects.c --------------------------------------------------- */

/* Files of the act, beside the record. */
MUST_CHECK err perform_files(struct doing *d, int64_t record, const struct type *t, int64_t act);
/* An act that every record knows (comment, attach, watch ...); *was: it is one. */
MUST_CHECK err perform_builtin(struct doing *d, bool *was);
MUST_CHECK err perform_notify(struct doing *d, int64_t person, const struct touched *x, int64_t act,
                              str zh, str en);
str perform_template(struct doing *d, const struct template *t, const struct rows *r, int *col,
                     enum lang lang, int64_t seq, int64_t at);

/* --- history.c ------------------------------------------------------------------- */

bool history_same_cell(const struct cell *a, const struct cell *b, bool text);
void history_put_cell(struct json *j, const struct tplan *t, int col, const struct cell *c);
bool history_cell_changed(const struct touched *x, int col);
/* A row besides the record's own that this act leaves behind; the caller fills
 * in the digest, or says that it is gone.  Asked again: begun anew. */
struct piece *history_piece(struct doing *d, int64_t record, str table, int64_t id);
struct piece *history_line(struct doing *d, int64_t record, const struct tplan *t, int64_t id);
/* An act for each record that was changed by an effect without one. */
MUST_CHECK err history_of_the_rest(struct doing *d);
/* Rows of the history, entries of the ledger: the last statements of an act. */
MUST_CHECK err history_write(struct doing *d);

#endif
