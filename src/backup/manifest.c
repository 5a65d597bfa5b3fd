#include "backup/manifest.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/enc.h"
#include "engine/attach.h"

#include <string.h>

enum { TEXT_MAX = MANIFEST_LINE_MAX / 2 };

static const char *const kinds[FILE_KINDS] = {"database", "public-key", "settings", "clock",
                                              "attachment"};

/* --- writing ------------------------------------------------------------------------------ */

static void put_hex(FILE *f, const struct hash *h)
{
    for (size_t i = 0; i < HASH_LEN; i++) {
        fprintf(f, "%02x", h->b[i]);
    }
}

/* How many bytes of a control character begin here; 0: it is none.  A terminal would obey it. */
static size_t control(str s, size_t i)
{
    enum { DELETE = 0x7f, C1 = 0xc2, C1_END = 0xa0 };
    unsigned char c = (unsigned char)s.ptr[i];
    bool c1 = c == C1 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < C1_END;
    return c < ' ' || c == DELETE ? 1 : c1 ? 2 : 0;
}

/* A text on one line, cut where a letter of UTF-8 begins. */
static void put_text(FILE *f, const char *name, str s)
{
    size_t n = s.len < TEXT_MAX ? s.len : TEXT_MAX;
    while (n < s.len && n > 0 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80) {
        n--;
    }
    fprintf(f, "%s ", name);
    for (size_t i = 0; i < n;) {
        size_t bytes = control(s, i);
        fputc(bytes ? ' ' : s.ptr[i], f);
        i += bytes ? bytes : 1;
    }
    fputc('\n', f);
}

void manifest_put_head(FILE *f, const struct manifest_head *h)
{
    fprintf(f, "zhidu-manifest 1\n");
    put_text(f, "program", h->program);
    fprintf(f, "store %lld\nmade %lld\n", (long long)h->store, (long long)h->made_at);
    put_text(f, "organisation", h->organisation);
    put_text(f, "origin", h->origin);
    fprintf(f, "entries %lld\nroot ", (long long)h->entries);
    put_hex(f, &h->root);
    fprintf(f, "\nlast %lld\nfiles %lld bytes %lld missing %lld\n", (long long)h->last_at,
            (long long)h->files, (long long)h->bytes, (long long)h->missing);
}

void manifest_put_file(FILE *f, const struct manifest_file *x)
{
    if (x->missing) {
        fprintf(f, "missing ");
    } else {
        fprintf(f, "%s %lld ", kinds[x->kind], (long long)x->size);
    }
    put_hex(f, &x->sha);
    fputc('\n', f);
}

void manifest_put_end(FILE *f)
{
    fprintf(f, "end\n");
}

/* --- reading ------------------------------------------------------------------------------ */

static err damaged(struct manifest_reader *m)
{
    return backup_no(m->arena, ERR_VALUE,
                     WORDS("备份的清单不成立。", "The backup's manifest does not hold."),
                     WORDS("使用另一份备份。", "Use another backup."));
}

static err too_much(struct manifest_reader *m)
{
    return backup_no(m->arena, ERR_TOO_LARGE,
                     WORDS("备份的清单超出限度：文件过多或过大。",
                           "The backup's manifest passes a limit: too many files, or too large."),
                     WORDS("使用另一份备份。", "Use another backup."));
}

/* One line without its end; the bytes live until the next call. */
static bool line(struct manifest_reader *m, char *buf, str *ret)
{
    if (!fgets(buf, MANIFEST_LINE_MAX, m->file)) {
        return false;
    }
    size_t n = strlen(buf);
    *ret = str_from_n(buf, n ? n - 1 : 0);
    return n && buf[n - 1] == '\n' && str_utf8_ok(*ret);
}

static bool text_line(struct manifest_reader *m, const char *name, str *ret)
{
    char buf[MANIFEST_LINE_MAX];
    str rest;
    str l;
    if (!line(m, buf, &l) || !str_eq(str_cut(l, ' ', &rest), str_from(name)) || !rest.ptr) {
        return false;
    }
    bool ok = rest.len <= TEXT_MAX;
    for (size_t i = 0; i < rest.len && ok; i++) {
        ok = control(rest, i) == 0;
    }
    *ret = str_copy(m->arena, rest);
    return ok;
}

/* In the one form in which it is written. */
static bool number(str s, int64_t *ret)
{
    char again[24];
    if (!str_to_i64(s, ret) || *ret < 0) {
        return false;
    }
    int n = snprintf(again, sizeof(again), "%lld", (long long)*ret);
    return str_eq(s, str_from_n(again, (size_t)n));
}

static bool number_line(struct manifest_reader *m, const char *name, int64_t *ret)
{
    str s;
    return text_line(m, name, &s) && number(s, ret);
}

static bool hash_text(struct arena *a, str s, struct hash *ret)
{
    str bytes;
    return s.len == 2 * (size_t)HASH_LEN && dec_hex(a, s, &bytes) && hash_from(bytes, ret) &&
           str_eq(s, enc_hex(a, bytes));
}

