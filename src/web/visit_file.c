/* visit_file.c - attachments: downloads only, sandboxed, by attachment id. */
#include "base/arena.h"
#include "base/html.h"
#include "engine/attach.h"

#include "web/visit.h"

/* RFC 6266: an ASCII name for old programs, and the real one in UTF-8. */
static str disposition(struct visit *v, str name)
{
    struct html out = {.arena = v->ctx.arena, .buf = arena_bytes(v->ctx.arena, 256), .cap = 256};
    html_url_part(&out, name);
    str encoded = html_end(&out);
    return str_fmt(v->ctx.arena, "attachment; filename=\"file\"; filename*=UTF-8''%.*s",
                   STR_ARG(encoded));
}

void visit_download(struct visit *v, str name)
{
    http_header_add(v->x, STR("Content-Disposition"), disposition(v, name));
    http_header_add(v->x, STR("Content-Security-Policy"), STR("sandbox; default-src 'none'"));
    http_header_add(v->x, STR("Cache-Control"), STR("private, no-store"));
}

void visit_attachment(struct visit *v, int64_t id)
{
    struct attachment a;
    int fd = -1;
    str bytes;
    err e = attach_open(&v->ctx, id, &a, &fd, &bytes);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){.status = 200,
                                       .type = STR("application/octet-stream"),
                                       .body = bytes,
                                       .file = fd,
                                       .file_size = a.size};
    visit_download(v, a.name);
}
