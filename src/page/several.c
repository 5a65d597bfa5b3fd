/* several.c - one act for each of several things. */
#include "page/several.h"

#include "base/arena.h"

static void take_answer(struct visit *v, struct several_item *x)
{
    err e = v->act.result;
    x->ok = !e.code;
    if (e.code) {
        x->words = e.why ? e.why->what : err_words(e.code);
        x->remedy = e.why ? e.why->remedy : (struct words){0};
        x->clause = e.why ? e.why->clause : NULL;
    }
    if (e.why && e.why->nfields) { /* which value, and what is wrong with it */
        x->remedy = e.why->fields[0].words;
    }
}

static void go_on(struct visit *v)
{
    struct several *s = v->user;
    if (s->at > 0 && !s->items[s->at - 1].left_out) {
        take_answer(v, &s->items[s->at - 1]);
    }
    while (s->at < s->n && s->items[s->at].left_out) {
        s->at++;
    }
    if (s->at == s->n) {
        s->show(v, s);
        return;
    }
    const struct several_item *x = &s->items[s->at++];
    str key = visit_param(v, STR("key"));
    v->act = (struct act){.type = x->type,
                          .record = x->record,
                          .action = s->action,
                          .note = s->note,
                          .values = x->values,
                          .nvalues = x->nvalues,
                          .key = key.len ? str_fmt(v->ctx.arena, "%.*s.%zu", STR_ARG(key), s->at)
                                         : STR("")};
    visit_submit(v, go_on);
}

void several_run(struct visit *v, struct several *s)
{
    v->user = s;
    s->at = 0;
    go_on(v);
}

str several_summary(struct visit *v, const struct several *s)
{
    size_t done = 0;
    for (size_t i = 0; i < s->n; i++) {
        done += s->items[i].ok;
    }
    return str_fmt(v->ctx.arena, v->ctx.lang == LANG_EN ? "%zu of %zu done" : "完成 %zu / %zu",
                   done, s->n);
}
