#include "probe.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- marks: what stands where ------------------------------------------------------------ */

enum { HOLDERS_MAX = 40000, SUBJECTS_HIDDEN = 14, SUBJECTS_OPEN = 4, SUBJECTS_NEAR = 100 };

static bool letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The next mark at or after *at; its length, 0 at the end. */
static size_t next_mark(str s, size_t *at, char *ret)
{
    for (size_t i = *at; i < s.len; i++) {
        if (s.ptr[i] == 'q' && s.len - i >= MARK_LEN && s.ptr[i + 1] == 'z') {
            size_t n = 2;
            while (n < MARK_LEN && letter(s.ptr[i + n])) {
                n++;
            }
            if (n == MARK_LEN) {
                memcpy(ret, s.ptr + i, n);
                ret[n] = 0;
                *at = i + n;
                return n;
            }
        }
        if (s.ptr[i] == '4' && s.len - i >= 8 && memcmp(s.ptr + i, "4", 1) == 0) {
            size_t n = 0;
            size_t k = i;
            for (; k < s.len && n < 8; k++) { /* "4,271,12.34" is 42711234 */
                if (s.ptr[k] >= '0' && s.ptr[k] <= '9') {
                    ret[n++] = s.ptr[k];
                } else if (s.ptr[k] != ',' && s.ptr[k] != '.') {
                    break;
                }
            }
            if (n == 8 && memcmp(ret, "4271", 4) == 0) {
                ret[n] = 0;
                *at = k;
                return n;
            }
        }
    }
    return 0;
}

static void hold(struct probe *p, str text, const struct fact *x, const struct field *field,
                 int64_t told)
{
    char m[10];
    for (size_t at = 0; next_mark(text, &at, m);) {
        if (p->nholders == HOLDERS_MAX) {
            fail_msg("too many marks");
        }
        struct holder *h = &p->holders[p->nholders++];
        *h = (struct holder){.x = x, .field = field, .told = told};
        memcpy(h->mark, m, sizeof(m));
    }
}

static const struct field *by_column(const struct tdef *d, str column)
{
    for (size_t i = 0; i < d->nfields; i++) {
        if (str_eq(d->fields[i].column, column)) {
            return &d->fields[i];
        }
    }
    return NULL;
}

static void hold_facts(struct probe *p)
{
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *x = &p->f->list[i];
        hold(p, x->name, x, NULL, 0);
        hold(p, x->number, x, NULL, 0);
        for (size_t k = 0; k < x->type->ncolumns; k++) {
            const struct column *c = &x->type->columns[k];
            const struct field *field = by_column(x->type->newest, c->name);
            str text = x->cells[k].s;
            if (!c->text && field && field->see.tree) {
                text = str_fmt(p->life, "%lld", (long long)x->cells[k].i);
            }
            hold(p, text, x, field, 0);
        }
    }
}

static void hold_rows(struct probe *p, struct sql sql, bool told)
{
    struct rows r;
    dbs_ok(db_query(p->s->db, p->life, sql, NO_ARGS, &r));
    while (rows_next(&r)) {
        const struct fact *x = fact_of(p->f, rows_i64(&r, 0));
        const struct field *field =
            x && rows_text(&r, 1).len ? tdef_field(x->type->newest, rows_text(&r, 1)) : NULL;
        hold(p, rows_text(&r, 2), told ? NULL : x, field, told ? rows_i64(&r, 0) : 0);
    }
}

/* What a field was before stands in the history, and is seen where the field is. */
static void hold_changes(struct probe *p)
{
    struct rows r;
    dbs_ok(db_query(p->s->db, p->life,
                    SQL("select record, changes from act where changes is not null"), NO_ARGS, &r));
    while (rows_next(&r)) {
        const struct fact *x = fact_of(p->f, rows_i64(&r, 0));
        const struct json_value *list;
        if (!x || json_read(p->life, rows_text(&r, 1), &list).code) {
            continue;
        }
        for (size_t i = 0; i < list->len; i++) {
            static const char *const sides[] = {"o", "n"};
            str key = json_str_of(json_get(&list->items[i], STR("f")));
            const struct field *field = tdef_field(x->type->newest, key);
            for (size_t k = 0; field && k < 2; k++) {
                const struct json_value *v = json_get(&list->items[i], str_from(sides[k]));
                str text = v && v->kind == JV_INT && field->see.tree
                               ? str_fmt(p->life, "%lld", (long long)v->i64)
                               : json_str_of(v);
                hold(p, text, x, field, 0);
                for (size_t c = 0; v && v->kind == JV_OBJECT && c < v->len; c++) {
                    hold(p, json_str_of(&v->items[c]), x, field, 0);
                }
            }
        }
    }
}

