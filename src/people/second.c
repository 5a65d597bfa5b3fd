#include "people/second.h"

#include "base/arena.h"
#include "base/enc.h"
#include "engine/post.h"
#include "engine/reading.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/security.h"
#include "people/totp.h"

#include <sodium.h>
#include <string.h>

#define SETTING STR("signin.second_factor")
#define EVERYONE STR("everyone")

enum { RECOVERY_BYTES = 10, RECOVERY_LEN = 16 /* base32 digits */ };

struct secret_place people_second_place(int64_t person)
{
    return (struct secret_place){"second_factor", "key", person};
}

/* --- reading ------------------------------------------------------------------------ */

int second_ask(struct batch *b, int64_t person)
{
    return batch_add(b,
                     SQL("select f.person, f.confirmed_at,"
                         " (select count(*) from recovery_code r where r.person = c.person"
                         "   and r.used_at is null), x.at, x.by_person"
                         " from account c left join second_factor f on f.person = c.person"
                         " left join second_reset x on x.person = c.person where c.person = $1"),
                     ARGS(db_i64(person)));
}

struct second second_read(struct batch *b, int place)
{
    struct rows r = batch_rows(b, place);
    struct second s = {0};
    if (rows_next(&r)) {
        s = (struct second){.since = rows_i64(&r, 1),
                            .codes = rows_i64(&r, 2),
                            .reset_at = rows_i64(&r, 3),
                            .reset_by = rows_i64(&r, 4)};
        s.state = s.since ? SECOND_ON : rows_null(&r, 0) ? SECOND_OFF : SECOND_BEGUN;
    }
    return s;
}

err second_required(struct ctx *ctx, bool *ret)
{
    const struct law *law = ctx->model->post ? ctx->model->post->reg->newest : NULL;
    const struct setting *s = law ? law_setting(law, SETTING) : NULL;
    *ret = false;
    err e = OK;
    for (str rest = s ? s->written : STR(""); rest.len && !*ret && !e.code;) {
        str position = str_cut(str_trim(rest), ' ', &rest);
        if (str_eq(position, EVERYONE)) {
            *ret = true;
        } else {
            e = post_held(ctx, position, ret);
        }
    }
    return e;
}

err second_waiting(struct accounts *p, struct db *db, struct arena *a, int64_t person, str *ret)
{
    struct rows r;
    err e = db_query(
        db, a, SQL("select key from second_factor where person = $1 and confirmed_at is null"),
        ARGS(db_i64(person)), &r);
    if (e.code) {
        return e;
    }
    if (!rows_next(&r)) {
        return err_make(ERR_NOT_FOUND, STR("no second factor is being enrolled"));
    }
    return secret_open(&p->secrets, a, people_second_place(person), rows_text(&r, 0), ret);
}

/* --- codes -------------------------------------------------------------------------- */

/* As it is compared: capitals and digits; what is read wrongly is put right. */
static str plain_code(struct arena *a, str code)
{
    char *out = arena_bytes(a, code.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < code.len && n < 32; i++) {
        char c = code.ptr[i];
        c = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) {
            out[n++] = c;
        }
    }
    if (n == RECOVERY_LEN) { /* base32 has no 0 and no 1 */
        for (size_t i = 0; i < n; i++) {
            out[i] = out[i] == '0' ? 'O' : out[i] == '1' ? 'I' : out[i];
        }
    }
    return str_from_n(out, n);
}

static str recovery_hash(struct arena *a, int64_t person, str plain)
{
    return token_hash(a, str_fmt(a, "recovery|%lld|%.*s", (long long)person, STR_ARG(plain)));
}

struct recovery {
    str shown[SECOND_RECOVERY], hash[SECOND_RECOVERY];
};

static struct recovery *recovery_make(struct arena *a, int64_t person)
{
    struct recovery *r = arena_new(a, struct recovery);
    for (size_t i = 0; i < SECOND_RECOVERY; i++) {
        char raw[RECOVERY_BYTES];
        randombytes_buf(raw, sizeof(raw));
        str c = enc_base32(a, str_from_n(raw, sizeof(raw)));
        r->hash[i] = recovery_hash(a, person, c);
        r->shown[i] = str_fmt(a, "%.4s-%.4s-%.4s-%.4s", c.ptr, c.ptr + 4, c.ptr + 8, c.ptr + 12);
    }
    return r;
}

static void add_recovery(struct batch *b, int64_t person, const struct recovery *r)
{
    batch_add(b, SQL("delete from recovery_code where person = $1"), ARGS(db_i64(person)));
    for (size_t i = 0; i < SECOND_RECOVERY; i++) {
        batch_add(b, SQL("insert into recovery_code(hash, person) values($1, $2)"),
                  ARGS(db_blob(r->hash[i]), db_i64(person)));
    }
}

