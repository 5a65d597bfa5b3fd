#include "page/form_page.h"

#include "base/arena.h"
#include "model/named.h"
#include "page/page.h"

#include "gen/form.html.h"

enum { NEW_ROWS = 2 };

/* --- from a field to its input -------------------------------------------------- */

static bool is_record(enum ftype t)
{
    return t == F_REF || t == F_PERSON || t == F_UNIT || t == F_POST || t == F_REFS ||
           t == F_PEOPLE;
}

static void input_kind(const struct field *f, struct form_input *i)
{
    i->kind = INPUT_TEXT;
    i->type = STR("text");
    i->mode = STR("text");
    switch (f->type) {
    case F_MARKDOWN:
        i->kind = INPUT_AREA;
        i->lines = 5;
        i->wide = true;
        break;
    case F_TEXT:
        i->kind = f->has_max && f->max > 300 ? INPUT_AREA : INPUT_TEXT;
        i->lines = 3;
        i->wide = i->kind == INPUT_AREA || (f->has_max && f->max > 120);
        break;
    case F_FILTER:
        i->kind = INPUT_AREA;
        i->lines = 2;
        i->wide = true;
        break;
    case F_BOOL:
        i->kind = INPUT_RADIO;
        break;
    case F_CHOICE:
        i->kind = f->nkeys <= 5 ? INPUT_RADIO : INPUT_SELECT;
        break;
    case F_CHOICES:
        i->kind = INPUT_CHECKS;
        i->wide = true;
        break;
    case F_LINES:
        i->kind = INPUT_ROWS;
        i->wide = true;
        break;
    case F_ATTACHMENT:
        i->kind = INPUT_FILE;
        break;
    case F_DATE:
        i->type = STR("date");
        break;
    case F_DATETIME:
        i->type = STR("datetime-local");
        break;
    case F_INT:
    case F_DAYS:
    case F_MONTHS:
    case F_WORKDAYS:
        i->mode = STR("numeric");
        break;
    case F_DECIMAL:
    case F_MONEY:
        i->mode = STR("decimal");
        break;
    case F_URL:
        i->type = STR("url");
        i->mode = STR("url");
        break;
    case F_REF:
    case F_REFS:
    case F_PERSON:
    case F_PEOPLE:
    case F_UNIT:
    case F_POST:
        i->kind = INPUT_RECORD;
        break;
    case F_DURATION:
    case F_WORKHOURS:
    case F_IP:
    case F_MAC:
        break;
    }
}

static str hint_of(struct visit *v, const struct field *f)
{
    if (f->help.zh.len || f->help.en.len) {
        return words_in(f->help, v->ctx.lang);
    }
    switch ((int)f->type) {
    case F_DURATION:
    case F_WORKHOURS:
        return words_in(WORDS("如 30m、2h、1h30m", "For example 30m, 2h, 1h30m"), v->ctx.lang);
    case F_MARKDOWN:
        return words_in(WORDS("支持 Markdown", "Markdown works"), v->ctx.lang);
    case F_REFS:
    case F_PEOPLE:
        return words_in(WORDS("多个用逗号分隔", "Separate several with commas"), v->ctx.lang);
    default:
        return STR("");
    }
}

/* What a person may type for a record: its number, else its unique text, else
 * its name; value_read finds it again by any of these. */
static str ref_typed(const struct record_ref *r)
{
    return r->number.len ? r->number : r->name;
}

static bool has_key(str list, str key)
{
    for (str rest = list; rest.ptr;) {
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), key)) {
            return true;
        }
    }
    return false;
}

/* Controls, where one is named by its key: those that people answer for an answer, else those
 * that judge records; none where there are too many. */
static struct form_options controls_of(struct visit *v, bool answered)
{
    enum { SUGGESTED_MAX = 200 };
    const struct model *m = v->model;
    struct form_option *o = arena_array(v->ctx.arena, struct form_option, SUGGESTED_MAX);
    size_t n = 0;
    for (size_t i = 0; i < m->ncontrols; i++) {
        const struct control *c = m->controls[i];
        if (!c->newest || (answered ? !c->newest->manual : !c->over)) {
            continue;
        }
        if (n == SUGGESTED_MAX) {
            return (struct form_options){0};
        }
        o[n++] = (struct form_option){c->key, words_in(c->newest->words, v->ctx.lang), false};
    }
    return (struct form_options){o, n};
}

