#include "page/door_page.h"

#include "base/arena.h"
#include "page/page.h"
#include "people/second.h"

#include "gen/door.html.h"

/* The cookie between password and code; it opens nothing but the page of the code. */
#define HALF_COOKIE STR("zhidu-half")

/* Before anybody is signed in the address or the form says the language. */
static void door_language(struct visit *v)
{
    str lang = visit_param(v, STR("lang"));
    if (str_eq(lang, STR("en")) || str_eq(lang, STR("zh"))) {
        v->ctx.lang = str_eq(lang, STR("en")) ? LANG_EN : LANG_ZH;
    }
}

/* The demonstration's accounts: "login, a space, who he is and what to try". */
static void put_demo(struct visit *v, struct door_page *p)
{
    enum { LINES_MAX = 12 };
    struct door_account *list = arena_array(v->ctx.arena, struct door_account, LINES_MAX);
    str rest = v->app->demo ? words_in(v->app->demo_hint, v->ctx.lang) : STR("");
    while (rest.len && p->demo.len < LINES_MAX) {
        size_t at = 0;
        while (at < rest.len && !str_starts(str_from_n(rest.ptr + at, rest.len - at), STR("·"))) {
            at++;
        }
        str who;
        str login = str_cut(str_trim(str_from_n(rest.ptr, at)), ' ', &who);
        list[p->demo.len++] = (struct door_account){login, who};
        size_t skip = at < rest.len ? at + STR("·").len : at;
        rest = str_from_n(rest.ptr + skip, rest.len - skip);
    }
    p->demo.ptr = list;
    p->demo_password = v->app->demo_password;
}

static void door(struct visit *v, str error, int status)
{
    struct door_page p = {.error = error,
                          .ended = visit_param(v, STR("ended")).len > 0,
                          .back = visit_param(v, STR("back")),
                          .login = visit_param(v, STR("login"))};
    put_demo(v, &p);
    struct frame f;
    struct html out = frame_begin_bare(v, &f, words_in(WORDS("登录", "Sign in"), v->ctx.lang));
    door_html(&out, &p);
    frame_end_bare(v, &out, status);
}

/* Where one wanted to go. */
static void onward(struct visit *v)
{
    str back = visit_param(v, STR("back"));
    visit_redirect(v, back.len ? back : STR("/"));
}

void page_sign_in(struct visit *v)
{
    door_language(v);
    if (v->signed_in) {
        onward(v);
        return;
    }
    bool over = visit_param(v, STR("over")).len > 0;
    door(v,
         over ? words_in(WORDS("验证码没有在十分钟、五次之内填对，请重新登录。",
                               "The right code was not given within ten minutes and five tries; "
                               "please sign in again."),
                         v->ctx.lang)
              : STR(""),
         200);
}

/* A sign-in form brings no session, so its CSRF guard is SameSite and the
 * origin: a page elsewhere must not sign a browser in. */
static bool same_origin(struct visit *v)
{
    str site = http_param(&v->x->req.headers, STR("sec-fetch-site"));
    if (!site.len || str_eq(site, STR("same-origin")) || str_eq(site, STR("none"))) {
        return true;
    }
    visit_error(v, err_make(ERR_INVALID, STR("cross-site sign-in")));
    return false;
}

static void retry_after(struct visit *v, int wait_s)
{
    http_header_add(v->x, STR("Retry-After"), str_fmt(v->ctx.arena, "%d", wait_s));
}

static void to_the_code(struct visit *v, str half)
{
    struct html q = html_begin(v->ctx.arena, v->ctx.lang);
    html_url_part(&q, visit_param(v, STR("back")));
    str back = html_end(&q);
    http_cookie_set(v->x, HALF_COOKIE, half, SECOND_HALF_MS / 1000);
    visit_redirect(v, str_fmt(v->ctx.arena, "/signin/code?lang=%s&back=%.*s",
                              v->ctx.lang == LANG_EN ? "en" : "zh", STR_ARG(back)));
}

