#include "connect/csv.h"

#include "base/arena.h"

#include <string.h>

/* --- reading ------------------------------------------------------------------------------ */

struct parse {
    struct arena *a;
    str text;
    bool last;
    char separator;
    size_t at;
    int line, col; /* of `at`, from 1; col counts bytes */
    str *cells;
    size_t n, cap;
    struct csv_row *ret;
};

static enum csv_status bad(struct parse *p, struct words why)
{
    const char *lf = memchr(p->text.ptr, '\n', p->text.len);
    p->ret->bytes = lf ? (size_t)(lf - p->text.ptr) + 1 : p->text.len;
    p->ret->lines = 1;
    p->ret->why = why;
    p->ret->why_line = p->line;
    p->ret->why_col = p->col;
    return CSV_BAD;
}

static void step(struct parse *p)
{
    if (p->text.ptr[p->at] == '\n') {
        p->line++;
        p->col = 0;
    }
    p->at++;
    p->col++;
}

static void add_cell(struct parse *p, str cell)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        str *more = arena_array(p->a, str, cap);
        if (p->n) {
            memcpy(more, p->cells, p->n * sizeof(*more));
        }
        p->cells = more;
        p->cap = cap;
    }
    p->cells[p->n++] = cell;
}

/* Bytes of the line end at `at`: 0 when there is none. */
static size_t line_end(const struct parse *p)
{
    str t = p->text;
    if (p->at < t.len && t.ptr[p->at] == '\n') {
        return 1;
    }
    bool crlf = p->at + 1 < t.len && t.ptr[p->at] == '\r' && t.ptr[p->at + 1] == '\n';
    return crlf ? 2 : 0;
}

/* A cell's text without the second of two quotes. */
static str undoubled(struct arena *a, str cell)
{
    char *copy = arena_bytes(a, cell.len);
    size_t n = 0;
    for (size_t i = 0; i < cell.len; i++) {
        copy[n++] = cell.ptr[i];
        i += cell.ptr[i] == '"';
    }
    return str_from_n(copy, n);
}

/* A quoted cell, `at` on its quote.  Ends behind the closing one. */
static enum csv_status quoted(struct parse *p, str *ret)
{
    int line = p->line;
    int col = p->col;
    step(p);
    size_t from = p->at;
    bool doubled = false;
    for (;;) {
        const char *q = memchr(p->text.ptr + p->at, '"', p->text.len - p->at);
        size_t end = q ? (size_t)(q - p->text.ptr) : p->text.len;
        if (end - from > CSV_CELL_MAX) {
            p->line = line;
            p->col = col;
            return bad(p, WORDS("引号未闭合，或单元格过长（上限 256 KB）",
                                "the quote is never closed, or the cell is over 256 KB"));
        }
        while (p->at < end) {
            step(p);
        }
        if (!q) {
            if (!p->last) {
                return CSV_MORE;
            }
            p->line = line;
            p->col = col;
            return bad(p, WORDS("引号未闭合", "the quote is never closed"));
        }
        if (end + 1 == p->text.len && !p->last) {
            return CSV_MORE;
        }
        if (end + 1 == p->text.len || p->text.ptr[end + 1] != '"') {
            step(p);
            str c = str_from_n(p->text.ptr + from, end - from);
            *ret = doubled ? undoubled(p->a, c) : c;
            return CSV_ROW;
        }
        doubled = true;
        step(p);
        step(p);
    }
}

static enum csv_status plain_cell(struct parse *p, str *ret)
{
    size_t from = p->at;
    while (p->at < p->text.len && p->text.ptr[p->at] != p->separator && !line_end(p)) {
        if (p->text.ptr[p->at] == '"') {
            return bad(p, WORDS("未加引号的单元格中出现引号",
                                "a quote stands inside a cell that is not quoted"));
        }
        if (p->at - from >= CSV_CELL_MAX) {
            return bad(p, WORDS("单元格过长（上限 256 KB）", "the cell is over 256 KB"));
        }
        step(p);
    }
    *ret = str_from_n(p->text.ptr + from, p->at - from);
    return CSV_ROW;
}

