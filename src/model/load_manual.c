/* load_manual.c - `manual` of a control: a question, how often it is asked, who answers. */
#include "model/control.h"
#include "model/load_int.h"

enum { MS_PER_HOUR = 3600000, EVERY_LEAST_DAYS = 1, EVERY_MOST_MONTHS = 120 };

/* A word for months, or a length.  false: neither, or none that an answer may be good for. */
static bool length_of(str text, struct control_manual *m)
{
    static const struct {
        const char *word;
        int months;
    } words[] = {{"month", 1}, {"quarter", 3}, {"half_year", 6}, {"year", 12}};
    static const enum vkind kinds[] = {V_MONTHS, V_DAYS, V_DURATION};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(text, str_from(words[i].word))) {
            m->unit = V_MONTHS;
            m->every = words[i].months;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (expr_literal(text, kinds[i], &m->every, NULL)) {
            m->unit = kinds[i];
            return true;
        }
    }
    return false;
}

static bool sensible(const struct control_manual *m)
{
    int64_t days = m->unit == V_MONTHS ? m->every * 31
                   : m->unit == V_DAYS ? m->every
                                       : m->every / (24 * MS_PER_HOUR);
    return m->every > 0 && days >= EVERY_LEAST_DAYS && days <= EVERY_MOST_MONTHS * 31;
}

/* "setting('k')": its value, which is fixed in each version. */
static bool setting_of(const struct law *law, str text, struct control_manual *m)
{
    const str before = STR("setting('");
    const str after = STR("')");
    if (!str_starts(text, before) || !str_ends(text, after)) {
        return false;
    }
    str key = str_from_n(text.ptr + before.len, text.len - before.len - after.len);
    const struct setting *s = law_setting(law, key);
    if (!s || s->local || (s->kind != V_MONTHS && s->kind != V_DAYS && s->kind != V_DURATION)) {
        return false;
    }
    m->unit = s->kind;
    m->every = s->i64;
    m->written = s->written;
    return true;
}

static void every_read(struct load *l, const struct cdef *c, const struct ynode *map,
                       struct control_manual *m)
{
    const struct ynode *n = yaml_get(map, STR("every"));
    str text = n ? key_text(l, n, WORDS("every", "every")) : (str){0};
    m->written = text;
    bool known = text.len && (length_of(text, m) || setting_of(c->law, text, m));
    if (!n) {
        diag_error(l->d, c->pos, "manual 缺少 every：多久回答一次？",
                   "manual needs every: how often is it answered?");
    } else if (text.len && !(known && sensible(m))) {
        diag_error(l->d, n->pos,
                   "every 应为 month、quarter、half_year、year，或一天到十年的一段时间（如 90d、"
                   "6 months），或这样一项不可由部门另定的参数",
                   "every is month, quarter, half_year, year, a length from one day to ten years "
                   "(as 90d, 6 months), or a setting of such a length that no unit sets itself");
    }
}

static void owner_read(struct load *l, const struct cdef *c, const struct ynode *map,
                       struct control_manual *m)
{
    struct scope none = {.model = l->m, .law = c->law};
    const struct ynode *n = yaml_get(map, STR("owner"));
    if (!n) {
        diag_error(l->d, c->pos, "manual 缺少 owner：由谁回答？",
                   "manual needs owner: who answers it?");
        return;
    }
    m->owner = people_read(l, &none, n, false);
    if (m->owner.tree && !m->owner.who.text.len) {
        diag_error(l->d, n->pos, "owner 应指明由谁回答", "owner says who answers it");
    } else if (m->owner.tree) {
        people_countable(l, &m->owner, n->pos);
    }
}

void controls_manual(struct load *l, struct lsrc *s)
{
    const struct ynode *all = yaml_get(s->root, STR("controls"));
    for (size_t i = 0; i < s->law->ncontrols; i++) {
        struct cdef *c = &s->law->controls[i];
        const struct ynode *n = yaml_get(yaml_get(all, c->control->key), STR("manual"));
        if (!n || !keys_check(l, n, KEYS_MANUAL, "", WORDS("manual", "manual"))) {
            continue;
        }
        struct control_manual *m = arena_new(l->a, struct control_manual);
        *m = (struct control_manual){.question = key_words(l, s, n, c->control->key)};
        if (!yaml_get(n, STR("zh"))) {
            diag_error(l->d, n->pos, "manual 缺少 zh：问什么？", "manual needs zh: what is asked?");
        }
        every_read(l, c, n, m);
        owner_read(l, c, n, m);
        if (!l->m->attestation) {
            diag_error(l->d, n->pos, "由人回答的控制点需要台账 attestation：没有一项制度定义它",
                       "a manual control needs the register attestation: no regulation defines it");
        }
        c->manual = m;
    }
}
