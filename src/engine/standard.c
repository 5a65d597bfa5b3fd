/* standard.c - lists of standards: put into tables, read from them. */
#include "engine/standard.h"

#include "base/enc.h"
#include "engine/engine_int.h"
#include "engine/write.h"
#include "ledger/hash.h"

/* --- reading ---------------------------------------------------------------------------- */

#define HEADS                                                                                 \
    "select s.standard, s.edition, s.zh, s.en, s.source, s.note_zh, s.note_en, s.hash, s.at," \
    " (select count(*) from standard_item i where i.standard = s.standard"                    \
    " and i.edition = s.edition and i.kind > 0) from standard s where s.edition ="            \
    " (select max(q.edition) from standard q where q.standard = s.standard)"

static void head_take(const struct rows *r, struct standard_head *h)
{
    *h = (struct standard_head){.key = rows_text(r, 0),
                                .edition = rows_i64(r, 1),
                                .title = {rows_text(r, 2), rows_text(r, 3)},
                                .source = rows_text(r, 4),
                                .note = {rows_text(r, 5), rows_text(r, 6)},
                                .hash = rows_text(r, 7),
                                .at = rows_i64(r, 8),
                                .nitems = rows_i64(r, 9)};
}

struct batch *standards_list_ask(struct db *db, struct arena *a)
{
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL(HEADS " order by s.standard"), NO_ARGS);
    batch_ride(b);
    return b;
}

err standards_list_read(struct batch *asked, struct arena *a, struct standard_head **ret, size_t *n)
{
    *n = 0;
    err e = batch_join(asked);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(asked, 0);
    *ret = arena_array(a, struct standard_head, (size_t)rows_count(&r) + 1);
    while (rows_next(&r)) {
        head_take(&r, &(*ret)[(*n)++]);
    }
    return OK;
}

err standards_list(struct db *db, struct arena *a, struct standard_head **ret, size_t *n)
{
    return standards_list_read(standards_list_ask(db, a), a, ret, n);
}

#define ITEMS                                                                  \
    "select item, parent, kind, zh, en from standard_item where standard = $1" \
    " and edition = $2 order by place"

static void items_take(struct rows *r, struct arena *a, const struct standard_head *h,
                       struct standard *ret)
{
    struct standard_item *list = arena_array(a, struct standard_item, (size_t)rows_count(r) + 1);
    *ret = (struct standard){
        .key = h->key, .title = h->title, .source = h->source, .note = h->note, .items = list};
    while (rows_next(r)) {
        list[ret->nitems++] = (struct standard_item){.item = rows_text(r, 0),
                                                     .parent = rows_text(r, 1),
                                                     .kind = (enum standard_kind)rows_i64(r, 2),
                                                     .words = {rows_text(r, 3), rows_text(r, 4)}};
    }
}

err standard_load(struct db *db, struct arena *a, str key, struct standard_head *head,
                  struct standard *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL(HEADS " and s.standard = $1"), ARGS(db_text(key)), &r);
    if (!e.code && !rows_next(&r)) {
        e = err_make(ERR_NOT_FOUND, STR("standard"));
    }
    if (e.code) {
        return e;
    }
    head_take(&r, head);
    e = db_query(db, a, SQL(ITEMS), ARGS(db_text(head->key), db_i64(head->edition)), &r);
    if (!e.code) {
        items_take(&r, a, head, ret);
    }
    return e;
}

err standards_load(struct db *db, struct arena *a, struct standard **ret, size_t *n)
{
    struct standard_head *heads;
    err e = standards_list(db, a, &heads, n);
    if (e.code || !*n) {
        *ret = NULL;
        return e;
    }
    *ret = arena_array(a, struct standard, *n);
    struct batch *b = batch_begin(db, a);
    for (size_t i = 0; i < *n; i++) {
        batch_add(b, SQL(ITEMS), ARGS(db_text(heads[i].key), db_i64(heads[i].edition)));
    }
    e = batch_run(b);
    for (size_t i = 0; i < *n && !e.code; i++) {
        struct rows r = batch_rows(b, (int)i);
        items_take(&r, a, &heads[i], &(*ret)[i]);
    }
    return e;
}

err standards_ask(struct db *db, struct arena *a, const struct law *law, struct diags *d)
{
    struct standard *lists;
    size_t n;
    if (!law->nmaps) {
        return OK;
    }
    err e = standards_load(db, a, &lists, &n);
    if (!e.code) {
        standards_check(law, lists, n, d);
    }
    return e;
}

