#include "connect/csv_file.h"

#include "base/arena.h"
#include "connect/xlsx.h"
#include "engine/refusal_int.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 4 << 20, READ_MIN = 256 << 10, CONVERT = 64 << 10 };

struct csv_file {
    int fd;
    FILE *converted; /* holds fd, when the file was put into UTF-8 or into CSV */
    char separator;
    struct stat given; /* the file as given */
    struct str_list columns;
    /* where csv_file_next stands */
    char *window; /* WINDOW bytes */
    size_t from, to;
    int64_t offset; /* in the file, of window[from] */
    int64_t line;   /* of window[from] */
    bool sheet;     /* of a workbook: a row is a line, whatever is in its cells */
    bool end;       /* nothing more to read */
};

static void close_file(void *arg)
{
    struct csv_file *f = arg;
    if (f->converted) {
        fclose(f->converted);
    } else if (f->fd >= 0) {
        close(f->fd);
    }
    free(f->window);
    f->fd = -1;
}

/* --- another encoding ----------------------------------------------------------------------- */

/* What is no character becomes a byte that is no UTF-8, so that its line is
 * found and told. */
static bool convert_piece(iconv_t cd, char **in, size_t *left, bool last, FILE *to)
{
    char out[CONVERT];
    while (*left) {
        char *o = out;
        size_t room = sizeof(out);
        size_t r = iconv(cd, in, left, &o, &room);
        if (fwrite(out, 1, sizeof(out) - room, to) != sizeof(out) - room) {
            return false;
        }
        if (r == (size_t)-1 && errno == EINVAL && !last) {
            return true; /* the rest of the character comes with the next piece */
        }
        if (r == (size_t)-1 && errno != E2BIG) {
            if (fputc(0xFF, to) == EOF) {
                return false;
            }
            (*in)++;
            (*left)--;
        }
    }
    return true;
}

static bool convert_all(iconv_t cd, int fd, FILE *to)
{
    char buf[CONVERT];
    size_t held = 0;
    for (;;) {
        ssize_t n = read(fd, buf + held, sizeof(buf) - held);
        if (n < 0) {
            return false;
        }
        char *in = buf;
        size_t left = held + (size_t)n;
        if (!convert_piece(cd, &in, &left, n == 0, to)) {
            return false;
        }
        if (n == 0) {
            return fflush(to) == 0;
        }
        memmove(buf, in, left);
        held = left;
    }
}

/* What was converted is read from now on. */
static void use(struct csv_file *f, FILE *converted)
{
    close(f->fd);
    f->converted = converted;
    f->fd = fileno(converted);
}

static err to_utf8(struct csv_file *f, struct words *why)
{
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    FILE *to = cd == (iconv_t)-1 ? NULL : tmpfile();
    bool ok = to && convert_all(cd, f->fd, to);
    if (cd != (iconv_t)-1) {
        iconv_close(cd);
    }
    if (!ok) {
        if (to) {
            fclose(to);
        }
        *why = WORDS("无法转换为 UTF-8（临时目录已满，或系统缺少 GB18030）",
                     "cannot be put into UTF-8 (no room for a temporary file, or the system has "
                     "no GB18030)");
        return err_make(ERR_STORE, STR("GB18030"));
    }
    use(f, to);
    return OK;
}

static err from_workbook(struct csv_file *f, struct arena *life, struct words *why)
{
    FILE *to = tmpfile();
    if (!to) {
        *why = WORDS("没有地方放临时文件", "no room for a temporary file");
        return err_make(ERR_STORE, STR("temporary file"));
    }
    int64_t names = 0;
    err e = xlsx_to_csv(life, f->fd, f->separator, to, &names, why);
    if (e.code) {
        fclose(to);
        return e;
    }
    use(f, to);
    f->sheet = true;
    f->line = names;
    return OK;
}

/* --- reading on ------------------------------------------------------------------------------ */

