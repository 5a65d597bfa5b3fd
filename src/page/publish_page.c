#include "page/publish_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "engine/local.h"
#include "engine/post.h"
#include "model/expr.h"
#include "page/length.h"
#include "page/page.h"

#include "gen/publish.html.h"

enum { PLAN_ARENA = 512 << 20, VALUE_MAX = 4000 };

/* --- what changes --------------------------------------------------------------------- */

/* A text of a change as people read it: the value of a setting in words. */
static str readable(struct arena *a, const struct change *x, str text, enum lang lang)
{
    const struct setting *s = x->kind == CHANGE_SETTING ? law_setting(x->law, x->name) : NULL;
    return s && !s->list ? length_shown(a, s->kind, text, lang) : text;
}

static struct change_views views_of(struct arena *a, const struct changes *c, enum lang lang)
{
    struct change_view *list = arena_array(a, struct change_view, c->len + 1);
    for (size_t i = 0; i < c->len; i++) {
        const struct change *x = &c->ptr[i];
        bool gone = x->before.len && !x->after.len;
        bool come = x->after.len && !x->before.len;
        list[i] = (struct change_view){.change = x,
                                       .how = x->kind == CHANGE_STRANDS
                                                  ? WORDS("不能发布", "not possible")
                                              : come ? WORDS("新增", "new")
                                              : gone ? WORDS("取消", "gone")
                                                     : WORDS("改动", "changed")};
        struct diff_lines lines =
            text_diff(a, readable(a, x, x->before, lang), readable(a, x, x->after, lang));
        list[i].lines.ptr = lines.ptr;
        list[i].lines.len = lines.len;
    }
    return (struct change_views){list, c->len};
}

void page_law_changes(struct visit *v)
{
    const struct reg *r = model_reg(v->model, v->seg[0]);
    int64_t version = v->num[1];
    if (!r || version < 2 || version > (int64_t)r->nlaws) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("version")));
        return;
    }
    const struct law *l = r->laws[version - 1];
    struct changes c = {0};
    struct difference_page p = {.visit = v,
                                .key = r->key,
                                .title = words_in(l->title, v->ctx.lang),
                                .when = show_time(v, l->published_at),
                                .version = version,
                                .before = version - 1};
    err e = publish_difference(&v->ctx, l, &c, &p.by);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.changes = views_of(v->ctx.arena, &c, v->ctx.lang);
    struct frame f;
    struct html out = frame_begin(
        v, &f,
        frame_title(v, WORDS("与上一版的差异", "What changed"),
                    str_fmt(v->ctx.arena, "%.*s %lld", STR_ARG(p.title), (long long)version)),
        STR("law"));
    difference_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- a setting --------------------------------------------------------------------------- */

static bool administrator(struct visit *v)
{
    bool yes = false;
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &yes);
    if (!e.code && !yes) {
        e = err_make(ERR_DENIED, STR("not an administrator"));
    }
    if (e.code) {
        visit_error(v, e);
    }
    return !e.code;
}

/* Lists are written one entry a line: "key: 中文 | English | retired". */
static str list_lines(struct arena *a, const struct setting *s)
{
    struct buf b = buf_make(a, VALUE_MAX);
    for (size_t i = 0; i < s->nkeys; i++) {
        const struct choice_key *k = &s->keys[i];
        buf_put_fmt(&b, "%.*s: %.*s | %.*s%s\n", STR_ARG(k->key), STR_ARG(k->words.zh),
                    STR_ARG(k->words.en), k->retired ? " | retired" : "");
    }
    return buf_str(&b);
}

/* What people wrote as the value a publication takes: a list's lines in one. */
static str value_asked(struct visit *v, const struct setting *s)
{
    str text = str_trim(visit_param(v, STR("value")));
    if (!s->list) {
        return length_typed(v->ctx.arena, s->kind, text);
    }
    struct buf b = buf_make(v->ctx.arena, VALUE_MAX);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            buf_put_c(&b, ';');
        } else if (c == ';') {
            BUF_LIT(&b, "；");
        } else if (c != '\r') {
            buf_put_c(&b, c);
        }
    }
    return buf_str(&b);
}

