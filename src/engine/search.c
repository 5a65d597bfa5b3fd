/* search.c - words found in records and clauses. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/markdown.h"
#include "engine/desk.h"
#include "engine/record_load.h"
#include "store/bigram.h"

#include <string.h>

enum {
    HITS = 30,
    CLAUSES = 8,
    FIRST = 40,
    BATCH = 200,
    BUDGET_US = 40000,
    AROUND = 60,
    WAITING = 200
};

struct finding {
    const struct ctx *ctx;
    str query;
    const struct type *only;
    str match; /* as the index is asked; empty: nothing to ask it */
    struct search_hit *list;
    size_t n;
};

/* --- snippets ----------------------------------------------------------------------- */

static bool same_words(const char *s, str words)
{
    for (size_t k = 0; k < words.len; k++) {
        char a = s[k];
        char b = words.ptr[k];
        a = a >= 'A' && a <= 'Z' ? (char)(a + 32) : a;
        b = b >= 'A' && b <= 'Z' ? (char)(b + 32) : b;
        if (a != b) {
            return false;
        }
    }
    return true;
}

/* Where the words stand (ASCII letters in either case), or s.len. */
static size_t place_of(str s, str words)
{
    if (!words.len || words.len > s.len) {
        return s.len;
    }
    const char *end = s.ptr + (s.len - words.len + 1);
    bool letter = (words.ptr[0] | 32) >= 'a' && (words.ptr[0] | 32) <= 'z';
    for (const char *p = s.ptr; p < end; p++) {
        if (!letter) {
            p = memchr(p, words.ptr[0], (size_t)(end - p));
            if (!p) {
                break;
            }
        }
        if (same_words(p, words)) {
            return (size_t)(p - s.ptr);
        }
    }
    return s.len;
}

static size_t back_to_start(str s, size_t i)
{
    while (i > 0 && i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80) {
        i--;
    }
    return i;
}

static str snippet(const struct ctx *ctx, str body, str query)
{
    size_t at = place_of(body, query);
    if (at == body.len) {
        size_t end = back_to_start(body, body.len < 2 * AROUND ? body.len : 2 * AROUND);
        return str_from_n(body.ptr, end);
    }
    size_t from = back_to_start(body, at > AROUND ? at - AROUND : 0);
    size_t end = at + query.len + AROUND;
    end = end < body.len ? back_to_start(body, end) : body.len;
    return str_fmt(ctx->arena, "%s%.*s\x01%.*s\x02%.*s%s", from ? "…" : "", (int)(at - from),
                   body.ptr + from, (int)query.len, body.ptr + at, (int)(end - at - query.len),
                   body.ptr + at + query.len, end < body.len ? "…" : "");
}

/* --- clauses --------------------------------------------------------------------------- */

static void find_clauses(struct finding *f)
{
    const struct model *m = f->ctx->model;
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *l = m->regs[i]->newest;
        for (size_t k = 0; k < l->nclauses && f->n < CLAUSES; k++) {
            const struct clause *c = &l->clauses[k];
            str text = words_in(c->text, f->ctx->lang);
            str title = words_in(c->title, f->ctx->lang);
            if (place_of(text, f->query) < text.len || place_of(title, f->query) < title.len) {
                f->list[f->n++] = (struct search_hit){
                    .kind = HIT_CLAUSE,
                    .clause = c,
                    .snippet = snippet(f->ctx, markdown_plain(f->ctx->arena, text), f->query)};
            }
        }
    }
}

/* --- records ------------------------------------------------------------------------------ */

struct found {
    int64_t id, type;
    str body;
};

static struct names *want_visible(struct finding *f, const struct found *list, size_t n)
{
    struct names *names = names_begin(f->ctx);
    for (size_t i = 0; i < n; i++) {
        names_want(names, model_type_at(f->ctx->model, (int)list[i].type), list[i].id);
    }
    return names;
}

static void add_hit(struct finding *f, struct record_ref ref, str body)
{
    for (size_t k = 0; k < f->n; k++) {
        if (f->list[k].kind == HIT_RECORD && f->list[k].rec.id == ref.id) {
            return;
        }
    }
    if (f->n < HITS + CLAUSES) {
        f->list[f->n++] = (struct search_hit){
            .kind = HIT_RECORD, .rec = ref, .snippet = snippet(f->ctx, body, f->query)};
    }
}

