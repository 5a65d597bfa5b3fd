/* view.c - one record with everything a page shows of it, in two batches and,
 * where links or changes name records not named elsewhere, a third. */
#include "base/arena.h"
#include "engine/approve_view_int.h"
#include "engine/calendar.h"
#include "engine/erase.h"
#include "engine/reading.h"

#include <stdlib.h>

enum { RELATIONS_MAX = 5, RELATED_MAX = 20, PARTS_MAX = 4, PART_ROWS = 50 };

static struct sql row_sql(const struct ctx *ctx, const struct type *t, enum load_which which)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, t, NULL, which);
    struct sql sql;
    if (ctx_find_sql(ctx, k, &sql)) {
        return sql;
    }
    size_t n;
    const struct field *const *fields = load_fields(ctx, t, which, &n);
    struct ctx room = ctx_room(ctx);
    struct sqlb q = sqlb_make(room.arena);
    SQLB_LIT(&q, "select ");
    load_columns(&q, LOAD_BASE, fields, n);
    SQLB_LIT(&q, " from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " r where r.\"id\" = $4 and ");
    load_visible(ctx, &q, t);
    return ctx_keep_sql(&room, k, sqlb_end(&q));
}

err view_row(const struct ctx *ctx, const struct type *t, int64_t id, enum load_which which,
             struct record *ret)
{
    struct db_arg arg = db_i64(id);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena, row_sql(ctx, t, which), ctx_args(ctx, &arg, 1), &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("record"));
    }
    size_t n;
    const struct field *const *fields = load_fields(ctx, t, which, &n);
    *ret = load_record(ctx, t, &r, LOAD_BASE, fields, n);
    return OK;
}

void view_fill_links(const struct ctx *ctx, const struct names *names, struct record *rec)
{
    names_fill(names, rec);
    for (size_t i = 0; i < rec->nfields; i++) {
        struct record_field *f = &rec->fields[i];
        if (load_is_link(f->field)) {
            struct record_ref *refs = arena_array(ctx->arena, struct record_ref, f->value.nids + 1);
            for (size_t k = 0; k < f->value.nids; k++) {
                refs[k] = names_get(names, load_ref_type(ctx, f->field), f->value.ids[k]);
            }
            f->refs = refs;
            f->nrefs = f->value.nids;
        }
        for (size_t k = 0; k < f->nrows; k++) {
            struct record row = {.fields = (struct record_field *)(uintptr_t)f->rows[k].fields,
                                 .nfields = f->rows[k].nfields};
            names_fill(names, &row);
        }
    }
}

err record_get(const struct ctx *ctx, const struct type *t, int64_t id, struct record *ret)
{
    err e = view_row(ctx, t, id, LOAD_OPEN, ret);
    if (e.code) {
        return e;
    }
    load_own(ret);
    struct names *names = names_begin(ctx);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    names_want_record(names, ret);
    names_ask(names, b);
    struct links_ask *links = links_ask(ctx, ret, b);
    e = batch_run(b);
    if (e.code) {
        return e;
    }
    names_read(names, b);
    links_read(ctx, b, links, names, ret);
    e = names_run(names);
    if (e.code) {
        return e;
    }
    view_fill_links(ctx, names, ret);
    return OK;
}

/* --- the second batch ------------------------------------------------------------------- */

/* What shows beside a record of a type: who refers to it, its parts.  References into
 * people and units come from everywhere; their lists are a click away, so only
 * references to the type itself are shown here. */
struct beside {
    struct {
        const struct type *type;
        const struct field *field;
        struct sql sql;
    } relations[RELATIONS_MAX], parts[PARTS_MAX];
    size_t nrelations, nparts;
};

static struct sql relation_sql(const struct ctx *ctx, const struct type *t, const struct field *f)
{
    struct sqlb s = sqlb_make(ctx->arena);
    SQLB_LIT(&s, "select r.\"id\", r.\"number\", r.\"name\" from ");
    sqlb_ident(&s, t->table);
    SQLB_LIT(&s, " r where r.");
    sqlb_ident(&s, f->column);
    SQLB_LIT(&s, " = $4 and ");
    load_visible(ctx, &s, t);
    SQLB_LIT(&s, " order by r.\"changed_at\" desc, r.\"id\" desc limit 21");
    return sqlb_end(&s);
}

