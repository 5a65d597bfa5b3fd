/* xlsx_write.c - a table becomes a workbook; libxlsxwriter does the format. */
#include "base/arena.h"
#include "base/clock.h"
#include "connect/shortage.h"
#include "connect/xlsx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum {
    EPOCH = 25569,      /* 1970-01-01 as a day of the format */
    FIRST_DAY = -25508, /* 1900-03-01: before it the days of the format are off by one */
    LAST_DAY = 2932896, /* 9999-12-31 */
    USUAL_WIDTH = 16,
};
static const int64_t digits_max = INT64_C(999999999999999); /* 15 digits: as many as are kept */

struct xlsx {
    lxw_workbook *book;
    lxw_worksheet *data;
    lxw_format *head, *date, *moment, *fixed[5]; /* fixed[n]: n decimals */
    struct arena *life;
    char path[64];
    size_t columns;
    lxw_row_t row;
    lxw_col_t col;
    int zone;
    int64_t cut;
    bool failed, full; /* full: a sheet that was left has more rows than it may */
};

static void give_up(void *arg)
{
    struct xlsx *x = arg;
    if (x->book && x->data) {
        /* Closed, not only freed: freeing leaves the temporary files of the sheets open. */
        (void)workbook_close(x->book);
    } else if (x->book) {
        lxw_workbook_free(x->book); /* without a sheet it cannot be closed */
    }
    x->book = NULL;
    if (x->path[0]) {
        unlink(x->path);
        x->path[0] = '\0';
    }
}

/* --- texts -------------------------------------------------------------------------------- */

static bool hex4(const char *p)
{
    for (int i = 0; i < 4; i++) {
        bool digit = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f') ||
                     (p[i] >= 'A' && p[i] <= 'F');
        if (!digit) {
            return false;
        }
    }
    return true;
}

/* "_x000D_" stands for a character XML cannot hold; text that looks like it is
 * written with its underscore so (ECMA-376 part 1, 22.4.2.4). */
static bool looks_escaped(const char *p, const char *end)
{
    return end - p >= 7 && p[0] == '_' && p[1] == 'x' && p[6] == '_' && hex4(p + 2);
}

/* NUL-terminated, as the library wants it; at most XLSX_CELL_CHARS UTF-16 units of
 * the text.  Malloc'd. */
static char *cell_text(struct xlsx *x, str s)
{
    char *to = malloc(s.len * 7 + 4);
    size_t n = 0;
    int units = 0;
    const char *end = s.ptr + s.len;
    for (const char *p = s.ptr; to && p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c & 0xC0) != 0x80) { /* a character begins */
            units += c >= 0xF0 ? 2 : 1;
            if (units > XLSX_CELL_CHARS) {
                memcpy(to + n, "\xE2\x80\xA6", 3);
                n += 3;
                x->cut++;
                break;
            }
        }
        if (c == '\r' || looks_escaped(p, end)) {
            memcpy(to + n, c == '\r' ? "_x000D_" : "_x005F_", 7);
            n += 7;
        } else if (c) {
            to[n++] = *p;
        }
    }
    if (to) {
        to[n] = '\0';
    }
    return to;
}

static void put_text(struct xlsx *x, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col, str s,
                     lxw_format *format)
{
    char *text = cell_text(x, s);
    x->failed =
        x->failed || !text || worksheet_write_string(sheet, row, col, text, format) != LXW_NO_ERROR;
    free(text);
}

/* --- cells -------------------------------------------------------------------------------- */

static bool cell(struct xlsx *x)
{
    return x->col < x->columns && x->row < XLSX_ROWS_MAX;
}

static void put_number(struct xlsx *x, double v, lxw_format *format)
{
    x->failed =
        x->failed || worksheet_write_number(x->data, x->row, x->col, v, format) != LXW_NO_ERROR;
    x->col++;
}

void xlsx_none(struct xlsx *x)
{
    if (x->col < x->columns) {
        x->col++;
    }
}

void xlsx_text(struct xlsx *x, str text)
{
    if (cell(x) && text.len) {
        put_text(x, x->data, x->row, x->col, text, NULL);
    }
    xlsx_none(x);
}

void xlsx_bool(struct xlsx *x, bool v)
{
    if (cell(x)) {
        x->failed =
            x->failed || worksheet_write_boolean(x->data, x->row, x->col, v, NULL) != LXW_NO_ERROR;
    }
    xlsx_none(x);
}

void xlsx_number(struct xlsx *x, int64_t v, int decimals)
{
    int64_t one = 1;
    for (int i = 0; i < decimals; i++) {
        one *= 10;
    }
    if (v > digits_max || v < -digits_max) {
        str sign = v < 0 ? STR("-") : STR("");
        uint64_t all = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
        uint64_t whole = all / (uint64_t)one;
        uint64_t rest = all % (uint64_t)one;
        xlsx_text(x, decimals
                         ? str_fmt(x->life, "%.*s%llu.%0*llu", STR_ARG(sign),
                                   (unsigned long long)whole, decimals, (unsigned long long)rest)
                         : str_fmt(x->life, "%lld", (long long)v));
    } else if (cell(x)) {
        put_number(x, (double)v / (double)one, x->fixed[decimals < 5 ? decimals : 4]);
    }
}

void xlsx_date(struct xlsx *x, int64_t day)
{
    if (day < FIRST_DAY || day > LAST_DAY) {
        xlsx_text(x, clock_date(x->life, day));
    } else if (cell(x)) {
        put_number(x, (double)(day + EPOCH), x->date);
    }
}

