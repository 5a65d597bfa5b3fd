/* act.c - the door: an act is checked, handed to the writer, performed. */
#include "engine/act.h"

#include "base/enc.h"
#include "engine/approve_int.h"
#include "engine/attach.h"
#include "engine/digest.h"
#include "engine/guard.h"
#include "engine/part.h"
#include "engine/perform_int.h"
#include "engine/reading.h"
#include "engine/record_load.h"
#include "engine/view_int.h"

#include <sodium.h>
#include <string.h>

/* --- files ---------------------------------------------------------------------------------- */

str attach_path(struct arena *a, str dir, str sha)
{
    return str_fmt(a, "%.*s/blobs/%.2s/%.*s", STR_ARG(dir), sha.ptr, (int)sha.len - 2, sha.ptr + 2);
}

static str sha256_hex(struct arena *a, str bytes)
{
    unsigned char h[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(h, (const unsigned char *)bytes.ptr, bytes.len);
    return enc_hex(a, str_from_n((const char *)h, sizeof(h)));
}

static str file_hash(struct arena *a, const struct act_file *f)
{
    return f->sha256.len ? f->sha256 : sha256_hex(a, f->bytes);
}

err perform_files(struct doing *d, int64_t record, const struct type *t, int64_t act)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < d->act->nfiles; i++) {
        const struct act_file *f = &d->act->files[i];
        str sha = file_hash(d->a, f);
        bool of_row = str_has(f->field, STR("."));
        int64_t id = d->files && d->files[i] ? d->files[i] : engine_id(d->e, d->act->now);
        if (of_row && !(d->files && d->files[i])) {
            return refuse_value(d->a, NULL, f->field,
                                WORDS("附件所属的行没有一并提交",
                                      "the row of the file was not sent along with it"));
        }
        if (d->e->memory) {
            e = db_queue(d->ctx->db, d->a,
                         SQL("insert into blob(sha256, size, body) values ($1, $2, $3)"
                             " on conflict do nothing"),
                         ARGS(db_text(sha), db_i64((int64_t)f->bytes.len), db_blob(f->bytes)));
        }
        str name = f->name.len && str_utf8_ok(f->name) ? f->name : STR("file");
        struct file_row row = {.id = id,
                               .record = record,
                               .type = t->code,
                               .act = act,
                               .size = (int64_t)f->bytes.len,
                               .at = d->ctx->now,
                               .person = d->act->actor,
                               .field = f->field,
                               .name = name,
                               .mime = f->mime,
                               .sha256 = sha,
                               .no_field = !f->field.len};
        history_piece(d, record, STR("attachment"), id)->digest =
            digest_file(d->e->ledger->hasher, &row);
        e = e.code
                ? e
                : db_queue(d->ctx->db, d->a,
                           SQL("insert into attachment(id, record, type, act, field, name, mime,"
                               " size, sha256, at, person) values ($1, $2, $3, $4, $5, $6, $7, $8,"
                               " $9, $10, $11)"),
                           ARGS(db_i64(id), db_i64(record), db_i64(t->code), db_i64(act),
                                f->field.len ? db_text(f->field) : db_null_text(), db_text(name),
                                db_text(f->mime), db_i64((int64_t)f->bytes.len), db_text(sha),
                                db_i64(d->ctx->now), db_i64(d->act->actor)));
    }
    return e;
}

/* --- performing ----------------------------------------------------------------------------- */

static void hash_text(struct buf *b, str s)
{
    buf_put_fmt(b, "%zu:", s.len);
    buf_put(b, s);
}

static void hash_value(struct buf *b, const struct value_in *v)
{
    hash_text(b, v->field);
    buf_put_fmt(b, "%d%zu,%zu|", v->null, v->nitems, v->nrows);
    hash_text(b, v->text);
    for (size_t i = 0; i < v->nitems; i++) {
        hash_text(b, v->items[i]);
    }
    for (size_t i = 0; i < v->nrows; i++) {
        buf_put_fmt(b, "%lld,%d,%zu|", (long long)v->rows[i].id, v->rows[i].remove,
                    v->rows[i].nvalues);
        for (size_t k = 0; k < v->rows[i].nvalues; k++) {
            hash_value(b, &v->rows[i].values[k]);
        }
    }
}

