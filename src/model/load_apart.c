#include "base/buf.h"
#include "model/load_apart_int.h"

/* Separation of duties between actions: each becomes a need of the others, and keeps people
 * out of the others' approvals.  Between positions: load_posts.c. */

enum { APARTS_MAX = 60 };

struct words apart_join(struct arena *a, const struct words *names, size_t n)
{
    struct buf zh = buf_make(a, 4000);
    struct buf en = buf_make(a, 4000);
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n;
        buf_put_fmt(&zh, "%s%.*s", i ? "、" : "", STR_ARG(names[i].zh));
        buf_put_fmt(&en, "%s%.*s",
                    !i     ? ""
                    : last ? " and "
                           : ", ",
                    STR_ARG(words_in(names[i], LANG_EN)));
    }
    return (struct words){buf_str(&zh), buf_str(&en)};
}

/* --- read ----------------------------------------------------------------------------- */

static struct tsrc *type_of(struct load *l, struct lsrc *s, const struct ynode *e)
{
    const struct ynode *n = yaml_get(e, STR("of"));
    str key = key_str(l, e, "of");
    str *names = arena_array(l->a, str, l->ntsrcs + 1);
    size_t k = 0;
    for (size_t i = 0; i < l->ntsrcs; i++) {
        struct tsrc *t = l->tsrcs[i];
        if (t->src != s || t->owner) {
            continue;
        }
        if (str_eq(t->def->type->key, key)) {
            return t;
        }
        names[k++] = t->def->type->key;
    }
    if (!n) {
        diag_error(l->d, e->pos, "缺少 of：哪个类型的操作？",
                   "of is missing: actions of which type?");
    } else if (key.len) {
        str near = diag_nearest(key, names, k);
        near = near.len ? near : names_join(l->a, names, k);
        diag_error(l->d, n->pos, "本制度没有类型“%.*s”；有：%.*s",
                   "this regulation has no type \"%.*s\"; it has %.*s", STR_ARG(key),
                   STR_ARG(near));
    }
    return NULL;
}

static bool no_action(struct apart_reader *r, str text, struct pos at)
{
    const struct tdef *d = r->t->def;
    str *names = arena_array(r->l->a, str, 2 * d->nactions + 1);
    size_t n = 0;
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *x = &d->actions[i];
        if (!x->after) {
            names[n++] = x->key;
        }
        if (x->route) {
            names[n++] = str_fmt(r->l->a, "%.*s.approval", STR_ARG(x->key));
        }
    }
    str near = diag_nearest(text, names, n);
    near = near.len ? near : names_join(r->l->a, names, n);
    diag_error(r->l->d, at, "类型“%.*s”没有操作“%.*s”；有：%.*s",
               "type \"%.*s\" has no action \"%.*s\"; it has %.*s", STR_ARG(d->type->key),
               STR_ARG(text), STR_ARG(near));
    return false;
}

/* "request", "request.approval" */
static bool member_read(struct apart_reader *r, const struct ynode *n, struct member *ret)
{
    struct load *l = r->l;
    str part;
    str text = key_text(l, n, WORDS("操作", "an action"));
    str key = str_cut(text, '.', &part);
    if (!text.len) {
        return false;
    }
    *ret = (struct member){.x = action_find(r->t->def, key),
                           .votes = str_eq(part, STR("approval")),
                           .pos = n->pos,
                           .text = text};
    if (!ret->x || ret->x->after || (part.ptr && !ret->votes)) {
        return no_action(r, text, n->pos);
    }
    if (ret->votes && !ret->x->route) {
        diag_error(l->d, n->pos, "操作“%.*s”没有 approval，没有审批人",
                   "action \"%.*s\" has no approval, so nobody approves it", STR_ARG(key));
        return false;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (r->list[i].x == ret->x && r->list[i].votes == ret->votes) {
            diag_error(l->d, n->pos, "“%.*s”写了两次", "\"%.*s\" stands here twice", STR_ARG(text));
            return false;
        }
    }
    return true;
}

static bool members_read(struct apart_reader *r, const struct ynode *acts)
{
    if (!key_is_list(r->l, acts, WORDS("acts", "acts"))) {
        return false;
    }
    if (acts->len < 2 || acts->len > MEMBERS_MAX) {
        diag_error(r->l->d, acts->pos, "acts 应有 2 至 %d 个操作", "acts takes 2 to %d actions",
                   MEMBERS_MAX);
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < acts->len; i++) {
        bool good = member_read(r, acts->items[i], &r->list[r->n]);
        r->n += good ? 1 : 0;
        ok = ok && good;
    }
    return ok;
}

