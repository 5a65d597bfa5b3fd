/* document.c - a record as a document: headings, values, what was done. */
#include "connect/document.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/pdf.h"
#include "engine/approve_view.h"
#include "engine/value.h"

enum { VALUE_MAX = 64 << 10 };

/* For whom it is made, and what stands around it. */
struct making {
    const struct ctx *ctx;
    const struct document_place *place;
};

static str moment(const struct making *v, int64_t ms)
{
    return ms ? clock_minutes(v->ctx->arena, ms, v->ctx->model->zone_minutes) : STR("");
}

static str name_of(const struct record_ref *r)
{
    return r->name.len ? r->name : r->number;
}

static str say(const struct making *v, struct words w)
{
    return words_in(w, v->ctx->lang);
}

static void put_one(const struct making *v, struct buf *b, const struct record_field *f)
{
    for (size_t i = 0; i < f->nrefs; i++) {
        str name = name_of(&f->refs[i]);
        buf_put(b, i ? say(v, WORDS("、", ", ")) : STR(""));
        buf_put(b, name);
        if (f->refs[i].number.len && f->refs[i].visible && !str_eq(name, f->refs[i].number)) {
            buf_put_fmt(b, " (%.*s)", STR_ARG(f->refs[i].number));
        }
    }
    if (!f->nrefs && !f->value.null) {
        buf_put(b, value_show(v->ctx, f->field, &f->value, STR("")));
    }
}

/* The record itself, named in a row of its own: said already. */
static bool self(const struct record_field *f, int64_t id)
{
    return f->nrefs == 1 && f->refs[0].id == id;
}

static str field_text(const struct making *v, const struct record_field *f, int64_t id)
{
    struct buf b = buf_make(v->ctx->arena, VALUE_MAX);
    put_one(v, &b, f);
    for (size_t i = 0; i < f->nrows; i++) {
        buf_put_fmt(&b, "%s%zu. ", i ? "\n" : "", i + 1);
        bool first = true;
        for (size_t k = 0; k < f->rows[i].nfields; k++) {
            if (self(&f->rows[i].fields[k], id)) {
                continue;
            }
            buf_put(&b, first ? STR("") : say(v, WORDS("；", "; ")));
            first = false;
            buf_put(&b, say(v, f->rows[i].fields[k].field->words));
            buf_put(&b, say(v, WORDS("：", ": ")));
            put_one(v, &b, &f->rows[i].fields[k]);
        }
    }
    return buf_str(&b);
}

static str cited(const struct making *v, const struct clause *c)
{
    return c ? say(v, c->no) : STR("");
}

static void put_fields(const struct making *v, struct pdf *p, const struct record *r)
{
    pdf_heading(p, say(v, WORDS("内容", "Content")));
    for (size_t i = 0; i < r->nfields; i++) {
        const struct field *f = r->fields[i].field;
        str text = f->type == F_ATTACHMENT ? STR("") : field_text(v, &r->fields[i], r->id);
        if (text.len) {
            pdf_pair(p, say(v, f->words), cited(v, f->clause), text);
        }
    }
}

static void put_terms(const struct making *v, struct pdf *p, const struct record_view *r)
{
    for (size_t i = 0; i < r->nterms; i++) {
        const struct record_term *t = &r->terms[i];
        if (i == 0) {
            pdf_heading(p, say(v, WORDS("时限", "Deadlines")));
        }
        str end = t->late ? say(v, WORDS("，已超时", ", late")) : STR("");
        str ended = t->ended ? str_fmt(v->ctx->arena, "%.*s %.*s",
                                       STR_ARG(say(v, WORDS("，结束于", ", ended"))),
                                       STR_ARG(moment(v, t->ended)))
                             : STR("");
        str text = str_fmt(v->ctx->arena, "%.*s → %.*s%.*s%.*s", STR_ARG(moment(v, t->started)),
                           STR_ARG(moment(v, t->due)), STR_ARG(ended), STR_ARG(end));
        struct words name = t->term->words;
        if (!name.zh.len && !name.en.len) {
            name = (struct words){t->term->key, t->term->key};
        }
        pdf_pair(p, say(v, name), cited(v, t->term->clause), text);
    }
}

