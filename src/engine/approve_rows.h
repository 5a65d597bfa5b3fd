/* approve_rows.h - what a row of each table of approvals is in memory: the machine's own
 * struct, and what the table holds besides.  approve_columns.c says which column stands
 * where in it; approve_rows.c reads and writes by that.
 */
#ifndef ENGINE_APPROVE_ROWS_H
#define ENGINE_APPROVE_ROWS_H

#include "engine/approve_int.h"

enum table { OWN, ROUNDS, RUNS, SEATS, VOTES, COPIES, EVENTS, TABLES };

/* What a row has besides the machine's. */
struct head {
    int64_t id, approval, record, type;
};
struct own_row {
    struct head h;
    int64_t law, act, author, opened_at, ended_at, next_at;
    str action, asked;
    struct words trouble;
    int state, events, carried;
    bool suspended;
};
struct round_row {
    struct head h;
    struct approval_round m;
    str content;
};
struct run_row {
    struct head h;
    struct approval_run m;
};
struct seat_row {
    struct head h;
    struct approval_seat m;
};
struct vote_row {
    struct head h;
    struct approval_ballot m;
    struct approve_said said;
};
struct copy_row {
    struct head h;
    struct approval_copy m;
    int no;
};
struct event_row {
    struct head h;
    struct approval_event m;
    int64_t act;
};
union row {
    struct head h;
    struct own_row own;
    struct round_row round;
    struct run_row run;
    struct seat_row seat;
    struct vote_row vote;
    struct copy_row copy;
    struct event_row event;
};

/* What a column holds. */
enum kind { I64, I64_OR_NULL /* 0 is null */, INT, BOOL, TEXT, TEXT_OR_NULL /* "" is */, HASH };

/* How far a number goes: so far, or up to how many of these there are. */
#define UP_TO(table) (-(int)(table))
enum { NODES = TABLES, LIMITS };

/* The tables by enum table. */
extern const struct approve_table approve_table_list[TABLES];

#endif