static struct form_options options_of(struct visit *v, const struct form_field *ff, str value)
{
    const struct field *f = ff->field;
    if (named_is_control(v->model, f)) {
        return controls_of(v, f->of->type == v->model->attestation);
    }
    if (f->type == F_BOOL) {
        struct form_option *o = arena_array(v->ctx.arena, struct form_option, 2);
        o[0] = (struct form_option){STR("true"), words_in(WORDS("是", "Yes"), v->ctx.lang),
                                    str_eq(value, STR("true"))};
        o[1] = (struct form_option){STR("false"), words_in(WORDS("否", "No"), v->ctx.lang),
                                    str_eq(value, STR("false"))};
        return (struct form_options){o, 2};
    }
    if (is_record(f->type)) {
        struct form_option *o = arena_array(v->ctx.arena, struct form_option, ff->nsuggestions + 1);
        for (size_t i = 0; i < ff->nsuggestions; i++) {
            o[i] = (struct form_option){ref_typed(&ff->suggestions[i]), ff->suggestions[i].name,
                                        false};
        }
        return (struct form_options){o, ff->nsuggestions};
    }
    struct form_option *o = arena_array(v->ctx.arena, struct form_option, f->nkeys + 1);
    size_t n = 0;
    for (size_t i = 0; i < f->nkeys; i++) {
        const struct choice_key *k = &f->keys[i];
        bool on = has_key(value, k->key);
        if (!k->retired || on) {
            o[n++] = (struct form_option){k->key, words_in(k->words, v->ctx.lang), on};
        }
    }
    return (struct form_options){o, n};
}

static str join(struct arena *a, const str *items, size_t n)
{
    str all = STR("");
    for (size_t i = 0; i < n; i++) {
        all = i ? str_fmt(a, "%.*s,%.*s", STR_ARG(all), STR_ARG(items[i])) : items[i];
    }
    return all;
}

/* What stands in the input: what was typed, else what the record holds. */
static str value_of(struct visit *v, const struct form_field *ff)
{
    if (ff->typed) {
        return ff->typed->nitems ? join(v->ctx.arena, ff->typed->items, ff->typed->nitems)
                                 : ff->typed->text;
    }
    if (is_record(ff->field->type)) {
        str all = STR("");
        for (size_t i = 0; i < ff->now.nrefs; i++) {
            str one = ref_typed(&ff->now.refs[i]);
            all = i ? str_fmt(v->ctx.arena, "%.*s, %.*s", STR_ARG(all), STR_ARG(one)) : one;
        }
        return all;
    }
    if (ff->now.value.null && !ff->now.value.text.len) {
        return STR("");
    }
    str plain = value_plain(&v->ctx, ff->field, &ff->now.value);
    /* "2026-11-24T10:30", the form a browser takes for a moment; what a person
     * typed has it already. */
    return ff->field->type == F_DATETIME && plain.len > 16 ? str_from_n(plain.ptr, 16) : plain;
}

static void put_rows(struct visit *v, const struct form_field *ff, struct form_input *in);

static struct form_input input_of(struct visit *v, const struct form_field *ff, str name)
{
    const struct field *f = ff->field;
    struct form_input i = {
        .name = name,
        .words = words_in(f->words, v->ctx.lang),
        .clause = ff->clause,
        .required = ff->required,
        .must = ff->required && !(ff->ask && ff->ask->when.tree),
        .hint = hint_of(v, f),
        .error = words_in(ff->error, v->ctx.lang),
        .max = f->has_max && (f->type == F_TEXT || f->type == F_MARKDOWN) ? f->max : 0};
    i.bad = i.error.len > 0;
    i.to = f->to ? f->to->key : STR("person");
    input_kind(f, &i);
    if (i.kind == INPUT_AREA && !i.max) {
        i.max = 20000;
    }
    if (i.kind == INPUT_ROWS && f->checklist && ff->ask && ff->ask->how != ASK_ADD) {
        i.kind = INPUT_ITEMS;
        i.items = items_make(v, &ff->now, ff->typed, ff->ask);
    } else if (i.kind == INPUT_ROWS) {
        put_rows(v, ff, &i);
    } else {
        i.value = value_of(v, ff);
        i.options = options_of(v, ff, i.value);
    }
    return i;
}

