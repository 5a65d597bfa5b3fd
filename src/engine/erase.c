/* erase.c - the turns of an erasure: which record is next, whether it may go, the end. */
#include "engine/erase.h"

#include "base/clock.h"
#include "engine/attach.h"
#include "engine/calendar.h"
#include "engine/erase_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { REFUSED_TYPE = -1 }; /* erasure_work.type: its end was refused */
enum { TOLD_MAX = 9 };      /* numbers that tell what came of an erasure */

/* --- what is personal, and whose ------------------------------------------------------------ */

bool erase_is_personal(const struct type *t, str key)
{
    for (size_t v = 0; v < t->ndefs; v++) {
        const struct field *f = tdef_field(t->defs[v], key);
        if (f && f->personal) {
            return true;
        }
    }
    return false;
}

bool erase_concerns(const struct type *t)
{
    for (size_t v = 0; v < t->ndefs; v++) {
        for (size_t i = 0; i < t->defs[v]->nfields; i++) {
            if (t->defs[v]->fields[i].personal) {
                return true;
            }
        }
    }
    return false;
}

str erase_subject(const struct model *m, const struct type *t)
{
    if (t == m->person) {
        return STR("id");
    }
    for (size_t i = 0; t->newest && i < t->newest->nfields; i++) {
        if (t->newest->fields[i].type == F_PERSON && t->newest->fields[i].column.len) {
            return t->newest->fields[i].column;
        }
    }
    return STR("creator");
}

/* --- where it stands -------------------------------------------------------------------------- */

