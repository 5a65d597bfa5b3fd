#include "model/named.h"

#include "base/arena.h"

bool named_is_control(const struct model *m, const struct field *f)
{
    const struct type *t = f->of ? f->of->type : NULL;
    return t && (t == m->finding || t == m->waiver || t == m->attestation) &&
           str_eq(f->key, STR("control"));
}

const struct clause *named_clause(const struct model *m, str text)
{
    str id;
    str key = str_cut(text, '#', &id);
    const struct reg *r = id.len ? model_reg(m, key) : NULL;
    return r && r->newest ? law_clause(r->newest, id) : NULL;
}

const struct control *named_control(const struct model *m, const struct field *f, str text)
{
    const struct control *c = named_is_control(m, f) ? model_control(m, text) : NULL;
    return c && c->newest ? c : NULL;
}

/* Title of the regulation, number and heading of the article. */
static str article(struct arena *a, const struct clause *c, enum lang lang)
{
    return str_trim(str_fmt(a, "%.*s %.*s %.*s", STR_ARG(words_in(c->law->title, lang)),
                            STR_ARG(words_in(c->no, lang)), STR_ARG(words_in(c->title, lang))));
}

struct words named_words(struct arena *a, const struct model *m, const struct field *f, str text)
{
    const struct clause *c = named_clause(m, text);
    const struct control *k = c ? NULL : named_control(m, f, text);
    if (c) {
        return (struct words){.zh = article(a, c, LANG_ZH), .en = article(a, c, LANG_EN)};
    }
    return k ? k->newest->words : (struct words){0};
}
