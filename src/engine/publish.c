#include "engine/publish.h"

#include "base/buf.h"
#include "engine/calendar.h"
#include "engine/engine_int.h"
#include "engine/explain.h"
#include "engine/publish_records.h"
#include "engine/standard.h"
#include "engine/strand.h"
#include "model/ddl.h"

#include <string.h>
#include <time.h>

enum { SIDE_ARENA = 256 << 20, JOB_ARENA = 256 << 20, DDL_TRIES = 50, CATCH_TRIES = 400 };

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* --- the model in force ------------------------------------------------------------------ */

static err nothing(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    (void)job;
    (void)db;
    (void)a;
    (void)world;
    return OK; /* what begins a group has looked at the epoch */
}

static int64_t epoch_shown(struct engine *e)
{
    const struct model *m = engine_model(e);
    int64_t epoch = m->epoch;
    engine_release(e, m);
    return epoch;
}

err engine_catch_up(struct engine *e, int64_t epoch)
{
    err x = OK;
    for (int i = 0; i < CATCH_TRIES && epoch_shown(e) < epoch; i++) {
        struct writer_job job = {.run = nothing};
        x = engine_run(e, &job);
        if (x.code == ERR_BUSY) {
            pause_ms(5); /* the queue is full: it is being worked off */
        } else if (x.code) {
            return x;
        }
    }
    return epoch_shown(e) >= epoch ? OK : x.code ? x : err_make(ERR_BUSY, STR("an older model"));
}

/* --- planning ------------------------------------------------------------------------------- */

struct plan {
    struct engine *e;
    struct arena *a;
    struct arena side; /* of the connection */
    struct db *db;
    struct sources stored;
    struct publication *p;
    const struct model *now; /* in force at p->epoch */
};

struct kept { /* the model of a plan, until the plan's arena ends */
    struct engine *e;
    struct held_model *h;
};

static void let_go(void *arg)
{
    struct kept *k = arg;
    if (k->h) {
        engine_drop(k->e, k->h);
    }
}

static err read_epoch(struct db *db, struct arena *a, int64_t *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select value from installation where key = 'epoch'"), NO_ARGS, &r);
    if (!e.code && (!rows_next(&r) || !str_to_i64(rows_text(&r, 0), ret))) {
        e = err_make(ERR_STORE, STR("no epoch"));
    }
    return e;
}

/* What is stored, and the model made of it, of one epoch. */
static err plan_begin(struct plan *pl, struct engine *e, struct arena *a, struct publication *p)
{
    *p = (struct publication){0};
    *pl = (struct plan){.e = e, .a = a, .p = p, .side = arena_make(SIDE_ARENA), .db = e->db};
    err x = e->memory ? OK : engine_reader(e, &pl->side, &pl->db);
    if (!x.code && !e->memory) {
        db_read_begin(pl->db);
    }
    x = x.code ? x : engine_sources(pl->db, a, &pl->stored);
    x = x.code ? x : read_epoch(pl->db, a, &p->epoch);
    x = x.code ? x : engine_catch_up(e, p->epoch);
    if (!x.code) {
        pl->now = engine_model(e);
        for (size_t i = 0; i < pl->stored.len; i++) { /* as mistakes name them */
            struct source *s = &pl->stored.ptr[i];
            s->folder = str_fmt(a, "%.*s@%d", STR_ARG(s->name), s->version);
        }
        if (pl->now->epoch != p->epoch) {
            x = err_make(ERR_STALE, STR("another publication came first"));
        }
    }
    return x;
}

static err plan_end(struct plan *pl, err e)
{
    e.detail = str_copy(pl->a, e.detail);
    if (pl->now) {
        engine_release(pl->e, pl->now);
    }
    if (!pl->e->memory && pl->db) {
        db_read_end(pl->db);
    }
    arena_end(&pl->side);
    return e;
}

static const struct source *newest_of(const struct sources *s, str name)
{
    const struct source *found = NULL;
    for (size_t i = 0; i < s->len; i++) {
        if (str_eq(s->ptr[i].name, name) && (!found || s->ptr[i].version > found->version)) {
            found = &s->ptr[i];
        }
    }
    return found;
}

