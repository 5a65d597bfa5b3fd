/* draw.c - a sample, drawn again. */
#include "engine/draw.h"

#include "base/buf.h"
#include "base/enc.h"
#include "engine/engine_int.h"
#include "ledger/canon.h"
#include "ledger/note.h"
#include "ledger/sample.h"
#include "model/control.h"

static const struct value *said(const struct record *rec, const struct field *f)
{
    for (size_t i = 0; i < rec->nfields; i++) {
        const struct record_field *x = &rec->fields[i];
        if (str_eq(x->field->key, f->key)) {
            return x->value.null ? NULL : &x->value;
        }
    }
    return NULL;
}

static int64_t said_i64(const struct record *rec, const struct field *f)
{
    const struct value *v = said(rec, f);
    return v ? v->i64 : 0;
}

static str said_text(const struct record *rec, const struct field *f)
{
    const struct value *v = said(rec, f);
    return v ? v->text : STR("");
}

/* Of the act's changes (engine/history.c): one that names this field. */
static str changed(struct arena *a, const struct field *f)
{
    struct buf b = buf_make(a, 500);
    buf_put(&b, STR("%{\"f\":\""));
    for (size_t i = 0; i < f->key.len; i++) {
        buf_put_fmt(&b, "%s%c", f->key.ptr[i] == '_' ? "!" : "", f->key.ptr[i]);
    }
    buf_put(&b, STR("\",%"));
    return buf_str(&b);
}

static err read_ledger(const struct ctx *ctx, const struct record *rec, struct draw *d)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b,
              SQL("select e.control, e.n, e.at, p.body from evidence e left join ledger_payload p"
                  " on p.seq = e.seq where e.seq = $1"),
              ARGS(db_i64(d->entry)));
    batch_add(b, SQL("select note, signed_at from ledger_checkpoint where size = $1"),
              ARGS(db_i64(d->checkpoint)));
    batch_add(b,
              SQL("select seq, at from act where record = $1 and changes like $2 escape '!'"
                  " order by id desc limit 1"),
              ARGS(db_i64(rec->id), db_text(changed(ctx->arena, rec->type->newest->draw->nonce))));
    batch_add(b,
              SQL("select size, note from ledger_checkpoint where size > (select seq from act"
                  " where record = $1 and changes like $2 escape '!' order by id desc limit 1)"
                  " order by size limit 1"),
              ARGS(db_i64(rec->id), db_text(changed(ctx->arena, rec->type->newest->draw->nonce))));
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct canon_value root;
    struct rows r = batch_rows(b, 0);
    if (rows_next(&r)) {
        d->control_key = rows_text(&r, 0);
        d->control = model_control(ctx->model, d->control_key);
        d->n = rows_i64(&r, 1);
        d->sealed_at = rows_i64(&r, 2);
        bool some =
            !rows_null(&r, 3) && canon_find(rows_text(&r, 3), STR("population_root"), &root);
        d->population = some ? canon_text(ctx->arena, root) : STR("");
    }
    r = batch_rows(b, 1);
    if (rows_next(&r)) {
        d->note = rows_text(&r, 0);
        d->signed_at = rows_i64(&r, 1);
    }
    r = batch_rows(b, 2);
    if (d->nonce.len && rows_next(&r) && !rows_null(&r, 0)) {
        d->stated = rows_i64(&r, 0);
        d->stated_at = rows_i64(&r, 1);
    }
    r = batch_rows(b, 3);
    struct note_checkpoint first;
    if (d->stated && rows_next(&r) && !note_parse(rows_text(&r, 1), &first).code) {
        d->first = rows_i64(&r, 0);
        d->first_note = rows_text(&r, 1);
        d->first_root = enc_base64(ctx->arena, hash_str(&first.root));
    }
    return OK;
}

static void wrong(struct draw *d, bool is, struct words why)
{
    if (is) {
        d->wrong[d->nwrong++] = why;
    }
}

