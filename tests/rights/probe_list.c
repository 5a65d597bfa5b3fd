/* probe_list.c - many records at once: lists, counts, exports, suggestions,
 * filters through references, words searched for. */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 4000, PAGES_MAX = 40 };

/* --- which records there must be --------------------------------------------------------- */

static size_t visible(struct probe *p, const struct who *who, const struct type *t, int64_t *ids,
                      bool *unclear)
{
    size_t n = 0;
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *x = &p->f->list[i];
        if (x->type == t) {
            enum truth may = probe_sees(p, x, who);
            *unclear = *unclear || may == UNCLEAR;
            if (may == YES && n < IDS_MAX) {
                ids[n++] = x->id;
            }
        }
    }
    return n;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void compare(struct probe *p, const char *what, const struct who *who, const struct type *t,
                    int64_t *have, size_t nhave, int64_t *want, size_t nwant)
{
    qsort(have, nhave, sizeof(*have), by_id);
    qsort(want, nwant, sizeof(*want), by_id);
    if (nhave != nwant || (nhave && memcmp(have, want, nhave * sizeof(*have)) != 0)) {
        probe_find(p, "%s of %.*s as %.*s: %zu records, the definition says %zu", what,
                   STR_ARG(t->key), STR_ARG(who->login), nhave, nwant);
    }
}

static const char *encoded(struct probe *p, str s)
{
    static const char hex[] = "0123456789ABCDEF";
    char *q = arena_bytes(&p->a, s.len * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        q[n++] = '%';
        q[n++] = hex[c >> 4];
        q[n++] = hex[c & 15];
    }
    q[n] = 0;
    return q;
}

/* --- lists --------------------------------------------------------------------------------------
 */

/* All pages of the API's list; -1: refused. */
static int64_t walk_list(struct probe *p, const struct who *who, const struct type *t,
                         const char *query, int64_t *ids, int64_t *count)
{
    str cursor = STR("");
    size_t n = 0;
    *count = -1;
    for (int page = 0; page < PAGES_MAX; page++) {
        str q = str_fmt(&p->a, "limit=200&count=1%s%s%s%s", query[0] ? "&" : "", query,
                        cursor.len ? "&cursor=" : "", cursor.len ? encoded(p, cursor) : "");
        struct reply r = probe_get(p, "GET /api/v1/r/~", who,
                                   str_fmt(&p->a, "/api/v1/r/%.*s", STR_ARG(t->key)), q.ptr);
        const struct json_value *j = probe_json(p, &r);
        const struct json_value *items = json_get(j, STR("items"));
        if (r.status != 200 || !items) {
            return -1;
        }
        for (size_t i = 0; i < items->len && n < IDS_MAX; i++) {
            ids[n++] = json_i64_of(json_get(&items->items[i], STR("id")), 0);
        }
        if (*count < 0) {
            *count = json_i64_of(json_get(j, STR("count")), -1);
        }
        cursor = json_str_of(json_get(j, STR("next")));
        if (!cursor.len) {
            return (int64_t)n;
        }
    }
    return (int64_t)n;
}

static size_t times(str s, const char *part)
{
    size_t n = 0;
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= s.len; i++) {
        n += memcmp(s.ptr + i, part, len) == 0;
    }
    return n;
}

/* Rows of a CSV text, quoted line ends left out. */
static size_t csv_rows(str s)
{
    bool quoted = false;
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        quoted = s.ptr[i] == '"' ? !quoted : quoted;
        n += s.ptr[i] == '\n' && !quoted;
    }
    return n ? n - 1 : 0;
}

