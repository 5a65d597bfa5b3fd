/* attest_page.c - a control that people answer: the question, the answer, who gives it. */
#include "page/attest_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "model/expr.h"

enum { PAST_SHOWN = 50, OWNERS_SHOWN = 8 };

str attest_class(enum attest_answer a)
{
    return a == ATTEST_YES ? STR("word") : a == ATTEST_NO ? STR("bad") : STR("wait");
}

static str every_words(struct visit *v, const struct control_manual *m)
{
    static const struct {
        int64_t months;
        struct words words;
    } known[] = {{1, WORDS_INIT("每月", "each month")},
                 {3, WORDS_INIT("每季度", "each quarter")},
                 {6, WORDS_INIT("每半年", "each half-year")},
                 {12, WORDS_INIT("每年", "each year")}};
    for (size_t i = 0; m->unit == V_MONTHS && i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].months == m->every) {
            return words_in(known[i].words, v->ctx.lang);
        }
    }
    str length = expr_literal_words(v->ctx.arena, m->unit, m->every, v->ctx.lang);
    return v->ctx.lang == LANG_EN ? str_fmt(v->ctx.arena, "every %.*s", STR_ARG(length))
                                  : str_fmt(v->ctx.arena, "每 %.*s", STR_ARG(length));
}

static str owners_of(struct visit *v, str *names, size_t n)
{
    struct buf b = buf_make(v->ctx.arena, 4000);
    for (size_t i = 0; i < n && i < OWNERS_SHOWN; i++) {
        if (i) {
            buf_put(&b, words_in(WORDS("、", ", "), v->ctx.lang));
        }
        buf_put(&b, names[i]);
    }
    if (n > OWNERS_SHOWN) {
        buf_put(&b, words_in(WORDS("等", " and others"), v->ctx.lang));
    }
    return buf_str(&b);
}

err attest_show(struct visit *v, const struct control_result *r, struct attest_view *ret)
{
    const struct control_manual *m = r->def->manual;
    struct attest_past *past;
    str *names;
    size_t n;
    size_t k;
    *ret = (struct attest_view){.visit = v, .r = r, .manual = m, .every = every_words(v, m)};
    err e = attest_history(&v->ctx, r->control, PAST_SHOWN + 1, &past, &n);
    e = e.code ? e : attest_owners(&v->ctx, m, OWNERS_SHOWN + 1, &names, &k);
    if (e.code) {
        return e;
    }
    ret->more = n > PAST_SHOWN;
    ret->past.ptr = past;
    ret->past.len = ret->more ? PAST_SHOWN : n;
    ret->owners = owners_of(v, names, k);
    ret->may = attest_may(&v->ctx, m);
    return OK;
}
