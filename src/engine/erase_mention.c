/* erase_mention.c - records whose free texts name somebody whose data is erased: found in
 * portions and listed; rid of the name once somebody decided so. */
#include "base/clock.h"
#include "engine/erase_int.h"

#include <string.h>

enum { SCAN_ROWS = 4000 }; /* looked at in one turn, which acts wait behind */

static err name_of(struct erasing *k, int64_t person, str *ret)
{
    struct rows r;
    err e = db_query(k->db, k->a, SQL("select f_full_name from r_person where id = $1"),
                     ARGS(db_i64(person)), &r);
    *ret = !e.code && rows_next(&r) ? str_trim(rows_text(&r, 0)) : STR("");
    return e;
}

/* --- a record that names him ------------------------------------------------------------------ */

/* Columns of texts in any version of the type, each once. */
static size_t texts_of(const struct type *t, str *list)
{
    size_t n = 0;
    for (size_t v = 0; v < t->ndefs; v++) {
        for (size_t i = 0; i < t->defs[v]->nfields; i++) {
            const struct field *f = &t->defs[v]->fields[i];
            bool had = !erase_is_free(f) || n == COLS_MAX;
            for (size_t c = 0; c < n && !had; c++) {
                had = str_eq(list[c], f->column);
            }
            if (!had) {
                list[n++] = f->column;
            }
        }
    }
    return n;
}

/* Rows of tables inside a record are its lines; the registers of erasing tell of him by right. */
static bool is_searched(const struct model *m, const struct type *t)
{
    return t->newest && !t->lines && t != m->erasure && t != m->mention;
}

/* In how many texts of the record, of what acts say, of its history; and its number. */
static err count_places(struct erasing *k, const struct type *t, int64_t record, str name,
                        int64_t ret[3], str *number)
{
    str *columns = arena_array(k->a, str, COLS_MAX);
    size_t n = texts_of(t, columns);
    struct rows r;
    struct rows acts;
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select r.number, 0");
    for (size_t i = 0; i < n; i++) {
        SQLB_LIT(&b, " + case when ");
        erase_put_names(&b, STR("r"), columns[i], 2);
        SQLB_LIT(&b, " then 1 else 0 end");
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " r where r.id = $1 and $2 <> ''");
    struct sqlb h = sqlb_make(k->a);
    SQLB_LIT(&h, "select coalesce(sum(case when ");
    erase_put_names(&h, STR("a"), STR("note"), 2);
    SQLB_LIT(&h, " then 1 else 0 end), 0), coalesce(sum(case when ");
    erase_put_names(&h, STR("a"), STR("changes"), 2);
    SQLB_LIT(&h, " then 1 else 0 end), 0) from act a where a.record = $1");
    struct db_args args = ARGS(db_i64(record), db_text(name));
    err e = db_query(k->db, k->a, sqlb_end(&b), args, &r);
    e = e.code ? e : db_query(k->db, k->a, sqlb_end(&h), args, &acts);
    bool there = !e.code && rows_next(&r);
    ret[0] = there ? rows_i64(&r, 1) : 0;
    *number = there && !rows_null(&r, 0) ? rows_text(&r, 0) : STR("");
    bool some = !e.code && rows_next(&acts);
    ret[1] = some ? rows_i64(&acts, 0) : 0;
    ret[2] = some ? rows_i64(&acts, 1) : 0;
    return e;
}

static err is_listed(struct erasing *k, int64_t erasure, int64_t record, bool *ret)
{
    struct rows r;
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select 1 from ");
    sqlb_ident(&b, k->m->mention->table);
    SQLB_LIT(&b, " where f_erasure = $1 and f_about = $2");
    err e = db_query(k->db, k->a, sqlb_end(&b), ARGS(db_i64(erasure), db_i64(record)), &r);
    *ret = !e.code && rows_count(&r) > 0;
    return e;
}

/* In both languages, since it is written once and read in either. */
static str title_of(struct arena *a, const struct type *type)
{
    str zh = words_in(type->newest->title, LANG_ZH);
    str en = words_in(type->newest->title, LANG_EN);
    return str_eq(zh, en) ? zh : str_fmt(a, "%.*s %.*s", STR_ARG(zh), STR_ARG(en));
}

