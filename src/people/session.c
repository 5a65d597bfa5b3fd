#include "base/arena.h"
#include "base/enc.h"
#include "engine/write.h"
#include "people/people_int.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* --- who is it? ------------------------------------------------------------------------ */

/* One statement: session or token, account, and the name of the person, who
 * must be active.  The state's code comes from the model; without a register
 * of people the account alone decides. */
static struct sql ask_sql(const struct ctx *ctx, bool token)
{
    struct sqlb q = sqlb_make(ctx->arena);
    if (token) {
        SQLB_LIT(&q, "select c.person, c.login, '' as csrf, c.lang, c.theme, c.must_change, s.id,"
                     " s.scopes, coalesce(s.used_at, 0), ");
    } else {
        SQLB_LIT(&q, "select c.person, c.login, s.csrf, c.lang, c.theme, c.must_change, 0,"
                     " '' as scopes, s.seen_at, ");
    }
    const struct type *person = ctx->model->person;
    const struct state *active = person ? tdef_state(person->newest, STR("active")) : NULL;
    if (active) {
        SQLB_LIT(&q, "p.name");
    } else {
        SQLB_LIT(&q, "c.login");
    }
    if (token) {
        SQLB_LIT(&q, " from token s join account c on c.person = s.person");
    } else {
        SQLB_LIT(&q, " from session s join account c on c.person = s.person");
    }
    if (active) {
        SQLB_LIT(&q, " join \"r_person\" p on p.id = c.person and p.state = ");
        sqlb_i64(&q, active->code);
    }
    if (token) {
        SQLB_LIT(&q, " where s.hash = $1 and s.until > $2 and c.disabled = 0");
    } else {
        SQLB_LIT(&q, " where s.token = $1 and s.until > $2 and s.idle_until > $2"
                     " and c.disabled = 0");
    }
    return sqlb_end(&q);
}

static struct session_ask ask(const struct ctx *ctx, struct batch *b, str token, bool by_token)
{
    str hash = token_hash(ctx->arena, token);
    return (struct session_ask){
        .place = batch_add(b, ask_sql(ctx, by_token), ARGS(db_blob(hash), db_i64(ctx->now)))};
}

static bool read(struct batch *b, struct session_ask a, struct session *ret)
{
    struct rows r = batch_rows(b, a.place);
    if (!rows_next(&r)) {
        return false;
    }
    *ret = (struct session){.person = rows_i64(&r, 0),
                            .login = rows_text(&r, 1),
                            .csrf = rows_text(&r, 2),
                            .lang = rows_i64(&r, 3) == LANG_EN ? LANG_EN : LANG_ZH,
                            .theme = rows_text(&r, 4),
                            .must_change = rows_i64(&r, 5) != 0,
                            .id = rows_i64(&r, 6),
                            .scopes = rows_text(&r, 7),
                            .seen_at = rows_i64(&r, 8),
                            .name = rows_text(&r, 9)};
    return true;
}

struct session_ask session_ask(const struct ctx *ctx, struct batch *b, str token)
{
    return ask(ctx, b, token, false);
}

bool session_read(const struct ctx *ctx, struct batch *b, struct session_ask a, struct session *ret)
{
    (void)ctx;
    return read(b, a, ret);
}

struct session_ask token_ask(const struct ctx *ctx, struct batch *b, str token)
{
    return ask(ctx, b, token, true);
}

bool token_read(const struct ctx *ctx, struct batch *b, struct session_ask a, struct session *ret)
{
    (void)ctx;
    bool known = read(b, a, ret);
    ret->token = known;
    return known;
}

/* --- seen ---------------------------------------------------------------------------------- */

struct seen_job {
    struct writer_job job; /* first */
    char hash[crypto_hash_sha256_BYTES];
    int64_t id; /* of a token; 0: a session */
    int64_t now;
};