/* The newest, as many as a page shows; read_parts turns them round. */
static struct sql part_sql(const struct ctx *ctx, const struct type *t, const struct type *whole)
{
    struct sqlb s = sqlb_make(ctx->arena);
    SQLB_LIT(&s, "select ");
    load_columns(&s, LOAD_BASE, NULL, 0);
    SQLB_LIT(&s, " from ");
    sqlb_ident(&s, t->table);
    SQLB_LIT(&s, " r where r.");
    sqlb_ident2(&s, "f_", whole->key);
    SQLB_LIT(&s, " = $4 order by r.\"id\" desc limit 50");
    return sqlb_end(&s);
}

static void put_relations(const struct ctx *ctx, struct beside *x, const struct type *to,
                          const struct type *t)
{
    const struct tdef *d = t->newest;
    for (size_t k = 0; d && !t->lines && k < d->nfields && x->nrelations < RELATIONS_MAX; k++) {
        const struct field *f = &d->fields[k];
        bool parent = t->part_of && str_eq(f->key, t->part_of->key);
        if (f->type == F_REF && f->to == to && !f->see.tree && !parent) {
            x->relations[x->nrelations].type = t;
            x->relations[x->nrelations].field = f;
            x->relations[x->nrelations++].sql = relation_sql(ctx, t, f);
        }
    }
}

static const struct beside *beside_of(const struct ctx *ctx, const struct type *t)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, t, NULL, 0);
    const struct beside *kept = ctx_find(ctx, k);
    if (kept) {
        return kept;
    }
    struct ctx room = ctx_room(ctx);
    struct beside *x = arena_new(room.arena, struct beside);
    for (size_t i = 0; i < ctx->model->ntypes; i++) {
        put_relations(&room, x, t, ctx->model->types[i]);
    }
    for (size_t i = 0; i < t->nparts && x->nparts < PARTS_MAX; i++) {
        if (!t->parts[i]->lines) {
            x->parts[x->nparts].type = t->parts[i];
            x->parts[x->nparts++].sql = part_sql(&room, t->parts[i], t);
        }
    }
    ctx_keep(&room, k, x);
    return x;
}

struct asks {
    struct guards_ask guards;
    struct links_ask *links;
    int activities, attachments, labels, watching, terms, steps, own;
    const struct beside *beside;
    int relations[RELATIONS_MAX], parts[PARTS_MAX];
    bool approvals;
    struct approve_ask approval;
    struct approve_loaded *approved;
};

static int ask(const struct ctx *ctx, struct batch *b, struct sql sql, int64_t id)
{
    struct db_arg arg = db_i64(id);
    return batch_add(b, sql, ctx_args(ctx, &arg, 1));
}

static void ask_all(const struct ctx *ctx, const struct record *rec, struct batch *b,
                    struct asks *q)
{
    unsigned has = rec->type->newest->has;
    q->guards = guards_ask(ctx, rec, b);
    q->links = links_ask(ctx, rec, b);
    q->activities = activity_ask(ctx, b, rec->id, 0);
    q->attachments = q->labels = q->watching = q->terms = -1;
    if (has & HAS_ATTACHMENTS) {
        q->attachments = activity_files_ask(ctx, b, rec->id);
    }
    if (has & HAS_LABEL) {
        q->labels = ask(ctx, b,
                        SQL("select \"label\" from \"label\" where \"record\" = $4"
                            " order by \"label\" limit 50"),
                        rec->id);
    }
    if (has & HAS_WATCHERS) {
        q->watching = ask(ctx, b,
                          SQL("select \"person\" from \"watcher\" where \"record\" = $4"
                              " order by \"person\" limit 50"),
                          rec->id);
    }
    if (rec->def->nterms) {
        q->terms = ask(
            ctx, b,
            SQL("select k.\"term\", k.\"started\", k.\"due\", k.\"used\", k.\"paused_at\","
                " k.\"ended\", case when k.\"ended\" is null and k.\"paused_at\" is null"
                " and k.\"due\" > $1 then (" CALENDAR_WORKED("k.\"due\"") ") - (" CALENDAR_WORKED(
                    "$1") ") end from \"term\" k"
                          " where k.\"record\" = $4 order by k.\"term\" desc, k.\"run\" desc limit "
                          "200"),
            rec->id);
    }
    struct sqlb steps = sqlb_make(ctx->arena);
    SQLB_LIT(&steps, "select cast(coalesce(sum(\"left\"), 0) as bigint), ");
    erase_hold_put(&steps, ctx->model, 4);
    SQLB_LIT(&steps, " from \"step_job\" where \"record\" = $4");
    q->steps = ask(ctx, b, sqlb_end(&steps), rec->id);
    q->own = ask(ctx, b,
                 SQL("select \"id\", \"kind\", \"zh\", \"en\", coalesce(\"due\", 0) from"
                     " \"task\" where \"record\" = $4 and \"person\" = $2"
                     " and \"kind\" in (2, 3) order by \"key\" limit 20"),
                 rec->id);
    q->approvals = approve_of_type(rec->type);
    if (q->approvals) {
        q->approval = approve_view_ask(ctx, b, rec, 1, false);
    }
    q->beside = beside_of(ctx, rec->type);
    for (size_t i = 0; i < q->beside->nrelations; i++) {
        q->relations[i] = ask(ctx, b, q->beside->relations[i].sql, rec->id);
    }
    for (size_t i = 0; i < q->beside->nparts; i++) {
        q->parts[i] = ask(ctx, b, q->beside->parts[i].sql, rec->id);
    }
}

