/* desk.c - one person's tasks, notifications and own records. */
#include "engine/desk.h"

#include "base/arena.h"
#include "engine/approve_view.h"
#include "engine/record_load.h"
#include "engine/schema.h"

/* --- the frame's figures ------------------------------------------------------------- */

struct desk_ask desk_counts_ask(const struct ctx *ctx, struct batch *b)
{
    /* Each inner select walks one index and reads no row; so a task whose record the
     * actor sees no more counts, though the inbox leaves it out.  Asking each record
     * made PostgreSQL plan every type's visibility anew for every page.  Late is judged
     * by the minute, so that the answer can be kept for the next page. */
    struct db_arg args[] = {db_i64(ctx->now - ctx->now % 60000), db_i64(ctx->actor)};
    int place = batch_add_kept(
        b,
        SQL("select (select count(*) from (select 1 from \"task\" where \"person\" = $2"
            " limit 101) q),"
            " (select count(*) from (select 1 from \"task\" where \"person\" = $2"
            " and \"due\" < $1 limit 101) q),"
            " (select count(*) from (select 1 from \"notification\""
            " where \"person\" = $2 and \"read_at\" is null limit 101) q)"),
        (struct db_args){args, 2});
    return (struct desk_ask){place};
}

struct desk_counts desk_counts_read(struct batch *b, struct desk_ask ask)
{
    struct rows r = batch_rows(b, ask.place);
    if (!rows_next(&r)) {
        return (struct desk_counts){0};
    }
    return (struct desk_counts){rows_i64(&r, 0), rows_i64(&r, 1), rows_i64(&r, 2)};
}

/* --- tasks ---------------------------------------------------------------------------- */

/* Keyset by two numbers, "a.b"; the first page begins before everything. */
static bool read_cursor(str cursor, int64_t *a, int64_t *b)
{
    str rest;
    return cursor.len < 60 && str_to_i64(str_cut(cursor, '.', &rest), a) && str_to_i64(rest, b);
}

/* Records named in rows whose type and id stand in two columns: state and name
 * come from the record's own table, one statement a type. */
struct seen {
    const struct state *state;
    struct record_ref ref;
    int64_t law;
};

struct lookup {
    int64_t type, id;
};

static err look(const struct ctx *ctx, const struct lookup *list, size_t n, struct seen *ret)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int *places = arena_array(ctx->arena, int, ctx->model->ntypes + 1);
    bool any = false;
    for (size_t t = 0; t < ctx->model->ntypes; t++) {
        struct db_arg ids[256];
        size_t count = 0;
        for (size_t i = 0; i < n && count < 256; i++) {
            if (list[i].type == ctx->model->types[t]->code) {
                ids[count++] = db_i64(list[i].id);
            }
        }
        places[t] = -1;
        if (!count) {
            continue;
        }
        size_t width = 1;
        while (width < count) {
            width *= 2;
        }
        for (size_t i = count; i < width; i++) {
            ids[i] = ids[count - 1];
        }
        struct sqlb q = sqlb_make(ctx->arena);
        SQLB_LIT(&q, "select r.\"id\", r.\"number\", r.\"name\", r.\"state\", r.\"law\" from ");
        sqlb_ident(&q, ctx->model->types[t]->table);
        SQLB_LIT(&q, " r where ");
        load_visible_few(ctx, &q, ctx->model->types[t]);
        SQLB_LIT(&q, " and r.\"id\" in (");
        for (size_t i = 0; i < width; i++) {
            if (i) {
                SQLB_LIT(&q, ", ");
            }
            sqlb_param(&q, (int)i + 4);
        }
        SQLB_LIT(&q, ")");
        places[t] = batch_add(b, sqlb_end(&q), ctx_args(ctx, ids, (int)width));
        any = true;
    }
    err e = any ? batch_run(b) : OK;
    for (size_t t = 0; !e.code && t < ctx->model->ntypes; t++) {
        if (places[t] < 0) {
            continue;
        }
        const struct type *type = ctx->model->types[t];
        struct rows r = batch_rows(b, places[t]);
        while (rows_next(&r)) {
            struct seen one = {
                .state = rows_null(&r, 3) ? NULL : type_state(type, rows_i64(&r, 3)),
                .ref = {rows_i64(&r, 0), type, rows_text(&r, 2), rows_text(&r, 1), true},
                .law = rows_i64(&r, 4)};
            for (size_t i = 0; i < n; i++) {
                if (list[i].id == one.ref.id && list[i].type == type->code) {
                    ret[i] = one;
                }
            }
        }
    }
    return e;
}

