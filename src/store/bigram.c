#include "store/bigram.h"

#include "base/arena.h"
#include "base/buf.h"

#include <sqlite3.h>
#include <string.h>

enum {
    WORD_MAX = 64,             /* bytes of a word that count */
    QUERY_TOKENS_MAX = 64,     /* of what a person types */
    TSVECTOR_BYTES = 900000,   /* PostgreSQL refuses 1,048,576 */
    TSVECTOR_PLACE_MAX = 16383 /* its highest position */
};

struct token {
    const char *ptr;
    int len;
    int start, end; /* bytes of the text it stands for */
    bool beside;    /* at the place of the token before */
    bool open;      /* in a query: may go on */
};

/* Called for each token; anything but 0 ends the walk and is returned. */
typedef int (*emit_fn)(void *ctx, const struct token *t);

/* --- characters ---------------------------------------------------------------- */

/* The code point at p, and its bytes; 0xFFFD and 1 where it is malformed. */
static int code_point(const unsigned char *p, const unsigned char *end, uint32_t *ret)
{
    int n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n == 1) {
        *ret = p[0];
        return 1;
    }
    *ret = 0xFFFD;
    if (n == 0 || n > end - p || p[0] > 0xf4) {
        return 1;
    }
    uint32_t c = p[0] & (0x7fu >> n);
    for (int i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 1;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    *ret = c;
    return n;
}

static bool is_han(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0x3005 && c <= 0x3007) ||
           (c >= 0x3040 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7af) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

/* Folds case and width; 0 where c is no part of a word. */
static uint32_t fold(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xfee0;
    }
    if (c < 0x80) {
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
        bool upper = c >= 'A' && c <= 'Z';
        return upper ? c + 32 : word ? c : 0;
    }
    if (c < 0xc0 || c >= 0x2000 || c == 0xd7 || c == 0xf7) {
        return 0;
    }
    bool upper = (c <= 0xde) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f);
    return upper ? c + 32 : c;
}

