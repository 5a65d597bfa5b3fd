#include "base/buf.h"
#include "model/load_int.h"

/* Positions that exclude each other: a rule of the register `post`, which judges every
 * appointment that is not at its end. */

enum { POSTS_MAX = 12, RULES_OF_POST_MAX = 48, TEXT_MAX = 3000 };

enum per { PER_ANY, PER_UNIT, PER_OBJECT };

struct positions {
    const struct choice_key *keys[POSTS_MAX];
    struct words names[POSTS_MAX]; /* quoted, as the regulation calls them */
    size_t n;
    bool whole; /* every name was one */
};

static const struct field *position_field(const struct load *l)
{
    const struct type *post = l->m->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    return f && f->type == F_CHOICE ? f : NULL;
}

static const struct post_name *own_post(const struct law *law, str name)
{
    for (size_t i = 0; i < law->nposts; i++) {
        if (str_eq(law->posts[i].key, name)) {
            return &law->posts[i];
        }
    }
    return NULL;
}

static void unknown(struct load *l, const struct law *law, const struct field *f, str name,
                    struct pos at)
{
    size_t n = 0;
    str *names = arena_array(l->a, str, law->nposts + f->nkeys + 1);
    for (size_t i = 0; i < law->nposts; i++) {
        names[n++] = law->posts[i].key;
    }
    for (size_t i = 0; i < f->nkeys; i++) {
        names[n++] = f->keys[i].key;
    }
    str near = diag_nearest(name, names, n);
    near = near.len ? near : names_join(l->a, names, n);
    diag_error(l->d, at, "没有岗位“%.*s”；有：%.*s", "there is no post \"%.*s\"; there is %.*s",
               STR_ARG(name), STR_ARG(near));
}

/* A post of the regulation, else a key of the list of positions. */
static bool position_read(struct load *l, const struct law *law, const struct ynode *n,
                          struct positions *p)
{
    const struct field *f = position_field(l);
    str name = key_text(l, n, WORDS("岗位", "a post"));
    const struct post_name *own = own_post(law, name);
    const struct choice_key *key = NULL;
    for (size_t i = 0; f && i < f->nkeys; i++) {
        const struct choice_key *k = &f->keys[i];
        key = own ? (k->code == own->position ? k : key) : str_eq(k->key, name) ? k : key;
    }
    if (!name.len || !f || (own && !key)) {
        return false; /* told already, or nobody keeps posts */
    }
    if (!key) {
        unknown(l, law, f, name, n->pos);
        return false;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (p->keys[i] == key) {
            diag_error(l->d, n->pos, "“%.*s”是同一个岗位，写了两次",
                       "\"%.*s\" is a position that stands here already", STR_ARG(name));
            return false;
        }
    }
    struct words w = own ? own->words : key->words;
    p->keys[p->n] = key;
    p->names[p->n++] = (struct words){str_fmt(l->a, "“%.*s”", STR_ARG(w.zh)),
                                      str_fmt(l->a, "\"%.*s\"", STR_ARG(words_in(w, LANG_EN)))};
    return true;
}

static bool positions_read(struct load *l, struct lsrc *s, const struct ynode *n,
                           struct positions *p)
{
    if (!key_is_list(l, n, WORDS("posts", "posts"))) {
        return false;
    }
    if (n->len < 2 || n->len > POSTS_MAX) {
        diag_error(l->d, n->pos, "posts 应有 2 至 %d 个岗位", "posts takes 2 to %d positions",
                   POSTS_MAX);
        return false;
    }
    p->whole = true;
    for (size_t i = 0; i < n->len; i++) {
        p->whole = position_read(l, s->law, n->items[i], p) && p->whole;
    }
    return p->whole;
}

static bool per_read(struct load *l, const struct ynode *e, enum per *ret)
{
    const struct ynode *n = yaml_get(e, STR("per"));
    *ret = PER_ANY;
    if (!n) {
        return true;
    }
    bool unit = n->kind == Y_TEXT && str_eq(n->text, STR("unit"));
    bool object = n->kind == Y_TEXT && str_eq(n->text, STR("object"));
    if (!unit && !object) {
        diag_error(l->d, n->pos, "per 只能是 unit（同一部门）或 object（同一对象）",
                   "per is unit (in the same unit) or object (for the same object)");
        return false;
    }
    *ret = unit ? PER_UNIT : PER_OBJECT;
    return true;
}

/* --- as a rule --------------------------------------------------------------------------- */