struct collected { /* rows of a box whose records are still to be looked up */
    struct task_row *list;
    struct lookup *ids;
    str *actions;
    size_t n;
};

/* The seat of a task whose key is "a:SEAT"; 0: it is of none. */
static int64_t seat_of(str key)
{
    int64_t id;
    bool is = str_starts(key, STR("a:")) && str_to_i64(str_from_n(key.ptr + 2, key.len - 2), &id);
    return is ? id : 0;
}

static struct collected collect(const struct ctx *ctx, struct rows *r, bool tasks)
{
    size_t max = (size_t)rows_count(r);
    struct task_row *list = arena_array(ctx->arena, struct task_row, max + 1);
    struct lookup *ids = arena_array(ctx->arena, struct lookup, max + 1);
    str *actions = arena_array(ctx->arena, str, max + 1);
    size_t count = 0;
    while (rows_next(r)) {
        ids[count] = (struct lookup){rows_i64(r, 1), rows_i64(r, 2)};
        actions[count] = rows_text(r, 4);
        list[count++] = (struct task_row){.id = rows_i64(r, 0),
                                          .kind = (int)rows_i64(r, 3),
                                          .words = {rows_text(r, 5), rows_text(r, 6)},
                                          .due = rows_i64(r, 7),
                                          .created_at = rows_i64(r, 8),
                                          .seat = tasks ? seat_of(rows_text(r, 9)) : 0};
    }
    return (struct collected){list, ids, actions, count};
}

/* A seat waits for a decision on what an action asks; what was done to one is no action of
 * the type. */
static void put_approval(const struct ctx *ctx, str action, struct task_row *t)
{
    enum approve_op op;
    if (t->kind == TASK_APPROVAL && t->action) {
        str zh = words_in(t->action->words, LANG_ZH);
        str en = words_in(t->action->words, LANG_EN);
        t->words = (struct words){str_fmt(ctx->arena, "审批：%.*s", STR_ARG(zh)),
                                  str_fmt(ctx->arena, "Approval: %.*s", STR_ARG(en))};
    }
    if (str_starts(action, STR("approve.")) &&
        approve_op_find(str_from_n(action.ptr + 8, action.len - 8), &op)) {
        t->did = approve_op_words(op);
    }
}

/* What is gone, or no longer for his eyes, is left out. */
static void show(const struct ctx *ctx, struct collected *c, const struct seen *seen,
                 enum desk_box box, size_t limit, struct task_row **ret, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!seen[i].ref.id) {
            continue;
        }
        struct task_row t = c->list[i];
        t.rec = seen[i].ref;
        t.state = seen[i].state;
        const struct tdef *d = type_at(t.rec.type, seen[i].law);
        t.action = c->actions[i].len && d ? tdef_action(d, c->actions[i]) : NULL;
        t.late = t.due && t.due < ctx->now;
        put_approval(ctx, c->actions[i], &t);
        c->list[kept++] = t;
    }
    *ret = c->list;
    *n = kept < limit ? kept : limit;
    for (size_t i = 0; box != DESK_TODO && i < *n; i++) {
        (*ret)[i].action = box == DESK_DONE ? (*ret)[i].action : NULL;
        (*ret)[i].words = (*ret)[i].rec.type->newest->title;
    }
}

/* To do: by due, what has none last; the index (person, due, id) is walked in
 * two halves, since the databases disagree about the place of nulls. */
