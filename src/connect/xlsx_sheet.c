/* xlsx_sheet.c - the rows and cells of a sheet, as they come from the parser, go out
 * as CSV.  Nothing is held but the cell being read. */
#include "base/clock.h"
#include "connect/xlsx_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EPOCH_1900 = 25569, /* 1970-01-01 in days of the format */
    EPOCH_1904 = 24107,
    LAST_SERIAL = 2958466,
    VALUE_ROOM = 400,
};

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- values ------------------------------------------------------------------------------- */

/* Without the noise of a double: 0.1, not 0.10000000000000001. */
static size_t number_text(double v, char *to)
{
    bool whole = v == floor(v) && fabs(v) < 9007199254740992.0;
    int n = snprintf(to, VALUE_ROOM, whole ? "%.0f" : "%.15g", v);
    if (memchr(to, 'e', (size_t)n) && fabs(v) < 1e15 && fabs(v) >= 1e-20) {
        n = snprintf(to, VALUE_ROOM, "%.*f", 14 - (int)floor(log10(fabs(v))), v);
        while (n > 1 && to[n - 1] == '0') {
            n--;
        }
    }
    return (size_t)n;
}

static size_t clock_text(double v, char *to)
{
    int64_t s = llround(v * 86400);
    return (size_t)snprintf(to, VALUE_ROOM, "%02lld:%02lld:%02lld", (long long)(s / 3600),
                            (long long)(s / 60 % 60), (long long)(s % 60));
}

static size_t date_text(const struct xlsx_part *p, double v, enum xlsx_kind kind, char *to)
{
    int64_t ms = llround((v - (p->book->from_1904 ? EPOCH_1904 : EPOCH_1900)) * (double)CLOCK_DAY);
    struct clock_civil c = clock_civil_at(ms, 0);
    int n = snprintf(to, VALUE_ROOM, "%04d-%02d-%02d", c.year, c.month, c.day);
    if (kind == XLSX_MOMENT) {
        n += snprintf(to + n, (size_t)(VALUE_ROOM - n), "T%02d:%02d:%02d", c.hour, c.minute,
                      c.second);
    }
    if (kind == XLSX_MOMENT && c.ms) {
        n += snprintf(to + n, (size_t)(VALUE_ROOM - n), ".%03d", c.ms);
    }
    return (size_t)n;
}

