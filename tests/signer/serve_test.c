/* The signer as a process behind its socket: strangers, garbage, callers that say
 * nothing; and the server's end of it. */
#include "signer/line.h"
#include "signer/serve.h"
#include "signer/tree.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct running {
    struct tree t;
    char path[64];
    pid_t pid;
};

static struct running run(uid_t peer)
{
    static volatile sig_atomic_t stop;
    struct running r = {.t = tree_make(1)};
    struct signer_ways ways = {.given = -1, .peer = peer, .stop = &stop};
    snprintf(r.path, sizeof(r.path), "/tmp/zhidu-signer-%d.sock", (int)getpid());
    assert_int_equal(signer_listen(&r.t.a, r.path, 0600, &ways.listens).code, ERR_NONE);
    r.pid = fork();
    if (r.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct signer s = tree_signer(&r.t, 0);
        signer_serve(&s, &ways);
        _exit(0);
    }
    assert_true(r.pid > 0);
    close(ways.listens);
    return r;
}

static void end(struct running *r)
{
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    unlink(r->path);
    arena_end(&r->t.a);
}

static struct signer_line line_to(struct running *r)
{
    return (struct signer_line){.path = str_from(r->path), .fd = -1};
}

/* Waits for an answer as nobody in the server does. */
static err take(struct running *r, struct signer_line *l, str *ret)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    poll(&p, 1, 5000);
    return signer_line_take(l, &r->t.a, ret);
}

static enum verdict ask(struct running *r, struct signer_line *l, int m, int n)
{
    struct wire_request q = tree_request(&r->t, m, n);
    struct wire_answer x;
    str packet;
    assert_true(signer_line_send(l, wire_put_request(&r->t.a, &q)));
    assert_int_equal(take(r, l, &packet).code, ERR_NONE);
    assert_int_equal(wire_get_answer(packet, &x).code, ERR_NONE);
    return x.verdict;
}

static void a_server_is_answered(void **state)
{
    (void)state;
    struct running r = run(getuid());
    struct signer_line l = line_to(&r);
    struct note_key key;
    str nothing;
    assert_int_equal(signer_line_key(&l, r.t.h, &r.t.a, 5000, &key).code, ERR_NONE);
    assert_true(str_eq(key.name, TREE_ORIGIN));
    assert_int_equal(signer_line_take(&l, &r.t.a, &nothing).code, ERR_NOT_FOUND);
    assert_int_equal(ask(&r, &l, 0, 3), VERDICT_SIGNED);
    assert_int_equal(ask(&r, &l, 3, 8), VERDICT_SIGNED);
    assert_int_equal(ask(&r, &l, 3, 5), VERDICT_SMALLER);
    signer_line_close(&l);
    assert_int_equal(ask(&r, &l, 8, 9), VERDICT_SIGNED); /* connects again */
    signer_line_close(&l);
    end(&r);
}

static void a_stranger_is_let_go_without_a_word(void **state)
{
    (void)state;
    struct running r = run(getuid() + 1);
    struct signer_line l = line_to(&r);
    struct wire_request q = {.key = true};
    str packet;
    signer_line_send(&l, wire_put_request(&r.t.a, &q));
    if (l.fd >= 0) {
        assert_int_equal(take(&r, &l, &packet).code, ERR_BUSY);
    }
    signer_line_close(&l);
    end(&r);
}

static void garbage_ends_its_connection_and_no_other(void **state)
{
    (void)state;
    struct running r = run(getuid());
    struct signer_line good = line_to(&r);
    unsigned dice = 7;
    assert_int_equal(ask(&r, &good, 0, 1), VERDICT_SIGNED);
    for (int i = 0; i < 300; i++) {
        struct signer_line bad = line_to(&r);
        char junk[WIRE_MAX + 100];
        size_t n = 1 + (size_t)rand_r(&dice) % (i % 10 ? 300 : sizeof(junk) - 1);
        for (size_t k = 0; k < n; k++) {
            junk[k] = (char)rand_r(&dice);
        }
        if (i % 3 == 0) {
            memcpy(junk, "zhidu.signer/1 sign\n", n < 20 ? n : 20);
        }
        str packet;
        struct wire_answer x;
        assert_true(signer_line_send(&bad, str_from_n(junk, n)));
        assert_int_equal(take(&r, &bad, &packet).code, ERR_NONE);
        assert_int_equal(wire_get_answer(packet, &x).code, ERR_NONE);
        assert_int_equal(x.verdict, VERDICT_FORM);
        assert_int_equal(take(&r, &bad, &packet).code, ERR_BUSY);
        signer_line_close(&bad);
    }
    assert_int_equal(ask(&r, &good, 1, 2), VERDICT_SIGNED);
    signer_line_close(&good);
    end(&r);
}

static void callers_that_say_nothing_keep_nobody_out(void **state)
{
    (void)state;
    enum { MANY = 100 };
    struct running r = run(getuid());
    struct signer_line silent[MANY];
    struct wire_request q = {.key = true};
    for (int i = 0; i < MANY; i++) {
        silent[i] = line_to(&r);
        for (int tries = 0; tries < 1000 && silent[i].fd < 0; tries++) {
            signer_line_send(&silent[i], wire_put_request(&r.t.a, &q));
            poll(NULL, 0, silent[i].fd < 0);
        }
    }
    struct signer_line l = line_to(&r);
    struct note_key key;
    err e = err_make(ERR_BUSY, STR("never asked"));
    for (int tries = 0; tries < 1000 && e.code; tries++) { /* its queue may be full, told at once */
        e = signer_line_key(&l, r.t.h, &r.t.a, 5000, &key);
        poll(NULL, 0, e.code ? 10 : 0);
    }
    assert_int_equal(e.code, ERR_NONE);
    for (int i = 0; i < MANY; i++) {
        signer_line_close(&silent[i]);
    }
    signer_line_close(&l);
    end(&r);
}

static void without_a_signer_the_line_says_so_at_once(void **state)
{
    (void)state;
    struct running r = run(getuid());
    struct signer_line l = line_to(&r);
    str packet;
    assert_int_equal(ask(&r, &l, 0, 1), VERDICT_SIGNED);
    kill(r.pid, SIGKILL);
    waitpid(r.pid, NULL, 0);
    assert_int_equal(take(&r, &l, &packet).code, ERR_BUSY);
    assert_false(signer_line_send(&l, STR("x")));
    end(&r);
}

static void every_trouble_is_said_in_two_languages(void **state)
{
    (void)state;
    for (int t = SIGNER_WELL; t <= SIGNER_UNKEPT; t++) {
        struct words w = signer_words((enum signer_trouble)t);
        struct words r = signer_remedy((enum signer_trouble)t);
        assert_true(w.zh.len && w.en.len);
        assert_true(t == SIGNER_WELL || (r.zh.len && r.en.len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_answered),
        cmocka_unit_test(a_stranger_is_let_go_without_a_word),
        cmocka_unit_test(garbage_ends_its_connection_and_no_other),
        cmocka_unit_test(callers_that_say_nothing_keep_nobody_out),
        cmocka_unit_test(without_a_signer_the_line_says_so_at_once),
        cmocka_unit_test(every_trouble_is_said_in_two_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
