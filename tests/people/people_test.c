/* Who is let in, for how long, and what is never stored. */
#include "engine/inst.h"
#include "engine/write.h"
#include "people/people.h"
#include "people/people_int.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME STR("li.lei")
#define WORD STR("correct horse battery staple")
#define PEER STR("192.0.2.7")
#define HERE STR("a test")

enum { MINUTE = 60000 };

struct house {
    struct inst in;
    struct accounts *people;
    int64_t person, other;
    struct arena *a;
};

static void house_make(struct dbs *t, struct house *h)
{
    *h = (struct house){.in = inst_make(t, 0), .a = t->a};
    size_t n;
    const struct migration *list = people_migrations(&n);
    dbs_ok(db_migrate(t->db, t->a, list, n));
    h->person = inst_person(&h->in, "li.lei");
    h->other = inst_person(&h->in, "wu.tao");
}

static err no_accounts(void *arg, struct db *db, struct arena *a)
{
    (void)arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from session"), NO_ARGS);
    batch_add(b, SQL("delete from token"), NO_ARGS);
    batch_add(b, SQL("delete from account"), NO_ARGS);
    return batch_run(b);
}

/* One account, and nobody has tried anything yet. */
static void house_fresh(struct house *h)
{
    struct words why;
    dbs_ok(engine_write(h->in.e, no_accounts, NULL));
    dbs_ok(people_open(h->in.t->life, h->in.e, &h->people));
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->person, STR("Li.Lei"), WORD, false, &why));
}

static err sign_in(struct house *h, int64_t now, str login, str word, str peer, str *token,
                   int *wait_s)
{
    struct signed_in in;
    err e = people_sign_in(h->people, h->in.db, h->a, now,
                           &(struct sign_in){login, word, peer, HERE, LANG_ZH}, &in);
    *token = in.token;
    *wait_s = in.wait_s;
    return e;
}

static str let_in(struct house *h, int64_t now)
{
    str token;
    int wait_s;
    dbs_ok(sign_in(h, now, NAME, WORD, PEER, &token, &wait_s));
    return token;
}

/* Is the session (or token) good at this moment? */
static bool good(struct house *h, int64_t now, str token, bool api, struct session *ret)
{
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, now, 0, LANG_ZH);
    struct batch *b = batch_begin(h->in.db, h->a);
    struct session_ask ask = api ? token_ask(&ctx, b, token) : session_ask(&ctx, b, token);
    dbs_ok(batch_run(b));
    *ret = (struct session){0};
    bool is = api ? token_read(&ctx, b, ask, ret) : session_read(&ctx, b, ask, ret);
    engine_release(h->in.e, m);
    return is;
}

static bool in_at(struct house *h, int64_t now, str token)
{
    struct session s;
    return good(h, now, token, false, &s);
}

/* As a request at this moment would. */
static bool use_at(struct house *h, int64_t now, str token, bool api)
{
    struct session s;
    bool is = good(h, now, token, api, &s);
    const struct model *m = engine_model(h->in.e);
    struct ctx ctx = ctx_make(h->in.e, m, h->in.db, h->a, now, 0, LANG_ZH);
    if (is) {
        people_seen(h->people, &ctx, &s, token);
    }
    engine_release(h->in.e, m);
    return is;
}

static err nothing(void *arg, struct db *db, struct arena *a)
{
    (void)arg;
    return db_exec(db, a, SQL("update account set theme = theme where person = 0"), NO_ARGS);
}

/* What was handed to the writer before is done. */
static void settle(struct house *h)
{
    dbs_ok(engine_write(h->in.e, nothing, NULL));
}

static void the_right_pair_makes_a_session_and_no_other_does(struct house *h)
{
    str token;
    int wait_s;
    struct session s;
    assert_int_equal(sign_in(h, INST_NOW, NAME, STR("wrong word here"), PEER, &token, &wait_s).code,
                     ERR_DENIED);
    assert_int_equal(sign_in(h, INST_NOW, STR("nobody"), WORD, PEER, &token, &wait_s).code,
                     ERR_DENIED);
    assert_int_equal(sign_in(h, INST_NOW, STR(""), STR(""), PEER, &token, &wait_s).code,
                     ERR_DENIED);
    dbs_ok(sign_in(h, INST_NOW, STR("LI.LEI"), WORD, PEER, &token, &wait_s));
    assert_true(good(h, INST_NOW, token, false, &s));
    assert_true(s.person == h->person && str_eq(s.login, NAME) && s.csrf.len == 32 && !s.token);
    assert_false(good(h, INST_NOW, token, true, &s)); /* a session is no API token */
    assert_false(in_at(h, INST_NOW, str_from_n(token.ptr, token.len - 1)));
    assert_false(in_at(h, INST_NOW, STR("")));
    dbs_ok(people_sign_out(h->people, h->a, INST_NOW, token));
    assert_false(in_at(h, INST_NOW, token));
}