static void put_act(const struct making *v, struct pdf *p, const struct activity *a)
{
    str who = a->person.id ? name_of(&a->person) : say(v, WORDS("系统", "System"));
    str to = a->to ? str_fmt(v->ctx->arena, " → %.*s", STR_ARG(say(v, a->to->words))) : STR("");
    str clause = a->action ? cited(v, a->action->clause) : STR("");
    pdf_text(p, str_fmt(v->ctx->arena, "%.*s  %.*s  %.*s%.*s  %.*s  #%lld",
                        STR_ARG(moment(v, a->at)), STR_ARG(who), STR_ARG(say(v, a->action_words)),
                        STR_ARG(to), STR_ARG(clause), (long long)a->seq));
    if (a->note.len) {
        pdf_small(p, a->note);
    }
    for (size_t i = 0; i < a->nchanges; i++) {
        const struct activity_change *c = &a->changes[i];
        str before = say(v, c->before);
        pdf_small(p, str_fmt(v->ctx->arena, "%.*s: %.*s%s%.*s", STR_ARG(say(v, c->field->words)),
                             STR_ARG(before), before.len ? " → " : "", STR_ARG(say(v, c->after))));
    }
}

/* --- approvals ------------------------------------------------------------------------ */

static void put_vote(const struct making *v, struct pdf *p, const struct approve_vote_view *x)
{
    str said = say(v, x->words);
    str gone = x->voided ? say(v, WORDS("（已撤回，不计）", " (taken back)")) : STR("");
    pdf_small(p, str_fmt(v->ctx->arena, "%.*s%.*s  %.*s  #%lld", STR_ARG(said), STR_ARG(gone),
                         STR_ARG(moment(v, x->at)), (long long)x->seq));
    if (x->note.len) {
        pdf_small(p, x->note);
    }
    if (x->signature.len) {
        bool drawn = x->signature.len > 3 && x->signature.ptr[0] == 'M' &&
                     x->signature.ptr[1] >= '0' && x->signature.ptr[1] <= '9';
        str mark =
            drawn ? say(v, WORDS("手写签名，见系统", "by hand, see its page")) : x->signature;
        str by = say(v, WORDS("签名：", "Signed: "));
        pdf_small(p, str_fmt(v->ctx->arena, "%.*s%.*s", STR_ARG(by), STR_ARG(mark)));
    }
}

static void put_seat(const struct making *v, struct pdf *p, const struct approve_seat_view *s)
{
    str origin = say(v, s->origin);
    str who = say(v, s->who);
    pdf_text(p, str_fmt(v->ctx->arena, "%*s%.*s  %.*s%s%.*s", 4 * s->level + 2, "", STR_ARG(who),
                        STR_ARG(say(v, s->state)), origin.len ? "  " : "", STR_ARG(origin)));
    for (int i = 0; i < s->ntold; i++) {
        str note = s->told[i]->note;
        pdf_small(p,
                  str_fmt(v->ctx->arena, "%.*s  %.*s%s%.*s", STR_ARG(say(v, s->told[i]->words)),
                          STR_ARG(moment(v, s->told[i]->at)), note.len ? "  " : "", STR_ARG(note)));
    }
    for (int i = 0; i < s->nvotes; i++) {
        put_vote(v, p, &s->votes[i]);
    }
}

/* Who decided, on which content, and what was said: the rounds of the newest approval. */
static void put_approval(const struct making *v, struct pdf *p, const struct approve_view *a)
{
    str title = say(v, a->action->words);
    pdf_heading(p, str_fmt(v->ctx->arena, "%.*s%.*s  %.*s",
                           STR_ARG(say(v, WORDS("审批：", "Approval: "))), STR_ARG(title),
                           STR_ARG(say(v, a->state))));
    if (a->revoked) {
        str by = name_of(&a->revoked->by);
        str what = say(v, WORDS("通过后已撤销：", "Revoked after it had passed: "));
        pdf_text(p, str_fmt(v->ctx->arena, "%.*s%.*s  %.*s  #%lld", STR_ARG(what), STR_ARG(by),
                            STR_ARG(moment(v, a->revoked->at)), (long long)a->revoked->seq));
    }
    for (int i = 0; i < a->nrounds; i++) {
        const struct approve_round_view *r = &a->rounds[i];
        pdf_text(
            p, str_fmt(v->ctx->arena,
                       v->ctx->lang == LANG_EN ? "Round %d  %.*s  %.*s" : "第 %d 轮  %.*s  %.*s",
                       r->round->no, STR_ARG(moment(v, r->round->at)), STR_ARG(say(v, r->state))));
        pdf_small(p, str_fmt(v->ctx->arena, "SHA-256 %.*s", STR_ARG(r->hash)));
        for (int k = 0; k < r->nruns; k++) {
            const struct approve_run_view *x = &r->runs[k];
            pdf_pair(p, say(v, x->title), cited(v, x->clause),
                     str_fmt(v->ctx->arena, "%.*s  %.*s  %.*s", STR_ARG(say(v, x->state)),
                             STR_ARG(say(v, x->rule)), STR_ARG(say(v, x->tally))));
            for (int s = 0; s < x->nseats; s++) {
                put_seat(v, p, &x->seats[s]);
            }
        }
    }
}

