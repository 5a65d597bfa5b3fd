/* record.h - reading one record, with everything a page or a program shows of it.
 *
 * Every read asks the type's `see` for ctx->actor; a record one may not see is
 * ERR_NOT_FOUND, exactly as one that is not there.  Fields with their own `see`
 * are left out for whoever may not see them.
 *
 * record_view runs two batches: first the row with its `see`; then guards of all
 * actions and hidden fields, names, parts, activity, attachments, terms, tasks.  A
 * third asks for names only where links or the history name records that nothing
 * else named.
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include "engine/ctx.h"
#include "engine/refusal.h"
#include "engine/value.h"

struct record_ref { /* a record named somewhere: shown as a link when visible */
    int64_t id;
    const struct type *type;
    str name, number;
    bool visible;
};

struct record_field {
    const struct field *field;
    struct value value;
    const struct record_ref *refs; /* of ref, refs, person, people, unit, post */
    size_t nrefs;
    const struct record_row *rows; /* lines */
    size_t nrows;
};
struct record_row {
    int64_t id;
    const struct record_field *fields;
    size_t nfields;
};

/* An action as the actor meets it now. */
struct record_action {
    const struct action *action;
    bool allowed;
    bool expected;             /* in `next` of the state: the way to go */
    const struct refusal *why; /* when not allowed */
    bool hidden;               /* not for this state and not of the actor's: not shown greyed */
};

struct record_term {
    const struct term *term;
    int64_t started, due, paused_at, ended; /* UTC ms; 0: none */
    int64_t working_ms; /* working time left of a running length of it; -1: not counted so */
    bool late;
};

struct record {
    int64_t id, ver, law, created_at, changed_at;
    const struct type *type;
    const struct tdef *def; /* its own version; labels come from type->newest */
    const struct state *state;
    str number, name;
    struct record_ref creator, unit;
    struct record_field *fields; /* visible ones, in the order of the newest definition */
    size_t nfields;
};

struct activity {
    int64_t id, seq, at, recorded;
    struct record_ref person, principal;
    const struct action *action; /* NULL: built-in */
    str action_key;
    struct words action_words;
    const struct state *from, *to;
    str note;
    unsigned flags;
    str cause;
    const struct activity_change {
        const struct field *field;
        struct words before, after; /* as shown */
    } * changes;
    size_t nchanges;
    str files; /* names of the attachments it added or removed, as shown; empty: none */
};

struct attachment {
    int64_t id, size, at;
    str name, mime, sha256;
    struct record_ref person;
    bool image;
};

struct record_relation { /* records that point here */
    const struct type *type;
    const struct field *field;
    const struct record_ref *refs; /* newest 20, visible only */
    size_t nrefs;
    bool more;
};

struct approve_views; /* engine/approve_view.h */

struct record_view {
    struct record rec;
    struct record_action *actions;
    size_t nactions;
    struct record_term *terms;
    size_t nterms;
    struct activity *activities; /* newest first, at most 50 */
    size_t nactivities;
    bool more_activities;
    struct attachment *attachments;
    size_t nattachments;
    struct record_relation *relations;
    size_t nrelations;
    struct record_view_part { /* parts that are types of their own */
        const struct type *type;
        const struct record *records;
        size_t nrecords;
    } * parts;
    size_t nparts;
    str *labels;
    size_t nlabels;
    struct record_ref *watchers; /* at most 50, in no order that means anything */
    size_t nwatchers;
    bool watching; /* the actor is one of them */
    int64_t steps_left;
    int64_t hold;            /* record of a legal hold that is in force on it; 0: none */
    struct record_own_task { /* the actor's own here: to be done, or read and signed */
        int64_t id, due;     /* due 0: none */
        bool sign;
        struct words words;
    } * own;
    size_t nown;
    const struct state *const
        *path; /* the step bar: states in the order of the definition that lie on the way */
    size_t npath;
    const struct approve_views *approvals; /* the newest one, without its contents; NULL: none */
};

