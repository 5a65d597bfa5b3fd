/* refuse.c - what is refused before a handler runs, each with its own words. */
#include "http/http_int.h"

#include <microhttpd.h>
#include <string.h>

static const struct {
    int status;
    const char *name; /* for figures */
    const char *text;
} refusals[HTTP_REFUSALS] = {
    [REFUSE_TARGET] =
        {400, "target",
         "请求的地址无法识别。 The address asked for is malformed: it must begin with "
         "a slash, be UTF-8, and hold no .., NUL or encoded slash.\n"},
    [REFUSE_HOST] = {400, "host",
                     "请求应有且只有一个有效的 Host 头。 Exactly one Host header with a valid host "
                     "is needed.\n"},
    [REFUSE_METHOD] = {501, "method",
                       "没有这种请求方法。 No such method: GET, HEAD, POST, PUT, PATCH and DELETE "
                       "are known.\n"},
    [REFUSE_LINES] = {400, "lines",
                      "请求头的每一行须以 CRLF 结束，不得折行，不得含 NUL。 Every line of the head "
                      "must end in CRLF; none may be folded or hold a NUL.\n"},
    [REFUSE_CHUNKS] = {411, "chunks",
                       "请求须用 Content-Length 说明长度，不接受分块传输。 A request must say its "
                       "length with Content-Length; chunks are not accepted.\n"},
    [REFUSE_FRAMING] = {400, "framing",
                        "请求长度的说明重复、矛盾或无法识别。 Content-Length or Transfer-Encoding "
                        "is repeated, contradictory or malformed.\n"},
    [REFUSE_HEADER] =
        {400, "header",
         "请求头含有不允许的字符。 A header holds characters that are not allowed.\n"},
    [REFUSE_HEADERS] = {431, "headers",
                        "请求头过多，最多 200 个。 Too many headers: at most 200.\n"},
    [REFUSE_COOKIES] = {400, "cookies",
                        "Cookie 过多或无法识别。 Too many cookies, or malformed ones.\n"},
    [REFUSE_FORM] = {400, "form",
                     "表单内容无法识别，含有 NUL，或字段过多。 The form is malformed, holds a NUL "
                     "or has too many fields.\n"},
    [REFUSE_CODING] = {415, "coding",
                       "不接受压缩的请求内容。 A compressed body is not accepted.\n"},
    [REFUSE_LARGE] = {413, "large",
                      "提交的内容过大：附件合计不超过 20 MB。 "
                      "The request is too large: attachments may have 20 MB together.\n"},
    [REFUSE_ADDRESS] = {429, "address",
                        "来自您的网络地址的连接过多，请关闭一些后重试。 Too many connections from "
                        "your network address: close some and try again.\n"},
    [REFUSE_BUSY] = {503, "busy", "系统繁忙，请稍后再试。 Busy, please try again.\n"},
};

const char *http_refusal_name(int refusal)
{
    return refusals[refusal].name;
}

enum MHD_Result http_refuse(struct http_server *s, struct MHD_Connection *c, enum http_refusal why)
{
    const char *text = refusals[why].text;
    int status = refusals[why].status;
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_PERSISTENT);
    if (!r) {
        return MHD_NO;
    }
    http_count(&s->refused[why], 1);
    MHD_add_response_header(r, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Connection", "close");
    if (status == 503 || status == 429) {
        MHD_add_response_header(r, "Retry-After", "1");
    }
    enum MHD_Result x = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return x;
}
