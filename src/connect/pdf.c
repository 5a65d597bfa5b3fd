#include "connect/pdf.h"

#include "base/arena.h"
#include "connect/shortage.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

/* Points; A4. */
static const double width = 595.28, height = 841.89, margin = 48, foot_room = 40, label_width = 120;
static const double qr_size = 64;
enum { FOOT_MORE = 40 }; /* for the number of the page */
/* Said where the foot is: there is no room elsewhere. */
static const struct words too_long =
    WORDS_INIT("内容过长，其余未印出", "too long: the rest is left out");

struct pdf {
    struct arena *a;
    enum lang lang;
    str foot;
    char *foot_line; /* FOOT_MORE bytes more than the longest foot */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    char *bytes; /* malloc's: filled by the library's callback */
    size_t len, cap;
    double y;
    int page;
    bool failed, full; /* no memory; more than may be */
    sem_t *turn;       /* held; NULL: none, or passed on */
};

static void pass_turn(struct pdf *p)
{
    if (p->turn) {
        sem_post(p->turn);
        p->turn = NULL;
    }
}

static void forget(void *arg)
{
    struct pdf *p = arg;
    if (p->layout) {
        g_object_unref(p->layout);
    }
    if (p->cr) {
        cairo_destroy(p->cr);
    }
    if (p->surface) {
        cairo_surface_destroy(p->surface);
    }
    free(p->bytes);
    pass_turn(p);
    *p = (struct pdf){.failed = true};
}