enum { ATTACHMENTS_SHOWN = 100 };

/* --- reading it --------------------------------------------------------------------------- */

static void read_attachments(const struct ctx *ctx, struct batch *b, int place, struct names *names,
                             struct record_view *v)
{
    if (place < 0) {
        return;
    }
    struct rows r = batch_rows(b, place);
    activity_files_read(ctx, r, v->activities, v->nactivities);
    v->attachments = arena_array(ctx->arena, struct attachment, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        if (!rows_null(&r, 8) || v->nattachments == ATTACHMENTS_SHOWN ||
            !reading_covers(ctx, rows_i64(&r, 5))) {
            continue; /* removed */
        }
        str mime = rows_text(&r, 2);
        v->attachments[v->nattachments++] = (struct attachment){
            .id = rows_i64(&r, 0),
            .name = rows_text(&r, 1),
            .mime = mime,
            .size = rows_i64(&r, 3),
            .sha256 = rows_text(&r, 4),
            .at = rows_i64(&r, 5),
            .person = {.id = rows_i64(&r, 6)},
            .image = str_eq(mime, STR("image/png")) || str_eq(mime, STR("image/jpeg")) ||
                     str_eq(mime, STR("image/webp"))};
        names_want(names, ctx->model->person, rows_i64(&r, 6));
    }
}

/* Few rows are put in order here, and read in the order of their index: SQLite would
 * make a table to sort them in. */
static int latest_first(const void *x, const void *y)
{
    const struct record_term *a = x;
    const struct record_term *b = y;
    return (a->started < b->started) - (a->started > b->started);
}

