/* scenario_look.c - the steps of an example that only look. */
#include "base/clock.h"
#include "engine/list.h"
#include "engine/reading.h"
#include "engine/record_load.h"
#include "engine/refusal_int.h"
#include "engine/scenario_int.h"
#include "model/expr.h"

err scenario_unknown(struct run *r, str name)
{
    return refuse(r->a, ERR_NOT_FOUND, REFUSED_VALUE, NULL,
                  words_fmt(r->a, "没有“%.*s”：既不是记录类型，也不是前面某一步用 save 起的名字",
                            "there is no \"%.*s\": neither a type of record nor a name that an "
                            "earlier step saved",
                            STR_ARG(name)),
                  (struct words){0});
}

err scenario_person(struct run *r, str login, int64_t *ret)
{
    *ret = 0;
    if (!login.len || str_eq(login, STR("auto"))) {
        return OK;
    }
    struct arena side = arena_make(16u << 20);
    struct db *db;
    struct rows rows;
    err e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        e = db_query(db, &side, SQL("select id from \"r_person\" where \"f_login\" = $1"),
                     ARGS(db_text(login)), &rows);
    }
    if (!e.code && rows_next(&rows)) {
        *ret = rows_i64(&rows, 0);
    } else if (!e.code) {
        e = refuse(r->a, ERR_NOT_FOUND, REFUSED_VALUE, NULL,
                   words_fmt(r->a, "没有登录名为“%.*s”的人（demo.yaml 列出有谁）",
                             "nobody has the login \"%.*s\" (demo.yaml has those there are)",
                             STR_ARG(login)),
                   (struct words){0});
    }
    arena_end(&side);
    return e;
}

