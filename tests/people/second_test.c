/* The second factor: enrolled, asked for, used up, switched off, reset, and what
 * happens without the key. */
#include "engine/inst.h"
#include "engine/write.h"
#include "people/people_int.h"
#include "people/second.h"
#include "people/totp.h"

#include <string.h>

#define WORD STR("correct horse battery staple")
#define PEER STR("192.0.2.7")
#define HERE STR("a test")

struct house {
    struct inst in;
    struct accounts *people;
    struct secrets secrets;
    int64_t person, other;
    struct arena *a;
    str key; /* of the app on the phone */
};

static err nobody_has_anything(void *arg, struct db *db, struct arena *a)
{
    (void)arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from session"), NO_ARGS);
    batch_add(b, SQL("delete from half_session"), NO_ARGS);
    batch_add(b, SQL("delete from second_factor"), NO_ARGS);
    batch_add(b, SQL("delete from recovery_code"), NO_ARGS);
    batch_add(b, SQL("delete from second_reset"), NO_ARGS);
    batch_add(b, SQL("delete from account"), NO_ARGS);
    return batch_run(b);
}

static void fresh(struct house *h)
{
    struct words why;
    dbs_ok(engine_write(h->in.e, nobody_has_anything, NULL));
    dbs_ok(people_open(h->in.t->life, h->in.e, &h->people));
    h->secrets = secrets_random();
    people_use_secrets(h->people, &h->secrets);
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->person, STR("li.lei"), WORD, false, &why));
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->other, STR("wu.tao"), WORD, false, &why));
}

static struct second status(struct house *h)
{
    struct batch *b = batch_begin(h->in.db, h->a);
    int place = second_ask(b, h->person);
    dbs_ok(batch_run(b));
    return second_read(b, place);
}

static str code_at(struct house *h, int64_t now)
{
    char code[TOTP_DIGITS + 1];
    totp_code(h->key, now / TOTP_STEP_MS, code);
    return str_copy(h->a, str_from(code));
}

static struct second_owner owner(struct house *h, str password, str code)
{
    return (struct second_owner){h->person, password, code, PEER, HERE};
}

static enum err_code begin(struct house *h, str password)
{
    struct words why = {0};
    struct second_owner o = owner(h, password, STR(""));
    err e = second_begin(h->people, h->in.db, h->a, INST_NOW, &o, &why);
    assert_int_equal(e.code != ERR_NONE, why.zh.len > 0 && why.en.len > 0);
    if (!e.code) {
        dbs_ok(second_waiting(h->people, h->in.db, h->a, h->person, &h->key));
        assert_int_equal(h->key.len, TOTP_KEY_LEN);
    }
    return e.code;
}

static enum err_code confirm(struct house *h, int64_t now, str code, struct str_list *codes,
                             str *token)
{
    struct words why = {0};
    struct signed_in in = {0};
    struct second_owner o = owner(h, STR(""), code);
    err e = second_confirm(h->people, h->a, now, &o, &why, codes, &in);
    assert_int_equal(e.code != ERR_NONE, why.zh.len > 0 && why.en.len > 0);
    *token = in.token;
    return e.code;
}

/* Enrolled at INST_NOW; its recovery codes. */
static struct str_list enrolled(struct house *h)
{
    struct str_list codes = {0};
    str token;
    assert_int_equal(begin(h, WORD), ERR_NONE);
    assert_int_equal(confirm(h, INST_NOW, code_at(h, INST_NOW), &codes, &token), ERR_NONE);
    return codes;
}

static struct signed_in password(struct house *h, int64_t now)
{
    struct signed_in in;
    dbs_ok(people_sign_in(h->people, h->in.db, h->a, now,
                          &(struct sign_in){STR("li.lei"), WORD, PEER, HERE, LANG_ZH}, &in));
    return in;
}

static enum err_code code(struct house *h, int64_t now, str half, str given, str *token)
{
    struct words why = {0};
    struct signed_in in = {0};
    err e = second_sign_in(h->people, h->in.db, h->a, now, half, given, PEER, HERE, &in, &why);
    *token = in.token;
    return e.code;
}

static bool opens(struct house *h, int64_t now, str token, struct session *ret)
{
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, now, 0, LANG_ZH);
    struct batch *b = batch_begin(h->in.db, h->a);
    struct session_ask ask = session_ask(&ctx, b, token);
    dbs_ok(batch_run(b));
    bool is = session_read(&ctx, b, ask, ret);
    engine_release(h->in.e, m);
    return is;
}

