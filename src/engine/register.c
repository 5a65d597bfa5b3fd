/* register.c - what findings, waivers and access to read must be, whoever makes them and however:
 * the engine counts on it (model/contract.h). */
#include "engine/calendar.h"
#include "engine/control_int.h"
#include "engine/erase.h"
#include "engine/perform_int.h"

enum { ACCESS_WINDOW_MAX = 20 * 366 }; /* days */

struct claim {
    struct doing *d;
    const struct touched *x;
};

static const struct cell *cell_of(const struct claim *k, const char *key)
{
    const struct field *f = tdef_field(k->x->t->def, str_from(key));
    int col = f ? plan_col(k->x->t, f) : -1;
    return col >= 0 && !k->x->now[col].null ? &k->x->now[col] : NULL;
}

static bool changed(const struct claim *k, const char *key)
{
    const struct field *f = tdef_field(k->x->t->def, str_from(key));
    int col = f ? plan_col(k->x->t, f) : -1;
    return k->x->created || (col >= 0 && history_cell_changed(k->x, col));
}

/* The clause of the field, else of what was done. */
static err wrong(const struct claim *k, const char *key, struct words what, struct words remedy)
{
    const struct field *f = tdef_field(k->x->t->def, str_from(key));
    const struct clause *c = f ? f->clause : NULL;
    c = c || !k->x->action ? c : k->x->action->clause;
    return refuse(k->d->a, ERR_RULE, REFUSED_RULE, c, what, remedy);
}

static err check_control(const struct claim *k, bool waiver)
{
    const struct cell *key = cell_of(k, "control");
    const struct cell *about = cell_of(k, "about");
    if (!key || (!changed(k, "control") && !changed(k, "about"))) {
        return OK;
    }
    const struct control *c = model_control(k->d->h->model, key->s);
    if (!c || !c->over || (waiver && !c->newest)) {
        return wrong(
            k, "control",
            words_fmt(k->d->a, "没有控制点“%.*s”", "There is no control \"%.*s\"", STR_ARG(key->s)),
            WORDS("请从不符合的记录处申请，会自动填好",
                  "Ask for it beside the record that does not hold: it is filled in there"));
    }
    struct sqlb b = sqlb_make(k->d->a);
    SQLB_LIT(&b, "select 1 from ");
    sqlb_ident(&b, c->over->table);
    SQLB_LIT(&b, " where id = $1");
    struct rows r;
    err e = about ? db_query(k->d->ctx->db, k->d->a, sqlb_end(&b), ARGS(db_i64(about->i)), &r) : OK;
    if (e.code || (about && rows_count(&r))) {
        return e;
    }
    struct words title = c->over->newest->title;
    return wrong(k, "about",
                 words_fmt(k->d->a, "控制点“%.*s”不检查这条记录",
                           "Control \"%.*s\" does not judge it", STR_ARG(key->s)),
                 (struct words){str_fmt(k->d->a, "它检查的是：%.*s", STR_ARG(title.zh)),
                                str_fmt(k->d->a, "It judges: %.*s", STR_ARG(title.en))});
}

/* "regulation#clause"; of a finding another text may stand there, for none. */
static err check_clause(const struct claim *k, bool waiver)
{
    const struct cell *text = cell_of(k, "clause");
    str id;
    if (!text || !changed(k, "clause")) {
        return OK;
    }
    str reg = str_cut(text->s, '#', &id);
    if (!id.ptr && !waiver) {
        return OK;
    }
    const struct reg *r = model_reg(k->d->h->model, reg);
    bool there = false;
    for (size_t v = 0; r && id.ptr && v < r->nlaws; v++) {
        there = there || law_clause(r->laws[v], id);
    }
    return there ? OK
                 : wrong(k, "clause",
                         words_fmt(k->d->a, "没有条款“%.*s”", "There is no article \"%.*s\"",
                                   STR_ARG(text->s)),
                         WORDS("写作：制度#条款", "It is written: regulation#article"));
}

static err check_extent(const struct claim *k)
{
    const struct cell *starts = cell_of(k, "starts");
    const struct cell *ends = cell_of(k, "ends");
    const struct setting *longest = law_setting(k->x->t->def->law, STR("waiver.longest"));
    if (!cell_of(k, "about") || (!cell_of(k, "control") && !cell_of(k, "clause"))) {
        return wrong(k, "about",
                     WORDS("例外须针对一条记录的一个控制点或者条款",
                           "A waiver is about one record and one control, or one article"),
                     WORDS("对一类记录或者全部事项都不执行的，应修改制度",
                           "What should hold for no record is a change of the regulation"));
    }
    if (!starts || !ends || (longest && ends->i - starts->i > longest->i64)) {
        return wrong(k, "ends",
                     WORDS("例外须有终止日期，且不得超过最长期间",
                           "A waiver has an end, and is no longer than may be"),
                     longest ? words_fmt(k->d->a, "至多 %lld 天", "%lld days at most",
                                         (long long)longest->i64)
                             : (struct words){0});
    }
    return OK;
}