static bool fill(struct csv_file *f)
{
    if (f->from && f->to - f->from < READ_MIN) {
        memmove(f->window, f->window + f->from, f->to - f->from);
        f->to -= f->from;
        f->from = 0;
    }
    size_t had = f->to;
    while (!f->end && f->to < WINDOW && f->to - had < READ_MIN) {
        ssize_t n = pread(f->fd, f->window + f->to, WINDOW - f->to,
                          (off_t)(f->offset + (int64_t)(f->to - f->from)));
        f->end = n <= 0;
        f->to += n > 0 ? (size_t)n : 0;
    }
    return f->to > had;
}

static enum csv_status next_record(struct csv_file *f, struct arena *a, struct csv_row *row,
                                   struct csv_place *place)
{
    enum csv_status s = CSV_MORE;
    for (;;) {
        str text = str_from_n(f->window + f->from, f->to - f->from);
        if (text.len) {
            s = csv_parse(a, text, f->end, f->separator, row);
        }
        if (s != CSV_MORE || (f->end && !text.len)) {
            break;
        }
        fill(f);
    }
    if (s == CSV_MORE) {
        return s;
    }
    *place =
        (struct csv_place){.offset = f->offset, .line = f->line, .bytes = (uint32_t)row->bytes};
    if (s == CSV_ROW && !str_utf8_ok(str_from_n(f->window + f->from, row->bytes))) {
        s = CSV_BAD;
        row->why = WORDS("不是 UTF-8 文本（若文件是 GB18030，请写明编码）",
                         "is not UTF-8 (if the file is GB18030, say so as its encoding)");
        row->why_line = row->why_col = 1;
    }
    f->from += row->bytes;
    f->offset += (int64_t)row->bytes;
    f->line += f->sheet ? 1 : row->lines;
    return s;
}

enum csv_status csv_file_next(struct csv_file *f, struct arena *a, struct csv_row *row,
                              struct csv_place *place)
{
    enum csv_status s = next_record(f, a, row, place);
    if (s == CSV_ROW && !row->blank && row->n != f->columns.len) {
        row->why = words_fmt(a, "有 %zu 个单元格，应为 %zu 个", "has %zu cells instead of %zu",
                             row->n, f->columns.len);
        row->why_line = row->why_col = 1;
        return CSV_BAD;
    }
    return s;
}

err csv_file_raw(const struct csv_file *f, struct arena *a, const struct csv_place *place, str *ret)
{
    char *p = arena_bytes(a, place->bytes + 1);
    size_t n = 0;
    while (n < place->bytes) {
        ssize_t got = pread(f->fd, p + n, place->bytes - n, (off_t)(place->offset + (int64_t)n));
        if (got <= 0) {
            return err_make(ERR_STORE, STR("the file has changed while it was read"));
        }
        n += (size_t)got;
    }
    *ret = str_from_n(p, n);
    return OK;
}

err csv_file_at(const struct csv_file *f, struct arena *a, const struct csv_place *place,
                struct csv_row *row)
{
    str text;
    err e = csv_file_raw(f, a, place, &text);
    if (e.code) {
        return e;
    }
    bool ok = csv_parse(a, text, true, f->separator, row) == CSV_ROW && row->n == f->columns.len;
    return ok ? OK : err_make(ERR_STORE, STR("the file has changed while it was read"));
}

/* --- opening -------------------------------------------------------------------------------- */

