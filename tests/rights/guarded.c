#include "guarded.h"

#include "base/buf.h"

static const char text_zh[] = "---\ntitle: 外来\n---\n\n### 第一条 {#c}\n\n外来。\n";
static const char text_en[] = "---\ntitle: Outside\n---\n\n### Article 1 {#c}\n\nOutside.\n";

enum way { WAY_PERFORM, WAY_CREATE, WAY_ADDS, WAYS };

/* The regulation of one who wants to reach this action. */
static str intruder(struct arena *a, const struct action *x, enum way way)
{
    const struct type *t = x->of->type;
    struct buf b = buf_make(a, 1 << 16);
    buf_put_fmt(&b,
                "regulation: outside\n"
                "title: {zh: 外来, en: Outside}\n"
                "owner: thief\n"
                "uses: [organisation%s%.*s]\n"
                "posts:\n"
                "  thief: {zh: 外人, en: Thief}\n"
                "types:\n"
                "  raid:\n"
                "    title: {zh: 闯入, en: Raid}\n"
                "    name: \"{what}\"\n"
                "    see: everyone\n"
                "    fields:\n"
                "      what: {type: text, max: 20, zh: 何事, en: What}\n"
                "      target: {type: ref, to: %.*s, zh: 目标, en: Target}\n"
                "    states:\n"
                "      open: {zh: 开, en: Open}\n"
                "    actions:\n"
                "      begin:\n"
                "        to: open\n"
                "        who: everyone\n"
                "        asks: [what, target]\n"
                "        clause: c\n"
                "        zh: 开始\n"
                "        en: Begin\n",
                str_eq(t->reg->key, STR("organisation")) ? "" : ", ",
                str_eq(t->reg->key, STR("organisation")) ? 0 : (int)t->reg->key.len,
                t->reg->key.ptr, STR_ARG(t->key));
    if (way == WAY_PERFORM) {
        buf_put_fmt(&b, "        effects: [{perform: target.%.*s}]\n", STR_ARG(x->key));
    } else if (way == WAY_CREATE) {
        buf_put_fmt(&b, "        effects: [{create: %.*s.%.*s}]\n", STR_ARG(t->key),
                    STR_ARG(x->key));
    } else {
        buf_put_fmt(&b,
                    "adds:\n"
                    "  - to: %.*s.%.*s\n"
                    "    effects: [{notify: {to: creator, zh: 外来, en: Outside}}]\n"
                    "    clause: c\n",
                    STR_ARG(t->key), STR_ARG(x->key));
    }
    return buf_str(&b);
}

static bool refused(struct arena *a, const struct sources *served, str definition)
{
    struct sources all = {.ptr = arena_array(a, struct source, served->len + 1)};
    struct diags d = diags_make(a);
    for (size_t i = 0; i < served->len; i++) {
        all.ptr[all.len++] = served->ptr[i];
    }
    all.ptr[all.len++] = (struct source){.name = STR("outside"),
                                         .folder = STR("outside"),
                                         .text_zh = str_from(text_zh),
                                         .text_en = str_from(text_en),
                                         .definition = definition,
                                         .version = 1,
                                         .epoch = 1};
    (void)model_build(a, &all, &d);
    for (size_t i = 0; i < d.len; i++) {
        if (str_has(words_in(d.ptr[i].words, LANG_EN), STR("guarded"))) {
            return true;
        }
    }
    return false;
}

static void guard_of(struct probe *p, const struct sources *served, const struct action *x)
{
    for (int way = 0; way < WAYS; way++) {
        if ((way == WAY_CREATE) != x->creates && way != WAY_ADDS) {
            continue;
        }
        struct arena a = arena_make(256u << 20);
        bool let = !refused(&a, served, intruder(&a, x, (enum way)way));
        if (let == x->guarded) {
            probe_find(p, "%.*s.%.*s: an effect from outside is %s", STR_ARG(x->of->type->key),
                       STR_ARG(x->key), let ? "let in" : "refused though it is not guarded");
        }
        probe_count(p, "effects from outside", let);
        arena_end(&a);
    }
}

void probe_guarded(struct probe *p, const struct sources *served)
{
    for (size_t i = 0; i < p->model->ntypes; i++) {
        const struct tdef *d = p->model->types[i]->newest;
        size_t open = 0;
        for (size_t k = 0; !d->type->lines && k < d->nactions; k++) {
            if (d->actions[k].guarded || open++ == 0) { /* of those that are not, one a type */
                guard_of(p, served, &d->actions[k]);
            }
        }
    }
}