static bool same_law(const struct source *x, const struct source *y)
{
    return str_eq(x->text_zh, y->text_zh) && str_eq(x->text_en, y->text_en) &&
           str_eq(x->definition, y->definition) && str_eq(x->overrides, y->overrides);
}

/* Mistakes of what is published are shown; warnings about old versions are old. */
static void tell(struct arena *a, const struct diags *own, const struct sources *changed,
                 struct diags *d)
{
    for (size_t i = 0; i < own->len; i++) {
        const struct diag *x = &own->ptr[i];
        bool fresh = false;
        for (size_t k = 0; k < changed->len; k++) {
            str folder = changed->ptr[k].folder.len ? changed->ptr[k].folder : changed->ptr[k].name;
            fresh = fresh || str_starts(x->pos.file, str_fmt(a, "%.*s/", STR_ARG(folder)));
        }
        if (!x->warning || fresh) {
            diag_add(d, *x);
        }
    }
    if (own->errors > own->len) {
        d->errors += own->errors - own->len;
    }
}

/* Settings that the new version no longer has lose their changed values. */
static str still_set(struct arena *a, const struct law *l, str overrides)
{
    struct buf b = buf_make(a, 1 << 20);
    for (str rest = overrides; rest.ptr && rest.len;) {
        str value;
        str line = str_cut(rest, '\n', &rest);
        str key = str_trim(str_cut(line, '=', &value));
        if (law_setting(l, key)) {
            buf_put(&b, line);
            buf_put_c(&b, '\n');
        }
    }
    return buf_str(&b);
}

static const struct law *law_of(const struct model *m, const struct source *s)
{
    const struct reg *r = model_reg(m, s->name);
    return r && (int)r->nlaws >= s->version ? r->laws[s->version - 1] : NULL;
}

/* The model with these sources, the difference, and what forbids it. */
static err plan_build(struct plan *pl, struct diags *d)
{
    struct publication *p = pl->p;
    struct sources all = {arena_array(pl->a, struct source, pl->stored.len + p->sources.len + 1),
                          pl->stored.len + p->sources.len};
    memcpy(all.ptr, pl->stored.ptr, pl->stored.len * sizeof(*all.ptr));
    memcpy(all.ptr + pl->stored.len, p->sources.ptr, p->sources.len * sizeof(*all.ptr));
    struct diags own = diags_make(pl->a);
    struct kept *k = arena_new(pl->a, struct kept);
    arena_defer(pl->a, let_go, k);
    err e = engine_build(pl->e, pl->a, &all, p->epoch + 1, &own, &p->next);
    if (!e.code) {
        *k = (struct kept){pl->e, p->next};
        engine_hold_this(pl->e, p->next);
        e = explain_model(p->next->model, &own);
        for (size_t i = 0; i < p->sources.len && !e.code; i++) {
            e = standards_ask(pl->db, pl->a, law_of(p->next->model, &p->sources.ptr[i]), &own);
        }
    }
    tell(pl->a, &own, &p->sources, d);
    if (e.code || own.errors) {
        return err_make(ERR_VALUE, e.code ? e.detail : STR("a condition walks a whole table"));
    }
    for (size_t i = 0; i < p->sources.len; i++) {
        struct source *s = &p->sources.ptr[i];
        const struct source *before = newest_of(&pl->stored, s->name);
        const struct law *next = law_of(p->next->model, s);
        s->overrides = still_set(pl->a, next, s->overrides);
        law_diff(pl->a, before, before ? law_of(pl->now, before) : NULL, s, next, &p->changes);
    }
    return strand_find(pl->db, pl->a, pl->now, p->next->model, &own, &p->changes);
}

static err plan_folders(struct plan *pl, const struct sources *folders, struct diags *d)
{
    struct publication *p = pl->p;
    p->sources.ptr = arena_array(pl->a, struct source, folders->len + 1);
    for (size_t i = 0; i < folders->len; i++) {
        struct source s = folders->ptr[i];
        const struct source *before = newest_of(&pl->stored, s.name);
        s.version = before ? before->version + 1 : 1;
        s.overrides = before ? before->overrides : STR("");
        s.epoch = p->epoch + 1;
        if (!before || !same_law(before, &s)) {
            p->sources.ptr[p->sources.len++] = s;
        }
    }
    return p->sources.len ? plan_build(pl, d) : OK;
}