static void a_session_ends_when_idle_and_at_last_in_any_case(struct house *h)
{
    str idle = let_in(h, INST_NOW);
    assert_true(in_at(h, INST_NOW + IDLE_MS - 1, idle));
    assert_false(in_at(h, INST_NOW + IDLE_MS + 1, idle));
    str used = let_in(h, INST_NOW);
    for (int64_t at = INST_NOW; at < INST_NOW + SESSION_MS; at += IDLE_MS / 2) {
        assert_true(use_at(h, at, used, false));
        settle(h);
    }
    assert_false(in_at(h, INST_NOW + SESSION_MS + 1, used)); /* however busy it was */
}

static void being_seen_is_written_now_and_then(struct house *h)
{
    str token = let_in(h, INST_NOW);
    struct session s;
    for (int i = 0; i < 50; i++) {
        assert_true(use_at(h, INST_NOW + i * 100, token, false));
    }
    settle(h);
    assert_true(good(h, INST_NOW, token, false, &s));
    assert_true(s.seen_at == INST_NOW); /* fifty requests in five seconds wrote nothing */
    assert_true(use_at(h, INST_NOW + SEEN_MS, token, false));
    settle(h);
    assert_true(good(h, INST_NOW, token, false, &s));
    assert_true(s.seen_at == INST_NOW + SEEN_MS);
}

static void guessing_is_slowed_down_for_that_name_and_network_only(struct house *h)
{
    str token;
    int wait_s = 0;
    int tries = 0;
    err e = OK;
    while (e.code != ERR_LIMIT && tries < 20) {
        e = sign_in(h, INST_NOW, NAME, STR("wrong word here"), PEER, &token, &wait_s);
        tries++;
    }
    assert_true(tries > 3 && tries < 20 && wait_s >= 1);
    /* the right word does not help now, nor another address of that network */
    assert_int_equal(sign_in(h, INST_NOW, NAME, WORD, PEER, &token, &wait_s).code, ERR_LIMIT);
    assert_int_equal(sign_in(h, INST_NOW, NAME, WORD, STR("192.0.2.8"), &token, &wait_s).code,
                     ERR_LIMIT);
    /* nobody is locked out: from elsewhere, and as somebody else, at once */
    dbs_ok(sign_in(h, INST_NOW, NAME, WORD, STR("198.51.100.1"), &token, &wait_s));
    assert_int_equal(sign_in(h, INST_NOW, STR("wu.tao"), WORD, PEER, &token, &wait_s).code,
                     ERR_DENIED);
    dbs_ok(sign_in(h, INST_NOW + 10 * MINUTE, NAME, WORD, PEER, &token, &wait_s));
}

static void a_new_password_ends_every_session(struct house *h)
{
    str one = let_in(h, INST_NOW);
    str two = let_in(h, INST_NOW);
    struct words why = {0};
    str fresh = STR("another fine sentence");
    assert_int_equal(people_set_password(h->people, h->in.db, h->a, INST_NOW, h->person,
                                         STR("not the old one"), fresh, &why)
                         .code,
                     ERR_VALUE);
    assert_true(why.zh.len && why.en.len);
    assert_int_equal(people_set_password(h->people, h->in.db, h->a, INST_NOW, h->person, WORD,
                                         STR("short"), &why)
                         .code,
                     ERR_VALUE);
    assert_int_equal(
        people_set_password(h->people, h->in.db, h->a, INST_NOW, h->person, WORD, WORD, &why).code,
        ERR_VALUE);
    assert_true(in_at(h, INST_NOW, one));
    dbs_ok(people_set_password(h->people, h->in.db, h->a, INST_NOW, h->person, WORD, fresh, &why));
    assert_false(in_at(h, INST_NOW, one));
    assert_false(in_at(h, INST_NOW, two));
    str token;
    int wait_s;
    assert_int_equal(sign_in(h, INST_NOW, NAME, WORD, PEER, &token, &wait_s).code, ERR_DENIED);
    dbs_ok(sign_in(h, INST_NOW, NAME, fresh, PEER, &token, &wait_s));
}

