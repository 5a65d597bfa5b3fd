/* duty_scope.c - an address's occurrences of duties: what it means, how one says it again. */
#include "page/duty_scope.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

enum { PARAMS = 7, WINDOWS = 3, CHIPS = 8, YEAR_FIRST = 2000, YEAR_LAST = 2099 };

/* --- reading an address ---------------------------------------------------------------------- */

static err absent(const char *what)
{
    return err_make(ERR_NOT_FOUND, str_from(what));
}

static void put_param(struct duty_scope *s, const char *name, str value)
{
    s->params.ptr[s->params.len++] = (struct duty_param){str_from(name), value};
}

/* A duty of the address, by key. */
static err read_duty(struct visit *v, struct duty_scope *s, const char *name,
                     const struct duty **ret)
{
    str key = visit_param(v, str_from(name));
    *ret = key.len ? model_duty(v->model, key) : NULL;
    if (key.len && (!*ret || !duty_def(*ret))) {
        return absent(name);
    }
    if (*ret) {
        put_param(s, name, (*ret)->key);
    }
    return OK;
}

static err read_number(struct visit *v, struct duty_scope *s, const char *name, bool *there,
                       int64_t *ret)
{
    str text = visit_param(v, str_from(name));
    *there = text.len > 0;
    *ret = 0;
    if (*there && (!str_to_i64(text, ret) || *ret < 0)) {
        return absent(name);
    }
    if (*there) {
        put_param(s, name, str_fmt(v->ctx.arena, "%lld", (long long)*ret));
    }
    return OK;
}

/* The article as its regulation has it now, or had it last. */
static err read_text(struct visit *v, struct duty_scope *s)
{
    str key = visit_param(v, STR("regulation"));
    str id = visit_param(v, STR("clause"));
    s->of.reg = key.len ? model_reg(v->model, key) : NULL;
    if ((key.len && !s->of.reg) || (id.len && !s->of.reg)) {
        return absent("regulation");
    }
    if (s->of.reg) {
        put_param(s, "regulation", s->of.reg->key);
    }
    for (size_t i = s->of.reg && id.len ? s->of.reg->nlaws : 0; i > 0; i--) {
        const struct clause *c = law_clause(s->of.reg->laws[i - 1], id);
        if (c) {
            s->of.clause = c->id;
            put_param(s, "clause", c->id);
            return OK;
        }
    }
    return id.len ? absent("clause") : OK;
}

static void read_window(struct visit *v, struct duty_scope *s)
{
    int64_t from;
    int64_t to;
    int64_t first = clock_day(YEAR_FIRST, 1, 1);
    int64_t last = clock_day(YEAR_LAST + 1, 1, 1) - 1;
    s->given = clock_parse_date(visit_param(v, STR("from")), &from) &&
               clock_parse_date(visit_param(v, STR("to")), &to) && from <= to && from >= first &&
               to <= last;
    int year = clock_civil_day(v->ctx.today).year;
    s->of.from = s->given ? from : clock_day(year, 1, 1);
    s->of.end = s->given ? to + 1 : clock_day(year + 1, 1, 1);
    s->from = clock_date(v->ctx.arena, s->of.from);
    s->to = clock_date(v->ctx.arena, s->of.end - 1);
}

static str window_of(struct visit *v, int64_t from, int64_t to)
{
    return str_fmt(v->ctx.arena, "from=%.*s&to=%.*s", STR_ARG(clock_date(v->ctx.arena, from)),
                   STR_ARG(clock_date(v->ctx.arena, to)));
}

/* path?what&more */
static str address(struct visit *v, const struct duty_scope *s, str more)
{
    struct buf b = buf_make(v->ctx.arena, 2000);
    buf_put(&b, s->path);
    for (size_t i = 0; i < s->params.len; i++) {
        const struct duty_param *p = &s->params.ptr[i];
        buf_put_fmt(&b, "%c%.*s=%.*s", i ? '&' : '?', STR_ARG(p->name), STR_ARG(p->value));
    }
    if (more.len) {
        buf_put_fmt(&b, "%c%.*s", s->params.len ? '&' : '?', STR_ARG(more));
    }
    return buf_str(&b);
}