/* Those of `list` the actor may see, one statement a type. */
static void keep_visible(struct finding *f, struct names *names, struct batch *b,
                         const struct found *list, size_t n)
{
    names_read(names, b);
    for (size_t i = 0; i < n; i++) {
        const struct type *t = model_type_at(f->ctx->model, (int)list[i].type);
        struct record_ref ref = names_get(names, t, list[i].id);
        if (ref.visible) {
            add_hit(f, ref, list[i].body);
        }
    }
}

static size_t take(const struct finding *f, struct rows *r, struct found *list, int64_t *last)
{
    size_t n = 0;
    while (rows_next(r)) {
        *last = rows_i64(r, 0);
        bool here = !f->only || f->only->code == rows_i64(r, 1);
        /* The index knows which pairs stand in a text, not where. */
        if (here && bigram_match(f->ctx->arena, rows_text(r, 2), f->query)) {
            list[n++] = (struct found){rows_i64(r, 0), rows_i64(r, 1), rows_text(r, 2)};
        }
    }
    return n;
}

/* Up to `want` texts the index finds, newest first, below `before`. */
static int ask_index(struct finding *f, struct batch *b, int64_t before, int64_t want)
{
    struct db_args args = ARGS(db_text(f->match), db_i64(before), db_i64(want));
    if (db_kind(f->ctx->db) == DB_SQLITE) {
        return batch_add(b,
                         SQL("select s.\"record\", s.\"type\", s.\"body\" from"
                             " (select rowid as id from search_fts where search_fts"
                             " match $1 and rowid < $2 order by rowid desc limit $3) f"
                             " join search_text s on s.\"record\" = f.id"
                             " order by f.id desc"),
                         args);
    }
    return batch_add(b,
                     SQL("select \"record\", \"type\", \"body\" from search_text"
                         " where tokens @@ cast($1 as tsquery) and \"record\" < $2"
                         " order by \"record\" desc limit $3"),
                     args);
}

/* Older ones, in steps, until the page is full or the time is up. */
static err find_older(struct finding *f, int64_t before, int64_t *ret_older)
{
    const struct ctx *ctx = f->ctx;
    int64_t began = clock_mono_us();
    struct found *list = arena_array(ctx->arena, struct found, BATCH + 1);
    while (f->n < HITS && clock_mono_us() - began <= BUDGET_US) {
        struct batch *b = batch_begin(ctx->db, ctx->arena);
        int place = ask_index(f, b, before, BATCH);
        err e = batch_run(b);
        if (e.code) {
            return e;
        }
        struct rows r = batch_rows(b, place);
        bool full = rows_count(&r) == BATCH;
        size_t n = take(f, &r, list, &before);
        struct names *names = want_visible(f, list, n);
        b = batch_begin(ctx->db, ctx->arena);
        names_ask(names, b);
        e = batch_run(b);
        if (e.code) {
            return e;
        }
        keep_visible(f, names, b, list, n);
        if (!full) {
            return OK;
        }
    }
    *ret_older = before;
    return OK;
}

/* --- records not yet indexed ---------------------------------------------------------------- */

/* Looked through as they are, so that nobody misses what he has just written: one
 * statement a type, those he may see. */
