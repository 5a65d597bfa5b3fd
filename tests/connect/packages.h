/* packages.h - an installation whose ledger is signed, packages of its controls, and
 * zhidu-verify run on them. */
#ifndef TESTS_CONNECT_PACKAGES_H
#define TESTS_CONNECT_PACKAGES_H

#include "base/buf.h"
#include "connect/evidence.h"
#include "engine/engine_int.h"
#include "engine/inst.h"
#include "engine/verify.h"
#include "ledger/proof.h"
#include "ledger/sample.h"

#include "signer/signer.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1 << 20 };

/* --- an installation whose ledger is signed by a thread of the test ------------------------- */

struct site {
    struct inst in;
    struct signer signer;
    int end;
    pthread_t thread;
    struct arena signer_arena;
};

static inline void *sign(void *arg)
{
    struct site *w = arg;
    char room[WIRE_MAX];
    ssize_t n;
    while ((n = recv(w->end, room, sizeof(room), 0)) > 0) {
        str said = signer_answer(&w->signer, &w->signer_arena, str_from_n(room, (size_t)n));
        assert_int_equal(send(w->end, said.ptr, said.len, 0), said.len);
        arena_reset(&w->signer_arena);
    }
    return NULL;
}

static inline void site_make(struct dbs *t, struct site *w)
{
    static const unsigned char seed[NOTE_SEED_LEN] = "a seed for tests, nothing else";
    int ends[2];
    struct sources s;
    struct diags d = diags_make(t->a);
    int64_t made = 0;
    *w = (struct site){.in = {.t = t}, .signer_arena = arena_make(64 << 20)};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    w->signer = (struct signer){.dir = -1, .lock = -1, .hasher = hash_make(t->life)};
    dbs_ok(note_signer(w->signer.hasher, STR("zhidu.local/ledger"), seed, &w->signer.key));
    struct seal_options seal = {.line = {.fd = ends[0]}, .key = w->signer.key.key};
    struct engine_options opt = {
        .url = t->url, .db = t->options, .reopen_ms = 1, .clock = inst_clock, .seal = &seal};
    w->end = ends[1];
    assert_int_equal(pthread_create(&w->thread, NULL, sign, w), 0);
    struct seal_options *kept = arena_new(t->life, struct seal_options);
    *kept = seal;
    opt.seal = kept;
    dbs_ok(load_folder(t->a, NULL, STR("regulations"), &s));
    err e = engine_init(t->life, &opt, &s, &d, &w->in.e);
    inst_no_diags(t, &d);
    dbs_ok(e);
    str demo = inst_file(t->a, "regulations/demo.yaml");
    dbs_ok(scenario_records(w->in.e, t->a, demo, STR("demo.yaml"), &d, &made));
    inst_no_diags(t, &d);
    dbs_ok(engine_reader(w->in.e, t->life, &w->in.db));
}

static inline void site_end(struct site *w)
{
    engine_stop(w->in.e);
    shutdown(w->end, SHUT_RDWR);
    pthread_join(w->thread, NULL);
    close(w->end);
    arena_end(&w->signer_arena);
}

/* --- packages ---------- */

static inline bool goes_on(void *arg, int64_t done, bool fresh)
{
    struct site *w = arg;
    (void)done;
    if (fresh) {
        db_read_end(w->in.db);
        db_read_begin(w->in.db);
    }
    return true;
}

static inline err package(struct site *w, int64_t actor, const char *control, int64_t old,
                          const char *path, int64_t *seq)
{
    const struct model *m = engine_model(w->in.e);
    struct arena a = arena_make(256 << 20);
    struct ctx ctx = ctx_make(w->in.e, m, w->in.db, &a, INST_NOW, actor, LANG_ZH);
    struct evidence_asks asks = {.control = model_control(m, str_from(control)),
                                 .fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600),
                                 .verify_page = STR("<!doctype html><p>verify\n"),
                                 .organisation = STR("Zhidu"),
                                 .old = old,
                                 .goes_on = goes_on,
                                 .arg = w};
    str name;
    assert_non_null(asks.control);
    assert_true(asks.fd >= 0);
    db_read_begin(w->in.db);
    err e = evidence_package(&ctx, &asks, &name, seq);
    db_read_end(w->in.db);
    close(asks.fd);
    e.detail = str_copy(w->in.t->a, e.detail);
    e.why = NULL;
    arena_end(&a);
    engine_release(w->in.e, m);
    return e;
}

/* Files of a package, in memory. */
struct files {
    str name[PACKAGE_FILES_MAX], text[PACKAGE_FILES_MAX];
    size_t n;
};

struct taking {
    char *p;
    size_t n;
};

static inline void take(void *arg, const char *bytes, size_t n)
{
    struct taking *x = arg;
    assert_true(x->n + n <= MOST);
    memcpy(x->p + x->n, bytes, n);
    x->n += n;
}

static inline struct files unpack(struct arena *a, const char *path)
{
    struct package *p;
    struct files f = {.n = 0};
    dbs_ok(package_open(a, path, &p));
    for (size_t i = 0; i < package_files(p); i++) {
        struct taking x = {.p = arena_bytes(a, MOST)};
        dbs_ok(package_read(p, i, take, &x));
        f.name[f.n] = package_file(p, i);
        f.text[f.n++] = str_from_n(x.p, x.n);
    }
    return f;
}

static inline str *text_of(struct files *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq(f->name[i], str_from(name))) {
            return &f->text[i];
        }
    }
    fail_msg("no %s", name);
    return NULL;
}

static inline void write_file(const char *folder, str name, str text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%.*s", folder, STR_ARG(name));
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static inline void remove_file(const char *folder, str name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%.*s", folder, STR_ARG(name));
    unlink(path);
}

/* --- zhidu-verify ---------- */

static inline const char *program(struct arena *a)
{
    char self[512];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
    assert_true(n > 0 && n < (ssize_t)sizeof(self));
    str path = str_from_n(self, (size_t)n);
    for (int up = 0; up < 3; up++) {
        while (path.ptr[--path.len] != '/') {
        }
    }
    return str_fmt(a, "%.*s/zhidu-verify", STR_ARG(path)).ptr;
}

struct bench {
    struct dbs *t;
    char folder[64];   /* key, output */
    char unpacked[96]; /* the package being tampered with */
    char key[96], old[96];
    struct files good, other;
    int tried;
};

static inline int run(struct bench *b, struct arena *a, const char *const *args, str *out)
{
    char *argv[20] = {(char *)(uintptr_t) "zhidu-verify"};
    char path[128];
    for (int i = 0; args[i]; i++) {
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    char *env[] = {(char *)(uintptr_t) "LANG=en", NULL};
    snprintf(path, sizeof(path), "%s/out", b->folder);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = 0;
    int status = 0;
    int failed = posix_spawn(&pid, program(a), &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(failed, 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    *out = inst_file(a, path);
    return WEXITSTATUS(status);
}

#define RUN(b, a, out, ...) run(b, a, (const char *const[]){__VA_ARGS__, NULL}, out)

#endif
