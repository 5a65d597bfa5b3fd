#include "base/arena.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/health.h"
#include "engine/post.h"
#include "engine/reading.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/security.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* --- who is it? ------------------------------------------------------------------------ */

static const struct state *active_state(const struct model *m)
{
    return m->person ? tdef_state(m->person->newest, STR("active")) : NULL;
}

bool people_are_kept(const struct model *m)
{
    return active_state(m) != NULL;
}

void join_active(struct sqlb *q, const struct model *m)
{
    SQLB_LIT(q, " join \"r_person\" p on p.id = c.person and p.state = ");
    const struct state *active = active_state(m);
    sqlb_i64(q, active ? active->code : -1);
}

/* One statement: session or token, account, and the name of the person, who
 * must be active.  The state's code comes from the model; without a register
 * of people the account alone decides. */
static struct sql make_ask_sql(const struct ctx *ctx, bool token)
{
    struct sqlb q = sqlb_make(ctx->arena);
    if (token) {
        SQLB_LIT(&q, "select c.person, c.login, '' as csrf, c.lang, c.theme, c.must_change, s.id,"
                     " s.scopes, coalesce(s.used_at, 0), 0, ");
    } else {
        SQLB_LIT(&q, "select c.person, c.login, s.csrf, c.lang, c.theme, c.must_change, 0,"
                     " '' as scopes, s.seen_at, s.must_second, ");
    }
    bool kept = people_are_kept(ctx->model);
    if (kept) {
        SQLB_LIT(&q, "p.name");
    } else {
        SQLB_LIT(&q, "c.login");
    }
    reading_put_columns(&q, ctx->model);
    if (token) {
        SQLB_LIT(&q, " from token s join account c on c.person = s.person");
    } else {
        SQLB_LIT(&q, " from session s join account c on c.person = s.person");
    }
    if (kept) {
        join_active(&q, ctx->model);
    }
    reading_put_join(&q, ctx->model);
    if (token) {
        SQLB_LIT(&q, " where s.hash = $1 and s.until > $2 and c.disabled = 0");
    } else {
        SQLB_LIT(&q, " where s.token = $1 and s.until > $2 and s.idle_until > $2"
                     " and c.disabled = 0");
    }
    return sqlb_end(&q);
}

static struct sql ask_sql(const struct ctx *ctx, bool token)
{
    static const char maker;
    struct memo_key k = ctx_key(ctx, &maker, NULL, NULL, token);
    struct sql sql;
    if (!ctx_find_sql(ctx, k, &sql)) {
        struct ctx room = ctx_room(ctx);
        sql = ctx_keep_sql(&room, k, make_ask_sql(&room, token));
    }
    return sql;
}