static void put_rest(const struct making *v, struct pdf *p, const struct record_view *r)
{
    put_terms(v, p, r);
    for (size_t i = 0; r->approvals && i < r->approvals->len; i++) {
        put_approval(v, p, &r->approvals->ptr[i]);
    }
    for (size_t i = 0; i < r->nattachments; i++) {
        if (i == 0) {
            pdf_heading(p, say(v, WORDS("附件", "Attachments")));
        }
        pdf_text(p, str_fmt(v->ctx->arena, "%.*s  %lld %.*s  SHA-256 %.*s",
                            STR_ARG(r->attachments[i].name), (long long)r->attachments[i].size,
                            STR_ARG(say(v, WORDS("字节", "bytes"))),
                            STR_ARG(r->attachments[i].sha256)));
    }
    for (size_t i = 0; i < r->nactivities; i++) {
        if (i == 0) {
            pdf_heading(p, say(v, WORDS("动态（新的在前）", "Activity, newest first")));
        }
        put_act(v, p, &r->activities[i]);
    }
    if (r->more_activities) {
        pdf_small(p, say(v, WORDS("更早的动态见系统。", "Earlier activity is on its page.")));
    }
    pdf_heading(p, say(v, WORDS("签字", "Signatures")));
    pdf_text(p, say(v, WORDS("\n经办人 / 日期：____________________        负责人 / 日期："
                             "____________________",
                             "\nHandled by / date: ____________________        Head / date: "
                             "____________________")));
}

static str below(const struct making *v, const struct record_view *r, int64_t seq)
{
    const struct law *law = r->rec.def->law;
    str state = r->rec.state ? say(v, r->rec.state->words) : STR("");
    return str_fmt(v->ctx->arena,
                   v->ctx->lang == LANG_EN
                       ? "%.*s · made %.*s · under %.*s, version %lld · ledger #%lld"
                       : "%.*s · 创建于 %.*s · 依据《%.*s》第 %lld 版 · 存证 #%lld",
                   STR_ARG(state), STR_ARG(moment(v, r->rec.created_at)),
                   STR_ARG(say(v, law->title)), (long long)law->version, (long long)seq);
}

static err compose(const struct making *v, const struct type *t, const struct record_view *r,
                   str *ret)
{
    struct pdf *p;
    int64_t seq = r->nactivities ? r->activities[0].seq : 0;
    str title = r->rec.name.len ? r->rec.name : r->rec.number;
    str foot = str_fmt(v->ctx->arena, "%.*s · %.*s · %.*s %.*s", STR_ARG(v->place->organisation),
                       STR_ARG(r->rec.number), STR_ARG(say(v, WORDS("生成于", "made"))),
                       STR_ARG(moment(v, v->ctx->now)));
    err e = pdf_begin(v->ctx->arena, v->place->turn, v->ctx->lang, title, foot, &p);
    if (e.code) {
        return e;
    }
    /* the proof of the last act, or where there is no address: which one it is */
    pdf_qr(p, v->place->public_url.len
                  ? str_fmt(v->ctx->arena, "%.*s/proof/%lld", STR_ARG(v->place->public_url),
                            (long long)seq)
                  : str_fmt(v->ctx->arena, "%.*s #%lld", STR_ARG(r->rec.number), (long long)seq));
    pdf_title(p,
              str_fmt(v->ctx->arena, "%.*s  %.*s", STR_ARG(say(v, t->newest->title)),
                      STR_ARG(r->rec.number)),
              title, below(v, r, seq));
    put_fields(v, p, &r->rec);
    put_rest(v, p, r);
    return pdf_end(p, ret);
}

err document_of_record(const struct ctx *ctx, const struct type *t, int64_t id,
                       const struct document_place *place, str *ret_bytes, str *ret_name)
{
    struct making making = {ctx, place};
    struct record_view r;
    err e = record_view(ctx, t, id, &r);
    e = e.code ? e : compose(&making, t, &r, ret_bytes);
    if (!e.code) {
        *ret_name =
            str_fmt(ctx->arena, "%.*s.pdf", STR_ARG(r.rec.number.len ? r.rec.number : t->key));
    }
    return e;
}