err publish_plan(struct engine *e, struct arena *a, const struct sources *folders, struct diags *d,
                 struct publication *ret)
{
    struct plan pl;
    err x = plan_begin(&pl, e, a, ret);
    x = x.code ? x : plan_folders(&pl, folders, d);
    return plan_end(&pl, x);
}

/* --- a changed setting ------------------------------------------------------------------------ */

/* The overrides with this one in its place; a definition's own value needs none. */
static str with_setting(struct arena *a, str overrides, str key, str value, bool drop)
{
    struct buf b = buf_make(a, 1 << 20);
    for (str rest = overrides; rest.ptr && rest.len;) {
        str tail;
        str line = str_cut(rest, '\n', &rest);
        if (line.len && !str_eq(str_trim(str_cut(line, '=', &tail)), key)) {
            buf_put(&b, line);
            buf_put_c(&b, '\n');
        }
    }
    if (!drop) {
        buf_put_fmt(&b, "%.*s=%.*s\n", STR_ARG(key), STR_ARG(value));
    }
    return buf_str(&b);
}

static err plan_setting(struct plan *pl, str reg, str key, str value, struct diags *d)
{
    const struct source *before = newest_of(&pl->stored, reg);
    const struct law *l = before ? law_of(pl->now, before) : NULL;
    const struct setting *s = l ? law_setting(l, key) : NULL;
    if (!s) {
        return err_make(ERR_NOT_FOUND, STR("setting"));
    }
    if (memchr(value.ptr ? value.ptr : "", '\n', value.len) || value.len > 4000 ||
        !str_utf8_ok(value)) {
        return err_make(ERR_VALUE, STR("a setting is one line of text"));
    }
    struct publication *p = pl->p;
    p->sources.ptr = arena_array(pl->a, struct source, 1);
    struct source next = *before;
    next.version++;
    next.epoch = p->epoch + 1;
    next.folder = str_fmt(pl->a, "%.*s@%d", STR_ARG(reg), next.version);
    next.overrides = with_setting(pl->a, before->overrides, key, value,
                                  !s->list && str_eq(value, s->default_written));
    if (str_eq(value, s->written) || same_law(before, &next)) {
        return OK;
    }
    p->sources.ptr[p->sources.len++] = next;
    return plan_build(pl, d);
}

err publish_plan_setting(struct engine *e, struct arena *a, str reg, str key, str value,
                         struct diags *d, struct publication *ret)
{
    struct plan pl;
    err x = plan_begin(&pl, e, a, ret);
    x = x.code ? x : plan_setting(&pl, reg, key, str_trim(value), d);
    return plan_end(&pl, x);
}

/* --- columns, tables, indexes --------------------------------------------------------------- */

struct publish_job {
    struct writer_job job;
    struct engine *e;
    struct publication *p;
    struct arena *a; /* the caller's, who waits */
    int64_t actor, now;
    size_t planned; /* changes that were known before the writer looked: it may look again */
    bool drop;      /* the new version is in force: what it no longer demands may go */
};

static bool is_changed(const struct publication *p, const struct type *t)
{
    for (size_t i = 0; i < p->sources.len; i++) {
        if (str_eq(p->sources.ptr[i].name, t->reg->key)) {
            return true;
        }
    }
    return false;
}

static err add_tables(struct db *db, struct arena *a, const struct publication *p)
{
    const struct model *m = p->next->model;
    err e = OK;
    for (size_t i = 0; !e.code && i < m->ntypes; i++) {
        if (is_changed(p, m->types[i])) {
            e = ddl_apply_type(db, a, m->types[i]);
        }
    }
    return e;
}

static err drop_uniques(struct db *db, struct arena *a, const struct publication *p)
{
    const struct model *m = p->next->model;
    err e = OK;
    for (size_t i = 0; !e.code && i < m->ntypes; i++) {
        if (is_changed(p, m->types[i])) {
            e = ddl_drop_uniques(db, a, m->types[i]);
        }
    }
    return e;
}

static err tables_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct publish_job *j = (struct publish_job *)job;
    (void)world;
    (void)a;
    return j->drop ? drop_uniques(db, j->a, j->p) : add_tables(db, j->a, j->p);
}

