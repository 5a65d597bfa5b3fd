/* me_page.c - one's own profile: password, sign-ins, second factor, tokens, phrases, and who
 * acts for one while one is away. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "engine/list.h"
#include "engine/phrase.h"
#include "page/admin_page.h"
#include "page/page.h"

#include "gen/admin.html.h"

/* "Chrome · Windows" of what a browser calls itself; that, where nothing is known of it. */
static str agent_words(struct visit *v, str agent)
{
    static const char *const browsers[][2] = {{"MicroMessenger", "WeChat"},
                                              {"Edg", "Edge"},
                                              {"Firefox", "Firefox"},
                                              {"Chrome", "Chrome"},
                                              {"Safari", "Safari"}};
    static const char *const systems[][2] = {
        {"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
        {"Windows", "Windows"},     {"Mac OS X", "macOS"},  {"Linux", "Linux"}};
    const char *found[2] = {NULL, NULL};
    for (size_t i = sizeof(browsers) / sizeof(browsers[0]); i-- > 0;) {
        found[0] = str_has(agent, str_from(browsers[i][0])) ? browsers[i][1] : found[0];
    }
    for (size_t i = sizeof(systems) / sizeof(systems[0]); i-- > 0;) {
        found[1] = str_has(agent, str_from(systems[i][0])) ? systems[i][1] : found[1];
    }
    return found[0] && found[1] ? str_fmt(v->ctx.arena, "%s · %s", found[0], found[1]) : agent;
}

static void put_phrases(struct visit *v, const struct phrases *own, struct me_page *p)
{
    struct buf b = buf_make(v->ctx.arena, PHRASES_MAX * (PHRASE_BYTES + 1) + 1);
    for (size_t i = 0; i < own->n; i++) {
        buf_put(&b, own->text[i]);
        BUF_LIT(&b, "\n");
    }
    p->phrases = buf_str(&b);
    p->own_phrases = own->own;
}

/* What anybody may enter into a register. */
static struct frame_news news_of(struct visit *v, const struct type *t)
{
    const struct tdef *d = t->newest;
    struct frame_new *list = arena_array(v->ctx.arena, struct frame_new, d->nactions + 1);
    size_t n = 0;
    for (size_t i = 0; i < d->nactions && !t->retired && !v->ctx.reading.on; i++) {
        if (d->actions[i].creates && d->actions[i].who.everyone) {
            list[n++] = (struct frame_new){t->key, d->actions[i].key, d->actions[i].words};
        }
    }
    return (struct frame_news){list, n};
}

static const struct record_field *field_of(const struct record *r, str key)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, key)) {
            return &r->fields[i];
        }
    }
    return NULL;
}

/* Where somebody keeps the register of deputies (model/contract.h): who acts for one, and for
 * whom one acts. */
static err put_absences(struct visit *v, struct me_page *p)
{
    static const str columns[] = {{"starts", 6}, {"ends", 4}};
    const struct type *t = v->model->deputy;
    struct list_page list;
    if (!t) {
        return OK;
    }
    struct list_query q = {
        .type = t, .open_only = true, .mine = true, .limit = 10, .columns = columns, .ncolumns = 2};
    err e = list_page(&v->ctx, &q, &list);
    struct me_absence *rows =
        arena_array(v->ctx.arena, struct me_absence, (e.code ? 0 : list.nrows) + 1);
    for (size_t i = 0; !e.code && i < list.nrows; i++) {
        const struct record *r = &list.rows[i];
        rows[i] = (struct me_absence){.rec = {.id = r->id,
                                              .type = t,
                                              .number = r->number,
                                              .name = r->name.len ? r->name : r->number,
                                              .visible = true},
                                      .from = field_of(r, columns[0]),
                                      .until = field_of(r, columns[1]),
                                      .state = r->state};
        p->absences.len = i + 1;
    }
    p->absences.ptr = rows;
    p->deputy = t;
    p->away = news_of(v, t);
    return e;
}

static void show_me(struct visit *v, str said, bool bad, str fresh_token, int status)
{
    struct me_page p = {.visit = v,
                        .name = v->session.name,
                        .login = v->session.login,
                        .csrf = v->session.csrf,
                        .said = said,
                        .said_class = bad ? STR("bad") : STR("good"),
                        .fresh_token = fresh_token,
                        .person = {.id = v->session.person,
                                   .type = v->model->person,
                                   .name = v->session.name,
                                   .visible = true}};
    struct batch *b = batch_begin(v->ctx.db, v->ctx.arena);
    int sessions = session_list_ask(b, v->session.person);
    int tokens = token_list_ask(b, v->session.person);
    int second = second_ask(b, v->session.person);
    int phrases = phrases_ask(&v->ctx, b);
    batch_ride(b); /* along with the list's first */
    err e = put_absences(v, &p);
    e = e.code ? e : batch_join(b);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.sessions = session_list_read(b, sessions, v->ctx.arena, v->token);
    struct session_row *shown = arena_array(v->ctx.arena, struct session_row, p.sessions.len + 1);
    for (size_t i = 0; i < p.sessions.len; i++) {
        shown[i] = p.sessions.ptr[i];
        shown[i].agent = agent_words(v, shown[i].agent);
    }
    p.sessions.ptr = shown;
    p.tokens = token_list_read(b, tokens, v->ctx.arena);
    p.second = second_read(b, second);
    struct phrases own = phrases_read(&v->ctx, b, phrases);
    put_phrases(v, &own, &p);
    p.second_on = p.second.state == SECOND_ON;
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("个人资料", "My profile"), v->ctx.lang), STR(""));
    admin_me_html(&out, &p);
    frame_end(v, &f, &out, status);
}

