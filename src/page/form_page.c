#include "page/form_page.h"

#include "base/arena.h"
#include "page/page.h"

#include "gen/form.html.h"

#include <string.h>

enum { NEW_ROWS = 2, ROWS_MAX = 60 };

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

static struct form_options options_of(struct visit *v, const struct form_field *ff, str value)
{
    const struct field *f = ff->field;
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
    return value_plain(&v->ctx, ff->field, &ff->now.value);
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
    if (i.kind == INPUT_ROWS) {
        put_rows(v, ff, &i);
    } else {
        i.value = value_of(v, ff);
        i.options = options_of(v, ff, i.value);
    }
    return i;
}

/* The columns of a row that this action lets be filled. */
static bool column_asked(const struct ask *ask, const struct field *column, bool fresh)
{
    if (!ask || ask->how != ASK_COLUMN) {
        return true;
    }
    return str_eq(ask->column->key, column->key) && (!fresh || ask->column_adds);
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
            !column_asked(ff->ask, c, old == NULL)) {
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
    if (old + fresh > ROWS_MAX) {
        fresh = old < ROWS_MAX ? ROWS_MAX - old : 0;
    }
    struct form_row *rows = arena_array(v->ctx.arena, struct form_row, old + fresh + 1);
    size_t n = 0;
    for (size_t i = 0; i < old && i < ROWS_MAX; i++) {
        rows[n++] = row_of(v, ff, i, &ff->now.rows[i]);
    }
    for (size_t i = 0; i < fresh; i++) {
        rows[n] = row_of(v, ff, n, NULL);
        n++;
    }
    in->rows.ptr = rows;
    in->rows.len = n;
}

/* --- from what was sent to values ------------------------------------------------ */

static size_t items_of(struct visit *v, str name, str **ret)
{
    const struct http_params *ps = &v->x->req.form;
    str *items = arena_array(v->ctx.arena, str, 70);
    size_t n = 0;
    for (size_t i = 0; i < ps->len && n < 64; i++) {
        if (str_eq(ps->ptr[i].name, name)) {
            for (str rest = ps->ptr[i].value; rest.ptr && n < 64;) {
                str one = str_trim(str_cut(rest, ',', &rest));
                if (one.len) {
                    items[n++] = one;
                }
            }
        }
    }
    *ret = items;
    return n;
}

static bool is_list(enum ftype t)
{
    return t == F_REFS || t == F_PEOPLE || t == F_CHOICES;
}

static struct value_in one_value(struct visit *v, const struct field *f, str key, str name)
{
    struct value_in in = {.field = key};
    if (is_list(f->type)) {
        str *items;
        in.nitems = items_of(v, name, &items);
        in.items = items;
        in.null = in.nitems == 0;
    } else {
        in.text = http_param(&v->x->req.form, name);
        in.null = str_trim(in.text).len == 0;
    }
    return in;
}

static struct value_in lines_value(struct visit *v, const struct ask *ask, const struct field *f)
{
    const struct tdef *d = f->part->newest;
    struct row_in *rows = arena_array(v->ctx.arena, struct row_in, ROWS_MAX);
    size_t n = 0;
    for (size_t i = 0; i < ROWS_MAX; i++) {
        str prefix = str_fmt(v->ctx.arena, "%.*s.%zu", STR_ARG(f->key), i);
        struct value_in *vals = arena_array(v->ctx.arena, struct value_in, d->nfields + 1);
        size_t nvals = 0;
        size_t filled = 0;
        int64_t id = 0;
        str idname = str_fmt(v->ctx.arena, "%.*s.id", STR_ARG(prefix));
        bool old = str_to_i64(http_param(&v->x->req.form, idname), &id);
        for (size_t k = 0; k < d->nfields; k++) {
            const struct field *c = &d->fields[k];
            str name = str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(c->key));
            if (!column_asked(ask, c, !old) || !http_has_param(&v->x->req.form, name)) {
                continue;
            }
            vals[nvals] = one_value(v, c, c->key, name);
            filled += !vals[nvals].null;
            nvals++;
        }
        str remove = str_fmt(v->ctx.arena, "%.*s.remove", STR_ARG(prefix));
        if (old || filled) { /* an untouched new row is no row */
            rows[n++] = (struct row_in){.id = id,
                                        .remove = http_has_param(&v->x->req.form, remove),
                                        .values = vals,
                                        .nvalues = nvals};
        }
    }
    return (struct value_in){.field = f->key, .rows = rows, .nrows = n};
}

struct value_in *form_values(struct visit *v, const struct action *a, size_t *n)
{
    struct value_in *vals = arena_array(v->ctx.arena, struct value_in, a->nasks + 1);
    size_t count = 0;
    for (size_t i = 0; i < a->nasks; i++) {
        const struct ask *ask = &a->asks[i];
        const struct field *f = ask->field;
        if (f->type == F_LINES) {
            struct value_in in = lines_value(v, ask, f);
            if (in.nrows) {
                vals[count++] = in;
            }
        } else if (f->type != F_ATTACHMENT && http_has_param(&v->x->req.form, f->key)) {
            vals[count++] = one_value(v, f, f->key, f->key);
        } else if (f->type == F_CHOICES && ask->required) {
            vals[count++] = (struct value_in){.field = f->key, .null = true};
        }
    }
    *n = count;
    return vals;
}