/* Who was signed in here before is no longer. */
static void enter(struct visit *v, str token)
{
    err e = v->signed_in ? people_sign_out(v->app->people, v->ctx.arena, v->ctx.now, v->token) : OK;
    if (e.code) {
        visit_error(v, e);
        return;
    }
    http_cookie_set(v->x, STR("zhidu"), token, -1);
    onward(v);
}

void page_sign_in_post(struct visit *v)
{
    door_language(v);
    if (!same_origin(v)) {
        return;
    }
    struct sign_in in = {.login = str_trim(visit_param(v, STR("login"))),
                         .password = visit_param(v, STR("password")),
                         .peer = v->x->req.peer,
                         .agent = http_param(&v->x->req.headers, STR("user-agent")),
                         .lang = v->ctx.lang};
    struct signed_in ret;
    db_read_end(v->ctx.db); /* hashing takes a while: hold no snapshot over it */
    err e = people_sign_in(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now, &in, &ret);
    db_read_begin(v->ctx.db);
    if (e.code == ERR_LIMIT) {
        retry_after(v, ret.wait_s);
        door(v, words_in(people_slow_words(v->ctx.arena, ret.wait_s), v->ctx.lang), 429);
    } else if (e.code == ERR_DENIED) {
        door(v,
             words_in(WORDS("用户名或密码不正确。", "The user name or password is wrong."),
                      v->ctx.lang),
             403);
    } else if (e.code) {
        if (e.code == ERR_BUSY) {
            retry_after(v, 1);
        }
        door(v, words_in(err_words(e.code), v->ctx.lang), err_http(e.code));
    } else if (ret.half) {
        to_the_code(v, ret.token);
    } else {
        enter(v, ret.token);
    }
}

/* --- the code --------------------------------------------------------------------------- */

static void code_page(struct visit *v, str error, int status)
{
    struct door_code_page p = {.error = error, .back = visit_param(v, STR("back"))};
    struct frame f;
    struct html out = frame_begin_bare(v, &f, words_in(WORDS("验证码", "Code"), v->ctx.lang));
    door_code_html(&out, &p);
    frame_end_bare(v, &out, status);
}

static void begin_again(struct visit *v)
{
    http_cookie_set(v->x, HALF_COOKIE, STR(""), 0);
    visit_redirect(v, v->ctx.lang == LANG_EN ? STR("/signin?over=1&lang=en")
                                             : STR("/signin?over=1&lang=zh"));
}

void page_sign_in_code(struct visit *v)
{
    int64_t person = 0;
    door_language(v);
    if (v->signed_in) {
        onward(v);
        return;
    }
    err e =
        half_person(v->ctx.db, v->ctx.arena, v->ctx.now, http_cookie(v->x, HALF_COOKIE), &person);
    if (e.code) {
        visit_error(v, e);
    } else if (!person) {
        begin_again(v);
    } else {
        code_page(v, STR(""), 200);
    }
}

void page_sign_in_code_post(struct visit *v)
{
    door_language(v);
    if (!same_origin(v)) {
        return;
    }
    struct signed_in ret;
    struct words why = {0};
    db_read_end(v->ctx.db);
    err e =
        second_sign_in(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now,
                       http_cookie(v->x, HALF_COOKIE), visit_param(v, STR("otp")), v->x->req.peer,
                       http_param(&v->x->req.headers, STR("user-agent")), &ret, &why);
    db_read_begin(v->ctx.db);
    if (e.code == ERR_SIGNIN) {
        begin_again(v);
    } else if (e.code) {
        if (e.code == ERR_LIMIT) {
            retry_after(v, ret.wait_s);
        }
        code_page(v, words_in(why.zh.len ? why : err_words(e.code), v->ctx.lang), err_http(e.code));
    } else {
        http_cookie_set(v->x, HALF_COOKIE, STR(""), 0);
        enter(v, ret.token);
    }
}

/* --- out -------------------------------------------------------------------------------- */

void page_sign_out(struct visit *v)
{
    db_read_end(v->ctx.db); /* the writer is waited for: hold no snapshot over it */
    err e = people_sign_out(v->app->people, v->ctx.arena, v->ctx.now, v->token);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    http_cookie_set(v->x, STR("zhidu"), STR(""), 0);
    visit_redirect(v, STR("/signin"));
}
