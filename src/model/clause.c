#include "model/clause.h"

#include "base/arena.h"
#include "base/buf.h"

/* One of the two texts, read line by line. */
struct text {
    struct arena *a;
    struct arena *room; /* for the headings, until clauses are made of them */
    struct diags *d;
    str rest, file;
    int line;
    bool english;
    str title; /* of the front matter, else of the `#` heading */
    str preface;
    str chapter;
    struct heading {
        str id, no, title, body, chapter, manual, not_executable;
        struct pos pos;
    } * ptr;
    size_t len;
};

static struct pos at_line(const struct text *t, int col)
{
    return (struct pos){.file = t->file, .line = t->line, .col = col};
}

/* The next line without its end; false at the end of the text. */
static bool next_line(struct text *t, str *ret)
{
    if (!t->rest.ptr) {
        return false;
    }
    *ret = str_cut(t->rest, '\n', &t->rest);
    if (ret->len && ret->ptr[ret->len - 1] == '\r') {
        ret->len--;
    }
    t->line++;
    return t->rest.ptr || ret->len;
}

static bool id_ok(str id)
{
    if (id.len == 0 || id.len > 60 || id.ptr[0] < 'a' || id.ptr[0] > 'z') {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
            return false;
        }
    }
    return true;
}

static void front_matter(struct text *t)
{
    static const char *const known[] = {"title", "issued_by", "number", "effective"};
    str line;
    while (next_line(t, &line)) {
        if (str_eq(str_trim(line), STR("---"))) {
            return;
        }
        str value;
        str key = str_trim(str_cut(line, ':', &value));
        value = str_trim(value);
        bool ok = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            ok = ok || str_eq(key, str_from(known[i]));
        }
        if (!ok) {
            diag_error(t->d, at_line(t, 1),
                       "文首信息中不认识“%.*s”；可用：title、issued_by、number、effective",
                       "\"%.*s\" is not known in the front matter; use title, issued_by, number, "
                       "effective",
                       STR_ARG(key));
        } else if (str_eq(key, STR("title"))) {
            t->title = value;
        }
    }
    diag_error(t->d, at_line(t, 1), "文首信息没有以“---”结束",
               "the front matter does not end with \"---\"");
}

/* {#id key="reason"} at the end of a heading; cuts it off *head. */
static void attributes(struct text *t, str *head, struct heading *h)
{
    str s = *head;
    size_t open = s.len;
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.ptr[i] == '{' && s.ptr[i + 1] == '#') {
            open = i;
            break;
        }
    }
    if (open == s.len || s.ptr[s.len - 1] != '}') {
        diag_error(t->d, at_line(t, 1), "条款标题缺少标识，如 {#return-in-time}",
                   "the heading of a clause needs an id, as in {#return-in-time}");
        return;
    }
    str in = str_trim(str_from_n(s.ptr + open + 2, s.len - open - 3));
    *head = str_trim(str_from_n(s.ptr, open));
    str rest;
    h->id = str_cut(in, ' ', &rest);
    int col = (int)str_utf8_len(str_from_n(s.ptr, open)) + 7;
    if (!id_ok(h->id)) {
        diag_error(t->d, at_line(t, col),
                   "条款标识“%.*s”不合规：小写字母开头，只含小写字母、数字、连字符，最长 60",
                   "clause id \"%.*s\": lower-case letters, digits and hyphens, a letter first, at "
                   "most 60",
                   STR_ARG(h->id));
    }
    rest = str_trim(rest);
    if (rest.len == 0) {
        return;
    }
    str quoted;
    str key = str_cut(rest, '=', &quoted);
    if (quoted.len < 2 || quoted.ptr[0] != '"' || quoted.ptr[quoted.len - 1] != '"') {
        diag_error(t->d, at_line(t, col), "标识后只能写 manual=\"理由\" 或 not-executable=\"理由\"",
                   "after the id only manual=\"reason\" or not-executable=\"reason\" may stand");
        return;
    }
    str reason = str_trim(str_from_n(quoted.ptr + 1, quoted.len - 2));
    if (reason.len == 0) {
        diag_error(t->d, at_line(t, col), "“%.*s”要写明理由", "\"%.*s\" needs a reason",
                   STR_ARG(key));
    } else if (str_eq(key, STR("manual"))) {
        h->manual = reason;
    } else if (str_eq(key, STR("not-executable"))) {
        h->not_executable = reason;
    } else {
        diag_error(t->d, at_line(t, col), "不认识的标注“%.*s”；可用 manual 或 not-executable",
                   "unknown mark \"%.*s\"; use manual or not-executable", STR_ARG(key));
    }
}

