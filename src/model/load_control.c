#include "model/control.h"
#include "model/load_int.h"

/* Controls: names and codes first (they stay through versions), then what they say. */

/* --- names ---------------------------------------------------------------------------- */

static struct control *control_find(const struct load *l, str key)
{
    for (size_t i = 0; i < l->m->ncontrols; i++) {
        if (str_eq(l->m->controls[i]->key, key)) {
            return l->m->controls[i];
        }
    }
    return NULL;
}

static struct control *control_declare(struct load *l, struct lsrc *s, const struct ypair *p)
{
    struct model *m = l->m;
    struct control *c = control_find(l, p->key);
    if (c && c->reg != s->law->reg) {
        diag_error(l->d, p->pos, "控制点“%.*s”已由制度 %.*s 定义；控制点名在一个系统中唯一",
                   "control \"%.*s\" belongs to regulation %.*s; names of controls are unique in "
                   "an installation",
                   STR_ARG(p->key), STR_ARG(c->reg->key));
        return NULL;
    }
    if (c) {
        return c;
    }
    if (m->ncontrols == CONTROLS_MAX) {
        diag_error(l->d, p->pos, "控制点超过 1,000 个", "more than 1,000 controls");
        return NULL;
    }
    c = arena_new(l->a, struct control);
    *c = (struct control){.key = p->key, .code = (int)m->ncontrols, .reg = s->law->reg};
    m->controls[m->ncontrols++] = c;
    return c;
}

void controls_read(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("controls"));
    if (!n || !key_is_map(l, n, WORDS("controls", "controls"))) {
        return;
    }
    s->law->controls = arena_array(l->a, struct cdef, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        if (!name_check(l, p->key, p->pos, WORDS("控制点", "control")) ||
            !keys_check(l, p->value, KEYS_CONTROL, "", WORDS("控制点", "a control"))) {
            continue;
        }
        struct control *c = control_declare(l, s, p);
        if (c) {
            s->law->controls[s->law->ncontrols++] =
                (struct cdef){.control = c, .law = s->law, .pos = p->pos};
        }
    }
}

/* --- what one says ------------------------------------------------------------------------ */

static bool over_read(struct load *l, struct lsrc *s, const struct ynode *map, struct cdef *c)
{
    const struct ynode *n = yaml_get(map, STR("over"));
    str lines;
    str key = str_cut(n ? key_text(l, n, WORDS("over", "over")) : (str){0}, '.', &lines);
    const struct type *t = key.len ? type_find(l, key) : NULL;
    if (!n) {
        diag_error(l->d, c->pos, "缺少 over：检查哪一类记录？",
                   "over is missing: records of which type are judged?");
        return false;
    }
    if (t && lines.ptr) {
        t = type_find(l, str_fmt(l->a, "%.*s__%.*s", STR_ARG(key), STR_ARG(lines)));
    }
    if (!t || !t->newest || (!lines.ptr && t->lines)) {
        str *names = arena_array(l->a, str, l->m->ntypes + 1);
        size_t k = 0;
        for (size_t i = 0; i < l->m->ntypes; i++) {
            names[k] = l->m->types[i]->key;
            k += !l->m->types[i]->lines;
        }
        str near = diag_nearest(key, names, k);
        near = near.len ? near : names_join(l->a, names, k);
        diag_error(l->d, n->pos, "没有记录类型“%.*s”；有：%.*s",
                   "there is no type \"%.*s\"; there is %.*s", STR_ARG(n->text), STR_ARG(near));
        return false;
    }
    if (!law_uses(c->law, t->reg)) {
        diag_error(l->d, n->pos, "类型“%.*s”属于制度 %.*s，请写入 uses",
                   "type \"%.*s\" belongs to regulation %.*s: name it in uses", STR_ARG(key),
                   STR_ARG(t->reg->key));
        return false;
    }
    c->over = t;
    (void)s;
    return true;
}

/* How the type is in this version; of another regulation, how it is now. */
static const struct tdef *over_def(const struct cdef *c)
{
    bool own = c->over->reg == c->law->reg;
    for (size_t i = 0; own && i < c->over->ndefs; i++) {
        if (c->over->defs[i]->law == c->law) {
            return c->over->defs[i];
        }
    }
    return c->over->newest;
}