static int by_id(const void *x, const void *y)
{
    const struct record_own_task *a = x;
    const struct record_own_task *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

static void read_terms(const struct ctx *ctx, struct batch *b, int place, struct record_view *v)
{
    if (place < 0) {
        return;
    }
    struct rows r = batch_rows(b, place);
    v->terms = arena_array(ctx->arena, struct record_term, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        const struct term *t = tdef_term(v->rec.def, rows_text(&r, 0));
        bool known = t != NULL;
        for (size_t i = 0; known && i < v->nterms; i++) {
            known = v->terms[i].term != t; /* the latest run of each is enough */
        }
        if (!known) {
            continue;
        }
        struct record_term *x = &v->terms[v->nterms++];
        *x = (struct record_term){.term = t,
                                  .started = rows_i64(&r, 1),
                                  .due = rows_i64(&r, 2),
                                  .paused_at = rows_i64(&r, 4),
                                  .ended = rows_i64(&r, 5),
                                  .working_ms = -1};
        if (t->within.tree && t->within.type.kind == V_WORKHOURS && !rows_null(&r, 6)) {
            x->working_ms = rows_i64(&r, 6);
        }
        int64_t end = x->ended ? x->ended : ctx->now;
        x->late = x->due && !x->paused_at && end > x->due;
    }
    qsort(v->terms, v->nterms, sizeof(*v->terms), latest_first);
}

static void read_relations(const struct ctx *ctx, struct batch *b, const struct asks *q,
                           struct record_view *v)
{
    v->relations = arena_array(ctx->arena, struct record_relation, q->beside->nrelations + 1);
    for (size_t i = 0; i < q->beside->nrelations; i++) {
        struct rows r = batch_rows(b, q->relations[i]);
        if (!rows_count(&r)) {
            continue;
        }
        struct record_ref *refs = arena_array(ctx->arena, struct record_ref, RELATED_MAX);
        struct record_relation *x = &v->relations[v->nrelations++];
        *x = (struct record_relation){.type = q->beside->relations[i].type,
                                      .field = q->beside->relations[i].field,
                                      .refs = refs,
                                      .more = rows_count(&r) > RELATED_MAX};
        while (x->nrefs < RELATED_MAX && rows_next(&r)) {
            refs[x->nrefs++] = (struct record_ref){.id = rows_i64(&r, 0),
                                                   .type = x->type,
                                                   .number = rows_text(&r, 1),
                                                   .name = rows_text(&r, 2),
                                                   .visible = true};
        }
    }
}

static void read_parts(const struct ctx *ctx, struct batch *b, const struct asks *q,
                       struct record_view *v)
{
    v->parts = arena_array(ctx->arena, struct record_view_part, q->beside->nparts + 1);
    for (size_t i = 0; i < q->beside->nparts; i++) {
        struct rows r = batch_rows(b, q->parts[i]);
        size_t n = (size_t)rows_count(&r);
        struct record *list = arena_array(ctx->arena, struct record, n + 1);
        for (size_t at = n; at > 0 && rows_next(&r); at--) {
            list[at - 1] = load_record(ctx, q->beside->parts[i].type, &r, LOAD_BASE, NULL, 0);
        }
        v->parts[v->nparts].type = q->beside->parts[i].type;
        v->parts[v->nparts].records = list;
        v->parts[v->nparts++].nrecords = n;
    }
}

static void read_own(const struct ctx *ctx, struct batch *b, const struct asks *q,
                     struct record_view *v)
{
    struct rows r = batch_rows(b, q->own);
    v->own = arena_array(ctx->arena, struct record_own_task, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        v->own[v->nown++] = (struct record_own_task){.id = rows_i64(&r, 0),
                                                     .sign = rows_i64(&r, 1) == 3,
                                                     .words = {rows_text(&r, 2), rows_text(&r, 3)},
                                                     .due = rows_i64(&r, 4)};
    }
    qsort(v->own, v->nown, sizeof(*v->own), by_id);
}

static void read_watchers(const struct ctx *ctx, struct batch *b, int place, struct names *names,
                          struct record_view *v)
{
    if (place < 0) {
        return;
    }
    struct rows r = batch_rows(b, place);
    v->watchers = arena_array(ctx->arena, struct record_ref, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        int64_t person = rows_i64(&r, 0);
        v->watching = v->watching || person == ctx->actor;
        v->watchers[v->nwatchers++] = (struct record_ref){.id = person};
        names_want(names, ctx->model->person, person);
    }
}

static void read_small(const struct ctx *ctx, struct batch *b, const struct asks *q,
                       struct record_view *v)
{
    if (q->labels >= 0) {
        struct rows r = batch_rows(b, q->labels);
        v->labels = arena_array(ctx->arena, str, (size_t)rows_count(&r) + 1);
        while (rows_next(&r)) {
            v->labels[v->nlabels++] = rows_text(&r, 0);
        }
    }
    read_own(ctx, b, q, v);
    struct rows r = batch_rows(b, q->steps);
    bool some = rows_next(&r);
    v->steps_left = some ? rows_i64(&r, 0) : 0;
    v->hold = some ? rows_i64(&r, 1) : 0;
}

/* The way to go: from the first state along the first expected action (or the
 * first that leads on), each state once.  A state off this way is put at the
 * place where it was left. */
static const struct state *step_on(const struct tdef *d, const struct state *s)
{
    for (size_t i = 0; i < s->nnext; i++) {
        const struct action *a = s->next[i];
        if (a->to_kind == TO_STATE && a->to->code != s->code) {
            return a->to;
        }
        if (a->to_kind == TO_FIRST && a->ntos && a->tos[a->ntos - 1].state->code != s->code) {
            return a->tos[a->ntos - 1].state;
        }
    }
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *a = &d->actions[i];
        for (size_t k = 0; k < a->nfrom; k++) {
            if (a->from[k]->code == s->code && a->to_kind == TO_STATE && a->to->code > s->code) {
                return a->to;
            }
        }
    }
    return NULL;
}

