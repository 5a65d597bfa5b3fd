#include "page/help.h"

#include "base/arena.h"
#include "base/markdown.h"
#include "http/assets.h"

#include <string.h>

enum { PARTS_MAX = 16, WORDS_MAX = 8, SNIPPET_BEFORE = 60, SNIPPET_AFTER = 180 };

const char *const help_names[] = {"user", "admin", "author", "language"};
const size_t help_names_len = sizeof(help_names) / sizeof(help_names[0]);

/* --- a text into sections ---------------------------------------------------------------- */

struct reading {
    struct arena *a;
    struct help_manual *m;
    struct help_section *sections;
    struct help_part *parts; /* of the section that is open */
    const char *from;        /* where the text part that is open begins */
};

static struct help_section *now(struct reading *r)
{
    return &r->sections[r->m->nsections - 1];
}

static void add_part(struct reading *r, struct help_part p)
{
    struct help_section *s = now(r);
    if (s->nparts < PARTS_MAX) {
        r->parts[s->nparts++] = p;
    }
}

static void end_text(struct reading *r, const char *to)
{
    str text = str_from_n(r->from, (size_t)(to - r->from));
    if (str_trim(text).len) {
        add_part(r, (struct help_part){.text = text});
    }
}

static void begin_section(struct reading *r, int level, str heading)
{
    if (r->m->nsections == HELP_SECTIONS_MAX) {
        return;
    }
    struct help_section *s = &r->sections[r->m->nsections++];
    r->parts = arena_array(r->a, struct help_part, PARTS_MAX);
    *s = (struct help_section){.level = level, .title = str_trim(heading), .parts = r->parts};
    for (size_t i = 0; i + 2 < heading.len; i++) {
        if (heading.ptr[i] == '{' && heading.ptr[i + 1] == '#') {
            s->title = str_trim(str_from_n(heading.ptr, i));
            str rest;
            s->id = str_cut(str_from_n(heading.ptr + i + 2, heading.len - i - 2), '}', &rest);
            return;
        }
    }
    s->id = str_fmt(r->a, "section-%zu", r->m->nsections - 1);
}

/* ![what it shows](name.png) */
static bool picture(struct reading *r, str line, struct help_part *ret)
{
    if (!str_starts(line, STR("![")) || !str_ends(line, STR(")"))) {
        return false;
    }
    str rest;
    str alt = str_cut(str_from_n(line.ptr + 2, line.len - 2), ']', &rest);
    if (!str_starts(rest, STR("("))) {
        return false;
    }
    str file = str_from_n(rest.ptr + 1, rest.len - 2);
    *ret = (struct help_part){.picture = str_fmt(r->a, "manual/%.*s", STR_ARG(file)), .alt = alt};
    return true;
}

static void read_line(struct reading *r, str line, const char *after)
{
    struct help_part p;
    int level = str_starts(line, STR("## ")) ? 2 : str_starts(line, STR("### ")) ? 3 : 0;
    if (level) {
        end_text(r, line.ptr);
        begin_section(r, level, str_from_n(line.ptr + level + 1, line.len - (size_t)level - 1));
        r->from = after;
    } else if (str_starts(line, STR("# ")) && !r->m->title.len) {
        r->m->title = str_trim(str_from_n(line.ptr + 2, line.len - 2));
        r->from = after;
    } else if (picture(r, line, &p)) {
        end_text(r, line.ptr);
        add_part(r, p);
        r->from = after;
    }
}

static void read_text(struct arena *a, str text, struct help_manual *m)
{
    struct reading r = {.a = a,
                        .m = m,
                        .sections = arena_array(a, struct help_section, HELP_SECTIONS_MAX),
                        .from = text.ptr};
    m->sections = r.sections;
    begin_section(&r, 0, STR(""));
    bool fence = false;
    for (str rest = text; rest.len;) {
        str line = str_cut(rest, '\n', &rest);
        const char *after = line.ptr + line.len + (line.ptr + line.len < text.ptr + text.len);
        fence ^= str_starts(line, STR("```"));
        if (!fence) {
            read_line(&r, line, after);
        }
    }
    end_text(&r, text.ptr + text.len);
}

