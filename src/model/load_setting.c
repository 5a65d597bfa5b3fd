#include "model/load_int.h"

static const struct {
    const char *name;
    enum vkind kind;
} setting_kinds[] = {
    {"text", V_TEXT},   {"int", V_INT},       {"decimal", V_DECIMAL},   {"money", V_MONEY},
    {"bool", V_BOOL},   {"date", V_DATE},     {"datetime", V_DATETIME}, {"duration", V_DURATION},
    {"days", V_DAYS},   {"months", V_MONTHS}, {"workdays", V_WORKDAYS}, {"workhours", V_WORKHOURS},
    {"choice", V_TEXT}, {"list", V_TEXT},
};

static bool kind_of(str name, enum vkind *ret)
{
    for (size_t i = 0; i < sizeof setting_kinds / sizeof setting_kinds[0]; i++) {
        if (str_eq(name, str_from(setting_kinds[i].name))) {
            *ret = setting_kinds[i].kind;
            return true;
        }
    }
    return false;
}

struct choice_key *choices_read(struct load *l, struct lsrc *s, const struct ynode *n,
                                size_t *ret_n)
{
    struct words what = WORDS("选项", "choices");
    struct choice_key *keys = arena_array(l->a, struct choice_key, n->len + 1);
    size_t len = 0;
    if (n->kind == Y_TEXT) {
        diag_error(l->d, n->pos, "选项应写成 [a, b]、{a: {zh, en}} 或 setting('..')",
                   "choices are written [a, b], {a: {zh, en}} or setting('..')");
    }
    for (size_t i = 0; n->kind == Y_LIST && i < n->len; i++) {
        str key = key_text(l, n->items[i], what);
        bool ok = key.len && name_check(l, key, n->items[i]->pos, (struct words){0});
        for (size_t j = 0; ok && j < len; j++) {
            if (str_eq(keys[j].key, key)) {
                diag_error(l->d, n->items[i]->pos, "选项“%.*s”重复",
                           "choice \"%.*s\" appears twice", STR_ARG(key));
                ok = false;
            }
        }
        if (ok) {
            keys[len++] = (struct choice_key){.key = key, .words = {key, key}};
        }
    }
    for (size_t i = 0; n->kind == Y_MAP && i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        if (!name_check(l, p->key, p->pos, (struct words){0}) ||
            !keys_check(l, p->value, KEYS_CHOICE, "", what)) {
            continue;
        }
        keys[len++] = (struct choice_key){.key = p->key,
                                          .words = key_words(l, s, p->value, p->key),
                                          .retired = key_bool(l, p->value, "retired")};
    }
    if (len == 0 && n->kind != Y_TEXT) {
        diag_error(l->d, n->pos, "至少要有一个选项", "at least one choice is needed");
    }
    *ret_n = len;
    return keys;
}

struct choice_key *choices_merge(struct arena *a, const struct choice_key *before, size_t nbefore,
                                 const struct choice_key *now, size_t nnow, size_t *ret_n)
{
    struct choice_key *out = arena_array(a, struct choice_key, nbefore + nnow + 1);
    size_t len = 0;
    for (size_t i = 0; i < nbefore; i++) {
        out[len] = before[i];
        out[len].code = (int)len;
        out[len].retired = true;
        len++;
    }
    for (size_t i = 0; i < nnow; i++) {
        size_t j = 0;
        while (j < len && !str_eq(out[j].key, now[i].key)) {
            j++;
        }
        out[j] = now[i];
        out[j].code = (int)j;
        len = j == len ? len + 1 : len;
    }
    *ret_n = len;
    return out;
}

static bool quoted_text(str *s)
{
    if (s->len >= 2 && s->ptr[0] == '\'' && s->ptr[s->len - 1] == '\'') {
        *s = str_from_n(s->ptr + 1, s->len - 2);
        return true;
    }
    return false;
}

/* A value as people write it into the setting; false: not one of its type. */
static bool value_read(struct load *l, struct setting *v, str written)
{
    v->written = written;
    v->null = written.len == 0 || str_eq(written, STR("null"));
    v->i64 = 0;
    v->text = (str){0};
    if (v->null) {
        return true;
    }
    if (v->kind == V_TEXT) {
        quoted_text(&written);
        v->text = written;
        if (!v->nkeys || v->list) {
            return true;
        }
        for (size_t i = 0; i < v->nkeys; i++) {
            if (str_eq(v->keys[i].key, written)) {
                return true;
            }
        }
        return false;
    }
    if (v->kind == V_BOOL) {
        v->i64 = str_eq(written, STR("true"));
        return v->i64 || str_eq(written, STR("false"));
    }
    if (v->kind == V_INT || v->kind == V_DAYS || v->kind == V_MONTHS || v->kind == V_WORKDAYS) {
        if (str_to_i64(written, &v->i64)) {
            return true;
        }
    }
    (void)l;
    return expr_literal(written, v->kind, &v->i64, &v->text);
}

