#include "page/list_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "page/page.h"

#include "gen/list.html.h"

enum { ROWS = 50, COLUMNS_MAX = 12, FILTERS_IN_BAR = 2, FILTERS_MORE = 8 };

/* --- the register of registers ---------------------------------------------- */

static struct frame_news news_of(struct visit *v, const struct guards_creating *may,
                                 const struct law *law)
{
    struct frame_new *list = arena_array(v->ctx.arena, struct frame_new, may->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < may->n; i++) {
        const struct action *a = may->list[i];
        if (a->of->law == law) {
            list[n++] = (struct frame_new){a->of->type->key, a->key, a->words};
        }
    }
    return (struct frame_news){list, n};
}

void page_types(struct visit *v)
{
    const struct model *m = v->model;
    struct guards_creating may;
    err e = guards_creating(&v->ctx, &may);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct types_group *groups = arena_array(v->ctx.arena, struct types_group, m->nregs + 1);
    size_t ngroups = 0;
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *law = m->regs[i]->newest;
        struct types_tile *tiles = arena_array(v->ctx.arena, struct types_tile, law->ntdefs + 1);
        size_t n = 0;
        for (size_t k = 0; k < law->ntdefs; k++) {
            const struct tdef *d = law->tdefs[k];
            if (d->part_of || d->type->lines) {
                continue;
            }
            tiles[n++] = (struct types_tile){
                .key = d->type->key,
                .title = words_in(d->title, v->ctx.lang),
                .kind = words_in(d->newest ? WORDS("台账", "Register") : WORDS("单据", "Cases"),
                                 v->ctx.lang),
                .icon = d->newest ? STR("database") : STR("list-check")};
        }
        if (n) {
            groups[ngroups].title = words_in(law->title, v->ctx.lang);
            groups[ngroups].reg = m->regs[i]->key;
            groups[ngroups].news = news_of(v, &may, law);
            groups[ngroups].tiles.ptr = tiles;
            groups[ngroups].tiles.len = n;
            ngroups++;
        }
    }
    struct types_page p = {.groups = {groups, ngroups}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("台账与单据", "Records"), v->ctx.lang), STR("records"));
    list_types_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- the query of a list ------------------------------------------------------- */

static const struct http_params *params_of(struct visit *v)
{
    return v->x->req.method == HTTP_POST ? &v->x->req.form : &v->x->req.query;
}

static bool is_list_param(str name)
{
    return str_starts(name, STR("w.")) || str_eq(name, STR("q")) || str_eq(name, STR("f")) ||
           str_eq(name, STR("open")) || str_eq(name, STR("mine")) || str_eq(name, STR("c")) ||
           str_eq(name, STR("o"));
}

/* Conditions on fields: "w.FIELD" equal, "w.FIELD.OP" otherwise. */
static const struct condition {
    const char *key;
    enum list_op op;
    bool bare; /* takes no value */
    struct words words;
} conditions[] = {{"eq", LIST_EQ, false, WORDS_INIT("是", "is")},
                  {"ne", LIST_NE, false, WORDS_INIT("不是", "is not")},
                  {"ge", LIST_GE, false, WORDS_INIT("不小于", "at least")},
                  {"lt", LIST_LT, false, WORDS_INIT("小于", "less than")},
                  {"filled", LIST_FILLED, true, WORDS_INIT("已填写", "is filled in")},
                  {"empty", LIST_EMPTY, true, WORDS_INIT("为空", "is empty")}};