/* PostgreSQL locks a table for each statement, so each is a transaction of its
 * own that gives up early rather than hold up those behind it, and tries again.
 * SQLite's readers never wait, so there the writer does it between two acts. */
static err tables(struct publish_job *j)
{
    struct engine *e = j->e;
    if (e->memory) {
        return tables_job(&j->job, e->db, j->a, e);
    }
    if (j->p->next->kind == DB_SQLITE) {
        j->job = (struct writer_job){.run = tables_job};
        return engine_run(e, &j->job);
    }
    struct arena side = arena_make(SIDE_ARENA);
    struct db_options o = e->opt.db;
    struct db *db;
    struct rows r;
    o.writer = true;
    err x = db_open(&side, e->opt.url, o, &db);
    x = x.code ? x
               : db_query(db, &side, SQL("select set_config('lock_timeout', '200ms', false)"),
                          NO_ARGS, &r);
    for (int i = 0; !x.code && i < DDL_TRIES; i++) {
        x = tables_job(&j->job, db, j->a, e);
        if (x.code != ERR_BUSY || db_lost(db) || i + 1 == DDL_TRIES) {
            break;
        }
        pause_ms(100);
        x = OK;
    }
    x.detail = str_copy(j->a, x.detail);
    arena_end(&side);
    return x;
}

/* --- the act -------------------------------------------------------------------------------- */

static err strands_now(struct publish_job *j, struct db *db)
{
    struct changes found = {0};
    j->p->changes.len = j->planned;
    err e = strand_find(db, j->a, j->e->now.model->model, j->p->next->model, NULL, &found);
    for (size_t i = 0; i < found.len; i++) {
        changes_add(j->a, &j->p->changes, found.ptr[i]);
    }
    return !e.code && found.len ? err_make(ERR_RULE, STR("it would strand a record")) : e;
}

/* Deadlines that a register no longer has run no more. */
static err end_terms(struct publish_job *j, struct db *db)
{
    const struct model *was = j->e->now.model->model;
    err e = OK;
    for (size_t i = 0; !e.code && i < was->ntypes; i++) {
        const struct tdef *d = was->types[i]->newest;
        const struct type *is = model_type(j->p->next->model, d->type->key);
        for (size_t k = 0; !e.code && d->newest && is_changed(j->p, is) && k < d->nterms; k++) {
            if (!is->retired && tdef_term(is->newest, d->terms[k].key)) {
                continue;
            }
            e = db_exec(db, j->a,
                        SQL("update term set ended = $1, how = 'law', mark = null, mark_at = null"
                            " where type = $2 and term = $3 and ended is null"),
                        ARGS(db_i64(j->now), db_i64(is->code), db_text(d->terms[k].key)));
        }
    }
    return e;
}

static bool waits(const struct tdef *d)
{
    for (size_t i = 0; i < d->nstates; i++) {
        if (d->states[i].nnext) {
            return true;
        }
    }
    return false;
}

/* Who waits for whom is looked at again, where registers wait for somebody; cases
 * wait as their own version says. */
static err wait_anew(struct publish_job *j, struct db *db)
{
    const struct model *m = j->p->next->model;
    bool some = false;
    for (size_t i = 0; i < m->ntypes; i++) {
        const struct type *t = m->types[i];
        for (size_t k = 0; t->newest->newest && is_changed(j->p, t) && k < t->ndefs; k++) {
            some = some || waits(t->defs[k]);
        }
    }
    return some ? db_exec(db, j->a,
                          SQL("insert into installation(key, value) values ('tasks_at', '0:0')"
                              " on conflict (key) do update set value = '0:0'"),
                          NO_ARGS)
                : OK;
}

/* What may be searched for may be less now: a field that not everybody sees any more. */
static err search_anew(struct publish_job *j, struct db *db)
{
    const struct model *was = j->e->now.model->model;
    err e = OK;
    for (size_t i = 0; !e.code && i < was->ntypes; i++) {
        const struct type *is = model_type(j->p->next->model, was->types[i]->key);
        if (is && is_changed(j->p, is)) {
            e = index_again(db, j->a, was->types[i], is);
        }
    }
    return e;
}