/* Two of one person at a time would be two windows. */
static err check_one(const struct claim *k)
{
    const struct type *t = k->x->t->type;
    const struct cell *person = cell_of(k, "person");
    struct sqlb b = sqlb_make(k->d->a);
    struct rows r;
    SQLB_LIT(&b, "select 1 from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where f_person = $1 and id <> $2 and f_starts <= $4 and f_ends >= $3"
                 " and state = ");
    sqlb_i64(&b, tdef_state(t->newest, STR("in_force"))->code);
    err e = db_query(k->d->ctx->db, k->d->a, sqlb_end(&b),
                     ARGS(db_i64(person->i), db_i64(k->x->id), db_i64(cell_of(k, "starts")->i),
                          db_i64(cell_of(k, "ends")->i)),
                     &r);
    return e.code || !rows_count(&r)
               ? e
               : wrong(k, "person",
                       WORDS("此人在此期间已有查阅授权",
                             "This person has access to read in that time already"),
                       WORDS("请先撤销原来的授权，或者另定期间",
                             "Revoke that one first, or choose another time"));
}

/* Its fields as they were: somebody said something, or the reader came in. */
static bool is_same(const struct touched *x)
{
    bool same = !x->created;
    for (int i = 0; i < x->t->ncols && same; i++) {
        same = !history_cell_changed(x, i);
    }
    return same;
}

static err check_access(const struct claim *k)
{
    const struct cell *starts = cell_of(k, "starts");
    const struct cell *ends = cell_of(k, "ends");
    const struct cell *since = cell_of(k, "since");
    const struct cell *until = cell_of(k, "until");
    const struct setting *longest = law_setting(k->x->t->def->law, STR("access.longest"));
    int64_t most = longest ? longest->i64 : 0;
    if (!starts || !ends || ends->i < starts->i || ends->i - starts->i >= most) {
        return wrong(
            k, "ends",
            WORDS("查阅授权须有起止日期，且不得超过最长期间",
                  "Access to read has a first and a last day, and is no longer than may be"),
            words_fmt(k->d->a, "至多 %lld 天", "%lld days at most", (long long)most));
    }
    if (!since || !until || until->i < since->i || until->i - since->i > ACCESS_WINDOW_MAX) {
        return wrong(k, "until",
                     WORDS("查阅范围须写明从哪一天到哪一天的办理情况",
                           "Access to read says from which day to which day things are shown"),
                     WORDS("起始日期不得晚于终止日期，至多二十年",
                           "The first day is not after the last; twenty years at most"));
    }
    const struct state *in_force = tdef_state(k->x->t->def, STR("in_force"));
    bool counts =
        in_force && !k->x->now[COL_STATE].null && k->x->now[COL_STATE].i == in_force->code;
    return counts && cell_of(k, "person") ? check_one(k) : OK;
}

/* Whatever waits until a waiver ends is looked at again: it may have been revoked.  So is what was
 * found before: while the waiver holds, it waits. */
static err look_again(const struct claim *k)
{
    const struct cell *about = cell_of(k, "about");
    return about ? db_queue(k->d->ctx->db, k->d->a,
                            SQL("update control_row set find_at = $2 where record = $1"
                                " and ((find_at > $2 and (grace_at is null or grace_at <= $2))"
                                " or (find_at is null and finding > 0 and verdict >= 3))"),
                            ARGS(db_i64(about->i), db_i64(k->d->act->now)))
                 : OK;
}

/* What is reported mended and stands there as violated is tested at once: where it was mended, the
 * next look takes the row away first. */
static err look_whether_mended(const struct claim *k)
{
    const struct model *m = k->d->h->model;
    const struct cell *about = cell_of(k, "about");
    const struct cell *key = cell_of(k, "control");
    const struct control *c = key ? model_control(m, key->s) : NULL;
    const struct cell *state = &k->x->now[COL_STATE];
    if (!about || !c || state->null || !control_awaits_test(m, type_state(m->finding, state->i))) {
        return OK;
    }
    return db_queue(k->d->ctx->db, k->d->a,
                    SQL("update control_row set find_at = $3 where record = $1 and control = $2"
                        " and finding > 0 and verdict >= 3 and (find_at is null or find_at > $3)"),
                    ARGS(db_i64(about->i), db_i64(c->code), db_i64(k->d->act->now)));
}

err register_check(struct doing *d, const struct touched *x)
{
    const struct model *m = d->h->model;
    const struct type *t = x->t->type;
    struct claim k = {d, x};
    if (m->access && t == m->access) {
        return is_same(x) ? OK : check_access(&k);
    }
    if (m->mention && t == m->mention) {
        return erase_check_mention(d, x);
    }
    if (t != m->finding && t != m->waiver) {
        return OK;
    }
    bool waiver = t == m->waiver;
    err e = check_control(&k, waiver);
    e = e.code ? e : check_clause(&k, waiver);
    e = e.code || !waiver ? e : check_extent(&k);
    return e.code ? e : waiver ? look_again(&k) : look_whether_mended(&k);
}