static void put_positions(struct buf *b, const struct positions *p)
{
    BUF_LIT(b, "position in [");
    for (size_t i = 0; i < p->n; i++) {
        buf_put_fmt(b, "%s'%.*s'", i ? ", " : "", STR_ARG(p->keys[i]->key));
    }
    BUF_LIT(b, "]");
}

/* "o in post where ..": appointments in force of the same person to another of them, for
 * some of the same days.  Without a unit one is held everywhere. */
static str others(struct load *l, const struct positions *p, enum per per)
{
    struct buf b = buf_make(l->a, TEXT_MAX);
    BUF_LIT(&b, "o in post where o.person == person and o.id != id and o.state == 'in_force'"
                " and o.");
    put_positions(&b, p);
    BUF_LIT(&b, " and o.position != position"
                " and default((ends == null or o.starts <= ends)"
                " and (o.ends == null or starts <= o.ends), true)");
    if (per == PER_UNIT) {
        BUF_LIT(&b, " and default(o.unit in under(unit) or unit in under(o.unit), true)");
    } else if (per == PER_OBJECT) {
        BUF_LIT(&b, " and default(o.of == of, false)");
    }
    return buf_str(&b);
}

/* One of them, while the appointment is not at its end. */
static str judged(struct load *l, const struct tdef *d, const struct positions *p)
{
    struct buf b = buf_make(l->a, TEXT_MAX);
    bool some = false;
    put_positions(&b, p);
    BUF_LIT(&b, " and state in [");
    for (size_t i = 0; i < d->nstates; i++) {
        if (!d->states[i].final) {
            buf_put_fmt(&b, "%s'%.*s'", some ? ", " : "", STR_ARG(d->states[i].key));
            some = true;
        }
    }
    BUF_LIT(&b, "]");
    return buf_str(&b);
}

static void rule_add(struct load *l, const struct positions *p, enum per per, const struct apart *x)
{
    struct tdef *d = l->m->post->newest;
    if (d->nrules >= RULES_OF_POST_MAX) {
        diag_error(l->d, x->pos, "任职台账的规则过多：最多 %d 条",
                   "too many rules of the register of posts: at most %d", RULES_OF_POST_MAX);
        return;
    }
    struct scope sc = scope_of(l, d);
    struct rule *rules = arena_array(l->a, struct rule, d->nrules + 2);
    for (size_t i = 0; i < d->nrules; i++) {
        rules[i] = d->rules[i];
    }
    str set = others(l, p, per);
    str none = str_fmt(l->a, "not exists(%.*s)", STR_ARG(set));
    str last = str_fmt(l->a, "last(%.*s, o.starts)", STR_ARG(set));
    struct cond *c = &rules[d->nrules++].check;
    *c = expr_compile(l->a, &sc, none, x->pos, vtype_of(V_BOOL), l->d);
    c->clause = x->clause;
    c->words = x->words;
    c->when = arena_new(l->a, struct cond);
    *c->when = expr_compile(l->a, &sc, judged(l, d, p), x->pos, vtype_of(V_BOOL), l->d);
    c->other = arena_new(l->a, struct cond);
    *c->other = expr_compile(l->a, &sc, last, x->pos, vtype_of(V_NULL), l->d);
    d->rules = rules;
}

void apart_posts(struct load *l, struct lsrc *s, const struct ynode *e, struct apart *x)
{
    static const struct words where[] = {
        [PER_ANY] = WORDS_INIT("", ""),
        [PER_UNIT] = WORDS_INIT("在同一部门及其上级部门", " in the same unit or above it"),
        [PER_OBJECT] = WORDS_INIT("就同一对象", " for the same object")};
    struct positions p = {0};
    enum per per;
    bool ok = positions_read(l, s, yaml_get(e, STR("posts")), &p);
    if (!per_read(l, e, &per) || !ok) {
        return;
    }
    struct words all = apart_join(l->a, p.names, p.n);
    x->words = yaml_get(e, STR("zh")) || yaml_get(e, STR("en"))
                   ? key_words(l, s, e, (str){0})
                   : (struct words){str_fmt(l->a, "同一人不得%.*s兼任%.*s", STR_ARG(where[per].zh),
                                            STR_ARG(all.zh)),
                                    str_fmt(l->a, "Nobody holds more than one of %.*s%.*s",
                                            STR_ARG(all.en), STR_ARG(where[per].en))};
    if (s->law == s->law->reg->newest) {
        rule_add(l, &p, per, x);
    }
}