bool help_read(struct arena *a, str name, enum lang lang, struct help_manual *ret)
{
    *ret = (struct help_manual){0};
    for (size_t i = 0; i < help_names_len; i++) {
        if (!str_eq(name, str_from(help_names[i]))) {
            continue;
        }
        const struct asset *file = asset_named(
            str_fmt(a, "manual/%s.%s.md", help_names[i], lang == LANG_EN ? "en" : "zh"));
        if (file) {
            ret->name = str_from(help_names[i]);
            read_text(a, file->raw, ret);
        }
        return file != NULL;
    }
    return false;
}

const struct help_section *help_section(const struct help_manual *m, str id)
{
    for (size_t i = 0; i < m->nsections && id.len; i++) {
        if (str_eq(m->sections[i].id, id)) {
            return &m->sections[i];
        }
    }
    return NULL;
}

/* --- finding -------------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Where `word` stands in `text`; text.len when nowhere. */
static size_t find_word(str text, str word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        size_t k = 0;
        while (k < word.len && lower(text.ptr[i + k]) == lower(word.ptr[k])) {
            k++;
        }
        if (k == word.len) {
            return i;
        }
    }
    return text.len;
}

static size_t words_of(str query, str words[WORDS_MAX])
{
    size_t n = 0;
    str rest = str_from_n(query.ptr, query.len < HELP_QUERY_MAX ? query.len : HELP_QUERY_MAX);
    while (rest.len && n < WORDS_MAX) {
        str word = str_trim(str_cut(str_trim(rest), ' ', &rest));
        if (word.len) {
            words[n++] = word;
        }
    }
    return n;
}

static bool inside(char c) /* of a character in UTF-8, not its first byte */
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static str around(struct arena *a, str text, size_t at)
{
    size_t from = at > SNIPPET_BEFORE ? at - SNIPPET_BEFORE : 0;
    size_t to = text.len - at > SNIPPET_AFTER ? at + SNIPPET_AFTER : text.len;
    while (from > 0 && inside(text.ptr[from])) {
        from--;
    }
    while (to < text.len && inside(text.ptr[to])) {
        to++;
    }
    return str_fmt(a, "%s%.*s%s", from ? "…" : "", (int)(to - from), text.ptr + from,
                   to < text.len ? "…" : "");
}

static str plain_of(struct arena *a, const struct help_section *s)
{
    str all = STR("");
    for (size_t i = 0; i < s->nparts; i++) {
        str one = markdown_plain(a, s->parts[i].text);
        all = all.len ? str_fmt(a, "%.*s %.*s", STR_ARG(all), STR_ARG(one)) : one;
    }
    return all;
}

static bool matches(struct arena *a, const struct help_section *s, const str *words, size_t n,
                    struct help_found *ret)
{
    str text = plain_of(a, s);
    size_t first = text.len;
    bool in_title = false;
    for (size_t i = 0; i < n; i++) {
        size_t at = find_word(text, words[i]);
        bool title = find_word(s->title, words[i]) < s->title.len;
        if (at == text.len && !title) {
            return false;
        }
        first = at < first ? at : first;
        in_title = in_title || title;
    }
    *ret = (struct help_found){.section = s,
                               .snippet = around(a, text, first < text.len ? first : 0),
                               .in_title = in_title};
    return true;
}

size_t help_find(struct arena *a, const struct help_manual *ms, size_t n, str query,
                 struct help_found ret[HELP_FOUND_MAX])
{
    str words[WORDS_MAX];
    size_t nwords = words_of(query, words);
    size_t len = 0;
    for (int title = 1; title >= 0 && nwords; title--) {
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < ms[i].nsections && len < HELP_FOUND_MAX; k++) {
                struct help_found f;
                if (matches(a, &ms[i].sections[k], words, nwords, &f) && f.in_title == title) {
                    f.manual = &ms[i];
                    ret[len++] = f;
                }
            }
        }
    }
    return len;
}