err duty_scope_read(struct visit *v, const struct duty *duty, struct duty_scope *ret)
{
    struct arena *a = v->ctx.arena;
    bool by = false;
    *ret = (struct duty_scope){.path = duty ? str_fmt(a, "/duties/%.*s", STR_ARG(duty->key))
                                            : STR("/duties"),
                               .params = {arena_array(a, struct duty_param, PARAMS), 0}};
    err e = duty ? OK : read_text(v, ret);
    e = e.code || duty ? e : read_duty(v, ret, "duty", &ret->of.duty);
    e = e.code || duty ? e : read_duty(v, ret, "post", &ret->of.post);
    e = e.code ? e : read_number(v, ret, "unit", &ret->of.by_unit, &ret->of.unit);
    e = e.code ? e : read_number(v, ret, "owner", &ret->of.by_owner, &ret->of.owner);
    e = e.code ? e : read_number(v, ret, "by", &by, &ret->of.doer);
    if (e.code) {
        return e;
    }
    ret->of.duty = duty ? duty : ret->of.duty;
    read_window(v, ret);
    ret->base = address(v, ret, window_of(v, ret->of.from, ret->of.end - 1));
    ret->plain = address(v, ret, STR(""));
    return OK;
}

/* --- saying one --------------------------------------------------------------------------------
 */

static str last_year(const struct visit *v)
{
    struct arena *a = v->ctx.arena;
    return str_fmt(a, "from=%.*s&to=%.*s", STR_ARG(clock_date(a, duty_year_first(&v->ctx))),
                   STR_ARG(clock_date(a, v->ctx.today)));
}

str duty_base(const struct visit *v, const char *what, str value)
{
    str of = what ? str_fmt(v->ctx.arena, "%s=%.*s&", what, STR_ARG(value)) : STR("");
    return str_fmt(v->ctx.arena, "/duties?%.*s%.*s", STR_ARG(of), STR_ARG(last_year(v)));
}

str duty_base_of(const struct visit *v, const struct duty *d)
{
    return str_fmt(v->ctx.arena, "/duties/%.*s?%.*s", STR_ARG(d->key), STR_ARG(last_year(v)));
}

url duty_link(const struct visit *v, str base, const char *show)
{
    char with = str_has(base, STR("?")) ? '&' : '?';
    return url_local(str_fmt(v->ctx.arena, "%.*s%cshow=%s#runs", STR_ARG(base), with, show));
}

str duty_rate(const struct visit *v, const struct duty_counts *c)
{
    int64_t all = duty_ended(c);
    return all ? str_fmt(v->ctx.arena, "%lld%%", (long long)(100 * c->done / all)) : STR("");
}

/* --- tabs ---------------------------------------------------------------------------------------
 */

static const struct {
    const char *key;
    struct words words;
    struct duty_ask ask;
    bool always; /* else only while it is shown */
} shows[] = {
    {"all", WORDS_INIT("全部", "All"), {.state = -1}, true},
    {"open", WORDS_INIT("待完成与未履行", "Open and missed"), {.state = -1, .open = true}, true},
    {"mine", WORDS_INIT("我负责的", "Mine"), {.state = -1, .open = true, .mine = true}, true},
    {"late", WORDS_INIT("逾期完成", "Late"), {.state = 2}, true},
    {"missed", WORDS_INIT("未履行", "Missed"), {.state = 3}, true},
    {"done", WORDS_INIT("按时完成", "Done in time"), {.state = 1}, true},
    {"waiting", WORDS_INIT("待完成", "Open"), {.state = 0}, false},
    {"overdue", WORDS_INIT("宽限中", "In grace"), {.state = -1, .overdue = true}, false},
    {"ended", WORDS_INIT("已有结果", "Ended"), {.state = -1, .ended = true}, false},
    {"dropped", WORDS_INIT("不再适用", "No longer owed"), {.state = 4}, false},
};
enum { SHOWS = sizeof(shows) / sizeof(shows[0]) };

