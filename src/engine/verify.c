/* verify.c - the ledger, then every row it tells of. */
#include "engine/approve_int.h"
#include "engine/verify_int.h"
#include "ledger/canon.h"
#include "ledger/package.h"

enum { FEW_ROWS = 500, ENTRIES_AT_ONCE = 2000, ACTS_AT_ONCE = 1000, BODY_AT_ONCE = 16384 };

void verify_bad(struct verifying *v, const struct vtable *t, int64_t id, int64_t seq,
                enum vwrong wrong)
{
    struct verify_report *r = v->report;
    uint64_t now = seq < 0 ? UINT64_MAX : (uint64_t)seq;
    uint64_t kept = r->seq < 0 ? UINT64_MAX : (uint64_t)r->seq;
    r->bad_rows++;
    if (!v->bad_table || now < kept) {
        v->bad_table = t;
        v->wrong = wrong;
        r->bad = true;
        r->table = t->name;
        r->id = id;
        r->seq = seq;
    }
}

/* --- the tables ------------------------------------------------------------------------- */

static const struct field *lines_field(const struct type *t)
{
    const struct tdef *d = t->part_of ? t->part_of->newest : NULL;
    for (size_t i = 0; d && i < d->nfields; i++) {
        if (d->fields[i].part == t) {
            return &d->fields[i];
        }
    }
    return NULL;
}

static void add_links(struct verifying *v, const struct type *t)
{
    for (size_t i = 0; i < t->nlinks; i++) {
        struct vtable *x = &v->tables[v->ntables++];
        *x = (struct vtable){.kind = VT_LINKS, .name = t->link_tables[i], .type = t};
        for (size_t k = 0; k < t->newest->nfields; k++) {
            const struct field *f = &t->newest->fields[k];
            str name = str_fmt(v->a, "l_%.*s__%.*s", STR_ARG(t->key), STR_ARG(f->key));
            x->field = str_eq(name, x->name) ? f : x->field;
        }
    }
}

static void add_tables(struct verifying *v)
{
    const struct model *m = v->model;
    int napprove;
    const struct approve_table *approve = approve_tables(&napprove);
    size_t n = (size_t)napprove + 5; /* files, acts, laws, settings, evidence */
    for (size_t i = 0; m && i < m->ntypes; i++) {
        n += 1 + m->types[i]->nlinks;
    }
    v->tables = arena_array(v->a, struct vtable, n);
    for (size_t i = 0; m && i < m->ntypes; i++) {
        const struct type *t = m->types[i];
        struct vtable *x = &v->tables[v->ntables++];
        *x = (struct vtable){.kind = VT_ROWS,
                             .name = t->table,
                             .type = t,
                             .field = t->lines ? lines_field(t) : NULL,
                             .plan = {.type = t, .def = t->newest}};
        plan_columns(&x->plan, v->a);
        add_links(v, t);
    }
    v->tables[v->ntables++] = (struct vtable){.kind = VT_FILES, .name = STR("attachment")};
    for (int i = 0; i < napprove; i++) {
        v->tables[v->ntables++] =
            (struct vtable){.kind = VT_APPROVALS, .name = approve[i].name, .approve = &approve[i]};
    }
    v->tables[v->ntables++] = (struct vtable){.kind = VT_ACTS, .name = STR("act")};
    v->tables[v->ntables++] = (struct vtable){.kind = VT_LAWS, .name = STR("law")};
    v->tables[v->ntables++] = (struct vtable){.kind = VT_SETTINGS, .name = STR("setting_local")};
    v->tables[v->ntables++] = (struct vtable){.kind = VT_EVIDENCE, .name = STR("evidence")};
}

/* In how many passes, and holding how much: by the rows there are now.  Twice as many may be
 * told of before smaller portions are needed. */
static err plan_passes(struct verifying *v)
{
    int64_t rows = 0;
    for (size_t i = 0; i < v->ntables; i++) {
        struct rows r;
        struct sqlb b = sqlb_make(&v->side);
        if (v->tables[i].kind >= VT_ACTS) {
            continue;
        }
        SQLB_LIT(&b, "select count(*) from ");
        sqlb_ident(&b, v->tables[i].name);
        err e = db_query(v->db, &v->side, sqlb_end(&b), NO_ARGS, &r);
        if (e.code) {
            return err_make(e.code, str_copy(v->a, e.detail));
        }
        rows += rows_next(&r) ? rows_i64(&r, 0) : 0;
    }
    arena_reset(&v->side);
    v->passes = rows / (int64_t)v->most + 1;
    size_t enough = (size_t)rows * 2 + FEW_ROWS;
    v->most = v->most < enough ? v->most : enough;
    return OK;
}

/* --- the history ---------------------------------------------------------------------------- */