/* --- what follows of it -------------------------------------------------------------------- */

static struct words named(struct arena *a, const struct member *m)
{
    str en = words_in(m->x->words, LANG_EN);
    return (struct words){
        str_fmt(a, m->votes ? "“%.*s”的审批" : "“%.*s”", STR_ARG(m->x->words.zh)),
        str_fmt(a, m->votes ? "the approval of \"%.*s\"" : "\"%.*s\"", STR_ARG(en))};
}

/* What the author says of it, then why not now. */
static struct words reason(const struct apart_reader *r, struct words why)
{
    struct arena *a = r->l->a;
    struct words own = r->own;
    return (struct words){
        own.zh.len ? str_fmt(a, "%.*s：%.*s", STR_ARG(own.zh), STR_ARG(why.zh)) : why.zh,
        own.en.len ? str_fmt(a, "%.*s. %.*s", STR_ARG(own.en), STR_ARG(why.en)) : why.en};
}

/* "您已办理“申请”，同一人不得再办理“交接”"; of an approval: of whoever would sit. */
static struct words why_not(const struct apart_reader *r, const struct member *m,
                            const struct member *other)
{
    struct arena *a = r->l->a;
    struct words did = named(a, other);
    struct words does = named(a, &(struct member){.x = m->x});
    struct words who = m->votes ? WORDS("此人", "This person") : WORDS("您", "You");
    const char *took = m->votes ? "takes part in" : "take part in";
    return reason(
        r, (struct words){str_fmt(a, "%s%s%.*s，同一人不得再%s%.*s，请由他人办理", who.zh.ptr,
                                  other->votes ? "参加了" : "已办理", STR_ARG(did.zh),
                                  m->votes ? "审批" : "办理", STR_ARG(does.zh)),
                          str_fmt(a,
                                  "%s %s %.*s; the same person does not %s %.*s, somebody else "
                                  "does",
                                  who.en.ptr, other->votes ? took : "did", STR_ARG(did.en),
                                  m->votes ? "decide on" : "do", STR_ARG(does.en))});
}

static void needs_add(struct apart_reader *r, struct member *m)
{
    struct load *l = r->l;
    struct action *x = m->x;
    struct scope sc = scope_of(l, r->t->def);
    if (x->creates) { /* nobody has done anything on a record that is not there */
        return;
    }
    struct need *needs = arena_array(l->a, struct need, x->nneeds + r->n + 1);
    for (size_t i = 0; i < x->nneeds; i++) {
        needs[i] = x->needs[i];
    }
    for (size_t i = 0; i < r->n; i++) {
        const struct member *other = &r->list[i];
        if (!apart_bars(m, other)) {
            continue;
        }
        if (apart_all_did(r, &x->who, other)) {
            diag_error(l->d, m->pos, "“%.*s”只能由“%.*s”的人办理，两者无法分开",
                       "\"%.*s\" is only for those of \"%.*s\", so they cannot be kept apart",
                       STR_ARG(m->text), STR_ARG(other->text));
            return;
        }
        str text = str_fmt(l->a, "not (actor in %.*s)", STR_ARG(apart_who_did(l->a, other)));
        struct need *n = &needs[x->nneeds++];
        *n = (struct need){.when = NEED_BEFORE, .apart = true};
        n->check = expr_compile(l->a, &sc, text, other->pos, vtype_of(V_BOOL), l->d);
        n->check.clause = r->apart->clause;
        n->check.words = why_not(r, m, other);
    }
    x->needs = needs;
}

/* Whoever is one of `text` may sit in no node. */
static void keep_out(struct apart_reader *r, struct route *route, str text)
{
    struct load *l = r->l;
    struct scope sc = scope_of(l, r->t->def);
    struct route_node *nodes = arena_array(l->a, struct route_node, (size_t)route->plan.n);
    for (int i = 0; i < route->plan.n; i++) {
        nodes[i] = route->nodes[i];
        const struct people *was = &nodes[i].keep_out;
        str all =
            was->tree ? str_fmt(l->a, "(%.*s) or %.*s", STR_ARG(was->text), STR_ARG(text)) : text;
        nodes[i].keep_out =
            expr_compile_people(l->a, &sc, all, was->tree ? was->pos : r->apart->pos, false, l->d);
    }
    route->nodes = nodes;
}