static void an_account_has_a_name_of_its_own_and_is_changed_at_first(struct house *h)
{
    struct words why = {0};
    struct session s;
    str token;
    int wait_s;
    assert_int_equal(
        people_set_account(h->people, h->a, INST_NOW, h->other, NAME, WORD, true, &why).code,
        ERR_CONFLICT);
    assert_true(why.zh.len && why.en.len);
    const char *bad[] = {"", "a", "two words", "slash/es", "引号"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(people_set_account(h->people, h->a, INST_NOW, h->other, str_from(bad[i]),
                                            WORD, true, &why)
                             .code,
                         ERR_VALUE);
    }
    dbs_ok(
        people_set_account(h->people, h->a, INST_NOW, h->other, STR("wu.tao"), WORD, true, &why));
    dbs_ok(sign_in(h, INST_NOW, STR("wu.tao"), WORD, PEER, &token, &wait_s));
    assert_true(good(h, INST_NOW, token, false, &s) && s.must_change);
    dbs_ok(people_end_sessions(h->people, h->a, INST_NOW, h->other));
    assert_false(in_at(h, INST_NOW, token));
}

static void a_token_has_scopes_and_an_end(struct house *h)
{
    str token;
    struct session s;
    dbs_ok(token_make(h->people, h->a, INST_NOW, h->person, STR("export"), STR("read write"),
                      INST_NOW + MINUTE, &token));
    assert_true(good(h, INST_NOW, token, true, &s));
    assert_true(s.token && s.person == h->person && str_eq(s.scopes, STR("read write")));
    assert_false(in_at(h, INST_NOW, token)); /* a token is no session */
    assert_false(good(h, INST_NOW + MINUTE + 1, token, true, &s));
    assert_true(use_at(h, INST_NOW, token, true));
    settle(h);
    struct batch *b = batch_begin(h->in.db, h->a);
    int place = token_list_ask(b, h->person);
    dbs_ok(batch_run(b));
    struct token_rows list = token_list_read(b, place, h->a);
    assert_int_equal(list.len, 1);
    assert_true(list.ptr[0].used_at == INST_NOW);
    dbs_ok(token_end(h->people, h->a, INST_NOW, h->other,
                     list.ptr[0].id)); /* somebody else's: nothing */
    assert_true(good(h, INST_NOW, token, true, &s));
    dbs_ok(token_end(h->people, h->a, INST_NOW, h->person, list.ptr[0].id));
    assert_false(good(h, INST_NOW, token, true, &s));
}

/* The state of a person, written past every rule. */
static err put_state(void *arg, struct db *db, struct arena *a)
{
    const int64_t *to = arg; /* person, state */
    return db_exec(db, a, SQL("update r_person set state = $2 where id = $1"),
                   ARGS(db_i64(to[0]), db_i64(to[1])));
}

static void set_state(struct house *h, const char *state)
{
    const struct model *m = engine_model(h->in.e);
    int64_t to[2] = {h->person, tdef_state(m->person->newest, str_from(state))->code};
    engine_release(h->in.e, m);
    dbs_ok(engine_write(h->in.e, put_state, to));
}

static void who_has_left_is_out_and_coming_back_revives_nothing(struct house *h)
{
    str token = let_in(h, INST_NOW);
    str api;
    struct session s;
    int wait_s;
    dbs_ok(token_make(h->people, h->a, INST_NOW, h->person, STR("x"), STR("read"),
                      INST_NOW + MINUTE, &api));
    set_state(h, "left");
    assert_false(in_at(h, INST_NOW, token)); /* at once */
    assert_false(good(h, INST_NOW, api, true, &s));
    assert_int_equal(sign_in(h, INST_NOW, NAME, WORD, PEER, &token, &wait_s).code, ERR_DENIED);
    people_turn(h->people, INST_NOW + MINUTE);
    set_state(h, "active");
    assert_false(in_at(h, INST_NOW, token));
    assert_false(good(h, INST_NOW, api, true, &s));
    assert_true(in_at(h, INST_NOW, let_in(h, INST_NOW)));
}

