/* votes.h - operations on approvals, for tests on a house. */
#ifndef TESTS_ENGINE_VOTES_H
#define TESTS_ENGINE_VOTES_H

#include "engine/approve_int.h"

#include "house.h"

#include <stdarg.h>

/* An act on the approval: "value", "text", ... ended by NULL. */
static inline err op(struct house *h, int64_t who, const char *type, int64_t record,
                     const char *action, const char *note, ...)
{
    struct value_in *v = arena_array(h->a, struct value_in, 8);
    size_t n = 0;
    va_list args;
    va_start(args, note);
    for (const char *k = va_arg(args, const char *); k; k = va_arg(args, const char *)) {
        v[n++] =
            (struct value_in){.field = str_from(k), .text = str_from(va_arg(args, const char *))};
    }
    va_end(args);
    struct act a = {.actor = who,
                    .type = str_from(type),
                    .record = record,
                    .action = str_from(action),
                    .note = str_from(note),
                    .values = v,
                    .nvalues = n};
    h->last = house_act(h, &a);
    return h->last;
}

static inline int64_t seat_of(struct house *h, int64_t record, int64_t person)
{
    return house_i64(h,
                     SQL("select coalesce(max(id), 0) from approval_seat where record = $1"
                         " and actor = $2 and state in (0, 1)"),
                     ARGS(db_i64(record), db_i64(person)));
}

static inline const char *hash_of_record(struct house *h, int64_t record)
{
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a,
                    SQL("select w.hash from approval_round w join approval p on p.id = w.approval"
                        " where p.record = $1 order by p.id desc, w.no desc limit 1"),
                    ARGS(db_i64(record)), &r));
    assert_true(rows_next(&r));
    return str_fmt(h->a, "%.*s%c", STR_ARG(rows_text(&r, 0)), 0).ptr;
}

static inline bool vote_note(struct house *h, int64_t who, const char *type, int64_t record,
                             const char *vote, const char *note)
{
    return !op(h, who, type, record, "approve.vote", note, "seat",
               house_text(h, seat_of(h, record, who)), "vote", vote, "hash",
               hash_of_record(h, record), NULL)
                .code;
}

static inline bool vote(struct house *h, int64_t who, const char *type, int64_t record,
                        const char *vote_)
{
    return vote_note(h, who, type, record, vote_, "");
}

#endif
