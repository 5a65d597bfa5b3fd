/* api_law.c - regulations to read, and the ledger to check. */
#include "api/api_int.h"
#include "base/enc.h"
#include "ledger/ledger.h"

/* --- regulations -------------------------------------------------------------------- */

static void open_law(struct visit *v, struct json *j, const struct law *l)
{
    json_open(j, '{');
    JSON_STR(j, "key", l->reg->key);
    json_key(j, STR("title"));
    api_put_words(j, l->title);
    JSON_I64(j, "version", l->version);
    json_key(j, STR("published_at"));
    api_put_time(v, j, l->published_at);
    JSON_I64(j, "clauses_count", (int64_t)l->nclauses);
}

void api_regulations(struct visit *v)
{
    struct json j = api_items(v);
    for (size_t i = 0; i < v->model->nregs; i++) {
        open_law(v, &j, v->model->regs[i]->newest);
        json_close(&j, '}');
    }
    api_items_end(v, &j);
}

static void put_clause_whole(struct visit *v, struct json *j, const struct clause *c)
{
    json_open(j, '{');
    JSON_STR(j, "id", c->id);
    json_key(j, STR("no"));
    api_put_words(j, c->no);
    json_key(j, STR("title"));
    api_put_words(j, c->title);
    json_key(j, STR("chapter"));
    api_put_words(j, c->chapter);
    json_key(j, STR("text"));
    api_put_words(j, c->text);
    JSON_STR(j, "executed",
             c->cited                                              ? STR("yes")
             : c->attested || c->manual.zh.len || c->manual.en.len ? STR("manual")
                                                                   : STR("not-executable"));
    json_close(j, '}');
    (void)v;
}

static void put_setting(struct json *j, const struct setting *s)
{
    json_open(j, '{');
    JSON_STR(j, "key", s->key);
    json_key(j, STR("title"));
    api_put_words(j, s->words);
    JSON_STR(j, "value", s->written);
    JSON_BOOL(j, "local", s->local);
    json_key(j, STR("clause"));
    s->clause ? json_str(j, s->clause->id) : json_nil(j);
    json_close(j, '}');
}

/* The version asked for (?version=N), else the one in force. */
static const struct law *law_asked(struct visit *v)
{
    const struct reg *r = model_reg(v->model, v->seg[0]);
    int64_t n = 0;
    err e = r ? api_number(v, STR("version"), r->newest->version, INT32_MAX, &n)
              : err_make(ERR_NOT_FOUND, STR("regulation"));
    for (size_t i = 0; !e.code && i < r->nlaws; i++) {
        if (r->laws[i]->version == n) {
            return r->laws[i];
        }
    }
    visit_error(v, e.code ? e : err_make(ERR_NOT_FOUND, STR("version")));
    return NULL;
}

void api_regulation(struct visit *v)
{
    const struct law *l = law_asked(v);
    if (!l) {
        return;
    }
    struct json j = api_begin(v);
    open_law(v, &j, l);
    json_key(&j, STR("preface"));
    api_put_words(&j, l->preface);
    json_key(&j, STR("clauses"));
    json_open(&j, '[');
    for (size_t i = 0; i < l->nclauses; i++) {
        put_clause_whole(v, &j, &l->clauses[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("settings"));
    json_open(&j, '[');
    for (size_t i = 0; i < l->nsettings; i++) {
        put_setting(&j, &l->settings[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("types"));
    json_open(&j, '[');
    for (size_t i = 0; i < l->ntdefs; i++) {
        if (!l->tdefs[i]->type->lines) {
            json_str(&j, l->tdefs[i]->type->key);
        }
    }
    json_close(&j, ']');
    json_key(&j, STR("versions"));
    json_open(&j, '[');
    for (size_t i = 0; i < l->reg->nlaws; i++) {
        json_i64(&j, l->reg->laws[i]->version);
    }
    json_close(&j, ']');
    json_close(&j, '}');
    api_end(v, 200, &j);
}

void api_clause(struct visit *v)
{
    const struct law *l = law_asked(v);
    const struct clause *c = l ? law_clause(l, v->seg[1]) : NULL;
    if (!l) {
        return;
    }
    if (!c) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("clause")));
        return;
    }
    struct json j = api_begin(v);
    put_clause_whole(v, &j, c);
    api_end(v, 200, &j);
}

/* --- the ledger -------------------------------------------------------------------------- */

void api_ledger(struct visit *v)
{
    struct ledger_view *view = NULL;
    struct note_checkpoint cp;
    str note = STR("");
    err e = ledger_view(v->ctx.db, v->ctx.arena, &view);
    if (!e.code) {
        e = ledger_view_checkpoint(view, -1, &note, &cp);
        e = e.code == ERR_NOT_FOUND ? OK : e;
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_STR(&j, "origin", ledger_view_origin(view));
    JSON_I64(&j, "size", ledger_view_size(view));
    json_key(&j, STR("checkpoint"));
    note.len ? json_str(&j, note) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

/* The entry named in the address, when its record may be seen; *whole: with what
 * stands in it. */
static err entry_asked(struct visit *v, int64_t *seq, struct record_ref *ref, bool *whole)
{
    if (!str_to_i64(v->seg[0], seq) || *seq < 0) {
        return err_make(ERR_NOT_FOUND, STR("entry"));
    }
    return record_by_seq(&v->ctx, *seq, ref, whole);
}

void api_entry(struct visit *v)
{
    int64_t seq = 0;
    bool whole = true;
    struct record_ref ref;
    struct ledger_entry entry;
    err e = entry_asked(v, &seq, &ref, &whole);
    e = e.code ? e : ledger_get(v->ctx.db, v->ctx.arena, seq, &entry);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_I64(&j, "seq", seq);
    JSON_STR(&j, "actor", entry.actor);
    JSON_STR(&j, "object", entry.object);
    json_key(&j, STR("recorded"));
    api_put_time(v, &j, entry.recorded_ms);
    JSON_STR(&j, "digest",
             enc_hex(v->ctx.arena, str_from_n((const char *)&entry.digest, sizeof(entry.digest))));
    JSON_BOOL(&j, "erased", entry.erased);
    JSON_BOOL(&j, "withheld", !entry.erased && !whole);
    JSON_STR(&j, "payload", entry.erased || !whole ? STR("") : entry.payload);
    json_key(&j, STR("record"));
    api_put_ref(&j, &ref);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

void api_entry_proof(struct visit *v)
{
    int64_t seq = 0;
    bool whole = true;
    struct record_ref ref;
    struct ledger_view *view = NULL;
    str text;
    err e = entry_asked(v, &seq, &ref, &whole);
    e = e.code ? e : ledger_view(v->ctx.db, v->ctx.arena, &view);
    e = e.code ? e : ledger_export(view, seq, whole, &text);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/plain; charset=utf-8"), .body = text, .file = -1};
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}
