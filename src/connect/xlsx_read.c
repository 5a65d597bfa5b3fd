/* xlsx_read.c - a workbook opened: its entries, its texts and styles, under caps. */
#include "base/arena.h"
#include "connect/xlsx_int.h"

#include <minizip/unzip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10, FREE_RATIO = 1 << 20, TEXTS_MOST = 4 << 20, FORMATS_MAX = 1024 };

/* --- the archive, read through an open file ------------------------------------------------ */

struct archive {
    int fd;
    int64_t at, size;
    uint64_t unpacked; /* of all parts */
    unzFile zip;
};

static voidpf zip_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static uLong zip_read(voidpf opaque, voidpf stream, void *to, uLong n)
{
    struct archive *z = stream;
    (void)opaque;
    ssize_t got = pread(z->fd, to, n, (off_t)z->at);
    z->at += got > 0 ? got : 0;
    return got > 0 ? (uLong)got : 0;
}

static ZPOS64_T zip_tell(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return (ZPOS64_T)((struct archive *)stream)->at;
}

static long zip_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int from)
{
    struct archive *z = stream;
    (void)opaque;
    int64_t base = from == ZLIB_FILEFUNC_SEEK_CUR   ? z->at
                   : from == ZLIB_FILEFUNC_SEEK_END ? z->size
                                                    : 0;
    int64_t to = base + (int64_t)offset;
    if ((int64_t)offset < 0 || to > z->size) {
        return -1;
    }
    z->at = to;
    return 0;
}

static int zip_close(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static int zip_error(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static bool archive_open(struct archive *z, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return false;
    }
    *z = (struct archive){.fd = fd, .size = st.st_size};
    zlib_filefunc64_def io = {.zopen64_file = zip_open,
                              .zread_file = zip_read,
                              .ztell64_file = zip_tell,
                              .zseek64_file = zip_seek,
                              .zclose_file = zip_close,
                              .zerror_file = zip_error,
                              .opaque = z};
    z->zip = unzOpen2_64("", &io);
    return z->zip != NULL;
}

/* --- one part through the parser ----------------------------------------------------------- */

void xlsx_stop(struct xlsx_part *p, struct words why)
{
    if (!p->why.zh.len) {
        p->why = why;
        XML_StopParser(p->parser, XML_FALSE);
    }
}

/* Names come as "namespace|name": the strict and the usual form of the format differ
 * in their namespaces only. */
static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');
    return bar ? bar + 1 : name;
}

const char *xlsx_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2) {
        if (strcmp(local(*attributes), name) == 0) {
            return attributes[1];
        }
    }
    return NULL;
}

static void XMLCALL on_begin(void *user, const char *name, const char **attributes)
{
    struct xlsx_part *p = user;
    if (++p->depth > XLSX_DEPTH_MAX) {
        p->too_large = true;
        xlsx_stop(p, WORDS("嵌套太深", "is nested too deep"));
    } else if (!p->skip) {
        p->begin(p, local(name), attributes);
    }
}

static void XMLCALL on_end(void *user, const char *name)
{
    struct xlsx_part *p = user;
    if (!p->skip) {
        p->end(p, local(name));
    } else if (p->skip == p->depth) {
        p->skip = 0;
    }
    p->depth--;
}

static void XMLCALL on_text(void *user, const char *s, int n)
{
    struct xlsx_part *p = user;
    if (!p->wanted || p->skip) {
        return;
    }
    if (p->len + (size_t)n >= CSV_CELL_MAX) {
        p->too_large = true;
        xlsx_stop(p, WORDS("有单元格超过 256 KB", "has a cell of more than 256 KB"));
        return;
    }
    memcpy(p->text + p->len, s, (size_t)n);
    p->len += (size_t)n;
}

static void XMLCALL on_doctype(void *user, const char *name, const char *sysid, const char *pubid,
                               int internal)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)internal;
    xlsx_stop(user, WORDS("含有文档类型声明（DTD）", "holds a document type (DTD)"));
}

