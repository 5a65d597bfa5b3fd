/* Planted mistakes: each is reported at its place, in both languages, and all of
 * them in one run.
 *
 * mistakes/garden is a small regulation without a mistake.  Each case of
 * mistakes/cases.txt changes a few places of it:
 *
 *     === what is wrong
 *     --- regulation.md            of which file (definition.yaml when not said)
 *     - text that stands there     lines, found exactly once
 *     + what stands there now      « marks where the mistake is reported
 *     zh a piece of the message
 *     en a piece of the message
 *     version 2                    the changed regulation follows the sound one
 *     later                        it is published after the organisation's
 *
 * Nothing but what is marked may be reported, in the order of the file.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "model/load.h"

#include "support/test.h"

#include <stdio.h>

enum { FILES = 3, MOST = 1 << 20, EXPECTED_MAX = 40 };
static const char *const file_names[FILES] = {"definition.yaml", "regulation.md",
                                              "regulation.en.md"};

struct expected {
    int file, line, col;
    str zh, en;
};

struct one_case {
    str name;
    str files[FILES];
    int version;
    bool later; /* published after the organisation */
    struct expected expected[EXPECTED_MAX];
    size_t nexpected, nzh, nen;
};

static str file_text(struct arena *a, const char *path)
{
    char *p = arena_bytes(a, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

static size_t find(str text, str piece, size_t from)
{
    for (size_t i = from; i + piece.len <= text.len; i++) {
        if (memcmp(text.ptr + i, piece.ptr, piece.len) == 0) {
            return i;
        }
    }
    return text.len;
}

static void replace(struct arena *a, struct one_case *c, int file, str old, str new)
{
    str text = c->files[file];
    size_t at = find(text, old, 0);
    if (at == text.len || find(text, old, at + 1) != text.len) {
        fail_msg("%.*s: not exactly once in %s: %.*s", STR_ARG(c->name), file_names[file],
                 STR_ARG(old));
    }
    struct buf b = buf_make(a, MOST);
    buf_put(&b, str_from_n(text.ptr, at));
    buf_put(&b, new);
    buf_put(&b, str_from_n(text.ptr + at + old.len, text.len - at - old.len));
    c->files[file] = buf_str(&b);
}

/* Takes the marks out and keeps their places. */
static void take_marks(struct arena *a, struct one_case *c)
{
    const str mark = STR("«");
    for (int f = 0; f < FILES; f++) {
        struct buf b = buf_make(a, MOST);
        int line = 1, col = 1;
        for (size_t i = 0; i < c->files[f].len; i++) {
            char x = c->files[f].ptr[i];
            if (find(str_from_n(c->files[f].ptr + i, mark.len), mark, 0) == 0 &&
                i + mark.len <= c->files[f].len) {
                assert_true(c->nexpected < EXPECTED_MAX);
                struct expected *e = &c->expected[c->nexpected++];
                e->file = f;
                e->line = line;
                e->col = col;
                i += mark.len - 1;
                continue;
            }
            buf_put_c(&b, x);
            line += x == '\n';
            col = x == '\n' ? 1 : col + (((unsigned char)x & 0xC0) != 0x80);
        }
        c->files[f] = buf_str(&b);
    }
}

/* The lines that begin with `sign`, joined. */
static str block(struct arena *a, str *rest, char sign)
{
    struct buf b = buf_make(a, MOST);
    bool first = true;
    while (rest->len && rest->ptr[0] == sign && (rest->len < 2 || rest->ptr[1] == ' ')) {
        str line = str_cut(*rest, '\n', rest);
        if (!first) {
            buf_put_c(&b, '\n');
        }
        first = false;
        buf_put(&b, str_from_n(line.ptr + 2, line.len - 2));
    }
    return buf_str(&b);
}

static str after(str line, size_t n)
{
    return str_from_n(line.ptr + n, line.len - n);
}

/* Reads one case; its changes are made on the way. */
static void read_case(struct arena *a, str *rest, struct one_case *c)
{
    int file = 0;
    c->name = after(str_cut(*rest, '\n', rest), 4);
    while (rest->len && !str_starts(*rest, STR("==="))) {
        if (str_starts(*rest, STR("- "))) {
            str old = block(a, rest, '-');
            str new = block(a, rest, '+');
            replace(a, c, file, old, new);
            continue;
        }
        str line = str_cut(*rest, '\n', rest);
        if (str_starts(line, STR("--- "))) {
            for (int f = 0; f < FILES; f++) {
                file = str_eq(after(line, 4), str_from(file_names[f])) ? f : file;
            }
        } else if (str_starts(line, STR("zh "))) {
            c->expected[c->nzh++].zh = after(line, 3);
        } else if (str_starts(line, STR("en "))) {
            c->expected[c->nen++].en = after(line, 3);
        } else if (str_eq(line, STR("later"))) {
            c->later = true;
        } else if (str_eq(line, STR("version 2"))) {
            c->version = 2;
        }
    }
    take_marks(a, c);
}

static struct source source_of(const struct one_case *c, int version)
{
    return (struct source){.name = STR("garden"),
                           .folder = STR("garden"),
                           .definition = c->files[0],
                           .text_zh = c->files[1],
                           .text_en = c->files[2],
                           .version = version,
                           .epoch = version};
}

static void print_all(struct arena *a, const struct diags *d)
{
    for (size_t i = 0; i < d->len; i++) {
        str zh = diag_print(a, &d->ptr[i], LANG_ZH);
        print_message("    %.*s\n    %.*s\n", STR_ARG(zh), STR_ARG(d->ptr[i].words.en));
    }
}

static bool reported(const struct diags *d, const struct expected *x)
{
    for (size_t i = 0; i < d->len; i++) {
        const struct diag *g = &d->ptr[i];
        if (!g->warning && str_ends(g->pos.file, str_from(file_names[x->file])) &&
            g->pos.line == x->line && g->pos.col == x->col && str_has(g->words.zh, x->zh) &&
            str_has(g->words.en, x->en)) {
            return true;
        }
    }
    return false;
}

/* True when exactly what is expected was reported. */
static bool judge(const struct one_case *sound, const struct one_case *c)
{
    struct arena a = arena_make(256u << 20);
    struct source all[4];
    size_t n = 0;
    struct diags d = diags_make(&a);
    all[n].version = 1;
    assert_int_equal(
        load_one(&a, NULL, STR("regulations/organisation"), STR("organisation"), &all[n++]).code,
        ERR_NONE);
    all[0].epoch = 1;
    assert_int_equal(load_one(&a, NULL, STR("regulations/routine"), STR("routine"), &all[n]).code,
                     ERR_NONE);
    all[n].version = 1;
    all[n++].epoch = 1;
    if (c->version == 2) {
        all[n++] = source_of(sound, 1);
    }
    all[n] = source_of(c, c->version);
    all[n].epoch += c->later;
    n++;
    struct model *m = model_build(&a, &(struct sources){.ptr = all, .len = n}, &d);
    bool good = (m == NULL) == (c->nexpected > 0) && d.errors == c->nexpected;
    for (size_t i = 0; i < c->nexpected; i++) {
        const struct expected *x = &c->expected[i];
        if (!x->zh.len || !x->en.len || !reported(&d, x)) {
            print_message("%.*s: not reported at %s:%d:%d: %.*s | %.*s\n", STR_ARG(c->name),
                          file_names[x->file], x->line, x->col, STR_ARG(x->zh), STR_ARG(x->en));
            good = false;
        }
    }
    if (!good) {
        print_message("%.*s: %zu mistakes, expected %zu\n", STR_ARG(c->name), d.errors,
                      c->nexpected);
        print_all(&a, &d);
    }
    arena_end(&a);
    return good;
}

static struct one_case sound_garden(struct arena *a)
{
    struct one_case c = {.name = STR("the sound garden"), .version = 1};
    for (int f = 0; f < FILES; f++) {
        c.files[f] = file_text(a, str_fmt(a, "tests/model/mistakes/garden/%s", file_names[f]).ptr);
    }
    return c;
}

static void the_garden_as_it_stands_holds_no_mistake(void **state)
{
    (void)state;
    struct arena a = arena_make(64u << 20);
    struct one_case sound = sound_garden(&a);
    assert_true(judge(&sound, &sound));
    arena_end(&a);
}

static void each_planted_mistake_is_reported_at_its_place(void **state)
{
    (void)state;
    struct arena a = arena_make(1u << 30);
    struct one_case sound = sound_garden(&a);
    str rest = file_text(&a, "tests/model/mistakes/cases.txt");
    int cases = 0, missed = 0;
    while (rest.len) {
        if (!str_starts(rest, STR("=== "))) {
            str_cut(rest, '\n', &rest);
            continue;
        }
        struct one_case *c = arena_new(&a, struct one_case);
        *c = sound;
        read_case(&a, &rest, c);
        cases++;
        missed += !judge(&sound, c);
    }
    print_message("           %d planted mistakes\n", cases);
    assert_int_equal(missed, 0);
    assert_true(cases >= 60);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_garden_as_it_stands_holds_no_mistake),
        cmocka_unit_test(each_planted_mistake_is_reported_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