static err do_check(struct run *r, const struct step *s)
{
    const struct saved *on = scenario_saved(r, s->on);
    if (!on) {
        return scenario_unknown(r, s->on);
    }
    const struct model *m = engine_model(r->e);
    const struct type *t = model_type(m, on->type->key);
    struct scope sc = {.model = m, .law = t->newest->law, .self = t->newest};
    struct cond c = expr_compile(r->a, &sc, s->holds, s->pos, vtype_of(V_BOOL), r->d);
    struct arena side = arena_make(32u << 20);
    struct db *db;
    struct rows rows;
    err e = c.tree ? engine_reader(r->e, &side, &db) : OK;
    if (c.tree && !e.code) {
        struct ctx ctx = ctx_make(r->e, m, db, &side, r->now, 0, LANG_ZH);
        struct sqlb b = sqlb_make(&side);
        SQLB_LIT(&b, "select ");
        sqlb_sql(&b, c.value);
        SQLB_LIT(&b, " from ");
        sqlb_ident(&b, t->table);
        SQLB_LIT(&b, " r where r.id = $4");
        struct db_arg id = db_i64(on->id);
        e = db_query(db, &side, sqlb_end(&b), ctx_args(&ctx, &id, 1), &rows);
        if (!e.code && !(rows_next(&rows) && rows_i64(&rows, 0) == 1)) {
            diag_error(r->d, s->pos, "不成立：%.*s", "this does not hold: %.*s", STR_ARG(s->holds));
        }
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

static err do_see(struct run *r, const struct step *s, str as)
{
    const struct saved *on = scenario_saved(r, s->on);
    int64_t who;
    err e = on ? scenario_person(r, s->as.len ? s->as : as, &who) : scenario_unknown(r, s->on);
    if (e.code) {
        return e;
    }
    const struct model *m = engine_model(r->e);
    struct arena side = arena_make(32u << 20);
    struct db *db;
    e = engine_reader(r->e, &side, &db);
    if (!e.code) {
        struct ctx ctx = ctx_make(r->e, m, db, &side, r->now, who, LANG_ZH);
        struct record rec;
        err seen = reading_find(&ctx);
        seen = seen.code ? seen : record_get(&ctx, model_type(m, on->type->key), on->id, &rec);
        if ((seen.code == ERR_NONE) != s->expect) {
            diag_error(r->d, s->pos, "可见性不符", "this is not seen as it should be");
        }
    }
    arena_end(&side);
    engine_release(r->e, m);
    return e;
}

/* A statement about a saved record, on a connection of its own. */
struct look {
    struct arena side;
    const struct model *m;
    struct db *db;
    struct rows rows;
    int64_t person;
};

static err look_begin(struct run *r, struct look *l, str login)
{
    *l = (struct look){.side = arena_make(64u << 20), .m = engine_model(r->e)};
    err e = login.len ? scenario_person(r, login, &l->person) : OK;
    return e.code ? e : engine_reader(r->e, &l->side, &l->db);
}

static void look_end(struct run *r, struct look *l)
{
    arena_end(&l->side);
    engine_release(r->e, l->m);
}

static err do_list(struct run *r, const struct step *s, str as)
{
    struct look l;
    err e = look_begin(r, &l, s->as.len ? s->as : as);
    if (!e.code) {
        struct ctx ctx = ctx_make(r->e, l.m, l.db, &l.side, r->now, l.person, LANG_ZH);
        struct list_query q = {
            .type = model_type(l.m, s->type), .filter = s->text, .count = true, .limit = 200};
        struct list_page page;
        e = reading_find(&ctx);
        e = e.code ? e : q.type ? list_page(&ctx, &q, &page) : scenario_unknown(r, s->type);
        if (!e.code && s->count >= 0 && page.count != s->count) {
            diag_error(r->d, s->pos, "应有 %lld 条，实有 %lld 条",
                       "there should be %lld records, there are %lld", (long long)s->count,
                       (long long)page.count);
        }
        if (!e.code && s->save.len && page.nrows && r->nsaved < SAVED_MAX) {
            r->saved[r->nsaved++] = (struct saved){s->save, page.rows[0].id, q.type};
        }
        e.detail = str_copy(r->a, e.detail);
    }
    look_end(r, &l);
    return e;
}

static err do_term(struct run *r, const struct step *s, const struct saved *on)
{
    struct look l;
    int64_t due = 0;
    err e = look_begin(r, &l, STR(""));
    if (!e.code && !clock_parse_time(s->text, l.m->zone_minutes, &due)) {
        diag_error(r->d, s->pos, "不是时间：%.*s", "not a time: %.*s", STR_ARG(s->text));
    } else if (!e.code) {
        e = db_query(l.db, &l.side,
                     SQL("select due from term where record = $1 and term = $2"
                         " order by run desc limit 1"),
                     ARGS(db_i64(on->id), db_text(s->action)), &l.rows);
        bool there = !e.code && rows_next(&l.rows) && !rows_null(&l.rows, 0);
        if (!there || rows_i64(&l.rows, 0) != due) {
            str is = there ? clock_iso(&l.side, rows_i64(&l.rows, 0), l.m->zone_minutes) : STR("-");
            diag_error(r->d, s->pos, "期限应为 %.*s，实为 %.*s",
                       "the term should end at %.*s, it ends at %.*s", STR_ARG(s->text),
                       STR_ARG(is));
        }
    }
    look_end(r, &l);
    return e;
}

/* The actions of this record that wait for this person, neither more nor fewer. */
static err do_tasks(struct run *r, const struct step *s, const struct saved *on)
{
    struct look l;
    err e = look_begin(r, &l, s->as);
    if (!e.code) {
        e = db_query(l.db, &l.side,
                     SQL("select coalesce(action, zh) from task where record = $1 and +person = $2"
                         " order by id"),
                     ARGS(db_i64(on->id), db_i64(l.person)), &l.rows);
    }
    size_t found = 0;
    size_t n = 0;
    str have = STR("");
    while (!e.code && rows_next(&l.rows)) {
        n++;
        have = str_fmt(&l.side, "%.*s %.*s", STR_ARG(have), STR_ARG(rows_text(&l.rows, 0)));
        for (size_t i = 0; i < s->nactions; i++) {
            found += str_eq(rows_text(&l.rows, 0), s->actions[i]);
        }
    }
    bool right = s->count >= 0 ? n == (size_t)s->count : n == s->nactions && found == n;
    if (!e.code && !right) {
        diag_error(r->d, s->pos, "待办不符，实为：%.*s", "other tasks are there:%.*s",
                   STR_ARG(have));
    }
    look_end(r, &l);
    return e;
}

static err do_notified(struct run *r, const struct step *s, const struct saved *on)
{
    struct look l;
    err e = look_begin(r, &l, s->as);
    if (!e.code) {
        e = db_query(l.db, &l.side,
                     SQL("select count(*) from notification where record = $1 and +person = $2"),
                     ARGS(db_i64(on->id), db_i64(l.person)), &l.rows);
    }
    int64_t n = !e.code && rows_next(&l.rows) ? rows_i64(&l.rows, 0) : 0;
    bool right = s->count >= 0 ? n == s->count : (n > 0) == s->expect;
    if (!e.code && !right) {
        diag_error(r->d, s->pos, "通知不符：收到 %lld 条", "%lld notifications were received",
                   (long long)n);
    }
    look_end(r, &l);
    return e;
}

static err do_number(struct run *r, const struct step *s, const struct saved *on)
{
    struct look l;
    err e = look_begin(r, &l, STR(""));
    if (!e.code) {
        struct sqlb b = sqlb_make(&l.side);
        SQLB_LIT(&b, "select number from ");
        sqlb_ident(&b, on->type->table);
        SQLB_LIT(&b, " where id = $1");
        e = db_query(l.db, &l.side, sqlb_end(&b), ARGS(db_i64(on->id)), &l.rows);
    }
    if (!e.code && !(rows_next(&l.rows) && str_eq(rows_text(&l.rows, 0), s->text))) {
        diag_error(r->d, s->pos, "编号应为 %.*s，实为 %.*s",
                   "the number should be %.*s, it is %.*s", STR_ARG(s->text),
                   STR_ARG(rows_text(&l.rows, 0)));
    }
    look_end(r, &l);
    return e;
}

err scenario_look(struct run *r, const struct step *s, str as)
{
    if (s->kind == STEP_LIST) {
        return do_list(r, s, as);
    }
    if (s->kind == STEP_CONTROL) {
        return scenario_control(r, s);
    }
    if (s->kind == STEP_DUTY) {
        return scenario_duty(r, s);
    }
    const struct saved *on = scenario_saved(r, s->on);
    if (!on) {
        return scenario_unknown(r, s->on);
    }
    switch ((int)s->kind) {
    case STEP_CHECK:
        return do_check(r, s);
    case STEP_SEE:
        return do_see(r, s, as);
    case STEP_TERM:
        return do_term(r, s, on);
    case STEP_TASKS:
        return do_tasks(r, s, on);
    case STEP_NOTIFIED:
        return do_notified(r, s, on);
    default:
        return do_number(r, s, on);
    }
}
