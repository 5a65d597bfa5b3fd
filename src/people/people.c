#include "base/arena.h"
#include "base/clock.h"
#include "base/enc.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/security.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

static const char tables[] =
    "create table account(person ID, login text not null unique, hash text not null,"
    " must_change INT not null default 0, disabled INT not null default 0,"
    " lang INT not null default 0, theme text not null default '',"
    " created_at INT not null, changed_at INT not null);"
    "create table session(token BLOB not null primary key, person INT not null,"
    " created_at INT not null, seen_at INT not null, idle_until INT not null,"
    " until INT not null, csrf text not null, peer text not null, agent text not null);"
    "create index session_person on session(person);"
    "create table token(id ID, person INT not null, name text not null,"
    " hash BLOB not null unique, scopes text not null, created_at INT not null,"
    " until INT not null, used_at INT);"
    "create index token_person on token(person);";

/* Sign-in in two steps (second.h): the key is sealed, recovery codes are hashed,
 * and who gave the right password and not yet the code is no session. */
static const char second[] =
    "create table second_factor(person ID, key BLOB not null, created_at INT not null,"
    " confirmed_at INT, last_step INT not null default 0);"
    "create table recovery_code(hash BLOB not null primary key, person INT not null,"
    " used_at INT);"
    "create index recovery_person on recovery_code(person);"
    "create table half_session(token BLOB not null primary key, person INT not null,"
    " until INT not null, tries INT not null, peer text not null, agent text not null);"
    "create index half_person on half_session(person);"
    "create table second_reset(person ID, by_person INT not null, at INT not null);"
    "alter table session add column must_second INT not null default 0;";

static const char security[] =
    "create table security_log(id ID, at INT not null, until INT not null, kind INT not null,"
    " person INT not null, peer text not null, detail text not null, times INT not null);"
    "create index security_at on security_log(at);";

/* What is over is found without looking at the rest. */
static const char over[] = "create index session_idle on session(idle_until);"
                           "create index half_until on half_session(until);";

const struct migration *people_migrations(size_t *n)
{
    static const struct migration list[] = {
        {.name = "people 0001", .script = {.text = {tables, sizeof(tables) - 1}}},
        {.name = "people 0002", .script = {.text = {second, sizeof(second) - 1}}},
        {.name = "people 0003", .script = {.text = {security, sizeof(security) - 1}}},
        {.name = "people 0004", .script = {.text = {over, sizeof(over) - 1}}}};
    *n = sizeof(list) / sizeof(list[0]);
    return list;
}

void people_use_secrets(struct accounts *p, const struct secrets *s)
{
    p->secrets = *s;
}

const struct secrets *people_secrets(const struct accounts *p)
{
    return &p->secrets;
}

err people_sealed(struct db *db, struct arena *a, str *ret)
{
    struct rows r;
    err e = db_query(db, a, SQL("select key from second_factor limit 1"), NO_ARGS, &r);
    *ret = !e.code && rows_next(&r) ? rows_text(&r, 0) : STR("");
    return e;
}

/* Addresses and programs of somebody's sign-ins (engine/erase.h): those of the security log that
 * the law wants kept stay until they are old enough. */
static err erase_traces(void *arg, struct db *db, struct arena *a, int64_t person, int64_t now,
                        int64_t *gone, int64_t *kept)
{
    struct batch *b = batch_begin(db, a);
    struct db_args who =
        ARGS(db_i64(person), db_i64(now - INT64_C(1) * SECURITY_BY_LAW_DAYS * CLOCK_DAY));
    (void)arg;
    int open = batch_add(b,
                         SQL("update session set peer = '', agent = '' where person = $1"
                             " and (peer <> '' or agent <> '')"),
                         ARGS(db_i64(person)));
    int half =
        batch_add(b, SQL("delete from half_session where person = $1"), ARGS(db_i64(person)));
    int old = batch_add(b,
                        SQL("update security_log set peer = '' where person = $1 and peer <> ''"
                            " and until < $2"),
                        who);
    int young = batch_add(b,
                          SQL("select count(*) from security_log where person = $1"
                              " and peer <> '' and until >= $2"),
                          who);
    err e = batch_run(b);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(b, young);
    *gone = batch_changed(b, open) + batch_changed(b, half) + batch_changed(b, old);
    *kept = rows_next(&r) ? rows_i64(&r, 0) : 0;
    return OK;
}

