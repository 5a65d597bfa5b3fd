#include "engine/strand.h"

#include "engine/refusal_int.h"
#include "model/ddl.h"

/* What is asked of the data, and where the answer goes. */
struct finder {
    struct db *db;
    struct arena *a;
    struct changes *out;
};

static void forbid(struct finder *f, const struct law *law, str name, struct words what)
{
    changes_add(f->a, f->out,
                (struct change){.kind = CHANGE_STRANDS, .law = law, .name = name, .what = what});
}

/* --- registers --------------------------------------------------------------------------- */

/* How many records are in this state, and the number (or name) of one of them. */
static err in_state(struct finder *f, const struct type *t, int64_t code, int64_t *ret, str *one)
{
    struct sqlb b = sqlb_make(f->a);
    struct rows r;
    SQLB_LIT(&b, "select count(*), min(coalesce(number, name)) from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where state = $1");
    err e = db_query(f->db, f->a, sqlb_end(&b), ARGS(db_i64(code)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
        *one = rows_text(&r, 1);
    }
    return e;
}

static bool leaves(const struct tdef *d, const struct state *s)
{
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *x = &d->actions[i];
        if (x->from_any) {
            return true;
        }
        for (size_t k = 0; k < x->nfrom; k++) {
            if (x->from[k]->code == s->code) {
                return true;
            }
        }
    }
    return false;
}

static err look_at_state(struct finder *f, const struct tdef *was, const struct state *s,
                         const struct tdef *is)
{
    const struct state *still = tdef_state(is, s->key);
    bool lost = !still;
    bool stuck = still && !still->final && leaves(was, s) && !leaves(is, still);
    int64_t n = 0;
    str one;
    err e = lost || stuck ? in_state(f, was->type, s->code, &n, &one) : OK;
    if (e.code || !n) {
        return e;
    }
    struct words what =
        lost ? words_fmt(f->a,
                         "台账“%.*s”不能去掉状态“%.*s”：有 %lld 条记录处于该状态（如 %.*s）；"
                         "请先把它们移出此状态，或者保留该状态。",
                         "register \"%.*s\" cannot lose state \"%.*s\": %lld records are in it "
                         "(such as %.*s); move them out of it first, or keep the state",
                         STR_ARG(was->type->key), STR_ARG(s->key), (long long)n, STR_ARG(one))
             : words_fmt(f->a,
                         "台账“%.*s”的状态“%.*s”不再有出口：有 %lld 条记录处于该状态（如 %.*s）；"
                         "请保留一个从该状态出发的操作，或者把它定为终态。",
                         "state \"%.*s\" of register \"%.*s\" would have no way out, and %lld "
                         "records are in it (such as %.*s); keep an action that starts from it, "
                         "or make it final",
                         STR_ARG(was->type->key), STR_ARG(s->key), (long long)n, STR_ARG(one));
    forbid(f, is->law, str_fmt(f->a, "%.*s.%.*s", STR_ARG(was->type->key), STR_ARG(s->key)), what);
    return OK;
}