static int by_mark(const void *a, const void *b)
{
    return strcmp(((const struct holder *)a)->mark, ((const struct holder *)b)->mark);
}

static void hold_all(struct probe *p)
{
    p->holders = arena_array(p->life, struct holder, HOLDERS_MAX);
    hold_facts(p);
    hold_changes(p);
    hold_rows(p, SQL("select record, '', note from act where note is not null"), false);
    hold_rows(p, SQL("select record, '', label from label"), false);
    hold_rows(p, SQL("select record, coalesce(field, ''), name from attachment"), false);
    hold_rows(p, SQL("select person, '', zh || ' ' || en from notification"), true);
    hold_rows(p, SQL("select person, '', coalesce(zh, '') || ' ' || coalesce(en, '') from task"),
              true);
    qsort(p->holders, p->nholders, sizeof(*p->holders), by_mark);
}

/* --- the probe ---------------------------------------------------------------------------------
 */

struct probe probe_make(struct site *s, struct facts *f, struct arena *life)
{
    struct probe p = {.s = s,
                      .f = f,
                      .model = f->model,
                      .life = life,
                      .a = arena_make(256u << 20),
                      .thin = 1,
                      .seen = arena_array(life, unsigned char, f->n *SITE_PEOPLE + 1)};
    hold_all(&p);
    return p;
}

void probe_end(struct probe *p)
{
    arena_end(&p->a);
}

void probe_next(struct probe *p)
{
    p->echo = STR("");
    arena_reset(&p->a);
    arena_reset(p->s->t->a);
}

void probe_find(struct probe *p, const char *fmt, ...)
{
    va_list args;
    size_t i = 0;
    while (i < p->nfound && p->found[i].kind != fmt) {
        i++;
    }
    p->nfound += i == p->nfound && i < FINDS_KEPT;
    p->finds++;
    if (i == FINDS_KEPT) {
        return;
    }
    struct find *f = &p->found[i];
    f->kind = fmt;
    va_start(args, fmt);
    if (f->n < 2) {
        vsnprintf(f->said[f->n], FIND_LEN, fmt, args);
    }
    va_end(args);
    f->n++;
}

void probe_count(struct probe *p, const char *kind, bool allowed)
{
    size_t i = 0;
    while (i < p->nkinds && strcmp(p->kinds[i].kind, kind) != 0) {
        i++;
    }
    assert_true(i < PROBE_KINDS);
    if (i == p->nkinds) {
        p->kinds[p->nkinds++].kind = kind;
    }
    p->kinds[i].allowed += allowed;
    p->kinds[i].refused += !allowed;
}

/* --- what the oracle says ------------------------------------------------------------------------
 */

enum truth probe_sees(struct probe *p, const struct fact *x, const struct who *who)
{
    if (who < p->s->people || who >= p->s->people + p->s->npeople) {
        return NO; /* nobody we know: one who is turned away */
    }
    size_t i = (size_t)(x - p->f->list) * SITE_PEOPLE + (size_t)(who - p->s->people);
    if (!p->seen[i]) {
        enum truth t = oracle_sees(p->f, x, who->person);
        p->unclear += t == UNCLEAR;
        p->seen[i] = (unsigned char)(t + 1);
    }
    return (enum truth)(p->seen[i] - 1);
}

enum truth probe_sees_field(struct probe *p, const struct fact *x, const struct field *field,
                            const struct who *who)
{
    enum truth t = probe_sees(p, x, who);
    if (t == YES && field) {
        t = oracle_sees_field(p->f, x, field, who->person);
    }
    const struct fact *up = x->type->lines ? fact_of(p->f, x->parent) : NULL;
    for (size_t i = 0; t == YES && up && i < up->type->newest->nfields; i++) {
        const struct field *lines = &up->type->newest->fields[i];
        if (lines->part == x->type) {
            t = oracle_sees_field(p->f, up, lines, who->person);
        }
    }
    return t;
}

