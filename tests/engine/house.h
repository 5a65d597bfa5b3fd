/* house.h - a small organisation and a regulation of the test's own on a test's
 * database, everything on the calling thread: acts, the clock, questions.
 *
 * The organisation: units top > north, south > south_1; people amy (north),
 * bob (north), cat (south), dan (south_1), eve (top); positions head, leader,
 * keeper, auditor, administrator; deputies; working days Monday to Friday, 08:30-12:00 13:30-17:30.
 * The regulation is given as its definition.yaml; its text is made of the
 * clauses it cites.
 */
#ifndef TESTS_ENGINE_HOUSE_H
#define TESTS_ENGINE_HOUSE_H

#include "engine/engine_int.h"

#include "support/dbs.h"
#include "support/test.h"

/* A Monday, 09:00 in the zone of the house (+08:00). */
#define HOUSE_NOW 1767574800000
#define HOUR 3600000LL
#define DAY (24 * HOUR)

/* How a definition of a test's own begins: a regulation of the keeper's ... */
#define HOUSE_DESK                    \
    "regulation: desk\n"              \
    "title: {zh: 办事, en: Desk}\n" \
    "owner: keeper\n"                 \
    "uses: [town]\n"                  \
    "posts:\n"                        \
    "  keeper: {zh: 管理员, en: Keeper}\n"
/* ... and, below `types:`, a type that everybody sees, with a name and a number. */
#define HOUSE_THING                                          \
    "  thing:\n"                                             \
    "    title: {zh: 物品, en: Thing}\n"                   \
    "    name: \"{what}\"\n"                                 \
    "    see: everyone\n"                                    \
    "    fields:\n"                                          \
    "      what: {type: text, max: 50, zh: 名, en: What}\n" \
    "      n: {type: int, zh: 数, en: N}\n"

struct house {
    struct dbs *t;
    struct engine *e;
    struct arena *a; /* for results; lives as long as the house */
    int64_t now;
    int64_t top, north, south, south_1;
    int64_t amy, bob, cat, dan, eve;
    struct db *reader; /* of an engine that is not in memory; else NULL */
    int64_t last_act;
    err last; /* the last act's answer */
};

/* Version 1 of the regulation of this definition, its text made of the clauses it cites. */
struct source house_source(struct arena *a, str definition);
/* That of the organisation itself. */
struct source house_town(struct arena *a);
/* The clock of every house's engine. */
int64_t house_time(void *arg);
/* Makes it; fails the test when the definition has mistakes. */
struct house house_make(struct dbs *t, const char *definition);
/* Goes on with the same database behind an engine that has a writer's thread. */
void house_reopen(struct house *h);
const struct model *house_model(struct house *h);
const struct type *house_type(struct house *h, const char *key);
/* A reader's context for somebody, now. */
struct ctx house_ctx(struct house *h, int64_t actor);
struct db *house_db(struct house *h);

/* Values: "field", "text", ... ended by NULL.  A text "*" is an explicit nothing;
 * of lines: see act_with.  Returns the record, 0 when refused; house->last says why. */
int64_t house_create(struct house *h, int64_t actor, const char *type, ...);
bool house_do(struct house *h, int64_t actor, const char *type, int64_t record, const char *action,
              ...);
/* An act made by the test itself, performed now. */
err house_act(struct house *h, struct act *act);

int64_t house_appoint(struct house *h, int64_t person, const char *position, int64_t unit);
/* Time passes, everything at its own moment. */
void house_clock(struct house *h, int64_t to);

/* Was the last act refused, citing this clause? */
bool house_refused(struct house *h, const char *clause);
#define assert_refused(h, clause)                                                  \
    do {                                                                           \
        if (!house_refused((h), (clause))) {                                       \
            fail_msg("line %d: not refused by %s but %s %.*s", __LINE__, (clause), \
                     err_name((h)->last.code), STR_ARG((h)->last.detail));         \
        }                                                                          \
    } while (0)
#define assert_done(h, x)                                                    \
    do {                                                                     \
        if (!(x)) {                                                          \
            fail_msg("line %d: %s %.*s", __LINE__, err_name((h)->last.code), \
                     STR_ARG((h)->last.detail));                             \
        }                                                                    \
    } while (0)

int64_t house_i64(struct house *h, struct sql sql, struct db_args args);
/* Key of the record's state. */
const char *house_state(struct house *h, const char *type, int64_t record);
const char *house_text(struct house *h, int64_t n);
/* The ledger and every row it tells of are in order. */
void house_verify(struct house *h);

#endif