struct duty_ask duty_scope_tabs(struct visit *v, const struct duty_scope *s, struct duty_tabs *ret,
                                str *show)
{
    bool one = str_starts(s->path, STR("/duties/"));
    str want = visit_param(v, STR("show"));
    int at = one ? 0 : 1;
    size_t n = 0;
    struct duty_tab *tabs = arena_array(v->ctx.arena, struct duty_tab, SHOWS);
    for (int i = 0; i < SHOWS; i++) {
        at = str_eq(want, str_from(shows[i].key)) ? i : at;
    }
    for (int i = 0; i < SHOWS; i++) {
        if (shows[i].always || i == at) {
            url to = duty_link(v, s->given ? s->base : s->plain, shows[i].key);
            tabs[n++] = (struct duty_tab){str_from(shows[i].key), shows[i].words, to, i == at};
        }
    }
    *ret = (struct duty_tabs){tabs, n};
    *show = str_from(shows[at].key);
    struct duty_ask ask = shows[at].ask;
    ask.of = s->of;
    if (!s->given) { /* what is open is, whenever it began */
        ask.of.from = 0;
        ask.of.end = 0;
    }
    return ask;
}

/* --- the section ---------------------------------------------------------------------------- */

static void put_windows(struct visit *v, const struct duty_scope *s, struct duty_history_view *p)
{
    bool en = v->ctx.lang == LANG_EN;
    struct arena *a = v->ctx.arena;
    int year = clock_civil_day(v->ctx.today).year;
    struct duty_window *list = arena_array(a, struct duty_window, WINDOWS);
    const struct {
        str words;
        int64_t from, to;
    } all[WINDOWS] = {
        {str_fmt(a, en ? "%d" : "%d年", year), clock_day(year, 1, 1),
         clock_day(year + 1, 1, 1) - 1},
        {str_fmt(a, en ? "%d" : "%d年", year - 1), clock_day(year - 1, 1, 1),
         clock_day(year, 1, 1) - 1},
        {en ? STR("The last year") : STR("近一年"), duty_year_first(&v->ctx), v->ctx.today}};
    for (size_t i = 0; i < WINDOWS; i++) {
        str to = address(v, s, window_of(v, all[i].from, all[i].to));
        list[i] =
            (struct duty_window){.words = all[i].words,
                                 .href = url_local(str_fmt(a, "%.*s#history", STR_ARG(to))),
                                 .here = all[i].from == s->of.from && all[i].to == s->of.end - 1};
    }
    p->windows.ptr = list;
    p->windows.len = WINDOWS;
}

static bool tells(const struct duty_counts *c)
{
    return duty_ended(c) + c->waiting + c->dropped > 0;
}

static str post_base(struct visit *v, const struct duty_scope *s, const struct duty_post *p)
{
    bool one = str_starts(s->path, STR("/duties/")) || s->of.post;
    return one ? s->base
               : str_fmt(v->ctx.arena, "%.*s&post=%.*s", STR_ARG(s->base),
                         STR_ARG(p->def->duty->key));
}

static str more_base(struct visit *v, str base, const char *name, int64_t id)
{
    return str_fmt(v->ctx.arena, "%.*s&%s=%lld", STR_ARG(base), name, (long long)id);
}

static void put_people(struct visit *v, const struct duty_scope *s, struct duty_post_line *to)
{
    const struct duty_post *p = to->post;
    struct duty_holder_line *list =
        arena_array(v->ctx.arena, struct duty_holder_line, p->people.len + 1);
    for (size_t i = 0; i < p->people.len; i++) {
        const struct duty_holder *h = &p->people.ptr[i];
        str owed = s->of.by_owner ? to->base : more_base(v, to->base, "owner", h->person);
        str did = s->of.doer ? to->base : more_base(v, to->base, "by", h->person);
        list[i] = (struct duty_holder_line){h, owed, duty_link(v, did, "ended")};
    }
    to->people.ptr = list;
    to->people.len = p->people.len;
}

static void put_posts(struct visit *v, const struct duty_scope *s, struct duty_history_view *p)
{
    const struct duty_history *h = &p->history;
    struct duty_post_line *list =
        arena_array(v->ctx.arena, struct duty_post_line, h->posts.len + 1);
    int64_t told = 0;
    for (size_t i = 0; i < h->posts.len; i++) {
        const struct duty_post *x = &h->posts.ptr[i];
        if (tells(&x->counts)) {
            struct duty_post_line *to = &list[p->posts.len++];
            *to = (struct duty_post_line){
                .post = x, .words = duty_owner_words(&v->ctx, x->def), .base = post_base(v, s, x)};
            put_people(v, s, to);
        }
        told += (int64_t)x->people.len;
    }
    p->left = h->holders > told ? h->holders - told : 0;
    p->posts.ptr = list;
}