/* Enters it as a part of the erasure, once. */
static err list_it(struct turn *t, struct erasing *k, struct standing *s, const struct type *type,
                   int64_t record, str name)
{
    int64_t places[3];
    str number;
    bool listed;
    err refused;
    err e = is_listed(k, s->erasure, record, &listed);
    if (e.code || listed) {
        return e;
    }
    e = count_places(k, type, record, name, places, &number);
    if (e.code) {
        return e;
    }
    str title = title_of(k->a, type);
    struct value_in *values = arena_array(k->a, struct value_in, 6);
    values[0] =
        (struct value_in){.field = STR("erasure"), .is_typed = true, .typed = {.i64 = s->erasure}};
    values[1] =
        (struct value_in){.field = STR("about"), .is_typed = true, .typed = {.i64 = record}};
    const str of[] = {STR("texts"), STR("remarks"), STR("history")};
    for (size_t i = 0; i < 3; i++) {
        values[2 + i] =
            (struct value_in){.field = of[i], .text = str_fmt(k->a, "%lld", (long long)places[i])};
    }
    values[5] = (struct value_in){/* whatever else it is called may hold the name */
                                  .field = STR("called"),
                                  .text = str_fmt(k->a, number.len ? "%.*s %.*s" : "%.*s%.*s",
                                                  STR_ARG(title), STR_ARG(number))};
    struct ctx ctx = ctx_make(t->e, k->m, k->db, k->a, t->now, 0, LANG_ZH);
    struct act act = {.arena = k->a,
                      .now = t->now,
                      .type = k->m->mention->key,
                      .action = STR("enter"),
                      .values = values,
                      .nvalues = 6,
                      .lang = LANG_ZH};
    e = act_try(&ctx, &act, &refused);
    if (!e.code) {
        s->done.mentions += !refused.code;
        s->done.unlisted += refused.code != 0;
    }
    return e;
}

/* --- the search ------------------------------------------------------------------------------ */

/* " from T r where r.id > $1 and r.id <= $2 and r.id <> $4 and (...)": those that hold $3. */
static void put_hits(struct sqlb *b, str table, const str *columns, size_t n)
{
    SQLB_LIT(b, " from ");
    sqlb_ident(b, table);
    SQLB_LIT(b, " r where r.id > $1 and r.id <= $2 and r.id <> $4 and (");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            SQLB_LIT(b, " or ");
        }
        erase_put_names(b, STR("r"), columns[i], 3);
    }
    SQLB_LIT(b, ")");
}

struct hit {
    int64_t id, record, type; /* id 0: none; of a record's row id and record are the same */
    int64_t last, looked;     /* of the portion: its end, rows */
};

/* The next portion of a table after `after`: its first hit.  When no more are listed, the hits
 * of the portion are counted instead. */
