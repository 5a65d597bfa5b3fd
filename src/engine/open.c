/* open.c - an installation: made, opened, or in memory. */
#include "engine/attach.h"
#include "engine/calendar.h"
#include "engine/duty_sum.h"
#include "engine/engine_int.h"
#include "engine/explain.h"
#include "engine/publish_records.h"
#include "engine/scenario.h"
#include "ledger/canon.h"
#include "ledger/note.h"
#include "model/ddl.h"

#include <string.h>

static err make_tables(struct db *db, struct arena *a, const struct engine_options *opt,
                       int64_t now)
{
    size_t n;
    const struct migration *list = schema_migrations(&n);
    err e = db_migrate(db, a, list, n);
    if (!e.code) {
        e = schema_search(db, a);
    }
    if (!e.code) {
        e = schema_put_store(db, a);
    }
    return e.code ? e
                  : ledger_create(db, a, opt->origin.len ? opt->origin : STR("zhidu.local/ledger"),
                                  now);
}

/* Version, epoch and one ledger entry per regulation. */
err engine_put_law(struct engine *e, struct db *db, struct arena *a, const struct sources *s,
                   int64_t epoch, int64_t actor, int64_t now)
{
    struct ledger_act *la = ledger_act(e->ledger, a, now);
    struct batch *b = batch_begin(db, a);
    for (size_t i = 0; i < s->len; i++) {
        const struct source *x = &s->ptr[i];
        if (x->epoch != epoch) {
            continue;
        }
        batch_add(b,
                  SQL("insert into law(reg, version, epoch, published_at, published_by, text_zh,"
                      " text_en, definition, examples, records, overrides)"
                      " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
                  ARGS(db_text(x->name), db_i64(x->version), db_i64(epoch), db_i64(now),
                       db_i64(actor), db_text(x->text_zh), db_text(x->text_en),
                       db_text(x->definition), db_text(x->examples), db_text(x->records),
                       db_text(x->overrides)));
        struct canon *c = canon_make(a);
        canon_str(c, STR("definition"), x->definition);
        canon_str(c, STR("overrides"), x->overrides);
        canon_str(c, STR("regulation"), x->name);
        canon_str(c, STR("text_en"), x->text_en);
        canon_str(c, STR("text_zh"), x->text_zh);
        canon_i64(c, STR("version"), x->version);
        str body;
        err r = canon_end(c, &body);
        if (r.code) {
            return r;
        }
        struct ledger_new entry = {
            .type = ENTRY_LAW,
            .actor = actor ? str_fmt(a, "person:%lld", (long long)actor) : STR("clock"),
            .object = str_fmt(a, "law:%.*s:%d", STR_ARG(x->name), x->version),
            .payload = body};
        ledger_append(la, &entry);
    }
    batch_add(b,
              SQL("insert into installation(key, value) values ('epoch', $1)"
                  " on conflict (key) do update set value = excluded.value"),
              ARGS(db_text(str_fmt(a, "%lld", (long long)epoch))));
    ledger_put(la, b);
    return batch_run(b);
}

/* Of a folder, whose name is that of its regulation. */
static str last_name(str path)
{
    size_t at = path.len;
    while (at && path.ptr[at - 1] != '/') {
        at--;
    }
    return str_from_n(path.ptr + at, path.len - at);
}

static err first_publication(struct engine *e, struct db *db, struct arena *a,
                             const struct sources *s, struct diags *d, int64_t now)
{
    struct sources own = {.ptr = arena_array(a, struct source, s->len + 1), .len = s->len};
    for (size_t i = 0; i < s->len; i++) {
        own.ptr[i] = s->ptr[i];
        own.ptr[i].epoch = 1;
        own.ptr[i].version = 1;
        own.ptr[i].published_at = now;
        own.ptr[i].name = last_name(own.ptr[i].name);
    }
    struct held_model *h;
    err r = engine_build(e, a, &own, 1, d, &h);
    if (!r.code) {
        r = explain_model(h->model, d);
    }
    if (!r.code && d->errors) {
        r = err_make(ERR_RULE, STR("a condition walks a whole table"));
    }
    if (!r.code) {
        r = ddl_apply(db, a, h->model);
    }
    if (!r.code) {
        db_write_begin(db);
        r = engine_put_law(e, db, a, &own, 1, 0, now);
        if (r.code) {
            db_rollback(db);
        } else {
            r = db_commit(db, a);
        }
    }
    if (!r.code) {
        e->now.model = e->current = h;
    }
    return r;
}

static err open_ledger(struct engine *e, struct db *db, struct arena *a)
{
    err r = ledger_open(e->life, db, a, &e->ledger);
    struct rows last;
    if (!r.code) {
        r = db_query(db, a,
                     SQL("select signed_at from ledger_checkpoint order by size desc limit 1"),
                     NO_ARGS, &last);
    }
    if (!r.code) {
        e->seen.checkpoint_at = rows_next(&last) ? rows_i64(&last, 0) : 0;
    }
    if (!r.code && e->opt.seal) {
        e->seal = arena_new(e->life, struct seal);
        seal_make(e->seal, e->opt.seal, e->ledger);
    }
    return r;
}

/* Those whose records are the calendar's days, or all the others. */
static err bring_some(struct engine *e, struct arena *a, const struct sources *s, struct diags *d,
                      bool days)
{
    const struct type *day = e->current->model->calendar_day;
    str calendar = day ? day->newest->law->reg->key : STR("");
    size_t before = d->errors;
    for (size_t i = 0; i < s->len; i++) {
        if (str_eq(last_name(s->ptr[i].name), calendar) != days) {
            continue;
        }
        int64_t made;
        str file = str_fmt(a, "%.*s/records.yaml", STR_ARG(s->ptr[i].name));
        err r = scenario_records(e, a, s->ptr[i].records, file, d, &made);
        if (r.code || d->errors > before) {
            return r.code ? r : err_make(ERR_RULE, STR("records.yaml"));
        }
    }
    return OK;
}

/* The records the regulations bring along: first the days, by which the others may count. */
static err bring_records(struct engine *e, struct arena *a, const struct sources *s,
                         struct diags *d)
{
    err r = bring_some(e, a, s, d, true);
    r = r.code ? r : bring_some(e, a, s, d, false);
    return r.code ? r : calendar_fill(e); /* where they were days alone, or none */
}

err engine_open_memory(struct arena *life, const struct sources *s,
                       const struct engine_options *opt, struct diags *d, struct engine **ret)
{
    struct engine *e = engine_make(life, opt, true);
    struct arena *a = &e->tick;
    str url = opt->url.len ? opt->url : STR("sqlite::memory:");
    struct db_options o = opt->db;
    o.writer = true;
    err r = db_open(life, url, o, &e->db);
    int64_t now = engine_now(e);
    if (!r.code) {
        r = make_tables(e->db, a, opt, now);
    }
    if (!r.code) {
        r = open_ledger(e, e->db, a);
    }
    if (!r.code) {
        r = first_publication(e, e->db, a, s, d, now);
    }
    if (!r.code) {
        r = bring_records(e, life, s, d);
    }
    if (!r.code) {
        *ret = e;
    } else {
        r.detail = str_copy(life, r.detail);
    }
    return r;
}

err engine_init(struct arena *life, const struct engine_options *opt, const struct sources *s,
                struct diags *d, struct engine **ret)
{
    struct engine *e = engine_make(life, opt, false);
    struct arena *a = &e->tick;
    struct arena side = arena_make(256u << 20);
    struct db_options o = opt->db;
    o.writer = true;
    struct db *db;
    err r = db_open(&side, opt->url, o, &db);
    int64_t now = engine_now(e);
    e->db = r.code ? NULL : db;
    if (!r.code) {
        r = make_tables(db, a, opt, now);
    }
    if (!r.code) {
        r = open_ledger(e, db, a);
    }
    if (!r.code) {
        r = first_publication(e, db, a, s, d, now);
    }
    arena_end(&side);
    e->db = NULL;
    if (!r.code && opt->data_dir.len) {
        attach_tidy(a, opt->data_dir);
    }
    if (!r.code) {
        r = engine_start(e);
    }
    if (!r.code) {
        r = bring_records(e, life, s, d);
    }
    if (!r.code) {
        r = engine_clocks(e);
    }
    if (!r.code) {
        *ret = e;
    } else {
        r.detail = str_copy(life, r.detail);
        engine_stop(e);
    }
    return r;
}

err engine_open(struct arena *life, const struct engine_options *opt, struct engine **ret)
{
    struct engine *e = engine_make(life, opt, false);
    struct arena *a = &e->tick;
    struct arena side = arena_make(256u << 20);
    struct db_options o = opt->db;
    o.writer = true;
    struct rows rows;
    err r = db_open(&side, opt->url, o, &e->db);
    if (!r.code) {
        size_t n;
        const struct migration *list = schema_migrations(&n);
        r = db_migrate(e->db, a, list, n);
    }
    if (!r.code) {
        r = db_query(e->db, a, SQL("select value from installation where key = 'epoch'"), NO_ARGS,
                     &rows);
    }
    int64_t epoch = 0;
    if (!r.code && (!rows_next(&rows) || !str_to_i64(rows_text(&rows, 0), &epoch))) {
        r = err_make(ERR_NOT_FOUND, STR("no installation here: zhidu init makes one"));
    }
    if (!r.code) {
        r = engine_load(e, e->db, a, epoch, &e->current);
        e->now.model = e->current;
    }
    if (!r.code) {
        r = duty_sum_open(e->db, a, e->now.model->model);
    }
    if (!r.code) {
        r = open_ledger(e, e->db, a);
    }
    if (!r.code) {
        struct batch *b = batch_begin(e->db, a);
        int last = engine_last_id_ask(b);
        r = batch_run(b);
        if (!r.code) { /* whatever the clock says now */
            uid_after(&e->ids, engine_last_id_read(b, last));
        }
    }
    arena_end(&side);
    e->db = NULL;
    if (!r.code) {
        r = engine_start(e);
    }
    if (!r.code) {
        publish_records_resume(e);
        r = engine_clocks(e);
    }
    if (!r.code) {
        *ret = e;
    } else {
        r.detail = str_copy(life, r.detail);
        engine_stop(e);
    }
    return r;
}

err engine_scratch_begin(struct engine *e, struct arena *a)
{
    e->scratch_edge = e->ledger->edge;
    return db_scratch_begin(e->db, a);
}

err engine_scratch_end(struct engine *e, struct arena *a)
{
    e->ledger->edge = e->scratch_edge;
    return db_scratch_end(e->db, a);
}