enum code_verdict { CODE_RIGHT, CODE_WRONG, CODE_NO_KEY, CODE_NONE /* no factor that counts */ };

/* On the writer: is the code right, and used by this now?  `begun`: one that does not
 * count yet, and no recovery code. */
static err use_code(const struct secrets *s, struct db *db, struct arena *a, int64_t now,
                    int64_t person, str code, bool begun, enum code_verdict *ret)
{
    struct rows r;
    str plain = plain_code(a, code);
    err e = db_query(db, a,
                     SQL("select key, last_step from second_factor where person = $1"
                         " and (confirmed_at is null) = ($2 = 1)"),
                     ARGS(db_i64(person), db_i64(begun)), &r);
    if (e.code || !rows_next(&r)) {
        *ret = CODE_NONE;
        return e;
    }
    *ret = CODE_WRONG;
    if (plain.len == RECOVERY_LEN && !begun) {
        struct batch *b = batch_begin(db, a);
        int place =
            batch_add(b,
                      SQL("update recovery_code set used_at = $3 where hash = $1"
                          " and person = $2 and used_at is null"),
                      ARGS(db_blob(recovery_hash(a, person, plain)), db_i64(person), db_i64(now)));
        e = batch_run(b);
        *ret = !e.code && batch_changed(b, place) == 1 ? CODE_RIGHT : CODE_WRONG;
        return e;
    }
    str key;
    int64_t step = 0;
    if (secret_open(s, a, people_second_place(person), rows_text(&r, 0), &key).code) {
        *ret = CODE_NO_KEY;
        return OK;
    }
    if (!totp_match(key, now, rows_i64(&r, 1), plain, &step)) {
        return OK;
    }
    *ret = CODE_RIGHT;
    return db_exec(db, a, SQL("update second_factor set last_step = $2 where person = $1"),
                   ARGS(db_i64(person), db_i64(step)));
}

/* The slowing-down of codes: of the account, from wherever. */
static str slow_name(struct arena *a, int64_t person)
{
    return str_fmt(a, "code %lld", (long long)person);
}

static void note(struct accounts *p, int64_t now, int64_t person, enum security_kind kind, str peer)
{
    security_note(p, now, &(struct security_event){.kind = kind, .person = person, .peer = peer});
}

static err judged(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                  enum code_verdict verdict, struct words *why)
{
    switch (verdict) {
    case CODE_RIGHT:
        slow_note(p, slow_name(a, person), STR(""), now, false);
        return OK;
    case CODE_WRONG:
        slow_note(p, slow_name(a, person), STR(""), now, true);
        note(p, now, person, SECURITY_CODE, STR(""));
        *why = WORDS("验证码不正确，或已经用过。请等应用显示下一个再试，并核对手机的时间。",
                     "The code is wrong, or was used before.  Wait for the next one, and see that "
                     "the phone's clock is right.");
        return err_make(ERR_DENIED, STR("wrong code"));
    case CODE_NO_KEY:
        *why =
            WORDS("服务器的密钥文件不可用，暂时无法核对验证码；恢复码仍可使用。请告知系统管理员。",
                  "The server cannot open its key file, so codes cannot be checked at present; a "
                  "recovery code still works.  Please tell an administrator.");
        return err_make(ERR_STORE, secrets_words(a, &p->secrets).en);
    case CODE_NONE:
        break;
    }
    *why = WORDS("没有可用的第二因素，请重新开始。",
                 "There is no second factor to use; please begin again.");
    return err_make(ERR_CONFLICT, STR("no second factor"));
}

static err not_too_fast(struct accounts *p, struct arena *a, int64_t now, int64_t person,
                        int *ret_wait_s, struct words *why)
{
    *ret_wait_s = slow_wait(p, slow_name(a, person), STR(""), now);
    if (*ret_wait_s > 0) {
        *why = people_slow_words(a, *ret_wait_s);
        return err_make(ERR_LIMIT, STR("codes slowed down"));
    }
    return OK;
}

/* --- enrolling ------------------------------------------------------------------------ */

struct beginning {
    int64_t person, now;
    str sealed;
    bool counts; /* there is one already */
};

static err put_beginning(void *arg, struct db *db, struct arena *a)
{
    struct beginning *s = arg;
    struct batch *b = batch_begin(db, a);
    int place =
        batch_add(b,
                  SQL("insert into second_factor(person, key, created_at) values($1, $2, $3)"
                      " on conflict (person) do update set key = excluded.key,"
                      " created_at = excluded.created_at, last_step = 0"
                      " where second_factor.confirmed_at is null"),
                  ARGS(db_i64(s->person), db_blob(s->sealed), db_i64(s->now)));
    err e = batch_run(b);
    s->counts = !e.code && batch_changed(b, place) == 0;
    return e;
}

