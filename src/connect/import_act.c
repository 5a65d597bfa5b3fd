/* import_act.c - one act of an import: when, who, which values; people and units
 * that the file names are made when they are needed first. */
#include "base/arena.h"
#include "base/clock.h"
#include "connect/import_int.h"
#include "engine/refusal_int.h"
#include "engine/schema.h"

#include <string.h>

enum { MAKE_DEEP = 4 };

/* --- reasons --------------------------------------------------------------------------------- */

void import_keep(char *to, str text)
{
    size_t n = str_utf8_head(text, REASON_MAX - 1).len;
    if (n) {
        memcpy(to, text.ptr, n);
    }
    to[n] = '\0';
}

void import_reject(struct doing_piece *d, struct words why)
{
    if (d->r->outcome != LINE_REJECTED) {
        d->r->outcome = LINE_REJECTED;
        import_keep(d->r->reason, words_in(why, d->im->o.lang));
    }
}

/* "Accept: must be filled in (verification; article 9)". */
static void reject_refused(struct doing_piece *d, const struct action *a, err e)
{
    enum lang lang = d->im->o.lang;
    const struct refusal *why = e.why;
    struct buf b = buf_make(d->step, 4000);
    buf_put(&b, words_in(a->words, lang));
    buf_put(&b, lang == LANG_EN ? STR(": ") : STR("："));
    buf_put(&b, words_in(why ? why->what : err_words(e.code), lang));
    for (size_t i = 0; why && i < why->nfields; i++) {
        const struct field *f = tdef_field(a->of, why->fields[i].field);
        buf_put(&b, i ? STR("; ") : STR(" "));
        buf_put(&b, f ? words_in(f->words, lang) : why->fields[i].field);
        buf_put(&b, STR(" "));
        buf_put(&b, words_in(why->fields[i].words, lang));
    }
    if (why && why->clause) {
        buf_put(&b, lang == LANG_EN ? STR(" (") : STR("（"));
        buf_put(&b, words_in(why->clause->no, lang));
        buf_put(&b, lang == LANG_EN ? STR(")") : STR("）"));
    } else if (!why && e.detail.len) {
        buf_put_fmt(&b, " (%.*s)", STR_ARG(e.detail));
    }
    str text = buf_str(&b);
    import_reject(d, (struct words){text, text});
}

/* --- when and who --------------------------------------------------------------------------- */

static bool known_time(struct doing_piece *d, const struct map_step *s, int64_t *ret)
{
    const str *cells = d->p->lines->list[d->i].cells;
    int column = d->m->at;
    for (size_t i = 0; i < s->nat; i++) {
        if (cells[s->at[i]].ptr) {
            column = s->at[i];
            break;
        }
    }
    str text = cells[column];
    str name = d->m->columns[column].name;
    if (!text.ptr || !map_time(d->m, text, ret)) {
        import_reject(d, words_fmt(d->step, "%.*s 列的时间“%.*s”无法识别",
                                   "in the column %.*s the time \"%.*s\" cannot be read",
                                   STR_ARG(name), STR_ARG(text)));
        return false;
    }
    if (*ret > d->im->now) {
        import_reject(d, words_fmt(d->step, "%.*s 列的时间在将来：%.*s",
                                   "the time of the column %.*s lies ahead: %.*s", STR_ARG(name),
                                   STR_ARG(text)));
        return false;
    }
    return true;
}

static err make_row(struct doing_piece *d, const struct map_register *reg, bool unit, str name,
                    int64_t at, int deep, int64_t *ret);

/* A person or a unit by name; made when there is none. */
static err named(struct doing_piece *d, const struct ctx *ctx, bool unit, str name, int64_t at,
                 int deep, int64_t *ret)
{
    const struct map_register *reg = unit ? &d->m->units : &d->m->people;
    struct names *list = unit ? d->im->units : d->im->people;
    *ret = 0;
    err e = list ? names_find(list, ctx, name, ret) : OK;
    if (e.code == ERR_CONFLICT) {
        import_reject(d, words_fmt(d->step, "“%.*s”不止一个", "there are several called \"%.*s\"",
                                   STR_ARG(name)));
        return OK;
    }
    if (e.code || *ret) {
        return e;
    }
    if (!list || !reg->given || deep == MAKE_DEEP) {
        import_reject(d, words_fmt(d->step, "没有“%.*s”", "there is no \"%.*s\"", STR_ARG(name)));
        return OK;
    }
    return make_row(d, reg, unit, name, at, deep + 1, ret);
}