static struct history_row read_history(const struct rows *r)
{
    return (struct history_row){
        .id = rows_i64(r, 0),
        .seq = rows_i64(r, 1),
        .record = rows_i64(r, 2),
        .type = rows_i64(r, 3),
        .law = rows_i64(r, 4),
        .action = rows_text(r, 5),
        .person = rows_i64(r, 6),
        .principal = rows_i64(r, 7),
        .at = rows_i64(r, 8),
        .recorded = rows_i64(r, 9),
        .from = rows_i64(r, 10),
        .no_from = rows_null(r, 10),
        .to = rows_i64(r, 11),
        .no_to = rows_null(r, 11),
        .parent = rows_i64(r, 12),
        .no_parent = rows_null(r, 12),
        .cause = rows_text(r, 13),
        .no_cause = rows_null(r, 13),
        .flags = rows_i64(r, 14),
        .note = rows_text(r, 15),
        .no_note = rows_null(r, 15),
        .changes = rows_text(r, 16),
        .no_changes = rows_null(r, 16),
    };
}

static bool tells(struct verifying *v, str body, const struct history_row *h)
{
    struct canon_value act;
    struct canon_value digest;
    struct hash want;
    if (!canon_find(body, STR("act"), &act) || act.i64 != h->id ||
        !canon_find(body, STR("history"), &digest) || digest.raw.len < 2) {
        return false;
    }
    struct hash have = digest_history(v->hasher, h);
    return digest_read(str_from_n(digest.raw.ptr + 1, digest.raw.len - 2), &want) &&
           hash_eq(have, want);
}

static err check_act(struct verifying *v, const struct vtable *t, const struct rows *r)
{
    struct history_row h = read_history(r);
    struct rows one;
    str body = rows_text(r, 17);
    err e = OK;
    if (rows_null(r, 17)) { /* too long to come along, or erased */
        e = db_query(v->db, &v->side,
                     SQL("select p.body from ledger_payload p where p.seq = $1 union all"
                         " select null from ledger_erased x where x.seq = $1"),
                     ARGS(db_i64(h.seq)), &one);
        if (e.code) {
            return e;
        }
        if (rows_next(&one) && rows_null(&one, 0)) {
            v->report->unchecked++;
            return OK;
        }
        body = rows_count(&one) ? rows_text(&one, 0) : STR("{}");
    }
    if (!tells(v, body, &h)) {
        verify_bad(v, t, h.id, h.seq, ROW_CHANGED);
    }
    return OK;
}

