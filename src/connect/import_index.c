/* import_index.c - which lines of the file belong to which case.
 *
 * The lines of a case stand anywhere in the file.  One pass notes each line's
 * place and the number of its case, cases counted by their first lines; sorting
 * by that number then puts them together. */
#include "base/arena.h"
#include "connect/import_int.h"

#include <sodium.h>
#include <string.h>

enum { BLOCK = 65536, FIRST_CAP = 4096 };

struct noted {
    uint64_t offset : 40;
    uint64_t bytes : 24;
    uint32_t line, which;
};

struct block {
    struct noted lines[BLOCK];
};

struct found_case {
    unsigned char hash[crypto_shorthash_siphashx24_BYTES];
    uint32_t which; /* from 1; 0: a free place */
};

struct import_index {
    struct block **blocks;
    size_t nblocks, cap_blocks;
    size_t n;
    uint32_t *order; /* lines by case */
    uint32_t *start; /* of each case in `order`; one more at the end */
    size_t ncases;
};

struct building {
    struct import_index *x;
    struct arena *life;
    struct arena table;
    struct found_case *cases;
    size_t cap;
    unsigned char secret[crypto_shorthash_siphashx24_KEYBYTES];
};

static size_t first_place(const struct found_case *c, size_t cap)
{
    uint64_t h;
    memcpy(&h, c->hash, sizeof(h));
    return (size_t)h & (cap - 1);
}

static struct found_case *find(struct found_case *list, size_t cap, const struct found_case *want)
{
    size_t i = first_place(want, cap);
    while (list[i].which && memcmp(list[i].hash, want->hash, sizeof(want->hash)) != 0) {
        i = (i + 1) & (cap - 1);
    }
    return &list[i];
}

static void grow(struct building *b)
{
    struct arena larger = arena_make((size_t)4 << 30);
    size_t cap = b->cap * 2;
    struct found_case *list = arena_array(&larger, struct found_case, cap);
    for (size_t i = 0; i < b->cap; i++) {
        if (b->cases[i].which) {
            *find(list, cap, &b->cases[i]) = b->cases[i];
        }
    }
    arena_end(&b->table);
    b->table = larger;
    b->cases = list;
    b->cap = cap;
}

/* A secret hash of 128 bits tells keys apart without keeping them. */
static uint32_t case_of(struct building *b, str key)
{
    if (b->x->ncases * 2 >= b->cap) {
        grow(b);
    }
    struct found_case want = {0};
    crypto_shorthash_siphashx24(want.hash, (const unsigned char *)key.ptr, key.len, b->secret);
    struct found_case *c = find(b->cases, b->cap, &want);
    if (!c->which) {
        *c = want;
        c->which = (uint32_t)++b->x->ncases;
    }
    return c->which - 1;
}

static struct noted *add(struct building *b)
{
    struct import_index *x = b->x;
    if (x->n == x->nblocks * BLOCK) {
        if (x->nblocks == x->cap_blocks) {
            size_t cap = x->cap_blocks ? x->cap_blocks * 2 : 16;
            struct block **more = arena_array(b->life, struct block *, cap);
            if (x->nblocks) {
                memcpy(more, x->blocks, x->nblocks * sizeof(*more));
            }
            x->blocks = more;
            x->cap_blocks = cap;
        }
        x->blocks[x->nblocks++] =
            (struct block *)arena_alloc(b->life, 1, sizeof(struct block), alignof(struct block));
    }
    size_t i = x->n++;
    return &x->blocks[i / BLOCK]->lines[i % BLOCK];
}

static const struct noted *noted_at(const struct import_index *x, size_t i)
{
    return &x->blocks[i / BLOCK]->lines[i % BLOCK];
}