static void parse_piece(struct xlsx_part *p, struct archive *z, uint64_t packed, uint64_t *all)
{
    void *to = XML_GetBuffer(p->parser, PIECE);
    int n = to ? unzReadCurrentFile(z->zip, to, PIECE) : -1;
    if (n < 0) {
        xlsx_stop(p, WORDS("压缩数据已损坏", "is damaged (what is packed does not unpack)"));
        return;
    }
    *all += (uint64_t)n;
    z->unpacked += (uint64_t)n;
    if (*all > XLSX_PART_MAX || z->unpacked > UINT64_C(2) * XLSX_PART_MAX ||
        (*all > FREE_RATIO && *all / XLSX_RATIO_MAX > packed)) {
        p->too_large = true;
        xlsx_stop(p, WORDS("解压后过大", "unpacks to too much"));
        return;
    }
    if (XML_ParseBuffer(p->parser, n, n == 0) == XML_STATUS_ERROR && !p->why.zh.len) {
        p->why = WORDS("内容不是合格的 XML", "holds what is no XML");
    }
    p->depth = n == 0 ? -1 : p->depth; /* the end */
}

/* Parses an open entry to its end or to a reason why not. */
static void parse_entry(struct xlsx_part *p, struct archive *z)
{
    unz_file_info64 info;
    uint64_t all = 0;
    if (unzGetCurrentFileInfo64(z->zip, &info, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK ||
        (info.flag & 1)) {
        p->why = WORDS("已加密", "is encrypted");
        return;
    }
    if (unzOpenCurrentFile(z->zip) != UNZ_OK) {
        p->why = WORDS("压缩数据已损坏", "is damaged (what is packed does not unpack)");
        return;
    }
    p->parser = XML_ParserCreateNS(NULL, '|');
    if (!p->parser) {
        p->why = WORDS("内存不足", "needs more memory than there is");
    } else {
        XML_SetUserData(p->parser, p);
        XML_SetElementHandler(p->parser, on_begin, on_end);
        XML_SetCharacterDataHandler(p->parser, on_text);
        XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
    }
    while (p->parser && !p->why.zh.len && p->depth >= 0) {
        parse_piece(p, z, info.compressed_size, &all);
    }
    if (p->parser) {
        XML_ParserFree(p->parser);
    }
    if (unzCloseCurrentFile(z->zip) != UNZ_OK && !p->why.zh.len) {
        p->why = WORDS("压缩数据已损坏", "is damaged (what is packed does not unpack)");
    }
}

/* false: there is no such part.  A part that is wrong has p->why. */
static bool parse_part(struct xlsx_part *p, struct archive *z, const char *name)
{
    p->depth = 0;
    p->skip = 0;
    p->wanted = false;
    p->len = 0;
    if (unzLocateFile(z->zip, name, 1) != UNZ_OK) {
        return false;
    }
    parse_entry(p, z);
    return true;
}

/* --- which sheet --------------------------------------------------------------------------- */

static void nothing(struct xlsx_part *p, const char *name)
{
    (void)p;
    (void)name;
}

static void keep(char *to, const char *s)
{
    snprintf(to, XLSX_NAME, "%s", s);
}

static void book_begin(struct xlsx_part *p, const char *name, const char **attributes)
{
    const char *v = xlsx_attribute(attributes, "date1904");
    if (strcmp(name, "workbookPr") == 0 && v) {
        p->book->from_1904 = strcmp(v, "1") == 0 || strcmp(v, "true") == 0;
    }
    if (strcmp(name, "sheet") != 0 || p->book->sheet_id[0]) {
        return;
    }
    /* "id" is the relation's, in its namespace; "sheetId" the number's */
    v = xlsx_attribute(attributes, "id");
    keep(p->book->sheet_id, v ? v : "");
}

static void relation_begin(struct xlsx_part *p, const char *name, const char **attributes)
{
    const char *id = xlsx_attribute(attributes, "Id");
    const char *target = xlsx_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || !id || !target || strcmp(id, p->book->sheet_id) != 0) {
        return;
    }
    if (target[0] == '/') {
        keep(p->book->sheet, target + 1);
    } else {
        snprintf(p->book->sheet, XLSX_NAME, "xl/%s", target);
    }
}

/* --- texts --------------------------------------------------------------------------------- */

static bool grow(void **p, size_t *room, size_t need, size_t size, size_t first)
{
    size_t to = *room ? *room : first;
    while (to < need) {
        to *= 2;
    }
    void *more = to > *room ? realloc(*p, to * size) : *p;
    if (more) {
        *p = more;
        *room = to;
    }
    return more != NULL;
}