static struct session_ask ask(const struct ctx *ctx, struct batch *b, str token, bool by_token)
{
    str hash = token_hash(ctx->arena, token);
    return (struct session_ask){
        .place = batch_add(b, ask_sql(ctx, by_token),
                           ARGS(db_blob(hash), db_i64(ctx->now), db_i64(ctx->today)))};
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
                            .lang = rows_i64(&r, 3) % LANG_OF_DOOR == LANG_EN ? LANG_EN : LANG_ZH,
                            .theme = rows_text(&r, 4),
                            .must_change = rows_i64(&r, 5) != 0,
                            .id = rows_i64(&r, 6),
                            .scopes = rows_text(&r, 7),
                            .seen_at = rows_i64(&r, 8),
                            .must_second = rows_i64(&r, 9) != 0,
                            .name = rows_text(&r, 10),
                            .reading = reading_row(&r, 11)};
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
                           SQL("update session set seen_at = $2, idle_until ="
                               " case when until < $3 then until else $3 end"
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

/* --- ending ------------------------------------------------------------------------------ */

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

void add_end_sessions(struct batch *b, int64_t person)
{
    batch_add(b, SQL("delete from session where person = $1"), ARGS(db_i64(person)));
    batch_add(b, SQL("delete from half_session where person = $1"), ARGS(db_i64(person)));
}

static err drop_all(void *arg, struct db *db, struct arena *a)
{
    const int64_t *person = arg;
    struct batch *b = batch_begin(db, a);
    add_end_sessions(b, *person);
    batch_add(b, SQL("delete from token where person = $1"), ARGS(db_i64(*person)));
    return batch_run(b);
}

/* --- what is over ---------------------------------------------------------------------------- */

struct sweep {
    struct accounts *p;
    const struct model *model;
    int64_t now;
    int64_t since; /* whose record changed before has been looked at; 0: nobody's */
};

void people_health(struct accounts *p, struct health *h)
{
    p->health = h;
    health_add(h, &(struct health_check){.name = STR("posts"),
                                         .title = WORDS("岗位分离", "Posts apart"),
                                         .link = STR("/r/post")});
}

/* Do different people administer, audit and protect?  Told to the health page. */
static err look_at_posts(const struct sweep *s, struct db *db, struct arena *a)
{
    struct posts_apart apart;
    struct ctx ctx = ctx_make(s->p->engine, s->model, db, a, s->now, 0, LANG_ZH);
    err e = s->p->health ? posts_apart(&ctx, &apart) : OK;
    if (e.code || !s->p->health) {
        return e;
    }
    struct words bad = posts_apart_words(a, &apart);
    struct health_now now = {.state = bad.zh.len ? HEALTH_WARN : HEALTH_OK,
                             .what = WORDS("系统管理员、审计员、安全管理员由不同的人担任。",
                                           "Administrator, auditor and security officer are "
                                           "different people.")};
    if (bad.zh.len) {
        now.what = bad;
        now.remedy = WORDS("请任命不同的人；人手不足时的兼任须有届满日期。",
                           "Appoint different people; where there are too few, an appointment "
                           "beside another must have an end.");
    }
    health_tell(s->p->health, STR("posts"), now, s->now);
    return OK;
}

/* Of whoever is not active; all are looked at once after a start, then those whose
 * record changed since the last sweep ($1). */
static struct sql of_who_left(struct arena *a, int64_t active, bool tokens, bool all)
{
    struct sqlb q = sqlb_make(a);
    if (tokens) {
        SQLB_LIT(&q, "delete from token where ");
    } else {
        SQLB_LIT(&q, "delete from session where ");
    }
    if (all) {
        SQLB_LIT(&q, "person not in (select p.id from \"r_person\" p where p.changed_at >= $1"
                     " and p.state = ");
        sqlb_i64(&q, active);
    } else {
        SQLB_LIT(&q, "person in (select p.id from \"r_person\" p where p.changed_at >= $1"
                     " and (p.state is null or p.state <> ");
        sqlb_i64(&q, active);
        SQLB_LIT(&q, ")");
    }
    SQLB_LIT(&q, ")");
    return sqlb_end(&q);
}

static err put_sweep(void *arg, struct db *db, struct arena *a)
{
    const struct sweep *s = arg;
    struct batch *b = batch_begin(db, a);
    /* idle_until is never later than until */
    batch_add(b, SQL("delete from session where idle_until < $1"), ARGS(db_i64(s->now)));
    batch_add(b, SQL("delete from half_session where until < $1"), ARGS(db_i64(s->now)));
    const struct state *active = active_state(s->model);
    if (active && people_are_kept(s->model)) {
        struct db_args since = ARGS(db_i64(s->since));
        batch_add(b, of_who_left(a, active->code, false, !s->since), since);
        batch_add(b, of_who_left(a, active->code, true, !s->since), since);
    }
    err e = batch_run(b);
    return e.code ? e : look_at_posts(s, db, a);
}

void people_turn(struct accounts *p, int64_t now)
{
    security_turn(p, now, false);
    if (now - p->swept >= CLOCK_MINUTE || now < p->swept) {
        enum { CLOCKS_APART_MS = 600000 }; /* of other nodes, at most */
        int64_t since = p->swept && now > p->swept ? p->swept - CLOCKS_APART_MS : 0;
        struct sweep s = {p, engine_model(p->engine), now, since};
        err e = engine_write(p->engine, put_sweep, &s);
        engine_release(p->engine, s.model);
        p->swept = e.code ? p->swept : now;
    }
}

err people_end_sessions(struct accounts *p, struct arena *a, int64_t now, int64_t person)
{
    (void)a;
    err e = engine_write(p->engine, drop_all, &person);
    if (!e.code) {
        security_note(p, now, &(struct security_event){.kind = SECURITY_ENDED, .person = person});
    }
    return e;
}

/* --- one's own sessions ------------------------------------------------------------------ */

/* Which of one's sessions: the beginning of its hash, which opens nothing. */
static str session_key(struct arena *a, str hash)
{
    return enc_hex(a, str_from_n(hash.ptr, hash.len < 8 ? hash.len : 8));
}

int session_list_ask(struct batch *b, int64_t person)
{
    return batch_add(b,
                     SQL("select created_at, seen_at, peer, agent, token from session"
                         " where person = $1 order by seen_at desc limit 50"),
                     ARGS(db_i64(person)));
}

struct session_rows session_list_read(struct batch *b, int place, struct arena *a, str token)
{
    struct rows r = batch_rows(b, place);
    str own = token_hash(a, token);
    struct session_row *list = arena_array(a, struct session_row, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct session_row){.created_at = rows_i64(&r, 0),
                                         .seen_at = rows_i64(&r, 1),
                                         .peer = rows_text(&r, 2),
                                         .agent = rows_text(&r, 3),
                                         .key = session_key(a, rows_text(&r, 4)),
                                         .current = enc_same(rows_text(&r, 4), own)};
    }
    return (struct session_rows){list, i};
}

