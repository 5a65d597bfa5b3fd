/* api_record.c - types, lists of records, one record and its history. */
#include "api/api_int.h"
#include "engine/list.h"

/* --- types -------------------------------------------------------------------- */

static const char *const field_types[] = {[F_TEXT] = "text",
                                          [F_MARKDOWN] = "markdown",
                                          [F_INT] = "int",
                                          [F_DECIMAL] = "decimal",
                                          [F_MONEY] = "money",
                                          [F_BOOL] = "bool",
                                          [F_DATE] = "date",
                                          [F_DATETIME] = "datetime",
                                          [F_DURATION] = "duration",
                                          [F_DAYS] = "days",
                                          [F_MONTHS] = "months",
                                          [F_WORKDAYS] = "workdays",
                                          [F_WORKHOURS] = "workhours",
                                          [F_CHOICE] = "choice",
                                          [F_CHOICES] = "choices",
                                          [F_REF] = "ref",
                                          [F_REFS] = "refs",
                                          [F_PERSON] = "person",
                                          [F_PEOPLE] = "people",
                                          [F_UNIT] = "unit",
                                          [F_POST] = "post",
                                          [F_LINES] = "lines",
                                          [F_FILTER] = "filter",
                                          [F_ATTACHMENT] = "attachment",
                                          [F_IP] = "ip",
                                          [F_MAC] = "mac",
                                          [F_URL] = "url"};

static void put_field(struct visit *v, struct json *j, const struct field *f)
{
    json_open(j, '{');
    JSON_STR(j, "key", f->key);
    JSON_STR(j, "type", str_from(field_types[f->type]));
    json_key(j, STR("title"));
    api_put_words(j, f->words);
    if (f->to) {
        JSON_STR(j, "to", f->to->key);
    }
    if (f->nkeys) {
        json_key(j, STR("choices"));
        json_open(j, '[');
        for (size_t i = 0; i < f->nkeys; i++) {
            json_open(j, '{');
            JSON_STR(j, "key", f->keys[i].key);
            json_key(j, STR("title"));
            api_put_words(j, f->keys[i].words);
            JSON_BOOL(j, "retired", f->keys[i].retired);
            json_close(j, '}');
        }
        json_close(j, ']');
    }
    if (f->part) {
        json_key(j, STR("fields"));
        json_open(j, '[');
        for (size_t i = 0; i < f->part->newest->nfields; i++) {
            put_field(v, j, &f->part->newest->fields[i]);
        }
        json_close(j, ']');
    }
    JSON_BOOL(j, "computed", f->is.tree != NULL);
    json_key(j, STR("clause"));
    api_put_clause(v, j, f->clause);
    json_close(j, '}');
}