static bool in_at(struct house *h, int64_t now, str token)
{
    struct session s;
    return opens(h, now, token, &s);
}

/* --- what is true ------------------------------------------------------------------ */

static void it_counts_only_after_its_first_code(struct house *h)
{
    struct str_list codes;
    str token;
    assert_int_equal(status(h).state, SECOND_OFF);
    assert_int_equal(begin(h, STR("not my password")), ERR_VALUE);
    assert_int_equal(status(h).state, SECOND_OFF);
    assert_int_equal(begin(h, WORD), ERR_NONE);
    str first = h->key;
    assert_int_equal(status(h).state, SECOND_BEGUN);
    assert_false(password(h, INST_NOW).half); /* it does not count yet */
    assert_int_equal(begin(h, WORD), ERR_NONE);
    assert_false(str_eq(first, h->key));
    assert_int_equal(confirm(h, INST_NOW, STR("000000"), &codes, &token), ERR_DENIED);
    assert_int_equal(status(h).state, SECOND_BEGUN);

    str before = password(h, INST_NOW).token;
    assert_int_equal(confirm(h, INST_NOW, code_at(h, INST_NOW), &codes, &token), ERR_NONE);
    assert_int_equal(codes.len, SECOND_RECOVERY);
    struct second s = status(h);
    assert_true(s.state == SECOND_ON && s.since == INST_NOW && s.codes == SECOND_RECOVERY);
    assert_false(in_at(h, INST_NOW, before)); /* rights rise: a new session, the old ones end */
    assert_true(in_at(h, INST_NOW, token));
    assert_int_equal(begin(h, WORD), ERR_CONFLICT);
    assert_true(password(h, INST_NOW).half);
}

static void a_half_session_opens_nothing(struct house *h)
{
    enrolled(h);
    struct signed_in in = password(h, INST_NOW);
    assert_true(in.half);
    assert_false(in_at(h, INST_NOW, in.token));
    assert_int_equal(inst_i64(&h->in, SQL("select count(*) from half_session where token = $1"),
                              ARGS(db_blob(in.token))),
                     0); /* stored hashed */
    int64_t person;
    dbs_ok(half_person(h->in.db, h->a, INST_NOW + SECOND_HALF_MS - 1, in.token, &person));
    assert_true(person == h->person);
    dbs_ok(half_person(h->in.db, h->a, INST_NOW + SECOND_HALF_MS + 1, in.token, &person));
    assert_true(person == 0);
    dbs_ok(half_person(h->in.db, h->a, INST_NOW, STR(""), &person));
    assert_true(person == 0);
}

static void a_code_lets_in_once(struct house *h)
{
    enrolled(h);
    str token;
    int64_t now = INST_NOW + TOTP_STEP_MS;
    str half = password(h, now).token;
    assert_int_equal(code(h, now, half, code_at(h, INST_NOW), &token), ERR_DENIED); /* used */
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_NONE);
    assert_true(in_at(h, now, token));
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_SIGNIN); /* half is gone */
    half = password(h, now).token;
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_DENIED); /* code is used */
    assert_int_equal(code(h, now, half, code_at(h, now + TOTP_STEP_MS), &token), ERR_NONE);
}

static void five_wrong_codes_end_it_and_slow_the_account(struct house *h)
{
    enrolled(h);
    str token;
    int64_t now = INST_NOW + TOTP_STEP_MS;
    str half = password(h, now).token;
    for (int i = 0; i < SECOND_TRIES; i++) {
        assert_int_equal(code(h, now, half, STR("12345"), &token), ERR_DENIED);
    }
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_SIGNIN);
    half = password(h, now).token;
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_LIMIT);
    now += 10 * TOTP_STEP_MS;
    half = password(h, now).token;
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_NONE);
}