/* How many records of the type a page links to ("/r/TYPE/ID"), each once. */
static size_t linked(struct probe *p, const struct who *who, str s, const struct type *t,
                     int64_t *ids)
{
    str want = str_fmt(&p->a, "/r/%.*s/", STR_ARG(t->key));
    size_t n = 0;
    for (size_t i = 0; i + want.len < s.len && n < IDS_MAX; i++) {
        if (memcmp(s.ptr + i, want.ptr, want.len) != 0) {
            continue;
        }
        size_t k = i + want.len;
        size_t len = 0;
        int64_t id;
        while (k + len < s.len && s.ptr[k + len] >= '0' && s.ptr[k + len] <= '9') {
            len++;
        }
        bool fresh = str_to_i64(str_from_n(s.ptr + k, len), &id);
        for (size_t c = 0; fresh && c < n; c++) {
            fresh = ids[c] != id;
        }
        const struct fact *x = fresh ? fact_of(p->f, id) : NULL;
        if (x && probe_sees(p, x, who) == NO) {
            probe_find(p, "a page as %.*s links to %.*s", STR_ARG(who->login), 30, s.ptr + i);
        }
        if (fresh) {
            ids[n++] = id;
        }
    }
    return n;
}

static void list_of(struct probe *p, const struct who *who, const struct type *t)
{
    int64_t *want = arena_array(&p->a, int64_t, IDS_MAX);
    int64_t *have = arena_array(&p->a, int64_t, IDS_MAX);
    bool unclear = false;
    int64_t count;
    str path = str_fmt(&p->a, "/r/%.*s", STR_ARG(t->key));
    size_t nwant = visible(p, who, t, want, &unclear);
    if (unclear) {
        return;
    }
    int64_t n = walk_list(p, who, t, "", have, &count);
    if (n < 0) {
        probe_find(p, "list %.*s as %.*s: refused", STR_ARG(path), STR_ARG(who->login));
        return;
    }
    compare(p, "list", who, t, have, (size_t)n, want, nwant);
    if (count != (int64_t)nwant) {
        probe_find(p, "count %.*s as %.*s: %lld, the definition says %zu", STR_ARG(path),
                   STR_ARG(who->login), (long long)count, nwant);
    }
    struct reply r = probe_get(p, "GET /r/~", who, path, "n=1");
    size_t shown = linked(p, who, r.body, t, have);
    if (r.status != 200 || shown < (nwant < 50 ? nwant : 50)) {
        probe_find(p, "page %.*s as %.*s: %d, %zu rows of %zu", STR_ARG(path), STR_ARG(who->login),
                   r.status, shown, nwant);
    }
    r = probe_get(p, "GET /r/~/export", who, str_fmt(&p->a, "%.*s/export", STR_ARG(path)), NULL);
    if (r.status != 200 || csv_rows(r.body) != nwant) {
        probe_find(p, "export %.*s as %.*s: %d, %zu rows of %zu", STR_ARG(path),
                   STR_ARG(who->login), r.status, csv_rows(r.body), nwant);
    }
    r = probe_get(p, "GET /r/~/export.xlsx", who, str_fmt(&p->a, "%.*s/export.xlsx", STR_ARG(path)),
                  NULL);
    if (r.status != 200 || csv_rows(r.body) != nwant) {
        probe_find(p, "workbook %.*s as %.*s: %d, %zu rows of %zu", STR_ARG(path),
                   STR_ARG(who->login), r.status, csv_rows(r.body), nwant);
    }
    probe_count(p, "lists, counts and exports", true);
}

/* Is another so called that he may see, or whose name begins alike? */
static bool shares_name(struct probe *p, const struct fact *x, const struct who *who)
{
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *y = &p->f->list[i];
        if (y != x && y->type == x->type && str_has(y->name, x->name) &&
            probe_sees(p, y, who) != NO) {
            return true;
        }
    }
    return false;
}

/* --- suggestions ------------------------------------------------------------------------- */

