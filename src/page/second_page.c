#include "page/second_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "page/page.h"
#include "people/totp.h"

#include "gen/second.html.h"

static str grouped(struct arena *a, str typed)
{
    struct buf b = buf_make(a, 200);
    for (size_t i = 0; i < typed.len; i++) {
        if (i && i % 4 == 0) {
            buf_put_c(&b, ' ');
        }
        buf_put_c(&b, typed.ptr[i]);
    }
    return buf_str(&b);
}

static err put_key(struct visit *v, struct second_page *p)
{
    str key;
    err e = second_waiting(v->app->people, v->ctx.db, v->ctx.arena, v->session.person, &key);
    if (e.code) {
        return e;
    }
    str issuer = v->app->organisation.len ? v->app->organisation : STR("Zhidu");
    p->qr = show_qr(v, totp_uri(v->ctx.arena, key, issuer, v->session.login));
    p->typed = grouped(v->ctx.arena, totp_typed(v->ctx.arena, key));
    return OK;
}

/* "2026-11-24 10:30, Xu Jing" */
static str reset_words(struct visit *v, const struct second *s)
{
    struct record rec = {0};
    if (!s->reset_at) {
        return STR("");
    }
    bool known = s->reset_by && v->model->person &&
                 !record_get(&v->ctx, v->model->person, s->reset_by, &rec).code;
    str by = known ? rec.name : words_in(WORDS("命令行", "the command line"), v->ctx.lang);
    return str_fmt(v->ctx.arena, "%.*s, %.*s", STR_ARG(show_time(v, s->reset_at)), STR_ARG(by));
}

static void show_second(struct visit *v, str said, bool bad, int status)
{
    struct batch *b = batch_begin(v->ctx.db, v->ctx.arena);
    int place = second_ask(b, v->session.person);
    err e = batch_run(b);
    struct second s = {0};
    struct second_page p = {.visit = v,
                            .csrf = v->session.csrf,
                            .login = v->session.login,
                            .said = said,
                            .said_class = bad ? STR("bad") : STR("good"),
                            .must = v->session.must_second};
    if (!e.code) {
        s = second_read(b, place);
        p.begun = s.state == SECOND_BEGUN;
        p.on = s.state == SECOND_ON;
        p.since = s.since;
        p.codes = s.codes;
        p.reset = reset_words(v, &s);
        e = p.begun ? put_key(v, &p) : OK;
    }
    if (p.begun && e.code) { /* the key cannot be shown: begin with another */
        p.begun = false;
        e = OK;
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("第二因素", "Second factor"), v->ctx.lang), STR(""));
    second_html(&out, &p);
    frame_end(v, &f, &out, status);
}

void page_second(struct visit *v)
{
    bool off = visit_param(v, STR("off")).len > 0;
    show_second(v,
                off ? words_in(WORDS("第二因素已停用。", "The second factor is off."), v->ctx.lang)
                    : STR(""),
                false, 200);
}

static struct second_owner owner(struct visit *v)
{
    return (struct second_owner){
        .person = v->session.person,
        .password = visit_param(v, STR("password")),
        .code = visit_param(v, STR("otp")),
        .peer = v->x->req.peer,
        .agent = http_param(&v->x->req.headers, STR("user-agent")),
    };
}

/* What was asked and refused: the page again, with why. */
static void refused(struct visit *v, err e, struct words why)
{
    int status = e.code == ERR_DENIED ? 422 : err_http(e.code);
    show_second(v, words_in(why.zh.len ? why : err_words(e.code), v->ctx.lang), true, status);
}

static void show_codes(struct visit *v, struct str_list codes, bool confirmed)
{
    struct second_codes_page p = {.codes = codes, .confirmed = confirmed};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("恢复码", "Recovery codes"), v->ctx.lang), STR(""));
    second_codes_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_second_begin(struct visit *v)
{
    struct second_owner o = owner(v);
    struct words why = {0};
    db_read_end(v->ctx.db); /* hashing takes a while */
    err e = second_begin(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now, &o, &why);
    db_read_begin(v->ctx.db);
    if (e.code) {
        refused(v, e, why);
        return;
    }
    visit_redirect(v, STR("/me/second"));
}

void page_second_confirm(struct visit *v)
{
    struct second_owner o = owner(v);
    struct words why = {0};
    struct str_list codes;
    struct signed_in in;
    db_read_end(v->ctx.db);
    err e = second_confirm(v->app->people, v->ctx.arena, v->ctx.now, &o, &why, &codes, &in);
    db_read_begin(v->ctx.db);
    if (e.code) {
        refused(v, e, why);
        return;
    }
    http_cookie_set(v->x, STR("zhidu"), in.token, -1);
    v->session.csrf = in.csrf; /* the forms of this page belong to the new session */
    show_codes(v, codes, true);
}

void page_second_codes(struct visit *v)
{
    struct second_owner o = owner(v);
    struct words why = {0};
    struct str_list codes;
    db_read_end(v->ctx.db);
    err e = second_codes(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now, &o, &why, &codes);
    db_read_begin(v->ctx.db);
    if (e.code) {
        refused(v, e, why);
        return;
    }
    show_codes(v, codes, false);
}

void page_second_off(struct visit *v)
{
    struct second_owner o = owner(v);
    struct words why = {0};
    db_read_end(v->ctx.db);
    err e = second_off(v->app->people, v->ctx.db, v->ctx.arena, v->ctx.now, &o, &why);
    db_read_begin(v->ctx.db);
    if (e.code) {
        refused(v, e, why);
        return;
    }
    visit_redirect(v, STR("/me/second?off=1"));
}