struct session_one {
    int64_t person;
    str key;
};

static err drop_one(void *arg, struct db *db, struct arena *a)
{
    const struct session_one *o = arg;
    struct rows r;
    err e = db_query(db, a, SQL("select token from session where person = $1"),
                     ARGS(db_i64(o->person)), &r);
    while (!e.code && rows_next(&r)) {
        str hash = rows_text(&r, 0);
        if (str_eq(session_key(a, hash), o->key)) {
            e = db_exec(db, a, SQL("delete from session where token = $1 and person = $2"),
                        ARGS(db_blob(hash), db_i64(o->person)));
        }
    }
    return e;
}

err session_end(struct accounts *p, int64_t person, str key)
{
    struct session_one o = {person, key};
    return engine_write(p->engine, drop_one, &o);
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
        security_note(p, now,
                      &(struct security_event){
                          .kind = SECURITY_TOKEN_MADE, .person = person, .detail = scopes});
        *ret_token = token;
    }
    return e;
}

int token_list_ask(struct batch *b, int64_t person)
{
    return batch_add(b,
                     SQL("select id, created_at, until, used_at, name, scopes from token"
                         " where person = $1 order by created_at desc limit 100"),
                     ARGS(db_i64(person)));
}

struct token_rows token_list_read(struct batch *b, int place, struct arena *a)
{
    struct rows r = batch_rows(b, place);
    struct token_row *list = arena_array(a, struct token_row, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct token_row){rows_i64(&r, 0), rows_i64(&r, 1),  rows_i64(&r, 2),
                                       rows_i64(&r, 3), rows_text(&r, 4), rows_text(&r, 5)};
    }
    return (struct token_rows){list, i};
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

int64_t people_sessions(struct accounts *p, const struct ctx *ctx)
{
    struct rows r;
    int64_t at = atomic_load(&p->counted_at);
    if (ctx->now < at || ctx->now - at >= CLOCK_MINUTE) {
        err e = db_query(ctx->db, ctx->arena,
                         SQL("select count(*) from (select 1 from session where idle_until > $1"
                             " limit 100000) q"),
                         ARGS(db_i64(ctx->now)), &r);
        if (e.code) {
            return -1;
        }
        atomic_store(&p->counted, rows_next(&r) ? rows_i64(&r, 0) : 0);
        atomic_store(&p->counted_at, ctx->now);
    }
    return atomic_load(&p->counted);
}
