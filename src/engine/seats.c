/* seats.c - seats of approvals across records. */
#include "engine/seats.h"

#include "approval/approval.h"
#include "base/arena.h"
#include "engine/record_load.h"

/* One row for each seat, as read_rows takes them. */
#define SEAT_COLUMNS                                                                        \
    "select s.\"id\", s.\"type\", s.\"record\", s.\"principal\", s.\"actor\", s.\"state\"," \
    " s.\"asker\", s.\"opened\", s.\"due\", s.\"viewed\", a.\"action\", a.\"law\","         \
    " a.\"state\", a.\"suspended\", w.\"hash\""
#define SEAT_TABLES                                                                        \
    " join \"approval\" a on a.\"id\" = s.\"approval\""                                    \
    " join \"approval_run\" u on u.\"approval\" = s.\"approval\" and u.\"no\" = s.\"run\"" \
    " join \"approval_round\" w on w.\"approval\" = s.\"approval\" and w.\"no\" = u.\"round\""

static const struct type *type_of(const struct ctx *ctx, int64_t code)
{
    for (size_t i = 0; i < ctx->model->ntypes; i++) {
        if (ctx->model->types[i]->code == code) {
            return ctx->model->types[i];
        }
    }
    return NULL;
}

/* At most `limit` rows; of records that may not be seen nothing is left. */
static err read_rows(const struct ctx *ctx, struct rows r, int64_t person, int limit,
                     struct seat_row **ret, size_t *n)
{
    struct seat_row *list = arena_array(ctx->arena, struct seat_row, (size_t)rows_count(&r) + 1);
    struct names *names = names_begin(ctx);
    size_t count = 0;
    for (int i = 0; i < limit && rows_next(&r); i++) {
        const struct type *t = type_of(ctx, rows_i64(&r, 1));
        const struct tdef *d = t ? type_at(t, rows_i64(&r, 11)) : NULL;
        bool open = rows_i64(&r, 5) == SEAT_OPEN;
        bool runs = rows_i64(&r, 12) == APPROVAL_RUNNING && !rows_i64(&r, 13);
        if (!t) {
            continue;
        }
        list[count++] = (struct seat_row){
            .id = rows_i64(&r, 0),
            .rec = {.id = rows_i64(&r, 2), .type = t},
            .action = d ? tdef_action(d, rows_text(&r, 10)) : NULL,
            .principal = {.id = rows_i64(&r, 3)},
            .own = rows_i64(&r, 3) == person,
            .waiting = !open,
            .opened = rows_i64(&r, 7),
            .due = rows_i64(&r, 8),
            .viewed = rows_i64(&r, 9),
            .decides = open && runs && rows_i64(&r, 4) == ctx->actor && !rows_i64(&r, 6),
            .hash = rows_text(&r, 14)};
        names_want(names, t, rows_i64(&r, 2));
        names_want(names, ctx->model->person, rows_i64(&r, 3));
    }
    err e = count ? names_run(names) : OK;
    size_t kept = 0;
    for (size_t i = 0; !e.code && i < count; i++) {
        struct seat_row s = list[i];
        s.rec = names_get(names, s.rec.type, s.rec.id);
        s.principal = names_get(names, ctx->model->person, s.principal.id);
        if (s.rec.visible) {
            list[kept++] = s;
        }
    }
    *ret = list;
    *n = kept;
    return e;
}

err seats_held(const struct ctx *ctx, int64_t person, int64_t before, int limit,
               struct seat_row **ret, size_t *n, int64_t *next)
{
    struct db_arg args[] = {db_i64(person), db_i64(before ? before : INT64_MAX), db_i64(limit + 1)};
    struct rows r;
    limit = limit > 0 && limit <= SEATS_MAX ? limit : SEATS_MAX;
    args[2] = db_i64(limit + 1);
    err e = db_query(ctx->db, ctx->arena,
                     SQL(SEAT_COLUMNS
                         " from (select \"id\" from (select \"id\" from \"approval_seat\""
                         " where \"principal\" = $4 and state in (0, 1) and \"id\" < $5"
                         " order by \"id\" desc limit $6) p union select \"id\" from"
                         " (select \"id\" from \"approval_seat\" where \"actor\" = $4 and state = 1"
                         " and \"asker\" = 0 and \"id\" < $5 order by \"id\" desc limit $6) q) k"
                         " join \"approval_seat\" s on s.\"id\" = k.\"id\"" SEAT_TABLES
                         " order by s.\"id\" desc limit $6"),
                     ctx_args(ctx, args, 3), &r);
    if (e.code) {
        return e;
    }
    *next = 0;
    struct rows at = r;
    for (int i = 0; rows_count(&r) > limit && i < limit; i++) {
        rows_next(&at);
        *next = rows_i64(&at, 0);
    }
    return read_rows(ctx, r, person, limit, ret, n);
}

err seats_named(const struct ctx *ctx, const int64_t *ids, size_t nids, struct seat_row **ret,
                size_t *n)
{
    struct rows r;
    struct sqlb q = sqlb_make(ctx->arena);
    struct db_arg args[2 * SEATS_MAX];
    size_t width = 1;
    *n = 0;
    nids = nids < SEATS_MAX ? nids : SEATS_MAX;
    if (!nids) {
        return OK;
    }
    while (width < nids) { /* few texts, so that statements are found again */
        width *= 2;
    }
    SQLB_LIT(&q, SEAT_COLUMNS " from \"approval_seat\" s" SEAT_TABLES " where s.\"id\" in (");
    for (size_t i = 0; i < width; i++) {
        args[i] = db_i64(ids[i < nids ? i : nids - 1]);
        if (i) {
            SQLB_LIT(&q, ", ");
        }
        sqlb_param(&q, (int)i + 4);
    }
    SQLB_LIT(&q, ") order by s.\"id\"");
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&q), ctx_args(ctx, args, (int)width), &r);
    return e.code ? e : read_rows(ctx, r, ctx->actor, SEATS_MAX, ret, n);
}
