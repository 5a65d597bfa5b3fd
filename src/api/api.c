/* api.c - the site map for programs, and the answers every address may give. */
#include "api/api_int.h"

/* clang-format off */
const struct visit_route api_routes[] = {
    {HTTP_GET,  "/api/v1/openapi.json",         api_openapi,       ROUTE_API,               WORDS_INIT("接口说明", "The description of this interface")},
    {HTTP_GET,  "/api/v1/me",                   api_me,            ROUTE_API,               WORDS_INIT("我是谁", "Who the token stands for")},
    {HTTP_GET,  "/api/v1/tasks",                api_tasks,         ROUTE_API,               WORDS_INIT("我的待办", "Own tasks")},
    {HTTP_GET,  "/api/v1/notifications",        api_notifications, ROUTE_API,               WORDS_INIT("我的通知", "Own notifications")},
    {HTTP_GET,  "/api/v1/search",               api_search,        ROUTE_API | ROUTE_SEARCH, WORDS_INIT("搜索", "Search")},
    {HTTP_GET,  "/api/v1/types",                api_types,         ROUTE_API,               WORDS_INIT("单据类型", "Record types")},
    {HTTP_GET,  "/api/v1/types/~",              api_type_one,      ROUTE_API,               WORDS_INIT("单据类型的定义", "One record type")},
    {HTTP_GET,  "/api/v1/r/~",                  api_list,          ROUTE_API,               WORDS_INIT("列表", "List records")},
    {HTTP_GET,  "/api/v1/r/~/new/~",            api_form,          ROUTE_API,               WORDS_INIT("新建所需内容", "What creating asks for")},
    {HTTP_POST, "/api/v1/r/~/new/~",            api_create,        ROUTE_API | ROUTE_WRITE | ROUTE_UPLOAD, WORDS_INIT("新建", "Create a record")},
    {HTTP_GET,  "/api/v1/r/~/#",                api_record,        ROUTE_API,               WORDS_INIT("记录", "One record")},
    {HTTP_GET,  "/api/v1/r/~/#/acts",           api_record_acts,   ROUTE_API,               WORDS_INIT("操作记录", "The acts of a record")},
    {HTTP_GET,  "/api/v1/r/~/#/approvals",      api_approvals,     ROUTE_API,               WORDS_INIT("审批", "The approvals of a record")},
    {HTTP_GET,  "/api/v1/r/~/#/pdf",            api_record_pdf,    ROUTE_API | ROUTE_FILE | ROUTE_EXPORT, WORDS_INIT("记录的 PDF", "A record as PDF")},
    {HTTP_GET,  "/api/v1/r/~/#/do/~",           api_form,          ROUTE_API,               WORDS_INIT("操作所需内容", "What an action asks for")},
    {HTTP_POST, "/api/v1/r/~/#/do/~",           api_perform,       ROUTE_API | ROUTE_WRITE | ROUTE_UPLOAD, WORDS_INIT("操作", "Perform an action")},
    {HTTP_POST, "/api/v1/r/~/#/attachments",    api_attach,        ROUTE_API | ROUTE_WRITE | ROUTE_UPLOAD, WORDS_INIT("添加附件", "Attach files")},
    {HTTP_GET,  "/api/v1/attachments/#",        api_attachment,    ROUTE_API,               WORDS_INIT("下载附件", "The bytes of an attachment")},
    {HTTP_GET,  "/api/v1/regulations",          api_regulations,   ROUTE_API,               WORDS_INIT("制度", "Regulations")},
    {HTTP_GET,  "/api/v1/regulations/~",        api_regulation,    ROUTE_API,               WORDS_INIT("一部制度", "One regulation, clause by clause")},
    {HTTP_GET,  "/api/v1/regulations/~/~",      api_clause,        ROUTE_API,               WORDS_INIT("一条", "One clause")},
    {HTTP_GET,  "/api/v1/compliance",           api_compliance,    ROUTE_API,               WORDS_INIT("合规概况", "How the regulations are kept")},
    {HTTP_GET,  "/api/v1/controls",             api_controls,      ROUTE_API,               WORDS_INIT("合规", "Controls, and whether they are kept")},
    {HTTP_GET,  "/api/v1/calendar.ics",         api_calendar,      ROUTE_API | ROUTE_FEED,  WORDS_INIT("定期职责日历", "When duties are due, as a calendar (RFC 5545)")},
    {HTTP_GET,  "/api/v1/duties",               api_duties,        ROUTE_API,               WORDS_INIT("定期职责", "Duties, and whether they are met")},
    {HTTP_GET,  "/api/v1/duties/~",             api_duty,          ROUTE_API,               WORDS_INIT("定期职责", "One duty, and its occurrences")},
    {HTTP_GET,  "/api/v1/controls/~",           api_control,       ROUTE_API,               WORDS_INIT("控制点", "One control, and the records that do not hold")},
    {HTTP_GET,  "/api/v1/ledger",               api_ledger,        ROUTE_API,               WORDS_INIT("存证日志", "The ledger's newest checkpoint")},
    {HTTP_GET,  "/api/v1/ledger/~",             api_entry,         ROUTE_API,               WORDS_INIT("存证条目", "One entry of the ledger")},
    {HTTP_GET,  "/api/v1/ledger/~/proof",       api_entry_proof,   ROUTE_API,               WORDS_INIT("存证证明", "The proof of one entry, for zhidu-verify")},
};
/* clang-format on */
const size_t api_routes_len = sizeof(api_routes) / sizeof(api_routes[0]);