static err portion(struct erasing *k, struct standing *s, str table, const str *columns, size_t n,
                   int64_t most, str name, struct hit *ret)
{
    bool full = s->done.mentions >= ERASE_MENTIONS;
    bool acts = s->phase == ERASING_ACTS;
    struct rows r;
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select coalesce(max(id), 0), count(*) from (select id from ");
    sqlb_ident(&b, table);
    SQLB_LIT(&b, " where id > $1 order by id limit $2) q");
    err e = db_query(k->db, k->a, sqlb_end(&b), ARGS(db_i64(s->record), db_i64(most)), &r);
    *ret = (struct hit){0};
    if (e.code || !rows_next(&r) || !rows_i64(&r, 1)) {
        return e;
    }
    ret->last = rows_i64(&r, 0);
    ret->looked = rows_i64(&r, 1);
    b = sqlb_make(k->a);
    if (full) {
        SQLB_LIT(&b, "select count(*), 0, 0");
    } else if (acts) {
        SQLB_LIT(&b, "select r.id, r.record, r.type");
    } else {
        SQLB_LIT(&b, "select r.id, r.id, 0");
    }
    put_hits(&b, table, columns, n);
    if (!full) {
        SQLB_LIT(&b, " order by r.id limit 1");
    }
    e = db_query(k->db, k->a, sqlb_end(&b),
                 ARGS(db_i64(s->record), db_i64(ret->last), db_text(name), db_i64(s->person)), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    if (full) {
        s->done.unlisted += acts ? 0 : rows_i64(&r, 0); /* of acts it would be more than records */
    } else {
        ret->id = rows_i64(&r, 0);
        ret->record = rows_i64(&r, 1);
        ret->type = rows_i64(&r, 2);
    }
    return e;
}

static void next_phase(struct standing *s)
{
    s->phase++;
    s->type = 0;
    s->record = 0;
}

static err search_fields(struct turn *t, struct erasing *k, struct standing *s, str name)
{
    str *columns = arena_array(k->a, str, COLS_MAX);
    int64_t most = SCAN_ROWS;
    while (most > 0 && s->type < (int64_t)k->m->ntypes) {
        const struct type *type = k->m->types[s->type];
        size_t n = is_searched(k->m, type) ? texts_of(type, columns) : 0;
        struct hit hit = {0};
        err e = n ? portion(k, s, type->table, columns, n, most, name, &hit) : OK;
        if (e.code) {
            return e;
        }
        most -= hit.looked;
        if (!hit.looked) {
            s->type++;
            s->record = 0;
        } else if (!hit.id) {
            s->record = hit.last;
        } else {
            s->record = hit.id;
            return list_it(t, k, s, type, hit.record, name);
        }
    }
    if (s->type >= (int64_t)k->m->ntypes) {
        next_phase(s);
    }
    return OK;
}

static err search_acts(struct turn *t, struct erasing *k, struct standing *s, str name)
{
    const str columns[] = {STR("note"), STR("changes")};
    struct hit hit;
    err e = portion(k, s, STR("act"), columns, 2, SCAN_ROWS, name, &hit);
    if (e.code) {
        return e;
    }
    if (!hit.looked) {
        next_phase(s);
        return OK;
    }
    s->record = hit.id ? hit.id : hit.last;
    const struct type *type = hit.id ? model_type_at(k->m, (int)hit.type) : NULL;
    return !type || !is_searched(k->m, type) || hit.record == s->person
               ? OK
               : list_it(t, k, s, type, hit.record, name);
}

err erase_search(struct turn *t, struct erasing *k, struct standing *s)
{
    str name;
    err e = name_of(k, s->person, &name);
    if (e.code) {
        return e;
    }
    if (!name.len || !k->m->mention) {
        s->phase = ERASING_DONE;
        return OK;
    }
    return s->phase == ERASING_FIELDS ? search_fields(t, k, s, name) : search_acts(t, k, s, name);
}

/* --- one that was decided on ------------------------------------------------------------------ */

static struct sql decided_sql(struct erasing *k)
{
    struct sqlb b = sqlb_make(k->a);
    SQLB_LIT(&b, "select r.id, r.f_about, e.f_person, e.f_basis, coalesce(r.f_entries, 0),"
                 " (select a.type from act a where a.record = r.f_about order by a.id limit 1)"
                 " from ");
    sqlb_ident(&b, k->m->mention->table);
    SQLB_LIT(&b, " r join ");
    sqlb_ident(&b, k->m->erasure->table);
    SQLB_LIT(&b, " e on e.id = r.f_erasure where r.state = ");
    sqlb_i64(&b, tdef_state(k->m->mention->newest, STR("masking"))->code);
    SQLB_LIT(&b, " and not exists(select 1 from approval p where p.record = r.f_about"
                 " and p.state < 2)");
    if (k->m->legal_hold) { /* put on it after it was decided: it waits */
        SQLB_LIT(&b, " and not exists(select 1 from ");
        sqlb_ident(&b, k->m->legal_hold->table);
        SQLB_LIT(&b, " h where h.f_about in (r.f_about, e.f_person) and h.state = ");
        sqlb_i64(&b, tdef_state(k->m->legal_hold->newest, STR("in_force"))->code);
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, " order by r.id limit 1");
    return sqlb_end(&b);
}

static err told_masked(struct turn *t, struct erasing *k, int64_t mention, int64_t entries)
{
    struct value_in value = {.field = STR("entries"),
                             .text = str_fmt(k->a, "%lld", (long long)entries)};
    struct ctx ctx = ctx_make(t->e, k->m, k->db, k->a, t->now, 0, LANG_ZH);
    struct act act = {.arena = k->a,
                      .now = t->now,
                      .type = k->m->mention->key,
                      .record = mention,
                      .action = STR("masked"),
                      .values = &value,
                      .nvalues = 1,
                      .lang = LANG_ZH};
    return act_perform(&ctx, &act);
}

err erase_mention(struct turn *t, struct erasing *k)
{
    struct rows r;
    str name;
    int64_t entries = 0;
    bool more = false;
    if (!k->m->mention) {
        return OK;
    }
    err e = db_query(k->db, k->a, decided_sql(k), NO_ARGS, &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    t->done = true;
    t->at.record = rows_i64(&r, 0);
    t->at.type = k->m->mention->code;
    const struct type *type = model_type_at(k->m, (int)rows_i64(&r, 5));
    k->basis = rows_text(&r, 3);
    e = name_of(k, rows_i64(&r, 2), &name);
    if (!e.code && type && name.len) {
        e = erase_name(t, k, type, rows_i64(&r, 1), name, &entries, &more);
    }
    /* Of one with very many acts the rest comes next; the entries are those of the last turn. */
    return e.code || more ? e : told_masked(t, k, rows_i64(&r, 0), entries);
}

/* --- may it be decided so? ------------------------------------------------------------------- */

static const struct clause *clause_of(const struct type *t, const char *field)
{
    const struct field *f = t ? tdef_field(t->newest, str_from(field)) : NULL;
    return f ? f->clause : NULL;
}

static int64_t cell_i64(const struct touched *x, const char *key)
{
    const struct field *f = tdef_field(x->t->def, str_from(key));
    int col = f ? plan_col(x->t, f) : -1;
    return col >= 0 && !x->now[col].null ? x->now[col].i : 0;
}

static err refuse_hold(struct doing *d)
{
    return refuse(d->a, ERR_RULE, REFUSED_RULE, clause_of(d->h->model->legal_hold, "about"),
                  WORDS("这条记录或者本人的档案已被封存，其中的内容不得删改",
                        "This record, or all that is about this person, is on legal hold: nothing "
                        "of it is erased"),
                  WORDS("封存解除后可以办理", "It can be done once the hold is released"));
}

static err refuse_kept(struct doing *d, int64_t until)
{
    const struct model *m = d->h->model;
    str day = until == INT64_MAX
                  ? STR("")
                  : clock_date(d->a, (until + (int64_t)m->zone_minutes * 60000) / MS_PER_DAY);
    return refuse(
        d->a, ERR_RULE, REFUSED_RULE, clause_of(m->mention, "about"),
        WORDS("这条记录的保存期限未满，其中的内容不得删改",
              "This record must be kept: nothing of it is erased"),
        day.len ? words_fmt(d->a, "%.*s 起可以办理", "It can be done from %.*s on", STR_ARG(day))
                : WORDS("此类记录永久保存；请选择保留并写明理由",
                        "Records of this kind are kept for ever: choose to leave it, "
                        "and say why"));
}

/* The record's type, when it was changed, whether people vote on it. */
static err look_at(struct doing *d, int64_t about, const struct type **type, int64_t *changed,
                   bool *votes)
{
    struct rows r;
    struct rows row;
    err e = db_query(d->ctx->db, d->a,
                     SQL("select type, (select count(*) from approval where record = $1"
                         " and state < 2) from act where record = $1 order by id limit 1"),
                     ARGS(db_i64(about)), &r);
    *type = !e.code && rows_next(&r) ? model_type_at(d->h->model, (int)rows_i64(&r, 0)) : NULL;
    if (e.code || !*type) {
        return e;
    }
    *votes = rows_i64(&r, 1) > 0;
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select changed_at from ");
    sqlb_ident(&b, (*type)->table);
    SQLB_LIT(&b, " where id = $1");
    e = db_query(d->ctx->db, d->a, sqlb_end(&b), ARGS(db_i64(about)), &row);
    *changed = !e.code && rows_next(&row) ? rows_i64(&row, 0) : 0;
    return e;
}

err erase_check_mention(struct doing *d, const struct touched *x)
{
    const struct model *m = d->h->model;
    const struct state *masking = tdef_state(x->t->def, STR("masking"));
    const struct type *type = NULL;
    int64_t changed = 0;
    int64_t hold = 0;
    int64_t of_person = 0;
    bool votes = false;
    if (!masking || x->now[COL_STATE].null || x->now[COL_STATE].i != masking->code) {
        return OK;
    }
    struct rows r;
    struct sqlb b = sqlb_make(d->a);
    SQLB_LIT(&b, "select f_person from ");
    sqlb_ident(&b, m->erasure->table);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ARGS(db_i64(cell_i64(x, "erasure"))), &r);
    int64_t about = cell_i64(x, "about");
    e = e.code ? e : erase_hold(d->ctx, about, &hold);
    e = e.code || !rows_next(&r) ? e : erase_hold(d->ctx, rows_i64(&r, 0), &of_person);
    e = e.code ? e : look_at(d, about, &type, &changed, &votes);
    if (e.code || !type) {
        return e;
    }
    if (hold || of_person) {
        return refuse_hold(d);
    }
    int64_t until = erase_kept_until(m, type, changed);
    if (d->act->now < until) {
        return refuse_kept(d, until);
    }
    return !votes
               ? OK
               : refuse(d->a, ERR_RULE, REFUSED_RULE, clause_of(m->mention, "about"),
                        WORDS("这条记录正在审批，其中的内容不得删改",
                              "People are voting on this record: nothing of it is erased"),
                        WORDS("审批结束后可以办理", "It can be done once the approval has ended"));
}
