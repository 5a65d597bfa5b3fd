#include "model/load.h"

#include "base/clock.h"
#include "model/clause.h"
#include "model/contract.h"
#include "model/control.h"
#include "model/duty.h"
#include "model/load_int.h"

enum { SOURCES_MAX = 2000 };

static int source_order(const void *x, const void *y)
{
    const struct source *a = *(const struct source *const *)x;
    const struct source *b = *(const struct source *const *)y;
    if (a->epoch != b->epoch) {
        return a->epoch < b->epoch ? -1 : 1;
    }
    int c = str_cmp(a->name, b->name);
    return c ? c : (a->version > b->version) - (a->version < b->version);
}

static str path_of(struct load *l, const struct source *s, const char *file)
{
    str folder = s->folder.len ? s->folder : s->name;
    return str_fmt(l->a, "%.*s/%s", STR_ARG(folder), file);
}

static struct reg *reg_get(struct load *l, str key)
{
    struct model *m = l->m;
    for (size_t i = 0; i < m->nregs; i++) {
        if (str_eq(m->regs[i]->key, key)) {
            return m->regs[i];
        }
    }
    struct reg *r = arena_new(l->a, struct reg);
    *r = (struct reg){
        .key = key, .model = l->m, .laws = arena_array(l->a, struct law *, l->nsrcs + 1)};
    m->regs[m->nregs++] = r;
    return r;
}

static size_t types_in(const struct ynode *root)
{
    const struct ynode *types = yaml_get(root, STR("types"));
    size_t n = 0;
    for (size_t i = 0; types && types->kind == Y_MAP && i < types->len; i++) {
        const struct ynode *fields = yaml_get(types->pairs[i].value, STR("fields"));
        n += 1 + (fields ? fields->len : 0);
    }
    return n;
}

/* Text, YAML and head of one source. */
static void source_read(struct load *l, struct lsrc *s)
{
    struct law *law = arena_new(l->a, struct law);
    *law = (struct law){.version = s->s->version, .published_at = s->s->published_at};
    s->law = law;
    s->file = path_of(l, s->s, "definition.yaml");
    s->top = (struct pos){.file = s->file, .line = 1, .col = 1};
    clause_read(l->a, law, s->s->text_zh, path_of(l, s->s, "regulation.md"), s->s->text_en,
                path_of(l, s->s, "regulation.en.md"), l->d);
    s->root = yaml_parse(l->a, s->s->definition, s->file, l->d);
    if (!s->root && s->s->definition.len == 0) {
        diag_error(l->d, s->top, "定义是空的", "the definition is empty");
    }
    if (s->root && !keys_check(l, s->root, KEYS_REGULATION, KEYS_REGULATION_LATER,
                               WORDS("定义", "a definition"))) {
        s->root = NULL;
    }
    law->reg = reg_get(l, s->s->name);
    law->reg->laws[law->reg->nlaws++] = law;
    law->reg->newest = law;
    if ((int)law->reg->nlaws != law->version) {
        diag_error(l->d, s->top, "版本 %d 不是第 %d 个", "version %d stands in place %d",
                   law->version, (int)law->reg->nlaws);
    }
    if (!s->root) {
        return;
    }
    str key = key_str(l, s->root, "regulation");
    if (!str_eq(key, s->s->name)) {
        diag_error(l->d, key_pos(s->root, "regulation"),
                   "regulation 应与文件夹同名：“%.*s”，此处为“%.*s”",
                   "regulation is called like its folder, \"%.*s\", not \"%.*s\"",
                   STR_ARG(s->s->name), STR_ARG(key));
    }
    name_check(l, s->s->name, key_pos(s->root, "regulation"), (struct words){0});
    const struct ynode *title = yaml_get(s->root, STR("title"));
    if (title && keys_check(l, title, KEYS_WORDS, "", WORDS("title", "title"))) {
        law->title = key_words(l, s, title, law->title.zh);
    } else if (law->title.zh.len == 0) {
        diag_error(l->d, s->top, "制度缺少标题", "the regulation has no title");
    }
    law->tdefs = arena_array(l->a, struct tdef *, types_in(s->root) + 1);
    settings_read(l, s);
    types_read(l, s);
    controls_read(l, s);
    duties_read(l, s);
}

static void uses_read(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("uses"));
    if (!n || !key_is_list(l, n, WORDS("uses", "uses"))) {
        return;
    }
    s->law->uses = arena_array(l->a, struct reg *, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        str key = key_text(l, n->items[i], WORDS("uses", "uses"));
        struct reg *found = NULL;
        str *names = arena_array(l->a, str, l->m->nregs + 1);
        for (size_t j = 0; j < l->m->nregs; j++) {
            names[j] = l->m->regs[j]->key;
            found = str_eq(names[j], key) ? l->m->regs[j] : found;
        }
        if (found) {
            s->law->uses[s->law->nuses++] = found;
            continue;
        }
        str near = diag_nearest(key, names, l->m->nregs);
        near = near.len ? near : names_join(l->a, names, l->m->nregs);
        diag_error(l->d, n->items[i]->pos, "没有制度“%.*s”；有：%.*s",
                   "no regulation \"%.*s\"; there is %.*s", STR_ARG(key), STR_ARG(near));
    }
}