static void what_is_over_is_taken_away(struct house *h)
{
    let_in(h, INST_NOW);
    str used = let_in(h, INST_NOW + IDLE_MS);
    people_turn(h->people, INST_NOW + IDLE_MS + 1);
    assert_int_equal(inst_i64(&h->in, SQL("select count(*) from session"), NO_ARGS), 1);
    assert_true(in_at(h, INST_NOW + IDLE_MS + 1, used));
}

static void one_of_my_sessions_can_be_ended(struct house *h)
{
    str one = let_in(h, INST_NOW);
    str two = let_in(h, INST_NOW + 1);
    struct batch *b = batch_begin(h->in.db, h->a);
    int place = session_list_ask(b, h->person);
    dbs_ok(batch_run(b));
    struct session_rows list = session_list_read(b, place, h->a, two);
    assert_int_equal(list.len, 2);
    assert_true(list.ptr[0].current && !list.ptr[1].current);
    dbs_ok(session_end(h->people, h->other, list.ptr[1].key)); /* somebody else's: nothing */
    assert_true(in_at(h, INST_NOW, one));
    dbs_ok(session_end(h->people, h->person, STR("0000000000000000")));
    assert_true(in_at(h, INST_NOW, one));
    dbs_ok(session_end(h->people, h->person, list.ptr[1].key));
    assert_false(in_at(h, INST_NOW, one));
    assert_true(in_at(h, INST_NOW, two));
}

static void
the_queue_of_passwords_is_as_wide_as_the_cores_and_not_longer_than_it_may(struct house *h)
{
    int wide = 0;
    str token;
    int wait_s;
    assert_int_equal(sem_getvalue(&h->people->hashing, &wide), 0);
    assert_int_equal(wide, sysconf(_SC_NPROCESSORS_ONLN));
    atomic_store(&h->people->queued, h->people->queue_max);
    assert_int_equal(sign_in(h, INST_NOW, NAME, WORD, PEER, &token, &wait_s).code, ERR_BUSY);
    assert_int_equal(sign_in(h, INST_NOW, STR("nobody"), WORD, PEER, &token, &wait_s).code,
                     ERR_BUSY);
    atomic_store(&h->people->queued, 0);
    assert_true(in_at(h, INST_NOW, let_in(h, INST_NOW))); /* being turned away is no failure */
    assert_int_equal(atomic_load(&h->people->queued), 0);
}

