#include "page/frame.h"

#include "base/arena.h"

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
            all[i].count = v->counts.tasks;
        }
        if (e->tab) {
            tabs[ntabs++] = all[i];
        }
    }
    f->links = (struct frame_links){all, n};
    f->tabs = (struct frame_links){tabs, ntabs};
}

/* What stands in the "new" menu: creating actions of the newest definitions
 * whose `who` is everyone, or that a person may be allowed to do; the form asks
 * again, exactly. */
static void put_news(struct visit *v, struct frame *f)
{
    const struct model *m = v->model;
    struct frame_new *list = arena_array(v->ctx.arena, struct frame_new, 24);
    size_t n = 0;
    for (size_t i = 0; i < m->ntypes && n < 24; i++) {
        const struct tdef *d = m->types[i]->newest;
        if (!d || d->part_of || m->types[i]->lines) {
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
                        .unread = v->counts.unread};
    put_assets(f);
    put_links(v, f, nav);
    put_news(v, f);
    struct html out = html_begin(v->ctx.arena, v->ctx.lang);
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

void frame_error(struct visit *v, err e)
{
    if (e.code == ERR_SIGNIN) {
        visit_redirect(v, str_fmt(v->ctx.arena, "/signin?back=%.*s", STR_ARG(v->x->req.path)));
        return;
    }
    struct frame_error view = {.title = words_in(err_words(e.code), v->ctx.lang),
                               .text = STR(""),
                               .refusal = e.why,
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

url frame_icons(void)
{
    return asset_url("icons.svg");
}

str frame_clause_text(const struct clause *c, enum lang lang)
{
    str s = words_in(c->text, lang);
    size_t n = 0;
    size_t i = 0;
    while (i < s.len && n < 400) {
        i++;
        while (i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80) {
            i++;
        }
        n++;
    }
    return str_from_n(s.ptr, i);
}