err people_traces(const struct ctx *ctx, int64_t person, int64_t *gone, int64_t *kept)
{
    struct rows r;
    err e = db_query(
        ctx->db, ctx->arena,
        SQL("select (select count(*) from session where person = $1"
            " and (peer <> '' or agent <> ''))"
            " + (select count(*) from half_session where person = $1)"
            " + (select count(*) from security_log where person = $1 and peer <> ''"
            " and until < $2), (select count(*) from security_log where person = $1"
            " and peer <> '' and until >= $2)"),
        ARGS(db_i64(person), db_i64(ctx->now - INT64_C(1) * SECURITY_BY_LAW_DAYS * CLOCK_DAY)), &r);
    bool some = !e.code && rows_next(&r);
    *gone = some ? rows_i64(&r, 0) : 0;
    *kept = some ? rows_i64(&r, 1) : 0;
    return e;
}

static void people_end(void *arg)
{
    struct accounts *p = arg;
    sodium_memzero(&p->secrets, sizeof(p->secrets));
    sem_destroy(&p->hashing);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->security.lock);
}

err people_open(struct arena *life, struct engine *e, struct accounts **ret)
{
    if (sodium_init() < 0) {
        return err_make(ERR_STORE, STR("libsodium does not start"));
    }
    struct accounts *p = arena_new(life, struct accounts);
    p->engine = e;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cores = cores > 0 ? cores : 1;
    sem_init(&p->hashing, 0, (unsigned)cores);
    p->queue_max = 3 * (int)cores; /* of at least four workers a core */
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->security.lock, NULL);
    p->security.ids.node = (int)randombytes_uniform(32); /* nodes share the table */
    arena_defer(life, people_end, p);
    erase_traces_by(e, &(struct erase_traces){.erase = erase_traces});
    password_of_nobody(p->dummy, sizeof(p->dummy));
    *ret = p;
    return OK;
}

str token_hash(struct arena *a, str token)
{
    char *out = arena_bytes(a, crypto_hash_sha256_BYTES);
    crypto_hash_sha256((unsigned char *)out, (const unsigned char *)token.ptr, token.len);
    return str_from_n(out, crypto_hash_sha256_BYTES);
}

str token_random(struct arena *a)
{
    char raw[TOKEN_BYTES];
    randombytes_buf(raw, sizeof(raw));
    return enc_base64url(a, str_from_n(raw, sizeof(raw)));
}

str login_fold(struct arena *a, str login)
{
    char *p = arena_bytes(a, login.len + 1);
    for (size_t i = 0; i < login.len; i++) {
        p[i] =
            login.ptr[i] >= 'A' && login.ptr[i] <= 'Z' ? (char)(login.ptr[i] + 32) : login.ptr[i];
    }
    return str_from_n(p, login.len);
}

/* --- accounts ------------------------------------------------------------------------- */

struct set_account {
    int64_t person, now;
    str login, hash;
    bool must_change, taken;
};

static err put_account(void *arg, struct db *db, struct arena *a)
{
    struct set_account *s = arg;
    struct rows other;
    err e = db_query(db, a, SQL("select person from account where login = $1 and person <> $2"),
                     ARGS(db_text(s->login), db_i64(s->person)), &other);
    if (e.code) {
        return e;
    }
    s->taken = rows_next(&other);
    if (s->taken) {
        return err_make(ERR_CONFLICT, STR("login is taken"));
    }
    struct batch *b = batch_begin(db, a);
    batch_add(b,
              SQL("insert into account(person, login, hash, must_change, disabled, lang,"
                  " created_at, changed_at) values($1, $2, $3, $4, 0, $6, $5, $5)"
                  " on conflict (person) do update set login = excluded.login,"
                  " hash = excluded.hash, must_change = excluded.must_change, disabled = 0,"
                  " changed_at = excluded.changed_at"),
              ARGS(db_i64(s->person), db_text(s->login), db_text(s->hash), db_i64(s->must_change),
                   db_i64(s->now), db_i64(LANG_OF_DOOR)));
    add_end_sessions(b, s->person);
    return batch_run(b);
}

static bool login_ok(str login)
{
    if (login.len < 2 || login.len > 60) {
        return false;
    }
    for (size_t i = 0; i < login.len; i++) {
        char c = login.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
              c == '-' || c == '@')) {
            return false;
        }
    }
    return true;
}

int people_login_ask(struct batch *b, int64_t person)
{
    return batch_add(b, SQL("select login from account where person = $1"), ARGS(db_i64(person)));
}

str people_login_read(struct batch *b, int place)
{
    struct rows r = batch_rows(b, place);
    return rows_next(&r) ? rows_text(&r, 0) : STR("");
}