static void suggest_of(struct probe *p, const struct who *who, const struct type *t)
{
    size_t open = 0;
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *x = &p->f->list[i];
        enum truth may = x->type == t ? probe_sees(p, x, who) : NO;
        if (may == UNCLEAR) {
            return;
        }
        open += may == YES && !(x->state && x->state->final);
    }
    str path = str_fmt(&p->a, "/r/%.*s/suggest", STR_ARG(t->key));
    struct reply r = probe_get(p, "GET /r/~/suggest", who, path, "q=");
    size_t shown = times(r.body, "<option");
    if (r.status != 200 || shown != (open < 50 ? open : 50)) {
        probe_find(p, "%.*s as %.*s: %d, %zu of %zu", STR_ARG(path), STR_ARG(who->login), r.status,
                   shown, open);
    }
    probe_count(p, "suggestions", true);
    const struct fact *x; /* the name of one he may not see brings nothing */
    struct reply absent = probe_absent(
        p, "GET /r/~/suggest",
        &(struct site_request){.path = path, .query = "q=qzzzzzz", .door = DOOR_PAGE, .who = who});
    for (size_t i = 0; (x = probe_subject(p, t, i)); i++) {
        if (x->name.len && x->name.len < 90 && probe_sees(p, x, who) == NO &&
            !shares_name(p, x, who)) {
            str q = str_fmt(&p->a, "q=%s", encoded(p, x->name));
            r = probe_get(p, "GET /r/~/suggest", who, path, q.ptr);
            probe_same(p, "suggestions", "GET /r/~/suggest", who, x->id, &r, &absent);
        }
    }
}

/* --- filters through a reference --------------------------------------------------------- */

/* Rows of t whose f leads to one that holds `text` in g, as far as he may see both. */
static size_t led_to(struct probe *p, const struct who *who, const struct type *t,
                     const struct field *f, const struct field *g, str text, int64_t *ids)
{
    size_t n = 0;
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *x = &p->f->list[i];
        const struct cell *c = x->type == t ? fact_cell(x, f->column) : NULL;
        const struct fact *y = c && !c->null ? fact_of(p->f, c->i) : NULL;
        const struct cell *d = y ? fact_cell(y, g->column) : NULL;
        if (d && !d->null && str_eq(d->s, text) && probe_sees(p, x, who) == YES &&
            probe_sees_field(p, x, f, who) == YES && probe_sees_field(p, y, g, who) == YES) {
            ids[n++] = x->id;
        }
    }
    return n;
}

static void filter_by(struct probe *p, const struct who *who, const struct type *t,
                      const struct field *f, const struct field *g)
{
    const struct type *to = f->to;
    int64_t *want = arena_array(&p->a, int64_t, IDS_MAX);
    int64_t *have = arena_array(&p->a, int64_t, IDS_MAX);
    const struct fact *y;
    int64_t count;
    for (size_t i = 0; (y = probe_subject(p, to, i)); i++) {
        const struct cell *c = fact_cell(y, g->column);
        if (!c || c->null || !probe_mark_in(c->s).len || probe_sees(p, y, who) == UNCLEAR) {
            continue;
        }
        size_t nwant = led_to(p, who, t, f, g, c->s, want);
        str q = str_fmt(&p->a, "filter=%s",
                        encoded(p, str_fmt(&p->a, "%.*s.%.*s == '%.*s'", STR_ARG(f->key),
                                           STR_ARG(g->key), STR_ARG(c->s))));
        int64_t n = walk_list(p, who, t, q.ptr, have, &count);
        if (n >= 0) {
            compare(p, "filter", who, t, have, (size_t)n, want, nwant);
        } else if (nwant && !g->see.tree && !oracle_reads(p->f, who->person)) {
            probe_find(p, "filter of %.*s by %.*s.%.*s as %.*s: refused", STR_ARG(t->key),
                       STR_ARG(f->key), STR_ARG(g->key), STR_ARG(who->login));
        }
        probe_count(p, "filters through references", nwant > 0);
    }
}

