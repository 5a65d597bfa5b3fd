/* package_rows.c - the population of a package: every line, the figures, the sample. */
#include "base/arena.h"
#include "ledger/canon.h"
#include "ledger/package_int.h"
#include "ledger/sample.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct package_checking *c;
    struct hasher *violations;
    struct package_population p;
    char *line;
    size_t len;
    int64_t key, lines, hidden, bad_line; /* bad_line: from 1; 0: none */
    struct package_drawn **wanted;        /* by place */
    int nwanted, found;
};

static void one_line(struct walk *w)
{
    enum package_verdict v;
    str row;
    str line = str_from_n(w->line, w->len);
    w->lines++;
    if (w->bad_line) {
        return;
    }
    if (!package_line_read(w->c->h, &w->p, line, &w->key, &v, &row)) {
        w->bad_line = w->lines;
        return;
    }
    w->hidden += str_eq(row, PACKAGE_HIDDEN);
    if (v != PACKAGE_OK) {
        hash_put(w->violations, line.ptr, line.len);
        hash_put(w->violations, "\n", 1);
    }
    if (w->found < w->nwanted && w->wanted[w->found]->place == w->lines - 1) {
        w->wanted[w->found++]->line = str_copy(w->c->a, line);
    }
}

static void take(void *arg, const char *bytes, size_t n)
{
    struct walk *w = arg;
    while (n) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        if (w->len + part > PACKAGE_LINE_MAX) {
            w->bad_line = w->bad_line ? w->bad_line : w->lines + 1;
            part = end ? part : n;
            w->len = 0;
        } else {
            memcpy(w->line + w->len, bytes, part);
            w->len += part;
        }
        if (end) {
            one_line(w);
            w->len = 0;
            part++;
        }
        bytes += part;
        n -= part;
    }
}

/* --- the sample ---------------------------------------------------------------------------- */

static int by_place(const void *x, const void *y)
{
    const struct package_drawn *a = *(struct package_drawn *const *)x;
    const struct package_drawn *b = *(struct package_drawn *const *)y;
    return (a->place > b->place) - (a->place < b->place);
}

static void draw(struct walk *w)
{
    const struct package_options *o = w->c->opt;
    struct package_report *r = w->c->ret;
    struct note_checkpoint later;
    int64_t places[SAMPLE_MAX];
    if (!o->nonce.len || r->n < 1) {
        return;
    }
    err e = note_open(proof_checkpoint(o->later), o->keys, o->nkeys, &later, NULL);
    if (e.code || later.size <= r->cp.size) {
        package_blame(w->c, STR("snapshot.tlog-proof"),
                      WORDS("抽样所用的检查点没有有效签名，或不晚于本包的检查点。",
                            "The checkpoint of the draw is not signed, or not later than the"
                            " package's."),
                      e.code ? e.detail : STR("not later"));
        return;
    }
    r->seed = sample_seed(w->c->h, &later.root, o->nonce, o->campaign, r->control);
    r->ndrawn = sample_draw(w->c->h, &r->seed, r->n, o->draws, places);
    r->drawn = arena_array(w->c->a, struct package_drawn, (size_t)r->ndrawn + 1);
    w->wanted = arena_array(w->c->a, struct package_drawn *, (size_t)r->ndrawn + 1);
    w->nwanted = r->ndrawn;
    for (int i = 0; i < r->ndrawn; i++) {
        r->drawn[i].place = places[i];
        w->wanted[i] = &r->drawn[i];
    }
    qsort(w->wanted, (size_t)w->nwanted, sizeof(struct package_drawn *), by_place);
}

/* --- beside what the snapshot says ------------------------------------------------------------ */

static bool root_fits(struct package_checking *c, const struct hash *root)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * HASH_LEN];
    struct canon_value v;
    for (size_t i = 0; i < HASH_LEN; i++) {
        hex[2 * i] = digits[root->b[i] >> 4];
        hex[2 * i + 1] = digits[root->b[i] & 15];
    }
    return canon_find(c->payload, STR("population_root"), &v) &&
           str_eq(canon_text(c->a, v), str_from_n(hex, sizeof(hex)));
}

static void compare(struct walk *w)
{
    struct package_checking *c = w->c;
    struct package_report *r = c->ret;
    struct hash root = merkle_root(c->h, &w->p.tree);
    bool fits = w->lines == r->n && root_fits(c, &root);
    for (int i = 0; i < PACKAGE_VERDICTS; i++) {
        fits = fits && w->p.count[i] == r->count[i];
    }
    if (!fits) {
        package_blame(
            c, STR("population.ndjson"),
            WORDS("记录数或根与快照不符。", "Its figures or its root do not fit the snapshot."),
            str_fmt(c->a, "%lld lines, %lld in the snapshot", (long long)w->lines,
                    (long long)r->n));
    }
    struct package_seen *s = package_seen(c, "violations.ndjson");
    struct hash want = hash_end(w->violations);
    if (s->there && !s->vouched && !hash_eq(want, s->digest)) {
        package_blame(c, STR("violations.ndjson"),
                      WORDS("与总体中不符合的记录不一致。",
                            "It is not what the population says does not hold."),
                      STR("not the lines of population.ndjson whose verdict is not ok"));
    }
}

void package_check_rows(struct package_checking *c)
{
    const struct package_seen *s = package_seen(c, "population.ndjson");
    struct walk w = {.c = c, .key = -1};
    size_t i = 0;
    if (!s->whole || !c->proved) {
        return; /* what it would be compared with is not believed */
    }
    while (!str_eq(package_file(c->p, i), STR("population.ndjson"))) {
        i++;
    }
    draw(&w);
    w.line = arena_bytes(c->a, PACKAGE_LINE_MAX);
    w.violations = hash_make(c->a);
    hash_begin(w.violations);
    err e = package_read(c->p, i, take, &w);
    if (w.len || w.bad_line || e.code) {
        package_blame(
            c, STR("population.ndjson"),
            WORDS("有一行不是总体的记录。", "A line is no record of a population."),
            str_fmt(c->a, "line %lld", (long long)(w.bad_line ? w.bad_line : w.lines + 1)));
        (void)hash_end(w.violations);
    } else {
        compare(&w);
    }
    c->ret->hidden = w.hidden;
}