static void reasons_read(struct load *l, struct lsrc *s, const struct scope *sc,
                         const struct ynode *n, struct cdef *c)
{
    struct control_reason *list = arena_array(l->a, struct control_reason, CONTROL_REASONS_MAX + 1);
    bool map = n && key_is_map(l, n, WORDS("reasons", "reasons"));
    if (map && n->len > CONTROL_REASONS_MAX) {
        diag_error(l->d, n->pos, "理由超过 20 个", "more than 20 reasons");
    }
    for (size_t i = 0; map && i < n->len && i < CONTROL_REASONS_MAX; i++) {
        const struct ypair *p = &n->pairs[i];
        struct control_reason *r = &list[c->nreasons];
        name_check(l, p->key, p->pos, WORDS("理由", "reason"));
        r->key = p->key;
        if (!keys_check(l, p->value, KEYS_REASON, "", WORDS("理由", "a reason"))) {
            continue;
        }
        r->words = key_words(l, s, p->value, p->key);
        const struct ynode *when = yaml_get(p->value, STR("when"));
        if (when) {
            r->when = truth_read(l, sc, when);
        } else if (i + 1 < n->len) {
            diag_error(l->d, p->pos, "只有最后一个理由可以不写 when",
                       "only the last reason may be without a when");
        }
        c->nreasons++;
    }
    if (!c->nreasons || list[c->nreasons - 1].when.tree) {
        list[c->nreasons++] = (struct control_reason){.key = STR("violated"), .words = c->words};
    }
    c->reasons = list;
}

/* What stands in the first column of a page and has no field. */
static bool own_word(str name, struct words *ret)
{
    static const struct {
        const char *name;
        struct words words;
    } words[] = {{"number", WORDS_INIT("编号", "Number")},
                 {"name", WORDS_INIT("名称", "Name")},
                 {"state", WORDS_INIT("状态", "State")},
                 {"created_at", WORDS_INIT("建立时间", "Created")},
                 {"changed_at", WORDS_INIT("变更时间", "Changed")}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_eq(name, str_from(words[i].name))) {
            *ret = words[i].words;
            return true;
        }
    }
    return false;
}

/* Whoever sees the record may read the column: nothing in it is hidden from anybody. */
static bool column_open(struct load *l, const struct scope *sc, const struct ynode *n,
                        const struct cond *v, struct words *words)
{
    str further;
    str first = str_cut(v->text, '.', &further);
    const struct field *f = tdef_field(sc->self, first);
    const struct type *to = f ? f->value.type : NULL;
    bool own = !further.ptr && v->type.kind != V_RECORD && v->type.kind != V_SET;
    bool open = own && (f ? !f->see.tree : own_word(first, words));
    if (f && further.ptr && to && to->newest && f->value.kind == V_RECORD) {
        const struct field *far = tdef_field(to->newest, further);
        struct words none;
        bool unsaid = !to->newest->see.tree && !to->part_of; /* said there */
        bool seen =
            to->newest->see.everyone || unsaid || (sc->self->part_of == to && !sc->self->see.tree);
        open = !f->see.tree && seen &&
               (far ? !far->see.tree && far->value.kind != V_RECORD : own_word(further, &none));
    }
    if (!open) {
        diag_error(
            l->d, n->pos,
            "show 的一列是本记录的字段，或者所引用记录的字段（如 unit.title），且不对任何人隐藏",
            "a column of show is a field of the record, or of one it names (as unit.title), "
            "that is hidden from nobody");
        return false;
    }
    *words = f ? f->words : *words;
    return true;
}

static void show_read(struct load *l, const struct scope *sc, const struct ynode *n, struct cdef *c)
{
    if (!n || !key_is_list(l, n, WORDS("show", "show"))) {
        return;
    }
    struct control_column *list = arena_array(l->a, struct control_column, CONTROL_SHOW_MAX + 1);
    if (n->len > CONTROL_SHOW_MAX) {
        diag_error(l->d, n->pos, "show 超过 12 列", "show has more than 12 columns");
    }
    for (size_t i = 0; i < n->len && i < CONTROL_SHOW_MAX; i++) {
        struct cond v = cond_read(l, sc, n->items[i], vtype_of(V_NULL));
        struct words words = {0};
        if (v.tree && column_open(l, sc, n->items[i], &v, &words)) {
            list[c->nshow++] = (struct control_column){.path = v.text, .words = words, .value = v};
        }
    }
    c->show = list;
}

static int64_t number_read(struct load *l, const struct ynode *map, const char *key, int64_t least,
                           int64_t most, int64_t absent)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    int64_t v;
    if (!n) {
        return absent;
    }
    if (n->kind == Y_TEXT && str_to_i64(n->text, &v) && v >= least && v <= most) {
        return v;
    }
    diag_error(l->d, n->pos, "%s 应为 %lld 到 %lld 的整数",
               "%s is a whole number from %lld to %lld", key, (long long)least, (long long)most);
    return absent;
}

