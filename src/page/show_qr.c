#include "base/arena.h"
#include "base/code128.h"
#include "page/show.h"

#include <qrencode.h>

/* One path: a run of dark modules per piece. */
static void put_path(struct html *out, const QRcode *qr)
{
    for (int y = 0; y < qr->width; y++) {
        const unsigned char *row = qr->data + (size_t)y * (size_t)qr->width;
        for (int x = 0; x < qr->width; x++) {
            int from = x;
            while (x < qr->width && (row[x] & 1)) {
                x++;
            }
            if (x > from) {
                html_lit(out, "M", 1);
                html_i64(out, from);
                html_lit(out, " ", 1);
                html_i64(out, y);
                html_lit(out, "h", 1);
                html_i64(out, x - from);
                html_lit(out, "v1H", 3);
                html_i64(out, from);
            }
        }
    }
}

static void forget(void *qr)
{
    if (*(QRcode **)qr) {
        QRcode_free(*(QRcode **)qr);
    }
}

static void put(struct html *out, str markup)
{
    html_lit(out, markup.ptr, markup.len);
}

html_safe show_code128(const struct visit *v, str text)
{
    enum { CAP = 4096 };
    struct code128 c;
    struct html out = {.arena = v->ctx.arena, .buf = arena_bytes(v->ctx.arena, CAP), .cap = CAP};
    if (!code128(text, &c)) {
        return (html_safe){.html = STR("")};
    }
    put(&out, STR("<svg role=\"img\" aria-label=\"Code 128\" preserveAspectRatio=\"none\" "
                  "viewBox=\"0 0 "));
    html_i64(&out, c.modules + 2 * CODE128_QUIET);
    put(&out, STR(" 1\"><path d=\""));
    int64_t x = CODE128_QUIET;
    for (int i = 0; i < c.nwidths; i++) {
        if (i % 2 == 0) {
            put(&out, STR("M"));
            html_i64(&out, x);
            put(&out, STR(" 0h"));
            html_i64(&out, c.widths[i]);
            put(&out, STR("v1H"));
            html_i64(&out, x);
        }
        x += c.widths[i];
    }
    put(&out, STR("\"/></svg>"));
    return (html_safe){.html = html_end(&out)};
}

html_safe show_qr(const struct visit *v, str text)
{
    enum { CAP = 8192 };
    struct html out = {.arena = v->ctx.arena, .buf = arena_bytes(v->ctx.arena, CAP), .cap = CAP};
    QRcode **qr = arena_new(v->ctx.arena, QRcode *);
    arena_defer(v->ctx.arena, forget, qr);
    str z = str_copy(v->ctx.arena, text);
    *qr = QRcode_encodeString8bit(z.ptr, 0, QR_ECLEVEL_M);
    if (*qr) {
        html_lit(&out, "<svg role=\"img\" aria-label=\"QR\" viewBox=\"0 0 ", 45);
        html_i64(&out, (*qr)->width);
        html_lit(&out, " ", 1);
        html_i64(&out, (*qr)->width);
        html_lit(&out, "\"><path d=\"", 11);
        put_path(&out, *qr);
        html_lit(&out, "\"/></svg>", 9);
    }
    return (html_safe){.html = html_end(&out)};
}
