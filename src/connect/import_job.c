/* import_job.c - some lines of a case, done by the writer: what was noted of them
 * before, the acts of each, and the note of what became of it. */
#include "base/arena.h"
#include "connect/import_int.h"
#include "engine/refusal_int.h"

#include <string.h>

enum { STEP_ARENA = 16 << 20, LOOK_AT_ONCE = 100 };

/* --- steps ---------------------------------------------------------------------------------- */

static bool stands_in(const struct doing_piece *d, const struct map_states *s)
{
    for (size_t i = 0; i < s->len && d->rec.id; i++) {
        if (s->list[i]->code == d->rec.state) {
            return true;
        }
    }
    return false;
}

static err steps(struct doing_piece *d, const struct map_step *list, size_t n)
{
    err e = OK;
    for (size_t i = 0; i < n && !e.code && d->r->outcome != LINE_REJECTED; i++) {
        const struct map_step *s = &list[i];
        if (!d->rec.id || (s->in.given && !stands_in(d, &s->in)) || stands_in(d, &s->unless)) {
            continue;
        }
        if (s->kind == MAP_WAY) {
            e = steps(d, s->way->steps, s->way->len);
        } else if (s->kind == MAP_SKIP) {
            import_keep(d->r->reason, s->skip);
        } else {
            e = import_act(d, s);
            arena_reset(d->step);
        }
    }
    return e;
}

static err one_event(struct doing_piece *d, const struct map_event *ev)
{
    bool holds;
    struct words why = {0};
    if ((ev->first == FIRST_YES && (d->had || d->rec.id)) || (ev->first == FIRST_NO && !d->had) ||
        (ev->in.given && !stands_in(d, &ev->in))) {
        return OK;
    }
    enum found f = lines_hold(d->step, d->p->lines, d->i, ev, &holds, &why);
    if (f == FOUND_BAD) {
        import_reject(d, why);
    }
    if (f == FOUND_BAD || !holds) {
        return OK;
    }
    return ev->create ? import_act(d, ev->create) : steps(d, ev->steps, ev->nsteps);
}

static err do_line(struct doing_piece *d)
{
    const struct mapping *m = d->m;
    struct words why = {0};
    d->had = d->rec.id != 0;
    if (lines_accept(d->step, d->p->lines, d->i, &why) == FOUND_BAD) {
        import_reject(d, why);
    }
    err e = OK;
    for (size_t i = 0; i < m->nevents && !e.code && d->r->outcome != LINE_REJECTED; i++) {
        e = one_event(d, &m->events[i]);
        arena_reset(d->step);
    }
    if (!e.code && !d->rec.id) {
        import_reject(d, WORDS("没有新建单据", "no record was made"));
    }
    if (!e.code && !d->r->acts && d->r->outcome != LINE_REJECTED) {
        e = steps(d, m->otherwise, m->notherwise);
    }
    if (d->r->outcome != LINE_REJECTED) {
        d->r->outcome = d->r->acts ? LINE_DONE : LINE_WITHOUT;
    }
    arena_reset(d->step);
    return e;
}

/* --- what was noted, and noting ------------------------------------------------------------- */

static err note(struct doing_piece *d)
{
    const struct line *l = &d->p->lines->list[d->i];
    const struct line_result *r = d->r;
    return db_exec(
        d->db, d->a,
        SQL("insert into import_line(import, key, job, record, line, outcome, acts, people, units,"
            " reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " on conflict (import, key) do update set job = excluded.job,"
            " record = excluded.record, line = excluded.line, outcome = excluded.outcome,"
            " acts = import_line.acts + excluded.acts,"
            " people = import_line.people + excluded.people,"
            " units = import_line.units + excluded.units, reason = excluded.reason,"
            " at = excluded.at"),
        ARGS(db_text(d->m->name), db_text(str_from(l->key)), db_i64(d->im->job),
             d->rec.id ? db_i64(d->rec.id) : db_null_i64(), db_i64(l->place.line),
             db_i64(r->outcome), db_i64(r->acts), db_i64(r->people), db_i64(r->units),
             r->reason[0] ? db_text(str_from(r->reason)) : db_null_text(), db_i64(d->im->now)));
}

static struct sql record_of_case(struct doing_piece *d)
{
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select id, state, changed_at from ");
    sqlb_ident(&b, d->m->into->table);
    SQLB_LIT(&b, " where ");
    sqlb_ident(&b, d->m->field->column);
    SQLB_LIT(&b, " = $1");
    return sqlb_end(&b);
}

