/* search.c - words found in records and clauses. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/markdown.h"
#include "engine/desk.h"
#include "engine/record_load.h"
#include "store/bigram.h"

#include <string.h>

enum { HITS = 30, CLAUSES = 8, FIRST = 40, BATCH = 200, BUDGET_US = 40000, AROUND = 60 };

struct finding {
    const struct ctx *ctx;
    str query;
    const struct type *only;
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

/* Those of `list` the actor may see, one statement a type. */
static err keep_visible(struct finding *f, const struct found *list, size_t n)
{
    const struct ctx *ctx = f->ctx;
    struct names *names = names_begin(ctx);
    for (size_t i = 0; i < n; i++) {
        names_want(names, model_type_at(ctx->model, (int)list[i].type), list[i].id);
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    names_ask(names, b);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    names_read(names, b);
    for (size_t i = 0; i < n && f->n < HITS + CLAUSES; i++) {
        const struct type *t = model_type_at(ctx->model, (int)list[i].type);
        struct record_ref ref = names_get(names, t, list[i].id);
        bool twice = false;
        for (size_t k = 0; k < f->n; k++) {
            twice = twice || (f->list[k].kind == HIT_RECORD && f->list[k].rec.id == ref.id);
        }
        if (ref.visible && !twice) {
            f->list[f->n++] = (struct search_hit){
                .kind = HIT_RECORD, .rec = ref, .snippet = snippet(ctx, list[i].body, f->query)};
        }
    }
    return OK;
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

/* Newest first, in steps, until the page is full or the time is up. */
static err find_records(struct finding *f, int64_t older, int64_t *ret_older)
{
    const struct ctx *ctx = f->ctx;
    bool sqlite = db_kind(ctx->db) == DB_SQLITE;
    struct bigram_query q;
    if (!bigram_query(ctx->arena, f->query, BIGRAM_ALL, &q)) {
        *ret_older = 0;
        return OK;
    }
    str match = sqlite ? q.match : q.tsquery;
    int64_t before = older ? older : INT64_MAX;
    int64_t began = clock_mono_us();
    struct found *list = arena_array(ctx->arena, struct found, BATCH + 1);
    *ret_older = 0;
    for (int64_t want = FIRST; f->n < HITS; want = BATCH) { /* most pages are full at once */
        struct rows r;
        struct db_args args = ARGS(db_text(match), db_i64(before), db_i64(want));
        err e = sqlite ? db_query(ctx->db, ctx->arena,
                                  SQL("select s.\"record\", s.\"type\", s.\"body\" from"
                                      " (select rowid as id from search_fts where search_fts"
                                      " match $1 and rowid < $2 order by rowid desc limit $3) f"
                                      " join search_text s on s.\"record\" = f.id"
                                      " order by f.id desc"),
                                  args, &r)
                       : db_query(ctx->db, ctx->arena,
                                  SQL("select \"record\", \"type\", \"body\" from search_text"
                                      " where tokens @@ cast($1 as tsquery) and \"record\" < $2"
                                      " order by \"record\" desc limit $3"),
                                  args, &r);
        if (e.code) {
            return e;
        }
        bool full = rows_count(&r) == want;
        size_t n = take(f, &r, list, &before);
        e = keep_visible(f, list, n);
        if (e.code || !full) {
            return e;
        }
        if (clock_mono_us() - began > BUDGET_US) {
            break;
        }
    }
    *ret_older = before;
    return OK;
}

/* Records not yet indexed: looked through one by one, so that nobody misses
 * what he has just written. */
static err find_waiting(struct finding *f)
{
    const struct ctx *ctx = f->ctx;
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select \"record\", \"type\" from \"search_queue\""
                         " order by \"record\" desc limit 200"),
                     NO_ARGS, &r);
    if (e.code || !rows_count(&r)) {
        return e;
    }
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    struct found *list = arena_array(ctx->arena, struct found, 201);
    int places[200];
    size_t n = 0;
    while (rows_next(&r) && n < 200) {
        const struct type *t = model_type_at(ctx->model, (int)rows_i64(&r, 1));
        if (!t || (f->only && f->only != t)) {
            continue;
        }
        struct sqlb q = sqlb_make(ctx->arena);
        SQLB_LIT(&q, "select coalesce(r.\"number\", '') || ' ' || coalesce(r.\"name\", '')");
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
        SQLB_LIT(&q, " r where r.\"id\" = $1");
        list[n] = (struct found){rows_i64(&r, 0), t->code, STR("")};
        places[n] = batch_add(b, sqlb_end(&q), ARGS(db_i64(list[n].id)));
        n++;
    }
    e = n ? batch_run(b) : OK;
    size_t kept = 0;
    for (size_t i = 0; !e.code && i < n; i++) {
        struct rows one = batch_rows(b, places[i]);
        if (rows_next(&one)) {
            str body = rows_text(&one, 0);
            if (place_of(body, f->query) < body.len) {
                list[kept] = list[i];
                list[kept++].body = body;
            }
        }
    }
    return e.code ? e : keep_visible(f, list, kept);
}

err desk_search(const struct ctx *ctx, str query, const struct type *only, int64_t older,
                struct search_hit **ret, size_t *n, int64_t *ret_older)
{
    struct finding f = {.ctx = ctx,
                        .query = str_trim(query.len > 200 ? STR("") : query),
                        .only = only,
                        .list = arena_array(ctx->arena, struct search_hit, HITS + CLAUSES + 1)};
    err e = OK;
    *ret_older = 0;
    if (f.query.len && !older && !only) {
        find_clauses(&f);
    }
    if (f.query.len && !older) {
        e = find_waiting(&f);
    }
    if (f.query.len && !e.code) {
        e = find_records(&f, older, ret_older);
    }
    *ret = f.list;
    *n = f.n;
    return e;
}
