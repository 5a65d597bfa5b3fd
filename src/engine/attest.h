/* attest.h - what people answered to manual controls, and the questions put to them.
 *
 * A question and its answer are a record of the register `attestation` (model/contract.h):
 * an act through the one door like any other, with its remark, files, entry in the ledger and
 * history.  Nothing is overwritten: a new answer makes the one before a past one.
 *
 * The engine puts the question (action `ask`, by auto): at once where there is no answer,
 * else ATTEST_LEAD before the answer is no longer good.  A question of a control that is
 * retired is withdrawn.  Where a version asks something else (in Chinese), what was asked before
 * is withdrawn, what was answered before is no answer to it, and it is asked at once.  Whoever
 * answers is found when it is asked and again whenever appointments change, as with every task.
 */
#ifndef ENGINE_ATTEST_H
#define ENGINE_ATTEST_H

#include "engine/ctx.h"
#include "model/control.h"

/* Asked again so long before it is due: a tenth of the cadence, at most 14 days. */
enum { ATTEST_LEAD_PART = 10, ATTEST_LEAD_DAYS = 14 };

enum attest_answer { ATTEST_NONE, ATTEST_YES, ATTEST_NO, ATTEST_UNKNOWN };

struct control_answer {
    enum attest_answer said; /* ATTEST_NONE: never answered */
    int64_t record;          /* of the answer */
    int64_t person;
    str name;      /* of that person */
    str remark;    /* as far as ctx->actor may see the record; else empty */
    int64_t at;    /* UTC ms */
    int64_t until; /* UTC ms: good before */
    int64_t asked; /* record of the open question; 0: none */
    int64_t asked_at;
};

/* UTC ms until which an answer of `at` is good: the cadence later, of months the same time
 * of the day or the last day of the month. */
int64_t attest_until(const struct model *m, const struct control_manual *c, int64_t at);

/* By code of the control, m->ncontrols of them. */
MUST_CHECK err attest_answers(const struct ctx *ctx, struct control_answer **ret);
/* Those who may answer it now; at most `limit` names. */
MUST_CHECK err attest_owners(const struct ctx *ctx, const struct control_manual *c, int limit,
                             str **ret, size_t *n);

bool attest_may(const struct ctx *ctx, const struct control_manual *c); /* ctx->actor */
struct words attest_said_words(enum attest_answer a);
str attest_said_key(enum attest_answer a); /* as stored: "yes"; empty: ATTEST_NONE */

/* The answers to one control that ctx->actor may see, the newest first; at most `limit`. */
struct attest_past {
    int64_t record, at;
    enum attest_answer said;
    str number, name, remark;
};
MUST_CHECK err attest_history(const struct ctx *ctx, const struct control *c, int limit,
                              struct attest_past **ret, size_t *n);

/* Puts what questions are due, withdraws what nobody need answer; *n: acts done.  `db` is a
 * reader's, outside a transaction. */
MUST_CHECK err attest_ask(struct engine *e, struct db *db, struct arena *a, int64_t now, size_t *n);

#endif