/* What a key stands for: everything the caller gave, each text with its length. */
static str act_hash(struct arena *a, const struct act *act)
{
    struct buf b = buf_make(a, 8 << 20);
    buf_put_fmt(&b, "%lld|", (long long)act->record);
    hash_text(&b, act->type);
    hash_text(&b, act->action);
    hash_text(&b, act->note);
    for (size_t i = 0; i < act->nvalues; i++) {
        hash_value(&b, &act->values[i]);
    }
    for (size_t i = 0; i < act->nfiles; i++) {
        hash_text(&b, act->files[i].field);
        hash_text(&b, act->files[i].name);
        hash_text(&b, file_hash(a, &act->files[i]));
    }
    return sha256_hex(a, buf_str(&b));
}

static err repeated(struct doing *d, struct act *act, str hash, bool *ret)
{
    *ret = false;
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int place = -1;
    if (act->key.len) {
        place =
            batch_add(b, SQL("select hash, act, record from idem where actor = $1 and key = $2"),
                      ARGS(db_i64(act->actor), db_text(act->key)));
    }
    bool own = act->actor && !d->quiet && !(act->flags & ACT_FOLLOWS);
    int reads = own ? reading_ask(d->ctx, b) : -1;
    struct foresight *f = foresee_ask(d, b);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    d->ctx->reading = reading_read(b, reads);
    if (d->ctx->reading.on) {
        return reading_refused(d->ctx);
    }
    foresee_read(d, b, f);
    if (place < 0) {
        return OK;
    }
    struct rows r = batch_rows(b, place);
    if (!rows_next(&r)) {
        return OK;
    }
    if (!str_eq(rows_text(&r, 0), hash)) {
        return err_make(ERR_VALUE, STR("the same key with another content"));
    }
    act->ret_act = rows_i64(&r, 1);
    act->ret_record = rows_i64(&r, 2);
    act->ret_repeated = *ret = true;
    return OK;
}

static void answer(struct doing *d, struct act *act, int64_t record)
{
    act->ret_record = record;
    act->ret_act = d->nacts ? d->acts[0].id : 0;
    act->ret_state = -1;
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].id == record) {
            act->ret_ver = d->list[i].now[COL_VER].i;
            act->ret_state = d->list[i].now[COL_STATE].null ? -1 : d->list[i].now[COL_STATE].i;
            act->ret_number = d->list[i].now[COL_NUMBER].s;
            act->ret_name = d->list[i].now[COL_NAME].s;
        }
    }
}

/* A repetition is told what the first one was; the record may have moved on. */
static err answer_again(struct doing *d, struct act *act)
{
    const struct type *t = model_type(d->h->model, act->type);
    int64_t first = act->ret_act;
    struct touched *x;
    if (t && act->ret_record) {
        err e = perform_touch(d, t, act->ret_record, &x);
        if (e.code) {
            return e;
        }
        answer(d, act, act->ret_record);
    }
    act->ret_act = first;
    return OK;
}

static err outermost(struct doing *d, struct act *act, int64_t *record)
{
    bool builtin = false;
    err e = perform_builtin(d, &builtin);
    *record = act->record;
    if (e.code || builtin) {
        return e;
    }
    const struct type *t = model_type(d->h->model, act->type);
    if (!t) {
        return err_make(ERR_NOT_FOUND, STR("type"));
    }
    if (act->record && act->ver) {
        struct touched *x;
        e = perform_touch(d, t, act->record, &x);
        if (!e.code && x->now[COL_VER].i != act->ver) {
            e = err_make(ERR_STALE, STR("the record has changed"));
        }
        if (e.code) {
            return e;
        }
    }
    struct call c = {.type = t,
                     .action = act->action,
                     .record = act->record,
                     .values = act->values,
                     .nvalues = act->nvalues,
                     .door = !(act->flags & ACT_FOLLOWS),
                     .cause = act->note.len && !act->actor ? act->note : STR("")};
    e = perform_call(d, &c, record);
    e = e.code ? e : perform_files(d, *record, t, d->acts[0].id);
    return e.code || !act->follows ? e : approve_carried(d, act->follows);
}