/* Does everybody see records of this type? */
static bool open_type(const struct type *t)
{
    while (t->part_of && !t->newest->see.text.len) {
        t = t->part_of;
    }
    return !t->newest->see.text.len || str_eq(str_trim(t->newest->see.text), STR("everyone"));
}

const struct fact *probe_subject(const struct probe *p, const struct type *t, size_t n)
{
    size_t most = p->near && t->reg == p->near ? SUBJECTS_NEAR
                  : open_type(t)               ? SUBJECTS_OPEN
                                               : SUBJECTS_HIDDEN;
    size_t all = 0;
    for (size_t i = 0; i < p->f->n; i++) {
        all += p->f->list[i].type == t;
    }
    size_t want = all > most ? n * all / most : n; /* old ones and new ones */
    for (size_t i = 0; n < most && i < p->f->n; i++) {
        if (p->f->list[i].type == t && want-- == 0) {
            return &p->f->list[i];
        }
    }
    return NULL;
}

bool probe_goes_on(const struct probe *p)
{
    return !p->first_only || !p->finds;
}

bool probe_chosen(const struct probe *p, size_t a, size_t b, size_t c)
{
    return p->thin <= 1 || (a * 7 + b * 3 + c) % (size_t)p->thin == 0;
}

/* --- questions --------------------------------------------------------------------------- */

const struct visit_route *probe_route(const struct probe *p, size_t i)
{
    const struct routes *pages = &p->s->app.pages;
    const struct routes *api = &p->s->app.api;
    return i < pages->len              ? &pages->ptr[i]
           : i < pages->len + api->len ? &api->ptr[i - pages->len]
                                       : NULL;
}

static bool is_route(const struct visit_route *r, const char *name)
{
    bool post = r->method == HTTP_POST;
    size_t n = post ? 5 : 4;
    return strncmp(name, post ? "POST " : "GET ", n) == 0 && strcmp(r->pattern, name + n) == 0;
}

struct reply probe_ask(struct probe *p, const char *route, const struct site_request *ask)
{
    const struct visit_route *r;
    size_t i = 0;
    while ((r = probe_route(p, i)) && !is_route(r, route)) {
        i++;
    }
    if (!r) {
        fail_msg("the program has no route %s any more", route);
    }
    assert_true(i < PROBE_ROUTES);
    p->asked[i] += !p->doors;
    p->at_door[i] += p->doors;
    struct site_request q = *ask;
    q.method = r->method;
    struct reply have = site_ask(p->s, &p->a, &q);
    if (have.status >= 500 || have.cut) {
        probe_find(p, "%s %.*s: answered with %d", route, STR_ARG(ask->path), have.status);
    }
    if (ask->who) {
        probe_scan(p, route, ask->who, &have);
    }
    return have;
}

struct reply probe_get(struct probe *p, const char *route, const struct who *who, str path,
                       const char *query)
{
    bool api = str_starts(path, STR("/api/"));
    return probe_ask(
        p, route,
        &(struct site_request){
            .path = path, .query = query, .door = api ? DOOR_READ : DOOR_PAGE, .who = who});
}

str probe_fill(struct probe *p, const char *shape, str word, int64_t id)
{
    struct buf b = buf_make(&p->a, 4096);
    for (const char *c = shape; *c; c++) {
        if (*c == '~') {
            buf_put(&b, word);
        } else if (*c == '#') {
            buf_put_i64(&b, id);
        } else {
            buf_put_c(&b, *c);
        }
    }
    return buf_str(&b);
}

struct reply probe_absent(struct probe *p, const char *route, const struct site_request *ask)
{
    (void)probe_ask(p, route, ask);
    return probe_ask(p, route, ask);
}

static bool word_char(char c)
{
    return letter(c) || (c >= '0' && c <= '9');
}

/* The number it was asked for is all that may differ; how long a field may be is not it. */
static str without(struct probe *p, str s, int64_t id)
{
    static const char most[] = "maxlength=\"";
    char n[24];
    struct buf b = buf_make(&p->a, s.len + 64);
    size_t len = (size_t)snprintf(n, sizeof(n), "%lld", (long long)id);
    for (size_t i = 0; i < s.len; i++) {
        bool length = i >= sizeof(most) - 1 &&
                      memcmp(s.ptr + i - (sizeof(most) - 1), most, sizeof(most) - 1) == 0;
        bool begins = i == 0 || (!word_char(s.ptr[i - 1]) && !length);
        bool ends = s.len - i <= len || !word_char(s.ptr[i + len]);
        if (begins && ends && s.len - i >= len && memcmp(s.ptr + i, n, len) == 0) {
            buf_put_c(&b, '#');
            i += len - 1;
        } else {
            buf_put_c(&b, s.ptr[i]);
        }
    }
    return buf_str(&b);
}