err people_set_account(struct accounts *p, struct arena *a, int64_t now, int64_t person, str login,
                       str password, bool must_change, struct words *why)
{
    struct set_account s = {
        .person = person, .now = now, .login = login_fold(a, login), .must_change = must_change};
    *why = password_weak(password, s.login);
    if (!login_ok(s.login)) {
        *why = WORDS("用户名由 2 到 60 个小写字母、数字和 . _ - @ 组成。",
                     "A user name has 2 to 60 lower-case letters, digits and . _ - @.");
    }
    if (why->zh.len) {
        return err_make(ERR_VALUE, STR("weak password or bad login"));
    }
    err e = password_hash(p, a, password, &s.hash);
    if (!e.code) {
        e = engine_write(p->engine, put_account, &s);
    }
    if (!e.code) {
        security_note(p, now,
                      &(struct security_event){.kind = SECURITY_ACCOUNT_SET, .person = person});
    }
    if (s.taken) {
        *why = WORDS("这个用户名已被他人使用。", "Somebody else has this user name.");
    }
    return e;
}

struct set_hash {
    int64_t person, now;
    str hash;
};

static err put_hash(void *arg, struct db *db, struct arena *a)
{
    struct set_hash *s = arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b,
              SQL("update account set hash = $2, must_change = 0, changed_at = $3"
                  " where person = $1"),
              ARGS(db_i64(s->person), db_text(s->hash), db_i64(s->now)));
    add_end_sessions(b, s->person);
    return batch_run(b);
}

err password_again(struct accounts *p, struct db *db, struct arena *a, int64_t now, int64_t person,
                   str password, str *ret_login, struct words *why)
{
    str who = str_fmt(a, "person %lld", (long long)person); /* no login looks like this */
    int wait_s = slow_wait(p, who, STR(""), now);
    if (wait_s > 0) {
        *why = people_slow_words(a, wait_s);
        return err_make(ERR_LIMIT, STR("password asked again, slowed down"));
    }
    struct rows r;
    bool right = false;
    err e = db_query(db, a, SQL("select hash, login from account where person = $1"),
                     ARGS(db_i64(person)), &r);
    if (!e.code) {
        bool known = rows_next(&r);
        e = password_matches(p, a, known ? rows_text(&r, 0) : STR(""), password, &right);
    }
    if (e.code) {
        return e;
    }
    slow_note(p, who, STR(""), now, !right);
    if (!right) {
        security_note(p, now,
                      &(struct security_event){.kind = SECURITY_OWN_PASSWORD, .person = person});
        *why = WORDS("当前密码不正确。", "The present password is wrong.");
        return err_make(ERR_VALUE, STR("old password"));
    }
    *ret_login = rows_text(&r, 1);
    return OK;
}

err people_set_password(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                        int64_t person, str old, str fresh, struct words *why)
{
    str login;
    err e = password_again(p, db, a, now, person, old, &login, why);
    if (e.code) {
        return e;
    }
    *why = password_weak(fresh, login);
    if (str_eq(old, fresh)) {
        *why = WORDS("新密码不能与当前密码相同。",
                     "The new password must differ from the present one.");
    }
    if (why->zh.len) {
        return err_make(ERR_VALUE, STR("weak password"));
    }
    struct set_hash s = {.person = person, .now = now};
    e = password_hash(p, a, fresh, &s.hash);
    e = e.code ? e : engine_write(p->engine, put_hash, &s);
    if (!e.code) {
        security_note(p, now,
                      &(struct security_event){.kind = SECURITY_PASSWORD_SET, .person = person});
    }
    return e;
}

err people_with_password(struct accounts *p, struct db *db, struct arena *a, str password, int most,
                         str *ret_login)
{
    struct rows r;
    bool opens = false;
    err e =
        db_query(db, a, SQL("select login, hash from account order by created_at, person limit $1"),
                 ARGS(db_i64(most)), &r);
    *ret_login = STR("");
    while (!e.code && !opens && rows_next(&r)) {
        e = password_matches(p, a, rows_text(&r, 1), password, &opens);
        *ret_login = opens ? rows_text(&r, 0) : STR("");
    }
    return e;
}

struct preferences {
    int64_t person, now;
    enum lang lang;
    str theme;
};

static err put_preferences(void *arg, struct db *db, struct arena *a)
{
    struct preferences *s = arg;
    return db_exec(db, a,
                   SQL("update account set lang = $2, theme = $3, changed_at = $4"
                       " where person = $1"),
                   ARGS(db_i64(s->person), db_i64(s->lang), db_text(s->theme), db_i64(s->now)));
}

err people_set_preferences(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                           enum lang lang, str theme)
{
    (void)a;
    struct preferences s = {person, now, lang, theme};
    return engine_write(p->engine, put_preferences, &s);
}