/* --- writing ------------------------------------------------------------------------------ */

struct putting {
    const struct standard *lists;
    const str *hashes;
    size_t n;
    int64_t now;
    size_t put;
};

static err put_one(struct db *db, struct arena *a, const struct standard *s, str hash, int64_t now,
                   bool *put)
{
    struct rows r;
    err e = db_query(db, a,
                     SQL("select edition, hash from standard where standard = $1"
                         " order by edition desc limit 1"),
                     ARGS(db_text(s->key)), &r);
    bool any = !e.code && rows_next(&r);
    int64_t edition = any ? rows_i64(&r, 0) + 1 : 1;
    *put = !any || !str_eq(rows_text(&r, 1), hash);
    if (e.code || !*put) {
        return e;
    }
    e = db_queue(db, a,
                 SQL("insert into standard(standard, edition, zh, en, source, note_zh, note_en,"
                     " hash, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
                 ARGS(db_text(s->key), db_i64(edition), db_text(s->title.zh), db_text(s->title.en),
                      db_text(s->source), db_text(s->note.zh), db_text(s->note.en), db_text(hash),
                      db_i64(now)));
    for (size_t i = 0; i < s->nitems && !e.code; i++) {
        const struct standard_item *x = &s->items[i];
        e = db_queue(db, a,
                     SQL("insert into standard_item(standard, edition, place, item, parent, kind,"
                         " zh, en) values ($1, $2, $3, $4, $5, $6, $7, $8)"),
                     ARGS(db_text(s->key), db_i64(edition), db_i64((int64_t)i), db_text(x->item),
                          db_text(x->parent), db_i64(x->kind), db_text(x->words.zh),
                          db_text(x->words.en)));
    }
    return e;
}

static err put_all(void *arg, struct db *db, struct arena *a)
{
    struct putting *p = arg;
    err e = OK;
    p->put = 0;
    for (size_t i = 0; i < p->n && !e.code; i++) {
        bool put;
        e = put_one(db, a, &p->lists[i], p->hashes[i], p->now, &put);
        p->put += put;
    }
    return e.code ? e : db_flush(db, a);
}

/* What regulations in force name must be in the lists. */
static void check_laws(const struct model *m, const struct standard *lists, size_t n,
                       struct diags *d)
{
    for (size_t i = 0; i < m->nregs; i++) {
        standards_check(m->regs[i]->newest, lists, n, d);
    }
}

err standards_put(struct engine *e, struct arena *a, const struct standard_file *texts, size_t n,
                  int64_t now, struct diags *d, size_t *put)
{
    struct putting p = {.now = now};
    struct standard *lists = arena_array(a, struct standard, STANDARDS_MAX);
    str *hashes = arena_array(a, str, STANDARDS_MAX);
    struct hasher *hasher = hash_make(a);
    *put = 0;
    if (n > STANDARDS_MAX) {
        return err_make(ERR_TOO_LARGE, STR("more than 50 lists of standards"));
    }
    for (size_t i = 0; i < n; i++) {
        struct standard *s = &lists[p.n];
        struct pos top = {.file = texts[i].path, .line = 1, .col = 1};
        if (!standard_read(a, texts[i].text, texts[i].path, d, s)) {
            continue;
        }
        for (size_t k = 0; k < p.n; k++) {
            if (str_eq(lists[k].key, s->key)) {
                diag_error(d, top, "标准“%.*s”在另一个文件中也有", "another file has \"%.*s\", too",
                           STR_ARG(s->key));
            }
        }
        struct hash h = hash_of(hasher, texts[i].text);
        hashes[p.n++] = enc_hex(a, hash_str(&h));
    }
    p.lists = lists;
    p.hashes = hashes;
    const struct model *m = engine_model(e);
    struct diags of_laws = diags_make(a); /* that others are not loaded is no matter here */
    check_laws(m, lists, p.n, &of_laws);
    for (size_t i = 0; i < of_laws.len; i++) {
        if (!of_laws.ptr[i].warning) {
            diag_add(d, of_laws.ptr[i]);
        }
    }
    engine_release(e, m);
    if (d->errors) {
        return err_make(ERR_VALUE, STR("the lists hold mistakes"));
    }
    err x = p.n ? engine_write(e, put_all, &p) : OK;
    *put = p.put;
    return x;
}