static err todo(const struct ctx *ctx, str cursor, int limit, struct batch *b)
{
    int64_t due = INT64_MIN;
    int64_t id = 0;
    if (cursor.len && !read_cursor(cursor, &due, &id)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    struct db_arg args[] = {db_i64(due), db_i64(id), db_i64(limit + 1)};
    batch_add(
        b,
        SQL("select \"id\", \"type\", \"record\", \"kind\", \"action\", \"zh\", \"en\", \"due\","
            " \"created_at\", \"key\" from (select * from (select \"id\", \"type\", \"record\", "
            "\"kind\","
            " \"action\", \"zh\", \"en\", \"due\", \"created_at\", \"key\", \"due\" as k from "
            "\"task\""
            " where \"person\" = $2 and \"due\" is not null and (\"due\", \"id\") > ($4, $5)"
            " order by \"due\", \"id\" limit $6) a union all"
            " select * from (select \"id\", \"type\", \"record\", \"kind\", \"action\", \"zh\","
            " \"en\", \"due\", \"created_at\", \"key\", 9000000000000000000 as k from \"task\""
            " where \"person\" = $2 and \"due\" is null"
            " and (9000000000000000000, \"id\") > ($4, $5) order by \"id\" limit $6) b) q"
            " order by k, \"id\" limit $6"),
        ctx_args(ctx, args, 3));
    return OK;
}

/* Done: what I did, newest act first. */
static err acted(const struct ctx *ctx, str cursor, int limit, bool created, struct batch *b)
{
    int64_t before = INT64_MAX;
    int64_t none = 0;
    if (cursor.len && !read_cursor(cursor, &before, &none)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    struct db_arg args[] = {db_i64(before), db_i64(limit + 1)};
    if (created) {
        batch_add(b,
                  SQL("select \"id\", \"type\", \"record\", 0, '', '', '', 0, \"at\""
                      " from \"act\" where \"person\" = $2 and \"id\" < $4"
                      " and \"from_state\" is null and \"to_state\" is not null"
                      " and \"parent\" is null order by \"id\" desc limit $5"),
                  ctx_args(ctx, args, 2));
        return OK;
    }
    batch_add(b,
              SQL("select \"id\", \"type\", \"record\", 0, \"action\", '', '', 0, \"at\""
                  " from \"act\" where \"person\" = $2 and \"id\" < $4"
                  " and \"from_state\" is not null and \"parent\" is null"
                  " order by \"id\" desc limit $5"),
              ctx_args(ctx, args, 2));
    return OK;
}

static err watched(const struct ctx *ctx, str cursor, int limit, struct batch *b)
{
    int64_t after = INT64_MAX;
    int64_t none = 0;
    if (cursor.len && !read_cursor(cursor, &after, &none)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    struct db_arg args[] = {db_i64(after), db_i64(limit + 1)};
    batch_add(b,
              SQL("select w.\"record\", (select c.\"type\" from \"act\" c"
                  " where c.\"record\" = w.\"record\" order by c.\"id\" limit 1),"
                  " w.\"record\", 0, '', '', '', 0, (select max(c.\"at\") from \"act\" c"
                  " where c.\"record\" = w.\"record\") from \"watcher\" w"
                  " where w.\"person\" = $2 and w.\"record\" < $4"
                  " order by w.\"record\" desc limit $5"),
              ctx_args(ctx, args, 2));
    return OK;
}

/* Sent to me to be read: no part in a decision. */
static err copied(const struct ctx *ctx, str cursor, int limit, struct batch *b)
{
    int64_t before = INT64_MAX;
    int64_t none = 0;
    if (cursor.len && !read_cursor(cursor, &before, &none)) {
        return err_make(ERR_INVALID, STR("cursor"));
    }
    struct db_arg args[] = {db_i64(before), db_i64(limit + 1)};
    batch_add(b,
              SQL("select \"id\", \"type\", \"record\", case when \"read_at\" = 0 then 1 else 0"
                  " end, '', '', '', 0, \"at\" from \"approval_copy\" where \"person\" = $2"
                  " and \"id\" < $4 order by \"id\" desc limit $5"),
              ctx_args(ctx, args, 2));
    return OK;
}

/* The last row of a full page, as the next cursor; looked at before rows that
 * may no longer be seen are dropped. */
static str next_cursor(const struct ctx *ctx, enum desk_box box, struct rows r, int limit)
{
    if (rows_count(&r) <= limit) {
        return STR("");
    }
    for (int i = 0; i < limit; i++) {
        rows_next(&r);
    }
    if (box == DESK_TODO) {
        int64_t due = rows_null(&r, 7) ? 9000000000000000000 : rows_i64(&r, 7);
        return str_fmt(ctx->arena, "%lld.%lld", (long long)due, (long long)rows_i64(&r, 0));
    }
    return str_fmt(ctx->arena, "%lld.0", (long long)rows_i64(&r, 0));
}

static err ask(const struct ctx *ctx, enum desk_box box, str cursor, int limit, struct batch *b)
{
    return box == DESK_TODO      ? todo(ctx, cursor, limit, b)
           : box == DESK_WATCHED ? watched(ctx, cursor, limit, b)
           : box == DESK_COPIED  ? copied(ctx, cursor, limit, b)
                                 : acted(ctx, cursor, limit, box == DESK_MINE, b);
}

err desk_boxes(const struct ctx *ctx, struct desk_ask_box *boxes, size_t n)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    err e = OK;
    for (size_t i = 0; !e.code && i < n; i++) {
        boxes[i].limit = boxes[i].limit > 0 && boxes[i].limit <= 200 ? boxes[i].limit : 50;
        e = ask(ctx, boxes[i].box, boxes[i].cursor, boxes[i].limit, b);
    }
    e = e.code ? e : batch_run(b);
    if (e.code) {
        return e;
    }
    struct collected *c = arena_array(ctx->arena, struct collected, n + 1);
    size_t all = 0;
    for (size_t i = 0; i < n; i++) {
        struct rows r = batch_rows(b, (int)i);
        boxes[i].next = next_cursor(ctx, boxes[i].box, r, boxes[i].limit);
        c[i] = collect(ctx, &r, boxes[i].box == DESK_TODO);
        all += c[i].n;
    }
    struct lookup *ids = arena_array(ctx->arena, struct lookup, all + 1);
    struct seen *seen = arena_array(ctx->arena, struct seen, all + 1);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < c[i].n; k++) {
            ids[at++] = c[i].ids[k];
        }
    }
    e = look(ctx, ids, all, seen);
    at = 0;
    for (size_t i = 0; !e.code && i < n; i++) {
        show(ctx, &c[i], seen + at, boxes[i].box, (size_t)boxes[i].limit, &boxes[i].rows,
             &boxes[i].n);
        at += c[i].n;
    }
    return e;
}