static enum severity severity_read(struct load *l, const struct ynode *map)
{
    static const char *const keys[SEVERITIES] = {"low", "medium", "high", "critical"};
    const struct ynode *n = yaml_get(map, STR("severity"));
    for (int i = 0; n && i < SEVERITIES; i++) {
        if (n->kind == Y_TEXT && str_eq(n->text, str_from(keys[i]))) {
            return (enum severity)i;
        }
    }
    if (n) {
        diag_error(l->d, n->pos, "severity 应为 low、medium、high 或 critical",
                   "severity is low, medium, high or critical");
    }
    return SEVERITY_MEDIUM;
}

/* A verdict is about the record and the moment, the same for whoever looks. */
static void nobody_asks(struct load *l, const struct cond *c)
{
    if (c->tree && c->reads.actor) {
        diag_error(l->d, c->pos, "这里不能写 actor：检查没有操作人",
                   "actor cannot stand here: nobody acts when a control is judged");
    }
}

static bool law_now_read(struct load *l, const struct ynode *map)
{
    const struct ynode *n = yaml_get(map, STR("law"));
    if (n && !(n->kind == Y_TEXT && str_eq(n->text, STR("now")))) {
        diag_error(l->d, n->pos, "law 只能写 now（所有记录都按现行规定判断）",
                   "law can only be now (all records are judged by today's text)");
    }
    return n != NULL;
}

/* A plain length, as "36h": a result ages also at night. */
static int64_t age_read(struct load *l, const struct ynode *map)
{
    const struct ynode *n = yaml_get(map, STR("max_age"));
    int64_t ms = 0;
    if (n && !(n->kind == Y_TEXT && expr_literal(n->text, V_DURATION, &ms, NULL) && ms > 0)) {
        diag_error(l->d, n->pos, "max_age 应为一段时间，如 10m、36h",
                   "max_age is a length of time, as 10m or 36h");
    }
    return ms;
}

/* What people answer is executed by nobody else. */
static const struct clause *clause_of(struct load *l, struct lsrc *s, const struct ynode *map,
                                      bool manual)
{
    bool *before = arena_array(l->a, bool, s->law->nclauses + 1);
    for (size_t i = 0; i < s->law->nclauses; i++) {
        before[i] = s->law->clauses[i].cited;
    }
    const struct clause *c = key_clause(l, s, map);
    if (c && manual) {
        struct clause *own = &s->law->clauses[c - s->law->clauses];
        own->cited = before[c - s->law->clauses];
        own->attested = true;
    }
    return c;
}

/* What the program can verify of itself, by word; true: nothing else is to be read. */
static bool self_read(struct load *l, const struct ynode *map, struct cdef *c)
{
    const struct ynode *n = yaml_get(map, STR("self"));
    if (!n) {
        return false;
    }
    c->self = n->kind == Y_TEXT && str_eq(n->text, STR("records"));
    if (!c->self) {
        diag_error(l->d, n->pos, "self 只能写 records（每条记录与存证日志一致）",
                   "self can only be records (every record is as the ledger says)");
    }
    keys_check(l, map, KEYS_CONTROL_SELF, "",
               WORDS("系统自检的控制点", "a control of the program itself"));
    return true;
}