/* Is it a field the form asks for, or what every form carries? */
static bool is_asked(const struct action *a, str name)
{
    static const char *const always[] = {"csrf", "key", "ver", "files", "back"};
    str rest;
    str head = str_cut(name, '.', &rest);
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        if (str_eq(name, str_from(always[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < a->nasks; i++) {
        if (str_eq(a->asks[i].field->key, head)) {
            return true;
        }
    }
    return false;
}

/* What was not asked for is handed on as it came: the engine refuses it. */
static void add_unasked(struct visit *v, const struct action *a)
{
    const struct http_params *form = &v->x->req.form;
    struct value_in *all =
        arena_array(v->ctx.arena, struct value_in, v->act.nvalues + form->len + 1);
    size_t n = v->act.nvalues;
    if (n) {
        memcpy(all, v->act.values, n * sizeof(*all));
    }
    for (size_t i = 0; i < form->len; i++) {
        if (!is_asked(a, form->ptr[i].name)) {
            all[n++] = (struct value_in){.field = form->ptr[i].name, .text = form->ptr[i].value};
        }
    }
    v->act.values = all;
    v->act.nvalues = n;
}

static struct act_file *form_files(struct visit *v, const struct action *a, size_t *n)
{
    const struct http_files *in = &v->x->req.files;
    struct act_file *files = arena_array(v->ctx.arena, struct act_file, in->len + 1);
    size_t count = 0;
    for (size_t i = 0; i < in->len; i++) {
        const struct http_file *f = &in->ptr[i];
        if (!f->bytes.len) {
            continue;
        }
        str field = STR("");
        for (size_t k = 0; k < a->nasks; k++) {
            if (a->asks[k].field->type == F_ATTACHMENT && str_eq(a->asks[k].field->key, f->name)) {
                field = f->name;
            }
        }
        files[count++] = (struct act_file){
            .field = field, .name = f->filename, .mime = f->type, .bytes = f->bytes};
    }
    *n = count;
    return files;
}

/* --- the page ---------------------------------------------------------------------- */

static str next_words(struct visit *v, const struct action *a)
{
    if (a->to_kind != TO_STATE || !a->to) {
        return STR("");
    }
    str s = words_in(a->to->words, v->ctx.lang);
    return str_fmt(v->ctx.arena,
                   v->ctx.lang == LANG_EN ? "The state becomes: %.*s" : "状态变为：%.*s",
                   STR_ARG(s));
}

static void render(struct visit *v, const struct form *fm, const struct refusal *refusal, bool kept,
                   int status)
{
    const struct type *t = fm->type;
    struct form_input *inputs = arena_array(v->ctx.arena, struct form_input, fm->nfields + 1);
    bool bad = false;
    for (size_t i = 0; i < fm->nfields; i++) {
        inputs[i] = input_of(v, &fm->fields[i], fm->fields[i].field->key);
        bad = bad || inputs[i].bad;
    }
    str path = fm->record ? str_fmt(v->ctx.arena, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->key),
                                    (long long)fm->record, STR_ARG(fm->action->key))
                          : str_fmt(v->ctx.arena, "/r/%.*s/new/%.*s", STR_ARG(t->key),
                                    STR_ARG(fm->action->key));
    str key = visit_param(v, STR("key"));
    struct form_page p = {
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
        .next_words = next_words(v, fm->action),
        .inputs = {inputs, fm->nfields},
        .files = (t->newest->has & HAS_ATTACHMENTS) != 0,
        .kept = kept,
        .target = url_local(path),
        .back = url_local(fm->record ? str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(t->key),
                                               (long long)fm->record)
                                     : str_fmt(v->ctx.arena, "/r/%.*s", STR_ARG(t->key)))};
    struct frame f;
    struct html out = frame_begin(v, &f, p.title, STR("records"));
    form_html(&out, &p);
    frame_end(v, &f, &out, status);
}

static void show_form(struct visit *v, int64_t record, str action)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    struct form fm;
    err e = form_get(&v->ctx, t, record, action, NULL, 0, false, &fm);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    render(v, &fm, fm.refusal, false, 200);
}

void page_form_new(struct visit *v)
{
    show_form(v, 0, v->seg[1]);
}

void page_form_do(struct visit *v)
{
    show_form(v, v->num[1], v->seg[2]);
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
                 e.code == ERR_STALE || e.code == ERR_CONFLICT;
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
    struct refusal *stale = arena_new(v->ctx.arena, struct refusal);
    *stale = (struct refusal){.kind = REFUSED_VALUE, .what = err_words(e.code)};
    render(v, &fm, e.why ? e.why : stale, true, err_http(e.code));
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
    add_unasked(v, fm.action);
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