static const struct value_in *typed_cell(const struct form_field *ff, size_t row, str key)
{
    if (!ff->typed || row >= ff->typed->nrows) {
        return NULL;
    }
    const struct row_in *r = &ff->typed->rows[row];
    for (size_t i = 0; i < r->nvalues; i++) {
        if (str_eq(r->values[i].field, key)) {
            return &r->values[i];
        }
    }
    return NULL;
}

static struct form_row row_of(struct visit *v, const struct form_field *ff, size_t at,
                              const struct record_row *old)
{
    const struct tdef *d = ff->field->part->newest;
    struct form_input *inputs = arena_array(v->ctx.arena, struct form_input, d->nfields + 1);
    str prefix = str_fmt(v->ctx.arena, "%.*s.%zu", STR_ARG(ff->field->key), at);
    size_t n = 0;
    for (size_t i = 0; i < d->nfields; i++) {
        const struct field *c = &d->fields[i];
        if (c->is.tree || (d->part_of && c->to == d->part_of && str_eq(c->key, d->part_of->key)) ||
            !form_column_asked(ff->ask, c, old == NULL)) {
            continue;
        }
        struct form_field cell = {.field = c,
                                  .now = {.field = c, .value = {.null = true}},
                                  .typed = typed_cell(ff, at, c->key)};
        for (size_t k = 0; old && k < old->nfields; k++) {
            if (str_eq(old->fields[k].field->key, c->key)) {
                cell.now = old->fields[k];
            }
        }
        inputs[n++] = input_of(
            v, &cell, str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(c->key)));
    }
    bool en = v->ctx.lang == LANG_EN;
    return (struct form_row){.prefix = prefix,
                             .legend =
                                 old ? str_fmt(v->ctx.arena, en ? "Row %zu" : "第 %zu 行", at + 1)
                                     : (en ? STR("New row") : STR("新行")),
                             .id = old ? old->id : 0,
                             .removable = old && (!ff->ask || ff->ask->how == ASK_WHOLE),
                             .inputs = {inputs, n}};
}

static void put_rows(struct visit *v, const struct form_field *ff, struct form_input *in)
{
    enum { WHOLE = ASK_WHOLE };
    int how = ff->ask ? (int)ff->ask->how : WHOLE;
    size_t old = how == ASK_ADD ? 0 : ff->now.nrows;
    bool adds = how != ASK_COLUMN || ff->ask->column_adds;
    size_t typed = ff->typed ? ff->typed->nrows : 0;
    size_t fresh = adds ? (typed > old + NEW_ROWS ? typed - old : NEW_ROWS) : 0;
    size_t most = form_rows_max(ff->field);
    if (old + fresh > most) {
        fresh = old < most ? most - old : 0;
    }
    struct form_row *rows = arena_array(v->ctx.arena, struct form_row, old + fresh + 1);
    size_t n = 0;
    for (size_t i = 0; i < old && i < most; i++) {
        rows[n++] = row_of(v, ff, i, &ff->now.rows[i]);
    }
    for (size_t i = 0; i < fresh; i++) {
        rows[n] = row_of(v, ff, n, NULL);
        n++;
    }
    in->rows.ptr = rows;
    in->rows.len = n;
}

/* --- the page ---------------------------------------------------------------------- */

/* Where it is sent; what an approval gave back goes to the approval. */
static str path_of(struct visit *v, const struct form *fm)
{
    struct arena *a = v->ctx.arena;
    const struct type *t = fm->type;
    return fm->again    ? str_fmt(a, "/r/%.*s/%lld/approval/resubmit", STR_ARG(t->key),
                                  (long long)fm->record)
           : fm->record ? str_fmt(a, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->key), (long long)fm->record,
                                  STR_ARG(fm->action->key))
                        : str_fmt(a, "/r/%.*s/new/%.*s", STR_ARG(t->key), STR_ARG(fm->action->key));
}