static void control_body(struct load *l, struct lsrc *s, const struct ynode *map, struct cdef *c)
{
    c->words = key_words(l, s, map, c->control->key);
    c->clause = clause_of(l, s, map, c->manual != NULL);
    if (!c->clause && !yaml_get(map, STR("clause"))) {
        diag_error(l->d, c->pos, "控制点要有 clause：它检查哪一条？",
                   "a control needs a clause: which one does it watch?");
    }
    c->severity = severity_read(l, map);
    if (c->manual) {
        keys_check(l, map, KEYS_CONTROL_MANUAL, "", WORDS("由人回答的控制点", "a manual control"));
        return;
    }
    c->max_age_ms = age_read(l, map);
    c->enough = CONTROL_ENOUGH_ALL;
    if (self_read(l, map, c)) {
        return;
    }
    c->expect = number_read(l, map, "expect", 0, 1000000000, 0);
    c->enough = (int)number_read(l, map, "enough", 1, CONTROL_ENOUGH_ALL, CONTROL_ENOUGH_ALL);
    c->law_now = law_now_read(l, map);
    if (!over_read(l, s, map, c)) {
        return;
    }
    struct scope sc = {.model = l->m, .law = c->law, .self = over_def(c)};
    const struct ynode *where = yaml_get(map, STR("where"));
    const struct ynode *holds = yaml_get(map, STR("holds"));
    c->where = where ? truth_read(l, &sc, where) : (struct cond){0};
    c->holds = holds ? truth_read(l, &sc, holds) : (struct cond){0};
    if (!holds) {
        diag_error(l->d, c->pos, "缺少 holds：什么必须成立？",
                   "holds is missing: what must be so?");
    }
    reasons_read(l, s, &sc, yaml_get(map, STR("reasons")), c);
    show_read(l, &sc, yaml_get(map, STR("show")), c);
    control_follow(l->a, c->over, &c->where, c);
    control_follow(l->a, c->over, &c->holds, c);
    for (size_t i = 0; i < c->nreasons; i++) {
        control_follow(l->a, c->over, &c->reasons[i].when, c);
    }
    nobody_asks(l, &c->where);
    nobody_asks(l, &c->holds);
    for (size_t i = 0; i < c->nreasons; i++) {
        nobody_asks(l, &c->reasons[i].when);
    }
    struct scope none = {.model = l->m, .law = c->law};
    const struct ynode *grace = yaml_get(map, STR("grace"));
    const struct ynode *fix = yaml_get(map, STR("fix_within"));
    c->grace = grace ? length_read(l, &none, grace) : (struct cond){0};
    c->fix = fix ? length_read(l, &none, fix) : (struct cond){0};
}

void controls_body(struct load *l, struct lsrc *s)
{
    const struct ynode *n = yaml_get(s->root, STR("controls"));
    for (size_t i = 0; i < s->law->ncontrols; i++) {
        struct cdef *c = &s->law->controls[i];
        control_body(l, s, yaml_get(n, c->control->key), c);
    }
}

/* --- through the versions ----------------------------------------------------------------- */

/* What was found of one stays where it is: its records are always of one type, or it is
 * always answered. */
static void same_type(struct load *l, const struct cdef *c, const struct type **over)
{
    if (*over && *over != c->over) {
        diag_error(l->d, c->pos, "控制点“%.*s”一直检查“%.*s”；要检查另一类，请另设一个",
                   "control \"%.*s\" has always judged \"%.*s\"; add another one for another type",
                   STR_ARG(c->control->key), STR_ARG((*over)->key));
    }
    *over = c->over;
}

void controls_link(struct load *l)
{
    for (size_t i = 0; i < l->m->ncontrols; i++) {
        struct control *c = l->m->controls[i];
        c->ndefs = c->reg->nlaws;
        c->defs = arena_array(l->a, const struct cdef *, c->ndefs + 1);
        const struct cdef *last = NULL;
        bool other = false;
        for (size_t v = 0; v < c->ndefs; v++) {
            const struct law *law = c->reg->laws[v];
            c->defs[v] = NULL;
            for (size_t k = 0; k < law->ncontrols; k++) {
                c->defs[v] = law->controls[k].control == c ? &law->controls[k] : c->defs[v];
            }
            if (c->defs[v] && c->defs[v]->over) {
                same_type(l, c->defs[v], &c->over);
            }
            other = other || (c->defs[v] && (c->defs[v]->manual || c->defs[v]->self));
            last = c->defs[v] ? c->defs[v] : last;
        }
        c->newest = c->ndefs ? c->defs[c->ndefs - 1] : NULL;
        if (other && c->over) {
            diag_error(l->d, last->pos,
                       "控制点“%.*s”不能时而由人回答或自检、时而判断记录；请另设一个",
                       "control \"%.*s\" cannot judge records in one version and be answered, or "
                       "verify the program, in another; add another one",
                       STR_ARG(c->key));
        }
    }
}

bool cdef_judges_all(const struct cdef *c)
{
    return c->law_now || c->over->newest->newest || c->over->reg != c->law->reg;
}

const struct control *model_control_at(const struct model *m, int64_t code)
{
    return code >= 0 && (size_t)code < m->ncontrols ? m->controls[code] : NULL;
}

const struct control *model_control(const struct model *m, str key)
{
    for (size_t i = 0; i < m->ncontrols; i++) {
        if (str_eq(m->controls[i]->key, key)) {
            return m->controls[i];
        }
    }
    return NULL;
}

struct words severity_words(enum severity s)
{
    static const struct words words[SEVERITIES] = {
        WORDS_INIT("低", "low"), WORDS_INIT("中", "medium"), WORDS_INIT("高", "high"),
        WORDS_INIT("严重", "critical")};
    return words[s];
}