/* "第七条 归还期限" and "Article 7 Return in time": number and title. */
static void number_and_title(const struct text *t, str head, struct heading *h)
{
    str rest;
    str first = str_cut(head, ' ', &rest);
    bool number = false;
    if (t->english) {
        static const char *const names[] = {"Article", "Section", "Clause", "Rule"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (str_eq(first, str_from(names[i])) && rest.len) {
                str after;
                str n = str_cut(str_trim(rest), ' ', &after);
                first = str_from_n(head.ptr, (size_t)(n.ptr + n.len - head.ptr));
                rest = after;
                number = true;
            }
        }
    } else {
        number = str_starts(first, STR("第")) && str_has(first, STR("条"));
    }
    h->no = number ? first : (str){0};
    h->title = number ? str_trim(rest) : head;
}

static int heading_level(str line)
{
    size_t n = 0;
    while (n < line.len && line.ptr[n] == '#') {
        n++;
    }
    return n > 0 && n <= 3 && n < line.len && line.ptr[n] == ' ' ? (int)n : 0;
}

static void clause_begin(struct text *t, str head)
{
    if (t->len == CLAUSES_MAX) {
        diag_error(t->d, at_line(t, 1), "一部制度最多 500 条",
                   "a regulation has at most 500 clauses");
        return;
    }
    struct heading *h = &t->ptr[t->len];
    *h = (struct heading){.chapter = t->chapter, .pos = at_line(t, 1)};
    attributes(t, &head, h);
    number_and_title(t, head, h);
    if (h->id.len == 0) {
        return;
    }
    for (size_t i = 0; i < t->len; i++) {
        if (str_eq(t->ptr[i].id, h->id)) {
            diag_error(t->d, h->pos, "条款标识“%.*s”重复（前一处在第 %d 行）",
                       "clause id \"%.*s\" appears twice (first on line %d)", STR_ARG(h->id),
                       t->ptr[i].pos.line);
            return;
        }
    }
    t->len++;
}

/* The text between two places of one file, trimmed. */
static str between(const char *from, const char *to)
{
    return from && to > from ? str_trim(str_from_n(from, (size_t)(to - from))) : (str){0};
}

static bool text_ok(struct text *t, str text)
{
    struct pos top = {.file = t->file, .line = 1, .col = 1};
    if (text.len > 1 << 20) {
        diag_error(t->d, top, "文件超过 1 MB", "the file is larger than 1 MB");
        return false;
    }
    if (!str_utf8_ok(text) || (text.len && memchr(text.ptr, 0, text.len))) {
        diag_error(t->d, top, "不是 UTF-8 编码；请以 UTF-8 保存文件",
                   "not UTF-8; save the file as UTF-8");
        return false;
    }
    return true;
}

static void read_text(struct text *t, str text)
{
    t->ptr = arena_array(t->room, struct heading, CLAUSES_MAX);
    if (!text_ok(t, text)) {
        return;
    }
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        text = str_from_n(text.ptr + 3, text.len - 3);
    }
    t->rest = text;
    const char *body = text.ptr; /* where what is being read began */
    const char *end = text.ptr + text.len;
    struct heading *open = NULL;
    bool begun = false;
    bool fence = false;
    str line;
    while (next_line(t, &line)) {
        if (!begun && t->line == 1 && str_eq(str_trim(line), STR("---"))) {
            front_matter(t);
            body = t->rest.ptr ? t->rest.ptr : end;
            continue;
        }
        fence = str_starts(line, STR("```")) ? !fence : fence;
        int level = fence ? 0 : heading_level(line);
        if (!level) {
            continue;
        }
        if (open) {
            open->body = between(body, line.ptr);
        } else if (!begun) {
            t->preface = between(body, line.ptr);
        }
        str head = str_trim(str_from_n(line.ptr + level, line.len - (size_t)level));
        size_t before = t->len;
        open = NULL;
        if (level == 1) {
            t->title = t->title.len ? t->title : head;
        } else if (level == 2) {
            t->chapter = head;
            begun = true;
        } else {
            clause_begin(t, head);
            begun = true;
            open = t->len > before ? &t->ptr[t->len - 1] : NULL;
        }
        body = t->rest.ptr ? t->rest.ptr : end;
    }
    if (open) {
        open->body = between(body, end);
    }
    if (t->len == 0 && text.len) {
        diag_error(t->d, (struct pos){t->file, 1, 1}, "文中没有条款（### 第一条 {#标识}）",
                   "the text has no clauses (### Article 1 {#id})");
    }
}

enum { QUOTE_CHARS = 600 };

