/* api_openapi.c - the API described to programs: OpenAPI 3.1, from the model in
 * force.
 *
 * The addresses come from the route table, so none can be forgotten; those of
 * records are written once for every record type, with its fields and actions
 * by name.  The shapes that do not depend on a regulation stand in
 * api_openapi_shapes.c.
 */
#include "api/api_openapi.h"

#include "api/api_int.h"
#include "engine/approve_view.h"

#include <string.h>

/* What one address answers; by pattern, since that is what a reader looks for. */
struct shape {
    const char *pattern;
    const char *answer; /* name of a schema */
    const char *query;  /* names of parameters, separated by spaces */
};
static const struct shape shapes[] = {
    {"/api/v1/openapi.json", "Document", ""},
    {"/api/v1/me", "Me", ""},
    {"/api/v1/tasks", "Tasks", "box cursor limit"},
    {"/api/v1/notifications", "Notifications", "before limit"},
    {"/api/v1/search", "Hits", "search searchType older"},
    {"/api/v1/types", "Types", ""},
    {"/api/v1/types/~", "Type", ""},
    {"/api/v1/attachments/#", "bytes", ""},
    {"/api/v1/regulations", "Regulations", ""},
    {"/api/v1/regulations/~", "Regulation", "version"},
    {"/api/v1/regulations/~/~", "ClauseText", "version"},
    {"/api/v1/compliance", "Compliance", ""},
    {"/api/v1/controls", "Controls", ""},
    {"/api/v1/controls/~", "Control", "unit cursor limit"},
    {"/api/v1/calendar.ics", "calendar", "mine"},
    {"/api/v1/duties", "Duties", "regulation clause unit owner by from to"},
    {"/api/v1/duties/~", "Duty", "state unit owner by from to cursor limit"},
    {"/api/v1/ledger", "Ledger", ""},
    {"/api/v1/ledger/~", "Entry", ""},
    {"/api/v1/ledger/~/proof", "text", ""},
};

static const struct shape *shape_of(const char *pattern)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (strcmp(shapes[i].pattern, pattern) == 0) {
            return &shapes[i];
        }
    }
    return NULL;
}

/* --- operations ------------------------------------------------------------------------ */

struct op {
    const char *method; /* "get", "post" */
    str id, title, tag;
    str answer;  /* $ref of the schema; "bytes", "pdf" or "text" */
    str body;    /* $ref, or empty */
    str query;   /* names of parameters */
    str in_path; /* names of parameters */
    str clause;  /* as description */
    bool act, creates;
};

static void put_params(struct visit *v, struct json *j, const struct op *o)
{
    json_key(j, STR("parameters"));
    json_open(j, '[');
    str lists[2] = {o->in_path, o->query};
    for (size_t i = 0; i < 2; i++) {
        for (str rest = lists[i]; lists[i].len && rest.ptr;) {
            str name = str_cut(rest, ' ', &rest);
            openapi_ref(j, str_fmt(v->ctx.arena, "#/components/parameters/%.*s", STR_ARG(name)));
        }
    }
    if (o->act) {
        openapi_ref(j, STR("#/components/parameters/idempotencyKey"));
    }
    if (o->act && !o->creates) {
        openapi_ref(j, STR("#/components/parameters/ifMatch"));
    }
    json_close(j, ']');
}

static void put_content(struct json *j, str media, str ref)
{
    json_key(j, STR("content"));
    json_open(j, '{');
    json_key(j, media);
    json_open(j, '{');
    json_key(j, STR("schema"));
    if (ref.len) {
        openapi_ref(j, ref);
    } else {
        json_raw(j, STR("{\"type\":\"string\"}"));
    }
    json_close(j, '}');
    json_close(j, '}');
}

static void put_answers(struct visit *v, struct json *j, const struct op *o)
{
    static const char *const reading[] = {"400", "401", "403", "404"};
    static const char *const acting[] = {"400", "401", "403", "404", "409",
                                         "412", "413", "422", "503"};
    const char *const *codes = o->act ? acting : reading;
    size_t n = o->act ? sizeof(acting) / sizeof(acting[0]) : sizeof(reading) / sizeof(reading[0]);
    json_key(j, STR("responses"));
    json_open(j, '{');
    json_key(j, o->creates ? STR("201") : STR("200"));
    json_open(j, '{');
    JSON_STR(j, "description", o->title);
    if (str_eq(o->answer, STR("bytes"))) {
        put_content(j, STR("application/octet-stream"), STR(""));
    } else if (str_eq(o->answer, STR("pdf"))) {
        put_content(j, STR("application/pdf"), STR(""));
    } else if (str_eq(o->answer, STR("calendar"))) {
        put_content(j, STR("text/calendar"), STR(""));
    } else if (str_eq(o->answer, STR("text"))) {
        put_content(j, STR("text/plain"), STR(""));
    } else {
        put_content(j, STR("application/json"),
                    str_fmt(v->ctx.arena, "#/components/schemas/%.*s", STR_ARG(o->answer)));
    }
    json_close(j, '}');
    for (size_t i = 0; i < n; i++) {
        json_key(j, str_from(codes[i]));
        openapi_ref(j, STR("#/components/responses/Problem"));
    }
    json_close(j, '}');
}