/* "entry:中文|English;..." of an override. */
static struct choice_key *override_list(struct load *l, str value, size_t *ret_n)
{
    size_t max = 1;
    for (size_t i = 0; i < value.len; i++) {
        max += value.ptr[i] == ';';
    }
    struct choice_key *keys = arena_array(l->a, struct choice_key, max);
    size_t n = 0;
    str rest = value;
    while (rest.ptr) {
        str entry = str_trim(str_cut(rest, ';', &rest));
        str words;
        str key = str_trim(str_cut(entry, ':', &words));
        if (key.len == 0) {
            continue;
        }
        str en;
        str mark;
        str zh = str_trim(str_cut(words, '|', &en));
        en = str_trim(str_cut(en, '|', &mark));
        zh = zh.len ? zh : key;
        keys[n++] = (struct choice_key){.key = key,
                                        .words = {zh, en.len ? en : zh},
                                        .retired = str_eq(str_trim(mark), STR("retired"))};
    }
    *ret_n = n;
    return keys;
}

/* The value of `key` in the overrides; false when it is not overridden. */
static bool override_of(str overrides, str key, str *ret)
{
    str rest = overrides;
    while (rest.ptr) {
        str value;
        str line = str_cut(rest, '\n', &rest);
        str k = str_trim(str_cut(line, '=', &value));
        if (value.ptr && str_eq(k, key)) {
            *ret = str_trim(value);
            return true;
        }
    }
    return false;
}

static void apply_override(struct load *l, struct lsrc *s, struct setting *v)
{
    str value;
    if (!override_of(s->s->overrides, v->key, &value)) {
        return;
    }
    v->overridden = true;
    if (v->list) {
        v->keys = override_list(l, value, &v->nkeys);
        v->written = value;
        for (size_t i = 0; i < v->nkeys; i++) {
            name_check(l, v->keys[i].key, v->pos, (struct words){0});
        }
    } else if (!value_read(l, v, value)) {
        diag_error(l->d, v->pos, "设定“%.*s”的新值“%.*s”不合类型",
                   "the new value of setting \"%.*s\", \"%.*s\", is not of its type",
                   STR_ARG(v->key), STR_ARG(value));
    }
}

static bool setting_key_ok(struct load *l, str key, struct pos at)
{
    str rest = key;
    bool ok = key.len <= 60;
    int parts = 0;
    while (ok && rest.ptr) {
        ok = name_check(l, str_cut(rest, '.', &rest), at, (struct words){0});
        parts++;
    }
    if (ok && parts != 2) {
        diag_error(l->d, at, "设定的名称是“组.项”，如 visit.max",
                   "a setting is named \"group.item\", as in visit.max");
        ok = false;
    }
    return ok;
}

static void setting_read(struct load *l, struct lsrc *s, const struct ypair *p, struct setting *v)
{
    const struct ynode *n = p->value;
    *v = (struct setting){.key = p->key, .law = s->law, .pos = p->pos, .kind = V_TEXT};
    if (!keys_check(l, n, KEYS_SETTING, "", WORDS("设定", "a setting"))) {
        return;
    }
    v->words = key_words(l, s, n, p->key);
    v->clause = key_clause(l, s, n);
    v->local = key_bool(l, n, "local");
    str type = key_str(l, n, "type");
    if (!kind_of(type, &v->kind)) {
        diag_error(l->d, key_pos(n, "type"),
                   "设定的类型“%.*s”不对；可用：text int decimal money bool date datetime duration "
                   "days months workdays workhours choice list",
                   "setting type \"%.*s\" is not one of text int decimal money bool date datetime "
                   "duration days months workdays workhours choice list",
                   STR_ARG(type));
        return;
    }
    const struct ynode *def = yaml_get(n, STR("default"));
    const struct ynode *of = yaml_get(n, STR("of"));
    v->list = str_eq(type, STR("list"));
    if (v->list && v->local) {
        diag_error(l->d, key_pos(n, "local"), "选项清单不能由部门自定",
                   "a list cannot be set by units");
    }
    if (v->local && !v->list && v->kind == V_TEXT) {
        diag_error(l->d, key_pos(n, "local"), "文字设定不能由部门自定",
                   "a text cannot be set by units");
    }
    if (str_eq(type, STR("choice")) != (of != NULL)) {
        diag_error(l->d, of ? of->pos : n->pos, "“of”与类型 choice 要同时出现",
                   "\"of\" and type choice come together");
    } else if (of) {
        v->keys = choices_read(l, s, of, &v->nkeys);
    }
    if (!def) {
        diag_error(l->d, p->pos, "设定“%.*s”缺少 default", "setting \"%.*s\" needs a default",
                   STR_ARG(p->key));
    } else if (v->list) {
        v->keys = choices_read(l, s, def, &v->nkeys);
    } else {
        str text = key_text(l, def, WORDS("default", "default"));
        if (!value_read(l, v, text)) {
            diag_error(l->d, def->pos, "“%.*s”不是类型 %.*s 的值",
                       "\"%.*s\" is no value of type %.*s", STR_ARG(text), STR_ARG(type));
        }
        v->default_written = text;
    }
    apply_override(l, s, v);
}