static void owner_read(struct load *l, struct lsrc *s)
{
    struct law *law = s->law;
    law->owner = key_str(l, s->root, "owner");
    for (size_t i = 0; i < law->nposts; i++) {
        if (str_eq(law->posts[i].key, law->owner)) {
            law->owner_words = law->posts[i].words;
            return;
        }
    }
    if (law->owner.len == 0) {
        diag_error(l->d, s->top, "缺少 owner：由哪个岗位执行和解释？",
                   "owner is missing: which post executes and interprets it?");
    } else {
        diag_error(l->d, key_pos(s->root, "owner"), "owner“%.*s”不在 posts 中",
                   "owner \"%.*s\" is not among posts", STR_ARG(law->owner));
    }
}

/* Registers are found before fields are linked: fields of type person point to them. */
static void registers_find(struct load *l)
{
    struct model *m = l->m;
    m->person = type_find(l, STR("person"));
    m->unit = type_find(l, STR("unit"));
    m->post = type_find(l, STR("post"));
    m->deputy = type_find(l, STR("deputy"));
    m->finding = type_find(l, STR("finding"));
    m->waiver = type_find(l, STR("waiver"));
    m->calendar_day = type_find(l, STR("calendar_day"));
    m->attestation = type_find(l, STR("attestation"));
    m->erasure = type_find(l, STR("erasure"));
    m->mention = type_find(l, STR("mention"));
    m->legal_hold = type_find(l, STR("legal_hold"));
    m->duty_run = type_find(l, STR("duty_run"));
    m->access = type_find(l, STR("access"));
}

static void names_pass(struct load *l, const struct sources *s)
{
    const struct source **sorted = arena_array(l->a, const struct source *, s->len + 1);
    for (size_t i = 0; i < s->len; i++) {
        sorted[i] = &s->ptr[i];
    }
    qsort(sorted, s->len, sizeof(struct source *), source_order);
    for (size_t i = 0; i < l->nsrcs; i++) {
        struct lsrc *src = &l->srcs[i];
        src->s = sorted[i];
        l->m->epoch = src->s->epoch > l->m->epoch ? src->s->epoch : l->m->epoch;
        source_read(l, src);
    }
    for (size_t i = 0; i < l->nsrcs; i++) {
        if (l->srcs[i].root) {
            uses_read(l, &l->srcs[i]);
            owner_read(l, &l->srcs[i]);
        }
    }
}

static void bodies_pass(struct load *l)
{
    for (size_t i = 0; i < l->ntsrcs; i++) {
        texts_place(l, l->tsrcs[i]);
    }
    missing_make(l);
    computed_body(l);
    columns_make(l);
    for (size_t i = 0; i < l->nsrcs; i++) {
        if (l->srcs[i].root) {
            controls_manual(l, &l->srcs[i]);
        }
    }
    for (size_t i = 0; i < l->ntsrcs; i++) {
        fields_body(l, l->tsrcs[i]);
        asks_body(l, l->tsrcs[i]);
        guards_body(l, l->tsrcs[i]);
        revokes_read(l, l->tsrcs[i]);
    }
    for (size_t i = 0; i < l->ntsrcs; i++) {
        type_body(l, l->tsrcs[i]);
    }
    for (size_t i = 0; i < l->ntsrcs; i++) {
        actions_body(l, l->tsrcs[i]);
        routes_body(l, l->tsrcs[i]);
        terms_body(l, l->tsrcs[i]);
    }
    for (size_t i = 0; i < l->nsrcs; i++) {
        if (l->srcs[i].root) {
            adds_body(l, &l->srcs[i]);
            aparts_body(l, &l->srcs[i]);
            controls_body(l, &l->srcs[i]);
            standards_body(l, &l->srcs[i]);
            duties_body(l, &l->srcs[i]);
        }
    }
    controls_link(l);
    duties_link(l);
}

static int reg_order(const void *x, const void *y)
{
    return str_cmp((*(struct reg *const *)x)->key, (*(struct reg *const *)y)->key);
}

struct model *model_build(struct arena *a, const struct sources *s, struct diags *d)
{
    size_t errors = d->errors;
    struct load load = {.a = a, .d = d, .nsrcs = s->len};
    struct load *l = &load;
    if (s->len > SOURCES_MAX) {
        diag_error(d, (struct pos){STR("-"), 1, 1}, "制度版本超过 2,000 个",
                   "more than 2,000 versions of regulations");
        return NULL;
    }
    l->m = arena_new(a, struct model);
    *l->m = (struct model){.arena = a,
                           .stamp = (uint64_t)clock_mono_us(),
                           .regs = arena_array(a, struct reg *, s->len + 1),
                           .types = arena_array(a, struct type *, MODEL_TYPES_MAX),
                           .controls = arena_array(a, struct control *, CONTROLS_MAX),
                           .duties = arena_array(a, struct duty *, DUTIES_MAX)};
    l->srcs = arena_array(a, struct lsrc, s->len + 1);
    names_pass(l, s);
    settings_link(l);
    registers_find(l);
    types_link(l);
    contract_bind(l->m, d);
    for (size_t i = 0; i < l->nsrcs; i++) {
        posts_link(l, &l->srcs[i]);
    }
    bodies_pass(l);
    contract_check(l->m, d);
    check_whole(l);
    qsort(l->m->regs, l->m->nregs, sizeof(struct reg *), reg_order);
    return d->errors == errors ? l->m : NULL;
}