static struct sql waiting_sql(const struct ctx *ctx, const struct type *t, size_t width)
{
    struct sqlb q = sqlb_make(ctx->arena);
    SQLB_LIT(&q, "select r.\"id\", r.\"number\", r.\"name\","
                 " coalesce(r.\"number\", '') || ' ' || coalesce(r.\"name\", '')");
    for (size_t i = 0; i < t->newest->nfields; i++) {
        const struct field *x = &t->newest->fields[i];
        if (x->column.len && x->value.kind == V_TEXT && !x->see.tree) {
            SQLB_LIT(&q, " || ' ' || coalesce(r.");
            sqlb_ident(&q, x->column);
            SQLB_LIT(&q, ", '')");
        }
    }
    SQLB_LIT(&q, " from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " r where ");
    load_visible_few(ctx, &q, t);
    SQLB_LIT(&q, " and r.\"id\" in (");
    for (size_t i = 0; i < width; i++) {
        if (i) {
            SQLB_LIT(&q, ", ");
        }
        sqlb_param(&q, (int)i + 4);
    }
    SQLB_LIT(&q, ") order by r.\"id\" desc");
    return sqlb_end(&q);
}

static void ask_waiting(struct finding *f, struct batch *b, const struct rows *queue, int *places)
{
    const struct ctx *ctx = f->ctx;
    for (size_t t = 0; t < ctx->model->ntypes; t++) {
        const struct type *type = ctx->model->types[t];
        struct db_arg ids[256];
        size_t n = 0;
        places[t] = -1;
        struct rows r = *queue;
        while ((!f->only || f->only == type) && rows_next(&r) && n < WAITING) {
            if (rows_i64(&r, 1) == type->code) {
                ids[n++] = db_i64(rows_i64(&r, 0));
            }
        }
        size_t width = 1;
        while (width < n) {
            width *= 2;
        }
        for (size_t i = n; i < width; i++) {
            ids[i] = db_null_i64();
        }
        if (n) {
            places[t] = batch_add(b, waiting_sql(ctx, type, width), ctx_args(ctx, ids, (int)width));
        }
    }
}

static void read_waiting(struct finding *f, struct batch *b, const int *places)
{
    for (size_t t = 0; t < f->ctx->model->ntypes; t++) {
        if (places[t] < 0) {
            continue;
        }
        struct rows r = batch_rows(b, places[t]);
        while (rows_next(&r)) {
            str body = rows_text(&r, 3);
            if (place_of(body, f->query) < body.len) {
                add_hit(f,
                        (struct record_ref){rows_i64(&r, 0), f->ctx->model->types[t],
                                            rows_text(&r, 2), rows_text(&r, 1), true},
                        body);
            }
        }
    }
}

/* --- the search ----------------------------------------------------------------------------- */

/* Two trips: what waits and what the index has; then what of it he may see. */
static err find(struct finding *f, int64_t older, int64_t *ret_older)
{
    const struct ctx *ctx = f->ctx;
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int queue = older ? -1
                      : batch_add(b,
                                  SQL("select \"record\", \"type\" from \"search_queue\""
                                      " order by \"record\" desc limit 200"),
                                  NO_ARGS);
    int64_t before = older ? older : INT64_MAX;
    int index = f->match.len ? ask_index(f, b, before, FIRST) : -1;
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows waiting = {0};
    struct rows hits = {0};
    if (queue >= 0) {
        waiting = batch_rows(b, queue);
    }
    struct found *list = arena_array(ctx->arena, struct found, FIRST + 1);
    size_t n = 0;
    bool full = false;
    if (index >= 0) {
        hits = batch_rows(b, index);
        full = rows_count(&hits) == FIRST;
        n = take(f, &hits, list, &before);
    }
    int *places = arena_array(ctx->arena, int, ctx->model->ntypes + 1);
    struct names *names = want_visible(f, list, n);
    b = batch_begin(ctx->db, ctx->arena);
    if (queue >= 0) {
        ask_waiting(f, b, &waiting, places);
    }
    names_ask(names, b);
    e = batch_run(b);
    if (e.code) {
        return e;
    }
    if (queue >= 0) {
        read_waiting(f, b, places);
    }
    keep_visible(f, names, b, list, n);
    return full ? find_older(f, before, ret_older) : OK;
}

err desk_search(const struct ctx *ctx, str query, const struct type *only, int64_t older,
                struct search_hit **ret, size_t *n, int64_t *ret_older)
{
    struct finding f = {.ctx = ctx,
                        .query = str_trim(query.len > 200 ? STR("") : query),
                        .only = only,
                        .list = arena_array(ctx->arena, struct search_hit, HITS + CLAUSES + 1)};
    struct bigram_query q;
    err e = OK;
    *ret_older = 0;
    if (f.query.len && !older && !only) {
        find_clauses(&f);
    }
    if (f.query.len && bigram_query(ctx->arena, f.query, BIGRAM_ALL, &q)) {
        f.match = db_kind(ctx->db) == DB_SQLITE ? q.match : q.tsquery;
    }
    if (f.query.len) {
        e = find(&f, older, ret_older);
    }
    *ret = f.list;
    *n = f.n;
    return e;
}