static void texts_begin(struct xlsx_part *p, const char *name, const char **attributes)
{
    (void)attributes;
    if (strcmp(name, "si") == 0) {
        p->len = 0;
    } else if (strcmp(name, "t") == 0) {
        p->wanted = true;
    } else if (strcmp(name, "rPh") == 0) {
        p->skip = p->depth;
    }
}

static void texts_end(struct xlsx_part *p, const char *name)
{
    struct xlsx_book *b = p->book;
    p->wanted = p->wanted && strcmp(name, "t") != 0;
    if (strcmp(name, "si") != 0) {
        return;
    }
    if (b->texts_len + p->len > XLSX_TEXTS_MAX || b->ntexts >= TEXTS_MOST) {
        p->too_large = true;
        xlsx_stop(p, WORDS("文字总量过大", "holds too many texts"));
        return;
    }
    if (!grow((void **)&b->texts, &b->texts_cap, b->texts_len + p->len + 1, 1, 64 << 10) ||
        !grow((void **)&b->text_ends, &b->texts_room, b->ntexts + 1, sizeof(*b->text_ends), 1024)) {
        xlsx_stop(p, WORDS("内存不足", "needs more memory than there is"));
        return;
    }
    memcpy(b->texts + b->texts_len, p->text, p->len);
    b->texts_len += p->len;
    b->text_ends[b->ntexts++] = (uint32_t)b->texts_len;
}

/* --- styles -------------------------------------------------------------------------------- */

struct formats {
    struct {
        long id;
        enum xlsx_kind kind;
    } list[FORMATS_MAX];
    size_t n;
    bool cells; /* inside the styles of cells */
};

static enum xlsx_kind kind_by_letters(bool day, bool hour)
{
    return day && hour ? XLSX_MOMENT : day ? XLSX_DATE : hour ? XLSX_CLOCK : XLSX_NUMBER;
}

/* Letters of a format code say what it shows: y, d of days, h, s of times (m is of
 * both); what is quoted, escaped or in brackets says nothing. */
static enum xlsx_kind kind_by_code(const char *code)
{
    bool day = false;
    bool hour = false;
    for (const char *c = code; *c && *c != ';'; c++) {
        if (*c == '\\' || *c == '_' || *c == '*') {
            c += c[1] != '\0';
        } else if (*c == '"' || (*c == '[' && !strchr("hHmMsS", c[1]))) {
            const char *close = strchr(c + 1, *c == '"' ? '"' : ']');
            if (!close) {
                break;
            }
            c = close;
        } else {
            day = day || strchr("yYdD", *c);
            hour = hour || strchr("hHsS", *c);
        }
    }
    return kind_by_letters(day, hour);
}