static err find(struct erasing *k, struct standing *s)
{
    const struct type *t = k->m->erasure;
    struct sqlb b = sqlb_make(k->a);
    struct rows r;
    SQLB_LIT(&b, "select r.id, r.f_person, r.f_basis, w.type, w.record, w.erased, w.entries,"
                 " w.held, w.retained, w.busy, w.phase, w.comments, w.traces, w.mentions,"
                 " w.unlisted from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r left join erasure_work w on w.erasure = r.id where r.state = ");
    sqlb_i64(&b, tdef_state(t->newest, STR("approved"))->code);
    SQLB_LIT(&b, " and coalesce(w.type, 0) >= 0 order by r.id limit 1");
    err e = db_query(k->db, k->a, sqlb_end(&b), NO_ARGS, &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    *s = (struct standing){.erasure = rows_i64(&r, 0),
                           .person = rows_i64(&r, 1),
                           .basis = rows_text(&r, 2),
                           .type = rows_i64(&r, 3),
                           .record = rows_i64(&r, 4),
                           .done = {.erased = rows_i64(&r, 5),
                                    .entries = rows_i64(&r, 6),
                                    .held = rows_i64(&r, 7),
                                    .retained = rows_i64(&r, 8),
                                    .busy = rows_i64(&r, 9),
                                    .comments = rows_i64(&r, 11),
                                    .traces = rows_i64(&r, 12),
                                    .mentions = rows_i64(&r, 13),
                                    .unlisted = rows_i64(&r, 14)},
                           .phase = (enum erase_phase)rows_i64(&r, 10)};
    return OK;
}

static err keep(struct erasing *k, const struct standing *s)
{
    return db_exec(k->db, k->a,
                   SQL("insert into erasure_work(erasure, type, record, erased, entries, held,"
                       " retained, busy, phase, comments, traces, mentions, unlisted)"
                       " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
                       " on conflict (erasure) do update set type = excluded.type,"
                       " record = excluded.record, erased = excluded.erased,"
                       " entries = excluded.entries, held = excluded.held,"
                       " retained = excluded.retained, busy = excluded.busy,"
                       " phase = excluded.phase, comments = excluded.comments,"
                       " traces = excluded.traces, mentions = excluded.mentions,"
                       " unlisted = excluded.unlisted"),
                   ARGS(db_i64(s->erasure), db_i64(s->type), db_i64(s->record),
                        db_i64(s->done.erased), db_i64(s->done.entries), db_i64(s->done.held),
                        db_i64(s->done.retained), db_i64(s->done.busy), db_i64(s->phase),
                        db_i64(s->done.comments), db_i64(s->done.traces), db_i64(s->done.mentions),
                        db_i64(s->done.unlisted)));
}

/* The next record about the person; *t NULL: there is none. */
static err next(struct erasing *k, const struct standing *s, const struct type **t, int64_t *record,
                int64_t *changed)
{
    err e = OK;
    *t = NULL;
    for (size_t i = (size_t)s->type; i < k->m->ntypes && !*t && !e.code; i++) {
        const struct type *x = k->m->types[i];
        struct rows r;
        if (x->lines || !x->newest || !erase_concerns(x)) {
            continue;
        }
        struct sqlb b = sqlb_make(k->a);
        SQLB_LIT(&b, "select id, changed_at from ");
        sqlb_ident(&b, x->table);
        SQLB_LIT(&b, " where ");
        sqlb_ident(&b, erase_subject(k->m, x));
        SQLB_LIT(&b, " = $1 and id > $2 order by id limit 1");
        e = db_query(k->db, k->a, sqlb_end(&b),
                     ARGS(db_i64(s->person), db_i64((int64_t)i == s->type ? s->record : 0)), &r);
        if (!e.code && rows_next(&r)) {
            *t = x;
            *record = rows_i64(&r, 0);
            *changed = rows_i64(&r, 1);
        }
    }
    return e;
}

/* --- may it go? ----------------------------------------------------------------------------- */

void erase_hold_put(struct sqlb *b, const struct model *m, int at)
{
    const struct type *t = m->legal_hold;
    if (!t) {
        SQLB_LIT(b, "null");
        return;
    }
    SQLB_LIT(b, "(select min(h.id) from ");
    sqlb_ident(b, t->table);
    SQLB_LIT(b, " h where h.f_about = ");
    sqlb_param(b, at);
    SQLB_LIT(b, " and h.state = ");
    sqlb_i64(b, tdef_state(t->newest, STR("in_force"))->code);
    SQLB_LIT(b, ")");
}

err erase_hold(const struct ctx *ctx, int64_t record, int64_t *ret)
{
    struct sqlb b = sqlb_make(ctx->arena);
    struct rows r;
    *ret = 0;
    if (!ctx->model->legal_hold) {
        return OK;
    }
    SQLB_LIT(&b, "select ");
    erase_hold_put(&b, ctx->model, 1);
    err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ARGS(db_i64(record)), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}

int64_t erase_kept_until(const struct model *m, const struct type *t, int64_t changed)
{
    const struct tdef *d = t->newest;
    if (d->retain == V_NULL) {
        return 0;
    }
    if (d->retain_for < 0) {
        return INT64_MAX;
    }
    if (d->retain == V_DAYS) {
        return changed + d->retain_for * MS_PER_DAY;
    }
    struct clock_civil c = clock_civil_at(changed, m->zone_minutes);
    int64_t n = (int64_t)c.year * 12 + c.month - 1 + d->retain_for;
    return (clock_day((int)(n / 12), (int)(n % 12) + 1, 1) + c.day) * MS_PER_DAY -
           (int64_t)m->zone_minutes * 60000;
}

static err voting(struct erasing *k, int64_t record, bool *ret)
{
    struct rows r;
    err e = db_query(k->db, k->a, SQL("select 1 from approval where record = $1 and state < 2"),
                     ARGS(db_i64(record)), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

err erase_may(struct erasing *k, struct standing *s, const struct type *t, int64_t record,
              int64_t changed, bool *ret)
{
    int64_t hold = 0;
    int64_t of_person = 0;
    bool votes = false;
    err e = erase_hold(k->ctx, record, &hold);
    e = e.code ? e : erase_hold(k->ctx, s->person, &of_person);
    e = e.code ? e : voting(k, record, &votes);
    *ret = false;
    if (e.code) {
        return e;
    }
    if (hold || of_person) {
        s->done.held++;
    } else if (k->now < erase_kept_until(k->m, t, changed)) {
        s->done.retained++;
    } else if (votes) {
        s->done.busy++;
    } else {
        *ret = true;
    }
    return OK;
}

/* --- one step, or the end ------------------------------------------------------------------- */

static err one_record(struct turn *t, struct erasing *k, struct standing *s,
                      const struct type *type, int64_t record, int64_t changed)
{
    bool may;
    bool more = false;
    err e = erase_may(k, s, type, record, changed, &may);
    e = e.code || !may ? e : erase_record(t, k, type, record, &s->done, &more);
    s->type = type->code;
    s->record = more ? record - 1 : record; /* of one with very many acts the rest comes next */
    return e;
}

static void next_phase(struct standing *s)
{
    s->phase++;
    s->type = 0;
    s->record = 0;
}

/* The person's own comments: record by record, each counted where it is left alone unless it
 * was counted among those about him. */
static err one_said(struct turn *t, struct erasing *k, struct standing *s)
{
    struct rows r;
    struct rows row;
    bool may;
    bool more = false;
    err e = db_query(k->db, k->a,
                     SQL("select record, type from act where person = $1 and action = 'comment'"
                         " and record > $2 and not exists (select 1 from ledger_erased x"
                         " where x.seq = act.seq) order by record limit 1"),
                     ARGS(db_i64(s->person), db_i64(s->record)), &r);
    if (e.code || !rows_next(&r)) {
        next_phase(s);
        return e;
    }
    int64_t record = rows_i64(&r, 0);
    const struct type *type = model_type_at(k->m, (int)rows_i64(&r, 1));
    s->record = record;
    if (!type) {
        return OK;
    }
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select changed_at, ");
    sqlb_ident(&b, erase_subject(k->m, type));
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, type->table);
    SQLB_LIT(&b, " where id = $1");
    e = db_query(k->db, k->a, sqlb_end(&b), ARGS(db_i64(record)), &row);
    if (e.code || !rows_next(&row)) {
        return e;
    }
    struct standing counts = *s;
    e = erase_may(k, &counts, type, record, rows_i64(&row, 0), &may);
    if (!erase_concerns(type) || rows_i64(&row, 1) != s->person) {
        s->done = counts.done;
    }
    e = e.code || !may ? e : erase_comments(t, k, type, record, s->person, &s->done, &more);
    s->record = more ? record - 1 : record;
    return e;
}

/* What stays of his sign-ins beside the records. */
static err the_traces(struct turn *t, struct erasing *k, struct standing *s)
{
    const struct erase_traces *by = &t->e->traces;
    int64_t hold = 0;
    int64_t kept = 0;
    err e = erase_hold(k->ctx, s->person, &hold);
    next_phase(s);
    if (e.code || hold || !by->erase) {
        return e;
    }
    e = by->erase(by->arg, k->db, k->a, s->person, k->now, &s->done.traces, &kept);
    s->done.retained += kept;
    return e;
}

void erase_traces_by(struct engine *e, const struct erase_traces *traces)
{
    e->traces = *traces;
}

/* Those that the register has a place for: of an older definition the first five. */
static size_t told(struct erasing *k, const struct standing *s, struct value_in *values)
{
    const struct {
        str field;
        int64_t n;
    } list[] = {{STR("erased"), s->done.erased},    {STR("entries"), s->done.entries},
                {STR("held"), s->done.held},        {STR("retained"), s->done.retained},
                {STR("busy"), s->done.busy},        {STR("comments"), s->done.comments},
                {STR("traces"), s->done.traces},    {STR("mentions"), s->done.mentions},
                {STR("unlisted"), s->done.unlisted}};
    size_t n = 0;
    for (size_t i = 0; i < TOLD_MAX; i++) {
        if (tdef_field(k->m->erasure->newest, list[i].field)) {
            values[n++] = (struct value_in){.field = list[i].field,
                                            .text = str_fmt(k->a, "%lld", (long long)list[i].n)};
        }
    }
    return n;
}

static err the_end(struct turn *t, struct erasing *k, struct standing *s)
{
    struct value_in values[TOLD_MAX];
    size_t n = told(k, s, values);
    struct ctx ctx = ctx_make(t->e, k->m, k->db, k->a, t->now, 0, LANG_ZH);
    struct act act = {.arena = k->a,
                      .now = t->now,
                      .type = STR("erasure"),
                      .record = s->erasure,
                      .action = STR("carry_out"),
                      .values = values,
                      .nvalues = n,
                      .lang = LANG_ZH};
    err refused;
    err e = act_try(&ctx, &act, &refused);
    if (e.code || !refused.code) {
        return e;
    }
    turn_refused(t, refused);
    t->give_up = false;
    t->at.record = s->erasure;
    t->at.type = k->m->erasure->code;
    s->type = REFUSED_TYPE;
    e = turn_put_away(t, k->db, k->a);
    return e.code ? e : keep(k, s);
}

/* --- files ---------------------------------------------------------------------------------- */

/* Bytes that no attachment has any more, of erasures that are durable. */
static err one_file(struct turn *t, struct erasing *k)
{
    struct rows r;
    struct rows used;
    err e = db_query(k->db, k->a, SQL("select sha256 from erasure_file order by sha256 limit 1"),
                     NO_ARGS, &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    t->done = true;
    str sha = rows_text(&r, 0);
    e = db_query(k->db, k->a, SQL("select 1 from attachment where sha256 = $1 limit 1"),
                 ARGS(db_text(sha)), &used);
    if (e.code) {
        return e;
    }
    if (!rows_count(&used) && t->e->opt.data_dir.len) {
        str path = attach_path(k->a, t->e->opt.data_dir, sha);
        if (unlink(path.ptr) != 0 && errno != ENOENT) {
            return err_make(ERR_STORE, str_copy(k->a, path));
        }
    }
    struct batch *b = batch_begin(k->db, k->a);
    if (!rows_count(&used)) {
        batch_add(b, SQL("delete from blob where sha256 = $1"), ARGS(db_text(sha)));
    }
    batch_add(b, SQL("delete from erasure_file where sha256 = $1"), ARGS(db_text(sha)));
    return batch_run(b);
}

static err one_step(struct turn *t, struct erasing *k, struct standing *s)
{
    const struct type *type = NULL;
    int64_t record = 0;
    int64_t changed = 0;
    err e = OK;
    k->basis = s->basis;
    switch (s->phase) {
    case ERASING_RECORDS:
        e = next(k, s, &type, &record, &changed);
        if (!e.code && type) {
            e = one_record(t, k, s, type, record, changed);
        } else if (!e.code) {
            next_phase(s);
        }
        break;
    case ERASING_COMMENTS:
        e = one_said(t, k, s);
        break;
    case ERASING_TRACES:
        e = the_traces(t, k, s);
        break;
    case ERASING_FIELDS:
    case ERASING_ACTS:
        e = erase_search(t, k, s);
        break;
    case ERASING_DONE:
        return the_end(t, k, s);
    }
    return e.code ? e : keep(k, s);
}

err erase_turn(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct erasing k = {.m = t->e->now.model->model, .db = db, .a = a, .now = t->now};
    struct standing s = {0};
    (void)world;
    t->done = false;
    if (!k.m->erasure || !k.m->person) {
        return OK;
    }
    struct ctx ctx = ctx_make(t->e, k.m, db, a, t->now, 0, LANG_ZH);
    k.ctx = &ctx;
    err e = one_file(t, &k);
    e = e.code || t->done ? e : erase_mention(t, &k);
    if (e.code || t->done) {
        return e;
    }
    e = find(&k, &s);
    if (e.code || !s.erasure) {
        return e;
    }
    t->done = true;
    return one_step(t, &k, &s);
}