static void bars_add(struct apart_reader *r, struct member *m)
{
    struct load *l = r->l;
    struct route *route = r->t->routes[m->x->index];
    struct scope sc = scope_of(l, r->t->def);
    struct route_bar *list = arena_array(l->a, struct route_bar, route->nbars + r->n + 1);
    struct buf text = buf_make(l->a, 4000);
    for (size_t i = 0; i < route->nbars; i++) {
        list[i] = route->bars[i];
    }
    for (size_t i = 0; i < r->n; i++) {
        const struct member *other = &r->list[i];
        if (!apart_bars(m, other)) {
            continue;
        }
        str who = apart_who_did(l->a, other);
        buf_put_fmt(&text, "%s%.*s", text.len ? " or " : "", STR_ARG(who));
        list[route->nbars++] =
            (struct route_bar){.who = expr_compile_people(l->a, &sc, who, other->pos, false, l->d),
                               .clause = r->apart->clause,
                               .words = why_not(r, m, other)};
    }
    route->bars = list;
    if (text.len && route->nodes) {
        keep_out(r, route, buf_str(&text));
        apart_nobody_left(r, m, route);
    }
}

static void acts_read(struct apart_reader *r, const struct ynode *e, struct apart *x)
{
    struct load *l = r->l;
    r->t = type_of(l, r->s, e);
    if (!r->t || !members_read(r, yaml_get(e, STR("acts")))) {
        return;
    }
    struct words names[MEMBERS_MAX];
    for (size_t i = 0; i < r->n; i++) {
        names[i] = named(l->a, &r->list[i]);
    }
    struct words all = apart_join(l->a, names, r->n);
    x->of = r->t->def;
    x->words =
        r->own.zh.len || r->own.en.len
            ? r->own
            : (struct words){str_fmt(l->a, "%.*s须由不同的人办理", STR_ARG(all.zh)),
                             str_fmt(l->a, "%.*s are for different people", STR_ARG(all.en))};
    size_t errors = l->d->errors;
    apart_check(r);
    for (size_t i = 0; l->d->errors == errors && i < r->n; i++) {
        if (r->list[i].votes) {
            bars_add(r, &r->list[i]);
        } else {
            needs_add(r, &r->list[i]);
        }
    }
}

/* --- the list ------------------------------------------------------------------------------ */

static void apart_read(struct load *l, struct lsrc *s, const struct ynode *e, struct apart *x)
{
    *x = (struct apart){.pos = e->pos};
    if (!keys_check(l, e, KEYS_APART, "", WORDS("apart 的一项", "an entry of apart"))) {
        return;
    }
    bool acts = yaml_get(e, STR("acts")) != NULL;
    bool posts = yaml_get(e, STR("posts")) != NULL;
    x->clause = key_clause(l, s, e);
    if (!yaml_get(e, STR("clause"))) {
        diag_error(l->d, e->pos, "apart 没有引用条款（clause）",
                   "the entry of apart cites no clause");
    }
    if (acts == posts) {
        diag_error(l->d, e->pos, "apart 的一项要有 acts（操作）或 posts（岗位）之一",
                   "an entry of apart has acts or posts, one of them");
        return;
    }
    const char *other = acts ? "per" : "of";
    const struct ypair *p = yaml_pair(e, str_from(other));
    if (p) {
        diag_error(l->d, p->pos, "%s 与 %s 连用", "%s goes with %s", other,
                   acts ? "posts" : "acts");
    }
    if (posts) {
        apart_posts(l, s, e, x);
        return;
    }
    struct apart_reader r = {.l = l, .s = s, .apart = x};
    if (yaml_get(e, STR("zh")) || yaml_get(e, STR("en"))) {
        r.own = key_words(l, s, e, (str){0});
    }
    acts_read(&r, e, x);
}

void aparts_body(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("apart"));
    if (!n || !key_is_list(l, n, WORDS("apart", "apart"))) {
        return;
    }
    if (n->len > APARTS_MAX) {
        diag_error(l->d, n->pos, "apart 最多 %d 项", "apart takes at most %d entries", APARTS_MAX);
        return;
    }
    struct apart *list = arena_array(l->a, struct apart, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        apart_read(l, s, n->items[i], &list[s->law->naparts]);
        s->law->naparts += list[s->law->naparts].words.zh.len ? 1 : 0;
    }
    s->law->aparts = list;
}
