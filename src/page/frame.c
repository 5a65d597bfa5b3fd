#include "page/frame.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memo.h"

#include "gen/frame.html.h"

static const struct nav_entry {
    const char *key, *path, *icon;
    struct words words;
    bool tab;
} entries[] = {
    {"home", "/", "home", WORDS_INIT("首页", "Home"), true},
    {"inbox", "/inbox", "inbox", WORDS_INIT("待办", "Inbox"), true},
    {"mine", "/inbox?box=mine", "send", WORDS_INIT("我发起的", "Started by me"), false},
    {"records", "/r", "stack-2", WORDS_INIT("台账与单据", "Records"), true},
    {"law", "/law", "book-2", WORDS_INIT("制度", "Regulations"), true},
    {"controls", "/compliance", "certificate", WORDS_INIT("合规", "Compliance"), false},
    {"duties", "/duties", "calendar", WORDS_INIT("定期职责", "Duties"), false},
    {"search", "/search", "search", WORDS_INIT("搜索", "Search"), true},
    {"admin", "/admin", "settings", WORDS_INIT("管理", "Administration"), false},
};

static void put_links(struct visit *v, struct frame *f, str nav)
{
    size_t n = sizeof(entries) / sizeof(entries[0]);
    struct frame_link *all = arena_array(v->ctx.arena, struct frame_link, n);
    struct frame_link *tabs = arena_array(v->ctx.arena, struct frame_link, n);
    size_t ntabs = 0;
    for (size_t i = 0; i < n; i++) {
        const struct nav_entry *e = &entries[i];
        all[i] = (struct frame_link){.href = url_local(str_from(e->path)),
                                     .icon = str_from(e->icon),
                                     .words = e->words,
                                     .here = str_eq(nav, str_from(e->key))};
        if (str_eq(str_from(e->key), STR("inbox"))) {
            all[i].count = visit_counts(v).tasks;
        }
        if (e->tab) {
            tabs[ntabs++] = all[i];
        }
    }
    f->links = (struct frame_links){all, n};
    f->tabs = (struct frame_links){tabs, ntabs};
}

struct words frame_reading(const struct frame *f)
{
    const struct access *r = &f->visit->ctx.reading;
    struct arena *a = f->visit->ctx.arena;
    str ends = clock_date(a, r->ends);
    str since = clock_date(a, r->since);
    str until = clock_date(a, r->until);
    return (struct words){
        str_fmt(a,
                "您按查阅授权只能查看，至 %.*s 止。只显示 %.*s 至 %.*s "
                "办理过的记录，以及其中的办理情况。",
                STR_ARG(ends), STR_ARG(since), STR_ARG(until)),
        str_fmt(a,
                "You have access to read, until %.*s. Shown are records on which something was "
                "done from %.*s to %.*s, and what was done then.",
                STR_ARG(ends), STR_ARG(since), STR_ARG(until))};
}

/* What stands in the "new" menu: creating actions of the newest definitions
 * whose `who` is everyone, or that a person may be allowed to do; the form asks
 * again, exactly. */
static void put_news(struct visit *v, struct frame *f)
{
    const struct model *m = v->model;
    struct frame_new *list = arena_array(v->ctx.arena, struct frame_new, 24);
    size_t n = 0;
    for (size_t i = 0; !v->ctx.reading.on && i < m->ntypes && n < 24; i++) {
        const struct tdef *d = m->types[i]->newest;
        if (!d || d->part_of || m->types[i]->lines || m->types[i]->retired) {
            continue;
        }
        for (size_t k = 0; k < d->nactions && n < 24; k++) {
            const struct action *a = &d->actions[k];
            if (a->creates && a->who.everyone) {
                list[n++] = (struct frame_new){m->types[i]->key, a->key, a->words};
            }
        }
    }
    f->news = (struct frame_news){list, n};
}

static void put_assets(struct frame *f)
{
    f->css = asset_url("app.css");
    f->js = asset_url("app.js");
    f->htmx = asset_url("vendor/htmx.min.js");
    f->icon = asset_url("icon.svg");
}

str frame_title(struct visit *v, struct words what, str of)
{
    return str_fmt(v->ctx.arena, "%.*s · %.*s", STR_ARG(words_in(what, v->ctx.lang)), STR_ARG(of));
}

struct html frame_begin(struct visit *v, struct frame *f, str title, str nav)
{
    *f = (struct frame){.visit = v,
                        .title = title,
                        .theme = v->session.theme,
                        .other_theme =
                            str_eq(v->session.theme, STR("dark")) ? STR("light") : STR("dark"),
                        .query = str_eq(nav, STR("search")) ? visit_param(v, STR("q")) : STR(""),
                        .here = v->x->req.path,
                        .person = v->session.name,
                        .csrf = v->session.csrf,
                        .organisation = v->app->organisation,
                        .unread = visit_counts(v).unread};
    put_assets(f);
    put_links(v, f, nav);
    put_news(v, f);
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
    out.memo = db_memo(v->ctx.db);
    frame_top_html(&out, f);
    return out;
}