static void put_articles(struct visit *v, const struct duty_scope *s, struct duty_history_view *p)
{
    const struct duty_history *h = &p->history;
    struct duty_article_line *list =
        arena_array(v->ctx.arena, struct duty_article_line, h->articles.len + 1);
    for (size_t i = 0; i < h->articles.len; i++) {
        const struct duty_article *x = &h->articles.ptr[i];
        if (!tells(&x->counts)) {
            continue;
        }
        str with = s->of.reg ? STR("")
                             : str_fmt(v->ctx.arena, "&regulation=%.*s",
                                       STR_ARG(x->clause->law->reg->key));
        str at = str_fmt(v->ctx.arena, "%.*s%.*s&clause=%.*s", STR_ARG(s->base), STR_ARG(with),
                         STR_ARG(x->clause->id));
        list[p->articles.len++] = (struct duty_article_line){x, s->of.clause.len ? s->base : at};
    }
    p->articles.ptr = list;
    p->articles.len = str_starts(s->path, STR("/duties/")) ? 0 : p->articles.len;
}

static str chip(struct visit *v, struct words label, str value)
{
    return str_fmt(v->ctx.arena, v->ctx.lang == LANG_EN ? "%.*s: %.*s" : "%.*s：%.*s",
                   STR_ARG(words_in(label, v->ctx.lang)), STR_ARG(value));
}

static str person_name(const struct visit *v, int64_t id, str name)
{
    return name.len ? name
           : id ? words_in(WORDS("您无权查看的人员", "somebody you may not see"), v->ctx.lang)
                : words_in(WORDS("无人在岗", "nobody held the post"), v->ctx.lang);
}

static void put_chips(struct visit *v, const struct duty_scope *s, struct duty_history_view *p)
{
    const struct duty_of *of = &s->of;
    enum lang lang = v->ctx.lang;
    str *list = arena_array(v->ctx.arena, str, CHIPS);
    size_t n = 0;
    if (of->reg) {
        list[n++] = chip(v, WORDS("制度", "Regulation"), words_in(of->reg->newest->title, lang));
    }
    for (size_t i = of->clause.len ? of->reg->nlaws : 0; i > 0; i--) {
        const struct clause *c = law_clause(of->reg->laws[i - 1], of->clause);
        if (c) {
            list[n++] = words_in(c->no, lang);
            break;
        }
    }
    if (of->duty && !str_starts(s->path, STR("/duties/"))) {
        list[n++] = chip(v, WORDS("职责", "Duty"), words_in(duty_def(of->duty)->words, lang));
    }
    if (of->post) {
        list[n++] = chip(v, WORDS("岗位", "Post"), duty_owner_words(&v->ctx, duty_def(of->post)));
    }
    if (of->by_unit) {
        str none = words_in(of->unit ? WORDS("您无权查看的部门", "a unit you may not see")
                                     : WORDS("没有部门", "none"),
                            lang);
        list[n++] = chip(v, WORDS("部门", "Unit"), p->history.unit.len ? p->history.unit : none);
    }
    if (of->by_owner) {
        list[n++] =
            chip(v, WORDS("负责人", "Owed by"), person_name(v, of->owner, p->history.owner));
    }
    if (of->doer) {
        list[n++] = chip(v, WORDS("完成人", "Done by"), person_name(v, of->doer, p->history.doer));
    }
    p->chips.ptr = list;
    p->chips.len = n;
}

void duty_history_fill(struct visit *v, const struct duty_scope *s, struct duty_history_view *ret)
{
    ret->visit = v;
    ret->scope = s;
    put_windows(v, s, ret);
    put_posts(v, s, ret);
    put_articles(v, s, ret);
    put_chips(v, s, ret);
    ret->print = url_local(str_fmt(v->ctx.arena, "%.*s&print=1", STR_ARG(s->base)));
}
