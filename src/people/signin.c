#include "base/arena.h"
#include "base/enc.h"
#include "engine/reading.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/second.h"
#include "people/security.h"

#include <sodium.h>

/* --- a new session --------------------------------------------------------------------- */

static str csrf_random(struct arena *a)
{
    char raw[16];
    randombytes_buf(raw, sizeof(raw));
    return enc_hex(a, str_from_n(raw, sizeof(raw)));
}

struct new_session session_new(struct arena *a, int64_t person, int64_t now, str peer, str agent,
                               str *ret_token)
{
    str token = token_random(a);
    struct new_session s = {.person = person,
                            .now = now,
                            .hash = token_hash(a, token),
                            .csrf = csrf_random(a),
                            .peer = peer,
                            .agent = agent.len > 200 ? str_from_n(agent.ptr, 200) : agent};
    if (!str_utf8_ok(s.agent)) {
        s.agent = STR("?");
    }
    *ret_token = token;
    return s;
}

void add_session(struct batch *b, const struct new_session *s)
{
    batch_add(b, SQL("delete from session where person = $1 and (until < $2 or idle_until < $2)"),
              ARGS(db_i64(s->person), db_i64(s->now)));
    batch_add(b,
              SQL("insert into session(token, person, created_at, seen_at, idle_until, until, csrf,"
                  " peer, agent, must_second) values($1, $2, $3, $3, $4, $5, $6, $7, $8, $9)"),
              ARGS(db_blob(s->hash), db_i64(s->person), db_i64(s->now), db_i64(s->now + IDLE_MS),
                   db_i64(s->now + SESSION_MS), db_text(s->csrf), db_text(s->peer),
                   db_text(s->agent), db_i64(s->must_second)));
}

/* Who has not chosen a language gets the door's. */
static void add_language(struct batch *b, const struct new_session *s)
{
    batch_add(b,
              SQL("update account set lang = $2 where person = $1 and lang >= $3 and lang <> $2"),
              ARGS(db_i64(s->person), db_i64(LANG_OF_DOOR + (int)s->lang), db_i64(LANG_OF_DOOR)));
}

struct letting { /* in by the password alone */
    struct accounts *p;
    struct new_session s;
};

static err put_session(void *arg, struct db *db, struct arena *a)
{
    const struct letting *l = arg;
    struct batch *b = batch_begin(db, a);
    add_session(b, &l->s);
    add_language(b, &l->s);
    err e = batch_run(b);
    return e.code ? e : reading_begun(l->p->engine, db, a, l->s.person, l->s.now);
}

/* Between password and code. */
static err put_half(void *arg, struct db *db, struct arena *a)
{
    const struct new_session *s = arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from half_session where until < $1"), ARGS(db_i64(s->now)));
    batch_add(b,
              SQL("insert into half_session(token, person, until, tries, peer, agent)"
                  " values($1, $2, $3, 0, $4, $5)"),
              ARGS(db_blob(s->hash), db_i64(s->person), db_i64(s->now + SECOND_HALF_MS),
                   db_text(s->peer), db_text(s->agent)));
    add_language(b, s);
    return batch_run(b);
}

/* --- the password ----------------------------------------------------------------------- */

struct claim {
    int64_t person; /* 0: nobody of that name may come in */
    str hash;
    bool second;
};

/* Whoever has left, or is disabled, is as unknown as who never was. */
static err find_claim(struct db *db, struct arena *a, const struct model *m, str login,
                      struct claim *ret)
{
    struct rows r;
    struct sqlb q = sqlb_make(a);
    SQLB_LIT(&q, "select c.person, c.hash, f.confirmed_at from account c"
                 " left join second_factor f on f.person = c.person");
    if (people_are_kept(m)) {
        join_active(&q, m);
    }
    SQLB_LIT(&q, " where c.login = $1 and c.disabled = 0");
    err e = db_query(db, a, sqlb_end(&q), ARGS(db_text(login)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = (struct claim){rows_i64(&r, 0), rows_text(&r, 1), !rows_null(&r, 2)};
    }
    return e;
}

static err let_in(struct accounts *p, struct db *db, struct arena *a, const struct model *m,
                  int64_t now, const struct claim *c, const struct sign_in *in,
                  struct signed_in *ret)
{
    struct new_session s = session_new(a, c->person, now, in->peer, in->agent, &ret->token);
    s.lang = in->lang;
    ret->half = c->second;
    if (c->second) {
        return engine_write(p->engine, put_half, &s);
    }
    struct ctx ctx = ctx_make(p->engine, m, db, a, now, c->person, LANG_ZH);
    err e = second_required(&ctx, &s.must_second);
    struct letting l = {p, s};
    return e.code ? e : engine_write(p->engine, put_session, &l);
}

/* The model is held while a password is hashed - also when the arena is full on the way. */
struct hold {
    struct engine *engine;
    const struct model *model;
};

static void let_go(void *arg)
{
    struct hold *h = arg;
    if (h->model) {
        engine_release(h->engine, h->model);
        h->model = NULL;
    }
}

err people_sign_in(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                   const struct sign_in *in, struct signed_in *ret)
{
    str login = login_fold(a, in->login.len > 60 ? str_from_n(in->login.ptr, 60) : in->login);
    *ret = (struct signed_in){.wait_s = slow_wait(p, login, in->peer, now)};
    if (ret->wait_s > 0) {
        security_note(p, now, &(struct security_event){.kind = SECURITY_SLOWED, .peer = in->peer});
        return err_make(ERR_LIMIT, STR("sign-in slowed down"));
    }
    struct hold *hold = arena_new(a, struct hold);
    arena_defer(a, let_go, hold);
    *hold = (struct hold){p->engine, engine_model(p->engine)};
    const struct model *m = hold->model;
    struct claim c = {0};
    err e = find_claim(db, a, m, login, &c);
    bool right = false;
    if (!e.code) {
        e = password_matches(p, a, c.hash, in->password, &right);
    }
    if (!e.code && !right) {
        security_note(p, now,
                      &(struct security_event){
                          .kind = SECURITY_PASSWORD, .person = c.person, .peer = in->peer});
    }
    if (!e.code) {
        slow_note(p, login, in->peer, now, !right);
        e = right ? let_in(p, db, a, m, now, &c, in, ret)
                  : err_make(ERR_DENIED, STR("wrong name or password"));
    }
    let_go(hold);
    return e;
}