static err first_line(struct csv_file *f, struct arena *life, struct words *why)
{
    struct csv_row row;
    struct csv_place at;
    enum csv_status s = next_record(f, life, &row, &at);
    if (s == CSV_MORE || (s == CSV_ROW && row.blank)) {
        *why = WORDS("文件没有列名行", "the file has no line that names its columns");
        return err_make(ERR_INVALID, STR("no first line"));
    }
    if (s == CSV_BAD) {
        *why = (struct words){str_fmt(life, "第 %d 行第 %d 字节：%.*s", row.why_line, row.why_col,
                                      STR_ARG(row.why.zh)),
                              str_fmt(life, "line %d, byte %d: %.*s", row.why_line, row.why_col,
                                      STR_ARG(row.why.en))};
        return err_make(ERR_INVALID, STR("first line"));
    }
    str *names = arena_array(life, str, row.n);
    for (size_t i = 0; i < row.n; i++) {
        names[i] = str_copy(life, str_trim(csv_plain(row.cells[i])));
        for (size_t k = 0; k < i; k++) {
            if (names[i].len && str_eq(names[i], names[k])) {
                *why = words_fmt(life, "有两列都叫“%.*s”", "two columns are called \"%.*s\"",
                                 STR_ARG(names[i]));
                return err_make(ERR_INVALID, STR("columns"));
            }
        }
    }
    f->columns = (struct str_list){names, row.n};
    return OK;
}

static bool begins(const struct csv_file *f, const char *bytes, size_t n)
{
    char b[4];
    return n <= sizeof(b) && pread(f->fd, b, n, 0) == (ssize_t)n && memcmp(b, bytes, n) == 0;
}

/* What the file is by its first bytes, and CSV in UTF-8 made of it. */
static err to_csv(struct csv_file *f, struct arena *life, bool gb18030, struct words *why)
{
    if (begins(f, "\xFF\xFE", 2) || begins(f, "\xFE\xFF", 2)) {
        *why =
            WORDS("文件是 UTF-16，请另存为 UTF-8", "the file is UTF-16; please save it as UTF-8");
        return err_make(ERR_INVALID, STR("UTF-16"));
    }
    if (begins(f, "\xD0\xCF\x11\xE0", 4)) {
        *why = WORDS("文件是旧版 .xls 或有密码的工作簿，请另存为没有密码的 .xlsx 或 CSV",
                     "the file is an old .xls or a workbook with a password; please save it as "
                     ".xlsx without one, or as CSV");
        return err_make(ERR_INVALID, STR("xls"));
    }
    if (begins(f, "PK\x03\x04", 4)) {
        return from_workbook(f, life, why);
    }
    return gb18030 ? to_utf8(f, why) : OK;
}

err csv_file_open(struct arena *life, str path, char separator, bool gb18030, struct words *why,
                  struct csv_file **ret)
{
    int fd = open(str_copy(life, path).ptr, O_RDONLY | O_CLOEXEC);
    return csv_file_take(life, fd, path, separator, gb18030, why, ret);
}

err csv_file_take(struct arena *life, int fd, str name, char separator, bool gb18030,
                  struct words *why, struct csv_file **ret)
{
    struct csv_file *f = arena_new(life, struct csv_file);
    f->fd = fd;
    f->separator = separator;
    f->line = 1;
    arena_defer(life, close_file, f);
    if (f->fd < 0 || fstat(f->fd, &f->given) != 0 || !S_ISREG(f->given.st_mode)) {
        *why = words_fmt(life, "打不开文件 %.*s", "cannot open %.*s", STR_ARG(name));
        return err_make(ERR_NOT_FOUND, STR("file"));
    }
    bool mark = begins(f, "\xEF\xBB\xBF", 3);
    err e = to_csv(f, life, gb18030 && !mark, why);
    if (e.code) {
        return e;
    }
    f->offset = mark ? 3 : 0;
    f->window = malloc(WINDOW);
    if (!f->window) {
        return err_make(ERR_BUSY, STR("memory"));
    }
    e = first_line(f, life, why);
    if (!e.code) {
        *ret = f;
    }
    return e;
}

struct str_list csv_file_columns(const struct csv_file *f)
{
    return f->columns;
}

int csv_file_column(const struct csv_file *f, str name)
{
    for (size_t i = 0; i < f->columns.len; i++) {
        if (str_eq(f->columns.ptr[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

int64_t csv_file_bytes(const struct csv_file *f)
{
    return f->given.st_size;
}

bool csv_file_is(const struct csv_file *f, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == f->given.st_dev && st.st_ino == f->given.st_ino;
}