static void put_states(struct json *j, const struct tdef *d)
{
    json_open(j, '[');
    for (size_t i = 0; i < d->nstates; i++) {
        json_open(j, '{');
        JSON_STR(j, "key", d->states[i].key);
        json_key(j, STR("title"));
        api_put_words(j, d->states[i].words);
        JSON_BOOL(j, "final", d->states[i].final);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_action(struct visit *v, struct json *j, const struct action *a)
{
    json_open(j, '{');
    JSON_STR(j, "key", a->key);
    json_key(j, STR("title"));
    api_put_words(j, a->words);
    JSON_BOOL(j, "creates", a->creates);
    json_key(j, STR("asks"));
    json_open(j, '[');
    for (size_t i = 0; i < a->nasks; i++) {
        json_open(j, '{');
        JSON_STR(j, "field", a->asks[i].field->key);
        JSON_BOOL(j, "required", a->asks[i].required && !a->asks[i].when.tree);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_key(j, STR("clause"));
    api_put_clause(v, j, a->clause);
    json_close(j, '}');
}

static void put_type(struct visit *v, struct json *j, const struct type *t, bool whole)
{
    const struct tdef *d = t->newest;
    json_open(j, '{');
    JSON_STR(j, "key", t->key);
    json_key(j, STR("title"));
    api_put_words(j, d->title);
    JSON_STR(j, "regulation", t->reg->key);
    JSON_I64(j, "version", d->law->version);
    JSON_STR(j, "kind", d->newest ? STR("register") : STR("case"));
    if (t->part_of) {
        JSON_STR(j, "part_of", t->part_of->key);
    }
    if (whole) {
        json_key(j, STR("fields"));
        json_open(j, '[');
        for (size_t i = 0; i < d->nfields; i++) {
            put_field(v, j, &d->fields[i]);
        }
        json_close(j, ']');
        json_key(j, STR("states"));
        put_states(j, d);
        json_key(j, STR("actions"));
        json_open(j, '[');
        for (size_t i = 0; i < d->nactions; i++) {
            put_action(v, j, &d->actions[i]);
        }
        json_close(j, ']');
    }
    json_close(j, '}');
}

void api_types(struct visit *v)
{
    struct json j = api_items(v);
    for (size_t i = 0; i < v->model->ntypes; i++) {
        if (!v->model->types[i]->lines) {
            put_type(v, &j, v->model->types[i], false);
        }
    }
    api_items_end(v, &j);
}

void api_type_one(struct visit *v)
{
    const struct type *t = api_type(v);
    if (!t) {
        return;
    }
    struct json j = api_begin(v);
    put_type(v, &j, t, true);
    api_end(v, 200, &j);
}

/* --- lists ------------------------------------------------------------------------ */

static bool is_list_word(str name)
{
    static const char *const words[] = {"filter", "cursor", "limit", "order",  "open",
                                        "mine",   "q",      "count", "columns"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(name, str_from(words[i]))) {
            return true;
        }
    }
    return false;
}

/* "due.ge=2026-01-01": a field, how it is compared, and with what. */
static err read_where(struct visit *v, const struct http_param *p, struct list_query *q)
{
    static const struct {
        const char *key;
        enum list_op op;
    } ops[] = {{"ne", LIST_NE},   {"lt", LIST_LT},       {"ge", LIST_GE},
               {"has", LIST_HAS}, {"empty", LIST_EMPTY}, {"filled", LIST_FILLED}};
    size_t max = sizeof(q->where) / sizeof(q->where[0]);
    if (q->nwhere == max || p->name.len > API_PARAM_MAX) {
        return api_invalid(v, p->name, WORDS("筛选条件过多", "too many filters"));
    }
    str op;
    str field = str_cut(p->name, '.', &op);
    struct list_where *w = &q->where[q->nwhere++];
    *w = (struct list_where){.field = field, .op = LIST_EQ, .value = p->value};
    if (!op.ptr) {
        return OK;
    }
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (str_eq(op, str_from(ops[i].key))) {
            w->op = (unsigned)ops[i].op;
            return OK;
        }
    }
    return api_invalid(v, p->name,
                       WORDS("比较方式应为 ne lt ge has empty filled 之一",
                             "a comparison is one of ne lt ge has empty filled"));
}

static err read_columns(struct visit *v, struct list_query *q)
{
    const struct tdef *d = q->type->newest;
    str list = http_param(&v->x->req.query, STR("columns"));
    str *columns = arena_array(v->ctx.arena, str, d->nfields + 1);
    for (str rest = list; list.len && rest.ptr;) {
        str key = str_trim(str_cut(rest, ',', &rest));
        if (!tdef_field(d, key) || q->ncolumns == d->nfields) {
            return api_invalid(v, STR("columns"), WORDS("没有这一栏", "there is no such field"));
        }
        columns[q->ncolumns++] = key;
    }
    q->columns = columns;
    return OK;
}

static err read_query(struct visit *v, struct list_query *q)
{
    const struct http_params *ps = &v->x->req.query;
    int64_t limit = 0;
    err e = api_number(v, STR("limit"), 50, API_LIMIT_MAX, &limit);
    q->limit = (int)limit;
    q->filter = str_trim(http_param(ps, STR("filter")));
    q->cursor = http_param(ps, STR("cursor"));
    q->order = http_param(ps, STR("order"));
    q->search = str_trim(http_param(ps, STR("q")));
    q->open_only = api_flag(v, STR("open"));
    q->mine = api_flag(v, STR("mine"));
    q->count = api_flag(v, STR("count"));
    for (size_t i = 0; !e.code && i < ps->len; i++) {
        if (!is_list_word(ps->ptr[i].name)) {
            e = read_where(v, &ps->ptr[i], q);
        }
    }
    e = e.code ? e : read_columns(v, q);
    bool known = !q->order.len || str_eq(q->order, STR("changed_at")) ||
                 str_eq(q->order, STR("created_at")) || str_eq(q->order, STR("-created_at"));
    if (!e.code && !known) {
        e = api_invalid(v, STR("order"),
                        WORDS("可按 changed_at、created_at 或 -created_at 排序",
                              "the order is changed_at, created_at or -created_at"));
    }
    struct words why = {0};
    if (!e.code && q->filter.len && list_check_filter(&v->ctx, q->type, q->filter, &why).code) {
        e = api_invalid(v, STR("filter"), why);
    }
    return e;
}

static void put_cursor(struct json *j, str cursor)
{
    if (cursor.len) {
        json_str(j, cursor);
    } else {
        json_nil(j);
    }
}

void api_list(struct visit *v)
{
    struct list_query q = {.type = api_type(v)};
    if (!q.type) {
        return;
    }
    struct list_page p;
    err e = read_query(v, &q);
    e = e.code ? e : list_page(&v->ctx, &q, &p);
    if (e.code == ERR_INVALID && !e.why) { /* a value of a filter, or the cursor */
        e = api_invalid(
            v, STR("query"),
            (struct words){STR("查询条件无法理解"), e.detail.len ? e.detail : STR("query")});
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < p.nrows; i++) {
        api_open_record(v, &j, &p.rows[i]);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_key(&j, STR("next"));
    put_cursor(&j, p.next);
    json_key(&j, STR("previous"));
    put_cursor(&j, p.prev);
    if (q.count) {
        JSON_I64(&j, "count", p.count > 10000 ? 10000 : p.count);
        JSON_BOOL(&j, "count_is_more", p.count > 10000 || p.count_part);
    }
    JSON_I64(&j, "left_out", p.left_out);
    json_key(&j, STR("searched_to"));
    api_put_time(v, &j, p.searched_window ? p.searched_to : 0);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

/* --- one record ------------------------------------------------------------------------ */

static void put_actions(struct visit *v, struct json *j, const struct record_view *r)
{
    json_open(j, '[');
    for (size_t i = 0; i < r->nactions; i++) {
        const struct record_action *a = &r->actions[i];
        if (a->hidden) {
            continue;
        }
        json_open(j, '{');
        JSON_STR(j, "key", a->action->key);
        JSON_STR(j, "title", words_in(a->action->words, v->ctx.lang));
        JSON_BOOL(j, "allowed", a->allowed);
        JSON_BOOL(j, "expected", a->expected);
        json_key(j, STR("clause"));
        api_put_clause(v, j, a->action->clause);
        if (a->why) {
            json_key(j, STR("why_not"));
            json_open(j, '{');
            api_put_refusal(v, j, a->why);
            json_close(j, '}');
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_terms(struct visit *v, struct json *j, const struct record_view *r)
{
    json_open(j, '[');
    for (size_t i = 0; i < r->nterms; i++) {
        const struct record_term *t = &r->terms[i];
        json_open(j, '{');
        JSON_STR(j, "key", t->term->key);
        JSON_STR(j, "title", words_in(t->term->words, v->ctx.lang));
        json_key(j, STR("started"));
        api_put_time(v, j, t->started);
        json_key(j, STR("due"));
        api_put_time(v, j, t->due);
        json_key(j, STR("ended"));
        api_put_time(v, j, t->ended);
        JSON_BOOL(j, "late", t->late);
        json_key(j, STR("clause"));
        api_put_clause(v, j, t->term->clause);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_attachments(struct visit *v, struct json *j, const struct record_view *r)
{
    json_open(j, '[');
    for (size_t i = 0; i < r->nattachments; i++) {
        const struct attachment *a = &r->attachments[i];
        json_open(j, '{');
        JSON_I64(j, "id", a->id);
        JSON_STR(j, "name", a->name);
        JSON_STR(j, "mime", a->mime);
        JSON_I64(j, "size", a->size);
        JSON_STR(j, "sha256", a->sha256);
        json_key(j, STR("at"));
        api_put_time(v, j, a->at);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_parts(struct visit *v, struct json *j, const struct record_view *r)
{
    json_open(j, '{');
    for (size_t i = 0; i < r->nparts; i++) {
        json_key(j, r->parts[i].type->key);
        json_open(j, '[');
        for (size_t k = 0; k < r->parts[i].nrecords; k++) {
            api_open_record(v, j, &r->parts[i].records[k]);
            json_close(j, '}');
        }
        json_close(j, ']');
    }
    json_close(j, '}');
}

static void put_view(struct visit *v, struct json *j, const struct record_view *r)
{
    json_key(j, STR("actions"));
    put_actions(v, j, r);
    json_key(j, STR("terms"));
    put_terms(v, j, r);
    json_key(j, STR("attachments"));
    put_attachments(v, j, r);
    json_key(j, STR("parts"));
    put_parts(v, j, r);
    json_key(j, STR("labels"));
    json_open(j, '[');
    for (size_t i = 0; i < r->nlabels; i++) {
        json_str(j, r->labels[i]);
    }
    json_close(j, ']');
    JSON_BOOL(j, "watching", r->watching);
    json_key(j, STR("watchers"));
    json_open(j, '[');
    for (size_t i = 0; i < r->nwatchers; i++) {
        api_put_ref(j, &r->watchers[i]);
    }
    json_close(j, ']');
    JSON_I64(j, "steps_left", r->steps_left);
    JSON_I64(j, "hold", r->hold);
}

/* ?view=full: with actions, terms, attachments and parts. */
void api_record(struct visit *v)
{
    const struct type *t = api_type(v);
    if (!t) {
        return;
    }
    bool full = str_eq(http_param(&v->x->req.query, STR("view")), STR("full"));
    struct record_view *r = arena_new(v->ctx.arena, struct record_view);
    err e =
        full ? record_view(&v->ctx, t, v->num[1], r) : record_get(&v->ctx, t, v->num[1], &r->rec);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str etag = str_fmt(v->ctx.arena, "\"%lld\"", (long long)r->rec.ver);
    /* A version published since may show the same record otherwise. */
    bool same_law = t->newest->law->published_at <= r->rec.changed_at;
    if (!full && same_law && str_eq(http_param(&v->x->req.headers, STR("if-none-match")), etag)) {
        visit_json(v, 304, STR(""));
    } else {
        struct json j = api_begin(v);
        api_open_record(v, &j, &r->rec);
        if (full) {
            put_view(v, &j, r);
            e = api_put_draw(v, &j, &r->rec);
        }
        if (e.code) {
            visit_error(v, e);
            return;
        }
        json_close(&j, '}');
        api_end(v, 200, &j);
    }
    http_header_add(v->x, STR("ETag"), etag);
}

static void put_act(struct visit *v, struct json *j, const struct activity *a)
{
    json_open(j, '{');
    JSON_I64(j, "id", a->id);
    JSON_I64(j, "entry", a->seq);
    JSON_STR(j, "action", a->action_key);
    JSON_STR(j, "title", words_in(a->action_words, v->ctx.lang));
    json_key(j, STR("at"));
    api_put_time(v, j, a->at);
    json_key(j, STR("recorded"));
    api_put_time(v, j, a->recorded);
    json_key(j, STR("person"));
    api_put_ref(j, &a->person);
    json_key(j, STR("from"));
    a->from ? json_str(j, a->from->key) : json_nil(j);
    json_key(j, STR("to"));
    a->to ? json_str(j, a->to->key) : json_nil(j);
    JSON_STR(j, "note", a->note);
    json_key(j, STR("changes"));
    json_open(j, '[');
    for (size_t i = 0; i < a->nchanges; i++) {
        json_open(j, '{');
        JSON_STR(j, "field", a->changes[i].field->key);
        JSON_STR(j, "before", words_in(a->changes[i].before, v->ctx.lang));
        JSON_STR(j, "after", words_in(a->changes[i].after, v->ctx.lang));
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

void api_record_acts(struct visit *v)
{
    const struct type *t = api_type(v);
    if (!t) {
        return;
    }
    struct activity *list = NULL;
    size_t n = 0;
    bool more = false;
    int64_t before = 0;
    err e = api_number(v, STR("before"), 0, INT64_MAX, &before);
    e = e.code ? e : record_activities(&v->ctx, t, v->num[1], before, NULL, &list, &n, &more);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        put_act(v, &j, &list[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("next_before"));
    more ? json_i64(&j, list[n - 1].id) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}