static err put_seen(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct seen_job *s = (const struct seen_job *)job;
    (void)world;
    return s->id ? db_exec(db, a, SQL("update token set used_at = $2 where id = $1"),
                           ARGS(db_i64(s->id), db_i64(s->now)))
                 : db_exec(db, a,
                           SQL("update session set seen_at = $2, idle_until = $3"
                               " where token = $1 and seen_at < $2"),
                           ARGS(db_blob(str_from_n(s->hash, sizeof(s->hash))), db_i64(s->now),
                                db_i64(s->now + IDLE_MS)));
}

static void seen_done(struct writer_job *job, err result)
{
    (void)result; /* lost: the next request tells it again */
    free(job);
}

void people_seen(struct accounts *p, const struct ctx *ctx, const struct session *s, str token)
{
    if (ctx->now - s->seen_at < SEEN_MS) {
        return;
    }
    struct seen_job *job = calloc(1, sizeof(*job));
    if (!job) {
        return;
    }
    str hash = token_hash(ctx->arena, token);
    *job = (struct seen_job){
        .job = {.run = put_seen, .done = seen_done}, .id = s->token ? s->id : 0, .now = ctx->now};
    memcpy(job->hash, hash.ptr, sizeof(job->hash));
    if (engine_submit(p->engine, &job->job).code) {
        free(job);
    }
}

/* --- signing in and out ----------------------------------------------------------------- */

struct new_session {
    int64_t person, now;
    str hash, csrf, peer, agent;
};

static err put_session(void *arg, struct db *db, struct arena *a)
{
    struct new_session *s = arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from session where person = $1 and (until < $2 or idle_until < $2)"),
              ARGS(db_i64(s->person), db_i64(s->now)));
    batch_add(b,
              SQL("insert into session(token, person, created_at, seen_at, idle_until, until, csrf,"
                  " peer, agent) values($1, $2, $3, $3, $4, $5, $6, $7, $8)"),
              ARGS(db_blob(s->hash), db_i64(s->person), db_i64(s->now), db_i64(s->now + IDLE_MS),
                   db_i64(s->now + SESSION_MS), db_text(s->csrf), db_text(s->peer),
                   db_text(s->agent)));
    return batch_run(b);
}

static str csrf_random(struct arena *a)
{
    char raw[16];
    randombytes_buf(raw, sizeof(raw));
    return enc_hex(a, str_from_n(raw, sizeof(raw)));
}

err people_sign_in(struct accounts *p, struct db *db, struct arena *a, int64_t now, str login,
                   str password, str peer, str agent, str *ret_token, int *ret_wait_s)
{
    str name = login_fold(a, login.len > 60 ? str_from_n(login.ptr, 60) : login);
    *ret_wait_s = slow_wait(p, name, peer, now);
    if (*ret_wait_s > 0) {
        return err_make(ERR_LIMIT, STR("sign-in slowed down"));
    }
    struct rows r;
    err e =
        db_query(db, a, SQL("select person, hash from account where login = $1 and disabled = 0"),
                 ARGS(db_text(name)), &r);
    if (e.code) {
        return e;
    }
    bool known = rows_next(&r);
    bool right = password_matches(p, a, known ? rows_text(&r, 1) : STR(""), password);
    slow_note(p, name, peer, now, !right);
    if (!right) {
        return err_make(ERR_DENIED, STR("wrong name or password"));
    }
    str token = token_random(a);
    struct new_session s = {.person = rows_i64(&r, 0),
                            .now = now,
                            .hash = token_hash(a, token),
                            .csrf = csrf_random(a),
                            .peer = peer,
                            .agent = agent.len > 200 ? str_from_n(agent.ptr, 200) : agent};
    if (!str_utf8_ok(s.agent)) {
        s.agent = STR("?");
    }
    e = engine_write(p->engine, put_session, &s);
    if (!e.code) {
        *ret_token = token;
    }
    return e;
}

static err drop_session(void *arg, struct db *db, struct arena *a)
{
    const str *hash = arg;
    return db_exec(db, a, SQL("delete from session where token = $1"), ARGS(db_blob(*hash)));
}

err people_sign_out(struct accounts *p, struct arena *a, int64_t now, str token)
{
    (void)now;
    str hash = token_hash(a, token);
    return engine_write(p->engine, drop_session, &hash);
}