/* A field that is hidden from some is no filter, for anybody. */
static void hidden_filter(struct probe *p, const struct who *who, const struct type *t,
                          const struct field *f)
{
    static const char *const forms[] = {"filter=~%20!%3D%20null", "~.filled=1", "~.ge=1",
                                        "order=~"};
    str path = str_fmt(&p->a, "/api/v1/r/%.*s", STR_ARG(t->key));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        str q = probe_fill(p, forms[i], f->key, 0);
        struct reply r = probe_get(p, "GET /api/v1/r/~", who, path, q.ptr);
        if (r.status == 200) {
            probe_find(p, "%.*s?%.*s as %.*s: a hidden field is asked for", STR_ARG(path),
                       STR_ARG(q), STR_ARG(who->login));
        }
        probe_count(p, "hidden fields as filters", r.status == 200);
    }
    (void)probe_get(p, "GET /r/~", who, str_fmt(&p->a, "/r/%.*s", STR_ARG(t->key)),
                    str_fmt(&p->a, "c=%.*s&w.%.*s.filled=1", STR_ARG(f->key), STR_ARG(f->key)).ptr);
    (void)probe_get(p, "GET /r/~/export.xlsx", who,
                    str_fmt(&p->a, "/r/%.*s/export.xlsx", STR_ARG(t->key)),
                    str_fmt(&p->a, "c=%.*s", STR_ARG(f->key)).ptr);
    (void)probe_get(p, "GET /r/~/export", who, str_fmt(&p->a, "/r/%.*s/export", STR_ARG(t->key)),
                    str_fmt(&p->a, "c=%.*s", STR_ARG(f->key)).ptr);
}

static void filters_of(struct probe *p, const struct who *who, const struct type *t, size_t at)
{
    for (size_t i = 0; i < t->newest->nfields; i++) {
        const struct field *f = &t->newest->fields[i];
        if (f->see.tree) { /* nor does one filter through it */
            hidden_filter(p, who, t, f);
            continue;
        }
        if (f->type != F_REF || !f->to || !f->column.len) {
            continue;
        }
        for (size_t k = 0; k < f->to->newest->nfields; k++) {
            const struct field *g = &f->to->newest->fields[k];
            if (g->value.kind == V_TEXT && g->column.len && !g->is.tree &&
                probe_chosen(p, at, i, k)) {
                probe_next(p);
                filter_by(p, who, t, f, g);
            }
        }
    }
}

void probe_lists(struct probe *p)
{
    for (size_t i = 0; i < p->s->npeople && probe_goes_on(p); i++) {
        const struct who *who = &p->s->people[i];
        for (size_t k = 0; k < p->model->ntypes; k++) {
            const struct type *t = p->model->types[k];
            if (t->lines) {
                continue;
            }
            probe_next(p);
            list_of(p, who, t);
            suggest_of(p, who, t);
            filters_of(p, who, t, i + k);
        }
    }
}

/* --- searches ---------------------------------------------------------------------------- */

/* Records whose indexed text holds the mark and which he may see. */
static size_t found(struct probe *p, const struct who *who, str mark, int64_t *ids)
{
    size_t n = 0;
    for (size_t i = 0; i < p->nholders; i++) {
        const struct holder *h = &p->holders[i];
        bool indexed = !h->field || (h->field->value.kind == V_TEXT && !h->field->see.tree);
        bool here = h->x && !h->x->type->lines && indexed && str_eq(mark, str_from(h->mark));
        for (size_t k = 0; here && k < n; k++) {
            here = ids[k] != h->x->id;
        }
        if (here && probe_sees(p, h->x, who) == YES) {
            ids[n++] = h->x->id;
        }
    }
    return n;
}

static bool only_in_texts(struct probe *p, const struct fact *x, str mark)
{
    for (size_t i = 0; i < p->nholders; i++) { /* a comment is not searched, nor is a label */
        const struct holder *h = &p->holders[i];
        if (str_eq(mark, str_from(h->mark)) && !h->field && h->x && !str_has(h->x->name, mark) &&
            !str_has(h->x->number, mark)) {
            return false;
        }
    }
    return x != NULL;
}