err act_perform(struct ctx *ctx, struct act *act)
{
    struct doing *d = arena_new(ctx->arena, struct doing);
    d->ctx = ctx;
    d->e = ctx->engine;
    d->h = ctx->engine->now.model;
    d->act = act;
    d->a = ctx->arena;
    d->quiet = (act->flags & ACT_IMPORT) != 0;
    ctx->model = d->h->model;
    ctx->writer = true;
    str hash = act->hash.len || !act->key.len ? act->hash : act_hash(d->a, act);
    bool again;
    int64_t record = 0;
    err e = repeated(d, act, hash, &again);
    if (e.code || again) {
        return e.code ? e : answer_again(d, act);
    }
    e = outermost(d, act, &record);
    if (!e.code && act->key.len) {
        e = db_queue(ctx->db, d->a,
                     SQL("insert into idem(actor, key, hash, act, record, at)"
                         " values ($1, $2, $3, $4, $5, $6)"),
                     ARGS(db_i64(act->actor), db_text(act->key), db_text(hash),
                          db_i64(d->nacts ? d->acts[0].id : 0), db_i64(record), db_i64(act->now)));
    }
    if (!e.code) {
        e = perform_finish(d);
    }
    if (!e.code) {
        e = db_flush(ctx->db, d->a);
    }
    if (!e.code) {
        answer(d, act, record);
    }
    if (!e.code && d->follow) {
        e = approve_follow(d, act);
    }
    return perform_conflict(d, e);
}

bool act_is_refusal(err e)
{
    return e.why || e.code == ERR_RULE || e.code == ERR_DENIED || e.code == ERR_VALUE ||
           e.code == ERR_LIMIT || e.code == ERR_NOT_FOUND || e.code == ERR_INVALID ||
           e.code == ERR_CONFLICT || e.code == ERR_STALE || e.code == ERR_TOO_LARGE;
}

err act_try(struct ctx *ctx, struct act *act, err *refused)
{
    struct engine *e = ctx->engine;
    struct ledger_edge edge = e->ledger->edge;
    *refused = OK;
    db_savepoint(ctx->db);
    err x = act_perform(ctx, act);
    if (!x.code) {
        db_release(ctx->db);
        return OK;
    }
    if (!act_is_refusal(x) || !db_in_write(ctx->db)) {
        return x;
    }
    err undone = db_rollback_to(ctx->db);
    if (undone.code) {
        return undone;
    }
    e->ledger->edge = edge;
    *refused = x;
    return OK;
}

/* --- the writer's job ----------------------------------------------------------------------- */

static struct words copy_words(struct arena *a, struct words w)
{
    return (struct words){str_copy(a, w.zh), str_copy(a, w.en)};
}

/* The answer outlives the writer's arena: it is copied into the act's. */
static err copy_err(struct arena *a, err e)
{
    err r = {.code = e.code, .detail = str_copy(a, e.detail)};
    if (e.why) {
        struct refusal *why = arena_new(a, struct refusal);
        *why = *e.why;
        why->what = copy_words(a, e.why->what);
        why->remedy = copy_words(a, e.why->remedy);
        struct field_error *fs = arena_array(a, struct field_error, e.why->nfields + 1);
        for (size_t i = 0; i < e.why->nfields; i++) {
            fs[i].field = str_copy(a, e.why->fields[i].field);
            fs[i].words = copy_words(a, e.why->fields[i].words);
        }
        why->fields = fs;
        r.why = why;
    }
    return r;
}

/* In an arena of its own, because the act's belongs to another thread.  Where it finds no
 * room, the act ends as any that needs too much memory: at the writer's place. */