/* Which entry has no row: only looked for when the counts differ. */
static err missing_act(struct verifying *v, const struct vtable *t, int64_t size)
{
    err e = OK;
    for (int64_t from = 0; !e.code && from < size; from += ENTRIES_AT_ONCE) {
        struct rows r;
        e = db_query(v->db, &v->side,
                     SQL("select p.seq, p.body from ledger_payload p"
                         " where p.seq >= $1 and p.seq < $2 order by p.seq"),
                     ARGS(db_i64(from), db_i64(from + ENTRIES_AT_ONCE)), &r);
        while (!e.code && rows_next(&r)) {
            struct canon_value act;
            struct rows one;
            if (!canon_find(rows_text(&r, 1), STR("act"), &act)) {
                continue;
            }
            e = db_query(v->db, &v->side, SQL("select 1 from act where id = $1"),
                         ARGS(db_i64(act.i64)), &one);
            if (!e.code && !rows_count(&one)) {
                verify_bad(v, t, act.i64, rows_i64(&r, 0), ROW_MISSING);
                return OK;
            }
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e;
}

static err walk_acts(struct verifying *v, int64_t size)
{
    const struct vtable *t = verify_table(v, VT_ACTS);
    int64_t last = INT64_MIN;
    err e = OK;
    for (bool more = true; more && !e.code;) {
        struct rows r;
        e = db_query(v->db, &v->side,
                     SQL("select a.id, a.seq, a.record, a.type, a.law, a.action, a.person,"
                         " a.principal, a.at, a.recorded, a.from_state, a.to_state, a.parent,"
                         " a.cause, a.flags, a.note, a.changes,"
                         " case when length(p.body) <= $2 then p.body end"
                         " from act a left join ledger_payload p on p.seq = a.seq"
                         " where a.id > $1 order by a.id limit 1000"),
                     ARGS(db_i64(last), db_i64(BODY_AT_ONCE)), &r);
        e = e.code ? e : verify_go_on(v);
        more = !e.code && rows_count(&r) == ACTS_AT_ONCE;
        while (!e.code && rows_next(&r)) {
            last = rows_i64(&r, 0);
            v->report->acts++;
            e = check_act(v, t, &r);
        }
        if (!e.code) {
            arena_reset(&v->side);
        }
    }
    return e.code || v->report->acts >= v->act_entries ? e : missing_act(v, t, size);
}

/* --- the ledger, and what it tells ---------------------------------------------------------- */

static bool entry(void *arg, const struct ledger_entry *x, struct words *what)
{
    struct verifying *v = arg;
    (void)what;
    if (x->type == ENTRY_SETTING) {
        verify_take(v, x->seq, x->object, x->payload, x->erased);
    } else if (x->type == PACKAGE_ENTRY && !v->failed.code) {
        v->failed = verify_evidence_entry(v, x);
        arena_reset(&v->side);
    } else if (x->type >= LEDGER_TYPE_ENGINE && x->type != PACKAGE_ENTRY && x->type != ENTRY_LAW) {
        v->act_entries++;
        v->erased_entries += x->erased;
        verify_take(v, x->seq, x->object, x->payload, x->erased);
    } else if (x->type == ENTRY_LAW && !v->failed.code) {
        v->failed = verify_law(v, x);
        arena_reset(&v->side);
    }
    return true;
}

static bool progress(void *arg, int64_t done, int64_t total)
{
    struct verifying *v = arg;
    return !v->opt->progress || v->opt->progress(v->opt->arg, done, total);
}

err verify_go_on(struct verifying *v)
{
    int64_t n = v->report->ledger.entries;
    return progress(v, n, n) ? OK : err_make(ERR_BUSY, STR("stopped"));
}

static err count_later_acts(struct verifying *v, int64_t from, int64_t *size)
{
    struct rows r;
    err e = db_query(v->db, &v->side, SQL("select coalesce(max(seq) + 1, 0) from ledger_leaf"),
                     NO_ARGS, &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    *size = rows_i64(&r, 0);
    /* What was published meanwhile counts as an act too many at most, and the
     * next verification looks at it. */
    v->act_entries += *size > from ? *size - from : 0;
    return OK;
}

/* One snapshot: first what came since the ledger was read. */
static err walk_all(struct verifying *v)
{
    int64_t from = v->report->ledger.entries;
    int64_t size = from;
    err e = count_later_acts(v, from, &size);
    if (!e.code && !v->model) {
        e = verify_laws(v);
        return e.code || v->report->bad
                   ? e
                   : err_make(ERR_STORE, STR("the stored regulations do not load"));
    }
    if (!e.code && size > from) {
        e = verify_scan(v, from, size);
    }
    for (v->pass = 0; !e.code && v->pass < v->passes; v->pass++) {
        if (v->pass || v->overflow) {
            verify_map_clear(v);
            e = verify_scan(v, 0, size);
        }
        if (!e.code && v->overflow) { /* more is told of than is there: smaller portions */
            v->passes *= 2;
            v->pass = -1;
            v->report->rows = v->report->unchecked = v->report->bad_rows = 0;
            continue;
        }
        e = e.code ? e : verify_rows(v);
    }
    e = e.code ? e : walk_acts(v, size);
    e = e.code ? e : verify_laws(v);
    e = e.code ? e : verify_settings(v);
    return e.code ? e : verify_evidence(v);
}

static err load_model(struct verifying *v)
{
    struct sources s;
    struct diags d = diags_make(v->a);
    err e = engine_sources(v->db, v->a, &s);
    v->model = e.code ? NULL : model_build(v->a, &s, &d);
    return e; /* without a model: perhaps because a text was changed, which is then named */
}

static void end_all(void *arg)
{
    struct verifying *v = arg;
    arena_end(&v->side);
    arena_end(&v->room);
}

err engine_verify(struct db *db, struct arena *a, const struct ledger_verify_options *opt,
                  struct verify_report *report)
{
    return verify_within(db, a, opt, VERIFY_ROWS, report);
}

err verify_within(struct db *db, struct arena *a, const struct ledger_verify_options *opt,
                  size_t most, struct verify_report *report)
{
    struct verifying *v = arena_new(a, struct verifying);
    *report = (struct verify_report){.seq = -1};
    *v = (struct verifying){
        .db = db, .a = a, .opt = opt, .report = report, .passes = 1, .most = most};
    arena_defer(a, end_all, v);
    v->side = arena_make(256u << 20);
    v->hasher = hash_make(a);
    err e = load_model(v);
    if (e.code) {
        return e;
    }
    add_tables(v);
    e = plan_passes(v);
    if (e.code) {
        return e;
    }
    verify_map_make(v);
    struct ledger_verify_options o = *opt;
    o.entry = entry;
    o.progress = progress;
    o.arg = v;
    e = ledger_verify(db, a, &o, &report->ledger);
    e = e.code ? e : v->failed;
    if (e.code || report->ledger.bad) {
        report->bad = report->bad || report->ledger.bad;
        return e;
    }
    db_read_begin(db);
    e = walk_all(v);
    if (!e.code && report->bad) {
        e = verify_name(v);
    }
    e.detail = str_copy(a, e.detail);
    db_read_end(db);
    return e;
}