/* One cell and what ends it; *over: it was the record's last. */
static enum csv_status cell(struct parse *p, bool *over)
{
    str c = {0};
    bool quote = p->at < p->text.len && p->text.ptr[p->at] == '"';
    enum csv_status s = quote ? quoted(p, &c) : plain_cell(p, &c);
    if (s != CSV_ROW) {
        return s;
    }
    if (p->n == CSV_COLUMNS_MAX) {
        return bad(p, WORDS("列数过多（上限 1000）", "more than 1,000 columns"));
    }
    add_cell(p, c);
    *over = true;
    if (p->at == p->text.len) {
        return p->last ? CSV_ROW : CSV_MORE;
    }
    if (p->text.ptr[p->at] == p->separator) {
        step(p);
        *over = false;
        return CSV_ROW;
    }
    size_t n = line_end(p);
    if (!n && p->text.ptr[p->at] == '\r' && p->at + 1 == p->text.len && !p->last) {
        return CSV_MORE;
    }
    if (!n) {
        return bad(p, WORDS("引号闭合之后还有内容", "something follows the closing quote"));
    }
    p->at += n;
    return CSV_ROW;
}

enum csv_status csv_parse(struct arena *a, str text, bool last, char separator, struct csv_row *ret)
{
    struct parse p = {.a = a,
                      .text = text,
                      .last = last,
                      .separator = separator,
                      .line = 1,
                      .col = 1,
                      .ret = ret};
    *ret = (struct csv_row){0};
    bool over = false;
    while (!over) {
        enum csv_status s = cell(&p, &over);
        bool large = p.at > CSV_RECORD_MAX || (s == CSV_MORE && text.len > CSV_RECORD_MAX);
        if (s != CSV_BAD && large) {
            return bad(&p, WORDS("一行过长（上限 1 MB）", "the record is over 1 MB"));
        }
        if (s != CSV_ROW) {
            return s;
        }
    }
    ret->cells = p.cells;
    ret->n = p.n;
    ret->bytes = p.at;
    ret->lines = p.line;
    ret->blank = p.n == 1 && p.cells[0].len == 0 && text.ptr[0] != '"';
    if (memchr(text.ptr, '\0', p.at)) {
        return bad(&p, WORDS("含有零字节，不是文本", "holds a zero byte, which no text does"));
    }
    return CSV_ROW;
}

/* --- writing -------------------------------------------------------------------------------- */

/* '...'= : a formula, with any number of ' in front. */
static bool formula(str s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] == '\'') {
        i++;
    }
    return i < s.len && memchr("=+-@\t\r", s.ptr[i], 6) != NULL;
}

/* -12 and -12.50 are numbers to everybody. */
static bool number_only(str s)
{
    size_t i = s.len && s.ptr[0] == '-';
    size_t digits = 0;
    size_t points = 0;
    for (; i < s.len; i++) {
        digits += s.ptr[i] >= '0' && s.ptr[i] <= '9';
        points += s.ptr[i] == '.';
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '.') {
            return false;
        }
    }
    return digits && points <= 1;
}

void csv_put(struct buf *b, str cell)
{
    buf_put_c(b, '"');
    if (formula(cell) && !number_only(cell)) {
        buf_put_c(b, '\'');
    }
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"') {
            buf_put_c(b, '"');
        }
        buf_put_c(b, cell.ptr[i]);
    }
    buf_put_c(b, '"');
}

void csv_write(FILE *to, str cell)
{
    fputs(formula(cell) && !number_only(cell) ? "\"'" : "\"", to);
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"') {
            putc('"', to);
        }
        putc(cell.ptr[i], to);
    }
    putc('"', to);
}

str csv_plain(str cell)
{
    bool ours = cell.len > 1 && cell.ptr[0] == '\'' && formula(cell);
    return ours ? str_from_n(cell.ptr + 1, cell.len - 1) : cell;
}
