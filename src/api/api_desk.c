/* api_desk.c - what concerns the one who asks: who he is, tasks, notifications,
 * search. */
#include "api/api_int.h"

void api_me(struct visit *v)
{
    const struct session *s = &v->session;
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_I64(&j, "person", s->person);
    JSON_STR(&j, "name", s->name);
    JSON_STR(&j, "login", s->login);
    JSON_STR(&j, "language", v->ctx.lang == LANG_EN ? STR("en") : STR("zh"));
    json_key(&j, STR("scopes"));
    json_open(&j, '[');
    for (str rest = s->scopes; s->token && rest.ptr;) {
        str scope = str_cut(rest, ' ', &rest);
        if (scope.len) {
            json_str(&j, scope);
        }
    }
    json_close(&j, ']');
    json_close(&j, '}');
    api_end(v, 200, &j);
}

static err read_box(struct visit *v, enum desk_box *ret)
{
    static const struct {
        const char *key;
        enum desk_box box;
    } boxes[] = {{"todo", DESK_TODO},
                 {"done", DESK_DONE},
                 {"mine", DESK_MINE},
                 {"copied", DESK_COPIED},
                 {"watched", DESK_WATCHED}};
    str key = http_param(&v->x->req.query, STR("box"));
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        if (str_eq(key, str_from(boxes[i].key)) || (!key.len && i == 0)) {
            *ret = boxes[i].box;
            return OK;
        }
    }
    return api_invalid(v, STR("box"),
                       WORDS("应为 todo done mine copied watched 之一",
                             "one of todo done mine copied watched is wanted"));
}

static void put_task(struct visit *v, struct json *j, const struct task_row *t)
{
    json_open(j, '{');
    JSON_I64(j, "id", t->id);
    json_key(j, STR("record"));
    api_put_ref(j, &t->rec);
    json_key(j, STR("action"));
    t->action ? json_str(j, t->action->key) : json_nil(j);
    str words = words_in(t->words, v->ctx.lang);
    JSON_STR(j, "title", words.len || !t->action ? words : words_in(t->action->words, v->ctx.lang));
    json_key(j, STR("state"));
    t->state ? json_str(j, t->state->key) : json_nil(j);
    json_key(j, STR("due"));
    api_put_time(v, j, t->due);
    json_key(j, STR("created_at"));
    api_put_time(v, j, t->created_at);
    JSON_BOOL(j, "late", t->late);
    json_close(j, '}');
}

void api_tasks(struct visit *v)
{
    enum desk_box box = DESK_TODO;
    int64_t limit = 0;
    struct task_row *list = NULL;
    size_t n = 0;
    str next = STR("");
    err e = read_box(v, &box);
    e = e.code ? e : api_number(v, STR("limit"), 50, API_LIMIT_MAX, &limit);
    e = e.code ? e
               : desk_tasks(&v->ctx, box, http_param(&v->x->req.query, STR("cursor")), (int)limit,
                            &list, &n, &next);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        put_task(v, &j, &list[i]);
    }
    api_items_next(v, &j, next);
}

void api_notifications(struct visit *v)
{
    int64_t before = 0;
    int64_t limit = 0;
    struct notification_row *list = NULL;
    size_t n = 0;
    err e = api_number(v, STR("before"), 0, INT64_MAX, &before);
    e = e.code ? e : api_number(v, STR("limit"), 50, API_LIMIT_MAX, &limit);
    e = e.code ? e : desk_notifications(&v->ctx, before, (int)limit, &list, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        json_open(&j, '{');
        JSON_I64(&j, "id", list[i].id);
        json_key(&j, STR("at"));
        api_put_time(v, &j, list[i].at);
        json_key(&j, STR("read_at"));
        api_put_time(v, &j, list[i].read_at);
        json_key(&j, STR("record"));
        api_put_ref(&j, &list[i].rec);
        JSON_STR(&j, "text", words_in(list[i].words, v->ctx.lang));
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_key(&j, STR("next_before"));
    (int64_t) n == limit ? json_i64(&j, list[n - 1].id) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}

/* The found words come between U+0001 and U+0002; here they are dropped. */
static str without_marks(struct visit *v, str s)
{
    char *p = arena_bytes(v->ctx.arena, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != 1 && s.ptr[i] != 2) {
            p[n++] = s.ptr[i];
        }
    }
    return str_from_n(p, n);
}

void api_search(struct visit *v)
{
    str query = str_trim(http_param(&v->x->req.query, STR("q")));
    str only = http_param(&v->x->req.query, STR("type"));
    const struct type *t = only.len ? model_type(v->model, only) : NULL;
    int64_t older = 0;
    struct search_hit *hits = NULL;
    size_t n = 0;
    err e = query.len ? api_number(v, STR("older"), 0, INT64_MAX, &older)
                      : api_invalid(v, STR("q"), WORDS("请给出要找的词", "a word to look for"));
    if (!e.code && only.len && !t) {
        e = api_invalid(v, STR("type"), WORDS("没有这种单据", "there is no such type"));
    }
    e = e.code ? e : desk_search(&v->ctx, query, t, older, &hits, &n, &older);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_items(v);
    for (size_t i = 0; i < n; i++) {
        json_open(&j, '{');
        json_key(&j, STR("record"));
        api_put_ref(&j, &hits[i].rec);
        json_key(&j, STR("clause"));
        api_put_clause(v, &j, hits[i].clause);
        JSON_STR(&j, "snippet", without_marks(v, hits[i].snippet));
        json_key(&j, STR("at"));
        api_put_time(v, &j, hits[i].at);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_key(&j, STR("older"));
    older ? json_i64(&j, older) : json_nil(&j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}