enum { CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static const struct condition *condition_of(str key)
{
    for (size_t i = 0; i < CONDITIONS; i++) {
        if (str_eq(key, str_from(conditions[i].key))) {
            return &conditions[i];
        }
    }
    return &conditions[0];
}

/* The condition that was put together from a field, an operator and a value. */
static bool put_together(struct visit *v, struct http_param *ret)
{
    const struct http_params *ps = params_of(v);
    str field = str_trim(http_param(ps, STR("wf")));
    const struct condition *c = condition_of(http_param(ps, STR("wo")));
    str value = c->bare ? STR("1") : str_trim(http_param(ps, STR("wv")));
    if (!field.len || !value.len) {
        return false;
    }
    *ret = (struct http_param){str_fmt(v->ctx.arena, "w.%.*s.%s", STR_ARG(field), c->key), value};
    return true;
}

static void put_param(struct html *out, const struct http_param *p)
{
    if (out->len) {
        html_lit(out, "&", 1);
    }
    html_url_part(out, p->name);
    html_lit(out, "=", 1);
    html_url_part(out, p->value);
}

static str query_without(struct visit *v, str name)
{
    struct html out = {.arena = v->ctx.arena, .buf = arena_bytes(v->ctx.arena, 512), .cap = 512};
    const struct http_params *ps = params_of(v);
    for (size_t i = 0; i < ps->len; i++) {
        const struct http_param *p = &ps->ptr[i];
        if (is_list_param(p->name) && p->value.len && !str_eq(p->name, name)) {
            put_param(&out, p);
        }
    }
    struct http_param more;
    if (put_together(v, &more) && !str_eq(more.name, name)) {
        put_param(&out, &more);
    }
    return html_end(&out);
}

/* A value that is none is told beside the filter, and the list shown without it. */
static bool is_value(struct visit *v, const struct type *t, const struct list_where *w,
                     struct words *why)
{
    const struct field *f = tdef_field(t->newest, w->field);
    bool bare = w->op == LIST_EMPTY || w->op == LIST_FILLED;
    if (!f || bare || f->type == F_CHOICE || f->value.kind == V_TEXT) {
        return true;
    }
    struct value_in in = {.field = f->key, .text = w->value};
    struct value ignored;
    struct words bad = {0};
    if (!value_read(&v->ctx, f, &in, &ignored, &bad).code) {
        return true;
    }
    *why = bad;
    return false;
}

static void add_where(struct visit *v, struct list_query *q, const struct http_param *p,
                      struct words *why)
{
    if (!str_starts(p->name, STR("w.")) || q->nwhere >= 16) {
        return;
    }
    str op;
    struct list_where *w = &q->where[q->nwhere];
    w->field = str_cut(str_from_n(p->name.ptr + 2, p->name.len - 2), '.', &op);
    w->op = LIST_EQ;
    if (op.ptr) {
        w->op = (unsigned)condition_of(op)->op;
    }
    w->value = str_trim(p->value);
    q->nwhere += is_value(v, q->type, w, why);
}

void list_query_read(struct visit *v, const struct type *t, struct list_query *q,
                     struct words *filter_error)
{
    *q = (struct list_query){.type = t, .limit = ROWS};
    *filter_error = (struct words){0};
    struct http_param more;
    if (put_together(v, &more)) {
        add_where(v, q, &more, filter_error);
    }
    str *columns = arena_array(v->ctx.arena, str, COLUMNS_MAX);
    const struct http_params *ps = params_of(v);
    for (size_t i = 0; i < ps->len; i++) {
        const struct http_param *p = &ps->ptr[i];
        str value = str_trim(p->value);
        if (!value.len) {
            continue;
        }
        add_where(v, q, p, filter_error);
        if (str_eq(p->name, STR("c")) && q->ncolumns < COLUMNS_MAX) {
            columns[q->ncolumns++] = value;
        }
    }
    q->columns = columns;
    q->search = str_trim(visit_param(v, STR("q")));
    q->filter = str_trim(visit_param(v, STR("f")));
    q->open_only = visit_param(v, STR("open")).len > 0;
    q->mine = visit_param(v, STR("mine")).len > 0;
    q->order = visit_param(v, STR("o"));
    q->cursor = visit_param(v, STR("p"));
    q->count = visit_param(v, STR("n")).len > 0;
    if (q->filter.len) {
        err e = list_check_filter(&v->ctx, t, q->filter, filter_error);
        if (e.code) {
            q->filter = STR(""); /* shown without it, the mistake beside the box */
        }
    }
}

/* Keys of choices and states as words, others as they were typed. */
static str value_words(struct visit *v, const struct tdef *d, const struct list_where *w)
{
    const struct field *f = tdef_field(d, w->field);
    struct buf b = buf_make(v->ctx.arena, 4000);
    for (str rest = w->value; rest.ptr;) {
        str key = str_cut(rest, ',', &rest);
        struct words words = {key, key};
        for (size_t i = 0; f && i < f->nkeys; i++) {
            words = str_eq(f->keys[i].key, key) ? f->keys[i].words : words;
        }
        for (size_t i = 0; !f && i < d->nstates; i++) {
            words = str_eq(d->states[i].key, key) ? d->states[i].words : words;
        }
        buf_put(&b, b.len ? STR(", ") : STR(""));
        buf_put(&b, words_in(words, v->ctx.lang));
    }
    return buf_str(&b);
}

static void put_words(struct visit *v, struct buf *b, struct words label, str value)
{
    buf_put(b, b->len ? STR("; ") : STR(""));
    buf_put(b, words_in(label, v->ctx.lang));
    buf_put(b, value.len ? STR(" ") : STR(""));
    buf_put(b, value);
}

str list_query_words(struct visit *v, const struct list_query *q)
{
    struct buf b = buf_make(v->ctx.arena, 16000);
    for (size_t i = 0; i < q->nwhere; i++) {
        const struct list_where *w = &q->where[i];
        const struct field *f = tdef_field(q->type->newest, w->field);
        const struct condition *c = &conditions[0];
        for (size_t k = 0; k < CONDITIONS; k++) {
            c = conditions[k].op == w->op ? &conditions[k] : c;
        }
        struct words label = f                                ? f->words
                             : str_eq(w->field, STR("state")) ? WORDS("状态", "State")
                                                              : (struct words){w->field, w->field};
        str op = words_in(c->words, v->ctx.lang);
        put_words(v, &b, label,
                  c->bare ? op
                          : str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(op),
                                    STR_ARG(value_words(v, q->type->newest, w))));
    }
    if (q->open_only) {
        put_words(v, &b, WORDS("未办结", "not finished"), STR(""));
    }
    if (q->mine) {
        put_words(v, &b, WORDS("与我有关", "of mine"), STR(""));
    }
    if (q->search.len) {
        put_words(v, &b, WORDS("含有", "containing"), q->search);
    }
    if (q->filter.len) {
        put_words(v, &b, WORDS("条件", "where"), q->filter);
    }
    return buf_str(&b);
}