/* Each post has a setting `post.KEY` that names its position. */
static void posts_read(struct load *l, struct lsrc *s, const struct ynode *posts)
{
    struct law *law = s->law;
    if (!posts || !key_is_map(l, posts, WORDS("posts", "posts"))) {
        return;
    }
    law->posts = arena_array(l->a, struct post_name, posts->len + 1);
    for (size_t i = 0; i < posts->len; i++) {
        const struct ypair *p = &posts->pairs[i];
        if (!name_check(l, p->key, p->pos, (struct words){0}) ||
            !keys_check(l, p->value, KEYS_WORDS, "", WORDS("岗位", "a post"))) {
            continue;
        }
        struct post_name *x = &law->posts[law->nposts++];
        *x = (struct post_name){.key = p->key,
                                .words = key_words(l, s, p->value, p->key),
                                .position = -1,
                                .pos = p->pos};
        str key = str_fmt(l->a, "post.%.*s", STR_ARG(p->key));
        if (law_setting(law, key)) {
            continue;
        }
        struct setting *v = &law->settings[law->nsettings++];
        *v = (struct setting){.key = key,
                              .words = x->words,
                              .law = law,
                              .kind = V_TEXT,
                              .text = p->key,
                              .written = p->key,
                              .default_written = p->key,
                              .pos = p->pos};
        apply_override(l, s, v);
    }
}

void settings_read(struct load *l, struct lsrc *s)
{
    struct law *law = s->law;
    const struct ynode *n = yaml_get(s->root, STR("settings"));
    const struct ynode *posts = yaml_get(s->root, STR("posts"));
    size_t max = (n ? n->len : 0) + (posts ? posts->len : 0) + 1;
    law->settings = arena_array(l->a, struct setting, max);
    if (n && key_is_map(l, n, WORDS("settings", "settings"))) {
        for (size_t i = 0; i < n->len; i++) {
            if (setting_key_ok(l, n->pairs[i].key, n->pairs[i].pos)) {
                setting_read(l, s, &n->pairs[i], &law->settings[law->nsettings++]);
            }
        }
    }
    posts_read(l, s, posts);
}

void settings_link(struct load *l)
{
    for (size_t i = 0; i < l->nsrcs; i++) {
        struct law *law = l->srcs[i].law;
        const struct law *before = NULL;
        for (size_t j = 0; j < law->reg->nlaws && law->reg->laws[j] != law; j++) {
            before = law->reg->laws[j];
        }
        for (size_t j = 0; j < law->nsettings; j++) {
            struct setting *v = &law->settings[j];
            const struct setting *old = before ? law_setting(before, v->key) : NULL;
            if (old && (old->kind != v->kind || old->list != v->list)) {
                diag_error(l->d, v->pos, "设定“%.*s”不能改变类型；请另设一项",
                           "setting \"%.*s\" cannot change its type; add another one",
                           STR_ARG(v->key));
            } else if (v->list) {
                v->keys = choices_merge(l->a, old ? old->keys : NULL, old ? old->nkeys : 0, v->keys,
                                        v->nkeys, &v->nkeys);
            }
        }
    }
}

void posts_link(struct load *l, struct lsrc *s)
{
    const struct type *post = l->m->post;
    const struct field *position =
        post && post->newest ? tdef_field(post->newest, STR("position")) : NULL;
    for (size_t i = 0; i < s->law->nposts; i++) {
        struct post_name *x = &s->law->posts[i];
        str key = str_fmt(l->a, "post.%.*s", STR_ARG(x->key));
        const struct setting *v = law_setting(s->law, key);
        const struct choice_key *c = NULL;
        for (size_t j = 0; position && j < position->nkeys; j++) {
            c = str_eq(position->keys[j].key, v->text) ? &position->keys[j] : c;
        }
        if (c) {
            x->position = c->code;
        } else if (position) {
            str *names = arena_array(l->a, str, position->nkeys + 1);
            for (size_t j = 0; j < position->nkeys; j++) {
                names[j] = position->keys[j].key;
            }
            str near = diag_nearest(v->text, names, position->nkeys);
            near = near.len ? near : names_join(l->a, names, position->nkeys);
            diag_error(
                l->d, x->pos,
                "岗位“%.*s”：组织的岗位清单中没有“%.*s”（有：%.*s）；"
                "请在 settings 中以 post.%.*s 指定",
                "post \"%.*s\": the organisation's list of positions has no \"%.*s\" (it has "
                "%.*s); name one in settings as post.%.*s",
                STR_ARG(x->key), STR_ARG(v->text), STR_ARG(near), STR_ARG(x->key));
        }
    }
}
