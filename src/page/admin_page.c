#include "page/admin_page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "engine/post.h"
#include "model/expr.h"
#include "page/page.h"

#include "gen/admin.html.h"

bool admin_is(struct visit *v, bool must)
{
    bool yes = false;
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &yes);
    if (!e.code && must && !yes) {
        e = err_make(ERR_DENIED, STR("not an administrator"));
    }
    if (e.code) {
        visit_error(v, e);
        return false;
    }
    return yes || !must;
}

void page_admin(struct visit *v)
{
    struct admin_page p = {.first = visit_param(v, STR("first")).len > 0};
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &p.administrator);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    if (!security_may(v, &p.security)) {
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("管理", "Administration"), v->ctx.lang), STR("admin"));
    admin_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- settings ----------------------------------------------------------------------- */

static str list_shown(struct visit *v, const struct setting *s)
{
    struct buf b = buf_make(v->ctx.arena, 4000);
    for (size_t i = 0; i < s->nkeys; i++) {
        if (!s->keys[i].retired) {
            buf_put(&b, b.len ? STR(" · ") : STR(""));
            buf_put(&b, words_in(s->keys[i].words, v->ctx.lang));
        }
    }
    return buf_str(&b);
}

static str setting_shown(struct visit *v, const struct setting *s)
{
    if (s->list) {
        return list_shown(v, s);
    }
    if (s->kind == V_TEXT) {
        return s->written;
    }
    return expr_literal_words(v->ctx.arena, s->kind, s->i64, v->ctx.lang);
}

static str setting_name(struct visit *v, const struct setting *s)
{
    str name = words_in(s->words, v->ctx.lang);
    return name.len ? name : s->key;
}

void page_admin_settings(struct visit *v)
{
    const struct model *m = v->model;
    struct settings_group *groups = arena_array(v->ctx.arena, struct settings_group, m->nregs + 1);
    size_t n = 0;
    for (size_t i = 0; i < m->nregs; i++) {
        const struct law *l = m->regs[i]->newest;
        struct settings_row *rows =
            arena_array(v->ctx.arena, struct settings_row, l->nsettings + 1);
        for (size_t k = 0; k < l->nsettings; k++) {
            const struct setting *s = &l->settings[k];
            rows[k] = (struct settings_row){s, setting_name(v, s), setting_shown(v, s)};
        }
        if (l->nsettings) {
            groups[n].key = l->reg->key;
            groups[n].title = words_in(l->title, v->ctx.lang);
            groups[n].version = l->version;
            groups[n].rows.ptr = rows;
            groups[n].rows.len = l->nsettings;
            n++;
        }
    }
    struct settings_page p = {.groups = {groups, n}};
    err e = post_held(&v->ctx, POSITION_ADMINISTRATOR, &p.may);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("制度参数", "Settings"), v->ctx.lang), STR("admin"));
    admin_settings_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- accounts -------------------------------------------------------------------------------- */

static void show_account(struct visit *v, str said, bool bad, int status)
{
    struct record rec;
    err e = v->model->person ? record_get(&v->ctx, v->model->person, v->num[0], &rec)
                             : err_make(ERR_NOT_FOUND, STR("person"));
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct batch *b = batch_begin(v->ctx.db, v->ctx.arena);
    int place = second_ask(b, rec.id);
    int named = people_login_ask(b, rec.id);
    e = batch_run(b);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct second second = second_read(b, place);
    str known = people_login_read(b, named);
    str typed = visit_param(v, STR("login"));
    bool on = second.state == SECOND_ON;
    struct account_page p = {.visit = v,
                             .second_on = on,
                             .second_since = second.since,
                             .reset_at = second.reset_at,
                             .may_reset = on && rec.id != v->session.person,
                             .name = rec.name,
                             .known = known,
                             .login = typed.len ? typed : known,
                             .csrf = v->session.csrf,
                             .said = said,
                             .said_class = bad ? STR("bad") : STR("good"),
                             .person = rec.id};
    struct frame f;
    struct html out =
        frame_begin(v, &f, frame_title(v, WORDS("登录账号", "Account"), rec.name), STR("admin"));
    admin_account_html(&out, &p);
    frame_end(v, &f, &out, status);
}

void page_admin_account(struct visit *v)
{
    if (admin_is(v, true)) {
        show_account(v, STR(""), false, 200);
    }
}

void page_admin_account_post(struct visit *v)
{
    if (!admin_is(v, true)) {
        return;
    }
    struct words why = {0};
    db_read_end(v->ctx.db);
    err e = people_set_account(v->app->people, v->ctx.arena, v->ctx.now, v->num[0],
                               str_trim(visit_param(v, STR("login"))),
                               visit_param(v, STR("password")), true, &why);
    db_read_begin(v->ctx.db);
    bool bad = e.code != ERR_NONE;
    struct words done = WORDS("账号已建立，请告知本人初始密码。",
                              "The account is ready.  Tell its owner the first password.");
    if (bad && !why.zh.len) {
        why = err_words(e.code);
    }
    show_account(v, words_in(bad ? why : done, v->ctx.lang), bad, bad ? 422 : 200);
}

void page_admin_account_second(struct visit *v)
{
    if (!admin_is(v, true)) {
        return;
    }
    db_read_end(v->ctx.db);
    err e = second_reset(v->app->people, v->ctx.arena, v->ctx.now, v->num[0], v->session.person);
    db_read_begin(v->ctx.db);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    show_account(v,
                 words_in(WORDS("第二因素已重置，其所有登录已退出。",
                                "The second factor was reset, all sign-ins of the person ended."),
                          v->ctx.lang),
                 false, 200);
}