/* --- the page ---------------------------------------------------------------------- */

static bool chosen(const struct list_query *q, str field, str key)
{
    for (size_t i = 0; i < q->nwhere; i++) {
        if (str_eq(q->where[i].field, field)) {
            for (str rest = q->where[i].value; rest.ptr;) {
                if (str_eq(str_cut(rest, ',', &rest), key)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static struct list_options choice_options(struct visit *v, const struct list_query *q,
                                          const struct field *f)
{
    struct list_option *o = arena_array(v->ctx.arena, struct list_option, f->nkeys + 2);
    size_t n = 0;
    if (f->type == F_BOOL) {
        o[n++] =
            (struct list_option){STR("true"), WORDS("是", "Yes"), chosen(q, f->key, STR("true"))};
        o[n++] =
            (struct list_option){STR("false"), WORDS("否", "No"), chosen(q, f->key, STR("false"))};
        return (struct list_options){o, n};
    }
    for (size_t i = 0; i < f->nkeys; i++) {
        const struct choice_key *k = &f->keys[i];
        if (!k->retired || chosen(q, f->key, k->key)) {
            o[n++] = (struct list_option){k->key, k->words, chosen(q, f->key, k->key)};
        }
    }
    return (struct list_options){o, n};
}

static void put_options(struct visit *v, const struct list_query *q, const struct list_page *lp,
                        struct list_view *p)
{
    const struct tdef *d = q->type->newest;
    struct list_option *states = arena_array(v->ctx.arena, struct list_option, d->nstates + 1);
    for (size_t i = 0; i < d->nstates; i++) {
        states[i] = (struct list_option){d->states[i].key, d->states[i].words,
                                         chosen(q, STR("state"), d->states[i].key)};
    }
    p->states = (struct list_options){states, d->nstates};
    struct list_filter *filters = arena_array(v->ctx.arena, struct list_filter, d->nfields + 1);
    struct list_filter *more = arena_array(v->ctx.arena, struct list_filter, d->nfields + 1);
    size_t nm = 0;
    struct list_option *columns = arena_array(v->ctx.arena, struct list_option, d->nfields + 1);
    size_t nf = 0;
    size_t nc = 0;
    for (size_t i = 0; i < d->nfields; i++) {
        const struct field *f = &d->fields[i];
        if (f->see.tree) {
            continue; /* hidden from some: neither offered nor named here */
        }
        if (f->type == F_CHOICE && nf < FILTERS_IN_BAR) {
            filters[nf++] = (struct list_filter){f->key, f->words, choice_options(v, q, f)};
        } else if ((f->type == F_CHOICE || f->type == F_BOOL) && nm < FILTERS_MORE) {
            more[nm++] = (struct list_filter){f->key, f->words, choice_options(v, q, f)};
        }
        if (f->column.len && f->type != F_MARKDOWN) {
            bool on = false;
            for (size_t k = 0; k < lp->ncolumns; k++) {
                on = on || str_eq(lp->columns[k]->key, f->key);
            }
            columns[nc++] = (struct list_option){f->key, f->words, on};
        }
    }
    p->filters.ptr = filters;
    p->filters.len = nf;
    p->filters_more.ptr = more;
    p->filters_more.len = nm;
    p->columns_all = (struct list_options){columns, nc};
    struct list_option *orders = arena_array(v->ctx.arena, struct list_option, 3);
    orders[0] =
        (struct list_option){STR(""), WORDS("最近更新在前", "Latest change first"), !q->order.len};
    orders[1] = (struct list_option){STR("created_at"), WORDS("最早创建在前", "Oldest first"),
                                     str_eq(q->order, STR("created_at"))};
    orders[2] = (struct list_option){STR("-created_at"), WORDS("最新创建在前", "Newest first"),
                                     str_eq(q->order, STR("-created_at"))};
    p->orders = (struct list_options){orders, 3};
}

/* Actions that ask for nothing can be done on many records at once. */
static void put_bulk(struct visit *v, const struct type *t, struct list_view *p)
{
    const struct tdef *d = t->newest;
    struct list_option *bulk = arena_array(v->ctx.arena, struct list_option, d->nactions + 1);
    struct frame_new *news = arena_array(v->ctx.arena, struct frame_new, d->nactions + 1);
    size_t nb = 0;
    size_t nn = 0;
    for (size_t i = 0; !v->ctx.reading.on && i < d->nactions; i++) {
        const struct action *a = &d->actions[i];
        bool nobody = a->who.nobody || (a->who.may_auto && !a->who.who.text.len);
        if (a->creates) {
            if (!nobody && !t->retired) {
                news[nn++] = (struct frame_new){t->key, a->key, a->words};
            }
            continue;
        }
        bool asks = false;
        for (size_t k = 0; k < a->nasks; k++) {
            asks = asks || a->asks[k].required;
        }
        if (!asks && !nobody) {
            bulk[nb++] = (struct list_option){a->key, a->words, false};
        }
    }
    p->bulk = (struct list_options){bulk, nb};
    p->news = (struct frame_news){news, nn};
}

static str count_words(struct visit *v, int64_t n, bool part)
{
    if (n < 0) {
        return STR("");
    }
    bool en = v->ctx.lang == LANG_EN;
    if (n > 10000) {
        return en ? STR("more than 10,000") : STR("超过 10,000 条");
    }
    if (part) {
        return str_fmt(v->ctx.arena,
                       en ? "%lld among the newest 100,000" : "最新 100,000 条中有 %lld 条",
                       (long long)n);
    }
    return str_fmt(v->ctx.arena, en ? "%lld records" : "共 %lld 条", (long long)n);
}

/* Conditions that stand in no select of the bar: each can be taken away. */
static void put_conditions(struct visit *v, const struct list_query *q, struct list_view *p)
{
    struct list_condition *list = arena_array(v->ctx.arena, struct list_condition, q->nwhere + 1);
    size_t n = 0;
    for (size_t i = 0; i < q->nwhere; i++) {
        const struct list_where *w = &q->where[i];
        const struct field *f = tdef_field(q->type->newest, w->field);
        bool chosen_above = w->op == LIST_EQ && (!f || f->type == F_CHOICE || f->type == F_BOOL);
        const struct condition *c = &conditions[0];
        for (size_t k = 0; k < CONDITIONS; k++) {
            c = conditions[k].op == w->op ? &conditions[k] : c;
        }
        if (chosen_above) {
            continue;
        }
        str plain = str_fmt(v->ctx.arena, "w.%.*s", STR_ARG(w->field));
        str name = str_fmt(v->ctx.arena, "%.*s.%s", STR_ARG(plain), c->key);
        bool by_link = http_has_param(params_of(v), plain);
        list[n++] = (struct list_condition){.name = name,
                                            .value = w->value,
                                            .words = f ? words_in(f->words, v->ctx.lang) : w->field,
                                            .op = c->words,
                                            .shown = c->bare ? STR("") : w->value,
                                            .without = query_without(v, by_link ? plain : name)};
    }
    p->conditions.ptr = list;
    p->conditions.len = n;
}

/* What stands below the list, with its filters, columns and order. */
static url list_url(const struct list_view *p, const char *below)
{
    return url_local(
        str_fmt(p->visit->ctx.arena, "/r/%.*s%s?%.*s", STR_ARG(p->type), below, STR_ARG(p->query)));
}

void page_list(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    struct list_query q;
    struct words filter_error;
    list_query_read(v, t, &q, &filter_error);
    q.brief = true;
    struct list_page lp;
    struct batch *asked = list_views_ask(&v->ctx, t);
    err e = list_page(&v->ctx, &q, &lp);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct saved_view *views;
    size_t nviews;
    e = list_views_read(&v->ctx, asked, &views, &nviews);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct list_view p = {
        .visit = v,
        .type = t->key,
        .title = words_in(t->newest->title, v->ctx.lang),
        .csrf = v->session.csrf,
        .key = str_fmt(v->ctx.arena, "%llxb",
                       (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now << 16),
        .search = q.search,
        .filter = visit_param(v, STR("f")),
        .filter_error = filter_error,
        .query = query_without(v, STR("")),
        .next = lp.next,
        .prev = lp.prev,
        .count = count_words(v, lp.count, lp.count_part),
        .searched_to = lp.searched_window ? show_time(v, lp.searched_to) : STR(""),
        .open_only = q.open_only,
        .mine = q.mine,
        .of = t,
        .has_state = t->newest->nstates > 0,
        .has_number = t->newest->number.nparts > 0,
        .left_out = lp.left_out,
        .views = {views, nviews},
        .rows = {lp.rows, lp.nrows},
        .columns = {lp.columns, lp.ncolumns}};
    p.here = list_url(&p, "");
    p.csv = list_url(&p, "/export");
    p.sheet = list_url(&p, "/export.xlsx");
    p.filtered = p.query.len > 0;
    put_options(v, &q, &lp, &p);
    put_conditions(v, &q, &p);
    put_bulk(v, t, &p);
    p.labels = t->newest->newest && p.has_number; /* things of a register have them */
    p.picks = p.labels || p.bulk.len;
    struct frame f;
    struct html out = frame_begin(v, &f, p.title, STR("records"));
    list_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

struct list_cells list_cells(const struct record *row)
{
    return (struct list_cells){row->fields, row->nfields};
}

url list_view_url(const struct list_view *p, const struct saved_view *s)
{
    return url_local(
        str_fmt(p->visit->ctx.arena, "/r/%.*s?%.*s", STR_ARG(p->type), STR_ARG(s->filter)));
}