/* Records of a type that are not at their end: of one version, or (law 0) all. */
static err open_records(struct finder *f, const struct tdef *d, int64_t law, int64_t *ret)
{
    struct sqlb b = sqlb_make(f->a);
    struct rows r;
    SQLB_LIT(&b, "select count(*) from (select 1 from ");
    sqlb_ident(&b, d->type->table);
    SQLB_LIT(&b, " where ($1 = 0 or law = $1)");
    bool some = false;
    for (size_t i = 0; i < d->nstates; i++) {
        if (!d->states[i].final) {
            continue;
        }
        if (some) {
            SQLB_LIT(&b, ", ");
        } else {
            SQLB_LIT(&b, " and state not in (");
        }
        sqlb_i64(&b, d->states[i].code);
        some = true;
    }
    if (some) {
        SQLB_LIT(&b, ")");
    }
    SQLB_LIT(&b, " limit 1000) x");
    err e = db_query(f->db, f->a, sqlb_end(&b), ARGS(db_i64(law)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
    }
    return e;
}

static err look_at_type(struct finder *f, const struct type *was, const struct type *is)
{
    const struct tdef *d = was->newest;
    if (is->retired && !was->retired && d->newest && !was->lines) {
        int64_t n = 0;
        err e = open_records(f, d, 0, &n);
        if (!e.code && n) {
            forbid(f, is->reg->newest, was->key,
                   words_fmt(f->a, "台账“%.*s”不能取消：还有 %lld 条未到终态的记录；请先办结它们。",
                             "register \"%.*s\" cannot be given up: %lld records are not at their "
                             "end; end them first",
                             STR_ARG(was->key), (long long)n));
        }
        return e;
    }
    err e = OK;
    for (size_t i = 0; !e.code && d->newest && !is->retired && i < d->nstates; i++) {
        e = look_at_state(f, d, &d->states[i], is->newest);
    }
    int64_t n = 0;
    const struct field *of = NULL;
    e = e.code || is->retired ? e : ddl_breaks_unique(f->db, f->a, was, is, &n, &of);
    if (!e.code && n) {
        forbid(f, is->newest->law, str_fmt(f->a, "%.*s.%.*s", STR_ARG(is->key), STR_ARG(of->key)),
               words_fmt(f->a, "“%.*s.%.*s”不能设为唯一：已有 %lld 组重复的记录；请先消除重复。",
                         "\"%.*s.%.*s\" cannot become unique: %lld groups of records are alike; "
                         "make them differ first",
                         STR_ARG(is->key), STR_ARG(of->key), (long long)n));
    }
    return e;
}

/* --- names that other versions use ---------------------------------------------------------- */

static err law_open(struct finder *f, const struct law *l, int64_t *ret)
{
    err e = OK;
    *ret = 0;
    for (size_t i = 0; !e.code && !*ret && i < l->ntdefs; i++) {
        const struct tdef *d = l->tdefs[i];
        if (!d->newest && !d->type->lines) {
            e = open_records(f, d, l->version, ret);
        }
    }
    return e;
}

static err look_at_name(struct finder *f, const struct taken *t)
{
    int64_t n = 0;
    bool newest = t->law == t->law->reg->newest;
    err e = newest ? OK : law_open(f, t->law, &n);
    if (e.code || (!newest && !n)) {
        return e;
    }
    str name = str_fmt(f->a, "%.*s.%.*s", STR_ARG(t->type->key), STR_ARG(t->name));
    str where = str_fmt(f->a, "%.*s:%d:%d", STR_ARG(t->pos.file), t->pos.line, t->pos.col);
    struct words what =
        newest
            ? words_fmt(f->a,
                        "不能去掉“%.*s”：制度 %.*s 现行版本（第 %d 版）仍在使用，见 %.*s；"
                        "请保留它，或者同时修订该制度。",
                        "\"%.*s\" cannot be taken away: regulation %.*s (version %d, in force) "
                        "uses it at %.*s; keep it, or revise that regulation as well",
                        STR_ARG(name), STR_ARG(t->law->reg->key), t->law->version, STR_ARG(where))
            : words_fmt(f->a,
                        "不能去掉“%.*s”：制度 %.*s 第 %d 版仍在使用，见 %.*s，"
                        "且按该版办理的单据尚有未办结的；请待其办结，或者保留它。",
                        "\"%.*s\" cannot be taken away: regulation %.*s, version %d, uses it at "
                        "%.*s, and cases under that version are open; let them end, or keep it",
                        STR_ARG(name), STR_ARG(t->law->reg->key), t->law->version, STR_ARG(where));
    forbid(f, t->type->newest->law, name, what);
    return OK;
}

err strand_find(struct db *db, struct arena *a, const struct model *now, const struct model *next,
                const struct diags *d, struct changes *ret)
{
    struct finder f = {db, a, ret};
    err e = OK;
    for (size_t i = 0; !e.code && i < now->ntypes; i++) {
        const struct type *was = now->types[i];
        const struct type *is = model_type(next, was->key);
        if (is->reg->newest->version != was->reg->newest->version) {
            e = look_at_type(&f, was, is);
        }
    }
    for (size_t i = 0; !e.code && d && i < d->ntaken; i++) {
        e = look_at_name(&f, &d->taken[i]);
    }
    return e;
}