void frame_end(struct visit *v, const struct frame *f, struct html *out, int status)
{
    frame_end_html(out, f);
    visit_html(v, status, html_end(out));
}

struct html frame_begin_bare(struct visit *v, struct frame *f, str title)
{
    *f = (struct frame){.visit = v, .title = title};
    put_assets(f);
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
    frame_head_html(&out, f);
    return out;
}

void frame_end_bare(struct visit *v, struct html *out, int status)
{
    frame_bare_end_html(out);
    visit_html(v, status, html_end(out));
}

/* What to do about an error that no rule explains. */
static struct words advice(const struct visit *v, enum err_code code)
{
    switch ((int)code) {
    case ERR_INVALID:
        return v->x->req.method == HTTP_POST
                   ? WORDS("没有执行任何操作：这个表单不是从您当前登录的页面提交的，或内容不完整。"
                           "请返回上一页，刷新后再提交。",
                           "Nothing was done: this form did not come from a page of your present "
                           "sign-in, or it is not complete.  Go back, reload the page and send it "
                           "again.")
                   : WORDS("", "");
    case ERR_NOT_FOUND:
        return WORDS("请核对地址或编号；也可能是您的岗位无权查看。",
                     "Check the address or the number; or your posts do not let you see it.");
    case ERR_DENIED:
        return WORDS(
            "没有执行任何操作。如工作需要，请联系系统管理员调整任职。",
            "Nothing was done.  If your work needs it, ask an administrator for the post.");
    case ERR_STORE:
        return WORDS("请稍后重试；如仍出现，请把请求编号告诉系统管理员。",
                     "Please try again later; if it stays, tell an administrator the number of the "
                     "request.");
    case ERR_DISK:
        return WORDS(
            "请返回上一页，填写的内容还在；并通知系统管理员腾出磁盘空间，之后再次提交即可。",
            "Go back: what you filled in is still there.  Tell an administrator to make "
            "room on the disk; then send it again.");
    case ERR_STALE:
    case ERR_CONFLICT:
    case ERR_TOO_LARGE:
    case ERR_BUSY:
    case ERR_LIMIT:
        return WORDS("没有执行任何操作。请返回上一页，填写的内容还在。",
                     "Nothing was done.  Go back: what you filled in is still there.");
    default:
        return WORDS("", "");
    }
}

static void put_pair(struct html *out, const struct http_param *p)
{
    html_lit(out, out->len ? "&" : "", out->len ? 1 : 0);
    html_url_part(out, p->name);
    html_lit(out, "=", 1);
    html_url_part(out, p->value);
}

static struct html small(struct visit *v)
{
    return (struct html){.arena = v->ctx.arena, .buf = arena_bytes(v->ctx.arena, 512), .cap = 512};
}

/* Where signing in leads back to: the page that was asked for; of a form that was
 * sent, the form with what was typed, as far as an address can carry it. */
static str way_back(struct visit *v)
{
    enum { CARRY_MAX = 6000 };
    bool post = v->x->req.method == HTTP_POST;
    if (post && str_has(v->x->req.path, STR("/note/"))) { /* what was typed waits in the browser */
        return str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(v->seg[0]), (long long)v->num[1]);
    }
    bool form = str_has(v->x->req.path, STR("/do/")) || str_has(v->x->req.path, STR("/new/"));
    if (post && !form) {
        return STR("/");
    }
    struct html q = small(v);
    const struct http_params *ps = post ? &v->x->req.form : &v->x->req.query;
    for (size_t i = 0; i < ps->len; i++) {
        str name = ps->ptr[i].name;
        bool ours = str_eq(name, STR("csrf")) || str_eq(name, STR("key")) ||
                    str_eq(name, STR("ver")) || str_eq(name, STR("kept"));
        if (ps->ptr[i].value.len && !(post && ours)) {
            put_pair(&q, &ps->ptr[i]);
        }
    }
    str query = html_end(&q);
    if (!query.len || query.len > CARRY_MAX) {
        return v->x->req.path;
    }
    return str_fmt(v->ctx.arena, "%.*s?%.*s", STR_ARG(v->x->req.path), STR_ARG(query));
}