void form_render(struct visit *v, const struct form *fm, const struct refusal *refusal,
                 struct form_kept_files files, bool kept, int status)
{
    const struct type *t = fm->type;
    struct form_input *inputs = arena_array(v->ctx.arena, struct form_input, fm->nfields + 1);
    bool bad = false;
    for (size_t i = 0; i < fm->nfields; i++) {
        inputs[i] = input_of(v, &fm->fields[i], fm->fields[i].field->key);
        bad = bad || inputs[i].bad;
    }
    str path = path_of(v, fm);
    str key = visit_param(v, STR("key"));
    struct form_page p = {
        .visit = v,
        .kept_files = files,
        .type = t->key,
        .type_title = words_in(t->newest->title, v->ctx.lang),
        .record = fm->record,
        .record_name = fm->ref.number.len ? fm->ref.number : fm->ref.name,
        .title = words_in(fm->action->words, v->ctx.lang),
        .csrf = v->session.csrf,
        .key = key.len ? key
                       : str_fmt(v->ctx.arena, "%llx",
                                 (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now
                                                                        << 16),
        .draft = path,
        .ver = fm->ver,
        .clause = fm->action->clause,
        .refusal = refusal && !(bad && refusal->kind == REFUSED_VALUE) ? refusal : NULL,
        .error = bad ? words_in(WORDS("请改正以下内容后再提交，已填写的都还在。",
                                      "Please mend the following and submit again.  What you "
                                      "filled in has been kept."),
                                v->ctx.lang)
                     : STR(""),
        .ask = words_in(WORDS("此操作无需填写内容，确认后立即执行并记入存证日志。",
                              "Nothing needs to be filled in.  It is done at once and entered in "
                              "the ledger."),
                        v->ctx.lang),
        .inputs = {inputs, fm->nfields},
        .again = fm->again,
        .straight = fm->straight,
        .files = (t->newest->has & HAS_ATTACHMENTS) != 0,
        .kept = kept,
        .target = url_local(path),
        .check = url_local(str_fmt(v->ctx.arena, "%.*s/check", STR_ARG(path))),
        .back = url_local(fm->record ? str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(t->key),
                                               (long long)fm->record)
                                     : str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(t->key)))};
    p.route = form_steps_of(v, fm);
    p.next = form_next_of(v, fm, &p.route);
    struct words what = fm->again ? WORDS("重新提交", "Submit again") : fm->action->words;
    p.title = words_in(what, v->ctx.lang);
    str title = frame_title(v, what, p.record ? p.record_name : p.type_title);
    struct words correct = WORDS("请更正", "Please correct"); /* a voice reads titles first */
    struct frame f;
    struct html out =
        frame_begin(v, &f, status < 400 ? title : frame_title(v, correct, title), STR("records"));
    form_html(&out, &p);
    frame_end(v, &f, &out, status);
}

/* The form of an action, on values that came with the request: with their
 * errors when it is checked. */
static err form_of(struct visit *v, int64_t record, str action, bool check, struct form *ret)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        return err_make(ERR_NOT_FOUND, STR("type"));
    }
    err e = form_get(&v->ctx, t, record, action, NULL, 0, false, ret);
    size_t n = 0;
    const struct value_in *values = e.code ? NULL : form_values(v, ret->action, &n);
    return e.code || (!n && !check) ? e
                                    : form_get(&v->ctx, t, record, action, values, n, check, ret);
}