/* By case, and in a case as they stand in the file. */
static void put_together(struct building *b)
{
    struct import_index *x = b->x;
    x->start = arena_array(b->life, uint32_t, x->ncases + 2);
    x->order = arena_array(b->life, uint32_t, x->n + 1);
    for (size_t i = 0; i < x->n; i++) {
        x->start[noted_at(x, i)->which + 1]++;
    }
    for (size_t i = 0; i < x->ncases; i++) {
        x->start[i + 1] += x->start[i];
    }
    for (size_t i = 0; i < x->n; i++) { /* start moves on, and is put back below */
        x->order[x->start[noted_at(x, i)->which]++] = (uint32_t)i;
    }
    for (size_t i = x->ncases; i > 0; i--) {
        x->start[i] = x->start[i - 1];
    }
    x->start[0] = 0;
}

static err one_line(struct building *b, const struct mapping *m, struct arena *a,
                    const struct csv_row *row, const struct csv_place *place, import_bad_fn *bad,
                    void *arg)
{
    str key = lines_cell(a, m, row->cells[m->columns[m->key].at]);
    if (!key.ptr) {
        return bad(arg, place, row, WORDS("没有单号", "the line has no key"));
    }
    if (b->x->n == IMPORT_LINES_MAX) {
        return err_make(ERR_TOO_LARGE, STR("more than 20,000,000 lines; please divide the file"));
    }
    struct noted *l = add(b);
    l->offset = (uint64_t)place->offset & (((uint64_t)1 << 40) - 1);
    l->bytes = place->bytes & 0xFFFFFF;
    l->line = (uint32_t)place->line;
    l->which = case_of(b, key);
    return OK;
}

static err read_all(struct building *b, const struct mapping *m, struct csv_file *f,
                    import_bad_fn *bad, void *arg, struct import_counts *counts)
{
    struct arena a = arena_make(64 << 20);
    err e = OK;
    for (;;) {
        struct csv_row row;
        struct csv_place place;
        enum csv_status s = csv_file_next(f, &a, &row, &place);
        if (s == CSV_MORE || e.code) {
            break;
        }
        if (s == CSV_ROW && row.blank) {
            counts->blank++;
        } else if (s == CSV_ROW) {
            counts->lines++;
            e = one_line(b, m, &a, &row, &place, bad, arg);
        } else {
            counts->lines++;
            int64_t line = place.line + row.why_line - 1;
            str zh = row.why.zh;
            str en = row.why.en;
            struct words why = {
                str_fmt(&a, "第 %lld 行第 %d 字节：%.*s", (long long)line, row.why_col,
                        STR_ARG(zh)),
                str_fmt(&a, "line %lld, byte %d: %.*s", (long long)line, row.why_col, STR_ARG(en))};
            e = bad(arg, &place, NULL, why);
        }
        arena_reset(&a);
    }
    arena_end(&a);
    return e;
}

err import_index(struct arena *life, const struct mapping *m, struct csv_file *f,
                 import_bad_fn *bad, void *arg, struct import_counts *counts,
                 struct import_index **ret)
{
    struct building b = {.x = arena_new(life, struct import_index),
                         .life = life,
                         .table = arena_make((size_t)4 << 30),
                         .cap = FIRST_CAP};
    b.cases = arena_array(&b.table, struct found_case, b.cap);
    randombytes_buf(b.secret, sizeof(b.secret));
    err e = read_all(&b, m, f, bad, arg, counts);
    if (!e.code) {
        put_together(&b);
        counts->cases = (int64_t)b.x->ncases;
        *ret = b.x;
    }
    arena_end(&b.table);
    return e;
}

int64_t index_cases(const struct import_index *x)
{
    return (int64_t)x->ncases;
}

const struct csv_place *index_places(const struct import_index *x, struct arena *a, int64_t which,
                                     size_t *n)
{
    size_t from = x->start[which];
    *n = x->start[which + 1] - from;
    struct csv_place *list = arena_array(a, struct csv_place, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        const struct noted *l = noted_at(x, x->order[from + i]);
        list[i] = (struct csv_place){
            .offset = (int64_t)l->offset, .line = (int64_t)l->line, .bytes = (uint32_t)l->bytes};
    }
    return list;
}