static struct words hint_of(const struct setting *s)
{
    if (s->list) {
        return WORDS("每行一项：代码: 中文 | English。代码不能改；不再使用的在行末加 | retired。",
                     "One entry a line: key: 中文 | English.  Keys never change; what is no longer "
                     "used ends with | retired.");
    }
    switch ((int)s->kind) {
    case V_DURATION:
        return WORDS("时长，如 30 分钟、2 小时、3 天。",
                     "A length, such as 30 minutes, 2 hours, 3 days.");
    case V_WORKHOURS:
        return WORDS("工作时间，如 4 个工作小时。", "Working time, such as 4 working hours.");
    case V_WORKDAYS:
        return WORDS("工作日，如 3 个工作日。", "Working days, such as 3 working days.");
    case V_DAYS:
        return WORDS("天数，如 30 天。", "Days, such as 30 days.");
    case V_MONTHS:
        return WORDS("月数，如 6 个月。", "Months, such as 6 months.");
    case V_DATE:
        return WORDS("日期，如 2026-09-30。", "A date, such as 2026-09-30.");
    default:
        return (struct words){0};
    }
}

static void put_options(struct visit *v, const struct setting *s, struct setting_page *p)
{
    bool truth = s->kind == V_BOOL;
    if (s->list || (!truth && !s->nkeys)) {
        return;
    }
    struct setting_option *list =
        arena_array(v->ctx.arena, struct setting_option, truth ? 2 : s->nkeys);
    size_t n = 0;
    if (truth) {
        list[n++] =
            (struct setting_option){STR("true"), words_in(WORDS("是", "yes"), v->ctx.lang), false};
        list[n++] =
            (struct setting_option){STR("false"), words_in(WORDS("否", "no"), v->ctx.lang), false};
    }
    for (size_t i = 0; !truth && i < s->nkeys; i++) {
        if (!s->keys[i].retired) {
            list[n++] = (struct setting_option){s->keys[i].key,
                                                words_in(s->keys[i].words, v->ctx.lang), false};
        }
    }
    for (size_t i = 0; i < n; i++) {
        list[i].here = str_eq(list[i].value, p->value);
    }
    p->options.ptr = list;
    p->options.len = n;
}

static const struct setting *setting_asked(struct visit *v, const struct law **law)
{
    const struct reg *r = model_reg(v->model, v->seg[0]);
    const struct setting *s = r ? law_setting(r->newest, v->seg[1]) : NULL;
    if (!s) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("setting")));
        return NULL;
    }
    *law = r->newest;
    return s;
}

static struct setting_page page_of(struct visit *v, const struct law *l, const struct setting *s)
{
    enum lang lang = v->ctx.lang;
    str name = words_in(s->words, lang);
    str now = setting_text(v->ctx.arena, s);
    return (struct setting_page){
        .visit = v,
        .setting = s,
        .csrf = v->session.csrf,
        .law_key = l->reg->key,
        .law_title = words_in(l->title, v->ctx.lang),
        .name = name.len ? name : s->key,
        .value = s->list ? list_lines(v->ctx.arena, s)
                         : length_shown(v->ctx.arena, s->kind, s->written, lang),
        .now = s->list ? now : length_shown(v->ctx.arena, s->kind, now, lang),
        .hint = hint_of(s),
        .version = l->version,
        .long_text = s->list};
}

static err put_units(struct visit *v, struct setting_page *p)
{
    const struct setting *s = p->setting;
    struct local_value *own;
    struct record_ref *refs;
    if (!s->local || !v->model->unit) {
        return OK;
    }
    size_t n;
    err e = local_list(&v->ctx, s, &own, &n);
    if (e.code) {
        return e;
    }
    struct local_view *list = arena_array(v->ctx.arena, struct local_view, n + 1);
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct local_view){
            &own[i].unit, expr_literal_words(v->ctx.arena, s->kind, own[i].i64, v->ctx.lang)};
    }
    p->locals.ptr = list;
    p->locals.len = n;
    e = record_suggest(&v->ctx, v->model->unit, STR(""), &refs, &p->units.len);
    p->units.ptr = e.code ? NULL : refs;
    return e;
}

static void show(struct visit *v, struct setting_page *p, int status)
{
    put_options(v, p->setting, p);
    err e = put_units(v, p);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out = frame_begin(v, &f, p->name, STR("admin"));
    setting_html(&out, p);
    frame_end(v, &f, &out, status);
}

void page_admin_setting(struct visit *v)
{
    const struct law *l;
    const struct setting *s = administrator(v) ? setting_asked(v, &l) : NULL;
    if (s) {
        struct setting_page p = page_of(v, l, s);
        show(v, &p, 200);
    }
}

