#include "connect/lines.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/enc.h"
#include "engine/refusal_int.h"

#include <sodium.h>
#include <string.h>

enum { TEXT_LIMIT = 64 << 10, KEY_BYTES = LINE_KEY / 2 };

/* --- cells ------------------------------------------------------------------------------- */

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

str lines_cell(struct arena *a, const struct mapping *m, str raw)
{
    str s = str_trim(csv_plain(raw));
    bool plain = true;
    for (size_t i = 0; i < s.len; i++) {
        plain = plain && s.ptr[i] != '\t' && !(i && blank(s.ptr[i]) && blank(s.ptr[i - 1]));
    }
    if (plain) {
        s = str_copy(a, s);
    } else {
        char *p = arena_bytes(a, s.len + 1);
        size_t n = 0;
        for (size_t i = 0; i < s.len; i++) {
            if (!blank(s.ptr[i])) {
                p[n++] = s.ptr[i];
            } else if (!n || p[n - 1] != ' ') {
                p[n++] = ' ';
            }
        }
        p[n] = '\0';
        s = str_from_n(p, n);
    }
    for (size_t i = 0; m && i < m->nunknown; i++) {
        if (str_eq(s, m->unknown[i])) {
            return (str){0};
        }
    }
    return s.len ? s : (str){0};
}

/* --- the key of a line: what it says, whatever the order of its columns -------------------- */

static bool ours(str column)
{
    return str_starts(column, STR("reject_"));
}

static void line_key(struct arena *a, const struct mapping *m, const struct csv_file *f,
                     const struct csv_row *row, char ret[LINE_KEY + 1])
{
    struct str_list names = csv_file_columns(f);
    unsigned char sum[KEY_BYTES] = {0};
    for (size_t i = 0; i < names.len; i++) {
        if (ours(names.ptr[i])) {
            continue;
        }
        unsigned char one[KEY_BYTES];
        str cell = lines_cell(a, NULL, row->cells[i]);
        crypto_generichash_state st;
        crypto_generichash_init(&st, NULL, 0, sizeof(one));
        crypto_generichash_update(&st, (const unsigned char *)names.ptr[i].ptr,
                                  names.ptr[i].len + 1); /* with its NUL */
        if (cell.len) {
            crypto_generichash_update(&st, (const unsigned char *)cell.ptr, cell.len);
        }
        crypto_generichash_final(&st, one, sizeof(one));
        sodium_add(sum, one, sizeof(sum));
    }
    (void)m;
    str hex = enc_hex(a, str_from_n((const char *)sum, sizeof(sum)));
    memcpy(ret, hex.ptr, LINE_KEY);
    ret[LINE_KEY] = '\0';
}

/* --- order ----------------------------------------------------------------------------------- */

struct sort_key {
    int rank; /* a time, a number, a text, nothing */
    int64_t n;
    str text;
};

struct sorted {
    struct line line;
    struct sort_key *keys;
    size_t nkeys;
    size_t place; /* in the file */
};

/* Whole numbers and decimals, in millionths. */
static bool number(str s, int64_t *ret)
{
    int64_t v = 0;
    int64_t unit = 1000000;
    bool minus = s.len && s.ptr[0] == '-';
    bool point = false;
    size_t digits = 0;
    for (size_t i = minus; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c < '0' || c > '9' || v > INT64_MAX / 20 || (point && unit == 1)) {
            return false;
        } else {
            unit = point ? unit / 10 : unit;
            v = v * 10 + (c - '0');
            digits++;
        }
    }
    if (!digits || v > INT64_MAX / unit) {
        return false;
    }
    *ret = minus ? -v * unit : v * unit;
    return true;
}

static int by_order(const void *x, const void *y)
{
    const struct sorted *a = x;
    const struct sorted *b = y;
    for (size_t i = 0; i < a->nkeys; i++) {
        const struct sort_key *p = &a->keys[i];
        const struct sort_key *q = &b->keys[i];
        int c = p->rank - q->rank;
        c = c ? c : (p->n > q->n) - (p->n < q->n);
        c = c ? c : str_cmp(p->text, q->text);
        if (c) {
            return c;
        }
    }
    return (a->place > b->place) - (a->place < b->place);
}

static void sort_keys(struct arena *a, const struct mapping *m, struct sorted *s)
{
    s->nkeys = m->norder;
    s->keys = arena_array(a, struct sort_key, m->norder + 1);
    for (size_t i = 0; i < m->norder; i++) {
        str cell = s->line.cells[m->order[i]];
        struct sort_key *k = &s->keys[i];
        if (!cell.ptr) {
            k->rank = 3;
        } else if (map_time(m, cell, &k->n)) {
            k->rank = 0;
        } else if (number(cell, &k->n)) {
            k->rank = 1;
        } else {
            k->rank = 2;
            k->text = cell;
        }
    }
}