/* c is below 0x2000 and folded. */
static int put_folded(char *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (char)(0xc0 | c >> 6);
        p[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    p[0] = (char)(0xe0 | c >> 12);
    p[1] = (char)(0x80 | (c >> 6 & 0x3f));
    p[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

/* --- the walk -------------------------------------------------------------------- */

struct walk {
    const unsigned char *text, *end, *at;
    bool query;
    void *ctx;
    emit_fn emit;
};

static int emit_at(const struct walk *w, const unsigned char *from, const unsigned char *to,
                   bool beside, bool open)
{
    struct token t = {.ptr = (const char *)from,
                      .len = (int)(to - from),
                      .start = (int)(from - w->text),
                      .end = (int)(to - w->text),
                      .beside = beside,
                      .open = open};
    return w->emit(w->ctx, &t);
}

/* A run of Chinese: its pairs, and (a query: only when it stands alone) its
 * last character, at the place of the last pair so that what follows is next
 * to both. */
static int walk_han(struct walk *w, int len)
{
    const unsigned char *first = w->at;
    int first_len = len;
    bool alone = true;
    for (;;) {
        const unsigned char *second = first + first_len;
        uint32_t c = 0;
        int n = second < w->end ? code_point(second, w->end, &c) : 0;
        if (!n || !is_han(c)) {
            w->at = second;
            return alone || !w->query ? emit_at(w, first, second, !alone, true) : 0;
        }
        int rc = emit_at(w, first, second + n, false, false);
        if (rc) {
            return rc;
        }
        alone = false;
        first = second;
        first_len = n;
    }
}

static int walk_word(struct walk *w)
{
    char word[WORD_MAX];
    int len = 0;
    bool full = false;
    const unsigned char *start = w->at;
    while (w->at < w->end) {
        uint32_t c;
        int n = code_point(w->at, w->end, &c);
        uint32_t f = fold(c);
        if (!f) {
            break;
        }
        full = full || len + 3 > WORD_MAX;
        if (!full) {
            len += put_folded(word + len, f);
        }
        w->at += n;
    }
    struct token t = {.ptr = word,
                      .len = len,
                      .start = (int)(start - w->text),
                      .end = (int)(w->at - w->text),
                      .open = true};
    return w->emit(w->ctx, &t);
}

static int walk(const char *text, size_t len, bool query, void *ctx, emit_fn emit)
{
    const unsigned char *p = (const unsigned char *)text;
    struct walk w = {
        .text = p, .end = p ? p + len : p, .at = p, .query = query, .ctx = ctx, .emit = emit};
    int rc = 0;
    while (w.at < w.end && !rc) {
        uint32_t c;
        int n = code_point(w.at, w.end, &c);
        if (is_han(c)) {
            rc = walk_han(&w, n);
        } else if (fold(c)) {
            rc = walk_word(&w);
        } else {
            w.at += n;
        }
    }
    return rc;
}

/* --- SQLite ------------------------------------------------------------------------ */

struct fts_emit {
    void *ctx;
    int (*fn)(void *, int, const char *, int, int, int);
};

static int fts_token(void *ctx, const struct token *t)
{
    const struct fts_emit *f = ctx;
    return f->fn(f->ctx, t->beside ? FTS5_TOKEN_COLOCATED : 0, t->ptr, t->len, t->start, t->end);
}

static int fts_create(void *ctx, const char **args, int n, Fts5Tokenizer **ret)
{
    (void)args;
    (void)n;
    *ret = ctx; /* the tokeniser keeps nothing; any pointer will do */
    return SQLITE_OK;
}

static void fts_delete(Fts5Tokenizer *t)
{
    (void)t;
}

static int fts_tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len,
                        int (*fn)(void *, int, const char *, int, int, int))
{
    (void)t;
    struct fts_emit f = {.ctx = ctx, .fn = fn};
    return walk(text, (size_t)len, flags & FTS5_TOKENIZE_QUERY, &f, fts_token);
}

bool bigram_register(struct sqlite3 *h)
{
    fts5_api *api = NULL;
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(h, "select fts5(?1)", -1, &s, NULL)) {
        return false;
    }
    sqlite3_bind_pointer(s, 1, &api, "fts5_api_ptr", NULL);
    sqlite3_step(s);
    sqlite3_finalize(s);
    fts5_tokenizer t = {fts_create, fts_delete, fts_tokenize};
    return api && api->xCreateTokenizer(api, "bigram", h, &t, NULL) == SQLITE_OK;
}

/* --- queries ------------------------------------------------------------------------ */

struct word {
    char text[WORD_MAX];
    int len;
    int term; /* 0, 1 ... */
    bool open;
};

struct words_of {
    struct word list[QUERY_TOKENS_MAX];
    int len;
    int term;
};

static int query_token(void *ctx, const struct token *t)
{
    struct words_of *q = ctx;
    if (q->len == QUERY_TOKENS_MAX) {
        return 1;
    }
    struct word *w = &q->list[q->len++];
    memcpy(w->text, t->ptr, (size_t)t->len);
    w->len = t->len;
    w->term = q->term;
    w->open = t->open;
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The words of what a person typed.  Only the last of a term may go on. */
static const struct words_of *read_query(struct arena *a, str typed)
{
    struct words_of *q = arena_new(a, struct words_of);
    for (size_t i = 0; i < typed.len;) {
        size_t end = i;
        while (end < typed.len && !is_space(typed.ptr[end])) {
            /* the ideographic space, U+3000, is E3 80 80 */
            if (str_starts(str_from_n(typed.ptr + end, typed.len - end), STR("\xe3\x80\x80"))) {
                break;
            }
            end++;
        }
        int before = q->len;
        walk(typed.ptr + i, end - i, true, q, query_token);
        q->term += q->len > before;
        i = end < typed.len && !is_space(typed.ptr[end]) ? end + 3 : end + 1;
    }
    for (int i = 0; i + 1 < q->len; i++) {
        q->list[i].open = q->list[i].open && q->list[i + 1].term != q->list[i].term;
    }
    return q;
}

static str word_text(const struct word *w)
{
    return str_from_n(w->text, (size_t)w->len);
}

static str match_text(struct arena *a, const struct words_of *q, enum bigram_form form)
{
    struct buf b = buf_make(a, 1 << 16);
    bool phrase = form == BIGRAM_PHRASE;
    for (int i = 0; i < q->len; i++) {
        const struct word *w = &q->list[i];
        bool first = i == 0 || q->list[i - 1].term != w->term || !phrase;
        bool last = i + 1 == q->len || q->list[i + 1].term != w->term || !phrase;
        if (first) {
            buf_put(&b, i ? STR(" AND \"") : STR("\""));
        } else {
            buf_put_c(&b, ' ');
        }
        buf_put(&b, word_text(w));
        if (last) {
            buf_put(&b, w->open ? STR("\" *") : STR("\""));
        }
    }
    return buf_str(&b);
}

static str tsquery_text(struct arena *a, const struct words_of *q, enum bigram_form form)
{
    struct buf b = buf_make(a, 1 << 16);
    for (int i = 0; i < q->len; i++) {
        const struct word *w = &q->list[i];
        bool same = i > 0 && q->list[i - 1].term == w->term;
        if (i) {
            buf_put(&b, same && form == BIGRAM_PHRASE ? STR(" <-> ") : STR(" & "));
        }
        buf_put_c(&b, '\'');
        buf_put(&b, word_text(w));
        buf_put(&b, w->open ? STR("':*") : STR("'"));
    }
    return buf_str(&b);
}

bool bigram_query(struct arena *a, str typed, enum bigram_form form, struct bigram_query *ret)
{
    const struct words_of *q = read_query(a, typed);
    if (q->len == 0) {
        return false;
    }
    *ret =
        (struct bigram_query){.match = match_text(a, q, form), .tsquery = tsquery_text(a, q, form)};
    return true;
}

/* --- tokens for PostgreSQL ---------------------------------------------------------------- */

struct put_tokens {
    struct buf out;
    size_t bytes; /* as the tsvector will count them, at most */
    int place;
};

static int put_token(void *ctx, const struct token *t)
{
    enum { PER_TOKEN = 8 }; /* position, its count, alignment */
    struct put_tokens *p = ctx;
    p->bytes += (size_t)t->len + PER_TOKEN;
    if (p->bytes > TSVECTOR_BYTES) {
        return 1;
    }
    p->place += t->beside ? 0 : 1;
    if (p->out.len) {
        buf_put_c(&p->out, ' ');
    }
    buf_put_c(&p->out, '\'');
    buf_put(&p->out, str_from_n(t->ptr, (size_t)t->len));
    BUF_LIT(&p->out, "':");
    buf_put_i64(&p->out, p->place < TSVECTOR_PLACE_MAX ? p->place : TSVECTOR_PLACE_MAX);
    return 0;
}

str bigram_tokens(struct arena *a, str text)
{
    struct put_tokens p = {.out = buf_make(a, 16 << 20)};
    walk(text.ptr, text.len, false, &p, put_token);
    return buf_str(&p.out);
}

/* --- comparing in memory -------------------------------------------------------------------- */

struct match {
    const struct words_of *query;
    /* Bit i: words 0..i of its term ended at the last place / end at this one. */
    uint64_t before, here;
    uint64_t found; /* last words of terms that were found */
};

static bool fits(const struct word *w, const struct token *t)
{
    bool long_enough = w->open ? t->len >= w->len : t->len == w->len;
    return long_enough && memcmp(w->text, t->ptr, (size_t)w->len) == 0;
}

static int match_token(void *ctx, const struct token *t)
{
    struct match *m = ctx;
    const struct words_of *q = m->query;
    if (!t->beside) {
        m->before = m->here;
        m->here = 0;
    }
    for (int i = 0; i < q->len; i++) {
        bool first = i == 0 || q->list[i - 1].term != q->list[i].term;
        if ((first || (m->before >> (i - 1) & 1)) && fits(&q->list[i], t)) {
            m->here |= (uint64_t)1 << i;
        }
    }
    m->found |= m->here;
    return 0;
}

bool bigram_match(struct arena *a, str text, str typed)
{
    struct match m = {.query = read_query(a, typed)};
    const struct words_of *q = m.query;
    walk(text.ptr, text.len, false, &m, match_token);
    for (int i = 0; i < q->len; i++) {
        bool last = i + 1 == q->len || q->list[i + 1].term != q->list[i].term;
        if (last && !(m.found >> i & 1)) {
            return false;
        }
    }
    return q->len > 0;
}
