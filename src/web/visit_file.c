/* visit_file.c - files for pages and programs: attachments, as downloads only, sandboxed,
 * by attachment id, pictures among them also as pictures; records as documents. */
#include "base/arena.h"
#include "base/html.h"
#include "connect/document.h"
#include "engine/attach.h"

#include "web/work.h"

#include <string.h>
#include <unistd.h>

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
    if (v->job) {
        v->job->name = name;
    }
    http_header_add(v->x, STR("Content-Disposition"), disposition(v, name));
    http_header_add(v->x, STR("Content-Security-Policy"), STR("sandbox; default-src 'none'"));
    http_header_add(v->x, STR("Cache-Control"), STR("private, no-store"));
}

/* What the bytes say they are, whatever their sender said: PNG (RFC 2083, 3.1), JPEG
 * (ISO 10918-1, SOI and a marker), WebP (RFC 9649, 2.4); empty: none of them. */
static str picture_type(const char *p, size_t n)
{
    if (n >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0) {
        return STR("image/png");
    }
    if (n >= 3 && memcmp(p, "\xff\xd8\xff", 3) == 0) {
        return STR("image/jpeg");
    }
    bool webp = n >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0;
    return webp ? STR("image/webp") : STR("");
}

/* As what it is answered; empty: as nothing. */
static str type_of(const struct attachment *a, int fd, str bytes, bool picture)
{
    char head[12];
    if (!picture) {
        return STR("application/octet-stream");
    }
    if (a->size > VISIT_PICTURE_MAX) {
        return STR("");
    }
    ssize_t n = fd >= 0 ? pread(fd, head, sizeof(head), 0) : 0;
    return fd >= 0 ? picture_type(head, n > 0 ? (size_t)n : 0) : picture_type(bytes.ptr, bytes.len);
}

static void answer(struct visit *v, int64_t id, bool picture)
{
    struct attachment a;
    int fd = -1;
    str bytes;
    str type = STR("");
    err e = attach_open(&v->ctx, id, &a, &fd, &bytes);
    if (!e.code) {
        type = type_of(&a, fd, bytes, picture);
        e = type.len ? OK : err_make(ERR_NOT_FOUND, STR("a picture of this attachment"));
    }
    if (e.code) {
        if (fd >= 0) {
            close(fd);
        }
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = type, .body = bytes, .file = fd, .file_size = a.size};
    visit_download(v, a.name);
}

void visit_attachment(struct visit *v, int64_t id)
{
    answer(v, id, false);
}

void visit_picture(struct visit *v, int64_t id)
{
    answer(v, id, true);
}

void visit_document(struct visit *v)
{
    struct document_place place = {v->app->organisation, v->app->public_url, v->app->printing};
    const struct type *t = model_type(v->model, v->seg[0]);
    str bytes;
    str name;
    err e = t ? document_of_record(&v->ctx, t, v->num[1], &place, &bytes, &name)
              : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("application/pdf"), .body = bytes, .file = -1};
    visit_download(v, name);
}