static void remember(struct arena *a, struct lines *l)
{
    size_t cols = l->m->ncolumns;
    int *first = arena_array(a, int, cols + 1);
    for (size_t c = 0; c < cols; c++) {
        first[c] = -1;
    }
    for (size_t i = 0; i < l->n; i++) {
        int *known = arena_array(a, int, cols + 1);
        for (size_t c = 0; c < cols; c++) {
            bool here = l->list[i].cells[c].ptr != NULL;
            known[c] = here ? (int)i : i ? l->list[i - 1].known[c] : -1;
            first[c] = here && first[c] < 0 ? (int)i : first[c];
        }
        l->list[i].known = known;
    }
    l->first = first;
}

static int by_key(const void *x, const void *y)
{
    const struct line *a = *(const struct line *const *)x;
    const struct line *b = *(const struct line *const *)y;
    int c = memcmp(a->key, b->key, LINE_KEY);
    return c ? c : (a > b) - (a < b);
}

static void find_again(struct arena *a, struct lines *l)
{
    struct line **list = arena_array(a, struct line *, l->n + 1);
    for (size_t i = 0; i < l->n; i++) {
        list[i] = &l->list[i];
    }
    qsort(list, l->n, sizeof(struct line *), by_key);
    for (size_t i = 1; i < l->n; i++) {
        list[i]->again = memcmp(list[i]->key, list[i - 1]->key, LINE_KEY) == 0;
    }
}

err lines_read(struct arena *a, const struct mapping *m, const struct csv_file *f,
               const struct csv_place *places, size_t n, struct lines *ret)
{
    struct sorted *s = arena_array(a, struct sorted, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct csv_row row;
        err e = csv_file_at(f, a, &places[i], &row);
        if (e.code) {
            return e;
        }
        str *cells = arena_array(a, str, m->ncolumns + 1);
        for (size_t c = 0; c < m->ncolumns; c++) {
            cells[c] = lines_cell(a, m, row.cells[m->columns[c].at]);
        }
        s[i].line = (struct line){.place = places[i], .cells = cells};
        s[i].place = i;
        line_key(a, m, f, &row, s[i].line.key);
        sort_keys(a, m, &s[i]);
    }
    if (m->norder) {
        qsort(s, n, sizeof(*s), by_order);
    }
    *ret = (struct lines){.m = m, .list = arena_array(a, struct line, n + 1), .n = n};
    for (size_t i = 0; i < n; i++) {
        ret->list[i] = s[i].line;
    }
    ret->key = n ? ret->list[0].cells[m->key] : (str){0};
    find_again(a, ret);
    remember(a, ret);
    return OK;
}

/* --- values --------------------------------------------------------------------------------- */

static enum found looked_up(struct arena *a, const struct map_table *t, str cell, str *ret,
                            struct words *why)
{
    for (size_t i = 0; i < t->len; i++) {
        if (str_eq(t->entries[i].from, cell)) {
            *ret = t->entries[i].to;
            return FOUND;
        }
    }
    if (t->has_rest) {
        *ret = t->rest;
        return FOUND;
    }
    *why = words_fmt(a, "对照表 %.*s 中没有“%.*s”", "the table %.*s has no \"%.*s\"",
                     STR_ARG(t->name), STR_ARG(cell));
    return FOUND_BAD;
}

static int line_of(const struct lines *l, size_t i, const struct map_piece *p)
{
    if (p->which == CELL_FIRST) {
        return l->first[p->column];
    }
    if (p->which == CELL_LAST) {
        return l->n ? l->list[l->n - 1].known[p->column] : -1;
    }
    return l->list[i].cells[p->column].ptr ? (int)i : -1;
}

static enum found pieces_text(struct arena *a, const struct lines *l, size_t i,
                              const struct map_value *v, str *ret, struct words *why)
{
    if (v->npieces == 1 && v->pieces[0].column < 0) {
        *ret = v->pieces[0].literal;
        return FOUND;
    }
    struct buf b = buf_make(a, TEXT_LIMIT);
    for (size_t k = 0; k < v->npieces; k++) {
        const struct map_piece *p = &v->pieces[k];
        if (p->column < 0) {
            buf_put(&b, p->literal);
            continue;
        }
        int at = line_of(l, i, p);
        if (at < 0) {
            return FOUND_UNKNOWN;
        }
        str cell = l->list[at].cells[p->column];
        enum found f = p->table ? looked_up(a, p->table, cell, &cell, why) : FOUND;
        if (f != FOUND) {
            return f;
        }
        buf_put(&b, cell);
    }
    *ret = buf_str(&b);
    return ret->len ? FOUND : FOUND_UNKNOWN;
}

static enum found joined(struct arena *a, const struct lines *l, size_t i,
                         const struct map_value *v, str *ret, struct words *why)
{
    struct buf b = buf_make(a, TEXT_LIMIT);
    for (size_t k = 0; k < v->nitems; k++) {
        str one;
        enum found f = lines_text(a, l, i, &v->items[k], &one, why);
        if (f == FOUND_BAD) {
            return f;
        }
        if (f == FOUND) {
            buf_put(&b, b.len ? STR("\n") : STR(""));
            buf_put(&b, one);
        }
    }
    *ret = buf_str(&b);
    if (ret->len) {
        return FOUND;
    }
    return v->otherwise ? lines_text(a, l, i, v->otherwise, ret, why) : FOUND_UNKNOWN;
}