/* What a number says, by the style of its cell; as it stands where it is no number. */
static str number_value(struct xlsx_part *p, const struct xlsx_sheet *s, char *to)
{
    char *end;
    double v = strtod(p->text, &end);
    enum xlsx_kind kind =
        s->style < p->book->nstyles ? (enum xlsx_kind)p->book->styles[s->style] : XLSX_NUMBER;
    if (end == p->text || *end || !isfinite(v)) {
        return str_from_n(p->text, p->len);
    }
    bool day = v >= (p->book->from_1904 ? 0 : 1) && v < LAST_SERIAL;
    if (kind == XLSX_CLOCK && v >= 0 && v < LAST_SERIAL) {
        return str_from_n(to, clock_text(v, to));
    }
    return str_from_n(to, (kind == XLSX_DATE || kind == XLSX_MOMENT) && day
                              ? date_text(p, v, kind, to)
                              : number_text(v, to));
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "_x000D_" is a character; halves of surrogate pairs and NUL stay as they stand. */
static int escaped(const char *p, const char *end)
{
    if (end - p < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_') {
        return -1;
    }
    int c = 0;
    for (int i = 2; i < 6; i++) {
        if (hex(p[i]) < 0) {
            return -1;
        }
        c = c * 16 + hex(p[i]);
    }
    return c && (c < 0xD800 || c > 0xDFFF) ? c : -1;
}

static char *put_char(char *to, int c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* In place: it only gets shorter. */
static str plain_text(char *from, size_t len)
{
    char *to = from;
    for (const char *p = from, *end = from + len; p < end;) {
        int c = escaped(p, end);
        if (c < 0) {
            *to++ = *p++;
        } else {
            to = put_char(to, c);
            p += 7;
        }
    }
    return str_from_n(from, (size_t)(to - from));
}

static str shared_text(struct xlsx_part *p)
{
    struct xlsx_book *b = p->book;
    char *end;
    unsigned long i = strtoul(p->text, &end, 10);
    if (end == p->text || *end || i >= b->ntexts) {
        xlsx_stop(p, WORDS("有单元格指向不存在的文字", "a cell names a text that is not there"));
        return STR("");
    }
    size_t from = i ? b->text_ends[i - 1] : 0;
    p->len = b->text_ends[i] - from;
    memcpy(p->text, b->texts + from, p->len);
    return plain_text(p->text, p->len);
}

/* --- rows --------------------------------------------------------------------------------- */

static void fill_to(struct xlsx_sheet *s, int col)
{
    for (; s->put < col; s->put++) {
        if (s->put) {
            fputc(s->separator, s->to);
        }
    }
}

static void put_cell(struct xlsx_part *p, str value)
{
    struct xlsx_sheet *s = p->user;
    if (!value.len || s->passing) {
        return;
    }
    if (!s->put) { /* the first of its row: empty rows before it, of the table */
        for (int64_t n = s->done + 1; s->names && n < s->row; n++) {
            fputc('\n', s->to);
        }
    }
    fill_to(s, s->col);
    if (s->put) {
        fputc(s->separator, s->to);
    }
    csv_write(s->to, value);
    s->put++;
}

static void row_ends(struct xlsx_sheet *s)
{
    if (s->passing) {
        s->passing = false;
        s->names = s->done = s->row;
        return;
    }
    if (!s->put) {
        return;
    }
    if (!s->names) {
        s->names = s->row;
        s->width = s->put;
        s->titles = s->hidden;
    }
    fill_to(s, s->width);
    fputc('\n', s->to);
    s->done = s->row;
    s->put = 0;
}

static void row_begins(struct xlsx_part *p, const char **attributes)
{
    struct xlsx_sheet *s = p->user;
    const char *r = xlsx_attribute(attributes, "r");
    const char *hidden = xlsx_attribute(attributes, "hidden");
    int64_t row = s->row + 1;
    if (r && (!str_to_i64(str_from(r), &row) || row <= s->row)) {
        xlsx_stop(p, WORDS("行的次序不对", "its rows are not in order"));
    } else if (row > XLSX_ROWS_MAX) {
        p->too_large = true;
        xlsx_stop(p, WORDS("超过 1,048,576 行", "has more than 1,048,576 rows"));
    }
    s->row = row;
    s->col = -1;
    s->hidden = hidden && (is(hidden, "1") || is(hidden, "true"));
    s->passing = s->titles;
    s->titles = false;
}

/* "AB12": 27; -1: none. */
static int column_of(const char *ref)
{
    int c = 0;
    for (; *ref >= 'A' && *ref <= 'Z' && c <= CSV_COLUMNS_MAX; ref++) {
        c = c * 26 + *ref - 'A' + 1;
    }
    return c - 1;
}

static void cell_begins(struct xlsx_part *p, const char **attributes)
{
    struct xlsx_sheet *s = p->user;
    const char *r = xlsx_attribute(attributes, "r");
    const char *t = xlsx_attribute(attributes, "t");
    const char *style = xlsx_attribute(attributes, "s");
    int col = r ? column_of(r) : s->col + 1;
    if (col <= s->col || !s->row) {
        xlsx_stop(p, WORDS("单元格的次序不对", "its cells are not in order"));
    } else if (col >= CSV_COLUMNS_MAX) {
        p->too_large = true;
        xlsx_stop(p, WORDS("超过 1,000 列", "has more than 1,000 columns"));
    }
    s->col = col;
    s->type = !t || is(t, "n") ? 'n' : is(t, "s") ? 's' : is(t, "b") ? 'b' : 't';
    s->style = style ? strtoul(style, NULL, 10) : 0;
    p->len = 0;
}

static void cell_ends(struct xlsx_part *p)
{
    struct xlsx_sheet *s = p->user;
    char room[VALUE_ROOM];
    p->text[p->len] = '\0';
    if (!p->len) {
        return;
    }
    str value = s->type == 'n'   ? number_value(p, s, room)
                : s->type == 's' ? shared_text(p)
                : s->type == 'b' ? (is(p->text, "1") ? STR("true") : STR("false"))
                                 : plain_text(p->text, p->len);
    put_cell(p, value);
}

void xlsx_sheet_begin(struct xlsx_part *p, const char *name, const char **attributes)
{
    if (is(name, "row")) {
        row_begins(p, attributes);
    } else if (is(name, "c")) {
        cell_begins(p, attributes);
    } else if (is(name, "v") || is(name, "t")) {
        p->wanted = true;
    } else if (is(name, "rPh")) { /* how it is pronounced, not what it says */
        p->skip = p->depth;
    }
}

void xlsx_sheet_end(struct xlsx_part *p, const char *name)
{
    if (is(name, "v") || is(name, "t")) {
        p->wanted = false;
    } else if (is(name, "c")) {
        cell_ends(p);
    } else if (is(name, "row")) {
        row_ends(p->user);
    }
}