/* Processor time of the thread, which others on the machine do not lengthen. */
static double cost_us(struct house *h, str login, str word)
{
    struct timespec a;
    struct timespec b;
    str token;
    int wait_s;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    assert_int_equal(sign_in(h, INST_NOW, login, word, STR("203.0.113.9"), &token, &wait_s).code,
                     ERR_DENIED);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

static void an_unknown_name_costs_what_a_wrong_password_costs(struct house *h)
{
    double known = 0;
    double unknown = 0;
    for (int i = 0; i < 4; i++) { /* the fifth failure would be slowed down */
        known += cost_us(h, NAME, STR("wrong word here"));
        unknown += cost_us(h, STR("nobody"), STR("wrong word here"));
    }
    print_message("           known %.0f us, unknown %.0f us\n", known / 4, unknown / 4);
    assert_true(known < unknown * 1.5 && unknown < known * 1.5);
}

static void only_hashes_are_stored(struct house *h)
{
    str token = let_in(h, INST_NOW);
    str api;
    dbs_ok(token_make(h->people, h->a, INST_NOW, h->person, STR("x"), STR("read"),
                      INST_NOW + MINUTE, &api));
    int64_t raw = inst_i64(&h->in, SQL("select count(*) from session where token = $1"),
                           ARGS(db_blob(token)));
    raw += inst_i64(&h->in, SQL("select count(*) from token where hash = $1"), ARGS(db_blob(api)));
    raw +=
        inst_i64(&h->in, SQL("select count(*) from account where hash = $1"), ARGS(db_text(WORD)));
    assert_int_equal(raw, 0);
    int64_t hashed = inst_i64(
        &h->in, SQL("select count(*) from account where hash like '$argon2id$v=19$m=19456,t=2%'"),
        NO_ARGS);
    assert_int_equal(hashed, 1);
    assert_false(str_eq(token, let_in(h, INST_NOW)));
}

static enum lang language_after(struct house *h, enum lang door)
{
    struct signed_in in;
    struct session s;
    dbs_ok(people_sign_in(h->people, h->in.db, h->a, INST_NOW,
                          &(struct sign_in){NAME, WORD, PEER, HERE, door}, &in));
    assert_true(good(h, INST_NOW, in.token, false, &s));
    return s.lang;
}

static void the_language_is_the_doors_until_one_is_chosen(struct house *h)
{
    assert_int_equal(language_after(h, LANG_EN), LANG_EN);
    assert_int_equal(language_after(h, LANG_ZH), LANG_ZH);
    assert_int_equal(language_after(h, LANG_EN), LANG_EN);
    dbs_ok(people_set_preferences(h->people, h->a, INST_NOW, h->person, LANG_ZH, STR("")));
    assert_int_equal(language_after(h, LANG_EN), LANG_ZH);
    dbs_ok(people_set_preferences(h->people, h->a, INST_NOW, h->person, LANG_EN, STR("")));
    assert_int_equal(language_after(h, LANG_ZH), LANG_EN);
}

static const struct {
    const char *name;
    void (*body)(struct house *h);
} bodies[] = {
    {"the_right_pair_makes_a_session_and_no_other_does",
     the_right_pair_makes_a_session_and_no_other_does},
    {"a_session_ends_when_idle_and_at_last_in_any_case",
     a_session_ends_when_idle_and_at_last_in_any_case},
    {"being_seen_is_written_now_and_then", being_seen_is_written_now_and_then},
    {"guessing_is_slowed_down_for_that_name_and_network_only",
     guessing_is_slowed_down_for_that_name_and_network_only},
    {"a_new_password_ends_every_session", a_new_password_ends_every_session},
    {"an_account_has_a_name_of_its_own_and_is_changed_at_first",
     an_account_has_a_name_of_its_own_and_is_changed_at_first},
    {"a_token_has_scopes_and_an_end", a_token_has_scopes_and_an_end},
    {"only_hashes_are_stored", only_hashes_are_stored},
    {"who_has_left_is_out_and_coming_back_revives_nothing",
     who_has_left_is_out_and_coming_back_revives_nothing},
    {"what_is_over_is_taken_away", what_is_over_is_taken_away},
    {"the_language_is_the_doors_until_one_is_chosen",
     the_language_is_the_doors_until_one_is_chosen},
    {"one_of_my_sessions_can_be_ended", one_of_my_sessions_can_be_ended},
    {"the_queue_of_passwords_is_as_wide_as_the_cores_and_not_longer_than_it_may",
     the_queue_of_passwords_is_as_wide_as_the_cores_and_not_longer_than_it_may},
    {"an_unknown_name_costs_what_a_wrong_password_costs",
     an_unknown_name_costs_what_a_wrong_password_costs},
};

/* One installation for all, because making it is what takes time. */
static void body_all(struct dbs *t)
{
    struct house h;
    house_make(t, &h);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        print_message("           %s\n", bodies[i].name);
        house_fresh(&h);
        bodies[i].body(&h);
    }
    engine_stop(h.in.e);
}

static void whom_the_door_lets_in(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, body_all);
}

static void weak_passwords_are_told_apart_from_strong_ones(void **state)
{
    static const struct {
        const char *word;
        bool weak;
    } rows[] = {
        {"", true},
        {"short", true},
        {"aaaaaaaaaaaaaaa", true},
        {"1234567890", true},
        {"Password123!", true},
        {"my li.lei word", true}, /* the login is in it */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", true},
        {"长城上有十二只白鸟飞", false},
        {"correct horse battery staple", false},
        {"tr0ub4dor&3x", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct words w = password_weak(str_from(rows[i].word), NAME);
        if ((w.zh.len > 0) != rows[i].weak || (w.zh.len > 0) != (w.en.len > 0)) {
            fail_msg("%s", rows[i].word);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whom_the_door_lets_in),
        cmocka_unit_test(weak_passwords_are_told_apart_from_strong_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
