/* scenario_approve.c - steps of examples that vote, return, add, transfer. */
#include "engine/approve_int.h"
#include "engine/scenario_int.h"

#include <string.h>

/* A reader's answer of one number a row. */
static err numbers(struct run *r, struct sql sql, struct db_args args, int64_t *ret, int max,
                   int *n)
{
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    *n = 0;
    err e = engine_reader(r->e, &side, &db);
    e = e.code ? e : db_query(db, &side, sql, args, &rows);
    while (!e.code && *n < max && rows_next(&rows)) {
        ret[(*n)++] = rows_i64(&rows, 0);
    }
    arena_end(&side);
    return e;
}

enum seat_kind { SEAT_TO_USE, SEAT_USED, SEAT_OF_ANOTHER };

/* The seat this person has here: open, or of his last vote; 0: none. */
static err seat_of(struct run *r, int64_t record, int64_t person, enum seat_kind kind, int64_t *ret)
{
    int n;
    *ret = 0;
    if (kind == SEAT_USED) {
        return numbers(r,
                       SQL("select s.id from approval_vote v join approval_seat s"
                           " on s.approval = v.approval and s.no = v.seat where s.record = $1"
                           " and v.person = $2 and v.voided = 0 order by v.id desc limit 1"),
                       ARGS(db_i64(record), db_i64(person)), ret, 1, &n);
    }
    return numbers(r,
                   SQL("select id from approval_seat where record = $1 and actor = $2"
                       " and state in (0, 1) order by state desc, id desc limit 1"),
                   ARGS(db_i64(record), db_i64(person)), ret, 1, &n);
}

/* The hash of what is before everybody's eyes: the newest round's. */
static err content_hash(struct run *r, int64_t record, str *ret)
{
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    *ret = STR("");
    err e = engine_reader(r->e, &side, &db);
    e = e.code ? e
               : db_query(db, &side,
                          SQL("select w.hash from approval_round w join approval p"
                              " on p.id = w.approval where p.record = $1"
                              " order by p.id desc, w.no desc limit 1"),
                          ARGS(db_i64(record)), &rows);
    if (!e.code && rows_next(&rows)) {
        *ret = str_copy(r->a, rows_text(&rows, 0));
    }
    arena_end(&side);
    return e;
}

static const char *name_of(enum step_operation op)
{
    switch (op) {
    case STEP_APPROVE:
    case STEP_REJECT:
    case STEP_ABSTAIN:
        return "approve.vote";
    case STEP_RETURN:
        return "approve.return";
    case STEP_WITHDRAW:
        return "approve.withdraw";
    case STEP_RESUBMIT:
        return "approve.resubmit";
    case STEP_TRANSFER:
        return "approve.transfer";
    case STEP_ADD_BEFORE:
    case STEP_ADD_BESIDE:
    case STEP_ADD_AFTER:
        return "approve.add";
    case STEP_TAKE_BACK:
        return "approve.take_back";
    case STEP_REMOVE:
        return "approve.remove";
    case STEP_SEATS:
        break;
    }
    return "";
}

struct asked_values {
    struct value_in list[8];
    size_t n;
};

static void put(struct asked_values *v, const char *key, str text)
{
    v->list[v->n++] = (struct value_in){.field = str_from(key), .text = text};
}

static str id_text(struct run *r, int64_t id)
{
    return str_fmt(r->a, "%lld", (long long)id);
}

static err put_people(struct run *r, const struct step *s, struct asked_values *v)
{
    str *ids = arena_array(r->a, str, s->npeople + 1);
    err e = OK;
    for (size_t i = 0; !e.code && i < s->npeople; i++) {
        int64_t person;
        e = scenario_person(r, s->people[i], &person);
        ids[i] = e.code ? STR("") : id_text(r, person);
    }
    if (s->operation == STEP_TRANSFER) {
        put(v, "person", s->npeople ? ids[0] : STR(""));
        return e;
    }
    v->list[v->n++] = (struct value_in){.field = STR("people"), .items = ids, .nitems = s->npeople};
    return e;
}