/* By id, or by number (typed in the search box; any type). */
MUST_CHECK err record_get(const struct ctx *ctx, const struct type *t, int64_t id,
                          struct record *ret);
MUST_CHECK err record_view(const struct ctx *ctx, const struct type *t, int64_t id,
                           struct record_view *ret);
MUST_CHECK err record_by_number(const struct ctx *ctx, str number, struct record_ref *ret);
/* Whose record the ledger entry `seq` is about: its proof is shown to those who
 * see the record.  *ret_whole: the actor may see every field whose value stands in
 * the payload; if not, the payload is kept back (proofs hold without it).  Entries
 * about no record (publications, checkpoints' own) have id 0 and are for everybody.
 * ERR_NOT_FOUND for an entry that is not there or not for the actor. */
MUST_CHECK err record_by_seq(const struct ctx *ctx, int64_t seq, struct record_ref *ret,
                             bool *ret_whole);
/* What the actor or the object of an entry, "person:4711", is called today.  Id 0 where it
 * names no record ("clock"); not visible, and without a name, where it may not be seen. */
MUST_CHECK err record_by_object(const struct ctx *ctx, str object, struct record_ref *ret);
/* Acts before that one, newest first; *ret_record (may be NULL): the row itself. */
MUST_CHECK err record_activities(const struct ctx *ctx, const struct type *t, int64_t id,
                                 int64_t before_act, struct record *ret_record,
                                 struct activity **ret, size_t *n, bool *more);

/* What the form of an action shows: fields asked for (those whose `when` holds
 * on `values`), defaults and present values, choices, and errors of `values`
 * (a dry run of act_check; nothing is written).  record 0: a creating action. */
struct form_field {
    const struct ask *ask;
    const struct field *field;
    struct record_field now;      /* present or default value */
    const struct value_in *typed; /* what was typed, kept after an error; or NULL */
    struct words error;
    bool required;
    const struct clause *clause;
    const struct record_ref *suggestions; /* references: the first 50 visible, by name */
    size_t nsuggestions;
};
/* A node of the action's approval, as it would be opened now. */
struct form_node {
    const struct route_node *node;
    const struct approval_node *rule;
    int no;       /* from 1 */
    bool applies; /* also while it cannot be told */
    bool unknown; /* what it depends on is not filled in yet */
    int64_t term; /* working ms for each seat; 0: none */
    struct form_seat {
        struct record_ref person; /* who would decide */
        struct record_ref right;  /* whose right it is; id 0: his own */
        enum approval_origin origin;
    } * seats;
    int nseats; /* 0: nobody could be seated; what then follows stands in rule->empty */
};
struct form {
    const struct type *type;
    const struct tdef *def;
    const struct action *action;
    int64_t record, ver;
    struct record_ref ref;
    struct form_field *fields;
    size_t nfields;
    const struct refusal *refusal; /* would be refused now, and why */
    bool again;                    /* of form_again */
    bool straight; /* it was returned from a node and may go straight on there, unchanged */
    const struct form_node *route; /* what it would wait for, in order */
    int nroute;                    /* 0: it takes effect at once */
};
MUST_CHECK err form_get(const struct ctx *ctx, const struct type *t, int64_t record, str action,
                        const struct value_in *values, size_t nvalues, bool check,
                        struct form *ret);
/* The form of an action whose approval is with its author, to be submitted anew: with what
 * the record holds, or what waits to be written to it, unless `values` say otherwise.
 * ERR_NOT_FOUND: nothing here waits for the actor so. */
MUST_CHECK err form_again(const struct ctx *ctx, const struct type *t, int64_t record,
                          const struct value_in *values, size_t nvalues, bool check,
                          struct form *ret);
/* Puts what the writer said about fields beside them. */
void form_take(struct form *form, const struct refusal *why);
/* Records of a type to choose from, visible ones not in a final state, whose name or
 * number contains `query`; at most 50, newest first.  Of a large type: among the 5,000
 * changed last, then among what the search index finds. */
MUST_CHECK err record_suggest(const struct ctx *ctx, const struct type *t, str query,
                              struct record_ref **ret, size_t *n);

#endif