enum found lines_text(struct arena *a, const struct lines *l, size_t i, const struct map_value *v,
                      str *ret, struct words *why)
{
    switch (v->kind) {
    case VALUE_NONE:
    case VALUE_ROWS:
        return FOUND_UNKNOWN;
    case VALUE_TEXT:
        return pieces_text(a, l, i, v, ret, why);
    case VALUE_JOIN:
        return joined(a, l, i, v, ret, why);
    case VALUE_LIST:
        break;
    }
    for (size_t k = 0; k < v->nitems; k++) {
        enum found f = lines_text(a, l, i, &v->items[k], ret, why);
        if (f != FOUND_UNKNOWN) {
            return f;
        }
    }
    return FOUND_UNKNOWN;
}

enum found lines_items(struct arena *a, const struct lines *l, size_t i, const struct map_value *v,
                       const str **ret, size_t *n, struct words *why)
{
    size_t total = v->kind == VALUE_LIST ? v->nitems : 1;
    str *list = arena_array(a, str, total + 1);
    *n = 0;
    for (size_t k = 0; k < total; k++) {
        enum found f =
            lines_text(a, l, i, v->kind == VALUE_LIST ? &v->items[k] : v, &list[*n], why);
        if (f == FOUND_BAD) {
            return f;
        }
        *n += f == FOUND;
    }
    *ret = list;
    return *n ? FOUND : FOUND_UNKNOWN;
}

/* --- conditions ----------------------------------------------------------------------------- */

static bool among(const struct map_cells *c, str cell)
{
    for (size_t i = 0; i < c->len; i++) {
        if (str_eq(c->cells[i], cell)) {
            return true;
        }
    }
    return false;
}

/* The last line before i in which every column of the text is known; -1. */
static int known_before(const struct lines *l, size_t i, const struct map_value *v)
{
    int at = (int)i - 1;
    while (at >= 0) {
        int all = at;
        for (size_t k = 0; k < v->npieces; k++) {
            const struct map_piece *p = &v->pieces[k];
            if (p->column >= 0 && p->which == CELL_HERE && l->list[at].known[p->column] < all) {
                all = l->list[at].known[p->column];
            }
        }
        if (all == at) {
            return at;
        }
        at = all;
    }
    return -1;
}

static enum found changed(struct arena *a, const struct lines *l, size_t i,
                          const struct map_value *v, bool *ret, struct words *why)
{
    str now;
    enum found f = lines_text(a, l, i, v, &now, why);
    *ret = false;
    if (f != FOUND) {
        return f;
    }
    int at = (int)i - 1;
    str was;
    if (v->kind == VALUE_TEXT) {
        at = known_before(l, i, v);
    }
    for (; at >= 0; at--) { /* of other kinds the last line that gives a text */
        f = lines_text(a, l, (size_t)at, v, &was, why);
        if (f != FOUND_UNKNOWN) {
            break;
        }
    }
    *ret = at < 0 || f != FOUND || !str_eq(now, was);
    return FOUND;
}

enum found lines_hold(struct arena *a, const struct lines *l, size_t i, const struct map_event *e,
                      bool *ret, struct words *why)
{
    const struct line *x = &l->list[i];
    *ret = true;
    for (size_t k = 0; k < e->nis; k++) {
        str cell = x->cells[e->is[k].column];
        *ret = *ret && cell.ptr && among(&e->is[k], cell);
    }
    for (size_t k = 0; k < e->nwas && *ret; k++) {
        int at = i ? l->list[i - 1].known[e->was[k].column] : -1;
        *ret = at >= 0 && among(&e->was[k], l->list[at].cells[e->was[k].column]);
    }
    if (!*ret || !e->nchanged) {
        return FOUND;
    }
    bool any = false;
    for (size_t k = 0; k < e->nchanged && !any; k++) {
        enum found f = changed(a, l, i, &e->changed[k], &any, why);
        if (f == FOUND_BAD) {
            return f;
        }
    }
    *ret = any;
    return FOUND;
}

enum found lines_accept(struct arena *a, const struct lines *l, size_t i, struct words *why)
{
    for (size_t k = 0; k < l->m->naccept; k++) {
        const struct map_cells *c = &l->m->accept[k];
        str cell = l->list[i].cells[c->column];
        if (cell.ptr && !among(c, cell)) {
            str name = l->m->columns[c->column].name;
            *why =
                words_fmt(a, "%.*s 列的值“%.*s”不在可接受之列",
                          "the column %.*s does not take \"%.*s\"", STR_ARG(name), STR_ARG(cell));
            return FOUND_BAD;
        }
    }
    return FOUND;
}