void xlsx_moment(struct xlsx *x, int64_t ms)
{
    int64_t day = clock_day_at(ms, x->zone);
    if (day < FIRST_DAY || day > LAST_DAY) {
        xlsx_text(x, clock_iso(x->life, ms, x->zone));
    } else if (cell(x)) {
        double part = (double)(ms - clock_day_start(day, x->zone)) / (double)CLOCK_DAY;
        put_number(x, (double)(day + EPOCH) + part, x->moment);
    }
}

void xlsx_row(struct xlsx *x)
{
    if (x->row <= XLSX_ROWS_MAX) {
        x->row++;
    }
    x->col = 0;
}

int64_t xlsx_cut(const struct xlsx *x)
{
    return x->cut;
}

/* --- the workbook ------------------------------------------------------------------------- */

static lxw_format *format(struct xlsx *x, const char *number)
{
    lxw_format *f = workbook_add_format(x->book);
    if (f && number) {
        format_set_num_format(f, number);
    }
    x->failed = x->failed || !f;
    return f;
}

static void formats(struct xlsx *x)
{
    x->head = format(x, NULL);
    if (x->head) {
        format_set_bold(x->head);
        format_set_text_wrap(x->head);
        format_set_bg_color(x->head, 0xE8EDF3);
        format_set_bottom(x->head, LXW_BORDER_THIN);
    }
    x->date = format(x, "yyyy\\-mm\\-dd");
    x->moment = format(x, "yyyy\\-mm\\-dd\\ hh:mm:ss");
    x->fixed[0] = format(x, "0");
    x->fixed[1] = format(x, "0.0");
    x->fixed[2] = format(x, "#,##0.00");
    x->fixed[3] = format(x, "0.0##");
    x->fixed[4] = format(x, "0.####");
}

static void heads(struct xlsx *x, const struct xlsx_column *columns, size_t n)
{
    lxw_row_col_options hidden = {.hidden = LXW_TRUE};
    worksheet_set_row_opt(x->data, 0, LXW_DEF_ROW_HEIGHT, NULL, &hidden);
    for (size_t i = 0; i < n; i++) {
        lxw_col_t c = (lxw_col_t)i;
        worksheet_set_column(x->data, c, c, columns[i].width ? columns[i].width : USUAL_WIDTH,
                             NULL);
        put_text(x, x->data, 0, c, columns[i].name, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        put_text(x, x->data, 1, (lxw_col_t)i, columns[i].title, x->head);
    }
    worksheet_freeze_panes(x->data, 2, 0);
    x->row = 2;
}

static lxw_worksheet *sheet(struct xlsx *x, const char *name)
{
    lxw_worksheet *s = workbook_add_worksheet(x->book, name);
    x->failed = x->failed || !s;
    return s;
}

err xlsx_begin(struct arena *life, str name, const struct xlsx_column *columns, size_t n,
               int zone_minutes, struct xlsx **ret)
{
    struct xlsx *x = arena_new(life, struct xlsx);
    x->life = life;
    x->zone = zone_minutes;
    x->columns = n;
    arena_defer(life, give_up, x);
    const char *own = str_copy(life, name).ptr; /* now: the arena may be full */
    if (shortage()) {
        return err_make(ERR_BUSY, STR("memory"));
    }
    char path[] = "/tmp/zhidu-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        return err_make(err_of_write(errno), STR("temporary file"));
    }
    close(fd);
    memcpy(x->path, path, sizeof(path));
    errno = 0;
    lxw_workbook_options how = {.constant_memory = LXW_TRUE};
    x->book = workbook_new_opt(x->path, &how);
    if (x->book) {
        formats(x);
        x->data = sheet(x, own);
    }
    if (!x->data || x->failed) {
        return err_make(err_of_write(errno), STR("workbook"));
    }
    heads(x, columns, n);
    *ret = x;
    return OK;
}

void xlsx_sheet(struct xlsx *x, str name, const struct xlsx_column *columns, size_t n)
{
    x->full = x->full || x->row > XLSX_ROWS_MAX;
    lxw_worksheet *next = sheet(x, str_copy(x->life, name).ptr);
    if (next) { /* else what comes is lost, and xlsx_end says so */
        x->data = next;
        x->columns = n;
        x->col = 0;
        heads(x, columns, n);
    }
}

void xlsx_notes(struct xlsx *x, str name, const str *cells, size_t columns, size_t rows)
{
    lxw_worksheet *s = sheet(x, str_copy(x->life, name).ptr);
    for (size_t i = 0; s && i < rows * columns; i++) {
        if (cells[i].len) {
            put_text(x, s, (lxw_row_t)(i / columns), (lxw_col_t)(i % columns), cells[i],
                     i < columns ? x->head : NULL);
        }
    }
    if (s) {
        worksheet_set_column(s, 0, (lxw_col_t)(columns - 1), 28, NULL);
        worksheet_freeze_panes(s, 1, 0);
    }
}

err xlsx_end(struct xlsx *x, int *ret_fd, int64_t *ret_size)
{
    if (x->full || x->row > XLSX_ROWS_MAX) {
        return err_make(ERR_TOO_LARGE, STR("a sheet has 1,048,576 rows; narrow the filter"));
    }
    lxw_workbook *book = x->book;
    x->book = NULL;
    errno = 0;
    bool ok = workbook_close(book) == LXW_NO_ERROR && !x->failed; /* gives the book back */
    int fd = ok ? open(x->path, O_RDONLY | O_CLOEXEC) : -1;
    int why = errno;
    struct stat st;
    give_up(x);
    if (fd < 0) { /* its files could not be written, or no more be opened */
        return err_make(err_of_write(why), STR("workbook"));
    }
    if (fstat(fd, &st) != 0) {
        close(fd);
        return err_make(ERR_STORE, STR("workbook"));
    }
    *ret_fd = fd;
    *ret_size = st.st_size;
    return OK;
}