err second_begin(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                 const struct second_owner *o, struct words *why)
{
    char raw[TOTP_KEY_LEN];
    str login;
    struct beginning s = {.person = o->person, .now = now};
    err e = password_again(p, db, a, now, o->person, o->password, &login, why);
    if (e.code) {
        return e;
    }
    randombytes_buf(raw, sizeof(raw));
    e = secret_seal(&p->secrets, a, people_second_place(o->person), str_from_n(raw, sizeof(raw)),
                    &s.sealed);
    if (e.code) {
        *why = secrets_words(a, &p->secrets);
        return e;
    }
    e = engine_write(p->engine, put_beginning, &s);
    if (!e.code && s.counts) {
        *why = WORDS("第二因素已经启用。", "A second factor is in use already.");
        return err_make(ERR_CONFLICT, STR("second factor is on"));
    }
    return e;
}

struct confirming {
    struct accounts *p;
    int64_t person, now;
    str code;
    const struct recovery *codes;
    struct new_session session;
    enum code_verdict verdict;
};

static err put_confirmed(void *arg, struct db *db, struct arena *a)
{
    struct confirming *c = arg;
    err e = use_code(&c->p->secrets, db, a, c->now, c->person, c->code, true, &c->verdict);
    if (e.code || c->verdict != CODE_RIGHT) {
        return e;
    }
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("update second_factor set confirmed_at = $2 where person = $1"),
              ARGS(db_i64(c->person), db_i64(c->now)));
    batch_add(b, SQL("delete from second_reset where person = $1"), ARGS(db_i64(c->person)));
    add_recovery(b, c->person, c->codes);
    add_end_sessions(b, c->person);
    add_session(b, &c->session);
    e = batch_run(b);
    return e.code ? e : reading_begun(c->p->engine, db, a, c->person, c->now);
}

err second_confirm(struct accounts *p, struct arena *a, int64_t now, const struct second_owner *o,
                   struct words *why, struct str_list *ret_codes, struct signed_in *ret)
{
    int wait_s;
    str token;
    err e = not_too_fast(p, a, now, o->person, &wait_s, why);
    if (e.code) {
        return e;
    }
    struct recovery *codes = recovery_make(a, o->person);
    struct confirming c = {.p = p,
                           .person = o->person,
                           .now = now,
                           .code = o->code,
                           .codes = codes,
                           .session = session_new(a, o->person, now, o->peer, o->agent, &token)};
    e = engine_write(p->engine, put_confirmed, &c);
    e = e.code ? e : judged(p, a, now, o->person, c.verdict, why);
    if (!e.code) {
        *ret_codes = (struct str_list){codes->shown, SECOND_RECOVERY};
        *ret = (struct signed_in){.token = token, .csrf = c.session.csrf};
        note(p, now, o->person, SECURITY_SECOND_ON, o->peer);
    }
    return e;
}

/* --- changing it ----------------------------------------------------------------------- */

static void add_off(struct batch *b, int64_t person)
{
    batch_add(b, SQL("delete from second_factor where person = $1"), ARGS(db_i64(person)));
    batch_add(b, SQL("delete from recovery_code where person = $1"), ARGS(db_i64(person)));
    batch_add(b, SQL("delete from half_session where person = $1"), ARGS(db_i64(person)));
}

/* New recovery codes, or (`codes` NULL) no second factor any more. */
static err put_change(void *arg, struct db *db, struct arena *a)
{
    struct confirming *c = arg;
    err e = use_code(&c->p->secrets, db, a, c->now, c->person, c->code, false, &c->verdict);
    if (e.code || c->verdict != CODE_RIGHT) {
        return e;
    }
    struct batch *b = batch_begin(db, a);
    if (c->codes) {
        add_recovery(b, c->person, c->codes);
    } else {
        add_off(b, c->person);
    }
    return batch_run(b);
}

static err change(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                  const struct second_owner *o, const struct recovery *codes, struct words *why)
{
    int wait_s;
    str login;
    err e = not_too_fast(p, a, now, o->person, &wait_s, why);
    if (!e.code) {
        e = password_again(p, db, a, now, o->person, o->password, &login, why);
    }
    if (e.code) {
        return e;
    }
    struct confirming c = {
        .p = p, .person = o->person, .now = now, .code = o->code, .codes = codes};
    e = engine_write(p->engine, put_change, &c);
    return e.code ? e : judged(p, a, now, o->person, c.verdict, why);
}

err second_off(struct accounts *p, struct db *db, struct arena *a, int64_t now,
               const struct second_owner *o, struct words *why)
{
    err e = change(p, db, a, now, o, NULL, why);
    if (!e.code) {
        note(p, now, o->person, SECURITY_SECOND_OFF, o->peer);
    }
    return e;
}