static void to_the_door(struct visit *v)
{
    if (visit_is_htmx(v)) {
        visit_html(v, 204, STR("")); /* a help while typing; the page itself will ask */
        return;
    }
    struct http_param back = {STR("back"), way_back(v)};
    struct html q = small(v);
    put_pair(&q, &back);
    bool ended = v->token.len || v->x->req.method == HTTP_POST;
    visit_redirect(v, str_fmt(v->ctx.arena, ended ? "/signin?%.*s&ended=1" : "/signin?%.*s",
                              STR_ARG(html_end(&q))));
}

void frame_error(struct visit *v, err e)
{
    if (e.code == ERR_SIGNIN) {
        to_the_door(v);
        return;
    }
    struct frame_error view = {.title = words_in(err_words(e.code), v->ctx.lang),
                               .text = words_in(advice(v, e.code), v->ctx.lang),
                               .refusal = e.why,
                               .search = e.code == ERR_NOT_FOUND && v->signed_in,
                               .request = v->x->req.id};
    struct frame f;
    struct html out;
    if (v->signed_in && v->model) {
        out = frame_begin(v, &f, view.title, STR(""));
        frame_error_html(&out, &view);
        frame_end(v, &f, &out, err_http(e.code));
    } else {
        out = frame_begin_bare(v, &f, view.title);
        frame_error_html(&out, &view);
        frame_end_bare(v, &out, err_http(e.code));
    }
}

str frame_lang_tag(const struct frame *f)
{
    return f->visit->ctx.lang == LANG_EN ? STR("en") : STR("zh-CN");
}

bool frame_has_words(struct words w)
{
    return w.zh.len || w.en.len;
}

/* By hand: some pages have sixty. */
void frame_icon(struct html *out, str name)
{
    html_lit(out, "<svg class=\"i\" aria-hidden=\"true\"><use href=\"", 45);
    html_lit(out, asset_icons.ptr, asset_icons.len);
    html_str(out, name);
    html_lit(out, "\"></use></svg>", 14);
}

/* --- clauses --------------------------------------------------------------------------- */

/* A page has dozens of marks, and a clause looks the same on each: made once of the model
 * for each language. */
struct clause_shown {
    html_safe mark, quote;
};

static html_safe clause_html(const struct html *out, struct arena *room, const struct clause *c,
                             void (*page)(struct html *, const struct clause *))
{
    enum { CAP = 2048 };
    struct html made = {
        .arena = out->arena, .buf = arena_bytes(out->arena, CAP), .cap = CAP, .lang = out->lang};
    page(&made, c);
    return (html_safe){.html = str_copy(room, html_end(&made))};
}

static const struct clause_shown *clause_shown(const struct html *out, const struct clause *c)
{
    static const char maker;
    struct memo_key k = {
        .maker = &maker, .of = c, .n = out->lang, .stamp = c->law->reg->model->stamp};
    const struct clause_shown *kept = out->memo ? memo_find(out->memo, k) : NULL;
    if (!kept) {
        struct arena *room = out->memo ? memo_room(out->memo, out->arena) : out->arena;
        struct clause_shown *made = arena_new(room, struct clause_shown);
        made->mark = clause_html(out, room, c, frame_mark_html);
        made->quote = clause_html(out, room, c, frame_quote_html);
        if (out->memo) {
            memo_keep(out->memo, k, made, room);
        }
        kept = made;
    }
    return kept;
}

void frame_clause(struct html *out, const struct clause *c)
{
    if (html_cite(out, c)) {
        html_raw(out, clause_shown(out, c)->mark);
    } else { /* there are too many for footnotes */
        frame_mark_link_html(out, c);
    }
}

html_safe frame_quote(const struct html *out, const struct clause *c)
{
    return clause_shown(out, c)->quote;
}

bool frame_asks_at(const struct frame_ask *a, const struct clause *c)
{
    return a->clause->law->reg == c->law->reg && str_eq(a->clause->id, c->id);
}

struct frame_cited frame_cited(const struct html *out)
{
    const struct clause **list = arena_array(out->arena, const struct clause *, out->ncited + 1);
    for (size_t i = 0; i < out->ncited; i++) {
        list[i] = out->cited[i];
    }
    return (struct frame_cited){list, out->ncited};
}

str frame_clause_mark(const struct clause *c, enum lang lang)
{
    str no = words_in(c->no, lang);
    if (str_starts(no, STR("Article "))) {
        return str_from_n(no.ptr + 8, no.len - 8);
    }
    bool zh = str_starts(no, STR("第")) && str_ends(no, STR("条"));
    return zh ? str_from_n(no.ptr + 3, no.len - 6) : no;
}

str frame_initial(str name)
{
    size_t n = name.len ? 1 : 0;
    while (n < name.len && ((unsigned char)name.ptr[n] & 0xc0) == 0x80) {
        n++;
    }
    return str_from_n(name.ptr, n);
}