static void put_path(const struct ctx *ctx, struct record_view *v)
{
    const struct tdef *d = v->rec.def;
    const struct state **path = arena_array(ctx->arena, const struct state *, d->nstates + 2);
    const struct state *s = NULL;
    for (size_t i = 0; i < d->nactions && !s; i++) {
        s = d->actions[i].creates && d->actions[i].to_kind == TO_STATE ? d->actions[i].to : NULL;
    }
    bool here = false;
    while (s && v->npath < d->nstates) {
        for (size_t i = 0; i < v->npath; i++) {
            if (path[i]->code == s->code) {
                s = NULL;
                break;
            }
        }
        if (!s) {
            break;
        }
        path[v->npath++] = s;
        here = here || (v->rec.state && v->rec.state->code == s->code);
        s = step_on(d, s);
    }
    if (!here && v->rec.state && v->npath) {
        size_t at = v->npath;
        for (size_t i = 0; i < v->npath; i++) {
            at = path[i]->code > v->rec.state->code && at == v->npath ? i : at;
        }
        for (size_t i = v->npath; i > at; i--) {
            path[i] = path[i - 1];
        }
        path[at] = v->rec.state;
        v->npath++;
    }
    v->path = path;
}

static void put_approvals(const struct ctx *ctx, const struct names *names, const struct asks *q,
                          struct record_view *v)
{
    if (q->approvals && q->approved->n) {
        struct approve_views *list = arena_new(ctx->arena, struct approve_views);
        *list = approve_view_finish(ctx, names, q->approved);
        v->approvals = list;
    }
}

/* Fields with a `see` of their own, once the guards have said yes. */
static void drop_hidden(struct batch *b, const struct asks *q, struct record *rec)
{
    size_t n = 0;
    for (size_t i = 0; i < rec->nfields; i++) {
        const struct field *f = rec->fields[i].field;
        if (!f->see.tree || guards_sees(b, &q->guards, f)) {
            rec->fields[n++] = rec->fields[i];
        }
    }
    rec->nfields = n;
}

err record_view(const struct ctx *ctx, const struct type *t, int64_t id, struct record_view *ret)
{
    struct record_view v = {0};
    err e = view_row(ctx, t, id, LOAD_ALL, &v.rec);
    if (e.code) {
        return e;
    }
    load_own(&v.rec);
    struct names *names = names_begin(ctx);
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct asks q = {0};
    names_want_record(names, &v.rec);
    names_want(names, ctx->model->person, ctx->actor);
    names_ask(names, b);
    ask_all(ctx, &v.rec, b, &q);
    e = batch_run(b);
    if (e.code) {
        return e;
    }
    names_read(names, b);
    e = q.approvals ? approve_view_read(ctx, b, &q.approval, &q.guards, names, &q.approved) : OK;
    if (e.code) {
        return e;
    }
    guards_read(ctx, b, &q.guards, &v.actions, &v.nactions);
    links_read(ctx, b, q.links, names, &v.rec);
    activity_read(ctx, t, b, q.activities, names, &v.activities, &v.nactivities,
                  &v.more_activities);
    read_attachments(ctx, b, q.attachments, names, &v);
    read_terms(ctx, b, q.terms, &v);
    read_relations(ctx, b, &q, &v);
    read_parts(ctx, b, &q, &v);
    read_watchers(ctx, b, q.watching, names, &v);
    read_small(ctx, b, &q, &v);
    drop_hidden(b, &q, &v.rec);
    e = names_run(names); /* nothing to ask in most cases: no statement, no trip */
    if (e.code) {
        return e;
    }
    view_fill_links(ctx, names, &v.rec);
    activity_finish(ctx, names, v.activities, v.nactivities);
    for (size_t i = 0; i < v.nattachments; i++) {
        v.attachments[i].person = names_get(names, ctx->model->person, v.attachments[i].person.id);
    }
    for (size_t i = 0; i < v.nwatchers; i++) {
        v.watchers[i] = names_get(names, ctx->model->person, v.watchers[i].id);
    }
    put_path(ctx, &v);
    put_approvals(ctx, names, &q, &v);
    *ret = v;
    return OK;
}
