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

struct standing {
    int64_t erasure, person;
    str basis;
    int64_t type, record; /* done up to here */
    struct erase_done done;
};

static err find(struct erasing *k, struct standing *s)
{
    const struct type *t = k->m->erasure;
    struct sqlb b = sqlb_make(k->a);
    struct rows r;
    SQLB_LIT(&b, "select r.id, r.f_person, r.f_basis, w.type, w.record, w.erased, w.entries,"
                 " w.held, w.retained, w.busy from ");
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
                                    .busy = rows_i64(&r, 9)}};
    return OK;
}

static err keep(struct erasing *k, const struct standing *s)
{
    return db_exec(k->db, k->a,
                   SQL("insert into erasure_work(erasure, type, record, erased, entries, held,"
                       " retained, busy) values ($1, $2, $3, $4, $5, $6, $7, $8)"
                       " on conflict (erasure) do update set type = excluded.type,"
                       " record = excluded.record, erased = excluded.erased,"
                       " entries = excluded.entries, held = excluded.held,"
                       " retained = excluded.retained, busy = excluded.busy"),
                   ARGS(db_i64(s->erasure), db_i64(s->type), db_i64(s->record),
                        db_i64(s->done.erased), db_i64(s->done.entries), db_i64(s->done.held),
                        db_i64(s->done.retained), db_i64(s->done.busy)));
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

static bool retained(const struct erasing *k, const struct type *t, int64_t changed)
{
    const struct tdef *d = t->newest;
    int64_t until = changed;
    if (d->retain == V_NULL) {
        return false;
    }
    if (d->retain == V_MONTHS) {
        struct clock_civil c = clock_civil_at(changed, k->m->zone_minutes);
        int64_t n = (int64_t)c.year * 12 + c.month - 1 + d->retain_for;
        until = (clock_day((int)(n / 12), (int)(n % 12) + 1, 1) + c.day) * MS_PER_DAY -
                (int64_t)k->m->zone_minutes * 60000;
    } else if (d->retain == V_DAYS) {
        until = changed + d->retain_for * MS_PER_DAY;
    }
    return d->retain_for < 0 || k->now < until; /* below 0: for ever */
}

static err voting(struct erasing *k, int64_t record, bool *ret)
{
    struct rows r;
    err e = db_query(k->db, k->a, SQL("select 1 from approval where record = $1 and state < 2"),
                     ARGS(db_i64(record)), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

/* --- one record, or the end ----------------------------------------------------------------- */

static err one_record(struct turn *t, struct erasing *k, struct standing *s,
                      const struct type *type, int64_t record, int64_t changed)
{
    int64_t hold = 0;
    int64_t of_person = 0;
    bool votes = false;
    bool more = false;
    struct ctx ctx = ctx_make(t->e, k->m, k->db, k->a, t->now, 0, LANG_ZH);
    err e = erase_hold(&ctx, record, &hold);
    e = e.code ? e : erase_hold(&ctx, s->person, &of_person);
    e = e.code ? e : voting(k, record, &votes);
    if (e.code) {
        return e;
    }
    if (hold || of_person) {
        s->done.held++;
    } else if (retained(k, type, changed)) {
        s->done.retained++;
    } else if (votes) {
        s->done.busy++;
    } else {
        k->ctx = &ctx;
        k->basis = s->basis;
        e = erase_record(t, k, type, record, &s->done, &more);
    }
    s->type = type->code;
    s->record = more ? record - 1 : record; /* of one with very many acts the rest comes next */
    return e.code ? e : keep(k, s);
}

static err the_end(struct turn *t, struct erasing *k, struct standing *s)
{
    const struct {
        str field;
        int64_t n;
    } list[] = {{STR("erased"), s->done.erased},
                {STR("entries"), s->done.entries},
                {STR("held"), s->done.held},
                {STR("retained"), s->done.retained},
                {STR("busy"), s->done.busy}};
    struct value_in *values = arena_array(k->a, struct value_in, 5);
    for (size_t i = 0; i < 5; i++) {
        values[i] = (struct value_in){.field = list[i].field,
                                      .text = str_fmt(k->a, "%lld", (long long)list[i].n)};
    }
    struct ctx ctx = ctx_make(t->e, k->m, k->db, k->a, t->now, 0, LANG_ZH);
    struct act act = {.arena = k->a,
                      .now = t->now,
                      .type = STR("erasure"),
                      .record = s->erasure,
                      .action = STR("carry_out"),
                      .values = values,
                      .nvalues = 5,
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

err erase_turn(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct turn *t = (struct turn *)job;
    struct erasing k = {.m = t->e->now.model->model, .db = db, .a = a, .now = t->now};
    struct standing s = {0};
    const struct type *type = NULL;
    int64_t record = 0;
    int64_t changed = 0;
    (void)world;
    t->done = false;
    if (!k.m->erasure || !k.m->person) {
        return OK;
    }
    err e = one_file(t, &k);
    if (e.code || t->done) {
        return e;
    }
    e = find(&k, &s);
    if (e.code || !s.erasure) {
        return e;
    }
    t->done = true;
    e = next(&k, &s, &type, &record, &changed);
    return e.code ? e : type ? one_record(t, &k, &s, type, record, changed) : the_end(t, &k, &s);
}