static void put_op(struct visit *v, struct json *j, const struct op *o)
{
    json_key(j, str_from(o->method));
    json_open(j, '{');
    JSON_STR(j, "operationId", o->id);
    JSON_STR(j, "summary", o->title.len ? o->title : o->id);
    if (o->clause.len) {
        JSON_STR(j, "description", o->clause);
    }
    json_key(j, STR("tags"));
    json_open(j, '[');
    json_str(j, o->tag);
    json_close(j, ']');
    put_params(v, j, o);
    if (o->body.len) {
        json_key(j, STR("requestBody"));
        json_open(j, '{');
        put_content(
            j, str_eq(o->body, STR("Files")) ? STR("multipart/form-data") : STR("application/json"),
            str_fmt(v->ctx.arena, "#/components/schemas/%.*s", STR_ARG(o->body)));
        json_close(j, '}');
    }
    put_answers(v, j, o);
    json_close(j, '}');
}

/* --- paths ------------------------------------------------------------------------------- */

/* "/api/v1/regulations/~/~" as "/api/v1/regulations/{key}/{item}". */
static str path_text(struct visit *v, const char *pattern, str *in_path)
{
    static const char *const names[] = {"key", "item"};
    struct buf b = buf_make(v->ctx.arena, 512);
    struct buf used = buf_make(v->ctx.arena, 64);
    size_t n = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == '~' || *p == '#') {
            const char *name = *p == '#' ? "id" : names[n++ % 2];
            buf_put_fmt(&b, "{%s}", name);
            buf_put_fmt(&used, "%s%s", used.len ? " " : "", name);
        } else {
            buf_put_c(&b, *p);
        }
    }
    *in_path = buf_str(&used);
    return buf_str(&b);
}

static str op_id(struct visit *v, const char *pattern)
{
    struct buf b = buf_make(v->ctx.arena, 512);
    for (const char *p = pattern + strlen("/api/v1/"); *p; p++) {
        if (*p != '~' && *p != '#') {
            buf_put_c(&b, *p == '/' || *p == '.' ? '_' : *p);
        }
    }
    buf_put_fmt(&b, "_%zu", strlen(pattern));
    return buf_str(&b);
}

static void put_fixed(struct visit *v, struct json *j)
{
    for (size_t i = 0; i < api_routes_len; i++) {
        const struct visit_route *r = &api_routes[i];
        const struct shape *s = shape_of(r->pattern);
        if (!s) {
            continue; /* of a record: below, once for each type */
        }
        struct op o = {.method = "get",
                       .id = op_id(v, r->pattern),
                       .title = words_in(r->title, v->ctx.lang),
                       .tag = STR("general"),
                       .answer = str_from(s->answer),
                       .query = str_from(s->query)};
        json_key(j, path_text(v, r->pattern, &o.in_path));
        json_open(j, '{');
        put_op(v, j, &o);
        json_close(j, '}');
    }
}

static str clause_text(struct visit *v, const struct clause *c)
{
    if (!c) {
        return STR("");
    }
    str title = words_in(c->law->title, v->ctx.lang);
    str no = words_in(c->no, v->ctx.lang);
    return str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(title), STR_ARG(no));
}

static void put_action_paths(struct visit *v, struct json *j, const struct type *t,
                             const struct action *a)
{
    str id = str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(t->key), STR_ARG(a->key));
    struct op post = {.method = "post",
                      .id = id,
                      .title = words_in(a->words, v->ctx.lang),
                      .tag = t->key,
                      .answer = STR("Done"),
                      .body = id,
                      .in_path = a->creates ? STR("") : STR("id"),
                      .clause = clause_text(v, a->clause),
                      .act = true,
                      .creates = a->creates};
    struct op get = post;
    get.method = "get";
    get.id = str_fmt(v->ctx.arena, "%.*s.asks", STR_ARG(id));
    get.answer = STR("Form");
    get.body = STR("");
    get.act = get.creates = false;
    json_key(j, str_fmt(v->ctx.arena, "/api/v1/r/%.*s/%s/%.*s", STR_ARG(t->key),
                        a->creates ? "new" : "{id}/do", STR_ARG(a->key)));
    json_open(j, '{');
    put_op(v, j, &get);
    put_op(v, j, &post);
    json_close(j, '}');
}