/* The actor of a step: 0 is the clock. */
static err who(struct doing_piece *d, const struct ctx *ctx, const struct map_step *s, int64_t at,
               int64_t *ret)
{
    const struct map_value *v = s->by.kind ? &s->by : &d->m->by;
    str text;
    struct words why = {0};
    enum found f = lines_text(d->step, d->p->lines, d->i, v, &text, &why);
    *ret = 0;
    if (f == FOUND_UNKNOWN) {
        why = WORDS("不知道是谁办理的", "who did it is not known");
    }
    if (f != FOUND) {
        import_reject(d, why);
        return OK;
    }
    return str_eq(text, STR("auto")) ? OK : named(d, ctx, false, text, at, 0, ret);
}

/* --- values --------------------------------------------------------------------------------- */

struct valuing {
    struct doing_piece *d;
    const struct ctx *ctx;
    int64_t at;
    int deep;
};

static bool is_person(const struct valuing *g, const struct field *f)
{
    bool to = (f->type == F_REF || f->type == F_REFS) && f->to && f->to == g->d->m->model->person;
    return f->type == F_PERSON || f->type == F_PEOPLE || to;
}

static bool is_unit(const struct valuing *g, const struct field *f)
{
    bool to = (f->type == F_REF || f->type == F_REFS) && f->to && f->to == g->d->m->model->unit;
    return f->type == F_UNIT || to;
}

static err ids_of(struct valuing *g, const struct field *f, const str *items, size_t n,
                  struct value_in *in)
{
    int64_t *ids = arena_array(g->d->step, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        err e = named(g->d, g->ctx, is_unit(g, f), items[i], g->at, g->deep, &ids[i]);
        if (e.code || g->d->r->outcome == LINE_REJECTED) {
            return e;
        }
    }
    in->is_typed = true;
    in->typed = (struct value){.i64 = n ? ids[0] : 0, .ids = ids, .nids = n};
    return OK;
}

static bool read_moment(struct valuing *g, const struct field *f, str text, struct value_in *in)
{
    int64_t ms;
    if (!map_time(g->d->m, text, &ms)) {
        return false;
    }
    in->is_typed = true;
    in->typed.i64 = f->type == F_DATE ? clock_day_at(ms, g->d->m->model->zone_minutes) : ms;
    return true;
}

static err values(struct valuing *g, const struct map_with *with, size_t n,
                  const struct value_in **ret, size_t *nret);

static err rows_of(struct valuing *g, const struct map_value *v, struct value_in *in)
{
    struct row_in *rows = arena_array(g->d->step, struct row_in, v->nrows + 1);
    for (size_t i = 0; i < v->nrows; i++) {
        const struct value_in *list;
        size_t n;
        err e = values(g, v->rows[i].values, v->rows[i].len, &list, &n);
        if (e.code) {
            return e;
        }
        if (n) {
            rows[in->nrows++] = (struct row_in){.values = list, .nvalues = n};
        }
    }
    in->rows = rows;
    return OK;
}

/* *known false: the field keeps what it has. */
static err one_value(struct valuing *g, const struct map_with *w, struct value_in *in, bool *known)
{
    const struct field *f = w->field;
    struct arena *a = g->d->step;
    struct words why = {0};
    const str *items;
    size_t n = 0;
    *known = true;
    if (w->value.kind == VALUE_ROWS) {
        err e = rows_of(g, &w->value, in);
        *known = in->nrows > 0;
        return e;
    }
    bool several = f->type == F_CHOICES || f->type == F_REFS || f->type == F_PEOPLE;
    str text = {0};
    enum found found = several
                           ? lines_items(a, g->d->p->lines, g->d->i, &w->value, &items, &n, &why)
                           : lines_text(a, g->d->p->lines, g->d->i, &w->value, &text, &why);
    *known = found == FOUND;
    if (found == FOUND_BAD) {
        import_reject(g->d, why);
    }
    if (found != FOUND) {
        return OK;
    }
    if (!several) {
        items = &text;
        n = 1;
    }
    if (is_person(g, f) || is_unit(g, f)) {
        return ids_of(g, f, items, n, in);
    }
    if ((f->type == F_DATE || f->type == F_DATETIME) && read_moment(g, f, text, in)) {
        return OK;
    }
    in->text = text;
    if (several) {
        in->items = items;
        in->nitems = n;
    }
    return OK;
}

