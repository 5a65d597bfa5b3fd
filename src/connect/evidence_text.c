/* evidence_text.c - what a package says of its control: its text, its settings, its clause. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/evidence_int.h"
#include "engine/local.h"
#include "model/clause.h"

enum { TEXT_BYTES = 900 << 10 };

static void line(struct buf *b, const char *key, str value)
{
    buf_put_fmt(b, "%s: ", key);
    for (size_t i = 0; i < value.len; i++) {
        buf_put_c(b, value.ptr[i] == '\n' ? ' ' : value.ptr[i]);
    }
    buf_put_c(b, '\n');
}

static void both(struct buf *b, const char *key, struct words w)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.zh", key);
    line(b, name, w.zh);
    snprintf(name, sizeof(name), "%s.en", key);
    line(b, name, w.en);
}

static void put_def(struct buf *b, const struct cdef *d)
{
    static const char *const severities[SEVERITIES] = {"low", "medium", "high", "critical"};
    buf_put_fmt(b, "\n[version %d]\n", d->law->version);
    both(b, "title", d->words);
    line(b, "clause", d->clause ? d->clause->id : STR(""));
    both(b, "clause_no", d->clause ? d->clause->no : (struct words){0});
    line(b, "over", d->over->key);
    line(b, "where", d->where.tree ? d->where.text : STR("true"));
    line(b, "holds", d->holds.text);
    for (size_t i = 0; i < d->nreasons; i++) {
        const struct control_reason *r = &d->reasons[i];
        buf_put_fmt(b, "reason: %.*s when %.*s\n", STR_ARG(r->key),
                    STR_ARG(r->when.tree ? r->when.text : STR("otherwise")));
        both(b, "reason_words", r->words);
    }
    for (size_t i = 0; i < d->nshow; i++) {
        line(b, "show", d->show[i].path);
    }
    line(b, "grace", d->grace.tree ? d->grace.text : STR("none"));
    line(b, "fix_within", d->fix.tree ? d->fix.text : STR("none"));
    line(b, "severity", str_from(severities[d->severity]));
    buf_put_fmt(b, "expect: %lld\nenough: %d%%\nlaw: %s\n", (long long)d->expect, d->enough,
                cdef_judges_all(d) ? "now" : "of the record");
}

str evidence_control_text(struct arena *a, const struct control *c)
{
    struct buf b = buf_make(a, TEXT_BYTES);
    line(&b, "control", c->key);
    line(&b, "regulation", c->reg->key);
    if (cdef_judges_all(c->newest)) {
        put_def(&b, c->newest);
        return buf_str(&b);
    }
    for (size_t v = 0; v < c->ndefs; v++) { /* each record is judged by its own */
        if (c->defs[v]) {
            put_def(&b, c->defs[v]);
        }
    }
    return buf_str(&b);
}

/* All settings of the version that is in force, and where units have their own. */
err evidence_params_text(const struct ctx *ctx, const struct control *c, str *ret)
{
    const struct law *law = c->newest->law;
    struct buf b = buf_make(ctx->arena, TEXT_BYTES);
    line(&b, "regulation", law->reg->key);
    buf_put_fmt(&b, "version: %d\n", law->version);
    for (size_t i = 0; i < law->nsettings; i++) {
        const struct setting *s = &law->settings[i];
        struct local_value *list = NULL;
        size_t n = 0;
        if (s->list) {
            continue;
        }
        buf_put_fmt(&b, "setting: %.*s = %.*s\n", STR_ARG(s->key), STR_ARG(s->written));
        err e = s->local ? local_list(ctx, s, &list, &n) : OK;
        if (e.code) {
            return e;
        }
        for (size_t k = 0; k < n; k++) {
            buf_put_fmt(&b, "unit: %lld has %.*s = %lld\n", (long long)list[k].unit.id,
                        STR_ARG(s->key), (long long)list[k].i64);
        }
    }
    *ret = buf_str(&b);
    return OK;
}

err evidence_clause_text(const struct ctx *ctx, const struct control *c, str *ret)
{
    const struct law *law = c->newest->law;
    const struct clause *k = c->newest->clause;
    struct buf b = buf_make(ctx->arena, TEXT_BYTES);
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select published_at, published_by from law where reg = $1"
                         " and version = $2"),
                     ARGS(db_text(law->reg->key), db_i64(law->version)), &r);
    if (e.code) {
        return e;
    }
    line(&b, "regulation", law->reg->key);
    both(&b, "title", law->title);
    buf_put_fmt(&b, "version: %d\n", law->version);
    if (rows_next(&r)) {
        line(&b, "published_at", clock_iso(ctx->arena, rows_i64(&r, 0), ctx->model->zone_minutes));
        buf_put_fmt(&b, "published_by: person:%lld\n", (long long)rows_i64(&r, 1));
    }
    buf_put_fmt(&b, "ledger_object: law:%.*s:%d\n", STR_ARG(law->reg->key), law->version);
    if (k) {
        line(&b, "clause", k->id);
        buf_put_fmt(&b, "\n%.*s %.*s\n\n%.*s\n", STR_ARG(k->no.zh), STR_ARG(k->title.zh),
                    STR_ARG(k->text.zh));
        buf_put_fmt(&b, "\n%.*s %.*s\n\n%.*s\n", STR_ARG(k->no.en), STR_ARG(k->title.en),
                    STR_ARG(k->text.en));
    }
    *ret = buf_str(&b);
    return OK;
}