static void a_recovery_code_is_good_once_and_typed_as_one_likes(struct house *h)
{
    struct str_list codes = enrolled(h);
    str token;
    str half = password(h, INST_NOW).token;
    char small[20];
    snprintf(small, sizeof(small), "%.*s", STR_ARG(codes.ptr[3]));
    for (size_t i = 0; small[i]; i++) {
        small[i] = small[i] == '-' ? ' ' : (char)(small[i] | 32 * (small[i] >= 'A'));
    }
    assert_int_equal(code(h, INST_NOW, half, str_from(small), &token), ERR_NONE);
    assert_true(in_at(h, INST_NOW, token));
    assert_int_equal(status(h).codes, SECOND_RECOVERY - 1);
    half = password(h, INST_NOW).token;
    assert_int_equal(code(h, INST_NOW, half, codes.ptr[3], &token), ERR_DENIED);
    assert_int_equal(code(h, INST_NOW, half, STR("AAAA-BBBB-CCCC-DDDD"), &token), ERR_DENIED);
    assert_int_equal(code(h, INST_NOW, half, codes.ptr[4], &token), ERR_NONE);
    for (size_t i = 0; i < codes.len; i++) {
        assert_int_equal(inst_i64(&h->in, SQL("select count(*) from recovery_code where hash = $1"),
                                  ARGS(db_blob(codes.ptr[i]))),
                         0);
    }
}

static void switching_off_takes_password_and_code(struct house *h)
{
    struct str_list codes = enrolled(h);
    struct words why;
    int64_t now = INST_NOW + TOTP_STEP_MS;
    struct second_owner bad = owner(h, STR("not my password"), code_at(h, now));
    assert_int_equal(second_off(h->people, h->in.db, h->a, now, &bad, &why).code, ERR_VALUE);
    bad = owner(h, WORD, STR("000000"));
    assert_int_equal(second_off(h->people, h->in.db, h->a, now, &bad, &why).code, ERR_DENIED);
    assert_int_equal(status(h).state, SECOND_ON);

    struct str_list fresh_codes;
    struct second_owner o = owner(h, WORD, codes.ptr[0]);
    dbs_ok(second_codes(h->people, h->in.db, h->a, now, &o, &why, &fresh_codes));
    assert_int_equal(status(h).codes, SECOND_RECOVERY);
    o = owner(h, WORD, codes.ptr[1]); /* void with the others */
    assert_int_equal(second_off(h->people, h->in.db, h->a, now, &o, &why).code, ERR_DENIED);
    o = owner(h, WORD, code_at(h, now));
    dbs_ok(second_off(h->people, h->in.db, h->a, now, &o, &why));
    assert_int_equal(status(h).state, SECOND_OFF);
    assert_false(password(h, now).half);
    o = owner(h, WORD, fresh_codes.ptr[0]);
    assert_int_equal(second_off(h->people, h->in.db, h->a, now, &o, &why).code, ERR_CONFLICT);
}

static void a_reset_by_somebody_else_leaves_its_trace(struct house *h)
{
    enrolled(h);
    str token = password(h, INST_NOW).token;
    assert_int_equal(second_reset(h->people, h->a, INST_NOW, h->person, h->person).code,
                     ERR_DENIED);
    assert_int_equal(status(h).state, SECOND_ON);
    dbs_ok(second_reset(h->people, h->a, INST_NOW + 5, h->person, h->other));
    struct second s = status(h);
    assert_true(s.state == SECOND_OFF && s.reset_at == INST_NOW + 5 && s.reset_by == h->other);
    int64_t person;
    dbs_ok(half_person(h->in.db, h->a, INST_NOW, token, &person));
    assert_true(person == 0);
    assert_false(password(h, INST_NOW).half);
}

static void the_key_is_sealed_for_its_person(struct house *h)
{
    enrolled(h);
    assert_int_equal(inst_i64(&h->in, SQL("select count(*) from second_factor where key = $1"),
                              ARGS(db_blob(h->key))),
                     0);
    struct rows r;
    str plain;
    dbs_ok(db_query(h->in.db, h->a, SQL("select key from second_factor where person = $1"),
                    ARGS(db_i64(h->person)), &r));
    assert_true(rows_next(&r));
    struct secret_place own = {"second_factor", "key", h->person};
    struct secret_place moved = {"second_factor", "key", h->other};
    dbs_ok(secret_open(&h->secrets, h->a, own, rows_text(&r, 0), &plain));
    assert_true(str_eq(plain, h->key));
    assert_int_equal(secret_open(&h->secrets, h->a, moved, rows_text(&r, 0), &plain).code,
                     ERR_STORE);
}

