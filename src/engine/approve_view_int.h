/* approve_view_int.h - what the files that read approvals share. */
#ifndef ENGINE_APPROVE_VIEW_INT_H
#define ENGINE_APPROVE_VIEW_INT_H

#include "engine/approve_view.h"
#include "engine/guard.h"
#include "engine/post.h"
#include "engine/view_int.h"

/* --- approve_view.c: in parts, for who asks along with something else ---------------- */

struct approve_ask {
    int approval, round, run, seat, vote, copy, event, people; /* -1: not asked */
    struct post_ask post;
    const struct record *rec;
    int limit;
};
/* Adds the statements about the record's newest `limit` approvals; `whole`: with contents,
 * copies and events.  The question after the actor's post rides. */
struct approve_ask approve_view_ask(const struct ctx *ctx, struct batch *b,
                                    const struct record *rec, int limit, bool whole);
/* What was read: the machine, and what it does not keep. */
struct approve_one {
    int64_t id, opened_at, ended_at;
    const struct action *action;
    struct words trouble;
    bool unread, jump;
    struct approval *ap;
    struct approve_round_view *rounds; /* this and what follows: by number - 1 */
    str *texts;                        /* contents as they are kept; empty: not asked for */
    struct approve_content **contents;
    int64_t *seat_ids;
    struct approve_vote_view *votes;
    struct approve_copy_view *copies;
    struct approve_event_view *events; /* the newest first */
    struct approval_event *told;       /* the same ones */
    int ncopies, nevents;
};
struct approve_loaded {
    struct approve_one *list;
    size_t n;
    bool more, minds;
};
/* Reads them; people and what contents name are wanted in `names`.  `guards`: of the
 * record, who may see which field. */
MUST_CHECK err approve_view_read(const struct ctx *ctx, struct batch *b,
                                 const struct approve_ask *ask, const struct guards_ask *guards,
                                 struct names *names, struct approve_loaded **ret);
/* Once the names are there (approve_view_make.c). */
struct approve_views approve_view_finish(const struct ctx *ctx, const struct names *names,
                                         struct approve_loaded *l);

/* --- approve_view_words.c ------------------------------------------------------------- */

struct words approve_state_words(const struct approval *ap);
struct words approve_round_words(enum approval_round_state s);
struct words approve_run_words(enum approval_run_state s);
struct words approve_tally_words(struct arena *a, const struct approval_count *c);
struct words approve_vote_words(const struct approval_ballot *b);
/* The names of people that stand in what is said. */
struct words approve_who_words(struct arena *a, const struct approve_seat_view *s);
struct words approve_seat_words(struct arena *a, const struct approval_seat *s, str actor);
struct words approve_event_said(struct arena *a, const struct approval_event *e, str person,
                                struct words node);

/* --- approve_view_may.c ----------------------------------------------------------------- */

/* Fills what the actor may do: `may` of the approval and its seats (which are not const
 * here yet), where people may be added, targets. */
void approve_judge(const struct ctx *ctx, struct approve_view *v, struct approve_seat_view *seats,
                   int n);

/* --- approve_view_content.c ------------------------------------------------------------- */

/* The content of a round, as it is kept: fields of which `sees` says no are left out.
 * Names are wanted first, and put in by the second. */
struct approve_content;
struct approve_content *approve_content_read(const struct ctx *ctx, const struct action *a,
                                             str content, struct batch *b,
                                             const struct guards_ask *guards, struct names *names);
void approve_content_show(const struct ctx *ctx, const struct names *names,
                          struct approve_content *c, struct approve_round_view *ret);

#endif