static bool counts_line(struct manifest_reader *m)
{
    char buf[MANIFEST_LINE_MAX];
    str rest;
    if (!line(m, buf, &rest)) {
        return false;
    }
    const char *const names[] = {"files", "bytes", "missing"};
    int64_t *const to[] = {&m->head.files, &m->head.bytes, &m->head.missing};
    for (size_t i = 0; i < 3; i++) {
        if (!str_eq(str_cut(rest, ' ', &rest), str_from(names[i])) ||
            !number(str_cut(rest, ' ', &rest), to[i])) {
            return false;
        }
    }
    return !rest.ptr;
}

err manifest_begin(struct manifest_reader *m, struct arena *a, FILE *f)
{
    *m = (struct manifest_reader){.file = f, .arena = a, .last = {.kind = FILE_DATABASE}};
    char buf[MANIFEST_LINE_MAX];
    str first;
    str root;
    struct manifest_head *h = &m->head;
    bool ok = line(m, buf, &first) && str_eq(first, STR("zhidu-manifest 1")) &&
              text_line(m, "program", &h->program) && number_line(m, "store", &h->store) &&
              number_line(m, "made", &h->made_at) &&
              text_line(m, "organisation", &h->organisation) &&
              text_line(m, "origin", &h->origin) && number_line(m, "entries", &h->entries) &&
              text_line(m, "root", &root) && hash_text(a, root, &h->root) &&
              number_line(m, "last", &h->last_at) && counts_line(m);
    if (!ok) {
        return damaged(m);
    }
    bool fits = h->files <= MANIFEST_FILES_MAX && h->missing <= MANIFEST_FILES_MAX &&
                h->bytes <= 2 * MANIFEST_DATABASE_MAX;
    return fits ? OK : too_much(m);
}

static int64_t size_max(enum manifest_kind k)
{
    return k == FILE_DATABASE     ? MANIFEST_DATABASE_MAX
           : k == FILE_ATTACHMENT ? ATTACH_MAX
                                  : MANIFEST_SMALL_MAX;
}

/* The order in which files come; the first is the database. */
static bool follows(const struct manifest_reader *m, const struct manifest_file *x)
{
    if (m->files == 0) {
        return x->kind == FILE_DATABASE && !x->missing;
    }
    if (m->files == 1) {
        return x->kind == FILE_PUBLIC_KEY && !x->missing;
    }
    if (x->missing) {
        return !m->last.missing || memcmp(x->sha.b, m->last.sha.b, HASH_LEN) > 0;
    }
    return !m->last.missing &&
           (x->kind > m->last.kind ||
            (x->kind == FILE_ATTACHMENT && memcmp(x->sha.b, m->last.sha.b, HASH_LEN) > 0));
}

static bool parse_file(struct manifest_reader *m, str l, struct manifest_file *ret)
{
    struct arena a = arena_make(1 << 20);
    struct manifest_file x = {.kind = FILE_KINDS};
    str rest;
    str word = str_cut(l, ' ', &rest);
    x.missing = str_eq(word, STR("missing"));
    for (int i = 0; i < FILE_KINDS; i++) {
        if (x.missing || str_eq(word, str_from(kinds[i]))) {
            x.kind = (enum manifest_kind)i;
        }
    }
    bool ok = rest.ptr && x.kind != FILE_KINDS &&
              (x.missing || number(str_cut(rest, ' ', &rest), &x.size)) &&
              hash_text(&a, rest, &x.sha) && follows(m, &x);
    arena_end(&a);
    *ret = x;
    return ok;
}

err manifest_next(struct manifest_reader *m, struct manifest_file *ret, bool *more)
{
    char buf[MANIFEST_LINE_MAX];
    str l;
    struct manifest_file x;
    if (!line(m, buf, &l)) {
        return damaged(m);
    }
    const struct manifest_head *h = &m->head;
    if (str_eq(l, STR("end"))) {
        *more = false;
        bool all = m->files == h->files && m->bytes == h->bytes && m->missing == h->missing &&
                   h->files >= 2 && fgetc(m->file) == EOF;
        return all ? OK : damaged(m);
    }
    if (!parse_file(m, l, &x)) {
        return damaged(m);
    }
    if (x.size > size_max(x.kind)) {
        return too_much(m);
    }
    m->files += !x.missing;
    m->missing += x.missing;
    m->bytes += x.size;
    if (m->files > h->files || m->bytes > h->bytes || m->missing > h->missing) {
        return damaged(m);
    }
    m->last = x;
    *ret = x;
    *more = true;
    return OK;
}

str manifest_place(struct arena *a, const struct manifest_file *x)
{
    static const char *const places[] = {"zhidu.db", "ledger.pub", "settings.txt", "clock-moved"};
    if (x->kind != FILE_ATTACHMENT) {
        return str_from(places[x->kind]);
    }
    str hex = enc_hex(a, hash_str(&x->sha));
    return str_fmt(a, "blobs/%.2s/%.*s", hex.ptr, (int)hex.len - 2, hex.ptr + 2);
}