/* The seed and the places, from what the ledger says alone. */
static void reckon(const struct ctx *ctx, struct draw *d, const struct note_checkpoint *cp)
{
    struct hasher *h = hash_make(ctx->arena);
    struct hash seed = sample_seed(h, &cp->root, d->nonce, d->campaign, d->control_key);
    int most = d->size < SAMPLE_MAX ? (int)d->size : SAMPLE_MAX;
    d->reckoned = enc_hex(ctx->arena, hash_str(&seed));
    d->places = arena_array(ctx->arena, int64_t, (size_t)most + 1);
    d->nplaces = (size_t)sample_draw(h, &seed, d->n, most, d->places);
}

static void judge(const struct ctx *ctx, struct draw *d)
{
    struct note_checkpoint cp = {0};
    bool known = d->note.len && !note_parse(d->note, &cp).code;
    bool nonce_ok = sample_text_ok(d->nonce) && sample_text_ok(d->campaign);
    wrong(d, d->entry && !d->population.len,
          WORDS("所填的存证条目不是一份证据包，没有封存总体。",
                "The entry given is not that of an evidence package: it seals no population."));
    wrong(d, d->stated && d->population.len && d->stated <= d->entry,
          WORDS("随机数不是在总体封存之后登记的。",
                "The nonce was not entered after the population was sealed."));
    wrong(d, d->checkpoint && !known,
          WORDS("本系统的存证日志没有这样大小的检查点。",
                "The ledger here has no checkpoint of that size."));
    wrong(d, known && d->root.len && !str_eq(d->root, enc_base64(ctx->arena, hash_str(&cp.root))),
          WORDS("所填的根不是该检查点的根。", "The root given is not that of the checkpoint."));
    wrong(d, known && d->stated && cp.size <= d->stated,
          WORDS("检查点早于随机数：签署时尚未登记随机数。",
                "The checkpoint is earlier than the nonce: it was signed before the nonce was"
                " entered."));
    wrong(d, known && d->first && cp.size > d->first,
          words_fmt(ctx->arena,
                    "检查点不是随机数登记以后签署的第一个；第一个为 %lld 条，根为 %.*s。",
                    "The checkpoint is not the first that was signed after the nonce was entered;"
                    " that one has %lld entries and the root %.*s.",
                    (long long)d->first, STR_ARG(d->first_root)));
    if (d->population.len && known && nonce_ok && d->size > 0) {
        reckon(ctx, d, &cp);
    }
    wrong(
        d, d->seed.len && d->reckoned.len && !str_eq(d->seed, d->reckoned),
        WORDS("所填的种子不是由这些算出的种子。", "The seed given is not what these things give."));
    bool all = d->stated && d->root.len && d->seed.len && d->reckoned.len;
    d->state = d->nwrong ? DRAW_BROKEN : all ? DRAW_HOLDS : DRAW_BEGUN;
}

err draw_of(const struct ctx *ctx, const struct record *rec, struct draw *ret)
{
    const struct draw_fields *f = rec->type->newest->draw;
    *ret = (struct draw){.campaign = rec->number,
                         .nonce = said_text(rec, f->nonce),
                         .root = said_text(rec, f->root),
                         .seed = said_text(rec, f->seed),
                         .entry = said_i64(rec, f->entry),
                         .size = said_i64(rec, f->size),
                         .checkpoint = said_i64(rec, f->checkpoint)};
    if (!ret->nonce.len && !ret->seed.len && !ret->entry) {
        return OK;
    }
    err e = read_ledger(ctx, rec, ret);
    if (!e.code) {
        judge(ctx, ret);
    }
    return e;
}

static void put_quoted(struct buf *b, str s)
{
    buf_put(b, STR("'"));
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'') {
            buf_put(b, STR("'\\''"));
        } else {
            buf_put(b, str_from_n(s.ptr + i, 1));
        }
    }
    buf_put(b, STR("'"));
}

str draw_command(struct arena *a, const struct draw *d)
{
    if (!d->reckoned.len) {
        return STR("");
    }
    struct buf b = buf_make(a, 4 * SAMPLE_TEXT_MAX * 2 + 500);
    buf_put(&b, STR("zhidu-verify key.txt evidence.zip --sample checkpoint.txt --nonce "));
    put_quoted(&b, d->nonce);
    buf_put(&b, STR(" --campaign "));
    put_quoted(&b, d->campaign);
    buf_put_fmt(&b, " --draw %zu", d->nplaces);
    return buf_str(&b);
}