struct json api_begin(struct visit *v)
{
    return json_begin(v->ctx.arena, API_JSON_MAX);
}

void api_end(struct visit *v, int status, struct json *j)
{
    str body = json_end(j);
    if (!body.len) {
        visit_error(v, err_make(ERR_TOO_LARGE, STR("the answer is too long")));
        return;
    }
    visit_json(v, status, body);
}

struct json api_items(struct visit *v)
{
    struct json j = api_begin(v);
    json_open(&j, '{');
    json_key(&j, STR("items"));
    json_open(&j, '[');
    return j;
}

void api_items_end(struct visit *v, struct json *j)
{
    json_close(j, ']');
    json_close(j, '}');
    api_end(v, 200, j);
}

void api_items_next(struct visit *v, struct json *j, str next)
{
    json_close(j, ']');
    json_key(j, STR("next"));
    next.len ? json_str(j, next) : json_nil(j);
    json_close(j, '}');
    api_end(v, 200, j);
}

void api_error(struct visit *v, err e)
{
    struct json j = api_begin(v);
    const struct refusal *why = e.why;
    int status = err_http(e.code);
    json_open(&j, '{');
    JSON_STR(&j, "type", str_fmt(v->ctx.arena, "urn:zhidu:error:%s", err_name(e.code)));
    JSON_STR(&j, "title", words_in(err_words(e.code), v->ctx.lang));
    JSON_I64(&j, "status", status);
    if (why) {
        api_put_refusal(v, &j, why);
    }
    JSON_STR(&j, "instance",
             str_fmt(v->ctx.arena, "urn:zhidu:request:%lld", (long long)v->x->req.id));
    json_close(&j, '}');
    visit_json(v, status, json_end(&j));
    v->x->res.type = STR("application/problem+json");
    if (e.code == ERR_SIGNIN) {
        bool feed = v->route && (v->route->flags & ROUTE_FEED);
        http_header_add(v->x, STR("WWW-Authenticate"),
                        feed ? STR("Basic realm=\"zhidu\", charset=\"UTF-8\"")
                             : STR("Bearer realm=\"zhidu\""));
    }
}

err api_invalid(struct visit *v, str name, struct words words)
{
    struct field_error *f = arena_new(v->ctx.arena, struct field_error);
    struct refusal *why = arena_new(v->ctx.arena, struct refusal);
    *f = (struct field_error){.field = name, .words = words};
    *why = (struct refusal){.kind = REFUSED_VALUE, .what = words, .fields = f, .nfields = 1};
    return (err){.code = ERR_INVALID, .detail = words.en, .why = why};
}

const struct type *api_type(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t || t->lines) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return NULL;
    }
    return t;
}

err api_number(struct visit *v, str name, int64_t or_else, int64_t max, int64_t *ret)
{
    str text = http_param(&v->x->req.query, name);
    *ret = or_else;
    if (!text.len) {
        return OK;
    }
    if (!str_to_i64(text, ret) || *ret < 1 || *ret > max) {
        return api_invalid(
            v, name, WORDS("应为允许范围内的整数", "a whole number within its range is wanted"));
    }
    return OK;
}

bool api_flag(const struct visit *v, str name)
{
    str text = http_param(&v->x->req.query, name);
    return str_eq(text, STR("1")) || str_eq(text, STR("true"));
}