/* What an earlier run, or this job before it was cut short, noted of the line. */
static void take_noted(struct doing_piece *d, struct line_result *r, struct rows rows)
{
    if (!rows_next(&rows)) {
        return;
    }
    int64_t outcome = rows_i64(&rows, 0);
    bool own = rows_i64(&rows, 1) == d->im->job;
    if (own) { /* its commit was in doubt, and had happened */
        r->outcome = outcome == LINE_DONE      ? LINE_DONE
                     : outcome == LINE_WITHOUT ? LINE_WITHOUT
                                               : LINE_REJECTED;
        r->acts = (int)rows_i64(&rows, 2);
        r->people = (int)rows_i64(&rows, 3);
        r->units = (int)rows_i64(&rows, 4);
    } else if (outcome != LINE_REJECTED) {
        r->outcome = LINE_KNOWN;
    } else if (!d->im->o.retry) {
        r->outcome = LINE_REJECTED;
        r->early = true;
    }
    if (r->outcome) {
        import_keep(r->reason, rows_text(&rows, 5));
    }
}

static err look_noted(struct doing_piece *d, bool *any)
{
    struct piece *p = d->p;
    size_t n = p->to - p->from;
    for (size_t i = 0; i < n; i += LOOK_AT_ONCE) {
        struct batch *b = batch_begin(d->db, d->a);
        size_t k = 0;
        for (; k < LOOK_AT_ONCE && i + k < n; k++) {
            batch_add(
                b,
                SQL("select outcome, job, acts, people, units, reason from import_line"
                    " where import = $1 and key = $2"),
                ARGS(db_text(d->m->name), db_text(str_from(p->lines->list[p->from + i + k].key))));
        }
        err e = batch_run(b);
        for (size_t x = 0; x < k && !e.code; x++) {
            struct rows r = batch_rows(b, (int)x);
            *any = *any || rows_count(&r);
            take_noted(d, &p->results[i + x], r);
        }
        if (e.code) {
            return e;
        }
    }
    return OK;
}

/* The case's record, what is noted of its lines, and whether it is ours. */
static err look(struct doing_piece *d)
{
    struct piece *p = d->p;
    struct rows r;
    bool noted = false;
    err e = look_noted(d, &noted);
    e = e.code ? e : db_query(d->db, d->a, record_of_case(d), ARGS(db_text(p->lines->key)), &r);
    if (e.code) {
        return e;
    }
    if (rows_next(&r)) {
        d->rec.id = rows_i64(&r, 0);
        d->rec.state = rows_null(&r, 1) ? -1 : rows_i64(&r, 1);
        d->rec.changed_at = rows_i64(&r, 2);
    }
    if (!d->rec.id || noted || p->from) {
        return OK;
    }
    e = db_query(d->db, d->a,
                 SQL("select 1 from import_line where import = $1 and record = $2 limit 1"),
                 ARGS(db_text(d->m->name), db_i64(d->rec.id)), &r);
    p->foreign = !e.code && !rows_count(&r);
    return e;
}

static void end_arena(void *arg)
{
    arena_end(arg);
}

static struct arena *step_arena(struct arena *a)
{
    struct arena *s = arena_new(a, struct arena);
    *s = arena_make(STEP_ARENA);
    arena_defer(a, end_arena, s);
    s->full = a->full; /* jumps to the same place, and a's clean-ups end it */
    s->full_arg = a->full_arg;
    return s;
}

static err lines_done(struct doing_piece *d)
{
    struct piece *p = d->p;
    err e = OK;
    for (size_t i = p->from; i < p->to && !e.code; i++) {
        d->i = i;
        d->r = &p->results[i - p->from];
        if (p->foreign) {
            d->r->outcome = LINE_FOREIGN;
        } else if (p->lines->list[i].again) {
            *d->r = (struct line_result){.outcome = LINE_AGAIN};
        } else if (!d->r->outcome) {
            e = do_line(d);
            e = e.code || d->im->o.dry_run ? e : note(d);
        }
    }
    return e;
}

err piece_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct piece *p = (struct piece *)job; /* its first member */
    (void)world;
    struct doing_piece *d = arena_new(a, struct doing_piece);
    *d = (struct doing_piece){.p = p, .im = p->im, .m = p->im->m, .db = db, .a = a};
    d->step = step_arena(a);
    p->foreign = false;
    p->newest = 0;
    memset(p->results, 0, (p->to - p->from) * sizeof(*p->results));
    err e = look(d);
    e = e.code ? e : lines_done(d);
    if (!e.code && p->im->o.dry_run) {
        return err_make(ERR_CONFLICT, STR("dry run")); /* undoes it all */
    }
    return e;
}

void piece_done(struct writer_job *job, err result)
{
    struct piece *p = (struct piece *)job;
    struct importer *im = p->im;
    if (!result.code && p->newest) {
        names_confirm(im->people, p->newest);
        names_confirm(im->units, p->newest);
    }
    pthread_mutex_lock(&im->lock);
    p->result = result;
    p->over = true;
    pthread_cond_signal(&im->over);
    pthread_mutex_unlock(&im->lock);
}