static void put_builtin(struct visit *v, struct json *j, const struct type *t, const char *key,
                        struct words title, const char *body)
{
    struct op o = {.method = "post",
                   .id = str_fmt(v->ctx.arena, "%.*s.%s", STR_ARG(t->key), key),
                   .title = words_in(title, v->ctx.lang),
                   .tag = t->key,
                   .answer = STR("Done"),
                   .body = str_from(body),
                   .in_path = STR("id"),
                   .act = true};
    bool attach = strcmp(key, "attach") == 0;
    json_key(j, str_fmt(v->ctx.arena, "/api/v1/r/%.*s/{id}/%s%s", STR_ARG(t->key),
                        attach ? "attachments" : "do/", attach ? "" : key));
    json_open(j, '{');
    put_op(v, j, &o);
    json_close(j, '}');
}

/* What an operation is sent with. */
static const char *approval_body(enum approve_op op)
{
    static const char *const bodies[APPROVE_OPS_LEN] = {
        [APPROVE_VOTE] = "ApprovalVote",       [APPROVE_ADD] = "ApprovalAdd",
        [APPROVE_TRANSFER] = "ApprovalPerson", [APPROVE_ASK] = "ApprovalPerson",
        [APPROVE_PLACE] = "ApprovalPerson",    [APPROVE_RETURN] = "ApprovalNode",
        [APPROVE_JUMP] = "ApprovalNode",       [APPROVE_JUMP_ASK] = "ApprovalNode",
        [APPROVE_COPY] = "ApprovalCopy",       [APPROVE_RESUBMIT] = "ApprovalAgain"};
    if (bodies[op]) {
        return bodies[op];
    }
    return approve_op_has_seat(op) ? "ApprovalSeatIn" : "ApprovalNote";
}

/* What can be done to an approval, where the type has any. */
static void put_approval_paths(struct visit *v, struct json *j, const struct type *t)
{
    if (!approve_of_type(t)) {
        return;
    }
    for (int i = 0; i < APPROVE_OPS_LEN; i++) {
        enum approve_op op = (enum approve_op)i;
        str key = approve_op_key(op);
        str name = str_fmt(v->ctx.arena, "approve.%.*s", STR_ARG(key));
        put_builtin(v, j, t, name.ptr, approve_op_words(op), approval_body(op));
    }
    put_builtin(v, j, t, "approve.view", WORDS("记下已打开审批", "Note that it was opened"),
                "ApprovalSeatIn");
}

static void put_get(struct visit *v, struct json *j, const struct type *t, const char *tail,
                    struct op o)
{
    o.method = "get";
    o.tag = t->key;
    json_key(j, str_fmt(v->ctx.arena, "/api/v1/r/%.*s%s", STR_ARG(t->key), tail));
    json_open(j, '{');
    put_op(v, j, &o);
    json_close(j, '}');
}

