/* Workbooks: what is read is CSV that reads without a mistake in a record, whatever
 * the parts hold.  An input that begins with PK is the file itself; any other is the
 * parts of one, packed here, so that their bytes are reached: the sheet, then after
 * lines of "====" shared texts, styles, workbook. */
#include "connect/csv.h"
#include "connect/xlsx.h"

#include "fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PARTS = 5 };

static const char *const names[PARTS] = {"xl/s.xml", "xl/sharedStrings.xml", "xl/styles.xml",
                                         "xl/workbook.xml", "xl/_rels/workbook.xml.rels"};
static const char relations[] = "<a><Relationship Id=\"r\" Target=\"s.xml\"/></a>";
static const char workbook[] = "<w xmlns:r=\"r\"><sheet r:id=\"r\"/></w>";

static void put(struct buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        buf_put_c(b, i < 8 ? (char)(v >> 8 * i) : 0);
    }
}

/* What both headers of an entry say; stored, not deflated (APPNOTE.TXT 4.3.7). */
static void put_entry(struct buf *b, str name, str text)
{
    put(b, 20, 2);
    put(b, 0, 8);
    put(b, crc32(0, (const Bytef *)text.ptr, (uInt)text.len), 4);
    put(b, text.len, 4);
    put(b, text.len, 4);
    put(b, name.len, 2);
    put(b, 0, 2);
}

static str packed(struct arena *a, const str *texts)
{
    struct buf b = buf_make(a, 8u << 20);
    struct buf directory = buf_make(a, 1u << 20);
    for (int i = 0; i < PARTS; i++) {
        str name = str_from(names[i]);
        buf_put(&directory, STR("PK\1\2\24\0"));
        put_entry(&directory, name, texts[i]);
        put(&directory, 0, 10);
        put(&directory, b.len, 4);
        buf_put(&directory, name);
        buf_put(&b, STR("PK\3\4"));
        put_entry(&b, name, texts[i]);
        buf_put(&b, name);
        buf_put(&b, texts[i]);
    }
    size_t at = b.len;
    buf_put(&b, buf_str(&directory));
    buf_put(&b, STR("PK\5\6\0\0\0\0"));
    put(&b, PARTS, 2);
    put(&b, PARTS, 2);
    put(&b, directory.len, 4);
    put(&b, at, 4);
    put(&b, 0, 2);
    return buf_str(&b);
}

static str parts(struct arena *a, str input)
{
    str texts[PARTS] = {STR(""), STR("<a/>"), STR("<a/>"), str_from(workbook), str_from(relations)};
    for (int i = 0; i < PARTS - 1 && input.ptr; i++) {
        const char *line = input.len ? memmem(input.ptr, input.len, "\n====\n", 6) : NULL;
        size_t n = line ? (size_t)(line - input.ptr) : input.len;
        texts[i] = str_from_n(input.ptr, n);
        input = line ? str_from_n(line + 6, input.len - n - 6) : (str){0};
    }
    return packed(a, texts);
}

/* Each record in memory that the next one uses again. */
static void reads(str csv)
{
    static struct arena a;
    if (!a.limit) {
        a = arena_make(64u << 20);
    }
    MUST(str_utf8_ok(csv));
    for (str rest = csv; rest.len;) {
        struct csv_row row = {.bytes = 1};
        arena_reset(&a);
        MUST(rest.ptr[0] == '\n' || csv_parse(&a, rest, true, ',', &row) == CSV_ROW ||
             row.bytes > CSV_CELL_MAX);
        rest = str_from_n(rest.ptr + row.bytes, rest.len - row.bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static FILE *to;
    struct arena *a = fuzz_arena(256u << 20);
    str text = fuzz_text(data, size);
    if (!to) {
        fd = fileno(tmpfile());
        to = tmpfile();
    }
    str file = str_starts(text, STR("PK")) ? text : parts(a, text);
    rewind(to);
    MUST(ftruncate(fd, 0) == 0 && ftruncate(fileno(to), 0) == 0);
    MUST(pwrite(fd, file.ptr, file.len, 0) == (ssize_t)file.len);
    struct words why = {0};
    int64_t row = 0;
    err e = xlsx_to_csv(a, fd, ',', to, &row, &why);
    MUST(!e.code == !why.zh.len && !why.zh.len == !why.en.len);
    if (!e.code) {
        long n = ftell(to);
        char *csv = arena_bytes(a, (size_t)n + 1);
        MUST(n >= 0 && pread(fileno(to), csv, (size_t)n, 0) == n);
        reads(str_from_n(csv, (size_t)n));
    }
    return 0;
}
