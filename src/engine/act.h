/* act.h - the one door: every change of every record is an act.
 *
 * An act is made complete by the caller (a request, the clock, an import, an
 * example), checked on a reader's snapshot (act_check, where most refusals
 * end), and performed by the writer, who decides again in the order of
 * ARCHITECTURE.md, "One act".  It holds names and ids, never a
 * pointer into a model.
 */
#ifndef ENGINE_ACT_H
#define ENGINE_ACT_H

#include "engine/ctx.h"
#include "engine/refusal.h"
#include "engine/value.h"
#include "store/writer.h"

struct act_file { /* an attachment brought along */
    str field;    /* key of an attachment field, or empty: to the record */
    str name, mime, bytes;
    str sha256; /* the engine's: of the bytes, in hex, from act_check or act_submit on */
};

struct act {
    /* --- by the caller; everything lives in `arena` until done --- */
    struct arena *arena;
    int64_t actor;     /* 0: auto */
    int64_t principal; /* on whose behalf, 0: himself */
    int64_t now;       /* the clock, UTC ms */
    int64_t at;        /* time of the act; 0: now.  Other values only with ACT_IMPORT */
    unsigned flags;    /* ACT_IMPORT: quiet (no notifications, no late effects), `who` not asked */
    int64_t follows;   /* with ACT_FOLLOWS: the approval that this act carries out */
    enum lang lang;
    str type;       /* "loan" */
    int64_t record; /* 0: a creating action */
    int64_t ver;    /* expected version; 0: any */
    str action;     /* key of a defined action, or a built-in: see below */
    const struct value_in *values;
    size_t nvalues;
    const struct act_file *files;
    size_t nfiles;
    str note; /* comment */
    str key;  /* idempotency; empty: none.  At most 64 characters */
    /* --- results --- */
    int64_t ret_record;
    int64_t ret_act; /* id of the act */
    int64_t ret_ver;
    int64_t ret_state; /* code of the state it stands in; -1: none */
    str ret_number, ret_name;
    bool ret_repeated; /* answered from an earlier act with this key */
    err result;
    /* --- the caller's continuation, on the writer's thread --- */
    void (*done)(struct act *act);
    void *user;
    /* --- the engine's --- */
    struct writer_job job;
    struct engine *engine;
    str hash;                /* of all that the key stands for, from act_submit on */
    struct arena *out;       /* what the writer answers; ends with `arena` */
    struct held_model *held; /* what the answer points into */
    int64_t hint_law;        /* version of the record, as act_check saw it */
    err refused;             /* the answer, where the refusal was written down */
};

/* Built-in actions, each an act with its ledger entry, allowed to whoever sees
 * the record when the type `has` it (detach: only to who attached it):
 *   comment (note) · attach (files) · detach (values: attachment) ·
 *   watch (values: person, another who may see it; or oneself) · unwatch (oneself) ·
 *   label / unlabel (values: label) · sign (one's own receipt) ·
 *   finish_task (values: task, one's own; none: all of them)
 * of a unit, by its head: local_setting (values: regulation, setting, value), see local.h
 * of an approval, by who has a part in it: approve.vote ..., see approve.h
 * to oneself, without a ledger entry: read_notifications (values: up_to) ·
 *   save_view (values: name, filter, shared), delete_view (values: view) ·
 *   save_phrases (values: phrases, one a line), see phrase.h
 * A publication is an act of its own kind: publish.h. */

/* On a snapshot: law, state, who, needs, values.  OK, or the refusal the writer
 * would give.  Fills typed values, hashes and stores files: the costly part. */
MUST_CHECK err act_check(const struct ctx *ctx, struct act *act);
/* Hands it to the writer, all hashes made: his thread is everybody's.  ERR_BUSY when the
 * queue is full (done not called). */
MUST_CHECK err act_submit(struct engine *e, struct act *act);
/* Submits and waits; the result is also in act->result. */
err act_call(struct engine *e, struct act *act);
/* Performs it on this connection, inside the caller's transaction and
 * savepoint: the writer's job, scenarios and tests. */
MUST_CHECK err act_perform(struct ctx *ctx, struct act *act);
/* The same inside a savepoint of its own: a refusal (*refused) undoes this act
 * alone, and the transaction goes on.  Any other error means that it cannot. */
MUST_CHECK err act_try(struct ctx *ctx, struct act *act, err *refused);
/* Did the rules or the values say no, rather than the machine? */
bool act_is_refusal(err e);

#endif