static void search_for(struct probe *p, const struct who *who, str mark, const struct fact *x,
                       const struct reply *absent, const struct reply *page)
{
    int64_t *want = arena_array(&p->a, int64_t, IDS_MAX);
    int64_t *have = arena_array(&p->a, int64_t, IDS_MAX);
    str q = str_fmt(&p->a, "q=%.*s", STR_ARG(mark));
    size_t nwant = found(p, who, mark, want);
    p->echo = mark;
    struct reply r = probe_get(p, "GET /api/v1/search", who, STR("/api/v1/search"), q.ptr);
    struct reply h = probe_get(p, "GET /search", who, STR("/search"), q.ptr);
    const struct json_value *items = json_get(probe_json(p, &r), STR("items"));
    size_t n = 0;
    for (size_t i = 0; items && i < items->len; i++) {
        const struct json_value *rec = json_get(&items->items[i], STR("record"));
        have[n++] = json_i64_of(json_get(rec, STR("id")), 0);
    }
    if (n < 30) {
        compare(p, "search", who, x->type, have, n, want, nwant);
    }
    /* What he may not find is as what nobody wrote: the word he typed apart. */
    if (!nwant && (r.status != absent->status || r.body.len != absent->body.len)) {
        probe_find(p, "search for %.*s as %.*s: another answer than for nothing", STR_ARG(mark),
                   STR_ARG(who->login));
    }
    if (!nwant && (h.status != page->status || h.body.len != page->body.len)) {
        probe_find(p, "page of the search for %.*s as %.*s: another answer than for nothing",
                   STR_ARG(mark), STR_ARG(who->login));
    }
    probe_count(p, "searches", nwant > 0);
}

/* A number typed into the search box leads to its record, if he may see it. */
static void number_of(struct probe *p, const struct who *who, const struct fact *x)
{
    if (!x->number.len) {
        return;
    }
    str q = str_fmt(&p->a, "q=%s", encoded(p, x->number));
    p->echo = probe_mark_in(x->number);
    struct reply r = probe_get(p, "GET /search", who, STR("/search"), q.ptr);
    enum truth may = probe_sees(p, x, who);
    bool there = str_has(r.location, str_fmt(&p->a, "/%lld", (long long)x->id));
    if (may != UNCLEAR && there != (may == YES)) {
        probe_find(p, "number %.*s as %.*s: %s", STR_ARG(x->number), STR_ARG(who->login),
                   there ? "led there" : "not led there");
    }
    probe_count(p, "searches", there);
}

static void searches_of(struct probe *p, const struct who *who, size_t at)
{
    probe_next(p);
    struct reply absent = probe_absent(
        p, "GET /api/v1/search",
        &(struct site_request){
            .path = STR("/api/v1/search"), .query = "q=qzzzzzz", .door = DOOR_READ, .who = who});
    struct reply page = probe_absent(
        p, "GET /search",
        &(struct site_request){
            .path = STR("/search"), .query = "q=qzzzzzz", .door = DOOR_PAGE, .who = who});
    for (size_t k = 0; k < p->model->ntypes; k++) {
        const struct type *t = p->model->types[k];
        const struct fact *x;
        for (size_t i = 0; !t->lines && (x = probe_subject(p, t, i)); i++) {
            for (size_t c = 0; c < t->ncolumns; c++) {
                str mark = t->columns[c].text ? probe_mark_in(x->cells[c].s) : STR("");
                if (mark.len && only_in_texts(p, x, mark) && probe_chosen(p, at, i, c)) {
                    search_for(p, who, mark, x, &absent, &page);
                }
            }
            number_of(p, who, x);
        }
    }
}

void probe_searches(struct probe *p)
{
    for (size_t i = 0; i < p->s->npeople && probe_goes_on(p); i++) {
        searches_of(p, &p->s->people[i], i);
    }
}