static err put_operation(struct run *r, const struct step *s, struct asked_values *v)
{
    switch (s->operation) {
    case STEP_APPROVE:
        put(v, "vote", STR("approve"));
        break;
    case STEP_REJECT:
        put(v, "vote", STR("reject"));
        break;
    case STEP_ABSTAIN:
        put(v, "vote", STR("abstain"));
        break;
    case STEP_RETURN:
        put(v, "node",
            s->node == TO_AUTHOR     ? STR("author")
            : s->node == TO_PREVIOUS ? STR("previous")
                                     : id_text(r, s->node + 1));
        break;
    case STEP_ADD_BEFORE:
        put(v, "where", STR("before"));
        return put_people(r, s, v);
    case STEP_ADD_BESIDE:
        put(v, "where", STR("beside"));
        return put_people(r, s, v);
    case STEP_ADD_AFTER:
        put(v, "where", STR("after"));
        return put_people(r, s, v);
    case STEP_TRANSFER:
        return put_people(r, s, v);
    case STEP_WITHDRAW:
    case STEP_RESUBMIT:
    case STEP_TAKE_BACK:
    case STEP_REMOVE:
    case STEP_SEATS:
        break;
    }
    return OK;
}

/* Whose seat it is about, and the content that he saw. */
static err put_seat(struct run *r, const struct step *s, int64_t record, int64_t actor,
                    struct asked_values *v)
{
    int64_t seat;
    int64_t whose = actor;
    enum seat_kind kind = s->operation == STEP_TAKE_BACK ? SEAT_USED
                          : s->operation == STEP_REMOVE  ? SEAT_OF_ANOTHER
                                                         : SEAT_TO_USE;
    err e = kind == SEAT_OF_ANOTHER && s->npeople ? scenario_person(r, s->people[0], &whose) : OK;
    e = e.code ? e : seat_of(r, record, whose, kind, &seat);
    str hash = STR("");
    e = e.code ? e : content_hash(r, record, &hash);
    if (!e.code) {
        put(v, "seat", id_text(r, seat));
        put(v, "hash", hash);
    }
    return e;
}

/* Exactly these have an open seat. */
static err look_at_seats(struct run *r, const struct step *s, int64_t record)
{
    int64_t open[APPROVAL_SEATS];
    int n;
    err e = numbers(r,
                    SQL("select actor from approval_seat where record = $1 and state = 1"
                        " order by actor"),
                    ARGS(db_i64(record)), open, APPROVAL_SEATS, &n);
    size_t found = 0;
    for (size_t i = 0; !e.code && i < s->npeople; i++) {
        int64_t person;
        e = scenario_person(r, s->people[i], &person);
        for (int k = 0; !e.code && k < n; k++) {
            found += open[k] == person;
        }
    }
    if (!e.code && (found != s->npeople || (size_t)n != s->npeople)) {
        diag_error(r->d, s->pos, "有席位的人不符：应为 %zu 人，实有 %d 人，其中 %zu 人相符",
                   "other people have seats: %zu expected, %d there, %zu of them as said",
                   s->npeople, n, found);
    }
    return e;
}

err scenario_approve(struct run *r, const struct step *s, str as, struct act *act,
                     const struct type **ret_type)
{
    const struct saved *on = scenario_saved(r, s->on);
    if (!on) {
        return scenario_unknown(r, s->on);
    }
    *ret_type = on->type;
    if (s->operation == STEP_SEATS) {
        act->record = 0;
        return look_at_seats(r, s, on->id);
    }
    struct asked_values *v = arena_new(r->a, struct asked_values);
    *act = (struct act){.arena = r->a,
                        .now = r->now,
                        .lang = LANG_ZH,
                        .type = on->type->key,
                        .record = on->id,
                        .action = str_from(name_of(s->operation)),
                        .values = v->list,
                        .note = s->opinion.len ? s->opinion : STR("")};
    err e = scenario_person(r, s->as.len ? s->as : as, &act->actor);
    bool seated = s->operation != STEP_WITHDRAW && s->operation != STEP_RESUBMIT;
    e = e.code || !seated ? e : put_seat(r, s, on->id, act->actor, v);
    e = e.code ? e : put_operation(r, s, v);
    if (!e.code && s->signature.len) {
        put(v, "signature", s->signature);
    }
    act->nvalues = v->n;
    bool reason = s->operation == STEP_ADD_BEFORE || s->operation == STEP_ADD_BESIDE ||
                  s->operation == STEP_ADD_AFTER || s->operation == STEP_TRANSFER ||
                  s->operation == STEP_REMOVE;
    if (reason && !act->note.len) {
        act->note = STR("示例");
    }
    return e;
}
