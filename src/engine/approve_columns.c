/* approve_columns.c - the columns of the tables of approvals, in the order of their names. */
#include "engine/approve_rows.h"

#include <limits.h>

_Static_assert(sizeof(enum approval_seat_state) == sizeof(int), "enums are read as numbers");
_Static_assert(APPROVAL_RUNNING == 0 && APPROVAL_WITH_AUTHOR == 1 && SEAT_OPEN == 1 &&
                   SEAT_ABSTAINED == 4 && SEAT_RETURNED == 8,
               "indexes of schema.c name these numbers");

/* clang-format off */
#define COLUMN(name_, member, kind_, fixed_, least_, most_)              \
    {.name = {.ptr = "" name_, .len = sizeof(name_) - 1},                \
     .text = (kind_) >= TEXT, .fixed = (fixed_), .kind = (kind_),        \
     .least = (least_), .most = (most_), .at = offsetof(ROW, member)}
#define FIX(name, member, kind) COLUMN(name, member, kind, true, 0, 0)
#define VAR(name, member, kind) COLUMN(name, member, kind, false, 0, 0)
#define NO(name, member, fixed, least, most) COLUMN(name, member, INT, fixed, least, most)

#define ROW struct own_row
static const struct approve_column own_columns[] = {
    FIX("act", act, I64),
    FIX("action", action, TEXT),
    VAR("asked", asked, TEXT_OR_NULL),
    FIX("author", author, I64),
    NO("carried", carried, false, 0, CARRIED_REFUSED),
    VAR("ended_at", ended_at, I64),
    NO("events", events, false, 0, INT_MAX),
    FIX("id", h.id, I64),
    FIX("law", law, I64),
    {.name = {.ptr = "next_at", .len = 7},
     .derived = true,
     .kind = I64_OR_NULL,
     .at = offsetof(struct own_row, next_at)},
    FIX("opened_at", opened_at, I64),
    FIX("record", h.record, I64),
    NO("state", state, false, 0, APPROVAL_REVOKED),
    VAR("suspended", suspended, BOOL),
    VAR("trouble_en", trouble.en, TEXT_OR_NULL),
    VAR("trouble_zh", trouble.zh, TEXT_OR_NULL),
    FIX("type", h.type, I64),
};
#undef ROW
#define ROW struct round_row
static const struct approve_column round_columns[] = {
    FIX("approval", h.approval, I64),
    FIX("at", m.at, I64),
    FIX("content", content, TEXT_OR_NULL),
    VAR("ended", m.ended, I64),
    FIX("hash", m.hash, HASH),
    FIX("id", h.id, I64),
    NO("no", m.no, true, 1, UP_TO(ROUNDS)),
    NO("state", m.state, false, 0, ROUND_ENDED),
};
#undef ROW
#define ROW struct run_row
static const struct approve_column run_columns[] = {
    FIX("approval", h.approval, I64),
    VAR("by_system", m.by_system, BOOL),
    VAR("decided", m.decided, I64),
    NO("decisions", m.decisions, false, 0, 1),
    FIX("id", h.id, I64),
    NO("last_vote", m.last_vote, false, 0, UP_TO(VOTES)),
    VAR("needs_vote", m.needs_vote, BOOL),
    NO("no", m.no, true, 1, UP_TO(RUNS)),
    NO("node", m.node, false, 0, UP_TO(NODES)),
    VAR("opened", m.opened, I64),
    NO("round", m.round, false, 1, UP_TO(ROUNDS)),
    NO("state", m.state, false, 0, RUN_ENDED),
    VAR("stood_in", m.stood_in, BOOL),
};
#undef ROW
#define ROW struct seat_row
static const struct approve_column seat_columns[] = {
    VAR("actor", m.actor, I64),
    NO("after_rule", m.after_rule, false, 0, RULE_VOTE),
    FIX("approval", h.approval, I64),
    VAR("asker", m.asker, I64),
    NO("before_rule", m.before_rule, false, 0, RULE_VOTE),
    NO("depth", m.depth, false, 0, INT_MAX),
    VAR("due", m.due, I64),
    VAR("held", m.held, BOOL),
    NO("holder", m.holder, false, 0, UP_TO(SEATS)),
    NO("hops", m.hops, false, 0, INT_MAX),
    FIX("id", h.id, I64),
    NO("late", m.late, false, 0, INT_MAX),
    VAR("left_ms", m.left, I64),
    VAR("next_at", m.next, I64),
    NO("no", m.no, true, 1, UP_TO(SEATS)),
    VAR("opened", m.opened, I64),
    NO("origin", m.origin, true, 0, ORIGIN_DEDUP),
    FIX("principal", m.principal, I64),
    FIX("record", h.record, I64),
    NO("run", m.run, true, 1, UP_TO(RUNS)),
    NO("side", m.side, false, 0, SIDE_AFTER),
    NO("source", m.from, false, 0, UP_TO(SEATS)),
    NO("state", m.state, false, 0, SEAT_AUTO_REJECTED),
    NO("turn", m.order, false, INT_MIN, INT_MAX),
    FIX("type", h.type, I64),
    VAR("urged", m.urged, I64),
    NO("urges", m.urges, false, 0, INT_MAX),
    VAR("viewed", m.viewed, I64),
    NO("weight", m.weight, false, 0, INT_MAX),
};
#undef ROW
#define ROW struct vote_row
static const struct approve_column vote_columns[] = {
    FIX("act", said.act, I64),
    FIX("approval", h.approval, I64),
    FIX("at", m.at, I64),
    NO("cites", m.cites, true, 0, UP_TO(VOTES)),
    FIX("hash", m.hash, HASH),
    FIX("id", h.id, I64),
    NO("no", m.no, true, 1, UP_TO(VOTES)),
    FIX("note", said.note, TEXT_OR_NULL),
    FIX("person", m.by, I64),
    FIX("principal", m.principal, I64),
    NO("seat", m.seat, true, 1, UP_TO(SEATS)),
    FIX("signature", said.signature, TEXT_OR_NULL),
    VAR("voided", m.voided, BOOL),
    NO("vote", m.vote, true, 0, VOTE_ABSTAIN),
};
#undef ROW
#define ROW struct copy_row
static const struct approve_column copy_columns[] = {
    FIX("approval", h.approval, I64),
    FIX("at", m.at, I64),
    FIX("by_person", m.by, I64),
    FIX("id", h.id, I64),
    NO("no", no, true, 1, UP_TO(COPIES)),
    FIX("person", m.person, I64),
    VAR("read_at", m.read, I64),
    FIX("record", h.record, I64),
    NO("round", m.round, true, 0, UP_TO(ROUNDS)),
    FIX("type", h.type, I64),
};
#undef ROW
#define ROW struct event_row
static const struct approve_column event_columns[] = {
    FIX("act", act, I64),
    FIX("approval", h.approval, I64),
    FIX("at", m.at, I64),
    FIX("by_person", m.by, I64),
    FIX("id", h.id, I64),
    FIX("kind", m.kind, INT),
    FIX("no", m.no, INT),
    FIX("number", m.number, INT),
    FIX("person", m.person, I64),
    FIX("round", m.round, INT),
    FIX("run", m.run, INT),
    FIX("seat", m.seat, INT),
};
#undef ROW

#define TABLE(name_, list) \
    {.name = {.ptr = "" name_, .len = sizeof(name_) - 1}, \
     .columns = (list), .n = sizeof(list) / sizeof((list)[0])}
const struct approve_table approve_table_list[TABLES] = {
    [OWN] = TABLE("approval", own_columns),
    [ROUNDS] = TABLE("approval_round", round_columns),
    [RUNS] = TABLE("approval_run", run_columns),
    [SEATS] = TABLE("approval_seat", seat_columns),
    [VOTES] = TABLE("approval_vote", vote_columns),
    [COPIES] = TABLE("approval_copy", copy_columns),
    [EVENTS] = TABLE("approval_event", event_columns),
};
/* clang-format on */

const struct approve_table *approve_tables(int *n)
{
    *n = TABLES;
    return approve_table_list;
}
