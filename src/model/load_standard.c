#include "model/load_int.h"
#include "model/standard.h"

/* Which items of standards a clause answers to. */

/* "ISO27001/A.8.32 intersects" */
static bool mapping_read(struct load *l, const struct ynode *n, struct mapping_of *m)
{
    str rest;
    str text = key_text(l, n, WORDS("标准条目", "an item of a standard"));
    str name = str_cut(text, ' ', &rest);
    str relation = str_trim(rest);
    m->standard = str_cut(name, '/', &m->item);
    m->pos = n->pos;
    if (!text.len) {
        return false;
    }
    if (!m->standard.len || !m->item.len || m->standard.len > STANDARD_NAME_MAX ||
        m->item.len > STANDARD_NAME_MAX) {
        diag_error(l->d, n->pos, "应写成“标准/条目 关系”，如 ISO27001/A.8.32 intersects",
                   "write \"standard/item relation\", as ISO27001/A.8.32 intersects");
        return false;
    }
    for (int i = 0; i < RELATIONS; i++) {
        if (str_eq(relation, relation_key((enum relation)i))) {
            m->relation = (enum relation)i;
            return true;
        }
    }
    diag_error(l->d, n->pos,
               "关系应为 equal（等同）、subset（覆盖一部分）、superset（完全覆盖）或 "
               "intersects（有交集），而不是“%.*s”",
               "the relation is equal, subset, superset or intersects, not \"%.*s\"",
               STR_ARG(relation));
    return false;
}

static bool is_there(const struct law *law, const struct mapping_of *m)
{
    for (size_t i = 0; i < law->nmaps; i++) {
        const struct mapping_of *x = &law->maps[i];
        if (x->clause == m->clause && str_eq(x->standard, m->standard) &&
            str_eq(x->item, m->item)) {
            return true;
        }
    }
    return false;
}

static void clause_maps(struct load *l, struct law *law, struct mapping_of *list,
                        const struct ypair *p)
{
    const struct clause *c = law_clause(law, p->key);
    if (!c) {
        diag_error(l->d, p->pos, "没有条款“%.*s”", "there is no clause \"%.*s\"", STR_ARG(p->key));
    }
    if (!key_is_list(l, p->value, WORDS("standards", "standards"))) {
        return;
    }
    if (p->value->len > STANDARD_CLAUSE_MAX) {
        diag_error(l->d, p->pos, "一条最多对应 20 个标准条目",
                   "a clause answers to at most 20 items");
    }
    for (size_t i = 0; i < p->value->len; i++) {
        struct mapping_of m = {.clause = c};
        if (!mapping_read(l, p->value->items[i], &m) || !c) {
            continue;
        }
        if (is_there(law, &m)) {
            diag_error(l->d, m.pos, "“%.*s/%.*s”写了两次", "\"%.*s/%.*s\" stands here twice",
                       STR_ARG(m.standard), STR_ARG(m.item));
        } else if (law->nmaps == STANDARD_MAPS_MAX) {
            diag_error(l->d, m.pos, "一部制度最多对应 1,000 个标准条目",
                       "a regulation answers to at most 1,000 items");
            return;
        } else {
            list[law->nmaps++] = m;
        }
    }
}

void standards_body(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("standards"));
    if (!n || !key_is_map(l, n, WORDS("standards", "standards"))) {
        return;
    }
    size_t most = 0;
    for (size_t i = 0; i < n->len; i++) {
        most += n->pairs[i].value->kind == Y_LIST ? n->pairs[i].value->len : 0;
    }
    struct mapping_of *list = arena_array(l->a, struct mapping_of, most + 1);
    s->law->maps = list;
    for (size_t i = 0; i < n->len; i++) {
        clause_maps(l, s->law, list, &n->pairs[i]);
    }
}