static err values(struct valuing *g, const struct map_with *with, size_t n,
                  const struct value_in **ret, size_t *nret)
{
    struct value_in *list = arena_array(g->d->step, struct value_in, n + 3);
    *nret = 0;
    for (size_t i = 0; i < n; i++) {
        struct value_in *in = &list[*nret];
        *in = (struct value_in){.field = with[i].field->key};
        bool known;
        err e = one_value(g, &with[i], in, &known);
        if (e.code || g->d->r->outcome == LINE_REJECTED) {
            return e;
        }
        *nret += known;
    }
    *ret = list;
    return OK;
}

/* --- acts ----------------------------------------------------------------------------------- */

static struct ctx ctx_at(struct doing_piece *d, int64_t at, int64_t actor)
{
    return ctx_make(d->im->o.engine, d->m->model, d->db, d->step, at, actor, d->im->o.lang);
}

static err perform(struct doing_piece *d, struct act *act, const struct action *a, int64_t at)
{
    act->now = d->im->now;
    act->at = at;
    act->flags = ACT_IMPORT;
    act->lang = LANG_ZH; /* what effects write into records */
    act->action = a->key;
    act->type = a->of->type->key;
    struct ctx ctx = ctx_at(d, at, act->actor);
    err refused;
    err e = act_try(&ctx, act, &refused);
    if (!e.code && refused.code) {
        reject_refused(d, a, refused);
    } else if (!e.code) {
        d->r->acts++;
    }
    return e;
}

static err make_row(struct doing_piece *d, const struct map_register *reg, bool unit, str name,
                    int64_t at, int deep, int64_t *ret)
{
    struct ctx ctx = ctx_at(d, at, 0);
    struct valuing g = {.d = d, .ctx = &ctx, .at = at, .deep = deep};
    const struct value_in *list;
    size_t n;
    err e = values(&g, reg->with, reg->nwith, &list, &n);
    if (e.code || d->r->outcome == LINE_REJECTED) {
        return e;
    }
    struct value_in *all = arena_array(d->step, struct value_in, n + 2);
    if (n) {
        memcpy(all, list, n * sizeof(*all));
    }
    if (!map_has(reg->with, reg->nwith, reg->name)) {
        all[n++] = (struct value_in){.field = reg->name->key, .text = name};
    }
    struct act act = {.values = all, .nvalues = n};
    e = perform(d, &act, reg->create, at);
    if (e.code || d->r->outcome == LINE_REJECTED) {
        return e;
    }
    *ret = act.ret_record;
    d->r->people += !unit;
    d->r->units += unit;
    d->p->newest = act.ret_record > d->p->newest ? act.ret_record : d->p->newest;
    return OK;
}

static void note_did(struct doing_piece *d, const struct action *a)
{
    if (d->r->ndid < DID_MAX) {
        d->r->did[d->r->ndid].action = a;
        d->r->did[d->r->ndid].state = type_state(d->m->into, d->rec.state);
        d->r->ndid++;
    }
}

err import_act(struct doing_piece *d, const struct map_step *s)
{
    int64_t at;
    int64_t actor;
    if (!known_time(d, s, &at)) {
        return OK;
    }
    if (at < d->rec.changed_at && d->rec.id) {
        at = d->rec.changed_at;
        d->r->moved++;
    }
    struct ctx ctx = ctx_at(d, at, 0);
    err e = who(d, &ctx, s, at, &actor);
    struct valuing g = {.d = d, .ctx = &ctx, .at = at};
    const struct value_in *list = NULL;
    size_t n = 0;
    if (!e.code && d->r->outcome != LINE_REJECTED) {
        e = values(&g, s->with, s->nwith, &list, &n);
    }
    if (e.code || d->r->outcome == LINE_REJECTED) {
        return e;
    }
    struct value_in *all = arena_array(d->step, struct value_in, n + 2);
    if (n) {
        memcpy(all, list, n * sizeof(*all));
    }
    if (s->action->creates && !map_has(s->with, s->nwith, d->m->field)) {
        all[n++] = (struct value_in){.field = d->m->field->key, .text = d->p->lines->key};
    }
    struct act act = {.actor = actor, .record = d->rec.id, .values = all, .nvalues = n};
    e = perform(d, &act, s->action, at);
    if (e.code || d->r->outcome == LINE_REJECTED) {
        return e;
    }
    d->r->made = d->r->made || s->action->creates;
    d->rec.id = act.ret_record;
    d->rec.state = act.ret_state;
    d->rec.changed_at = at;
    note_did(d, s->action);
    return OK;
}
