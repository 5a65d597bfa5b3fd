/* A witness signs what continues the last that it signed, and nothing else; what it signed
 * is on its disk before it says so. */
#include "base/buf.h"
#include "ledger/b64.h"
#include "ledger/log.h"
#include "ledger/witness.h"

#include "support/client.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- deciding --------------------------------------------------------------------------- */

struct two {
    struct dbs *t;
    struct log l;
    str notes[3]; /* of 100, 200 and 300 entries */
    struct note_checkpoint cps[3];
};

static void two_make(struct dbs *t, struct two *w)
{
    *w = (struct two){.t = t, .l = log_make(t)};
    for (int i = 0; i < 3; i++) {
        struct ledger_view *v = NULL;
        log_grow(&w->l, 100, 50, 1767225600000);
        log_sign(&w->l, 1000 + i);
        dbs_ok(ledger_view(t->db, t->a, &v));
        dbs_ok(ledger_view_checkpoint(v, -1, &w->notes[i], &w->cps[i]));
    }
}

/* The request that leads from the size `from` to a checkpoint. */
static str request(struct two *w, int64_t from, int to)
{
    struct ledger_view *v = NULL;
    struct merkle_proof p = {.len = 0};
    struct buf b = buf_make(w->t->a, 1 << 16);
    dbs_ok(ledger_view(w->t->db, w->t->a, &v));
    if (from > 0 && from <= w->cps[to].size) {
        dbs_ok(ledger_consistency(v, from, w->cps[to].size, &p));
    }
    buf_put_fmt(&b, "old %lld\n", (long long)from);
    for (int i = 0; i < p.len; i++) {
        b64_put(&b, hash_str(&p.at[i]));
        buf_put_c(&b, '\n');
    }
    buf_put_c(&b, '\n');
    buf_put(&b, w->notes[to]);
    return buf_str(&b);
}

static int decided(struct two *w, str body, int last)
{
    struct witness_request r;
    struct hash none = {{0}};
    if (!witness_read(body, &r)) {
        return WITNESS_MALFORMED;
    }
    return (int)witness_decide(w->l.led->hasher, &r, &w->l.signer.key, 1,
                               last < 0 ? 0 : w->cps[last].size,
                               last < 0 ? &none : &w->cps[last].root);
}

static str bent(struct two *w, str body, size_t at)
{
    char *p = arena_bytes(w->t->a, body.len + 1);
    memcpy(p, body.ptr, body.len);
    p[at] = p[at] == 'A' ? 'B' : 'A';
    return str_from_n(p, body.len);
}

static void decides(struct dbs *t)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "another";
    struct two w;
    two_make(t, &w);
    assert_int_equal(decided(&w, request(&w, 0, 0), -1), WITNESS_OK);
    assert_int_equal(decided(&w, request(&w, 100, 1), 0), WITNESS_OK);
    assert_int_equal(decided(&w, request(&w, 100, 2), 0), WITNESS_OK);
    assert_int_equal(decided(&w, request(&w, 200, 1), 1), WITNESS_OK); /* the same once more */
    assert_int_equal(decided(&w, request(&w, 0, 1), 0), WITNESS_OTHER);
    assert_int_equal(decided(&w, request(&w, 100, 2), 1), WITNESS_OTHER);
    assert_int_equal(decided(&w, request(&w, 200, 0), 1), WITNESS_MALFORMED); /* shorter */
    str body = request(&w, 100, 2);
    assert_int_equal(decided(&w, bent(&w, body, 12), 0), WITNESS_PROOF);
    assert_int_equal(decided(&w, bent(&w, body, body.len - 20), 0), WITNESS_KEY);
    for (size_t i = 0; i < body.len; i += 7) { /* whatever is bent, nothing is signed */
        assert_int_not_equal(decided(&w, bent(&w, body, i), 0), WITNESS_OK);
    }
    assert_int_equal(decided(&w, STR("old 0\n"), 0), WITNESS_MALFORMED);
    assert_int_equal(decided(&w, STR("old 00\n\n"), 0), WITNESS_MALFORMED);
    struct note_signer other;
    struct witness_request r;
    dbs_ok(note_signer(w.l.led->hasher, STR("other.example"), seed, &other));
    assert_true(witness_read(body, &r));
    assert_int_equal(witness_decide(w.l.led->hasher, &r, &other.key, 1, 0, &w.cps[0].root),
                     WITNESS_ORIGIN);
    /* Another history of the same size, signed by the log itself. */
    struct note_checkpoint cp = {.origin = LOG_ORIGIN, .size = 100, .root = w.cps[1].root};
    str bad = str_fmt(t->a, "old 100\n\n%.*s", STR_ARG(note_write(t->a, &w.l.signer, &cp)));
    assert_int_equal(decided(&w, bad, 0), WITNESS_OTHER);
}