err second_codes(struct accounts *p, struct db *db, struct arena *a, int64_t now,
                 const struct second_owner *o, struct words *why, struct str_list *ret_codes)
{
    struct recovery *codes = recovery_make(a, o->person);
    err e = change(p, db, a, now, o, codes, why);
    if (!e.code) {
        *ret_codes = (struct str_list){codes->shown, SECOND_RECOVERY};
        note(p, now, o->person, SECURITY_SECOND_CODES, o->peer);
    }
    return e;
}

struct resetting {
    int64_t person, by, now;
};

static err put_reset(void *arg, struct db *db, struct arena *a)
{
    const struct resetting *s = arg;
    struct batch *b = batch_begin(db, a);
    add_off(b, s->person);
    add_end_sessions(b, s->person);
    batch_add(b,
              SQL("insert into second_reset(person, by_person, at) values($1, $2, $3)"
                  " on conflict (person) do update set by_person = excluded.by_person,"
                  " at = excluded.at"),
              ARGS(db_i64(s->person), db_i64(s->by), db_i64(s->now)));
    return batch_run(b);
}

err second_reset(struct accounts *p, struct arena *a, int64_t now, int64_t person, int64_t by)
{
    struct resetting s = {person, by, now};
    if (person == by) {
        return err_make(ERR_DENIED, STR("one's own second factor is switched off, not reset"));
    }
    err e = engine_write(p->engine, put_reset, &s);
    if (!e.code) {
        security_note(
            p, now,
            &(struct security_event){.kind = SECURITY_SECOND_RESET,
                                     .person = person,
                                     .detail = str_fmt(a, "by person %lld", (long long)by)});
    }
    return e;
}

/* --- signing in ------------------------------------------------------------------------- */

err half_person(struct db *db, struct arena *a, int64_t now, str half, int64_t *ret)
{
    struct rows r;
    *ret = 0;
    err e = db_query(db, a,
                     SQL("select person from half_session where token = $1 and until > $2"
                         " and tries < $3"),
                     ARGS(db_blob(token_hash(a, half)), db_i64(now), db_i64(SECOND_TRIES)), &r);
    if (!e.code && rows_next(&r)) {
        *ret = rows_i64(&r, 0);
    }
    return e;
}

struct entering {
    struct accounts *p;
    int64_t person, now;
    str half, code; /* half: hash */
    struct new_session session;
    enum code_verdict verdict;
    bool recovery; /* what was given has the length of a recovery code */
};

/* A wrong code is counted, so it is no error that would undo the count. */
static err put_entered(void *arg, struct db *db, struct arena *a)
{
    struct entering *t = arg;
    struct batch *b = batch_begin(db, a);
    int place =
        batch_add(b,
                  SQL("update half_session set tries = tries + 1 where token = $1"
                      " and person = $2 and until > $3 and tries < $4"),
                  ARGS(db_blob(t->half), db_i64(t->person), db_i64(t->now), db_i64(SECOND_TRIES)));
    err e = batch_run(b);
    t->verdict = CODE_NONE;
    if (e.code || batch_changed(b, place) == 0) {
        return e;
    }
    e = use_code(&t->p->secrets, db, a, t->now, t->person, t->code, false, &t->verdict);
    if (e.code || t->verdict != CODE_RIGHT) {
        return e;
    }
    b = batch_begin(db, a);
    batch_add(b, SQL("delete from half_session where token = $1"), ARGS(db_blob(t->half)));
    add_session(b, &t->session);
    e = batch_run(b);
    return e.code ? e : reading_begun(t->p->engine, db, a, t->person, t->now);
}

err second_sign_in(struct accounts *p, struct db *db, struct arena *a, int64_t now, str half,
                   str code, str peer, str agent, struct signed_in *ret, struct words *why)
{
    struct entering t = {.p = p, .now = now, .half = token_hash(a, half), .code = code};
    *ret = (struct signed_in){0};
    err e = half_person(db, a, now, half, &t.person);
    if (!e.code && !t.person) {
        e = err_make(ERR_SIGNIN, STR("no half session"));
    }
    e = e.code ? e : not_too_fast(p, a, now, t.person, &ret->wait_s, why);
    if (e.code) {
        return e;
    }
    t.session = session_new(a, t.person, now, peer, agent, &ret->token);
    t.recovery = plain_code(a, code).len == RECOVERY_LEN;
    ret->csrf = t.session.csrf;
    e = engine_write(p->engine, put_entered, &t);
    if (!e.code && t.verdict == CODE_NONE) {
        return err_make(ERR_SIGNIN, STR("the half session is over"));
    }
    e = e.code ? e : judged(p, a, now, t.person, t.verdict, why);
    if (!e.code && t.recovery) {
        note(p, now, t.person, SECURITY_RECOVERY, peer);
    }
    return e;
}