/* Inside a paragraph a line's end is a space, and between Chinese characters nothing. */
static void put_line_end(struct buf *b, str s, size_t at)
{
    char next = at + 1 < s.len ? s.ptr[at + 1] : '\n';
    bool para = next == '\n' || next == '-' || next == '*' || (next >= '0' && next <= '9');
    bool cjk = at > 0 && (unsigned char)s.ptr[at - 1] >= 0x80;
    if (para) {
        buf_put_c(b, '\n');
    } else if (!cjk) {
        buf_put_c(b, ' ');
    }
}

static str quote_of(struct arena *a, str s)
{
    struct buf b = buf_make(a, s.len + 8);
    size_t from = 0;
    size_t chars = 0;
    size_t i = 0;
    for (; i < s.len; i++) {
        chars += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
        if (chars > QUOTE_CHARS) {
            break;
        }
        if (s.ptr[i] == '\n') {
            buf_put(&b, str_from_n(s.ptr + from, i - from));
            put_line_end(&b, s, i);
            from = i + 1;
        }
    }
    if (i > from) {
        buf_put(&b, str_from_n(s.ptr + from, i - from));
    }
    buf_put(&b, i < s.len ? STR("…") : STR(""));
    return buf_str(&b);
}

/* Same ids in the same order, same marks. */
static void compare(const struct text *zh, const struct text *en, struct diags *d)
{
    size_t n = zh->len < en->len ? zh->len : en->len;
    for (size_t i = 0; i < n; i++) {
        const struct heading *z = &zh->ptr[i];
        const struct heading *e = &en->ptr[i];
        if (!str_eq(z->id, e->id)) {
            diag_error(
                d, e->pos, "英文本此处是“%.*s”，中文本第 %d 行是“%.*s”；两本须同条同序",
                "here \"%.*s\", but the Chinese text has, on its line %d, \"%.*s\"; both have "
                "the same clauses in the same order",
                STR_ARG(e->id), z->pos.line, STR_ARG(z->id));
            return;
        }
        if ((z->manual.len != 0) != (e->manual.len != 0) ||
            (z->not_executable.len != 0) != (e->not_executable.len != 0)) {
            diag_error(d, e->pos, "“%.*s”的标注与中文本不一致",
                       "the marks of \"%.*s\" differ from the Chinese text", STR_ARG(e->id));
        }
    }
    if (zh->len != en->len) {
        const struct text *more = zh->len > en->len ? zh : en;
        diag_error(d, more->ptr[n].pos, "条款“%.*s”在另一种文本中缺失",
                   "clause \"%.*s\" is missing in the other language", STR_ARG(more->ptr[n].id));
    }
}

void clause_read(struct arena *a, struct law *law, str zh, str file_zh, str en, str file_en,
                 struct diags *d)
{
    struct arena room = arena_make(CLAUSES_MAX * 4 * sizeof(struct heading));
    struct text tz = {.a = a, .room = &room, .d = d, .file = file_zh};
    struct text te = {.a = a, .room = &room, .d = d, .file = file_en, .english = true};
    read_text(&tz, zh);
    read_text(&te, en);
    if (en.len == 0) {
        diag_error(d, (struct pos){file_en, 1, 1}, "缺少英文本", "the English text is missing");
    } else if (zh.len == 0) {
        diag_error(d, (struct pos){file_zh, 1, 1}, "缺少中文本", "the Chinese text is missing");
    } else {
        compare(&tz, &te, d);
    }
    law->title = (struct words){.zh = tz.title, .en = te.title};
    law->preface = (struct words){.zh = tz.preface, .en = te.preface};
    law->clauses = arena_array(a, struct clause, tz.len + 1);
    law->nclauses = tz.len;
    for (size_t i = 0; i < tz.len; i++) {
        const struct heading *z = &tz.ptr[i];
        const struct heading *e = NULL;
        for (size_t j = 0; j < te.len && !e; j++) {
            e = str_eq(te.ptr[j].id, z->id) ? &te.ptr[j] : NULL;
        }
        const struct heading none = {0};
        e = e ? e : &none;
        law->clauses[i] = (struct clause){.id = z->id,
                                          .no = {z->no, e->no},
                                          .title = {z->title, e->title},
                                          .text = {z->body, e->body},
                                          .quote = {quote_of(a, z->body), quote_of(a, e->body)},
                                          .chapter = {z->chapter, e->chapter},
                                          .manual = {z->manual, e->manual},
                                          .not_executable = {z->not_executable, e->not_executable},
                                          .law = law,
                                          .order = (int)i,
                                          .pos = z->pos};
    }
    arena_end(&room);
}