static err law_job(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct publish_job *j = (struct publish_job *)job;
    struct engine *e = world;
    struct publication *p = j->p;
    (void)a;
    if (e->now.model->model->epoch != p->epoch) {
        return err_make(ERR_STALE, STR("another publication came first"));
    }
    err x = strands_now(j, db);
    x = x.code ? x : engine_put_law(e, db, j->a, &p->sources, p->epoch + 1, j->actor, j->now);
    x = x.code ? x : publish_records_owe(db, j->a, &p->sources);
    x = x.code ? x : end_terms(j, db);
    x = x.code ? x : wait_anew(j, db);
    x = x.code ? x : search_anew(j, db);
    const struct model *next = p->next->model;
    if (!x.code && next->calendar_day && is_changed(p, next->calendar_day)) {
        struct ctx ctx = ctx_make(e, next, db, j->a, j->now, 0, LANG_ZH);
        x = calendar_rebuild(&ctx);
    }
    if (!x.code) {
        engine_adopt(e, p->next);
    }
    return x;
}

/* After a commit whose answer was lost: is it there? */
err publish_was_done(struct writer_job *job, struct db *db, struct arena *a, bool *is_one,
                     bool *ret)
{
    *is_one = job->run == law_job;
    if (!*is_one) {
        return OK;
    }
    const struct publish_job *j = (const struct publish_job *)job;
    const struct source *s = &j->p->sources.ptr[0];
    struct rows r;
    err e = db_query(db, a,
                     SQL("select 1 from law where reg = $1 and version = $2 and published_at = $3"
                         " and published_by = $4 and definition = $5 and overrides = $6"),
                     ARGS(db_text(s->name), db_i64(s->version), db_i64(j->now), db_i64(j->actor),
                          db_text(s->definition), db_text(s->overrides)),
                     &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

err publish(struct engine *e, struct arena *a, struct publication *p, int64_t actor, int64_t now,
            struct diags *d)
{
    if (p->changes.refused) {
        return err_make(ERR_RULE, STR("it would strand a record"));
    }
    if (!p->sources.len) {
        return OK;
    }
    for (size_t i = 0; i < p->sources.len; i++) { /* nobody else has seen this model yet */
        const struct reg *r = model_reg(p->next->model, p->sources.ptr[i].name);
        p->sources.ptr[i].published_at = r->newest->published_at = now;
    }
    struct publish_job j = {.e = e, .p = p, .a = a, .actor = actor, .now = now};
    err x = tables(&j);
    if (x.code == ERR_CONFLICT) { /* a key broken between the plan and now */
        x = err_make(ERR_RULE, x.detail);
    }
    if (!x.code) {
        j.planned = p->changes.len;
        j.job = (struct writer_job){.run = law_job};
        x = engine_run(e, &j.job);
        x.detail = str_copy(a, x.detail);
    }
    if (!x.code) {
        j.drop = true;
        x = tables(&j);
    }
    return x.code ? x : publish_records_bring(e, a, &p->sources, d);
}

/* --- afterwards: what changed --------------------------------------------------------------- */

err publish_difference(const struct ctx *ctx, const struct law *law, struct changes *ret,
                       struct record_ref *by)
{
    struct rows r;
    int before = law->version - 1;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select definition, published_by from law where reg = $1"
                         " and version in ($2, $3) order by version"),
                     ARGS(db_text(law->reg->key), db_i64(before), db_i64(law->version)), &r);
    struct source two[2] = {{.name = law->reg->key}, {.name = law->reg->key}};
    size_t n = 0;
    int64_t person = 0;
    while (!e.code && n < 2 && rows_next(&r)) {
        two[n++].definition = rows_text(&r, 0);
        person = rows_i64(&r, 1);
    }
    if (e.code || n < 2) {
        return e.code ? e : err_make(ERR_NOT_FOUND, STR("version"));
    }
    *ret = (struct changes){0};
    law_diff(ctx->arena, &two[0], law->reg->laws[before - 1], &two[1], law, ret);
    struct record who = {0};
    if (person && ctx->model->person) {
        e = record_get(ctx, ctx->model->person, person, &who);
    }
    *by = (struct record_ref){who.id, who.type, who.name, who.number, who.id != 0};
    return e.code == ERR_NOT_FOUND ? OK : e; /* one he may not see is not named */
}