static void a_lost_key_stops_nobody_else(struct house *h)
{
    struct str_list codes = enrolled(h);
    struct secrets lost = {.state = SECRETS_LOST, .file = STR("/nowhere/secret.key")};
    struct words why = {0};
    struct signed_in in = {0};
    str token;
    people_use_secrets(h->people, &lost);
    /* others sign in as ever */
    dbs_ok(people_sign_in(h->people, h->in.db, h->a, INST_NOW,
                          &(struct sign_in){STR("wu.tao"), WORD, PEER, HERE, LANG_ZH}, &in));
    assert_true(!in.half && in_at(h, INST_NOW, in.token));
    /* a code cannot be checked, and that is said; a recovery code still opens */
    int64_t now = INST_NOW + TOTP_STEP_MS;
    str half = password(h, now).token;
    err e = second_sign_in(h->people, h->in.db, h->a, now, half, code_at(h, now), PEER, HERE, &in,
                           &why);
    assert_int_equal(e.code, ERR_STORE);
    assert_true(str_has(why.en, STR("administrator")) && why.zh.len);
    assert_int_equal(code(h, now, half, codes.ptr[0], &token), ERR_NONE);
    /* nobody can be enrolled */
    struct second_owner o = {h->other, WORD, STR(""), PEER, HERE};
    e = second_begin(h->people, h->in.db, h->a, now, &o, &why);
    assert_true(e.code == ERR_STORE && str_has(why.en, STR("secret.key")));
    /* another key is no key */
    struct secrets other = secrets_random();
    people_use_secrets(h->people, &other);
    half = password(h, now).token;
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_STORE);
    people_use_secrets(h->people, &h->secrets);
    assert_int_equal(code(h, now, half, code_at(h, now), &token), ERR_NONE);
}

static void tokens_of_the_api_ask_for_no_code(struct house *h)
{
    str token;
    dbs_ok(token_make(h->people, h->a, INST_NOW, h->person, STR("x"), STR("read"), INST_NOW + 60000,
                      &token));
    enrolled(h);
    struct session s;
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, INST_NOW, 0, LANG_ZH);
    struct batch *b = batch_begin(h->in.db, h->a);
    struct session_ask ask = token_ask(&ctx, b, token);
    dbs_ok(batch_run(b));
    assert_true(token_read(&ctx, b, ask, &s) && s.person == h->person && !s.must_second);
    engine_release(h->in.e, m);
}

static void guessing_ones_own_password_is_slowed(struct house *h)
{
    int tries = 0;
    while (begin(h, STR("not my password")) != ERR_LIMIT && tries < 20) {
        tries++;
    }
    assert_true(tries >= 3 && tries < 20);
    assert_int_equal(begin(h, WORD), ERR_LIMIT);
}

static const struct {
    const char *name;
    void (*body)(struct house *h);
} bodies[] = {
    {"it_counts_only_after_its_first_code", it_counts_only_after_its_first_code},
    {"a_half_session_opens_nothing", a_half_session_opens_nothing},
    {"a_code_lets_in_once", a_code_lets_in_once},
    {"five_wrong_codes_end_it_and_slow_the_account", five_wrong_codes_end_it_and_slow_the_account},
    {"a_recovery_code_is_good_once_and_typed_as_one_likes",
     a_recovery_code_is_good_once_and_typed_as_one_likes},
    {"switching_off_takes_password_and_code", switching_off_takes_password_and_code},
    {"a_reset_by_somebody_else_leaves_its_trace", a_reset_by_somebody_else_leaves_its_trace},
    {"the_key_is_sealed_for_its_person", the_key_is_sealed_for_its_person},
    {"a_lost_key_stops_nobody_else", a_lost_key_stops_nobody_else},
    {"tokens_of_the_api_ask_for_no_code", tokens_of_the_api_ask_for_no_code},
    {"guessing_ones_own_password_is_slowed", guessing_ones_own_password_is_slowed},
};

/* One installation for all, because making it is what takes time. */
static void body_all(struct dbs *t)
{
    struct house h = {.in = inst_make(t, 0), .a = t->a};
    size_t n;
    const struct migration *list = people_migrations(&n);
    dbs_ok(db_migrate(t->db, t->a, list, n));
    h.person = inst_person(&h.in, "li.lei");
    h.other = inst_person(&h.in, "wu.tao");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        print_message("           %s\n", bodies[i].name);
        fresh(&h);
        bodies[i].body(&h);
    }
    engine_stop(h.in.e);
}

static void the_second_factor(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_second_factor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
