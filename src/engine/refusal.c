#include "base/buf.h"
#include "engine/refusal_int.h"

#include <string.h>

err refuse(struct arena *a, enum err_code code, enum refusal_kind kind, const struct clause *clause,
           struct words what, struct words remedy)
{
    struct refusal *r = arena_new(a, struct refusal);
    r->kind = kind;
    r->clause = clause;
    r->what = what;
    r->remedy = remedy;
    return (err){.code = code, .detail = what.en, .why = r};
}

void refuse_field(struct refusals *r, struct arena *a, const struct clause *clause, str field,
                  struct words words)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        struct field_error *list = arena_array(a, struct field_error, cap);
        if (r->n) {
            memcpy(list, r->list, r->n * sizeof(*list));
        }
        r->list = list;
        r->cap = cap;
    }
    r->clause = r->clause ? r->clause : clause;
    r->list[r->n++] = (struct field_error){.field = field, .words = words};
}

err refuse_fields(const struct refusals *r, struct arena *a)
{
    if (!r->n) {
        return OK;
    }
    struct words what = r->list[0].words;
    err e = refuse(a, ERR_VALUE, REFUSED_VALUE, r->clause, what,
                   WORDS("请更正所列各项后重新提交", "correct what is listed and submit again"));
    struct refusal *why = arena_new(a, struct refusal);
    *why = *e.why;
    why->fields = r->list;
    why->nfields = r->n;
    e.why = why;
    e.detail = str_fmt(a, "%.*s: %.*s", STR_ARG(r->list[0].field), STR_ARG(what.en));
    return e;
}

err refuse_value(struct arena *a, const struct clause *clause, str field, struct words words)
{
    struct refusals r = {0};
    refuse_field(&r, a, clause, field, words);
    return refuse_fields(&r, a);
}

struct words words_join(struct arena *a, const struct words *list, size_t n)
{
    struct buf zh = buf_make(a, 4096), en = buf_make(a, 4096);
    for (size_t i = 0; i < n; i++) {
        if (i) {
            BUF_LIT(&zh, "、");
            BUF_LIT(&en, ", ");
        }
        buf_put(&zh, words_in(list[i], LANG_ZH));
        buf_put(&en, words_in(list[i], LANG_EN));
    }
    return (struct words){.zh = buf_str(&zh), .en = buf_str(&en)};
}