enum xlsx_kind xlsx_kind_of(long id, const char *code)
{
    if (code) {
        return kind_by_code(code);
    }
    /* those every workbook has; 27 to 36 and 50 to 58 are dates where Chinese is written */
    bool date = (id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 ||
                (id >= 50 && id <= 54) || id == 57 || id == 58;
    bool clock = (id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47) ||
                 id == 55 || id == 56;
    return id == 22 ? XLSX_MOMENT : kind_by_letters(date, clock);
}

static void style_add(struct xlsx_part *p, const struct formats *f, long id)
{
    struct xlsx_book *b = p->book;
    if (b->nstyles == XLSX_STYLES_MAX) {
        p->too_large = true;
        xlsx_stop(p, WORDS("样式过多", "has too many styles"));
        return;
    }
    enum xlsx_kind kind = xlsx_kind_of(id, NULL);
    for (size_t i = 0; i < f->n; i++) {
        kind = f->list[i].id == id ? f->list[i].kind : kind;
    }
    b->styles[b->nstyles++] = (unsigned char)kind;
}

static void styles_begin(struct xlsx_part *p, const char *name, const char **attributes)
{
    struct formats *f = p->user;
    const char *id = xlsx_attribute(attributes, "numFmtId");
    const char *code = xlsx_attribute(attributes, "formatCode");
    if (strcmp(name, "numFmt") == 0 && id && code && f->n < FORMATS_MAX) {
        long number = strtol(id, NULL, 10);
        f->list[f->n].id = number;
        f->list[f->n++].kind = xlsx_kind_of(number, code);
    } else if (strcmp(name, "cellXfs") == 0) {
        f->cells = true;
    } else if (strcmp(name, "xf") == 0 && f->cells) {
        style_add(p, f, id ? strtol(id, NULL, 10) : 0);
    }
}

static void styles_end(struct xlsx_part *p, const char *name)
{
    struct formats *f = p->user;
    f->cells = f->cells && strcmp(name, "cellXfs") != 0;
}

/* --- the whole ----------------------------------------------------------------------------- */

static bool run(struct xlsx_part *p, struct archive *z, const char *name,
                void (*begin)(struct xlsx_part *, const char *, const char **),
                void (*end)(struct xlsx_part *, const char *), void *user)
{
    p->begin = begin;
    p->end = end;
    p->user = user;
    return parse_part(p, z, name) && !p->why.zh.len;
}

static void read_book(struct xlsx_part *p, struct archive *z, struct xlsx_sheet *s)
{
    struct xlsx_book *b = p->book;
    struct formats f = {.n = 0};
    unz_global_info64 all;
    if (unzGetGlobalInfo64(z->zip, &all) != UNZ_OK || all.number_entry > XLSX_ENTRIES_MAX) {
        p->too_large = true;
        p->why = WORDS("内含文件过多", "holds too many files");
        return;
    }
    bool ok = run(p, z, "xl/workbook.xml", book_begin, nothing, NULL) &&
              run(p, z, "xl/_rels/workbook.xml.rels", relation_begin, nothing, NULL) && b->sheet[0];
    /* these two need not be there */
    ok = ok && (run(p, z, "xl/sharedStrings.xml", texts_begin, texts_end, NULL) || !p->why.zh.len);
    ok = ok && (run(p, z, "xl/styles.xml", styles_begin, styles_end, &f) || !p->why.zh.len);
    ok = ok && run(p, z, b->sheet, xlsx_sheet_begin, xlsx_sheet_end, s);
    if (!ok && !p->why.zh.len) {
        p->why = WORDS("不是工作簿（.xlsx）", "is no workbook (.xlsx)");
    }
}

static err verdict(struct arena *a, const struct xlsx_part *p, const struct xlsx_sheet *s,
                   struct words *why)
{
    if (!p->why.zh.len) {
        return OK;
    }
    if (s->row) {
        *why = (struct words){
            str_fmt(a, "工作簿第 %lld 行：%.*s", (long long)s->row, STR_ARG(p->why.zh)),
            str_fmt(a, "row %lld of the workbook: it %.*s", (long long)s->row, STR_ARG(p->why.en))};
    } else {
        *why = (struct words){str_fmt(a, "文件%.*s", STR_ARG(p->why.zh)),
                              str_fmt(a, "the file %.*s", STR_ARG(p->why.en))};
    }
    return err_make(p->too_large ? ERR_TOO_LARGE : ERR_INVALID, STR("workbook"));
}

err xlsx_to_csv(struct arena *a, int fd, char separator, FILE *to, int64_t *ret_row,
                struct words *why)
{
    struct archive z;
    struct xlsx_book *book = calloc(1, sizeof(*book));
    struct xlsx_part p = {.book = book, .text = malloc(CSV_CELL_MAX + 1)};
    struct xlsx_sheet s = {.to = to, .separator = separator};
    if (book) {
        book->styles = malloc(XLSX_STYLES_MAX);
    }
    if (!book || !book->styles || !p.text) {
        p.why = WORDS("所需内存不足", "needs more memory than there is");
    } else if (!archive_open(&z, fd)) {
        p.why = WORDS("已损坏，或不是工作簿（.xlsx）", "is damaged, or no workbook (.xlsx)");
    } else {
        read_book(&p, &z, &s);
        unzClose(z.zip);
    }
    if (book) {
        free(book->texts);
        free(book->text_ends);
        free(book->styles);
    }
    free(book);
    free(p.text);
    *ret_row = s.names;
    if (!p.why.zh.len && (fflush(to) != 0 || ferror(to))) {
        *why = WORDS("临时目录已满", "no room for a temporary file");
        return err_make(ERR_STORE, STR("temporary file"));
    }
    return verdict(a, &p, &s, why);
}