static void say(struct visit *v, struct setting_page *p, struct words w, bool bad)
{
    p->said = words_in(w, v->ctx.lang);
    p->said_class = bad ? STR("bad") : STR("wait");
    p->bad = bad;
}

/* What is to be said of a plan that cannot be published as it stands. */
static bool explain(struct visit *v, struct setting_page *p, err e, const struct publication *pub,
                    const struct diags *d)
{
    if (e.code) {
        say(v, p, d->len ? d->ptr[0].words : err_words(e.code), true);
    } else if (!pub->sources.len) {
        say(v, p,
            WORDS("与现值相同，无须发布。", "This is the value in force: nothing to publish."),
            false);
    } else if (pub->changes.refused) {
        say(v, p, WORDS("不能发布，原因如下。", "It cannot be published, for these reasons."),
            true);
    }
    return p->said.len > 0;
}

static void end_arena(void *arg)
{
    arena_end(arg);
}

/* First the difference; with `sure`, the epoch it was shown on, the publication. */
void page_admin_setting_post(struct visit *v)
{
    const struct law *l;
    const struct setting *s = administrator(v) ? setting_asked(v, &l) : NULL;
    if (!s) {
        return;
    }
    struct arena *own = arena_new(v->ctx.arena, struct arena);
    arena_defer(v->ctx.arena, end_arena, own);
    *own = arena_make(PLAN_ARENA);
    struct setting_page p = page_of(v, l, s);
    struct diags d = diags_make(own);
    struct publication pub = {0};
    int64_t sure = 0;
    bool confirmed = str_to_i64(visit_param(v, STR("sure")), &sure);
    p.value = str_trim(visit_param(v, STR("value")));
    db_read_end(v->ctx.db); /* what follows waits for the writer: hold no snapshot over it */
    err e =
        publish_plan_setting(v->app->engine, own, l->reg->key, s->key, value_asked(v, s), &d, &pub);
    bool stop = explain(v, &p, e, &pub, &d);
    if (!stop && confirmed && sure == pub.epoch) {
        e = publish(v->app->engine, own, &pub, v->session.person, v->ctx.now, &d);
        if (!e.code) {
            db_read_begin(v->ctx.db);
            visit_redirect(v, str_fmt(v->ctx.arena, "/law/%.*s/v/%d/changes", STR_ARG(l->reg->key),
                                      pub.sources.ptr[0].version));
            return;
        }
        say(v, &p, err_words(e.code), true);
    }
    if (!p.said.len && confirmed && sure != pub.epoch) {
        say(v, &p,
            WORDS("其间另有一次发布，请重新核对差异。",
                  "Another publication came first.  Please look at the difference again."),
            true);
    }
    db_read_begin(v->ctx.db);
    p.changes = views_of(own, &pub.changes, v->ctx.lang);
    p.epoch = pub.epoch;
    p.sure = !stop;
    show(v, &p, p.bad ? 422 : 200);
}

/* --- a unit's own value --------------------------------------------------------------------- */

void page_admin_setting_unit(struct visit *v)
{
    const struct law *l;
    const struct setting *s = administrator(v) ? setting_asked(v, &l) : NULL;
    if (!s) {
        return;
    }
    struct arena *own = arena_new(v->ctx.arena, struct arena);
    arena_defer(v->ctx.arena, end_arena, own);
    *own = arena_make(8 << 20);
    struct field unit = {.type = F_UNIT, .to = v->model->unit};
    struct value_in in = {.text = str_trim(visit_param(v, STR("unit")))};
    struct value at = {0};
    struct words why = {0};
    err e =
        in.text.len ? value_read(&v->ctx, &unit, &in, &at, &why) : err_make(ERR_VALUE, STR("unit"));
    if (!e.code) {
        db_read_end(v->ctx.db);
        e = local_set(v->app->engine, own, s, at.i64,
                      length_typed(v->ctx.arena, s->kind, visit_param(v, STR("own"))),
                      v->session.person, v->ctx.now, &why);
        db_read_begin(v->ctx.db);
    }
    if (!e.code) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/admin/settings/%.*s/%.*s", STR_ARG(l->reg->key),
                                  STR_ARG(s->key)));
        return;
    }
    struct setting_page p = page_of(v, l, s);
    say(v, &p, why.zh.len ? why : err_words(e.code), true);
    show(v, &p, 422);
}
