#include "model/diag.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stdarg.h>

enum { KEEP = 200, KEEP_WARNINGS = 100, TEXT_MAX = 2000, NAME_NEAR_MAX = 64 };

struct diags diags_make(struct arena *a)
{
    return (struct diags){.arena = a};
}

static str __attribute__((format(printf, 2, 0)))
format(struct arena *a, const char *fmt, va_list ap)
{
    char *p = arena_bytes(a, TEXT_MAX);
    int n = vsnprintf(p, TEXT_MAX, fmt, ap);
    size_t len = n < 0 ? 0 : (size_t)n;
    if (len >= TEXT_MAX) {
        len = TEXT_MAX - 1;
        /* never cut inside a character */
        while (len && ((unsigned char)p[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    return str_copy(a, (str){p, len});
}

static struct diag *room(struct diags *d)
{
    if (d->len == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 16;
        struct diag *p = arena_array(d->arena, struct diag, cap);
        if (d->len) {
            memcpy(p, d->ptr, d->len * sizeof *p);
        }
        d->ptr = p;
        d->cap = cap;
    }
    return &d->ptr[d->len++];
}

void diag_error(struct diags *d, struct pos p, const char *zh, const char *en, ...)
{
    d->errors++;
    if (d->errors > KEEP) {
        return;
    }
    struct diag *x = room(d);
    *x = (struct diag){.pos = p};
    x->pos.file = str_copy(d->arena, p.file); /* outlives what was loaded */
    va_list ap;
    va_start(ap, en);
    va_list again;
    va_copy(again, ap);
    x->words.zh = format(d->arena, zh, ap);
    x->words.en = format(d->arena, en, again);
    va_end(again);
    va_end(ap);
}

/* Its texts outlive what was loaded. */
static struct diag kept(struct diags *d, struct diag one)
{
    one.pos.file = str_copy(d->arena, one.pos.file);
    one.words.zh = str_copy(d->arena, one.words.zh);
    one.words.en = str_copy(d->arena, one.words.en);
    return one;
}

void diag_add(struct diags *d, struct diag one)
{
    size_t *n = one.warning ? &d->warnings : &d->errors;
    if (++*n <= (one.warning ? KEEP_WARNINGS : KEEP)) {
        *room(d) = kept(d, one);
    }
}

void diag_error_words(struct diags *d, struct pos p, struct words w)
{
    d->errors++;
    if (d->errors <= KEEP) {
        *room(d) = kept(d, (struct diag){.pos = p, .words = w});
    }
}

void diag_warning(struct diags *d, struct pos p, const char *zh, const char *en, ...)
{
    d->warnings++;
    if (d->warnings > KEEP_WARNINGS) {
        return;
    }
    struct diag *x = room(d);
    *x = (struct diag){.pos = p, .warning = true};
    x->pos.file = str_copy(d->arena, p.file);
    va_list ap;
    va_start(ap, en);
    va_list again;
    va_copy(again, ap);
    x->words.zh = format(d->arena, zh, ap);
    x->words.en = format(d->arena, en, again);
    va_end(again);
    va_end(ap);
}

void diag_taken(struct diags *d, struct taken one)
{
    if (d->ntaken == KEEP) {
        return;
    }
    if (d->ntaken == d->taken_cap) {
        size_t cap = d->taken_cap ? d->taken_cap * 2 : 16;
        struct taken *all = arena_array(d->arena, struct taken, cap);
        if (d->ntaken) {
            memcpy(all, d->taken, d->ntaken * sizeof(*all));
        }
        d->taken = all;
        d->taken_cap = cap;
    }
    d->taken[d->ntaken++] = one;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance with neighbours swapped counting one; both at most
 * NAME_NEAR_MAX bytes. */
static size_t distance(str a, str b)
{
    size_t before[NAME_NEAR_MAX + 1] = {0};
    size_t last[NAME_NEAR_MAX + 1];
    size_t now[NAME_NEAR_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t same = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;
            size_t v = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + same);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1]) {
                v = least(v, before[j - 2] + 1);
            }
            now[j] = v;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, now, sizeof last);
    }
    return last[b.len];
}

str diag_nearest(str name, const str *names, size_t n)
{
    str best = {0};
    size_t best_at = name.len <= 3 ? 1 : (name.len <= 7 ? 2 : 3);
    if (name.len == 0 || name.len > NAME_NEAR_MAX) {
        return best;
    }
    best_at++;
    for (size_t i = 0; i < n; i++) {
        if (names[i].len == 0 || names[i].len > NAME_NEAR_MAX) {
            continue;
        }
        size_t d = distance(name, names[i]);
        if (d < best_at && d < names[i].len) {
            best_at = d;
            best = names[i];
        }
    }
    return best;
}

str diag_print(struct arena *a, const struct diag *d, enum lang lang)
{
    str w = words_in(d->words, lang);
    const char *kind = "";
    if (d->warning) {
        kind = lang == LANG_ZH ? "提醒：" : "warning: ";
    }
    return str_fmt(a, "%.*s:%d:%d: %s%.*s", STR_ARG(d->pos.file), d->pos.line, d->pos.col, kind,
                   STR_ARG(w));
}