static cairo_status_t take(void *arg, const unsigned char *data, unsigned int n)
{
    struct pdf *p = arg;
    if (p->len + n > PDF_BYTES_MAX) {
        return CAIRO_STATUS_WRITE_ERROR;
    }
    if (p->len + n > p->cap) {
        size_t cap = p->cap ? p->cap : 64 << 10;
        while (cap < p->len + n) {
            cap *= 2;
        }
        char *more = realloc(p->bytes, cap);
        if (!more) {
            return CAIRO_STATUS_NO_MEMORY;
        }
        p->bytes = more;
        p->cap = cap;
    }
    memcpy(p->bytes + p->len, data, n);
    p->len += n;
    return CAIRO_STATUS_SUCCESS;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void set(struct pdf *p, str text, double size, bool bold, double room)
{
    PangoFontDescription *font = pango_font_description_new();
    /* Latin letters of the Chinese face bring 1.5 MB of its outlines into the file */
    pango_font_description_set_family_static(
        font, p->lang == LANG_EN ? "DejaVu Sans,Noto Sans CJK SC,WenQuanYi Micro Hei,sans-serif"
                                 : "Noto Sans CJK SC,WenQuanYi Micro Hei,sans-serif");
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(p->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(p->layout, (int)(room * PANGO_SCALE));
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(p->layout, 1.25f);
    size_t n = text.len;
    if (n > PDF_TEXT_MAX) { /* at the beginning of a character */
        for (n = PDF_TEXT_MAX; n && ((unsigned char)text.ptr[n] & 0xC0) == 0x80; n--) {
        }
    }
    pango_layout_set_text(p->layout, n ? text.ptr : "", (int)n);
}

/* Takes nothing from the arena: it comes in the middle of a text, whose layout and iterator
 * a jump would leave behind. */
static void draw_foot(struct pdf *p)
{
    int n = snprintf(p->foot_line, p->foot.len + FOOT_MORE,
                     p->lang == LANG_EN ? "%.*s · page %d" : "%.*s · 第 %d 页", STR_ARG(p->foot),
                     p->page);
    set(p, str_from_n(p->foot_line, (size_t)n), 8, false, width - 2 * margin);
    cairo_set_source_rgb(p->cr, 0.35, 0.35, 0.35);
    cairo_move_to(p->cr, margin, height - foot_room);
    pango_cairo_show_layout(p->cr, p->layout);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void next_page(struct pdf *p)
{
    if (p->page == PDF_PAGES_MAX) {
        p->full = true;
        return;
    }
    PangoLayout *kept = p->layout; /* may be in the middle of a text */
    p->layout = pango_layout_new(pango_layout_get_context(kept));
    draw_foot(p);
    g_object_unref(p->layout);
    p->layout = kept;
    cairo_show_page(p->cr);
    p->page++;
    p->y = margin;
}

static void need(struct pdf *p, double room)
{
    if (p->y + room > height - foot_room - 12) {
        next_page(p);
    }
}

/* Line by line, over as many pages as it takes. */
static void flow(struct pdf *p, double x)
{
    PangoLayoutIter *i = pango_layout_get_iter(p->layout);
    do {
        PangoRectangle box;
        pango_layout_iter_get_line_extents(i, NULL, &box);
        double h = (double)box.height / PANGO_SCALE;
        need(p, h);
        if (p->full) {
            break;
        }
        double up = (double)(pango_layout_iter_get_baseline(i) - box.y) / PANGO_SCALE;
        cairo_move_to(p->cr, x, p->y + up);
        pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(i));
        p->y += h;
    } while (pango_layout_iter_next_line(i));
    pango_layout_iter_free(i);
}

static void rule(struct pdf *p, double thick, double shade)
{
    cairo_set_line_width(p->cr, thick);
    cairo_set_source_rgb(p->cr, shade, shade, shade);
    cairo_move_to(p->cr, margin, p->y);
    cairo_line_to(p->cr, width - margin, p->y);
    cairo_stroke(p->cr);
    cairo_set_source_rgb(p->cr, 0, 0, 0);
}

/* --- what stands in it ---------------------------------------------------------------------- */

/* For paper: letters stand where they belong, not on the pixels of a screen.  Names and
 * clauses are Chinese in either language: their characters come from that face. */
static void set_up(PangoContext *context)
{
    cairo_font_options_t *how = cairo_font_options_create();
    cairo_font_options_set_hint_style(how, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(how, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, how);
    cairo_font_options_destroy(how);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
}

err pdf_begin(struct arena *a, sem_t *turn, enum lang lang, str title, str foot, struct pdf **ret)
{
    struct pdf *p = arena_new(a, struct pdf);
    const char *name = str_copy(a, title).ptr;
    *p = (struct pdf){.a = a, .lang = lang, .foot = foot, .y = margin, .page = 1};
    size_t longest = words_in(too_long, lang).len;
    p->foot_line = arena_bytes(a, (foot.len > longest ? foot.len : longest) + FOOT_MORE);
    arena_defer(a, forget, p);
    while (turn && sem_wait(turn) != 0) { /* a signal came */
    }
    p->turn = turn;
    if (shortage()) {
        return err_make(ERR_BUSY, STR("memory"));
    }
    p->surface = cairo_pdf_surface_create_for_stream(take, p, width, height);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, name);
    p->cr = cairo_create(p->surface);
    p->layout = pango_cairo_create_layout(p->cr);
    set_up(pango_layout_get_context(p->layout));
    if (cairo_status(p->cr) != CAIRO_STATUS_SUCCESS) {
        return err_make(ERR_BUSY, STR("memory"));
    }
    *ret = p;
    return OK;
}

void pdf_title(struct pdf *p, str above, str title, str below)
{
    double room = width - 2 * margin - qr_size - 12;
    set(p, above, 9.5, false, room);
    flow(p, margin);
    p->y += 2;
    set(p, title, 17, true, room);
    flow(p, margin);
    p->y += 3;
    set(p, below, 9.5, false, room);
    flow(p, margin);
    if (p->page == 1 && p->y < margin + qr_size) {
        p->y = margin + qr_size;
    }
    p->y += 8;
    rule(p, 1.2, 0);
    p->y += 6;
}

void pdf_heading(struct pdf *p, str text)
{
    need(p, 44);
    p->y += 10;
    set(p, text, 11.5, true, width - 2 * margin);
    flow(p, margin);
    p->y += 2;
    rule(p, 0.5, 0.5);
    p->y += 4;
}

void pdf_text(struct pdf *p, str text)
{
    set(p, text, 9.5, false, width - 2 * margin);
    flow(p, margin);
    p->y += 3;
}

void pdf_small(struct pdf *p, str text)
{
    set(p, text, 8, false, width - 2 * margin - 12);
    flow(p, margin + 12);
    p->y += 2;
}

void pdf_pair(struct pdf *p, str label, str note, str value)
{
    need(p, note.len ? 26 : 15);
    double top = p->y;
    int page = p->page;
    set(p, label, 9.5, true, label_width - 8);
    flow(p, margin);
    if (note.len) {
        set(p, note, 7.5, false, label_width - 8);
        flow(p, margin);
    }
    double below = p->page == page ? p->y : margin;
    if (p->page == page) {
        p->y = top;
    }
    set(p, value, 9.5, false, width - 2 * margin - label_width);
    flow(p, margin + label_width);
    if (p->page == page && p->y < below) {
        p->y = below;
    }
    p->y += 4;
}

void pdf_qr(struct pdf *p, str text)
{
    QRcode *qr = QRcode_encodeString8bit(str_copy(p->a, text).ptr, 0, QR_ECLEVEL_M);
    if (!qr) {
        return;
    }
    double one = qr_size / qr->width;
    cairo_set_antialias(p->cr, CAIRO_ANTIALIAS_NONE);
    for (int i = 0; i < qr->width * qr->width; i++) {
        int row = i / qr->width;
        if (qr->data[i] & 1) {
            cairo_rectangle(p->cr, width - margin - qr_size + one * (i % qr->width),
                            margin + one * row, one, one);
        }
    }
    cairo_fill(p->cr);
    cairo_set_antialias(p->cr, CAIRO_ANTIALIAS_DEFAULT);
    QRcode_free(qr);
}

err pdf_end(struct pdf *p, str *ret_bytes)
{
    if (p->full) {
        p->foot = words_in(too_long, p->lang);
    }
    draw_foot(p);
    cairo_surface_finish(p->surface);
    pango_cairo_font_map_set_default(NULL); /* else each worker keeps fonts of its own for ever */
    pass_turn(p);
    bool ok = cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS &&
              cairo_status(p->cr) == CAIRO_STATUS_SUCCESS;
    if (!ok) {
        return err_make(ERR_BUSY, STR("document"));
    }
    *ret_bytes = str_copy(p->a, str_from_n(p->bytes, p->len));
    return OK;
}