void page_me(struct visit *v)
{
    bool must = v->session.must_change;
    str said = must ? words_in(WORDS("请先修改初始密码，再继续使用。",
                                     "Please change the first password before you go on."),
                               v->ctx.lang)
                    : STR("");
    if (visit_param(v, STR("done")).len) {
        said = words_in(WORDS("已保存。", "Saved."), v->ctx.lang);
    }
    show_me(v, said, must, STR(""), 200);
}

void page_me_password(struct visit *v)
{
    str fresh = visit_param(v, STR("fresh"));
    if (!str_eq(fresh, visit_param(v, STR("again")))) {
        show_me(v,
                words_in(WORDS("两次输入的新密码不一致。", "The two new passwords differ."),
                         v->ctx.lang),
                true, STR(""), 422);
        return;
    }
    struct words why = {0};
    db_read_end(v->ctx.db);
    err e = people_set_password(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now,
                                v->session.person, visit_param(v, STR("old")), fresh, &why);
    db_read_begin(v->ctx.db);
    if (e.code) {
        show_me(v, words_in(why.zh.len ? why : err_words(e.code), v->ctx.lang), true, STR(""), 422);
        return;
    }
    /* All sessions have ended, this one too: sign in with the new one. */
    http_cookie_set(v->x, STR("zhidu"), STR(""), 0);
    visit_redirect(v, STR("/signin"));
}

static void prefer(struct visit *v, enum lang lang, str theme)
{
    db_read_end(v->ctx.db);
    err e = people_set_preferences(v->app->people, v->ctx.arena, v->ctx.now, v->session.person,
                                   lang, theme);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str back = visit_param(v, STR("back"));
    visit_redirect(v, back.len ? back : STR("/"));
}

void page_me_language(struct visit *v)
{
    prefer(v, str_eq(visit_param(v, STR("lang")), STR("en")) ? LANG_EN : LANG_ZH, v->session.theme);
}

void page_me_theme(struct visit *v)
{
    str theme = visit_param(v, STR("theme"));
    bool known = str_eq(theme, STR("dark")) || str_eq(theme, STR("light"));
    prefer(v, v->session.lang, known ? theme : STR(""));
}

static void phrases_saved(struct visit *v)
{
    err e = v->act.result;
    if (!e.code) {
        visit_redirect(v, STR("/me?done=1"));
        return;
    }
    struct words why = e.why && e.why->nfields ? e.why->fields[0].words : err_words(e.code);
    show_me(v, words_in(why, v->ctx.lang), true, STR(""), err_http(e.code));
}

void page_me_phrases(struct visit *v)
{
    struct value_in *lines = arena_new(v->ctx.arena, struct value_in);
    *lines = (struct value_in){.field = STR("phrases"), .text = visit_param(v, STR("phrases"))};
    v->act = (struct act){.action = STR("save_phrases"), .values = lines, .nvalues = 1};
    visit_submit(v, phrases_saved);
}

void page_me_token(struct visit *v)
{
    int64_t days = 0;
    str scopes = visit_param(v, STR("scopes"));
    bool known = str_eq(scopes, STR("read")) || str_eq(scopes, STR("read write"));
    if (!str_to_i64(visit_param(v, STR("days")), &days) || days < 1 || days > 730 || !known ||
        !visit_param(v, STR("name")).len) {
        show_me(v, words_in(WORDS("有效天数为 1 到 730。", "Days: from 1 to 730."), v->ctx.lang),
                true, STR(""), 422);
        return;
    }
    str token;
    db_read_end(v->ctx.db);
    err e = token_make(v->app->people, v->ctx.arena, v->ctx.now, v->session.person,
                       visit_param(v, STR("name")), scopes, v->ctx.now + days * CLOCK_DAY, &token);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    show_me(v, STR(""), false, token, 200);
}

void page_me_token_end(struct visit *v)
{
    db_read_end(v->ctx.db);
    err e = token_end(v->app->people, v->ctx.arena, v->ctx.now, v->session.person, v->num[0]);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, STR("/me?done=1"));
}

void page_me_sessions_end(struct visit *v)
{
    db_read_end(v->ctx.db);
    err e = people_end_sessions(v->app->people, v->ctx.arena, v->ctx.now, v->session.person);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    http_cookie_set(v->x, STR("zhidu"), STR(""), 0);
    visit_redirect(v, STR("/signin"));
}

void page_me_session_end(struct visit *v)
{
    db_read_end(v->ctx.db);
    err e = session_end(v->app->people, v->session.person, v->seg[0]);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    visit_redirect(v, STR("/me?done=1"));
}