static err drop_all(void *arg, struct db *db, struct arena *a)
{
    const int64_t *person = arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from session where person = $1"), ARGS(db_i64(*person)));
    batch_add(b, SQL("delete from token where person = $1"), ARGS(db_i64(*person)));
    return batch_run(b);
}

err people_end_sessions(struct accounts *p, struct arena *a, int64_t now, int64_t person)
{
    (void)a;
    (void)now;
    return engine_write(p->engine, drop_all, &person);
}

err session_list(struct db *db, struct arena *a, int64_t person, str token,
                 struct session_row **ret, size_t *n)
{
    struct rows r;
    err e = db_query(db, a,
                     SQL("select created_at, seen_at, peer, agent, token from session"
                         " where person = $1 order by seen_at desc limit 50"),
                     ARGS(db_i64(person)), &r);
    if (e.code) {
        return e;
    }
    str own = token_hash(a, token);
    struct session_row *list = arena_array(a, struct session_row, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct session_row){rows_i64(&r, 0), rows_i64(&r, 1), rows_text(&r, 2),
                                         rows_text(&r, 3), str_eq(rows_text(&r, 4), own)};
    }
    *ret = list;
    *n = i;
    return OK;
}

/* --- tokens of the API --------------------------------------------------------------------- */

struct new_token {
    int64_t id, person, now, until;
    str name, hash, scopes;
};

static err put_token(void *arg, struct db *db, struct arena *a)
{
    struct new_token *t = arg;
    return db_exec(db, a,
                   SQL("insert into token(id, person, name, hash, scopes, created_at, until)"
                       " values($1, $2, $3, $4, $5, $6, $7)"),
                   ARGS(db_i64(t->id), db_i64(t->person), db_text(t->name), db_blob(t->hash),
                        db_text(t->scopes), db_i64(t->now), db_i64(t->until)));
}

err token_make(struct accounts *p, struct arena *a, int64_t now, int64_t person, str name,
               str scopes, int64_t until, str *ret_token)
{
    str token = str_fmt(a, "zd_%.*s", STR_ARG(token_random(a)));
    uint64_t id;
    randombytes_buf(&id, sizeof(id));
    struct new_token t = {.id = (int64_t)(id >> 11) + 1, /* 53 bits */
                          .person = person,
                          .now = now,
                          .until = until,
                          .name = name,
                          .hash = token_hash(a, token),
                          .scopes = scopes};
    err e = engine_write(p->engine, put_token, &t);
    if (!e.code) {
        *ret_token = token;
    }
    return e;
}

err token_list(struct db *db, struct arena *a, int64_t person, struct token_row **ret, size_t *n)
{
    struct rows r;
    err e = db_query(db, a,
                     SQL("select id, created_at, until, used_at, name, scopes from token"
                         " where person = $1 order by created_at desc limit 100"),
                     ARGS(db_i64(person)), &r);
    if (e.code) {
        return e;
    }
    struct token_row *list = arena_array(a, struct token_row, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct token_row){rows_i64(&r, 0), rows_i64(&r, 1),  rows_i64(&r, 2),
                                       rows_i64(&r, 3), rows_text(&r, 4), rows_text(&r, 5)};
    }
    *ret = list;
    *n = i;
    return OK;
}

struct token_key {
    int64_t person, id;
};

static err drop_token(void *arg, struct db *db, struct arena *a)
{
    const struct token_key *k = arg;
    return db_exec(db, a, SQL("delete from token where id = $1 and person = $2"),
                   ARGS(db_i64(k->id), db_i64(k->person)));
}

err token_end(struct accounts *p, struct arena *a, int64_t now, int64_t person, int64_t id)
{
    (void)a;
    (void)now;
    struct token_key k = {person, id};
    return engine_write(p->engine, drop_token, &k);
}

err people_sessions(const struct ctx *ctx, int64_t *ret)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select count(*) from (select 1 from session where until > $1"
                         " and idle_until > $1 limit 100000) q"),
                     ARGS(db_i64(ctx->now)), &r);
    if (!e.code) {
        *ret = rows_next(&r) ? rows_i64(&r, 0) : 0;
    }
    return e;
}
