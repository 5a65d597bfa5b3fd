/* The server's side of signing: never waits, believes only its own key, goes on
 * after a signer that dies, hangs, lies or refuses. */
#include "engine/seal.h"
#include "ledger/log.h"

#include "signer/signer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
    struct log l;
    struct seal seal;
    struct signer signer; /* without a folder, answering when the test says so */
    int end;              /* its end of the line */
    int64_t mono;
};

static struct world world_make(struct dbs *t)
{
    struct world w = {.l = log_make(t)};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    w.end = ends[1];
    w.signer = (struct signer){.dir = -1, .lock = -1, .hasher = w.l.led->hasher, .key = w.l.signer};
    struct seal_options o = {.line = {.fd = ends[0]}, .key = w.l.signer.key};
    seal_make(&w.seal, &o, w.l.led);
    return w;
}

static void world_end(struct world *w)
{
    close(w->seal.line.fd);
    seal_close(&w->seal);
    if (w->end >= 0) {
        close(w->end);
    }
}

static void turn(struct world *w, int64_t later)
{
    w->mono += later;
    seal_turn(&w->seal, w->l.t->db, w->l.t->a, 5000 + w->mono, w->mono);
}

/* The signer takes one packet and answers; false when there is none. */
static bool signer_turn(struct world *w)
{
    char room[WIRE_MAX];
    ssize_t n = recv(w->end, room, sizeof(room), MSG_DONTWAIT);
    if (n <= 0) {
        return false;
    }
    str said = signer_answer(&w->signer, w->l.t->a, str_from_n(room, (size_t)n));
    assert_int_equal(send(w->end, said.ptr, said.len, 0), said.len);
    return true;
}

static int64_t stored(struct world *w)
{
    return dbs_i64(w->l.t->db, w->l.t->a,
                   SQL("select coalesce(max(size), 0) from ledger_checkpoint"), NO_ARGS);
}

static void works(struct dbs *t)
{
    struct world w = world_make(t);
    turn(&w, 0);
    assert_false(signer_turn(&w)); /* nothing to sign yet */
    int64_t size = 0;
    for (int i = 0; i < 12; i++) {
        log_grow(&w.l, 1 + i * 37, 20, 1000 + i);
        size += 1 + i * 37;
        turn(&w, 1000);
        assert_true(signer_turn(&w));
        log_grow(&w.l, 3, 3, 1000 + i); /* grows while the answer is on its way */
        turn(&w, 1);
        assert_int_equal(stored(&w), size);
        size += 3;
        turn(&w, 1);
        assert_false(signer_turn(&w)); /* at most once a second */
    }
    assert_int_equal(w.seal.trouble, SIGNER_WELL);
    assert_false(log_verify(&w.l, NULL).bad);
    world_end(&w);
}

static void checkpoints_follow_the_log(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, works);
}

static void finds_out(struct dbs *t)
{
    struct world w = world_make(t);
    log_grow(&w.l, 10, 10, 1000);
    turn(&w, 0);
    assert_true(signer_turn(&w));
    turn(&w, 1);
    assert_int_equal(stored(&w), 10);
    /* signed by a signer whose answer never came */
    log_grow(&w.l, 5, 5, 1000);
    turn(&w, 1000);
    assert_true(signer_turn(&w));
    char lost[WIRE_MAX];
    assert_true(recv(w.seal.line.fd, lost, sizeof(lost), 0) > 0);
    log_grow(&w.l, 5, 5, 1000);
    turn(&w, 4000);
    assert_int_equal(w.seal.trouble, SIGNER_SILENT);
    assert_true(signer_turn(&w)); /* "old": it has signed 15 */
    turn(&w, 1000);
    assert_true(signer_turn(&w));
    turn(&w, 1);
    assert_int_equal(stored(&w), 20);
    assert_int_equal(w.seal.trouble, SIGNER_WELL);
    world_end(&w);
}

static void a_lost_answer_is_made_good(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, finds_out);
}

static void is_lied_to(struct dbs *t)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "another key of the same name";
    struct world w = world_make(t);
    log_grow(&w.l, 4, 4, 1000);
    struct note_signer real = w.signer.key;
    dbs_ok(note_signer(w.l.led->hasher, LOG_ORIGIN, seed, &w.signer.key));
    turn(&w, 0);
    assert_true(signer_turn(&w));
    turn(&w, 1);
    assert_int_equal(w.seal.trouble, SIGNER_STRANGE);
    assert_int_equal(stored(&w), 0);
    turn(&w, 4000);
    turn(&w, 1000); /* asks again */
    char junk[] = "zhidu.signer/1 signed\nnothing";
    while (recv(w.end, (char[WIRE_MAX]){0}, WIRE_MAX, MSG_DONTWAIT) > 0) {
    }
    assert_true(send(w.end, junk, sizeof(junk) - 1, 0) > 0);
    assert_true(send(w.end, junk, 5, 0) > 0);
    turn(&w, 1);
    assert_int_equal(w.seal.trouble, SIGNER_STRANGE);
    assert_int_equal(stored(&w), 0);
    w.signer.key = real;
    w.signer.last = (struct note_checkpoint){0};
    turn(&w, 4000);
    turn(&w, 1000);
    assert_true(signer_turn(&w));
    turn(&w, 1);
    assert_int_equal(stored(&w), 4);
    world_end(&w);
}

static void only_the_own_key_is_believed(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, is_lied_to);
}

static void is_refused(struct dbs *t)
{
    struct world w = world_make(t);
    log_grow(&w.l, 4, 4, 1000);
    w.signer.last = (struct note_checkpoint){
        .origin = LOG_ORIGIN, .size = 9, .root = hash_of(w.l.led->hasher, STR("x"))};
    turn(&w, 0);
    assert_true(signer_turn(&w));
    turn(&w, 1);
    assert_int_equal(w.seal.trouble, SIGNER_SMALLER);
    assert_int_equal(w.seal.last_size, 9);
    log_grow(&w.l, 8, 4, 1000); /* longer than that one, and not its continuation */
    for (int i = 0; i < 3; i++) {
        turn(&w, 1000);
        signer_turn(&w);
        turn(&w, 1);
    }
    assert_int_equal(w.seal.trouble, SIGNER_REWRITTEN);
    assert_int_equal(stored(&w), 0);
    world_end(&w);
}

static void a_refusal_is_kept_and_nothing_stored(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, is_refused);
}

static void is_alone(struct dbs *t)
{
    struct world w = world_make(t);
    log_grow(&w.l, 4, 4, 1000);
    turn(&w, 0);
    close(w.end);
    w.end = -1;
    turn(&w, 1);
    assert_int_equal(w.seal.trouble, SIGNER_ABSENT);
    for (int i = 0; i < 5; i++) {
        log_grow(&w.l, 1, 1, 1000);
        turn(&w, 1000);
        assert_int_equal(w.seal.trouble, SIGNER_ABSENT);
    }
    assert_int_equal(ledger_size(w.l.led), 9); /* and all was recorded */
    world_end(&w);
}

static void without_a_signer_work_goes_on(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, is_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoints_follow_the_log),
        cmocka_unit_test(a_lost_answer_is_made_good),
        cmocka_unit_test(only_the_own_key_is_believed),
        cmocka_unit_test(a_refusal_is_kept_and_nothing_stored),
        cmocka_unit_test(without_a_signer_work_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