err desk_tasks(const struct ctx *ctx, enum desk_box box, str cursor, int limit,
               struct task_row **ret, size_t *n, str *next)
{
    struct desk_ask_box one = {.box = box, .cursor = cursor, .limit = limit};
    err e = desk_boxes(ctx, &one, 1);
    *ret = one.rows;
    *n = one.n;
    *next = one.next;
    return e;
}

/* --- notifications ------------------------------------------------------------------------ */

err desk_notifications(const struct ctx *ctx, int64_t before, int limit,
                       struct notification_row **ret, size_t *n)
{
    struct db_arg args[] = {db_i64(before ? before : INT64_MAX), db_i64(limit)};
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select \"id\", \"at\", \"read_at\", \"zh\", \"en\", \"type\", \"record\""
                         " from \"notification\" where \"person\" = $2 and \"id\" < $4"
                         " order by \"id\" desc limit $5"),
                     ctx_args(ctx, args, 2), &r);
    if (e.code) {
        return e;
    }
    size_t max = (size_t)rows_count(&r);
    struct notification_row *list = arena_array(ctx->arena, struct notification_row, max + 1);
    struct lookup *ids = arena_array(ctx->arena, struct lookup, max + 1);
    size_t count = 0;
    while (rows_next(&r)) {
        ids[count] = (struct lookup){rows_i64(&r, 5), rows_i64(&r, 6)};
        list[count++] = (struct notification_row){.id = rows_i64(&r, 0),
                                                  .at = rows_i64(&r, 1),
                                                  .read_at = rows_i64(&r, 2),
                                                  .words = {rows_text(&r, 3), rows_text(&r, 4)}};
    }
    struct seen *seen = arena_array(ctx->arena, struct seen, count + 1);
    e = look(ctx, ids, count, seen);
    for (size_t i = 0; !e.code && i < count; i++) {
        list[i].rec = seen[i].ref;
    }
    *ret = list;
    *n = count;
    return e;
}

/* --- what others do ------------------------------------------------------------------------ */

static struct sql others_sql(const struct ctx *ctx, const struct type *t)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, t, NULL, 0);
    struct sql sql;
    if (ctx_find_sql(ctx, k, &sql)) {
        return sql;
    }
    struct ctx room = ctx_room(ctx);
    struct sqlb q = sqlb_make(room.arena);
    SQLB_LIT(&q, "select coalesce((select max(o.id) from (select c.id, c.person from act c"
                 " where c.record = $4 order by c.id desc limit 50) o where o.person <> $2), 0)"
                 " from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " r where r.id = $4 and ");
    load_visible(ctx, &q, t);
    return ctx_keep_sql(&room, k, sqlb_end(&q));
}

err desk_others(const struct ctx *ctx, const struct type *t, int64_t id, int64_t *ret)
{
    struct db_arg arg = db_i64(id);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, others_sql(ctx, t), ctx_args(ctx, &arg, 1), &r);
    if (!e.code && !rows_next(&r)) {
        e = err_make(ERR_NOT_FOUND, STR("record"));
    }
    *ret = e.code ? 0 : rows_i64(&r, 0);
    return e;
}