static void put_type_paths(struct visit *v, struct json *j, const struct type *t)
{
    struct arena *a = v->ctx.arena;
    str title = words_in(t->newest->title, v->ctx.lang);
    put_get(v, j, t, "",
            (struct op){.id = str_fmt(a, "%.*s.list", STR_ARG(t->key)),
                        .title = title,
                        .answer = STR("Page"),
                        .query = STR("filter cursor limit order open mine q count columns")});
    put_get(v, j, t, "/{id}",
            (struct op){.id = str_fmt(a, "%.*s.get", STR_ARG(t->key)),
                        .title = title,
                        .answer = str_fmt(a, "%.*s.record", STR_ARG(t->key)),
                        .query = STR("view"),
                        .in_path = STR("id")});
    put_get(v, j, t, "/{id}/acts",
            (struct op){.id = str_fmt(a, "%.*s.acts", STR_ARG(t->key)),
                        .title = title,
                        .answer = STR("Acts"),
                        .query = STR("before"),
                        .in_path = STR("id")});
    put_get(v, j, t, "/{id}/pdf",
            (struct op){.id = str_fmt(a, "%.*s.pdf", STR_ARG(t->key)),
                        .title = title,
                        .answer = STR("pdf"),
                        .query = STR(""),
                        .in_path = STR("id")});
    if (approve_of_type(t)) {
        put_get(v, j, t, "/{id}/approvals",
                (struct op){.id = str_fmt(a, "%.*s.approvals", STR_ARG(t->key)),
                            .title = words_in(WORDS("审批", "Approvals"), v->ctx.lang),
                            .answer = STR("Approvals"),
                            .query = STR(""),
                            .in_path = STR("id")});
    }
    put_approval_paths(v, j, t);
    for (size_t i = 0; i < t->newest->nactions; i++) {
        if (!t->newest->actions[i].who.nobody) {
            put_action_paths(v, j, t, &t->newest->actions[i]);
        }
    }
    unsigned has = t->newest->has;
    if (has & HAS_COMMENTS) {
        put_builtin(v, j, t, "comment", WORDS("发表意见", "Comment"), "Note");
    }
    if (has & HAS_ATTACHMENTS) {
        put_builtin(v, j, t, "attach", WORDS("添加附件", "Attach files"), "Files");
    }
    if (t == v->model->unit) {
        put_builtin(v, j, t, "local_setting",
                    WORDS("为本部门另定设定", "Set a setting for the unit"), "LocalSetting");
    }
    put_builtin(v, j, t, "sign", WORDS("阅读并签收", "Read and sign"), "");
    put_builtin(v, j, t, "finish_task", WORDS("办完待办", "Finish a task"), "Task");
    if (has & HAS_WATCHERS) {
        put_builtin(v, j, t, "watch", WORDS("关注，或请别人关注", "Watch, or ask somebody to"),
                    "Watcher");
        put_builtin(v, j, t, "unwatch", WORDS("取消关注", "Stop watching"), "");
    }
    if (has & HAS_LABEL) {
        put_builtin(v, j, t, "label", WORDS("添加标签", "Label"), "Label");
        put_builtin(v, j, t, "unlabel", WORDS("移除标签", "Remove a label"), "Label");
    }
}

/* --- the document ----------------------------------------------------------------------------- */

static void put_components(struct visit *v, struct json *j)
{
    const struct model *m = v->model;
    json_key(j, STR("components"));
    json_open(j, '{');
    json_key(j, STR("securitySchemes"));
    json_raw(j, str_from(openapi_security));
    json_key(j, STR("parameters"));
    json_raw(j, str_from(openapi_parameters));
    json_key(j, STR("responses"));
    json_raw(j, str_from(openapi_responses));
    json_key(j, STR("schemas"));
    json_open(j, '{');
    for (size_t i = 0; i < openapi_schemas_len; i++) {
        json_key(j, str_from(openapi_schemas[i].name));
        json_raw(j, str_from(openapi_schemas[i].json));
    }
    for (size_t i = 0; i < m->ntypes; i++) {
        const struct type *t = m->types[i];
        if (t->lines) {
            continue;
        }
        openapi_record(v, j, t);
        for (size_t k = 0; k < t->newest->nactions; k++) {
            if (!t->newest->actions[k].who.nobody) {
                openapi_action(v, j, &t->newest->actions[k]);
            }
        }
    }
    json_close(j, '}');
    json_close(j, '}');
}

static void put_tags(struct visit *v, struct json *j)
{
    json_key(j, STR("tags"));
    json_open(j, '[');
    json_raw(j, STR("{\"name\":\"general\",\"description\":\"What is not a record\"}"));
    for (size_t i = 0; i < v->model->ntypes; i++) {
        const struct type *t = v->model->types[i];
        if (!t->lines) {
            json_open(j, '{');
            JSON_STR(j, "name", t->key);
            JSON_STR(j, "description", words_in(t->newest->title, v->ctx.lang));
            json_close(j, '}');
        }
    }
    json_close(j, ']');
}

void api_openapi(struct visit *v)
{
    struct json j = api_begin(v);
    json_open(&j, '{');
    JSON_STR(&j, "openapi", STR("3.1.0"));
    json_key(&j, STR("info"));
    json_raw(&j, str_from(openapi_info));
    json_key(&j, STR("servers"));
    json_open(&j, '[');
    json_open(&j, '{');
    JSON_STR(&j, "url", v->app->public_url.len ? v->app->public_url : STR("/"));
    json_close(&j, '}');
    json_close(&j, ']');
    json_key(&j, STR("security"));
    json_raw(&j, STR("[{\"token\":[]}]"));
    put_tags(v, &j);
    json_key(&j, STR("paths"));
    json_open(&j, '{');
    put_fixed(v, &j);
    for (size_t i = 0; i < v->model->ntypes; i++) {
        if (!v->model->types[i]->lines) {
            put_type_paths(v, &j, v->model->types[i]);
        }
    }
    json_close(&j, '}');
    put_components(v, &j);
    json_close(&j, '}');
    api_end(v, 200, &j);
}