static void only_what_continues_the_last_is_signed(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, decides);
}

/* --- the program -------------------------------------------------------------------------- */

enum { PORT = 18419 };

static const char *program(struct arena *a)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
    assert_true(n > 0 && n < (ssize_t)sizeof(self));
    str path = str_from_n(self, (size_t)n);
    for (int up = 0; up < 3; up++) {
        while (path.ptr[--path.len] != '/') {
        }
    }
    return str_fmt(a, "%.*s/zhidu-witness", STR_ARG(path)).ptr;
}

static pid_t start(struct arena *a, const char *const *args)
{
    char *argv[10] = {(char *)(uintptr_t) "zhidu-witness"};
    char *env[] = {(char *)(uintptr_t) "LANG=en", NULL};
    pid_t pid = 0;
    for (int i = 0; args[i]; i++) {
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    assert_int_equal(posix_spawn(&pid, program(a), NULL, NULL, argv, env), 0);
    return pid;
}
#define START(a, ...) start(a, (const char *const[]){__VA_ARGS__, NULL})

static int ended(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static struct client_answer ask(struct arena *a, str body)
{
    struct client c = client_make(PORT);
    struct client_answer r = {.status = 0};
    for (int i = 0; i < 100 && !client_open(&c); i++) {
        usleep(50000);
    }
    str text = str_fmt(a,
                       "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n%.*s",
                       body.len, STR_ARG(body));
    assert_true(client_ask(&c, a, text, &r));
    client_close(&c);
    return r;
}

static void served(struct dbs *t)
{
    char folder[] = "/tmp/zhidu-witness-XXXXXX";
    char listen[32];
    struct two w;
    two_make(t, &w);
    assert_non_null(mkdtemp(folder));
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", PORT);
    assert_int_equal(ended(START(t->a, "make", "--dir", folder, "--name", "w.example/1")), 0);
    assert_int_equal(ended(START(t->a, "make", "--dir", folder, "--name", "w.example/1")), 1);
    assert_int_equal(ended(START(t->a, "serve", "--dir", folder, "--listen", listen)), 1);
    FILE *logs = fopen(str_fmt(t->a, "%s/logs", folder).ptr, "w");
    str vkey = note_vkey(t->a, &w.l.signer.key);
    assert_non_null(logs);
    fprintf(logs, "# ours\n%.*s\n", STR_ARG(vkey));
    fclose(logs);
    pid_t pid = START(t->a, "serve", "--dir", folder, "--listen", listen);
    struct client_answer r = ask(t->a, request(&w, 0, 0));
    assert_int_equal(r.status, 200);
    assert_true(str_starts(r.body, STR("\u2014 w.example/1 ")));
    r = ask(t->a, request(&w, 0, 1));
    assert_int_equal(r.status, 409);
    assert_true(str_eq(r.body, STR("100\n")));
    assert_true(str_eq(client_header(&r, STR("Content-Type")), STR("text/x.tlog.size")));
    assert_int_equal(ask(t->a, request(&w, 100, 1)).status, 200);
    assert_int_equal(ask(t->a, STR("nonsense")).status, 400);
    kill(pid, SIGKILL); /* what it signed it still knows */
    waitpid(pid, NULL, 0);
    pid = START(t->a, "serve", "--dir", folder, "--listen", listen);
    r = ask(t->a, request(&w, 100, 2));
    assert_int_equal(r.status, 409);
    assert_true(str_eq(r.body, STR("200\n")));
    assert_int_equal(ask(t->a, request(&w, 200, 2)).status, 200);
    kill(pid, SIGTERM);
    assert_int_equal(ended(pid), 0);
    assert_int_equal(system(str_fmt(t->a, "rm -r %s", folder).ptr), 0);
}

static void the_program_keeps_what_it_signed(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, served);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_continues_the_last_is_signed),
        cmocka_unit_test(the_program_keeps_what_it_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