void probe_same(struct probe *p, const char *kind, const char *route, const struct who *who,
                int64_t id, const struct reply *have, const struct reply *absent)
{
    str name = who ? who->login : STR("nobody");
    str one = without(p, have->body, id);
    str other = without(p, absent->body, PROBE_ABSENT);
    if (have->status != absent->status) {
        probe_find(p, "%s %s %lld as %.*s: status %d, of one that is not there %d", kind, route,
                   (long long)id, STR_ARG(name), have->status, absent->status);
    } else if (!str_eq(one, other) ||
               !str_eq(without(p, have->location, id),
                       without(p, absent->location, PROBE_ABSENT)) ||
               !str_eq(have->headers, absent->headers) || !str_eq(have->type, absent->type)) {
        size_t at = 0;
        while (at < one.len && at < other.len && one.ptr[at] == other.ptr[at]) {
            at++;
        }
        size_t n = one.len - at < 60 ? one.len - at : 60;
        probe_find(p, "%s %s %lld as %.*s: the answer differs from one that is not there: %.*s",
                   kind, route, (long long)id, STR_ARG(name), (int)n, one.ptr + at);
    } else if (have->statements != absent->statements) {
        probe_find(p, "%s %s %lld as %.*s: %lld statements, of one that is not there %lld", kind,
                   route, (long long)id, STR_ARG(name), (long long)have->statements,
                   (long long)absent->statements);
    }
    probe_count(p, kind, false);
}

str probe_mark_in(str s)
{
    for (size_t i = 0; i + MARK_LEN <= s.len; i++) {
        if (s.ptr[i] == 'q' && s.ptr[i + 1] == 'z') {
            return str_from_n(s.ptr + i, MARK_LEN);
        }
    }
    return (str){0};
}

/* --- what stands in an answer ------------------------------------------------------------ */

static const struct holder *first_of(const struct probe *p, const char *mark)
{
    size_t low = 0;
    size_t high = p->nholders;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(p->holders[mid].mark, mark) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < p->nholders && strcmp(p->holders[low].mark, mark) == 0 ? &p->holders[low] : NULL;
}

static bool may_know(struct probe *p, const struct holder *h, const struct who *who)
{
    if (h->told) {
        return h->told == who->person;
    }
    return !h->x || probe_sees_field(p, h->x, h->field, who) != NO;
}

void probe_scan(struct probe *p, const char *route, const struct who *who, const struct reply *r)
{
    char m[10];
    const str parts[] = {r->body, r->location, r->headers};
    p->scanned++;
    for (size_t part = 0; part < 3; part++) {
        for (size_t at = 0; next_mark(parts[part], &at, m);) {
            const struct holder *first = first_of(p, m);
            bool known = !first || str_has(p->echo, str_from(m));
            p->marks++;
            for (const struct holder *h = first;
                 !known && h < p->holders + p->nholders && strcmp(h->mark, m) == 0; h++) {
                known = may_know(p, h, who);
            }
            if (!known) {
                const struct type *t = first->x ? first->x->type : NULL;
                probe_find(p, "%s as %.*s: %s of %.*s %lld, %.*s, stands in the answer", route,
                           STR_ARG(who->login), m, t ? (int)t->key.len : 0, t ? t->key.ptr : "",
                           first->x ? (long long)first->x->id : 0,
                           first->field ? (int)first->field->key.len : 0,
                           first->field ? first->field->key.ptr : "");
                return;
            }
        }
    }
}

const struct json_value *probe_json(struct probe *p, const struct reply *r)
{
    const struct json_value *v = NULL;
    bool json = str_has(r->type, STR("json"));
    return json && !json_read(&p->a, r->body, &v).code ? v : NULL;
}

void probe_routes(struct probe *p)
{
    const struct visit_route *r;
    for (size_t i = 0; (r = probe_route(p, i)); i++) {
        if (!p->asked[i] || !p->at_door[i]) {
            probe_find(p, "%s %s: there is no rule for this route",
                       r->method == HTTP_POST ? "POST" : "GET", r->pattern);
        }
    }
}