static err keep_answer(struct act *act, const struct arena *writers, err e)
{
    str number = act->ret_number;
    str name = act->ret_name;
    act->ret_number = act->ret_name = STR("");
    act->out->full = writers->full;
    act->out->full_arg = writers->full_arg;
    act->ret_number = str_copy(act->out, number);
    act->ret_name = str_copy(act->out, name);
    err kept = copy_err(act->out, e);
    act->out->full = NULL;
    return kept;
}

/* A vote that is refused is undone alone, and that it was refused is an act of its own. */
static err perform_vote(struct ctx *ctx, struct act *act)
{
    struct ctx again = *ctx;
    err e = act_try(ctx, act, &act->refused);
    if (e.code || !act->refused.code) {
        return e;
    }
    bool done;
    e = approve_note_refused(&again, act, act->refused, &done);
    if (e.code || !done) {
        e = e.code && !act_is_refusal(e) ? e : act->refused;
        act->refused = OK;
    }
    return e;
}

static struct act *act_of(struct writer_job *job)
{
    return (struct act *)((char *)job - offsetof(struct act, job));
}

err act_job_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct act *act = act_of(job);
    struct engine *e = world;
    act->ret_record = act->ret_act = act->ret_ver = 0; /* of an earlier run */
    act->ret_number = act->ret_name = STR("");
    act->ret_repeated = false;
    act->refused = OK;
    struct ctx ctx = ctx_make(e, e->now.model->model, db, a, act->at ? act->at : act->now,
                              act->actor, act->lang);
    err r = approve_is_vote(act->action) ? perform_vote(&ctx, act) : act_perform(&ctx, act);
    if (act->held && act->held != e->now.model) { /* the answer points into this one */
        engine_hold_this(e, e->now.model);
        engine_unhold(e, act->held);
        act->held = e->now.model;
    }
    if (act->refused.code) {
        act->refused = keep_answer(act, a, act->refused);
        return r;
    }
    return keep_answer(act, a, r);
}

static void act_job_done(struct writer_job *job, err result)
{
    struct act *act = act_of(job);
    act->result = result.code ? result : act->refused;
    if (act->done) {
        act->done(act);
    }
}

static void release_act(void *arg)
{
    struct act *act = arg;
    if (act->out) {
        arena_end(act->out);
        act->out = NULL;
    }
    if (act->held) {
        engine_unhold(act->engine, act->held);
        act->held = NULL;
    }
}

/* What takes time is done here, on the caller's thread. */
static void hash_all(struct act *act)
{
    struct act_file *files =
        act->nfiles ? arena_array(act->arena, struct act_file, act->nfiles) : NULL;
    for (size_t i = 0; i < act->nfiles; i++) {
        files[i] = act->files[i];
        files[i].sha256 = file_hash(act->arena, &files[i]);
    }
    act->files = files;
    act->hash = act->key.len ? act_hash(act->arena, act) : STR("");
}

static void prepare(struct engine *e, struct act *act)
{
    if (act->arena) {
        hash_all(act);
    }
    act->engine = e;
    act->job = (struct writer_job){.run = act_job_run, .done = act_job_done};
    if (act->out) { /* submitted before */
        arena_reset(act->out);
        engine_unhold(e, act->held);
        act->held = engine_hold(e);
    } else if (act->arena) {
        act->out = arena_new(act->arena, struct arena);
        *act->out = arena_make_in(act->arena->pool, 1 << 20);
        arena_defer(act->arena, release_act, act);
        act->held = engine_hold(e);
    }
}

err act_submit(struct engine *e, struct act *act)
{
    prepare(e, act);
    if (e->memory) {
        err r = engine_run(e, &act->job);
        (void)r; /* done has it */
        return OK;
    }
    return writer_submit(e->writer, &act->job);
}

err act_call(struct engine *e, struct act *act)
{
    void (*done)(struct act *) = act->done;
    prepare(e, act);
    act->done = NULL;
    err r = engine_run(e, &act->job);
    act->result = r.code ? r : act->refused;
    act->done = done;
    return act->result;
}