static void show_form(struct visit *v, int64_t record, str action)
{
    struct form fm;
    err e = form_of(v, record, action, false, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    form_render(v, &fm, fm.refusal, (struct form_kept_files){0}, v->x->req.query.len > 0, 200);
}

/* About the field that was typed in, and the whole as it stands. */
void form_say(struct visit *v, const struct form *fm)
{
    str field = http_param(&v->x->req.query, STR("field"));
    struct form_checked c = {0};
    for (size_t i = 0; i < fm->nfields; i++) {
        if (str_eq(fm->fields[i].field->key, field)) {
            c.error = words_in(fm->fields[i].error, v->ctx.lang);
        }
    }
    c.refusal = fm->refusal && fm->refusal->kind != REFUSED_VALUE ? fm->refusal : NULL;
    c.route = form_steps_of(v, fm);
    c.next = form_next_of(v, fm, &c.route);
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
    form_checked_html(&out, &c);
    visit_html(v, 200, html_end(&out));
}

/* While one types: what is wrong with the one field, and what the rules will
 * say to the whole as it stands. */
static void check_form(struct visit *v, int64_t record, str action)
{
    struct form fm;
    err e = form_of(v, record, action, true, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    form_say(v, &fm);
}

void page_form_new_check(struct visit *v)
{
    check_form(v, 0, v->seg[1]);
}

void page_form_do_check(struct visit *v)
{
    check_form(v, v->num[1], v->seg[2]);
}

void page_form_new(struct visit *v)
{
    show_form(v, 0, v->seg[1]);
}

void page_form_do(struct visit *v)
{
    if (!page_heartbeat_instead(v)) {
        show_form(v, v->num[1], v->seg[2]);
    }
}

static void form_done(struct visit *v)
{
    err e = v->act.result;
    if (!e.code) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s/%lld?done=%.*s", STR_ARG(v->act.type),
                                  (long long)v->act.ret_record, STR_ARG(v->act.action)));
        return;
    }
    bool again = e.code == ERR_RULE || e.code == ERR_VALUE || e.code == ERR_DENIED ||
                 e.code == ERR_STALE || e.code == ERR_CONFLICT || e.code == ERR_TOO_LARGE;
    const struct type *t = model_type(v->model, v->act.type);
    struct form fm;
    err e2 = OK;
    if (again && t) {
        e2 = form_get(&v->ctx, t, v->act.record, v->act.action, v->act.values, v->act.nvalues, true,
                      &fm);
    }
    if (!again || !t || e2.code) {
        visit_error(v, e);
        return;
    }
    form_take(&fm, e.why);
    struct refusal *other = arena_new(v->ctx.arena, struct refusal);
    *other = (struct refusal){.kind = REFUSED_LIMIT,
                              .what = e.code == ERR_TOO_LARGE
                                          ? WORDS("附件单个不得超过 20 MB，过大的没有保留。",
                                                  "An attachment may have 20 MB at most.  What is "
                                                  "larger was not kept.")
                                          : err_words(e.code)};
    form_render(v, &fm, e.why ? e.why : other, form_keep(v, v->act.files, v->act.nfiles), true,
                err_http(e.code));
}

static void send_form(struct visit *v, int64_t record, str action)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct form fm;
    err e = t ? form_get(&v->ctx, t, record, action, NULL, 0, false, &fm)
              : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    int64_t ver = 0;
    if (!str_to_i64(visit_param(v, STR("ver")), &ver)) {
        ver = 0;
    }
    v->act = (struct act){.type = t->key,
                          .record = record,
                          .ver = ver,
                          .action = action,
                          .key = visit_param(v, STR("key"))};
    v->act.values = form_values(v, fm.action, &v->act.nvalues);
    form_add_unasked(v, fm.action);
    v->act.files = form_files(v, fm.action, &v->act.nfiles);
    visit_submit(v, form_done);
}

void page_form_new_post(struct visit *v)
{
    send_form(v, 0, v->seg[1]);
}

void page_form_do_post(struct visit *v)
{
    send_form(v, v->num[1], v->seg[2]);
}

void page_suggest(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    str q = STR("");
    for (size_t i = 0; i < v->x->req.query.len; i++) {
        q = v->x->req.query.ptr[i].value; /* the one input that asked */
    }
    struct record_ref *refs;
    size_t n;
    err e = t ? record_suggest(&v->ctx, t, q, &refs, &n) : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct form_option *o = arena_array(v->ctx.arena, struct form_option, n + 1);
    for (size_t i = 0; i < n; i++) {
        o[i] = (struct form_option){ref_typed(&refs[i]), refs[i].name, false};
    }
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
    struct form_options list = {o, n};
    form_suggest_html(&out, &list);
    visit_html(v, 200, html_end(&out));
}
